"""The small types: dtype, finfo, iinfo, Size, device, layout, memory_format, Generator."""

import copy
import gc
import pickle
import random

import ctgrad
import numpy as np
import pytest

DTYPES = [ctgrad.bool, ctgrad.uint8, ctgrad.int32, ctgrad.int64, ctgrad.float16, ctgrad.bfloat16, ctgrad.float32, ctgrad.float64]


def name(dtype):
    return repr(dtype).removeprefix("torch.")


@pytest.mark.parametrize("dtype", DTYPES, ids=name)
def test_a_dtype_is_one_object(dtype):
    assert getattr(ctgrad, name(dtype)) is dtype
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert copy.copy(dtype) is dtype and copy.deepcopy([dtype])[0] is dtype
    assert {dtype: 1}[dtype] == 1 and [d == dtype for d in DTYPES].count(True) == 1
    assert ctgrad.zeros(1, dtype=dtype).dtype is dtype


@pytest.mark.parametrize("dtype", DTYPES, ids=name)
def test_a_dtype_knows_its_kind(dtype):
    numpy = np.dtype("float16" if dtype is ctgrad.bfloat16 else name(dtype))  # of the same width
    assert dtype.itemsize == numpy.itemsize
    assert dtype.is_floating_point == (numpy.kind == "f")
    assert dtype.is_signed == (numpy.kind in "if")
    assert not dtype.is_complex and dtype.to_real() is dtype


def test_aliases():
    assert ctgrad.float is ctgrad.float32 and ctgrad.double is ctgrad.float64
    assert ctgrad.half is ctgrad.float16
    assert ctgrad.int is ctgrad.int32 and ctgrad.long is ctgrad.int64


def test_dtypes_are_not_made():
    with pytest.raises(TypeError, match="cannot create"):
        ctgrad.dtype()
    with pytest.raises(TypeError, match="not supported between instances"):
        ctgrad.float32 < ctgrad.float64


@pytest.mark.parametrize("dtype", [ctgrad.float16, ctgrad.float32, ctgrad.float64], ids=name)
def test_finfo_is_numpys(dtype):
    ours, numpy = ctgrad.finfo(dtype), np.finfo(name(dtype))
    for attribute in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution"):
        assert getattr(ours, attribute) == float(str(getattr(numpy, attribute))) or getattr(ours, attribute) == getattr(numpy, attribute)
    assert ours.dtype == name(dtype) and ours == ctgrad.finfo(dtype)


@pytest.mark.parametrize("dtype", [ctgrad.uint8, ctgrad.int32, ctgrad.int64], ids=name)
def test_iinfo_is_numpys(dtype):
    ours, numpy = ctgrad.iinfo(dtype), np.iinfo(name(dtype))
    assert (ours.bits, ours.min, ours.max, ours.dtype) == (numpy.bits, numpy.min, numpy.max, name(dtype))
    assert ours != ctgrad.finfo(ctgrad.float32)


def test_info_of_the_wrong_kind():
    for call in (lambda: ctgrad.finfo(ctgrad.int64), lambda: ctgrad.iinfo(ctgrad.float32), lambda: ctgrad.iinfo(ctgrad.bool), lambda: ctgrad.iinfo(None), lambda: ctgrad.finfo(3)):
        with pytest.raises(TypeError):
            call()
    assert ctgrad.finfo() == ctgrad.finfo(ctgrad.get_default_dtype())
    assert repr(ctgrad.finfo(ctgrad.float32)).startswith("finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07")
    assert repr(ctgrad.iinfo(ctgrad.uint8)) == "iinfo(min=0, max=255, dtype=uint8)"


# ---- Size ------------------------------------------------------------------------------------------


def test_size_is_a_tuple_that_stays_one():
    size = ctgrad.Size([2, 3])
    assert repr(size) == str(size) == "torch.Size([2, 3])" and size == (2, 3) and hash(size) == hash((2, 3))
    for same in (size[:], size + (), () + size, size * 1, 1 * size, copy.copy(size), copy.deepcopy(size), pickle.loads(pickle.dumps(size)), ctgrad.Size(size)):
        assert type(same) is ctgrad.Size and same == size
    assert type(size[0]) is int and size[1:] == (3,) and (1,) + size + (4,) == ctgrad.Size((1, 2, 3, 4))
    assert size.numel() == 6 and ctgrad.Size().numel() == 1
    assert [*map(type, ctgrad.Size([True, np.int64(3), ctgrad.tensor(4)]))] == [int, int, int]
    a, b = size
    assert (a, b) == (2, 3)


@pytest.mark.parametrize("bad, error", [([2.5], TypeError), (["a"], TypeError), (3, TypeError), ([None], TypeError), ([2**70], ValueError)])
def test_size_of_what_is_no_size(bad, error):
    with pytest.raises(error):
        ctgrad.Size(bad)


