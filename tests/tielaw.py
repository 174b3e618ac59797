"""The tie law: a program runs alike whether what repeats is computed once or in full.

Random programs over a pool of tensors: views (strides 0, equal, negative through flip, 0-d, empty), elementwise ops, reductions,
scans, products, joins, indexing, writes in place, exports, hooks, and gradients of two levels. Each is run with every mechanism on
(results compressed from the first byte, gradients reduced) and with all of them off; what a user can see must be the same: values
(exactly, as long as they are whole numbers; else to a few ulp), shapes, strides, aliasing after writes, gradients, error classes
and messages.

    python -m tests.tielaw 1000000 [first seed]      runs as many programs; prints each that fails, and the count
"""
import random
import sys

import ctgrad
from ctgrad import _C
from tests import lawops
from tests.lawjudge import GRADIENTS, differs

ON, OFF = (0, True), (-1, False)     # compress from 0 bytes, reduced gradients; never, in full
SETTINGS = _C._switches()            # what the module starts with: (4096, True), or what the environment says
DTYPE = [ctgrad.float64]             # what the programs compute in; check() may choose float16
MOST = 600                           # numbers of a tensor that a program goes on with


class Run:
    """One program: the same seed makes the same choices, since these hang on what can be seen alone."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.dtype = DTYPE[0]
        self.log = []
        self.pool = []
        self.leaves = []
        self.rounds = 0              # 0: no op so far does; 1: to float64; 2: to float32

    # ---- what is seen -----------------------------------------------------------------------------------------
    def see(self, name, t):
        if isinstance(t, ctgrad.Tensor):
            stride, offset = t.stride(), t.storage_offset()
            if name in GRADIENTS or name.startswith("grad "):
                stride, offset = tuple(s for s, n in zip(stride, t.shape) if n > 1) if t.numel() else (), 0
            self.log.append((name, tuple(t.shape), stride, offset, t.is_contiguous(), t.dtype, t.requires_grad, t.detach().tolist(), self.rounds))
        else:
            self.log.append((name, t))

    def see_values(self, name, shape, stride, values):
        self.log.append((name, tuple(shape), stride, 0, True, None, False, values, self.rounds))

    def see_hook(self, g):
        """Of second order, too. Strides are left out: which op a gradient of second order comes from, and so its strides, is not promised."""
        self.see("hook", g if g is None else g.clone(memory_format=ctgrad.contiguous_format))

    def attempt(self, name, f):
        try:
            result = f()
        except (RuntimeError, IndexError, TypeError, ValueError) as e:
            text = str(e)
            told = any(t in text for t in ("invalid gradient", "Trying to backward", "modified by an inplace"))  # the node, and the shape it met
            self.log.append((name, type(e).__name__, "" if told else text))
            return None
        for t in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(t, ctgrad.Tensor):
                self.see(name, t)
                if t.dtype is DTYPE[0] and t.numel() <= MOST and t.dim() <= 5:
                    self.pool.append(t)
        return result

    # ---- choices ------------------------------------------------------------------------------------------------
    def any(self):
        return self.r.choice(self.pool)

    def dim(self, t):
        return self.r.randrange(-t.dim(), t.dim()) if t.dim() else 0

    def fitting(self, t):
        """A tensor that broadcasts with t, more often than not."""
        fits = [u for u in self.pool if broadcasts(u.shape, t.shape)]
        return self.r.choice(fits) if fits and self.r.random() < 0.9 else self.any()

    def leaf(self):
        size = [self.r.choice([0, 1, 1, 2, 2, 3, 4]) if self.r.random() < 0.15 else self.r.randrange(1, 5) for _ in range(self.r.randrange(0, 4))]
        n = 1
        for s in size:
            n *= s
        t = ctgrad.tensor([float(self.r.randrange(-3, 4)) for _ in range(n)], dtype=DTYPE[0]).reshape(size)
        if self.r.random() < 0.8:
            t.requires_grad_()
            self.leaves.append(t)
        self.pool.append(t)

    # ---- steps --------------------------------------------------------------------------------------------------
    def step(self):
        family = self.r.choices(FAMILIES, WEIGHTS)[0]
        name = self.r.choice(family)
        t = self.any()
        self.attempt(name.__name__, lambda: name(self, t))
        self.pool = self.pool[-24:]

    def finish(self):
        for _ in range(self.r.randrange(1, 3)):
            out = [t for t in self.pool if t.requires_grad] or [t for t in self.leaves]
            if not out:
                break
            t = self.r.choice(out[-6:])
            self.attempt("backward", lambda: backward(self, t))
        for i, leaf in enumerate(self.leaves):
            self.see(f"leaf {i}", leaf)
            if leaf.is_leaf and leaf.grad is not None:
                self.see(f"grad {i}", leaf.grad)
        for i, t in enumerate(self.pool):
            self.see(f"pool {i}", t)

    def run(self):
        for _ in range(self.r.randrange(1, 4)):
            self.leaf()
        for _ in range(self.r.randrange(2, 16)):
            self.step()
            if self.r.random() < 0.05:
                self.leaf()
        self.finish()
        return self.log


def broadcasts(a, b):
    return all(x == y or x == 1 or y == 1 for x, y in zip(reversed(a), reversed(b)))


# ---- views ---------------------------------------------------------------------------------------------------------
def expand(run, t):
    size = [run.r.randrange(1, 5) if s == 1 and run.r.random() < 0.8 else s for s in t.shape]
    lead = [run.r.randrange(1, 5) for _ in range(run.r.randrange(0, 3 - min(2, len(size) // 2)))]
    return t.expand(*lead, *size)
def expand_new(run, t): return t.unsqueeze(run.dim(t)).expand(*([-1] * 0), *widened(run, t.unsqueeze(0)))
def widened(run, t): return [run.r.randrange(1, 5) if s == 1 else s for s in t.shape]
def expand_at(run, t):
    u = t.unsqueeze(run.r.randrange(-t.dim() - 1, t.dim() + 1))
    return u.expand(widened(run, u))
def expand_as(run, t): return t.expand_as(run.fitting(t))
def transpose(run, t): return t.transpose(run.dim(t), run.dim(t))
def permute(run, t): return t.permute(*run.r.sample(range(t.dim()), t.dim()))
def unsqueeze(run, t): return t.unsqueeze(run.r.randrange(-t.dim() - 1, t.dim() + 1))
def squeeze(run, t): return t.squeeze() if run.r.random() < 0.5 else t.squeeze(run.dim(t))
def select(run, t): return t.select(run.dim(t), run.r.randrange(-3, 3))
def narrow(run, t):
    d = run.dim(t)
    return t.narrow(d, run.r.randrange(0, 2), run.r.randrange(0, 3))
def slicing(run, t):
    return t[tuple(slice(run.r.randrange(-2, 2), None, run.r.randrange(1, 3)) if run.r.random() < 0.6 else slice(None) for _ in t.shape)]
def flatten(run, t): return t.flatten(*sorted((run.r.randrange(max(1, t.dim())), run.r.randrange(max(1, t.dim())))))
def shape_of(run, t):
    size, n = [], t.numel()
    while n > 1 and run.r.random() < 0.8:
        d = run.r.choice([k for k in range(1, n + 1) if n % k == 0])
        size.append(d)
        n //= d
    return [*size, n] if n > 1 or run.r.random() < 0.3 or not size else size
def view(run, t): return t.view(shape_of(run, t))
def reshape(run, t): return t.reshape(shape_of(run, t))
def diagonal(run, t): return t.diagonal(run.r.randrange(-1, 2), run.dim(t), run.dim(t))
def unfold(run, t):
    d = run.dim(t)
    return t.unfold(d, run.r.randrange(1, 3), run.r.randrange(1, 3))
def split(run, t): return t.split(run.r.randrange(1, 3), run.dim(t))
def unbind(run, t): return t.unbind(run.dim(t))
def chunk(run, t): return t.chunk(run.r.randrange(1, 4), run.dim(t))
def hankel(run, t):
    t = t.contiguous().flatten()
    n = run.r.randrange(1, max(2, (t.numel() + 1) // 2 + 1))
    return t.as_strided((n, max(1, t.numel() - n + 1)), (1, 1))
def toeplitz(run, t):
    """A Hankel matrix, perhaps of a fresh leaf, flipped, and perhaps more done to it that keeps its line."""
    if t.numel() < 3 or run.r.random() < 0.3:
        t = (ctgrad.arange(run.r.randrange(3, 9), dtype=DTYPE[0]) % 5 - 2).requires_grad_()
        run.leaves.append(t)
    t = hankel(run, t)
    for _ in range(run.r.randrange(1, 4)):
        t = run.r.choice([lambda u: u.flip(run.dim(u)), lambda u: u.flip(0), lambda u: u.flip(0, 1), lambda u: u.t(), lambda u: u * 2, lambda u: u * u,
                          lambda u: u.clone(), lambda u: u.square(), lambda u: ctgrad.where(u > 0, u, -u), lambda u: u[1:] if len(u) > 1 else u])(t)
        if run.r.random() < 0.2:
            run.see("line", t)
            if t.numel() <= MOST:
                run.pool.append(t)
        if run.r.random() < 0.05:
            hook(run, t)
    return t
def as_strided(run, t):
    run.rounds = max(run.rounds, 1)   # elements that share memory share the gradient, in equal parts
    return t.as_strided(t.shape, t.stride(), t.storage_offset())
def detach(run, t): return t.detach()
def data(run, t): return t.data
# ---- copies and joins ------------------------------------------------------------------------------------------------
def repeat(run, t): return t.repeat(*[run.r.randrange(1, 4) if s == 1 or run.r.random() < 0.3 else 1 for s in (1, *t.shape)])
def tile(run, t): return t.tile(*[run.r.randrange(1, 3) for _ in range(t.dim())])
def stack_same(run, t): return ctgrad.stack([t] * run.r.randrange(1, 4), run.r.randrange(-t.dim() - 1, t.dim() + 1))
def cat_same(run, t): return ctgrad.cat([t] * run.r.randrange(1, 4), run.dim(t))
def cat(run, t):
    same = [u for u in run.pool if u.shape == t.shape]
    return ctgrad.cat([run.r.choice(same) for _ in range(run.r.randrange(1, 4))], run.dim(t))
def stack(run, t):
    same = [u for u in run.pool if u.shape == t.shape]
    return ctgrad.stack([run.r.choice(same) for _ in range(run.r.randrange(1, 4))], run.r.randrange(-t.dim() - 1, t.dim() + 1))
def clone(run, t): return t.clone()
def contiguous(run, t): return t.contiguous()
def full_like(run, t): return run.r.choice([ctgrad.ones_like, ctgrad.zeros_like, lambda u: ctgrad.full_like(u, 2.0)])(t)
def full(run, t): return run.r.choice([ctgrad.ones, ctgrad.zeros])(t.shape, dtype=DTYPE[0])
def flip(run, t): return t.flip(run.dim(t))
def roll(run, t): return t.roll(run.r.randrange(-2, 3), run.dim(t))
def cast(run, t):
    run.rounds = 2
    return t.to(ctgrad.float32).to(DTYPE[0])

# ---- elementwise -------------------------------------------------------------------------------------------------------
def binary(run, t):
    u = run.fitting(t)
    return run.r.choice([ctgrad.add, ctgrad.sub, ctgrad.mul, ctgrad.maximum, ctgrad.minimum])(t, u)
def scalar(run, t):
    k = run.r.randrange(-2, 3)
    return run.r.choice([lambda: t + k, lambda: t * k, lambda: k - t, lambda: t / 2, lambda: ctgrad.add(t, t, alpha=k), lambda: t.clamp(-1, k)])()
def unary(run, t): return run.r.choice([ctgrad.neg, ctgrad.abs, ctgrad.relu, ctgrad.square, ctgrad.sign, ctgrad.floor, lambda u: u ** 2])(t)
def rounding(run, t):
    run.rounds = max(run.rounds, 1)
    return run.r.choice([ctgrad.tanh, ctgrad.sigmoid, ctgrad.sin, lambda u: (u * 0.25).exp(), lambda u: u / 3, lambda u: ctgrad.softmax(u, run.dim(u)),
                         lambda u: ctgrad.log_softmax(u, run.dim(u)), ctgrad.nn.functional.gelu, ctgrad.nn.functional.silu,
                         lambda u: ctgrad.nn.functional.layer_norm(u, u.shape[-1:], eps=0.5) if u.dim() and u.numel() else u])(t)
def where(run, t):
    u = run.fitting(t)
    return ctgrad.where(t > run.r.randrange(-1, 2), t, u)
def masked_fill(run, t): return t.masked_fill(run.fitting(t) > 0, 1.0)
def fused(run, t):
    u = run.fitting(t)
    return run.r.choice([lambda: ctgrad.addcmul(t, u, u, value=2), lambda: ctgrad.lerp(t, u, 0.5)])()
def triangle(run, t): return run.r.choice([ctgrad.tril, ctgrad.triu])(t, run.r.randrange(-1, 2))
# ---- reductions and scans -------------------------------------------------------------------------------------------------
def dims(run, t):
    kind = run.r.random()
    if kind < 0.25 or not t.dim():
        return {}
    if kind < 0.7:
        return {"dim": run.dim(t), "keepdim": run.r.random() < 0.5}
    return {"dim": tuple(run.r.sample(range(t.dim()), run.r.randrange(1, t.dim() + 1))), "keepdim": run.r.random() < 0.5}
def total(run, t): return t.sum(**dims(run, t))
def mean(run, t):
    run.rounds = max(run.rounds, 1)
    return t.mean(**dims(run, t))
def extreme(run, t):
    run.rounds = max(run.rounds, 1) # ties share
    return run.r.choice([ctgrad.amax, ctgrad.amin])(t, **(dims(run, t) or {"dim": ()}))
def extreme_dim(run, t): return run.r.choice([ctgrad.max, ctgrad.min])(t, run.dim(t))
def places(run, t):
    run.see("places", run.r.choice([ctgrad.argmax, ctgrad.argmin])(t, run.dim(t), run.r.random() < 0.5))
    return t
def prod(run, t): return t.prod(run.dim(t))
def spread(run, t):
    run.rounds = max(run.rounds, 1)
    return run.r.choice([lambda: t.var(run.dim(t)), lambda: t.norm(dim=run.dim(t)), lambda: t.logsumexp(run.dim(t)), lambda: t.std(run.dim(t), unbiased=False)])()
def scan(run, t):
    if run.r.random() < 0.6:
        return ctgrad.cumsum(t, run.dim(t))
    run.rounds = max(run.rounds, 1)
    return ctgrad.cumprod(t, run.dim(t))
def running(run, t): return ctgrad.cummax(t, run.dim(t))
def truth(run, t):
    run.see("truth", run.r.choice([ctgrad.any, ctgrad.all])(t > 0, dim=run.dim(t)))
    return t

# ---- products ----------------------------------------------------------------------------------------------------------------
def repeated(run, size):
    """A tensor of this size, most often one that repeats along some dims."""
    base = [1 if run.r.random() < 0.6 else s for s in size]
    n = 1
    for s in base:
        n *= s
    t = (ctgrad.arange(n, dtype=DTYPE[0]) % 4 - 1).reshape(base)
    if run.r.random() < 0.7:
        t.requires_grad_()
        run.leaves.append(t)
    run.pool.append(t)
    return t.expand(size) if run.r.random() < 0.7 else t.repeat([s if b == 1 else 1 for s, b in zip(size, base)])
def matrix(run):
    fits = [u for u in run.pool if u.dim() == 2]
    return run.r.choice(fits) if fits and run.r.random() < 0.7 else repeated(run, [run.r.randrange(1, 5), run.r.randrange(1, 5)])
def matching(run, t, k):
    fits = [u for u in run.pool if u.dim() and (u.shape[-2] if u.dim() > 1 else u.shape[-1]) == k]
    return run.r.choice(fits) if fits and run.r.random() < 0.7 else repeated(run, [k, run.r.randrange(1, 4)]) if run.r.random() < 0.9 else run.any()
def matmul(run, t): return t @ matching(run, t, t.shape[-1] if t.dim() else 1)
def matmul_t(run, t):
    fits = [u for u in run.pool if u.dim() > 1 and t.dim() and u.shape[-1] == t.shape[-1]]
    return t @ (run.r.choice(fits) if fits and run.r.random() < 0.7 else repeated(run, [run.r.randrange(1, 4), t.shape[-1] if t.dim() else 1])).mT
def linear(run, t):
    fits = [u for u in run.pool if u.dim() == 2 and t.dim() and u.shape[-1] == t.shape[-1]]
    w = run.r.choice(fits) if fits and run.r.random() < 0.7 else repeated(run, [run.r.randrange(1, 4), t.shape[-1] if t.dim() else 1])
    bias = [u for u in run.pool if w.dim() == 2 and tuple(u.shape) == (w.shape[0],)]
    return ctgrad.nn.functional.linear(t, w, run.r.choice(bias) if bias and run.r.random() < 0.5 else None)
def bmm(run, t):
    fits = [u for u in run.pool if u.dim() == 3 and t.dim() == 3 and u.shape[0] == t.shape[0] and u.shape[1] == t.shape[2]]
    if t.dim() != 3:
        t = matrix(run).expand(run.r.randrange(1, 4), -1, -1)
    return ctgrad.bmm(t, run.r.choice(fits) if fits and run.r.random() < 0.6 else repeated(run, [t.shape[0], t.shape[2], run.r.randrange(1, 4)]))
def correlation(run, t):
    t = toeplitz(run, t)
    m, n = t.shape
    x, y = (ctgrad.arange(k * r, dtype=DTYPE[0]).reshape(r, k) % 5 - 2 for k in (m, n) for r in [run.r.randrange(1, 5)])
    for u in (x, y):
        if run.r.random() < 0.5:
            u.requires_grad_()
            run.leaves.append(u)
    bias = ctgrad.ones(m, dtype=DTYPE[0])
    return run.r.choice([lambda: x @ t, lambda: t @ y.t(), lambda: ctgrad.nn.functional.linear(y, t), lambda: ctgrad.nn.functional.linear(y, t, bias),
                         lambda: x @ t + x @ (t * 2), lambda: t @ t.t(), lambda: ctgrad.addmm(t[0], x, t, alpha=2), lambda: (x @ t) * t[0] + t.sum(),
                         lambda: t.mv(y[0]), lambda: ctgrad.einsum("ij,kj->ik", y, t)])()
def fitted(run, t):
    """A tied layer's sum of squares: its number waits beside the gradient."""
    m, n = run.r.choice([3, 4, 8, 12]), run.r.choice([4, 8, 32])
    rows, row = ctgrad.arange(m * n, dtype=DTYPE[0]).reshape(m, n) % 5 - 2, ctgrad.arange(n, dtype=DTYPE[0]) % 3 - 1
    t = (t.flatten()[:1] + row).detach_() if run.r.random() < 0.5 else t.flatten()[:1] + row
    for u in (t, row):
        if run.r.random() < 0.8 and u.is_leaf:
            u.requires_grad_()
            run.leaves.append(u)
    W = run.r.choice([lambda: t.expand(n, n), lambda: t.unsqueeze(1).expand(n, n), lambda: t.repeat(n, 1), lambda: ctgrad.relu(t.expand(n, n))])()
    y = run.r.choice([lambda: ctgrad.nn.functional.linear(rows, W, row), lambda: rows @ W.t() + row, lambda: row - rows @ W, lambda: ctgrad.addmm(row, rows, W, alpha=2)])()
    if run.r.random() < 0.2:
        run.pool.append(y)
    d = y - run.r.choice([1, rows, rows * 2])
    return run.r.choice([lambda: (d ** 2).sum(), lambda: (d ** 2).sum() * 3, lambda: (d ** 2).sum() * 0.5, lambda: (d ** 2).sum() + (d ** 2 - d).sum()])()
