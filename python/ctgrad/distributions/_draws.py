"""Gamma and binomial numbers, one after the other from the default generator's stream, with PyTorch's bits.

Gamma: rejection from a cube of a normal number (Marsaglia & Tsang 2000). Binomial: sums of geometric numbers, or transformed rejection where
successes are many (Hörmann 1993). PyTorch computes in float64, but for what it does with a float32 concentration itself.
"""

import math

import numpy as np

import ctgrad
from ctgrad.autograd.function import Function, once_differentiable
from ctgrad.composed.closed import named

__all__ = ["binomial", "dirichlet", "standard_gamma"]

_THIRD, _SQUEEZE = float(np.float32(1) / np.float32(3)), float(np.float32(0.0331))  # PyTorch's are of float32


def _uniform():
    return ctgrad.empty((), dtype=ctgrad.float64).uniform_().item()


def _normal():
    return ctgrad.empty((), dtype=ctgrad.float64).normal_().item()


def _gamma(alpha):
    """One number; alpha is a scalar of numpy's, of the dtype that PyTorch computes in."""
    one, scale = type(alpha)(1), 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        scale = math.pow(1 - _uniform(), float(one / alpha))
        alpha += one
    d = float(alpha - type(alpha)(_THIRD))
    c = 1 / math.sqrt(9 * d)
    while True:
        x = _normal()
        y = 1 + c * x
        if y <= 0:
            continue
        v, u = y * y * y, 1 - _uniform()
        square = x * x
        if u < 1 - _SQUEEZE * square * square or math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v


def _gammas(alpha, kind):
    """An array of gamma numbers for an array of concentrations, none below the least normal number."""
    drawn = np.array([_gamma(kind(a)) for a in alpha.ravel()], dtype=np.float64).reshape(alpha.shape)
    return np.asarray(np.maximum(drawn, float(np.finfo(kind).tiny)))


def _slope(alpha, x):
    """The derivative of a gamma number x by its concentration where the probability of no more than x stays: x * sum of t_n * (digamma(alpha + n + 1) -
    log x), with t_0 = 1 / alpha and t_n = t_(n - 1) * x / (alpha + n)."""
    term = 1 / alpha
    digamma = ctgrad.digamma(alpha + 1)
    total, n, log = term * (digamma - x.log()), 0, x.log()
    while True:
        n += 1
        term = term * x / (alpha + n)
        digamma = digamma + 1 / (alpha + n)
        total = total + term * (digamma - log)
        if not (term > total.abs() * 1e-17).any():
            return x * total


@named("StandardGammaBackward0")
class _StandardGamma(Function):
    @staticmethod
    def forward(ctx, alpha):
        kind = np.float64 if alpha.dtype == ctgrad.float64 else np.float32
        drawn = ctgrad.from_numpy(_gammas(alpha.detach().double().numpy(), kind)).to(alpha.dtype)
        ctx.save_for_backward(alpha, drawn)
        return drawn

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        alpha, drawn = (t.double() for t in ctx.saved_tensors)
        return grad * _slope(alpha, drawn).to(grad.dtype)


def standard_gamma(alpha):
    """Gamma numbers of rate 1, and their derivatives by alpha."""
    return _StandardGamma.apply(alpha)


def _share_slope(alpha, total, x):
    """The derivative of a share x by its concentration, the others' sum and its own probability held, over 1 - x: by the series of the probability of
    no more than x, up to a half, or of no more than 1 - x. Its terms are those of a beta number's density times log x and digammas."""
    low = x <= 0.5
    own, y = ctgrad.where(low, alpha, total - alpha), ctgrad.where(low, x, 1 - x)
    term, n, log = x / own, 0, x.log()
    above, below = ctgrad.digamma(total), ctgrad.where(low, ctgrad.digamma(alpha + 1), ctgrad.digamma(alpha))
    found = term * (log + above - below)
    while (term > found.abs() * 1e-17).any():
        n += 1
        term = term * y * (total + (n - 1)) / (own + n)
        above = above + 1 / (total + (n - 1))
        below = below + ctgrad.where(low, 1 / (alpha + n), 0)
        found = found + term * (log + above - below)
    return ctgrad.where(low, -found, found)


@named("_DirichletBackward")
class _Dirichlet(Function):
    @staticmethod
    def forward(ctx, alpha):
        info = np.finfo(str(alpha.dtype).rpartition(".")[2])
        gammas = ctgrad.from_numpy(_gammas(alpha.detach().double().numpy(), np.float64))
        shares = (gammas / gammas.sum(-1, True)).to(alpha.dtype).clamp(float(info.tiny), float(np.nextafter(info.dtype.type(1), info.dtype.type(0))))
        ctx.save_for_backward(alpha, shares)
        return shares

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        alpha, shares = (t.double() for t in ctx.saved_tensors)
        up = grad.double()
        return ((up - (up * shares).sum(-1, True)) * _share_slope(alpha, alpha.sum(-1, True), shares)).to(grad.dtype)


def dirichlet(alpha):
    """Shares that gamma numbers have of their sum, and their derivatives by alpha."""
    return _Dirichlet.apply(alpha)


# --- binomial numbers ---

def _few(count, prob):
    """How many waits of a geometric number fit into count."""
    waited, successes, log = 0.0, 0, math.log1p(-prob)
    while True:
        u = _uniform()
        waited += math.ceil(math.log(u) / log) if u else math.inf
        if waited > count:
            return successes
        successes += 1


def _tail(k):
    """What Stirling's formula leaves of log(k!)."""
    return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))


def _many(count, prob):
    spread = math.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c, sure, odds = count * prob + 0.5, 0.92 - 4.2 / b, prob / (1 - prob)
    alpha, m = (2.83 + 5.1 / b) * spread, math.floor((count + 1) * prob)
    while True:
        u = _uniform() - 0.5
        v = _uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + c)
        if us >= 0.07 and v <= sure:
            return k
        if k < 0 or k > count:
            continue
        v = math.log(v * alpha / (a / (us * us) + b))
        bound = ((m + 0.5) * math.log((m + 1) / (odds * (count - m + 1))) + (count + 1) * math.log((count - m + 1) / (count - k + 1))
                 + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1)) + _tail(m) + _tail(count - m) - _tail(k) - _tail(count - k))
        if v <= bound:
            return k


def _binomial(count, prob):
    """Of two scalars of numpy's: which way is taken is decided in their dtype."""
    if count <= 0 or prob <= 0:
        return 0.0
    if prob >= 1 or math.isnan(prob):
        return float(count if prob >= 1 else prob)
    less = prob if prob <= 0.5 else 1 - prob
    drawn = (_many if count * less >= 10 else _few)(float(count), float(less))
    return drawn if prob <= 0.5 else count - drawn


def binomial(count, prob):
    """Successes among count trials, element by element."""
    kind = np.float64 if count.dtype == ctgrad.float64 else np.float32
    drawn = [_binomial(kind(n), kind(p)) for n, p in zip(count.reshape(-1).tolist(), prob.reshape(-1).tolist(), strict=True)]
    return ctgrad.tensor(drawn, dtype=count.dtype).view(count.shape)
