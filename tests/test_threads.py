"""Work shared among threads: the same bits for every number of them, after fork, from several Python threads, and under Ctrl-C.

Sizes are above those from which kernels are cut; `_share_always` has them shared where it would not pay.
"""

import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import ctgrad
from ctgrad import _C

from . import test_ops as over

F = ctgrad.nn.functional
SHAPE = (190, 257)      # 48830 numbers: above the grain, no multiple of a cut


@pytest.fixture(autouse=True)
def always():
    before = ctgrad.get_num_threads()
    _C._share_always(True)
    yield
    _C._share_always(False)
    ctgrad.set_num_threads(before)


def bits(results):
    return [np.ascontiguousarray(over.plain(t)).tobytes() for t in over.flat(results) if isinstance(t, ctgrad.Tensor)]


def same_bits(run):
    """The results of run() with 1, 2 and 3 threads are the same; how often its work was shared."""
    ctgrad.set_num_threads(1)
    alone = bits(run())
    before = _C._shared()
    for threads in (2, 3):
        ctgrad.set_num_threads(threads)
        assert bits(run()) == alone, f"{threads} threads"
    return _C._shared() - before


LAYOUTS = over.LAYOUTS | {"row": lambda a: ctgrad.tensor(a[0]).expand(a.shape), "column": lambda a: ctgrad.tensor(a[:, :1]).expand(a.shape)}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("name", sorted(over.ROWS))
def test_rows(name, dtype):
    row = over.ROWS[name]
    rng = over.generator(name)
    arrays = [over.draw(row, dtype, SHAPE, rng) for _ in range(over.arity(row))]
    try:
        over.function(name)(*[ctgrad.tensor(a[:1]) for a in arrays])
    except (NotImplementedError, RuntimeError) as e:
        pytest.skip(f"{name} refuses {dtype}: {e}")
    assert same_bits(lambda: over.function(name)(*[ctgrad.tensor(a) for a in arrays])) >= 2
    for layouts in (["transposed", "contiguous"], ["sliced", "row"], ["column", "transposed"]):
        args = [LAYOUTS[layout](a) for layout, a in zip(layouts, arrays)]
        same_bits(lambda: over.function(name)(*args))
    if "out" in inspect.signature(over.function(name)).parameters:
        same_bits(lambda: over.function(name)(*[ctgrad.tensor(a) for a in arrays], out=ctgrad.empty(0, dtype=over.function(name)(*args).dtype)))


def test_division_by_zero_is_seen_from_every_thread():
    for at in (0, 30000, 99999):
        y = ctgrad.ones(100000, dtype=ctgrad.int64)
        y[at] = 0
        for threads in (1, 2, 3):
            ctgrad.set_num_threads(threads)
            with pytest.raises(RuntimeError, match="ZeroDivisionError"):
                ctgrad.floor_divide(ctgrad.ones(100000, dtype=ctgrad.int64), y)


def data(*shape, dtype="float32", seed=0):
    return ctgrad.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


