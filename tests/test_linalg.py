"""`linalg`: values by NumPy or by what defines them, gradients of two orders, and what is refused."""

import math
import warnings

import numpy as np
import pytest

import ctgrad
from ctgrad import linalg
from ctgrad.autograd import gradcheck, gradgradcheck


def drawn(*shape, seed=0):
    x = ctgrad.from_numpy(np.random.default_rng(seed).normal(size=shape))
    return x.requires_grad_()


def definite(*shape):
    x = drawn(*shape).detach()
    return (x @ x.mT + ctgrad.eye(shape[-1], dtype=x.dtype)).requires_grad_()


SQUARE, BATCH, TALL, WIDE = drawn(3, 3), drawn(2, 3, 3), drawn(2, 4, 3), drawn(2, 3, 4)
VALUES = {
    "inv": [(SQUARE,), (BATCH,)], "det": [(SQUARE,), (BATCH,)], "slogdet": [(SQUARE,), (BATCH,)], "solve": [(SQUARE, drawn(3)), (BATCH, drawn(2, 3, 2)), (SQUARE, drawn(2, 3, 2))],
    "cholesky": [(definite(3, 3),), (definite(2, 3, 3),)], "eigvalsh": [(definite(2, 3, 3),)], "svdvals": [(TALL,), (WIDE,)], "pinv": [(TALL,), (WIDE,)],
    "matrix_power": [(BATCH, 0), (BATCH, 1), (BATCH, 5), (BATCH, -2)], "matrix_rank": [(TALL,), (ctgrad.ones(3, 3),)],
    "cond": [(SQUARE,), (SQUARE, "fro"), (SQUARE, 1), (SQUARE, -2), (SQUARE, math.inf)],
    "multi_dot": [([drawn(2, 5), drawn(5, 3), drawn(3, 4)],), ([drawn(5), drawn(5, 3), drawn(3)],), ([drawn(2, 5), drawn(5)],)],
    "norm": [(SQUARE,), (BATCH,), (SQUARE, "nuc"), (drawn(4), 3), (drawn(4), math.inf), (SQUARE, 1), (SQUARE, -math.inf), (SQUARE, 2), (BATCH, 2, (1, 2)), (BATCH, 3, 1)],
    "vector_norm": [(SQUARE,), (SQUARE, 3, 1), (drawn(4), 0), (BATCH, 1, (0, 2))], "cross": [(drawn(2, 3), drawn(2, 3))],
}


def of_numpy(name):
    if name == "vector_norm":
        return lambda x, p=2, dim=None: (np.abs(x) ** p).sum(dim) ** (1 / p) if p else np.count_nonzero(x)
    return {"eigvalsh": np.linalg.eigvalsh, "svdvals": lambda x: np.linalg.svd(x)[1], "cross": np.cross,
            "solve": lambda a, b: np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == 1 else np.linalg.solve(a, b)}.get(name) or getattr(np.linalg, name)


def as_numpy(x):
    return [as_numpy(y) for y in x] if isinstance(x, list) else x.detach().numpy() if isinstance(x, ctgrad.Tensor) else x


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    for args in VALUES[name]:
        got, want = getattr(linalg, name)(*args), of_numpy(name)(*as_numpy(list(args)))
        for g, w in zip(got, want, strict=True) if isinstance(got, tuple) else [(got, want)]:
            assert g.shape == np.shape(w)
            np.testing.assert_allclose(g.detach().numpy(), w, rtol=1e-9, atol=1e-12)


GRADIENTS = {name: calls for name, calls in VALUES.items() if name not in ("matrix_rank", "slogdet")} | {
    "vector_norm": [(SQUARE,), (SQUARE, 3, 1)], "matrix_power": [(BATCH, 5), (BATCH, -2)]}
