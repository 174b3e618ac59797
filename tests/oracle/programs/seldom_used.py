"""Incomplete gamma functions, polynomials, windows of torch.signal, recurrent steps as functions, counts in boxes, segments."""

PROGRAMS = r"""
a, b = torch.tensor([0.5, 1., 2., 5., 0., 3., 0., 40.]), torch.tensor([0.1, 1., 3., 10., 1., 0., 0., 35.])
torch.igamma(a, b), torch.igammac(a, b), torch.special.gammainc(a, b), torch.special.gammaincc(a, b), torch.igamma(a.double(), b.double())
a.igamma(b), a.clone().igamma_(b), a.clone().igammac_(b), torch.igamma(a[:, None], b[:2]).shape, torch.igamma(torch.tensor([-1., float('inf'), 2.]), torch.tensor([1., 2., float('inf')]))
torch.igamma(a.long(), b.long())
x = torch.tensor([1., 2.], requires_grad=True)
y = torch.igamma(torch.tensor([1., 2.]), x)
y, torch.autograd.grad(y.sum(), x), torch.autograd.grad(torch.igammac(torch.tensor(2.), x).sum(), x)
torch.igamma(x, x).sum().backward()
a[:4].clone().polygamma_(1), (a + 2).mvlgamma_(2)

x = torch.tensor([-7., -1., 0., 0.3, 1., 4., 12.])
for name in ("erfcx", "bessel_j0", "bessel_j1", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "spherical_bessel_j0", "airy_ai", "bessel_y0", "bessel_y1"):
    f = getattr(torch.special, name)
    print(name, f(x), f(x.double()), f(torch.arange(3)), f(x.abs(), out=torch.empty(7)).shape, f(torch.tensor([True, False])), f(torch.empty(0, 2)).shape)
for name in ("airy_ai", "bessel_y0", "bessel_y1", "bessel_j0", "modified_bessel_i1", "scaled_modified_bessel_k0", "spherical_bessel_j0"):
    f = getattr(torch.special, name)
    for given in (x.half(), x.bfloat16(), 1.0):
        try:
            f(given)
        except (NotImplementedError, TypeError) as error:
            print(type(error).__name__, error)
    print(f(x.clone().requires_grad_()).grad_fn, f(x, out=torch.empty(7, dtype=torch.float64)).dtype)
for name in ("airy_ai", "bessel_y0", "bessel_y1"):
    f = getattr(torch.special, name)
    for dtype in (torch.float32, torch.float64):
        print(name, f(torch.tensor([0., -0., -1., -2.09, -2.1, -30., 1e-30, 1e-6, 2.09, 5., 5.0001, 8.4, 103.8, 104., 1e10, 1e300, float("inf"), -float("inf"), float("nan")], dtype=dtype)))
torch.special.airy_ai(x=x), torch.special.bessel_y0(input=x.abs())
torch.special.bessel_y0(x, out=torch.empty(7, dtype=torch.int64))
torch.special.bessel_y1(x.clone().requires_grad_()).sum().backward()
for name in ("chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"):
    f = getattr(torch.special, name)
    print(name, f(x, 3), f(0.5, torch.tensor([0., 1., 2., -1.])), f(x[:, None], torch.arange(3)).shape)

torch.nonzero_static(torch.tensor([0, 1, 1]), size=3), torch.tensor([0, 1, 1]).nonzero_static(size=1), torch.nonzero_static(torch.tensor([[0, 1], [1, 1]]), size=4, fill_value=9)
torch.nonzero_static(torch.tensor([0, 1, 1]))
torch.nonzero_static(torch.tensor([0, 1, 1]), size=-1)
torch.empty_permuted((2, 3), (1, 0)).stride(), torch.empty_permuted((2, 3, 4), (0, 2, 1), dtype=torch.int64).stride(), torch.empty_permuted((2, 3), (0, 1), requires_grad=True).is_leaf
torch.empty_permuted((2, 3), (0,))
torch.empty_permuted((2, 3), (0, 0))
torch.empty_permuted((2, 3), (0, 2))

x, h = torch.ones(1, 2), torch.zeros(1, 3)
wi, wh, bi = torch.full((3, 2), 0.1), torch.full((3, 3), 0.2), torch.full((3,), 0.3)
torch.rnn_tanh_cell(x, h, wi, wh, bi, bi), torch.rnn_relu_cell(x, h, wi, wh), torch.gru_cell(x, h, wi.repeat(3, 1), wh.repeat(3, 1), bi.repeat(3), bi.repeat(3))
torch.lstm_cell(x, (h, h), wi.repeat(4, 1), wh.repeat(4, 1), bi.repeat(4), bi.repeat(4))
torch.lstm_cell(x, h, wi, wh)
torch.gru_cell(x, h, wi, wh)
torch.rnn_tanh(x[None], h[None], [wi, wh, bi, bi], True, 1, 0., False, False, False)
torch.lstm(x[None], (h[None], h[None]), [wi.repeat(4, 1), wh.repeat(4, 1)], False, 1, 0., False, False, False)
torch.gru(x[None], torch.zeros(2, 1, 3), [wi.repeat(3, 1), wh.repeat(3, 1)] * 2, False, 1, 0., False, True, True)

p = torch.ones(2, requires_grad=True)
o = torch.optim.SparseAdam([p])
p.sum().backward()
o.step()
torch.optim.SparseAdam([p], lr=-1)
o, o.defaults
rows = torch.tensor([[0., 1.], [1., 0.], [2., 0.], [2., 2.]])
torch.histogramdd(rows, bins=[3, 3]), torch.histogramdd(rows, bins=[2, 2], range=[0., 1., 0., 1.], weight=torch.tensor([1., 2., 4., 8.]), density=True), torch.histogramdd(rows, [torch.tensor([0., 1., 3.]), torch.tensor([0., 2.])])
torch.histogramdd(torch.ones(3, 2), bins=2).bin_edges
torch.histogramdd(rows, bins=[3])
torch.histogramdd(rows[0], bins=3)
x = torch.arange(6.)
torch.segment_reduce(x, 'sum', lengths=torch.tensor([2, 4])), torch.segment_reduce(x, 'max', lengths=torch.tensor([1, 0, 5])), torch.segment_reduce(x.view(3, 2), 'mean', lengths=torch.tensor([1, 2])), torch.segment_reduce(x, 'min', offsets=torch.tensor([0, 2, 6]))
torch.segment_reduce(x.view(2, 3), 'prod', lengths=torch.tensor([[1, 2], [2, 1]]), axis=1), torch.segment_reduce(x, 'sum', lengths=torch.tensor([2, 3]), unsafe=True)
torch.segment_reduce(x, 'foo', lengths=torch.tensor([2, 4]))
torch.segment_reduce(x, 'sum', lengths=torch.tensor([2, 3]))
torch.segment_reduce(x, 'sum')
y = x.clone().requires_grad_()
torch.autograd.grad(torch.segment_reduce(y, 'mean', lengths=torch.tensor([2, 4])).sum(), y)

from torch.signal import windows as w
w.hann(5), w.hamming(5), w.bartlett(5), w.blackman(5), w.kaiser(5), w.cosine(5), w.exponential(5), w.gaussian(5), w.nuttall(5), w.general_cosine(5, a=[0.5, 0.3]), w.general_hamming(5)
[getattr(w, name)(7, sym=False) for name in ("hann", "hamming", "bartlett", "blackman", "kaiser", "cosine", "exponential", "gaussian", "nuttall", "general_hamming")]
w.kaiser(5, beta=3., sym=False), w.exponential(5, tau=2., center=0, sym=False), w.gaussian(5, std=0.5, dtype=torch.float64), w.hann(0), w.hann(1), w.hann(3, requires_grad=True)
w.hann(-1)
w.hann(5, dtype=torch.int64)
w.exponential(5, tau=-1.)
w.general_cosine(5, a=0.5)
w.hann(5.0)

nan = float("nan")
x = torch.tensor([[nan, 1.], [nan, 1.], [2., 3.], [2., 3.], [0., 5.]])
x[:3].unique(dim=0), x[2:].unique(dim=0, return_inverse=True, return_counts=True), x[:3].unique(dim=0, return_inverse=True, return_counts=True), x[3:].t().unique(dim=1)
torch._unique(torch.tensor([3, 1, 3]), return_inverse=True), torch._unique2(torch.tensor([3, 1, 3]), return_counts=True), torch._unique2(x)
torch.isposinf(x, out=torch.empty(5, 2))
torch.signbit(x, out=torch.empty(5, 2))
torch.isneginf(x, out=torch.empty(5, 2, dtype=torch.bool)).any()
torch.ones(2, 3).count_nonzero(None), torch.ones(2, 3).count_nonzero(1), torch.ones(2, 3).count_nonzero(0, 1)

def order(*size):
    x = torch.ones(size).to(memory_format=torch.channels_last)
    print(size, F.batch_norm(x, None, None, training=True).stride(), F.batch_norm(x, torch.zeros(size[1]), torch.ones(size[1])).stride(), F.group_norm(x, 1).stride())
for size in (2, 3, 4, 4), (2, 1, 4, 4), (2, 3, 1, 1), (1, 3, 4, 4):
    order(*size)

m = torch.nn.utils.spectral_norm(nn.Linear(3, 2))
stored = m.state_dict()
stored._metadata[""] = {"version": 1}
m.load_state_dict(stored)
stored["weight"] = m.weight.detach().clone()
v = stored.pop("weight_v")
m.load_state_dict(stored)
torch.allclose(m(torch.ones(3)), F.linear(torch.ones(3), stored["weight"], m.bias), atol=1e-5) if "weight" in stored else 0
del stored["weight_u"]
m.load_state_dict(stored)
torch.nn.utils.remove_spectral_norm(m)

x = torch.tensor([-60., -7.5, -1., -0., 1e-30, .3, 8., 8.5, 90., float("inf"), float("nan")] + [k / 7 for k in range(60)])
[getattr(torch.special, name)(x.to(dtype)).tolist() for name in ("i0", "i0e", "i1", "i1e") for dtype in (torch.float32, torch.float64)]
y = torch.tensor([-3., 0., 2.], dtype=torch.float64, requires_grad=True)
[torch.autograd.grad(getattr(torch.special, name)(y).sum(), y)[0].tolist() for name in ("i0", "i0e", "i1", "i1e")], torch.special.i1e(y)

from torch.autograd import profiler
with profiler.emit_itt() as told, profiler.emit_nvtx(enabled=False) as none:
    print(type(told).__name__, none)
profiler.emit_nvtx().__enter__()
""".strip().split("\n\n")
