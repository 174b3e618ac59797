"""What optimisers share that step on one parameter after the other, by ops."""

import ctgrad
from ctgrad import Tensor

from .adam import _scalar, _step_dtype, numbers_as_tensors, refuse_capturable
from .optimizer import Optimizer, evaluate, number, numbers_and_grad, use_grad_for_differentiable

__all__ = ["Stepwise", "check_betas", "check_options", "rate"]


def check_options(lr, **options):
    """ValueError for a learning rate that is no one number, or a negative option; names as PyTorch's messages have them."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name, value in (("learning rate", lr), *((" value".join(name.rsplit("_value", 1)), value) for name, value in options.items())):
        if not 0.0 <= value:
            raise ValueError(f"Invalid {name}: {value}")


def check_betas(betas):
    """ValueError unless both are in [0, 1)."""
    for place in (0, 1):
        if not 0.0 <= betas[place] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {betas[place]}")


def rate(group):
    """The learning rate: a number, or a 0-d tensor, with which PyTorch computes in the tensor's dtype."""
    return _scalar(group["lr"])


class Stepwise(Optimizer):
    """A subclass gives a parameter's first state (``_first_state``) and moves it (``_move``); "step" is counted here."""

    _numbers_of_state: tuple[str, ...] = ("step",)  # what a parameter's state holds as 0-d tensors

    def __setstate__(self, state):
        super().__setstate__(state)
        numbers_as_tensors(self, self._numbers_of_state)

    @use_grad_for_differentiable
    def step(self, closure=None):
        """Change the parameters that have a gradient; returns ``closure()``'s loss if given."""
        loss = evaluate(closure)
        found = self._find_shared(self.param_groups)
        for group in self.param_groups:
            _ = group["lr"]  # KeyError for a group of a foreign state, though nothing has a gradient yet
            for param in group["params"]:
                numbers, grad = numbers_and_grad(param, found) if found else (param, param.grad)
                if grad is None:
                    continue
                if group.get("maximize"):
                    grad = -grad
                state = self._state_of(param, numbers, group)
                self._move(numbers, self._decayed(numbers, grad, group), state, group)
        return loss

    def _decayed(self, param, grad, group):
        decay = number(group.get("weight_decay", 0))
        if decay == 0:
            return grad
        if group.get("decoupled_weight_decay"):
            param.mul_(1 - rate(group) * decay)
            return grad
        return grad.add(param, alpha=decay)

    def _state_of(self, param, numbers, group):
        state = self.state[param]
        if not state:
            state["step"] = ctgrad.zeros((), dtype=_step_dtype())
            self._first_state(state, numbers, group)
        refuse_capturable(group)
        state["step"].add_(1)
        return state

    def _first_state(self, state, param, group):
        raise NotImplementedError

    def _move(self, param, grad, state, group):
        raise NotImplementedError
