"""Writes in place to what is held compressed: those that are the same along what repeats leave it so."""
import warnings

import numpy as np
import pytest

import ctgrad
import ctgrad.nn.functional as F

from .test_compressed import N, held, repeated, slid

pytestmark = pytest.mark.usefixtures("mechanisms_on")

ALIKE = {"add_": lambda t: t.add_(1), "mul_ by a row": lambda t: t.mul_(ctgrad.arange(N) + 1.0), "of itself": lambda t: t.mul_(t), "relu_": lambda t: t.relu_(), "clamp_": lambda t: t.clamp_(3, 9), "pow_": lambda t: t.pow_(2),
         "zero_": lambda t: t.zero_(), "fill_": lambda t: t.fill_(4), "addcmul_": lambda t: t.addcmul_(ctgrad.ones(N), ctgrad.arange(N) * 2.0), "silu": lambda t: F.silu(t, inplace=True), "nan_to_num_": lambda t: t.nan_to_num_(),
         "the transpose": lambda t: t.t().mul_(2), "columns": lambda t: t[:, 1:].add_(1), "a column": lambda t: t[:, 3].fill_(7), "every other column": lambda t: t.t()[::2].copy_(2), "columns of two halves": lambda t: t.view(2, -1, N)[..., :3].neg_(), "columns of columns": lambda t: t[:, 2:][:, 1::3].mul_(ctgrad.arange(len(range(3, N, 3)))), "another dtype": lambda t: t.add_(ctgrad.arange(N)), "a composition": lambda t: t.ldexp_(ctgrad.ones(N)), "a comparison": lambda t: t.gt_(5), "data": lambda t: t.data.add_(1), "masked_fill_": lambda t: t.masked_fill_(ctgrad.arange(N) > 5, -1), "copy_": lambda t: t.copy_(ctgrad.arange(N)), "a number": lambda t: t.copy_(3.0)}
APART = {"a column beside it": lambda t: t.add_(ctgrad.arange(N)[:, None]), "columns, each of their own": lambda t: t[:, 1:].add_(ctgrad.arange(N)[:, None]), "one half": lambda t: t.view(2, -1, N)[1].neg_(), "a matrix": lambda t: t.mul_(ctgrad.arange(N * N).view(N, N)), "a part": lambda t: t[1:].add_(1), "every other row": lambda t: t[::2].copy_(ctgrad.arange(N)), "a block": lambda t: t[2:5, 1:].mul_(2), "a diagonal": lambda t: t.diagonal().add_(1), "columns of some rows": lambda t: t[1:, 1:3].zero_(), "its transpose": lambda t: t.add_(t.t().clone()), "running sums": lambda t: t.cumsum_(0),
         "a triangle": lambda t: t.tril_(), "drawn": lambda t: t.bernoulli_(0.5, generator=ctgrad.Generator().manual_seed(3))}


@pytest.mark.parametrize("name", [*ALIKE, *APART])
def test_what_is_written_alike_stays_held(name):
    """Every view sees it; what is written otherwise writes out."""
    t, dense = repeated()
    row, turned, twin = t[1], t.t(), ctgrad.from_numpy(dense)
    (ALIKE | APART)[name](t)
    (ALIKE | APART)[name](twin)
    assert held(t) == (name in ALIKE) and t._version == twin._version
    assert t.tolist() == twin.tolist() and row.tolist() == twin[1].tolist() and turned.tolist() == twin.t().tolist()


@pytest.mark.filterwarnings("ignore:Use of")
@pytest.mark.parametrize("write", [lambda v: v.fill_(7), lambda v: v.masked_fill_(v > 2, 7), lambda v: v.copy_(ctgrad.tensor(7.0))])
def test_one_row_seen_as_many_is_written_alone(write):
    t, dense = repeated()
    twin = ctgrad.from_numpy(dense)
    for x in (t, twin):
        try:
            write(x[:1].expand(N, N))
        except RuntimeError as e:
            assert "more than one element" in str(e)
    assert t.tolist() == twin.tolist()


@pytest.mark.filterwarnings("ignore:Use of")
@pytest.mark.parametrize("of", [lambda: ctgrad.zeros(3, 1).expand(3, 3), lambda: ctgrad.zeros(5).as_strided((3, 3), (1, 1)), lambda: ctgrad.zeros(3, 3)])
@pytest.mark.parametrize("size", [(2, 3, 3), (1, 3, 3), (1, 1, 1, 1, 3, 3)])
def test_a_mask_of_more_dims_than_what_is_filled(of, size):
    """Refused as anywhere, where elements share memory too: such a mask has no strides in self's dims."""
    x = of()
    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        warnings.simplefilter("ignore")
        x.masked_fill_(ctgrad.ones(*size).bool(), 1)
    assert x.tolist() == [[0.0] * 3] * 3


@pytest.mark.parametrize("write", [lambda v: v.masked_fill_(v > 2, 7), lambda v: v.index_fill_(0, ctgrad.tensor([1]), 7), lambda v: v.fill_(7)])
def test_a_matrix_that_slides_seen_many_times(write):
    t, dense = slid()
    twin = ctgrad.from_numpy(dense)
    write(t.unsqueeze(-1).expand(*t.shape, 3)), write(twin.unsqueeze(-1).expand(*t.shape, 3))
    assert t.tolist() == twin.tolist()


@pytest.mark.parametrize("write", [lambda t: t.add_(t.t()), lambda t: t[1:].sub_(t[:-1]), lambda t: t.copy_(t.t()), lambda t: t.mul_(t.as_strided((N, N), (1, N)))])
def test_views_of_what_is_written_overlap_as_they_are_shown(write):
    for x in repeated()[0], ctgrad.from_numpy(repeated()[1]):
        with pytest.raises(RuntimeError, match="memory location"):
            write(x)


@pytest.mark.parametrize("write", [lambda t: t.add_(1), lambda t: t.clamp_(3, 9), lambda t: t.pow_(2), lambda t: t.zero_(), lambda t: t.copy_(t.flip(0))])
def test_a_matrix_that_slides_is_written_out(write):
    t, dense = slid()
    twin = ctgrad.from_numpy(dense)
    assert held(t) and not held(write(t)) and t.tolist() == write(twin).tolist()


def test_what_is_written_alike_keeps_what_was_kept():
    """The gradient of a product needs the factor as it was; a value that is read again is refused."""
    w, f = ctgrad.rand(N, requires_grad=True), ctgrad.rand(N, requires_grad=True)
    t = (w.expand(N, N) * 2).mul_(f)
    assert held(t)
    t.sum().backward()
    assert ctgrad.allclose(w.grad, 2 * N * f.detach()) and ctgrad.allclose(f.grad, 2 * N * w.detach())
    y = (w.expand(N, N) * 2).exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("write", [lambda u: u.fill_(2.0), lambda u: u.zero_(), lambda u: u.__setitem__(..., 3.0), lambda u: u.relu_()])
def test_windows_over_equal_numbers_are_written_as_windows_over_others(write):
    """What is held once has stride 0 in memory and is shown with others: what is refused goes by these."""
    seen = []
    for base in (ctgrad.ones(N, N), ctgrad.tensor(np.ones((N, N)))):
        u = base.unfold(1, 3, 1)
        try:
            write(u)
            seen.append((base.tolist(), u.tolist()))
        except RuntimeError as e:
            seen.append(str(e))
    assert seen[0] == seen[1]