def outer(run, t): return ctgrad.outer(t.flatten()[:4], run.any().flatten()[:3])
def addmm(run, t):
    pairs = [(a, b) for a in run.pool for b in run.pool if a.dim() == b.dim() == 2 and a.shape[1] == b.shape[0]]
    a, b = run.r.choice(pairs) if pairs else (matrix(run), matrix(run))
    t = run.fitting(ctgrad.empty(a.shape[0], b.shape[1]))
    return ctgrad.addmm(t, a, b, beta=run.r.choice([0, 1, 2]), alpha=run.r.choice([1, 2]))
def einsum(run, t): return ctgrad.einsum(run.r.choice(["ij,jk->ik", "ij,ij->", "ij,kj->ki", "ij->j", "bij,bjk->bik", "i,j->ij", "ij,ik->jk"]), *([t] if run.r.random() < 0.1 else [matrix(run), matrix(run)] if run.r.random() < 0.8 else [t, run.any()]))
def dot(run, t): return ctgrad.dot(t.flatten(), t.flatten())
def mv(run, t):
    t = matrix(run)
    return ctgrad.mv(t, repeated(run, [t.shape[1]])) if run.r.random() < 0.8 else ctgrad.mv(t, matching(run, t, t.shape[-1] if t.dim() else 1))

