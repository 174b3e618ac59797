"""Elementwise loops that work in blocks or look ahead: sizes around their vectors, strides, standing operands, special values, in place."""

import math

import numpy as np
import pytest

import ctgrad

SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 0.5, -0.5, 1.0, -1.0, 1e-40, -1e-45, 3e38, 0.41421357, 2.4142137, 1e5]
SIZES = [0, 1, 7, 31, 32, 33, 64, 511, 513, 1025]
FUNCTIONS = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "tan": np.tan, "exp": np.exp, "sqrt": np.sqrt, "log": np.log, "exp2": np.exp2,
             "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "nan_to_num": np.nan_to_num}
PAIRS = {"fmod": np.fmod, "remainder": np.remainder, "hypot": np.hypot, "logaddexp": np.logaddexp}


def numbers(n, dtype, seed=0):
    x = (np.random.default_rng(seed).standard_normal(n) * 2).astype(dtype)
    x[: len(SPECIAL)] = SPECIAL[:n]
    return x


def near(got, want, dtype):
    np.testing.assert_allclose(got, want, rtol=4e-7 if dtype == "float32" else 4e-15, atol=1e-44 if dtype == "float32" else 0)
    assert not np.any((want == 0) & (np.signbit(got) != np.signbit(want)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_lines_equals_numpys(name, dtype):
    for n in SIZES:
        x = numbers(2 * n, dtype)
        t = ctgrad.tensor(x)
        with np.errstate(all="ignore"):
            want = FUNCTIONS[name](x.astype("float64") if name != "nan_to_num" else x).astype(dtype)
        near(getattr(t, name)().numpy(), want, dtype)
        strided = getattr(t[::2], name)().numpy()
        near(strided, want[::2], dtype)
        near(getattr(t.flip(0), name)().numpy(), want[::-1], dtype)
        written = t.clone()
        getattr(written, name + "_")()
        np.testing.assert_array_equal(written.numpy(), getattr(t, name)().numpy())


EXTREME = [5e-324, -1e-310, 2.0**-1022, 1e-300, 2e6, 1e300, -1e300, 0.4, 0.46, 2.5, -0.9999999999999999, 28, -28, 1023.9, -1074, -1080, 1100]
LIBM = {"exp2": lambda x: math.inf if x >= 1024 else 2.0**x, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan, "atanh": math.atanh, "erfc": math.erfc}


@pytest.mark.parametrize("name", LIBM)
def test_a_float64_function_equals_libms_where_numbers_are_extreme(name):
    x = [v for v in EXTREME if abs(v) < 1 or name not in ("asin", "acos", "atanh")] * 16    # runs of 128 bytes go by vectors
    got = getattr(ctgrad.tensor(x, dtype=ctgrad.float64), name)().numpy()
    near(got, np.array([LIBM[name](v) for v in x]), "float64")


@pytest.mark.parametrize("name", PAIRS)
def test_a_function_of_two_equals_numpys(name):
    f = getattr(ctgrad, name)
    for n in SIZES:
        x, y = numbers(n, "float32"), numbers(n, "float32", 1)[::-1].copy()
        a, b = ctgrad.tensor(x), ctgrad.tensor(y)
        with np.errstate(all="ignore"):
            want = PAIRS[name](x, y)
            np.testing.assert_allclose(f(a, b).numpy(), want, rtol=3e-6, atol=1e-44)
            np.testing.assert_allclose(f(a, ctgrad.tensor(0.75)).numpy(), PAIRS[name](x, np.float32(0.75)), rtol=3e-6, atol=1e-44)
            np.testing.assert_allclose(f(ctgrad.tensor(0.75), b).numpy(), PAIRS[name](np.float32(0.75), y), rtol=3e-6, atol=1e-44)


def test_the_remainder_of_float32_is_exact():
    random = np.random.default_rng(0)
    x = random.integers(0, 2**32, 40000, dtype=np.uint64).astype("uint32").view("float32")
    y = random.integers(0, 2**32, 40000, dtype=np.uint64).astype("uint32").view("float32").copy()
    with np.errstate(all="ignore"):
        y[::2] = np.nextafter(x[::2] / random.integers(1, 2**22, 20000), np.float32(np.inf), dtype="float32")
        want = np.fmod(x, y)
    got = ctgrad.fmod(ctgrad.tensor(x), ctgrad.tensor(y)).numpy()
    assert ((got.view("uint32") == want.view("uint32")) | (np.isnan(got) & np.isnan(want))).all()


@pytest.mark.parametrize("low, high", [(-1, 1), (1, -1), (None, 0.5), (0.0, None), (-0.0, 0.0), (np.nan, 1), (-1, np.nan)])
def test_clamp_keeps_nan_and_takes_the_upper_bound_where_they_cross(low, high):
    x = numbers(100, "float32")
    want = x if low is None else np.maximum(x, np.float32(low))
    want = want if high is None else np.minimum(want, np.float32(high))
    np.testing.assert_array_equal(ctgrad.tensor(x).clamp(low, high).numpy(), want)


def test_nan_to_num_in_place_has_a_gradient():
    x = ctgrad.tensor([1.0, np.nan, np.inf], requires_grad=True)
    (x * 1).nan_to_num_().sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0, 0])