PARTS = {
    "logdet": lambda: (lambda a: linalg.slogdet(a)[1], [BATCH]),
    "qr": lambda: (lambda a: tuple(linalg.qr(a)), [TALL]),
    "qr of wide": lambda: (lambda a: tuple(linalg.qr(a)), [WIDE]),
    "eigh": lambda: (lambda a: (linalg.eigh(a)[0], linalg.eigh(a)[1].abs()), [definite(3, 3)]),
    "eigenvectors": lambda: (lambda a: linalg.eigh(a)[1] ** 2, [definite(3, 3)]),
    "svd": lambda: (lambda a: tuple(x.abs() for x in linalg.svd(a, full_matrices=False)), [TALL]),
    "svd of wide": lambda: (lambda a: tuple(x.abs() for x in linalg.svd(a, full_matrices=False)), [WIDE]),
    "upper cholesky": lambda: (lambda a: linalg.cholesky(a, upper=True), [definite(3, 3)]),
    "triangle": lambda: (lambda a, b: linalg.solve_triangular(a, b, upper=True), [definite(3, 3), drawn(3, 2)]),
    "unit triangle": lambda: (lambda a, b: linalg.solve_triangular(a, b, upper=False, left=False, unitriangular=True), [BATCH, drawn(2, 2, 3)]),
    "from the right": lambda: (lambda a, b: linalg.solve(a, b, left=False), [SQUARE, drawn(2, 3)]),
    "lu": lambda: (lambda a: linalg.lu(a)[1:], [BATCH]), "lu of tall": lambda: (lambda a: linalg.lu_factor(a)[0], [TALL]), "lu of wide": lambda: (lambda a: ctgrad.lu_unpack(*linalg.lu_factor(a))[1:], [WIDE]),
    "by lu": lambda: (lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b), [BATCH, drawn(3, 2)]),
    "by lu from the right": lambda: (lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b, left=False), [BATCH, drawn(2, 2, 3)]),
    "by the adjoint": lambda: (lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b, adjoint=True), [SQUARE, drawn(3, 2)]),
    "by the adjoint from the right": lambda: (lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b, left=False, adjoint=True), [SQUARE, drawn(2, 3)]),
    "solve_ex": lambda: (lambda a, b: linalg.solve_ex(a, b)[0], [BATCH, drawn(2, 3)]),
    "reflections": lambda: (linalg.householder_product, [TALL, drawn(2, 2)]), "by reflections": lambda: (ctgrad.ormqr, [TALL, drawn(2, 3), drawn(2, 4, 2)]),
    "reflected": lambda: (lambda a, t, b: ctgrad.ormqr(a, t, b, False, True), [TALL, drawn(2, 3), drawn(2, 2, 4)]),
    "hermitian pinv": lambda: (lambda a: linalg.pinv((a + a.mT) / 2, hermitian=True), [SQUARE]),
    "least squares": lambda: (lambda a, b: linalg.lstsq(a, b)[:2], [TALL, drawn(2, 4, 2)]),
}


@pytest.mark.parametrize("name", [*GRADIENTS, *PARTS])
def test_gradients_of_two_orders(name):
    calls = [PARTS[name]()] if name in PARTS else [
        ((lambda *xs, rest=rest: getattr(linalg, name)(*xs, *rest)) if not listed else (lambda *xs: getattr(linalg, name)(list(xs))), leaves)
        for args in GRADIENTS[name]
        for listed in [isinstance(args[0], list)]
        for leaves in [list(args[0]) if listed else [a for a in args if isinstance(a, ctgrad.Tensor)]]
        for rest in [[] if listed else [a for a in args if not isinstance(a, ctgrad.Tensor)]]]
    for f, leaves in calls:
        if name in ("cholesky", "eigvalsh", "eigh", "eigenvectors", "upper cholesky"):  # whose gradient is that of a symmetric matrix
            f = (lambda f: lambda a: f((a + a.mT) / 2))(f)
        assert gradcheck(f, leaves)
        assert gradgradcheck(f, leaves, atol=1e-4)


def test_factors_multiply_to_the_matrix():
    for x in (TALL, WIDE, BATCH):
        for mode in ("reduced", "complete"):
            q, r = linalg.qr(x, mode)
            assert ctgrad.allclose(q @ r, x) and ctgrad.allclose(q.mT @ q, ctgrad.eye(q.size(-1), dtype=q.dtype))
        for full in (True, False):
            u, s, vh = linalg.svd(x, full)
            k = s.size(-1)
            assert ctgrad.allclose(u[..., :k] * s.unsqueeze(-2) @ vh[..., :k, :], x)
            assert ctgrad.allclose(u.mT @ u, ctgrad.eye(u.size(-1), dtype=u.dtype)) and u.size(-1) == (x.size(-2) if full else k)
    a = definite(3, 3)
    values, vectors = linalg.eigh(a, "U")
    assert ctgrad.allclose(vectors * values @ vectors.mT, a)
    assert linalg.qr(TALL, "r")[0].numel() == 0


def test_one_triangle_counts():
    a = definite(3, 3).detach()
    lower, upper = a.tril(), a.triu()
    assert ctgrad.allclose(linalg.cholesky(lower), linalg.cholesky(a)) and ctgrad.allclose(linalg.cholesky(upper, upper=True), linalg.cholesky(a).mT)
    assert ctgrad.allclose(linalg.eigvalsh(lower), linalg.eigvalsh(upper, "U"))


