"""Argument binding: what every op accepts, refuses and says, and how its callable looks from Python."""

import copy
import inspect
import pickle
import sys
import warnings

import numpy as np
import pytest

import ctgrad
from ctgrad.composed.names import NAMES
from ctgrad import _C

OPS = _C._ops
PUBLIC = {name: op for name, op in OPS.items() if "hidden" not in op.overloads[0]["flags"]}
METHODS = {f.__name__: f for f in vars(ctgrad.Tensor).values() if isinstance(f, _C.Method)}  # second names show the first


def x23():
    return ctgrad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


class Index:
    def __index__(self):
        return 1


# ---- how an op looks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_op_describes_itself(name):
    op = OPS[name]
    assert op.__name__ == name
    assert op.__module__.startswith("ctgrad")
    assert name in repr(op)
    assert op.__doc__.startswith(f"{name}(")
    assert op.__doc__.partition("\n\n")[2].strip()
    signature = inspect.signature(op)
    assert str(signature) == op.__text_signature__
    for overload in op.overloads:
        assert overload["sig"].startswith("(")
        assert overload["name"].partition(".")[0] in (name, name.removesuffix("_"))


def original(name):
    """A second name is the same object as the first: `multiply_` is `mul_`."""
    plain = name.removesuffix("_")
    return NAMES[plain] + name[len(plain):] if plain in NAMES else name


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_describes_itself(name):
    method = METHODS[name]
    assert method.__qualname__ == f"Tensor.{original(name)}"
    assert list(inspect.signature(method).parameters)[0] == "self"
    assert inspect.ismethoddescriptor(method)
    assert "(input" not in method.__doc__.split("\n", 1)[0]


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_copies_and_pickles_are_the_object_itself(name):
    op = PUBLIC[name]
    assert copy.copy(op) is op
    assert copy.deepcopy(op) is op
    assert pickle.loads(pickle.dumps(op)) is op


