"""Adam (Kingma & Ba 2015, "Adam: a method for stochastic optimization")."""

import ctgrad
from ctgrad import Tensor
from ctgrad._C import _adam_step

from .optimizer import Optimizer, evaluate, left_to_do, number, numbers_and_grad, use_grad_for_differentiable
from .sgd import check_implementation

__all__ = ["Adam"]

_DEFAULTS_OF_OLD_STATES = (("amsgrad", False), ("maximize", False), ("foreach", None), ("capturable", False),
                           ("differentiable", False), ("decoupled_weight_decay", False), ("fused", None))


class Adam(Optimizer):
    """p -= lr·m̂ / (sqrt(v̂) + eps): m and v are running means of g and g², hats divide by 1 - beta^step.

    ``weight_decay`` adds weight_decay·p to g, or, ``decoupled_weight_decay``, first multiplies p by 1 - lr·weight_decay.
    ``amsgrad`` uses the largest v so far (Reddi et al. 2018). ``maximize`` turns g's sign. ``lr`` and both betas may be
    tensors of one element. ``foreach`` and ``fused`` choose among PyTorch's implementations and change nothing here.
    State per parameter: "step", "exp_avg", "exp_avg_sq", with amsgrad "max_exp_avg_sq". ValueError: an option out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None,
                 maximize=False, capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False):
        _check_lr(lr, foreach, capturable)
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for place in (0, 1):
            if not 0.0 <= betas[place] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {place}: {betas[place]}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        _check_betas(betas, foreach, capturable)
        super().__init__(params, {
            "lr": lr, "betas": tuple(_scalar(beta) for beta in betas), "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused, "decoupled_weight_decay": decoupled_weight_decay})
        check_implementation(foreach, differentiable, fused)

    _defaults_of_old_states = _DEFAULTS_OF_OLD_STATES

    def __setstate__(self, state):
        super().__setstate__(state)
        numbers_as_tensors(self)

    @use_grad_for_differentiable
    def step(self, closure=None):
        """Change the parameters that have a gradient; returns ``closure()``'s loss if given."""
        loss = evaluate(closure)
        found = self._find_shared(self.param_groups)
        for group in self.param_groups:
            _ = group["betas"]  # KeyError for a group of a foreign state, though nothing has a gradient yet
            update = self._update_recorded if group["differentiable"] else self._update
            for param in left_to_do(_adam_step, group, self.state, found):
                numbers, grad = numbers_and_grad(param, found) if found else (param, param.grad)
                if grad is not None:
                    update(numbers, self._moments(self.state[param], numbers, grad, group), group)
        return loss

    @staticmethod
    def _start(state, param, group):
        state.update(step=ctgrad.tensor(0.0, dtype=_step_dtype()), exp_avg=ctgrad.zeros_like(param),
                     exp_avg_sq=ctgrad.zeros_like(param))
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = ctgrad.zeros_like(param)

    def _moments(self, state, param, grad, group):
        """The state after counting this step and taking in its gradient; decays the weight."""
        if not state:
            self._start(state, param, group)
        refuse_capturable(group)
        if group["differentiable"] and state["step"].requires_grad:
            raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
        state["step"] += 1
        grad = self._decayed(param, -grad if group["maximize"] else grad, group)
        beta1, beta2 = group["betas"]
        state["exp_avg"].lerp_(grad, 1 - number(beta1))
        state["exp_avg_sq"].mul_(number(beta2)).addcmul_(grad, grad, value=1 - number(beta2))
        return state

    @staticmethod
    def _decayed(param, grad, group):
        weight_decay = group["weight_decay"]
        if weight_decay == 0:
            return grad
        if group["decoupled_weight_decay"]:
            param.mul_(1 - _scalar(group["lr"]) * weight_decay)
            return grad
        return grad.add(param, alpha=number(weight_decay))

    @staticmethod
    def _update(param, state, group):
        step = state["step"].item()
        beta1, beta2 = group["betas"]
        root2 = number((1 - beta2 ** step) ** 0.5)
        second = state["exp_avg_sq"]
        if group["amsgrad"]:
            second = ctgrad.maximum(state["max_exp_avg_sq"], second, out=state["max_exp_avg_sq"])
        denominator = (second.sqrt() / root2).add_(group["eps"])
        param.addcdiv_(state["exp_avg"], denominator, value=-number(_scalar(group["lr"]) / (1 - beta1 ** step)))

    @staticmethod
    def _update_recorded(param, state, group):
        """The same with the step size inside of the graph: copies keep what later steps overwrite."""
        step, (beta1, beta2) = state["step"], group["betas"]
        negative_size = -(_scalar(group["lr"]) / (1 - beta1 ** step))
        scale = (1 - beta2 ** step).sqrt() * negative_size
        second = state["exp_avg_sq"]
        if group["amsgrad"]:
            second = ctgrad.maximum(state["max_exp_avg_sq"].clone(), second)
            state["max_exp_avg_sq"].copy_(second)
            second = state["max_exp_avg_sq"]
        denominator = (second.sqrt() / scale).add_(group["eps"] / negative_size)
        param.addcdiv_(state["exp_avg"].clone(), denominator)


def _scalar(value):
    """A number as it is, a tensor of one element as a 0-d tensor."""
    return value.squeeze() if isinstance(value, Tensor) and value.dim() != 0 else value


def _step_dtype():
    return ctgrad.float64 if ctgrad.get_default_dtype() == ctgrad.float64 else ctgrad.float32


def numbers_as_tensors(optimizer, names=("step",)):
    """States of before these were tensors have them as numbers. KeyError for a state that lacks one."""
    for group in optimizer.param_groups:
        for param in group["params"]:
            kept = optimizer.state.get(param)
            for name in names if kept else ():
                if not isinstance(kept[name], Tensor):
                    kept[name] = ctgrad.tensor(float(kept[name]), dtype=_step_dtype())


def refuse_capturable(group):
    """AssertionError where a step is to be captured: there is no accelerator, whose graphs PyTorch captures."""
    if group.get("capturable"):
        raise AssertionError("If capturable=True, params and state_steps must be on a supported accelerator; ctgrad computes on the CPU.")


def _check_lr(lr, foreach, capturable):
    if isinstance(lr, Tensor):
        if foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        if lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
    if not 0.0 <= lr:
        raise ValueError(f"Invalid learning rate: {lr}")


def _check_betas(betas, foreach, capturable):
    tensors = [isinstance(beta, Tensor) for beta in betas]
    floats = [isinstance(beta, float) for beta in betas]
    if not (all(floats[:2]) or all(tensors[:2])):
        raise ValueError("betas must be either both floats or both Tensors")
    for place in (0, 1):
        if tensors[place] and foreach and not capturable:
            raise ValueError(f"betas[{place}] as a Tensor is not supported for capturable=False and foreach=True")
        if tensors[place] and betas[place].numel() != 1:
            raise ValueError(f"Tensor betas[{place}] must be 1-element")
