"""Factorizations and solutions beside PyTorch's: numbers, order in memory, gradients, and what comes of singular matrices and of what is no number."""

import itertools

import numpy as np
import pytest
import torch

import ctgrad

BATCHES = {"one": (), "none": (0,), "few": (2, 2), "many": (150,)}


def drawn(*shape, dtype="f8", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def square(*batch, n=4, dtype="f8"):
    return (drawn(*batch, n, n, dtype=dtype) + 3 * np.eye(n)).astype(dtype)


CALLS = {
    "inv": lambda t, A, B: t.linalg.inv(A), "inv_ex": lambda t, A, B: t.linalg.inv_ex(A), "solve": lambda t, A, B: t.linalg.solve(A, B), "solve from the right": lambda t, A, B: t.linalg.solve(A, B.mT, left=False),
    "solve of turned": lambda t, A, B: t.linalg.solve(A.mT, B), "solve_ex": lambda t, A, B: t.linalg.solve_ex(A, B), "solve a vector": lambda t, A, B: t.linalg.solve(A, B[..., 0]),
    "lu": lambda t, A, B: t.linalg.lu(A), "lu_factor_ex": lambda t, A, B: t.linalg.lu_factor_ex(A), "lu_factor of tall": lambda t, A, B: t.linalg.lu_factor(A[..., :2]), "lu of wide": lambda t, A, B: t.linalg.lu(A[..., :2, :]),
    "lu_solve": lambda t, A, B: t.linalg.lu_solve(*t.linalg.lu_factor(A), B), "adjoint": lambda t, A, B: t.linalg.lu_solve(*t.linalg.lu_factor(A), B.mT, left=False, adjoint=True),
    "cholesky_solve": lambda t, A, B: t.cholesky_solve(B, A.tril()), "upper cholesky_solve": lambda t, A, B: t.cholesky_solve(B, A.triu(), upper=True),
    "cholesky_inverse": lambda t, A, B: t.cholesky_inverse(A.tril()), "upper cholesky_inverse": lambda t, A, B: t.cholesky_inverse(A.triu(), upper=True),
    "cholesky": lambda t, A, B: t.linalg.cholesky(A @ A.mT), "upper cholesky": lambda t, A, B: t.linalg.cholesky(A @ A.mT, upper=True), "cholesky_ex": lambda t, A, B: t.linalg.cholesky_ex(A @ A.mT),
    "det": lambda t, A, B: t.linalg.det(A), "slogdet": lambda t, A, B: t.linalg.slogdet(A), "geqrf": lambda t, A, B: t.geqrf(A.detach()), "geqrf of tall": lambda t, A, B: t.geqrf(A[..., :2].detach()), "geqrf of wide": lambda t, A, B: t.geqrf(A[..., :2, :].detach()),
    "qr": lambda t, A, B: t.linalg.qr(A), "qr of tall": lambda t, A, B: t.linalg.qr(A[..., :2]), "qr of wide": lambda t, A, B: t.linalg.qr(A[..., :2, :]), "complete qr": lambda t, A, B: t.linalg.qr(A[..., :2].detach(), "complete"), "r": lambda t, A, B: t.linalg.qr(A.detach(), "r"),
    "householder_product": lambda t, A, B: t.linalg.householder_product(A, B[..., 0]), "of fewer reflections": lambda t, A, B: t.linalg.householder_product(A[..., :3], B[..., :2, 1]),
} | {f"solve_triangular {upper} {left} {unit}": lambda t, A, B, upper=upper, left=left, unit=unit: t.linalg.solve_triangular(A, B if left else B.mT, upper=upper, left=left, unitriangular=unit)
     for upper, left, unit in itertools.product((False, True), repeat=3)} | {
    f"triangular_solve {upper} {turn} {unit}": lambda t, A, B, upper=upper, turn=turn, unit=unit: t.triangular_solve(B, A, upper, turn, unit) for upper, turn, unit in itertools.product((False, True), repeat=3)} | {
    f"ormqr {left} {turn}": lambda t, A, B, left=left, turn=turn: t.ormqr(A, B[..., 0], B if left else B.mT, left, turn) for left, turn in itertools.product((False, True), repeat=2)}


def results(made):
    return made if isinstance(made, tuple) else (made,)


def both(f, *arrays, gradients=True):
    """Results, and gradients of them all, by ctgrad and by PyTorch."""
    found = []
    for t in (ctgrad, torch):
        given = [t.from_numpy(a).requires_grad_(gradients) for a in arrays]
        made = results(f(t, *given))
        ends = [y for y in made if y.requires_grad]
        if ends:
            t.autograd.backward(ends, [t.cos(t.arange(y.numel(), dtype=y.dtype)).reshape(y.shape) for y in ends])
        found.append([*((y.detach().numpy(), y.stride()) for y in made), *((x.grad.numpy(), None) for x in given if x.numel() and x.grad is not None)])
    return found


def agree(ours, theirs, **tolerance):
    assert len(ours) == len(theirs)
    for (a, a_stride), (b, b_stride) in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape and a_stride == b_stride
        np.testing.assert_allclose(a, b, **tolerance)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", CALLS)
def test_numbers_strides_and_gradients(name, batch):
    batch = BATCHES[batch]
    agree(*both(CALLS[name], square(*batch), drawn(*batch, 4, 3, seed=1)), rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", [name for name in CALLS if "orm" not in name and "householder" not in name and "reflections" not in name])
def test_large_ones(name, dtype):
    A = drawn(70, 70, dtype=dtype) / 40 + 2 * np.eye(70, dtype=dtype)
    tolerance = 1e-4 if dtype == "f4" else 1e-10
    agree(*both(CALLS[name], A, drawn(70, 66, dtype=dtype, seed=1), gradients=False), rtol=tolerance, atol=tolerance)


NONE = {"nan": np.nan, "inf": np.inf, "zero": 0.0}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("batch", ["one", "few"])
@pytest.mark.parametrize("what", NONE)
@pytest.mark.parametrize("name", [name for name in CALLS if "triangular" in name])
def test_triangles_that_are_singular_or_no_numbers(name, what, batch):
    batch = BATCHES[batch]
    for i, j in itertools.product(range(3), repeat=2):
        A, B = square(*batch, n=3), drawn(*batch, 3, 2, seed=1)
        A[..., i, j] = NONE[what]
        agree(*both(CALLS[name], A, B, gradients=False), rtol=1e-9)
        B[..., j, :] = NONE[what]
        agree(*both(CALLS[name], square(*batch, n=3), B[..., :i + 1], gradients=False), rtol=1e-9)


@pytest.mark.parametrize("many", [(), (3,), (150,)])
@pytest.mark.parametrize("f", [lambda t, A: t.linalg.inv_ex(A), lambda t, A: t.linalg.solve_ex(A, t.ones(A.shape[:-1], dtype=A.dtype)[..., None]), lambda t, A: t.linalg.lu_factor_ex(A)])
def test_singular_matrices(f, many):
    for singular in ([[1.0, 2], [2, 4]], [[0.0, 0], [0, 0]], [[0.0, 0], [0, 1]], [[0.0, 3], [0, 1]], [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]):
        A = square(*many, n=len(singular))
        A[(*(-1,) * len(many),)] = singular
        ours, theirs = both(f, A, gradients=False)
        agree(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("many", [(), (3,), (150,)])
def test_matrices_that_are_not_definite(many, upper):
    """The factor ends where they end to be definite, and what is in the other triangle is not read."""
    nan = float("nan")
    for bad in ([[4.0, 2, 1], [2, 1, 3], [1, 3, 5]], [[4.0, 2, 1], [2, -1, 3], [1, 3, 5]], [[0.0, 2, 1], [2, 1, 3], [1, 3, 5]], [[4.0, 2, 1], [2, 5, 0], [1, 0, nan]], [[4.0, nan, 1], [2, 5, 0], [1, 0, 3]], [[4.0, 2, 1], [nan, 5, 0], [1, 0, 3]]):
        A = np.broadcast_to(3 * np.eye(3), (*many, 3, 3)).copy()
        A[(*(-1,) * len(many),)] = bad
        ours, theirs = both(lambda t, A: t.linalg.cholesky_ex(A, upper=upper), A, gradients=False)
        behind = int(np.isnan(bad).any() and theirs[1][0].any())  # OpenBLAS goes on with what is no number
        agree(ours[behind:], theirs[behind:], rtol=1e-9)
        for f in (lambda t, A: t.linalg.cholesky(A, upper=upper), lambda t, A: t.linalg.cholesky_ex(A, upper=upper, check_errors=True)):
            told = []
            for t in (ctgrad, torch):
                try:
                    told.append(f(t, t.from_numpy(A))[0].shape)
                except RuntimeError as error:
                    told.append((type(error).__name__, str(error)))
            assert told[0] == told[1]


@pytest.mark.parametrize("many", [(), (150,)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_determinants_of_what_is_singular_or_no_number(many, dtype):
    for matrix in ([[1, 2], [2, 4]], [[0, 0], [0, 0]], [[0, 1], [1, 0]], [[1, np.nan], [2, 3]], [[np.inf, 1], [2, 3]], [[-1, 2], [1, 3]], [[1e30, 1], [1, 1e30]]):
        A = np.broadcast_to(np.array(matrix, dtype), (*many, 2, 2)).copy()
        for f in (lambda t, A: t.linalg.det(A), lambda t, A: t.linalg.slogdet(A)):
            agree(*both(f, A, gradients=False), rtol=1e-6)


def test_the_gradient_of_slogdet_where_a_matrix_is_singular():
    agree(*both(lambda t, A: t.linalg.slogdet(A)[1], np.array([[1.0, 2], [2, 4]])))


@pytest.mark.parametrize("batch", [(), (3,), (2, 80)])
@pytest.mark.parametrize("f", [lambda t, A: t.linalg.inv(A), lambda t, A: t.linalg.inv_ex(A, check_errors=True), lambda t, A: t.linalg.solve(A, A), lambda t, A: t.cholesky_inverse(A),
                               lambda t, A: t.cholesky_inverse(A, upper=True), lambda t, A: t.linalg.lu_factor(A), lambda t, A: t.linalg.lu_factor_ex(A, check_errors=True)])
def test_how_singular_matrices_are_refused(f, batch):
    A = square(*batch, n=3)
    A.reshape(-1, 3, 3)[-1, :, 1] = 0
    told = []
    for t in (ctgrad, torch):
        with pytest.raises(RuntimeError) as info:
            f(t, t.from_numpy(A))
        told.append((info.type.__name__, str(info.value)))
    assert told[0] == told[1]


@pytest.mark.parametrize("f", [lambda t: t.cholesky_solve(t.ones(4, 2), t.eye(3)), lambda t: t.cholesky_solve(t.ones(3, 2), t.ones(3, 4)), lambda t: t.cholesky_solve(t.ones(3, 2), t.eye(3).double()),
                               lambda t: t.cholesky_solve(t.ones(3, 2).half(), t.eye(3).half()), lambda t: t.triangular_solve(t.ones(3, 2).double(), t.eye(3)), lambda t: t.triangular_solve(t.ones(3, 2), t.ones(3, 4)),
                               lambda t: t.linalg.solve_triangular(t.eye(3), t.ones(4, 2), upper=True), lambda t: t.linalg.ldl_solve(t.eye(3), t.ones(3).int(), t.ones(4, 2))])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_refusals(f):
    told = []
    for t in (ctgrad, torch):
        with pytest.raises((RuntimeError, NotImplementedError)) as info:
            f(t)
        told.append((info.type.__name__, str(info.value)))
    assert told[0] == told[1]


def test_the_inverse_by_a_factor_that_is_no_number():
    for place in ((0, 0), (1, 0), (2, 1), (2, 2)):
        L = np.tril(square(n=3))
        L[place] = np.nan
        agree(*both(lambda t, L: t.cholesky_inverse(L), L, gradients=False), rtol=1e-9)
