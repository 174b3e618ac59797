"""Products, powers and exponentials."""

import math

import ctgrad
from ctgrad import _C
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import need_tensor, with_exact_out, with_shared_out
from ctgrad.composed.closed import node

from ._checks import need_matrices
from ._solve import inv, solve


@with_exact_out
def matmul(input, other):
    """The product of matrices, as ctgrad.matmul."""
    return _C.matmul(input, other)


@with_exact_out
def vecdot(x, y, *, dim=-1):
    """Sums of products along a dimension. RuntimeError where the dtypes differ."""
    if x.dtype != y.dtype:
        raise RuntimeError(f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {scalar_name(x.dtype)} and y of type {scalar_name(y.dtype)} instead")
    return _C.vdot(x, y) if x.dim() == y.dim() == 1 else (x * y).sum(dim)


@with_exact_out
@node("LinalgCrossBackward0", again="LinalgCrossBackward0")
def cross(input, other, *, dim=-1):
    """The cross product of vectors of size 3 along dim; the rest broadcasts."""
    need_tensor("linalg_cross", input)
    need_tensor("linalg_cross", other, "other", 2)
    if input.dim() != other.dim():
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if input.size(dim) != 3 or other.size(dim) != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.size(dim)} and {other.size(dim)}")
    if input.dtype == ctgrad.bool:
        raise unsupported("cross", input.dtype)
    if input.dtype != other.dtype:
        raise RuntimeError(f"linalg.cross: expected scalar type {scalar_name(input.dtype)} but found {scalar_name(other.dtype)}")
    a, b = ctgrad.broadcast_tensors(input, other)
    return a.roll(-1, dim) * b.roll(-2, dim) - a.roll(-2, dim) * b.roll(-1, dim)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of the last two dimensions, as a view."""
    need_tensor("linalg_diagonal", A, "A")
    return A.diagonal(offset, dim1, dim2)


def vander(x, *, N=None):
    """Powers 0 to N - 1 of the elements of vectors as rows."""
    need_tensor("linalg_vander", x, "x")
    n = (x.size(-1) if x.dim() else 1) if N is None else N
    if n <= 1:
        raise RuntimeError(f"linalg.vander: N must be greater than 1, got {n}")
    if x.dtype in (_C.float16, _C.bfloat16, _C.bool):
        raise RuntimeError(f"linalg.vander supports floating point, complex, and integer tensors, but got {scalar_name(x.dtype)}")
    column = (x if x.dim() else x.unsqueeze(0)).unsqueeze(-1)
    column = column if x.is_floating_point() else column.long()
    powers = column.expand(*column.shape[:-1], n - 1).cumprod(-1)
    return _C.cat([_C.ones_like(column, requires_grad=False), powers], -1)


@with_exact_out
def matrix_power(A, n):
    """A times itself n times; the inverse's power where n is below 0."""
    need_tensor("linalg_matrix_power", A)
    if A.dim() < 2 or A.size(-1) != A.size(-2):
        raise RuntimeError("linalg.matrix_power: A must be batches of square matrices")
    if n < 0:
        return inv(A) if n == -1 else matrix_power(inv(A), -n)
    if n == 0:
        return A.clone(memory_format=_C.contiguous_format).copy_(_C.eye(A.size(-1), dtype=A.dtype))
    if n == 3:
        return (A @ A) @ A
    made, square = None, A
    while n:
        if n & 1:
            made = square if made is None else made @ square
        n >>= 1
        square = square @ square if n else square
    return made.clone() if made is A else made


