"""Which of equal elements sort, topk and kthvalue pick; dtypes of out= where places are told or written."""

import math

import ctgrad
import numpy as np
import pytest

F32, F64, I64 = ctgrad.float32, ctgrad.float64, ctgrad.int64


# ---- which of equals: PyTorch's algorithms on the CPU, by places that it gave ---------------------------------------------------------------

TOPK = [[7, 17, 13, 18], [0, 15, 10, 5, 9, 19, 11], [18, 8, 7, 13, 17, 2, 12], [7, 3, 2]]
SORT = [[0, 15, 5, 10, 19, 16, 14, 11, 9, 6, 4, 1, 8, 7, 12, 13, 3, 2, 17, 18], [2, 3, 18, 17, 7, 8, 13, 12, 1, 19, 16, 14, 11, 9, 6, 4, 10, 15, 5, 0]]
KTH = [5, 14, 3, 8]

@pytest.mark.parametrize("dtype", [F32, F64, I64, ctgrad.int32, ctgrad.uint8, ctgrad.float16, ctgrad.bfloat16])
def test_places_of_equals(dtype):
    x = ctgrad.tensor([i * i % 5 for i in range(20)]).to(dtype)
    for made, want in ((x.topk(4)[1], TOPK[0]), (x.topk(7, largest=False)[1], TOPK[1]), (x.topk(7, sorted=False)[1], TOPK[2]), (x.repeat(20).topk(3)[1], TOPK[3]),
                       (x.sort()[1], SORT[0]), (x.argsort(descending=True), SORT[1])):
        assert made.tolist() == want
    assert [x.kthvalue(k)[1].item() for k in (1, 6, 13, 20)] == KTH
    for descending in (False, True):
        stable = sorted(range(20), key=lambda i: -x[i].item() if descending else x[i].item())
        assert x.sort(stable=True, descending=descending)[1].tolist() == stable == x.argsort(stable=True, descending=descending).tolist()


def test_a_row_that_shows_one_number_is_in_order_as_it_stands():
    """Copies of it are sorted as any equals are."""
    x = ctgrad.full((2, 1), 3.0).expand(2, 32)
    assert x.sort()[1].tolist() == [list(range(32))] * 2 and x.argsort(descending=True)[0].tolist() == list(range(32))
    assert x.clone().sort()[1][0, :3].tolist() == [16, 31, 30]


@pytest.mark.parametrize("n", [1, 2, 3, 16, 17, 100, 1000])
@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_what_is_picked_is_in_order(n, k):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=(3, n)), rng.integers(0, 4, (3, n)).astype(float), np.zeros((3, n)), np.arange(3 * n).reshape(3, n) * 1.0, -np.arange(3 * n).reshape(3, n) * 1.0):
        values[0, 0] = math.nan
        x, order = ctgrad.tensor(values), np.sort(values, -1)
        k = min(k, n)
        for largest in (True, False):
            top, places = x.topk(k, largest=largest)
            np.testing.assert_array_equal(top.numpy(), order[:, ::-1][:, :k] if largest else order[:, :k])
            np.testing.assert_array_equal(np.take_along_axis(values, places.numpy(), -1), top.numpy())
            np.testing.assert_array_equal(np.sort(x.topk(k, largest=largest, sorted=False)[0].numpy(), -1), np.sort(top.numpy(), -1))
        np.testing.assert_array_equal(x.kthvalue(k)[0].numpy(), order[:, k - 1])
        np.testing.assert_array_equal(x.sort()[0].numpy(), order)
        assert sorted(x.sort()[1][1].tolist()) == list(range(n))


def test_signs_of_zero_are_equal():
    assert ctgrad.tensor([0.0, -0.0, 0.0, -0.0]).sort()[1].tolist() == [0, 1, 2, 3]
    x = ctgrad.tensor([-math.inf, math.nan, 1.0, -0.5, math.inf, -2.0])
    assert x.topk(6)[1].tolist() == [1, 4, 2, 3, 5, 0] and x.topk(6, largest=False)[1].tolist() == [0, 5, 3, 2, 4, 1]


@pytest.mark.filterwarnings("ignore:An output")
@pytest.mark.parametrize("call", [
    lambda x, at, out: ctgrad.sort(x, out=(out, at)), lambda x, at, out: ctgrad.topk(x, 2, out=(out, at)), lambda x, at, out: ctgrad.kthvalue(x, 1, out=(out, at)),
    lambda x, at, out: ctgrad.median(x, 0, out=(out, at)), lambda x, at, out: ctgrad.index_select(x, 0, at, out=out), lambda x, at, out: ctgrad.scatter(x, 0, at, x, out=out),
    lambda x, at, out: ctgrad.scatter_reduce(x, 0, at, x, "sum", out=out), lambda x, at, out: ctgrad.index_add(x, 0, at, x, out=out),
])
def test_an_out_of_another_dtype_is_refused(call):
    x, at = ctgrad.ones(3), ctgrad.tensor([0, 1, 2])
    with pytest.raises(RuntimeError, match="dtype"):
        call(x, at, ctgrad.empty(3, dtype=F64))
    call(x, at.clone(), ctgrad.empty(0))


def test_bools_have_no_rank():
    x = ctgrad.tensor([True, False])
    for call, error in ((lambda: x.topk(1), RuntimeError), (lambda: x.kthvalue(1), NotImplementedError), (lambda: x.median(0), NotImplementedError),
                        (lambda: ctgrad.linspace(0, 1, 2, dtype=ctgrad.bool), NotImplementedError)):
        with pytest.raises(error):
            call()
    assert x.sort()[0].tolist() == [False, True]


