"""Stochastic gradient descent."""

from ctgrad import Tensor
from ctgrad._C import _sgd_step

from .optimizer import Optimizer, evaluate, left_to_do, number, numbers_and_grad, use_grad_for_differentiable

__all__ = ["SGD"]


class SGD(Optimizer):
    """p -= lr·g, with g the gradient, or with momentum the buffer b = momentum·b + (1 - dampening)·g, which starts as g.

    ``nesterov`` uses g + momentum·b instead (Sutskever et al. 2013, in the form that keeps lr outside of the buffer).
    ``weight_decay`` adds weight_decay·p to g first, ``maximize`` turns its sign. ``lr`` may be a tensor of one element.
    ``foreach`` and ``fused`` choose among PyTorch's implementations and change nothing here. ValueError: a negative option,
    or nesterov without momentum or with dampening.
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False,
                 foreach=None, differentiable=False, fused=None):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)):
            if value < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused})
        check_implementation(foreach, differentiable, fused)

    _defaults_of_old_states = (("nesterov", False), ("maximize", False), ("foreach", None), ("differentiable", False), ("fused", False))

    @use_grad_for_differentiable
    def step(self, closure=None):
        """Change the parameters that have a gradient; returns ``closure()``'s loss if given."""
        loss = evaluate(closure)
        found = self._find_shared(self.param_groups)
        for group in self.param_groups:
            _ = group["weight_decay"]  # KeyError for a group of a foreign state, though nothing has a gradient yet
            for param in left_to_do(_sgd_step, group, self.state, found):
                numbers, grad = numbers_and_grad(param, found) if found else (param, param.grad)
                if grad is not None:
                    self._update(param, numbers, grad, group)
        return loss

    def _update(self, param, numbers, grad, group):
        lr = group["lr"]
        if group["maximize"]:
            grad = -grad
        if group["weight_decay"] != 0:
            grad = grad.add(numbers, alpha=number(group["weight_decay"]))
        if group["momentum"] != 0:
            grad = self._with_momentum(param, grad, group)
        if isinstance(lr, Tensor) and lr.requires_grad:
            numbers.addcmul_(grad, lr.reshape(()), value=-1)
        else:
            numbers.add_(grad, alpha=-number(lr))

    def _with_momentum(self, param, grad, group):
        state, momentum = self.state[param], group["momentum"]
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = grad.detach().clone()
        else:
            buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
        return grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer


def check_implementation(foreach, differentiable, fused):
    """The choices among implementations exclude one another, as in PyTorch."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