# ---- indexing -----------------------------------------------------------------------------------------------------------------
def positions(run, n): return ctgrad.tensor([run.r.randrange(max(1, n)) for _ in range(run.r.randrange(1, 4))])
def index(run, t): return t[positions(run, t.shape[0])] if run.r.random() < 0.6 else t[..., positions(run, t.shape[-1])]
def index_select(run, t):
    d = run.dim(t)
    return t.index_select(d, positions(run, t.shape[d]))
def gather(run, t):
    d = run.dim(t)
    i = (t.detach().abs().round() % max(1, t.shape[d])).long()
    return t.gather(d, i if run.r.random() < 0.5 else i.narrow(d, 0, 1).expand(t.shape))
def masked_select(run, t): return t.masked_select(t > 0)
def index_add(run, t): return t.index_add(0, ctgrad.tensor([0] * t.shape[0]), t)

# ---- writes, exports, hooks -----------------------------------------------------------------------------------------------------
def write(run, t):
    u = run.fitting(t)
    change = run.r.choice([lambda v: v.add_(1), lambda v: v.mul_(2), lambda v: v.fill_(3), lambda v: v.zero_(), lambda v: v.copy_(u), lambda v: v.add_(u),
                           lambda v: v.sub_(u), lambda v: v.clamp_(-2, 2), lambda v: v.neg_(), lambda v: v.masked_fill_(v > 0, 1.0), lambda v: v.t_() if v.dim() == 2 else v.relu_()])
    mode = run.r.random()
    if mode < 0.3:
        with ctgrad.no_grad():
            return change(t)
    return change(t.data if mode < 0.5 else t.clone() if mode < 0.7 else t)
