"""Errors of one-argument functions in units of the last place, against the exact value.

`python benchmarks/ulp.py` takes every float32 there is (2^32 of them, a minute or so a function), and samples float64;
`--quick` takes one block of 2^18 in 64; `--only exp,log` some functions; `--dtype float32` or `float64` one of the tables.
The exact value is float64's for float32 (NumPy, SciPy), and numpy.longdouble's or mpmath's for float64. The unit is the distance of the
result's neighbours at the exact value, that of subnormal numbers below the least normal one; a correctly rounded result errs by at most 0.5.
"""

import argparse
import sys

import numpy as np

import ctgrad

try:
    from scipy import special
except ImportError:
    special = None
try:
    import mpmath
except ImportError:
    mpmath = None

F = ctgrad.nn.functional


def softplus(x):
    return np.where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20))))     # as defined: the identity beyond the threshold


def logistic(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {  # name: (of ctgrad, of NumPy's arrays in any precision or None, of SciPy or None, of mpmath or None)
    "exp": (ctgrad.exp, np.exp, None, None), "exp2": (ctgrad.exp2, np.exp2, None, None), "expm1": (ctgrad.expm1, np.expm1, None, None),
    "log": (ctgrad.log, np.log, None, None), "log2": (ctgrad.log2, np.log2, None, None), "log10": (ctgrad.log10, np.log10, None, None),
    "log1p": (ctgrad.log1p, np.log1p, None, None), "sin": (ctgrad.sin, np.sin, None, None), "cos": (ctgrad.cos, np.cos, None, None),
    "tan": (ctgrad.tan, np.tan, None, None), "sinh": (ctgrad.sinh, np.sinh, None, None), "cosh": (ctgrad.cosh, np.cosh, None, None),
    "tanh": (ctgrad.tanh, np.tanh, None, None), "asin": (ctgrad.asin, np.arcsin, None, None), "acos": (ctgrad.acos, np.arccos, None, None),
    "atan": (ctgrad.atan, np.arctan, None, None), "asinh": (ctgrad.asinh, np.arcsinh, None, None), "acosh": (ctgrad.acosh, np.arccosh, None, None),
    "atanh": (ctgrad.atanh, np.arctanh, None, None), "sqrt": (ctgrad.sqrt, np.sqrt, None, None), "rsqrt": (ctgrad.rsqrt, lambda x: 1 / np.sqrt(x), None, None),
    "sigmoid": (ctgrad.sigmoid, logistic, None, None), "silu": (F.silu, lambda x: x * logistic(x), None, None), "softplus": (F.softplus, softplus, None, None),
    "erf": (ctgrad.erf, None, "erf", "erf"), "erfc": (ctgrad.erfc, None, "erfc", "erfc"),
    "gelu": (F.gelu, None, lambda x: x * special.ndtr(x), lambda x: x * mpmath.ncdf(x)),
    "erfinv": (ctgrad.erfinv, None, "erfinv", "erfinv"), "lgamma": (ctgrad.lgamma, None, "gammaln", lambda x: mpmath.log(abs(mpmath.gamma(x)))),
    "digamma": (ctgrad.digamma, None, "digamma", "digamma"),
}
ABOVE_0 = ("log", "log2", "log10", "sqrt", "rsqrt", "lgamma", "digamma")  # below, errors of the last two have no bound beside their zeros
SAMPLED = {"sin": 1e4, "cos": 1e4, "tan": 1e4, "exp": 700, "expm1": 700, "sinh": 700, "cosh": 700, "silu": 700, "sigmoid": 700, "softplus": 700, "exp2": 1000,
           "erf": 6, "erfinv": 1, "erfc": 26, "gelu": 30, "lgamma": 1e3, "digamma": 1e3, "asin": 1, "acos": 1, "atanh": 1, "tanh": 20}


def errors(y, exact, digits, least):
    """Errors of y in units of a dtype of so many binary digits whose least normal number is 2^least; both in one wider dtype."""
    most = np.ldexp(y.dtype.type(1), 2 - least)
    y, exact = np.clip(y, -most, most), np.clip(exact, -most, most)
    exponent = np.maximum(np.frexp(exact)[1] - 1, least)
    far = np.ldexp(np.abs(y - exact), digits - 1 - exponent)
    far[np.isnan(y) & np.isnan(exact)] = 0
    return np.where(np.isnan(far), np.inf, far)


def errors_of_float32(y, exact):
    """The same as errors(y, exact, 24, -126) in float64, by bits."""
    most = 2.0**128
    y, exact = np.clip(y, -most, most), np.clip(exact, -most, most)
    exponent = np.maximum(exact.view(np.int64) >> 52 & 0x7ff, 1023 - 126)
    far = np.abs(y - exact) * ((1023 + 23 + 1023 - exponent) << 52).view(np.float64)
    wrong = np.isnan(far)
    if wrong.any():
        far[wrong] = np.where(np.isnan(y[wrong]) & np.isnan(exact[wrong]), 0, np.inf)
    return far


def float32(name, f, exact, quick):
    """(worst error, its argument, how many were tried)."""
    worst, at, tried, block = -1.0, 0.0, 0, 1 << 18
    step = 64 * block if quick else block
    for begin in range(0, 1 << 31 if name in ("lgamma", "digamma") else 1 << 32, step):
        x = np.arange(begin, begin + block, dtype=np.uint32).view(np.float32)
        x = x[~np.isnan(x)]
        if not len(x):
            continue
        far = errors_of_float32(f(ctgrad.from_numpy(x)).numpy().astype(np.float64), exact(x.astype(np.float64)))
        i = int(far.argmax())
        tried += len(x)
        if far[i] > worst:
            worst, at = float(far[i]), float(x[i])
    return worst, at, tried


def exact_float64(x, numpy, mp):
    if numpy:
        return numpy(x.astype(np.longdouble))
    mp = getattr(mpmath, mp) if isinstance(mp, str) else mp
    with mpmath.workprec(120):
        def split(v):
            v = mp(mpmath.mpf(float(v)))
            return np.longdouble(float(v)) + np.longdouble(float(v - mpmath.mpf(float(v))))
        return np.array([split(v) for v in x])


def float64(name, f, numpy, mp, quick):
    n = (20000 if quick else 2000000) if numpy else (200 if quick else 20000)
    rng, reach = np.random.default_rng(0), SAMPLED.get(name, 1e6)
    x = np.concatenate([rng.uniform(-reach, reach, n // 2), rng.choice([-1, 1], n // 2) * np.exp(rng.uniform(np.log(1e-8), np.log(reach), n // 2))])
    if name == "acosh":
        x = 1 + np.abs(x)
    elif name in ABOVE_0:
        x = np.abs(x)
    elif name == "log1p":
        x = np.where(x < -1, -1 / x, x)
    far = errors(f(ctgrad.from_numpy(x)).numpy().astype(np.longdouble), exact_float64(x, numpy, mp), 53, -1022)
    i = int(far.argmax())
    return float(far[i]), float(x[i]), len(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="functions, with commas")
    parser.add_argument("--dtype", choices=("float32", "float64"))
    given = parser.parse_args()
    np.seterr(all="ignore")
    for dtype in ("float32", "float64"):
        if given.dtype in (None, dtype):
            print(f"| {dtype} | worst error, ulp | at | arguments |\n|---|--:|--:|--:|", flush=True)
        for name, (f, numpy, scipy, mp) in FUNCTIONS.items():
            if given.dtype not in (None, dtype) or (given.only and name not in given.only.split(",")):
                continue
            scipy = getattr(special, scipy, None) if isinstance(scipy, str) else scipy if special else None
            if not (numpy or (scipy if dtype == "float32" else mpmath)):
                print(f"{name}: needs SciPy and mpmath", file=sys.stderr)
                continue
            worst, at, tried = float32(name, f, numpy or scipy, given.quick) if dtype == "float32" else float64(name, f, numpy, mp, given.quick)
            print(f"| {name} | {worst:.3f} | {at!r} | {tried} |", flush=True)


if __name__ == "__main__":
    main()
