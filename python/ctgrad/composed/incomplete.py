"""The regularised incomplete gamma functions."""

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._dtypes import unsupported
from ctgrad.autograd.function import Function
from ctgrad.composed import _in_place, need_tensor, with_out
from ctgrad.composed.closed import named

__all__ = ["igamma", "igammac"]


class _Incomplete(Function):
    @staticmethod
    def forward(ctx, a, x, upper):
        ctx.save_for_backward(a, x)
        ctx.upper = upper
        return _C._ops["incomplete_gamma"](a, x, upper)

    @staticmethod
    def backward(ctx, g):
        a, x = ctx.saved_tensors
        name = "igammac" if ctx.upper else "igamma"
        if ctx.needs_input_grad[0]:
            raise NotImplementedError(f"the derivative for '{name}: input' is not implemented.")
        of_x = g * ((a - 1) * x.log() - x - a.lgamma()).exp()
        return None, (-of_x if ctx.upper else of_x).sum_to_size(x.shape), None


class _Lower(_Incomplete):
    pass


class _Upper(_Incomplete):
    pass


named("IgammaBackward0")(_Lower)
named("IgammacBackward0")(_Upper)


def _checked(name, input, other):
    need_tensor(name, input)
    need_tensor(name, other, "other", 2)
    dtype = ctgrad.result_type(input, other)
    if not dtype.is_floating_point:
        raise unsupported(f"{name}_cpu", dtype)
    ctgrad.broadcast_shapes(input.shape, other.shape)
    return input.to(dtype), other.to(dtype)


@with_out
def igamma(input, other):
    """The regularised lower incomplete gamma function of order input at other, both above 0; they broadcast. No gradient of the order."""
    return _Lower.apply(*_checked("igamma", input, other), False)


@with_out
def igammac(input, other):
    """1 - igamma, the regularised upper incomplete gamma function."""
    return _Upper.apply(*_checked("igammac", input, other), True)


for _f in (igamma, igammac):
    setattr(Tensor, _f.__name__, _f)
    setattr(Tensor, _f.__name__ + "_", _in_place(_f.__wrapped__))
