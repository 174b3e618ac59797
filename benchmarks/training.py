"""Steps of the networks that people teach with: forward, loss, backward, optimizer."""

import numpy as np
from timing import Row, both, jax, normal, tensors


def stepper(lib, model, optimizer, loss):
    def step():
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        optimizer.step()
        return value
    return step


def classes(n, size, seed=5):
    return np.random.default_rng(seed).integers(0, n, size)


def small_mlp(lib):
    """2-16-16-1 on 100 points."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    x, y = tensors(lib, normal(100, 2), normal(100, 1, seed=1))
    return stepper(lib, model, lib.optim.SGD(model.parameters(), lr=0.01), lambda m: ((m(x) - y) ** 2).mean())


def mnist_mlp(lib):
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = tensors(lib, normal(64, 784), classes(10, 64))
    return stepper(lib, model, lib.optim.SGD(model.parameters(), lr=0.01), lambda m: nn.functional.cross_entropy(m(x), y))


def character_mlp(lib):
    """Three characters of 27 in, 10 numbers each, 200 hidden, the next one out; batch 32."""
    nn = lib.nn
    model = nn.Sequential(nn.Embedding(27, 10), nn.Flatten(), nn.Linear(30, 200), nn.Tanh(), nn.Linear(200, 27))
    x, y = tensors(lib, classes(27, (32, 3)), classes(27, 32, 6))
    return stepper(lib, model, lib.optim.SGD(model.parameters(), lr=0.01), lambda m: nn.functional.cross_entropy(m(x), y))


def lenet(lib):
    nn = lib.nn
    model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                          nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    x, y = tensors(lib, normal(32, 1, 28, 28), classes(10, 32))
    return stepper(lib, model, lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9), lambda m: nn.functional.cross_entropy(m(x), y))


def lstm(lib):
    """32 in, 64 hidden, 20 steps, batch 16."""
    nn = lib.nn
    model = nn.LSTM(32, 64)
    x, y = tensors(lib, normal(20, 16, 32), normal(20, 16, 64, seed=1))
    return stepper(lib, model, lib.optim.SGD(model.parameters(), lr=0.01), lambda m: ((m(x)[0] - y) ** 2).mean())


WIDTH, HEADS, LENGTH, LETTERS, BATCH, LAYERS = 128, 4, 64, 65, 12, 4


def gpt(lib):
    """Four layers of width 128, four heads, 64 tokens, batch 12; the head is the embedding."""
    nn, F = lib.nn, lib.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x):
            q, k, v = (t.view(BATCH, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2) for t in self.qkv(self.ln1(x)).split(WIDTH, dim=2))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(BATCH, LENGTH, WIDTH))
            return x + self.down(F.gelu(self.up(self.ln2(x))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.place = nn.Embedding(LETTERS, WIDTH), nn.Embedding(LENGTH, WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
            self.ln = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, LETTERS, bias=False)
            self.head.weight = self.token.weight

        def forward(self, at):
            x = self.token(at) + self.place(places)
            for block in self.blocks:
                x = block(x)
            return self.head(self.ln(x))

    places = lib.arange(LENGTH)
    model = GPT()
    x, y = tensors(lib, classes(LETTERS, (BATCH, LENGTH)), classes(LETTERS, BATCH * LENGTH, 6))
    return stepper(lib, model, lib.optim.AdamW(model.parameters(), lr=1e-3), lambda m: F.cross_entropy(m(x).view(-1, LETTERS), y))


GPT_ADDS = 3 * BATCH * LENGTH * (LAYERS * (12 * WIDTH**2 + 2 * LENGTH * WIDTH) + WIDTH * LETTERS)
MODELS = {  # name: (maker, multiply-adds of a step: forward, and two gradients where the input wants one; ops of the interpreter)
    "MLP 2-16-16-1 on 100 points": (small_mlp, 100 * (2 * 2 * 16 + 3 * 16 * 16 + 3 * 16), 30),
    "MNIST MLP 784-128-10, batch 64": (mnist_mlp, 64 * (2 * 784 * 128 + 3 * 128 * 10), 20),
    "character MLP with embedding": (character_mlp, 3 * 32 * (30 * 200 + 200 * 27), 25),
    "LeNet, batch 32": (lenet, 32 * (2 * 784 * 25 * 6 + 3 * (100 * 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10)), 50),
    "LSTM 32-64, 20 steps, batch 16": (lstm, 16 * 20 * 4 * 64 * (2 * 32 + 3 * 64), 15),
    "GPT, 4 layers of 128, tied head": (gpt, GPT_ADDS, 300),
}


# ---- the small network by hand ----
def small_arrays():
    random = np.random.default_rng(0)
    weights = [random.uniform(-0.5, 0.5, s).astype("f4") for s in ((2, 16), (16,), (16, 16), (16,), (16, 1), (1,))]
    return weights, normal(100, 2), normal(100, 1, seed=1)


def small_mlp_numpy():
    """The same step, its gradients written out."""
    (w1, b1, w2, b2, w3, b3), x, y = small_arrays()

    def step():
        h1 = np.tanh(x @ w1 + b1)
        h2 = np.tanh(h1 @ w2 + b2)
        error = h2 @ w3 + b3 - y
        g3 = error * np.float32(2 / 100)
        g2 = g3 @ w3.T * (1 - h2 * h2)
        g1 = g2 @ w2.T * (1 - h1 * h1)
        for w, g in ((w3, h2.T @ g3), (b3, g3.sum(0)), (w2, h1.T @ g2), (b2, g2.sum(0)), (w1, x.T @ g1), (b1, g1.sum(0))):
            w -= np.float32(0.01) * g
        return (error * error).mean()
    return step


def small_mlp_jax():
    """The same step, jitted, its weights given back to the compiler."""
    jnp = jax.numpy
    weights, x, y = small_arrays()
    state = [[jnp.asarray(w) for w in weights]]

    def loss(weights):
        w1, b1, w2, b2, w3, b3 = weights
        return ((jnp.tanh(jnp.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3 - y) ** 2).mean()

    @jax.jit
    def update(weights):
        value, gradient = jax.value_and_grad(loss)(weights)
        return value, [w - 0.01 * g for w, g in zip(weights, gradient)]

    def step():
        value, state[0] = update(state[0])
        return value.block_until_ready()
    return step


def rows(quick):
    for name, (make, adds, ops) in MODELS.items():
        if quick and make not in (small_mlp, character_mlp):
            continue

        def seeded(lib):
            lib.manual_seed(0)
            return make(lib)
        calls = both(seeded)
        first = {lib: step().item() for lib, step in calls.items()}
        if make is small_mlp:
            calls["numpy"] = small_mlp_numpy()
            if jax:
                calls["jax"] = small_mlp_jax()
        yield Row(name, calls, adds=adds, ops=ops, more=lambda: {"first_loss": first})
