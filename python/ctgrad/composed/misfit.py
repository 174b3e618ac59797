"""An argument of the wrong type is told after the fact, so that right calls pay nothing: when a function fails, its arguments are
compared with its signature, and one that does not fit is what the error names, as PyTorch's argument parser does before it runs anything."""

import functools
import inspect
import numbers
import sys
from typing import Any

from ctgrad._C import Tensor

_TENSORS = {"input", "other", "target", "weight", "index", "source", "mask", "values", "x1", "x2", "A", "B"}


def beyond(level):
    """The stacklevel of a warning that the caller gives: its own frame is 1, and those of `typed` are not counted."""
    frame, counted = sys._getframe(1), 0
    while level and frame:
        level -= frame.f_code.co_filename != __file__
        counted += 1
        frame = frame.f_back
    return counted


def typed(f):
    """Decorator: TypeError for arguments of the wrong type."""

    @functools.wraps(f)
    def call(*args, **kwargs):
        try:
            return f(*args, **kwargs)
        except Exception as error:
            refuse_misfits(f, args, kwargs, error)
            raise

    return call


def refuse_misfits(f, args, kwargs, error):
    """TypeError for the first argument that does not fit f's signature; nothing if all do, or if they cannot be bound."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except TypeError:
        return
    for position, (name, value) in enumerate(bound.arguments.items(), 1):
        wanted = _wanted(bound.signature.parameters[name], value, error)
        if wanted:
            raise TypeError(f"{f.__name__}(): argument '{name}' (position {position}) must be {wanted}, not {type(value).__name__}") from error


def _is_number(value):
    return isinstance(value, numbers.Number) or (isinstance(value, Tensor) and value.dim() == 0)


def _wanted(parameter, value, error):
    """What the parameter takes, where `value` is none of it: by the type of its default, or by how the call failed."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return None
    if isinstance(error, AttributeError) and error.obj is value and not isinstance(value, Tensor):
        return "Tensor"
    if parameter.annotation is Any:     # takes several types
        return None
    if parameter.default is parameter.empty:
        if parameter.name in _TENSORS:
            return None if isinstance(value, (Tensor, numbers.Number)) else "Tensor"
        asked = isinstance(value, Tensor) and value.numel() != 1 and str(error).startswith("Boolean value of Tensor")
        return "Number" if asked else None
    default = type(parameter.default)
    if default is bool:
        return None if isinstance(value, bool) else "bool"
    if default is str:
        return None if isinstance(value, str) else "str"
    if default in (int, float):
        ints = isinstance(value, (tuple, list)) and parameter.name.startswith("dim")
        return None if ints or value is None or _is_number(value) else default.__name__
    return None
