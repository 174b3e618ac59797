"""What tensors are, and what dtype a computation would have."""

import itertools

import pytest

import ctgrad as torch

DTYPES = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]


def test_what_they_are():
    x = torch.ones(2, 3)
    assert torch.is_tensor(x) and torch.is_tensor(torch.nn.Parameter(x)) and not torch.is_tensor(1)
    assert torch.is_floating_point(x) and not torch.is_floating_point(torch.tensor(1)) and not torch.is_complex(x)
    assert torch.numel(x) == 6
    assert torch.is_nonzero(torch.tensor([2])) and not torch.is_nonzero(torch.tensor(0.0))
    with pytest.raises(RuntimeError, match="ambiguous"):
        torch.is_nonzero(x)


def test_promotion_is_that_of_the_ops():
    for a, b in itertools.product(DTYPES, DTYPES):
        x, y = torch.ones(2, dtype=a), torch.ones((), dtype=b)
        assert torch.promote_types(a, b) is (x + y.expand(2)).dtype
        assert torch.result_type(x, y) is (x + y).dtype
        assert torch.result_type(x, 1.5) is torch.result_type(1.5, x) is (x + 1.5).dtype
    assert torch.result_type(1, 2) is torch.int64 and torch.result_type(1, 2.5) is torch.float32
    assert torch.result_type(True, False) is torch.bool
    with pytest.raises(TypeError):
        torch.promote_types(torch.bool, 3)
    with pytest.raises(TypeError):
        torch.result_type("a", 1)


def test_casts_never_lower_the_kind():
    assert torch.can_cast(torch.int64, torch.uint8) and torch.can_cast(torch.float64, torch.float32)
    assert torch.can_cast(torch.bool, torch.float32) and not torch.can_cast(torch.float32, torch.int64)
    assert not torch.can_cast(torch.uint8, torch.bool)


def test_membership():
    x = torch.tensor([1, 2])
    assert 2 in x and 3 not in x and torch.tensor(1) in x and True in x
    with pytest.raises(RuntimeError, match="__contains__ only supports"):
        _ = "a" in x


def test_new_tensor():
    x = torch.ones(1, dtype=torch.int32)
    assert x.new_tensor([1.7]).tolist() == [1] and x.new_tensor([1.7]).dtype is torch.int32
    assert x.new_tensor([1.5], dtype=torch.float64, requires_grad=True).requires_grad


def test_forked_draws_leave_no_trace():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    with torch.random.fork_rng():
        torch.rand(5)
    assert torch.rand(2).equal(expected)
