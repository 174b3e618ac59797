"""out= and in-place forms: which dtypes they take, what they are resized to, and that compositions have them like ops in C."""

import warnings

import pytest

import ctgrad

X = ctgrad.tensor([[1.0, 3.0], [2.0, -4.0]])
V = ctgrad.tensor([1.0, 2.0])
ROWS = ctgrad.tensor([0, 1])
# What computes in its operands' dtype, or finds places, has results of one dtype only.
EXACT = {
    "mm": (X, X), "bmm": (X[None], X[None]), "mv": (X, V), "dot": (V, V), "vdot": (V, V), "matmul": (X, X), "addmm": (X, X, X), "addmv": (V, X, V),
    "baddbmm": (X[None], X[None], X[None]), "addbmm": (X, X[None], X[None]), "addr": (X, V, V), "diag": (V,), "amax": (X, 0), "amin": (X, 0),
    "masked_select": (X, X > 0), "tril": (X,), "triu": (X,), "norm": (X, 2, 0), "index_add": (V, 0, ROWS, V),
    "index_copy": (V, 0, ROWS, V), "scatter_add": (V, 0, ROWS, V), "scatter": (V, 0, ROWS, V),
}
PLACED = {"max": (X, 0), "min": (X, 0), "cummax": (X, 0), "cummin": (X, 0), "sort": (X,), "topk": (X, 1), "kthvalue": (X, 1), "median": (X, 0)}


def made(name, args, **kwargs):
    return getattr(ctgrad, name)(*args, **kwargs)


@pytest.mark.parametrize("name", EXACT)
def test_a_result_of_one_dtype(name):
    want = made(name, EXACT[name])
    out = ctgrad.empty_like(want)
    assert made(name, EXACT[name], out=out) is out and (out == want).all()
    other = ctgrad.ones_like(want, dtype=ctgrad.float64)
    with pytest.raises(RuntimeError, match="dtype"):
        made(name, EXACT[name], out=other)
    assert (other == 1).all()


@pytest.mark.parametrize("name", PLACED)
def test_values_and_places_of_one_dtype(name):
    want = made(name, PLACED[name])
    for dtypes in [(ctgrad.float64, ctgrad.int64), (ctgrad.float32, ctgrad.int32)]:
        with pytest.raises(RuntimeError, match="dtype"):
            made(name, PLACED[name], out=tuple(ctgrad.empty_like(w, dtype=d) for w, d in zip(want, dtypes, strict=True)))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places_are_int64(name):
    with pytest.raises(RuntimeError, match="int64"):
        made(name, (X, 0), out=ctgrad.empty(2, dtype=ctgrad.int32))


@pytest.mark.parametrize("name", ["all", "any"])
def test_truth_is_bool_or_uint8(name):
    for dtype in (ctgrad.bool, ctgrad.uint8):
        for args in [(X,), (X, 0), (X.to(ctgrad.uint8), 0)]:
            out = ctgrad.empty(0, dtype=dtype)
            assert made(name, args, out=out) is out and (out == made(name, args)).all()
    with pytest.raises(RuntimeError, match="only supports bool tensor"):
        made(name, (X, 0), out=ctgrad.empty(2))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "cumsum", "cumprod", "softmax", "log_softmax", "norm"])
def test_a_dtype_that_is_given_is_that_of_out(name):
    args = (X, 2, 0) if name == "norm" else (X, 0)
    want = made(name, args, dtype=ctgrad.float64)
    out = ctgrad.empty_like(want)
    assert (made(name, args, dtype=ctgrad.float64, out=out) == want).all()
    with pytest.raises(RuntimeError, match="float64"):
        made(name, args, dtype=ctgrad.float64, out=ctgrad.empty_like(want, dtype=ctgrad.float32))


