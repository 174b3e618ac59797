"""Values written, or joined, into copies of a tensor: at places told by indices, by a mask, or by a view."""

import math

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed, need_tensor, refuse_expanded, refuse_leaf, warn_once
from ctgrad.composed.closed import node
from ctgrad.composed.shape import broadcast_tensors, wrap_dim


def _name(t: Tensor) -> str:
    return str(t.dtype).rpartition(".")[2]


# ---- put: places among all elements, row-major ---------------------------------------------------------------------------


def _check_put(input, index, source):
    need_tensor("put", input)
    need_tensor("put", index, "index", 2)
    need_tensor("put", source, "source", 3)
    if index.dtype != _C.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {_name(index)}")
    if source.dtype != input.dtype:
        raise RuntimeError(f"put_(): self and source expected to have the same dtype, but got self.dtype = {_name(input)} and source.dtype = {_name(source)}")
    if source.numel() != index.numel():
        raise IndexError(f"put_(): Expected source and index to have the same number of elements, but got source.numel() = {source.numel()}, "
                         f"index.numel() = {index.numel()}")
    if index.numel() and index._storage_ptr() == input._storage_ptr():
        raise RuntimeError("unsupported operation: some elements of the index and the written-to tensor refer to a single memory location. "
                           "Please clone() the index before performing the operation. (put_)")
    n = input.numel()
    if index.numel() and (int(index.min()) < -n or int(index.max()) >= n):
        wrong = index[(index < -n) | (index >= n)]
        raise IndexError(f"put_(): tried to access index {wrong[0].item()} on a tensor of {n} elements")


def _coordinates(index, shape):
    """Of places counted row-major, along each dimension; those counted from the end as well."""
    index = _C.where(index < 0, index + math.prod(shape), index)
    found = []
    for size in reversed(shape):
        found.append(index % size)
        index = index // size
    return tuple(reversed(found))


