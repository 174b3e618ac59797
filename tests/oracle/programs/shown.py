"""What users look at: printed tensors, dtypes, sizes, NumPy's side of a tensor, the tied layer's gradients."""

PROGRAMS = r"""
torch.tensor([1e-8, 1.0]), torch.tensor([1e8, 1.0]), torch.tensor([1e5]), torch.tensor([99999.5]), torch.tensor([0.00001]), torch.tensor([1e-4, 1.]), torch.tensor([1234567.]), torch.tensor([1., 2.]), torch.tensor([1.5, 1e10])
torch.tensor([float('nan'), 1.]), torch.tensor([float('inf'), -float('inf'), 1.5]), torch.tensor([float('nan')]), torch.tensor([-0.0, 0.0]), torch.tensor([float('inf'), 1.]), torch.tensor([float('nan'), 1e10])
torch.tensor([[1., -2.], [3.5, 400.25]]), torch.tensor([[1], [100]]), torch.tensor([[True, False]]), torch.tensor([1, -1]), torch.tensor([255], dtype=torch.uint8), torch.tensor([1.], dtype=torch.float64), torch.tensor([1], dtype=torch.int32)
torch.tensor(1.5), torch.tensor(2), torch.tensor(True), torch.tensor(1e-10), torch.tensor(123456789.), torch.tensor(1e20, dtype=torch.float64), torch.tensor(3.14159265358979, dtype=torch.float64), torch.tensor(float('nan')), torch.tensor(-0.)
torch.empty(0), torch.empty(0, 3), torch.empty(2, 0), torch.empty(0, dtype=torch.int64), torch.empty(0, 2, dtype=torch.float64), torch.empty(1, 0, 2), torch.empty(0, requires_grad=True), torch.zeros(0, dtype=torch.bool)
torch.arange(1001), torch.arange(1001.), torch.zeros(1001, 2), torch.zeros(2, 1001), torch.ones(40, 40), torch.arange(20000).view(100, 200), torch.zeros(8, 8, 8, 8), torch.arange(1000)
torch.arange(30.), torch.arange(100), torch.linspace(0, 1, 21), torch.ones(3, 30), torch.arange(27).view(3, 3, 3), torch.ones(1, 1, 1, 1), torch.ones(2, 1, 2)
torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True) * 2, torch.ones(2, dtype=torch.float64, requires_grad=True).sum(), torch.tensor(1., requires_grad=True), (torch.ones(60, requires_grad=True) * 1.5), torch.ones(2, 2, requires_grad=True).t()

torch.set_printoptions(precision=2)
torch.tensor([3.14159, 2.71828]), torch.tensor(1e-5), torch.tensor([1e10, 1.])
torch.set_printoptions(precision=8)
torch.tensor([3.14159, 2.71828]), torch.tensor([1., 2.])
torch.set_printoptions(sci_mode=True)
torch.tensor([1., 2.]), torch.tensor([1, 2]), torch.tensor([0.])
torch.set_printoptions(sci_mode=False)
torch.tensor([1e-10, 1e10])
torch.set_printoptions(profile='short')
torch.tensor([3.14159])
torch.set_printoptions(profile='full')
torch.zeros(1100).shape, len(str(torch.zeros(1100)))
torch.set_printoptions(profile='default', threshold=5, edgeitems=2)
torch.arange(10), torch.ones(6, 6), torch.arange(5)
torch.set_printoptions(linewidth=20)
torch.arange(5), torch.ones(5)
torch.set_printoptions(profile='default')
torch.set_printoptions(profile='foo')
torch.set_printoptions(precision=0)
torch.tensor([1.5, 2.5])
torch.set_printoptions(precision=4)
torch.tensor([1.5])

str(torch.float32), repr(torch.int64), torch.float32, torch.double, torch.long, torch.bool, torch.uint8, torch.float is torch.float32, torch.float32.is_floating_point, torch.int64.itemsize
torch.device('cpu'), repr(torch.device('cpu')), str(torch.device('cpu')), torch.device('cpu') == torch.device('cpu'), torch.device('cpu').type, torch.device('cpu').index, torch.device('cpu:0'), torch.device('cuda:1')
torch.device('foo')
torch.device()
torch.Size([1, 2]), str(torch.Size([])), repr(torch.Size([3])), list(torch.Size([1, 2])), tuple(torch.ones(2, 3).shape), torch.ones(2, 3).shape[-1], '%s' % (torch.ones(2).shape,), f'{torch.ones(2, 3).shape}'
torch.finfo(torch.float32).eps, torch.finfo(torch.float64).max, torch.iinfo(torch.int32).max, torch.iinfo(torch.uint8).min, torch.finfo(torch.float32), torch.iinfo(torch.int64)
torch.get_default_dtype(), torch.ones(1).dtype
torch.set_default_dtype(torch.float64); torch.ones(1), torch.tensor([1.5]), torch.tensor(1.5).dtype, torch.ones(1).float(), torch.rand(1).dtype, torch.arange(2.).dtype
torch.set_default_dtype(torch.int64)
torch.set_default_dtype(torch.float32)
torch.result_type(torch.tensor([1]), 1.5), torch.result_type(torch.tensor(1), torch.tensor([1.])), torch.promote_types(torch.int32, torch.float32), torch.can_cast(torch.float32, torch.int64), torch.can_cast(torch.int64, torch.float32)
print(torch.ones(2), torch.zeros(1)); print('x:', torch.tensor(1)); print(torch.ones(2, 2).tolist(), torch.tensor(2.5).item())
print([torch.ones(1), torch.zeros(2)]); print({'a': torch.ones(1)}); print((torch.tensor(1),))
print(torch.ones(2).max(0)); print(torch.ones(2, 2).sort if False else torch.ones(2).cummax(0)); print(torch.std_mean(torch.ones(3)))
torch.return_types.max, type(torch.ones(2).max(0)).__name__, torch.ones(2).max(0)._fields if hasattr(torch.ones(2).max(0), '_fields') else 0, torch.ones(2).max(0).values, torch.ones(2).max(0)[1]
x = torch.ones(2).max(0); v, i = x; v, i, len(x), x == x, isinstance(x, tuple)
x.foo
torch.randn(3, 4, generator=torch.Generator().manual_seed(3)), torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(3)) * 100, torch.randn(5, generator=torch.Generator().manual_seed(3)) * 1e-6, torch.rand(5, generator=torch.Generator().manual_seed(3)) * 1e6
torch.tensor([0.1 + 0.2], dtype=torch.float64), torch.tensor([0.1 + 0.2]), torch.tensor(0.1).item(), torch.tensor(0.1).tolist(), torch.tensor([0.1, 0.25]).tolist(), torch.tensor([1e-45]).item(), torch.tensor(16777217.), torch.tensor(2**53 + 1.)

a = torch.randn(4, generator=torch.Generator().manual_seed(0)); a
a.shape, a.sum(), a.mean(), a.std(), a.var(), a.softmax(0), a.log_softmax(0), a.norm(), a.prod(), a.cumsum(0), a.logsumexp(0)
w = a.expand(4, 4); w, w.stride(), w.is_contiguous(), w.storage_offset(), w.t().stride()
w[0, 0] = 1
w.add_(1)
w.clone().add_(1)[0]
w.sum(), w.sum(0), (w * 2).sum(1), (w @ a), (a @ w), w.contiguous().stride(), w.reshape(-1).shape, w.repeat(1, 1).stride(), w.numpy().strides
w.view(16)
W = torch.ones(3).requires_grad_(); X = torch.arange(6.).view(2, 3)
F.linear(X, W.expand(3, 3)).sum().backward(); W.grad
W.grad = None; F.linear(X, W.repeat(3, 1)).sum().backward(); W.grad
W.grad = None; F.linear(X, torch.stack([W] * 3)).sum().backward(); W.grad
W.grad = None; F.linear(X, torch.cat([W[i].repeat(1, 3) for i in range(3)])).sum().backward(); W.grad
W.grad = None; (X @ W.expand(3, 3).t()).pow(2).sum().backward(); W.grad
W.grad = None; (X * W).tanh().sum().backward(); W.grad
torch.autograd.gradcheck(lambda w: X.double() @ (w * 1).expand(3, 3), torch.ones(3, dtype=torch.float64, requires_grad=True))
torch.autograd.gradgradcheck(lambda w: (X.double() @ (w * 1).expand(3, 3).t()).tanh(), torch.ones(3, dtype=torch.float64, requires_grad=True))

import numpy as np
x = torch.ones(2, 3); n = x.numpy(); n[0, 0] = 7; x
n.base is not None, n.dtype, n.flags['WRITEABLE'], np.shares_memory(n, x.numpy()), x.numpy().T.shape, np.asarray(x, dtype=np.float64).dtype, np.array(x, copy=True)[0, 0], x.__array__().shape
np.add(x, 1), np.sqrt(x), np.mean(x), np.concatenate([x, x]).shape, np.stack([x, x]).shape, np.dot(x, x.t()), x.numpy() + x, np.where(x > 1, x, 0), np.argmax(x), np.max(x), np.transpose(x).shape, np.zeros_like(x).shape, np.exp(torch.tensor(0.)), np.isnan(x).any()
torch.tensor(n[:, ::2]), torch.from_numpy(n[:, ::2]).stride(), torch.from_numpy(n.T).stride(), torch.as_tensor(n).dtype, torch.from_numpy(np.array([True])), torch.from_numpy(np.array([1], dtype=np.uint8)), torch.tensor(np.array(5)), torch.tensor(np.int32(5)).dtype
torch.tensor([1, 2, 3]).numpy().tolist(), torch.tensor([1.5]).numpy().item(), x.t().numpy().strides, x.numpy().tolist() == x.tolist()
x > n, x == n, n == x, x + n, n * x, x @ n.T, torch.max(x, torch.from_numpy(n)), x.add(n) if False else 0
x[np.array([0, 1])], x[np.array([True, False])], x[np.int64(0), np.int32(1)], x[:, np.array([0, 2])], x[np.arange(2), np.arange(2)]
for row in x: print(row)
[(i, v.item()) for i, v in enumerate(x[0])], dict(zip('ab', x)), [a + b for a, b in zip(x, x)], list(map(float, x[0])), max(x[0]), min(x[0]), sum(x), any(x[0] > 5), all(x[0] > 0), sorted(x[0].tolist()), reversed(list(x[0])).__class__.__name__, iter(x).__next__()
*_, last = x; last
a, b = x; a, b
a, b, c = x
""".strip().split("\n\n")
