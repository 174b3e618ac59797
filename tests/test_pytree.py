"""Containers in containers, flattened and put together."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import ctgrad
import pytest
from ctgrad.utils import _pytree as tree

Pair = namedtuple("Pair", "a b")
TREES = [3, None, [], {}, (1, [2, 3], {"b": 4, "a": (5,)}), OrderedDict(x=[1], y=2), Pair(1, [2, (3,)]), defaultdict(list, k=[1, 2]), deque([1, 2], maxlen=3)]


@pytest.mark.parametrize("value", TREES)
def test_there_and_back(value):
    leaves, spec = tree.tree_flatten(value)
    back = tree.tree_unflatten(leaves, spec)
    assert back == value and type(back) is type(value) and len(leaves) == spec.num_leaves
    assert tree.tree_structure(back) == spec and tree.tree_leaves(value) == leaves


def test_maps_and_order():
    value = {"b": [1, 2], "a": (3, None)}
    assert tree.tree_leaves(value) == [1, 2, 3, None]
    assert tree.tree_map(lambda x, y: (x, y), [1, [2]], [3, [4]]) == [(1, 3), [(2, 4)]]
    assert tree.tree_map_only(int, lambda x: -x, value) == {"b": [-1, -2], "a": (-3, None)}
    assert tree.tree_map(len, [(1, 2), (3,)], is_leaf=lambda x: isinstance(x, tuple)) == [2, 1]
    assert tree.tree_all(lambda x: x, [1, 2]) and not tree.tree_any(lambda x: x > 2, [1, 2])
    assert tree.tree_map(lambda t: t * 2, (ctgrad.ones(2),))[0].tolist() == [2, 2]
    for wrong in (lambda: tree.tree_map(max, [1], [1, 2]), lambda: tree.tree_unflatten([1], tree.tree_structure([1, 2])), lambda: tree.register_pytree_node(list, 0, 0)):
        with pytest.raises(ValueError):
            wrong()


def test_deep_and_registered():
    deep = 1
    for _ in range(100000):
        deep = [deep]
    assert tree.tree_leaves(tree.tree_map(lambda x: x + 1, deep)) == [2]

    class Box:
        def __init__(self, inside):
            self.inside = inside

    tree.register_pytree_node(Box, lambda box: ([box.inside], None), lambda children, context: Box(*children))
    assert tree.tree_map(lambda x: x + 1, Box([1])).inside == [2]


def test_results_with_names_are_containers_and_pickle():
    """Of ops in C and of those written in Python alike."""
    import pickle

    a = ctgrad.eye(2)
    for result in (a.max(0), ctgrad.linalg.qr(a), ctgrad.linalg.slogdet(a), ctgrad.frexp(a)):
        back = pickle.loads(pickle.dumps(result))
        assert type(back) is type(result) and all(x.equal(y) for x, y in zip(back, result, strict=True))
        leaves, spec = tree.tree_flatten(result)
        assert len(leaves) == 2 and type(tree.tree_unflatten(leaves, spec)) is type(result)
