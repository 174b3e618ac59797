"""Distributions of shares, directions, tails and matrices; divergences between families, and families told by their natural parameters."""

import math

import ctgrad
import pytest
from ctgrad import distributions as D
from ctgrad.distributions.kl import _known

A, B = ctgrad.tensor([0.7, 1.6]), ctgrad.tensor([1.8, 0.9])
ON_LINES = {
    "kumaraswamy": (lambda: D.Kumaraswamy(A + 0.5, B + 0.5), 0, 1), "continuous_bernoulli": (lambda: D.ContinuousBernoulli(ctgrad.tensor([0.2, 0.5])), 0, 1),
    "continuous_bernoulli of logits": (lambda: D.ContinuousBernoulli(logits=ctgrad.tensor([1.3, -0.001])), 0, 1),
    "generalized_pareto that ends": (lambda: D.GeneralizedPareto(A, B, ctgrad.tensor([-0.4, -0.3])), 0, 10),
    "generalized_pareto": (lambda: D.GeneralizedPareto(A, B, ctgrad.tensor([0.0, 0.1])), 0, 100),
    "von_mises": (lambda: D.VonMises(A - 1, B), -math.pi, math.pi),
}


def mean_of_density(d, low, high, f):
    x = ctgrad.linspace(low, high, 400001, dtype=ctgrad.float64)[1:-1, None].expand(-1, 2)
    inside = d.support.check(x)
    d._validate_args = False
    density = ctgrad.where(inside, d.log_prob(x.where(inside, d.sample().double())).exp(), 0.0)
    return (density * f(x)).sum(0) * ((high - low) / 400000)


@pytest.mark.parametrize("name", ON_LINES)
def test_densities_on_lines(name):
    make, low, high = ON_LINES[name]
    assert mean_of_density(make(), low, high, ctgrad.ones_like).sub(1).abs().max() < 2e-3
    if name == "von_mises":
        d = make()
        assert mean_of_density(make(), low, high, lambda x: 1 - (x - d.loc).cos()).sub(d.variance).abs().max() < 1e-4
        return
    d = make()
    mean = mean_of_density(make(), low, high, lambda x: x)
    assert mean.sub(d.mean).abs().max() < 2e-2 and mean_of_density(make(), low, high, lambda x: (x - mean) ** 2).sub(d.variance).abs().max() < 0.05
    ctgrad.manual_seed(0)
    x = d.sample((8000,))
    assert d.cdf(x).mean(0).sub(0.5).abs().max() < 0.02 and d.cdf(x).var(0).sub(1 / 12).abs().max() < 0.01
    assert d.entropy().add(d.log_prob(x).mean(0)).abs().max() < 0.06
    assert d.icdf(d.cdf(x)).sub(x).abs().max() < 1e-2 * x.abs().max()


def test_directions_are_drawn_around_theirs():
    ctgrad.manual_seed(1)
    d = D.VonMises(ctgrad.tensor([3.0, 0.1]), ctgrad.tensor([2.0, 50.0])).expand((2,))
    x = d.sample((6000,))
    assert x.abs().max() <= math.pi + 1e-6
    assert (1 - (x - d.loc).cos()).mean(0).sub(d.variance).abs().max() < 0.02 and (x - d.loc).sin().mean(0).abs().max() < 0.03


def test_shares_of_normal_numbers():
    d = D.LogisticNormal(A, B)
    assert d.event_shape == (3,) and d.expand((2,)).sample().sum(-1).sub(1).abs().max() < 1e-6 and D.LogisticNormal(0.0, 1.0).event_shape == (2,)
    x = ctgrad.linspace(0, 1, 20002, dtype=ctgrad.float64)[1:-1]
    one = D.LogisticNormal(ctgrad.tensor([0.3]), ctgrad.tensor([1.1]))
    assert one.log_prob(ctgrad.stack([x, 1 - x], -1)).exp().mean().sub(1).abs() < 1e-3


