"""Factorizations."""

import math

import numpy as np

from ctgrad import _C
from ctgrad.autograd import Function
from ctgrad.composed import deliver, results, with_exact_out
from ctgrad.composed.closed import named, node

from . import _lapack
from ._checks import LinAlgError, as_array, as_columns, as_tensor, each_once, laid, lapack, need_matrices, need_none, new, turned
from ._solve import SINGULAR, Substitution, columns as by_columns, triangle

Eigh = results("linalg_eigh", "eigenvalues eigenvectors")
Info = results("linalg_cholesky_ex", "L info")
QR = results("linalg_qr", "Q R")
SVD = results("linalg_svd", "U S Vh")


@named("LinalgCholeskyExBackward0")
class _Cholesky(Function):
    """Factors and infos."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A, upper):
        columns = turned(A)
        infos = new(_lapack.potrf(columns, upper), A)
        made = laid(columns, A)
        ctx.save_for_backward(made)
        ctx.mark_non_differentiable(infos)
        ctx.upper = upper
        return made, infos

    @staticmethod
    def backward(ctx, g, _infos):
        L = ctx.saved_tensors[0]
        L, g = (L.mT, g.mT) if ctx.upper else (L, g)
        product = (L.mT @ g).tril()
        half = product - product.diagonal(dim1=-2, dim2=-1).diag_embed() / 2
        back = Substitution.apply(L.mT, Substitution.apply(L.mT, half.mT, True, False).mT, True, False)
        return (back + back.mT) / 2, None


@with_exact_out
def cholesky(A, *, upper=False):
    """Lower L of A = L L^T, or upper U of A = U^T U; only A's lower (upper) triangle counts. LinAlgError where A is not positive-definite."""
    need_matrices("cholesky", A, True, kernel="cholesky_cpu")
    return _positive("linalg.cholesky", A, upper)[0]


def _positive(name, A, upper):
    made = _Cholesky.apply(A, bool(upper))
    need_none(LinAlgError, name, "The factorization could not be completed because the input is not positive-definite (the leading minor of order {} is not positive-definite).", made[1])
    return made


@named("CholeskySolveBackward0")
class FactorSolution(Function):
    """X of L L^T X = B, or with upper of U^T U X = B; a triangle of the factor is read, but its gradient is full, as PyTorch's."""

    _mixes = 2

    @staticmethod
    def forward(ctx, B, factor, upper):
        columns = as_array(factor).swapaxes(-1, -2)
        made = laid(each_once(lambda a, right: _lapack.potrs(a, right, upper), [(columns, 2)], as_array(B).swapaxes(-1, -2))[0], B)
        ctx.save_for_backward(factor, made)
        ctx.upper = upper
        return made

    @staticmethod
    def backward(ctx, g):
        factor, X = ctx.saved_tensors
        to_b = FactorSolution.apply(g, factor, ctx.upper)
        product = to_b @ X.mT
        return to_b, -_by_factor(product + product.mT, factor, ctx.upper) if ctx.needs_input_grad[1] else None, None


@named("CholeskyInverseBackward0")
class FactorInverse(Function):
    """The inverse of L L^T, or with upper of U^T U, likewise."""

    _mixes = 2

    @staticmethod
    def forward(ctx, factor, upper):
        columns = turned(factor)
        infos = new(_lapack.potri(columns, upper), factor)
        need_none(LinAlgError, "cholesky_inverse", f"The diagonal element {{}} is zero, {SINGULAR}", infos)
        made = laid(columns, factor)
        ctx.save_for_backward(factor, made)
        ctx.upper = upper
        return made

    @staticmethod
    def backward(ctx, g):
        factor, made = ctx.saved_tensors
        return -_by_factor(made @ (g + g.mT) @ made, factor, ctx.upper), None


def _by_factor(x, factor, upper):
    """The gradient of L from x, that of L L^T."""
    read = factor + (triangle(factor, upper) - factor).detach()
    return read @ x if upper else x @ read


