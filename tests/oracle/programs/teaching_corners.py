"""Cells of notebooks: tables of errors, clusters, gradients by hand, memory, words, numbers at their limits."""

PROGRAMS = r"""
x = torch.linspace(-1, 1, 5, requires_grad=True)

class Counter:
    n = 0
def counting_hook(module, inp, out):
    Counter.n += 1
    print(f"{module.__class__.__name__}: {tuple(inp[0].shape)} -> {tuple(out.shape)}")
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4))
handles = [m.register_forward_hook(counting_hook) for m in net]
net(torch.zeros(2, 1, 8, 8)).shape
for h in handles: h.remove()
net(torch.zeros(2, 1, 8, 8)).shape, Counter.n
acts = {}
def save(name):
    def hook(m, i, o): acts[name] = o.detach()
    return hook
net[0].register_forward_hook(save("conv"))
net[4].register_forward_hook(save("fc"))
_ = net(torch.ones(1, 1, 8, 8))
{k: (v.shape, v.requires_grad) for k, v in acts.items()}
nn.modules.module.register_module_forward_hook(lambda m, i, o: print("global", type(m).__name__))
_ = net[1](torch.ones(1))

def try_(f):
    try:
        print("ok", f())
    except Exception as e:
        print(type(e).__name__)
for f in [lambda: torch.ones(2, 3) @ torch.ones(2, 3), lambda: torch.ones(3) + torch.ones(4), lambda: torch.ones(2).view(3), lambda: torch.cat([torch.ones(2), torch.ones(2, 2)]), lambda: torch.stack([torch.ones(2), torch.ones(3)]), lambda: torch.ones(2, 3).sum(2), lambda: torch.ones(2)[2], lambda: torch.ones(2)["a"], lambda: torch.tensor([1, 2]).mean(), lambda: torch.ones(2).long().sqrt(), lambda: torch.ones(2, requires_grad=True).numpy(), lambda: torch.zeros(2).backward(), lambda: torch.ones(2, 2).item(), lambda: float(torch.ones(2)), lambda: torch.tensor([[1], [1, 2]]), lambda: torch.randn(2, 3).reshape(4, 2), lambda: torch.eye(2).index_select(0, torch.tensor([2])), lambda: torch.eye(2).gather(0, torch.tensor([[2]])), lambda: torch.arange(4).split([1, 2]), lambda: torch.arange(4).chunk(0), lambda: F.one_hot(torch.tensor([-1])), lambda: nn.Linear(2, 2)(torch.ones(3)), lambda: nn.Conv2d(1, 1, 3)(torch.ones(1, 1, 2, 2)), lambda: nn.Embedding(2, 2)(torch.tensor([2])), lambda: F.cross_entropy(torch.ones(2, 2), torch.tensor([0, 2])), lambda: torch.linalg.inv(torch.zeros(2, 2)), lambda: torch.multinomial(torch.zeros(2), 1), lambda: torch.ones(2).expand(3), lambda: torch.ones(2, 1).expand(3, 3), lambda: torch.ones(2).repeat(), lambda: torch.ones(2).permute(1, 0), lambda: torch.ones(2).squeeze(1), lambda: torch.ones(2).unsqueeze(3), lambda: torch.ones(2).topk(3), lambda: torch.ones(2).masked_select(torch.tensor([1, 0])), lambda: torch.where(torch.tensor([1, 0]), 1, 2), lambda: torch.ones(2).scatter(0, torch.tensor([0]), "a"), lambda: torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(2, 3)), lambda: torch.normal(torch.ones(2), -torch.ones(2)), lambda: torch.arange(1, 0), lambda: torch.full((2,), None), lambda: torch.as_tensor("a"), lambda: torch.ones(2) < "a", lambda: torch.ones(2) == "a", lambda: torch.ones(2) @ 2, lambda: 2 @ torch.ones(2), lambda: torch.ones(2) + None, lambda: torch.ones(2) + [1, 2], lambda: [1, 2] + torch.ones(2), lambda: torch.ones(2) + (1, 2), lambda: torch.ones(2) * "a", lambda: -torch.tensor(True), lambda: ~torch.ones(2), lambda: torch.ones(2) & torch.ones(2), lambda: torch.ones(2) << 1, lambda: torch.tensor([True]) + torch.tensor([True]), lambda: torch.tensor(5) / 0, lambda: torch.tensor(5) // 0, lambda: torch.tensor(5.0) // 0, lambda: torch.tensor(5) % 0, lambda: torch.max(), lambda: torch.max(torch.tensor([])), lambda: torch.tensor([]).max(), lambda: torch.tensor([]).sum(), lambda: torch.tensor([]).mean(), lambda: torch.tensor([]).argmax(), lambda: torch.tensor([]).prod(), lambda: torch.tensor([]).std(), lambda: torch.tensor([]).min(0), lambda: torch.tensor([]).sort(), lambda: torch.tensor([]).median(), lambda: torch.zeros(0, 3).softmax(1), lambda: torch.zeros(0, 3).mean(0), lambda: torch.zeros(0, 3).max(0), lambda: torch.zeros(0, 3).cumsum(0), lambda: torch.zeros(0, 3).unbind(), lambda: torch.stack([]), lambda: torch.cat([torch.zeros(0), torch.ones(2, 2)]), lambda: nn.Linear(2, 0)(torch.ones(1, 2)), lambda: F.mse_loss(torch.ones(0), torch.ones(0)), lambda: F.cross_entropy(torch.ones(0, 3), torch.ones(0).long())]:
    try_(f)

class Stack(nn.Module):
    def __init__(self, sizes, act=nn.ReLU):
        super().__init__()
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(a, b), act()]
        self.net = nn.Sequential(*layers[:-1])
    def forward(self, x): return self.net(x)
    def extra_repr(self): return f"depth={len(self.net)}"
torch.manual_seed(3)
s = Stack([2, 8, 8, 1], nn.Tanh)
s
X = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = torch.tensor([[0.0], [1], [1], [0]])
opt = torch.optim.Adam(s.parameters(), lr=0.05)
for step in range(201):
    opt.zero_grad()
    l = F.binary_cross_entropy_with_logits(s(X), Y)
    l.backward()
    opt.step()
    if step % 50 == 0: print(step, f"{l.item():.5f}")
(s(X) > 0).int().flatten()
torch.sigmoid(s(X)).round()

torch.manual_seed(0)
N = 100
data = torch.cat([torch.randn(N, 2) + 2, torch.randn(N, 2) - 2])
centers = data[torch.randperm(2 * N)[:2]]
for it in range(5):
    d = torch.cdist(data, centers)
    lab = d.argmin(1)
    centers = torch.stack([data[lab == k].mean(0) for k in range(2)])
    print(it, centers, torch.bincount(lab), f"{d.min(1).values.sum():.3f}")
torch.cov(data.T), torch.corrcoef(data.T)
knn = torch.cdist(data[:3], data).topk(3, largest=False)
knn.indices, knn.values

def numerical(f, x, eps=1e-4):
    g = torch.zeros_like(x)
    for i in range(x.numel()):
        d = torch.zeros_like(x); d.view(-1)[i] = eps
        g.view(-1)[i] = (f(x + d) - f(x - d)) / (2 * eps)
    return g
f = lambda x: (x.sin() * x ** 2).sum()
x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
f(x).backward()
x.grad, numerical(f, x.detach()), torch.allclose(x.grad, numerical(f, x.detach()), atol=1e-6)
torch.autograd.gradcheck(f, (x,)), torch.autograd.gradgradcheck(f, (x,))
torch.autograd.gradcheck(lambda x: x.detach() * x, (x,))
torch.autograd.gradcheck(f, (x.detach().float().requires_grad_(),))

a = torch.arange(6).view(2, 3)
b = a.t()
b[0, 0] = 100
a, a.stride(), b.stride(), b.is_contiguous(), b.contiguous().stride()
c = a.clone()
c[0, 0] = -1
a[0, 0]
d = a[:, 1]
d += 10
a
e = a[[0, 1]]
e += 10
a
f = a.reshape(-1)
f[0] = 7
a[0, 0]
g = b.reshape(-1)
g[0] = 8
a[0, 0]
a.view(-1).data_ptr() == a.data_ptr(), b.flatten().data_ptr() == a.data_ptr(), a.T.data_ptr() == a.data_ptr()
b.view(-1)
torch.as_strided(a, (2, 2), (1, 1)), a.unfold(1, 2, 1), a.expand(2, 2, 3).stride(), a.diagonal(), a.select(1, 0), a.narrow(0, 1, 1)
h = torch.zeros(3).expand(2, 3)
h += 1
h[0] = 1
h.clone()[0].add_(1)
i = torch.ones(2, 2).T
i._base.shape, i._is_view()
torch.tensor([1, 2, 3])[None, :, None].shape
n = np.arange(3.0)
t = torch.from_numpy(n)
n[0] = 9
t
t[1] = 5
n
torch.tensor(n)[0].item(), torch.as_tensor(n).data_ptr() == t.data_ptr()
np.shares_memory(n, t.numpy())

import warnings
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    F.mse_loss(torch.ones(2, 1), torch.ones(2))
    torch.tensor(torch.ones(1))
    nn.functional.softmax(torch.ones(2))
    nn.LSTM(2, 2, dropout=0.5)
    torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1), 1).step()
    torch.ones(2, requires_grad=True).mul(2).grad
    nn.CrossEntropyLoss(size_average=True)
    F.interpolate(torch.ones(1, 1, 2), scale_factor=2, mode="linear")
    nn.utils.clip_grad_norm([torch.ones(1, requires_grad=True)], 1.0)
    F.tanh(torch.ones(1)); F.sigmoid(torch.ones(1))
    nn.init.xavier_normal(torch.ones(2, 2))
    torch.ones(1).std()
    nn.UpsamplingNearest2d(2)(torch.ones(1, 1, 2, 2))
    nn.Dropout2d()(torch.ones(2, 3))
    F.l1_loss(torch.ones(2), torch.ones(1))
    torch.range(0, 3)
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 1), 1)
len(w)
for m in w: print(m.category.__name__, str(m.message).split("(Triggered")[0].strip()[:60])

from torch import nn, Tensor
class Res(nn.Module):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(c, c), nn.Linear(c, c)
        self.norm = nn.LayerNorm(c)
        self.gamma = nn.Parameter(1e-2 * torch.ones(c))
        self.apply(self._init)
    @staticmethod
    def _init(m):
        if isinstance(m, nn.Linear):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu"); nn.init.zeros_(m.bias)
    def forward(self, x: Tensor) -> Tensor:
        return x + self.gamma * self.b(F.relu(self.a(self.norm(x))))
torch.manual_seed(5)
r = nn.Sequential(*[Res(4) for _ in range(2)])
r
sum(p.numel() for p in r.parameters())
r(torch.ones(1, 4))
r[0].a.weight
groups = [{"params": [p for n, p in r.named_parameters() if "bias" in n], "weight_decay": 0.0}, {"params": [p for n, p in r.named_parameters() if "bias" not in n]}]
o = torch.optim.AdamW(groups, lr=1e-3, weight_decay=0.1)
o
[len(g["params"]) for g in o.param_groups]
r(torch.ones(2, 4)).pow(2).mean().backward()
o.step()
r[0].gamma, o.state[r[0].gamma]["step"], o.state[r[0].gamma].keys()
ema = torch.optim.swa_utils.AveragedModel(r, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
ema.update_parameters(r)
ema.update_parameters(r)
ema.n_averaged
[n for n, _ in ema.named_parameters()][:2]
r.state_dict().keys() == nn.Sequential(*[Res(4) for _ in range(2)]).state_dict().keys()
for p in r[0].parameters(): p.requires_grad = False
[n for n, p in r.named_parameters() if p.requires_grad]
r.zero_grad()
r[1].gamma.grad
r.train(False).training, r.eval() is r
list(r.modules())[1].__class__.__name__, [type(m).__name__ for m in r.children()]

torch.manual_seed(0)
tok = {w: i for i, w in enumerate("the cat sat on mat".split())}
pairs = [("the", "cat"), ("cat", "sat"), ("sat", "on"), ("on", "the"), ("the", "mat")]
E = nn.Embedding(len(tok), 4)
E
lin = nn.Linear(4, len(tok))
opt = torch.optim.SGD([*E.parameters(), *lin.parameters()], lr=0.5)
for ep in range(40):
    tot = 0
    for a, b in pairs:
        l = F.nll_loss(F.log_softmax(lin(E(torch.tensor([tok[a]]))), 1), torch.tensor([tok[b]]))
        opt.zero_grad(); l.backward(); opt.step(); tot += l.item()
    if ep % 10 == 0: print(ep, round(tot, 4))
E.weight.grad.abs().sum(1) > 0
F.cosine_similarity(E.weight[0:1], E.weight).detach()
nn.EmbeddingBag(5, 2, mode="sum")(torch.tensor([[0, 1], [2, 3]]))
E.weight[tok["cat"]].tolist() == E(torch.tensor(tok["cat"])).tolist()
nn.Embedding.from_pretrained(torch.eye(3))(torch.tensor([2, 0]))
E(torch.tensor([[0, 1], [2, 3]])).shape

q = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
scores = q @ q.T / math.sqrt(2)
scores.masked_fill(torch.triu(torch.ones(2, 2), 1).bool(), -1e9).softmax(-1)
scores.masked_fill(torch.triu(torch.ones(2, 2, dtype=torch.bool), 1), float("-inf")).softmax(-1)
torch.softmax(torch.tensor([1000.0, 1001.0]), 0), torch.exp(torch.tensor([1000.0])) / torch.exp(torch.tensor([1000.0]))
torch.tensor([float("-inf")] * 2).softmax(0)
torch.logsumexp(torch.tensor([1000.0, 1000.0]), 0), torch.tensor([1e-8]).log1p(), torch.tensor([1e-8]).expm1()
torch.tensor(1e30) * 1e30, torch.tensor(1e-30) * 1e-30, torch.tensor(0.1) + 0.2 == 0.3, torch.tensor(16777217.0), torch.tensor(16777216.0) + 1
torch.tensor([1.0, float("nan")]).max(), torch.tensor([1.0, float("nan")]).nanmean(), torch.tensor([float("nan")]) == torch.tensor([float("nan")]), torch.isnan(torch.tensor([float("nan"), 1.0])), torch.nan_to_num(torch.tensor([float("nan"), float("inf")]))
torch.tensor([0.0, -0.0]).sign(), 1 / torch.tensor([0.0, -0.0]), torch.tensor([0.0]) / 0, torch.tensor([-8.0]) ** (1 / 3), torch.tensor([-1.0]).sqrt(), torch.tensor([0.0]).log()
torch.tensor(2, dtype=torch.uint8) - torch.tensor(3, dtype=torch.uint8), torch.tensor(2 ** 31 - 1, dtype=torch.int32) + 1, torch.tensor(2 ** 63 - 1) + 1
torch.tensor([1.5, 2.5, -0.5]).round(), torch.tensor([1.7, -1.7]).trunc(), torch.tensor(-7) // 2, torch.tensor(-7) % 3, torch.tensor(-7.0).fmod(3), torch.div(torch.tensor(-7), 2, rounding_mode="trunc"), torch.tensor([-7]).floor_divide(2)
torch.tensor(0.5).half() + torch.tensor(1e-4).half(), torch.tensor(65504.0).half() * 2, torch.tensor(1.0).bfloat16() + 0.001
torch.float16, torch.finfo(torch.float16), torch.finfo(torch.float32).max, torch.iinfo(torch.uint8)
torch.arange(0.1, 0.5, 0.1), torch.arange(0, 1, 0.1)[-1], torch.linspace(0, 1, 4)[1].item(), torch.sum(torch.full((10,), 0.1)), torch.sum(torch.full((10,), 0.1, dtype=torch.float64)), torch.full((1000,), 0.1).sum(), torch.full((1000,), 0.1).cumsum(0)[-1]
torch.randn(3, generator=torch.Generator().manual_seed(1)).std(), torch.arange(5.0).var(), torch.arange(5.0).std(unbiased=False), torch.arange(4.0).quantile(torch.tensor([0.25, 0.5])), torch.arange(4).float().median(), torch.tensor([1, 2, 2, 3]).mode(), torch.arange(10.0).histc(5), torch.histogram(torch.arange(4.0), 2)

x = torch.tensor([3.0], requires_grad=True)
opt = torch.optim.SGD([x], lr=0.1)
for i in range(3):
    y = x ** 2
    y.backward()
    print(i, x.item(), x.grad.item())
    opt.step()
x.grad
x.grad.zero_()
with torch.no_grad(): x -= 0.1 * x
x, x._version, x.is_leaf
x = x - 0.1
x.is_leaf, x.grad_fn
x.retain_grad()
(x * 2).sum().backward()
x.grad
v = torch.ones(3, requires_grad=True)
(v * torch.tensor([1.0, 2.0, 3.0])).backward(torch.tensor([1.0, 0.1, 0.01]))
v.grad
J = torch.autograd.functional.jacobian(lambda z: torch.stack([z[0] * z[1], z[1] ** 2]), torch.tensor([2.0, 3.0]))
J
H = torch.autograd.functional.hessian(lambda z: z[0] ** 2 * z[1], torch.tensor([2.0, 3.0]))
H, torch.linalg.eigvalsh(H)
w = torch.tensor([1.0, 2.0], requires_grad=True)
g = torch.autograd.grad((w ** 3).sum(), w, create_graph=True)[0]
g, torch.autograd.grad(g.sum(), w)[0]
torch.autograd.grad((w * 2).sum(), w, grad_outputs=torch.tensor(3.0)), torch.autograd.grad([w.sum(), (w * w).sum()], w)
s = torch.zeros(2, requires_grad=True)
t = s.abs().sum() + s.relu().sum() + s.clamp(0, 1).sum() + s.max() + s.norm()
t.backward()
s.grad
z = torch.tensor([2.0, 2.0, 1.0], requires_grad=True)
z.max().backward()
z.grad
z.grad = None
z.max(0).values.backward()
z.grad
z.grad = None
z.sort().values[0].backward()
z.grad
z.grad = None
z.median().backward()
z.grad
z.grad = None
z.prod().backward()
z.grad
z.grad = None
z[z > 1].sum().backward()
z.grad
z.grad = None
torch.where(z > 1, z, 0 * z).sum().backward()
z.grad
z.grad = None
(z / z.detach()).sum().backward()
z.grad
z.grad = None
z.round().sum().backward()
z.grad
z.grad = None
(z > 1).float().sum().backward()
z.grad = None
z.argmax().float().backward()
z.grad = None
F.dropout(z, 0.0).sum().backward()
z.grad
z.grad = None
z.expand(2, 3).sum().backward()
z.grad
z.grad = None
(z[0] + z[0]).backward()
z.grad
z.grad = None
z[[0, 0, 1]].sum().backward()
z.grad
z.grad = None
z.unbind()[1].backward()
z.grad
z.grad = None
torch.cumprod(z, 0).sum().backward()
z.grad
""".strip().split("\n\n")
