"""Copies between arrays that are contiguous along different dimensions or for a few elements only, around the edges of tiles."""

import itertools

import numpy as np
import pytest

import ctgrad

SHAPES = [(16, 16), (15, 40), (17, 35), (33, 8), (100, 52), (2, 19, 40), (3, 20, 5, 21)]


def numbers(shape, dtype):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u1", "f2"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_order_of_dimensions(shape, dtype):
    a = numbers(shape, dtype)
    for order in itertools.permutations(range(len(shape))):
        x, y = ctgrad.from_numpy(a).permute(order), a.transpose(order)
        assert np.array_equal(x.contiguous().numpy(), y)
        inner = tuple(slice(1, n + 1) for n in y.shape)
        frame = ctgrad.zeros(*(n + 3 for n in y.shape), dtype=x.dtype)
        frame[inner].copy_(x)
        assert np.array_equal(frame.numpy(), np.pad(y, [(1, 2)] * y.ndim))


@pytest.mark.parametrize("dtype", ["f4", "i8"])
def test_gaps_and_a_direction_that_turns(dtype):
    a = numbers((40, 70), dtype)
    x = ctgrad.from_numpy(a)
    assert np.array_equal(x[:, ::2].t().contiguous().numpy(), a[:, ::2].T)
    assert np.array_equal(x[::3].t().contiguous().numpy(), a[::3].T)
    assert np.array_equal(x.flip(0).t().contiguous().numpy(), a[::-1].T)
    assert np.array_equal(x[:1].expand(30, 70).t().contiguous().numpy(), a[:1].repeat(30, 0).T)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u1", "f2"])
@pytest.mark.parametrize("window", [1, 2, 3, 4, 5, 8, 11, 16, 17, 31, 48, 97])
def test_short_runs_next_to_each_other(dtype, window):
    a = numbers((7, 130), dtype)
    for step in (1, 3, 40):
        starts = range(0, 130 - window + 1, step)
        windows = np.stack([a[:, s:s + window] for s in starts], 1)
        assert np.array_equal(ctgrad.from_numpy(a).unfold(1, window, step).contiguous().numpy(), windows)
        frame = ctgrad.zeros(7, len(starts), window + 2, dtype=ctgrad.from_numpy(a).dtype)
        frame[:, :, 1:-1].copy_(ctgrad.from_numpy(a).unfold(1, window, step))
        assert np.array_equal(frame.numpy(), np.pad(windows, [(0, 0), (0, 0), (1, 1)]))
    planes = ctgrad.from_numpy(a)[:6, :120].reshape(3, 2, 40, 3).permute(2, 0, 1, 3)[:, :, :, :window]
    assert np.array_equal(planes.contiguous().numpy(), a[:6, :120].reshape(3, 2, 40, 3).transpose(2, 0, 1, 3)[:, :, :, :window])


# ---- loops whose other operands are contiguous across the lines ----
BETWEEN = {"add": (ctgrad.add, np.add), "mul": (ctgrad.mul, np.multiply), "lt": (ctgrad.lt, np.less), "maximum": (ctgrad.maximum, np.maximum)}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "int32", "uint8"])
@pytest.mark.parametrize(("rows", "columns"), [(16, 9), (17, 16), (40, 33), (129, 24), (300, 41), (128, 257)])
@pytest.mark.parametrize("name", BETWEEN)
def test_a_transposed_operand_is_turned_on_the_way(name, rows, columns, dtype):
    ours, theirs = BETWEEN[name]
    rng = np.random.default_rng(rows)
    a, b = rng.integers(0, 9, (rows, columns)).astype(dtype), rng.integers(0, 9, (columns, rows)).astype(dtype)
    x, y = ctgrad.from_numpy(a), ctgrad.from_numpy(b)
    for (p, q), (u, v) in zip([(x, y.T), (x.T, y), (x.flip(0), y.flip(1).T), (x, y.flip(0).T)], [(a, b.T), (a.T, b), (a[::-1], b[:, ::-1].T), (a, b[::-1].T)], strict=True):
        np.testing.assert_array_equal(ours(p, q).numpy(), theirs(u, v))


@pytest.mark.parametrize("step", [2, 4, 8])
def test_items_shorter_than_their_stride_are_read_within_their_operand(step):
    whole = np.arange(24 * 20 * step).reshape(20, 24 * step) % 7 == 0
    ends_with_an_item = whole.ravel()[: whole.size - step + 1].copy()      # what follows the last item does not exist
    mask = ctgrad.from_numpy(ends_with_an_item).as_strided((24, 20), (step, 24 * step))
    x, y = ctgrad.arange(480.0).view(24, 20), -ctgrad.arange(480.0).view(24, 20)
    want = np.where(whole[:, ::step].T, x.numpy(), y.numpy())
    np.testing.assert_array_equal(ctgrad.where(mask, x, y).numpy(), want)
    np.testing.assert_array_equal((mask < ctgrad.ones(24, 20)).numpy(), ~whole[:, ::step].T)


def test_a_sum_is_added_once_to_what_is_written_over():
    y = ctgrad.arange(300.0 * 40).view(300, 40)
    want = y.numpy() + y.numpy().copy().reshape(40, 300).T
    y.add_(y.clone().view(40, 300).t())
    np.testing.assert_array_equal(y.numpy(), want)


def test_both_operands_of_a_choice_are_turned():
    rng = np.random.default_rng(0)
    mask, a, b = rng.random((300, 70)) > 0.5, rng.random((70, 300)), rng.random((70, 300))
    got = ctgrad.where(ctgrad.from_numpy(mask), ctgrad.from_numpy(a).t(), ctgrad.from_numpy(b).t())
    np.testing.assert_array_equal(got.numpy(), np.where(mask, a.T, b.T))
