"""Numbers taken apart and put together, by NumPy where ctgrad has no loop; derivatives of digamma."""

import math
from typing import Any

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._dtypes import unsupported
from ctgrad.composed import composed, need_tensor, results
from ctgrad.composed.closed import node
from ctgrad.composed.order import held_once, is_held_once
from ctgrad.composed.shape import wrap_dim

Histogram = results("histogram", "hist bin_edges")
Mode = results("mode", "values indices")
Parts = results("frexp", "mantissa exponent")


def _of_numpy(array, dtype, order="C"):
    return _C.from_numpy(np.array(array, order=order)).to(dtype)


def _paired(array, x, y, dtype):
    """The same, of what was made of two operands: in the order that a loop over these would choose."""
    made = _of_numpy(array, dtype, "K")
    like = made if x.is_contiguous() and y.is_contiguous() else x.eq(y)
    return made if made.stride() == like.stride() else _C.empty_strided(like.shape, like.stride(), dtype=dtype).copy_(made)


def _integers(name, input, other):
    need_tensor(name, input)
    need_tensor(name, other, "other", 2)
    ctgrad.broadcast_shapes(input.shape, other.shape)
    dtype = ctgrad.result_type(input, other)
    if dtype.is_floating_point or dtype == _C.bool:
        raise unsupported(f"{name}_cpu", dtype)
    return dtype, input.to(dtype), other.to(dtype)


@composed(out=True, in_place="both")
def gcd(input, other):
    """The greatest common divisor of integers, 0 of 0 and 0; both broadcast."""
    dtype, a, b = _integers("gcd", input, other)
    return _paired(np.gcd(a.numpy(), b.numpy()), a, b, dtype)


@composed(out=True, in_place="both")
def lcm(input, other):
    """The least common multiple of integers; both broadcast."""
    dtype, a, b = _integers("lcm", input, other)
    return _paired(np.lcm(a.numpy(), b.numpy()), a, b, dtype)


@composed(out="shared", in_place="both")
@node("LdexpBackward0", unkept=(0,))
def ldexp(input, other):
    """input times 2 to the power of other; both broadcast."""
    need_tensor("ldexp", input)
    dtype = ctgrad.result_type(input, other)
    factor = _C.pow(2.0, other)
    return input * (factor if other.is_floating_point() else factor.to(dtype if dtype.is_floating_point else _C.get_default_dtype()))


