"""User code that runs in the midst of an op, and changes what the op is at work on: an error or a result, never a crash."""

import contextlib
import copy
import gc
import threading
import time
import warnings

import ctgrad
import numpy as np
import pytest
from ctgrad import _C


class Index:
    """An int that does something when it is read."""

    def __init__(self, value, do):
        self.value, self.do = value, do

    def __index__(self):
        self.do()
        return self.value


def scalar(t):
    t.data = ctgrad.ones(())


@pytest.mark.parametrize("read", [
    lambda x, evil: x[:, evil:],
    lambda x, evil: x[evil:],
    lambda x, evil: x[evil],
    lambda x, evil: x[0, evil:],
    lambda x, evil: x[evil, ctgrad.tensor([0])],
    lambda x, evil: x.__setitem__((slice(None), slice(evil, None)), 1.0),
    lambda x, evil: x.__setitem__((evil, ctgrad.tensor([0, 1])), 1.0),
])  # fmt: skip
def test_an_index_that_changes_the_tensor(read):
    x = ctgrad.ones(3, 3)
    with pytest.raises((IndexError, RuntimeError)):
        read(x, Index(1, lambda: scalar(x)))
    assert x.shape == ()


def test_a_dimension_that_changes_the_tensor():
    x = ctgrad.ones(3, 3)
    for ask in (x.size, x.stride):
        x.data = ctgrad.ones(3, 3)
        with pytest.raises((IndexError, TypeError)):
            ask(Index(1, lambda: scalar(x)))


@pytest.fixture
def on_warning():
    """Runs what it is given wherever a warning is told."""
    what = []
    before = ctgrad.is_warn_always_enabled()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda *args, **kwargs: [do() for do in what]
        ctgrad.set_warn_always(True)
        yield what.append
    ctgrad.set_warn_always(before)


def widen(t):
    t.data = ctgrad.ones(50, 60, 70)


@pytest.mark.parametrize("change", [scalar, widen])
def test_a_warning_that_changes_the_index(on_warning, change):
    x, mask = ctgrad.ones(3), ctgrad.ones(3, dtype=ctgrad.uint8)
    on_warning(lambda: change(mask))
    with pytest.raises((IndexError, RuntimeError)):
        x[mask]


@pytest.mark.parametrize("change", [scalar, widen])
def test_a_warning_that_changes_an_operand(on_warning, change):
    at = ctgrad.tensor([0, 1])
    calls = {
        "where": lambda x: ctgrad.where(x.bool().to(ctgrad.uint8) if x.dtype != ctgrad.uint8 else x, x, x),
        "var": lambda x: ctgrad.var(x, 0),
        "scatter": lambda x: x.scatter(0, at, x, reduce="add"),
        "random_": lambda x: x.random_(0, 1 << 40),
        "index_put_": lambda x: x.index_put_([at], ctgrad.ones(2)),
    }
    for name, call in calls.items():
        x = ctgrad.ones(2, dtype=ctgrad.uint8) if name == "where" else ctgrad.ones(1) if name == "var" else ctgrad.ones(1).expand(2) if name == "index_put_" else ctgrad.ones(2)
        now = []
        on_warning(lambda x=x, now=now: now and change(x))
        now.append(True)
        with pytest.raises(RuntimeError, match="while the op was at work on it"):
            call(x)
        now.clear()


def test_a_warning_that_changes_a_number(on_warning):
    x = ctgrad.ones(1, requires_grad=True)
    on_warning(lambda: setattr(x, "data", ctgrad.ones(50)))
    with pytest.raises(ValueError, match="only one element"):
        ctgrad.tensor([x, 1.0])


def test_the_collector_runs_while_a_tensor_is_described():
    """Where the host's collector runs inside of an allocation (up to CPython 3.11), so do finalizers."""
    x = ctgrad.ones(2, 3)
    gc.callbacks.append(lambda phase, info: setattr(x, "data", ctgrad.ones(5)) if x.dim() == 2 else x.set_(ctgrad.ones(2, 3)))
    threshold = gc.get_threshold()
    try:
        gc.set_threshold(1)
        for _ in range(300):
            assert list(x.shape) in ([2, 3], [5]) and x.stride() in ((3, 1), (1,)) and x.tolist() in ([[1.0] * 3] * 2, [1.0] * 5)
            ctgrad.debug.layout(x)
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*threshold)


class Owner(np.ndarray):
    """Memory whose owner does something at its end."""

    def __del__(self):
        if getattr(self, "do", None):
            self.do()


def owned(do, *size):
    array = np.ones(size, np.float32).view(Owner)
    array.do = do
    return ctgrad.from_numpy(array)


@pytest.mark.parametrize("change", [
    lambda x: setattr(x, "data", ctgrad.ones(4)),
    lambda x: x.set_(ctgrad.ones(4)),
    lambda x: x.resize_(0).set_(ctgrad.ones(4)),
])  # fmt: skip
def test_an_owner_that_looks_at_the_tensor_it_leaves(change):
    x, seen = ctgrad.empty(0), []
    x.data = ctgrad.empty(0)

    def look():
        seen.append((tuple(x.shape), x.sum().item()))
        x.data = ctgrad.zeros(7)

    gc.collect()
    before = _C._live()
    x.data = owned(look, 3)
    change(x)
    assert seen and x.shape in ((4,), (7,))
    x.data = ctgrad.empty(0)
    gc.collect()
    assert _C._live() == before


