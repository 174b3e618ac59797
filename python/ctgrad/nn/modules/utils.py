"""Numbers that stand for one number a dimension; keys of a state without their prefix."""

from collections.abc import Iterable

__all__ = ["consume_prefix_in_state_dict_if_present"]


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


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    """Take ``prefix`` off the keys of a state, in place: what is left is the state of the module that stood there."""
    for key in list(state_dict.keys()):
        if key.startswith(prefix):
            state_dict[key.removeprefix(prefix)] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    for key in list(metadata or ()):
        if key and (key == prefix.removesuffix(".") or key.startswith(prefix)):
            metadata[key[len(prefix):]] = metadata.pop(key)
