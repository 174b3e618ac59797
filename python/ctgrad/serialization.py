"""``save`` and ``load``: objects with tensors in one file, a zip archive laid out as PyTorch's (readable by it, and the other way round), or its former format.

data.pkl holds the object as a pickle whose names start with ``torch``; data/0, data/1, … the bytes of each storage, once however
many tensors share it. Loading runs no code from the file: the pickle machine here knows only the instructions that build data,
and calls nothing but the rebuilding functions below and the classes and functions that the caller declared safe.
"""

import contextlib
import io
import os
import pickle
import struct
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, ClassVar

import numpy as np

import ctgrad
from ctgrad import Tensor
from ctgrad._copying import UntypedStorage, memory_of
from ctgrad.nn.parameter import Buffer, Parameter, is_lazy
from ctgrad.storage import TypedStorage
from ctgrad.utils.hooks import warn_if_has_hooks

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]

_STORAGES = {"HalfStorage": ctgrad.float16, "BFloat16Storage": ctgrad.bfloat16, "FloatStorage": ctgrad.float32,
             "DoubleStorage": ctgrad.float64, "LongStorage": ctgrad.int64, "IntStorage": ctgrad.int32, "ByteStorage": ctgrad.uint8, "BoolStorage": ctgrad.bool}

# What a damaged pickle ends in.
_DAMAGE = (KeyError, IndexError, AttributeError, TypeError, ValueError, EOFError, struct.error)


class _Name:
    """A name that the pickle refers to, standing for itself: storage classes, dtypes."""

    def __init__(self, module, name):
        self.module, self.name = module, name


_STORAGE_NAMES = {dtype: _Name("torch", name) for name, dtype in _STORAGES.items()}


# --- what a tensor in the file is rebuilt by ---

def _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None):
    return storage.untyped().tensor(storage.dtype, tuple(size), tuple(stride), storage_offset).requires_grad_(bool(requires_grad))


def _rebuild_parameter(data, requires_grad, backward_hooks):
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    return _with_attributes(Parameter(data, requires_grad), state)


def _rebuild_from_type_v2(func, type, args, state):
    made = func(*args)
    return _with_attributes(made if type is Tensor else Tensor._make_subclass(type, made), state)


def _with_attributes(made, state):
    if not isinstance(state, dict):
        raise pickle.UnpicklingError(f"a tensor's attributes must be a dict, got {type(state)}")
    made.__dict__.update(state)
    return made


def _encode(text, encoding):
    """What protocol 2 writes for bytes."""
    return text.encode("latin1")


def _rebuild_array(kind, shape, code):
    """What numpy's arrays begin as; their state follows."""
    return np.ndarray((0,), np.int8)


def _rebuild_number(dtype, data):
    if dtype.hasobject:
        raise pickle.UnpicklingError(f"a number of numpy's cannot have dtype {dtype}")
    return np.frombuffer(data, dtype)[0]


_REBUILD = {f.__name__: f for f in (_rebuild_tensor_v2, _rebuild_parameter, _rebuild_parameter_with_state, _rebuild_from_type_v2)}


# --- writing ---

def _public(module):
    """The module's name in the file."""
    return "torch" + module.removeprefix("ctgrad") if module.partition(".")[0] == "ctgrad" else module


