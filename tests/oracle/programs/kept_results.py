"""Results of several tensors written to before the gradient of one of them; tensors made of storages; rsub; threshold of what is expanded; numbers that nodes show."""

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

x, y = torch.arange(12.).view(3, 4).requires_grad_(), torch.ones(3, 4, requires_grad=True)
c, w = torch.arange(20.).view(1, 4, 5).requires_grad_(), torch.ones(2, 4, 3, requires_grad=True)
named = {"var": x.var(0, keepdim=True), "std": x.std(1, correction=0), "unfold": x.unfold(0, 2, 1), "diagonal": x.diagonal(1), "flip": x.flip(0), "rot90": x.rot90(), "split": x.split(2)[0], "unbind": x.unbind(1)[0],
         "rsub": torch.rsub(x, y, alpha=3), "rsub1": 2 - x, "sub": torch.sub(x, y, alpha=2), "max": x.max(0)[0], "min": x.min(1, True)[0], "cummax": x.cummax(0)[0], "norm": x.norm(3, 0), "norms": x.norm(),
         "logsumexp": x.logsumexp(0), "nansum": x.nansum(), "scatter": x.scatter(0, torch.zeros(1, 4, dtype=torch.int64), 1.), "index_add": x.index_add(0, torch.tensor([0]), y[:1], alpha=2), "addmm": torch.addmm(x[:, :3], x, y.t(), beta=2, alpha=3),
         "addcmul": torch.addcmul(x, y, y, value=2), "lerp": torch.lerp(x, y, 0.5), "hardtanh": F.hardtanh(x), "hardshrink": F.hardshrink(x), "softshrink": F.softshrink(x), "threshold": F.threshold(x, 0., 1.),
         "celu": F.celu(x), "smooth": F.smooth_l1_loss(x, y), "huber": F.huber_loss(x, y, reduction="sum"), "bce": F.binary_cross_entropy_with_logits(x, y), "conv": F.conv1d(c, w, stride=2, padding=1), "conv2": F.conv2d(c[None], w[None].permute(1, 2, 0, 3)[:, :1]),
         "max_pool": F.max_pool2d(c, 2, padding=1), "avg_pool": F.avg_pool2d(c, 2), "pad": F.pad(x, (1, 2)), "trace": x[:, :3].trace()}
shown = ("dim", "keepdim", "correction", "dimension", "size", "step", "offset", "dim1", "dim2", "dims", "k", "alpha", "beta", "value", "weight", "min_val", "max_val", "lambd", "threshold", "reduction", "delta", "groups", "stride", "padding", "dilation", "transposed", "kernel_size", "pad", "self_sym_sizes", "mat1_sym_sizes", "ord", "input")
for name, made in named.items():
    for of in shown:
        seen = getattr(made.grad_fn, "_saved_" + of, None)
        if seen is not None and not (name.endswith("pool") and of == "stride"):
            print(name, of, tuple(seen.shape) if isinstance(seen, torch.Tensor) else seen)
""".strip().split("\n\n")
