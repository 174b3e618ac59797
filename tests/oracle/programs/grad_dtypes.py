"""grad_dtype of leaves, what packs numbers, and what else is seen of gradients on their way."""

PROGRAMS = r"""
x, n = torch.ones(3, requires_grad=True), torch.ones(3)
x.grad_dtype, n.grad_dtype, torch.ones(2, dtype=torch.int64).grad_dtype, n.mul(2).grad_dtype
(x * 2).grad_dtype
x.sum().backward()
x.grad_dtype = torch.float64
x.grad_dtype, x.grad
x.grad = None
x.grad_dtype = torch.float64
x.grad_dtype, x.detach().grad_dtype, x.data.grad_dtype, nn.Parameter(x).grad_dtype
torch.autograd.grad((x * 2).sum(), x)
x.sum().backward(), x.sum().backward(), x.grad
x.grad = torch.ones(3)
x.grad = torch.ones(3, dtype=torch.float64)
x.grad
x.grad_dtype = 3
(x * 2).grad_dtype = torch.float64
x.grad_dtype = None
x.grad, x.grad_dtype
x.grad = None
(x * x).sum().backward(), x.grad
x.grad = torch.ones(3, dtype=torch.int64)
x.grad
x.grad_dtype = torch.float32
x.grad_dtype
x.grad = None
x.double().sum().backward(), x.grad
x.grad = None
(x * torch.ones(3, dtype=torch.float64)).sum().backward(), x.grad.dtype
torch.autograd.grad((x.half() * torch.ones(3, dtype=torch.float64)).sum(), x)
y = torch.ones(2)
y.grad_dtype = torch.float16
y.requires_grad_()
(y * 3).sum().backward(), y.grad, y.grad_dtype, y.requires_grad_(False).grad_dtype
z = torch.tensor([1.0, 2.0], requires_grad=True)
o = (z * z).sum()
z.grad_dtype = torch.float64
o.backward(retain_graph=True), z.grad, o.backward(), z.grad
g, = torch.autograd.grad((z ** 3).sum(), z, create_graph=True)
g.dtype, torch.autograd.grad(g.sum(), z)
z.expand(3, 2).sum().backward(), z.grad
s = torch.optim.SGD([z], lr=0.1, momentum=0.9)
s.step(), s.step()
z, s.state[z]["momentum_buffer"].dtype

def count(f, *leaves):
    seen = [0, 0]
    def pack(t):
        seen[0] += 1
        return t
    def unpack(t):
        seen[1] += 1
        return t
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = f(*leaves)
        counts = [tuple(seen)]
        g = torch.autograd.grad(y, leaves, torch.ones_like(y), create_graph=True)
        counts.append(tuple(seen))
        h = torch.autograd.grad(sum(i.sum() for i in g), leaves, create_graph=True, allow_unused=True)
    return *counts, tuple(seen)
p, q = torch.tensor([1.5, 2.5], requires_grad=True), torch.tensor([0.5, 2.0], requires_grad=True)
count(lambda x: x ** 2, p), count(lambda x: x ** 3, p), count(torch.pow, p, q), count(torch.sqrt, p), count(torch.tanh, p), count(torch.sigmoid, p), count(torch.std, p)
count(torch.exp, p), count(torch.mul, p, q), count(torch.div, p, q), count(torch.log, p), count(torch.sin, p), count(lambda x: x / 2, p), count(lambda x: x.softmax(0), p), count(torch.norm, p)
a, b, at = torch.tensor([1.0, 2.0, 3.0], requires_grad=True), torch.tensor([2.0, 0.0, 4.0], requires_grad=True), torch.tensor([0, 0, 1])
def twice(f):
    g = torch.autograd.grad(f(a, b), [a, b], torch.ones(3, requires_grad=True), create_graph=True)
    return torch.autograd.grad(sum(i.sum() for i in g), [a, b], allow_unused=True)
twice(lambda a, b: a.scatter_reduce(0, at, b, "prod"))
twice(lambda a, b: a.scatter_reduce(0, at, a, "prod")), twice(lambda a, b: a.index_reduce(0, at, b, "prod"))
m = torch.ones(2, 3, requires_grad=True)
g, = torch.autograd.grad(m.view(6).relu(), m, torch.ones(6, requires_grad=True), create_graph=True)
g.grad_fn.name(), g.grad_fn.next_functions[0][0].name()
""".strip().split("\n\n")
