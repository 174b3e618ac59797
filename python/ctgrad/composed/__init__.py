"""Compositions: ops said in terms of other ops, as plain Python functions, by family.

`@composed()` registers a function under its own name: as `ctgrad.name`, and with method=True as a method of Tensor too.
An op starts here and moves to C when a benchmark asks. Gradients of all orders follow from the ops used. Each docstring
gives shapes, dtypes and errors; each name has cases in tests/cases like every other op.
"""

import functools
import inspect
import itertools
import warnings
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed.misfit import beyond, first_names, refuse_misfits, together, told_first, typed

__all__ = ["alias", "composed", "deliver", "need_tensor", "refuse_expanded", "refuse_leaf", "registry", "results", "warn_once", "with_out"]

registry: dict[str, Callable[..., Any]] = {}


def composed(method=True, function=True, out=False, in_place=""):
    """Decorator: register a composition, as function, method or both. With out=True it takes `out=`, with out="exact" of the result's dtype
    alone, with out="shared" one that may share a part of an operand, with "whole" of the result's dtype and sharing none, with "bool" as "exact"
    in PyTorch's words for truths; in_place="method" gives it a method `name_` as well, "both" a function of that name too."""

    def register(f):
        made = with_out(f, out if out == "bool" else out in ("exact", "whole"), out in ("exact", "bool", "shared")) if out else typed(f)
        if method:
            setattr(Tensor, f.__name__, made)
        if f.__code__.co_flags & inspect.CO_VARARGS and f.__code__.co_argcount:     # numbers one by one, behind self
            made = together(f, made)
        registry[f.__name__] = made
        if in_place:
            written = _in_place(f)
            setattr(Tensor, written.__name__, written)
            if in_place == "both":
                _written[written.__name__] = written
        made.is_function = function
        return made

    return register


def refuse_expanded(name, t):
    """What is written may not repeat by stride 0."""
    if t.numel() and any(step == 0 and n > 1 for step, n in zip(t.stride(), t.shape, strict=True)):
        raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                           f"Please clone() the tensor before performing the operation. ({name})")


def refuse_leaf(t):
    """PyTorch looks at the history before anything else of what it is to write into."""
    view = t._is_view()
    of_leaf = view and (t._base.is_leaf if t._base.requires_grad else t.requires_grad)   # the second: of a leaf that is a view itself
    if _C.is_grad_enabled() and (of_leaf or (t.is_leaf and t.requires_grad)):
        raise RuntimeError(f"a {'view of a leaf' if view else 'leaf'} Variable that requires grad is being used in an in-place operation.")


_warned: set[str] = set()


def warn_once(text, stacklevel=2):
    """A UserWarning, once in a process unless set_warn_always(True). stacklevel: as in warnings.warn, counted from the caller."""
    if text not in _warned or _C.is_warn_always_enabled():
        _warned.add(text)
        warnings.warn(text, UserWarning, stacklevel=beyond(stacklevel + 1))


_written: dict[str, Callable[..., Any]] = {}  # functions that write into their first argument


def refuse_parts(name, out, made, operands):
    """out= may be an operand, all of it, but not a part of one. Where it gets another shape first, its memory may be another too."""
    pairs = zip(out, made, strict=False) if isinstance(made, tuple) and isinstance(out, (tuple, list)) else [(out, made)]
    for (one, of), operand in itertools.product(pairs, operands):
        fits = isinstance(operand, Tensor) and isinstance(one, Tensor) and isinstance(of, Tensor) and one.shape == of.shape
        if fits and one._overlaps(operand) and not _is_same(one, operand):
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. "
                               f"Please clone() the tensor before performing the operation. ({name})")


def _is_same(a, b):
    return (a.shape, a.stride(), a.storage_offset(), a.dtype) == (b.shape, b.stride(), b.storage_offset(), b.dtype)


def with_out(f, exact=False, shared=None):
    """f with a keyword `out`: the tensor that gets the result, or for several results a tuple.

    ``shared``: it may share a part of an operand, which otherwise it may be as a whole only; ops of matrices by default.
    """

    check = told_first(f)

    @functools.wraps(f)
    def call(*args, out=None, **kwargs):
        check(args, kwargs)
        try:
            made = f(*args, **kwargs)
        except Exception as error:
            named = first_names(f, kwargs, error)
            if named:
                return call(*args, out=out, **named)
            refuse_misfits(f, args, kwargs, error)
            raise
        if out is None:
            return made
        if not (exact if shared is None else shared):
            refuse_parts(f.__name__, out, made, [*args, *kwargs.values()])
        return deliver(f.__name__, made, out, exact)

    call.__signature__ = _WithOut(f)
    return call


