"""Numbers that stand for one number a dimension."""

from collections.abc import Iterable

__all__: list[str] = []


def _ntuple(n):
    """A function that makes a tuple of a sequence, or repeats a number ``n`` times."""

    def parse(x):
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    return parse


_single = _ntuple(1)
_pair = _ntuple(2)
_triple = _ntuple(3)


def _reverse_repeat_tuple(t, n):
    """``t`` from its end, each member ``n`` times: a padding by dimension as ``functional.pad`` takes it."""
    return tuple(x for x in reversed(t) for _ in range(n))
