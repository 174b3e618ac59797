"""Copying and pickling of tensors: whole storages, with the layout of the tensor over them.

Several tensors that share a storage share one again in a deep copy, and in one pickle, Parameters too (PyTorch's pickle
gives each its own, its deep copy each Parameter). A storage is shown by one `UntypedStorage` object while anything refers
to it; that identity is what `pickle` goes by. A deep copy goes by the address, which it remembers with the copy.
"""

import os
import sys
import weakref
from copy import deepcopy

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.utils.hooks import warn_if_has_hooks


def memory_of(t):
    """An ndarray over t's memory: of its numbers, or of bfloat16, which NumPy does not have, their bits as float16."""
    return (t.view(ctgrad.float16) if t.dtype == ctgrad.bfloat16 else t).numpy()


def _over_memory(values, dtype):
    """A tensor of the dtype over the memory of a contiguous ndarray."""
    if dtype == ctgrad.bfloat16:
        return ctgrad.from_numpy(values.view(np.float16)).view(dtype).data
    return ctgrad.from_numpy(values.view(ctgrad.empty(0, dtype=dtype).numpy().dtype))


def shown_numbers(storage, kind):
    """The text of a storage: a line for each number, and what it is."""
    numbers = "\n ".join(map(str, storage.tolist()))
    return f" {numbers}\n[torch.storage.{kind} of size {len(storage)}]"


