"""Recurrent layers, and their cells for a single step."""

import math
import numbers
import warnings

import ctgrad
from ctgrad import _C
from ctgrad.nn import _recurrent, init
from ctgrad.nn.parameter import Parameter
from ctgrad.nn.utils.rnn import PackedSequence

from .module import Module

__all__ = ["RNNBase", "RNN", "LSTM", "GRU", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _check_arguments(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size):
    if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):
        raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
    if dropout > 0 and num_layers == 1:
        warnings.warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
                      f"than 1, but got dropout={dropout} and num_layers={num_layers}", stacklevel=3)
    for name, value in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
    for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(value, int):
            raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if mode not in _GATES:
        raise ValueError("Unrecognized RNN mode: " + mode)


class RNNBase(Module):
    """What RNN, LSTM and GRU have in common: ``num_layers`` layers, in one direction or two.

    Layer k holds ``weight_ih_lk`` (gates * hidden_size, input), ``weight_hh_lk`` (gates * hidden_size, state) and, with ``bias``,
    ``bias_ih_lk`` and ``bias_hh_lk``; the backward direction's names end in ``_reverse``; ``proj_size`` adds ``weight_hr_lk``
    (proj_size, hidden_size). All start uniform in ±1/sqrt(hidden_size). Input is (steps, batch, input_size), with ``batch_first``
    (batch, steps, input_size), (steps, input_size) for one sequence, or a ``PackedSequence``. ``dropout`` is the probability of an
    element between layers being zeroed in training.
    """

    __constants__ = ["mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"]

    def __init__(self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 proj_size=0, device=None, dtype=None):
        super().__init__()
        _check_arguments(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                shapes = self._shapes(layer)
                names = [f"{name}_l{layer}{suffix}" for name in shapes]
                for name, shape in zip(names, shapes.values(), strict=True):
                    setattr(self, name, Parameter(ctgrad.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    def _shapes(self, layer):
        state = self.proj_size or self.hidden_size
        gates = _GATES[self.mode] * self.hidden_size
        shapes = {"weight_ih": (gates, self.input_size if layer == 0 else state * self._directions), "weight_hh": (gates, state)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    @property
    def _directions(self):
        return 2 if self.bidirectional else 1

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @property
    def all_weights(self):
        """The parameters of each layer and direction, as lists."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self):
        """Nothing: no kernel here wants the parameters in one block of memory."""

    def reset_parameters(self):
        """Draw all parameters anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def check_input(self, input, batch_sizes):
        """ValueError for another dtype than the weights'; RuntimeError for shapes that do not fit."""
        dtype = getattr(self, self._all_weights[0][0]).dtype
        if input.dtype != dtype:
            raise ValueError(f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert input: input.to({dtype}), "
                             f"or convert model: model.to({input.dtype})")
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}")

    def _batch(self, input, batch_sizes):
        return int(batch_sizes[0]) if batch_sizes is not None else input.size(0 if self.batch_first else 1)

    def get_expected_hidden_size(self, input, batch_sizes):
        """(num_layers * directions, batch, state)."""
        return self.num_layers * self._directions, self._batch(input, batch_sizes), self.proj_size or self.hidden_size

    def check_hidden_size(self, hx, expected_hidden_size, msg="Expected hidden size {}, got {}"):
        """RuntimeError unless ``hx`` has that size."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input, hidden, batch_sizes):
        """Checks of what ``forward`` is given."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation):
        """States with the sequences in another order; None: as they are."""
        return hx if permutation is None else hx.index_select(1, permutation)

    # --- forward ---

    def _initial(self, input, batch_sizes, state):
        return ctgrad.zeros((self.num_layers * self._directions, self._batch(input, batch_sizes), state), dtype=input.dtype)

    def _run(self, input, hx, cx, batch_sizes):
        """Checked arguments to output and last states, in the layout of the input."""
        dropout = self.dropout if self.training else 0.0
        if batch_sizes is not None:
            rows, h, c = _recurrent.layers(self.mode, input, hx, cx, self.all_weights, batch_sizes, dropout, self._directions)
            return _C._ops["_joined_view"](rows, rows.shape), h, c
        if self.batch_first:
            input = input.transpose(0, 1)
        steps, batch = input.shape[:2]
        if steps == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        rows, h, c = _recurrent.layers(self.mode, input.reshape(steps * batch, self.input_size), hx, cx, self.all_weights, None, dropout,
                                       self._directions)
        last = "_joined_view" if self._directions > 1 else "_layer_view" if self.mode == "LSTM" and not self.proj_size else "_stacked_view"
        output = _C._ops[last](rows, (steps, batch, rows.shape[1]))
        if self.batch_first:
            output = output.transpose(0, 1) if self.mode == "LSTM" else _C._ops["_turned_view"](output, 0, 1)
        return output, h, c

    def _as_batch(self, input, hx):
        """A single sequence as a batch of one: input, states and whether it was one."""
        if input.dim() not in (2, 3):
            raise ValueError(f"{self._title}: Expected input to be 2D or 3D, got {input.dim()}D{self._instead}")
        batched = input.dim() == 3
        if hx is not None and hx.dim() != (3 if batched else 2):
            wanted = ("For batched 3-D input, hx should also be 3-D" if batched else "For unbatched 2-D input, hx should also be 2-D")
            raise RuntimeError(f"{wanted} but got {hx.dim()}-D tensor")
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
            hx = None if hx is None else hx.unsqueeze(1)
        return input, hx, not batched

    _title, _instead = "RNN", " tensor instead"

    def _first(self, input, batch_sizes):
        """The states that stand for hx=None."""
        return self._initial(input, batch_sizes, self.hidden_size)

    def _through(self, input, hx, batch_sizes):
        """Output of every step and the last states, both batched."""
        output, hidden, _ = self._run(input, hx, None, batch_sizes)
        return output, hidden

    def forward(self, input, hx=None):
        batch_sizes = unsorted = None
        single = packed = isinstance(input, PackedSequence)
        if packed:
            input, batch_sizes, order, unsorted = given = input
            hx = hx if hx is None else self.permute_hidden(hx, order)
        else:
            input, hx, single = self._as_batch(input, hx)
        if hx is None:
            hx = self._first(input, batch_sizes)
        self.check_forward_args(input, hx, batch_sizes)
        output, hidden = self._through(input, hx, batch_sizes)
        if packed:
            return PackedSequence(output, batch_sizes, given.sorted_indices, unsorted), self.permute_hidden(hidden, unsorted)
        if single:
            return output.squeeze(0 if self.batch_first else 1), self._without_batch(hidden)
        return output, hidden

    def _without_batch(self, hidden):
        return hidden.squeeze(1)

    def extra_repr(self):
        shown = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0),
                            ("bidirectional", False)):
            if getattr(self, name) != usual:
                shown += f", {name}={getattr(self, name)}"
        return shown


class RNN(RNNBase):
    """h = tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh), or relu with ``nonlinearity="relu"``: states of all steps, and the last."""

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        modes = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}
        if nonlinearity not in modes:
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(modes[nonlinearity], *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014), gates r, z, n: states of all steps, and the last.

    r and z are sigmoids of sums as in RNN, n = tanh(x's sum + r * h's sum), h' = (1 - z) * n + z * h.
    """

    _title = "GRU"

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), gates i, f, g, o: states of all steps, and (last state, last cell).

    c' = f * c + i * g, h' = o * tanh(c'); with ``proj_size``, h' is multiplied by weight_hr (Sak et al. 2014). ``hx`` is a pair.
    """

    _title, _instead = "LSTM", " instead"

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input, batch_sizes):
        """(num_layers * directions, batch, hidden_size)."""
        return self.num_layers * self._directions, self._batch(input, batch_sizes), self.hidden_size

    def check_forward_args(self, input, hidden, batch_sizes):
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden[0], self.get_expected_hidden_size(input, batch_sizes), "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hidden[1], self.get_expected_cell_size(input, batch_sizes), "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx, permutation):
        return hx if permutation is None else tuple(h.index_select(1, permutation) for h in hx)

    def _as_batch(self, input, hx):
        if input.dim() in (2, 3) and hx is not None:
            dims = input.dim()
            if hx[0].dim() != dims or hx[1].dim() != dims:
                raise RuntimeError(f"For {'batched 3-D' if dims == 3 else 'unbatched 2-D'} input, hx and cx should also be {dims}-D but got "
                                   f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors")
            if dims == 2:
                hx = hx[0].unsqueeze(1), hx[1].unsqueeze(1)
        input, _, single = super()._as_batch(input, None)
        return input, hx, single

    def _first(self, input, batch_sizes):
        return (self._initial(input, batch_sizes, self.proj_size or self.hidden_size),
                self._initial(input, batch_sizes, self.hidden_size))

    def _through(self, input, hx, batch_sizes):
        output, *hidden = self._run(input, hx[0], hx[1], batch_sizes)
        return output, tuple(hidden)

    def _without_batch(self, hidden):
        return tuple(h.squeeze(1) for h in hidden)


# --- single steps ---

class RNNCellBase(Module):
    """One step of a layer: ``weight_ih``, ``weight_hh``, ``bias_ih``, ``bias_hh``, all uniform in ±1/sqrt(hidden_size) at first.

    Input (batch, input_size) or (input_size), state (batch, hidden_size) or (hidden_size), zeros where not given.
    """

    __constants__ = ["input_size", "hidden_size", "bias"]

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size
        for name, shape in (("weight_ih", (gates, input_size)), ("weight_hh", (gates, hidden_size)), ("bias_ih", gates), ("bias_hh", gates)):
            wanted = bias or name.startswith("weight")
            self.register_parameter(name, Parameter(ctgrad.empty(shape, device=device, dtype=dtype)) if wanted else None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw all parameters anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        shown = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            shown += f", bias={self.bias}"
        nonlinearity = self.__dict__.get("nonlinearity", "tanh")
        return shown if nonlinearity == "tanh" else f"{shown}, nonlinearity={nonlinearity}"

    def _step(self, mode, input, hx, names):
        """``hx``: the states given, or None; their names in errors. Returns the new ones."""
        title = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{title}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for name, state in zip(names, hx or (), strict=False):
            if state.dim() not in (1, 2):
                raise ValueError(f"{title}: Expected {name} to be 1D or 2D, got {state.dim()}D instead")
        single = input.dim() == 1
        if single:
            input = input.unsqueeze(0)
            hx = hx and [state.unsqueeze(0) for state in hx]
        if hx is None:
            hx = [ctgrad.zeros((input.size(0), self.hidden_size), dtype=input.dtype)] * len(names)
        self._check(input, hx)
        found = _recurrent.cell(_recurrent.KINDS[mode], input, hx[0], hx[-1], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return [state.squeeze(0) for state in found] if single else list(found)

    def _check(self, input, hx):
        if input.size(1) != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {self.input_size}")
        for k, state in enumerate(hx):
            if state.dim() != 2 or input.size(0) != state.size(0):
                raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{k} batch size {state.size(0)}")
            if state.size(1) != self.hidden_size:
                raise RuntimeError(f"hidden{k} has inconsistent hidden_size: got {state.size(1)}, expected {self.hidden_size}")


class RNNCell(RNNCellBase):
    """h' = tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh), or relu with ``nonlinearity="relu"``."""

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, None if hx is None else [hx], ["hidden"])[0]


class LSTMCell(RNNCellBase):
    """One step of an LSTM: input and (h, c) to (h', c')."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        return tuple(self._step("LSTM", input, None if hx is None else list(hx), ["hx[0]", "hx[1]"]))


class GRUCell(RNNCellBase):
    """One step of gated recurrent units: input and h to h'."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        return self._step("GRU", input, None if hx is None else [hx], ["hidden"])[0]
