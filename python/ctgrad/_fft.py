"""Correlations and convolutions of rows, through numpy.fft; called by the planner of products (csrc/ops/correlate.c)."""

import numpy as np

_NONE = (np.empty((0, 0)), 0, None)
# Rows of a product, what they were padded to, and their transforms, until the gradient asks for them. Told by content, so that
# nothing depends on who writes where; of more than _KEPT numbers none are kept.
_last = _NONE
_KEPT = 1 << 17


def _keep(x, size, scratch):
    """The transform of each row of x, padded with zeros to `size`."""
    global _last
    made = np.fft.rfft(x, size, out=scratch if x.size > _KEPT else None)
    _last = _NONE if made is scratch else (x.copy(), size, made)
    return made


def _take(x, size, scratch):
    """The same; those that were kept are given up."""
    global _last
    rows, padded, made = _last
    if padded != size or not np.array_equal(rows, x):
        return np.fft.rfft(x, size, out=scratch)
    _last = _NONE
    return made


def correlate(x, rows, k, w, y, n, size, full, work):
    """y[r, j] = sum of x[r, p] * w[p + j]; or, full, y[j] = sum of x[r, p] * w[r, q] over r and p + q = j. Buffers of float64.

    ``work`` is scratch for the transforms of two times ``rows`` rows of ``size`` numbers.
    """
    x = np.frombuffer(x).reshape(rows, k)
    w = np.frombuffer(w)
    y = np.frombuffer(y)
    first, second = np.frombuffer(work, "complex128")[: rows * (size + 2)].reshape(2, rows, -1)
    if full:
        np.multiply(_take(x, size, first), _take(w.reshape(rows, -1), size, second), out=first)
        y[:] = np.fft.irfft(first.sum(0), size)[:n]
        return
    np.multiply(_keep(x, size, first), np.conj(np.fft.rfft(w, size)), out=first)
    backwards = np.fft.irfft(first, size, out=second.view("float64")[:, :size])  # place -j holds what belongs to j
    y = y.reshape(rows, n)
    y[:, 0] = backwards[:, 0]
    y[:, 1:] = backwards[:, : size - n : -1]
