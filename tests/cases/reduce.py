"""Reductions and scans."""

import numpy as np

from . import bools, case, t, values


def _keep(f):
    return lambda x, dim=None, keepdim=False: f(x, axis=tuple(dim) if isinstance(dim, (list, tuple)) and dim else dim if not isinstance(dim, (list, tuple)) else None, keepdims=keepdim)


def _softmax(x, dim):
    e = np.exp(x - x.max(axis=dim, keepdims=True)) if x.size else x
    return e / e.sum(axis=dim, keepdims=True)


def _logsumexp(x, dim, keepdim=False):
    return np.log(np.exp(x).sum(axis=dim, keepdims=keepdim))


def _pair(value, place):
    return lambda x, dim, keepdim=False: (value(x, axis=dim, keepdims=keepdim), place(x, axis=dim, keepdims=keepdim))


def _spread(f):
    return lambda x, dim=None, unbiased=True, correction=1, keepdim=False: f(x, axis=tuple(dim) if isinstance(dim, (list, tuple)) else dim, ddof=correction, keepdims=keepdim)


def _norm(x, p=2, dim=None, keepdim=False):
    a = np.abs(x)
    if p == np.inf:
        return a.max(axis=dim, keepdims=keepdim)
    if p == -np.inf:
        return a.min(axis=dim, keepdims=keepdim)
    if p == 0:
        return (a != 0).sum(axis=dim, keepdims=keepdim).astype(x.dtype)
    return (a**p).sum(axis=dim, keepdims=keepdim) ** (1 / p)


def _running(f):
    """Running extremes and the last place where each was reached."""

    def both(x, dim):
        best = f.accumulate(x, dim)
        places = np.expand_dims(np.arange(x.shape[dim]), tuple(d for d in range(x.ndim) if d != dim))
        return best, np.maximum.accumulate(np.where(x == best, places, 0), dim)
    return both


X = t(3, 4)
DIMS = [{}, {"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": (0, 1)}]

def _svd(x):
    return np.linalg.svd(x, full_matrices=False)[1]