# ---- compositions -------------------------------------------------------------------------------------------------------------
COMPOSED = {
    "deg2rad": (X,), "rad2deg": (X,), "sinc": (X,), "logit": (V / 3,), "xlogy": (X, V), "copysign": (X, V), "heaviside": (X, V), "fmax": (X, V),
    "fmin": (X, V), "float_power": (X.abs(), 2), "logaddexp": (X, V), "logaddexp2": (X, V), "nan_to_num": (X,), "isposinf": (X,), "isneginf": (X,),
    "signbit": (X,), "diff": (X,), "kron": (X, X), "inner": (X, X), "nanmean": (X, 0), "msort": (X,), "histc": (X, 4), "isin": (ROWS, ROWS),
    "searchsorted": (V, X), "bucketize": (X, V), "quantile": (X, 0.3, 0), "nanquantile": (X, 0.3, 0),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_compositions_take_out(name):
    want = made(name, COMPOSED[name])
    out = ctgrad.empty(0, dtype=want.dtype)
    assert made(name, COMPOSED[name], out=out) is out
    assert out.shape == want.shape and (out == want).all()
    with pytest.warns(UserWarning, match="was resized"):
        made(name, COMPOSED[name], out=ctgrad.ones(*want.shape, 2, dtype=want.dtype))
    if want.is_floating_point():
        with pytest.raises(RuntimeError, match="can't be cast|to have dtype"):
            made(name, COMPOSED[name], out=ctgrad.empty_like(want, dtype=ctgrad.int64))
        with pytest.raises(RuntimeError, match=rf"{name}\(\): functions with out="):
            made(name, COMPOSED[name], out=ctgrad.empty_like(want, requires_grad=True))
    with pytest.raises(TypeError, match="'out' must be Tensor"):
        made(name, COMPOSED[name], out=3)


@pytest.mark.parametrize("name", ["deg2rad", "rad2deg", "sinc", "logit", "xlogy", "copysign", "heaviside"])
def test_compositions_in_place(name):
    x, *others = COMPOSED[name]
    want, x = made(name, COMPOSED[name]), x.clone()
    version = x._version
    assert getattr(x, name + "_")(*others) is x and (x == want).all() and x._version > version
    leaf = x.clone().requires_grad_()
    with pytest.raises(RuntimeError, match="leaf"):
        getattr(leaf, name + "_")(*others)
    whole = ctgrad.ones(2, dtype=ctgrad.int64)
    if name != "heaviside":
        with pytest.raises(RuntimeError, match="can't be cast"):
            getattr(whole, name + "_")(*others)


def test_an_in_place_composition_keeps_its_shape():
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        V.clone().copysign_(X)


def test_float_power_in_place_is_of_float64():
    x = ctgrad.tensor([2.0, 3.0], dtype=ctgrad.float64)
    assert x.float_power_(2).tolist() == [4, 9]
    with pytest.raises(RuntimeError, match="float64"):
        V.clone().float_power_(2)


def test_fmax_of_equals_goes_to_the_first():
    a, b = (ctgrad.tensor([1.0, ctgrad.nan, 2.0], requires_grad=True) for _ in "ab")
    for f in (ctgrad.fmax, ctgrad.fmin):
        got = ctgrad.autograd.grad(f(a, b).sum(), [a, b])
        assert [g.tolist() for g in got] == [[1, 1, 1], [0, 0, 0]]
    with pytest.raises(TypeError):
        ctgrad.fmax(a, 1)


def test_copysign_promotes_and_has_gradients_for_both():
    x = ctgrad.tensor([1.0, 0.0, -2.0], dtype=ctgrad.float16, requires_grad=True)
    y = ctgrad.tensor([-1.0, -1.0, -0.0], requires_grad=True)
    z = ctgrad.copysign(x, y)
    assert z.dtype == ctgrad.float32 and z.tolist() == [-1, 0, -2] and ctgrad.signbit(z).all()
    z.sum().backward()
    assert x.grad.tolist() == [-1, 0, 1] and y.grad.tolist() == [0, 0, 0]


def test_creation_warns_of_nothing_where_out_is_empty():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ctgrad.ones(3, out=ctgrad.empty(0)).shape == (3,)


def test_bounds_and_values_of_two_dtypes():
    bounds = ctgrad.tensor([1.0, 2.0, 3.0], dtype=ctgrad.float64)
    for dtype in (ctgrad.int32, ctgrad.int64, ctgrad.float32):
        values = ctgrad.tensor([2, 3, 0], dtype=dtype)
        assert ctgrad.searchsorted(bounds, values).tolist() == ctgrad.bucketize(values, bounds).tolist() == [1, 2, 0]
        assert ctgrad.searchsorted(values[:2], bounds).tolist() == [0, 0, 1]


def test_subscripts_of_einsum_are_checked():
    x = ctgrad.ones(2)
    for numbers in ([-1], [52]):
        with pytest.raises(ValueError, match="valid range"):
            ctgrad.einsum(x, numbers)
    with pytest.raises(ValueError, match="at least one operand"):
        ctgrad.einsum("", [])
    with pytest.raises(RuntimeError, match="not part of any ellipsis"):
        ctgrad.einsum(". ..", x)


def test_outputs_of_compositions_are_checked_before_the_first_is_written():
    x = ctgrad.tensor([[2.0, 1.0], [1.0, 3.0]])
    calls = {
        "qr": lambda *out: ctgrad.qr(x, out=out), "mode": lambda *out: ctgrad.mode(x, out=out),
        "frexp": lambda *out: ctgrad.frexp(x, out=out), "unbind_copy": lambda *out: ctgrad.unbind_copy(x, out=out),
    }  # fmt: skip
    wrong = [
        lambda good: [good], lambda good: [good, good.clone(), good.clone()], lambda good: [good, None],
        lambda good: [good, ctgrad.ones(2, 2, requires_grad=True)], lambda good: [good, ctgrad.ones(2, 2, dtype=ctgrad.bool)],
    ]  # fmt: skip
    for name, call in calls.items():
        for outputs in wrong:
            good = ctgrad.full((2, 2), 7.0)
            with pytest.raises((TypeError, RuntimeError)):
                call(*outputs(good))
            assert good.tolist() == [[7, 7], [7, 7]] and good._version == 0, name


def test_more_combinations_than_memory_can_hold():
    for again in (False, True):
        with pytest.raises(RuntimeError, match="rows are too many"):
            ctgrad.combinations(ctgrad.ones(1000), 8, again)


@pytest.mark.parametrize("name", ["sum", "nansum", "prod", "mean", "amax", "std", "var", "logsumexp", "argmin", "argmax", "norm"])
@pytest.mark.parametrize("dim", [None, 0, 1])
@pytest.mark.parametrize("start", [lambda: ctgrad.tensor([[1.0, 2.0, 7.0], [3.0, 4.0, 0.5]]), lambda: ctgrad.tensor([1.0, 2.0, 7.0]).expand(4, 3).contiguous(),
                                   lambda: ctgrad.tensor([1.0, 2.0, 7.0]).expand(4, 3), lambda: ctgrad.tensor([[1.0], [2.0]]).expand(2, 40)])  # fmt: skip
def test_an_operand_that_is_out_gets_the_result_of_what_it_was(name, dim, start, recwarn):
    x = start().long() if name.startswith("arg") else start()
    if name == "logsumexp" and dim is None:
        dim = (0, 1)
    args = () if dim is None else (("fro", dim) if name == "norm" else (dim,))
    before = ctgrad._C._switches(0, True)
    try:
        want = getattr(ctgrad, name)(x.clone(), *args)
        getattr(ctgrad, name)(x, *args, out=x)
    finally:
        ctgrad._C._switches(*before)
    ctgrad.testing.assert_close(x, want)


def lerp(x, y, out):
    return ctgrad.lerp(x, y, 0.5, out=out)


def addcmul(x, y, out):
    return ctgrad.addcmul(x, y, y, out=out)


def addcdiv(x, y, out):
    return ctgrad.addcdiv(y, x, y, out=out)


@pytest.mark.parametrize("f", [ctgrad.add, ctgrad.mul, ctgrad.maximum, ctgrad.gt, ctgrad.atan2, lerp, addcmul, addcdiv])
def test_an_out_that_would_grow_into_an_operand_is_left_as_it_is(f):
    x = ctgrad.arange(9.0).view(3, 3)
    out = x[1:]
    with pytest.raises(RuntimeError, match="single memory location"):
        f(x, ctgrad.ones(3, 3), out=out)
    assert out.tolist() == [[3.0, 4.0, 5.0], [6.0, 7.0, 8.0]] and x.tolist() == ctgrad.arange(9.0).view(3, 3).tolist()


@pytest.mark.parametrize("f", [ctgrad.add, ctgrad.maximum, lerp, addcmul, addcdiv])
def test_an_operand_that_would_have_to_grow_is_left_as_it_is(f):
    x = ctgrad.arange(3.0)
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        f(x, ctgrad.ones(3, 3), out=x)
    assert x.tolist() == [0.0, 1.0, 2.0]
