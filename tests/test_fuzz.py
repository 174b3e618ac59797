"""Random arguments, right and wrong, for every op of the registry: none crashes, none leaks, with memory or without.

A test's number is the seed of its arguments, so every run tries the same, and what fails can be run again by its name.
CTGRAD_FUZZ_SEEDS tells how many seeds are tried, CTGRAD_FUZZ_FROM the first: to look further, give others.
"""

import contextlib
import gc
import os
import random
import re
import warnings

import numpy as np
import pytest

import ctgrad
from ctgrad import _C

OPS = _C._ops


class Index:
    def __index__(self):
        return 1


def matrix():
    return ctgrad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def strange_tensor(draw):
    """Made anew: ops may write into it."""
    return draw.choice([
        matrix, lambda: ctgrad.tensor(1.5), lambda: ctgrad.tensor(2), lambda: ctgrad.tensor([True, False]), lambda: ctgrad.zeros(0, 3),
        lambda: ctgrad.tensor([[1, 2], [3, 4]]), lambda: ctgrad.zeros(2, 3, dtype=ctgrad.float64).expand(4, 2, 3),
        lambda: ctgrad.ones(2, 3, requires_grad=True), lambda: matrix().transpose(0, 1), lambda: ctgrad.tensor([0, 1], dtype=ctgrad.uint8),
        lambda: ctgrad.ones([1] * 64), lambda: ctgrad.tensor([float("nan"), float("inf"), -1.0]), lambda: ctgrad.ones(3, 3, dtype=ctgrad.float64),
        lambda: ctgrad.ones(2, 3, 4, 4), lambda: ctgrad.tensor([[0, 1, 1], [1, 0, 1]]),
    ])()  # fmt: skip


INTS = [0, 1, 2, 3, -1, -2, 64, -65, 1 << 60, (1 << 63) - 1, -(1 << 63), 1 << 70, True, np.int64(1), np.uint8(2), Index()]
FLOATS = [0.5, -1.0, 0.0, 2.5, float("nan"), float("inf"), 1e300, np.float32(2)]
OTHERS = [
    None, "mean", "", "\ud800", ctgrad.float32, ctgrad.int64, float, int, np.bool_(True), np.ones(2), np.array(1), object(), 1j, [], (), [None],
    ["a"], {}, "cpu", ctgrad.strided, print, ctgrad.add, b"x", slice(None), ..., ctgrad.Size([2, 3]), ctgrad.device("cpu"), ctgrad.Generator(),
]  # fmt: skip


def strange_value(draw, depth=0):
    kind = draw.random()
    if kind < 0.4:
        return strange_tensor(draw)
    if kind < 0.6:
        return draw.choice(INTS)
    if kind < 0.65:
        return draw.choice(FLOATS)
    if kind < 0.75 and depth < 2:
        return draw.choice([list, tuple])(strange_value(draw, depth + 1) for _ in range(draw.choice([0, 1, 2, 3, 4])))
    return draw.choice(OTHERS)


def fitting_tensor(draw, theme, name):
    """A tensor of the shape that this call is about, so that more of an op runs than its checks."""
    if name in ("index", "indices", "mask"):
        return ctgrad.ones(theme, dtype=ctgrad.bool if name == "mask" else ctgrad.int64)
    return ctgrad.ones(theme, dtype=draw.choice([ctgrad.float32, ctgrad.float32, ctgrad.int64]))


def value_of(draw, kind, name, theme):
    """A value of a type of the signature language; now and then of another."""
    if draw.random() < 0.06:
        return strange_value(draw)
    if kind == "Tensor" and draw.random() < 0.7:
        return fitting_tensor(draw, theme, name)
    kind = kind.split("=")[0].rstrip("?")
    if kind in ("Tensor", "Operand"):
        return strange_tensor(draw) if kind == "Tensor" or draw.random() < 0.7 else draw.choice(FLOATS + INTS)
    if kind.startswith("Tensor"):
        return [strange_tensor(draw) for _ in range(draw.choice([0, 1, 2, 2, 3, 5, 40]))]
    if kind.startswith("int") and kind != "int":
        if draw.random() < 0.1:
            return [draw.choice([0, 1, -1, 2])] * draw.choice([5, 63, 64, 65, 130, 300])
        return tuple(draw.choice(INTS if draw.random() < 0.2 else [0, 1, 2, 3, -1]) for _ in range(draw.choice([0, 1, 2, 2, 3])))
    if kind in ("int", "Scalar", "float"):
        return draw.choice({"int": INTS, "Scalar": INTS + FLOATS, "float": FLOATS}[kind] if draw.random() < 0.5 else [0, 1, 2])
    values = {"bool": [True, False], "str": ["mean", "sum", "none", "floor", "ij,jk->ik"], "dtype": [ctgrad.float32, ctgrad.int64, ctgrad.bool, float]}
    return draw.choice([None, *values[kind]]) if kind in values else None


