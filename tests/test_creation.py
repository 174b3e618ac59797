"""Tensors from Python data: values, dtypes, errors, and data that misbehaves while it is read."""

import array
import collections
import gc
import math
import sys
import warnings

import ctgrad
import numpy as np
import pytest

F, I, B = ctgrad.float32, ctgrad.int64, ctgrad.bool  # noqa: E741


def name_of(dtype):
    return repr(dtype).removeprefix("torch.")


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list")
@pytest.mark.parametrize("data, dtype, shape", [
    ([], F, (0,)), ([[]], F, (1, 0)), ([[], []], F, (2, 0)), ((), F, (0,)), ([[], [1]], F, (2, 0)),
    (1, I, ()), (1.5, F, ()), (True, B, ()), ([True, 1], I, (2,)), ([True, 1.5], F, (2,)), ([1, 2.5], F, (2,)), (range(3), I, (3,)),
    (((1, 2), [3, 4]), I, (2, 2)), ([range(2), (3, 4)], I, (2, 2)), (collections.deque([1, 2]), I, (2,)), (bytearray(b"ab"), I, (2,)), (memoryview(b"ab"), I, (2,)),
    (array.array("i", [1, 2]), I, (2,)), (array.array("d", [1, 2]), F, (2,)), ([array.array("f", [1, 2])], F, (1, 2)),
    (np.float32(1), F, ()), (np.float64(1), ctgrad.float64, ()), ([np.float64(1), 1], ctgrad.float64, (2,)), ([np.float32(1), 1], F, (2,)),
    ([np.uint8(1), True], ctgrad.uint8, (2,)), ([np.int32(1)], ctgrad.int32, (1,)), (np.int16(1), ctgrad.int32, ()), (np.float16(1), ctgrad.float16, ()), (np.uint32(1), I, ()),
    (np.zeros((2, 0)), ctgrad.float64, (2, 0)), ([np.zeros(3), np.ones(3)], ctgrad.float64, (2, 3)), (np.zeros(2, "i1"), ctgrad.int32, (2,)),
    (np.zeros(2, "f2"), ctgrad.float16, (2,)), (ctgrad.Size([1, 2]), I, (2,)), ([ctgrad.tensor(1), 2.5], F, (2,)), ([ctgrad.tensor([[1]])], I, (1,)),
])
def test_dtype_and_shape_of_data(data, dtype, shape):
    t = ctgrad.tensor(data)
    assert t.dtype is dtype and t.shape == shape and t.is_contiguous()
    if t.numel():
        assert t.tolist() == np.array(data, dtype=name_of(dtype)).reshape(shape).tolist()


@pytest.mark.parametrize("data, error, text", [
    ([[1, 2, 3], [1, 2]], ValueError, r"expected sequence of length 3 at dim 1 \(got 2\)"),
    ([[[1, 2], [3, 4]], [[5, 6], [7]]], ValueError, r"expected sequence of length 2 at dim 2 \(got 1\)"),
    ([1, [2]], TypeError, "'list' object cannot be interpreted as an integer"), ([[1], 2], TypeError, "not a sequence"),
    ("a", TypeError, r"new\(\): invalid data type 'str'"), (["a"], ValueError, "too many dimensions 'str'"), ([1, "a"], TypeError, "invalid data type 'str'"),
    (b"ab", TypeError, "invalid data type 'bytes'"), (None, RuntimeError, "Could not infer dtype of NoneType"), ([None], RuntimeError, "Could not infer dtype of NoneType"),
    ({1: 2}, RuntimeError, "Could not infer dtype of dict"), (object(), RuntimeError, "Could not infer dtype of object"), (1j, RuntimeError, "Could not infer dtype of complex"),
    (2**63, ValueError, "Overflow when unpacking long long"), (np.array(["a"]), TypeError, "can't convert np.ndarray of type numpy.str_"),
    (np.array([1j]), TypeError, "can't convert np.ndarray of type numpy.complex128"), ([np.uint64(1)], TypeError, "numpy.uint64"),
    (np.arange(3)[::-1], ValueError, "stride in the given numpy array is negative"), (np.arange(3).astype(">i8"), ValueError, "byte order"),
    ([np.array(1)], TypeError, "len"), ([ctgrad.ones(2), ctgrad.ones(2)], ValueError, "only one element tensors can be converted"),
])
def test_what_is_no_data(data, error, text):
    with pytest.raises(error, match=text):
        ctgrad.tensor(data)


