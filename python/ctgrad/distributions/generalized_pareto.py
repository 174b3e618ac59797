"""Pareto's distribution with Lomax's, the exponential and those that end, in one."""

import math

import ctgrad

from . import constraints
from .distribution import Distribution
from .utils import batch_of, broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """What lies above `loc`, in units of `scale`: the larger `concentration`, the heavier the tail; exponential at 0, with an end below it."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True
    mode = property(lambda self: self.loc)

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(batch_of(loc, scale, concentration), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self):
        end = ctgrad.where(self.concentration < 0, self.loc - self.scale / self.concentration, math.inf)
        return constraints.interval(self.loc, end)

    def _shape(self):
        """Where concentration is 0, and what may be divided by."""
        none = ctgrad.isclose(self.concentration, ctgrad.zeros_like(self.concentration))
        return none, ctgrad.where(none, ctgrad.ones_like(self.concentration), self.concentration)

    def _above(self, value):
        return (value - self.loc) / self.scale

    def rsample(self, sample_shape=ctgrad.Size()):
        return self.icdf(ctgrad.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value):
        z = self._above(self._checked(value))
        none, shape = self._shape()
        power = 1 / shape + ctgrad.ones_like(z)
        fall = ctgrad.where(power == 0, power, power * ctgrad.log1p(shape * z))
        return -self.scale.log() - ctgrad.where(none, z, fall)

    def log_survival_function(self, value):
        """The logarithm of the probability of more than value."""
        z = self._above(self._checked(value))
        none, shape = self._shape()
        return ctgrad.where(none, -z, -ctgrad.log1p(shape * z) / shape)

    def log_cdf(self, value):
        """The logarithm of the probability of no more than value."""
        return ctgrad.log1p(-ctgrad.exp(self.log_survival_function(value)))

    def cdf(self, value):
        return ctgrad.exp(self.log_cdf(value))

    def icdf(self, value):
        none, shape = self._shape()
        log = ctgrad.log1p(-value)
        return ctgrad.where(none, self.loc - self.scale * log, self.loc + self.scale / shape * ctgrad.expm1(-shape * log))

    @property
    def mean(self):
        held = self.concentration < 1
        shape = ctgrad.where(held, self.concentration, 0.5)
        return ctgrad.where(held, self.loc + self.scale / (1 - shape), math.nan)

    @property
    def variance(self):
        held = self.concentration < 0.5
        shape = ctgrad.where(held, self.concentration, 0.25)
        return ctgrad.where(held, self.scale**2 / ((1 - shape) ** 2 * (1 - 2 * shape)), math.nan)

    def entropy(self):
        return ctgrad.broadcast_to(ctgrad.log(self.scale) + self.concentration + 1, self._batch_shape)
