"""What scripts say to have a compiler take their functions. Nothing is compiled: functions and modules stay what they are (PyTorch with PYTORCH_JIT=0)."""

import builtins
import warnings
from typing import Final

from ctgrad.nn.modules.module import Module as ScriptModule

__all__ = ["Final", "ScriptModule", "annotate", "export", "ignore", "is_scripting", "is_tracing", "isinstance", "script", "script_if_tracing", "script_method", "unused"]


def script(obj, optimize=None, _frames_up=0, _rcb=None, example_inputs=None):
    """obj itself."""
    warnings.warn("`torch.jit.script` is deprecated. Please switch to `torch.compile` or `torch.export`.", DeprecationWarning, stacklevel=2)
    return obj


def script_if_tracing(fn):
    """fn itself."""
    return fn


def export(fn):
    """fn itself."""
    return fn


unused = script_method = _overload = _overload_method = export
_script_if_tracing = script_if_tracing


def ignore(drop=False, **kwargs):
    """The function that is decorated, with or without arguments."""
    return drop if callable(drop) else lambda fn: fn


def annotate(the_type, the_value):
    """the_value."""
    return the_value


def isinstance(obj, target_type):
    """Python's own."""
    return builtins.isinstance(obj, target_type)


def is_scripting():
    """False."""
    return False


def is_tracing():
    """False."""
    return False
