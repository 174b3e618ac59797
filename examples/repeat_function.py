"""`repeat` written by hand: what the tape needs to know about an operation is how its gradient returns."""

import ctgrad as torch
from ctgrad.autograd import Function, gradcheck, gradgradcheck


class Repeat(Function):
    """Make n rows of a vector. Each number is used n times, so its gradient is the sum of n gradients."""

    @staticmethod
    def forward(ctx, w, n):
        ctx.n = n
        return w.unsqueeze(0).expand(n, w.size(0)).clone()

    @staticmethod
    def backward(ctx, grad_output):
        print("  backward receives", tuple(grad_output.shape), "for", ctx.n, "rows")
        return grad_output.sum(0), None


w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
W = Repeat.apply(w, 4)
print(W)
(W * torch.arange(12.0).view(4, 3)).sum().backward()
print("grad", w.grad)

again = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
(again.repeat(4, 1) * torch.arange(12.0).view(4, 3)).sum().backward()
print("the same as repeat's own:", torch.equal(w.grad, again.grad))


class QuietRepeat(Repeat):
    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.sum(0), None


x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
print("gradcheck    ", gradcheck(lambda x: QuietRepeat.apply(x, 4) ** 3, (x,)))
print("gradgradcheck", gradgradcheck(lambda x: QuietRepeat.apply(x, 4) ** 3, (x,)))


class WrongRepeat(Repeat):
    @staticmethod
    def backward(ctx, grad_output):
        return grad_output[0], None


try:
    gradcheck(lambda x: WrongRepeat.apply(x, 4), (x,))
except RuntimeError as error:
    print("a wrong backward:", str(error).split(",")[0])
