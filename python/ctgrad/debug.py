"""What is alive, how tensors lie in memory, and what ops cost."""

from contextlib import contextmanager
from typing import NamedTuple

from ctgrad import _C

__all__ = ["Layout", "Profile", "layout", "live", "memory", "profile", "trim"]


class Layout(NamedTuple):
    """How a tensor is seen and how it is held. Strides and offsets count elements.

    A *compressed* tensor is shown as dense (`stride`) and held with stride 0 along the dimensions that were computed once
    (`held_stride`); the first export, or write that differs along these, writes it out in full. `bytes_seen` counts the tensor's own elements,
    `bytes_held` what its storage holds in memory now (which other tensors may share), `bytes_storage` what the storage shows.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    held_stride: tuple[int, ...]
    held_offset: int
    bytes_held: int
    bytes_storage: int
    bytes_seen: int
    compressed: bool


def live():
    """Counts of live tensors, arrays, storages, nodes, allocator blocks and bytes, as a dict."""
    return _C._live()


def memory():
    """Counts of the allocator: live and total blocks and bytes, and bytes cached for reuse."""
    return _C._memory()


def trim():
    """Gives memory that is cached for reuse (at most 256 MiB, in blocks of up to 128 MiB) back to the system."""
    _C._trim()


def layout(t):
    """The shown and the held layout of tensor `t`, bytes held and seen; asking changes nothing. TypeError for no tensor."""
    return Layout(**_C._layout(t))


class Profile:
    """Rows (op, effective steps, distinct steps) in the order of computation, forward and backward.

    A step is an element computed, read by a reduction, or one multiply-add of a product. *Effective* counts them as if every
    element were stored; *distinct* as they were done. `str()` is a table with a line for each op.
    """

    def __init__(self):
        self.rows = []

    @property
    def effective(self):
        """Effective steps in all."""
        return sum(row[1] for row in self.rows)

    @property
    def distinct(self):
        """Distinct steps in all."""
        return sum(row[2] for row in self.rows)

    def __str__(self):
        total = {}
        for name, effective, distinct in self.rows:
            calls, e, d = total.get(name, (0, 0, 0))
            total[name] = (calls + 1, e + effective, d + distinct)
        lines = [f"{'op':<24}{'calls':>7}{'effective':>16}{'distinct':>16}"]
        lines += [f"{name:<24}{calls:>7}{e:>16,}{d:>16,}" for name, (calls, e, d) in total.items()]
        return "\n".join([*lines, f"{'all':<24}{len(self.rows):>7}{self.effective:>16,}{self.distinct:>16,}"])


@contextmanager
def profile():
    """`with profile() as p:` records every op that computes meanwhile; see Profile. Profiles nest: the inner one takes the rows."""
    taken = Profile()
    before = _C._profile(taken.rows)
    try:
        yield taken
    finally:
        _C._profile(before)
