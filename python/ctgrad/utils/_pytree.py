"""Containers in containers as a list of what is in them, and back: the part of PyTorch's private module that other packages use.

Lists, tuples, named tuples, results of several names, dicts and those that `register_pytree_node` adds; all else, None too, is a leaf.
"""

import dataclasses
import warnings
from collections import OrderedDict, defaultdict, deque, namedtuple

from ctgrad import return_types

__all__ = ["PyTree", "TreeSpec", "register_constant", "register_dataclass", "register_pytree_node", "tree_all", "tree_any", "tree_flatten", "tree_leaves", "tree_map", "tree_map_", "tree_map_only",
           "tree_structure", "tree_unflatten"]

PyTree = object
_Kind = namedtuple("_Kind", "flatten unflatten")  # flatten(tree) -> (children, context); unflatten(children, context) -> tree


def _of_dict(tree):
    return list(tree.values()), list(tree)


_kinds = {
    list: _Kind(lambda tree: (tree, None), lambda children, context: list(children)),
    tuple: _Kind(lambda tree: (list(tree), None), lambda children, context: tuple(children)),
    dict: _Kind(_of_dict, lambda children, keys: dict(zip(keys, children, strict=True))),
    OrderedDict: _Kind(_of_dict, lambda children, keys: OrderedDict(zip(keys, children, strict=True))),
    defaultdict: _Kind(lambda tree: (list(tree.values()), [tree.default_factory, list(tree)]),
                       lambda children, context: defaultdict(context[0], zip(context[1], children, strict=True))),
    deque: _Kind(lambda tree: (list(tree), tree.maxlen), lambda children, length: deque(children, maxlen=length)),
    namedtuple: _Kind(lambda tree: (list(tree), type(tree)), lambda children, kind: kind(*children)),
}


def register_pytree_node(cls, flatten_fn, unflatten_fn, **named):
    """Objects of cls are containers: flatten_fn gives (children, context), unflatten_fn takes them."""
    if cls in _kinds:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _kinds[cls] = _Kind(flatten_fn, unflatten_fn)


def _register_anew(cls, flatten, unflatten):
    if cls in _kinds:
        warnings.warn(f"{cls} is already registered as pytree node. Overwriting the previous registration.", stacklevel=3)
    _kinds[cls] = _Kind(flatten, unflatten)


def register_constant(cls):
    """Objects of cls are containers of nothing, part of the spec. TypeError where they compare or hash as every object does."""
    if cls.__eq__ is object.__eq__ or cls.__hash__ is None:
        raise TypeError(f"register_constant(cls) expects `cls` to have a non-default `__eq__` and a `__hash__`, got {cls}")
    _register_anew(cls, lambda tree: ([], tree), lambda children, tree: tree)


def _fields(cls, names, dropped):
    if not dataclasses.is_dataclass(cls):
        if names is None:
            raise ValueError(f"field_names must be specified with a list of all fields used to initialize {cls}, as it is not a dataclass.")
        return names
    of_init = [field.name for field in dataclasses.fields(cls) if field.init]
    if names is not None and {*of_init} - {*dropped} != {*names}:
        raise ValueError(f"field_names does not include all dataclass fields: {sorted(({*of_init} - {*dropped}) ^ {*names})} are missing or unexpected. "
                         "Add them to field_names or drop_field_names, or remove them.")
    return of_init if names is None else names


def register_dataclass(cls, *, field_names=None, drop_field_names=None, serialized_type_name=None):
    """Objects of cls are containers of their fields, made anew with those by keyword; fields that are None belong to the spec."""
    names = _fields(cls, field_names, drop_field_names or ())

    def flatten(tree):
        values = {name: getattr(tree, name) for name in names}
        there = [name for name, value in values.items() if value is not None]
        return [values[name] for name in there], [there, [name for name in names if name not in there]]

    _register_anew(cls, flatten, lambda children, context: cls(**dict(zip(context[0], children, strict=True)), **dict.fromkeys(context[1])))


def _is_result(kind):
    """Is it the class of an op's several results?"""
    return issubclass(kind, tuple) and vars(return_types).get(kind.__name__) is kind


def _kind_of(tree):
    kind = type(tree)
    if kind not in _kinds and _is_result(kind):
        register_pytree_node(kind, lambda tree: (list(tree), None), lambda children, context: kind(children))
    return namedtuple if issubclass(kind, tuple) and hasattr(kind, "_fields") and kind not in _kinds else kind