@pytest.mark.parametrize("f", [linalg.cholesky, lambda a, upper=False: linalg.eigh(a, "U" if upper else "L")[0]])
def test_the_gradient_is_symmetric_whichever_triangle_counts(f):
    a = definite(3, 3)
    gradients = [ctgrad.autograd.grad((f(a, upper=upper) ** 2).sum(), a)[0] for upper in (False, True)]
    assert ctgrad.allclose(gradients[0], gradients[1]) and ctgrad.allclose(gradients[0], gradients[0].mT)


def test_the_exponential_of_halves():
    a = ctgrad.tensor([[0.5, 0.25], [0.0, 1.0]], requires_grad=True)
    made = ctgrad.matrix_exp(a.half())
    assert made.dtype == ctgrad.float16 and ctgrad.equal(made, linalg.matrix_exp(a).half())


def test_the_gradient_of_det_where_it_is_0():
    a = ctgrad.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.allclose(ctgrad.autograd.grad(linalg.det(a), a)[0], ctgrad.tensor([[4.0, -2.0], [-2.0, 1.0]], dtype=ctgrad.float64))


def test_equal_values_have_gradients_where_vectors_are_not_asked_for():
    a = ctgrad.eye(3, dtype=ctgrad.float64).requires_grad_()
    for f in (linalg.svdvals, linalg.eigvalsh, lambda a: linalg.matrix_norm(a, "nuc")):
        assert ctgrad.autograd.grad(f(a).sum(), a)[0].tolist() == a.tolist()


def test_what_has_no_inverse():
    zero = ctgrad.zeros(2, 2)
    for f in (linalg.inv, linalg.cholesky, ctgrad.inverse, lambda a: linalg.solve(a, ctgrad.ones(2))):
        with pytest.raises(linalg.LinAlgError, match="linalg"):
            f(zero)
    assert issubclass(linalg.LinAlgError, RuntimeError)
    made, info = linalg.inv_ex(ctgrad.stack([ctgrad.eye(2), zero]))
    assert info.tolist() == [0, 1] and linalg.inv_ex(ctgrad.ones(3, 3))[1] == 2 and made[0].tolist() == [[1, 0], [0, 1]] and not made[1].isfinite().any()
    assert linalg.cond(ctgrad.stack([ctgrad.eye(2), zero]), 1).tolist() == [1, math.inf]
    assert linalg.cholesky_ex(ctgrad.tensor([[1.0, 0, 0], [0, 1, 2], [0, 2, 1]]))[1] == 3
    assert linalg.cholesky_ex(zero)[1] == 1 and linalg.cholesky_ex(ctgrad.eye(2))[1] == 0
    with pytest.raises(linalg.LinAlgError):
        linalg.inv_ex(zero, check_errors=True)


@pytest.mark.parametrize("call, text", [
    (lambda: linalg.inv(ctgrad.tensor([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])), "linalg.inv: The diagonal element 3 is zero"),
    (lambda: linalg.inv(ctgrad.stack([ctgrad.eye(2), ctgrad.ones(2, 2)])), r"linalg.inv: \(Batch element 1\): The diagonal element 2 is zero"),
    (lambda: linalg.solve(ctgrad.zeros(2, 2), ctgrad.ones(2)), "torch.linalg.solve: The solver failed because the input matrix is singular"),
    (lambda: linalg.cholesky(ctgrad.stack([ctgrad.eye(2), ctgrad.tensor([[1.0, 0], [0, -1]])])), r"\(Batch element 1\): .*minor of order 2 is not positive-definite"),
    (lambda: linalg.lstsq(ctgrad.ones(3, 2), ctgrad.ones(3, 1), driver="gels"), "does not have full rank"),
])
def test_where_a_factorization_ends_is_told(call, text):
    with pytest.raises(ctgrad._C._LinAlgError, match=text) as info:
        call()
    assert info.type is linalg.LinAlgError and info.type.__name__ == "_LinAlgError"


def test_what_least_squares_tells_depends_on_the_driver():
    A, B = ctgrad.tensor([[1.0, 1], [1, 2], [1, 3]]), ctgrad.tensor([[1.0], [2], [2]])
    for driver in (None, "gelsy"):
        made = linalg.lstsq(A, B, driver=driver)
        assert made.residuals.shape == (0,) and made.rank == 2 and made.singular_values.shape == (0,)
    for driver in ("gelsd", "gelss"):
        made = linalg.lstsq(A, B, driver=driver)
        assert ctgrad.allclose(made.residuals, ctgrad.tensor([1 / 6])) and ctgrad.allclose(made.singular_values, linalg.svdvals(A))
        assert linalg.lstsq(ctgrad.ones(3, 2), B, driver=driver).residuals.shape == (0,)
    made = linalg.lstsq(A, B, driver="gels")
    assert ctgrad.allclose(made.residuals, ctgrad.tensor([1 / 6])) and made.rank.shape == (0,)


