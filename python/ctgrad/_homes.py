"""Classes stand under the modules where PyTorch has them, whatever file here holds them: for imports, pickles and `print(type(x))`."""

import importlib
import importlib.util
import sys
from types import ModuleType

__all__ = ["move", "settle"]


def _module(full, owner):
    """The module of that name; one without a file of its own is made, and shows its first class's."""
    if full in sys.modules or importlib.util.find_spec(full) is not None:
        return importlib.import_module(full)
    made = ModuleType(full, "The classes that PyTorch has under this name.")
    made.__file__ = owner.__file__
    sys.modules[full] = made
    return made


def move(thing, module):
    """thing.__module__ = module; of a class the line where it begins stays known."""
    line = vars(thing).get("__firstlineno__")
    thing.__module__ = module
    if line is not None:  # from 3.13 on: inspect reads it, and a new home takes it away
        thing.__firstlineno__ = line


def settle(name, homes):
    """homes: {a module's name below the package's, or "": names of the package's classes, a line}."""
    package = sys.modules[name]
    for last, names in homes.items():
        kinds = [getattr(package, kind) for kind in names.split()]
        home = _module(f"{name}.{last}" if last else name, sys.modules[kinds[0].__module__])
        for kind in kinds:
            move(kind, home.__name__)
            setattr(home, kind.__name__, kind)
        if last:
            setattr(package, last, home)
