"""Compositions of ops where PyTorch has a kernel: of float16 and bfloat16 they compute in float32 and round once, as it does."""

import ctgrad
from ctgrad.composed.closed import node

HALVES = (ctgrad.float16, ctgrad.bfloat16)


def widened(t):
    """float32 for halves; anything else as it is. The result of a composition goes back by ``.to(t.dtype)``."""
    return t.float() if t is not None and t.dtype in HALVES else t


def refuse_mixed(input, **given):
    """RuntimeError unless what stands beside a norm's input is of one dtype: the input's, or float32 beside halves."""
    of = [t.dtype for t in given.values() if t is not None]
    if any(d != of[0] for d in of) or (of and of[0] != input.dtype and not (input.dtype in HALVES and of[0] == ctgrad.float32)):
        told = ", ".join(f"{name} of {t.dtype}" for name, t in given.items() if t is not None)
        raise RuntimeError(f"mixed dtype (CPU): an input of {input.dtype} with {told}; these must be of one dtype, the input's or float32 beside halves")


def single(name, f):
    """input -> f, or for halves one node of this name: f of a widened input, rounded once."""

    @node(name)
    def of_halves(input, *others):
        return f(input.float(), *others).to(input.dtype)

    return lambda input: of_halves if input.dtype in HALVES else f
