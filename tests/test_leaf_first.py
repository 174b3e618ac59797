"""A leaf that is written is told before other errors, and nothing is changed."""

import ctgrad
import pytest


def test_masks_that_do_not_fit():
    x = ctgrad.ones(3, requires_grad=True)
    mask = ctgrad.tensor([True, False])
    with pytest.raises(RuntimeError, match="a leaf Variable"):
        x[mask] = 5.0
    with ctgrad.no_grad(), pytest.raises(IndexError):
        x[mask] = 5.0
    with pytest.raises(IndexError):
        x[mask]
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize("call", [
    lambda a, out: ctgrad.sum(a, 5, out=out), lambda a, out: ctgrad.gather(a, 3, ctgrad.tensor([0]), out=out), lambda a, out: ctgrad.cumsum(a, 7, out=out),
    lambda a, out: ctgrad.take(a, ctgrad.tensor([99]), out=out), lambda a, out: ctgrad.add(a, ctgrad.ones(2), out=out), lambda a, out: ctgrad.var(a, 4, out=out),
])
def test_outputs(call):
    out = ctgrad.zeros(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="automatic differentiation|broadcast|size"):
        call(ctgrad.ones(3), out)
    plain = ctgrad.zeros(3)
    with pytest.raises(RuntimeError):
        call(ctgrad.ones(3, requires_grad=True), plain)
    assert out.tolist() == plain.tolist() == [0, 0, 0]


def test_comparisons_write_into_leaves():
    out = ctgrad.zeros(2, requires_grad=True)
    assert ctgrad.eq(ctgrad.ones(2), 1, out=out) is out
    assert out.tolist() == [1, 1]
    assert out.requires_grad


@pytest.mark.parametrize(("dtype", "start"), [(ctgrad.float32, 2**24), (ctgrad.float64, 2**53), (ctgrad.float16, 2048), (ctgrad.bfloat16, 256),
                                              (ctgrad.bool, 2), (ctgrad.int32, 2**31), (ctgrad.uint8, 256)])
def test_draws_from_beyond_what_a_dtype_counts(dtype, start):
    x = ctgrad.zeros(3, dtype=dtype)
    with pytest.raises(RuntimeError):
        x.random_(start, None)
    assert not x.any()


def test_names_of_drawing_nodes():
    x = ctgrad.ones(2, requires_grad=True)
    names = [type(call(x.clone()).grad_fn).__name__ for call in (lambda t: t.random_(0, 5), lambda t: t.random_(5), lambda t: t.random_())]
    assert names == ["RandomBackward0", "RandomBackward1", "RandomBackward2"]


def test_equations_as_bytes():
    assert ctgrad.einsum(b"ij->ji", ctgrad.ones(2, 3)).shape == (3, 2)
