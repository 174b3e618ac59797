"""Arguments of the wrong type. Flags, words and what counts are looked at before a function runs: one comparison of classes each. Others are
told after the fact, so that right calls pay nothing: when a function fails, its arguments are compared with its signature, and one that does
not fit is what the error names, as PyTorch's argument parser does before it runs anything."""

import functools
import inspect
import numbers
import sys
from typing import Any

import numpy as np

from ctgrad._C import Tensor
from ctgrad._C import bool as bool_

_COUNTS = {"diagonal", "dim", "downscale_factor", "groups", "k", "minlength", "n", "num_classes", "num_samples", "offset", "upscale_factor"}
_SECOND_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}  # NumPy's; the binder of C has them too
# PyTorch asks what is no Tensor for its shape there, and fails by AttributeError; but for what it hands on.
_ASKED = {"adaptive_max_pool2d", "adaptive_max_pool3d", "affine_grid", "binary_cross_entropy_with_logits", "gaussian_nll_loss", "group_norm",
          "instance_norm", "local_response_norm", "margin_ranking_loss", "tensordot", "triplet_margin_with_distance_loss", "upsample", "upsample_bilinear", "upsample_nearest"}
_HANDED_ON = {"bias", "pos_weight", "running_mean", "running_var", "weight"}
_OF_PYTHON = {"unique", "unique_consecutive"}  # in PyTorch too, with its names alone
_BOUND = ("ctgrad.composed", "ctgrad.special", "ctgrad.linalg", "ctgrad._")    # where PyTorch's functions are C's, whose binder comes first
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

    check = told_first(f)

    @functools.wraps(f)
    def call(*args, **kwargs):
        check(args, kwargs)
        try:
            return f(*args, **kwargs)
        except Exception as error:
            named = first_names(f, kwargs, error)
            if named:
                return call(*args, **named)
            refuse_misfits(f, args, kwargs, error)
            raise

    return call


def together(f, made):
    """The function of what takes numbers one by one as a method: as a function in one argument, by the name that comes first behind a method's."""
    code = f.__code__
    places, name = code.co_argcount, code.co_varnames[code.co_argcount]

    @functools.wraps(made)
    def call(*args, **kwargs):
        if len(args) > places + 1 or (len(args) > places and name in kwargs):
            raise TypeError(f"{f.__name__}() takes {places + 1} positional arguments but {len(args)} were given" if len(args) > places + 1 else
                            f"{f.__name__}() got multiple values for argument '{name}'")
        return made(*args[:places], **kwargs, **{name: args[places]}) if len(args) > places else made(*args, **kwargs)

    return call


def first_names(f, kwargs, error):
    """kwargs by the names of f's parameters, where f failed for NumPy's names in them and nothing of it has run; otherwise None."""
    if not isinstance(error, TypeError) or _SECOND_NAMES.keys().isdisjoint(kwargs) or f.__name__ in _OF_PYTHON:
        return None
    known = inspect.signature(f).parameters
    named = {name if name in known else _SECOND_NAMES.get(name, name): value for name, value in kwargs.items()}
    return named if named.keys() != kwargs.keys() and len(named) == len(kwargs) and known.keys() >= named.keys() else None


def _kinds_of(f):
    """The classes that flags, words and counts among f's parameters must have: by name, (place, name, class) of those that have a place, and which of
    them may be None: numbers that are by default, or that have none."""
    own = f
    while hasattr(own, "__wrapped__"):
        own = own.__wrapped__
    code, by_place, by_name, said = own.__code__, own.__defaults__ or (), own.__kwdefaults__ or {}, own.__annotations__     # inspect.signature takes 50 us
    names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(names[code.co_argcount - len(by_place):], by_place), **by_name)
    bound = (own.__module__ or "").startswith(_BOUND)
    kinds = {name: kind for name in names if said.get(name) is not Any
             and (kind := _exact(name, defaults.get(name)) or (_counted(name, defaults.get(name, ...)) if bound else None))}
    free = {name for name, kind in kinds.items() if kind in (int, float) and type(defaults.get(name, ...)) is not kind}
    return kinds, [(i, name, kinds[name]) for i, name in enumerate(names[:code.co_argcount]) if name in kinds], free


