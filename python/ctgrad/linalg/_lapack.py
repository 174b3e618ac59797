"""LAPACK's routines for batches, from the library that large products use: `CTGRAD_BLAS`, or that of scipy-openblas32.

Many small matrices, for which a call each would take longer than its work, go side by side (`_aside.py`); so do all where there is no library.
Arrays are one batch dimension of matrices that lie column by column: (matrices, columns, rows).
"""

import ctypes
import functools
import glob
import importlib.util
import itertools
import os

import numpy as np

from . import _aside

_COLUMNS = 102  # matrices lie column by column
_THREADS = "OPENBLAS_NUM_THREADS"


def _path():
    named = os.environ.get("CTGRAD_BLAS", "0")
    if named not in ("", "0"):
        return named
    spec = importlib.util.find_spec("scipy_openblas32")
    places = [os.path.join(place, "lib", kind) for place in (spec.submodule_search_locations if spec else ())
              for kind in ("libscipy_openblas*.so*", "libscipy_openblas*.dylib", "*.dll")]
    return next((path for place in places for path in sorted(glob.glob(place))), None)


@functools.cache
def _library():
    """Loaded as the products' is: without threads of its own, which would not survive a fork."""
    path, before = _path(), os.environ.get(_THREADS)
    if path is None:
        return None
    os.environ[_THREADS] = "1"
    try:
        return ctypes.CDLL(path)
    except OSError:
        return None
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


def _symbol(kind, name):
    return getattr(_library(), f"scipy_{kind}_{name}", None) or getattr(_library(), f"{kind}_{name}", None)


@functools.cache
def _found(kind, name, dtype):
    """The routine of LAPACKE or cblas for a dtype, None where there is none."""
    checks = _symbol("LAPACKE", "set_nancheck")
    if checks is not None:
        checks(0)  # what is not a number is computed with
    return _symbol(kind, ("s" if dtype == np.float32 else "d") + name)


_TYPES = {str: ctypes.c_char, int: ctypes.c_int, np.ndarray: ctypes.c_void_p, np.float32: ctypes.c_float, np.float64: ctypes.c_double}


def _first(x):
    """What a routine gets of an argument for the first matrix: of an array the address."""
    return x.__array_interface__["data"][0] if type(x) is np.ndarray else x.encode() if type(x) is str else x if type(x) is int else float(x)


def _each(routine, *args):
    """What the routine returns for each matrix: of an array it gets the address of that matrix's part."""
    if routine.argtypes is None:
        routine.argtypes = (ctypes.c_int, *(_TYPES[type(x)] for x in args))
    first = [_first(x) for x in args]
    count = next(len(x) for x in args if type(x) is np.ndarray)
    if count == 1:
        return [routine(_COLUMNS, *first)]
    values = [[start + i * x.strides[0] for i in range(count)] if type(x) is np.ndarray else itertools.repeat(start) for x, start in zip(args, first, strict=True)]
    return list(itertools.starmap(routine, zip(itertools.repeat(_COLUMNS), *values, strict=False)))


def _call(name, columns, *args):
    """LAPACKE's `name` for each matrix; infos."""
    routine = _found("LAPACKE", name, columns.dtype)
    if routine is None:
        raise RuntimeError(f"linalg: LAPACK's {name} was not found: install scipy-openblas32, or let CTGRAD_BLAS name a library that has it")
    infos = _each(routine, *args)
    if min(infos, default=0) < 0:
        raise MemoryError(f"LAPACK's {name} found no memory for its work (info {min(infos)})")
    return infos


_FEW, _SMALL = 16, 8  # matrices for each row; rows and columns


def _are_many(*arrays):
    """Are they so many and small, and numbers (LAPACK's order of what is none is its own)?"""
    count, *sizes = arrays[0].shape
    return max(sizes) <= _SMALL and count >= _FEW * max(sizes) and all(np.isfinite(x).all() for x in arrays)


def _go_aside(kind, name, *arrays):
    return _found(kind, name, arrays[0].dtype) is None or _are_many(*arrays)


def getrf(columns):
    """P L U of matrices, in place; (pivots from 1, infos: the first zero of U's diagonal, 0 if none is)."""
    count, n, m = columns.shape
    pivots, infos = np.empty((count, min(m, n)), np.int32), np.zeros(count, np.int32)
    if not columns.size:
        return pivots, infos
    if _go_aside("LAPACKE", "getrf", columns):
        _aside.by_planes(_aside.factor, (), (columns, pivots, infos))
    else:
        infos[:] = _call("getrf", columns, m, n, columns, m, pivots)
    return pivots, infos


