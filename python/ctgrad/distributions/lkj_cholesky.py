"""Cholesky factors of random matrices of correlations (Lewandowski, Kurowicka & Joe 2009)."""

import math

import ctgrad

from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Factors of `dim` by `dim` correlations whose density grows with the determinant to the power `concentration` - 1. Drawn by the onion method."""

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        rows = ctgrad.arange(dim - 1, dtype=self.concentration.dtype)
        rows = ctgrad.cat([rows.new_zeros((1,)), rows])
        self._beta = Beta(rows + 0.5, (self.concentration + 0.5 * (dim - 2)).unsqueeze(-1) - 0.5 * rows)
        super().__init__(self.concentration.size(), (dim, dim), validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._beta = self._beta.expand(ctgrad.Size(batch_shape) + (self.dim,))
        return new

    def sample(self, sample_shape=ctgrad.Size()):
        lengths = self._beta.sample(sample_shape).unsqueeze(-1)
        normal = ctgrad.randn(self._extended_shape(sample_shape), dtype=lengths.dtype).tril(-1)
        directions = normal / normal.norm(dim=-1, keepdim=True)
        directions[..., 0, :].fill_(0.0)
        rows = ctgrad.sqrt(lengths) * directions
        left = ctgrad.clamp(1 - ctgrad.sum(rows**2, dim=-1), min=ctgrad.finfo(rows.dtype).tiny).sqrt()
        return rows + ctgrad.diag_embed(left)

    def log_prob(self, value):
        diagonal = self._checked(value).diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - ctgrad.arange(2, self.dim + 1)
        less = self.dim - 1
        alpha = self.concentration + 0.5 * less
        norm = 0.5 * less * math.log(math.pi) + ctgrad.mvlgamma(alpha - 0.5, less) - ctgrad.lgamma(alpha) * less
        return ctgrad.sum(order * diagonal.log(), dim=-1) - norm