def write_part(run, t):
    u = t.clone() if t.requires_grad and run.r.random() < 0.7 else t
    key = run.r.choice([0, -1, slice(0, 1), ..., slice(None)])
    with ctgrad.no_grad() if run.r.random() < 0.4 else ctgrad.enable_grad():
        u[key] = float(run.r.randrange(-3, 4)) if run.r.random() < 0.6 else run.any()
    return u
def write_out(run, t):
    with ctgrad.no_grad():
        target = ctgrad.zeros(t.shape, dtype=DTYPE[0])
        return ctgrad.mul(t, 2, out=target)
def export(run, t):
    a = t.detach().numpy()
    run.see_values("export", a.shape, a.strides if a.size > 1 else None, a.tolist())
    if a.size and run.r.random() < 0.4 and a.flags.writeable and 0 not in a.strides:
        a.flat[run.r.randrange(a.size)] = 2.0
    return t
def buffer(run, t):
    if t.dim():
        m = memoryview(t.detach())
        run.see_values("buffer", m.shape, m.strides if t.numel() > 1 else None, m.tolist())
    return t
def capsule(run, t): return ctgrad.from_dlpack(t.detach())
def pointer(run, t):
    t.data_ptr()
    return t
def hook(run, t):
    if t.requires_grad:
        t.register_hook(run.see_hook)
    return t
