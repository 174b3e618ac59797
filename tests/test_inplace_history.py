"""Writes in place into recorded tensors: the gradients are those of the same computation without them."""

import pytest

import ctgrad as torch
import ctgrad.nn.functional as F

CALLS = {
    "sin_": lambda y, w: (), "cos_": lambda y, w: (), "exp_": lambda y, w: (), "log_": lambda y, w: (), "sqrt_": lambda y, w: (),
    "square_": lambda y, w: (), "abs_": lambda y, w: (), "tanh_": lambda y, w: (), "sigmoid_": lambda y, w: (), "relu_": lambda y, w: (),
    "reciprocal_": lambda y, w: (), "neg_": lambda y, w: (), "clamp_": lambda y, w: (0.5, 1.2), "pow_": lambda y, w: (3,),
    "add_": lambda y, w: (w,), "sub_": lambda y, w: (w,), "mul_": lambda y, w: (w,), "div_": lambda y, w: (w,), "remainder_": lambda y, w: (w,),
    "copy_": lambda y, w: (w,), "fill_": lambda y, w: (w.sum(),), "zero_": lambda y, w: (),
}  # fmt: skip


def gradients(run):
    x = torch.tensor([0.7, 1.1], dtype=torch.float64, requires_grad=True)
    w = torch.tensor([2.0, 0.4], dtype=torch.float64, requires_grad=True)
    out = run(x * 1, w)
    (out * torch.tensor([1.0, 3.0], dtype=torch.float64)).sum().backward()
    return [None if t.grad is None else t.grad.tolist() for t in (x, w)]


def by_value(name, y, w):
    """The same without writing."""
    if name == "copy_":
        return w * 1 + y * 0
    if name in ("fill_", "zero_"):
        return (w.sum() if name == "fill_" else 0) + y * 0
    return getattr(y, name[:-1])(*CALLS[name](y, w))


@pytest.mark.parametrize("name", CALLS)
def test_in_place_is_as_out_of_place(name):
    written = gradients(lambda y, w: getattr(y, name)(*CALLS[name](y, w)))
    assert written == gradients(lambda y, w: by_value(name, y, w))


@pytest.mark.parametrize("name", CALLS)
def test_through_a_view(name):
    def write(y, w):
        getattr(y.view(2, 1), name)(*(a.view(2, 1) if isinstance(a, torch.Tensor) and a.dim() else a for a in CALLS[name](y, w)))
        return y

    assert gradients(write) == gradients(lambda y, w: by_value(name, y, w))


def test_a_base_is_shown_by_its_object():
    x = torch.ones(4)
    for view in (x.view(2, 2), x[1:], x.view(2, 2).t()[0], x.unbind()[0], x.expand(2, 4)):
        assert view._is_view() and view._base is x
    assert not x._is_view() and x._base is None
    for turned in ("T", "mT", "mH", "H"):
        matrix = torch.ones(2, 3)
        assert getattr(matrix, turned)._base is matrix
    v = torch.ones(2).view(1, 2)
    assert v._base.shape == (2,) and v._base.data_ptr() == v.data_ptr()


def test_a_view_written_by_its_operator_and_put_back():
    x = torch.ones(3, requires_grad=True)
    w = torch.full((3,), 2.0, requires_grad=True)
    y = x * 1
    y[1:] = w[1:]
    y[0] *= w[0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 0.0] and w.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_gradient_is_laid_out_as_its_leaf():
    for leaf in (torch.ones(3, 2).t(), torch.ones(2, 3, 4).permute(2, 0, 1), torch.ones(2, 3)):
        x = leaf.clone().requires_grad_()
        for run in (lambda x: x.sum(), lambda x: (x * 2).sum(), lambda x: (x.contiguous() * 2).sum()):
            x.grad = None
            run(x).backward()
            assert x.grad.stride() == x.stride()
            run(x).backward()
            assert x.grad.stride() == x.stride()
    gaps = torch.ones(4, 4)[:, ::2].requires_grad_()
    (gaps * 2).sum().backward()
    assert gaps.grad.is_contiguous() and gaps.grad.tolist() == [[2.0, 2.0]] * 4


def test_a_part_of_a_view_that_was_not_recorded():
    """The view requires grad where its base does, but leads nowhere: the gradient of its parts ends there."""
    x = torch.ones(3, 4, requires_grad=True)
    with torch.no_grad():
        v = x.reshape(12)
    parts = [v[:4], v[0], v.reshape(3, 4)[1], v.unfold(0, 2, 1), v.expand(2, 12), v.as_strided((3, 3), (1, 1)), v.unsqueeze(0).transpose(0, 1), v.narrow(0, 1, 2), v.diag()]
    for part in parts:
        part.sum().backward()
    assert x.grad is None


