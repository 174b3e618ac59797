"""group_norm and instance_norm: values, gradients, running values, names of nodes."""

PROGRAMS = r"""
x = torch.arange(24.).view(2, 4, 3).sin().requires_grad_()
w, b = torch.tensor([1., 2., -1., 0.5], requires_grad=True), torch.tensor([0., 1., 2., 3.], requires_grad=True)
y = F.group_norm(x, 2, w, b)
y
(y * y).sum().backward()
x.grad, w.grad, b.grad
F.group_norm(x, 2), F.group_norm(x, 4, w), F.group_norm(x, 1, None, b)
F.group_norm(x.detach(), 2, w.detach()).requires_grad
g, = torch.autograd.grad((F.group_norm(x.double(), 2, w.double(), b.double()) ** 3).sum(), w, create_graph=True)
torch.autograd.grad(g.sum(), [x, w])
nn.GroupNorm(2, 4)(x).grad_fn.name(), len(F.group_norm(x, 2).grad_fn.next_functions)
F.group_norm(x, 3)
F.group_norm(x[:0], 2).shape
F.group_norm(x, 2, w[:2])
F.group_norm(x.double(), 2).dtype, F.group_norm(x.transpose(0, 1).contiguous().transpose(0, 1), 2)

x = torch.arange(24.).view(2, 4, 3).cos().requires_grad_()
w = torch.tensor([1., 2., -1., 0.5], requires_grad=True)
y = F.instance_norm(x)
y
(y * y * y).sum().backward()
x.grad
y = F.instance_norm(x, weight=w, bias=w.detach() * 2)
y
(y * y).sum().backward()
x.grad, w.grad
mean, var = torch.zeros(4), torch.ones(4)
F.instance_norm(x, mean, var)
mean, var
F.instance_norm(x, mean, var, use_input_stats=False)
m = nn.InstanceNorm1d(4, affine=True, track_running_stats=True)
m(x)
m.state_dict()
m.eval()(x), m(x[0])
F.instance_norm(x[:, :, :1])
F.instance_norm(x, use_input_stats=False)
nn.InstanceNorm2d(4)(x.view(2, 4, 3, 1)), nn.InstanceNorm3d(4)(x.view(2, 4, 3, 1, 1)).shape
""".strip().split("\n\n")
