"""Layers, losses and initialisation against their definitions in NumPy."""

import math

import ctgrad
import numpy as np
import pytest
from ctgrad import nn
from ctgrad.nn import functional as F


def array(tensor):
    return tensor.detach().numpy()


# --- layers ---

def test_linear_starts_with_the_numbers_of_the_seed():
    ctgrad.manual_seed(7)
    layer = nn.Linear(3, 2)
    weight = [[0.04032507538795471, -0.3477921187877655, 0.18384182453155518],
              [0.1811612844467163, -0.3085803687572479, -0.0865316316485405]]
    assert layer.weight.tolist() == weight and layer.bias.tolist() == [-0.33822792768478394, 0.1498066484928131]
    ctgrad.manual_seed(7)
    table = nn.Embedding(3, 2, padding_idx=1)
    assert table.weight.tolist() == [[-0.1467950940132141, 0.7861412763595581], [0.0, 0.0],
                                     [1.6907901763916016, -0.8948279023170471]]


def test_linear_is_a_product():
    layer, x = nn.Linear(3, 2), ctgrad.randn(4, 5, 3)
    assert np.allclose(array(layer(x)), array(x) @ array(layer.weight).T + array(layer.bias), atol=1e-6)
    assert nn.Linear(3, 2, bias=False).bias is None
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        nn.Linear(4, 2)(ctgrad.zeros(2, 3))


@pytest.mark.parametrize("options, share", [
    ({}, [1, 3, 1, 0]), ({"padding_idx": 1}, [1, 0, 1, 0]), ({"scale_grad_by_freq": True}, [1, 1, 1, 0]),
])
def test_embedding(options, share):
    layer = nn.Embedding(4, 2, **options)
    index = ctgrad.tensor([1, 0, 1, 2, 1])
    out = layer(index)
    assert np.array_equal(array(out), array(layer.weight)[array(index)])
    out.sum().backward()
    assert layer.weight.grad.tolist() == [[float(s)] * 2 for s in share]


def test_embedding_shares_its_weight_with_a_linear():
    table, out = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
    out.weight = table.weight
    index = ctgrad.tensor([1, 4])
    out(table(index)).sum().backward()
    weight = array(table.weight)
    expected = np.zeros((5, 3)) + weight[[1, 4]].sum(0)
    np.add.at(expected, [1, 4], weight.sum(0))
    assert np.allclose(array(table.weight.grad), expected, atol=1e-5)


@pytest.mark.parametrize("index", [4, -1])
def test_embedding_refuses_wrong_indices(index):
    with pytest.raises(IndexError, match="index out of range"):
        nn.Embedding(4, 2)(ctgrad.tensor([index]))


ACTIVATIONS = {
    "ReLU": lambda x: np.maximum(x, 0), "Tanh": np.tanh, "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "SiLU": lambda x: x / (1 + np.exp(-x)), "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(x)), "Softplus": lambda x: np.log1p(np.exp(x)),
    "LogSigmoid": lambda x: -np.log1p(np.exp(-x)), "Softsign": lambda x: x / (1 + np.abs(x)),
    "Tanhshrink": lambda x: x - np.tanh(x), "GELU": lambda x: x * np.vectorize(lambda v: (1 + math.erf(v / 2 ** 0.5)) / 2)(x),
    "Identity": lambda x: x, "Flatten": lambda x: x.reshape(len(x), -1),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    x = ctgrad.linspace(-3, 3, 24, dtype=ctgrad.float64).reshape(2, 3, 4).requires_grad_()
    layer = getattr(nn, name)()
    assert np.allclose(array(layer(x)), ACTIVATIONS[name](array(x)), atol=1e-12)
    assert ctgrad.autograd.gradcheck(layer, (x,))


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax(dim):
    x = ctgrad.randn(3, 4, dtype=ctgrad.float64).requires_grad_()
    exp = np.exp(array(x))
    expected = exp / exp.sum(dim, keepdims=True)
    assert np.allclose(array(nn.Softmax(dim)(x)), expected)
    assert np.allclose(array(nn.LogSoftmax(dim)(x)), np.log(expected))
    assert ctgrad.autograd.gradcheck(nn.LogSoftmax(dim), (x,))


def test_softmax_without_dim_warns():
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        assert np.allclose(array(nn.Softmax()(ctgrad.zeros(2, 4))), 0.25)


def test_layer_norm():
    x = ctgrad.randn(5, 3, 4, dtype=ctgrad.float64).requires_grad_()
    layer = nn.LayerNorm((3, 4), dtype=ctgrad.float64)
    flat = array(x).reshape(5, 12)
    expected = (flat - flat.mean(1, keepdims=True)) / np.sqrt(flat.var(1, keepdims=True) + 1e-5)
    assert np.allclose(array(layer(x)).reshape(5, 12), expected)
    assert ctgrad.autograd.gradcheck(layer, (x,))
    with pytest.raises(RuntimeError, match="Given normalized_shape"):
        layer(ctgrad.zeros(2, 4))


