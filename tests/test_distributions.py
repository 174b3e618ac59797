"""Distributions: densities that sum to one, samples that follow them, gradients, divergences, what is refused."""

import math

import ctgrad
import pytest
from ctgrad import distributions as D
from ctgrad.distributions import constraints, transforms

LOC, SCALE = ctgrad.tensor([0.3, -1.0]), ctgrad.tensor([0.8, 1.7])
CONTINUOUS = {
    "normal": lambda: D.Normal(LOC, SCALE), "uniform": lambda: D.Uniform(LOC, LOC + SCALE), "exponential": lambda: D.Exponential(SCALE),
    "laplace": lambda: D.Laplace(LOC, SCALE), "log_normal": lambda: D.LogNormal(LOC, SCALE / 3), "half_normal": lambda: D.HalfNormal(SCALE),
    "gumbel": lambda: D.Gumbel(LOC, SCALE), "tanh": lambda: D.TransformedDistribution(D.Normal(LOC, SCALE / 4), transforms.TanhTransform()),
    "gamma": lambda: D.Gamma(SCALE + 1, SCALE), "chi2": lambda: D.Chi2(SCALE + 2), "weibull": lambda: D.Weibull(SCALE, SCALE + 1),
    "mixture": lambda: D.MixtureSameFamily(D.Categorical(ctgrad.tensor([[1.0, 3.0], [1.0, 1.0]])), D.Normal(ctgrad.stack([LOC, SCALE]), SCALE)),
}
DISCRETE = {
    "bernoulli": lambda: D.Bernoulli(ctgrad.tensor([0.2, 0.7])), "bernoulli_logits": lambda: D.Bernoulli(logits=LOC),
    "categorical": lambda: D.Categorical(ctgrad.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])),
    "categorical_logits": lambda: D.Categorical(logits=ctgrad.tensor([[0.1, 2.0, -1.0], [0.0, 0.0, 0.0]])),
    "binomial": lambda: D.Binomial(3, ctgrad.tensor([0.2, 0.7])),
    "one_hot": lambda: D.OneHotCategorical(ctgrad.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_sum_to_one_and_give_the_mean(name):
    d = CONTINUOUS[name]()
    x = ctgrad.linspace(-40, 40, 400001, dtype=ctgrad.float64)[:, None].expand(-1, 2)
    inside = d.support.check(x)
    d._validate_args = False
    density = ctgrad.where(inside, d.log_prob(x.where(inside, d.sample().double())).exp(), 0.0).nan_to_num(0.0)
    step = 80 / 400000
    assert density.sum(0).mul(step).sub(1).abs().max() < 1e-3
    if name != "tanh":
        assert (density * x).sum(0).mul(step).sub(d.mean).abs().max() < 5e-3


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_follow_the_distribution_function(name):
    ctgrad.manual_seed(3)
    d = CONTINUOUS[name]()
    x = d.sample((4000,))
    assert x.shape == (4000, 2) and not x.requires_grad
    if name == "mixture":
        assert (x.mean(0) - d.mean).abs().max() < 0.1
    else:
        assert (d.cdf(x).mean(0) - 0.5).abs().max() < 0.03


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_sum_to_one_and_entropy_is_their_mean(name):
    d = DISCRETE[name]()
    values = d.enumerate_support()
    p = d.log_prob(values).exp()
    assert p.sum(0).sub(1).abs().max() < 1e-5
    assert (-(p * p.clamp(min=1e-30).log()).sum(0) - d.entropy()).abs().max() < 1e-5
    ctgrad.manual_seed(1)
    drawn = d.sample((4000,))
    often = ctgrad.stack([(drawn == v).flatten(2).all(-1) if drawn.dim() > 2 else drawn == v for v in values]).double().mean(1)
    assert (often - p).abs().max() < 0.04


@pytest.mark.parametrize("make", [lambda a, b: D.Normal(a, b), lambda a, b: D.Laplace(a, b), lambda a, b: D.Gumbel(a, b), lambda a, b: D.LogNormal(a, b),
                                  lambda a, b: D.Uniform(a, a + b), lambda a, b: D.Cauchy(a, b), lambda a, b: D.Exponential(b), lambda a, b: D.HalfNormal(b),
                                  lambda a, b: D.Bernoulli(logits=a), lambda a, b: D.Geometric(logits=a), lambda a, b: D.Independent(D.Normal(a, b), 1),
                                  lambda a, b: D.MultivariateNormal(a, scale_tril=ctgrad.diag(b)), lambda a, b: D.Categorical(logits=a)])
def test_log_prob_differentiates(make):
    a = ctgrad.tensor([0.3, -0.6], dtype=ctgrad.float64, requires_grad=True)
    b = ctgrad.tensor([0.9, 1.4], dtype=ctgrad.float64, requires_grad=True)
    ctgrad.manual_seed(0)
    x = make(a, b).sample()
    assert ctgrad.autograd.gradcheck(lambda a, b: make(a, b).log_prob(x), (a, b))


def test_samples_that_differentiate():
    loc, scale = ctgrad.tensor([1.0], requires_grad=True), ctgrad.tensor([2.0], requires_grad=True)
    x = D.Normal(loc, scale).rsample((5,))
    x.sum().backward()
    assert loc.grad.item() == 5 and ctgrad.allclose(scale.grad, ((x - 1) / 2).sum())
    logits = ctgrad.zeros(3, requires_grad=True)
    one = D.OneHotCategoricalStraightThrough(logits=logits).rsample()
    assert one.sum() == 1
    (one * ctgrad.arange(3)).sum().backward()
    assert logits.grad.ne(0).any()
    with pytest.raises(NotImplementedError):
        D.Bernoulli(0.5).rsample()


def test_multivariate_normal_of_each_matrix():
    covariance = ctgrad.tensor([[2.0, 0.5], [0.5, 1.0]])
    made = [D.MultivariateNormal(LOC, covariance), D.MultivariateNormal(LOC, precision_matrix=covariance.inverse()),
            D.MultivariateNormal(LOC, scale_tril=ctgrad.linalg.cholesky(covariance))]
    x = ctgrad.tensor([[0.0, 0.0], [1.0, -2.0]])
    by_hand = -0.5 * (((x - LOC) @ covariance.inverse()) * (x - LOC)).sum(-1) - 0.5 * covariance.det().log() - math.log(2 * math.pi)
    for d in made:
        assert ctgrad.allclose(d.log_prob(x), by_hand, atol=1e-5)
        assert ctgrad.allclose(d.precision_matrix @ covariance, ctgrad.eye(2), atol=1e-5)
        assert ctgrad.allclose(d.covariance_matrix, covariance, atol=1e-5) and ctgrad.allclose(d.variance, covariance.diagonal(), atol=1e-5)
    assert D.kl_divergence(made[0], made[1]).abs() < 1e-5
    assert D.kl_divergence(made[0], D.MultivariateNormal(LOC + 1, covariance)) > 0
    for wrong in ({}, {"covariance_matrix": covariance, "scale_tril": covariance}, {"covariance_matrix": -covariance}, {"scale_tril": LOC}):
        with pytest.raises(ValueError):
            D.MultivariateNormal(LOC, **wrong)


def test_poisson_numbers_follow_their_probabilities():
    ctgrad.manual_seed(2)
    for rate in (0.7, 9.5, 10.0, 40.0):
        d = D.Poisson(ctgrad.tensor(rate, dtype=ctgrad.float64))
        values = ctgrad.arange(120.0, dtype=ctgrad.float64)
        p, drawn = d.log_prob(values).exp(), d.sample((20000,))
        assert p.sum().sub(1).abs() < 1e-9 and (p * values).sum().sub(rate).abs() < 1e-6
        often = (drawn[:, None] <= values).double().mean(0)
        assert (often - p.cumsum(0)).abs().max() < 0.015
        x = d.sample((2000,))
        assert (D.kl_divergence(d, D.Poisson(rate + 1.0)) - (d.log_prob(x) - D.Poisson(rate + 1.0).log_prob(x)).mean()).abs() < 0.1


PAIRS = [("normal", D.Normal(0.5, 2.0)), ("laplace", D.Laplace(0.5, 2.0)), ("normal", D.Laplace(0.5, 2.0)), ("laplace", D.Normal(0.5, 2.0)),
         ("exponential", D.Exponential(2.0)), ("exponential", D.Normal(0.5, 2.0)), ("gumbel", D.Gumbel(0.5, 2.0)), ("half_normal", D.HalfNormal(2.0)),
         ("uniform", D.Uniform(-9.0, 9.0)), ("uniform", D.Normal(0.5, 2.0)), ("log_normal", D.LogNormal(0.5, 2.0)), ("bernoulli", D.Bernoulli(0.4)),
         ("categorical", D.Categorical(ctgrad.ones(3))), ("one_hot", D.OneHotCategorical(ctgrad.ones(3)))]


@pytest.mark.parametrize(("name", "q"), PAIRS)
def test_divergence_is_the_mean_of_the_difference(name, q):
    p = {**CONTINUOUS, **DISCRETE}[name]()
    ctgrad.manual_seed(0)
    x = p.sample((40000,))
    assert (D.kl_divergence(p, q) - (p.log_prob(x) - q.log_prob(x)).mean(0)).abs().max() < 0.06


def test_divergences_of_others():
    normal = D.Normal(LOC, SCALE)
    assert D.kl_divergence(normal, D.Uniform(0.0, 1.0)).isinf().all()
    assert D.kl_divergence(D.Uniform(0.0, 1.0), D.Uniform(0.5, 1.0)).isinf()
    assert D.kl_divergence(D.Uniform(-1.0, 1.0), D.Exponential(1.0)).isinf()
    assert D.kl_divergence(D.Cauchy(LOC, SCALE), D.Cauchy(LOC, SCALE)).abs().max() < 1e-6
    assert D.kl_divergence(D.Geometric(0.3), D.Geometric(0.3)).abs() < 1e-5
    with_two = D.kl_divergence(D.Independent(normal, 1), D.Independent(D.Normal(0.0, 1.0).expand((2,)), 1))
    assert with_two.shape == () and ctgrad.allclose(with_two, D.kl_divergence(normal, D.Normal(0.0, 1.0)).sum())
    with pytest.raises(NotImplementedError):
        D.kl_divergence(normal, D.Bernoulli(0.5))

    class Mine(D.Normal):
        pass

    @D.register_kl(Mine, D.Bernoulli)
    def mine(p, q):
        return 7

    assert D.kl_divergence(Mine(0.0, 1.0), D.Bernoulli(0.5)) == 7 and D.kl_divergence(Mine(0.0, 1.0), D.Normal(0.0, 1.0)) == 0
    with pytest.raises(TypeError):
        D.register_kl(3, D.Normal)


def test_expand_and_shapes():
    for make in (*CONTINUOUS.values(), *DISCRETE.values()):
        d = make()
        wide = d.expand((3, *d.batch_shape))
        assert wide.batch_shape == (3, *d.batch_shape) and wide.event_shape == d.event_shape
        x = wide.sample((4,))
        assert x.shape == (4, *wide.batch_shape, *wide.event_shape)
        assert ctgrad.allclose(wide.log_prob(x), d.log_prob(x))


def test_parameters_and_values_are_checked():
    for wrong in (lambda: D.Normal(0.0, -1.0), lambda: D.Normal(ctgrad.tensor([math.nan]), 1.0), lambda: D.Categorical(ctgrad.tensor([-1.0, 2.0])),
                  lambda: D.Bernoulli(2.0), lambda: D.Bernoulli(), lambda: D.Categorical(ctgrad.tensor(1.0)), lambda: D.Uniform(1.0, 0.0),
                  lambda: D.Normal("a", 1.0), lambda: D.Geometric(0.0), lambda: D.Exponential(1.0).log_prob(ctgrad.tensor(-1.0)),
                  lambda: D.Bernoulli(0.5).log_prob(ctgrad.tensor(0.5)), lambda: D.Normal(LOC, SCALE).log_prob(ctgrad.zeros(5)),
                  lambda: D.Normal(LOC, SCALE).log_prob(1.0), lambda: D.Independent(D.Normal(0.0, 1.0), 1),
                  lambda: D.MixtureSameFamily(D.Categorical(ctgrad.ones(3)), D.Normal(LOC, SCALE))):
        with pytest.raises(ValueError):
            wrong()
    assert D.Exponential(1.0, validate_args=False).log_prob(ctgrad.tensor(-1.0)) == 1
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_how_they_print():
    assert repr(D.Normal(0.0, 1.0)) == "Normal(loc: 0.0, scale: 1.0)"
    assert repr(D.Independent(D.Normal(LOC, SCALE), 1)) == "Independent(Normal(loc: torch.Size([2]), scale: torch.Size([2])), 1)"
    assert repr(constraints.positive) == "GreaterThan(lower_bound=0.0)" and repr(constraints.real_vector) == "IndependentConstraint(Real(), 1)"


@pytest.mark.parametrize("t", [transforms.ExpTransform(), transforms.TanhTransform(), transforms.SigmoidTransform(), transforms.SoftplusTransform(),
                               transforms.AffineTransform(1.0, -2.0), transforms.PowerTransform(2.0), transforms.ExpTransform().inv,
                               transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(1.0, 3.0)])])
