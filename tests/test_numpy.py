"""Memory shared with NumPy, with buffers and through DLPack: both see writes, nobody outlives it, nothing leaks."""

import array
import ctypes
import gc
import mmap
import os
import subprocess
import sys
import threading
import warnings
import weakref

import ctgrad
import numpy as np
import pytest

DTYPES = ["bool", "uint8", "int32", "int64", "float32", "float64"]


@pytest.fixture(autouse=True)
def warnings_every_time():
    ctgrad.set_warn_always(True)
    yield
    ctgrad.set_warn_always(False)


def read_only(a):
    a.flags.writeable = False
    return a


# ---- in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_from_numpy_shares(dtype):
    a = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    t = ctgrad.from_numpy(a)
    assert repr(t.dtype) == f"torch.{dtype}" and t.tolist() == a.tolist() and t.data_ptr() == a.ctypes.data
    a[0, 0] = 1
    t[1, 2] = 0
    assert t[0, 0].item() == 1 and a[1, 2] == 0


@pytest.mark.parametrize("view", [lambda a: a.T, lambda a: a[:, ::2], lambda a: a[1:, 1:], lambda a: a[::2], lambda a: np.broadcast_to(a, (3, *a.shape)).copy()[1], lambda a: a[0, 0, ...],
                                  lambda a: a[2:1], lambda a: a[:, :0], lambda a: np.moveaxis(a, 0, 1), lambda a: a[..., None]])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_strides_come_along(view, dtype):
    a = view(np.arange(24).reshape(4, 6).astype(dtype))
    a = np.asarray(a)
    t = ctgrad.from_numpy(a)
    assert t.shape == a.shape and t.tolist() == a.tolist()
    assert t.stride() == tuple(s // a.itemsize for s in a.strides)
    assert t.numpy().strides == a.strides
    assert (t + 1).tolist() == (a + np.array(1, dtype)).tolist()


@pytest.mark.parametrize("bad, error, text", [
    (lambda: np.arange(3)[::-1], ValueError, "negative"), (lambda: np.zeros((2, 1))[:, ::-1], ValueError, "negative"), (lambda: np.zeros(2, ">f8"), ValueError, "byte order"),
    (lambda: np.zeros(3, [("a", "f4"), ("b", "i1")])["a"], ValueError, "strides not a multiple"), (lambda: np.frombuffer(bytearray(9), "f4", offset=1), ValueError, "aligned"),
    (lambda: np.zeros(2, "i1"), TypeError, "can't convert np.ndarray of type numpy.int8. The only supported types are: float64, float32, float16, int64, int32, uint8, and bool"),
    (lambda: np.zeros(2, "c8"), TypeError, "numpy.complex64"), (lambda: np.array(["a"]), TypeError, "numpy.str_"),
    (lambda: np.array([None]), TypeError, "numpy.object_"), (lambda: np.zeros(2, "M8[s]"), TypeError, "numpy.datetime64"), (lambda: [1], TypeError, r"expected np.ndarray \(got list\)"),
    (lambda: np.float32(1), TypeError, r"expected np.ndarray \(got numpy.float32\)"), (lambda: ctgrad.ones(1), TypeError, r"expected np.ndarray \(got Tensor\)"),
])
def test_what_cannot_be_shared(bad, error, text):
    with pytest.raises(error, match=text):
        ctgrad.from_numpy(bad())


@pytest.mark.parametrize("dtype, becomes", [("i1", "int32"), ("i2", "int32"), ("u2", "int32"), ("u4", "int64"), ("q", "int64"), ("?", "bool")])
def test_other_dtypes_are_converted_without_loss(dtype, becomes):
    top = 1 if dtype == "?" else np.iinfo(dtype).max
    a = np.array([0, top], dtype)
    for t in (ctgrad.tensor(a), ctgrad.as_tensor(a), ctgrad.tensor(list(a))):
        assert repr(t.dtype) == f"torch.{becomes}" and t.tolist() == a.tolist()


def test_odd_places_are_copied_where_a_copy_is_allowed():
    a = np.frombuffer(bytearray(range(33)), "f8", offset=1)
    assert ctgrad.tensor(a).tolist() == ctgrad.as_tensor(a).tolist() == a.tolist()


def test_read_only_memory_warns_and_is_not_written():
    for a in (read_only(np.ones(3)), np.broadcast_to(np.ones(3), (3,))):
        with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
            t = ctgrad.from_numpy(a)
        for write in (lambda: t.add_(1), lambda: t.zero_(), lambda: t.__setitem__(0, 5.0), lambda: t[1:].mul_(2), lambda: ctgrad.add(t, 1, out=t), lambda: t.copy_(ctgrad.zeros(3))):
            with pytest.raises(RuntimeError, match="read-only"):
                write()
        assert a.tolist() == [1.0] * 3 and (t + 1).tolist() == [2.0] * 3 and not t.numpy().flags.writeable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ctgrad.tensor(read_only(np.ones(3))).add_(1)


def test_a_read_only_mapping_does_not_fault(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(bytes(4096))
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 4096, access=mmap.ACCESS_READ) as mapped, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t = ctgrad.frombuffer(mapped, dtype=ctgrad.float32)
        with pytest.raises(RuntimeError, match="read-only"):
            t.fill_(1.0)
        assert t.sum().item() == 0
        with pytest.raises(BufferError):
            mapped.close()
        del t


# ---- out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_shares(dtype):
    t = ctgrad.arange(6).reshape(2, 3).to(getattr(ctgrad, dtype))
    a = t.numpy()
    assert a.dtype == np.dtype(dtype) and a.tolist() == t.tolist() and a.flags.writeable and not a.flags.owndata
    a[0, 0] = 1
    assert t[0, 0].item() == 1
    t.t()[2, 1] = 0
    assert a[1, 2] == 0
    assert t.t().numpy().strides == a.T.strides and ctgrad.from_numpy(a).data_ptr() == t.data_ptr()


def test_expanded_tensors_keep_stride_0():
    a = ctgrad.arange(3).expand(4, 3).numpy()
    assert a.strides == (0, 8) and a.tolist() == [[0, 1, 2]] * 4
    assert ctgrad.from_numpy(a).stride() == (0, 1)


def test_tensors_that_require_grad():
    x = ctgrad.ones(2, requires_grad=True)
    for call in (x.numpy, (x * 2).numpy, x.__array__, lambda: np.asarray(x), lambda: np.sin(x), lambda: np.add(x, 1)):
        with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach\(\).numpy\(\) instead."):
            call()
    assert x.numpy(force=True).tolist() == x.detach().numpy().tolist() == [1.0, 1.0]
    x.detach().numpy()[0] = 7
    assert x[0].item() == 7
    for call in (lambda: memoryview(x), x.__dlpack__):
        with pytest.raises(BufferError):
            call()


def test_arguments_of_numpy():
    for call in (lambda t: t.numpy(True), lambda t: t.numpy(force=1), lambda t: t.numpy(foo=1)):
        with pytest.raises(TypeError):
            call(ctgrad.ones(2))


def test_memory_outlives_its_owners():
    a = np.arange(1000.0)
    gone = weakref.ref(a)
    t = ctgrad.from_numpy(a)[10:]
    del a
    gc.collect()
    assert gone() is not None and t[0].item() == 10
    b = (t * 2).numpy()
    view = memoryview(t)
    del t
    gc.collect()
    assert gone() is not None and b[5] == 30 and view[0] == 10
    view.release()
    gc.collect()
    assert gone() is None
    c = ctgrad.arange(1000).numpy()[990:]
    d = ctgrad.Tensor([1.0, 2.0])
    e = d.numpy()
    d.data = ctgrad.zeros(3)
    gc.collect()
    assert c.tolist() == list(range(990, 1000)) and e.tolist() == [1.0, 2.0]


def test_exported_memory_does_not_move():
    t = ctgrad.zeros(3)
    a = t.numpy()
    with pytest.raises(RuntimeError, match="not resizable"):
        ctgrad.add(ctgrad.ones(200, 30), 1, out=t)
    a[:] = 5
    assert a.tolist() == t.tolist() == [5.0] * 3


def test_array_protocol():
    t = ctgrad.tensor([1.0, 2.0])
    assert np.asarray(t).dtype == np.float32 and np.shares_memory(np.asarray(t), t.numpy()) and not np.shares_memory(np.array(t), t.numpy())
    assert t.__array__().dtype == np.float32 and t.__array__("f8").dtype == np.float64 and t.__array__(dtype=np.int8).tolist() == [1, 2]
    assert not np.shares_memory(t.__array__(copy=True), t.numpy()) and np.shares_memory(t.__array__(copy=False), t.numpy())
    assert np.array(t, dtype=complex).tolist() == [1, 2] and np.float64(t[1]) == 2.0
    assert np.array([t, t]).tolist() == [[1.0, 2.0]] * 2 and np.array([t[0], 3]).tolist() == [1, 3]
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        t.__array__("f8", copy=False)
    with pytest.raises(TypeError):
        t.__array__(ctgrad.float64)


def test_numpy_functions_give_tensors_where_pytorch_does():
    t = ctgrad.tensor([1.0, 4.0])
    assert t.__array_priority__ == 1000
    for result in (np.sqrt(t), np.add(t, t), np.add(np.ones(2), t), t + np.ones(2), t - np.array(1.0), t == np.ones(2), np.float64(2) * t, np.int64(2) - t):
        assert isinstance(result, ctgrad.Tensor)
    assert np.isnan(t).dtype is ctgrad.uint8 and np.sqrt(t).dtype is ctgrad.float32 and (t + np.ones(2)).dtype is ctgrad.float64
    assert isinstance(np.concatenate([t, np.ones(2)]), np.ndarray)
    for call in (lambda: np.ones(2) - t, lambda: np.ones(2) < t, lambda: np.ones(2) * t):
        with pytest.raises(TypeError):
            call()


def test_numpy_numbers_are_numbers():
    t = ctgrad.arange(5)
    assert (t * np.float32(2)).dtype is ctgrad.float32 and (t + np.int64(2)).dtype is ctgrad.int64
    assert t[np.int64(2)].item() == 2 and t[np.array([1, 2])].tolist() == [1, 2] and t[np.uint8(3)].item() == 3
    assert np.arange(6).reshape(ctgrad.Size([2, 3])).shape == np.zeros(ctgrad.zeros(2, 3).shape).shape
    assert np.zeros(3)[ctgrad.tensor(1)] == 0 and np.zeros(3)[ctgrad.tensor([0, 1])].shape == (2,)


# ---- buffers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_memoryview_of_a_tensor(dtype):
    t = ctgrad.arange(6).reshape(2, 3).to(getattr(ctgrad, dtype))
    view = memoryview(t)
    assert view.shape == (2, 3) and view.itemsize == t.itemsize and view.tolist() == t.tolist() and not view.readonly
    view[1, 2] = 1
    assert t[1, 2].item() == 1 and np.asarray(view).dtype == np.dtype(dtype)
    assert memoryview(t.t()).tolist() == t.t().tolist() and memoryview(t[:, ::2]).tolist() == t[:, ::2].tolist()
    assert memoryview(ctgrad.tensor(3.0)).tolist() == 3.0 and memoryview(ctgrad.zeros(0, 2)).tolist() == []


def test_buffers_keep_their_promises():
    expanded = ctgrad.ones(1).expand(3)
    assert memoryview(expanded).readonly and memoryview(expanded).tolist() == [1.0] * 3
    t = ctgrad.arange(6).reshape(2, 3)
    assert bytes(memoryview(t)) == t.numpy().tobytes()
    for request in (lambda: (ctypes.c_char * 8).from_buffer(t.t()), lambda: (ctypes.c_char * 8).from_buffer(expanded)):
        with pytest.raises((BufferError, TypeError)):
            request()
    with pytest.raises((BufferError, ValueError)):
        array.array("q").frombytes(t[:, ::2])
    assert (ctypes.c_int64 * 6).from_buffer(t)[5] == 5


def test_frombuffer():
    buffer = bytearray(range(16))
    t = ctgrad.frombuffer(buffer, dtype=ctgrad.int32, count=2, offset=4)
    assert t.tolist() == np.frombuffer(buffer, "i4", 2, 4).tolist()
    t[0] = 0
    assert buffer[4:8] == bytes(4)
    with pytest.raises(BufferError):
        buffer.extend(b"x")
    del t
    buffer.extend(b"x")
    with pytest.warns(UserWarning, match="The given buffer is not writable"):
        assert ctgrad.frombuffer(b"abcd", dtype=ctgrad.uint8).tolist() == [97, 98, 99, 100]
    assert ctgrad.frombuffer(array.array("d", [1.5]), dtype=ctgrad.float64, requires_grad=True).requires_grad


@pytest.mark.parametrize("options, text", [
    ({"offset": 8}, "must be non-negative and no greater"), ({"offset": -1}, "must be non-negative"), ({"offset": 1}, "must be a multiple of element size"), ({"count": 0}, "must not be 0"),
    ({"count": 3}, "requested buffer length"), ({"count": 2**62}, "requested buffer length"), ({"count": 1, "offset": 1}, "not aligned"),
])
def test_frombuffer_refuses(options, text):
    with pytest.raises(ValueError, match=text):
        ctgrad.frombuffer(bytearray(8), dtype=ctgrad.float32, **options)


def test_frombuffer_of_other_things():
    for bad, error in ((3, ValueError), (np.arange(6)[::2], RuntimeError), (bytearray(), ValueError), (ctgrad.ones(2, requires_grad=True), RuntimeError)):
        with pytest.raises(error):
            ctgrad.frombuffer(bad, dtype=ctgrad.int64)


# ---- DLPack --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_round_trips(dtype):
    t = ctgrad.arange(6).reshape(2, 3).to(getattr(ctgrad, dtype)).t()
    a = np.from_dlpack(t)
    assert a.dtype == np.dtype(dtype) and a.tolist() == t.tolist() and a.ctypes.data == t.data_ptr()
    for back in (ctgrad.from_dlpack(a), ctgrad.from_dlpack(t), ctgrad.from_dlpack(t.__dlpack__()), ctgrad.from_dlpack(t.__dlpack__(max_version=(1, 0))), ctgrad.tensor(t.numpy())):
        assert back.dtype is t.dtype and back.tolist() == t.tolist() and back.stride() == t.stride()
    assert t.__dlpack_device__() == (1, 0)
    assert ctgrad.from_dlpack(t, copy=True).data_ptr() != t.data_ptr() == ctgrad.from_dlpack(t).data_ptr()


def test_a_capsule_is_consumed_once():
    capsule = ctgrad.ones(2).__dlpack__()
    t = ctgrad.from_dlpack(capsule)
    with pytest.raises(RuntimeError, match="consumed only once"):
        ctgrad.from_dlpack(capsule)
    del capsule
    gc.collect()
    assert t.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("bad, error", [
    (lambda: ctgrad.from_dlpack(3), RuntimeError), (lambda: ctgrad.from_dlpack(np.arange(3)[::-1]), BufferError), (lambda: ctgrad.from_dlpack(np.ones(2, "c8")), BufferError),
    (lambda: ctgrad.from_dlpack(np.ones(2, "i1")), BufferError), (lambda: ctgrad.ones(1).__dlpack__(stream=1), AssertionError), (lambda: ctgrad.ones(1).__dlpack__(stream="a"), TypeError),
    (lambda: ctgrad.ones(1).__dlpack__(dl_device=(2, 0)), BufferError), (lambda: ctgrad.ones(1).__dlpack__(max_version=1), TypeError), (lambda: ctgrad.to_dlpack(3), TypeError),
    (lambda: ctgrad.from_dlpack(np.ones(2), device="cuda"), AssertionError), (lambda: ctgrad.ones(1).__dlpack__(dl_device="cpu"), TypeError),
])
def test_dlpack_refuses(bad, error):
    with pytest.raises(error):
        bad()


def test_dlpack_marks_read_only_memory():
    with pytest.warns(UserWarning):
        t = ctgrad.from_numpy(read_only(np.ones(2)))
    assert not np.from_dlpack(t).flags.writeable
    with pytest.raises(BufferError, match="versioned"):
        t.__dlpack__()
    with pytest.raises(RuntimeError, match="read-only"):
        ctgrad.from_dlpack(read_only(np.ones(2))).add_(1)


def test_dlpack_from_another_thread():
    held = [np.from_dlpack(ctgrad.ones(100)) for _ in range(20)]
    held += [ctgrad.ones(3).__dlpack__() for _ in range(20)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert not held


class Foreign:
    """A DLPack producer of our own making, to say things that no library says."""

    class Tensor(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                    ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64),
                    ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]

    def __init__(self, shape=(2,), strides=None, **fields):
        self.memory = (ctypes.c_double * 8)(*range(8))
        self.shape = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        self.strides = (ctypes.c_int64 * len(strides))(*strides) if strides else None
        self.tensor = self.Tensor(data=ctypes.addressof(self.memory), device_type=1, ndim=len(shape), code=2, bits=64, lanes=1, shape=self.shape, strides=self.strides)
        for name, value in fields.items():
            setattr(self.tensor, name, value)

    def __dlpack__(self):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(self.tensor), b"dltensor", None)

    def __dlpack_device__(self):
        return (1, 0)


