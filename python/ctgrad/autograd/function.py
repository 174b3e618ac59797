"""`Function` itself is the engine's; here is what scripts import beside it."""

import functools
import inspect

from ctgrad._C import Function, FunctionCtx, Tensor, is_grad_enabled, zeros
from ctgrad.autograd.grad_mode import no_grad

__all__ = ["Function", "FunctionCtx", "InplaceFunction", "once_differentiable"]


def _bound(cls, separate, *args, **kwargs):
    """The arguments of `cls.forward` in order, for apply(): with defaults where setup_context sees them (`separate`)."""
    forward = cls.forward
    signature = inspect.signature(forward)
    leading = () if separate else (None,)
    try:
        bound = signature.bind(*leading, *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{getattr(forward, '__name__', 'forward')}() {error}") from None
    if separate:
        bound.apply_defaults()
        return bound.args
    positional = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    if len(bound.kwargs) or any(name not in [p.name for p in positional] for name in bound.arguments):
        raise TypeError(f"forward() got an unexpected keyword argument '{next(iter(kwargs))}'")
    return bound.args[1:]


class InplaceFunction(Function):
    """A Function with a flag `inplace`, which tells forward whether to write its input."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


class _Delayed(Function):
    """Passes `tensors` on as constants that require grad; going back through them raises RuntimeError(message)."""

    @staticmethod
    def forward(ctx, message, *tensors):
        ctx.message = message
        return tuple(t.detach() for t in tensors)

    @staticmethod
    def backward(ctx, *grads):
        raise RuntimeError(ctx.message)


class _Underivable(Function):
    """The value of an op without a derivative, `what`, tied to its inputs."""

    @staticmethod
    def forward(ctx, what, value, *inputs):
        ctx.what = what
        return value[0].detach()

    @staticmethod
    def backward(ctx, grad):
        raise NotImplementedError(f"the derivative for '{ctx.what}' is not implemented.")


class _NoKernel(_Underivable):
    """The same where PyTorch finds it in another place, by another class."""

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError(f"derivative for aten::{ctx.what} is not implemented")


@functools.cache
def _underivable_as(node):
    made = type(node, (_Underivable,), {})
    setattr(made, "_backward_cls", type(node, (FunctionCtx,), {"_forward_cls": made, "__module__": "builtins"}))  # noqa: B010
    return made


def underivable(what, value, *inputs, known=True, node=None):
    """`value`, computed from `inputs` by the op `what`: it requires grad where they do, and backward raises NotImplementedError (RuntimeError).
    `node`: the name of its node, where PyTorch gives it one."""
    if is_grad_enabled() and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        return (_underivable_as(node) if node else _Underivable if known else _NoKernel).apply(what, [value], *inputs)
    return value


# the names of their nodes
setattr(_Underivable, "_backward_cls", type("NotImplemented", (FunctionCtx,), {"_forward_cls": _Underivable, "__module__": "builtins"}))  # noqa: B010
setattr(_NoKernel, "_backward_cls", type("NotImplemented", (FunctionCtx,), {"_forward_cls": _NoKernel, "__module__": "builtins"}))  # noqa: B010
setattr(_Delayed, "_backward_cls", type("Error", (FunctionCtx,), {"_forward_cls": _Delayed, "__module__": "builtins"}))  # noqa: B010


class DelayedError:
    """`DelayedError(message, n)(*tensors)`: the n tensors, with a history that raises RuntimeError(message)."""

    def __init__(self, message, count):
        self.message = message.decode() if isinstance(message, bytes) else message
        self.count = count

    def __call__(self, *tensors):
        if len(tensors) != self.count:
            raise TypeError(f"expected {self.count} arguments, got {len(tensors)} instead")
        tied = _Delayed.apply(self.message, *(zeros(()) if t is None else t for t in tensors))
        results = tuple(None if t is None else r for t, r in zip(tensors, tied, strict=True))
        return results[0] if self.count == 1 else results


def once_differentiable(backward):
    """Decorate a `backward` written with operations that cannot themselves be differentiated.

    It runs without recording. Differentiating its results raises RuntimeError, where it would otherwise have
    given a wrong second derivative in silence.
    """

    @functools.wraps(backward)
    def wrapped(ctx, *grads):
        with no_grad():
            results = backward(ctx, *grads)
        needed = any(isinstance(g, Tensor) and g.requires_grad for g in grads)
        if not (needed and is_grad_enabled()):
            return results
        alone = not isinstance(results, tuple)
        tied = [None if r is None else r.detach().requires_grad_() for r in ((results,) if alone else results)]
        return DelayedError("trying to differentiate twice a function that was marked with @once_differentiable", len(tied))(*tied)

    return wrapped
