"""TypedStorage and UntypedStorage: the memory under tensors, by numbers and by bytes."""

import multiprocessing
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import ctgrad
from ctgrad import _C

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage")
DTYPES = [ctgrad.bool, ctgrad.uint8, ctgrad.int32, ctgrad.int64, ctgrad.float16, ctgrad.bfloat16, ctgrad.float32, ctgrad.float64]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_all_numbers_of_the_memory(dtype):
    x = ctgrad.tensor([[1, 0], [1, 1], [0, 1]]).to(dtype)
    s = x[1:].t().storage()
    assert s.tolist() == list(s) == x.reshape(-1).tolist() and len(s) == s.size() == 6
    assert (s.dtype, s.element_size(), s.nbytes()) == (dtype, x.element_size(), x.nbytes) and s.data_ptr() == x.data_ptr()
    assert s == x.storage() and hash(s) == hash(x.storage()) and s.untyped() is x.untyped_storage() and s != x.clone().storage()
    assert type(s[0]) is type(x[0, 0].item()) and s[-1] == 1
    assert s.device == ctgrad.device("cpu") and not s.is_shared() and s.cpu() is s and s.type().startswith("torch.")


def test_writes_reach_the_tensors():
    x = ctgrad.zeros(2, 3)
    s = x.storage()
    s[0] = 5
    s[1:3] = 7
    assert x.tolist() == [[5, 7, 7], [0, 0, 0]]
    assert s.fill_(2) is s and x.sum() == 12
    s.copy_(ctgrad.arange(6.).storage())
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(RuntimeError):
        s.copy_(ctgrad.arange(6).storage())
    copy = s.clone()
    copy.fill_(0)
    assert x.sum() == 15 and s.double().dtype is ctgrad.float64 and s.long().tolist() == [0, 1, 2, 3, 4, 5]


def test_memory_that_was_not_written_out_is():
    x = ctgrad.ones(300, 300)
    s = x.storage()
    s[5] = 3
    assert x.sum() == 90002 and len(s) == 90000


def test_wrong_places():
    s = ctgrad.zeros(3).storage()
    for place, error in [(3, IndexError), (-4, IndexError), ("a", RuntimeError), (slice(1), RuntimeError)]:
        with pytest.raises(error):
            s[place]
    with pytest.raises(IndexError):
        s[3] = 1


def test_bytes():
    u = ctgrad.tensor([1, 256], dtype=ctgrad.int32).untyped_storage()
    assert (u[0], u[5], u[:2], len(u), u.element_size(), u.device.type) == (1, 1, [1, 0], 8, 1, "cpu") and isinstance(u, ctgrad.UntypedStorage)
    x = ctgrad.ones(2)
    assert x.untyped_storage().fill_(0).tolist() == [0] * 8 and x.tolist() == [0, 0]


def test_a_tensor_is_set_to_a_storage():
    s = ctgrad.arange(4.).storage()
    assert ctgrad.tensor(()).set_(s).tolist() == [0, 1, 2, 3] and ctgrad.tensor(()).set_(s, 1, (2,), (2,)).tolist() == [1, 3]


def test_asking_for_it_warns_once():
    import subprocess
    import sys

    code = "import ctgrad\nfor _ in range(3): ctgrad.ones(1).storage()"
    done = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True)
    assert done.stderr.count("TypedStorage is deprecated") == 1


def test_storages_from_numbers():
    s = ctgrad.TypedStorage([1, 2], dtype=ctgrad.int64)
    assert s.tolist() == [1, 2] and s.dtype is ctgrad.int64 and ctgrad.TypedStorage(3).size() == 3 and len(ctgrad.TypedStorage(dtype=ctgrad.uint8)) == 0
    assert ctgrad.TypedStorage(wrap_storage=s.untyped(), dtype=ctgrad.int32).tolist() == [1, 0, 2, 0]
    u = ctgrad.UntypedStorage([1, 2, 3])
    assert u.tolist() == [1, 2, 3] and ctgrad.UntypedStorage(4).nbytes() == 4 and ctgrad.UntypedStorage().nbytes() == 0
    assert sys.getsizeof(ctgrad.zeros(100).storage()) - sys.getsizeof(ctgrad.zeros(10).storage()) == 360


