"""The demo that `python -m ctgrad` shows: a layer that stores n weights and uses them as an n-by-n matrix."""

import math
import os
import sys

import ctgrad as torch
from ctgrad import debug, nn
from ctgrad.autograd import gradcheck, gradgradcheck
from ctgrad.nn import functional as F

N, MANY = 4, 1000


class TiedLinear(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n))
        nn.init.uniform_(self.weight, -1 / math.sqrt(n), 1 / math.sqrt(n))

    def forward(self, x):
        n = self.weight.size(0)
        return F.linear(x, self.weight.expand(n, n))


def _paint(code, text):
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return f"\033[{code}m{text}\033[0m" if coloured else text


def _title(text):
    print("\n" + _paint("1;36", text))


def _line(label, *values):
    print(f"  {label:<30}", *values)


def _numbers(t):
    return " ".join(f"{v:9.5f}" for v in t.tolist())


def _nodes(result):
    """The operations on the tape behind `result`, nearest first; the leaves' accumulators are not counted."""
    seen, names, todo = set(), [], [result.grad_fn]
    while todo:
        node = todo.pop(0)
        if node is None or node in seen or node.name().endswith("AccumulateGrad"):
            continue
        seen.add(node)
        names.append(node.name())
        todo.extend(parent for parent, _ in node.next_functions)
    return names


def _loop(w, n):
    return torch.cat([w[i].repeat(n, 1) for i in range(n)], 1)


def _matrix():
    w = TiedLinear(N).weight
    W = w.expand(N, N)
    _title(f"A layer that stores {N} weights and uses them as a {N}-by-{N} matrix:  W = w.expand({N}, {N})")
    _line("w", f"shape {tuple(w.shape)}", f"strides {w.stride()}")
    _line("W", f"shape {tuple(W.shape)}", f"strides {W.stride()}", " (0: every row is the same memory)")
    _line("bytes held", w.numel() * w.element_size(), "(W starts where w does:", f"{W.data_ptr() == w.data_ptr()})")
    _line("bytes seen", W.numel() * W.element_size())
    print("\n".join("    " + row for row in str(W.detach()).splitlines()))


def _training():
    goal = torch.tensor([1.0, -2.0, 3.0, 0.5])
    layer, x = TiedLinear(N), torch.randn(32, N)
    target = F.linear(x, goal.expand(N, N))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.05)
    _title("Training it with optim.SGD")
    for step in range(81):
        optimizer.zero_grad()
        loss = F.mse_loss(layer(x), target)
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            _line(f"step {step:2d}", f"loss {loss.item():10.6f}   w {_numbers(layer.weight)}")
    _line("the target's weights", " " * 17, _numbers(goal))


def _differences(f, w, eps=1e-6):
    """Central differences of the number f(w), one stored weight at a time."""
    slopes = []
    for i in range(w.numel()):
        step = torch.zeros(w.numel(), dtype=w.dtype)
        step[i] = eps
        slopes.append((f(w + step) - f(w - step)).item() / (2 * eps))
    return torch.tensor(slopes, dtype=w.dtype)


def _check():
    w, x = torch.rand(N, dtype=torch.float64), torch.rand(N, dtype=torch.float64)

    def loss(w):
        return torch.tanh(F.linear(x, w.expand(N, N))).pow(2).sum()

    leaf = w.clone().requires_grad_()
    loss(leaf).backward()
    measured = _differences(loss, w)
    _title("Its gradient against finite differences")
    _line("w.grad", _numbers(leaf.grad))
    _line("finite differences", _numbers(measured))
    _line("largest difference", f"{(leaf.grad - measured).abs().max().item():.0e}")
    _line("gradcheck, gradgradcheck", gradcheck(loss, (leaf,)), gradgradcheck(loss, (leaf,)))


def _grads(build, x):
    w = torch.linspace(0.1, 0.4, N).requires_grad_()
    out = F.linear(x, build(w, N)).sum()
    out.backward()
    return out, w.grad


def _answers():
    x = torch.randn(N)
    out, grad = _grads(lambda w, n: w.expand(n, n), x)
    _title("How does autograd know that w1 was used four times?")
    print("  It does not count. expand is an operation on the tape; its gradient sums over the rows it made.")
    _line("the tape", " <- ".join([*_nodes(out), "w"]))
    _line("x", _numbers(x))
    _line("w.grad, four times x", _numbers(grad))

    w = torch.ones(N)
    _title("Does expand calculate four times?")
    print("  It calculates and copies nothing: a new shape over the same memory. repeat makes a copy.")
    _line("expand", f"strides {w.expand(N, N).stride()}", " same memory:", w.expand(N, N).data_ptr() == w.data_ptr())
    _line("repeat", f"strides {w.repeat(N, 1).stride()}", " same memory:", w.repeat(N, 1).data_ptr() == w.data_ptr())

    large = torch.rand(MANY, requires_grad=True)
    with debug.profile() as profile:
        F.linear(torch.rand(8, MANY), torch.tanh(large.expand(MANY, MANY))).pow(2).sum().backward()
    _title(f"Does a product with {MANY:,} x {MANY:,} seen numbers cost {MANY * MANY:,}?")
    print(f"  Not here: what repeats is computed once, and the gradient arrives summed. Forward and backward, for {MANY:,} weights:")
    _line("elementary steps", f"{profile.effective:,} in effect, {profile.distinct:,} done")
    _line("tanh(W)", f"{debug.layout(torch.tanh(large.expand(MANY, MANY))).bytes_held:,} bytes held of {4 * MANY * MANY:,} seen")

    looped, loop_grad = _grads(_loop, x)
    _title("Would the loop work too?")
    print("  Yes: indexing, repeating and concatenating are on the tape too. It is only longer.")
    _line("same w.grad", torch.equal(grad, loop_grad))
    _line("operations on the tape", f"{len(_nodes(out))} with expand, {len(_nodes(looped))} with the loop")


def main():
    torch.manual_seed(0)
    print(_paint("1", f"ctgrad {torch.__version__}"))
    for part in (_matrix, _training, _check, _answers):
        part()
    print("\nThe same as scripts: examples/.  A PyTorch script on ctgrad: python -m ctgrad script.py")
