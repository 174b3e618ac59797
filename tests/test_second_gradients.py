"""Second derivatives in what repeats: a tensor that a later run may ask for its own gradient is a variable at each place, however it lies."""

import random

import ctgrad
import pytest
from ctgrad import nn

F = nn.functional


@pytest.fixture(params=[0, 4096], autouse=True)
def everything_is_held_once(request):
    before = ctgrad._C._switches(request.param, True)
    yield
    ctgrad._C._switches(*before)


def weighted(*tensors):
    """A sum in which no two places count alike."""
    return sum((t * ctgrad.arange(1.0, 1 + t.numel(), dtype=t.dtype).cos().view(t.shape)).sum() for t in tensors)


def second(f, x, w, first, then):
    """The gradients in `then` of a sum of those in `first`, both chosen of x and w."""
    operands = {"x": x, "w": w}
    grads = ctgrad.autograd.grad(weighted(f(x, w)), [operands[name] for name in first], create_graph=True)
    return ctgrad.autograd.grad(weighted(*grads), [operands[name] for name in then])


def convolution(seed):
    """A convolution, and the sizes of its operands."""
    draw = random.Random(seed)
    nd, transposed, groups = draw.choice([1, 2, 3]), draw.random() < 0.5, draw.choice([1, 1, 2])
    options = {"stride": draw.choice([1, 1, 2]), "padding": draw.choice([0, 0, 1]), "groups": groups, "dilation": draw.choice([1, 1, 2])}
    image = (draw.choice([1, 2, 3]), 2, *(draw.choice([5, 8, 12] if nd < 3 else [3, 5]) for _ in range(nd)))
    kernel = tuple(draw.choice([1, 2, 3] if nd < 3 else [1, 2]) for _ in range(nd))
    weight = (2, draw.choice([1, 2]), *kernel) if transposed else (draw.choice([2, 4]), 2 // groups, *kernel)
    f = getattr(F, f"conv{'_transpose' if transposed else ''}{nd}d")
    image_once, weight_once = (tuple(1 if draw.random() < 0.6 else n for n in size) for size in (image, weight))
    return (lambda x, w: f(x, w, None, **options)), image, weight, image_once, draw.choice([weight_once, weight])


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.parametrize("history", ["leaf", "expanded"])
def test_of_convolutions(seed, history):
    f, *sizes, x_once, w_once = convolution(seed)
    ones = [ctgrad.randn(size, dtype=ctgrad.float64) for size in (x_once, w_once)]
    full = [ctgrad.tensor(one.expand(size).tolist(), dtype=ctgrad.float64).requires_grad_() for one, size in zip(ones, sizes, strict=True)]
    held = [one.expand(size).requires_grad_() if history == "leaf" else one.requires_grad_().expand(size) for one, size in zip(ones, sizes, strict=True)]
    for first in ("x", "w", "xw"):
        for then in ("x", "w") if first != "xw" else ("xw",):
            if first == then:
                continue  # a convolution is linear in each
            for got, want in zip(second(f, *held, first, then), second(f, *full, first, then), strict=True):
                ctgrad.testing.assert_close(got, want, rtol=1e-9, atol=1e-9)


PAIRS = {
    "linear": lambda a, b: F.linear(a, b).sum(-1, keepdim=True) * a,
    "mm": lambda a, b: (a @ b.t()).tanh(),
    "bmm": lambda a, b: ctgrad.bmm(a[None], b.t()[None]).sum(2, keepdim=True) * a,
    "outer": lambda a, b: ctgrad.outer(a[0], b[0]).sum() + a,
    "mul": lambda a, b: (a * b).sum(1, keepdim=True) * a,
    "attention": lambda a, b: F.scaled_dot_product_attention(a[None], b[None], b[None]),
    "attention of values": lambda a, b: F.scaled_dot_product_attention(a[None], a[None], b[None]),
    "kron": lambda a, b: ctgrad.kron(a.contiguous(), b.contiguous()),
    "chain": lambda a, b: ctgrad.linalg.multi_dot([a, b, a]),
    "addmm": lambda a, b: ctgrad.addmm(a, a, b.t() @ b),
    "conv1d": lambda a, b: F.conv1d(a[None], b.reshape(1, 5, 5)[..., :2]).sum(-1, keepdim=True) * a,
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("a_once", [0, 1, 2, 3])
@pytest.mark.parametrize("b_once", [1, 2, 3])
def test_of_an_operand_that_the_first_run_left_out(name, a_once, b_once):
    """What is between a leaf and a product, and has no gradient asked for in the first run, is asked for its own in the second."""
    bases = [ctgrad.rand([1 if once >> d & 1 else 5 for d in range(2)], dtype=ctgrad.float64, requires_grad=True) for once in (a_once, b_once)]
    for first in "xw":
        for then in "xw":
            found = []
            for held in (True, False):
                a, b = (base.expand(5, 5) if held else base.expand(5, 5).contiguous() for base in bases)
                operands = {"x": a, "w": b}
                g, = ctgrad.autograd.grad(PAIRS[name](a, b).sum(), operands[first], create_graph=True)
                found.append(ctgrad.autograd.grad(weighted(g), operands[then], allow_unused=True)[0] if g.requires_grad else None)
            if found[0] is not None:
                ctgrad.testing.assert_close(*found, rtol=1e-8, atol=1e-8)
