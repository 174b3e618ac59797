"""Modules, their parameters, and the functions behind them."""

from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter  # isort: skip  (the modules build on it)
from . import attention, functional, grad, init, modules, parameter, utils
from .modules import *  # noqa: F403
from .modules import __all__ as _modules

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "attention", "functional", "grad", "init", "modules", "parameter", "utils", *_modules]

import ctgrad  # noqa: E402

ctgrad._import_the_rest()
