"""state_dict and load_state_dict."""

import functools
import warnings
import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Mapping

import ctgrad
from ctgrad import Tensor
from ctgrad.__future__ import get_swap_module_params_on_conversion as _swaps
from ctgrad.nn.parameter import Parameter, is_lazy
from ctgrad.utils import swap_tensors

from ._hooks import add_hook
from ._ties import LoadedTies, put

_EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What ``load_state_dict`` returns: the keys that the state lacked, and those that no module asked for."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


class _ModuleHook:
    """A loading hook that gets its module as first argument, held weakly: the module's own dict holds the hook."""

    def __init__(self, hook, module):
        self.hook = hook
        self.module = weakref.ref(module)
        functools.update_wrapper(self, hook)

    def __call__(self, *args, **kwargs):
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self):
        return {"hook": self.hook, "module": self.module()}

    def __setstate__(self, state):
        if state["module"] is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        self.__init__(state["hook"], state["module"])


class _Loading:
    """What one ``load_state_dict`` has found so far, over all modules."""

    def __init__(self, metadata, assign):
        self.metadata = metadata
        self.assign = assign
        self.missing = []
        self.unexpected = []
        self.errors = []

    def local_metadata(self, prefix):
        local = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            local["assign_to_params_buffers"] = True
        return local

    def load(self, module, state, prefix=""):
        module._load_from_state_dict(state, prefix, self.local_metadata(prefix), True, self.missing, self.unexpected,
                                     self.errors)
        for name, child in module._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                self.load(child, {key: value for key, value in state.items() if key.startswith(below)}, below)
        keys = _IncompatibleKeys(self.missing, self.unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, "
                    "if incompatible_keys need to be modified, it should be done inplace.")

    def raise_errors(self, name, strict):
        if strict:
            found = [("Missing", self.missing), ("Unexpected", self.unexpected)]
            self.errors[:0] = [f"{kind} key(s) in state_dict: {_quoted(keys)}. " for kind, keys in found if keys]
        if self.errors:
            raise RuntimeError("Error(s) in loading state_dict for {}:\n\t{}".format(name, "\n\t".join(self.errors)))


def _quoted(keys):
    return ", ".join(f'"{key}"' for key in keys)