def test_thin_covariances_are_covariances():
    loc, factor, diagonal = ctgrad.rand(4, 3), ctgrad.rand(3, 2), ctgrad.rand(3) + 0.5
    thin = D.LowRankMultivariateNormal(loc, factor, diagonal)
    full = D.MultivariateNormal(loc, factor @ factor.T + ctgrad.diag(diagonal))
    x = ctgrad.rand(5, 4, 3)
    for f in (lambda d: d.log_prob(x), lambda d: d.entropy(), lambda d: d.covariance_matrix, lambda d: d.precision_matrix, lambda d: d.scale_tril, lambda d: d.variance):
        assert ctgrad.allclose(f(thin), f(full), atol=1e-5)
    other = D.LowRankMultivariateNormal(loc * 2, factor + 1, diagonal * 3), D.MultivariateNormal(loc * 2, (factor + 1) @ (factor + 1).T + ctgrad.diag(diagonal * 3))
    told = D.kl_divergence(full, other[1])
    for p, q in ((thin, other[0]), (full, other[0]), (thin, other[1])):
        assert ctgrad.allclose(D.kl_divergence(p, q), told, rtol=1e-4)
    thin.variance, thin.covariance_matrix  # kept, and not of the larger batch
    wide = thin.expand((2, 4))
    assert wide.variance.shape == (2, 4, 3) and wide.covariance_matrix.shape == (2, 4, 3, 3) and wide.sample().shape == (2, 4, 3)
    with pytest.raises(ValueError):
        D.kl_divergence(thin, D.MultivariateNormal(ctgrad.zeros(2), ctgrad.eye(2)))


@pytest.mark.filterwarnings("ignore:Singular sample")
def test_matrices_that_are_sums_of_products():
    ctgrad.manual_seed(0)
    v = ctgrad.tensor([[1.5]])
    one, gamma = D.Wishart(ctgrad.tensor(3.0), v), D.Gamma(1.5, 1 / (2 * v.squeeze()))   # of one number: a gamma number
    x = ctgrad.tensor([0.4, 2.0])
    assert ctgrad.allclose(one.log_prob(x[:, None, None]), gamma.log_prob(x), atol=1e-5) and ctgrad.allclose(one.entropy(), gamma.entropy(), atol=1e-5)
    assert ctgrad.allclose(D.kl_divergence(one, D.Wishart(ctgrad.tensor(5.0), v * 2)), D.kl_divergence(gamma, D.Gamma(2.5, 1 / (4 * v.squeeze()))), atol=1e-5)
    m = ctgrad.tensor([[2.0, 0.5], [0.5, 1.0]])
    made = [D.Wishart(ctgrad.tensor([3.0, 6.0]), m), D.Wishart(ctgrad.tensor([3.0, 6.0]), precision_matrix=m.inverse()), D.Wishart(ctgrad.tensor([3.0, 6.0]), scale_tril=ctgrad.linalg.cholesky(m))]
    x = made[0].sample((4000,))
    assert x.shape == (4000, 2, 2, 2) and x.mean(0).sub(made[0].mean).abs().max() < 0.4 and x.var(0).div(made[0].variance).sub(1).abs().max() < 0.2
    for d in made:
        assert ctgrad.allclose(d.log_prob(x[:5]), made[0].log_prob(x[:5]), rtol=1e-4) and d.expand((3, 2)).sample().shape == (3, 2, 2, 2)
    assert made[0].entropy().add(made[0].log_prob(x).mean(0)).abs().max() < 0.1
    with pytest.warns(UserWarning, match="Low df"):
        D.Wishart(1.5, m)


def test_correlations_of_two_are_beta_numbers():
    ctgrad.manual_seed(0)
    for concentration in (1.0, 3.0):
        d = D.LKJCholesky(2, concentration)
        r = ctgrad.linspace(-0.999, 0.999, 4001, dtype=ctgrad.float64)
        factors = ctgrad.stack([ctgrad.stack([r * 0 + 1, r * 0], -1), ctgrad.stack([r, (1 - r * r).sqrt()], -1)], -2)
        density = d.log_prob(factors).exp()   # of the factor: of r, what r's own is
        assert density.mean().mul(1.998).sub(1).abs() < 2e-2
        drawn = d.sample((6000,))[:, 1, 0]
        assert drawn.mean().abs() < 0.03 and drawn.var().sub(1 / (2 * concentration + 1)).abs() < 0.03
    x = D.LKJCholesky(4, ctgrad.tensor([0.5, 2.0])).expand((3, 2)).sample((5,))
    assert x.shape == (5, 3, 2, 4, 4) and D.LKJCholesky(4).support.check(x).all()
    for wrong in (lambda: D.LKJCholesky(1), lambda: D.LKJCholesky(3, -1.0), lambda: D.LKJCholesky(3).log_prob(ctgrad.ones(3, 3))):
        with pytest.raises(ValueError):
            wrong()


