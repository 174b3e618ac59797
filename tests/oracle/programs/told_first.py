"""What is told first of writes, names of nodes and their edges, memory order of results, losses without a gradient."""

PROGRAMS = r"""
x = torch.ones(3, requires_grad=True)
x[torch.tensor([True, False])] = 1.0
x[torch.tensor([True, False, True])] = torch.ones(5)
x[5] = 1.0
x[[7]] = 2.0
x

a = torch.ones(3)
x = torch.ones(3, requires_grad=True)
torch.sum(a, 5, out=x)
torch.gather(a, 3, torch.tensor([0]), out=x)
torch.take(a, torch.tensor([99]), out=x)
torch.cumsum(a, 7, out=x)
torch.eq(a, a, out=x)
torch.add(a, torch.ones(2), out=x)
torch.exp(x, out=torch.zeros(2))
x

x = torch.zeros(3)
x.random_(2 ** 24, None)
x.random_(0, 2 ** 25)
x.double().random_(2 ** 53, None)
x.half().random_(2048, None)
x.bool().random_(2, None)
x.int().random_(2 ** 31, None)
torch.einsum(b"i,j->ij", x, torch.ones(2)).shape

def names(t): return [type(fn).__name__ for fn, _ in t.grad_fn.next_functions]
x = torch.ones(3, requires_grad=True)
y = x.clone()
y[0] = x[1]
names(y), y.grad_fn.name()
y = x.clone(); y[1:].mul_(3); names(y)
y = x.clone(); y[1:].addcmul_(x[1:], x[:2]); names(y)
y = x.clone(); y[1] = 5.0; names(y)
names(x[torch.tensor([0])]), names(x[x > 0]), names(F.conv1d(x.view(1, 1, 3), torch.ones(1, 1, 1)))
x[..., -3:].grad_fn.name(), x[..., 0:3].grad_fn.name()

x = torch.ones(3, requires_grad=True)
y = x * 2
x.requires_grad_(False)
y.sum().backward()
x.grad
x.requires_grad_()
y = x * 2
x.detach_()
y.sum().backward()
x.grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 1
y.eq_(1)
y.grad_fn.name()
y.sum().backward()
x.grad
y = x * 1
y.logical_not_().grad_fn.name(), x.logical_and_(x), x.requires_grad
x.ge_(0)

a = torch.rand(3, 4, requires_grad=True)
v = torch.rand(4, requires_grad=True)
t = torch.tensor([0, 1, 3])
F.nll_loss(a, t, weight=v)
F.cross_entropy(a, t, weight=v)
F.binary_cross_entropy(a, a.detach(), weight=v)
F.binary_cross_entropy_with_logits(a, a.detach(), pos_weight=v)
F.soft_margin_loss(a, a)
F.multi_margin_loss(a, t, weight=v)
F.batch_norm(a, v, v)
F.binary_cross_entropy(a, a.detach() + 1)
m = torch.normal(a, a.detach())
m.grad_fn.name()
m.sum().backward()
a.grad
type(torch.heaviside(a, a).grad_fn).__name__
torch.heaviside(a, a).sum().backward()

x = torch.tensor([0.3, 0.6], requires_grad=True)
torch.logit(x), torch.sinc(x), torch.xlogy(x, 2.0), torch.xlogy(2.0, x), torch.fmax(x, x * 2), torch.logaddexp2(x, x), torch.lgamma(x), torch.digamma(x)
torch.copysign(x, -x), torch.deg2rad(x), torch.dist(x, x * 2), F.pairwise_distance(x[None], -x[None]), torch.linalg.inv(x.diag()).grad_fn.name()
F.interpolate(x.view(1, 1, 2), scale_factor=2), F.interpolate(x.view(1, 1, 1, 2), size=3, mode="bilinear"), F.rrelu(x), F.unfold(x.view(1, 1, 1, 2), 1)
torch.mode(torch.tensor([1.0, 1.0, 2.0]))

b = torch.arange(9).view(3, 3).t()
f = torch.ones(3, 3)
(b / 2).stride(), b.exp().stride(), (b + f).stride(), (b.half() + f).stride(), (b.int() + b).stride()
i = torch.zeros(3, 3, dtype=torch.long)
b.scatter(1, i, 2).stride(), b.scatter_add(1, i, b).stride(), b.index_add(0, torch.tensor([0]), b[:1]).stride(), b.index_fill(0, torch.tensor([0]), 1).stride()
x = torch.ones(1, requires_grad=True)
x.sum().backward()
x.grad.stride()

b = torch.tensor([True, False])
b.median()
b.cumsum_(0)
torch.logaddexp(b, b)
torch.numel(5)
torch.can_cast(torch.float32, 5)
F.cosine_similarity(torch.ones(3), torch.arange(3), dim=0)
""".strip().split("\n\n")