@composed(out="whole")
def frexp(input):
    """(mantissa, exponent): input = mantissa times 2 to the power of exponent (int32), mantissas from 0.5 to 1 in magnitude."""
    need_tensor("frexp", input)
    if not input.is_floating_point():
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    numbers = input.detach()
    few, times = held_once(numbers)
    few = few.float() if input.dtype == _C.bfloat16 else few
    mantissa, exponent = _C.empty_like(few), _C.empty_like(few, dtype=_C.int32)
    np.frexp(few.numpy(), mantissa.numpy(), exponent.numpy())
    mantissa = mantissa.to(input.dtype)
    if times > 1:  # NaN has exponent 0, here in the order of a loop over the input
        mantissa, exponent = _C.where(numbers.isnan(), numbers, mantissa), _C.where(numbers.isnan(), 0, exponent)
    if not (input.requires_grad and _C.is_grad_enabled()):
        return Parts(mantissa, exponent)
    half, whole = (exponent // 2).double(), exponent.double()  # two factors: of the least numbers one would be infinite
    return Parts(_scaled(input, _C.pow(2.0, -half).to(input.dtype), _C.pow(2.0, half - whole).to(input.dtype)), exponent)


@node("FrexpBackward0", unkept=(0,))
def _scaled(input, one, other):
    return (input * one) * other


def _longest_run(ordered):
    """For rows in order: where the first of the longest runs ends."""
    place = np.arange(ordered.shape[-1])
    begins = np.ones(ordered.shape, bool)
    np.not_equal(ordered[..., 1:], ordered[..., :-1], out=begins[..., 1:])
    return (place - np.maximum.accumulate(np.where(begins, place, 0), -1)).argmax(-1, keepdims=True)


@composed(out=True)
def mode(input, dim=-1, keepdim=False):
    """(values, indices) of what is most frequent along dim, the least of equals; indices are those of its last appearance."""
    need_tensor("mode", input)
    wrap_dim(dim, input.dim())
    if input.dim() == 0:
        return Mode(_picked(input.unsqueeze(0), 0, _C.zeros(1, dtype=_C.int64), False), _C.zeros((), dtype=_C.int64))
    if input.size(dim) == 0:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    ordered, places = (input.to(_C.uint8) if input.dtype == _C.bool else input).detach().sort(dim)
    ordered, _ = held_once(ordered, wrap_dim(dim, input.dim()))
    values = (ordered.float() if ordered.dtype == _C.bfloat16 else ordered).numpy()
    at = _of_numpy(np.moveaxis(_longest_run(np.moveaxis(values, dim, -1)), -1, dim), _C.int64)
    places = places.gather(dim, at.expand([1 if d == dim % input.dim() else size for d, size in enumerate(input.shape)]))
    return Mode(_picked(input, dim, places, keepdim), places if keepdim else _without(places, dim))


def _without(t, dim):
    """t.squeeze(dim), but a tensor of its own: t is not used any more."""
    return _C._ops["_unsafe_view"](t, t.squeeze(dim).shape)


@node("ModeBackward0", unkept=(0,), again="ScatterBackward0")
def _picked(input, dim, places, keepdim):
    values = input.gather(dim, places)
    return values if keepdim else _without(values, dim)


@composed(out="exact")
def histogram(input, bins: Any = 100, *, range=None, weight=None, density=False):
    """(hist, bin_edges) of all elements: how many (by weight) lie in each of `bins` bins of one width, or between edges in order."""
    need_tensor("histogram", input)
    if input.dtype not in (_C.float32, _C.float64):
        raise unsupported("histogram_cpu", input.dtype)
    if isinstance(bins, Tensor):
        if range is not None:
            raise TypeError("histogram() takes no range where bins are edges")
        if bins.dtype != input.dtype:
            raise RuntimeError("histogram: input tensor and bins tensors should have the same dtype, but got input with dtype "
                               f"{input.dtype} and bins with dtype {bins.dtype}")
        if bins.dim() != 1:
            raise RuntimeError(f"histogram: bins tensor should have one dimension, but got {bins.dim()} dimensions in the bins tensor")
        if bins.numel() == 0:
            raise RuntimeError("histogram: bins tensor should have at least 1 element, but got 0 elements in the bins tensor")
        if bins.numel() == 1:
            raise RuntimeError("torch.histogram(): bins must be > 0, but got 0 for dimension 0")
        bins = bins.detach().numpy()
    elif bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins}")
    if weight is not None and weight.dtype != input.dtype:
        raise RuntimeError(f"torch.histogram(): if weight tensor is provided, it should have the input's dtype {input.dtype}, got {weight.dtype}")
    if weight is not None and weight.shape != input.shape:
        raise RuntimeError(f"torch.histogram(): if weight tensor is provided it should have the same shape as the input tensor, got {list(weight.shape)}")
    if range is not None and not (len(range) == 2 and math.isfinite(range[0]) and math.isfinite(range[1]) and range[0] <= range[1]):
        raise RuntimeError(f"torch.histogram(): range {tuple(range)} is not finite, or its minimum is above its maximum")
    if range is None and not isinstance(bins, np.ndarray) and input.numel() and not bool(input.isfinite().all()):
        raise RuntimeError("torch.histogram(): the range of the input is not finite")
    hist, edges = _counted(input.detach(), bins, range, None if weight is None else weight.detach())
    if density:
        hist = hist / np.array(np.diff(edges), float) / hist.sum()
    return Histogram(_of_numpy(hist, input.dtype), _of_numpy(edges, input.dtype))


def _counted(x, bins, range, weight):
    """NumPy's histogram; what repeats, and its weights with it, is counted once."""
    times = 1
    if weight is None:
        x, times = held_once(x)
    elif is_held_once(x) and is_held_once(weight):
        both, times = held_once(_C.stack([x, weight], -1), but=x.dim())
        x, weight = both.unbind(-1)
    hist, edges = np.histogram(x.numpy(), bins, range, weights=None if weight is None else weight.numpy())
    return hist * np.asarray(times, hist.dtype), edges


@composed(out=True, in_place="both")
def i0(input):
    """The modified Bessel function of the first kind of order 0."""
    from ctgrad import _bessel

    return _bessel.i0(input)


@composed(method=False, out=True)
def polygamma(n, input):
    """The n-th derivative of digamma, n >= 0."""
    if not isinstance(n, int):
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    need_tensor("polygamma", input, "input", 2)
    return _C._ops["polygamma_kernel"](input if input.is_floating_point() else input.to(_C.get_default_dtype()), n)


def _polygamma_of(self, n):
    """The n-th derivative of digamma at self."""
    return polygamma(n, self)


def _polygamma_in_place(self, n):
    """polygamma in place."""
    return _C._ops["_become_"](self, polygamma(n, self.clone()))


def _hardshrink(self, lambd=0.5):
    """nn.functional.hardshrink."""
    return ctgrad.hardshrink(self, lambd)


def _prelu(self, weight):
    """nn.functional.prelu."""
    return ctgrad.prelu(self, weight)


for _name, _method in {"polygamma": _polygamma_of, "polygamma_": _polygamma_in_place, "hardshrink": _hardshrink, "prelu": _prelu}.items():
    setattr(Tensor, _name, _method)
