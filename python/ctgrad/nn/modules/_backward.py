"""Backward hooks of a module, by identity functions put before its inputs and after its outputs."""

import functools
import warnings
import weakref

import ctgrad
from ctgrad import Tensor
from ctgrad.autograd import Function


class BackwardHookFunction(Function):
    """The identity on tensors; ``on_grads`` sees and may replace their gradients on the way back.

    A gradient that did not arrive is zeros to it with ``materialize``, otherwise None.
    """

    @staticmethod
    def forward(ctx, on_grads, materialize, *tensors):
        ctx.on_grads = on_grads
        ctx.set_materialize_grads(materialize)
        ctx.mark_non_differentiable(*[tensor for tensor in tensors if not tensor.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        return None, None, *ctx.on_grads(grads)


class BackwardHook:
    """One call of a module with full backward hooks.

    The outputs' gate runs the pre-hooks and keeps their gradients; the inputs' gate then runs the hooks with both. Where
    no input needs a gradient there is no inputs' gate, and the outputs' gate runs the hooks itself.
    """

    def __init__(self, module, user_hooks, user_pre_hooks):
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs = None
        self.n_inputs = self.n_outputs = 0
        self.input_places = self.output_places = None

    def setup_input_hook(self, args):
        self.n_inputs = len(args)
        args, self.input_places = _gate(args, self._on_input_grads, materialize=True)
        return args

    def setup_output_hook(self, result):
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn("For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                          f"received {type(result)}", stacklevel=5)
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(outputs)
        outputs, self.output_places = _gate(outputs, self._on_output_grads, materialize=False)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _on_output_grads(self, grads):
        self.grad_outputs = _spread(self.output_places, grads, self.n_outputs)
        for hook in self.user_pre_hooks:
            self.grad_outputs = self._replaced(hook(self.module, self.grad_outputs), self.grad_outputs,
                                               "Backward pre hook", "grad_output")
        grads = self.grad_outputs
        if self.input_places is None:
            self._run_without_inputs()
        return tuple(grads[place] for place in self.output_places)

    def _run_without_inputs(self):
        warnings.warn("Full backward hook is firing when gradients are computed with respect to module outputs since no "
                      "inputs require gradients. See "
                      "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                      "#torch.nn.Module.register_full_backward_hook for more details.", stacklevel=4)
        for hook in self.user_hooks:
            result = hook(self.module, (None,) * self.n_inputs, self.grad_outputs)
            if result is not None and not (isinstance(result, tuple) and all(grad is None for grad in result)):
                raise RuntimeError("Backward hook for Modules where no input requires gradient should always return None "
                                   "or None for all gradients.")
        self.grad_outputs = None

    def _on_input_grads(self, grads):
        if self.grad_outputs is None:
            return grads
        grad_inputs = _spread(self.input_places, grads, self.n_inputs)
        for hook in self.user_hooks:
            grad_inputs = self._replaced(hook(self.module, grad_inputs, self.grad_outputs), grad_inputs,
                                         "Backward hook", "grad_input")
        self.grad_outputs = None
        return tuple(grad_inputs[place] for place in self.input_places)

    @staticmethod
    def _replaced(result, grads, hook, what):
        if result is None:
            return grads
        if len(result) != len(grads):
            raise RuntimeError(f"{hook} returned an invalid number of {what}, got {len(result)}, but expected {len(grads)}")
        for new, old in zip(result, grads, strict=True):
            _check_fits(new, old)
        return tuple(result)


def _check_fits(new, old):
    """The gradient that a hook returns in the place of another."""
    if new is None:
        return
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned {type(new).__name__!r}")
    if old is not None and new.shape != old.shape:
        raise RuntimeError(f"hook 'hook' has changed the size of value: it returned {list(new.shape)} for a gradient of {list(old.shape)}")


def _spread(places, values, size):
    """The values at their places in a tuple of ``size``, None elsewhere."""
    spread = [None] * size
    for place, value in zip(places, values):
        spread[place] = value
    return tuple(spread)


def _gate(values, on_grads, materialize):
    """The values with their tensors sent through one BackwardHookFunction, and the tensors' places.

    Nothing happens, and the places are None, where no gradient will flow.
    """
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    if not (ctgrad.is_grad_enabled() and any(values[place].requires_grad for place in places)):
        return values, None
    gated = BackwardHookFunction.apply(on_grads, materialize, *[values[place] for place in places])
    out = list(values)
    for place, tensor in zip(places, gated):
        out[place] = tensor
    return (type(values)(*out) if type(values) is not tuple else tuple(out)), places


def attach_to_node(module, hooks, inputs, result):
    """Legacy backward hooks: on the node of the first tensor of the result, whose gradients are all they see."""
    tensor = _first_tensor(result)
    node = tensor.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(functools.update_wrapper(_with_module(hook, module), hook))
    _warn_if_partial(inputs, result, node)


def _first_tensor(result):
    while not isinstance(result, Tensor):
        if isinstance(result, dict):
            result = next(value for value in result.values() if isinstance(value, Tensor))
        else:
            result = result[0]
    return result


def _with_module(hook, module):
    reference = weakref.ref(module)

    def hook_of_module(grad_input, grad_output):
        owner = reference()
        if owner is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return hook(owner, grad_input, grad_output)

    return hook_of_module


def _warn_if_partial(inputs, result, node):
    """Say so where the hook will not see all of the module's gradients."""
    problem = _partial(inputs, result, node)
    if problem:
        warnings.warn(problem, FutureWarning, stacklevel=6)


def _tensors(value):
    """A tensor or a tuple of tensors as a tuple; None for anything else."""
    values = value if isinstance(value, tuple) else (value,)
    return values if all(isinstance(item, Tensor) for item in values) else None


def _partial(inputs, result, node):
    results, arguments = _tensors(result), _tensors(inputs)
    instead = "Please use register_full_backward_hook to get the documented behavior."
    if results is None:
        return ("Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors is "
                "deprecated and will be removed in future versions. This hook will be missing some of the grad_output. "
                + instead)
    if arguments is None:
        return ("Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of "
                "Tensors is deprecated and will be removed in future versions. This hook will be missing some of the "
                "grad_input. " + instead)
    nodes = {tensor.grad_fn for tensor in results if tensor.grad_fn is not None}
    if not nodes or (len(nodes) == 1 and node not in nodes):
        return ("Using a non-full backward hook when outputs are nested in python data structure is deprecated and will be "
                "removed in future versions. This hook will be missing some grad_output.")
    if len(nodes) > 1:
        return ("Using a non-full backward hook when outputs are generated by different autograd Nodes is deprecated and "
                "will be removed in future versions. This hook will be missing some grad_output. " + instead)
    before = {tensor.grad_fn for tensor in arguments if tensor.grad_fn is not None}
    if before != {function for function, _ in node.next_functions}:
        return ("Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated and will "
                "be removed in future versions. This hook will be missing some grad_input. " + instead)
    return None
