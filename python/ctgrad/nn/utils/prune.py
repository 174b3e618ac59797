"""Pruning: a parameter times a mask that is 0 where an element, or a whole slice, was taken out.

A pruned parameter ``weight`` is kept as ``weight_orig``, its mask as the buffer ``weight_mask``; ``weight`` itself is their product, computed
before every forward by a hook.
"""

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable

import ctgrad

from .convert_parameters import parameters_to_vector

__all__ = ["BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer", "RandomStructured",
           "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned", "l1_unstructured", "ln_structured",
           "random_structured", "random_unstructured", "remove"]


class BasePruningMethod(ABC):
    """The hook. A subclass defines ``compute_mask`` and ``PRUNING_TYPE``: "unstructured", "structured" (with a ``dim``) or "global"."""

    PRUNING_TYPE = "unstructured"
    _tensor_name = None

    @abstractmethod
    def compute_mask(self, t, default_mask):
        """The mask of ``t``, by its elements as they matter; ``default_mask`` is the one so far."""

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module):
        """The product of parameter and mask."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prune ``module.name`` by the method that ``cls(*args, **kwargs)`` is, on top of those that did before. Returns the hook.

        ``importance_scores``, of its shape, are how much each element matters: the element itself unless given.
        """
        method = _with_former(module, name, cls(*args, **kwargs))
        tensor = getattr(module, name)
        scores = tensor if importance_scores is None else importance_scores
        if scores.shape != tensor.shape:
            raise AssertionError(f"importance_scores should have the same shape as parameter {name} of {module}")
        first = not isinstance(method, PruningContainer)
        mask = ctgrad.ones_like(tensor, requires_grad=False) if first else getattr(module, name + "_mask").detach().clone()
        mask = method.compute_mask(scores, default_mask=mask)  # what it refuses leaves the module as it was
        if first:
            del module._parameters[name]
            module.register_parameter(name + "_orig", tensor)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        _forget(module, name)
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """``t`` pruned, apart from any module."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError("importance_scores should have the same shape as tensor t")
        return t * self.compute_mask(scores, default_mask=ctgrad.ones_like(t, requires_grad=False) if default_mask is None else default_mask)

    def remove(self, module):
        """Make the pruned tensor the parameter; the hook itself is taken off by the function ``remove``."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        original.data = weight.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _hooks_of(module, name):
    return [key for key, hook in module._forward_pre_hooks.items() if isinstance(hook, BasePruningMethod) and name in (None, hook._tensor_name)]


def _forget(module, name):
    for key in _hooks_of(module, name):
        del module._forward_pre_hooks[key]


def _with_former(module, name, method):
    """``method``, or the container of it and of those that pruned that tensor before."""
    method._tensor_name = name
    former = _hooks_of(module, name)
    if not former:
        return method
    hook = module._forward_pre_hooks[former[0]]
    container = PruningContainer(*hook) if isinstance(hook, PruningContainer) else PruningContainer(hook)
    container.add_pruning_method(method)
    return container


