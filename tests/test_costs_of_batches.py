"""Matrices that repeat along a batch: each distinct one is factored once, and its gradient arrives summed over the batch."""
import pytest

import ctgrad
from ctgrad import linalg
from ctgrad.distributions import MultivariateNormal

from . import costs

pytestmark = pytest.mark.usefixtures("mechanisms_on")


def definite(A):
    return A @ A.mT + 4 * ctgrad.eye(A.shape[-1])


def right():
    return ctgrad.arange(8.0).view(4, 2) / 8


def normal(A, **how):
    return MultivariateNormal(A[..., 0], **{name: definite(A if of_batch else A[0]) for name, of_batch in how.items()}).log_prob(ctgrad.ones(4))


OPS = {
    "inv": lambda A: linalg.inv(definite(A)), "inv_ex": lambda A: linalg.inv_ex(definite(A))[0], "det": linalg.det, "slogdet": lambda A: linalg.slogdet(definite(A))[1], "logdet": lambda A: definite(A).logdet(),
    "solve": lambda A: linalg.solve(definite(A), right()), "solve a vector": lambda A: linalg.solve(definite(A), right()[:, 0]), "solve for itself": lambda A: linalg.solve(definite(A), A),
    "solve from the right": lambda A: linalg.solve(definite(A), right().mT, left=False), "solve_ex": lambda A: linalg.solve_ex(definite(A), right())[0],
    "solve_triangular": lambda A: linalg.solve_triangular(definite(A), right(), upper=True), "triangular_solve": lambda A: ctgrad.triangular_solve(A, definite(A))[0],
    "cholesky": lambda A: linalg.cholesky(definite(A)), "upper cholesky": lambda A: linalg.cholesky(definite(A), upper=True), "cholesky_ex": lambda A: linalg.cholesky_ex(definite(A))[0],
    "cholesky_inverse": lambda A: ctgrad.cholesky_inverse(definite(A)), "cholesky_solve": lambda A: ctgrad.cholesky_solve(A, definite(A)), "torch.cholesky": lambda A: ctgrad.cholesky(definite(A)),
    "qr": lambda A: linalg.qr(A)[0], "r": lambda A: linalg.qr(A)[1], "q and r": lambda A: linalg.qr(A)[0] @ linalg.qr(A)[1].exp(), "wide qr": lambda A: linalg.qr(A[..., :2, :])[1], "tall qr": lambda A: linalg.qr(A[..., :2])[0],
    "eigh": lambda A: linalg.eigh(definite(A))[0], "vectors of eigh": lambda A: linalg.eigh(definite(A))[1].abs(), "eigvalsh": lambda A: linalg.eigvalsh(definite(A)),
    "svd": lambda A: linalg.svd(A)[0].abs(), "svdvals": linalg.svdvals, "full svd": lambda A: linalg.svd(A[..., :2])[1], "u of a full svd": lambda A: linalg.svd(A[..., :2])[0][..., :2].abs(),
    "nuclear norm": lambda A: linalg.matrix_norm(A, "nuc"), "norm 2": lambda A: linalg.matrix_norm(A, 2), "norm 1": lambda A: linalg.matrix_norm(A, 1), "torch.nuclear_norm": lambda A: ctgrad.nuclear_norm(A, (-2, -1)),
    "cond": lambda A: linalg.cond(definite(A)), "cond by norm 1": lambda A: linalg.cond(definite(A), 1), "pinv": linalg.pinv, "hermitian pinv": lambda A: linalg.pinv(definite(A), hermitian=True),
    "matrix_rank": lambda A: A[..., 0, 0] * linalg.matrix_rank(A), "lstsq": lambda A: linalg.lstsq(A, A * 2)[0], "matrix_exp": linalg.matrix_exp, "matrix_power": lambda A: linalg.matrix_power(A, 3),
    "matrix_power below 0": lambda A: linalg.matrix_power(definite(A), -2), "lu": lambda A: linalg.lu(definite(A))[2], "l": lambda A: linalg.lu(A)[1], "lu_factor": lambda A: linalg.lu_factor(definite(A))[0],
    "lu_solve": lambda A: linalg.lu_solve(*linalg.lu_factor(definite(A)), right()), "geqrf": lambda A: A * ctgrad.geqrf(A)[0].detach(), "householder_product": lambda A: linalg.householder_product(A, A[..., 0]),
    "ormqr": lambda A: ctgrad.ormqr(A, A[..., 0], A), "vander": lambda A: linalg.vander(A[..., 0]), "cross": lambda A: linalg.cross(A[..., :3, :], A[..., 1:, :], dim=-2),
    "ldl_factor": lambda A: A * linalg.ldl_factor(definite(A))[0].detach(), "ldl_solve": lambda A: A * linalg.ldl_solve(*linalg.ldl_factor(definite(A).detach()), A.detach()),
    "bmm": lambda A: ctgrad.bmm(A, A.tanh()), "bmm by bmm": lambda A: (A @ A) @ A, "a product that broadcasts": lambda A: (A.unsqueeze(1) @ A[:2]).sum(1).tanh() @ right(), "baddbmm": lambda A: ctgrad.baddbmm(A, A, A), "cdist": lambda A: ctgrad.cdist(A, A * 2), "diag_embed": lambda A: A.diag_embed() * 2, "einsum": lambda A: ctgrad.einsum("bij,bjk->bik", A, A).exp(),
    "quantile": lambda A: A.quantile(0.3, 1), "nanquantile": lambda A: A.nanquantile(0.3, -1), "std_mean": lambda A: sum(ctgrad.std_mean(A, (1, 2))), "var_mean": lambda A: sum(ctgrad.var_mean(A, 1)), "tril": lambda A: A.tril().exp(), "triu": lambda A: A.triu(1) * 2,
    "searchsorted": lambda A: A.amax(-1) * ctgrad.searchsorted(A.detach().sort(-1)[0], A.detach()).sum(-1), "unsafe_split": lambda A: A.unsafe_split(2, -1)[1] * 3, "linear": lambda A: ctgrad.nn.functional.linear(A, right().mT).tanh(), "select": lambda A: A[:, 1].exp(), "diagonal": lambda A: A.diagonal(1, 1, 2).exp(),
    "normal": lambda A: normal(A, covariance_matrix=True), "normal of equal means": lambda A: normal(A, covariance_matrix=False), "normal by precision": lambda A: normal(A, precision_matrix=True),
    "entropy": lambda A: MultivariateNormal(A[..., 0], definite(A)).entropy(),
}


