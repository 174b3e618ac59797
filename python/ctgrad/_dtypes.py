"""Limits of the dtypes, finfo and iinfo; their names in error texts."""

import builtins

from ctgrad import _C

# dtype: resolution, smallest normal, machine epsilon, largest; of IEEE 754 binary16, its bfloat16 cousin, binary32 and binary64
_FLOATS = {
    _C.float16: (1e-3, 2.0**-14, 2.0**-10, 65504.0),
    _C.bfloat16: (1e-2, 2.0**-126, 2.0**-7, (2 - 2.0**-7) * 2.0**127),
    _C.float32: (1e-6, 2.0**-126, 2.0**-23, (2 - 2.0**-23) * 2.0**127),
    _C.float64: (1e-15, 2.0**-1022, 2.0**-52, (2 - 2.0**-52) * 2.0**1023),
}
_INTS = {_C.uint8: (0, 255), _C.int32: (-(2**31), 2**31 - 1), _C.int64: (-(2**63), 2**63 - 1)}
_PYTHON = {builtins.float: _C.float64, builtins.int: _C.int64, builtins.bool: _C.bool}
_DEFAULT = object()
_SCALAR_NAMES = {"float32": "Float", "float64": "Double", "int64": "Long", "int32": "Int", "uint8": "Byte", "bool": "Bool",
                 "float16": "Half", "bfloat16": "BFloat16", "int16": "Short", "int8": "Char"}
_CXX_NAMES = {"float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double", "int64": "long int",
              "int32": "int", "uint8": "unsigned char"}


class _Info:
    __slots__ = ("bits", "dtype", "max", "min")
    __hash__ = None  # type: ignore[assignment]  # limits are compared, never keys

    def _name(self, type):
        """The dtype of a dtype argument; sets its name and width."""
        dtype = _PYTHON.get(type, type) if isinstance(type, builtins.type) else type
        if not isinstance(dtype, _C.dtype):
            raise TypeError(f"{self.__class__.__name__}(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        self.dtype = repr(dtype).partition(".")[2]
        self.bits = dtype.itemsize * 8
        return dtype

    def __eq__(self, other):
        return self.dtype == other.dtype if isinstance(other, self.__class__) else NotImplemented


class finfo(_Info):
    """finfo(type): limits of a floating-point dtype, of the default one if none is named.

    Attributes: bits, dtype (its name), eps (distance from 1 to the next number), max, min (-max), tiny and smallest_normal
    (the smallest number of full precision), resolution (power of ten that is kept). TypeError for other dtypes.
    """

    __slots__ = ("eps", "resolution", "smallest_normal", "tiny")

    def __init__(self, type=_DEFAULT):
        dtype = self._name(_C.get_default_dtype() if type is _DEFAULT else type)
        if dtype not in _FLOATS:
            raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
        self.resolution, self.smallest_normal, self.eps, self.max = _FLOATS[dtype]
        self.tiny, self.min = self.smallest_normal, -self.max

    def __repr__(self):
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo(_Info):
    """iinfo(type): limits of an integer dtype. Attributes: bits, dtype (its name), min, max. TypeError for other dtypes."""

    __slots__ = ()

    def __init__(self, type):
        dtype = self._name(type)
        if dtype is _C.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if dtype not in _INTS:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        self.min, self.max = _INTS[dtype]

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def scalar_name(dtype):
    """The dtype's name in error texts: "Float" for float32."""
    short = str(dtype).rpartition(".")[2]
    return _SCALAR_NAMES.get(short, short)


def cxx_name(dtype):
    """Its name in others of them: "float" for float32, "long int" for int64."""
    short = str(dtype).rpartition(".")[2]
    return _CXX_NAMES.get(short, short)


def unsupported(kernel, dtype):
    """The error of a kernel, by PyTorch's name of it, that does not take a dtype."""
    return NotImplementedError(f'"{kernel}" not implemented for \'{scalar_name(dtype)}\'')
