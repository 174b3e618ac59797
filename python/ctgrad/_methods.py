"""Methods of Tensor that are not hot: printing, copying, pickling."""

from ctgrad._C import Tensor, strided
from ctgrad._copying import deepcopy_tensor, reduce_tensor, untyped_storage
from ctgrad._queries import apply_, contains, cuda, get_device, imag, is_coalesced, is_never, is_nonzero, is_same_size, is_set_to, itself, map_
from ctgrad._queries import new, new_tensor, pin_memory, set_volatile, volatile
from ctgrad._tensor_str import tensor_format, tensor_repr



def _reversed(self):
    """The first dimension turned around; a 0-d tensor as it is."""
    return self.flip(0) if self.dim() else self


def _quotient_of(self, other):
    return self.reciprocal() * other


_METHODS = {
    "__repr__": tensor_repr,
    "__format__": tensor_format,
    "__deepcopy__": deepcopy_tensor,
    "__reduce_ex__": reduce_tensor,
    "untyped_storage": untyped_storage,
    "new_tensor": new_tensor,
    "__contains__": contains,
    "__reversed__": _reversed,
    "__div__": Tensor.__truediv__,
    "__rdiv__": _quotient_of,
    "__idiv__": Tensor.__itruediv__,
    "is_pinned": is_never,
    "is_shared": is_never,
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
    "get_device": get_device,
    "is_nonzero": is_nonzero,
    "is_same_size": is_same_size,
    "is_set_to": is_set_to,
}

for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
