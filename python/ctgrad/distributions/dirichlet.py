"""The Dirichlet distribution."""

import ctgrad

from . import constraints
from ._draws import dirichlet
from .exp_family import ExponentialFamily

__all__ = ["Dirichlet"]


class Dirichlet(ExponentialFamily):
    """Shares of a whole, of which `concentration` tells how many were counted of each kind."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    _natural_params = property(lambda self: (self.concentration,))
    has_rsample = True
    mean = property(lambda self: self.concentration / self.concentration.sum(-1, True))

    def __init__(self, concentration, validate_args=None):
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def rsample(self, sample_shape=()):
        return dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        a = self.concentration
        return ctgrad.xlogy(a - 1.0, self._checked(value)).sum(-1) + ctgrad.lgamma(a.sum(-1)) - ctgrad.lgamma(a).sum(-1)

    @property
    def mode(self):
        less = (self.concentration - 1).clamp(min=0.0)
        mode = less / less.sum(-1, True)
        flat = (self.concentration < 1).all(-1)
        mode[flat] = ctgrad.nn.functional.one_hot(mode[flat].argmax(-1), less.shape[-1]).to(mode)
        return mode

    @property
    def variance(self):
        a, total = self.concentration, self.concentration.sum(-1, True)
        return a * (total - a) / (total.pow(2) * (total + 1))

    def entropy(self):
        a, total = self.concentration, self.concentration.sum(-1)
        return (ctgrad.lgamma(a).sum(-1) - ctgrad.lgamma(total) - (a.size(-1) - total) * ctgrad.digamma(total)
                - ((a - 1.0) * ctgrad.digamma(a)).sum(-1))

    def _log_normalizer(self, x):
        return x.lgamma().sum(-1) - ctgrad.lgamma(x.sum(-1))
