"""Helpers beside the tensors: checkpointing, data sets and their batches, hooks, timing; tensors that change places."""

import weakref

import ctgrad


def swap_tensors(t1, t2):
    """Each takes the other's numbers, dtype, sizes, gradient, class and attributes; who holds one of them sees the other's from then on.

    Hooks stay where they are. RuntimeError for tensors that others refer to weakly, and for results of recorded ops.
    """
    for name, t in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(t):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
        if t.grad_fn is not None:
            raise RuntimeError(f"Cannot swap {name}, which was computed by {t.grad_fn.name()}: only leaves are swapped, detach() it first")
    with ctgrad.no_grad():
        parts = [(t.data, t.grad, t.requires_grad, type(t), dict(vars(t))) for t in (t1, t2)]
        for t, (data, grad, needs, kind, own) in zip((t1, t2), reversed(parts), strict=True):
            t.grad = None
            t.requires_grad_(False)
            t.data = data
            t.__class__ = kind
            vars(t).clear()
            vars(t).update(own)
            t.requires_grad_(needs)
            t.grad = grad


def __getattr__(name):
    """Imported when first asked for."""
    if name not in ("_pytree", "benchmark", "checkpoint", "data", "dlpack", "model_zoo"):
        raise AttributeError(f"module 'ctgrad.utils' has no attribute {name!r}")
    import importlib
    return importlib.import_module(f"ctgrad.utils.{name}")
