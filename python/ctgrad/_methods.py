"""Methods of Tensor that are not hot: printing, copying, pickling."""

import copy

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._tensor_str import tensor_format, tensor_repr

Tensor.__repr__ = tensor_repr
Tensor.__format__ = tensor_format
