"""LAPACK's routines that NumPy does not offer, from the library that large products use: `CTGRAD_BLAS`, or that of scipy-openblas32."""

import ctypes
import functools
import glob
import importlib.util
import os

import numpy as np

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


def _symbol(name):
    return getattr(_library(), "scipy_LAPACKE_" + name, None) or getattr(_library(), "LAPACKE_" + name, None)


@functools.cache
def _routine(name):
    found, checks = _symbol(name), _symbol("set_nancheck")
    if found is None:
        raise RuntimeError(f"linalg: LAPACK's {name} was not found: install scipy-openblas32, or let CTGRAD_BLAS name a library that has it")
    if checks is not None:
        checks(0)  # what is not a number is computed with
    return found


def _call(name, columns, *args):
    """LAPACKE's `name` for one dtype; arrays as their addresses, texts as letters. Its info."""
    routine = _routine(("s" if columns.dtype == np.float32 else "d") + name)
    info = routine(_COLUMNS, *(ctypes.c_char(x.encode()) if isinstance(x, str) else ctypes.c_void_p(x.ctypes.data) if isinstance(x, np.ndarray) else int(x) for x in args))
    if info < 0:
        raise MemoryError(f"LAPACK's {name} found no memory for its work (info {info})")
    return info


def _pieces(columns):
    return columns.reshape(-1, *columns.shape[-2:]) if columns.size else columns[:0].reshape(0, 1, 1)


def _pivots(columns, count):
    return np.tile(np.arange(1, count + 1, dtype=np.int32), (*columns.shape[:-2], 1))


def _factored(name, columns, count, sizes):
    """Matrices, one a (columns, rows) array, factored where they lie; (pivots, infos)."""
    pivots, infos = _pivots(columns, count), np.zeros(columns.shape[:-2], np.int32)
    for a, p, place in zip(_pieces(columns), pivots.reshape(-1, count or 1), np.ndindex(infos.shape), strict=False):
        infos[place] = _call(name, columns, *sizes, a, a.shape[1], p)
    return pivots, infos


# ---- many small matrices, side by side: a call of LAPACK for each would take longer than its work --------------------------------------

_FEW, _SMALL = 16, 16  # matrices; rows and columns


def _are_many(columns):
    """Are they so many and small, and numbers (LAPACK's order of what is none is its own)?"""
    return columns.shape[-1] and max(columns.shape[-2:]) <= _SMALL and columns.size >= _FEW * columns.shape[-2] * columns.shape[-1] > 0 and np.isfinite(columns).all()


def exchange(a, first, second):
    """Row `first` of all matrices with row second[i] of the i-th."""
    every, row = np.arange(len(a)), a[..., first].copy()
    a[..., first] = a[every, :, second]
    a[every, :, second] = row


def _factored_together(columns):
    """getrf by elimination from the left, with the rows of all matrices exchanged and taken away at once."""
    a = _pieces(columns)
    count, n, m = a.shape
    pivots, infos = np.empty((count, min(m, n)), np.int32), np.zeros(count, np.int32)
    for k in range(min(m, n)):
        largest = k + np.abs(a[:, k, k:]).argmax(-1)
        pivots[:, k] = largest + 1
        exchange(a, k, largest)
        zero = a[:, k, k] == 0
        infos[zero & (infos == 0)] = k + 1
        a[:, k, k + 1:] *= (1 / np.where(zero, 1, a[:, k, k]))[:, None]
        a[:, k + 1:, k + 1:] -= a[:, k + 1:, k, None] * a[:, None, k, k + 1:]
    return pivots.reshape(*columns.shape[:-2], min(m, n)), infos.reshape(columns.shape[:-2])


def _solved_together(columns, pivots, right, transposed):
    """getrs by substitution, likewise."""
    a, x, p = _pieces(columns), _pieces(right), pivots.reshape(-1, pivots.shape[-1]) - 1
    order = range(a.shape[-1])
    if not transposed:
        for k in order:
            exchange(x, k, p[:, k])
        for k in order:
            x[..., k + 1:] -= x[..., k, None] * a[:, None, k, k + 1:]
        for k in reversed(order):
            x[..., k] /= a[:, None, k, k]
            x[..., :k] -= x[..., k, None] * a[:, None, k, :k]
        return
    for k in order:
        x[..., k] /= a[:, None, k, k]
        x[..., k + 1:] -= x[..., k, None] * a[:, None, k + 1:, k]
    for k in reversed(order):
        x[..., :k] -= x[..., k, None] * a[:, None, :k, k]
    for k in reversed(order):
        exchange(x, k, p[:, k])


def getrf(columns):
    """P L U of matrices, in place; (pivots from 1, infos: the first zero of U's diagonal, 0 if none is)."""
    n, m = columns.shape[-2:]
    if _are_many(columns):
        with np.errstate(all="ignore"):
            return _factored_together(columns)
    return _factored("getrf", columns, min(m, n), (m, n))


def sytrf(columns):
    """L D L^T of symmetric matrices by their lower triangles, in place; (pivots, infos)."""
    n = columns.shape[-1]
    return _factored("sytrf", columns, n, ("L", n))


def _solved(name, letter, columns, pivots, right):
    sizes = (letter, columns.shape[-1], right.shape[-2])
    for a, p, b in zip(_pieces(columns), pivots.reshape(-1, pivots.shape[-1] or 1), _pieces(right), strict=False):
        _call(name, columns, *sizes, a, a.shape[1], p, b, b.shape[1])


def getrs(columns, pivots, right, transposed):
    """X of A X = right (transposed: A^T X) by getrf's result, in place of right; one batch."""
    if _are_many(columns) and right.size and np.isfinite(right).all():
        with np.errstate(all="ignore"):
            return _solved_together(columns, pivots, right, transposed)
    return _solved("getrs", "T" if transposed else "N", columns, pivots, right)


def sytrs(columns, pivots, right):
    """X of A X = right by sytrf's result, in place of right; one batch."""
    _solved("sytrs", "L", columns, pivots, right)
