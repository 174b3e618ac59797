"""Recurrent layers, attention and transformers beside PyTorch's: drawn arguments, gradients of both orders, initial values, errors."""

import random
import warnings

import numpy as np
import pytest
from compare import LIBRARIES, outcome, same, with_gradients


def recurrent(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    mode, wide, n = draw.choice(["LSTM", "GRU", "RNN"]), draw.choice([1, 3, 5]), draw.choice([1, 4, 7])
    kwargs = {"num_layers": draw.choice([1, 1, 2, 3]), "bias": draw.random() < 0.7, "batch_first": draw.random() < 0.4, "bidirectional": draw.random() < 0.4,
              "dropout": draw.choice([0, 0, 0.5])}
    if mode == "RNN":
        kwargs["nonlinearity"] = draw.choice(["tanh", "relu"])
    if mode == "LSTM" and n > 1 and draw.random() < 0.2:
        kwargs["proj_size"] = n - 1
    batch, steps, packed, given = draw.choice([1, 2, 5]), draw.choice([1, 2, 6]), draw.random() < 0.3, draw.random() < 0.5
    single = not packed and draw.random() < 0.15
    shape, count = (batch, steps, wide) if kwargs["batch_first"] else (steps, batch, wide), kwargs["num_layers"] * (2 if kwargs["bidirectional"] else 1)
    arrays = [rng.standard_normal(s) for s in (shape, (count, batch, kwargs.get("proj_size") or n), (count, batch, n))]
    if single:
        arrays = [arrays[0][0] if kwargs["batch_first"] else arrays[0][:, 0], arrays[1][:, 0], arrays[2][:, 0]]
    lengths = rng.integers(1, steps + 1, batch)
    lengths[0] = steps
    ordered = draw.random() < 0.5
    lengths = np.sort(lengths)[::-1].copy() if ordered else lengths

    def program(t):
        t.manual_seed(seed)
        layer = getattr(t.nn, mode)(wide, n, dtype=t.float64, **kwargs)
        x, h, c = (t.tensor(a, requires_grad=True) for a in arrays)
        states = None if not given else (h, c) if mode == "LSTM" else h
        data = x if not packed else t.nn.utils.rnn.pack_padded_sequence(x, t.tensor(lengths), kwargs["batch_first"], ordered)
        y, last = layer(data, states)
        y = t.nn.utils.rnn.pad_packed_sequence(y, kwargs["batch_first"], total_length=steps + 1)[0] if packed else y
        inputs = [x, *layer.parameters(), *([] if not given else [h, c] if mode == "LSTM" else [h])]
        found = with_gradients(t, [y, *(last if isinstance(last, tuple) else [last])], inputs)
        return [*found, str(layer), str(list(layer.state_dict())), str(y.stride())]
    return program


def cell(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    mode, bias, single = draw.choice(["LSTMCell", "GRUCell", "RNNCell"]), draw.random() < 0.7, draw.random() < 0.3
    x, h, c = (rng.standard_normal((3, k)) for k in (4, 5, 5))

    def program(t):
        t.manual_seed(seed)
        layer = getattr(t.nn, mode)(4, 5, bias, dtype=t.float64)
        inputs = [t.tensor(a[0] if single else a, requires_grad=True) for a in (x, h, c)]
        y = layer(inputs[0], tuple(inputs[1:]) if mode == "LSTMCell" else inputs[1])
        return [*with_gradients(t, list(y) if isinstance(y, tuple) else [y], [*inputs, *layer.parameters()]), str(layer)]
    return program


def attention(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    heads = draw.choice([1, 2, 4])
    kwargs = {"bias": draw.random() < 0.7, "add_bias_kv": draw.random() < 0.3, "add_zero_attn": draw.random() < 0.3, "batch_first": draw.random() < 0.5,
              "dropout": draw.choice([0.0, 0.0, 0.5])}
    if draw.random() < 0.3:
        kwargs |= {"kdim": 6, "vdim": 5}
    kind, batch, length, other = draw.choice(["self", "memory", "all"]), 3, 4, draw.choice([4, 6])
    if "kdim" in kwargs:
        kind = "all"
    shapes = [(batch, length, 8), (batch, other, kwargs.get("kdim", 8)), (batch, other, kwargs.get("vdim", 8))]
    arrays = [rng.standard_normal(s if kwargs["batch_first"] else (s[1], s[0], s[2])) for s in shapes]
    keys = length if kind == "self" else other
    mask = draw.choice([None, rng.random((length, keys)) < 0.3, rng.standard_normal((length, keys)), rng.random((batch * heads, length, keys)) < 0.2])
    padding = draw.choice([None, rng.random((batch, keys)) < 0.3])
    for m in (mask, padding):
        if m is not None and m.dtype == bool:
            m[..., 0] = False
    need, average = draw.random() < 0.5, draw.random() < 0.5

    def program(t):
        t.manual_seed(seed)
        layer = t.nn.MultiheadAttention(8, heads, dtype=t.float64, **kwargs)
        q, k, v = (t.tensor(a, requires_grad=True) for a in arrays)
        inputs = {"self": [q, q, q], "memory": [q, k, k], "all": [q, k, v]}[kind]
        t.manual_seed(seed + 1)
        y, weights = layer(*inputs, key_padding_mask=None if padding is None else t.tensor(padding), need_weights=need,
                           attn_mask=None if mask is None else t.tensor(mask), average_attn_weights=average)
        leaves = {"self": [q], "memory": [q, k], "all": [q, k, v]}[kind]
        found = with_gradients(t, [y] if weights is None else [y, weights], [*leaves, *layer.parameters()], second=need)  # without weights PyTorch has no second
        return [*found, str(layer), str(list(layer.state_dict()))]
    return program


def products(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    lead, length, keys, width = draw.choice([(), (2,), (2, 4)]), draw.choice([1, 3, 5]), draw.choice([1, 4, 5]), draw.choice([1, 2, 8])
    arrays = [rng.standard_normal((*lead, *s)) for s in ((length, width), (keys, width), (keys, 3))]
    kwargs = draw.choice([{}, {"is_causal": True}, {"scale": 0.7}, {"dropout_p": 0.5}, {"attn_mask": rng.random((length, keys)) < 0.6}, {"attn_mask": rng.standard_normal((length, keys))},
                          {"attn_mask": np.zeros((length, keys), bool)}])

    def program(t):
        t.manual_seed(seed)
        inputs = [t.tensor(a, requires_grad=True) for a in arrays]
        given = {k: t.tensor(v) if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
        return with_gradients(t, [t.nn.functional.scaled_dot_product_attention(*inputs, **given)], inputs, second="dropout_p" not in kwargs and lead != (2, 4))
    return program


def transformer(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    kwargs = {"dim_feedforward": 12, "dropout": draw.choice([0.0, 0.3]), "activation": draw.choice(["relu", "gelu"]), "batch_first": draw.random() < 0.5, "norm_first": draw.random() < 0.5,
              "bias": draw.random() < 0.8}
    kind, causal = draw.choice(["encoder", "decoder", "whole"]), draw.random() < 0.5
    x, memory = (rng.standard_normal((2, n, 8) if kwargs["batch_first"] else (n, 2, 8)) for n in (4, 5))

    def program(t):
        t.manual_seed(seed)
        nn = t.nn
        if kind == "whole":
            model = nn.Transformer(8, 2, 2, 2, dtype=t.float64, **kwargs)
        elif kind == "encoder":
            model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, dtype=t.float64, **kwargs), 2, enable_nested_tensor=False)
        else:
            model = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, dtype=t.float64, **kwargs), 2)
        mask = nn.Transformer.generate_square_subsequent_mask(4, dtype=t.float64) if causal else None
        inputs = [t.tensor(a, requires_grad=True) for a in (x, memory)]
        t.manual_seed(seed + 1)
        if kind == "encoder":
            y, inputs = model(inputs[0], mask), inputs[:1]
        elif kind == "decoder":
            y = model(*inputs, tgt_mask=mask)
        else:
            y = model(inputs[1], inputs[0], tgt_mask=mask)
        found = with_gradients(t, [y], [*inputs, *model.parameters()], second=False)
        return [*found, model.eval()(*inputs[::-1] if kind == "whole" else inputs), str(list(model.state_dict())), str(model)]
    return program


@pytest.mark.parametrize("make,seed", [(f, s) for f, count in ((recurrent, 100), (cell, 12), (attention, 60), (products, 40), (transformer, 20)) for s in range(count)])
def test_beside_pytorch(make, seed):
    program = make(seed)
    got, want = (outcome(program, t) for t in LIBRARIES)
    if isinstance(want, tuple):
        assert got[0] is want[0], (got, want)
    else:
        same(got, want, 1e-7)


ERRORS = [
    "nn.LSTM(3, 4, dropout=2)", "nn.LSTM(0, 4)", "nn.LSTM(3, 4, proj_size=4)", "nn.GRU(3, 4, proj_size=2)", "nn.RNN(3, 4, nonlinearity='gelu')", "nn.LSTM(3, 4.0)", "nn.LSTM(3, 4, num_layers=0)",
    "nn.LSTM(3, 4)(t.ones(2, 2, 5))", "nn.LSTM(3, 4)(t.ones(2))", "nn.LSTM(3, 4)(t.ones(2, 2, 3, dtype=t.float64))", "nn.GRU(3, 4)(t.ones(2, 2, 3), t.ones(1, 3, 4))", "nn.GRU(3, 4)(t.ones(2, 3), t.ones(1, 1, 4))",
    "nn.LSTM(3, 4)(t.ones(2, 2, 3), (t.ones(1, 2, 4), t.ones(1, 2, 5)))", "nn.LSTM(3, 4)(t.ones(2, 2, 3), (t.ones(2, 4), t.ones(2, 4)))", "nn.LSTMCell(3, 4)(t.ones(1, 1, 3))", "nn.GRUCell(3, 4)(t.ones(2, 5))",
    "nn.RNNCell(3, 4)(t.ones(2, 3), t.ones(3, 4))", "nn.RNNCell(3, 4, nonlinearity='x')(t.ones(2, 3))", "nn.MultiheadAttention(5, 2)", "nn.MultiheadAttention(0, 2)", "nn.MultiheadAttention(4, 2)(t.ones(4), t.ones(4), t.ones(4))",
    "nn.MultiheadAttention(4, 2)(t.ones(3, 2, 4), t.ones(3, 2, 4), t.ones(4, 2, 4))", "nn.MultiheadAttention(4, 2)(t.ones(3, 2, 4), t.ones(3, 2, 4), t.ones(3, 2, 4), attn_mask=t.ones(2, 3))",
    "nn.MultiheadAttention(4, 2)(t.ones(3, 2, 4), t.ones(3, 2, 4), t.ones(3, 2, 4), is_causal=True)", "nn.MultiheadAttention(4, 2)(t.ones(3, 2, 5), t.ones(3, 2, 5), t.ones(3, 2, 5))",
    "F.scaled_dot_product_attention(t.ones(2), t.ones(2, 2), t.ones(2, 2))", "F.scaled_dot_product_attention(t.ones(2, 2), t.ones(2, 2), t.ones(2, 2), t.ones(2, 2), is_causal=True)",
    "F.scaled_dot_product_attention(t.ones(2, 2), t.ones(2, 2).double(), t.ones(2, 2))", "F.scaled_dot_product_attention(t.ones(2, 2), t.ones(2, 3), t.ones(2, 2))",
    "nn.TransformerEncoderLayer(4, 2, activation='tanh')", "nn.Transformer(4, 2, 1, 1, 8)(t.ones(3, 2, 4), t.ones(3, 3, 4))", "nn.Transformer(4, 2, 1, 1, 8)(t.ones(3, 2, 5), t.ones(3, 2, 5))",
    "nn.utils.rnn.pack_padded_sequence(t.ones(3, 2, 1), [1, 3])", "nn.utils.rnn.pack_padded_sequence(t.ones(3, 2, 1), [3, 0])", "nn.utils.rnn.pack_padded_sequence(t.ones(3, 2, 1), [3, 2, 1])",
    "nn.utils.rnn.pad_sequence([])", "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_sequence([t.ones(3), t.ones(2)]), total_length=2)",
]


@pytest.mark.parametrize("text", ERRORS)
def test_error(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got, want = (outcome(lambda t: eval(text, {"t": t, "nn": t.nn, "F": t.nn.functional}), t) for t in LIBRARIES)
    assert isinstance(want, tuple) and got[0] is want[0], (got, want)


def test_sequences():
    def program(t):
        rnn = t.nn.utils.rnn
        parts = [t.arange(6.0).view(3, 2), t.ones(1, 2), t.full((2, 2), 7.0)]
        packed = rnn.pack_sequence(parts, enforce_sorted=False)
        return [packed.data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices, *rnn.unpack_sequence(packed), rnn.pad_sequence(parts, True, 9.0), rnn.pad_sequence(parts, padding_side="left"),
                *rnn.pad_packed_sequence(packed, True, -1.0, 5)]
    same(program(LIBRARIES[0]), program(LIBRARIES[1]))