def getrs(columns, pivots, right, transposed):
    """X of A X = right (transposed: A^T X) by getrf's result, in place of right."""
    if not right.size:
        return
    n, wide = columns.shape[-1], right.shape[1]
    if _go_aside("LAPACKE", "getrs", columns, right):
        _aside.by_planes(functools.partial(_aside.solve, transposed), (columns, pivots), (right,))
    elif _are_wide(right):
        right[...] = _solved_by_rows(columns, pivots, np.ascontiguousarray(right.swapaxes(1, 2)), transposed).swapaxes(1, 2)
    else:
        _call("getrs", columns, "T" if transposed else "N", n, wide, columns, n, pivots, right, n)


def _solved_by_rows(columns, pivots, rows, transposed):
    if not transposed:
        rows = _permuted(rows, pivots, False)
        _substitute(columns, rows, False, True, True)
        _substitute(columns, rows, True, False, True)
        return rows
    turned = columns.swapaxes(1, 2)
    _substitute(turned, rows, False, False, True)
    _substitute(turned, rows, True, True, True)
    return _permuted(rows, pivots, True)


def _permuted(rows, pivots, back):
    """Rows exchanged as pivots say, or back."""
    count, n, wide = rows.shape
    order = _aside.row_order(pivots.T, n, back).T + np.arange(count)[:, None] * n
    return rows.reshape(count * n, wide)[order.reshape(-1)].reshape(rows.shape)


def gesv(a, right):
    """X of A X = right, in place of right; a may be any view. infos."""
    if right.size and _go_aside("LAPACKE", "gesv", a, right):
        infos = np.zeros(len(a), np.int32)
        _aside.by_planes(_aside.factor_and_solve, (a,), (infos, right))
        return infos
    columns, n = np.array(a, order="C"), a.shape[-1]
    if _are_wide(right) or not right.size:
        pivots, infos = getrf(columns)
        getrs(columns, pivots, right, False)
        return infos
    pivots = np.empty(columns.shape[:2], np.int32)
    infos = np.array(_call("gesv", columns, n, right.shape[1], columns, n, pivots, right, n), np.int32)
    if infos.any():
        bad = np.flatnonzero(infos)  # whose right sides LAPACK leaves as they are
        left = right[bad]
        getrs(columns[bad], pivots[bad], left, False)
        right[bad] = left
    return infos


_UPPER, _LOWER, _LEFT, _RIGHT, _AS_IT_LIES, _TURNED, _ANY_DIAGONAL, _ONES = 121, 122, 141, 142, 111, 112, 131, 132


def _are_wide(right):
    """Is substitution quicker with right sides row by row, by more than it takes to turn them? OpenBLAS's is, from 48 rows and columns on."""
    return min(right.shape[1:]) >= 48 and _found("cblas", "trsm", right.dtype) is not None


def trsm(right, *steps):
    """X of A X = right, in place of right; steps: (A, whether its upper triangle is read, whether with ones on its diagonal), one after the other. A may be any view."""
    if not right.size:
        return
    matrices, how = [a for a, *_ in steps], [rest for _, *rest in steps]
    if _go_aside("cblas", "trsm", *matrices, right):
        _aside.by_planes(functools.partial(_aside.substitute_each, how), matrices, (right,))
        return
    by_rows = _are_wide(right)
    x = np.ascontiguousarray(right.swapaxes(1, 2)) if by_rows else right
    for a, (upper, unit) in zip(matrices, how, strict=True):
        _substitute(_in_lines(a), x, upper, unit, by_rows)
    if by_rows:
        right[...] = x.swapaxes(1, 2)


def _in_lines(a):
    """The matrices where they are if the columns or the rows of each are adjacent numbers, else a copy."""
    one, (near, far) = a.itemsize, sorted(a.strides[1:])
    return a if near == one and far >= one * a.shape[1] and not far % one and far < one << 31 else np.ascontiguousarray(a)


