"""Small float32 products, and layers and gradients made of them, bit by bit as PyTorch's."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ctgrad

CPU = Path("/proc/cpuinfo")
PROCESSOR = CPU.read_text() if CPU.exists() else ""
AMD = "AuthenticAMD" in PROCESSOR
INTEL = "GenuineIntel" in PROCESSOR and "avx512vl" in PROCESSOR
pytestmark = pytest.mark.skipif(not (AMD or INTEL), reason="the order is known of AMD's processors and of Intel's with AVX-512")
LONGEST = 130


def both(draw, rows, columns, turned, offset):
    shape = (columns, rows) if turned else (rows, columns)
    flat = draw.standard_normal(rows * columns + offset).astype("f4")
    made = [lib.tensor(flat)[offset:].reshape(shape) for lib in (torch, ctgrad)]
    return [x.t() for x in made] if turned else made


def small(draw):
    while True:
        m, n, k = (int(draw.integers(1, most)) for most in (24, 24, LONGEST if draw.random() < 0.3 else 20))
        if (m < 4 or n < 12) and m * n * k <= 32768:
            return m, n, k


def known(form, m, k):
    """On Intel's processors the last of three rows has another order where both are turned."""
    return AMD or form != "TT" or m != 3 or k < 12


@pytest.mark.parametrize("form", ["NT", "NN", "TN", "TT"])
def test_products(form):
    draw = np.random.default_rng(ord(form[0]) * 100 + ord(form[1]))
    for _ in range(300):
        m, n, k = small(draw)
        if not known(form, m, k):
            continue
        offsets = [0, 0] if 1 in (m, n) else draw.integers(0, 4, 2)
        (a, x), (b, y) = both(draw, m, k, form[0] == "T", offsets[0]), both(draw, k, n, form[1] == "T", offsets[1])
        bias = draw.standard_normal(n).astype("f4")
        assert np.array_equal((a @ b).numpy(), (x @ y).numpy()), (m, n, k)
        assert np.array_equal(torch.addmm(torch.tensor(bias), a, b).numpy(), ctgrad.addmm(ctgrad.tensor(bias), x, y).numpy()), (m, n, k)


def test_vectors():
    draw = np.random.default_rng(0)
    for _ in range(200):
        m, n, k = small(draw)
        (w, v), (x, y) = both(draw, n, k, False, 0), both(draw, 1, k, False, 0)
        assert np.array_equal((x[0] @ w.t()).numpy(), (y[0] @ v.t()).numpy()), (n, k)
        if n > 1:
            assert np.array_equal((w @ x[0]).numpy(), (v @ y[0]).numpy()), (n, k)


@pytest.mark.parametrize("turned", [False, True])
def test_a_matrix_that_stands_still(turned):
    draw = np.random.default_rng(0)
    for n in range(2, 12):
        (x, y), (w, v) = both(draw, 6, n, False, 0), both(draw, n, 1, False, 0)
        w, v = (t.expand(n, n).t() if turned else t.expand(n, n) for t in (w, v))
        assert np.array_equal((x @ w).numpy(), (y @ v).numpy()), n


def train(lib, state, x, y):
    model = lib.nn.Sequential(lib.nn.Linear(5, 8), lib.nn.ReLU(), lib.nn.Linear(8, 6), lib.nn.ReLU(), lib.nn.Linear(6, 1))
    model.load_state_dict({name: lib.tensor(value) for name, value in state.items()})
    step = lib.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(50):
        step.zero_grad()
        loss = ((model(lib.tensor(x)) - lib.tensor(y)) ** 2).sum()
        loss.backward()
        step.step()
        losses.append(loss.item())
    return losses


def test_training_of_a_small_net():
    draw = np.random.default_rng(0)
    shapes = {"0.weight": (8, 5), "0.bias": 8, "2.weight": (6, 8), "2.bias": 6, "4.weight": (1, 6), "4.bias": 1}
    state = {name: (draw.standard_normal(shape) / 3).astype("f4") for name, shape in shapes.items()}
    x, y = draw.standard_normal((10, 5)).astype("f4"), draw.standard_normal((10, 1)).astype("f4")
    assert train(ctgrad, state, x, y) == train(torch, state, x, y)


@pytest.mark.parametrize("form", ["NN", "NT", "TN", "TT"])
def test_batches(form):
    draw = np.random.default_rng(ord(form[0]) * 100 + ord(form[1]))
    for _ in range(100):
        m, n, k = small(draw)
        batch = int(draw.integers(2, 6))
        a, b = (draw.standard_normal((batch, *(shape[::-1] if way == "T" else shape))).astype("f4") for way, shape in zip(form, [(m, k), (k, n)], strict=True))
        a, b = ([lib.tensor(x).transpose(1, 2) if way == "T" else lib.tensor(x) for lib in (torch, ctgrad)] for way, x in zip(form, (a, b), strict=True))
        assert np.array_equal(torch.bmm(a[0], b[0]).numpy(), ctgrad.bmm(a[1], b[1]).numpy()), (batch, m, n, k)


