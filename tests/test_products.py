"""Products of operands with stride 0, equal, opposite, swapped and irregular strides: against the same numbers written out, and by what they cost."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

import ctgrad

WHOLE = {"int64", "int32", "uint8"}
DTYPES = ["float32", "float64", "int64", "int32", "uint8"]


def dtype(name):
    return getattr(ctgrad, name)


def numbers(rng, n, name):
    """n small whole numbers: products of them are exact in every dtype."""
    return ctgrad.tensor(rng.integers(0 if name == "uint8" else -3, 4, n), dtype=dtype(name))


def matrices(rng, m, n, name):
    """(kind, matrix of m rows and n columns) for every kind of strides."""
    yield "dense", numbers(rng, m * n, name).view(m, n)
    yield "turned", numbers(rng, m * n, name).view(n, m).t()
    yield "row repeated", numbers(rng, n, name).expand(m, n)
    yield "column repeated", numbers(rng, m, name).unsqueeze(1).expand(m, n)
    yield "one number", numbers(rng, 1, name).expand(m, n)
    yield "every second", numbers(rng, 4 * m * n, name).view(2 * m, 2 * n)[::2, ::2]
    yield "padded", numbers(rng, m * (n + 3), name).view(m, n + 3)[:, :n]
    if m and n:
        yield "hankel", numbers(rng, m + n - 1, name).as_strided((m, n), (1, 1))
        yield "hankel by two", numbers(rng, 2 * (m + n - 1), name).as_strided((m, n), (2, 2))
        yield "toeplitz", numbers(rng, m + n - 1, name).as_strided((m, n), (1, 1)).flip(0)
        yield "overlapping", numbers(rng, 2 * m + n, name).as_strided((m, n), (2, 1))
        yield "overlapping columns", numbers(rng, m + 3 * n, name).as_strided((m, n), (1, 3))


def dense(t):
    return t.numpy().copy() if 0 in t.shape else np.array(t.tolist(), dtype=str(t.dtype).split(".")[-1]).reshape(tuple(t.shape))


def same(got, want):
    assert tuple(got.shape) == want.shape
    np.testing.assert_array_equal(dense(got), want)


SIZES = [(1, 1, 1), (2, 3, 4), (5, 1, 7), (1, 6, 3), (4, 4, 0), (0, 3, 2), (3, 0, 2), (13, 17, 11), (9, 40, 33)]


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("m,n,k", SIZES)
def test_mm(m, n, k, name):
    rng = np.random.default_rng(m + 10 * n + 100 * k)
    for (left, a), (right, b) in itertools.product(matrices(rng, m, k, name), matrices(rng, k, n, name)):
        want = dense(a) @ dense(b)
        same(a @ b, want)
        same((b.t() @ a.t()).t(), want)
        bias = numbers(rng, n, name)
        same(ctgrad.addmm(bias, a, b), want + dense(bias))
        same(ctgrad.addmm(bias, a, b, beta=2, alpha=3), 3 * want + 2 * dense(bias))
        out = ctgrad.zeros(m, n, dtype=dtype(name))
        ctgrad.mm(a, b, out=out)
        same(out, want)


@pytest.mark.parametrize("name", DTYPES)
def test_mv_and_dot(name):
    rng = np.random.default_rng(1)
    for m, k in [(1, 1), (7, 5), (40, 33), (3, 100), (3, 0)]:
        vectors = [numbers(rng, k, name), numbers(rng, 1, name).expand(k), numbers(rng, 3 * k, name)[::3]]
        for (_, a), v in itertools.product(matrices(rng, m, k, name), vectors):
            same(a @ v, dense(a) @ dense(v))
            same(v @ a.t(), dense(a) @ dense(v))
        for u, v in itertools.product(vectors, vectors):
            same(u @ v, np.array(dense(u) @ dense(v), dtype=name))


@pytest.mark.parametrize("name", ["float32", "int64"])
def test_large_enough_for_every_way(name):
    rng = np.random.default_rng(2)
    for m, n, k in [(100, 90, 110), (33, 200, 150), (64, 50, 300), (1, 300, 500), (2, 70, 300), (300, 3, 40)]:
        for (left, a), (right, b) in itertools.product(matrices(rng, m, k, name), matrices(rng, k, n, name)):
            same(a @ b, (dense(a).astype(float) @ dense(b).astype(float)).astype(name))


def batches(rng, b, m, n, name):
    yield "dense", numbers(rng, b * m * n, name).view(b, m, n)
    yield "one matrix", numbers(rng, m * n, name).view(m, n).expand(b, m, n)
    yield "one turned", numbers(rng, m * n, name).view(n, m).t().expand(b, m, n)
    yield "one row each", numbers(rng, b * n, name).view(b, 1, n).expand(b, m, n)
    yield "one column each", numbers(rng, b * m, name).view(b, m, 1).expand(b, m, n)
    yield "one row", numbers(rng, n, name).expand(b, m, n)
    yield "one number", numbers(rng, 1, name).expand(b, m, n)
    yield "batch inside", numbers(rng, b * m * n, name).view(m, b, n).transpose(0, 1)
    yield "batch last", numbers(rng, b * m * n, name).view(m, n, b).permute(2, 0, 1)
    if b and m and n:
        yield "windows", numbers(rng, b + m + n - 2, name).as_strided((b, m, n), (1, 1, 1))


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("b,m,n,k", [(3, 2, 4, 5), (1, 3, 2, 2), (0, 2, 2, 2), (4, 13, 1, 9), (5, 1, 8, 20), (2, 3, 3, 0), (3, 12, 10, 16)])
def test_bmm(b, m, n, k, name):
    rng = np.random.default_rng(b + m + n + k)
    for (left, x), (right, y) in itertools.product(batches(rng, b, m, k, name), batches(rng, b, k, n, name)):
        want = dense(x) @ dense(y)
        same(ctgrad.bmm(x, y), want)
        same(ctgrad.baddbmm(numbers(rng, n, name), x, y, beta=0), want)
        same(x @ y[0] if b else x.reshape(b, m, k) @ y.reshape(b, k, n), dense(x) @ dense(y[0]) if b else want)


@pytest.mark.parametrize("name", ["float64", "int32"])
def test_matmul_broadcasts_batches(name):
    rng = np.random.default_rng(3)
    for left, right in [((2, 1), (3,)), ((2, 3), (2, 3)), ((2, 3), (1, 3)), ((4,), ()), ((), (4, 2)), ((2, 1, 2), (3, 1)), ((2, 0), (1, 1)), ((2,), (5, 2))]:
        for k in (4, 0):
            x = numbers(rng, int(np.prod(left)) * 3 * k, name).view(*left, 3, k)
            y = numbers(rng, int(np.prod(right)) * k * 2, name).view(*right, k, 2)
            same(x @ y, dense(x) @ dense(y))
            same(x.transpose(0, -2) @ y if len(left) == len(right) == 0 else x @ y, dense(x) @ dense(y))
        v = numbers(rng, 3, name)
        x = numbers(rng, int(np.prod(left)) * 12, name).view(*left, 4, 3)
        same(x @ v, dense(x) @ dense(v))
        same(v @ x.transpose(-1, -2), dense(v) @ dense(x).swapaxes(-1, -2))


def test_matmul_refuses_what_does_not_fit():
    for left, right in [((2, 3, 4), (2, 5, 6)), ((2, 3, 4), (3, 4, 5)), ((2, 1, 3, 4), (2, 5, 6)), ((3, 4), (3, 5, 6))]:
        with pytest.raises(RuntimeError):
            ctgrad.ones(left) @ ctgrad.ones(right)


EQUATIONS = ["ij,jk->ik", "bij,bjk->bik", "ij,ij->ij", "ij,ij->", "i,j->ij", "bij,j->bi", "bi,bi->b", "ijk,kl->lji", "abcd,cbe->eda", "ij,jk,kl->il", "ii,ij->j"]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_of_repeated_operands(equation):
    rng = np.random.default_rng(4)
    size = dict(zip("abcdeijkl", (2, 3, 4, 2, 3, 5, 5, 4, 3), strict=True))
    terms = equation.split("->")[0].split(",")
    for still in itertools.product([None, 0, -1], repeat=len(terms)):
        tensors = []
        for term, d in zip(terms, still, strict=True):
            shape = [size[x] for x in term]
            held = list(shape)
            if d is not None:
                held[d] = 1
            tensors.append(numbers(rng, int(np.prod(held)), "float64").view(held).expand(shape))
        same(ctgrad.einsum(equation, *tensors), np.asarray(np.einsum(equation, *map(dense, tensors))))


def written_out(t):
    """The same numbers, one place each, under the same history."""
    return t + ctgrad.rand(t.shape, dtype=t.dtype) * 0


@pytest.mark.parametrize("shape", [(3, 4, 5), (20, 30, 25)])
def test_gradients_of_structured_operands(shape):
    m, n, k = shape
    rng = np.random.default_rng(5)

    def operands(rows, columns):
        yield lambda w: w[:rows * columns].view(rows, columns)
        yield lambda w: w[:columns].expand(rows, columns)
        yield lambda w: w[:rows].unsqueeze(1).expand(rows, columns)
        yield lambda w: w[:rows + columns - 1].as_strided((rows, columns), (1, 1))
        yield lambda w: w[:rows + columns - 1].unfold(0, columns, 1).flip(0)
        yield lambda w: w[:1].expand(rows, columns)

    for left, right in itertools.product(operands(m, k), operands(k, n)):
        u, v = (numbers(rng, 2 * m * n * k, "float64").requires_grad_() for _ in range(2))
        g = numbers(rng, m * n, "float64").view(m, n)
        got = ctgrad.autograd.grad(left(u) @ right(v), (u, v), g)
        want = ctgrad.autograd.grad(written_out(left(u)) @ written_out(right(v)), (u, v), g)
        for x, y in zip(got, want, strict=True):
            assert ctgrad.equal(x, y)


def test_gradients_of_contractions():
    x = ctgrad.randn(2, 1, 3, 4, dtype=ctgrad.float64, requires_grad=True)
    y = ctgrad.randn(3, 4, 2, dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.autograd.gradcheck(lambda a, b: a @ b, (x, y))
    assert ctgrad.autograd.gradgradcheck(lambda a, b: a @ b, (x, y))
    assert ctgrad.autograd.gradcheck(lambda a, b: a.permute(1, 0, 2, 3) @ b[:, :, 0].t(), (x, y))
    w = ctgrad.randn(5, dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.autograd.gradgradcheck(lambda a, w: a @ w.expand(4, 5), (x, w))


def antidiagonals(a, b):
    return ctgrad._C._ops["antidiagonals"](a, b)


@pytest.mark.parametrize("rows,m,n", [(1, 1, 1), (3, 4, 9), (2, 17, 5), (5, 40, 33)])
def test_antidiagonals(rows, m, n):
    rng = np.random.default_rng(6)
    for name in ("float32", "float64"):
        for (_, a), (_, b) in itertools.product(matrices(rng, rows, m, name), matrices(rng, rows, n, name)):
            table = dense(a).T @ dense(b)
            want = np.array([np.trace(table[::-1], s) for s in range(1 - m, n)], dtype=name)
            same(antidiagonals(a, b), want)
    a, b = (ctgrad.randn(rows, k, dtype=ctgrad.float64, requires_grad=True) for k in (m, n))
    if m * n < 100:
        assert ctgrad.autograd.gradgradcheck(antidiagonals, (a, b))


VIEWS = {
    "as_strided": lambda w: w.as_strided((4, 5), (1, 1)),
    "by two, from 1": lambda w: w.as_strided((4, 5), (2, 2), 1),
    "unfold": lambda w: w[:8].unfold(0, 5, 1),
    "turned": lambda w: w.as_strided((5, 4), (1, 1)).t(),
    "toeplitz": lambda w: w.as_strided((4, 5), (1, 1)).flip(0),
    "toeplitz, the other way": lambda w: w[:8].unfold(0, 5, 1).flip(-1),
    "toeplitz, turned": lambda w: w.as_strided((5, 4), (1, 1)).flip(1).t(),
    "turned by half": lambda w: w.as_strided((4, 5), (1, 1)).flip(0, 1),
    "turned, both": lambda w: w.as_strided((5, 4), (1, 1)).t().flip(0).flip(1),
    "copied": lambda w: w.as_strided((5, 4), (1, 1)).flip(0).t().contiguous().clone(),
    "computed": lambda w: (w.as_strided((5, 4), (1, 1)) * 2).flip(0).t().square(),
    "computed of two": lambda w: w.as_strided((4, 5), (1, 1)).flip(0) * (3 - w.as_strided((4, 5), (1, 1), 3).flip(0)),
    "turned twice": lambda w: w[:8].unfold(0, 5, 1).t().transpose(0, 1),
}


@pytest.mark.parametrize("view", VIEWS)
def test_gradients_of_hankel_matrices_arrive_slid(view):
    rng = np.random.default_rng(8)
    w, x, g = (numbers(rng, n, "float64") for n in (17, 12, 15))
    w.requires_grad_()
    x, g = x.view(3, 4).requires_grad_(), g.view(3, 5)
    view = VIEWS[view]

    def both(use):
        return [ctgrad.autograd.grad(use(matrix), (w, x), g) for matrix in (view(w), written_out(view(w)))]

    for use in (lambda m: x @ m, lambda m: (m.t() @ x.t()).t(), lambda m: ctgrad.addmm(ctgrad.ones(5, dtype=ctgrad.float64), x, m, alpha=2),
                lambda m: ctgrad.nn.functional.linear(x, m.t()), lambda m: ctgrad.stack([m.t().mv(row) for row in x]), lambda m: x @ m + x @ (m * 2), lambda m: (x @ m) * m[1] + m.sum()):
        for got, want in zip(*both(use), strict=True):
            assert ctgrad.equal(got, want)
    assert ctgrad.autograd.gradgradcheck(lambda w, x: x @ view(w), (w, x))


def test_an_observed_hankel_matrix_gets_its_whole_gradient():
    w = ctgrad.arange(8.0, requires_grad=True)
    x, g = ctgrad.ones(3, 4), ctgrad.arange(15.0).view(3, 5)
    seen = []
    matrix = w.unfold(0, 5, 1)
    matrix.register_hook(lambda grad: seen.append(grad) or grad * 2)
    (x @ matrix).backward(g)
    assert ctgrad.equal(seen[0], x.t() @ g)
    assert ctgrad.equal(w.grad, 2 * antidiagonals(x, g))
    matrix = w.as_strided((4, 5), (1, 1))
    matrix.retain_grad()
    (x @ matrix).backward(g)
    assert ctgrad.equal(matrix.grad, x.t() @ g) and ctgrad.equal(w.grad, 3 * antidiagonals(x, g))
    matrix = w.as_strided((4, 5), (1, 1))
    (got,) = ctgrad.autograd.grad(x @ matrix, matrix, g)
    assert ctgrad.equal(got, x.t() @ g)
    (got,) = ctgrad.autograd.grad(matrix, w, ctgrad.ones(4, 5))
    assert got.tolist() == [1, 2, 3, 4, 4, 3, 2, 1]


@pytest.mark.parametrize("observed", ["hankel", "toeplitz", "computed"])
def test_an_observed_toeplitz_matrix_gets_its_whole_gradient(observed):
    n = 40
    w = ctgrad.arange(2.0 * n - 1, requires_grad=True)
    x, g = (ctgrad.arange(3.0 * n).view(3, n) % 5 - 2 for _ in range(2))
    hankel = w.as_strided((n, n), (1, 1))
    toeplitz = hankel.flip(0)
    computed = toeplitz * 3
    seen = []
    {"hankel": hankel, "toeplitz": toeplitz, "computed": computed}[observed].register_hook(lambda grad: seen.append(grad) or grad * 2)
    (x @ computed).backward(g)
    full = x.t() @ g
    want = {"hankel": 3 * full.flip(0), "toeplitz": 3 * full, "computed": full}[observed]
    assert ctgrad.equal(seen[0], want) and seen[0].stride() == (n, 1)
    assert ctgrad.equal(w.grad, 6 * antidiagonals(x.flip(1), g))


@pytest.mark.usefixtures("mechanisms_on")
def test_a_step_with_a_hankel_matrix_forms_no_square():
    n, rows = 1000, 4
    w, x = ctgrad.randn(2 * n - 1, requires_grad=True), ctgrad.randn(rows, n, requires_grad=True)
    for matrix in (lambda: w.as_strided((n, n), (1, 1)), lambda: w.unfold(0, n, 1), lambda: w.as_strided((n, n), (1, 1)).flip(0), lambda: w.unfold(0, n, 1).t().flip(1),
                   lambda: ctgrad.tanh(w.unfold(0, n, 1).flip(0)) * 2 + 1):
        ctgrad.nn.functional.linear(x, matrix()).sum().backward()
        before = ctgrad._C._memory()["total_bytes"]
        ctgrad.nn.functional.linear(x, matrix()).pow(2).sum().backward()
        assert ctgrad._C._memory()["total_bytes"] - before < 4 * n * n / 2


@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_large_correlations_by_transform(name):
    rng = np.random.default_rng(7)
    rows, k, n = 33, 3000, 2500
    w, x, g = (ctgrad.tensor(rng.standard_normal(s), dtype=dtype(name)) for s in (k + n - 1, (rows, k), (rows, n)))
    hankel = w.as_strided((k, n), (1, 1))
    full = np.lib.stride_tricks.sliding_window_view(w.numpy().astype(float), n)
    want = x.numpy().astype(float) @ full
    before = ctgrad._C._work()
    close = dict(rtol=1e-5, atol=1e-3) if name == "float32" else dict(rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose((x @ hankel).numpy(), want, **close)
    np.testing.assert_allclose((hankel.t() @ x.t()).numpy(), want.T, **close)
    sums = sum(np.convolve(a, b) for a, b in zip(x.numpy().astype(float), g.numpy().astype(float), strict=True))
    np.testing.assert_allclose(antidiagonals(x, g).numpy(), sums, **close)
    assert ctgrad._C._work() == before
    turned, backwards = x.numpy().astype(float) @ full[::-1], g.numpy().astype(float) @ full[:, ::-1].T
    for toeplitz in (hankel.flip(0), hankel.t().flip(1).t()):
        np.testing.assert_allclose((x @ toeplitz).numpy(), turned, **close)
        np.testing.assert_allclose((toeplitz.t() @ x.t()).numpy(), turned.T, **close)
        np.testing.assert_allclose(ctgrad.nn.functional.linear(g, toeplitz.flip(0, 1)).numpy(), backwards, **close)
    assert ctgrad._C._work() == before


def cost(f):
    before = ctgrad._C._work()
    f()
    return ctgrad._C._work() - before


def test_cost_follows_the_distinct_numbers():
    n, rows = 300, 8
    w, x, square = ctgrad.randn(n), ctgrad.randn(rows, n), ctgrad.randn(n, n)
    linear = ctgrad.nn.functional.linear
    assert cost(lambda: x @ square) == rows * n * n
    assert cost(lambda: linear(x, w.expand(n, n), w)) == rows * n
    assert cost(lambda: linear(x, w.unsqueeze(1).expand(n, n), w)) == 2 * rows * n
    assert cost(lambda: x @ w[:1].expand(n, n)) <= rows * n + rows
    assert cost(lambda: w.expand(n, n) @ w.expand(n, n)) <= 2 * n
    assert cost(lambda: w.unsqueeze(1).expand(n, n) @ w.expand(n, n)) <= n * n
    batch = ctgrad.randn(16, rows, n)
    assert cost(lambda: ctgrad.bmm(batch, square.expand(16, n, n))) == 16 * rows * n * n
    assert cost(lambda: ctgrad.bmm(x.expand(16, rows, n), square.expand(16, n, n))) == rows * n * n
    assert cost(lambda: ctgrad.einsum("btj,bjk->btk", batch, w.unsqueeze(1).expand(16, n, n))) == 16 * rows * n


def test_batches_are_not_copied_to_be_multiplied():
    x, m = ctgrad.randn(64, 4, 100), ctgrad.randn(100, 100)
    for f in (lambda: ctgrad.bmm(x, m.expand(64, 100, 100)), lambda: x.view(8, 8, 4, 100) @ m, lambda: ctgrad.einsum("btj,jk->btk", x, m),
              lambda: x.transpose(0, 1) @ m, lambda: x.view(8, 8, 4, 100) @ m.expand(8, 100, 100)):
        f()
        before = ctgrad._C._memory()["total_bytes"]
        f()
        assert ctgrad._C._memory()["total_bytes"] - before < 500_000  # an expanded batch would take 2.5 million


SCRIPT = """
import ctgrad, sys
g = ctgrad.Generator().manual_seed(0)
a, b = (ctgrad.randint(-3, 4, (130, 130), generator=g).float() for _ in range(2))
y = [a @ b, a.t() @ b, a @ b.t(), (a.double() @ b.double()).float(), a[:, ::2] @ b[::2]]
print([int((t * ctgrad.arange(130)).sum()) for t in y])
"""


@pytest.mark.parametrize("blas", ["0", "/nowhere/libnothing.so"])
def test_without_a_blas(blas):
    def run(**more):
        return subprocess.run([sys.executable, "-c", SCRIPT], env={**os.environ, **more}, capture_output=True, text=True, check=True).stdout
    assert run(CTGRAD_BLAS=blas) == run()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_products_in_a_forked_child():
    a = ctgrad.ones(200, 200)
    a @ a
    child = os.fork()
    if child == 0:
        os._exit(0 if (a @ a)[3, 5].item() == 200 else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_short_way(name):
    """Small products take a way of their own, unless a profile is taken: the same bits, strides, nodes and gradients."""
    rng = np.random.default_rng(3)
    for _ in range(300):
        m, k, n = (int(v) for v in rng.integers(1, 9, 3))
        base = [ctgrad.tensor(rng.standard_normal(size), dtype=dtype(name), requires_grad=bool(rng.integers(2))) for size in ((m, 2 * k), (n, k), (n,))]
        part = [lambda x: x[:, ::2], lambda x: x[:, :k], lambda x: x[:, k:].contiguous(), lambda x: x[0, :k], lambda x: x.view(1, m, 2 * k)[..., ::2]][rng.integers(5)]

        def run(form=rng.integers(4), base=base, part=part):
            leaves = [x.detach().clone().requires_grad_(x.requires_grad) for x in base]
            x, w, b = part(leaves[0]), leaves[1], leaves[2]
            y = (ctgrad.nn.functional.linear(x, w, b) if form == 0 else ctgrad.nn.functional.linear(x, w) if form == 1
                 else x @ w.t() if form == 2 else ctgrad.matmul(x, w.mT))
            if y.requires_grad:
                (y * y).sum().backward()
            return y, [x.grad for x in leaves]

        y, grads = run()
        with ctgrad.debug.profile():
            long, long_grads = run()
        assert (y.shape, y.stride(), y.requires_grad, str(y.grad_fn).split(" at")[0]) == (long.shape, long.stride(), long.requires_grad, str(long.grad_fn).split(" at")[0])
        for got, expected in zip([y, *grads], [long, *long_grads]):
            assert (got is None) == (expected is None)
            assert got is None or got.detach().numpy().tobytes() == expected.detach().numpy().tobytes()


SLID_PRODUCTS = {
    "bmm": lambda h, x, y, v: ctgrad.bmm(x, h.expand(3, -1, -1)), "bmm_left": lambda h, x, y, v: ctgrad.bmm(h.expand(3, -1, -1), y),
    "matmul": lambda h, x, y, v: x @ h.expand(3, -1, -1), "one_of_a_batch": lambda h, x, y, v: h[None] @ y, "linear": lambda h, x, y, v: ctgrad.nn.functional.linear(x, h),
    "einsum": lambda h, x, y, v: ctgrad.einsum("bij,jk->bik", x, h), "einsum_left": lambda h, x, y, v: ctgrad.einsum("ij,bjk->kbi", h, y),
    "einsum_vector": lambda h, x, y, v: ctgrad.einsum("ij,j->i", h, v), "tensordot": lambda h, x, y, v: ctgrad.tensordot(h, y, dims=([1], [1])),
    "four_dims": lambda h, x, y, v: h.expand(3, -1, -1).unsqueeze(1) @ y.unsqueeze(1).expand(-1, 2, -1, -1), "baddbmm": lambda h, x, y, v: ctgrad.baddbmm(v, x, h.expand(3, -1, -1)),
    "addbmm": lambda h, x, y, v: ctgrad.addbmm(v, x, h.expand(3, -1, -1)), "addmv": lambda h, x, y, v: ctgrad.addmv(v, h, v), "each_by_vector": lambda h, x, y, v: h.expand(3, -1, -1) @ v,
    "all_of_two": lambda h, x, y, v: ctgrad.tensordot(h, h, 2), "einsum_all": lambda h, x, y, v: ctgrad.einsum("ij,ij->", h, h * 2),
    "contracted": lambda h, x, y, v: ctgrad.einsum("bri,ij,bjr->b", x, h, y), "by_twice": lambda h, x, y, v: ctgrad.bmm(x, (h * 2).expand(3, -1, -1)),
}
SLID_VIEWS = {"hankel": lambda w, n: w.unfold(0, n, 1), "flipped": lambda w, n: w.as_strided((n, n), (1, 1)).flip(0), "turned": lambda w, n: w.unfold(0, n, 1).flip(1).t()}


def slid_step(product, view, w, n):
    rng = np.random.default_rng(5)
    x, y, v = (ctgrad.tensor(rng.standard_normal(size)) for size in ((3, 2, n), (3, n, 2), (n,)))
    out = SLID_PRODUCTS[product](SLID_VIEWS[view](w, n), x, y, v)
    return out, ctgrad.tensor(rng.standard_normal(tuple(out.shape)))


@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("view", SLID_VIEWS)
@pytest.mark.parametrize("product", SLID_PRODUCTS)
def test_the_gradient_of_a_slid_operand_is_never_a_square(product, view):
    """Of any product, batches and all: the memory of its backward grows with n."""
    took = []
    for n in (128, 256):
        w = ctgrad.randn(2 * n - 1, dtype=ctgrad.float64, requires_grad=True)
        out, g = slid_step(product, view, w, n)
        before = ctgrad._C._memory()["total_bytes"]
        out.backward(g)
        took.append(ctgrad._C._memory()["total_bytes"] - before)
    assert took[1] < 2.2 * took[0] and took[1] < 8 * 256 * 256


@pytest.mark.parametrize("view", SLID_VIEWS)
@pytest.mark.parametrize("product", SLID_PRODUCTS)
def test_gradients_of_slid_operands_of_two_orders(product, view):
    def f(w):
        return slid_step(product, view, w, 4)[0]
    w = ctgrad.randn(7, dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.autograd.gradcheck(f, (w,)) and ctgrad.autograd.gradgradcheck(f, (w,))


@pytest.mark.parametrize("product", [lambda a, h: ctgrad.einsum("ij,ij->", a, h), lambda a, h: ctgrad.tensordot(a, h, 2), lambda a, h: ctgrad.einsum("ij,kj->ik", a, h)])
def test_what_a_reshape_would_copy_gets_its_gradient_row_major(product):
    """As in PyTorch, whose reshape copies it row-major; held as a line it is not copied, and looks the same."""
    strides = []
    before = ctgrad._C._switches(0, True)
    try:
        for on in (0, -1):
            ctgrad._C._switches(on, on == 0)
            a = (ctgrad.arange(8.0).as_strided((5, 4), (1, 1)) * 2).t().requires_grad_()
            strides.append(ctgrad.autograd.grad(product(a, a.detach() + 1).sum(), a)[0].stride())
    finally:
        ctgrad._C._switches(*before)
    assert strides[0] == strides[1]


@pytest.mark.parametrize(("batch", "rows", "steps", "columns"), [(1, 2, 3, 4), (2, 3, 3, 3), (3, 5, 4, 3), (2, 7, 8, 7), (1, 1, 30, 4), (2, 4, 9, 1)])
@pytest.mark.parametrize("turned", [False, True])
def test_few_products_of_a_batch_are_one_chain_without_fusing_on_every_processor(batch, rows, steps, columns, turned):
    draw = np.random.default_rng(steps)
    a, b = (draw.normal(size=size).astype(np.float32) for size in ((batch, rows, steps), (batch, steps, columns)))
    wanted = np.zeros((batch, rows, columns), np.float32)
    for p in range(steps):
        wanted = wanted + a[:, :, p : p + 1] * b[:, p : p + 1]
    other = ctgrad.tensor(b.swapaxes(1, 2).copy()).transpose(1, 2) if turned else ctgrad.tensor(b)
    np.testing.assert_array_equal(ctgrad.bmm(ctgrad.tensor(a), other).numpy(), wanted)


@pytest.mark.parametrize("form", ["NN", "NT", "TN", "TT"])
def test_sizes_of_which_some_are_0(form):
    """Nothing is written where a result has no rows or columns: whatever lies behind its memory stays."""
    def made(rows, columns, turned):
        whole = (np.arange(rows * columns).reshape((columns, rows) if turned else (rows, columns)) % 7 - 3).astype("f4")
        return (whole.T, ctgrad.tensor(whole).t()) if turned else (whole, ctgrad.tensor(whole))

    for m, n, k in itertools.product((0, 1, 2, 3, 5, 17), repeat=3):
        (a, x), (b, y) = made(m, k, form[0] == "T"), made(k, n, form[1] == "T")
        around = ctgrad.full((m * n + 64,), 9.0)
        ctgrad.mm(x, y, out=around[:m * n].view(m, n))
        assert np.array_equal(around[:m * n].numpy().reshape(m, n), a @ b) and around[m * n:].eq(9).all(), (m, n, k)
        assert np.array_equal(ctgrad.addmm(ctgrad.ones(n), x, y).numpy(), a @ b + 1)
        assert np.array_equal(ctgrad.bmm(x[None].expand(2, m, k).contiguous(), y[None].expand(2, k, n).contiguous())[1].numpy(), a @ b)
        if n == 1:
            assert np.array_equal((x @ y[:, 0]).numpy(), a @ b[:, 0])
