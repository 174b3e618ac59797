"""Compositions of ops where PyTorch has a kernel that keeps the memory order of its input."""

import ctgrad


def in_order_of(input, result):
    """``result``, channels_last where ``input`` is."""
    order = {4: ctgrad.channels_last, 5: ctgrad.channels_last_3d}.get(input.dim())
    if order is None or not _like_channels_last(input.shape, input.stride()):
        return result
    if 1 not in result.shape:
        return result.contiguous(memory_format=order)
    made = ctgrad.empty(result.shape, dtype=result.dtype, memory_format=order)
    return result if made.stride() == result.stride() else made.copy_(result)


def _like_channels_last(size, stride):
    """Are the strides ordered so, gaps allowed? Where sizes of 1 leave it open, no."""
    least = 0
    for d in (1, *range(len(size) - 1, 1, -1), 0):
        if size[d] == 0 or stride[d] < least or (d == 0 and least == stride[1]):
            return False
        least = stride[d] * max(size[d], 1)
    return stride[1] != 0
