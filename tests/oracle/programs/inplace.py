"""In-place operations, out=, overlap, version counters."""

PROGRAMS = r"""
x = torch.tensor([1.0, 2.0])
y = x
y += 1
x
y is x
x.add_(1) is x
x.mul_(2).sub_(1).div_(3)
x
x -= 0.5; x *= 2; x /= 4
x

x = torch.tensor([4.0, 9.0])
x.sqrt_(), x.exp_(), x.log_(), x.neg_(), x.abs_(), x.square_()
x.reciprocal_(), x.sin_(), x.cos_(), x.tanh_(), x.sigmoid_(), x.relu_()
x.pow_(2), x.clamp_(0, 0.3), x.zero_(), x.fill_(3)

x = torch.tensor([7, 8])
x //= 2
x
x %= 2
x
x **= 2
x
x.sqrt_()
x.div_(2)
x.add_(1.5)
x.exp_()
x.fill_(2.9)
x.mul_(True)

x = torch.zeros(2, 3)
x.add_(torch.ones(3))
x.add_(torch.ones(2, 1))
x.add_(torch.ones(2, 2, 3))
x.add_(torch.ones(4))
x += torch.ones(1, 2, 3)
x
torch.ones(3).add_(torch.ones(2, 3))

x = torch.ones(3).expand(2, 3)
x.add_(1)
x += 1
x[0] = 5
x[:, 0] = 2
x.zero_()
x.fill_(1)
x.copy_(torch.zeros(2, 3))
x.clone().add_(1)
x.contiguous().add_(1)

x = torch.arange(6.0)
x[1:] += x[:-1]
x[:3].add_(x[3:])
x
x.view(2, 3).add_(x.view(2, 3))
x
x[::2].mul_(x[::2])
x

x = torch.arange(4.0)
x[1:].copy_(x[:-1])
x.copy_(x)
x[:2].copy_(x[2:])
x

x = torch.zeros(3)
x.copy_(torch.tensor([1, 2, 3]))
x.copy_(torch.tensor(5))
x.copy_(torch.ones(2))
x.copy_(torch.ones(1, 3))
x.copy_(torch.ones(2, 3))
torch.zeros(2, dtype=torch.int64).copy_(torch.tensor([1.7, -1.7]))
x.copy_([1, 2, 3])

a = torch.tensor([1.0, 2.0])
out = torch.zeros(2)
torch.add(a, 1, out=out) is out
out
torch.mul(a, a, out=out)
torch.exp(a, out=a)
torch.add(a, 1, out=torch.zeros(0))
torch.add(a, 1, out=torch.zeros(2, 2)).shape
torch.neg(a, out=out[:1]).shape
torch.neg(a, out=torch.zeros(2, dtype=torch.float64))
torch.abs(torch.tensor([-1]), out=torch.zeros(1))
torch.floor(a, out=torch.zeros(2, dtype=torch.int64))
torch.square(a, out=torch.zeros(2, dtype=torch.float64))
torch.sqrt(torch.tensor([4]), out=torch.zeros(1, dtype=torch.float64))
torch.bitwise_not(torch.tensor([4]), out=torch.zeros(1, dtype=torch.int32))

x = torch.ones(4)
torch.add(x[:3], x[1:], out=x[1:])
torch.add(x, x, out=x)
torch.mul(x[:2], 2, out=x[:2])
x
torch.mm(torch.ones(2, 2), torch.ones(2, 2), out=torch.zeros(2, 2))
torch.cat([x, x], out=torch.zeros(0))
torch.stack([x, x], out=torch.zeros(2, 4))
torch.matmul(torch.ones(2, 2), torch.ones(2), out=torch.zeros(2))

a = torch.ones(2, requires_grad=True)
out = torch.zeros(2)
torch.add(a, 1, out=out)
torch.add(torch.ones(2), 1, out=a)
with torch.no_grad(): torch.add(a, 1, out=out)
out

x = torch.ones(2, requires_grad=True)
x.add_(1)
x += 1
x.zero_()
x[0] = 1
x.data.add_(1)
x
x.detach().add_(1)
x
with torch.no_grad(): x.add_(1)
x

x = torch.ones(2, requires_grad=True)
y = x * 2
y.add_(1)
y.mul_(3)
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x.exp()
y.add_(1)
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
z = y * y
y.add_(1)
z.sum().backward()

x = torch.ones(2, requires_grad=True)
y = x * 2
z = y + y
y.add_(1)
z.sum().backward()
x.grad

x = torch.ones(3)
x._version
x.add_(1)._version
x[0] = 1
x._version
x.view(3, 1)._version
x.view(3, 1).zero_()
x._version
x.detach()._version
x.data._version
x.detach().add_(1)
x._version
x.data.add_(1)
x._version
x.clone()._version

x = torch.zeros(4, requires_grad=True)
y = x * 1
v = y[:2]
v.mul_(3)
y
v
y.sum().backward()
x.grad

x = torch.ones(4, requires_grad=True)
y = x.clone()
v = y.view(2, 2)
y.mul_(2)
v
v.sum().backward()
x.grad

x = torch.ones(2, 2, requires_grad=True)
y = x * 1
y.t_()
y[0].add_(torch.tensor([5.0, 6.0]))
y.diagonal().zero_()
y
y.sum().backward()
x.grad

x = torch.ones(3, requires_grad=True)
x.view(1, 3).add_(1)
x[0].add_(1)
x[:2] *= 2
x.detach()[0] = 3
x

x = torch.ones(4, requires_grad=True)
a, b = (x * 1).chunk(2)
a.add_(1)
c = (x * 1).unbind()
c[0].add_(1)
d = (x * 1).split(2)
d[0].mul_(2)
e, f = (x * 1).view(2, 2)
e.add_(1)

x = torch.ones(2, requires_grad=True)
y = x * 2
with torch.no_grad(): y.add_(1)
y.sum().backward()
x.grad
z = x * x
with torch.no_grad(): x.add_(1)
z.sum().backward()

w = torch.tensor([1.0, 2.0], requires_grad=True)
loss = (w * w).sum()
loss.backward()
with torch.no_grad(): w -= 0.1 * w.grad
w
w.grad.zero_()
w.grad = None
w.requires_grad, w.is_leaf

x = torch.arange(3.0)
x.requires_grad_()
x.requires_grad_(False)
x.requires_grad = True
x
x.requires_grad = 1
y = x * 2
y.requires_grad = False
y.requires_grad_(False)
y.requires_grad_()
torch.arange(3).requires_grad_()
torch.arange(3).requires_grad_(False)

x = torch.ones(2)
y = torch.ones(2, requires_grad=True)
x.mul_(y)
x.is_leaf, x.requires_grad
x.sum().backward()
y.grad

x = torch.zeros(2)
x.requires_grad_()
y = torch.ones(2)
y.add_(x)
y
y.detach_()
y.requires_grad

x = torch.arange(9.0).as_strided((3, 3), (2, 1))
x.add(1)
x[0].add_(1)
torch.arange(9.0).as_strided((2, 2), (4, 1)).add_(1)
torch.arange(9.0).as_strided((2, 3), (3, 1)).mul_(2)
torch.arange(4.0).as_strided((2, 2), (0, 1)).mul_(2)

x = torch.tensor([3, 1])
x.bitwise_and_(1) if False else x.__iand__(1)
x |= 4
x ^= 1
x <<= 1
x
b = torch.tensor([True, False])
b &= torch.tensor([True, True])
b |= True
b ^= b
b
b.logical_not_()

x = torch.arange(4.0).view(2, 2)
x.tril_()
x.masked_fill_(x == 0, 9)
x.index_add_(0, torch.tensor([0]), torch.ones(1, 2))
x.scatter_add_(1, torch.tensor([[0], [1]]), torch.ones(2, 1))
x.eq_(2)
x.t_().add_(1)
x.squeeze_(0).shape
x.unsqueeze_(0).shape

x = torch.tensor([1.0, 2.0, 3.0])
x.lt_(2)
x.clamp_(min=0.5)
x.clamp_(max=torch.tensor([0.5, 0.6, 0.7]))
x.floor_divide_(0.2)
x.remainder_(2)
x.maximum(torch.zeros(3), out=x) if False else torch.maximum(x, torch.ones(3), out=x)

x = torch.ones(2)
x.resize_(3).shape
x.set_(torch.zeros(4)).shape
x.zero_().shape
torch.zeros_like(x).uniform_().shape
x.normal_().shape
x.fill_(torch.tensor(3.0))
x.fill_(torch.tensor([3.0, 4.0]))
x.fill_("a")
""".strip().split("\n\n")
