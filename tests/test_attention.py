"""Attention in one pass beside the same by products and a softmax: values, gradients, operands of every layout."""

import math

import numpy as np
import pytest

import ctgrad
from ctgrad.nn.functional import scaled_dot_product_attention as attend


def by_products(q, k, v, mask=None, causal=False):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    if causal:
        mask = ctgrad.ones(q.size(-2), k.size(-2), dtype=ctgrad.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == ctgrad.bool else scores + mask
    blank = (scores == -math.inf).all(-1, keepdim=True)
    return scores.masked_fill(blank, 0.0).softmax(-1).masked_fill(blank, 0.0) @ v


def drawn(*shape, seed=0):
    return ctgrad.tensor(np.random.default_rng([seed, *shape]).standard_normal(shape))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("length, keys", [(1, 1), (31, 33), (65, 64), (70, 1100), (600, 520)])
def test_blocks_of_every_size(length, keys, causal):
    inputs = [drawn(1, 2, n, 6, seed=i).requires_grad_() for i, n in enumerate((length, keys, keys))]
    g = drawn(1, 2, length, 6, seed=9)
    y = attend(*inputs, is_causal=causal)
    assert y.grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"
    want = by_products(*inputs, causal=causal)
    np.testing.assert_allclose(y.detach().numpy(), want.detach().numpy(), rtol=1e-9, atol=1e-12)
    for one, two in zip(ctgrad.autograd.grad(y, inputs, g), ctgrad.autograd.grad(want, inputs, g)):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("kind", ["bool", "float", "blank", "late"])
def test_masks(kind):
    inputs = [drawn(2, 3, n, 4, seed=i).requires_grad_() for i, n in enumerate((7, 600, 600))]
    mask = drawn(2, 1, 7, 600, seed=5)
    if kind != "float":
        mask = mask > (0.3 if kind == "bool" else 9)
    if kind == "late":  # nothing counts in the first blocks of columns
        mask[:, :, :, 570:] = True
        mask[0, 0, 2] = False
    y, want = attend(*inputs, attn_mask=mask), by_products(*inputs, mask)
    np.testing.assert_allclose(y.detach().numpy(), want.detach().numpy(), rtol=1e-9, atol=1e-12)
    for one, two in zip(ctgrad.autograd.grad(y.sum(), inputs), ctgrad.autograd.grad(want.sum(), inputs)):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-8, atol=1e-11)


def test_a_mask_that_wants_a_gradient_gets_it():
    q, mask = drawn(1, 1, 3, 4), drawn(3, 3).requires_grad_()
    attend(q, q, q, attn_mask=mask).sum().backward()
    assert mask.grad is not None


@pytest.mark.usefixtures("mechanisms_on")
def test_repeated_batches_are_computed_once():
    q, k = (drawn(1, 2, 40, 8, seed=i).requires_grad_() for i in range(2))
    y = attend(q.expand(50, 2, 40, 8), k.expand(50, 2, 40, 8), k.expand(50, 2, 40, 8))
    assert y.distinct() == 2 * 40 * 8
    g = drawn(50, 2, 40, 8, seed=7)
    want = by_products(q, k, k)
    np.testing.assert_allclose(y.detach().numpy(), want.detach().expand(50, 2, 40, 8).numpy(), rtol=1e-9, atol=1e-12)
    for one, two in zip(ctgrad.autograd.grad(y, [q, k], g), ctgrad.autograd.grad(want, [q, k], g.sum(0, keepdim=True))):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-8, atol=1e-10)


def test_no_matrix_of_scores_is_held():
    n = 4096
    q = ctgrad.randn(1, 1, n, 8).requires_grad_()
    before = ctgrad.debug.memory()["total_bytes"]
    attend(q, q, q, is_causal=True).sum().backward()
    assert 0 < ctgrad.debug.memory()["total_bytes"] - before < n * n  # a quarter of the bytes of such a matrix, over the whole time


@pytest.mark.parametrize("shapes", [((2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4)), ((2, 2, 3, 4), (2, 2, 5, 3), (2, 2, 5, 4)), ((2, 2, 3, 4), (1, 2, 5, 4), (1, 2, 5, 4)),
                                    ((0, 2, 3, 4), (0, 2, 5, 4), (0, 2, 5, 4))])
def test_the_op_refuses_what_does_not_go_together(shapes):
    with pytest.raises(RuntimeError, match="attention"):
        ctgrad._C._ops["attention"](*(ctgrad.ones(shape) for shape in shapes), scale=1.0)
    with pytest.raises(RuntimeError, match="go together"):
        ctgrad._C._ops["attention"](*(ctgrad.ones(2, 2, 3, 4),) * 3, ctgrad.ones(4, 3), scale=1.0)


def test_the_result_lies_in_memory_as_the_query_does():
    """So that view() of a contiguous query's result works, and so does that of a transposed one's transpose."""
    for order in [(0, 1, 2, 3), (0, 2, 1, 3), (1, 0, 2, 3), (2, 1, 0, 3)]:
        back = [order.index(d) for d in range(4)]
        q = ctgrad.rand(*[(2, 3, 4, 5)[d] for d in order]).permute(*back)
        y = attend(q, q, q, is_causal=True)
        assert y.stride() == q.stride()
        q = q.contiguous()
        assert ctgrad.allclose(y, attend(q, q, q, is_causal=True))
    wide = ctgrad.rand(2, 1, 4, 5).expand(2, 3, 4, 5)
    assert attend(wide, wide, wide).stride() == (60, 20, 5, 1)


@pytest.mark.parametrize("size", [(2, 2, 3, 4), (2, 2, 1, 4), (2, 2, 1, 1)])
def test_gradients_lie_as_ever_where_queries_repeat(size):
    """Beside a query whose gradient arrives summed, keys' and values' keep their order in memory."""
    def strides(compress, reduce):
        before = ctgrad._C._switches(compress, reduce)
        w, k, v = (ctgrad.randn(*shape).requires_grad_() for shape in (size, (2, 2, 5, 4), (2, 2, 5, 4)))
        y = attend(w.expand(2, 2, 3, 4), k, v)
        grads = ctgrad.autograd.grad(y, [w, k, v], ctgrad.randn(y.shape))
        ctgrad._C._switches(*before)
        return [g.stride() for g in grads]
    assert strides(0, True) == strides(1 << 62, False)
