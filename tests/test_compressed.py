"""Compressed results from outside: what is written, exported and kept is what a dense tensor would be; and cost grows with distinct numbers."""
import gc
import threading

import numpy as np
import pytest

import ctgrad
import ctgrad.nn.functional as F
from ctgrad import debug

N = 64
pytestmark = pytest.mark.usefixtures("mechanisms_on")


def held(t):
    return debug.layout(t).compressed


def repeated():
    """(N, N) of N numbers, held once, and the dense tensor it stands for."""
    row = ctgrad.arange(N, dtype=ctgrad.float32)
    t = row.expand(N, N) * 1
    assert held(t)
    return t, np.broadcast_to(np.arange(N, dtype="f4"), (N, N)).copy()


def slid():
    """The same of a Toeplitz matrix, held as its line."""
    t = ctgrad.arange(2 * N - 1, dtype=ctgrad.float32).as_strided((N, N), (1, 1)).flip(0)
    assert held(t) and debug.layout(t).bytes_held == 4 * (2 * N - 1)
    return t, np.add.outer(np.arange(N, dtype="f4")[::-1], np.arange(N, dtype="f4"))


# ---- what stays compressed ---------------------------------------------------------------------------------------------
W = ctgrad.arange(N, dtype=ctgrad.float32)
LINE = ctgrad.arange(2 * N - 1, dtype=ctgrad.float32)
HANKEL = LINE.as_strided((N, N), (1, 1))
MAKERS = {
    "elementwise": lambda: ctgrad.tanh(W.expand(N, N)) * 2 + 1,
    "two operands": lambda: W.expand(N, N) + (W * 2).expand(N, N),
    "where": lambda: ctgrad.where(W.expand(N, N) > 3, W.expand(N, N), 0.0),
    "comparison": lambda: W.expand(2 * N, 2 * N, N) > 3,
    "cast": lambda: W.expand(N, N).double(),
    "clone": lambda: W.expand(N, N).clone(),
    "contiguous": lambda: W.expand(N, N).contiguous(),
    "repeat": lambda: W.repeat(N, 1),
    "tile": lambda: W.tile((N, 1)),
    "full": lambda: ctgrad.full((N, N), 3.0),
    "ones": lambda: ctgrad.ones(N, N),
    "zeros": lambda: ctgrad.zeros(N, N),
    "ones_like": lambda: ctgrad.ones_like(ctgrad.empty(N, N)),
    "softmax": lambda: ctgrad.softmax(W.expand(N, N), 1),
    "log_softmax": lambda: ctgrad.log_softmax(W.expand(N, N), 1),
    "cumsum": lambda: W.expand(N, N).cumsum(1),
    "cat": lambda: ctgrad.cat([W.expand(N, N), W.expand(N, N)], 1),
    "stack": lambda: ctgrad.stack([W.expand(N, N), W.expand(N, N)], 2),
    "stack of one": lambda: ctgrad.stack([W] * N),
    "index": lambda: W.expand(N, N)[:, ctgrad.arange(N)],
    "index_select": lambda: W.expand(N, N).index_select(1, ctgrad.arange(N)),
    "gather": lambda: W.expand(N, N).gather(1, ctgrad.arange(N).expand(N, N)),
    "flip": lambda: W.expand(N, N).flip(1),
    "clamp": lambda: W.expand(N, N).clamp(1, 5),
    "masked_fill": lambda: W.expand(N, N).masked_fill(W.expand(N, N) > 3, 0.0),
    "addcmul": lambda: ctgrad.addcmul(W.expand(N, N), W.expand(N, N), W.expand(N, N)),
    "product": lambda: ctgrad.rand(2 * N, N) @ W.expand(N, N).t(),
    "linear": lambda: F.linear(ctgrad.rand(2 * N, N), W.expand(N, N)),
    "bmm": lambda: ctgrad.bmm(ctgrad.rand(N, N).expand(4, N, N), ctgrad.rand(N, N).expand(4, N, N)),
    "kept dims of a sum": lambda: W.expand(N, 2, N).sum(1),
    "view": lambda: (W.expand(N, N) * 2).t().unsqueeze(0),
    "toeplitz": lambda: HANKEL.flip(0),
    "toeplitz, the other way": lambda: LINE.unfold(0, N, 1).flip(1),
    "turned by half": lambda: HANKEL.flip(0, 1),
    "flipped back": lambda: HANKEL.flip(0).flip(0),
    "flipped and transposed": lambda: HANKEL.flip(0).t(),
    "hankel, elementwise": lambda: ctgrad.tanh(HANKEL) * 2 + 1,
    "toeplitz, elementwise": lambda: ctgrad.tanh(HANKEL.flip(0)) * 2 + 1,
    "two hankels": lambda: HANKEL + HANKEL * 2,
    "hankel and a 0-d tensor": lambda: HANKEL * ctgrad.tensor(3.0),
    "hankel, where": lambda: ctgrad.where(HANKEL > 9, HANKEL, 0.0).clamp(1, 90) ** 2,
    "hankel, comparison": lambda: LINE.repeat(5).as_strided((4 * N, 4 * N), (1, 1)) > 3,
    "hankel, cast": lambda: HANKEL.double(),
    "hankel, clone": lambda: HANKEL.clone(),
    "toeplitz, contiguous": lambda: HANKEL.flip(0).t().contiguous(),
    "every second": lambda: LINE.repeat(2).as_strided((N, N), (2, 2), 1).flip(0),
    "hankels in a batch": lambda: LINE.repeat(3).as_strided((3, N // 2, N // 2), (2 * N, 1, 1)).flip(0, 2),
    "hankels repeated": lambda: HANKEL.expand(3, N, N).flip(0, 1),
    "three dims slide": lambda: LINE.as_strided((16, 16, 16), (1, 1, 1)).flip(1) * 2,
    "toeplitz, a part": lambda: HANKEL.flip(0)[2:, ::3].unsqueeze(1),
    "toeplitz, a diagonal": lambda: HANKEL.flip(0).diagonal(1),
    "pieces": lambda: (W.expand(N, N) * 2).split(N // 2, 1)[1],
}


@pytest.mark.parametrize("name", MAKERS)
def test_stays_compressed(name):
    t = MAKERS[name]()
    layout = debug.layout(t)
    assert layout.compressed and layout.bytes_held < layout.bytes_storage
    dense = ctgrad.from_numpy(t.clone().numpy())      # written out, and held so
    assert not held(dense) and t.tolist() == dense.tolist() and t.shape == dense.shape
    assert held(t)                                    # reading changed nothing


def test_gradients_stay_compressed():
    x = ctgrad.rand(N, N, requires_grad=True)
    x.sum().backward()
    assert held(x.grad) and x.grad.stride() == (N, 1) and x.grad.is_contiguous()
    x.grad += 1
    assert held(x.grad) and x.grad.tolist() == [[2.0] * N] * N
    x.grad[1] += 1
    assert not held(x.grad) and x.grad[:2].tolist() == [[2.0] * N, [3.0] * N]


def test_small_results_are_dense():
    assert not held(ctgrad.rand(4).expand(4, 4) * 2) and not held(ctgrad.ones(4, 4))


def test_a_users_expand_is_a_view():
    w = ctgrad.rand(N)
    t = w.expand(N, N)
    assert t.stride() == (0, 1) and not held(t) and not t.is_contiguous() and t.data_ptr() == w.data_ptr()
    with pytest.raises(RuntimeError, match="single memory location"):
        t.add_(1)


# ---- writes ------------------------------------------------------------------------------------------------------------------
WRITES = {
    "item": lambda t: t.__setitem__((1, 2), 9.0),
    "add_": lambda t: t[1].add_(5),
    "copy_": lambda t: t[:, 2].copy_(ctgrad.zeros(N)),
    "masked": lambda t: t.__setitem__(t > 60, 0.0),
    "index": lambda t: t.__setitem__((ctgrad.tensor([1]), ctgrad.tensor([2])), 9.0),
    "no_grad": lambda t: ctgrad.no_grad()(lambda: t[3].mul_(2))(),
    "data": lambda t: t.data[0].fill_(7),
    "out=": lambda t: ctgrad.add(t, 1, out=t),
    "numpy": lambda t: t.numpy().__setitem__((1, 2), 9.0),
    "buffer": lambda t: np.asarray(memoryview(t)).__setitem__((1, 2), 9.0),
    "dlpack": lambda t: ctgrad.from_dlpack(t).__setitem__((1, 2), 9.0),
}


@pytest.mark.parametrize("make", [repeated, slid])
@pytest.mark.parametrize("name", WRITES)
def test_written_as_a_dense_tensor(name, make):
    t, dense = make()
    before, row, transposed = t[1:3], t[1], t.t()
    assert held(before) and held(row)
    twin = ctgrad.from_numpy(dense)
    WRITES[name](t)
    WRITES[name](twin)
    after = t[1:3]
    assert not held(t) and t.tolist() == twin.tolist()
    assert before.tolist() == after.tolist() == twin[1:3].tolist() and row.tolist() == twin[1].tolist() and transposed.tolist() == twin.t().tolist()
    before[0, 0] = -1.0                               # a view made before shows its writes in the base, and the other way round
    assert t[1, 0].item() == row[0].item() == transposed[0, 1].item() == -1.0


def test_write_to_a_view_made_before():
    t, _ = repeated()
    v = t[2]
    v.fill_(7)
    assert not held(t) and t[2].tolist() == [7.0] * N and t[1].tolist() == list(map(float, range(N)))


def test_the_source_is_not_shared():
    w = ctgrad.arange(N, dtype=ctgrad.float32)
    t = w.repeat(N, 1)
    w.zero_()
    assert t[5].tolist() == list(map(float, range(N)))
    t.zero_()
    assert w.tolist() == [0.0] * N
    line = ctgrad.ones(2 * N - 1)
    t = line.unfold(0, N, 1).flip(0)
    line.zero_()
    assert held(t) and t.tolist() == [[1.0] * N] * N


def test_foreign_memory():
    a = np.arange(N, dtype="f4")
    t = ctgrad.from_numpy(a).expand(N, N) * 1
    a[:] = 0
    assert held(t) and t[3, 5].item() == 5.0
    b = t.numpy()
    assert not held(t) and b.shape == (N, N) and b.strides == (4 * N, 4) and b[3, 5] == 5.0


def test_saved_tensors_are_guarded():
    w = ctgrad.rand(N, requires_grad=True)
    t = ctgrad.tanh(w.expand(N, N))
    s = (t * t).sum()
    with ctgrad.no_grad():
        t[0, 0] = 3.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        s.backward()


def test_kept_values_survive_writing_out():
    """A write through .data is not counted: backward reads what is there, in the layout it is in by then."""
    w = ctgrad.rand(N, dtype=ctgrad.float64, requires_grad=True)
    t = w.expand(N, N) * 1
    s = (t * t).sum()
    t.data_ptr()
    s.backward()
    assert ctgrad.allclose(w.grad, 2 * N * w.detach())


def test_two_threads():
    t, dense = repeated()
    views = [t[i] for i in range(N)]

    def write(k):
        for i in range(k, N, 2):
            views[i].add_(1)
            (t.sum() + t.t().mean()).item()
    threads = [threading.Thread(target=write, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert t.tolist() == (dense + 1).tolist()


def test_large_kernels_while_another_thread_writes():
    big = ctgrad.rand(2000).expand(2000, 2000) * 1
    sums = []
    reader = threading.Thread(target=lambda: sums.extend((big * big).sum().item() for _ in range(20)))
    reader.start()
    for _ in range(20):
        big.clone().add_(1)
    big[0, 0] = big[0, 0].item()
    reader.join()
    assert max(sums) - min(sums) <= 1e-3 * max(sums)


def test_views_that_cannot_be_told_are_written_out():
    t, dense = repeated()
    flat = t.view(-1)
    assert not held(t) and flat.tolist() == dense.ravel().tolist() and flat.data_ptr() == t.data_ptr()


def test_no_memory_to_write_out():
    t, dense = repeated()
    row = t[0]
    ctgrad._C._fail_alloc(0, True)
    try:
        with pytest.raises(MemoryError):
            row.zero_()
    finally:
        ctgrad._C._fail_alloc(-1)
    assert held(t) and t.tolist() == dense.tolist()


def test_no_memory_at_any_step_of_lines():
    w, x = ctgrad.rand(2 * N - 1, requires_grad=True), ctgrad.rand(3, N)

    def step():
        W = ctgrad.tanh(w.unfold(0, N, 1).flip(0)) * 2
        return ctgrad.autograd.grad((x @ W).sum(), w, create_graph=True)[0].detach()
    want = step()
    gc.collect()
    before, at, failed = ctgrad._C._live(), 0, True
    while failed:
        ctgrad._C._fail_alloc(at)
        try:
            got = step()
        except (RuntimeError, MemoryError) as e:
            got = None
            assert "not enough memory" in str(e), at
        finally:
            failed = ctgrad._C._fail_alloc(-1)
        assert got is None or ctgrad.equal(got, want), at
        del got
        gc.collect()
        assert ctgrad._C._live() == before, at
        at += 1
    assert at > 50


def test_sizes_that_no_memory_holds_are_refused():
    with pytest.raises(RuntimeError):
        ctgrad.zeros(1 << 60)


# ---- cost, by counters ---------------------------------------------------------------------------------------------------------
def tied_step(n, weight):
    w = ctgrad.rand(n, requires_grad=True)
    x, y, b = ctgrad.rand(8, n), ctgrad.rand(8, n), ctgrad.rand(n, requires_grad=True)

    def step():
        w.grad = b.grad = None
        ((F.linear(x, weight(w, n), b) - y) ** 2).mean().backward()
    step()
    gc.collect()
    before, work = debug.memory()["total_bytes"], ctgrad._C._work()
    with debug.profile() as p:
        step()
    return debug.memory()["total_bytes"] - before, p.distinct, ctgrad._C._work() - work


WEIGHTS = {
    "expand": lambda w, n: w.expand(n, n),
    "expand_as": lambda w, n: w.expand_as(ctgrad.empty(1, 1).expand(n, n)),
    "repeat": lambda w, n: w.repeat(n, 1),
    "tile": lambda w, n: w.tile((n, 1)),
    "column": lambda w, n: w.unsqueeze(1).expand(n, n),
    "stack": lambda w, n: ctgrad.stack([w] * n),
    "transposed": lambda w, n: w.expand(n, n).t(),
    "through ops": lambda w, n: ctgrad.tanh(w.expand(n, n)) * 2 + w.expand(n, n),
    "through a sum of two": lambda w, n: w.expand(n, n) + w.unsqueeze(1),
}


@pytest.mark.parametrize("name", [k for k in WEIGHTS if k != "through a sum of two"])
def test_a_tied_step_costs_its_distinct_weights(name):
    """Four times the weights: about four times the bytes, the steps and the multiply-adds; a stored matrix would take sixteen."""
    small, large = tied_step(256, WEIGHTS[name]), tied_step(1024, WEIGHTS[name])
    for a, b in zip(small, large):
        assert b < 5 * a, (name, small, large)
    assert large[0] < 1024 * 1024


def test_a_real_sum_costs_its_matrix():
    """The counters can tell: w_j + w_i is a matrix of n * n numbers."""
    small, large = tied_step(64, WEIGHTS["through a sum of two"]), tied_step(256, WEIGHTS["through a sum of two"])
    assert large[1] > 8 * small[1]


def test_repeat_takes_no_memory_until_written():
    w = ctgrad.rand(1000)
    before = debug.live()["bytes"]
    t = w.repeat(100_000, 1)
    assert t.shape == (100_000, 1000) and debug.live()["bytes"] - before < 20_000 and t[99_999, 999].item() == w[999].item()


def test_reductions_over_what_repeats_are_arithmetic():
    w = ctgrad.rand(100, dtype=ctgrad.float64)
    t, dense = w.expand(1000, 100), ctgrad.from_numpy(np.broadcast_to(w.numpy(), (1000, 100)).copy())
    for f in (lambda u: u.sum(), lambda u: u.mean(0), lambda u: u.var(), lambda u: u.std(0, unbiased=False), lambda u: u.norm(), lambda u: u.norm(3, dim=0),
              lambda u: u.logsumexp(0), lambda u: u.amax(0), lambda u: u.prod(0), lambda u: (u > 0.5).any(0), lambda u: u.max(0)[1], lambda u: u.argmax()):
        with debug.profile() as p:
            got = f(t)
        assert ctgrad.allclose(got.double(), f(dense).double(), rtol=1e-12), f
        assert p.distinct <= 10_000 or got.dtype == ctgrad.int64    # places are searched among all


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
def test_one_spread_computed_once_rounds_as_many_do(name):
    """A single result is computed another way than rows of them are, and equal numbers then need not spread by exactly 0: one row that stands
    for many goes their way. The derivative of the root is 0 at 0, and anything beside it."""
    for numbers in ([1.6853054878051634] * 3, [0.3, 0.1, 0.7, 0.2, 0.9]):
        w = ctgrad.tensor(numbers, dtype=ctgrad.float64, requires_grad=True)
        once, full = w.expand(1000, -1).clone(), ctgrad.tensor([numbers] * 1000, dtype=ctgrad.float64, requires_grad=True)
        assert held(once) and not held(full)
        got, expected = (ctgrad.stack(r) if isinstance(r, tuple) else r.unsqueeze(0) for r in (getattr(ctgrad, name)(t, 1) for t in (once, full)))
        assert got.tolist() == expected.tolist()
        for r in (got, expected):
            r[0].sum().backward()
        assert ctgrad.allclose(w.grad, full.grad.sum(0), atol=1e-9)


def test_a_product_keeps_copies_where_batches_are_copied():
    """PyTorch copies an operand whose batches do not merge with those it is expanded along; then a later write to it is no error. One whose bytes, but not
    what it shows, would merge, beside another that has to be copied, is copied as well; so is a dense one."""
    b = ctgrad.rand(4, 8, 9, requires_grad=True)
    for a in (ctgrad.rand(70, 1).expand(5, 1, 70, 8).clone(), ctgrad.rand(4, 5, 70, 8).transpose(0, 1)):
        was = a.clone()
        product = a @ b
        a[0] = 1.0
        assert ctgrad.allclose(ctgrad.autograd.grad(product.sum(), b)[0], was.sum(-2).expand(5, 4, 8).sum(0).unsqueeze(-1).expand(4, 8, 9))


# ---- reduced gradients are never seen ----------------------------------------------------------------------------------------------
def test_observed_gradients_are_in_full():
    w, x = ctgrad.rand(N, requires_grad=True), ctgrad.rand(8, N)
    seen = []
    W1, W2, W3 = (w.expand(N, N) for _ in range(3))
    W1.register_hook(lambda g: seen.append(g.shape))
    W2.retain_grad()
    y = F.linear(x, W1) + F.linear(x, W2) + F.linear(x, W3)
    (g3,) = ctgrad.autograd.grad(y.sum(), W3, retain_graph=True)
    y.sum().backward()
    full = x.sum(0).expand(N, N)
    assert seen[-1] == (N, N) and ctgrad.allclose(W2.grad, full) and ctgrad.allclose(g3, full)
    assert ctgrad.allclose(w.grad, 3 * N * x.sum(0))


def test_a_hook_that_changes_the_gradient_is_heeded():
    w, x = ctgrad.rand(N, requires_grad=True), ctgrad.rand(8, N)
    W = w.expand(N, N)
    mask = ctgrad.zeros(N, N)
    mask[0] = 1
    W.register_hook(lambda g: g * mask)
    F.linear(x, W).sum().backward()
    assert ctgrad.allclose(w.grad, x.sum(0))


# ---- found by the law's programs over the registry --------------------------------------------------------------------------------

def test_singular_values_of_what_is_held_once():
    """The decomposition reads its copy without strides."""
    row = ctgrad.arange(64.0)
    x = row.expand(64, 64).clone()
    assert ctgrad._C._layout(x)["compressed"]
    _, s, _ = ctgrad._C._ops["linalg_svd"](x)
    assert abs(s[0].item() - 8 * row.norm().item()) < 1e-2 and s[1:].abs().max() < 1e-2
    assert abs(x.norm("nuc").item() - 8 * row.norm().item()) < 1e-1


def test_rows_of_layer_norm_that_repeat_beside_a_repeating_input():
    x, w, b = ctgrad.randn(20).expand(30, 20, 20), ctgrad.arange(400.0).reshape(20, 20).as_strided((20, 20), (1, 1)), ctgrad.ones(1).expand(20, 20)
    full = [t.clone().contiguous().numpy().copy() for t in (x, w, b)]
    want = ctgrad.nn.functional.layer_norm(ctgrad.tensor(full[0]), (20, 20), ctgrad.tensor(full[1]), ctgrad.tensor(full[2]))
    assert ctgrad.allclose(ctgrad.nn.functional.layer_norm(x, (20, 20), w, b), want, atol=1e-4)


def test_steps_counted_by_a_repeated_number():
    """Lengths of a packed sequence that are all the same are held once."""
    counts = ctgrad.full((600,), 2)
    assert ctgrad._C._layout(counts)["compressed"]
    gates, h0, w = ctgrad.randn(1200, 3, requires_grad=True), ctgrad.zeros(2, 3), ctgrad.randn(3, 3, requires_grad=True)
    results = ctgrad._C._ops["recur"](gates, h0, None, w, [counts], 2, False)
    results[0].sum().backward()
    got = gates.grad.clone()
    gates.grad = None
    ctgrad._C._ops["recur"](gates, h0, None, w, [ctgrad.tensor([2] * 600)], 2, False)[0].sum().backward()
    assert ctgrad.equal(got, gates.grad)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_places_in_what_repeats(name, order):
    """Read once; the place is that of the first of equals, of all elements too; the gradient goes to the repeated one without a detour."""
    for row in ([3.0, 1.0, 3.0, 2.0] * 16, [1.0, float("nan")] * 32, [5.0] * 64):
        w = ctgrad.tensor(row).requires_grad_()
        x = (w.expand(50, 64) * 1).permute(order)
        full = ctgrad.tensor(x.tolist(), requires_grad=True)
        for d in (0, 1, *([None] if name.startswith("arg") else [])):
            with debug.profile() as p:
                got = getattr(ctgrad, name)(x, *([] if d is None else [d]))
            assert p.distinct <= 128
            want = getattr(ctgrad, name)(full, *([] if d is None else [d]))
            if name.startswith("arg"):
                assert got.tolist() == want.tolist()
                continue
            assert got.indices.tolist() == want.indices.tolist() and str(got.values.tolist()) == str(want.values.tolist())
            w.grad = full.grad = None
            weight = ctgrad.arange(float(got.values.numel()))
            (got.values * weight).sum().backward(retain_graph=True)
            (want.values * weight).sum().backward()
            assert w.grad.tolist() == full.grad.permute(order).sum(0).tolist()


def test_gradient_of_a_product_along_what_repeats():
    w = ctgrad.tensor([1.5, -0.5, 0.0, 1.0], dtype=ctgrad.float64, requires_grad=True)
    before = ctgrad._C._memory()["total_bytes"]
    (w.expand(1000, 4) * 1).prod(0).sum().backward()
    assert ctgrad._C._memory()["total_bytes"] - before < 8000
    f = lambda v: (v.expand(9, 4) * 1).prod(0).sum()  # noqa: E731
    assert ctgrad.autograd.gradcheck(f, (w.detach().requires_grad_(),)) and ctgrad.autograd.gradgradcheck(f, (w.detach().requires_grad_(),))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_along_what_repeats(name, dtype):
    row = [1.0, -2.0, float("inf"), float("nan"), 3.0, -float("inf")]
    x = ctgrad.tensor(row * 16, dtype=getattr(ctgrad, dtype)).expand(100, 96).clone()
    full = ctgrad.tensor(x.tolist(), dtype=x.dtype)
    with debug.profile() as p:
        got = getattr(ctgrad, name)(x, 0)
    assert p.distinct <= 8 * 96 and got.is_contiguous()
    np.testing.assert_allclose(got.float().numpy(), getattr(ctgrad, name)(full, 0).float().numpy(), rtol=1e-3 if dtype == "float16" else 1e-6)
    w = ctgrad.tensor([0.5, -1.0, 2.0], dtype=ctgrad.float64, requires_grad=True)
    weight = ctgrad.arange(600.0, dtype=ctgrad.float64).reshape(200, 3)
    f = lambda v: (getattr(ctgrad, name)(v.expand(200, 3) * 1, 0) * weight).sum()  # noqa: E731
    assert ctgrad.autograd.gradcheck(f, (w,), atol=1e-4) and ctgrad.autograd.gradgradcheck(f, (w,), atol=1e-4)


def test_a_batched_product_of_what_repeats_is_no_view():
    with ctgrad.no_grad():
        y = ctgrad.ones(2, 2, 3, 4) @ ctgrad.arange(2.0).view(1, 2, 1, 1).expand(2, 2, 4, 5)
    assert not y._is_view()
    y.requires_grad_()
    (y * 1)[0] = 2


def test_a_group_norm_keeps_channels_last():
    for x in (ctgrad.rand(2, 4, 3, 5), ctgrad.rand(2, 1, 1, 1).expand(2, 4, 30, 5) * 1):
        x = x.to(memory_format=ctgrad.channels_last)
        assert ctgrad.nn.functional.group_norm(x, 2).stride() == x.stride()


@pytest.mark.parametrize("n", [1 << 50, 1 << 62, (1 << 63) - 1])
def test_reductions_of_more_than_memory_holds(n):
    """What repeats is reduced once, however much is shown: no result is of that size."""
    x = ctgrad.full((1,), 2.0).expand(n)
    assert x.sum() == 2.0 * n and x.mean() == 2 and x.max() == 2 and x.argmax() == 0 and x.prod() == float("inf")
    assert x.std() == 0 and x.norm() > 1e7 and x.all() and x.any() and x.amin() == 2 and x.nansum() == 2.0 * n
