"""Layers that read their number of inputs off the first input they see, and become the ordinary layer of that size."""

import itertools

import ctgrad
from ctgrad.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear

__all__ = [f"Lazy{name}" for name in (
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "Linear")]


class LazyModuleMixin:
    """The part of a Module whose parameters get their shape before its first forward.

    The class defines ``initialize_parameters(*args)``, called with the arguments of that forward; its instances become ones of
    ``cls_to_become`` then. Optimisers and initialisers come after. A state that is loaded before gives the shapes too.
    """

    cls_to_become: type | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def _lazy_load_hook(self, state_dict, prefix, *rest):
        for name, tensor in itertools.chain(self._parameters.items(), self._buffers.items()):
            loaded = state_dict.get(prefix + name)
            if is_lazy(tensor) and loaded is not None and not is_lazy(loaded):
                with ctgrad.no_grad():
                    tensor.materialize(loaded.shape)

    def initialize_parameters(self, *args, **kwargs):
        """Give the parameters their shapes, by the arguments of a forward, and their first values."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self):
        """Whether the shape of a parameter or buffer is not known yet."""
        return any(map(is_lazy, itertools.chain(self._parameters.values(), self._buffers.values())))

    def _infer_parameters(self, module, args, kwargs=None):
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
        for name in ("_initialize_hook", "_load_hook"):
            getattr(module, name).remove()
            delattr(module, name)
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def reset_parameters(self):
        """Draw the parameters anew, once they are there."""
        if not self.has_uninitialized_params() and getattr(self, self._counted) != 0:
            super().reset_parameters()


def _input_channels(module, input):
    """The channels of an input, batched or not. RuntimeError for another number of dimensions."""
    dims = module._dims
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {type(module).__name__}, but got input of size: "
                           f"{tuple(input.shape)}")
    return input.shape[-dims - 1]


class LazyLinear(LazyModuleMixin, Linear):
    """A ``Linear`` whose ``in_features`` is the last size of its first input."""

    cls_to_become = Linear
    _counted = "in_features"

    def __init__(self, out_features, bias=True, device=None, dtype=None):
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input):
        """Shapes by the last size of ``input``."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:  # a state was loaded
            self.in_features = input.shape[-1]


class _LazyConv(LazyModuleMixin):
    """A ``{}`` whose ``in_channels`` is that of its first input."""

    _counted = "in_channels"

    def _prepare(self, out_channels, bias, device, dtype):
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input, *rest, **named):
        """Shapes by the channels of ``input``. ValueError where the groups do not divide them."""
        if self.has_uninitialized_params():
            self.in_channels = _input_channels(self, input)
            if self.in_channels % self.groups != 0:
                raise ValueError("in_channels must be divisible by groups")
            first, second = (self.in_channels, self.out_channels) if self.transposed else (self.out_channels, self.in_channels)
            self.weight.materialize((first, second // self.groups, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()
        if self.in_channels == 0:
            self.in_channels = _input_channels(self, input)


class _LazyForward(_LazyConv):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros", device=None, dtype=None):
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._prepare(out_channels, bias, device, dtype)


class _LazyTransposed(_LazyConv):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode)
        self._prepare(out_channels, bias, device, dtype)


class _LazyNorm(LazyModuleMixin):
    """A ``{}`` whose ``num_features`` is the number of channels of its first input."""

    _counted = "num_features"

    def __init__(self, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True):
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = ctgrad.tensor(0, dtype=ctgrad.int64, device=device)

    def initialize_parameters(self, input):
        """Shapes by the channels of ``input``."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            return
        self.num_features = input.shape[1]
        lazy = [t for t in itertools.chain(self._parameters.values(), self._buffers.values()) if is_lazy(t)]
        for tensor in lazy:
            tensor.materialize((self.num_features,))
        if lazy:
            self.reset_parameters()


def _lazy(kind, cls):
    doc = next(base.__doc__ for base in kind.__mro__ if base.__doc__).format(cls.__name__)
    return type(f"Lazy{cls.__name__}", (kind, cls), {"cls_to_become": cls, "__doc__": doc, "__module__": __name__})


LazyConv1d, LazyConv2d, LazyConv3d = (_lazy(_LazyForward, cls) for cls in (Conv1d, Conv2d, Conv3d))
LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d = (
    _lazy(_LazyTransposed, cls) for cls in (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d))
LazyBatchNorm1d, LazyBatchNorm2d, LazyBatchNorm3d = (_lazy(_LazyNorm, cls) for cls in (BatchNorm1d, BatchNorm2d, BatchNorm3d))
LazyInstanceNorm1d, LazyInstanceNorm2d, LazyInstanceNorm3d = (
    _lazy(_LazyNorm, cls) for cls in (InstanceNorm1d, InstanceNorm2d, InstanceNorm3d))
