"""``functional`` of images: rearranged channels, other sizes, windows as columns, normalisation over neighbours."""

import math
import warnings
from typing import Any

import ctgrad
from ctgrad._C import _ops
from ctgrad._dtypes import unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import typed

from ._cubic import far, near
from ._halves import widened
from ._order import in_order_of

__all__ = ["channel_shuffle", "fold", "interpolate", "local_response_norm", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "rms_norm", "unfold", "upsample",
           "upsample_bilinear", "upsample_nearest"]


def _image_size(function, input, factor_name, factor):
    if input.dim() < 3:
        raise RuntimeError(f"{function} expects input to have at least 3 dimensions, but got input with {input.dim()} dimension(s)")
    if factor <= 0:
        raise RuntimeError(f"{function} expects a positive {factor_name}, but got {factor}")
    return input.shape


def _fresh(moved, r):
    """By 1 nothing moves, and what came of it is still a view."""
    return moved.clone(memory_format=ctgrad.contiguous_format) if r == 1 else moved


@typed
@node("PixelShuffleBackward0", unkept=(0,), again="PixelUnshuffleBackward0")
def pixel_shuffle(input, upscale_factor):
    """(*, C·r², H, W) to (*, C, H·r, W·r). RuntimeError where r² does not divide the channels."""
    r = upscale_factor
    *lead, c, h, w = _image_size("pixel_shuffle", input, "upscale_factor", r)
    if c % (r * r):
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
                           f"input.size(-3)={c} is not divisible by {r * r}")
    n = len(lead)
    apart = input.reshape(*lead, c // (r * r), r, r, h, w).permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return in_order_of(input, _fresh(apart.reshape(*lead, c // (r * r), h * r, w * r), r))


@typed
@node("PixelUnshuffleBackward0", unkept=(0,), again="PixelShuffleBackward0")
def pixel_unshuffle(input, downscale_factor):
    """(*, C, H·r, W·r) to (*, C·r², H, W). RuntimeError where r does not divide the sizes."""
    r = downscale_factor
    *lead, c, h, w = _image_size("pixel_unshuffle", input, "downscale_factor", r)
    for name, size in (("height", h), ("width", w)):
        if size % r:
            raise RuntimeError(f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({-2 if name == 'height' else -1})="
                               f"{size} is not divisible by {r}")
    if input.numel() == 0:  # as it came, as PyTorch has it
        return input.clone()
    n = len(lead)
    apart = input.reshape(*lead, c, h // r, r, w // r, r).permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return in_order_of(input, _fresh(apart.reshape(*lead, c * r * r, h // r, w // r), r))


@typed
@node("ChannelShuffleBackward0", unkept=(0,), again="ChannelShuffleBackward0")
def channel_shuffle(input, groups):
    """(N, C, *): the channels of each group apart, one of each group after the other."""
    if input.dim() < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c, *rest = input.shape
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    return in_order_of(input, input.reshape(n, groups, c // groups, *rest).transpose(1, 2).reshape(input.shape).contiguous())


native_channel_shuffle = channel_shuffle  # PyTorch's is the kernel alone, without a gradient


# --- other sizes ---

def _is_no_size(n):
    return isinstance(n, (float, str)) or (isinstance(n, ctgrad.Tensor) and (n.numel() != 1 or n.is_floating_point())) or abs(int(n)) >> 63 != 0


def _scaled(n, factor, mode):
    size = float(n) * factor
    if mode != "area" and not abs(size) < 2.0 ** 63:
        raise RuntimeError(f"interpolate(): {n} times {factor} is no size: value cannot be converted to type int64_t without overflow")
    return math.floor(size)


def _sizes(input, size, scale_factor, recompute, mode):
    """The size of the result, and what one step in it is in the input, per dimension."""
    dims = input.dim() - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("either size or scale_factor should be defined" if size is None else "only one of size or scale_factor should be defined")
    given, name = (size, "size") if size is not None else (scale_factor, "scale_factor")
    if isinstance(given, (list, tuple)):
        if len(given) != dims:
            raise ValueError(f"Input and {'output' if name == 'size' else name} must have the same number of spatial dimensions, but got input with "
                             f"spatial dimensions of {list(input.shape[2:])} and {name} of {given}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                             f"format and {name} in (o1, o2, ...,oK) format.")
        given = list(given)
    else:
        given = [given] * dims
    wrong = [n for n in given if (_is_no_size(n) if size is not None else isinstance(n, (ctgrad.Tensor, str)))]
    wrong += given[:1] if size is not None and isinstance(next(iter(given), None), bool) else []
    if wrong:
        raise TypeError(f"interpolate(): {name} takes {'ints' if size is not None else 'numbers'}, got {type(wrong[0]).__name__}")
    if size is not None:
        return [int(n) for n in given], [None] * dims
    sizes = [_scaled(n, factor, mode) for n, factor in zip(input.shape[2:], given, strict=True)]
    return sizes, [None] * dims if recompute else [1.0 / factor if factor else None for factor in given]


def _nearest_places(n, out, step, exact):
    step = n / out if step is None else step
    places = ctgrad.arange(out, dtype=ctgrad.float32) + (0.5 if exact else 0)
    return (places * ctgrad.tensor(step, dtype=ctgrad.float32)).floor().long().clamp_max(n - 1)


def _sources(n, out, step, align, dtype, clamp):
    """Where in the input the elements of the result lie."""
    at = ctgrad.arange(out, dtype=dtype)
    if align:
        return at * ((n - 1) / (out - 1) if out > 1 else 0.0)
    at = (at + 0.5) * (n / out if step is None else step) - 0.5
    return at.clamp_min(0) if clamp else at


def _stretch(input, dim, out, step, align, cubic):
    n, dtype = input.shape[dim], input.dtype if input.is_floating_point() else ctgrad.float32
    source = _sources(n, out, step, align, dtype, not cubic)
    first = source.floor()
    t = (source - first).view(-1, *[1] * (input.dim() - 1 - dim))
    first = first.long()
    if not cubic:
        before, after = input.index_select(dim, first.clamp_max(n - 1)), input.index_select(dim, (first + 1).clamp_max(n - 1))
        return before * (1 - t) + after * t
    taps = [input.index_select(dim, (first + k).clamp(0, n - 1)) for k in (-1, 0, 1, 2)]
    return taps[0] * far(t + 1) + taps[1] * near(t) + taps[2] * near(1 - t) + taps[3] * far(2 - t)


def _antialiased(input, dim, out, step, align, cubic):
    """As ``_stretch``, but what is made smaller is the mean of all it covers: the kernel is as wide as a step."""
    n, dtype = input.shape[dim], input.dtype if input.is_floating_point() else ctgrad.float32
    step = ((n - 1) / (out - 1) if out > 1 else 0.0) if align else n / out if step is None else step
    wide = max(step, 1.0)
    reach = (2.0 if cubic else 1.0) * wide
    center = (ctgrad.arange(out, dtype=ctgrad.float64) + 0.5).mul(step).unsqueeze(1)
    first, last = (center - reach + 0.5).long().clamp_min(0), (center + reach + 0.5).long().clamp_max(n)
    place = ctgrad.arange(n)
    away = ((place - center + 0.5) / wide).abs()
    if cubic:
        weight = ctgrad.where(away < 1, near(away, -0.5), ctgrad.where(away < 2, far(away, -0.5), 0))
    else:
        weight = (1 - away).clamp_min(0)
    weight = ctgrad.where((place >= first) & (place < last), weight, 0)
    weight = (weight / weight.sum(1, keepdim=True)).to(dtype)
    return (input.to(dtype).transpose(dim, -1) @ weight.t()).transpose(dim, -1)


_LINEAR = {3: "linear", 4: "bilinear", 5: "trilinear"}


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """(N, C, *) in another size, or in one ``scale_factor`` times as large.

    ``mode``: "nearest", "nearest-exact", "area", and of one, two and three dimensions "linear", "bilinear" and "bicubic", "trilinear".
    ``align_corners``: the outermost elements stay at the ends. ``antialias``: of 4-D input
    in the modes "bilinear" and "bicubic", what is made smaller is the mean of all it covers. ValueError, NotImplementedError for what does not fit.
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
    elif align_corners is None:
        align_corners = False
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if antialias and not (mode in ("bilinear", "bicubic") and input.dim() == 4):
        raise ValueError("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input")
    sizes, steps = _sizes(input, size, scale_factor, recompute_scale_factor, mode)
    if input.dim() not in _LINEAR:
        raise NotImplementedError(f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the modes: nearest | linear | "
                                  f"bilinear | bicubic | trilinear | area | nearest-exact (got {mode})")
    if mode == "area":
        pools = ctgrad.nn.functional
        return (pools.adaptive_avg_pool1d, pools.adaptive_avg_pool2d, pools.adaptive_avg_pool3d)[input.dim() - 3](input, sizes)
    if min(sizes) <= 0 or (antialias and 0 in input.shape[2:]):
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got input {list(input.shape[2:])} output {sizes}")
    if mode not in ("nearest", "nearest-exact", _LINEAR[input.dim()], "bicubic" if input.dim() == 4 else "nearest"):
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs another")
    if not input.is_floating_point() and not (input.dtype == ctgrad.uint8 and mode in ("nearest", "nearest-exact", "bilinear", "bicubic")):
        raise NotImplementedError(f"interpolate(): {mode} is not implemented for {input.dtype}")
    if 0 in input.shape[1:]:
        raise RuntimeError(f"Non-empty {input.dim()}D data tensor expected but got a tensor with sizes {list(input.shape)}")
    return _resampled(input, sizes, steps, mode, align_corners, antialias)


def _resampling(input, sizes, steps, mode, align_corners, antialias):
    """What PyTorch calls the node."""
    title = "".join(word.capitalize() for word in mode.split("-"))
    return f"Upsample{title}{input.dim() - 2}D{'Aa' if antialias else ''}Backward0"


@node(_resampling, again="{name}BackwardBackward0", lasts=True)
def _resampled(input, sizes, steps, mode, align_corners, antialias):
    stretch, cubic, given = _antialiased if antialias else _stretch, mode == "bicubic", input
    input = input if mode.startswith("nearest") else widened(input)
    for dim in range(input.dim() - 1, 1, -1):
        out, step = sizes[dim - 2], steps[dim - 2]
        if mode.startswith("nearest"):
            input = input.index_select(dim, _nearest_places(input.shape[dim], out, step, mode == "nearest-exact"))
        elif out != input.shape[dim] or step not in (None, 1.0):
            input = stretch(input, dim, out, step, align_corners, cubic)
            input = input.add(0.5).floor().clamp(0, 255) if given.dtype == ctgrad.uint8 else input  # bytes between the passes too
    return in_order_of(given, input.to(given.dtype).contiguous() if antialias else input.to(given.dtype))


def _former(name):
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=4)


@typed
def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """``interpolate``, by its former name."""
    _former("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


@typed
def upsample_nearest(input, size=None, scale_factor=None):
    """``interpolate`` by the nearest element."""
    _former("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


@typed
def upsample_bilinear(input, size=None, scale_factor=None):
    """``interpolate`` by lines, with the outermost elements at the ends."""
    _former("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


# --- windows as columns ---

def _pair(value):
    pair = (value, value) if isinstance(value, int) else tuple(value)
    for n in pair:
        if isinstance(n, (bool, float)):
            raise TypeError(f"the sizes of windows are ints, but got {type(n).__name__} in {pair}")
    if len(pair) != 2:
        raise RuntimeError(f"sizes of windows are one int or two, but got {len(pair)}: {pair}")
    return pair


def _check_steps(kernel, dilation, padding, stride):
    if min(kernel) <= 0 or min(dilation) <= 0 or min(stride) <= 0 or min(padding) < 0:
        raise RuntimeError(f"kernel size, dilation and stride should be greater than zero, and padding non-negative, but got kernel_size={kernel}, "
                           f"dilation={dilation}, stride={stride}, padding={padding}")


def _windows(size, kernel, dilation, padding, stride):
    """How many windows there are, per dimension."""
    _check_steps(kernel, dilation, padding, stride)
    windows = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)]
    if min(windows) <= 0:
        raise RuntimeError(f"Given input with spatial size {tuple(size)}, kernel_size={kernel}, dilation={dilation}, padding={padding}, calculated shape of "
                           f"the array of sliding blocks as {tuple(windows)}, but its components must be at least one.")
    return windows


@typed
def unfold(input, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
    """(N, C, H, W) or (C, H, W) to (N, C·kh·kw, windows): each window of the image as a column."""
    kernel, dilation, padding, stride = (_pair(value) for value in (kernel_size, dilation, padding, stride))
    _check_steps(kernel, dilation, padding, stride)
    if input.size(1) == 0 or input.size(2) == 0 or input.dim() not in (3, 4) or 0 in input.shape[-3:]:
        raise RuntimeError(f"Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: {list(input.shape)}")
    rows, columns = _windows(input.shape[-2:], kernel, dilation, padding, stride)
    return _unfolded(input, (kernel, dilation, padding, stride), rows * columns)


@node("Im2ColBackward0", unkept=(0,))
def _unfolded(input, windows, count):
    blocks = _ops["_unfold_windows"](input, input.shape[-2:], *windows)
    return blocks.reshape(*input.shape[:-3], input.shape[-3] * math.prod(windows[0]), count)


@typed
def fold(input, output_size, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
    """The adjoint of ``unfold``: columns (N, C·kh·kw, windows) are added where they were read, in (N, C, *output_size)."""
    size, kernel, dilation, padding, stride = (_pair(value) for value in (output_size, kernel_size, dilation, padding, stride))
    if input.dim() not in (2, 3):
        raise RuntimeError(f"Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: {list(input.shape)}")
    rows, columns = _windows(size, kernel, dilation, padding, stride)
    block = kernel[0] * kernel[1]
    if input.shape[-2] % block:
        raise RuntimeError(f"Expected size of input's dimension {input.dim() - 2} to be divisible by the product of kernel_size, but got "
                           f"input.size({input.dim() - 2})={input.shape[-2]} and kernel_size={kernel}.")
    if input.shape[-1] != rows * columns:
        raise RuntimeError(f"Given output_size={size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}, expected size of input's "
                           f"dimension {input.dim() - 1} to match the calculated number of sliding blocks {rows} * {columns} = {rows * columns}, but got "
                           f"input.size({input.dim() - 1})={input.shape[-1]}.")
    blocks = input.reshape(*input.shape[:-2], input.shape[-2] // block, *kernel, rows, columns)
    return _ops["_fold_windows"](blocks, size, kernel, dilation, padding, stride)


# --- normalisation ---

@typed
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """x / (k + alpha·mean of squares over ``size`` neighbouring channels)^beta (Krizhevsky et al. 2012); (N, C, *)."""
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    F = ctgrad.nn.functional
    squares = input.mul(input).reshape(input.size(0), 1, input.size(1), -1)
    mean = F.avg_pool2d(F.pad(squares, (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1).reshape(input.shape)
    return input / mean.mul(alpha).add(k).pow(beta)


@typed
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """x / sqrt(mean of squares + eps) over the last dimensions, of sizes ``normalized_shape``, times ``weight`` (Zhang & Sennrich 2019)."""
    if weight is not None:
        need_tensor("rms_norm", weight, "weight", 3)
    shape = tuple(normalized_shape)
    if shape and input.dim() < len(shape):
        raise ValueError(f"rms_norm(): Input tensor must have at least {len(shape)} dimensions, but got {input.dim()}")
    if not shape or tuple(input.shape[-len(shape):]) != shape:
        raise RuntimeError(f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}], but got input of size"
                           f"{list(input.shape)}")
    if not input.is_floating_point():
        raise unsupported("rms_norm", input.dtype)
    dims = tuple(range(-len(shape), 0))
    wide = widened(input)
    scale = (wide.pow(2).mean(dims, keepdim=True) + (ctgrad.finfo(wide.dtype).eps if eps is None else eps)).rsqrt()
    made = (wide * scale if weight is None else wide * scale * weight).contiguous()
    return in_order_of(input, made.to(input.dtype))
