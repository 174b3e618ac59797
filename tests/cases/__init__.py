"""Argument cases of every op: what the tests over the registry run.

A family's file (`shape.py`, `reduce.py`, …) has `CASES`: a dict from the op's public name to a list of `case(...)`.
`case(*args, ref=None, grad=True, **kwargs)` holds the arguments as plain data, so that one case can be built in any
dtype and layout: `t(2, 3)` stands for a tensor argument of that shape (values drawn, the same for a seed), `ints(...)`,
`bools(...)` and `values([...])` for special ones; numbers, strings, tuples and None stand for themselves, and a list of
tensor stand-ins for a list of tensors. `ref` is a function of NumPy arrays (and the other arguments) that gives the
expected value(s), or None where another test compares with the oracle. Rows (elementwise ops) need no cases: theirs are
derived from the domain and reference columns of the op tables.
"""

import importlib
import pathlib
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Case", "bools", "build", "case", "ints", "load", "t", "values"]


@dataclass(frozen=True)
class Spec:
    """A tensor argument to be built. low and high bound the drawn values; kind is 'float', 'int', 'bool' or 'given'."""

    shape: tuple
    low: float = -2.0
    high: float = 2.0
    kind: str = "float"
    data: object = None
    grad: bool = True


def t(*shape, low=-2.0, high=2.0, grad=True):
    """A floating tensor (drawn in the dtype under test) of the given shape."""
    return Spec(shape, low, high, grad=grad)


def ints(*shape, low=0, high=3):
    """An int64 tensor with values low … high - 1."""
    return Spec(shape, low, high, "int")


def bools(*shape):
    """A bool tensor."""
    return Spec(shape, kind="bool")


def values(data, dtype=None):
    """A tensor of just these values; dtype is a NumPy name, None: the dtype under test."""
    return Spec(np.shape(data), kind="given", data=(data, dtype))


@dataclass
class Case:
    args: tuple
    kwargs: dict
    ref: object = None
    grad: bool = True
    dtypes: tuple = ("float64", "float32")
    note: str = ""
    second: bool = field(default=True)


def case(*args, ref=None, grad=True, second=True, dtypes=("float64", "float32"), note="", **kwargs):
    """One call: op(*args, **kwargs). grad=False: not differentiable; second=False: no second derivative is checked."""
    return Case(args, kwargs, ref, grad, dtypes, note, second)


def build(spec, dtype, rng):
    """The NumPy array of a stand-in; anything else is returned as it is (lists and tuples member by member)."""
    if isinstance(spec, list):
        return [build(s, dtype, rng) for s in spec]
    if not isinstance(spec, Spec):
        return spec
    if spec.kind == "given":
        return np.array(spec.data[0], dtype=spec.data[1] or dtype)
    if spec.kind == "bool":
        return rng.random(spec.shape) < 0.5
    if spec.kind == "int":
        return rng.integers(spec.low, spec.high, spec.shape)
    if np.dtype(dtype).kind in "iu":
        return rng.integers(int(spec.low), int(spec.high) + 1, spec.shape).astype(dtype)
    if np.dtype(dtype).kind == "b":
        return rng.random(spec.shape) < 0.5
    return rng.uniform(spec.low, spec.high, spec.shape).astype(dtype)


def load():
    """All cases: public op name -> list of Case."""
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("[a-z]*.py")):
        module = importlib.import_module(f"{__name__}.{path.stem}")
        for name, cases in module.CASES.items():
            found.setdefault(name, []).extend(cases)
    return found
