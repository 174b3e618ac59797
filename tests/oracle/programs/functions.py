"""Functions written by the user, hooks, anomaly mode, checkpoint, functional and gradcheck."""

PROGRAMS = r"""
x = torch.ones(2, requires_grad=True)
handle = x.register_hook(lambda g: g * 10)
x.sum().backward()
x.grad
handle.remove()
x.grad = None
x.sum().backward()
x.grad
x.register_hook(3) if False else None
torch.ones(2).register_hook(lambda g: g)

x = torch.ones(2, requires_grad=True)
y = x * 2
y.register_hook(lambda g: print("hook", g))
y.register_hook(lambda g: g + 1)
y.register_hook(lambda g: print("then", g))
(y * 3).sum().backward()
x.grad

x = torch.ones(2, requires_grad=True)
y = x * 2
y.retain_grad()
y.register_hook(lambda g: g * 100)
y.sum().backward()
y.grad, x.grad

x = torch.ones(2, requires_grad=True)
x.register_post_accumulate_grad_hook(lambda p: print("accumulated", p.grad))
(x * 2).sum().backward()
(x * 3).sum().backward()

x = torch.ones(2, requires_grad=True)
y = x * 2
n = y.grad_fn
n.register_hook(lambda gi, go: print("node", gi, go))
n.register_prehook(lambda go: print("pre", go))
y.sum().backward()
x.grad

class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        print("backward", g, x)
        return g * 2
x = torch.ones(2, requires_grad=True)
y = Double.apply(x)
y
y.sum().backward()
x.grad
y.grad_fn.name(), type(y.grad_fn).__name__
y.sum().backward()

class F2(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        ctx.k = k
        print(ctx.needs_input_grad)
        return a * k, b + k
    @staticmethod
    def backward(ctx, ga, gb):
        print(ga, gb, ctx.needs_input_grad)
        return ga * ctx.k, None, None
a = torch.ones(2, requires_grad=True)
u, v = F2.apply(a, torch.ones(2), 3)
u, v
u.sum().backward()
a.grad
F2.apply(torch.ones(1), torch.ones(1), 1)[0].requires_grad

class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 1
    @staticmethod
    def backward(ctx, g): return g, g
x = torch.ones(2, requires_grad=True)
Wrong.apply(x).sum().backward()
class WrongShape(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 1
    @staticmethod
    def backward(ctx, g): return g.sum().expand(5)
WrongShape.apply(x).sum().backward()
class NoBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 1
NoBackward.apply(x).sum().backward()
class NotTensor(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return 3
NotTensor.apply(x)
Wrong()(x)

class Inplace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)
    @staticmethod
    def backward(ctx, g): return g * 5
x = torch.ones(2, requires_grad=True)
y = x * 1
z = Inplace.apply(y)
z is y
y.grad_fn.name()
y.sum().backward()
x.grad
Inplace.apply(x)

class Arg(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        i = x.argmax()
        ctx.mark_non_differentiable(i)
        return x * 2, i
    @staticmethod
    def backward(ctx, g, gi): return g * 2
x = torch.tensor([1.0, 3.0], requires_grad=True)
y, i = Arg.apply(x)
y, i, i.requires_grad
y.sum().backward()
x.grad

from torch.autograd.function import once_differentiable
class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x ** 2
    @staticmethod
    @once_differentiable
    def backward(ctx, g): return g * 2
x = torch.ones(1, requires_grad=True)
g, = torch.autograd.grad(Once.apply(x), x, create_graph=True)
g.requires_grad
g.backward()

class Maybe(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 1, x * 2
    @staticmethod
    def backward(ctx, a, b):
        print(a, b)
        return a if b is None else b
x = torch.ones(1, requires_grad=True)
Maybe.apply(x)[0].backward()
Maybe.apply(x)[1].backward()

class Setup(torch.autograd.Function):
    @staticmethod
    def forward(x, k): return x * k
    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.k = inputs
        ctx.save_for_backward(x, output)
    @staticmethod
    def backward(ctx, g):
        x, out = ctx.saved_tensors
        print(x, out)
        return g * ctx.k, None
x = torch.ones(1, requires_grad=True)
Setup.apply(x, 4).backward()
x.grad

class Raises(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 1
    @staticmethod
    def backward(ctx, g): raise ValueError("from backward")
x = torch.ones(1, requires_grad=True)
Raises.apply(x).backward()
x.grad
x.register_hook(lambda g: 1 / 0)
(x * 2).backward()
x.grad

x = torch.ones(2, requires_grad=True)
with torch.autograd.detect_anomaly(check_nan=True): y = (x * 0).log() * 0
with torch.autograd.detect_anomaly(): (x - 1).sqrt().mul(0).sum().backward()
with torch.autograd.set_detect_anomaly(True): (x * 2).sum().backward()
x.grad

from torch.autograd.functional import jacobian, hessian, vjp, jvp, vhp, hvp
x = torch.tensor([1.0, 2.0])
jacobian(lambda x: x ** 2, x)
hessian(lambda x: (x ** 3).sum(), x)
vjp(lambda x: x ** 2, x, torch.ones(2))
jvp(lambda x: x ** 2, x, torch.ones(2))
vhp(lambda x: (x ** 3).sum(), x, torch.ones(2))
hvp(lambda x: (x ** 3).sum(), x, torch.ones(2))
jacobian(lambda a, b: (a * b, a.sum()), (x, x + 1))
hessian(lambda x: x, x)
jacobian(lambda x: 3, x)
vjp(lambda x: x ** 2, x)

from torch.autograd import gradcheck, gradgradcheck
x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
gradcheck(torch.exp, x)
gradcheck(lambda x: x.tanh() * x, (x,))
gradgradcheck(lambda x: x ** 3, (x,))
gradcheck(lambda x: x.detach() * 2, (x,))
gradcheck(lambda x: x.detach() * x, (x,), raise_exception=False)
gradcheck(lambda x: x.detach() * x, (x,))
gradcheck(torch.exp, torch.ones(2))

t = torch.tensor(2.0, requires_grad=True)
def outer(g):
    with torch.enable_grad():
        u = torch.tensor(3.0, requires_grad=True)
        (u * u).backward()
    print("inner", u.grad)
    return g * 2
s = t * 5
s.register_hook(outer)
s.backward()
t.grad

from torch.utils.checkpoint import checkpoint
w = torch.tensor([2.0], requires_grad=True)
x = torch.tensor([3.0], requires_grad=True)
y = checkpoint(lambda x: (x * w).sin(), x, use_reentrant=False)
y.backward()
x.grad, w.grad
checkpoint(lambda x: (x * w).sin(), x, use_reentrant=True).backward()
x.grad, w.grad
""".strip().split("\n\n")
