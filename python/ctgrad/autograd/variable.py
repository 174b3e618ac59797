"""`Variable`, from the time when a tensor had to be wrapped to be differentiated."""

import warnings

from ctgrad._C import Tensor, _queue_callback

__all__ = ["Variable"]


class _Engine:
    """What of PyTorch's engine object user code calls."""

    @staticmethod
    def queue_callback(callback):
        """Called without arguments once the backward run that is at work has ended. RuntimeError outside of one."""
        _queue_callback(callback)


class _VariableMeta(type):
    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)


class Variable(metaclass=_VariableMeta):
    """`Variable(data, requires_grad=False)`: a tensor over the same memory as `data`, detached from its history.

    Every tensor is an instance. Raises TypeError where `data` is not a tensor.
    """

    _execution_engine = _Engine()

    def __new__(cls, data=None, requires_grad=False, volatile=None, _grad_fn=None):
        if _grad_fn is not None:
            raise RuntimeError("_grad_fn is no longer taken: call the Function's apply() to get a tensor with that history")
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
