"""The losses of ``ctgrad.nn.functional``.

Each public function checks and warns as PyTorch does, then calls one function whose name starts with an underscore: the
arithmetic alone, with the reduction as a checked string, or an op of the engine (csrc/ops/loss.c, nll.c), with its number.
"""

import math
import warnings

import ctgrad
from ctgrad._C import Tensor, _layout, _ops, int64 as _int64
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.integrals import times
from ctgrad.composed.misfit import beyond, typed

from . import _reduction

__all__ = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "nll_loss", "cross_entropy", "binary_cross_entropy",
           "binary_cross_entropy_with_logits", "kl_div", "linear_cross_entropy"]


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)², element by element, then ``reduction``: "mean", "sum" or "none".

    Shapes broadcast, with a UserWarning where they differ. ``weight``, of ``input``'s shape, multiplies each term, and "mean"
    then divides by its sum. ValueError for another reduction or shape of ``weight``.
    """
    input, target = _matched(input, target)
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if weight is not None:
        return _weighted((input - target).pow(2), weight, input, reduction)
    return _ops["mse_loss"](input, target, _reduction.number(reduction))


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """abs(input - target), then ``reduction``; shapes, ``weight`` and errors as ``mse_loss``."""
    input, target = _matched(input, target)
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if weight is not None:
        return _weighted((input - target).abs(), weight, input, reduction)
    return _reduction.apply((input - target).abs(), reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """With d = abs(input - target): d²/(2·beta) below ``beta``, d - beta/2 from there on (Girshick 2015, "Fast R-CNN").

    ``beta`` 0 is ``l1_loss``; RuntimeError if negative. Shapes and ``reduction`` as ``mse_loss``.
    """
    input, target = _matched(input, target)
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if beta == 0:
        return _reduction.apply((input - target).abs(), reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _ops["smooth_l1_loss"](input, target, _reduction.number(reduction), beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """With d = abs(input - target): d²/2 up to ``delta``, delta·(d - delta/2) beyond (Huber 1964).

    RuntimeError unless ``delta`` is positive. Shapes, ``weight`` and ``reduction`` as ``mse_loss``, but a weighted mean divides
    by the number of elements.
    """
    input, target = _matched(input, target)
    reduction = _reduction.check(reduction)
    if weight is None:
        return _huber(input, target, reduction, delta)
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    return _reduction.apply(_huber(input, target, "none", delta) * weight, reduction)


def _huber(input, target, reduction, delta):
    if target.is_floating_point() and not input.is_floating_point():
        raise RuntimeError(f"result type {scalar_name(target.dtype)} can't be cast to the desired output type {scalar_name(input.dtype)}: "
                           "convert huber_loss's input")
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _ops["huber_loss"](input, target, _reduction.number(reduction), delta)


def _need_tensors(name, input, target, weight):
    need_tensor(name, input)
    need_tensor(name, target, "target", 2)
    if weight is not None:
        need_tensor(name, weight, "weight", 3)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """-input[n, target[n]]: the negative log likelihood of the classes ``target``, then ``reduction``.

    ``input`` holds log probabilities, (C,), (N, C) or (N, C, d1, ...); ``target`` class numbers, int64 or uint8, of that shape
    without C. ``weight`` (C,) weighs the classes, and "mean" divides by the sum of the weights used. Targets equal to
    ``ignore_index`` count for nothing. IndexError: a target outside the classes; ValueError, RuntimeError: shapes or
    dtypes that do not fit.
    """
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if weight is not None or type(input) is not Tensor or type(target) is not Tensor or not _is_one_row_a_target(input, target):
        _check_nll(input, target, weight)
    return _nll(input, target, weight, reduction, ignore_index)


def _is_one_row_a_target(input, target):
    """The usual case, in which nothing can be wrong but the classes."""
    sizes, places = input.shape, target.shape
    return len(sizes) == 2 and len(places) == 1 and sizes[0] == places[0] and target.dtype is _int64 and input.is_floating_point()


def _check_nll(input, target, weight):
    _need_tensors("nll_loss_nd", input, target, weight)
    if input.dim() < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {input.dim()})")
    if input.dim() != 1 and input.shape[0] != (target.shape[0] if target.dim() else 1):
        raise ValueError(f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
                         f"({target.shape[0] if target.dim() else 1}).")
    if target.dtype not in (ctgrad.int64, ctgrad.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_name(target.dtype)}")
    _check_nll_shapes(input, target, weight)
    _need_floating(input, input, "nll_loss_out_frame")
    if weight is not None and weight.dtype != input.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(input.dtype)} but found {scalar_name(weight.dtype)}")
    _reduction.refuse_gradient("nll_loss_forward", weight=weight)


def _check_nll_shapes(input, target, weight):
    sizes, target_sizes = list(input.shape), list(target.shape)
    if input.dim() <= 2 and target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input.dim() == 1 and target.dim() == 1 and target.shape[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")
    expected = sizes[:1] + sizes[2:]
    if input.dim() == 4 and target.dim() != 3:
        raise RuntimeError("only batches of spatial targets supported (3D tensors) but got targets of dimension: "
                           f"{target.dim()}")
    if input.dim() == 4 and target_sizes != expected:
        raise RuntimeError(f"size mismatch (got input: {sizes} , target: {target_sizes}")
    if input.dim() > 2 and target_sizes != expected:
        raise RuntimeError(f"Expected target size {expected}, got {target_sizes}")
    classes = sizes[0] if input.dim() == 1 else sizes[1]
    if weight is not None and (weight.dim() != 1 or weight.shape[0] != classes):
        if input.dim() > 2:
            raise RuntimeError("weight tensor should be defined either for all or no classes")
        raise RuntimeError(f"weight tensor should be defined either for all {classes} classes or no classes but got "
                           f"weight tensor of shape: {list(weight.shape)}")


_nll_of = _ops["nll_loss"]


def _nll(input, target, weight, reduction, ignore_index):
    number = _reduction.number(reduction)
    if input.dim() in (1, 2, 4):
        return _nll_of(input, target, weight, number, ignore_index)[0]
    batch, classes, *places = input.shape
    shape = (1, math.prod(places)) if input.numel() else (0, 0)
    loss = _nll_of(input.contiguous().view(batch, classes, *shape), target.contiguous().view(batch, *shape), weight,
                            number, ignore_index)[0]
    return loss.view(batch, *places) if reduction == "none" else loss


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
                  label_smoothing=0.0):
    """``nll_loss`` of ``log_softmax(input)`` over the classes: logits in, class numbers or class probabilities as target.

    ``input`` is (C,), (N, C) or (N, C, d1, ...). A target of ``input``'s own shape holds probabilities (floating point, no
    ``ignore_index``), otherwise class numbers as in ``nll_loss``. ``label_smoothing`` in [0, 1] mixes in that share of the
    uniform distribution (Szegedy et al. 2015). RuntimeError: shapes, dtypes or options that do not fit.
    """
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if weight is not None or type(input) is not Tensor or type(target) is not Tensor:
        _need_tensors("cross_entropy_loss", input, target, weight)
    class_dim = 0 if input.dim() == 1 else 1
    if input.shape == target.shape:
        if not target.is_floating_point():
            raise RuntimeError("Expected floating point type for target with class probabilities, got "
                               f"{scalar_name(target.dtype)}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _probability_cross_entropy(input, target, weight, reduction, label_smoothing)
    if label_smoothing > 0:
        _check_smoothing(label_smoothing)
        return _smoothed_cross_entropy(input, target, weight, reduction, ignore_index, label_smoothing)
    return nll_loss(input.log_softmax(class_dim), target, weight, None, ignore_index, None, reduction)


def refuse_chunks(name, options):
    """NotImplementedError for options of linear_cross_entropy and its module."""
    if options is not None:
        raise NotImplementedError(f"{name}: options tell how the logits are computed in chunks; they are computed at once here: leave them out")


def _check_linear(input, linear_weight, linear_bias):
    if not 1 <= input.dim() <= 2:
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError("expected equal input and linear_weight last dimensions (in_features), "
                           f"got {input.shape[-1]} and {linear_weight.shape[-1]}, respectively")
    wanted = linear_weight.shape[:-1]
    if linear_bias is not None and linear_bias.shape != wanted:
        raise RuntimeError(f"expected linear_bias shape {tuple(wanted)}, got {tuple(linear_bias.shape)}")
    if len(wanted) > 1 and input.dim() == 1:
        raise RuntimeError(f"a K-dimensional loss (linear_weight of shape {tuple(linear_weight.shape)}) requires batched input, (N, {input.shape[-1]}), "
                           f"got unbatched input with shape {tuple(input.shape)}")


def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None, label_smoothing=0.0,
                         options=None):
    """``cross_entropy`` of ``linear(input, linear_weight, linear_bias)``: input (in) or (N, in), weight (C, in) or (C, d1, ..., in).

    With weights of more dimensions the logits are (N, C, d1, ...). The bias has the weight's shape but for the last dimension.
    RuntimeError: shapes that do not fit, or ``ignore_index`` beside class probabilities.
    """
    refuse_chunks("linear_cross_entropy", options)
    _check_linear(input, linear_weight, linear_bias)
    shape = (*input.shape[:-1], *linear_weight.shape[:-1])
    if target.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if linear_weight.dim() > 2:
        linear_weight = linear_weight.reshape(-1, linear_weight.shape[-1])
        linear_bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = ctgrad._C.linear(input, linear_weight, linear_bias).reshape(shape)
    return cross_entropy(logits, target, weight=weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
                         label_smoothing=label_smoothing)


def _check_smoothing(label_smoothing):
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")


def _share(label_smoothing, classes):
    return label_smoothing / classes if classes else math.inf


def _per_class(weight, input, class_dim):
    """The weights shaped to broadcast along the classes of ``input``."""
    shape = [1] * input.dim()
    shape[class_dim] = weight.shape[0]
    return weight.view(shape)


def _probability_cross_entropy(input, target, weight, reduction, label_smoothing):
    class_dim = 0 if input.dim() == 1 else 1
    classes = input.shape[class_dim]
    if weight is not None and (weight.dim() != 1 or weight.numel() != classes):
        raise RuntimeError(f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes "
                           f"but got weight tensor of shape: {list(weight.shape)}")
    likelihood = input.log_softmax(class_dim)
    if label_smoothing > 0:
        _check_smoothing(label_smoothing)
        target = target * (1 - label_smoothing) + _share(label_smoothing, classes)
    losses = likelihood * target
    if weight is not None:
        losses = losses * _per_class(weight, losses, class_dim)
    if reduction == "none":
        return -losses.sum(class_dim)
    total = -losses.sum()
    return total if reduction == "sum" else _ops["div_count"](total, input.numel() // classes if classes else 0)


def _class_sum(likelihood, weight, class_dim):
    """Over the classes, by weight. Equal likelihoods are summed as a product, which does not multiply them one by one."""
    if weight is None:
        return likelihood.sum(class_dim)
    if weight.dtype == likelihood.dtype and likelihood.shape[class_dim] > 1 and not _layout(likelihood)["held_stride"][class_dim]:
        return likelihood.movedim(class_dim, -1) @ weight
    return (likelihood * _per_class(weight, likelihood, class_dim)).sum(class_dim)


def _smoothed_cross_entropy(input, target, weight, reduction, ignore_index, label_smoothing):
    class_dim = 0 if input.dim() == 1 else 1
    likelihood = input.log_softmax(class_dim)
    expected = nll_loss(likelihood, target, weight, ignore_index=ignore_index, reduction=reduction)
    ignored = target == ignore_index
    uniform = (-_class_sum(likelihood, weight, class_dim)).masked_fill(ignored, 0.0)
    if reduction == "mean":
        used = target[~ignored]
        uniform = uniform.sum() / (used.numel() if weight is None else weight[used].sum())
    elif reduction == "sum":
        uniform = uniform.sum()
    return times(expected, 1 - label_smoothing) + times(uniform, _share(label_smoothing, input.shape[class_dim]))


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-(target·log(input) + (1 - target)·log(1 - input)) of probabilities, each logarithm cut at -100; then ``reduction``.

    ``target`` has ``input``'s shape (ValueError), ``weight`` broadcasts. RuntimeError for inputs outside [0, 1].
    """
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
                         "deprecated. Please ensure they have the same size.")
    if target.dtype != input.dtype:
        raise RuntimeError(f"Found dtype {scalar_name(target.dtype)} but expected {scalar_name(input.dtype)}")
    return _binary_cross_entropy(input, target, weight, reduction)


