"""Corner cases by kind: 0-d, empty, negative dimensions, names of gradients, order of arguments, keyword forms."""

PROGRAMS = r"""
x = torch.tensor(3.0)
x.sum(), x.mean(), x.max(), x.min(), x.prod(), x.norm(), x.var(unbiased=False)
x.view(1), x.reshape(1, 1), x.expand(2), x.unsqueeze(-1), x.flatten(), x.t()
x[None], x[...], x.clone(), x.item(), x.tolist()
x + 1, x * x, x ** 2, x / 2, x // 2, x % 2, -x

x = torch.tensor(3.0)
x.argmax(), x.any(), x.all(), x.std(unbiased=False)
x.softmax(0), x.log_softmax(-1), x.logsumexp(0)
x.cat if False else torch.stack([x, x])
x.repeat(3), x.tile(2), x.flip(0), x.squeeze(), x.contiguous()
x.max(0), x.min(-1), x.sum(0), x.prod(0), x.any(0), x.amax(0), x.argmin(-1)
x.split(1)

x = torch.tensor(2.0, requires_grad=True)
y = x.view(1).expand(3).sum() + x.reshape(1, 1).squeeze() + x[None][0] + x.unsqueeze(0).repeat(2).sum()
y
y.backward()
x.grad
x.grad.shape

e = torch.zeros(0)
e + 1, e.exp(), e.sum(), e.prod(), e.norm(), e.view(0, 1).shape, e.repeat(2), e.flip(0)
e.any(), e.all(), e.tolist(), e.clone(), e.unsqueeze(0).shape, e.t().shape
torch.cat([e, e]), torch.stack([e, e]).shape, e.expand(3, 0).shape, e.split(1), e.unbind()
e.cumsum(0) if False else e[e > 0]
e.mean(), e.var(), e.std()
e.min()
e.argmin()
list(e)
e.numpy(), len(e)

e = torch.zeros(0, 3)
e.sum(0), e.mean(0), e.prod(0), e.sum(1), e.any(0), e.all(0), e.norm(dim=0), e.logsumexp(0)
e.max(1).values.shape, e.argmax(1).shape, e.amax(1).shape
e.amin(0)
e.softmax(0).shape, e.softmax(1).shape
e @ torch.ones(3, 2), torch.ones(2, 0) @ e, e.t() @ e, e.mv(torch.ones(3))
e.view(3, 0).shape, e.reshape(-1).shape, e.permute(1, 0).shape, e[:, 0], e[:, 1:].shape
e[0]
e.index_select(1, torch.tensor([0])).shape
e.tril().shape, e.diagonal().shape, e.unfold(1, 2, 1).shape, e.narrow(0, 0, 0).shape

x = torch.zeros(0, requires_grad=True)
x.sum().backward()
x.grad
(x * 2).sum().backward()
x.grad.shape
y = torch.zeros(2, 0, requires_grad=True)
y.sum(1)
(y @ torch.ones(0, 3)).sum().backward()
y.grad

x = torch.arange(24.0).view(2, 3, 4)
x.sum(-1).shape, x.sum(-3).shape, x.sum((-1, -3)).shape, x.mean(-2).shape
x.max(-1)[0].shape, x.argmin(-2).shape, x.softmax(-1).shape, x.std(-1).shape
x.transpose(-1, 0).shape, x.transpose(-3, -2).shape, x.unsqueeze(-4).shape, x.squeeze(-1).shape
x.select(-1, -1).shape, x.narrow(-1, 1, 2).shape, x.split(2, -1)[0].shape, x.chunk(2, -1)[1].shape, x.unbind(-2)[0].shape
x.flip(-1)[0, 0], x.diagonal(0, -1, -2).shape, x.unfold(-1, 2, 1).shape, x.flatten(-2, -1).shape
torch.cat([x, x], -1).shape, torch.stack([x, x], -1).shape, torch.stack([x, x], -4).shape
x.gather(-1, torch.zeros(2, 3, 1, dtype=torch.int64)).shape, x.index_select(-2, torch.tensor([0])).shape

x = torch.zeros(2, 3)
x.sum(-3)
x.transpose(-3, 0)
x.unsqueeze(-4)
x.select(-3, 0)
x.narrow(-3, 0, 1)
x.softmax(-3)
x.unbind(-3)
x.flip(-3)
x.squeeze(-3)
x.max(-3)
torch.cat([x, x], -3)
torch.stack([x, x], -4)
x.split(1, -3)

x = torch.arange(6.0).view(2, 3)
x.sum(0, keepdim=True), x.sum(1, True), x.sum((0, 1), True), x.sum(dim=(0, 1), keepdim=True).shape
x.mean(0, True), x.prod(1, True), x.max(1, True), x.min(0, keepdim=True)
x.amax(1, True), x.argmax(1, True), x.any(1, True), x.all(0, True)
x.std(0, keepdim=True), x.var(1, True, True) if False else x.var(1, keepdim=True), x.norm(dim=1, keepdim=True), x.logsumexp(1, True)

x = torch.ones(2, 3, requires_grad=True)
[type(y.grad_fn).__name__ for y in (x + 1, x - 1, x * 2, x / 2, -x, x ** 2, 2 ** x, 1 - x, 1 / x)]
[type(y.grad_fn).__name__ for y in (x.exp(), x.log(), x.sqrt(), x.square(), x.reciprocal(), x.sin(), x.cos(), x.tanh(), x.sigmoid(), x.relu(), x.abs(), x.clamp(0, 1))]

x = torch.ones(2, 3, requires_grad=True)
[type(y.grad_fn).__name__ for y in (x.sum(), x.sum(0), x.mean(), x.mean(1), x.prod(), x.prod(0), x.max(), x.max(0)[0], x.min(), x.amax(0), x.amin(), x.var(), x.std(), x.norm(), x.logsumexp(0), x.softmax(0), x.log_softmax(0))]
[type(y.grad_fn).__name__ for y in (x.view(6), x.reshape(6), x.t(), x.transpose(0, 1), x.permute(1, 0), x.expand(1, 2, 3), x.unsqueeze(0), x.squeeze(), x.flatten(), x[0], x[:, 1:], x[[0]], x[x > 0], x[None], x.select(0, 0), x.narrow(0, 0, 1), x.diagonal(), x.as_strided((2,), (1,)), x.unfold(1, 2, 1))]

x = torch.ones(2, 3, requires_grad=True)
[type(y.grad_fn).__name__ for y in (x.clone(), x.contiguous().clone(), x.t().contiguous(), x.repeat(2, 1), x.flip(0), x.tril(), x.triu(), x.split(1)[0], x.chunk(2)[0], x.unbind()[0], torch.cat([x, x]), torch.stack([x, x]), torch.where(x > 0, x, x), torch.maximum(x, x), torch.minimum(x, x), x.double(), x.to(torch.float64))]
[type(y.grad_fn).__name__ for y in (x @ x.t(), x.mm(x.t()), x.mv(x[0]), x[0].dot(x[1]), x[None].bmm(x.t()[None]), torch.addmm(x @ x.t(), x, x.t()), torch.outer(x[0], x[1]), x @ x[0], F.linear(x, x), F.linear(x, x, x[:, 0]))]
[type(y.grad_fn).__name__ for y in (x.gather(1, torch.zeros(2, 1, dtype=torch.int64)), x.scatter_add(1, torch.zeros(2, 1, dtype=torch.int64), x), x.index_select(0, torch.tensor([0])), x.index_add(0, torch.tensor([0]), x[:1]), x.masked_fill(x > 0, 0), x.mul(x).add(1), x.add(x, alpha=2), x.sub(1), x.div(x), x.remainder(2), x.floor_divide(2) + x)]

x = torch.ones(2, 3, requires_grad=True)
[type(y.grad_fn).__name__ for y in (F.relu(x), F.softmax(x, 1), F.log_softmax(x, 1), F.mse_loss(x, x.detach()), F.nll_loss(x, torch.tensor([0, 1])), F.cross_entropy(x, torch.tensor([0, 1])), F.embedding(torch.tensor([0]), x), F.l1_loss(x, x.detach() + 1))]
y = x * 1
[type(f(y).grad_fn).__name__ for f in (lambda y: y.add_(1), lambda y: y.mul_(2), lambda y: y.zero_(), lambda y: y.fill_(3), lambda y: y.copy_(x), lambda y: y.exp_(), lambda y: y.relu_(), lambda y: y.t_(), lambda y: y.unsqueeze_(0))]
y[0] = 5
type(y.grad_fn).__name__
z = x * 1
z[0].mul_(3)
type(z.grad_fn).__name__

x = torch.ones(2, requires_grad=True)
a = x * 2
v = a[0]
v.mul_(3)
type(v.grad_fn).__name__, type(a.grad_fn).__name__
a
v
b = a.view(2, 1)
b.add_(1)
b
a

torch.sum(input=torch.ones(2), dim=0)
torch.add(input=torch.ones(1), other=torch.ones(1), alpha=2)
torch.transpose(input=torch.ones(1, 2), dim0=0, dim1=1).shape
torch.cat(tensors=[torch.ones(1)], dim=0)
torch.stack(tensors=[torch.ones(1)], dim=0)
torch.where(condition=torch.tensor([True]), input=torch.ones(1), other=torch.zeros(1))
torch.clamp(input=torch.ones(1), min=2)
torch.mm(input=torch.ones(1, 1), mat2=torch.ones(1, 1))
torch.full(size=(2,), fill_value=3)
torch.arange(start=0, end=2)
torch.zeros(size=(2,)), torch.ones(size=[1])
torch.reshape(input=torch.ones(2), shape=(2, 1)).shape
torch.eye(n=2, m=1)
torch.matmul(input=torch.ones(2), other=torch.ones(2))

torch.Tensor.add(torch.ones(1), 1)
torch.Tensor.sum(torch.ones(2, 2), 0)
torch.Tensor.view(torch.ones(2), 2, 1).shape
list(map(torch.Tensor.item, torch.ones(2)))
torch.Tensor.__add__(torch.ones(1), 2)
import operator
operator.add(torch.ones(1), 1), operator.matmul(torch.ones(2), torch.ones(2)), operator.neg(torch.ones(1))
import functools
functools.reduce(torch.add, [torch.ones(1)] * 3)
functools.reduce(operator.mul, torch.tensor([1, 2, 3, 4]))
sorted([torch.tensor(2), torch.tensor(1)])

1 + torch.ones(2), 1 - torch.ones(2), 2 * torch.ones(2), 1 / torch.full((2,), 4.0), 7 // torch.full((2,), 2.0), 7 % torch.full((2,), 4.0), 2 ** torch.ones(2)
1 == torch.ones(1), 1 < torch.ones(1), 2 >= torch.ones(1), True & torch.tensor([True]), 3 | torch.tensor([4]), 3 ^ torch.tensor([1])
[1, 2] + torch.ones(2)
(1, 2) == torch.ones(2)
np.ones(2) * torch.ones(2)
torch.ones(2) * np.ones(2)
np.float64(2) * torch.ones(2)
np.int64(2) + torch.ones(2, dtype=torch.int32)

x = torch.tensor([1.0, 2.0])
x.__class__.__name__, x.__len__(), x.__contains__(1.0), x.__bool__ is not None
x.__getitem__(0), x.__neg__(), x.__abs__(), x.__add__(1), x.__radd__(1), x.__rsub__(1), x.__rmul__(2), x.__rtruediv__(1), x.__rpow__(2), x.__rfloordiv__(3)
x.__eq__(1), x.__ne__(1), x.__lt__(2), x.__ge__(2), x.__matmul__(x), x.__pow__(2), x.__mod__(2), x.__invert__ is not None
x.__setitem__(0, 5)
x
x.__iadd__(1)
x.__imul__(2)
x.__and__(x)
x.__float__()
x.__index__()

t = torch.arange(6).view(2, 3)
t.size(dim=1), t.stride(dim=0), t.sum(dim=1, keepdim=True), t.view(dtype=torch.int64).shape if False else t.shape
t.transpose(dim0=0, dim1=1).shape, t.unsqueeze(dim=0).shape, t.squeeze(dim=0).shape, t.select(dim=0, index=1), t.narrow(dim=1, start=0, length=1)
t.flatten(start_dim=0, end_dim=-1), t.permute(dims=(1, 0)).shape, t.expand(size=(2, 2, 3)).shape, t.reshape(shape=(3, 2)).shape, t.repeat(repeats=(1, 2)).shape
t.split(split_size=1), t.chunk(chunks=2), t.unbind(dim=0), t.flip(dims=(0,)), t.diagonal(offset=1), t.tril(diagonal=-1)
t.index_select(dim=0, index=torch.tensor([0])), t.gather(dim=1, index=torch.tensor([[0]])), t.masked_fill(mask=t > 2, value=0)
t.float().softmax(dim=0).shape, t.float().norm(p=1, dim=0), t.float().std(dim=0, unbiased=False), t.float().clamp(min=1, max=2)

x = torch.arange(4.0)
a, b = x.view(2, 2)
a.add_(10)
x
x[1:3] = x[0:2].clone()
x
x.view(2, 2)[:, 0] = torch.tensor([7.0, 8.0])
x
y = x.view(2, 2).t()
y[0] += 1
x
y.contiguous().zero_()
x
y.reshape(-1).zero_()
x
x.reshape(2, 2).zero_()
x

x = torch.zeros(2, 2)
y = x
x = x + 1
y
z = x
z += 1
x
w = x.clone()
w += 1
x
v = x.view(-1)
v += 1
x
u = x.detach()
u += 1
x
s = x[0]
s *= 0
x

def f(a=torch.ones(1)):
    a += 1
    return a
f(), f()
class C:
    shared = torch.zeros(2)
C().shared.add_(1)
C.shared
g = lambda *xs: sum(xs)
g(*torch.arange(3))
(lambda x, y: x * y)(*torch.tensor([[1, 2], [3, 4]]))

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x ** 2
y.sum().backward()
print(x.grad)
try: y.sum().backward()
except RuntimeError: print("second time")
y = x ** 2
y.sum().backward(retain_graph=True)
y.sum().backward()
print(x.grad)

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = torch.tensor([1.0, 2.0], requires_grad=True)
z = (x * y).sum()
gx, gy = torch.autograd.grad(z, (x, y), create_graph=True)
gx, gy
torch.autograd.grad(gx.sum(), y)
torch.autograd.grad((gx * gy).sum(), (x, y))
torch.autograd.grad(gx.sum(), x)
torch.autograd.grad(gx.sum(), x, allow_unused=True)

x = torch.randn(3, requires_grad=True)
y = x.detach().requires_grad_()
(x * y).sum().backward()
x.grad.equal(y.detach()), y.grad.equal(x.detach())
x.data is x, x.data.data_ptr() == x.data_ptr()
x.detach_().requires_grad
x.grad is None

a = torch.ones(2, requires_grad=True)
b = a * 2
c = b.detach()
c.zero_()
b
d = (b * b).sum()
c.fill_(1)
d.backward()
e = b.data
e.zero_()
b

x = torch.ones(2, 2, requires_grad=True)
y = x.view(4)
y.retain_grad()
(y * torch.arange(4.0)).sum().backward()
x.grad, y.grad
x.grad.stride(), x.grad.is_contiguous()
z = x.t()
(z * torch.arange(4.0).view(2, 2)).sum().backward()
x.grad

w = torch.ones(3, 2).t().requires_grad_()
w.is_contiguous(), w.stride()
(w * 2).sum().backward()
w.grad.stride()
w.grad = None
w.sum().backward()
w.grad.stride()

x = torch.ones(3, requires_grad=True)
x.expand(2, 3).sum().backward()
x.grad.stride(), x.grad.is_contiguous()
x.grad[0] = 7
x.grad
y = torch.ones(2, 3, requires_grad=True)
y.sum().backward()
y.grad.stride()
y.grad[0, 0] = 5
y.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
y.sum().backward(create_graph=True)
x.grad
x.grad.requires_grad
x.grad = None
(x ** 3).sum().backward(create_graph=True)
x.grad.detach(), x.grad.requires_grad
x.grad.sum().backward()
x.grad.detach()

l1 = [torch.ones(1, requires_grad=True) for _ in range(3)]
total = sum(p * i for i, p in enumerate(l1))
total
total.backward()
[p.grad for p in l1]
torch.autograd.grad(sum(p ** 2 for p in l1), l1)

x = torch.tensor(1.0, requires_grad=True)
y = x
for i in range(1, 6): y = y * i
y.backward()
x.grad
z = x
for i in range(50): z = z + z * 0.01
z.backward()
x.grad

x = torch.arange(5.0)
x[x > 2].sum(), x[(x > 1) & (x < 4)], x[~(x == 0)], x[(x < 1) | (x > 3)]
(x > 2).sum(), (x > 2).float().mean(), (x > 2).any(), (x > 10).any(), (x >= 0).all()
torch.where(x > 2, x, -x), torch.where(x > 2)[0], (x > 2).tolist()
x.masked_fill(x > 2, 0), x.clamp(1, 3), x.eq(3).int().argmax()

for dt in (torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64, torch.bool):
    t = torch.tensor([0, 1, 2]).to(dt)
    print(t, t.sum(), t.max(), t.any(), t.numpy().dtype, t.element_size(), t.type())

for dt in (torch.uint8, torch.int32, torch.int64):
    t = torch.tensor([7, 2, 9]).to(dt)
    print(t // 2, t % 4, t * 3, t - 5, -t, t ** 2, t.min(), t.argmax(), t & 3, t | 8, t ^ 1, ~t, t << 1, t >> 1)

for dt in (torch.float32, torch.float64):
    t = torch.tensor([0.5, -1.25, 3.0], dtype=dt)
    print(t.exp(), t.sigmoid(), t.tanh(), t.abs(), t.sqrt(), t.log(), t.norm(), t.std(), t.softmax(0), t.var())

t = torch.tensor([[1.0, float("nan")], [float("inf"), 2.0]])
t.sum(), t.mean(0), t.max(1), t.min(1), t.amax(), t.argmax(), t.prod(), t.norm(), t.softmax(1), t.logsumexp(1)
t == t, t.isnan() if False else (t != t), t > 1, t.clamp(0, 1), t.relu(), torch.maximum(t, torch.zeros(2, 2)), torch.minimum(t, torch.zeros(2, 2))
t.bool(), t.sort if False else t.tolist()

t = torch.zeros(2, dtype=torch.bool)
t[0] = 1
t.sum(), t.float(), t.long(), t.all(), t.any(), ~t, t | True, t & False, t ^ t, t == True, t.int() + 1, t * 2, t + t, t.max(), t.argmax if False else t.prod()
t.mean()
t.std()
t.exp(), t.sqrt(), t / t, t ** 2, t.abs if False else t.clone()
t.relu()
t.cumsum if False else t.sum(0)
""".strip().split("\n\n")