@with_exact_out
def multi_dot(tensors):
    """The product of two or more matrices in the order with the fewest multiplications; the first and last may be vectors."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(f"linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for i, t in enumerate(tensors):
        need_tensor("multi_dot", t, f"tensors[{i}]", 0)
        ends = i in (0, len(tensors) - 1)
        if not (t.dim() == 2 or (ends and t.dim() == 1)):
            which = f"the {'last' if i else 'first'} tensor must be 1D or 2D" if ends else f"tensor {i} must be 2D"
            raise RuntimeError(f"multi_dot(): {which} but got {t.dim()}D")
        if t.dtype != tensors[0].dtype:
            raise RuntimeError(f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {tensors[0].dtype} and tensor {i} {t.dtype}")
    row, column = tensors[0].dim() == 1, tensors[-1].dim() == 1
    tensors[0] = tensors[0].unsqueeze(0) if row else tensors[0]
    tensors[-1] = tensors[-1].unsqueeze(-1) if column else tensors[-1]
    for i, (a, b) in enumerate(zip(tensors, tensors[1:], strict=False)):
        if a.size(1) != b.size(0):
            raise RuntimeError(f"multi_dot(): tensors {i} and {i + 1} with shapes {list(a.shape)} and {list(b.shape)} cannot be multiplied")
    made = _in_order(tensors, _cheapest([t.size(0) for t in tensors] + [tensors[-1].size(1)]), 0, len(tensors) - 1)
    return made.view(made.shape[row:2 - column])


def _cheapest(sizes):
    """Where to cut each range of a chain of matrices: (first, last) -> the last of the left part."""
    n = len(sizes) - 1
    cost, cut = {(i, i): 0 for i in range(n)}, {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], cut[i, j] = min((cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))
    return cut


def _in_order(tensors, cut, first, last):
    """The product of a range, by a list of what is still to do: chains may be long."""
    todo, done = [(first, last, False)], []
    while todo:
        i, j, ready = todo.pop()
        if i == j:
            done.append(tensors[i])
        elif ready:
            right = done.pop()
            done.append(done.pop() @ right)
        else:
            todo += [(i, j, True), (cut[i, j] + 1, j, False), (i, cut[i, j], False)]
    return done[0]


@with_shared_out
@node("LinalgMatrixExpBackward0")
def matrix_exp(A):
    """e to the power of square matrices: the series of A / 2^k, squared k times."""
    if isinstance(A, _C.Tensor) and A.dtype in (_C.float16, _C.bfloat16):
        return matrix_exp.__wrapped__(A.float()).to(A.dtype)
    need_matrices("matrix_exp", A, True)
    halvings = _halvings(A.detach())
    most, least = (int(halvings.max()), int(halvings.min())) if A.numel() else (0, 0)
    x = A * 2.0 ** (-most if most == least else -halvings.to(A.dtype)[..., None, None])
    one = _C.eye(A.size(-1), dtype=A.dtype).expand(A.shape)
    made = one
    for k in range(18, 0, -1):  # Horner's scheme; the norm of x is below 1/2
        made = one + (x @ made) / k
    for i in range(most):  # squares beyond a matrix's own number would cost its digits
        made = made @ made if i < least else _C.where((halvings > i)[..., None, None], made @ made, made)
    return made


def _halvings(A):
    """How often each matrix is to be halved for a norm below 1/2; what is no number never gets there."""
    norms = A.abs().sum(-2).amax(-1) if A.size(-1) else A.new_zeros(A.shape[:-2])
    return _C.where(norms.isfinite(), norms.frexp().exponent + 1, 0).clamp(min=0)


@with_shared_out
def tensorinv(A, ind=2):
    """The inverse of A as a map from its dims from `ind` on to those before."""
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    rows, columns = A.shape[:ind], A.shape[ind:]
    if math.prod(rows) != math.prod(columns):
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), "
                           f"but got {math.prod(columns)} != {math.prod(rows)}")
    return inv(A.reshape(math.prod(rows), -1 if A.numel() else 0)).reshape(*columns, *rows)


@with_shared_out
def tensorsolve(A, B, dims=None):
    """X of tensordot(A, X, X.dim()) = B; dims of A are moved to its end first."""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.dim() - len(dims), A.dim())))
    wanted = A.shape[B.dim():]
    if math.prod(wanted) != B.numel():
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
                           f"but got {math.prod(wanted)} != {B.numel()}")
    return solve(A.reshape(B.numel(), B.numel()), B.reshape(-1)).reshape(wanted)
