"""Fit a cubic of a user-written Function to a sine by gradient descent: the structure of a well-known tutorial."""

import math

import torch


class Chebyshev3(torch.autograd.Function):
    """T3(x) = 4x³ - 3x, with its derivative written by hand."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 4 * x**3 - 3 * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (12 * x**2 - 3)


dtype, device = torch.float, torch.device("cpu")
x = torch.linspace(-math.pi, math.pi, 1000, device=device, dtype=dtype)
y = torch.sin(x)
a = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
b = torch.full((), -0.5, device=device, dtype=dtype, requires_grad=True)
c = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
d = torch.full((), 0.2, device=device, dtype=dtype, requires_grad=True)
rate = 5e-6
for t in range(1000):
    loss = (a + b * Chebyshev3.apply(c + d * x) - y).pow(2).sum()
    if t % 100 == 99:
        print(t, f"{loss.item()}")
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= rate * p.grad
            p.grad = None
print(f"{a.item()} {b.item()} {c.item()} {d.item()}")
