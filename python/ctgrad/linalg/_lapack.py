"""LAPACK's routines for batches, by csrc/py/lapack.c. Arrays are batches of matrices that lie column by column: (..., columns, rows)."""

import math

import numpy as np

from ctgrad import _C

_call, _has = _C._lapack, _C._has_lapack

_WIDE = 48  # right sides, and rows


def copied(x):
    """A new array of matrices, contiguous. Large ones are turned by tiles, NumPy's way is a line of the cache for each number."""
    if x.shape[-1] * x.shape[-2] < 256 or not x.flags.writeable:
        return np.array(x, order="C")
    return _C.from_numpy(x).clone(memory_format=_C.contiguous_format).numpy()


def getrf(columns):
    """P L U of matrices, in place; (pivots from 1, infos: the first zero of U's diagonal, 0 if none is)."""
    *batch, n, m = columns.shape
    pivots, infos = np.empty((*batch, min(m, n)), np.int32), np.zeros(batch, np.int32)
    _call("getrf", "", columns, pivots, infos)
    return pivots, infos


def getrs(columns, pivots, right, transposed):
    """X of A X = right (transposed: A^T X) by getrf's result, in place of right."""
    if _are_wide(right):
        _put_turned(right, _solved_by_rows(columns, pivots, copied(right.swapaxes(-1, -2)), transposed))
    else:
        _call("getrs", "T" if transposed else "N", columns, pivots, right)


def _put_turned(right, rows):
    _C.from_numpy(right).copy_(_C.from_numpy(rows).mT)


def _solved_by_rows(columns, pivots, rows, transposed):
    if not transposed:
        rows = _permuted(rows, pivots, False)
        _substitute(columns, rows, False, True, True)
        _substitute(columns, rows, True, False, True)
        return rows
    turned = columns.swapaxes(-1, -2)
    _substitute(turned, rows, False, False, True)
    _substitute(turned, rows, True, True, True)
    return _permuted(rows, pivots, True)


def _permuted(rows, pivots, back):
    """Rows exchanged as pivots say, or back."""
    n, wide = rows.shape[-2:]
    count = math.prod(rows.shape[:-2])
    order = row_order(pivots.reshape(count, n), n, back) + np.arange(count)[:, None] * n  # int64
    return rows.reshape(count * n, wide)[order.reshape(-1)].reshape(rows.shape)


def row_order(pivots, rows, back=False):
    """Where each row is after exchanges as pivots say, from the first; back: in the opposite order."""
    order = np.empty((*pivots.shape[:-1], rows), np.int32)
    _call("laswp", "B" if back else "F", np.ascontiguousarray(pivots, np.int32), order)
    return order


def gesv(a, right):
    """X of A X = right, in place of right; a may be any view. infos."""
    if _are_wide(right):
        pivots, infos = getrf(columns := copied(a))
        getrs(columns, pivots, right, False)
        return infos
    infos = np.zeros(a.shape[:-2], np.int32)
    _call("gesv", "", copied(a), np.empty(a.shape[:-1], np.int32), right, infos)
    return infos


def _are_wide(right):
    """Is substitution quicker with right sides row by row, by more than it takes to turn them? OpenBLAS's is, from so many rows and columns on."""
    return right.size >= _WIDE * _WIDE and min(right.shape[-2:]) >= _WIDE and _has("trsm")


def trsm(right, *steps):
    """X of A X = right, in place of right; steps: (A, whether its upper triangle is read, whether with ones on its diagonal), one after the other. A may be any view."""
    by_rows = _are_wide(right)
    x = copied(right.swapaxes(-1, -2)) if by_rows else right
    for a, upper, unit in steps:
        _substitute(a, x, upper, unit, by_rows)
    if by_rows:
        _put_turned(right, x)


def _substitute(a, x, upper, unit, by_rows):
    """x is (..., right sides, rows), or by rows (..., rows, right sides): then X^T A^T is what is asked."""
    _call("trsm", ("U" if upper else "L") + ("U" if unit else "N") + ("R" if by_rows else "C"), _in_lines(a), x)


def _in_lines(a):
    """The matrices, by one batch dim, where they are if the columns or the rows of each are adjacent numbers, else a copy."""
    if a.ndim > 3:
        a = a.reshape(math.prod(a.shape[:-2]), *a.shape[-2:])
    if a.ndim == 2 and a.flags.forc:
        return a
    one, (near, far) = a.itemsize, sorted(a.strides[-2:])
    return a if near == one and far >= one * a.shape[-1] and not far % one and far < one << 31 else np.ascontiguousarray(a)


def _need(done, name):
    if not done:
        raise RuntimeError(f"linalg: LAPACK's {name} was not found: install scipy-openblas32, or let CTGRAD_BLAS name a library that has it")


def sytrf(columns):
    """L D L^T of symmetric matrices by their lower triangles, in place; (pivots, infos)."""
    pivots, infos = np.empty(columns.shape[:-1], np.int32), np.zeros(columns.shape[:-2], np.int32)
    _need(_call("sytrf", "L", columns, pivots, infos), "sytrf")
    return pivots, infos


def sytrs(columns, pivots, right):
    """X of A X = right by sytrf's result, in place of right."""
    _need(_call("sytrs", "L", columns, pivots, right), "sytrs")


def potrf(columns, upper):
    """L of L L^T (upper: U of U^T U) in place of the matrices, of which one triangle is read; infos: the order of the first minor that is not positive, 0 if all are."""
    infos = np.zeros(columns.shape[:-2], np.int32)
    _call("potrf", "U" if upper else "L", columns, infos)
    return infos


def potrs(a, right, upper):
    """X of L L^T X = right (upper: U^T U), in place of right; a may be any view."""
    turned = a.swapaxes(-1, -2)
    first, last = (turned, a) if upper else (a, turned)
    trsm(right, (first, False, False), (last, True, False))


def potri(columns, upper):
    """The inverses of L L^T (upper: U^T U) by such factors, in place; infos: the first zero of a diagonal, 0 if none is."""
    infos = np.zeros(columns.shape[:-2], np.int32)
    _call("potri", "U" if upper else "L", columns, infos)
    return infos


def geqrf(columns):
    """Q R of matrices, in place: R, and below the diagonal the vectors of reflections whose product is Q; their factors."""
    *batch, n, m = columns.shape
    sizes = np.zeros((*batch, min(m, n)), columns.dtype)
    _call("geqrf", "", columns, sizes)
    return sizes


def orgqr(columns, sizes):
    """The first columns of Q by geqrf's result, in place."""
    _call("orgqr", "", columns, sizes)


def ormqr(columns, sizes, right, transposed):
    """Q right (transposed: Q^T right) by geqrf's result, in place of right."""
    _call("ormqr", "T" if transposed else "N", columns, sizes, right)