def test_transforms_undo_and_tell_how_much_they_stretch(t):
    x = ctgrad.tensor([0.4, 0.7, 1.1], dtype=ctgrad.float64, requires_grad=True)
    y = t(x)
    slope, = ctgrad.autograd.grad(y.sum(), x)
    assert ctgrad.allclose(t.inv(y), x) and ctgrad.allclose(t.log_abs_det_jacobian(x, y), slope.abs().log())
    assert t.inv.inv is t and t.forward_shape((3,)) == (3,) and not t == transforms.AbsTransform()


def test_transforms_of_vectors():
    t = transforms.ComposeTransform([transforms.IndependentTransform(transforms.ExpTransform(), 1), transforms.AffineTransform(0.0, SCALE, event_dim=1)])
    assert (t.domain.event_dim, t.codomain.event_dim) == (1, 1)
    d = D.TransformedDistribution(D.Normal(LOC, SCALE), [t])
    assert (d.batch_shape, d.event_shape) == ((), (2,))
    x = d.sample((3,))
    assert d.log_prob(x).shape == (3,) and repr(t.parts[0]) == "IndependentTransform(ExpTransform(), 1)"
    cached = transforms.TanhTransform(cache_size=1)
    x = ctgrad.tensor([20.0])
    assert cached.inv(cached(x)) is x and not transforms.TanhTransform().inv(x.tanh()).isfinite()
    with pytest.raises(ValueError):
        transforms.ExpTransform(cache_size=2)


