"""Optimisers and schedules against their update rules in NumPy."""

import copy
import math
import pickle

import ctgrad
import numpy as np
import pytest
from ctgrad import nn, optim

START = np.array([[0.5, -1.5], [2.0, 0.25]])
TARGET = np.array([[1.0, -2.0], [0.0, 0.5]])


def gradient(p):
    return 2 * (p - TARGET)


def train(make, steps=10):
    """The parameter after some steps on the sum of squared distances to TARGET."""
    p = nn.Parameter(ctgrad.tensor(START))
    optimizer = make([p])
    for _ in range(steps):
        optimizer.zero_grad()
        ((p - ctgrad.tensor(TARGET)) ** 2).sum().backward()
        optimizer.step()
    return p.detach().numpy()


def sgd_rule(lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False, steps=10):
    p, buffer = START.copy(), None
    for _ in range(steps):
        g = (-1 if maximize else 1) * gradient(p) + weight_decay * p
        if momentum:
            buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
            g = g + momentum * buffer if nesterov else buffer
        p = p - lr * g
    return p


def adam_rule(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, maximize=False, decoupled=False, steps=10):
    p = START.copy()
    m = v = largest = np.zeros_like(p)
    for step in range(1, steps + 1):
        g = (-1 if maximize else 1) * gradient(p)
        if decoupled:
            p = p * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        largest = np.maximum(largest, v)
        second = (largest if amsgrad else v) / (1 - betas[1] ** step)
        p = p - lr * m / (1 - betas[0] ** step) / (np.sqrt(second) + eps)
    return p


@pytest.mark.parametrize("options", [
    {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "dampening": 0.3}, {"weight_decay": 0.1},
    {"maximize": True}, {"momentum": 0.9, "weight_decay": 0.1, "maximize": True},
])
def test_sgd(options):
    assert np.allclose(train(lambda ps: optim.SGD(ps, lr=0.1, **options)), sgd_rule(lr=0.1, **options), rtol=1e-12)


@pytest.mark.parametrize("options", [
    {}, {"amsgrad": True}, {"weight_decay": 0.1}, {"betas": (0.5, 0.9), "eps": 1e-3}, {"maximize": True},
])
def test_adam(options):
    assert np.allclose(train(lambda ps: optim.Adam(ps, lr=0.1, **options)), adam_rule(lr=0.1, **options), rtol=1e-10)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.3}, {"amsgrad": True}])
def test_adamw(options):
    expected = adam_rule(lr=0.1, **{"weight_decay": 0.01, **options}, decoupled=True)
    assert np.allclose(train(lambda ps: optim.AdamW(ps, lr=0.1, **options)), expected, rtol=1e-10)


def test_groups_have_options_of_their_own():
    a, b, c = (nn.Parameter(ctgrad.ones(1)) for _ in range(3))
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1)
    optimizer.add_param_group({"params": [c], "lr": 0.0})
    for p in (a, b, c):
        p.grad = ctgrad.ones(1)
    optimizer.step()
    assert [p.item() for p in (a, b, c)] == pytest.approx([0.5, 0.9, 1.0])


def test_parameters_without_gradient_stay():
    p = nn.Parameter(ctgrad.ones(1))
    for make in (optim.SGD, optim.Adam, optim.AdamW):
        make([p], lr=1.0).step()
    assert p.item() == 1.0


def test_tied_parameters_count_once():
    table, out = nn.Embedding(3, 2), nn.Linear(2, 3, bias=False)
    out.weight = table.weight
    net = nn.ModuleList([table, out])
    assert len(optim.SGD(net.parameters(), lr=0.1).param_groups[0]["params"]) == 1


def test_a_step_does_not_record():
    p = nn.Parameter(ctgrad.ones(2))
    p.grad = ctgrad.ones(2)
    for optimizer in (optim.SGD([p], lr=0.1, momentum=0.9), optim.Adam([p])):
        optimizer.step()
        assert p.is_leaf and p.requires_grad
        assert not any(value.requires_grad for value in optimizer.state[p].values() if isinstance(value, ctgrad.Tensor))


