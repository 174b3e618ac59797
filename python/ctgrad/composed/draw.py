"""Draws in terms of other draws."""

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed
from ctgrad.composed.shape import broadcast_shapes


def _refuse_spread(std):
    if isinstance(std, Tensor):
        if std.numel() and std.min().item() < 0:
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


@composed(method=False)
def normal(mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False):
    """Normal draws of the given means and spreads: tensors (which broadcast, and tell the shape) or numbers; of two numbers `size` is the shape.

    RuntimeError for a negative spread, TypeError for other arguments.
    """
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    numbers = [x for x in (mean, std) if isinstance(x, (int, float))]
    if len(tensors) + len(numbers) < 2 or (size is None) != bool(tensors):
        raise TypeError("normal() received an invalid combination of arguments: expected (Tensor mean, Tensor std), (Tensor mean, float std), "
                        "(float mean, Tensor std) or (float mean, float std, tuple of ints size)")
    _refuse_spread(std)
    if not tensors:
        drawn = _C.empty(size, dtype=dtype, device=device) if out is None else out.resize_(size)
        drawn = drawn.normal_(mean, std, generator=generator)
        return drawn.requires_grad_() if requires_grad else drawn
    shape = broadcast_shapes(*(t.shape for t in tensors))
    drawn = _C.empty(shape, dtype=tensors[0].dtype) if out is None else out.resize_(shape)
    return drawn.normal_(0, 1, generator=generator).mul_(std).add_(mean)
