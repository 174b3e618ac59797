"""The memory under tensors: `UntypedStorage`, its bytes, and `TypedStorage`, its numbers, an older form that some code still asks for."""

import warnings

import numpy as np

from ctgrad import _C
from ctgrad._C import Tensor, device
from ctgrad._copying import UntypedStorage, from_file, shown_numbers
from ctgrad._dtypes import scalar_name

__all__ = ["BFloat16Storage", "BoolStorage", "ByteStorage", "DoubleStorage", "FloatStorage", "HalfStorage", "IntStorage", "LongStorage", "Storage", "TypedStorage", "UntypedStorage"]


class TypedStorage:
    """All numbers of the storage under `tensor`, in a row, whatever part of it the tensor shows. Writes reach every tensor over it."""

    is_cuda = False
    is_sparse = False

    def __init__(self, data=0, *, wrap_storage=None, dtype=None, device=None):
        """So many numbers, or these, of the dtype; or those of another storage, or of all the memory under a Tensor."""
        if device is not None:
            _C.empty(0, device=device)
        dtype = dtype or (data.dtype if isinstance(data, Tensor) else _C.get_default_dtype())
        if wrap_storage is None and not isinstance(data, Tensor):
            data = _C.zeros(data, dtype=dtype) if isinstance(data, int) else _C.tensor(list(data), dtype=dtype)
        self._memory = UntypedStorage.of(data) if wrap_storage is None else wrap_storage
        self._numbers = self._memory.tensor(dtype, (self._memory.nbytes() // _C.empty(0, dtype=dtype).element_size(),), (1,), 0)

    def _as_tensor(self, dtype):
        """A vector over the memory, for `tensor` and the constructors of old; of the default dtype where none is asked for."""
        dtype = dtype or _C.get_default_dtype()
        if dtype != self.dtype:
            raise RuntimeError(f"Expected a Storage of type {dtype} or an UntypedStorage, but got type {self.dtype} for argument 1 'storage'")
        return self._numbers.detach()

    @property
    def _cdata(self):
        return self._memory._cdata

    def __sizeof__(self):
        return object.__sizeof__(self) + self.nbytes()

    @property
    def dtype(self):
        return self._numbers.dtype

    @property
    def device(self):
        return device("cpu")

    def __len__(self):
        return self._numbers.numel()

    size = __len__

    def _place(self, index):
        if isinstance(index, slice):
            return index
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return index

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._numbers[self._place(index)].item()

    def __setitem__(self, index, value):
        self._numbers[self._place(index)] = value

    def __iter__(self):
        return iter(self.tolist())

    def __eq__(self, other):
        return isinstance(other, TypedStorage) and self._memory is other._memory and self.dtype == other.dtype

    def __hash__(self):
        return hash((id(self._memory), self.dtype))

    def __repr__(self):
        return shown_numbers(self, f"TypedStorage(dtype={self.dtype}, device=cpu)")

    def untyped(self):
        """The `UntypedStorage` of the same memory."""
        return self._memory

    def data_ptr(self):
        """Address of the first byte."""
        return self._memory.data_ptr()

    def nbytes(self):
        """Number of bytes."""
        return self._memory.nbytes()

    def element_size(self):
        """Bytes of one number."""
        return self._numbers.element_size()

    def type(self):
        """Name of the type: "torch.FloatStorage"."""
        return f"torch.{self.pickle_storage_type()}"

    def pickle_storage_type(self):
        """The same without the module."""
        return f"{scalar_name(self.dtype)}Storage"

    def tolist(self):
        """The numbers."""
        return self._numbers.tolist()

    def clone(self):
        """A storage of its own with the same numbers."""
        return TypedStorage(self._numbers.clone())

    def to(self, dtype):
        """A storage of its own with the numbers converted."""
        return TypedStorage(self._numbers.to(dtype, copy=True))

    def cpu(self):
        """self."""
        return self

    def fill_(self, value):
        """Writes the value everywhere."""
        self._numbers.fill_(value)
        return self

    def copy_(self, source):
        """Writes the numbers of another storage of the same size in bytes and the same dtype."""
        if source.nbytes() != self.nbytes():
            raise RuntimeError(f"size does not match, self was {self.nbytes()} bytes but src was {source.nbytes()} bytes")
        self._numbers.copy_(source._memory.tensor(self.dtype, (len(self),), (1,), 0))
        return self

    def is_shared(self):
        """Whether child processes share the memory."""
        return self._numbers.is_shared()

    def share_memory_(self):
        """self, moved to memory that child processes share; see ``Tensor.share_memory_``."""
        self._numbers.share_memory_()
        return self


def _conversion(name):
    def convert(self):
        return self.to(getattr(self._numbers, name)().dtype)

    convert.__name__ = name
    convert.__doc__ = f"A storage of its own, as Tensor.{name}() converts."
    return convert


for _name in ("bool", "byte", "int", "long", "half", "bfloat16", "float", "double"):
    setattr(TypedStorage, _name, _conversion(_name))

_warned = False


def storage(t: Tensor) -> TypedStorage:
    """`Tensor.storage()`: the numbers of all the memory under the tensor. `untyped_storage()` is the newer form."""
    global _warned
    if not _warned:
        warnings.warn("TypedStorage is deprecated. Use tensor.untyped_storage() instead of tensor.storage()", UserWarning, stacklevel=2)
        _warned = True
    return TypedStorage(t)


# ---- classes by dtype: they make TypedStorages, and answer isinstance ------------------------------------------------------------


class _ByDtype(type):
    def __instancecheck__(cls, obj):
        return isinstance(obj, TypedStorage) and cls.dtype in (None, obj.dtype)

    def __subclasscheck__(cls, other):
        return other is cls or type.__subclasscheck__(cls, other)


class _LegacyStorage(metaclass=_ByDtype):
    """An old name of TypedStorage, of one dtype."""

    dtype: _C.dtype | None = None

    def __new__(cls, *args, wrap_storage=None, device=None):
        return TypedStorage(*args, wrap_storage=wrap_storage, dtype=cls.dtype, device=device)

    @classmethod
    def from_buffer(cls, buffer, byte_order=None, count=-1, offset=0):
        """The numbers of `count` elements of a buffer from `offset` on, copied; byte_order is "native", "big" or "little"."""
        size = _C.empty(0, dtype=cls.dtype).element_size()
        if byte_order not in ("native", "big", "little") and size > 1:
            raise RuntimeError(f"from_buffer(): byte_order must be 'native', 'big' or 'little', got {byte_order!r}")
        data = np.frombuffer(buffer, np.uint8, offset=offset)
        if count < 0 and data.size % size:
            raise ValueError(f"buffer size ({data.size}) must be a multiple of the element size ({size})")
        data = data[: data.size if count < 0 else count * size].copy()
        if byte_order == "big":
            data = data.reshape(-1, size)[:, ::-1].reshape(-1).copy()
        if cls.dtype == _C.bool:
            data = (data != 0).view(np.uint8)
        return TypedStorage(wrap_storage=UntypedStorage.of(_C.from_numpy(data)), dtype=cls.dtype)

    @classmethod
    def from_file(cls, filename, shared=False, size=0):
        """The first `size` numbers of a file; shared: writes reach the file."""
        return TypedStorage(from_file(filename, shared, size, dtype=cls.dtype))


UntypedStorage.__module__ = __name__


class HalfStorage(_LegacyStorage):
    """Storages of float16."""

    dtype = _C.float16


class BFloat16Storage(_LegacyStorage):
    """Storages of bfloat16."""

    dtype = _C.bfloat16


class FloatStorage(_LegacyStorage):
    """Storages of float32."""

    dtype = _C.float32


class DoubleStorage(_LegacyStorage):
    """Storages of float64."""

    dtype = _C.float64


class LongStorage(_LegacyStorage):
    """Storages of int64."""

    dtype = _C.int64


class IntStorage(_LegacyStorage):
    """Storages of int32."""

    dtype = _C.int32


class ByteStorage(_LegacyStorage):
    """Storages of uint8."""

    dtype = _C.uint8


class BoolStorage(_LegacyStorage):
    """Storages of bool."""

    dtype = _C.bool


Storage = FloatStorage


def _dtype_to_storage_type_map():
    """dtype -> the name of its class of storages."""
    return {kind.dtype: kind.__name__ for kind in _LegacyStorage.__subclasses__()}


def storage_type(t: Tensor):
    """`Tensor.storage_type()`: FloatStorage of a float32 tensor, and so on."""
    return next(kind for kind in _LegacyStorage.__subclasses__() if kind.dtype == t.dtype)
