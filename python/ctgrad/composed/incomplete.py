"""The regularised incomplete gamma functions, in float64."""

import math

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._dtypes import unsupported
from ctgrad.autograd.function import Function
from ctgrad.composed import _in_place, need_tensor, with_out
from ctgrad.composed.closed import named

__all__ = ["igamma", "igammac"]

_ENOUGH, _TINY, _STEPS = 2.0 ** -53, 1e-300, 20000


def _scale(a, x):
    """x^a e^-x / Gamma(a + 1)"""
    return (a * x.log() - x - (a + 1).lgamma()).exp()


def _series(a, x):
    """P(a, x) for x below a, or below 1: x^a e^-x / Gamma(a + 1) times the sum of x^k / ((a + 1) ... (a + k))."""
    total, term = _C.ones_like(x), _C.ones_like(x)
    for k in range(1, _STEPS):
        term = term * x / (a + k)
        total = total + term
        if bool((term <= _ENOUGH * total).all()):
            break
    return total * _scale(a, x)


def _fraction(a, x):
    """Q(a, x) elsewhere, by Legendre's continued fraction, evaluated from the front (Lentz)."""
    b = x + 1 - a
    c, d = _C.full_like(x, 1 / _TINY), 1 / b
    total = d
    for k in range(1, _STEPS):
        step = k * (a - k)
        b = b + 2
        d = step * d + b
        d = 1 / _C.where(d.abs() < _TINY, _TINY, d)
        c = b + step / c
        c = _C.where(c.abs() < _TINY, _TINY, c)
        total = total * (c * d)
        if bool(((c * d - 1).abs() <= 2 * _ENOUGH).all()):
            break
    return total * a * _scale(a, x)


def _lower(a, x, upper):
    """P, or Q = 1 - P, of float64's."""
    a, x = ctgrad.broadcast_tensors(a, x)
    plain = (a > 0) & (x > 0) & a.isfinite() & x.isfinite()
    by_series = (x <= a) | (x <= 1)
    low, high = plain & by_series, plain & ~by_series
    made = _C.full_like(x, math.nan)
    made = _C.where((x == 0) & (a > 0) | (a == math.inf) & (x >= 0) & x.isfinite(), float(upper), made)
    made = _C.where((a == 0) & (x > 0) | (x == math.inf) & (a >= 0) & a.isfinite(), float(not upper), made)
    for mask, f, complement in ((low, _series, upper), (high, _fraction, not upper)):
        if bool(mask.any()):
            part = f(a[mask], x[mask])
            made = made.masked_scatter(mask, 1 - part if complement else part)
    return made


class _Incomplete(Function):
    @staticmethod
    def forward(ctx, a, x, upper):
        ctx.save_for_backward(a, x)
        ctx.upper = upper
        return _lower(a.double(), x.double(), upper).to(a.dtype)

    @staticmethod
    def backward(ctx, g):
        a, x = ctx.saved_tensors
        name = "igammac" if ctx.upper else "igamma"
        if ctx.needs_input_grad[0]:
            raise NotImplementedError(f"the derivative for '{name}: input' is not implemented.")
        of_x = g * ((a - 1) * x.log() - x - a.lgamma()).exp()
        return None, (-of_x if ctx.upper else of_x).sum_to_size(x.shape), None


class _Lower(_Incomplete):
    pass


class _Upper(_Incomplete):
    pass


named("IgammaBackward0")(_Lower)
named("IgammacBackward0")(_Upper)


def _checked(name, input, other):
    need_tensor(name, input)
    need_tensor(name, other, "other", 2)
    dtype = ctgrad.result_type(input, other)
    if not dtype.is_floating_point:
        raise unsupported(f"{name}_cpu", dtype)
    ctgrad.broadcast_shapes(input.shape, other.shape)
    return input.to(dtype), other.to(dtype)


@with_out
def igamma(input, other):
    """The regularised lower incomplete gamma function of order input at other, both above 0; they broadcast. No gradient of the order."""
    return _Lower.apply(*_checked("igamma", input, other), False)


@with_out
def igammac(input, other):
    """1 - igamma, the regularised upper incomplete gamma function."""
    return _Upper.apply(*_checked("igammac", input, other), True)


for _f in (igamma, igammac):
    setattr(Tensor, _f.__name__, _f)
    setattr(Tensor, _f.__name__ + "_", _in_place(_f.__wrapped__))
