"""Checkpointing: forget what a part of the computation kept, and compute it again when its gradient is wanted.

Both variants put one node on the tape in place of the part. The reentrant one runs a whole `backward` inside its own
backward. The other asks `grad` for the gradients by the part's arguments and by the leaves (parameters) that the part
reached by itself, which it finds on the tape of the first run before letting that tape go; so it also works under
`autograd.grad`, and can be differentiated again.
"""

import warnings
from contextlib import contextmanager, nullcontext

import ctgrad
from ctgrad._C import Function, Tensor, grad, is_grad_enabled
from ctgrad._C import backward as run_backward
from ctgrad.autograd.grad_mode import enable_grad, no_grad

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn"]


class CheckpointError(RuntimeError):
    """Raised where the second run of a checkpointed function does not match the first."""


def noop_context_fn():
    """The default `context_fn`: two contexts that do nothing, one for each run."""
    return nullcontext(), nullcontext()


@contextmanager
def _random_state(state):
    """Draw from `state` (None: the present one) inside, and go on outside as if nothing had been drawn."""
    if state is None:
        yield
        return
    outside = ctgrad.get_rng_state()
    ctgrad.set_rng_state(state)
    try:
        yield
    finally:
        ctgrad.set_rng_state(outside)


def _fresh(value):
    """The value cut off from its history; leaves, parameters above all, stay the objects they are."""
    if not isinstance(value, Tensor) or (value.is_leaf and value.requires_grad):
        return value
    return value.detach().requires_grad_(value.requires_grad)


def _needs_grad(value):
    return isinstance(value, Tensor) and value.requires_grad


def _as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


# ---- use_reentrant=True ----


class CheckpointFunction(Function):
    """Runs without recording; its backward records the second run and calls `backward` on that."""

    @staticmethod
    def forward(ctx, function, preserve, *args):
        if not any(_needs_grad(a) for a in args):
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
        ctx.function = function
        ctx.state = ctgrad.get_rng_state() if preserve else None
        ctx.others = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx, *grads):
        args = list(ctx.others)
        for i, t in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[i] = t.detach().requires_grad_(t.requires_grad)
        with _random_state(ctx.state), enable_grad():
            outputs = _as_tuple(ctx.function(*args))
        wanted = [(o, g) for o, g in zip(outputs, grads, strict=True) if _needs_grad(o)]
        if not wanted:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        run_backward(*(list(side) for side in zip(*wanted, strict=True)))
        return None, None, *(a.grad if isinstance(a, Tensor) else None for a in args)


# ---- use_reentrant=False ----


def _leaves(outputs):
    """The leaves that the outputs' tape ends in."""
    todo = [o.grad_fn for o in outputs if o.grad_fn is not None]
    seen, found = set(todo), []
    while todo:
        node = todo.pop()
        if hasattr(node, "variable"):
            found.append(node.variable)
        for parent, _ in node.next_functions:
            if parent is not None and parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return found


class _Part:
    """A checkpointed call: what to run, with which arguments, under which random state and contexts."""

    def __init__(self, function, args, kwargs, preserve, contexts, check):
        self.function, self.names, self.n = function, list(kwargs), len(args)
        self.values = [*args, *kwargs.values()]
        self.state = ctgrad.get_rng_state() if preserve else None
        self.first, self.again = contexts
        self.check = check
        self.places = [i for i, v in enumerate(self.values) if _needs_grad(v) and not v.is_leaf]

    def run(self, values):
        return self.function(*values[: self.n], **dict(zip(self.names, values[self.n :], strict=True)))

    def forward(self):
        """The first run's result, and the leaves it reached that are not arguments cut off from their history."""
        values = [_fresh(v) for v in self.values]
        with self.first:
            result = self.run(values)
        cut = {id(values[i]) for i in self.places}
        return result, [t for t in _leaves(_tensor_outputs(result)) if id(t) not in cut]

    def release(self):
        """Keep the differentiable arguments only as the node's saved tensors: they make no cycle there."""
        for i in self.places:
            self.values[i] = None

    def rerun(self, tensors):
        values = list(self.values)
        for i, t in zip(self.places, tensors, strict=False):
            values[i] = t
        with _random_state(self.state), enable_grad(), self.again:
            outputs = _tensor_outputs(self.run(values))
        if self.check:
            self._compare(outputs)
        return outputs

    def _compare(self, outputs):
        now = [(tuple(o.shape), o.dtype) for o in outputs]
        if now != self.made:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values have different metadata than during the forward pass: "
                f"(shape, dtype) were {self.made} and are now {now}. The function must do the same both times."
            )


