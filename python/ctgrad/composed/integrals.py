"""Integrals by the trapezoidal rule; covariances and correlations."""

import warnings

import ctgrad
from ctgrad import _C
from ctgrad.composed import composed
from ctgrad.composed.closed import node


@node("MulBackward1", lasts=True)
def times(x, number):
    """x * number, as PyTorch's own compositions multiply by a number."""
    return x * number


@node("AddBackward1", lasts=True)
def plus(x, number):
    """x + number, likewise."""
    return x + number


@node("SubBackward1", lasts=True)
def less(x, number):
    """x - number, likewise."""
    return x - number


def number_less(number, x):
    """number - x, of a tensor that holds the number."""
    return _C.scalar_tensor(number, dtype=x.dtype) - x if x.is_floating_point() else number - x


@node("DivBackward1", lasts=True)
def divided(x, number):
    """x / number, likewise."""
    return x / number


def _beside(name, y, x, dim):
    """The distances of the places x along dim of y, which broadcast against pairs of neighbours."""
    n, dim = y.size(dim), dim % max(y.dim(), 1)
    if x.dim() == 1:
        if x.size(0) != n:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point, got {x.size(0)} for {n}")
        shape = (n, *[1] * (y.dim() - 1 - dim))
    else:
        shape = tuple(x.shape)
    x = x.view(*[1] * (y.dim() - len(shape)), *shape)
    return ctgrad.diff(x, dim=dim)


def _one_spacing(name, x, dx):
    if x is not None and dx is not None:
        raise TypeError(f"{name}() received an invalid combination of arguments: either x or dx")


def _neighbours(y, dim):
    """Sums of two elements that follow each other along dim."""
    size = y.size(dim)
    return y.narrow(dim, 0, max(size - 1, 0)) + y.narrow(dim, min(1, size), max(size - 1, 0))


@composed(method=False)
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral of y along dim by the trapezoidal rule, at places x or a distance dx (1)."""
    _one_spacing("trapezoid", x, dx)
    y.size(dim)
    if any(t is not None and t.dtype == ctgrad.bool for t in (y, x)):
        raise RuntimeError("trapezoid: received a bool input for `y` or `x`, but bool is not supported")
    if x is not None:
        return divided((_neighbours(y, dim) * _beside("trapezoid", y, x, dim)).sum(dim), 2)
    if y.size(dim) == 0:
        return y.sum(dim, dtype=y.dtype)
    return times(y.sum(dim) - times(y.select(dim, 0) + y.select(dim, -1), 0.5), 1.0 if dx is None else float(dx))  # PyTorch's order of roundings


@composed(method=False)
def trapz(y, x=None, *, dx=None, dim=-1):
    """trapezoid, by its former name."""
    return trapezoid(y, x, dx=dx, dim=dim)


@composed(method=False)
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral of y along dim by the trapezoidal rule, at places x or a distance dx (1); one element fewer."""
    _one_spacing("cumulative_trapezoid", x, dx)
    if x is None:
        return times(_neighbours(y, dim), (1 if dx is None else dx) / 2).cumsum(dim)
    return divided((_neighbours(y, dim) * _beside("cumulative_trapezoid", y, x, dim)).cumsum(dim), 2)


def _check_weights(name, given, floats, n):
    if given is None:
        return
    if given.dim() > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {given.dim()} dimensions")
    if given.is_floating_point() != floats or given.dtype == _C.bool:
        raise RuntimeError(f"cov(): expected {name} to have {'floating point' if floats else 'integral'} dtype but got {name} with {given.dtype} dtype")
    if given.numel() != n:
        raise RuntimeError(f"cov(): expected {name} to have the same numel as there are observations in the input but got {given.numel()} != {n}")
    if bool((given < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


@composed()
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Covariances of variables (rows) over observations (columns), divided by their number - correction; weights of observations."""
    if input.dim() > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions")
    if input.dtype == _C.bool:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    n, weights = rows.size(1), None
    for name, given, floats in (("fweights", fweights, False), ("aweights", aweights, True)):
        _check_weights(name, given, floats, n)
    for given in (fweights, aweights):
        weights = given if weights is None else weights if given is None else weights * given
    total = n if weights is None else weights.sum()
    mean = ((rows if weights is None else rows * weights).sum(1) / total).unsqueeze(1)
    norm = total - correction if aweights is None or not correction else total - correction * (weights * aweights).sum() / total
    if norm <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.", stacklevel=2)
        norm = 0
    away = rows - mean
    return (away @ (away if weights is None else away * weights).t() / norm).squeeze()


@composed()
def corrcoef(input):
    """Correlations of variables (rows) over observations (columns), cut to -1 and 1."""
    if input.dim() > 2:
        raise RuntimeError(f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions")
    c = cov(input)
    if c.dim() == 0:
        return c / c
    spread = c.diagonal().sqrt()
    return (c / spread.unsqueeze(1) / spread).clamp(-1, 1)