@composed()
@node("PutBackward0", unkept=(0,))
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input`, its elements counted row-major, with source written, or added, at the places of index.

    RuntimeError for an index that is no int64 and for different dtypes, IndexError for places outside and another number of values.
    """
    _check_put(input, index, source)
    line = input.reshape(-1).index_put((index.reshape(-1),), source.reshape(-1), accumulate)
    return _shaped(line, input.shape) if input.is_contiguous() else _C.empty_like(input).copy_(line.reshape(input.shape))


@composed(function=False)
def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """`put` in place."""
    need_tensor("put_", input)
    refuse_leaf(input)
    refuse_expanded("put_", input)
    if _C.is_grad_enabled() and (input.requires_grad or source.requires_grad):
        return _C._ops["_become_"](input, put(input.clone(), index, source, accumulate))
    _check_put(input, index, source)
    seen = input if input.dim() else input.unsqueeze(0)
    if index.numel() and input.is_contiguous():
        seen.view(-1).index_put_((index.reshape(-1),), source.reshape(-1), accumulate)
    elif index.numel():
        seen.index_put_(_coordinates(index.reshape(-1), seen.shape), source.reshape(-1), accumulate)
    return input


# ---- masked_scatter: the values one after the other, where a mask is True -------------------------------------------------


def _shaped(made, shape):
    """What was made in another shape, as no view of it."""
    return made if made.shape == shape else _C._ops["_unsafe_view"](made, shape)


def _masked(input, mask, source):
    """The places of the mask, and as many values."""
    need_tensor("masked_scatter", input)
    need_tensor("masked_scatter", mask, "mask", 2)
    need_tensor("masked_scatter", source, "source", 3)
    if input.dtype != source.dtype:
        raise RuntimeError(f"masked_scatter: expected self and source to have same dtypes but got {_name(input)} and {_name(source)}")
    if mask.dtype != _C.bool:
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {_name(mask)}")
    places = (mask if mask.dim() else mask.unsqueeze(0)).nonzero(as_tuple=True)
    n = places[0].numel()
    if source.numel() < n:
        raise RuntimeError(f"Number of elements of source < number of ones in mask: {source.numel()} < {n}")
    return places, source.reshape(-1)[:n]


@composed()
@node("MaskedScatterBackward0", unkept=(0, 1))
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the elements of source, in their order, where mask (bool, broadcast) is True."""
    need_tensor("masked_scatter", mask, "mask", 2)
    input, mask = broadcast_tensors(input, mask)
    places, values = _masked(input, mask, source)
    return _shaped((input.contiguous() if input.dim() else input.unsqueeze(0)).index_put(places, values), input.shape)


@composed(function=False)
def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`masked_scatter` in place."""
    need_tensor("masked_scatter_", input)
    refuse_leaf(input)
    refuse_expanded("masked_scatter_", input)
    need_tensor("masked_scatter_", mask, "mask", 2)
    places, values = _masked(input, mask.expand(input.shape), source)
    (input if input.dim() else input.unsqueeze(0)).index_put_(places, values)
    return input


# ---- index_reduce: slices joined -------------------------------------------------------------------------------------------


def _check_index_reduce(input, dim, index, source, reduce):
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if index.dim() > 1:
        raise IndexError(f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.dim()} with size: {list(index.shape)}")
    if index.dtype not in (_C.int64, _C.int32):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {_name(index)}")
    if input.dtype != source.dtype:
        raise RuntimeError(f"index_reduce_(): self ({_name(input)}) and source ({_name(source)}) must have the same scalar type")
    dim = wrap_dim(dim, input.dim())
    around = [list(t.shape[:dim]) + list(t.shape[dim + 1:]) for t in (input, source)]
    if input.dim() != source.dim() or around[0] != around[1]:
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                           f"{list(input.shape)} source.shape = {list(source.shape)}")
    length, size = (t.shape[dim] if t.dim() else 1 for t in (source, input))
    if index.numel() != length:
        raise RuntimeError(f"index_reduce_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({length}), for dim: {dim}")
    if bool(((index < 0) | (index >= size)).any()):
        raise IndexError(f"index out of range in self: index_reduce_() writes along dimension {dim}, of size {size}")
    return dim


def _spread_index(dim, index, source):
    if not source.dim():
        return index.reshape(())
    return index.reshape([-1 if d == dim else 1 for d in range(source.dim())]).expand(source.shape)


def _joined(input, dim, index, source, reduce, include_self):
    """index_reduce: scatter_reduce of the same places, but that PyTorch rounds halves at every step."""
    if input.dtype in (_C.float16, _C.bfloat16) and input.dim() and reduce in ("mean", "prod"):
        index = index.long()
        start = input if include_self else input.index_fill(dim, index, 0 if reduce == "mean" else 1)
        if reduce == "mean":
            counts = _C.full_like(input, 1 if include_self else 0, requires_grad=False).index_add(dim, index, _C.ones_like(source, requires_grad=False))
            return start.index_add(dim, index, source) / counts.masked_fill(counts == 0, 1)
        if not (input.requires_grad or source.requires_grad):
            made = start.clone()
            for at, part in zip(index.reshape(-1).tolist(), source.unbind(dim), strict=True):
                made.select(dim, at).mul_(part)
            return made
    return input.scatter_reduce(dim, _spread_index(dim, index, source), source, reduce, include_self=include_self)


@composed()
@node("IndexReduceBackward0")
def index_reduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True) -> Tensor:
    """A copy of `input` with the slices of source joined at the places of index along dim: reduce is 'prod', 'mean', 'amax' or 'amin'.

    Without include_self places that index names start anew. RuntimeError for shapes and dtypes that do not fit, IndexError for places outside.
    """
    warn_once("index_reduce() is in beta and the API may change at any time.")
    dim = _check_index_reduce(input, dim, index, source, reduce)
    return _joined(input, dim, index, source, reduce, include_self)


@composed(function=False)
def index_reduce_(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True) -> Tensor:
    """`index_reduce` in place."""
    warn_once("index_reduce() is in beta and the API may change at any time.")
    dim = _check_index_reduce(input, dim, index, source, reduce)
    if input.dtype in (_C.float16, _C.bfloat16):
        return input.copy_(_joined(input, dim, index, source, reduce, include_self))
    return input.scatter_reduce_(dim, _spread_index(dim, index, source), source, reduce, include_self=include_self)


# ---- into what a view shows --------------------------------------------------------------------------------------------------


def _with_gaps(input):
    reach = sum((size - 1) * stride for size, stride in zip(input.shape, input.stride(), strict=True)) + 1
    return input.numel() and reach > input.numel() and 0 not in input.stride()


def _in_rows(input):
    """Are the dims of more than one element in memory as they are told?"""
    strides = [stride for size, stride in zip(input.shape, input.stride(), strict=True) if size > 1 and stride]
    return strides == sorted(strides, reverse=True)


def _check_part(name, part, src):
    if part.shape != src.shape:
        raise RuntimeError(f"{name}(): expected src to have a size equal to the part of self that is written. src size = {list(src.shape)}, "
                           f"part size = {list(part.shape)}")


def _written(name, input, view, src):
    """A copy of input, with its gaps if it has some, whose `view` is src."""
    need_tensor(name, input)
    need_tensor(name, src, "src", 2)
    copy = _C.empty_strided(input.shape, input.stride(), dtype=input.dtype).copy_(input) if _with_gaps(input) else input.clone()
    part = view(copy)
    _check_part(name, part, src)
    part.copy_(src)
    return copy


def _joined_slices(name, input, view, src, first):
    """The same where `view` is slices in a row along a dim, from the first on; `first`: what tells both. What repeats along other dims goes on to."""
    need_tensor(name, input)
    need_tensor(name, src, "src", 2)
    _check_part(name, view(input), src)
    if src.numel() and not _with_gaps(input) and _in_rows(input):
        dim, before = first()
        slab = src.unsqueeze(dim) if src.dim() < input.dim() else src
        behind = before + slab.size(dim)
        parts = [input.narrow(dim, 0, before), slab.to(input.dtype), input.narrow(dim, behind, input.size(dim) - behind)]
        kept = [x for x in parts if x.size(dim)]
        joined = _C.cat(kept if len(kept) > 1 else parts, dim)  # of an input that is all written the history still tells
        if joined.is_contiguous():
            return joined
    return _written(name, input, view, src)


@composed()
@node("SelectScatterBackward0", lasts=True)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with src in place of `input.select(dim, index)`."""
    return _joined_slices("select_scatter", input, lambda t: t.select(dim, index), src, lambda: (dim % input.dim(), index % input.size(dim)))


@composed()
@node("SliceScatterBackward0", lasts=True)
def slice_scatter(input: Tensor, src: Tensor, dim: int = 0, start=None, end=None, step: int = 1) -> Tensor:
    """A copy of `input` with src in place of every step-th slice along dim from start until end."""

    if step <= 0:
        raise RuntimeError(f"slice_scatter(): slice step must be positive, got {step}")

    def part(t):
        if not t.dim():
            raise IndexError("slice_scatter(): slice() cannot be applied to a 0-dim tensor")
        at = wrap_dim(dim, t.dim())
        return t[(slice(None),) * at + (slice(start, end, step),)]

    if step != 1:
        return _written("slice_scatter", input, part, src)
    return _joined_slices("slice_scatter", input, part, src, lambda: (dim % input.dim(), slice(start, end).indices(input.size(dim))[0]))


@composed()
@node("DiagonalScatterBackward0", lasts=True)
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `input` with src in place of `input.diagonal(offset, dim1, dim2)`."""
    return _written("diagonal_scatter", input, lambda t: t.diagonal(offset, dim1, dim2), src)


@composed()
@node("AsStridedScatterBackward0", lasts=True)
def as_strided_scatter(input: Tensor, src: Tensor, size, stride, storage_offset=None) -> Tensor:
    """A copy of `input` with src in place of `input.as_strided(size, stride, storage_offset)`."""
    return _written("as_strided_scatter", input, lambda t: t.as_strided(size, stride, storage_offset), src)
