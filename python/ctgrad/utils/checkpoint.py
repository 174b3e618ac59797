"""Checkpointing: forget what a part of the computation kept, and compute it again when its gradient is wanted.

The reentrant variant puts one node on the tape in place of the part, and runs a whole `backward` inside that node's own. The
other leaves the part's nodes on the tape, and puts placeholders where they keep tensors (saved_tensors_hooks): the first that is
read runs the part again, up to the last tensor that was kept.
"""

import uuid
import warnings
import weakref
from contextlib import contextmanager, nullcontext

import ctgrad
from ctgrad._C import Function, Tensor, _current_graph_task_id, _is_checkpoint_valid
from ctgrad._C import backward as run_backward
from ctgrad.autograd.grad_mode import enable_grad, no_grad
from ctgrad.autograd.graph import saved_tensors_hooks

__all__ = ["CheckpointError", "check_backward_validity", "checkpoint", "checkpoint_sequential", "detach_variable", "get_device_states", "noop_context_fn", "set_checkpoint_early_stop", "set_device_states"]


class CheckpointError(RuntimeError):
    """Raised where the second run of a checkpointed function does not match the first."""


def noop_context_fn():
    """The default `context_fn`: two contexts that do nothing, one for each run."""
    return nullcontext(), nullcontext()


def get_device_states(*args):
    """The devices of the arguments that are not the CPU, and the states of their random numbers: none."""
    return [], []


def set_device_states(devices, states, *, device_type=None):
    """Nothing to set."""


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


def _needs_grad(value):
    return isinstance(value, Tensor) and value.requires_grad


