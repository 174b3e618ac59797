"""Divergences between distributions of different families, of which most are closed forms, and infinite where one reaches further than the other."""

import math

import ctgrad

from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import EULER, Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform

# Of the first, what its divergences are shaped like; and those that do not reach as far as it does.
_BEYOND = {
    Beta: ("concentration1", Pareto), ContinuousBernoulli: ("probs", Pareto), Poisson: ("rate", Bernoulli, Binomial), Pareto: ("scale", Beta, ContinuousBernoulli, Uniform),
    Exponential: ("rate", Beta, ContinuousBernoulli, Pareto, Uniform), Gamma: ("concentration", Beta, ContinuousBernoulli, Pareto, Uniform),
} | {kind: ("loc", Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform) for kind in (Gumbel, Laplace, Normal)}


def _infinite(name):
    return lambda p, q: ctgrad.full_like(getattr(p, name), math.inf)


for _kind, (_name, *_others) in _BEYOND.items():
    for _other in _others:
        register_kl(_kind, _other)(_infinite(_name))


def _x_log_x(x):
    return ctgrad.xlogy(x, x)


def _mean_log(p):
    """The mean of log x under a Uniform."""
    width = p.high - p.low
    return (_x_log_x(p.high) - _x_log_x(p.low) - width) / width


@register_kl(Exponential, Normal)
def _kl_exponential_normal(p, q):
    variance = q.scale.pow(2)
    squared = p.rate.pow(2)
    return 0.5 * ctgrad.log(squared * variance * 2 * math.pi) - 1 + (squared.reciprocal() - q.loc / p.rate + q.loc.pow(2) / 2) / variance


@register_kl(Exponential, Gamma)
def _kl_exponential_gamma(p, q):
    ratio = q.rate / p.rate
    return -q.concentration * ctgrad.log(ratio) + ratio + q.concentration.lgamma() + q.concentration * EULER - (1 + EULER)


@register_kl(Gamma, Exponential)
def _kl_gamma_exponential(p, q):
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Bernoulli, Poisson)
def _kl_bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


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