def test_signature_names_defaults_and_kinds():
    parameters = inspect.signature(ctgrad.sum).parameters
    assert list(parameters) == ["input", "dim", "keepdim", "dtype", "out"]
    assert parameters["keepdim"].default is False
    assert parameters["dtype"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["dim"].annotation == "int | Sequence[int] | None"
    assert str(inspect.signature(ctgrad.Tensor.reshape)) == "(self: 'Tensor', /, *shape)"
    assert str(inspect.signature(ctgrad.Tensor.add)) == "(self: 'Tensor | Number', /, other: 'Tensor | Number', **kwargs)"
    assert list(inspect.signature(ctgrad.prod).parameters) == ["input", "args", "kwargs"]
    assert inspect.isroutine(ctgrad.sum)
    assert ctgrad.Tensor.sum.__doc__.startswith("sum(dim=None, keepdim=False, *, dtype=None) -> Tensor")


def test_functions_do_not_bind_and_methods_do():
    class Net:
        activation = ctgrad.relu
        method = ctgrad.Tensor.relu

    x = ctgrad.tensor([-1.0, 2.0])
    assert Net().activation(x).tolist() == [0.0, 2.0]
    assert ctgrad.Tensor.relu.__get__(x)().tolist() == [0.0, 2.0]
    with pytest.raises(TypeError, match="doesn't apply to a 'Net' object"):
        Net().method()
    with pytest.raises(TypeError, match=r"unbound method Tensor\.add\(\) needs an argument"):
        ctgrad.Tensor.add()
    with pytest.raises(TypeError, match="descriptor 'add' for 'Tensor' objects doesn't apply to a 'int' object"):
        ctgrad.Tensor.add(3, 4)
    with pytest.raises(TypeError):
        type(ctgrad.add)()


# ---- errors --------------------------------------------------------------------------------------------------------

REFUSALS = [
    (lambda x: x.unsqueeze(True), "unsqueeze(): argument 'dim' (position 1) must be int, not bool"),
    (lambda x: x.unsqueeze(Index()), "unsqueeze(): argument 'dim' (position 1) must be int, not Index"),
    (lambda x: x.unsqueeze(1.0), "unsqueeze(): argument 'dim' (position 1) must be int, not float"),
    (lambda x: x.unsqueeze(np.array(1)), "unsqueeze(): argument 'dim' (position 1) must be int, not numpy.ndarray"),
    (lambda x: x.unsqueeze(ctgrad.tensor([1])), "unsqueeze(): argument 'dim' (position 1) must be int, not Tensor"),
    (lambda x: x.unsqueeze(ctgrad.tensor(1.0)), "unsqueeze(): argument 'dim' (position 1) must be int, not Tensor"),
    (lambda x: x.unsqueeze(ctgrad.tensor(True)), "unsqueeze(): argument 'dim' (position 1) must be int, not Tensor"),
    (lambda x: x.unsqueeze(), 'unsqueeze() missing 1 required positional arguments: "dim"'),
    (lambda x: x.unsqueeze(1, 2), "unsqueeze() takes 1 positional argument but 2 were given"),
    (lambda x: x.unsqueeze(foo=1), 'unsqueeze() missing 1 required positional arguments: "dim"'),
    (lambda x: x.unsqueeze(1, foo=1), "unsqueeze() got an unexpected keyword argument 'foo'"),
    (lambda x: x.unsqueeze(1, dim=1), "unsqueeze() got multiple values for argument 'dim'"),
    (lambda x: ctgrad.unsqueeze(), 'unsqueeze() missing 2 required positional argument: "input", "dim"'),
    (lambda x: ctgrad.unsqueeze(x, "a"), "unsqueeze(): argument 'dim' (position 2) must be int, not str"),
    (lambda x: ctgrad.unsqueeze(x, dim="a"), "unsqueeze(): argument 'dim' must be int, not str"),
    (lambda x: ctgrad.unsqueeze(3, 1), "unsqueeze(): argument 'input' (position 1) must be Tensor, not int"),
    (lambda x: ctgrad.unsqueeze(self=x, dim=1), 'unsqueeze() missing 2 required positional argument: "input", "dim"'),
    (lambda x: ctgrad.unsqueeze(ctgrad.float32, 1), "unsqueeze(): argument 'input' (position 1) must be Tensor, not torch.dtype"),
    (lambda x: x.sum([0, "a"]), "sum(): argument 'dim' failed to unpack the object at pos 2 with error \"type must be tuple of ints,but got str\""),
    (lambda x: x.sum(0, 1), "sum(): argument 'keepdim' (position 2) must be bool, not int"),
    (lambda x: x.sum(0, np.bool_(True)), f"sum(): argument 'keepdim' (position 2) must be bool, not {np.bool_.__module__}.{np.bool_.__name__}"),
    (lambda x: x.sum(0, keepdim=None), "sum(): argument 'keepdim' must be bool, not NoneType"),
    (lambda x: x.expand("a"), "expand(): argument 'size' (position 1) must be tuple of ints, not str"),
    (lambda x: x.expand(2, "a"), "expand(): argument 'size' failed to unpack the object at pos 2 with error \"type must be tuple of ints,but got str\""),
    (lambda x: x.expand((2, "a")), "expand(): argument 'size' failed to unpack the object at pos 2 with error \"type must be tuple of ints,but got str\""),
    (lambda x: x.expand(), 'expand() missing 1 required positional arguments: "size"'),
    (lambda x: x.expand(2.0, 3), "expand() takes 1 positional argument but 2 were given"),
    (lambda x: x.expand(True, 3), "expand() takes 1 positional argument but 2 were given"),
    (lambda x: x.expand((True, 3)), "expand(): argument 'size' (position 1) must be tuple of ints, but found element of type bool at pos 0"),
    (lambda x: x.expand([2, 3], 1), "expand() takes 1 positional argument but 2 were given"),
    (lambda x: x.reshape(np.array([3, 2])), "reshape(): argument 'shape' (position 1) must be tuple of ints, not numpy.ndarray"),
    (lambda x: x.reshape(3, 2, 1, foo=1), "reshape() got an unexpected keyword argument 'foo'"),
    (lambda x: ctgrad.reshape(x, 6), "reshape(): argument 'shape' (position 2) must be tuple of ints, not int"),
    (lambda x: ctgrad.reshape(x, 3, 2), "reshape() takes 2 positional arguments but 3 were given"),
    (lambda x: x.add("a"), "add(): argument 'other' (position 1) must be Tensor, not str"),
    (lambda x: x.add(None), "add(): argument 'other' (position 1) must be Tensor, not NoneType"),
    (lambda x: x.add(np.ones(3, np.float32)), "add(): argument 'other' (position 1) must be Tensor, not numpy.ndarray"),
    (lambda x: x.add(np.array(2.0)), "add(): argument 'other' (position 1) must be Tensor, not numpy.ndarray"),
    (lambda x: x.mul(1, out=x), "mul() got an unexpected keyword argument 'out'"),
    (lambda x: ctgrad.matmul(x), 'matmul() missing 1 required positional arguments: "other"'),
    (lambda x: ctgrad.matmul(x, 2), "matmul(): argument 'other' (position 2) must be Tensor, not int"),
    (lambda x: ctgrad.matmul(x, x, x), "matmul() takes 2 positional arguments but 3 were given"),
    (lambda x: ctgrad.exp(x, out=3), "exp(): argument 'out' must be Tensor, not int"),
    (lambda x: ctgrad.exp(x, out=(x,)), "exp(): argument 'out' must be Tensor, not tuple"),
    (lambda x: x.exp(1), "Tensor.exp() takes no arguments (1 given)"),
    (lambda x: x.exp(foo=1), "Tensor.exp() takes no keyword arguments"),
    (lambda x: ctgrad.relu(), 'relu() missing 1 required positional arguments: "input"'),
    (lambda x: ctgrad.relu(None), "relu(): argument 'input' (position 1) must be Tensor, not NoneType"),
    (lambda x: ctgrad.zeros("a"), "zeros(): argument 'size' (position 1) must be tuple of ints, not str"),
    (lambda x: ctgrad.zeros(), 'zeros() missing 1 required positional arguments: "size"'),
    (lambda x: ctgrad.zeros(size=2), "zeros(): argument 'size' must be tuple of ints, not int"),
    (lambda x: ctgrad.zeros(2, dtype="a"), "zeros(): argument 'dtype' must be torch.dtype, not str"),
    (lambda x: ctgrad.zeros(2, requires_grad=1), "zeros(): argument 'requires_grad' must be bool, not int"),
    (lambda x: ctgrad.zeros(2, layout=3), "zeros(): argument 'layout' must be torch.layout, not int"),
    (lambda x: ctgrad.zeros(2, device=True), "zeros(): argument 'device' must be torch.device, not bool"),
    (lambda x: ctgrad.zeros([2], 3), "zeros() takes 1 positional argument but 2 were given"),
    (lambda x: ctgrad.zeros(2, generator=None), "zeros() got an unexpected keyword argument 'generator'"),
    (lambda x: ctgrad.full((2,), "a"), "full(): argument 'fill_value' (position 2) must be Number, not str"),
    (lambda x: ctgrad.full((2,), ctgrad.tensor([3.0])), "full(): argument 'fill_value' (position 2) must be Number, not Tensor"),
    (lambda x: ctgrad.full((2,), ctgrad.tensor(3.0, requires_grad=True)), "full(): argument 'fill_value' (position 2) must be Number, not Tensor"),
    (lambda x: ctgrad.full(2, 3), "full(): argument 'size' (position 1) must be tuple of ints, not int"),
    (lambda x: ctgrad.rand(2, generator=3), "rand(): argument 'generator' must be torch.Generator, not int"),
]


@pytest.mark.parametrize(("call", "text"), REFUSALS, ids=[text[:50] for _, text in REFUSALS])
def test_refusals_read_as_pytorch_writes_them(call, text):
    with pytest.raises(TypeError) as refused:
        call(x23())
    assert str(refused.value) == text


def test_several_overloads_are_listed():
    with pytest.raises(TypeError) as refused:
        ctgrad.arange(1, 2, 3, 4)
    lines = str(refused.value).split("\n")
    assert lines[0] == "arange() received an invalid combination of arguments - got (int, int, int, int), but expected one of:"
    assert lines[1].startswith(" * (Number end, *, ")
    with pytest.raises(TypeError, match=r"arange\(\): argument 'end' \(position 1\) must be Number, not str"):
        ctgrad.arange("a")


def test_numbers_too_large():
    x = x23()
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        x.unsqueeze(1 << 70)
    with pytest.raises(TypeError, match="Overflow when unpacking long long"):
        x.expand(1 << 70)
    with pytest.raises(OverflowError, match="int too big to convert"):
        x.add(1 << 70)
    with pytest.raises(OverflowError, match="int too big to convert"):
        x.add(-(1 << 70))
    assert x.add(1 << 63).tolist()[0][0] == 2.0**63


def test_an_exception_in_index_comes_through():
    class Bad:
        def __index__(self):
            raise ZeroDivisionError("from __index__")

    with pytest.raises(ZeroDivisionError):
        x23().expand((2, Bad()))


def test_a_list_that_changes_while_it_is_read():
    sizes = [2, None, 3]

    class Shrinks:
        def __index__(self):
            sizes.clear()
            return 1

    sizes[1] = Shrinks()
    assert ctgrad.zeros(sizes).shape == (2, 1, 3)


# ---- what is accepted ------------------------------------------------------------------------------------------------


def test_keyword_aliases():
    x = x23()
    assert x.sum(axis=0, keepdims=True).tolist() == x.sum(dim=0, keepdim=True).tolist()
    assert ctgrad.add(x, x2=2).tolist() == ctgrad.add(x1=x, other=2).tolist() == ctgrad.add(input=x, other=2).tolist()
    assert x.unsqueeze(axis=0).shape == (1, 2, 3)
    with pytest.raises(TypeError, match="multiple values"):
        x.unsqueeze(0, axis=0)


def test_keywords_made_at_run_time():
    assert x23().sum(**{"".join(["d", "im"]): 0}).shape == (3,)
    with pytest.raises(TypeError, match="unexpected keyword argument 'dim '"):
        x23().sum(**{"".join(["dim", " "]): 0})


@pytest.mark.parametrize("dim", [1, np.int64(1), np.int8(1), np.uint8(1), ctgrad.tensor(1), ctgrad.tensor(1, dtype=ctgrad.int32)])
def test_what_is_an_int(dim):
    assert x23().unsqueeze(dim).shape == (2, 1, 3)


@pytest.mark.parametrize("dims", [(0, 1), [0, 1], ctgrad.Size([0, 1]), (np.int64(0), 1), (0, Index()), [0, ctgrad.tensor(1)], (0, True)])
def test_what_is_a_sequence_of_ints(dims):
    assert x23().sum(dims).item() == 21


def test_empty_and_missing_sequences():
    assert x23().sum(()).item() == x23().sum([]).item() == x23().sum(None).item() == x23().sum().item() == 21


def test_ints_given_apart_or_together():
    x = x23()
    sizes = [(3, 2), [3, 2], ctgrad.Size([3, 2])]
    assert {tuple(x.reshape(s).shape) for s in sizes} == {tuple(x.reshape(3, 2).shape)} == {(3, 2)}
    assert x.reshape(6).shape == x.reshape(ctgrad.tensor(6)).shape == x.reshape(np.int64(-1)).shape == (6,)
    assert x.reshape(shape=(6, 1)).shape == (6, 1)
    assert ctgrad.zeros(2, 3, dtype=ctgrad.int64).shape == ctgrad.zeros(size=(2, 3)).shape == (2, 3)
    assert ctgrad.zeros(()).shape == ()


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.float64(2), np.int16(2), np.uint64(2)])
def test_what_is_a_number(number):
    assert x23().add(number).tolist() == [[3, 4, 5], [6, 7, 8]]
    assert ctgrad.full((2,), number).tolist() == [2, 2]


