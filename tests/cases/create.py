"""Creation from sizes, and like other tensors."""

import numpy as np

from . import case, t, values

F = ("float64",)
CASES = {
    "zeros": [case(2, 3, ref=lambda *s: np.zeros(s), grad=False, dtypes=F), case((0, 2), ref=np.zeros, grad=False, dtypes=F)],
    "ones": [case(2, 3, ref=lambda *s: np.ones(s), grad=False, dtypes=F)],
    "full": [case((2, 3), 2.5, ref=np.full, grad=False, dtypes=F), case((), 7, ref=np.full, grad=False, dtypes=F)],
    "zeros_like": [case(t(2, 3), ref=np.zeros_like, grad=False)],
    "ones_like": [case(t(2, 3), ref=np.ones_like, grad=False)],
    "full_like": [case(t(2, 3), 1.5, ref=np.full_like, grad=False)],
    "new_zeros": [case(t(2), 2, 3, ref=lambda x, *s: np.zeros(s), grad=False)],
    "new_ones": [case(t(2), (2, 3), ref=lambda x, s: np.ones(s), grad=False)],
    "new_full": [case(t(2), (2, 3), 4.0, ref=lambda x, s, v: np.full(s, v), grad=False)],
    "arange": [case(5, ref=np.arange, grad=False, dtypes=F), case(1, 6, 2, ref=np.arange, grad=False, dtypes=F), case(0.5, -1, -0.25, ref=np.arange, grad=False, dtypes=F),
               case(3, 3, ref=np.arange, grad=False, dtypes=F)],
    "linspace": [case(0, 1, 5, ref=np.linspace, grad=False, dtypes=F), case(2, -2, 1, ref=np.linspace, grad=False, dtypes=F), case(0, 1, 0, ref=np.linspace, grad=False, dtypes=F)],
    "range": [case(0, 3, ref=lambda a, b: np.arange(4), grad=False, dtypes=F), case(1, 0, -0.25, ref=lambda *a: np.arange(5) / -4 + 1, grad=False, dtypes=F)],
    "hamming_window": [case(7, False, ref=lambda n, p: np.hamming(n), grad=False, dtypes=("float32",)), case(6, ref=lambda n: np.hamming(n + 1)[:-1], grad=False, dtypes=("float32",))],
    "hann_window": [case(7, False, ref=lambda n, p: np.hanning(n), grad=False, dtypes=("float32",)), case(1, ref=np.ones, grad=False, dtypes=("float32",))],
    "bartlett_window": [case(7, False, ref=lambda n, p: np.bartlett(n), grad=False, dtypes=("float32",)), case(0, ref=np.ones, grad=False, dtypes=("float32",))],
    "kaiser_window": [case(7, False, 8.0, ref=lambda n, p, b: np.kaiser(n, b), grad=False, dtypes=("float32",))],
    "blackman_window": [case(7, False, ref=lambda n, p: np.blackman(n), grad=False, dtypes=("float32",)), case(6, ref=lambda n: np.blackman(n + 1)[:-1], grad=False, dtypes=("float32",))],
    "_triangle_places": [case(3, 4, offset, lower, grad=False, dtypes=F, ref=lambda r, c, k, low: np.array((np.tril_indices if low else np.triu_indices)(r, k, c)))
                         for offset in (-4, -3, -1, 0, 2, 3, 5) for lower in (True, False)],
    "_draw_places": [case(values([[1, 2, 0, 1], [0, 0, 3, 0], [2, 2, 2, 2], [1, 0, 0, 0], [0, 5, 0, 5]]), values([[0, 0.3, 0.9], [0.5, 0, 1], [0.25, 0.26, 0.75], [0, 0.5, 1], [0, 0.5, 0.51]], "float64"),
                          grad=False, ref=lambda w, u: np.array([[0, 1, 3], [2, 0, 2], [0, 1, 2], [0, 0, 0], [0, 1, 3]]))],
    "eye": [case(3, ref=np.eye, grad=False, dtypes=F), case(2, 4, ref=np.eye, grad=False, dtypes=F), case(0, ref=np.eye, grad=False, dtypes=F)],
}
