"""``functional.ctc_loss`` (Graves et al. 2006)."""

import operator

import ctgrad
from ctgrad import Tensor
from ctgrad._dtypes import unsupported
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import typed

from . import _reduction
from ._halves import widened

__all__ = ["ctc_loss"]

# In place of -inf, of which differences are nan: no path has as small a probability, and 1e30 + 1e3 is 1e30.
_NEVER = -1e30


@typed
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """-log of the probability that an alignment gives the target, over all alignments: (batch,), its mean or its sum.

    ``log_probs`` (T, batch, classes) or (T, classes), made by ``log_softmax``; ``targets`` (batch, longest), or all of them one after the other.
    "mean" divides by the target's length first. Infinite where the input is too short, zero with ``zero_infinity``. The gradient is the one of a
    ``log_softmax`` before it: PyTorch's. RuntimeError for sizes and lengths that do not fit.
    """
    reduction = _reduction.check(reduction)
    single = log_probs.dim() == 2
    if single:
        log_probs = log_probs.unsqueeze(1)
    _check(log_probs, blank)
    if not any(all(isinstance(x, kind) for x in (input_lengths, target_lengths)) for kind in (Tensor, (tuple, list))):
        raise TypeError("ctc_loss(): input_lengths and target_lengths must be two Tensors or two tuples of ints, got "
                        f"{type(input_lengths).__name__} and {type(target_lengths).__name__}")
    lengths, sizes = _as_list(input_lengths, "input_lengths"), _as_list(target_lengths, "target_lengths")
    labels = _labels(log_probs, targets, lengths, sizes, single)
    losses = _alignments(log_probs, labels, ctgrad.tensor(lengths), ctgrad.tensor(sizes), blank, zero_infinity)
    if zero_infinity:
        losses = ctgrad.where(losses == float("inf"), 0.0, losses)
    if reduction == "mean":
        return (losses / ctgrad.tensor(sizes, dtype=losses.dtype).clamp_min(1)).mean()
    return losses.sum() if reduction == "sum" else losses.squeeze(0) if single else losses


@node("CtcLossBackward0")
def _alignments(log_probs, labels, lengths, sizes, blank, zero_infinity):
    losses = _losses(widened(log_probs), labels, lengths, sizes, blank)
    infinite = losses >= -_NEVER / 2
    if zero_infinity:
        losses = ctgrad.where(infinite, 0.0, losses)
    elif infinite.any():
        losses = _infinite(log_probs, losses.masked_fill(infinite, float("inf")), infinite, lengths)
    return losses.to(log_probs.dtype)


def _infinite(log_probs, losses, infinite, lengths):
    """The same values; where they are infinite, the gradient of every step that counts is not a number."""
    running = (ctgrad.arange(log_probs.size(0)).unsqueeze(1) < lengths).unsqueeze(2)
    sums = ctgrad.where(running, log_probs, 0).sum((0, 2))
    return losses + ctgrad.where(infinite, sums - sums.detach(), 1).sqrt() * 0


def _check(log_probs, blank):
    if log_probs.dim() != 3 or log_probs.numel() == 0:
        raise RuntimeError(f"log_probs tensor must be (T, batch, classes) or (T, classes) and not be empty, but got {list(log_probs.shape)}")
    if not log_probs.is_floating_point():
        raise unsupported("ctc_loss_cpu", log_probs.dtype)
    if not 0 <= blank < log_probs.size(2):
        raise RuntimeError(f"blank must be in label range: {blank} is not one of {log_probs.size(2)} classes")


def _as_list(lengths, name):
    if isinstance(lengths, Tensor):
        if lengths.is_floating_point() or lengths.dtype == ctgrad.bool:
            raise RuntimeError(f"{name} must be integral")
        return lengths.reshape(-1).tolist()
    return [operator.index(n) for n in lengths]