def test_a_number_may_come_first_in_arithmetic():
    x = x23()
    assert ctgrad.sub(7, x).tolist() == [[6, 5, 4], [3, 2, 1]]
    assert ctgrad.mul(2.0, ctgrad.tensor([1, 2])).dtype is ctgrad.float32
    assert ctgrad.add(2, 3).item() == 5 and ctgrad.add(2, 3).dtype is ctgrad.int64
    assert ctgrad.div(1, 2).item() == 0.5 and ctgrad.div(1, 2).dtype is ctgrad.float32
    w = ctgrad.tensor([2.0, 4.0], requires_grad=True)
    ctgrad.div(8, w).sum().backward()
    assert w.grad.tolist() == [-2.0, -0.5]
    with pytest.raises(TypeError):
        ctgrad.maximum(2, x)


def test_a_sole_int_list_comes_apart_in_methods():
    x = ctgrad.ones(1, 2, 1)
    assert x.squeeze(0, 2).shape == x.squeeze((0, 2)).shape == (2,)
    with pytest.raises(TypeError):
        ctgrad.squeeze(x, 0, 2)
    assert ctgrad.ones(2, 2).roll(shifts=1, dims=None).shape == (2, 2)


def test_dtypes_by_python_type():
    assert ctgrad.zeros(1, dtype=float).dtype is ctgrad.float64
    assert ctgrad.zeros(1, dtype=int).dtype is ctgrad.int64
    assert ctgrad.zeros(1, dtype=bool).dtype is ctgrad.bool
    with pytest.raises(TypeError):
        ctgrad.zeros(1, dtype=np.float32)


