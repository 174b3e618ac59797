"""Weibull's distribution."""

import ctgrad

from . import constraints
from .exponential import Exponential
from .gumbel import EULER
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .utils import broadcast_all

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """Times to a failure that grows likelier (`concentration` above 1), or less likely, with age."""

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale, concentration, validate_args=None):
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ctgrad.ones_like(self.scale), validate_args=validate_args)
        super().__init__(base, self._chain(), validate_args=validate_args)

    def _chain(self):
        self.concentration_reciprocal = self.concentration.reciprocal()
        return [PowerTransform(exponent=self.concentration_reciprocal), AffineTransform(loc=0, scale=self.scale)]

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new.transforms = new._chain()
        return new

    @property
    def mean(self):
        return self.scale * ctgrad.exp(ctgrad.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self):
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration.reciprocal()

    @property
    def variance(self):
        power = self.concentration_reciprocal
        return self.scale.pow(2) * (ctgrad.exp(ctgrad.lgamma(1 + 2 * power)) - ctgrad.exp(2 * ctgrad.lgamma(1 + power)))

    def entropy(self):
        return EULER * (1 - self.concentration_reciprocal) + ctgrad.log(self.scale * self.concentration_reciprocal) + 1
