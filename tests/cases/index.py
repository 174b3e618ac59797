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


def _along(x, dim, index):
    return np.take(x, index, axis=dim)


def _index_add(x, dim, index, src, alpha=1):
    y = x.copy()
    where = [slice(None)] * x.ndim
    where[dim] = index
    np.add.at(y, tuple(where), alpha * src)
    return y


def _index_write(x, dim, index, src):
    y = x.copy()
    where = [slice(None)] * x.ndim
    where[dim] = index
    y[tuple(where)] = src
    return y


def _scatter_add(x, dim, index, src):
    y = x.copy()
    for at in np.ndindex(*index.shape):
        to = list(at)
        to[dim] = index[at]
        y[tuple(to)] += src[at]
    return y


def _scatter_reduce(x, dim, index, src, how, include_self=True):
    y, n, fresh = x.copy(), np.full(x.shape, float(include_self)), np.full(x.shape, not include_self)
    join = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[how]
    for at in np.ndindex(*index.shape):
        to = list(at)
        to[dim] = index[at]
        to = tuple(to)
        y[to] = src[at] if fresh[to] else join(y[to], src[at])
        fresh[to] = False
        n[to] += 1
    return y / np.maximum(n, 1) if how == "mean" else y


def _index_reduce(x, dim, index, src, how):
    return _scatter_reduce(x, dim, np.broadcast_to(index[:, None], src.shape), src, how)


def _put_flat(x, index, src, accumulate=False):
    y = x.reshape(-1).copy()
    if accumulate:
        np.add.at(y, index.reshape(-1), src.reshape(-1))
    else:
        y[index.reshape(-1)] = src.reshape(-1)
    return y.reshape(x.shape)


def _masked_scatter(x, mask, src):
    mask = np.broadcast_to(mask, x.shape)
    return _into(x, mask, src.reshape(-1)[:mask.sum()])


def _into(x, where, src):
    y = x.copy()
    y[where] = src
    return y


def _scatter(x, dim, index, src):
    y = x.copy()
    np.put_along_axis(y, index, src, dim)
    return y


def _untouched(x, *rest):
    return x


_G = values([[2, 0, 1, 1], [0, 0, 2, 1]], "int64")
_P = values([[2, 0, 1], [0, 1, 2]], "int64")
def _at_second(op):
    def write(x, dim, index, src):
        y = x.copy()
        y[1] = op(y[1], src[0])
        return y
    return write


_SECOND = values(1, "int64")  # a scalar index counts as a vector of one
_NONE = values([], "int64")  # an index without places fits every tensor, whatever its number of dimensions
_MASK = values([[True, False, True, False], [False, False, True, True], [True, True, False, False]], "bool")