def check_backward_validity(inputs):
    """Warns where no tensor among the inputs requires a gradient."""
    if not any(map(_needs_grad, inputs)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


def detach_variable(inputs):
    """The inputs, a tuple, with each tensor as a new leaf that requires a gradient if the tensor does."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(a.detach().requires_grad_(a.requires_grad) if isinstance(a, Tensor) else a for a in inputs)


def _as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


# ---- use_reentrant=True ----


class CheckpointFunction(Function):
    """Runs without recording; its backward records the second run and calls `backward` on that."""

    @staticmethod
    def forward(ctx, function, preserve, *args):
        check_backward_validity(args)
        ctx.function = function
        ctx.state = ctgrad.get_rng_state() if preserve else None
        ctx.others = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if not _is_checkpoint_valid():
            raise RuntimeError(
                "With use_reentrant=True, checkpoint does not go together with .grad() or with the `inputs` argument of .backward(): "
                "set use_reentrant=False, or call .backward() without `inputs`."
            )
        args = list(ctx.others)
        for i, t in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[i] = t
        args = detach_variable(tuple(args))
        with _random_state(ctx.state), enable_grad():
            outputs = _as_tuple(ctx.function(*args))
        wanted = [(o, g) for o, g in zip(outputs, grads, strict=True) if _needs_grad(o)]
        if not wanted:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        run_backward(*(list(side) for side in zip(*wanted, strict=True)))
        return None, None, *(a.grad if isinstance(a, Tensor) else None for a in args)


# ---- use_reentrant=False ----

_stops_early = None  # by set_checkpoint_early_stop


@contextmanager
def set_checkpoint_early_stop(enable):
    """Inside the block, whether parts that are run again stop at the last tensor that is needed, whatever checkpoint() is told."""
    global _stops_early
    before, _stops_early = _stops_early, bool(enable)
    try:
        yield
    finally:
        _stops_early = before


class _Stop(Exception):
    """Everything that is needed was computed again."""


class _Arguments(Function):
    """Keeps the arguments of a part as any node keeps tensors: later writes are noticed, and hooks of an outer part apply."""

    @staticmethod
    def forward(ctx, token, *args):
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.others = [None if isinstance(a, Tensor) else a for a in args]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        return token.new_empty(0)

    @staticmethod
    def backward(ctx, *grads):
        raise AssertionError("nothing depends on this node")

    @staticmethod
    def of(ctx):
        args = list(ctx.others)
        for i, t in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[i] = t
        return args


class _Place:
    """What a node keeps in place of a tensor. `tokens`: by backward run, the key to the tensor computed again; None once it was read."""

    __slots__ = ("__weakref__", "tokens")

    def __init__(self):
        self.tokens = {}


class _Token:
    __slots__ = ("__weakref__",)


def _described(t):
    return tuple(t.shape), t.dtype


class _Part:
    """A checkpointed call. Its places are known to the part by weak references only: a tensor lives no longer than who wants it."""

    def __init__(self, function, kwargs, preserve, again, check, early_stop):
        self.function, self.kwargs, self.again, self.check, self.early_stop = function, kwargs, again, check, early_stop
        self.state = ctgrad.get_rng_state() if preserve else None
        self.places, self.made, self.complete, self.unequal = [], [], False, False
        self.found = {}  # by run: tensors computed again, by token
        self.count = {}  # by run: how many tensors the part has kept again

    def pack(self, tensor):
        place = _Place()
        self.places.append(weakref.ref(place))
        self.made.append(_described(tensor))
        return place

    def unpack(self, place):
        run = _current_graph_task_id()
        run = uuid.uuid4().int if run < 0 else run
        if run not in self.found:
            self._run_again(run)
        token = place.tokens[run]
        if token is None:
            raise CheckpointError(
                "torch.utils.checkpoint: a tensor was unpacked that had been unpacked before in this backward run: read ctx.saved_tensors once"
            )
        place.tokens[run] = None
        return self.found[run][token]

    def _run_again(self, run):
        self.found[run], self.count[run] = weakref.WeakKeyDictionary(), 0

        def pack_again(tensor):
            tensor = tensor.detach()
            self._keep_again(run, tensor)
            return tensor

        args = _Arguments.of(self.arguments.grad_fn)
        try:
            with saved_tensors_hooks(pack_again, lambda t: t), _random_state(self.state), enable_grad(), self.again:
                self.function(*args, **self.kwargs)
        except _Stop:
            pass
        except BaseException:
            del self.found[run]
            raise
        self._compare(run)

    def _keep_again(self, run, tensor):
        at = self.count[run]
        self.count[run] += 1
        if at >= len(self.places):
            if self.complete:
                raise CheckpointError("torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.")
            self.unequal = True
            return
        place = self.places[at]()
        if place is not None:
            place.tokens[run] = token = _Token()
            self.found[run][token] = tensor
        if self.early_stop and at + 1 == len(self.places) and self.complete:
            raise _Stop

    def _compare(self, run):
        if self.unequal:
            return
        if self.count[run] != len(self.places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation: "
                f"{len(self.places)} and {self.count[run]}. The function must do the same both times."
            )
        for place, before in zip(self.places, self.made, strict=True) if self.check else ():
            token = place() and place().tokens.get(run)
            now = _described(self.found[run][token]) if token else before
            if now != before:
                raise CheckpointError(
                    "torch.utils.checkpoint: Recomputed values have different metadata than during the forward pass: "
                    f"(shape, dtype) were {before} and are now {now}. The function must do the same both times."
                )


def _checkpoint(function, args, kwargs, preserve, context_fn, check, early_stop):
    first, again = context_fn()
    part = _Part(function, kwargs, preserve, again, check, early_stop if _stops_early is None else _stops_early)
    part.arguments = _Arguments.apply(ctgrad.empty(0, requires_grad=True), *args)
    if part.arguments.grad_fn is None:  # nothing is recorded
        return function(*args, **kwargs)
    with saved_tensors_hooks(part.pack, part.unpack), first:
        result = function(*args, **kwargs)
    part.complete = True
    return result


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
    whether to compare what is kept both times, its number, shapes and dtypes (CheckpointError); early_stop, whether the second
    call ends once everything needed is there; keyword arguments for `function`. debug is accepted and changes nothing.
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
        if determinism_check not in ("default", "none"):
            raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
        return _checkpoint(function, args, kwargs, preserve, context_fn, determinism_check != "none", early_stop)
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
