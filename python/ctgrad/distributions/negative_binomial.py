"""The negative binomial distribution."""

import ctgrad

from . import constraints
from .bernoulli import Odds
from .gamma import Gamma

__all__ = ["NegativeBinomial"]


class NegativeBinomial(Odds):
    """How many trials succeed before `total_count` fail."""

    arg_constraints = {"total_count": constraints.greater_than_eq(0), "probs": constraints.half_open_interval(0.0, 1.0), "logits": constraints.real}
    support = constraints.nonnegative_integer
    mean = property(lambda self: self.total_count * ctgrad.exp(self.logits))
    mode = property(lambda self: ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0))
    variance = property(lambda self: self.mean / ctgrad.sigmoid(-self.logits))

    def __init__(self, total_count, probs=None, logits=None, validate_args=None):
        self._set_given(probs, logits, validate_args, total_count)

    def sample(self, sample_shape=ctgrad.Size()):
        with ctgrad.no_grad():
            rate = Gamma(self.total_count, ctgrad.exp(-self.logits), validate_args=False)
            return ctgrad.poisson(rate.sample(sample_shape))

    def log_prob(self, value):
        value, n, log = self._checked(value), self.total_count, ctgrad.nn.functional.logsigmoid
        norm = (-ctgrad.lgamma(n + value) + ctgrad.lgamma(1.0 + value) + ctgrad.lgamma(n)).masked_fill(n + value == 0.0, 0.0)
        return n * log(-self.logits) + value * log(self.logits) - norm
