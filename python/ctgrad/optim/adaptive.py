"""Adagrad (Duchi et al. 2011), Adadelta (Zeiler 2012), Adamax (Kingma & Ba 2015): steps by what gradients were."""

import ctgrad
from ctgrad.nn.parameter import is_lazy

from .adam import _step_dtype
from .optimizer import number
from .sgd import check_implementation
from .stepwise import Stepwise, check_betas, check_options, rate

__all__ = ["Adadelta", "Adagrad", "Adamax"]


class Adagrad(Stepwise):
    """p -= lr / (1 + (step - 1)·lr_decay)·g / (sqrt(sum of g²) + eps); the sum begins at ``initial_accumulator_value``.

    State per parameter, from the beginning on: "step", "sum". ValueError: a negative option.
    """

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *, maximize=False,
                 differentiable=False, fused=None):
        check_options(lr, lr_decay_value=lr_decay, weight_decay_value=weight_decay, initial_accumulator_value_value=initial_accumulator_value,
                      epsilon_value=eps)
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay, "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable, "fused": fused})
        check_implementation(foreach, differentiable, fused)
        found = self._find_shared(self.param_groups)
        for group in self.param_groups:
            for param in group["params"]:
                if is_lazy(param):
                    raise ValueError("Adagrad has a state of each parameter's shape: run a forward first, there is an uninitialized parameter")
                if id(param) not in found or found[id(param)].key is param:
                    state = self.state[param]
                    state["step"] = ctgrad.zeros((), dtype=_step_dtype())
                    self._first_state(state, found[id(param)].numbers if id(param) in found else param, group)

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("fused", None))

    def share_memory(self):
        """The sums of squares in memory that child processes share."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def _first_state(self, state, param, group):
        state["sum"] = ctgrad.full_like(param, group["initial_accumulator_value"])

    def _move(self, param, grad, state, group):
        step = rate(group) / (1 + (state["step"].item() - 1) * group["lr_decay"])
        state["sum"].addcmul_(grad, grad, value=1)
        param.addcdiv_(grad, state["sum"].sqrt().add(group["eps"]), value=-number(step))


class Adadelta(Stepwise):
    """p -= lr·d with d = sqrt(u + eps) / sqrt(v + eps)·g; v and u are running means, by ``rho``, of g² and of d².

    State per parameter: "step", "square_avg", "acc_delta". ValueError: an option out of range.
    """

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, maximize=False, differentiable=False):
        check_options(lr, rho_value=rho, epsilon_value=eps, weight_decay_value=weight_decay)
        if rho > 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
                                  "foreach": foreach, "differentiable": differentiable})

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("capturable", False))

    def _first_state(self, state, param, group):
        state["square_avg"] = ctgrad.zeros_like(param)
        state["acc_delta"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        rho, eps = group["rho"], group["eps"]
        state["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        moved = state["acc_delta"].add(eps).sqrt().div(state["square_avg"].add(eps).sqrt()).mul(grad)
        state["acc_delta"].mul_(rho).addcmul_(moved, moved, value=1 - rho)
        param.add_(moved, alpha=-number(group["lr"]))


class Adamax(Stepwise):
    """p -= lr / (1 - beta1^step)·m / u: m is a running mean of g, u the larger of beta2·u and abs(g) + eps.

    State per parameter: "step", "exp_avg", "exp_inf". ValueError: an option out of range.
    """

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False, differentiable=False,
                 capturable=False):
        check_options(lr, epsilon_value=eps)
        check_betas(betas)
        check_options(lr, weight_decay_value=weight_decay)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
                                  "differentiable": differentiable, "capturable": capturable})

    _defaults_of_old_states = (("foreach", None), ("maximize", False), ("differentiable", False), ("capturable", False))

    def _first_state(self, state, param, group):
        state["exp_avg"] = ctgrad.zeros_like(param)
        state["exp_inf"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        beta1, beta2 = group["betas"]
        state["exp_avg"].lerp_(grad, 1 - beta1)
        largest = state["exp_inf"]
        largest.copy_(ctgrad.maximum(largest.mul(beta2), grad.abs().add(group["eps"])))  # not in place: the gradient of a recorded step reads the product
        param.addcdiv_(state["exp_avg"], largest, value=-number(rate(group) / (1 - beta1 ** state["step"].item())))