def hook_scaling(run, t):
    if t.requires_grad:
        t.register_hook(lambda g: g if g is None else g * 2)
    return t
def retain(run, t):
    if t.requires_grad and not t.is_leaf:
        t.retain_grad()
    return t
def accumulate(run, t):
    if t.requires_grad:
        t.sum().backward(retain_graph=True)
    return t


def asked(run, tensors):
    """Those whose gradients a run is for: all, or some, so that one run records what another leaves out."""
    return tensors if len(tensors) < 2 or run.r.random() < 0.6 else run.r.sample(tensors, run.r.randrange(1, len(tensors)))
def backward(run, t):
    mode = run.r.random()
    weight = ctgrad.arange(t.numel(), dtype=DTYPE[0]).reshape(t.shape) % 5 - 2 if run.r.random() < 0.6 else ctgrad.ones(t.shape, dtype=DTYPE[0])
    if mode < 0.5:
        t.backward(weight, retain_graph=True)
    elif mode < 0.65:
        for g in ctgrad.autograd.grad(t, asked(run, run.leaves + [run.any()]), weight, allow_unused=True, retain_graph=True):
            if g is not None:
                run.see("grad", g)
    else:
        grads = [g for g in ctgrad.autograd.grad(t, asked(run, run.leaves), weight, create_graph=True, allow_unused=True) if g is not None]
        for g in grads:
            run.see("first", g)
        again = [(g * g).sum() for g in grads if g.requires_grad]
        if again and run.r.random() < 0.5:
            for rest in range(run.r.randrange(1, 3), 0, -1):
                for g in ctgrad.autograd.grad(sum(again), asked(run, [u for u in run.pool[-4:] if u.requires_grad] + run.leaves), allow_unused=True, retain_graph=rest > 1):
                    run.see_hook(g) if g is not None else run.see("second", g)
        elif again:
            sum(again).backward()


