"""Adafactor (Shazeer & Stern 2018): second moments of matrices kept as a row and a column; Muon (Jordan 2024): momentum made orthogonal."""

import math

import ctgrad
from ctgrad import Tensor

from .optimizer import number
from .stepwise import Stepwise, rate

__all__ = ["Adafactor", "Muon"]


def _check(lr, *options):
    """ValueError for a learning rate that is no one number, or (name, value, whether it is allowed) that is not."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name, value, allowed in (("Learning rate should be >= 0", lr, 0.0 <= lr), *options):
        if not allowed:
            raise ValueError(f"{name} but is: {value}")


def _rms(t):
    return t.norm(2).item() / t.numel() ** 0.5


class Adafactor(Stepwise):
    """p -= alpha·u / max(1, rms(u) / d) with u = g / sqrt(v), v the running mean of g² with weight step^beta2_decay for the newest.

    Of a gradient with dimensions v is not kept, but its means over the last dimension ("row_var") and over the one before
    ("col_var"); v is their product over the mean of row_var. alpha = max(eps[1], rms(p)) · min(lr, 1 / sqrt(step)). sqrt(v) is
    at least eps[0], by default the dtype's epsilon. ``weight_decay`` first multiplies p by 1 - lr·weight_decay. State per parameter:
    "step", and "row_var" and "col_var" or (vectors) "variance". ValueError: an option out of range.
    """

    def __init__(self, params, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, *, foreach=None, maximize=False):
        _check(lr, ("beta2_decay should be <= 0", beta2_decay, 0.0 >= beta2_decay),
               ("epsilon1 should be >= 0", eps[0], eps[0] is None or 0.0 <= eps[0]), ("epsilon2 should be >= 0", eps[1], 0.0 <= eps[1]),
               ("Clipping threshold d should be >= 1", d, 1.0 <= d), ("weight_decay should be >= 0", weight_decay, 0.0 <= weight_decay))
        super().__init__(params, {"lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay, "foreach": foreach,
                                  "maximize": maximize})

    _defaults_of_old_states = (("foreach", None),)

    def _decayed(self, param, grad, group):
        return grad  # the step's size is told by the parameter before it decays

    def _first_state(self, state, param, group):
        if param.dim() > 1:
            state["row_var"] = param.new_zeros([*param.shape[:-1], 1])
            state["col_var"] = param.new_zeros([*param.shape[:-2], 1, param.size(-1)])
        else:
            state["variance"] = ctgrad.zeros_like(param)

    def _move(self, param, grad, state, group):
        lr, (eps, least) = rate(group), group["eps"]
        eps = ctgrad.finfo(param.dtype).eps if eps is None else eps
        step = state["step"].item()
        alpha = number(max(least, _rms(param)) * min(lr, 1 / step ** 0.5))
        if group["weight_decay"] != 0:
            param.mul_(1 - lr * group["weight_decay"])
        update = self._variance(grad, state, step ** group["beta2_decay"], eps).clamp_(min=eps * eps).rsqrt_().mul_(grad)
        param.add_(update, alpha=-alpha / max(1.0, _rms(update) / group["d"]))

    def _variance(self, grad, state, weight, eps):
        """The second moments with those of grad; a tensor that may be written."""
        if grad.dim() <= 1:
            return state["variance"].lerp_(grad * grad, weight).clone()
        row, column = state["row_var"], state["col_var"]
        for mean, dim in ((row, -1), (column, -2)):
            mean.lerp_(ctgrad.norm(grad, dim=dim, keepdim=True).square_().div_(grad.size(dim)), weight)
        return (row @ column).div_(row.mean(dim=-2, keepdim=True).clamp_(min=eps))


class Muon(Stepwise):
    """p = (1 - lr·weight_decay)·p - lr·f·o: o is the momentum b = momentum·b + (1 - momentum)·g with its singular values brought near 1.

    ``nesterov`` takes (1 - momentum)·g + momentum·b. ``ns_steps`` steps x = a·x + (b·xx' + c·(xx')²)·x of Newton and Schulz with
    ``ns_coefficients`` (a, b, c), computed in bfloat16, bring singular values to about 0.7 to 1.2. f for p of m rows and n columns:
    sqrt(max(1, m/n)), or with adjust_lr_fn="match_rms_adamw" 0.2·sqrt(max(m, n)). State per parameter: "momentum_buffer".
    ValueError: an option out of range, a parameter that is no matrix; embeddings and biases want another optimizer.
    """

    def __init__(self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.7750, 2.0315), eps=1e-7,
                 ns_steps=5, adjust_lr_fn=None):
        _check(lr, ("momentum should be >= 0", momentum, 0.0 <= momentum), ("weight decay should be >= 0", weight_decay, 0.0 <= weight_decay))
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "ns_coefficients": ns_coefficients,
                                  "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn})
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {param.size()}")

    _numbers_of_state = ()

    def _decayed(self, param, grad, group):
        return grad  # the parameter decays after the momentum is computed

    def _state_of(self, param, numbers, group):
        state = self.state[param]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = ctgrad.zeros_like(numbers)
        return state

    def _move(self, param, grad, state, group):
        if grad.ndim != 2:
            raise ValueError("Param gradient must be a 2D matrix")
        momentum, buffer = group["momentum"], state["momentum_buffer"]
        buffer.lerp_(grad, 1 - momentum)
        update = _orthogonal(grad.lerp(buffer, momentum) if group["nesterov"] else buffer, group["ns_coefficients"], group["ns_steps"], group["eps"])
        lr, (rows, columns) = rate(group), param.shape
        param.mul_(1 - lr * group["weight_decay"])
        factor = 0.2 * math.sqrt(max(rows, columns)) if group["adjust_lr_fn"] == "match_rms_adamw" else math.sqrt(max(1, rows / columns))
        param.add_(update, alpha=-number(lr * factor))


def _orthogonal(matrix, coefficients, steps, eps):
    """The matrix in bfloat16 with singular values near 1: steps of a polynomial of odd powers, over rows or columns, whichever are fewer."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.bfloat16()
    x = x.t() if tall else x
    x.div_(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.t()
        x = _sum(x, a, _sum(gram, b, gram, gram, c), x, 1)
    return x.t() if tall else x


def _sum(t, beta, left, right, alpha):
    """beta·t + alpha·left @ right of halves, rounded once, as PyTorch's products of bfloat16 are."""
    return ctgrad.addmm(t.float(), left.float(), right.float(), beta=beta, alpha=alpha).bfloat16()
