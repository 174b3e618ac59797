"""NAdam (Dozat 2016) and RAdam (Liu et al. 2020): Adam with Nesterov's momentum, and with a corrected variance."""

import ctgrad

from .adam import _step_dtype
from .optimizer import number
from .stepwise import Stepwise, check_betas, check_options, rate

__all__ = ["NAdam", "RAdam"]

def _moments(grad, state, betas):
    """Both running means with g in them."""
    state["exp_avg"].lerp_(grad, 1 - betas[0])
    state["exp_avg_sq"].mul_(betas[1]).addcmul_(grad, grad, value=1 - betas[1])
    return state["exp_avg"], state["exp_avg_sq"]


class NAdam(Stepwise):
    """Adam's step with the next step's momentum: its share of m follows mu = beta1·(1 - 0.96^(step·momentum_decay) / 2).

    State per parameter: "step", "mu_product", "exp_avg", "exp_avg_sq". ValueError: an option out of range.
    """

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=False, *,
                 foreach=None, maximize=False, capturable=False, differentiable=False):
        check_options(lr, epsilon_value=eps)
        check_betas(betas)
        check_options(lr, weight_decay_value=weight_decay, momentum_decay_value=momentum_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable})

    _defaults_of_old_states = (("maximize", False), ("foreach", None), ("capturable", False), ("differentiable", False), ("decoupled_weight_decay", False))
    _numbers_of_state = ("step", "mu_product")

    def _first_state(self, state, param, group):
        state["mu_product"] = ctgrad.ones((), dtype=_step_dtype())
        state["exp_avg"] = ctgrad.zeros_like(param)
        state["exp_avg_sq"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        lr, (beta1, beta2), decay, step = rate(group), group["betas"], group["momentum_decay"], state["step"].item()
        mu, mu_next = (beta1 * (1.0 - 0.5 * (0.96 ** (at * decay))) for at in (step, step + 1))
        state["mu_product"].mul_(mu)
        recorded = group["differentiable"]
        product = state["mu_product"] if recorded else state["mu_product"].item()
        mean, square = _moments(grad, state, (beta1, beta2))
        spread = square.div(1 - beta2 ** step).sqrt().add(group["eps"])
        for of, share in ((grad, -lr * (1.0 - mu) / (1.0 - product)), (mean, (-lr * mu_next) / (1.0 - product * mu_next))):
            param.addcdiv_(of * share if recorded else of, spread, value=1 if recorded else number(share))


class RAdam(Stepwise):
    """Adam's step, rectified by the variance of its rate, and without the rate while that variance has no value.

    State per parameter: "step", "exp_avg", "exp_avg_sq". ValueError: an option out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, foreach=None, maximize=False,
                 capturable=False, differentiable=False):
        check_options(lr, epsilon_value=eps)
        check_betas(betas)
        check_options(lr, weight_decay_value=weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable})

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("decoupled_weight_decay", False), ("capturable", False))

    def _first_state(self, state, param, group):
        state["exp_avg"] = ctgrad.zeros_like(param)
        state["exp_avg_sq"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        beta1, beta2 = group["betas"]
        step = state["step"].item()
        mean, square = _moments(grad, state, (beta1, beta2))
        correction = 1 - beta2 ** step
        update = mean / (1 - beta1 ** step) * rate(group)
        longest = 2 / (1 - beta2) - 1  # of the averages' lengths
        length = longest - 2 * step * (beta2 ** step) / correction
        if length > 5.0:
            rectified = ((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)) ** 0.5
            update = update * ((correction ** 0.5) / square.sqrt().add(group["eps"])) * rectified
        param.add_(update, alpha=-1.0)
