"""Decompositions of a few singular values, found from products with random vectors (Halko et al. 2009)."""

import ctgrad
from ctgrad import _C
from ctgrad.composed import composed, need_tensor

__all__ = ["pca_lowrank", "svd_lowrank"]


def _basis(A, q, niter):
    """An orthonormal basis of nearly all that A maps to: (..., m, q)."""
    Q = ctgrad.linalg.qr(A @ _C.randn(A.size(-1), q, dtype=A.dtype))[0]
    for _ in range(2 if niter is None else niter):
        Q = ctgrad.linalg.qr(A @ ctgrad.linalg.qr(A.mT @ Q)[0])[0]
    return Q


@composed(method=False)
def svd_lowrank(A, q=6, niter=2, M=None):
    """(U, S, V) of the q largest singular values of matrices A (of A - M), nearly; V is (..., n, q). PyTorch's draws."""
    need_tensor("svd_lowrank", A, "A")
    q = 6 if q is None else q
    A = A if M is None else A - M
    wide = A.size(-2) < A.size(-1)
    if wide:
        A = A.mT
    Q = _basis(A, q, niter)
    U, S, Vh = ctgrad.linalg.svd(Q.mT @ A, full_matrices=False)
    U, V = Q @ U, Vh.mT
    return (V, S, U) if wide else (U, S, V)


@composed(method=False)
def pca_lowrank(A, q=None, center=True, niter=2):
    """svd_lowrank of the rows of A, less their mean: V's columns are the principal directions. ValueError for a q that does not fit."""
    need_tensor("pca_lowrank", A, "A")
    most = min(A.shape[-2:])
    if q is not None and not 0 <= q <= most:
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={most}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, min(6, most) if q is None else q, niter)
