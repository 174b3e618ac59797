"""Layers, losses, initialisation and helpers beside PyTorch's: the same programs must print the same, warn of the same and
raise the same."""

import pytest
from sidebyside import agree, attempt


def initial_values(t):
    nn = t.nn
    for make in (lambda: nn.Linear(3, 2), lambda: nn.Linear(3, 2, bias=False), lambda: nn.Linear(40, 17),
                 lambda: nn.Linear(5, 5, dtype=t.float64), lambda: nn.Embedding(4, 3), lambda: nn.Embedding(50, 7, padding_idx=3),
                 lambda: nn.Bilinear(2, 3, 4), lambda: nn.LayerNorm((2, 3)), lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))):
        t.manual_seed(7)
        print([(name, value.tolist()) for name, value in make().state_dict().items()])


def initialisers(t):
    init = t.nn.init
    for shape in ((3, 4), (20, 5, 2), (1, 1)):
        for fill in (init.uniform_, init.normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
                     init.kaiming_normal_, init.ones_, init.zeros_, init.trunc_normal_,
                     lambda w: init.uniform_(w, -2, 3), lambda w: init.normal_(w, 1, 0.1), lambda w: init.constant_(w, 0.3),
                     lambda w: init.xavier_uniform_(w, gain=init.calculate_gain("tanh")),
                     lambda w: init.kaiming_uniform_(w, a=5 ** 0.5), lambda w: init.kaiming_normal_(w, mode="fan_out"),
                     lambda w: init.kaiming_uniform_(w, nonlinearity="relu"), lambda w: init.trunc_normal_(w, 0.0, 2.0, 3.0, 4.0),
                     lambda w: init.trunc_normal_(w, std=0.02), lambda w: init.normal_(w, generator=t.Generator().manual_seed(5))):
            t.manual_seed(1)
            weight = t.empty(shape, requires_grad=True)
            print(fill(weight) is weight, weight.tolist())
    print(init.eye_(t.empty(2, 3)), init.dirac_(t.empty(4, 2, 3), groups=2))
    t.manual_seed(1)
    print(init.sparse_(t.empty(5, 3), 0.4))


def initialiser_errors(t):
    init = t.nn.init
    for name in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "nothing"):
        attempt(lambda name=name: init.calculate_gain(name))
    for action in (lambda: init.calculate_gain("leaky_relu", 0.2), lambda: init.calculate_gain("leaky_relu", True),
                   lambda: init.xavier_uniform_(t.empty(3)), lambda: init.kaiming_uniform_(t.empty(3)),
                   lambda: init.kaiming_uniform_(t.empty(3, 3), mode="x"), lambda: init.eye_(t.empty(3)),
                   lambda: init.kaiming_normal_(t.empty(3, 0)), lambda: init.xavier_uniform(t.empty(2, 2)).shape,
                   lambda: init.dirac_(t.empty(3)), lambda: init.dirac_(t.empty(3, 3, 3), groups=2),
                   lambda: init.sparse_(t.empty(3), 0.1), lambda: init.constant(t.empty(2), 1.0)):
        attempt(action)


def layers(t):
    nn = t.nn
    x = t.linspace(-3, 3, 24).reshape(2, 3, 4)
    for layer in (nn.Linear(4, 2), nn.Linear(4, 2, bias=False), nn.Identity(), nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Flatten(),
                  nn.Flatten(0, 1), nn.Softmax(0), nn.Softmax(-1), nn.LogSoftmax(1), nn.Dropout().eval(), nn.Softsign(),
                  nn.Tanhshrink(), nn.LeakyReLU(), nn.Softmin(1)):
        inputs = x.clone().requires_grad_()
        out = layer(inputs)
        (out * t.arange(out.numel()).reshape(out.shape)).sum().backward()
        print(layer, out.detach(), inputs.grad)
    for action in (lambda: nn.Linear(3, 2)(x), lambda: nn.Softmax()(x).shape, lambda: nn.LogSoftmax()(x[0]).shape,
                   lambda: nn.Softmax(7)(x), lambda: nn.Flatten(2, 1)(x), lambda: nn.Unflatten(1, (3, 1))(x).shape,
                   lambda: nn.Softmax2d()(x[0])):
        attempt(action)


