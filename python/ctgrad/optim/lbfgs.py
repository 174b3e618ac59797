"""L-BFGS (Nocedal 1980; the line search: Nocedal & Wright, "Numerical optimization", algorithms 3.5 and 3.6)."""

from dataclasses import dataclass
from typing import Any

import ctgrad

from .optimizer import Optimizer, number
from .stepwise import check_options

__all__ = ["LBFGS"]


@dataclass
class _Point:
    """A place along the direction: how far, the loss there, the gradient, the slope along the direction."""

    t: Any
    loss: Any
    grad: Any
    slope: Any


def _cubic_minimum(a, b, bounds=None):
    """Where the cubic through losses and slopes of two points is least, within bounds; their middle where it has no minimum."""
    low, high = bounds or ((a.t, b.t) if a.t <= b.t else (b.t, a.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 ** 2 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2.0
    d2 = square.sqrt()
    if a.t <= b.t:
        place = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        place = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(place, low), high)


class _LineSearch:
    """Looks along a direction for a point that satisfies the strong Wolfe conditions."""

    def __init__(self, evaluate, start, direction, tolerance_change, max_evals, c1=1e-4, c2=0.9):
        self._evaluate, self._start, self._tolerance, self._most, self._c1, self._c2 = evaluate, start, tolerance_change, max_evals, c1, c2
        self._direction, self._length = direction, direction.abs().max()
        self.evals = self._tries = 0

    def _look(self, t):
        loss, grad = self._evaluate(t)
        self.evals += 1
        return _Point(t, loss, grad, grad.dot(self._direction))

    def _too_high(self, point):
        return point.loss > (self._start.loss + self._c1 * point.t * self._start.slope)

    def _flat(self, point):
        return abs(point.slope) <= -self._c2 * self._start.slope

    def run(self, t):
        bracket = self._bracket(t)
        return bracket[0] if len(bracket) == 1 else self._zoom(bracket)

    def _bracket(self, t):
        """Two points with one between that will do; a list of one that does."""
        before, now = self._start, self._look(t)
        while self._tries < self._most:
            if self._too_high(now) or (self._tries > 1 and now.loss >= before.loss):
                return [before, now]
            if self._flat(now):
                return [now]
            if now.slope >= 0:
                return [before, now]
            bounds = (now.t + 0.01 * (now.t - before.t), now.t * 10)
            before, now = now, self._look(_cubic_minimum(before, now, bounds))
            self._tries += 1
        return [self._start, now]

    def _zoom(self, bracket):
        stuck = False
        low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
        while self._tries < self._most and abs(bracket[1].t - bracket[0].t) * self._length >= self._tolerance:
            t, stuck = self._inside(bracket, stuck)
            now = self._look(t)
            self._tries += 1
            if self._too_high(now) or now.loss >= bracket[low].loss:
                bracket[high] = now
                low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
                continue
            if self._flat(now):
                return now
            if now.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
        return bracket[low]

    @staticmethod
    def _inside(bracket, stuck):
        """The cubic's minimum, kept away from the ends the second time that it comes close to one."""
        t = _cubic_minimum(*bracket)
        least, most = min(point.t for point in bracket), max(point.t for point in bracket)
        away = 0.1 * (most - least)
        if min(most - t, t - least) >= away:
            return t, False
        if stuck or t >= most or t <= least:
            return (most - away if abs(t - most) < abs(t - least) else least + away), False
        return t, True


class LBFGS(Optimizer):
    """Steps along -H·g, with H the inverse of the second derivative as the last ``history_size`` steps tell of it.

    One ``step(closure)`` makes up to ``max_iter`` iterations of at most ``max_eval`` (1.25·max_iter) calls of the closure, by ``lr`` or by
    a line search (``line_search_fn="strong_wolfe"``). State, of the first parameter: counts, directions, the last gradient and loss.
    ValueError: a negative lr, more than one group, parameters that share elements.
    """

    def __init__(self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9, history_size=100, line_search_fn=None):
        check_options(lr)
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "history_size": history_size, "line_search_fn": line_search_fn})
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        if self._find_shared(self.param_groups):
            raise ValueError("LBFGS steps on all parameters at once, and these share elements: make one Parameter of the numbers, and take "
                             "views of it in forward()")
        self._params = self.param_groups[0]["params"]

    def _gradient(self):
        return ctgrad.cat([ctgrad.zeros(p.numel(), dtype=p.dtype) if p.grad is None else p.grad.reshape(-1) for p in self._params], 0)

    def _move(self, step, direction):
        offset = 0
        for param in self._params:
            param.add_(direction[offset:offset + param.numel()].view_as(param), alpha=number(step))
            offset += param.numel()

    @ctgrad.no_grad()
    def step(self, closure):
        """Minimise what ``closure`` computes; it clears gradients, calls backward and returns the loss. Returns the first loss."""
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")
        closure = ctgrad.enable_grad()(closure)
        group, state = self.param_groups[0], self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, evals = float(first), 1
        state["func_evals"] += 1
        grad = self._gradient()
        if grad.abs().max() <= group["tolerance_grad"]:
            return first
        kept = {name: state.get(name) for name in ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")}
        for n_iter in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            self._turn(kept, grad, state, group)
            previous = kept["prev_loss"] = loss
            kept["prev_flat_grad"] = grad.clone()
            lr = number(group["lr"])
            kept["t"] = min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(kept["d"])
            if slope > -group["tolerance_change"]:
                break
            last = n_iter == group["max_iter"]
            used, loss, grad = self._advance(closure, kept, _Point(0, loss, grad, slope), group, group["max_eval"] - evals, last)
            evals += used
            state["func_evals"] += used
            if last or evals >= group["max_eval"] or grad.abs().max() <= group["tolerance_grad"]:
                break
            if kept["d"].mul(kept["t"]).abs().max() <= group["tolerance_change"] or abs(loss - previous) < group["tolerance_change"]:
                break
        state.update(kept)
        return first

    @staticmethod
    def _turn(kept, grad, state, group):
        """The next direction, by the two loops over what was kept of earlier steps."""
        if state["n_iter"] == 1:
            kept.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        changes, steps, ro = kept["old_dirs"], kept["old_stps"], kept["ro"]
        change, step = grad.sub(kept["prev_flat_grad"]), kept["d"].mul(kept["t"])
        curvature = change.dot(step)
        if curvature > 1e-10:
            for values, value in ((changes, change), (steps, step), (ro, 1.0 / curvature)):
                if len(values) == group["history_size"]:
                    values.pop(0)
                values.append(value)
            kept["H_diag"] = curvature / change.dot(change)
        al = state.setdefault("al", [None] * group["history_size"])
        q = grad.neg()
        for i in range(len(changes) - 1, -1, -1):
            al[i] = steps[i].dot(q) * ro[i]
            q.add_(changes[i], alpha=-al[i].item())
        r = q.mul(kept["H_diag"])
        for i in range(len(changes)):
            r.add_(steps[i], alpha=(al[i] - changes[i].dot(r) * ro[i]).item())
        kept["d"] = r

    def _advance(self, closure, kept, start, group, evals, last):
        """Makes the step; (calls of the closure, loss, gradient) after it."""
        search = group["line_search_fn"]
        if search is None:
            self._move(kept["t"], kept["d"])
            return (0, start.loss, start.grad) if last else (1, float(closure()), self._gradient())
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        origin = [param.clone() for param in self._params]

        def evaluate(t):
            self._move(t, kept["d"])
            loss = float(closure())
            grad = self._gradient()
            for param, value in zip(self._params, origin, strict=True):
                param.copy_(value)
            return loss, grad

        found = _LineSearch(evaluate, start, kept["d"], group["tolerance_change"], evals)
        point = found.run(kept["t"])
        kept["t"] = point.t
        self._move(point.t, kept["d"])
        return found.evals, point.loss, point.grad
