"""Edges of logarithms and losses: no upstream gradient, operands of two dtypes or two memory orders; which dtypes linalg refuses, and how."""

PROGRAMS = r"""
def shares(f, x, y, g):
    x, y = (torch.tensor(v, requires_grad=True) if isinstance(v, list) else v for v in (x, y))
    f(x, y).backward(torch.tensor([g] * 5))
    return [v.grad for v in (x, y) if isinstance(v, torch.Tensor)]
edges, nan = [0., -1., 1., float('inf'), float('nan')], float('nan')
for f in (torch.xlogy, torch.special.xlog1py):
    for g in (0., 1.):
        print(*[shares(f, [v] * 5, edges, g) for v in (0., 1., nan)])
        print(*[shares(f, v, edges, g) for v in (0., 1., nan)])
        print(*[shares(f, edges, v, g) for v in (0., -1., 2., nan)])
x, y = torch.tensor([[0.5], [2.]], requires_grad=True), torch.tensor([0.3, 1., 4.], requires_grad=True)
torch.autograd.grad(torch.xlogy(x, y).sum(), (x, y)), torch.autograd.grad(torch.special.xlog1py(x, y).pow(2).sum(), (x, y))
g, h = torch.autograd.grad(torch.xlogy(x, y).pow(2).sum(), (x, y), create_graph=True)
torch.autograd.grad(g.sum() + h.sum(), (x, y))
torch.xlogy(x, 2.), torch.xlogy(x, 2.).grad_fn.name(), type(torch.xlogy(x, 2.).grad_fn).__name__, type(torch.xlogy(2, x).grad_fn).__name__, type(torch.special.xlog1py(x, y).grad_fn).__name__, type(torch.special.xlog1py(2, y).grad_fn).__name__
x.detach().clone().xlogy_(y[:2, None].detach())

import torch.nn.functional as F
x = torch.tensor([0.5, 3.])
F.huber_loss(x, x.double() * 2, reduction='none'), F.huber_loss(x.double(), x), F.huber_loss(x, torch.tensor([1, 5])), F.huber_loss(x.half(), x * 2)
F.huber_loss(x.clone().requires_grad_(), x.double()).backward()
F.huber_loss(x.clone().requires_grad_(), torch.tensor([1, 5])).backward()
a = torch.rand(2, 3, 4, 5); b = a.to(memory_format=torch.channels_last)
for f in (torch.copysign, lambda a, b: F.binary_cross_entropy(a, b, reduction='none'), lambda a, b: F.soft_margin_loss(a, b, reduction='none'), torch.xlogy): print(f(a, b).stride(), f(b, a).stride())
F.binary_cross_entropy_with_logits(x, torch.tensor([1, 0]))
F.binary_cross_entropy_with_logits(x, torch.tensor([True, False]))

L = torch.linalg
A = torch.eye(3)
for dtype in (torch.float16, torch.bfloat16, torch.int64, torch.bool):
    a = A.to(dtype)
    for f in (L.svd, L.svdvals, L.qr, L.eigh, L.eigvalsh, L.inv, L.det, L.slogdet, L.cholesky, L.cholesky_ex, L.pinv, L.matrix_rank, L.cond, L.vander, torch.cholesky, torch.cholesky_inverse, torch.logdet, torch.qr, torch.svd, L.lu_factor, L.matrix_norm, L.norm):
        try: f(a); print(dtype)
        except Exception as e: print(dtype, type(e).__name__, str(e) if f in (L.svd, L.qr, L.eigh, L.det, L.cholesky, L.inv, L.cond, L.vander) else '')
    for f in (lambda: L.solve(a, a), lambda: L.solve_triangular(a, a, upper=True), lambda: torch.cholesky_solve(a, a), lambda: L.matrix_norm(a, 2), lambda: L.cond(a, 1)):
        try: f(); print(dtype)
        except Exception as e: print(dtype, type(e).__name__, e)
""".strip().split("\n\n")
