"""For test suites: `assert_close` and `make_tensor`."""

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

import ctgrad
from ctgrad._C import Tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

# dtype: relative and absolute tolerance; exact where not named
_TOLERANCES = {ctgrad.float16: (1e-3, 1e-5), ctgrad.bfloat16: (1.6e-2, 1e-5), ctgrad.float32: (1.3e-6, 1e-5), ctgrad.float64: (1e-7, 1e-7)}
_NUMBERS = {int: ctgrad.int64, float: ctgrad.float64, bool: ctgrad.bool}


class _Options:
    def __init__(self, rtol, atol, **flags):
        if (rtol is None) != (atol is None):
            raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {'rtol' if rtol is None else 'atol'}.")
        self.given = None if rtol is None else (rtol, atol)
        self.flags = flags

    def tolerances(self, *dtypes):
        return self.given or tuple(map(max, *(_TOLERANCES.get(d, (0.0, 0.0)) for d in dtypes)))


def _fail(text, where):
    place = f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in where)}" if where else ""
    raise AssertionError(text + place)


def _is_number(x):
    return isinstance(x, (bool, int, float)) and not isinstance(x, np.generic)


def _compare(actual, expected, options, where):
    pair = actual, expected
    if all(isinstance(x, Tensor) for x in pair) and (options.flags["allow_subclasses"] or type(actual) is type(expected)):
        return _tensors(actual, expected, options, where)
    if all(isinstance(x, (np.ndarray, np.generic)) for x in pair):
        return _tensors(ctgrad.as_tensor(actual), ctgrad.as_tensor(expected), options, where)
    if all(isinstance(x, bool) for x in pair):
        return None if actual is expected else _fail(f"Booleans mismatch: {actual} is not {expected}", where)
    if all(map(_is_number, pair)):
        return _scalars(actual, expected, options, where)
    if actual is None or expected is None:
        return None if actual is expected else _fail(f"None mismatch: {actual} is not {expected}", where)
    if all(isinstance(x, Mapping) for x in pair):
        return _mappings(actual, expected, options, where)
    if all(isinstance(x, Sequence) and not isinstance(x, str) for x in pair):
        if len(actual) != len(expected):
            _fail(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", where)
        for i, both in enumerate(zip(actual, expected, strict=True)):
            _compare(*both, options, (*where, i))
        return None
    raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")


def _mappings(actual, expected, options, where):
    missing, more = sorted(set(expected) - set(actual), key=str), sorted(set(actual) - set(expected), key=str)
    if missing or more:
        _fail(f"The keys of the mappings do not match:\nMissing keys in the actual mapping: {missing}\nAdditional keys in the actual mapping: {more}", where)
    for key in actual:
        _compare(actual[key], expected[key], options, (*where, key))


def _title(what, tolerances):
    return f"{what} are not {'close' if any(tolerances) else 'equal'}!"


def _allowed(tolerance, tolerances):
    return f" (up to {tolerance} allowed)" if any(tolerances) else ""


def _scalars(actual, expected, options, where):
    if options.flags["check_dtype"] and type(actual) is not type(expected):
        _fail(f"The (d)types do not match: {type(actual)} != {type(expected)}.", where)
    rtol, atol = tolerances = options.tolerances(_NUMBERS[type(actual)], _NUMBERS[type(expected)])
    apart = abs(actual - expected)
    both_nan = options.flags["equal_nan"] and actual != actual and expected != expected
    if actual == expected or both_nan or (math.isfinite(apart) and apart <= atol + rtol * abs(expected)):
        return
    _fail_of_scalars(actual, expected, tolerances, where)


def _fail_of_scalars(actual, expected, tolerances, where):
    rtol, atol = tolerances
    apart = abs(actual - expected)
    relative = apart / abs(expected) if expected else math.inf
    _fail(f"{_title('Scalars', tolerances)}\n\nExpected {expected} but got {actual}.\nAbsolute difference: {apart}{_allowed(atol, tolerances)}\n"
          f"Relative difference: {relative}{_allowed(rtol, tolerances)}", where)


def _tensors(actual, expected, options, where):
    for name, told, wanted in [("shape", lambda t: t.shape, True), ("dtype", lambda t: t.dtype, options.flags["check_dtype"]),
                               ("stride()", lambda t: t.stride(), options.flags["check_stride"])]:
        if wanted and told(actual) != told(expected):
            _fail(f"The values for attribute '{name}' do not match: {told(actual)} != {told(expected)}.", where)
    rtol, atol = tolerances = options.tolerances(actual.dtype, expected.dtype)
    kind = ctgrad.promote_types(actual.dtype, expected.dtype)
    kind = ctgrad.int64 if kind == ctgrad.bool else kind
    a, b = actual.detach().to(kind), expected.detach().to(kind)
    close = ctgrad.isclose(a, b, rtol=rtol, atol=atol, equal_nan=options.flags["equal_nan"])
    if close.all():
        return
    if not close.dim():
        _fail_of_scalars(actual.item(), expected.item(), tolerances, where)
    apart = (a - b).abs().masked_fill(close, 0)
    relative = (apart / b.abs()).masked_fill(close, 0)
    lines = [f"Mismatched elements: {int((~close).sum())} / {close.numel()} ({int((~close).sum()) / close.numel():.1%})"]
    for word, values, tolerance in [("absolute", apart, atol), ("relative", relative, rtol)]:
        at = int(values.argmax())
        index = tuple(map(int, np.unravel_index(at, tuple(values.shape))))
        lines.append(f"Greatest {word} difference: {values.reshape(-1)[at].item()} at index {index}{_allowed(tolerance, tolerances)}")
    _fail(f"{_title('Tensor-likes', tolerances)}\n\n" + "\n".join(lines), where)


def assert_close(actual, expected, *, allow_subclasses=True, rtol=None, atol=None, equal_nan=False, check_device=True, check_dtype=True, check_layout=True,
                 check_stride=False, msg=None):
    """AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Compares tensors, arrays, numbers, and sequences and mappings of these. The tolerances are the dtype's where none are given: 1.3e-6 and
    1e-5 for float32, 1e-7 for float64, none for integers. ``msg`` replaces the text of the error, or is called with it. TypeError for what cannot
    be compared. (``check_device`` and ``check_layout`` have nothing to check.)
    """
    options = _Options(rtol, atol, allow_subclasses=allow_subclasses, equal_nan=equal_nan, check_dtype=check_dtype, check_stride=check_stride)
    try:
        _compare(actual, expected, options, ())
    except AssertionError as error:
        text = str(error)
        raise AssertionError(msg(text) if callable(msg) else text if msg is None else msg) from None


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg=""):
    """The former assert_close: any two of numbers, lists and tensors, whatever their dtypes; by default within 1e-4 of it in float32."""
    warnings.warn("`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please use "
                  "`torch.testing.assert_close()` instead.", FutureWarning, stacklevel=2)
    actual = actual if isinstance(actual, Tensor) else ctgrad.tensor(actual)
    expected = expected if isinstance(expected, Tensor) else ctgrad.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        known = {ctgrad.float16: (1e-3, 1e-3), ctgrad.float32: (1e-4, 1e-5), ctgrad.float64: (1e-5, 1e-8)}
        rtol, atol = map(max, known.get(actual.dtype, (0.0, 0.0)), known.get(expected.dtype, (0.0, 0.0)))
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


