"""Every module of PyTorch's own database of modules that ctgrad has, with its inputs there: values, gradients, nodes and printed form."""

import warnings

import ctgrad
import numpy as np
import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import module_db

MODULES = [info for info in module_db if hasattr(ctgrad.nn, info.module_cls.__name__) and not info.module_cls.__name__.startswith("Lazy")]
NAMES = {torch.float64: ctgrad.float64, torch.float32: ctgrad.float32}
COMPOSED = {"MultiMarginLoss", "MultiLabelMarginLoss", "CTCLoss", "FractionalMaxPool2d", "FractionalMaxPool3d"}  # of ops that have nodes of their own, where PyTorch has one
CLOSE = {torch.float64: 1e-10, torch.float32: 3e-5}  # of the largest number beside


def encoder_layer(layer):
    attention = layer.self_attn
    return ctgrad.nn.TransformerEncoderLayer(
        attention.embed_dim, attention.num_heads, layer.linear1.out_features, layer.dropout.p, over(layer.activation), batch_first=attention.batch_first,
        norm_first=layer.norm_first, bias=layer.linear1.bias is not None, dtype=NAMES[layer.linear1.weight.dtype])


def over(x):
    """What an argument is in ctgrad."""
    if isinstance(x, torch.Tensor):
        return ctgrad.from_numpy(x.detach().numpy().copy()).requires_grad_(x.requires_grad)
    if isinstance(x, (tuple, list)):
        return type(x)(map(over, x))
    if isinstance(x, dict):
        return {name: over(value) for name, value in x.items()}
    if isinstance(x, torch.dtype):
        return NAMES[x]
    if isinstance(x, torch.nn.TransformerEncoderLayer):
        return encoder_layer(x)
    if isinstance(x, torch.nn.Module):
        return getattr(ctgrad.nn, type(x).__name__)()
    if callable(x) and x.__module__.startswith("torch"):
        return getattr(ctgrad.nn.functional, x.__name__, None) or getattr(ctgrad, x.__name__)
    return "cpu" if isinstance(x, torch.device) else x


def tensors(x):
    if isinstance(x, (torch.Tensor, ctgrad.Tensor)):
        return [x]
    return [t for part in (x.values() if isinstance(x, dict) else x if isinstance(x, (tuple, list)) else ()) for t in tensors(part)]


def agree(ours, theirs, dtype, what):
    assert len(ours) == len(theirs), what
    for a, b in zip(ours, theirs):
        assert (a is None) == (b is None), what
        if a is not None:
            a, b = a.detach().numpy(), b.detach().numpy()
            assert a.shape == b.shape and a.dtype == b.dtype, what
            assert np.allclose(a, b, rtol=0, atol=CLOSE[dtype] * (1 + np.nanmax(np.abs(b), initial=0)), equal_nan=True), what


def run(module, given, seed_of):
    """Results, and the gradients of everything that has one."""
    seed_of.manual_seed(5)
    args = tensors(given.args) + tensors(given.kwargs)
    leaves = list(module.parameters()) + [t for t in args if t.is_leaf and t.requires_grad]
    results = tensors(module(*given.args, **given.kwargs))
    roots = [t for t in results if t.requires_grad]
    if roots:
        sum((t * t).sum() for t in roots).backward()
    return results, [t.grad for t in leaves]


@pytest.mark.parametrize("dtype", NAMES, ids=str)
@pytest.mark.parametrize("info", MODULES, ids=lambda info: info.name)
def test_module(info, dtype):
    for training in (True, False) if info.train_and_eval_differ else (True,):
        torch.manual_seed(0)
        for sample in info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training):
            made, given, what = sample.constructor_input, sample.forward_input, f"{sample.desc}, training={training}"
            if given is None or sample.desc == "zero_batch":  # PyTorch copies what has no numbers: another node
                continue
            if made.kwargs.get("options") is not None:  # LinearCrossEntropyLoss computed in chunks: refused by name
                continue
            for held in (given.args, given.kwargs):
                assert not [t for t in tensors(held) if t.grad is not None], what
            theirs = info.module_cls(*made.args, **made.kwargs).to(dtype).train(training)
            ours = getattr(ctgrad.nn, info.module_cls.__name__)(*over(made.args), **over(made.kwargs)).to(NAMES[dtype]).train(training)
            ours.load_state_dict({name: over(value) for name, value in theirs.state_dict().items()})
            assert repr(ours) == repr(theirs)
            leaves = [t for t in tensors(given.args) + tensors(given.kwargs) if t.requires_grad]
            twin = type(given)(*over(given.args), **over(given.kwargs))
            results, grads = run(ours, twin, ctgrad)
            expected, wanted = run(theirs, given, torch)
            agree(results, expected, dtype, what)
            assert info.module_cls.__name__ in COMPOSED or [type(t.grad_fn).__name__ for t in results] == [type(t.grad_fn).__name__ for t in expected], what
            n = len(list(theirs.parameters()))
            agree(grads[:n], wanted[:n], dtype, what)
            if all(t.is_leaf for t in leaves):
                agree(grads, wanted, dtype, what)
            for t in leaves:
                t.grad = None
