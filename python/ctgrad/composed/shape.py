"""Joining, splitting and spreading, said in terms of cat, stack, slices, views and repeat."""

import itertools
import math
import numbers
import warnings

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed, need_tensor
from ctgrad._dtypes import scalar_name
from ctgrad.composed.misfit import beyond

_slice = _C._ops["slice"]


# ---- arguments ------------------------------------------------------------------------------------------------------


def _tensor_list(op, tensors):
    """`tensors` as a tuple, if it is a list or tuple of at least one Tensor."""
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"{op}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    for i, member in enumerate(tensors):
        if not isinstance(member, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(member).__name__}")
    if not tensors:
        raise RuntimeError(f"{op} expects a non-empty TensorList")
    return tuple(tensors)


def _apart(tensors):
    """Tensors given one by one, or as one list."""
    return tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors


def wrap_dim(dim, ndim):
    around = max(ndim, 1)
    if not -around <= dim < around:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-around}, {around - 1}], but got {dim})")
    return dim % around


# ---- at least so many dimensions ----------------------------------------------------------------------------------------


def _each(function, tensors):
    """The function of one Tensor, or of each in a list or of several arguments, as a tuple."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return function(tensors[0])
    tensors = _apart(tensors)
    for i, member in enumerate(tensors):
        if not isinstance(member, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(member).__name__}")
    return tuple(function(t) for t in tensors)


def _to_1d(t):
    return t if t.ndim else t.reshape(1)


def _to_2d(t):
    return t if t.ndim >= 2 else t.unsqueeze(0) if t.ndim else t.reshape(1, 1)


def _to_3d(t):
    if t.ndim >= 3:
        return t
    return t.unsqueeze(-1) if t.ndim == 2 else t.unsqueeze(0).unsqueeze(-1) if t.ndim else t.reshape(1, 1, 1)


@composed(method=False)
def atleast_1d(*tensors):
    """Each tensor with at least one dimension: 0-d ones as views of shape (1,). A tuple for several tensors or a list."""
    return _each(_to_1d, tensors)


@composed(method=False)
def atleast_2d(*tensors):
    """Each tensor with at least two dimensions: vectors become rows. A tuple for several tensors or a list."""
    return _each(_to_2d, tensors)


@composed(method=False)
def atleast_3d(*tensors):
    """Each tensor with at least three dimensions: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1). A tuple for several."""
    return _each(_to_3d, tensors)


# ---- joining --------------------------------------------------------------------------------------------------------------


@composed(method=False)
def hstack(tensors, *, out=None):
    """The tensors side by side: joined along the second dimension, vectors and numbers along the first.

    RuntimeError for an empty list and for shapes that do not fit.
    """
    tensors = tuple(_to_1d(t) for t in _tensor_list("hstack", tensors))
    return ctgrad.cat(tensors, 0 if tensors[0].ndim == 1 else 1, out=out)


@composed(method=False)
def vstack(tensors, *, out=None):
    """The tensors one below the other: joined along the first dimension, vectors as rows. RuntimeError as for hstack."""
    return ctgrad.cat(tuple(_to_2d(t) for t in _tensor_list("vstack", tensors)), 0, out=out)


@composed(method=False)
def row_stack(tensors, *, out=None):
    """Another name of vstack."""
    return vstack(tensors, out=out)


@composed(method=False)
def dstack(tensors, *, out=None):
    """The tensors one behind the other: joined along the third dimension after atleast_3d. RuntimeError as for hstack."""
    return ctgrad.cat(tuple(_to_3d(t) for t in _tensor_list("dstack", tensors)), 2, out=out)


@composed(method=False)
def column_stack(tensors, *, out=None):
    """hstack in which numbers and vectors count as columns. RuntimeError as for hstack."""
    tensors = tuple(t if t.ndim > 1 else t.reshape(t.numel(), 1) for t in _tensor_list("column_stack", tensors))
    return hstack(tensors, out=out)


# ---- splitting --------------------------------------------------------------------------------------------------------------


def _split_by_tensor(where):
    """A 0-d tensor stands for a number of sections, a 1-d one for indices."""
    if where.dtype is not ctgrad.int64:
        raise RuntimeError(f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {scalar_name(where.dtype)}")
    if where.ndim > 1:
        raise RuntimeError("tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
                           f"but got a tensor with {where.ndim} dims")
    return where.tolist()


def _bounds(size, where):
    """Start and end of every part: as equal as can be for a number, cut before each index for a sequence."""
    if isinstance(where, (list, tuple)):
        return zip((0, *where), (*where, size), strict=True)
    if where <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {where}")
    if where >= 1 << 31:  # PyTorch runs out of memory
        raise RuntimeError(f"tensor_split: {where} views are too many")
    share, rest = divmod(size, where)
    ends = list(itertools.accumulate(share + (i < rest) for i in range(where)))
    return zip([0, *ends[:-1]], ends, strict=True)


def _split_argument(op, apart, given):
    """Where the three splits cut: of ints given one by one, the places."""
    if len(apart) > 1:
        if other := [i for i in apart if not isinstance(i, numbers.Integral)]:
            raise TypeError(f"{op}(): argument 'indices' must be tuple of ints, but found {type(other[0]).__name__}")
        apart = (tuple(map(int, apart)),)
    return _where_argument(op, (*apart, *given))


def _where_argument(op, given):
    """The one of several spellings of an argument that was used."""
    used = [value for value in given if value is not None]
    if len(used) != 1 or isinstance(used[0], (bool, float, str)):
        raise TypeError(f"{op}() received an invalid combination of arguments: expected one of an int (sections), a tuple of ints (indices) "
                        "or an int64 tensor")
    return used[0]


@composed()
def tensor_split(input, tensor_indices_or_sections=None, dim=0, *, indices=None, sections=None):
    """Views of consecutive parts of a dimension: n parts as equal as can be for an int n, parts cut before each index for a
    tuple or 1-d tensor of indices (Python's slices: negative and too large ones are understood).

    RuntimeError for a 0-d input or n < 1.
    """
    need_tensor("tensor_split", input)
    where = _where_argument("tensor_split", (tensor_indices_or_sections, indices, sections))
    if input.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.ndim)
    if isinstance(where, Tensor):
        where = _split_by_tensor(where)
    return tuple(_slice(input, dim, start, end) for start, end in _bounds(input.shape[dim], where))


def _split_along(op, input, where, dim, least):
    if input.ndim < least:
        raise RuntimeError(f"torch.{op} requires a tensor with at least {least} dimension, but got a tensor with {input.ndim} dimensions!")
    size = input.shape[dim]
    if isinstance(where, int) and (where == 0 or size % where):
        raise RuntimeError(f"torch.{op} attempted to split along dimension {dim}, but the size of the dimension {size} is not divisible by "
                           f"the split_size {where}!")
    return tensor_split(input, where, dim)


@composed()
def hsplit(input, *apart, indices_or_sections=None, indices=None, sections=None):
    """tensor_split along the second dimension, of a vector along the first; a number must divide it. RuntimeError otherwise."""
    need_tensor("hsplit", input)
    where = _split_argument("hsplit", apart, (indices_or_sections, indices, sections))
    return _split_along("hsplit", input, where, 0 if input.ndim == 1 else 1, 1)


@composed()
def vsplit(input, *apart, indices_or_sections=None, indices=None, sections=None):
    """tensor_split along the first of two or more dimensions; a number must divide it. RuntimeError otherwise."""
    need_tensor("vsplit", input)
    return _split_along("vsplit", input, _split_argument("vsplit", apart, (indices_or_sections, indices, sections)), 0, 2)


@composed()
def dsplit(input, *apart, indices_or_sections=None, indices=None, sections=None):
    """tensor_split along the third of three or more dimensions; a number must divide it. RuntimeError otherwise."""
    need_tensor("dsplit", input)
    return _split_along("dsplit", input, _split_argument("dsplit", apart, (indices_or_sections, indices, sections)), 2, 3)


# ---- repeating ---------------------------------------------------------------------------------------------------------------


@composed()
def tile(input, *apart, dims=None):
    """repeat, with ones put in front where there are fewer numbers than dimensions. RuntimeError for negative numbers."""
    need_tensor("tile", input)
    if not apart and dims is None:
        raise TypeError('tile() missing 1 required positional arguments: "dims"')
    if apart and dims is not None:
        raise TypeError("tile() got multiple values for argument 'dims'")
    if dims is not None and not isinstance(dims, (list, tuple)):
        raise TypeError(f"tile(): argument 'dims' must be tuple of ints, not {type(dims).__name__}")
    if len(apart) == 1 and isinstance(apart[0], bool):
        raise TypeError("tile(): argument 'dims' (position 1) must be tuple of ints, not bool")
    dims = tuple(_apart(apart) if dims is None else dims)
    return input.repeat((1,) * (input.ndim - len(dims)) + dims)


def _repeat_indices(repeats, output_size):
    """[0, 0, 1, ...]: index i stands repeats[i] times."""
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats.dtype not in (ctgrad.int32, ctgrad.int64):
        raise NotImplementedError(f"repeat_interleave is not implemented for repeats of {repeats.dtype}: int32 and int64 alone are")
    times = repeats.detach().numpy()
    if (times < 0).any():
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != times.sum():
        raise RuntimeError(f"repeat_interleave: allocated size does not match required size: output_size is {output_size}, repeats add up to {times.sum()}")
    return ctgrad.from_numpy(np.repeat(np.arange(len(times), dtype=times.dtype), times))


def _repeat_each(input, repeats, dim, output_size):
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    dim = wrap_dim(dim, input.ndim)
    wanted = repeats * math.prod(input.shape[dim:dim + 1])
    if output_size is not None and output_size != wanted:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {wanted} but got {output_size}")
    wide = input.unsqueeze(dim + 1)
    return wide.expand(*input.shape[:dim + 1], repeats, *input.shape[dim + 1:]).clone(memory_format=ctgrad.contiguous_format).flatten(dim, dim + 1)


@composed()
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Every element of a dimension (of all elements as one line, if dim is None) `repeats` times in a row.

    repeats is an int, a tensor of one integer, or an integer tensor with a number for each element. Of an integer tensor
    alone: each index i as often as input[i] says. RuntimeError for negative numbers and lengths that do not match.
    """
    need_tensor("repeat_interleave", input, "repeats" if repeats is None else "input")
    if repeats is None:
        return _repeat_indices(input, output_size)
    repeats = int(repeats) if isinstance(repeats, np.integer) else repeats
    if not isinstance(repeats, (int, Tensor)) or isinstance(repeats, bool):
        raise TypeError(f"repeat_interleave(): argument 'repeats' must be an int or an integer Tensor, not {type(repeats).__name__}")
    if dim is None:
        input, dim = input.flatten(), 0
    if isinstance(repeats, int):
        return _repeat_each(input, repeats, dim, output_size)
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim)
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if repeats.numel() == 1:
        repeats = repeats.reshape(1).expand(input.shape[dim])
    elif repeats.shape[0] != input.shape[dim]:
        raise RuntimeError("repeats must have the same size as input along dim, but got "
                           f"repeats.size(0) = {repeats.shape[0]} and input.size({dim}) = {input.shape[dim]}")
    return input.index_select(dim, _repeat_indices(repeats, output_size))


