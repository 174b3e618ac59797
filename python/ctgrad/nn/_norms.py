"""Normalisation over batches, instances and groups, and the dropouts that zero whole channels: what ``functional`` offers of them."""

import math
import warnings

import ctgrad
from ctgrad._C import _layout, _ops
from ctgrad._dtypes import unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.misfit import need_flag, typed

from . import _reduction
from ._halves import refuse_mixed, single, widened

# The limit of the activation SELU at -inf, with a changed sign: what alpha dropout sets elements to.
_ALPHA = 1.7580993408473766


# --- normalisation ---

def _update(running, value, momentum, share=None):
    """Move a running value by ``momentum``: of float16 rounded once, of bfloat16 both shares too (``share`` None) or that of the running value alone."""
    if running is None:
        return
    data, value = running.data, value.detach().reshape(-1)  # no version counts it, as PyTorch's kernels write: a graph made in evaluation mode outlives a training step
    if data.dtype == ctgrad.bfloat16:
        kept, momentum = ctgrad.tensor([1 - momentum, momentum], dtype=data.dtype).tolist()
        value = value.bfloat16().float() * momentum
        data.copy_((data * kept).float().add_(value.to(share or data.dtype)))
    elif data.dtype == ctgrad.float16:
        data.copy_(data.float().mul_(1 - momentum).add_(value, alpha=momentum))
    else:
        data.mul_(1 - momentum).add_(value.to(data.dtype), alpha=momentum)


