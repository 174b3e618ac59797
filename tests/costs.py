"""What an op costs where its operands repeat or slide: the survey over the registry.

Every case of the registry (`tests/lawops.py` lists them) is scaled: its sizes above 1 become k times as large, and 2 k times. Where the op
takes these, its floating operands of two and more dimensions are made to repeat (rows, columns, held transposed) or to slide, and what it
allocates, computes and multiplies is counted, forward and backward. From k to 2 k these counts double if cost follows the distinct
numbers, and quadruple if it follows the elements. `python -m tests.costs` prints the survey.
"""
import itertools
import sys

import numpy as np

import ctgrad
from ctgrad import debug
from ctgrad.nn import functional as F

from . import lawops
from .cases import Spec, case, t

OPS = ctgrad._C._ops
TIMES = {2: 16, 3: 4, 4: 2, 5: 2}   # by the most dimensions of an operand: times the sizes of the cases, which are 2 to 5
KEEP_BELOW = 6 * 4096   # bytes or steps that no verdict hangs on: bookkeeping


def rows(w, shape):
    return w(shape[-1]).expand(shape)


def columns(w, shape):
    return w(shape[-2]).unsqueeze(1).expand(shape)


def turned(w, shape):
    return w(shape[-2]).expand(*shape[:-2], shape[-1], shape[-2]).mT


def hankel(w, shape):
    return w(shape[-2] + shape[-1] - 1).unfold(0, shape[-1], 1).expand(shape)


PRODUCTS = {"mm", "bmm", "mv", "dot", "vdot", "addmm", "baddbmm", "addbmm", "addmv", "addr", "contract", "antidiagonals"}   # whose steps are multiply-adds
OPERANDS = {"rows": rows, "columns": columns, "turned": turned, "hankel": hankel}


def scaled(spec, k):
    return tuple(s if s <= 1 else s * k for s in spec.shape)


def built(spec, k, how, leaves):
    """The operand for `spec` at k times its size; what has fewer than two dimensions is stored in full."""
    shape = scaled(spec, k)
    rng = np.random.default_rng(len(leaves))

    def stored(*size):
        if spec.kind == "int":
            return ctgrad.tensor(rng.integers(spec.low, spec.high, size))
        if spec.kind == "bool":
            return ctgrad.tensor(rng.random(size) < 0.5)
        w = ctgrad.tensor(rng.uniform(spec.low, spec.high, size).astype("float32"))
        if spec.grad:
            leaves.append(w.requires_grad_())
        return w
    if spec.kind == "given":
        x = ctgrad.tensor(np.array(spec.data[0]))
        return x.float() if x.is_floating_point() else x
    if len(shape) < 2 or min(shape[-2:]) < 2:
        return stored(*shape)
    return (OPERANDS[how] if spec.kind == "float" or how != "hankel" else rows)(stored, shape)


def arguments(args, k, how, leaves):
    def one(a):
        return built(a, k, how, leaves) if isinstance(a, Spec) else a
    return [[one(m) for m in a] if isinstance(a, list) else one(a) for a in args]


class Cost:
    """Bytes allocated, steps done and multiply-adds planned, since `start`."""
    def __enter__(self):
        self.bytes, self.multiplied = debug.memory()["total_bytes"], ctgrad._C._work()
        self.profile = debug.profile()
        self.rows = self.profile.__enter__()
        return self

    def __exit__(self, *unused):
        self.profile.__exit__(None, None, None)
        self.bytes = debug.memory()["total_bytes"] - self.bytes
        self.multiplied = ctgrad._C._work() - self.multiplied
        self.steps = sum(row[2] for row in self.rows.rows if row[0] not in PRODUCTS)

    def counts(self):
        return self.bytes, self.steps, self.multiplied


def tensors(y):
    return [y] if isinstance(y, ctgrad.Tensor) else [t for part in y for t in tensors(part)] if isinstance(y, (tuple, list)) else []


def distinct(y):
    """How many numbers of an array differ by more than place: what repeats along a dimension, or slides along two, counts once."""
    y = np.nan_to_num(y.astype("float64"), nan=1e30) if y.dtype.kind == "f" else y
    for d in range(y.ndim):
        if y.size and (y == y.take([0], d)).all():
            y = y.take([0], d)
    y = y.squeeze()
    if y.size and y.ndim >= 2:
        for a, b in itertools.combinations(range(y.ndim), 2):
            m = np.moveaxis(y, (a, b), (-2, -1))
            if np.array_equal(m[..., 1:, :-1], m[..., :-1, 1:]) or np.array_equal(m[..., 1:, 1:], m[..., :-1, :-1]):
                return y.size // (y.shape[a] * y.shape[b]) * (y.shape[a] + y.shape[b] - 1)
    return y.size


def measured(f, c, k, how):
    """How many distinct numbers a call returns; the counts of the call and of its backward (None where it has none)."""
    leaves = []
    args = arguments(c.args, k, how, leaves)
    ctgrad.manual_seed(0)
    with Cost() as forward:
        y = f(*args, **c.kwargs)
    outputs = [t for t in tensors(y) if t.requires_grad and t.is_floating_point()]
    backward = None
    if outputs:
        total = sum((t * t).sum() for t in outputs)
        with Cost() as backward:
            total.backward()
    return sum(distinct((t.detach().float() if t.dtype == ctgrad.bfloat16 else t.detach().clone()).numpy()) for t in tensors(y)), forward.counts(), backward and backward.counts()


