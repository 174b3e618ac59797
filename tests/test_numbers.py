"""The gamma function's kin and `special` against what defines them; what divisors, modes and histograms refuse."""

import math

import numpy as np
import pytest

import ctgrad
from ctgrad import special
from ctgrad.autograd import gradcheck, gradgradcheck


def doubles(*x):
    return ctgrad.tensor(x, dtype=ctgrad.float64, requires_grad=True)


def test_gamma_and_its_derivatives():
    euler = 0.57721566490153286
    x = doubles(1, 2, 0.5, 10, 1e5)
    np.testing.assert_allclose(x.digamma().tolist()[:3], [-euler, 1 - euler, -euler - 2 * math.log(2)], rtol=1e-14)
    np.testing.assert_allclose((x + 1).digamma().tolist(), (x.digamma() + 1 / x).tolist(), rtol=1e-13)
    np.testing.assert_allclose(ctgrad.polygamma(1, x).tolist()[:3], [math.pi ** 2 / 6, math.pi ** 2 / 6 - 1, math.pi ** 2 / 2], rtol=1e-9)  # PyTorch's series
    np.testing.assert_allclose(ctgrad.polygamma(2, x).tolist()[0], -2 * 1.2020569031595942, rtol=1e-14)
    assert x.lgamma()[0] == 0 and x.lgamma().grad_fn is not None
    poles = doubles(0.0, -0.0, -1, -2)
    assert poles.lgamma().tolist() == [math.inf] * 4
    assert poles.digamma().tolist()[:2] == [-math.inf, math.inf] and poles.digamma()[2:].isnan().all()
    assert ctgrad.tensor([3]).lgamma().dtype == ctgrad.float32
    for f in (ctgrad.lgamma, ctgrad.digamma, lambda x: x.polygamma(2)):
        assert gradcheck(f, [doubles(0.7, 3.5)]) and gradgradcheck(f, [doubles(0.7, 3.5)])
    for n in (-1, 1.5):
        with pytest.raises((RuntimeError, TypeError), match="polygamma"):
            ctgrad.polygamma(n, x)


def test_the_inverse_of_erf():
    x = doubles(-0.99, -0.3, 1e-12, 0.5, 1 - 1e-12, 1 - 1e-15)
    y = x.erfinv()
    np.testing.assert_allclose(y[:4].erf().tolist(), x[:4].tolist(), rtol=1e-14)
    np.testing.assert_allclose(y[4:].erfc().tolist(), (1 - x[4:]).tolist(), rtol=1e-12)
    assert ctgrad.tensor([1.0, -1, 0]).erfinv().tolist() == [math.inf, -math.inf, 0] and doubles(1.5).erfinv().isnan().all()
    assert gradcheck(ctgrad.erfinv, [x[:4].detach().requires_grad_()]) and gradgradcheck(ctgrad.erfinv, [x[:4].detach().requires_grad_()])


LONG = np.concatenate([np.linspace(0.05, 12, 531), -np.linspace(0.05, 9.7, 70), [0.0, -0.0, -3, -7.5, math.inf, -math.inf, math.nan, 1e-310, -1e-310, 1e200, 5e305]])


