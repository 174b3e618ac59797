"""Modified Bessel functions of the first kind, orders 0 and 1, and Hurwitz's zeta function, this one in terms of other ops and in float64."""

import math

from ctgrad import _C
from ctgrad.autograd.function import Function
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import named, node

__all__ = ["i0", "i0e", "i1", "i1e", "zeta"]

def _function(name, title, order, scaled):
    @node(f"{title}Backward0")
    def f(input):
        need_tensor(name, input)
        return _C._ops["bessel_i"](input if input.is_floating_point() else input.to(_C.get_default_dtype()), order, scaled)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"The modified Bessel function of the first kind of order {order}{', times e^-|x|' if scaled else ''}."
    return f


i0, i0e = _function("i0", "I0", 0, False), _function("i0e", "SpecialI0E", 0, True)
i1, i1e = _function("i1", "SpecialI1", 1, False), _function("i1e", "SpecialI1E", 1, True)

# Bernoulli's numbers over factorials: B_2j / (2j)!
_BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600, -3617 / 10670622842880000]


def _hurwitz(x, q):
    """The sum of (q + k)^-x over k >= 0, by its terms up to q + k > 12 and Euler's and Maclaurin's formula."""
    least = float(q.masked_fill(~q.isfinite(), math.inf).amin()) if q.numel() else math.inf
    count = 12 + max(0, math.ceil(-least)) if least < math.inf else 12
    total = _C.zeros_like(x + q)
    for k in range(count):
        total = total + (q + k).pow(-x)
    a = q + count
    power = a.pow(-x)
    total = total + power * a / (x - 1) + power / 2
    factor, power = x, power / a
    for j, b in enumerate(_BERNOULLI):
        total = total + factor * power * b
        factor, power = factor * (x + 2 * j + 1) * (x + 2 * j + 2), power / (a * a)
    return total


@named("SpecialZetaBackward0")
class _Zeta(Function):
    _mixes = 0

    @staticmethod
    def forward(ctx, x, q):
        ctx.save_for_backward(x, q)
        s, t = x.double(), q.double()
        pole = (t <= 0) & (t == t.floor())
        made = _hurwitz(s, t.masked_fill(pole, 1))
        made = made.masked_fill((s < 1) | ((t <= 0) & ~pole & (s != s.floor())), math.nan).masked_fill((s == 1) | (pole & (s > 1)), math.inf)
        return _C.where(s.isnan() | t.isnan(), math.nan, made).to(x.dtype)

    @staticmethod
    def backward(ctx, g):
        x, q = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            raise NotImplementedError("the derivative for 'zeta' with respect to its first argument is not implemented")
        return None, g * -x * _Zeta.apply(x + 1, q)


def zeta(input, other):
    """Hurwitz's zeta function: the sum of (other + k)^-input over k >= 0; inf where input is 1, NaN below it. Gradients flow to other."""
    import ctgrad

    like = input if isinstance(input, _C.Tensor) else other
    need_tensor("special_zeta", like)
    dtype = ctgrad.result_type(input, other)
    dtype = dtype if dtype.is_floating_point else _C.get_default_dtype()
    x, q = (v.to(dtype) if isinstance(v, _C.Tensor) else _C.full((), v, dtype=dtype) for v in (input, other))
    return _Zeta.apply(*((x, q) if x.dim() == 0 else ctgrad.broadcast_tensors(x, q)))
