"""Integers through windows, factors beyond int64, nodes of what is empty or padded around, formats that are None."""

PROGRAMS = r"""
for dtype in (torch.int64, torch.int32, torch.uint8, torch.bool):
    for n in (1, 2, 3):
        x = torch.arange(2 * 3 * 4 ** n).reshape((2, 3) + (4,) * n).to(dtype)
        w = torch.arange(9 * 2 ** n).reshape((3, 3) + (2,) * n).to(dtype)
        b = torch.arange(3).to(dtype)
        conv, back = getattr(F, f'conv{n}d'), getattr(F, f'conv_transpose{n}d')
        for f in (lambda: conv(x, w, b), lambda: conv(x, w, stride=2, padding=1), lambda: conv(x, w[:, :1], None, groups=3), lambda: conv(x, w, b, dilation=2),
                  lambda: back(x, w, b, stride=2), lambda: back(x, w, dilation=2), lambda: conv(x[:, :, :1].expand_as(x), w)):
            try:
                print(f())
            except Exception as e:
                print(type(e).__name__)

for dtype in (torch.int64, torch.int32, torch.uint8, torch.bool):
    for n in (1, 2, 3):
        x = torch.arange(2 * 3 * 4 ** n).reshape((2, 3) + (4,) * n).to(dtype)
        named = {name: getattr(F, f'{name}{n}d') for name in ('avg_pool', 'max_pool', 'adaptive_avg_pool', 'adaptive_max_pool')}
        for f in (lambda: named['avg_pool'](x, 2), lambda: named['avg_pool'](-7 + x, 3, 2, 1, True, False), lambda: named['max_pool'](x, 2), lambda: named['max_pool'](x, 2, return_indices=True),
                  lambda: named['adaptive_avg_pool'](x, 2), lambda: named['adaptive_avg_pool'](x, 1), lambda: named['adaptive_max_pool'](x, 2), lambda: F.lp_pool2d(x, 2, 2)):
            try:
                print(f())
            except Exception as e:
                print(type(e).__name__)

i, y, one = torch.arange(3), torch.ones(3), torch.arange(1, 2)[:, None]
for v in (2 ** 63, 2 ** 63 - 1, -2 ** 63, 2 ** 64 - 1, 2 ** 64, -2 ** 63 - 1):
    for f in (lambda: torch.add(i, i, alpha=v), lambda: torch.add(y, y, alpha=v), lambda: torch.sub(y, y, alpha=v), lambda: torch.rsub(y, y, alpha=v), lambda: torch.rsub(i, 1, alpha=v),
              lambda: torch.addmm(one, one, one, alpha=v) if v > 2 ** 63 else None, lambda: torch.addmm(one, one, one, beta=v) if v > 2 ** 63 else None, lambda: torch.addmm(one * 1., one * 1., one * 1., alpha=v),
              lambda: torch.baddbmm(one[None], one[None], one[None], alpha=v) if v > 2 ** 63 else None, lambda: torch.index_add(y, 0, i, y, alpha=v), lambda: torch.index_add(i, 0, i, i, alpha=v)):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)

for training in (True, False):
    for shape in ((0, 3), (0, 3, 4), (2, 3, 0)):
        z = torch.zeros(shape, requires_grad=True)
        w, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
        m, v = torch.zeros(3), torch.ones(3)
        r = F.batch_norm(z, m, v, w, b, training=training)
        print(r, r.grad_fn.name(), r.grad_fn.next_functions[1][0].name(), F.batch_norm(z, m, v, training=training).grad_fn.name())
        r.sum().backward()
        print(w.grad, b.grad, z.grad, m, v)
nn.BatchNorm1d(3)(torch.zeros(0, 3)), nn.BatchNorm2d(3)(torch.zeros(0, 3, 2, 2))

x = torch.arange(24.).view(1, 2, 3, 4).requires_grad_()
for pad in ((1, 2, 1, 0), (0, 2, 1, 0), (-1, 2, 0, -1), (0, 0, 0, 0), (4, 4, 3, 3)):
    x.grad = None
    y = F.pad(x, pad, mode='circular')
    (y * y).sum().backward()
    print(pad, y, x.grad, y.grad_fn.next_functions)
F.pad(x, (5, 0, 0, 0), mode='circular')
F.pad(x, (-5, 0, 0, 0), mode='circular')
F.pad(x, (1, 2), mode='circular')
F.pad(torch.arange(5)[None], (1, 2), mode='circular')
g, = torch.autograd.grad((F.pad(x, (1, 1, 1, 1), mode='circular') ** 3).sum(), x, create_graph=True)
torch.autograd.grad(g.sum(), x)

x = torch.rand(2, 3)
x.contiguous(memory_format=None)
x.contiguous(None)
x.is_contiguous(memory_format=None)
x.clone(memory_format=None).shape, torch.empty_like(x, memory_format=None).shape, x.to(torch.float64, memory_format=None).dtype
x.requires_grad_().__rdiv__(torch.ones(3)).grad_fn.name()

def of_two_orders(f, x):
    g, = torch.autograd.grad(f(x).sum(), x, create_graph=True)
    return g.detach(), g.requires_grad and torch.autograd.grad(g.sum(), x)
for size in ((1,), (3, 1), (1, 3)):
    x = torch.full(size, 2.0, requires_grad=True)
    print(of_two_orders(lambda x: x.prod(0), x), of_two_orders(lambda x: x.prod(-1), x), of_two_orders(lambda x: x.cumprod(-1), x))
of_two_orders(lambda x: x.prod(), torch.full((1, 1), 2.0, requires_grad=True))
""".strip().split("\n\n")