def test_triangles_that_are_singular_are_solved_by_infinities():
    for left in (True, False):
        B = ctgrad.tensor([[1.0], [1.0]]) if left else ctgrad.ones(1, 2)
        made = linalg.solve_triangular(ctgrad.tensor([[2.0, 1.0], [0.0, 0.0]]), B, upper=True, left=left).reshape(-1)
        assert made[1].item() in (math.inf, -math.inf) or made[1].isnan()
    assert linalg.solve_triangular(ctgrad.zeros(2, 2), ctgrad.ones(2, 1), upper=True).isfinite().sum() == 0


@pytest.mark.parametrize("call, text", [
    (lambda: linalg.inv(ctgrad.ones(2, 3)), "square"), (lambda: linalg.det(ctgrad.ones(2)), "at least 2 dimensions"),
    (lambda: linalg.inv(ctgrad.ones(2, 2, dtype=ctgrad.int64)), "floating point"), (lambda: linalg.inv(ctgrad.ones(2, 2).half()), "Low precision"),
    (lambda: linalg.solve(ctgrad.eye(2), ctgrad.ones(3, 1)), "Incompatible shapes"), (lambda: linalg.solve(ctgrad.eye(2), ctgrad.ones(2).double()), "same dtype"),
    (lambda: linalg.qr(ctgrad.eye(2), "none"), "unrecognized mode"), (lambda: linalg.multi_dot([ctgrad.eye(2)]), "at least 2 tensors"),
    (lambda: linalg.multi_dot([ctgrad.eye(2), ctgrad.ones(3, 1)]), "cannot be multiplied"), (lambda: linalg.norm(ctgrad.ones(2, 2, 2), 2), "must be 1D or 2D"),
    (lambda: linalg.matrix_norm(ctgrad.eye(2), 3), "not supported"), (lambda: linalg.cond(ctgrad.eye(2), 5), "invalid norm"), (lambda: linalg.cond(ctgrad.eye(2), "one"), "invalid norm"),
    (lambda: linalg.norm(ctgrad.ones(2, 2, 2), 1, (0, 1, 2)), "length 1 or 2"), (lambda: linalg.svd(ctgrad.full((2, 2), math.nan)), "non-finite"),
    (lambda: ctgrad.chain_matmul(ctgrad.ones(2)), "expected 2"), (lambda: ctgrad.addr(ctgrad.ones(2, 2), ctgrad.ones(2), ctgrad.ones(2), beta=True), "Boolean beta"),
    (lambda: ctgrad.addr(ctgrad.ones(2, 2).long(), ctgrad.ones(2).long(), ctgrad.ones(2).long(), alpha=0.5), "argument alpha"), (lambda: linalg.matrix_norm(ctgrad.ones(2)), "at least 2 dimensions"),
    (lambda: linalg.vector_norm(ctgrad.ones(2, dtype=ctgrad.int64)), "floating point"), (lambda: linalg.cross(ctgrad.ones(2), ctgrad.ones(2)), "length 3"),
    (lambda: linalg.eigh(ctgrad.eye(2), "X"), "UPLO"), (lambda: linalg.matrix_power(ctgrad.ones(2, 3), 2), "square"), (lambda: ctgrad.cross(ctgrad.ones(2), ctgrad.ones(2)), "size 3"),
])
def test_refusals(call, text):
    with pytest.raises(RuntimeError, match=text):
        call()


def test_exponentials_and_tensors_as_maps():
    a = ctgrad.tensor([[0.0, -2.0], [2.0, 0.0]], dtype=ctgrad.float64, requires_grad=True)
    turn = [[math.cos(2), -math.sin(2)], [math.sin(2), math.cos(2)]]
    np.testing.assert_allclose(linalg.matrix_exp(a).tolist(), turn, rtol=1e-14)
    np.testing.assert_allclose(linalg.matrix_exp(ctgrad.zeros(0, 2, 2)).shape, (0, 2, 2))
    assert ctgrad.allclose(linalg.matrix_exp(BATCH * 2).logdet(), (BATCH * 2).diagonal(dim1=1, dim2=2).sum(-1), rtol=1e-6)
    assert gradcheck(linalg.matrix_exp, [BATCH]) and gradgradcheck(linalg.matrix_exp, [a])
    small, turns = drawn(4, 4).float() / 10, drawn(4, 4).float() * 400
    both = ctgrad.stack([small, turns - turns.mT])
    assert ctgrad.equal(linalg.matrix_exp(both)[0], linalg.matrix_exp(small))  # whatever the norms of its neighbours
    assert gradcheck(linalg.matrix_exp, [BATCH * ctgrad.tensor([1.0, 9.0], dtype=BATCH.dtype)[:, None, None]])
    t = drawn(2, 3, 6)
    assert ctgrad.allclose(ctgrad.tensordot(linalg.tensorinv(t), t, 2), ctgrad.eye(6, dtype=t.dtype))
    b = drawn(2, 3)
    assert ctgrad.allclose(ctgrad.tensordot(t, linalg.tensorsolve(t, b), 1), b)
    assert ctgrad.allclose(linalg.tensorsolve(t.movedim(2, 0), b, (0,)), linalg.tensorsolve(t, b))
    for f in (lambda: linalg.tensorinv(t, 0), lambda: linalg.tensorinv(t, 1), lambda: linalg.tensorsolve(t, ctgrad.ones(2).double())):
        with pytest.raises(RuntimeError, match="Expected"):
            f()


