"""`torch.special`: functions by their mathematical names."""

import math
import numbers

import ctgrad
from ctgrad import _C
from ctgrad._C import digamma, erf, erfc, erfinv, exp2, expm1, log1p, log_softmax, logsumexp, round, softmax
from ctgrad._C import lgamma as gammaln
from ctgrad._C import sigmoid as expit
from ctgrad import _bessel, _polynomials, _quantile
from ctgrad.composed import need_tensor, registry, with_out, with_shared_out
from ctgrad.composed.closed import node
from ctgrad.composed.incomplete import igamma as gammainc, igammac as gammaincc
from ctgrad.composed.logs import times_log1p
from ctgrad.composed.integrals import plus, times

i0e, i1, i1e, ndtri, zeta = map(with_out, (_bessel.i0e, _bessel.i1, _bessel.i1e, _quantile.ndtri, _bessel.zeta))
globals().update({_name: with_out(_f) for _name, _f in {**_polynomials.POLYNOMIALS, **_polynomials.ONES}.items()})
psi = digamma
i0, logit, polygamma, sinc, xlogy = (registry[name] for name in ("i0", "logit", "polygamma", "sinc", "xlogy"))

__all__ = ["digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp",
           "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta", "erfcx",
           *_polynomials.POLYNOMIALS, *_polynomials.ONES]


@with_out
@node("SpecialEntrBackward0")
def entr(input):
    """-x log(x): 0 at 0, -inf below it."""
    need_tensor("special_entr", input)
    x = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    return _C.where(x < 0, -math.inf, _C.where(x == 0, 0.0, -xlogy(x, x.masked_fill(x < 0, 1))))


@with_out
def xlog1py(input, other):
    """input log(1 + other), and 0 where input is 0 and other no NaN; both broadcast."""
    like = input if isinstance(input, ctgrad.Tensor) else other
    need_tensor("special_xlog1py", like)
    dtype = like.dtype if like.is_floating_point() else _C.get_default_dtype()
    x, y = (v if isinstance(v, ctgrad.Tensor) else _C.full((), v, dtype=dtype) for v in (input, other))
    x, y = (v.to(ctgrad.result_type(_C.zeros((), dtype=dtype) if not x.is_floating_point() else x, y)) for v in (x, y))
    form = 2 if not isinstance(other, ctgrad.Tensor) else 0 if isinstance(input, ctgrad.Tensor) else 1
    return times_log1p(f"SpecialXlog1PyBackward{form}", x, y, form == 2)


@with_shared_out
def ndtr(input):
    """The distribution function of the standard normal distribution, as PyTorch computes it; in the left tail ``log_ndtr`` is accurate, and erfc."""
    need_tensor("special_ndtr", input)
    return times(plus(times(input, math.sqrt(0.5)).erf(), 1), 0.5)


@with_out
@node("SpecialErfcxBackward0", results=(0,))
def erfcx(input):
    """exp(x^2) erfc(x): up to 10 as it is written, from there on by Laplace's continued fraction, of negative x as 2 exp(x^2) - erfcx(-x)."""
    need_tensor("special_erfcx", input)
    x = input.double()
    below = x < 0
    size = _C.where(below, -x, x)
    far = size > 10
    z = size.masked_fill(~far, 10.0)
    tail = z
    for k in range(40, 0, -1):
        tail = z + (k / 2) / tail
    near = size.masked_fill(far, 0)
    made = _C.where(far, 1 / (tail * math.sqrt(math.pi)), (near * near).exp() * near.erfc())
    made = _C.where(below, 2 * x.masked_fill(~below, 0).square().exp() - made, made)
    return made.to(input.dtype if input.is_floating_point() else _C.get_default_dtype())


@with_out
@node("SpecialLogNdtrBackward0", results=(0,))
def log_ndtr(input):
    """The logarithm of ndtr, accurate in the left tail."""
    need_tensor("special_log_ndtr", input)
    x = input.double()
    far, right = x < -20, x > 0
    middle, tail = x.masked_fill(far | right, 0), x.masked_fill(~far, -20)
    series, term = _C.ones_like(tail), _C.ones_like(tail)
    for k in range(1, 12):
        term = term * -(2 * k - 1) / tail.square()
        series = series + term
    left = -tail.square() / 2 - (-tail).log() - math.log(2 * math.pi) / 2 + series.log()
    below = [(t * -math.sqrt(0.5)).erfc() / 2 for t in (middle, -x.masked_fill(~right, 0))]
    made = _C.where(far, left, _C.where(right, (-below[1]).log1p(), below[0].log()))
    return made.to(input.dtype if input.is_floating_point() else _C.get_default_dtype())


@with_shared_out
@node("MvlgammaBackward0")
def multigammaln(input, p):
    """The logarithm of the multivariate gamma function of dimension p; elements above (p - 1) / 2."""
    if not isinstance(p, numbers.Integral):
        raise TypeError(f"mvlgamma(): argument 'p' (position 2) must be int, not {type(p).__name__}")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    steps = _C.arange(p, dtype=input.dtype if input.is_floating_point() else _C.get_default_dtype()) / 2
    return gammaln(input.unsqueeze(-1) - steps).sum(-1) + p * (p - 1) / 4 * math.log(math.pi)
