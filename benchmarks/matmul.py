"""Products: ctgrad beside PyTorch, interleaved in one process, one thread.

Run: python benchmarks/matmul.py [--strides] [--double]. Prints microseconds (minimum over rounds), multiply-adds a nanosecond and
ratios, then their geometric mean and the worst; asserts nothing. --strides: steps of a linear layer whose weight is a structured
view (Hankel, Toeplitz, repeated), forward and backward, in place of the dense suite. --double: float64.
"""

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_NUM_THREADS"] = "1"

import math  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

import ctgrad  # noqa: E402

torch.set_num_threads(1)
ROUNDS, ROUND_SECONDS = 100, 0.001


def dense(lib, make):
    """(name, multiply-adds, callable) of the dense suite; `make` makes a tensor of a library from a shape."""
    for n in (8, 16, 32, 64, 128, 256, 512, 1024):
        a, b = make(n, n), make(n, n)
        yield f"{n} square", n**3, lambda a=a, b=b: lib.mm(a, b)
        yield f"{n} square, b.t()", n**3, lambda a=a, b=b: lib.mm(a, b.t())
    x, w, b = make(64, 784), make(128, 784), make(128)
    yield "linear 64 x 784 x 128", 64 * 784 * 128, lambda: lib.nn.functional.linear(x, w, b)
    p, q = make(48, 64, 32), make(48, 32, 64)
    yield "bmm 48 of 64 x 32 x 64", 48 * 64 * 32 * 64, lambda: lib.bmm(p, q)
    m, v = make(1024, 1024), make(1024)
    yield "mv 1024", 1024**2, lambda: lib.mv(m, v)
    yield "mv 1024, m.t()", 1024**2, lambda: lib.mv(m.t(), v)


WEIGHTS = {
    "dense": (lambda n: (n, n), lambda w, n: w),
    "hankel": (lambda n: (2 * n - 1,), lambda w, n: w.as_strided((n, n), (1, 1))),
    "toeplitz": (lambda n: (2 * n - 1,), lambda w, n: w.as_strided((n, n), (1, 1)).flip(0)),
    "unfold": (lambda n: (2 * n - 1,), lambda w, n: w.unfold(0, n, 1)),
    "one row": (lambda n: (n,), lambda w, n: w.expand(n, n)),
    "one column": (lambda n: (n,), lambda w, n: w.unsqueeze(1).expand(n, n)),
}


def strided(lib, make):
    for kind, (shape, view) in WEIGHTS.items():
        for n in (4, 64, 1024, 4096):
            if n == 4096 and kind in ("dense", "toeplitz"):
                continue
            w, b = make(*shape(n)).requires_grad_(), make(n).requires_grad_()
            x, y = make(32, n), make(32, n)

            def step(w=w, b=b, x=x, y=y, n=n, view=view):
                w.grad = b.grad = None
                ((lib.nn.functional.linear(x, view(w, n), b) - y) ** 2).mean().backward()

            yield f"{kind} {n}", 3 * 32 * n * n, step


def measure(ours, theirs):
    """Least seconds of a call of each, rounds interleaved."""
    best, runs = [math.inf, math.inf], []
    for f in (ours, theirs):
        f()
        start = time.perf_counter()
        f()
        runs.append(max(1, min(5000, int(ROUND_SECONDS / (time.perf_counter() - start + 1e-9)))))
    for _ in range(ROUNDS):
        for i, f in enumerate((ours, theirs)):
            start = time.perf_counter()
            for _ in range(runs[i]):
                f()
            best[i] = min(best[i], (time.perf_counter() - start) / runs[i])
    return best


def main():
    dtype = "float64" if "--double" in sys.argv else "float32"

    def maker(lib):
        rng = np.random.default_rng(0)
        return lambda *shape: lib.tensor(rng.standard_normal(shape).astype(dtype))

    suite = strided if "--strides" in sys.argv else dense
    ratios = []
    print("| product | ctgrad us | PyTorch us | multiply-adds a ns | ratio |\n|---|--:|--:|--:|--:|")
    for (name, steps, ours), (_, _, theirs) in zip(suite(ctgrad, maker(ctgrad)), suite(torch, maker(torch)), strict=True):
        mine, other = measure(ours, theirs)
        ratios.append(other / mine)
        print(f"| {name} | {mine * 1e6:.2f} | {other * 1e6:.2f} | {steps / mine / 1e9:.1f} | {other / mine:.2f} |", flush=True)
    print(f"\ngeometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}, worst {min(ratios):.2f}")


if __name__ == "__main__":
    main()