def grows(small, large, how):
    """Names of the counts that more than triple where sizes double. A direct correlation takes as many multiply-adds as a product."""
    names = ("bytes", "steps") if how == "hankel" else ("bytes", "steps", "multiply-adds")
    return [name for name, a, b in zip(names, small, large) if b > KEEP_BELOW and b > 3 * a]


def specs(c):
    return [m for a in c.args for m in (a if isinstance(a, list) else [a]) if isinstance(m, Spec)]


def times(c):
    return TIMES[max(len(m.shape) for m in specs(c))]


def squared(c):
    """Is there an operand that can repeat?"""
    return any(m.kind == "float" and len(m.shape) >= 2 and min(m.shape[-2:]) > 1 for m in specs(c))


def survey(names=None):
    """With results compressed from the first byte on: below 4096 bytes vectors are stored in full, and what is made of them with them."""
    before = ctgrad._C._switches(0, True)
    try:
        return surveyed(names)
    finally:
        ctgrad._C._switches(*before)


def half(x):
    return ctgrad.arange(0, x.shape[0], 2)


# Ops none of whose cases can be scaled, with a case of their own: a function of a matrix that repeats or slides.
OWN = {
    "F.layer_norm": lambda x: F.layer_norm(x, x.shape[-1:]), "layer_norm": lambda x: OPS["layer_norm"](x, list(x.shape[-1:])), "nll_loss": lambda x: OPS["nll_loss"](x, half(x).repeat(2) % x.shape[1])[0],
    "view": lambda x: x.view(2, -1, x.shape[1]), "_unsafe_view": lambda x: OPS["_unsafe_view"](x, [2, x.shape[0] // 2, x.shape[1]]), "view_as": lambda x: x.view_as(ctgrad.zeros(2, 1, 1).expand(2, x.shape[0] // 2, x.shape[1])),
    "unflatten": lambda x: x.unflatten(0, (2, -1)), "expand": lambda x: x.expand(3, *x.shape), "broadcast_to": lambda x: x.broadcast_to(3, *x.shape), "squeeze": lambda x: x.unsqueeze(1).squeeze(1),
    "chunk": lambda x: x.chunk(2, 1), "split_with_sizes": lambda x: x.split_with_sizes([2, x.shape[1] - 2], 1), "contract": lambda x: OPS["contract"](x, x, [1, x.shape[1]]),
    "any": lambda x: (x > 0).any(0), "all": lambda x: (x > 0).all(1), "count_nonzero": lambda x: x.count_nonzero(0), "floor_divide": lambda x: x.detach().floor_divide(2.0), "masked_fill": lambda x: x.masked_fill(x > 0, 1.0),
    "index_add": lambda x: x.index_add(0, half(x), x[::2]), "index_copy": lambda x: x.index_copy(1, ctgrad.arange(x.shape[1]), x), "zero_": lambda x: (x * 1).zero_(), "copy_": lambda x: (x * 1).copy_(x),
} | {name: lambda x, name=name: getattr(x, name)() for name in ("bool", "byte", "int", "long", "bfloat16")} | {
    name: lambda x, name=name: getattr(ctgrad, name)(x.detach().int(), x.detach().int()) for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")} | {
    "bitwise_not": lambda x: x.detach().int().bitwise_not()} | {
    name: lambda x, name=name: getattr(ctgrad, name)(x) for name in ("isneginf", "isposinf", "signbit", "nan_to_num")} | {
    "logit": lambda x: x.logit(1e-3), "float_power": lambda x: x.float_power(2), "heaviside": lambda x: x.detach().heaviside(ctgrad.ones(1)), "take_along_dim": lambda x: x.take_along_dim(x.argsort(0), 0),
    "nan_to_num_": lambda x: (x * 1).nan_to_num_()}


def surveyed(names):
    """(op, case, operands, "forward" or "backward", counts that grow, small, large) of every case that can be scaled; and the ops of which none can."""
    found, bare = [], []
    for name in names or lawops.CASES:
        f, some = lawops.CASES[name]
        told = False
        for i, (f, c) in enumerate([(f, c) for c in some if squared(c)] + ([(OWN[name], case(t(3, 4)))] if name in OWN else [])):
            for how in OPERANDS:
                try:
                    small, large = measured(f, c, times(c), how), measured(f, c, 2 * times(c), how)
                except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError):
                    continue
                told = True
                if large[0] > 3 * small[0]:     # so many different numbers to be computed
                    continue
                for phase, a, b in zip(("forward", "backward"), small[1:], large[1:], strict=True):
                    if a and (which := grows(a, b, how)):
                        found.append((name, i, how, phase, which, a, b))
        if not told:
            bare.append(name)
    return found, bare


if __name__ == "__main__":
    import time
    for name in sys.argv[1:] or lawops.CASES:
        start = time.time()
        found, bare = survey([name])
        for row in found:
            print(*row, flush=True)
        if bare:
            print("not scaled:", *bare, flush=True)
        if time.time() - start > 2:
            print("slow:", name, time.time() - start, flush=True)
