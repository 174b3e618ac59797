"""Norms of vectors and matrices."""

import math
from typing import Any

from ctgrad import _C
from ctgrad._dtypes import scalar_name
from ctgrad.composed import need_tensor, with_exact_out

from ._factor import svdvals


def _need_floats(name, x, dtype):
    need_tensor(f"linalg_{name}", x)
    if not x.is_floating_point():
        raise RuntimeError(f"linalg.{name}: Expected a floating point or complex tensor as input. Got {scalar_name(x.dtype)}")
    return x if dtype is None else x.to(dtype)


@with_exact_out
def vector_norm(x, ord: Any = 2, dim=None, keepdim=False, *, dtype=None):
    """(sum of |x|^ord)^(1 / ord) over dims, or all elements; ord inf, -inf and 0 (how many are not 0) too."""
    x = _need_floats("vector_norm", x, dtype)
    if isinstance(ord, str):
        raise TypeError(f"linalg.vector_norm: ord must be a number, not '{ord}'")
    if dim is None or (isinstance(dim, (list, tuple)) and not dim):
        dim = tuple(range(x.dim()))
    return x.norm(ord, dim, keepdim)


@with_exact_out
def matrix_norm(A, ord: Any = "fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """Matrix norms over two dims: 'fro', 'nuc', 1 and inf (largest sums of columns, of rows), 2 (largest singular value), and with -, the least."""
    A = _need_floats("matrix_norm", A, dtype)
    if A.dim() < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if not isinstance(dim, (list, tuple)) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    if ord == "fro":
        return vector_norm(A, 2, dim, keepdim)
    dims = [d % A.dim() if -A.dim() <= d < A.dim() else A.size(d) for d in dim]
    if dims[0] == dims[1]:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got {tuple(dim)}")
    if ord in (1, -1, math.inf, -math.inf):
        summed, other = dims if abs(ord) == 1 else dims[::-1]
        return (_C.amax if ord > 0 else _C.amin)(vector_norm(A, 1, summed, keepdim), other - (other > summed and not keepdim), keepdim)
    if ord not in ("nuc", 2, -2):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if A.dtype not in (_C.float32, _C.float64):
        raise RuntimeError(f"linalg.matrix_norm: Low precision dtypes not supported. Got {scalar_name(A.dtype)}")
    values = svdvals(A.movedim(dims, (-2, -1)))
    made = values.sum(-1, keepdim) if ord == "nuc" else (_C.amax if ord > 0 else _C.amin)(values, -1, keepdim)
    return made.unsqueeze(-1).movedim((-2, -1), dims) if keepdim else made


@with_exact_out
def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """vector_norm, or where ord is given with two dims (or a matrix), matrix_norm."""
    A = _need_floats("norm", A, dtype)
    two = isinstance(dim, (list, tuple)) and len(dim) == 2
    if ord is not None and isinstance(dim, (list, tuple)) and len(dim) > 2:
        raise RuntimeError(f"linalg.norm: If dim is specified with ord, it must be of length 1 or 2. Got {tuple(dim)}")
    if ord is not None and (two or (dim is None and A.dim() == 2)):
        return matrix_norm(A, ord, dim if two else (-2, -1), keepdim)
    if ord is not None and dim is None and A.dim() != 1:
        raise RuntimeError("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {}D.".format(A.dim()))
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.matrix_norm: The input tensor A must have at least 2 dimensions, and so must dim, for ord '{ord}'.")
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim)