class TreeSpec:
    """The containers without what is in them. type: None for a leaf."""

    def __init__(self, type=None, context=None, children_specs=()):
        self.type, self.context, self.children_specs = type, context, list(children_specs)
        self.num_leaves = sum(child.num_leaves for child in self.children_specs) if type is not None else 1
        self.num_children = len(self.children_specs)

    def is_leaf(self):
        """Whether this stands for a leaf."""
        return self.type is None

    def __eq__(self, other):
        return isinstance(other, TreeSpec) and [*_steps(self)] == [*_steps(other)]

    __hash__ = None  # type: ignore[assignment]  # as Python has it of classes with __eq__ alone

    def __repr__(self):
        return "*" if self.type is None else f"TreeSpec({self.type.__name__}, {self.context}, {self.num_leaves} leaves)"


def _steps(spec):
    """(type, context, number of children) of the spec and all below it, outermost first."""
    waiting = [spec]
    while waiting:
        here = waiting.pop()
        yield here.type, here.context, here.num_children
        waiting.extend(reversed(here.children_specs))


def tree_flatten(tree, is_leaf=None):
    """(leaves, spec)"""
    leaves, top = [], []
    waiting = [(tree, top)]  # what is still to be read, and the list that its spec goes to
    opened = []              # containers in the order they were read: (list of the outer, place, kind, context, specs of the children)
    while waiting:
        here, into = waiting.pop()
        kind = _kind_of(here)
        if kind not in _kinds or (is_leaf is not None and is_leaf(here)):
            leaves.append(here)
            into.append(TreeSpec())
            continue
        children, context = _kinds[kind].flatten(here)
        inner = []
        opened.append((into, len(into), kind, context, inner))
        into.append(None)
        waiting.extend((child, inner) for child in reversed(list(children)))
    for into, place, kind, context, inner in reversed(opened):
        into[place] = TreeSpec(kind, context, inner)
    return leaves, top[0]


def tree_unflatten(leaves, treespec):
    """The tree of these leaves."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} but the spec refers to a pytree that holds "
                         f"{treespec.num_leaves} items ({treespec}).")
    made = []
    for kind, context, count in reversed([*_steps(treespec)]):
        if kind is None:
            made.append(leaves.pop())
            continue
        children = [made.pop() for _ in range(count)]
        made.append(_kinds[kind].unflatten(children, context))
    return made[0]


def _broadcast_to_and_flatten(tree, treespec):
    """For each leaf of treespec, the leaf of tree that stands at its place or above it; None where the containers differ."""
    found, waiting = [], [(tree, treespec)]
    while waiting:
        here, spec = waiting.pop()
        kind = _kind_of(here)
        if kind not in _kinds:
            found.extend([here] * spec.num_leaves)
            continue
        children, context = _kinds[kind].flatten(here)
        if kind is dict and spec.type is dict and set(context) == set(spec.context):
            children, context = [here[key] for key in spec.context], spec.context
        if (kind, context, len(children)) != (spec.type, spec.context, spec.num_children):
            return None
        waiting.extend(reversed([*zip(children, spec.children_specs, strict=True)]))
    return found


def tree_leaves(tree, is_leaf=None):
    """The leaves."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf=None):
    """The spec."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func, tree, *rests, is_leaf=None):
    """The tree of func(leaf, ...), of one tree or of several alike."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_flatten(rest, is_leaf) for rest in rests]
    if any(other != spec for _, other in others):
        raise ValueError("tree_map: the trees have not the same containers")
    return tree_unflatten(map(func, leaves, *(more for more, _ in others)), spec)


def tree_map_(func, tree, *rests, is_leaf=None):
    """The tree itself; func is called with its leaves."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def _answers(wanted):
    return wanted if callable(wanted) and not isinstance(wanted, type) else lambda leaf: isinstance(leaf, wanted)


def tree_map_only(type_or_types_or_pred, func, tree, is_leaf=None):
    """tree_map of the leaves of these types, or that the function picks."""
    picked = _answers(type_or_types_or_pred)
    return tree_map(lambda leaf: func(leaf) if picked(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_all(pred, tree, is_leaf=None):
    """Whether all leaves satisfy pred."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred, tree, is_leaf=None):
    """Whether any leaf satisfies pred."""
    return any(map(pred, tree_leaves(tree, is_leaf)))
