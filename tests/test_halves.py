"""float16 and bfloat16: conversions of every pattern, arithmetic in float32 rounded once, structure kept, training.

What PyTorch's numbers are is in tests/oracle/test_halves_oracle.py; here they follow from NumPy's float16 and from bits.
"""

import copy
import gc
import io
import math
import os
import pickle
import subprocess
import sys

import ctgrad
import numpy as np
import pytest
from ctgrad import nn

HALVES = [ctgrad.float16, ctgrad.bfloat16]
ids = {"ids": lambda d: repr(d).partition(".")[2]}
PATTERNS = np.arange(2**16, dtype=np.uint16)


def from_bits(bits, dtype):
    return ctgrad.from_numpy(bits.view(np.float16)).view(dtype)


def bits_of(t):
    return t.contiguous().view(ctgrad.float16).numpy().view(np.uint16)


def bfloat_bits(x):
    """Of float32, to the nearest even; NaN is 0x7fc0."""
    word = x.view(np.uint32).astype(np.uint64)
    return np.where(np.isnan(x), 0x7FC0, (word + 0x7FFF + (word >> 16 & 1)) >> 16).astype(np.uint16)


def rounded(x, dtype):
    """float64 numbers as the dtype holds them: through float32, as in PyTorch."""
    with np.errstate(all="ignore"):
        single = np.asarray(x, dtype="float32")
        if dtype is ctgrad.float16:
            return single.astype("float16").astype("float64")
        return (bfloat_bits(single).astype(np.uint32) << 16).view("float32").astype("float64")


def wide(t):
    return t.detach().double().numpy()


# ---- conversions -------------------------------------------------------------------------------------------------------------

def expected_wide(dtype):
    return PATTERNS.view(np.float16).astype("float32") if dtype is ctgrad.float16 else (PATTERNS.astype(np.uint32) << 16).view("float32")


@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("step", [1, 3, -1])
def test_every_pattern_widens(dtype, step):
    t = from_bits(PATTERNS, dtype)
    t, want = (t[::step], expected_wide(dtype)[::step]) if step > 0 else (t.flip(0), expected_wide(dtype)[::-1])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(t.float().numpy(), want)
        np.testing.assert_array_equal(t.double().numpy(), want.astype("float64"))
        np.testing.assert_array_equal(t.bool().numpy(), want != 0)
        small = np.abs(want) < 2**31
        np.testing.assert_array_equal(t.long().numpy()[small], want[small].astype("int64"))
        assert np.array_equal(t[:100].tolist(), want[:100].tolist(), equal_nan=True)


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_every_pattern_comes_back(dtype):
    t = from_bits(PATTERNS, dtype)
    numbers = ~np.isnan(expected_wide(dtype))
    for there in (t.float(), t.double()):
        np.testing.assert_array_equal(bits_of(there.to(dtype))[numbers], PATTERNS[numbers])
        assert there.to(dtype)[ctgrad.from_numpy(~numbers)].isnan().all()


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_rounding_is_to_the_nearest_even(dtype):
    low = expected_wide(dtype).view(np.uint32)
    for add in (0, 1, 0x0FFF, 0x1000, 0x1001, 0x1FFF, 0x7FFF, 0x8000, 0x8001):
        x = (low + np.uint32(add)).view("float32")
        with np.errstate(all="ignore"):
            want = x.astype("float16").view(np.uint16) if dtype is ctgrad.float16 else bfloat_bits(x)
        numbers = ~np.isnan(x)
        np.testing.assert_array_equal(bits_of(ctgrad.from_numpy(x).to(dtype))[numbers], want[numbers])
        np.testing.assert_array_equal(bits_of(ctgrad.from_numpy(np.repeat(x, 2))[::2].to(dtype))[numbers], want[numbers])


