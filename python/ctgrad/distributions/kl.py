"""How far one distribution is from another: the Kullback-Leibler divergence, in nats, of pairs of classes for which it is known."""

import math
from collections.abc import Callable
from typing import Any

import ctgrad

from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .dirichlet import Dirichlet
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import EULER, Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .multivariate_normal import MultivariateNormal, _mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import sum_rightmost

__all__ = ["kl_divergence", "register_kl"]

_known: dict[tuple[type, type], Callable[..., Any]] = {}  # (class of p, class of q): function of p and q


def register_kl(type_p, type_q):
    """Decorates the function that kl_divergence calls for these classes and theirs below: any, since libraries have base classes of their own."""
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(kind, type):
            raise TypeError(f"register_kl(): {name} must be a class, such as a subclass of Distribution, not {kind}")

    def decorator(fun):
        _known[type_p, type_q] = fun
        return fun
    return decorator


def _found(type_p, type_q):
    """The function of the nearest classes above both, p's first."""
    for above_p in type_p.__mro__:
        for above_q in type_q.__mro__:
            if (above_p, above_q) in _known:
                return _known[above_p, above_q]
    raise NotImplementedError(f"No KL(p || q) is implemented for p type {type_p.__name__} and q type {type_q.__name__}")


def kl_divergence(p, q):
    """The divergence of q from p, for each of the batch. NotImplementedError for classes that nobody registered."""
    return _found(type(p), type(q))(p, q)


def _infinite(p, q):
    return ctgrad.full_like(p.mean, math.inf)


@register_kl(Bernoulli, Bernoulli)
def _kl_bernoulli(p, q):
    softplus = ctgrad.nn.functional.softplus
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    one[q.probs == 0] = math.inf
    one[p.probs == 0] = 0
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    zero[q.probs == 1] = math.inf
    zero[p.probs == 1] = 0
    return one + zero


@register_kl(Categorical, Categorical)
def _kl_categorical(p, q):
    each = p.probs * (p.logits - q.logits)
    each[(q.probs == 0).expand_as(each)] = math.inf
    each[(p.probs == 0).expand_as(each)] = 0
    return each.sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _kl_one_hot(p, q):
    return _kl_categorical(p._categorical, q._categorical)


@register_kl(Exponential, Exponential)
def _kl_exponential(p, q):
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Exponential, Normal)
def _kl_exponential_normal(p, q):
    variance = q.scale.pow(2)
    squared = p.rate.pow(2)
    return 0.5 * ctgrad.log(squared * variance * 2 * math.pi) - 1 + (squared.reciprocal() - q.loc / p.rate + q.loc.pow(2) / 2) / variance


@register_kl(Cauchy, Cauchy)
def _kl_cauchy(p, q):
    together = ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log()
    return together - (4 * p.scale * q.scale).log()


@register_kl(Poisson, Poisson)
def _kl_poisson(p, q):
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Beta, Beta)
def _kl_beta(p, q):
    mine, other = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    norms = (q.concentration1.lgamma() + q.concentration0.lgamma() + mine.lgamma()) - (p.concentration1.lgamma() + p.concentration0.lgamma() + other.lgamma())
    return (norms + (p.concentration1 - q.concentration1) * ctgrad.digamma(p.concentration1)
            + (p.concentration0 - q.concentration0) * ctgrad.digamma(p.concentration0) + (other - mine) * ctgrad.digamma(mine))


@register_kl(Dirichlet, Dirichlet)
def _kl_dirichlet(p, q):
    mine, other = p.concentration.sum(-1), q.concentration.sum(-1)
    norms = (mine.lgamma() - other.lgamma()) - (p.concentration.lgamma() - q.concentration.lgamma()).sum(-1)
    return norms + ((p.concentration - q.concentration) * (p.concentration.digamma() - mine.digamma().unsqueeze(-1))).sum(-1)


@register_kl(Gamma, Gamma)
def _kl_gamma(p, q):
    return (q.concentration * (p.rate / q.rate).log() + (ctgrad.lgamma(q.concentration) - ctgrad.lgamma(p.concentration))
            + (p.concentration - q.concentration) * ctgrad.digamma(p.concentration) + (q.rate - p.rate) * (p.concentration / p.rate))


