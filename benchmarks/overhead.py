"""Cost of an op on a tiny tensor: ctgrad beside PyTorch and NumPy, interleaved in one process, one thread.

Run: python benchmarks/overhead.py [--deep]. Prints nanoseconds (minimum over rounds) and ratios; asserts nothing.
--deep adds a chain of 10^7 recorded ops: time and bytes a node.
"""

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys  # noqa: E402
import time  # noqa: E402
import timeit  # noqa: E402

import numpy as np  # noqa: E402

import ctgrad  # noqa: E402

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None

ROUNDS, NUMBER = 15, 4000


STATEMENTS = {
    "a + b": "a + b",
    "a * 2.0": "a * 2.0",
    "recorded a * b": "g * b",
    "relu": "lib.relu(a)",
    "sum": "a.sum()",
    "4x4 matmul": "m @ m",
    "a[1]": "a[1]",
    "expand": "a.expand(4, 4)",
    "F.linear": "linear(a, m)",
    "module(x)": "layer(a)",
    "100-op chain, forward and backward": "chain()",
}


def names(lib):
    """What the statements mention, for one library with PyTorch's API."""
    g = lib.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)

    def chain():
        y = g
        for _ in range(100):
            y = y * 1.01
        y.sum().backward()

    return {"lib": lib, "a": lib.tensor([1.0, 2.0, 3.0, 4.0]), "b": lib.tensor([5.0, 6.0, 7.0, 8.0]), "g": g, "m": lib.ones(4, 4),
            "linear": lib.nn.functional.linear, "layer": lib.nn.Linear(4, 4), "chain": chain}


def timers(scope):
    """One (Timer, runs) a statement."""
    return [(timeit.Timer(text, globals=scope), 20 if "chain" in text else NUMBER) for text in STATEMENTS.values()]


def measure(all_timers):
    """Minimum nanoseconds of each, rounds interleaved."""
    best = [float("inf")] * len(all_timers)
    for _ in range(ROUNDS):
        for i, (timer, number) in enumerate(all_timers):
            best[i] = min(best[i], timer.timeit(number) / number * 1e9)
    return best


def deep(n=10**7):
    """Forward, backward and release of a chain of n ops."""
    x = ctgrad.tensor([1.0], requires_grad=True)
    before = ctgrad.debug.live()
    start = time.perf_counter()
    y = x
    for _ in range(n):
        y = y * 1.0000001
    built = time.perf_counter()
    held = (ctgrad.debug.live()["bytes"] - before["bytes"]) / n
    y.backward()
    done = time.perf_counter()
    del y
    end = time.perf_counter()
    print(f"chain of {n}: record {(built - start) / n * 1e9:.0f} ns, backward {(done - built) / n * 1e9:.0f} ns, "
          f"release {(end - done) / n * 1e9:.0f} ns, {held:.0f} bytes a node")


def main():
    a = np.array([1, 2, 3, 4], dtype="float32")
    runs = timers(names(ctgrad)) + (timers(names(torch)) if torch else []) + [(timeit.Timer("a + a", globals={"a": a}), NUMBER)]
    times = measure(runs)
    print("| op | ctgrad ns | PyTorch ns | ratio |\n|---|--:|--:|--:|")
    for i, name in enumerate(STATEMENTS):
        other = times[len(STATEMENTS) + i] if torch else float("nan")
        print(f"| {name} | {times[i]:.0f} | {other:.0f} | {other / times[i]:.1f} |")
    print(f"| a + b, NumPy in PyTorch's place | {times[0]:.0f} | {times[-1]:.0f} | {times[-1] / times[0]:.1f} |")
    if "--deep" in sys.argv:
        deep()


if __name__ == "__main__":
    main()
