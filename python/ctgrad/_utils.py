"""Helpers of PyTorch's own that scripts call all the same."""

from ctgrad import _C

__all__ = ["_element_size", "_flatten_dense_tensors", "_unflatten_dense_tensors"]


def _element_size(dtype):
    """Bytes of an element."""
    if not isinstance(dtype, _C.dtype):
        raise RuntimeError(f"expected torch.dtype, but got {type(dtype)}")
    return dtype.itemsize


def _flatten_dense_tensors(tensors):
    """The elements of all tensors, one after the other."""
    return _C.cat([t.reshape(-1) for t in tensors])


def _unflatten_dense_tensors(flat, tensors):
    """Views of flat of the tensors' shapes."""
    parts = flat.split([t.numel() for t in tensors])
    return tuple(part.view(t.shape) for part, t in zip(parts, tensors, strict=True))
