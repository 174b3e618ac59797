"""Numbers at the edge: ints beyond int64, probabilities as tensors, tolerances, in-place activations of negative slope."""

PROGRAMS = r"""
a = torch.arange(4)
u = 2**63 + 5
a + u, u + a, a - u, u - a, a * u
a // u, u // (a + 1), a % u, u % (a + 1), u ** a
a & u, u & a, a | u, a ^ u, a << u, a >> u
a == u, a > u, u > a, torch.eq(a, u)
a.clone().add_(u), a.clone().mul_(u), a.clone().sub_(u)
a.float() + u, a.double() * u, a.half() + u, u / a.double(), u // a.double(), a / u
a.int() + u, a.int() * u, a.to(torch.uint8) + u
torch.tensor(3) + u, torch.tensor(3.) + u
torch.rsub(a, u), torch.fmod(a, u), torch.div(a, u, rounding_mode='floor'), torch.div(a, u, rounding_mode='trunc')
torch.result_type(a, u), torch.result_type(a.int(), u), torch.result_type(a.float(), u)

a = torch.arange(4)
u = 2**64 - 1
a + u, a - u, a * u
a.double() * u
a + 2**64
a.double() * 2**64
a * (-2**63 - 1)
a * -2**63
a == 2**64

a = torch.arange(4)
u = 2**63
a.bool() + u
torch.tensor(True) * u
a.bool() == u
a ** u
a.double() ** u
a.fill_(u)
a.float().fill_(u)
a.clamp(max=u)
a.clamp_min(u)
a.double().clamp(max=u)
a.masked_fill(a > 1, u)
a.double().masked_fill(a > 1, u)
torch.where(a > 1, a, u)
torch.where(a > 1, u, a)
torch.where(a > 1, a.double(), u)
torch.where(a > 1, a.int(), 2**40)
torch.full((2,), u)
torch.full((2,), u, dtype=torch.float64)
torch.full((2,), u, dtype=torch.bool)
torch.full_like(a, u)
torch.arange(u)
torch.arange(u, u + 3)
torch.arange(0, 2, u)
torch.arange(0., 2, u)
torch.index_fill(a, 0, torch.tensor([0]), u)
torch.index_fill(a.int(), 0, torch.tensor([0]), 2**40)
torch.index_fill(a.int(), 0, torch.tensor([0]), 2.5)
torch.scatter(a, 0, torch.tensor([0]), u)
torch.scatter(a.int(), 0, torch.tensor([0]), 2**40)
torch.addcmul(a, a, a, value=u)
a[0] = u
torch.tensor(u)

x = torch.ones(2, dtype=torch.float64, requires_grad=True)
u = 2**63
(x * u).sum().backward()
x.grad
(u / x).sum().backward()
x.grad
(x ** u).sum().backward()
x.grad

p = torch.tensor([0.0, 1.0, 0.5, 0.5, 0.5])
x = torch.zeros(5)
x.bernoulli_(p)
x.bernoulli_(0.5), x.bernoulli_(), x.bernoulli_(torch.tensor(0.3))
torch.zeros(3, 5).bernoulli_(p), torch.zeros(3, 5).bernoulli_(p.double())
torch.zeros(5, 3).t().bernoulli_(p)
torch.zeros(5, dtype=torch.int64).bernoulli_(p)
torch.bernoulli(p), torch.bernoulli(p, 0.5), p.bernoulli(0.2), torch.bernoulli(p, p=0.2), torch.bernoulli(torch.arange(4), 0.5)
x.bernoulli_(p=0.5), x.bernoulli_(p=p), x.bernoulli_(p, generator=None)
torch.zeros(5).bernoulli_(torch.tensor([0, 1, 0, 1, 1]))
torch.zeros(3).bernoulli_(p)
torch.zeros(5).bernoulli_(1.5)
torch.zeros(5).bernoulli_(-1)
torch.bernoulli(torch.tensor([0, 1]))
torch.bernoulli(p, 1.5)
torch.zeros(3).expand(2, 3).bernoulli_(p[:3])
torch.zeros(5).bernoulli_(p + 1)

p = torch.rand(3, requires_grad=True)
y = torch.ones(3).bernoulli_(p)
y
y.sum().backward()
p.grad
x = torch.ones(3, requires_grad=True)
x.bernoulli_(p)
y = (x * 1).bernoulli_(p.detach())
y
(y * x).sum().backward()
x.grad
torch.bernoulli(x * 1, 0.5)

x = torch.tensor([-1., 2.], requires_grad=True)
z = F.leaky_relu_(x * 1, -0.5)
z
z.sum().backward()
z = F.elu_(x * 1, -0.5)
z
z.sum().backward()
F.elu(x * 1, -0.5, inplace=True).sum().backward()
F.leaky_relu(x * 1, -0.5, inplace=True).sum().backward()
nn.LeakyReLU(-0.5, inplace=True)(x * 1).sum().backward()
F.leaky_relu(x * 1, -0.5).sum().backward()
x.grad
F.leaky_relu(x * 1, 0.5, inplace=True).sum().backward()
F.elu(x * 1, 0.0, inplace=True).sum().backward()
x.grad

a = torch.tensor([1., 2.])
torch.isclose(a, a, True)
torch.isclose(a, a, "x")
torch.isclose(a, a, torch.tensor(1.0)), torch.allclose(a, a, rtol=torch.tensor(1e-5))
torch.isclose(a, a, None)
torch.isclose(a, a, [1])
torch.allclose(a, a, rtol="x")
torch.allclose(a, a, rtol=None)
torch.allclose(a, a, torch.tensor([1., 2.]))
torch.allclose(a, a, equal_nan=1)
torch.isclose(a, a, equal_nan="x")
a.allclose(a, 1, 2, True)
a.allclose(a, 1, 2, 1)
torch.allclose(a, a, -1)
torch.isclose(a, a, atol=-1)

a = torch.tensor([1, 2, 3])
torch.combinations(a), torch.combinations(a, r=3), torch.combinations(a, r=1), torch.combinations(a, r=0)
torch.combinations(a, 2, True), torch.combinations(a, r=3, with_replacement=True)
torch.combinations(a, r=-1)
a.combinations()
[g.tolist() for g in torch.meshgrid(a, a[:2], indexing='xy')], [g.stride() for g in torch.meshgrid(a, a[:2], indexing='xy')]
torch.meshgrid(a, a[:2], indexing='zz')
torch.meshgrid(a, a.float())

i = torch.tensor([0, 1, 1])
F.one_hot(i, True)
F.one_hot(i, num_classes=False)
img = torch.arange(16.).view(1, 1, 4, 4)
F.interpolate(img, size=True)
F.interpolate(img, size=[2, True])
F.interpolate(img, size=(2, 2.5))
F.interpolate(img, size=2.5)
F.interpolate(img, scale_factor='a')
F.interpolate(img, scale_factor=(True, True)).shape

x = torch.tensor([0.5, -0.25])
torch.special.hermite_polynomial_h(x, 2 ** 62), torch.special.hermite_polynomial_he(x, 129), torch.special.hermite_polynomial_he(x.double(), 513)
torch.special.legendre_polynomial_p(x, float('inf')), torch.special.chebyshev_polynomial_t(x, float('nan')), torch.special.laguerre_polynomial_l(x, float('-inf'))
torch.special.hermite_polynomial_h(x, torch.tensor([float('inf'), 2.0]))
""".strip().split("\n\n")
