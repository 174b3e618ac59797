"""Steps of training (forward, backward, optimiser) of small networks: ctgrad against PyTorch, interleaved in one process.

    python -m benchmarks.training [name ...]

A figure is the least of several rounds, one thread; the ratio is PyTorch's time over ctgrad's.
"""

import math
import sys
import time

ROUNDS = 40


def mlp_step(T, sizes, batch, optimizer):
    """A network of linear layers and tanh or relu, and the loss of classes or a mean of squares."""
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [T.nn.Linear(a, b), T.nn.Tanh() if sizes[0] < 100 else T.nn.ReLU()]
    model = T.nn.Sequential(*layers[:-1])
    x = T.randn(batch, sizes[0])
    y = T.randn(batch, 1) if sizes[-1] == 1 else T.randint(0, sizes[-1], (batch,))
    loss_of = T.nn.MSELoss() if sizes[-1] == 1 else T.nn.CrossEntropyLoss()
    return stepper(model, lambda: loss_of(model(x), y), optimizer(model.parameters()))


def stepper(model, loss, optimizer):
    def step():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    return step


def mlp_tiny(T):
    return mlp_step(T, (2, 16, 16, 1), 100, lambda p: T.optim.SGD(p, lr=0.01))


def mlp_tiny_adam(T):
    return mlp_step(T, (2, 16, 16, 1), 100, lambda p: T.optim.Adam(p, lr=0.001))


def mlp_mnist(T):
    return mlp_step(T, (784, 128, 10), 64, lambda p: T.optim.SGD(p, lr=0.01, momentum=0.9))


def mlp_characters(T):
    """27 characters, 3 of context, embedding of 10, 200 hidden units, batch 32 (Bengio et al. 2003)."""
    nn = T.nn
    model = nn.Sequential(nn.Embedding(27, 10), nn.Flatten(), nn.Linear(30, 200), nn.Tanh(), nn.Linear(200, 27))
    x, y = T.randint(0, 27, (32, 3)), T.randint(0, 27, (32,))
    return stepper(model, lambda: nn.functional.cross_entropy(model(x), y), T.optim.SGD(model.parameters(), lr=0.1))


def lenet(T):
    nn = T.nn
    model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    x, y = T.randn(32, 1, 28, 28), T.randint(0, 10, (32,))
    return stepper(model, lambda: nn.functional.cross_entropy(model(x), y), T.optim.SGD(model.parameters(), lr=0.01, momentum=0.9))


def lstm(T):
    """32 to 64, 20 steps, batch 16, a linear layer on the last state."""
    model = T.nn.ModuleList([T.nn.LSTM(32, 64), T.nn.Linear(64, 10)])
    x, y = T.randn(20, 16, 32), T.randint(0, 10, (16,))

    def loss():
        states, _ = model[0](x)
        return T.nn.functional.cross_entropy(model[1](states[-1]), y)
    return stepper(model, loss, T.optim.Adam(model.parameters(), lr=1e-3))


def gpt(T, d=128, heads=4, length=64, batch=12, layers=4, words=65):
    """A decoder of pre-normalised blocks, causal attention, gelu, the head tied to the embedding (Radford et al. 2019)."""
    nn, F = T.nn, T.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
            self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
            self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

        def forward(self, x):
            b, t, _ = x.shape
            q, k, v = (part.view(b, t, heads, d // heads).transpose(1, 2) for part in self.qkv(self.ln1(x)).split(d, 2))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
            return x + self.down(F.gelu(self.up(self.ln2(x))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(words, d), nn.Embedding(length, d)
            self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
            self.ln, self.head = nn.LayerNorm(d), nn.Linear(d, words, bias=False)
            self.head.weight = self.words.weight

        def forward(self, x):
            return self.head(self.ln(self.blocks(self.words(x) + self.places(T.arange(x.shape[1])))))

    model = GPT()
    x, y = T.randint(0, words, (batch, length)), T.randint(0, words, (batch, length))
    return stepper(model, lambda: F.cross_entropy(model(x).view(-1, words), y.view(-1)), T.optim.AdamW(model.parameters(), lr=3e-4))


def encoder(T):
    """nn.TransformerEncoder of four layers, d 128, 4 heads, 64 places, batch 12, dropout 0.1."""
    layer = T.nn.TransformerEncoderLayer(128, 4, 512, dropout=0.1, batch_first=True)
    model = T.nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    x = T.randn(12, 64, 128)
    return stepper(model, lambda: (model(x) ** 2).mean(), T.optim.AdamW(model.parameters(), lr=3e-4))


WORKLOADS = (mlp_tiny, mlp_tiny_adam, mlp_mnist, mlp_characters, lenet, lstm, gpt, encoder)


def least(steps, rounds=ROUNDS, seconds=0.01):
    """The least time of a call of each step, in seconds, taking turns by short spells: other load on the machine leaves some of them alone."""
    best, calls = [math.inf] * len(steps), []
    for step in steps:
        step()
        start = time.perf_counter()
        step()
        calls.append(max(1, round(seconds / (time.perf_counter() - start))))
    for _ in range(rounds):
        for i, step in enumerate(steps):
            start = time.perf_counter()
            for _ in range(calls[i]):
                step()
            best[i] = min(best[i], (time.perf_counter() - start) / calls[i])
    return best


def main(names):
    import torch

    import ctgrad
    torch.set_num_threads(1)
    product, count = 1.0, 0
    for workload in WORKLOADS:
        if names and workload.__name__ not in names:
            continue
        torch.manual_seed(0)
        ctgrad.manual_seed(0)
        theirs, ours = least([workload(torch), workload(ctgrad)])
        product, count = product * theirs / ours, count + 1
        print(f"{workload.__name__:16} torch {theirs * 1e6:9.1f} us  ctgrad {ours * 1e6:9.1f} us  ratio {theirs / ours:5.2f}", flush=True)
    print(f"{'geometric mean':16} {product ** (1 / count):.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
