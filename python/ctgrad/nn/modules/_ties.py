"""Ties: names of a module under which the same numbers stand. Listing them, and keeping them while a state is loaded."""

import warnings
from typing import NamedTuple

import numpy as np

import ctgrad
from ctgrad import Tensor
from ctgrad._copying import memory_of
from ctgrad.nn._shared import address, geometry, groups, numbers_of, repeats, union
from ctgrad.nn.parameter import Parameter


class Tie(NamedTuple):
    """Names whose tensors share storage elements: how many numbers there are, and as how many the names show them."""

    names: tuple[str, ...]
    distinct: int
    effective: int
    shapes: tuple[tuple[int, ...], ...]
    strides: tuple[tuple[int, ...], ...]

    def __repr__(self):
        shown = ", ".join(f"{name} {list(shape)} stride {list(stride)}"
                          for name, shape, stride in zip(self.names, self.shapes, self.strides))
        return f"Tie({self.distinct} numbers shown as {self.effective}: {shown})"


class Tied:
    """The part of Module that tells which of its tensors share numbers."""

    def ties(self):
        """The groups of parameters and buffers, here and below, that share storage elements, as a list of ``Tie``.

        A name stands in a group if its tensor has an element in common with that of another: the same Parameter in two modules,
        ``Parameter(other.t())``, a slice beside the whole. One that shows a number more than once (``w.expand(n, n)``) makes a
        group alone. Slices of one buffer that do not meet are no tie. ``distinct`` counts the elements of a group,
        ``effective`` adds up the sizes of its tensors.
        """
        return [_tie(group) for group in named_groups(members(self))]


def _tie(group):
    names, tensors = zip(*group)
    return Tie(names, union(_unique(tensors)), sum(t.numel() for t in tensors), tuple(tuple(t.shape) for t in tensors),
               tuple(t.stride() for t in tensors))


def _unique(tensors):
    return list({id(t): t for t in tensors}.values())


def members(module):
    """Pairs of dotted path and tensor, of every path: parameters, then buffers; those of a shared module at each of its places."""
    owners = list(module.named_modules(remove_duplicate=False))
    return [(f"{path}.{name}" if path else name, tensor) for kind in ("_parameters", "_buffers") for path, owner in owners
            for name, tensor in getattr(owner, kind).items() if isinstance(tensor, Tensor)]


def named_groups(named):
    """The pairs of name and tensor that share elements, group by group."""
    if not Tensor._may_tie([tensor for _, tensor in named]):
        return []
    names = {}
    for name, tensor in named:
        names.setdefault(id(tensor), []).append((name, tensor))
    unique = list(names.values())
    found = groups([pairs[0][1] for pairs in unique])
    grouped = {place for group in found for place in group}
    found += [[place] for place, pairs in enumerate(unique) if len(pairs) > 1 and place not in grouped]
    return [[pair for place in group for pair in unique[place]] for group in sorted(found)]


# --- conversion ---


def keep_ties(module, convert):
    """Call ``convert()``, which gives each of the module's tensors new memory of its own; those that shared share again."""
    former = [[(name, tensor.detach()) for name, tensor in group] for group in named_groups(members(module))]
    convert()
    for group in former:
        given = {id(old): _at(module, name).detach() for name, old in group}
        olds = [old for _, old in group]
        if not _congruent(olds, given):
            laid = _lay_out(olds, given)
            for name, old in group:
                _give_memory(module, name, laid[id(old)])


def _give_memory(module, name, tensor):
    path, _, leaf = name.rpartition(".")
    owner = module.get_submodule(path)
    if leaf in owner._parameters:
        owner._parameters[leaf].data = tensor
    else:
        owner._buffers[leaf] = tensor


# --- loading ---


