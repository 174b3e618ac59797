"""Weights that are computed from others: parametrizations, weight and spectral norms, folded batch norms."""

import copy
import pickle

import ctgrad
import numpy as np
import pytest
from ctgrad import nn
from ctgrad.nn.utils import parametrizations, parametrize


class Doubled(nn.Module):
    calls = 0

    def forward(self, x):
        Doubled.calls += 1
        return x * 2

    def right_inverse(self, x):
        return x / 2


class Product(nn.Module):
    def forward(self, a, b):
        return a.unsqueeze(1) * b

    def right_inverse(self, x):
        return x[:, 0].clone(), ctgrad.ones(x.size(1))


class Widened(nn.Module):
    def forward(self, x):
        return ctgrad.cat([x, x])


def test_a_parametrized_weight_is_computed_when_read():
    layer = nn.Linear(3, 2)
    weight = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert ctgrad.equal(layer.weight, weight) and ctgrad.equal(layer.parametrizations.weight.original, weight / 2)
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    layer(ctgrad.ones(1, 3)).sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[2.0] * 3] * 2
    layer.weight = ctgrad.ones(2, 3)
    assert layer.parametrizations.weight.original.tolist() == [[0.5] * 3] * 2
    twin = copy.deepcopy(layer)
    assert ctgrad.equal(twin.weight, layer.weight) and twin.parametrizations.weight.original is not layer.parametrizations.weight.original
    with pytest.raises(RuntimeError, match="state_dict"):
        pickle.dumps(layer)


def test_what_is_cached_is_computed_once():
    layer = parametrize.register_parametrization(nn.Linear(3, 2), "weight", Doubled())
    Doubled.calls = 0
    with parametrize.cached(), parametrize.cached():
        assert layer.weight is layer.weight and Doubled.calls == 1
    assert layer.weight is not layer.weight and Doubled.calls == 3


def test_parametrizations_follow_each_other_and_are_removed():
    layer = nn.Linear(2, 2)
    bias, original = layer.bias, layer.weight
    for _ in range(2):
        parametrize.register_parametrization(layer, "weight", Doubled())
    parametrize.register_parametrization(layer, "bias", Doubled())
    assert parametrize.is_parametrized(layer) and parametrize.is_parametrized(layer, "bias") and parametrize.type_before_parametrizations(layer) is nn.Linear
    now = layer.weight.detach()
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is original and ctgrad.equal(layer.weight, now)
    parametrize.remove_parametrizations(layer, "bias", leave_parametrized=False)
    assert layer.bias is bias and type(layer) is nn.Linear and not hasattr(layer, "parametrizations")


def test_several_originals():
    layer = parametrize.register_parametrization(nn.Linear(3, 2, bias=False), "weight", Product())
    assert [name for name, _ in layer.named_parameters()] == ["parametrizations.weight.original0", "parametrizations.weight.original1"]
    with pytest.raises(ValueError, match="sequence of tensors"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    other = parametrize.transfer_parametrizations_and_params(layer, nn.Linear(3, 2, bias=False))
    assert ctgrad.equal(other.weight, layer.weight)
    parametrize.remove_parametrizations(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter) and layer.weight.is_leaf


def test_a_parametrization_keeps_shape_and_dtype():
    with pytest.raises(ValueError, match="may not change the shape"):
        parametrize.register_parametrization(nn.Linear(2, 2), "weight", Widened())
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Widened(), unsafe=True)
    assert layer.weight.shape == (4, 2)
    with pytest.raises(ValueError, match="does not have a parameter"):
        parametrize.register_parametrization(layer, "missing", Doubled())
    with pytest.raises(RuntimeError, match="right_inverse"):
        layer.weight = ctgrad.ones(4, 2)


@pytest.mark.parametrize("dim, norm", [(0, lambda w: np.sqrt((w ** 2).sum(1, keepdims=True))), (1, lambda w: np.sqrt((w ** 2).sum(0, keepdims=True))),
                                       (None, lambda w: np.sqrt((w ** 2).sum()))])
@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_weight_norm(dim, norm):
    layer = nn.Linear(3, 2)
    weight = layer.weight.detach().numpy().copy()
    former = nn.utils.weight_norm(copy.deepcopy(layer), dim=dim)
    present = parametrizations.weight_norm(layer, dim=dim)
    present.load_state_dict(former.state_dict())
    for module, g in ((former, former.weight_g), (present, present.parametrizations.weight.original0)):
        assert np.allclose(module.weight.detach().numpy(), weight, atol=1e-6) and np.allclose(g.detach().numpy(), norm(weight))
        with ctgrad.no_grad():
            g.mul_(2)
        module(ctgrad.ones(1, 3))
        assert np.allclose(module.weight.detach().numpy(), 2 * weight, atol=1e-6)
    with pytest.raises(RuntimeError, match="two weight_norm hooks"):
        nn.utils.weight_norm(former)
    assert list(nn.utils.remove_weight_norm(former).state_dict()) == ["bias", "weight"]
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_weight_norm(former)


