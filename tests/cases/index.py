"""Reading and writing by index."""

import numpy as np

from . import bools, case, t, values

_ROWS = values([2, 0, 2], "int64")
_COLUMN = values([[0], [1]], "int64")


def _index(x, dims, indices):
    where = [slice(None)] * x.ndim
    for d, i in zip(dims, indices, strict=True):
        where[d] = i
    return x[tuple(where)]


def _put(x, v, dims, indices, accumulate=False):
    where = [slice(None)] * x.ndim
    for d, i in zip(dims, indices, strict=True):
        where[d] = i
    y = x.copy()
    if accumulate:
        np.add.at(y, tuple(where), v)
    else:
        y[tuple(where)] = v
    return y


CASES = {
    "index": [case(t(3, 4), [0], [_ROWS], ref=_index), case(t(3, 4), [1], [_ROWS], ref=_index), case(t(3, 4), [0, 1], [_ROWS, _ROWS], ref=_index),
              case(t(3, 2, 4), [0, 2], [_ROWS, _COLUMN], ref=_index), case(t(3, 2, 4), [1, 2], [_COLUMN, _ROWS], ref=_index)],
    "_index_put": [case(t(3, 4), t(4), [0], [values([2, 0], "int64")], ref=_put), case(t(3, 4), t(3, 4), [0], [_ROWS], True, ref=_put),
                   case(t(3, 4), t(), [0, 1], [_ROWS, values([0, 1, 2], "int64")], ref=_put)],
    "nonzero": [case(bools(3, 4), ref=np.argwhere, grad=False), case(values([0.0, 1, -2, 0]), ref=np.argwhere, grad=False)],
}
