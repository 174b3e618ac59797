"""One op over a list of tensors: `_foreach_add(xs, ys, alpha=2)` is `add(x, y, alpha=2)` of each pair. Optimizers are written so.

In PyTorch these are kernels for GPUs; over memory of the CPU they are the loop that they are here, and the numbers are those of the ops.
"""

from numbers import Number

from ctgrad import _C
from ctgrad._C import Tensor

__all__ = []

_ONE = """abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt tan
    tanh trunc""".split()
_TWO = {name: name for name in ("add", "clamp_max", "clamp_min", "div", "mul", "pow", "sub")} | {"maximum": "clamp_min", "minimum": "clamp_max"}
_THREE = ["addcdiv", "addcmul"]


def _tensors(name, value, position=1, argument="self"):
    if not isinstance(value, (list, tuple)) or not all(isinstance(part, Tensor) for part in value):
        wrong = value if not isinstance(value, (list, tuple)) else next(part for part in value if not isinstance(part, Tensor))
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be tuple of Tensors, not {type(wrong).__name__}")
    if not value:
        raise RuntimeError(f"{name}(): Tensor list must have at least one tensor.")
    return value


def _beside(name, tensors, other):
    """other, one for each tensor: a list as it is, a number or a tensor of no dimensions again and again."""
    if isinstance(other, (list, tuple)):
        if len(other) != len(tensors):
            lists = other and isinstance(other[0], Tensor)
            raise RuntimeError(f"{name}(): Tensor lists must have the same number of tensors, got {len(tensors)} and {len(other)}" if lists else
                               f"{name}(): Tensor list must have same number of elements as scalar list, got {len(tensors)} and {len(other)}.")
        return other
    if isinstance(other, Tensor) and other.dim():
        raise RuntimeError(f"{name}(): scalar tensor expected to be 0 dim but it has {other.dim()} dimensions and {other.numel()} elements.")
    if not isinstance(other, (Number, Tensor)):
        raise TypeError(f"{name}(): needs a number, a tensor or a list of as many as there are tensors, not {type(other).__name__}")
    return [other] * len(tensors)


def _scalars(name, tensors, value):
    """The numbers by which terms are multiplied; a tensor of one dimension holds one for each."""
    return _beside(name, tensors, value.tolist() if isinstance(value, Tensor) and value.dim() else value)


def _results(self, inplace, made):
    return self if inplace else made


def _one(name, op, inplace):
    def call(self):
        return _results(self, inplace, tuple([op(x) for x in _tensors(name, self)]))

    return call


def _two(name, op, inplace):
    """op of each tensor and what stands beside it."""
    def call(self, other, **kwargs):
        if isinstance(self, Number):  # pow(2, exponents)
            return tuple([op(self, y) for y in _tensors(name, other, 2, "exponent")])
        made = [op(x, y, **kwargs) for x, y in zip(_tensors(name, self), _beside(name, self, other), strict=True)]
        return _results(self, inplace, tuple(made))

    return call


def _lerp(name, op, inplace):
    def call(self, tensors1, weight):
        others = _beside(name, _tensors(name, self), _tensors(name, tensors1, 2, "tensors1"))
        return _results(self, inplace, tuple([op(x, y, w) for x, y, w in zip(self, others, _beside(name, self, weight), strict=True)]))

    return call


def _three(name, op, inplace):
    def call(self, tensor1, tensor2, scalars=1, *, value=None):
        first, second = (_beside(name, _tensors(name, self), _tensors(name, part, place, f"tensor{place - 1}")) for place, part in ((2, tensor1), (3, tensor2)))
        factors = _scalars(name, self, scalars if value is None else value)
        return _results(self, inplace, tuple([op(x, y, z, value=v) for x, y, z, v in zip(self, first, second, factors, strict=True)]))

    return call


def _foreach_clone(self, *, memory_format=_C.preserve_format):
    """A copy of each."""
    return tuple([x.clone(memory_format=memory_format) for x in _tensors("_foreach_clone", self)])


def _foreach_copy_(self, src, non_blocking=False):
    """Each written over by the tensor beside it."""
    for x, y in zip(_tensors("_foreach_copy_", self), _beside("_foreach_copy_", self, src), strict=True):
        x.copy_(y)
    return self


def _foreach_max(self):
    """The largest element of each."""
    return tuple([x.max() for x in _tensors("_foreach_max", self)])


def _foreach_mm(self, mat2):
    """The product of each with the matrix beside it."""
    return tuple([x.mm(y) for x, y in zip(_tensors("_foreach_mm", self), _beside("_foreach_mm", self, mat2), strict=True)])


def _foreach_norm(self, ord=2, dtype=None):
    """The norm of each, over all its elements."""
    from ctgrad import linalg
    return tuple([linalg.vector_norm(x, ord, dtype=dtype) for x in _tensors("_foreach_norm", self)])


def _foreach_powsum(self, ord=2, dtype=None):
    """The sum of the powers of each's magnitudes: what the norm is the root of."""
    return tuple([x.abs().pow(ord).sum(dtype=dtype) for x in _tensors("_foreach_powsum", self)])


def _foreach_zero_(self):
    """Each filled with 0."""
    for x in _tensors("_foreach_zero_", self):
        x.zero_()
    return self


def _make(kind, name, op):
    for last in ("", "_"):
        full = f"_foreach_{name}{last}"
        call = kind(full, getattr(Tensor, op + last) if last or kind is _one else getattr(_C, op), bool(last))
        call.__name__ = call.__qualname__ = full
        call.__doc__ = f"`{op}{last}` of each tensor of a list."
        globals()[full] = call


for _kind, _ops in ((_one, {name: name for name in _ONE}), (_two, _TWO), (_three, {name: name for name in _THREE}), (_lerp, {"lerp": "lerp"})):
    for _name, _op in _ops.items():
        _make(_kind, _name, _op)
__all__ += [_name for _name in globals() if _name.startswith("_foreach_")]
