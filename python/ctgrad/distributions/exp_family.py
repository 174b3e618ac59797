"""Families whose density is the exponential of a product of natural parameters and statistics."""

import ctgrad

from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A subclass says `_natural_params`, a tuple; `_log_normalizer` of them; and `_mean_carrier_measure`: entropies and divergences follow."""

    @property
    def _natural_params(self):
        raise NotImplementedError

    def _log_normalizer(self, *natural_params):
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self):
        raise NotImplementedError

    def _normalizer_and_slopes(self):
        """The natural parameters, apart from their history, the normalizer of them, and its derivatives."""
        at = [parameter.detach().requires_grad_() for parameter in self._natural_params]
        normalizer = self._log_normalizer(*at)
        return at, normalizer, ctgrad.autograd.grad(normalizer.sum(), at, create_graph=True)

    def entropy(self):
        carried = -self._mean_carrier_measure
        at, normalizer, slopes = self._normalizer_and_slopes()
        result = carried + normalizer
        for parameter, slope in zip(at, slopes, strict=True):
            result = result - (parameter * slope).reshape(self._batch_shape + (-1,)).sum(-1)
        return result
