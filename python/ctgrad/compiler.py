"""What scripts tell a compiler. There is none: functions and modules stay what they are."""

__all__ = ["allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling", "is_dynamo_compiling",
           "list_backends", "reset", "set_stance"]


def compile(model=None, *, fullgraph=False, dynamic=None, backend="inductor", mode=None, options=None, disable=False, **others):
    """model itself, as PyTorch's does with disable=True; without model, a decorator."""
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    return (lambda model: model) if model is None else model


def disable(fn=None, recursive=True, *, reason=None):
    """fn itself; without fn, a decorator."""
    return (lambda fn: fn) if fn is None else fn


def allow_in_graph(fn):
    """fn itself, or the list of them."""
    return fn


assume_constant_result = allow_in_graph


def is_compiling():
    """False."""
    return False


is_dynamo_compiling = is_compiling


def list_backends(exclude_tags=("debug", "experimental")):
    """[]"""
    return []


def reset():
    """Nothing to forget."""


cudagraph_mark_step_begin = reset


class set_stance:
    """A region, or a decorator, in which nothing is done otherwise."""

    def __init__(self, stance="default", **others):
        self.stance = stance

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return False

    def __call__(self, fn):
        return fn
