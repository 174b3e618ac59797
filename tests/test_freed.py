"""Going back through what was freed, or written since, is refused by every op, and nothing crashes."""

import contextlib

import ctgrad
import numpy as np
import pytest
from tests.cases import Spec, build
from tests.lawops import CASES

NAMES = sorted(CASES)


def made(spec, rng, leaves):
    if isinstance(spec, list):
        return [made(s, rng, leaves) for s in spec]
    if not isinstance(spec, Spec):
        return spec
    t = ctgrad.tensor(build(spec, "float64", rng))
    if not (spec.grad and t.is_floating_point()):
        return t
    leaves.append(t.requires_grad_())
    leaves.append(t * 1)     # what is kept may be written to, and takes a gradient on
    return leaves[-1]


def tensors(x):
    return [x] if isinstance(x, ctgrad.Tensor) else [t for part in x for t in tensors(part)] if isinstance(x, (list, tuple)) else []


def run(name, c):
    """The sum of what can be differentiated, and the operands; None where nothing can."""
    ctgrad.manual_seed(0)
    leaves = []
    args = [made(a, np.random.default_rng(1), leaves) for a in c.args]
    y = CASES[name][0](*args, **c.kwargs)
    outputs = [t for t in tensors(y) if t.requires_grad and t.is_floating_point()]
    return (sum((t * t).sum() for t in outputs), leaves) if outputs else None


REFUSED = contextlib.suppress(RuntimeError, NotImplementedError)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_a_second_backward_and_a_written_operand(name):
    for c in CASES[name][1]:
        try:
            made_of = run(name, c)
        except (RuntimeError, NotImplementedError, IndexError, TypeError, ValueError):
            continue    # not for float64
        if made_of is None:
            continue
        total, leaves = made_of
        with REFUSED:
            total.backward()
        with pytest.raises(RuntimeError, match="second time"):
            total.backward()
        total, leaves = run(name, c)
        with ctgrad.no_grad():
            for t in leaves[1::2]:
                t.add_(1)
        with REFUSED:
            total.backward()
        total, leaves = run(name, c)
        with REFUSED:
            grads = [g for g in ctgrad.autograd.grad(total, leaves[::2], create_graph=True, allow_unused=True) if g is not None]
            again = sum(((g * g).sum() for g in grads), ctgrad.zeros(()))
            total.backward()
            with REFUSED:
                again.backward()
            with REFUSED:
                again.backward()


def test_a_write_into_a_part_is_freed_by_backward_whatever_it_keeps():
    def pasted(x):
        y = ctgrad.zeros(4)
        y[:3] = x
        return y

    def added(x):
        y = x + 1
        y[1:].add_(x[:2])
        return y

    for made in (pasted, added, lambda x: ctgrad.nn.functional.pad(x.view(1, 1, 3), (1, 1), mode="circular")):
        x = ctgrad.ones(3, requires_grad=True)
        total = made(x).sum()
        total.backward(retain_graph=True)
        first = x.grad.clone()
        total.backward()
        assert x.grad.equal(2 * first)
        with pytest.raises(RuntimeError, match="second time"):
            total.backward()