def test_the_older_triangular_solve():
    a, b = definite(3, 3), ctgrad.arange(6, dtype=ctgrad.float64).view(3, 2)
    ctgrad.composed._warned.clear()
    with pytest.warns(UserWarning, match="deprecated"):
        ctgrad.triangular_solve(b, a)
    for upper in (True, False):
        for transpose in (False, True):
            made = b.triangular_solve(a, upper=upper, transpose=transpose)
            read = a.triu() if upper else a.tril()
            assert ctgrad.allclose((read.mT if transpose else read) @ made.solution, b) and made.cloned_coefficient.tolist() == a.tolist()
    into = ctgrad.empty(0, dtype=b.dtype), ctgrad.empty(0, dtype=b.dtype)
    a = a.detach()
    given = ctgrad.triangular_solve(b, a, out=into)
    assert given.solution is into[0] and [t.tolist() for t in into] == [t.tolist() for t in ctgrad.triangular_solve(b, a)]
    for wrong in (lambda: ctgrad.triangular_solve(b[0], a), lambda: ctgrad.triangular_solve(b[:2], a), lambda: ctgrad.triangular_solve(b, a[:2]),
                  lambda: ctgrad.triangular_solve(b, a, out=(into[0].int(), into[1]))):
        with pytest.raises(RuntimeError):
            wrong()


def test_names_outside_linalg():
    a = definite(3, 3)
    assert a.det() == ctgrad.det(a) == linalg.det(a) and ctgrad.allclose(a.logdet().exp(), a.det())
    assert ctgrad.allclose(a.inverse() @ a, ctgrad.eye(3, dtype=a.dtype)) and ctgrad.allclose(a.pinverse(), a.inverse())
    assert (-ctgrad.eye(3)).logdet().isnan() and a.slogdet()[0] == 1
    u, s, v = ctgrad.svd(TALL)
    assert ctgrad.allclose(u * s.unsqueeze(-2) @ v.mT, TALL) and ctgrad.svd(TALL, compute_uv=False)[0].shape == (2, 4, 4)
    assert ctgrad.allclose(ctgrad.qr(TALL)[0] @ ctgrad.qr(TALL)[1], TALL) and ctgrad.allclose(a.cholesky() @ a.cholesky().mT, a)
    assert ctgrad.allclose(ctgrad.chain_matmul(a, a, a), a.matrix_power(3)) and ctgrad.chain_matmul(a).tolist() == a.tolist()
    assert ctgrad.allclose(ctgrad.nuclear_norm(TALL), linalg.svdvals(TALL).sum(-1)) and ctgrad.allclose(a.matrix_exp(), linalg.matrix_exp(a))
    out = ctgrad.empty(0, dtype=ctgrad.float64)
    assert linalg.inv(a.detach(), out=out) is out and out.shape == (3, 3)


def test_decompositions_of_low_rank():
    ctgrad.manual_seed(0)
    for A in (ctgrad.rand(7, 2, dtype=ctgrad.float64) @ ctgrad.rand(2, 4, dtype=ctgrad.float64), ctgrad.rand(3, 2, dtype=ctgrad.float64) @ ctgrad.rand(2, 5, dtype=ctgrad.float64)):
        U, S, V = ctgrad.svd_lowrank(A, q=2)
        assert ctgrad.allclose(U @ S.diag() @ V.mT, A) and ctgrad.allclose(S, linalg.svdvals(A)[:2]) and V.shape == (A.size(1), 2)
        U, S, V = ctgrad.pca_lowrank(A, q=2)
        assert ctgrad.allclose(U @ S.diag() @ V.mT, A - A.mean(0))
        assert ctgrad.allclose(ctgrad.svd_lowrank(A, 2, M=A / 2)[1], S * 0 + linalg.svdvals(A)[:2] / 2)
    assert ctgrad.pca_lowrank(ctgrad.rand(2, 9, 5), center=False)[1].shape == (2, 5)
    with pytest.raises(ValueError, match="not greater than"):
        ctgrad.pca_lowrank(A, q=9)
    with pytest.raises(ValueError, match="niter"):
        ctgrad.pca_lowrank(A, niter=-1)


