"""What goes by vectors equals, bit for bit, what goes one element at a time; extremes and their places are NumPy's."""

import os
import subprocess
import sys
from pathlib import Path

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


def pairs(dtype, n=4096):
    """Two operands: numbers of any bits, of usual sizes, special ones, and quotients that lie beside whole numbers."""
    rng = np.random.default_rng(n)
    bits, special = np.dtype(dtype.replace("f", "u")), np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 2, 3, 0.5], dtype)

    def draw():
        usual = rng.standard_normal(n) * np.exp(rng.uniform(-5, 5, n))
        return [rng.integers(0, np.iinfo(bits).max, n, bits).view(dtype), usual.astype(dtype), rng.choice(special, n)]
    with np.errstate(all="ignore"):
        x, y = np.concatenate(draw()), np.roll(np.concatenate(draw()), n)
        whole = rng.integers(1, 40, n).astype(dtype) * y[n:2 * n]
        return np.concatenate([x, whole, np.nextafter(whole, y[:n])]), np.concatenate([y, y[n:2 * n], y[n:2 * n]])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_is_left_of_quotients_is_exact(dtype):
    x, y = pairs(dtype)
    with np.errstate(all="ignore"):
        for f, exact in ((ctgrad.fmod, np.fmod), (ctgrad.nextafter, np.nextafter)):
            np.testing.assert_array_equal(f(ctgrad.from_numpy(x), ctgrad.from_numpy(y)).numpy(), exact(x, y))
        rest = ctgrad.remainder(ctgrad.from_numpy(x), ctgrad.from_numpy(y)).numpy()
        fits = np.isfinite(x) & np.isfinite(y) & (y != 0)  # Python's % of others is another
        np.testing.assert_array_equal(rest[fits], np.array([a % b for a, b in zip(x[fits].tolist(), y[fits].tolist())]).astype(dtype))


SUMS = """
import hashlib, ctgrad
from tests.test_wide import pairs
made = hashlib.sha256()
for dtype in ("f4", "f8"):
    x, y = (ctgrad.from_numpy(a) for a in pairs(dtype))
    for f in (ctgrad.hypot, ctgrad.atan2, ctgrad.nextafter, ctgrad.fmod, ctgrad.remainder, ctgrad.floor_divide, ctgrad.logaddexp):
        z = f(x, y)
        made.update(ctgrad.where(z.isnan(), 0.0, z).numpy().tobytes())
print(made.hexdigest())
"""


def test_of_two_numbers_every_instruction_set_makes_the_same():
    runs = [{"CTGRAD_SIMD": simd} for simd in ("base", "avx2", "avx512")]
    seen = {subprocess.run([sys.executable, "-c", SUMS], env={**os.environ, **run}, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True).stdout for run in runs}
    assert len(seen) == 1


@pytest.mark.parametrize("dtype", [ctgrad.float16, ctgrad.bfloat16])
def test_signs_of_halves(dtype):
    y = ctgrad.tensor([0.0, -0.0, 1.5, -2.0, float("inf"), -float("inf")] * 7, dtype=dtype)
    assert np.signbit((-y).float().numpy()).tolist() == [True, False, True, False, True, False] * 7 and (-y).tolist() == (-y.float()).tolist()
    assert not np.signbit(y.abs().float().numpy()).any() and y[::2].abs().tolist() == y[::2].float().abs().tolist()


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
