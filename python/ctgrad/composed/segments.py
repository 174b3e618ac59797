"""Counts in boxes, reductions of segments, places of a fixed number, memory in a given order."""

import builtins
import math
from typing import Any

import ctgrad
from ctgrad import _C
from ctgrad._C import Size, Tensor
from ctgrad._dtypes import unsupported
from ctgrad.composed import composed, need_tensor, results
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import typed

__all__ = ["empty_permuted", "segment_reduce"]

HistogramDD = results("histogramdd", "hist bin_edges")


@composed(out="exact")
def nonzero_static(input, *, size: int, fill_value: int = -1):
    """The first `size` places of what is not 0, a row each; rows that are missing hold fill_value."""
    need_tensor("nonzero_static", input)
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    found = input.nonzero()[:size]
    return _C.cat([found, _C.full((size - found.size(0), input.dim()), fill_value, dtype=_C.int64)])


@typed
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad: bool = False):
    """Uninitialised memory of that size, dense, the dims in the order of physical_layout from the outermost in."""
    size, order = Size(size), list(physical_layout)
    if len(order) != len(size):
        raise RuntimeError("Number of dimensions in size does not match the length of the physical_layout; i.e. "
                           f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}")
    if any(not 0 <= d < len(size) for d in order):
        raise RuntimeError(f"Dimension out of range (expected to be between 0 and {len(size) - 1}): physical_layout={order}")
    if len(set(order)) != len(order):
        raise RuntimeError("Duplicate dim not allowed")
    made = _C.empty([size[d] for d in order], dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)
    made = made.permute([order.index(d) for d in range(len(size))]).detach()
    return made.requires_grad_() if requires_grad else made


def _edges_of(column, bins, lo, hi):
    if isinstance(bins, Tensor):
        return bins
    if lo is None:
        lo, hi = (column.min().item(), column.max().item()) if column.numel() else (0.0, 1.0)
    if lo == hi:
        lo, hi = lo - 0.5, hi + 0.5
    if not (math.isfinite(lo) and math.isfinite(hi)) or lo > hi:
        raise RuntimeError(f"torch.histogramdd(): dimension's outer bin edges [{lo}, {hi}] are not finite, or min should not exceed max")
    return _C.linspace(lo, hi, bins + 1, dtype=column.dtype)


@composed(method=False)
def histogramdd(input, bins: Any, range=None, weight=None, density: bool = False):  # noqa: A002
    """How many rows of (..., n) lie in each box of n dimensions: bins is a number, one a dimension, or the edges of each; range its outer edges. `weight`: of each row."""
    need_tensor("histogramdd", input)
    if not input.is_floating_point() or input.element_size() == 2:
        raise unsupported("histogram_cpu", input.dtype)
    if input.dim() < 2:
        raise RuntimeError(f"torch.histogramdd(): input tensor should have at least 2 dimensions, but got {input.dim()}")
    n = input.size(-1)
    bins = [bins] * n if isinstance(bins, int) else list(bins)
    if len(bins) != n:
        raise RuntimeError(f"torch.histogramdd(): the size of bins should be equal to the innermost dimension of the input tensor, got {len(bins)} for {n}")
    if range is not None and len(range) != 2 * n:
        raise RuntimeError(f"torch.histogramdd(): for a {n}-dimensional histogram range should have {2 * n} elements, but got {len(range)}")
    rows = input.reshape(-1, n)
    ends = [(None, None) if range is None else range[2 * d:2 * d + 2] for d in builtins.range(n)]
    edges = tuple(_edges_of(rows[:, d], bins[d], *ends[d]) for d in builtins.range(n))
    counts = [e.numel() - 1 for e in edges]
    inside, place = _C.ones(rows.size(0), dtype=_C.bool), _C.zeros(rows.size(0), dtype=_C.int64)
    for column, e, count in zip(rows.unbind(1), edges, counts, strict=True):
        inside = inside & (column >= e[0]) & (column <= e[-1])
        place = place * count + (ctgrad.searchsorted(e, column.contiguous(), right=True) - 1).clamp(0, count - 1)
    weights = _C.ones(rows.size(0), dtype=input.dtype) if weight is None else weight.reshape(-1).to(input.dtype)
    made = _C.zeros(math.prod(counts), dtype=input.dtype).index_add(0, place[inside], weights[inside]).view(counts)
    if density:
        made = made / made.sum()
        for d, e in enumerate(edges):
            made = made / e.diff().view(-1, *[1] * (n - 1 - d))
    return HistogramDD(made, edges)


_REDUCE = {"sum": (Tensor.sum, 0.0), "mean": (Tensor.mean, math.nan), "prod": (Tensor.prod, 1.0), "max": (Tensor.amax, -math.inf), "amax": (Tensor.amax, -math.inf),
           "min": (Tensor.amin, math.inf), "amin": (Tensor.amin, math.inf)}


def _segments(data, reduce, lengths, initial):
    """Of dim 0: a result for each length."""
    f, nothing = _REDUCE[reduce]
    at, made = 0, []
    for n in lengths.tolist():
        part = data.narrow(0, at, n)
        one = f(part, 0) if n else _C.full(data.shape[1:], nothing if initial is None else float(initial), dtype=data.dtype)
        if initial is not None and n:
            one = {"sum": one + initial, "mean": one + initial / n, "prod": one * initial}.get(reduce, one)
            one = one.clamp_min(initial) if reduce in ("max", "amax") else one.clamp_max(initial) if reduce in ("min", "amin") else one
        made.append(one)
        at += n
    return ctgrad.stack(made) if made else data.new_zeros(0, *data.shape[1:])


@node("SegmentReduceBackward0")
def _reduced(data, reduce, lengths, axis, initial):
    if axis == 0:
        return _segments(data, reduce, lengths, initial)
    return ctgrad.stack([_reduced.__wrapped__(part, reduce, of, axis - 1, initial) for part, of in zip(data.unbind(0), lengths.unbind(0), strict=True)])


@typed
def segment_reduce(data, reduce: str, *, lengths=None, indices=None, offsets=None, axis: int = 0, unsafe: bool = False, initial: Any = None):
    """Sums, means, products or extremes of consecutive segments of dim `axis`, as long as `lengths` says, or between neighbouring `offsets`."""
    need_tensor("segment_reduce", data)
    if reduce not in _REDUCE:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if axis < 0:
        raise RuntimeError(f"segment_reduce(): axis must not be negative, got {axis}")
    if (lengths is None) == (offsets is None):
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if offsets is not None:
        lengths = offsets.diff(dim=axis)
    if lengths.dim() - 1 != axis:
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of lengths or offsets but got {axis}")
    if not unsafe:
        if bool((lengths < 0).any()):
            raise RuntimeError("segment_reduce(): lengths contains negative value!")
        if bool((lengths.sum(-1) != data.size(axis)).any()) and offsets is None:
            raise RuntimeError("segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe.")
    return _reduced(data, reduce, lengths, axis, initial)
