"""Elementwise ops, reductions, softmax, copies, at 10^4, 10^6 and 10^7 numbers."""

import numpy as np
from timing import Row, both, jax, normal, tensors

SHAPES = {"1e4": (100, 100), "1e6": (1000, 1000), "1e7": (2500, 4000)}
OPS = {  # name: (of the library, its F, x, y, a row, a mask; arrays of x's size that are read or written)
    "add": (lambda lib, F, x, y, r, m: x + y, 3),
    "exp": (lambda lib, F, x, y, r, m: x.exp(), 2),
    "tanh": (lambda lib, F, x, y, r, m: x.tanh(), 2),
    "sigmoid": (lambda lib, F, x, y, r, m: x.sigmoid(), 2),
    "gelu": (lambda lib, F, x, y, r, m: F.gelu(x), 2),
    "relu": (lambda lib, F, x, y, r, m: lib.relu(x), 2),
    "sum": (lambda lib, F, x, y, r, m: x.sum(), 1),
    "mean(0)": (lambda lib, F, x, y, r, m: x.mean(0), 1),
    "max(1)": (lambda lib, F, x, y, r, m: x.max(1), 1),
    "row add": (lambda lib, F, x, y, r, m: x + r, 2),
    "softmax": (lambda lib, F, x, y, r, m: F.softmax(x, 1), 2),
    "layer norm": (lambda lib, F, x, y, r, m: F.layer_norm(x, (x.shape[1],)), 2),
    "where": (lambda lib, F, x, y, r, m: lib.where(m, x, y), 3.25),
    "transposed copy": (lambda lib, F, x, y, r, m: x.t().contiguous(), 2),
    "cat": (lambda lib, F, x, y, r, m: lib.cat((x, y)), 4),
}
NUMPY = {
    "add": lambda np, x, y, r, m: x + y, "exp": lambda np, x, y, r, m: np.exp(x), "tanh": lambda np, x, y, r, m: np.tanh(x),
    "relu": lambda np, x, y, r, m: np.maximum(x, 0), "sum": lambda np, x, y, r, m: x.sum(), "mean(0)": lambda np, x, y, r, m: x.mean(0),
    "max(1)": lambda np, x, y, r, m: x.max(1), "row add": lambda np, x, y, r, m: x + r, "where": lambda np, x, y, r, m: np.where(m, x, y),
    "transposed copy": lambda np, x, y, r, m: np.array(x.T, order="C"), "cat": lambda np, x, y, r, m: np.concatenate((x, y)),
}


def jitted(f, arrays):
    """f of jax.numpy as one compiled call that waits for its result."""
    run = jax.jit(lambda *given: f(jax.numpy, *given))
    held = [jax.numpy.asarray(a) for a in arrays]
    return lambda: jax.block_until_ready(run(*held))


def rows(quick):
    for size, shape in SHAPES.items():
        if quick and size != "1e4":
            continue
        arrays = [normal(*shape), normal(*shape, seed=1), normal(shape[1], seed=2), normal(*shape, seed=3) > 0]
        given = both(lambda lib: tensors(lib, *arrays))
        for name, (f, passes) in OPS.items():
            calls = both(lambda lib: lambda t=given[lib.__name__]: f(lib, lib.nn.functional, *t))
            if name in NUMPY:
                calls["numpy"] = lambda: NUMPY[name](np, *arrays)
                if jax and name != "transposed copy":
                    calls["jax"] = jitted(NUMPY[name], arrays)
            yield Row(f"{name} {size}", calls, bytes=passes * 4 * shape[0] * shape[1], ops=1)