def test_lu_and_what_is_solved_by_it():
    for x in (SQUARE, BATCH, TALL, WIDE, ctgrad.zeros(0, 3, 3), ctgrad.zeros(2, 0, 0), ctgrad.zeros(0, 3)):
        P, L, U = linalg.lu(x)
        assert ctgrad.allclose(P @ L @ U, x) and ctgrad.equal(L, L.tril()) and ctgrad.equal(U, U.triu())
        packed = linalg.lu_factor(x)
        assert all(map(ctgrad.equal, ctgrad.lu_unpack(*packed), (P, L, U))) and packed.pivots.dtype == ctgrad.int32 and packed.__match_args__ == ("LU", "pivots")
    a, b = BATCH.detach(), drawn(3, 2).detach()
    packed = linalg.lu_factor(a)
    assert ctgrad.allclose(a @ linalg.lu_solve(*packed, b), b) and ctgrad.allclose(a.mT @ linalg.lu_solve(*packed, b, adjoint=True), b)
    assert ctgrad.allclose(linalg.lu_solve(*packed, b.mT, left=False) @ a, b.mT) and ctgrad.allclose(ctgrad.lu_solve(b, *packed), linalg.solve(a, b))
    made = linalg.lu_factor_ex(ctgrad.zeros(2, 2, 2))
    assert made.info.tolist() == [1, 1] and len(ctgrad.lu(a)) == 2 and len(a.lu(get_infos=True)) == 3
    assert ctgrad.lu_unpack(*packed, unpack_data=False).L.shape == ctgrad.lu_unpack(*packed, unpack_pivots=False).P.shape == (0,)


def test_solve_ex_tells_where_a_matrix_is_singular():
    A = ctgrad.stack([ctgrad.eye(2), ctgrad.zeros(2, 2)])
    result, info = linalg.solve_ex(A, ctgrad.ones(2, 1))
    assert info.tolist() == [0, 1] and result[0].tolist() == [[1], [1]] and not result[1].isfinite().any()
    with pytest.raises(linalg.LinAlgError, match=r"solve_ex: \(Batch element 1\)"):
        linalg.solve_ex(A, ctgrad.ones(2, 1), check_errors=True)


def test_symmetric_matrices_that_are_not_definite():
    a = drawn(4, 5, 5).detach()
    a = a + a.mT
    made = linalg.ldl_factor(a.tril())
    for b in (drawn(5, 2).detach(), drawn(4, 5, 1).detach()):
        assert ctgrad.allclose(a @ linalg.ldl_solve(*made, b), b.expand(4, -1, -1))
    assert linalg.ldl_factor_ex(ctgrad.zeros(2, 2)).info == 1
    with pytest.raises(RuntimeError, match="not implemented"):
        linalg.ldl_factor(drawn(2, 2)).LD.sum().backward()


def test_reflections_of_geqrf_are_those_of_qr():
    for x in (SQUARE, TALL, ctgrad.zeros(0, 3, 2), ctgrad.zeros(3, 0)):
        a, tau = x.detach().geqrf()
        Q, R = linalg.qr(x)
        assert ctgrad.allclose(a.triu()[..., :R.size(-2), :], R) and ctgrad.allclose(a.orgqr(tau), Q)
    a, tau = ctgrad.geqrf(TALL.detach())
    Q, b = linalg.qr(TALL, "complete")[0], drawn(2, 4, 2).detach()
    assert ctgrad.allclose(a.ormqr(tau, b), Q @ b) and ctgrad.allclose(a.ormqr(tau, b, transpose=True), Q.mT @ b) and ctgrad.allclose(ctgrad.ormqr(a, tau, b.mT, False), b.mT @ Q)
    with pytest.raises(NotImplementedError, match="geqrf"):
        ctgrad.geqrf(SQUARE)[0].sum().backward()


def test_pivots_of_a_block_come_in_pairs():
    """The second one of a pair is read with the first: there is none behind the last row."""
    for pivots in ([1, 2, -3], [-1, 2, 3], [-1, -2, -3]):
        with pytest.raises(RuntimeError, match="in pairs"):
            linalg.ldl_solve(ctgrad.eye(3), ctgrad.tensor(pivots, dtype=ctgrad.int32), ctgrad.ones(3, 1))
    A = ctgrad.tensor([[0.0, 1.0], [1.0, 0.0]])
    LD, pivots = linalg.ldl_factor(A)
    assert pivots.lt(0).all() and linalg.ldl_solve(LD, pivots, ctgrad.tensor([[2.0], [3.0]])).flatten().tolist() == [3, 2]


