"""Elementwise ops that are more than a row."""

import math

import numpy as np

from . import bools, case, t, values

X, Y = t(3, 4), t(4)
_erf = np.vectorize(math.erf, otypes=[float])


def _gelu(x, approximate="none"):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)))


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def _softplus(x, beta=1.0, threshold=20.0):
    return np.where(x * beta > threshold, x, np.log1p(np.exp(x * beta)) / beta)


CASES = {
    "rsub": [case(X, Y, ref=lambda x, y, alpha=1: y - alpha * x), case(X, 2.0, ref=lambda x, y, alpha=1: y - alpha * x, alpha=3)],
    "where": [case(bools(3, 4), X, Y, ref=np.where), case(bools(3, 1), X, 1.5, ref=np.where)],
    "clamp": [case(X, -0.5, 1.0, ref=np.clip), case(X, t(4, low=-2, high=-0.5), t(4, low=0.5, high=1.5), ref=np.clip), case(X, ref=lambda x, min: np.maximum(x, min), min=0.1)],
    "clip": [case(X, -0.5, 1.0, ref=np.clip)],
    "clamp_min": [case(X, 0.1, ref=np.maximum), case(X, Y, ref=np.maximum)],
    "clamp_max": [case(X, 0.1, ref=np.minimum), case(X, Y, ref=np.minimum)],
    "addcmul": [case(X, Y, t(3, 1), ref=lambda x, a, b, value=1: x + value * a * b, value=2)],
    "addcdiv": [case(X, Y, t(3, 1, low=0.5), ref=lambda x, a, b, value=1: x + value * a / b, value=2)],
    "dropout_backward": [case(X, bools(3, 4), 0.75, ref=lambda g, kept, keep: g * kept / keep), case(t(3, 1), bools(3, 4), 0.5, ref=lambda g, kept, keep: g * kept / keep)],
    "lerp": [case(X, Y, 0.25, ref=lambda a, b, w: a + w * (b - a)), case(X, Y, t(4, low=0.1, high=0.4), ref=lambda a, b, w: a + w * (b - a))],
    "round": [case(X, ref=lambda x, decimals: np.round(x, decimals), decimals=1), case(t(5, low=100, high=900), ref=lambda x, decimals: np.round(x, decimals), decimals=-2)],
    "leaky_relu": [case(X, ref=lambda x, k=0.01: np.where(x > 0, x, k * x)), case(X, 0.2, ref=lambda x, k: np.where(x > 0, x, k * x))],
    "elu": [case(X, ref=_elu), case(X, 0.7, ref=_elu)],
    "silu": [case(X, ref=lambda x: x / (1 + np.exp(-x)))],
    "softplus": [case(X, ref=_softplus), case(X, 1.5, 0.4, ref=_softplus)],
    "log_sigmoid": [case(X, ref=lambda x: -np.log1p(np.exp(-x)))],
    "replace_nonfinite": [case(X, 0.5, 2.0, -2.0, ref=lambda x, *_: x),
                          case(values([np.nan, np.inf, -np.inf, -0.0, 1]), 0.5, 2.0, -2.0, ref=lambda x, *k: np.array([*k, -0.0, 1]), grad=False)],
    "replace_nonfinite_backward": [case(X, t(3, 4), ref=lambda g, x, *_: g * np.ones_like(x))],
    "leaky_relu_backward": [case(X, t(3, 4), 0.2, ref=lambda g, x, k: np.where(x > 0, g, g * k))],
    "elu_backward": [case(X, t(3, 4), 0.7, ref=lambda g, x, k: np.where(x > 0, g, g * k * np.exp(x)))],
    "silu_backward": [case(X, t(3, 4), ref=lambda g, x: g / (1 + np.exp(-x)) * (1 + x / (1 + np.exp(x))))],
    "softplus_backward": [case(X, t(3, 4), 1.5, 0.4, ref=lambda g, x, b, h: np.where(x * b > h, g, g / (1 + np.exp(-b * x))))],
    "log_sigmoid_backward": [case(X, t(3, 4), ref=lambda g, x: g / (1 + np.exp(x)))],
    "glu": [case(t(3, 4), ref=lambda x: x[:, :2] / (1 + np.exp(-x[:, 2:]))), case(t(4, 3), 0, ref=lambda x, d: x[:2] / (1 + np.exp(-x[2:])))],
    "prelu_kernel": [case(X, t(4), ref=lambda x, w: np.where(x > 0, x, w * x)), case(X, t(1, 1), ref=lambda x, w: np.where(x > 0, x, w * x))],
    "hardtanh": [case(X, ref=lambda x: np.clip(x, -1, 1)), case(X, -0.5, 0.7, ref=np.clip)],
    "hardsigmoid": [case(X, ref=lambda x: np.clip(x + 3, 0, 6) / 6)],
    "hardswish": [case(X, ref=lambda x: x * np.clip(x + 3, 0, 6) / 6), case(t(3, 4, low=-5, high=5), ref=lambda x: x * np.clip(x + 3, 0, 6) / 6)],
    "mish": [case(X, ref=lambda x: x * np.tanh(np.log1p(np.exp(x))))],
    "hardshrink": [case(X, ref=lambda x: np.where(np.abs(x) <= 0.5, 0, x)), case(X, 0.3, ref=lambda x, k: np.where(np.abs(x) <= k, 0, x))],
    "softshrink": [case(X, ref=lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)), case(X, 0.3, ref=lambda x, k: np.sign(x) * np.maximum(np.abs(x) - k, 0))],
    "threshold_value": [case(X, 0.2, 7.0, ref=lambda x, k, h: np.where(x > k, x, h))],
    "selu": [case(X, 1.6, 1.1, ref=lambda x, k, h: h * np.where(x < 0, k * np.expm1(x), x))],
    "celu": [case(X, 0.8, 1.25, ref=lambda x, k, h: np.where(x < 0, k * np.expm1(x * h), x))],
    "hardtanh_backward": [case(X, t(3, 4), -0.5, 0.7, ref=lambda g, x, k, h: np.where((x > k) & (x < h), g, 0))],
    "hardsigmoid_backward": [case(X, t(3, 4, low=-5, high=5), ref=lambda g, x: np.where(np.abs(x) < 3, g * float(np.float32(1 / 6)), 0))],
    "hardswish_backward": [case(X, t(3, 4, low=-5, high=5), ref=lambda g, x: g * np.where(x <= -3, 0, np.where(x < 3, x / 3 + 0.5, 1)))],
    "mish_backward": [case(X, t(3, 4))],
    "hardshrink_backward": [case(X, t(3, 4), 0.3, ref=lambda g, x, k: np.where(np.abs(x) <= k, 0, g))],
    "softshrink_backward": [case(X, t(3, 4), 0.3, ref=lambda g, x, k: np.where(np.abs(x) <= k, 0, g))],
    "threshold_value_backward": [case(X, t(3, 4), 0.2, 7.0, ref=lambda g, x, k, h: np.where(x > k, g, 0))],
    "selu_backward": [case(X, t(3, 4), 1.6, 1.1, ref=lambda g, x, k, h: g * h * np.where(x < 0, k * np.exp(x), 1))],
    "celu_backward": [case(X, t(3, 4), 0.8, 1.25, ref=lambda g, x, k, h: g * np.where(x < 0, np.exp(x * h), 1))],
    "gelu": [case(X, ref=_gelu), case(t(2, 70), ref=_gelu, approximate="tanh")],
    "gelu_backward": [case(Y, X), case(X, Y, approximate="tanh")],
    "positive": [case(X, ref=lambda x: x)],
}
