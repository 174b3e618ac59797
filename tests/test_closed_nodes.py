"""Compositions record one node of PyTorch's name, and behave as one."""

import ctgrad
import ctgrad.nn.functional as F
import pytest


def leaf(*numbers, dtype=ctgrad.float64):
    return ctgrad.tensor(numbers, dtype=dtype, requires_grad=True)


def name_of(t):
    return type(t.grad_fn).__name__


def edges(t):
    return [type(fn).__name__ for fn, _ in t.grad_fn.next_functions]


@pytest.mark.parametrize(("f", "name"), [
    (ctgrad.logit, "LogitBackward0"), (ctgrad.sinc, "SincBackward0"), (ctgrad.erfinv, "ErfinvBackward0"), (ctgrad.lgamma, "LgammaBackward0"),
    (ctgrad.digamma, "DigammaBackward0"), (ctgrad.deg2rad, "Deg2RadBackward0"), (lambda x: ctgrad.xlogy(x, x), "XlogyBackward0"),
    (lambda x: ctgrad.xlogy(x, 2.0), "XlogyBackward2"), (lambda x: ctgrad.xlogy(2.0, x), "XlogyBackward1"), (lambda x: ctgrad.fmax(x, x * 2), "FmaxBackward0"),
    (lambda x: ctgrad.linalg.inv(x.diag()), "LinalgInvExBackward0"), (lambda x: F.interpolate(x.view(1, 1, 2), scale_factor=2), "UpsampleNearest1DBackward0"),
    (lambda x: F.interpolate(x.view(1, 1, 1, 2), size=3, mode="bilinear"), "UpsampleBilinear2DBackward0"),
    (lambda x: F.pairwise_distance(x.view(1, 2), -x.view(1, 2)), "NormBackward1"), (lambda x: F.unfold(x.view(1, 1, 1, 2), 1), "Im2ColBackward0"),
])
def test_name_and_gradients(f, name):
    x = leaf(0.3, 0.6)
    assert name_of(f(x)) == name
    assert ctgrad.autograd.gradcheck(f, x)
    assert ctgrad.autograd.gradgradcheck(f, x)


def test_operands_made_of_each_other_do_not_count_twice():
    x = leaf(1.0, 2.0)
    first, = ctgrad.autograd.grad(ctgrad.logaddexp2(x, x * 2).sum(), x, create_graph=True)
    parts, = ctgrad.autograd.grad((ctgrad.exp2(x) + ctgrad.exp2(x * 2)).log2().sum(), x, create_graph=True)
    assert ctgrad.allclose(first, parts)
    assert ctgrad.allclose(*(ctgrad.autograd.grad(g.sum(), x)[0] for g in (first, parts)))


def test_backward_twice_and_writes_to_operands_are_refused():
    x = leaf(0.3, 0.6)
    s = ctgrad.logit(x).sum()
    s.backward(retain_graph=True)
    s.backward()
    with pytest.raises(RuntimeError):
        s.backward()
    z = x.clone()
    s = ctgrad.logit(z).sum()
    z.add_(1)
    with pytest.raises(RuntimeError):
        s.backward()


def test_logit_has_no_slope_where_it_is_no_number():
    x = leaf(0.25, 2.0, -1.0)
    x.logit().sum().backward()
    assert x.grad.isnan().tolist() == [False, True, True] and not ctgrad.autograd.grad(x.logit(0.1).sum(), x)[0].isnan().any()


def test_hooks_on_the_one_node_see_its_operands_and_results():
    x, seen = leaf(0.25, 0.5), []
    y = (x * 1).logit()
    y.grad_fn.register_prehook(lambda outer: seen.append([g.tolist() for g in outer]))
    y.grad_fn.register_hook(lambda inner, outer: seen.append([len(inner), len(outer)]) or (inner[0] * 10,))
    y.sum().backward(retain_graph=True)
    slope = 1 / (x.detach() * (1 - x.detach()))
    assert seen == [[[1.0, 1.0]], [1, 1]] and ctgrad.allclose(x.grad, slope * 10) and edges(y) == ["MulBackward0"]
    assert ctgrad.allclose(y.grad_fn(ctgrad.ones(2, dtype=x.dtype)), slope)
    fixed = ctgrad.tensor([1.0, 2.0], dtype=x.dtype)
    assert edges(ctgrad.fmax(x, fixed)) == ["AccumulateGrad", "NoneType"]


def test_results_without_gradients_are_no_outputs_of_the_node():
    P, L, U = ctgrad.linalg.lu(ctgrad.rand(3, 3, requires_grad=True))
    assert not P.requires_grad and [L.output_nr, U.output_nr] == [0, 1]


