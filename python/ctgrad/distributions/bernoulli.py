"""One of two values."""

import ctgrad

from . import constraints
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .utils import batch_of, broadcast_all, lazy_property, logits_to_probs, probs_to_logits

__all__ = ["Bernoulli"]


class Odds(Distribution):
    """Distributions of `probs`, or of their log-odds `logits`: what was not given is worked out when asked for."""

    def _set_given(self, probs, logits, validate_args, *total_count):
        """``total_count``, of distributions that count trials, broadcasts with what is given, and takes its dtype."""
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._given = "logits" if probs is None else "probs"
        given = logits if probs is None else probs
        if total_count:
            count, given = broadcast_all(*total_count, given)
            self.total_count = count.type_as(given)
        (value,) = broadcast_all(given)
        setattr(self, self._given, value)
        Distribution.__init__(self, batch_of(given), validate_args=validate_args)

    @property
    def _param(self):
        return vars(self)[self._given]

    @property
    def param_shape(self):
        """The shape of what was given."""
        return self._param.size()

    @lazy_property
    def logits(self):
        """Log-odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self):
        """Probabilities."""
        return logits_to_probs(self.logits, is_binary=True)


class Bernoulli(Odds, ExponentialFamily):
    """1 with probability probs, 0 otherwise."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    _mean_carrier_measure = 0
    _natural_params = property(lambda self: (ctgrad.logit(self.probs),))
    has_enumerate_support = True
    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._set_given(probs, logits, validate_args)

    @property
    def mode(self):
        mode = (self.probs >= 0.5).to(self.probs)
        mode[self.probs == 0.5] = ctgrad.nan
        return mode

    def sample(self, sample_shape=ctgrad.Size()):
        with ctgrad.no_grad():
            return ctgrad.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        logits, value = broadcast_all(self.logits, self._checked(value))
        return -ctgrad.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return ctgrad.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand=True):
        values = ctgrad.arange(2, dtype=self._param.dtype).view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + self._batch_shape) if expand else values

    def _log_normalizer(self, x):
        return ctgrad.log1p(ctgrad.exp(x))
