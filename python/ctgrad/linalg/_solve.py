"""Inverses, solutions and determinants."""

import math

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._dtypes import scalar_name
from ctgrad.autograd import Function
from ctgrad.composed import need_tensor, results, with_exact_out
from ctgrad.composed.closed import named, node

from ._checks import LinAlgError, as_array, as_columns, as_tensor, first_zero_pivot, lapack, need_matrices, need_right

Inverse = results("linalg_inv_ex", "inverse info")
SLogDet = results("linalg_slogdet", "sign logabsdet")


@named("LinalgInvExBackward0")
class InverseOf(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        made = as_columns(lapack("linalg.inv", "The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular.",
                                 np.linalg.inv, A, place=first_zero_pivot), A)
        ctx.save_for_backward(made)
        return made

    @staticmethod
    def backward(ctx, g):
        turned = ctx.saved_tensors[0].mT
        return -(turned @ (g @ turned))


@named("LinalgSolveExBackward0")
class Solution(Function):
    """X of A X = B, batches alike."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A, B):
        made = as_columns(lapack("torch.linalg.solve", "The solver failed because the input matrix is singular.", np.linalg.solve, A, as_array(B), place=first_zero_pivot), A)
        ctx.save_for_backward(A, made)
        return made

    @staticmethod
    def backward(ctx, g):
        A, X = ctx.saved_tensors
        to_b = Solution.apply(A.mT, g)
        return -(to_b @ X.mT), to_b


@with_exact_out
def inv(A):
    """The inverses of square matrices. LinAlgError for a singular one."""
    need_matrices("inv", A, True)
    return InverseOf.apply(A)


@with_exact_out
def inv_ex(A, *, check_errors=False):
    """(inverse, info): info is 0, or for a singular matrix the place of the first zero pivot; its inverse is NaN."""
    need_matrices("inv", A, True)
    try:
        return Inverse(InverseOf.apply(A), _C.zeros(A.shape[:-2], dtype=_C.int32))
    except LinAlgError as error:
        if check_errors:
            raise LinAlgError(str(error).replace("linalg.inv:", "linalg.inv_ex:")) from None
        flat = [_one_inverse(a) for a in A.reshape(-1, *A.shape[-2:])]
        return Inverse(_C.stack([a for a, _ in flat]).reshape(A.shape), _C.tensor([i for _, i in flat], dtype=_C.int32).reshape(A.shape[:-2]))


def _one_inverse(a):
    try:
        return InverseOf.apply(a), 0
    except LinAlgError:
        return _C.full_like(a, math.nan), first_zero_pivot(as_array(a))


def columns(x):
    """x, laid column by column; the same tensor if it lies so."""
    turned = x.mT
    return x if turned.is_contiguous() and x.numel() and 1 not in x.shape else turned.clone(memory_format=_C.contiguous_format).mT


def is_vector(A, B):
    """Whether B is a batch of vectors: of one dimension, or shaped as A's batch with one size more."""
    return B.dim() == 1 or (A.dim() - 1 == B.dim() and B.shape == A.shape[:-1])


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
    if A.dtype != B.dtype:
        raise RuntimeError(f"linalg.solve: Expected A and B to have the same dtype, but found A of type {scalar_name(A.dtype)} and B of type {scalar_name(B.dtype)} instead")
    vector = B.dim() > 0 and is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    _need_fitting("solve", A, right, left)
    if not left:
        made = solve(A.mT, right.mT).mT
        return made.squeeze(-1) if vector else made
    batch = ctgrad.broadcast_shapes(A.shape[:-2], right.shape[:-2])
    made = Solution.apply(A.expand(*batch, *A.shape[-2:]), right.expand(*batch, *right.shape[-2:]))
    return made if not vector else made.squeeze(-1) if right.dim() == 2 else columns(made.squeeze(-1))


@with_exact_out
@node("LinalgSolveTriangularBackward0", unkept=(1,))
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X of A X = B (left=False: X A = B) where only a triangle of A is read; unitriangular: with ones on its diagonal."""
    need_matrices("solve_triangular", A, True, kernel="triangular_solve_cpu", integers=True)
    _need_fitting("solve_triangular", A, B, left)
    kept = (A.triu if upper else A.tril)((1 if upper else -1) if unitriangular else 0)
    if unitriangular:
        kept = kept + _C.eye(A.size(-1), dtype=A.dtype)
    try:
        made = solve(kept, B, left=left)
    except LinAlgError:
        made = _substituted(kept, B, upper) if left else _substituted(kept.mT, B.mT, not upper).mT
    return columns(made)


def _substituted(A, B, upper):
    """X of a triangular A X = B, row by row: infinite or not a number where A is singular."""
    n, rows = A.size(-1), {}
    for i in reversed(range(n)) if upper else range(n):
        others = sum((A[..., i, j, None] * x for j, x in rows.items()), 0.0)
        rows[i] = (B[..., i, :] - others) / A[..., i, i, None]
    return _C.stack([rows[i] for i in range(n)], -2)


@named("LinalgDetBackward0")
class _Determinant(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        made = as_tensor(np.linalg.det(as_array(A)), A)
        ctx.save_for_backward(A, made)
        return made

    @staticmethod
    def backward(ctx, g):
        A, made = ctx.saved_tensors
        return g[..., None, None] * (_cofactors(A) if bool((made == 0).any()) else made[..., None, None] * InverseOf.apply(A).mT)


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
        sign, log = (as_tensor(x, A) for x in np.linalg.slogdet(as_array(A)))
        ctx.save_for_backward(A)
        return sign, log

    @staticmethod
    def backward(ctx, _, g):
        return g[..., None, None] * InverseOf.apply(ctx.saved_tensors[0]).mT


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
