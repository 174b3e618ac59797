"""Leaves: told of before anything else, with data replaced under a graph; inference tensors; values without a derivative."""

import pytest

import ctgrad as torch

LEAF = "a leaf Variable that requires grad is being used in an in-place operation"


@pytest.mark.parametrize("write", [
    lambda t: t.add_(torch.ones(7)), lambda t: t.clamp_(), lambda t: t.index_add_(5, torch.tensor([0]), torch.ones(1)),
    lambda t: t.fill_(torch.ones(2)), lambda t: t.copy_(torch.ones(7)), lambda t: t.uniform_(3, 1), lambda t: t.transpose_(0, 7),
    lambda t: t.masked_fill_(torch.ones(9) > 0, 1), lambda t: t.scatter_(9, torch.tensor([[0]]), 1.0), lambda t: t.addmm_(torch.ones(2), torch.ones(2)),
    lambda t: t.lerp_(torch.ones(7), 0.5), lambda t: t.cumsum_(9), lambda t: t.bernoulli_(3.0), lambda t: torch.relu_(t),
    lambda t: t.index_put_((torch.tensor([9]),), torch.ones(1)),
], ids=range(15))
def test_a_leaf_is_refused_before_anything_else(write):
    x = torch.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match=LEAF):
        write(x)
    assert x._version == 0
    with torch.no_grad(), pytest.raises((RuntimeError, IndexError)) as said:
        write(x)
        raise IndexError("this one is no error")
    assert "leaf" not in str(said.value)


def test_what_a_leaf_may_do():
    x = torch.ones(2, requires_grad=True)
    assert x.detach_() is x and not x.requires_grad
    with pytest.raises(TypeError):
        torch.ones(2, requires_grad=True).mul_("a")


def test_a_view_of_what_became_a_leaf():
    a = torch.randn(2, 3)
    b = a[:]
    b.add_(1)
    a.requires_grad_()
    with pytest.raises(RuntimeError, match="a view of a leaf"):
        b.add_(1)
    with torch.no_grad():
        b.add_(1)


# ---- data replaced under a graph -------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [torch.ones(5), torch.ones(3, 1), torch.ones(1), torch.ones(3, dtype=torch.float64), torch.ones(4, dtype=torch.float16)],
                         ids=["longer", "deeper", "one", "wider", "half"])
def test_a_graph_goes_on_with_the_leaf_that_it_knows(data):
    x = torch.ones(3, requires_grad=True)
    y = (x * 2).sum()
    x.data = data
    assert torch.autograd.grad(y, x, retain_graph=True)[0].tolist() == [2, 2, 2]
    y.backward()
    assert x.grad.dtype is torch.float32 and x.grad.tolist() == [2, 2, 2]
    x.grad = None
    (x * 3).sum().backward()
    assert x.grad.dtype is data.dtype and x.grad.shape == data.shape and x.grad.flatten()[0].item() == 3


@pytest.mark.parametrize("replace", [lambda x, a: setattr(x, "data", a), lambda x, a: x.set_(a)])
def test_hooks_stay_with_a_leaf(replace):
    x, seen = torch.ones(2, 2, requires_grad=True), []
    handle = x.register_hook(lambda g: seen.append(tuple(g.shape)))
    x.register_post_accumulate_grad_hook(lambda p: seen.append("after"))
    y = (x * 2).sum()
    with torch.no_grad():
        replace(x, torch.ones(3, 2).t())
    y.backward()
    x.grad = None
    (x * 2).sum().backward()
    assert seen == [(2, 2), "after", (2, 3), "after"] and x.grad.stride() == (1, 2)
    x.register_hook(lambda g: seen.append("late"))
    handle.remove()
    seen.clear()
    (x * 2).sum().backward()
    assert seen == ["late", "after"]


def test_views_of_a_leaf_whose_data_was_replaced():
    x = torch.ones(4, requires_grad=True)
    x[:2]
    x.data = torch.ones(6)
    x[1:].sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 1, 1, 1]


def test_versions_go_on_when_memory_is_replaced():
    x = torch.ones(3)
    x.add_(1)
    x.set_(torch.ones(2))
    assert x._version == 2
    x.data = torch.ones(4)
    assert x._version == 2


# ---- inference tensors --------------------------------------------------------------------------------------------------
def test_views_of_inference_tensors_have_no_history():
    with torch.inference_mode():
        c = torch.ones(1, 2, 3, requires_grad=True)
    for view in (lambda: c.view(-1), lambda: c[0], lambda: c.unbind(1)[0], lambda: c.transpose(0, 1), lambda: c.detach()):
        with torch.inference_mode():
            inside = view()
        for v in (inside, view()):
            assert v.is_inference() and not v.requires_grad and not v._is_view() and v.is_leaf
    assert (c * 2).requires_grad


def test_numpy_of_what_requires_grad_while_nothing_is_recorded():
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="numpy"):
        x.numpy()
    with torch.no_grad():
        assert x.numpy().tolist() == [1, 1]


# ---- values ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("f", [torch.min, torch.max])
def test_nan_is_an_extreme_among_equals(f):
    nan = float("nan")
    for data, want in (([nan] * 4, [0.25] * 4), ([nan, 1, nan], [0.5, 0, 0.5]), ([1, 1, 1.0], [1 / 3] * 3)):
        x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
        (g,) = torch.autograd.grad(f(x), x, create_graph=True)
        assert torch.allclose(g, torch.tensor(want, dtype=torch.float64))


@pytest.mark.parametrize("f", [torch.unique, lambda x: torch.unique(x, return_counts=True)[0], torch.unique_consecutive,
                               lambda x: torch.unique(x, dim=0), lambda x: torch.bincount(torch.tensor([0, 1, 0]), x)])
def test_values_without_a_derivative_say_so(f):
    x = torch.tensor([1.0, 2.0, 2.0], requires_grad=True)
    y = f(x)
    assert y.requires_grad and not f(x.detach()).requires_grad
    with pytest.raises(NotImplementedError, match="not implemented"):
        y.sum().backward()
    with torch.no_grad():
        assert not f(x).requires_grad


def test_an_old_form_in_place_has_its_number_first():
    """addmm_(beta, self, ...) is looked at as what it stands for: a leaf is refused, a tensor without history written."""
    a = torch.ones(2, 2)
    assert a.addmm_(2, a.clone(), a.clone()).tolist() == [[4, 4], [4, 4]]
    with pytest.raises(RuntimeError, match="leaf"):
        torch.ones(2, 2, requires_grad=True).addmm_(2, a.clone(), a.clone())
