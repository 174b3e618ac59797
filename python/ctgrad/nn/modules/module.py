"""Module: the base of every layer, a tree of parameters, buffers and child modules.

Calling and hooks stand in ``_hooks.py``, saving and loading in ``_state.py``, conversion in ``_convert.py``,
ties in ``_ties.py``; the class here joins them and holds registration, attribute access and the walks over the tree.
"""

import inspect
import sys
from collections import OrderedDict
from types import ModuleType

from ctgrad import Tensor, _C
from ctgrad.nn._names import indent, typename
from ctgrad.nn.parameter import Buffer, Parameter

from . import _hooks
from ._convert import Convertible
from ._hooks import (
    Hookable,
    global_backward,
    global_backward_pre,
    global_forward,
    global_forward_pre,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from ._state import Stateful, _IncompatibleKeys
from ._ties import Tied

__all__ = [
    "Module", "_IncompatibleKeys", "register_module_backward_hook", "register_module_buffer_registration_hook",
    "register_module_forward_hook", "register_module_forward_pre_hook", "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook", "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


class _WithHookTables(ModuleType):
    """This module: a table of hooks for all modules that is assigned to it takes the place of what the one in use holds."""


def _table(hooks):
    def put(_, given):
        items = list(given.items())
        hooks.clear()
        hooks.update(items)

    return property(lambda _: hooks, put)


for _name, _kept in {"_global_forward_pre_hooks": global_forward_pre, "_global_forward_hooks": global_forward, "_global_backward_pre_hooks": global_backward_pre, "_global_backward_hooks": global_backward}.items():
    setattr(_WithHookTables, _name, _table(_kept))
sys.modules[__name__].__class__ = _WithHookTables

# The dictionaries that hold members, in a module's __dict__; a name stands in at most one of them.
_MEMBERS = ("_parameters", "_buffers", "_modules")


def _is_tensor_like(value):
    return isinstance(value, Tensor) or hasattr(value, "__torch_function__")


def _check_name(kind, name):
    """A member's name becomes part of a dotted path, so it is a non-empty string without a dot."""
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
    if "." in name:
        got = f", got: {name}" if kind == "module" else ""
        raise KeyError(f'{kind} name can\'t contain "."{got}')
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')


def _forward_unimplemented(self, *input):
    """What the module computes; every subclass defines it."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


_addindent = indent  # its name in PyTorch, for a __repr__ of one's own

class Module(Hookable, Stateful, Convertible, Tied, _C.ModuleBase):
    """Base class of layers, losses and models.

    A subclass calls ``super().__init__()`` first, assigns ``Parameter``s, buffers and other Modules to attributes, and
    defines ``forward``. Assigned members are listed once each by ``parameters()``, ``buffers()`` and ``modules()``, however
    often they are shared, and stored by ``state_dict()`` under their dotted paths. ``training`` is True until ``eval()``.
    """

    dump_patches = False
    # Stored in state_dict()'s metadata; a subclass that changes its layout raises it and converts old ones on loading.
    _version = 1
    call_super_init = False
    training: bool

    def __init__(self, *args, **kwargs):
        if not self.call_super_init:
            self._refuse_arguments(args, kwargs)
        self.__dict__.update(
            training=True, _parameters={}, _buffers={}, _non_persistent_buffers_set=set(),
            _backward_pre_hooks=OrderedDict(), _backward_hooks=OrderedDict(), _is_full_backward_hook=None,
            _forward_hooks=OrderedDict(), _forward_hooks_with_kwargs=OrderedDict(),
            _forward_hooks_always_called=OrderedDict(), _forward_pre_hooks=OrderedDict(),
            _forward_pre_hooks_with_kwargs=OrderedDict(), _state_dict_hooks=OrderedDict(),
            _state_dict_pre_hooks=OrderedDict(), _load_state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_post_hooks=OrderedDict(), _modules={})
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def _refuse_arguments(self, args, kwargs):
        name = f"{type(self).__name__}.__init__()"
        if kwargs:
            raise TypeError(f"{name} got an unexpected keyword argument '{next(iter(kwargs))}'")
        if args:
            raise TypeError(f"{name} takes 1 positional argument but {len(args) + 1} were given")

    forward = _forward_unimplemented

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        _C._fast_members(cls)

    # --- registration ---

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor (or None) that is state but not trained. Not ``persistent``: left out of ``state_dict()``.

        TypeError: name not a string, or not a tensor; KeyError: name empty, dotted or taken.
        """
        self._need_init("buffer", "_buffers")
        _check_name("buffer", name)
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not _is_tensor_like(tensor):
            raise TypeError(f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)")
        self._buffers[name] = _hooks.registering(_hooks.buffer_registration, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name, param):
        """Add a ``Parameter``, or None for one that is absent (``bias=False``).

        TypeError: name not a string, or not a Parameter; KeyError: name empty, dotted or taken; ValueError: not a leaf.
        """
        self._need_init("parameter", "_parameters")
        _check_name("parameter", name)
        if hasattr(self, name) and name not in self._parameters:
            raise KeyError(f"attribute '{name}' already exists")
        if param is not None:
            self._check_parameter(name, param)
            param = _hooks.registering(_hooks.parameter_registration, self, name, param)
        self._parameters[name] = param

    def _check_parameter(self, name, param):
        if not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{typename(param)}' object to parameter '{name}' "
                            "(torch.nn.Parameter or None required)")
        if param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method.")

    def add_module(self, name, module):
        """Add a child (or None) under ``name``. TypeError: not a Module; KeyError: name empty, dotted or taken."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if isinstance(name, str) and hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        _check_name("module", name)
        self._modules[name] = _hooks.registering(_hooks.module_registration, self, name, module)

    def register_module(self, name, module):
        """The same as ``add_module``."""
        self.add_module(name, module)

    # --- attribute access ---

    def __getattr__(self, name):
        # Classes that leave this as it is look members up in C first: ModuleBase.
        for members in ("_parameters", "_modules", "_buffers"):
            if name in self.__dict__.get(members, ()):
                return self.__dict__[members][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        own = self.__dict__
        if (isinstance(value, (Tensor, Module)) or name in own.get("_parameters", ()) or name in own.get("_modules", ())
                or name in own.get("_buffers", ())):
            self._set_member(name, value)
        else:
            super().__setattr__(name, value)

    def _set_member(self, name, value):
        """Assign what is, or takes the place of, a parameter, a module or a buffer; other tensors are plain attributes."""
        own = self.__dict__
        if isinstance(value, Parameter):
            self._need_init("parameters", "_parameters")
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(f"cannot assign '{typename(value)}' as parameter '{name}' "
                                "(torch.nn.Parameter or None expected)")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._need_init("module", "_modules")
            self._forget(name, "_modules")
            self._modules[name] = _hooks.registering(_hooks.module_registration, self, name, value)
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(f"cannot assign '{typename(value)}' as child module '{name}' "
                                "(torch.nn.Module or None expected)")
            self._modules[name] = _hooks.registering(_hooks.module_registration, self, name, value)
        elif name in own.get("_buffers", ()) or isinstance(value, Buffer):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def _need_init(self, kind, members):
        if members not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")

    def _forget(self, name, kept):
        """Drop every meaning ``name`` has, but the one in the dictionary ``kept``: that one is replaced in place."""
        self.__dict__.pop(name, None)
        for members in _MEMBERS:
            if members != kept:
                self.__dict__[members].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name, value):
        if value is not None and not _is_tensor_like(value):
            raise TypeError(f"cannot assign '{typename(value)}' as buffer '{name}' "
                            "(torch.nn.Buffer, torch.Tensor or None expected)")
        marked = isinstance(value, Buffer)
        persistent = value.persistent if marked else name not in self._non_persistent_buffers_set
        self.register_buffer(name, value, *self._how_persistent(persistent))

    def _how_persistent(self, persistent):
        """What register_buffer is told of it: nothing where a class has its own, which knows nothing of it."""
        if type(self).register_buffer is Module.register_buffer or "persistent" in inspect.signature(self.register_buffer).parameters:
            return (persistent,)
        if not persistent:
            raise RuntimeError("Registering a non-persistent buffer on a Module subclass that implements register_buffer() without the persistent argument is not allowed.")
        return ()

    def __delattr__(self, name):
        for members in _MEMBERS:
            if name in getattr(self, members):  # AttributeError before Module.__init__() is called
                del self.__dict__[members][name]
                if members == "_buffers":
                    self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    # --- members by path ---

    def get_submodule(self, target):
        """The module at the dotted path ``target``; "" is the module itself. AttributeError where there is none."""
        module = self
        for name in target.split(".") if target else ():
            module = _member(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target, module, strict=False):
        """Put ``module`` at the dotted path ``target``; ``strict`` demands that the path ends at a module already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if (strict or hasattr(parent, name)) and not isinstance(_member(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target):
        """The Parameter at the dotted path ``target``. AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        parameter = _member(self.get_submodule(path), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target):
        """The buffer at the dotted path ``target``. AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = _member(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    # --- walks ---

    def _named_members(self, get_members_fn, prefix="", recurse=True, remove_duplicate=True):
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield f"{path}.{name}" if path else name, member

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Pairs of dotted path and Parameter, the module's own before its children's.

        A Parameter that is shared is listed once, at its first path, unless ``remove_duplicate`` is False.
        """
        yield from self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """The Parameters of the module and, if ``recurse``, of all modules below it, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """Pairs of dotted path and buffer, as ``named_parameters``."""
        yield from self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """The buffers of the module and, if ``recurse``, of all modules below it, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_children(self):
        """Pairs of name and module for the direct children, each module once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        """The direct child modules, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Pairs of dotted path and module: this module first, then depth first below it. ``memo`` holds those listed."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate=True):
        """This module and all below it, each once unless ``remove_duplicate`` is False."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def apply(self, fn):
        """Call ``fn`` with every module, children first, and return ``self``; used to initialise parameters."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # --- modes and gradients ---

    def train(self, mode=True):
        """Set ``training`` here and below (Dropout reads it). ValueError if ``mode`` is not a bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Set ``requires_grad`` of every parameter: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Reset the gradients of all parameters: to None, or else to zeros detached from any graph."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    # --- text ---

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """What ``repr`` shows between the brackets before the children; a subclass names its sizes and options."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indent(repr(module), 2)}" for name, module in self._modules.items()]
        return bracketed(self._get_name(), lines + children, wrap=len(lines) != 1 or bool(children))

    def __getstate__(self):
        return self.__dict__.copy()

    def __setstate__(self, state):
        self.__dict__.update(state)
        for name in _hooks.HOOK_DICTS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)


def weight_and_bias(module):
    """The attributes ``weight`` and ``bias`` of a layer, which are parameters as a rule: sought in vain elsewhere first, an
    attribute costs as much as a small op.
    """
    own = module._parameters
    if "weight" in own and "bias" in own:
        return own["weight"], own["bias"]
    return module.weight, module.bias


def buffer(module, name):
    """The attribute ``name``, which is a buffer as a rule; see ``weight_and_bias``."""
    own = module._buffers
    return own[name] if name in own else getattr(module, name)


def one_call(scope, name, *attributes):
    """Decorator of a forward that returns ``scope.name(input, self.attribute, ...)``: where name still means what it does now, the call of a module
    makes that call itself, without a frame of Python in between."""

    def tell(forward):
        _C._forward_is(forward, vars(scope), name, attributes)
        return forward

    return tell


_C._set_module(Module.__getattr__, (global_forward, global_forward_pre, global_backward, global_backward_pre))
_C._fast_members(Module)


def _member(module, name):
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def clear_grad(parameter, set_to_none):
    """Drop a gradient, or fill it with zeros and cut it from the graph that made it."""
    grad = parameter.grad
    if grad is None:
        return
    if set_to_none:
        parameter.grad = None
        return
    if grad.grad_fn is not None:
        grad.detach_()
    else:
        grad.requires_grad_(False)
    grad.zero_()


def bracketed(name, lines, wrap=True):
    """``name(...)`` with the lines indented on their own rows, or inline when there is one and ``wrap`` is False."""
    if not lines:
        return f"{name}()"
    if not wrap:
        return f"{name}({lines[0]})"
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"
