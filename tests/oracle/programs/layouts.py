"""Memory order of results whose operands are laid out in another than row-major order: strides tell."""

PROGRAMS = """
import itertools
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
def orders(x): return [laid(x, order) for order in itertools.permutations(range(x.dim()))]
cubes = orders(torch.arange(24.0).view(2, 3, 4))
for x in cubes:
    for d in range(3): print(x.sort(d)[0].stride(), x.sort(dim=d, stable=True)[1].stride(), x.argsort(d).stride(), x.topk(1, d)[1].stride(), x.kthvalue(1, d)[0].stride(), x.median(d)[0].stride(), x.cummax(d)[0].stride())
for x in cubes: print(x.msort().stride(), x[:, ::2].sort(0)[0].stride(), x[:1].sort(2)[1].stride(), x.t().sort(0)[0].stride() if x.dim() == 2 else "")
x = torch.arange(4.0).expand(3, 4)
x.sort(0)[0].stride(), x.t().sort(0)[1].stride(), x.sort(1, descending=True)[0].tolist()

import itertools
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
def orders(x): return [laid(x, order) for order in itertools.permutations(range(x.dim()))]
i, j, m = torch.tensor([1, 0]), torch.tensor([[0, 1], [1, 0]]), torch.tensor([True, False, True])
everything = slice(None)
places = [([1, 0],), (i,), (everything, i), (everything, everything, i), (i, i), (i, everything, i), (everything, i, i), (j,), (everything, j), (0, i), (i, 0), (everything, m), (None, i), (i, None), (..., i), (slice(0, 1), i),
          (slice(None, None, 2), everything, i), (j.t(),), (everything, j.t()), (j.t(), j), (i[:1],), (everything, i[:1]), (i[:1], everything, i[:1])]
for x in orders(torch.arange(24.0).view(2, 3, 4)):
    for at in places:
        if at[0] is not j: print(x[at].stride(), x[at].is_contiguous(), x[at].sum())
for y in orders(torch.arange(120.0).view(2, 3, 4, 5)): print(y[:, [0, 1]].stride(), y[[0], :, [1]].stride(), y[:, :, [0, 1], [1, 2]].stride(), y.index_select(1, i).stride(), y[..., j].stride())
x = torch.arange(4.0).expand(3, 4)
x[[0, 2]].stride(), x[:, [0, 2]].stride(), x.t()[[1, 1]].stride()
w = torch.arange(6.0).view(2, 3).t().requires_grad_()
y = w[[2, 0]]
y.stride(), y.grad_fn.name()
y.mul(torch.arange(4.0).view(2, 2)).sum().backward()
w.grad

import itertools
F = torch.nn.functional
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
def orders(x): return [laid(x, order) for order in itertools.permutations(range(x.dim()))]
for x, b in zip(orders(torch.arange(24.0).view(2, 3, 4)), orders(torch.arange(30.0).view(2, 3, 5))):
    print(x.put(torch.tensor([1]), torch.tensor([2.0])).stride(), x.bernoulli(0.5).stride(), (x / 24).bernoulli().stride(), F.rms_norm(x, (4,)).stride(), F.interpolate(x, scale_factor=2).stride())
    print(torch.baddbmm(b, x, torch.ones(2, 4, 5)).stride(), torch.addbmm(b[0], x, torch.ones(2, 4, 5)).stride(), torch.baddbmm(x[:, :, :1].expand(2, 3, 5), x, torch.ones(2, 4, 5)).stride())
    torch.manual_seed(1)
    print((x / 24).bernoulli().tolist(), torch.bernoulli(x / 24, out=torch.empty_like(x)).tolist(), torch.empty_like(x).bernoulli_(x / 24).tolist())
for y in orders(torch.arange(120.0).view(2, 3, 4, 5)): print(F.channel_shuffle(y, 3).stride(), F.interpolate(y, scale_factor=2, mode="bilinear").stride(), F.max_pool2d(y, 2).stride(), F.pad(y, (1, 1)).stride())

flat = torch.arange(120.0).view(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
deep = torch.arange(240.0).view(2, 3, 2, 4, 5).contiguous(memory_format=torch.channels_last_3d)
for d in range(5): print(torch.stack([flat, flat], d).stride(), torch.stack([deep, deep], d).stride(), torch.stack([flat], d).stride(), torch.stack([flat[:, :, :1, :1], flat[:, :, :1, :1]], d).stride())
for d in range(4): print(torch.stack([flat, flat.contiguous()], d).stride(), torch.stack([flat[:, :, ::2], flat[:, :, 1::2]], d).stride(), torch.stack([flat, flat * 2.0], d).tolist())
torch.stack([flat, flat.double()], 1).stride(), torch.stack([flat, flat], 1, out=torch.empty(0)).stride()
x = flat.clone().requires_grad_()
(torch.stack([x, x * 2], 1) * torch.arange(2.0).view(1, 2, 1, 1, 1)).sum().backward()
x.grad.sum(), x.grad.stride()

F = torch.nn.functional
flat = torch.arange(120.0).view(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
deep = torch.arange(240.0).view(2, 3, 2, 4, 5).contiguous(memory_format=torch.channels_last_3d)
for x in (flat, flat.contiguous(), flat[0], flat[:, :, ::2], flat[:1].expand(2, 3, 4, 5), flat[:, :1], flat.transpose(1, 2)):
    for n in (1, 2, (None, 1)): print(F.adaptive_avg_pool2d(x, n).stride(), F.adaptive_max_pool2d(x, n).stride(), F.adaptive_avg_pool2d(x, n).sum())
for x in (deep, deep.contiguous(), deep[0], deep[:, :, :, ::2], deep[:, :1], deep[:, :, :1]):
    for n in (1, 2, (None, 1, 1)): print(F.adaptive_avg_pool3d(x, n).stride(), [r.stride() for r in F.adaptive_max_pool3d(x, n, return_indices=True)], F.adaptive_avg_pool3d(x, n).sum())
    print(F.avg_pool3d(x, 1).stride(), F.avg_pool3d(x, (1, 2, 2)).stride())
for x in (deep, deep.contiguous(), deep[:, :, :, ::2]): print(F.max_pool3d(x, (1, 2, 2)).stride())
for x in (flat[0], flat[0].transpose(0, 1), flat[:, :, 0], flat[0, 0]): print(F.adaptive_avg_pool1d(x, 1).stride(), F.adaptive_avg_pool1d(x, 2).stride())
for x, pool in ((flat, F.adaptive_avg_pool2d), (deep, F.adaptive_avg_pool3d), (flat.contiguous(), F.adaptive_avg_pool2d)):
    x = x.clone().requires_grad_()
    y = pool(x, 1)
    print(y.grad_fn.name(), y.grad_fn.next_functions[0][0].name(), y._is_view(), y._version)
    (y * torch.arange(3.0).view(1, 3, *[1] * (x.dim() - 2))).sum().backward()
    print(x.grad)
x = flat.clone().requires_grad_()
F.adaptive_avg_pool2d(x, 1).flatten(1).square().sum().backward()
x.grad[0, :, 0, 0]

import itertools
F = torch.nn.functional
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
def orders(x): return [laid(x, order) for order in itertools.permutations(range(x.dim()))]
cubes = orders(torch.arange(24.0).view(2, 3, 4) / 7 - 1.5)
flats = [laid(torch.arange(120.0).view(2, 3, 4, 5) / 37 - 1.5, order) for order in ((0, 1, 2, 3), (0, 2, 3, 1), (1, 0, 2, 3), (3, 2, 1, 0))]
deep = laid(torch.arange(240.0).view(2, 3, 2, 4, 5) / 77 - 1.5, (0, 2, 3, 4, 1))
gaps = [torch.arange(12.0)[::2], torch.arange(24.0).view(3, 8)[:, ::2], torch.arange(24.0).view(2, 3, 4)[:, :, ::2], flats[1][:, :, ::2]]
for x in (*cubes, *flats, deep, *gaps, torch.arange(4.0).expand(3, 4)):
    print((2 ** x).stride(), (2.5 ** x).stride(), torch.pow(2, x).stride(), torch.float_power(2, x).stride(), (x ** 2).stride(), (x ** x).stride(), F.logsigmoid(x).stride(), F.softplus(x).stride())
    torch.manual_seed(1)
    print(F.rrelu(x).stride(), F.rrelu(x, training=True).stride(), F.rrelu(x.clone(), inplace=True).stride(), F.gumbel_softmax(x).sum(), F.gumbel_softmax(x, hard=True).stride(), F.gumbel_softmax(x).stride())
    whole = (x * 9).long()
    print(torch.gcd(whole, whole + 1).stride(), torch.lcm(whole, whole[..., :1]).stride(), torch.nextafter(x, x + 1).stride(), torch.nextafter(x, torch.tensor(1.0)).stride(), [r.stride() for r in torch.frexp(x)], torch.special.zeta(2, x.abs() + 1).stride())
    print(torch.roll(x, 1).stride(), torch.roll(x, 1, 0).stride(), torch.roll(x, (1, 1), (0, -1)).stride(), F.pad(x, (0, 0)).stride(), F.pad(x, (0, 1)).stride(), F.rms_norm(x, x.shape[-1:]).stride(), F.rms_norm(x, x.shape[-1:], torch.ones(x.shape[-1:])).stride())
    print(torch.select_scatter(x, torch.zeros_like(x.select(0, 0)), 0, 0).stride(), torch.slice_scatter(x, torch.zeros_like(x[:1]), 0, 0, 1).stride(), torch.slice_scatter(x, torch.zeros_like(x[:1]), 0, 0, 1)._is_view())
    print(torch.view_copy(x, (-1,)).stride(), torch.view_copy(x, (-1,))[:3])
for x in (*cubes, *flats, *gaps[1:]): print(torch.diagonal_scatter(x, torch.zeros_like(x.diagonal()), 0).stride())
for x in (*cubes, *flats): print(F.pixel_shuffle(x, 1).stride(), F.pixel_unshuffle(x, 1).stride(), F.pixel_shuffle(x, 1).data_ptr() == x.data_ptr())
for x in cubes:
    print(F.max_pool1d(x, 2).stride(), [r.stride() for r in F.max_pool1d(x, 2, return_indices=True)], F.max_pool1d(x.clone().requires_grad_(), 2).stride(), F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2).stride())
w = torch.arange(24.0).view(2, 4, 3).transpose(1, 2).requires_grad_()
y = torch.slice_scatter(w, torch.ones(1, 3, 4), 0, 0, 1) + F.logsigmoid(w) + 2 ** w + torch.roll(w, 1, 0)
y.stride(), type(y.grad_fn).__name__
y.sum().backward()
w.grad

torch.tensordot(torch.tensor(1.0), torch.tensor(1.0), ([0], [0]))
torch.tensordot(torch.ones(2), torch.ones(2), ([5], [5]))
torch.slice_copy(torch.tensor(1.0), 0, 0, 1)
torch.unique(torch.tensor(1.0), dim=0)
torch.quantile(torch.tensor(1.0), torch.tensor([0.2, 0.5]), 1)
torch.quantile(torch.tensor(1.0), torch.tensor([0.2, 0.5]), 0)

F = torch.nn.functional
one = torch.arange(120.0).view(2, 3, 4, 5)[:, :1].contiguous(memory_format=torch.channels_last)
flat = torch.arange(120.0).view(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
thin = flat[:, :, :1, :1]
for x in (one, flat, thin, one.contiguous(memory_format=torch.contiguous_format)):
    print(F.interpolate(x, scale_factor=2).stride(), F.interpolate(x, scale_factor=2, mode="bilinear").stride(), F.interpolate(x, size=2, mode="bilinear", antialias=True).stride(), F.channel_shuffle(x, 1).stride(), F.pixel_shuffle(x, 1).stride(), F.rms_norm(x, x.shape[-1:]).stride())
for x in (one, flat): print(F.pad(x, (1, 1, 1, 1), mode="reflect").stride(), F.pad(x, (1, 1, 1, 1), mode="replicate").stride(), torch.cat([x, x]).stride(), torch.cat([x, x], 1).stride())
w = flat.clone().requires_grad_()
F.pad(w, (1, 1, 1, 1), mode="reflect").grad_fn.name(), F.pad(w, (1, 1, 1, 1), mode="replicate").grad_fn.name(), F.pad(w[0], (1, 1, 1, 1), mode="reflect").grad_fn.name()
F.pad(w, (1, 2, 0, 1), mode="reflect").square().sum().backward()
w.grad.sum(), w.grad.stride()
for lay in (flat, flat.contiguous()):
    for grid in (torch.zeros(2, 4, 4, 2), torch.zeros(2, 2, 4, 4).permute(0, 2, 3, 1), torch.zeros(2, 4, 4, 2).transpose(1, 2)): print([F.grid_sample(lay, grid, mode, align_corners=False).stride() for mode in ("bilinear", "nearest", "bicubic")])
values, places = F.max_pool2d(flat, 2, return_indices=True)
for v in (values, values.contiguous()):
    for p in (places, places.contiguous()): print(F.max_unpool2d(v, p, 2).stride())
F.threshold(torch.arange(12).view(3, 4).t(), 3, -2).stride()
torch.normal(1.5, 0.0, (2, 2), dtype=torch.float64, layout=torch.strided, device="cpu", pin_memory=False)

F = torch.nn.functional
def laid(x, order): return x.permute(order).contiguous().permute([order.index(i) for i in range(x.dim())])
a, b = laid(torch.arange(1, 25).view(2, 3, 4), (0, 2, 1)), laid(torch.arange(2, 26).view(2, 3, 4), (2, 0, 1))
for x, y in ((a, b), (b, a), (a, b[0]), (a[0], b), (a.contiguous(), b), (a[:, ::2], b[:, 1:2]), (a, torch.tensor(6)), (torch.tensor(6), b)):
    print(torch.gcd(x, y).stride(), torch.lcm(x, y).stride(), [torch.nextafter(x.to(d), y.to(d)).stride() for d in (torch.float32, torch.float64, torch.bfloat16)], torch.gcd(x, y).sum(), torch.lcm(x, y).sum())
deep = torch.arange(240).view(2, 3, 2, 4, 5).contiguous(memory_format=torch.channels_last_3d)
for dtype in (torch.float32, torch.float64, torch.int64):
    x, w = deep.to(dtype), torch.ones(4, 3, 1, 2, 2).to(dtype).contiguous(memory_format=torch.channels_last_3d)
    for x, w in ((x, w), (x.contiguous(), w), (x, w.contiguous())): print(F.conv3d(x, w).stride() if dtype.is_floating_point else "", F.conv_transpose3d(x, w.transpose(0, 1)).stride(), F.conv_transpose3d(x, w.transpose(0, 1)).sum())
values, places = F.max_pool3d(deep.float(), (1, 2, 2), return_indices=True)
for v in (values, values.contiguous()):
    for p in (places, places.contiguous()): print(F.max_unpool3d(v, p, (1, 2, 2)).stride())

F = torch.nn.functional
for n, conv, last in ((2, F.conv2d, torch.channels_last), (3, F.conv3d, torch.channels_last_3d)):
    for dtype in (torch.float32, torch.float64):
        for both in (False, True):
            x, w = torch.ones(2, 3, *[4] * n, dtype=dtype), torch.ones(5, 3, *[3] * n, dtype=dtype)
            x, w = [t.contiguous(memory_format=last).requires_grad_() if both else t.requires_grad_() for t in (x, w)]
            y = conv(x, w)
            print(y.stride(), [t.stride() for t in torch.autograd.grad(y.sum(), [x, w], retain_graph=True)][1:], [t.stride() for t in torch.autograd.grad(y, [x, w], torch.ones_like(y).contiguous(memory_format=last))])
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 2)).to(memory_format=torch.channels_last)
seen = []
net[1].register_full_backward_hook(lambda m, given, got: seen.append((given[0].stride(), got[0].stride())))
x = torch.arange(150.0).view(2, 3, 5, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
net(x).square().sum().backward()
seen, x.grad.stride(), [p.grad.stride() for p in net.parameters()]

F = torch.nn.functional
flat = torch.arange(120.0).view(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
deep = torch.arange(240.0).view(2, 3, 2, 4, 5).contiguous(memory_format=torch.channels_last_3d)
for x, pool in ((flat, F.max_pool2d), (deep, F.max_pool3d), (flat[0], F.max_pool1d)):
    for w in (x, x.contiguous()):
        w = w.clone().requires_grad_()
        y = pool(w, 1)
        print(torch.autograd.grad(y, w, torch.ones(y.shape))[0].stride(), w.shape)
""".strip().split("\n\n")