def test_closure_runs_with_recording():
    p = nn.Parameter(ctgrad.tensor([2.0]))
    optimizer = optim.SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (p ** 2).sum()
        loss.backward()
        return loss

    with ctgrad.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert p.item() == 1.0


@pytest.mark.parametrize("make", [lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9), lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True)])
def test_training_resumes_from_a_state(make):
    def step(p, optimizer):
        optimizer.zero_grad()
        (p ** 2).sum().backward()
        optimizer.step()

    p = nn.Parameter(ctgrad.tensor([1.0, -2.0]))
    optimizer = make([p])
    for _ in range(3):
        step(p, optimizer)
    twin = copy.deepcopy(p)
    other = make([twin])
    other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    step(p, optimizer)
    step(twin, other)
    assert twin.tolist() == p.tolist()


def test_state_dict_numbers_the_parameters():
    p, q = nn.Parameter(ctgrad.ones(1)), nn.Parameter(ctgrad.ones(2))
    optimizer = optim.Adam([{"params": [p]}, {"params": [q], "lr": 0.5}])
    p.grad, q.grad = ctgrad.ones(1), ctgrad.ones(2)
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state) == ["state", "param_groups"] and list(state["state"]) == [0, 1]
    assert list(state["state"][1]) == ["step", "exp_avg", "exp_avg_sq"] and state["state"][0]["step"].item() == 1.0
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]] and state["param_groups"][1]["lr"] == 0.5
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optim.Adam([p]).load_state_dict(state)


@pytest.mark.parametrize("arguments, error, message", [
    (lambda p: ([],), ValueError, "optimizer got an empty parameter list"),
    (lambda p: (p,), TypeError, "should be an iterable of Tensors or dicts, but got torch.FloatTensor"),
    (lambda p: ([3],), TypeError, "one of the params is int"), (lambda p: ([p * 2],), ValueError, "non-leaf Tensor"),
    (lambda p: ([{"params": [p]}, {"params": [p]}],), ValueError, "appear in more than one parameter group"),
    (lambda p: ([{"params": {p}}],), TypeError, "ordered collections"), (lambda p: ([p], -1), ValueError, "Invalid learning rate: -1"),
])
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
def test_errors(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make(*arguments(nn.Parameter(ctgrad.ones(1))))


def test_duplicate_parameters_warn():
    p = nn.Parameter(ctgrad.ones(1))
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p], lr=0.1)


def test_hooks_around_a_step():
    calls = []
    optimizer = optim.SGD([nn.Parameter(ctgrad.ones(1))], lr=0.1)
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append("before"))
    after = optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("after"))
    optimizer.step()
    before.remove()
    after.remove()
    optimizer.step()
    assert calls == ["before", "after"]


def test_repr():
    assert repr(optim.SGD([nn.Parameter(ctgrad.ones(1))], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n    lr: 0.1\n"
        "    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)")


def rates(make, epochs):
    """The rate before each epoch and after the last, from 1.0."""
    optimizer = optim.SGD([nn.Parameter(ctgrad.ones(1))], lr=1.0)
    schedule = make(optimizer)
    seen = [optimizer.param_groups[0]["lr"]]
    for _ in range(epochs):
        optimizer.step()
        schedule.step()
        seen.append(optimizer.param_groups[0]["lr"])
    assert schedule.get_last_lr() == seen[-1:]
    return seen


@pytest.mark.parametrize("make, rule", [
    (lambda o: optim.lr_scheduler.StepLR(o, 2, 0.5), lambda e: 0.5 ** (e // 2)),
    (lambda o: optim.lr_scheduler.MultiStepLR(o, [2, 5]), lambda e: 0.1 ** ((e >= 2) + (e >= 5))),
    (lambda o: optim.lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)), lambda e: 1 / (1 + e)),
    (lambda o: optim.lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.9), lambda e: 0.9 ** e),
    (lambda o: optim.lr_scheduler.ExponentialLR(o, 0.8), lambda e: 0.8 ** e),
    (lambda o: optim.lr_scheduler.ConstantLR(o, 0.5, 3), lambda e: 0.5 if e < 3 else 1.0),
    (lambda o: optim.lr_scheduler.LinearLR(o, 0.5, 1.0, 4), lambda e: min(1.0, 0.5 + e / 8)),
    (lambda o: optim.lr_scheduler.PolynomialLR(o, 5, 2.0), lambda e: max(0.0, 1 - e / 5) ** 2),
    (lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 8), lambda e: (1 + math.cos(math.pi * e / 8)) / 2),
    (lambda o: optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 3), lambda e: (1 + math.cos(math.pi * (e % 3) / 3)) / 2),
])
def test_schedule(make, rule):
    assert rates(make, 7) == pytest.approx([rule(epoch) for epoch in range(8)])


