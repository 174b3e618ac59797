"""autograd.functional, on functions whose derivatives are known."""

import ctgrad as torch
import pytest
from ctgrad.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
v = torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64)
eye = torch.eye(3, dtype=torch.float64)


def square(x):
    return x**2


def cube_sum(x):
    return (x**3).sum()


def same(a, b):
    return torch.allclose(a, b)


def test_jacobian_and_products():
    J = eye * (2 * x)
    assert same(jacobian(square, x), J)
    assert same(jacobian(square, x, vectorize=True, strategy="forward-mode"), J)
    out, left = vjp(square, x, v)
    assert same(out, x**2) and same(left, v @ J)
    assert same(jvp(square, x, v)[1], J @ v)


def test_hessian_and_products():
    H = eye * (6 * x)
    assert same(hessian(cube_sum, x), H)
    assert same(vhp(cube_sum, x, v)[1], v @ H)
    assert same(hvp(cube_sum, x, v)[1], H @ v)


def test_tuples_nest_as_inputs_and_outputs_do():
    J = jacobian(lambda a, b: (a * b, a.sum()), (x, v))
    assert [tuple(block.shape for block in row) for row in J] == [((3, 3), (3, 3)), ((3,), (3,))]
    assert same(J[0][0], eye * v) and same(J[0][1], eye * x) and not J[1][1].any()
    H = hessian(lambda a, b: (a * b).sum(), (x, v))
    assert same(H[0][1], eye) and not H[0][0].any()


def test_results_can_be_differentiated():
    a = x.clone().requires_grad_()
    jacobian(square, a, create_graph=True).sum().backward()
    assert same(a.grad, torch.full((3,), 2.0, dtype=torch.float64))
    assert not jacobian(square, a).requires_grad


def test_strict():
    assert not jacobian(lambda x: torch.zeros(2), x).any()
    with pytest.raises(RuntimeError, match="does not require gradients"):
        jacobian(lambda x: torch.zeros(2), x, strict=True)
    with pytest.raises(RuntimeError, match="independent of input 1"):
        jacobian(lambda a, b: a * 2, (x, v), strict=True)
    with pytest.raises(RuntimeError, match="independent of the input"):
        hessian(lambda x: x.sum(), x, strict=True)


def test_errors():
    with pytest.raises(TypeError, match="must be either a Tensor or a tuple of Tensors"):
        jacobian(square, [x])
    with pytest.raises(RuntimeError, match="v has invalid size"):
        vjp(square, x, torch.ones(2))
    with pytest.raises(RuntimeError, match="can only be None"):
        jvp(square, x)
    with pytest.raises(RuntimeError, match="single element"):
        hessian(square, x)
    with pytest.raises(AssertionError):
        jacobian(square, x, strategy="sideways")
