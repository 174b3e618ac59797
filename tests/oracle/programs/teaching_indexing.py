"""Cells of notebooks: distributions, indexing, modes of gradients."""

PROGRAMS = r"""
from torch.distributions import Normal, Categorical, Bernoulli, Uniform, MultivariateNormal, kl_divergence, Exponential, Laplace, Geometric, Independent, LogNormal, HalfNormal, OneHotCategorical
torch.manual_seed(0)
n = Normal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
n
n.sample(), n.rsample((2,)), n.log_prob(torch.tensor(0.5)), n.entropy(), n.mean, n.stddev, n.cdf(torch.tensor(0.0)), kl_divergence(n, Normal(0.0, 1.0))
c = Categorical(torch.tensor([0.2, 0.3, 0.5]))
c, c.sample((4,)), c.probs, c.logits, c.log_prob(torch.tensor(2)), c.entropy()
Categorical(logits=torch.zeros(3)), Bernoulli(0.3).sample((3,)), Uniform(0, 2).sample((2,)), MultivariateNormal(torch.zeros(2), torch.eye(2)).sample(), Exponential(1.0).sample()
Laplace(0.0, 1.0).sample(), Geometric(0.3).sample(), LogNormal(0.0, 1.0).sample(), HalfNormal(1.0).sample(), OneHotCategorical(torch.ones(3)).sample()
Normal(0.0, -1.0)
Categorical(torch.tensor([-1.0, 2.0]))
Normal(0, 1).log_prob("a")
Normal(0.0, 1.0), Uniform(0.0, 1.0), Bernoulli(torch.tensor(0.5)), MultivariateNormal(torch.zeros(2), torch.eye(2))
Independent(Normal(torch.zeros(3), torch.ones(3)), 1), Normal(torch.zeros(3), 1.0).expand((2, 3)), n.batch_shape, n.event_shape, n.support, n.arg_constraints, n.has_rsample
Uniform(0.0, 1.0).log_prob(torch.tensor(2.0))
Uniform(1.0, 0.0)
Bernoulli(2.0)
Normal("a", 1)
Categorical(torch.ones(2)).log_prob(torch.tensor(5))

x = torch.arange(24).reshape(2, 3, 4)
x[0], x[:, 1], x[..., -1], x[0, 1:, ::2], x[-1, -1, -1], x[None].shape, x[:, None, 0].shape, x[[0, 1], [1, 2]], x[:, [0, 2]].shape, x[..., None].shape
x[x % 5 == 0], x[torch.tensor([0, 1, 1])].shape, x[torch.tensor([[0, 1]])].shape, x[0][torch.tensor([True, False, True])], x[:, :, torch.tensor([0])].shape, x[0, torch.arange(3), torch.tensor([3, 2, 1])]
x[::-1]
x[:, 5:], x[2:], x[:, 1:1]
x[0, 0, 0, 0]
x[..., ..., 0]
x[torch.tensor([2])]
x[[True, False]]
x[torch.tensor([True, False, True])]
x[True].shape, x[False].shape, x[()].shape, x[...].shape, x[torch.tensor(1)].shape, x[np.int64(1)].shape, x[np.array([0, 1])].shape, x[slice(0, 1)].shape, x[range(2)].shape
y = x.clone()
y[0] = 0
y[1, :, 0] = torch.tensor([7, 8, 9])
y[y > 20] = -1
y[..., 1] += 100
y
y[0, 0] = torch.arange(5)
y[0] = torch.ones(3, 4)
y[[0, 1], [0, 1]] = torch.tensor([5, 6]).unsqueeze(1)
y[y == 0] = torch.tensor([1, 2])
y[:, 0] = 3.7
y[0, 0]
y[torch.tensor([0, 0])] += 1
y[0]
y.index_add_(0, torch.tensor([0, 0]), torch.ones(2, 3, 4, dtype=torch.int64))[0]
del y[0]
z = torch.zeros(3, 3)
z[range(3), range(3)] = 1
z[torch.eye(3).bool()] *= 5
z[1:, 1:] = torch.tensor([[1.0, 2], [3, 4]])
z.fill_diagonal_(9)
z
z.diagonal()[:] = 0
z, z.nonzero(), z.nonzero(as_tuple=True), torch.where(z > 2), torch.where(z > 2, z, -z), z.argmax(), z.argmax(1), torch.unravel_index(z.argmax(), z.shape), z.max(1), z.topk(2), z.sort(descending=True), z.flatten().unique(return_counts=True)
torch.meshgrid(torch.arange(2), torch.arange(3))
x.stride(), x.T.shape, x.is_contiguous(), x.transpose(0, 1).is_contiguous(), x.transpose(0, 1).view(-1)
x.storage(), x.untyped_storage().nbytes(), x.element_size(), x.nelement(), x.ndim, x.itemsize, x.nbytes
x.storage_offset(), x[1].storage_offset(), x.data_ptr() == x.view(-1).data_ptr()
x.dtype.is_floating_point, torch.finfo(torch.float32), torch.iinfo(torch.int32), torch.finfo(torch.bfloat16).eps, torch.result_type(x, 1.0), torch.promote_types(torch.int32, torch.float16), torch.can_cast(torch.float32, torch.int64), x.is_floating_point(), torch.get_default_dtype()
torch.iinfo(torch.float32)
torch.finfo(torch.int32)
x / 2, x // 2, x % 3, x ** 2, x & 1, x << 1, ~x, -x, x ^ 1, x > 3, x.float() // 0.7
x[0, 0] / 0, x[0, 0].float() % 0, torch.tensor(1) // 0
torch.tensor(1) % 0
torch.tensor([1]) / torch.tensor([0]), torch.tensor(2) ** -1
torch.tensor(2) ** torch.tensor(-1), 2 ** torch.tensor(-1), torch.tensor(2.0) ** -1
x.float().mean(), x.float().var(0).shape, x.sum((0, 2)), x.prod(2), x.min(), x.amax((1, 2)), x.float().std(dim=(0, 1)), x.float().norm(), x.all(), x.any(0).shape, x.float().softmax(-1).sum(-1), x.float().logsumexp(-1).shape, x.nansum()
torch.logspace(0, 2, 3), torch.linspace(0, 1, 5), torch.arange(0, 1, 0.25), torch.arange(5, 0, -2), torch.eye(2, 3), torch.full((2,), 7), torch.full((2,), 7.0), torch.empty(0), torch.zeros_like(x[0]), torch.ones(2, dtype=torch.bool), torch.tensor([[1, 2], [3, 4]], dtype=torch.float32), torch.as_tensor([1, 2]), torch.asarray([1.5]), torch.scalar_tensor(3), torch.tensor(()), torch.tensor([[]]), torch.tensor([1, 2.5, True])
torch.arange(0, 1, -1)
torch.arange(3, 1)
torch.linspace(0, 1)
torch.full((2,), "a")
torch.eye(-1)
torch.clamp(x)
x.clamp(2, 5)[0], x.float().clamp(min=3)[0, 0], x.clip(max=2)[0, 0]

a = torch.ones(2, requires_grad=True)
with torch.no_grad():
    b = a * 2
    print(b.requires_grad, b.grad_fn, torch.is_grad_enabled())
with torch.inference_mode():
    c = a * 2
    print(c.requires_grad, c.is_inference(), torch.is_inference_mode_enabled(), c)
c
c.is_inference(), b.is_inference()
c * a
c + 1
(c + 1).is_inference()
c.add_(1)
c.requires_grad_()
(c * a).sum().backward()
c._version
d = c.clone()
with torch.inference_mode(): a.add_(1)
a, a._version
with torch.inference_mode(False): print((a * 2).requires_grad)
@torch.no_grad()
def f(x): return x * 2
f(a), f.__name__
@torch.inference_mode()
def g(x): return x * 2
g(a)
with torch.set_grad_enabled(False): print((a * 2).requires_grad)
with torch.enable_grad(): (a * 2).requires_grad
torch.set_grad_enabled(False)
(a * 2).requires_grad
torch.set_grad_enabled(True)
with torch.no_grad():
    with torch.enable_grad():
        e = a * 3
e
@torch.no_grad
def h(x): return x * 2
h(a)
@torch.no_grad()
def gen():
    yield torch.is_grad_enabled()
    yield torch.is_grad_enabled()
list(gen()), torch.is_grad_enabled()
torch.no_grad(), torch.no_grad
a.detach().requires_grad, a.detach()._version, a.data.requires_grad, a.detach().data_ptr() == a.data_ptr()
a.detach().add_(1)
a
(a ** 2).sum().backward()
a.grad, a.grad.requires_grad, a.grad.grad_fn
torch.autograd.functional.jacobian(lambda x: x ** 2, torch.arange(3.0)), torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.arange(2.0)), torch.autograd.functional.vjp(lambda x: x.sum(), torch.ones(2)), torch.autograd.functional.jvp(lambda x: x * 2, torch.ones(2), torch.ones(2))
x = torch.tensor(2.0, requires_grad=True)
y = x ** 3
g1, = torch.autograd.grad(y, x, create_graph=True)
g1
g2, = torch.autograd.grad(g1, x, create_graph=True)
g2
torch.autograd.grad(g2, x)
torch.autograd.grad(y, x)
y = x ** 3
y.backward(create_graph=True)
x.grad
torch.autograd.backward([x * 2, x * 3])
x.grad
torch.utils.checkpoint.checkpoint(lambda x: x.sin(), x, use_reentrant=False)
from torch.utils.checkpoint import checkpoint
checkpoint(lambda x: x.sin(), x, use_reentrant=False)
checkpoint(lambda x: x.sin(), x)
x.grad_fn, (x * 2).grad_fn.next_functions, (x * 2).grad_fn.next_functions[0][0].variable
x.is_leaf, (x * 2).is_leaf, x.detach().is_leaf, x.retains_grad, (x*2).retains_grad
""".strip().split("\n\n")
