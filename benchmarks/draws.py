"""Random numbers: 10^3 and 10^6 of each kind, the same bits as PyTorch's."""

import numpy as np
from timing import LIBRARIES, Row, both

OPS = {
    "rand": lambda lib, x: lambda n=x.numel(): lib.rand(n),
    "randn": lambda lib, x: lambda n=x.numel(): lib.randn(n),
    "uniform_": lambda lib, x: lambda: x.uniform_(-1, 1),
    "normal_": lambda lib, x: lambda: x.normal_(1, 2),
    "randint": lambda lib, x: lambda n=x.numel(): lib.randint(0, 1000, (n,)),
    "randperm": lambda lib, x: lambda n=x.numel(): lib.randperm(n),
    "dropout": lambda lib, x: lambda: lib.nn.functional.dropout(x, 0.3),
}
NUMPY = {"rand": lambda r, n: r.random(n, "f4"), "randn": lambda r, n: r.standard_normal(n, "f4"), "randint": lambda r, n: r.integers(0, 1000, n),
         "randperm": lambda r, n: r.permutation(n)}
BYTES = {"randint": 8, "randperm": 8, "dropout": 8}


def equal_bits(calls):
    drawn = []
    for name, lib in LIBRARIES.items():
        lib.manual_seed(0)
        drawn.append(np.asarray(calls[name]().detach()).copy())
    return {"equal_bits": all(np.array_equal(d, drawn[0]) for d in drawn)} if len(drawn) > 1 else {}


def rows(quick):
    for size in (10**3, 10**6):
        if quick and size > 10**3:
            continue
        for name, make in OPS.items():
            calls = both(lambda lib: make(lib, lib.ones(size)))
            of_api = dict(calls)
            if name in NUMPY:
                calls["numpy"] = lambda r=np.random.default_rng(0): NUMPY[name](r, size)
            yield Row(f"{name} 1e{len(str(size)) - 1}", calls, bytes=BYTES.get(name, 4) * size, ops=1, more=lambda: equal_bits(of_api))
