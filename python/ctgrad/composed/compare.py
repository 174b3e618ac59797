"""Whole-tensor comparisons."""

import ctgrad
from ctgrad.composed import composed


@composed()
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """True where |input - other| <= atol + rtol * |other|; both broadcast. Equal infinities are close; NaN is close to NaN if equal_nan.

    RuntimeError for different dtypes or negative tolerances.
    """
    if input.dtype != other.dtype:
        raise RuntimeError(f"{str(input.dtype)[6:].capitalize()} did not match {str(other.dtype)[6:].capitalize()}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: tolerances must not be negative, but got rtol={rtol}, atol={atol}")
    close = input == other
    if equal_nan and input.is_floating_point():
        close = close.logical_or(input.isnan().logical_and(other.isnan()))
    if rtol == 0 and atol == 0:
        return close
    if not input.is_floating_point():
        input, other = input.to(ctgrad.float64), other.to(ctgrad.float64)
    near = ((input - other).abs() <= atol + (rtol * other).abs()).logical_and(input.isfinite()).logical_and(other.isfinite())
    return close.logical_or(near)


@composed()
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """isclose everywhere, as a Python bool."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@composed()
def equal(input, other):
    """Same shape and same elements, as a Python bool. RuntimeError for different dtypes."""
    if input.dtype != other.dtype:
        raise RuntimeError(f"Expected all tensors to have the same dtype, but got {input.dtype} and {other.dtype}")
    return input.shape == other.shape and bool((input == other).all())
