"""The tie law's programs over the registry: every op, with operands that repeat.

`registry` draws an op of the registry (a row of the tables or a case of tests/cases), or a function of `nn.functional`, and gives
it tensors that repeat along random dimensions: expanded, repeated, written out by an op, seen through another order of the
dimensions. It is called as a function, in place, or with out=; what comes out goes on into the program. `slid_product` multiplies
by Hankel and Toeplitz matrices, with batches; `joined` and `scattered` put together and take apart what is held compressed.
"""
import inspect

import numpy as np

import ctgrad
from ctgrad import composed
from ctgrad.nn import functional as F

from . import cases
from .cases import Spec, bools, case, ints, t, values

OPS = ctgrad._C._ops
# What is not drawn: values that nobody gave, and vectors that belong to equal singular values, which hang on the last bit.
LEFT_OUT = {"empty", "empty_like", "new_empty", "empty_strided", "resize_", "resize_as_", "linalg_svd"}
ROWS = {name: op.overloads[-1] for name, op in OPS.items() if op.overloads[-1]["reference"] and not name.endswith("_")}
X, IMAGE, LINE = t(3, 4), t(2, 4, 3, 4), t(2, 4, 5)
Q, K = t(2, 2, 3, 4), t(2, 2, 4, 4)
TARGET = ints(3, low=0, high=4)
FUNCTIONS = {
    "scaled_dot_product_attention": [case(Q, K, K), case(Q, K, K, None, 0.0, True), case(Q, K, K, bools(3, 4)), case(t(2, 3, 4), t(2, 3, 4), t(2, 3, 4)),
                                     case(t(1, 2, 3, 4), K, K, t(2, 1, 3, 4)), case(t(2, 4, 3, 4), K, K, enable_gqa=True)],
    "batch_norm": [case(IMAGE, None, None, t(4), t(4), training=True), case(LINE, t(4, grad=False), values([1.0, 2.0, 1.0, 0.5]), t(4), t(4)), case(X, None, None, training=True)],
    "group_norm": [case(IMAGE, 2, t(4), t(4)), case(LINE, 4, None, None), case(X, 1)],
    "instance_norm": [case(IMAGE), case(LINE, weight=None)],
    "layer_norm": [case(X, (4,), t(4), t(4)), case(IMAGE, (3, 4)), case(LINE, (4, 5), t(4, 5))],
    "conv1d": [case(LINE, t(2, 4, 2)), case(LINE, t(4, 2, 3), t(4), padding=1, groups=2), case(LINE, t(2, 4, 2), t(2), 2, 1, 2)],
    "conv2d": [case(IMAGE, t(2, 4, 2, 2), t(2)), case(IMAGE, t(4, 1, 3, 3), None, 1, 1, 1, 4), case(IMAGE, t(2, 4, 1, 1), stride=2)],
    "conv_transpose1d": [case(LINE, t(4, 2, 2)), case(LINE, t(4, 1, 3), t(2), 2, 1, 1, 2)],
    "conv_transpose2d": [case(IMAGE, t(4, 2, 2, 2), t(2), 2)],
    "max_pool1d": [case(LINE, 2), case(LINE, 3, 1, 1)], "max_pool2d": [case(IMAGE, 2), case(IMAGE, 2, 1, 1)],
    "avg_pool1d": [case(LINE, 2), case(LINE, 3, 1, 1)], "avg_pool2d": [case(IMAGE, 2), case(IMAGE, 3, 2, 1, count_include_pad=False)],
    "adaptive_avg_pool1d": [case(LINE, 2)], "adaptive_max_pool1d": [case(LINE, 2)], "adaptive_avg_pool2d": [case(IMAGE, (2, 3))], "lp_pool1d": [case(LINE, 2, 2)],
    "cross_entropy": [case(X, TARGET), case(X, TARGET, t(4, low=0.0, grad=False), reduction="sum", label_smoothing=0.1), case(X, t(3, 4), reduction="none"),
                      case(IMAGE, ints(2, 3, 4, low=0, high=4)), case(X, TARGET, ignore_index=1)],
    "nll_loss": [case(X, TARGET), case(X, TARGET, t(4, grad=False), reduction="none"), case(IMAGE, ints(2, 3, 4, low=0, high=4), reduction="sum")],
    "mse_loss": [case(X, X), case(X, X, reduction="sum"), case(X, X, reduction="none")], "l1_loss": [case(X, X)], "smooth_l1_loss": [case(X, X)],
    "huber_loss": [case(X, X, reduction="none")], "kl_div": [case(X, t(3, 4, low=1.0), reduction="batchmean")],
    "binary_cross_entropy_with_logits": [case(X, t(3, 4, low=0.0)), case(X, X, pos_weight=None, reduction="none")],
    "embedding": [case(ints(3, 2, low=0, high=4), X), case(ints(4, low=0, high=4), X, 1)], "normalize": [case(X), case(X, 1.0, 0)],
    "pad": [case(X, (1, 2)), case(LINE, (1, 1), "reflect"), case(LINE, (2, 1), "replicate"), case(LINE, (1, 0), "circular")], "bilinear": [case(t(3, 2), X, t(2, 2, 4), t(2))],
    "dropout": [case(X, 0.5)], "dropout2d": [case(IMAGE, 0.5)], "alpha_dropout": [case(X, 0.5)], "softmin": [case(X, 1)], "softsign": [case(X)], "tanhshrink": [case(X)],
}
RANDOM = {"rand_like": [case(X)], "randn_like": [case(X)], "randint_like": [case(X, 3)], "bernoulli": [case(t(3, 4, low=0.0, high=1.0))], "poisson": [case(t(3, 4, low=0.0, high=20.0))],
          "normal_": [case(X)], "uniform_": [case(X)], "random_": [case(X)], "exponential_": [case(X)], "bernoulli_": [case(X, 0.5)], "dropout": [case(X, 0.5)]}