class UntypedStorage:
    """The bytes under a tensor, all of them, whatever part the tensor shows."""

    __slots__ = ("__weakref__", "_whole")

    _shown: "weakref.WeakValueDictionary[int, UntypedStorage]" = weakref.WeakValueDictionary()  # address -> the object; it keeps the memory, so addresses are not reused

    def __init__(self, data=0, *, device=None):
        """So many bytes, or bytes of these values; a Tensor over a whole storage shows that one, in the dtype it has."""
        if device is not None:
            ctgrad.empty(0, device=device)
        made = isinstance(data, Tensor)
        self._whole = data if made else ctgrad.zeros(data, dtype=ctgrad.uint8) if isinstance(data, int) else ctgrad.tensor(list(data), dtype=ctgrad.uint8)
        if not made and self.nbytes():
            self._shown[self.data_ptr()] = self

    @classmethod
    def of(cls, t):
        address = t._storage_ptr()
        found = cls._shown.get(address) if t._storage_nbytes() else None
        if found is None or found.data_ptr() != address:        # its bytes moved, when it grew or became shared
            found = cls._shown[address] = cls(_whole(t))
        return found

    def data_ptr(self):
        """Address of the first byte."""
        return self._whole._storage_ptr()

    def nbytes(self):
        """Number of bytes."""
        return self._whole._storage_nbytes()

    size = nbytes
    __len__ = nbytes

    def _as_tensor(self, dtype):
        """A vector of the dtype over the memory, of int64 where none is given: what `tensor` and the constructors of old make of it."""
        dtype = dtype or ctgrad.int64
        return self.tensor(dtype, (self.nbytes() // ctgrad.empty(0, dtype=dtype).element_size(),), (1,), 0)

    @property
    def _cdata(self):
        """Equal for what shows the same memory."""
        return self._whole._storage_place()

    def __repr__(self):
        return shown_numbers(self, "UntypedStorage(device=cpu)")

    def __sizeof__(self):
        return object.__sizeof__(self) + self.nbytes()

    @classmethod
    def from_file(cls, filename, shared=False, size=0):
        """The first `size` bytes of a file; shared: writes reach the file, which is made, or made longer, where needed."""
        return cls.of(from_file(filename, shared, size, dtype=ctgrad.uint8))

    def __getitem__(self, index):
        return memory_of(self._whole).view(np.uint8)[index].tolist()

    def fill_(self, value):
        """Writes the value into every byte."""
        self._whole.view(ctgrad.uint8).fill_(value)
        return self

    def element_size(self):
        """1."""
        return 1

    @property
    def device(self):
        return ctgrad.device("cpu")

    def is_shared(self):
        """Whether child processes share the memory."""
        return self._whole.is_shared()

    def share_memory_(self):
        """self, moved to memory that child processes share; see ``Tensor.share_memory_``."""
        self._whole.share_memory_()
        return self

    def clone(self):
        """A storage of its own with the same bytes."""
        return UntypedStorage.of(self._whole.clone())

    def tolist(self):
        """The bytes as numbers from 0 to 255."""
        return list(memory_of(self._whole).tobytes())

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = UntypedStorage.of(_copied_storage(self._whole, memo)._whole)
        return memo[id(self)]

    def __reduce__(self):
        context = sys.modules.get("multiprocessing.context")
        file = _C._shared_file(self._whole) if context and context.get_spawning_popen() is not None else -1
        if file >= 0:  # what a process is started with: it gets the memory itself
            from multiprocessing.reduction import DupFd
            return _open_storage, (DupFd(file), self._whole.numel(), self._whole.dtype)
        return _load_storage, (memory_of(self._whole),)

    def tensor(self, dtype, size, stride, offset):
        """A tensor over this storage that no history and no view relation ties to others; writes are counted for all of them."""
        whole = self._whole
        if whole.dtype != dtype:
            memory = memory_of(whole).view(np.uint8)
            whole = _over_memory(memory[:len(memory) - len(memory) % ctgrad.empty(0, dtype=dtype).element_size()], dtype)
        return whole.as_strided(size, stride, offset).detach()


def untyped_storage(t: Tensor) -> UntypedStorage:
    """`Tensor.untyped_storage()`: the storage, the same object for all tensors that share it."""
    return UntypedStorage.of(t)


def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """self shows from now on what `source` shows, or that part of its storage: a Tensor of self's dtype, or an `UntypedStorage`."""
    if self.requires_grad and self.is_leaf and ctgrad.is_grad_enabled():
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if source is None:
        return self._set(ctgrad.empty(0, dtype=self.dtype))
    if isinstance(source, Tensor) and source.dtype != self.dtype:
        raise RuntimeError(f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}")
    if isinstance(source, Tensor) and size is None:
        return self._set(source)
    if hasattr(source, "untyped") and source.dtype != self.dtype:
        raise RuntimeError(f"Expected a Storage of type {self.dtype} or an UntypedStorage, but got type {source.dtype} for argument 1 'storage'")
    source = source.untyped() if hasattr(source, "untyped") else source
    if not isinstance(source, (Tensor, UntypedStorage)):
        raise TypeError(f"set_(): argument 'source' must be a Tensor or a storage, not {type(source).__name__}")
    storage = UntypedStorage.of(source) if isinstance(source, Tensor) else source
    size = (storage.nbytes() // self.element_size(),) if size is None else tuple(size)
    return self._set(storage.tensor(self.dtype, size, _row_major(size) if stride is None else tuple(stride), storage_offset))


def from_file(filename, shared=None, size=0, *, dtype=None, requires_grad=False):
    """A vector of the first `size` numbers of a file, read as they are asked for; shared: writes reach the file, which is made, or made longer, where needed.

    RuntimeError for a file that is shorter, or cannot be opened.
    """
    dtype = dtype or ctgrad.get_default_dtype()
    nbytes = size * ctgrad.empty(0, dtype=dtype).element_size()
    try:
        if shared:
            with open(filename, "ab") as file:
                file.truncate(max(nbytes, file.tell()))
        data = np.asarray(np.memmap(filename, np.uint8, "r+" if shared else "c", shape=(nbytes,))) if nbytes else np.empty(0, np.uint8)
    except (OSError, ValueError) as error:
        raise RuntimeError(f"from_file(): {nbytes} bytes of {filename} cannot be mapped: {error}") from None
    t = _over_memory(data, dtype)
    return t.requires_grad_() if requires_grad else t


def _row_major(size):
    steps, step = [], 1
    for n in reversed(size):
        steps.append(step)
        step *= max(n, 1)
    return tuple(reversed(steps))


def _whole(t):
    with ctgrad.no_grad():
        return t.data.as_strided((t._storage_nbytes() // t.element_size(),), (1,), 0).data


def _copied_storage(t, memo):
    """The copy of the storage of ``t`` in the deep copy that ``memo`` belongs to."""
    key = (UntypedStorage, t._storage_place())
    if key not in memo:
        all_of_it = t.is_contiguous() and t.numel() * t.element_size() == t._storage_nbytes()
        copied = (t.detach() if all_of_it else _whole(t)).clone()
        # t holds its storage, so that the place is not another's meanwhile; to read it may have changed the place.
        memo[key] = memo[UntypedStorage, t._storage_place()] = UntypedStorage(copied), t
    return memo[key][0]


def copied_memory(t, memo):
    """A tensor like ``t``, without history, over the copy of its storage."""
    return _copied_storage(t, memo).tensor(t.dtype, tuple(t.shape), t.stride(), t.storage_offset())


def _load_storage(values):
    # Arrays that unpickle over read-only memory would make a tensor that must not be written.
    return UntypedStorage.of(ctgrad.from_numpy(values if values.flags.writeable else np.array(values)))


def _open_storage(sent, count, dtype):
    file = sent.detach()
    try:
        return UntypedStorage.of(_C._open_shared(file, count, dtype))
    except BaseException:
        os.close(file)
        raise


def _rebuild(cls, storage, dtype, size, stride, offset, requires_grad, attributes):
    t = storage.tensor(dtype, size, stride, offset)
    if cls is not Tensor:
        t = Tensor._make_subclass(cls, t)
    for name, value in attributes.items():
        setattr(t, name, value)
    return t.requires_grad_() if requires_grad else t


def _attributes(t):
    """The attributes that a user has set on the tensor."""
    return t.__dict__


def reduce_tensor(t, protocol):
    """`Tensor.__reduce_ex__`. History and hooks are not kept: a tensor that requires gradients comes back as a leaf."""
    warn_if_has_hooks(t)
    return _rebuild, (
        type(t),
        UntypedStorage.of(t),
        t.dtype,
        tuple(t.shape),
        t.stride(),
        t.storage_offset(),
        t.requires_grad,
        _attributes(t),
    )


def deepcopy_tensor(t, memo):
    """`Tensor.__deepcopy__`: leaves only (RuntimeError otherwise); .grad and attributes are copied along."""
    if id(t) in memo:
        return memo[id(t)]
    if not t.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
            "If you were attempting to deepcopy a module, this may be because of a parametrization; "
            "copy the values with x.detach().clone()"
        )
    made = _rebuild(type(t), _copied_storage(t, memo), t.dtype, tuple(t.shape), t.stride(), t.storage_offset(), t.requires_grad, {})
    memo[id(t)] = made
    if t.grad is not None:
        made.grad = deepcopy(t.grad, memo)
    for name, value in _attributes(t).items():
        setattr(made, name, deepcopy(value, memo))
    return made
