"""Graphs as deep as memory allows: recording, walking and releasing them are loops, on a stack of 512 KiB.

CTGRAD_DEEP_NODES says how deep; what goes through Python at every node is a tenth of that.
"""

import gc
import os
import pathlib
import resource
import subprocess
import sys
import threading

import pytest

import ctgrad

NODES = int(os.environ.get("CTGRAD_DEEP_NODES", 1_000_000))
STACK = 512 * 1024
BENCHMARK = pathlib.Path(__file__).parent.parent / "benchmarks" / "deep.py"


def on_a_small_stack(run):
    """run() in a thread with a small stack; what it raises is raised here."""
    raised = []

    def body():
        try:
            run()
        except BaseException as e:
            raised.append(e)
    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if raised:
        raise raised[0]


@pytest.mark.skipif(not BENCHMARK.exists(), reason="the benchmarks are not beside the tests")
def test_chains_and_a_leaf_with_many_uses():
    """The whole process has the small stack; gradients, leaks and bytes a node are checked there."""
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ctgrad.__file__).parent.parent)}
    done = subprocess.run([sys.executable, BENCHMARK, str(NODES)], capture_output=True, text=True, env=environment,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK)))
    assert (done.stderr, done.returncode) == ("", 0), done.stdout
    rows = [line.split() for line in done.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == ["chain", "unary_chain", "fan"]
    assert all(float(row[1]) <= 300 for row in rows), rows


class Same(ctgrad.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 1

    @staticmethod
    def backward(ctx, g):
        assert len(ctx.saved_tensors) == 1
        return g * 1


def leaf():
    x = ctgrad.ones(2, requires_grad=True)
    return x, x * 1


def functions(n):
    x, y = leaf()
    for _ in range(n):
        y = Same.apply(y)
    return x, y


def hooks(n):
    x, y = leaf()
    for _ in range(n):
        y = y * 1
        y.register_hook(lambda g: g * 1)
    return x, y


def retained(n):
    x, y = leaf()
    everything = [y]
    for _ in range(n):
        everything.append(everything[-1] * 1)
        everything[-1].retain_grad()
    return x, everything[-1]


def written(n):
    x, y = leaf()
    for _ in range(n):
        y.mul_(1)
    return x, y


def written_through_a_view(n):
    x, y = leaf()
    view = y[:1]
    for _ in range(n):
        view.add_(1)
    return x, y


def views(n):
    x, y = leaf()
    for _ in range(n):
        y = y.view(2)
    return x, y


def many_inputs(n):
    x, y = leaf()
    return x, ctgrad.stack([y] * n).sum(0) / n


def many_outputs(n):
    x, y = leaf()
    return x, sum(y.expand(n, 2).unbind()) / n


@pytest.mark.parametrize("make", [functions, hooks, retained, written, written_through_a_view, views, many_inputs, many_outputs])
def test_other_deep_graphs(make):
    def run():
        x, y = make(NODES // 10)
        y.sum().backward()
        assert (x.grad - 1).abs().max() < 1e-3
        make(NODES // 10)  # released without having been walked
    gc.collect()
    before = ctgrad.debug.live()
    on_a_small_stack(run)
    gc.collect()
    assert ctgrad.debug.live() == before


def test_a_deep_second_derivative():
    def run():
        x = ctgrad.ones(1, requires_grad=True)
        y = x
        for _ in range(NODES // 10):
            y = y * x
        g, = ctgrad.autograd.grad(y, x, create_graph=True)
        assert g.item() == NODES // 10 + 1
        g.backward()
    gc.collect()
    before = ctgrad.debug.live()
    on_a_small_stack(run)
    assert ctgrad.debug.live() == before


def test_the_chain_of_grad_fn():
    def run():
        _, y = leaf()
        for _ in range(NODES // 10):
            y = y + 1
        fn, steps = y.grad_fn, 0
        del y
        while fn is not None:
            fn, steps = fn.next_functions[0][0] if fn.next_functions else None, steps + 1
        assert steps == NODES // 10 + 2
    on_a_small_stack(run)


def test_a_chain_of_gradients():
    """A tensor whose .grad has a .grad, and so on."""
    def run():
        x = first = ctgrad.ones(1)
        for _ in range(NODES // 10):
            x.grad = ctgrad.ones(1)
            x = x.grad
        del first
    before = ctgrad.debug.live()
    on_a_small_stack(run)
    gc.collect()
    assert ctgrad.debug.live() == before