class _Pickler(pickle._Pickler):
    """Writes PyTorch's names, and storages as numbers."""

    def __init__(self, file, former=False):
        super().__init__(file, protocol=2)
        self.more = (None,) if former else ()  # the former format tells of no view
        self.itemsizes = []
        self.storages = {}  # storage -> its number; keeps it alive, so that none other gets its identity

    def persistent_id(self, obj):
        if isinstance(obj, (TypedStorage, UntypedStorage)):
            obj = _Stored(obj._numbers if isinstance(obj, TypedStorage) else obj.tensor(ctgrad.uint8, (obj.nbytes(),), (1,), 0))
        if not isinstance(obj, _Stored):
            return None
        key = self.storages.setdefault(obj.storage, len(self.storages))
        self.itemsizes = [*self.itemsizes, obj.itemsize][:len(self.storages)]  # of the dtype that each was seen in first
        return "storage", _STORAGE_NAMES[obj.dtype], str(key), "cpu", obj.storage.nbytes() // obj.itemsize, *self.more

    def reducer_override(self, obj):
        if isinstance(obj, Tensor):
            return obj.__reduce_ex__(2) if is_lazy(obj) else _reduced(obj)
        if isinstance(obj, ctgrad.Size):
            return ctgrad.Size, (tuple(obj),)
        if isinstance(obj, (ctgrad.dtype, _Name)):
            return self._named(obj)
        return NotImplemented

    def _named(self, obj):
        return obj.name if isinstance(obj, _Name) else str(obj).rpartition(".")[2]

    def save_global(self, obj, name=None):
        if isinstance(obj, (_Name, ctgrad.dtype)):
            module, name = "torch", self._named(obj)
        elif getattr(obj, "__name__", None) in _REBUILD and _REBUILD[obj.__name__] is obj:
            module, name = "torch._utils", obj.__name__
        else:
            module, name = getattr(obj, "__module__", None) or "", name or getattr(obj, "__qualname__", "")
            if module.partition(".")[0] != "ctgrad" or obj in (Tensor, ctgrad.Size, ctgrad.device):
                if obj in (Tensor, ctgrad.Size, ctgrad.device):
                    return self._write_global(obj, "torch", name.rpartition(".")[2])
                return self._save_by_name(obj, name)
            module = _public(module)
        return self._write_global(obj, module, name)

    def _save_by_name(self, obj, name):
        try:
            super().save_global(obj, name)
        except pickle.PicklingError:
            pickle.dumps(obj, 2)  # the pickler in C raises another class for what is local to a function
            raise

    def _write_global(self, obj, module, name):
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)
    dispatch[type(lambda: None)] = save_global


class _Stored:
    """A storage as a tensor refers to it: with the dtype that it is seen in."""

    def __init__(self, t):
        self.storage, self.dtype, self.itemsize = t.untyped_storage(), t.dtype, t.element_size()


def _reduced(t):
    attributes = dict(t.__dict__)
    if isinstance(t, Parameter) and type(t) is Parameter:
        data = (t.data, t.requires_grad, OrderedDict())
        return (_rebuild_parameter_with_state, (*data, attributes)) if attributes else (_rebuild_parameter, data)
    warn_if_has_hooks(t)
    plain = (_Stored(t), t.storage_offset(), tuple(t.shape), tuple(t.stride()), t.requires_grad, OrderedDict())
    exact = type(t) is Tensor and not attributes
    return (_rebuild_tensor_v2, plain) if exact else (_rebuild_from_type_v2, (_rebuild_tensor_v2, type(t), plain, attributes))


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True, _disable_byteorder_record=False):
    """Write ``obj`` to ``f``, a path or a file opened for writing bytes: tensors, modules, state dicts, plain data.

    Tensors that share memory share it again when loaded. Without the zip archive PyTorch's format before 1.6 is written. Custom pickle
    modules are refused with NotImplementedError; RuntimeError for a path that cannot be opened.
    """
    if pickle_module not in (None, pickle):
        raise NotImplementedError("save(): files hold this module's own pickle; other pickle modules are not offered")
    if not _use_new_zipfile_serialization:
        return _save_former(obj, f)
    import zipfile  # here and in load: with what it imports, a tenth of the time that `import ctgrad` takes
    body = io.BytesIO()
    pickler = _Pickler(body)
    pickler.dump(obj)
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    root = "archive" if path is None else os.path.splitext(os.path.basename(path))[0] or "archive"
    if path is None and not hasattr(f, "seekable"):
        whole = io.BytesIO()
        save(obj, whole)
        return f.write(whole.getvalue()) and None
    try:
        archive = zipfile.ZipFile(f if path is None else path, "w", zipfile.ZIP_STORED)
    except OSError as error:
        parent = os.path.dirname(path or "")
        missing = parent and not os.path.isdir(parent)
        raise RuntimeError(f"Parent directory {parent} does not exist." if missing else f"save(): open file failed: {error}") from error
    with archive:
        archive.writestr(f"{root}/data.pkl", body.getvalue())
        archive.writestr(f"{root}/byteorder", "little")
        for storage, key in pickler.storages.items():
            archive.writestr(f"{root}/data/{key}", bytes(_bytes_of(storage)))
        archive.writestr(f"{root}/version", "3\n")


