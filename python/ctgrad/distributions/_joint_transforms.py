"""Maps of whole vectors and matrices, and maps that stand beside each other."""

import math

import ctgrad
from ctgrad._homes import move
from ctgrad.nn import functional as F

from . import constraints
from .transforms import Transform
from .utils import sum_rightmost, tril_matrix_to_vec, vec_to_tril_matrix

__all__ = ["CatTransform", "CorrCholeskyTransform", "CumulativeDistributionTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform",
           "ReshapeTransform", "SoftmaxTransform", "StackTransform", "StickBreakingTransform"]

_MATRICES = constraints.independent(constraints.real, 2)


def _need_dims(shape, n):
    if len(shape) < n:
        raise ValueError("Too few dimensions on input")


class ReshapeTransform(Transform):
    """The last dimensions, in_shape, as out_shape."""

    bijective = True

    def __init__(self, in_shape, out_shape, cache_size=0):
        self.in_shape, self.out_shape = ctgrad.Size(in_shape), ctgrad.Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size=cache_size)

    @constraints.dependent_property
    def domain(self):
        """Real numbers of in_shape."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self):
        """Real numbers of out_shape."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else ReshapeTransform(self.in_shape, self.out_shape, cache_size)

    def _call(self, x):
        return x.reshape(x.shape[:x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y):
        return y.reshape(y.shape[:y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x, y):
        return x.new_zeros(x.shape[:x.dim() - len(self.in_shape)])

    def _other_shape(self, shape, near, far):
        _need_dims(shape, len(near))
        cut = len(shape) - len(near)
        if shape[cut:] != near:
            raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {near}")
        return shape[:cut] + far

    def forward_shape(self, shape):
        return self._other_shape(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape):
        return self._other_shape(shape, self.out_shape, self.in_shape)


class CumulativeDistributionTransform(Transform):
    """A distribution's cdf: what it draws becomes uniform."""

    bijective = True
    codomain = constraints.unit_interval
    sign = 1

    def __init__(self, distribution, cache_size=0):
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    domain = property(lambda self: self.distribution.support)

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else CumulativeDistributionTransform(self.distribution, cache_size)

    def _call(self, x):
        return self.distribution.cdf(x)

    def _inverse(self, y):
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x, y):
        return self.distribution.log_prob(x)


class _Same(Transform):
    """Transforms without parameters: all of a class are equal."""

    def __eq__(self, other):
        return type(other) is type(self)

    __hash__ = object.__hash__


class CorrCholeskyTransform(Transform):
    """Vectors of d (d - 1) / 2 numbers to the Cholesky factors of d-by-d matrices of correlations."""

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x):
        eps = ctgrad.finfo(x.dtype).eps
        part = vec_to_tril_matrix(ctgrad.tanh(x).clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - part ** 2).sqrt().cumprod(-1)  # of a row's length 1, after the columns so far
        return (part + ctgrad.eye(part.shape[-1], dtype=part.dtype)) * F.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y):
        left = F.pad((1 - ctgrad.cumsum(y * y, dim=-1))[..., :-1], [1, 0], value=1)
        t = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (t.log1p() - t.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x, y):
        left = tril_matrix_to_vec(1 - (y * y).cumsum(dim=-1), diag=-2)
        return 0.5 * left.log().sum(-1) + -2 * (x + F.softplus(-2 * x) - math.log(2.0)).sum(dim=-1)

    def forward_shape(self, shape):
        _need_dims(shape, 1)
        d = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if d * (d - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (d, d)

    def inverse_shape(self, shape):
        _need_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return shape[:-2] + (shape[-1] * (shape[-1] - 1) // 2,)


class SoftmaxTransform(_Same):
    """Vectors to parts of 1. Not bijective: an added constant is lost."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x):
        probs = (x - x.max(-1, True)[0]).exp()
        return probs / probs.sum(-1, True)

    def _inverse(self, y):
        return y.log()

    def forward_shape(self, shape):
        _need_dims(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(_Same):
    """Vectors of n numbers to n + 1 parts of 1: each takes its share of what is left."""

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _call(self, x):
        offset = x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)
        limits = ctgrad.finfo(x.dtype)
        share = (x - offset.log()).sigmoid().clamp(min=limits.tiny, max=1.0 - limits.eps)
        return F.pad(share, [0, 1], value=1) * F.pad((1 - share).cumprod(-1), [1, 0], value=1)

    def _inverse(self, y):
        parts = y[..., :-1]
        offset = y.shape[-1] - y.new_ones(parts.shape[-1]).cumsum(-1)
        left = (1 - parts.cumsum(-1)).clamp(min=ctgrad.finfo(y.dtype).tiny)  # which rounding can make 0 or less
        return parts.log() - left.log() + offset.log()

    def log_abs_det_jacobian(self, x, y):
        x = x - (x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)).log()
        return (-x + F.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape):
        _need_dims(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape):
        _need_dims(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)


class LowerCholeskyTransform(_Same):
    """Matrices to lower triangular ones with a positive diagonal."""

    domain = _MATRICES
    codomain = constraints.lower_cholesky

    def _call(self, x):
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y):
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(_Same):
    """Matrices to positive definite ones."""

    domain = _MATRICES
    codomain = constraints.positive_definite

    def _call(self, x):
        x = LowerCholeskyTransform()(x)
        return x @ x.mT

    def _inverse(self, y):
        return LowerCholeskyTransform().inv(ctgrad.linalg.cholesky(y))


class _Beside(Transform):
    """Transforms of parts along a dimension."""

    def __init__(self, tseq, dim=0, cache_size=0):
        assert all(isinstance(part, Transform) for part in tseq), "All elements of tseq must be Transform instances"
        super().__init__(cache_size=cache_size)
        self.transforms, self.dim = [part.with_cache(cache_size) if cache_size else part for part in tseq], dim

    bijective = property(lambda self: all(part.bijective for part in self.transforms))

    def _need_parts(self, x, count):
        assert -x.dim() <= self.dim < x.dim(), f"dim {self.dim} out of range for tensor with {x.dim()} dimensions"
        assert x.size(self.dim) == count, f"x.size({self.dim}) = {x.size(self.dim)} must equal {count}"

    def _call(self, x):
        return self._joined([part(one) for part, one in zip(self.transforms, self._parts(x), strict=True)])

    def _inverse(self, y):
        return self._joined([part.inv(one) for part, one in zip(self.transforms, self._parts(y), strict=True)])


class CatTransform(_Beside):
    """Each transform maps a part of `lengths` (1 each by default), as `cat` puts them."""

    def __init__(self, tseq, dim=0, lengths=None, cache_size=0):
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        assert len(self.lengths) == len(self.transforms), f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})"
        self.length = sum(self.lengths)

    event_dim = property(lambda self: max(part.event_dim for part in self.transforms))

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _parts(self, x):
        self._need_parts(x, self.length)
        return x.split(self.lengths, self.dim)

    def _joined(self, parts):
        return ctgrad.cat(parts, dim=self.dim)

    def log_abs_det_jacobian(self, x, y):
        found = [sum_rightmost(part.log_abs_det_jacobian(one, other), self.event_dim - part.event_dim)
                 for part, one, other in zip(self.transforms, self._parts(x), self._parts(y), strict=True)]
        dim = (self.dim if self.dim < 0 else self.dim - x.dim()) + self.event_dim
        return ctgrad.cat(found, dim=dim) if dim < 0 else sum(found)

    @constraints.dependent_property
    def domain(self):
        """The domains beside each other."""
        return constraints.cat([part.domain for part in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self):
        """The codomains beside each other."""
        return constraints.cat([part.codomain for part in self.transforms], self.dim, self.lengths)


class StackTransform(_Beside):
    """Each transform maps one index of a dimension, as `stack` puts them."""

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _parts(self, x):
        self._need_parts(x, len(self.transforms))
        return x.unbind(self.dim)

    def _joined(self, parts):
        return ctgrad.stack(parts, dim=self.dim)

    def log_abs_det_jacobian(self, x, y):
        return self._joined([part.log_abs_det_jacobian(one, other) for part, one, other in zip(self.transforms, self._parts(x), self._parts(y), strict=True)])

    @constraints.dependent_property
    def domain(self):
        """The domains, one after the other."""
        return constraints.stack([part.domain for part in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self):
        """The codomains, one after the other."""
        return constraints.stack([part.codomain for part in self.transforms], self.dim)


for _name in __all__:
    move(globals()[_name], "ctgrad.distributions.transforms")