def test_dropout():
    ctgrad.manual_seed(7)
    out = nn.Dropout(0.3)(ctgrad.ones(10))
    kept = [1, 1, 0, 1, 0, 0, 1, 1, 0, 0]
    assert np.allclose(array(out), np.array(kept) / 0.7)
    x = ctgrad.ones(3)
    assert nn.Dropout().eval()(x) is x and F.dropout(x, 1.0).tolist() == [0.0] * 3
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got 2"):
        nn.Dropout(2)


# --- losses ---

def softmax(x):
    exp = np.exp(x - x.max(1, keepdims=True))
    return exp / exp.sum(1, keepdims=True)


def reduced(values, reduction):
    return {"none": values, "sum": values.sum(), "mean": values.mean()}[reduction]


LOSSES = {
    "mse_loss": lambda x, y: (x - y) ** 2,
    "l1_loss": lambda x, y: np.abs(x - y),
    "smooth_l1_loss": lambda x, y: np.where(np.abs(x - y) < 1, (x - y) ** 2 / 2, np.abs(x - y) - 0.5),
    "huber_loss": lambda x, y: np.where(np.abs(x - y) < 1, (x - y) ** 2 / 2, np.abs(x - y) - 0.5),
    "binary_cross_entropy_with_logits": lambda x, y: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) - x * y,
    "kl_div": lambda x, y: np.where(y > 0, y * np.log(np.where(y > 0, y, 1)), 0) - y * x,
}


@pytest.mark.filterwarnings("ignore:reduction")
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_elementwise_loss(name, reduction):
    x = ctgrad.randn(3, 4, dtype=ctgrad.float64).requires_grad_()
    y = ctgrad.rand(3, 4, dtype=ctgrad.float64)
    y[0, 0] = 0.0

    def loss(x):
        return getattr(F, name)(x, y, reduction=reduction)

    assert np.allclose(array(loss(x)), reduced(LOSSES[name](array(x), array(y)), reduction))
    assert ctgrad.autograd.gradcheck(loss, (x,))


def test_binary_cross_entropy_is_cut():
    x = ctgrad.tensor([0.0, 1.0, 0.25])
    y = ctgrad.tensor([1.0, 1.0, 1.0])
    assert np.allclose(array(F.binary_cross_entropy(x, y, reduction="none")), [100.0, 0.0, math.log(4)])
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(x + 1, y)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_and_nll(reduction, weighted):
    x = ctgrad.randn(5, 4, dtype=ctgrad.float64).requires_grad_()
    target = ctgrad.tensor([0, 3, -100, 1, 1])
    weight = ctgrad.tensor([1.0, 2.0, 0.5, 3.0], dtype=ctgrad.float64) if weighted else None
    used = array(target) >= 0
    classes = np.where(used, array(target), 0)
    weights = np.where(used, array(weight)[classes] if weighted else 1.0, 0.0)
    expected = -np.log(softmax(array(x)))[np.arange(5), classes] * weights
    if reduction != "none":
        expected = expected.sum() / (weights.sum() if reduction == "mean" else 1)

    def loss(x):
        return F.cross_entropy(x, target, weight=weight, reduction=reduction)

    assert np.allclose(array(loss(x)), expected)
    assert np.allclose(array(F.nll_loss(x.log_softmax(1), target, weight=weight, reduction=reduction)), expected)
    assert ctgrad.autograd.gradcheck(loss, (x,))


def test_cross_entropy_of_probabilities_and_smoothing():
    x = ctgrad.randn(3, 4, dtype=ctgrad.float64).requires_grad_()
    target = ctgrad.tensor([1, 0, 3])
    log_p = np.log(softmax(array(x)))
    one_hot = np.eye(4)[array(target)]
    smooth = 0.9 * one_hot + 0.1 / 4
    assert np.allclose(F.cross_entropy(x, ctgrad.tensor(one_hot)).item(), -(log_p * one_hot).sum() / 3)
    assert np.allclose(F.cross_entropy(x, target, label_smoothing=0.1).item(), -(log_p * smooth).sum() / 3)
    assert np.allclose(F.cross_entropy(x, ctgrad.tensor(one_hot), label_smoothing=0.1).item(), -(log_p * smooth).sum() / 3)


def test_cross_entropy_over_more_dimensions():
    x, target = ctgrad.randn(2, 4, 3, 5), ctgrad.randint(0, 4, (2, 3, 5))
    flat = F.cross_entropy(x.permute(0, 2, 3, 1).reshape(-1, 4), target.reshape(-1))
    assert np.allclose(F.cross_entropy(x, target).item(), flat.item())
    assert F.cross_entropy(x, target, reduction="none").shape == (2, 3, 5)