class _Recompute(Function):
    """Stands for a part on the tape: its inputs are the part's arguments and the leaves it reached."""

    @staticmethod
    def forward(ctx, part, outputs, *tensors):
        ctx.part = part
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        return tuple(o.detach() for o in outputs)

    @staticmethod
    def backward(ctx, *grads):
        again = is_grad_enabled()
        tensors = [t if again else _fresh(t) for t in ctx.saved_tensors]
        outputs = ctx.part.rerun(tensors)
        wanted = [(o, g) for o, g in zip(outputs, grads, strict=True) if g is not None and o.requires_grad]
        if not wanted:
            return None, None, *(None for _ in tensors)
        outs, weights = zip(*wanted, strict=True)
        # What the function reached that is not a leaf belongs to a graph that others still need: retain it.
        found = grad(outs, tensors, weights, retain_graph=True, create_graph=again, allow_unused=True)
        return None, None, *found


def _tensor_outputs(result):
    values = result if isinstance(result, (tuple, list)) else result.values() if isinstance(result, dict) else [result]
    return [v for v in values if isinstance(v, Tensor) and v.requires_grad]


def _with_outputs(result, outputs):
    """The result with its differentiable tensors replaced, in order."""
    rest = iter(outputs)

    def swap(value):
        return next(rest) if _needs_grad(value) else value

    if isinstance(result, dict):
        return type(result)((key, swap(value)) for key, value in result.items())
    if isinstance(result, (tuple, list)):
        swapped = [swap(value) for value in result]
        return type(result)(*swapped) if hasattr(result, "_fields") else type(result)(swapped)
    return swap(result)


def _checkpoint(part):
    result, leaves = part.forward()
    outputs = _tensor_outputs(result)
    if not outputs or not is_grad_enabled():
        return result
    part.made = [(tuple(o.shape), o.dtype) for o in outputs]
    arguments = [part.values[i] for i in part.places]
    part.release()
    return _with_outputs(result, _Recompute.apply(part, outputs, *arguments, *leaves))


def checkpoint(
    function,
    *args,
    use_reentrant=None,
    context_fn=noop_context_fn,
    determinism_check="default",
    debug=False,
    early_stop=True,
    **kwargs,
):
    """Call `function(*args, **kwargs)`, keeping only its arguments for the backward pass, which calls it again.

    use_reentrant: which variant (see the module); pass it, as False where nothing speaks against it. None warns and
    means True. preserve_rng_state (True): the second call draws the same random numbers. With use_reentrant=False also:
    context_fn, which returns a context manager for each of the two calls; determinism_check, "default" or "none",
    whether to compare the shapes and dtypes of the two results (CheckpointError); keyword arguments for `function`.
    debug and early_stop are accepted and change nothing.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
            "use_reentrant=False is recommended; without it, use_reentrant=True is taken.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        part = _Part(function, args, kwargs, preserve, context_fn(), determinism_check != "none")
        return _checkpoint(part)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Run the functions one after the other in `segments` checkpointed groups; the last group is not checkpointed.

    functions: an nn.Sequential or a list of functions of one argument. kwargs: preserve_rng_state.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. "
            "use_reentrant=False is recommended; without it, use_reentrant=True is taken.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if isinstance(functions, ctgrad.nn.Sequential) else list(functions)

    def chain(part):
        def run(value):
            for function in part:
                value = function(value)
            return value

        return run

    size = len(functions) // segments
    done = size * (segments - 1)
    for start in range(0, done, size or 1):
        run = chain(functions[start : start + size])
        input = checkpoint(run, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return chain(functions[done:])(input)