def test_masks_of_bytes_are_told_of():
    with pytest.warns(UserWarning, match="uint8"):
        assert ctgrad.zeros(2).index_put((ctgrad.tensor([1, 0], dtype=ctgrad.uint8),), ctgrad.tensor(1.0)).tolist() == [1, 0]


def by_halves(row, x, right):
    """PyTorch's search, which asks whether the middle one stays behind: of rows in no order, or with NaN, it tells other places than NumPy's."""
    at, end = 0, len(row)
    while at < end:
        middle = at + (end - at) // 2
        at, end = (at, middle) if (row[middle] > x if right else row[middle] >= x) else (middle + 1, end)
    return at


@pytest.mark.parametrize("right", [False, True])
def test_places_in_rows_in_no_order(right):
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 6, 31, 32, 33):
        row, x = rng.integers(0, 20, n), rng.integers(-1, 22, 100)
        places = ctgrad.searchsorted(ctgrad.from_numpy(row), ctgrad.from_numpy(x), right=right)
        assert places.tolist() == [by_halves(row, y, right) for y in x]


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i4", "i8", "f2", "f4", "f8"])
def test_places_in_rows_that_are_in_order(dtype, right):
    rng, side = np.random.default_rng(0), "right" if right else "left"
    for n in (0, 1, 2, 3, 7, 8, 9, 100, 1000):
        row = np.sort(rng.integers(0, 50, n).astype(dtype))
        for m in (0, 1, 7, 8, 9, 17, 500 if dtype[0] == "f" else 5000):
            x = rng.integers(0, 55, m).astype(dtype)
            if dtype[0] == "f":
                row[n - n // 5:], x[::4] = np.nan, np.nan
                x[1::5], row[:n // 6] = -np.inf, -np.inf
            want = np.searchsorted(row, x, side) if dtype[0] != "f" else [by_halves(row, y, right) for y in x]
            want = np.array(want, int)
            assert np.array_equal(ctgrad.searchsorted(ctgrad.from_numpy(row), ctgrad.from_numpy(x), right=right).numpy(), want), (n, m)
            assert np.array_equal(ctgrad.bucketize(ctgrad.from_numpy(x)[::2], ctgrad.from_numpy(row), right=right).numpy(), want[::2]), (n, m)
    rows, x = np.sort(rng.integers(0, 50, (3, 4, 70)).astype(dtype)), rng.integers(0, 50, (3, 4, 900)).astype(dtype)
    want = [[np.searchsorted(a, b, side) for a, b in zip(p, q)] for p, q in zip(rows, x)]
    places = ctgrad.searchsorted(ctgrad.from_numpy(rows), ctgrad.from_numpy(x), side=side, out_int32=True)
    assert places.dtype == ctgrad.int32 and np.array_equal(places.numpy(), want)


def test_places_among_numbers_of_other_dtypes():
    row = ctgrad.tensor([-1.5, 0.0, 0.25, 3.0])
    assert ctgrad.bucketize(ctgrad.tensor([-2, 0, 1, 3, 9]), row).tolist() == [0, 1, 3, 3, 4]
    assert ctgrad.bucketize(row.bfloat16(), ctgrad.tensor([-2, 0, 1, 3])).tolist() == [1, 1, 2, 3]
    large = ctgrad.tensor([2**53, 2**53 + 1, 2**53 + 2])
    assert ctgrad.searchsorted(large, large).tolist() == [0, 1, 2]
    assert ctgrad.searchsorted(row, row.expand(100000, 4).transpose(0, 1)).unique(dim=1).tolist() == [[0], [1], [2], [3]]
    with pytest.raises(RuntimeError):
        ctgrad._C._ops["search_places"](ctgrad.ones(2, 3), ctgrad.ones(3, 4))
    with pytest.raises(RuntimeError):
        ctgrad._C._ops["search_places"](ctgrad.ones(()), ctgrad.ones(()))


@pytest.mark.parametrize("dtype", [ctgrad.uint8, ctgrad.int32, I64])
def test_counts_of_whole_numbers(dtype):
    rng = np.random.default_rng(0)
    for n in (0, 1, 3, 4, 5, 70000, 150001):
        x = rng.integers(0, 200, n)
        assert np.array_equal(ctgrad.tensor(x).to(dtype).bincount().numpy(), np.bincount(x)), n
        assert np.array_equal(ctgrad.tensor(x).to(dtype)[::3].bincount(minlength=203).numpy(), np.bincount(x[::3], minlength=203)), n
    assert ctgrad.ones((), dtype=dtype).expand(9000).bincount().tolist() == [0, 9000]
    if dtype != ctgrad.uint8:
        for at in (0, 5, 9):
            with pytest.raises(RuntimeError, match="non-negative"):
                (ctgrad.arange(10) == at).to(dtype).neg().bincount()
    for most in (2**63 - 1, 2**62):
        with pytest.raises((RuntimeError, MemoryError)):
            ctgrad.tensor([1, most]).bincount()


def test_an_empty_index_may_have_more_dimensions():
    x, index = ctgrad.ones(2, 3), ctgrad.zeros(2, 0, 3, dtype=ctgrad.int64)
    assert ctgrad.gather(x, 0, index).shape == (2, 0, 3) and x.scatter_add(0, index, ctgrad.ones(2, 0, 3)).tolist() == x.tolist()
