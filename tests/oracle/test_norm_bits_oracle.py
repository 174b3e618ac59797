"""layer_norm, group_norm and batch_norm in training have PyTorch's bits, results and gradients, around the widths of its vectors."""

import numpy as np
import pytest
import torch

import ctgrad

SHAPES = {"layer": [(3, n) for n in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100, 127, 128, 129, 257, 600, 5000)],
          "group": [(3, 4, 5), (2, 20, 7), (3, 22, 9), (2, 26, 16), (2, 54, 11), (2, 6, 49), (2, 64, 1), (1, 4, 1000)],
          "batch": [(8, 5), (100, 33), (9, 16), (5, 7, 1), (2, 3, 4, 4), (4, 6, 3, 3), (16, 40, 7, 7), (3, 8, 100), (2, 5, 1000)]}


def normed(t, kind, affine, x, w, b, g):
    x, w, b = (t.from_numpy(a.copy()).requires_grad_() for a in (x, w, b))
    w, b = (w, b) if affine else (None, None)
    F = t.nn.functional
    y = F.layer_norm(x, x.shape[1:], w, b) if kind == "layer" else F.group_norm(x, 2, w, b) if kind == "group" else F.batch_norm(x, None, None, w, b, training=True)
    y.backward(t.from_numpy(g))
    return [a.numpy() for a in (y.detach(), x.grad, *((w.grad, b.grad) if affine else ()))]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("kind", SHAPES)
def test_norms_have_the_bits_of_the_oracle(kind, affine, dtype):
    threads = torch.get_num_threads()
    if kind != "batch":
        torch.set_num_threads(1)  # each thread's share of the weight gradient is a sum of its own
    try:
        for shape in SHAPES[kind]:
            draw = np.random.default_rng(len(shape) + shape[-1])
            given = [draw.standard_normal(size).astype(dtype) for size in (shape, shape[1], shape[1], shape)]
            for mine, told in zip(normed(ctgrad, kind, affine, *given), normed(torch, kind, affine, *given), strict=True):
                assert np.array_equal(mine, told), shape
    finally:
        torch.set_num_threads(threads)
