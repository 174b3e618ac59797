"""Normal vectors whose covariance is a thin matrix times its transpose, and a diagonal."""

import math

import ctgrad

from . import constraints
from .distribution import Distribution
from .multivariate_normal import _mahalanobis, _times
from .utils import lazy_property, standard_normal

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Mean loc, covariance cov_factor cov_factor^T + diag(cov_diag). By Woodbury's identity only matrices as large as the factor is wide are factored."""

    arg_constraints = {"loc": constraints.real_vector, "cov_factor": constraints.independent(constraints.real, 2),
                       "cov_diag": constraints.independent(constraints.positive, 1)}
    support = constraints.real_vector
    has_rsample = True
    mean = mode = property(lambda self: self.loc)

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event[0]} x m")
        if cov_diag.shape[-1:] != event:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event}")
        try:
            wide, self.cov_factor, diagonal = ctgrad.broadcast_tensors(loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1))
        except RuntimeError as error:
            raise ValueError(f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}") from error
        self.loc, self.cov_diag = wide[..., 0], diagonal[..., 0]
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        inner = ctgrad.matmul(self._scaled_factor(), cov_factor)
        self._capacitance_tril = ctgrad.linalg.cholesky(inner + ctgrad.eye(inner.size(-1), dtype=inner.dtype))
        super().__init__(self.loc.shape[:-1], event, validate_args=validate_args)

    def _scaled_factor(self):
        """The factor's transpose over the diagonal."""
        return self._unbroadcasted_cov_factor.mT / self._unbroadcasted_cov_diag.unsqueeze(-2)

    def _whitened_factor(self):
        return ctgrad.linalg.solve_triangular(self._capacitance_tril, self._scaled_factor(), upper=False)

    def _log_det(self):
        return 2 * self._capacitance_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + self._unbroadcasted_cov_diag.log().sum(-1)

    def _mahalanobis(self, x):
        """x^T covariance^-1 x."""
        return (x.pow(2) / self._unbroadcasted_cov_diag).sum(-1) - _mahalanobis(self._capacitance_tril, _times(self._scaled_factor(), x))

    def _spread(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def variance(self):
        """The covariance's diagonal."""
        return (self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag).expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The lower Cholesky factor of the covariance: of a matrix whose eigenvalues are 1 or more, between roots of the diagonal."""
        roots = self._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
        thin = self._unbroadcasted_cov_factor / roots
        return self._spread(roots * ctgrad.linalg.cholesky(ctgrad.matmul(thin, thin.mT) + ctgrad.eye(thin.size(-2), dtype=thin.dtype)))

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        factor = self._unbroadcasted_cov_factor
        return self._spread(ctgrad.matmul(factor, factor.mT) + ctgrad.diag_embed(self._unbroadcasted_cov_diag))

    @lazy_property
    def precision_matrix(self):
        """The inverse of the covariance."""
        thin = self._whitened_factor()
        return self._spread(ctgrad.diag_embed(self._unbroadcasted_cov_diag.reciprocal()) - thin.mT @ thin)

    def rsample(self, sample_shape=ctgrad.Size()):
        shape = self._extended_shape(sample_shape)
        along = standard_normal(shape[:-1] + self.cov_factor.shape[-1:], self.loc.dtype)
        apart = standard_normal(shape, self.loc.dtype)
        return self.loc + _times(self._unbroadcasted_cov_factor, along) + self._unbroadcasted_cov_diag.sqrt() * apart

    def log_prob(self, value):
        away = self._mahalanobis(self._checked(value) - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + away)

    def entropy(self):
        entropy = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy
