"""Layers whose derivative is their own."""

import ctgrad
from ctgrad.autograd import Function

__all__ = ["CrossMapLRN2d"]


class CrossMapLRN2d(Function):
    """x (k + alpha / size sum of squares)^-beta, the sum over a window that slides along the channels.

    The window is PyTorch's: from where it first moves on it still holds the channel that it left there, and the derivative takes
    windows one channel further down.
    """

    @staticmethod
    def forward(ctx, input, size, alpha=1e-4, beta=0.75, k=1):
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        channels, reach = input.size(1), int((size - 1) / 2 + 1)
        squares, scale = input.pow(2), ctgrad.empty_like(input)
        scale.select(1, 0).zero_()
        for c in range(min(reach, channels)):
            scale.select(1, 0).add_(squares.select(1, c))
        for c in range(1, channels):
            here = scale.select(1, c).copy_(scale.select(1, c - 1))
            if c + reach - 1 < channels:
                here.add_(squares.select(1, c + reach - 1))
            if c > reach:
                here.sub_(squares.select(1, c - reach))
        scale.mul_(alpha / size).add_(k)
        output = scale.pow(-beta).mul_(input)
        ctx.size, ctx.factor, ctx.beta, ctx.scale = size, 2 * alpha * beta / size, beta, scale
        ctx.save_for_backward(input, output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, output = ctx.saved_tensors
        (batch, channels, *plane), size = input.shape, ctx.size
        ratios = input.new_zeros(batch, channels + size - 1, *plane)
        center = ratios.narrow(1, int(size - (size - 1) / 2), channels)
        ctgrad.mul(grad_output, output, out=center)
        center.div_(ctx.scale)
        grad = ctx.scale.pow(-ctx.beta).mul_(grad_output)
        window = ratios.narrow(1, 0, size - 1).sum(1)
        for c in range(channels):
            window.add_(ratios.select(1, c + size - 1))
            grad.select(1, c).addcmul_(input.select(1, c), window, value=-ctx.factor)
            window.sub_(ratios.select(1, c))
        return grad, None, None, None, None
