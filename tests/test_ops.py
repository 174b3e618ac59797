"""Every op of the registry: value, layouts, dtypes, gradients of two orders, in place, out=, leaks.

Rows (elementwise ops) bring their domain and NumPy reference in the op tables; structural ops bring cases in tests/cases.
An op with neither fails `test_every_op_has_cases`.
"""

import gc
import zlib

import numpy as np
import pytest

import ctgrad
from ctgrad.autograd import gradcheck, gradgradcheck

from . import cases as case_files
from .cases import Spec, build

OPS = ctgrad._C._ops
CASES = case_files.load()
ROWS = {name: op.overloads[-1] for name, op in OPS.items() if op.overloads[-1]["reference"] and not name.endswith("_")}
FUNCTIONS = sorted(name for name in OPS if not name.endswith("_") or name[:-1] not in OPS)
REALS = {"hypot", "frac", "logaddexp", "nextafter"}  # rows that refuse integers
REFUSES_BACKWARD = {"floor_divide"}  # recorded, as in PyTorch, by a node without a formula
# Random results have no reference; their values are tests/test_random.py's.
DRAWN = {"uniform_", "normal_", "exponential_", "bernoulli_", "random_", "rand", "randn", "rand_like", "randn_like", "randint",
         "randint_like", "randperm", "bernoulli", "poisson", "dropout", "empty", "empty_like", "new_empty", "empty_strided"}


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def function(name):
    return OPS[name]


def arity(row):
    return 2 if "other" in row["sig"] or "exponent" in row["sig"] else 1


def draw(row, dtype, shape, rng):
    low, high = (float(part) for part in row["domain"].split(","))
    values = rng.uniform(low, high, shape)
    if np.dtype(dtype).kind == "b":
        return values > (low + high) / 2
    if np.dtype(dtype).kind in "iu":
        values = np.floor(np.maximum(values, 0) if dtype == "uint8" else values)
        return np.where(values == 0, 1, values).astype(dtype)
    return values.astype(dtype)


def reference(row, arrays):
    names = dict(zip("xy", arrays, strict=False))
    with np.errstate(all="ignore"):
        return np.asarray(eval(row["reference"], {"np": np, **_extra()}, names))


def _extra():
    import math
    return {"math": math}


def accepts(row, dtype):
    words = row["dtypes"] or "all"
    if dtype == "bool":
        return "all" in words
    return True


def tolerance(dtype):
    return {"float32": (2e-5, 2e-6), "float64": (1e-12, 1e-13)}.get(dtype, (0, 0))


def plain(t):
    """A result as a float64 ndarray of its own shape."""
    if isinstance(t, ctgrad.Tensor) and t.dtype is ctgrad.bfloat16:
        t = t.float()
    return t.detach().numpy().astype("float64") if isinstance(t, ctgrad.Tensor) else np.asarray(t, dtype="float64")


def close(got, want, dtype):
    rtol, atol = tolerance(dtype)
    np.testing.assert_allclose(plain(got), plain(want), rtol=rtol, atol=atol)


def kind_of(name):
    """The dtype to draw in: floats, but for the ops on bits."""
    return "int64" if name.startswith("bitwise") else "float64"