X, Y, LONG = data(300, 401), data(300, 401, seed=1), data(600007)
CUBE = data(40, 50, 60)
PLACES = ctgrad.tensor(np.random.default_rng(2).integers(0, 300, 1000))
CALLS = {
    "sum": lambda: [X.sum(), X.sum(0), X.sum(1), CUBE.sum(1), CUBE.sum((0, 2)), LONG.sum(), X.t().sum(0)],
    "mean": lambda: [X.mean(), X.mean(0), CUBE.mean(1), LONG.mean()],
    "prod": lambda: [LONG.abs().prod(), CUBE.prod(0)],
    "extremes": lambda: [X.max(), X.max(0), X.min(1), X.amax(0), X.argmax(), X.argmin(1), LONG.max(0), CUBE.amin((0, 1))],
    "any": lambda: [(X > 3).any(), (X > 3).all(1), X.count_nonzero()],
    "spread": lambda: [X.var(), X.var(0), X.std(1), ctgrad.var_mean(CUBE, 1), LONG.std()],
    "norm": lambda: [X.norm(), X.norm(dim=0), X.norm(3, dim=1), LONG.norm()],
    "softmax": lambda: [X.softmax(0), X.softmax(1), CUBE.log_softmax(1), X.logsumexp(0), X.logsumexp(1)],
    "running": lambda: [X.cumsum(0), X.cumsum(1), X.cummax(1), X.cumprod(0)],
    "copies": lambda: [X.t().contiguous(), ctgrad.cat((X, Y)), ctgrad.cat((X, Y), 1), ctgrad.stack((X, Y), 1), X.flip(0, 1), X.repeat(2, 3), X.double(),
                       X.roll(3, 0), F.pad(X, (1, 2, 3, 4)), CUBE.permute(2, 0, 1).contiguous(), X.tril(), X.to(ctgrad.int64)],
    "choice": lambda: [ctgrad.where(X > 0, X, Y), X.clamp(-1, 1), X.masked_fill(X > 0, 3.0), X[X > 0], X.index_select(0, PLACES), X[PLACES],
                       X.index_add(0, PLACES, data(1000, 401)), X.pow(3), X.pow(0.5), F.gelu(X), F.softplus(X), ctgrad.lerp(X, Y, 0.3)],
    "overlapping writes": lambda: [ctgrad.zeros(300 + 400).as_strided((300, 401), (1, 1)).clone().copy_(X), X.unfold(0, 5, 2).sum()],
    "in place": lambda: [X.clone().mul_(2).add_(Y, alpha=0.5), X.clone().t().exp_(), X.clone().fill_(3)],
    "norms and picked rows": lambda: [F.group_norm(data(40, 6, 50, 7), 3), F.layer_norm(CUBE, (50, 60)), F.embedding(PLACES, X), F.layer_norm(X.double(), (401,))],
    "losses": lambda: [F.mse_loss(X, Y), F.cross_entropy(X, PLACES[:300]), F.huber_loss(X, Y), F.layer_norm(X, (401,)), F.batch_norm(X, None, None, training=True)],
    "convolutions": lambda: [F.conv2d(data(8, 6, 30, 30), data(16, 6, 3, 3), padding=1), F.max_pool2d(data(8, 6, 60, 60), 2), F.avg_pool2d(data(8, 6, 60, 60), 3)],
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    assert same_bits(CALLS[name])


SHAPES = [(128, 128, 128), (300, 301, 302), (64, 784, 128), (1, 2000, 3000), (3000, 2000, 1), (5000, 3, 200), (7, 900, 1100), (520, 512, 530), (1100, 100, 40),
          (16, 20000, 17)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("m, k, n", SHAPES)
def test_products(m, k, n, dtype):
    if dtype == "int64":
        a, b = (ctgrad.tensor(np.random.default_rng(0).integers(-9, 9, s)) for s in ((m, k), (k, n)))
    else:
        a, b = data(m, k, dtype=dtype), data(k, n, dtype=dtype, seed=1)
    at, bt = a.t().contiguous().t(), b.t().contiguous().t()
    same_bits(lambda: [a @ b, at @ b, a @ bt, at @ bt, ctgrad.addmm(a[:, :1], a, b), a @ b[:, 0], a[0] @ b])


def test_batches():
    p, q = data(48, 64, 32), data(48, 32, 64)
    assert same_bits(lambda: [ctgrad.bmm(p, q), ctgrad.einsum("bij,bjk->bik", p, q), p @ q[0], ctgrad.einsum("bij,bkj->ik", p, p),
                              ctgrad.baddbmm(p[:, :, :1], p, q), p[:3] @ q[:3]])


def test_a_step():
    """Forward, backward and optimizer of a network with everything in it."""
    def step():
        ctgrad.manual_seed(0)
        nn = ctgrad.nn
        model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2), nn.Flatten(), nn.Linear(864, 200), nn.GELU(),
                              nn.LayerNorm(200), nn.Linear(200, 10))
        optimizer = ctgrad.optim.AdamW(model.parameters())
        for _ in range(2):
            optimizer.zero_grad()
            F.cross_entropy(model(data(128, 1, 28, 28)), PLACES[:128] % 10).backward()
            optimizer.step()
        return list(model.parameters())
    assert same_bits(step)