# ---- reversing ------------------------------------------------------------------------------------------------------------------


@composed()
def fliplr(input):
    """flip of the second dimension. RuntimeError for fewer than two."""
    need_tensor("fliplr", input)
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip(1)


@composed()
def flipud(input):
    """flip of the first dimension. RuntimeError for a 0-d input."""
    need_tensor("flipud", input)
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip(0)


# ---- grids and broadcasting -------------------------------------------------------------------------------------------------------


@composed(method=False)
def broadcast_shapes(*shapes):
    """The shape that operands of the given shapes (tuples, or ints for one dimension) broadcast to, a Size. RuntimeError if none."""
    shapes = [(shape,) if isinstance(shape, int) else shape for shape in shapes if shape is not None]
    for shape in shapes:
        if not isinstance(shape, (tuple, list)):
            raise RuntimeError(f"broadcast_shapes(): Input shapes should be of type ints, a tuple of ints, or a list of ints, got {shape}")
    result = [1] * max(map(len, shapes), default=0)
    for at, shape in enumerate(shapes):
        for d in range(-len(shape), 0):
            if shape[d] < 0:
                raise (ValueError if result[d] == 1 else RuntimeError)(f"broadcast_shapes(): a dimension of negative length {shape[d]} in {shape}")
            if shape[d] not in (1, result[d]) and result[d] != 1:
                raise RuntimeError(f"Attempting to broadcast a dimension of length {shape[d]} at {d}! Mismatching argument at index {at} had {shape}; "
                                   f"but expected shape should be broadcastable to {result}")
            result[d] = shape[d] if result[d] == 1 else result[d]
    return ctgrad.Size(result)


