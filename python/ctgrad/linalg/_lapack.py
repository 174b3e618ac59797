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


def getrf(columns):
    """P L U of matrices, in place; (pivots from 1, infos: the first zero of U's diagonal, 0 if none is)."""
    n, m = columns.shape[-2:]
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
    _solved("getrs", "T" if transposed else "N", columns, pivots, right)


def sytrs(columns, pivots, right):
    """X of A X = right by sytrf's result, in place of right; one batch."""
    _solved("sytrs", "L", columns, pivots, right)
