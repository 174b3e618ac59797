"""Checkpointing: the same results and gradients, computed twice."""

import gc

import ctgrad as torch
import pytest
from ctgrad import nn
from ctgrad.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential, set_checkpoint_early_stop

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


# ---- what the variant without reentrance leaves on the tape --------------------------------------------------------------
def keep_nothing(*args, **kwargs):
    return checkpoint(*args, use_reentrant=False, **kwargs)


def test_the_nodes_are_those_of_the_part_itself():
    x, seen = torch.ones(3, requires_grad=True), []

    def part(x):
        h = x * 2
        h.register_hook(lambda g: seen.append(g.tolist()))
        return h.exp()
    y = keep_nothing(part, x)
    assert y.grad_fn.name() == "ExpBackward0"
    assert torch.equal(y.grad_fn._saved_result, y) and torch.equal(y.grad_fn._saved_result, y)
    y.sum().backward()
    assert len(seen) == 1


def test_a_parameter_inside_and_outside_has_one_gradient():
    x, p, seen = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True), []
    p.register_hook(lambda g: seen.append(g.tolist()))
    (keep_nothing(lambda x: x * p * 3, x) + p).sum().backward()
    assert seen == [[4, 4]]


def test_nothing_is_held_between_the_runs():
    def part(x):
        for _ in range(20):
            x = x.sin()
        return x
    x = torch.rand(10000, requires_grad=True)

    def held(run):
        gc.collect()
        before = torch._C._live()["bytes"]
        y = run()
        return torch._C._live()["bytes"] - before, y
    plain, _ = held(lambda: part(x))
    kept, y = held(lambda: keep_nothing(part, x))
    assert kept < plain / 5
    y.sum().backward()
    del y
    gc.collect()


def test_a_part_is_run_again_up_to_what_is_needed():
    for stop, ends in ((True, 1), (False, 2)):
        reached = []

        def part(x, reached=reached):
            y = x.sin()
            reached.append(1)
            return y
        x = torch.ones(2, requires_grad=True)
        keep_nothing(part, x, early_stop=stop).sum().backward()
        with set_checkpoint_early_stop(stop):
            y = keep_nothing(part, x, early_stop=not stop)
        y.sum().backward()
        assert len(reached) == 2 * ends


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("first,again", [(3, 2), (2, 3)])
def test_another_number_of_steps(first, again, stop):
    counts = [first, again]

    def part(x):
        for _ in range(counts.pop(0)):
            x = x.sin()
        return x
    y = keep_nothing(part, torch.rand(2, requires_grad=True), early_stop=stop, determinism_check="none")
    if stop and again > first:
        y.sum().backward()
        return
    with pytest.raises(CheckpointError, match="number of tensors|more tensors"):
        y.sum().backward()


def test_what_is_written_between_the_runs():
    x = torch.ones(2, requires_grad=True)
    a = x * 1
    for run in (lambda: keep_nothing(lambda a: a * a, a), lambda: keep_nothing(lambda a: a.mul_(2).sin(), x * 1)):
        y = run()
        with torch.no_grad():
            a.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_parts_in_parts_and_other_hooks():
    x = torch.ones(3, requires_grad=True)
    expected = torch.autograd.grad((x * 2).square().sin().exp().sum(), x)[0]
    for inner in (True, False):
        for outer in (True, False):
            x.grad = None
            checkpoint(lambda a, inner=inner: checkpoint(lambda b: (b * b).sin(), a * 2, use_reentrant=inner).exp(), x, use_reentrant=outer).sum().backward()
            assert torch.allclose(x.grad, expected)
    seen = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t.numel()) or t, lambda t: t):
        y = keep_nothing(lambda a: (a * 2).square().sin().exp(), x * 1)
    assert seen == [3]  # the argument
    assert torch.allclose(torch.autograd.grad(y.sum(), x)[0], expected)


def test_read_once():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0] * ctx.saved_tensors[0]
    y = keep_nothing(lambda x: Twice.apply(x * 2), torch.ones(2, requires_grad=True))
    with pytest.raises(CheckpointError, match="once"):
        y.sum().backward()


def test_reentrance_wants_all_leaves():
    x = torch.ones(2, requires_grad=True)
    for run in (lambda y: torch.autograd.grad(y, x), lambda y: y.backward(inputs=[x])):
        with pytest.raises(RuntimeError, match="use_reentrant=False"):
            run(checkpoint(torch.sin, x, use_reentrant=True).sum())
    checkpoint(torch.sin, x, use_reentrant=True).sum().backward()
    assert x.grad is not None
    with pytest.raises(ValueError, match="determinism_check"):
        keep_nothing(torch.sin, x, determinism_check="some")