# --- the format before 1.6: pickles one after the other, then each storage's length and bytes ---

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def _save_former(obj, f):
    with open(f, "wb") if isinstance(f, (str, os.PathLike)) else contextlib.nullcontext(f) as file:
        for head in (_MAGIC, _PROTOCOL, {"protocol_version": _PROTOCOL, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}):
            pickle.dump(head, file, protocol=2)
        body = io.BytesIO()
        pickler = _Pickler(body, former=True)
        pickler.dump(obj)
        file.write(body.getvalue())
        pickle.dump([str(key) for key in pickler.storages.values()], file, protocol=2)
        for storage, itemsize in zip(pickler.storages, pickler.itemsizes, strict=True):
            file.write((storage.nbytes() // itemsize).to_bytes(8, "little") + _bytes_of(storage))


def _load_former(file, trusted):
    memories = {}  # key -> the bytes to be read, the size of an element

    def promise(key, nbytes, itemsize):
        memories[key] = np.zeros(nbytes, np.uint8), itemsize
        return UntypedStorage(ctgrad.from_numpy(memories[key][0]))

    def part(root, first, size, itemsize):
        return UntypedStorage(ctgrad.from_numpy(memories[root][0][first * itemsize:(first + size) * itemsize]))

    try:
        if _Unpickler(file, promise, trusted).load() != _MAGIC:
            raise RuntimeError("Invalid magic number; corrupt file?")
        if _Unpickler(file, promise, trusted).load() != _PROTOCOL or not _Unpickler(file, promise, trusted).load()["little_endian"]:
            raise RuntimeError(f"load(): the file's format is not number {_PROTOCOL} of a little-endian machine")
        made = _Unpickler(file, promise, trusted, part).load()
        for key in _Unpickler(file, promise, trusted).load():
            data, itemsize = memories[str(key)]
            numel = int.from_bytes(file.read(8), "little")
            read = file.read(data.size)
            if numel * itemsize != data.size or len(read) != data.size:
                raise RuntimeError(f"unexpected EOF, or a storage of another size: storage {key} has {numel} elements and {len(read)} bytes in the file")
            data[:] = np.frombuffer(read, np.uint8)
        return made
    except _DAMAGE as error:
        told = "Weights only load failed: the file is damaged, or neither a zip archive nor of the former format"
        if not trusted:  # PyTorch's class
            error.add_note(told)
            raise
        raise pickle.UnpicklingError(f"{told}: {type(error).__name__}: {error}") from error


def _bytes_of(storage):
    return memory_of(storage._whole.detach()).view(np.uint8).tobytes() if storage.nbytes() else b""


# --- what may be named ---

_SAFE = {  # by the name in the file
    "collections.OrderedDict": OrderedDict, "collections.Counter": Counter, "builtins.set": set, "__builtin__.set": set,
    "builtins.complex": complex, "__builtin__.complex": complex, "builtins.bytearray": bytearray, "__builtin__.bytearray": bytearray,
    "_codecs.encode": _encode, "torch.Tensor": Tensor, "torch.Size": ctgrad.Size, "torch.device": ctgrad.device,
    "torch.nn.parameter.Parameter": Parameter, "torch.nn.parameter.Buffer": Buffer,
    **{f"torch._utils.{name}": f for name, f in _REBUILD.items()},
    **{f"torch.{name}": _Name("torch", name) for name in _STORAGES},
    **{str(dtype).replace("ctgrad", "torch"): dtype for dtype in _STORAGES.values()},
}
_SAFE_IF_TRUSTED = {  # data as well, but for weights_only=True
    **{f"{module}.multiarray.{name}": f for module in ("numpy.core", "numpy._core") for name, f in (("_reconstruct", _rebuild_array), ("scalar", _rebuild_number))},
    "numpy.ndarray": np.ndarray, "numpy.dtype": np.dtype, "collections.defaultdict": defaultdict, "collections.deque": deque,
    **{f"{module}.{name}": thing for module in ("builtins", "__builtin__")
       for name, thing in (("frozenset", frozenset), ("slice", slice), ("range", range), ("xrange", range), ("bytes", bytes), ("list", list), ("dict", dict), ("int", int), ("float", float))},
}
_declared: dict[str, object] = {}


def _full_name(thing):
    module = _public(getattr(thing, "__module__", None) or "")
    return f"{module}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def add_safe_globals(safe_globals):
    """Declare classes and functions that ``load`` may use; (thing, "module.name") for one that the file calls otherwise."""
    for thing in safe_globals:
        thing, name = thing if isinstance(thing, tuple) else (thing, _full_name(thing))
        _declared[name] = thing


def get_safe_globals():
    """What ``add_safe_globals`` declared."""
    return list(_declared.values())


def clear_safe_globals():
    """Take back all declarations."""
    _declared.clear()


@contextlib.contextmanager
def _declaring(things):
    before = dict(_declared)
    add_safe_globals(things)
    try:
        yield
    finally:
        _declared.clear()
        _declared.update(before)


class safe_globals:
    """``with safe_globals([...]):`` the things are declared safe inside the block."""

    def __init__(self, safe_globals):
        self._block = _declaring(safe_globals)

    def __enter__(self):
        self._block.__enter__()

    def __exit__(self, *error):
        return self._block.__exit__(*error)


# --- reading ---

_DATA_ONLY = ("PROTO STOP FRAME MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING "
              "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 EMPTY_LIST APPEND "
              "APPENDS LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT DICT SETITEM SETITEMS EMPTY_SET ADDITEMS FROZENSET GET BINGET "
              "LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE BINPERSID").split()


class _Instructions(dict):
    def __missing__(self, code):
        raise pickle.UnpicklingError(f"Weights only load failed. Unsupported operand {code}: the file is damaged, or does more than to build data")


class _Unpickler(pickle._Unpickler):
    """A pickle machine without the instructions that could reach beyond what is declared safe."""

    def __init__(self, file, read, trusted, part=None):
        super().__init__(file, encoding="utf-8")
        self.read_storage, self.trusted, self.part = read, trusted, part
        self.memories = {}

    def find_class(self, module, name):
        full = f"{module}.{name}"
        found = _SAFE.get(full) or _declared.get(full)
        if found is None and self.trusted:
            found = _SAFE_IF_TRUSTED.get(full) or _imported_class(module, name)
        if found is None:
            raise pickle.UnpicklingError(
                f"Weights only load failed. Unsupported global: GLOBAL {full} was not an allowed global by default. Please use "
                f"`torch.serialization.add_safe_globals([{name}])` or the `torch.serialization.safe_globals([{name}])` context manager to "
                "allowlist this global if you trust this class/function. Nothing in the file was run.")
        return found

    def persistent_load(self, pid):
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage" and isinstance(pid[1], _Name)):
            raise pickle.UnpicklingError(f"the file refers to {str(pid)[:80]}, which is no storage")
        dtype, key, numel = _STORAGES[pid[1].name], str(pid[2]), pid[4]
        itemsize = ctgrad.empty(0, dtype=dtype).element_size()
        if key not in self.memories:
            self.memories[key] = self.read_storage(key, numel * itemsize, itemsize)
        memory = self.memories[key]
        if memory.nbytes() != numel * itemsize:
            raise RuntimeError(f"storage {key} has {memory.nbytes()} bytes, not {numel} elements of {dtype}: the file is damaged")
        if self.part and len(pid) > 5 and pid[5] is not None:
            view, first, size = pid[5]
            memory = self.memories.setdefault(f"{key} {view}", self.part(key, first, size, itemsize))
        return TypedStorage(wrap_storage=memory, dtype=dtype)

    def load_reduce(self):
        args, func = self.stack.pop(), self.stack[-1]
        if isinstance(func, type) and (issubclass(func, ctgrad.nn.Module) or (_is_plain(func) and func not in _declared.values())):
            raise pickle.UnpicklingError(f"the file calls {func.__name__}: its objects are stored by their attributes")
        if not callable(func):
            raise pickle.UnpicklingError(f"the file calls {type(func).__name__}, which is no function")
        self.stack[-1] = func(*args)

    def load_newobj(self):
        args, cls = self.stack.pop(), self.stack.pop()
        if not isinstance(cls, type):
            raise pickle.UnpicklingError(f"the file makes an object of {type(cls).__name__}, which is no class")
        self.append(cls.__new__(cls, *args))

    def load_build(self):
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, (np.ndarray, np.dtype)) and isinstance(state, tuple):
            return made.__setstate__(state)
        if isinstance(made, type) or callable(made) and not isinstance(made, ctgrad.nn.Module) or not isinstance(state, dict):
            raise pickle.UnpicklingError(f"the file sets attributes of {type(made).__name__}: only objects that it made get any, from a dict")
        setstate = getattr(made, "__setstate__", None)
        if setstate is not None:
            return setstate(state)
        return made.__dict__.update(state)

    dispatch: ClassVar[Any] = _Instructions((getattr(pickle, name)[0], pickle._Unpickler.dispatch[getattr(pickle, name)[0]]) for name in _DATA_ONLY)

    def only_if_trusted(code, instruction):
        def load(self):
            return instruction(self) if self.trusted else self.dispatch.__missing__(code)

        return load

    for name in ("POP", "POP_MARK", "LIST", "DICT"):  # what starts with a digit or a word is text
        code = getattr(pickle, name)[0]
        dispatch[code] = only_if_trusted(code, dispatch[code])
    del name, code, only_if_trusted
    dispatch |= {pickle.GLOBAL[0]: pickle._Unpickler.dispatch[pickle.GLOBAL[0]], pickle.STACK_GLOBAL[0]: pickle._Unpickler.dispatch[pickle.STACK_GLOBAL[0]],
                 pickle.REDUCE[0]: load_reduce, pickle.NEWOBJ[0]: load_newobj, pickle.BUILD[0]: load_build}


def _is_plain(found):
    """Whether it is a class of the script or of this package whose objects are made without a call and hold attributes."""
    return isinstance(found, type) and found.__new__ is object.__new__ and found.__module__.partition(".")[0] in ("__main__", "ctgrad", "torch")


def _imported_class(module, name):
    """A Module class, a plain one, or a function of ``nn.functional``, of a module that this process has imported already."""
    import sys

    found = sys.modules.get("ctgrad" + module.removeprefix("torch") if module.partition(".")[0] == "torch" else module)
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    if isinstance(found, type) and (issubclass(found, (ctgrad.nn.Module, Tensor)) or _is_plain(found)):
        return found
    return found if module == "torch.nn.functional" and callable(found) else None


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """What ``save`` wrote, ctgrad's or PyTorch's, from a path or a file opened for reading bytes.

    No code from the file runs. Tensors, state dicts and plain data are always loaded, other classes and functions where
    ``add_safe_globals`` or ``safe_globals`` declare them; ``weights_only=False`` adds numpy's arrays and numbers, the Module
    classes that have been imported, and the script's classes whose objects hold attributes and no more.
    UnpicklingError names what is not declared; RuntimeError for a damaged archive. ``map_location`` other than the CPU is refused.
    """
    import zipfile
    where = map_location(None, "cpu") if callable(map_location) else map_location
    if isinstance(where, (str, ctgrad.device)) and str(where).partition(":")[0] != "cpu":
        raise RuntimeError(f"load(): map_location={where}: memory is on the CPU")
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(open(f, "rb")) if isinstance(f, (str, os.PathLike)) else f
        if not hasattr(file, "seek") or not hasattr(file, "tell"):
            raise AttributeError(f"{type(file).__name__!r} object has no attribute 'seek' or 'tell': load() reads a file that is seekable. Read it into an io.BytesIO first.")
        file = file if hasattr(file, "seekable") else io.BytesIO(file.read())
        start = file.read(4)
        file.seek(-len(start), os.SEEK_CUR)
        if start[:2] != b"PK":
            if not start:
                raise EOFError("Ran out of input")
            return _load_former(file, weights_only is False)
        with _reading("zip archive"):
            archive = opened.enter_context(zipfile.ZipFile(file))
        return _load_archive(archive, weights_only is False)


@contextlib.contextmanager
def _reading(what):
    """What a damaged archive ends in becomes RuntimeError; OSError is the file's own."""
    import zipfile
    import zlib
    try:
        yield
    except (*_DAMAGE, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise RuntimeError(f"PytorchStreamReader failed reading {what}: {str(error) or type(error).__name__}") from None


def _member(archive, name):
    """A file's bytes. KeyError where there is none."""
    info = archive.getinfo(name)
    with _reading(f"file {name}"):
        if info.compress_type not in (0, 8):
            raise ValueError(f"compression {info.compress_type}, which no library writes")
        return archive.read(info)


def _load_archive(archive, trusted):
    names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if not names:
        raise RuntimeError("PytorchStreamReader failed locating file data.pkl: file not found")
    root = names[0].removesuffix("/data.pkl")
    with contextlib.suppress(KeyError):
        if _member(archive, f"{root}/byteorder") != b"little":
            raise RuntimeError("load(): the file's numbers are big-endian")
    def read(key, nbytes, itemsize):
        try:
            data = _member(archive, f"{root}/data/{key}")
        except KeyError:
            raise RuntimeError(f"PytorchStreamReader failed locating file data/{key}: file not found") from None
        return UntypedStorage.of(ctgrad.from_numpy(np.frombuffer(data, dtype=np.uint8).copy()))

    program = io.BytesIO(_member(archive, names[0]))
    try:
        return _Unpickler(program, read, trusted).load()
    except _DAMAGE as error:
        raise pickle.UnpicklingError(f"load(): the file is damaged: {type(error).__name__}: {error}") from error