def leaf(*size):
    return ctgrad.rand(*size, requires_grad=True)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("name", OPS)
def test_a_batch_of_equal_matrices_costs_one(name, held):
    took = []
    for b in (2048, 4096):
        ctgrad.manual_seed(1)
        A = leaf(4, 4).expand(b, 4, 4)
        with costs.Cost() as count:
            y = OPS[name](A * 2 if held else A).amax(0)
            y.backward(ctgrad.ones(y.shape))
        took.append(count.counts())
    for a, b in zip(*took, strict=True):
        assert b < 1.3 * a + 4096, (name, took)


@pytest.mark.parametrize("name", OPS)
def test_its_gradients_are_those_of_all(name):
    """Of the leaf, of a batch that is looked at, and of second order."""
    found = []
    for on in (True, False):
        before = ctgrad._C._switches(0 if on else -1, on)
        try:
            found.append(gradients(OPS[name]))
        finally:
            ctgrad._C._switches(*before)
    for a, b in zip(*found, strict=True):
        assert a.stride() == b.stride() and ctgrad.allclose(a, b, rtol=1e-6, atol=1e-8 * (1 + float(b.abs().max()))), name


def gradients(f):
    def start():
        ctgrad.manual_seed(3)
        w = ctgrad.rand(4, 4, dtype=ctgrad.float64, requires_grad=True)
        return w, (w.expand(5, 4, 4) * 2).to(ctgrad.float64)
    default = ctgrad.get_default_dtype()
    ctgrad.set_default_dtype(ctgrad.float64)
    try:
        w, x = start()
        y = f(x)
        y.sum().backward()
        found = [y.detach(), w.grad]
        w, x = start()
        x.retain_grad()
        y = f(x)
        (y * ctgrad.arange(1.0, 1 + y.numel()).view(y.shape)).sum().backward()
        found += [w.grad, x.grad]
        w, x = start()
        g, = ctgrad.autograd.grad(f(x).sum(), w, create_graph=True)
        if g.requires_grad:
            (g * g).sum().backward()
        return [*found, g.detach(), w.grad if w.grad is not None else w.detach()]
    finally:
        ctgrad.set_default_dtype(default)


def test_the_first_bad_matrix_of_a_batch_is_counted_in_the_whole():
    bad = ctgrad.stack([ctgrad.eye(3), ctgrad.zeros(3, 3)])
    for batch in (bad.unsqueeze(1).expand(2, 100, 3, 3), bad.unsqueeze(1).expand(2, 100, 3, 3) * 1):
        with pytest.raises(RuntimeError, match=r"\(Batch element 100\)"):
            linalg.inv(batch)