@pytest.mark.skipif(sys.platform == "win32", reason="instruction sets by environment")
def test_every_instruction_set_gives_the_same_bits():
    program = """
import ctgrad, hashlib, numpy as np
ctgrad.manual_seed(1)
digest = hashlib.sha256()
for dtype in (ctgrad.float16, ctgrad.bfloat16):
    t = ctgrad.from_numpy(np.arange(2**16, dtype=np.uint16).view(np.float16)).view(dtype)
    digest.update(t.float().numpy().tobytes())
    x = ctgrad.randn(1 << 17) * 100
    for made in (x.to(dtype), x[::3].to(dtype), x.double().to(dtype), (x * 1e-7).to(dtype), ctgrad.rand(1001, dtype=dtype), x.to(dtype) * x.to(dtype) + 0.3,
                 x[:130000].view(1000, 130).to(dtype).sum(0), x[:130000].view(1000, 130).to(dtype)[:, 3:].sum(0),
                 x.to(dtype).sum(), x[:100001].to(dtype).sum(), x[:130000].view(100, 1300).to(dtype).sum(1), x[:51300].view(100, 513).to(dtype).sum(1),
                 ctgrad.arange(0, 500, 0.37, dtype=dtype), ctgrad.arange(-3, 40, dtype=dtype)):
        digest.update(made.contiguous().view(ctgrad.float16).numpy().tobytes())
print(digest.hexdigest())
"""
    digests = {subprocess.run([sys.executable, "-c", program], env={**os.environ, "CTGRAD_SIMD": isa}, capture_output=True, text=True,
                              check=True).stdout for isa in ("base", "avx2", "avx512")}
    assert len(digests) == 1


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_numbers_that_do_not_fit(dtype):
    most = ctgrad.finfo(dtype).max
    assert ctgrad.tensor([most, -most], dtype=dtype).tolist() == [most, -most]
    assert ctgrad.tensor([1e39, -math.inf], dtype=dtype).tolist() == [math.inf, -math.inf]
    for call in (lambda: ctgrad.full((2,), 1e39, dtype=dtype), lambda: ctgrad.zeros(2, dtype=dtype).fill_(1e39),
                 lambda: ctgrad.zeros(2, dtype=dtype).clamp(min=1e39)):
        with pytest.raises(RuntimeError, match=r"value cannot be converted to type c10::B?F?[Hl]?(Half|loat16|Float16) without overflow"):
            call()


# ---- arithmetic --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("n", [1, 5, 255, 256, 257, 1000])
def test_elementwise_is_float32_rounded_once(dtype, n):
    rng = np.random.default_rng(n)
    x, y = (ctgrad.tensor(rng.standard_normal(n)).to(dtype) for _ in range(2))
    a, b = wide(x), wide(y)
    for got, want in ((x * y, a * b), (x + y, a + b), (x / y, a / b), (x - y.flip(0), a - b[::-1]), (x.relu(), np.maximum(a, 0)), (x * x[0], a * a[0])):
        assert got.dtype is dtype
        np.testing.assert_array_equal(wide(got), rounded(want, dtype))
    assert (x > y).tolist() == (a > b).tolist()
    x.mul_(y)
    np.testing.assert_array_equal(wide(x), rounded(a * b, dtype))


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_a_number_beside_halves(dtype):
    """mul and div take it in float32, add rounds it: as in PyTorch."""
    x = ctgrad.arange(1, 200, dtype=dtype)
    third = np.float64(np.float32(1 / 3))
    np.testing.assert_array_equal(wide(x * (1 / 3)), rounded(np.float32(wide(x)) * np.float32(third), dtype))
    np.testing.assert_array_equal(wide(x / 3), rounded(wide(x) / 3, dtype))
    np.testing.assert_array_equal(wide(x + 1 / 3), rounded(wide(x) + rounded(third, dtype), dtype))
    np.testing.assert_array_equal(wide(x * ctgrad.tensor(1 / 3)), wide(x * (1 / 3)))


@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("shape, dims", [((3000,), None), ((70, 300), 0), ((70, 300), 1), ((5, 6, 700), (0, 2)), ((4, 300, 5), 1), ((3, 4, 5, 6), (1, 3)),
                                         ((600, 600), None), ((300, 2), 0), ((2, 1025), 1)])
def test_reductions_round_once(dtype, shape, dims):
    x = ctgrad.tensor(np.random.default_rng(0).uniform(0.5, 1.5, shape)).to(dtype)
    a, axes = wide(x), dims if dims is None or isinstance(dims, int) else tuple(dims)
    step = ctgrad.finfo(dtype).eps
    with np.errstate(all="ignore"):
        for got, want in ((x.sum(dims), a.sum(axes)), (x.mean(dims), a.mean(axes)), (x.transpose(0, -1).sum(dims).sum(), a.transpose().swapaxes(0, -1).sum())):
            assert got.dtype is dtype
            top = ctgrad.finfo(dtype).max
            want = np.where(np.abs(want) > top, np.inf, want)
            np.testing.assert_allclose(wide(got), want, rtol=(0.51 if want.ndim or dims is None else 2) * step)
    if x.numel():
        np.testing.assert_array_equal(wide(x.amax(dims) if dims is not None else x.max()), a.max(axes))


