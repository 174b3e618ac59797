"""Modules, their parameters, and the functions behind them."""

from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter  # isort: skip  (the modules build on it)
from . import attention, functional, grad, init, modules, parallel, parameter, utils
from .modules import *  # noqa: F403
from .modules import __all__ as _modules
from .parallel import DataParallel

__all__ = ["Buffer", "DataParallel", "Parameter", "UninitializedBuffer", "UninitializedParameter", "attention", "functional", "grad", "init", "modules", "parallel", "parameter", "utils", *_modules]

from ctgrad import _import_the_rest  # type: ignore[attr-defined]  # noqa: E402

_import_the_rest()