def embeddings(t):
    nn = t.nn
    index = t.tensor([[1, 3, 1], [0, 2, 1]])
    for make in (lambda: nn.Embedding(4, 2), lambda: nn.Embedding(4, 2, padding_idx=1), lambda: nn.Embedding(4, 2, max_norm=0.5),
                 lambda: nn.Embedding(4, 2, scale_grad_by_freq=True), lambda: nn.Embedding(4, 2, padding_idx=-1),
                 lambda: nn.Embedding.from_pretrained(t.ones(4, 2), freeze=False)):
        t.manual_seed(3)
        layer = make()
        out = layer(index)
        (out * t.arange(12).reshape(2, 3, 2)).sum().backward()
        print(out.detach(), layer.weight.grad, layer(t.tensor(2)).shape, layer(t.zeros(0, 2, dtype=t.int64)).shape)
    print(nn.Embedding.from_pretrained(t.ones(4, 2)).weight.requires_grad)
    layer = nn.Embedding(4, 2)
    for bad in (t.tensor([4]), t.tensor([-1])):
        try:
            layer(bad)
        except IndexError as error:
            print(str(error).partition(":")[0])  # ctgrad goes on to say which index, of how many
    for bad in (t.tensor([1.0]), t.tensor([1], dtype=t.uint8)):
        attempt(lambda bad=bad: layer(bad))
    attempt(lambda: nn.functional.embedding(index, layer.weight, padding_idx=9))
    attempt(lambda: nn.functional.embedding(index, layer.weight[0]))


def losses(t):
    F = t.nn.functional
    x = t.linspace(-2, 2, 15).reshape(3, 5)
    y = t.linspace(1, -1.5, 15).reshape(3, 5)
    scale = t.arange(1.0, 16.0).reshape(3, 5)
    for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, lambda a, b, **k: F.smooth_l1_loss(a, b, beta=0.5, **k),
                 lambda a, b, **k: F.huber_loss(a, b, delta=0.7, **k), lambda a, b, **k: F.smooth_l1_loss(a, b, beta=0.0, **k),
                 lambda a, b, **k: F.mse_loss(a, b, weight=scale, **k), lambda a, b, **k: F.l1_loss(a, b, weight=scale, **k),
                 lambda a, b, **k: F.huber_loss(a, b, weight=scale, **k), F.binary_cross_entropy_with_logits,
                 lambda a, b, **k: F.binary_cross_entropy(a.sigmoid(), b.sigmoid(), **k),
                 lambda a, b, **k: F.kl_div(a.log_softmax(1), b.softmax(1), **k),
                 lambda a, b, **k: F.kl_div(a.log_softmax(1), b.log_softmax(1), log_target=True, **k)):
        for reduction in ("mean", "sum", "none"):
            a, b = x.clone().requires_grad_(), y.clone()
            out = loss(a, b, reduction=reduction)
            (out * (scale if reduction == "none" else 2)).sum().backward()
            print([f"{value:.4g}" for value in [*out.reshape(-1).tolist(), *a.grad.reshape(-1).tolist()]])


def loss_errors(t):
    F, nn = t.nn.functional, t.nn
    x = t.zeros(3, 5, requires_grad=True)
    for action in (lambda: F.mse_loss(x, t.ones(5)).item(), lambda: F.mse_loss(x, t.ones(4)).item(),
                   lambda: F.mse_loss(x, t.ones(3, 5), reduction="x"), lambda: F.mse_loss(x, t.ones(3, 5), size_average=False).item(),
                   lambda: F.mse_loss(x, t.ones(3, 5), reduce=False).shape, lambda: F.mse_loss(t.ones(2).long(), t.ones(2).long()),
                   lambda: F.mse_loss(x, t.ones(3, 5, dtype=t.float64)).dtype, lambda: F.mse_loss(t.zeros(0), t.zeros(0)).item(),
                   lambda: F.mse_loss(x, t.ones(3, 5), weight=t.ones(5)), lambda: F.l1_loss(x, t.ones(5)).item(),
                   lambda: F.smooth_l1_loss(x, x, beta=-1), lambda: F.huber_loss(x, x, delta=0), lambda: F.mse_loss(x, 3.0),
                   lambda: F.binary_cross_entropy(x + 2, x), lambda: F.binary_cross_entropy(x, t.zeros(5)),
                   lambda: F.binary_cross_entropy(x, t.zeros(3, 5).long()), lambda: F.binary_cross_entropy_with_logits(x, t.zeros(5)),
                   lambda: F.kl_div(x, x, reduction="batchmean").item(), lambda: nn.MSELoss(size_average=False).reduction,
                   lambda: nn.MSELoss(reduce=False).reduction, lambda: nn.MSELoss(reduction="x")(x, x),
                   lambda: nn.MSELoss(reduction="elementwise_mean")(x, x).item()):
        attempt(action)


