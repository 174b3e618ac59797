"""The exponential distribution."""

import ctgrad

from . import constraints
from .exp_family import ExponentialFamily
from .utils import batch_of, broadcast_all

__all__ = ["Exponential"]


class Exponential(ExponentialFamily):
    """Waiting times of events that happen `rate` times a unit."""

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    _mean_carrier_measure = 0
    _natural_params = property(lambda self: (-self.rate,))
    has_rsample = True
    mean = stddev = property(lambda self: self.rate.reciprocal())
    mode = property(lambda self: ctgrad.zeros_like(self.rate))
    variance = property(lambda self: self.rate.pow(-2))

    def __init__(self, rate, validate_args=None):
        (self.rate,) = broadcast_all(rate)
        super().__init__(batch_of(rate), validate_args=validate_args)

    def rsample(self, sample_shape=ctgrad.Size()):
        return self.rate.new_empty(self._extended_shape(sample_shape)).exponential_() / self.rate

    def log_prob(self, value):
        return self.rate.log() - self.rate * self._checked(value)

    def cdf(self, value):
        return 1 - ctgrad.exp(-self.rate * self._checked(value))

    def icdf(self, value):
        return -ctgrad.log1p(-value) / self.rate

    def entropy(self):
        return 1.0 - ctgrad.log(self.rate)

    def _log_normalizer(self, x):
        return -ctgrad.log(-x)
