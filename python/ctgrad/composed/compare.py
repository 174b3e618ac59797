"""Whole-tensor comparisons."""

import numbers

import ctgrad
from ctgrad._C import Tensor
from ctgrad._dtypes import scalar_name
from ctgrad.composed import composed


def _need_tensors(name, input, other):
    for position, (argument, value) in enumerate((("input", input), ("other", other)), 1):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}")


def _check_options(op, rtol, atol, equal_nan):
    for position, name, value in ((3, "rtol", rtol), (4, "atol", atol)):
        if not isinstance(value, numbers.Real) and not (isinstance(value, Tensor) and value.dim() == 0 and not value.requires_grad):
            raise TypeError(f"{op}(): argument '{name}' (position {position}) must be float, not {type(value).__name__}")
    if not isinstance(equal_nan, bool):
        raise TypeError(f"{op}(): argument 'equal_nan' (position 5) must be bool, not {type(equal_nan).__name__}")


@composed()
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """True where |input - other| <= atol + rtol * |other|; both broadcast. Equal infinities are close; NaN is close to NaN if equal_nan.

    RuntimeError for different dtypes or negative tolerances.
    """
    _need_tensors("isclose", input, other)
    _check_options("isclose", rtol, atol, equal_nan)
    if input.dtype != other.dtype:
        raise RuntimeError(f"{scalar_name(input.dtype)} did not match {scalar_name(other.dtype)}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: tolerances must not be negative, but got rtol={rtol}, atol={atol}")
    close = input == other
    if equal_nan and input.is_floating_point():
        close.logical_or_(input.isnan().logical_and(other.isnan()))
    if rtol == 0 and atol == 0:
        return close
    if not input.is_floating_point():
        input, other = input.to(ctgrad.float64), other.to(ctgrad.float64)
    near = ((input - other).abs() <= atol + (rtol * other).abs()).logical_and(input.isfinite()).logical_and(other.isfinite())
    return close.logical_or_(near)


@composed()
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """isclose everywhere, as a Python bool."""
    _need_tensors("allclose", input, other)
    _check_options("allclose", rtol, atol, equal_nan)
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@composed()
def equal(input, other):
    """Same shape and same elements, as a Python bool; dtypes promote."""
    _need_tensors("equal", input, other)
    return input.shape == other.shape and bool((input == other).all())
