"""Methods of Tensor that are not hot: printing, copying, pickling."""

from ctgrad._C import Tensor
from ctgrad._copying import deepcopy_tensor, reduce_tensor, untyped_storage
from ctgrad._queries import contains, new_tensor
from ctgrad._tensor_str import tensor_format, tensor_repr

_METHODS = {
    "__repr__": tensor_repr,
    "__format__": tensor_format,
    "__deepcopy__": deepcopy_tensor,
    "__reduce_ex__": reduce_tensor,
    "untyped_storage": untyped_storage,
    "new_tensor": new_tensor,
    "__contains__": contains,
}

for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
