"""Ranks, pseudo-inverses and least squares, by singular values."""

import ctgrad
from ctgrad import _C
from ctgrad.autograd import Function
from ctgrad.composed import results, with_out
from ctgrad.composed.closed import named, node

from ._checks import LinAlgError, need_matrices
from ._factor import singular, svdvals
from ._norms import matrix_norm
from ._solve import inv_ex, is_vector

LeastSquares = results("linalg_lstsq", "solution residuals rank singular_values")


@named("LinalgPinvBackward0")
class _PseudoInverse(Function):
    @staticmethod
    def forward(ctx, A, least):
        U, S, Vh = singular(A)
        kept = S > least
        made = Vh.mT @ (_C.where(kept, 1 / S.masked_fill(~kept, 1), 0.0).unsqueeze(-1) * U.mT)
        ctx.save_for_backward(A, made)
        return made

    @staticmethod
    def backward(ctx, g):
        A, P = ctx.saved_tensors
        turned, g = P.mT, g.mT
        right = _C.eye(A.size(-1), dtype=A.dtype) - P @ A
        left = _C.eye(A.size(-2), dtype=A.dtype) - A @ P
        return -(P @ g @ P).mT + left @ g @ P @ turned + turned @ P @ g @ right, None


def _least(A, S, atol, rtol):
    """Below which singular values count as 0. `rcond` is an older rtol."""
    if rtol is None:
        rtol = 0.0 if atol is not None and bool(_C.as_tensor(atol).gt(0).all()) else max(A.shape[-2:]) * ctgrad.finfo(A.dtype).eps
    largest = S.detach().amax(-1, keepdim=True) if S.size(-1) else S.detach().sum(-1, keepdim=True)
    atol, rtol = (_C.as_tensor(0.0 if x is None else x, dtype=A.dtype).unsqueeze(-1) for x in (atol, rtol))
    return _C.maximum((rtol * largest), atol.expand_as(largest) if atol.dim() <= 1 else atol)


@with_out
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values are above max(atol, rtol times the largest); rtol defaults to max(m, n) eps. `tol` is an older atol."""
    atol = tol if atol is None else atol
    need_matrices("matrix_rank", A)
    S = svdvals(A.detach())
    return (S > _least(A, S, atol, rtol)).sum(-1)


@node("LinalgPinvBackward0")
def _empty_inverse(A):
    return A.mT.clone()


@with_out
def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """Pseudo-inverses; singular values up to max(atol, rtol times the largest) count as 0."""
    need_matrices("pinv", A)
    rtol = rcond if rtol is None else rtol
    if A.numel() == 0:
        return _empty_inverse(A)
    return _PseudoInverse.apply(A, _least(A, svdvals(A.detach()), atol, rtol))


@with_out
def cond(A, p=None):
    """Condition numbers by the matrix norm p: the largest singular value over the least, unless p says otherwise."""
    need_matrices("cond", A)
    if A.size(-1) == 0 and A.size(-2) == 0:
        return A.new_zeros(A.shape[:-2])
    if p in (None, 2, -2):
        S = svdvals(A)
        least, most = S.narrow(-1, S.size(-1) - 1, 1), S.narrow(-1, 0, 1)
        return (least / most if p == -2 else most / least).squeeze(-1)
    if not (p in ("fro", "nuc") or abs(p) in (1, float("inf"))):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    inverse, info = inv_ex(A)
    if p == "nuc" and not info.any():
        return matrix_norm(A, p) * matrix_norm(inverse, p)
    if p == "nuc":  # whose singular values must be finite
        return (matrix_norm(A, p) * matrix_norm(inverse.nan_to_num(), p)).masked_fill(info != 0, float("inf"))
    infinite = float("inf")
    inverse = inverse.masked_fill((info != 0)[..., None, None], infinite) if info.any() else inverse
    return (matrix_norm(A, p) * matrix_norm(inverse, p)).nan_to_num(infinite, infinite, -infinite)


def lstsq(A, B, rcond=None, *, driver=None):
    """(solution, residuals, rank, singular_values): X with the least |A X - B|, of these the shortest."""
    need_matrices("lstsq", A)
    vector = is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    rank, values = matrix_rank(A, rtol=rcond), svdvals(A.detach()) if driver in ("gelsd", "gelss") else A.new_empty(0)
    full = bool((rank == min(A.shape[-2:])).all())
    X, away = _nearest(A, right, rcond, vector, driver in ("gels", "gelsd", "gelss") and A.size(-2) > A.size(-1) and full)
    if driver == "gels":
        if not full:
            raise LinAlgError("torch.linalg.lstsq: The least squares solution could not be computed because the input matrix does not have full rank.")
        rank = _C.empty(0, dtype=_C.int64)
    return LeastSquares(X, away, rank, values)


@node("LinalgLstsqBackward0")
def _nearest(A, B, rcond, vector, overdetermined):
    """X with the least |A X - B|, of these the shortest, and its squared distances: none where X is not the only one, or meets B."""
    X = pinv(A, rtol=rcond) @ B
    away = (A @ X - B).square().sum(-2) if overdetermined else X.reshape(-1)[:0]
    return X.squeeze(-1) if vector else X, away