@pytest.mark.parametrize("target, error, message", [
    ([1, 7], IndexError, "Target 7 is out of bounds"), ([1, -1], IndexError, "Target -1 is out of bounds"),
    ([1, 2, 3], ValueError, r"Expected input batch_size \(2\) to match target batch_size \(3\)"),
    ([1.0, 2.0], RuntimeError, "expected target dtype to be Long or Byte, but got Float"),
    ([[1], [2]], RuntimeError, "multi-target not supported"),
])
def test_nll_errors(target, error, message):
    with pytest.raises(error, match=message):
        F.nll_loss(ctgrad.zeros(2, 4), ctgrad.tensor(target))


def test_all_targets_ignored():
    x, target = ctgrad.zeros(2, 3, requires_grad=True), ctgrad.tensor([-100, -100])
    assert math.isnan(F.nll_loss(x, target).item())
    F.nll_loss(x, target, reduction="sum").backward()
    assert x.grad.tolist() == [[0.0] * 3] * 2


def test_losses_warn_of_different_sizes():
    with pytest.warns(UserWarning, match="different to the input size"):
        assert nn.MSELoss()(ctgrad.zeros(2, 3), ctgrad.ones(3)).item() == 1.0
    with pytest.warns(UserWarning, match="please use reduction='sum'"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with pytest.raises(ValueError, match="x is not a valid value for reduction"):
        F.mse_loss(ctgrad.zeros(2), ctgrad.zeros(2), reduction="x")


# --- initialisation and helpers ---

@pytest.mark.parametrize("fill, bound", [
    (nn.init.xavier_uniform_, math.sqrt(6 / 50)), (nn.init.kaiming_uniform_, math.sqrt(6 / 30)),
    (lambda w: nn.init.kaiming_uniform_(w, mode="fan_out", nonlinearity="linear"), math.sqrt(3 / 20)),
])
def test_uniform_bounds(fill, bound):
    weight = nn.Parameter(ctgrad.empty(20, 30))
    assert fill(weight) is weight and weight.is_leaf
    largest = np.abs(array(weight)).max()
    assert 0.9 * bound < largest < bound


@pytest.mark.parametrize("fill, std", [
    (nn.init.xavier_normal_, math.sqrt(2 / 500)), (nn.init.kaiming_normal_, math.sqrt(2 / 300)), (nn.init.normal_, 1.0),
])
def test_normal_deviations(fill, std):
    weight = fill(ctgrad.empty(200, 300))
    assert abs(array(weight).std() / std - 1) < 0.02


def test_init_errors():
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_uniform_(ctgrad.empty(3))
    with pytest.raises(ValueError, match="Unsupported nonlinearity x"):
        nn.init.calculate_gain("x")
    with pytest.warns(UserWarning, match="zero-element"):
        nn.init.kaiming_uniform_(ctgrad.empty(0, 3))
    with pytest.warns(FutureWarning, match="nn.init.xavier_uniform_"):
        nn.init.xavier_uniform(ctgrad.empty(2, 2))


def test_truncated_normal_stays_inside():
    for bounds in ((-1.0, 1.0), (2.0, 3.0)):
        weight = array(nn.init.trunc_normal_(ctgrad.empty(2000), 0.0, 1.0, *bounds))
        assert weight.min() >= bounds[0] and weight.max() <= bounds[1]


def test_gradient_clipping():
    parameters = [nn.Parameter(ctgrad.zeros(2)), nn.Parameter(ctgrad.zeros(1)), nn.Parameter(ctgrad.zeros(1))]
    parameters[0].grad, parameters[1].grad = ctgrad.tensor([3.0, 0.0]), ctgrad.tensor([4.0])
    assert nn.utils.clip_grad_norm_(parameters, 10.0).item() == 5.0 and parameters[1].grad.item() == 4.0
    assert nn.utils.clip_grad_norm_(parameters, 1.0).item() == 5.0
    assert np.allclose(array(parameters[0].grad), [0.6, 0.0], atol=1e-5)
    nn.utils.clip_grad_value_(parameters, 0.5)
    assert np.allclose(array(parameters[1].grad), [0.5]) and parameters[2].grad is None


def test_parameters_as_a_vector():
    layer = nn.Linear(2, 1)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (3,) and vector.requires_grad
    nn.utils.vector_to_parameters(ctgrad.tensor([1.0, 2.0, 3.0]), layer.parameters())
    assert layer.weight.tolist() == [[1.0, 2.0]] and layer.bias.tolist() == [3.0]


def test_batch_norm_of_nothing():
    for shape in ((0,), (0, 3), (3, 0, 2)):
        for training in (True, False):
            assert nn.functional.batch_norm(ctgrad.empty(shape), None, None, training=training).shape == shape


def test_batch_norm_of_which_the_bias_alone_learns():
    for weight in (None, ctgrad.ones(3)):
        bias = ctgrad.zeros(3, requires_grad=True)
        for training in (False, True):
            bias.grad = None
            F.batch_norm(ctgrad.randn(4, 3, 2), ctgrad.zeros(3), ctgrad.ones(3), weight, bias, training=training).sum().backward()
            assert bias.grad.tolist() == [8.0, 8.0, 8.0]
