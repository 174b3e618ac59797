"""Frames of the array's own elements: values, gradients, names of nodes, refusals."""

PROGRAMS = r"""
x = torch.arange(12.).view(1, 3, 4).requires_grad_()
for mode in ('reflect', 'replicate'):
    for pad in ((1, 2), (0, 0), (3, 0), (-1, 1), (0, -2)):
        x.grad = None
        y = F.pad(x, pad, mode=mode)
        (y * y).sum().backward()
        print(mode, pad, y, x.grad)

x = torch.arange(36.).view(1, 2, 3, 6).requires_grad_()
for mode in ('reflect', 'replicate'):
    for pad in ((1, 2, 2, 0), (0, 0, 0, 0), (2, 2, 1, 1)):
        x.grad = None
        y = F.pad(x, pad, mode=mode)
        (y * y).sum().backward()
        print(mode, pad, y, x.grad)
F.pad(x[0], (1, 1, 1, 1), mode='reflect').grad_fn.name(), F.pad(x[0], (1, 1, 1, 1), mode='replicate').grad_fn.name()
F.pad(x[0], (1, 1), mode='reflect').grad_fn.name()

x = torch.arange(16.).view(1, 1, 2, 2, 4).requires_grad_()
y = F.pad(x, (1, 2, 1, 0, 0, 1), mode='reflect')
y.grad_fn.name(), F.pad(x, (1, 2, 1, 0, 0, 1), mode='replicate')
(y * y).sum().backward()
x.grad
F.pad(x, (4, 0, 0, 0, 0, 0), mode='reflect')
F.pad(x, (1, 1, 1, 1, 1, 1), mode='zigzag')
F.pad(x, (1, 1), mode='reflect')
F.pad(torch.arange(6).view(1, 2, 3), (1, 1), mode='replicate')
g, = torch.autograd.grad((F.pad(x, (1, 1, 1, 1, 1, 1), mode='replicate') ** 3).sum(), x, create_graph=True)
torch.autograd.grad(g.sum(), x)
""".strip().split("\n\n")