def test_a_gradient_placed_by_indices_is_a_constant():
    """Of max, min, cummax by what is placed alone: indices carry no history, as in PyTorch."""
    x = torch.tensor([[1.0, 2.0], [3.0, 0.0]], requires_grad=True)
    for values in (x.max(0)[0], x.min(1)[0], x.cummax(0)[0]):
        g, = torch.autograd.grad(values.sum(), x, create_graph=True)
        assert not g.requires_grad


SAME_ELEMENTS = {
    "ravel": lambda x: x.ravel(), "flatten": lambda x: x.flatten(), "reshape": lambda x: x.reshape(4), "reshape_as": lambda x: x.reshape_as(torch.ones(4)),
    "contiguous": lambda x: x.contiguous(), "to": lambda x: x.to(torch.float32), "type_as": lambda x: x.type_as(torch.ones(1)), "positive": lambda x: +x,
    "t of t": lambda x: x.t().t(), "atleast_3d": torch.atleast_3d, "broadcast": lambda x: torch.broadcast_tensors(x, x)[0], "expand_as": lambda x: x.expand_as(x),
    "unflatten": lambda x: x.unflatten(0, (2, 1)), "swapaxes": lambda x: x.swapaxes(0, 1), "view": lambda x: x.view(4), "real": lambda x: x.real, "cpu": lambda x: x.cpu(),
}


@pytest.mark.parametrize("name", SAME_ELEMENTS)
def test_a_write_through_what_shows_the_same_elements_reaches_the_history(name):
    x = torch.ones(2, 2, requires_grad=True)
    y = x * 1
    shown = SAME_ELEMENTS[name](y)
    assert shown.data_ptr() == y.data_ptr() and (shown is y or shown._base is y)
    shown.mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [[3, 3], [3, 3]]


def test_views_of_integers_that_a_write_gave_a_history():
    """As in PyTorch, masked_fill_ records a fill of integers by a tensor that requires grad."""
    w = torch.ones((), requires_grad=True)
    for through in (lambda i: i, lambda i: i[1:]):
        i = torch.zeros(3, dtype=torch.int64)
        part = i[1]
        written = through(i)
        written.masked_fill_(written > -1, w)
        assert i.requires_grad and part.requires_grad and written.requires_grad
        assert (part * 2).tolist() == 2 and part.float().tolist() == 1 and part.grad_fn is None


# ---- operands that PyTorch keeps, written to before backward, whether or not a formula of ours reads them --------------------
KEPT = {
    "gather": lambda x: x.gather(1, torch.tensor([[0], [1], [2]])), "take": lambda x: x.take(torch.tensor([0, 3])), "masked_select": lambda x: x.masked_select(x > 0),
    "nll_loss": lambda x: F.nll_loss(x, torch.tensor([0, 1, 2])), "cummax": lambda x: x.cummax(0)[0], "cummin": lambda x: x.cummin(1)[0],
    "max_pool1d": lambda x: F.max_pool1d(x, 2), "avg_pool1d": lambda x: F.avg_pool1d(x, 2), "avg_pool2d": lambda x: F.avg_pool2d(x[None], 2), "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 2),
    "index_add": lambda x: torch.zeros(3, 3).index_add(0, torch.tensor([0, 1, 1]), x), "index_copy": lambda x: torch.zeros(3, 3).index_copy(1, torch.tensor([2, 1, 0]), x)}


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_operand_is_as_it_was(name):
    x = torch.rand(3, 3) + 0.5
    y = KEPT[name](x.requires_grad_()).sum()
    with torch.no_grad():
        x.add_(0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize("f", [lambda x: x.max(0)[0], lambda x: x.sort(1)[0], lambda x: x.topk(2)[0], lambda x: x.var(0), lambda x: F.max_pool1d(x, 2), lambda x: x.cummax(0)[0]])
def test_a_result_beside_what_is_kept_may_be_written(f):
    x = torch.rand(3, 3, requires_grad=True)
    y = f(x)
    y.detach().add_(1)
    y.sum().backward()
    assert x.grad.isfinite().all()


def test_a_training_step_between_evaluation_and_its_gradient():
    """PyTorch's kernel writes the running values without a count."""
    bn = torch.nn.BatchNorm1d(3).eval()
    y = bn(torch.rand(4, 3, requires_grad=True))
    bn.train()(torch.rand(4, 3))
    assert bn.running_mean._version == 1 and bn.num_batches_tracked._version == 2
    y.sum().backward()
