"""Hooks: functions that run around a module's forward and backward, for one module or for all.

A hook list is an ordered dict from a handle's id to the function; flags stand under the same id in dicts beside it.
Ids are unique in the process, so a flag dict of one module never answers for another's hook.
"""

import inspect
import warnings
from collections import OrderedDict

from ctgrad.utils.hooks import Hooks, RemovableHandle

from ._backward import BackwardHook, attach_to_node

# The dicts of one module, in its __dict__.
HOOK_DICTS = (
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks", "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called", "_backward_pre_hooks", "_backward_hooks", "_state_dict_pre_hooks", "_state_dict_hooks",
    "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)

buffer_registration: Hooks = OrderedDict()
module_registration: Hooks = OrderedDict()
parameter_registration: Hooks = OrderedDict()
global_forward_pre: Hooks = OrderedDict()
global_forward: Hooks = OrderedDict()
global_forward_with_kwargs: Hooks = OrderedDict()
global_forward_always: Hooks = OrderedDict()
global_backward_pre: Hooks = OrderedDict()
global_backward: Hooks = OrderedDict()
# Whether global_backward holds full hooks (True), legacy ones (False), or none was ever registered (None).
_global_is_full = None


def add_hook(hooks, hook, prepend=False, **flags):
    """Put ``hook`` last (or first) in ``hooks``; ``flags`` maps a name to (flag dict, bool). Returns the handle."""
    extra = [flag_dict for flag_dict, _ in flags.values()]
    handle = RemovableHandle(hooks, extra_dict=extra)
    hooks[handle.id] = hook
    for flag_dict, value in flags.values():
        if value:
            flag_dict[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def registering(hooks, module, name, member):
    """The member to register: each registration hook may replace it."""
    for hook in hooks.values():
        replacement = hook(module, name, member)
        if replacement is not None:
            member = replacement
    return member


def register_module_buffer_registration_hook(hook):
    """Run ``hook(module, name, buffer)`` whenever any module registers a buffer; a result replaces the buffer."""
    return add_hook(buffer_registration, hook)


def register_module_module_registration_hook(hook):
    """Run ``hook(module, name, submodule)`` whenever any module gets a child; a result replaces the child."""
    return add_hook(module_registration, hook)


def register_module_parameter_registration_hook(hook):
    """Run ``hook(module, name, parameter)`` whenever any module registers a parameter; a result replaces it."""
    return add_hook(parameter_registration, hook)


def register_module_forward_pre_hook(hook):
    """Run ``hook(module, args)`` before every module's forward; a result replaces the arguments."""
    return add_hook(global_forward_pre, hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Run ``hook(module, args, output)`` after every module's forward; a result replaces the output."""
    return add_hook(global_forward, hook, kwargs=(global_forward_with_kwargs, with_kwargs),
                    always=(global_forward_always, always_call))


def register_module_full_backward_pre_hook(hook):
    """Run ``hook(module, grad_output)`` before every module's backward; a result replaces the gradients."""
    return add_hook(global_backward_pre, hook)


def register_module_full_backward_hook(hook):
    """Run ``hook(module, grad_input, grad_output)`` after every module's backward; a result replaces ``grad_input``."""
    return _add_global_backward(hook, full=True)


def register_module_backward_hook(hook):
    """The legacy form: sees the gradients of the last op of every module's forward only."""
    return _add_global_backward(hook, full=False)


def _add_global_backward(hook, full):
    global _global_is_full
    if _global_is_full is (not full):
        raise RuntimeError("Cannot use both regular backward hooks and full backward hooks as a global Module hook. "
                           "Please use only one of them.")
    _global_is_full = full
    return add_hook(global_backward, hook)


class _CallSignature:
    """What ``inspect.signature`` finds on a module, which is called in C; on the class it finds nothing, and looks at ``__init__``."""

    shown = inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL), inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)])

    def __get__(self, module, cls):
        return None if module is None else self.shown


