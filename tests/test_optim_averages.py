"""Averages of models, and the rate that goes with them."""

import ctgrad
import pytest
from ctgrad import nn
from ctgrad.optim import SGD
from ctgrad.optim.swa_utils import SWALR, AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_multi_avg_fn, update_bn


def shown(average, values):
    for value in values:
        model = nn.Linear(1, 1)
        nn.init.constant_(model.weight, value)
        average.update_parameters(model)
    return average.module.weight.item()


@pytest.mark.parametrize("options, expected", [
    ({}, 7 / 3), ({"multi_avg_fn": get_swa_multi_avg_fn()}, 7 / 3), ({"avg_fn": get_ema_avg_fn(0.5)}, 2.75), ({"multi_avg_fn": get_ema_multi_avg_fn(0.5)}, 2.75),
])
def test_an_averaged_model(options, expected):
    model = nn.Linear(1, 1)
    average = AveragedModel(model, **options)
    assert shown(average, [1.0, 2.0, 4.0]) == pytest.approx(expected) and average.n_averaged == 3 and average.module is not model
    twin = AveragedModel(model, **options)
    twin.load_state_dict(average.state_dict())
    assert ctgrad.equal(twin(ctgrad.ones(1, 1)), average(ctgrad.ones(1, 1)))
    with pytest.raises(AssertionError):
        AveragedModel(model, avg_fn=get_ema_avg_fn(), multi_avg_fn=get_ema_multi_avg_fn())
    with pytest.raises(ValueError, match="decay"):
        get_ema_avg_fn(1.5)


@pytest.mark.parametrize("use_buffers", [False, True])
def test_buffers(use_buffers):
    model = nn.BatchNorm1d(1)
    average = AveragedModel(model, use_buffers=use_buffers)
    for mean in (2.0, 4.0):
        model.running_mean.fill_(mean)
        average.update_parameters(model)
    assert average.module.running_mean.item() == (3 if use_buffers else 4)


def test_statistics_of_one_pass():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3)).eval()
    batches = [ctgrad.randn(4, 2) for _ in range(3)]
    update_bn([(batch, None) for batch in batches], model)
    assert ctgrad.allclose(model[0].running_mean, ctgrad.stack(batches).mean((0, 1)), atol=1e-6) and model[0].momentum == 0.3 and not model.training


@pytest.mark.parametrize("strategy, expected", [("linear", [0.8, 0.6, 0.4, 0.2, 0.2]), ("cos", [0.8828, 0.6, 0.3172, 0.2, 0.2])])
def test_swa_rate(strategy, expected):
    optimizer = SGD([ctgrad.zeros(1, requires_grad=True)], lr=1.0)
    schedule = SWALR(optimizer, 0.2, anneal_epochs=4, anneal_strategy=strategy)
    seen = []
    for _ in expected:
        optimizer.step()
        schedule.step()
        seen += schedule.get_last_lr()
    assert seen == pytest.approx(expected, abs=1e-4)
    for bad in ({"anneal_strategy": "steps"}, {"anneal_epochs": -1}, {"swa_lr": [0.1, 0.2]}):
        with pytest.raises(ValueError):
            SWALR(optimizer, **{"swa_lr": 0.1, **bad})
