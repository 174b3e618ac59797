"""Distances and the losses of ``functional`` that are made of margins, distances or given distributions."""

import math
from typing import Any

import ctgrad
from ctgrad._C import _ops
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.integrals import less, number_less, plus
from ctgrad.composed.misfit import typed
from ctgrad.composed.order import is_held_once

from . import _reduction
from ._reduction import apply, check, resolve

__all__ = ["cosine_embedding_loss", "cosine_similarity", "gaussian_nll_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
           "multilabel_margin_loss", "multilabel_soft_margin_loss", "pairwise_distance", "poisson_nll_loss", "soft_margin_loss",
           "triplet_margin_loss", "triplet_margin_with_distance_loss"]


@typed
def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The sum along ``dim`` of x1·x2 over both 2-norms, each at least ``eps``; shapes broadcast."""
    dtype = ctgrad.promote_types(x1.dtype, x2.dtype)
    if not dtype.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {dtype}")
    x1, x2 = x1.to(dtype), x2.to(dtype)
    if x1.shape != x2.shape:
        x1, x2 = ctgrad.broadcast_tensors(x1, x2)
    first, second = (x.norm(2, dim, keepdim=True).clone() for x in (x1, x2))
    for norm in (first, second):  # gradients are those of the norms, also where eps stands in their place
        norm.detach().clamp_min_(eps)
    return ((x1 / first) * (x2 / second)).sum(dim)


@typed
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The ``p``-norm along the last dimension of x1 - x2 + ``eps``; shapes broadcast."""
    need_tensor("pairwise_distance", x1, "x1")
    need_tensor("pairwise_distance", x2, "x2", 2)
    return _norm_of_rows(plus(x1 - x2, eps), p, keepdim)


@node("NormBackward1")
def _norm_of_rows(x, p, keepdim):
    return x.norm(p, -1, keepdim=keepdim)


@typed
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1; (N, D) twice and (N,), or (D,) twice and ()."""
    reduction = resolve(reduction, size_average, reduce)
    if target.dim() > 1:
        raise RuntimeError(f"0D or 1D target tensor expected, multi-target not supported, got {target.dim()}D")
    if input1.dim() != target.dim() + 1 or input2.dim() != target.dim() + 1:
        raise RuntimeError(f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found inputs with sizes {list(input1.shape)} "
                           f"and {list(input2.shape)}.")
    dim = target.dim()
    squares = [plus((x * x).sum(dim), 1e-12) for x in (input1, input2)]
    cosine = (input1 * input2).sum(dim) / (squares[0] * squares[1]).sqrt()
    return apply(ctgrad.where(target == 1, number_less(1, cosine), 0) + ctgrad.where(target == -1, less(cosine, margin).clamp_min(0), 0), reduction)


@typed
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """x where the target is 1, max(0, margin - x) where it is -1."""
    reduction = resolve(reduction, size_average, reduce)
    if reduction == "mean" and not input.is_floating_point():
        raise RuntimeError(f"hinge_embedding_loss(): the mean of {input.dtype} has no dtype; convert input to a floating point dtype")
    return apply(ctgrad.where(target != 1, number_less(margin, input).clamp_min(0), 0) + ctgrad.where(target != -1, input, 0), reduction)


@typed
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """max(0, -target·(x1 - x2) + margin). RuntimeError for different numbers of dimensions."""
    reduction = resolve(reduction, size_average, reduce)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {input1.size()}, "
                           f"input2: {input2.size()}, target: {target.size()} ")
    return apply(plus(-target * (input1 - input2), margin).clamp_min(0), reduction)


@typed
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target·x))."""
    reduction = resolve(reduction, size_average, reduce)
    if not input.is_floating_point():
        raise RuntimeError(f"soft_margin_loss(): result type Float can't be cast to the desired output type {scalar_name(input.dtype)}")
    _reduction.refuse_gradient("soft_margin_loss", target=target)
    if (shape := ctgrad.broadcast_shapes(input.shape, target.shape)) != input.shape:
        raise RuntimeError(f"soft_margin_loss(): output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}: expand input to it")
    return _ops["soft_margin_loss"](input, target, _reduction.number(reduction))


@typed
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """The cross entropy of each class by itself, from logits, averaged over the classes (the last dimension)."""
    reduction = resolve(reduction, size_average, reduce)
    sigmoids = ctgrad.nn.functional.logsigmoid
    losses = -(target * sigmoids(input) + (1 - target) * sigmoids(-input))
    losses = losses if weight is None else losses * weight
    return apply(losses.sum(input.dim() - 1) / input.size(-1), reduction)


