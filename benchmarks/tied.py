"""Tied layers: steps whose weight matrix is a structured view of fewer numbers.

A step is ((F.linear(x, W, b) - y) ** 2).mean().backward() at batch 32, W of n by n made of w in the ways named. Further figures: the
largest error of w's gradient relative to PyTorch's, bytes that the step allocates, and elementary steps done.
"""

import numpy as np
from timing import Row, both

from ctgrad import debug

BATCH = 32


def over_batch(lib, F, x, w, b, n):
    return lib.einsum("btj,bjk->btk", x, w.unsqueeze(1).expand(BATCH, n, n))


def linear(view):
    return lambda lib, F, x, w, b, n: F.linear(x, view(lib, w, n), b)


# name: (kind of w: 1 n numbers, 2 2n - 1, 0 a matrix; the layer's output; goals for the SIZES)
CASES = {
    "w.expand(n, n)": (1, linear(lambda lib, w, n: w.expand(n, n)), (20, 25, 40, 600)),
    "w.repeat(n, 1)": (1, linear(lambda lib, w, n: w.repeat(n, 1)), (20, 25, 40, 600)),
    "w.unsqueeze(1).expand(n, n)": (1, linear(lambda lib, w, n: w.unsqueeze(1).expand(n, n)), (20, 25, 40, 600)),
    "x @ w.expand(n, n).t() + b": (1, lambda lib, F, x, w, b, n: x @ w.expand(n, n).t() + b, (20, 25, 40, 600)),
    "tanh(w.expand(n, n)) * 2": (1, linear(lambda lib, w, n: lib.tanh(w.expand(n, n)) * 2), (20, 25, 100, 1200)),
    "Hankel by as_strided": (2, linear(lambda lib, w, n: w.as_strided((n, n), (1, 1))), (10, 5, 2.5, 20)),
    "Toeplitz by flip": (2, linear(lambda lib, w, n: w.as_strided((n, n), (1, 1)).flip(0)), (10, 5, 2.5, 20)),
    "unfold": (2, linear(lambda lib, w, n: w.unfold(0, n, 1)), (10, 5, 2.5, 20)),
    "einsum btj,bjk->btk": (1, over_batch, (8, 10, 100, None)),
    "bmm(z, M.expand(32, n, n))": (0, lambda lib, F, x, w, b, n: lib.bmm(x, w.expand(BATCH, n, n)), (8, 1.5, 1.2, None)),
}
SIZES = (4, 64, 1024, 4096)


def step_of(lib, case, n, data):
    kind, output, _ = CASES[case]
    x, w, b, y = (lib.from_numpy(a.copy()) for a in data)
    w.requires_grad_()
    b.requires_grad_()

    def step():
        w.grad = b.grad = None
        out = output(lib, lib.nn.functional, x, w, b, n)
        ((out - y) ** 2).mean().backward()

    return step, w


def data_for(case, n):
    random = np.random.default_rng(0)
    kind = CASES[case][0]
    rows = (BATCH, 16) if case.startswith(("einsum", "bmm")) else (BATCH,)
    shapes = [(*rows, n), (n, n) if kind == 0 else (kind * n - (kind == 2),), (n,), (*rows, n)]
    return [random.standard_normal(s).astype("f4") for s in shapes]


def figures(step, weights):
    out = {}
    if "torch" in weights:
        mine, theirs = (np.asarray(weights[name].grad) for name in ("ctgrad", "torch"))
        out["error"] = float(np.abs(mine - theirs).max() / np.abs(theirs).max())
    before = debug.memory()["total_bytes"]
    with debug.profile() as profile:
        step()
    return out | {"bytes": debug.memory()["total_bytes"] - before, "steps": profile.distinct, "effective": profile.effective}


def rows(quick):
    for case, (kind, _, goals) in CASES.items():
        for n, goal in zip(SIZES, goals):
            if quick and n > 4 or n > 1024 and goal is None:
                continue
            data = data_for(case, n)
            made = both(lambda lib: step_of(lib, case, n, data))
            calls = {name: step for name, (step, _) in made.items()}
            weights = {name: w for name, (_, w) in made.items()}
            numbers = sum(a.size for a in data)
            yield Row(f"{case}, {n}", calls, bytes=4 * numbers, ops=6, goal=goal, more=lambda: figures(calls["ctgrad"], weights))
