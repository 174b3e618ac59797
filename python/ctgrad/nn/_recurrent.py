"""Recurrent layers over whole sequences: what the modules of ``nn.modules.rnn`` run.

One layer in one direction is two ops: the input's part of all gates as one product, then ``recur`` (csrc/ops/recur.c), which
takes the steps. Rows are those of a packed sequence, or steps * batch.
"""

import ctgrad
from ctgrad import _C
from ctgrad.nn._halves import widened

KINDS = {"LSTM": 0, "GRU": 1, "RNN_TANH": 2, "RNN_RELU": 3}


_LAST = {0: ("_mul_view", "_add_view"), 1: ("_add_view",), 2: ("_tanh_view",), 3: ("_relu_view",)}  # kind: what PyTorch's last ops of a cell are


def _recur(gates, h0, extra, w_hh, counts, kind, reverse=False):
    """The op; halves are taken through all steps in float32."""
    results = _C._ops["recur"](*map(widened, (gates, h0, extra, w_hh)), counts, kind, reverse)
    return tuple(r.to(gates.dtype) for r in results)


def _gate_rows(kind, rows, w_ih, b_ih, b_hh):
    """x @ w_ih.T and its bias; LSTM's takes both, the others add the second one to the state's product."""
    bias = b_ih if b_ih is None or kind != 0 else b_ih + b_hh
    return ctgrad.linear(rows, w_ih, bias)


def cell(kind, x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step: (batch, input) and the state (batch, n) to the next state, and LSTM's cell."""
    found = _recur(_gate_rows(kind, x, w_ih, b_ih, b_hh), h, c if kind == 0 else b_hh, w_hh, [], kind)
    return [_C._ops[name](state, state.shape) for name, state in zip(_LAST[kind], found, strict=False)]


def _directed(kind, rows, h0, c0, weights, counts, reverse):
    """A layer in one direction: (rows, input) to states (rows, n), the last state and the last cell (LSTM)."""
    w_ih, w_hh, *rest = weights
    b_ih, b_hh = rest[:2] if len(rest) >= 2 else (None, None)
    gates = _gate_rows(kind, rows, w_ih, b_ih, b_hh)
    if len(rest) % 2:
        return _projected(gates, h0, c0, w_hh, rest[-1], counts, reverse)
    states, cells, _ = _recur(gates, h0, c0 if kind == 0 else b_hh, w_hh, [] if counts is None else [counts], kind, reverse)
    return states, _last(states, h0, counts, reverse), _last(cells, h0, counts, reverse) if kind == 0 else None


def _last(rows, h0, counts, reverse):
    """The row of each sequence's last step in the order of the walk."""
    batch = h0.shape[0]
    if rows.shape[0] == 0:
        return h0
    if reverse:
        return rows.narrow(0, 0, batch)
    if counts is None:
        return rows.narrow(0, rows.shape[0] - batch, batch)
    sizes = counts.tolist()
    begins = [sum(sizes[:t]) for t in range(len(sizes))]
    ends = [sum(n > j for n in sizes) - 1 for j in range(batch)]
    return rows.index_select(0, ctgrad.tensor([begins[t] + j for j, t in enumerate(ends)]))


def _projected(gates, h0, c0, w_hh, w_hr, counts, reverse):
    """LSTM whose state is the cell's output times ``w_hr``: step by step, in terms of other ops."""
    batch = h0.shape[0]
    sizes = [batch] * (gates.shape[0] // batch) if counts is None else counts.tolist()
    pieces = list(gates.split(sizes))
    h, c, states = h0, c0, [None] * len(sizes)
    for t in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        n = sizes[t]
        i, f, g, o = (pieces[t] + h[:n] @ w_hh.t()).chunk(4, 1)
        now = f.sigmoid() * c[:n] + i.sigmoid() * g.tanh()
        states[t] = (o.sigmoid() * now.tanh()) @ w_hr.t()
        h = states[t] if n == batch else ctgrad.cat([states[t], h[n:]])
        c = now if n == batch else ctgrad.cat([now, c[n:]])
    return ctgrad.cat(states), h, c


def layers(mode, rows, hx, cx, weights, counts, dropout, directions):
    """All layers: (rows, input) to (rows, directions * n), and the last states and cells, (layers * directions, batch, n).

    ``hx`` and ``cx`` have the shape of the last states; ``weights`` holds those of each layer and direction in turn; ``dropout``
    is the probability between layers, 0 outside training.
    """
    kind = KINDS[mode]
    last_states, last_cells = [], []
    count = len(weights) // directions
    for layer in range(count):
        found = []
        for direction in range(directions):
            at = layer * directions + direction
            states, h, c = _directed(kind, rows, hx[at], cx[at] if kind == 0 else None, weights[at], counts, direction == 1)
            found.append(states)
            last_states.append(h)
            last_cells.append(c)
        rows = found[0] if directions == 1 else ctgrad.cat(found, 1)
        if dropout and layer < count - 1:
            rows = ctgrad.nn.functional.dropout(rows, dropout)
    return rows, ctgrad.stack(last_states), ctgrad.stack(last_cells) if kind == 0 else None
