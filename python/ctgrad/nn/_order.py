"""Compositions of ops where PyTorch has a kernel that keeps the memory order of its input."""

import ctgrad


def in_order_of(input, result):
    """``result``, channels_last where ``input`` is."""
    order = {4: ctgrad.channels_last, 5: ctgrad.channels_last_3d}.get(input.dim())
    if order is None or input.is_contiguous() or not _like_channels_last(input.shape, input.stride()):
        return result
    return result.contiguous(memory_format=order)


def _like_channels_last(size, stride):
    """Are the strides ordered so, gaps allowed? Where sizes of 1 leave it open, no."""
    least = 0
    for d in (1, *range(len(size) - 1, 1, -1), 0):
        if size[d] == 0 or stride[d] < least or (d == 0 and least == stride[1]):
            return False
        least = stride[d] * max(size[d], 1)
    return stride[1] != 0
