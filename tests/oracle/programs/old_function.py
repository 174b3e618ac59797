"""After test_autograd.py of releases 0.4 to 1.x: user-defined Functions."""

PROGRAMS = r"""
class MyFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, tensor1, pyscalar, tensor2):
        ctx.pyscalar = pyscalar
        ctx.save_for_backward(tensor1, tensor2)
        return tensor1 + pyscalar * tensor2 + tensor1 * tensor2
    @staticmethod
    def backward(ctx, grad_output):
        var1, var2 = ctx.saved_tensors
        return (grad_output + grad_output * var2, None, grad_output * ctx.pyscalar + grad_output * var1)
x, y = torch.arange(6.).view(2, 3).requires_grad_(), torch.ones(2, 3, requires_grad=True)
MyFunction.apply(x, 2, y).sum().backward()
x.grad, y.grad
r = MyFunction.apply(x, 2, y)
r
r.grad_fn
type(r.grad_fn).__name__, r.grad_fn.name()
r.grad_fn.next_functions
r.grad_fn.needs_input_grad
r.grad_fn.saved_tensors

class MyFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()
    @staticmethod
    def backward(ctx, gx):
        return gx
x = torch.ones(2, requires_grad=True)
out = MyFunction.apply(x)
out.grad_fn._register_hook_dict if False else None
out.sum().backward()
x.grad
MyFunction()
MyFunction.apply(x, x)
MyFunction.forward(None, torch.ones(1))

class F1(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
x = torch.ones(2, requires_grad=True)
y = F1.apply(x)
y
y.sum().backward()

class F2(torch.autograd.Function):
    @staticmethod
    def backward(ctx, g):
        return g
F2.apply(torch.ones(1))

class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return a + b, a - b
    @staticmethod
    def backward(ctx, ga, gb):
        print(ga, gb)
        return ga + gb, ga - gb
a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
s, d = Two.apply(a, b)
s, d
s.sum().backward(retain_graph=True)
a.grad, b.grad
(s * d).sum().backward()
a.grad, b.grad

class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.set_materialize_grads(False)
        return a.clone(), a.clone()
    @staticmethod
    def backward(ctx, ga, gb):
        print(ga is None, gb is None)
        return ga if gb is None else gb
x = torch.ones(2, requires_grad=True)
y, z = Two.apply(x)
z.sum().backward()
x.grad

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def backward(ctx, g):
        return g
x = torch.ones(2, requires_grad=True)
Bad.apply(x, x).sum().backward()

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g, None, None
x = torch.ones(2, requires_grad=True)
Bad.apply(x).sum().backward()
x.grad

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g, g
x = torch.ones(2, requires_grad=True)
Bad.apply(x).sum().backward()

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return torch.ones(3)
x = torch.ones(2, requires_grad=True)
Bad.apply(x).sum().backward()

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return 2.0
x = torch.ones(2, requires_grad=True)
Bad.apply(x).sum().backward()

class Inplace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.add_(2)
        return x
    @staticmethod
    def backward(ctx, g):
        return g * 10
x = torch.ones(2, requires_grad=True)
y = x * 3
z = Inplace.apply(y)
z is y, y
z.sum().backward()
x.grad
Inplace.apply(x)

class Inplace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        x.add_(2)
        return x
    @staticmethod
    def backward(ctx, g):
        return g
x = torch.ones(2, requires_grad=True)
y = x * 3
z = Inplace.apply(y)
z is y
z.sum().backward()
x.grad

class NonDiff(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        a, b = x + 1, x > 0
        c = x * 5
        ctx.mark_non_differentiable(b, c)
        return a, b, c
    @staticmethod
    def backward(ctx, ga, gb, gc):
        print(ga, gb, gc)
        return ga
x = torch.tensor([1., -1.], requires_grad=True)
a, b, c = NonDiff.apply(x)
a, b, c
a.requires_grad, b.requires_grad, c.requires_grad
a.sum().backward()
x.grad

from torch.autograd.function import once_differentiable
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 2
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * 2 * x
x = torch.ones(2, requires_grad=True)
y = Double.apply(x)
g, = torch.autograd.grad(y.sum(), x, create_graph=True)
g
g.requires_grad
g.sum().backward()

class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x ** 2
        ctx.save_for_backward(x, y)
        return y
    @staticmethod
    def backward(ctx, g):
        x, _ = ctx.saved_tensors
        return g * 2 * x
x = torch.tensor([2., 3.], requires_grad=True)
torch.autograd.gradcheck(Double.apply, [x.double()])
torch.autograd.gradcheck(Double.apply, [torch.tensor([2., 3.], dtype=torch.float64, requires_grad=True)])
torch.autograd.gradgradcheck(Double.apply, [torch.tensor([2., 3.], dtype=torch.float64, requires_grad=True)])
y = Double.apply(x)
g, = torch.autograd.grad(y.sum(), x, create_graph=True)
g
gg, = torch.autograd.grad(g.sum(), x)
gg

class Ctx(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n, flag=True):
        ctx.n, ctx.flag = n, flag
        print(ctx.needs_input_grad)
        return x * n
    @staticmethod
    def backward(ctx, g):
        print(ctx.needs_input_grad, ctx.n, ctx.flag)
        return g * ctx.n, None, None
x = torch.ones(2, requires_grad=True)
Ctx.apply(x, 3).sum().backward()

class Saved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * x.exp()
x = torch.zeros(2, requires_grad=True)
y = x * 1
z = Saved.apply(y)
y.add_(1)
z.sum().backward()

class Saved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * x.exp()
x = torch.zeros(2, requires_grad=True)
z = Saved.apply(x)
z.sum().backward()
z.sum().backward()
z = Saved.apply(x)
z.sum().backward(retain_graph=True)
z.sum().backward()
x.grad

class Saved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(None, x, None)
        return x * 1
    @staticmethod
    def backward(ctx, g):
        print(len(ctx.saved_tensors), [t is None for t in ctx.saved_tensors])
        return g
Saved.apply(torch.ones(2, requires_grad=True)).sum().backward()

class Saved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(3)
        return x * 1
    @staticmethod
    def backward(ctx, g):
        return g
Saved.apply(torch.ones(2, requires_grad=True))

class SC(torch.autograd.Function):
    @staticmethod
    def forward(x, y):
        return x * y
    @staticmethod
    def setup_context(ctx, inputs, output):
        x, y = inputs
        ctx.save_for_backward(x, y)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x
x, y = torch.tensor(2., requires_grad=True), torch.tensor(5., requires_grad=True)
SC.apply(x, y).backward()
x.grad, y.grad
""".strip().split("\n\n")
