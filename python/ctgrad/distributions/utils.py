"""What several distributions share: numbers that broadcast, parameters that are worked out when asked for."""

import functools
from numbers import Number

import ctgrad

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits", "standard_normal", "sum_rightmost", "tril_matrix_to_vec", "vec_to_tril_matrix"]


def broadcast_all(*values):
    """The values, tensors or numbers, as tensors of one shape. Numbers take the first tensor's dtype."""
    if not all(isinstance(value, (ctgrad.Tensor, Number)) for value in values):
        raise ValueError("Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__.")
    dtype = next((value.dtype for value in values if isinstance(value, ctgrad.Tensor)), ctgrad.get_default_dtype())
    return ctgrad.broadcast_tensors(*(v if isinstance(v, ctgrad.Tensor) else ctgrad.tensor(v, dtype=dtype) for v in values))


def batch_of(*values):
    """The batch shape of parameters: empty where all were given as numbers."""
    return ctgrad.Size() if all(isinstance(value, Number) for value in values) else broadcast_all(*values)[0].size()


class lazy_property:
    """A property that is computed once, and then stands in the instance."""

    def __init__(self, wrapped):
        self.wrapped = wrapped
        functools.update_wrapper(self, wrapped)

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        with ctgrad.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def standard_normal(shape, dtype):
    """Fresh normal numbers."""
    return ctgrad.empty(shape, dtype=dtype).normal_()


def sum_rightmost(value, dim):
    """Summed over the last `dim` dimensions."""
    return value.reshape(value.shape[:value.dim() - dim] + (-1,)).sum(-1) if dim else value


def clamp_probs(probs):
    """Probabilities kept away from 0 and 1 by one epsilon."""
    eps = ctgrad.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def logits_to_probs(logits, is_binary=False):
    """Probabilities of log-odds, or of log-probabilities along the last dimension."""
    return ctgrad.sigmoid(logits) if is_binary else ctgrad.nn.functional.softmax(logits, dim=-1)


def probs_to_logits(probs, is_binary=False):
    """The inverse of logits_to_probs, after clamp_probs."""
    kept = clamp_probs(probs)
    return ctgrad.log(kept) - ctgrad.log1p(-kept) if is_binary else ctgrad.log(kept)


_standard_normal, _sum_rightmost = standard_normal, sum_rightmost


def _lower_part(n, diag):
    places = ctgrad.arange(n)
    return places < places.view(-1, 1) + (diag + 1)


def tril_matrix_to_vec(mat, diag=0):
    """The numbers of square matrices on and below a diagonal, row by row."""
    n = mat.shape[-1]
    if diag < -n or diag >= n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _lower_part(n, diag)]


def vec_to_tril_matrix(vec, diag=0):
    """The square matrices of which vec has the numbers on and below a diagonal; zeros elsewhere."""
    n = (((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5 - (1 + 2 * diag)) / 2
    if round(n) - n > ctgrad.finfo(vec.dtype).eps:
        raise ValueError(f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower triangular part of a square D x D matrix.")
    mat = vec.new_zeros((*vec.shape[:-1], round(n), round(n)))
    mat[..., _lower_part(round(n), diag)] = vec
    return mat
