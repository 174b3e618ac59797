"""Distributions of random parameters on both libraries: shapes, moments, draws and what is left of the stream, densities of what is inside and outside of the
support, divergences of every pair; before expand() and after."""

import functools
import re
import warnings
import zlib

import ctgrad
import numpy as np
import pytest
import torch

LIBRARIES = (torch, ctgrad)
SHAPES = [(), (1,), (3,), (2, 3), (2, 1)]
DRAWN = {
    "real": lambda g, s: g.normal(size=s), "positive": lambda g, s: np.exp(0.8 * g.normal(size=s)), "share": lambda g, s: 1 / (1 + np.exp(-2 * g.normal(size=s))),
    "count": lambda g, s: np.floor(np.exp(1.5 * g.normal(size=s)) + 1),
}
NUMBERS = {
    "Normal": "real positive", "Laplace": "real positive", "Cauchy": "real positive", "Gumbel": "real positive", "LogNormal": "real positive", "VonMises": "real positive",
    "Exponential": "positive", "HalfNormal": "positive", "HalfCauchy": "positive", "Gamma": "positive positive", "InverseGamma": "positive positive", "Chi2": "positive",
    "Beta": "positive positive", "StudentT": "positive real positive", "FisherSnedecor": "positive positive", "Pareto": "positive positive", "Weibull": "positive positive",
    "Kumaraswamy": "positive positive", "Poisson": "positive", "Bernoulli": "share", "Geometric": "share", "Binomial": "count share", "NegativeBinomial": "count share",
    "ContinuousBernoulli": "share", "LogisticNormal": "real positive", "GeneralizedPareto": "real positive real",
}
# Of what has an event: the size that is added to the batch's, and what is made of the arrays.
EVENTS = {
    "Uniform": (("real", ()), ("positive", ()), lambda D, a, b: D.Uniform(a, a + b)), "Dirichlet": (("positive", (3,)), lambda D, a: D.Dirichlet(a)),
    "Categorical": (("positive", (3,)), lambda D, a: D.Categorical(a)), "Categorical of logits": (("real", (3,)), lambda D, a: D.Categorical(logits=a)),
    "OneHotCategorical": (("positive", (3,)), lambda D, a: D.OneHotCategorical(a)), "Multinomial": (("positive", (3,)), lambda D, a: D.Multinomial(4, a)),
    "Bernoulli of logits": (("real", ()), lambda D, a: D.Bernoulli(logits=a)), "ContinuousBernoulli of logits": (("real", ()), lambda D, a: D.ContinuousBernoulli(logits=a)),
    "MultivariateNormal": (("real", (3,)), ("real", (3, 3)), lambda D, a, m: D.MultivariateNormal(a, scale_tril=m.tril(-1) + m.exp() * (m * 0 == 0).tril().triu())),
    "precise MultivariateNormal": (("real", (2,)), ("real", (2, 2)), lambda D, a, m: D.MultivariateNormal(a, precision_matrix=m @ m.mT + (m * 0 == 0).tril().triu() * 0.5)),
    "LowRankMultivariateNormal": (("real", (3,)), ("real", (3, 2)), ("positive", (3,)), lambda D, a, w, d: D.LowRankMultivariateNormal(a, w, d)),
    "Wishart": (("positive", ()), ("real", (2, 2)), lambda D, a, m: D.Wishart(a + 2, m @ m.mT + (m * 0 == 0).tril().triu() * 0.5)),
    "LKJCholesky": (("positive", ()), lambda D, a: D.LKJCholesky(4, a)), "Independent": (("real", (2,)), ("positive", (2,)), lambda D, a, b: D.Independent(D.Gumbel(a, b), 1)),
    "RelaxedBernoulli": (("share", ()), lambda D, a: D.RelaxedBernoulli(a.flatten()[0], a)), "RelaxedOneHotCategorical": (("positive", (3,)), lambda D, a: D.RelaxedOneHotCategorical(a.flatten()[0], a)),
    "MixtureSameFamily": (("positive", (3,)), ("real", (3,)), lambda D, p, a: D.MixtureSameFamily(D.Categorical(p), D.Normal(a, p))),
}
# Not compared: PyTorch looks for what expand() left behind.
LEFT_OUT = {("Multinomial expanded", "entropy"), ("Multinomial expanded", "perplexity")}


def tensors(library, arrays, dtype):
    return [a if isinstance(a, float) else library.from_numpy(a.copy()).to(getattr(library, dtype)) for a in arrays]


def dtype_of(name, seed):
    return "float64" if seed % 2 and name != "GeneralizedPareto" else "float32"   # PyTorch's GeneralizedPareto is of float32 alone


def made(name, seed):
    """The distribution in both libraries. All its tensors are of one dtype, since what float32 rounds of a sum is a difference in float64; some are numbers."""
    g = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    shape, dtype = SHAPES[g.integers(len(SHAPES))], dtype_of(name, seed)
    if name in NUMBERS:
        arrays = [float(DRAWN[kind](g, ())) if g.random() < 0.15 else DRAWN[kind](g, shape if g.random() < 0.7 else shape[-1:]) for kind in NUMBERS[name].split()]
        return [getattr(library.distributions, name)(*tensors(library, arrays, dtype)) for library in LIBRARIES]
    *events, make = EVENTS[name]
    arrays = [DRAWN[kind](g, shape + event) for kind, event in events]
    return [make(library.distributions, *tensors(library, arrays, dtype)) for library in LIBRARIES]


