"""x log(y) and x log(1 + y), 0 where x is 0 and y no NaN, with PyTorch's gradients at the edges: no upstream, no gradient of x, wherever log is infinite."""

import functools

from ctgrad import _C
from ctgrad.autograd.function import Function
from ctgrad.composed.closed import named

__all__ = ["times_log", "times_log1p"]


def _parts(x, y, one):
    blank = (x == 0) & ~y.isnan()
    return x * (_C.where(blank, 0.0, y).log1p() if one else _C._ops["log_of_one"](_C.where(blank, _C.ones_like(y, requires_grad=False), y)))


class _TimesLog(Function):
    _mixes = 0

    @staticmethod
    def forward(ctx, x, y, name, one, number):
        ctx.save_for_backward(x, y)
        ctx.form = name, one, number
        return _parts(x, y, one)

    @staticmethod
    def backward(ctx, g):
        (name, one, number), (x, y) = ctx.form, ctx.saved_tensors
        of_x = of_y = None
        if ctx.needs_input_grad[0]:
            of_x = _times(name, g, y, one, number)
            of_x = of_x.masked_fill((x == 0) & (~(y > -one) if number else y <= -one), 0)
        if ctx.needs_input_grad[1]:
            of_y = g * x / (y + 1 if one else y)
        return of_x, of_y, None, None, None


@functools.cache
def _function(name):
    return named(name)(type("_TimesLog", (_TimesLog,), {"_mixes": 0}))


def _times(name, x, y, one, number):
    if not _C.is_grad_enabled() or not (x.requires_grad or y.requires_grad):
        return _parts(x, y, one)
    return _function(name).apply(x, y, name, one, number)


def times_log(name, x, y, number=False):
    """x log(y) of floats of one dtype; `name` of the node; `number`: y was no tensor."""
    return _times(name, x, y, 0, number)


def times_log1p(name, x, y, number=False):
    """x log(1 + y)."""
    return _times(name, x, y, 1, number)
