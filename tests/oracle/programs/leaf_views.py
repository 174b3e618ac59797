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

x = torch.arange(6.).view(2, 3).requires_grad_(); seen = []
h = x.register_hook(lambda g: seen.append(1)); k = x.register_post_accumulate_grad_hook(lambda t: seen.append(2))
with torch.no_grad(): x.mul_(2)
(x * 2).sum().backward(); seen, x.grad
h.remove(); k.remove()
import copy; c = copy.deepcopy(x); c.requires_grad, c.is_leaf, c._is_view()
x.data = torch.ones(2, 3); x, x.requires_grad, x._is_view()
with torch.no_grad(): x.zero_()
x.requires_grad, (x + 1).requires_grad

root = torch.zeros(4); a = root[:2].requires_grad_(); b = root[2:].requires_grad_()
y = a * b
with torch.no_grad(): root.add_(1)
y.sum().backward()
(a * b).sum().backward(); a.grad, b.grad
opt = torch.optim.SGD([a, b], lr=0.5, momentum=0.9); opt.step(); opt.step(); root, a.requires_grad, b.is_leaf
root.requires_grad, a._base is root
root.requires_grad_(); a.requires_grad, a.grad_fn, a.is_leaf
(root * 2).sum().backward(); root.grad, a.grad
root[0] = 1

m = nn.Linear(2, 2); m.weight = nn.Parameter(torch.randn(2, 2).t()); m.weight._is_view()
w = torch.randn(4); m.weight.data = w.view(2, 2); o = torch.optim.Adam(m.parameters(), 0.1)
for _ in range(3): o.zero_grad(); m(torch.ones(1, 2)).sum().backward(); o.step()
m.weight, w
flat = torch.zeros(6); ps = [nn.Parameter(flat[:4].view(2, 2)), nn.Parameter(flat[4:])]; o = torch.optim.SGD(ps, 1.)
F.linear(torch.ones(1, 2), *ps).sum().backward(); o.step(); flat, [p.requires_grad for p in ps]
xs = [t.requires_grad_() for t in torch.zeros(3, 2).unbind(0)]; sum((t * i).sum() for i, t in enumerate(xs)).backward(); [t.grad for t in xs]
with torch.no_grad():
    for t in xs: t.sub_(t.grad)
xs, xs[0].is_leaf
u, v = torch.zeros(4).chunk(2); u.requires_grad_(); v.requires_grad_(); (u + v).sum().backward()
with torch.no_grad(): u -= u.grad; v -= v.grad
u, v, u.requires_grad
z = torch.zeros(2, 2).diagonal().requires_grad_(); z.sum().backward()
with torch.inference_mode(): s = z * 2
with torch.no_grad(): z += z.grad
z, z.grad_fn
e = torch.zeros(3).expand(2, 3).requires_grad_()
with torch.no_grad(): e.add_(1)
n = torch.from_numpy(np.zeros(4)).view(2, 2).requires_grad_(); n.sum().backward()
with torch.no_grad(): n -= n.grad
n, n.requires_grad
""".strip().split("\n\n")
