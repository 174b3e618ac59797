"""Inverses, solutions and determinants."""

import math

import numpy as np

from ctgrad import _C
from ctgrad._dtypes import scalar_name
from ctgrad.autograd import Function
from ctgrad.composed import need_tensor, results, with_exact_out
from ctgrad.composed.closed import named, node

from . import _lapack
from ._checks import LinAlgError, any_of, as_array, as_tensor, each_once, laid, need_matrices, need_none, need_right, new, of_one_batch, turned

SINGULAR = "the inversion could not be completed because the input matrix is singular."

Inverse = results("linalg_inv_ex", "inverse info")
SLogDet = results("linalg_slogdet", "sign logabsdet")


@named("LinalgInvExBackward0")
class _Inverse(Function):
    """Inverses and infos."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        columns = as_array(A).swapaxes(-1, -2)
        *batch, n, _ = columns.shape
        right = np.zeros((*batch, n * n), columns.dtype)
        right[..., ::n + 1] = 1
        right = right.reshape(columns.shape)
        infos = new(_lapack.gesv(columns, right), A)
        made = laid(right, A)
        ctx.save_for_backward(made)
        ctx.mark_non_differentiable(infos)
        return made, infos

    @staticmethod
    def backward(ctx, g, _infos):
        transposed = ctx.saved_tensors[0].mT
        return -(transposed @ (g @ transposed))


def _inverse(A, name="linalg.inv"):
    made, infos = _Inverse.apply(A)
    need_none(LinAlgError, name, f"The diagonal element {{}} is zero, {SINGULAR}", infos)
    return made


@named("LinalgSolveExBackward0")
class Solution(Function):
    """X of A X = B, batches alike."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A, B):
        columns = as_array(A).swapaxes(-1, -2)
        right, infos = each_once(_lapack.gesv, [(columns, 2)], as_array(B).swapaxes(-1, -2))
        if any_of(infos):
            need_none(LinAlgError, "torch.linalg.solve", "The solver failed because the input matrix is singular.", new(infos.reshape(columns.shape[:-2]), A))
        made = laid(right, B)
        ctx.save_for_backward(A, made)
        return made

    @staticmethod
    def backward(ctx, g):
        A, X = ctx.saved_tensors
        to_b = Solution.apply(A.mT, g)
        return -(to_b @ X.mT), to_b


@named("LinalgSolveTriangularBackward0")
class Substitution(Function):
    """X of A X = B, batches alike, where a triangle of A is read; unit: with ones on its diagonal."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A, B, upper, unit):
        made = laid(each_once(lambda a, right: _lapack.trsm(right, (a, upper, unit)), [(as_array(A).swapaxes(-1, -2), 2)], as_array(B).swapaxes(-1, -2))[0], B)
        ctx.save_for_backward(A, made)
        ctx.read = upper, unit
        return made

    @staticmethod
    def backward(ctx, g):
        A, X = ctx.saved_tensors
        upper, unit = ctx.read
        to_b = Substitution.apply(A.mT, g, not upper, unit)
        return triangle(-(to_b @ X.mT), upper, unit) if ctx.needs_input_grad[0] else None, to_b, None, None


def triangle(x, upper, unit=False):
    """What is read of x; unit: without the diagonal."""
    return x.triu(int(unit)) if upper else x.tril(-int(unit))


@with_exact_out
def inv(A):
    """The inverses of square matrices. LinAlgError for a singular one."""
    need_matrices("inv", A, True)
    return _inverse(A)


@with_exact_out
def inv_ex(A, *, check_errors=False):
    """(inverse, info): info is 0, or for a singular matrix the place of the first zero pivot; its inverse is not finite."""
    need_matrices("inv", A, True)
    if check_errors:
        return Inverse(_inverse(A, "linalg.inv_ex"), _C.zeros(A.shape[:-2], dtype=_C.int32))
    return Inverse(*_Inverse.apply(A))


def columns(x):
    """x, laid column by column; the same tensor if it lies so."""
    turned = x.mT
    return x if turned.is_contiguous() and x.numel() and 1 not in x.shape else turned.clone(memory_format=_C.contiguous_format).mT


def is_vector(A, B):
    """Whether B is a batch of vectors: of one dimension, or shaped as A's batch with one size more."""
    return B.dim() == 1 or (A.dim() - 1 == B.dim() and B.shape == A.shape[:-1])


def need_same_dtype(name, A, B, argument="A"):
    if A.dtype != B.dtype:
        raise RuntimeError(f"linalg.{name}: Expected {argument} and B to have the same dtype, but found {argument} of type {scalar_name(A.dtype)} and B of type {scalar_name(B.dtype)} instead")


def _need_fitting(name, A, B, left):
    need_right(name, B)
    if A.size(-1) != B.size(-2 if left else -1):
        raise RuntimeError(f"linalg.{name}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
                           f"({A.size(-2)}x{A.size(-1)} and {B.size(-2)}x{B.size(-1)})")