def test_an_output_whose_owner_looks_at_it():
    out, seen = ctgrad.empty(0), []
    out.data = owned(lambda: seen.append(tuple(out.shape)), 3)
    out.grad = None
    out.data = ctgrad.ones(2)
    assert seen == [(2,)]


def test_what_a_history_owned_looks_at_the_tensor():
    class End:
        def __init__(self, do):
            self.do = do

        def __del__(self):
            self.do()

        def __call__(self, grad):
            return None

    seen = []
    for leave in (lambda x: x.detach_(), lambda x: x.mul_(2), lambda x: x.set_(ctgrad.ones(2))):
        leaf = ctgrad.ones(2, requires_grad=True)
        x = leaf * 2
        x.register_hook(End(lambda: seen.append((x.requires_grad, str(x.grad_fn)[:1]))))
        with ctgrad.no_grad():
            leave(x)
        x.detach_()
    assert len(seen) == 3


def test_a_gradient_that_is_set_while_another_leaves():
    class Last(ctgrad.Tensor):
        def __del__(self):
            x.grad = ctgrad.zeros(2)

    x = ctgrad.ones(2, requires_grad=True)
    x.grad = ctgrad.ones(2)
    gc.collect()
    before = _C._live()
    x.grad = ctgrad.ones(2).as_subclass(Last)
    x.grad = ctgrad.ones(2)
    assert x.grad.tolist() == [0, 0]
    gc.collect()
    assert _C._live() == before


# ---- other threads, while an op runs without the lock ------------------------------------------------------------------------

N = 1 << 20
LONG = {
    "out": lambda x, out: ctgrad.add(x, 1, out=out),
    "out of a block": lambda x, out: ctgrad.cumsum(x, 0, out=out),
    "in place": lambda x, out: out.erfinv_(),
    "in place of a block": lambda x, out: out.cumsum_(0),
    "in another dtype": lambda x, out: out.add_(x.half()),
    "nonzero": lambda x, out: ctgrad.nonzero(out),
    "mask": lambda x, out: x[out > 0],
    "filled": lambda x, out: out.fill_(3),
    "backward": lambda x, out: (x.requires_grad_() * out).sum().backward(),
}


@pytest.mark.parametrize("name", LONG)
def test_another_thread_gives_a_tensor_other_memory(name):
    for shape in ((8 * N,), (2, N), ()):
        for attempt in range(4):
            x, out = ctgrad.ones(N), ctgrad.ones(N)

            def change(out=out, shape=shape, attempt=attempt):
                time.sleep(attempt * 0.0005)
                out.data = ctgrad.full((), 2.0).expand(shape)

            thread = threading.Thread(target=change)
            thread.start()
            with warnings.catch_warnings(), contextlib.suppress(RuntimeError, IndexError):
                warnings.simplefilter("ignore")
                LONG[name](x, out)
            thread.join()
            assert out.numel() in (N, 2 * N, 8 * N, 1) and x.sum().dim() == 0
            out[:1].tolist() if out.dim() else out.item()


def test_another_thread_takes_a_gradient_away():
    x = ctgrad.ones(N, requires_grad=True)
    done = threading.Event()

    def take():
        while not done.is_set():
            x.grad = None

    thread = threading.Thread(target=take)
    thread.start()
    try:
        for _ in range(20):
            x.grad = ctgrad.ones(N)
            (x * 2).sum().backward()
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("assigned", [3, int, ctgrad.Tensor, type("Other", (), {})])
def test_a_function_whose_class_of_contexts_is_assigned(assigned):
    class Twice(ctgrad.autograd.Function):
        _backward_cls = assigned

        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = ctgrad.ones(2, requires_grad=True)
    Twice.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    Twice._backward_cls._forward_cls = assigned
    with contextlib.suppress(AttributeError, RuntimeError, TypeError):
        Twice.apply(x).sum().backward()


def test_memory_that_python_does_not_get():
    """Each allocation of Python's in a Function's call fails once: an error that is told, never a NULL without one (SystemError)."""
    testing = pytest.importorskip("_testcapi")

    class Least(ctgrad.autograd.Function):
        forward = staticmethod(min)  # of C, as its call is: what fails is the call
        backward = staticmethod(min)

    told = set()
    for n in range(20):
        with pytest.raises((MemoryError, TypeError)) as error:
            testing.set_nomemory(n, n + 1)
            try:
                Least.apply(1.0)
            finally:
                testing.remove_mem_hooks()
        told.add(error.type)
    assert told == {MemoryError, TypeError}


def test_nodes_are_recorded_never_made():
    x = ctgrad.ones(2, requires_grad=True)
    classes = [ctgrad._C.Node, type((x * 2).grad_fn), type(x.view(1, 2).grad_fn.next_functions[0][0]), type("Own", (ctgrad._C.Node,), {})]
    for cls in classes:
        for make in (cls, lambda cls=cls: cls(1), lambda cls=cls: cls.__new__(cls), lambda cls=cls: object.__new__(cls)):
            with pytest.raises(TypeError, match="cannot create|not safe"):
                make()
    with pytest.raises(TypeError):
        copy.copy((x * 2).grad_fn)
