"""Automatic differentiation: the tape's public names.

`backward`, `grad` and `Function` are the engine's own; the modules here are what is built on them.
"""

from ctgrad import _C
from ctgrad._C import SavedTensor, backward, grad
from ctgrad.autograd import _functions, anomaly_mode, function, functional, grad_mode, graph, variable
from ctgrad.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from ctgrad.autograd.function import Function
from ctgrad.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled, set_multithreading_enabled
from ctgrad.autograd.gradcheck import gradcheck, gradgradcheck
from ctgrad.autograd.variable import Variable

_C._functions, _C._autograd = _functions, graph._autograd  # where PyTorch has them

__all__ = [
    "Function",
    "SavedTensor",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]


def __getattr__(name):
    """The profiler is imported when it is asked for."""
    if name != "profiler":
        raise AttributeError(f"module 'ctgrad.autograd' has no attribute {name!r}")
    import importlib
    return importlib.import_module("ctgrad.autograd.profiler")
