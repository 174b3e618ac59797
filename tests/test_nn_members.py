"""What a module's call and attribute look-up do in C is what Python's own look-up, overrides and hooks say."""

import ctgrad
import pytest
from ctgrad import nn


class Asking(nn.Module):
    """A class with a look-up of its own that ends in Module's."""

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("any_"):
                return name
            raise


class Echo(nn.Module):
    def forward(self, *args, **kwargs):
        return args, kwargs


def test_overridden_look_up():
    asking = Asking()
    asking.weight = nn.Parameter(ctgrad.ones(2))
    assert asking.any_thing == "any_thing" and asking.weight is asking._parameters["weight"]
    with pytest.raises(AttributeError, match="'Asking' object has no attribute 'other'"):
        asking.other


def test_order_of_look_up():
    """Class attributes and properties first, then the instance's, then parameters, modules, buffers; an error in a property says what Module says."""
    class Both(nn.Module):
        bias = None

        @property
        def missing(self):
            return self.nothing

    both = Both()
    both._parameters["bias"] = nn.Parameter(ctgrad.ones(1))
    assert both.bias is None
    both.child, both.plain = nn.ReLU(), 3
    both.register_buffer("held", ctgrad.zeros(1))
    assert both.child is both._modules["child"] and both.held is both._buffers["held"] and both.plain == 3
    with pytest.raises(AttributeError, match="'Both' object has no attribute 'missing'"):
        both.missing
    with pytest.raises(AttributeError):
        getattr(both, "é")
    assert getattr(both, "nothing", 5) == 5 and not hasattr(both, "nothing")


def test_look_up_assigned_later():
    class Late(nn.Module):
        pass

    late = Late()
    with pytest.raises(AttributeError):
        late.thing
    Late.__getattr__ = lambda self, name: "late " + name
    assert late.thing == "late thing"
    del Late.__getattr__
    with pytest.raises(AttributeError):
        late.thing


def test_call():
    echo = Echo()
    assert echo() == ((), {}) and echo(1, b=2) == ((1,), {"b": 2}) and echo(*range(12)) == (tuple(range(12)), {})
    assert echo.__call__(3) == ((3,), {}) and nn.Module.__call__(echo, 3) == ((3,), {})
    echo.forward = lambda *args: "of the instance"
    assert echo(1) == "of the instance"

    class Static(nn.Module):
        @staticmethod
        def forward(x):
            return x

    class Calling(Echo):
        def __call__(self, *args):
            return "called", super().__call__(*args)

    assert Static()(7) == 7 and Calling()(1) == ("called", ((1,), {}))


def test_hooks_of_any_kind_are_seen():
    echo, seen = Echo(), []
    for register in (echo.register_forward_hook, echo.register_forward_pre_hook, nn.modules.module.register_module_forward_pre_hook):
        handle = register(lambda *given: seen.append(len(given)))
        echo(1)
        handle.remove()
        echo(1)
    assert seen == [3, 2, 2]
    echo._forward_hooks = {0: lambda module, args, result: "plain dict"}
    assert echo(1) == "plain dict"


def test_without_init():
    class Without(nn.Module):
        def __init__(self):
            pass

    with pytest.raises(AttributeError, match="'Without' object has no attribute '_backward_hooks'"):
        Without()(1)
    with pytest.raises(AttributeError):
        Without().weight
    with pytest.raises(NotImplementedError, match='missing the required "forward"'):
        nn.Module()(1)


ONE_CALL = [(nn.Linear(3, 2), "linear"), (nn.ReLU(), "relu"), (nn.Dropout(0.5), "dropout")]


def _by_python(layer, x):
    return type(layer).forward(layer, x)


@pytest.mark.parametrize("layer", [*(layer for layer, _ in ONE_CALL), nn.Linear(3, 2, bias=False), nn.ReLU(inplace=True), nn.Tanh(), nn.Sigmoid(), nn.Dropout(0.5).eval(),
                                   nn.Dropout(0.5, inplace=True)], ids=repr)
def test_forwards_that_are_one_call(layer):
    """The call of the module makes it by itself, as the forward does that is written there."""
    made = []
    for call in layer, lambda x: _by_python(layer, x), lambda x: layer(input=x):
        ctgrad.manual_seed(5)
        x = ctgrad.arange(-3.0, 3.0).reshape(2, 3).requires_grad_()
        y = call(x * 1)
        y.square().sum().backward()
        made.append((y.tolist(), x.grad.tolist(), y.grad_fn.name()))
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("layer, name", ONE_CALL, ids=[name for _, name in ONE_CALL])
def test_what_a_forward_calls_may_be_replaced(layer, name, monkeypatch):
    monkeypatch.setattr(nn.functional, name, lambda *args: args)
    given = layer("input")
    assert given[0] == "input" and given == _by_python(layer, "input")
    monkeypatch.undo()
    assert isinstance(layer(ctgrad.ones(3)), ctgrad.Tensor)


def test_attributes_of_a_forward_may_be_others():
    """A property of the class, an attribute of the instance, a look-up of one's own; and what is missing is told as it is in Python."""
    class Doubled(nn.Linear):
        pass

    class Watched(nn.Linear):
        def __getattribute__(self, name):
            return ctgrad.full((2, 3), 7.0) if name == "weight" and "ready" in super().__getattribute__("__dict__") else super().__getattribute__(name)

    x = ctgrad.ones(3)
    layer = Doubled(3, 2, bias=False)
    Doubled.weight = property(lambda self: self._parameters["weight"] * 2)
    assert ctgrad.equal(layer(x), x @ layer._parameters["weight"].t() * 2)
    layer = Watched(3, 2, bias=False)
    layer.ready = True
    assert layer(x).tolist() == [21.0, 21.0]
    layer = nn.Linear(3, 2, bias=False)
    del layer.weight
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'weight'"):
        layer(x)
    layer.weight = ctgrad.full((2, 3), 5.0)  # no parameter
    assert layer(x).tolist() == [15.0, 15.0]
    layer.forward = lambda input: "own"
    assert layer(x) == "own"


@pytest.mark.parametrize("wrong", [(len, {}, "len", ()), (_by_python, {}, "absent", ()), (_by_python, {"f": 1}, "f", tuple("abcde")), (_by_python, {"f": 1}, "f", (1,)),
                                   (_by_python, {"f": 1}, 2, ()), (_by_python, [], "f", ())])
def test_refused_forwards(wrong):
    with pytest.raises((TypeError, ValueError)):
        ctgrad._C._forward_is(*wrong)


@pytest.mark.parametrize("persistent", [True, False])
def test_buffers_set_where_a_class_has_its_own_register_buffer(persistent):
    class Older(nn.Module):
        def register_buffer(self, name, tensor):
            super().register_buffer(name, tensor)

    class Newer(nn.Module):
        def register_buffer(self, name, tensor, persistent=True):
            super().register_buffer(name, tensor, persistent)

    newer, older = Newer(), Older()
    newer.b = nn.Buffer(ctgrad.ones(1), persistent=persistent)
    assert list(newer.state_dict()) == ["b"] * persistent and list(dict(newer.named_buffers())) == ["b"]
    if persistent:
        older.b = nn.Buffer(ctgrad.ones(1))
        assert list(older.state_dict()) == ["b"]
    else:
        with pytest.raises(RuntimeError, match="non-persistent buffer"):
            older.b = nn.Buffer(ctgrad.ones(1), persistent=False)