def _substitute(a, x, upper, unit, by_rows):
    """x is (matrices, right sides, rows), or by rows (matrices, rows, right sides): then X^T A^T is what is asked."""
    n, wide, near = a.shape[-1], x.shape[2 if by_rows else 1], x.shape[2]
    turned = a.strides[2] != a.itemsize
    triangle = (_LOWER if upper is turned else _UPPER, _TURNED if turned is not by_rows else _AS_IT_LIES, _ONES if unit else _ANY_DIAGONAL)
    sizes = (_RIGHT, *triangle, wide, n) if by_rows else (_LEFT, *triangle, n, wide)
    apart = 1 if n == 1 else max(a.strides[1:]) // a.itemsize  # NumPy gives no meaning to the strides of one number
    _each(_found("cblas", "trsm", a.dtype), *sizes, a.dtype.type(1), a, apart, x, near)


def sytrf(columns):
    """L D L^T of symmetric matrices by their lower triangles, in place; (pivots, infos)."""
    count, n, _ = columns.shape
    pivots, infos = np.empty((count, n), np.int32), np.zeros(count, np.int32)
    if columns.size:
        infos[:] = _call("sytrf", columns, "L", n, columns, n, pivots)
    return pivots, infos


def sytrs(columns, pivots, right):
    """X of A X = right by sytrf's result, in place of right."""
    n = columns.shape[-1]
    if right.size:
        _call("sytrs", columns, "L", n, right.shape[1], columns, n, pivots, right, n)


def potrf(columns, upper):
    """L of L L^T (upper: U of U^T U) in one triangle of the matrices; infos: the order of the first minor that is not positive, 0 if all are."""
    infos, n = np.zeros(len(columns), np.int32), columns.shape[-1]
    if not columns.size:
        return infos
    if _go_aside("LAPACKE", "potrf", columns):
        _aside.by_planes(functools.partial(_aside.cholesky, upper), (), (columns, infos))
        return infos
    infos[:] = _call("potrf", columns, "U" if upper else "L", n, columns, n)
    none = np.isnan(columns.diagonal(0, 1, 2)) & (infos == 0)[:, None]  # which OpenBLAS goes on with
    infos[none.any(1)] = none.argmax(1)[none.any(1)] + 1
    return infos


def potrs(a, right, upper):
    """X of L L^T X = right (upper: U^T U), in place of right; a may be any view."""
    turned = a.swapaxes(1, 2)
    first, last = (turned, a) if upper else (a, turned)
    trsm(right, (first, False, False), (last, True, False))


def potri(columns, upper):
    """The inverses of L L^T (upper: U^T U) by such factors, in place, one triangle mirrored; infos: the first zero of a diagonal, 0 if none is."""
    infos, n = np.zeros(len(columns), np.int32), columns.shape[-1]
    if not columns.size:
        return infos
    if _go_aside("LAPACKE", "potri", columns):
        _aside.by_planes(functools.partial(_aside.inverse, upper), (), (infos, columns))
    else:
        infos[:] = _call("potri", columns, "U" if upper else "L", n, columns, n)
    turned = columns.swapaxes(1, 2)
    np.copyto(turned, columns, where=np.tri(n, k=-1, dtype=bool) if upper else np.tri(n, k=-1, dtype=bool).T)
    return infos


def geqrf(columns):
    """Q R of matrices, in place: R, and below the diagonal the vectors of reflections whose product is Q; their factors."""
    count, n, m = columns.shape
    sizes = np.zeros((count, min(m, n)), columns.dtype)
    if not columns.size:
        return sizes
    if _are_many(columns):
        _aside.by_planes(_aside.reflections, (), (columns, sizes))
    elif _found("LAPACKE", "geqrf", columns.dtype) is None:  # NumPy has it
        columns[:], sizes[:] = np.linalg.qr(columns.swapaxes(1, 2), "raw")
    else:
        _call("geqrf", columns, m, n, columns, m, sizes)
    return sizes


def orgqr(columns, sizes):
    """The first columns of Q by geqrf's result, in place."""
    _, n, m = columns.shape
    if not columns.size:
        return
    if _go_aside("LAPACKE", "orgqr", columns, sizes):
        _aside.by_planes(_aside.product, (sizes,), (columns,))
    else:
        _call("orgqr", columns, m, n, sizes.shape[1], columns, m, sizes)


def ormqr(columns, sizes, right, transposed):
    """Q right (transposed: Q^T right) by geqrf's result, in place of right."""
    m = columns.shape[2]
    if not right.size or not sizes.size:
        return
    if _go_aside("LAPACKE", "ormqr", columns, sizes, right):
        _aside.by_planes(functools.partial(_aside.multiply, transposed), (columns, sizes), (right,))
    else:
        _call("ormqr", columns, "L", "T" if transposed else "N", m, right.shape[1], sizes.shape[1], columns, m, sizes, right, m)