def outcome(f, *args):
    """What there is to see, of either library: an array with its dtype and history, a text, or the class of an exception; and the warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            value = f(*args)
        except Exception as error:
            return type(error).__name__, None, len(told)
    if isinstance(value, (torch.Tensor, ctgrad.Tensor)):
        return (str(value.dtype).rpartition(".")[2], value.requires_grad), value.detach().numpy(), len(told)
    return repr(value).replace("ctgrad", "torch"), None, len(told)


def same(got, want, loose, rounded):
    if got[0] != want[0] or got[2] != want[2] or (got[1] is None) != (want[1] is None):
        return False
    if got[1] is None:
        return True
    near = loose if rounded or got[1].dtype == np.float32 else 1e-8
    return got[1].shape == want[1].shape and np.allclose(got[1], want[1], rtol=near, atol=near, equal_nan=True)


class Pair:
    """One distribution in both libraries, and what was different."""

    def __init__(self, name, pair, seed):
        self.name, self.pair, self.seed, self.different = name, pair, seed, []

    def compare(self, what, f, *rest, loose=5e-5):
        """f(library, distribution, ...), with one of each of rest for each library."""
        if (self.name, what) in LEFT_OUT:
            return
        want, got = (outcome(f, library, *of_each) for library, *of_each in zip(LIBRARIES, self.pair, *rest, strict=True))
        if not same(got, want, loose, what.endswith("whole")):   # logarithms of whole numbers are float32's
            self.different.append((self.name, self.seed, what, want, got))

    def compare_all(self):
        for name in ("batch_shape", "event_shape", "mean", "mode", "variance", "stddev", "has_rsample", "has_enumerate_support", "probs", "logits", "covariance_matrix", "precision_matrix", "scale_tril"):
            if hasattr(type(self.pair[0]), name) or name in vars(self.pair[0]):
                self.compare(name, lambda library, d, name=name: getattr(d, name), loose=2e-3 if name in ("variance", "stddev") else 5e-5)
        self.compare("repr", lambda library, d: re.sub(r"-?\d+\.\d+(e-?\d+)?", "#", repr(d)))
        for name in ("entropy", "perplexity", "enumerate_support"):
            self.compare(name, lambda library, d, name=name: getattr(d, name)())
        for size in ((), (2, 3)):
            for name in ("sample", "rsample"):
                def drawn(library, d, name=name, size=size):
                    library.manual_seed(self.seed)
                    return getattr(d, name)(size)
                self.compare(name, drawn)
                self.compare(f"the stream after {name}", lambda library, d: library.rand(2), loose=0)
        self.compare_values()

    def compare_values(self):
        torch.manual_seed(self.seed)
        inside = self.pair[0].sample((3,)).detach().numpy()
        uniform = np.random.default_rng(self.seed).uniform(size=inside.shape).astype(inside.dtype)
        for at, x in {"inside": inside, "below": inside - 5.25, "of one size": inside[..., :1], "of another size": np.zeros(7, "float32"), "whole": inside.astype("int64"), "nan": inside * np.nan}.items():
            x = [library.from_numpy(np.array(x)) for library in LIBRARIES]
            self.compare(f"log_prob {at}", lambda library, d, x: d.log_prob(x), x, loose=3e-4)
            self.compare(f"cdf {at}", lambda library, d, x: d.cdf(x), x, loose=3e-4)
        self.compare("icdf", lambda library, d, x: d.icdf(x), [library.from_numpy(uniform.copy()) for library in LIBRARIES], loose=3e-4)


@functools.cache
def pairs(name):
    return [made(name, seed) for seed in range(4)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*NUMBERS, *EVENTS])
def test_all_that_a_distribution_tells(name):
    for seed, pair in enumerate(pairs(name)):
        at = Pair(name, pair, seed)
        at.compare_all()
        wide = [d.expand((2, *d.batch_shape)) for d in pair]
        expanded = Pair(f"{name} expanded", wide, seed)
        expanded.compare_all()
        at.compare("expand to less", lambda library, d: d.expand((5, *[7] * len(d.batch_shape))).batch_shape)
        assert at.different + expanded.different == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*NUMBERS, *EVENTS])
def test_divergences_from_all_others(name):
    different = []
    for seed, other in enumerate([*NUMBERS, *EVENTS]):
        first, second = seed % 4, seed // 4 % 4
        if dtype_of(name, first) != dtype_of(other, second):
            second ^= 1
        p, q = pairs(name)[first], pairs(other)[second]
        at = Pair(f"{name}, {other}", p, seed)
        at.compare("divergence", lambda library, p, q: library.distributions.kl_divergence(p, q), q, loose=1e-3)
        different += at.different
    assert different == []
