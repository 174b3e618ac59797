"""What every suite is measured with: rows, interleaved minima, and what this machine could do at best.

Import this before NumPy or a BLAS: it fixes their threads at one.
"""

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
THREADS = os.environ.setdefault("CTGRAD_NUM_THREADS", "1")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = THREADS
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import functools  # noqa: E402
import importlib  # noqa: E402
import math  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402

import numpy as np  # noqa: E402

import ctgrad  # noqa: E402


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch = optional("torch")
jax = optional("jax")
if torch:
    torch.set_num_threads(int(THREADS))
LIBRARIES = {"ctgrad": ctgrad} | ({"torch": torch} if torch else {})    # those with PyTorch's API


@dataclass
class Row:
    """One workload. What it cannot do without: bytes that cross memory, multiply-adds, calls of the interpreter into C."""
    name: str
    calls: dict[str, Callable[[], object]]      # by library, "ctgrad" among them
    bytes: float = 0
    adds: float = 0
    ops: float = 0
    repeats: int = 1                            # how often a call does the work
    goal: float | None = None                   # ratio to PyTorch, where the row has a goal of its own
    more: Callable[[], dict] = field(default=dict)  # further figures, asked for after measuring


@dataclass(frozen=True)
class Effort:
    rounds: int
    round_seconds: float    # of one library; longer where a call of some library is
    row_seconds: float      # no round starts later, but two are made


FULL, QUICK = Effort(60, 0.002, 1.5), Effort(2, 0.0002, 0.05)


def elapsed(f, runs=1):
    start = time.perf_counter()
    for _ in range(runs):
        f()
    return (time.perf_counter() - start) / runs


def least_seconds(calls, effort):
    """Least seconds of a call of each; rounds interleaved.

    A round lasts as long for each as the slowest needs for a call, or longer: what stands in the caches then is its own, not what a call of
    another's, a thousand times as long, has left there.
    """
    first = {}
    for name, f in calls.items():
        f()
        first[name] = elapsed(f)
    lasting = max(effort.round_seconds, *first.values())
    runs = {name: max(1, min(20000, int(lasting / (t + 1e-9)))) for name, t in first.items()}
    best, end = dict(first), time.perf_counter() + effort.row_seconds
    for i in range(effort.rounds):
        if i >= 2 and time.perf_counter() > end:
            break
        for name, f in calls.items():
            best[name] = min(best[name], elapsed(f, runs[name]))
    return best


# ---- what the machine does at best ----
@functools.cache
def bandwidth(nbytes):
    """Bytes a second read and written by a plain copy whose operands are that many bytes together, a power of two."""
    a = np.ones(nbytes // 8, "f4")
    b = np.empty_like(a)
    return nbytes / least_seconds({"copy": lambda: np.copyto(b, a)}, Effort(20, 0.001, 0.2))["copy"]


@functools.cache
def peak(dtype="float32"):
    """Multiply-adds a second in the fastest product of 512 and 1024 square that any of the libraries makes."""
    best = 0.0
    for n in (512, 1024):
        a = np.ones((n, n), dtype)
        calls = {"numpy": lambda a=a: a @ a}
        calls |= {name: lambda lib=lib, x=lib.from_numpy(a): lib.mm(x, x) for name, lib in LIBRARIES.items()}
        best = max(best, n**3 / min(least_seconds(calls, Effort(10, 0.01, 0.5)).values()))
    return best


@functools.cache
def call_seconds():
    """One operator of the interpreter on two objects of C, its result allocated: complex + complex, which it does not specialise."""
    x, y = 1 + 2j, 3 + 4j

    def hundred():
        for _ in range(100):
            x + y
    return least_seconds({"add": hundred}, Effort(20, 0.0005, 0.2))["add"] / 100


def limit(row, dtype="float32"):
    """(seconds, what binds): no library can be faster than the slowest of what the row cannot do without."""
    size = 1 << max(16, min(27, math.ceil(math.log2(row.bytes + 1))))
    binds = {"memory": row.bytes and row.bytes / bandwidth(size), "products": row.adds and row.adds / peak(dtype), "calls": row.ops and row.ops * call_seconds()}
    name = max(binds, key=binds.get)
    return binds[name], name if binds[name] else None


def measure(row, effort):
    """The figures of a row, as the table and the JSON hold them."""
    best = {name: t / row.repeats for name, t in least_seconds(row.calls, effort).items()}
    bound, binds = limit(row)
    mine, theirs = best["ctgrad"], best.get("torch")
    return {"name": row.name, "seconds": best, "ratio": theirs / mine if theirs else None, "goal": row.goal, "bytes": row.bytes, "adds": row.adds,
            "ops": row.ops, "limit": bound or None, "binds": binds, "distance": mine / bound if bound else None, "more": row.more()}


def both(make):
    """{library: make(library)} of all that have PyTorch's API."""
    return {name: make(lib) for name, lib in LIBRARIES.items()}


def tensors(lib, *arrays):
    return [lib.from_numpy(a.copy()) for a in arrays]


def normal(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