def nll_cases(t):
    F = t.nn.functional
    weight = t.tensor([0.5, 1.0, 2.0, 0.0, 3.0])
    for shape, target in (((3, 5), t.tensor([1, 0, 4])), ((3, 5), t.tensor([1, -100, 4])), ((5,), t.tensor(2)),
                          ((5,), t.tensor([2])), ((2, 5, 3), t.tensor([[1, 2, 3], [4, 0, 2]])),
                          ((2, 5, 1, 2), t.tensor([[[1, 2]], [[3, 4]]])), ((0, 5), t.zeros(0, dtype=t.int64)),
                          ((3, 5), t.tensor([1, 0, 4], dtype=t.uint8)), ((2, 5), t.tensor([-100, -100]))):
        for options in ({}, {"weight": weight}, {"reduction": "sum"}, {"reduction": "none"}, {"ignore_index": 4},
                        {"weight": weight, "reduction": "none", "ignore_index": 1}):
            for loss in (F.nll_loss, F.cross_entropy, lambda *a, **k: F.cross_entropy(*a, label_smoothing=0.2, **k)):
                count = 1
                for size in shape:
                    count *= size
                x = t.linspace(-1, 2, count).reshape(shape).requires_grad_()
                out = loss(x, target, **options)
                out.sum().backward()
                print(out.detach(), x.grad)


def soft_cross_entropy(t):
    F = t.nn.functional
    target = t.linspace(0, 1, 15).reshape(3, 5)
    for options in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"weight": t.arange(5.0)}, {"label_smoothing": 0.3}):
        x = t.linspace(-1, 2, 15).reshape(3, 5).requires_grad_()
        out = F.cross_entropy(x, target, **options)
        out.sum().backward()
        print(out.detach(), x.grad)
    print(F.cross_entropy(t.zeros(5), target[0]).item())


def nll_errors(t):
    F = t.nn.functional
    x = t.zeros(3, 5).log_softmax(1)
    y, z = t.zeros(2, 4, 3), t.zeros(2, 4, 3, 2)
    long = t.int64
    T = t.tensor
    for loss in (F.nll_loss, F.cross_entropy):
        for action in (lambda: loss(x, T([1, 2, 7])), lambda: loss(x, T([1, 2, -1])), lambda: loss(x, T([1, 2])),
                       lambda: loss(x, T([1, 2, 3.0])), lambda: loss(x, T([1, 2, 3], dtype=t.int32)), lambda: loss(x, T([[1, 2, 3]])),
                       lambda: loss(x, T([[1], [2], [3]])), lambda: loss(x, T([1, 2, 3]), weight=t.ones(4)),
                       lambda: loss(x, T([1, 2, 3]), weight=t.ones(5, dtype=t.float64)), lambda: loss(x[0], T([1, 2])),
                       lambda: loss(x[0, 0], T(0)), lambda: loss(x, T([1, 2, 3]), reduction="foo"),
                       lambda: loss(y, t.zeros(2, 4, dtype=long)), lambda: loss(y, t.zeros(2, dtype=long)),
                       lambda: loss(z, t.zeros(2, 3, dtype=long)), lambda: loss(z, t.zeros(2, 3, 3, dtype=long)),
                       lambda: loss(z, t.full((2, 3, 2), 9)), lambda: loss(z, t.zeros(2, 3, 2)),
                       lambda: loss(z, t.zeros(2, 3, 2, dtype=long), weight=t.ones(3))):
            attempt(action)
    for action in (lambda: F.cross_entropy(x, t.ones(3, 5, dtype=long)), lambda: F.cross_entropy(x, t.ones(3, 5), ignore_index=3),
                   lambda: F.cross_entropy(x, t.ones(3, 5), weight=t.ones(4)),
                   lambda: F.cross_entropy(x, T([1, 2, 3]), label_smoothing=1.1),
                   lambda: F.cross_entropy(x, t.ones(3, 5), label_smoothing=1.1)):
        attempt(action)


