"""Small text helpers shared by the modules and the optimisers."""

from ctgrad import Tensor

_SCALAR_NAMES = {"float32": "Float", "float64": "Double", "int64": "Long", "int32": "Int", "uint8": "Byte", "bool": "Bool",
                 "float16": "Half", "bfloat16": "BFloat16", "int16": "Short", "int8": "Char"}


def indent(text, spaces):
    """Shift every line but the first to the right; lines of white space become empty."""
    first, *rest = text.split("\n")
    return "\n".join([first] + [" " * spaces + line if line.strip() else "" for line in rest])


def typename(thing):
    """The name of a class or of a value's class, with its module; of a tensor, its legacy type name."""
    if isinstance(thing, Tensor):
        return f"torch.{scalar_name(thing.dtype)}Tensor"
    owner = thing if hasattr(thing, "__qualname__") else type(thing)
    module = getattr(thing, "__module__", None) or owner.__module__
    return owner.__qualname__ if module == "builtins" else f"{module}.{owner.__qualname__}"


def scalar_name(dtype):
    """The dtype's name in error texts: "Float" for float32."""
    short = str(dtype).rpartition(".")[2]
    return _SCALAR_NAMES.get(short, short)