@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("rows, columns", [(1, 5), (16, 64), (17, 67), (33, 1030), (15, 128), (100, 2100), (40, 3)])
def test_sums_of_columns(dtype, rows, columns):
    """Of small whole numbers, so that the sums are exact; columns beside each other, and not; rows that repeat, and in two dimensions."""
    a = np.random.default_rng(0).integers(-4, 5, (2, rows, columns)).astype("float64")
    x = ctgrad.tensor(a).to(dtype)
    for got, want in ((x[0].sum(0), a[0].sum(0)), (x[0, :, 2:].sum(0), a[0, :, 2:].sum(0)), (x[0, ::2].sum(0), a[0, ::2].sum(0)), (x.sum((0, 1)), a.sum((0, 1))),
                      (x.sum(1), a.sum(1)), (x[0, :, ::2].sum(0), a[0, :, ::2].sum(0)), (x[0, :1].expand(rows, columns).sum(0), rows * a[0, 0]), (x[0].mean(0), a[0].sum(0).astype("float32") / np.float32(rows))):
        np.testing.assert_array_equal(wide(got), wide(ctgrad.tensor(want).to(dtype)))


@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("n", [511, 512, 513, 1023, 1024, 1025, 65535, 65600, 131073])
def test_sums_of_long_rows(dtype, n):
    """Of -1, 0 and 1, whose sums are exact; adjacent, in every row, and apart."""
    a = np.random.default_rng(n).integers(-1, 2, (3, 2 * n)).astype("float32")
    x = ctgrad.from_numpy(a).to(dtype)
    for got, want in ((x.sum(1), a.sum(1)), (x[:, :n].sum(1), a[:, :n].sum(1)), (x[1, 1:n].sum(), a[1, 1:n].sum()), (x[:, ::2].sum(1), a[:, ::2].sum(1))):
        assert got.dtype == dtype
        np.testing.assert_array_equal(wide(got), rounded(np.asarray(want, dtype="float32"), dtype))


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_what_is_added_up_is_not_rounded_on_the_way(dtype):
    """4096 ones: a half that is added to stays at 2048 or 256."""
    n = 4096
    ones = ctgrad.ones(n, dtype=dtype)
    zero = ctgrad.zeros(n, dtype=ctgrad.int64)
    for total in (ones.sum(), ones @ ones, ones.view(64, 64).sum((0, 1)), ones.cumsum(0)[-1], ones.view(8, 512).expand(8, 512).sum(),
                  ctgrad.zeros(1, dtype=dtype).scatter_add(0, zero, ones)[0], ctgrad.zeros(3, 1, dtype=dtype).t()[:, :1].scatter_add(1, zero[None], ones[None])[0, 0],
                  ones[:1].expand(n).sum(), ctgrad.ones(1, 1, dtype=dtype).expand(1, n).mm(ones[:, None])[0, 0]):
        assert float(total) == n
    image, kernel = ctgrad.ones(1, 16, 18, 18, dtype=dtype), ctgrad.ones(4, 16, 3, 3, dtype=dtype).requires_grad_()
    y = nn.functional.conv2d(image.requires_grad_(), kernel, stride=2)
    y.sum().backward()
    assert (y == 144).all()
    assert (kernel.grad == 64).all() and image.grad[0, 0, 8, 8] == 16
    assert float((ctgrad.full((1, 5000), 0.125, dtype=dtype).expand(3, 5000) @ ctgrad.full((5000, 1), 16.0, dtype=dtype))[0, 0]) == float(ctgrad.tensor(1e4).to(dtype))


@pytest.mark.parametrize("dtype", HALVES, **ids)
@pytest.mark.parametrize("m, k, n", [(1, 1, 1), (1, 300, 1), (3, 4, 5), (1, 300, 50), (50, 300, 1), (257, 257, 513), (20, 600, 9), (400, 30, 300)])
def test_products_round_once(dtype, m, k, n):
    rng = np.random.default_rng(m * n)
    a, b = ctgrad.tensor(rng.standard_normal((m, k))).to(dtype), ctgrad.tensor(rng.standard_normal((k, n))).to(dtype)
    want = wide(a) @ wide(b)
    step = ctgrad.finfo(dtype).eps
    for left in (a, a.t().contiguous().t()):
        for right in (b, b.t().contiguous().t()):
            np.testing.assert_allclose(wide(left @ right), want, rtol=0.6 * step, atol=k * 1e-6)
    np.testing.assert_allclose(wide(ctgrad.addmm(a[:, :1], a, b)), want + wide(a[:, :1]), rtol=0.6 * step, atol=k * 1e-6)


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_products_with_structure(dtype):
    """Strides of 0, equal strides and transforms give what the matrices written out give."""
    rng = np.random.default_rng(3)
    w, x = ctgrad.tensor(rng.standard_normal(1999)).to(dtype), ctgrad.tensor(rng.standard_normal((1000, 40))).to(dtype)
    hankel = w.as_strided((1000, 1000), (1, 1))
    step, top = ctgrad.finfo(dtype).eps, 100
    for got, left, right in ((hankel @ x, hankel, x), (hankel[:50, :60] @ x[:60], hankel[:50, :60], x[:60]), (hankel.flip(0) @ x, hankel.flip(0), x),
                             (w[:1].expand(30, 1000) @ x, w[:1].expand(30, 1000), x), (w[:30, None].expand(30, 1000) @ x, w[:30, None].expand(30, 1000), x)):
        np.testing.assert_allclose(wide(got), wide(left) @ wide(right), rtol=step, atol=top * step / 50)