def of_row(name, row):
    kind = ints if name.startswith("bitwise") else lambda *s: t(*s, low=float(row["domain"].split(",")[0]), high=float(row["domain"].split(",")[1]))
    binary = "other" in row["sig"] or "exponent" in row["sig"]
    return [case(kind(*a), kind(*b)) for a, b in (((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1, 3), (4, 1)))] if binary else [case(kind(3, 4)), case(kind(2, 3, 2))]


def all_cases():
    """Name -> (function, cases)."""
    found = {name: (OPS.get(name) or composed.registry[name], some) for name, some in cases.load().items()}
    found |= {name: (OPS[name], of_row(name, row)) for name, row in ROWS.items() if name not in found}
    found |= {name: (OPS[name], some) for name, some in RANDOM.items()}
    found |= {f"F.{name}": (getattr(F, name), some) for name, some in FUNCTIONS.items()}
    return {name: (f, [c for c in some if small(c.args)]) for name, (f, some) in sorted(found.items()) if name not in LEFT_OUT}


def small(args):
    """So that a program stays short."""
    return sum(int(np.prod(s.shape)) for a in args for s in (a if isinstance(a, list) else [a]) if isinstance(s, Spec)) <= 800


# ---- operands ---------------------------------------------------------------------------------------------------------------
def drawn(run, spec, shape):
    n = int(np.prod(shape))
    if spec.kind == "bool":
        return ctgrad.tensor([run.r.random() < 0.5 for _ in range(n)]).reshape(shape)
    if spec.kind == "int":
        return ctgrad.tensor([run.r.randrange(spec.low, spec.high) for _ in range(n)], dtype=ctgrad.int64).reshape(shape)
    whole = spec.high - spec.low >= 2 and run.r.random() < 0.6   # so that sums are exact where the op is
    run.rounds = max(run.rounds, 0 if whole else 1)
    number = (lambda: float(run.r.randrange(int(np.ceil(spec.low)), int(spec.high) + 1))) if whole else lambda: run.r.uniform(spec.low, spec.high)
    return ctgrad.tensor([number() for _ in range(n)], dtype=run.dtype).reshape(shape)


def operand(run, spec):
    """What stands for `spec`: it repeats along some dims, held or shown so."""
    if spec.kind == "given":
        x = ctgrad.tensor(np.array(spec.data[0]))
        return x.to(run.dtype) if x.is_floating_point() and spec.data[1] is None else x
    x = drawn(run, spec, [1 if s > 1 and run.r.random() < 0.5 else s for s in spec.shape])
    if spec.grad and x.is_floating_point() and run.r.random() < 0.7:
        x.requires_grad_()
        run.leaves.append(x)
    way = run.r.random()
    if way < 0.15 and len(spec.shape) == 2 and min(spec.shape) > 1 and spec.kind == "float":
        return sliding(run, spec)
    if way < 0.4:
        return x.expand(spec.shape)
    if way < 0.7:
        return x.expand(spec.shape).clone()
    if way < 0.8:
        order = run.r.sample(range(len(spec.shape)), len(spec.shape))
        return x.permute(order).expand([spec.shape[d] for d in order]).clone().permute(sorted(range(len(order)), key=lambda d: order[d]))
    if way < 0.9 and x.is_floating_point():
        return x.expand(spec.shape) * 1
    return x.repeat([s if h == 1 else 1 for h, s in zip(x.shape, spec.shape, strict=True)])


