"""Optimizer: parameter groups, state, hooks; the base of every optimiser."""

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from copy import deepcopy
from itertools import chain

import ctgrad
from ctgrad import Tensor
from ctgrad._C import _drop_grads, _set_grad_enabled, is_grad_enabled
from ctgrad.nn._names import typename
from ctgrad.nn._shared import address, shared
from ctgrad.nn.modules._hooks import add_hook
from ctgrad.nn.modules.module import clear_grad
from ctgrad.utils.hooks import Hooks

__all__ = ["Optimizer", "register_optimizer_step_pre_hook", "register_optimizer_step_post_hook"]

_global_pre_hooks: Hooks = OrderedDict()
_global_post_hooks: Hooks = OrderedDict()
_may_tie = Tensor._may_tie
_NONE_SHARED: dict = {}
_HOOK_DICTS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks", "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks",
)


class _Required:
    def __repr__(self):
        return "<required parameter>"


# The default of an option that every parameter group must give.
required = _Required()


def register_optimizer_step_pre_hook(hook):
    """Run ``hook(optimizer, args, kwargs)`` before every optimizer's step; a pair (args, kwargs) replaces them."""
    return add_hook(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook):
    """Run ``hook(optimizer, args, kwargs)`` after every optimizer's step."""
    return add_hook(_global_post_hooks, hook)


def use_grad_for_differentiable(step):
    """``step`` runs without recording, unless the optimizer was made with ``differentiable=True``."""

    @functools.wraps(step)
    def recorded_or_not(self, *args, **kwargs):
        mode = self.defaults.get("differentiable", False)
        if mode is not False:
            with ctgrad.set_grad_enabled(mode):
                return step(self, *args, **kwargs)
        before = is_grad_enabled()
        _set_grad_enabled(False)
        try:
            return step(self, *args, **kwargs)
        finally:
            _set_grad_enabled(before)

    return recorded_or_not


def evaluate(closure):
    """The loss of a closure that recomputes it, with recording on; None without a closure."""
    if closure is None:
        return None
    with ctgrad.enable_grad():
        return closure()


def number(value):
    """A number, or the element of a tensor, as a Python number."""
    return value.item() if isinstance(value, Tensor) else value


