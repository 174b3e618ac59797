"""The random stream."""

PROGRAMS = r"""
torch.manual_seed(0)
torch.rand(3)
torch.randn(3)
torch.rand(2, 2)
torch.randint(10, (5,))

torch.manual_seed(42)
torch.randn(4)
torch.randn(16)
torch.randn(17)
torch.randn(3)

torch.manual_seed(1)
torch.rand(20)
torch.rand(3, dtype=torch.float64)
torch.randn(3, dtype=torch.float64)
torch.randn(20, dtype=torch.float64)

torch.manual_seed(123)
torch.randint(0, 100, (10,))
torch.randint(-5, 5, (2, 3))
torch.randint(3, (2,), dtype=torch.int32)
torch.randint(0, 2**40, (3,))
torch.randint(2, (3,), dtype=torch.float32)
torch.randint(5, 5, (2,))
torch.randint(5, 2, (2,))
torch.randint(0, (2,))

torch.manual_seed(7)
torch.empty(3).uniform_()
torch.empty(3).uniform_(-2, 2)
torch.empty(5).normal_()
torch.empty(20).normal_(10, 2)
torch.empty(3).uniform_(2, 1)
torch.empty(3).normal_(0, -1)
torch.zeros(3, dtype=torch.int64).uniform_()
torch.zeros(3, dtype=torch.int64).normal_()

torch.manual_seed(0) is torch.default_generator
torch.initial_seed()
torch.manual_seed(-1)
torch.initial_seed()
torch.rand(1)
torch.manual_seed(2**64 - 1)
torch.rand(1)
torch.manual_seed("a")
torch.manual_seed(1.5)

g = torch.Generator()
g.manual_seed(5)
torch.rand(2, generator=g)
torch.randn(2, generator=g)
g.initial_seed()
h = torch.Generator().manual_seed(5)
torch.rand(2, generator=h)
torch.rand(2)
torch.randint(10, (3,), generator=h)
torch.empty(2).uniform_(generator=h)
torch.empty(2).normal_(generator=h)

s = torch.get_rng_state()
s.dtype, s.shape
a = torch.rand(3)
torch.set_rng_state(s)
torch.equal(a, torch.rand(3))
torch.set_rng_state(torch.zeros(3))

torch.manual_seed(3)
torch.randn(1), torch.randn(1), torch.randn(1)
torch.randn(2, 3)
torch.randn(0)
torch.randn(())
torch.rand(())
torch.randn(2, requires_grad=True)

torch.manual_seed(3)
x = torch.zeros(4, 4)
x[::2].normal_()
x.t().uniform_()
x[:, 0].uniform_()
x
torch.zeros(3).expand(2, 3).uniform_()

torch.manual_seed(9)
torch.rand_like(torch.zeros(2, 2))
torch.randn_like(torch.zeros(3, dtype=torch.float64))
torch.randint_like(torch.zeros(3), 10)
torch.rand_like(torch.zeros(2, dtype=torch.int64))
torch.rand_like(torch.zeros(2, dtype=torch.int64), dtype=torch.float32)

torch.manual_seed(11)
torch.randperm(6)
torch.bernoulli(torch.full((4,), 0.5))
torch.empty(4).bernoulli_(0.5)

torch.manual_seed(0)
nn.Linear(3, 2).weight
nn.Linear(3, 2).bias
nn.Embedding(3, 2).weight

torch.manual_seed(0)
nn.init.uniform_(torch.empty(3))
nn.init.normal_(torch.empty(3), 1, 2)
nn.init.xavier_uniform_(torch.empty(2, 3))
nn.init.xavier_normal_(torch.empty(2, 3))
nn.init.kaiming_uniform_(torch.empty(2, 3))
nn.init.kaiming_normal_(torch.empty(2, 3), nonlinearity="relu")
nn.init.kaiming_uniform_(torch.empty(2, 3), a=math.sqrt(5), mode="fan_out")
nn.init.xavier_uniform_(torch.empty(3))

torch.manual_seed(0)
torch.poisson(torch.tensor([0., 1, 5, 9.99, 10, 20, 1e3, 1e6])), torch.rand(1)
torch.poisson(torch.arange(12.).view(3, 4).t()), torch.poisson(torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last)).stride(), torch.poisson(torch.tensor(3.).expand(9)), torch.rand(1)
torch.poisson(torch.rand(40, dtype=torch.float64) * 60), torch.poisson(torch.rand(40).half() * 60), torch.poisson(torch.rand(40).bfloat16() * 9), torch.rand(1)
torch.poisson(torch.tensor([4., 40.]), torch.Generator().manual_seed(3)), torch.poisson(torch.tensor([4., 40.]), generator=torch.Generator().manual_seed(3)), torch.poisson(torch.empty(2, 0))
x = torch.rand(3).requires_grad_(); y = torch.poisson(x); y, torch.autograd.grad(y.sum(), x)
torch.poisson(torch.tensor([1, 2]))
torch.poisson(torch.tensor([-1.]))
torch.poisson(torch.tensor(math.nan))
torch.poisson([1.])
torch.poisson(torch.rand(3), out=torch.rand(3))
hasattr(torch.Tensor, "poisson")

torch.rand(-1)
torch.rand(2, dtype=torch.int64)
torch.randn(2, dtype=torch.int64)
torch.randn("a")
torch.rand((2, 3)).shape
torch.rand([2, 3]).shape
torch.rand(size=(2,)).shape
torch.rand()
torch.rand(1, generator=3)

torch.seed() > 0
torch.manual_seed(4)
torch.rand(1)
with torch.random.fork_rng(): torch.rand(5)
torch.rand(1)
torch.random.manual_seed(4)
torch.rand(1)
""".strip().split("\n\n")
