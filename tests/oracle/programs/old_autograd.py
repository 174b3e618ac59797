"""After test_autograd.py of releases 0.4 to 1.x."""

PROGRAMS = r"""
counter = [0]
def bw_hook(inc, grad):
    print(type(grad).__name__)
    counter[0] += inc
x = torch.ones(2, 2, requires_grad=True)
y = torch.ones(2, 2) * 2
y.requires_grad_(True)
z = x ** 2 + x * 2 + x * y + y
h = z.register_hook(lambda g: bw_hook(1, g))
z.backward(torch.ones(2, 2), retain_graph=True)
counter
h2 = z.register_hook(lambda g: bw_hook(2, g))
z.backward(torch.ones(2, 2), retain_graph=True)
counter
h2.remove()
z.backward(torch.ones(2, 2), retain_graph=True)
counter
def bw_hook_modify(grad): return grad.mul(2)
h.remove()
z.register_hook(bw_hook_modify)
y.grad.zero_()
z.backward(torch.ones(2, 2), retain_graph=True)
y.grad
y.register_hook(bw_hook_modify)
y.grad.zero_()
z.backward(torch.ones(2, 2))
y.grad

x = torch.ones(3, requires_grad=True)
y = x * 2
y.register_hook(lambda g: None)
y.register_hook(lambda g: g * 3)
y.register_hook(lambda g: print('seen', g))
y.sum().backward()
x.grad
torch.ones(2).register_hook(lambda g: g)
y.register_hook(lambda g: torch.ones(5))
(y * 1).sum().backward()

x = torch.ones(3, requires_grad=True)
def hook(g):
    g.mul_(2)
(x * 2).register_hook(hook)
y = x * 2
y.register_hook(hook)
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
y.retain_grad()
y.retain_grad()
z = (y * y).sum()
z.backward()
y.grad, y.retains_grad, x.retains_grad
x.retain_grad()
w = x * 5
w.grad
torch.ones(2).retain_grad()

x = torch.ones(2, requires_grad=True)
h = x * 2
h.retain_grad()
h.register_hook(lambda g: g * 10)
out = (h * 3).sum()
out.backward()
h.grad, x.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
n = y.grad_fn
n.register_hook(lambda gi, go: print('hook', gi, go))
n.register_prehook(lambda go: print('pre', go))
y.sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x.sum() * 2
y.grad_fn.register_hook(lambda gi, go: tuple(g * 5 if g is not None else None for g in gi))
y.backward()
x.grad

x = torch.ones(2, requires_grad=True)
h = x.register_post_accumulate_grad_hook(lambda p: print('acc', p.grad))
(x * 2).sum().backward()
(x * 3).sum().backward()
h.remove()
(x * 4).sum().backward()
x.grad

x = torch.ones(5, 5, requires_grad=True)
y = torch.ones(5, 5, requires_grad=True)
z = x ** 2 + y * x + y ** 2
z.backward(torch.ones(5, 5), create_graph=True)
x_grad, y_grad = 2 * x + y, x + 2 * y
(x.grad == x_grad).all(), (y.grad == y_grad).all()
x_hv = torch.autograd.grad([x.grad], [x], grad_outputs=[torch.ones(5, 5)], create_graph=True, retain_graph=True)[0]
x_hv[0, 0], x.grad.requires_grad

x = torch.ones(2, 2, requires_grad=True)
y = torch.ones(2, 2, requires_grad=True)
z = x ** 2 + y * x + y ** 2
gx, gy = torch.autograd.grad(z.sum(), (x, y), create_graph=True)
gx, gy
(gx.sum() + gy.sum()).backward()
x.grad, y.grad

x = torch.ones(2, requires_grad=True)
y = torch.ones(2, requires_grad=True)
torch.autograd.grad(x.sum(), [x, y], allow_unused=True)
torch.autograd.grad(x.sum(), [x, y])
torch.autograd.grad(x.sum(), [x, y], materialize_grads=True)
torch.autograd.grad(x.sum(), [x, torch.ones(2)])
torch.autograd.grad(x, x)
torch.autograd.grad([x.sum(), y.sum()], [x, y], [torch.tensor(2.), None])
torch.autograd.grad((x * 2), x, grad_outputs=torch.ones(2), is_grads_batched=False)
torch.autograd.grad((x * 2), x, torch.ones(2), True)
torch.autograd.grad((), x)
torch.autograd.grad(x.sum(), ())
torch.autograd.backward([x.sum()], inputs=[])
torch.autograd.backward([x.sum(), (y * 2).sum()], inputs=[y])
x.grad, y.grad
torch.autograd.backward((x * 2, y), (torch.ones(2), torch.ones(2)))
x.grad, y.grad
torch.autograd.backward(x * 2, torch.ones(2), grad_tensors=torch.ones(2))

x = torch.ones(2, requires_grad=True)
y = x * 2
with torch.no_grad():
    w = y * 3
w.requires_grad, w.grad_fn
@torch.no_grad()
def f(a): return a * 2
f(x).requires_grad
with torch.no_grad():
    with torch.enable_grad():
        q = x * 2
q.requires_grad
torch.is_grad_enabled()
with torch.set_grad_enabled(False): torch.is_grad_enabled()
torch.set_grad_enabled(False)
torch.is_grad_enabled()
torch.set_grad_enabled(True)
@torch.enable_grad()
def g(a): return a * 2
with torch.no_grad(): print(g(x).requires_grad)
with torch.no_grad():
    z = torch.ones(2, requires_grad=True)
z.requires_grad, z.is_leaf

x = torch.ones(3, requires_grad=True)
y = x.detach()
y.requires_grad, y.data_ptr() == x.data_ptr()
y[0] = 5
x
z = x * 2
z.detach_()
z.requires_grad, z.is_leaf, z.grad_fn
v = x[:2]
v.detach_()
(x * 1)[:2].detach_()

x = torch.ones(2, 2, requires_grad=True)
x.add_(1)
x[0].add_(1)
x.data.add_(1)
x
with torch.no_grad(): x.add_(1)
x, x._version
x.requires_grad_(False)
x.add_(1)
y = torch.ones(2, 2)
y[0] = x[0].requires_grad_() * 2
y, y.requires_grad

x = torch.ones(4, requires_grad=True)
y = x * 1
v = y[:2]
v.mul_(3)
y
y.sum().backward()
x.grad
v.grad_fn, y.grad_fn

x = torch.ones(4, requires_grad=True)
y = x * 1
v = y.view(2, 2)
y.add_(1)
v.grad_fn
(v * v).sum().backward()
x.grad

x = torch.ones(4, requires_grad=True)
y = x.exp()
y.add_(1)
y.sum().backward()
y = x.exp()
y += 1
z = x.sin()
z.add_(1)
z.sum().backward()
x.grad

x = torch.ones(4, requires_grad=True)
a, b = (x * 1).chunk(2)
a.add_(1)
c = (x * 1).unbind(0)
c[0].mul_(2)
(x * 1).split(2)[0].zero_()
(x * 1).split(2)[0] * 2

root = torch.ones(2, 3, requires_grad=True)
x = root.clone()
v1 = x.narrow(0, 0, 1)
v2 = v1.narrow(1, 1, 1)
v2.mul_(2)
x
x.sum().backward()
root.grad
v1._base is x, v2._base is x, v1._is_view(), x._is_view(), x._base

x = torch.ones(2, 3, requires_grad=True)
y = x.clone()
y[0] = 0
y[:, 1] *= 5
y[1, 2] = x[0, 0] * 7
y
y.sum().backward()
x.grad

x = torch.ones(5, requires_grad=True)
y = x.clone()
y[torch.tensor([0, 0, 2])] = torch.tensor([4., 5., 6.])
y[torch.tensor([True, False, False, False, True])] += 3
y
y.sum().backward()
x.grad

x = torch.ones(3, requires_grad=True)
y = x * 2
y.requires_grad = False
y.requires_grad = True
x.requires_grad = False
x.requires_grad
y.requires_grad_(False)
i = torch.tensor([1, 2])
i.requires_grad = True
x.requires_grad = 'yes'
x.grad = torch.ones(3)
x.grad = torch.ones(2)
x.grad = torch.ones(3, dtype=torch.float64)
x.grad = 3
x.grad = None
x.grad

x = torch.tensor([1., 2.], requires_grad=True)
x.sum().backward()
g = x.grad
x.sum().backward()
g is x.grad, g
x.grad.zero_()
x.grad
del x.grad
x.grad
x.grad.data if x.grad is not None else None

x = torch.ones(2, requires_grad=True)
def f(x): return (x ** 2).sum()
torch.autograd.functional.jacobian(lambda a: a ** 2, torch.tensor([1., 2.]))
torch.autograd.functional.hessian(f, torch.tensor([1., 2.]))
torch.autograd.functional.vjp(lambda a: a ** 2, torch.tensor([1., 2.]), torch.ones(2))
torch.autograd.functional.jvp(lambda a: a ** 2, torch.tensor([1., 2.]), torch.ones(2))
torch.autograd.functional.vhp(f, torch.tensor([1., 2.]), torch.ones(2))
torch.autograd.functional.hvp(f, torch.tensor([1., 2.]), torch.ones(2))
torch.autograd.functional.jacobian(lambda a, b: a * b, (torch.tensor([1., 2.]), torch.tensor([3., 4.])))
torch.autograd.functional.jacobian(lambda a: (a * 2, a.sum()), torch.tensor([1., 2.]))
torch.autograd.functional.hessian(lambda a, b: (a * b).sum(), (torch.tensor([1., 2.]), torch.tensor([3., 4.])))
torch.autograd.functional.jacobian(lambda a: a.detach(), torch.ones(2))
torch.autograd.functional.jacobian(lambda a: a.detach(), torch.ones(2), strict=True)
torch.autograd.functional.jacobian(lambda a: 3, torch.ones(2))
torch.autograd.functional.hessian(lambda a: a * 2, torch.ones(2))
torch.autograd.functional.vjp(lambda a: a * 2, torch.ones(2))
torch.autograd.functional.vjp(lambda a: a.sum(), torch.ones(2))
torch.autograd.functional.vjp(lambda a: a * 2, torch.ones(2), torch.ones(3))
torch.autograd.functional.jacobian(lambda a: a ** 3, torch.tensor([1., 2.], requires_grad=True), create_graph=True)
torch.autograd.functional.jacobian(lambda a: a ** 2, torch.tensor([1., 2.]), vectorize=False)

def f(x): return x * x * x
x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
torch.autograd.gradcheck(f, x)
torch.autograd.gradcheck(f, (x,), eps=1e-6, atol=1e-4)
torch.autograd.gradcheck(lambda a: a.detach() * 2 + a * 0, (x,), raise_exception=False)
torch.autograd.gradcheck(lambda a: a.float(), (x,), raise_exception=False)
torch.autograd.gradcheck(f, (torch.ones(2, dtype=torch.float64),))
torch.autograd.gradcheck(f, (torch.ones(2, requires_grad=True),), raise_exception=False)
torch.autograd.gradgradcheck(f, (x,))
torch.autograd.gradgradcheck(lambda a: a.abs(), (x,))
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 3
torch.autograd.gradcheck(Wrong.apply, (x,))
torch.autograd.gradcheck(Wrong.apply, (x,), raise_exception=False)

x = torch.tensor([0., 1.], requires_grad=True)
with torch.autograd.detect_anomaly():
    (x.sqrt() * 0).sum().backward()
with torch.autograd.set_detect_anomaly(True):
    torch.is_anomaly_enabled()
torch.is_anomaly_enabled()
with torch.autograd.set_detect_anomaly(True, check_nan=False):
    (x.sqrt() * 0).sum().backward()
x.grad

from torch.utils.checkpoint import checkpoint, checkpoint_sequential
x = torch.ones(3, requires_grad=True)
calls = []
def f(a):
    calls.append(1)
    return (a * 2).exp()
y = checkpoint(f, x, use_reentrant=False)
y.sum().backward()
x.grad, len(calls)
x.grad = None
y = checkpoint(f, x, use_reentrant=True)
y.sum().backward()
x.grad, len(calls)
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
out = checkpoint_sequential(m, 2, x, use_reentrant=False)
out.sum().backward()
m[0].weight.grad

with torch.inference_mode():
    x = torch.ones(2)
    y = x * 2
    x.is_inference(), torch.is_inference_mode_enabled()
x.is_inference()
w = torch.ones(2, requires_grad=True)
(x * w).sum()
(x.clone() * w).sum().backward()
w.grad
x.requires_grad_()
x.requires_grad = True
with torch.inference_mode(): x.add_(1)
x
x.view(2)
x._version

x = torch.ones(2, requires_grad=True)
y = (x * 2).sum()
y.backward(retain_graph=True)
y.backward()
x.grad
y.backward()

x = torch.ones(1, requires_grad=True)
y = x
for _ in range(1000): y = y + 1
y.backward()
x.grad, y

x = torch.ones(1, requires_grad=True)
y = x
for _ in range(50): y = y + y * 0.1
y.backward()
x.grad

a = torch.tensor(1., requires_grad=True)
b = torch.tensor(2., requires_grad=True)
c = a * b
d = c.detach().requires_grad_()
e = d * 3
e.backward()
c.backward(d.grad)
a.grad, b.grad

x = torch.tensor([3.0], requires_grad=True)
y = x ** 2
z = 2 * y
w = z ** 3
w.backward()
x.grad

x = torch.tensor(5.0, requires_grad=True)
y = x ** 3
dy, = torch.autograd.grad(y, x, create_graph=True)
d2y, = torch.autograd.grad(dy, x, create_graph=True)
d3y, = torch.autograd.grad(d2y, x, create_graph=True)
dy, d2y, d3y
d3y.requires_grad
torch.autograd.grad(d3y, x, allow_unused=True)
torch.autograd.grad(d3y, x)

from torch.autograd import Variable
x = Variable(torch.ones(2, 2), requires_grad=True)
y = x + 2
y.grad_fn
z = y * y * 3
out = z.mean()
z, out
out.backward()
x.grad
Variable(torch.ones(1)).requires_grad
isinstance(x, Variable), isinstance(x, torch.Tensor), type(x)
Variable(torch.ones(2), volatile=True)
x.data, x.data.requires_grad

x = torch.randn(3, requires_grad=True)
y = x * 2
while y.data.norm() < 1000: y = y * 2
y
v = torch.tensor([0.1, 1.0, 0.0001])
y.backward(v)
x.grad
(x ** 2).requires_grad
with torch.no_grad(): print((x ** 2).requires_grad)
y = x.detach()
y.requires_grad, x.eq(y).all()

x = torch.ones(2, requires_grad=True)
def walk(fn, depth=0):
    if fn is None: return
    print(' ' * depth + fn.name())
    for f, _ in fn.next_functions: walk(f, depth + 1)
walk(((x * 2 + 1).exp().sum() / 3).grad_fn)
walk((x @ x).grad_fn)
walk(torch.stack([x, x * 2]).mean(0).grad_fn)
walk(x.view(1, 2).expand(3, 2).t().sum(0).grad_fn)
walk((x[0] * x[1] + x[:1]).grad_fn)
x.grad_fn, (x * 1).grad_fn.next_functions[0][0].variable is x
""".strip().split("\n\n")
