"""What is kept for backward and the hooks on it, checkpoint, hooks and their answers, edges, leaves, Functions called by name."""

PROGRAMS = r"""
from torch.autograd.graph import saved_tensors_hooks, disable_saved_tensors_hooks, save_on_cpu
seen = []
def pack(t):
    seen.append((tuple(t.shape), t.dtype, t.requires_grad, t.is_leaf, torch.is_grad_enabled()))
    return t
def unpack(t):
    seen.append(("read", torch.is_grad_enabled()))
    return t
a = torch.tensor([1.0, 2.0], requires_grad=True)
with saved_tensors_hooks(pack, unpack): y = (a.exp().softmax(0) * 3).sum()
seen
y.backward(), seen[2:], a.grad
with saved_tensors_hooks(lambda t: 2 * t, lambda t: t): y = a * a
torch.autograd.grad(y.sum(), a)
with saved_tensors_hooks(lambda t: t * 2, lambda t: t / 2): g, = torch.autograd.grad((a ** 3).sum(), a, create_graph=True)
g, torch.autograd.grad(g.sum(), a)
with saved_tensors_hooks(lambda t: t, lambda t: 3): y = (a * a).sum()
y.backward()
with saved_tensors_hooks(lambda t: t.add_(1), lambda t: t): (a * 1).exp()
with saved_tensors_hooks(1, 2): pass
with disable_saved_tensors_hooks("no"):
    with save_on_cpu(): pass
with save_on_cpu():
    with disable_saved_tensors_hooks("no"): pass
b = a * 1
with save_on_cpu(): y = (b * b).sum()
with torch.no_grad(): b.zero_()
y.backward()
with saved_tensors_hooks(lambda t: t.numpy().copy(), torch.from_numpy): y = (a * a).sum()
torch.autograd.grad(y, a)

a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])
y = a * b
y.grad_fn._saved_self, y.grad_fn._saved_other, y.exp().grad_fn._saved_result
(a * 3).grad_fn._saved_self, hasattr((a + 1).grad_fn, "_saved_self")
y.grad_fn._raw_saved_other.register_hooks(lambda t: t * 5, lambda t: t)
y.grad_fn._saved_other
y.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t)
y.sum().backward()
a.grad
y.grad_fn._saved_other
y.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t)
torch.autograd.SavedTensor()

from torch.utils.checkpoint import checkpoint
calls = []
def part(x, w):
    calls.append(0)
    return torch.sin(x * w).exp()
x, w = torch.ones(2, requires_grad=True), torch.full((2,), 2.0, requires_grad=True)
y = checkpoint(part, x, w, use_reentrant=False)
y
y.sum().backward(retain_graph=True), len(calls)
y.sum().backward(), len(calls), x.grad, w.grad
y.sum().backward()
y = checkpoint(part, x, w, use_reentrant=False)
y.grad_fn._saved_result, len(calls)
g, = torch.autograd.grad(y.sum(), x, create_graph=True)
torch.autograd.grad(g.sum(), [x, w])
torch.autograd.grad(checkpoint(part, x, w, use_reentrant=True).sum(), x)
checkpoint(part, x, w, use_reentrant=True).sum().backward(inputs=[x])
steps = [2, 3]
def changing(x):
    for _ in range(steps.pop(0)): x = x.sin()
    return x
checkpoint(changing, x, use_reentrant=False, early_stop=False).sum().backward()
steps = [3, 2]
checkpoint(changing, x, use_reentrant=False).sum().backward()
checkpoint(torch.sin, x, use_reentrant=False, determinism_check="x")

x = torch.ones(4, requires_grad=True)
a, b = x.chunk(2)
a.register_hook(lambda g: print("a", g)), b.register_hook(lambda g: print("b", g))
a.sum().backward()
b.register_hook(lambda g: torch.ones(2))
x.chunk(2)[0].sum().backward()
def answer(hook, name="register_hook"):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    getattr(y.grad_fn, name)(hook)
    y.sum().backward()
    return x.grad
answer(lambda i, o: i[0]), answer(lambda i, o: (i[0],)), answer(lambda i, o: [i[0], None])
answer(lambda i, o: (i[0] * 3, None))
answer(lambda i, o: (None, None))
answer(lambda o: (o[0] * 3,), "register_prehook")
answer(lambda o: o[0] * 3, "register_prehook")
answer(lambda o: (3,), "register_prehook")
def tensor_hook(hook):
    x = torch.ones(2, requires_grad=True)
    x.register_hook(hook)
    (x * 2).sum().backward()
    return x.grad
tensor_hook(lambda g: g.sum())
tensor_hook(lambda g: g.double())
tensor_hook(lambda g: "a")
h = torch.ones(2, requires_grad=True) * 3
h.retain_grad()
y = (h * h).sum()
y.backward(retain_graph=True), h.grad
y.backward(retain_graph=True), h.grad
h = torch.ones(2, requires_grad=True) * 3
(h * h).sum().backward(inputs=[h])
h.retains_grad, h.grad

from torch.autograd.graph import register_multi_grad_hook, get_gradient_edge, Node
x = torch.ones(2, requires_grad=True)
c, d = x * 2, x * 3
handle = register_multi_grad_hook((c, d), print)
first = register_multi_grad_hook((c, d), lambda g: print("first", g), mode="any")
c.sum().backward(retain_graph=True)
(c.sum() + d.sum()).backward(retain_graph=True)
(c.sum() + d.sum()).backward(inputs=[d], retain_graph=True)
handle.remove(), first.remove()
register_multi_grad_hook((c,), print, mode="x")
e = get_gradient_edge(c)
isinstance(e.node, Node), e.output_nr
torch.autograd.grad((c * c).sum(), [e, x], retain_graph=True)
torch.autograd.grad(e, x, torch.ones(2), retain_graph=True)
torch.autograd.grad(e, x, torch.ones(3), retain_graph=True)
torch.autograd.grad(e, x)
torch.autograd.grad(d.sum(), e, retain_graph=True)
torch.autograd.grad(d.sum(), e, retain_graph=True, materialize_grads=True)
torch.autograd.backward(e, torch.ones(2))
x.grad

x = torch.ones(2, 3, requires_grad=True)
x.add_(torch.ones(7))
x.clamp_()
x.index_add_(5, torch.tensor([0]), torch.ones(1))
x.transpose_(0, 7)
x.uniform_(3, 1)
x.copy_(torch.ones(7))
x[9] = 1
x.mul_("a")
a = torch.zeros(2, 3)
b = a[:]
a.requires_grad_()
b.add_(1)
x = torch.ones(3, requires_grad=True)
y = (x * 2).sum()
x.data = torch.ones(5)
torch.autograd.grad(y, x, retain_graph=True)
y.backward(), x.grad
del y
x.grad = None
(x * 3).sum().backward(), x.grad
y = (x * 2).sum()
x.data = torch.ones(5, dtype=torch.float64)
y.backward(), x.grad
x = torch.ones(3)
x.add_(1), x.set_(torch.ones(2)), x._version
for f in (torch.min, torch.max):
    x = torch.tensor([float("nan"), 1, float("nan")], requires_grad=True)
    torch.autograd.grad(f(x), x)
x = torch.tensor([1.0, 1, 2], requires_grad=True)
torch.unique(x).requires_grad, torch.unique_consecutive(x).requires_grad
torch.unique(x).sum().backward()
with torch.inference_mode(): c = torch.ones(1, 2, requires_grad=True)
[(v.requires_grad, v.is_inference(), v._is_view()) for v in (c, c.view(-1), c[0], c.t(), c.detach())]

class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, k=2):
        ctx.k = k
        return x * k
    @staticmethod
    def backward(ctx, g):
        print(ctx.needs_input_grad)
        return (g * ctx.k, None)[:len(ctx.needs_input_grad)]
class Apart(torch.autograd.Function):
    @staticmethod
    def forward(x, k=2):
        return x * k
    @staticmethod
    def setup_context(ctx, inputs, output):
        print(inputs)
        ctx.k = inputs[1]
    @staticmethod
    def backward(ctx, g):
        return g * ctx.k, None
x = torch.ones(2, requires_grad=True)
for F in (Scaled, Apart):
    for args, kwargs in (((x,), {}), ((x, 3), {}), ((x,), {"k": 3}), ((), {"x": x})):
        torch.autograd.grad(F.apply(*args, **kwargs).sum(), x)
Scaled.apply(x, q=1)
Apart.apply(x, q=1)
class Same(Apart):
    @staticmethod
    def forward(x, k=2):
        return x * k, x
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output[1])
Same.apply(x)
class Inside(Scaled):
    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad(): return x.detach().requires_grad_() * 3
Inside.apply(torch.ones(2))
from torch.func import functional_call
lin = nn.Linear(2, 2)
w = torch.eye(2, requires_grad=True)
out = functional_call(lin, {"weight": w, "bias": torch.zeros(2)}, (torch.ones(1, 2),))
out, torch.autograd.grad(out.sum(), w)
functional_call(lin, {"weight": w}, torch.ones(1, 2), strict=True)
functional_call(lin, {"weight": 3}, torch.ones(1, 2))
functional_call(lin, [{"weight": w}, {"weight": w}], torch.ones(1, 2))

from torch.autograd.graph import saved_tensors_hooks
a, b, c = [torch.full((2, 2), float(k), requires_grad=True) for k in (1, 2, 3)]
v = torch.ones(2, requires_grad=True)
def order(f):
    seen = []
    with saved_tensors_hooks(lambda t: seen.append((tuple(t.shape), t.flatten()[0].item())) or t, lambda t: t): f()
    return seen
order(lambda: a * b), order(lambda: a / b), order(lambda: a @ b), order(lambda: a @ v), order(lambda: torch.bmm(a[None], b[None]))
order(lambda: torch.atan2(a, b)), order(lambda: a ** b), order(lambda: torch.maximum(a, b)), order(lambda: torch.lerp(a, b, c)), order(lambda: torch.hypot(a, b))
order(lambda: torch.addmm(c, a, b)), order(lambda: torch.addcmul(a, b, c)), order(lambda: torch.addcdiv(a, b, c)), order(lambda: torch.logaddexp(a, b))
order(lambda: torch.clamp(a, b, c)), order(lambda: torch.fmod(a, b)), order(lambda: torch.outer(v, v * 2)), order(lambda: torch.einsum("ij,jk->ik", a, b))
order(lambda: F.mse_loss(a, b)), order(lambda: F.linear(a, b, v)), order(lambda: F.linear(a, b)), order(lambda: F.batch_norm(a, None, None, v, v * 3, True)), order(lambda: a.tanh().mul(b))

def saved(f, *names): return [(n, v.tolist() if isinstance(v := getattr(f, "_saved_" + n), torch.Tensor) else v) for n in names]
def named(f, *names): return [n for n in names if "_saved_" + n in dir(f)]
x, y, m = torch.tensor([1.0, 3.0, 2.0, 0.5], requires_grad=True), torch.tensor([2.0, 1.0, 0.5, 3.0], requires_grad=True), torch.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
saved(x.split(3)[0].grad_fn, "split_size", "dim", "self_sym_sizes"), saved(x.split(9)[0].grad_fn, "split_size"), saved(x.split([1, 3])[0].grad_fn, "split_sizes", "dim"), saved(m.chunk(2, 1)[0].grad_fn, "split_size", "dim")
saved(x.sort(0).values.grad_fn, "dim", "indices", "self_sym_sizes"), saved(x.sort(stable=True, dim=0).values.grad_fn, "dim"), saved(x.topk(2, 0).values.grad_fn, "dim", "indices", "self_sym_sizes"), saved(x.kthvalue(2, 0).values.grad_fn, "dim", "self_sym_sizes")
saved(torch.fmax(x, y).grad_fn, "self", "other"), saved(torch.fmin(x, y).grad_fn, "self", "other"), saved(torch.clamp(x, max=y).grad_fn, "self"), saved(x.fmod(y).grad_fn, "self", "other"), saved(torch.remainder(x, y).grad_fn, "self", "other"), saved(torch.copysign(x, y).grad_fn, "self")
saved(torch.sinc(x).grad_fn, "self"), saved(torch.special.i1(x).grad_fn, "self"), saved(torch.logit(x / 5).grad_fn, "self"), saved(torch.special.entr(x).grad_fn, "self"), saved(torch.logaddexp2(x, y).grad_fn, "self", "other")
saved(torch.linalg.cross(x[:3], y[:3]).grad_fn, "self", "other"), saved(torch.cdist(m, m, p=1.0).grad_fn, "x1", "x2"), saved(F.pdist(m).grad_fn, "self"), saved(torch.dist(x, y, 3).grad_fn, "self", "other")
saved(F.adaptive_max_pool2d(m[None], 1).grad_fn, "self"), saved(F.adaptive_avg_pool3d(m[None, None, None], (1, 1, 2)).grad_fn, "self"), saved(F.avg_pool3d(m[None, None, None], (1, 2, 2)).grad_fn, "self"), saved(F.pad(m[None], (1, 1), mode="reflect").grad_fn, "self")
saved(torch.linalg.solve(m, m).grad_fn, "A"), saved(torch.cholesky_solve(m, m).grad_fn, "self", "input2"), saved(torch.linalg.lstsq(m, m).solution.grad_fn, "self")
named(torch.fmax(x, y).grad_fn, "self", "other", "result"), named(x.split(3)[0].grad_fn, "split_size", "dim"), named(torch.copysign(x, y).grad_fn, "self", "other")
f = torch.fmax(x, y).grad_fn
f._saved_self is x, f._saved_other is y, type(f._raw_saved_self).__name__
f._raw_saved_self.register_hooks(lambda t: t * 2, lambda t: t / 2)
f._saved_self
(torch.fmax(x, y) * 2).sum().backward()
x.grad, y.grad
z = torch.fmax(x * 1, y)
z.sum().backward()
z.grad_fn._saved_self
""".strip().split("\n\n")
