"""Products."""

import numpy as np

from . import case, t


def _addmm(self, a, b, beta=1, alpha=1):
    return beta * self + alpha * (a @ b)


def _antidiagonals(a, b):
    return sum(np.convolve(x, y) for x, y in zip(a, b, strict=True))


def _renorm(x, p, dim, most):
    size = (np.abs(x) ** p).sum(tuple(range(1, x.ndim)), keepdims=True) ** (1 / p)
    return np.where(size > most, x * most / (size + 1e-7), x)


CASES = {
    "mm": [case(t(3, 4), t(4, 5), ref=np.matmul), case(t(1, 1), t(1, 1), ref=np.matmul), case(t(0, 3), t(3, 2), ref=np.matmul),
           case(t(2, 0), t(0, 3), ref=np.matmul), case(t(20, 33), t(33, 40), ref=np.matmul, second=False)],
    "contract": [case(t(3, 1, 4), t(3, 5, 4), (3, 5, 1), ref=lambda a, b, size: (a * b).sum(2, keepdims=True)),
                 case(t(2, 3), t(1, 3), (1, 3), ref=lambda a, b, size: (a * b).sum(0, keepdims=True)), case(t(2, 1), t(1, 1), (1, 1), ref=lambda a, b, size: (a * b).sum(0, keepdims=True)),
                 case(t(2, 3), t(2, 3), (2, 3), ref=lambda a, b, size: a * b), case(t(0, 3), t(1, 3), (1, 3), ref=lambda a, b, size: (a * b).sum(0, keepdims=True))],
    "antidiagonals": [case(t(2, 3), t(2, 4), ref=_antidiagonals), case(t(1, 1), t(1, 1), ref=_antidiagonals), case(t(5, 20), t(5, 9), ref=_antidiagonals, second=False)],
    "bmm": [case(t(2, 3, 4), t(2, 4, 5), ref=np.matmul), case(t(0, 3, 4), t(0, 4, 5), ref=np.matmul)],
    "mv": [case(t(3, 4), t(4), ref=np.matmul), case(t(0, 4), t(4), ref=np.matmul), case(t(3, 0), t(0), ref=np.matmul)],
    "dot": [case(t(4), t(4), ref=np.dot), case(t(0), t(0), ref=np.dot), case(t(100), t(100), ref=np.dot, second=False)],
    "vdot": [case(t(4), t(4), ref=np.dot)],
    "matmul": [case(t(3), t(3), ref=np.matmul), case(t(2, 3), t(3), ref=np.matmul), case(t(3), t(3, 2), ref=np.matmul), case(t(2, 3), t(3, 4), ref=np.matmul),
               case(t(5, 2, 3), t(3, 4), ref=np.matmul), case(t(5, 2, 3), t(3), ref=np.matmul), case(t(3), t(5, 3, 2), ref=np.matmul),
               case(t(2, 1, 2, 3), t(4, 3, 2), ref=np.matmul), case(t(2, 3), t(4, 3, 2), ref=np.matmul), case(t(0, 2, 3), t(3, 4), ref=np.matmul)],
    "addmm": [case(t(3, 5), t(3, 4), t(4, 5), ref=_addmm), case(t(5), t(3, 4), t(4, 5), ref=_addmm, beta=0.5, alpha=2), case(t(1, 1), t(3, 4), t(4, 5), ref=_addmm),
              case(t(5), t(3, 4), t(4, 5), ref=_addmm, beta=0, alpha=3)],
    "baddbmm": [case(t(2, 3, 5), t(2, 3, 4), t(2, 4, 5), ref=_addmm), case(t(5), t(2, 3, 4), t(2, 4, 5), ref=_addmm, beta=0.5, alpha=2)],
    "addbmm": [case(t(3, 5), t(2, 3, 4), t(2, 4, 5), ref=lambda s, a, b, beta=1, alpha=1: beta * s + alpha * (a @ b).sum(0), beta=2, alpha=0.5)],
    "addmv": [case(t(3), t(3, 4), t(4), ref=_addmm, beta=2, alpha=0.5)],
    "addr": [case(t(3, 4), t(3), t(4), ref=lambda s, a, b, beta=1, alpha=1: beta * s + alpha * np.outer(a, b), beta=2, alpha=0.5)],
    "outer": [case(t(3), t(4), ref=np.outer)],
    "ger": [case(t(3), t(4), ref=np.outer)],
    "linear": [case(t(2, 3), t(4, 3), ref=lambda x, w: x @ w.T), case(t(2, 3), t(4, 3), t(4), ref=lambda x, w, b: x @ w.T + b),
               case(t(3), t(4, 3), t(4), ref=lambda x, w, b: x @ w.T + b), case(t(5, 2, 3), t(4, 3), t(4), ref=lambda x, w, b: x @ w.T + b),
               case(t(2, 3), t(3), ref=lambda x, w: x @ w)],
    "cross": [case(t(2, 3), t(2, 3), 1, ref=lambda a, b, dim: np.cross(a, b)), case(t(3, 2), t(3, 1), 0, ref=lambda a, b, dim: np.cross(a, b, axis=0)),
              case(t(3, 4), t(3, 4), ref=lambda a, b: np.cross(a, b, axis=0))],
    "renorm": [case(t(3, 4), 2, 0, 1.5, ref=_renorm), case(t(3, 2, 2), 1, 0, 2.5, ref=_renorm)],
}
