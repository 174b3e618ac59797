"""Results of several tensors written to before the gradient of one of them; tensors made of storages; rsub; threshold of what is expanded."""

PROGRAMS = r"""
def made(f):
    s0 = torch.eye(3) * 3 + torch.arange(9.).view(3, 3).sin()
    s0 = (s0 @ s0.t() + 0.1).requires_grad_()
    b0 = (torch.arange(9.).view(3, 3).cos() * 2).requires_grad_()
    s, b = s0 * 1, b0 * 1
    v = f(s, b)
    return s, b, [v] if isinstance(v, torch.Tensor) else [x for x in v if isinstance(x, torch.Tensor)]
la = torch.linalg
for f in (lambda s, b: la.slogdet(s), lambda s, b: la.lu(s), lambda s, b: la.lu_factor(s), lambda s, b: la.lstsq(s, b), lambda s, b: la.qr(s), lambda s, b: la.eigh(s), lambda s, b: la.svd(s),
          lambda s, b: la.cholesky(s), lambda s, b: la.inv(s), lambda s, b: la.solve(s, b), lambda s, b: la.householder_product(s, b[:, 0]), lambda s, b: la.det(s), lambda s, b: la.pinv(s),
          lambda s, b: torch.prod(s, 0), lambda s, b: s.prod(), lambda s, b: torch.aminmax(s, dim=0), lambda s, b: torch.max(s, 0), lambda s, b: torch.sort(s), lambda s, b: torch.var_mean(s, 0),
          lambda s, b: torch.copysign(s, b), lambda s, b: torch.special.log_ndtr(s), lambda s, b: torch.cummax(s, 0), lambda s, b: torch.norm(s, dim=0), lambda s, b: F.normalize(s)):
    count = len(made(f)[2])
    for written in ("s", "b", *range(count)):
        for of in range(count):
            s, b, out = made(f)
            if not out[of].requires_grad:
                continue
            loss = out[of].sum()
            try:
                _ = {"s": s, "b": b}.get(written, out[written] if isinstance(written, int) else s).detach().mul_(1)
                loss.backward()
                print(written, of, "taken")
            except RuntimeError as e:
                print(written, of, "modified by an inplace" in str(e))

u, t = torch.ones(3).untyped_storage(), torch.ones(3).storage()
torch.tensor(u), torch.tensor(t), torch.tensor(u, dtype=torch.float32), torch.as_tensor(t), torch.as_tensor(u), torch.tensor(u, dtype=torch.uint8)
torch.tensor(torch.arange(3).storage())
torch.tensor(t, dtype=torch.int64)
torch.tensor(torch.arange(3).storage(), dtype=torch.int64)
y = torch.tensor(t)
y[0] = 7
list(t), torch.tensor([t, t])

x, y = torch.ones(3, requires_grad=True), torch.ones(3) * 2
torch.rsub(x, 2, 3), torch.rsub(x, 2, alpha=3), torch.rsub(x, y, alpha=3), torch.rsub(x, 2)
torch.rsub(x, y, 3)
torch.rsub(x, 2, 3).sum().backward()
x.grad

x = torch.ones(3, 1).expand(3, 3)
F.threshold_(x, 2., 7.), x, F.threshold(x, 8., 5., True), x, torch.threshold_(x, 4., 1.), nn.Threshold(6., 2., True)(x), x._version
F.hardtanh_(x)
torch.ones(1, requires_grad=True).expand(3).relu_()
""".strip().split("\n\n")
