"""What an op costs beside its work: four numbers, 4 x 4 matrices, graphs of single numbers."""

import timeit

import numpy as np
from timing import Row, both

STATEMENTS = {  # name: (statement, calls from the interpreter into C that it stands for)
    "a + b": ("a + b", 1),
    "a * 2.0": ("a * 2.0", 1),
    "recorded a * b": ("g * b", 1),
    "relu": ("lib.relu(a)", 1),
    "sum": ("a.sum()", 1),
    "4x4 matmul": ("m @ m", 1),
    "a[1]": ("a[1]", 1),
    "expand": ("a.expand(4, 4)", 1),
    "F.linear": ("linear(a, m, b)", 1),
    "module(x)": ("layer(a)", 2),
    "linear, forward and backward": ("linear(g, w, b).sum().backward()", 3),
    "100-op chain, forward and backward": ("chain()", 102),
    "graph of numbers, forward and backward": ("scalars()", 42),
}


def names(lib):
    """What the statements mention, for one library with PyTorch's API."""
    g = lib.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    p, q = (lib.tensor(v, requires_grad=True) for v in (0.5, 0.25))

    def chain():
        y = g
        for _ in range(100):
            y = y * 1.01
        y.sum().backward()

    def scalars():
        y = p
        for _ in range(20):
            y = y * q + p
        y.backward()

    return {"lib": lib, "a": lib.tensor([1.0, 2.0, 3.0, 4.0]), "b": lib.tensor([5.0, 6.0, 7.0, 8.0]), "g": g, "m": lib.ones(4, 4),
            "w": lib.ones(4, 4).requires_grad_(), "linear": lib.nn.functional.linear, "layer": lib.nn.Linear(4, 4), "chain": chain, "scalars": scalars}


def compiled(statement, scope):
    """The statement alone, 100 times a call (the long ones once): the loop around it costs next to nothing."""
    runs = 1 if statement.endswith("()") and statement[0] in "cs" else 100
    timer = timeit.Timer(statement, globals=scope)
    return (lambda: timer.timeit(runs)), runs


def rows(quick):
    scopes = both(names)
    a = np.array([1, 2, 3, 4], dtype="float32")
    others = {"a + b": ("a + a", {"a": a}), "sum": ("a.sum()", {"a": a}), "4x4 matmul": ("m @ m", {"m": np.ones((4, 4), "f4")}), "a[1]": ("a[1]", {"a": a})}
    for name, (statement, ops) in STATEMENTS.items():
        calls = {lib: compiled(statement, scope) for lib, scope in scopes.items()}
        if name in others:
            calls["numpy"] = compiled(*others[name])
        runs = calls["ctgrad"][1]
        yield Row(name, {lib: f for lib, (f, _) in calls.items()}, ops=ops, repeats=runs)