CASES = {
    "sum": [case(X, ref=_keep(np.sum), **d) for d in DIMS] + [case(t(2, 3, 4), ref=_keep(np.sum), dim=(0, 2)), case(t(0, 3), ref=_keep(np.sum), dim=0), case(t(), ref=_keep(np.sum))],
    "mean": [case(X, ref=_keep(np.mean), **d) for d in DIMS] + [case(t(2, 3, 4), ref=_keep(np.mean), dim=(0, 2))],
    "nansum": [case(X, ref=_keep(np.nansum), **d) for d in DIMS] + [case(values([[np.nan, 1, 2], [3, np.nan, np.nan]]), ref=_keep(np.nansum), dim=1, grad=False)],
    "count_nonzero": [case(values([[0.0, 1, 2], [3, 0, 0]]), ref=lambda x, dim=None: np.count_nonzero(x, axis=dim), grad=False, **d) for d in ({}, {"dim": 1}, {"dim": (0, 1)})],
    "prod": [case(X, ref=_keep(np.prod)), case(X, ref=_keep(np.prod), dim=1), case(values([[1.0, 0, 2], [3, 0, 0]]), ref=_keep(np.prod), dim=1, second=False), case(t(), ref=_keep(np.prod))],
    "any": [case(bools(3, 4), ref=_keep(np.any), grad=False), case(bools(3, 4), ref=_keep(np.any), grad=False, dim=0)],
    "all": [case(bools(3, 4), ref=_keep(np.all), grad=False), case(bools(3, 4), ref=_keep(np.all), grad=False, dim=0)],
    "amax": [case(X, ref=_keep(np.max), **d) for d in DIMS],
    "amin": [case(X, ref=_keep(np.min), **d) for d in DIMS],
    "max": [case(X, ref=lambda x: x.max()), case(X, 0, ref=_pair(np.max, np.argmax)), case(X, 1, True, ref=_pair(np.max, np.argmax)), case(X, t(3, 4), ref=np.maximum)],
    "min": [case(X, ref=lambda x: x.min()), case(X, 0, ref=_pair(np.min, np.argmin)), case(X, 1, True, ref=_pair(np.min, np.argmin)), case(X, t(3, 4), ref=np.minimum)],
    "argmax": [case(X, ref=lambda x: np.argmax(x), grad=False), case(X, 1, ref=lambda x, d: np.argmax(x, d), grad=False)],
    "argmin": [case(X, ref=lambda x: np.argmin(x), grad=False), case(X, 1, ref=lambda x, d: np.argmin(x, d), grad=False)],
    "softmax": [case(X, 1, ref=_softmax), case(X, 0, ref=_softmax), case(t(2, 3, 4), 1, ref=_softmax)],
    "log_softmax": [case(X, 1, ref=lambda x, d: np.log(_softmax(x, d))), case(X, 0, ref=lambda x, d: np.log(_softmax(x, d)))],
    "softmax_backward": [case(X, X, 1, ref=lambda g, y, d: y * (g - (g * y).sum(d, keepdims=True))), case(X, X, 0), case(t(2, 3, 4), t(2, 3, 4), 1)],
    "log_softmax_backward": [case(X, X, 1, ref=lambda g, y, d: g - np.exp(y) * g.sum(d, keepdims=True)), case(X, X, 0), case(t(2, 3, 4), t(2, 3, 4), 1)],
    "logsumexp": [case(X, 1, ref=_logsumexp), case(X, (0, 1), ref=_logsumexp), case(X, 0, True, ref=_logsumexp), case(t(0, 3), 0, ref=lambda x, d: np.full(3, -np.inf)),
                  case(t(3, 0), 0, ref=lambda x, d: np.zeros(0))],
    "cumsum": [case(X, 0, ref=lambda x, d: np.cumsum(x, d)), case(X, 1, ref=lambda x, d: np.cumsum(x, d))],
    "cumprod": [case(X, 0, ref=lambda x, d: np.cumprod(x, d)), case(values([[1.0, 0, 2], [3, 0, 0]]), 1, ref=lambda x, d: np.cumprod(x, d), second=False)],
    "logcumsumexp": [case(X, d, ref=lambda x, d: np.logaddexp.accumulate(x, d)) for d in (0, 1)] + [case(t(), 0, ref=lambda x, d: x)],
    "cummax": [case(X, d, ref=_running(np.maximum)) for d in (0, 1)] + [case(values([1.0, 3, 3, 2]), 0, ref=lambda x, d: (np.array([1, 3, 3, 3]), np.array([0, 1, 2, 2])), grad=False)],
    "cummin": [case(X, d, ref=_running(np.minimum)) for d in (0, 1)] + [case(values([4.0, 2, 3, 2]), 0, ref=lambda x, d: (np.array([4, 2, 2, 2]), np.array([0, 1, 1, 3])), grad=False)],
    "var": [case(X, ref=_spread(np.var)), case(X, ref=_spread(np.var), dim=1), case(X, ref=_spread(np.var), dim=1, correction=0, keepdim=True)],
    "std": [case(X, ref=_spread(np.std)), case(X, ref=_spread(np.std), dim=1), case(X, ref=_spread(np.std), dim=1, correction=0, keepdim=True)],
    "var_mean": [case(X, ref=lambda x, dim: (np.var(x, axis=dim, ddof=1), np.mean(x, axis=dim)), dim=1)],
    "std_mean": [case(X, ref=lambda x, dim: (np.std(x, axis=dim, ddof=1), np.mean(x, axis=dim)), dim=1)],
    "norm": [case(X, ref=_norm), case(X, 1, 1, ref=_norm), case(X, 3, 0, True, ref=_norm), case(X, np.inf, 1, ref=_norm), case(X, -np.inf, 1, ref=_norm), case(X, 0, 1, ref=_norm),
             case(X, "nuc", ref=lambda x, p: _svd(x).sum()), case(t(2, 3, 4), "nuc", (2, 0), True, ref=lambda x, p, d, k: _svd(np.moveaxis(x, 1, 0)).sum(-1)[None, :, None])],
    "linalg_svd": [case(X, grad=False)],
    "linalg_vector_norm": [case(X, ref=lambda x: np.linalg.norm(x)), case(X, 3, 0, True, ref=_norm), case(X, np.inf, (0, 1), ref=_norm)],
}
