"""Correlations and convolutions of rows, through numpy.fft; called by the planner of products (csrc/ops/correlate.c)."""

import numpy as np


def _size(n):
    """The least 2^a, 3·2^a or 5·2^a that is n or more: what the transform is fastest at."""
    return min(m << max(0, ((n + m - 1) // m - 1).bit_length()) for m in (1, 3, 5))


def correlate(x, rows, k, w, y, n, full):
    """y[r, j] = sum of x[r, p] * w[p + j]; or, full, y[j] = sum of x[r, p] * w[r, q] over r and p + q = j. Buffers of float64."""
    x = np.frombuffer(x).reshape(rows, k)
    w = np.frombuffer(w)
    y = np.frombuffer(y)
    if full:
        size = _size(n)
        product = np.fft.rfft(x, size) * np.fft.rfft(w.reshape(rows, -1), size)
        y[:] = np.fft.irfft(product.sum(0), size)[:n]
        return
    size = _size(len(w))
    product = np.fft.rfft(x, size)
    np.conjugate(product, out=product)
    product *= np.fft.rfft(w, size)
    y.reshape(rows, n)[:] = np.fft.irfft(product, size)[:, :n]