def _bounds(dtype, low, high):
    """Given or default ends, cut to what dtype holds; of integers whole numbers, of which the upper is not drawn."""
    floats = dtype.is_floating_point
    if dtype == ctgrad.bool:
        least, most = 0, 2
    else:
        info = ctgrad.finfo(dtype) if floats else ctgrad.iinfo(dtype)
        least, most = info.min, info.max + (not floats and dtype != ctgrad.int64)
    low, high = (max(-9, least) if low is None else low), (min(9 if floats else 10, most) if high is None else high)
    if low != low or high != high:
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if floats and low == high:
        warnings.warn("Passing `low==high` to `torch.testing.make_tensor` for floating types is deprecated; use torch.full(...)", FutureWarning, stacklevel=3)
    elif not low < high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < least or low >= most:
        raise ValueError(f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports [{least}, {most})")
    low, high = (min(max(end, least), most) for end in (low, high))
    return (low, high) if floats else (math.ceil(low), math.ceil(high))


def _drawn(size, dtype, device, low, high):
    if not dtype.is_floating_point:
        return ctgrad.randint(low, high, size, dtype=dtype, device=device)
    made = ctgrad.empty(size, dtype=dtype, device=device)
    return made.uniform_(low, high) if high - low < ctgrad.finfo(dtype).max else made.uniform_(low / 2, high / 2).mul_(2)


def make_tensor(*shape, dtype, device="cpu", low=None, high=None, requires_grad=False, noncontiguous=False, exclude_zero=False, memory_format=None):
    """A tensor of random numbers from low up to high: by default from -9 to 9, not below 0 for unsigned integers; cut to what dtype holds.

    noncontiguous: every other element of a tensor twice as large. exclude_zero: zeros are replaced by the smallest positive number, 1 for integers.
    ValueError: low is not less than high, or beyond dtype; requires_grad of integers; noncontiguous beside memory_format.
    """
    size = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    if noncontiguous and memory_format is not None:
        raise ValueError(f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got {noncontiguous=} and {memory_format=}")
    if requires_grad and not dtype.is_floating_point:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    apart = noncontiguous and math.prod(size) > 1
    made = _drawn((*size[:-1], 2 * size[-1]) if apart else size, dtype, device, *_bounds(dtype, low, high))
    if apart:
        made = made[..., 1::2]
    elif memory_format is not None:
        made = made.clone(memory_format=memory_format)
    if exclude_zero:
        made[made == 0] = ctgrad.finfo(dtype).tiny if dtype.is_floating_point else 1
    return made.requires_grad_(requires_grad)
