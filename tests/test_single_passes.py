"""What is computed in one pass agrees with the ops that it stands for, in every layout, and so do its gradients."""

import os
import subprocess
import sys

import ctgrad
import numpy as np
import pytest
from ctgrad.nn import functional as F

BASE = ctgrad.linspace(-2, 2, 240)
LAYOUTS = {
    "row-major": BASE.reshape(12, 20), "turned": BASE.reshape(12, 20).t(), "every other": BASE.reshape(12, 20)[:, ::2], "expanded": BASE[:12].reshape(12, 1).expand(12, 30),
    "permuted": BASE.reshape(4, 5, 12).permute(2, 0, 1), "channels last": BASE.reshape(2, 3, 8, 5).to(memory_format=ctgrad.channels_last), "0-d": BASE[7], "line": BASE[::3],
}


def kept_of(x, p):
    ctgrad.manual_seed(3)
    kept = ctgrad.empty_like(x).bernoulli_(1 - p).div_(1 - p)
    ctgrad.manual_seed(3)
    return kept


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64, ctgrad.float16, ctgrad.bfloat16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dropout(layout, dtype):
    x = LAYOUTS[layout].to(dtype)
    kept = kept_of(x, 0.3)
    y, product = F.dropout(x, 0.3), x * kept
    assert ctgrad.equal(y, product) and y.stride() == product.stride()
    leaf = x.detach().clone().requires_grad_()
    kept_of(x, 0.3)
    F.dropout(leaf * 1, 0.3).backward(product)
    if x.stride() == leaf.stride():     # the order of the draws is that of the memory
        assert ctgrad.equal(leaf.grad, product * kept)


def test_dropout_in_place_and_what_is_shown():
    x = BASE.clone().requires_grad_()
    kept = kept_of(x, 0.5)
    y = (x * 2).detach().requires_grad_() * 1
    z = F.dropout(y, 0.5, inplace=True)
    assert z is y and ctgrad.equal(z, BASE * 2 * kept)
    assert type(z.grad_fn).__name__ == "MulBackward0" and [edge[0] is None for edge in z.grad_fn.next_functions] == [False, True]
    with pytest.raises(RuntimeError, match="in-place"):
        F.dropout(x, 0.5, inplace=True)


def test_dropout_to_the_second_order():
    x = BASE.double().requires_grad_()
    kept = kept_of(x, 0.5)
    (first,) = ctgrad.autograd.grad((F.dropout(x, 0.5) ** 3).sum(), x, create_graph=True)
    (second,) = ctgrad.autograd.grad(first.sum(), x)
    assert ctgrad.allclose(second, 6 * x * kept**3)


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64, ctgrad.float16, ctgrad.bfloat16])
@pytest.mark.parametrize("table", [lambda w: w, lambda w: w.t().clone().t(), lambda w: w[:, ::2], lambda w: w[:, :1]])
@pytest.mark.parametrize("index_dtype", [ctgrad.int64, ctgrad.int32])
def test_embedding(table, dtype, index_dtype):
    weight = table(BASE.reshape(12, 20).to(dtype)).detach().requires_grad_()
    index = ctgrad.tensor([[3, 11, 3], [0, 3, 7]], dtype=index_dtype)
    y = F.embedding(index, weight, padding_idx=7)
    assert ctgrad.equal(y, weight[index.long()])
    g = ctgrad.arange(y.numel()).reshape(y.shape).to(dtype) / 8
    y.backward(g)
    expected = ctgrad.zeros_like(weight)
    for row, part in zip(index.flatten().tolist(), g.reshape(6, -1), strict=True):
        if row != 7:
            expected[row] += part       # each sum is rounded, in this order
    assert ctgrad.equal(weight.grad, expected)


