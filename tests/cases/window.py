"""Convolution, padding, pooling, recurrent layers."""

import itertools

import numpy as np

from . import case, t, values


def _each(n, x):
    return tuple(x) * (n // len(x)) if isinstance(x, (tuple, list)) else (x,) * n


def _correlate(x, w, bias, stride, padding, dilation, groups):
    """By the definition, place by place."""
    n = w.ndim - 2
    stride, padding, dilation = _each(n, stride), _each(n, padding), _each(n, dilation)
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    size = [(full - span) // s + 1 for full, span, s in zip(x.shape[2:], spans, stride, strict=True)]
    out, per, own = np.zeros((len(x), len(w), *size), x.dtype), w.shape[1], len(w) // groups
    for o in range(len(w)):
        first = o // own * per
        for place in itertools.product(*map(range, size)):
            window = tuple(slice(p * s, p * s + span, d) for p, s, span, d in zip(place, stride, spans, dilation, strict=True))
            out[(slice(None), o, *place)] = (x[(slice(None), slice(first, first + per), *window)] * w[o]).sum(tuple(range(1, x.ndim)))
    return out if bias is None else out + bias.reshape(-1, *(1,) * n)


def _conv(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if padding == "same":
        n = w.ndim - 2
        total = [d * (k - 1) for d, k in zip(_each(n, dilation), w.shape[2:], strict=True)]
        x, padding = np.pad(x, [(0, 0)] * (x.ndim - n) + [(s // 2, s - s // 2) for s in total]), 0
    single = x.ndim == w.ndim - 1
    y = _correlate(x[None] if single else x, w, bias, stride, 0 if padding == "valid" else padding, dilation, groups)
    return y[0] if single else y


def _conv_transpose(x, w, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each input place adds its weights to the output."""
    n = w.ndim - 2
    single = x.ndim == n + 1
    x = x[None] if single else x
    stride, padding, dilation, extra = _each(n, stride), _each(n, padding), _each(n, dilation), _each(n, output_padding)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    full = [(s - 1) * st + span + e + p for s, st, span, e, p in zip(x.shape[2:], stride, spans, extra, padding, strict=True)]
    per, own = len(w) // groups, w.shape[1]
    out = np.zeros((len(x), own * groups, *full), x.dtype)
    for c in range(len(w)):
        g = c // per
        for place in itertools.product(*map(range, x.shape[2:])):
            window = tuple(slice(p * s, p * s + span, d) for p, s, span, d in zip(place, stride, spans, dilation, strict=True))
            out[(slice(None), slice(g * own, (g + 1) * own), *window)] += x[(slice(None), c, *place)].reshape(-1, *(1,) * (n + 1)) * w[c]
    out = out[(slice(None), slice(None), *(slice(p, (s - 1) * st - p + span + e) for s, st, span, e, p in zip(x.shape[2:], stride, spans, extra, padding, strict=True)))]
    out = out if bias is None else out + bias.reshape(-1, *(1,) * n)
    return out[0] if single else out


def _pool(reduce, n):
    """``reduce(window, extent)`` of each window; -inf or 0 stand in the padding."""

    def pool(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, count_include_pad=True):
        kernel, padding, dilation = _each(n, kernel_size), _each(n, padding), _each(n, dilation)
        stride = kernel if stride is None else _each(n, stride)
        lead, size = x.shape[:-n], []
        for s, k, st, p, d in zip(x.shape[-n:], kernel, stride, padding, dilation, strict=True):
            out = -(-(s + 2 * p - d * (k - 1) - 1) // st) + 1 if ceil_mode else (s + 2 * p - d * (k - 1) - 1) // st + 1
            size.append(out - 1 if ceil_mode and (out - 1) * st >= s + p else out)
        result = np.zeros((*lead, *size), x.dtype)
        for place in itertools.product(*map(range, size)):
            begins = [o * st - p for o, st, p in zip(place, stride, padding, strict=True)]
            inside = [[b + d * i for i in range(k) if 0 <= b + d * i < s] for b, d, k, s in zip(begins, dilation, kernel, x.shape[-n:], strict=True)]
            extents = [min(b + k, s + p) - b if count_include_pad else len(i) for b, k, s, p, i in zip(begins, kernel, x.shape[-n:], padding, inside, strict=True)]
            window = x[(..., *np.ix_(*inside))]
            result[(..., *place)] = reduce(window.reshape(*lead, -1), int(np.prod(extents)))
        return result
    return pool


def _adaptive(reduce, n):
    def pool(x, output_size):
        size, lead = _each(n, output_size), x.shape[:-n]
        result = np.zeros((*lead, *size), x.dtype)
        for place in itertools.product(*map(range, size)):
            window = tuple(slice(o * s // k, -(-(o + 1) * s // k)) for o, s, k in zip(place, x.shape[-n:], size, strict=True))
            result[(..., *place)] = reduce(x[(..., *window)].reshape(*lead, -1), None)
        return result
    return pool


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _max(window, extent):
    return window.max(-1)


def _mean(window, extent):
    return window.sum(-1) / (window.shape[-1] if extent is None else extent)


def _recur(x, h0, extra, w, counts, kind, reverse=False):
    """States, cells (LSTM), and what the gradient reads: the gates."""
    batch, n = h0.shape
    sizes = counts[0].tolist() if counts else [batch] * (len(x) // batch)
    begins = np.cumsum([0, *sizes])
    h, c, kept = h0.copy(), extra.copy() if kind == 0 else None, [None] * len(sizes)
    states, cells = np.zeros((len(x), n), x.dtype), np.zeros((len(x), n) if kind == 0 else 0, x.dtype)
    for step in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        rows, k = slice(begins[step], begins[step + 1]), sizes[step]
        own, given = h[:k] @ w.T, x[rows]
        if kind == 0:
            i, f, g, o = np.split(given + own, 4, 1)
            c[:k] = _sigmoid(f) * c[:k] + _sigmoid(i) * np.tanh(g)
            h[:k] = _sigmoid(o) * np.tanh(c[:k])
            kept[step] = [_sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o), np.tanh(c[:k])]
            cells[rows] = c[:k]
        elif kind == 1:
            own = own if extra is None else own + extra
            r, z = (_sigmoid(given[:, s] + own[:, s]) for s in (slice(0, n), slice(n, 2 * n)))
            new = np.tanh(given[:, 2 * n:] + r * own[:, 2 * n:])
            h[:k] = (1 - z) * new + z * h[:k]
            kept[step] = [r, z, new, own[:, 2 * n:]]
        else:
            h[:k] = np.tanh(given + own) if kind == 2 else np.maximum(given + own, 0)
        states[rows] = h[:k]
    acts = np.zeros((len(x), 0)) if kind > 1 else np.concatenate([np.concatenate(parts, 1) for parts in kept])
    return states, cells, acts


COUNTS = values([3, 2, 2], "int64")
HOW = [2, 0, 0, 1, 0, 2, 3, 0, 2, 2, 0, 1, 1, 0, 1, 1, 0]  # windows 2 by 3, stride 2, padding 1
EVEN = [2, 0, 0, 1, 0, 2, 2, 0, 2, 2, 0, 0, 0, 0, 1, 1, 0]
PLACES = values([[[[0, 7], [11, 3]]]], "int64")


def _convs(n):
    size = {1: (7,), 2: (5, 6), 3: (3, 4, 3)}[n]
    small = (2,) * n
    x, w = t(2, 2, *size), t(4, 2, *(3, 2, 2)[:n])
    return [case(x, w, ref=_conv, second=n < 3), case(x, w, t(4), ref=_conv, stride=2, padding=1, second=n < 3), case(t(2, *size), t(2, 1, *small), t(2), ref=_conv, groups=2),
            case(t(1, 2, *size), t(2, 2, *small), ref=_conv, padding="same", second=n < 3), case(t(1, 2, *size), t(2, 2, *small), None, 1, "valid", ref=_conv, second=False),
            case(t(0, 2, *size), t(2, 2, *small), t(2), ref=_conv)] + ([case(x, t(2, 2, *small), ref=_conv, dilation=2, padding=1)] if n < 3 else [])


def _transposed(n):
    size = {1: (5,), 2: (3, 4), 3: (2, 2, 3)}[n]
    small = (2,) * n
    return [case(t(2, 2, *size), t(2, 3, *(3, 2, 2)[:n]), t(3), ref=_conv_transpose, second=n < 3),
            case(t(1, 4, *size), t(4, 1, *small), ref=_conv_transpose, stride=2, padding=1, output_padding=1, groups=2, second=n < 3),
            case(t(2, *size), t(2, 1, *small), ref=_conv_transpose, dilation=2, output_padding=1, second=False),
            case(t(2, 2, *size), t(2, 3, *(1,) * n), ref=_conv_transpose, dilation=2, output_padding=1, second=n < 3)]


def _unfold_windows(x, size, kernel, dilation, padding, stride):
    x = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(p, p) for p in padding])
    down, across = ((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True))
    return np.stack([np.stack([x[..., i * dilation[0]:, j * dilation[1]:][..., ::stride[0], ::stride[1]][..., :down, :across] for j in range(kernel[1])], -3)
                     for i in range(kernel[0])], -4)


def _fold_windows(x, size, kernel, dilation, padding, stride):
    """Each element is added where the number of its place was read."""
    places = _unfold_windows(1 + np.arange(size[0] * size[1]).reshape(size), size, kernel, dilation, padding, stride)
    image = np.zeros((*x.shape[:-4], size[0] * size[1] + 1), x.dtype)
    for at in np.ndindex(places.shape):
        image[..., places[at]] += x[(..., *at)]
    return image[..., 1:].reshape(*x.shape[:-4], *size)


_FRAMES = [case(t(2, 3), [2, 1], False, ref=lambda x, p, r: np.pad(x, ((0, 0), (2, 1)), "reflect")),
           case(t(2, 3, 3), [1, 0, 2, 2], False, ref=lambda x, p, r: np.pad(x, ((0, 0), (2, 2), (1, 0)), "reflect")),
           case(t(2, 1, 3, 2), [1, 3, 0, 2, 1, 1], True, ref=lambda x, p, r: np.pad(x, ((0, 0), (1, 1), (0, 2), (1, 3)), "edge"))]
CASES = {
    "_unfold_windows": [case(t(2, 2, 4, 5), (4, 5), (3, 2), (1, 1), (1, 0), (1, 2), ref=_unfold_windows), case(t(3, 4), (3, 4), (2, 2), (2, 3), (2, 1), (2, 1), ref=_unfold_windows)],
    "_fold_windows": [case(t(2, 3, 2, 4, 2), (4, 5), (3, 2), (1, 1), (1, 0), (1, 2), ref=_fold_windows), case(t(2, 2, 3, 3), (3, 4), (2, 2), (2, 3), (2, 1), (2, 1), ref=_fold_windows)],
    "pad_places": [*_FRAMES, case(t(2, 4), [-1, 2], False, ref=lambda x, p, r: x[:, [1, 2, 3, 2, 1]]), case(t(2, 4), [3, -2], True, ref=lambda x, p, r: x[:, [0, 0, 0, 0, 1]])],
    "_pad_frame": [case(*f.args, ref=f.ref, grad=False) for f in _FRAMES],
    "constant_pad_nd": [case(t(2, 3), [1, 2], ref=lambda x, p: np.pad(x, [(0, 0), (1, 2)])), case(t(2, 3), [-1, 2, 1, -1], 1.5, ref=lambda x, p, v: np.pad(x[:1, 1:], [(1, 0), (0, 2)], constant_values=v)),
                        case(t(3), [], ref=lambda x, p: x)],
    "convolution": [case(t(2, 2, 5), t(3, 2, 2), t(3), [2], [1], [1], False, [0], 1, ref=lambda x, w, b, s, p, d, tr, e, g: _conv(x, w, b, s, p, d, g)),
                    case(t(2, 2, 5), t(2, 3, 2), None, [2], [1], [1], True, [1], 1, ref=lambda x, w, b, s, p, d, tr, e, g: _conv_transpose(x, w, b, s, p, e, g, d)),
                    case(t(70, 2, 2, 3), t(3, 2, 2, 2), t(3), [1], [0], [1], False, [0], 1, ref=lambda x, w, b, s, p, d, tr, e, g: _conv(x, w, b, s, p, d, g), second=False),
                    case(t(1, 3, 300), t(40, 3, 5), t(40), [1], [2], [1], False, [0], 1, ref=lambda x, w, b, s, p, d, tr, e, g: _conv(x, w, b, s, p, d, g), grad=False),
                    case(t(1, 40, 6000), t(2, 40, 3), t(2), [1], [2], [2], False, [0], 1, ref=lambda x, w, b, s, p, d, tr, e, g: _conv(x, w, b, s, p, d, g), grad=False)],
    "conv_input": [case(t(2, 3, 10, 9), t(3, 5, 4, 4), [2, 5, 20, 18], [2, 2], [1, 1], [1, 1], 1), case(t(1, 4, 5, 12), t(4, 7, 2, 3), [1, 7, 9, 36], [2, 3], [1, 0], [1, 1], 1, grad=False),
                   case(t(1, 6, 3, 9), t(6, 2, 1, 2), [1, 2, 7, 29], [3, 3], [1, 0], [1, 1], 1, grad=False), case(t(1, 2, 9, 20), t(2, 6, 3, 2), [1, 6, 7, 15], [1, 1], [3, 3], [2, 1], 1, grad=False),
                   case(t(1, 70, 4, 8), t(70, 9, 4, 4), [1, 9, 8, 16], [2, 2], [1, 1], [1, 1], 1, grad=False), case(t(2, 3, 3), t(3, 2, 2), [2, 2, 5], [2], [1], [1], 1), case(t(2, 4, 2, 2), t(4, 1, 2, 2), [2, 2, 3, 3], [1], [0], [1], 2)],
    "conv_weight": [case(t(2, 3, 3), t(2, 2, 5), [3, 2, 2], [2], [1], [1], 1), case(t(2, 4, 2, 2), t(2, 2, 3, 3), [4, 1, 2, 2], [1], [0], [1], 2)],
    **{f"conv{n}d": _convs(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _transposed(n) for n in (1, 2, 3)},
    "pool_max": [case(t(2, 2, 4, 5), HOW)],
    "_pool_places": [case(values([[[[0, -2], [6, 10]]]], "int64"), [4, 5], EVEN, 2, 0, ref=lambda *a: np.array([[[[0, 3], [5, 12]]]]), grad=False),
                     case(values([[[[0, 1], [6, 10]]]], "int64"), [4, 5], EVEN, 0, 1, ref=lambda *a: np.array([[[[0, 1], [1, 0]]]]), grad=False)],
    "pool_gather": [case(t(1, 1, 3, 4), PLACES, 2, ref=lambda x, p, n: x.reshape(-1)[p])],
    "pool_scatter": [case(t(1, 1, 2, 2), PLACES, [3, 4]), case(t(1, 1, 2, 2), PLACES, [3, 4], False)],
    "pool_mean": [case(t(2, 2, 4, 5), HOW)],
    "pool_mean_backward": [case(t(2, 2, 2, 2), [4, 4], EVEN, ref=lambda g, s, h: np.repeat(np.repeat(g, 2, 2), 2, 3) / 4)],
    **{f"max_pool{n}d": [case(t(2, 2, *(5, 6, 4)[:n]), 2, ref=_pool(_max, n)), case(t(2, *(5, 6, 4)[:n]), 3, 2, 1, ref=_pool(_max, n), ceil_mode=True),
                         case(t(1, 2, *(7, 6, 5)[:n]), (2,) * n, 1, 0, 2, ref=_pool(_max, n))] for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": [case(t(2, 2, *(5, 6, 4)[:n]), 2)] for n in (1, 2, 3)},
    **{f"avg_pool{n}d": [case(t(2, 2, *(5, 6, 4)[:n]), 2, ref=_pool(_mean, n)), case(t(2, *(5, 6, 4)[:n]), 3, 2, 1, ref=_pool(_mean, n), ceil_mode=True),
                         case(t(2, *(5, 6, 4)[:n]), 3, 2, 1, ref=_pool(_mean, n), count_include_pad=False)] for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": [case(t(2, 2, *(5, 6, 4)[:n]), (3,) * n)] for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": [case(t(2, 2, *(5, 6, 4)[:n]), (3,) * n, ref=_adaptive(_mean, n)), case(t(2, *(5, 6, 4)[:n]), 1, ref=_adaptive(_mean, n))] for n in (1, 2, 3)},
    "recur": [case(t(6, 8), t(3, 2), t(3, 2), t(8, 2), [], 0, ref=_recur), case(t(7, 8), t(3, 2), t(3, 2), t(8, 2), [COUNTS], 0, True, ref=_recur), case(t(6, 6), t(3, 2), t(6), t(6, 2), [], 1, True, ref=_recur),
              case(t(7, 6), t(3, 2), None, t(6, 2), [COUNTS], 1, ref=_recur), case(t(7, 2), t(3, 2), None, t(2, 2), [COUNTS], 2, True, ref=_recur), case(t(6, 2), t(2, 2), None, t(2, 2), [], 3, ref=_recur)],
    "recur_backward": [case(t(8, 2), t(3, 2), t(3, 2), t(6, 2), t(6, 2), t(6, 10), t(6, 2), None, [], 0, grad=False)],
}