@register_kl(Beta, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def _kl_continuous_bernoulli(p, q):
    result = -p.entropy() - p.mean * q.logits - ctgrad.log1p(-q.probs) - q._log_norm()
    if isinstance(p, Beta):
        return result
    beyond = (p.high >= q.support.upper_bound) | (p.low <= q.support.lower_bound)
    return ctgrad.where(beyond, math.inf, result)


@register_kl(Beta, Exponential)
def _kl_beta_exponential(p, q):
    return -p.entropy() - q.rate.log() + q.rate * (p.concentration1 / (p.concentration1 + p.concentration0))


@register_kl(Beta, Gamma)
def _kl_beta_gamma(p, q):
    total = p.concentration1 + p.concentration0
    norm = q.concentration.lgamma() - q.concentration * q.rate.log()
    log = (q.concentration - 1) * (p.concentration1.digamma() - total.digamma())
    return -p.entropy() + norm - log + q.rate * p.concentration1 / total


@register_kl(Beta, Normal)
def _kl_beta_normal(p, q):
    total, variance = p.concentration1 + p.concentration0, q.scale.pow(2)
    mean = p.concentration1 / total
    squared = (mean * (1 - mean) / (total + 1) + mean.pow(2)) * 0.5
    return -p.entropy() + 0.5 * (variance * 2 * math.pi).log() + (squared - q.loc * mean + q.loc.pow(2) * 0.5) / variance


@register_kl(Beta, Uniform)
def _kl_beta_uniform(p, q):
    result = -p.entropy() + (q.high - q.low).log()
    result[(q.low > p.support.lower_bound) | (q.high < p.support.upper_bound)] = math.inf
    return result


@register_kl(ContinuousBernoulli, Exponential)
def _kl_continuous_bernoulli_exponential(p, q):
    return -p.entropy() - ctgrad.log(q.rate) + q.rate * p.mean


@register_kl(ContinuousBernoulli, Normal)
def _kl_continuous_bernoulli_normal(p, q):
    norm = 0.5 * (math.log(2.0 * math.pi) + ctgrad.square(q.loc / q.scale)) + ctgrad.log(q.scale)
    return -p.entropy() + norm + (p.variance + ctgrad.square(p.mean) - 2.0 * q.loc * p.mean) / (2.0 * ctgrad.square(q.scale))


@register_kl(ContinuousBernoulli, Uniform)
def _kl_continuous_bernoulli_uniform(p, q):
    result = -p.entropy() + (q.high - q.low).log()
    return ctgrad.where((q.low >= p.support.lower_bound) | (q.high <= p.support.upper_bound), math.inf, result)


@register_kl(Exponential, Gumbel)
def _kl_exponential_gumbel(p, q):
    product, place = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 - place + ctgrad.exp(place) * product / (product + 1) + product.reciprocal()


@register_kl(Gamma, Gumbel)
def _kl_gamma_gumbel(p, q):
    product, place, a = p.rate * q.scale, q.loc / q.scale, p.concentration
    own = (a - 1) * a.digamma() - a.lgamma() - a
    return own + (product.log() + a / product) + (ctgrad.exp(place) * (1 + product.reciprocal()).pow(-a) - place)


@register_kl(Gamma, Normal)
def _kl_gamma_normal(p, q):
    variance, squared, a = q.scale.pow(2), p.rate.pow(2), p.concentration
    norm = 0.5 * ctgrad.log(squared * variance * 2 * math.pi) - a - a.lgamma()
    away = 0.5 * (a.pow(2) + a) / squared - q.loc * a / p.rate + 0.5 * q.loc.pow(2)
    return norm + (a - 1) * a.digamma() + away / variance


@register_kl(Gumbel, Normal)
def _kl_gumbel_normal(p, q):
    ratio = p.scale / q.scale
    away = ((p.loc + p.scale * EULER - q.loc) / q.scale).pow(2) * 0.5
    return -(ratio / math.sqrt(2 * math.pi)).log() + (math.pi * ratio * 0.5).pow(2) / 3 + away - (EULER + 1)


@register_kl(Normal, Gumbel)
def _kl_normal_gumbel(p, q):
    mine, squared, place = p.loc / q.scale, (p.scale / q.scale).pow(2), q.loc / q.scale
    return -(squared.log() * 0.5) + (mine - place) + ctgrad.exp(-mine + 0.5 * squared + place) - (0.5 * (1 + math.log(2 * math.pi)))


@register_kl(Pareto, Exponential)
def _kl_pareto_exponential(p, q):
    product = p.scale * q.rate
    result = (p.alpha / product).log() - p.alpha.reciprocal() + p.alpha * product / (p.alpha - 1) - 1
    result[p.alpha <= 1] = math.inf
    return result


@register_kl(Pareto, Gamma)
def _kl_pareto_gamma(p, q):
    log = p.scale.log() + p.alpha.reciprocal()
    norm = q.concentration.lgamma() - q.concentration * q.rate.log()
    result = p.alpha.log() - log + norm + (1 - q.concentration) * log + q.rate * p.alpha * p.scale / (p.alpha - 1) - 1
    result[p.alpha <= 1] = math.inf
    return result


@register_kl(Pareto, Normal)
def _kl_pareto_normal(p, q):
    less = p.scale / (p.alpha - 1)
    away = p.alpha * less.pow(2) / (p.alpha - 2) + (p.alpha * less - q.loc).pow(2)
    result = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log() - p.alpha.reciprocal() + away / (2 * q.scale.pow(2)) - 1
    result[p.alpha <= 2] = math.inf
    return result


@register_kl(Uniform, Beta)
def _kl_uniform_beta(p, q):
    width, a, b = p.high - p.low, q.concentration1, q.concentration0
    below = (b - 1) * (_x_log_x(1 - p.high) - _x_log_x(1 - p.low) + width) / width
    above = (a - 1) * (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    result = below + (a.lgamma() + b.lgamma() - (a + b).lgamma()) - ctgrad.log(width) - above
    result[(p.high > q.support.upper_bound) | (p.low < q.support.lower_bound)] = math.inf
    return result


@register_kl(Uniform, Gamma)
def _kl_uniform_gamma(p, q):
    width = p.high - p.low
    norm = q.concentration.lgamma() - q.concentration * q.rate.log()
    log = (1 - q.concentration) * (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    result = -width.log() + norm + log + q.rate * (p.high + p.low) / 2
    result[p.low < q.support.lower_bound] = math.inf
    return result


@register_kl(Uniform, Gumbel)
def _kl_uniform_gumbel(p, q):
    units = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return units.log() + 0.5 * (high + low) - units * (ctgrad.exp(-high) - ctgrad.exp(-low))


@register_kl(Uniform, Pareto)
def _kl_uniform_pareto(p, q):
    norm = (q.alpha * q.scale.pow(q.alpha) * (p.high - p.low)).log()
    result = _mean_log(p) * (q.alpha + 1) - norm
    result[p.low < q.support.lower_bound] = math.inf
    return result
