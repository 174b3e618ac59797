"""``functional.embedding_bag``: rows of a table, put together by bags of indices."""

import warnings

import ctgrad
from ctgrad.composed.closed import node
from ctgrad.composed.order import is_held_once

from ._halves import widened

__all__ = ["embedding_bag"]

_MODES = ("sum", "mean", "max")


def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
                  per_sample_weights=None, include_last_offset=False, padding_idx=None):
    """The sum, mean or maximum of the rows of ``weight`` (n, d) at the indices of each bag: (bags, d); zeros for an empty bag.

    The bags are the rows of a 2-D ``input``, or the parts of a 1-D one that begin at ``offsets`` (with ``include_last_offset`` the last is the
    end). ``per_sample_weights`` (as input; mode "sum") multiply the rows. ``padding_idx``: what is at that index does not count. ``max_norm``
    as in ``embedding``. Gradients are dense. ValueError or RuntimeError for what does not fit.
    """
    if weight.dtype == ctgrad.int64 and input.is_floating_point():
        warnings.warn("Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is deprecated, and should now "
                      "be `embedding_bag(input, weight, ...)`.", stacklevel=2)
        weight, input = input, weight
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have the same shape as the "
                         f"input ({list(input.shape)})")
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    _check_mode(mode, scale_grad_by_freq, sparse, per_sample_weights)
    include_last_offset = include_last_offset and input.dim() == 1
    input, offsets, per_sample_weights = _one_row(input, offsets, per_sample_weights)
    bag, bags = _bag_of_each(input, offsets, include_last_offset)
    padding_idx = _row(padding_idx, weight.size(0))
    if max_norm is not None:
        ctgrad.nn.functional._renorm_rows(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and per_sample_weights.dtype != weight.dtype:
        raise RuntimeError(f"embedding_bag: Expected weight to have the same type as per_sample_weights, but got {weight.dtype} and {per_sample_weights.dtype}")
    if padding_idx >= 0:
        kept = (input != padding_idx).nonzero().squeeze(1)
        input, bag = input[kept], bag[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[kept]
    return _bagged(weight, per_sample_weights, input, bag, bags, mode, (padding_idx, scale_grad_by_freq, sparse))


@node("EmbeddingBagBackward0", unkept=(0,), again="{name}BackwardBackward0")
def _bagged(weight, per_sample_weights, input, bag, bags, mode, options):
    try:
        rows = widened(ctgrad.embedding(weight, input, *options))
    except IndexError as error:
        raise RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings: {error}") from None
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    return _put_together(rows, bag, bags, mode).to(weight.dtype)


def _check_mode(mode, scale_grad_by_freq, sparse, per_sample_weights):
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError("embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
                                  f"(got mode='{mode}').")


def _one_row(input, offsets, weights):
    """Indices, offsets and weights in one dimension."""
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(f"if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found "
                             f"offsets of type {type(offsets)}")
        offsets = ctgrad.arange(input.size(0)) * input.size(1)
        return input.reshape(-1), offsets, None if weights is None else weights.reshape(-1)
    if input.dim() != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    for name, given in (("input", input), ("offsets", offsets)):
        if given.dtype not in (ctgrad.int64, ctgrad.int32):
            raise RuntimeError(f"embedding_bag(): expected {name} to have dtype int64 or int32, but got {given.dtype}")
    return input, offsets, weights


def _bag_of_each(input, offsets, include_last):
    """For each index the number of its bag, and how many bags there are."""
    n = input.numel()
    if include_last and offsets.numel() == 0:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1")
    starts = offsets.tolist()
    if starts and starts[0] != 0:
        raise RuntimeError(f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {starts[0]}")
    if starts and starts[-1] > n:
        raise RuntimeError(f"offsets[-1] can not be greater than input's length({n}) but got offsets[-1] of {starts[-1]}")
    bags = len(starts) - include_last
    ends = starts[1:] + ([] if include_last else [n])
    sizes = [end - start for start, end in zip(starts, ends, strict=False)]
    if any(size < 0 for size in sizes):
        raise RuntimeError("embedding_bag(): offsets must not fall")
    bag = ctgrad.arange(bags).repeat_interleave(ctgrad.tensor(sizes, dtype=ctgrad.int64))
    if len(bag) < n:  # past the last offset: in no bag, but looked up
        bag = ctgrad.cat([bag, ctgrad.full((n - len(bag),), bags)])
    return bag, bags


def _row(padding_idx, rows):
    """``padding_idx`` counted from the front; -1 for none."""
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise RuntimeError(f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1} but got {padding_idx}")
    return padding_idx % rows


def _put_together(rows, bag, bags, mode):
    count = ctgrad.zeros(bags + 1, dtype=ctgrad.int64).index_add(0, bag, ctgrad.ones_like(bag))
    if mode != "max":
        sums = ctgrad.zeros(bags + 1, rows.size(1), dtype=rows.dtype).index_add(0, bag, rows)
        return (sums if mode == "sum" else sums / count.clamp_min(1).unsqueeze(1))[:bags]
    longest = int(count.max()) if len(bag) else 0
    if longest == 0:
        return ctgrad.zeros(bags, rows.size(1), dtype=rows.dtype) + rows.sum()
    if is_held_once(rows[:, :1]):   # the first of equal rows is the largest
        firsts = (count.cumsum(0) - count).clamp_max(len(bag) - 1)
        return ctgrad.where((count > 0).unsqueeze(1), rows.index_select(0, firsts), 0)[:bags]
    place = ctgrad.arange(len(bag)) - (count.cumsum(0) - count)[bag]
    spread = ctgrad.full((bags + 1, longest, rows.size(1)), -float("inf"), dtype=rows.dtype).index_put((bag, place), rows)
    return ctgrad.where((count > 0).unsqueeze(1), spread.max(1).values, 0)[:bags]
