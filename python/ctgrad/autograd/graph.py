"""The graph itself: its nodes, the edges that gradients travel, hooks on several tensors at once."""

import contextlib
import threading
from typing import Any, NamedTuple

from ctgrad._C import (
    Node,
    Tensor,
    _pop_saved_tensors_default_hooks,
    _push_saved_tensors_default_hooks,
    _refuse_saved_tensors_hooks,
)
from ctgrad.utils.hooks import RemovableHandle

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor arrives: a node, and which of its outputs the tensor is."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor):
    """The edge of a tensor; RuntimeError if it requires no gradient."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    return GradientEdge(tensor.view_as(tensor).grad_fn.next_functions[0][0] if node is None else node, tensor.output_nr)


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


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message):
    """Inside the block, saved_tensors_hooks raises RuntimeError(error_message). So does the block itself inside of hooks."""
    before = _refuse_saved_tensors_hooks(error_message)
    try:
        yield
    finally:
        _refuse_saved_tensors_hooks(before)


class _Handles(RemovableHandle):
    def __init__(self, handles):
        self.handles = handles

    def remove(self):
        """Take the hooks off all tensors."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call ``fn`` when the gradients of tensors are there: with a list of all, once each has one ("all"), or with the first ("any").

    Returns a handle whose ``remove()`` takes the hook off. A tensor whose gradient comes again begins a new round. ValueError for
    another mode.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    tensors, lock, seen = list(tensors), threading.Lock(), {}

    def hook_of(place):
        def hook(grad):
            with lock:
                if place in seen:
                    seen.clear()
                seen[place] = grad
                ready = len(seen) == (1 if mode == "any" else wanted)
                grads = [seen.get(i) for i in range(len(tensors))] if ready and mode == "all" else grad
                if len(seen) == wanted:
                    seen.clear()
            if ready:
                fn(grads)

        return hook

    asked = [(place, tensor) for place, tensor in enumerate(tensors) if isinstance(tensor, Tensor) and tensor.requires_grad]
    wanted = len(asked)
    return _Handles([tensor.register_hook(hook_of(place)) for place, tensor in asked])