# ---- rows ---------------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "contiguous": lambda a: ctgrad.tensor(a),
    "transposed": lambda a: ctgrad.tensor(np.ascontiguousarray(a.T)).transpose(0, 1),
    "sliced": lambda a: ctgrad.tensor(np.repeat(a, 2, axis=1))[:, ::2],
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_value_in_every_layout(name, layout):
    row, rng = ROWS[name], generator(name)
    arrays = [draw(row, kind_of(name), (3, 4), rng) for _ in range(arity(row))]
    got = function(name)(*[LAYOUTS[layout](a) for a in arrays])
    close(got, reference(row, arrays), "float64")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_in_every_dtype(name, dtype):
    row, rng = ROWS[name], generator(name)
    arrays = [draw(row, dtype, (7,), rng) for _ in range(arity(row))]
    tensors = [ctgrad.tensor(a) for a in arrays]
    words = row["dtypes"] or "all"
    refused = (dtype == "bool" and (words == "numbers" or "shift" in name) and name != "square") or (name.startswith("bitwise") and "float" in dtype) \
        or ((name in REALS or (name.endswith("_backward") and name != "threshold_backward")) and "float" not in dtype)
    if refused:
        with pytest.raises((RuntimeError, NotImplementedError)):
            function(name)(*tensors)
        return
    got = function(name)(*tensors)
    if "floats" in words and "float" not in dtype:
        assert got.dtype is ctgrad.float32
        close(got, reference(row, [a.astype("float64") for a in arrays]), "float32")
    elif dtype == "bool" and name == "sign":
        close(got, arrays[0], "float64")
    elif dtype in ("float32", "float64") or name not in ("neg", "sub", "reciprocal", "pow", "div", "square", "mul", "add"):
        close(got, reference(row, arrays), "float32" if dtype == "float32" else "float64")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_of_halves(name, dtype):
    """Of any row, without a word about them in the table: as of float32, rounded once; 300 elements pass through several tiles."""
    row, rng, half = ROWS[name], generator(name), getattr(ctgrad, dtype)
    tensors = [ctgrad.tensor(draw(row, "float32", (300,), rng)).to(half) for _ in range(arity(row))]
    if name.startswith("bitwise"):
        with pytest.raises((RuntimeError, NotImplementedError)):
            function(name)(*tensors)
        return
    got = function(name)(*tensors)
    want = function(name)(*[t.float() for t in tensors])
    assert got.dtype is (half if want.is_floating_point() else ctgrad.bool)
    if name == "sqrt":  # of float32, PyTorch's approximate one where the processor is not Intel's
        want = function(name)(*[t.double() for t in tensors]).float()
    if name == "nextafter":  # of the halves themselves
        x, y = tensors
        bits = [t.view(ctgrad.uint8).view(-1, 2).int() @ ctgrad.tensor([1, 256], dtype=ctgrad.int32) for t in (got, x)]
        assert ((bits[0] - bits[1]).abs() == 1).all() and ((got > x) == (y > x)).all()
    else:
        np.testing.assert_array_equal(plain(got.float()), plain(want.to(got.dtype).float()))
    # Which elements are computed as blocks hangs on where they stand: a last bit of float32, which rounding may show.
    step = 1.01 * ctgrad.finfo(half).eps
    for strided, same in ([t.repeat_interleave(2)[::2] for t in tensors], got), ([t.flip(0) for t in tensors], got.flip(0)):
        np.testing.assert_allclose(plain(function(name)(*strided).float()), plain(same.float()), rtol=step)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_of_empty_and_0d(name):
    row, rng = ROWS[name], generator(name)
    dtype = kind_of(name)
    for shape in ((), (0,), (2, 0, 3), (1, 1)):
        arrays = [draw(row, dtype, shape, rng) for _ in range(arity(row))]
        got = function(name)(*[ctgrad.tensor(a) for a in arrays])
        assert tuple(got.shape) == shape
        close(got, reference(row, arrays), "float64")


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if arity(row) == 2))
def test_row_broadcasts(name):
    row, rng = ROWS[name], generator(name)
    dtype = kind_of(name)
    for left, right in (((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2,)), ((2, 1, 3), (4, 1))):
        a, b = draw(row, dtype, left, rng), draw(row, dtype, right, rng)
        close(function(name)(ctgrad.tensor(a), ctgrad.tensor(b)), reference(row, [a, b]), "float64")
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        function(name)(ctgrad.tensor(draw(row, dtype, (3,), rng)), ctgrad.tensor(draw(row, dtype, (4,), rng)))


def leaves(row, name, *shapes):
    rng = generator(name)
    return [ctgrad.tensor(draw(row, "float64", shape, rng)).requires_grad_() for shape in shapes]


