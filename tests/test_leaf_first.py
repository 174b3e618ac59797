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


@pytest.mark.parametrize("freeze", [lambda t: t.requires_grad_(False), lambda t: t.detach_(), lambda t: setattr(t, "requires_grad", False)])
def test_leaves_frozen_after_use_get_no_gradient(freeze):
    x = ctgrad.ones(3, requires_grad=True)
    y = (x * 2).sum()
    freeze(x)
    y.backward(retain_graph=True)
    assert x.grad is None
    x.requires_grad_()
    y.backward()
    assert x.grad is None or x.grad.tolist() == [2, 2, 2]


def test_comparisons_in_place_cut_the_history_and_logical_ops_do_not():
    x = ctgrad.ones(2, requires_grad=True)
    y = x * 2
    y.eq_(2)
    assert type(y.grad_fn).__name__ == "EqBackward0"
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]
    y = x * 2
    assert type(y.logical_not_().grad_fn).__name__ == "MulBackward0"
    assert x.logical_or_(x).tolist() == [1, 1]
    assert x.requires_grad
    with pytest.raises(RuntimeError, match="leaf"):
        x.ge_(0)


def test_numbers_are_not_written_where_elements_share_memory():
    x = ctgrad.zeros(2, 1).expand(2, 3)
    for write in (lambda: x.__setitem__(0, 1), lambda: x.__setitem__(Ellipsis, 2.0), lambda: x.__setitem__((slice(None), slice(0, 2)), ctgrad.tensor(3))):
        with pytest.raises(RuntimeError, match="single memory location"):
            write()
    x[:, 0] = 4
    assert x.tolist() == [[4] * 3] * 2
    a = ctgrad.ones(2, 3)
    a[None] = a
    y = ctgrad.ones(2, requires_grad=True) * 1
    y[...] = 2.0
    assert type(y.grad_fn).__name__ == "FillBackward3"


def test_slices_are_told_as_they_are_written():
    x, none = ctgrad.ones(3, requires_grad=True), ctgrad.ones(0, requires_grad=True)
    assert [type(t.grad_fn).__name__ for t in (x[..., :], x[..., 0:9], x[..., -3:], none[..., -1:])] == ["AliasBackward0"] * 2 + ["SliceBackward0"] * 2


def test_results_that_start_as_a_copy_are_row_major():
    b, index, one = ctgrad.arange(9.0).view(3, 3).t(), ctgrad.zeros(3, 3, dtype=ctgrad.int64), ctgrad.tensor([0])
    made = [b.scatter(1, index, 2.0), b.scatter_add(1, index, b), b.scatter_reduce(1, index, b, "sum"), b.index_add(0, one, b[:1]), b.index_copy(0, one, b[:1])]
    assert [t.stride() for t in made] == [(3, 1)] * 5
    assert b.index_fill(0, one, 1).stride() == (1, 3)


def test_results_keep_the_memory_order_across_conversions():
    whole, real = ctgrad.arange(9).view(3, 3).t(), ctgrad.ones(3, 3)
    assert {t.stride() for t in (whole / 2, whole * 1.5, whole.exp(), whole + real, whole.int() + whole, whole.half() + real)} == {(1, 3)}
    for shape in ((1,), (0,), (2, 0)):
        x = ctgrad.ones(shape, requires_grad=True)
        x.sum().backward()
        assert x.grad.stride() == tuple(ctgrad.ones(shape).stride())


@pytest.mark.parametrize("call", [lambda t: t.median(), lambda t: t.cumsum_(0), lambda t: t.cumprod_(0), lambda t: ctgrad.logaddexp(t, t), lambda t: t.diag().trace()])
def test_bools_are_refused_as_pytorch_does(call):
    with pytest.raises(NotImplementedError):
        call(ctgrad.tensor([True, False]))


@pytest.mark.parametrize("make", [lambda: ctgrad.arange(6.0).view(2, 3), lambda: ctgrad.zeros(4)[1:], lambda: ctgrad.ones(3, 2).t(), lambda: ctgrad.ones(4).unflatten(0, (2, 2))])
def test_a_leaf_that_is_a_view_stays_one_when_it_is_written_outside_the_history(make):
    x = make().requires_grad_()
    for write in (lambda: x.mul_(2), lambda: x.zero_(), lambda: x[0].fill_(3), lambda: x.copy_(x + 1)):
        with ctgrad.no_grad():
            write()
        assert x.requires_grad and x.is_leaf and x.grad_fn is None
        x.grad = None
        (x * 2).sum().backward()
        assert x.grad.eq(2).all()
    step = ctgrad.optim.SGD([x], lr=0.5)
    for _ in range(2):
        step.step()
        assert x.requires_grad and x.is_leaf
    with pytest.raises(RuntimeError, match="view of a leaf"):
        x.add_(1)