def test_size_plus_what_is_no_tuple():
    with pytest.raises(TypeError, match=r"can only concatenate tuple \(not list\) to torch.Size"):
        ctgrad.Size([1]) + [1]

    class Reflected:
        def __radd__(self, other):
            return "reflected"

    assert ctgrad.Size([1]) + Reflected() == "reflected"


# ---- device, constants -----------------------------------------------------------------------------------


def test_device():
    cpu = ctgrad.device("cpu")
    assert repr(cpu) == "device(type='cpu')" and str(cpu) == "cpu" and (cpu.type, cpu.index) == ("cpu", None)
    second = ctgrad.device("cpu", 1)
    assert repr(second) == "device(type='cpu', index=1)" and str(second) == "cpu:1" and second == ctgrad.device("cpu:1") != cpu
    assert cpu != "cpu" and {cpu, ctgrad.device(cpu)} == {cpu} and pickle.loads(pickle.dumps(second)) == second
    assert ctgrad.tensor(1).device == cpu
    with cpu:
        assert ctgrad.tensor(1, device="cpu").device == cpu


@pytest.mark.parametrize("bad", ["", "foo", "cpu:", "cpu:x", "cpu:-1", "cpu:01", "CPU", 0])
def test_no_such_device(bad):
    with pytest.raises(RuntimeError):
        ctgrad.device(bad)


@pytest.mark.parametrize("other, error", [("cuda", AssertionError), ("cuda:1", AssertionError), ("mps", RuntimeError), ("meta", RuntimeError), (1.5, TypeError)])
def test_tensors_live_on_the_cpu(other, error):
    with pytest.raises(error):
        ctgrad.tensor([1.0], device=other)


@pytest.mark.parametrize("constant", ["strided", "contiguous_format", "preserve_format", "channels_last"])
def test_constants(constant):
    value = getattr(ctgrad, constant)
    assert repr(value) == f"torch.{constant}" and pickle.loads(pickle.dumps(value)) is value and copy.deepcopy(value) is value


# ---- Generator ----------------------------------------------------------------------------------------------


def words(state):
    """The 624 words of a state and the place of the next, as NumPy's MT19937 has them."""
    raw = state.numpy()
    return raw[24:24 + 8 * 624].view(np.uint64).astype(np.uint32), int(raw[16:24].view(np.uint64)[0])


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_a_seed_gives_the_words_of_mt19937(seed):
    state = ctgrad.Generator().manual_seed(seed).get_state()
    numpy = np.random.MT19937()
    numpy._legacy_seeding(seed)
    np.testing.assert_array_equal(words(state)[0], numpy.state["state"]["key"])


def numpys_words(n, seed=5):
    numpy = np.random.MT19937()
    numpy._legacy_seeding(seed)
    return numpy.random_raw(n).astype(np.uint64)


RANGES = [1, 2, 3, 5, 7, 10, 1000, 6700417, *(2**k + d for k in (4, 8, 16, 24, 27) for d in (-1, 0, 1)), 2**28 - 1]


@pytest.mark.parametrize("dtype", [ctgrad.int64, ctgrad.int32])
@pytest.mark.parametrize("low", [0, -3, 2**30])
def test_integers_are_the_remainders_of_words(low, dtype):
    raw = numpys_words(5000)
    for values in RANGES:
        drawn = ctgrad.randint(low, low + values, (5000,), dtype=dtype, generator=ctgrad.Generator().manual_seed(5))
        np.testing.assert_array_equal(drawn.numpy(), (raw % np.uint64(values)).astype(np.int64) + low, err_msg=str(values))
        strided = ctgrad.zeros(5000, 2, dtype=dtype)[:, 0].random_(low, low + values, generator=ctgrad.Generator().manual_seed(5))
        np.testing.assert_array_equal(strided.numpy(), drawn.numpy())


@pytest.mark.parametrize("n", [0, 1, 2, 255, 256, 257, 258, 5000])
@pytest.mark.parametrize("dtype", [ctgrad.int64, ctgrad.int32, ctgrad.float64])
def test_permutations_exchange_from_the_front(n, dtype):
    order, raw = np.arange(n), numpys_words(n)
    for i in range(n - 1):
        j = i + int(raw[i]) % (n - i)
        order[i], order[j] = order[j], order[i]
    np.testing.assert_array_equal(ctgrad.randperm(n, dtype=dtype, generator=ctgrad.Generator().manual_seed(5)).numpy(), order)


@pytest.mark.parametrize("dtype", [ctgrad.float64, ctgrad.float32, ctgrad.float16, ctgrad.bfloat16])
def test_dropout_is_bernoulli_over_what_is_kept(dtype):
    x = ctgrad.linspace(-1, 1, 700).to(dtype).requires_grad_()
    for p in (0.1, 1 / 3, 0.5, 0.9):
        ctgrad.manual_seed(1)
        kept = ctgrad.empty(700, dtype=dtype).bernoulli_(1 - p).div_(1 - p)
        ctgrad.manual_seed(1)
        y = ctgrad.nn.functional.dropout(x, p)
        assert (y == x * kept).all()
        (gradient,) = ctgrad.autograd.grad(y.sum(), x)
        assert (gradient == kept).all()


