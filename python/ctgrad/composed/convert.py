"""Conversion by name."""

from builtins import type as Type

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed

_NAMES = {_C.float16: "torch.HalfTensor", _C.bfloat16: "torch.BFloat16Tensor", _C.float32: "torch.FloatTensor",
          _C.float64: "torch.DoubleTensor", _C.int64: "torch.LongTensor", _C.int32: "torch.IntTensor", _C.uint8: "torch.ByteTensor", _C.bool: "torch.BoolTensor"}


@composed(function=False)
def type(self, dtype=None, non_blocking=False):
    """Without arguments PyTorch's name of the dtype's class ('torch.FloatTensor'); with a dtype, such a name or class: self converted.

    ValueError for an unknown name.
    """
    if dtype is None:
        return _NAMES[self.dtype]
    if isinstance(dtype, str):
        known = {name: d for d, name in _NAMES.items()}
        if dtype.replace("ctgrad.", "torch.") not in known:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = known[dtype.replace("ctgrad.", "torch.")]
    if dtype is Tensor:
        return self.to(_C.get_default_dtype())
    if not isinstance(dtype, (_C.dtype, _C.tensortype)):
        raise (ValueError if isinstance(dtype, Type) else TypeError)(f"type(): dtype must be a dtype, a class such as FloatTensor, or its name, not {dtype!r}")
    return self.to(getattr(dtype, "dtype", dtype))
