"""Writing by index tensors as methods: what `x[indices] = values` does."""

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed


def _places(name: str, indices) -> tuple[list[int], list[Tensor]]:
    """The dimensions and their index tensors; a mask stands for one index tensor a dimension."""
    places: list[Tensor] = []
    for i, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"{name}(): expected Tensor as element {i} in argument 'indices', but got {type(index).__name__}")
        masks = index.dtype in (_C.bool, _C.uint8)
        places.extend(index.nonzero(as_tuple=True) if masks else [index])
    return list(range(len(places))), places


@composed()
def index_put(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `values` written, or added, at the places that `input[indices]` reads; `values` broadcast.

    `indices` is a tuple of int64, int32 or bool tensors. IndexError for an index out of range, RuntimeError for different dtypes.
    """
    return _C._ops["_index_put"](input, values, *_places("index_put", indices), accumulate)


@composed()
def index_put_(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """`index_put` in place."""
    return _C._ops["_index_put_"](input, values, *_places("index_put_", indices), accumulate)
