"""Correlations and convolutions of rows, through numpy.fft; called by the planner of products (csrc/ops/correlate.c)."""

import numpy as np

_NONE = (np.empty((0, 0)), 0, None)
# Rows of a product, what they were padded to, and their transforms, until the gradient asks for them. Told by content, so that
# nothing depends on who writes where; of more than _KEPT numbers none are kept.
_last = _NONE
_KEPT = 1 << 17


def _size(n):
    """The least 2^a, 3·2^a or 5·2^a that is n or more: what the transform is fastest at."""
    return min(m << max(0, ((n + m - 1) // m - 1).bit_length()) for m in (1, 3, 5))


def _keep(x, size):
    """The transform of each row of x, padded with zeros to `size`."""
    global _last
    made = np.fft.rfft(x, size)
    _last = (x.copy(), size, made) if x.size <= _KEPT else _NONE
    return made


def _take(x, size):
    """The same; those that were kept are given up."""
    global _last
    rows, padded, made = _last
    if padded != size or not np.array_equal(rows, x):
        return np.fft.rfft(x, size)
    _last = _NONE
    return made


def correlate(x, rows, k, w, y, n, full):
    """y[r, j] = sum of x[r, p] * w[p + j]; or, full, y[j] = sum of x[r, p] * w[r, q] over r and p + q = j. Buffers of float64."""
    x = np.frombuffer(x).reshape(rows, k)
    w = np.frombuffer(w)
    y = np.frombuffer(y)
    size = _size(n if full else len(w))
    if full:
        y[:] = np.fft.irfft((_take(x, size) * _take(w.reshape(rows, -1), size)).sum(0), size)[:n]
        return
    backwards = np.fft.irfft(_keep(x, size) * np.conj(np.fft.rfft(w, size)), size)  # place -j holds what belongs to j
    y = y.reshape(rows, n)
    y[:, 0] = backwards[:, 0]
    y[:, 1:] = backwards[:, :size - n:-1]