VIEWS = [expand, expand, expand_at, expand_at, expand_as, transpose, permute, unsqueeze, squeeze, select, narrow, slicing, flatten, view, reshape, diagonal, unfold,
         split, unbind, chunk, hankel, as_strided, detach, data]
COPIES = [repeat, tile, stack_same, cat_same, cat, stack, clone, contiguous, full_like, full, flip, toeplitz, roll, cast]
ELEMENTWISE = [binary, binary, binary, scalar, unary, rounding, where, masked_fill, fused, triangle]
REDUCTIONS = [total, total, mean, extreme, extreme_dim, places, prod, spread, scan, running, truth]
PRODUCTS = [matmul, matmul, matmul_t, linear, linear, correlation, correlation, bmm, outer, fitted, addmm, einsum, dot, mv]
INDEXING = [index, index_select, gather, masked_select, index_add]
EFFECTS = [write, write, write_part, write_out, export, buffer, capsule, pointer, hook, hook_scaling, retain, accumulate]
REGISTRY = [lawops.registry, lawops.registry, lawops.joined, lawops.scattered, lawops.slid_product]
FAMILIES = [VIEWS, COPIES, ELEMENTWISE, REDUCTIONS, PRODUCTS, INDEXING, EFFECTS, REGISTRY]
WEIGHTS = [8, 4, 6, 3, 4, 1.5, 3, 6]


# ---- the law ----------------------------------------------------------------------------------------------------------------------
def logged(seed, settings):
    _C._switches(*settings)
    try:
        run = Run(seed)
        return run.run()
    finally:
        run.pool.clear()   # hooks lead back to the run
        run.leaves.clear()
        _C._switches(*SETTINGS)


def check(seed, dtype=ctgrad.float64):
    """None where the law holds for the program of this seed, else where it does not."""
    DTYPE[0] = dtype
    try:
        return differs(logged(seed, ON), logged(seed, OFF), dtype is ctgrad.float16)
    finally:
        DTYPE[0] = ctgrad.float64


def main(count, first=0):
    failures = 0
    for seed in range(first, first + count):
        try:
            wrong = check(seed)
        except Exception as e:
            wrong = f"{type(e).__name__}: {e}"
        if wrong:
            failures += 1
            print(f"seed {seed}: {wrong[:2000]}", flush=True)
            if failures >= 20:
                break
    print(f"{seed - first + 1} programs, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10000, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
