"""Parameters, modules and containers: registration, hooks, saving, copying, conversion."""

import copy
import gc
import pickle
import weakref
from collections import OrderedDict

import ctgrad
import numpy as np
import pytest
from ctgrad import nn


def array(tensor):
    return tensor.detach().numpy()


class Net(nn.Module):
    """Two layers that share a weight, a buffer of each kind, and a child that is listed twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)
        self.second.weight = self.first.weight
        self.again = self.first
        self.register_buffer("mean", ctgrad.ones(2))
        self.register_buffer("scratch", ctgrad.zeros(2), persistent=False)

    def forward(self, x):
        return self.second(self.first(x) - self.mean)


# --- Parameter ---

def test_parameter_shares_memory_and_prints():
    data = ctgrad.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    data[0] = 5.0
    assert parameter.requires_grad and parameter.is_leaf and parameter.tolist() == [5.0, 2.0]
    assert isinstance(parameter, nn.Parameter) and isinstance(parameter, ctgrad.Tensor) and not isinstance(data, nn.Parameter)
    assert repr(parameter) == "Parameter containing:\ntensor([5., 2.], requires_grad=True)"
    assert type(parameter * 2) is ctgrad.Tensor and type(parameter.detach()) is ctgrad.Tensor
    assert nn.Parameter().shape == (0,)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_parameter_copies(duplicate):
    parameter = nn.Parameter(ctgrad.tensor([1.0, 2.0]), requires_grad=False)
    twin = duplicate(parameter)
    assert type(twin) is nn.Parameter and twin is not parameter and not twin.requires_grad
    assert twin.tolist() == [1.0, 2.0] and twin.data_ptr() != parameter.data_ptr()


def test_parameter_of_integers_is_refused():
    with pytest.raises(RuntimeError, match="floating point"):
        nn.Parameter(ctgrad.tensor([1, 2]))
    assert not nn.Parameter(ctgrad.tensor([1, 2]), requires_grad=False).requires_grad


# --- registration and attribute access ---

def test_members_are_listed_once():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["first.weight", "first.bias", "second.bias"]
    every = ["first.weight", "first.bias", "second.weight", "second.bias", "again.weight", "again.bias"]
    assert [name for name, _ in net.named_parameters(remove_duplicate=False)] == every
    assert list(net.state_dict()) == ["mean", *every]
    assert [name for name, _ in net.named_buffers()] == ["mean", "scratch"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "second"]
    assert [name for name, _ in net.named_children()] == ["first", "second"]


def test_assignment_replaces_every_meaning_of_a_name():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(ctgrad.zeros(1))
    assert "x" not in vars(module) and list(module._parameters) == ["x"]
    module.x = None
    assert module.x is None and list(module._parameters) == ["x"]
    del module.x
    module.x = nn.Tanh()
    assert list(module._modules) == ["x"] and not module._parameters
    module.register_buffer("b", ctgrad.zeros(1), persistent=False)
    module.b = ctgrad.ones(2)
    assert module.b.shape == (2,) and not module.state_dict()
    with pytest.raises(TypeError, match="cannot assign 'int' as buffer 'b'"):
        module.b = 3


@pytest.mark.parametrize("value, message", [
    (lambda: nn.Linear(1, 1), "cannot assign module before Module.__init__"),
    (lambda: nn.Parameter(ctgrad.zeros(1)), "cannot assign parameters before Module.__init__"),
])
def test_assignment_before_init(value, message):
    class Early(nn.Module):
        def __init__(self):
            self.member = value()

    with pytest.raises(AttributeError, match=message):
        Early()


def test_missing_attribute():
    with pytest.raises(AttributeError, match="'Tanh' object has no attribute 'nothing'"):
        nn.Tanh().nothing
    with pytest.raises(AttributeError):
        del nn.Tanh().nothing


@pytest.mark.parametrize("name, error", [("a.b", KeyError), ("", KeyError), (3, TypeError), ("forward", KeyError)])
def test_bad_names(name, error):
    module = nn.Module()
    for register in (module.register_buffer, module.register_parameter, module.add_module):
        with pytest.raises(error):
            register(name, None)


def test_a_parameter_must_be_a_leaf():
    source = nn.Parameter(ctgrad.ones(1))
    with pytest.raises(ValueError, match="non-leaf"):
        doubled = source * 2
        doubled._is_param = True
        nn.Module().register_parameter("p", doubled)


def test_paths():
    net = nn.Sequential(nn.Sequential(nn.Linear(1, 1)))
    assert net.get_submodule("0.0") is net[0][0] and net.get_submodule("") is net
    assert net.get_parameter("0.0.weight") is net[0][0].weight
    with pytest.raises(AttributeError, match="has no attribute `7`"):
        net.get_submodule("0.7")
    net.set_submodule("0.0", nn.Tanh())
    assert isinstance(net[0][0], nn.Tanh)


# --- calls and hooks ---

def test_forward_is_required():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)


def test_forward_hooks_change_arguments_and_result():
    module, x = nn.Identity(), ctgrad.ones(1)
    before = module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    after = module.register_forward_hook(lambda m, args, result: result * 10)
    assert module(x).item() == 20
    before.remove()
    after.remove()
    after.remove()
    assert module(x).item() == 1 and not module._forward_hooks


def test_always_called_hook_runs_after_an_error():
    seen = []
    module = nn.Module()
    module.register_forward_hook(lambda m, args, result: seen.append(result), always_call=True)
    with pytest.raises(NotImplementedError):
        module(1)
    assert seen == [None]


def test_global_hooks_see_every_module():
    names = []
    with nn.modules.module.register_module_forward_hook(lambda m, args, result: names.append(type(m).__name__)):
        nn.Sequential(nn.Tanh(), nn.ReLU())(ctgrad.zeros(1))
    nn.Tanh()(ctgrad.zeros(1))
    assert names == ["Tanh", "ReLU", "Sequential"]


def test_backward_hooks_see_and_change_gradients():
    layer = nn.Linear(2, 1, bias=False)
    nn.init.ones_(layer.weight)
    x = ctgrad.tensor([[1.0, 2.0]], requires_grad=True)
    seen = []
    layer.register_full_backward_pre_hook(lambda m, grads: (grads[0] * 3,))
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs[0].tolist(), outputs[0].tolist())))
    layer.register_full_backward_hook(lambda m, inputs, outputs: (inputs[0] * 2,))
    layer(x).sum().backward()
    assert seen == [([[3.0, 3.0]], [[3.0]])]
    assert x.grad.tolist() == [[6.0, 6.0]] and layer.weight.grad.tolist() == [[3.0, 6.0]]


def test_a_module_with_hooks_is_freed():
    module = nn.Linear(1, 1)
    module.register_forward_hook(lambda m, args, result: None)
    reference = weakref.ref(module)
    del module
    gc.collect()
    assert reference() is None


# --- saving, copying, converting ---

def test_state_dict_round_trip():
    source, target = Net(), Net()
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert np.array_equal(array(source.first.weight), array(target.second.weight))
    assert not source.state_dict()["mean"].requires_grad
    assert source.state_dict()["first.weight"].data_ptr() == source.first.weight.data_ptr()


def test_load_state_dict_reports_everything():
    net = nn.Linear(2, 2)
    state = OrderedDict(weight=ctgrad.zeros(3, 2), extra=ctgrad.zeros(1))
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". '
        '\n\tUnexpected key(s) in state_dict: "extra". \n\tsize mismatch for weight: copying a param with shape '
        "torch.Size([3, 2]) from checkpoint, the shape in current model is torch.Size([2, 2]).")
    del state["weight"]
    keys = net.load_state_dict(state, strict=False)
    assert keys.missing_keys == ["weight", "bias"] and keys.unexpected_keys == ["extra"]


def test_load_by_assignment_keeps_the_given_tensors():
    net, weight = nn.Linear(2, 1, bias=False), ctgrad.ones(1, 2)
    net.load_state_dict({"weight": weight}, assign=True)
    assert isinstance(net.weight, nn.Parameter) and net.weight.data_ptr() == weight.data_ptr()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_module_copies_keep_ties(duplicate):
    net = Net().eval()
    twin = duplicate(net)
    assert twin.first.weight is twin.second.weight and twin.first is twin.again and not twin.training
    assert twin.first.weight is not net.first.weight
    x = ctgrad.ones(1, 2)
    assert twin(x).tolist() == net(x).tolist()


def test_conversion_keeps_parameters_and_ties():
    net = Net()
    weight = net.first.weight
    net(ctgrad.ones(1, 2)).sum().backward()
    net.register_buffer("count", ctgrad.tensor([1]))
    assert net.double() is net
    assert net.first.weight is weight is net.second.weight and weight.dtype == ctgrad.float64
    assert weight.grad.dtype == ctgrad.float64 and net.mean.dtype == ctgrad.float64 and net.count.dtype == ctgrad.int64
    assert net.to(ctgrad.float32).first.bias.dtype == ctgrad.float32
    with pytest.raises(TypeError, match="only accepts floating point"):
        net.to(ctgrad.int64)


def test_modes_and_gradients():
    net = nn.Sequential(nn.Linear(1, 1), nn.Dropout())
    assert not net.eval()[1].training and net.train()[1].training
    with pytest.raises(ValueError, match="boolean"):
        net.train(1)
    net(ctgrad.ones(1, 1)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net[0].weight.grad.tolist() == [[0.0]]
    net.zero_grad()
    assert net[0].weight.grad is None
    assert not net.requires_grad_(False)[0].weight.requires_grad


# --- containers ---

def test_sequential_is_a_list_of_steps():
    a, b, c = nn.Tanh(), nn.ReLU(), nn.Sigmoid()
    steps = nn.Sequential(a, b)
    assert steps.append(c)[-1] is c and len(steps) == 3 and steps[1:][0] is b
    steps.insert(0, c)
    assert [type(step) for step in steps] == [nn.Sigmoid, nn.Tanh, nn.ReLU, nn.Sigmoid]
    assert steps.pop(0) is c and list(steps._modules) == ["0", "1", "2"]
    assert len(steps + nn.Sequential(a)) == 4 and len(steps * 2) == 6
    x = ctgrad.tensor([-1.0, 2.0])
    expected = 1 / (1 + np.exp(-np.maximum(np.tanh(array(x)), 0)))
    assert np.allclose(array(steps(x)), expected)
    named = nn.Sequential(OrderedDict(one=a, two=b))
    assert named.one is a and list(named[1:]._modules) == ["two"]
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of range"):
            steps[index]


def test_module_list_and_dict_register_their_modules():
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers += [nn.Linear(1, 1), nn.Linear(1, 1)]
    del layers[0]
    assert len(list(layers.parameters())) == 4 and list(layers._modules) == ["0", "1"]
    table = nn.ModuleDict({"b": nn.Linear(1, 1), "a": nn.Tanh()})
    assert list(table) == ["b", "a"] and "a" in table and isinstance(table.pop("a"), nn.Tanh) and len(table) == 1
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        layers.append(3)


def test_parameter_containers():
    values = nn.ParameterList([ctgrad.zeros(1), ctgrad.ones(2)])
    assert all(isinstance(value, nn.Parameter) for value in values) and len(list(values.parameters())) == 2
    table = nn.ParameterDict({"b": ctgrad.zeros(1), "a": ctgrad.ones(2)})
    assert list(table) == ["a", "b"] and [name for name, _ in table.named_parameters()] == ["a", "b"]
    with pytest.raises(RuntimeError, match="should not be called"):
        values()


def test_repr_groups_repeated_blocks():
    net = nn.ModuleList([nn.Linear(1, 2), nn.Linear(1, 2), nn.Sequential(nn.ReLU(inplace=True))])
    assert repr(net) == ("ModuleList(\n  (0-1): 2 x Linear(in_features=1, out_features=2, bias=True)\n"
                         "  (2): Sequential(\n    (0): ReLU(inplace=True)\n  )\n)")
    assert repr(nn.Tanh()) == "Tanh()" and repr(nn.ModuleList()) == "ModuleList()"
