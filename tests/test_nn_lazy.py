"""Layers that read their number of inputs off the first input."""

import copy
import pickle

import ctgrad
import pytest
from ctgrad import nn
from ctgrad.nn.modules.lazy import LazyModuleMixin
from ctgrad.nn.parameter import is_lazy

LAYERS = {
    "Linear": ((4,), {}, (3, 5), (5, 4)), "Conv1d": ((4, 2), {"groups": 2}, (3, 6, 7), (6, 4, 2)), "Conv2d": ((4, 3), {"bias": False}, (2, 3, 5, 5), (3, 4, 3)),
    "Conv3d": ((2, 1), {}, (3, 2, 2, 2), (3, 2, 1)), "ConvTranspose1d": ((3, 2), {"stride": 2}, (2, 5, 4), (5, 3, 2)),
    "ConvTranspose2d": ((4, 2), {"groups": 2}, (1, 6, 3, 3), (6, 4, 2)), "ConvTranspose3d": ((1, 2), {}, (1, 2, 3, 3, 3), (2, 1, 2)),
    "BatchNorm1d": ((), {}, (4, 3), (3,)), "BatchNorm2d": ((), {"momentum": None}, (4, 3, 2, 2), (3,)), "BatchNorm3d": ((), {"affine": False}, (2, 3, 2, 2, 2), (3,)),
    "InstanceNorm1d": ((), {"affine": True, "track_running_stats": True}, (2, 3, 4), (3,)), "InstanceNorm2d": ((), {"affine": True, "track_running_stats": False}, (2, 3, 4, 4), (3,)), "InstanceNorm3d": ((), {"affine": True, "track_running_stats": True, "bias": False}, (2, 3, 2, 2, 2), (3,)),
}


def made(name):
    args, kwargs, shape, sizes = LAYERS[name]
    return getattr(nn, "Lazy" + name)(*args, **kwargs), getattr(nn, name)(*sizes, **kwargs), ctgrad.randn(*shape)


@pytest.mark.parametrize("name", LAYERS)
def test_a_lazy_layer_becomes_the_ordinary_one(name):
    lazy, plain, x = made(name)
    assert lazy.has_uninitialized_params() or not list(plain.state_dict())
    ctgrad.manual_seed(3)
    y = lazy(x)
    assert type(lazy) is type(plain) and repr(lazy) == repr(plain) and not lazy._forward_pre_hooks
    if hasattr(plain, "weight") and plain.weight is not None and plain.weight.dim() > 1:
        ctgrad.manual_seed(3)
        plain.reset_parameters()
        assert ctgrad.equal(lazy.weight, plain.weight)
    plain.load_state_dict(lazy.state_dict())
    if not isinstance(plain, nn.modules.batchnorm._NormBase):
        assert ctgrad.equal(y, plain(x))


@pytest.mark.parametrize("name", ["Linear", "Conv2d", "BatchNorm2d"])
def test_states_give_shapes_and_lazy_states_fit_nothing_else(name):
    lazy, plain, x = made(name)
    with pytest.raises(RuntimeError, match="uninitialized"):
        plain.load_state_dict(lazy.state_dict())
    again = pickle.loads(pickle.dumps(copy.deepcopy(lazy)))
    assert again.has_uninitialized_params() and type(again) is type(lazy)
    again.load_state_dict(lazy.state_dict())
    assert again.has_uninitialized_params()
    again.load_state_dict(plain.state_dict())
    assert not again.has_uninitialized_params()
    again.eval(), plain.eval()
    assert ctgrad.equal(again(x), plain(x)) and type(again) is type(plain)


def test_a_parameter_without_a_shape():
    parameter = nn.UninitializedParameter(dtype=ctgrad.float64)
    assert is_lazy(parameter) and repr(parameter) == "<UninitializedParameter>"
    with pytest.raises(RuntimeError, match="shape of an uninitialized"):
        parameter.shape
    optimizer = ctgrad.optim.SGD([parameter], lr=1.0)
    with pytest.raises(ValueError, match="uninitialized"):
        ctgrad.optim.Adagrad([parameter])
    parameter.materialize((2, 3))
    assert type(parameter) is nn.Parameter and parameter.shape == (2, 3) and parameter.dtype == ctgrad.float64 and optimizer.param_groups[0]["params"][0] is parameter
    buffer = nn.UninitializedBuffer()
    buffer.materialize((4,))
    assert type(buffer) is ctgrad.Tensor and not buffer.requires_grad


def test_lazy_layers_refuse_what_does_not_fit():
    with pytest.raises(RuntimeError, match="Expected 3D"):
        nn.LazyConv2d(2, 1)(ctgrad.ones(2, 2))
    with pytest.raises(ValueError, match="divisible by groups"):
        nn.LazyConv1d(4, 1, groups=2)(ctgrad.ones(1, 3, 4))

    class Half(LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.UninitializedParameter()

        def initialize_parameters(self, x):
            pass

    with pytest.raises(RuntimeError, match="not been fully initialized"):
        Half()(ctgrad.ones(1))


def test_what_a_forward_is_given_by_name():
    lazy, x = nn.LazyConvTranspose1d(2, 3, stride=2), ctgrad.ones(1, 4, 5)
    assert lazy(x, output_size=(12,)).shape == (1, 2, 12) and type(lazy) is nn.ConvTranspose1d
