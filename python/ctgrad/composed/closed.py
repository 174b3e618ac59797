"""One node for a composition.

PyTorch records one node where ctgrad may compose an op of others. `@node(name)` makes the composition record one as well, which hands its gradient
to the parts behind it (tape/closed.c): what they can take reduced or record, it does.
"""

import functools

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.autograd.function import FunctionCtx

__all__ = ["named", "node"]


def named(name):
    """Decorator: nodes of this Function have PyTorch's name."""

    def decorate(cls):
        cls._backward_cls = type(name, (FunctionCtx,), {"_forward_cls": cls, "__module__": "builtins"})
        return cls

    return decorate


def _is_operand(x):
    return isinstance(x, Tensor) and x.is_floating_point()


def node(name, unkept=(), apart=False, results=(), again=None, lasts=False):
    """Decorator: one node for the composition. `name`: PyTorch's, or a function that finds it from the arguments.

    `unkept`: which of the operands, counted from 0, PyTorch's node does not keep, so that they may be written to before the gradient comes.
    `lasts`: it keeps no tensor at all, and the gradient may be asked for again without retain_graph.
    `again`: the name of the one node that its gradient is recorded as, {name} in it being that of the op; None: it is recorded as its parts are.
    A name without it is that of an op whose gradient is summed outside, where operands broadcast.
    `results`: which of the results it keeps. `apart`: results may share memory with the operand and each other, and be written to all the same.
    """

    kept, kept_results = 0 if lasts else (1 << 64) - 1 - sum(1 << i for i in unkept), sum(1 << i for i in results)

    def decorate(f):
        @functools.wraps(f)
        def call(*args, **kwargs):
            if not _C.is_grad_enabled() or True not in [isinstance(x, Tensor) and x.requires_grad for x in (*args, *kwargs.values())]:
                return f(*args, **kwargs)
            tensors = [x for x in (*args, *kwargs.values()) if _is_operand(x)]
            said = tuple(_C._passage(t, bool(kept >> i & 1)) for i, t in enumerate(tensors))
            given = iter(said)
            put = [next(given) if _is_operand(x) else x for x in args]
            made = f(*put, **{key: next(given) if _is_operand(x) else x for key, x in kwargs.items()})
            told = name if isinstance(name, str) else name(*args, **kwargs)
            one = again and ("{name}" in again or len({t.shape for t in tensors}) == 1)
            return _C._closed(told, again.format(name=told.removesuffix("Backward0")) if one else None, made, said, kept, kept_results, apart, lasts)

        return call

    return decorate
