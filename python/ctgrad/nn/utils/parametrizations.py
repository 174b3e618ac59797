"""Ready-made parametrizations: weights of given norm, of largest singular value 1, orthogonal ones."""

import ctgrad
from ctgrad import Tensor
from ctgrad.nn import functional as F
from ctgrad.nn.modules.module import Module

from . import parametrize
from .spectral_norm import as_matrix, random_unit, usual_dim
from .weight_norm import norm_except_dim, normed_weight

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_named(module, name):
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return normed_weight(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Train the norms of the slices of a parameter along ``dim`` (None: the one norm) apart from the directions. Returns the module.

    Norms are ``module.parametrizations.weight.original0``, directions ``original1``; states that ``utils.weight_norm`` stored can be loaded.
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict, prefix, *rest):
        former = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in former):
            for i, key in enumerate(former):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        ndim = weight.dim()
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim).detach()
            u, v = (random_unit(matrix, n, eps) for n in matrix.shape)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)
            self._approach(matrix, 15)

    def _approach(self, matrix, times):
        with ctgrad.no_grad():
            for _ in range(times):
                F.normalize(matrix.mv(self._v), dim=0, eps=self.eps, out=self._u)
                F.normalize(matrix.t().mv(self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight):
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._approach(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the buffers may be written before the backward of this forward
        return weight / u.vdot(matrix.mv(v))

    def right_inverse(self, value):
        return value  # taken to be of that norm already


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a parameter by its largest singular value, which a few steps of the power method approach at every use in training.

    ``dim``, along which the rows of the matrix lie, is 0, and 1 for transposed convolutions. Returns the module. ValueError without such a tensor.
    """
    weight = _tensor_named(module, name)
    made = _SpectralNorm(weight, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    return parametrize.register_parametrization(module, name, made)


def _is_orthogonal(q):
    n, k = q.shape[-2:]
    return ctgrad.allclose(q.mT @ q, ctgrad.eye(k, dtype=q.dtype), atol=10 * n * ctgrad.finfo(q.dtype).eps)


def _orthogonal_of(a):
    """The Q of the QR factorization of which R has a diagonal that is not negative."""
    factors, tau = ctgrad.geqrf(a)
    return ctgrad.linalg.householder_product(factors, tau) * factors.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _skew(x):
    """The skew-symmetric matrix of which the tall matrix x holds the lower triangle."""
    n, k = x.shape[-2:]
    x = x.tril()
    if n != k:
        x = ctgrad.cat([x, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
    return x - x.mT


def _first(k, q):
    return q if q.size(-1) == k else q[..., :k]


def _by_exponential(x):
    return _first(x.size(-1), ctgrad.matrix_exp(_skew(x)))


def _by_cayley(x):
    a = _skew(x)
    one = ctgrad.eye(a.size(-1), dtype=a.dtype)
    return _first(x.size(-1), ctgrad.linalg.solve(ctgrad.add(one, a, alpha=-0.5), ctgrad.add(one, a, alpha=0.5)))


def _by_reflections(x):
    below = x.tril(diagonal=-1)
    tau = 2 / (1 + (below * below).sum(dim=-2))
    return ctgrad.linalg.householder_product(below, tau) * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


ORTHOGONAL_MAPS = {"matrix_exp": _by_exponential, "cayley": _by_cayley, "householder": _by_reflections}


class _Orthogonal(Module):
    def __init__(self, shape, orthogonal_map, use_trivialization):
        super().__init__()
        self.shape = shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x):
        wide = x.size(-2) < x.size(-1)
        q = ORTHOGONAL_MAPS[self.orthogonal_map](x.mT if wide else x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    @ctgrad.no_grad()
    def right_inverse(self, given):
        if given.shape != self.shape:
            raise ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {given.shape}.")
        wide = given.size(-2) < given.size(-1)
        q = given.mT if wide else given
        n, k = q.shape[-2:]
        if hasattr(self, "base"):
            if n != k:
                q = ctgrad.cat([q, ctgrad.randn(*q.shape[:-2], n, n - k, dtype=q.dtype)], dim=-1)
            self.base = q.clone() if n == k and _is_orthogonal(q) else _orthogonal_of(q)
            start = ctgrad.zeros_like(given)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False: "
                "leave use_trivialization at True, or take orthogonal_map='householder'.")
        factors, tau = ctgrad.geqrf(q)
        diagonal = factors.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1  # a column that is left as it is has no reflection to turn its sign
        return factors.mT if wide else factors


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Keep a matrix parameter, or a batch of them, orthogonal: its columns orthonormal, or its rows where it is wide. Returns the module.

    ``orthogonal_map`` is "matrix_exp" (usual for square ones), "cayley" or "householder" (usual for the others). With ``use_trivialization`` the
    map is taken around a fixed orthogonal matrix, the buffer ``base`` (Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds,
    2019), which lets any matrix be assigned. ValueError without such a tensor, for one of fewer than two dimensions and for another map.
    """
    weight = _tensor_named(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.size(-2) == weight.size(-1) else "householder"
    if orthogonal_map not in ORTHOGONAL_MAPS:
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}')
    return parametrize.register_parametrization(module, name, _Orthogonal(weight.shape, orthogonal_map, use_trivialization), unsafe=True)
