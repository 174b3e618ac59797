"""Views by value: each refers to the view's own result."""

import numpy as np

from . import case, t

X, X3 = t(3, 4), t(2, 3, 4)

CASES = {
    "alias_copy": [case(X, ref=lambda x: x)],
    "diagonal_copy": [case(X, 1, ref=np.diagonal), case(X3, 0, 1, 2, ref=np.diagonal)],
    "expand_copy": [case(t(3, 1), (2, 3, 4), ref=np.broadcast_to)],
    "narrow_copy": [case(X, 1, 1, 2, ref=lambda x, *a: x[:, 1:3])],
    "permute_copy": [case(X3, (2, 0, 1), ref=np.transpose)],
    "select_copy": [case(X3, 1, -1, ref=lambda x, *a: x[:, -1])],
    "as_strided_copy": [case(X, (2, 2), (1, 2), ref=lambda x, *a: x.ravel()[[[0, 2], [1, 3]]]), case(X, (2, 2), (0, 1), 1, ref=lambda x, *a: x.ravel()[[[1, 2], [1, 2]]])],
    "slice_copy": [case(X, 1, 0, 4, 2, ref=lambda x, *a: x[:, 0:4:2]), case(X, -2, 1, ref=lambda x, *a: x[1:])],
    "split_copy": [case(t(5, 2), 2, ref=lambda x, n: np.split(x, [2, 4]))],
    "split_with_sizes_copy": [case(t(5, 2), [1, 4], ref=lambda x, n: np.split(x, [1]))],
    "squeeze_copy": [case(t(3, 1, 2), ref=np.squeeze), case(t(3, 1, 2), 1, ref=np.squeeze)],
    "t_copy": [case(X, ref=np.transpose)],
    "transpose_copy": [case(X3, 0, 2, ref=np.swapaxes)],
    "unbind_copy": [case(X, 1, ref=lambda x, d: list(x.T))],
    "unfold_copy": [case(X, 1, 2, 2, ref=lambda x, *a: x.reshape(3, 2, 2))],
    "unsqueeze_copy": [case(X, 1, ref=np.expand_dims)],
    "view_copy": [case(X, (2, 6), ref=np.reshape)],
    "unsafe_split": [case(t(5, 2), 2, ref=lambda x, n: np.split(x, [2, 4]))],
    "unsafe_split_with_sizes": [case(t(5, 2), [1, 4], ref=lambda x, n: np.split(x, [1]))],
    "unsafe_chunk": [case(t(5, 2), 2, ref=lambda x, n: np.split(x, [3]))],
}
