"""A module as a function of its parameters."""

import gc
import math

import ctgrad
import pytest
from ctgrad import nn
from ctgrad.func import functional_call, grad, grad_and_value, hessian, jacrev, jvp, vjp, vmap


def test_given_tensors_stand_for_parameters():
    layer, x = nn.Linear(3, 2), ctgrad.randn(4, 3)
    own = layer.weight
    weight = ctgrad.randn(2, 3, requires_grad=True)
    step = weight - 0.1 * ctgrad.autograd.grad(functional_call(layer, {"weight": weight}, x).pow(2).sum(), weight, create_graph=True)[0]
    out = functional_call(layer, ({"weight": step}, {"bias": ctgrad.zeros(2)}), (x,), strict=True)
    assert ctgrad.allclose(out, x @ step.t(), atol=1e-6) and layer.weight is own and own.grad is None
    out.sum().backward()
    assert weight.grad is not None
    with pytest.raises(RuntimeError, match="mat1"):
        functional_call(layer, {"weight": ctgrad.ones(2, 2)}, x)
    assert layer.weight is own


def test_buffers_that_a_forward_writes():
    norm = nn.BatchNorm1d(2)
    state = {name: tensor.clone() for name, tensor in norm.named_buffers()}
    functional_call(norm, state, ctgrad.randn(5, 2))
    assert state["num_batches_tracked"] == 1 and norm.num_batches_tracked == 0

    class Count(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("n", ctgrad.tensor(0))

        def forward(self):
            self.n = self.n + 1
            return self.n

    count, state = Count(), {"n": ctgrad.tensor(5)}
    assert functional_call(count, state) == 6 and state["n"] == 6 and count.n == 0


def test_tied_members_and_wrong_paths():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    x, double = ctgrad.ones(1, 2), 2 * ctgrad.eye(2)
    assert functional_call(model, {"0.weight": double}, x).tolist() == [[4, 4]]
    with ctgrad.no_grad():
        model[0].weight.copy_(ctgrad.eye(2))
    assert functional_call(model, {"0.weight": double}, x, tie_weights=False).tolist() == [[2, 2]]
    with pytest.raises(ValueError, match="tied"):
        functional_call(model, {"0.weight": double, "1.weight": ctgrad.eye(2)}, x)
    with pytest.raises(ValueError, match="multiple dictionaries"):
        functional_call(model, [{"0.weight": double}, {"0.weight": double}], x)
    assert functional_call(model, {"0.other": double}, x).tolist() == [[1, 1]]
    with pytest.raises(AttributeError, match="no attribute `2`"):
        functional_call(model, {"2.weight": double}, x)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        functional_call(model, {"2.weight": double}, x, strict=True)
    with pytest.warns(FutureWarning):
        nn.utils.stateless.functional_call(model, {"0.weight": double}, x)


def test_no_graph_of_the_gradient_is_made_where_nothing_leads_outside():
    x, w = ctgrad.ones(3), ctgrad.ones(3, requires_grad=True)
    made = []

    def f(x, w):
        made.append(x.exp())
        return (made[-1] * w).sum()

    assert not grad(f)(x, w.detach()).requires_grad and w.grad is None
    found = grad(f)(x, w)
    found.sum().backward()
    assert w.grad.tolist() == pytest.approx([math.e] * 3, rel=1e-6) and x.grad is None and not x.requires_grad


def test_auxiliary_results_keep_the_graph_that_they_share_with_the_value():
    x, w = ctgrad.ones(3), ctgrad.ones(3, requires_grad=True)
    _, (value, aux) = grad_and_value(lambda x: ((h := x.exp()).sum(), h * w), has_aux=True)(x)
    aux.sum().backward()
    assert not value.requires_grad and w.grad is not None


def test_a_shared_argument_is_one_leaf_each_and_expanded_ones_stay_so():
    w = ctgrad.rand(4)
    g, h = grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(w, w)
    assert ctgrad.equal(g, w) and ctgrad.equal(h, w)
    W = w.expand(4, 4)
    assert ctgrad.equal(grad(lambda W: (W ** 2).sum())(W), 2 * W)
    assert ctgrad.equal(jacrev(lambda w: w.expand(4, 4).sum(0))(w), 4 * ctgrad.eye(4))


def test_an_error_inside_leaves_mode_and_generator():
    with pytest.raises(ZeroDivisionError), ctgrad.no_grad():
        grad(lambda x: 1 / 0)(ctgrad.ones(2))
    assert ctgrad.is_grad_enabled()
    before = ctgrad.get_rng_state()
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(lambda x: x + ctgrad.rand(2))(ctgrad.ones(3, 2))
    assert ctgrad.equal(before, ctgrad.get_rng_state())
    with ctgrad.inference_mode():
        assert grad(lambda x: (x ** 2).sum())(ctgrad.ones(2)).tolist() == [2, 2]


def test_transforms_of_long_chains_and_deep_containers():
    def chain(x):
        for _ in range(20000):
            x = x * 1
        return x.sum()

    x = ctgrad.ones(2, requires_grad=True)
    assert grad(chain)(x).tolist() == grad(chain)(x.detach()).tolist() == [1, 1]
    tree, deep = ctgrad.ones(2), 0
    for _ in range(5000):
        tree, deep = [tree], (deep,)

    def inmost(tree):
        while isinstance(tree, list):
            tree = tree[0]
        return tree.sum()

    assert inmost(grad(inmost)([tree])) == 2
    assert vmap(inmost, in_dims=0)([tree]).tolist() == [1, 1]


def test_loops_over_slices_may_branch_on_values():
    f = vmap(lambda x: x * 2 if x.sum() > 1 else x)
    assert f(ctgrad.tensor([[0.0, 1], [2, 3]])).tolist() == [[0, 1], [4, 6]]
    with pytest.raises(RuntimeError, match="different structure"):
        vmap(lambda x: (x,) if x.item() else x)(ctgrad.tensor([0.0, 1]))
    with pytest.raises(ValueError, match="out_dim is None"):
        vmap(lambda x: x, out_dims=None)(ctgrad.arange(2))


def test_leaves_of_inner_transforms_are_no_outside():
    x = ctgrad.arange(3.0) + 1
    assert not grad(grad(lambda x, y: (x * y) ** 2, argnums=1))(x[0], x[1]).requires_grad
    assert not grad(lambda x: grad(lambda y: (x * y) ** 2)(x))(x[1]).requires_grad
    assert not hessian(lambda a, b: (a * b).square().sum(), argnums=(0, 1))(x, x)[0][1].requires_grad
    kept = []

    def f(x):
        kept.append(vjp(lambda y: (x * y).sin(), x)[1])
        return x.sum()

    grad(f)(x)
    assert not kept[0](x)[0].requires_grad  # the leaf of a transform that has ended is nobody's


def test_results_of_several_names_are_containers():
    m = ctgrad.tensor([[3.0, 1.0], [2.0, 4.0]])
    found = vmap(lambda row: row.sort())(m)
    assert type(found) is type(m.sort()) and found.values.tolist() == [[1, 3], [2, 4]] and found.indices.tolist() == [[1, 0], [0, 1]]
    values, pull = vjp(lambda m: (m.max(0).values, m.min(1).values), m)
    assert values[0].tolist() == [3, 4] and pull(values)[0].tolist() == [[3, 1], [2, 4]]


def test_nothing_is_left_alive():
    x = ctgrad.ones(3)
    grad(grad(lambda x: x.pow(3).sum()))(x[0])
    gc.collect()
    before = ctgrad.debug.live()
    for _ in range(3):
        vmap(grad(lambda x: x.pow(3).sum()))(ctgrad.ones(2, 3)), hessian(lambda x: x.pow(3).sum())(x), jvp(ctgrad.sin, (x,), (x,))
    gc.collect()
    assert ctgrad.debug.live() == before