@pytest.mark.parametrize("dtype", [ctgrad.float16, ctgrad.bfloat16])
def test_rows_of_halves_in_registers_round_once(dtype):
    for n in SIZES:
        a, b = (ctgrad.tensor(numbers(n, "float32", seed)).to(dtype) for seed in (0, 1))
        for op in (lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x.relu(), lambda x, y: x.exp()):
            np.testing.assert_array_equal(op(a, b).float().numpy(), op(a.float(), b.float()).to(dtype).float().numpy())
            if n > 1:
                np.testing.assert_array_equal(op(a[1::2], b[1::2]).float().numpy(), op(a, b)[1::2].float().numpy())


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
def test_norms_of_lines_side_by_side(dtype):
    """Several lines at once give the bits of each alone."""
    for rows in (1, 3, 4, 5, 9):
        for n in (1, 2, 3, 7, 8, 9, 19, 33, 300):
            x = ctgrad.from_numpy(np.random.default_rng(n).standard_normal((rows, 2 * n)).astype(dtype))
            for part in (x, x[:, :n], x.flip(0)[:, n:], x[::2, 1:], x[:1].expand(rows, 2 * n)):
                together = part.norm(dim=1)
                assert together.tolist() == [line.norm(dim=0).item() for line in part.clone()], (rows, n)
                np.testing.assert_allclose(together.double().numpy(), np.sqrt((part.double().numpy() ** 2).sum(1)), rtol=2e-3 if dtype == "f2" else 1e-6)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 31, 65535, 65536, 65537, 70001])
def test_running_sums_of_whole_numbers(n):
    """Contiguous, turned, overflowing and in place."""
    x = np.random.default_rng(n).integers(-2**62, 2**62, (3, n))
    for t in (ctgrad.from_numpy(x.copy()), ctgrad.from_numpy(x.T.copy()).t()):
        assert np.array_equal(t.cumsum(1).numpy(), x.cumsum(1))
        assert np.array_equal(t.clone().cumsum_(1).numpy(), x.cumsum(1))
    assert np.array_equal(ctgrad.from_numpy(x.astype("i4")).cumsum(1).numpy(), x.astype("i4").astype("i8").cumsum(1))


@pytest.mark.parametrize("widths", [(64, 64), (300, 1, 200), (100, 0, 70), (65, 64, 63)])
def test_cat_of_blocks(widths):
    """Blocks long enough to be copied whole, beside such as are not, do not lie whole, or have another dtype."""
    parts = [np.random.default_rng(w).random((37, w, 2)).astype("f4") for w in widths]
    want = np.concatenate(parts, 1)
    t = [ctgrad.from_numpy(p) for p in parts]
    assert np.array_equal(ctgrad.cat(t, 1).numpy(), want)
    assert np.array_equal(ctgrad.cat([t[0].double(), *t[1:]], 1).numpy(), want.astype("f8"))
    assert np.array_equal(ctgrad.cat([t[0].transpose(0, 2).contiguous().transpose(0, 2), *t[1:]], 1).numpy(), want)
    assert np.array_equal(ctgrad.cat([ctgrad.empty(0), *t], 1).numpy(), want)
    out = ctgrad.empty(37, sum(widths), 4)[:, :, ::2]
    assert np.array_equal(ctgrad.cat(t, 1, out=out).numpy(), want)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 30, 99, 100, 101])
def test_medians_of_short_rows(n):
    """Of equals the first in order that has as many before it; NaN above all."""
    x = np.random.default_rng(n).integers(0, 7, (40, n)).astype("f4")
    x[::3, ::4] = np.nan
    values, places = ctgrad.from_numpy(x).median(1)
    for row, value, place in zip(x, values.tolist(), places.tolist(), strict=True):
        nan = np.isnan(row)
        rank = n - nan.sum() if nan.any() else (n - 1) // 2
        assert place == np.argsort(row, kind="stable")[rank] and (value == row[place] or nan[place])


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "silu", "softplus", "logsigmoid", "hardtanh", "mish", "hardshrink", "selu", "celu", "gelu"])
@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64, ctgrad.float16])
def test_slopes_of_a_gradient_that_is_the_same_everywhere(name, dtype):
    """The gradient of a sum has the bits that the same numbers give written out."""
    f = getattr(ctgrad.nn.functional, name)
    for shape in ((1,), (37,), (513,), (40, 50), (3, 1025)):
        x = (ctgrad.rand(shape) * 8 - 4).to(dtype).requires_grad_()
        same, = ctgrad.autograd.grad(f(x).sum(), x)
        dense, = ctgrad.autograd.grad(f(x), x, ctgrad.from_numpy(np.ones(shape, str(dtype).split(".")[1])))
        assert ctgrad.equal(same, dense)
