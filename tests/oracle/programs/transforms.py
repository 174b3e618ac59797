"""Functions of functions: gradients, Jacobians, products with vectors, slices; nested, with histories of the outside, and their errors."""

_HEAD = r"""
from torch.func import functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, stack_module_state, vjp, vmap
x, m = torch.arange(3.) + 1, torch.arange(6.).view(3, 2) / 4; r = x.clone().requires_grad_(); w = torch.full((3,), 2., requires_grad=True)
cube = lambda x: (x ** 3).sum()
"""

PROGRAMS = [_HEAD.strip() + "\n" + program for program in r"""
grad(cube)(x), grad(grad(lambda x: x ** 3))(x[1]), grad(grad(grad(lambda x: x ** 4)))(x[2]), x.requires_grad, x.grad
grad(cube)(r), r.grad
y = grad(lambda x: (x * w).sum())(x); y.requires_grad, torch.autograd.grad(y.sum(), w)

y = grad(lambda x: (x ** 2 * w).sum())(x); y.requires_grad, torch.autograd.grad(y.sum(), w)
y = grad(lambda x: grad(lambda z: (z ** 3 * w).sum())(x).sum())(r); y.requires_grad, torch.autograd.grad(y.sum(), (w, r))

grad(lambda x: x.sum())(r).requires_grad, grad(lambda x: w.sum())(r), grad(lambda x: (x ** 2).sum())(r).requires_grad
grad(lambda x: (x.detach() * x).sum())(x), grad(lambda x: (r * x).sum())(r)

grad(lambda x: x * 1)(x)
grad(lambda x: x.sum().view(1))(x)
grad(lambda x: 3)(x), 1
grad(lambda x: (x.sum(), x))(x)
grad(lambda x: x.sum().long())(x), grad(lambda x: x.sum())(torch.arange(3))

grad(lambda x: (x.sum(), x * 2), has_aux=True)(x), grad(lambda x: (x.sum(), {'a': [x, (x * w,)]}), has_aux=True)(x)
grad(lambda x: (x.sum(), 3), has_aux=True)(x)
grad(lambda x: x.sum(), has_aux=True)(x)
grad(lambda x: [x.sum(), x], has_aux=True)(x)

grad_and_value(cube)(x), grad_and_value(cube)(r), grad_and_value(lambda x: (cube(x), x * w), has_aux=True)(x)
g, (v, aux) = grad_and_value(lambda x: ((x * x).sum(), (x * x) * w), has_aux=True)(x); aux.sum().backward(); w.grad

f = lambda x, y: (x * y * y).sum()
grad(f, argnums=1)(x, x + 1), grad(f, argnums=-2)(x, x + 1), grad(f, argnums=(0, 1))(x, x + 1), grad(f, argnums=(-1, 0))(x, x + 1), grad(f, (1,))(x, x)
grad(f, argnums=2)(x, x)
grad(f, argnums=(0, -2))(x, x)
grad(f, argnums=())(x, x)
grad(f, argnums='a')(x, x)
grad(f, argnums=(0, 'a'))(x, x)
grad(f, argnums=[1, 0])(x, x)
grad(f)()

grad(lambda d: (d['a'] * d['b'][0]).sum())({'a': x, 'b': (x * 2,)}), grad(lambda l: sum(t.sum() for t in l))([x, m])
grad(lambda d: d['a'].sum())({'a': x, 'b': 3})
grad(lambda x: x * 3.)(2.0)
grad()(x)

grad(lambda x, k=1: (x * k).sum())(x, k=3), grad(lambda x, k: (x * k).sum())(x, k=r), grad(lambda x, n: (x ** n).sum())(x, 3)

def inner(x):
    with torch.no_grad(): c = x ** 2
    return (x - c).sum()
grad(inner)(x), grad(inner)(r)
with torch.no_grad(): y = grad(cube)(r), grad(lambda x: grad(cube)(x).sum())(r), grad_and_value(cube)(r), vjp(cube, r)[0], jacrev(lambda x: x * w)(x)
y

def write(x): x.mul_(2); return (x ** 2).sum()
grad(write)(x)
grad(write)(r)
grad(lambda x: grad(write)(x * 2).sum())(x)
def view_write(x): x.view(-1).mul_(2); return (x ** 2).sum()
grad(view_write)(x)
x, r

def write_copy(x): y = x.clone(); y.mul_(2); y[0] = x[1]; return (y ** 2).sum()
grad(write_copy)(x), grad(write_copy)(r), x
def write_other(x, y): y.mul_(2); return (x * y).sum()
grad(write_other)(x, m[:, 0]), m

def seen(x): print(x.requires_grad, (x * 2).requires_grad, x.is_leaf, x.grad_fn); return x.sum()
grad(seen)(x), grad(lambda a, b: seen(a) + b.sum())(x, m)

seen = []; grad(lambda x: (seen.append(x), x.sum())[1])(x); seen[0].shape

y, f = vjp(lambda x: x * 2, x); y, f(x), f(x * 2), f(w)
f(x[:2])
f((x,))
f(3)

y, f = vjp(lambda x, y: (x * y, {'s': x.sum()}), x, r); y[0].requires_grad, y[1], f((x, {'s': torch.tensor(1.)}))
y, f, aux = vjp(lambda x: (x ** 2, [x.sum()]), x, has_aux=True); y, f(x), aux

vjp(lambda x: 3, x)
vjp(lambda x: (), x)
vjp(lambda x: None, x)
vjp(lambda x: (x * 2).long(), x)
vjp(lambda x: x)
vjp(lambda x: x, 3)
vjp(lambda x: x * 2, x, has_aux=True)
vjp(lambda x: x.detach(), x)[1](x), vjp(lambda x, y: x * 1, x, m)[1](x)

y, f = vjp(torch.mm, m, m.t()); f(torch.ones(3, 3))
with torch.no_grad(): y, f = vjp(cube, r)
y, f(torch.tensor(1.))

jvp(lambda x: x ** 2, (x,), (torch.ones(3),)), jvp(lambda x, y: (x * y, [y]), (x, x + 1), (x, -x)), jvp(cube, (x,), (x,), has_aux=False)
y, t = jvp(lambda x: x ** 2, (r,), (x,)); y.requires_grad, t.requires_grad, torch.autograd.grad(t.sum(), r)
y, t = jvp(lambda x: x * w, (x,), (x,)); torch.autograd.grad(t.sum() + y.sum(), w)

jvp(lambda x: x ** 2, x, x)
jvp(lambda x: x ** 2, (x,), (x[:2],))
jvp(lambda x: x ** 2, (x,), ())
jvp(lambda x: x ** 2, (x,), (x, x))
jvp(lambda x: x ** 2, (), ())
jvp(lambda x: x ** 2, (x,), (3,))
jvp(lambda x: 3, (x,), (x,))
jvp(lambda x: (), (x,), (x,))
jvp(lambda d: d['a'] * 2, ({'a': x},), ({'b': x},))

jvp(lambda x: (x ** 2, x), (x,), (x,), has_aux=True), jvp(lambda x: x.long(), (x,), (x,)), jvp(lambda x: w * 1, (x,), (x,))[1], jvp(lambda d: d['a'] * 2, ({'a': x},), ({'a': x},))
jvp(lambda x: x ** 2, (x,), (x,), has_aux=True)
jvp(lambda x: x * 1, (x,), (x,), strict=True)
jvp(lambda x: w * 1, (x,), (x,), strict=True)
jvp(lambda x: (x, w * 1), (x,), (x,), strict=True)

jvp(lambda x: jvp(lambda z: z ** 3, (x,), (torch.ones(3),))[1], (x,), (torch.ones(3),)), grad(lambda x: jvp(cube, (x,), (x,))[1])(x), jvp(grad(cube), (x,), (x,))
jvp(lambda x: vjp(lambda z: z ** 3, x)[1](x)[0], (x,), (x,))

y, f = linearize(lambda x: x ** 2, x); y, f(x), f(2 * x)
f(x[:2])
f(x, x)
f(x.double())
linearize(lambda x: x ** 2)

jacrev(lambda x: x ** 2)(x), jacrev(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(x, x), jacrev(lambda d: {'o': d['a'] * 2})({'a': x}), jacrev(lambda x: (x * 2, x), has_aux=True)(x)
jacfwd(lambda x: x ** 2)(x), jacfwd(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(x, x), jacfwd(lambda d: {'o': d['a'] * 2})({'a': x}), jacfwd(lambda x: (x * 2, x), has_aux=True)(x)

jacrev(lambda x: x ** 2)(r), jacfwd(lambda x: x * w)(x), jacrev(lambda x: x * 2)(r).requires_grad, jacrev(torch.sin)(torch.empty(0)).shape, jacrev(lambda x: x.sum())(torch.empty(0)).shape
jacrev(lambda m: m.t() @ m)(m).shape, jacfwd(lambda m: m.sum(0))(m), jacrev(lambda m: m.prod(1), chunk_size=2)(m)

jacrev(lambda x: 3)(x)
jacrev(lambda x: ())(x)
jacrev(lambda x: x, argnums=3)(x)
jacrev(lambda x: x, chunk_size=0)
jacrev(lambda x: x.long())(x)
jacrev(lambda x: x * x)(2.)
jacfwd(lambda x: 3)(x)
jacfwd(lambda x: ())(x)
jacfwd(lambda x: x, argnums=3)(x)
jacfwd(lambda x: x * x)(2.)
jacfwd(lambda x: x.long())(x)

jacfwd(lambda x: x + torch.rand(3))(x)
jacfwd(lambda x: x * torch.rand(3), randomness='same')(x), torch.rand(1)
jacfwd(lambda x: x, randomness='other')(x)

hessian(cube)(x), hessian(lambda x: x ** 3)(x), hessian(lambda x, y: (x * y).sum(), argnums=(0, 1))(x, x), hessian(cube)(r).requires_grad
jacrev(jacrev(jacrev(lambda x: x ** 4)))(x[:2]), jacrev(jacfwd(cube))(x), grad(lambda x: hessian(cube)(x).sum())(x)

vmap(torch.dot)(m, m), vmap(torch.dot, in_dims=1)(m, m), vmap(torch.dot, in_dims=(1, -1))(m, m), vmap(torch.dot, in_dims=(0, None))(m, m[0]), vmap(torch.dot, (None, 0))(m[0], m)
torch.vmap(lambda x, k: x * k)(m, k=2), vmap(lambda x: {'a': x, 'b': (x.sum(),)})(m), vmap(lambda x, f: f(x), in_dims=(0, None))(m, torch.exp)

vmap(torch.dot, in_dims=(0, 1))(m, m)
vmap(torch.dot, in_dims=(None, None))(m, m[0])
vmap(torch.dot, in_dims=(0,))(m, m[0])
vmap(torch.dot, in_dims=[0, 0])(m, m)
vmap(torch.dot, in_dims='a')(m, m)
vmap(torch.dot, in_dims=(0, 'a'))(m, m)
vmap(torch.dot, in_dims=(0, 2))(m, m)
vmap(torch.sin)(torch.tensor(1.))
vmap(torch.sin)()
vmap(torch.sin)(3)

vmap(lambda x: 3)(m)
vmap(lambda x: (x, 3))(m)
vmap(lambda x: None)(m)
vmap(lambda x: (x, 3), out_dims=(0, None))(m), vmap(lambda x: w, out_dims=None)(m) is w
vmap(lambda x: (x, 3), out_dims=(0, 0))(m)
vmap(lambda x: x, out_dims=None)(m)
vmap(lambda x: x, out_dims=1)(m), vmap(lambda x: x, out_dims=-1)(m).shape, vmap(lambda x: (x, x), out_dims=(0, 1))(m), vmap(lambda x: x, out_dims=(1,))(m)
vmap(lambda x: x, out_dims=2)(m)
vmap(lambda x: x, out_dims=(0, 1))(m)
vmap(lambda x: (x, x), out_dims=(0, 1, 2))(m)
vmap(lambda x: (x, x), out_dims='a')(m)

vmap(lambda x: w)(m), vmap(lambda x: torch.ones(2))(m), vmap(lambda x: w, out_dims=1)(m).shape
vmap(lambda d: d['a'] * 2)({'a': m, 'b': m}), vmap(lambda d, y: d['a'] * y, in_dims=({'a': 0, 'b': None}, None))({'a': m, 'b': 3}, 2)
vmap(lambda d, y: d['a'] * y, in_dims=({'a': 0}, None))({'a': m, 'b': 3}, 2)
vmap(lambda l: l[0] + l[1], in_dims=([0, 1],))([m, m.t()]), vmap(lambda l: l[0] + l[1], in_dims=((0, 1),))([m, m.t()])

torch.rand(1), vmap(lambda x: x + torch.rand(2), randomness='different')(m), torch.rand(1)
vmap(lambda x: x + torch.rand(2), randomness='same')(m), torch.rand(1)
vmap(lambda x: F.dropout(x, 0.5), randomness='different')(m)
vmap(vmap(lambda x: x + torch.rand(()), randomness='same'), randomness='same')(m)

vmap(lambda x: x + torch.rand(2))(m)
vmap(lambda x: F.dropout(x))(m)
vmap(lambda x: x + torch.rand(2), randomness='x')(m)
torch.rand(1)

vmap(lambda x: x * 2, chunk_size=2)(m), vmap(lambda x: x * 2, chunk_size=7)(m)
vmap(lambda x: x * 2, chunk_size=0)
vmap(lambda x: x * 2, chunk_size=-1)
vmap(lambda x: x * 2)(m[:0]), vmap(lambda x: x.sum())(m[:0]), vmap(lambda x: (x, x.t()), in_dims=1, out_dims=(0, 1))(torch.ones(2, 0, 3))[1].shape

vmap(vmap(lambda x, y: x * y, in_dims=(None, 0)), in_dims=(0, None))(m[:, 0], m[0]), vmap(vmap(torch.dot, (0, None)), (None, 0))(m, m)
vmap(lambda x: x.mul_(2))(m), m

vmap(grad(lambda p, x: (p * x).sum() ** 2), in_dims=(None, 0))(m[0], m), grad(lambda p: vmap(lambda x: (p * x).sum() ** 2)(m).sum())(m[0])
vmap(grad(cube))(m), vmap(jacrev(torch.sin))(m).shape, vmap(hessian(cube))(m).shape, jacrev(vmap(cube))(m), vmap(grad(grad(torch.sin)))(x)
vmap(lambda v: jvp(torch.sin, (x,), (v,))[1])(torch.eye(3)), vmap(vjp(torch.sin, x)[1])(torch.eye(3))
y = vmap(grad(lambda a, b: (a * b * w).sum()), (0, None))(torch.ones(2, 3), x); y.detach(), torch.autograd.grad(y.sum(), w)

grad(grad(lambda x, y: (x * y) ** 2, argnums=1))(x[0], x[1]), grad(lambda x: grad(lambda y: (x * y) ** 2)(x))(x[1]), grad(lambda x: torch.autograd.grad((x ** 3).sum(), x, create_graph=True)[0].sum())(x)
vmap(torch.sort)(m), vmap(lambda x: torch.max(x, 0))(m), vmap(lambda x: x.unbind())(m), vmap(lambda i: m[i])(torch.tensor([0, 2])), vmap(lambda x: [x, {'a': x}], out_dims=[0, {'a': 1}])(m)
jvp(lambda x, n: x * n, (x, torch.tensor(3)), (x, torch.tensor(0)))
jvp(lambda x, n: x * n, (x, 3), (x, 0))
jacrev(lambda x, y: x * y, argnums=None)(x, x)
jacfwd(lambda x, y: x * y, argnums=None)(x, x)
vmap(torch.add)(m, 2)

vmap(grad(lambda x: x))(m)
grad(lambda x: vmap(lambda y: y * 2)(x))(m)
grad(vmap(cube))(m)

net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)); params = {k: v.detach() for k, v in net.named_parameters()}; t = torch.ones(3, 1)
loss = lambda params, x, y: F.mse_loss(functional_call(net, params, (x.unsqueeze(0),)), y.unsqueeze(0))
per_sample = vmap(grad(loss), in_dims=(None, 0, 0))(params, m, t); {k: (v.shape, v.requires_grad) for k, v in per_sample.items()}
whole = grad(lambda p: F.mse_loss(functional_call(net, p, (m,)), t))(params); [torch.allclose(per_sample[k].mean(0), whole[k], atol=1e-6) for k in whole]
per_sample['0.bias'].mul(1000).round(), [p.grad for p in net.parameters()]

net = nn.Linear(2, 1); params = dict(net.named_parameters())
def maml(params):
    step = grad(lambda p: functional_call(net, p, (m,)).pow(2).mean())(params)
    return functional_call(net, {k: params[k] - 0.1 * step[k] for k in params}, (m,)).pow(2).mean()
grad(maml)(params)['weight'].requires_grad, maml(params).backward(), torch.allclose(net.weight.grad, grad(maml)(params)['weight'])

models = [nn.Linear(2, 3) for _ in range(4)]; params, buffers = stack_module_state(models); {k: (v.shape, v.is_leaf, v.requires_grad) for k, v in params.items()}, buffers
out = vmap(lambda p, b, x: functional_call(models[0], (p, b), (x,)), (0, 0, None))(params, {'b': torch.ones(4)}, m); torch.allclose(out, torch.stack([f(m) for f in models]))

stack_module_state([])
stack_module_state([nn.Linear(2, 3), nn.Linear(2, 3).eval()])
stack_module_state([nn.Linear(2, 3), nn.ReLU()])
stack_module_state([nn.Linear(2, 3), nn.Linear(2, 3).requires_grad_(False)])
stack_module_state([nn.BatchNorm1d(2), nn.BatchNorm1d(2)])[1]['num_batches_tracked']

torch.func.grad.__name__, torch.func.grad(torch.sin).__name__, torch.vmap is torch.func.vmap

net = nn.Linear(3, 2); f = torch.compile(lambda x: x) and grad(lambda p, x: functional_call(net, p, x).sum()); f({'weight': torch.zeros(2, 3)}, x), grad(net)(x)
jacrev(net)(x).requires_grad, vmap(net)(torch.ones(2, 3)).shape, torch.autograd.grad(jacrev(net)(x).sum(), net.weight)

cross = lambda m: F.cross_entropy(m, torch.tensor([0, 1, 0])); s = F.softmax(m, 1)
torch.allclose(grad(cross)(m), (s - F.one_hot(torch.tensor([0, 1, 0]))) / 3, atol=1e-6), vmap(grad(lambda row, k: F.cross_entropy(row, k)))(m, torch.tensor([0, 1, 0]))
""".strip().split("\n\n")]
