"""ctgrad.optim beside torch.optim: the same programs must print the same, warn of the same and raise the same.

Training curves are printed with all digits. Where a sum or a product may be rounded in another order, by the engine's
kernels, the last digits may differ; the curves here use few enough elements that they do not.
"""

import copy
import importlib
import pickle
import warnings

import numpy as np
import pytest
import torch
from compare import roots_are_rounded
from sidebyside import agree, attempt

import ctgrad

OPTIONS = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "dampening": 0.3},
            {"weight_decay": 0.1}, {"maximize": True}, {"momentum": 0.9, "weight_decay": 0.01, "maximize": True}],
    "Adam": [{}, {"amsgrad": True}, {"weight_decay": 0.1}, {"betas": (0.5, 0.9), "eps": 1e-4}, {"maximize": True},
             {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "RMSprop": [{}, {"centered": True}, {"momentum": 0.9}, {"weight_decay": 0.1, "alpha": 0.9, "maximize": True}],
    "AdamW": [{}, {"amsgrad": True}, {"weight_decay": 0.3}, {"maximize": True, "lr": 1e-2}],
    "Adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1}, {"initial_accumulator_value": 0.5, "maximize": True}],
    "Adadelta": [{}, {"rho": 0.5, "weight_decay": 0.1}, {"maximize": True}],
    "Adamax": [{}, {"betas": (0.5, 0.9), "weight_decay": 0.1}, {"maximize": True}],
    "NAdam": [{}, {"momentum_decay": 0.1, "weight_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "RAdam": [{}, {"betas": (0.5, 0.9), "weight_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "ASGD": [{}, {"t0": 3, "lambd": 0.1}, {"weight_decay": 0.1, "maximize": True}],
    "Rprop": [{}, {"etas": (0.3, 1.5), "step_sizes": (0.01, 0.3)}],
}


def train(t, make, steps=12, dtype="float32", print_at=(0, 1, 5, 11)):
    """Fit two parameters of a small function, printing losses and values."""
    dtype = getattr(t, dtype)
    w = t.tensor([[0.5, -1.5], [2.0, 0.25]], dtype=dtype, requires_grad=True)
    b = t.tensor([0.1, -0.2], dtype=dtype, requires_grad=True)
    unused = t.zeros(2, dtype=dtype, requires_grad=True)
    optimizer = make([w, b, unused])
    x = t.tensor([1.0, -2.0], dtype=dtype)
    for step in range(steps):
        optimizer.zero_grad()
        loss = ((w * x + b) ** 2).sum()
        loss.backward()
        optimizer.step()
        if step in print_at:
            print(loss.item(), w.tolist(), b.tolist())
    return optimizer


@pytest.mark.parametrize("name, options", [(name, options) for name, all_options in OPTIONS.items() for options in all_options])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_curves(name, options, dtype):
    def program(t):
        optimizer = train(t, lambda params: getattr(t.optim, name)(params, **{"lr": 0.05, **options}), dtype=dtype)
        print(optimizer, optimizer.state_dict())

    agree(program)


def lbfgs(t):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        float(t.ones((), requires_grad=True))  # step() does so too, which is warned of once
    for options in ({}, {"lr": 0.1, "history_size": 2, "max_iter": 5}, {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3}):
        w, b = t.tensor([-1.5, 2.0], dtype=t.float64, requires_grad=True), t.tensor(0.5, dtype=t.float64, requires_grad=True)
        optimizer = t.optim.LBFGS([w, b], **options)

        def closure():
            optimizer.zero_grad()
            loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2 + (b - w.sum()) ** 2
            loss.backward()
            return loss

        for _ in range(4):
            print(*(f"{x:.5g}" for x in (optimizer.step(closure).item(), *w.tolist(), b.item())), optimizer.state[w]["func_evals"], optimizer.state[w]["n_iter"])
    print(optimizer, sorted(optimizer.state_dict()["state"][0]))
    attempt(lambda: t.optim.LBFGS([{"params": [w]}, {"params": [b]}]))
    attempt(lambda: t.optim.LBFGS([w], lr=-1))
    attempt(lambda: t.optim.LBFGS([w], line_search_fn="armijo").step(lambda: w.sum().backward() or w.sum()))


def test_lbfgs():
    agree(lbfgs)


def tensor_rates(t):
    for name in OPTIONS:
        train(t, lambda params: getattr(t.optim, name)(params, lr=t.tensor(0.05)))
        train(t, lambda params: getattr(t.optim, name)(params, lr=t.tensor([0.05])))
    print(train(t, lambda params: t.optim.Adam(params, betas=(t.tensor(0.9), t.tensor(0.99)))).param_groups[0]["betas"])


def groups(t):
    def make(params):
        optimizer = t.optim.SGD([{"params": params[:1], "lr": 0.2}, {"params": params[1], "momentum": 0.5}], lr=0.1)
        optimizer.add_param_group({"params": params[2]})
        return optimizer

    optimizer = train(t, make)
    print(optimizer, len(optimizer.param_groups), optimizer.state_dict(), optimizer.defaults)
    named = t.optim.SGD(t.nn.Linear(1, 1).named_parameters(), lr=0.1)
    print(named, named.state_dict())


def errors(t):
    optim, nn = t.optim, t.nn
    p = nn.Parameter(t.zeros(2))
    for action in (
        lambda: optim.SGD([], lr=0.1), lambda: optim.SGD(p, lr=0.1), lambda: optim.SGD([3], lr=0.1), lambda: optim.SGD(3, lr=0.1),
        lambda: optim.SGD([p * 2], lr=0.1), lambda: optim.SGD([p, p], lr=0.1), lambda: optim.SGD({p}, lr=0.1).defaults["lr"],
        lambda: optim.SGD([{"params": {p}}], lr=0.1),
        lambda: optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1), lambda: optim.SGD([{"param": [p]}]),
        lambda: optim.SGD([("a", p), nn.Parameter(t.zeros(1))]), lambda: optim.SGD([p], lr=-1), lambda: optim.SGD([p], momentum=-1),
        lambda: optim.SGD([p], weight_decay=-1), lambda: optim.SGD([p], nesterov=True), lambda: optim.SGD([p], lr=t.zeros(2)),
        lambda: optim.SGD([p], momentum=0.9, dampening=0.1, nesterov=True), lambda: optim.SGD([p], foreach=True, fused=True),
        lambda: optim.SGD([p], differentiable=True, fused=True), lambda: optim.Adam([p], lr=-1), lambda: optim.Adam([p], eps=-1),
        lambda: optim.Adam([p], betas=(1.0, 0.9)), lambda: optim.Adam([p], betas=(0.9, -0.1)), lambda: optim.Adam([p], betas=(0, 0)),
        lambda: optim.Adam([p], weight_decay=-1), lambda: optim.Adam([p], lr=t.zeros(2)),
        lambda: optim.Adam([p], lr=t.tensor(0.1), foreach=True), lambda: optim.Rprop([p], etas=(1, 2)), lambda: optim.Adadelta([p], rho=2), lambda: optim.NAdam([p], momentum_decay=-1),
        lambda: optim.Adagrad([p], lr_decay=-1), lambda: optim.Adagrad([p], initial_accumulator_value=-1), lambda: optim.RAdam([p], betas=(0.5, 1)), lambda: optim.ASGD([p], lr=-1), lambda: optim.Adamax([p], eps=-1), lambda: optim.AdamW([p], lr=-1), lambda: optim.Adam([]),
        lambda: optim.SGD([p]).add_param_group(3), lambda: optim.SGD([p]).add_param_group({"params": [p]}),
        lambda: optim.SGD([p]).add_param_group({"params": [("n", nn.Parameter(t.zeros(1)))]}),
        lambda: optim.Optimizer([p], {}).step(), lambda: optim.Optimizer([p], {}), lambda: optim.SGD([p], 0.1, 0.9).step(3),
        lambda: optim.SGD([nn.Parameter(t.zeros(1))]).load_state_dict(optim.SGD([p, nn.Parameter(t.zeros(1))]).state_dict()),
        lambda: optim.SGD([p]).load_state_dict({"param_groups": [], "state": {}}),
    ):
        attempt(action)


def saving(t):
    def net():
        t.manual_seed(3)
        return t.nn.Linear(2, 2)

    def run(model, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            (model.weight * 3 + model.bias).pow(2).sum().backward()
            optimizer.step()

    for make in (lambda ps: t.optim.SGD(ps, lr=0.01, momentum=0.9), lambda ps: t.optim.Adam(ps, lr=0.01, amsgrad=True)):
        model = net()
        optimizer = make(model.parameters())
        run(model, optimizer, 3)
        twin = net()
        twin.load_state_dict(model.state_dict())
        other = make(twin.parameters())
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        run(model, optimizer, 2)
        run(twin, other, 2)
        print(bool((model.weight == twin.weight).all()), other.state_dict(), model.weight)
        cast = make(net().double().parameters())
        cast.load_state_dict(optimizer.state_dict())
        print([(key, value.dtype) for state in cast.state.values() for key, value in state.items()])
        print(pickle.loads(pickle.dumps(optimizer)), copy.deepcopy(optimizer).state_dict() is not None)


def closures(t):
    p = t.nn.Parameter(t.tensor([1.0, 2.0]))
    optimizer = t.optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = p.pow(2).sum()
        loss.backward()
        return loss

    print(optimizer.step(closure).item(), p, optimizer.step(), p)
    with t.no_grad():
        print(optimizer.step(closure).requires_grad)
    optimizer.zero_grad(set_to_none=False)
    print(p.grad)
    optimizer.zero_grad()
    print(p.grad)


def optimizer_module(t):
    """PyTorch keeps the module out of the names of its package."""
    return importlib.import_module(f"{t.__name__}.optim.optimizer")


def hooks(t):
    optimizer = t.optim.SGD([t.nn.Parameter(t.zeros(1))], lr=0.1)
    module = optimizer_module(t)
    handles = [optimizer.register_step_pre_hook(lambda o, a, k: print("pre", type(o).__name__, len(a), list(k))),
               optimizer.register_step_post_hook(lambda o, a, k: print("post", len(a), list(k))),
               module.register_optimizer_step_pre_hook(lambda o, a, k: print("global pre")),
               module.register_optimizer_step_post_hook(lambda o, a, k: print("global post")),
               optimizer.register_state_dict_pre_hook(lambda o: print("save")),
               optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1}),
               optimizer.register_load_state_dict_pre_hook(lambda o, state: print("load", sorted(state))),
               optimizer.register_load_state_dict_post_hook(lambda o: print("loaded"))]
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    with optimizer.register_step_pre_hook(lambda o, a, k: (a, {"closure": lambda: 7})):
        print(optimizer.step())
    with optimizer.register_step_pre_hook(lambda o, a, k: 3):
        try:
            optimizer.step()
        except RuntimeError as error:
            print(str(error)[-60:])
    for handle in handles:
        handle.remove()
    optimizer.step()


def subclasses(t):
    class Plain(t.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @t.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1

    required = optimizer_module(t).required
    optimizer = train(t, lambda params: Plain(params[:2], 0.1))
    optimizer.register_step_post_hook(lambda *args: print("stepped"))
    optimizer.step()
    print(optimizer, optimizer.state_dict())
    attempt(lambda: t.optim.Optimizer([t.zeros(1)], {"lr": required}))
    print(required)


def differentiable(t):
    for make in (lambda ps, lr: t.optim.SGD(ps, lr=lr, momentum=0.9, differentiable=True),
                 lambda ps, lr: t.optim.Adam(ps, lr=lr, differentiable=True)):
        start = t.tensor([1.0, 2.0], requires_grad=True)
        p = start.clone()
        optimizer = make([p], t.tensor(0.1, requires_grad=True))
        p.grad = (start * 3).detach()
        optimizer.step()
        p.sum().backward()
        print(optimizer.param_groups[0]["lr"].grad.shape, start.grad, p.detach())


SCHEDULES = {
    "StepLR": [{"step_size": 3}, {"step_size": 2, "gamma": 0.5}],
    "MultiStepLR": [{"milestones": [2, 5, 5]}],
    "LambdaLR": [{"lr_lambda": lambda epoch: 0.9 ** epoch}, {"lr_lambda": [lambda epoch: 1 / (epoch + 1), lambda epoch: epoch]}],
    "MultiplicativeLR": [{"lr_lambda": lambda epoch: 0.9}],
    "ExponentialLR": [{"gamma": 0.8}],
    "ConstantLR": [{}, {"factor": 0.5, "total_iters": 3}],
    "LinearLR": [{}, {"start_factor": 0.5, "end_factor": 0.1, "total_iters": 4}],
    "PolynomialLR": [{}, {"total_iters": 7, "power": 2.0}],
    "CosineAnnealingLR": [{"T_max": 4}, {"T_max": 5, "eta_min": 0.01}],
    "CosineAnnealingWarmRestarts": [{"T_0": 3}, {"T_0": 2, "T_mult": 2, "eta_min": 0.01}],
}


def two_groups(t):
    return t.optim.SGD([{"params": [t.nn.Parameter(t.zeros(1))], "lr": 0.3}, {"params": [t.nn.Parameter(t.zeros(1))]}], lr=0.1)


@pytest.mark.parametrize("name, options", [(name, options) for name, all_options in SCHEDULES.items() for options in all_options])
def test_schedules(name, options):
    def program(t):
        optimizer = two_groups(t)
        schedule = getattr(t.optim.lr_scheduler, name)(optimizer, **options)
        print(schedule.get_last_lr(), optimizer)
        for _ in range(11):
            optimizer.step()
            schedule.step()
            print(schedule.get_last_lr(), schedule.last_epoch)
        state = schedule.state_dict()
        print(state)
        schedule.step(4)
        print(schedule.get_last_lr())
        schedule.load_state_dict(state)
        schedule.step()
        print(schedule.get_last_lr(), optimizer)

    agree(program)


def schedule_messages(t):
    scheduler, optimizer = t.optim.lr_scheduler, two_groups(t)
    for action in (
        lambda: scheduler.StepLR(3, 1), lambda: scheduler.StepLR(two_groups(t), 1, last_epoch=3),
        lambda: scheduler.LambdaLR(optimizer, [lambda e: e]), lambda: scheduler.MultiplicativeLR(optimizer, 3),
        lambda: scheduler.ConstantLR(optimizer, factor=2), lambda: scheduler.LinearLR(optimizer, start_factor=0),
        lambda: scheduler.LinearLR(optimizer, end_factor=2), lambda: scheduler.CosineAnnealingWarmRestarts(optimizer, 0),
        lambda: scheduler.CosineAnnealingWarmRestarts(optimizer, 1, 0), lambda: scheduler.SequentialLR(optimizer, [], []),
        lambda: scheduler.ChainedScheduler([]), lambda: scheduler.ReduceLROnPlateau(optimizer, factor=2),
        lambda: scheduler.ReduceLROnPlateau(optimizer, mode="x"), lambda: scheduler.ReduceLROnPlateau(optimizer, threshold_mode="x"),
        lambda: scheduler.ReduceLROnPlateau(optimizer, min_lr=[1]), lambda: scheduler.LRScheduler(optimizer),
        lambda: scheduler.SequentialLR(optimizer, [scheduler.StepLR(optimizer, 1)], [3]),
        lambda: scheduler.StepLR(optimizer, 2).get_lr(), lambda: scheduler.StepLR(optimizer, 2).step(),
    ):
        attempt(action)


def schedules_together(t):
    scheduler, optimizer = t.optim.lr_scheduler, two_groups(t)
    warm = scheduler.ConstantLR(optimizer, 0.1, 2)
    sequence = scheduler.SequentialLR(optimizer, [warm, scheduler.ExponentialLR(optimizer, 0.9)], [3])
    for _ in range(6):
        optimizer.step()
        sequence.step()
        print(sequence.get_last_lr())
    state = sequence.state_dict()
    print(state)
    sequence.load_state_dict(state)
    optimizer = two_groups(t)
    chain = scheduler.ChainedScheduler([scheduler.ConstantLR(optimizer, 0.1, 2), scheduler.ExponentialLR(optimizer, 0.9)])
    for _ in range(4):
        optimizer.step()
        chain.step()
        print(chain.get_last_lr())
    print(chain.state_dict())


def plateaus(t):
    scheduler = t.optim.lr_scheduler
    metrics = [5.0, 4.0, 4.0, 4.0, 3.9999, 4.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    for options in ({"patience": 1}, {"patience": 1, "mode": "max"}, {"patience": 0, "threshold_mode": "abs", "threshold": 0.5},
                    {"patience": 1, "cooldown": 2, "min_lr": [0.01, 0.05]}, {"patience": 0, "mode": "max", "threshold_mode": "abs"}):
        optimizer = two_groups(t)
        schedule = scheduler.ReduceLROnPlateau(optimizer, **options)
        for metric in metrics:
            schedule.step(metric)
            print(schedule.get_last_lr(), schedule.num_bad_epochs)
        print(schedule.state_dict())


PROGRAMS = [tensor_rates, groups, errors, saving, closures, hooks, subclasses, differentiable, schedule_messages,
            schedules_together, plateaus]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_same(program):
    agree(program)


@pytest.mark.parametrize("name, options", [(name, options) for name, all_options in OPTIONS.items() for options in all_options])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_bit_of_many_numbers(name, options, dtype):
    rng = np.random.default_rng(3)
    start, *steps = (rng.standard_normal(1003) * 10.0 ** rng.integers(-4, 4, 1003) for _ in range(5))
    found = []
    for t, extra in ((torch, {"foreach": False}), (ctgrad, {})):
        p = t.nn.Parameter(t.tensor(start, dtype=getattr(t, dtype)))
        optimizer = getattr(t.optim, name)([p], **{"lr": 0.05, **options, **extra})
        for grad in steps:
            p.grad = t.tensor(grad, dtype=p.dtype)
            optimizer.step()
        found.append([p.detach().numpy(), *(value.numpy() for value in optimizer.state[p].values() if value is not None)])
    near = 0 if name == "SGD" or roots_are_rounded(dtype) else {"float32": 1e-5, "float64": 1e-13}[dtype]
    for theirs, ours in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=near, atol=near / 100)


ADAFACTOR = [{}, {"lr": 0.5, "d": 2.0, "beta2_decay": -0.5}, {"weight_decay": 0.1, "maximize": True}, {"eps": (1e-3, 0.1)}]
MUON = [{}, {"nesterov": False}, {"adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.5}, {"momentum": 0.5, "ns_steps": 3, "eps": 1e-3}, {"adjust_lr_fn": "original"}]


def walk(t, name, options, shapes, dtype, lr):
    """Where a few steps lead parameters of these shapes, with gradients that depend on the places; the last state."""
    rng = np.random.default_rng(5)
    params = [t.nn.Parameter(t.tensor(rng.standard_normal(shape), dtype=getattr(t, dtype))) for shape in shapes]
    aims = [t.tensor(rng.standard_normal(shape), dtype=getattr(t, dtype)) for shape in shapes]
    optimizer = getattr(t.optim, name)(params, **{"lr": lr, **options})
    for step in range(6):
        optimizer.zero_grad()
        sum(((p - aim) ** 3).abs().sum() for p, aim in zip(params, aims)).backward()
        optimizer.step()
        if step == 3:  # a copy goes on from the saved state
            optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return [p.detach().numpy() for p in params], optimizer


@pytest.mark.parametrize("name, options, dtype", [("Adafactor", options, dtype) for options in ADAFACTOR for dtype in ("float32", "float64")]
                         + [("Muon", options, "float32") for options in MUON])
def test_walks(name, options, dtype):
    shapes = [(4, 3), (3, 4), (8, 8), (1, 5)] + [(5,), (), (2, 3, 4)] * (name == "Adafactor")
    (theirs, their_optimizer), (ours, our_optimizer) = (walk(t, name, options, shapes, dtype, 0.1) for t in (torch, ctgrad))
    tolerance = {"Muon": 0.02, "Adafactor": 2e-6 if dtype == "float32" else 1e-13}[name]  # Muon rounds to 8 bits on its way
    for a, b in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance)
    assert repr(our_optimizer) == repr(their_optimizer)
    a, b = their_optimizer.state_dict(), our_optimizer.state_dict()
    assert a["param_groups"] == b["param_groups"] and a["state"].keys() == b["state"].keys()
    for place in a["state"]:
        assert a["state"][place].keys() == b["state"][place].keys()
        for key, value in a["state"][place].items():
            np.testing.assert_allclose(b["state"][place][key].numpy(), value.numpy(), rtol=max(tolerance, 1e-5), atol=tolerance, err_msg=key)


def test_one_step_of_muon_is_exact():
    for shape in ((4, 3), (3, 4), (8, 8), (1, 5)):
        found = []
        for t in (torch, ctgrad):
            p = t.nn.Parameter(t.zeros(shape))
            p.grad = t.tensor(np.random.default_rng(1).standard_normal(shape), dtype=t.float32)
            t.optim.Muon([p], lr=1.0).step()
            found.append(p.detach().numpy())
        np.testing.assert_allclose(found[1], found[0], rtol=2 ** -7, atol=2 ** -9)  # one unit of bfloat16


def factored_errors(t):
    optim, p, m = t.optim, t.nn.Parameter(t.zeros(2)), t.nn.Parameter(t.zeros(2, 2))
    for action in (
        lambda: optim.Adafactor([p], lr=-1), lambda: optim.Adafactor([p], lr=t.zeros(2)), lambda: optim.Adafactor([p], beta2_decay=1), lambda: optim.Adafactor([p], eps=(-1, 1)),
        lambda: optim.Adafactor([p], eps=(None, -1)), lambda: optim.Adafactor([p], d=0.5), lambda: optim.Adafactor([p], weight_decay=-1), lambda: optim.Adafactor([]),
        lambda: optim.Muon([p]), lambda: optim.Muon([m, p]), lambda: optim.Muon([m], lr=-1), lambda: optim.Muon([m], lr=t.zeros(2)), lambda: optim.Muon([m], momentum=-1),
        lambda: optim.Muon([m], weight_decay=-1), lambda: optim.Muon([m], adjust_lr_fn="x"), lambda: optim.Muon([m]).defaults, lambda: optim.Adafactor([p]).defaults,
        lambda: optim.Muon([m]).step(), lambda: optim.Adafactor([m]).step(lambda: 3),
    ):
        attempt(action)
    m.grad = t.ones(2, 2)
    for options in ({"ns_steps": 100}, {"ns_coefficients": (1, 2)}):
        attempt(optim.Muon([m], **options).step)
    print(m, optim.Muon([m]).state_dict())


def test_errors_of_factored():
    agree(factored_errors)
