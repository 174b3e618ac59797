"""The binomial distribution."""

import ctgrad

from . import constraints
from ._draws import binomial
from .bernoulli import Odds

__all__ = ["Binomial"]


def _above_zero(x):
    """max(x, 0) with a gradient of a half at 0."""
    return (x.clamp(min=0) + x - x.clamp(max=0)) / 2


class Binomial(Odds):
    """How many of `total_count` trials succeed."""

    arg_constraints = {"total_count": constraints.nonnegative_integer, "probs": constraints.unit_interval, "logits": constraints.real}
    has_enumerate_support = True
    support = constraints.dependent_property(lambda self: constraints.integer_interval(0, self.total_count), is_discrete=True, event_dim=0)
    mean = property(lambda self: self.total_count * self.probs)
    mode = property(lambda self: ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count))
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        self._set_given(probs, logits, validate_args, total_count)

    def sample(self, sample_shape=ctgrad.Size()):
        shape = self._extended_shape(sample_shape)
        with ctgrad.no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value):
        value, n, logits = self._checked(value), self.total_count, self.logits
        norm = n * _above_zero(logits) + n * ctgrad.log1p(ctgrad.exp(-ctgrad.abs(logits))) - ctgrad.lgamma(n + 1)
        return value * logits - ctgrad.lgamma(value + 1) - ctgrad.lgamma(n - value + 1) - norm

    def _one_count(self, what):
        count = int(self.total_count.max())
        if self.total_count.min() != count:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{what}`.")
        return count

    def entropy(self):
        self._one_count("entropy")
        each = self.log_prob(self.enumerate_support(False))
        return -(ctgrad.exp(each) * each).sum(0)

    def enumerate_support(self, expand=True):
        values = ctgrad.arange(1 + self._one_count("enumerate_support"), dtype=self.total_count.dtype).view((-1,) + (1,) * len(self.batch_shape))
        return values.expand((-1,) + tuple(self.batch_shape)) if expand else values