class PruningContainer(BasePruningMethod):
    """Methods that pruned one tensor in turn; the last prunes what those before left."""

    def __init__(self, *args):
        self._pruning_methods = ()
        for method in args:
            self._tensor_name = getattr(args[0], "_tensor_name", None)
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """One more. TypeError unless it is a method, ValueError for one of another tensor."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer {self}. "
                             f"Found '{method._tensor_name}'")
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, index):
        return self._pruning_methods[index]

    def compute_mask(self, t, default_mask):
        """By the last method, of the elements (or slices) that are left."""
        method, mask = self._pruning_methods[-1], default_mask.to(t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            part = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()
            kept = mask.sum([d for d in range(t.dim()) if d != dim]) != 0
            part = tuple(kept if d == dim else slice(None) for d in range(t.dim()))
        elif method.PRUNING_TYPE == "global":
            part = ...
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask = mask.clone()
        mask[part] = method.compute_mask(t[part], default_mask=default_mask[part]).to(mask.dtype)
        return mask


class Identity(BasePruningMethod):
    """Takes nothing out: the parameter gets a mask of ones."""

    def compute_mask(self, t, default_mask):
        return default_mask


class _ByAmount(BasePruningMethod):
    """Takes out ``amount``: a number of elements or slices, or a share of them."""

    def __init__(self, amount):
        _validate_pruning_amount_init(amount)
        self.amount = amount

    def _count(self, size):
        _validate_pruning_amount(count := _compute_nparams_toprune(self.amount, size), size)
        return count


class RandomUnstructured(_ByAmount):
    """Takes out random elements."""

    def compute_mask(self, t, default_mask):
        count, mask = self._count(t.nelement()), default_mask.clone(memory_format=ctgrad.contiguous_format)
        if count:
            mask.view(-1)[ctgrad.rand_like(t.detach()).view(-1).topk(count).indices] = 0
        return mask


class L1Unstructured(_ByAmount):
    """Takes out the elements of least absolute value."""

    def compute_mask(self, t, default_mask):
        count, mask = self._count(t.nelement()), default_mask.clone(memory_format=ctgrad.contiguous_format)
        if count:
            mask.view(-1)[t.detach().abs().reshape(-1).topk(count, largest=False).indices] = 0
        return mask


class _Structured(_ByAmount):
    """Takes out slices along ``dim``."""

    PRUNING_TYPE = "structured"

    def compute_mask(self, t, default_mask):
        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        size = t.shape[self.dim]
        count = self._count(size)
        if count == 0:
            return default_mask
        mask = ctgrad.zeros_like(t, requires_grad=False)
        mask.index_fill_(self.dim, self._kept(t.detach(), size, count), 1)
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_Structured):
    """Takes out random slices along ``dim``."""

    def __init__(self, amount, dim=-1):
        super().__init__(amount)
        self.dim = dim

    def _kept(self, t, size, count):
        drawn = ctgrad.rand(size)
        return (drawn > drawn.kthvalue(count).values).nonzero().squeeze(1)


class LnStructured(_Structured):
    """Takes out the slices along ``dim`` of least ``n``-norm."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount)
        self.n = n
        self.dim = dim

    def _kept(self, t, size, count):
        return _compute_norm(t, self.n, self.dim).topk(size - count).indices


class CustomFromMask(BasePruningMethod):
    """Takes out what is 0 in ``mask``."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        if default_mask.shape != self.mask.shape:
            raise AssertionError("default_mask shape must match self.mask shape")
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def identity(module, name):
    """Give ``module.name`` a mask of ones. Returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Take random elements out of ``module.name``. Returns the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Take the elements of least absolute value out of ``module.name``. Returns the module."""
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Take random slices along ``dim`` out of ``module.name``. Returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Take the slices along ``dim`` of least ``n``-norm out of ``module.name``. Returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Take what is 0 in ``mask`` out of ``module.name``. Returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prune the tensors of pairs (module, name) as if they were one, by an unstructured method. TypeError for anything else."""
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    parameters, scores = list(parameters), importance_scores if importance_scores is not None else {}
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    tensors = [getattr(*pair) for pair in parameters]
    whole = parameters_to_vector([scores.get(pair, tensor).detach().contiguous() for pair, tensor in zip(parameters, tensors, strict=True)])
    masks = parameters_to_vector([getattr(module, name + "_mask", ctgrad.ones_like(tensor, requires_grad=False)).contiguous()
                                  for (module, name), tensor in zip(parameters, tensors, strict=True)])
    method, container = pruning_method(**kwargs), PruningContainer()
    method._tensor_name = container._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type {method.PRUNING_TYPE}')
    container.add_pruning_method(method)
    parts = container.compute_mask(whole, masks).split([tensor.numel() for tensor in tensors])
    for (module, name), tensor, part in zip(parameters, tensors, parts, strict=True):
        custom_from_mask(module, name, mask=part.view(tensor.shape))


def remove(module, name):
    """Make the pruned tensor the parameter. Returns the module. ValueError where it was not pruned."""
    found = _hooks_of(module, name)
    if not found:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    module._forward_pre_hooks.pop(found[0]).remove(module)
    return module


def is_pruned(module):
    """Whether a parameter of the module, or of one below it, is pruned."""
    return any(_hooks_of(part, None) for part in module.modules())


def _validate_pruning_amount_init(amount):
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not isinstance(amount, numbers.Integral) and amount > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _validate_pruning_amount(amount, tensor_size):
    if isinstance(amount, numbers.Integral) and amount > tensor_size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={tensor_size}")


def _validate_structured_pruning(t):
    if t.dim() <= 1:
        raise ValueError(f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with {t.dim()} dims")


def _validate_pruning_dim(t, dim):
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _compute_nparams_toprune(amount, tensor_size):
    return amount if isinstance(amount, numbers.Integral) else round(amount * tensor_size)


def _compute_norm(t, n, dim):
    return t.norm(p=n, dim=[d for d in range(t.dim()) if d != dim % t.dim()])
