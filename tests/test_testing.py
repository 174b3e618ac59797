"""ctgrad.testing: assert_close and make_tensor."""

import ctgrad
import numpy as np
import pytest
from ctgrad.testing import assert_close, make_tensor

ones, nan = ctgrad.ones, float("nan")

CLOSE = [
    (ones(2), ones(2) + 1e-6), (ones(2).double(), ones(2).double() + 1e-8), (ones(2).half(), ones(2).half()), (1, 1), (1.0, 1.0 + 1e-8), (True, True), (None, None),
    ([1, [2.0]], (1, [2.0])), ({"a": ones(1)}, {"a": ones(1)}), (np.ones(2), np.ones(2)), (np.float32(1), np.float32(1)), ([], []), (ones(0), ones(0)),
    (ctgrad.nn.Parameter(ones(2)), ones(2)), (ones(2, 3).t(), ones(3, 2)), (float("inf"), float("inf")),
]
APART = [
    (ones(2), ones(2) + 1e-4, "Mismatched elements: 2 / 2"), (ones(2), ones(3), "shape"), (ones(2), ones(2).double(), "dtype"), (ctgrad.tensor([1, 2]), ctgrad.tensor([1, 3]), "equal"),
    (1, 2, "Scalars"), (1.0, 1.1, "Expected 1.1"), (1, 1.0, "types"), (None, 1, "None is not 1"), ([ones(2)], [None], r"None mismatch.*\n\n.*item \[0\]"), (True, False, "Booleans"), ([1], [1, 2], "length"), ([1, [2]], [1, [3]], r"item \[1\]\[0\]"), ({"a": 1}, {"b": 1}, "keys"),
    ({"a": ones(2)}, {"a": ones(2) * 2}, r"item \['a'\]"), (nan, nan, "nan"), (ctgrad.tensor(nan), ctgrad.tensor(nan), "nan"), (float("inf"), 1.0, "inf"),
    (ctgrad.tensor([True]), ctgrad.tensor([False]), "1 / 1"), (np.ones(2), np.ones(2) + 1, "2 / 2"), (ones(2, 2), ctgrad.tensor([[1., 1.], [1., 2.]]), r"index \(1, 1\)"),
]


@pytest.mark.parametrize(("actual", "expected"), CLOSE)
def test_close(actual, expected):
    assert_close(actual, expected)


@pytest.mark.parametrize(("actual", "expected", "told"), APART)
def test_apart(actual, expected, told):
    with pytest.raises(AssertionError, match=told):
        assert_close(actual, expected)


def test_options():
    assert_close(nan, nan, equal_nan=True)
    assert_close([ctgrad.tensor([nan, 1])], [ctgrad.tensor([nan, 1])], equal_nan=True)
    assert_close(ones(2), ones(2).double(), check_dtype=False)
    assert_close(1, 1.0, check_dtype=False)
    assert_close(ones(2), ones(2) + .1, rtol=0, atol=.2)
    for options in [{"rtol": 1}, {"atol": 1}]:
        with pytest.raises(ValueError):
            assert_close(ones(2), ones(2), **options)
    with pytest.raises(AssertionError, match="stride"):
        assert_close(ones(2, 3).t(), ones(3, 2), check_stride=True)
    with pytest.raises(AssertionError, match="^mine$"):
        assert_close(1, 2, msg="mine")
    with pytest.raises(AssertionError, match="^mine: Scalars"):
        assert_close(1, 2, msg=lambda text: f"mine: {text}")


@pytest.mark.parametrize("pair", [("a", "a"), (ones(2), [1., 1.]), (ones(2), np.ones(2, dtype=np.float32)), (ones(1), 1), (object(), object())], ids=str)
def test_what_cannot_be_compared(pair):
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close(*pair)
    with pytest.raises(TypeError):
        assert_close(ctgrad.nn.Parameter(ones(2)), ones(2), allow_subclasses=False)


DTYPES = [ctgrad.bool, ctgrad.uint8, ctgrad.int32, ctgrad.int64, ctgrad.float16, ctgrad.bfloat16, ctgrad.float32, ctgrad.float64]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_make_tensor(dtype):
    x = make_tensor((20, 30), dtype=dtype, device="cpu")
    low = 0 if dtype in (ctgrad.bool, ctgrad.uint8) else -9
    assert x.dtype is dtype and x.shape == (20, 30) and x.is_contiguous() and x.double().min() >= low and x.double().max() <= 9 and x.double().std() > 0
    apart = make_tensor(4, 5, dtype=dtype, noncontiguous=True)
    assert apart.shape == (4, 5) and not apart.is_contiguous()
    assert make_tensor((), dtype=dtype).shape == () and make_tensor([3], dtype=dtype, low=0, high=1).double().max() < 1 + (dtype.is_floating_point)
    full = make_tensor(100, dtype=dtype, low=0, high=2, exclude_zero=True)
    assert full.bool().all()


def test_make_tensor_with_gradients_and_formats():
    assert make_tensor((2,), dtype=ctgrad.float32, requires_grad=True).is_leaf
    assert make_tensor((1, 2, 2, 2), dtype=ctgrad.float32, memory_format=ctgrad.channels_last).stride() == (8, 1, 4, 2)
    for wrong in [{"dtype": ctgrad.int64, "requires_grad": True}, {"dtype": ctgrad.float32, "low": 1, "high": 0},
                  {"dtype": ctgrad.uint8, "low": 300, "high": 400}, {"dtype": ctgrad.float32, "low": float("nan")}, {"dtype": ctgrad.float32, "noncontiguous": True, "memory_format": ctgrad.contiguous_format}]:
        with pytest.raises(ValueError):
            make_tensor((2, 2), **wrong)


def test_make_tensor_cuts_its_ends_to_what_the_dtype_holds():
    assert make_tensor(50, dtype=ctgrad.uint8, low=-5, high=1e9).dtype == ctgrad.uint8
    assert set(make_tensor(50, dtype=ctgrad.bool, low=-5, high=5).tolist()) == {False, True}
    assert make_tensor(50, dtype=ctgrad.float16, low=-1e9, high=1e9).isfinite().all()
    assert make_tensor(50, dtype=ctgrad.int64, low=-2**70, high=2**70).double().std() > 1e17
    with pytest.warns(FutureWarning):
        assert make_tensor(3, dtype=ctgrad.float32, low=2, high=2).tolist() == [2, 2, 2]
