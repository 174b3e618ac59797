"""Which tensors saved_tensors_hooks are shown, how often what they packed is unpacked, and of what recorded gradients keep."""

PROGRAMS = r"""
log = []
def count(f, *shape, n=1):
    l = [(torch.arange(1.0, 1 + math.prod(shape)) / 3).reshape(shape).requires_grad_() for _ in range(n)]
    packed, unpacked = [], [0]
    def pack(t):
        packed.append((tuple(t.shape), str(t.dtype)[6:] if str(t.dtype).startswith("torch.") else str(t.dtype), next((i for i, x in enumerate(l) if x is t), None)))
        return t
    def unpack(t):
        unpacked[0] += 1
        return t
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = f(*l)
        y = y if isinstance(y, torch.Tensor) else y[0]
        a = list(packed)
        g = torch.autograd.grad(y, l, torch.ones_like(y), create_graph=True, allow_unused=True)
    return a, unpacked[0], len(packed) - len(a)
i = torch.tensor([0, 1])
count(torch.add, 3, n=2), count(torch.sub, 3, n=2), count(torch.mul, 3, n=2), count(torch.div, 3, n=2), count(torch.pow, 3, n=2), count(torch.neg, 3), count(torch.abs, 3), count(torch.exp, 3), count(torch.log, 3), count(torch.sqrt, 3), count(torch.square, 3), count(torch.reciprocal, 3), count(torch.sin, 3), count(torch.cos, 3), count(torch.tanh, 3), count(torch.sigmoid, 3)
count(torch.maximum, 3, n=2), count(torch.minimum, 3, n=2), count(lambda x: x.clamp(0, 1), 3), count(lambda x, y: x.clamp(y), 3, n=2), count(lambda x, y: torch.where(x > 0.5, x, y), 3, n=2), count(torch.sum, 3), count(lambda x: x.sum(0), 2, 3), count(torch.mean, 3), count(lambda x: x.mean(0), 2, 3), count(torch.prod, 3), count(lambda x: x.prod(0), 2, 3), count(torch.max, 3), count(lambda x: x.max(0), 2, 3), count(torch.min, 3), count(lambda x: x.amax(0), 2, 3), count(torch.var, 3), count(torch.std, 3), count(torch.norm, 3), count(lambda x: x.norm(1), 3), count(lambda x: x.logsumexp(0), 3), count(lambda x: x.softmax(0), 3), count(lambda x: x.log_softmax(0), 3)
count(lambda x: x.expand(2, 3), 3), count(lambda x: x.view(6), 2, 3), count(lambda x: x.t().reshape(6), 2, 3), count(lambda x: x[0], 2, 3), count(lambda x: x[i], 2, 3), count(lambda x: x[i, i], 2, 3), count(lambda x: x.split(1), 2, 3), count(lambda x: x.unbind(), 2, 3), count(torch.clone, 3), count(lambda x, y: torch.cat([x, y]), 3, n=2), count(lambda x, y: torch.stack([x, y]), 3, n=2), count(lambda x: x.repeat(2), 3), count(lambda x: x.flip(0), 3), count(lambda x: x.unfold(0, 2, 1), 3), count(lambda x: x.as_strided((2,), (1,)), 3), count(torch.diagonal, 2, 2), count(torch.tril, 2, 2)
count(torch.mm, 2, 2, n=2), count(torch.bmm, 2, 2, 2, n=2), count(torch.dot, 3, n=2), count(torch.matmul, 2, 2, 2, n=2), count(lambda a, b: a @ b[0], 2, 2, n=2), count(torch.outer, 3, n=2), count(torch.addmm, 2, 2, n=3), count(F.linear, 2, 2, n=2), count(lambda x, w, b: F.linear(x, w, b[0]), 2, 2, n=3), count(lambda a, b: torch.einsum("ij,jk->ik", a, b), 2, 2, n=2), count(lambda a, b: torch.einsum("i,i->", a, b), 3, n=2)
count(lambda x: x.gather(0, i), 3), count(lambda x, y: x.scatter_add(0, i, y[:2]), 3, n=2), count(lambda x: x.index_select(0, i), 3), count(lambda x, y: x.index_add(0, i, y[:2]), 3, n=2), count(lambda x: x.masked_fill(x > 0.5, 0), 3), count(lambda x, y: x.index_put((i,), y[:2]), 3, n=2), count(lambda x: x.cumsum(0), 3), count(lambda x: x.cumprod(0), 3), count(lambda x: x.sort(), 3), count(lambda x: x.topk(2), 3), count(lambda x: 2 ** x, 3), count(lambda x: x ** 2, 3), count(lambda x: x ** 0.5, 3), count(lambda x: x * 2, 3), count(lambda x: 2 / x, 3), count(lambda x: x / 2, 3), count(lambda x: 1 - x, 3)
count(lambda x: (x * 1).exp_(), 3), count(lambda x: (x * 1).mul_(2), 3), count(lambda x, y: (x * 1).mul_(y), 3, n=2), count(lambda x, y: (x * 1).copy_(y), 3, n=2), count(lambda x: (x * 1).clamp_(0, 1), 3), count(lambda x: (x * 1).zero_(), 3), count(lambda x: (x * 1).pow_(2), 3), count(lambda x: (x * 1).sqrt_(), 3), count(lambda x, y: (x * 1).div_(y), 3, n=2)
count(F.gelu, 3), count(F.silu, 3), count(lambda x: F.elu(x), 3), count(F.softplus, 3), count(lambda x, y: F.l1_loss(x, y), 3, n=2), count(lambda x: F.avg_pool2d(x, 2), 1, 1, 4, 4), count(lambda w: F.embedding(i, w), 3, 2)

def of(f): return count(f, 2, 3)[:2]
of(lambda x: F.cross_entropy(x, i)), of(lambda x: F.nll_loss(x, i)), of(lambda x: F.layer_norm(x, (3,))), of(lambda x: F.batch_norm(x, None, None, training=True)), of(lambda x: F.max_pool1d(x[None], 2)), of(torch.relu), of(lambda x: x.kthvalue(1, 0)), of(lambda x: x.median(0)), of(lambda x: x.cummax(0)), of(lambda x: x.mode(0))
x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
v, p = x.sort()
v.mul_(2).sum().backward()
x.grad, hasattr(v.grad_fn, "_saved_values")
w = torch.ones(2, 3, requires_grad=True)
a, b = (w * 1).max(1)
a.mul_(2).sum().backward(), w.grad
a, b = (w * 1).max(1)
b.zero_()
a.sum().backward()
""".strip().split("\n\n")
