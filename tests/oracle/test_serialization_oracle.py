"""Files of one library read by the other."""

import collections

import ctgrad
import numpy as np
import pytest
import torch


def things(t):
    """What both can store: tensors that share memory, state, plain data."""
    t.manual_seed(0)
    model = t.nn.Sequential(t.nn.Linear(3, 2), t.nn.BatchNorm1d(2), t.nn.Linear(2, 3))
    base = t.arange(12.0).view(3, 4)
    return {"state": model.state_dict(), "base": base, "column": base[:, 1], "turned": base.t(), "ints": t.tensor([1, 2]), "bools": t.tensor([True, False]), "scalar": t.tensor(2.5, dtype=t.float64),
            "empty": t.zeros(0, 3), "leaf": t.ones(2, requires_grad=True), "parameter": t.nn.Parameter(t.ones(2)), "size": base.size(), "dtype": t.float64, "device": t.device("cpu"),
            "plain": [1, 2.5, "text", None, True, (1, 2), {3}, b"bytes", 1 << 70], "ordered": collections.OrderedDict(a=1)}


@pytest.mark.parametrize("writer,reader", [(ctgrad, torch), (torch, ctgrad), (ctgrad, ctgrad)], ids=lambda t: t.__name__)
def test_files_are_read_by_both(writer, reader, tmp_path):
    writer.save(things(writer), tmp_path / "file.pt")
    got, want = reader.load(tmp_path / "file.pt"), things(reader)
    assert list(got) == list(want)
    for name, value in want.items():
        if isinstance(value, reader.Tensor):
            assert type(got[name]) is type(value) and got[name].dtype == value.dtype and got[name].stride() == value.stride()
            assert got[name].requires_grad == value.requires_grad
            np.testing.assert_array_equal(got[name].detach().numpy(), value.detach().numpy())
        elif name == "state":
            assert list(got[name]) == list(value)
            assert all(np.array_equal(got[name][k].numpy(), v.numpy()) for k, v in value.items())
        else:
            assert got[name] == value
    got["base"][0, 1] = 100
    assert got["column"][0] == 100 and got["turned"][1, 0] == 100, "memory is shared again"