class Hookable:
    """The part of Module that registers hooks and calls forward with them."""

    __signature__ = _CallSignature()

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Run ``hook(module, args)`` before forward; a result (a tuple, or one value) replaces the arguments.

        ``with_kwargs``: ``hook(module, args, kwargs)``, returning None or a pair (args, kwargs). Returns a handle.
        """
        return add_hook(self._forward_pre_hooks, hook, prepend, kwargs=(self._forward_pre_hooks_with_kwargs, with_kwargs))

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Run ``hook(module, args, output)`` after forward; a result replaces the output.

        ``with_kwargs``: ``hook(module, args, kwargs, output)``. ``always_call``: also when forward raised. Returns a handle.
        """
        return add_hook(self._forward_hooks, hook, prepend, kwargs=(self._forward_hooks_with_kwargs, with_kwargs),
                        always=(self._forward_hooks_always_called, always_call))

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Run ``hook(module, grad_output)`` once the gradients of the outputs are known; a result replaces them."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Run ``hook(module, grad_input, grad_output)`` once the gradients of the inputs are known.

        Both are tuples with None for what is not a tensor. A result replaces ``grad_input``. RuntimeError if the module
        has legacy backward hooks. Returns a handle.
        """
        return self._add_backward_hook(hook, prepend, full=True)

    def register_backward_hook(self, hook):
        """The legacy form: ``hook(module, grad_input, grad_output)`` on the last op of forward only."""
        return self._add_backward_hook(hook, False, full=False)

    def _add_backward_hook(self, hook, prepend, full):
        if self._is_full_backward_hook is (not full):
            raise RuntimeError("Cannot use both regular backward hooks and full backward hooks on a single Module. "
                               "Please use only one of them.")
        self._is_full_backward_hook = full
        return add_hook(self._backward_hooks, hook, prepend)

    def _call_with_hooks(self, args, kwargs):
        call = _HookedCall(self, args, kwargs)
        try:
            return call.run()
        except Exception:
            call.run_skipped_hooks()
            raise


class _HookedCall:
    """One call of a module with hooks: the arguments and result as the hooks have left them so far."""

    def __init__(self, module, args, kwargs):
        self.module = module
        self.args = args
        self.kwargs = kwargs
        self.result = None
        self.started = set()

    def run(self):
        pre_hooks = [*global_backward_pre.values(), *self.module._backward_pre_hooks.values()]
        full, legacy = self._backward_hooks()
        self._before_forward()
        gate = BackwardHook(self.module, full, pre_hooks) if full or pre_hooks else None
        if gate:
            self.args = gate.setup_input_hook(self.args)
        self.result = self.module.forward(*self.args, **self.kwargs)
        self._after_forward()
        if gate:
            self.result = gate.setup_output_hook(self.result)
        if legacy:
            attach_to_node(self.module, legacy, self.args, self.result)
        return self.result

    def _backward_hooks(self):
        """The full and the legacy backward hooks, global ones first."""
        kinds = {True: [], False: [], None: []}
        kinds[_global_is_full].extend(global_backward.values())
        kinds[self.module._is_full_backward_hook].extend(self.module._backward_hooks.values())
        return kinds[True], kinds[False]

    def _before_forward(self):
        module = self.module
        for key, hook in [*global_forward_pre.items(), *module._forward_pre_hooks.items()]:
            if key not in module._forward_pre_hooks_with_kwargs:
                args = hook(module, self.args)
                if args is not None:
                    self.args = args if isinstance(args, tuple) else (args,)
                continue
            both = hook(module, self.args, self.kwargs)
            if both is None:
                continue
            if not (isinstance(both, tuple) and len(both) == 2):
                raise RuntimeError("forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                                   f"but got {both}.")
            self.args, self.kwargs = both

    def _after_forward(self):
        for key, hook in [*global_forward.items(), *self.module._forward_hooks.items()]:
            if self._always(key):
                self.started.add(key)
            self._forward_hook(key, hook)

    def _always(self, key):
        return key in global_forward_always or key in self.module._forward_hooks_always_called

    def _forward_hook(self, key, hook):
        module = self.module
        if key in global_forward_with_kwargs or key in module._forward_hooks_with_kwargs:
            result = hook(module, self.args, self.kwargs, self.result)
        else:
            result = hook(module, self.args, self.result)
        if result is not None:
            self.result = result

    def run_skipped_hooks(self):
        """After an exception: the ``always_call`` hooks that did not run yet; what they raise becomes a warning."""
        for kind, hooks in (("global module", global_forward), ("module", self.module._forward_hooks)):
            for key, hook in hooks.items():
                if not self._always(key) or key in self.started:
                    continue
                try:
                    self._forward_hook(key, hook)
                except Exception as error:
                    warnings.warn(f"{kind} forward hook with ``always_call=True`` raised an exception that was silenced "
                                  f"as another error was raised in forward: {error}", stacklevel=4)
