"""The graph itself: its nodes, the edges that gradients travel, hooks on several tensors at once."""

import abc
import contextlib
import types
from collections.abc import Iterable
from _thread import allocate_lock  # `threading` would take a thirtieth of the time that `import ctgrad` does
from typing import Any, NamedTuple

from ctgrad import _C
from ctgrad._C import (
    Tensor,
    _current_graph_task_id,
    _pop_saved_tensors_default_hooks,
    _push_saved_tensors_default_hooks,
    _refuse_saved_tensors_hooks,
    _will_engine_execute_node,
)
from ctgrad.autograd.grad_mode import enable_grad
from ctgrad.utils.hooks import RemovableHandle

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def increment_version(tensor):
    """Tells that memory of a tensor (or of several) was written by other means: what was kept of it for backward is stale."""
    if not isinstance(tensor, Iterable):
        raise RuntimeError(f"increment_version expect a Iterable[Tensor] as input, got {type(tensor).__name__}")
    _C._increment_version((tensor,) if isinstance(tensor, Tensor) else tensor)


class Node(abc.ABC):
    """What grad_fn shows: a node of the graph, of an op or of a user's Function."""

    @abc.abstractmethod
    def name(self):
        """Its name, as "MulBackward0"."""

    @property
    @abc.abstractmethod
    def next_functions(self):
        """Pairs (node, output number) that it sends gradients to."""

    @abc.abstractmethod
    def metadata(self):
        """A dict for notes, which lives as long as the node."""

    @abc.abstractmethod
    def register_hook(self, fn):
        """fn(grad_inputs, grad_outputs) is called when its gradients are there, and may replace the former."""

    @abc.abstractmethod
    def register_prehook(self, fn):
        """fn(grad_outputs) is called before, and may replace them."""


Node.register(_C.Node)
Node.register(_C.FunctionCtx)


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor arrives: a node, and which of its outputs the tensor is."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor):
    """The edge of a tensor; RuntimeError if it requires no gradient."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    if tensor.grad_fn is None:
        with enable_grad():
            return GradientEdge(tensor.view_as(tensor).grad_fn.next_functions[0][0], 0)
    # the ctx of a Function does not keep its node alive: the tensor does
    owner = tensor if isinstance(tensor.grad_fn, _C.FunctionCtx) else None
    return GradientEdge(tensor.grad_fn, tensor.output_nr, owner)


class saved_tensors_hooks:
    """Inside the block, what operations keep for backward goes through two hooks.

    pack_hook: gets each tensor as it is kept, returns any object; it may not write to the tensor. unpack_hook: gets that object
    when the tensor is read in backward, returns a tensor of the same shape. Of nested blocks the innermost counts. Later writes
    to a packed tensor are not noticed. RuntimeError inside `disable_saved_tensors_hooks`.
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self):
        _push_saved_tensors_default_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *error):
        _pop_saved_tensors_default_hooks()


class save_on_cpu(saved_tensors_hooks):
    """What is kept for backward is in ordinary memory anyway; as in PyTorch, later writes to it are not noticed."""

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(Tensor.detach, lambda tensor: tensor)


class _Copies:
    """What a block of allow_mutation_on_saved_tensors keeps: copies, until it ends."""

    def __init__(self):
        self.kept = {}  # a token of each value kept: its copy

    def pack(self, tensor):
        """A token, which the graph holds."""
        token = object()
        self.kept[token] = tensor.detach().clone()
        return token

    def unpack(self, token):
        """The copy. AssertionError once the block has ended."""
        if token not in self.kept:
            raise AssertionError("Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was originally recorded.")
        return self.kept[token]

    def clear(self):
        """Forget all copies."""
        self.kept.clear()


_copying: list = []  # the _Copies of the block that is open, in whatever thread


@contextlib.contextmanager
def allow_mutation_on_saved_tensors():
    """Inside the block, tensors that are kept for backward may be written to: copies are kept of them, all at once, until the block ends.

    Backward runs within the block too: AssertionError after it. Gives an object whose ``clear()`` drops the copies. No nesting: RuntimeError.
    """
    if _copying:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    copies = _Copies()
    _copying.append(copies)
    try:
        with saved_tensors_hooks(copies.pack, copies.unpack):
            yield copies
    finally:
        copies.clear()
        _copying.remove(copies)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message):
    """Inside the block, saved_tensors_hooks raises RuntimeError(error_message). So does the block itself inside of hooks."""
    before = _refuse_saved_tensors_hooks(error_message)
    try:
        yield
    finally:
        _refuse_saved_tensors_hooks(before)


_autograd = types.SimpleNamespace(
    SavedTensor=_C.SavedTensor,
    _push_saved_tensors_default_hooks=_push_saved_tensors_default_hooks,
    _pop_saved_tensors_default_hooks=_pop_saved_tensors_default_hooks,
    _saved_tensors_hooks_disable=lambda message, fail_if_non_empty=True: _refuse_saved_tensors_hooks(message),
    _saved_tensors_hooks_enable=lambda: _refuse_saved_tensors_hooks(None),
    _saved_tensors_hooks_is_enabled=lambda: _C._saved_tensors_hooks_refusal() is None,
)


class _MultiHandle(RemovableHandle):
    def __init__(self, handles):
        self.handles = handles

    def remove(self):
        """Take the hooks off all tensors."""
        for handle in self.handles:
            handle.remove()


_RUNS_AT_ONCE = 64  # nested in one another or in several threads: of more, the oldest have ended


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call ``fn`` once a backward run that reaches some of the tensors: with the list of their gradients when all that come are
    there, None for the others ("all"), or with the first gradient ("any").

    Returns a handle whose ``remove()`` takes the hook off. ValueError for another mode.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    tensors, lock, rounds = list(tensors), allocate_lock(), {}
    if mode == "any":
        tensors = [t for t in tensors if t.requires_grad]
    elif not all(isinstance(t, Tensor) and t.requires_grad for t in tensors):
        raise AssertionError("Expected gradient function to be set: every tensor must require a gradient")
    count, handles = len(tensors), []  # hooks that held a tensor or node would keep the graph alive: a handle tells of its node

    def hook_of(place):
        def all_there(grad):
            run = _current_graph_task_id()
            with lock:
                if run not in rounds:
                    rounds[run] = [sum(map(_will_engine_execute_node, handles)), [None] * count]
                rounds[run][0] -= 1
                left, grads = rounds[run]
                grads[place] = grad
                if left == 0:
                    del rounds[run]
            if left == 0:
                fn(grads)

        def first(grad):
            run = _current_graph_task_id()
            with lock:
                again = run in rounds
                rounds[run] = True
                if len(rounds) > _RUNS_AT_ONCE:
                    del rounds[min(rounds)]
            if not again:
                fn(grad)

        return all_there if mode == "all" else first

    handles += [tensor.register_hook(hook_of(place)) for place, tensor in enumerate(tensors)]
    return _MultiHandle(handles)