def more_activations(t):
    nn = t.nn
    x = t.linspace(-4, 4, 17)
    for layer in (nn.ELU(), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Softplus(),
                  nn.Softplus(2.0, 3.0), nn.LogSigmoid()):
        inputs = x.clone().requires_grad_()
        out = layer(inputs)
        out.sum().backward()
        print(layer, [f"{value:.3f}" for value in out.tolist()], [f"{value:.3f}" for value in inputs.grad.tolist()])
    y = x.clone()
    print(nn.ELU(inplace=True)(y) is y, nn.LeakyReLU(inplace=True)(y) is y, nn.SiLU(True)(y) is y, nn.ReLU(True)(y) is y, y)
    leaf = t.zeros(2, requires_grad=True)
    for layer in (nn.ReLU(True), nn.ELU(inplace=True)):
        attempt(lambda layer=layer: layer(leaf))


def normalisation(t):
    nn = t.nn
    x = t.linspace(-3, 5, 24).reshape(2, 3, 4) ** 3
    for shape in ((4,), (3, 4)):
        layer = nn.LayerNorm(shape)
        t.nn.init.normal_(layer.weight)
        inputs = x.clone().requires_grad_()
        out = layer(inputs)
        (out ** 3).sum().backward()
        print([f"{value:.4f}" for value in out.flatten().tolist()], [f"{value:.3f}" for value in layer.weight.grad.flatten().tolist()])
    for action in (lambda: nn.LayerNorm(3)(x), lambda: nn.functional.layer_norm(x, (4,), t.ones(3)),
                   lambda: nn.functional.layer_norm(x, ()), lambda: nn.functional.layer_norm(x, (4,), None, t.ones(3))):
        attempt(action)
    print(nn.functional.normalize(t.tensor([[3.0, 4.0], [0.0, 0.0]])), nn.functional.one_hot(t.tensor([[0, 2], [1, 0]])))
    one_hot = nn.functional.one_hot
    for action in (lambda: one_hot(t.tensor([1.0])), lambda: one_hot(t.tensor([-1])), lambda: one_hot(t.tensor([3]), 2),
                   lambda: one_hot(t.tensor([3]), 0), lambda: one_hot(t.zeros(0, dtype=t.int64)), lambda: one_hot(t.tensor(1), 3)):
        attempt(action)


def dropouts(t):
    nn, F = t.nn, t.nn.functional
    x = t.arange(1.0, 41.0).requires_grad_()
    for p in (0.0, 0.1, 0.5, 1.0):
        t.manual_seed(2)
        out = F.dropout(x, p)
        print(out.detach(), t.autograd.grad(out.sum() + x.sum(), x))
    layer = nn.Dropout(0.4)
    t.manual_seed(2)
    print(layer(x).detach(), layer.eval()(x) is x, F.dropout(x, 0.5, training=False) is x)
    y = t.ones(8)
    print(nn.Dropout(0.5, inplace=True)(y) is y, y)
    attempt(lambda: F.dropout(x, 2))


def gradient_helpers(t):
    utils = t.nn.utils
    def fresh():
        t.manual_seed(4)
        net = t.nn.Linear(3, 2)
        net(t.arange(6.0).reshape(2, 3)).pow(2).sum().backward()
        return net
    for norm_type in (2.0, 1, float("inf"), 3):
        net = fresh()
        print(utils.clip_grad_norm_(net.parameters(), 1.5, norm_type), net.weight.grad, net.bias.grad)
    net = fresh()
    print(utils.clip_grad_norm_(net.weight, 1e9), net.weight.grad, utils.clip_grad_norm_([], 1.0))
    print(utils.clip_grad_value_(net.parameters(), 0.5), net.weight.grad)
    print(utils.clip_grad_norm_((p for p in []), 1.0), utils.clip_grad_norm(net.parameters(), 1.0))
    net.weight.grad[0, 0] = float("nan")
    attempt(lambda: utils.clip_grad_norm_(net.parameters(), 1.0, error_if_nonfinite=True))
    vector = utils.parameters_to_vector(net.parameters())
    print(vector.detach(), vector.requires_grad)
    utils.vector_to_parameters(t.arange(8.0), net.parameters())
    print(net.weight, net.bias)
    attempt(lambda: utils.vector_to_parameters([1], net.parameters()))


PROGRAMS = [value for value in list(globals().values()) if callable(value) and getattr(value, "__module__", "") == __name__]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_same(program):
    agree(program)
