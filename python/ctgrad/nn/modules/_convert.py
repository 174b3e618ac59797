"""Conversion of a module's parameters and buffers to another dtype or device."""

import ctgrad
from ctgrad import Tensor

from ._ties import keep_ties


class Convertible:
    """The part of Module that changes dtype. All methods work in place and return ``self``."""

    def _apply(self, fn, recurse=True):
        """Replace each parameter's data, its gradient and each buffer by ``fn`` of it.

        A Parameter stays the same object, so optimizers and modules that share it see the change.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                _apply_to_parameter(parameter, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def _convert(self, fn):
        """``_apply`` of a cast; tensors that share numbers, views included, share the converted ones."""
        keep_ties(self, lambda: self._apply(fn))
        return self

    def compile(self, *args, **kwargs):
        """Nothing: there is no compiler here, see ``ctgrad.compile``."""

    def share_memory(self):
        """self, its parameters and buffers in memory that child processes share. RuntimeError while one has no shape yet."""
        return self._apply(lambda t: t.share_memory_())

    def to_empty(self, *, device, recurse=True):
        """Parameters and buffers (those of submodules too) with memory of their own, not filled."""
        return self._apply(ctgrad.empty_like, recurse=recurse)

    def to(self, *args, **kwargs):
        """``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(tensor)``: integer tensors keep their dtype.

        ``memory_format`` is given to tensors of 4 and 5 dimensions. TypeError for a dtype that is neither floating point nor complex.
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError("nn.Module.to only accepts floating point or complex dtypes, but got desired "
                            f"dtype={dtype}")

        def convert(tensor):
            real = tensor.dtype.is_floating_point or tensor.dtype.is_complex
            ordered = memory_format if tensor.dim() in (4, 5) else None
            return tensor.to(device=device, dtype=dtype if real else None, non_blocking=non_blocking, memory_format=ordered)

        return self._convert(convert)

    def type(self, dst_type):
        """Cast every parameter and buffer, integers too, to ``dst_type``."""
        return self._convert(lambda tensor: tensor.type(dst_type))

    def float(self):
        """Cast floating point parameters and buffers to float32."""
        return self._convert(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def double(self):
        """Cast floating point parameters and buffers to float64."""
        return self._convert(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def half(self):
        """Cast floating point parameters and buffers to float16."""
        return self._convert(lambda tensor: tensor.half() if tensor.is_floating_point() else tensor)

    def bfloat16(self):
        """Cast floating point parameters and buffers to bfloat16."""
        return self._convert(lambda tensor: tensor.bfloat16() if tensor.is_floating_point() else tensor)

    def cuda(self, device=None):
        """AssertionError: there is no CUDA here."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def cpu(self):
        """Move to the CPU, where everything is already."""
        return self._apply(lambda tensor: tensor.cpu())


def _apply_to_parameter(parameter, fn):
    with ctgrad.no_grad():
        applied = fn(parameter)
    grad = parameter.grad
    parameter.data = applied
    if grad is not None:
        with ctgrad.no_grad():
            grad_applied = fn(grad)
        parameter.grad.data = grad_applied


def _parse_to(*args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=None, tensor=None, other=None):
    """(device, dtype, non_blocking, memory_format) out of the forms ``Tensor.to`` takes."""
    if copy:
        raise RuntimeError(".to() does not accept copy argument")
    rest = list(args)
    like = tensor if tensor is not None else other
    if rest and isinstance(rest[0], Tensor):
        like = rest.pop(0)
    if like is not None:
        device, dtype = like.device, like.dtype
    elif rest and isinstance(rest[0], ctgrad.dtype):
        dtype = rest.pop(0)
    elif rest:
        device = _device(rest.pop(0))
        if rest:
            dtype = rest.pop(0)
    if rest:
        non_blocking = rest.pop(0)
    if dtype is not None and not isinstance(dtype, ctgrad.dtype):
        raise TypeError(f"to(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return _device(device), dtype, non_blocking, memory_format


def _device(device):
    return ctgrad.device(device) if isinstance(device, str) else device
