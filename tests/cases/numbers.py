"""Numbers taken apart, divisors, histograms; the gamma function's kin."""

import math

import numpy as np

from . import bools, case, ints, t, values

WHOLE, OTHERS = values([12, -18, 0, 7], "int64"), values([[8], [0], [-27]], "int64")


def _slope(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


def _mode(x, dim=-1, keepdim=False):
    count = (np.expand_dims(x, 0) == np.expand_dims(x, 1)).sum(0)
    best = np.lexsort((x, -count))[0]
    return x[best], np.flatnonzero(x == x[best])[-1]


def _running(y, x=None, *, dx=1, dim=-1):
    y = np.moveaxis(y, dim, -1)
    steps = (y[..., 1:] + y[..., :-1]) / 2 * (np.diff(x) if x is not None else dx)
    return np.moveaxis(steps.cumsum(-1), -1, dim)


def _bessel_i(x, order, scaled):
    """The mean of e^(x cos t) cos(order t) over 400 angles, whose error is I_400."""
    t = np.arange(400) * (2 * np.pi / 400)
    return (np.exp(np.multiply.outer(x, np.cos(t)) - np.abs(x)[..., None] * scaled) * np.cos(order * t)).mean(-1)


def _incomplete(a, x, upper):
    """By its integral: Gauss's rule in pieces, of t = u^2, which takes the root of a = 1/2 away."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    ends = np.sqrt(np.linspace(0, 1, 41)[:, None, None] * x)
    half = (ends[1:] - ends[:-1]) / 2
    u = half[..., None] * nodes + ((ends[1:] + ends[:-1]) / 2)[..., None]
    log_gamma = np.vectorize(math.lgamma)(a)
    part = (half[..., None] * weights * 2 * np.exp((2 * a[..., None] - 1) * np.log(u) - u * u - log_gamma[..., None])).sum((0, -1))
    part = part.reshape(np.broadcast_shapes(a.shape, x.shape))
    return 1 - part if upper else part


CASES = {
    "gcd": [case(WHOLE, OTHERS, ref=np.gcd, grad=False)],
    "lcm": [case(WHOLE, OTHERS, ref=np.lcm, grad=False)],
    "ldexp": [case(t(3, 4), ints(4), ref=np.ldexp), case(t(3), values([-3, 0, 5], "int64"), ref=np.ldexp)],
    "frexp": [case(t(3, 4), ref=np.frexp), case(values([1.0, -0.75, 0.0, 6e5]), ref=np.frexp, grad=False)],
    "angle": [case(t(3, 4), ref=np.angle)],
    "i0": [case(t(3, 4), ref=np.i0)],
    "nextafter": [case(t(3, 4), t(4), ref=np.nextafter, grad=False)],
    "mode": [case(values([2.0, 1, 3, 1, 2, 5]), ref=_mode, grad=False), case(values([3, 3, 1], "int64"), ref=_mode, grad=False)],
    "histogram": [case(t(3, 4), 5, ref=lambda x, bins: np.histogram(x, bins), grad=False),
                  case(values([1.0, 2, 4, 4]), values([0.0, 2, 3, 5]), ref=lambda x, edges: np.histogram(x, edges), grad=False)],
    "cumulative_trapezoid": [case(t(3, 4), ref=_running), case(t(3, 4), t(4), ref=_running), case(t(3, 4), ref=_running, dx=0.5, dim=0)],
    "nonzero_static": [case(bools(3, 4), ref=lambda x, size: np.vstack([np.argwhere(x), np.full((20 - x.sum(), 2), -1)]), grad=False, size=20),
                       case(ints(5), ref=lambda x, size, fill_value: np.argwhere(x)[:1], grad=False, size=1, fill_value=7)],
    "histogramdd": [case(t(9, 2), 3, ref=lambda x, bins: (lambda h: (h[0], *h[1]))(np.histogramdd(x, bins)), grad=False)],
    "polygamma": [case(1, t(3, low=1, high=4)), case(3, t(3, low=1, high=4))],
    "bessel_i": [case(t(3, 4, low=-7, high=7), order, scaled, ref=_bessel_i) for order in (0, 1) for scaled in (False, True)]
                + [case(t(3, 4, low=-20, high=20), 0, False, ref=_bessel_i), case(t(3, 4, low=9, high=40), 1, True, ref=_bessel_i)],
    "incomplete_gamma": [case(t(3, 4, low=1, high=9), t(4, low=1, high=9), False, ref=_incomplete, grad=False), case(t(3, low=22, high=40), t(3, low=22, high=30), True, ref=_incomplete, grad=False)],
    "log_of_one": [case(t(3, 4, low=0.1, high=4), ref=np.log), case(t(3, low=-0.5, high=4), True, ref=lambda x, one: np.log1p(x))],
    "polygamma_kernel": [case(t(3, 4, low=1, high=4), 1), case(t(3, low=-0.8, high=-0.2), 2), case(t(3, low=3, high=5), 0)],
}
