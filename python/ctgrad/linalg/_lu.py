"""LU and LDL^T factorizations, and what is solved by them."""

import numpy as np

from ctgrad import _C
from ctgrad._dtypes import scalar_name
from ctgrad.autograd import Function
from ctgrad.autograd.function import underivable
from ctgrad.composed import need_tensor, results, with_exact_out
from ctgrad.composed.closed import named, node

from . import _lapack
from ._checks import LinAlgError, as_array, each_once, laid, need_equations, need_kernel, need_matrices, need_none, need_right, new, of_one_batch, turned
from ._solve import Substitution, is_vector, need_same_dtype, solve

LU = results("linalg_lu", "P L U")
LUFactor = results("linalg_lu_factor", "LU pivots")
LUFactorEx = results("linalg_lu_factor_ex", "LU pivots info")
LDLFactor = results("linalg_ldl_factor", "LD pivots")
LDLFactorEx = results("linalg_ldl_factor_ex", "LD pivots info")
SolveEx = results("linalg_solve_ex", "result info")



def _placed(pivots, x, back):
    """Rows of x as L U has them, or back where A has them."""
    order = _C.from_numpy(_lapack.row_order(as_array(pivots, 1), x.size(-2), back))
    return x.gather(-2, order.long().unsqueeze(-1).expand(x.shape))


@named("LinalgLuFactorExBackward0")
class Factors(Function):
    """L below and U on and above the diagonal, pivots and infos."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        columns = turned(A)
        pivots, infos = [new(x, A) for x in _lapack.getrf(columns)]
        made = laid(columns, A)
        ctx.save_for_backward(made, pivots)
        ctx.mark_non_differentiable(pivots, infos)
        return made, pivots, infos

    @staticmethod
    def backward(ctx, g, _pivots, _infos):
        made, pivots = ctx.saved_tensors
        k = min(made.shape[-2:])
        L, U, below, above = made.tril(-1), made.triu()[..., :k, :], g.tril(-1), g.triu()
        L1, U1 = L[..., :k, :k] + _C.eye(k, dtype=L.dtype), U[..., :k]
        inner = (L1.mT @ below[..., :k, :k] - above[..., :k, k:] @ U[..., k:].mT).tril(-1) + (above[..., :k, :k] @ U1.mT - L[..., k:, :k].mT @ below[..., k:, :k]).triu()
        parts = _C.cat([inner, above[..., :k, k:]], -1)  # by L1 they come to rows, by U1 to the first columns
        rows = Substitution.apply(L1.mT, parts, True, True)
        first = Substitution.apply(U1, _C.cat([rows[..., :k], below[..., k:, :k]], -2).mT, True, False).mT
        return _placed(pivots, _C.cat([first, rows[..., k:]], -1) if made.size(-1) > k else first, True)


def factored(name, A, pivot=True):
    need_tensor("linalg_lu_factor_ex", A, "A")
    if A.dim() < 2:
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead")
    need_kernel("lu_cpu", A)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    return Factors.apply(A)


def _need_factors(name, info):
    need_none(RuntimeError, f"torch.linalg.{name}", "U[{0},{0}] is zero and using it on lu_solve would result in a division by zero. "
              "If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)", info)


@with_exact_out
def lu_factor_ex(A, *, pivot=True, check_errors=False):
    """(LU, pivots, info): lu_factor, with the place of the first zero of U's diagonal (0: none) in place of an exception."""
    made = LUFactorEx(*factored("torch.lu_factor", A, pivot))
    if check_errors:
        _need_factors("lu_factor_ex", made.info)
    return made


@with_exact_out
def lu_factor(A, *, pivot=True):
    """(LU, pivots) of A = P L U: L below the diagonal, U on and above it; row i was exchanged with row pivots[i], from 1. RuntimeError where U's diagonal has a 0."""
    LU, pivots, info = factored("torch.lu_factor", A, pivot)
    _need_factors("lu_factor", info)
    return LUFactor(LU, pivots)


def unpacked(LU):
    k = min(LU.shape[-2:])
    return (LU[..., :k].contiguous().tril(-1) + _C.eye(LU.size(-2), k, dtype=LU.dtype)).contiguous(), LU[..., :k, :].contiguous().triu()


def permutation(pivots, rows, like):
    """P of A = P L U."""
    order = new(_lapack.row_order(as_array(pivots, 1), rows), like)
    return (order.unsqueeze(-2) == _C.arange(rows).unsqueeze(-1)).to(like.dtype)


@node("LinalgLuBackward0", unkept=(0,), results=(0, 1, 2))
def _lu(A, pivot):
    LU, pivots, _ = factored("linalg.lu", A, pivot)
    return permutation(pivots, A.size(-2), A), *unpacked(LU)


@with_exact_out
def lu(A, *, pivot=True):
    """(P, L, U) of A = P L U: P a permutation, L with ones on its diagonal, U upper triangular."""
    return LU(*_lu(A, pivot))


def _by_factors(f, factors, pivots, B):
    """f(turned factors, pivots, turned right sides), which works on the last; the tensor of these."""
    operands = [(np.ascontiguousarray(as_array(factors).swapaxes(-1, -2)), 2), (np.ascontiguousarray(as_array(pivots, 1)), 1)]
    return laid(each_once(f, operands, as_array(B).swapaxes(-1, -2))[0], B)


