"""Orthogonal polynomials by their recurrences, Bessel functions by integrals over angles, and exp(x^2) erfc(x): constants to the history, in float64."""

import math
from typing import Any

import ctgrad
from ctgrad import _C
from ctgrad.composed import need_tensor

_FAR = 30.0


def _operands(name, *given):
    tensors = [x for x in given if isinstance(x, ctgrad.Tensor)]
    if not tensors:
        need_tensor(name, given[0])
    dtype = ctgrad.result_type(*given) if len(given) > 1 else given[0].dtype
    return dtype if dtype.is_floating_point else _C.get_default_dtype(), [x.detach().double() if isinstance(x, ctgrad.Tensor) else _C.tensor(float(x), dtype=_C.float64) for x in given]


_RECURRED = 6  # the highest degree that PyTorch, too, comes to by the recurrence where angles are another way


def _polynomial(name, first, second, onward, doc, shift=False, grows=False, at_angle=None):
    """P_0 = first(x), P_1 = second(x), P_k = onward(k, x, P_k-1, P_k-2); of a degree below 0, or that is no number: 0. Those that grow
    like factorials are nan from where PyTorch does not follow them. at_angle(n, x) needs no recurrence where x is within [-1, 1]: with it
    the number of steps is bounded by what float64 holds, not by n."""

    def f(input, n: Any):
        dtype, (x, n) = _operands(name, input, n)
        x, n = ctgrad.broadcast_tensors(2 * x - 1 if shift else x, _C.where(n.isfinite(), n.trunc(), -1.0))
        before, now = first(x), second(x)
        made = _C.where(n == 0, before, _C.where(n < 0, 0.0, now))
        most = math.inf if not grows else 512 if dtype == _C.float64 else 128
        if at_angle:
            direct = (n > _RECURRED) & (x.abs() <= 1)
            made, n = _C.where(direct, at_angle(n, x), made), n.masked_fill(direct, 0)
        for k in range(2, int(n.clamp(max=most).max().item()) + 1 if n.numel() else 0):
            before, now = now, onward(k, x, now, before)
            made = _C.where(n >= k, now, made)
            if k % 64 == 0 and not (now == now)[n > k].any():
                break  # what is nan stays so
        return made.masked_fill(n > most, math.nan).to(dtype)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = doc
    return f


def _twice(k, x, now, before):
    return 2 * x * now - before


def _by_angles(kind):
    """Chebyshev's polynomials in a = acos(x); U, V and W divide by what is 0 at an end, where they are n + 1 and 2 n + 1 but for the sign."""

    def at_angle(n, x):
        a, sign = x.acos(), 1 - 2 * (n % 2)
        if kind == "t":
            return _C.where(x == -1, sign, (n * a).cos())
        if kind == "u":
            return _C.where(x == 1, n + 1, _C.where(x == -1, sign * (n + 1), ((n + 1) * a).sin() / a.sin()))
        if kind == "v":
            return _C.where(x == -1, sign * (2 * n + 1), ((n + 0.5) * a).cos() / (a / 2).cos())
        return _C.where(x == 1, 2 * n + 1, _C.where(x == -1, sign, ((n + 0.5) * a).sin() / (a / 2).sin()))

    return at_angle


_ones = _C.ones_like
POLYNOMIALS = {
    f"{prefix}chebyshev_polynomial_{kind}": _polynomial(f"{prefix}chebyshev_polynomial_{kind}", _ones, second, _twice, f"Chebyshev's polynomial of kind {kind.upper()} and degree n{where}.", bool(prefix), at_angle=_by_angles(kind))
    for prefix, where in (("", ""), ("shifted_", ", at 2 x - 1"))
    for kind, second in (("t", lambda x: x), ("u", lambda x: 2 * x), ("v", lambda x: 2 * x - 1), ("w", lambda x: 2 * x + 1))
} | {
    "hermite_polynomial_h": _polynomial("hermite_polynomial_h", _ones, lambda x: 2 * x, lambda k, x, now, before: 2 * x * now - 2 * (k - 1) * before, "Hermite's polynomial of the physicists, of degree n.", grows=True),
    "hermite_polynomial_he": _polynomial("hermite_polynomial_he", _ones, lambda x: x, lambda k, x, now, before: x * now - (k - 1) * before, "Hermite's polynomial of the probabilists, of degree n.", grows=True),
    "laguerre_polynomial_l": _polynomial("laguerre_polynomial_l", _ones, lambda x: 1 - x, lambda k, x, now, before: ((2 * k - 1 - x) * now - (k - 1) * before) / k, "Laguerre's polynomial of degree n."),
    "legendre_polynomial_p": _polynomial("legendre_polynomial_p", _ones, lambda x: x, lambda k, x, now, before: ((2 * k - 1) * x * now - (k - 1) * before) / k, "Legendre's polynomial of degree n."),
}


