"""Searches in rows in no order, factorizations and their nodes, integrals, recurrent outputs, what `out=` and weights refuse, copies of views."""

PROGRAMS = r"""
torch.searchsorted(torch.tensor([3.0, 1.0, 2.0]), torch.tensor([0.0, 1.0, 2.0, 2.5, 3.0]))
torch.searchsorted(torch.tensor([5, 1, 3, 4, 2, 0]), torch.arange(7), right=True)
torch.bucketize(torch.arange(7.0), torch.tensor([5.0, 1.0, 9.0, float("nan"), 2, 0]))
torch.searchsorted(torch.tensor([1.0, float("nan"), float("nan")]), torch.tensor([0.5, 2.0, float("nan")]))

x = torch.rand(6)
torch.pow(2, x[:3], out=x[1:4])
torch.pow(x[:3], 2, out=x[1:4])
torch.clamp(x[:3], 0, out=x[1:4])
torch.isposinf(x, out=torch.empty(6))
torch.signbit(x, out=torch.empty(6))
torch.isin(x, x, out=torch.empty(6))
torch.frexp(x, out=(torch.empty(6), torch.empty(6, dtype=torch.int64)))
torch.histogram(x, 3, weight=torch.ones(6, dtype=torch.float64))
torch.histogram(torch.tensor([1.0, float("nan")]), 2)
torch.kron(x, 3)
torch.xlogy(2, 3)
torch.block_diag(x, x).shape
torch.arange(0, -1, 0, dtype=torch.int64)
torch.baddbmm(x.view(2, 3), x.view(2, 3), x.view(2, 3))
torch.addbmm(x, x, x)
x.view(2, 3).index_fill(0, torch.tensor([0.0]), torch.ones(2))

for weights in ({"fweights": torch.ones(5, 5)}, {"fweights": torch.ones(5)}, {"fweights": torch.ones(1, dtype=torch.int64)}, {"aweights": -torch.ones(5)}, {"aweights": torch.ones(5, dtype=torch.int64)}): torch.cov(torch.ones(5), **weights)
torch.cov(torch.tensor([True, False]))
torch.cov(torch.tensor([[1.0, 2.0, 4.0], [3.0, 1.0, 0.0]]), fweights=torch.tensor([1, 2, 1]), aweights=torch.tensor([0.5, 1.0, 2.0]))

x = torch.arange(27.0).reshape(3, 3, 3)
[t.stride() for t in x.kthvalue(2, 1, True)], [t.stride() for t in x.median(1, True)], [t.stride() for t in x.nanmedian(0, True)]

a = torch.tensor([[2.0, 0.5], [0.5, 1.0]], requires_grad=True)
torch.autograd.grad(torch.cholesky(a, upper=True).sum(), a)
torch.autograd.grad(torch.linalg.cholesky(a).sum(), a)
torch.autograd.grad(torch.linalg.eigvalsh(a, UPLO="U").square().sum(), a)
torch.linalg.cholesky(a, upper=True)
torch.linalg.cond(a), torch.linalg.multi_dot([a, a, a]), torch.linalg.vander(a[0]), torch.linalg.vecdot(a[0], a[1]), torch.linalg.lstsq(a, a).solution.grad_fn.name()
torch.linalg.norm(a, float("inf"), keepdim=True), torch.linalg.norm(a, "nuc", keepdim=True), torch.linalg.matrix_norm(a, 1)
torch.linalg.qr(torch.ones(2, 3, requires_grad=True))[1].grad_fn.name()
torch.matrix_exp(torch.zeros(2, 2, dtype=torch.float16))
torch.cholesky_inverse(a.tril()), torch.cholesky_solve(a, a.tril())
torch.quantile(a, 0.5), torch.nanquantile(a, torch.tensor([0.25, 0.75]), dim=0), torch.tensor(1.0, requires_grad=True).mode()
torch.special.ndtr(a), torch.angle(a), torch.mvlgamma(a + 1, 2)
torch.special.ndtri(a / 3), torch.special.ndtri(torch.tensor([0, 1, 2])), torch.autograd.grad(torch.special.ndtri(a / 3).sum(), a)
torch.special.ndtri(torch.ones(2).half())
torch.special.ndtri(0.5)
torch.special.ndtri(torch.tensor([0.001, 1e-30, 0.87, 0.999]), out=torch.empty(4)), torch.special.log_ndtr(torch.tensor([-30.0, -2.0, 0.5, 6.0]))

y = torch.tensor([[1.0, 2.0, 4.0], [0.0, 3.0, -1.0]], requires_grad=True)
torch.trapezoid(y), torch.trapezoid(y, dx=0.3), torch.trapezoid(y, torch.tensor([0.0, 1.0, 3.0])), torch.trapezoid(y, dim=0)
torch.cumulative_trapezoid(y), torch.cumulative_trapezoid(y, dx=0.3), torch.cumulative_trapezoid(y, torch.tensor([0.0, 1.0, 3.0]))
torch.trapezoid(torch.tensor([200, 100, 7], dtype=torch.uint8)), torch.trapezoid(torch.ones(0, dtype=torch.int64))
torch.cumulative_trapezoid(torch.tensor([200, 100, 7], dtype=torch.uint8), torch.tensor([0, 100, 7], dtype=torch.uint8))

for dtype in (torch.float16, torch.bfloat16, torch.float32): torch.nextafter(torch.tensor([1.0, 0.0, -2.0, float("inf")], dtype=dtype), torch.tensor([0.0, -1.0, -2.0, 0.0], dtype=dtype))
x = torch.tensor([1.0, 2.0], requires_grad=True)
torch.autograd.grad(torch.nextafter(x, torch.tensor([1.0, 5.0])).sum(), x)

x = torch.tensor([[300.0, 2.0, 1.0], [1e-4, 2e-4, 1e-4]], dtype=torch.float16, requires_grad=True)
F.rms_norm(x, (3,)), F.rms_norm(x, (3,), torch.tensor([1.5, 2.0, 3.0], dtype=torch.float16))
F.interpolate(x[None, None], (3, 5), mode="bicubic", align_corners=True)
F.interpolate(torch.arange(0, 240, 15, dtype=torch.uint8).reshape(1, 1, 4, 4), (2, 3), mode="bilinear", align_corners=True)
F.interpolate(torch.ones(1, 1, 2, 2, dtype=torch.int64), 3)
torch.renorm(x.detach(), 2, 0, 1.0)
torch.histc(torch.tensor([0.5, 1.5, 7.25, 9.0], dtype=torch.bfloat16), 10, 0, 10)
x = torch.ones(4, dtype=torch.float16).index_reduce(0, torch.tensor([0, 0, 2]), torch.tensor([0.1, 0.7, 3.0], dtype=torch.float16), "mean"); x
for how in ("mean", "prod"): torch.full((4,), 3.0, dtype=torch.bfloat16).index_reduce_(0, torch.tensor([0, 0, 2], dtype=torch.int32), torch.tensor([0.1, 0.7, 3.0], dtype=torch.bfloat16), how, include_self=False)

x = torch.ones(2, 3, 2)
for layer in (nn.RNN, nn.GRU, nn.LSTM):
    for options in ({}, {"batch_first": True}, {"bidirectional": True}): print(layer(2, 3, **options)(x)[0].grad_fn.name())
nn.RNNCell(2, 3)(x[0]).grad_fn.name(), nn.GRUCell(2, 3)(x[0]).grad_fn.name(), [t.grad_fn.name() for t in nn.LSTMCell(2, 3)(x[0])]
nn.LSTM(2, 3, proj_size=2)(x)[0].grad_fn.name(), nn.RNNCell(2, 3, nonlinearity="relu")(x[0]).grad_fn.name()
packed = nn.utils.rnn.pack_sequence([torch.ones(3, 2), torch.ones(2, 2)])
nn.GRU(2, 3)(packed)[0].data.grad_fn.name()

a = torch.arange(6.0).reshape(2, 3).requires_grad_()
torch.view_copy(a, (3, 2)), torch.unsafe_split(a, 1), torch.squeeze_copy(a), torch.squeeze_copy(a, 0), torch.narrow_copy(a, 0, 0, 1)
torch.expand_copy(torch.ones(1), (3,)), torch.t_copy(a), torch.diagonal_copy(a), torch.unbind_copy(a), torch.slice_copy(a, 1, 0, 2)
x, y = a.unsafe_chunk(2); x.add_(1); a
o = torch.empty(0); torch.diagonal_copy(a.detach(), out=o); o
torch.symeig(a)
a.reinforce(1)
nn.DataParallel(nn.Linear(1, 1))
with torch.autocast("cpu", enabled=False): print(a @ a.t())
torch.autocast("foo")
scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
scaler.scale(a.sum()), scaler.get_scale(), scaler.state_dict()
""".strip().split("\n\n")
