"""Recurrent steps and layers as functions: `torch.lstm_cell`, `torch.gru` and their like."""

import ctgrad
from ctgrad.composed import need_tensor
from ctgrad.nn import _recurrent

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]

_GATES = {"LSTM": 4, "GRU": 3}


def _step(mode, name, input, hx, w_ih, w_hh, b_ih, b_hh):
    need_tensor(name, input)
    states = hx if mode == "LSTM" else (hx,)
    if isinstance(states, ctgrad.Tensor) or not all(isinstance(h, ctgrad.Tensor) for h in states):
        raise TypeError(f"{name}(): argument 'hx' (position 2) must be {'tuple of Tensors' if mode == 'LSTM' else 'Tensor'}, not {type(hx).__name__}")
    if mode == "LSTM" and len(states) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    n, rows = states[0].size(-1), _GATES.get(mode, 1) * states[0].size(-1)
    if w_ih.size(0) != rows:
        raise RuntimeError(f"weight_ih first dim must be {_GATES.get(mode, 1)} * hidden_size = {rows}, but got {w_ih.size(0)}")
    if input.size(-1) != w_ih.size(1) or tuple(w_hh.shape) != (rows, n) or input.size(0) != states[0].size(0):
        raise RuntimeError(f"{name}: input {list(input.shape)}, hidden {list(states[0].shape)}, weight_ih {list(w_ih.shape)} and weight_hh {list(w_hh.shape)} do not fit")
    return _recurrent.cell(_recurrent.KINDS[mode], input, states[0], states[-1], w_ih, w_hh, b_ih, b_hh)


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of LSTM: (batch, n) of the state, and of the cell."""
    return tuple(_step("LSTM", "lstm_cell", input, hx, w_ih, w_hh, b_ih, b_hh))


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of GRU."""
    return _step("GRU", "gru_cell", input, hx, w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of RNN with tanh."""
    return _step("RNN_TANH", "rnn_tanh_cell", input, hx, w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of RNN with relu."""
    return _step("RNN_RELU", "rnn_relu_cell", input, hx, w_ih, w_hh, b_ih, b_hh)[0]


def _layers(mode, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    directions, per = 1 + bool(bidirectional), 4 if has_biases else 2
    weights = [params[i:i + per] for i in range(0, len(params), per)]
    if len(weights) != num_layers * directions:
        raise RuntimeError(f"expected {num_layers * directions * per} weights for {num_layers} layers, got {len(params)}")
    states = hx if mode == "LSTM" else (hx,)
    turned = input.transpose(0, 1) if batch_first else input
    steps, batch = turned.shape[:2]
    rows, h, c = _recurrent.layers(mode, turned.reshape(steps * batch, turned.size(2)), states[0], states[-1], weights, None, dropout if train else 0.0, directions)
    rows = rows.view(steps, batch, -1)
    return (rows.transpose(0, 1) if batch_first else rows, h) + ((c,) if mode == "LSTM" else ())


def lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """All layers of LSTM over whole sequences: outputs, last states, last cells."""
    return _layers("LSTM", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


def gru(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """All layers of GRU over whole sequences: outputs and last states."""
    return _layers("GRU", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


def rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """All layers of RNN with tanh."""
    return _layers("RNN_TANH", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


def rnn_relu(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """All layers of RNN with relu."""
    return _layers("RNN_RELU", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
