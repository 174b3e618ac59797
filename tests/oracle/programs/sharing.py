"""Who shares memory with whom, and what the tape sees of writes through views."""

PROGRAMS = r"""
x = torch.arange(6.0)
for name, y in {"view": x.view(2, 3), "reshape": x.reshape(2, 3), "slice": x[1:], "index": x[[1, 2]], "mask": x[x > 2], "select": x[0], "expand": x.expand(2, 6), "clone": x.clone(), "detach": x.detach(), "data": x.data, "float": x.float(), "double": x.double(), "contiguous": x.contiguous(), "to": x.to(torch.float32), "flatten": x.flatten(), "repeat": x.repeat(1), "flip": x.flip(0), "squeeze": x.squeeze(), "numpy": torch.from_numpy(x.numpy())}.items():
    before = x.clone()
    y[..., -1:].fill_(100) if y.dim() and name != "expand" else None
    print(name, not x.equal(before))
    x.copy_(before)

x = torch.arange(6.0).view(2, 3)
for name, y in {"t": x.t(), "reshape of t": x.t().reshape(6), "contiguous of t": x.t().contiguous(), "permute": x.permute(1, 0), "unsqueeze": x.unsqueeze(0), "narrow": x.narrow(1, 0, 2), "split": x.split(1)[0], "chunk": x.chunk(3, 1)[2], "unbind": x.unbind()[1], "diagonal": x.diagonal(), "unfold": x.unfold(1, 1, 2), "as_strided": x.as_strided((2,), (1,)), "T": x.T, "stack": torch.stack([x]), "cat": torch.cat([x]), "broadcast_to": torch.broadcast_to(x, (1, 2, 3)), "tril": x.tril(), "index_select": x.index_select(0, torch.tensor([0]))}.items():
    before = x.clone()
    with torch.no_grad(): y.mul_(0).add_(50)
    print(name, not x.equal(before), y.shape)
    x.copy_(before)

x = torch.zeros(3)
a = torch.as_tensor(x)
b = torch.tensor(x)
c = x.new_tensor([1.0])
x[0] = 1
a, b, c
d = nn.Parameter(x)
x[1] = 2
d
d.data_ptr() == x.data_ptr()

l = nn.Linear(2, 1)
w = l.weight.data
w.zero_()
l.weight
l.weight.data = torch.ones(1, 2)
w
l.weight
with torch.no_grad(): l.weight[0, 0] = 9
l.weight
sd = l.state_dict()
sd["weight"][0, 1] = -1
l.weight

x = torch.ones(4, requires_grad=True)
y = x * 1
a, b = y[:2], y[2:]
a.mul_(2)
b.add_(a.detach())
y
y.sum().backward()
x.grad

x = torch.ones(4, requires_grad=True)
y = x * 1
a = y[:2]
y.mul_(3)
a
(a * torch.tensor([1.0, 10.0])).sum().backward()
x.grad

x = torch.ones(2, 2, requires_grad=True)
y = x.clone()
y.t()[0] = torch.tensor([5.0, 6.0])
y
y.grad_fn.name()
(y * torch.arange(4.0).view(2, 2)).sum().backward()
x.grad

x = torch.ones(3, requires_grad=True)
v = torch.full((3,), 2.0, requires_grad=True)
y = x * 1
y[1:] = v[1:]
y[0] *= v[0]
y.sum().backward()
x.grad, v.grad

x = torch.zeros(2, 3)
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
x[0].copy_(w)
x
x[1] = w * 2
x.sum().backward()
w.grad
x.is_leaf, x.requires_grad

x = torch.ones(3, requires_grad=True)
y = x * 2
z = y.detach()
z += 1
y
y.sum().backward()
x.grad
y = x.exp()
z = y.detach()
z += 1
y.sum().backward()

x = torch.ones(3, requires_grad=True)
y = x * 2
y += y
y *= y.detach()
y
y.sum().backward()
x.grad

x = torch.arange(3.0, requires_grad=True)
y = x + 0
for i in range(3): y[i] = y[i] * (i + 1)
y
y.sum().backward()
x.grad

x = torch.arange(4.0, requires_grad=True)
y = x.clone()
y[y > 1] = 0
y
y.sum().backward()
x.grad
x.grad = None
z = x.clone()
z[[0, 3]] += 5
z.pow(2).sum().backward()
x.grad

x = torch.arange(4.0, requires_grad=True)
y = x * 1
y.masked_fill_(y > 2, -1)
y.clamp_(min=0)
y.index_add_(0, torch.tensor([0]), x[1:2])
y
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x * 3
y.zero_()
y.requires_grad, y.grad_fn.name()
y.sum().backward()
x.grad
y = x * 3
y.fill_(2)
y.sum().backward()
x.grad
y = x * 3
y.copy_(torch.ones(2))
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = torch.zeros(2)
y.copy_(x)
y
(y * torch.tensor([1.0, 2.0])).sum().backward()
x.grad
d = torch.zeros(2, dtype=torch.float64)
d.copy_(x)
d.sum().backward()
x.grad

x = torch.ones(3, requires_grad=True)
a = x.view(3, 1)
b = a.expand(3, 2)
c = b.t()
c.requires_grad, c.is_leaf, c._base is x
c.sum().backward()
x.grad
c.add_(1)
a.add_(1)

x = torch.ones(2, 2, requires_grad=True)
y = x + 0
y.unsqueeze_(0).squeeze_(0).t_().transpose_(0, 1)
y
y.sum().backward()
x.grad
y.shape, y.stride()

x = torch.ones(3, requires_grad=True)
s = x.sum()
x.data.fill_(5)
s.backward()
x.grad
p = (x * x).sum()
x.data.fill_(1)
p.backward()
x.grad

x = torch.arange(6.0).view(2, 3)
y = x.t()
x.resize_(3, 2) if False else None
x.add_(1)
y
x.mul_(x)
y
z = y[1:]
z.sub_(z)
x
x._version == y._version == z._version

a = torch.zeros(2)
b = a
a = a + 1
b
a += 1
c = a
c -= 1
a
def f(t): t += 1
f(a)
a
def g(t): t = t + 1
g(a)
a
x = [a] * 2
x[0] += 1
x[1]

x = torch.ones(2, requires_grad=True)
opt = torch.optim.SGD([x], lr=0.5)
snapshot = x.detach()
copy = x.detach().clone()
x.sum().backward()
opt.step()
snapshot, copy
x.grad.zero_()
g = x.grad
(x * 3).sum().backward()
g
x.grad is g
""".strip().split("\n\n")
