"""Memory that runs out, and memory that grows.

Every allocation of every op, forward and backward, is made to fail in turn. The failure must come out as the error it is,
leave nothing alive, and leave the op able to run.
"""

import gc
import os

import numpy as np
import pytest

import ctgrad
from ctgrad import _C

from . import test_ops as over


def tensors_in(args):
    return [t for a in args for t in (tensors_in(a) if isinstance(a, (list, tuple)) else [a]) if isinstance(t, ctgrad.Tensor)]


def runs_of(name):
    """The ways to run an op, each a function that makes its own arguments: no argument, result or gradient outlives it."""
    if name in over.CASES:
        for number, c in enumerate(over.CASES[name]):
            def arguments(number=number, c=c):
                return over.tensors_of(c.args, c.dtypes[0], over.generator(f"{name}{number}"), grad=c.grad)
            yield f"{number}", arguments, lambda args, c=c: over.call(name, args, c.kwargs)
    else:
        row = over.ROWS[name]
        plain = [over.draw(row, over.kind_of(name), (3,), over.generator(name)) for _ in range(over.arity(row))]
        wants_grad = over.differentiable(name)
        yield "row", lambda: [ctgrad.tensor(a).requires_grad_(wants_grad) for a in plain], lambda args: over.function(name)(*args)


def differentiate(results, leaves):
    """First and second derivatives, and a gradient left on the leaves."""
    total = sum(r.sum() for r in results)
    first = ctgrad.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
    again = [(g * g).sum() for g in first if g is not None and g.requires_grad]
    if again:
        ctgrad.autograd.backward(again, retain_graph=True)
    ctgrad.autograd.backward([r.sum() for r in results])


def once(arguments, run, fail_at, for_ever):
    """One run in which allocation fail_at fails: whether one did, the error, and what came out."""
    args = arguments()
    error, outcome = None, None
    _C._fail_alloc(fail_at, for_ever)
    try:
        everything = [t for t in over.flat(run(args)) if isinstance(t, ctgrad.Tensor)]
        results = [t for t in everything if t.requires_grad]
        leaves = [t for t in tensors_in(args) if t.requires_grad]
        if results and leaves:
            differentiate(results, leaves)
        outcome = [over.plain(t) for t in everything] + [over.plain(t.grad) for t in leaves if t.grad is not None]
    except (RuntimeError, MemoryError) as e:
        error = str(e)
    finally:
        failed = _C._fail_alloc(-1)
    return failed, error, outcome


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("name", sorted(set(over.ROWS) | set(over.CASES)))
def test_every_allocation_may_fail(name, for_ever):
    for label, arguments, run in runs_of(name):
        _, error, want = once(arguments, run, -1, False)
        assert error is None, (label, error)
        gc.collect()
        before = _C._live()
        fail_at, failed = 0, True
        while failed:
            failed, error, got = once(arguments, run, fail_at, for_ever)
            if error:
                assert "not enough memory" in error, (label, fail_at, error)
            elif name not in over.DRAWN and name != "restride":  # what can do with less memory does, and says nothing
                for one, other in zip(got, want, strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6, err_msg=f"{label} {fail_at}")
            fail_at += 1
        gc.collect()
        assert _C._live() == before, (label, fail_at)


# ---- growing -------------------------------------------------------------------------------------------------------------


def test_a_small_storage_grows_under_all_its_views():
    x = ctgrad.arange(4.0)
    part = x[1:]
    part.resize_(40)
    part[0] = 7.0
    assert x.tolist() == [0, 7, 2, 3] and part[:3].tolist() == [7, 2, 3] and part.storage_offset() == 1


def test_a_storage_that_numpy_holds_does_not_move():
    x = ctgrad.ones(2)
    array = x.numpy()
    with pytest.raises(RuntimeError, match="not resizable"):
        x.resize_(40)
    array[0] = 5
    assert x.tolist() == [5, 1]


def test_a_storage_that_cannot_grow_stays_as_it_is():
    x = ctgrad.ones(200)
    part = x[100:]
    before = _C._live()
    _C._fail_alloc(0)
    with pytest.raises(RuntimeError, match="not enough memory"):
        part.resize_(150)
    _C._fail_alloc(-1)
    assert part.shape == (100,) and x.tolist() == [1] * 200 and _C._live() == before


WRITES = {
    "add_": lambda v, w: v.add_(w), "copy_": lambda v, w: v.copy_(w), "fill_": lambda v, w: v.fill_(w), "masked_fill_": lambda v, w: v.masked_fill_(v > 0, w),
    "setitem": lambda v, w: v.__setitem__(0, w), "cumsum_": lambda v, w: v.mul_(w).cumsum_(0), "lerp_": lambda v, w: v.lerp_(w, 0.5), "clamp_": lambda v, w: v.clamp_(w),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_a_view_that_cannot_be_recorded_is_not_written(name):
    w = ctgrad.tensor(3.0, requires_grad=True)
    fail_at, failed = 0, True
    while failed:
        y = ctgrad.ones(3, 2, requires_grad=True) * 2
        part = y[1:]
        before = y.tolist(), part._version
        _C._fail_alloc(fail_at)
        try:
            WRITES[name](part, w)
            error = None
        except RuntimeError as e:
            error = e
        failed = _C._fail_alloc(-1)
        if error and name != "cumsum_":  # which are two writes
            assert (y.tolist(), part._version) == before, fail_at
        fail_at += 1


def test_kept_memory_is_given_back():
    ctgrad.debug.trim()
    ctgrad.rand(3_000_000)      # large enough for huge pages
    kept = ctgrad.debug.memory()["cached_bytes"]
    assert kept >= 12_000_000 or os.environ.get("CTGRAD_CACHE") == "0"
    ctgrad.debug.trim()
    assert ctgrad.debug.memory()["cached_bytes"] == 0
