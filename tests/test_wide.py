"""What goes by vectors equals, bit for bit, what goes one element at a time; extremes and their places are NumPy's."""

import numpy as np
import pytest

import ctgrad

F = ctgrad.nn.functional
LENGTHS = (1, 7, 8, 15, 16, 17, 31, 33, 63, 100, 4099)


def numbers(n):
    x = np.random.default_rng(n).standard_normal(n) * np.exp(np.random.default_rng(n + 1).uniform(-20, 6, n))
    x[::5] = [np.inf, -np.inf, np.nan, -0.0, 0.0, 88.8, -104.0, 1e30, -1e30, 1e-42][n % 10]
    return x.astype(np.float32)


@pytest.mark.parametrize("f", [ctgrad.exp, ctgrad.tanh, F.gelu], ids=["exp", "tanh", "gelu"])
@pytest.mark.parametrize("n", LENGTHS)
def test_contiguous_and_strided_operands_give_the_same_bits(f, n):
    x = numbers(n)
    apart = ctgrad.from_numpy(np.stack([x, x], 1))[:, 0]
    assert apart.stride() == (2,)
    one, many = f(apart).numpy(), f(ctgrad.from_numpy(x)).numpy()
    assert np.array_equal(np.isnan(one), np.isnan(many))
    assert np.array_equal(one.view(np.int32)[~np.isnan(one)], many.view(np.int32)[~np.isnan(one)])


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64])
def test_gelu_of_nought_keeps_its_sign(dtype):
    x = ctgrad.tensor([0.0, -0.0] * 16, dtype=dtype, requires_grad=True)
    y = F.gelu(x)
    y.sum().backward()
    assert np.signbit(y.detach().numpy()).tolist() == [False, True] * 16 and x.grad.tolist() == [0.5] * 32


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u1"])
@pytest.mark.parametrize("n", LENGTHS)
def test_extremes_and_their_first_places(n, dtype):
    rng = np.random.default_rng(n)
    for a in (rng.integers(0, 5, (9, n)), rng.integers(0, 200, (9, n)), np.zeros((9, n))):
        a = a.astype(dtype)
        for name in ("max", "min"):
            value, place = getattr(ctgrad.from_numpy(a), name)(1)
            assert np.array_equal(value.numpy(), getattr(a, name)(1)) and np.array_equal(place.numpy(), getattr(a, "arg" + name)(1))


@pytest.mark.parametrize("at", [(0,), (5,), (40, 90), (99,)])
def test_the_first_nan_is_the_extreme(at):
    a = np.random.default_rng(0).standard_normal((3, 100)).astype(np.float32)
    a[1, list(at)] = np.nan
    for name in ("max", "min"):
        value, place = getattr(ctgrad.from_numpy(a), name)(1)
        assert place[1].item() == at[0] and np.isnan(value[1].item())
        assert np.array_equal(value.numpy(), getattr(a, name)(1), equal_nan=True)


@pytest.mark.parametrize("columns", [255, 256, 300, 1024, 1500])
@pytest.mark.parametrize("rows", [15, 16, 33, 300, 4097])
def test_sums_of_many_columns_are_those_of_few(rows, columns):
    a = np.random.default_rng(rows).standard_normal((rows, columns)).astype(np.float32)
    x = ctgrad.from_numpy(a)
    whole = columns // 32 * 32
    few = ctgrad.cat([x[:, j:j + 32].sum(0) for j in range(0, whole, 32)])
    assert np.array_equal(x.sum(0)[:whole].numpy(), few.numpy())
