"""Normalisation."""

import numpy as np

from . import case, t


def _layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    dims = tuple(range(x.ndim - len(shape), x.ndim))
    y = (x - x.mean(dims, keepdims=True)) / np.sqrt(x.var(dims, keepdims=True) + eps)
    return y * (1 if weight is None else weight) + (0 if bias is None else bias)


CASES = {
    "layer_norm": [case(t(3, 5), [5], ref=_layer_norm), case(t(2, 3, 20), [20], t(20), t(20), ref=_layer_norm),
                   case(t(2, 3, 4), [3, 4], t(3, 4), None, 0.1, ref=_layer_norm), case(t(33), [33], None, t(33), 1e-3, ref=_layer_norm),
                   case(t(0, 4), [4], t(4), t(4), ref=_layer_norm)],
    "layer_norm_backward": [case(t(3, 5), t(3, 5), [5], t(5), 1e-5, True, True, True, grad=False),
                            case(t(2, 20), t(2, 20), [20], None, 1e-5, True, False, False, grad=False),
                            case(t(2, 20), t(2, 20), [20], None, 1e-5, False, True, True, grad=False)],
}
