"""Weights of convolutions in another memory format, whatever the rest of the model has."""

from ctgrad.nn.modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def _converted(module, kinds, memory_format):
    for part in module.modules():
        if isinstance(part, kinds):
            part.weight.data = part.weight.detach().clone(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module, memory_format):
    """The module, after the weights of all its Conv2d and ConvTranspose2d were put in this format."""
    return _converted(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module, memory_format):
    """The module, after the weights of all its Conv3d and ConvTranspose3d were put in this format."""
    return _converted(module, (Conv3d, ConvTranspose3d), memory_format)