class _WithOut(inspect.Signature):
    """f's parameters and a keyword `out`, made when they are asked for: none is while ctgrad is imported."""

    __slots__ = ("f",)
    return_annotation = inspect.Signature.empty

    def __init__(self, f):
        self.f = f

    @property
    def parameters(self):
        shown = inspect.signature(self.f).parameters
        return MappingProxyType({**shown, "out": inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)})


with_exact_out = functools.partial(with_out, exact=True)
with_shared_out = functools.partial(with_out, shared=True)


def _in_place(f):
    """name_: the result is written into the first argument, which must have its shape and a dtype that can hold it."""

    def write(input, *args, **kwargs):
        refuse_expanded(f"{f.__name__}_", input)
        recorded = _C.is_grad_enabled() and input.requires_grad
        made = f(input.clone() if recorded else input, *args, **kwargs)  # which may be kept, and input is about to be written
        _need_castable(made, input)
        if made.shape != input.shape:
            raise RuntimeError(f"{f.__name__}_(): output with shape {list(input.shape)} doesn't match the broadcast shape {list(made.shape)}")
        return _C._ops["_become_"](input, made)

    write.__name__ = write.__qualname__ = f.__name__ + "_"
    write.__module__ = f.__module__
    write.__doc__ = f"{f.__name__} in place."
    write.__wrapped__ = f   # whose parameters it has
    return typed(write)


def _need_castable(made, out):
    import ctgrad

    if not ctgrad.can_cast(made.dtype, out.dtype):
        raise RuntimeError(f"result type {made.dtype} can't be cast to the desired output type {out.dtype}")


def _check_out(name, made, out, exact):
    need_tensor(name, out, "out", 0)
    if exact == "bool" and out.dtype != made.dtype:
        raise RuntimeError(f"{name} does not support non-boolean outputs.")
    if exact and out.dtype != made.dtype:
        raise RuntimeError(f"{name}(): Expected out tensor to have dtype {made.dtype}, but got {out.dtype} instead")
    _need_castable(made, out)
    if _C.is_grad_enabled() and (made.requires_grad or out.requires_grad):
        raise RuntimeError(f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.")


def deliver(name, made, out, exact):
    """Write a result, or a tuple of them, into out=, which takes its shape. All are checked before the first is written."""
    if not isinstance(made, tuple):
        _check_out(name, made, out, exact)
        return _C.maximum(made, made, out=out)  # a copy that resizes and refuses as all ops do
    if not isinstance(out, (tuple, list)):
        raise TypeError(f"{name}(): argument 'out' must be tuple of Tensors, not {type(out).__name__}")
    if len(made) != len(out):
        raise TypeError(f"{name}(): expected tuple of {len(made)} elements but got {len(out)}")
    for one, into in zip(made, out, strict=True):
        _check_out(name, one, into, exact)
    delivered = [_C.maximum(one, one, out=into) for one, into in zip(made, out, strict=True)]
    return _written_results(type(made))(*delivered) if type(made) is not tuple else tuple(delivered)


@functools.cache
def _written_results(kind):
    """The class of what was written into out=: the same fields, shown by another name."""
    return results(kind.__name__ + "_out", " ".join(kind.__match_args__))


def results(name, fields):
    """What makes a result with names of its members: of a class of ``ctgrad.return_types``, as those of ops are."""
    made = _C._return_type(name, fields)
    return lambda *members: made(members)


def need_tensor(op, value, argument="input", position=1):
    """TypeError where an argument that must be a Tensor is none."""
    if not isinstance(value, Tensor):
        place = f" (position {position})" if position else ""
        raise TypeError(f"{op}(): argument '{argument}'{place} must be Tensor, not {type(value).__name__}")


def functions():
    """Name -> function of all that is offered as `ctgrad.name`."""
    return {name: f for name, f in registry.items() if f.is_function} | _written


def alias(new, old, in_place=True):
    """Another name of an op: the same object, as function, method and in-place method where the op has them."""
    import ctgrad
    from ctgrad import _C

    for name, target in [(new, old), *([(new + "_", old + "_")] if in_place else [])]:
        if hasattr(_C, target):
            setattr(_C, name, getattr(_C, target))
        if hasattr(Tensor, target):
            setattr(Tensor, name, getattr(Tensor, target))
        if target in registry:
            registry[name] = registry[target]
    return ctgrad
