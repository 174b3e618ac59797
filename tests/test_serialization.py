"""save and load: what comes back, ties, what is refused; no code of a file runs."""

import io
import os
import pickle
import struct
import sys
import zipfile

import numpy as np
import pytest

import ctgrad
from ctgrad import nn, serialization


def through(obj, **kwargs):
    buffer = io.BytesIO()
    ctgrad.save(obj, buffer)
    buffer.seek(0)
    return ctgrad.load(buffer, **kwargs)


def archive(body):
    """A file whose pickle is `body`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("archive/data.pkl", body)
    buffer.seek(0)
    return buffer


def test_a_tied_model_comes_back_tied(tmp_path):
    model = nn.ModuleDict({"encoder": nn.Embedding(5, 3), "decoder": nn.Linear(3, 5)})
    model["decoder"].weight = model["encoder"].weight
    ctgrad.save(model, tmp_path / "m.pt")
    with serialization.safe_globals([nn.ModuleDict, nn.Embedding, nn.Linear]):
        again = ctgrad.load(tmp_path / "m.pt")
    assert again["decoder"].weight is again["encoder"].weight
    assert again["decoder"].weight.tolist() == model["decoder"].weight.tolist()


def test_recurrent_and_transformer_models(tmp_path):
    for model, x in ((nn.LSTM(3, 4, 2), ctgrad.ones(2, 1, 3)), (nn.TransformerEncoderLayer(4, 2, 8), ctgrad.ones(2, 1, 4))):
        model.eval()
        want = model(x)
        again = through(model, weights_only=False)(x)
        assert [t.tolist() for t in again[:1]] == [t.tolist() for t in want[:1]]


def test_declarations():
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules\.linear\.Linear"):
        through(nn.Linear(2, 2))
    serialization.add_safe_globals([nn.Linear])
    try:
        assert serialization.get_safe_globals() == [nn.Linear]
        assert through(nn.Linear(2, 3)).weight.shape == (3, 2)
    finally:
        serialization.clear_safe_globals()
    assert not serialization.get_safe_globals()


class Evil:
    def __reduce__(self):
        return os.mkdir, ("/nonexistent/made",)


@pytest.mark.parametrize("weights_only", [None, True, False])
def test_no_code_runs(weights_only, monkeypatch):
    called, evil = [], pickle.dumps(Evil())
    monkeypatch.setattr(os, "mkdir", lambda *a: called.append(a))
    for body in (evil, b"cos\nsystem\n(S'true'\ntR.", b"c__builtin__\neval\n(S'1'\ntR.", b"(S'true'\nios\nsystem\n.", b"cposix\nsystem\n."):
        with pytest.raises(pickle.UnpicklingError):
            ctgrad.load(archive(body), weights_only=weights_only)
    assert not called


def test_a_file_sets_no_attributes_of_classes():
    with serialization.safe_globals([nn.Linear]), pytest.raises(pickle.UnpicklingError, match="attributes"):
        ctgrad.load(archive(b"ctorch.nn.modules.linear\nLinear\n}S'forward'\nNsb."))


def test_damaged_files(tmp_path):
    buffer = io.BytesIO()
    ctgrad.save({"a": ctgrad.arange(100.0)}, buffer)
    whole = buffer.getvalue()
    for cut in (0, 1, 3, 10, 100, len(whole) // 2, len(whole) - 1):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)):
            ctgrad.load(io.BytesIO(whole[:cut]))
    with pytest.raises(FileNotFoundError):
        ctgrad.load(tmp_path / "missing.pt")
    with pytest.raises(pickle.UnpicklingError):
        ctgrad.load(archive(b"}S'a'\nNs"))


@pytest.mark.parametrize("change", [0x00, 0xFF, None])
def test_whatever_byte_of_an_archive_is_damaged(change):
    buffer = io.BytesIO()
    ctgrad.save([ctgrad.arange(3.0)], buffer)
    refused = 0
    for i in range(len(buffer.getvalue())):
        data = bytearray(buffer.getvalue())
        data[i] = data[i] ^ 1 if change is None else change
        try:
            ctgrad.load(io.BytesIO(data))
        except RuntimeError as error:
            refused += "PytorchStreamReader" in str(error)
        except (IndexError, pickle.UnpicklingError):
            assert i < 2  # no archive any more
    assert refused > len(buffer.getvalue()) // 4


def test_a_storage_of_another_size_is_refused():
    t = ctgrad.arange(4.0)
    buffer, changed = io.BytesIO(), io.BytesIO()
    ctgrad.save(t, buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:8] if name.endswith("data/0") else old.read(name))
    changed.seek(0)
    with pytest.raises(RuntimeError, match="damaged"):
        ctgrad.load(changed)


def test_arguments(tmp_path):
    ctgrad.save([1], tmp_path / "x.pt")
    assert ctgrad.load(str(tmp_path / "x.pt"), map_location="cpu") == [1]
    with pytest.raises(RuntimeError, match="map_location"):
        ctgrad.load(tmp_path / "x.pt", map_location="cuda:0")
    with pytest.raises(NotImplementedError):
        ctgrad.save([1], tmp_path / "x.pt", pickle_module=io)


# ---- the format before 1.6, and files that offer little --------------------------------------------------------------------------


def former(obj):
    file = io.BytesIO()
    ctgrad.save(obj, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def test_the_former_format_keeps_values_and_sharing():
    x = ctgrad.arange(6.0).view(2, 3)
    made = ctgrad.load(io.BytesIO(former({"x": x, "t": x.t(), "h": x.half(), "none": ctgrad.zeros(0), "p": ctgrad.nn.Parameter(x), "n": 3})))
    assert made["n"] == 3 and made["x"].equal(x) and made["h"].equal(x.half()) and made["none"].shape == (0,) and made["p"].requires_grad
    made["x"][0, 1] = 9
    assert made["t"][1, 0].item() == 9


def test_a_damaged_file_of_the_former_format():
    data = former([ctgrad.arange(3.0), ctgrad.tensor([True])])
    for end in range(1, len(data), 5):
        with pytest.raises((pickle.UnpicklingError, RuntimeError, EOFError, IndexError, struct.error)):
            ctgrad.load(io.BytesIO(data[:end]))
    with pytest.raises((pickle.UnpicklingError, RuntimeError)):
        ctgrad.load(io.BytesIO(b"no pickle"))
    with pytest.raises(RuntimeError, match="magic"):
        ctgrad.load(io.BytesIO(pickle.dumps(5, 2)))


def test_the_former_format_runs_nothing():
    data = former([1]).replace(former([1])[-20:], b"")
    with pytest.raises((pickle.UnpicklingError, RuntimeError)):
        ctgrad.load(io.BytesIO(pickle.dumps(print, 2) + data))


class Few:
    """A file with the least that reading and writing need."""

    def __init__(self, data=b""):
        self.file = io.BytesIO(data)
        self.read, self.write = self.file.read, self.file.write


def test_files_that_cannot_seek():
    file = Few()
    ctgrad.save(ctgrad.arange(3), file)
    with pytest.raises(AttributeError, match="seekable"):
        ctgrad.load(Few(file.file.getvalue()))
    assert ctgrad.load(io.BytesIO(file.file.getvalue())).tolist() == [0, 1, 2]
    Few.seek, Few.tell = (lambda self, *to: self.file.seek(*to)), (lambda self: self.file.tell())
    assert ctgrad.load(Few(file.file.getvalue())).tolist() == [0, 1, 2]
    del Few.seek, Few.tell


@pytest.mark.filterwarnings("ignore:TypedStorage")
@pytest.mark.parametrize("zipped", [True, False])
def test_storages_beside_tensors(zipped):
    x = ctgrad.arange(4.0)
    file = io.BytesIO()
    ctgrad.save([x.storage(), x, ctgrad.UntypedStorage([1, 2])], file, _use_new_zipfile_serialization=zipped)
    file.seek(0)
    storage, tensor, plain = ctgrad.load(file)
    storage[1] = 9
    assert storage.dtype is ctgrad.float32 and tensor.tolist() == [0, 9, 2, 3] and plain.tolist() == [1, 2]


def test_a_path_that_cannot_be_opened_is_told(tmp_path):
    missing = tmp_path / "missing"
    with pytest.raises(RuntimeError, match=f"Parent directory {missing} does not exist"):
        ctgrad.save(ctgrad.ones(2), missing / "x.pt")
    with pytest.raises(RuntimeError, match="open file failed"):
        ctgrad.save(ctgrad.ones(2), tmp_path)
    with pytest.raises(FileNotFoundError):
        ctgrad.save(ctgrad.ones(2), missing / "x.pt", _use_new_zipfile_serialization=False)


class Kept:
    def __init__(self):
        raise AssertionError("an object is made without a call")


def test_objects_of_the_scripts_classes_if_trusted(monkeypatch):
    monkeypatch.setattr(Kept, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Kept", Kept, raising=False)
    made = object.__new__(Kept)
    made.a = ctgrad.ones(2)
    assert through(made, weights_only=False).a.tolist() == [1, 1]
    with pytest.raises(pickle.UnpicklingError, match="Kept"):
        through(made)
    with pytest.raises(pickle.UnpicklingError, match="the file calls Kept"):
        ctgrad.load(archive(b"c__main__\nKept\n(tR."), weights_only=False)


def test_arrays_if_trusted():
    arrays = [np.arange(3.0), np.float32(1.5), np.array([["a", "bc"]]), np.zeros((2, 0), order="F")]
    again = through(arrays, weights_only=False)
    assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(arrays, again, strict=True))
    with pytest.raises(pickle.UnpicklingError):
        through(arrays)
    with pytest.raises(pickle.UnpicklingError, match="dtype object"):
        ctgrad.load(archive(b"cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n(S'O'\nI00\nI01\ntRS'cos\\nsystem\\n.'\ntR."), weights_only=False)


def test_an_instruction_that_builds_no_data_is_refused():
    with pytest.raises(pickle.UnpicklingError):
        ctgrad.load(io.BytesIO(b"data"))
