"""The gamma distribution."""

import ctgrad

from . import constraints
from ._draws import standard_gamma
from .exp_family import ExponentialFamily
from .utils import batch_of, broadcast_all

__all__ = ["Gamma"]


class Gamma(ExponentialFamily):
    """Waiting times of `concentration` events that happen `rate` times a unit."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    _mean_carrier_measure = 0
    _natural_params = property(lambda self: (self.concentration - 1, -self.rate))
    has_rsample = True
    mean = property(lambda self: self.concentration / self.rate)
    mode = property(lambda self: ((self.concentration - 1) / self.rate).clamp(min=0))
    variance = property(lambda self: self.concentration / self.rate.pow(2))

    def __init__(self, concentration, rate, validate_args=None):
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(batch_of(concentration, rate), validate_args=validate_args)

    def rsample(self, sample_shape=ctgrad.Size()):
        shape = self._extended_shape(sample_shape)
        drawn = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        drawn.detach().clamp_(min=ctgrad.finfo(drawn.dtype).tiny)
        return drawn

    def log_prob(self, value):
        value = self._checked(ctgrad.as_tensor(value, dtype=self.rate.dtype))
        a, rate = self.concentration, self.rate
        return ctgrad.xlogy(a, rate) + ctgrad.xlogy(a - 1, value) - rate * value - ctgrad.lgamma(a)

    def cdf(self, value):
        return ctgrad.igamma(self.concentration, self.rate * self._checked(value))

    def entropy(self):
        a = self.concentration
        return a - ctgrad.log(self.rate) + ctgrad.lgamma(a) + (1.0 - a) * ctgrad.digamma(a)

    def _log_normalizer(self, x, y):
        return ctgrad.lgamma(x + 1) + (x + 1) * ctgrad.log(-y.reciprocal())
