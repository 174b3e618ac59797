"""Compositions: ops said in terms of other ops, as plain Python functions, by family.

`@composed()` registers a function under its own name: as `ctgrad.name`, and with method=True as a method of Tensor too.
An op starts here and moves to C when a benchmark asks. Gradients of all orders follow from the ops used. Each docstring
gives shapes, dtypes and errors; each name has cases in tests/cases like every other op.
"""

from collections.abc import Callable
from typing import Any

from ctgrad._C import Tensor

__all__ = ["alias", "composed", "need_tensor", "registry"]

registry: dict[str, Callable[..., Any]] = {}


def composed(method=True, function=True):
    """Decorator: register a composition, as function, method or both."""

    def register(f):
        registry[f.__name__] = f
        if method:
            setattr(Tensor, f.__name__, f)
        f.is_function = function
        return f

    return register


def need_tensor(op, value, argument="input", position=1):
    """TypeError where an argument that must be a Tensor is none."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{op}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}")


def functions():
    """Name -> function of all that is offered as `ctgrad.name`."""
    return {name: f for name, f in registry.items() if f.is_function}


def alias(new, old, in_place=True):
    """Another name of an op: the same object, as function, method and in-place method where the op has them."""
    import ctgrad
    from ctgrad import _C

    for name, target in [(new, old), *([(new + "_", old + "_")] if in_place else [])]:
        if hasattr(_C, target):
            setattr(_C, name, getattr(_C, target))
        if hasattr(Tensor, target):
            setattr(Tensor, name, getattr(Tensor, target))
        if target in registry:
            registry[name] = registry[target]
    return ctgrad
