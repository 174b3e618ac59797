"""A module as a function of its parameters."""

import ctgrad
import pytest
from ctgrad import nn
from ctgrad.func import functional_call


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
