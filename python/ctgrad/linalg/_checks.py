"""What torch.linalg asks of arguments, and the way to NumPy's LAPACK and back."""

import math

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import need_tensor

from . import _lapack


LinAlgError = _C._LinAlgError
_SOLVED = (_C.float32, _C.float64)


def need_kernel(kernel, x):
    """NotImplementedError, as PyTorch's kernels raise it, where x is neither float32 nor float64."""
    if x.dtype not in _SOLVED:
        raise unsupported(kernel, x.dtype)


def need_right(name, B, torch=""):
    """Two dimensions or more; TypeError or RuntimeError otherwise."""
    need_tensor(f"linalg_{name}", B, "B", 0)
    if B.dim() < 2:
        raise RuntimeError(f"{torch}linalg.{name}: The input tensor B must have at least 2 dimensions.")


def need_matrices(name, A, square=False, argument="A", torch="", kernel=None, integers=False):
    """float32 or float64, two dimensions or more; TypeError or RuntimeError otherwise. `torch`: what PyTorch writes before the name; `kernel`: that
    of PyTorch which refuses halves, by NotImplementedError, and `integers` too."""
    if isinstance(A, _C.Tensor) and A.dtype in _SOLVED and A.dim() > 1 and not (square and A.size(-1) != A.size(-2)):
        return
    need_tensor(f"linalg_{name}", A, argument)
    name = f"{torch}linalg.{name}"
    if A.dim() < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")
    if not A.is_floating_point() and not integers:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(A.dtype)}")
    if not kernel and A.dtype not in _SOLVED:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {scalar_name(A.dtype)}")
    if square and A.size(-1) != A.size(-2):
        raise RuntimeError(f"{name}: {argument} must be batches of square matrices, but they are {A.size(-2)} by {A.size(-1)} matrices")
    if kernel:
        need_kernel(kernel, A)


def need_equations(name, A, b):
    """RuntimeError unless A X = b is a question: one dtype, square A, as many rows."""
    if A.dtype != b.dtype:
        raise RuntimeError(f"Expected b and A to have the same dtype, but found b of type {scalar_name(b.dtype)} and A of type {scalar_name(A.dtype)} instead.")
    m, n = A.shape[-2:]
    if m != n:
        raise RuntimeError(f"A must be batches of square matrices, but they are {m} by {n} matrices")
    if n != b.size(-2):
        raise RuntimeError(f"Incompatible matrix sizes for {name}: each A matrix is {m} by {n} but each b matrix is {b.size(-2)} by {b.size(-1)}")


def of_one_batch(A, B):
    """Both with the batch dims that they broadcast to."""
    a, b = A.shape[:-2], B.shape[:-2]
    if a == b:
        return A, B
    batch = ctgrad.broadcast_shapes(a, b)
    return A.expand(*batch, *A.shape[-2:]), B.expand(*batch, *B.shape[-2:])


def as_array(x, mixed=2):
    """The numbers, for NumPy: one matrix for all of a batch that repeats. mixed: how many dims are no batch."""
    return _C._distinct(x, mixed).numpy(force=True)


def new(array, like):
    """A tensor of it, for all matrices of the batch `like`; its strides, where it is empty, are those of new tensors."""
    return _of_all(_C.from_numpy(array), like)


def _of_all(made, like):
    if like.dim() > 2 and made.shape[:like.dim() - 2] != like.shape[:-2]:
        return made.expand(*like.shape[:-2], *made.shape[like.dim() - 2:]).contiguous()
    return made if made.numel() else made.new_empty(made.shape)


def as_tensor(array, like):
    """A new tensor of NumPy's result for the matrices `like`, in their dtype."""
    if isinstance(array, float):
        return _C.tensor(array, dtype=like.dtype)
    made = new(np.array(array, order="C"), like)
    return made if made.dtype == like.dtype else made.to(like.dtype)


def _by_columns(made):
    """Its matrices turned, and no view: results may be written to."""
    return _C._passage(made.mT, True)


def as_columns(array, like):
    """The same of matrices, which lie column by column, as LAPACK leaves them."""
    return _by_columns(as_tensor(array.swapaxes(-1, -2), like))


def turned(x):
    """A new array of matrices for LAPACK, the columns of each as its rows."""
    return _lapack.copied(as_array(x).swapaxes(-1, -2))


def laid(columns, like):
    """The tensor of matrices that were turned (an array or a tensor), of the batch of `like`; it takes the memory."""
    return _by_columns(_of_all(columns if isinstance(columns, _C.Tensor) else _C.from_numpy(columns), like))


def each_once(f, factors, right):
    """(A new array of turned right sides, after f(*factors, right sides) worked on it, f's result); batches broadcast. Each matrix comes once, with all
    its right sides. factors: (array, how many of its dims are no batch)."""
    if right.ndim == 2 and all([a.ndim == mixed for a, mixed in factors]):
        made = _lapack.copied(right)
        return made, f(*[a for a, _ in factors], made)
    batches = [a.shape[:a.ndim - mixed] for a, mixed in factors]
    batch = np.broadcast_shapes(*batches, right.shape[:-2])
    own = (1,) * len(batch)
    own = np.broadcast_shapes(own, *batches)
    order = sorted(range(len(batch)), key=lambda d: own[d] == 1)  # right sides that share a matrix last
    made = np.array(np.broadcast_to(right, batch + right.shape[-2:]).transpose(*order, -2, -1), order="C")
    count, n = math.prod(own), right.shape[-1]
    matrices = [(a if math.prod(of) == count else np.array(np.broadcast_to(a, own + a.shape[len(of):]), order="C")).reshape(count, *a.shape[len(of):])
                for (a, _), of in zip(factors, batches, strict=True)]
    told = f(*matrices, made.reshape(count, made.size // max(1, count * n), n))
    return np.ascontiguousarray(made.transpose(*np.argsort(order), -2, -1)), told


def any_of(infos):
    """Is one of the array not 0? NumPy's own way takes long for one number."""
    return infos.any() if infos.ndim else infos.item()


def need_none(error, name, why, infos):
    """error, of the first matrix of the batch whose info is not 0, if there is one."""
    if infos.any():
        of_all = infos.numpy().reshape(-1)
        first = int(of_all.astype(bool).argmax())
        where = f"(Batch element {first}): " if infos.dim() else ""
        raise error(f"{name}: {where}{why.format(int(of_all[first]))}")


def lapack(name, f, A, *more):
    """f of A's numbers, NumPy's exception told as ours."""
    try:
        return f(as_array(A), *more)
    except np.linalg.LinAlgError:
        raise LinAlgError(f"{name}: {'(Batch element 0): ' if A.dim() > 2 else ''}The algorithm failed to converge.") from None