def test_host_parameters():
    t = ctgrad.zeros(2, dtype=None, layout=ctgrad.strided, device="cpu", pin_memory=False, requires_grad=True)
    assert t.requires_grad and t.is_leaf
    assert not ctgrad.zeros(2, layout=None, device=None, pin_memory=None, requires_grad=None).requires_grad
    with pytest.raises(RuntimeError, match="pin_memory"):
        ctgrad.zeros(2, pin_memory=True)
    with pytest.raises(RuntimeError, match="floating point"):
        ctgrad.zeros(2, dtype=ctgrad.int64, requires_grad=True)
    with pytest.raises((RuntimeError, AssertionError)):
        ctgrad.zeros(2, device="cuda")


def test_subclasses_are_tensors_and_results_are_plain():
    parameter = ctgrad.nn.Parameter(x23())
    assert type(parameter.add(1)) is ctgrad.Tensor
    assert ctgrad.add(parameter, parameter).requires_grad


# ---- results -----------------------------------------------------------------------------------------------------------


def test_in_place_returns_the_same_object():
    x = x23()
    assert x.add_(1) is x
    assert ctgrad.exp_(x) is x
    assert ctgrad.exp_(input=x) is x
    assert not hasattr(ctgrad, "add_")


def test_out_is_the_object_given():
    x, out = x23(), ctgrad.zeros(2, 3)
    assert ctgrad.exp(x, out=out) is out
    assert out.tolist() == ctgrad.exp(x).tolist()
    assert ctgrad.exp(x, out=None) is not out
    empty = ctgrad.zeros(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ctgrad.exp(x, out=empty).shape == (2, 3)
    with pytest.warns(UserWarning, match=r"was resized since it had shape \[1\]"):
        ctgrad.exp(x, out=ctgrad.zeros(1))
    with pytest.raises(RuntimeError, match=r"exp\(\): functions with out=... arguments don't support automatic differentiation"):
        ctgrad.exp(x, out=ctgrad.zeros(2, 3, requires_grad=True))


def test_named_results():
    pair = _C._return_type("binding_test", "values indices")
    assert pair is _C._return_type("binding_test", "values indices")
    result = pair((ctgrad.tensor([1.0]), ctgrad.tensor([0])))
    assert repr(result) == "torch.return_types.binding_test(\nvalues=tensor([1.]),\nindices=tensor([0]))"
    values, indices = result
    assert result.values is values is result[0] and result.indices is indices
    assert isinstance(result, tuple) and len(result) == 2
    back = pickle.loads(pickle.dumps(pair(("a", "b"))))
    assert type(back) is pair and back.indices == "b"
    assert sys.modules["ctgrad.return_types"].binding_test is pair


def test_exhausted_memory_is_both_errors():
    assert issubclass(ctgrad.OutOfMemoryError, RuntimeError) and issubclass(ctgrad.OutOfMemoryError, MemoryError)
    x = x23()
    _C._fail_alloc(0)
    try:
        with pytest.raises(ctgrad.OutOfMemoryError, match="not enough memory"):
            x.add(1)
    finally:
        _C._fail_alloc(-1)
    with pytest.raises(RuntimeError):
        ctgrad.zeros(1 << 60)


# ---- nothing leaks -------------------------------------------------------------------------------------------------------


def test_calls_leave_reference_counts_alone():
    x, key = x23(), [2, 3]
    given = [x, key, (2, 3), None, 7, "text", ctgrad.float32]
    calls = [
        lambda: x.expand(key), lambda: x.expand((2, 3)), lambda: x.sum(dim=0), lambda: ctgrad.zeros(key, dtype=ctgrad.float32),
        lambda: ctgrad.exp(x, out=x23()), lambda: x.clone().add_(1), lambda: refused(x.expand, "text"), lambda: refused(x.add, None),
        lambda: refused(x.expand, [7, "text"]), lambda: refused(ctgrad.arange, 1, 2, 3, 4, 5), lambda: inspect.signature(ctgrad.sum),
        lambda: ctgrad.sum.__doc__, lambda: ctgrad.sum.overloads,
    ]  # fmt: skip
    for call in calls:
        call()
    before, live = [sys.getrefcount(o) for o in given], _C._live()["tensors"]
    for _ in range(50):
        for call in calls:
            call()
    assert _C._live()["tensors"] == live
    assert all(abs(now - then) < 25 for now, then in zip([sys.getrefcount(o) for o in given], before, strict=True))


def refused(f, *args, **kwargs):
    with pytest.raises(TypeError):
        f(*args, **kwargs)


@pytest.mark.parametrize("name, call", [
    ("add", lambda a: a.add(2, a)), ("sub", lambda a: ctgrad.sub(a, 2, a)), ("addcmul", lambda a: a.clone().addcmul_(2, a, a)), ("addmm", lambda a: ctgrad.addmm(2, a, 3, a, a)), ("addmm", lambda a: a.addmm(2, a, a)),
    ("upsample", lambda a: ctgrad.nn.functional.upsample(a[None, None], scale_factor=2))])
def test_former_forms_warn(name, call):
    ctgrad.set_warn_always(True)
    try:
        with pytest.warns(UserWarning, match=f"{name}.* deprecated"):
            call(ctgrad.ones(2, 2))
    finally:
        ctgrad.set_warn_always(False)