def test_settings():
    for n in (1, 5, 64):
        ctgrad.set_num_threads(n)
        assert ctgrad.get_num_threads() == n
    ctgrad.set_num_threads(1000)
    assert ctgrad.get_num_threads() == 64
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(RuntimeError, match="set_num_threads expects"):
            ctgrad.set_num_threads(wrong)
    with pytest.raises(ValueError, match="Overflow"):
        ctgrad.set_num_threads(2**80)


def python(code, **environment):
    place = os.path.dirname(os.path.dirname(ctgrad.__file__))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONPATH": place, **environment})
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def test_environment():
    assert python("import ctgrad; print(ctgrad.get_num_threads())", CTGRAD_NUM_THREADS="3") == "3\n"
    assert int(python("import ctgrad; print(ctgrad.get_num_threads())", CTGRAD_NUM_THREADS="")) >= 1


def test_interop():
    assert python("""
import ctgrad
assert ctgrad.get_num_interop_threads() >= 1
ctgrad.set_num_interop_threads(3)
assert ctgrad.get_num_interop_threads() == 3
try:
    ctgrad.set_num_interop_threads(2)
except RuntimeError as e:
    print(e)
""").startswith("Error: cannot set number of interop threads")


def test_python_threads():
    """Several at once: one has the workers, the others work alone; each gets its own numbers."""
    ctgrad.set_num_threads(2)
    wanted, wrong = {n: bits([data(n, seed=n).exp(), data(300, n // 300, seed=n) @ data(n // 300, 290)]) for n in (90000, 120000, 150000, 180000)}, []

    def repeat(n):
        for _ in range(20):
            if bits([data(n, seed=n).exp(), data(300, n // 300, seed=n) @ data(n // 300, 290)]) != wanted[n]:
                wrong.append(n)
    threads = [threading.Thread(target=repeat, args=(n,)) for n in wanted]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_threads_that_give_one_tensor_other_shapes():
    """Whoever waits for another's kernel, or works without the lock, goes on with the array that it started on."""
    assert python("""
import random, threading
import ctgrad
choice = random.Random(25).choice
s = ctgrad.zeros(1000, 1000)
def work():
    for _ in range(200):
        try:
            s.resize_(choice([10, 1000, 500]), 1000)
            s.add_(1)
            s @ s[:, :s.shape[0]].t()
        except (RuntimeError, IndexError):
            pass
threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("done")
""", PYTHONWARNINGS="ignore") == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork():
    """Children of a process whose workers have worked, and are at work, start their own."""
    assert python("""
import os, threading
import ctgrad
ctgrad._C._share_always(True)
ctgrad.set_num_threads(3)
x = ctgrad.arange(200000.0) / 200000
wanted = x.exp().tolist()
going = True
def busy():
    while going:
        x.tanh()
other = threading.Thread(target=busy)
other.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        before = ctgrad._C._shared()
        right = x.exp().tolist() == wanted
        os._exit(0 if right and ctgrad._C._shared() > before else 1)
    assert os.waitpid(child, 0)[1] == 0
going = False
other.join()
assert x.exp().tolist() == wanted
print("done")
""", PYTHONWARNINGS="ignore") == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_a_kernel_reads_what_the_child_writes():
    """The kernel of another thread never ends in the child: nothing waits for it, and what it reads may grow."""
    assert python("""
import os, threading, time
import ctgrad
x = (ctgrad.rand(1000000, 1) + 1).expand(1000000, 50) * 1
y = ctgrad.rand(1000000)
going = True
def busy():
    while going:
        ctgrad.lgamma(x)
        ctgrad.lgamma(y)
other = threading.Thread(target=busy)
other.start()
for _ in range(6):
    time.sleep(0.01)
    child = os.fork()
    if child == 0:
        x[0, 0] = 3
        y.resize_(2000000)
        os._exit(0 if x[0].tolist()[0] == 3 else 1)
    end = time.time() + 20
    ended = 0
    while not ended and time.time() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.001)
    if not ended:
        os.kill(child, 9)
        os.waitpid(child, 0)
        print("the child hangs")
        break
    if status:
        print(status)
going = False
other.join()
print("done")
""", PYTHONWARNINGS="ignore") == "done\n"


DRAWS = ["ctgrad.rand(n)", "ctgrad.randn(n)", "ctgrad.randn(n, dtype=ctgrad.float64)", "ctgrad.randint(9, (n,))", "ctgrad.randperm(n)",
         "ctgrad.bernoulli(p)", "ctgrad.poisson(p * 20)", "ctgrad.nn.functional.dropout(p)", "ctgrad.rand_like(p.view(2, -1).t())"]


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="no timers here")
@pytest.mark.parametrize("draw", DRAWS)
def test_interrupted_draws(draw):
    """What a handler raises ends a draw between two pieces, before the stream is where the whole draw would leave it; no result is left."""
    assert python(f"""
import signal
import ctgrad
def handler(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
def run(seconds):
    ctgrad.manual_seed(0)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    {draw}
    signal.setitimer(signal.ITIMER_REAL, 0)
    return True
for bits in range(23, 29):  # until it takes longer than the signal
    n = 1 << bits
    p = ctgrad.full((n,), 0.5).contiguous()
    p[0] = 0.25
    run(0)
    whole, done = ctgrad.get_rng_state().tolist(), False
    before = ctgrad.debug.live()
    try:
        done = run(0.03)
    except KeyboardInterrupt:
        pass
    assert ctgrad.debug.live() == before, (before, ctgrad.debug.live())
    if not done and ctgrad.get_rng_state().tolist() != whole:
        print("done")
        break
""") == "done\n"


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="no timers here")
@pytest.mark.parametrize("order", ["sort()", "sort(stable=True)", "kthvalue(n // 3)", "median()", "topk(n // 3)", "cumsum(0)", "cummax(0)", "nonzero()"])
def test_interrupted_orders(order):
    """Whatever pass over a long row is under way when a handler raises: the op ends, nothing is left, and the next one is whole."""
    assert python(f"""
import signal
import ctgrad
def handler(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
def run(x, seconds):
    n = x.numel()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    result = x.{order}
    signal.setitimer(signal.ITIMER_REAL, 0)
    return result
ended, x = 0, ctgrad.rand(1 << 22)
for dtype in (ctgrad.float32, ctgrad.int64):
    x = (x * 1e6).to(dtype)
    run(x[:100000], 0)
    before = ctgrad.debug.live()
    for step in range(20):
        done = False
        try:
            run(x, 0.0005 * 1.4**step)
            done = True
        except KeyboardInterrupt:
            ended += 1
        assert ctgrad.debug.live() == before, (before, ctgrad.debug.live())  # here, where no traceback holds a result
        if done:
            break
print("done" if ended else "never ended")
""") == "done\n"


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="no timers here")
@pytest.mark.parametrize("threads", [1, 2])
def test_interrupt(threads):
    """A handler runs, and raises, in the middle of an op: its second signal comes in the call that has got the first. Nothing is left."""
    assert python(f"""
import signal
import ctgrad
ctgrad.set_num_threads({threads})
x = ctgrad.rand(300, 100000, dtype=ctgrad.float64, requires_grad=True)
calls, seen = 0, []
def handler(*_):
    if seen.count(calls) == 3:
        return                # one that was under way when the timer stopped
    seen.append(calls)
    if seen.count(calls) == 3:
        (part * 2).sum()      # ops in a handler work alone
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
part = x[0, :100]
before = ctgrad.debug.live()
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
try:
    while True:
        calls += 1
        ctgrad.atan2(x, x)
except KeyboardInterrupt:
    pass
assert seen.count(calls) == 3
assert ctgrad.debug.live() == before, (before, ctgrad.debug.live())
ctgrad.atan2(x[:2], x[:2]).sum().backward()
print("done")
""") == "done\n"


@pytest.mark.parametrize("shape, kernel, options", [((1, 16, 600, 600), (20, 16, 3, 3), {}), ((2, 16, 301, 515), (9, 16, 5, 5), {"stride": 2, "padding": 2}),
                                                    ((1, 16, 400000), (8, 16, 9), {"padding": 3}), ((1, 8, 9, 200, 220), (12, 8, 3, 3, 3), {"padding": 1})])
def test_images_in_parts(shape, kernel, options):
    """An image that takes long goes by lines, or parts of a line, with the bits that the same places have in a small image."""
    import ctgrad
    F = ctgrad.nn.functional
    conv = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[len(shape)]
    ctgrad.manual_seed(0)
    x, w, b = ctgrad.rand(*shape), ctgrad.rand(*kernel), ctgrad.rand(kernel[0])
    whole = conv(x, w, b, **options)
    step, pad, size = options.get("stride", 1), options.get("padding", 0), kernel[2]
    padded = F.pad(x, (pad, pad) * (len(shape) - 2))
    for first in (0, whole.shape[2] // 2, whole.shape[2] - 3):
        part = conv(padded[:, :, first * step:(first + 2) * step + size].contiguous(), w, b, stride=step)
        if len(shape) > 3:
            assert ctgrad.equal(part, whole[:, :, first:first + 3].contiguous())
        else:
            assert ctgrad.allclose(part, whole[:, :, first:first + 3])


def test_deep_products_in_parts():
    """Parts of a deep product are added up."""
    import ctgrad
    ctgrad.manual_seed(0)
    for dtype, depth in ((ctgrad.float32, 40000), (ctgrad.float64, 20000)):
        a, b = ctgrad.rand(300, depth, dtype=dtype), ctgrad.rand(depth, 500, dtype=dtype)
        parts = sum(a[:, i:i + 1000].double() @ b[i:i + 1000].double() for i in range(0, depth, 1000))
        assert ctgrad.allclose((a @ b).double(), parts, rtol=1e-5)
        assert ctgrad.allclose((a.t().contiguous().t() @ b.t().contiguous().t()).double(), parts, rtol=1e-5)
    a, b = ctgrad.randint(-9, 9, (700, 1100)), ctgrad.randint(-9, 9, (1100, 900))
    assert ctgrad.equal(a @ b, (a.double() @ b.double()).long())


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="no timers here")
def test_interrupted_lists_are_freed():
    """A list that a handler left begun is freed between the host's next steps, nested or not."""
    assert python("""
import signal, sys
import ctgrad
def handler(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
for x in (ctgrad.rand(1 << 22), ctgrad.rand(1 << 19, 8), ctgrad.rand(2, 1 << 21), ctgrad.zeros(1 << 20, 4, dtype=ctgrad.int64) + 10**6):
    ended, before = False, sys.getallocatedblocks()
    while not ended:
        signal.setitimer(signal.ITIMER_REAL, 0.004)
        try:
            x.tolist()
        except KeyboardInterrupt:
            ended = True
        signal.setitimer(signal.ITIMER_REAL, 0)
    for i in range(100000):
        i = i + 1
    assert sys.getallocatedblocks() < before + 2000, (before, sys.getallocatedblocks())
print("done")
""") == "done\n"
