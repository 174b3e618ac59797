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