class Stateful:
    """The part of Module that saves and loads its parameters and buffers."""

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """An ordered dict from dotted path to tensor: parameters and persistent buffers, here and below.

        The tensors share memory with the module and are detached unless ``keep_vars``. A shared parameter stands under
        each of its paths. ``destination`` is filled if given, ``prefix`` put before each path.
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead. Refer to "
                          "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict "
                          "for details.", FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = _legacy_arguments(args, destination, prefix, keep_vars)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return self._after_state_dict(destination, prefix, metadata)

    def _after_state_dict(self, destination, prefix, metadata):
        for hook in self._state_dict_hooks.values():
            result = hook(self, destination, prefix, metadata)
            if result is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            destination = result
        return destination

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        """Put this module's own tensors, not its children's, into ``destination``. Subclasses may override."""
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def _own_state(self):
        """Pairs of name and tensor: parameters, then persistent buffers, that are not None."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                yield name, buffer

    def get_extra_state(self):
        """What else to store in ``state_dict()``; a subclass that defines this defines ``set_extra_state`` too."""
        raise RuntimeError(f"{type(self).__name__}.get_extra_state() is not defined: a module with extra state defines "
                           "both get_extra_state() and set_extra_state()")

    def set_extra_state(self, state):
        """Take back what ``get_extra_state`` returned, on loading."""
        raise RuntimeError(f"{type(self).__name__}.set_extra_state() is not defined: a module with extra state defines "
                           "both get_extra_state() and set_extra_state()")

    # --- hooks ---

    def register_state_dict_pre_hook(self, hook):
        """Run ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads this module."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Run ``hook(module, state_dict, prefix, local_metadata)`` after; it changes the dict in place."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook):
        """As the public form, but a result replaces the dict."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError("Cannot register the same function as the state dict post hook that was previously "
                               "registered via register_state_dict_post_hook")
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook):
        """Run ``hook(module, state_dict, prefix, local_metadata, strict, missing, unexpected, errors)`` before loading."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        return add_hook(self._load_state_dict_pre_hooks, _ModuleHook(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook):
        """Run ``hook(module, incompatible_keys)`` after this module and those below it are loaded."""
        return add_hook(self._load_state_dict_post_hooks, hook)

    # --- loading ---

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy tensors into the parameters and buffers of the same path (``assign``: put the tensors in their place).

        Returns the missing and unexpected keys. RuntimeError, listing every problem, if a shape differs or, when
        ``strict``, a key is missing or unexpected; what fits has been copied then. TypeError if not a mapping.

        Ties (``ties()``) are kept. With ``assign`` the tensors of a tie that was loaded in part, or that share otherwise or not
        at all in the state, are laid out anew to share as before; RuntimeError if their values contradict each other, and the
        former ones stay. Without ``assign`` such values are overwritten in turn, and a UserWarning names them; another names
        what is tied in the state and not in the module.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        state = OrderedDict(state_dict)
        if metadata is not None:
            state._metadata = metadata
        loading = _Loading(metadata, assign)
        ties = LoadedTies(self)
        loading.load(self, state)
        loading.errors += ties.settle(state, assign)
        loading.raise_errors(type(self).__name__, strict)
        return _IncompatibleKeys(loading.missing, loading.unexpected)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        """Load this module's own tensors, not its children's. Subclasses override it to convert older versions."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = dict(self._own_state())
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                self._load_one(name, key, tensor, state_dict[key], assign, error_msgs)
            elif strict:
                missing_keys.append(key)
        self._load_extra_state(state_dict, prefix + _EXTRA_STATE, strict, missing_keys, unexpected_keys)
        if strict:
            self._find_unexpected(state_dict, prefix, own, unexpected_keys)

    def _load_one(self, name, key, tensor, value, assign, errors):
        if not (isinstance(value, Tensor) or hasattr(type(value), "__torch_function__")):
            errors.append(f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                          f"checkpoint but received {type(value)}")
            return
        if is_lazy(tensor) and is_lazy(value):
            return
        if tensor.dim() == 0 and value.dim() == 1 and value.shape[0] == 1:
            value = value[0]  # scalars were stored with one element by early versions of the format
        if value.shape != tensor.shape:
            errors.append(f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape "
                          f"in current model is {tensor.shape}.")
            return
        try:
            with ctgrad.no_grad():
                if assign and _swaps():
                    swap_tensors(tensor, _assignable(tensor, value.detach()))
                elif assign:
                    setattr(self, name, _assignable(tensor, value))
                else:
                    put(tensor, value)
        except Exception as error:
            errors.append(f'While copying the parameter named "{key}", whose dimensions in the model are {tensor.size()} '
                          f"and whose dimensions in the checkpoint are {value.size()}, an exception occurred : "
                          f"{error.args}.")

    def _load_extra_state(self, state_dict, key, strict, missing_keys, unexpected_keys):
        wanted = type(self).set_extra_state is not Stateful.set_extra_state
        if wanted and key in state_dict:
            self.set_extra_state(state_dict[key])
        elif strict and wanted:
            missing_keys.append(key)
        elif strict and key in state_dict:
            unexpected_keys.append(key)

    def _find_unexpected(self, state_dict, prefix, own, unexpected_keys):
        """Keys under ``prefix`` that name neither an own tensor nor something in a child."""
        for key in state_dict:
            if not key.startswith(prefix) or key == prefix + _EXTRA_STATE:
                continue
            head, dot, _ = key[len(prefix):].partition(".")
            if head not in (self._modules if dot else own):
                unexpected_keys.append(key)


def _legacy_arguments(args, destination, prefix, keep_vars):
    """Positional arguments count where the keyword was not given."""
    given = dict(enumerate(args))
    return (given[0] if destination is None else destination,
            given.get(1, prefix) if prefix == "" else prefix,
            given.get(2, keep_vars) if keep_vars is False else keep_vars)


def _assignable(tensor, value):
    """``value`` as it takes ``tensor``'s place: a Parameter where that was one, with its ``requires_grad``."""
    if not isinstance(tensor, Parameter):
        return value
    if not isinstance(value, Parameter):
        return Parameter(value, requires_grad=tensor.requires_grad)
    return value.requires_grad_(tensor.requires_grad)