def symmetric(A, upper):
    """One triangle of A, mirrored: what is factored. Gradients are those of a symmetric matrix."""
    return A.triu() + A.triu(1).mT if upper else A.tril() + A.tril(-1).mT


@with_exact_out
def cholesky_ex(A, *, upper=False, check_errors=False):
    """(L, info): cholesky, with the order of the first minor that is not positive-definite in place of an exception; there L ends."""
    need_matrices("cholesky", A, True, kernel="cholesky_cpu")
    return Info(*(_positive("linalg.cholesky_ex", A, upper) if check_errors else _Cholesky.apply(A, bool(upper))))


def _factored(A, wide):
    """Q with so many columns, and R with as many rows; None: no Q, and R with the fewest."""
    columns = turned(A)
    n, m = columns.shape[-2:]
    sizes = _lapack.geqrf(columns)
    rows = min(m, n) if wide is None else wide
    R = laid(_C.from_numpy(columns if rows == m else columns[..., :rows]).tril().contiguous(), A)
    if wide is None:
        return None, R
    if wide == n:  # R is told: the reflections are overwritten
        Q = columns
    else:
        Q = np.zeros((*columns.shape[:-2], wide, m), columns.dtype)
        Q[..., :min(wide, n), :] = columns[..., :wide, :]
    _lapack.orgqr(Q, sizes)
    return laid(Q, A), R


@named("LinalgQrBackward0")
class _TallQR(Function):
    """Q and R of matrices that are not wide."""

    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        Q, R = _factored(A, min(A.shape[-2:]))
        ctx.save_for_backward(Q, R)
        return Q, R

    @staticmethod
    def backward(ctx, g_q, g_r):
        Q, R = ctx.saved_tensors
        M = R @ g_r.mT - g_q.mT @ Q
        return Substitution.apply(R, (g_q + Q @ (M.tril() + M.tril(-1).mT)).mT, True, False).mT


@node("LinalgQrBackward0")
def _wide_qr(A):
    m = A.size(-2)
    Q, R = _TallQR.apply(A[..., :m])
    return Q, by_columns(_C.cat([R, Q.mT @ A[..., m:]], -1))


@named("LinalgQrBackward0")
class _UnderivableQR(Function):
    """Q and R in the modes that have no derivative: 'r', and 'complete' of more rows than columns, where columns of Q are free to turn."""

    @staticmethod
    def forward(ctx, A, mode):
        ctx.mode = mode
        Q, R = _factored(A, A.size(-2) if mode == "complete" else None)
        return Q if mode == "complete" else A.new_empty(0), R

    @staticmethod
    def backward(ctx, g_q, g_r):
        if ctx.mode == "r":
            raise RuntimeError("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') "
                               "if you are going to differentiate through linalg.qr.")
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")


def qr(A, mode="reduced", *, out=None):
    """(Q, R) of A = Q R, Q with orthonormal columns and R upper triangular; mode 'reduced', 'complete' or 'r' (Q is empty). Gradients flow in mode
    'reduced', and in 'complete' unless there are more rows than columns: RuntimeError on the way back."""
    need_matrices("qr", A, kernel="geqrf_cpu")
    if not isinstance(mode, str):
        raise TypeError(f"linalg_qr(): argument 'mode' (position 2) must be str, not {type(mode).__name__}")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'")
    m, n = A.shape[-2:]
    if mode == "r" or (mode == "complete" and m > n):
        made = _UnderivableQR.apply(A, mode)
    else:
        made = _TallQR.apply(A) if m >= n else _wide_qr(A)
    return QR(*made) if out is None else deliver("qr", QR(*made), out, True)


@named("LinalgEighBackward0")
class _Eigen(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A, upper):
        values, vectors = lapack("linalg.eigh", np.linalg.eigh, A, "U" if upper else "L")
        values, vectors = as_tensor(values, A), as_columns(vectors, A)
        ctx.save_for_backward(values, vectors)
        ctx.set_materialize_grads(False)  # of values alone: they may be equal
        return values, vectors

    @staticmethod
    def backward(ctx, g_values, g_vectors):
        values, V = ctx.saved_tensors
        inner = [] if g_values is None else [g_values.diag_embed()]
        if g_vectors is not None:
            apart = (values.unsqueeze(-2) - values.unsqueeze(-1)).masked_fill(_C.eye(values.size(-1), dtype=_C.bool), math.inf)
            inner.append((V.mT @ g_vectors) / apart)
        if not inner:
            return None, None
        made = V @ sum(inner[1:], inner[0]) @ V.mT
        return (made + made.mT) / 2, None


