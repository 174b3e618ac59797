"""Activations of ``functional`` that bend at bounds, that take a slope of their own, or that gate."""

import warnings

import ctgrad
from ctgrad._C import _ops
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import typed

__all__ = ["celu", "celu_", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "mish", "prelu", "relu6",
           "rrelu", "rrelu_", "selu", "selu_", "softshrink", "threshold", "threshold_"]

_SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)  # alpha and scale (Klambauer et al. 2017)


@typed
def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x cut to ``min_val`` and ``max_val``. ValueError where the first exceeds the second, RuntimeError for bools."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    need_tensor("hardtanh", input)
    if input.dtype == ctgrad.bool:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype == ctgrad.uint8 and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    if not input.is_floating_point():
        return input.clamp_(int(min_val), int(max_val)) if inplace else input.clamp(int(min_val), int(max_val))
    return _ops["hardtanh_" if inplace else "hardtanh"](input, min_val, max_val)


def hardtanh_(input, min_val=-1.0, max_val=1.0):
    """``hardtanh`` in place."""
    return hardtanh(input, min_val, max_val, True)


def relu6(input, inplace=False):
    """x cut to 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input, inplace=False):
    """x / 6 + 1/2, cut to 0 and 1."""
    return _ops["hardsigmoid_" if inplace else "hardsigmoid"](input)


def hardswish(input, inplace=False):
    """x·hardsigmoid(x) (Howard et al. 2019)."""
    return _ops["hardswish_" if inplace else "hardswish"](input)


def mish(input, inplace=False):
    """x·tanh(softplus(x)) (Misra 2019)."""
    return _ops["mish_" if inplace else "mish"](input)


def hardshrink(input, lambd=0.5, *, out=None):
    """x, or 0 from -``lambd`` to ``lambd``."""
    return _ops["hardshrink"](input, lambd) if out is None else _ops["hardshrink"](input, lambd, out=out)


@typed
def softshrink(input, lambd=0.5, *, out=None):
    """x moved by ``lambd`` towards 0, and 0 from -``lambd`` to ``lambd``. RuntimeError if it is negative."""
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd:g}.")
    return _ops["softshrink"](input, lambd) if out is None else _ops["softshrink"](input, lambd, out=out)


def threshold(input, threshold, value, inplace=False):
    """x where it exceeds ``threshold``, otherwise ``value``."""
    need_tensor("threshold", input)
    if input.is_floating_point():
        return _ops["threshold_value_" if inplace else "threshold_value"](input, threshold, value)
    if input.dtype == ctgrad.bool:
        raise unsupported("threshold_cpu", input.dtype)
    kept = ctgrad.where(input <= int(threshold), int(value), input)
    return input.copy_(kept) if inplace else kept


def threshold_(input, threshold, value):
    """The other ``threshold``, in place."""
    return globals()["threshold"](input, threshold, value, True)


def selu(input, inplace=False):
    """scale·(x, or alpha·(exp(x) - 1) where it is negative), with constants that keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    return _ops["selu_" if inplace else "selu"](input, *_SELU)


def selu_(input):
    """``selu`` in place."""
    return selu(input, True)


@typed
def celu(input, alpha=1.0, inplace=False):
    """x, or alpha·(exp(x / alpha) - 1) where it is negative (Barron 2017). RuntimeError for an alpha of 0."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _ops["celu_" if inplace else "celu"](input, alpha, 1.0 / alpha)


def celu_(input, alpha=1.0):
    """``celu`` in place."""
    return celu(input, alpha, True)


@typed
def glu(input, dim=-1):
    """The first half along ``dim`` times sigmoid of the second (Dauphin et al. 2017). RuntimeError for an odd size."""
    return _ops["glu"](input, dim)


@typed
def prelu(input, weight):
    """x, times ``weight`` where it is negative: one number, or one for each channel (He et al. 2015). RuntimeError where it does not fit."""
    if input.dtype != weight.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {scalar_name(input.dtype)} and {scalar_name(weight.dtype)}")
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1:
        channels = input.size(1) if input.dim() >= 2 else 1
        if input.dim() == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        if channels != weight.numel():
            raise RuntimeError(f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} and channel "
                               f"size = {channels}.")
        weight = weight.view(-1, *[1] * (input.dim() - 2))
    elif weight.dim():
        weight = weight.view([1] * input.dim())
    if not input.is_floating_point():
        raise unsupported("prelu_cpu", input.dtype)
    return _ops["prelu_kernel"](input, weight)


@typed
def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """x, times a draw between ``lower`` and ``upper`` where it is not positive; out of training times their mean (Xu et al. 2015)."""
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        return _ops["leaky_relu_"](input, (lower + upper) / 2) if inplace else _sloped(input, (lower + upper) / 2)
    below = input.detach() <= 0
    slopes = ctgrad.ones_like(input, requires_grad=False)
    slopes[below] = ctgrad.empty(int(below.sum()), dtype=ctgrad.float64).uniform_(lower, upper).to(input.dtype)
    return input.mul_(slopes) if inplace else _sloped(input, [slopes])


@node("RreluWithNoiseBackward0", again="{name}BackwardBackward0")
def _sloped(input, slope):
    """With one slope below 0, or a list that holds the factor of each element."""
    return (input * slope[0] if isinstance(slope, list) else _ops["leaky_relu"](input, slope)).contiguous()


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """``rrelu`` in place."""
    return rrelu(input, lower, upper, training, True)


@typed
def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A softmax of logits with Gumbel noise, divided by ``tau``; ``hard``: one-hot, with the gradient of the soft one (Jang et al. 2017)."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -ctgrad.empty(logits.shape, dtype=logits.dtype).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    return ctgrad.zeros(logits.shape, dtype=logits.dtype).scatter_(dim, index, 1.0) - soft.detach() + soft
