"""Checkpointing: the same results and gradients, computed twice."""

import ctgrad as torch
import pytest
from ctgrad import nn
from ctgrad.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential

both = pytest.mark.parametrize("reentrant", [True, False])


@pytest.fixture
def setting():
    torch.manual_seed(0)
    return nn.Linear(3, 3), torch.randn(2, 3, requires_grad=True)


def gradients(lin, x, run):
    lin.zero_grad()
    x.grad = None
    torch.manual_seed(1)
    out = run()
    (out * torch.arange(6.0).view(2, 3)).sum().backward()
    return [out.detach(), x.grad.clone(), lin.weight.grad.clone(), lin.bias.grad.clone(), torch.rand(1)]


@both
def test_gradients_and_random_numbers(setting, reentrant):
    lin, x = setting

    def part(x):
        return torch.tanh(lin(x)) * torch.rand(3)

    plain = gradients(lin, x, lambda: part(part(x * 2)))
    saved = gradients(lin, x, lambda: checkpoint(part, checkpoint(part, x * 2, use_reentrant=reentrant), use_reentrant=reentrant))
    assert all(torch.allclose(a, b) for a, b in zip(plain, saved, strict=True))


@both
def test_runs_twice_and_passes_other_values_through(setting, reentrant):
    lin, x = setting
    calls = []

    def part(x, k):
        calls.append(k)
        return lin(x) * k, "other", None

    out, other, none = checkpoint(part, x, 3, use_reentrant=reentrant)
    assert (other, none, calls) == ("other", None, [3])
    out.sum().backward()
    assert calls == [3, 3]


def test_second_derivatives_and_keywords(setting):
    lin, x = setting
    out = checkpoint(lambda x, k: torch.sin(x @ lin.weight) * k, x, k=2, use_reentrant=False)
    (g,) = torch.autograd.grad(out.sum(), x, create_graph=True)
    found = torch.autograd.grad((g**2).sum(), [x, lin.weight])
    (h,) = torch.autograd.grad((torch.sin(x @ lin.weight) * 2).sum(), x, create_graph=True)
    expected = torch.autograd.grad((h**2).sum(), [x, lin.weight])
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found, expected, strict=True))


def test_what_the_function_reaches_by_itself(setting):
    lin, x = setting
    w = lin.weight * 2
    out = checkpoint(lambda x: x @ w, x, use_reentrant=False)
    (out.sum() + w.sum()).backward()
    expected = torch.autograd.grad((x @ (lin.weight * 2)).sum() + (lin.weight * 2).sum(), lin.weight)[0]
    assert torch.allclose(lin.weight.grad, expected)


def test_a_function_that_changes_its_mind(setting):
    _, x = setting
    calls = []

    def part(x):
        calls.append(1)
        return x.sin() if len(calls) == 1 else x[:1].sin()

    with pytest.raises(CheckpointError, match="different metadata"):
        checkpoint(part, x, use_reentrant=False).sum().backward()


def test_arguments():
    x = torch.ones(1, requires_grad=True)
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpoint(torch.sin, x)
    with pytest.raises(ValueError, match="Unexpected keyword arguments"):
        checkpoint(torch.sin, x, use_reentrant=True, k=3)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad"):
        assert not checkpoint(torch.sin, x.detach(), use_reentrant=True).requires_grad
    with torch.no_grad():
        assert not checkpoint(torch.sin, x, use_reentrant=False).requires_grad


@both
@pytest.mark.parametrize("segments", [1, 2, 5])
def test_sequential(setting, segments, reentrant):
    _, x = setting
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    model(x).sum().backward()
    expected = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    checkpoint_sequential(model, segments, x, use_reentrant=reentrant).sum().backward()
    assert all(torch.allclose(p.grad, e) for p, e in zip(model.parameters(), expected, strict=True))
