"""`torch.linalg`: norms and products said in ops, factorizations by LAPACK (scipy-openblas32's; of eigenvalues and singular values NumPy's) with gradients said in ops, of all orders."""

from ctgrad.linalg._checks import LinAlgError
from ctgrad.linalg._factor import cholesky, cholesky_ex, eigh, eigvalsh, qr, svd, svdvals
from ctgrad.linalg._lu import ldl_factor, ldl_factor_ex, ldl_solve, lu, lu_factor, lu_factor_ex, lu_solve, solve_ex
from ctgrad.linalg._norms import matrix_norm, norm, vector_norm
from ctgrad.linalg._products import cross, diagonal, matmul, matrix_exp, matrix_power, multi_dot, tensorinv, tensorsolve, vander, vecdot
from ctgrad.linalg._rank import cond, lstsq, matrix_rank, pinv
from ctgrad.linalg._reflect import householder_product
from ctgrad.linalg._solve import det, inv, inv_ex, slogdet, solve, solve_triangular

__all__ = ["LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "householder_product", "inv", "inv_ex",
           "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm",
           "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals",
           "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm"]
