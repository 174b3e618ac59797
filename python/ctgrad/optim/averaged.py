"""ASGD (Polyak & Juditsky 1992): gradient descent whose places are averaged; Rprop (Riedmiller & Braun 1993): steps by signs alone."""

import ctgrad

from .adam import _step_dtype
from .optimizer import number
from .stepwise import Stepwise, check_options, rate

__all__ = ["ASGD", "Rprop"]


class ASGD(Stepwise):
    """p = (1 - lambd·eta)·p - eta·g with eta = lr / (1 + lambd·lr·step)^alpha; "ax" is p, and from step ``t0`` on its mean.

    State per parameter: "step", "eta", "mu", "ax". ValueError: a negative lr or weight_decay.
    """

    def __init__(self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False, differentiable=False,
                 capturable=False):
        check_options(lr, weight_decay_value=weight_decay)
        super().__init__(params, {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
                                  "maximize": maximize, "differentiable": differentiable, "capturable": capturable})

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("capturable", False))

    _numbers_of_state = ("step", "eta", "mu")

    def _first_state(self, state, param, group):
        state["eta"] = ctgrad.tensor(float(number(group["lr"])), dtype=_step_dtype())
        state["mu"] = ctgrad.ones((), dtype=_step_dtype())
        state["ax"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        lr, lambd, eta, step = rate(group), group["lambd"], state["eta"].item(), state["step"].item()
        param.mul_(1 - lambd * eta)
        param.add_(grad, alpha=-eta)
        if state["mu"].item() != 1:
            state["ax"].add_(param.sub(state["ax"]).mul(state["mu"]))
        else:
            state["ax"].copy_(param)
        state["eta"].fill_(number(lr / ((1 + lambd * lr * step) ** group["alpha"])))
        state["mu"].fill_(1 / max(1, step - group["t0"]))


class Rprop(Stepwise):
    """p -= sign(g)·s: each element's s grows by etas[1] while g keeps its sign, and shrinks by etas[0] where it turns, within ``step_sizes``.

    State per parameter: "step", "prev", "step_size". ValueError: an option out of range.
    """

    def __init__(self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None, maximize=False,
                 differentiable=False):
        check_options(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize,
                                  "differentiable": differentiable, "capturable": capturable})

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("capturable", False))

    def _first_state(self, state, param, group):
        state["prev"] = ctgrad.zeros_like(param)
        state["step_size"] = ctgrad.full_like(param, number(group["lr"]))

    def _move(self, param, grad, state, group):
        down, up = group["etas"]
        before = state["prev"].clone() if group["differentiable"] else state["prev"]  # which is written below
        sign = grad.mul(before).sign()
        turned = sign < 0
        factor = ctgrad.ones_like(sign).masked_fill(sign > 0, up).masked_fill(turned, down)
        size = state["step_size"].mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        param.addcmul_(grad.sign(), size, value=-1)
        state["prev"].copy_(grad)
