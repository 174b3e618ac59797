"""RMSprop (Hinton 2012, lecture 6e of "Neural networks for machine learning"; centered: Graves 2013)."""

import ctgrad

from .optimizer import number
from .stepwise import Stepwise, check_options

__all__ = ["RMSprop"]


class RMSprop(Stepwise):
    """p -= lr·g / (sqrt(v) + eps), with v the running mean of g², alpha·v + (1 - alpha)·g².

    ``centered`` takes the square of g's running mean off v. ``momentum`` gathers the steps in a buffer. ``weight_decay`` adds
    weight_decay·p to g, ``maximize`` turns its sign. ``foreach`` and ``capturable`` choose among PyTorch's implementations and
    change nothing here. State per parameter: "step", "square_avg", with momentum "momentum_buffer", centered "grad_avg".
    ValueError: a negative option.
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False,
                 foreach=None, maximize=False, differentiable=False):
        check_options(lr, epsilon_value=eps, momentum_value=momentum, weight_decay_value=weight_decay, alpha_value=alpha)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable})

    _defaults_of_old_states = (("momentum", 0), ("centered", False), ("foreach", None), ("maximize", False), ("differentiable", False),
                               ("capturable", False))

    def _first_state(self, state, param, group):
        state["square_avg"] = ctgrad.zeros_like(param)
        if group["momentum"] > 0:
            state["momentum_buffer"] = ctgrad.zeros_like(param)
        if group["centered"]:
            state["grad_avg"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        alpha, square = group["alpha"], state["square_avg"]
        square.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"]
            mean.lerp_(grad, 1 - alpha)
            square = square.addcmul(mean, mean, value=-1)
        spread = square.sqrt().add(group["eps"])
        if group["momentum"] > 0:
            steps = state["momentum_buffer"]
            steps.mul_(group["momentum"]).addcdiv_(grad, spread)
            param.add_(steps, alpha=-number(group["lr"]))
        else:
            param.addcdiv_(grad, spread, value=-number(group["lr"]))
