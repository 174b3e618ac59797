"""What PyTorch keeps in `torch._C._functions`: the class of accumulators and two small Functions."""

from ctgrad._C import Function, _AccumulateGrad as AccumulateGrad
from ctgrad.autograd.function import DelayedError

__all__ = ["AccumulateGrad", "DelayedError", "UndefinedGrad"]


class _Undefined(Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, grad):
        return None


class UndefinedGrad:
    """`UndefinedGrad()(x)`: x, to which no gradient comes back."""

    def __call__(self, x):
        return _Undefined.apply(x)