def told_first(f):
    """check(args, kwargs): TypeError for a flag, a word or a count of another type."""
    known = None    # by the first call: most functions that are imported are never called

    def check(args, kwargs):
        nonlocal known
        if known is None:
            known = _kinds_of(f)
        kinds, places, free = known
        for name in kwargs:
            kind = kinds.get(name)
            if kind is not None and kwargs[name].__class__ is not kind and (kwargs[name] is not None or name not in free):
                _refuse_other(f, name, kwargs[name], kind, "")
        for i, name, kind in places:
            if i >= len(args):
                break
            if args[i].__class__ is not kind and (args[i] is not None or name not in free):
                _refuse_other(f, name, args[i], kind, f" (position {i + 1})")

    return check


def _exact(name, default):
    if name in _COUNTS and not isinstance(default, float):
        return int
    if name == "eps":
        return float
    return type(default) if isinstance(default, (bool, str, float)) and name not in ("inplace", "mode", "reduction") else None


def _counts(value):
    """Does value count as an int does? Dims may be several."""
    return not isinstance(value, (bool, str, float, np.bool_, np.floating)) and not (isinstance(value, Tensor) and (
        value.dim() or value.requires_grad or value.dtype.is_floating_point or value.dtype == bool_))


def _counted(name, default):
    """What else PyTorch's binder looks at first: tensors, and numbers by their defaults."""
    if default is ...:
        return Tensor if name in _TENSORS else None
    return int if type(default) is int else None


def _refuse_other(f, name, value, kind, place):
    """TypeError, unless value counts as an int or a float does, or stands for a tensor."""
    if value is None:
        fits = False
    elif kind is Tensor:
        fits = isinstance(value, (Tensor, numbers.Number)) or hasattr(value, "__torch_function__")
    else:
        fits = is_number(value) if kind is float else kind is int and _counts(value)
    if fits:
        return
    raise TypeError(f"{f.__name__}(): argument '{name}'{place} must be {kind.__name__}, not {type(value).__name__}")


def need_flag(op, value, argument):
    """TypeError where a flag is no bool."""
    if value.__class__ is not bool:
        raise TypeError(f"{op}(): argument '{argument}' must be bool, not {type(value).__name__}")


def refuse_misfits(f, args, kwargs, error):
    """TypeError for the first argument that does not fit f's signature; nothing if all do, or if they cannot be bound."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except TypeError as misfit:
        if isinstance(error, TypeError) or f.__name__ in _ASKED:
            return
        raise TypeError(f"{f.__name__}() {misfit}") from error    # the binder counts before anything is looked at
    for position, (name, value) in enumerate(bound.arguments.items(), 1):
        wanted = _wanted(bound.signature.parameters[name], value, error)
        if wanted:
            kind = AttributeError if isinstance(error, AttributeError) and f.__name__ in _ASKED and name not in _HANDED_ON else TypeError
            raise kind(f"{f.__name__}(): argument '{name}' (position {position}) must be {wanted}, not {type(value).__name__}") from error


def is_number(value):
    """Does PyTorch's binder take it for a number?"""
    return isinstance(value, numbers.Number) or (isinstance(value, Tensor) and value.dim() == 0)


def _wanted(parameter, value, error):
    """What the parameter takes, where `value` is none of it: by the type of its default, or by how the call failed."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return None
    if isinstance(error, AttributeError) and error.obj is value and not isinstance(value, Tensor) and value is not parameter.default:
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
        return None if isinstance(value, str) or parameter.name == "reduction" else "str"
    if default in (int, float):
        ints = isinstance(value, (tuple, list)) and parameter.name.startswith("dim")
        return None if ints or value is None or is_number(value) else default.__name__
    return None
