"""Ops that are short on small operands give what the long way gives (a profile has it taken): values, strides, nodes and gradients."""

import ctgrad
import numpy as np
import pytest
from ctgrad.nn import functional as F

DTYPES = [ctgrad.float32, ctgrad.float64]


def whole(rng, *size):
    """Numbers whose sums of products are exact."""
    return rng.integers(-8, 9, size).astype("float64")


def both(run):
    """What `run` gives by the short way and by the long one."""
    short = run()
    with ctgrad.debug.profile():
        return short, run()


def agree(short, long):
    for a, b in zip(short, long, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert (a.shape, a.stride(), a.dtype, type(a.grad_fn)) == (b.shape, b.stride(), b.dtype, type(b.grad_fn))
            np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


# ---- products by a matrix that stands still along one dimension ---------------------------------------------------
STILL = {
    "rows": lambda w, n, k: w[:k].expand(n, k), "columns": lambda w, n, k: w[:n].unsqueeze(1).expand(n, k), "repeated": lambda w, n, k: w[:k].repeat(n, 1),
    "every other": lambda w, n, k: w[: 2 * k : 2].expand(n, k), "columns, every other": lambda w, n, k: w[: 2 * n : 2].unsqueeze(1).expand(n, k),
    "computed": lambda w, n, k: (w[:k].expand(n, k) * 2).abs(), "one number": lambda w, n, k: w[:1].expand(n, k), "turned": lambda w, n, k: w[:n].expand(k, n).t(),
}
ROWS = {"plain": lambda x: x, "turned": lambda x: x.t().contiguous().t(), "every other": lambda x: x.repeat_interleave(2, 1)[:, ::2], "still": lambda x: x[:1].expand_as(x)}
FORMS = {"linear": lambda x, w, b: F.linear(x, w, b), "no bias": lambda x, w, b: F.linear(x, w), "matmul": lambda x, w, b: x @ w.t() + b, "batch": lambda x, w, b: F.linear(x[None], w, b)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("view", STILL)
def test_a_matrix_that_stands_still(view, form, dtype):
    rng = np.random.default_rng(1)
    for m, n, k in ((1, 1, 1), (2, 3, 4), (5, 1, 7), (3, 33, 2), (32, 64, 64), (1, 200, 100), (70, 5000, 3), (3, 2, 5000)):
        data = [whole(rng, m, k), whole(rng, 2 * max(n, k)), whole(rng, n)]
        rows = list(ROWS)[rng.integers(4)]

        def run(recorded, data=data, rows=rows, n=n, k=k):
            x, w, b = (ctgrad.tensor(a, dtype=dtype, requires_grad=recorded) for a in data)
            y = FORMS[form](ROWS[rows](x), STILL[view](w, n, k), b)
            if recorded:
                (y * y).sum().backward()
            return y, x.grad, w.grad, b.grad

        for recorded in (False, True):
            short, long = both(lambda run=run, recorded=recorded: run(recorded))
            agree(short, long)
            x, w, b = (ctgrad.tensor(a, dtype=ctgrad.float64) for a in data)
            want = ROWS[rows](x).numpy() @ STILL[view](w, n, k).numpy().T + (0 if form == "no bias" else b.numpy())
            np.testing.assert_array_equal(short[0].detach().double().numpy().reshape(want.shape), want)


# ---- loops over rows ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["add", "sub", "mul"])
def test_loops_over_rows(op, dtype):
    rng = np.random.default_rng(2)
    of = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[op]
    for m, n in ((2, 1), (2, 3), (3, 4), (7, 15), (5, 16), (4, 17), (33, 64), (3, 65), (100, 130), (2, 4095), (2, 4097), (300, 300)):
        a, row, column = (ctgrad.tensor(rng.standard_normal(size), dtype=dtype) for size in ((m, n), (n,), (m, 1)))
        wide = ctgrad.tensor(rng.standard_normal((m, n + 3)), dtype=dtype)
        pairs = [(a, row), (row, a), (a, column), (column, a), (row, column), (column, row), (wide[:, 1 : n + 1], a), (a, wide[:, 3:]), (wide[:, :n], row), (a, row[:1]), (a.flip(0), row),
                 (a, row.flip(0)), (column, wide[:, 2 : n + 2])]
        for x, y in pairs:
            want = of(x.numpy(), y.numpy())
            np.testing.assert_array_equal(getattr(ctgrad, op)(x, y).numpy(), want)
            out = ctgrad.full((m, n + 2), 7.0, dtype=dtype)
            getattr(ctgrad, op)(x, y, out=out[:, 1 : n + 1])
            np.testing.assert_array_equal(out[:, 1 : n + 1].numpy(), np.broadcast_to(want, (m, n)))
            assert (out[:, 0] == 7).all() and (out[:, n + 1] == 7).all()
        a.clone().add_(row)
        with ctgrad.no_grad():
            np.testing.assert_array_equal(getattr(wide.clone()[:, 1 : n + 1], op + "_")(column).numpy(), of(wide[:, 1 : n + 1].numpy(), column.numpy()))


# ---- sums over leading or last dimensions -------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_sums_over_leading_and_last_dims(name, dtype):
    rng = np.random.default_rng(3)
    for size in ((), (1,), (5,), (40,), (3, 4), (1, 6), (6, 1), (32, 64), (17, 300), (300, 17), (2, 3, 4), (1, 5, 1), (4, 1, 6), (3, 2, 2, 5)):
        data = rng.standard_normal(size)
        dims = [None, *range(-len(size), len(size)), *[tuple(range(k)) for k in range(1, len(size) + 1)], *[tuple(range(-k, 0)) for k in range(1, len(size))], (0, -1) if len(size) > 2 else None]
        for dim in dims:
            for keepdim in (False, True) if dim is not None else (False,):
                def run(data=data, dim=dim, keepdim=keepdim):
                    x = ctgrad.tensor(data, dtype=dtype, requires_grad=True)
                    y = getattr(x, name)() if dim is None else getattr(x, name)(dim, keepdim)
                    (y * y).sum().backward()
                    return y, x.grad
                agree(*both(run))
                want = getattr(data, name)(axis=dim, keepdims=keepdim)
                np.testing.assert_allclose(run()[0].detach().numpy(), want, rtol=1e-5 if dtype == ctgrad.float32 else 1e-12, atol=1e-5 if dtype == ctgrad.float32 else 1e-13)


@pytest.mark.parametrize("dim, error", [(2, IndexError), (-3, IndexError), ((0, 0), RuntimeError), ((0, 5), IndexError)])
def test_dims_that_are_refused(dim, error):
    for size in ((2, 3), (300, 300)):
        with pytest.raises(error):
            ctgrad.ones(size).sum(dim)


@pytest.mark.parametrize("rows, columns", [(16, 256), (17, 300), (31, 1024), (32, 1030), (255, 260), (256, 264), (257, 320), (4097, 257)])
def test_column_sums_add_in_the_order_of_one_column(rows, columns):
    """Whatever is summed beside it, a column's sum has the same bits."""
    x = ctgrad.tensor(np.random.default_rng(4).standard_normal((rows, columns)), dtype=ctgrad.float32)
    y = x.sum(0)
    for j in (0, 1, 63, 64, columns - 1):
        at = j // 32 * 32
        alone = x[:, at : at + 32].contiguous().sum(0) if at + 32 <= columns else None
        if alone is not None:
            assert y[j].item() == alone[j - at].item()
    np.testing.assert_allclose(y.numpy(), x.double().numpy().sum(0), atol=1e-3)


# ---- gradients that are written over what they are computed from ------------------------------------------------------
LAST = {"tanh": ctgrad.tanh, "sigmoid": ctgrad.sigmoid, "relu": ctgrad.relu, "square": lambda x: x**2}


def graph(f, x, held):
    """a value, a function of it, and something behind it; `held` keeps every value alive."""
    a = x * 3
    y = f(a)
    z = y + 1
    out = (z * z).sum() if held is not None else ((y + 1) * (f(a * 1) + 1)).sum()
    if held is not None:
        held += [a, y, z]
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LAST)
def test_nothing_that_is_held_is_written(name, dtype):
    for size in ((1,), (4,), (3, 70), (50, 60)):
        data = np.random.default_rng(5).standard_normal(size)
        for hold in (False, True):
            grads = []
            for keep in (True, False):
                x = ctgrad.tensor(data, dtype=dtype, requires_grad=True)
                held = [] if hold else None
                out = graph(LAST[name], x, held)
                before = [t.detach().clone() for t in held or []]
                out.backward(retain_graph=keep)
                assert all(ctgrad.equal(t.detach(), b) for t, b in zip(held or [], before))
                grads.append(x.grad)
                if keep:
                    x.grad = None
                    out.backward()
                    grads.append(x.grad)
            assert ctgrad.equal(grads[0], grads[1]) and ctgrad.equal(grads[0], grads[2])


@pytest.mark.parametrize("name", LAST)
def test_gradients_that_somebody_looks_at_stay(name):
    data = np.random.default_rng(6).standard_normal((8, 9))

    def run(look):
        x = ctgrad.tensor(data, requires_grad=True)
        y = LAST[name](x * 2)
        z = y * 3
        seen = []
        if look == "hook":
            y.register_hook(seen.append)
        elif look == "retain":
            y.retain_grad()
        elif look == "node":
            y.grad_fn.register_hook(lambda inputs, outputs: seen.extend(outputs))
        elif look == "given":
            given = ctgrad.ones_like(z)
            z.backward(given)
            assert (given == 1).all()
            return x.grad, None
        z.sum().backward()
        return x.grad, y.grad if look == "retain" else seen[0] if seen else None

    plain = run("")[0]
    for look in ("hook", "retain", "node", "given"):
        grad, seen = run(look)
        assert ctgrad.equal(grad, plain)
        assert seen is None or (seen == 3).all()


def test_a_graph_whose_value_was_spent_is_a_freed_one():
    x = ctgrad.ones(5, requires_grad=True)
    y = (x * 2) ** 2
    y.sum().backward()
    for again in (lambda: y.sum().backward(), lambda: y.grad_fn._saved_self):
        with pytest.raises(RuntimeError, match="freed"):
            again()


def test_a_gradient_of_one_value_used_twice():
    x = ctgrad.linspace(-1, 1, 12, dtype=ctgrad.float64).requires_grad_()
    a = x * 1
    (a.tanh() * a.sigmoid() + a.relu() * a**2).sum().backward()
    t, s = np.tanh(x.detach().numpy()), 1 / (1 + np.exp(-x.detach().numpy()))
    v = x.detach().numpy()
    np.testing.assert_allclose(x.grad.numpy(), (1 - t * t) * s + t * s * (1 - s) + np.where(v > 0, 3 * v * v, 0), rtol=1e-12)