def test_a_state_is_taken_up_again():
    g = ctgrad.Generator().manual_seed(7)
    ctgrad.randn(5, generator=g)
    state, twin, third = g.get_state(), g.clone_state(), copy.deepcopy(g)
    assert state.shape == (5056,) and state.dtype is ctgrad.uint8
    first = ctgrad.randn(40, generator=g)
    for again in (twin, third, g.set_state(state), ctgrad.Generator().set_state(state)):
        assert ctgrad.randn(40, generator=again).tolist() == first.tolist()


def test_the_default_generator():
    g = ctgrad.manual_seed(3)
    assert g is ctgrad.default_generator and g.initial_seed() == ctgrad.initial_seed() == 3
    state, first = ctgrad.get_rng_state(), ctgrad.rand(4)
    ctgrad.set_rng_state(state)
    assert ctgrad.rand(4).tolist() == first.tolist()
    assert ctgrad.manual_seed(3.9).initial_seed() == ctgrad.manual_seed("3").initial_seed() == 3
    assert 0 <= ctgrad.seed() < 2**64 and ctgrad.seed() != ctgrad.seed()
    assert ctgrad.Generator().initial_seed() == 67280421310721


@pytest.mark.parametrize("seed, kept", [(-1, 2**64 - 1), (-2**63, 2**63), (2**64 - 1, 2**64 - 1)])
def test_seeds_wrap_around(seed, kept):
    assert ctgrad.Generator().manual_seed(seed).initial_seed() == kept


@pytest.mark.parametrize("seed, error", [(2**64, ValueError), (-2**63 - 1, ValueError), (1.5, RuntimeError), ("a", RuntimeError), (True, RuntimeError)])
def test_what_is_no_seed(seed, error):
    with pytest.raises(error):
        ctgrad.Generator().manual_seed(seed)


def test_what_is_no_state():
    g = ctgrad.Generator().manual_seed(1)
    before = g.get_state().tolist()
    random.seed(0)
    noise = ctgrad.tensor([random.randrange(256) for _ in range(5056)], dtype=ctgrad.uint8)
    for state, error in (([1], TypeError), (ctgrad.zeros(5056), TypeError), (ctgrad.zeros(3, dtype=ctgrad.uint8), RuntimeError),
                         (ctgrad.zeros(5056, dtype=ctgrad.uint8), RuntimeError), (noise, RuntimeError)):
        with pytest.raises(error):
            g.set_state(state)
        assert g.get_state().tolist() == before


def test_nothing_is_left_behind():
    gc.collect()
    before = ctgrad.debug.live()
    for _ in range(3):
        ctgrad.Generator().manual_seed(3).get_state()
        repr(ctgrad.tensor([[1.0]]).shape)
    gc.collect()
    assert ctgrad.debug.live() == before


@pytest.mark.parametrize("exponent", ["int64", "uint8", "bool", "float16", "float64"])
@pytest.mark.parametrize("base", ["bool", "uint8", "int32", "float16", "float32"])
@pytest.mark.parametrize("shapes", [((2,), ()), ((), (2,)), ((), ())], ids=str)
def test_a_power_of_or_by_a_tensor_without_dimensions_has_the_dtype_of_a_sum(base, exponent, shapes):
    x = ctgrad.ones(shapes[0], dtype=getattr(ctgrad, base))
    y = ctgrad.ones(shapes[1], dtype=getattr(ctgrad, exponent))
    if base == exponent == "bool":
        with pytest.raises(NotImplementedError):
            x ** y
    else:
        assert (x ** y).dtype is ctgrad.pow(x, y).dtype is (x + y).dtype


def test_booleans_to_a_boolean_power():
    x = ctgrad.tensor([True, False])
    assert (x ** True).tolist() == [True, False] and (x ** False).tolist() == [True, True] and (x ** True).dtype is ctgrad.bool


def test_a_bound_without_dimensions_beside_a_number_is_a_number():
    x = ctgrad.tensor([-2., .5, 3.], requires_grad=True)
    for low, high in [(ctgrad.tensor(0.), 1), (0, ctgrad.tensor(1, dtype=ctgrad.float64))]:
        y = x.clamp(low, high)
        assert y.tolist() == [0, .5, 1] and y.dtype is ctgrad.float32 and type(y.grad_fn).__name__ == "ClampBackward1"
        assert x.detach().clone().clamp_(low, high).tolist() == ctgrad.clip(x, low, high).tolist() == [0, .5, 1]
    for bound in [ctgrad.tensor([0.]), ctgrad.tensor(0., requires_grad=True)]:
        with pytest.raises(TypeError):
            x.clamp(bound, 1)
