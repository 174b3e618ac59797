"""Views, copies and joins."""

import numpy as np

from . import case, ints, t, values

X, X3 = t(3, 4), t(2, 3, 4)


def _same(x, *a, **k):
    return x


def _unfold(x, dim, size, step):
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=dim)
    return np.take(windows, range(0, windows.shape[dim], step), axis=dim)


def _strided(x, size, stride, offset=0):
    return np.lib.stride_tricks.as_strided(np.ascontiguousarray(x).ravel()[offset:], size, [s * x.itemsize for s in stride])


def _embed(part, whole_shape, where):
    y = np.zeros(whole_shape, part.dtype)
    y[where] = part
    return y


CASES = {
    "expand": [case(t(4), 3, 4, ref=lambda x, *s: np.broadcast_to(x, s)), case(t(3, 1), (2, 3, -1), ref=lambda x, s: np.broadcast_to(x, (2, 3, 1))), case(t(), 2, ref=lambda x, n: np.broadcast_to(x, n))],
    "expand_as": [case(t(4), X, ref=lambda x, y: np.broadcast_to(x, y.shape))],
    "broadcast_to": [case(t(4), (3, 4), ref=np.broadcast_to)],
    "view": [case(X, 2, 6, ref=lambda x, *s: x.reshape(s)), case(X, -1, ref=lambda x, n: x.reshape(-1))],
    **{name: [case(X, (2, 6), ref=np.reshape)] for name in ("_unsafe_view", "_stacked_view", "_joined_view", "_layer_view", "_tanh_view", "_relu_view", "_mul_view", "_add_view")},
    "view_as": [case(X, t(2, 6), ref=lambda x, y: x.reshape(y.shape))],
    "reshape": [case(X, (2, -1), ref=np.reshape), case(X, (12,), ref=np.reshape), case(t(0, 3), (3, 0), ref=np.reshape), case(t(1), (), ref=np.reshape)],
    "reshape_as": [case(X, t(2, 6), ref=lambda x, y: x.reshape(y.shape))],
    "flatten": [case(X3, ref=lambda x: x.ravel()), case(X3, 1, ref=lambda x, d: x.reshape(2, 12)), case(t(), ref=lambda x: x.ravel())],
    "unflatten": [case(t(2, 6), 1, (2, 3), ref=lambda x, d, s: x.reshape(2, 2, 3))],
    "ravel": [case(X, ref=np.ravel)],
    "alias": [case(X, ref=_same)],
    "detach": [case(X, ref=_same, grad=False)],
    "_turned_view": [case(X3, 0, -1, ref=np.swapaxes)],
    "transpose": [case(X3, 0, -1, ref=np.swapaxes), case(t(), 0, 0, ref=_same)],
    "swapaxes": [case(X3, 0, 1, ref=np.swapaxes)],
    "swapdims": [case(X3, 0, 1, ref=np.swapaxes)],
    "t": [case(X, ref=np.transpose), case(t(3), ref=_same)],
    "adjoint": [case(X3, ref=lambda x: np.swapaxes(x, -1, -2))],
    "permute": [case(X3, (2, 0, 1), ref=np.transpose), case(X3, (1, -1, 0), ref=np.transpose)],
    "movedim": [case(X3, 0, 2, ref=np.moveaxis), case(X3, (0, 1), (2, 0), ref=np.moveaxis)],
    "moveaxis": [case(X3, 0, 2, ref=np.moveaxis)],
    "unsqueeze": [case(X, 0, ref=np.expand_dims), case(X, -1, ref=np.expand_dims)],
    "squeeze": [case(t(1, 3, 1), ref=np.squeeze), case(t(1, 3, 1), 0, ref=np.squeeze), case(t(1, 3, 1), 1, ref=_same), case(t(1, 3, 1), (0, 2), ref=np.squeeze)],
    "select": [case(X, 0, 1, ref=lambda x, d, i: x[1]), case(X, -1, -2, ref=lambda x, d, i: x[:, -2])],
    "select_backward": [case(t(4), (3, 4), 0, 1, ref=lambda g, s, d, i: _embed(g, s, 1))],
    "slice": [case(X, 1, 0, 4, 2, ref=lambda x, *a: x[:, 0:4:2]), case(X, 0, -2, ref=lambda x, *a: x[-2:])],
    "slice_backward": [case(t(3, 2), (3, 4), 1, 0, 4, 2, ref=lambda g, s, *a: _embed(g, s, (slice(None), slice(0, 4, 2))))],
    "narrow": [case(X, 1, 1, 2, ref=lambda x, *a: x[:, 1:3]), case(X, 0, 3, 0, ref=lambda x, *a: x[3:])],
    "diagonal": [case(X, ref=np.diagonal), case(X3, 1, 0, 2, ref=np.diagonal)],
    "diagonal_backward": [case(t(3), (3, 4), 0, 0, 1, ref=lambda g, s, *a: np.eye(3, 4) * g[:, None])],
    "diag": [case(t(3), ref=np.diag), case(X, 1, ref=np.diag)],
    "diag_embed": [case(t(3), ref=np.diag), case(t(2, 3), 1, ref=lambda x, k: np.stack([np.diag(r, k) for r in x]))],
    "unfold": [case(t(5), 0, 3, 1, ref=_unfold), case(X, 1, 2, 2, ref=_unfold)],
    "unfold_backward": [case(t(3, 3), (5,), 0, 3, 1, ref=lambda g, *a: sum(np.pad(g[i], (i, 2 - i)) for i in range(3)))],
    "as_strided": [case(X, (2, 2), (1, 2), ref=_strided), case(t(5), (3, 3), (1, 1), ref=_strided), case(t(6), (2, 2), (0, 1), 1, ref=_strided)],
    "restride": [case(t(3, 3), (3, 3), (1, 1), 0, (5,), (1,), 0, ref=lambda g, *a: sum(np.pad(g[i], (i, 2 - i)) for i in range(3)))],
    "split": [case(t(5, 2), 2, ref=lambda x, n: np.split(x, [2, 4])), case(t(2, 5), [1, 4], 1, ref=lambda x, n, d: np.split(x, [1], 1))],
    "split_with_sizes": [case(t(5), [1, 4], ref=lambda x, n: np.split(x, [1]))],
    "chunk": [case(t(5), 2, ref=lambda x, n: np.split(x, [3]))],
    "unbind": [case(X, ref=list), case(X, 1, ref=lambda x, d: list(x.T))],
    "clone": [case(X, ref=_same)],
    "contiguous": [case(X, ref=_same)],
    "to": [case(X, values([1.0], "float64"), ref=lambda x, y: x, second=False, dtypes=("float64",))],
    "type_as": [case(X, values([1.0], "float64"), ref=lambda x, y: x, dtypes=("float64",))],
    "float": [case(X, ref=lambda x: x.astype("float32"), grad=False)],
    "double": [case(X, ref=_same)],
    "half": [case(X, ref=lambda x: x.astype("float32").astype("float16"), grad=False)],
    "bfloat16": [case(X, grad=False)],
    "int": [case(ints(3, 4), ref=_same, grad=False)],
    "long": [case(ints(3, 4), ref=_same, grad=False)],
    "bool": [case(ints(3, 4), ref=lambda x: x != 0, grad=False)],
    "byte": [case(ints(3, 4), ref=_same, grad=False)],
    "cat": [case([t(2, 3), t(4, 3)], ref=np.concatenate), case([t(2, 3), t(2, 1)], 1, ref=np.concatenate), case([t(0), t(2, 3)], ref=lambda x: x[1])],
    "concat": [case([t(2, 3), t(4, 3)], ref=np.concatenate)],
    "concatenate": [case([t(2, 3), t(4, 3)], ref=np.concatenate)],
    "stack": [case([t(2, 3), t(2, 3)], ref=np.stack), case([t(2, 3), t(2, 3)], -1, ref=np.stack)],
    "repeat": [case(t(3), 2, 2, ref=lambda x, *n: np.tile(x, n)), case(X, (1, 2), ref=np.tile), case(t(), *[1] * 64, ref=lambda x, *n: x.reshape(n))],
    "flip": [case(X, (0,), ref=np.flip), case(X, (0, -1), ref=np.flip)],
    "roll": [case(X, 1, ref=np.roll), case(X, (1, -2), (0, 1), ref=np.roll)],
    "rot90": [case(X, 1, (0, 1), ref=np.rot90), case(X, 2, (0, 1), ref=np.rot90)],
    "block_diag": [case(t(1, 2), t(2, 1), ref=lambda a, b: np.block([[a, np.zeros((1, 1))], [np.zeros((2, 2)), b]]))],
    "fill": [case(X, 2.5, ref=np.full_like, grad=False)],
    "zero_": [case(X, ref=np.zeros_like, grad=False)],
    "copy_": [case(X, t(4), ref=lambda x, y: np.broadcast_to(y, x.shape), grad=False)],
    "resize_": [case(X, (12,), ref=np.reshape, grad=False)],
    "resize_as_": [case(X, t(12), ref=lambda x, y: x.ravel(), grad=False)],
}
