"""Products of Householder's reflections, 1 - tau v v^T, by LAPACK; for gradients they are said as 1 - V T V^T with a triangular T."""

import numpy as np

from ctgrad import _C
from ctgrad._dtypes import scalar_name
from ctgrad.autograd import Function, enable_grad
from ctgrad.autograd.function import underivable
from ctgrad.composed import need_tensor, results, with_exact_out
from ctgrad.composed.closed import named

from . import _lapack
from ._checks import as_array, each_once, laid, need_kernel, new, turned
from ._solve import Substitution

GEQRF = results("geqrf", "a tau")


@with_exact_out
def geqrf(input):
    """(a, tau) of LAPACK's geqrf: R on and above a's diagonal, below it the vectors of the reflections whose product is Q."""
    need_tensor("geqrf", input)
    if input.dim() < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    need_kernel("geqrf_cpu", input)
    columns = turned(input)
    sizes = _lapack.geqrf(columns)
    made = laid(columns, input), new(sizes, input)
    return GEQRF(*(underivable("geqrf", x, input, node="GeqrfBackward0") for x in made))


def _parts(A, tau):
    """V, with ones where the diagonal is and zeros above, and T."""
    k = tau.size(-1)
    V = A[..., :k].tril(-1) + _C.eye(A.size(-2), k, dtype=A.dtype)
    aside = (V.mT @ V).triu(1) * tau.unsqueeze(-2)
    one = _C.eye(k, dtype=A.dtype)
    return V, tau.unsqueeze(-1) * Substitution.apply(one + aside, one.expand(aside.shape), True, True)


def _backward(f, ctx, g):
    """The gradients of f, which says in ops of what was saved what LAPACK did, in those that want one."""
    again, wanted = _C.is_grad_enabled(), ctx.needs_input_grad
    with enable_grad():
        said = [x.view_as(x) if again and want else x.detach().requires_grad_(want) for x, want in zip(ctx.saved_tensors, wanted, strict=False)]
        found = iter(_C.grad(f(*said), [x for x, want in zip(said, wanted, strict=False) if want], g, create_graph=again))
    return tuple(next(found) if want else None for want in wanted)


def _need_batches(name, A, tau):
    if tau.shape[:-1] != A.shape[:-2]:
        raise RuntimeError(f"torch.{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}")


def _sizes(tau):
    return np.ascontiguousarray(as_array(tau, 1))


@named("LinalgHouseholderProductBackward0")
class _Product(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A, tau):
        columns, sizes = as_array(A).swapaxes(-1, -2), _sizes(tau)
        batch = np.broadcast_shapes(columns.shape[:-2], sizes.shape[:-1])
        columns = np.array(np.broadcast_to(columns, batch + columns.shape[-2:]), order="C")
        _lapack.orgqr(columns, np.ascontiguousarray(np.broadcast_to(sizes, batch + sizes.shape[-1:])))
        made = laid(columns, A)
        ctx.save_for_backward(A, tau, made)  # which may not be written to, as in PyTorch, whose gradient reads it
        return made

    @staticmethod
    def backward(ctx, g):
        return _backward(_product, ctx, g)


def _product(A, tau):
    V, T = _parts(A, tau)
    return _C.eye(*A.shape[-2:], dtype=A.dtype) - V @ (T @ V[..., :A.size(-1), :].mT)


@with_exact_out
def householder_product(A, tau):
    """The first columns of the product of reflections: Q of geqrf's (A, tau)."""
    need_tensor("linalg_householder_product", A)
    need_tensor("linalg_householder_product", tau, "tau", 2)
    name = "torch.linalg.householder_product"
    if A.dim() < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if A.size(-2) < A.size(-1):
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if A.size(-1) < tau.size(-1):
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if A.dim() - tau.dim() != 1:
        raise RuntimeError(f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.dim()} and input.ndim is equal to {A.dim()}")
    _need_batches("linalg.householder_product", A, tau)
    if tau.dtype != A.dtype:
        raise RuntimeError(f"{name}: tau dtype {scalar_name(tau.dtype)} does not match input dtype {scalar_name(A.dtype)}")
    need_kernel("orgqr_cpu", A)
    return _Product.apply(A, tau)


def _need_product(A, tau, other, left):
    if A.dim() < 2 or other.dim() < 2:
        raise RuntimeError(f"torch.ormqr: {'input' if A.dim() < 2 else 'other'} must have at least 2 dimensions.")
    at = -2 if left else -1
    if other.size(at) < tau.size(-1):
        raise RuntimeError(f"torch.ormqr: other.shape[{at}] must be greater than or equal to tau.shape[-1]")
    if other.size(at) != A.size(-2):
        raise RuntimeError(f"torch.ormqr: other.shape[{at}] must be equal to input.shape[-2]")
    if tau.size(-1) != min(other.size(at), A.size(-1)):
        raise RuntimeError(f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{at}], input.shape[-1])")
    if A.dim() - tau.dim() != 1:
        raise RuntimeError(f"torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.dim()} and input.ndim is equal to {A.dim()}")
    if A.dim() != other.dim():
        raise RuntimeError("torch.ormqr: Expected other to have the same number of dimensions as input, "
                           f"but got other.ndim equal to {other.dim()} and input.ndim is equal to {A.dim()}")
    _need_batches("ormqr", A, tau)
    if other.shape[:-2] != A.shape[:-2]:
        raise RuntimeError(f"torch.ormqr: Expected batch dimensions of other to be equal to input.shape[:-2], but got {list(other.shape[:-2])}")
    for what, x in (("tau", tau), ("other", other)):
        if x.dtype != A.dtype:
            raise RuntimeError(f"torch.ormqr: Expected input and {what} to have the same dtype, but input has dtype{scalar_name(A.dtype)} "
                               f"and {what} has dtype {scalar_name(x.dtype)}")
    need_kernel("ormqr_cpu", A)


@named("OrmqrBackward0")
class _Multiplied(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A, tau, other, left, transpose):
        ctx.save_for_backward(A, tau, other)
        ctx.how = left, transpose
        factors, right = [(np.ascontiguousarray(as_array(A).swapaxes(-1, -2)), 2), (_sizes(tau), 1)], as_array(other)
        made, _ = each_once(lambda *of: _lapack.ormqr(*of, transpose is left), factors, right.swapaxes(-1, -2) if left else right)
        return laid(made if left else np.ascontiguousarray(made.swapaxes(-1, -2)), other)

    @staticmethod
    def backward(ctx, g):
        return _backward(lambda A, tau, other: _multiplied(A, tau, other, *ctx.how), ctx, g)


def _multiplied(A, tau, other, left, transpose):
    V, T = _parts(A, tau)
    T = T.mT if transpose else T
    return other - (V @ (T @ (V.mT @ other)) if left else (other @ V @ T) @ V.mT)


@with_exact_out
def ormqr(input, tau, other, left=True, transpose=False):
    """Q other, or with left=False other Q, where Q is the whole product of reflections; transpose: with Q's transpose."""
    for place, (name, x) in enumerate({"input": input, "tau": tau, "other": other}.items()):
        need_tensor("ormqr", x, name, place + 1)
    _need_product(input, tau, other, left)
    return _Multiplied.apply(input, tau, other, bool(left), bool(transpose))
