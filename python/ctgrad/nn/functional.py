"""The functions behind the layers: the same computations with the parameters given as arguments."""

import warnings

import ctgrad
from ctgrad._C import _ops, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, linear
from ctgrad._dtypes import cxx_name
from ctgrad.composed import need_tensor
from ctgrad.composed.misfit import need_flag, typed
from ctgrad.composed.arithmetic import pdist

from . import grad as grad
from ._activations import *
from ._activations import __all__ as _activations
from ._attention import _canonical_mask as _canonical_mask
from ._attention import _none_or_dtype as _none_or_dtype
from ._attention import multi_head_attention_forward, scaled_dot_product_attention
from ._bags import embedding_bag
from ._ctc import ctc_loss
from ._fractional import *
from ._fractional import __all__ as _fractional
from ._grids import affine_grid, grid_sample
from ._halves import HALVES, refuse_mixed, single, widened
from ._losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    linear_cross_entropy,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from ._margins import *
from ._margins import __all__ as _margins
from ._norms import (
    alpha_dropout,
    batch_norm,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
    group_norm,
    instance_norm,
)
from ._padding import pad
from ._pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ._vision import *
from ._vision import __all__ as _vision

__all__ = [
    *_activations, *_fractional, *_margins, *_vision, "affine_grid", "conv_tbc", "ctc_loss", "embedding_bag", "grid_sample", "pdist",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices", "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "elu_",
    "embedding", "feature_alpha_dropout", "gelu", "group_norm", "huber_loss", "instance_norm", "kl_div", "l1_loss",
    "layer_norm", "leaky_relu", "leaky_relu_", "linear", "linear_cross_entropy", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool1d", "max_unpool2d", "max_unpool3d", "mse_loss", "multi_head_attention_forward", "nll_loss", "normalize",
    "one_hot", "pad", "relu", "relu_", "scaled_dot_product_attention", "sigmoid", "silu", "smooth_l1_loss", "softmax",
    "softmin", "softplus", "softsign", "tanh", "tanhshrink",
]


# --- activations: elementwise, any shape; ``inplace`` overwrites the input ---

def relu(input, inplace=False):
    """max(x, 0)."""
    return ctgrad._C.relu_(input) if inplace else ctgrad._C.relu(input)


def relu_(input):
    """``relu`` in place."""
    return ctgrad._C.relu_(input)


def tanh(input):
    """The hyperbolic tangent."""
    return input.tanh()


def sigmoid(input):
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


def softsign(input):
    """x / (1 + abs(x))."""
    return input / (input.abs() + 1)


def tanhshrink(input):
    """x - tanh(x)."""
    return input - input.tanh()


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x, multiplied by ``negative_slope`` where it is not positive (Maas et al. 2013)."""
    return _ops["leaky_relu_" if inplace else "leaky_relu"](input, negative_slope)


def elu(input, alpha=1.0, inplace=False):
    """x, or alpha·(exp(x) - 1) where it is negative (Clevert et al. 2015)."""
    return _ops["elu_" if inplace else "elu"](input, alpha)


def leaky_relu_(input, negative_slope=0.01):
    """``leaky_relu`` in place."""
    return _ops["leaky_relu_"](input, negative_slope)


def elu_(input, alpha=1.0):
    """``elu`` in place."""
    return _ops["elu_"](input, alpha)


def silu(input, inplace=False):
    """x·sigmoid(x) (Hendrycks & Gimpel 2016; Ramachandran et al. 2017, as "swish")."""
    return _ops["silu_" if inplace else "silu"](input)


def gelu(input, approximate="none"):
    """x·Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel 2016).

    ``approximate="tanh"`` uses Φ(x) ≈ (1 + tanh(sqrt(2/π)·(x + 0.044715·x³)))/2. RuntimeError for another value.
    """
    return _ops["gelu"](input, approximate=approximate)


def softplus(input, beta=1.0, threshold=20.0, *, out=None):
    """log(1 + exp(beta·x)) / beta, and x itself where beta·x exceeds ``threshold``."""
    return _ops["softplus"](input, beta, threshold) if out is None else _ops["softplus"](input, beta, threshold, out=out)


def logsigmoid(input, *, out=None):
    """log(sigmoid(x)), computed without overflow."""
    return _ops["log_sigmoid"](input) if out is None else _ops["log_sigmoid"](input, out=out)


logsigmoid.__name__ = "log_sigmoid"  # as PyTorch shows it


# --- softmax ---

def _implicit_dim(name, ndim, stacklevel):
    """The dimension that early versions took when none was given."""
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
                  "argument.", stacklevel=stacklevel)
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x) divided by its sum along ``dim``; ``dtype`` casts the input first. IndexError: no such dimension."""
    if dim is None:
        dim = _implicit_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """``softmax`` of -x."""
    if dim is None:
        dim = _implicit_dim("softmin", input.dim(), _stacklevel)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)), computed without overflow; arguments as ``softmax``."""
    if dim is None:
        dim = _implicit_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


# --- layers ---

def bilinear(input1, input2, weight, bias=None):
    """``y[k] = x1 @ weight[k] @ x2 + bias[k]``: (..., a), (..., b), weight (k, a, b), bias (k,) to (..., k)."""
    for position, (name, given) in enumerate({"input1": input1, "input2": input2, "weight": weight, "bias": bias}.items(), 1):
        if given is not None or name != "bias":
            need_tensor("bilinear", given, name, position)
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(f"bilinear(): input batch dimensions do not match: got {list(input1.shape)} and {list(input2.shape)}")
    if not input1.dtype == input2.dtype == weight.dtype:
        raise RuntimeError(f"All tensors must have the same dtype, got input1: {cxx_name(input1.dtype)}, input2: {cxx_name(input2.dtype)}, weight: {cxx_name(weight.dtype)}")
    result = ctgrad.einsum("...a,kab,...b->...k", input1, weight, input2)
    return result if bias is None else result + bias


@typed
def conv_tbc(input, weight, bias, pad=0):
    """``conv1d`` with the steps first: (steps, N, C), weight (kernel, C, K), bias (K,) to (steps', N, K)."""
    if input.dim() != 3 or weight.dim() != 3 or bias.dim() != 1:
        raise RuntimeError(f"conv_tbc(): expected input and weight of 3 dims and bias of 1, but got {list(input.shape)}, {list(weight.shape)} and "
                           f"{list(bias.shape)}")
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad).permute(2, 0, 1)


