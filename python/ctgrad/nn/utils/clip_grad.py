"""Limits on gradients (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks")."""

import types
import warnings

import ctgrad
from ctgrad import Tensor
from ctgrad.nn._shared import shared

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _as_list(tensors):
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _shared(parameters):
    """``nn._shared.shared`` of parameters that have a gradient."""
    return shared(parameters, lambda place: f"parameter {place}") if Tensor._may_tie(parameters) else {}


def _gradients(parameters):
    """The gradients by the distinct numbers: those of parameters that share elements summed into one."""
    given = [parameter for parameter in parameters if parameter.grad is not None]
    found = _shared(given)
    if not found:
        return [parameter.grad for parameter in given]
    with ctgrad.no_grad():
        kept = [(parameter, found.get(id(parameter))) for parameter in given]
        return [parameter.grad if one is None else one.gradient() for parameter, one in kept if one is None or one.key is parameter]


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The ``norm_type``-norm of all elements of a tensor or of an iterable of tensors, a 0-d tensor (0.0 without tensors).

    RuntimeError if it is not finite and ``error_if_nonfinite``. ``foreach`` changes nothing here.
    """
    tensors = _as_list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return ctgrad.tensor(0.0)
    with ctgrad.no_grad():
        total = ctgrad.stack([tensor.norm(norm_type) for tensor in tensors]).norm(norm_type)
        if error_if_nonfinite and not bool(total.isfinite()):
            raise RuntimeError(f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
                               "cannot be clipped. To disable this error and scale the gradients by the non-finite norm "
                               "anyway, set `error_if_nonfinite=False`")
    return total


def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Multiply the gradients of ``parameters`` in place by max_norm / (total_norm + 1e-6), or by 1 if that is larger."""
    grads, max_norm = [parameter.grad for parameter in _as_list(parameters) if parameter.grad is not None], float(max_norm)
    if not grads:
        return
    with ctgrad.no_grad():
        factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        for grad in grads:
            grad.mul_(factor)


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale the gradients of ``parameters`` in place so that their common norm is at most ``max_norm``.

    Returns the norm before. Parameters that share elements count as the one set of numbers they are, with the sum of their
    gradients; ValueError where they share a part only. Arguments and error as ``get_total_norm``; a UserWarning for an exhausted generator.
    """
    if isinstance(parameters, types.GeneratorType):
        parameters = list(parameters)
        if not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    parameters = _as_list(parameters)
    total_norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_norm(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The former name of ``clip_grad_norm_``."""
    warnings.warn("`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
                  FutureWarning, stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters, clip_value, foreach=None):
    """Clamp every element of the gradients of ``parameters`` in place to ±``clip_value``.

    Where parameters share elements and the sum of their gradients is too large, the clamped sum becomes the gradient of the
    one that holds all elements, and zero that of the others.
    """
    clip_value = float(clip_value)
    given = [parameter for parameter in _as_list(parameters) if parameter.grad is not None]
    if not given:
        raise RuntimeError("clip_grad_value_(): none of the parameters has a gradient: call backward() first")
    found = _shared(given)
    with ctgrad.no_grad():
        for parameter in given:
            one = found.get(id(parameter))
            if one is None:
                parameter.grad.clamp_(min=-clip_value, max=clip_value)
            elif one.key is parameter:
                _clip_shared(one, clip_value)


def _clip_shared(one, clip_value):
    total = one.gradient()
    clamped = total.clamp(min=-clip_value, max=clip_value)
    if bool(((clamped == total) | total.isnan()).all()):
        return
    for member in one.members:
        if member is one.key:
            member.grad.copy_(one.spread(clamped))
        else:
            member.grad.zero_()