@pytest.mark.parametrize("value, dtype", [
    (300, "uint8"), (-256, "uint8"), (256.0, "uint8"), (-0.5, "uint8"), (2**31, "int32"), (-2**31 - 1, "int32"), (2147483647.5, "int32"), (1e30, "int64"),
    (math.nan, "int64"), (math.inf, "int32"), (np.int64(300), "uint8"), (ctgrad.tensor([300]), "uint8"),
])
def test_what_a_dtype_cannot_hold(value, dtype):
    with pytest.raises(RuntimeError, match=f"value cannot be converted to type {dtype} without overflow"):
        ctgrad.tensor([value], dtype=getattr(ctgrad, dtype))


@pytest.mark.parametrize("value, dtype, held", [
    (-1, "uint8", 255), (255, "uint8", 255), (1.9, "int64", 1), (-1.9, "int32", -1), (2**70, "bool", True), (math.nan, "bool", True), (0.0, "bool", False),
    (2**70, "float64", 2.0**70), (1e300, "float32", math.inf), (True, "float32", 1.0), (np.bool_(True), "float32", 1.0), (np.float64(2.5), "int64", 2),
])
def test_what_a_dtype_makes_of_a_value(value, dtype, held):
    assert ctgrad.tensor([value], dtype=getattr(ctgrad, dtype)).tolist() == [held]


def test_python_types_name_dtypes():
    assert [ctgrad.tensor([1], dtype=d).dtype for d in (float, int, bool)] == [ctgrad.float64, I, B]
    for wrong in ("float32", np.float32, 1):
        with pytest.raises(TypeError, match=r"tensor\(\): argument 'dtype' must be torch.dtype"):
            ctgrad.tensor([1], dtype=wrong)


def test_options():
    assert ctgrad.tensor([1.0], requires_grad=True).requires_grad
    for call in (lambda: ctgrad.tensor([1], requires_grad=True), lambda: ctgrad.tensor([1.0], pin_memory=True)):
        with pytest.raises(RuntimeError):
            call()
    for call in (lambda: ctgrad.tensor(), lambda: ctgrad.tensor(1, 2), lambda: ctgrad.tensor(1, foo=2), lambda: ctgrad.tensor([1.0], requires_grad=1),
                 lambda: ctgrad.tensor(data=1, **{"data ": 1})):
        with pytest.raises(TypeError):
            call()


