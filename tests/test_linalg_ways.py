"""What LAPACK does for a matrix, our own loops for many small ones, and without a library: results obey the same laws whichever way is taken."""

import itertools

import pytest

import ctgrad
from ctgrad import linalg
from ctgrad.linalg import _lapack

WAYS = {"one": (), "few": (3,), "many": (8, 20), "large": (2,), "large by two batch dims": (1, 2), "of one number": (2,), "no library": (3,)}
SIZES = {"large": (60, 55), "large by two batch dims": (60, 55), "of one number": (1, 3)}


@pytest.fixture(params=WAYS)
def way(request):
    """(batch, rows, right sides)."""
    if request.param == "no library":
        ctgrad._C._without_lapack(True)
        request.addfinalizer(lambda: ctgrad._C._without_lapack(False))
    ctgrad.manual_seed(5)
    return WAYS[request.param], *SIZES.get(request.param, (5, 3))


def drawn(*shape):
    return ctgrad.randn(*shape, dtype=ctgrad.float64)


def one(n):
    return ctgrad.eye(n, dtype=ctgrad.float64)


def near(a, b):
    return a.shape == b.shape and ctgrad.allclose(a, b, rtol=1e-8, atol=1e-8)


FLAGS = list(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize("upper, left, unit", FLAGS)
def test_triangles(way, upper, left, unit):
    """Numbers of the other triangle, and with unit of the diagonal, are not read; a matrix may lie in any order."""
    batch, n, k = way
    read = (drawn(*batch, n, n) / n).triu(1) if upper else (drawn(*batch, n, n) / n).tril(-1)
    diagonal = drawn(*batch, n).abs() + 1
    A = read + (one(n) if unit else diagonal.diag_embed())
    B = drawn(*batch, n, k) if left else drawn(*batch, k, n)
    given = ctgrad.full((n, n), ctgrad.nan, dtype=A.dtype)
    given = A + (given.tril(-1 + unit) if upper else given.triu(1 - unit)).nan_to_num(7.0)
    for lies in (given, given.mT.contiguous().mT, given.repeat_interleave(2, -1)[..., ::2]):
        X = linalg.solve_triangular(lies, B, upper=upper, left=left, unitriangular=unit)
        assert near(A @ X if left else X @ A, B)
    if left:
        for transpose in (False, True):
            X = ctgrad.triangular_solve(B, given, upper, transpose, unit).solution
            assert near((A.mT if transpose else A) @ X, B)


def test_solutions_and_inverses(way):
    batch, n, k = way
    A, B = drawn(*batch, n, n), drawn(*batch, n, k)
    inverse, info = linalg.inv_ex(A)
    assert near(A @ linalg.solve(A, B), B) and near(linalg.solve(A, B.mT, left=False) @ A, B.mT) and near(A @ linalg.inv(A), one(n).expand_as(A)) and near(inverse, linalg.inv(A)) and not info.any()
    P, L, U = linalg.lu(A)
    assert near(P @ L @ U, A)
    factors = linalg.lu_factor(A)
    for left, adjoint in itertools.product((True, False), repeat=2):
        X = linalg.lu_solve(*factors, B if left else B.mT, left=left, adjoint=adjoint)
        of = A.mT if adjoint else A
        assert near(of @ X if left else X @ of, B if left else B.mT)


@pytest.mark.parametrize("upper", [False, True])
def test_by_factors_of_definite_matrices(way, upper):
    batch, n, k = way
    A = drawn(*batch, n, n)
    A = A @ A.mT + n * one(n)
    factor, B = linalg.cholesky(A, upper=upper), drawn(*batch, n, k)
    given = factor + ctgrad.ones(n, n, dtype=A.dtype).tril(-1) if upper else factor + ctgrad.ones(n, n, dtype=A.dtype).triu(1)
    assert near(A @ ctgrad.cholesky_solve(B, given, upper), B)
    inverse = ctgrad.cholesky_inverse(given, upper)
    assert near(A @ inverse, one(n).expand_as(A)) and inverse.equal(inverse.mT)


@pytest.mark.parametrize("rows, columns", [(5, 3), (3, 5), (4, 4), (5, 1), (1, 1)])
def test_reflections(way, rows, columns):
    """Q R is the matrix, Q is orthogonal, and orgqr and ormqr multiply by it; a column of zeros below the diagonal needs no reflection."""
    batch, grown, _ = way
    rows, columns = (rows * 20, columns * 20) if grown > 50 else (rows, columns)
    A = drawn(*batch, rows, columns)
    A[..., 1:, 0] = 0
    a, tau = ctgrad.geqrf(A)
    k = min(rows, columns)
    Q, R = linalg.qr(A)
    assert near(Q @ R, A) and near(Q.mT @ Q, one(k).expand(*batch, k, k)) and near(R, R.triu()) and not tau[..., 0].any()
    whole, full = linalg.qr(A, "complete")
    assert near(whole @ full, A) and near(whole.mT @ whole, one(rows).expand(*batch, rows, rows)) and near(linalg.qr(A, "r")[1], R)
    assert near(linalg.householder_product(a[..., :k], tau), Q) and near(a.triu()[..., :k, :], R)
    B = drawn(*batch, rows, 3)
    for left, transpose in itertools.product((True, False), repeat=2):
        of = whole.mT if transpose else whole
        assert near(ctgrad.ormqr(a, tau, B if left else B.mT, left, transpose), of @ B if left else B.mT @ of)


@pytest.mark.parametrize("dtype, least, most", [(ctgrad.float32, 1e-30, 1e30), (ctgrad.float64, 1e-200, 1e200)])
def test_lengths_whose_squares_are_no_numbers(dtype, least, most):
    """Of many small matrices, as LAPACK's: neither overflow nor vanish."""
    for size in (least, most):
        A = ctgrad.randn(200, 4, 3, dtype=dtype)
        Q, R = linalg.qr(A * size)
        assert ctgrad.allclose(Q.mT @ Q, ctgrad.eye(3, dtype=dtype), atol=1e-5) and ctgrad.allclose(Q @ (R / size), A, rtol=1e-4, atol=1e-5)


def test_one_matrix_and_many_right_sides_are_one_system(monkeypatch):
    """A matrix that repeats in some dims of a batch is factored once, and meets all its right sides in one call."""
    seen = []
    for name in ("gesv", "getrs", "trsm", "ormqr"):
        def spied(first, *rest, f=getattr(_lapack, name), name=name):
            seen.append((name, len(first) if first.ndim > 2 else 1))
            return f(first, *rest)
        monkeypatch.setattr(_lapack, name, spied)
    A, B = drawn(2, 1, 4, 4) + 4 * one(4), drawn(3, 2, 5, 4, 3)
    wide = A.expand(3, 2, 5, 4, 4)
    assert near(wide @ linalg.solve(wide, B), B) and near(A @ linalg.solve(A, B), B)
    assert near(wide.triu() @ linalg.solve_triangular(wide, B, upper=True), B)
    assert near(wide @ linalg.lu_solve(*linalg.lu_factor(A), B), B)
    a, tau = ctgrad.geqrf(A)
    Q = linalg.qr(A)[0]
    assert near(ctgrad.ormqr(a.expand(3, 2, 5, 4, 4), tau.expand(3, 2, 5, 4), B), Q @ B)
    assert {name for name, _ in seen} == {"gesv", "getrs", "trsm", "ormqr"} and all(count == 2 for _, count in seen)


def test_a_batch_of_right_sides_that_repeat():
    A, B = drawn(3, 4, 4) + 4 * one(4), drawn(4, 2).expand(3, 4, 2)
    assert near(A @ linalg.solve(A, B), B) and near(A.tril() @ linalg.solve_triangular(A, B, upper=False), B)
    X = linalg.solve(A[0].expand(3, 4, 4), B)
    assert near(A[0] @ X, B)
    a, tau = ctgrad.geqrf(A)
    several = linalg.householder_product(a[0].expand(3, 4, 4), tau)
    for i in range(3):
        assert near(several[i], linalg.householder_product(a[0], tau[i])) and near(linalg.householder_product(a, tau[0].expand(3, 4))[i], linalg.householder_product(a[i], tau[0]))


def test_where_a_matrix_is_singular_is_told_by_each_way(way):
    batch, n, _ = way
    A = drawn(*batch, n, n) + n * one(n)
    at = min(n, 3)
    A.view(-1, n, n)[-1, :, at - 1] = 0
    where = r"\(Batch element " + str(A[..., 0, 0].numel() - 1) + r"\): " if batch else ""
    inverse, info = linalg.inv_ex(A)
    assert info.reshape(-1).tolist() == [0] * (info.numel() - 1) + [at] and not inverse.reshape(-1, n, n)[-1].isfinite().all() and inverse.reshape(-1, n, n)[:-1].isfinite().all()
    for f, text in ((linalg.inv, "linalg.inv: {}The diagonal element " + str(at)), (lambda a: linalg.solve(a, a), "linalg.solve: {}The solver failed"), (lambda a: ctgrad.cholesky_inverse(a.tril()), "cholesky_inverse: {}The diagonal element " + str(at))):
        with pytest.raises(linalg.LinAlgError, match=text.format(where)):
            f(A)


@pytest.mark.parametrize("f, result", [(lambda a, b: linalg.solve(a, b), (0, 3, 2)), (lambda a, b: linalg.solve_triangular(a, b, upper=True), (0, 3, 2)), (lambda a, b: ctgrad.cholesky_solve(b, a), (0, 3, 2)), (lambda a, b: linalg.inv(a), (0, 3, 3)),
                                       (lambda a, b: ctgrad.cholesky_inverse(a), (0, 3, 3)), (lambda a, b: linalg.householder_product(a, b[..., 0]), (0, 3, 3)), (lambda a, b: linalg.qr(a)[1], (0, 3, 3))])
def test_what_is_empty(f, result):
    assert f(ctgrad.ones(0, 3, 3), ctgrad.ones(0, 3, 2)).shape == result
    if result[-1] == 2:
        assert f(ctgrad.eye(3), ctgrad.ones(3, 0)).shape == (3, 0) and f(ctgrad.ones(2, 0, 0), ctgrad.ones(2, 0, 4)).shape == (2, 0, 4)
    else:
        assert f(ctgrad.ones(2, 0, 0), ctgrad.ones(2, 0, 2 if result[-1] == 2 else 1)).shape == (2, 0, 0)


def test_results_are_written_to_out():
    A, B = drawn(3, 4, 4) + 4 * one(4), drawn(3, 4, 2)
    for f, args in ((linalg.inv, (A,)), (linalg.solve, (A, B)), (ctgrad.cholesky_solve, (B, A)), (ctgrad.cholesky_inverse, (A,)), (ctgrad.orgqr, (A, B[..., 0])), (ctgrad.ormqr, (A, A[..., 0], B))):
        wanted = f(*args)
        out = ctgrad.empty_like(wanted)
        assert f(*args, out=out) is out and out.equal(wanted)
    out = ctgrad.empty_like(B)
    assert linalg.solve_triangular(A, B, upper=True, out=out).equal(linalg.solve_triangular(A, B, upper=True))


def test_gradients_where_one_tensor_is_all_operands():
    A = drawn(3, 3).requires_grad_()
    f = lambda A: ctgrad.ormqr(A, A[..., 0], A)  # noqa: E731
    assert ctgrad.autograd.gradcheck(f, [A]) and ctgrad.autograd.gradgradcheck(f, [A])
    for g in (lambda A: ctgrad.cholesky_solve(A, A.tril() + 3 * one(3)), lambda A: ctgrad.cholesky_inverse(A.triu() + 3 * one(3), True), lambda A: linalg.solve_triangular(A + 3 * one(3), A, upper=False)):
        assert ctgrad.autograd.gradcheck(g, [A]) and ctgrad.autograd.gradgradcheck(g, [A])
