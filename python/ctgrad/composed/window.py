"""Tensors made from a few numbers: windows of signal processing, and the closed range."""

import math
import warnings
from typing import Any

import numpy as np

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed
from ctgrad.composed.misfit import beyond


def _check(name, window_length, dtype):
    if window_length < 0:
        raise RuntimeError(f"{name}: window_length must be non-negative, got {window_length}")
    if dtype is not None and not dtype.is_floating_point:
        raise RuntimeError(f"{name}: expects floating point dtypes, got {dtype}")


def _window(name, shape, window_length, periodic, dtype, requires_grad) -> Tensor:
    """`shape` of 0 … n - 1 and n; a periodic window is a longer one without its last element."""
    _check(name, window_length, dtype)
    if window_length < 2:
        made = _C.ones(window_length, dtype=dtype)
    else:
        n = window_length + bool(periodic)
        made = shape(_C.arange(n, dtype=dtype or _C.get_default_dtype()), n)[:window_length]
    return made.requires_grad_() if requires_grad else made


def _all_before(name, **given):
    """A window's numbers are overloads of their own: each is taken only with all those before it."""
    values = list(given.values())
    for k, value in enumerate(values):
        if value is not None and None in values[:k]:
            raise TypeError(f"{name}() received an invalid combination of arguments: {list(given)[k]} needs {' and '.join(list(given)[:k])} beside it")


@composed(method=False)
def hamming_window(window_length: int, periodic: bool | None = None, alpha: float | None = None, beta: float | None = None, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """alpha - beta cos(2 pi i / (n - 1)) (0.54 and 0.46); periodic (so by default): of one more element, without the last."""
    _all_before("hamming_window", periodic=periodic, alpha=alpha, beta=beta)
    periodic, alpha, beta = periodic is None or periodic, 0.54 if alpha is None else alpha, 0.46 if beta is None else beta
    return _window("hamming_window", lambda i, n: i.mul_(math.pi * 2 / (n - 1)).cos_().mul_(-beta).add_(alpha), window_length, periodic, dtype, requires_grad)


@composed(method=False)
def hann_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """0.5 - 0.5 cos(2 pi i / (n - 1)); periodic: of one more element, without the last."""
    return _window("hann_window", lambda i, n: i.mul_(math.pi * 2 / (n - 1)).cos_().mul_(-0.5).add_(0.5), window_length, periodic, dtype, requires_grad)


@composed(method=False)
def bartlett_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """1 - |2 i / (n - 1) - 1|; periodic: of one more element, without the last."""

    def shape(i, n):
        i = i.mul_(2 / (n - 1))
        i[(n - 1) // 2 + 1:].mul_(-1).add_(2)
        return i

    return _window("bartlett_window", shape, window_length, periodic, dtype, requires_grad)


@composed(method=False)
def blackman_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """0.42 - 0.5 cos(2 pi i / (n - 1)) + 0.08 cos(4 pi i / (n - 1)); periodic: of one more element, without the last."""

    def shape(i, n):
        i = i.mul_(math.pi / (n - 1))
        return i.mul(4).cos_().mul_(0.08) - i.mul(2).cos_().mul_(0.5) + 0.42

    return _window("blackman_window", shape, window_length, periodic, dtype, requires_grad)


@composed(method=False)
def kaiser_window(window_length: int, periodic: bool | None = None, beta: float | None = None, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """I0(beta sqrt(1 - (2 i / (n - 1) - 1)^2)) / I0(beta), beta 12; periodic (so by default): of one more element, without the last."""
    _all_before("kaiser_window", periodic=periodic, beta=beta)
    periodic, beta = periodic is None or periodic, 12.0 if beta is None else beta

    def shape(i, n):
        x = i.double().mul_(2 / (n - 1)).sub_(1)
        return _C.from_numpy(np.i0(beta * np.sqrt(np.maximum(0, 1 - x.numpy() ** 2))) / np.i0(beta)).to(i.dtype)

    return _window("kaiser_window", shape, window_length, periodic, dtype, requires_grad)


@composed(method=False)
def range(start, end, step: Any = 1, *, out=None, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:  # noqa: A001
    """start, start + step, … up to end, which is included: of the default dtype unless dtype is given. An old form of `arange`."""
    warnings.warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's range builtin. "
                  "Instead, use torch.arange, which produces values in [start, end).", UserWarning, stacklevel=beyond(2))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not all(map(math.isfinite, (start, end))):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(f"upper bound and lower bound inconsistent with step sign: range from {start} to {end} by {step}")
    steps = _C.arange(math.floor((end - start) / step) + 1, dtype=_C.float64)
    kind = dtype or (out.dtype if out is not None else _C.get_default_dtype())
    made = steps.mul_(step).add_(start).to(kind) if kind.is_floating_point else (steps.to(_C.int64) * int(step) + int(start)).to(kind)
    if out is not None:
        return (out if out.numel() == made.numel() else out.resize_(made.shape)).copy_(made.view(out.shape))
    return made.requires_grad_() if requires_grad else made