def test_determinants_beyond_their_dtype_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for A in (1e30 * ctgrad.eye(3), 1e30 * ctgrad.eye(3).repeat(40, 1, 1), 1e200 * ctgrad.eye(3, dtype=ctgrad.float64), ctgrad.zeros(2, 3, 3), ctgrad.zeros(3, 3)):
            assert linalg.det(A).reshape(-1)[0] == (ctgrad.inf if A.any() else 0) and linalg.slogdet(A)[0].reshape(-1)[0] == A.any()


def test_results_lie_as_lapack_leaves_them():
    a, b = definite(2, 3, 3).detach(), drawn(2, 3, 2).detach()
    assert linalg.cholesky(a, upper=True).stride() == linalg.lu_factor(a).LU.stride() == ctgrad.triangular_solve(b, a)[1].stride() == (9, 1, 3)
    assert linalg.solve(a, b).stride() == linalg.solve_triangular(a, b, upper=True).stride() == linalg.lu_solve(*linalg.lu_factor(a), b).stride() == (6, 1, 3)
    assert linalg.solve(a, b[..., 0]).stride() == (1, 2) and linalg.solve_triangular(a, b.mT, upper=True, left=False).stride() == (6, 1, 2)
    assert linalg.lstsq(TALL.detach(), drawn(2, 4, 2).detach())[0].stride() == (8, 1, 4) and linalg.matrix_power(a.mT, 0).stride() == (9, 3, 1)
    assert linalg.svd(ctgrad.zeros(3, 0))[0].stride() == (1, 3) and linalg.inv(ctgrad.zeros(0, 3, 3)).stride() == (9, 1, 3) and linalg.lu_factor(ctgrad.zeros(0, 3, 3))[1].stride() == (3, 1)


def test_hermitian_reads_the_lower_triangle():
    a = SQUARE.detach()
    read = a.tril() + a.tril(-1).mT
    assert ctgrad.allclose(linalg.pinv(a, hermitian=True), linalg.pinv(read)) and linalg.matrix_rank(ctgrad.tensor([[0.0, 1], [0, 0]]), hermitian=True) == 0


def test_second_gradients_of_norms_where_elements_are_0():
    for p, finite in ((0.5, 2), (3.5, 3)):
        x = ctgrad.tensor([0.0, 1, 2], dtype=ctgrad.float64, requires_grad=True)
        g = ctgrad.autograd.grad(linalg.vector_norm(x, p), x, create_graph=True)[0]
        assert ctgrad.autograd.grad(g.sum(), x)[0].isfinite().sum() == finite


