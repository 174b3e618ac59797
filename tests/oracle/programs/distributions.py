"""Distributions of both kinds, their numbers, their samples, what they refuse; switches of devices that are not there."""

PROGRAMS = [r"""
import torch.distributions as D
from torch.distributions.normal import Normal
from torch.distributions.kl import kl_divergence
_ = torch.manual_seed(0)
loc = torch.randn(3, requires_grad=True); sc = torch.rand(3).add(.5).requires_grad_()
made = [D.Normal(loc, sc), D.Normal(0., 2.), D.Uniform(loc, loc + 2), D.Exponential(sc), D.Laplace(loc, sc), D.LogNormal(loc, sc), D.HalfNormal(sc), D.Gumbel(loc, sc), D.Cauchy(loc, sc)]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.sample(), d.sample((2,)), d.rsample((2,)), d.mean, d.stddev)
drawn = [d.sample((2,)) for d in made]
for d, x in zip(made, drawn): print(d.log_prob(x), d.cdf(x), d.icdf(torch.full((3,), .3)), torch.autograd.grad(d.log_prob(x).sum(), [loc, sc], allow_unused=True) if d.log_prob(x).requires_grad else 0)
for d in made[:6]: print(d.entropy(), kl_divergence(d, d))
kl_divergence(made[0], made[1]), kl_divergence(made[0], made[2]), kl_divergence(made[4], made[0]), kl_divergence(made[0], made[4]), kl_divergence(made[2], made[0]), kl_divergence(made[3], made[0])
made[1].expand((2,)), made[5].expand((2, 3)), made[0].log_prob(torch.zeros(7)), 
made[3].log_prob(torch.tensor(-1.))
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
logits = torch.randn(2, 3, requires_grad=True)
made = [D.Bernoulli(torch.tensor([.2, .7])), D.Bernoulli(logits=logits), D.Geometric(torch.tensor([.2, .7])), D.Categorical(torch.tensor([[.2, .3, .5], [.1, .1, .8]])), D.Categorical(logits=logits), D.OneHotCategorical(logits=logits), D.OneHotCategoricalStraightThrough(logits=logits)]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.sample(), d.mean, d.variance, d.entropy())
for d in made: print(d.log_prob(d.sample((2,))), d.log_prob(d.sample()).sum().grad_fn)
for d in made[:2] + made[3:]: print(d.mode, d.enumerate_support(), d.enumerate_support(expand=False).shape, D.kl_divergence(d, d))
made[6].rsample()
made[4].log_prob(torch.tensor([3, 0]))
made[1].log_prob(torch.tensor(.5))
made[0].rsample()
D.Categorical(torch.tensor([-1., 2.]))
D.Bernoulli(2.)
D.Bernoulli()
D.Normal(torch.zeros(2), torch.tensor([1., -1.]))
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
rate = torch.tensor([.5, 12.], requires_grad=True); d = D.Poisson(rate)
d, d.support, d.batch_shape, d.event_shape, d.mean, d.variance, d.mode, d.has_rsample, d.sample(), d.sample((3,)), D.Poisson(4.).sample((2,)), d.expand((3, 2)).sample()
d.log_prob(torch.tensor([0., 9.])), torch.autograd.grad(d.log_prob(torch.tensor([0., 9.])).sum(), rate), D.kl_divergence(d, D.Poisson(3.)), D.kl_divergence(D.Bernoulli(.3), d), D.kl_divergence(d, D.Bernoulli(.5))
d.log_prob(torch.tensor(.5))
d.log_prob(torch.tensor(-1.))
D.Poisson(-1.)
d.entropy()
d.rsample()
d.cdf(torch.tensor(1.))
""", r"""
import torch.distributions as D
from torch.distributions import transforms as T
_ = torch.manual_seed(0)
loc = torch.randn(3, requires_grad=True); sc = torch.rand(3) + .5
made = [D.MultivariateNormal(loc, torch.eye(3) * 2 + .5), D.MultivariateNormal(torch.zeros(2), precision_matrix=torch.tensor([[2., .3], [.3, 1.]])), D.MultivariateNormal(torch.randn(4, 2), scale_tril=torch.tensor([[2., 0], [.3, 1.]]))]
made += [D.Independent(D.Normal(loc.expand(2, 3), sc), 1), D.MixtureSameFamily(D.Categorical(torch.ones(3)), D.Normal(loc, sc)), D.MixtureSameFamily(D.Categorical(torch.rand(2, 3)), D.Independent(D.Normal(torch.randn(2, 3, 2), torch.rand(2, 3, 2)), 1))]
made += [D.TransformedDistribution(D.Normal(loc, sc), [T.TanhTransform(cache_size=1)]), D.TransformedDistribution(D.Uniform(torch.zeros(2), torch.ones(2)), [T.SigmoidTransform().inv, T.AffineTransform(loc=1., scale=2.)])]
made += [D.TransformedDistribution(D.Normal(loc, sc), T.ComposeTransform([T.IndependentTransform(T.ExpTransform(), 1), T.AffineTransform(0., torch.tensor([1., 2., 3.]), event_dim=1)]))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((2,)))
for d in made[:6]: print(d.mean, d.variance)
for d in made: print(d.log_prob(d.sample((2,))))
for d in made[:4]: print(D.kl_divergence(d, d), d.entropy(), d.expand((5,) + tuple(d.batch_shape)).rsample().shape)
for t in (T.ExpTransform(), T.TanhTransform(), T.AffineTransform(1, 2), T.ComposeTransform([T.ExpTransform(), T.AffineTransform(1., 2.)]), T.SigmoidTransform(), T.SoftplusTransform(), T.PowerTransform(2.)): print(t, t.inv, t(sc), t.inv(t(sc)), t.log_abs_det_jacobian(sc, t(sc)), t.inv.inv is t, t.sign, t.domain, t.codomain)
D.MultivariateNormal(torch.zeros(2), -torch.eye(2))
D.Independent(D.Normal(0., 1.), 1)
""", r"""
import torch.distributions
with torch.autocast("cuda", enabled=False): print(torch.is_autocast_enabled())
torch.autocast("foo")
torch.autocast(3)
torch.get_autocast_dtype("cpu"), torch.get_autocast_dtype("cuda"), torch.amp.is_autocast_available("cuda")
p = torch.nn.Parameter(torch.ones(2)); o = torch.optim.SGD([p], lr=.5); s = torch.amp.GradScaler("cpu", init_scale=8., growth_interval=2)
for i in range(3): o.zero_grad(); s.scale((p * (i + 1)).sum()).backward(); print(p.grad); s.step(o); s.update(); print(p, s.get_scale(), s.state_dict())
s.scale((p * torch.inf).sum()).backward(); s.unscale_(o); s.unscale_(o)
s.step(o), s.update(), s.get_scale()
s.update()
torch.cuda.max_memory_allocated(), torch.cuda.is_bf16_supported(), torch.accelerator.is_available(), torch.accelerator.current_accelerator(), torch.xpu.is_available()
torch.cuda.FloatTensor(2)
torch.compiler.is_compiling()
x = torch.zeros(4); torch.randint_like(x, high=5), torch.randint_like(x, 5), torch.randint_like(x, 2, 5), torch.randint_like(x, low=2, high=5)
A = torch.tensor([[2., 1.], [.5, 3.]], requires_grad=True); b = torch.ones(2, 1)
r = torch.triangular_solve(b, A); r[0].detach(), r[1].detach(), b.triangular_solve(A.detach(), upper=False, transpose=True), torch.autograd.grad(r[0].sum(), A)
torch.triangular_solve(torch.ones(2), A)
torch.triangular_solve(torch.ones(3, 1), A)
from torch.nn.attention import SDPBackend, sdpa_kernel
with sdpa_kernel([SDPBackend.MATH]): print(torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.math_sdp_enabled(), SDPBackend.MATH)
torch.utils.checkpoint.get_device_states(p), torch.jit.is_scripting()
from torch.utils import _pytree as tree
tree.tree_map(lambda x: x + 1, {"b": [1, (2,)], "a": 3}), tree.tree_leaves([1, {"z": 2, "a": None}]), tree.tree_map_only(int, lambda x: -x, (1, "a"))
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
a, b = torch.tensor([.3, 1., 7.5], requires_grad=True), torch.tensor([2., .4, 1.], requires_grad=True)
made = [D.Gamma(a, b), D.Gamma(2., 3.), D.Chi2(a), D.Beta(a, b), D.Beta(.5, 2.), D.Dirichlet(a), D.Dirichlet(torch.ones(2, 3, dtype=torch.float64) * 3), D.StudentT(a + 2, b, b), D.StudentT(3.), D.FisherSnedecor(a + 4, b + 4), D.InverseGamma(a + 3, b), D.HalfCauchy(b), D.Weibull(a, b), D.Pareto(a, b + 3), D.RelaxedBernoulli(torch.tensor(.5), torch.tensor([.2, .7])), D.RelaxedOneHotCategorical(torch.tensor([.5]), logits=a)]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((2,)), d.rsample((2,)), d.expand((4,) + tuple(d.batch_shape)).sample().shape)
for d in made[:14]: print(d.mean, d.variance, d.log_prob(d.sample((2,))))
for d in made[:9] + made[10:14]: print(d.entropy())
for d in made[14:]: print(d.log_prob(d.sample((2,))), d.probs, d.logits, d.temperature)
for d in made[:6]: print(d.mode, D.kl_divergence(d, d))
D.kl_divergence(made[0], D.Exponential(b)), D.kl_divergence(D.Exponential(b), made[0]), made[0].cdf(torch.ones(3)), made[0].log_prob(1)
x = made[0].rsample(); x.grad_fn.name(), x.detach()
made[3].rsample((2,)).grad_fn.name(), made[5].rsample().grad_fn.name()
torch.autograd.grad(made[4].log_prob(torch.tensor(.25)) + made[1].log_prob(torch.tensor(2.)) + made[0].log_prob(torch.ones(3)).sum() + made[5].log_prob(torch.ones(3) / 3), [a, b])
D.Gamma(-1., 1.)
D.Beta(0., 1.)
D.Dirichlet(torch.tensor(1.))
D.Dirichlet([1., 2.])
D.StudentT(-1.)
D.Chi2(torch.zeros(2))
made[3].log_prob(torch.tensor(1.5))
made[5].log_prob(torch.ones(3))
torch.rand(1), torch.randn(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
p, logits = torch.tensor([.1, .5, .9]), torch.tensor([.3, -1., 2.], requires_grad=True)
made = [D.Binomial(5, p), D.Binomial(100, p), D.Binomial(1000, torch.tensor([.01, .99])), D.Binomial(torch.tensor([3., 40.]), torch.tensor([.5, .7])), D.Binomial(7, logits=logits), D.Binomial(10, .5), D.Multinomial(6, torch.tensor([.2, .3, .5])), D.Multinomial(4, logits=torch.zeros(2, 3)), D.NegativeBinomial(3, p), D.NegativeBinomial(2.5, logits=logits)]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.sample(), d.sample((3,)), d.mean, d.variance, d.param_shape)
for d in made: print(d.log_prob(d.sample((2,))))
for d in made[:2] + made[4:8]: print(d.entropy())
for d in made[:6] + made[8:]: print(d.mode)
made[0].enumerate_support(), made[4].enumerate_support(False).shape, D.kl_divergence(made[0], D.Binomial(5, .5)), D.kl_divergence(made[0], D.Binomial(3, .5)), torch.autograd.grad(made[4].log_prob(torch.tensor([0., 3., 7.])).sum() + made[9].log_prob(torch.tensor([0., 3., 7.])).sum(), logits)
made[3].entropy()
D.kl_divergence(made[0], D.Binomial(9, .5))
D.Binomial(3)
D.Binomial(3, 1.5)
D.Binomial(-1, .5)
D.Multinomial(2.5, p)
D.NegativeBinomial(2, 1.)
made[0].log_prob(torch.tensor(6.))
made[0].rsample()
made[6].log_prob(torch.tensor([3., 3., 1.]))
torch.rand(1), torch.randn(1)
"""]
