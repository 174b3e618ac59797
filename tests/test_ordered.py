"""Small float32 products have the bits of a rule written out here: the order in which PyTorch's BLAS adds (kernel/ordered.h)."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ctgrad

CPU = Path("/proc/cpuinfo")
pytestmark = pytest.mark.skipif(not CPU.exists() or "AuthenticAMD" not in CPU.read_text(), reason="the order is that of AMD's processors")
ZERO = np.float32(0)


def chain(total, x, y):
    for a, b in zip(x, y):
        total = total + a * b
    return total


def lanes(x, y, head, step=4, two=False):
    """Four lanes, of which the first begins with `head` products; two: even and odd fours apart."""
    if head + step > len(x):
        return chain(ZERO, x, y)
    end = head + (len(x) - head) // step * step
    sums = [[ZERO] * 4, [ZERO] * 4]
    sums[0][0] = chain(ZERO, x[:head], y[:head])
    for p in range(head, end):
        lane = sums[two and (p - head) // 4 % 2]
        lane[(p - head) % 4] += x[p] * y[p]
    a, b, c, d = (s + t for s, t in zip(*sums)) if two else sums[0]
    return chain((a + c) + (b + d), x[end:], y[end:])


def dots(rows, at, row, vector, vector_at):
    """Rows by a vector; `at`: where a row begins, in numbers from 16 bytes on, `row` from another."""
    out = []
    for i, x in enumerate(rows):
        if i < len(rows) // 4 * 4:
            out.append(lanes(x, vector, 1 + -(at + (i // 4 * 4 + 3) * row + 1) % 4))
        else:
            out.append(lanes(x, vector, 1 + -(vector_at + 1) % 4, 8, i % 4 != 1))
    return out


def chained(total, x, y, head):
    p = 0
    while head and p + 8 <= len(x):
        total = chain(total, x[p : p + 4], y[p : p + 4]) + chain(ZERO, x[p + 4 : p + 8], y[p + 4 : p + 8])
        p += 8
    return chain(total, x[p:], y[p:])


def by_rule(a, b, bias, form, at):
    """`at`: where a and b begin, in numbers from 16 bytes on; both are compact, transposed where the form says T."""
    m, k = a.shape
    n = b.shape[1]
    if m == 1 and form[1] == "T":
        return np.array(dots(b.T, at[1], k, a[0], at[0]))[None] + bias
    if n == 1 and m > 1 and form[0] == "N":
        return np.array(dots(a, at[0], k, b[:, 0], at[1]))[:, None] + bias
    out = np.empty((m, n), np.float32)
    for i in range(m):
        for j in range(n):
            if form == "NT":
                out[i, j] = lanes(a[i], b[:, j], -(at[0] + i * k) % 4, *(() if j < n // 4 * 4 else (8, True))) + bias[j]
            elif form == "TT" and m > 1 and n > 1:
                out[i, j] = chain(ZERO, a[i], b[:, j]) + bias[j]
            else:
                head = -i * n % 4
                out[i, j] = chained(bias[j], a[i], b[:, j], m > 1 and n > 1 and head + 4 <= n and j < head)
    return out


def stored(draw, rows, columns, turned, offset):
    shape = (columns, rows) if turned else (rows, columns)
    flat = draw.standard_normal(rows * columns + offset).astype("f4")
    x, y = (v.reshape(shape) for v in (ctgrad.tensor(flat)[offset:], flat[offset:]))
    return (x.t(), y.T) if turned else (x, y)


SIZES = [(4, 4, 4), (8, 4, 5), (5, 7, 9), (1, 4, 8), (8, 1, 13), (1, 7, 24), (7, 1, 25), (1, 40, 17), (40, 1, 16), (3, 16, 11), (2, 33, 18), (9, 11, 30), (1, 1, 21), (3, 6, 8), (17, 10, 7), (6, 3, 2)]


@pytest.mark.parametrize("form", ["NT", "NN", "TN", "TT"])
@pytest.mark.parametrize("m, n, k", SIZES)
def test_order(m, n, k, form):
    draw = np.random.default_rng(m * 10000 + n * 100 + k)
    for at in (0, 0), (1, 0), (0, 3), (2, 1):
        a, x = stored(draw, m, k, form[0] == "T", at[0])
        b, y = stored(draw, k, n, form[1] == "T", at[1])
        bias = draw.standard_normal(n).astype("f4")
        assert np.array_equal((a @ b).numpy(), by_rule(x, y, np.zeros(n, "f4"), form, at)), at
        assert np.array_equal(ctgrad.addmm(ctgrad.tensor(bias), a, b).numpy(), by_rule(x, y, bias, form, at)), at
        if form[1] == "T":
            assert np.array_equal(ctgrad.nn.functional.linear(a, b.t(), ctgrad.tensor(bias)).numpy(), by_rule(x, y, bias, form, at)), at


@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("turned", [False, True])
def test_a_matrix_that_stands_still(turned):
    draw = np.random.default_rng(turned)
    x, w = draw.standard_normal((6, 9)).astype("f4"), draw.standard_normal((9, 1)).astype("f4")
    b = ctgrad.tensor(w).expand(9, 9)
    y = np.broadcast_to(w, (9, 9))
    b, y = (b.t(), y.T) if turned else (b, y)
    assert np.array_equal((ctgrad.tensor(x) @ b).numpy(), by_rule(x, y, np.zeros(9, "f4"), "NN", (0, 0)))


def test_no_rows_by_a_matrix_that_stands_still():
    assert (ctgrad.empty(0, 64) @ ctgrad.rand(64, 1).expand(64, 96)).shape == (0, 96)
    assert ctgrad.nn.functional.linear(ctgrad.empty(0, 64), ctgrad.rand(64).expand(96, 64), ctgrad.ones(96)).shape == (0, 96)


SOME = """
import hashlib, ctgrad
ctgrad.manual_seed(0)
made = hashlib.sha256()
for m, n, k in [(4, 4, 4), (1, 40, 19), (40, 1, 19), (64, 10, 50), (3, 70, 33), (23, 11, 14), (2, 5, 6)]:
    for a in (ctgrad.rand(m, k), ctgrad.rand(k, m).t()):
        for b in (ctgrad.rand(k, n), ctgrad.rand(n, k).t(), *((ctgrad.rand(k, 1).expand(k, n), ctgrad.rand(k, 2 * n)[:, ::2]) if m > 1 < n and m * n * k <= 4096 else ())):
            made.update((a @ b).numpy().tobytes())
print(made.hexdigest())
"""


def test_every_instruction_set_has_the_same_bits():
    runs = [{"CTGRAD_SIMD": simd, "CTGRAD_NUM_THREADS": threads} for simd in ("base", "avx2", "avx512") for threads in ("1", "2")]
    seen = {subprocess.run([sys.executable, "-c", SOME], env={**os.environ, **run}, capture_output=True, text=True, check=True).stdout for run in runs}
    assert len(seen) == 1