FAMILIES = {
    "beta": lambda: D.Beta(A, B), "continuous_bernoulli": lambda: D.ContinuousBernoulli(ctgrad.tensor([0.2, 0.6])), "exponential": lambda: D.Exponential(B), "gamma": lambda: D.Gamma(A + 1, B),
    "gumbel": lambda: D.Gumbel(A, B), "laplace": lambda: D.Laplace(A, B), "normal": lambda: D.Normal(A, B), "pareto": lambda: D.Pareto(A, A + 5), "uniform": lambda: D.Uniform(A / 10, A / 2), "poisson": lambda: D.Poisson(B), "bernoulli": lambda: D.Bernoulli(A / 2),
    "far uniform": lambda: D.Uniform(A - 9, A + 9), "low pareto": lambda: D.Pareto(A / 20, A + 1), "dirichlet": lambda: D.Dirichlet(A), "binomial": lambda: D.Binomial(3, A / 2), "lognormal": lambda: D.LogNormal(A, B),
}


@pytest.fixture
def unchecked():
    D.Distribution.set_default_validate_args(False)
    yield
    D.Distribution.set_default_validate_args(True)


def test_divergences_between_families_are_means_of_differences(unchecked):
    """Where they are finite, and nowhere where draws of the first lie outside of the second's support."""
    checked = set()
    for one in FAMILIES:
        for other in FAMILIES:
            p, q = FAMILIES[one](), FAMILIES[other]()
            try:
                divergence = D.kl_divergence(p, q)
            except NotImplementedError:
                continue
            if p.event_shape != q.event_shape:
                continue
            ctgrad.manual_seed(0)
            x = p.sample((20000,))
            inside = q.support.check(x).all(0)
            mean = (p.log_prob(x) - q.log_prob(x)).mean(0)
            finite = divergence.isfinite()
            assert finite.sum() == 0 or inside[finite].all(), (one, other)
            assert ((divergence - mean)[finite].abs() < 0.05 * (1 + mean[finite].abs())).all(), (one, other, divergence, mean)
            checked.add((type(p), type(q)))
    of_ours = [pair for pair in _known if all(getattr(D, kind.__name__, None) is kind for kind in pair)]
    assert len(checked) > 75 and len(of_ours) == 87


@pytest.mark.parametrize("make", [lambda a, b: D.Normal(a, b), lambda a, b: D.Gamma(a, b), lambda a, b: D.Exponential(b), lambda a, b: D.Bernoulli(a), lambda a, b: D.ContinuousBernoulli(a)])
def test_entropies_and_divergences_of_natural_parameters(make):
    a, b = ctgrad.tensor([0.3, 0.8], dtype=ctgrad.float64), ctgrad.tensor([0.9, 1.4], dtype=ctgrad.float64)
    p, q = make(a, b), make(a * 0.9, b * 1.3)
    assert ctgrad.allclose(D.ExponentialFamily.entropy(p), p.entropy(), atol=1e-6)
    assert ctgrad.allclose(_known[D.ExponentialFamily, D.ExponentialFamily](p, q), D.kl_divergence(p, q), atol=1e-6)


def test_what_exponential_families_do_not_say():
    with pytest.raises(NotImplementedError):
        D.Poisson(2.0).entropy()
    with pytest.raises(NotImplementedError, match="Normal and Poisson"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(2.0))


@pytest.mark.parametrize("make", [lambda a, b: D.Kumaraswamy(a, b), lambda a, b: D.ContinuousBernoulli(a), lambda a, b: D.VonMises(a, b), lambda a, b: D.LogisticNormal(a, b),
                                  lambda a, b: D.GeneralizedPareto(a * 0, a, b - 1), lambda a, b: D.LowRankMultivariateNormal(a, a[:, None], b), lambda a, b: D.LKJCholesky(3, a)])
def test_log_prob_differentiates(make):
    a = ctgrad.tensor([0.3, 0.8], dtype=ctgrad.float64, requires_grad=True)
    b = ctgrad.tensor([0.9, 1.4], dtype=ctgrad.float64, requires_grad=True)
    ctgrad.manual_seed(0)
    x = make(a, b).sample()
    assert ctgrad.autograd.gradcheck(lambda a, b: make(a, b).log_prob(x), (a, b))
    if make(a, b).has_rsample:
        ctgrad.manual_seed(0)
        assert make(a, b).rsample().requires_grad


def test_what_is_checked_after_expand():
    for d in (D.Pareto(1.0, 2.0), D.Weibull(1.0, 2.0)):
        with pytest.raises(ValueError):
            d.expand((2,)).log_prob(ctgrad.tensor([-0.5, 2.0]))
    for d in (D.LogNormal(0.0, 1.0), D.Pareto(1.0, 2.0)):
        with pytest.raises(ValueError):
            d.cdf(ctgrad.tensor(-1.0))
    assert D.StudentT(3.0, ctgrad.zeros(2)).expand((4, 2)).sample().shape == (4, 2) and D.StudentT(3.0).batch_shape == ()
    assert D.HalfCauchy(1.0, validate_args=False).log_prob(2).dtype == ctgrad.float32
