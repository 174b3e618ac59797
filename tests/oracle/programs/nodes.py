"""Names of nodes as they are printed, and what was found to differ when programs were compared at large."""

PROGRAMS = r"""
x = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], requires_grad=True)
F.leaky_relu(x, 0.1), F.elu(x, 1.5), F.silu(x), F.softplus(x, 2, 1), F.logsigmoid(x)
F.leaky_relu(x * 1, 0.1, True), F.elu(x * 1, 1.5, True), F.silu(x * 1, True)
torch.autograd.grad(F.silu(x * 1, True).sum(), x)
g, = torch.autograd.grad(F.elu(x * 1).sum(), x, create_graph=True)
g, torch.autograd.grad(g.sum(), x)
g, = torch.autograd.grad(F.logsigmoid(x * 1).sum(), x, create_graph=True)
g, torch.autograd.grad(g.sum(), x)
g, = torch.autograd.grad(F.softplus(x * 1).sum(), x, create_graph=True)
g, torch.autograd.grad(g.sum(), x)
g, = torch.autograd.grad(F.leaky_relu(x * 1).sum(), x, create_graph=True)
g, torch.autograd.grad(g.sum(), x)
g, = torch.autograd.grad(torch.relu(x * 1).sum(), x, create_graph=True)
torch.autograd.grad(g.sum(), x)
F.silu(torch.tensor([1, 2]))
F.elu(torch.tensor([True]))
F.leaky_relu(torch.tensor([1]))
F.softplus(torch.tensor([1]))
F.logsigmoid(torch.tensor([1]))
x[0:2].reshape(1, 1, 2).expand(1, 1, 2)
F.cross_entropy(x.reshape(1, 5), torch.ones(1, 5) / 5)
F.max_pool1d(x.reshape(1, 1, 5), 2), F.avg_pool1d(x.reshape(1, 1, 5), 2)
F.adaptive_avg_pool1d(x.reshape(1, 1, 5), 1), F.adaptive_max_pool1d(x.reshape(1, 1, 5), 2)
F.conv1d(x.reshape(1, 5), torch.ones(1, 1, 2))

x = torch.arange(6.0).reshape(2, 3).requires_grad_()
x.norm("nuc")
torch.autograd.grad(x.norm("nuc"), x)
torch.norm(x, "nuc", keepdim=True)
torch.arange(24.0).reshape(2, 3, 4).norm("nuc", (0, 2))
torch.arange(24.0).reshape(2, 3, 4).norm("nuc")
torch.ones(3).norm("nuc")
torch.ones(2, 2).long().norm("nuc")
torch.ones(2, 2).norm("nuc", (0, 0))
torch.ones(0, 3).norm("nuc"), torch.zeros(2, 2).norm("nuc")

x = torch.arange(3.0).requires_grad_()
z = torch.ones(2, requires_grad=True)
y = x ** 2
torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True, retain_graph=True)
torch.autograd.grad(y, [x, z], torch.eye(3), is_grads_batched=True, retain_graph=True, allow_unused=True)
h, = torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True, create_graph=True)
h.requires_grad, torch.autograd.grad(h.sum(), x, retain_graph=True)
torch.autograd.grad(y, x, torch.ones(3), is_grads_batched=True)
torch.autograd.grad(y, x, torch.tensor(1.0), is_grads_batched=True)
torch.autograd.grad(y, x, None, is_grads_batched=True)

class T(torch.Tensor):
    def hello(self): return "hi"
class U(T): pass
t = torch.ones(2, 2).as_subclass(T)
t, t + 1, 1 - t, t @ t, t[0], t.sum(), -t, t > 0
torch.ones(2, 2) + t, torch.stack([t, t]), t.max(0), t.split(1)
t.detach(), t.data, t.clone(), t.t(), torch.zeros_like(t), t.new_ones(2)
t.hello(), t.numpy(), t.tolist()
t + U([1.0]), U([1.0]) + t
nn.Parameter(t), type(nn.Parameter(torch.ones(1)) + 1).__name__
type(nn.Linear(2, 2)(t)).__name__
t.requires_grad_()
t * 2
(t * 2).sum().backward()
torch.ones(2, requires_grad=True).as_subclass(T)
t.as_subclass(torch.Tensor)
torch.ones(2).as_subclass(int)
torch.ones(2).as_subclass(3)

x = torch.ones(2)
v = x[0]
x.requires_grad_()
v.requires_grad, v.is_leaf, v
with torch.no_grad(): w = x.view(2, 1)
w, w.requires_grad, (w * 2).requires_grad
w.requires_grad_(False)
w.add_(1)
y = x * 2
with torch.no_grad(): u = y[0]
u, u.requires_grad, u.grad_fn

x = torch.zeros(3, dtype=torch.int64)
x[x == 0] = torch.tensor(2.5)
x[torch.tensor([True, False, True])] = torch.tensor([7.5])
x
x[torch.tensor([0])] = torch.tensor(1.5)
x[0] = 2 ** 63
x[0] = 1j
y = torch.zeros(2, 2)
y.index_put((), torch.tensor(1.0))
i = torch.tensor([0, 1])
y.index_put((i, i, i), torch.tensor(1.0))
y.index_put((torch.tensor(True),), torch.tensor(1.0))
y.index_put(i, torch.tensor(1.0))
y.index_put((torch.tensor([True, False, True]),), torch.tensor(1.0))
y.index_put([i, i], torch.tensor(1.0))
reversed(torch.arange(3)), reversed(torch.arange(4).reshape(2, 2)), reversed(torch.tensor(1))

torch.normal(0.0, 1.0, (2,)), torch.normal(torch.zeros(3), torch.ones(3)), torch.normal(torch.arange(3.0), 0.1)
torch.normal(2.0, torch.arange(3.0)), torch.normal(1, 2, size=(2, 2)), torch.normal(0.0, 1.0, (2,), requires_grad=True)
torch.normal(0.0, -1.0, (2,))
torch.normal(1.0, -torch.ones(2))
torch.normal(torch.ones(2), torch.ones(3))
torch.normal(1.0, 1.0)
torch.bernoulli(torch.tensor([2.0]))
torch.bernoulli(torch.tensor([float("nan")]))
torch.einsum(3)
torch.einsum("i")

F.pad(torch.arange(4.0).reshape(1, 1, 4), (-1, 1), "circular"), F.pad(torch.arange(4.0).reshape(1, 1, 4), (2, -1), "circular")
F.pad(torch.ones(3), (-2, -1)), F.pad(torch.ones(3), (0, -3))
F.pad(torch.ones(3), (-4, 0))
F.adaptive_avg_pool2d(torch.ones(2, 2), (2, 2))
F.adaptive_avg_pool2d(torch.ones(1, 2, 3, 4), [])

x = torch.ones(2, 3)
F.relu(3)
F.relu_("a")
F.sigmoid(None)
F.softmax("a", 0)
F.cross_entropy(x, "a")
F.cross_entropy(3, torch.tensor([0]))
F.nll_loss(x, torch.tensor([0, 1]), weight=[1])
F.dropout(2.5)
F.one_hot([1])
F.bilinear(x, [1], x)
F.huber_loss(x, x, delta=float("nan"))
F.leaky_relu(3)
torch.tile(3, (1,))
torch.fliplr(2.5)
torch.hsplit(2.5, 2)
torch.tensor_split([1], 2)
torch.repeat_interleave(True, 2)
torch.combinations(2.5)
torch.index_put([1], [torch.tensor([0])], x)
torch.arange(0.1, 1.1, float("nan"))
torch.index_select(torch.ones(1), 0, torch.ones(3, 3))

x = torch.ones(3, 4, requires_grad=True); y = torch.ones(3, 4, requires_grad=True)
def taken(fn): return [(m.shape, type(m.shape).__name__, m.dtype, m.device, m.is_nested_tensor, m.is_cpp_nested_tensor) for m in fn._input_metadata]
for t in (x * y, x.sum(), x.sum(0), torch.var_mean(x, 1)[0], x.topk(2)[0], x.unbind()[0], x.split(2)[0], torch.linalg.qr(x)[0], x.max(1)[0], x.double(), F.layer_norm(x, (4,))):
    print(t.grad_fn.name(), taken(t.grad_fn), t.grad_fn.requires_grad)
taken((x * y).grad_fn.next_functions[0][0]), type((x * y).grad_fn._input_metadata).__name__
class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2, x.sum()
    @staticmethod
    def backward(ctx, g, h): return g
t = Two.apply(x)[1]; taken(t.grad_fn)
(x * y).grad_fn.requires_grad = False
'variable' in dir((x * y).grad_fn), 'variable' in dir((x * y).grad_fn.next_functions[0][0]), '_input_metadata' in dir((x * y).grad_fn)
m = torch.randn(3, 4, requires_grad=True); c = torch.randn(1, 2, 4, 4, requires_grad=True); q = torch.randn(3, 3, requires_grad=True)
results = [m.max(1)[0], m.min(1)[0], m.median(1)[0], m.kthvalue(1)[0], m.topk(2)[0], m.sort()[0], m.cummax(1)[0], m.cummin(1)[0], F.max_pool2d(c, 2), F.nll_loss(m, torch.tensor([0, 1, 2])), m.std(1), m.exp(), m.softmax(1), torch.linalg.qr(q)[0], torch.slogdet(q)[1], m.prod(1), m.aminmax()[0]]
def readable(fn):
    for name in dir(fn):
        if name.startswith(('_saved', '_raw')): getattr(fn, name)
    return fn.name()
[readable(t.grad_fn) for t in results]
r = (m * 2).grad_fn._raw_saved_self; type(r).__name__, (m * 2).grad_fn._saved_self
r.register_hooks(lambda t: t, lambda t: t)
""".strip().split("\n\n")
