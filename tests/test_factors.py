"""A number that a mean leaves on every element of a gradient waits beside it until sums have made few of many: seen by nobody, counted in passes."""
import numpy as np
import pytest

import ctgrad
import ctgrad.nn.functional as F
from ctgrad import debug

M, N = 32, 1024
pytestmark = pytest.mark.usefixtures("mechanisms_on")


def data(m=M, n=N, dtype=ctgrad.float64):
    ctgrad.manual_seed(0)
    w, b = (ctgrad.randn(n, dtype=dtype, requires_grad=True) for _ in range(2))
    return w, b, ctgrad.randn(m, n, dtype=dtype), ctgrad.randn(m, n, dtype=dtype)


FORMS = {
    "linear": lambda x, w, b: F.linear(x, w.expand(N, N), b),
    "linear of columns": lambda x, w, b: F.linear(x, w.unsqueeze(1).expand(N, N), b),
    "product and sum": lambda x, w, b: x @ w.expand(N, N).t() + b,
    "sum and product": lambda x, w, b: b + x @ w.expand(N, N).t(),
    "computed weight": lambda x, w, b: F.linear(x, ctgrad.tanh(w.expand(N, N)) * 2, b),
}


def in_full(x, w, b, y, columns, computed=False, by=1.0):
    """Gradients of the step by NumPy, W written out."""
    x, w, b, y = (t.detach().numpy() for t in (x, w, b, y))
    v = np.tanh(w) * 2 if computed else w
    W = np.broadcast_to(v[:, None] if columns else v, (N, N))
    g = (x @ W.T + b - y) * (by * 2 / y.size)
    gw = (g.T @ x).sum(1 if columns else 0)
    return gw * (2 * (1 - np.tanh(w) ** 2)) if computed else gw, g.sum(0)


@pytest.mark.parametrize("form", FORMS)
def test_gradients(form):
    w, b, x, y = data()
    ((FORMS[form](x, w, b) - y) ** 2).mean().backward()
    for got, want in zip((w.grad, b.grad), in_full(x, w, b, y, "columns" in form, "computed" in form), strict=True):
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-9, atol=1e-12)


def test_the_factor_waits():
    """No pass multiplies the elements; of a dense weight, whose gradient is as large as anything, one does."""
    w, b, x, y = data(dtype=ctgrad.float32)
    loss = ((F.linear(x, w.expand(N, N), b) - y) ** 2).mean()
    with debug.profile() as steps:
        loss.backward()
    assert "square_backward" not in str(steps) and "mul" in str(steps)
    dense = ((F.linear(x, ctgrad.randn(N, N, requires_grad=True), b) - y) ** 2).mean()
    with debug.profile() as steps:
        dense.backward()
    assert "square_backward" in str(steps)


@pytest.mark.parametrize("by", [0.0, -3.0, float("inf"), float("nan")])
def test_any_factor(by):
    w, b, x, y = data()
    (((F.linear(x, w.expand(N, N), b) - y) ** 2).mean() * by).backward()
    with np.errstate(invalid="ignore"):
        for got, want in zip((w.grad, b.grad), in_full(x, w, b, y, False, by=by), strict=True):
            np.testing.assert_allclose(got.numpy(), want, rtol=1e-9, atol=1e-12)


def test_who_looks_sees_the_whole_gradient():
    w, b, x, y = data()
    seen = []
    out = F.linear(x, w.expand(N, N), b)
    d = out - y
    d.register_hook(lambda g: seen.append(g.clone()))
    out.retain_grad()
    (d ** 2).mean().backward()
    whole = d.detach() * (2 / d.numel())
    assert ctgrad.allclose(seen[0], whole) and ctgrad.allclose(out.grad, whole)
    want = in_full(x, w, b, y, False)
    np.testing.assert_allclose(w.grad.numpy(), want[0], rtol=1e-9)

    out = F.linear(x, w.expand(N, N), b)
    loss = ((out - y) ** 2).mean()
    g, gw = ctgrad.autograd.grad(loss, (out, w), retain_graph=True)
    assert ctgrad.allclose(g, whole) and ctgrad.allclose(gw, w.grad)
    loss.grad_fn.next_functions[0][0].register_hook(lambda ins, outs: seen.append(ins[0].clone()))
    loss.backward()
    assert ctgrad.allclose(seen[1], whole)


def test_two_uses_and_two_runs():
    w, b, x, y = data()
    d = F.linear(x, w.expand(N, N), b) - y
    loss = (d ** 2).mean() + (d ** 2).sum() + d.sum()
    loss.backward(retain_graph=True)
    first = w.grad.clone(), b.grad.clone()
    loss.backward()
    g = (d * (2 / d.numel() + 2) + 1).detach()
    np.testing.assert_allclose(first[0].numpy(), (g.numpy().T @ x.numpy()).sum(0), rtol=1e-9)
    assert ctgrad.allclose(w.grad, first[0] * 2) and ctgrad.allclose(b.grad, first[1] * 2)
    assert (d.detach() != 0).any(), "what the square kept is as it was"


def test_the_operand_is_not_given_away():
    """Of a tensor that leads nowhere but to its leaf the gradient is the operand times the factor, another tensor."""
    x = ctgrad.randn(M, N, requires_grad=True)
    row = ctgrad.randn(N, requires_grad=True)
    kept = x.detach().clone()
    ((x + row) ** 2).sum().backward()
    x.grad.zero_()
    assert ctgrad.equal(x.detach(), kept)
    d = row.expand(M, N) + ctgrad.zeros(M, N)
    (d ** 2).mean().backward()
    row.grad.zero_()
    assert ctgrad.equal(d.detach(), row.detach().expand(M, N))


def test_a_long_chain_is_walked_no_further():
    """Sums of one consumer each, many after one another, are not gone down for every node."""
    w, b, x, y = data()
    d = F.linear(x, w.expand(N, N), b)
    for _ in range(300):
        d = d + b
    ((d - y) ** 2).mean().backward()
    g = ((d - y) * (2 / d.numel())).detach().numpy()
    np.testing.assert_allclose(b.grad.numpy(), g.sum(0) * 301, rtol=1e-9)
    np.testing.assert_allclose(w.grad.numpy(), (g.T @ x.numpy()).sum(0), rtol=1e-9)


@pytest.mark.parametrize("rows", [4, 12, 16, 20, 128])
@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64])
def test_both_sums_in_one_pass(rows, dtype):
    """Columns are added up as sum(0) adds them, to the last bit; rows of whole numbers are exact."""
    n = 16384 // rows // 32 * 32 + 32
    x = ctgrad.ones(rows, n, dtype=dtype)
    w, b = (ctgrad.zeros(n, dtype=dtype, requires_grad=True) for _ in range(2))
    g = ctgrad.randn(rows, n, dtype=dtype)
    whole = ctgrad.randint(-9, 9, (rows, n)).to(dtype)
    F.linear(x, w.expand(n, n), b).backward(g)
    assert ctgrad.equal(b.grad, g.sum(0))
    w.grad = b.grad = None
    F.linear(x, w.expand(n, n), b).backward(whole)
    assert ctgrad.equal(b.grad, whole.sum(0)) and ctgrad.equal(w.grad, whole.sum().expand(n))
