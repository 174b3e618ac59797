"""float32 logarithms, and losses made of them, bit by bit as PyTorch's."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ctgrad

CPU = Path("/proc/cpuinfo")
pytestmark = pytest.mark.skipif(not CPU.exists() or "AuthenticAMD" not in CPU.read_text(), reason="the evaluation is that of AMD's processors")
FIRST_BITS = [0, 0x007FF000, 0x1F000000, 0x3E800000, 0x3F2A0000, 0x3F7F0000, 0x3FAA0000, 0x42C80000, 0x7F7F0000, 0xFF7F0000]


def same(f, *arrays):
    ours, theirs = (f(lib, *(lib.from_numpy(x) for x in arrays)).detach().numpy() for lib in (ctgrad, torch))
    assert np.array_equal(ours, theirs, equal_nan=True)


@pytest.mark.parametrize("first", FIRST_BITS)
@pytest.mark.parametrize("n", [1, 15, 1 << 17])
def test_logarithms(first, n):
    x = (np.arange(n, dtype="u4") + np.uint32(first)).view("f4")
    same(lambda t, x: t.log(x), x)
    same(lambda t, x: t.log(x[::2]), x)
    same(lambda t, x: t.special.xlogy(t.full((n,), 0.7), x), x)
    same(lambda t, x: t.special.xlogy(t.full((n,), 0.7)[::2], x[::2]), x)


@pytest.mark.parametrize("n", [1, 10, 100000])
def test_made_of_logarithms(n):
    draw = np.random.default_rng(n)
    x, y, z = (v.astype("f4") for v in (draw.random(n), draw.random(n), draw.standard_normal(n)))
    for reduction in ("none", "sum", "mean"):
        same(lambda t, x, y: t.nn.functional.binary_cross_entropy(x, y, reduction=reduction), x, y)
    same(lambda t, z, y: t.nn.functional.kl_div(z, y, reduction="none"), z, y)
    same(lambda t, x: t.logit(x), x)
    same(lambda t, x: t.logit(x, 1e-3), x)
    same(lambda t, z: z.view(-1, min(n, 100)).logsumexp(1), z)
