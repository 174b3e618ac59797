"""Copies and pickles: values, layout, flags, and which tensors share memory."""

import copy
import pickle

import numpy as np
import pytest

import ctgrad as torch
from ctgrad import nn

DTYPES = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]


def again(x, protocol=pickle.DEFAULT_PROTOCOL):
    return pickle.loads(pickle.dumps(x, protocol))


def deep(x):
    return copy.deepcopy(x)


both = pytest.mark.parametrize("copied", [again, deep])


@both
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", [lambda x: x, lambda x: x.t(), lambda x: x[1:, ::2], lambda x: x[0].expand(5, 3), lambda x: x[0, 0], lambda x: x[:0]])
def test_values_and_layout(copied, dtype, make):
    x = make(torch.tensor(np.arange(6).reshape(2, 3), dtype=dtype))
    y = copied(x)
    assert (y.tolist(), y.shape, y.stride(), y.storage_offset(), y.dtype) == (x.tolist(), x.shape, x.stride(), x.storage_offset(), dtype)
    assert y.data_ptr() != x.data_ptr() or x.numel() == 0


def test_deepcopy_keeps_sharing():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    a, b, c = deep([x, x.t(), x[1]])
    with torch.no_grad():
        a += 10
    assert b.tolist() == [[11.0, 13.0], [12.0, 14.0]] and c.tolist() == [13.0, 14.0]
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@both
def test_one_tensor_stays_one(copied):
    x = torch.ones(1)
    y, z = copied([x, x])
    assert y is z


@both
def test_flags_and_attributes(copied):
    x = torch.ones(2, requires_grad=True)
    x.note = "weights"
    y = copied(x)
    assert y.requires_grad and y.is_leaf and y.note == "weights"
    assert not copied(torch.ones(2)).requires_grad
    p = copied(nn.Parameter(torch.ones(2)))
    assert isinstance(p, nn.Parameter) and p.requires_grad


def test_gradients_are_copied_by_deepcopy():
    x = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    y = copy.deepcopy(x)
    assert y.grad.tolist() == [3.0, 3.0] and y.grad is not x.grad
    with pytest.raises(RuntimeError, match="deepcopy protocol"):
        copy.deepcopy(x * 2)
    assert again(x * 2).is_leaf


def test_shallow_copies_share_memory():
    x = torch.tensor([1.0, 2.0])
    y = copy.copy(x)
    assert y is not x and y.data_ptr() == x.data_ptr()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_protocols(protocol):
    x = again(torch.tensor([1.0, 2.0]), protocol)
    x += 1
    assert x.tolist() == [2.0, 3.0]


def test_storages():
    x = torch.tensor([1, 2, 3], dtype=torch.int32)
    s = x.untyped_storage()
    assert s is x[1:].untyped_storage() and s.data_ptr() == x.data_ptr()
    assert s.nbytes() == len(s) == s.size() == 12
    assert s.tolist()[:8] == [1, 0, 0, 0, 2, 0, 0, 0]
    assert s.clone().data_ptr() != s.data_ptr()
