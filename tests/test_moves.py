"""Elements moved: lines read backwards, places of indices, nonzero's tiles, against NumPy; sizes around vectors and tiles, strides, what repeats."""

import ctgrad
import numpy as np
import pytest

SIZES = (1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 300, 1023, 1024, 1025, 2049)
DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int64", "bool")


def drawn(*shape, dtype="float32"):
    x = np.random.default_rng(sum(shape)).normal(size=shape) * 3
    if np.dtype(dtype).kind == "f" and x.size > 4:
        x.flat[[1, 3]] = np.nan, -0.0
    return (abs(x) if dtype == "uint8" else x > 0 if dtype == "bool" else x).astype(dtype)


def same(made, want):
    np.testing.assert_array_equal(made.numpy(), want, strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
def test_backwards(n, dtype):
    x = drawn(3, n, dtype=dtype)
    y = ctgrad.from_numpy(x)
    for made, want in ((y.flip(1), x[:, ::-1]), (y.flip(0, 1), x[::-1, ::-1]), (y.t().flip(0), x.T[::-1]), (y[:, ::2].flip(1), x[:, ::2][:, ::-1]), (y.rot90(), np.rot90(x)),
                       (y.rot90(-1), np.rot90(x, -1)), (y.t().rot90(), np.rot90(x.T)), (y.repeat_interleave(2, 1), x.repeat(2, 1)), (y.tril(1), np.tril(x, 1)),
                       (y.triu(-1), np.triu(x, -1)), (y.t().triu(), np.triu(x.T))):
        same(made, np.ascontiguousarray(want))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
def test_nonzero(n, dtype):
    x = drawn(3, n, dtype=dtype)
    x[:, ::3] = 0
    y = ctgrad.from_numpy(x)
    for made, of in ((y, x), (y.t(), x.T), (y[1], x[1]), (y[:, ::2], x[:, ::2]), (y[0].expand(2, 2, n), np.broadcast_to(x[0], (2, 2, n)))):
        same(made.nonzero(), np.argwhere(of))
    same(y[y != 0], x[x != 0])


@pytest.mark.parametrize("n", SIZES)
def test_places(n):
    rng = np.random.default_rng(n)
    x = drawn(4, n, 2, dtype="float64")
    y = ctgrad.from_numpy(x)
    i, j, k = (rng.integers(-m, m, 2 * n) for m in (4, n, 2))
    for made in (lambda x, i, j, k: x[i], lambda x, i, j, k: x[:, j], lambda x, i, j, k: x[i, j], lambda x, i, j, k: x[i, j, k],
                 lambda x, i, j, k: x[i[::2], j[::2]], lambda x, i, j, k: x[i, :, k], lambda x, i, j, k: x[..., k]):
        same(made(y, *map(ctgrad.from_numpy, (i, j, k))), made(x, i, j, k))
    values = np.arange(2.0 * n)
    for accumulate in (False, True):
        want = np.zeros((4, n, 2))
        (np.add.at if accumulate else lambda to, at, v: to.__setitem__(at, v))(want, (i, j, k), values)
        same(ctgrad.zeros(4, n, 2, dtype=ctgrad.float64).index_put((*map(ctgrad.from_numpy, (i, j, k)),), ctgrad.from_numpy(values), accumulate), want)
    at = rng.integers(0, 4, (4, n))
    for dim, index in ((0, at), (1, at % n)):
        same(ctgrad.from_numpy(x[..., 0].copy()).gather(dim, ctgrad.from_numpy(index)), np.take_along_axis(x[..., 0], index, dim))


@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_one_place_takes_all_that_is_sent_there(dtype):
    one = ctgrad.ones((), dtype=getattr(ctgrad, dtype))
    for n in (1, 2, 100):
        at = ctgrad.tensor(1).expand(n)
        zeros = ctgrad.zeros(3, dtype=one.dtype)
        assert zeros.scatter_add(0, at, one.expand(n)).tolist() == zeros.index_add(0, at, one.expand(n)).tolist() == [0, n, 0]
        assert zeros.index_put((at,), one, accumulate=True).tolist() == [0, n, 0]


def test_an_index_beyond_is_named():
    x = ctgrad.zeros(3, 5)
    for wrong in (-6, 5, 2**62, -2**62, 2**63 - 1, -2**63):
        at = ctgrad.zeros(40, dtype=ctgrad.int64)
        at[33] = wrong
        with pytest.raises(IndexError, match=f"index {wrong} is out of bounds"):
            x[:, at]
        with pytest.raises(RuntimeError, match=f"index {wrong} is out of bounds"):
            x.gather(1, at.view(1, 40))
        with pytest.raises(IndexError, match="out of range"):
            x[0].index_select(0, at)


def test_lists_of_many_items():
    x = drawn(5, 9000)
    x[np.isnan(x)] = 0
    y = ctgrad.from_numpy(x)
    assert y.tolist() == x.tolist() and y.t().tolist() == x.T.tolist()
    same(ctgrad.tensor(x.tolist()), x)