CASES = {
    "gather": [case(t(3, 4), 0, _G, ref=lambda x, d, i: np.take_along_axis(x, i, d)), case(t(2, 5), 1, _G, ref=lambda x, d, i: np.take_along_axis(x, i, d)),
               case(t(2, 3), 0, _NONE, ref=lambda x, d, i: np.zeros(0)), case(t(3), 0, _SECOND, ref=lambda x, d, i: x[1])],
    "scatter_add": [case(t(3, 4), 0, _G, t(2, 4), ref=_scatter_add), case(t(2, 5), 1, _G, t(3, 4), ref=_scatter_add),
                    case(t(2, 3), 0, _NONE, t(2, 3), ref=_untouched), case(t(3), 0, _SECOND, t(2), ref=_at_second(np.add)),
                    case(t(), 0, values([0, 0], "int64"), t(2), ref=lambda x, d, i, src: x + src.sum())],
    "scatter": [case(t(2, 4), 1, _P, t(2, 3), ref=_scatter), case(t(2, 4), -1, _P, 2.5, ref=_scatter),
                case(t(3), 0, _SECOND, t(2), ref=_at_second(lambda x, v: v)), case(t(), 0, values([0], "int64"), 1.5, ref=lambda x, d, i, v: np.array(v)),
                case(t(2, 3), 1, _NONE, 2.5, ref=_untouched), case(t(2, 3), 0, values(np.zeros((2, 0)), "int64"), t(2, 0), ref=_untouched)],
    "index_select": [case(t(3, 4), 0, _ROWS, ref=_along), case(t(2, 3), 1, _ROWS, ref=_along)],
    "index_add": [case(t(3, 4), 0, _ROWS, t(3, 4), ref=_index_add), case(t(2, 3), 1, _ROWS, t(2, 3), ref=_index_add, alpha=2.0)],
    "index_copy": [case(t(3, 4), 0, values([2, 0], "int64"), t(2, 4), ref=_index_write)],
    "index_fill": [case(t(3, 4), 1, values([3, 0], "int64"), 2.5, ref=_index_write)],
    "_scatter_extreme": [case(t(3, 4), 0, _G, t(2, 4), False, ref=lambda x, d, i, s, least: _scatter_reduce(x, d, i, s, "amax"), grad=False)],
    "scatter_reduce": [case(t(3, 4), 0, _G, t(2, 4), how, ref=_scatter_reduce) for how in ("sum", "prod", "mean", "amax", "amin")]
    + [case(t(3, 4), 0, _G, t(3, 5), how, ref=_scatter_reduce, include_self=False) for how in ("sum", "prod", "mean", "amax", "amin")],
    "index_reduce": [case(t(3, 4), 0, _ROWS, t(3, 4), how, ref=_index_reduce) for how in ("prod", "mean", "amax", "amin")],
    "index_reduce_": [case(t(3, 4, grad=False), 0, _ROWS, t(3, 4, grad=False), "amax", ref=_index_reduce, grad=False)],
    "put": [case(t(3, 4), values([[0, 5], [11, -2]], "int64"), t(2, 2), ref=_put_flat), case(t(3, 4), values([0, 5, 0], "int64"), t(3), True, ref=_put_flat)],
    "put_": [case(t(3, 4, grad=False), values([[0, 5], [11, -2]], "int64"), t(2, 2, grad=False), ref=_put_flat, grad=False)],
    "_become_": [case(t(3, 4, grad=False), t(3, 4, grad=False), ref=lambda x, result: result, grad=False)],
    "masked_scatter": [case(t(3, 4), values([[True, False, True, True]], "bool"), t(3, 5), ref=_masked_scatter)],
    "masked_scatter_": [case(t(3, 4, grad=False), values([[True, False, True, True]], "bool"), t(3, 5, grad=False), ref=_masked_scatter, grad=False)],
    "select_scatter": [case(t(3, 4), t(3), 1, -1, ref=lambda x, s, d, i: _into(x, (slice(None), i), s))],
    "slice_scatter": [case(t(3, 4), t(3, 2), 1, 0, 4, 2, ref=lambda x, s, d, a, b, c: _into(x, (slice(None), slice(a, b, c)), s)),
                      case(t(3, 4), t(2, 4), 0, 1, ref=lambda x, s, d, a: _into(x, slice(a, None), s))],
    "diagonal_scatter": [case(t(3, 4), t(3), ref=lambda x, s: _into(x, (range(3), range(3)), s)), case(t(3, 4), t(3), 1, ref=lambda x, s, o: _into(x, (range(3), range(1, 4)), s))],
    "as_strided_scatter": [case(t(3, 4), t(2, 2), (2, 2), (4, 2), 1, ref=lambda x, s, *view: _into(x, (slice(0, 2), slice(1, 4, 2)), s))],
    "take": [case(t(3, 4), values([[0, 5], [11, -1]], "int64"), ref=np.take)],
    "masked_fill": [case(t(3, 4), _MASK, 2.5, ref=lambda x, m, v: np.where(m, v, x)), case(t(3, 4), _MASK, t(), ref=lambda x, m, v: np.where(m, v, x))],
    "masked_select": [case(t(3, 4), _MASK, ref=lambda x, m: x[m])],
    "tril": [case(t(3, 4), ref=np.tril), case(t(2, 3, 3), 1, ref=np.tril), case(t(3, 3), -1, ref=np.tril)],
    "triu": [case(t(3, 4), ref=np.triu), case(t(2, 3, 3), 1, ref=np.triu), case(t(3, 3), -1, ref=np.triu)],
    "index": [case(t(3, 4), [0], [_ROWS], ref=_index), case(t(3, 4), [1], [_ROWS], ref=_index), case(t(3, 4), [0, 1], [_ROWS, _ROWS], ref=_index),
              case(t(3, 2, 4), [0, 2], [_ROWS, _COLUMN], ref=_index), case(t(3, 2, 4), [1, 2], [_COLUMN, _ROWS], ref=_index)],
    "_index_put": [case(t(3, 4), t(4), [0], [values([2, 0], "int64")], ref=_put), case(t(3, 4), t(3, 4), [0], [_ROWS], True, ref=_put),
                   case(t(3, 4), t(), [0, 1], [_ROWS, values([0, 1, 2], "int64")], ref=_put)],
    "index_put": [case(t(3, 4), [_ROWS], t(3, 4), True, ref=lambda x, i, v, add: _put(x, v, [0], i, add)),
                  case(t(3, 4), [_MASK], t(), ref=lambda x, m, v: np.where(m[0], v, x))],
    "index_put_": [case(t(3, 4, grad=False), [_ROWS], t(4, grad=False), ref=lambda x, i, v: _put(x, v, [0], i), grad=False)],
    "nonzero": [case(bools(3, 4), ref=np.argwhere, grad=False), case(bools(3, 4), ref=lambda x, as_tuple: np.nonzero(x), grad=False, as_tuple=True), case(values([0.0, 1, -2, 0]), ref=np.argwhere, grad=False)],
}
