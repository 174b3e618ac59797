"""`Function` itself is the engine's; here is what scripts import beside it."""

import functools

from ctgrad._C import Function, Tensor, is_grad_enabled
from ctgrad.autograd.grad_mode import no_grad

__all__ = ["Function", "once_differentiable"]


class _Once(Function):
    """Passes gradients on, and refuses to be differentiated itself."""

    @staticmethod
    def forward(ctx, *grads):
        return tuple(None if g is None else g.detach() for g in grads)

    @staticmethod
    def backward(ctx, *grads):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


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
        guarded = _Once.apply(*tied)
        return guarded[0] if alone else guarded

    return wrapped