def _broadcast_size(tensors):
    size = ()
    for t in tensors:
        wide = [1] * (t.ndim - len(size)) + list(size)
        for d in range(-1, -t.ndim - 1, -1):
            if t.shape[d] != wide[d] and 1 not in (t.shape[d], wide[d]):
                raise RuntimeError(f"The size of tensor a ({wide[d]}) must match the size of tensor b ({t.shape[d]}) at non-singleton dimension {d + len(wide)}")
            wide[d] = t.shape[d] if wide[d] == 1 else wide[d]
        size = tuple(wide)
    return size


@composed(method=False)
def broadcast_tensors(*tensors):
    """The tensors as views of their common broadcast shape; one that has it already is returned itself. RuntimeError if none fits."""
    if not tensors:
        return ()
    tensors = _tensor_list("broadcast_tensors", tensors)
    size = _broadcast_size(tensors)
    return tuple(t if tuple(t.shape) == size else t.expand(size) for t in tensors)


def _check_grid(tensors, indexing):
    for t in tensors:
        if t.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}")
        if t.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("xy", "ij"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')


@composed(method=False)
def meshgrid(*tensors, indexing=None):
    """Coordinates of a grid: for vectors of n0, n1, ... elements, as many views of shape (n0, n1, ...), the i-th varying along
    dimension i. 'xy' exchanges the first two dimensions; None means 'ij', with a warning. RuntimeError for other shapes or dtypes.
    """
    tensors = _tensor_list("meshgrid", _apart(tensors))
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", UserWarning, stacklevel=beyond(2))
    elif not isinstance(indexing, str):
        raise TypeError(f"meshgrid(): argument 'indexing' must be str, not {type(indexing).__name__}")
    _check_grid(tensors, "ij" if indexing is None else indexing)
    swap = indexing == "xy" and len(tensors) > 1
    if swap:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    shape = tuple(t.numel() for t in tensors)
    grid = [t.view((1,) * i + (-1,) + (1,) * (len(tensors) - 1 - i)).expand(shape) for i, t in enumerate(tensors)]
    if swap:
        grid[0], grid[1] = grid[1], grid[0]
    return tuple(grid)


def _check_vector(t):
    if t.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")


@composed(method=False)
def cartesian_prod(*tensors):
    """All combinations of one element of each vector, as the rows of a matrix; of a single vector, itself. RuntimeError unless all are 1-d."""
    for i, member in enumerate(tensors):
        if not isinstance(member, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(member).__name__}")
    for member in tensors:
        _check_vector(member)
    if len(tensors) == 1:
        return tensors[0]
    return ctgrad.stack([g.flatten() for g in meshgrid(*tensors, indexing="ij")], 1)


@composed(method=False)
def combinations(input, r=2, with_replacement=False):
    """All ways to choose r elements of a vector, in order, as the rows of a matrix. RuntimeError unless input is 1-d and r >= 0."""
    need_tensor("combinations", input)
    _check_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return ctgrad.empty(0, dtype=input.dtype)
    rows = math.comb(input.shape[0] + (r - 1 if with_replacement and input.shape[0] else 0), r)
    if rows * r > 1 << 31:
        raise RuntimeError(f"combinations(): {rows} rows are too many")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    columns = np.array(list(choose(range(input.shape[0]), r)), dtype="int64").reshape(-1, r).T
    return ctgrad.stack([input[ctgrad.from_numpy(column.copy())] for column in columns], 1)
