"""Numbers, and what is asked of tensors and of the library, whose answer is the same everywhere here."""

import math
import numbers
from itertools import pairwise

import numpy as np

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import need_tensor
from ctgrad.storage import TypedStorage, UntypedStorage

__all__ = ["SymBool", "SymFloat", "SymInt", "_assert", "_assert_async", "e", "get_device", "inf", "is_storage", "nan", "newaxis", "pi",
           "sym_float", "sym_int", "sym_ite", "sym_max", "sym_min", "sym_not", "sym_sqrt", "sym_sum", "unravel_index"]

e, inf, nan, newaxis, pi = math.e, math.inf, math.nan, None, math.pi


class _Symbol:
    """A size that is not known yet: what PyTorch's tracer has in place of numbers, and code asks for by isinstance. There is none here."""

    def __init__(self, *args, **kwargs):
        raise TypeError(f"{type(self).__name__}(): all sizes are known here, and numbers")


class SymInt(_Symbol):
    """A whole number that is not known yet."""


class SymFloat(_Symbol):
    """A number that is not known yet."""


class SymBool(_Symbol):
    """An answer that is not known yet."""


def sym_float(a):
    """float(a), of a number, a text or a tensor of one element."""
    return float(a)


def sym_int(a):
    """int(a): towards 0."""
    return int(a)


def sym_sqrt(a):
    """The square root as a float."""
    return math.sqrt(a)


def sym_not(a):
    """Whether a is not true."""
    return not a


def _chosen(name, pick, a, b):
    """A float if either is one, whichever is picked."""
    for one in (a, b):
        if not isinstance(one, (int, float, np.integer, np.floating)):
            raise AssertionError(f"{name}(): expected an int or a float, got {type(one)}")
    made = pick(a, b)
    return float(made) if any(isinstance(one, (float, np.floating)) for one in (a, b)) else made


def sym_max(a, b):
    """The larger of two numbers: a float if either is."""
    return _chosen("sym_max", max, a, b)


def sym_min(a, b):
    """The smaller of two numbers: a float if either is."""
    return _chosen("sym_min", min, a, b)


def sym_sum(*args):
    """The sum of the arguments, or of one list or tuple."""
    return sum(args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args)


def sym_ite(b, t, f):
    """t if b else f, both of one type."""
    if not isinstance(b, bool):
        raise AssertionError(f"sym_ite(): expected a bool as the condition, got {type(b)}")
    if type(t) is not type(f):
        raise AssertionError(f"sym_ite(): expected both values to be of one type, got {type(t)} and {type(f)}")
    return t if b else f


def _assert(condition, message):
    """AssertionError(message) unless condition: an assertion that PyTorch can trace."""
    assert condition, message


def _assert_async(input, assert_msg=""):
    """RuntimeError unless the only element is not 0. (Here at once.)"""
    if not input:
        raise RuntimeError(assert_msg or "Expected Tensor with single nonzero value, but got zero")


def _get_tracing_state():
    """None: nothing is traced."""


_C._get_tracing_state = _get_tracing_state  # where code that could be traced asks


def get_device(input):
    """-1: the memory is the CPU's."""
    need_tensor("get_device", input)
    return input.get_device()


def is_storage(obj):
    """Whether obj is what ``untyped_storage()`` or ``storage()`` returns."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


def unravel_index(indices, shape):
    """Places counted row-major as a tuple of places along each dimension. ValueError for places outside, TypeError for no tensor."""
    if not isinstance(indices, Tensor):
        raise TypeError(f"expected 'indices' to be a Tensor but got {type(indices).__name__}")
    if indices.is_floating_point() or indices.dtype == _C.bool:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size < 0 for size in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {shape}")
    steps = [math.prod(shape[d + 1:]) for d in range(len(shape))]
    return (indices.unsqueeze(-1) // _C.tensor(steps, dtype=_C.int64) % _C.tensor(shape, dtype=_C.int64)).unbind(-1)


def share_memory_(self):
    """self, its storage in memory that the processes share which are started with it afterwards: what one writes all see.

    RuntimeError where a NumPy array or another object holds that memory already.
    """
    return _C._share_memory(self)


def is_shared(self):
    """Whether ``share_memory_`` was called on a tensor of this storage."""
    return _C._is_shared(self)


def _swapped(shape, stride, a, b):
    """1 where dimension a should stand further out than b, -1 where it does, 0 where strides do not tell."""
    if stride[a] == 0 or stride[b] == 0:
        return 0
    if stride[a] != stride[b]:
        return 1 if stride[a] > stride[b] else -1
    return 1 if shape[a] > shape[b] else 0


def _check_order(self, check):
    """RuntimeError where strides leave the order of dims open, and not exactly one of the formats asked about fits."""
    formats = check if isinstance(check, list) else []
    if not isinstance(check, (bool, list)) or not all(isinstance(f, _C.memory_format) for f in formats):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    stride = self.stride()
    is_open = check is not False and (1 in self.shape or any(a == b for a, b in pairwise(stride)))
    if is_open and sum(self.is_contiguous(memory_format=f) for f in formats) != 1:
        raise RuntimeError("The tensor does not have unique dim order, or cannot map to exact one of the given memory formats.")


def dim_order(self, *, ambiguity_check=False):
    """The dimensions from the outermost in memory to the innermost; what strides do not tell stays as it is.

    ambiguity_check: RuntimeError where they do not tell; a list: unless just one of these memory formats fits.
    """
    _check_order(self, ambiguity_check)
    if self.is_contiguous() and not self.is_contiguous(memory_format=_C.channels_last):
        return tuple(range(self.dim()))
    shape, stride = self.shape, self.stride()
    inner = [*reversed(range(self.dim()))]
    for i in range(1, len(inner)):
        at = i
        for before in range(i - 1, -1, -1):
            order = _swapped(shape, stride, inner[before], inner[at])
            if order < 0:
                break
            if order > 0:
                inner[before], inner[at] = inner[at], inner[before]
                at = before
    return tuple(reversed(inner))


def sum_to_size(self, *size):
    """The sums that make what was broadcast from `size` that size again. RuntimeError where it was not."""
    if not size:
        raise TypeError('sum_to_size() missing 1 required positional arguments: "size"')
    size = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    for at, n in enumerate(size):
        if not isinstance(n, numbers.Integral) or n.__class__ is bool:
            raise TypeError(f"sum_to_size(): argument 'size' must be tuple of ints, but found {type(n).__name__} at pos {at}")
    extra = self.dim() - len(size)
    if extra < 0 or any(n not in (1, m) for n, m in zip(size, self.shape[max(extra, 0):], strict=False)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(self.shape)}}}.")
    dims = [*range(extra), *(extra + d for d, n in enumerate(size) if n == 1 and self.shape[extra + d] != 1)]
    if not size:
        return self.sum()
    summed = self.sum(dims, keepdim=True) if dims else self
    return summed.view(size) if extra else summed


def new_empty_strided(self, size, stride, *, dtype=None, device=None, requires_grad=False):
    """empty_strided with this tensor's dtype."""
    return _C.empty_strided(size, stride, dtype=dtype or self.dtype, requires_grad=requires_grad)


METHODS = {"share_memory_": share_memory_, "is_shared": is_shared, "dim_order": dim_order, "sum_to_size": sum_to_size,
           "new_empty_strided": new_empty_strided}
for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
