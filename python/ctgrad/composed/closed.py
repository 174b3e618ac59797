"""One node for a composition.

PyTorch records one node where ctgrad may compose an op of others. `@node(name)` makes the composition record one as well: the graph of the
parts is kept beside it and run when the gradient comes. Where the gradient is itself to be differentiated the composition is said again, over
the tensors that were given. Operands that repeat in memory go without: gradients arrive reduced at the parts, which a node of one piece does not take.
"""

import functools

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.autograd.function import Function, FunctionCtx

__all__ = ["named", "node", "repeats"]


def named(name):
    """Decorator: nodes of this Function have PyTorch's name."""

    def decorate(cls):
        cls._backward_cls = type(name, (FunctionCtx,), {"_forward_cls": cls, "__module__": "builtins"})
        return cls

    return decorate


class _Closed(Function):
    @staticmethod
    def forward(ctx, said, *tensors):
        inner = [(t.data if i in said.unkept else t.detach()).requires_grad_(t.requires_grad) for i, t in enumerate(tensors)]
        with ctgrad.enable_grad():
            made = said(inner)
        ctx.unkept = [(t, t._version) if i in said.unkept else None for i, t in enumerate(tensors)]
        ctx.save_for_backward(*[t for i, t in enumerate(tensors) if i not in said.unkept])
        ctx.set_materialize_grads(False)
        ctx.said, ctx.inner, ctx.made = said, inner, made
        out = tuple(m.detach() for m in _each(made))
        ctx.mark_non_differentiable(*[o for o, m in zip(out, _each(made), strict=True) if not m.requires_grad])
        return out if isinstance(made, tuple) else out[0]

    @staticmethod
    def backward(ctx, *grads):
        kept, inner, made = ctx.saved_tensors, ctx.inner, ctx.made
        twice = _C.is_grad_enabled()
        if twice:
            inner = [t.view_as(t) for t in _given(kept, ctx.unkept)]  # the share of each by itself, even where one was made of another
            made = ctx.said(inner)
        pairs = [(m, g) for m, g in zip(_each(made), grads, strict=True) if g is not None and m.requires_grad]
        wanted = [t for t, needs in zip(inner, ctx.needs_input_grad[1:], strict=True) if needs]
        found = iter(ctgrad.autograd.grad([m for m, _ in pairs], wanted, [g for _, g in pairs], retain_graph=True, create_graph=twice, allow_unused=True))
        return None, *(next(found) if needs else None for needs in ctx.needs_input_grad[1:])


def _given(kept, unkept):
    """The operands in their order. RuntimeError where one that is not kept was written to: what was said of it cannot be said again."""
    kept = iter(kept)
    for pair in unkept:
        if pair and pair[0]._version != pair[1]:
            raise RuntimeError("one of the variables needed for gradient computation has been modified by an inplace operation: its gradient cannot be "
                               "differentiated any more; write into a clone")
        yield pair[0] if pair else next(kept)


def _each(made):
    return made if isinstance(made, tuple) else (made,)


@functools.cache
def _function(name):
    return named(name)(type("_Closed", (_Closed,), {}))


def _is_operand(x):
    return isinstance(x, Tensor) and x.is_floating_point()


def repeats(t):
    """Does it show a number more than once: by a stride of 0, or by equal ones?"""
    steps = [abs(step) for step, n in zip(t.stride(), t.shape, strict=True) if n > 1]
    return t.numel() > 0 and (0 in steps or len(set(steps)) < len(steps))


def node(name, unkept=()):
    """Decorator: one node for the composition. `name`: PyTorch's, or a function that finds it from the arguments.

    `unkept`: which of the operands, counted from 0, PyTorch's node does not keep, so that they may be written to before the gradient comes.
    """

    def decorate(f):
        @functools.wraps(f)
        def call(*args, **kwargs):
            tensors = [x for x in (*args, *kwargs.values()) if _is_operand(x)]
            if not _C.is_grad_enabled() or not any(t.requires_grad for t in tensors) or any(map(repeats, tensors)):
                return f(*args, **kwargs)

            def said(given):
                given = iter(given)
                put = [next(given) if _is_operand(x) else x for x in args]
                return f(*put, **{key: next(given) if _is_operand(x) else x for key, x in kwargs.items()})

            said.unkept = unkept
            return _function(name if isinstance(name, str) else name(*args, **kwargs)).apply(said, *tensors)

        return call

    return decorate
