"""Ranks, pseudo-inverses and least squares, by singular values."""

from ctgrad import _C
from ctgrad._dtypes import finfo, scalar_name
from ctgrad.autograd import Function
from ctgrad.composed import need_tensor, results, with_shared_out
from ctgrad.composed.closed import named, node

from ._checks import LinAlgError, need_matrices, of_one_batch
from ._factor import singular, svdvals, symmetric
from ._norms import matrix_norm
from ._solve import inv_ex, is_vector

_EPS = {dtype: finfo(dtype).eps for dtype in (_C.float32, _C.float64)}
LeastSquares = results("linalg_lstsq", "solution residuals rank singular_values")


@named("LinalgPinvBackward0")
class _PseudoInverse(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A, parts):
        U, S, Vh, least = parts
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


def _parts(A, atol, rtol, hermitian=False):
    """U, S, Vh, and below which of these singular values count as 0."""
    U, S, Vh = singular((symmetric(A, False) if hermitian else A).detach())
    return U, S, Vh, _least(A, S, atol, rtol)


def _least(A, S, atol, rtol):
    """Below which singular values count as 0. `rcond` is an older rtol."""
    if rtol is None:
        rtol = 0.0 if atol is not None and bool(_C.as_tensor(atol).gt(0).all()) else max(A.shape[-2:]) * _EPS[A.dtype]
    largest = S.narrow(-1, 0, 1) if S.size(-1) else S.sum(-1, keepdim=True)
    if not isinstance(atol, _C.Tensor) and not isinstance(rtol, _C.Tensor):
        return (rtol * largest).clamp(min=atol or 0.0)
    atol, rtol = (_C.as_tensor(0.0 if x is None else x, dtype=A.dtype).unsqueeze(-1) for x in (atol, rtol))
    return _C.maximum((rtol * largest), atol.expand_as(largest) if atol.dim() <= 1 else atol)


@with_shared_out
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values are above max(atol, rtol times the largest); rtol defaults to max(m, n) eps. hermitian: the
    lower triangle counts. `tol` is an older atol."""
    atol = tol if atol is None else atol
    need_matrices("matrix_rank", A, hermitian)
    S = svdvals(symmetric(A, False).detach() if hermitian else A.detach())
    return (S > _least(A, S, atol, rtol)).sum(-1)


@node("LinalgPinvBackward0")
def _empty_inverse(A):
    return A.mT.clone(memory_format=_C.contiguous_format)


@with_shared_out
def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """Pseudo-inverses; singular values up to max(atol, rtol times the largest) count as 0. hermitian: the lower triangle counts."""
    need_matrices("pinv", A, hermitian)
    rtol = rcond if rtol is None else rtol
    for what, x in (("atol", atol), ("rtol", rtol)):
        if isinstance(x, _C.Tensor) and x.requires_grad and _C.is_grad_enabled():
            raise RuntimeError(f"The function 'linalg_pinv' is not differentiable with respect to argument '{what}'. This input cannot have requires_grad True.")
    if A.numel() == 0:
        return _empty_inverse(A)
    return _PseudoInverse.apply(A, _parts(A, atol, rtol, hermitian))


@with_shared_out
def cond(A, p=None):
    """Condition numbers by the matrix norm p: the largest singular value over the least, unless p says otherwise."""
    need_matrices("svd" if p in (None, 2, -2) else "inv", A, kernel="linalg_svd_cpu" if p in (None, 2, -2) else None)
    if A.size(-1) == 0 and A.size(-2) == 0:
        return A.new_zeros(A.shape[:-2])
    if p in (None, 2, -2):
        S = svdvals(A)
        least, most = S.narrow(-1, S.size(-1) - 1, 1), S.narrow(-1, 0, 1)
        return (least / most if p == -2 else most / least).squeeze(-1)
    if not (p in ("fro", "nuc") if isinstance(p, str) else abs(p) in (1, float("inf"))):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    inverse, info = inv_ex(A)
    if p == "nuc" and not info.any():
        return matrix_norm(A, p) * matrix_norm(inverse, p)
    if p == "nuc":  # whose singular values must be finite
        return (matrix_norm(A, p) * matrix_norm(inverse.nan_to_num(), p)).masked_fill(info != 0, float("inf"))
    infinite = float("inf")
    inverse = inverse.masked_fill((info != 0)[..., None, None], infinite) if info.any() else inverse
    return (matrix_norm(A, p) * matrix_norm(inverse, p)).nan_to_num(infinite, infinite, -infinite)


_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def _need_equations(A, B, vector):
    """RuntimeError where A X = B is no question, in PyTorch's words."""
    name = "torch.linalg.lstsq"
    if A.dim() < 2 or B.dim() < 1:
        raise RuntimeError(f"{name}: {'input must have at least 2 dimensions' if A.dim() < 2 else 'other must have at least 1 dimension'}.")
    if A.dtype != B.dtype:
        raise RuntimeError(f"{name}: Expected input and other to have the same dtype, but got input's dtype {scalar_name(A.dtype)} and other's dtype {scalar_name(B.dtype)}")
    if A.dtype not in (_C.float32, _C.float64):
        raise RuntimeError("This function doesn't handle types other than float and double")
    if A.dim() - B.dim() not in (0, 1):
        raise RuntimeError(f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1")
    if A.size(-2) != B.size(-1 if vector else -2):
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({-1 if vector else -2})")


def lstsq(A, B, rcond=None, *, driver=None):
    """(solution, residuals, rank, singular_values): X with the least |A X - B|, of these the shortest. A's and B's batches broadcast; ranks and singular values are of A as given."""
    need_tensor("linalg_lstsq", A)
    need_tensor("linalg_lstsq", B, "b", 2)
    vector = A.dim() >= 2 and is_vector(A, B)
    _need_equations(A, B, vector)
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError("torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    parts = _parts(A, None, rcond)
    rank, values = (parts[1] > parts[3]).sum(-1), parts[1] if driver in ("gelsd", "gelss") else A.new_empty(0)
    full = bool((rank == min(A.shape[-2:])).all())
    X, away = _nearest(A, B.unsqueeze(-1) if vector else B, parts, vector, driver in ("gels", "gelsd", "gelss") and A.size(-2) > A.size(-1) and full)
    if driver == "gels":
        if not full:
            raise LinAlgError("torch.linalg.lstsq: The least squares solution could not be computed because the input matrix does not have full rank.")
        rank = _C.empty(0, dtype=_C.int64)
    return LeastSquares(X, away, rank, values)


@node("LinalgLstsqBackward0", results=(0,))
def _nearest(A, B, parts, vector, overdetermined):
    """X with the least |A X - B|, of these the shortest, and its squared distances: none where X is not the only one, or meets B."""
    P = _PseudoInverse.apply(A, parts) if A.numel() else _empty_inverse(A)
    A, B = of_one_batch(A, B)
    X = P.expand(*A.shape[:-2], *P.shape[-2:]) @ B
    away = (A @ X - B).square().sum(-2) if overdetermined else X[..., :0].reshape(-1)
    m, n = A.shape[-2:]
    room = [X.mT.new_zeros((*X.shape[:-2], X.size(-1), m - n))] if m > n else []
    X = _C.cat([X.mT, *room], -1)[..., :n].mT  # where LAPACK leaves it: over the right-hand side's rows
    return X.squeeze(-1) if vector else X, away
