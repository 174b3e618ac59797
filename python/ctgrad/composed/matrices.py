"""Functions and methods of matrices by their names outside `linalg`. What needs a factorization is no op of the registry: it is `linalg`'s."""

import functools
import math
from typing import Any

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import composed, deliver, need_tensor, results, warn_once, with_exact_out, with_shared_out
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import typed
from ctgrad.composed.shape import wrap_dim

__all__ = ["chain_matmul", "cholesky", "cholesky_inverse", "cholesky_solve", "det", "geqrf", "inverse", "logdet", "lu", "lu_solve", "lu_unpack", "matrix_exp", "matrix_power", "mvlgamma", "nuclear_norm", "orgqr", "ormqr", "pinverse", "qr", "slogdet", "svd", "triangular_solve"]

QR = results("qr", "Q R")
SVD = results("svd", "U S V")
SLOGDET = results("slogdet", "sign logabsdet")
LU_PARTS = results("lu_unpack", "P L U")
LU_INFO = results("_lu_with_info", "LU pivots info")
TRIANGULAR = results("triangular_solve", "solution cloned_coefficient")


@functools.cache
def _linalg():
    """Imported when it is first needed."""
    from ctgrad import linalg

    return linalg


@with_shared_out
def det(input):
    """Determinants of square matrices."""
    return _linalg().det(input)


def logdet(input):
    """Logarithms of determinants; NaN where one is negative."""
    sign, log = _linalg().slogdet(input)
    return _C.where(sign < 0, _C.full((), math.nan, dtype=log.dtype), log)


def slogdet(input):
    """(sign, logabsdet) of square matrices."""
    return SLOGDET(*_linalg().slogdet(input))


@with_exact_out
def inverse(input):
    """Inverses of square matrices; linalg.LinAlgError for a singular one."""
    return _linalg().inv(input)


@with_exact_out
def matrix_power(input, n):
    """input times itself n times; the inverse's power where n is below 0."""
    return _linalg().matrix_power(input, n)


@typed
def pinverse(input, rcond=1e-15):
    """Pseudo-inverses; singular values up to rcond times the largest count as 0."""
    return _linalg().pinv(input, rtol=rcond)


def nuclear_norm(input, dim: Any = (-2, -1), keepdim=False, *, out=None):
    """The sum of the singular values of matrices in two dims, or of a matrix: then the second argument is keepdim."""
    if isinstance(dim, bool):
        dim, keepdim = (-2, -1), dim
    return _linalg().matrix_norm(input, "nuc", dim, keepdim, out=out)


def matrix_exp(input):
    """linalg.matrix_exp."""
    return _linalg().matrix_exp(input)


@with_shared_out
@node("CholeskyBackward0", unkept=(0,))
def cholesky(input, upper=False):
    """linalg.cholesky."""
    if input.dim() < 2:
        raise RuntimeError("cholesky: The input tensor A must have at least 2 dimensions.")
    warn_once("torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch release.", 5)
    _linalg()._checks.need_kernel("cholesky_cpu", input)
    return _linalg().cholesky(input, upper=upper)


@with_shared_out
def cholesky_inverse(input, upper=False):
    """The inverse of L L^T, or with upper of U^T U, where input is L or U."""
    if input.dim() < 2:
        raise RuntimeError("cholesky_inverse: The input tensor A must have at least 2 dimensions.")
    _linalg()._checks.need_kernel("cholesky_inverse_out_cpu", input)
    if input.size(-1) != input.size(-2):
        raise RuntimeError(f"cholesky_inverse: A must be batches of square matrices, but they are {' by '.join(map(str, input.shape[-2:]))} matrices")
    return _linalg()._factor.FactorInverse.apply(input, bool(upper))