def _hooked(step):
    """``step`` between its pre- and post-hooks."""

    @functools.wraps(step)
    def step_with_hooks(*args, **kwargs):
        self = args[0]
        if _global_pre_hooks or self._optimizer_step_pre_hooks:
            for hook in chain(_global_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
                result = hook(self, args, kwargs)
                if result is None:
                    continue
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {result}.")
                args, kwargs = result
        out = step(*args, **kwargs)
        if _global_post_hooks or self._optimizer_step_post_hooks:
            for hook in chain(self._optimizer_step_post_hooks.values(), _global_post_hooks.values()):
                hook(self, args, kwargs)
        return out

    step_with_hooks.hooked = True
    return step_with_hooks


class Optimizer:
    """Base class: a subclass passes its options' defaults and defines ``step``.

    ``params`` is an iterable of tensors, of (name, tensor) pairs, or of dicts with "params" and options of their own.
    ``param_groups`` lists the groups as dicts, ``state`` maps a parameter to what is kept for it. TypeError, ValueError for
    parameters that cannot be optimised: none at all, not tensors, not leaves, in two groups.

    Parameters that share elements (``Parameter(other.t())``) are one set of numbers: their gradients are summed, and one step is
    made, with one state, that of the parameter that holds all numbers. The same goes for a parameter that shows a number more
    than once (``Parameter(w.expand(n, n))``), whose state has the shape of the distinct numbers. ValueError for parameters that
    share a part of their elements only, or across groups.
    """

    _sharing: tuple = (None, {})  # what _find_shared answered last, after what it was asked for

    def __init__(self, params, defaults):
        self.defaults = defaults
        self._restore_hooks()
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                            + typename(params))
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _restore_hooks(self):
        """Give the instance its hook dicts, and the class a ``step`` that reads them."""
        for name in _HOOK_DICTS:
            self.__dict__.setdefault(name, OrderedDict())
        cls = type(self)
        if not getattr(cls.step, "hooked", False):
            cls.step = _hooked(cls.step)

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    _defaults_of_old_states: tuple[tuple[str, object], ...] = ()  # (option, value) of a group that was saved before the option existed

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._restore_hooks()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:
            for name, default in self._defaults_of_old_states:
                group.setdefault(name, default)

    def __repr__(self):
        text = f"{type(self).__name__} ("
        for place, group in enumerate(self.param_groups):
            text += f"\nParameter Group {place}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # --- hooks ---

    def register_step_pre_hook(self, hook):
        """Run ``hook(optimizer, args, kwargs)`` before ``step``; a pair (args, kwargs) replaces them."""
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Run ``hook(optimizer, args, kwargs)`` after ``step``."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Run ``hook(optimizer)`` before ``state_dict``."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Run ``hook(optimizer, state_dict)`` after ``state_dict``; a result replaces it."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Run ``hook(optimizer, state_dict)`` before ``load_state_dict``; a result replaces the state."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Run ``hook(optimizer)`` after ``load_state_dict``."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # --- saving and loading ---

    def state_dict(self):
        """{"state": {number: ...}, "param_groups": [...]}, with each parameter replaced by its number over all groups."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers = {}
        groups = []
        start = 0
        for group in self.param_groups:
            # of a parameter that stands twice in a group, the last place, as in PyTorch's files
            numbers |= {id(param): place for place, param in enumerate(group["params"], start) if id(param) not in numbers}
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            start += len(packed["params"])
            groups.append(packed)
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        packed = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            result = hook(self, packed)
            packed = packed if result is None else result
        return packed

    def load_state_dict(self, state_dict):
        """Take over options and state from ``state_dict()`` of an optimizer with the same groups and numbers of parameters.

        State is cast to each parameter's dtype, but for "step". ValueError where groups or their sizes differ.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            result = hook(self, state_dict)
            state_dict = state_dict if result is None else result
        saved = deepcopy(state_dict["param_groups"])
        self._check_groups(saved)
        params = {number: param for ours, theirs in zip(self.param_groups, saved)
                  for number, param in zip(theirs["params"], ours["params"])}
        state = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _cast(params[key], value)
            else:
                state[key] = value
        for ours, theirs in zip(self.param_groups, saved):
            theirs["params"] = ours["params"]
            if "param_names" in ours:
                theirs.setdefault("param_names", ours["param_names"])
        self._drop_shared_states(state)
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def _check_groups(self, saved):
        if len(self.param_groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(ours["params"]) != len(theirs["params"]) for ours, theirs in zip(self.param_groups, saved)):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the size of optimizer's group")

    # --- optimising ---

    def zero_grad(self, set_to_none=True):
        """Reset the gradients of all parameters: to None, or else to zeros detached from any graph."""
        for group in self.param_groups:
            if set_to_none:
                _drop_grads(group["params"])
                continue
            for param in group["params"]:
                if param.grad is not None:
                    clear_grad(param, False)

    def step(self, closure=None):
        """Change the parameters once. ``closure`` recomputes the loss, which is then returned."""
        raise NotImplementedError

    def add_param_group(self, param_group):
        """Add a group: a dict with "params" and options; those it lacks get the defaults. Errors as for the class."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        _list_params(param_group)
        for param in param_group["params"]:
            self._check_param(param)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        self._check_distinct(param_group)
        self._find_shared([*self.param_groups, param_group])
        self.param_groups.append(param_group)

    def _check_param(self, param):
        if not isinstance(param, Tensor):
            raise TypeError("optimizer can only optimize Tensors, but one of the params is " + typename(param))
        if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_distinct(self, param_group):
        """Refuse a parameter of another group; warn of one that stands twice in this one."""
        ids = {id(param) for param in param_group["params"]}
        if len(ids) != len(param_group["params"]):
            warnings.warn("optimizer contains a parameter group with duplicate parameters; in future, this will cause an "
                          "error; see github.com/pytorch/pytorch/issues/40967 for more information", stacklevel=4)
        taken = set()
        for group in self.param_groups:
            taken.update(id(param) for param in group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                kind = "with names" if "param_names" in param_group else "without names"
                raise ValueError("all optimizer param groups should be with/without names. cannot add param group "
                                 f"{kind} to the optimizer")
        if taken & ids:
            raise ValueError("some parameters appear in more than one parameter group")

    # --- parameters that share elements ---

    def _find_shared(self, groups):
        """``nn._shared.shared`` of all parameters. Asked at each step, since memory may be replaced; quick if nothing is shared."""
        params = groups[0]["params"] if len(groups) == 1 else [param for group in groups for param in group["params"]]
        if not _may_tie(params):
            return _NONE_SHARED
        asked = [(id(param), address(param), param.shape, param.stride()) for param in params]
        if self._sharing[0] != asked:
            found = shared(params, lambda place: self._name(groups, place))
            self._check_sharing(groups, found)
            self._sharing = asked, found
        return self._sharing[1]

    def _check_sharing(self, groups, found):
        group_of = {id(param): place for place, group in enumerate(groups) for param in group["params"]}
        for one in found.values():
            if len({group_of[id(member)] for member in one.members}) > 1:
                raise ValueError("some parameters appear in more than one parameter group, as views of the same numbers; put the "
                                 "parameters that share elements into one group")
            if groups[group_of[id(one.key)]].get("differentiable"):
                raise ValueError("differentiable=True cannot record a step on parameters that share elements; make one Parameter "
                                 "of the numbers and take its views where they are used, in forward()")

    @staticmethod
    def _name(groups, place):
        """The name, or else the number, of a parameter counted over all groups."""
        names = [name for group in groups for name in group.get("param_names", [None] * len(group["params"]))]
        return f"parameter {place if names[place] is None else repr(names[place])}"

    def _drop_shared_states(self, state):
        """Of states loaded for parameters that are one set of numbers only the one that counts stays; a warning tells."""
        found = self._find_shared(self.param_groups)
        extra = [param for param in state if id(param) in found and found[id(param)].key is not param]
        for param in extra:
            del state[param]
        if extra:
            warnings.warn(f"loaded state dict has a state of its own for {len(extra)} of the parameters that share their numbers "
                          "with another here; these states are dropped, the other's is kept", stacklevel=3)


def left_to_do(fused, group, states, found):
    """The parameters of a group on which a step is to be made by ops: those that ``fused`` (of ``ctgrad._C``) leaves, having made
    the step on the others in one pass each; all where parameters share numbers."""
    return group["params"] if found or group["differentiable"] else fused(group, states)


def numbers_and_grad(param, found):
    """What a step on ``param`` writes, and the derivative by that; the latter None if there is nothing to do.

    ``found`` is what ``_find_shared`` answered. The numbers of an ordinary parameter are the parameter itself. State is kept
    for the parameter, in the shape of the numbers.
    """
    one = found.get(id(param))
    if one is None:
        return param, param.grad
    return one.numbers, one.gradient() if one.key is param else None


def _list_params(group):
    """Make group["params"] a list of tensors, and group["param_names"] that of their names if they have any."""
    params = group["params"]
    if isinstance(params, set):
        raise TypeError("optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                        "sets will change between runs. Please use a list instead.")
    params = [params] if isinstance(params, Tensor) else list(params)
    names = [param[0] for param in params if isinstance(param, tuple)]
    if names and len(names) != len(params):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    group["params"] = [param[1] for param in params] if names else params
    if names:
        group["param_names"] = names


def _cast(param, value, key=None):
    """Loaded state with its tensors in the parameter's dtype where that is floating point; a step count stays as it is."""
    if isinstance(value, Tensor):
        if key == "step":
            return value
        return value.to(dtype=param.dtype if param.is_floating_point() else value.dtype)
    if isinstance(value, dict):
        return {name: _cast(param, item, name) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_cast(param, item) for item in value)
    return value