class LoadedTies:
    """The ties that a module had before a state was loaded into it; ``settle`` holds them against what was loaded."""

    def __init__(self, module):
        self.module = module
        self.named = members(module)
        self.groups = named_groups(self.named)

    def settle(self, state, assign):
        """After loading: renew the ties that assignment has broken, warn where ties differ. Returns messages of errors."""
        self._warn_of_new(state, assign)
        if not assign:
            for group in self.groups:
                self._warn_of_lost(group, state)
            return []
        return [error for error in (self._renew(group) for group in self.groups) if error]

    def _warn_of_new(self, state, assign):
        ours = dict(self.named)
        group_of = {name: place for place, group in enumerate(self.groups) for name, _ in group}
        for group in named_groups([pair for pair in state.items() if pair[0] in ours and isinstance(pair[1], Tensor)]):
            names = [name for name, _ in group]
            places = {group_of.get(name, name) for name in names}
            if len(places) > 1:
                then = "they are tied here too from now on" if assign else "each gets a copy, and they will train apart"
                _warn(f"{_listed(names)} share their numbers in what is loaded, but not in this model: {then}")
            elif names[0] not in group_of and isinstance(ours[names[0]], Parameter):  # alone: it repeats its own
                then = "so it does here from now on" if assign else "each place gets a copy, and they will train apart"
                _warn(f'"{names[0]}" shows {group[0][1]._places()} numbers as {group[0][1].numel()} in what is loaded, but not in this model: {then}')

    def _warn_of_lost(self, group, state):
        """Copies into one set of numbers: the last wins. Tell if others were different."""
        loaded = [(name, tensor) for name, tensor in group if isinstance(state.get(name), Tensor)
                  and state[name].numel() == tensor.numel() and _at(self.module, name) is tensor]
        lost = [name for name, tensor in loaded if not _same(tensor, state[name])]
        if len(loaded) > 1 and lost:
            _warn(f"{_listed(name for name, _ in group)} share their numbers in this model, but have different values in what is "
                  f"loaded: those of {_listed(lost)} are overwritten. Untie them before, or load one of them")

    def _renew(self, group):
        """Make the tensors assigned to a group share as those before did; put these back and return why where values differ."""
        now = {name: _at(self.module, name) for name, _ in group}
        if all(now[name] is old for name, old in group) or not all(isinstance(tensor, Tensor) for tensor in now.values()):
            return None
        try:
            tied = _retied(group, now)
        except ValueError as error:
            tied = [old for _, old in group]
            message = f"While assigning {_listed(now)}, which share their numbers in this model: {error}"
        else:
            message = None
        for (name, _), tensor in zip(group, tied):
            if now[name] is not tensor:
                path, _, leaf = name.rpartition(".")
                setattr(self.module.get_submodule(path), leaf, tensor)
        return message


def _listed(names):
    return " and ".join(f'"{name}"' for name in names)


def _warn(message):
    warnings.warn(f"load_state_dict(): {message}", stacklevel=5)


def _at(module, name):
    """What stands at a dotted path now; None if hooks or overridden methods have taken it away."""
    for part in name.split("."):
        module = getattr(module, part, None)
    return module


def _same(a, b):
    """Equal values, NaN too, in the dtype of ``a``; any shape with as many elements."""
    with ctgrad.no_grad():
        b = b.detach().to(a.dtype).reshape(a.shape)
        return bool(((a == b) | ((a != a) & (b != b))).all())


def _retied(group, now):
    """For each pair of name and former tensor the tensor to stand there. ValueError where what was loaded contradicts itself."""
    given = {}  # id of the former tensor -> the tensor loaded in its place
    for name, old in group:
        new = now[name]
        if new is not old and not _same(given.setdefault(id(old), new), new):
            raise ValueError(f'the values loaded for "{name}" differ from those of the other')
    former = _unique(old for _, old in group)
    if not _congruent(former, given):
        given = _lay_out(former, given)
    return [given[id(old)] for _, old in group]


def _congruent(former, given):
    """Do the tensors given lie to one another as the former ones did?"""
    if any(id(old) not in given for old in former):
        return False
    if len(former) == 1 and not repeats(former[0]):
        return True
    origin, new_origin, item = address(former[0]), address(given[id(former[0])]), given[id(former[0])].element_size()
    return all(new.dtype == given[id(former[0])].dtype and _steps(new) == _steps(old)
               and (address(new) - new_origin) * old.element_size() == (address(old) - origin) * item
               for old, new in ((old, given[id(old)]) for old in former))


def _steps(t):
    return [(size, stride) for size, stride in zip(t.shape, t.stride()) if size > 1]


def _lay_out(former, given):
    """Tensors over one fresh storage that lie as ``former``, with the values given, else their own."""
    dtypes = {given[key].dtype for key in given}
    if len(dtypes) > 1 or len({old.dtype for old in former}) > 1:
        raise ValueError("they have different dtypes")
    origin = min(address(old) for old in former)
    places = {id(old): geometry(old, origin) for old in former}  # asked now: to read a tensor may move it
    line = ctgrad.zeros(max(place.offset + place.reach for place in places.values()), dtype=dtypes.pop())
    values = memory_of(line)
    for old in sorted(former, key=lambda old: id(old) in given):  # what is given counts more than what was there
        _shown(values, places[id(old)])[...] = memory_of(given.get(id(old), old).detach())
    for old in former:
        if id(old) in given and not np.array_equal(_shown(values, places[id(old)]), memory_of(given[id(old)].detach()), equal_nan=True):
            raise ValueError("the values loaded differ at elements that are one number")
    return {id(old): _like(old, line.as_strided(*places[id(old)]).detach()) for old in former}


def _shown(values, place):
    """A flat array seen by a layout."""
    return np.lib.stride_tricks.as_strided(values[place.offset:], place.size, [step * values.itemsize for step in place.stride])


def _like(old, tensor):
    return Parameter(tensor, old.requires_grad) if isinstance(old, Parameter) else tensor


def put(t, value):
    """``t.copy_(value)`` where ``t`` may repeat its numbers. ValueError where ``value`` differs at elements that are one number."""
    numbers = numbers_of(t)
    if numbers is t:
        t.copy_(value)
        return
    if numbers is None:
        raise ValueError("it shows its numbers in a pattern that no strides tell")
    laid = _lay_out([t], {id(t): value.expand(t.shape).to(t.dtype)})[id(t)]
    numbers.copy_(numbers_of(laid.detach()))
