"""Ready-made parametrizations: weights of given norm, of largest singular value 1."""

import ctgrad
from ctgrad import Tensor
from ctgrad.nn import functional as F
from ctgrad.nn.modules.module import Module

from . import parametrize
from .spectral_norm import as_matrix, random_unit, usual_dim
from .weight_norm import norm_except_dim, normed_weight

__all__ = ["spectral_norm", "weight_norm"]


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
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    made = _SpectralNorm(weight, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    return parametrize.register_parametrization(module, name, made)
