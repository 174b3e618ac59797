"""Transforms of sliding products: `ctgrad._fft.correlate` by itself, and what it keeps between a product and its gradient."""

import numpy as np
import pytest

import ctgrad
import ctgrad.nn.functional as F
from ctgrad import _fft

SIZES = [(1, 1, 2, 2), (3, 1, 5, 6), (2, 4, 1, 4), (5, 7, 9, 16), (4, 8, 8, 20), (32, 3, 14, 24)]  # rows, k, n, size


def buffers(rows, k, n, size, full):
    draw = np.random.default_rng(rows * k + n)
    x = draw.standard_normal((rows, k))
    w = draw.standard_normal((rows, n) if full else k + n - 1)
    y = np.full(k + n - 1 if full else rows * n, np.nan)
    return x, w, y, np.empty(2 * rows * (size + 2))


@pytest.mark.parametrize(("rows", "k", "n", "size"), SIZES)
def test_correlations_of_rows(rows, k, n, size):
    x, w, y, work = buffers(rows, k, n, size, False)
    _fft.correlate(x, rows, k, w, y, n, size, False, work)
    expected = [[sum(x[r, p] * w[p + j] for p in range(k)) for j in range(n)] for r in range(rows)]
    np.testing.assert_allclose(y.reshape(rows, n), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("rows", "k", "n", "size"), SIZES)
def test_sums_of_convolved_rows(rows, k, n, size):
    x, w, y, work = buffers(rows, k, n, size, True)
    _fft.correlate(x, rows, k, w, y, k + n - 1, size, True, work)
    np.testing.assert_allclose(y, sum(np.convolve(a, b) for a, b in zip(x, w)), rtol=1e-12, atol=1e-12)


def weights_gradient(w, x, between=None):
    n = x.shape[1]
    W = w.as_strided((n, n), (1, 1))
    y = F.linear(x, W)
    if between:
        between()
    return ctgrad.autograd.grad(y, w, ctgrad.ones(y.shape, dtype=x.dtype))[0]


def test_transforms_of_an_input_serve_its_gradient_once():
    n = 1024
    w, x = ctgrad.randn(2 * n - 1, dtype=ctgrad.float64, requires_grad=True), ctgrad.randn(40, n, dtype=ctgrad.float64)
    F.linear(x, w.as_strided((n, n), (1, 1)))
    assert _fft._last[2] is not None, "a product of this size is transformed"
    expected = np.convolve(x.numpy().sum(0), np.ones(n))
    np.testing.assert_allclose(weights_gradient(w, x).numpy(), expected, rtol=1e-9, atol=1e-9)


def test_another_product_in_between():
    """What was kept is of other rows: they are transformed again."""
    n = 1024
    w, x = ctgrad.randn(2 * n - 1, requires_grad=True), ctgrad.randn(32, n)
    other = ctgrad.randn(32, n)
    expected = weights_gradient(w, x)
    assert weights_gradient(w, x, lambda: F.linear(other, w.detach().as_strided((n, n), (1, 1)))).equal(expected)


def test_rows_too_many_to_keep():
    rows, k, n, size = 2, _fft._KEPT, 3, 1 << 18
    x, w, y, work = buffers(rows, k, n, size, False)
    _fft.correlate(x, rows, k, w, y, n, size, False, work)
    assert _fft._last is _fft._NONE
    np.testing.assert_allclose(y.reshape(rows, n), [[x[r] @ w[j:j + k] for j in range(n)] for r in range(rows)], rtol=1e-9, atol=1e-9)
