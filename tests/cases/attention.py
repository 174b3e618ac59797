"""Attention."""

import numpy as np

from . import bools, case, t


def _attention(q, k, v, attn_mask=None, is_causal=False, *, scale):
    scores = q @ np.swapaxes(k, 2, 3) * scale
    if is_causal:
        scores = np.where(np.tri(*scores.shape[2:], dtype=bool), scores, -np.inf)
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == bool else scores + attn_mask
    top = scores.max(-1, keepdims=True)
    e = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = e.sum(-1, keepdims=True)
    with np.errstate(divide="ignore"):
        sums = np.log(total) + top
    return e / np.where(total == 0, 1, total) @ v, sums


Q, K, V = t(2, 2, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 4)
CASES = {
    "attention": [case(Q, K, V, ref=_attention, scale=0.5), case(Q, K, V, None, True, ref=_attention, scale=0.5),
                  case(Q, K, V, bools(3, 5), ref=_attention, scale=-0.25), case(Q, K, V, t(2, 1, 1, 5, grad=False), ref=_attention, scale=0.5),
                  case(t(1, 2, 70, 3), t(1, 2, 600, 3), t(1, 2, 600, 3), bools(70, 600), ref=_attention, scale=1.0, grad=False),
                  case(t(1, 1, 600, 2), t(1, 1, 600, 2), t(1, 1, 600, 2), None, True, ref=_attention, scale=1.0, grad=False)],
    "attention_backward": [case(Q, Q, K, V, Q, t(2, 2, 3, 1), None, True, scale=0.5, grad=False),
                           case(Q, Q, K, V, Q, t(2, 2, 3, 1), bools(2, 2, 3, 5), scale=0.5, grad=False)],
}
