"""Short scripts with modules, losses and optimisers."""

PROGRAMS = r"""
p = torch.tensor([-1.0, 2.0], requires_grad=True)
opt = torch.optim.Adam([p], lr=0.1)
for _ in range(300):
    opt.zero_grad()
    loss = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    loss.backward()
    opt.step()
loss.item() < 1
p.shape

A = torch.randn(5, 4)
U = torch.randn(5, 2, requires_grad=True)
V = torch.randn(4, 2, requires_grad=True)
opt = torch.optim.SGD([U, V], lr=0.05)
first = None
for _ in range(100):
    opt.zero_grad()
    loss = ((U @ V.t() - A) ** 2).sum()
    if first is None: first = loss.item()
    loss.backward()
    opt.step()
loss.item() < first

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.hidden = nn.Linear(1, 10)
        self.out = nn.Linear(10, 1)
    def forward(self, x):
        return self.out(F.relu(self.hidden(x)))
net = Net()
print(net)
params = list(net.parameters())
print(len(params), params[0].size())
x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x ** 2
opt = torch.optim.Adam(net.parameters(), lr=0.02)
crit = nn.MSELoss()
for i in range(150):
    opt.zero_grad()
    loss = crit(net(x), y)
    loss.backward()
    opt.step()
print(loss.item() < 0.02)

model = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 2))
loss_fn = nn.MSELoss(reduction="sum")
x, y = torch.randn(8, 10), torch.randn(8, 2)
for t in range(50):
    loss = loss_fn(model(x), y)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters(): p -= 1e-3 * p.grad
print(f"{loss.item():.3f}")

class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)
    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input
x = torch.randn(4, 3, requires_grad=True)
(MyReLU.apply(x) * torch.arange(3.0)).sum().backward()
x.grad
torch.autograd.gradcheck(MyReLU.apply, torch.randn(4, dtype=torch.float64, requires_grad=True))

class Dynamic(nn.Module):
    def __init__(self):
        super().__init__()
        for n in "abc": setattr(self, n, nn.Parameter(torch.randn(())))
    def forward(self, x, k):
        y = self.a + self.b * x
        for e in range(2, k): y = y + self.c * x ** e
        return y
    def string(self): return f"{self.a.item():.3f} {self.b.item():.3f} {self.c.item():.3f}"
m = Dynamic()
m.string()
m(torch.tensor([1.0, 2.0]), 4)
m(torch.ones(2), 3).sum().backward()
[p.grad for p in m.parameters()]

emb = nn.Embedding(10, 5)
lin = nn.Linear(10, 3)
ctx = torch.tensor([1, 4])
log_probs = F.log_softmax(lin(emb(ctx).view(1, -1)), dim=1)
log_probs.shape
loss = nn.NLLLoss()(log_probs, torch.tensor([2]))
loss.backward()
emb.weight.grad.abs().sum(1).gt(0).nonzero().flatten() if False else emb.weight.grad.abs().sum(1).gt(0)
f"{loss.item():.4f}"

net = nn.Linear(2, 1)
nn.init.constant_(net.weight, 0.5)
nn.init.zeros_(net.bias)
net(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
for name, p in net.named_parameters(): print(name, p.shape, p.requires_grad)
sum(p.numel() for p in net.parameters() if p.requires_grad)
for p in net.parameters(): p.requires_grad = False
net(torch.ones(1, 2)).requires_grad

class Attention(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(d, d, bias=False) for _ in range(3))
    def forward(self, x):
        a = torch.softmax(self.q(x) @ self.k(x).transpose(-2, -1) / x.size(-1) ** 0.5, dim=-1)
        return a @ self.v(x)
m = Attention(4)
x = torch.randn(2, 3, 4)
m(x)
m(x).sum().backward()
m.q.weight.grad.shape
[n for n, _ in m.named_parameters()]

class LayerNorm(nn.Module):
    def __init__(self, n, eps=1e-5):
        super().__init__()
        self.g, self.b, self.eps = nn.Parameter(torch.ones(n)), nn.Parameter(torch.zeros(n)), eps
    def forward(self, x):
        m, s = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
        return (x - m) / (s + self.eps).sqrt() * self.g + self.b
m = LayerNorm(4)
x = torch.arange(8.0).view(2, 4)
m(x)
m(x).pow(3).sum().backward()
m.b.grad

x = torch.zeros(3, requires_grad=True)
opt = torch.optim.SGD([x], lr=0.1)
target = torch.tensor([1.0, 2.0, 3.0])
losses = []
for i in range(10):
    opt.zero_grad()
    loss = (x - target).abs().sum()
    losses.append(round(loss.item(), 3))
    loss.backward()
    opt.step()
losses
x
""".strip().split("\n\n")
