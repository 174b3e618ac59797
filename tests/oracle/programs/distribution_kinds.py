"""Exponential families, and the distributions that few programs ask for."""

PROGRAMS = [r"""
import torch.distributions as D
from torch.distributions.exp_family import ExponentialFamily
a, b = torch.tensor([.3, 1.]), torch.tensor([2., .4])
made = [D.Bernoulli(a / 2), D.Exponential(b), D.Gamma(a, b), D.Normal(a, b), D.Chi2(b), D.Beta(a, b), D.Dirichlet(a), D.Poisson(b)]
[isinstance(d, ExponentialFamily) for d in made], [issubclass(k, D.ExponentialFamily) for k in (D.Categorical, D.Geometric, D.LogNormal, D.Laplace, D.Binomial)]
for d in made[:5]: print(ExponentialFamily.entropy(d).detach(), d.entropy())
for d in made: print(d._natural_params, d._log_normalizer(*d._natural_params))
ExponentialFamily.entropy(made[5])
ExponentialFamily().entropy()
D.kl_divergence(made[3], made[7])
class Waits(D.ExponentialFamily):
    arg_constraints, support, _mean_carrier_measure = {"rate": D.constraints.positive}, D.constraints.positive, 0
    def __init__(self, rate): self.rate = rate; super().__init__(rate.shape)
    @property
    def _natural_params(self): return (-self.rate,)
    def _log_normalizer(self, x): return -torch.log(-x)
rate = b.clone().requires_grad_(); Waits(rate), Waits(rate).entropy().detach(), D.kl_divergence(Waits(b), Waits(rate)).detach(), D.kl_divergence(D.Exponential(b), D.Exponential(rate)).detach()
torch.autograd.grad(D.kl_divergence(Waits(b * 2), Waits(rate)).sum(), rate), D.kl_divergence(Waits(b), Waits(b * 3)).detach()
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
a, b = torch.tensor([.3, 1., 7.5], requires_grad=True), torch.tensor([2., .4, 1.5], requires_grad=True)
made = [D.Kumaraswamy(a, b), D.Kumaraswamy(2., 3.), D.Kumaraswamy(a.double(), 2.)]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((2,)), d.rsample((2,)), d.expand((4,) + tuple(d.batch_shape)).sample().shape)
for d in made: print(d.mean, d.variance, d.stddev, d.mode, d.entropy(), d.log_prob(torch.tensor(.3)), d.cdf(torch.tensor(.3)), d.icdf(torch.tensor(.3)))
torch.autograd.grad(made[0].log_prob(torch.tensor([.1, .5, .9])).sum(), [a, b], retain_graph=True), torch.autograd.grad(made[0].rsample().sum(), [a, b], retain_graph=True), torch.autograd.grad(made[0].mean.sum() + made[0].entropy().sum(), [a, b])
D.Kumaraswamy(-1., 1.)
D.Kumaraswamy(torch.ones(2), torch.ones(3))
made[0].log_prob(torch.tensor(1.5))
D.kl_divergence(made[0], made[0])
torch.rand(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
loc, sc = torch.randn(3, requires_grad=True), torch.rand(3).add(.5).requires_grad_()
made = [D.LogisticNormal(loc, sc), D.LogisticNormal(0., 2.), D.LogisticNormal(torch.randn(2, 4), torch.ones(4))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((2,)), d.rsample((2,)), d.loc, d.scale)
for d in made: e = d.expand((5,) + tuple(d.batch_shape)); print(e, e.batch_shape, e.event_shape, e.loc.shape, e.sample().shape)
for d in made: print(d.log_prob(d.sample((2,))), d.log_prob(torch.full(d.event_shape, 1 / d.event_shape[0])))
torch.autograd.grad(made[0].log_prob(torch.tensor([.1, .2, .3, .4])), [loc, sc]), torch.autograd.grad(made[0].rsample()[0], [loc, sc])
D.kl_divergence(made[0], made[0])
D.LogisticNormal(0., -1.)
made[0].log_prob(torch.ones(4))
made[0].log_prob(torch.ones(3) / 3)
made[0].mean
made[0].entropy()
torch.rand(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
p, logits = torch.tensor([.1, .5, .9, .4995], requires_grad=True), torch.tensor([.3, -1., 2., 0.], requires_grad=True)
made = [D.ContinuousBernoulli(p), D.ContinuousBernoulli(logits=logits), D.ContinuousBernoulli(.3), D.ContinuousBernoulli(logits=torch.zeros(2, 1, dtype=torch.float64)), D.ContinuousBernoulli(p, lims=(.3, .7))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.param_shape, d.sample(), d.sample((2,)), d.rsample((2,)), d.expand((3,) + tuple(d.batch_shape)), d.expand((3,) + tuple(d.batch_shape)).probs.shape)
for d in made: x = torch.tensor(.3, dtype=d.probs.dtype); print(d.mean, d.variance, d.stddev, d.entropy(), d.probs, d.logits, d.log_prob(x), d.cdf(x), d.icdf(x))
made[0].cdf(torch.tensor([[0.], [1.]])), D.ExponentialFamily.entropy(made[1]).detach(), made[1]._natural_params
torch.autograd.grad(made[0].log_prob(torch.tensor([.1, .5, .9, .2])).sum(), p), torch.autograd.grad(made[1].rsample().sum(), logits, retain_graph=True), torch.autograd.grad(made[1].entropy().sum() + made[1].mean.sum(), logits)
kl = D.kl_divergence
for q in made[:3]: print(kl(made[0], q), kl(D.Beta(2., 3.), q), kl(D.Uniform(.2, .7), q), kl(D.Uniform(0., .7), q))
kl(made[0], D.Exponential(2.)), kl(made[0], D.Normal(.5, 2.)), kl(made[0], D.Uniform(-1., 2.)), kl(made[0], D.Uniform(0., 2.)), kl(made[0], D.Pareto(1., 2.))
for q in (D.Exponential(2.), D.Gamma(1., 2.), D.Gumbel(0., 1.), D.Laplace(0., 1.), D.Normal(0., 1.), D.Pareto(1., 2.)): print(kl(q, made[2]))
kl(made[0], D.Beta(1., 2.))
D.ContinuousBernoulli()
D.ContinuousBernoulli(.2, logits=.3)
D.ContinuousBernoulli(1.5, validate_args=True)
D.ContinuousBernoulli(torch.tensor([1.5, 0.])).probs
D.ContinuousBernoulli(logits=torch.tensor(torch.nan))
made[0].log_prob(torch.tensor(1.5))
made[0].mode
torch.rand(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
loc, k = torch.tensor([.3, -1., 2.], requires_grad=True), torch.tensor([.2, 3., 50.], requires_grad=True)
made = [D.VonMises(loc, k), D.VonMises(0., 1.), D.VonMises(loc.double(), k.double()), D.VonMises(torch.tensor(4.), torch.tensor([[1e-6], [4.]]))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((5,)), d.expand((4,) + tuple(d.batch_shape)).sample().shape)
for d in made: print(d.mean, d.mode, d.variance, d.log_prob(torch.tensor(.3)), d.variance is d.variance)
e = made[0].expand((2, 3)); e, e.variance.shape, e.loc.shape, e.log_prob(torch.tensor(1.))
torch.autograd.grad(made[0].log_prob(torch.tensor([.1, .5, .9])).sum(), [loc, k]), torch.autograd.grad(made[2].variance.sum(), k)
D.VonMises(0., -1.)
D.VonMises(torch.ones(2), torch.ones(3))
made[0].log_prob(torch.tensor(torch.nan))
made[0].rsample()
made[0].entropy()
made[0].cdf(torch.tensor(1.))
D.kl_divergence(made[0], made[0])
torch.rand(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
loc, W, diag = torch.randn(4, requires_grad=True), torch.randn(4, 2, requires_grad=True), torch.rand(4).add(.5).requires_grad_()
L = D.LowRankMultivariateNormal
made = [L(loc, W, diag), L(torch.zeros(2), torch.ones(2, 1), torch.ones(2)), L(torch.randn(3, 1, 2), torch.randn(5, 2, 1), torch.ones(2)), L(loc.double(), W.double(), diag.double())]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample((2,)).mul(1e4).round() / 1e4 + 0., d.rsample().shape)
for d in made: print(d.mean, d.mode.shape, d.variance, d.entropy(), d.covariance_matrix[..., 0], d.scale_tril.shape, d.log_prob(torch.zeros(d.event_shape, dtype=d.loc.dtype)))
for d in made: print(torch.allclose(d.scale_tril @ d.scale_tril.mT, d.covariance_matrix, atol=1e-5), torch.allclose(d.precision_matrix @ d.covariance_matrix, torch.eye(d.event_shape[0], dtype=d.loc.dtype), atol=1e-4))
e = made[1].expand((3, 2)); e, e.variance.shape, e.covariance_matrix.shape, e.entropy(), e.sample().shape, e.log_prob(torch.ones(2))
[g.mul(1e3).round() / 1e3 + 0. for g in torch.autograd.grad(made[3].log_prob(torch.ones(4, dtype=torch.float64)), [loc, W, diag])]
[g.mul(1e3).round() / 1e3 + 0. for g in torch.autograd.grad(made[3].rsample().sum(), [loc, W, diag])], torch.autograd.grad(made[0].entropy(), diag)
full = D.MultivariateNormal(torch.ones(4, dtype=torch.float64), torch.eye(4, dtype=torch.float64) * 2 + .5); other = L(torch.zeros(4, dtype=torch.float64), torch.ones(4, 3, dtype=torch.float64), torch.full((4,), .5, dtype=torch.float64))
for p, q in ((made[3], other), (other, made[3]), (made[3], full), (full, made[3]), (made[2], made[1]), (made[1], made[2]), (made[2], D.MultivariateNormal(torch.zeros(2), torch.eye(2))), (D.MultivariateNormal(torch.zeros(2), torch.eye(2)), made[2]), (made[3], D.MultivariateNormal(made[3].loc, made[3].covariance_matrix))): print(D.kl_divergence(p, q).detach().mul(1e4).round() / 1e4 + 0.)
D.kl_divergence(made[0], made[1])
D.kl_divergence(full, made[1])
L(torch.tensor(0.), W, diag)
L(loc, torch.ones(4), diag)
L(loc, torch.ones(3, 2), diag)
L(loc, W, torch.ones(3))
L(torch.zeros(3, 4), torch.ones(2, 4, 1), torch.ones(4))
L(loc, W, -diag)
made[0].log_prob(torch.ones(3))
torch.rand(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
loc, sc, c = torch.tensor([.1, 0., -1., 2.], requires_grad=True), torch.tensor([2., .4, 1.5, 1.], requires_grad=True), torch.tensor([.4, 0., -.7, 1.5], requires_grad=True)
G = D.GeneralizedPareto; made = [G(loc, sc, c), G(0., 2., .3), G(1., 1., torch.tensor([[-1.], [0.]]))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.sample(), d.sample((2,)), d.rsample((2,)), d.expand((3,) + tuple(d.batch_shape)))
for d in made: x = d.sample((2,)); print(d.mean, d.variance, d.stddev, d.mode, d.entropy(), d.log_prob(x), d.cdf(x), d.log_cdf(x), d.log_survival_function(x), d.icdf(torch.tensor(.3)))
x = made[0].sample(); torch.autograd.grad(made[0].log_prob(x).sum(), [loc, sc, c]), torch.autograd.grad(made[0].rsample().sum(), [loc, sc, c]), torch.autograd.grad(made[0].mean[:3].sum() + made[0].entropy().sum(), [sc, c])
G(0., -1., 1.)
G(torch.ones(2), torch.ones(3), 1.)
made[0].log_prob(torch.tensor(-3.))
made[2].log_prob(torch.tensor([2.5]))
D.kl_divergence(made[0], made[0])
torch.rand(1)
""", r"""
import torch.distributions as D, warnings
_ = torch.manual_seed(0), warnings.simplefilter("ignore")
def close(x): return x.detach().mul(1e3).round() / 1e3 + 0.
cov, df = torch.tensor([[2., .5], [.5, 1.]], requires_grad=True), torch.tensor([3.5, 7.], requires_grad=True)
W = D.Wishart; made = [W(4, cov), W(df, scale_tril=torch.tensor([[1., 0.], [.3, 2.]])), W(torch.tensor(3.), precision_matrix=torch.eye(3) * 2 + .5), W(torch.full((2, 1), 9., dtype=torch.float64), torch.stack([torch.eye(2)] * 3).double()), W(5., torch.eye(1))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.arg_constraints, isinstance(d, D.ExponentialFamily), close(d.sample()), close(d.sample((3,))), d.rsample((2, 2)).shape)
for d in made: print(close(d.mean), close(d.mode), close(d.variance), close(d.entropy()), close(D.ExponentialFamily.entropy(d)), close(d.log_prob(d.covariance_matrix * 3)), close(d.scale_tril), close(d.precision_matrix))
for d in made: e = d.expand((4,) + tuple(d.batch_shape)); print(e, e.mean.shape, e.sample((2,)).shape, e.log_prob(d.covariance_matrix).shape, e.df.shape)
close(D.kl_divergence(made[0], made[1])), close(D.kl_divergence(made[1], made[0])), close(D.kl_divergence(made[3], made[3]))
[close(g) for g in torch.autograd.grad(made[0].log_prob(torch.eye(2)), cov, retain_graph=True)], [close(g) for g in torch.autograd.grad(made[1].log_prob(torch.eye(2)).sum() + made[1].entropy().sum(), df, retain_graph=True)], [close(g) for g in torch.autograd.grad(made[1].rsample().sum(), df, retain_graph=True)], [close(g) for g in torch.autograd.grad(made[0].rsample().sum(), cov, retain_graph=True)]
close(made[0].rsample((), 1)), close(W(1.5, torch.eye(2)).rsample((2,), max_try_correction=2))
with warnings.catch_warnings(record=True) as seen: warnings.simplefilter("always"); d = W(1.5, torch.eye(2)); _ = made[0].sample(); print([str(w.message) for w in seen])
W(4)
W(4, cov, scale_tril=cov)
W(4, torch.ones(2))
W(1., torch.eye(2))
W(4, -torch.eye(2))
W(torch.ones(3) * 4, torch.ones(2, 2, 2))
made[0].log_prob(-torch.eye(2))
made[0].log_prob(torch.eye(3))
torch.rand(1), torch.randn(1)
""", r"""
import torch.distributions as D
_ = torch.manual_seed(0)
c = torch.tensor([.5, 1., 4.], requires_grad=True)
made = [D.LKJCholesky(3, c), D.LKJCholesky(2), D.LKJCholesky(4, .5), D.LKJCholesky(3, torch.ones(2, 1, dtype=torch.float64))]
for d in made: print(d, d.support, d.batch_shape, d.event_shape, d.has_rsample, d.dim, d.sample(), d.sample((2,)), d.expand((4,) + tuple(d.batch_shape)), d.expand((4,) + tuple(d.batch_shape)).sample().shape)
for d in made: print(d.log_prob(d.sample((2,))), d.log_prob(torch.eye(d.dim, dtype=d.concentration.dtype)))
torch.autograd.grad(made[0].log_prob(made[0].sample()).sum(), c)
D.LKJCholesky(1)
D.LKJCholesky(3, -1.)
made[0].log_prob(torch.ones(3, 3))
made[0].log_prob(torch.eye(4))
made[0].rsample()
made[0].mean
made[0].entropy()
D.kl_divergence(made[0], made[0])
torch.rand(1), torch.randn(1)
""", r"""
import torch.distributions as D
a, b = torch.tensor([.3, 1., 2.5, 4.]), torch.tensor([2., .4, 1.5, .8])
def close(x): return x.mul(1e3).round() / 1e3 + 0.
P = {"beta": D.Beta(a, b), "exponential": D.Exponential(a), "gamma": D.Gamma(a, b), "gumbel": D.Gumbel(a, b), "laplace": D.Laplace(a, b), "normal": D.Normal(a, b), "pareto": D.Pareto(a, b + a), "uniform": D.Uniform(a / 5, a / 5 + .15), "poisson": D.Poisson(b), "bernoulli": D.Bernoulli(b / 3), "continuous": D.ContinuousBernoulli(b / 3)}
Q = {**P, "beta": D.Beta(b, a), "uniform": D.Uniform(-b, a + .5), "gamma": D.Gamma(b, a), "pareto": D.Pareto(a / 9, b), "binomial": D.Binomial(3, b / 3)}
for p in P:
    for q in Q:
        try: print(p, q, close(D.kl_divergence(P[p], Q[q])))
        except NotImplementedError: print(p, q, "unknown")
D.kl_divergence(D.Pareto(torch.tensor([1., 2.]), 3.), D.Pareto(1.5, 2.)), D.kl_divergence(D.Uniform(-1., .5), D.Beta(2., 2.)), D.kl_divergence(D.Uniform(-1., .5), D.Gamma(2., 2.)), D.kl_divergence(D.Beta(1., 2.), D.Uniform(.5, 2.))
x = torch.tensor(2.5, requires_grad=True); [torch.autograd.grad(D.kl_divergence(p, q), x) for p, q in ((D.Gamma(x, 2.), D.Normal(x, 1.)), (D.Gumbel(0., x), D.Normal(0., x)), (D.Pareto(1., x), D.Gamma(x, 1.)), (D.Normal(x, 1.), D.Gumbel(0., 2.)))]

U = torch.distributions.Uniform
U(0., torch.tensor([1., 2.])).arg_constraints, U(0., 1.).arg_constraints, U(0., 1.).expand((2,)).arg_constraints, repr(U(0., 1.)), U(0., torch.tensor([1., 2.]))
U(1., 0.)
U(torch.tensor([0., 1.]), torch.tensor([1., 1.]))
U(0., float('nan'))
U(1., 0., validate_args=False)
type(U.__dict__['arg_constraints']).__name__
"""]
