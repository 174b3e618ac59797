"""The normal distribution."""

import math

import ctgrad

from . import constraints
from .exp_family import ExponentialFamily
from .utils import batch_of, broadcast_all, standard_normal

__all__ = ["Normal"]


class Normal(ExponentialFamily):
    """Mean loc, standard deviation scale."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    _mean_carrier_measure = 0
    _natural_params = property(lambda self: (self.loc / self.scale.pow(2), -0.5 * self.scale.pow(2).reciprocal()))
    has_rsample = True
    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: self.scale)
    variance = property(lambda self: self.scale.pow(2))

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(batch_of(loc, scale), validate_args=validate_args)

    def sample(self, sample_shape=ctgrad.Size()):
        shape = self._extended_shape(sample_shape)
        with ctgrad.no_grad():
            return ctgrad.normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape=ctgrad.Size()):
        return self.loc + standard_normal(self._extended_shape(sample_shape), self.loc.dtype) * self.scale

    def log_prob(self, value):
        squared = -((self._checked(value) - self.loc) ** 2)
        return squared / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value):
        return 0.5 * (1 + ctgrad.erf((self._checked(value) - self.loc) * self.scale.reciprocal() / math.sqrt(2)))

    def icdf(self, value):
        return self.loc + self.scale * ctgrad.erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self):
        return 0.5 + 0.5 * math.log(2 * math.pi) + ctgrad.log(self.scale)

    def _log_normalizer(self, x, y):
        return -0.25 * x.pow(2) / y + 0.5 * ctgrad.log(-math.pi / y)
