"""Which of several errors comes first, what has no derivative and when it says so, halves that PyTorch rounds between passes."""

PROGRAMS = r"""
for dtype in (torch.uint8, torch.int64, torch.bool):
    x = torch.tensor([[1, 0, 1, 1]]).to(dtype)
    ends = torch.tensor([0, 1]).to(dtype)
    for f in (lambda: F.glu(x, 9), lambda: F.glu(x[:, :3]), lambda: F.glu(x[0, 0]), lambda: F.glu(x), lambda: F.kl_div(x, x), lambda: F.kl_div(x.float(), x), lambda: F.max_pool1d(x[0, 0], 2),
              lambda: F.max_pool1d(x, 2), lambda: F.prelu(x, x[0, :1]), lambda: F.prelu(x, x[0, :2]), lambda: F.prelu(x, x), lambda: F.hardtanh(x), lambda: F.hardtanh(x, 0, 2), lambda: F.relu6(x),
              lambda: x.argmax(7), lambda: x.argmin(7), lambda: x.argmax(1), lambda: torch.isin(x, x), lambda: torch.isin(x, 1.), lambda: x.renorm(2, 9, 1), lambda: F.batch_norm(x[0], None, None, training=True),
              lambda: F.batch_norm(x[0].float(), x[0].float(), x[0].float()), lambda: F.rms_norm(x, (4,)), lambda: F.rms_norm(x, (3,)), lambda: F.rms_norm(x, (3, 1, 4)), lambda: F.group_norm(x, 2),
              lambda: F.multi_margin_loss(x, x[:, 0]), lambda: F.hinge_embedding_loss(x, x), lambda: F.hinge_embedding_loss(x.float(), x.float()), lambda: F.soft_margin_loss(x, x),
              lambda: F.binary_cross_entropy(x, x), lambda: F.pad(x, (1, 1), 'reflect'), lambda: F.pad(x, (1, 1), 'replicate'), lambda: F.pad(x, (1, 1), 'circular'), lambda: torch.cross(x[:, :3], x[:, :3], dim=1),
              lambda: torch.trapz(x), lambda: torch.trapezoid(x.float(), x), lambda: torch.bucketize(x, ends), lambda: torch.bucketize(x, ends.float()), lambda: torch.searchsorted(x, x), lambda: torch.searchsorted(x.int(), x),
              lambda: F.nll_loss(x[0].float(), x[0]), lambda: F.nll_loss(x[0].float(), x[0].float()), lambda: F.nll_loss(x[0].float(), x[0, 1:]), lambda: x[0, 0].mode(-2), lambda: x[0, 0].mode(3), lambda: x[0, 0].mode(-1)):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)

x = torch.tensor([[3., 1., 2.], [6., 5., 4.]])
for places, dim in (([[5, 1, 0]], 0), ([[-1, -7, 2]], -2), ([[0, 3], [1, -4]], 1), ([[1, 9]], -1)):
    print(x.take_along_dim(torch.tensor(places), dim))
x.take_along_dim(torch.tensor([5, -6]))
x.take_along_dim(torch.tensor([6]))
x[:, :0].take_along_dim(torch.tensor([[0]]), 1)

for f in (lambda a: 0.5 // a, lambda a: a // 2, lambda a: 3 % a, lambda a: a * 1):
    a, b = torch.tensor([1., 2.], requires_grad=True), torch.tensor(2.5, requires_grad=True)
    step = f(a)
    total = sum((t * t).sum() for t in (a, b, step))
    try:
        total.backward()
    except RuntimeError:
        print('refused')
    print(b.grad, a.grad, type(step.grad_fn).__name__)
print((0.5 // a).grad_fn._sequence_nr() > 1 << 60, b.double().grad_fn.next_functions[0][0]._sequence_nr() > 1 << 60)

for dim in (0, -1, 1, -2):
    try:
        print(torch.tensor(2.).quantile(0.5, dim), torch.tensor(2.).quantile(torch.tensor([0.5, 0.2]), dim, keepdim=True))
    except IndexError:
        print('IndexError')
y = torch.tensor([1., 2., 4.])
y.quantile(0.3, 0)._version, y.quantile(0.3, interpolation='lower')._version, torch.isclose(y, y)._version, torch.isclose(y, y, equal_nan=True)._version, torch.isclose(y, y, 0, 0)._version
z = torch.tensor([[1, 2, 1], [3, 4, 3]])
for dim in (0, 1, -1, None):
    u = z.unique(dim=dim)
    print(u, u.stride(), u._is_view(), u._version, torch.isin(z, 1)._is_view())

torch.manual_seed(0)
for dtype in (torch.float16, torch.bfloat16):
    for n in (3, 5, 17, 40, 1100):
        for m in (2, 5, 13):
            x = (torch.randn(n, m) * 2).to(dtype)
            s, l = x.softmax(0), x.t().contiguous().log_softmax(1)
            g = F.glu(torch.cat([x, x.flip(0)], 1), 1)
            print(s.sum(dtype=torch.float64).item(), l.sum(dtype=torch.float64).item(), g.sum(dtype=torch.float64).item())
x = torch.tensor([1.0859, -0.5664, -0.8789]).bfloat16()
x.log_softmax(-1)
x = torch.randn(2, 6).half().requires_grad_()
y = F.glu(x, 0)
y.sum().backward()
print(y, x.grad)

for kind in ('Circular', 'Reflection', 'Replication', 'Constant', 'Zero'):
    for n in (1, 2, 3):
        for d in range(6):
            try:
                print(getattr(nn, f'{kind}Pad{n}d')(1, *([2.] if kind == 'Constant' else []))(torch.ones((3,) * d)).shape)
            except Exception as e:
                print(type(e).__name__)
bags = torch.tensor([[1, 2, 4], [4, 3, 2]])
for mode in ('sum', 'mean', 'max'):
    print(F.embedding_bag(bags, torch.arange(30.).view(10, 3), include_last_offset=True, mode=mode))
y = nn.RMSNorm(4).double()(torch.ones(2, 4))
print(y, F.cosine_similarity(torch.tensor(1.5), torch.ones(2, 3).half(), 1).dtype)
nn.BatchNorm1d(3).double()(torch.ones(2, 3))
nn.BatchNorm1d(3, affine=False).double()(torch.ones(2, 3))
nn.BatchNorm1d(3, affine=False)(torch.tensor([[1., 2, 3], [4, 4, 4]]).half())
nn.Bilinear(4, 4, 2)(torch.ones(3, 4), torch.ones(2, 3, 4))
nn.Embedding(5, 3, max_norm=1.)(torch.ones(3))
torch.trapz((1, 2)), torch.ones(3).mode('a'), torch.hann_window(torch.ones(3)), F.cosine_similarity(torch.ones(2), 1)
a = torch.tensor([1., 2., float('inf'), -float('inf'), 3.5])
torch.logaddexp2(a, a), torch.logaddexp2(a, -a), torch.special.entr(torch.tensor([0., -0., 1., -1.]))
torch.manual_seed(0)
F.gumbel_softmax(torch.ones(3, 4).t())
torch.empty(3, 4).t().log_normal_()
torch.tensor(3).unique(dim=0)
torch.ones(3, 4).index_add_(0, torch.tensor([0]), torch.tensor(2.))
F.smooth_l1_loss(torch.tensor([True, False]), torch.tensor([0.5, 2.])), F.huber_loss(torch.tensor([0.5, 2.]), torch.tensor([True, False]))
torch.cdist(torch.ones(2, 3).half(), torch.ones(2, 3).half())
torch.cdist(torch.ones(2, 3).double(), torch.ones(2, 3))
x = torch.ones(2, 2).expand(2, 2).requires_grad_()
x.fill_diagonal_(1.5)

t, i = torch.tensor([1., 0.5, 2.], requires_grad=True), torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
y = F.kl_div(i, t, reduction='none')
print(y)
y.sum().backward()
print(i.grad, t.grad)
""".strip().split("\n\n")
