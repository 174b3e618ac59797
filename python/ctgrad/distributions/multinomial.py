"""The multinomial distribution."""

import math

import ctgrad

from . import constraints
from .binomial import Binomial
from .categorical import Categorical
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Multinomial"]


class Multinomial(Distribution):
    """How often each of several values comes among `total_count` draws."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    probs = property(lambda self: self._categorical.probs)
    logits = property(lambda self: self._categorical.logits)
    param_shape = property(lambda self: self._categorical.param_shape)
    mean = property(lambda self: self.probs * self.total_count)
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))
    support = constraints.dependent_property(lambda self: constraints.multinomial(self.total_count), is_discrete=True, event_dim=1)

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits)
        self._binomial = Binomial(total_count, probs=self.probs)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    def sample(self, sample_shape=ctgrad.Size()):
        drawn = self._categorical.sample(ctgrad.Size((self.total_count,)) + ctgrad.Size(sample_shape)).movedim(0, -1)
        counts = ctgrad.zeros(self._extended_shape(sample_shape), dtype=ctgrad.int64)
        return counts.scatter_add_(-1, drawn, ctgrad.ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value):
        logits, value = broadcast_all(self.logits, self._checked(value))
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)
        return ctgrad.lgamma(value.sum(-1) + 1) - ctgrad.lgamma(value + 1).sum(-1) + (logits * value).sum(-1)

    def entropy(self):
        n = ctgrad.tensor(self.total_count)
        values = self._binomial.enumerate_support(expand=False)[1:]
        often = (ctgrad.exp(self._binomial.log_prob(values)) * ctgrad.lgamma(values + 1)).sum([0, -1])
        return n * self._categorical.entropy() - ctgrad.lgamma(n + 1) + often