def test_schedules_in_sequence():
    def make(optimizer):
        warm = optim.lr_scheduler.ConstantLR(optimizer, 0.1, 10)
        return optim.lr_scheduler.SequentialLR(optimizer, [warm, optim.lr_scheduler.ExponentialLR(optimizer, 0.5)], [2])

    assert rates(make, 4) == pytest.approx([0.1, 0.1, 1.0, 0.5, 0.25])


def test_reduction_on_a_plateau():
    optimizer = optim.SGD([nn.Parameter(ctgrad.ones(1))], lr=1.0)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    for metric in (3.0, 2.0, 2.0, 2.0):
        schedule.step(metric)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)


def test_a_schedule_stepped_first_warns():
    schedule = optim.lr_scheduler.StepLR(optim.SGD([nn.Parameter(ctgrad.ones(1))], lr=1.0), 1)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()


def test_composed_updates_without_recording_leave_a_leaf_a_leaf():
    p = nn.Parameter(ctgrad.zeros(2))
    one = ctgrad.ones(2)
    with ctgrad.no_grad():
        p.add_(one, alpha=2).lerp_(one, 0.5).addcmul_(one, one, value=2).addcdiv_(one, one)
    assert p.requires_grad and p.is_leaf and p.tolist() == [4.5, 4.5]


@pytest.mark.parametrize("kind, held, options", [
    (optim.SGD, ["momentum_buffer"], {"momentum": 0.9, "nesterov": True}), (optim.Adam, ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"], {"amsgrad": True}), (optim.AdamW, ["exp_avg", "exp_avg_sq"], {}),
    (optim.RMSprop, ["square_avg", "momentum_buffer", "grad_avg"], {"momentum": 0.5, "centered": True}), (optim.Adadelta, ["square_avg", "acc_delta"], {}), (optim.Adagrad, ["sum"], {}),
    (optim.Adamax, ["exp_avg", "exp_inf"], {}), (optim.ASGD, ["ax"], {}), (optim.Rprop, ["prev", "step_size"], {}), (optim.RAdam, ["exp_avg", "exp_avg_sq"], {}),
    (optim.NAdam, ["exp_avg", "exp_avg_sq", "mu_product"], {}), (optim.NAdam, ["exp_avg", "exp_avg_sq", "mu_product"], {"decoupled_weight_decay": True, "weight_decay": 0.1}),
])
def test_recorded_steps_have_gradients(kind, held, options):
    """In what the state held before, too."""
    more = {optim.ASGD: {"eta": 0.1, "mu": 1.0}}.get(kind, {})

    def moved(p, grad, *values):
        p = p.clone()
        p.grad = grad
        optimizer = kind([p], lr=0.3, differentiable=True, **options)
        numbers = {name: ctgrad.tensor(value, dtype=ctgrad.float64) for name, value in {"step": 10.0, **more}.items()}
        optimizer.state[p].update({**numbers, **{name: value.clone() for name, value in zip(held, values, strict=True)}})
        optimizer.step()
        return p, *(x for x in optimizer.state[p].values() if isinstance(x, ctgrad.Tensor) and x.requires_grad)

    ctgrad.manual_seed(1)
    given = [ctgrad.rand(() if name == "mu_product" else 4, dtype=ctgrad.float64, requires_grad=True) for name in ("p", "grad", *held)]
    if "grad_avg" in held:  # a variance below 0 has no root
        given[2] = (given[2].detach() + 1).requires_grad_()
    assert ctgrad.autograd.gradcheck(moved, given)