PARAMETER = r"\*|[A-Za-z]+[^ ,]* [^,\]]*(?:\[[^\]]*\])?"


def strange_call(draw, op, sig):
    """Arguments after the signature, mostly; sometimes of any kind and number."""
    if draw.random() < 0.15:
        names = ["dim", "axis", "keepdim", "dtype", "out", "input", "other", "size", "generator", "foo", "requires_grad", "device", "x2"]
        args = [strange_value(draw) for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 4]))]
        return args, {draw.choice(names): strange_value(draw) for _ in range(draw.choice([0, 0, 1, 2]))}
    args, kwargs, named, theme = [], {}, False, draw.choice([(3,), (3, 3), (3, 3), (3, 3, 3)])
    for parameter in re.findall(PARAMETER, sig[1:-1]):
        if parameter == "*":
            named = True
            continue
        kind, _, name = parameter.partition(" ")
        name, optional = name.split("=")[0], "=" in name
        if optional and draw.random() < 0.4:
            named = True
        elif named:
            kwargs["input" if name == "self" else name] = value_of(draw, kind, name, theme)
        else:
            args.append(value_of(draw, kind, name, theme))
    if draw.random() < 0.1:
        kwargs["out"] = draw.choice([strange_tensor(draw), (strange_tensor(draw), strange_tensor(draw))])
    return args, kwargs


# Hidden ops other than rows are for formulas alone: what calls them has checked the arguments.
FUZZED = [op for _, op in sorted(OPS.items()) if "hidden" not in op.overloads[0]["flags"] or op.overloads[0]["reference"]]
FUZZED += sorted({f for f in vars(ctgrad.Tensor).values() if isinstance(f, _C.Method)}, key=lambda f: f.__name__)
ERRORS = (TypeError, ValueError, RuntimeError, IndexError, NotImplementedError, OverflowError, AssertionError, UnicodeEncodeError)


def call(k, seed, fail_at=-1):
    """Op number k once, with the arguments of a seed; the allocation fail_at fails. Whether one did."""
    op, draw = FUZZED[k], random.Random(seed * len(FUZZED) + k)
    args, kwargs = strange_call(draw, op, draw.choice(op.overloads)["sig"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _C._fail_alloc(fail_at)
        try:
            op(*args, **kwargs)
        except ERRORS:
            pass
        finally:
            failed = _C._fail_alloc(-1)
    return failed > 0


FIRST, COUNT = int(os.environ.get("CTGRAD_FUZZ_FROM", 0)), int(os.environ.get("CTGRAD_FUZZ_SEEDS", 60))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_random_arguments_never_crash_or_leak(seed):
    gc.collect()
    before = _C._live()
    for k in range(len(FUZZED)):
        call(k, seed)
    gc.collect()
    assert _C._live() == before


@pytest.mark.parametrize("value", [0, 1, -1, 2])
def test_lists_longer_than_any_shape(value):
    for op in FUZZED:
        for sig in {overload["sig"] for overload in op.overloads}:
            args, draw = [], random.Random(value)
            for parameter in re.findall(PARAMETER, sig[1:-1].split("*")[0]):
                kind, _, name = parameter.partition(" ")
                args.append([value] * 1000 if "int[" in kind else value_of(draw, kind, name.split("=")[0], (3, 3, 3)))
            if any(isinstance(a, list) and len(a) == 1000 for a in args):
                with warnings.catch_warnings(), contextlib.suppress(*ERRORS):
                    warnings.simplefilter("ignore")
                    op(*args)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (COUNT + 5) // 6))
def test_failing_memory_neither_crashes_nor_leaks(seed):
    gc.collect()
    before = _C._live()
    for k in range(len(FUZZED)):
        call(k, seed)
        fail_at = 0
        while fail_at < 20 and call(k, seed, fail_at):
            fail_at += 1
    gc.collect()
    assert _C._live() == before
