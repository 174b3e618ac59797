"""The ``reduction`` argument of the losses, and the two flags it replaced."""

import warnings

from ctgrad import _C
from ctgrad.composed.misfit import beyond

_NUMBERS = {"none": 0, "mean": 1, "sum": 2}


def check(reduction):
    """One of "none", "mean", "sum". ValueError for anything else."""
    if reduction in _NUMBERS:
        return reduction
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=beyond(3))
        return "mean"
    raise ValueError(f"{reduction} is not a valid value for reduction")


def legacy_get_string(size_average, reduce, emit_warning=True):
    """The reduction that the former flags ``size_average`` and ``reduce`` mean; None counts as True."""
    size_average = size_average is None or size_average
    reduce = reduce is None or reduce
    reduction = "none" if not reduce else "mean" if size_average else "sum"
    if emit_warning:
        warnings.warn("size_average and reduce args will be deprecated, please use "
                      f"reduction='{reduction}' instead.", stacklevel=beyond(3))
    return reduction


def resolve(reduction, size_average, reduce):
    """The checked reduction of a loss that still takes the former flags."""
    if size_average is not None or reduce is not None:
        return legacy_get_string(size_average, reduce)
    return check(reduction)


def refuse_gradient(op, **arguments):
    """RuntimeError where a tensor that the loss has no gradient for wants one."""
    for name, x in arguments.items():
        if x is not None and x.requires_grad and _C.is_grad_enabled():
            raise RuntimeError(f"The function '{op}' is not differentiable with respect to argument '{name}'. This input cannot have requires_grad True.")


def number(reduction):
    """How the engine's losses are told a checked reduction."""
    return _NUMBERS[reduction]


def apply(losses, reduction):
    """The losses themselves, their mean or their sum."""
    if reduction == "mean":
        return losses.mean()
    return losses.sum() if reduction == "sum" else losses
