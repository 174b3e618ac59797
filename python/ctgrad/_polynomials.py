"""Orthogonal polynomials by their recurrences, and Bessel functions: constants to the history, in float64."""

import math
from typing import Any

import ctgrad
from ctgrad import _C, _bessel
from ctgrad._dtypes import unsupported
from ctgrad.composed import need_tensor


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
        x, n = 2 * x - 1 if shift else x, _C.where(n.isfinite(), n.trunc(), -1.0)
        before, now = first(x), second(x)
        made = _C.where(n == 0, before, _C.where(n < 0, 0.0, now))
        most = math.inf if not grows else 512 if dtype == _C.float64 else 128
        if at_angle:
            direct = (x.abs() <= 1) & (n > _RECURRED)   # x first: results lie as it does
            made, n = _C.where(direct, at_angle(n, x), made), _C.where(direct, 0.0, n)
        for k in range(2, int(n.clamp(max=most).max().item()) + 1 if n.numel() else 0):
            before, now = now, onward(k, x, now, before)
            made = _C.where(n >= k, now, made)
            if k % 64 == 0 and not ((now == now) & (n > k)).any():
                break  # what is nan stays so
        return _C.where(n > most, math.nan, made).to(dtype)

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


def _of_one(name, f, doc, argument="input", wide=True):
    """f at float64, or, where not wide, at the dtype of the result. Halves are refused, as by PyTorch."""

    def made(input):
        need_tensor(f"special_{name}", input, argument)
        dtype = input.dtype if input.is_floating_point() else _C.get_default_dtype()
        if dtype not in (_C.float32, _C.float64):
            raise unsupported(f"{name}_cpu", dtype)
        return f(input.detach().to(_C.float64 if wide else dtype)).to(dtype)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = doc
    return made


ONES = {name: _of_one(name, f, doc, *how) for name, f, doc, *how in (
    ("airy_ai", _bessel.airy, "Airy's function Ai.", "x", False),
    ("bessel_y0", lambda x: _bessel.y(0, x), "Bessel's function of the second kind and order 0.", "input", False), ("bessel_y1", lambda x: _bessel.y(1, x), "Bessel's function of the second kind and order 1.", "input", False),
    ("bessel_j0", lambda x: _bessel.j(0, x), "Bessel's function of the first kind and order 0."), ("bessel_j1", lambda x: _bessel.j(1, x), "Bessel's function of the first kind and order 1."),
    ("modified_bessel_i0", _bessel.i0, "The modified Bessel function of the first kind and order 0."), ("modified_bessel_i1", _bessel.i1, "The modified Bessel function of the first kind and order 1."),
    ("modified_bessel_k0", lambda x: _bessel.k(0, x, False), "The modified Bessel function of the second kind and order 0."),
    ("modified_bessel_k1", lambda x: _bessel.k(1, x, False), "The modified Bessel function of the second kind and order 1."),
    ("scaled_modified_bessel_k0", lambda x: _bessel.k(0, x, True), "e^x modified_bessel_k0(x)", "x"), ("scaled_modified_bessel_k1", lambda x: _bessel.k(1, x, True), "e^x modified_bessel_k1(x)", "x"),
    ("spherical_bessel_j0", lambda x: _C.where(x == 0, 1.0, x.sin() / x), "sin(x) / x", "x"), )}
