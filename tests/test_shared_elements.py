"""Writing where elements of the tensor share memory, and where the values are the tensor's own: what is written, what warns, what is refused."""

import warnings

import ctgrad
import pytest

I64 = ctgrad.int64

VIEWS = {"rows": lambda b: b[:3].expand(3, 3), "columns": lambda b: b[:3].unsqueeze(1).expand(3, 3), "windows": lambda b: b[:5].as_strided((3, 3), (1, 1))}
EXPANDED = ("rows", "columns")


def _no_middle():
    return ctgrad.tensor([True, False, True])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("write, rows, columns, windows", [
    (lambda x: x.masked_fill_(_no_middle(), 9), [9, 2, 9, 4, 5], [9, 9, 9, 4, 5], [9, 9, 9, 9, 9]),
    (lambda x: x.masked_fill_(_no_middle(), x[0, 0]), [1, 2, 1, 4, 5], [1, 1, 1, 4, 5], [1, 1, 1, 1, 1]),
    (lambda x: x.index_fill_(0, ctgrad.tensor([0]), 7), [7, 7, 7, 4, 5], [7, 2, 3, 4, 5], [7, 7, 7, 4, 5]),
    (lambda x: x.index_put_((ctgrad.tensor([0, 1]),), ctgrad.ones(2, 3)), [1, 1, 1, 4, 5], [1, 1, 3, 4, 5], [1, 1, 1, 1, 5]),
    (lambda x: x.tril_(), [1, 0, 0, 4, 5], [0, 0, 3, 4, 5], [1, 0, 0, 0, 5]),
    (lambda x: x.triu_(), [0, 0, 3, 4, 5], [1, 0, 0, 4, 5], [1, 0, 0, 0, 5]),
    (lambda x: x.fill_(6), [6, 6, 6, 4, 5], [6, 6, 6, 4, 5], [6, 6, 6, 6, 6]),
    (lambda x: x.copy_(x), [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
])
@pytest.mark.filterwarnings("ignore:Use of")
def test_elements_that_share_memory_are_written_in_turn(view, write, rows, columns, windows):
    memory = ctgrad.arange(1.0, 6)
    x = VIEWS[view](memory)
    assert write(x) is x and memory._version == 1
    assert memory.tolist() == {"rows": rows, "columns": columns, "windows": windows}[view]


@pytest.mark.parametrize("name, write", [
    ("masked_fill_", lambda x: x.masked_fill_(_no_middle(), 9)), ("index_fill_", lambda x: x.index_fill_(0, ctgrad.tensor([0]), 7)),
    ("index_put_", lambda x: x.__setitem__([0], 7)), ("index_put_", lambda x: x.__setitem__(_no_middle(), 7)),
])
def test_an_expanded_tensor_is_written_with_a_warning(name, write):
    for view in EXPANDED:
        with pytest.warns(UserWarning, match=f"Use of {name} on expanded tensors is deprecated"):
            write(VIEWS[view](ctgrad.arange(1.0, 6)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(VIEWS["windows"](ctgrad.arange(1.0, 6)))
        memory = ctgrad.arange(1.0, 6)
        with pytest.raises(UserWarning):
            write(VIEWS["rows"](memory))
        assert memory.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("write", [
    lambda x: x.mul_(2), lambda x: x.fill_(ctgrad.tensor(1.0)), lambda x: x.copy_(2), lambda x: x.__setitem__(slice(None), 1), lambda x: x.__setitem__(True, 1),
    lambda x: x.put_(ctgrad.tensor([0]), ctgrad.ones(1)), lambda x: x.masked_scatter_(_no_middle(), ctgrad.ones(9)), lambda x: x.uniform_(),
    lambda x: x.scatter_(0, ctgrad.zeros(1, 3, dtype=I64), 1.0), lambda x: x.index_add_(0, ctgrad.tensor([0]), ctgrad.ones(1, 3)),
])
def test_an_expanded_tensor_is_not_written(write):
    for view in EXPANDED:
        memory = ctgrad.arange(1.0, 6)
        with pytest.raises(RuntimeError, match="more than one element"):
            write(VIEWS[view](memory))
        assert memory.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("write", [lambda x: x.masked_fill_(_no_middle(), 9), lambda x: x.index_fill_(0, ctgrad.tensor([0]), 7), lambda x: x.tril_()])
def test_no_gradient_passes_elements_that_share_memory(write):
    y = ctgrad.arange(1.0, 6, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="more than one element"):
        write(VIEWS["rows"](y))


def test_an_element_of_self_as_the_value():
    at = ctgrad.tensor([1, 2])
    for write in (lambda x: x.__setitem__(x > 1, x[0]), lambda x: x.masked_fill_(x > 1, x[0]), lambda x: x.index_fill_(0, at[1:], x[0])):
        x = ctgrad.arange(3.0) + 1
        write(x)
        assert x[2].item() == 1 and x[0].item() == 1
    with pytest.raises(RuntimeError, match="clone"):
        x[at] = x[0]


def test_a_tensor_is_assigned_to_itself():
    for index in (True, None, slice(None), ..., (None, slice(None))):
        x = ctgrad.arange(3.0)
        x[index] = x
        assert x.tolist() == [0, 1, 2] and x._version == 1
    with pytest.raises(RuntimeError, match="clone"):
        x[None].copy_(x)
    with pytest.raises(RuntimeError, match="clone"):
        x[ctgrad.tensor(True)] = x


def test_repetition_comes_before_dtypes_and_shapes():
    for write in (lambda x: x.pow_(x), lambda x: x.fmod_(x), lambda x: x.abs_(), lambda x: x.gcd_(x), lambda x: x.add_(ctgrad.ones(7))):
        with pytest.raises(RuntimeError, match="more than one element"):
            write(ctgrad.ones(3, dtype=ctgrad.bool).expand(3, 3))


def test_one_number_may_go_out_to_an_expanded_tensor():
    memory = ctgrad.arange(3.0)
    assert ctgrad.full((3, 3), 7, out=memory.expand(3, 3)).tolist() == [[7] * 3] * 3 and memory.tolist() == [7] * 3
    with pytest.raises(RuntimeError, match="more than one element"):
        ctgrad.add(ctgrad.ones(3, 3), 1, out=memory.expand(3, 3))
