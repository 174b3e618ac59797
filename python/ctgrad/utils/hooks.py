"""Handles that take a registered hook away again."""

import warnings
import weakref
from collections import OrderedDict
from typing import Any, TypeAlias

from ctgrad._C import HookHandle, _tensor_hooks

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]

# From a handle's id to a hook, or to a flag beside it.
Hooks: TypeAlias = "OrderedDict[int, Any]"


class _Handles(type):
    """The engine's handles, of hooks on tensors and nodes, are instances too."""

    def __instancecheck__(cls, other):
        return isinstance(other, HookHandle) or super().__instancecheck__(other)


class RemovableHandle(metaclass=_Handles):
    """What ``register_*hook`` returns: ``remove()`` unregisters the hook; as a context manager it does so on exit.

    The handle holds the dictionary of hooks weakly, so it keeps no module, tensor or optimizer alive, and removing
    twice, or after the owner is gone, does nothing. ``extra_dict`` (a dict or a list of dicts) holds flags stored
    under the same id, removed together with the hook. Ids are unique in the process.
    """

    next_id = 0

    def __init__(self, hooks_dict, *, extra_dict=None):
        extra = extra_dict if isinstance(extra_dict, list) else [extra_dict] if extra_dict is not None else []
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1

    def remove(self):
        """Unregister the hook; harmless when it is already gone."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def __getstate__(self):
        return self.hooks_dict_ref(), self.id, tuple(reference() for reference in self.extra_dict_ref)

    def __setstate__(self, state):
        hooks, self.id, extra = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra if d is not None)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)


def unserializable_hook(f):
    """Decorate a hook that need not be kept where its tensor is pickled: nothing warns of it then."""
    f.__torch_unserializable__ = True
    return f


def warn_if_has_hooks(tensor):
    """UserWarning for each hook on a tensor that is to be pickled: hooks are not kept."""
    for hook in (_tensor_hooks(tensor) or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function with "
                          "@torch.utils.hooks.unserializable_hook to suppress this warning", stacklevel=2)