def test_parts_of_unsafe_split_are_written_each_by_itself():
    x = leaf(1.0, 2.0)
    first, second = ctgrad.unsafe_split(x * 1, 1)
    squares = second * second
    first.mul_(3)
    assert [first._version, second._version] == [1, 0] and not first._is_view()
    (first.sum() + squares.sum()).backward()
    assert x.grad.tolist() == [3, 4]


def test_operands_that_repeat_stay_reduced():
    x = leaf(0.25)
    made = ctgrad.logit(x.expand(1000, 1000))
    made.sum().backward()
    assert x.grad.shape == (1,)
    assert ctgrad.allclose(x.grad, ctgrad.tensor([1e6 / (0.25 * 0.75)], dtype=ctgrad.float64))


def test_halves_are_one_node():
    x = leaf(1.0, 2.0, 4.0, dtype=ctgrad.float16).view(1, 3)
    assert name_of(F.layer_norm(x, (3,))) == "NativeLayerNormBackward0"
    assert name_of(F.group_norm(x, 1)) == "NativeGroupNormBackward0"
    assert name_of(F.batch_norm(ctgrad.cat([x, x * 2]), None, None, training=True)) == "NativeBatchNormBackward0"


def test_results_with_names_are_shown_as_those_of_ops():
    shown = repr(ctgrad.mode(ctgrad.tensor([1, 1, 2])))
    assert shown == "torch.return_types.mode(\nvalues=tensor(1),\nindices=tensor(1))"


def test_edges_of_indexing_and_of_writes_through_views():
    x = leaf(1.0, 2.0, 3.0)
    assert edges(x[ctgrad.tensor([0])]) == ["AccumulateGrad"]
    assert edges(F.conv1d(x.view(1, 1, 3), leaf(1.0).view(1, 1, 1))) == ["ViewBackward0", "ViewBackward0", "NoneType"]
    y = x.clone()
    y[0] = x[1]
    assert edges(y) == ["CloneBackward0", "SelectBackward0"]
    y = x.clone()
    y[1:].exp_()
    assert edges(y) == ["CloneBackward0"]
    y = x.clone()
    y[1:].addcmul_(x[1:], x[:2])
    assert edges(y) == ["CloneBackward0", "SliceBackward0", "SliceBackward0"]


def test_draws_stand_still():
    mean, std = leaf(1.0, 2.0), leaf(1.0, 0.5)
    drawn = ctgrad.normal(mean, std)
    assert name_of(drawn) == "NormalBackward3"
    assert [name_of(ctgrad.normal(mean, 1.0)), name_of(ctgrad.normal(0.0, std))] == ["NormalBackward1", "NormalBackward2"]
    drawn.sum().backward()
    assert mean.grad.tolist() == std.grad.tolist() == [0, 0]


def test_no_derivative_where_pytorch_has_none():
    made = ctgrad.heaviside(leaf(1.0), leaf(2.0))
    assert name_of(made) == "NotImplemented"
    with pytest.raises(RuntimeError, match="heaviside"):
        made.backward(ctgrad.ones(1, dtype=ctgrad.float64))
    x, w, y = leaf(0.2, 0.7), leaf(1.0, 1.0), ctgrad.tensor([0.0, 1.0], dtype=ctgrad.float64)
    rows = x.view(1, 2)
    for call in (lambda: F.nll_loss(rows, ctgrad.tensor([0]), weight=w), lambda: F.binary_cross_entropy(x, y, weight=w),
                 lambda: F.binary_cross_entropy_with_logits(x, y, pos_weight=w), lambda: F.soft_margin_loss(x, w),
                 lambda: F.multi_margin_loss(rows, ctgrad.tensor([0]), weight=w), lambda: F.batch_norm(rows, w, w)):
        with pytest.raises(RuntimeError, match="not differentiable with respect to argument"):
            call()
        with ctgrad.no_grad():
            call()


def test_targets_of_binary_cross_entropy_are_probabilities():
    with pytest.raises(RuntimeError, match="elements of target"):
        F.binary_cross_entropy(ctgrad.tensor([0.5]), ctgrad.tensor([1.5]))


