"""Parametrizations: an attribute of a module that is computed, whenever it is read, from what is trained in its place.

The module gets a class of its own, one below its former class, on which each parametrized name is a property.
"""

import copy
import copyreg
from collections.abc import Sequence
from contextlib import contextmanager

import ctgrad
from ctgrad import Tensor
from ctgrad.nn.modules.container import ModuleDict, ModuleList
from ctgrad.nn.parameter import Parameter

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
           "transfer_parametrizations_and_params", "type_before_parametrizations"]

# How many `cached` blocks are open, and what was computed since the first: (id of the module, name) to tensor.
_open = 0
_computed: dict = {}


@contextmanager
def cached():
    """Inside, a parametrized attribute is computed once, when it is first read."""
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1
        if _open == 0:
            _computed.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in order, and what they are applied to.

    That is ``original``, or ``original0``, ``original1``, ... where the ``right_inverse`` of the first gives several tensors.
    ``unsafe``: dtype and shape may change.
    """

    def __init__(self, modules, original, unsafe=False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with ctgrad.no_grad():
            new = original
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    try:
                        new = module.right_inverse(new)
                    except NotImplementedError:
                        pass
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {type(new).__name__}")
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        self._keep(original, new)
        if not unsafe:
            _check_alike("Registering a parametrization may not change the {} of the tensor, unless `unsafe` flag is enabled.", self(), shape, dtype,
                         "A parametrization must return a tensor.")

    def _keep(self, original, new):
        if self.is_tensor:
            if original.dtype != new.dtype:
                raise ValueError(f"When `right_inverse` outputs one tensor, it may not change the dtype.\noriginal.dtype: {original.dtype}\n"
                                 f"right_inverse(original).dtype: {new.dtype}")
            _put(original, new)
            _register(self, "original", original)
            return
        for i, part in enumerate(new):
            if not isinstance(part, Tensor):
                raise ValueError("'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                                 f"Got element {i} of the sequence with type {type(part).__name__}.")
            if isinstance(original, Parameter):
                part = Parameter(part, original.requires_grad)
            _register(self, f"original{i}", part.requires_grad_(original.requires_grad))

    def right_inverse(self, value):
        """Store what gives ``value``: the ``right_inverse`` of every parametrization, the last first."""
        with ctgrad.no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor:
                if not isinstance(value, Tensor):
                    raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
                parts = [("original", value)]
            else:
                parts = self._parts(value)
            for name, part in parts:
                kept = getattr(self, name)
                if kept.dtype != part.dtype:
                    raise ValueError(f"The tensor returned by `right_inverse` has dtype {part.dtype} while `{name}` has dtype {kept.dtype}")
                _put(kept, part)

    def _parts(self, value):
        if not isinstance(value, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
        if len(value) != self.ntensors:
            raise ValueError(f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of length {len(value)}.")
        for i, part in enumerate(value):
            if not isinstance(part, Tensor):
                raise ValueError(f"'right_inverse' must return a sequence of tensors. Got element {i} of type {type(part).__name__}.")
        return [(f"original{i}", part) for i, part in enumerate(value)]

    def forward(self):
        first, *others = self
        x = first(self.original) if self.is_tensor else first(*(getattr(self, f"original{i}") for i in range(self.ntensors)))
        for module in others:
            x = module(x)
        return x


def _put(kept, value):
    """Let ``kept`` hold ``value``'s numbers, whatever its shape: it stays the tensor that an optimiser knows."""
    if kept is not value:
        with ctgrad.no_grad():
            kept.set_(value.detach())


def _register(module, name, tensor):
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_alike(text, given, shape, dtype, no_tensor):
    if not isinstance(given, Tensor):
        raise ValueError(f"{no_tensor} Got {type(given).__name__}.")
    for what, ours, theirs in (("dtype", dtype, given.dtype), ("shape", shape, given.shape)):
        if ours != theirs:
            raise ValueError(f"{text.format(what)}\nunparametrized {what}: {ours}\nparametrized {what}: {theirs}")


def _deepcopy(self, memo):
    if id(self) not in memo:
        replica = memo[id(self)] = self.__new__(type(self))
        replica.__dict__ = copy.deepcopy(self.__dict__, memo)
        for slot in copyreg._slotnames(type(self)):
            if hasattr(self, slot):
                setattr(replica, slot, copy.deepcopy(getattr(self, slot), memo))
    return memo[id(self)]


def _refuse_pickle(self):
    raise RuntimeError("Serialization of parametrized modules is only supported through state_dict().")


def _give_class(module):
    cls = type(module)
    members = {"__getstate__": _refuse_pickle}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _give_property(module, name):
    def get(self):
        made = self.parametrizations[name]
        if not _open:
            return made()
        key = id(self), name
        if key not in _computed:
            _computed[key] = made()
        return _computed[key]

    def put(self, value):
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, put))


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Compute ``module.tensor_name``, a parameter or buffer, as ``parametrization(original)`` from now on. Returns the module.

    Where the parametrization has a method ``right_inverse``, assignment to the attribute stores what that makes of the value;
    a second parametrization is applied to the result of the first. ValueError where dtype or shape change and not ``unsafe``.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_another(module, tensor_name, parametrization)
        made = module.parametrizations[tensor_name]
        made.append(parametrization)
        made.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_class(module)
            module.parametrizations = ModuleDict()
        _give_property(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    return module


def _check_another(module, name, parametrization):
    now = getattr(module, name)
    then = parametrization(now)
    _check_alike("Registering a parametrization may not change the {} of the tensor, unless the `unsafe` flag is enabled.", then, now.shape, now.dtype,
                 "A parametrization must return a tensor.")
    if hasattr(parametrization, "right_inverse"):
        try:
            back = parametrization.right_inverse(then)
        except NotImplementedError:
            return
        _check_alike(f"The tensor returned by parametrization.right_inverse must have the same {{}} as module.{name}, unless the `unsafe` flag is enabled.",
                     back, now.shape, now.dtype, "parametrization.right_inverse must return a tensor.")


def is_parametrized(module, tensor_name=None):
    """Whether the module has a parametrization of that name, or any."""
    made = getattr(module, "parametrizations", None)
    if not isinstance(made, ModuleDict):
        return False
    return len(made) > 0 if tensor_name is None else tensor_name in made


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Make the attribute a plain tensor again: with its present value, or not ``leave_parametrized`` with the original's. Returns the module."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    made = module.parametrizations[tensor_name]
    if made.is_tensor:
        original = made.original
        if leave_parametrized:
            with ctgrad.no_grad():
                _put(original, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError("Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module):
    """The class that the module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Give ``to_module`` the parametrizations of ``from_module``, of one name or of all, with what they are applied to. Returns it."""
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        made = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in made:
            register_parametrization(to_module, name, parametrization)
        into = to_module.parametrizations[name]
        parts = ["original"] if made.is_tensor else [f"original{i}" for i in range(made.ntensors)]
        for part in parts:
            setattr(into, part, getattr(made, part))
    return to_module
