"""Tensors that share numbers: which do, and what a group of them is as the one set of numbers it stands for.

Two tensors share where they have a storage element in common; slices of one buffer that do not meet share nothing. All is by
the visible layout: memory that a result has in common with others unseen is not shared.
"""

from math import prod
from typing import NamedTuple

import ctgrad
from ctgrad import Tensor


class Geometry(NamedTuple):
    """Where elements lie, in units of an element; the offset counts from an origin that a group of tensors has in common."""

    size: tuple
    stride: tuple
    offset: int

    @property
    def reach(self):
        """One more than the distance from the lowest to the highest element. Strides are not negative."""
        return sum((size - 1) * stride for size, stride in zip(self.size, self.stride)) + 1

    def without_repeats(self):
        """The same places: dimensions of stride 0 at size 1."""
        size = tuple(min(size, 1) if stride == 0 else size for size, stride in zip(self.size, self.stride))
        return Geometry(size, self.stride, self.offset)

    def regular(self):
        """The same places, each dimension merged into the next smaller step where both make one regular walk."""
        walks = []
        for step, size in sorted((step, size) for size, step in zip(self.size, self.stride) if size > 1 and step > 0):
            if walks and step % walks[-1][1] == 0 and step <= walks[-1][0] * walks[-1][1]:
                below, unit = walks[-1]
                walks[-1] = (below + (size - 1) * (step // unit), unit)
            else:
                walks.append((size, step))
        return Geometry(tuple(size for size, _ in reversed(walks)), tuple(step for _, step in reversed(walks)), self.offset)

    def axes(self):
        """Dimension of each (stride, size) but size 1."""
        return {(stride, size): dim for dim, (size, stride) in enumerate(zip(self.size, self.stride)) if size > 1}


def address(t):
    """Address of the first element. Of a compressed storage a stand-in: it changes when the storage is written out."""
    return t._storage_place() + t.storage_offset() * t.element_size()


def geometry(t, origin, unit=None):
    """The places of ``t`` from the address ``origin``, in elements of ``unit`` bytes (its own); smaller ones subdivide them."""
    item = t.element_size()
    unit = unit or item
    size, stride = tuple(t.shape), tuple(step * (item // unit) for step in t.stride())
    if unit < item:
        size, stride = (*size, item // unit), (*stride, 1)
    return Geometry(size, stride, (address(t) - origin) // unit)


def restride(values, source, target):
    """Values placed by one geometry, adding up where places coincide, and read by another (0 where none was placed)."""
    return ctgrad._C._ops["restride"](values.contiguous(), source.size, source.stride, source.offset,
                                      target.size, target.stride, target.offset)


def groups(tensors):
    """Lists of positions in ``tensors`` of those that share elements, also by a third; of one alone if it repeats its own."""
    if not Tensor._may_tie(tensors):
        return []
    reach = [(address(t), address(t) + geometry(t, 0).reach * t.element_size(), i) for i, t in enumerate(tensors) if t.numel()]
    group_of = {i: [i] for _, _, i in reach}
    open_spans = []
    for low, high, i in sorted(reach):
        open_spans = [(end, j) for end, j in open_spans if end > low]
        for _, j in open_spans:
            if group_of[i] is not group_of[j] and tensors[i]._overlaps(tensors[j]):
                _join(group_of, i, j)
        open_spans.append((high, i))
    found = {id(group): sorted(group) for group in group_of.values()}
    return sorted(group for group in found.values() if len(group) > 1 or repeats(tensors[group[0]]))


def _join(group_of, i, j):
    group_of[i].extend(group_of[j])
    for k in group_of[j]:
        group_of[k] = group_of[i]


def repeats(t):
    """Does an element of ``t`` stand in two places of it?"""
    return t._places() < t.numel()


def within(t, whole):
    """Is every element of ``t`` one of ``whole``, a tensor of the same dtype?"""
    origin = min(address(t), address(whole))
    if (address(t) - address(whole)) % t.element_size():
        return False
    inner, outer = geometry(t, origin).without_repeats(), geometry(whole, origin).without_repeats()
    if inner.offset >= outer.offset and inner.offset + inner.reach <= outer.offset + outer.reach:
        return whole._places() == outer.reach or bool(_counts(outer, inner).all())
    return False


def _counts(source, target):
    """For each place of ``target``, how many places of ``source`` it is."""
    return restride(ctgrad.ones(source.size, dtype=ctgrad.float64), source, target)


def covering(tensors):
    """Position of the first of ``tensors`` that reaches the elements of all, or None; one that repeats none goes first."""
    if len({t.dtype for t in tensors}) > 1:
        return None
    distinct = [t._places() for t in tensors]
    largest = [i for i, n in enumerate(distinct) if n == max(distinct)]
    best = min(largest, key=lambda i: repeats(tensors[i]))
    return best if all(within(t, tensors[best]) for t in tensors if t is not tensors[best]) else None


def union(tensors):
    """How many elements, of the smallest dtype among them, the tensors of a group reach together."""
    best = covering(tensors)
    if best is not None:
        return tensors[best]._places()
    origin, unit = min(address(t) for t in tensors), min(t.element_size() for t in tensors)
    places = [geometry(t, origin, unit).without_repeats() for t in tensors]
    line = Geometry((max(place.offset + place.reach for place in places),), (1,), 0)
    return int((sum(_counts(place, line) for place in places) > 0).sum())


def numbers_of(t):
    """A tensor over the elements of ``t``, each once: ``t`` itself if it repeats none. None where no strides express that."""
    if not repeats(t):
        return t
    own = Geometry(tuple(t.shape), t.stride(), t.storage_offset())
    for layout in (own.without_repeats(), own.regular()):
        if prod(layout.size) == t._places():
            return t.detach().as_strided(*layout)
    return None


def describe(t, name):
    """``name`` with the layout that tells how it shares."""
    return f"{name} (size {list(t.shape)}, stride {list(t.stride())}, offset {t.storage_offset()})"


class Shared:
    """Tensors that share elements, as the one set of numbers they stand for.

    ``key`` is the member that reaches all numbers, ``numbers`` a tensor over each of them once (``key`` itself, unless that
    repeats some). ValueError where no member reaches all, or no strides tell each number once.
    """

    def __init__(self, members, names):
        best = covering(members)
        if best is None:
            raise ValueError(
                "tied in part: " + " and ".join(map(describe, members, names)) + " share some of their numbers, and none of them "
                "holds the numbers of all, so that there is no one set of them to change. Make one Parameter of all the numbers "
                "and take its views where they are used, in forward().")
        self.members, self.key = members, members[best]
        numbers = numbers_of(self.key)
        if numbers is None:
            raise ValueError(
                f"{describe(self.key, names[best])} shows a number in several places, in a pattern whose distinct numbers no "
                "strides tell. Make a Parameter of the distinct numbers and take the view where it is used, in forward().")
        self.numbers = numbers
        origin = address(self.key)  # asked now: the members do not move to one another, but they may move together
        self._places = [geometry(member, origin) for member in members]
        self._own, self._numbers = self._places[best], geometry(numbers, origin)

    def gradient(self):
        """The derivative by ``numbers``: the members' gradients, summed where they belong to one number. None without any."""
        total = None
        for member, place in zip(self.members, self._places):
            if member.grad is not None:
                part = self._fold(place, member.grad)
                total = part if total is None else total + part
        return total

    def _fold(self, source, values):
        """Values in the shape of a member, summed over the elements that are one number, in the shape of ``numbers``."""
        target = self._numbers
        zero = [dim for dim, (size, stride) in enumerate(zip(source.size, source.stride)) if stride == 0 and size > 1]
        if zero:
            values, source = values.sum(zero, keepdim=True), source.without_repeats()
        if source == target:
            return values
        axes, wanted = source.axes(), target.axes()
        if source.offset == target.offset and axes.keys() == wanted.keys() and len(axes) == sum(n > 1 for n in source.size):
            ones = [dim for dim, size in enumerate(source.size) if size == 1]
            return values.permute(ones + [axes[axis] for axis in wanted]).reshape(target.size)
        return restride(values, source, target)

    def spread(self, values):
        """Values in the shape of ``numbers``, an equal part of each at every element of ``key`` that is this number."""
        if self.numbers is self.key:
            return values
        part = values / self._fold(self._own, ctgrad.ones_like(self.key))
        return restride(part, self._numbers, self._own)


def shared(tensors, name):
    """Groups of ``tensors`` as ``Shared``, from ``id`` of each member; {} for tensors that are apart. ``name(i)`` for errors."""
    first = {}
    for i, t in enumerate(tensors):
        first.setdefault(id(t), i)
    places = list(first.values())
    found = {}
    for group in groups([tensors[i] for i in places]):
        positions = [places[k] for k in group]
        one = Shared([tensors[i] for i in positions], [name(i) for i in positions])
        found.update((id(member), one) for member in one.members)
    return found
