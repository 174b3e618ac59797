"""Leaves that are views themselves: written outside the history they stay leaves, and they are told of first; signs of zeros in vectors and behind them; checks of dims before dtypes."""

PROGRAMS = r"""
x = torch.arange(6.).view(2, 3).requires_grad_()
with torch.no_grad(): x.mul_(2)
x.requires_grad, x.is_leaf, x._version

x = torch.randn(4).view(2, 2).requires_grad_(); o = torch.optim.SGD([x], 0.1)
for _ in range(2): o.zero_grad(); (x ** 2).sum().backward(); o.step()
x

x = torch.randn(4).reshape(2, 2); x.requires_grad = True
(x ** 2).sum().backward()
with torch.no_grad(): x -= 0.1 * x.grad; x.grad.zero_()
x
(x ** 2).sum().backward(); x.grad
x.data -= 1; x.requires_grad
b = torch.arange(6.); v = b[:3].requires_grad_(); b.mul_(2); v, v.requires_grad

b = torch.zeros(4); v = b[:2].requires_grad_(); b.fill_(1.)
v, v.is_leaf
(v * 2).sum().backward(); v.grad
with torch.no_grad(): v.add_(5)
v.detach_(), v.requires_grad, b

b = torch.zeros(4); v = b[:2].requires_grad_(); c = torch.ones(2, requires_grad=True)
b[2:] = c; v.is_leaf, v.requires_grad, v.grad_fn is None
b.sum().backward(); v.grad, c.grad

p = nn.Parameter(torch.randn(6).view(2, 3)); o = torch.optim.Adam([p]); p.sum().backward(); o.step(); p.requires_grad, p.is_leaf
nn.init.zeros_(p), p.requires_grad
q = torch.arange(4.).view(2, 2).requires_grad_(); nn.init.ones_(q), q.requires_grad
q = torch.arange(4.).t().requires_grad_(); nn.utils.vector_to_parameters(torch.ones(4), [q]); q
W = torch.randn(3, 2).t().requires_grad_(); X = torch.ones(1, 2)
for i in range(3):
    l = (X @ W).pow(2).sum(); l.backward()
    with torch.no_grad(): W -= 0.1 * W.grad; W.grad = None
    print(l)
a = torch.zeros(2, 2)[0].requires_grad_(); a.data.fill_(3); a
a.logical_and_(a), a.requires_grad

x = torch.arange(6.).view(2, 3).requires_grad_()
x.index_fill_(5, torch.tensor([0]), 1.)
x.cumsum_(7)
x[7] = 1
x[[9]] = 1.
x.unsqueeze_(9)
x[0].scatter_(3, torch.tensor([0]), 1.)
x.bitwise_not_()
x.transpose_(0, 5)
with torch.no_grad(): x.mul_(2)
y = x * 1
y[0] = 5
y.sum().backward()
x, x.grad

torch.trapezoid(torch.tensor(True))
torch.tensor([1.]).renorm(2, 5, 1.)
torch.bucketize((1,), torch.tensor([1.]))
torch.bucketize([1.], torch.tensor([1.]))
torch.searchsorted(torch.tensor([1.]), (1.,))
torch.bucketize(np.float64(1.5), torch.tensor([1.])), torch.searchsorted(torch.tensor([1.]), 2)
torch.ones(3).index_add(0, torch.tensor([0, 1]), torch.tensor(1.))
torch.tensor(1.).index_add(0, torch.tensor([0, 0]), torch.tensor(1.))
torch.tensor(1.).index_add(0, torch.tensor([0]), torch.tensor(1.))

for n in (1, 3, 4, 5, 8, 9, 16, 17, 33, 100):
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        x = torch.full((n,), -0.34, dtype=dtype)
        print(n, dtype, F.softshrink(x).signbit().long().tolist(), F.hardshrink(x).signbit().sum(), F.softshrink(-x).signbit().sum())
""".strip().split("\n\n")