def differentiable(name):
    row = ROWS[name]
    if kind_of(name) == "int64" or name in REFUSES_BACKWARD:
        return False
    return function(name)(*leaves(row, name, *[(3,)] * arity(row))).requires_grad


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_gradients(name):
    if not differentiable(name):
        row = ROWS[name]
        kind = kind_of(name)
        x = [ctgrad.tensor(draw(row, kind, (3,), generator(name))) for _ in range(arity(row))]
        assert not function(name)(*x).requires_grad
        return
    row = ROWS[name]
    for shapes in ([(3, 2)] * arity(row), [(3, 1), (2,)][: arity(row)], [()] * arity(row)):
        inputs = leaves(row, name, *shapes)
        assert gradcheck(function(name), inputs)
        assert gradgradcheck(function(name), inputs, atol=1e-4)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_of_expanded_input(name):
    """The gradient of an expanded operand is the sum over its copies."""
    if not differentiable(name):
        assert function(name) is OPS[name]
        return
    row = ROWS[name]
    w, = leaves(row, name, (1, 4))
    rest = [ctgrad.tensor(draw(row, "float64", (3, 4), generator(name + "rest"))) for _ in range(arity(row) - 1)]
    function(name)(w.expand(3, 4), *rest).sum().backward()
    copies = ctgrad.tensor(np.repeat(w.detach().numpy(), 3, axis=0)).requires_grad_()
    function(name)(copies, *rest).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), copies.grad.numpy().sum(0, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(name for name in ROWS if name + "_" in OPS))
def test_row_in_place_and_out(name):
    row, rng = ROWS[name], generator(name)
    dtype = kind_of(name)
    arrays = [draw(row, dtype, (3, 4), rng) for _ in range(arity(row))]
    want = function(name)(*[ctgrad.tensor(a) for a in arrays])
    x = ctgrad.tensor(arrays[0])
    before = x._version
    result = getattr(x, name + "_")(*[ctgrad.tensor(a) for a in arrays[1:]]) if hasattr(x, name + "_") else None
    if result is not None:
        assert result is x and x._version == before + 1
        close(x, np.asarray(want, dtype=dtype), "float64")
    out = ctgrad.empty(0, dtype=want.dtype)
    assert function(name)(*[ctgrad.tensor(a) for a in arrays], out=out) is out
    close(out, want, "float64")


# ---- structural ops -----------------------------------------------------------------------------------------------------------

NUMBERED = [(name, i) for name in sorted(CASES) for i in range(len(CASES[name]))]


def tensors_of(arguments, dtype, rng, grad=False):
    """Arguments built: tensors in place of stand-ins; the differentiable ones require grad."""
    def make(spec):
        if isinstance(spec, list):
            return [make(s) for s in spec]
        if not isinstance(spec, Spec):
            return spec
        t = ctgrad.tensor(build(spec, dtype, rng))
        return t.requires_grad_() if grad and spec.grad and t.is_floating_point() else t
    return [make(spec) for spec in arguments]


def call(name, args, kwargs):
    if name in OPS:
        return OPS[name](*args, **kwargs)
    from ctgrad import composed
    return composed.registry[name](*args, **kwargs)


def flat(result):
    if isinstance(result, ctgrad.Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in flat(part)]
    return [result]


def test_every_op_has_cases():
    missing = [name for name in FUNCTIONS if name not in ROWS and name not in CASES and name not in DRAWN]
    assert not missing, f"ops without cases in tests/cases: {missing}"


@pytest.mark.parametrize("name,number", NUMBERED)
def test_case_value(name, number):
    c = CASES[name][number]
    for dtype in c.dtypes:
        arrays = [build(spec, dtype, generator(f"{name}{number}")) for spec in c.args]
        rng = generator(f"{name}{number}")
        arrays = [build(spec, dtype, rng) for spec in c.args]
        got = call(name, tensors_of(c.args, dtype, generator(f"{name}{number}")), c.kwargs)
        if c.ref is None:
            assert got is not None
            continue
        want = c.ref(*arrays, **c.kwargs)
        wants = list(want) if isinstance(want, (tuple, list)) else [want]
        gots = flat(got)
        assert len(gots) == len(wants)
        for g, w in zip(gots, wants, strict=True):
            assert tuple(g.shape) == np.shape(w), (g.shape, np.shape(w))
            np.testing.assert_allclose(np.asarray(g, dtype="float64"), np.asarray(w, dtype="float64"),
                                       rtol=1e-4 if dtype == "float32" else 1e-9, atol=1e-5 if dtype == "float32" else 1e-10)


