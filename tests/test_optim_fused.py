"""Steps in one pass: every bit of the ops one by one, in every layout; and what is left to the ops."""

import numpy as np
import pytest

import ctgrad
from ctgrad.nn import Parameter
from ctgrad.optim import SGD, Adam, AdamW, adam, sgd

OPTIONS = {
    SGD: [{}, {"maximize": True}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
          {"momentum": 0.9, "nesterov": True, "maximize": True, "weight_decay": 0.3}, {"lr": 1, "momentum": 1}],
    Adam: [{}, {"amsgrad": True}, {"weight_decay": 0.1, "maximize": True}, {"betas": (0.3, 0.4), "eps": 0}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    AdamW: [{}, {"amsgrad": True, "maximize": True, "weight_decay": 0.5}],
}
CASES = [(make, options) for make, all_options in OPTIONS.items() for options in all_options]


def parameters(dtype):
    rng = np.random.default_rng(5)

    def drawn(*shape):
        return ctgrad.tensor(rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 3), dtype=dtype)

    whole = drawn(4, 6)
    return [Parameter(drawn(3, 5)), Parameter(drawn(700)), Parameter(drawn(5, 7).t()), Parameter(drawn()), Parameter(drawn(0, 2)),
            Parameter(whole[:2]), Parameter(drawn(131, 2)), Parameter(drawn(2))]


def gradients(params, turn):
    rng = np.random.default_rng(turn)
    for place, param in enumerate(params[:-1]):
        grad = ctgrad.tensor(rng.standard_normal(tuple(param.shape)), dtype=param.dtype)
        if place == 0:
            grad = grad[:, :1].expand(3, 5)
        elif place == 1:
            grad = ctgrad.tensor(rng.standard_normal(1400), dtype=param.dtype)[::2]
        elif place == 6:
            grad = (ctgrad.ones(131, 2, dtype=param.dtype).sum() * param).detach() * 0 + grad[:1]
        param.grad = grad


def trained(make, options, dtype, steps=4):
    params = parameters(dtype)
    optimizer = make(params, **{"lr": 0.1, **options})
    for turn in range(steps):
        gradients(params, turn)
        optimizer.step()
    return params, optimizer


def bits(t):
    return t.detach().numpy().tobytes()


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64])
@pytest.mark.parametrize("make, options", CASES)
def test_the_bits_and_versions_are_those_of_the_ops(make, options, dtype, monkeypatch):
    params, optimizer = trained(make, options, dtype)
    for module, name in ((sgd, "_sgd_step"), (adam, "_adam_step")):
        monkeypatch.setattr(module, name, lambda group, states: group["params"])
    others, other = trained(make, options, dtype)
    for one, two in zip(params, others):
        assert bits(one) == bits(two)
        assert one._version == two._version
        assert optimizer.state[one].keys() == other.state[two].keys()
        for key, value in optimizer.state[one].items():
            assert bits(value) == bits(other.state[two][key]), key
            assert value._version == other.state[two][key]._version, key


@pytest.mark.parametrize("make", [SGD, Adam])
def test_what_is_left_to_the_ops(make):
    p = Parameter(ctgrad.ones(3))
    step = {SGD: sgd._sgd_step, Adam: adam._adam_step}[make]
    optimizer = make([p], lr=0.1)
    group, states = optimizer.param_groups[0], optimizer.state
    with ctgrad.no_grad():
        assert step(group, states) == []  # no gradient: nothing to do
    p.grad = ctgrad.ones(3)
    optimizer.step()
    assert step(group, states) == [p]  # recording is on
    with ctgrad.no_grad():
        assert step(group, states) == []
        assert step({**group, "lr": ctgrad.tensor(0.1)}, states) == [p]
        assert step({key: value for key, value in group.items() if key != "lr"}, states) == [p]
        assert step({**group, "params": [3]}, states) == [3]
        p.grad = p.data
        assert step(group, states) == [p]  # the gradient is the parameter's memory
        with pytest.raises(KeyError):
            step({}, states)
        with pytest.raises(TypeError):
            step(3, states)


def test_a_state_that_does_not_fit_is_left():
    p = Parameter(ctgrad.ones(3))
    optimizer = Adam([p])
    p.grad = ctgrad.ones(3)
    optimizer.step()
    optimizer.state[p]["exp_avg"] = ctgrad.zeros(3, dtype=ctgrad.float64)
    before = optimizer.state[p]["step"].item()
    with ctgrad.no_grad():
        assert adam._adam_step(optimizer.param_groups[0], optimizer.state) == [p]
    assert optimizer.state[p]["step"].item() == before


def test_a_parameter_held_once_is_written_out():
    p = Parameter(ctgrad.ones(1).expand(64, 64) * 2)
    q = Parameter(ctgrad.full((64, 64), 2.0).clone())
    for param in (p, q):
        optimizer = SGD([param], lr=0.5)
        param.grad = ctgrad.arange(64.0).expand(64, 64)
        optimizer.step()
    assert bits(p) == bits(q)


def test_zero_grad_refuses_what_is_no_tensor():
    with pytest.raises(TypeError):
        ctgrad._C._drop_grads([3])
    with pytest.raises(TypeError):
        ctgrad._C._drop_grads(3)


def test_saved_for_backward_is_noticed():
    p = Parameter(ctgrad.ones(3))
    y = (p * p).sum()
    p.grad = ctgrad.ones(3)
    SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
