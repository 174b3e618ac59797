"""Methods of Tensor that are not hot: printing, copying, pickling."""

import warnings
from collections import OrderedDict

from ctgrad._C import Size, Tensor, _tensor_hooks, strided
from ctgrad._copying import deepcopy_tensor, reduce_tensor, set_, untyped_storage
from ctgrad._queries import apply_, contains, cuda, get_device, imag, is_coalesced, is_never, is_nonzero, is_same_size, is_set_to, itself, map2_, map_
from ctgrad._queries import new, new_tensor, pin_memory, set_volatile, sizeof, volatile
from ctgrad.storage import TypedStorage, storage, storage_type
from ctgrad._tensor_str import tensor_format, tensor_repr



def _hooks(self):
    if "_backward_hooks" in self.__dict__:
        return self.__dict__["_backward_hooks"]
    hooks = _tensor_hooks(self)
    return None if hooks is None else OrderedDict(hooks)


def _set_hooks(self, hooks):
    """Shown again, never called: hooks are registered."""
    self.__dict__["_backward_hooks"] = hooks


def _keep_hooks(self):
    raise RuntimeError("Deletion of _backward_hooks not allowed!")


def _resized(self, sizes, name):
    warnings.warn(f"non-inplace {name} is deprecated", stacklevel=3)
    size = Size(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
    if size.numel() != self.numel():
        raise RuntimeError(f"resize: a tensor of shape {tuple(self.shape)} cannot take the shape {tuple(size)}, of another number of elements")
    return self.contiguous().view(size)


def resize(self, *sizes):
    """An old `reshape` of the same number of elements."""
    return _resized(self, sizes, "resize")


def _resize_as(self, tensor):
    return _resized(self, tensor.shape, "resize_as")


def _reversed(self):
    """The first dimension turned around; a 0-d tensor as it is."""
    return self.flip(0) if self.dim() else self


def _as_complex(self) -> complex:
    return complex(float(self))


_METHODS = {
    "_backward_hooks": property(_hooks, _set_hooks, _keep_hooks, "The hooks on this tensor, by id."),
    "resize": resize,
    "resize_as": _resize_as,
    "__repr__": tensor_repr,
    "__format__": tensor_format,
    "__deepcopy__": deepcopy_tensor,
    "__reduce_ex__": reduce_tensor,
    "set_": set_,
    "storage": storage,
    "storage_type": storage_type,
    "_typed_storage": lambda self: TypedStorage(self),
    "untyped_storage": untyped_storage,
    "new_tensor": new_tensor,
    "__contains__": contains,
    "__reversed__": _reversed,
    "__nonzero__": Tensor.__bool__,
    "__long__": Tensor.__int__,
    "__complex__": _as_complex,
    "is_pinned": is_never,
    "is_distributed": is_never,
    "is_coalesced": is_coalesced,
    "conj": itself,
    "real": property(itself, doc="self."),
    "imag": property(imag),
    "volatile": property(volatile, set_volatile),
    "dense_dim": lambda self: self.dim(),
    "sparse_dim": lambda self: 0,
    "to_dense": itself,
    "pin_memory": pin_memory,
    "layout": property(lambda self: strided, doc="torch.strided."),
    "new": new,
    "apply_": apply_,
    "cuda": cuda,
    "map_": map_,
    "map2_": map2_,
    "__sizeof__": sizeof,
    "get_device": get_device,
    "is_nonzero": is_nonzero,
    "is_same_size": is_same_size,
    "is_set_to": is_set_to,
}

for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