def test_classes_by_dtype():
    x = ctgrad.zeros(2)
    assert ctgrad.Storage is ctgrad.FloatStorage and x.storage_type() is ctgrad.FloatStorage
    assert isinstance(x.storage(), ctgrad.FloatStorage) and not isinstance(x.storage(), ctgrad.LongStorage) and not isinstance(x, ctgrad.FloatStorage)
    s = ctgrad.FloatStorage([1, 2])
    assert isinstance(s, ctgrad.TypedStorage) and s.tolist() == [1, 2] and ctgrad.is_storage(s)
    assert ctgrad.IntStorage.from_buffer(bytearray([1, 2, 3, 4]), "big").tolist() == [0x01020304]
    assert ctgrad.ByteStorage.from_buffer(b"abc", offset=1).tolist() == [98, 99] and ctgrad.BoolStorage.from_buffer(b"\0\5").tolist() == [False, True]
    for args, error in (((b"abcde", "big"), ValueError), ((b"abcd",), RuntimeError)):
        with pytest.raises(error):
            ctgrad.IntStorage.from_buffer(*args)


def test_set_wants_its_own_dtype():
    with pytest.raises(RuntimeError, match="Expected a Storage"):
        ctgrad.zeros(2).set_(ctgrad.zeros(2, dtype=ctgrad.float64).storage())
    assert ctgrad.zeros(0).set_(ctgrad.ones(2).storage()).tolist() == [1, 1]


def test_numbers_of_a_file(tmp_path):
    name = str(tmp_path / "numbers")
    a = ctgrad.from_file(name, True, 5)
    b = ctgrad.FloatStorage.from_file(name, True, 5)
    a.fill_(2)
    assert b.tolist() == [2] * 5 and (tmp_path / "numbers").stat().st_size == 20
    alone = ctgrad.from_file(name, False, 4, dtype=ctgrad.float32)
    alone.zero_()
    assert a.tolist() == [2] * 5 and ctgrad.UntypedStorage.from_file(name, size=2).tolist() == [0, 0] and ctgrad.from_file(name, size=0).shape == (0,)
    with pytest.raises(RuntimeError):
        ctgrad.from_file(name, False, 100)
    with pytest.raises(RuntimeError):
        ctgrad.from_file(str(tmp_path / "none"), False, 1)


def test_constructors_of_old_show_a_storage():
    s = ctgrad.FloatStorage([1, 2, 3])
    for t in (ctgrad.FloatTensor(s), ctgrad.Tensor(s), ctgrad.ones(1).new(s), ctgrad.FloatTensor(s.untyped())):
        assert t.tolist() == [1, 2, 3] and t.data_ptr() == s.data_ptr()
    with pytest.raises(RuntimeError, match="Expected a Storage"):
        ctgrad.LongTensor(s)
    assert ctgrad.LongTensor(ctgrad.UntypedStorage(16)).shape == (2,)


# ---- memory that child processes share ----
def in_a_child(f):
    process = multiprocessing.get_context("fork").Process(target=f)
    process.start()
    process.join()
    assert process.exitcode == 0


def test_a_child_writes_to_shared_parameters():
    layer = ctgrad.nn.Linear(3, 2)
    row, kept = layer.weight.data[0], layer.weight.detach().clone()
    assert not layer.weight.is_shared() and layer.share_memory() is layer
    assert layer.weight.is_shared() and row.is_shared() and layer.bias.storage().is_shared() and layer.weight.untyped_storage().is_shared()
    assert ctgrad.equal(layer.weight, kept)

    def work():
        layer.weight.data.add_(1)

    in_a_child(work)
    assert ctgrad.equal(layer.weight, kept + 1) and ctgrad.equal(row, kept[0] + 1)
    assert not layer.weight.clone().is_shared()


