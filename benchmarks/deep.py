"""How deep a graph may be: chains of ops, and a leaf with many uses; bytes and microseconds (of processor time) a node, and a stack that stays small.

    python benchmarks/deep.py [nodes]          # 10 million unless told

Everything runs in a thread with a stack of 512 KiB: walking or releasing a graph by recursion would end it.
"""

import gc
import sys
import threading
import time

import ctgrad as torch

STACK = 512 * 1024


def chain(n):
    """x * y, n times over: each node keeps what its gradient reads."""
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(n):
        y = y * x
    return x, y, n + 1


def unary_chain(n):
    x = torch.zeros(1, requires_grad=True)
    y = x
    for _ in range(n):
        y = y.neg()
    return x, y, (-1) ** n


def fan(n):
    """One leaf used n times: its gradient is a sum of n terms, added up by a chain of n nodes."""
    x = torch.ones(1, requires_grad=True)
    y = torch.zeros(1)
    for _ in range(n):
        y = y + x
    return x, y, n


def measure(make, n):
    gc.collect()
    before = torch.debug.live()
    start = time.thread_time()
    x, y, gradient = make(n)
    built = time.thread_time()
    held = torch.debug.live()
    y.backward()
    walked = time.thread_time()
    assert x.grad.item() == gradient
    del y
    released = time.thread_time()
    del x
    after = torch.debug.live()
    assert after == before, (before, after)
    micro = [1e6 * t / n for t in (built - start, walked - built, released - walked)]
    return (held["bytes"] - before["bytes"]) / n, *micro, 1e6 * (released - start) / n


def report(n):
    print(f"{n} nodes, a stack of {STACK // 1024} KiB")
    print(f"{'graph':12} {'bytes/node':>10} {'forward':>9} {'backward':>9} {'release':>9} {'all':>9}   (µs/node)")
    for make in (chain, unary_chain, fan):
        figures = measure(make, n)
        print(f"{make.__name__:12} {figures[0]:10.0f} " + " ".join(f"{t:9.3f}" for t in figures[1:]), flush=True)


if __name__ == "__main__":
    threading.stack_size(STACK)
    thread = threading.Thread(target=report, args=(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000,))
    thread.start()
    thread.join()
