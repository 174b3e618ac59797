"""The normal distribution of vectors."""

import math

import ctgrad

from . import constraints
from .distribution import Distribution
from .utils import lazy_property, standard_normal

__all__ = ["MultivariateNormal"]

_MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")


def _times(matrix, vector):
    return ctgrad.matmul(matrix, vector.unsqueeze(-1)).squeeze(-1)


def _mahalanobis(tril, x):
    """The squared lengths of tril^-1 x, over batches of either that broadcast."""
    shape = ctgrad.broadcast_shapes(tril.shape[:-2], x.shape[:-1])
    solved = ctgrad.linalg.solve_triangular(tril, x.expand(shape + x.shape[-1:]).unsqueeze(-1), upper=False)
    return solved.pow(2).sum((-2, -1))


def _tril_of_precision(precision):
    flipped = ctgrad.linalg.cholesky(ctgrad.flip(precision, (-2, -1)))
    inverse = ctgrad.transpose(ctgrad.flip(flipped, (-2, -1)), -2, -1)
    return ctgrad.linalg.solve_triangular(inverse, ctgrad.eye(precision.shape[-1], dtype=precision.dtype), upper=False)


class MultivariateNormal(Distribution):
    """Mean loc; one of covariance_matrix, precision_matrix and scale_tril, the covariance's Cholesky factor."""

    arg_constraints = {"loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
                       "precision_matrix": constraints.positive_definite, "scale_tril": constraints.lower_cholesky}
    support = constraints.real_vector
    has_rsample = True
    mean = mode = property(lambda self: self.loc)

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = {name: m for name, m in zip(_MATRICES, (covariance_matrix, precision_matrix, scale_tril), strict=True) if m is not None}
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = ctgrad.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand(batch_shape + (-1, -1)))
        self.loc = loc.expand(batch_shape + (-1,))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        factor = {"scale_tril": lambda m: m, "covariance_matrix": ctgrad.linalg.cholesky, "precision_matrix": _tril_of_precision}[name]
        self._unbroadcasted_scale_tril = factor(matrix)

    def _spread(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The lower Cholesky factor of the covariance."""
        return self._spread(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        return self._spread(ctgrad.matmul(self._unbroadcasted_scale_tril, self._unbroadcasted_scale_tril.mT))

    @lazy_property
    def precision_matrix(self):
        """The inverse of the covariance."""
        tril = self._unbroadcasted_scale_tril
        inverse = ctgrad.linalg.solve_triangular(tril, ctgrad.eye(tril.shape[-1], dtype=tril.dtype), upper=False)
        return self._spread(inverse.mT @ inverse)

    @property
    def variance(self):
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape=ctgrad.Size()):
        drawn = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + _times(self._unbroadcasted_scale_tril, drawn)

    def _half_log_det(self):
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value):
        squared = _mahalanobis(self._unbroadcasted_scale_tril, self._checked(value) - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squared) - self._half_log_det()

    def entropy(self):
        entropy = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy
