"""Compositions of ops where PyTorch has a kernel: of float16 and bfloat16 they compute in float32 and round once, as it does."""

import ctgrad

HALVES = (ctgrad.float16, ctgrad.bfloat16)


def widened(t):
    """float32 for halves; anything else as it is. The result of a composition goes back by ``.to(t.dtype)``."""
    return t.float() if t is not None and t.dtype in HALVES else t