@with_shared_out
@node("CholeskySolveBackward0")
def cholesky_solve(input, input2, upper=False):
    """X of L L^T X = input, or with upper of U^T U X = input, where input2 is L or U."""
    if input.dim() < 2 or input2.dim() < 2:
        raise RuntimeError(f"b and u should have at least 2 dimensions, but have {input.dim()} and {input2.dim()} dimensions instead")
    linalg = _linalg()
    linalg._checks.need_kernel("cholesky_solve_cpu", input)
    linalg._checks.need_equations("cholesky_solve", input2, input)
    return linalg._factor.FactorSolution.apply(*linalg._checks.of_one_batch(input, input2), bool(upper))


def mvlgamma(input, p, *, out=None):
    """special.multigammaln."""
    if isinstance(p, bool):
        raise TypeError("mvlgamma(): argument 'p' (position 2) must be int, not bool")
    from ctgrad import special

    return special.multigammaln(input, p, out=out)


def mvlgamma_(input, p):
    """mvlgamma in place."""
    return _C._ops["_become_"](input, mvlgamma(input.clone(), p))


@typed
def qr(input, some=True, *, out=None):
    """linalg.qr: reduced if some, complete otherwise."""
    warn_once("torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.")
    return QR(*_linalg().qr(input, "reduced" if some else "complete", out=out))


@typed
def svd(input, some=True, compute_uv=True):
    """(U, S, V) of input = U diag(S) V^T; reduced if some. Without compute_uv, U and V are zeros."""
    U, S, Vh = _linalg().svd(input, full_matrices=not some or not compute_uv)
    return SVD(U, S, Vh.mT) if compute_uv else SVD(U.detach() * 0, S, Vh.mT.detach() * 0)


@node("TriangularSolveBackward0")
def _solved_by_triangle(b, A, upper, transpose, unitriangular):
    read, lies_above = (A.mT, not upper) if transpose else (A, upper)
    return _linalg().solve_triangular(read, b, upper=lies_above, unitriangular=unitriangular), A.mT.clone(memory_format=_C.contiguous_format).mT