def test_a_plain_producer():
    for foreign, values in ((Foreign(), [0, 1]), (Foreign(byte_offset=16), [2, 3]), (Foreign((2, 2), (1, 4)), [[0, 4], [1, 5]]), (Foreign(()), 0), (Foreign((0, 3)), [])):
        assert ctgrad.from_dlpack(foreign).tolist() == values
    assert ctgrad.tensor(Foreign()).tolist() == [0, 1]


@pytest.mark.parametrize("wrong", [
    {"ndim": -1}, {"ndim": 65}, {"shape": (-1,)}, {"shape": (2**62, 2**62)}, {"shape": (2**61,)}, {"strides": (-1,)}, {"shape": (2, 2), "strides": (2**62, 2**62)}, {"device_type": 2},
    {"bits": 24}, {"code": 5}, {"lanes": 4}, {"byte_offset": 3}, {"data": None}, {"code": 99}, {"bits": 0},
])
def test_a_producer_that_is_wrong(wrong):
    with pytest.raises((BufferError, RuntimeError)):
        ctgrad.from_dlpack(Foreign(**wrong))


# ---- imports -----------------------------------------------------------------------------------------------------


def test_the_engine_works_before_numpy_is_imported():
    program = "import sys, ctgrad._C as C; t = C.tensor([[1, 2.5]]); assert t.tolist() == [[1.0, 2.5]] and 'numpy' not in sys.modules; print(t.numpy().dtype); import numpy; print(C.tensor(numpy.float64(1)).dtype)"
    code = f"import sys, types, importlib.util as u; p = types.ModuleType('ctgrad'); p.__path__ = {list(ctgrad.__path__)!r}; sys.modules['ctgrad'] = p\n{program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert done.stdout.split() == ["float32", "torch.float64"], done.stderr


@pytest.mark.parametrize("array", [np.array([None, 1], object), np.zeros(2, [("a", "O"), ("b", "f4")]), (ctypes.py_object * 2)(1, 2)])
def test_memory_of_objects_is_not_shared(array):
    for share in (lambda: ctgrad.frombuffer(array, dtype=ctgrad.uint8), lambda: ctgrad.asarray(memoryview(array))):
        with pytest.raises(ValueError, match="holds Python objects"):
            share()
    fields = np.zeros(2, [("O", "f4")])
    assert ctgrad.frombuffer(fields, dtype=ctgrad.float32).tolist() == [0.0, 0.0]