@pytest.mark.parametrize("name", ["erfinv", "lgamma", "digamma", "sin", "cos", "sinh", "cosh", "erf", "trigamma", "power", "gelu"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_places_and_neighbours_change_nothing(name, dtype):
    """An element's value depends neither on those beside it, nor on strides, nor on how many there are (but for powers, whose last ones are libm's)."""
    f = {"trigamma": lambda x: ctgrad.polygamma(1, x), "power": lambda x: x ** 2.5, "gelu": ctgrad.nn.functional.gelu}.get(name) or getattr(ctgrad, name)
    with np.errstate(over="ignore"):
        x = (LONG / 16 if name == "erfinv" else LONG).astype(dtype)
    whole = f(ctgrad.from_numpy(x)).numpy()
    exact = {} if name not in ("power", "sinh", "cosh") else {"rtol": np.finfo(dtype).eps * 4}
    same = np.testing.assert_allclose if exact else np.testing.assert_array_equal
    with np.errstate(all="ignore"):
        same(np.concatenate([f(ctgrad.from_numpy(x[i:i + 1])).numpy() for i in range(len(x))]), whole, **exact)
        same(f(ctgrad.from_numpy(np.repeat(x, 2))[::2]).numpy(), whole, **exact)
        for n in (7, 8, 15, 17, 31, 33, 511, 513):
            same(f(ctgrad.from_numpy(x[:n].copy())).numpy(), whole[:n], **exact)
    if name not in ("trigamma", "power", "gelu"):
        y = ctgrad.from_numpy(x.copy())
        getattr(y, name + "_")()
        np.testing.assert_array_equal(y.numpy(), whole)


def test_gamma_beside_poles_and_far_away():
    x = doubles(3.0, -2.5, 4, -1, 0, -0.0, -math.inf, math.inf, math.nan, 2.559983327851638e305, 2.56e305, 1e-320)
    big = [math.log(2), -0.056243716497674054, math.log(6), math.inf, math.inf, math.inf, math.inf, math.inf, math.nan, 1.7976931348623157e308, math.inf, 736.8272972309546]
    np.testing.assert_allclose(x.lgamma().tolist(), [math.lgamma(1e-320) if b == 736.8272972309546 else b for b in big], rtol=1e-14)
    assert ctgrad.tensor([1e38, -3e38, 3e38]).lgamma().tolist()[1] == math.inf
    second = ctgrad.polygamma(1, x).tolist()
    np.testing.assert_allclose(second[:3], [math.pi**2 / 6 - 1.25, math.pi**2 / 2 + 4 + 4 / 9 + 4 / 25, math.pi**2 / 6 - 49 / 36], rtol=1e-9)
    assert second[3] == (math.pi / math.sin(-math.pi)) ** 2 and second[4:6] == [math.inf] * 2 and math.isnan(second[6]) and second[7] == 0 and math.isnan(second[8])
    assert ctgrad.polygamma(2, x).tolist()[3:6] == [-math.inf] * 3
    for n in (1, 2, 3, 6):  # psi_n(x + 1) - psi_n(x) = (-1)^n n! / x^(n + 1)
        y = doubles(-3.3, -0.7, 0.2, 2.6, 11.5)
        here, step = ctgrad.polygamma(n, y), (-1) ** n * math.factorial(n) / y ** (n + 1)
        assert ((ctgrad.polygamma(n, y + 1) - here - step).abs() <= (1e-9 if n == 1 else 3e-15) * (here.abs() + step.abs())).all()
    assert ctgrad.polygamma(200, doubles(0.5)).item() == -math.inf
    assert math.copysign(1, ctgrad.tensor(-0.0).sin().item()) == math.copysign(1, doubles(-0.0).sin().item()) == -1


def test_special():
    x = doubles(-30, -3, 0.5, 3, 9)
    assert special.ndtr(x)[2].item() == pytest.approx(0.6914624612740131, rel=1e-14)
    np.testing.assert_allclose(special.log_ndtr(x).tolist(), [-454.32124395634327, -6.60772622151035, -0.36894641528865635, -0.001350809964748202, -1.1285884059538408e-19], rtol=1e-12)
    assert gradcheck(special.log_ndtr, [doubles(-30, -3, 0.5, 3)], rtol=1e-5)
    assert special.entr(ctgrad.tensor([0.0, 1, -1])).tolist() == [0, 0, -math.inf]
    assert special.entr(doubles(0.5)).item() == pytest.approx(math.log(2) / 2)
    assert special.xlog1py(ctgrad.tensor([0.0, 0.0]), ctgrad.tensor([-1.0, math.nan])).tolist()[0] == 0
    assert special.xlog1py(doubles(2), 1e-20).item() == 2e-20
    assert gradcheck(special.entr, [doubles(0.3, 2)]) and gradcheck(special.xlog1py, [doubles(0.3, 2), doubles(0.1, 1)])
    assert special.multigammaln(doubles(3), 2).item() == pytest.approx(math.log(math.pi) / 2 + math.lgamma(3) + math.lgamma(2.5))
    assert special.expit is ctgrad.sigmoid and special.psi(doubles(1)).item() < 0
    out = ctgrad.empty(0)
    assert special.ndtr(ctgrad.zeros(2), out=out) is out and out.tolist() == [0.5, 0.5]


def test_divisors_are_of_integers():
    for f in (ctgrad.gcd, ctgrad.lcm):
        for bad in (ctgrad.ones(2), ctgrad.ones(2, dtype=ctgrad.bool)):
            with pytest.raises(NotImplementedError, match="not implemented"):
                f(bad, bad)
    x = ctgrad.tensor([12, 18])
    assert x.gcd_(ctgrad.tensor([8, 12])) is x and x.tolist() == [4, 6]
    assert ctgrad.gcd(x.to(ctgrad.int32), x.to(ctgrad.uint8)).dtype == ctgrad.int32


def test_mantissas_and_exponents():
    x = ctgrad.tensor([1e-40, 3.0, -0.0, 5e30, -math.inf])
    mantissa, exponent = x.frexp()
    assert exponent.dtype == ctgrad.int32 and (mantissa[:4].ldexp(exponent[:4]) == x[:4]).all() and mantissa[4] == -math.inf
    assert ctgrad.frexp(x[1:3].bfloat16()).mantissa.dtype == ctgrad.bfloat16
    with pytest.raises(RuntimeError, match="floating-point"):
        ctgrad.frexp(ctgrad.arange(3))
    for outputs in ((ctgrad.empty(5).double(), ctgrad.empty(5).int()), (ctgrad.empty(5), ctgrad.empty(5).long())):
        with pytest.raises(RuntimeError, match="dtype"):
            ctgrad.frexp(x, out=outputs)


def test_next_numbers_of_halves():
    x = ctgrad.tensor([1.0, 0.0, -0.0, -1.0, 2.0, math.inf])
    y = ctgrad.tensor([0.0, 1.0, -1.0, 0.0, 2.0, 0.0])
    for dtype, eps in ((ctgrad.float16, 2.0**-11), (ctgrad.bfloat16, 2.0**-8)):
        limits = ctgrad.finfo(dtype)
        least = limits.tiny * limits.eps
        assert ctgrad.nextafter(x.to(dtype), y.to(dtype)).tolist() == [1 - eps, least, -least, eps - 1, 2.0, limits.max]
        assert ctgrad.nextafter(x[:1].to(dtype), ctgrad.tensor([math.nan]).to(dtype)).isnan().all()
    x.requires_grad_()
    assert ctgrad.autograd.grad(ctgrad.nextafter(x, y).sum(), x)[0].tolist() == [1, 1, 1, 1, 0, 1]
    with pytest.raises(NotImplementedError):
        ctgrad.nextafter(ctgrad.arange(2), ctgrad.arange(2))


def test_mode():
    x = ctgrad.tensor([[1, 2, 2, 1], [3, 3, 0, 1]], dtype=ctgrad.float64, requires_grad=True)
    values, places = x.mode()
    assert values.tolist() == [1, 3] and places.tolist() == [3, 1]
    assert ctgrad.autograd.grad(values.sum(), x)[0].tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]
    assert x.mode(0, True).values.shape == (1, 4) and ctgrad.tensor(3.0).mode()[1] == 0
    assert ctgrad.tensor([True, False, True]).mode().values.dtype == ctgrad.bool
    with pytest.raises(IndexError):
        ctgrad.ones(2, 0).mode()
    out = (ctgrad.empty(0, dtype=ctgrad.float64), ctgrad.empty(0, dtype=ctgrad.int64))
    with ctgrad.no_grad():
        assert ctgrad.mode(x, out=out).values is out[0] and out[1].tolist() == [3, 1]


@pytest.mark.parametrize("call", [
    lambda x: ctgrad.histogram(x, 0), lambda x: ctgrad.histogram(x, ctgrad.ones(2, 2)), lambda x: ctgrad.histogram(x, 3, range=(2, 1)),
    lambda x: ctgrad.histogram(x, 3, weight=ctgrad.ones(2)), lambda x: ctgrad.histogram(x, ctgrad.ones(2).double()),
    lambda x: ctgrad.histogram(x, 3, weight=ctgrad.ones(3).double()), lambda x: ctgrad.histogram(x / 0, 3),
    lambda x: ctgrad.histogram(x, 3, out=(x.double(), x.clone())),
])
def test_histogram_refuses(call):
    with pytest.raises(RuntimeError, match="histogram"):
        call(ctgrad.rand(3))


def test_activations_as_methods():
    x = ctgrad.tensor([-1.0, 0.2, 2.0])
    assert x.hardshrink(0.5).tolist() == [-1, 0, 2] and x.prelu(ctgrad.tensor([0.5])).tolist() == ctgrad.prelu(x, ctgrad.tensor([0.5])).tolist()


def test_the_bound_of_a_shrink_is_compared_as_a_half():
    for dtype in (ctgrad.float16, ctgrad.bfloat16):
        x = ctgrad.tensor([0.3, 0.31], dtype=dtype, requires_grad=True)
        assert (x.hardshrink(0.3) != 0).tolist() == [False, True]
        for f in (ctgrad.nn.functional.hardshrink, ctgrad.nn.functional.softshrink):
            assert ctgrad.autograd.grad(f(x, 0.3).sum(), x)[0].tolist() == [0, 1]


def test_xlogy_promotes_before_it_takes_logarithms():
    x, y = ctgrad.tensor([3.0]), ctgrad.tensor([7.0], dtype=ctgrad.float16)
    assert ctgrad.xlogy(x, y).item() == ctgrad.xlogy(x, y.float()).item() and special.xlog1py(x, y).item() == special.xlog1py(x, y.float()).item()


def test_quantiles_of_the_normal_distribution():
    p = ctgrad.cat([ctgrad.linspace(0.001, 0.999, 999, dtype=ctgrad.float64), doubles(1e-300, 1e-20, 1e-13, 1e-5, 1 - 1e-5)])
    x = special.ndtri(p)
    assert ctgrad.allclose(special.ndtr(x), p, rtol=1e-12, atol=2e-16) and ctgrad.allclose(special.log_ndtr(x), p.log(), rtol=1e-12)
    assert ctgrad.allclose(special.ndtri(p[:999].float()), x[:999].float(), rtol=1e-5, atol=1e-6)
    np.testing.assert_equal(special.ndtri(doubles(0, 1, -0.1, 1.1, math.nan, 0.5)).tolist(), [-math.inf, math.inf, math.nan, math.nan, math.nan, 0])
    q = doubles(0.01, 0.3, 0.9)
    assert gradcheck(special.ndtri, [q]) and ctgrad.autograd.gradgradcheck(special.ndtri, [q])
    out = ctgrad.empty(0)
    assert special.ndtri(ctgrad.full((2,), 0.5), out=out) is out and out.tolist() == [0, 0] and special.ndtri(ctgrad.tensor(True)) == math.inf
    with pytest.raises(NotImplementedError):
        special.ndtri(ctgrad.ones(2).half())


def test_bessel_functions_of_the_other_kinds():
    """J by its integral over angles and K by its over the real line, on both sides of where the series change, and what stands at 0, below it and far away."""
    x = np.array([-31.0, -5.5, -0.3, 1e-8, 1.9, 2.1, 4.9, 5.1, 29.0])
    angles, t = np.arange(400) * (2 * np.pi / 400), np.linspace(0, 30, 60001)
    inside = doubles(*x), doubles(*x[3:])
    for order in (0, 1):
        j = np.cos(order * angles - np.multiply.outer(x, np.sin(angles))).mean(-1)
        rows = np.exp(-np.multiply.outer(x[3:], np.cosh(t))) * np.cosh(order * t)
        k = (rows.sum(-1) - rows[:, 0] / 2) * t[1]
        assert np.allclose(getattr(special, f"bessel_j{order}")(inside[0]).numpy(), j, rtol=1e-12, atol=1e-14)
        assert np.allclose(getattr(special, f"modified_bessel_k{order}")(inside[1]).numpy(), k, rtol=1e-10)
        assert np.allclose(getattr(special, f"scaled_modified_bessel_k{order}")(inside[1]).numpy(), k * np.exp(x[3:]), rtol=1e-10)
        ends = getattr(special, f"modified_bessel_k{order}")(doubles(0, -1, math.inf, math.nan)).tolist()
        assert ends[0] == math.inf and ends[2] == 0 and math.isnan(ends[1]) and math.isnan(ends[3])
    assert special.bessel_j0(doubles(0)).item() == 1 and special.bessel_j1(doubles(0)).item() == 0 and special.modified_bessel_k0(doubles(1, 2, 3, 4).reshape(2, 2).t()).stride() == (1, 2)


def test_bessel_functions_of_the_second_kind_and_airy():
    """By the Wronskian of J and Y, Airy's by its integral from 0 on; both differ from the true ones as PyTorch's do, by up to 1e-6."""
    x = doubles(*np.linspace(0.05, 40, 300))
    j0, j1, y0, y1 = (getattr(special, f"bessel_{name}")(x) for name in ("j0", "j1", "y0", "y1"))
    assert ctgrad.allclose((j1 * y0 - j0 * y1) * x, ctgrad.full_like(x, 2 / math.pi), rtol=1e-5)
    at = np.array([-6.0, -2.2, -2.0, 0.0, 0.7, 2.0, 2.2, 4.0])
    t, h = np.linspace(0, 9, 90001, retstep=True)                            # along the ray of angle pi / 6 the integrand falls as exp(-t^3 / 3)
    turn = np.exp(1j * np.pi / 6)
    values = np.exp(1j * ((t * turn) ** 3 / 3 + np.multiply.outer(at, t * turn))) * turn
    wanted = ((values.sum(-1) - values[:, 0] / 2) * h).real / np.pi
    assert np.allclose(special.airy_ai(doubles(*at)).numpy(), wanted, rtol=2e-5, atol=2e-8)
    for f in (special.bessel_y0, special.bessel_y1):
        assert np.array_equal(f(doubles(0, -1, math.inf)).numpy(), [-math.inf, math.nan, math.nan], equal_nan=True)
    assert special.airy_ai(doubles(104)).item() == 0 and special.airy_ai(doubles(math.inf, -math.inf)).isnan().all()
    with pytest.raises(NotImplementedError, match='"airy_ai_cpu" not implemented for'):
        special.airy_ai(doubles(1).half())


def test_bessel_functions():
    """By their series, by the recurrence of their derivatives, and where the series beyond 8 takes over."""
    x = ctgrad.tensor([-3.0, -0.5, 0.0, 1e-9, 2.0, 8.0], dtype=ctgrad.float64, requires_grad=True)
    series = [sum((x.detach() / 2) ** (2 * k + n) / float(math.factorial(k) * math.factorial(k + n)) for k in range(40)) for n in (0, 1)]
    assert ctgrad.allclose(special.i0(x), series[0], rtol=1e-13) and ctgrad.allclose(special.i1(x), series[1], rtol=1e-13, atol=0)
    assert ctgrad.allclose(special.i0e(x), series[0] * (-x.abs()).exp(), rtol=1e-13) and ctgrad.allclose(special.i1e(x), series[1] * (-x.abs()).exp(), rtol=1e-13)
    assert ctgrad.allclose(ctgrad.autograd.grad(special.i0(x).sum(), x)[0], series[1], rtol=1e-12)
    assert gradgradcheck(special.i1e, x.detach()[[0, 1, 4, 5]].requires_grad_())
    edge = ctgrad.tensor([7.9999999, 8.0000001], dtype=ctgrad.float64)
    assert abs(special.i0e(edge)[0] / special.i0e(edge)[1] - 1) < 1e-7 and special.i0e(ctgrad.tensor([math.inf])) == 0
    assert ctgrad.i0(ctgrad.tensor([0, 1])).dtype == ctgrad.float32 and ctgrad.ones(1).half().i0_().dtype == ctgrad.float16


def test_hurwitz_zeta():
    assert abs(special.zeta(ctgrad.tensor(2.0).double(), 1) - math.pi**2 / 6) < 1e-14
    q = ctgrad.tensor([0.5, 3.0, -1.5], dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.allclose(special.zeta(3, q) - special.zeta(3, q + 1), q ** -3.0)
    assert ctgrad.allclose(special.zeta(4, q[:2]), special.polygamma(3, q[:2]) / 6)
    assert ctgrad.allclose(ctgrad.autograd.grad(special.zeta(2, q).sum(), q)[0], -2 * special.zeta(3, q))
    odd = special.zeta(ctgrad.tensor([1.0, 0.5, 2.0, 2.5, 2.0]), ctgrad.tensor([1.0, 1.0, -3.0, -0.5, math.nan]))
    assert odd[[0, 2]].isinf().all() and odd[[1, 3, 4]].isnan().all()
    with pytest.raises(NotImplementedError, match="zeta"):
        special.zeta(q[:1].detach().requires_grad_() + 2, 1.0).sum().backward()


@pytest.mark.parametrize(("a", "x", "lower", "upper"), [  # by mpmath, 30 digits
    (0.25, 1e-9, 0.00620410181252695628, 0.993795898187473044), (1e-12, 1e-9, 0.999999999979853950, 2.01460501728427686e-11),
    (30.0, 36.0, 0.862112398975099479, 0.137887601024900521), (1e10, 1e10 - 5e5, 2.8653265451088906e-7, 1 - 2.8653265451088906e-7),
    (1e10, 1e10 + 5e5, 1 - 2.86770529636712388e-7, 2.86770529636712388e-7), (3e5, 2.99e5, 0.0338374323591611632, 0.966162567640838837), (100.0, 250.0, 1.0, 1.17370177044877872e-27)])
def test_incomplete_gamma(a, x, lower, upper):
    assert ctgrad.igamma(doubles(a), doubles(x)).item() == pytest.approx(lower, rel=1e-14)
    assert ctgrad.igammac(doubles(a), doubles(x)).item() == pytest.approx(upper, rel=1e-13)


@pytest.mark.parametrize(("a", "x"), [(0.3, 0.4), (0.7, 3.0), (5.0, 3.0), (19.9, 21.0), (20.1, 21.0), (20.1, 28.0), (199.0, 190.0), (201.0, 170.0), (1e3, 1e3), (1e6, 1.001e6)])
def test_incomplete_gamma_by_the_order(a, x):
    """From each formula into the next: P + Q = 1, and P(a + 1, x) = P(a, x) - x^a e^-x / gamma(a + 1)."""
    one, other = doubles(a), doubles(x)
    p, q = ctgrad.igamma(one, other).item(), ctgrad.igammac(one, other).item()
    assert p + q == pytest.approx(1, rel=1e-15)
    step = math.exp(a * math.log(x) - x - math.lgamma(a + 1))
    assert p - ctgrad.igamma(one + 1, other).item() == pytest.approx(step, rel=1e-7, abs=1e-14)


def test_incomplete_gamma_where_it_ends():
    inf, nan = math.inf, math.nan
    a, x = doubles(0, 0, 2, inf, inf, 2, -1, 2, nan), doubles(0, 1, 0, 1, inf, inf, 1, -1, 1)
    p, q = ctgrad.igamma(a, x), ctgrad.igammac(a, x)
    assert p.tolist()[1:4] == [1, 0, 0] and q.tolist()[1:4] == [0, 1, 1] and p[5] == 1 and q[5] == 0
    assert p[[0, 4, 6, 7, 8]].isnan().all() and q[[0, 4, 6, 7, 8]].isnan().all()
    assert ctgrad.igamma(doubles(1e10), doubles(1e10)).item() == pytest.approx(0.5, abs=2e-6)  # a fixed number of steps


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64, ctgrad.int64, ctgrad.uint8])
def test_clamp_where_bounds_are_lines_or_numbers(dtype):
    """Each of both bounds a line of its own or one number for all: as maximum and minimum; a NaN among them wins."""
    x = (ctgrad.arange(97) * 37 % 101).to(dtype)
    line, one = (ctgrad.arange(97) * 53 % 89).to(dtype), ctgrad.full((1,), 40).to(dtype)
    if dtype.is_floating_point:
        line[5], x[6], x[5] = math.nan, math.nan, 3
    for low, high in ((line, line.flip(0)), (line, one), (one, line), (one, one + 9), (line, None), (None, line)):
        wanted = x if low is None else ctgrad.maximum(x, low)
        wanted = wanted if high is None else ctgrad.minimum(wanted, high)
        for made in (x.clamp(low, high), ctgrad.stack([x, x], 1)[:, 0].clamp(low, high)):
            np.testing.assert_array_equal(made.numpy(), wanted.numpy())


