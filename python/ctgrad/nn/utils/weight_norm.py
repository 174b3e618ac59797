"""Weight normalisation (Salimans & Kingma 2016), as a hook that computes the weight before every forward."""

import warnings

from ctgrad.composed.closed import node
from ctgrad.nn.parameter import Parameter, is_lazy

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]


def norm_except_dim(v, dim):
    """The 2-norms of the slices of ``v`` at each index of ``dim``, of its rank; of all of ``v`` where that is -1."""
    return v.norm() if dim == -1 else v.norm(2, [d for d in range(v.dim()) if d != dim % v.dim()], keepdim=True)


def normed_weight(v, g, dim):
    """``v`` with slices of norm ``g``; one node where these lie along the first or the last dimension."""
    return (_by_one_node if dim in (0, v.dim() - 1) else _scaled)(v, g, dim)


def _scaled(v, g, dim):
    return v * (g / norm_except_dim(v, dim))


_by_one_node = node("WeightNormInterfaceBackward0")(_scaled)


class WeightNorm:
    """The hook: ``name`` is computed from the parameters ``name``_g (norms) and ``name``_v (directions)."""

    def __init__(self, name, dim):
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module):
        """The weight, from the present norms and directions."""
        return normed_weight(getattr(module, self.name + "_v"), getattr(module, self.name + "_g"), self.dim)

    def remove(self, module):
        """Make the present weight a parameter again."""
        weight = self.compute_weight(module)
        for name in (self.name, self.name + "_g", self.name + "_v"):
            delattr(module, name)
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module, inputs):
        setattr(module, self.name, self.compute_weight(module))


def find_hook(module, kind, name):
    """The id of the forward pre-hook of class ``kind`` on the parameter ``name``, or None."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and hook.name == name:
            return key
    return None


def need_unhooked(module, kind, name, called):
    """RuntimeError where a hook of that class stands on the parameter, ValueError where the parameter has no data yet."""
    if find_hook(module, kind, name) is not None:
        raise RuntimeError(f"Cannot register two {called} hooks on the same parameter {name}")
    if is_lazy(getattr(module, name)):
        raise ValueError(f"The module passed to `{kind.__name__}` can't have uninitialized parameters. Run a forward first.")


def weight_norm(module, name="weight", dim=0):
    """Train the norms of the slices along ``dim`` (None: the one norm) apart from the directions. Returns the module.

    The former form: see ``parametrizations.weight_norm``. RuntimeError where the parameter has such a hook already.
    """
    warnings.warn("`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.", FutureWarning, stacklevel=2)
    need_unhooked(module, WeightNorm, name, "weight_norm")
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(name + "_g", Parameter(norm_except_dim(weight, hook.dim).data))
    module.register_parameter(name + "_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module, name="weight"):
    """Undo ``weight_norm``. ValueError where there is none."""
    key = find_hook(module, WeightNorm, name)
    if key is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    module._forward_pre_hooks.pop(key).remove(module)
    return module
