"""Classes stand under the modules where PyTorch has them."""

import importlib
import inspect
import io
import pickle

import ctgrad
import pytest
from ctgrad import nn, optim

HOMES = {
    "nn.modules.activation.PReLU": nn.PReLU, "nn.modules.loss.TripletMarginLoss": nn.TripletMarginLoss, "nn.modules.upsampling.Upsample": nn.Upsample,
    "nn.modules.container.ParameterList": nn.ParameterList, "nn.modules.instancenorm.LazyInstanceNorm1d": nn.LazyInstanceNorm1d, "nn.modules.linear.LazyLinear": nn.LazyLinear,
    "nn.modules.distance.CosineSimilarity": nn.CosineSimilarity, "nn.modules.fold.Unfold": nn.Unfold, "optim.adagrad.Adagrad": optim.Adagrad, "optim.nadam.NAdam": optim.NAdam,
    "optim.lr_scheduler.StepLR": optim.lr_scheduler.StepLR, "nn.modules.linear.Linear": nn.Linear, "storage.UntypedStorage": ctgrad.UntypedStorage,
    "autograd.function.Function": ctgrad.autograd.Function,
}


@pytest.mark.parametrize("name", HOMES)
def test_home(name):
    module, _, last = f"ctgrad.{name}".rpartition(".")
    assert getattr(importlib.import_module(module), last) is HOMES[name]
    assert HOMES[name].__module__ == module and repr(HOMES[name]) == f"<class 'ctgrad.{name}'>"


def test_whole_modules_are_saved_under_those_names():
    layer, file = nn.Sequential(nn.PReLU(), nn.Upsample(scale_factor=2)), io.BytesIO()
    assert isinstance(pickle.loads(pickle.dumps(layer))[1], nn.Upsample)
    ctgrad.save(layer, file)
    assert b"torch.nn.modules.upsampling" in file.getvalue() and b"piecewise" not in file.getvalue()
    file.seek(0)
    assert isinstance(ctgrad.load(file, weights_only=False)[0], nn.PReLU)


def test_sources_are_found_where_a_module_was_made():
    assert "class Upsample" in inspect.getsource(nn.Upsample)


def test_the_class_of_a_node_of_ones_own():
    class Double(ctgrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    y = Double.apply(ctgrad.ones(1, requires_grad=True))
    assert type(y.grad_fn).__module__ == "ctgrad.autograd.function" and type(y.grad_fn).__name__ == "DoubleBackward"


def test_names_that_scripts_import():
    from ctgrad._tensor import Tensor
    from ctgrad.functional import Tensor as Same
    from ctgrad.functional import einsum
    from ctgrad.nn.common_types import _size_2_t
    from ctgrad.nn.modules.instancenorm import _InstanceNorm
    from ctgrad.nn.modules.module import _addindent
    from ctgrad.nn.modules.transformer import _get_activation_fn
    from ctgrad.types import Device, Number

    assert Tensor is Same is ctgrad.Tensor and einsum is ctgrad.einsum and issubclass(nn.InstanceNorm2d, _InstanceNorm)
    assert _addindent("a\nb", 2) == "a\n  b" and _get_activation_fn("relu") is nn.functional.relu
    assert int in Number.__args__ and ctgrad.device in Device.__args__ and int in _size_2_t.__args__


def _double(number, queue):
    queue.put(number * 2)


def test_processes_are_pythons():
    import ctgrad.multiprocessing as mp

    queue = mp.get_context("fork").Queue()
    mp.spawn(_double, (queue,), nprocs=2, start_method="fork")
    assert sorted([queue.get(), queue.get()]) == [0, 2]
    with pytest.raises(RuntimeError, match="process 0 of 1"):
        mp.spawn(int, ("not a number",), start_method="fork")
