"""Masks of causal attention where queries and keys are not equally many: which corner of the matrix of scores the diagonal meets."""

import warnings
from enum import IntEnum

import ctgrad
from ctgrad import Tensor

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(IntEnum):
    """The first query sees the first key; or the last query sees every key."""

    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias(Tensor):
    """A mask (queries, keys) for ``scaled_dot_product_attention``: True where attention is paid. A mask of its own class; attention with it is a plain tensor."""

    _of_attention = True

    def __new__(cls, variant, seq_len_q, seq_len_kv):
        """See the class."""
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"CausalBias: variant is a CausalVariant, not {type(variant).__name__}")
        if variant is CausalVariant.LOWER_RIGHT and seq_len_q > seq_len_kv:
            warnings.warn("Lower right causal bias: with more queries than keys the first queries see no key.", stacklevel=3)
        diagonal = 0 if variant is CausalVariant.UPPER_LEFT else seq_len_kv - seq_len_q
        mask = ctgrad.ones((seq_len_q, seq_len_kv), dtype=ctgrad.bool).tril(diagonal).as_subclass(cls)
        mask.variant, mask.seq_len_q, mask.seq_len_kv = variant, seq_len_q, seq_len_kv
        return mask

    def __repr__(self, *, tensor_contents=None):
        return repr(self.as_subclass(Tensor))


def causal_upper_left(*size):
    """The mask (queries, keys) whose diagonal begins in the upper left corner; what ``is_causal=True`` means."""
    if len(size) != 2:
        raise AssertionError("causal_upper_left only supports 2D tensors")
    return CausalBias(CausalVariant.UPPER_LEFT, *size)


def causal_lower_right(*size):
    """The mask (queries, keys) whose diagonal ends in the lower right corner."""
    if len(size) != 2:
        raise AssertionError("causal_lower_right only supports 2D tensors")
    return CausalBias(CausalVariant.LOWER_RIGHT, *size)
