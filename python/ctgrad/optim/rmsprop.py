"""RMSprop (Hinton 2012, lecture 6e of "Neural networks for machine learning"; centered: Graves 2013)."""

import ctgrad
from ctgrad import Tensor

from .adam import _step_dtype
from .optimizer import Optimizer, evaluate, number, numbers_and_grad, use_grad_for_differentiable

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """p -= lr·g / (sqrt(v) + eps), with v the running mean of g², alpha·v + (1 - alpha)·g².

    ``centered`` takes the square of g's running mean off v. ``momentum`` gathers the steps in a buffer. ``weight_decay`` adds
    weight_decay·p to g, ``maximize`` turns its sign. ``foreach`` and ``capturable`` choose among PyTorch's implementations and
    change nothing here. State per parameter: "step", "square_avg", with momentum "momentum_buffer", centered "grad_avg".
    ValueError: a negative option.
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False,
                 foreach=None, maximize=False, differentiable=False):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (("learning rate", lr), ("epsilon value", eps), ("momentum value", momentum),
                            ("weight_decay value", weight_decay), ("alpha value", alpha)):
            if not 0.0 <= value:
                raise ValueError(f"Invalid {name}: {value}")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable})

    _defaults_of_old_states = (("momentum", 0), ("centered", False), ("foreach", None), ("maximize", False), ("differentiable", False),
                               ("capturable", False))

    @use_grad_for_differentiable
    def step(self, closure=None):
        """Change the parameters that have a gradient; returns ``closure()``'s loss if given."""
        loss = evaluate(closure)
        found = self._find_shared(self.param_groups)
        for group in self.param_groups:
            for param in group["params"]:
                numbers, grad = numbers_and_grad(param, found) if found else (param, param.grad)
                if grad is None:
                    continue
                if group["maximize"]:
                    grad = -grad
                if group["weight_decay"] != 0:
                    grad = grad.add(numbers, alpha=number(group["weight_decay"]))
                self._move(numbers, grad, self._state_of(param, numbers, group), group)
        return loss

    def _state_of(self, param, numbers, group):
        state = self.state[param]
        if not state:
            state["step"] = ctgrad.zeros((), dtype=_step_dtype())
            state["square_avg"] = ctgrad.zeros_like(numbers)
            if group["momentum"] > 0:
                state["momentum_buffer"] = ctgrad.zeros_like(numbers)
            if group["centered"]:
                state["grad_avg"] = ctgrad.zeros_like(numbers)
        state["step"].add_(1)
        return state

    @staticmethod
    def _move(param, grad, state, group):
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
