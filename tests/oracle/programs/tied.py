"""Tied weights: the programs ctgrad was begun for."""

PROGRAMS = r"""
import math
class tiedLinear(nn.Module):
    def __init__(self, n, bias=True):
        super(tiedLinear, self).__init__()
        self.n = n
        self.weight = nn.Parameter(torch.Tensor(n))
        if bias: self.bias = nn.Parameter(torch.Tensor(n))
        else: self.register_parameter('bias', None)
        self.reset_parameters()
    def reset_parameters(self):
        s = 1. / math.sqrt(self.weight.size(0))
        self.weight.data.uniform_(-s, s)
        if self.bias is not None: self.bias.data.uniform_(-s, s)
    def forward(self, input):
        return F.linear(input, self.weight.repeat(self.n, 1), self.bias)
layer = tiedLinear(4, bias=False)
x = torch.autograd.Variable(torch.randn(4))
out = sum(layer(x))
out.backward()
params = next(layer.parameters())
print(params.grad)
print(4 * x)
layer
layer.weight
tiedLinear(3).bias

x = torch.randn(5, 3)
for build in (lambda w: w.repeat(3, 1), lambda w: w.expand(3, 3), lambda w: w.expand_as(torch.zeros(3, 3)), lambda w: torch.stack([w] * 3), lambda w: torch.cat([w[i].repeat(1, 3) for i in range(3)]).t()):
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = F.linear(x, build(w))
    (y * y).mean().backward()
    print(w.grad)

w = torch.tensor([1.0, 2.0], requires_grad=True)
W = w.expand(3, 2)
W
W.t()
W.t() @ W
(W * torch.arange(6.0).view(3, 2)).sum().backward()
w.grad
W.tanh().sum(0)
W[1:, ::2]
W.reshape(-1)
W.contiguous().stride()
W.clone().stride()
(W + 0).stride()

w = torch.tensor([1.0, 2.0], requires_grad=True)
W = w.expand(3, 2)
W.retain_grad()
(W * torch.arange(6.0).view(3, 2)).sum().backward()
W.grad
w.grad
W = w.expand(3, 2)
W.register_hook(lambda g: print(g.shape))
W.sum().backward()
w.grad
torch.autograd.grad((W * W).sum(), W)
torch.autograd.grad((W * W).sum() * 0 + (w.expand(3, 2) ** 3).sum(), [w])

W = nn.Parameter(torch.arange(6.0).view(2, 3) / 10)
x = torch.ones(1, 3)
code = torch.tanh(F.linear(x, W))
out = F.linear(code, W.t())
F.mse_loss(out, x).backward()
W.grad
code
out

emb = nn.Embedding(4, 2)
lin = nn.Linear(2, 4, bias=False)
lin.weight = emb.weight
m = nn.Sequential(emb, lin)
len(list(m.parameters()))
F.cross_entropy(m(torch.tensor([0, 1])), torch.tensor([1, 2])).backward()
emb.weight.grad
emb.weight.grad is lin.weight.grad
o = torch.optim.SGD(m.parameters(), lr=1.0)
o.step()
emb.weight

class Repeat(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, n):
        ctx.n = n
        return w.unsqueeze(0).repeat(n, 1)
    @staticmethod
    def backward(ctx, g):
        return g.sum(0), None
w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
Repeat.apply(w, 3)
Repeat.apply(w, 3).pow(2).sum().backward()
w.grad
torch.autograd.gradcheck(lambda w: Repeat.apply(w, 3), (w,))
torch.autograd.gradgradcheck(lambda w: Repeat.apply(w, 3) ** 2, (w,))

b = torch.zeros(3, requires_grad=True)
x = torch.arange(6.0).view(2, 3)
(x * b).sum().backward()
b.grad
b.grad = None
(x + b).pow(2).sum().backward()
b.grad
b.grad = None
(x / (b + 1)).sum().backward()
b.grad
b.grad = None
torch.where(x > 2, b, x).sum().backward()
b.grad
s = torch.tensor(2.0, requires_grad=True)
(x * s).sum().backward()
s.grad

w = torch.rand(3, requires_grad=True)
y = w.expand(4, 3).sum(0) - 4 * w
y.abs().max() < 1e-6
w.expand(4, 3).mean(0).equal(w)
w.expand(4, 3).max(0)[0].equal(w)
(w.expand(4, 3) @ torch.ones(3)).shape
w.expand(4, 3).softmax(1).sum(1)
w.expand(4, 3).prod(0).allclose(w ** 4)
w.view(3, 1).expand(3, 4).sum(1).allclose(4 * w)

x = torch.ones(3).expand(2, 3)
y = x + 1
y[0, 0] = 100
y
x
z = torch.zeros(2, 3)
z += x
z
z = torch.full((2, 2), 3.0)
z[0] = 1
z
z = torch.ones_like(x)
z[0, 0] = 5
z
r = torch.arange(2.0).repeat(3, 1)
r[0] = 9
r
c = x.contiguous()
c[1] = 7
c
c = x.clone()
c.view(-1)[0] = 3
c
""".strip().split("\n\n")
