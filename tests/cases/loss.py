"""Losses, and the rows that an embedding picks."""

import numpy as np

from . import case, t, values

X, Y, P, Q, W = t(3, 4), t(3, 4), t(3, 4, low=0.1, high=0.9), t(3, 4, low=0.2, high=0.8), t(4, low=0.5, high=1.5, grad=False)
FAR = t(3, 4, low=2.5, high=4)
_CLASSES, _MAP = values([1, 3, 0], "int64"), values([[[1, 0]], [[2, 2]]], "int64")
_NODES, _USES = values([[0, 2], [2, 1]], "int64"), values([[0, 2], [2, 4], [0, 2]], "int64")


def _embedding_backward(g, index, rows, padding):
    out = np.zeros((rows, g.shape[-1]), g.dtype)
    np.add.at(out, index[index != padding], g[index != padding])
    return out


def _reduce(losses, how):
    return [losses, losses.mean(), losses.sum()][how]


def _mse(x, y, reduction=1):
    return _reduce((x - y) ** 2, reduction)


def _smooth(x, y, reduction=1, beta=1.0):
    d = np.abs(x - y)
    return _reduce(np.where(d < beta, d * d / 2 / beta, d - beta / 2), reduction)


def _huber(x, y, reduction=1, delta=1.0):
    d = np.abs(x - y)
    return _reduce(np.where(d <= delta, d * d / 2, delta * (d - delta / 2)), reduction)


def _bce(x, y, weight=None, reduction=1):
    losses = -(y * np.log(x) + (1 - y) * np.log(1 - x))
    return _reduce(losses if weight is None else losses * weight, reduction)


def _logits(x, y, weight=None, pos_weight=None, reduction=1):
    p = 1 / (1 + np.exp(-x))
    losses = -((1 if pos_weight is None else pos_weight) * y * np.log(p) + (1 - y) * np.log(1 - p))
    return _reduce(losses if weight is None else losses * weight, reduction)


def _nll(x, target, weight=None, reduction=1, ignore_index=-100):
    used = target != ignore_index
    classes = np.where(used, target, 0)
    axis = 0 if x.ndim == 1 else 1
    share = np.where(used, 1.0 if weight is None else weight[classes], 0)
    losses = -np.take_along_axis(x, np.expand_dims(classes, axis), axis).squeeze(axis) * share
    if reduction == 0:
        return losses, np.zeros((), x.dtype)
    return losses.sum() / (share.sum() if reduction == 1 else 1), share.sum()


CASES = {
    "mse_loss": [case(X, Y, ref=_mse), case(X, Y, 0, ref=_mse), case(X, t(4), 2, ref=_mse)],
    "div_count": [case(X, 3, ref=lambda x, count: x / count)],
    "smooth_l1_loss": [case(X, FAR, ref=_smooth), case(X, Y, 0, 10.0, ref=_smooth), case(X, FAR, 2, 0.25, ref=_smooth)],
    "soft_margin_loss": [case(X, Y, ref=lambda x, y: np.log1p(np.exp(-y * x)).mean()), case(X, Y, 2, ref=lambda x, y, r: np.log1p(np.exp(-y * x)).sum())],
    "huber_loss": [case(X, FAR, ref=_huber), case(X, Y, 0, 10.0, ref=_huber), case(X, FAR, 2, 0.25, ref=_huber)],
    "binary_cross_entropy": [case(P, Q, ref=_bce), case(P, Q, W, 0, ref=_bce), case(P, Q, W, 2, ref=_bce)],
    "binary_cross_entropy_with_logits": [case(X, Q, ref=_logits), case(X, Q, W, W, 0, ref=_logits), case(X, Q, None, W, 2, ref=_logits)],
    "nll_loss": [case(t(3, 4), _CLASSES, ref=_nll), case(t(3, 4), _CLASSES, W, 0, ref=_nll), case(t(3, 4), _CLASSES, W, 1, 3, ref=_nll),
                 case(t(2, 3, 1, 2), _MAP, None, 2, ref=_nll), case(t(2, 3, 1, 2), _MAP, t(3, low=0.5, grad=False), 1, 2, ref=_nll),
                 case(t(4), values(2, "int64"), ref=_nll)],
    "embedding_backward": [case(t(3, 2, 4), _USES, 5, -1, ref=_embedding_backward, grad=False), case(t(3, 2, 4), _USES, 6, 2, ref=_embedding_backward, grad=False)],
    "embedding": [case(t(3, 2), _NODES, ref=lambda w, i: w[i]), case(t(3, 2), _NODES, 2, ref=lambda w, i, padding: w[i], second=False, grad=False),
                  case(t(3, 2), values(1, "int64"), ref=lambda w, i: w[i])],
}
