"""Short scripts of the kind people write to learn: fits, iterations, puzzles."""

PROGRAMS = r"""
x = torch.linspace(0, 1, 20)
y = 3 * x + 2
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for i in range(100):
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.5 * w.grad
        b -= 0.5 * b.grad
    w.grad.zero_()
    b.grad.zero_()
print(f"{w.item():.3f} {b.item():.3f} {loss.item():.5f}")

x = torch.randn(50, 2)
y = (x[:, 0] + x[:, 1] > 0).float()
w = torch.zeros(2, requires_grad=True)
for i in range(50):
    p = torch.sigmoid(x @ w)
    loss = -(y * (p + 1e-7).log() + (1 - y) * (1 - p + 1e-7).log()).mean()
    g, = torch.autograd.grad(loss, w)
    w = (w - g).detach().requires_grad_()
print(f"{loss.item():.3f}")
((torch.sigmoid(x @ w) > 0.5).float() == y).float().mean()

A = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
v = torch.ones(2)
for _ in range(50):
    v = A @ v
    v = v / v.norm()
v
v @ A @ v

x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
for _ in range(6):
    f = x ** 2 - 2
    g, = torch.autograd.grad(f, x)
    x = (x - f / g).detach().requires_grad_()
x
x.item() ** 2

x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 6.0, 8.0]])
mean = x.mean(1, keepdim=True)
std = x.std(1, unbiased=False, keepdim=True)
(x - mean) / (std + 1e-5)
(x - x.mean(0)) / x.std(0)

q = torch.randn(3, 4)
k = torch.randn(3, 4)
v = torch.randn(3, 4)
scores = q @ k.t() / math.sqrt(4)
mask = torch.ones(3, 3).tril() == 0
att = scores.masked_fill(mask, float("-inf")).softmax(-1)
att
att.sum(-1)
(att @ v).shape

x = torch.arange(10.0)
w = torch.tensor([0.25, 0.5, 0.25])
x.unfold(0, 3, 1) @ w
(x.unfold(0, 3, 1) * w).sum(-1)
x.unfold(0, 3, 1).mean(1)

x = torch.arange(16.0).view(1, 1, 4, 4)
patches = x.unfold(2, 2, 2).unfold(3, 2, 2)
patches.shape
patches.amax((-1, -2))
patches.contiguous().view(-1, 4)

h = torch.zeros(3)
Wx, Wh = torch.randn(3, 2), torch.randn(3, 3) * 0.1
for t in range(4):
    h = torch.tanh(Wx @ torch.tensor([1.0, t]) + Wh @ h)
h

x = torch.tensor([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.1, 5.0]])
c = x[[0, 2]].clone()
for _ in range(3):
    d = ((x[:, None] - c[None]) ** 2).sum(-1)
    a = d.argmin(1)
    c = torch.stack([x[a == i].mean(0) for i in range(2)])
c
a

g = torch.zeros(5, 5, dtype=torch.int64)
g[2, 1:4] = 1
def step(g):
    n = torch.zeros_like(g)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            if dx or dy:
                s = torch.zeros_like(g)
                s[max(0, dx):5 + min(0, dx), max(0, dy):5 + min(0, dy)] = g[max(0, -dx):5 + min(0, -dx), max(0, -dy):5 + min(0, -dy)]
                n += s
    return ((n == 3) | ((g == 1) & (n == 2))).long()
step(g)
step(step(g)).equal(g)

sieve = torch.ones(50, dtype=torch.bool)
sieve[:2] = False
for i in range(2, 8):
    if sieve[i]: sieve[i * i::i] = False
torch.arange(50)[sieve]
sieve.sum()

row = torch.tensor([1])
for _ in range(6):
    row = torch.cat([torch.tensor([1]), row[1:] + row[:-1], torch.tensor([1])])
    print(row.tolist())

M = torch.tensor([[1, 1], [1, 0]])
P = torch.eye(2, dtype=torch.int64)
for _ in range(30): P = P @ M
P
P[0, 1].item()

L = torch.tensor([[0.0, 0.5, 0.0], [1.0, 0.0, 1.0], [0.0, 0.5, 0.0]])
r = torch.full((3,), 1 / 3)
for _ in range(60): r = 0.85 * L @ r + 0.15 / 3
r
r.sum()

A = torch.tensor([[4.0, 1.0], [2.0, 5.0]])
b = torch.tensor([1.0, 2.0])
x = torch.zeros(2)
D = A.diagonal()
R = A - torch.eye(2) * D
for _ in range(30): x = (b - R @ x) / D
x
(A @ x - b).abs().max() < 1e-5

re, im = torch.linspace(-2, 1, 4)[None], torch.linspace(-1, 1, 3)[:, None]
a, b = torch.zeros(3, 4), torch.zeros(3, 4)
n = torch.zeros(3, 4, dtype=torch.int64)
for _ in range(10):
    a, b = a * a - b * b + re, 2 * a * b + im
    n += (a * a + b * b < 4)
n

labels = torch.tensor([0, 2, 1, 2])
onehot = torch.zeros(4, 3).scatter_add(1, labels[:, None], torch.ones(4, 1))
onehot
onehot.argmax(1)
torch.eye(3)[labels]
(labels[:, None] == torch.arange(3)).int()
torch.zeros(3).index_add(0, labels, torch.ones(4))

x = torch.tensor([3.0, 1.0, 2.0])
x[:, None] > x
(x[:, None] > x).sum(1)
torch.zeros(3).scatter_add(0, (x[:, None] > x).sum(1), x)

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
torch.ones(4, 4).tril() @ x
torch.outer(x, x).triu()
x[None] - x[:, None]
((x[None] - x[:, None]) ** 2).sqrt()
(x[:, None] * x).diagonal()

poly = torch.tensor([1.0, -3.0, 2.0])
x = torch.linspace(-1, 3, 5)
sum(c * x ** i for i, c in enumerate(poly))
powers = x[:, None] ** torch.arange(3)
powers @ poly

torch.manual_seed(0)
data = torch.randn(6, 3)
cov = (data - data.mean(0)).t() @ (data - data.mean(0)) / 5
cov
cov.diagonal().allclose(data.var(0))
cov.t().equal(cov)

hist = torch.zeros(5, dtype=torch.int64)
for v in torch.tensor([1, 3, 3, 4, 1, 1]): hist[v] += 1
hist
hist.float() / hist.sum()
hist.max(0)

words = "the cat the dog".split()
vocab = {w: i for i, w in enumerate(sorted(set(words)))}
ids = torch.tensor([vocab[w] for w in words])
ids
torch.zeros(len(vocab)).index_add_(0, ids, torch.ones(len(ids)))
[sorted(set(words))[i] for i in ids]

x = torch.rand(4, 3)
y = x.clone()
y[y > 0.5] = 1
y[y <= 0.5] = 0
y.equal((x > 0.5).float())
x.clamp(0.25, 0.75).max() <= 0.75
torch.where(x > 0.5, 1.0, 0.0).equal(y)

t = torch.arange(12).reshape(3, 4)
t[1:, 1:3], t[:, -1], t[::2, ::3], t[t % 2 == 0]
t.sum(), t.sum(0), t.float().mean(1)
t.T, t.flatten(), t[None].shape
t.max(), t.argmax(), t.max(1).values
t @ t.T

a = torch.tensor([[1, 2], [3, 4]])
b = torch.tensor([[5, 6], [7, 8]])
a * b, a @ b, a + b, a - b, a / b, a ** 2
torch.cat([a, b]), torch.cat([a, b], 1), torch.stack([a, b]).shape
a.view(-1), a.T, a.sum(), a.float().mean(), a.max(), a.min()
(a == b).any(), (a < b).all()

x = torch.tensor([2.0, 3.0], requires_grad=True)
Q = 3 * x[0] ** 3 - x[1] ** 2
Q
Q.backward()
x.grad
9 * x[0] ** 2 == x.grad[0]
-2 * x[1] == x.grad[1]

x = torch.ones(2, 2, requires_grad=True)
print(x)
y = x + 2
print(y)
print(y.grad_fn.name())
z = y * y * 3
out = z.mean()
print(z, out)
out.backward()
print(x.grad)

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
while y.data.norm() < 1000: y = y * 2
print(y)
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float)
y.backward(v)
print(x.grad)

a = torch.randn(2, 2)
a = (a * 3) / (a - 1)
print(a.requires_grad)
a.requires_grad_(True)
print(a.requires_grad)
b = (a * a).sum()
print(b.grad_fn.name())
print((b ** 2).requires_grad)
with torch.no_grad(): print((b ** 2).requires_grad)
y = b.detach()
print(y.requires_grad, b.eq(y).all())

x = torch.rand(5, 3)
print(x)
x = torch.zeros(5, 3, dtype=torch.long)
print(x)
x = torch.tensor([5.5, 3])
print(x)
x = x.new_ones(5, 3, dtype=torch.double)
print(x)
x = torch.randn_like(x, dtype=torch.float)
print(x)
print(x.size())
y = torch.rand(5, 3)
print(x + y)
print(torch.add(x, y))
result = torch.empty(5, 3)
torch.add(x, y, out=result)
y.add_(x)
print(y[:, 1])
print(x.view(-1, 5).size())

a = torch.ones(5)
b = a.numpy()
a.add_(1)
print(a, b)
c = np.ones(5)
d = torch.from_numpy(c)
np.add(c, 1, out=c)
print(c, d)
t = torch.tensor([1.0])
print(t.item())

N, D_in, H, D_out = 8, 10, 5, 2
x, y = torch.randn(N, D_in), torch.randn(N, D_out)
w1, w2 = torch.randn(D_in, H), torch.randn(H, D_out)
lr = 1e-3
for t in range(50):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum().item()
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h = grad_y_pred.mm(w2.t())
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= lr * grad_w1
    w2 -= lr * grad_w2
print(f"{loss:.2f}")

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
y = x.sum()
y.backward()
print(x.grad)
x.grad.zero_()
y = (x ** 2).mean()
y.backward()
print(x.grad)
x.grad = None
y = x.t() @ x
y.trace() if hasattr(y, "notrace") else y.diagonal().sum().backward()
print(x.grad)

def f(x): return x.sin() * x.exp()
x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
d = f(x)
for n in range(4):
    d, = torch.autograd.grad(d, x, create_graph=True)
    print(n + 1, f"{d.item():.8f}")

w = torch.tensor(5.0, requires_grad=True)
v = 0.0
for i in range(5):
    loss = (w - 1) ** 2
    loss.backward()
    v = 0.9 * v + w.grad
    w.data -= 0.1 * v
    w.grad = None
    print(f"{w.item():.4f}")

mask = torch.tensor([[True, False, True], [False, False, True]])
x = torch.arange(6.0).view(2, 3)
(x * mask).sum(1) / mask.sum(1)
x[mask]
x.masked_fill(~mask, -1).max(1)
mask.float().mean()
mask.any(0), mask.all(0)
torch.where(mask)
x[torch.where(mask)]

lengths = torch.tensor([1, 3, 2])
torch.arange(3)[None] < lengths[:, None]
m = (torch.arange(3)[None] < lengths[:, None]).float()
m.sum(1)
torch.ones(3, 3) * m
lengths.max(), lengths.float().mean().item()

batches = torch.arange(10).split(4)
for b in batches: print(b, b.float().mean())
torch.stack([b.sum() for b in batches])
[len(b) for b in batches]
torch.cat(batches[::-1])

x = torch.arange(3.0, requires_grad=True)
parts = []
for i in range(3):
    parts.append(x[i] * i)
y = torch.stack(parts)
y
y.sum().backward()
x.grad
z = torch.cat([p.view(1) for p in parts])
z

d = {"a": torch.ones(2), "b": torch.zeros(1)}
for k, v in d.items(): print(k, v, v.shape)
total = sum(v.sum() for v in d.values())
total
max(d, key=lambda k: d[k].sum())
sorted(d, key=lambda k: d[k].numel())

logits = torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]])
probs = F.softmax(logits, dim=1)
probs
probs.sum(dim=1)
pred = probs.argmax(dim=1)
pred
target = torch.tensor([0, 2])
(pred == target).sum().item() / 2
-torch.log(probs[torch.arange(2), target]).mean()
F.cross_entropy(logits, target)
F.nll_loss(F.log_softmax(logits, 1), target)
logits.logsumexp(1) - logits[torch.arange(2), target]

x = torch.tensor([1.0, 2.0, 3.0])
x.unsqueeze(0) * x.unsqueeze(1)
x.view(3, 1).expand(3, 3) - x.view(1, 3).expand(3, 3)
torch.einsum("i,j->ij", x, x)
x.expand(2, 3).t().reshape(-1)
x.repeat(2).view(2, 3)

a = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.tensor([3.0, 4.0], requires_grad=True)
c = a * b
d = c.sum()
e = c.mean()
(d + e).backward()
a.grad, b.grad
c.grad_fn.next_functions[0][0].variable is a

import itertools
for a, b in itertools.product([torch.tensor(2), torch.tensor(3.0)], [torch.tensor(True), 4]):
    print(a + b, a * b, a - b, a / b, a > b)

x = torch.arange(4.0)
try:
    x.view(3)
except RuntimeError as e:
    print("caught", type(e).__name__)
finally:
    print(x)
try: x[7]
except IndexError: print("index")
try: torch.tensor([1, 2]) + "a"
except TypeError: print("type")

steps = []
x = torch.tensor(10.0, requires_grad=True)
for i in range(5):
    y = x ** 2
    y.backward()
    steps.append((round(x.item(), 4), round(x.grad.item(), 4)))
    with torch.no_grad():
        x -= 0.3 * x.grad
        x.grad.zero_()
steps

class Scaler:
    def fit(self, x):
        self.mean, self.std = x.mean(0), x.std(0)
        return self
    def transform(self, x): return (x - self.mean) / self.std
s = Scaler().fit(torch.tensor([[1.0, 10.0], [3.0, 30.0]]))
s.transform(torch.tensor([[2.0, 20.0], [5.0, 0.0]]))
s.mean, s.std

t = torch.tensor(7)
f"{t}", f"{t.item():03d}", str(t), "%d" % t, "{:.1f}".format(torch.tensor(2.0))
print("loss:", torch.tensor(0.25))
print("loss: {:.4f}".format(torch.tensor(0.25).item()))
print([t.item() for t in torch.tensor([1, 2])])
print(torch.tensor([0.5]).item())

x = torch.tensor([[1, 2, 3]])
x.shape, x.T.shape, x.squeeze().shape, x.unsqueeze(-1).shape, x.flatten().shape
x.expand(2, 3), x.repeat(2, 2), x.view(3), x.reshape(3, 1)
len(x), len(x[0]), x.dim(), x.numel()
x.tolist(), x.numpy(), x.sum().item()

B = torch.ones(2, 3)
b = torch.tensor([1.0, 2.0])
B + b[:, None]
B + b
B * b.unsqueeze(1)
(B.t() + b).t()
B - B.mean()
B / B.sum(1, keepdim=True)

torch.manual_seed(1)
x = torch.randn(3, 4)
x.norm(dim=1)
x / x.norm(dim=1, keepdim=True)
(x / x.norm(dim=1, keepdim=True)).norm(dim=1)
s = x @ x.t()
n = x.norm(dim=1)
s / (n[:, None] * n)
""".strip().split("\n\n")