def _bessel_j(order, x):
    """Up to _FAR the mean of cos(order t - x sin t) over 96 angles, whose error is J_96; from there on Hankel's series."""
    size, far = x.abs(), x.abs() > _FAR
    angles = _C.arange(96, dtype=_C.float64) * (2 * math.pi / 96)
    near = (order * angles - size.masked_fill(far, 0).unsqueeze(-1) * angles.sin()).cos().mean(-1)
    z = size.masked_fill(~far, _FAR)
    parts, term = [_ones(z), _C.zeros_like(z)], _ones(z)
    for k in range(1, 17):
        term = term * ((4 * order * order - (2 * k - 1) ** 2) / (8 * k)) / z
        parts[k % 2] = parts[k % 2] + (term if k % 4 < 2 else -term)
    turned = z - (2 * order + 1) * math.pi / 4
    made = _C.where(far, (2 / (math.pi * z)).sqrt() * (parts[0] * turned.cos() - parts[1] * turned.sin()), near)
    return (made * x.sign()).masked_fill(x == 0, 0) if order else made


def _bessel_k(order, x):
    """e^x K_order(x), the integral of e^(x (1 - cosh t)) cosh(order t) from 0 on, by the trapezoidal rule."""
    top = (2 * (800.0 / x.clamp_min(1e-300)).add(1).log()).clamp(2.0, 1500.0)
    t = _C.linspace(0, 1, 1025, dtype=_C.float64) * top.unsqueeze(-1)
    rows = (x.unsqueeze(-1) * (1 - t.cosh())).exp() * (order * t).cosh()
    made = ctgrad.trapezoid(rows.nan_to_num(0.0), dim=-1) * top / 1024
    return made.masked_fill(x == 0, math.inf).masked_fill((x < 0) | x.isnan(), math.nan)


def _of_one(name, f, doc):
    def made(input):
        dtype, (x,) = _operands(name, input)
        return f(x).to(dtype)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = doc
    return made


def _erfcx(x):
    """Below 10 as it is written; from there on by Laplace's continued fraction."""
    far = x > 10
    z = x.masked_fill(~far, 10.0)
    tail = z
    for k in range(40, 0, -1):
        tail = z + (k / 2) / tail
    near = x.masked_fill(far, 0)
    return _C.where(far, 1 / (tail * math.sqrt(math.pi)), (near * near).exp() * near.erfc())


def _i(order):
    from ctgrad import _bessel

    return (_bessel.i0, _bessel.i1)[order]


ONES = {name: _of_one(name, f, doc) for name, f, doc in (
    ("bessel_j0", lambda x: _bessel_j(0, x), "Bessel's function of the first kind and order 0."), ("bessel_j1", lambda x: _bessel_j(1, x), "Bessel's function of the first kind and order 1."),
    ("modified_bessel_i0", lambda x: _i(0)(x), "The modified Bessel function of the first kind and order 0."), ("modified_bessel_i1", lambda x: _i(1)(x), "The modified Bessel function of the first kind and order 1."),
    ("modified_bessel_k0", lambda x: _bessel_k(0, x) * (-x).exp(), "The modified Bessel function of the second kind and order 0."),
    ("modified_bessel_k1", lambda x: _bessel_k(1, x) * (-x).exp(), "The modified Bessel function of the second kind and order 1."),
    ("scaled_modified_bessel_k0", lambda x: _bessel_k(0, x), "e^x modified_bessel_k0(x)"), ("scaled_modified_bessel_k1", lambda x: _bessel_k(1, x), "e^x modified_bessel_k1(x)"),
    ("spherical_bessel_j0", lambda x: _C.where(x == 0, 1.0, x.sin() / x), "sin(x) / x"), )}
ERFCX = _of_one("erfcx", _erfcx, "exp(x^2) erfc(x)")