def _binary_cross_entropy(input, target, weight, reduction):
    if not input.is_floating_point():
        raise unsupported("binary_cross_entropy", input.dtype)
    for name, x in (("input", input.detach()), ("target", target.detach())):
        if not bool(((x >= 0) & (x <= 1)).all()):
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    if weight is not None:
        _reduction.refuse_gradient("binary_cross_entropy", weight=weight)
    return _ops["binary_cross_entropy"](input, target, weight, _reduction.number(reduction))


@typed
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean",
                                     pos_weight=None):
    """``binary_cross_entropy`` of ``sigmoid(input)``, computed without overflow; then ``reduction``.

    ``target`` has ``input``'s shape (ValueError); ``weight`` and ``pos_weight`` (for the positive class) broadcast.
    """
    reduction = _reduction.resolve(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if weight is not None or pos_weight is not None:
        _reduction.refuse_gradient("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    return _ops["binary_cross_entropy_with_logits"](input, target, weight, pos_weight, _reduction.number(reduction))


def refuse_integers(input, target):
    """kl_div takes floats."""
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError(f"kl_div: Integral inputs not supported. Got {input.dtype} and {target.dtype}")


@typed
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """target·(log(target) - input), with ``input`` log probabilities; 0 where ``target`` is 0; then ``reduction``.

    "batchmean" divides the sum by the size of the first dimension, which is the Kullback-Leibler divergence of a batch;
    "mean" divides by the number of elements, with a UserWarning. ``log_target``: the target is given as its logarithm.
    """
    batch = reduction == "batchmean" and size_average is None and reduce is None
    reduced = "sum" if batch else _reduction.resolve(reduction, size_average, reduce)
    refuse_integers(input, target)
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the support size."
                      "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
                      "'mean' will be changed to behave the same as 'batchmean' in the next major release.", stacklevel=beyond(2))
    losses = _kl_div(input, target, reduced, log_target)
    return losses / input.shape[0] if batch and input.dim() else losses


def _kl_div(input, target, reduction, log_target):
    if log_target:
        return _reduction.apply(target.exp() * (target - input), reduction)
    return _reduction.apply(ctgrad.xlogy(target, target) - target * input, reduction)


def _matched(input, target):
    """Both at their common shape; a difference is more often a mistake than meant, so it warns."""
    if target.size() == input.size():
        return input, target
    warnings.warn(f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This "
                  "will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
                  stacklevel=3)
    return ctgrad.broadcast_tensors(input, target)


def _weighted(losses, weight, input, reduction):
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else _reduction.apply(losses, reduction)


def _need_floating(input, target, kernel):
    """NotImplementedError where neither operand is floating point."""
    if not (input.is_floating_point() or target.is_floating_point()):
        common = (input * target).dtype
        raise unsupported(kernel, common)
