"""Bernoulli's distribution continued to what lies between 0 and 1 (Loaiza-Ganem & Cunningham 2019)."""

import math

import ctgrad

from . import constraints
from .bernoulli import Odds
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(Odds, ExponentialFamily):
    """A density over [0, 1] that is proportional to Bernoulli's probabilities. Between `lims` what divides by nearly 0 is a series around 1/2 instead."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0
    stddev = property(lambda self: self.variance.sqrt())

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        self._lims = lims
        if probs is not None and logits is None:  # which are held clamped: a look is taken before, where it is asked for
            (given,) = broadcast_all(probs)
            if validate_args is not None and not self.arg_constraints["probs"].check(given).all():
                raise ValueError("The parameter probs has invalid values")
            probs = clamp_probs(given) if isinstance(probs, ctgrad.Tensor) else clamp_probs(given).item()
        self._set_given(probs, logits, validate_args)

    @lazy_property
    def probs(self):
        """Parameters of the probabilities that the density is proportional to."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _apart(self):
        """Where probs are apart from 1/2; and probs, or the lower limit where they are not."""
        low, high = self._lims
        apart = (self.probs <= low) | (self.probs > high)
        return apart, ctgrad.where(apart, self.probs, low * ctgrad.ones_like(self.probs))

    def _log_norm(self):
        """The logarithm of what the probabilities are divided by."""
        apart, p = self._apart()
        below, above = ctgrad.where(p <= 0.5, p, ctgrad.zeros_like(p)), ctgrad.where(p >= 0.5, p, ctgrad.ones_like(p))
        width = ctgrad.where(p <= 0.5, ctgrad.log1p(-2.0 * below), ctgrad.log(2.0 * above - 1.0))
        log = ctgrad.log(ctgrad.abs(ctgrad.log1p(-p) - ctgrad.log(p))) - width
        x = ctgrad.pow(self.probs - 0.5, 2)
        return ctgrad.where(apart, log, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self):
        apart, p = self._apart()
        x = self.probs - 0.5
        near = 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * ctgrad.pow(x, 2)) * x
        return ctgrad.where(apart, p / (2.0 * p - 1.0) + 1.0 / (ctgrad.log1p(-p) - ctgrad.log(p)), near)

    @property
    def variance(self):
        apart, p = self._apart()
        x = ctgrad.pow(self.probs - 0.5, 2)
        near = 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x
        return ctgrad.where(apart, p * (p - 1.0) / ctgrad.pow(1.0 - 2.0 * p, 2) + 1.0 / ctgrad.pow(ctgrad.log1p(-p) - ctgrad.log(p), 2), near)

    def rsample(self, sample_shape=ctgrad.Size()):
        return self.icdf(ctgrad.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value):
        logits, value = broadcast_all(self.logits, self._checked(value))
        return -ctgrad.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none") + self._log_norm()

    def cdf(self, value):
        value = self._checked(value)
        apart, p = self._apart()
        inside = (ctgrad.pow(p, value) * ctgrad.pow(1.0 - p, 1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = ctgrad.where(apart, inside, value)
        return ctgrad.where(value <= 0.0, ctgrad.zeros_like(value), ctgrad.where(value >= 1.0, ctgrad.ones_like(value), inside))

    def icdf(self, value):
        apart, p = self._apart()
        found = (ctgrad.log1p(-p + value * (2.0 * p - 1.0)) - ctgrad.log1p(-p)) / (ctgrad.log(p) - ctgrad.log1p(-p))
        return ctgrad.where(apart, found, value)

    def entropy(self):
        zero, one = ctgrad.log1p(-self.probs), ctgrad.log(self.probs)
        return self.mean * (zero - one) - self._log_norm() - zero

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        low, high = self._lims
        apart = (x <= low - 0.5) | (x > high - 0.5)
        kept = ctgrad.where(apart, x, (low - 0.5) * ctgrad.ones_like(x))
        log = ctgrad.log(ctgrad.abs(ctgrad.expm1(kept))) - ctgrad.log(ctgrad.abs(kept))
        return ctgrad.where(apart, log, 0.5 * x + ctgrad.pow(x, 2) / 24.0 - ctgrad.pow(x, 4) / 2880.0)
