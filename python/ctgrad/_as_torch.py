"""Answer `import torch` with ctgrad, for the scripts that `python -m ctgrad` runs.

A finder in front of `sys.meta_path` claims `torch` and everything below it, also where the real one is installed. What a
script gets are facades: modules named `torch...` that have the functions and classes of the ctgrad module behind them, pass every other name
through to it, and say so when ctgrad lacks one. The ctgrad modules themselves are left as they are, but for the
module that their classes say they are of: what a script prints shows PyTorch's.
"""

import importlib
import importlib.util
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

from ctgrad._homes import move

_API_VERSION = "2.13.0"  # of the PyTorch whose names and behaviour ctgrad follows


def _real_name(name):
    return "ctgrad" + name.removeprefix("torch")


def _named_as_torch(thing):
    """A class that a script sees is shown under PyTorch's module: <class 'torch.nn.modules.linear.Linear'>."""
    if isinstance(thing, type) and thing.__module__.partition(".")[0] == "ctgrad":
        with suppress(TypeError):  # of a few C types it cannot be changed
            move(thing, "torch" + thing.__module__.removeprefix("ctgrad"))


class Facade(ModuleType):
    """A module `torch[.x]` whose names are those of `ctgrad[.x]`."""

    def __init__(self, name):
        super().__init__(name)
        real = importlib.import_module(_real_name(name))
        # Scripts look functions and classes up in the dictionary: vars(torch.optim)["SGD"].
        vars(self).update({key: value for key, value in vars(real).items() if not key.startswith("_") and callable(value)})
        # written to the dictionary: attribute assignment on a facade reaches the real module
        vars(self).update(_real=real, __doc__=real.__doc__, __file__=getattr(real, "__file__", None))
        if hasattr(real, "__path__"):
            vars(self)["__path__"] = list(real.__path__)
        for value in list(vars(real).values()):
            _named_as_torch(value)
        if name == "torch":
            for value in vars(real.return_types).values():
                _named_as_torch(value)
            vars(self).update(__version__=f"{_API_VERSION}+ctgrad{real.__version__}", torch=self)  # torch.torch is torch

    def __getattr__(self, name):
        real = vars(self)["_real"]
        if name == "__all__":
            return getattr(real, "__all__", [n for n in dir(real) if not n.startswith("_")])
        try:
            value = getattr(real, name)
        except AttributeError:
            text = f"module '{self.__name__}' has no attribute '{name}' (ctgrad answers for torch here, and lacks it)"
            raise AttributeError(text, name=name, obj=self) from None
        if isinstance(value, ModuleType) and value.__name__.startswith("ctgrad."):
            return importlib.import_module("torch" + value.__name__.removeprefix("ctgrad"))
        _named_as_torch(value)
        if callable(value):
            vars(self)[name] = value  # the next look-up is an ordinary module attribute
        return value

    def __setattr__(self, name, value):
        if isinstance(value, Facade):  # importlib binding a submodule: __getattr__ finds it, unless a function
            return None  # of the same name stands there, as autograd.gradcheck does
        if name.startswith("__"):
            return super().__setattr__(name, value)
        vars(self).pop(name, None)
        return setattr(vars(self)["_real"], name, value)

    def __delattr__(self, name):
        vars(self).pop(name, None)
        if hasattr(vars(self)["_real"], name):
            delattr(vars(self)["_real"], name)

    def __repr__(self):
        return f"<module '{self.__name__}' answered by '{vars(self)['_real'].__name__}'>"

    def __dir__(self):
        return sorted({*vars(self), *dir(vars(self)["_real"])} - {"_real"})


def _exists(name):
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False


class _Told:
    """Unpickled first of all in a process that multiprocessing starts anew: it answers `import torch` as this one does."""

    def __reduce__(self):
        return install, ()


def _tell_processes(spawn):
    prepared = spawn.get_preparation_data
    spawn.get_preparation_data = lambda name: {"torch": _Told(), **prepared(name)}


class _TellingLoader(SourceFileLoader):
    """Of multiprocessing.spawn, which few scripts import."""

    def exec_module(self, module):
        super().exec_module(module)
        _tell_processes(module)


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "multiprocessing.spawn":
            spec = PathFinder.find_spec(name, path)
            spec.loader = _TellingLoader(name, spec.origin)
            return spec
        if name.partition(".")[0] != "torch":
            return None
        if not _exists(_real_name(name)):
            parent, _, last = name.rpartition(".")
            # Without the `name` argument: importlib would otherwise drop this text in `from torch import x`.
            raise ModuleNotFoundError(
                f"No module named '{name}', and no '{last}' in '{parent}' "
                f"(ctgrad answers for torch here, and lacks '{_real_name(name)}')"
            )
        return ModuleSpec(name, _Loader, is_package=True)


class _Loader:
    @staticmethod
    def create_module(spec):
        return Facade(spec.name)

    @staticmethod
    def exec_module(module):
        """Nothing to run: the module behind the facade has run."""


def install():
    """From now on, in this process and those that it starts, `import torch` and `import torch.x` give ctgrad's modules."""
    if _Finder in sys.meta_path:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder)
    if "multiprocessing.spawn" in sys.modules:
        _tell_processes(sys.modules["multiprocessing.spawn"])