def dropout(input, p=0.5, training=True, inplace=False):
    """In training, zero each element with probability ``p`` and divide the others by ``1 - p``.

    Floating point input of any shape; the random numbers come from the default generator. ValueError unless 0 <= p <= 1.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    need_tensor("dropout", input)
    need_flag("dropout", training, "train")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        kept = ctgrad.zeros((), dtype=input.dtype)
        return input.mul_(kept) if inplace else input * kept
    return _ops["dropout_" if inplace else "dropout"](input, 1 - p)


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of ``weight`` (n, d) at the integer indices ``input`` (*): (*, d).

    ``padding_idx``: that row gets no gradient. ``max_norm``: the rows used are first scaled in place to at most that
    ``norm_type``-norm. ``scale_grad_by_freq``: divide a row's gradient by how often it was used. Gradients are dense.
    IndexError: an index outside the rows; RuntimeError: indices that are not int64 or int32, ``weight`` not 2-D.
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        rows = weight.size(0)
        if padding_idx < -rows or (padding_idx > 0 and padding_idx >= rows):
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx = padding_idx + rows if padding_idx < 0 else padding_idx
    if max_norm is not None:
        _renorm_rows(weight, input, max_norm, norm_type)
    return ctgrad.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def _renorm_rows(weight, indices, max_norm, norm_type):
    """Scale each row in use whose norm exceeds ``max_norm`` down to it; 1e-7 keeps a norm of 0 divisible."""
    if indices.dtype not in (ctgrad.int64, ctgrad.int32):
        raise RuntimeError(f"embedding_renorm_: indices should be int32 or int64, but got {indices.dtype}")
    with ctgrad.no_grad():
        for index in set(indices.reshape(-1).tolist()):
            row = weight[index]
            norm = row.norm(norm_type).item()
            if norm > max_norm:
                row.mul_(max_norm / (norm + 1e-7))


@typed
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x - mean) / sqrt(var + eps) over the last dimensions, of sizes ``normalized_shape``, times ``weight`` plus ``bias``.

    The variance divides by the number of elements (Ba et al. 2016). RuntimeError where shapes do not fit.
    """
    if input.dtype in HALVES or (weight is not None and weight.dtype in HALVES) or (bias is not None and bias.dtype in HALVES):  # others the op looks at
        refuse_mixed(input, weight=weight, bias=bias)
    return _layer_norm_of(input)(input, weight, bias, normalized_shape, eps)


def _layer_normed(input, weight, bias, normalized_shape, eps):
    return _ops["layer_norm"](input, normalized_shape, widened(weight), widened(bias), eps)


_layer_norm_of = single("NativeLayerNormBackward0", _layer_normed)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x divided by its ``p``-norm along ``dim``, or by ``eps`` where the norm is smaller."""
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return ctgrad.div(input, norm, out=out)


def one_hot(tensor, num_classes=-1):
    """int64 (*) to int64 (*, num_classes): 1 at the index, 0 elsewhere; ``num_classes`` -1 is the largest index plus 1.

    RuntimeError: not int64, a negative index, an index beyond ``num_classes``, or nothing to count classes by.
    """
    need_tensor("one_hot", tensor)
    if isinstance(num_classes, (bool, float)) or (isinstance(num_classes, ctgrad.Tensor) and (num_classes.dim() or num_classes.is_floating_point())):
        given = "a Tensor of dimensions or floats" if isinstance(num_classes, ctgrad.Tensor) else type(num_classes).__name__
        raise TypeError(f"one_hot(): argument 'num_classes' (position 2) must be int, not {given}")
    if tensor.dtype != ctgrad.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return ctgrad.zeros(*tensor.shape, num_classes, dtype=ctgrad.int64)
    if tensor.min().item() < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = tensor.max().item()
    if num_classes == -1:
        num_classes = largest + 1
    elif largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    made = ctgrad.zeros(*tensor.shape, num_classes, dtype=ctgrad.int64)
    ctgrad._C._increment_version((made,))  # PyTorch's zeros count as a write
    return made.scatter_(-1, tensor.unsqueeze(-1), 1)
