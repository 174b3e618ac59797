"""One of several distributions of a kind."""

import ctgrad

from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """The components lie along the last batch dimension of component_distribution; mixture_distribution, a Categorical, picks one."""

    arg_constraints = {}
    mixture_distribution = property(lambda self: self._mixture_distribution)
    component_distribution = property(lambda self: self._component_distribution)

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        picked, batch = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        if any(i != 1 and j != 1 and i != j for i, j in zip(reversed(picked), reversed(batch), strict=False)):
            raise ValueError(f"`mixture_distribution.batch_shape` ({picked}) is not compatible with `component_distribution.batch_shape`({batch})")
        self._num_component, given = mixture_distribution.logits.shape[-1], component_distribution.batch_shape[-1]
        if self._num_component != given:
            raise ValueError(f"`mixture_distribution component` ({self._num_component}) does not equal `component_distribution.batch_shape[-1]` ({given})")
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(batch, component_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._component_distribution = self._component_distribution.expand(ctgrad.Size(batch_shape) + (self._num_component,))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return new

    @property
    def has_rsample(self):
        return False

    @constraints.dependent_property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _pad(self, x):
        return x.unsqueeze(-1 - self._event_ndims)

    def _weights(self):
        probs = self._mixture_distribution.probs
        picked = len(self._mixture_distribution.batch_shape)
        more = 0 if picked == 1 else len(self.batch_shape) - picked
        return probs.reshape(probs.shape[:-1] + (1,) * more + probs.shape[-1:] + (1,) * self._event_ndims)

    def _weighted(self, x):
        return ctgrad.sum(self._weights() * x, dim=-1 - self._event_ndims)

    @property
    def mean(self):
        return self._weighted(self._component_distribution.mean)

    @property
    def variance(self):
        inside = self._weighted(self._component_distribution.variance)
        return inside + self._weighted((self._component_distribution.mean - self._pad(self.mean)).pow(2.0))

    def cdf(self, value):
        return ctgrad.sum(self._component_distribution.cdf(self._pad(value)) * self._mixture_distribution.probs, dim=-1)

    def log_prob(self, value):
        each = self._component_distribution.log_prob(self._pad(self._checked(value)))
        return ctgrad.logsumexp(each + ctgrad.log_softmax(self._mixture_distribution.logits, dim=-1), dim=-1)

    def sample(self, sample_shape=ctgrad.Size()):
        with ctgrad.no_grad():
            along = len(sample_shape) + len(self.batch_shape)
            picked = self._mixture_distribution.sample(sample_shape)
            drawn = self._component_distribution.sample(sample_shape)
            picked = picked.reshape(picked.shape + (1,) * (self._event_ndims + 1))
            picked = picked.repeat((1,) * (along + 1) + tuple(self.event_shape))
            return ctgrad.gather(drawn, along, picked).squeeze(along)

    def __repr__(self):
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
