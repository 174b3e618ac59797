"""Gradients beyond the outputs, overloads of windows, bounds that are tensors, bytes that are no file, tensors as sizes, what has no out=."""

PROGRAMS = r"""
x = torch.tensor([1.0, 2.0], requires_grad=True)
torch.autograd.grad([(x * 2).sum()], [x], [torch.tensor(1.), torch.tensor(2.)])
torch.autograd.grad(x * 2, x, (torch.ones(2), torch.ones(3)))
torch.autograd.grad([x.sum()], x, [None, None])
torch.autograd.grad([x.sum(), (x * 2).sum()], x, [torch.tensor(1.)])
torch.autograd.grad(x.sum(), x, [])
torch.autograd.backward([x.sum()], [torch.tensor(1.), torch.tensor(2.)])
torch.autograd.backward([x.sum(), x.sum()], [torch.tensor(1.)])
x.grad

torch.hamming_window(5, alpha=0.5)
torch.hamming_window(5, True, alpha=0.5), torch.hamming_window(5, True, 0.5, 0.4), torch.hamming_window(5, periodic=False, alpha=0.5, beta=0.5)
torch.hamming_window(5, True, beta=0.5)
torch.kaiser_window(5, beta=3.)
torch.kaiser_window(5, True, beta=3.), torch.kaiser_window(5, False), torch.kaiser_window(5)

torch.linspace(torch.tensor([0.]), torch.tensor([1.]), 3)
torch.linspace(0, torch.tensor([1.]), 3)
torch.logspace(torch.tensor([0.]), 1, 3)
torch.linspace(torch.tensor(0., requires_grad=True), torch.tensor(2), 3), torch.linspace(torch.tensor(3), 1, 3, dtype=torch.int32), torch.logspace(torch.tensor(0.), 1, 2)

import io
for data in (b'abc', b'', b'GIF89a', b'X', b'state_dict', b'<html>', b'{1: 2}', b'no', b'1,2,3', b'0.5 1', b'\x80\x02.'):
    try:
        torch.load(io.BytesIO(data))
    except Exception as e:
        print(data, type(e).__name__)

x = torch.tensor([1.0, 2.0], requires_grad=True)
handles = x.register_hook(lambda g: g), nn.Linear(1, 1).register_forward_hook(lambda *a: None), (x * 2).grad_fn.register_hook(lambda a, b: None), x.register_post_accumulate_grad_hook(lambda t: None)
[(type(h), type(h).__name__, type(h).__module__[-11:]) for h in handles]

x = torch.arange(6.).view(2, 3)
for t in (torch.tensor(1), torch.tensor([1]), torch.tensor([[1]]), torch.tensor(1.), np.int64(1)):
    for f in (lambda: torch.eye(t), lambda: torch.eye(2, t), lambda: torch.randperm(t), lambda: torch.randint(t, (2,)), lambda: torch.randint(0, t, (2,)), lambda: x.narrow(0, 0, t), lambda: x.sum(t), lambda: x.mean(t),
              lambda: x.std(t), lambda: x.logsumexp(t), lambda: x.select(0, t), lambda: x.roll(t), lambda: x.topk(t), lambda: x.kthvalue(t), lambda: x.size(t), lambda: x.stride(t),
              lambda: x.max(t), lambda: x.transpose(0, t), lambda: x.unbind(t), lambda: x.chunk(t), lambda: x.softmax(t), lambda: F.one_hot(torch.tensor([0]), t), lambda: x.repeat_interleave(t),
              lambda: torch.normal(0, t, (2,)).shape):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)

x = torch.arange(4.).view(1, 1, 2, 2)
F.pad(x, (1, 1), "reflect", 2)
F.pad(x, (1, 1), mode=1)
F.pad([1, 2], (1, 1))
F.interpolate(x, size=4.0)
F.interpolate(x, scale_factor=torch.tensor(2.))
F.interpolate(x, torch.tensor(3)), F.interpolate(x, [torch.tensor(3), 3])
torch.cdist(x, x, compute_mode=1)
torch.cdist(x, x, compute_mode="foo")

y = torch.arange(6.).view(2, 3) ** 2
torch.trapezoid(y, torch.tensor([0., 1.]))
torch.trapezoid(y, torch.ones(4, 2, 3))
torch.trapezoid(y, x=y, dx=1)
torch.cumulative_trapezoid(y, torch.tensor([0., 1.]))
torch.trapezoid(y, torch.tensor([[0., 1., 3.]])), torch.trapezoid(y, torch.tensor([[0.], [1.]]), dim=0), torch.trapezoid(y, torch.tensor([0., 1.]), dim=0), torch.trapezoid(y[None], y)
torch.cumulative_trapezoid(y, torch.tensor([[0., 1., 3.]])), torch.cumulative_trapezoid(y[None], y)

x, o, b = torch.ones(2), torch.zeros(2), torch.zeros(2, dtype=torch.bool)
for f in (lambda: torch.isfinite(x, out=b), lambda: torch.isinf(x, out=b), lambda: torch.isnan(x, out=b), lambda: torch.zeros_like(x, out=o), lambda: torch.ones_like(x, out=o), lambda: torch.full_like(x, 1, out=o),
          lambda: torch.empty_like(x, out=o), lambda: torch.rand_like(x, out=o), lambda: torch.randn_like(x, out=o), lambda: torch.isposinf(x, out=b), lambda: torch.logical_not(x, out=o), lambda: x.isnan_()):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)

x, m = torch.tensor([1.0, 2.0], requires_grad=True), torch.ones(2, 2, requires_grad=True)
(x ** 2).grad_fn._saved_exponent, (x ** 2.5).grad_fn._saved_exponent, (x ** x).grad_fn._saved_exponent
x.sum().grad_fn._saved_self_sym_sizes, m.sum((0, 1), keepdim=True).grad_fn._saved_dim, m.sum(1).grad_fn._saved_keepdim, x.mean().grad_fn._saved_self_sym_numel, m.amax(1).grad_fn._saved_dim
(x + 1).grad_fn._saved_alpha, (x - x).grad_fn._saved_alpha, torch.add(x, x, alpha=3).grad_fn._saved_alpha, torch.add(x, x, alpha=0.5).grad_fn._saved_alpha
x.view(2, 1).grad_fn._saved_self_sym_sizes, x.expand(3, 2).grad_fn._saved_self_sym_sizes, m[[0]].grad_fn._saved_self_sym_sizes, x.repeat(2, 3).grad_fn._saved_repeats
m[1].grad_fn._saved_index, m[:, 0].grad_fn._saved_dim, x[0:1].grad_fn._saved_start, x[0:1].grad_fn._saved_end, x[::2].grad_fn._saved_step, m.narrow(1, 0, 1).grad_fn._saved_self_sym_sizes
m.transpose(0, 1).grad_fn._saved_dim0, m.permute(1, 0).grad_fn._saved_dims, m.softmax(1).grad_fn._saved_dim, torch.stack([x, x]).grad_fn._saved_dim, torch.cat([m, m], 1).grad_fn._saved_dim, m.cumsum(1).grad_fn._saved_dim, m.cumprod(1).grad_fn._saved_dim, m.tril(1).grad_fn._saved_diagonal
F.leaky_relu(x, 0.3).grad_fn._saved_negative_slope, F.elu(x).grad_fn._saved_alpha, F.softplus(x).grad_fn._saved_threshold, F.gelu(x).grad_fn._saved_approximate, F.gelu(x, approximate="tanh").grad_fn._saved_approximate, F.mse_loss(x, x, reduction="sum").grad_fn._saved_reduction
(m @ m).grad_fn._saved_mat2_sym_sizes, nn.BatchNorm1d(2)(m).grad_fn._saved_eps, nn.BatchNorm1d(2)(m).grad_fn._saved_training, nn.LayerNorm(2)(m).grad_fn._saved_normalized_shape, nn.Embedding(3, 2)(torch.tensor([1])).grad_fn._saved_padding_idx
l = F.cross_entropy(m, torch.tensor([0, 1])).grad_fn
l._saved_reduction, l._saved_ignore_index, l._saved_weight, l._saved_target
[k for k in dir((x ** 2).grad_fn) if k.startswith("_saved")], [k for k in dir(x.sum(0).grad_fn) if k.startswith("_saved")], [k for k in dir(x[0].grad_fn) if k.startswith("_saved")], hasattr(x.exp().grad_fn, "_saved_exponent")

torch.ones(3, 2).narrow(0, torch.tensor(1), 2)
torch.ones(3, 2).narrow(0, torch.tensor([1]), 2)
torch.ones(3, 2).narrow(0, torch.tensor(True), 2)
torch.ones(3, 2).narrow(0, torch.tensor(1.0), 2)
torch.ones(3, 2).select(0, torch.tensor([1]))

torch.is_complex([1])
torch.conj([1])
torch.real([1])
torch.imag([1])
torch.is_conj([1])
torch.is_neg([1])
torch.is_inference([1])
torch.is_signed([1])
torch.is_distributed([1])
torch.numel([1])
torch.is_nonzero([1])
torch.resolve_conj([1])
torch.resolve_neg([1])
torch.conj_physical([1])
torch.get_device([1])
torch.is_floating_point([1])
torch.linalg.diagonal([1])
torch.is_same_size(torch.ones(2), [1])
torch.is_same_size([1], torch.ones(2))
torch.is_nonzero(torch.ones(1)), torch.real(torch.ones(1)), torch.is_same_size(torch.ones(2), torch.zeros(2))
""".strip().split("\n\n")