@pytest.mark.parametrize("make", [nn.utils.spectral_norm, parametrizations.spectral_norm])
@pytest.mark.parametrize("layer, x", [(lambda: nn.Linear(4, 3), (2, 4)), (lambda: nn.ConvTranspose2d(3, 2, 2), (1, 3, 4, 4))])
def test_spectral_norm(make, layer, x):
    module = make(layer(), n_power_iterations=40)
    module(ctgrad.randn(*x))
    weight = module.weight.detach().numpy()
    matrix = weight.reshape(weight.shape[0], -1) if weight.ndim == 2 else weight.swapaxes(0, 1).reshape(weight.shape[1], -1)
    assert np.isclose(np.linalg.svd(matrix)[1][0], 1, atol=1e-4)
    (module(ctgrad.randn(*x)).sum() - module(ctgrad.randn(*x)).sum()).backward()  # u and v of the first forward are still there
    module.eval()
    assert ctgrad.equal(module(ctgrad.ones(*x)), module(ctgrad.ones(*x)))


def test_spectral_norm_comes_off_and_refuses():
    module = nn.utils.spectral_norm(nn.Linear(4, 3))
    assert set(module.state_dict()) == {"bias", "weight_orig", "weight_u", "weight_v"} and pickle.loads(pickle.dumps(module)).weight_u.shape == (3,)
    with pytest.raises(RuntimeError, match="two spectral_norm hooks"):
        nn.utils.spectral_norm(module)
    assert not nn.utils.remove_spectral_norm(module)._forward_pre_hooks and not module._state_dict_hooks
    with pytest.raises(ValueError, match="positive"):
        parametrizations.spectral_norm(module, n_power_iterations=0)
    with pytest.raises(ValueError, match="uninitialized"):
        nn.utils.spectral_norm(nn.LazyLinear(3))


@pytest.mark.parametrize("layer, norm, x", [
    (lambda: nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d, (2, 2, 4, 4)), (lambda: nn.ConvTranspose1d(2, 3, 2), nn.BatchNorm1d, (2, 2, 4)),
    (lambda: nn.Linear(2, 3), nn.BatchNorm1d, (5, 2)),
])
def test_a_folded_batch_norm(layer, norm, x):
    layer, norm, x = layer(), norm(3), ctgrad.randn(*x)
    norm(layer(x))
    with pytest.raises(AssertionError, match="eval"):
        nn.utils.fuse_conv_bn_eval(layer, norm)
    layer.eval(), norm.eval()
    nn.init.uniform_(norm.weight)
    linear = isinstance(layer, nn.Linear)
    fused = nn.utils.fuse_linear_bn_eval(layer, norm) if linear else nn.utils.fuse_conv_bn_eval(layer, norm, isinstance(layer, nn.ConvTranspose1d))
    assert ctgrad.allclose(fused(x), norm(layer(x)), atol=1e-5) and type(fused) is type(layer)


def test_skip_init_draws_nothing():
    state = ctgrad.get_rng_state()
    layer = nn.utils.skip_init(nn.Linear, 3, 2)
    assert layer.weight.shape == (2, 3) and isinstance(layer.weight, nn.Parameter) and ctgrad.equal(ctgrad.get_rng_state(), state)
    with pytest.raises(RuntimeError, match="'device'"):
        nn.utils.skip_init(nn.ReLU)


def test_a_prefix_comes_off_a_state():
    state = nn.Sequential(nn.BatchNorm1d(2)).state_dict(prefix="module.")
    nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    assert "0.running_mean" in state and state._metadata["0"]["version"] == 2
    nn.Sequential(nn.BatchNorm1d(2)).load_state_dict(state)


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 4, 3)])
def test_an_orthogonal_weight_stays_so(shape, how, trivial):
    ctgrad.manual_seed(0)
    holder = nn.Module()
    holder.weight = nn.Parameter(ctgrad.randn(shape, dtype=ctgrad.float64))
    if not trivial and how != "householder":
        with pytest.raises(NotImplementedError, match="use_trivialization"):
            parametrizations.orthogonal(holder, orthogonal_map=how, use_trivialization=False).weight = ctgrad.ones(shape, dtype=ctgrad.float64)
        return
    parametrizations.orthogonal(holder, orthogonal_map=how, use_trivialization=trivial)
    opt = ctgrad.optim.SGD(holder.parameters(), lr=0.05)

    def far():
        return (holder.weight - 1).pow(2).sum()

    before = far().item()
    for _ in range(5):
        opt.zero_grad()
        far().backward()
        opt.step()
    w = holder.weight.detach()
    q = w if shape[-2] >= shape[-1] else w.mT
    np.testing.assert_allclose((q.mT @ q).numpy(), np.broadcast_to(np.eye(min(shape[-2:])), (*shape[:-2], *[min(shape[-2:])] * 2)), atol=1e-12)
    assert far().item() < before
    holder.weight = w
    np.testing.assert_allclose(holder.weight.detach().numpy(), w.numpy(), atol=1e-12)


def test_what_cannot_be_orthogonal():
    for make, text in (
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), "bias"), "Expected a matrix"),
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), "w"), "no parameter or buffer"),
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr"), "has to be one of"),
    ):
        with pytest.raises(ValueError, match=text):
            make()
    layer = nn.Linear(3, 4)
    parametrizations.orthogonal(layer, "weight")
    with pytest.raises(ValueError, match="of shape"):
        layer.weight = ctgrad.randn(5, 5)