def sliding(run, spec):
    """A matrix over one line: read one way or the other, and perhaps held so."""
    m, n = spec.shape[-2:]
    w = drawn(run, spec, [m + n - 1])
    if run.r.random() < 0.8:
        w.requires_grad_()
        run.leaves.append(w)
    h = run.r.choice([lambda: w.as_strided((m, n), (1, 1)), lambda: w.unfold(0, n, 1), lambda: w.as_strided((m, n), (1, 1)).flip(0), lambda: w.unfold(0, n, 1).flip(1),
                      lambda: w.unfold(0, m, 1).t(), lambda: w.unfold(0, n, 1) * 1, lambda: w.unfold(0, n, 1).clone(), lambda: w.unfold(0, n, 1).contiguous()])()
    return h


def sliding_batch(run):
    """Different matrices, each over a line of its own; some of the lines may repeat."""
    b, m, n, r = (run.r.randrange(1, 4) for _ in range(4))
    lines = operand(run, t(b, m + n - 1))
    h = run.r.choice([lambda: lines.unfold(1, n, 1), lambda: lines.t().contiguous().unfold(0, n, 1).transpose(0, 1), lambda: lines.as_strided((b, m, n), (lines.stride(0), 1, 1))
                      if lines.is_contiguous() else lines.unfold(1, n, 1)])()
    def rounded():
        run.rounds = max(run.rounds, 1)
        return ctgrad.tanh(h)
    h = run.r.choice([lambda: h, lambda: h.flip(1), lambda: h.flip(0, 2), lambda: h * 2, rounded, lambda: h.clone(), lambda: h * h])()
    return h, b, m, n, r


def arguments(run, args):
    return [[operand(run, s) if isinstance(s, Spec) else s for s in a] if isinstance(a, list) else operand(run, a) if isinstance(a, Spec) else a for a in args]


# ---- steps ------------------------------------------------------------------------------------------------------------------------
CASES = all_cases()
NAMES = sorted(CASES)


def registry(run, x):
    name = run.r.choice(NAMES)
    f, some = CASES[name]
    if not some:
        return x
    run.rounds = max(run.rounds, 1)
    c = run.r.choice(some)
    args = arguments(run, c.args)
    run.log.append(("op", name))
    ctgrad.manual_seed(run.r.randrange(1000))
    way = run.r.random()
    first = args[0] if args else None
    if name.endswith("_") and isinstance(first, ctgrad.Tensor):
        args[0] = first.detach().clone() if first.is_leaf else first.clone()
    elif way < 0.12 and isinstance(first, ctgrad.Tensor) and name in OPS and name + "_" in OPS:
        f, args[0] = OPS[name + "_"], first.clone()
    elif way < 0.24 and name in OPS and "out" in str(inspect.signature(f)):
        return with_out(run, f, args, c.kwargs)
    if way > 0.9:
        with ctgrad.no_grad():
            return f(*args, **c.kwargs)
    return f(*args, **c.kwargs)


def with_out(run, f, args, more):
    """Into tensors that are themselves held compressed, or into one that repeats, which is refused."""
    with ctgrad.no_grad():
        like = f(*args, **more)
        if isinstance(like, ctgrad.Tensor) and not isinstance(like, tuple):
            out = ctgrad.zeros(like.shape, dtype=like.dtype)
            if run.r.random() < 0.2:
                out = ctgrad.zeros([1] * like.dim(), dtype=like.dtype).expand(like.shape)
            elif run.r.random() < 0.3:
                out = ctgrad.zeros([*like.shape, 2], dtype=like.dtype)[..., 0]
            before = out.view(out.shape)
            f(*args, out=out, **more)
            run.see("before", before)
            return out
    return like


def joined(run, x):
    """Pieces that repeat, of sizes that differ along the joined dim."""
    d = run.r.randrange(3)
    base = [run.r.randrange(1, 4) for _ in range(3)]
    pieces = [operand(run, t(*[run.r.randrange(0, 3) if e == d else s for e, s in enumerate(base)])) for _ in range(run.r.randrange(1, 4))]
    if run.r.random() < 0.3:
        pieces = [pieces[0]] * len(pieces)
    return run.r.choice([lambda: ctgrad.cat(pieces, d), lambda: ctgrad.cat(pieces, d - 3), lambda: ctgrad.stack(pieces[:1] * 2, d), lambda: ctgrad.cat([p * 2 for p in pieces], d),
                         lambda: ctgrad.cat(pieces, d).split(1, d)[0], lambda: ctgrad.hstack(pieces), lambda: ctgrad.cat(pieces, d).sum(d)])()