@with_exact_out
@node("LinalgSolveExBackward0", unkept=(1,))
def solve(A, B, *, left=True):
    """X of A X = B, or with left=False of X A = B; B's last dimension may be missing. LinAlgError where A is singular."""
    need_matrices("solve", A, True, kernel="lu_cpu")
    need_tensor("linalg_solve", B, "B", 2)
    need_same_dtype("solve", A, B)
    vector = B.dim() > 0 and is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    _need_fitting("solve", A, right, left)
    if not left:
        made = solve(A.mT, right.mT).mT
        return made.squeeze(-1) if vector else made
    made = Solution.apply(*of_one_batch(A, right))
    return made if not vector else made.squeeze(-1) if right.dim() == 2 else columns(made.squeeze(-1))


@with_exact_out
@node("LinalgSolveTriangularBackward0", unkept=(1,))
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X of A X = B (left=False: X A = B) where only a triangle of A is read; unitriangular: with ones on its diagonal."""
    need_matrices("solve_triangular", A, True, kernel="triangular_solve_cpu", integers=True)
    _need_fitting("solve_triangular", A, B, left)
    need_same_dtype("solve_triangular", A, B)
    if not left:
        return columns(solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT)
    return Substitution.apply(*of_one_batch(A, B), bool(upper), bool(unitriangular))


def _diagonal(A):
    """The diagonals of U of A = P L U, numbers of all matrices adjacent, and the signs of P: 1 or -1. In float64, so that the determinant
    of small whole numbers is whole in float32, too."""
    columns = turned(A).astype(np.float64, copy=False)
    pivots, _ = _lapack.getrf(columns)
    diagonal = columns.diagonal(0, -2, -1)
    if not pivots.ndim - 1:
        odd = sum([p != i for i, p in enumerate(pivots.tolist(), 1)]) & 1
        return diagonal, -1.0 if odd else 1.0
    places, last = np.ascontiguousarray(np.moveaxis(pivots, -1, 0)), np.arange(1, pivots.shape[-1] + 1)
    odd = np.logical_xor.reduce(places != last.reshape(-1, *[1] * (pivots.ndim - 1)), 0)
    return np.ascontiguousarray(np.moveaxis(diagonal, -1, 0)), np.where(odd, -1.0, 1.0)


def _product(diagonal, sign):
    if diagonal.ndim == 1:
        return math.prod(diagonal.tolist()) * sign
    with np.errstate(all="ignore"):
        return diagonal.prod(0) * sign


def _logarithm(diagonal, sign):
    """Signs and logarithms of products."""
    if diagonal.ndim == 1 and 0 not in (numbers := diagonal.tolist()):
        return math.prod([(x > 0) - (x < 0) for x in numbers], start=sign), np.add.reduce(np.log(np.abs(diagonal)))
    with np.errstate(all="ignore"):
        return sign * ((diagonal > 0).astype(diagonal.dtype) - (diagonal < 0)).prod(0), np.log(np.abs(diagonal)).sum(0)


@named("LinalgDetBackward0")
class _Determinant(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        made = as_tensor(_product(*_diagonal(A)), A)
        ctx.save_for_backward(A, made)
        return made

    @staticmethod
    def backward(ctx, g):
        A, made = ctx.saved_tensors
        return g[..., None, None] * (_cofactors(A) if bool((made == 0).any()) else made[..., None, None] * _inverse(A).mT)


def _cofactors(A):
    """The gradient of det, also where A is singular: products of all singular values but one."""
    U, S, Vh = _C._ops["linalg_svd"](A)  # which tells vectors of the value 0 as well
    n = S.size(-1)
    others = S.unsqueeze(-2).expand(*S.shape, n).masked_fill(_C.eye(n, dtype=_C.bool), 1).prod(-1)
    return (det(U.detach()) * det(Vh.detach()))[..., None, None] * ((U * others.unsqueeze(-2)) @ Vh)


class _LogDeterminant(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        sign, log = (as_tensor(x, A) for x in _logarithm(*_diagonal(A)))
        ctx.save_for_backward(A)
        return sign, log

    @staticmethod
    def backward(ctx, _, g):
        return g[..., None, None] * _Inverse.apply(ctx.saved_tensors[0])[0].mT


@with_exact_out
def det(A):
    """Determinants of square matrices."""
    need_matrices("det", A, True, kernel="lu_cpu")
    return _Determinant.apply(A)


@node("LinalgSlogdetBackward0", results=(0,))
def _signed(A):
    return _LogDeterminant.apply(A)


@with_exact_out
def slogdet(A):
    """(sign, logabsdet): signs of the determinants, and logarithms of their magnitudes."""
    need_matrices("slogdet", A, True)
    return SLogDet(*_signed(A))