def test_chebyshev_polynomials_of_a_degree_too_high_for_steps():
    """Angles within [-1, 1], and outside of it no step after the last number that float64 holds."""
    x, n = ctgrad.tensor([0.5, 1.0, -1.0, 2.0], dtype=ctgrad.float64), 3 * 2**40
    wanted = {"t": [1.0, 1.0, 1.0], "u": [1.0, n + 1, n + 1], "v": [1.0, 1.0, 2 * n + 1], "w": [1.0, 2 * n + 1, 1.0]}
    for kind, values in wanted.items():
        for made in (getattr(ctgrad.special, f"chebyshev_polynomial_{kind}")(x, n), getattr(ctgrad.special, f"shifted_chebyshev_polynomial_{kind}")((x + 1) / 2, n)):
            np.testing.assert_allclose(made[:3].numpy(), values, rtol=0.01)
            assert made[3].isnan()


@pytest.mark.parametrize("dtype", [ctgrad.float16, ctgrad.bfloat16, ctgrad.float32, ctgrad.float64])
def test_parts_of_numbers_are_exact(dtype):
    x = ctgrad.tensor([0.0, -0.0, 1, -1, 3.7, -1e-310, 5e-324, 1.7e308, math.inf, -math.inf, math.nan, 0.5, -0.25], dtype=ctgrad.float64).to(dtype)
    for y in (x, x.expand(2, 13), x[None, :, None].repeat(2, 1, 3).transpose(0, 1), x[::2], x[:0], x[:8].clone().requires_grad_()):
        mantissa, exponent = ctgrad.frexp(y)
        wide = y.detach().double()
        parts = np.frexp(wide.numpy())
        assert mantissa.dtype is dtype and exponent.dtype is ctgrad.int32 and mantissa.stride() == exponent.stride() == ctgrad.empty_like(y).stride()
        np.testing.assert_array_equal(mantissa.detach().double().numpy(), parts[0])
        np.testing.assert_array_equal(exponent.numpy(), parts[1])
