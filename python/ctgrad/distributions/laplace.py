"""The Laplace distribution."""

import ctgrad

from . import constraints
from .distribution import Distribution
from .utils import batch_of, broadcast_all

__all__ = ["Laplace"]


class Laplace(Distribution):
    """Two exponential tails around loc."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: (2**0.5) * self.scale)
    variance = property(lambda self: 2 * self.scale.pow(2))

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(batch_of(loc, scale), validate_args=validate_args)

    def rsample(self, sample_shape=ctgrad.Size()):
        u = self.loc.new_empty(self._extended_shape(sample_shape)).uniform_(ctgrad.finfo(self.loc.dtype).eps - 1, 1)
        return self.loc - self.scale * u.sign() * ctgrad.log1p(-u.abs())

    def log_prob(self, value):
        return -ctgrad.log(2 * self.scale) - ctgrad.abs(self._checked(value) - self.loc) / self.scale

    def cdf(self, value):
        away = self._checked(value) - self.loc
        return 0.5 - 0.5 * away.sign() * ctgrad.expm1(-away.abs() / self.scale)

    def icdf(self, value):
        term = value - 0.5
        return self.loc - self.scale * term.sign() * ctgrad.log1p(-2 * term.abs())

    def entropy(self):
        return 1 + ctgrad.log(2 * self.scale)