def test_dots():
    draw = np.random.default_rng(0)
    for n in [*range(1, 70), 1000, 7000]:
        offset = int(draw.integers(0, 4))
        x, y = ([lib.tensor(flat)[offset:] for lib in (torch, ctgrad)] for flat in draw.standard_normal((2, n + offset)).astype("f4"))
        assert torch.dot(x[0], y[0]).item() == ctgrad.dot(x[1], y[1]).item(), (n, offset)


def recurrent(lib, kind, sizes, steps, batch, settings):
    """Result and all gradients of a layer drawn from the same seed."""
    lib.manual_seed(0)
    layer = getattr(lib.nn, kind)(*sizes, **settings)
    x = lib.randn(*([steps] if steps else []), batch, sizes[0], requires_grad=True)
    y = layer(x)[0] if steps else layer(x)
    y.backward(lib.randn(*y.shape))
    return [y.detach().numpy(), x.grad.numpy(), *(p.grad.numpy() for p in layer.parameters())]


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("kind, sizes, steps, batch, settings", [
    ("RNN", (3, 4), 5, 2, {}), ("RNN", (5, 7), 4, 3, {}), ("RNN", (10, 11), 5, 4, {"nonlinearity": "relu"}), ("RNN", (3, 5), 6, 1, {"bias": False}),
    ("RNN", (10, 5), 7, 5, {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True}), ("RNN", (3, 3), 4, 3, {"nonlinearity": "relu"}),
    ("GRU", (3, 3), 5, 2, {}), ("GRU", (5, 7), 1, 3, {}), ("GRU", (3, 4), 3, 1, {"bias": False, "num_layers": 2, "bidirectional": True}),
    ("RNNCell", (5, 7), 0, 3, {}), ("GRUCell", (5, 7), 0, 3, {}), ("GRUCell", (3, 4), 0, 1, {}),
])
def test_recurrent_layers(kind, sizes, steps, batch, settings, one_thread):
    if INTEL and settings.get("nonlinearity") != "relu":
        pytest.skip("PyTorch's tanh rounds otherwise on Intel's processors")
    mine, theirs = (recurrent(lib, kind, sizes, steps, batch, settings) for lib in (ctgrad, torch))
    assert all(np.array_equal(x, y) for x, y in zip(mine, theirs, strict=True))


two_threads = pytest.mark.skipif(torch.get_num_threads() != 2, reason="which rows a thread takes is known of two")


@two_threads
@pytest.mark.parametrize("rows", range(4, 13))
def test_few_rows_that_are_left_for_the_second_thread(rows):
    draw = np.random.default_rng(rows)
    for n in (11, 12, 16, 17, 40, 100, 101):
        for k in (1, 2, 4, 5, 16, 17, 33):
            given = [draw.standard_normal(shape).astype("f4") for shape in ((rows, k), (n, k), (n,), (rows, n))]
            found = []
            for lib in (ctgrad, torch):
                x, w, b = (lib.from_numpy(a.copy()).requires_grad_() for a in given[:3])
                y = lib.nn.functional.linear(x, w, b)
                y.backward(lib.from_numpy(given[3]))
                found.append([y.detach(), (x @ w.t().contiguous()).detach(), x.grad, w.grad, b.grad])
            assert all(np.array_equal(mine.numpy(), told.numpy()) for mine, told in zip(*found, strict=True)), (n, k)


@two_threads
@pytest.mark.parametrize("batch", [5, 6, 10])
def test_few_rows_of_a_recurrent_layer(batch):
    mine, theirs = (recurrent(lib, "RNN", (5, 20), 4, batch, {"nonlinearity": "relu"} if INTEL else {}) for lib in (ctgrad, torch))
    assert all(np.array_equal(x, y) for x, y in zip(mine, theirs, strict=True))


@pytest.mark.skipif(not INTEL, reason="blocks of long lines are known of Intel's processors")
@pytest.mark.parametrize("form", ["NT", "NN", "TN", "TT"])
def test_long_lines(form, one_thread):
    draw = np.random.default_rng(ord(form[0]) * 100 + ord(form[1]))
    for m, n in ((1, 1), (1, 10), (2, 3), (3, 20), (4, 2), (8, 10), (11, 12), (16, 4), (16, 16), (20, 9), (32, 20)):
        for k in (64, 200, 384, 385, 500, 767, 784, 1000):
            if form == "TT" and m < 8 and k <= 64:
                continue
            (a, x), (b, y) = both(draw, m, k, form[0] == "T", 0), both(draw, k, n, form[1] == "T", 0)
            bias = draw.standard_normal(n).astype("f4")
            assert np.array_equal((a @ b).numpy(), (x @ y).numpy()), (m, n, k)
            assert np.array_equal(torch.addmm(torch.tensor(bias), a, b).numpy(), ctgrad.addmm(ctgrad.tensor(bias), x, y).numpy()), (m, n, k)
