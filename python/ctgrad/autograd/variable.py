"""`Variable`, from the time when a tensor had to be wrapped to be differentiated."""

import warnings

from ctgrad._C import Tensor

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)


class Variable(metaclass=_VariableMeta):
    """`Variable(data, requires_grad=False)`: a tensor over the same memory as `data`, detached from its history.

    Every tensor is an instance. Raises TypeError where `data` is not a tensor.
    """

    def __new__(cls, data=None, requires_grad=False, volatile=None):
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                stacklevel=2,
            )
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(bool(requires_grad))
