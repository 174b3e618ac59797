"""Writing by index tensors as methods: what `x[indices] = values` does."""

import warnings

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed, need_tensor, refuse_leaf
from ctgrad.composed.misfit import beyond


def _places(name: str, input: Tensor, indices) -> tuple[Tensor, list[Tensor]]:
    """The tensor to write in, and an index tensor for each of its first dimensions; a mask stands for as many as it has.

    A 0-d mask stands for a dimension of size 1 that is looked at in its place.
    """
    need_tensor(name, input)
    if not isinstance(indices, (tuple, list)):
        raise TypeError(f"{name}(): argument 'indices' must be tuple of Tensors, not {type(indices).__name__}")
    places: list[Tensor] = []
    for i, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"{name}(): expected Tensor as element {i} in argument 'indices', but got {type(index).__name__}")
        if index.dtype not in (_C.bool, _C.uint8):
            places.append(index)
            continue
        if index.dtype == _C.uint8:
            warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", UserWarning, stacklevel=beyond(3))
        if index.dim() == 0:
            input, index = input.unsqueeze(len(places)), index.reshape(1)
        seen = input.shape[len(places):len(places) + index.dim()]
        if index.shape != seen:
            raise IndexError(f"{name}(): the shape of the mask {list(index.shape)} at index {i} does not match that of the tensor indexed, {list(seen)}")
        places.extend(index.nonzero(as_tuple=True))
    if not places:
        raise RuntimeError(f"{name}(): argument 'indices' must hold at least one index tensor")
    if len(places) > input.dim():
        raise IndexError(f"too many indices for tensor of dimension {input.dim()} (got {len(places)})")
    return input, places


@composed()
def index_put(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `values` written, or added, at the places that `input[indices]` reads; `values` broadcast.

    `indices` is a tuple of int64, int32 or bool tensors. IndexError for an index out of range, RuntimeError for different dtypes.
    """
    seen, places = _places("index_put", input, indices)
    written = _C._ops["_index_put"](seen, values, list(range(len(places))), places, accumulate)
    return written if seen is input else written.view(input.shape)


@composed()
def index_put_(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """`index_put` in place."""
    need_tensor("index_put_", input)
    refuse_leaf(input)
    seen, places = _places("index_put_", input, indices)
    _C._ops["_index_put_"](seen, values, list(range(len(places))), places, accumulate)
    return input