def test_embedding_of_what_repeats_or_is_empty():
    row = ctgrad.tensor([1.0, 2.0]).requires_grad_()
    assert F.embedding(ctgrad.tensor([2, 0]), row.expand(3, 2)).tolist() == [[1, 2], [1, 2]]
    assert F.embedding(ctgrad.tensor([1]).expand(3), ctgrad.eye(2)).tolist() == [[0, 1]] * 3
    with pytest.raises(IndexError, match="embedding got index 2 for dimension 0 with size 2"):
        F.embedding(ctgrad.tensor([2]).expand(3), ctgrad.eye(2))
    weight = ctgrad.ones(3, 0).requires_grad_()
    F.embedding(ctgrad.tensor([1, 1]), weight).backward(ctgrad.ones(2, 0))
    assert weight.grad.shape == (3, 0) and F.embedding(ctgrad.zeros(0, dtype=ctgrad.int64), weight).shape == (0, 0)


def test_embedding_to_the_second_order():
    weight, index = BASE.double().reshape(12, 20).requires_grad_(), ctgrad.tensor([1, 1, 5])
    (first,) = ctgrad.autograd.grad((F.embedding(index, weight) ** 3).sum(), weight, create_graph=True)
    (second,) = ctgrad.autograd.grad(first.sum(), weight)
    uses = np.zeros((12, 1))
    uses[[1, 5]] = [[2], [1]]
    assert np.allclose(second.numpy(), 6 * weight.detach().numpy() * uses)


NORMS = {
    "layer": lambda x, w, b: F.layer_norm(x, (37,), w, b), "layer, no weight": lambda x, w, b: F.layer_norm(x, (37,)), "layer, no bias": lambda x, w, b: F.layer_norm(x, (37,), w),
    "group": lambda x, w, b: F.group_norm(x, 3, w[:6], b[:6]), "group, no weight": lambda x, w, b: F.group_norm(x, 2, None, b[:6]), "group, alone": lambda x, w, b: F.group_norm(x, 6),
}


@pytest.mark.parametrize("wanted", [(True, True, True), (True, False, False), (False, True, False), (False, False, True), (True, False, True)])
@pytest.mark.parametrize("name", NORMS)
def test_norms_by_what_forward_kept(name, wanted):
    """The gradient as one op, and as the ops that are run where it is to be differentiated."""
    draw = np.random.default_rng(0)
    given = [ctgrad.from_numpy(draw.standard_normal(shape)) for shape in ((4, 6, 37), (37,), (37,))]
    g = ctgrad.from_numpy(draw.standard_normal((4, 6, 37)))
    grads = []
    for create_graph in (False, True):
        leaves = [t.clone().requires_grad_(w) for t, w in zip(given, wanted, strict=True)]
        y = NORMS[name](*leaves)
        asked = [t for t in leaves if t.requires_grad]
        grads.append(ctgrad.autograd.grad(y, asked, g, create_graph=create_graph, allow_unused=True) if y.requires_grad else [])
    for one, two in zip(*grads, strict=True):
        assert (one is None) == (two is None) and (one is None or ctgrad.allclose(one, two))


def test_norms_keep_their_statistics_until_backward():
    x = ctgrad.randn(5, 6, 7).requires_grad_()
    for y in (F.layer_norm(x, (7,)), F.group_norm(x, 2)):
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        with pytest.raises(RuntimeError, match="a second time"):
            y.sum().backward()


