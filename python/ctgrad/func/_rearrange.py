"""Dimensions named, taken apart, put in another order and joined, as a pattern says: einops' notation."""

import math
import re

import ctgrad
from ctgrad._C import Tensor

__all__ = ["rearrange"]

_DOTS = "\u2026"
_GROUP = re.compile(r"\(([^()]*)\)|([^\s()]+)")


def _names(text):
    """The names of one dimension; 1 is none."""
    found = [name for name in text.split() if name != "1"]
    for name in found:
        if name.isdecimal():
            raise ValueError(f"rearrange only supports unnamed axes of size 1, not {name}")
        if name != _DOTS and (not name.isidentifier() or "_" in (name[0], name[-1])):
            raise ValueError(f"Invalid axis identifier: {name}")
    return found


def _parsed(side):
    """A list of names for each dimension that the side shows; the dots outside of brackets, for several, are no list."""
    text = side.replace("...", f" {_DOTS} ")
    if "." in text or text.count(_DOTS) > 1:
        raise ValueError(f"Expression may contain dots only inside ellipsis (...), and one of these: {side}")
    if re.search(r"[()]", _GROUP.sub("", text)):
        raise ValueError(f"Brackets are not balanced, or stand in one another: {side}")
    groups = [_DOTS if match[2] == _DOTS else _names(match[1] if match[2] is None else match[2]) for match in _GROUP.finditer(text)]
    flat = [name for group in groups for name in group]
    if len({*flat}) < len(flat):
        raise ValueError(f"Indexing expression contains a dimension twice: {side}")
    return groups


def _check(left, right, lengths, pattern):
    of_left, of_right = ({name for group in side for name in group} for side in (left, right))
    if of_right - of_left == {_DOTS}:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if _DOTS in of_left and _DOTS not in left:
        raise ValueError(f"Ellipsis in parenthesis in the left side is not allowed: {pattern}")
    if of_left != of_right:
        raise ValueError(f"Identifiers only on one side of rearrange expression (should be on both): {of_left ^ of_right}")
    for name, length in lengths.items():
        if not isinstance(length, int):
            raise TypeError(f"rearrange axis lengths must be integers, got: {type(length)}")
        if name not in of_left:
            raise ValueError(f"Identifiers not found in rearrange expression: {name}")


def _apart(shape, left, lengths):
    """The sizes after everything is taken apart, in the order of the left side, and where each name's dimensions are in them."""
    several = len(shape) - (len(left) - 1)
    if several < 0 if _DOTS in left else several != 1:
        raise ValueError(f"The pattern has {len(left)} dimensions, the tensor {len(shape)}")
    sizes, places, at = [], {}, 0
    for group in left:
        if group == _DOTS:
            places[_DOTS] = [*range(len(sizes), len(sizes) + several)]
            sizes += shape[at:at + several]
            at += several
            continue
        size, at = shape[at], at + 1
        open_names = [name for name in group if name not in lengths]
        given = math.prod(lengths[name] for name in group if name in lengths)
        if len(open_names) > 1 or (size % given if open_names and given else size != given):
            raise RuntimeError(f"A dimension of size {size} is not ({' '.join(group)}) with lengths {lengths}: all but one are to be given, and to divide it")
        for name in group:
            places[name] = [len(sizes)]
            sizes.append(lengths[name] if name in lengths else size // given if given else 0)
    return sizes, places


def rearrange(tensor, pattern, **axes_lengths):
    """The tensor as the pattern's right side shows what its left side names: "b h w c -> b c (h w)"; tensors in a list are stacked first.

    Brackets on the left take a dimension apart, with lengths given by name but for one; brackets on the right join. `...` stands for the
    dimensions that have no name, 1 for one of size 1. A view where strides allow it. ValueError for a pattern that does not fit.
    """
    if not isinstance(tensor, Tensor):
        tensor = ctgrad.stack(tuple(tensor))
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError(f"Pattern must contain a single '->' separator: {pattern}")
    left, right = map(_parsed, sides)
    _check(left, right, axes_lengths, pattern)
    sizes, places = _apart([*tensor.shape], left, axes_lengths)
    order = [i for group in right for name in group for i in places[name]]
    joined = []
    for group in right:
        of_group = [sizes[i] for name in group for i in places[name]]
        joined += of_group if group == _DOTS else [math.prod(of_group)]
    return tensor.reshape(sizes).permute(order).reshape(joined)
