"""Spectral normalisation (Miyato et al. 2018), as a hook that divides the weight by its largest singular value before every forward."""

import ctgrad
from ctgrad.nn import functional as F
from ctgrad.nn.parameter import Parameter

from .weight_norm import find_hook, need_unhooked

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


def as_matrix(weight, dim):
    """``weight`` as a matrix whose rows are its slices along ``dim``."""
    if dim != 0:
        weight = weight.permute(dim, *(d for d in range(weight.dim()) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def random_unit(weight, n, eps):
    """A random vector of ``n`` elements and norm 1."""
    return F.normalize(weight.new_empty(n).normal_(0, 1), dim=0, eps=eps)


class SpectralNorm:
    """The hook: ``name`` is ``name``_orig / (u @ W @ v), where u and v, buffers, approach the first singular vectors."""

    _version = 1

    def __init__(self, name="weight", n_power_iterations=1, dim=0, eps=1e-12):
        if n_power_iterations <= 0:
            raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def reshape_weight_to_matrix(self, weight):
        """``weight`` as a matrix whose rows are its slices along ``dim``."""
        return as_matrix(weight, self.dim)

    def compute_weight(self, module, do_power_iteration):
        """The weight; with ``do_power_iteration`` u and v first come nearer to the singular vectors, in their memory."""
        weight, u, v = (getattr(module, self.name + part) for part in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with ctgrad.no_grad():
                for _ in range(self.n_power_iterations):
                    F.normalize(matrix.t().mv(u), dim=0, eps=self.eps, out=v)
                    F.normalize(matrix.mv(v), dim=0, eps=self.eps, out=u)
                u, v = u.clone(), v.clone()  # the buffers are written again before the backward of this forward may run
        return weight / u.dot(matrix.mv(v))

    def remove(self, module):
        """Make the present weight a parameter again."""
        with ctgrad.no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for part in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + part)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module, inputs):
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def first_version(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        """A hook of ``load_state_dict``: what was stored before versions were has the weight and no v, which follows from it."""
        key = prefix + self.name
        if local_metadata.get("spectral_norm", {}).get(self.name + ".version"):
            return
        if key not in state_dict and all(key + part in state_dict for part in ("_orig", "_u", "_v")):
            return
        missing = [key + part for part in ("_orig", "", "_u") if key + part not in state_dict]
        missing_keys += missing if strict else []
        if not missing:
            with ctgrad.no_grad():
                whole = state_dict[key + "_orig"]
                scale = (whole / state_dict.pop(key)).mean()
                state_dict[key + "_v"] = v_of(as_matrix(whole, self.dim), state_dict[key + "_u"], scale)

    def note_version(self, module, state_dict, prefix, local_metadata):
        """A hook of ``state_dict``: the version of what is stored."""
        key = self.name + ".version"
        if key in local_metadata.setdefault("spectral_norm", {}):
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        local_metadata["spectral_norm"][key] = self._version


def v_of(matrix, u, scale):
    """The v of the least norm for which matrix @ v is along u and u @ matrix @ v is ``scale``."""
    v = ctgrad.linalg.multi_dot([matrix.t().mm(matrix).pinverse(), matrix.t(), u.unsqueeze(1)]).squeeze(1)
    return v.mul_(scale / u.dot(matrix.mv(v)))


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Keep the largest singular value of a parameter near 1. Returns the module.

    ``dim``, along which the rows of the matrix lie, is 0, and 1 for transposed convolutions. The former form: see
    ``parametrizations.spectral_norm``. RuntimeError where the parameter has such a hook already; ValueError where it is None.
    """
    hook = SpectralNorm(name, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    need_unhooked(module, SpectralNorm, name, "spectral_norm")
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with ctgrad.no_grad():
        rows, columns = as_matrix(weight, hook.dim).shape
        u, v = random_unit(weight, rows, eps), random_unit(weight, columns, eps)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)  # no parameter: initialisers that look for the name find it
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    module._register_state_dict_hook(hook.note_version)
    module._register_load_state_dict_pre_hook(hook.first_version)
    return module


def usual_dim(module):
    """The dimension of the outputs in the weight of ``module``."""
    nn = ctgrad.nn
    return 1 if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)) else 0


def remove_spectral_norm(module, name="weight"):
    """Undo ``spectral_norm``. ValueError where there is none."""
    key = find_hook(module, SpectralNorm, name)
    if key is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    hook = module._forward_pre_hooks.pop(key)
    hook.remove(module)
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for kept in [kept for kept, noted in hooks.items() if getattr(noted, "__self__", None) is hook]:
            del hooks[kept]
    return module
