"""Every op of the registry with other sizes, 0, 1 and 7: for each size of its cases, for all of them, and for each dimension of each operand alone.

What comes out is not compared here (the oracle does); it must be a result whose gradients of two orders can be asked for, or an error
of a class that PyTorch raises, without a read or a write beside what there is, which the sanitizers tell.
"""
import dataclasses

import ctgrad
import pytest
from ctgrad import debug
from ctgrad.nn import functional as F

from . import lawops
from . import test_ops as over
from .cases import Spec

REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError, AssertionError)


def operands(args):
    return [m for a in args for m in (a if isinstance(a, list) else [a]) if isinstance(m, Spec) and m.kind != "given"]


def with_shapes(args, shapes):
    """The arguments with other shapes of its drawn operands, in order."""
    shapes = iter(shapes)

    def one(m):
        return dataclasses.replace(m, shape=next(shapes)) if isinstance(m, Spec) and m.kind != "given" else m
    return [[one(m) for m in a] if isinstance(a, list) else one(a) for a in args]


def resized(shapes, to):
    """The same shapes with that size in them."""
    for size in sorted({n for shape in shapes for n in shape}):
        yield [tuple(to if n == size else n for n in shape) for shape in shapes]
    yield [(to,) * len(shape) for shape in shapes]
    for at, shape in enumerate(shapes):
        for d in range(len(shape)):
            yield [*shapes[:at], shape[:d] + (to,) + shape[d + 1:], *shapes[at + 1:]]


def run(f, args, kwargs):
    results = [t for t in over.flat(f(*args, **kwargs)) if isinstance(t, ctgrad.Tensor)]
    leaves = [t for t in over.flat(args) if isinstance(t, ctgrad.Tensor) and t.requires_grad]
    for t in results:
        t.detach().clone()
    total = [t.sum() for t in results if t.requires_grad]
    if total and leaves:
        first = ctgrad.autograd.grad(sum(total), leaves, create_graph=True, allow_unused=True)
        again = [(g * g).sum() for g in first if g is not None and g.requires_grad]
        ctgrad.autograd.backward(again)


FUNCTIONS = {f"F.{name}": (getattr(F, name), cases) for name, cases in lawops.FUNCTIONS.items()}
CALLS = {name: (lambda *args, name=name, **kwargs: over.call(name, args, kwargs), cases) for name, cases in over.CASES.items()} | FUNCTIONS


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.filterwarnings("ignore")
def test_other_sizes(name, size):
    f, cases = CALLS[name]
    for c in cases:
        shapes = [tuple(m.shape) for m in operands(c.args)]
        for other in resized(shapes, size):
            given = over.tensors_of(with_shapes(c.args, other), c.dtypes[0], over.generator(name), grad=c.grad)
            try:
                run(f, given, c.kwargs)
            except REFUSALS as error:
                assert str(error), (name, other)


def test_none_of_what_is_held_once_is_held_in_full():
    """No elements of a compressed tensor, as a gradient: what is made of them has none either, and no dim to narrow."""
    x = ctgrad.ones(0, 2, 4, 5, requires_grad=True)
    none = (ctgrad.ones(1, 1, 4, 5, 2).expand(300, 1, 4, 5, 2) * 1)[:0]
    assert not debug.layout(none + 1).compressed
    x.unfold(1, 2, 1).backward(none)
    assert x.grad.shape == x.shape
