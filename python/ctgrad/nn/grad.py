"""Gradients of convolutions as functions: in the input, and in the weight."""

import ctgrad
from ctgrad._C import conv1d, conv2d, conv3d

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(function, convolve, size, other, grad_output, of_input, options):
    for name, given in (("weight" if of_input else "input", other), ("grad_output", grad_output)):
        if not isinstance(given, ctgrad.Tensor):
            raise (AttributeError if name == "grad_output" else RuntimeError)(f"{function}: expected a Tensor for argument '{name}', but got {type(given).__name__}")
    wanted = ctgrad.zeros(size, dtype=other.dtype, requires_grad=True)
    with ctgrad.enable_grad():
        result = convolve(*((wanted, other) if of_input else (other, wanted)), None, *options)
    if result.shape != grad_output.shape:
        raise RuntimeError(f"{function}: grad_output has shape {list(grad_output.shape)}, but the convolution gives {list(result.shape)}")
    return ctgrad.autograd.grad(result, wanted, grad_output, create_graph=ctgrad.is_grad_enabled() and (other.requires_grad or grad_output.requires_grad))[0]


def _pair(n, convolve):
    def of_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(of_input.__name__, convolve, input_size, weight, grad_output, True, (stride, padding, dilation, groups))

    def of_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(of_weight.__name__, convolve, weight_size, input, grad_output, False, (stride, padding, dilation, groups))

    for made, kind in ((of_input, "input"), (of_weight, "weight")):
        made.__name__ = made.__qualname__ = f"conv{n}d_{kind}"
        made.__doc__ = f"The gradient of ``conv{n}d`` in its {kind}, of size ``{kind}_size``, where that of the result is ``grad_output``."
    return of_input, of_weight


conv1d_input, conv1d_weight = _pair(1, conv1d)
conv2d_input, conv2d_weight = _pair(2, conv2d)
conv3d_input, conv3d_weight = _pair(3, conv3d)
