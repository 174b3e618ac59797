"""Activations that bend at bounds, that take slopes of their own, or that gate."""

import ctgrad
from ctgrad.nn import functional as F
from ctgrad.nn import init
from ctgrad.nn.parameter import Parameter

from .activation import _Inplace
from .module import Module

__all__ = ["CELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Mish", "PReLU", "RReLU", "ReLU6", "SELU", "Softshrink", "Threshold"]


def _shown(text, inplace):
    return text + (", inplace=True" if inplace else "")


class Hardtanh(_Inplace):
    """Each element cut to ``min_val`` and ``max_val``. ValueError unless the first is less."""

    __constants__ = ["min_val", "max_val", "inplace"]

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False):
        super().__init__(inplace)
        self.min_val = min_val
        self.max_val = max_val
        if not max_val > min_val:
            raise AssertionError("max_val must be larger than min_val")

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        return _shown(f"min_val={self.min_val}, max_val={self.max_val}", self.inplace)


class ReLU6(Hardtanh):
    """Each element cut to 0 and 6."""

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(_Inplace):
    """``functional.hardsigmoid``."""

    def forward(self, input):
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self):
        return ""


class Hardswish(_Inplace):
    """``functional.hardswish``."""

    def forward(self, input):
        return F.hardswish(input, self.inplace)

    def extra_repr(self):
        return ""


class Mish(_Inplace):
    """``functional.mish``."""

    def forward(self, input):
        return F.mish(input, self.inplace)


class SELU(_Inplace):
    """``functional.selu``."""

    def forward(self, input):
        return F.selu(input, self.inplace)


class CELU(_Inplace):
    """``functional.celu``."""

    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input):
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return _shown(f"alpha={self.alpha}", self.inplace)


class GLU(Module):
    """The first half along ``dim`` times sigmoid of the second."""

    __constants__ = ["dim"]

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.glu(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class _Shrink(Module):
    __constants__ = ["lambd"]

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def extra_repr(self):
        return str(self.lambd)


class Hardshrink(_Shrink):
    """``functional.hardshrink``."""

    def forward(self, input):
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """``functional.softshrink``."""

    def forward(self, input):
        return F.softshrink(input, self.lambd)


class Threshold(_Inplace):
    """Each element where it exceeds ``threshold``, otherwise ``value``."""

    __constants__ = ["threshold", "value", "inplace"]

    def __init__(self, threshold, value, inplace=False):
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input):
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self):
        return _shown(f"threshold={self.threshold}, value={self.value}", self.inplace)


class PReLU(Module):
    """x, times ``weight`` where it is negative: ``num_parameters`` numbers, learnt, 1 or one for each channel; they begin at ``init``."""

    __constants__ = ["num_parameters"]

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(ctgrad.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        """Set the weight to where it begins."""
        init.constant_(self.weight, self.init)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class RReLU(_Inplace):
    """In training, x times a draw between ``lower`` and ``upper`` where it is negative; otherwise times their mean."""

    __constants__ = ["lower", "upper", "inplace"]

    def __init__(self, lower=1.0 / 8, upper=1.0 / 3, inplace=False):
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self):
        return _shown(f"lower={self.lower}, upper={self.upper}", self.inplace)
