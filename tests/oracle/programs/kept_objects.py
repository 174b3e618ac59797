"""Which objects are shown of what is kept for backward: those that were given, or new ones."""

PROGRAMS = r"""
x = torch.tensor([1.0, 2.0], requires_grad=True)
h = x * 2
c = torch.ones(2)
y = h * c
y.grad_fn._saved_self is h, y.grad_fn._saved_other is c, y.grad_fn._saved_self, y.grad_fn._saved_other
(x * h).grad_fn._saved_self is x, (x * h).grad_fn._saved_other is h
e = h.exp()
e.grad_fn._saved_result is e, e.grad_fn._saved_result, e.grad_fn._saved_result.grad_fn is e.grad_fn
(c * h).grad_fn._saved_self, (c * h).grad_fn._saved_other is h
v = h[0]
w = v * v
w.grad_fn._saved_self is v, w.grad_fn._saved_other is v
u = h.view(2)
(u * u).grad_fn._saved_self is u
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        o = a * b
        ctx.save_for_backward(a, b, o)
        return o
    @staticmethod
    def backward(ctx, g):
        seen.append(ctx.saved_tensors)
        a, b, o = ctx.saved_tensors
        return g * b, g * a
seen = []
a, b = x * 3, torch.ones(2)
o = F.apply(a, b)
o.grad_fn.saved_tensors[0] is a, o.grad_fn.saved_tensors[1] is b, o.grad_fn.saved_tensors[2] is o
o.sum().backward()
seen[0][0] is a, seen[0][1] is b, seen[0][2] is o, seen[0][2].grad_fn is o.grad_fn
class T(torch.Tensor): pass
a, b = (x * 3).as_subclass(T), torch.ones(2).as_subclass(T)
o = F.apply(a, b)
type(o), [type(i) for i in o.grad_fn.saved_tensors], o.grad_fn.saved_tensors[0] is a
m = a * b
type(m.grad_fn._saved_self), type(m.grad_fn._saved_other), type(a.exp().grad_fn._saved_result)
a.mark = 4
o = F.apply(a, b)
del a
getattr(o.grad_fn.saved_tensors[0], "mark", None)

got = []
x = torch.tensor([1.0, 2.0], requires_grad=True)
def pack(t):
    got.append(t)
    return t
with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
    h = x * 2
    c = torch.ones(2)
    y = h * c
    e = y.exp()
    s = e.softmax(0)
[i is j for i in got for j in (h, c, y, e, s)]
len(got), [i.grad_fn for i in got]
s.grad_fn._saved_result is s, e.grad_fn._saved_result is e, y.grad_fn._saved_self is h, y.grad_fn._saved_other is c

x = torch.tensor([1.0, 2.0], requires_grad=True)
h = x * 2
y = h * h
h.add_(1)
y.grad_fn._saved_self
h = x * 2
y = h.exp_()
h.grad_fn._saved_result is h, h.grad_fn._saved_result
m = (x * 2)
m.mul_(m)
m.grad_fn._saved_self, m.grad_fn._saved_other
b = torch.zeros(3)
b[0:2] = x
b[0:2].mul_(x)
b.grad_fn, b.grad_fn.next_functions
p = torch.nn.Parameter(torch.ones(2))
(p * 2).grad_fn._saved_other, (p * p).grad_fn._saved_self is p
p.detach().mul(x).grad_fn._saved_self
p.data.mul(x).grad_fn._saved_self, p.data.mul(x).grad_fn._saved_other is x
l = [torch.ones(2, requires_grad=True) * 2 for _ in range(3)]
torch.stack(l).grad_fn, torch.cat(l).grad_fn.next_functions[0][0] is l[0].grad_fn
torch.addcmul(l[0], l[1], l[2]).grad_fn._saved_tensor1 is l[1], torch.addcmul(l[0], l[1], l[2]).grad_fn._saved_tensor2 is l[2]
i = torch.tensor([0, 1])
l[0].gather(0, i).grad_fn._saved_index is i, torch.where(l[0] > 1, l[0], l[1]).grad_fn._saved_condition
k = l[0] > 1
torch.where(k, l[0], l[1]).grad_fn._saved_condition is k
torch.mm(l[0][None], l[1][:, None]).grad_fn._saved_self, torch.dot(l[0], l[1]).grad_fn._saved_self is l[0]
torch.max(l[0], l[1]).grad_fn._saved_self is l[0], l[0].pow(2).grad_fn._saved_self is l[0], l[0].norm().grad_fn._saved_self is l[0], l[0].prod().grad_fn._saved_self is l[0], l[0].var().grad_fn._saved_self is l[0]
l[0].relu().grad_fn._saved_result.grad_fn, l[0].clamp(0, 1).grad_fn._saved_self is l[0]

x = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
    h = x * 2
    c = torch.ones(2)
    y, z, w = h * h, h * c, x * x
    m, e = h * x, h.exp()
y.grad_fn._saved_self is h, z.grad_fn._saved_other is c, w.grad_fn._saved_self is x, m.grad_fn._saved_other is x, m.grad_fn._saved_self is h, e.grad_fn._saved_result is e
e.grad_fn._saved_result is e.grad_fn._saved_result, y.grad_fn._saved_self.grad_fn is h.grad_fn, w.grad_fn._saved_self.is_leaf, w.grad_fn._saved_self.requires_grad
with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
    y, z, w = h * h, h * c, x * x
y.grad_fn._saved_self.grad_fn is h.grad_fn, w.grad_fn._saved_self.requires_grad, w.grad_fn._saved_self.is_leaf, w.grad_fn._saved_self.grad_fn
y.grad_fn._saved_self is y.grad_fn._saved_self, z.grad_fn._saved_other is z.grad_fn._saved_other
seen = []
class G(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        o = a * b
        ctx.save_for_backward(a, b, o)
        return o
    @staticmethod
    def backward(ctx, g):
        a, b, o = ctx.saved_tensors
        return g * b, g * a
with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
    o = G.apply(h, x)
[i is j for i in seen for j in (h, x, o)]
[i is j for i, j in zip(o.grad_fn.saved_tensors, (h, x, o))]
o = G.apply(h, x)
o.grad_fn._raw_saved_tensors[0].register_hooks(lambda t: seen.append(t) or t, lambda t: t)
o.grad_fn._raw_saved_tensors[2].register_hooks(lambda t: seen.append(t) or t, lambda t: t)
len(seen), seen[3] is h, seen[4] is o, seen[4].grad_fn
p = h.exp()
p.grad_fn._raw_saved_result.register_hooks(lambda t: seen.append(t) or t, lambda t: t)
seen[5] is p, seen[5].grad_fn
q = h * h
q.grad_fn._raw_saved_self.register_hooks(lambda t: seen.append(t) or t, lambda t: t)
seen[6] is h, seen[6].grad_fn, q.grad_fn._saved_self is h, q.grad_fn._saved_other is h
k = x * 1
with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
    k.sigmoid_()
seen[-1] is k, seen[-1].grad_fn
""".strip().split("\n\n")