@pytest.mark.parametrize("alpha", [0.05, 0.8, 1.0, 2.5, 9.0, 40.0])
def test_gamma_and_beta_numbers_move_along_with_their_concentrations(alpha):
    """Probabilities of no more than a number stay: by differences of the distribution function, which sums the density."""
    ctgrad.manual_seed(2)
    a = ctgrad.full((50,), alpha, dtype=ctgrad.float64, requires_grad=True)
    x = D.Gamma(a, ctgrad.ones_like(a)).rsample()
    x.sum().backward()

    def cdf(a):
        return D.Gamma(a, ctgrad.ones_like(a)).cdf(x.detach())

    step, one = 1e-5 * alpha, a.detach()
    by_alpha = (cdf(one + step) - cdf(one - step)) / (2 * step)
    wanted = -by_alpha / D.Gamma(one, ctgrad.ones_like(one)).log_prob(x.detach()).exp()
    assert ((a.grad - wanted).abs() <= 1e-5 * wanted.abs() + 1e-9).all()
    c = ctgrad.tensor([alpha, 1.0], dtype=ctgrad.float64, requires_grad=True)
    share = D.Beta(c[0], c[1]).rsample()  # of x ** alpha, which is uniform: x = u ** (1 / alpha)
    share.backward()
    assert abs(c.grad[0].item() + (share * share.log() / alpha).item()) <= 1e-9 * abs(c.grad[0].item()) + 1e-15
