"""One application of a transform: leaves of its own in place of the arguments, and results that hang on nothing of its own.

A leaf whose argument requires a gradient outside continues that history, so that results can be differentiated there. Of a
result that leads to own leaves alone nobody outside could differentiate: it is given detached, and where nothing does
lead outside no graph of the gradient is made. Transforms nest since the leaves of an outer one are the outside of an inner one,
as long as the outer one runs.
"""

import threading

from ctgrad._C import Tensor, grad, is_grad_enabled, zeros_like
from ctgrad.utils._pytree import tree_flatten, tree_map, tree_unflatten

__all__ = ["Level", "chosen", "places"]


def places(argnums, count):
    """argnums as places among count arguments: an int, or a tuple of different ints."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    found = []
    for argnum in argnums if isinstance(argnums, tuple) else (argnums,):
        if not isinstance(argnum, int):
            raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
        if not -count <= argnum < count:
            raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
        found.append(argnum % count)
    if not found:
        raise RuntimeError("argnums must be non-empty")
    if len({*found}) < len(found):
        raise RuntimeError(f"argnums elements must be unique, got {tuple(found)}")
    return tuple(found) if isinstance(argnums, tuple) else found[0]


def chosen(args, where):
    """What stands at the places: a tuple for a tuple of them."""
    return tuple(args[i] for i in where) if isinstance(where, tuple) else args[where]


class _Run:
    """Whether the function of a level still runs. The leaves of one that does not are outside of nothing."""

    goes = True


class _Running(threading.local):
    level = None  # the innermost whose function runs


_running = _Running()


class Level:
    """Made where the transform is entered: the grad mode there says whether results may have a history.

    A context: the function runs within. What tells a leaf is kept on its Python object: as long as an outer function runs, and as
    long as an inner level lives, these objects do.
    """

    def __init__(self):
        self.recorded = is_grad_enabled()
        self.run = _Run()
        self.outer = _running.level
        self._inner_leaves = []
        self.leaves = []    # the function's arguments, in the order of their flattening
        self._given = {}    # id of a leaf: the argument it stands for
        self._settled = {}  # id of a node that does not lead outside: the node

    def __enter__(self):
        _running.level = self
        return self

    def __exit__(self, kind, error, trace):
        self.run.goes = False
        _running.level = self.outer
        if self.outer is not None:
            self.outer._inner_leaves += self.leaves + self._inner_leaves

    def enter(self, tree):
        """The tree with a leaf in place of each tensor. Call with gradients enabled."""
        return tree_map(self._leaf, tree)

    def _leaf(self, x):
        if not isinstance(x, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        if x.requires_grad:
            leaf = x.unsqueeze(0).unbind(0)[0]  # a view that refuses writes, as a leaf does
        else:
            leaf = (x.clone() if x.is_inference() else x.detach()).requires_grad_()
            leaf._run = self.run
        self.leaves.append(leaf)
        self._given[id(leaf)] = x
        return leaf

    def leads_outside(self, tensors):
        """Whether one of the tensors can be differentiated by anything but the own leaves."""
        return any(self._leads_outside(t) for t in tensors)

    def _is_outside(self, leaf):
        run = getattr(leaf, "_run", None)
        return run is None or (run is not self.run and run.goes)

    def _leads_outside(self, t):
        if not t.requires_grad:
            return False
        if t.is_leaf:
            return self._is_outside(t)
        seen, waiting = {}, [t.grad_fn]
        while waiting:
            node = waiting.pop()
            if id(node) in seen or id(node) in self._settled:
                continue
            seen[id(node)] = node
            following = [after for after, _ in node.next_functions if after is not None]
            if not following and (not hasattr(node, "variable") or self._is_outside(node.variable)):
                return True
            waiting.extend(following)
        self._settled.update(seen)
        return False

    def leave(self, t):
        """A result as the outside sees it."""
        if not isinstance(t, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(t)}")
        if id(t) in self._given:
            t = self._given[id(t)]
        return self.stripped(t) if self.recorded else t.detach()

    def stripped(self, t):
        """t without a history that leads to own leaves alone."""
        return t if not t.requires_grad or self._leads_outside(t) else t.detach()

    def leave_all(self, tree):
        """leave() of every tensor of the tree."""
        leaves, spec = tree_flatten(tree)
        return tree_unflatten([self.leave(t) for t in leaves], spec)

    def gradients(self, outputs, weights=None, create_graph=False, retain_graph=False):
        """The gradients of the outputs by the leaves, weighted; zeros where an output does not depend on one."""
        weights = (None,) * len(outputs) if weights is None else weights
        pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
        if not pairs:
            return [zeros_like(leaf) for leaf in self._detached()]
        found = grad([o for o, _ in pairs], self.leaves, [w for _, w in pairs], retain_graph=retain_graph or create_graph,
                     create_graph=create_graph, allow_unused=True)
        return [zeros_like(leaf) if g is None else g for g, leaf in zip(found, self._detached(), strict=True)]

    def _detached(self):
        return [leaf.detach() for leaf in self.leaves]
