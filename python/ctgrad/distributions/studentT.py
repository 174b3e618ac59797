"""Student's distribution."""

import math

import ctgrad

from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import batch_of, broadcast_all, standard_normal

__all__ = ["StudentT"]


class StudentT(Distribution):
    """Normal numbers over the root of a mean of `df` squares of others."""

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    mode = property(lambda self: self.loc)

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(batch_of(df, loc, scale), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self):
        mean = self.loc.clone()
        mean[self.df <= 1] = math.nan
        return mean

    @property
    def variance(self):
        spread = self.scale.pow(2) * self.df / (self.df - 2)
        spread[self.df <= 2] = math.inf
        spread[self.df <= 1] = math.nan
        return spread

    def rsample(self, sample_shape=ctgrad.Size()):
        above = standard_normal(self._extended_shape(sample_shape), self.df.dtype)
        return self.loc + self.scale * (above * ctgrad.rsqrt(self._chi2.rsample(sample_shape) / self.df))

    def log_prob(self, value):
        y, df = (self._checked(value) - self.loc) / self.scale, self.df
        norm = (self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi) + ctgrad.lgamma(0.5 * df) - ctgrad.lgamma(0.5 * (df + 1.0)))
        return -0.5 * (df + 1.0) * ctgrad.log1p(y**2.0 / df) - norm

    def entropy(self):
        df, half, more = self.df, 0.5 * self.df, 0.5 * (self.df + 1)
        beta = ctgrad.lgamma(half) + math.lgamma(0.5) - ctgrad.lgamma(more)
        return self.scale.log() + more * (ctgrad.digamma(more) - ctgrad.digamma(half)) + 0.5 * df.log() + beta
