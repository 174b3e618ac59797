"""softmax and log_softmax have PyTorch's bits along any dim, results and gradients, around the widths of its vectors and the parts of its threads;
nll_loss rounds halves where PyTorch does."""

import numpy as np
import opdb
import pytest
import torch

import ctgrad

SHAPES = [((4, 5), 1), ((3, 100), 1), *(((3, n), 0) for n in (1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 40, 63, 65, 100, 300)), ((2, 3, 2, 2), 1), ((2, 3, 8, 9), 1), ((5, 3, 13), 1)]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_has_the_bits_of_the_oracle(name):
    draw = np.random.default_rng(0)
    for shape, dim in SHAPES:
        x, g = (draw.standard_normal(shape).astype("float32") for _ in range(2))
        found = []
        for t in (ctgrad, torch):
            leaf = t.from_numpy(x.copy()).requires_grad_()
            y = getattr(t, name)(leaf, dim)
            y.backward(t.from_numpy(g))
            found.append((y.tolist(), leaf.grad.tolist()))
        assert found[0] == found[1], (shape, dim)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nll_loss_rounds_at_every_step(reduction, weighted, dtype):
    torch.manual_seed(0)
    for shape in ((6, 3), (700, 3), (2, 3, 2, 2), (2, 3, 8, 9)):
        x, target, weight = torch.randn(shape).to(dtype), torch.randint(0, 3, (shape[0], *shape[2:])), torch.rand(3).to(dtype) if weighted else None
        for f in ("nll_loss", "cross_entropy"):
            found = []
            for t, (a, *others) in ((ctgrad, opdb.ours([x, target, weight])), (torch, [x.clone(), target, weight])):
                loss = getattr(t.nn.functional, f)(a.requires_grad_(), *others, ignore_index=1, reduction=reduction)
                loss.sum().backward()
                found.append((loss.tolist(), a.grad.tolist()))
            assert found[0] == found[1], (f, shape)