@with_exact_out
def eigh(A, UPLO="L"):
    """(eigenvalues, eigenvectors) of symmetric matrices, values ascending, vectors as columns; only the lower ('U': upper) triangle counts."""
    need_matrices("eigh", A, True, kernel="linalg_eigh_cpu", integers=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return Eigh(*_Eigen.apply(A, UPLO.upper() == "U"))


@with_exact_out
def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, ascending."""
    return eigh(A, UPLO)[0]


@named("LinalgSvdBackward0")
class _Singular(Function):
    _mixes = 2

    @staticmethod
    def forward(ctx, A):
        U, S, Vh = lapack("linalg.svd", lambda a: np.linalg.svd(a, full_matrices=False), A)
        U, S, Vh = as_columns(U, A), as_tensor(S, A), as_columns(Vh, A)
        ctx.save_for_backward(U, S, Vh)
        ctx.set_materialize_grads(False)  # what no gradient comes for needs no different values
        return U, S, Vh

    @staticmethod
    def backward(ctx, g_u, g_s, g_vh):
        U, S, Vh = ctx.saved_tensors
        V, terms, k = Vh.mT, [], S.size(-1)
        squares = S.square()
        apart = (squares.unsqueeze(-2) - squares.unsqueeze(-1)).masked_fill(_C.eye(k, dtype=_C.bool), 1)
        inner = [] if g_s is None else [g_s.diag_embed()]
        if g_u is not None:
            product = U.mT @ g_u
            inner.append((product - product.mT) / apart * S.unsqueeze(-2))
            terms += [((g_u - U @ product) / S.unsqueeze(-2)) @ Vh] if U.size(-2) > k else []
        if g_vh is not None:
            product = V.mT @ g_vh.mT
            inner.append(S.unsqueeze(-1) * (product - product.mT) / apart)
            terms += [U @ ((g_vh - product.mT @ Vh) / S.unsqueeze(-1))] if V.size(-2) > k else []
        return sum(terms, U @ sum(inner[1:], inner[0]) @ Vh) if inner else None


@with_exact_out
def svd(A, full_matrices=True, *, driver=None):
    """(U, S, Vh) of A = U diag(S) Vh, S descending; full_matrices: U and Vh square, what is added to them without gradient."""
    need_matrices("svd", A, kernel="linalg_svd_cpu")
    return SVD(*(_full(A) if full_matrices and A.size(-2) != A.size(-1) else singular(A)))


@node("LinalgSvdBackward0")
def _full(A):
    U, S, Vh = singular(A)
    if A.size(-2) > A.size(-1):
        return _completed(U), S, Vh
    return U, S, by_columns(_completed(Vh.mT).mT)


def _completed(columns):
    """Orthonormal columns and as many more as make the matrix square."""
    k = columns.size(-1)
    more = as_columns(np.linalg.qr(as_array(columns), "complete")[0][..., k:], columns)
    return _C.cat([columns.mT, more.mT], -2).mT


@with_exact_out
def svdvals(A, *, driver=None):
    """The singular values of matrices, descending."""
    need_matrices("svd", A, kernel="linalg_svd_cpu")
    return singular(A)[1]


def singular(A):
    """Reduced U, S and Vh."""
    if not A.detach().isfinite().all():
        finite = A.detach().isfinite().flatten(-2).all(-1)
        where = f"(Batch element {int(finite.flatten().int().argmin())}): " if A.dim() > 2 else ""
        raise LinAlgError(f"linalg.svd: {where}The algorithm failed to converge because the input matrix contained non-finite values.")
    return _Singular.apply(A)
