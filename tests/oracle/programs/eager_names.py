"""Names that tracers gave to plain numbers, views by value, batch norms without statistics, windows of channels, switches."""

PROGRAMS = r"""
torch.sym_float(2), torch.sym_float("1.5"), torch.sym_float(torch.tensor(2)), torch.sym_int(-2.7), torch.sym_int(torch.tensor(3.9)), torch.sym_sqrt(4), torch.sym_sqrt(torch.tensor(2.25))
torch.sym_max(1, 2), torch.sym_max(3, 2.0), torch.sym_min(3, 2.0), torch.sym_min(1, 2.0), torch.sym_max(True, 0), torch.sym_min(-1, True)
torch.sym_not(0), torch.sym_not(True), torch.sym_not(torch.tensor(1)), torch.sym_sum([1, 2.5]), torch.sym_sum((1, 2)), torch.sym_sum(1, 2, 3), torch.sym_sum(), torch.sym_sum([])
torch.sym_sum(torch.ones(2), torch.ones(2)), torch.sym_sum(4), torch.sym_ite(True, 1, 2), torch.sym_ite(False, "a", "b")
torch.sym_max("a", 1)
torch.sym_min(torch.tensor(1), 2)
torch.sym_ite(1, 1, 2)
torch.sym_ite(True, 1, 2.0)
torch.sym_sqrt(-1)
torch.sym_int("x")

x = torch.arange(12.0).reshape(3, 4).requires_grad_()
y = torch.as_strided_copy(x, (2, 2), (1, 2), 1)
y, y._is_view(), y.stride(), torch.autograd.grad((y * y).sum(), x), torch.as_strided_copy(x, size=(3, 2), stride=(0, 1)), torch.as_strided_copy(x.t()[1:].detach(), (2, 2), (4, 1))
torch.as_strided_copy(x.detach(), (2, 2), (0, 1), out=torch.empty(2, 2)), torch.as_strided_copy(torch.arange(4), (2,), (2,)), torch.as_strided_copy(x.detach(), (2, 2), (0, 1)).stride()
torch.as_strided_copy(x, (20, 2), (1, 2))
torch.as_strided_copy(x, (2, 2), (1,))
torch.as_strided_copy(x, (2,), (-1,))
torch.as_strided_copy(1.0, (2,), (1,))

for size in (2, 3, 4, 5, 7):
    for channels in (1, 2, 5, 9):
        m = nn.CrossMapLRN2d(size, alpha=0.7, beta=0.6, k=1.5)
        x = (torch.arange(2.0 * channels * 6).reshape(2, channels, 2, 3) * 1.7).sin().requires_grad_()
        y = m(x)
        print(size, channels, y, torch.autograd.grad((y * x.detach().cos()).sum(), x))
m, y.grad_fn, m(x.double()).dtype, m(x.detach()).requires_grad, nn.CrossMapLRN2d(5), nn.CrossMapLRN2d(1)(x.detach()), m(torch.ones(0, 2, 2, 2)).shape
m(x.detach().transpose(1, 2)), list(m.state_dict())
m(torch.ones(2, 3))
m(torch.ones(1, 2, 2, 2, dtype=torch.int64))
m(torch.ones(1, 0, 2, 2))
nn.CrossMapLRN2d(1)(x).sum().backward()
nn.CrossMapLRN2d(0)(x)
torch.autograd.grad(m(x).sum(), x, create_graph=True)

net = nn.Sequential(nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.InstanceNorm1d(3, track_running_stats=True)))
torch.func.replace_all_batch_norm_modules_(net) is net, net, list(net.state_dict()), [m.track_running_stats for m in net.modules() if hasattr(m, "track_running_stats")]
net.eval()
net[0](torch.arange(12.0).reshape(4, 3))
one = torch.func.replace_all_batch_norm_modules_(nn.BatchNorm2d(2))
one.running_mean, one.running_var, one.num_batches_tracked, one, torch.func.replace_all_batch_norm_modules_(nn.Linear(1, 1).bfloat16()).in_features

seen = torch._C._is_multithreading_enabled
with torch.autograd.set_multithreading_enabled(False):
    inside = seen(), torch.ones(1, requires_grad=True).mul(2).backward()
inside, seen()
with torch.autograd.set_multithreading_enabled(False):
    with torch.autograd.grad_mode.set_multithreading_enabled(True):
        print(seen())
    print(seen())
seen(), torch.autograd.set_multithreading_enabled(False).mode, seen(), torch.autograd.set_multithreading_enabled(True).clone().mode, seen()
torch.autograd.set_multithreading_enabled(True)(lambda: seen())(), seen()
torch.autograd.set_multithreading_enabled("x")

from torch.utils.checkpoint import check_backward_validity, detach_variable
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    check_backward_validity([torch.ones(1), 3])
    check_backward_validity([torch.ones(1), torch.ones(1, requires_grad=True)])
    check_backward_validity([])
[str(w.message) for w in caught]
x = torch.ones(2, requires_grad=True)
a, b, c = detach_variable((x * 2, torch.zeros(1), "text"))
a, a.is_leaf, a.requires_grad, b.requires_grad, c, detach_variable(())
a.sum().backward()
a.grad, x.grad
detach_variable([x])
detach_variable(x)
""".strip().split("\n\n")