def _check_running(input, **given):
    for name, t in given.items():
        if t is not None and t.numel() != input.size(1):
            raise RuntimeError(f"{name} should contain {input.size(1)} elements not {t.numel()}")
    refuse_mixed(input, **given)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """(x - mean) / sqrt(var + eps) of each channel of (N, C, ...), times ``weight`` plus ``bias`` (Ioffe & Szegedy 2015).

    In training, mean and variance are the batch's own, and the running ones move towards them by ``momentum`` (the variance then
    counts one element less); otherwise they are the running ones. ValueError for a single value per channel in training;
    RuntimeError for parameters that are not of C elements.
    """
    if training:
        _verify_batch_size(input.size())
    if momentum is None:
        raise TypeError("batch_norm(): argument 'momentum' must be float, not NoneType: a module of momentum None gives 1 / the number of batches")
    if eps <= 0.0 if training else eps < 0.0:
        raise ValueError(f"batch_norm eps must be {'positive during training' if training else 'non-negative'}, but got {eps}")
    return _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _batch_norm(input, running_mean=None, running_var=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if input.dim() < 2 and input.numel():
        raise (IndexError if training else RuntimeError)(f"batch_norm(): expected at least 2 dimensions, a batch and channels, but got {input.dim()}")
    return _normed(input, running_mean, running_var, weight, bias, training, momentum, eps)


_batch_norm.__name__ = "batch_norm"
_batch_norm = typed(_batch_norm)


def _normed(input, running_mean, running_var, weight, bias, training, momentum, eps):
    _reduction.refuse_gradient("native_batch_norm", running_mean=running_mean, running_var=running_var)
    if input.numel() == 0:
        return _nothing_normed(input, weight, bias)
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError("running_mean and running_var must be defined in evaluation mode")
    _check_running(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    x = widened(input)
    if not training:
        mean, scale = running_mean.to(x.dtype), (running_var.to(x.dtype) + eps).rsqrt()
        return _batch_norm_of(input)(input, weight, bias, mean, scale, eps, False)
    mean, scale, var = _ops["batch_norm_moments"](x, eps)
    _update(running_mean, mean, momentum)
    if x is not input and all(t is None or t.dtype == input.dtype for t in (running_mean, running_var, weight, bias)):
        if input.dtype == ctgrad.bfloat16:
            var, scale = _moments_of_bfloat16(var, x.numel() // x.shape[1], eps)
        mean, scale = (t.to(input.dtype).float() for t in (mean, scale))    # PyTorch keeps these of halves as halves
    _update(running_var, var, momentum, ctgrad.float32)
    return _batch_norm_of(input)(input, weight, bias, mean, scale, eps, True)


def _moments_of_bfloat16(var, n, eps):
    """The variance that the running one moves towards, and 1 / sqrt(var + eps), with the sum of squares and the quotients rounded as PyTorch's are."""
    total = (var * (n - 1)).bfloat16().float()
    return (total / (n - 1)).bfloat16().float(), ((total / n).bfloat16().float() + eps).rsqrt()


def _batch_normed(input, weight, bias, mean, scale, eps, training):
    return _ops["batch_norm"](input, widened(weight), mean, scale, widened(bias), eps, training)


_batch_norm_of = single("NativeBatchNormBackward0", _batch_normed)


def _nothing_normed(input, weight, bias):
    """As PyTorch has it: a copy, by the first channel's weight and bias."""
    normed = input.clone()
    normed = normed if weight is None else normed * weight[0]
    return normed if bias is None else normed + bias[0]


def _is_one(input, dim):
    """Whether all indices of a dim are one in memory. What is small is held as it is seen."""
    return input is None or input.stride(dim) == 0 or (input.numel() > 1000 and not _layout(input)["held_stride"][dim])


@typed
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    """``batch_norm`` of each channel of each member of the batch by itself; the running values move towards their means."""
    if use_input_stats:
        if math.prod(input.shape[2:]) == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.size()}")
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    shape, given = input.shape, (running_mean, running_var, weight, bias)
    if shape[0] > 1 and _is_one(input, 0):
        input = input[:1]
    if shape[1] > 1 and _is_one(input, 1) and all(t is None or (t.shape == shape[1:2] and _is_one(t, 0)) for t in given):
        input, given = input[:, :1], [None if t is None else t[:1] for t in given]
    batch, channels = input.shape[:2]
    beside = next((t.dtype for t in (weight, bias) if t is not None), input.dtype)  # what the running values are meanwhile
    given = [None if t is None else t.repeat(batch).to(beside if i < 2 else t.dtype) for i, t in enumerate(given)]
    normed = _normed(input.contiguous().view(1, batch * channels, *shape[2:]), *given, use_input_stats, momentum, eps)
    with ctgrad.no_grad():
        for running, repeated in ((running_mean, given[0]), (running_var, given[1])):
            if use_input_stats and running is not None:
                running.copy_(repeated.view(batch, channels).mean(0))
    return normed.view(shape) if input.shape == shape else normed.view(input.shape).expand(shape).contiguous().view(shape)


@typed
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Zero mean and unit variance over each of ``num_groups`` groups of channels of (N, C, ...) (Wu & He 2018), then weight and bias."""
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    batch, channels = input.shape[:2]
    _verify_batch_size([batch * channels // num_groups, num_groups, *input.shape[2:]])
    if channels % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{list(input.shape)} and num_groups={num_groups}")
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and tuple(t.shape) != (channels,):
            raise RuntimeError(f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape "
                               f"{list(t.shape)} and input of shape {list(input.shape)}")
    if not input.is_floating_point():
        raise unsupported("GroupNormKernelImpl", input.dtype)
    refuse_mixed(input, weight=weight, bias=bias)
    return _group_norm_of(input)(input, weight, bias, num_groups, eps)


def _group_normed(input, weight, bias, num_groups, eps):
    return _ops["group_norm"](input, widened(weight), widened(bias), num_groups, eps)


_group_norm_of = single("NativeGroupNormBackward0", _group_normed)


def _verify_batch_size(size):
    if size[0] * math.prod(size[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


# --- dropout of whole channels, and for self-normalising networks ---

def _noise(input, p, feature):
    if feature and input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shape = (*input.shape[:2], *(1,) * (input.dim() - 2)) if feature else None
    blank = ctgrad.empty(shape, dtype=input.dtype) if feature else ctgrad.empty_like(input)
    return blank.bernoulli_(1 - p)


def _checked(p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _feature_dropout(input, p, training, inplace):
    need_flag("feature_dropout", training, "train")
    if p == 0 or not training or input.numel() == 0:
        return input
    kept = ctgrad.zeros((), dtype=input.dtype) if p == 1 else _noise(input, p, True).div_(1 - p)
    return input.mul_(kept) if inplace else input * kept


def _single_or_batch(dims, input, p, training, inplace):
    if input.dim() != dims:
        return _feature_dropout(input.unsqueeze(0), p, training, inplace).squeeze(0)
    return _feature_dropout(input, p, training, inplace)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """In training, zero each channel of (N, C, L) or (C, L) with probability ``p`` and divide the others by ``1 - p``."""
    _checked(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that dropout1d exists to provide "
                           "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension "
                           "(i.e. 2D or 3D inputs).")
    return _single_or_batch(3, input, p, training, inplace)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """In training, zero each channel of (N, C, H, W) with probability ``p``; three dimensions are taken for (N, C, L)."""
    _checked(p)
    if input.dim() not in (3, 4):
        warnings.warn(f"dropout2d: Received a {input.dim()}-D input to dropout2d, which is deprecated and will result in an error in a future "
                      "release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout2d exists to "
                      "provide channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an optional batch dimension "
                      "(i.e. 3D or 4D inputs).", stacklevel=2)
    if input.dim() == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is "
                      "interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
                      "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise dropout "
                      "behavior, please switch to using dropout1d instead.", stacklevel=2)
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """In training, zero each channel of (N, C, D, H, W) or (C, D, H, W) with probability ``p``."""
    _checked(p)
    if input.dim() not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.dim()}-D input to dropout3d, which is deprecated and will result in an error in a future "
                      "release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout3d exists to "
                      "provide channel-wise dropout on inputs with 3 spatial dimensions, a channel dimension, and an optional batch dimension "
                      "(i.e. 4D or 5D inputs).", stacklevel=2)
    return _single_or_batch(5, input, p, training, inplace)


def _alpha_dropout(input, p, training, inplace, feature):
    _checked(p)
    need_tensor("feature_alpha_dropout" if feature else "alpha_dropout", input)
    need_flag("feature_alpha_dropout" if feature else "alpha_dropout", training, "train")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0) if inplace else input * ctgrad.zeros((), dtype=input.dtype)
    noise = _noise(input, p, feature)
    a = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    offset = noise.add(-1).mul_(_ALPHA * a).add_(_ALPHA * a * p)
    noise.mul_(a)
    return input.mul_(noise).add_(offset) if inplace else input * noise + offset


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout that keeps mean and variance of what SELU gives (Klambauer et al. 2017)."""
    return _alpha_dropout(input, p, training, inplace, False)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """``alpha_dropout`` of whole channels."""
    return _alpha_dropout(input, p, training, inplace, True)