def shared_files():
    open_files = [Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    return sum("memfd:ctgrad" in os.readlink(file) for file in open_files if file.is_symlink())


def _add_one(layer, row):
    assert layer.weight.is_shared() and row.is_shared() and not layer.bias.is_shared()
    assert layer.weight.data_ptr() == row.data_ptr()
    row.add_(1)


@pytest.mark.skipif(sys.platform != "linux", reason="memory without a name, of which another process gets a descriptor")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_started_anew_writes_to_shared_memory(method):
    layer = ctgrad.nn.Linear(3000, 2)
    layer.weight.share_memory_()
    row, kept = layer.weight.data[0], layer.weight.detach().clone()
    files = shared_files()
    for _ in range(2):
        process = multiprocessing.get_context(method).Process(target=_add_one, args=(layer, row))
        process.start()
        process.join()
        assert process.exitcode == 0
    assert ctgrad.equal(row, kept[0] + 1 + 1) and ctgrad.equal(layer.weight.data[1], kept[1])
    del layer, row
    assert shared_files() == files - 1
    assert pickle.loads(pickle.dumps(kept.share_memory_())).is_shared() is False


def test_no_memory_is_shared_beyond_a_file():
    import os
    kept = ctgrad.ones(5).share_memory_()
    file = ctgrad._C._shared_file(kept)
    for wrong, count, error in ((os.dup(file), 5000, RuntimeError), (1 << 20, 5, RuntimeError), (-1, 5, ValueError), (file, -5, ValueError), (file, 2**62, ValueError)):
        with pytest.raises(error):
            ctgrad._C._open_shared(wrong, count, ctgrad.float32)
        if error is RuntimeError and count == 5000:
            os.close(wrong)
    there = ctgrad._C._open_shared(os.dup(file), 5, ctgrad.float32)
    there[0] = 7
    assert kept[0].item() == 7 and ctgrad._C._shared_file(ctgrad.ones(5)) == -1


def test_what_is_held_once_is_shared_in_full():
    x = ctgrad.ones(100000).mul(3)
    in_a_child(x.share_memory_().zero_)
    assert x.is_shared() and x.sum().item() == 0
    tied = ctgrad.zeros(4).expand(3, 4)
    tied.share_memory_()
    assert tied.is_shared() and tied.stride() == (0, 1)
    assert ctgrad.empty(0).share_memory_().is_shared()


def test_memory_that_others_point_to_does_not_move():
    x = ctgrad.ones(3)
    array = x.numpy()
    with pytest.raises(RuntimeError, match=r"share_memory_\(\): another object"):
        x.share_memory_()
    array[0] = 5
    assert x.tolist() == [5, 1, 1] and not x.is_shared()
    y = ctgrad.from_numpy(np.ones(3)).share_memory_()
    assert y.is_shared() and y.tolist() == [1, 1, 1]
    with pytest.raises(RuntimeError, match="not resizable"):
        y.resize_(100)


def test_shared_memory_may_be_short():
    x = ctgrad.ones(3)
    _C._fail_alloc(0)
    try:
        with pytest.raises(MemoryError):
            _C._share_memory(x)
    finally:
        _C._fail_alloc(-1)
    assert not x.is_shared() and x.tolist() == [1, 1, 1]


def test_a_storage_that_moved_is_not_taken_for_what_lies_there_now():
    x = ctgrad.zeros(100000)
    before = x.untyped_storage()
    x.resize_(300000)
    others = [ctgrad.ones(100000) for _ in range(8)]
    assert all(o.untyped_storage() is not before and o.untyped_storage().nbytes() == 400000 for o in others)
    assert before.nbytes() == 1200000


def test_what_has_no_elements_has_no_address():
    x = ctgrad.ones(2, 2)
    assert x.data_ptr() and not x[:0].data_ptr() and not x[2:].data_ptr() and not ctgrad.empty(0).data_ptr()
    x.resize_(0, 2)
    assert not x.data_ptr() and x.untyped_storage().data_ptr() and x.resize_(2, 2).data_ptr()