@register_kl(Exponential, Gamma)
def _kl_exponential_gamma(p, q):
    ratio = q.rate / p.rate
    return -q.concentration * ctgrad.log(ratio) + ratio + q.concentration.lgamma() + q.concentration * EULER - (1 + EULER)


@register_kl(Gamma, Exponential)
def _kl_gamma_exponential(p, q):
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Binomial, Binomial)
def _kl_binomial(p, q):
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    result = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return result.masked_fill(p.total_count > q.total_count, math.inf)


@register_kl(Bernoulli, Poisson)
def _kl_bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Geometric, Geometric)
def _kl_geometric(p, q):
    return -p.entropy() - ctgrad.log1p(-q.probs) / p.probs - q.logits


@register_kl(Gumbel, Gumbel)
def _kl_gumbel(p, q):
    scales, mine, other = p.scale / q.scale, q.loc / q.scale, p.loc / q.scale
    return -scales.log() - mine + other + scales * EULER + ctgrad.exp(mine + (1 + scales).lgamma() - other) - (1 + EULER)


@register_kl(Laplace, Laplace)
def _kl_laplace(p, q):
    scales, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -scales.log() + away / q.scale + scales * ctgrad.exp(-away / p.scale) - 1


@register_kl(Normal, Normal)
def _kl_normal(p, q):
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _kl_half_normal(p, q):
    return _kl_normal(p.base_dist, q.base_dist)


@register_kl(Normal, Laplace)
def _kl_normal_laplace(p, q):
    away = p.loc - q.loc
    turned = away / p.scale
    mean = math.sqrt(2 / math.pi) * p.scale * ctgrad.exp(-0.5 * turned.pow(2)) + away * ctgrad.erf(math.sqrt(0.5) * turned)
    return -ctgrad.log(p.scale / q.scale) + mean / q.scale - (0.5 * (1 + math.log(0.5 * math.pi)))


@register_kl(Laplace, Normal)
def _kl_laplace_normal(p, q):
    variance = q.scale.pow(2)
    ratio = p.scale.pow(2) / variance
    away = 0.5 * p.loc.pow(2) - p.loc * q.loc + 0.5 * q.loc.pow(2)
    return -(0.5 * ctgrad.log(2 * ratio / math.pi)) + ratio + away / variance - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariate_normal(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError("KL-divergence between two Multivariate Normals with different event shapes cannot be computed")
    mine, other, n = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril, p.event_shape[0]
    shape = ctgrad.broadcast_shapes(mine.shape[:-2], other.shape[:-2]) + (n, n)
    solved = ctgrad.linalg.solve_triangular(other.expand(shape), mine.expand(shape), upper=False)
    trace = solved.reshape(-1, n * n).pow(2).sum(-1).reshape(shape[:-2])
    return q._half_log_det() - p._half_log_det() + 0.5 * (trace + _mahalanobis(other, q.loc - p.loc) - n)


@register_kl(Uniform, Uniform)
def _kl_uniform(p, q):
    result = ((q.high - q.low) / (p.high - p.low)).log()
    result[(q.low > p.low) | (q.high < p.high)] = math.inf
    return result


@register_kl(Uniform, Exponential)
def _kl_uniform_exponential(p, q):
    result = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    result[p.low < q.support.lower_bound] = math.inf
    return result


@register_kl(Uniform, Normal)
def _kl_uniform_normal(p, q):
    width = p.high - p.low
    spread = width.pow(2) / 12 + ((p.high + p.low - 2 * q.loc) / 2).pow(2)
    return (math.sqrt(math.pi * 2) * q.scale / width).log() + 0.5 * spread / q.scale.pow(2)


@register_kl(Independent, Independent)
def _kl_independent(p, q):
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _kl_transformed(p, q):
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


for _p, _q in [(Normal, Exponential), (Normal, Uniform), (Laplace, Exponential), (Laplace, Uniform), (Exponential, Uniform), (Gumbel, Exponential),
               (Gumbel, Uniform), (Poisson, Bernoulli)]:
    register_kl(_p, _q)(_infinite)
