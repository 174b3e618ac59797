"""The distinct memory elements ("cells") under a set of tensors.

A finite difference moves memory, and memory may be seen from several places: twice in one expanded tensor, or from two
inputs of one function. gradcheck therefore differentiates by cells: one perturbation for each, and the analytical
gradient summed over all the places that see it. The arithmetic is NumPy's, so that the engine under test does not
check itself with its own kernels.
"""

import numpy as np

import ctgrad
from ctgrad._C import grad


def _addresses(t):
    """The address of every element of t, in logical order."""
    at = np.full(tuple(t.shape), t.data_ptr(), dtype=np.int64)
    for dim, (size, stride) in enumerate(zip(t.shape, t.stride(), strict=True)):
        steps = np.arange(size, dtype=np.int64) * (stride * t.element_size())
        at += steps.reshape([-1 if d == dim else 1 for d in range(t.dim())])
    return at.reshape(-1)


def _derives_from(t, other):
    """Whether `other` is in the history of t."""
    return not t.is_leaf and grad(t, other, ctgrad.zeros_like(t), retain_graph=True, allow_unused=True)[0] is not None


class Group:
    """Inputs that share memory, and their cells in order of first appearance.

    An input that was computed from another one of the group (x and x.t()) moves with it, and its gradient is part of the
    other's: it adds no column of its own.
    """

    def __init__(self, first):
        self.index = first[0]  # of its first member among the inputs
        self.members = [first]

    def settle(self):
        tensors = [t for _, t in self.members]
        self.sources = [t for t in tensors if not any(_derives_from(t, o) for o in tensors if o is not t)]
        every = np.concatenate([_addresses(t) for t in tensors])
        distinct, first_seen = np.unique(every, return_index=True)
        self.cells = distinct[np.argsort(first_seen)]
        self._rank = np.argsort(self.cells)
        self.dtype = tensors[0].dtype
        return self

    def touches(self, t):
        mine = np.concatenate([_addresses(m) for _, m in self.members])
        return np.intersect1d(mine, _addresses(t)).size > 0

    def places(self, t):
        """The cell under each element of t, as an index into `cells`."""
        sorted_cells = self.cells[self._rank]
        return self._rank[np.searchsorted(sorted_cells, _addresses(t))]

    def scalars(self):
        """A 0-d tensor over each cell, outside of the tape and of the inputs' version counters."""
        views = [None] * len(self.cells)
        for _, t in self.members:
            flat = t.data
            for address, cell in zip(_addresses(t).tolist(), self.places(t).tolist(), strict=True):
                offset = (address - flat.data_ptr()) // flat.element_size()
                views[cell] = flat.as_strided((), (), flat.storage_offset() + offset)
        return views


def group(tensors):
    """Sort the tensors into groups that share memory; the same object counts once."""
    groups, seen = [], set()
    for index, t in enumerate(tensors):
        if id(t) in seen:
            continue
        seen.add(id(t))
        joined = Group((index, t))
        apart = []
        for g in groups:
            if g.touches(t):
                joined.members[:0] = g.members
                joined.index = min(joined.index, g.index)
            else:
                apart.append(g)
        groups = [*apart, joined]
    return [g.settle() for g in sorted(groups, key=lambda g: g.index)]
