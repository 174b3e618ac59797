"""Failures before the first success."""

import ctgrad

from . import constraints
from .bernoulli import Odds
from .utils import broadcast_all

__all__ = ["Geometric"]


class Geometric(Odds):
    """How often a trial that succeeds with probability probs fails before it does."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer
    mean = property(lambda self: 1.0 / self.probs - 1.0)
    mode = property(lambda self: ctgrad.zeros_like(self.probs))
    variance = property(lambda self: (1.0 / self.probs - 1.0) / self.probs)

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._set_given(probs, logits, validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            raise ValueError(f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of distribution {self!r} "
                             f"to be positive but found invalid values:\n{self.probs[~(self.probs > 0)]}")

    def sample(self, sample_shape=ctgrad.Size()):
        with ctgrad.no_grad():
            u = self.probs.new_empty(self._extended_shape(sample_shape)).uniform_(ctgrad.finfo(self.probs.dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value):
        value, probs = broadcast_all(self._checked(value), self.probs)
        probs = probs.clone(memory_format=ctgrad.contiguous_format)
        probs[(probs == 1) & (value == 0)] = 0
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self):
        return ctgrad.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