def test_a_copy_of_a_tensor_warns_and_forgets_history():
    x = ctgrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match="To copy construct from a tensor"):
        y = ctgrad.tensor(x * 2)
    assert not y.requires_grad and y.tolist() == [2.0, 4.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            ctgrad.tensor(x)


# ---- data that misbehaves -------------------------------------------------------------------------------


def test_depth_is_bounded():
    data = 1
    for _ in range(64):
        data = [data]
    assert ctgrad.tensor(data).ndim == 64
    with pytest.raises(ValueError, match="too many dimensions 'list'"):
        ctgrad.tensor([data])
    for _ in range(200_000):
        data = [data]
    for make in (ctgrad.tensor, ctgrad.as_tensor, ctgrad.asarray, ctgrad.Tensor, lambda x: ctgrad.tensor([1, x]), lambda x: ctgrad.tensor([[1], x], dtype=F)):
        with pytest.raises((ValueError, TypeError)):
            make(data)
    while isinstance(data, list):
        data = data[0]


def test_lists_that_contain_themselves():
    a, b, c = [], [1], [1]
    a.append(a)
    b.append(b)
    d = [1, c]
    c.append(d)
    for data in (a, b, c, d, [b], [[1, 2], b]):
        for dtype in (None, F, I, B):
            with pytest.raises((ValueError, TypeError)):
                ctgrad.tensor(data, dtype=dtype)
    a.clear(), b.clear(), c.clear()


class Tampers:
    """A number that changes its list while it is read."""

    def __init__(self, target, action):
        self.target, self.action = target, action

    def __float__(self):
        self.action(self.target)
        return 1.0

    def __index__(self):
        self.action(self.target)
        return 1


@pytest.mark.parametrize("dtype", [F, I, B])
@pytest.mark.parametrize("action", [list.clear, lambda x: x.append(1), lambda x: x.pop(), lambda x: x.__setitem__(slice(None), [None] * 4), lambda x: x.extend(range(1000))])
def test_lists_that_change_while_they_are_read(dtype, action):
    inner = [1, 2, 3, 4]
    inner[1] = Tampers(inner, action)
    outer = [[Tampers(inner, lambda x: None)] * 4, inner, [1, 2, 3, 4]]
    outer[0][2] = Tampers(outer, action)
    for data in (inner, outer):
        try:
            t = ctgrad.tensor(data, dtype=dtype)
        except (ValueError, TypeError):
            continue
        assert t.shape in ((4,), (3, 4))


class Liar:
    """A sequence whose length is not what __len__ says."""

    def __init__(self, *lengths):
        self.lengths = list(lengths)

    def __len__(self):
        n = self.lengths.pop(0) if len(self.lengths) > 1 else self.lengths[0]
        if isinstance(n, Exception):
            raise n
        return n

    def __getitem__(self, i):
        if i >= 3:
            raise IndexError
        return i


@pytest.mark.parametrize("lengths, error", [((5,), ValueError), ((3, 5), None), ((0, 3), None), ((2**62,), (MemoryError, RuntimeError, ValueError)), ((KeyError("x"),), KeyError), ((-1,), ValueError),
                                            ((3, KeyError("x")), (KeyError, ValueError, type(None)))])
def test_sequences_that_lie_about_their_length(lengths, error):
    for wrap in (lambda x: x, lambda x: [x]):
        try:
            t = ctgrad.tensor(wrap(Liar(*lengths)))
        except Exception as caught:
            assert error and isinstance(caught, error)
        else:
            assert error is None or type(None) in (error if isinstance(error, tuple) else ()) or t.numel() == 3


class Fails:
    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 2

    def __getitem__(self, i):
        raise self.error

    def __float__(self):
        raise self.error

    def __index__(self):
        raise self.error


def test_errors_of_user_code_pass_through():
    class Own(Exception):
        pass

    with pytest.raises(ValueError, match="could not determine the shape of object type 'Fails'"):
        ctgrad.tensor(Fails(Own()))
    with pytest.raises(Own):
        ctgrad.tensor([[1, 2], Fails(Own())])


# ---- the relations -----------------------------------------------------------------------------------------


def test_as_tensor_shares_where_it_can():
    t, a = ctgrad.ones(3), np.ones(3)
    assert ctgrad.as_tensor(t) is t and ctgrad.as_tensor(t, dtype=F) is t
    ctgrad.as_tensor(a)[0] = 5
    assert a[0] == 5
    ctgrad.as_tensor(a, dtype=F)[0] = 6
    assert a[0] == 5
    assert ctgrad.as_tensor(np.zeros(2, "i1")).dtype is ctgrad.int32
    x = ctgrad.ones(2, requires_grad=True)
    assert ctgrad.as_tensor(x, dtype=ctgrad.float64).requires_grad


def test_asarray():
    t, a, buffer = ctgrad.ones(3), np.ones(3), bytearray(8)
    assert ctgrad.asarray(t) is t
    assert ctgrad.asarray(t, copy=True).data_ptr() != t.data_ptr()
    assert ctgrad.asarray(a, copy=False).data_ptr() == a.ctypes.data
    ctgrad.asarray(buffer, dtype=ctgrad.int32)[1] = 1
    assert buffer == b"\0\0\0\0\1\0\0\0"
    assert ctgrad.asarray([1, 2]).dtype is I
    for obj, options in (([1], {}), (t, {"dtype": I}), (a, {"dtype": F})):
        with pytest.raises(ValueError, match="can't alias"):
            ctgrad.asarray(obj, copy=False, **options)


def test_scalar_tensor():
    assert ctgrad.scalar_tensor(3).dtype is F and ctgrad.scalar_tensor(True, dtype=B).item() is True
    assert ctgrad.scalar_tensor(ctgrad.tensor(4), dtype=I).item() == 4
    with pytest.raises(RuntimeError, match="without overflow"):
        ctgrad.scalar_tensor(300, dtype=ctgrad.uint8)


@pytest.mark.parametrize("args, shape", [((), (0,)), ((3,), (3,)), ((2, 3), (2, 3)), ((ctgrad.Size([2, 3]),), (2, 3)), (([2, 3],), (2,)), (((2, 3),), (2,)), ((0,), (0,)),
                                         ((np.int64(4),), (4,)), ((np.array(4),), (4,)), ((ctgrad.tensor(2), 3), (2, 3)), (([],), (0,)), (([[1, 2], [3, 4]],), (2, 2))])
def test_old_constructors(args, shape):
    for make, dtype in ((ctgrad.Tensor, F), (ctgrad.FloatTensor, F), (ctgrad.LongTensor, I), (ctgrad.ByteTensor, ctgrad.uint8), (ctgrad.BoolTensor, B),
                        (ctgrad.IntTensor, ctgrad.int32), (ctgrad.DoubleTensor, ctgrad.float64)):
        t = make(*args)
        assert t.shape == shape and t.dtype is dtype and (make is ctgrad.Tensor or isinstance(t, make))


@pytest.mark.parametrize("args, options, error", [((3.5,), {}, TypeError), ((True,), {}, TypeError), (("a",), {}, TypeError), ((None,), {}, TypeError), (([1], [2]), {}, TypeError),
                                                  ((2, "a"), {}, TypeError), ((-1,), {}, RuntimeError), ((2**62, 2**62), {}, RuntimeError), ((2**63,), {}, TypeError),
                                                  ((1,) * 65, {}, RuntimeError), (([1],), {"dtype": F}, TypeError), ((), {"foo": 1}, TypeError), (([1],), {"device": "cuda"}, RuntimeError),
                                                  (({1, 2},), {}, TypeError), ((2**61,), {}, RuntimeError)])
def test_old_constructors_refuse(args, options, error):
    with pytest.raises(error):
        ctgrad.Tensor(*args, **options)


def test_tensor_of_a_tensor_is_a_view_of_it():
    x = ctgrad.tensor([1.0, 2.0], requires_grad=True)
    y = ctgrad.Tensor(x)
    assert y.data_ptr() == x.data_ptr()
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(TypeError, match="expected a tensor of dtype int64"):
        ctgrad.LongTensor(x)


def test_bounds_of_randint_like_by_name():
    x, drawn = ctgrad.zeros(50), []
    for given in (((x, 3), {}), ((x,), {"high": 3}), ((x, 0, 3), {}), ((x,), {"low": 0, "high": 3}), ((x, 0), {"high": 3})):
        ctgrad.manual_seed(0)
        drawn.append(ctgrad.randint_like(*given[0], **given[1]).tolist())
    assert all(one == drawn[0] for one in drawn) and set(drawn[0]) == {0, 1, 2}
    with pytest.raises(TypeError):
        ctgrad.randint_like(x)


def test_item_and_tolist():
    t = ctgrad.arange(24).reshape(2, 3, 4).transpose(0, 2)
    assert t.tolist() == np.arange(24).reshape(2, 3, 4).transpose().tolist()
    assert ctgrad.tensor([[7]]).item() == 7 and type(ctgrad.tensor(True).item()) is bool and ctgrad.tensor(0.1).item() == float(np.float32(0.1))
    assert ctgrad.tensor(2.5).tolist() == 2.5 and ctgrad.zeros(2, 0).tolist() == [[], []] and ctgrad.zeros(0, 2).tolist() == []
    for t in (ctgrad.ones(2), ctgrad.ones(0)):
        with pytest.raises(RuntimeError, match=f"a Tensor with {t.numel()} elements cannot be converted to Scalar"):
            t.item()


# ---- failure ---------------------------------------------------------------------------------------------------

MAKERS = [
    lambda: ctgrad.tensor([[np.ones(3)], [np.zeros(3)]]), lambda: ctgrad.tensor([np.ones(2), [1, 2]], dtype=F),
    lambda: ctgrad.tensor([[1.5, 2], [3, 4]]), lambda: ctgrad.tensor(np.arange(6).reshape(2, 3).T), lambda: ctgrad.tensor(np.arange(3), dtype=F), lambda: ctgrad.as_tensor(np.arange(3)),
    lambda: ctgrad.from_numpy(np.ones(3)), lambda: ctgrad.asarray(bytearray(8)), lambda: ctgrad.frombuffer(bytearray(8), dtype=I), lambda: ctgrad.from_dlpack(np.ones(3)),
    lambda: ctgrad.from_dlpack(ctgrad.ones(3)), lambda: ctgrad.scalar_tensor(3), lambda: ctgrad.Tensor(2, 3), lambda: ctgrad.Tensor([1, 2]), lambda: ctgrad.LongTensor([1, 2]),
    lambda: ctgrad.Tensor(ctgrad.ones(3)), lambda: ctgrad.asarray(ctgrad.ones(2), copy=True), lambda: ctgrad.tensor([1.0], requires_grad=True), lambda: ctgrad.ones(3).numpy(),
    lambda: memoryview(ctgrad.ones(3)), lambda: ctgrad.ones(3).__dlpack__(), lambda: np.add(ctgrad.ones(2), 1), lambda: ctgrad.Generator().get_state(), lambda: ctgrad.ones(2) == np.ones(2),
]


@pytest.mark.parametrize("make", MAKERS, ids=range(len(MAKERS)))
def test_every_allocation_may_fail(make):
    make()
    gc.collect()
    before = ctgrad.debug.live()
    for n in range(200):
        ctgrad._C._fail_alloc(n)
        try:
            make()
        except MemoryError:
            continue
        finally:
            failures = ctgrad._C._fail_alloc(-1)
        if failures == 0:
            break
    else:
        pytest.fail("an allocation fails for ever")
    gc.collect()
    assert ctgrad.debug.live() == before


@pytest.mark.parametrize("make", MAKERS, ids=range(len(MAKERS)))
def test_nothing_leaks(make):
    make()
    gc.collect()
    before, references = ctgrad.debug.live(), sys.getrefcount(None)
    for _ in range(50):
        make()
    gc.collect()
    assert ctgrad.debug.live() == before
    assert abs(sys.getrefcount(None) - references) < 25


@pytest.mark.parametrize("bad", [[[1, 2], [3]], [1, "a"], [None], "a", np.array(["a"]), np.arange(3)[::-1], [2**70], object()])
def test_failures_do_not_leak(bad):
    gc.collect()
    before = ctgrad.debug.live()
    for _ in range(5):
        for dtype in (None, F, ctgrad.uint8):
            try:
                ctgrad.tensor(bad, dtype=dtype)
            except (TypeError, ValueError, RuntimeError):
                pass
    assert ctgrad.debug.live() == before
