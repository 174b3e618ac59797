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
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import EULER, Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, _mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .pareto import Pareto
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


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _kl_continuous_bernoulli(p, q):
    mine = p._log_norm() + ctgrad.log1p(-p.probs)
    return p.mean * (p.logits - q.logits) + mine + (-q._log_norm() - ctgrad.log1p(-q.probs))


@register_kl(ExponentialFamily, ExponentialFamily)
def _kl_exponential_family(p, q):
    """Bregman's divergence of the normalizer, between the natural parameters."""
    if type(p) is not type(q):
        raise NotImplementedError("The cross KL-divergence between different exponential families cannot be computed using Bregman divergences: "
                                  f"{type(p).__name__} and {type(q).__name__}")
    at, normalizer, slopes = p._normalizer_and_slopes()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for mine, other, slope in zip(at, q._natural_params, slopes, strict=True):
        result = result - sum_rightmost((other - mine) * slope, len(q.event_shape))
    return result


@register_kl(Exponential, Exponential)
def _kl_exponential(p, q):
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


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


@register_kl(Binomial, Binomial)
def _kl_binomial(p, q):
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    result = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return result.masked_fill(p.total_count > q.total_count, math.inf)


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


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariate_normal(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError("KL-divergence between two Multivariate Normals with different event shapes cannot be computed")
    mine, other, n = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril, p.event_shape[0]
    shape = ctgrad.broadcast_shapes(mine.shape[:-2], other.shape[:-2]) + (n, n)
    solved = ctgrad.linalg.solve_triangular(other.expand(shape), mine.expand(shape), upper=False)
    trace = solved.reshape(-1, n * n).pow(2).sum(-1).reshape(shape[:-2])
    return q._half_log_det() - p._half_log_det() + 0.5 * (trace + _mahalanobis(other, q.loc - p.loc) - n)


def _of_one_length(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError(f"KL-divergence between two (Low Rank) Multivariate Normals with different event shapes cannot be computed: {p.event_shape}, {q.event_shape}")


def _squares(matrix):
    """The trace of matrix matrix^T."""
    return matrix.flatten(-2).pow(2).sum(-1)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _kl_low_rank(p, q):
    _of_one_length(p, q)
    mine, other, thin = p._unbroadcasted_cov_diag, q._unbroadcasted_cov_diag, q._whitened_factor()
    traces = ((mine / other).sum(-1) + _squares(p._unbroadcasted_cov_factor * other.rsqrt().unsqueeze(-1)) - _squares(thin * mine.sqrt().unsqueeze(-2))
              - _squares(thin.matmul(p._unbroadcasted_cov_factor)))
    return 0.5 * (q._log_det() - p._log_det() + traces + q._mahalanobis(q.loc - p.loc) - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _kl_multivariate_normal_low_rank(p, q):
    _of_one_length(p, q)
    tril = p._unbroadcasted_scale_tril
    traces = _squares(tril * q._unbroadcasted_cov_diag.rsqrt().unsqueeze(-1)) - _squares(q._whitened_factor().matmul(tril))
    return 0.5 * (q._log_det() - 2 * p._half_log_det() + traces + q._mahalanobis(q.loc - p.loc) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _kl_low_rank_multivariate_normal(p, q):
    _of_one_length(p, q)
    tril, factor = q._unbroadcasted_scale_tril, p._unbroadcasted_cov_factor
    shape = ctgrad.broadcast_shapes(tril.shape[:-2], factor.shape[:-2])

    def solved(matrix):
        return _squares(ctgrad.linalg.solve_triangular(tril.expand(shape + tril.shape[-2:]), matrix.expand(shape + matrix.shape[-2:]), upper=False))

    traces = solved(factor) + solved(ctgrad.diag_embed(p._unbroadcasted_cov_diag.sqrt()))
    return 0.5 * (2 * q._half_log_det() - p._log_det() + traces + _mahalanobis(tril, q.loc - p.loc) - p.event_shape[0])


@register_kl(Pareto, Pareto)
def _kl_pareto(p, q):
    power = q.alpha / p.alpha
    scales = p.scale / q.scale
    result = q.alpha * scales.log() - power.log() + power - 1
    result[p.support.lower_bound < q.support.lower_bound] = math.inf
    return result


@register_kl(Uniform, Uniform)
def _kl_uniform(p, q):
    result = ((q.high - q.low) / (p.high - p.low)).log()
    result[(q.low > p.low) | (q.high < p.high)] = math.inf
    return result


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
