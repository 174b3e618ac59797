"""LAPACK's work on many matrices side by side: each step is a NumPy operation on the same numbers of all of them.

Arrays are (columns, rows, matrices): number [j, i] of each, in its row i and column j, is a vector. Results are written where the operands are.
"""

import numpy as np

_CACHE = 1 << 20  # bytes of matrices that are worked on at once
_FEW = 64  # matrices, below which the pivots of one after the other are followed


def by_planes(f, read, written):
    """f of the arrays (matrices, ...), their first dim last, in pieces that stay in the cache."""
    count, size = len(written[0]), sum(x[:1].nbytes for x in (*read, *written))
    pieces = max(1, count * size // _CACHE)
    with np.errstate(all="ignore"):
        for i in range(pieces):
            here = slice(count * i // pieces, count * (i + 1) // pieces)
            parts = [np.ascontiguousarray(x[here].transpose(*range(1, x.ndim), 0)) for x in (*read, *written)]
            f(*parts)
            for x, part in zip(written, parts[len(read):], strict=True):
                x[here] = part.transpose(-1, *range(part.ndim - 1))


def exchange(x, first, second):
    """Row `first` of all matrices with row second[i] of the i-th."""
    count, flat = x.shape[-1], x.reshape(len(x), -1)
    which = np.flatnonzero(second != first)
    here, there = first * count + which, second[which] * count + which
    for column, one, other in zip(flat, flat.take(here, 1), flat.take(there, 1), strict=True):
        column[here], column[there] = other, one


def _largest(x):
    """The place of the first of the largest magnitudes in each column. NumPy's argmax turns such arrays."""
    if x.shape[1] < _FEW:
        return np.abs(x).argmax(0)
    most, place = np.abs(x[0]), np.zeros(x.shape[1], np.int8 if len(x) < 128 else np.int32)
    for row in range(1, len(x)):
        size = np.abs(x[row])
        place += (size > most) * (row - place)
        np.maximum(most, size, out=most)
    return place.astype(np.intp)


def factor(a, pivots, infos):
    """getrf: elimination from the left, with the largest number that is left of a column as the pivot."""
    for k in range(len(pivots)):
        largest = k + _largest(a[k, k:])
        pivots[k] = largest + 1
        exchange(a, k, largest)
        zero = a[k, k] == 0
        infos[zero & (infos == 0)] = k + 1
        a[k, k + 1:] *= 1 / np.where(zero, 1, a[k, k])
        a[k + 1:, k + 1:] -= a[k + 1:, k, None] * a[k, k + 1:]


def substitute(upper, unit, a, x):
    """Right sides become the X of A X = x, A triangular."""
    for k in reversed(range(len(a))) if upper else range(len(a)):
        rest = slice(0, k) if upper else slice(k + 1, None)
        if not unit:
            x[:, k] /= a[k, k]
        x[:, rest] -= x[:, k, None] * a[k, rest]


def substitute_each(how, *operands):
    """One triangle after the other: how is (upper, unit) of each."""
    *matrices, x = operands
    for a, (upper, unit) in zip(matrices, how, strict=True):
        substitute(upper, unit, a, x)


def row_order(pivots, rows, back=False):
    """Which row each row is after exchanges as pivots say, from the first; back: after these in the opposite order."""
    steps, count = range(len(pivots))[::-1 if back else 1], pivots.shape[1]
    if count < _FEW:
        return np.array([_one_order(steps, p, rows) for p in pivots.T.tolist()], np.intp).reshape(count, rows).T
    order = np.repeat(np.arange(rows)[:, None], count, 1)
    for k in steps:
        exchange(order[None], k, pivots[k] - 1)
    return order


def _one_order(steps, pivots, rows):
    order = list(range(rows))
    for k in steps:
        other = pivots[k] - 1
        order[k], order[other] = order[other], order[k]
    return order


def permute(back, pivots, x):
    """Rows are exchanged as pivots say, or back."""
    count = x.shape[-1]
    x[:] = x.reshape(len(x), -1).take(row_order(pivots, x.shape[1], back) * count + np.arange(count), 1)


def solve(transposed, a, pivots, x):
    """getrs: right sides become the X of A X = x (transposed: A^T X) by factor's result."""
    if transposed:
        turned = a.swapaxes(0, 1)
        substitute(False, False, turned, x)
        substitute(True, True, turned, x)
        permute(True, pivots, x)
    else:
        permute(False, pivots, x)
        substitute(False, True, a, x)
        substitute(True, False, a, x)


def factor_and_solve(a, infos, x):
    """gesv: likewise by A itself, whose factors are not kept."""
    pivots = np.empty(a.shape[1:], np.int32)
    factor(a, pivots, infos)
    solve(False, a, pivots, x)


def _reflect(x, v, size):
    """x becomes (1 - size v v^T) x."""
    x -= (size * (x * v).sum(1))[:, None] * v


def _vector(a, k):
    v = a[k, k:].copy()
    v[0] = 1
    return v


def reflections(a, sizes):
    """geqrf: R on and above the diagonal, below it the vectors of reflections, of which `sizes` are the factors."""
    for k in range(len(sizes)):
        below, first = a[k, k + 1:], a[k, k].copy()
        largest = np.abs(below).max(0, initial=0)
        unit = np.where(largest == 0, 1, largest)
        length = -np.copysign(np.hypot(first, unit * np.sqrt(np.square(below / unit).sum(0))), first)
        sizes[k] = np.where(largest == 0, 0, (length - first) / length)
        below /= np.where(largest == 0, 1, first - length)
        a[k, k] = np.where(largest == 0, first, length)
        _reflect(a[k + 1:, k:], _vector(a, k), sizes[k])


def product(sizes, a):
    """orgqr: the first columns of the product of reflections."""
    vectors = [_vector(a, k) for k in range(len(sizes))]
    a[:] = 0
    for k in range(len(a)):
        a[k, k] = 1
    for k in reversed(range(len(sizes))):
        _reflect(a[k:, k:], vectors[k], sizes[k])


def multiply(transposed, a, sizes, x):
    """ormqr from the left: x becomes the product of reflections (transposed: in the opposite order) times x."""
    for k in range(len(sizes)) if transposed else reversed(range(len(sizes))):
        _reflect(x[:, k:], _vector(a, k), sizes[k])


def cholesky(upper, a, infos):
    """potrf: L of L L^T (upper: U of U^T U) from the left, zeros in the other triangle; it stays as it is from the first minor on that is not positive."""
    a = a.swapaxes(0, 1) if upper else a
    for k in range(len(a)):
        a[k, :k] = 0
        lead, going = a[k, k] - np.square(a[:k, k]).sum(0), infos == 0
        np.copyto(a[k, k], lead, where=going)
        infos[going & ~(lead > 0)] = k + 1
        going, root = infos == 0, np.sqrt(lead)
        np.copyto(a[k, k], root, where=going)
        np.copyto(a[k, k + 1:], (a[k, k + 1:] - (a[:k, k, None] * a[:k, k + 1:]).sum(0)) / root, where=going)


def inverse(upper, infos, a):
    """potri: the inverse of L L^T (upper: U^T U) by its factor, one triangle mirrored; infos: the first zero of its diagonal."""
    lower, factor = (a.swapaxes(0, 1).copy(), a.copy()) if upper else (a.copy(), a.swapaxes(0, 1).copy())
    for k in reversed(range(len(a))):
        infos[a[k, k] == 0] = k + 1
    a[:] = np.eye(len(a))[..., None]
    substitute(False, False, lower, a)
    substitute(True, False, factor, a)
    for k in range(len(a)):
        if upper:
            a[:k, k] = a[k, :k]
        else:
            a[k, :k] = a[:k, k]
