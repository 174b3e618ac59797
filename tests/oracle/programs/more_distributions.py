"""Distributions that few scripts use: values, draws, divergences, what is refused, how they print."""

PROGRAMS = r"""
import torch.distributions as D
a, b = torch.tensor([0.5, 2., 3.]), torch.tensor([1.5, 0.7, 4.])
def show(d, sizes=((), (2,))):
    print(d, d.batch_shape, d.event_shape, d.has_rsample)
    for name in ("mean", "mode", "variance", "stddev", "support"):
        try:
            print(name, getattr(d, name))
        except (NotImplementedError, RuntimeError) as error:
            print(name, type(error).__name__)
    for name in ("entropy", "perplexity"):
        try:
            print(name, getattr(d, name)())
        except NotImplementedError as error:
            print(name, type(error).__name__)
    for size in sizes:
        torch.manual_seed(5)
        x = d.sample(size)
        print(x, torch.rand(1))
        for name in ("log_prob", "cdf"):
            try:
                print(name, getattr(d, name)(x))
            except (NotImplementedError, ValueError) as error:
                print(name, type(error).__name__)
show(D.Kumaraswamy(a, b)), show(D.Kumaraswamy(2., 3.).expand((2, 2))), show(D.LogisticNormal(a, b)), show(D.LogisticNormal(0., 1.))
show(D.ContinuousBernoulli(torch.tensor([0.1, 0.4995, 0.5, 0.9]))), show(D.ContinuousBernoulli(logits=torch.tensor([[-2.], [0.3]])).expand((2, 2, 3))), show(D.ContinuousBernoulli(0.3, lims=(0.2, 0.4)))
show(D.VonMises(a, b)), show(D.VonMises(torch.tensor(0.3), torch.tensor(1e-6))), show(D.VonMises(a[:, None], torch.tensor([0.2, 30.])))
show(D.GeneralizedPareto(a, b, torch.tensor([-0.4, 0., 0.7]))), show(D.GeneralizedPareto(0., 1., 0.2).expand((2,)))
d = D.GeneralizedPareto(a, b, torch.tensor([-0.4, 0., 0.7]))
d.log_survival_function(a + 1), d.log_cdf(a + 1), d.icdf(torch.tensor([0.1, 0.5, 0.9]))
d.log_prob(a - 1)

import torch.distributions as D
for d in D.LKJCholesky(3), D.LKJCholesky(4, torch.tensor([0.5, 2.])), D.LKJCholesky(2, 3.).expand((2,)):
    torch.manual_seed(1)
    x = d.sample((2,))
    print(d, d.batch_shape, d.event_shape, x, d.log_prob(x), d.support, torch.rand(1))
D.LKJCholesky(1)
D.LKJCholesky(3, -1.)
D.LKJCholesky(3).log_prob(torch.ones(3, 3))
D.LKJCholesky(3).rsample()

import torch.distributions as D
loc, factor, diagonal = torch.tensor([0.5, -1., 2.]), torch.tensor([[1., 0.2], [0.3, -1.], [0., 2.]]), torch.tensor([0.5, 1., 2.])
d = D.LowRankMultivariateNormal(loc, factor, diagonal)
e = D.LowRankMultivariateNormal(torch.zeros(2, 3), torch.ones(3, 1), diagonal.expand(2, 3))
full = D.MultivariateNormal(loc + 1, d.covariance_matrix)
for p in d, e, d.expand((2,)), e.expand((3, 2)):
    torch.manual_seed(2)
    x = p.rsample((2,))
    print(p, x, p.log_prob(x), p.entropy(), p.variance, p.scale_tril, p.covariance_matrix, p.precision_matrix, p.mean, p.mode)
[D.kl_divergence(p, q) for p in (d, e, full) for q in (d, e, full) if {p, q} != {full, e}], D.kl_divergence(full.expand((2,)), e)
D.LowRankMultivariateNormal(torch.tensor(1.), factor, diagonal)
D.LowRankMultivariateNormal(loc, factor[0], diagonal)
D.LowRankMultivariateNormal(loc, factor[:2], diagonal)
D.LowRankMultivariateNormal(loc, factor, diagonal[:2])
D.LowRankMultivariateNormal(torch.ones(2, 3), torch.ones(4, 3, 1), diagonal)
D.LowRankMultivariateNormal(loc, factor, -diagonal)
D.kl_divergence(d, D.MultivariateNormal(loc[:2], torch.eye(2)))

import torch.distributions as D, warnings
warnings.simplefilter("ignore")
m = torch.tensor([[2., 0.5], [0.5, 1.]])
for d in D.Wishart(3., covariance_matrix=m), D.Wishart(torch.tensor([3., 5.]), precision_matrix=m), D.Wishart(torch.tensor([2.5]), scale_tril=torch.linalg.cholesky(m)).expand((2, 1)):
    torch.manual_seed(3)
    x = d.sample((2,))
    print(d, d.batch_shape, d.event_shape, d.support, d.mean, d.mode, d.variance, d.covariance_matrix, d.precision_matrix, d.scale_tril, d.entropy())
    print(x, d.log_prob(x), d.rsample(), torch.rand(1))
D.kl_divergence(D.Wishart(3., m), D.Wishart(4., torch.eye(2))), D.kl_divergence(D.Wishart(torch.tensor([3., 5.]), m), D.Wishart(4., torch.eye(2)))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    d = D.Wishart(1.5, m)
    print([str(w.message) for w in told])
D.Wishart(1., m)
D.Wishart(3., m, m)
D.Wishart(3.)
D.Wishart(3., m[0])
D.Wishart(3., -m)
D.Wishart(3., m).log_prob(torch.ones(2, 2))
D.Wishart(3., m).arg_constraints

import torch.distributions as D
class Mine(D.ExponentialFamily):
    arg_constraints = {}
    _mean_carrier_measure = 0
    def __init__(self, rate):
        self.rate = rate
        super().__init__(rate.shape, validate_args=False)
    _natural_params = property(lambda self: (-self.rate,))
    def _log_normalizer(self, x):
        return -torch.log(-x)
p, q = Mine(torch.tensor([0.5, 2.])), Mine(torch.tensor([1.5, 2.]))
p.entropy(), D.Exponential(p.rate).entropy(), D.kl_divergence(p, q), D.kl_divergence(D.Exponential(p.rate), D.Exponential(q.rate))
D.kl_divergence(p, D.Normal(0., 1.))
D.ExponentialFamily().entropy()
[issubclass(getattr(D, name), D.ExponentialFamily) for name in sorted(D.__all__) if isinstance(getattr(D, name), type)]
D.Poisson(2.).entropy()
x = torch.tensor([0.3, 0.6])
for d in D.Normal(x, x + 1), D.Bernoulli(x), D.Gamma(x, x + 1), D.Beta(x, x + 1), D.Dirichlet(x), D.Exponential(x), D.Poisson(x), D.ContinuousBernoulli(x):
    print(type(d).__name__, d._natural_params, d._log_normalizer(*d._natural_params), d._mean_carrier_measure if not isinstance(d, (D.Beta, D.Dirichlet, D.Poisson)) else None)

import torch.distributions as D
def made(k):
    x, y = torch.tensor([0.3, 0.8, 0.6])[:k], torch.tensor([1.5, 0.9, 2.5])[:k]
    return [D.Bernoulli(x), D.Beta(x, y), D.Binomial(3, x), D.ContinuousBernoulli(x), D.Exponential(y), D.Gamma(y, x), D.Geometric(x), D.Gumbel(x, y), D.HalfNormal(y), D.Laplace(x, y), D.LogNormal(x, y),
            D.Normal(x, y), D.Pareto(x, y + 1), D.Poisson(y), D.Uniform(x - 0.2, x), D.Uniform(x, y + 1), D.Cauchy(x, y), D.Weibull(x, y), D.Kumaraswamy(x, y), D.VonMises(x, y), D.Chi2(y), D.HalfCauchy(y), D.InverseGamma(x, y)]
for p in made(3):
    for q in made(3) + made(1):
        try:
            print(type(p).__name__, type(q).__name__, D.kl_divergence(p, q))
        except NotImplementedError as error:
            print(type(p).__name__, type(q).__name__, "none")

import torch.distributions as D
d = D.StudentT(3., torch.tensor([0., 1.]))
d, d.batch_shape, d.expand((2, 2)).batch_shape
D.StudentT(3.).batch_shape, D.StudentT(3., 0., torch.ones(2)).batch_shape
D.Pareto(1., 2.).expand((2,)).log_prob(torch.tensor([0.5, 2.]))
D.Weibull(1., 2.).expand((2,)).log_prob(torch.tensor([-0.5, 2.]))
D.Pareto(1., 2., validate_args=False).expand((2,)).log_prob(torch.tensor([0.5, 2.]))
D.Weibull(1., 2.).expand((2,)).concentration_reciprocal, D.Pareto(1., torch.tensor([2., 3.])).expand((2, 2)).cdf(torch.tensor([1.5, 2.]))
D.LogNormal(0., 1.).cdf(torch.tensor(-1.))
D.Pareto(1., 2.).cdf(torch.tensor(0.5))
D.HalfCauchy(1., validate_args=False).log_prob(2), D.HalfCauchy(torch.tensor(1.)).log_prob(torch.tensor([2], dtype=torch.int64))
D.HalfCauchy(1.).log_prob(2.)
D.FisherSnedecor(2., 3., validate_args=False).log_prob(1.)

import torch.distributions as D
def slopes(make, *values):
    given = [torch.tensor(v, requires_grad=True) for v in values]
    d = make(*given)
    torch.manual_seed(0)
    x = d.sample()
    print(type(d).__name__, *torch.autograd.grad(d.log_prob(x).sum(), given))
    if d.has_rsample:
        torch.manual_seed(0)
        print(*(g if g is None else g.double().round(decimals=3) for g in torch.autograd.grad(make(*given).rsample().sum(), given, allow_unused=True)))
slopes(D.Kumaraswamy, [0.5, 2.], [1.5, 0.7]), slopes(D.LogisticNormal, [0.5, -2.], [1.5, 0.7]), slopes(D.ContinuousBernoulli, [0.3, 0.7]), slopes(D.VonMises, [0.5, 2.], [1.5, 0.7])
slopes(D.GeneralizedPareto, [0.5, 2.], [1.5, 0.7], [0.3, -0.2]), slopes(D.LowRankMultivariateNormal, [0.5, 2.], [[1.], [2.]], [0.3, 0.2]), slopes(lambda c: D.LKJCholesky(3, c), [0.5, 2.])
import warnings
warnings.simplefilter("ignore")
slopes(lambda df, m: D.Wishart(df, m), [3.5, 3.], [[2., 0.5], [0.5, 1.]])
x = torch.tensor([0.4, 0.7], requires_grad=True)
torch.autograd.grad(D.kl_divergence(D.Beta(x, x + 1), D.Gamma(x * 2, x)).sum(), x), torch.autograd.grad(D.ContinuousBernoulli(x).entropy().sum(), x), torch.autograd.grad(D.Normal(x, 1.).entropy().sum() + x.sum(), x)
""".strip().split("\n\n")
