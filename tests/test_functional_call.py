"""A module run with other tensors in place of its parameters and buffers."""

import pytest

import ctgrad as torch
from ctgrad import nn
from ctgrad.func import functional_call
from ctgrad.nn.utils import stateless


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(2, 2)
        self.tied = self.lin.weight
        self.register_buffer("calls", torch.zeros(()))
        with torch.no_grad():
            self.lin.weight.fill_(1)
            self.lin.bias.zero_()

    def forward(self, x, k=1):
        self.calls = self.calls + 1
        return self.lin(x) * k + self.tied.sum()


@pytest.fixture
def model():
    return Counts()


def other(value=2.0):
    return torch.full((2, 2), value, requires_grad=True)


def test_values_gradients_and_what_is_left(model):
    x, w, before = torch.ones(1, 2), other(), model.lin.weight
    assert functional_call(model, {"lin.weight": w}, x).tolist() == [[12, 12]]
    assert functional_call(model, {"lin.weight": w}, (x,), {"k": 3}).tolist() == [[20, 20]]
    assert functional_call(model, {}, kwargs={"x": x}).tolist() == [[6, 6]]
    assert functional_call(model, {"lin.weight": w}, x, tie_weights=False).tolist() == [[8, 8]]
    out = functional_call(model, [{"lin.weight": w}, {"lin.bias": torch.ones(2)}], x)
    assert out.tolist() == [[13, 13]]
    assert torch.autograd.grad(out.sum(), w)[0].tolist() == [[3, 3], [3, 3]]
    assert model.lin.weight is before and model.tied is before and before.grad is None


def test_buffers_that_forward_replaces(model):
    given = {"calls": torch.zeros(())}
    functional_call(model, given, torch.ones(1, 2))
    assert given["calls"].item() == 1 and model.calls.item() == 0


def test_after_an_error_all_is_as_before(model):
    with pytest.raises(RuntimeError):
        functional_call(model, {"lin.weight": torch.ones(3, 3)}, torch.ones(1, 2))
    assert model.lin.weight.shape == (2, 2) and isinstance(model.lin.weight, nn.Parameter)
    functional_call(model, {"new": other()}, torch.ones(1, 2))
    assert not hasattr(model, "new")


def test_what_is_refused(model):
    x, w = torch.ones(1, 2), other()
    for given, error, text in (
        ([{"lin.weight": w}, {"lin.weight": w}], ValueError, "multiple dictionaries"), (3, ValueError, "to be a dict"), ([3], ValueError, "dictionaries"),
        ({"zz.w": w}, AttributeError, "zz"), ({"lin.weight": 3}, TypeError, "not an instance of Tensor"),
        ({"lin.weight": w, "tied": other(3.0)}, ValueError, "tied"),
    ):
        with pytest.raises(error, match=text):
            functional_call(model, given, x)
    with pytest.raises(RuntimeError, match="Missing"):
        functional_call(model, {"lin.weight": w}, x, strict=True)
    with pytest.raises(RuntimeError, match="Unexpected"):
        functional_call(model, {**dict(model.named_parameters()), **dict(model.named_buffers()), "zz": w}, x, strict=True)
    assert functional_call(model, {**dict(model.named_parameters()), **dict(model.named_buffers())}, x, strict=True).tolist() == [[6, 6]]


def test_steps_of_gradient_descent_as_a_function(model):
    """An update that is itself differentiated, as in meta-learning."""
    x, rate = torch.ones(1, 2), torch.tensor(0.001, requires_grad=True)
    params = dict(model.named_parameters())
    loss = functional_call(model, params, x).square().mean()
    grads = torch.autograd.grad(loss, params.values(), create_graph=True)
    stepped = {name: p - rate * g for (name, p), g in zip(params.items(), grads, strict=True)}
    functional_call(model, stepped, x).square().mean().backward()
    assert rate.grad is not None and rate.grad.item() < 0 and model.lin.weight.grad is not None


def test_the_old_place(model):
    with pytest.warns(FutureWarning, match="torch.func.functional_call"):
        assert stateless.functional_call(model, {"lin.weight": other()}, torch.ones(1, 2)).tolist() == [[12, 12]]