def _labels(log_probs, targets, lengths, sizes, single):
    """(batch, longest): the targets, zeros behind each."""
    steps, batch = log_probs.shape[:2]
    for name, given in (("input_lengths", lengths), ("target_lengths", sizes)):
        if len(given) != batch:
            raise RuntimeError(f"{name} must be of size batch_size: expected {batch}, but got {len(given)}")
        if any(n < 0 for n in given):
            raise RuntimeError(f"Expected {name} to have non-negative values, but got {min(given)}")
    if max(lengths) > steps:
        raise RuntimeError(f"Expected input_lengths to have value at most {steps}, but got value {max(lengths)}")
    if targets.dtype not in (ctgrad.int64, ctgrad.int32):
        raise RuntimeError(f"targets must be int64 or int32, but got {targets.dtype}")
    longest = max(sizes)
    if targets.dim() == 1 and not (single and batch == 1 and targets.numel() != sum(sizes)):
        if targets.numel() != sum(sizes):
            raise RuntimeError(f"Expected targets to have {sum(sizes)} elements, the sum of target_lengths, but got {targets.numel()}")
        rows = ctgrad.zeros(batch, longest, dtype=ctgrad.int64)
        start = 0
        for row, n in enumerate(sizes):
            rows[row, :n] = targets[start:start + n]
            start += n
        return rows
    targets = targets.unsqueeze(0) if targets.dim() == 1 else targets
    if targets.dim() != 2 or targets.size(0) != batch or targets.size(1) < longest:
        raise RuntimeError(f"Expected tensor targets to have size ({batch}, at least {longest}), but got {list(targets.shape)}")
    inside = ctgrad.arange(longest) < ctgrad.tensor(sizes).unsqueeze(1)
    return ctgrad.where(inside, targets[:, :longest].long(), 0)


def _losses(log_probs, labels, lengths, sizes, blank):
    steps, batch, classes = log_probs.shape
    if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise RuntimeError(f"ctc_loss(): a target is not one of the {classes} classes")
    states = 2 * labels.size(1) + 1
    path = ctgrad.full((batch, states), blank)  # blank, label, blank, label, ..., blank
    path[:, 1::2] = labels
    may_skip = ctgrad.zeros(batch, states, dtype=ctgrad.bool)
    may_skip[:, 2:] = (path[:, 2:] != blank) & (path[:, 2:] != path[:, :-2])
    seen = log_probs.gather(2, path.expand(steps, batch, states)).clamp_min(_NEVER)
    never = ctgrad.full((batch, 2), _NEVER, dtype=log_probs.dtype)
    begins = (ctgrad.arange(states) == 0) | ((ctgrad.arange(states) == 1) & (sizes > 0).unsqueeze(1))
    alpha = ctgrad.where(begins, seen[0], _NEVER)
    running = (ctgrad.arange(steps).unsqueeze(1) < lengths).unsqueeze(2)
    for t in range(1, int(lengths.max())):
        one = ctgrad.cat([never[:, :1], alpha[:, :-1]], 1)
        two = ctgrad.where(may_skip, ctgrad.cat([never, alpha], 1)[:, :states], _NEVER)
        following = ctgrad.stack([alpha, one, two]).logsumexp(0) + seen[t]
        alpha = ctgrad.where(running[t], following.clamp_min(_NEVER), alpha)
    last = (2 * sizes).unsqueeze(1)
    before = ctgrad.where(last > 0, alpha.gather(1, (last - 1).clamp_min(0)), _NEVER)
    losses = -ctgrad.stack([alpha.gather(1, last), before]).logsumexp(0).squeeze(1)
    losses = ctgrad.where(lengths > 0, losses, ctgrad.where(sizes > 0, -_NEVER, 0.0))
    if not ctgrad.is_grad_enabled() or not log_probs.requires_grad:
        return losses
    # Value 0, gradient exp(log_probs): what log_softmax would take away again.
    likely = ctgrad.where(running, log_probs.exp(), 0).sum((0, 2))
    likely = ctgrad.where(losses >= -_NEVER / 2, 0, likely)
    return losses + (likely - likely.detach())
