"""What torch.linalg asks of arguments, and the way to NumPy's LAPACK and back."""

import numpy as np

from ctgrad import _C
from ctgrad.composed import need_tensor


class LinAlgError(RuntimeError):
    """A matrix that has no such factorization, inverse or solution."""


def need_matrices(name, A, square=False, argument="A"):
    """float32 or float64, two dimensions or more; TypeError or RuntimeError otherwise."""
    need_tensor(f"linalg_{name}", A, argument)
    if A.dim() < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor {argument} must have at least 2 dimensions.")
    if not A.is_floating_point():
        raise RuntimeError(f"linalg.{name}: Expected a floating point or complex tensor as input. Got {A.dtype}")
    if A.dtype not in (_C.float32, _C.float64):
        raise RuntimeError(f"linalg.{name}: Low precision dtypes not supported. Got {A.dtype}")
    if square and A.size(-1) != A.size(-2):
        raise RuntimeError(f"linalg.{name}: {argument} must be batches of square matrices, but they are {A.size(-2)} by {A.size(-1)} matrices")


def as_array(x):
    """The numbers, for NumPy."""
    return x.detach().numpy(force=True)


def as_tensor(array, like):
    """A new tensor of NumPy's result, in the dtype of `like`."""
    return _C.from_numpy(np.array(array, dtype=as_array(like.new_empty(0)).dtype, order="C"))


def as_columns(array, like):
    """The same of matrices, which lie column by column, as LAPACK leaves them."""
    turned = np.array(np.swapaxes(array, -1, -2), dtype=as_array(like.new_empty(0)).dtype, order="C")
    return _C.from_numpy(np.swapaxes(turned, -1, -2))


def lapack(name, why, f, *arrays):
    """f(*arrays), NumPy's exception told as ours."""
    try:
        return f(*arrays)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"linalg.{name}: {why} ({error})") from None