LEVELS = """
import ctgrad, hashlib
from ctgrad.nn import functional as F
ctgrad.manual_seed(1)
digest = hashlib.sha256()
def note(*tensors):
    for t in tensors:
        digest.update(t.detach().contiguous().numpy().tobytes())
for dtype in (ctgrad.float32, ctgrad.float64):
    x, w, g = (ctgrad.randn(s).to(dtype).requires_grad_() for s in ((300, 12, 37), (37,), (300, 12, 37)))
    table, places = ctgrad.randn(50, 37).to(dtype).requires_grad_(), ctgrad.randint(0, 50, (300, 12))
    for y in (F.layer_norm(x, (37,), w, w * 2), F.group_norm(x, 3, w[:12], w[:12] * 2), F.dropout(x, 0.3), F.embedding(places, table), x.cumsum(0), x.cumsum(2), x.cummax(1)[0]):
        note(y, *[t for t in ctgrad.autograd.grad(y, (x, w, table), g, allow_unused=True) if t is not None])
note(ctgrad.linspace(-21, 21, 10001, dtype=ctgrad.float64).tanh(), ctgrad.linspace(-1e-3, 1e-3, 1001, dtype=ctgrad.float64).tanh())
print(digest.hexdigest())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="instruction sets by environment")
def test_bits_depend_neither_on_the_instruction_set_nor_on_the_threads():
    settings = [("CTGRAD_SIMD", isa) for isa in ("base", "avx2", "avx512")] + [("CTGRAD_NUM_THREADS", n) for n in "123"]
    digests = {subprocess.run([sys.executable, "-c", LEVELS], env={**os.environ, name: value}, capture_output=True, text=True, check=True).stdout for name, value in settings}
    assert len(digests) == 1


def test_erfc_of_doubles():
    """Against numbers of 40 digits."""
    exact = {0.5: 0.4795001221869534623172533461080354, 0.51: 0.47075638015882956326, 1.0: 0.1572992070502851306587793649173907,
             2.0: 0.004677734981047265837930743632747072, 5.0: 1.537459794428034850188343485383379e-12, 10.0: 2.088487583762544757000786294957789e-45,
             20.0: 5.395865611607900928934999167905346e-176, 27.0: 5.237048923789255685016067682849547e-319, 27.9: 0.0, -1.0: 1.842700792949714869341220635082609}
    x = ctgrad.tensor(list(exact), dtype=ctgrad.float64)
    for one, got in zip(exact, x.erfc().tolist(), strict=True):
        np.testing.assert_array_max_ulp(np.float64(got), np.float64(exact[one]), 2)
    near = ctgrad.linspace(0.499, 0.501, 101, dtype=ctgrad.float64).erfc()
    assert (near[1:] < near[:-1]).all()
    assert ctgrad.tensor([float("inf"), float("-inf")]).double().erfc().tolist() == [0, 2] and ctgrad.tensor(float("nan")).double().erfc().isnan()


def test_tanh_of_doubles():
    x = np.concatenate([np.linspace(-25, 25, 4001), np.geomspace(1e-320, 1, 500), -np.geomspace(1e-12, 30, 501), [0.0, -0.0, np.inf, -np.inf, np.nan]])
    exact = np.tanh(x.astype(np.longdouble))
    for got in (ctgrad.tensor(x).tanh().numpy(), ctgrad.tensor(np.repeat(x, 2))[::2].tanh().numpy()):
        np.testing.assert_array_max_ulp(got, exact.astype(np.float64), 1)
        assert np.array_equal(np.signbit(got[:-1]), np.signbit(x[:-1]))


def test_a_norm_of_very_many_numbers_is_as_exact_as_of_few():
    x = np.random.default_rng(0).random(1 << 20, dtype=np.float32) + 1
    wanted = (x.astype(np.float64) - x.mean(dtype=np.float64)) / x.std(dtype=np.float64)
    given = ctgrad.from_numpy(x).requires_grad_()
    for norm in (lambda t: F.layer_norm(t, t.shape, eps=1e-12), lambda t: F.group_norm(t.view(1, 2, -1), 1, eps=1e-12),
                 lambda t: F.batch_norm(t.view(1, 1, -1), None, None, training=True, eps=1e-12)):
        y = norm(given)
        assert np.abs(y.detach().numpy().reshape(-1) - wanted).max() < 1e-6
        given.grad = None
        y.backward(y.detach() + 3)  # the gradient of a constant is nothing, that of the result itself nearly so
        assert given.grad.abs().max() < 5e-4


@pytest.mark.parametrize("n", [7, 8, 120, 128, 511, 512, 520, 1100, 5000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norms_of_rows_of_every_length(n, dtype):
    """Chunks by fours, those that are left, and what fills no vector; one number a channel, and several."""
    x = (np.random.default_rng(n).random((9, n)) * 3 + 1).astype(dtype)
    wanted = x.astype(np.float64)
    wanted = (wanted - wanted.mean(1, keepdims=True)) / np.sqrt(wanted.var(1, keepdims=True) + 1e-5)
    w = np.linspace(-1, 2, n).astype(dtype)
    given, weight = ctgrad.from_numpy(x), ctgrad.from_numpy(w)
    for got, want in ((F.layer_norm(given, (n,)), wanted), (F.group_norm(given, 1), wanted), (F.group_norm(given, 1, weight, weight), wanted * w + w),
                      (F.group_norm(given.view(3, 3, n), 3).view(9, n), wanted), (F.group_norm(given.view(3, 3, n), 3, weight[:3], weight[-3:]).view(9, n),
                                                                                  (wanted.reshape(3, 3, n) * w[:3, None] + w[-3:, None]).reshape(9, n))):
        np.testing.assert_allclose(got.numpy(), want, atol=2e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("name", ["log", "log2", "log10"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_of_all_kinds_of_numbers(name, dtype):
    """Alone among plain ones, by turns, and beside none; adjacent, apart, and where 1 is near."""
    info = np.finfo(dtype)
    odd = np.array([0, -0.0, np.inf, -np.inf, np.nan, -1, info.smallest_subnormal, info.tiny / 3, info.tiny, info.max, 1], dtype)
    plain = np.concatenate([np.geomspace(info.tiny, info.max / 2, 3001), 1 + np.linspace(-0.3, 0.4, 3001), 1 + np.geomspace(info.eps, 0.1, 500), 1 - np.geomspace(info.eps, 0.1, 500),
                            2.0 ** np.arange(-100, 100)]).astype(dtype)
    mixed = plain.copy()
    mixed[::7] = np.resize(odd, mixed[::7].size)
    with np.errstate(all="ignore"):
        for x in (odd, plain, mixed):
            exact = getattr(np, name)(x.astype(np.longdouble))
            for got in (getattr(ctgrad.from_numpy(x), name)().numpy(), getattr(ctgrad.from_numpy(np.repeat(x, 2))[::2], name)().numpy()):
                np.testing.assert_array_equal(np.isnan(got), np.isnan(exact))
                np.testing.assert_array_max_ulp(np.nan_to_num(got, nan=0), np.nan_to_num(exact, nan=0).astype(dtype), 1)


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64])
@pytest.mark.parametrize("shape", [(7, 5), (4097, 6), (100_003, 3), (3, 5, 1000), (1, 4, 77), (50, 4, 3, 20)])
def test_moments_of_equal_numbers_round_as_those_of_all(shape, dtype):
    """To the last bit: sums of a number with itself are gone through by exponents, not by terms."""
    x = (ctgrad.rand(shape[1], dtype=dtype) * ctgrad.logspace(-6, 6, shape[1], dtype=dtype)).view(-1, *[1] * (len(shape) - 2)).expand(shape)
    before = ctgrad._C._switches(0, True)
    try:
        once = ctgrad._C._ops["batch_norm_moments"](x, 1e-5)
    finally:
        ctgrad._C._switches(*before)
    for a, b in zip(once, ctgrad._C._ops["batch_norm_moments"](ctgrad.tensor(x.numpy()), 1e-5), strict=True):
        assert a.tolist() == b.tolist()
    one = x[:, :1].expand(shape)      # channels are alike too
    for a, b in zip(ctgrad._C._ops["batch_norm_moments"](one, 1e-5), ctgrad._C._ops["batch_norm_moments"](ctgrad.tensor(one.numpy()), 1e-5), strict=True):
        assert a.tolist() == b.tolist()