GRADED = [(name, i) for name, i in NUMBERED if CASES[name][i].grad and "float64" in CASES[name][i].dtypes]


def graded(name, number):
    """The case as a function of its differentiable tensors alone, and those tensors."""
    c = CASES[name][number]
    args = tensors_of(c.args, "float64", generator(f"{name}{number}"), grad=True)
    inputs = [t for a in args for t in (a if isinstance(a, list) else [a]) if isinstance(t, ctgrad.Tensor) and t.requires_grad]

    def of(*given):
        left = list(given)

        def swap(a):
            if isinstance(a, list):
                return [swap(x) for x in a]
            return left.pop(0) if isinstance(a, ctgrad.Tensor) and a.requires_grad else a
        result = call(name, [swap(a) for a in args], c.kwargs)
        return tuple(t for t in flat(result) if isinstance(t, ctgrad.Tensor) and t.is_floating_point())
    return of, inputs


@pytest.mark.parametrize("name,number", GRADED)
def test_case_gradients(name, number):
    of, inputs = graded(name, number)
    assert gradcheck(of, inputs)
    if CASES[name][number].second:
        assert gradgradcheck(of, inputs, atol=1e-4)


@pytest.mark.parametrize("name,number", NUMBERED)
def test_case_of_noncontiguous_inputs(name, number):
    """A tensor with gaps in memory gives the same values."""
    c = CASES[name][number]

    def gappy(a):
        if isinstance(a, list):
            return [gappy(x) for x in a]
        if not isinstance(a, ctgrad.Tensor) or a.dim() == 0 or name in ("as_strided", "as_strided_copy", "as_strided_scatter"):
            return a
        wide = np.repeat(a.numpy()[..., None], 2, axis=-1).copy()
        return ctgrad.tensor(wide).select(-1, 0)
    args = tensors_of(c.args, c.dtypes[0], generator(f"{name}{number}"))
    if name in DRAWN or name == "restride":
        assert call(name, args, c.kwargs) is not None
        return
    for one, two in zip(flat(call(name, args, c.kwargs)), flat(call(name, [gappy(a) for a in args], c.kwargs)), strict=True):
        assert isinstance(one, ctgrad.Tensor) is isinstance(two, ctgrad.Tensor)
        if isinstance(one, ctgrad.Tensor):
            np.testing.assert_allclose(one.detach().double().numpy(), two.detach().double().numpy(), rtol=1e-5, atol=1e-6)


# ---- leaks ----------------------------------------------------------------------------------------------------------------------

def everything_once(name):
    """All that the tests above do with one op, forward and backward."""
    if name in CASES:
        for number in range(len(CASES[name])):
            c = CASES[name][number]
            args = tensors_of(c.args, c.dtypes[0], generator(name), grad=c.grad)
            results = [t for t in flat(call(name, args, c.kwargs)) if isinstance(t, ctgrad.Tensor) and t.requires_grad]
            if results:
                ctgrad.autograd.backward([t.sum() for t in results])
    elif name in ROWS and differentiable(name):
        function(name)(*leaves(ROWS[name], name, *[(3,)] * arity(ROWS[name]))).sum().backward()


@pytest.mark.parametrize("name", sorted(set(ROWS) | set(CASES)))
def test_nothing_leaks(name):
    for _ in range(2):
        everything_once(name)
    gc.collect()
    before = ctgrad.debug.live()
    for _ in range(3):
        everything_once(name)
    gc.collect()
    after = ctgrad.debug.live()
    assert after == before, {k: after[k] - before[k] for k in after if after[k] != before[k]}
