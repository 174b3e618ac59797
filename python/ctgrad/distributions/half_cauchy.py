"""The absolute values of Cauchy's numbers."""

import math

import ctgrad

from .cauchy import Cauchy
from .half_normal import Half

__all__ = ["HalfCauchy"]


class HalfCauchy(Half):
    """|x| of a Cauchy(0, scale)."""

    _base = Cauchy
    mean = property(lambda self: ctgrad.full(self._extended_shape(), math.inf, dtype=self.scale.dtype))
    variance = property(lambda self: self.base_dist.variance)

    def log_prob(self, value):
        return self._log_density(ctgrad.as_tensor(self._checked(value), dtype=self.scale.dtype))
