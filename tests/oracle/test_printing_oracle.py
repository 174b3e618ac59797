"""Random tensors print on ctgrad as on PyTorch, under random print options."""

import math
import random

import ctgrad
import numpy as np
import pytest
import torch

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]
SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-4, 1e8, 1000.0, 1.0]


@pytest.fixture(autouse=True)
def default_options():
    yield
    for library in (torch, ctgrad):
        library.set_printoptions(profile="default")


def shape(rng):
    kind = rng.random()
    if kind < 0.05:
        return ()
    if kind < 0.15:
        return tuple(rng.choice([0, 1, 2, 3]) for _ in range(rng.randint(1, 4)))
    if kind < 0.25:
        return (rng.choice([6, 7, 999, 1000, 1001, 3000]),)
    if kind < 0.3:
        return tuple(rng.choice([1, 2, 5, 6, 7, 8, 20]) for _ in range(rng.randint(2, 4)))
    return tuple(rng.randint(1, 6) for _ in range(rng.randint(1, 4)))


def floats(rng, numbers, size):
    x = numbers.standard_normal(size)
    if rng.random() < 0.6:
        x = x * 10 ** rng.uniform(-8, 10)
    if rng.random() < 0.3:
        x = x * 10 ** (numbers.random(size) * rng.uniform(0, 12) - rng.uniform(0, 6))
    if rng.random() < 0.3:
        x = np.round(x)
    for value in SPECIAL:
        if rng.random() < 0.15:
            x = np.where(numbers.random(size) < rng.random() * 0.5, value, x)
    return x


def values(rng, numbers):
    size, dtype = shape(rng), rng.choice(DTYPES)
    if dtype.startswith("float"):
        with np.errstate(over="ignore"):
            return np.asarray(floats(rng, numbers, size)).astype(dtype)
    if dtype == "bool":
        return np.asarray(numbers.random(size) < rng.random())
    top = min(10 ** rng.randint(1, 18), np.iinfo(dtype).max)
    low = max(-top, np.iinfo(dtype).min) if rng.random() < 0.5 else 0
    return np.asarray(numbers.integers(low, top, size)).astype(dtype)


def options(rng):
    return {
        "precision": rng.choice([None, 0, 1, 6, 10]),
        "threshold": rng.choice([None, 0, 5, 20, 1000, math.inf]),
        "edgeitems": rng.choice([None, 0, 1, 2, 5]),
        "linewidth": rng.choice([None, 10, 40, 120]),
        "profile": rng.choice([None, "default", "short", "full"]),
        "sci_mode": rng.choice([None, None, True, False]),
    }


def dress(rng, t):
    """A view of t, and a history; drawn the same way for both libraries."""
    kind = rng.random()
    if kind < 0.1 and t.dim() >= 2:
        t = t.transpose(0, -1)
    elif kind < 0.2:
        t = t.expand(rng.choice([1, 2, 7, 50, 400]), *t.shape)
    elif kind < 0.25 and t.dim():
        t = t[::2]
    if t.dtype.is_floating_point and rng.random() < 0.3:
        t = t.detach().requires_grad_()
        t = rng.choice([lambda: t, lambda: t * 1, lambda: t.view(t.shape)])()
    return t


@pytest.mark.parametrize("seed", range(20))
def test_random_tensors(seed):
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    for _ in range(100):
        chosen = options(rng) if rng.random() < 0.3 else {"profile": "default"}
        data, look = values(rng, numbers), rng.random()
        shown = []
        for library in (torch, ctgrad):
            library.set_printoptions(**chosen)
            shown.append(repr(dress(random.Random(look), library.from_numpy(data.copy()))))
        assert shown[1] == shown[0], chosen
