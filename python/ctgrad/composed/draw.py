"""Draws in terms of other draws."""

import math
import warnings
from typing import Any

import numpy as np

from ctgrad import _C
from ctgrad._C import Size, Tensor
from ctgrad._dtypes import unsupported
from ctgrad.autograd.function import Function
from ctgrad.composed import composed
from ctgrad.composed.misfit import beyond
from ctgrad.composed.closed import named
from ctgrad.composed.shape import broadcast_shapes


def _refuse_spread(std):
    if isinstance(std, Tensor):
        if std.numel() and std.min().item() < 0:
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


def _resized(out, shape):
    """out= in the given shape, told where it had another and elements."""
    if out.numel() and out.shape != shape:
        warnings.warn(f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not match the required output "
                      f"shape {list(shape)}. This behavior is deprecated: outputs that have elements will not be resized; use t.resize_(0).", stacklevel=beyond(3))
    return out.resize_(shape)


@composed(method=False)
def normal(mean, std: Any = 1.0, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Normal draws of the given means and spreads: tensors (which broadcast, and tell the shape) or numbers; of two numbers `size` is the shape.

    RuntimeError for a negative spread, TypeError for other arguments.
    """
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    numbers = [x for x in (mean, std) if isinstance(x, (int, float, np.number))]
    if len(tensors) + len(numbers) == 2 and size is not None:
        if any(t.dim() for t in tensors):
            raise TypeError("normal(): beside a size, mean and std must be numbers, not Tensors of dimensions")
        mean, std, tensors, numbers = float(mean), float(std), [], [mean, std]
    if len(tensors) + len(numbers) < 2 or (size is None) != bool(tensors):
        raise TypeError("normal() received an invalid combination of arguments: expected (Tensor mean, Tensor std), (Tensor mean, float std), "
                        "(float mean, Tensor std) or (float mean, float std, tuple of ints size)")
    _refuse_spread(std)
    if not tensors:
        drawn = _C.empty(size, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory) if out is None else _resized(out, Size(size))
        drawn = drawn.normal_(mean, std, generator=generator)
        return drawn.requires_grad_() if requires_grad else drawn
    shape = broadcast_shapes(*(t.shape for t in tensors))
    drawn = _C.empty(shape, dtype=tensors[0].dtype) if out is None else _resized(out, shape)
    still_mean, still_std = (x.detach() if isinstance(x, Tensor) else x for x in (mean, std))
    drawn = drawn.normal_(0, 1, generator=generator).mul_(still_std).add_(still_mean)
    return drawn if out is not None else _drawn_of[isinstance(mean, Tensor), isinstance(std, Tensor)].apply([drawn], mean, std)


class _Drawn(Function):
    """Draws stand still: the gradients in what they were drawn from are zeros."""

    @staticmethod
    def forward(ctx, held, mean, std):
        ctx.given = mean, std
        return held[0]

    @staticmethod
    def backward(ctx, g):
        return None, *(_C.zeros_like(x) if needs else None for x, needs in zip(ctx.given, ctx.needs_input_grad[1:], strict=True))


_drawn_of = {(a, b): named(f"NormalBackward{a + 2 * b}")(type("_Drawn", (_Drawn,), {})) for a in (False, True) for b in (False, True)}


def _floats_only(name, input):
    if not input.is_floating_point():
        raise RuntimeError(f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you specified {input.dtype}")


def _filled(input: Tensor, draws: Tensor) -> Tensor:
    """input with draws of float64, in the order of its memory; its history told by a node without a gradient to pass on."""
    if not input.is_contiguous():
        laid = _C.empty_like(input.detach(), dtype=_C.float64)
        laid.as_strided((laid.numel(),), (1,)).copy_(draws.reshape(-1))
        draws = laid
    return input.mul_(0).copy_(draws) if input.requires_grad else input.copy_(draws)


@composed(function=False)
def cauchy_(input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator=None) -> Tensor:
    """Fills self from the Cauchy distribution of the given median and half width. RuntimeError for sigma <= 0 and for integers."""
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    _floats_only("Cauchy", input)
    apart = 2.0 ** -52
    u = _C.rand(input.shape, dtype=_C.float64, generator=generator).clamp_(apart, 1 - apart)
    return _filled(input, u.sub_(0.5).mul_(math.pi).tan_().mul_(sigma).add_(median))


@composed(function=False)
def log_normal_(input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator=None) -> Tensor:
    """Fills self with exp of normal draws of the given mean and spread. RuntimeError for std <= 0, NotImplementedError for integers."""
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if not input.is_floating_point():
        raise unsupported("log_normal_cpu", input.dtype)
    one_by_one = _C.empty((*input.shape, 2), dtype=_C.float64)[..., 0]  # a column is drawn one number after the other, at any size
    return _filled(input, one_by_one.normal_(mean, std, generator=generator).exp())


@composed(function=False)
def geometric_(input: Tensor, p: float, *, generator=None) -> Tensor:
    """Fills self with how many trials of success p the first success takes. RuntimeError unless 0 < p < 1."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if input.dtype == _C.bool:
        raise unsupported("geometric_cpu", input.dtype)
    u = _C.rand(input.shape, dtype=_C.float64, generator=generator)
    return _filled(input, u.log_().div_(math.log1p(-p)).ceil_())