@named("LinalgLuSolveBackward0")
class _LUSolution(Function):
    """X of A X = B, or of X A = B; adjoint: with A's transpose."""

    _mixes = 2

    @staticmethod
    def forward(ctx, LU, pivots, B, left, adjoint):
        made = _by_factors(lambda *of: _lapack.getrs(*of, adjoint is left), LU, pivots, B if left else B.mT)
        made = made if left else made.mT
        ctx.save_for_backward(LU, pivots, made)
        ctx.sides = left, adjoint
        return made

    @staticmethod
    def backward(ctx, g):
        made, pivots, X = ctx.saved_tensors
        left, adjoint = ctx.sides
        to_b = _LUSolution.apply(made, pivots, g, left, not adjoint)
        if not ctx.needs_input_grad[0]:
            return None, None, to_b, None, None
        to_a = to_b @ X.mT if left else X.mT @ to_b
        to_a = _placed(pivots, -(to_a.mT if adjoint else to_a), False)
        L, U = unpacked(made)
        return (to_a @ U.mT).tril(-1) + (L.mT @ to_a).triu(), None, to_b, None, None


def _need_pivots(name, LU, pivots):
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(f"{name}: Expected {'LU' if 'lu' in name else 'LD'}.shape[:-1] and pivots.shape to be the same, but got pivots with shape {list(pivots.shape)} instead")


@with_exact_out
def lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """X of A X = B (left=False: X A = B; adjoint: with A's transpose) by lu_factor's result for A."""
    need_matrices("lu_solve", LU, True, torch="torch.", kernel="linalg.lu_solve_cpu")
    need_tensor("linalg_lu_solve", pivots, "pivots", 2)
    need_right("lu_solve", B)
    need_same_dtype("lu_solve", LU, B, "LU")
    if pivots.dtype != _C.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    if pivots.dim() == 0 or pivots.size(-1) != LU.size(-1):
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    _need_pivots("linalg.lu_solve", LU, pivots)
    n = LU.size(-1)
    if n != B.size(-2 if left else -1):
        raise RuntimeError(f"linalg.lu_solve: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
                           f"({LU.size(-2)}x{LU.size(-1)} and {B.size(-2)}x{B.size(-1)})")
    if pivots.numel() and (int(pivots.amin()) < 1 or int(pivots.amax()) > n):
        raise RuntimeError(f"Pivots given to lu_solve must all be {'greater or equal to 1' if int(pivots.amin()) < 1 else 'smaller or equal to LU.size(-2)'}. "
                           "Did you properly pass the result of lu_factor?")
    LU, B = of_one_batch(LU, B)
    return _LUSolution.apply(LU, pivots.expand(LU.shape[:-1]), B, left, adjoint)


@node("LinalgSolveExBackward0")
def _solved(A, B, left):
    LU, pivots, info = Factors.apply(A)
    right = B.unsqueeze(-1) if left and is_vector(A, B) else B
    made = lu_solve(LU, pivots, right, left=left)
    return made if right is B else made.squeeze(-1), info


@with_exact_out
def solve_ex(A, B, *, left=True, check_errors=False):
    """(result, info): solve, with the place of the first zero pivot (0: none) in place of an exception; its result is not finite."""
    try:
        return SolveEx(solve(A, B, left=left), _C.zeros(A.shape[:-2], dtype=_C.int32))
    except LinAlgError as error:
        if check_errors:
            raise LinAlgError(str(error).replace("linalg.solve:", "linalg.solve_ex:")) from None
        return SolveEx(*_solved(A, B, left))


@with_exact_out
def ldl_factor_ex(A, *, hermitian=False, check_errors=False):
    """(LD, pivots, info) of symmetric A = L D L^T, as LAPACK's sytrf packs them; A's lower triangle counts. info: the first zero of D, 0: none."""
    need_matrices("ldl_factor_ex", A, True, torch="torch.", kernel="ldl_factor_kernel_cpu")
    columns = turned(A.tril())
    pivots, infos = [new(x, A) for x in _lapack.sytrf(columns)]
    made = LDLFactorEx(underivable("linalg_ldl_factor_ex", laid(columns, A), A, known=False), pivots, infos)
    if check_errors:
        _need_diagonal("ldl_factor_ex", infos)
    return made


def _need_diagonal(name, infos):
    need_none(RuntimeError, f"torch.linalg.{name}", "D[{0},{0}] is zero: the matrix is singular. linalg.ldl_factor_ex gives the factors all the same", infos)


@with_exact_out
def ldl_factor(A, *, hermitian=False):
    """(LD, pivots): ldl_factor_ex, RuntimeError where D has a zero on its diagonal."""
    made = ldl_factor_ex(A, hermitian=hermitian)
    _need_diagonal("ldl_factor", made.info)
    return LDLFactor(*made[:2])


@with_exact_out
def ldl_solve(LD, pivots, B, *, hermitian=False):
    """X of A X = B by ldl_factor's result for A."""
    need_matrices("ldl_solve", LD, True, torch="torch.")
    need_tensor("linalg_ldl_solve", pivots, "pivots", 2)
    need_right("ldl_solve", B, "torch.")
    need_equations("torch.linalg.ldl_solve", LD, B)
    if pivots.is_floating_point() or pivots.dtype == _C.bool:
        raise RuntimeError(f"torch.linalg.ldl_solve: Expected pivots to be integers. Got {scalar_name(pivots.dtype)}")
    _need_pivots("torch.linalg.ldl_solve", LD, pivots)
    n = LD.size(-1)
    if pivots.numel() and bool((pivots.abs() > n).any() | (pivots == 0).any()):
        raise RuntimeError(f"torch.linalg.ldl_solve: pivots must be 1 to {n} or their negatives. Did you properly pass the result of ldl_factor?")
    wide, right = of_one_batch(LD, B)
    try:
        made = _by_factors(_lapack.sytrs, wide, pivots.int().expand(wide.shape[:-1]), right)
    except ValueError:  # what is looked at below
        raise RuntimeError("torch.linalg.ldl_solve: negative pivots come in pairs. Did you properly pass the result of ldl_factor?") from None
    return underivable("linalg_ldl_solve", made, LD, B, known=False)
