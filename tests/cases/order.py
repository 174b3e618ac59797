"""Sorting, searching, counting, drawing by weight; arithmetic made of other ops."""

import numpy as np

from . import bools, case, t, values

X = t(3, 4)
COUNTS = values([3, 1, 2, 1, 3], "int64")
ROW = values([[1.0, 3, 5, 7], [2, 4, 6, 8]])
PLACES = values([[0, 2], [1, 1], [3, 0]], "int64")


def _sorted(x, dim=-1, descending=False):
    order = np.argsort(-x if descending else x, dim, kind="stable")
    return np.take_along_axis(x, order, dim), order


def _top(x, k, dim=-1, largest=True):
    return tuple(np.take(a, range(k), dim) for a in _sorted(x, dim, largest))


def _kth(x, k, dim=-1):
    return tuple(np.take(a, k - 1, dim) for a in _sorted(x, dim))


def _median(x, dim):
    return _kth(x, (x.shape[dim] + 1) // 2, dim)


CASES = {
    "sort": [case(X, ref=_sorted), case(X, 0, True, ref=_sorted), case(t(), ref=lambda x: (x, np.array(0))), case(t(40), ref=_sorted)],
    "pick_places": [case(X, 2, ref=lambda x, k: np.argsort(-x, -1)[..., :k], grad=False),
                    case(X, 1, False, False, 1, ref=lambda x, k, *a: np.argsort(x, -1)[..., k:k + 1], grad=False)],
    "count_places": [case(COUNTS, ref=np.bincount, grad=False), case(COUNTS, 7, ref=lambda x, least: np.bincount(x, minlength=least), grad=False)],
    "search_places": [case(X, values([-1.0, 0, 1]), ref=lambda x, b: np.searchsorted(b, x), grad=False),
                      case(values([[1.0, 6], [3, 7]]), ROW, True, ref=lambda v, r, right: np.array([np.searchsorted(a, b, "right") for a, b in zip(r, v, strict=True)]), grad=False)],
    "ranked": [case(X, values([0, 3, 11], "int64"), ref=lambda x, r: np.sort(x.reshape(-1))[r])],
    "sort_places": [case(X, ref=lambda x: np.argsort(x, -1, kind="stable"), grad=False), case(t(2, 50), True, ref=lambda x, d: np.argsort(-x, -1, kind="stable"), grad=False)],
    "topk": [case(X, 2, ref=_top), case(X, 1, 0, False, ref=_top)],
    "kthvalue": [case(X, 2, ref=_kth), case(X, 3, 0, ref=_kth)],
    "median": [case(X, 1, ref=_median), case(X, 0, ref=_median), case(t(5), ref=np.median)],
    "nanmedian": [case(X, 1, ref=_median), case(t(5), ref=np.median)],
    "aminmax": [case(X, ref=lambda x: (x.min(), x.max())), case(X, ref=lambda x, dim: (x.min(1), x.max(1)), dim=1)],
    "argsort": [case(X, ref=lambda x: np.argsort(x, -1, kind="stable"), grad=False)],
    "msort": [case(X, ref=lambda x: np.sort(x, 0))],
    "unique": [case(COUNTS, ref=np.unique, grad=False)],
    "unique_consecutive": [case(values([1, 1, 2, 1], "int64"), ref=lambda x: np.array([1, 2, 1]), grad=False)],
    "bincount": [case(COUNTS, ref=np.bincount, grad=False), case(COUNTS, ref=lambda x, minlength: np.bincount(x, minlength=minlength), grad=False, minlength=7)],
    "histc": [case(X, 4, -2, 2, ref=lambda x, n, a, b: np.histogram(x, n, (a, b))[0], grad=False)],
    "searchsorted": [case(ROW, values([[3.0, 6], [3, 6]]), ref=lambda r, v: np.array([np.searchsorted(a, b) for a, b in zip(r, v, strict=True)]), grad=False)],
    "bucketize": [case(X, values([-1.0, 0, 1]), ref=lambda x, b: np.searchsorted(b, x), grad=False)],
    "isin": [case(COUNTS, values([1, 2], "int64"), ref=np.isin, grad=False)],
    "multinomial": [case(values([0.0, 1, 0]), 1, ref=lambda w, n: np.array([1]), grad=False), case(values([[0.0, 1, 0], [1, 0, 0]]), 2, True, ref=lambda w, n, r: np.array([[1, 1], [0, 0]]), grad=False)],
    "quantile": [case(X, 0.3, ref=np.quantile), case(X, 0.6, 1, ref=np.quantile), case(t(2, 3, 4), 0.6, 0, True, ref=lambda x, q, d, k: np.quantile(x, q, d, keepdims=k)),
                 case(t(2, 3, 4), 0.2, 0, ref=np.quantile)],
    "nanquantile": [case(X, 0.3, ref=np.quantile), case(X, 0.6, 0, ref=np.quantile)],
    "argwhere": [case(bools(3, 4), ref=np.argwhere, grad=False)],
    "deg2rad": [case(X, ref=np.deg2rad)],
    "rad2deg": [case(X, ref=np.rad2deg)],
    "sgn": [case(X, ref=np.sign)],
    "isposinf": [case(values([1.0, np.inf, -np.inf]), ref=np.isposinf, grad=False)],
    "isneginf": [case(values([1.0, np.inf, -np.inf]), ref=np.isneginf, grad=False)],
    "isreal": [case(X, ref=np.isreal, grad=False)],
    "signbit": [case(values([1.0, -0.0, 0.0, -2]), ref=np.signbit, grad=False)],
    "copysign": [case(X, t(4, grad=False), ref=np.copysign)],
    "nan_to_num": [case(values([1.0, 2, -3]), ref=np.nan_to_num), case(values([np.nan, np.inf, -np.inf]), 1.0, 2.0, 3.0, ref=lambda x, a, b, c: np.array([a, b, c]), grad=False)],
    "nan_to_num_": [case(values([1.0, 2, -3]), ref=np.nan_to_num, grad=False)],
    "heaviside": [case(values([-1.0, 0, 2]), values([0.5, 0.5, 0.5]), ref=np.heaviside, grad=False)],
    "xlogy": [case(X, t(4, low=0.5), ref=lambda x, y: x * np.log(y))],
    "logaddexp2": [case(X, t(4), ref=np.logaddexp2)],
    "fmax": [case(X, t(4), ref=np.fmax)],
    "fmin": [case(X, t(4), ref=np.fmin)],
    "float_power": [case(t(3, low=0.5), 2, ref=np.float_power)],
    "sinc": [case(X, ref=np.sinc)],
    "logit": [case(t(4, low=0.1, high=0.9), ref=lambda x: np.log(x / (1 - x)))],
    "nanmean": [case(X, ref=np.nanmean), case(X, 1, ref=np.nanmean)],
    "diff": [case(X, ref=np.diff), case(X, 2, 0, ref=lambda x, n, d: np.diff(x, n, d))],
    "gradient": [case(t(4, 5), ref=np.gradient), case(t(4, 5), ref=lambda x, **k: np.gradient(x, 2.0, edge_order=2), spacing=2.0, edge_order=2)],
    "trapezoid": [case(X, ref=np.trapezoid if hasattr(np, "trapezoid") else np.trapz)],
    "trapz": [case(X, ref=np.trapezoid if hasattr(np, "trapezoid") else np.trapz)],
    "inner": [case(X, t(2, 4), ref=np.inner)],
    "kron": [case(t(2, 2), t(2, 3), ref=np.kron), case(t(2), t(2, 3), ref=np.kron)],
    "dist": [case(X, t(3, 4), ref=lambda x, y: np.sqrt(((x - y) ** 2).sum()))],
    "pdist": [case(t(4, 3), ref=lambda x: np.sqrt(((x[[0, 0, 0, 1, 1, 2]] - x[[1, 2, 3, 2, 3, 3]]) ** 2).sum(-1)))],
    "cdist": [case(X, t(2, 4), ref=lambda x, y: np.sqrt(((x[:, None] - y) ** 2).sum(-1)))],
    "cov": [case(X, ref=np.cov)],
    "corrcoef": [case(X, ref=np.corrcoef)],
    "take_along_dim": [case(X, PLACES, 1, ref=np.take_along_axis)],
    "trace": [case(t(3, 4), ref=np.trace), case(t(4, 3), ref=np.trace), case(t(2, 2), ref=np.trace)],
    "diagflat": [case(t(3), ref=np.diagflat), case(t(2, 2), 1, ref=np.diagflat)],
    "fill_diagonal_": [case(t(3, 4, grad=False), 2.5, ref=lambda x, v: np.where(np.eye(3, 4), v, x), grad=False)],
    "tril_indices": [case(3, 4, 1, ref=lambda r, c, k: np.array(np.tril_indices(r, k, c)), grad=False)],
    "triu_indices": [case(3, 4, ref=lambda r, c: np.array(np.triu_indices(r, 0, c)), grad=False)],
    "logspace": [case(0, 2, 3, ref=np.logspace, grad=False)],
    "vander": [case(values([1, 2, 3], "int64"), ref=np.vander, grad=False)],
}
