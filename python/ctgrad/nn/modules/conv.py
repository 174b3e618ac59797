"""Convolutions of one to three dimensions, and their adjoints, the transposed convolutions."""

import ctgrad
from ctgrad.nn import functional as F
from ctgrad.nn.parameter import Parameter

from .linear import draw_weight_and_bias
from .module import Module, weight_and_bias
from .utils import _ntuple, _reverse_repeat_tuple

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_PADDING_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """What all have: parameters, checks and the text shown.

    ``weight`` is (out_channels, in_channels / groups, *kernel_size), transposed (in_channels, out_channels / groups,
    *kernel_size); ``bias`` (out_channels,) or None. Both start uniform in ±1/sqrt(fan in). ValueError for groups that do not
    divide the channels, and for paddings that are none.
    """

    __constants__ = ["stride", "padding", "dilation", "groups", "padding_mode", "output_padding", "in_channels", "out_channels",
                     "kernel_size"]

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding, groups, bias,
                 padding_mode, device=None, dtype=None):
        super().__init__()
        _check(in_channels, out_channels, stride, padding, groups, padding_mode)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = _frame(padding, kernel_size, dilation)
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(ctgrad.empty((first, second // groups, *kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(ctgrad.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw weight and bias anew."""
        draw_weight_and_bias(self)

    def extra_repr(self):
        shown = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * len(value):
                shown += f", {name}={value}"
        if self.groups != 1:
            shown += f", groups={self.groups}"
        if self.bias is None:
            shown += ", bias=False"
        return shown if self.padding_mode == "zeros" else f"{shown}, padding_mode={self.padding_mode}"

    def __setstate__(self, state):
        super().__setstate__(state)
        self.__dict__.setdefault("padding_mode", "zeros")


def _check(in_channels, out_channels, stride, padding, groups, padding_mode):
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups != 0:
            raise ValueError(f"{name} must be divisible by groups")
    if isinstance(padding, str):
        known = {"same", "valid"}
        if padding not in known:
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {known}")
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if padding_mode not in _PADDING_MODES:
        raise ValueError(f"padding_mode must be one of {_PADDING_MODES}, but got padding_mode='{padding_mode}'")


def _frame(padding, kernel_size, dilation):
    """The padding as ``functional.pad`` takes it: pairs, the last dimension first."""
    if not isinstance(padding, str):
        return _reverse_repeat_tuple(padding, 2)
    frame = []
    for size, step in zip(reversed(kernel_size), reversed(dilation), strict=True):
        total = step * (size - 1) if padding == "same" else 0
        frame += [total // 2, total - total // 2]
    return frame


class _Conv(_ConvNd):
    """Cross-correlation over ``_dims`` dimensions: (N, in_channels, ...) or (in_channels, ...) to (N, out_channels, ...).

    ``padding`` is a number or one a dimension, "valid" or "same"; ``padding_mode`` what stands there. See
    ``functional.conv2d`` for shapes and errors.
    """

    _dims = 0

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
                 padding_mode="zeros", device=None, dtype=None):
        tuple_of = _ntuple(self._dims)
        super().__init__(in_channels, out_channels, tuple_of(kernel_size), tuple_of(stride),
                         padding if isinstance(padding, str) else tuple_of(padding), tuple_of(dilation), False, tuple_of(0), groups,
                         bias, padding_mode, device=device, dtype=dtype)

    def _conv_forward(self, input, weight, bias):
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        return self._convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input):
        return self._conv_forward(input, *weight_and_bias(self))


class Conv1d(_Conv):
    __doc__ = _Conv.__doc__
    _dims = 1
    _convolve = staticmethod(F.conv1d)


class Conv2d(_Conv):
    __doc__ = _Conv.__doc__
    _dims = 2
    _convolve = staticmethod(F.conv2d)


class Conv3d(_Conv):
    __doc__ = _Conv.__doc__
    _dims = 3
    _convolve = staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    """The adjoint of a convolution over ``_dims`` dimensions, with weights of its own.

    Several input sizes of a strided convolution give one output size: ``output_padding``, or ``output_size`` in the call,
    chooses among them. ValueError where no input gives that size, and for a padding mode other than "zeros".
    """

    _dims = 0

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
                 dilation=1, padding_mode="zeros", device=None, dtype=None):
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {self.__class__.__name__}')
        tuple_of = _ntuple(self._dims)
        super().__init__(in_channels, out_channels, tuple_of(kernel_size), tuple_of(stride), tuple_of(padding), tuple_of(dilation),
                         True, tuple_of(output_padding), groups, bias, padding_mode, device=device, dtype=dtype)

    def _output_padding(self, input, output_size):
        if output_size is None:
            return self.output_padding
        dims = self._dims
        lead = 2 if input.dim() == dims + 2 else 1
        wanted = list(output_size)[lead:] if len(output_size) == lead + dims else list(output_size)
        if len(wanted) != dims:
            raise ValueError(f"ConvTranspose{dims}D: for {input.dim()}D input, output_size must have {dims} or {lead + dims} elements "
                             f"(got {len(wanted)})")
        least = [(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 for size, stride, padding, dilation, kernel
                 in zip(input.shape[lead:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)]
        most = [size + stride - 1 for size, stride in zip(least, self.stride, strict=True)]
        if any(size < low or size > high for size, low, high in zip(wanted, least, most, strict=True)):
            raise ValueError(f"requested an output size of {wanted}, but valid sizes range from {least} to {most} "
                             f"(for an input of {input.size()[2:]})")
        return [size - low for size, low in zip(wanted, least, strict=True)]

    def forward(self, input, output_size=None):
        return self._convolve(input, *weight_and_bias(self), self.stride, self.padding, self._output_padding(input, output_size),
                              self.groups, self.dilation)


class ConvTranspose1d(_ConvTransposeNd):
    __doc__ = _ConvTransposeNd.__doc__
    _dims = 1
    _convolve = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    __doc__ = _ConvTransposeNd.__doc__
    _dims = 2
    _convolve = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    __doc__ = _ConvTransposeNd.__doc__
    _dims = 3
    _convolve = staticmethod(F.conv_transpose3d)