def scattered(run, x):
    """Indices and sources that repeat along dims which the target shows too."""
    shape = [run.r.randrange(1, 4) for _ in range(run.r.randrange(1, 4))]
    d = run.r.randrange(len(shape))
    x, source = operand(run, t(*shape)), operand(run, t(*shape))
    places = operand(run, ints(*shape, low=0, high=shape[d]))
    line = operand(run, ints(shape[d], low=0, high=shape[d]))
    ctgrad.manual_seed(0)
    return run.r.choice([lambda: x.gather(d, places), lambda: ctgrad.scatter_add(x, d, places, source), lambda: x.index_select(d, line), lambda: x.index_add(d, line, source),
                         lambda: x.index_fill(d, line, 2.0), lambda: x.scatter_add(d, places.clone(), source * 2), lambda: x.take(places % x.numel()),
                         lambda: x[(slice(None),) * d + (line,)], lambda: x.masked_fill(places > 0, 1.0), lambda: x.masked_select(places > 0),
                         lambda: ctgrad.where(places > 0, x, source), lambda: ctgrad.cummax(x, d)[0], lambda: x.cumprod(d)])()


def slid_batch_product(run):
    """Products with a batch of matrices that slide, with another batch around it, in another order, or as rows of what has fewer dims."""
    h, b, m, n, r = sliding_batch(run)
    if run.r.random() < 0.05 and h.requires_grad:
        h.register_hook(run.see_hook)
    rows, columns, vector, wide = operand(run, t(b, r, m)), operand(run, t(b, n, r)), operand(run, t(n)), operand(run, t(2, b, n, r))
    return run.r.choice([
        lambda: rows @ h, lambda: h @ columns, lambda: h.mT @ rows.mT, lambda: ctgrad.bmm(rows, h), lambda: h @ vector, lambda: operand(run, t(m)) @ h, lambda: h @ wide,
        lambda: h.unsqueeze(0).expand(2, b, m, n) @ wide, lambda: ctgrad.einsum("bij,bjk->bik", h, columns), lambda: ctgrad.einsum("bij,bri->rj", h, rows), lambda: ctgrad.einsum("bij,j->i", h, vector),
        lambda: ctgrad.einsum("bij,bij->b", h, h), lambda: ctgrad.baddbmm(operand(run, t(r, n)), rows, h), lambda: ctgrad.addbmm(operand(run, t(r, n)), rows, h), lambda: h.permute(2, 0, 1) @ operand(run, t(m, r)),
        lambda: h.reshape(1, b, m, n) @ wide, lambda: (h.expand(2, b, m, n).reshape(2 * b, m, n) @ wide.reshape(2 * b, n, r)), lambda: h[0] @ columns, lambda: h.sum(0) @ vector,
        lambda: (rows @ h).sum(0) + (rows[0] @ (h * 2))])()


def slid_product(run, x):
    """Products with a matrix that slides, with batches of it or of the other operand."""
    if run.r.random() < 0.4:
        return slid_batch_product(run)
    m, n, b, r = (run.r.randrange(1, 5) for _ in range(4))
    h = sliding(run, t(m, n))
    if run.r.random() < 0.15:
        run.see("line", h)
        run.pool.append(h)
    if run.r.random() < 0.05 and h.requires_grad:
        h.register_hook(run.see_hook)
    rows, columns, vector = operand(run, t(b, r, m)), operand(run, t(b, n, r)), operand(run, t(n))
    each, wide = h.expand(b, m, n), operand(run, t(b, 2, n, r))
    bias = operand(run, t(r, n))
    return run.r.choice([
        lambda: rows @ h, lambda: h @ columns, lambda: ctgrad.bmm(rows, each), lambda: ctgrad.bmm(each, columns), lambda: ctgrad.matmul(rows, each), lambda: ctgrad.matmul(each, columns),
        lambda: F.linear(columns.mT, h), lambda: F.linear(columns.mT, h, operand(run, t(m))), lambda: ctgrad.einsum("bij,jk->bik", rows, h), lambda: ctgrad.einsum("ij,bjk->bik", h, columns),
        lambda: ctgrad.einsum("ij,bjk->kbi", h, columns), lambda: ctgrad.tensordot(rows, h, dims=1), lambda: ctgrad.tensordot(h, columns, dims=([1], [1])),
        lambda: h @ wide, lambda: ctgrad.matmul(each.unsqueeze(1), wide), lambda: ctgrad.baddbmm(bias, rows, each), lambda: ctgrad.addbmm(bias, rows, each), lambda: h @ vector,
        lambda: each @ vector, lambda: ctgrad.addmv(operand(run, t(m)), h, vector), lambda: ctgrad.einsum("ij,ij->", h, h), lambda: ctgrad.einsum("ij,ij->i", h, bias[:1].expand(m, n)),
        lambda: (rows @ h).sum(0) + (rows[0] @ (h * 2)), lambda: ctgrad.einsum("bij,bjk->ik", rows, each), lambda: h.unsqueeze(0) @ columns[:1], lambda: h.unsqueeze(0) @ columns,
        lambda: ctgrad.vdot(h.flatten(), h.flatten()), lambda: ctgrad.einsum("bri,ij,bjr->b", rows, h, columns)])()
