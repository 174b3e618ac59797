"""Normalisation."""

import numpy as np

from . import case, t


def _group_norm(x, weight, bias, groups, eps=1e-5):
    rows = x.reshape(x.shape[0] * groups, -1)
    y = _layer_norm(rows, [rows.shape[1]], eps=eps).reshape(x.shape)
    each = (-1,) + (1,) * (x.ndim - 2)
    y = y if weight is None else y * weight.reshape(each)
    return y if bias is None else y + bias.reshape(each)


def _layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    dims = tuple(range(x.ndim - len(shape), x.ndim))
    y = (x - x.mean(dims, keepdims=True)) / np.sqrt(x.var(dims, keepdims=True) + eps)
    return y * (1 if weight is None else weight) + (0 if bias is None else bias)


def _wanted(parts, wanted):
    return tuple(p if w else np.zeros(0) for p, w in zip(parts, wanted, strict=True))


def _back(g, x, weight, mean, scale):
    """By rows: gradients by input and, not yet summed, by weight."""
    z, u = (x - mean) * scale, g * weight
    return (u - u.mean(1, keepdims=True) - z * (u * z).mean(1, keepdims=True)) * scale, g * z


def _layer_norm_backward(g, x, shape, weight, mean, scale, *wanted):
    gx, gw = _back(g, x, 1 if weight is None else weight, mean, scale)
    return _wanted((gx, gw.sum(0), g.sum(0)), wanted)


def _group_norm_backward(g, x, weight, mean, scale, groups, *wanted):
    rows, each = (x.shape[0] * groups, -1), (0, *range(2, x.ndim))
    w = np.ones_like(x) if weight is None else np.ones_like(x) * _rows(weight, x.ndim)
    gx, gw = (part.reshape(x.shape) for part in _back(*(a.reshape(rows) for a in (g, x, w, mean, scale))))
    return _wanted((gx, gw.sum(each), g.sum(each)), wanted)


def _rows(t, ndim):
    return t.reshape(1, -1, *(1,) * (ndim - 2))


def _moments(x, eps):
    dims = (0, *range(2, x.ndim))
    return x.mean(dims), 1 / np.sqrt(x.var(dims) + eps), x.var(dims, ddof=1)


def _batch_norm(x, weight, mean, scale, bias=None, eps=1e-5, training=False):
    y = (x - _rows(mean, x.ndim)) * _rows(scale, x.ndim)
    return y * (1 if weight is None else _rows(weight, x.ndim)) + (0 if bias is None else _rows(bias, x.ndim))


FIXED, SCALE = t(3, grad=False), t(3, low=0.5, grad=False)
CASES = {
    "batch_norm_moments": [case(t(4, 3), 1e-5, ref=_moments, grad=False), case(t(2, 3, 4, 5), 0.1, ref=_moments, grad=False)],
    "batch_norm": [case(t(4, 3), t(3), FIXED, SCALE, t(3), ref=_batch_norm), case(t(2, 3, 4, 5), t(3), FIXED, SCALE, ref=_batch_norm),
                   case(t(2, 3, 20), None, FIXED, SCALE, t(3), ref=_batch_norm), case(t(0, 3, 2), t(3), FIXED, SCALE, ref=_batch_norm)],
    "batch_norm_backward": [case(t(4, 3), t(4, 3), t(3), t(3), t(3), True, grad=False), case(t(2, 3, 20), t(2, 3, 20), None, t(3), t(3), False, grad=False)],
    "group_norm": [case(t(2, 4, 3), None, None, 2, ref=_group_norm), case(t(2, 4, 2, 2), t(4), t(4), 4, 0.1, ref=_group_norm),
                   case(t(3, 4), t(4), None, 1, ref=_group_norm), case(t(2, 6, 3), None, t(6), 3, ref=_group_norm)],
    "layer_norm": [case(t(3, 5), [5], ref=_layer_norm), case(t(2, 3, 20), [20], t(20), t(20), ref=_layer_norm),
                   case(t(2, 3, 4), [3, 4], t(3, 4), None, 0.1, ref=_layer_norm), case(t(33), [33], None, t(33), 1e-3, ref=_layer_norm),
                   case(t(0, 4), [4], t(4), t(4), ref=_layer_norm)],
    "layer_norm_backward": [case(t(3, 5), t(3, 5), [5], t(5), t(3, 1), t(3, 1), True, True, True, ref=_layer_norm_backward, grad=False),
                            case(t(2, 37), t(2, 37), [37], t(37), t(2, 1), t(2, 1), True, True, True, ref=_layer_norm_backward, grad=False),
                            case(t(2, 20), t(2, 20), [20], None, t(2, 1), t(2, 1), True, False, False, ref=_layer_norm_backward, grad=False),
                            case(t(2, 20), t(2, 20), [20], None, t(2, 1), t(2, 1), False, True, True, ref=_layer_norm_backward, grad=False),
                            case(t(2, 20), t(2, 20), [20], t(20), t(2, 1), t(2, 1), True, True, False, ref=_layer_norm_backward, grad=False)],
    "group_norm_backward": [case(t(2, 4, 3), t(2, 4, 3), t(4), t(2, 2), t(2, 2), 2, True, True, True, ref=_group_norm_backward, grad=False),
                            case(t(2, 4, 5, 7), t(2, 4, 5, 7), None, t(2, 2), t(2, 2), 2, True, False, True, ref=_group_norm_backward, grad=False),
                            case(t(3, 4), t(3, 4), None, t(3, 1), t(3, 1), 1, False, True, False, ref=_group_norm_backward, grad=False)],
}
