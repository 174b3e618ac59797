"""Views by value: what a view op shows, as a copy. And the splits whose parts may be written without their history in common."""

from ctgrad import _C
from ctgrad.composed import composed, need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.shape import wrap_dim


def _copied(view):
    return view.clone(memory_format=_C.contiguous_format)


@composed(method=False, out="shared")
@node("AliasBackward0_copy", unkept=(0,))
def alias_copy(input):
    """What alias shows, copied."""
    need_tensor("alias_copy", input)
    return _copied(input)


@composed(method=False, out="shared")
@node("AsStridedBackward0_copy", unkept=(0,))
def as_strided_copy(input, size, stride, storage_offset=None):
    """What as_strided shows, copied."""
    need_tensor("as_strided_copy", input)
    return _copied(input.as_strided(size, stride, storage_offset))


@composed(method=False, out="shared")
@node("DiagonalBackward0_copy", unkept=(0,))
def diagonal_copy(input, offset=0, dim1=0, dim2=1):
    """What diagonal shows, copied."""
    need_tensor("diagonal_copy", input)
    return _copied(input.diagonal(offset, dim1, dim2))


@composed(method=False, out="shared")
@node("ExpandBackward0_copy", unkept=(0,))
def expand_copy(input, size):
    """What expand shows, copied."""
    need_tensor("expand_copy", input)
    return _copied(input.expand(size))


@composed(out="shared")
@node("NarrowCopyBackward0", unkept=(0,))
def narrow_copy(input, dim, start, length):
    """What narrow shows, copied."""
    need_tensor("narrow_copy", input)
    return _copied(input.narrow(dim, start, length))


@composed(method=False, out="shared")
@node("PermuteBackward0_copy", unkept=(0,))
def permute_copy(input, dims):
    """What permute shows, copied."""
    need_tensor("permute_copy", input)
    return _copied(input.permute(dims))


@composed(method=False, out="shared")
@node("SelectBackward0_copy", unkept=(0,))
def select_copy(input, dim, index):
    """What select shows, copied."""
    need_tensor("select_copy", input)
    return _copied(input.select(dim, index))


@composed(method=False, out="shared")
@node("SliceBackward0_copy", unkept=(0,))
def slice_copy(input, dim=0, start=None, end=None, step=1):
    """What slice shows, copied."""
    need_tensor("slice_copy", input)
    if input.dim() == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    return _copied(input[(slice(None),) * wrap_dim(dim, input.dim()) + (slice(start, end, step),)])


@composed(method=False, out="shared")
@node("SplitBackward0_copy", unkept=(0,))
def split_copy(input, split_size, dim=0):
    """What split shows, each part copied."""
    need_tensor("split_copy", input)
    return tuple(map(_copied, input.split(split_size, dim)))


@composed(method=False, out="shared")
@node("SplitWithSizesBackward0_copy", unkept=(0,))
def split_with_sizes_copy(input, split_sizes, dim=0):
    """What split_with_sizes shows, each part copied."""
    need_tensor("split_with_sizes_copy", input)
    return tuple(map(_copied, input.split_with_sizes(split_sizes, dim)))


@composed(method=False, out="shared")
@node(lambda input, dim=None: "SqueezeBackward0_copy" if dim is None else "SqueezeBackward1_copy", unkept=(0,))
def squeeze_copy(input, dim=None):
    """What squeeze shows, copied."""
    need_tensor("squeeze_copy", input)
    return _copied(input.squeeze() if dim is None else input.squeeze(dim))


@composed(method=False, out="shared")
@node("TBackward0_copy", unkept=(0,))
def t_copy(input):
    """What t shows, copied."""
    need_tensor("t_copy", input)
    return _copied(input.t())


@composed(method=False, out="shared")
@node("TransposeBackward0_copy", unkept=(0,))
def transpose_copy(input, dim0, dim1):
    """What transpose shows, copied."""
    need_tensor("transpose_copy", input)
    return _copied(input.transpose(dim0, dim1))


@composed(method=False, out="shared")
@node("UnbindBackward0_copy", unkept=(0,))
def unbind_copy(input, dim=0):
    """What unbind shows, each part copied."""
    need_tensor("unbind_copy", input)
    return tuple(map(_copied, input.unbind(dim)))


@composed(method=False, out="shared")
@node("UnfoldBackward0_copy", unkept=(0,))
def unfold_copy(input, dimension, size, step):
    """What unfold shows, copied."""
    need_tensor("unfold_copy", input)
    return _copied(input.unfold(dimension, size, step))


@composed(method=False, out="shared")
@node("UnsqueezeBackward0_copy", unkept=(0,))
def unsqueeze_copy(input, dim):
    """What unsqueeze shows, copied."""
    need_tensor("unsqueeze_copy", input)
    return _copied(input.unsqueeze(dim))


@composed(method=False, out="shared")
@node("ViewBackward0_copy", unkept=(0,))
def view_copy(input, size):
    """What view shows, copied."""
    need_tensor("view_copy", input)
    return _copied(input.reshape(size))


def _parts(input, sizes, dim):
    return tuple(input.split_with_sizes(sizes, dim))


_by_one, _by_sizes = (node(name, unkept=(0,), apart=True)(_parts) for name in ("UnsafeSplitBackward0", "UnsafeSplitWithSizesBackward0"))


def _apart(parts):
    """Parts that share memory and no history: nothing of the input is kept, so that they may be written."""
    return tuple(part.data if part._is_view() else part for part in parts)


def _sizes(parts, dim):
    return [part.size(dim) for part in parts]


@composed()
def unsafe_split(input, split_size, dim=0):
    """split into parts that are no views to autograd: each may be written in place."""
    need_tensor("unsafe_split", input)
    return _apart(_by_one(input, _sizes(input.detach().split(split_size, dim), dim), dim))


@composed()
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """split_with_sizes into parts that are no views to autograd: each may be written in place."""
    need_tensor("unsafe_split_with_sizes", input)
    return _apart(_by_sizes(input, list(split_sizes), dim))


@composed()
def unsafe_chunk(input, chunks, dim=0):
    """chunk into parts that are no views to autograd: each may be written in place."""
    need_tensor("unsafe_chunk", input)
    return _apart(_by_one(input, _sizes(input.detach().chunk(chunks, dim), dim), dim))
