"""The tape: gradients, modes, versions, leaves."""

PROGRAMS = r"""
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = (x * x).sum()
y
y.backward()
x.grad
x.grad.requires_grad, x.is_leaf, y.is_leaf
y.grad_fn.name(), x.grad_fn

x = torch.tensor(2.0, requires_grad=True)
for _ in range(3): (x ** 3).backward()
x.grad
x.grad = None
(x ** 3 + x).backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x.sum()
y.backward()
y.backward()
z = (x * x).sum()
z.backward()
z.backward()
w = (x * x).sum()
w.backward(retain_graph=True)
w.backward()
x.grad

x = torch.ones(2, requires_grad=True)
(x * 2).backward()
(x * 2).backward(torch.tensor([1.0, 10.0]))
x.grad
(x * 2).backward(gradient=torch.ones(2))
(x * 2).backward(torch.ones(3))
(x * 2).backward(torch.ones(2, dtype=torch.float64))
(x * 2).backward(1.0)
x.grad

torch.ones(2).sum().backward()
torch.tensor(1.0).backward()
torch.ones(2, requires_grad=True).detach().sum().backward()
x = torch.tensor(3.0, requires_grad=True)
x.backward()
x.grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = torch.tensor([3.0, 4.0], requires_grad=True)
torch.autograd.grad((x * y).sum(), x)
torch.autograd.grad((x * y).sum(), [x, y])
torch.autograd.grad((x * y).sum(), (y,))
torch.autograd.grad(x * y, x, torch.tensor([1.0, 2.0]))
torch.autograd.grad([x.sum(), (x * y).sum()], x)
torch.autograd.grad(x * y, x)
x.grad, y.grad

x = torch.ones(2, requires_grad=True)
y = torch.ones(2, requires_grad=True)
torch.autograd.grad(x.sum(), y)
torch.autograd.grad(x.sum(), [x, y], allow_unused=True)
torch.autograd.grad(x.sum(), [x, y], materialize_grads=True)
torch.autograd.grad(x.sum(), torch.ones(2))
torch.autograd.grad(torch.ones(2).sum(), x)
torch.autograd.grad(x.sum(), [])
torch.autograd.grad([], x)
torch.autograd.grad(x.sum(), "a")

x = torch.tensor(2.0, requires_grad=True)
g, = torch.autograd.grad(x ** 4, x, create_graph=True)
g
g2, = torch.autograd.grad(g, x, create_graph=True)
g2
g3, = torch.autograd.grad(g2, x)
g3
g3.requires_grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = (x.exp() * x).sum()
g, = torch.autograd.grad(y, x, create_graph=True)
(g ** 2).sum().backward()
x.grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
h = x * 3
h.retain_grad()
h.retains_grad, x.retains_grad
(h * h).sum().backward()
h.grad, x.grad
x.retain_grad()
torch.ones(2).retain_grad()

x = torch.ones(2, requires_grad=True)
h = x * 2
h.sum().backward()
h.grad is None
x.grad

x = torch.ones(2, requires_grad=True)
y = (x * 2).sum()
y.grad_fn.next_functions[0][0].name()
y.grad_fn.next_functions[0][0].next_functions[0][0].name()
y.grad_fn.next_functions[0][0].next_functions[0][0].variable is x
y.grad_fn.next_functions[0][0].next_functions[1]
type(y.grad_fn).__name__
y.grad_fn

with torch.no_grad(): y = torch.ones(2, requires_grad=True) * 2
y.requires_grad, y.grad_fn
torch.is_grad_enabled()
with torch.no_grad(): print(torch.is_grad_enabled())
with torch.no_grad():
    with torch.enable_grad():
        print((torch.ones(1, requires_grad=True) * 2).requires_grad)
with torch.set_grad_enabled(False): print(torch.is_grad_enabled())
torch.set_grad_enabled(False)
(torch.ones(1, requires_grad=True) * 2).requires_grad
torch.set_grad_enabled(True)
torch.is_grad_enabled()

@torch.no_grad()
def f(x): return x * 2
f(torch.ones(1, requires_grad=True)).requires_grad
@torch.enable_grad()
def g(x): return x * 2
with torch.no_grad(): print(g(torch.ones(1, requires_grad=True)).requires_grad)
@torch.no_grad
def h(x): return x * 2
h(torch.ones(1, requires_grad=True)).requires_grad

with torch.inference_mode(): y = torch.ones(2) * 2
y.is_inference()
y + 1
y * torch.ones(2, requires_grad=True)
y.add_(1)
y.requires_grad_()
torch.is_inference_mode_enabled()
with torch.inference_mode(): print(torch.is_inference_mode_enabled(), torch.is_grad_enabled())

x = torch.ones(2, requires_grad=True)
d = x.detach()
d.requires_grad, d.grad_fn, d.is_leaf
y = x * d
y.sum().backward()
x.grad
(x * x.detach()).sum().backward()
x.grad

x = torch.ones(3, requires_grad=True)
a = x[0] + x[1]
b = a * a
b.backward()
x.grad
x.grad.zero_()
x.grad

x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
w = x.view(2, 2)
w.t().sum(0).prod().backward()
x.grad

w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w.expand(2, 3).sum().backward()
w.grad
w.grad = None
(w.expand(2, 3) * torch.arange(6.0).view(2, 3)).sum().backward()
w.grad
w.grad = None
w.repeat(2, 2).sum().backward()
w.grad
w.grad = None
torch.stack([w] * 4).sum().backward()
w.grad
w.grad = None
torch.cat([w, w * 2]).sum().backward()
w.grad

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
y = torch.tensor([10.0, 20.0], requires_grad=True)
(x * y).sum().backward()
x.grad, y.grad
(x + y[:, None]).sum().backward()
y.grad
(x / y).sum().backward()
x.grad, y.grad
(x - torch.tensor(1.0, requires_grad=True)).sum().backward()

x = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
x.max().backward()
x.grad
x.grad = None
x.amax().backward()
x.grad
x.grad = None
x.max(0)[0].backward()
x.grad
x.grad = None
x.min().backward()
x.grad

x = torch.tensor([1.0, 2.0, 0.0], requires_grad=True)
x.prod().backward()
x.grad
x.grad = None
x.mean().backward()
x.grad
x.grad = None
x.var().backward()
x.grad
x.grad = None
x.std().backward()
x.grad
x.grad = None
x.norm().backward()
x.grad
x.grad = None
x.logsumexp(0).backward()
x.grad
x.grad = None
x.softmax(0)[0].backward()
x.grad

x = torch.tensor([0.0, -1.0, 2.0], requires_grad=True)
x.relu().sum().backward()
x.grad
x.grad = None
x.abs().sum().backward()
x.grad
x.grad = None
x.clamp(0, 1).sum().backward()
x.grad
x.grad = None
torch.maximum(x, torch.zeros(3)).sum().backward()
x.grad
x.grad = None
x.sqrt().sum().backward()
x.grad
x.grad = None
torch.where(x > 0, x * 2, x * 3).sum().backward()
x.grad

x = torch.tensor([2.0, 3.0], requires_grad=True)
(x ** 2).sum().backward()
x.grad
x.grad = None
(2 ** x).sum().backward()
x.grad
x.grad = None
(x ** x).sum().backward()
x.grad
x.grad = None
(x ** 0).sum().backward()
x.grad
x.grad = None
torch.pow(torch.zeros(2), x).sum().backward()
x.grad
x.grad = None
(x % 2).sum().backward()
x.grad

from torch.autograd import Variable
x = Variable(torch.ones(2), requires_grad=True)
x
isinstance(x, Variable), isinstance(3, Variable), isinstance(x, torch.Tensor)
Variable(x)
Variable([1])
Variable(torch.ones(1) * x)

x = torch.ones(2, requires_grad=True)
x.grad = torch.ones(2) * 5
x.sum().backward()
x.grad
x.grad = torch.ones(3)
x.grad = torch.ones(2, dtype=torch.float64)
x.grad = 3
x.grad = None
del x.grad
x.grad
(x * 2).grad

x = torch.ones(2, requires_grad=True)
y = x * 2
y.backward(torch.ones(2), retain_graph=True)
y.backward(torch.ones(2), inputs=[x])
x.grad
z = torch.ones(2, requires_grad=True)
(x * z).sum().backward(inputs=[z])
x.grad, z.grad
(x * z).sum().backward(inputs=[])
torch.autograd.backward([x.sum(), (z * 2).sum()])
x.grad, z.grad
torch.autograd.backward([x * 1, z.sum()], [torch.ones(2), None])
x.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
y.detach_()
y.requires_grad, y.grad_fn
v = x.view(2, 1)
v.detach_()
x.detach_()
x.requires_grad

x = torch.ones(3, requires_grad=True)
a, b, c = (x * torch.tensor([1.0, 2.0, 3.0])).unbind()
(a + b * c).backward()
x.grad
p, q = x.split([1, 2])
(p.sum() * q.sum()).backward()
x.grad
x.chunk(3)[1].backward()
x.grad

x = torch.arange(4.0, requires_grad=True)
x.as_strided((3, 2), (1, 1)).sum().backward()
x.grad
x.grad = None
x.unfold(0, 2, 1).sum().backward()
x.grad
x.grad = None
x.view(2, 2).diagonal().sum().backward()
x.grad
x.grad = None
x.narrow(0, 1, 2).sum().backward()
x.grad
x.grad = None
x.flip(0)[0].backward()
x.grad
x.grad = None
x.view(2, 2).tril().sum().backward()
x.grad

x = torch.arange(6.0, requires_grad=True).view(2, 3)
x.is_leaf
x.retain_grad()
torch.gather(x, 1, torch.tensor([[0, 0], [2, 1]])).sum().backward()
x.grad
x.index_select(1, torch.tensor([0, 0])).sum()
x.masked_fill(x > 2, 0).sum()
x[x > 2]
x.scatter_add(1, torch.tensor([[0], [1]]), torch.ones(2, 1))
x.index_add(0, torch.tensor([0]), torch.ones(1, 3))

x = torch.ones(2, requires_grad=True)
int(x[0]), float(x.sum()), bool(x[0] > 0)
x.tolist()
x.numpy()
x.detach().numpy()
x.item()
x.sum().item()
np.asarray(x)
np.asarray(x.detach())

import copy
x = torch.ones(2, requires_grad=True)
copy.deepcopy(x)
copy.copy(x)
copy.deepcopy(x * 2)
y = copy.deepcopy(x)
y is x, y.data_ptr() == x.data_ptr()
copy.deepcopy((x * 2).detach())

x = torch.ones(1, requires_grad=True)
y = x
for _ in range(1000): y = y * 1.001 + 0
y
y.backward()
x.grad

x = torch.ones(2, 2, requires_grad=True)
y = x.sum(0, keepdim=True).expand(3, 2).mean(1).unsqueeze(1).squeeze().reshape(3, 1).permute(1, 0).contiguous()
y
y.sum().backward()
x.grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.no_grad(): v = x.view(2, 1)
v.requires_grad
v.add_(1)
x
with torch.no_grad(): x[0] = 10
x
x.sum().backward()
x.grad
""".strip().split("\n\n")
