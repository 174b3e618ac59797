"""Joining tensors and products of matrices."""

PROGRAMS = r"""
a = torch.arange(6).view(2, 3)
torch.cat([a, a])
torch.cat([a, a], 1)
torch.cat((a, a), dim=-1)
torch.cat([a])
torch.cat([a, a[:1]])
torch.concat([a, a])
torch.concatenate([a, a], 1).shape

a = torch.zeros(2, 3)
torch.cat([])
torch.cat([a, torch.zeros(2, 2)])
torch.cat([a, torch.zeros(3)])
torch.cat([a, torch.zeros(0)]).shape
torch.cat([torch.zeros(0), torch.zeros(0)])
torch.cat([torch.tensor(1), torch.tensor(2)])
torch.cat([a, a], 2)
torch.cat(a).shape
torch.cat([a, 1])
torch.cat([a.t(), a.t()], 0).stride()
torch.cat([torch.zeros(0, 3), a]).shape

a = torch.tensor([1, 2])
torch.stack([a, a])
torch.stack([a, a], 1)
torch.stack([a, a], -1)
torch.stack([torch.tensor(1), torch.tensor(2)])
torch.stack([])
torch.stack([a, torch.tensor([1, 2, 3])])
torch.stack([a, a], 2)
torch.stack([a] * 3).stride()
torch.stack((a, a.float()))
torch.hstack([a, a]), torch.vstack([a, a])

a = torch.arange(4.0).view(2, 2)
b = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
a @ b
torch.mm(a, b)
a.mm(b)
a.matmul(b)
a @ b.t()
a.t() @ b
a.t() @ b.t()
torch.mm(a, torch.ones(3, 2))
torch.mm(a, torch.ones(2))
torch.mm(torch.ones(2, 2, 2), a)

v = torch.tensor([1.0, 2.0])
M = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
M.mv(v)
torch.mv(M, v)
M @ v
v @ M.t()
v @ v
torch.dot(v, v)
v.dot(torch.ones(3))
torch.dot(M, v)
M.mv(torch.ones(3))
v.mv(M)
torch.dot(torch.tensor([1, 2]), torch.tensor([3, 4]))

a = torch.arange(8.0).view(2, 2, 2)
torch.bmm(a, a)
a.bmm(a.transpose(1, 2))
torch.bmm(a, torch.ones(3, 2, 2))
torch.bmm(a, torch.ones(2, 3, 2))
torch.bmm(a, torch.ones(2, 2))
torch.bmm(a, torch.zeros(2, 2, 0)).shape
torch.bmm(torch.zeros(0, 2, 2), torch.zeros(0, 2, 3)).shape

torch.matmul(torch.ones(2, 3), torch.ones(3)).shape
torch.matmul(torch.ones(3), torch.ones(3, 2)).shape
torch.matmul(torch.ones(3), torch.ones(3))
torch.matmul(torch.ones(5, 2, 3), torch.ones(3, 4)).shape
torch.matmul(torch.ones(5, 2, 3), torch.ones(3)).shape
torch.matmul(torch.ones(3), torch.ones(5, 3, 2)).shape
torch.matmul(torch.ones(5, 1, 2, 3), torch.ones(4, 3, 6)).shape
torch.matmul(torch.ones(2, 3), torch.ones(5, 3, 4)).shape
torch.matmul(torch.ones(5, 2, 3), torch.ones(4, 3, 2))
torch.matmul(torch.tensor(1.0), torch.ones(2))
torch.matmul(torch.ones(2, 3), torch.ones(2, 3))
torch.matmul(torch.ones(2), torch.ones(3))

torch.ones(2, 0) @ torch.ones(0, 3)
torch.ones(0, 2) @ torch.ones(2, 3)
torch.ones(0) @ torch.ones(0)
torch.ones(0, 0) @ torch.ones(0)
torch.ones(3, 0, 2) @ torch.ones(2, 2)
(torch.ones(2, 0) @ torch.ones(0)).shape

torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0]))
torch.tensor([1, 2]).outer(torch.tensor([3]))
torch.outer(torch.ones(2, 2), torch.ones(2))
torch.ger(torch.ones(2), torch.ones(2))
torch.outer(torch.ones(0), torch.ones(2)).shape

a = torch.ones(2, 2)
torch.addmm(a, a, a)
torch.addmm(a, a, a, beta=0.5, alpha=2)
torch.addmm(torch.tensor([1.0, 2.0]), a, a)
a.addmm(a, a)
torch.addmm(torch.tensor(1.0), a, a)
torch.addmm(a, a, torch.ones(3, 2))
torch.addmm(torch.ones(3), a, a)
torch.addmm(torch.full((2, 2), float("nan")), a, a, beta=0)
b = torch.ones(2, 2)
b.addmm_(a, a)

x = torch.arange(6.0).view(2, 3)
W = torch.arange(12.0).view(4, 3)
F.linear(x, W)
F.linear(x, W, torch.ones(4))
F.linear(x[0], W)
F.linear(torch.ones(2, 2, 3), W).shape
F.linear(x, W, torch.ones(3))
F.linear(x, W.t())
F.linear(x, W[0])
F.linear(x, torch.ones(3).expand(3, 3), None)
F.linear(x, W, None).stride()

a = torch.arange(6.0).view(2, 3)
b = torch.arange(12.0).view(3, 4)
torch.einsum("ij,jk->ik", a, b)
torch.einsum("ij->ji", a)
torch.einsum("ij->", a)
torch.einsum("ij->i", a)
torch.einsum("ii->i", b[:, :3])
torch.einsum("ii", b[:, :3])
torch.einsum("i,j->ij", a[0], b[:, 0])
torch.einsum("ij,ij->ij", a, a)
torch.einsum("ij,jk", a, b)
torch.einsum("...j,jk->...k", a, b)
torch.einsum("ij , jk -> ik", a, b)

a = torch.arange(12.0).view(2, 2, 3)
torch.einsum("bij,bkj->bik", a, a)
torch.einsum("bij,bij->b", a, a)
torch.einsum("bij,j->bi", a, torch.ones(3))
torch.einsum("...ij->...ji", a).shape
torch.einsum("bij->b", a)
torch.einsum("bij,cj,b->ci", a, torch.ones(4, 3), torch.ones(2))
torch.einsum("ij,jk->ik", [torch.ones(2, 2), torch.ones(2, 2)])
torch.einsum("a...,b...->ab...", torch.ones(2, 3), torch.ones(4, 3)).shape

torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(2, 3))
torch.einsum("ij", torch.ones(2))
torch.einsum("ij->k", torch.ones(2, 2))
torch.einsum("i->ii", torch.ones(2))
torch.einsum("i,i->i", torch.ones(2))
torch.einsum("i-i", torch.ones(2))
torch.einsum("ij->ij->ij", torch.ones(2, 2))
torch.einsum("i1->i", torch.ones(2, 2))
torch.einsum(torch.ones(2), "i")

torch.mm(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [0, 1]]))
torch.tensor([[1, 2]]) @ torch.tensor([3, 4])
torch.bmm(torch.ones(1, 2, 2, dtype=torch.int64), torch.ones(1, 2, 2, dtype=torch.int64))
torch.ones(2, 2, dtype=torch.uint8) @ torch.ones(2, 2, dtype=torch.uint8)
torch.ones(2, 2, dtype=torch.int32).mv(torch.ones(2, dtype=torch.int32))

w = torch.tensor([1.0, 2.0, 3.0])
x = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
x @ w.expand(3, 3)
x @ w.expand(3, 3).t()
w.expand(3, 3) @ w.expand(3, 3)
w.expand(2, 3) @ w
torch.bmm(x.expand(2, 2, 3), w.view(3, 1).expand(2, 3, 3))
torch.matmul(x, w.expand(4, 3, 3)).shape
w.view(3, 1).expand(3, 3) @ torch.eye(3)
torch.ones(3).expand(2, 3) @ torch.ones(3, 1).expand(3, 2)

a = torch.arange(24.0).view(4, 6)
a[::2, ::3] @ a[1:3, :2]
a[:, ::2].t() @ a[:, 1::2]
a[1] @ a[2]
a.t()[1:3] @ a
a.as_strided((2, 2), (1, 1)) @ torch.ones(2, 2)
torch.dot(a[:, 0], a[:, 1])
a[:, 2].outer(a[0])
(a @ a.t()).sum()

a = torch.ones(2, 2, requires_grad=True)
b = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
(a @ b).sum().backward()
a.grad, b.grad
a @ b, a.mm(b), a @ b[0], b[0] @ a, a.mv(b[0])
torch.dot(a[0], b[0]), torch.outer(a[0], b[0]), torch.bmm(a[None], b[None])
torch.addmm(a, a, b), F.linear(a, b), F.linear(a, b, b[0])
torch.matmul(a[None], b), torch.matmul(a[None], b[None])
torch.einsum("ij,jk->ik", a, b)
torch.einsum("ij,ij->", a, b)

def history(fn): return fn and (fn.name(), [history(f) for f, _ in fn.next_functions])
a = torch.ones(2, 3, requires_grad=True)
b = torch.ones(3, 4, requires_grad=True)
w = torch.ones(3, requires_grad=True)
c = torch.ones(2, 5, 3)
for equation in ("ij,jk->ik", "ij,jk", "ij,jk->", "ij,kl->ijkl"): print(history(torch.einsum(equation, a, b).grad_fn))
for equation in ("ij,ij->i", "ij,ij->", "ij,ij->ji", "ij,kj->ik"): print(history(torch.einsum(equation, a, a).grad_fn))
history(torch.einsum("ij,jk->ik", a, b.detach()).grad_fn)
history(torch.einsum("btj,bjk->btk", c, w.unsqueeze(1).expand(2, 3, 4)).grad_fn)
history(torch.einsum("...j,j->...", c, w).grad_fn)
history(torch.tensordot(a, b, 1).grad_fn), history(torch.tensordot(a, a, ([1], [1])).grad_fn)
for x, y, dims in ((a, a.detach(), 2), (a, a.t(), ([0, 1], [1, 0])), (w, w, 1), (w.expand(4, 3), b.detach().t(), 2)): print(history(torch.tensordot(x, y, dims).grad_fn))
torch.einsum("i,jk->ijk", w, b[:1]).stride(), torch.einsum("i,jk->ijk", w[:1], b).stride()

def written_between(product):
    leaf = torch.ones(5, requires_grad=True)
    u = leaf * 2
    try:
        y = product(u)
        u.mul_(2)
        y.sum().backward()
    except RuntimeError as e: return str(e)[:60]
    return leaf.grad
z = torch.ones(5, 5, 5)
written_between(lambda u: torch.einsum("btj,bjk->btk", z.clone().requires_grad_(), u.unsqueeze(1).expand(5, 5, 5)))
written_between(lambda u: torch.einsum("ij,ijk->k", u.expand(5, 5), z.clone().requires_grad_()))
written_between(lambda u: torch.tensordot(u.expand(5, 5), u.expand(5, 5), 2))
written_between(lambda u: torch.tensordot(u.expand(5, 5), z.clone().requires_grad_(), 2))
written_between(lambda u: torch.tensordot(u.expand(5, 5), z.clone().requires_grad_(), 1))

import random
w = torch.arange(1.0, 4.0)
pool = {"rows": w.expand(3, 3), "columns": w.expand(3, 3).t(), "dense": torch.arange(9.0).view(3, 3), "hankel": torch.arange(5.0).as_strided((3, 3), (1, 1)), "held": w.expand(3, 3) * 2,
        "cube": torch.arange(27.0).view(3, 3, 3), "still": w.view(3, 1).expand(3, 3, 3), "vector": w}
def drawn(seed):
    random.seed(seed)
    (a, x), (b, y) = random.choice([*pool.items()]), random.choice([*pool.items()])
    left, right = ("".join(random.sample("ijkl", t.dim())) for t in (x, y))
    kept = [c for c in sorted({*left, *right}) if random.random() < 0.6]
    random.shuffle(kept)
    r = torch.einsum(f"{left},{right}->{''.join(kept)}", x, y)
    dims = [d for d in range(min(x.dim(), y.dim())) if random.random() < 0.6]
    s = torch.tensordot(x, y, (dims, dims[::-1]))
    return a, b, left, right, kept, r.shape, r.stride(), r.double().sum(), dims, s.shape, s.stride(), s.double().sum()
for seed in range(400): print(drawn(seed))
a, h = torch.ones(5, 4).t().requires_grad_(), torch.arange(8.0).as_strided((4, 5), (1, 1))
y, g = torch.einsum("ij,ij->", a, h), torch.einsum("ij,ij->", a, (h * 2).t().contiguous().t())
[torch.autograd.grad(x, a)[0].stride() for x in (y, g, torch.tensordot(a, h, 2), torch.einsum("ij,kj->ik", a, h).sum())]

import itertools, random
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
def gradients(seed):
    random.seed(seed)
    sides, dims = [], []
    count = random.choice((1, 1, 1, 2))
    for _ in range(2):
        n = random.choice((2, 3))
        x = laid(torch.arange(1.0, 1 + 3**n).reshape((3,) * n), random.choice([*itertools.permutations(range(n))]))
        x = x.narrow(0, 0, 1).expand(x.shape) if random.random() < 0.4 else x
        sides.append(x.detach().requires_grad_())
        dims.append(random.sample(range(n), count))
    y = torch.tensordot(*sides, dims)
    return [x.stride() for x in sides], dims, y.stride(), [(g.stride(), g.sum()) for g in torch.autograd.grad(y.sum(), sides)]
for seed in range(200): print(gradients(seed))
""".strip().split("\n\n")
