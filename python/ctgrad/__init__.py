"""ctgrad: strided tensors, stride-0 `expand` and reverse-mode differentiation in C, with PyTorch's API.

Ops are the C objects themselves (`ctgrad.add is ctgrad._C.add`); what is composed of them stands in `ctgrad.composed`.
"""

from ctgrad import _C
from ctgrad._C import *  # noqa: F403
from ctgrad._C import Tensor

from ctgrad import _methods as _methods  # noqa: E402  (attaches the methods of Tensor that are written in Python)
from ctgrad.composed import functions as _functions  # noqa: E402
from ctgrad.composed import compare as _compare, convert as _convert, draw as _draw, einsum as _einsum, index as _index, names as _names, shape as _shape  # noqa: E402, F401

globals().update({name: getattr(_C, name) for name in vars(_C) if not name.startswith("_")})
globals().update(_functions())

from ctgrad import autograd, backends, cuda, debug, nn, optim, random, serialization, utils  # noqa: E402
from ctgrad._dtypes import finfo, iinfo  # noqa: E402
from ctgrad._queries import *  # noqa: E402, F403
from ctgrad._tensor_str import set_printoptions  # noqa: E402
from ctgrad.serialization import load, save  # noqa: E402
from ctgrad.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402

__version__ = "0.1.0"
