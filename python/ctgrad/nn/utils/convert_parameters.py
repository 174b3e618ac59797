"""Parameters as one vector, and back."""

import ctgrad
from ctgrad import Tensor
from ctgrad.nn._names import typename

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters):
    """All elements of the contiguous ``parameters``, one after the other: a 1-D tensor that autograd follows."""
    return ctgrad.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Make each parameter's data a view of its part of the vector ``vec``. TypeError if that is no tensor."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        size = parameter.numel()
        parameter.data = vec[start:start + size].view_as(parameter).data
        start += size
