"""Products: squares with and without .t(), a linear layer, many small ones, matrix by vector."""

from elementwise import jitted
from timing import Row, both, jax, normal, tensors

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)


def products():
    """(name, shapes, product of a library and its operands, the same in NumPy's API, multiply-adds)"""
    for n in SIZES:
        yield f"{n} square", [(n, n)] * 2, lambda lib, a, b: lib.mm(a, b), lambda np, a, b: a @ b, n**3
        yield f"{n} square, b.t()", [(n, n)] * 2, lambda lib, a, b: lib.mm(a, b.t()), lambda np, a, b: a @ b.T, n**3
    yield ("linear 64 x 784 x 128", [(64, 784), (128, 784), (128,)], lambda lib, x, w, b: lib.nn.functional.linear(x, w, b),
           lambda np, x, w, b: x @ w.T + b, 64 * 784 * 128)
    yield "bmm 48 of 64 x 32 x 64", [(48, 64, 32), (48, 32, 64)], lambda lib, a, b: lib.bmm(a, b), lambda np, a, b: a @ b, 48 * 64 * 32 * 64
    yield "mv 1024", [(1024, 1024), (1024,)], lambda lib, m, v: lib.mv(m, v), lambda np, m, v: m @ v, 1024**2
    yield "mv 1024, m.t()", [(1024, 1024), (1024,)], lambda lib, m, v: lib.mv(m.t(), v), lambda np, m, v: m.T @ v, 1024**2


def rows(quick, dtype="float32"):
    import numpy as np
    for name, shapes, product, numpys, adds in products():
        if quick and adds > 64**3:
            continue
        arrays = [normal(*s, seed=i, dtype=dtype) for i, s in enumerate(shapes)]
        calls = both(lambda lib: lambda t=tensors(lib, *arrays): product(lib, *t))
        calls["numpy"] = lambda: numpys(np, *arrays)
        if jax and dtype == "float32":
            calls["jax"] = jitted(numpys, arrays)
        out = numpys(np, *arrays)
        yield Row(name, calls, adds=adds * (2 if dtype == "float64" else 1), bytes=sum(a.nbytes for a in arrays) + out.nbytes, ops=1)