# ---- structure: compressed results, reduced gradients -------------------------------------------------------------------------

@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_compressed_layouts_hold_halves(dtype):
    w = ctgrad.rand(64, dtype=dtype, requires_grad=True)
    full = w.expand(64, 64).detach().clone().requires_grad_()
    for t in (w.expand(64, 64), full):
        y = (t * 2 + t.exp()).softmax(1)
        (y * y).sum().backward()
    big = (ctgrad.rand(4096, dtype=dtype).expand(4096, 4096) * 3).cos()
    assert big.shape == (4096, 4096) and ctgrad.debug.layout(big).bytes_held == 2 * 4096
    assert wide(w.grad).shape == (64,)
    np.testing.assert_allclose(wide(w.grad), wide(full.grad).sum(0), atol=64 * float(full.grad.abs().max()) * ctgrad.finfo(dtype).eps + 1e-4)
    big[0, 0] = 7
    assert big[1, 0] != 7 and big[0, 0] == 7


# ---- everything around --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_copies_pickles_files(dtype, tmp_path):
    t = ctgrad.tensor([[0.1, 1e-5, math.inf], [math.nan, -3, 2]], dtype=dtype)
    stream = io.BytesIO()
    ctgrad.save({"t": t, "view": t[:, 1:]}, stream)
    stream.seek(0)
    loaded = ctgrad.load(stream)
    for same in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t)), loaded["t"]):
        assert same.dtype is dtype and np.array_equal(bits_of(same), bits_of(t))
    loaded["t"][0, 1] = 5
    assert loaded["view"][0, 0] == 5
    assert list(t.untyped_storage().tolist()) == list(bits_of(t).tobytes())


def test_numpy():
    half = ctgrad.from_numpy(np.array([1, 2.5], dtype="float16"))
    assert half.dtype is ctgrad.float16 and half.numpy().dtype == np.float16
    half.numpy()[0] = 7
    assert half[0] == 7 and np.asarray(half, dtype="float64").tolist() == [7, 2.5]
    assert memoryview(half).format == "e" and np.from_dlpack(half).dtype == np.float16
    b = half.bfloat16()
    for call in (b.numpy, b.__array__, lambda: np.asarray(b)):
        with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
            call()
    with pytest.raises(BufferError, match="bfloat16"):
        memoryview(b)
    assert ctgrad.from_dlpack(b).dtype is ctgrad.bfloat16 and ctgrad.from_dlpack(b).tolist() == [7, 2.5]


def test_names():
    assert ctgrad.half is ctgrad.float16
    assert [ctgrad.ones(1, dtype=d).type() for d in HALVES] == ["torch.HalfTensor", "torch.BFloat16Tensor"]
    assert ctgrad.HalfTensor([1, 2]).dtype is ctgrad.half and isinstance(ctgrad.ones(1).bfloat16(), ctgrad.BFloat16Tensor)
    assert ctgrad.ones(1).type("torch.HalfTensor").dtype is ctgrad.half
    assert [d.itemsize for d in HALVES] == [2, 2] and all(d.is_floating_point and d.is_signed for d in HALVES)
    assert repr(ctgrad.tensor([0.1, 2], dtype=ctgrad.half)) == "tensor([0.1000, 2.0000], dtype=torch.float16)"