@pytest.mark.parametrize(("f", "names"), [
    (lambda x: ctgrad.aminmax(x), ["AminmaxBackward0"] * 2), (lambda x: ctgrad.aminmax(x.view(1, 3), dim=1), ["AminmaxBackward0"] * 2),
    (lambda x: [ctgrad.trapezoid(x)], ["MulBackward1"]), (lambda x: [ctgrad.trapezoid(x, x * x)], ["DivBackward1"]),
    (lambda x: [ctgrad.cumulative_trapezoid(x, x * x)], ["DivBackward1"]), (lambda x: [ctgrad.diff(x, 0)], ["torch::autograd::CopyBackwards"]),
    (lambda x: [x.quantile(0.3)], ["SqueezeBackward4"]), (lambda x: [x.quantile(ctgrad.tensor([0.2, 0.6], dtype=x.dtype), 0, True)], ["SqueezeBackward4"]),
    (lambda x: [x.nanquantile(0.3, 0)], ["SqueezeBackward4"]), (lambda x: [ctgrad.vander(x)], ["FlipBackward0"]), (lambda x: [ctgrad.linalg.vander(x)], ["CatBackward0"]),
    (lambda x: [x.index_reduce(0, ctgrad.tensor([0]), x[1:2] * 2, "prod")], ["IndexReduceBackward0"]), (lambda x: [ctgrad.special.ndtr(x)], ["MulBackward1"]),
    (lambda x: [F.fractional_max_pool2d(x.expand(1, 3, 3) * 1, 2, 2, _random_samples=ctgrad.zeros(1, 1, 2, dtype=x.dtype))], ["FractionalMaxPool2DBackward0"]),
    (lambda x: [ctgrad.linalg.cholesky(x.diag(), upper=True)], ["LinalgCholeskyExBackward0"]),
    (lambda x: ctgrad.linalg.qr(ctgrad.stack([x, x * x])), ["LinalgQrBackward0"] * 2),
    (lambda x: ctgrad.linalg.lstsq(ctgrad.stack([x, x * x], 1), x)[:2], ["LinalgLstsqBackward0"] * 2),
    (lambda x: [ctgrad.linalg.matrix_power(x.diag(), -1)], ["LinalgInvExBackward0"]), (lambda x: [ctgrad.linalg.matrix_power(x.diag(), 0)], ["torch::autograd::CopyBackwards"]),
])
@pytest.mark.filterwarnings("ignore:index_reduce")
def test_names_of_the_last_nodes(f, names):
    x = leaf(0.3, 0.9, 1.4)
    assert [t.grad_fn.name() for t in f(x)] == names
    assert ctgrad.autograd.gradcheck(lambda x: tuple(f(x)), x)
    assert ctgrad.autograd.gradgradcheck(lambda x: tuple(f(x)), x)


def test_full_factors_are_of_one_node():
    x = ctgrad.rand(2, 3, requires_grad=True)
    made = ctgrad.linalg.svd(x)
    assert [t.grad_fn.name() for t in made] == ["LinalgSvdBackward0"] * 3 and [t.output_nr for t in made] == [0, 1, 2]
    made[1].sum().backward()
    assert x.grad.shape == (2, 3)


def test_what_nobody_derived_has_a_name():
    x = leaf(0.3, 0.9)
    for made, name in ((x.unique(), "Unique2Backward0"), (x.unique(dim=0), "UniqueDimBackward0"), (x.unique_consecutive(), "UniqueConsecutiveBackward0")):
        assert made.grad_fn.name() == name
        with pytest.raises(NotImplementedError):
            made.sum().backward()


def test_matrices_lie_as_lapack_leaves_them():
    a = ctgrad.rand(3, 3) + 3 * ctgrad.eye(3)
    for made in (ctgrad.linalg.inv(a), ctgrad.linalg.solve(a, a[:, :2]), ctgrad.linalg.cholesky(a @ a.T), ctgrad.linalg.eigh(a + a.T)[1], *ctgrad.linalg.qr(a)):
        assert made.stride() == (1, 3)
    assert (a @ ctgrad.linalg.inv(a)).allclose(ctgrad.eye(3), atol=1e-5)


@pytest.mark.parametrize(("layer", "name"), [("RNN", "StackBackward0"), ("GRU", "StackBackward0"), ("LSTM", "MkldnnRnnLayerBackward0")])
def test_outputs_of_recurrent_layers(layer, name):
    x = ctgrad.rand(3, 2, 4, requires_grad=True)
    make = getattr(ctgrad.nn, layer)
    made = make(4, 2)(x)[0]
    assert made.grad_fn.name() == name and not made._is_view()
    assert make(4, 2, bidirectional=True)(x)[0].grad_fn.name() == "CatBackward0"
    turned = make(4, 2, batch_first=True)(x)[0]
    assert turned.grad_fn.name() == ("TransposeBackward0" if layer == "LSTM" else "TransposeBackward1") and turned.shape == (3, 2, 2)
    turned.sum().backward()
    assert x.grad.shape == x.shape
