"""Small text helpers shared by the modules and the optimisers."""

from ctgrad import Tensor
from ctgrad._dtypes import scalar_name

__all__ = ["indent", "scalar_name", "typename"]


def indent(text, spaces):
    """Shift every line but the first to the right; lines of white space become empty."""
    first, *rest = text.split("\n")
    return "\n".join([first] + [" " * spaces + line if line.strip() else "" for line in rest])


def typename(thing):
    """The name of a class or of a value's class, with its module; of a tensor, its legacy type name."""
    if isinstance(thing, Tensor):
        return f"torch.{scalar_name(thing.dtype)}Tensor"
    owner = thing if hasattr(thing, "__qualname__") and hasattr(thing, "__module__") else type(thing)  # a generator has the former alone
    module = getattr(thing, "__module__", None) or owner.__module__
    return owner.__qualname__ if module == "builtins" else f"{module}.{owner.__qualname__}"