def _of_others(short, rows, own):
    """The sum of each row but for one class; where classes repeat, of all of them less the one."""
    if is_held_once(rows[:1]):
        return short.sum(1) - short.gather(1, own).squeeze(1)
    return (short * ctgrad.ones_like(rows, requires_grad=False).scatter(1, own, 0.0)).sum(1)


def _refuse_empty(input):
    if input.dim() > 2 or (input.dim() and input.size(-1) == 0):
        raise RuntimeError(f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}")


@typed
@node("MultiMarginLossBackward0")
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """The sum over other classes of max(0, margin - x[y] + x[i])^p, times weight[y], over the number of classes; (N, C) and (N,), or (C,) and ()."""
    reduction = resolve(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    _refuse_empty(input)
    single = input.dim() < 2
    rows, classes = (input.reshape(1, -1), target.reshape(-1)) if single else (input, target)
    if rows.dim() != 2 or classes.dim() != 1 or rows.size(0) != classes.size(0):
        raise RuntimeError(f"inconsistent target size, expected {list(rows.shape[:1])} but got {list(target.shape)}")
    if not input.is_floating_point():
        raise unsupported("multi_margin_loss_cpu_kernel", input.dtype)
    _reduction.refuse_gradient("multi_margin_loss", weight=weight)
    short = (margin - rows.gather(1, classes.unsqueeze(1)) + rows).clamp_min(0)
    short = short if p == 1 else short * short
    short = short if weight is None else short * weight[classes].unsqueeze(1)
    losses = _of_others(short, rows, classes.unsqueeze(1)) / rows.size(1)
    return apply(losses.squeeze(0) if single and target.dim() == 0 else losses, reduction)


@typed
@node("MultilabelMarginLossBackward0")
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """The sum over classes y of the target (up to the first -1) and classes i outside it of max(0, 1 - x[y] + x[i]), over the number of classes."""
    reduction = resolve(reduction, size_average, reduce)
    _refuse_empty(input)
    if target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    single = input.dim() < 2
    rows, wanted = (input.reshape(1, -1), target.reshape(1, -1)) if single else (input, target)
    given = (wanted < 0).long().cumsum(1) == 0
    places = wanted.clamp_min(0)
    member = ctgrad.zeros_like(rows, requires_grad=False).scatter_add(1, places, given.to(rows.dtype)) > 0
    most = int(given.any(0).sum())      # targets of any row: those that are given come first
    given, places = given[:, :most], places[:, :most]
    short = (1 - rows.gather(1, places).unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0)
    if is_held_once(short[:1]):
        losses = ctgrad.einsum("nyi,ny,ni->n", short, given.to(rows.dtype), (~member).to(rows.dtype)) / rows.size(1)
    else:
        losses = (short * (given.unsqueeze(2) & ~member.unsqueeze(1)).to(rows.dtype)).sum((1, 2)) / rows.size(1)
    return apply(losses.squeeze(0) if single else losses, reduction)


@typed
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    """exp(x) - target·x, or x - target·log(x + eps) if x is no logarithm; ``full`` adds Stirling's formula for targets above 1."""
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    need_tensor("poisson_nll_loss", target, "target", 2)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        rest = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + rest.masked_fill(target <= 1, 0)
    return apply(losses, reduction)


@typed
def gaussian_nll_loss(input, target, var, full: Any = False, eps=1e-6, reduction="mean"):
    """(log(var) + (input - target)² / var) / 2, var at least ``eps``; ``full`` adds log(2 pi) / 2. ValueError: sizes, or a negative var."""
    if isinstance(var, (int, float)):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * ctgrad.ones_like(input, requires_grad=False)
    elif bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif input.dim() != var.dim() or sum(m for n, m in zip(input.shape, var.shape, strict=True) if n != m) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var.clone()
    with ctgrad.no_grad():
        var.clamp_(min=eps)
    losses = 0.5 * (var.log() + (input - target) ** 2 / var)
    return apply(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


@typed
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
    """max(0, margin + distance to the positive - distance to the negative); ``swap``: the negative's smaller distance to either."""
    reduction = resolve(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
                           f"{anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs")
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    far = ctgrad.minimum(far, pairwise_distance(positive, negative, p, eps)) if swap else far
    return apply((plus(near, margin) - far).clamp_min(0), reduction)


@typed
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap: Any = False, reduction="mean"):
    """``triplet_margin_loss`` by another distance."""
    distance, reduction = distance_function or pairwise_distance, check(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
                           f"{anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs")
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = ctgrad.minimum(far, distance(positive, negative)) if swap else far
    return apply((margin + near - far).clamp_min(0), reduction)
