"""Compositions of ops where PyTorch has a kernel: of float16 and bfloat16 they compute in float32 and round once, as it does."""

import ctgrad
from ctgrad.composed.closed import node

HALVES = (ctgrad.float16, ctgrad.bfloat16)


def widened(t):
    """float32 for halves; anything else as it is. The result of a composition goes back by ``.to(t.dtype)``."""
    return t.float() if t is not None and t.dtype in HALVES else t


def single(name, f):
    """input -> f, or for halves one node of this name: f of a widened input, rounded once."""

    @node(name)
    def of_halves(input, *others):
        return f(input.float(), *others).to(input.dtype)

    return lambda input: of_halves if input.dtype in HALVES else f
