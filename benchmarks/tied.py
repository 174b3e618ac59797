"""Tied layers: steps whose weight matrix is a structured view of fewer numbers, ctgrad beside PyTorch, interleaved, one thread.

Run: python benchmarks/tied.py [n ...] [--json FILE]. A step is ((F.linear(x, W, b) - y) ** 2).mean().backward() at batch 32, W of n by n made
of w in the ways named. Prints microseconds (minimum over rounds), the ratio and the goal, the largest error of w's gradient relative to
PyTorch's, bytes that the step allocates, and elementary steps done; asserts nothing.
"""

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

import ctgrad  # noqa: E402
from ctgrad import debug  # noqa: E402

torch.set_num_threads(1)
BATCH, ROUNDS = 32, 7


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


def once(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def measure(case, n):
    data = data_for(case, n)
    steps = [step_of(lib, case, n, data) for lib in (ctgrad, torch)]
    best = [min(once(step), once(step)) for step, _ in steps]
    for _ in range(ROUNDS):
        for i, (step, _) in enumerate(steps):
            for _ in range(max(1, min(200, int(0.02 / best[i])))):
                best[i] = min(best[i], once(step))
    mine, theirs = (np.asarray(w.grad) for _, w in steps)
    before = debug.memory()["total_bytes"]
    with debug.profile() as profile:
        steps[0][0]()
    return {"case": case, "n": n, "ctgrad_us": best[0] * 1e6, "torch_us": best[1] * 1e6, "ratio": best[1] / best[0],
            "goal": dict(zip(SIZES, CASES[case][2])).get(n), "error": float(np.abs(mine - theirs).max() / np.abs(theirs).max()),
            "bytes": debug.memory()["total_bytes"] - before, "steps": profile.distinct, "effective": profile.effective}


def main(arguments):
    out = arguments[arguments.index("--json") + 1] if "--json" in arguments else None
    sizes = [int(a) for a in arguments if a.isdigit()] or SIZES
    print(f"{'W':<30}{'n':>6}{'ctgrad us':>12}{'torch us':>12}{'ratio':>9}{'goal':>7}{'error':>9}{'bytes':>12}{'steps':>14}{'effective':>16}")
    rows = []
    for case in CASES:
        for n in sizes:
            if n > 1024 and CASES[case][2][3] is None:
                continue
            r = measure(case, n)
            rows.append(r)
            print(f"{case:<30}{n:>6}{r['ctgrad_us']:>12.1f}{r['torch_us']:>12.1f}{r['ratio']:>9.1f}{r['goal'] or '-':>7}{r['error']:>9.0e}"
                  f"{r['bytes']:>12,}{r['steps']:>14,}{r['effective']:>16,}", flush=True)
    if out:
        with open(out, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
