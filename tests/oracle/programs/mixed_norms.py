"""Norms of halves: which dtypes may stand beside them, and where their moments and running values are rounded."""

PROGRAMS = r"""
D = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
def shown(f, *args):
    try:
        return f(*args)
    except RuntimeError:
        return "RuntimeError"
x = torch.tensor([[1., 2., 4.], [3., 5., 1.]])
def beside(f):
    return [[[shown(f, x.to(d), torch.ones(3).to(e), torch.ones(3).to(g)) for g in D] for e in D] for d in D]
beside(lambda x, e, g: F.layer_norm(x, (3,), e, g))
beside(lambda x, e, g: F.group_norm(x, 1, e, g))
beside(lambda x, e, g: F.batch_norm(x, e, g))
beside(lambda x, e, g: F.batch_norm(x, None, None, e, g, True))
beside(lambda x, e, g: F.batch_norm(x, e * 0, e, g, g, True))
beside(lambda x, e, g: F.instance_norm(x.t().unsqueeze(0), e * 0, e, g, g))
[[shown(F.layer_norm, x.to(d), (3,), torch.ones(3).to(e)) for e in D] for d in D]
[[shown(F.layer_norm, x.to(d), (3,), None, torch.ones(3).to(e)) for e in D] for d in D]
[[shown(F.instance_norm, x.unsqueeze(0).to(d), torch.zeros(2).to(e), torch.ones(2).to(e)) for e in D] for d in D]

def trained(d, e, shape, f):
    torch.manual_seed(3)
    x, c = torch.randn(shape).to(d), shape[1]
    mean, var = torch.randn(c).to(e), torch.rand(c).to(e)
    y = f(x, mean, var)
    return mean, var, y.sum(), y.flatten()[:5]
for d, e in ((torch.float16, torch.float16), (torch.bfloat16, torch.bfloat16), (torch.bfloat16, torch.float32), (torch.float16, torch.float32)):
    for shape in ((3, 1, 7), (2, 3, 4, 4), (1, 24, 4), (2, 4, 5), (100, 3)):
        trained(d, e, shape, lambda x, mean, var: F.batch_norm(x, mean, var, training=True))
        trained(d, e, shape, lambda x, mean, var: F.batch_norm(x, mean, var, training=True, momentum=.3))
        trained(d, e, shape, lambda x, mean, var: F.batch_norm(x, None, None, training=True))
        len(shape) == 2 or trained(d, e, shape, lambda x, mean, var: F.instance_norm(x, mean, var))
        len(shape) == 2 or trained(d, e, shape, lambda x, mean, var: F.instance_norm(x))
x = torch.randn(3, 4, 7, generator=torch.Generator().manual_seed(1)).bfloat16().requires_grad_()
F.batch_norm(x, None, None, training=True).square().sum().backward()
x.grad
""".strip().split("\n\n")