def test_promotion():
    f16, b16 = (ctgrad.ones(2, dtype=d) for d in HALVES)
    assert (f16 + b16).dtype is ctgrad.float32 and (f16 + ctgrad.ones(2)).dtype is ctgrad.float32
    for x in (f16, b16):
        assert (x + ctgrad.ones(2, dtype=ctgrad.int64)).dtype is (x * 2.5).dtype is (x + ctgrad.tensor(1.5)).dtype is x.dtype
        assert (x[0] + ctgrad.ones(2, dtype=ctgrad.int64)).dtype is x.dtype


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_a_network_of_halves_learns(dtype):
    ctgrad.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(1, 4, 3, padding=1), nn.BatchNorm1d(4), nn.GELU(), nn.MaxPool1d(2), nn.Flatten(), nn.LayerNorm(16), nn.Linear(16, 2))
    model = model.half() if dtype is ctgrad.float16 else model.bfloat16()
    assert {p.dtype for p in model.parameters()} == {dtype} and model[1].num_batches_tracked.dtype is ctgrad.int64
    optimizer = ctgrad.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    x, target = ctgrad.randn(32, 1, 8, dtype=dtype), ctgrad.arange(32) % 2
    x[::2] += 1
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert loss.dtype is dtype and losses[-1] < losses[0] / 2 and {p.grad.dtype for p in model.parameters()} == {dtype}


@pytest.mark.parametrize("dtype", HALVES, **ids)
def test_beside_float32_no_copy_is_made(dtype):
    x, y = ctgrad.rand(2**18, dtype=dtype), ctgrad.rand(2**18)
    for call in (lambda: x + y, lambda: y / x, lambda: x > y):
        before = ctgrad.debug.memory()["total_bytes"]
        got = call()
        assert ctgrad.debug.memory()["total_bytes"] - before < got.numel() * got.element_size() + 2**14
    assert (x + y).tolist() == (x.float() + y).tolist() and (x * y[0]).dtype is dtype
    assert y.clone().sub_(x).tolist() == (y - x.float()).tolist()


def test_gradients_are_cast_back():
    x = ctgrad.ones(3, dtype=ctgrad.half, requires_grad=True)
    (x.float() * ctgrad.tensor([1.0, 2.0, 3.0]) + x.bfloat16() * 2).sum().backward()
    assert x.grad.dtype is ctgrad.half and x.grad.tolist() == [3, 4, 5]


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient")
def test_gradcheck_of_halves():
    x = ctgrad.ones(2, dtype=ctgrad.half, requires_grad=True)
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        ctgrad.autograd.gradcheck(lambda t: t * t, x)
    assert ctgrad.autograd.gradcheck(lambda t: t * t, x, eps=0.03125, atol=0.1, rtol=0.1)


def test_recurrent_layers_take_halves():
    ctgrad.manual_seed(0)
    layer = nn.LSTM(3, 5, 2, bidirectional=True)
    x = ctgrad.randn(4, 2, 3)
    want, _ = layer(x)
    got, (h, c) = layer.half()(x.half())
    assert got.dtype is h.dtype is c.dtype is ctgrad.half
    np.testing.assert_allclose(wide(got), wide(want), atol=5e-3)
    with pytest.raises(RuntimeError, match="one dtype of float32 and float64"):
        ctgrad._C._ops["recur"](ctgrad.ones(2, 4, dtype=ctgrad.half), ctgrad.ones(2, 1, dtype=ctgrad.half), ctgrad.ones(2, 1, dtype=ctgrad.half),
                                ctgrad.ones(4, 1, dtype=ctgrad.half), [], 0)


@pytest.mark.parametrize("call, error", [
    (lambda x: x & x, NotImplementedError), (lambda x: ~x, TypeError), (lambda x: x @ ctgrad.ones(3, 3), RuntimeError),
    (lambda x: nn.functional.avg_pool3d(x.view(1, 1, 1, 3, 3), 1), NotImplementedError), (lambda x: ctgrad.randperm(3000, dtype=x.dtype), RuntimeError),
    (lambda x: x.uniform_(0, 1e6), RuntimeError), (lambda x: x.random_(0, 70000), RuntimeError),
    (lambda x: ctgrad.ones(3, 3, dtype=ctgrad.int64).mul_(x), RuntimeError), (lambda x: x.index_add_(0, ctgrad.tensor([0]), ctgrad.ones(1, 3)), RuntimeError),
])
def test_what_is_refused(call, error):
    with pytest.raises(error):
        call(ctgrad.ones(3, 3, dtype=ctgrad.half))


def test_nothing_is_left_behind():
    def once():
        x = ctgrad.rand(8, 8, dtype=ctgrad.half, requires_grad=True)
        ((x @ x).softmax(1).sum() + x.expand(3, 8, 8).sum() * 0.5).backward()
        with pytest.raises(TypeError):
            x.detach().bfloat16().numpy()

    once()
    gc.collect()
    before = ctgrad.debug.live()
    for _ in range(3):
        once()
    gc.collect()
    assert ctgrad.debug.live() == before
