"""Masks on parameters."""

import copy
import pickle

import ctgrad
import pytest
from ctgrad import nn
from ctgrad.nn.utils import prune

SOME = ctgrad.tensor([[1.0, -4.0, 2.0], [-3.0, 0.5, 6.0]])


def layer():
    made = nn.Linear(3, 2)
    made.weight.data = SOME.clone()
    return made


@pytest.mark.parametrize("take, mask", [
    (lambda m: prune.identity(m, "weight"), [[1, 1, 1], [1, 1, 1]]), (lambda m: prune.l1_unstructured(m, "weight", 2), [[0, 1, 1], [1, 0, 1]]),
    (lambda m: prune.l1_unstructured(m, "weight", 0.5), [[0, 1, 0], [1, 0, 1]]), (lambda m: prune.l1_unstructured(m, "weight", 1, importance_scores=1 / SOME), [[1, 1, 1], [1, 1, 0]]),
    (lambda m: prune.ln_structured(m, "weight", 1, 2, 0), [[0, 0, 0], [1, 1, 1]]), (lambda m: prune.ln_structured(m, "weight", 0.34, 1, -1), [[0, 1, 1], [0, 1, 1]]),
    (lambda m: prune.custom_from_mask(m, "weight", SOME > 0), [[1, 0, 1], [0, 1, 1]]),
])
def test_what_is_taken_out(take, mask):
    module, weight = layer(), SOME.clone()
    parameter = module.weight
    assert take(module) is module and prune.is_pruned(nn.Sequential(module))
    mask = ctgrad.tensor(mask, dtype=ctgrad.float32)
    assert ctgrad.equal(module.weight_mask, mask) and module.weight_orig is parameter and ctgrad.equal(module.weight, weight * mask)
    module(ctgrad.ones(1, 3)).sum().backward()
    assert ctgrad.equal(parameter.grad, mask)
    with ctgrad.no_grad():
        parameter.fill_(1)
    module(ctgrad.ones(1, 3))
    assert ctgrad.equal(module.weight, mask) and ctgrad.equal(pickle.loads(pickle.dumps(module)).weight, mask)
    assert prune.remove(module, "weight").weight is parameter and ctgrad.equal(parameter, mask) and not prune.is_pruned(module)
    assert set(module.state_dict()) == {"weight", "bias"}


def test_random_elements_and_slices():
    module = prune.random_unstructured(nn.Linear(10, 10), "weight", 0.3)
    assert module.weight_mask.sum() == 70
    module = prune.random_structured(nn.Conv2d(4, 6, 3), "weight", 2, dim=1)
    assert sorted(module.weight_mask.sum((0, 2, 3)).tolist()) == [0, 0, 54, 54]
    assert prune.random_unstructured(nn.Linear(2, 2), "bias", 0).bias_mask.tolist() == [1, 1]


def test_one_method_after_another():
    module = prune.l1_unstructured(layer(), "weight", 2)
    prune.ln_structured(module, "weight", 1, 1, 1)
    hook, = module._forward_pre_hooks.values()
    assert isinstance(hook, prune.PruningContainer) and [type(m).__name__ for m in hook] == ["L1Unstructured", "LnStructured"] and len(hook) == 2
    assert module.weight_mask.tolist() == [[0, 1, 1], [0, 0, 1]]
    prune.l1_unstructured(module, "weight", 1)
    assert module.weight_mask.tolist() == [[0, 1, 0], [0, 0, 1]] and len(module._forward_pre_hooks) == 1
    with pytest.raises(ValueError, match="acting on the parameter"):
        hook.add_pruning_method(prune.Identity())


def test_several_tensors_as_one():
    one, two = layer(), nn.Linear(3, 2)
    two.weight.data = SOME * 10
    prune.global_unstructured([(one, "weight"), (two, "weight")], prune.L1Unstructured, amount=7)
    assert one.weight_mask.sum() == 0 and two.weight_mask.sum() == 5
    with pytest.raises(TypeError, match="unstructured"):
        prune.global_unstructured([(one, "weight")], prune.LnStructured, amount=1, n=2)
    assert ctgrad.equal(prune.L1Unstructured(1).prune(ctgrad.tensor([3.0, -1.0])), ctgrad.tensor([3.0, -0.0]))


@pytest.mark.parametrize("take, error", [
    (lambda m: prune.l1_unstructured(m, "weight", 7), ValueError), (lambda m: prune.l1_unstructured(m, "weight", 1.5), ValueError),
    (lambda m: prune.l1_unstructured(m, "weight", -1), ValueError), (lambda m: prune.l1_unstructured(m, "weight", "all"), TypeError),
    (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), ValueError), (lambda m: prune.ln_structured(m, "weight", 1, 2, 2), IndexError),
    (lambda m: prune.custom_from_mask(m, "weight", ctgrad.ones(2)), AssertionError), (lambda m: prune.remove(m, "weight"), ValueError),
])
def test_a_refusal_leaves_the_module_as_it_was(take, error):
    module = layer()
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(error):
        take(module)
    assert list(module.state_dict()) == list(before) and ctgrad.equal(module.weight, before["weight"]) and not prune.is_pruned(module)
