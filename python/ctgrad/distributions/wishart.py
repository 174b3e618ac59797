"""Wishart's distribution of matrices."""

import math
import warnings
from numbers import Number

import ctgrad

from . import constraints
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import _MATRICES, _tril_of_precision
from .utils import lazy_property

__all__ = ["Wishart"]


class Wishart(ExponentialFamily):
    """Sums of `df` products of a normal vector with itself; one of covariance_matrix, precision_matrix and scale_tril tells the vectors' covariance."""

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self):
        return {"covariance_matrix": constraints.positive_definite, "precision_matrix": constraints.positive_definite,
                "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(self.event_shape[-1] - 1)}

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {name: m for name, m in zip(_MATRICES, (covariance_matrix, precision_matrix, scale_tril), strict=True) if m is not None}
        assert len(given) == 1, "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        if isinstance(df, Number):
            batch_shape, self.df = matrix.shape[:-2], ctgrad.tensor(df, dtype=matrix.dtype)
        else:
            batch_shape = ctgrad.broadcast_shapes(matrix.shape[:-2], df.shape)
            self.df = df.expand(batch_shape)
        p = matrix.size(-1)
        if self.df.le(p - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {p - 1}.")
        setattr(self, name, matrix.expand(batch_shape + (-1, -1)))
        if self.df.lt(p).any():
            warnings.warn("Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.", stacklevel=2)
        super().__init__(batch_shape, matrix.shape[-2:], validate_args=validate_args)
        factor = {"scale_tril": lambda m: m, "covariance_matrix": ctgrad.linalg.cholesky, "precision_matrix": _tril_of_precision}[name]
        self._unbroadcasted_scale_tril = factor(matrix)
        self._set_chi2()

    def _set_chi2(self):
        """Of the squares on the diagonal of Bartlett's factor."""
        p = self._event_shape[-1]
        less = ctgrad.arange(p, dtype=self._unbroadcasted_scale_tril.dtype).expand(self._batch_shape + (p,))
        self._dist_chi2 = Chi2(df=self.df.unsqueeze(-1) - less)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new.df = self.df.expand(new._batch_shape)   # 0-d where it was a number
        new._unbroadcasted_scale_tril = new._spread(self._unbroadcasted_scale_tril)
        new._set_chi2()
        return new

    def _spread(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The lower Cholesky factor of the vectors' covariance."""
        return self._spread(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        """The vectors' covariance."""
        return self._spread(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self):
        """The inverse of the vectors' covariance."""
        tril = self._unbroadcasted_scale_tril
        return self._spread(ctgrad.cholesky_solve(ctgrad.eye(self._event_shape[-1], dtype=tril.dtype), tril))

    def _by_matrix(self, numbers):
        return numbers.view(self._batch_shape + (1, 1))

    @property
    def mean(self):
        return self._by_matrix(self.df) * self.covariance_matrix

    @property
    def mode(self):
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor[factor <= 0] = math.nan
        return self._by_matrix(factor) * self.covariance_matrix

    @property
    def variance(self):
        diagonal = self.covariance_matrix.diagonal(dim1=-2, dim2=-1)
        return self._by_matrix(self.df) * (self.covariance_matrix.pow(2) + ctgrad.einsum("...i,...j->...ij", diagonal, diagonal))

    def _bartlett(self, sample_shape):
        p, roots = self._event_shape[-1], self._dist_chi2.rsample(sample_shape).sqrt()
        factor = roots.clamp(min=ctgrad.finfo(roots.dtype).eps).diag_embed(dim1=-2, dim2=-1)
        i, j = ctgrad.tril_indices(p, p, offset=-1)
        factor[..., i, j] = ctgrad.randn(ctgrad.Size(sample_shape) + self._batch_shape + (p * (p - 1) // 2,), dtype=factor.dtype)
        factor = self._unbroadcasted_scale_tril @ factor
        return factor @ factor.mT

    def _over_batch(self, held):
        return held.amax([-(x + 1) for x in range(len(self._batch_shape))]) if self._batch_shape else held

    def rsample(self, sample_shape=ctgrad.Size(), max_try_correction=None):
        """Draws through which gradients reach the parameters. As in PyTorch, whose numbers these are, those that are positive definite at first are drawn
        anew, under a warning; of the new ones those that are not, up to max_try_correction times (10)."""
        sample = self._bartlett(sample_shape)
        again = self._over_batch(self.support.check(sample))
        if again.any():
            warnings.warn("Singular sample detected.", stacklevel=2)
            for _ in range(10 if max_try_correction is None else max_try_correction):
                new = self._bartlett(again[again].shape)
                sample[again] = new
                again[again.clone()] = self._over_batch(~self.support.check(new))
                if not again.any():
                    break
        return sample

    def _half_log_det(self):
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value):
        value, nu, p = self._checked(value), self.df, self._event_shape[-1]
        log = ctgrad.linalg.slogdet(value).logabsdet
        trace = ctgrad.cholesky_solve(value, self._unbroadcasted_scale_tril).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
        return (-nu * (p * math.log(2) / 2 + self._half_log_det()) - ctgrad.mvlgamma(nu / 2, p=p)
                + (nu - p - 1) / 2 * log - trace / 2)

    def entropy(self):
        nu, p = self.df, self._event_shape[-1]
        slope = ctgrad.digamma((nu / 2).unsqueeze(-1) - ctgrad.arange(p, dtype=nu.dtype).div(2)).sum(-1)
        return ((p + 1) * (p * math.log(2) / 2 + self._half_log_det()) + ctgrad.mvlgamma(nu / 2, p=p) - (nu - p - 1) / 2 * slope + nu * p / 2)

    @property
    def _natural_params(self):
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x, y):
        p = self._event_shape[-1]
        count = y + (p + 1) / 2
        return count * (-ctgrad.linalg.slogdet(-2 * x).logabsdet + math.log(2) * p) + ctgrad.mvlgamma(count, p=p)
