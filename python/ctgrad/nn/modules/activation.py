"""Activations: layers without parameters that apply a function to each element, and the softmax family."""

import ctgrad
from ctgrad.nn import functional as F

from .module import Module

__all__ = ["ReLU", "Sigmoid", "Tanh", "SiLU", "ELU", "GELU", "LeakyReLU", "LogSigmoid", "Softplus", "Softsign", "Tanhshrink",
           "Softmin", "Softmax", "Softmax2d", "LogSoftmax"]


class _Inplace(Module):
    """An activation that may overwrite its input."""

    __constants__ = ["inplace"]

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class ReLU(_Inplace):
    """max(x, 0) of each element; ``inplace`` overwrites the input."""

    def forward(self, input):
        return F.relu(input, self.inplace)


class SiLU(_Inplace):
    """x·sigmoid(x) of each element; ``inplace`` overwrites the input."""

    def forward(self, input):
        return F.silu(input, self.inplace)


class Sigmoid(Module):
    """1 / (1 + exp(-x)) of each element."""

    def forward(self, input):
        return ctgrad.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent of each element."""

    def forward(self, input):
        return ctgrad.tanh(input)


class ELU(_Inplace):
    """x, or alpha·(exp(x) - 1) where it is negative; ``inplace`` overwrites the input."""

    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}{', inplace=True' if self.inplace else ''}"


class LeakyReLU(_Inplace):
    """x, or ``negative_slope``·x where it is negative; ``inplace`` overwrites the input."""

    __constants__ = ["inplace", "negative_slope"]

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}{', inplace=True' if self.inplace else ''}"


class GELU(Module):
    """x times the normal distribution function of x; ``approximate`` is "none" or "tanh"."""

    __constants__ = ["approximate"]

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class LogSigmoid(Module):
    """log(sigmoid(x)) of each element."""

    def forward(self, input):
        return F.logsigmoid(input)


class Softplus(Module):
    """log(1 + exp(beta·x)) / beta of each element; x itself where beta·x exceeds ``threshold``."""

    __constants__ = ["beta", "threshold"]

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """x / (1 + abs(x)) of each element."""

    def forward(self, input):
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x) of each element."""

    def forward(self, input):
        return F.tanhshrink(input)


class _AlongDim(Module):
    """A function of all elements along ``dim``; without one, the input's number of dimensions decides, with a warning."""

    __constants__ = ["dim"]

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def extra_repr(self):
        return f"dim={self.dim}"


class Softmin(_AlongDim):
    """``Softmax`` of -x."""

    def forward(self, input):
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax(_AlongDim):
    """exp(x) divided by its sum along ``dim``: values in [0, 1] that add up to 1."""

    def forward(self, input):
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """The logarithm of ``Softmax``, computed without overflow."""

    def forward(self, input):
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W). ValueError for another number of dimensions."""

    def forward(self, input):
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3)