@typed
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False, *, out=None):
    """(X, a copy of A), X of A X = b where a triangle of A is read; transpose: of A^T X = b. The older linalg.solve_triangular."""
    warn_once("torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular and will be removed in a future PyTorch release.")
    for name, tensor in (("b", b), ("A", A)):
        if tensor.dim() < 2:
            raise RuntimeError(f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {tensor.dim()} dimensions instead")
    _linalg()._checks.need_equations("triangular_solve", A, b)
    made = TRIANGULAR(*_solved_by_triangle(b, A, upper, transpose, unitriangular))
    return made if out is None else deliver("triangular_solve", made, out, True)


def geqrf(input, *, out=None):
    """(a, tau) of LAPACK's geqrf: R on and above a's diagonal, below it the vectors of the reflections whose product is Q."""
    from ctgrad.linalg import _reflect

    return _reflect.geqrf(input, out=out)


def orgqr(input, tau, *, out=None):
    """linalg.householder_product."""
    return _linalg().householder_product(input, tau, out=out)


@typed
def ormqr(input, tau, other, left=True, transpose=False, *, out=None):
    """Q other, or with left=False other Q, where Q is the whole product of geqrf's reflections; transpose: with Q's transpose."""
    from ctgrad.linalg import _reflect

    return _reflect.ormqr(input, tau, other, left, transpose, out=out)


def _lu_with_info(A, pivot, get_infos):
    from ctgrad.linalg import _lu

    warn_once("torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in a future PyTorch release.\n"
              "LU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\nLU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
              "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
              "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)", 4)
    made = LU_INFO(*_lu.factored("torch.lu_factor", A, pivot))
    return made if get_infos else tuple(made[:2])


@with_exact_out
def lu(A, pivot=True, get_infos=False):
    """(LU, pivots) of linalg.lu_factor, or with get_infos (LU, pivots, info) of lu_factor_ex."""
    return _lu_with_info(A, pivot, get_infos)


def lu_solve(b, LU_data, LU_pivots, *, out=None):
    """X of A X = b by lu's result for A: the older linalg.lu_solve."""
    warn_once("torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch release.\n"
              "Note that torch.linalg.lu_solve has its arguments reversed.\nX = torch.lu_solve(B, LU, pivots)\nshould be replaced with\n"
              "X = torch.linalg.lu_solve(LU, pivots, B)")
    return _linalg().lu_solve(LU_data, LU_pivots, b, out=out)


def _lu_parts(LU_data, LU_pivots, unpack_data, unpack_pivots):
    from ctgrad.linalg import _lu

    P = _lu.permutation(LU_pivots, LU_data.size(-2), LU_data) if unpack_pivots else LU_data.new_empty(0)
    return LU_PARTS(P, *(_unpacked(LU_data) if unpack_data else (LU_data.new_empty(0), LU_data.new_empty(0))))


@node("LuUnpackBackward0", unkept=(0,))
def _unpacked(LU_data):
    from ctgrad.linalg import _lu

    return _lu.unpacked(LU_data)


@with_exact_out
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """(P, L, U) of A = P L U by lu's result; what is not asked for is empty."""
    if LU_data.dim() < 2:
        raise RuntimeError(f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {list(LU_data.shape)} instead")
    if unpack_pivots and (LU_pivots.dtype != _C.int32 or not LU_pivots.is_contiguous()):
        raise RuntimeError("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
                           "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor")
    wanted = (*LU_data.shape[:-2], min(LU_data.shape[-2:]))
    if unpack_pivots and LU_pivots.shape != wanted:
        raise RuntimeError(f"torch.lu_unpack: pivots of shape {list(LU_pivots.shape)} are not those of {list(LU_data.shape)} matrices, which have {list(wanted)}")
    if unpack_pivots and LU_pivots.numel() and bool(((LU_pivots < 1) | (LU_pivots > LU_data.size(-2))).any()):
        raise RuntimeError("pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result of lu_factor?")
    return _lu_parts(LU_data, LU_pivots, unpack_data, unpack_pivots)


def chain_matmul(*matrices, out=None):
    """linalg.multi_dot, by its former name; the matrices one by one."""
    warn_once("torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot instead.")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for position, one in enumerate(matrices, 1):
        need_tensor("chain_matmul", one, "matrices", position)
    for one in matrices:
        if one.dim() != 2:
            raise RuntimeError(f"Tensor dimension is {one.dim()}, expected 2 instead.")
    if len(matrices) == 1:
        return matrices[0].clone()
    return _linalg().multi_dot(matrices, out=out)


@composed(out="exact")
@node("LinalgCrossBackward0", again="LinalgCrossBackward0")
def cross(input, other, dim=None):
    """The cross product of vectors of size 3 along dim; by default the first dimension of that size."""
    need_tensor("cross", other, "other", 2)
    if dim is None:
        warn_once("Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or simply use torch.linalg.cross.", 4)
        dim = next((d for d, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return _linalg().cross(input, other, dim=dim)


@composed(out="whole", in_place="method")
@node("RenormBackward0")
def renorm(input, p, dim, maxnorm):
    """Parts along dim whose p-norm is above maxnorm, shrunk to it."""
    if input.dim() < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.dim()} dimensions")
    wrap_dim(dim, input.dim())
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    dim %= input.dim()
    wide = input.float() if input.dtype in (_C.float16, _C.bfloat16) else input
    size = wide.norm(p, [d for d in range(input.dim()) if d != dim], True)
    return input.contiguous() * _C.where(size > maxnorm, maxnorm / (size + 1e-7), 1.0).to(input.dtype)


for _f in (cholesky, cholesky_inverse, cholesky_solve, mvlgamma, det, geqrf, inverse, logdet, lu_solve, matrix_exp, matrix_power, orgqr, ormqr, pinverse, qr, slogdet, svd, triangular_solve):
    setattr(Tensor, _f.__name__, _f)
setattr(Tensor, "mvlgamma_", mvlgamma_)


@typed
def _lu_method(self, pivot=True, get_infos=False):
    """lu."""
    return tuple(_lu_with_info(self, pivot, get_infos))


_lu_method.__name__ = _lu_method.__qualname__ = "lu"
setattr(Tensor, "lu", _lu_method)