@pytest.mark.parametrize("call, error, text", [
    (lambda: linalg.lu_factor(ctgrad.zeros(2, 2)), RuntimeError, r"lu_factor: U\[1,1\] is zero"), (lambda: linalg.lu(ctgrad.ones(2)), RuntimeError, "2 or more dimensions"),
    (lambda: linalg.lu(ctgrad.eye(2), pivot=False), RuntimeError, "without pivoting"), (lambda: linalg.lu(ctgrad.eye(2).long()), NotImplementedError, "lu_cpu"),
    (lambda: linalg.lu_solve(ctgrad.eye(2), ctgrad.ones(2), ctgrad.ones(2, 1)), RuntimeError, "int32"), (lambda: linalg.lu_solve(ctgrad.eye(2), ctgrad.tensor([1, 3]).int(), ctgrad.ones(2, 1)), RuntimeError, "smaller or equal"),
    (lambda: linalg.lu_solve(ctgrad.eye(2), ctgrad.zeros(2).int(), ctgrad.ones(2, 1)), RuntimeError, "greater or equal"), (lambda: linalg.lu_solve(ctgrad.eye(2), ctgrad.ones(2).int(), ctgrad.ones(3, 1)), RuntimeError, "Incompatible shapes"),
    (lambda: linalg.lu_solve(ctgrad.eye(2), ctgrad.ones(3).int(), ctgrad.ones(2, 1)), RuntimeError, "Number of pivots"), (lambda: ctgrad.lu_unpack(ctgrad.eye(2), ctgrad.tensor([5, 2]).int()), RuntimeError, "between 1 and"),
    (lambda: ctgrad.lu_unpack(ctgrad.eye(2), ctgrad.ones(3).int()), RuntimeError, "pivots of shape"), (lambda: ctgrad.lu_unpack(ctgrad.eye(2), ctgrad.ones(2)), RuntimeError, "torch.int32"),
    (lambda: linalg.ldl_factor(ctgrad.zeros(2, 2)), RuntimeError, "is zero"), (lambda: linalg.ldl_solve(ctgrad.eye(2), ctgrad.tensor([9, 1]), ctgrad.ones(2, 1)), RuntimeError, "pivots must be"),
    (lambda: linalg.ldl_solve(ctgrad.eye(2), ctgrad.ones(2), ctgrad.ones(2, 1)), RuntimeError, "integers"), (lambda: linalg.ldl_solve(ctgrad.eye(2), ctgrad.ones(2).int(), ctgrad.ones(3, 1)), RuntimeError, "Incompatible"),
    (lambda: linalg.householder_product(ctgrad.ones(2, 3), ctgrad.ones(2)), RuntimeError, "greater than or equal"), (lambda: linalg.householder_product(ctgrad.ones(3, 2), ctgrad.ones(2).double()), RuntimeError, "tau dtype"),
    (lambda: ctgrad.ormqr(ctgrad.eye(2), ctgrad.ones(2), ctgrad.ones(3, 2)), RuntimeError, "must be equal"), (lambda: ctgrad.geqrf(ctgrad.ones(2)), RuntimeError, "at least 2"),
    (lambda: linalg.solve_triangular(ctgrad.eye(2), ctgrad.ones(2), upper=True), RuntimeError, "at least 2 dimensions"), (lambda: linalg.solve(ctgrad.eye(2), ctgrad.ones(2, 3), left=False), RuntimeError, "XA = B"),
    (lambda: linalg.lstsq(ctgrad.ones(3, 2), ctgrad.ones(2, 3, 1)), RuntimeError, "input.dim"), (lambda: linalg.lstsq(ctgrad.ones(3, 2), ctgrad.ones(2, 1)), RuntimeError, "should match"),
    (lambda: linalg.lstsq(ctgrad.ones(3, 2), ctgrad.ones(3, 1).double()), RuntimeError, "same dtype"), (lambda: linalg.lstsq(ctgrad.ones(3, 2), ctgrad.ones(3), driver="x"), RuntimeError, "driver"),
    (lambda: linalg.pinv(ctgrad.eye(2), rtol=ctgrad.ones((), requires_grad=True)), RuntimeError, "not differentiable"),
])
def test_refusals_of_factors(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("f", [ctgrad.linalg.qr, ctgrad.svd, ctgrad.linalg.cholesky_ex, ctgrad.linalg.inv_ex, ctgrad.linalg.lu_factor, ctgrad.linalg.eigh, ctgrad.linalg.inv], ids=lambda f: f.__name__)
@pytest.mark.parametrize("batch", [(), (3,)], ids=str)
def test_results_may_be_written_to(f, batch):
    A = ctgrad.eye(4, requires_grad=True)
    made = f((A * 3).expand(*batch, 4, 4))
    made = made if isinstance(made, ctgrad.Tensor) else made[0]
    assert not made._is_view()
    before = made.detach().clone()
    made.mul_(2)
    assert ctgrad.equal(made.detach(), before * 2)


@pytest.mark.parametrize("size", [(40, 4, 4), (5, 8, 3, 3), (20, 5, 3), (20, 3, 5), (17, 1, 1), (16, 16, 16)])
def test_many_small_matrices_are_factored_as_one_is(size):
    """Side by side, and one by one by LAPACK: the same rows are exchanged, and what is singular is told where it is."""
    ctgrad.manual_seed(3)
    a = ctgrad.randn(size, dtype=ctgrad.float64)
    a.view(-1, *size[-2:])[2] = 0
    together = ctgrad.linalg.lu_factor_ex(a)
    for i, one in enumerate(a.reshape(-1, *size[-2:])):
        lu, pivots, info = ctgrad.linalg.lu_factor_ex(one)
        assert ctgrad.allclose(together.LU.reshape(-1, *size[-2:])[i], lu, rtol=1e-10, atol=1e-12)
        assert together.pivots.reshape(-1, pivots.shape[-1])[i].equal(pivots) and together.info.reshape(-1)[i] == info
    if size[-1] == size[-2]:
        a = a + 4 * ctgrad.eye(size[-1], dtype=a.dtype)
        lu, pivots = ctgrad.linalg.lu_factor(a)
        b = ctgrad.randn(*size[:-1], 3, dtype=a.dtype)
        assert ctgrad.allclose(a @ ctgrad.linalg.lu_solve(lu, pivots, b), b) and ctgrad.allclose(a.mT @ ctgrad.linalg.lu_solve(lu, pivots, b, adjoint=True), b)
        assert ctgrad.allclose(ctgrad.linalg.lu_solve(lu, pivots, b.mT, left=False) @ a, b.mT)
