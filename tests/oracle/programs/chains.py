"""What random chains of statements found: each program is the cause of one difference."""

PROGRAMS = r"""
c = torch.arange(3.).view(3).requires_grad_()
g = c[1:]
h = g * 2
with torch.no_grad():
    _ = g.mul_(3)
g.requires_grad, g.is_leaf, g.grad_fn.name(), g.grad_fn.next_functions, c.requires_grad
(g * 2).sum().backward()
c.grad
h.sum().backward()
c.grad
torch.autograd.grad(g.sum(), c)
torch.autograd.grad(g.sum(), c, allow_unused=True)
with torch.no_grad():
    _ = c.zero_()
g.requires_grad, g.grad_fn.name(), c.is_leaf, c.grad

x = torch.ones(2, 3, requires_grad=True)
torch.where(x > 0, x, 3)
torch.where(x > 0, x.detach(), 3, out=torch.zeros(2, 3))
torch.where(x > 0, 1, 3, out=torch.zeros(2, 3))
torch.where(x > 0, x.detach(), torch.tensor(3.), out=torch.zeros(2, 3))
torch.where(x > 0, 1, 3), torch.where(x > 0, 1., 3), torch.where(x > 0, x, True), torch.where(x > 5, torch.tensor(1), 2.5)
torch.where(x > 0, "a", 3)
torch.where(x > 0, x)

for make in (lambda o: torch.zeros((2, 3), out=o), lambda o: torch.ones((2, 3), out=o), lambda o: torch.full((2, 3), 2., out=o), lambda o: torch.arange(6, out=o), lambda o: torch.rand((2, 3), out=o),
             lambda o: torch.linspace(0, 1, 3, out=o), lambda o: torch.eye(2, 3, out=o), lambda o: torch.zeros((2, 3), out=o, requires_grad=True), lambda o: torch.randint(3, (2, 3), out=o), lambda o: torch.zeros(2, out=o)):
    x = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        print(make(x) is x, x.requires_grad, x.is_leaf, x._version, x.shape)
    try:
        print(make(x).requires_grad, make(torch.zeros(2, 3)).requires_grad)
    except RuntimeError:
        print("refused")

x = torch.arange(3.).requires_grad_()
x.sum(dtype=torch.int64)
x.sum(0, dtype=torch.bool)
x.prod(dtype=torch.int64)
x.prod(0, dtype=torch.int32)
x.cumsum(0, dtype=torch.int64)
x.cumprod(0, dtype=torch.int64)
x.nansum(dtype=torch.int64)
x.detach().sum(dtype=torch.int64), x.sum(dtype=torch.float64), x.cumsum(0, dtype=torch.float16)
with torch.no_grad():
    print(x.sum(dtype=torch.int64), x.cumsum(0, dtype=torch.int64))

np.asarray(torch.arange(3)), np.array(torch.arange(3)), np.asarray(torch.arange(3)).dtype.char, np.asarray(torch.arange(3).int()).dtype.char, torch.arange(3).numpy().dtype.char

c = torch.arange(9).view(3, 3)
c.index_add_(-1, torch.tensor([0]), c.narrow(-1, 0, 1)), c.index_copy_(1, torch.tensor([0]), c.narrow(1, 1, 1))
c.scatter_(1, torch.tensor([[0], [1]]), c[:2, 1:2])
c.index_add_(0, torch.tensor([0]), c[1:2])
c.index_copy_(0, torch.tensor([0]), c[1:2])

b = torch.tensor(2.5)
d = b.squeeze()
d.detach_()
with torch.no_grad():
    d.detach_()
b.detach_() is b

x = torch.ones(3, requires_grad=True)
for f in (lambda: x // 2, lambda: x // x, lambda: (x * 1).floor_divide_(2), lambda: torch.bernoulli(x, 0.5), lambda: torch.remainder(2, x), lambda: x * 2):
    for unused in (False, True):
        try:
            print(torch.autograd.grad(f().sum(), x, allow_unused=unused))
        except RuntimeError as e:
            print("not implemented" in str(e))

e = torch.ones((), requires_grad=True) * 1
e[()] *= 2
e.grad_fn.name()
e[...] = torch.tensor(3.)
e.grad_fn.name()
x = torch.ones(2, requires_grad=True) * 1
x[:] = torch.tensor(3.)
x.grad_fn.name()
c = torch.arange(4)
d = torch.tensor(3)
for made in (c.put(torch.tensor([0]), torch.tensor([1])), c.masked_scatter(c > 0, c), d.put(torch.tensor([0]), torch.tensor([1])), d.masked_scatter(d > 0, d), torch.arange(4.).view(2, 2).t().put(torch.tensor([0]), torch.tensor([1.]))):
    print(made, made._base is None, made.stride())
b = torch.ones(0, 2, requires_grad=True)
made = torch.tensordot(b, b.t(), ([0], [1]))
made.tolist(), made.requires_grad, torch.autograd.grad(made.sum(), b), torch.tensordot(torch.zeros(0), torch.zeros(0, requires_grad=True), 1).requires_grad
torch.einsum("ij,kj->ik", torch.ones(2, 2), [], torch.ones(2, 2))
torch.einsum("ij,kj->ik", 1.5, torch.ones(2, 2))
c.is_set_to((1, 2))
torch.cdist(torch.ones(2, 2), 1)
""".strip().split("\n\n")
