"""Methods of Tensor that are not hot: printing, copying, pickling."""

from ctgrad._C import Tensor
from ctgrad._copying import deepcopy_tensor, reduce_tensor, untyped_storage
from ctgrad._queries import contains, new_tensor
from ctgrad._tensor_str import tensor_format, tensor_repr

Tensor.__repr__ = tensor_repr
Tensor.__format__ = tensor_format
Tensor.__deepcopy__ = deepcopy_tensor
Tensor.__reduce_ex__ = reduce_tensor
Tensor.untyped_storage = untyped_storage
Tensor.new_tensor = new_tensor
Tensor.__contains__ = contains
