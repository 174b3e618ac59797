"""After test_torch.py of releases 0.4 to 1.x: one statement, many calls."""

PROGRAMS = r"""
torch.manual_seed(1)
m1 = torch.randn(10, 5)
res1 = torch.add(m1[4], 2)
res1
m1[:, 4].add(2)
m1.sub(1, alpha=2)[0]
torch.add(m1, 2, m1).shape
m1.add(2, m1).shape
torch.addcmul(m1, 2, m1, m1).shape
torch.addmm(1, m1, 2, m1, m1).shape

x = torch.tensor([[1, 2, 3], [4, 5, 6]])
x.view(-1), x.view(3, 2), x.view(3, -1), x.view(-1, 1)
x.view(4)
x.view(-1, -1)
x.view(0, -1)
x.view(2, 3, 1, 1).shape, x.view((6,)), x.view([6]), x.view(torch.Size([6]))
x.view(dtype=torch.float64) if False else None
x.t().view(6)
x.t().reshape(6)
x.reshape(-1, 2)
x.reshape(5)
torch.empty(0).view(0, 5).shape
torch.empty(0, 3).view(-1, 3).shape
torch.empty(0).view(-1, 0)
torch.tensor(5).view(1), torch.tensor([5]).view(())

x = torch.arange(12).view(3, 4)
x.split(2), x.split(2, 1)
x.split([1, 2]), x.split([1, 3], dim=1)
x.split([1, 1])
x.split(0)
x.split(-1)
x.chunk(2), x.chunk(5), x.chunk(3, -1)
x.chunk(0)
x.unbind(), x.unbind(1)
torch.split(x, 2), torch.chunk(x, 2, dim=1)
torch.tensor_split(x, 2), x.tensor_split((1, 2), 1)

x = torch.arange(6.).view(2, 3)
x.expand(4, 2, 3).shape, x.expand(-1, 3).shape, x[:1].expand(5, -1).shape
x.expand(3, 3)
x.expand(3)
x.expand(-1, -1, -1)
x.unsqueeze(1).expand(2, 4, 3).stride()
x.expand_as(torch.ones(4, 2, 3)).shape
x.repeat(2, 1), x.repeat(2, 2, 1).shape, x.repeat((1, 2)).shape, x.repeat([1, 2]).shape
x.repeat(2)
x.repeat(0, 1), x.repeat(-1, 1)
x.tile(2), x.tile((2, 1)), torch.tile(x, (2, 2, 2)).shape, x.tile(()) if True else 0
torch.broadcast_tensors(torch.ones(3, 1), torch.ones(2))
torch.broadcast_tensors(torch.ones(3), torch.ones(2))
torch.broadcast_to(torch.ones(3), (2, 3))
torch.broadcast_shapes((3, 1), (2,)), torch.broadcast_shapes(3, (2, 1))

x = torch.ones(2, 1, 3, 1)
x.squeeze().shape, x.squeeze(1).shape, x.squeeze(0).shape, x.squeeze(-1).shape, x.squeeze((1, 3)).shape
x.squeeze(4)
x.unsqueeze(0).shape, x.unsqueeze(-1).shape, x.unsqueeze(2).shape
x.unsqueeze(6)
x.squeeze_().shape, x.unsqueeze_(1).shape
torch.squeeze(torch.ones(1, 1)), torch.unsqueeze(torch.tensor(1), 0)
torch.tensor(3).squeeze(0), torch.tensor(3).squeeze(-1)
torch.tensor(3).squeeze(1)

x = torch.arange(24).view(2, 3, 4)
x.transpose(0, 1).shape, x.transpose(-1, 0).shape, x.transpose(1, 1).shape
x.transpose(0, 3)
x.permute(2, 0, 1).shape, x.permute((0, 2, 1)).stride(), x.permute(-1, 0, 1).shape
x.permute(0, 1)
x.permute(0, 0, 1)
x.t()
x[0].t().shape, x[0, 0].t().shape, torch.tensor(1).t()
x.T.shape
x.mT.shape, x[0].T.shape
x[0, 0].T
x[0, 0].mT
x.movedim(0, 2).shape, torch.movedim(x, (0, 1), (1, 0)).shape, x.swapaxes(0, 2).shape, x.swapdims(0, 1).shape
x.flip(0)[0, 0], x.flip(0, 2)[0, 0], x.flip((0, 1))[0, 0], torch.flip(x, [2])[0, 0]
x.flip(0, 0)
x.flip(3)
x.roll(1, 0)[0, 0], x.roll(1)[0, 0], x.roll((1, 1), (0, 1))[0, 0]
torch.rot90(x[0]), x[0].rot90(2), x[0].rot90(-1, (1, 0))
x.flatten().shape, x.flatten(1).shape, x.flatten(0, 1).shape, torch.tensor(1).flatten()
x.flatten(2, 1)
x.unflatten(2, (2, 2)).shape, x.unflatten(-1, (-1, 2)).shape
x.unflatten(2, (3, 2))
torch.ravel(x).shape

x = torch.arange(9.).view(3, 3)
x.diagonal(), x.diagonal(1), x.diagonal(-1), x.diag(), torch.diag(torch.ones(2)), torch.diag(torch.ones(2), 1)
x.diagonal(5)
x.diagonal(0, 0, 0)
torch.diagonal(x, offset=1, dim1=1, dim2=0)
x.tril(), x.triu(), x.tril(1), x.triu(-1), x[0].tril()
x.tril_().sum(), torch.tril(torch.ones(2, 3)), torch.triu(torch.ones(3, 2), diagonal=1)
torch.eye(3), torch.eye(2, 3), torch.eye(0), torch.eye(2, dtype=torch.int64), torch.eye(-1)
torch.diag_embed(torch.ones(2, 2)).shape, torch.block_diag(torch.ones(1, 2), torch.ones(2)).shape

x = torch.arange(10.)
x.unfold(0, 3, 2), x.unfold(0, 2, 2).shape
x.unfold(0, 11, 1)
x.unfold(1, 1, 1)
x.unfold(0, 3, 0)
x.as_strided((2, 2), (1, 2)), x.as_strided((3,), (2,), 1), torch.as_strided(x, (2,), (9,))
x.as_strided((2,), (10,))
x.as_strided((2, 2), (1,))
x.narrow(0, 2, 3), torch.narrow(x, 0, -2, 2), x.select(0, -1), x.narrow(0, torch.tensor(1), 2)
x.narrow(0, 8, 3)
x.narrow(0, 0, -1)
x.select(0, 10)
x.select(1, 0)

torch.arange(5), torch.arange(1, 5), torch.arange(1, 5, 2), torch.arange(0, 1, 0.25), torch.arange(5.), torch.arange(5, 0, -1), torch.arange(0)
torch.arange(1, 5, -1)
torch.arange(0, 5, 0)
torch.arange(0, float('inf'))
torch.arange(3, dtype=torch.float64), torch.arange(0.5, 3), torch.arange(-1, 1, 0.5), torch.arange(end=3), torch.arange(start=1, end=3), torch.arange(1, 2.5, step=0.5)
torch.arange(0, 3, out=torch.empty(0))
torch.linspace(0, 1, 5), torch.linspace(1, 0, 3), torch.linspace(0, 1, 1), torch.linspace(0, 1, 0), torch.linspace(0, 10, steps=3, dtype=torch.int64)
torch.linspace(0, 1, -1)
torch.linspace(0, 1)
torch.full((2, 2), 3), torch.full((2,), 1.5), torch.full((), True), torch.full([2], 3, dtype=torch.float64)
torch.full(2, 3)
torch.full((2,), float('nan')), torch.full_like(torch.ones(2), 7), torch.ones(2).new_full((1, 2), 3)
torch.zeros(2, 0, 3), torch.zeros(()), torch.zeros([]), torch.zeros((2,)), torch.zeros(2, dtype=torch.bool), torch.ones(1, 2, dtype=torch.uint8)
torch.zeros(-1)
torch.zeros(2.5)
torch.zeros('a')
torch.zeros(2, 'a')
torch.zeros(torch.tensor(2), 3).shape, torch.zeros(np.int64(2)).shape
torch.zeros_like(torch.ones(2, dtype=torch.int64)), torch.ones_like(torch.zeros(2), dtype=torch.int32), torch.empty_like(torch.ones(2, 3).t()).stride()
torch.zeros(2, out=torch.ones(2)), torch.zeros(2, device='cpu'), torch.zeros(2, device=torch.device('cpu')), torch.zeros(2, requires_grad=True)
torch.zeros(2, device='cuda')
torch.zeros(2, layout=torch.strided), torch.zeros(2, pin_memory=False), torch.zeros(size=(2,)), torch.ones(size=[1, 2])
torch.zeros(2, dtype='float32')
torch.zeros(2, dtype=np.float32)
torch.zeros(2, dtype=float).dtype, torch.zeros(2, dtype=int).dtype, torch.zeros(2, dtype=bool).dtype

torch.tensor([1, 2]), torch.tensor([1., 2]), torch.tensor([True, 2]), torch.tensor([[1], [2]]), torch.tensor([]), torch.tensor([[]]), torch.tensor(()), torch.tensor(3), torch.tensor(3.5), torch.tensor(True)
torch.tensor([1, [2]])
torch.tensor([[1, 2], [3]])
torch.tensor([[1], 2])
torch.tensor(['a'])
torch.tensor('a')
torch.tensor(None)
torch.tensor([None])
torch.tensor({})
torch.tensor({1, 2})
torch.tensor(range(3)), torch.tensor((1, 2)), torch.tensor([torch.tensor(1), torch.tensor(2)]), torch.tensor([np.float64(1.5), 2]), torch.tensor(np.array([1, 2])), torch.tensor(np.float32(2)), torch.tensor([np.array([1, 2]), np.array([3, 4])])
torch.tensor([torch.ones(2), torch.ones(2)])
torch.tensor([torch.ones(2)])
torch.tensor([1, 2], dtype=torch.float64), torch.tensor([1.9, -1.9], dtype=torch.int64), torch.tensor([0, 2], dtype=torch.bool), torch.tensor([1, 2], dtype=float)
torch.tensor(torch.ones(2)), torch.tensor([1., 2.], requires_grad=True), torch.tensor([1], requires_grad=True)
torch.tensor(1e20), torch.tensor(1 << 62), torch.tensor(1 << 63)
torch.tensor(data=[1, 2]), torch.tensor(1, 2), torch.tensor()
torch.as_tensor([1, 2]), torch.as_tensor(np.ones(2)), torch.as_tensor(torch.ones(2), dtype=torch.int64), torch.as_tensor(5)
a = np.arange(3); t = torch.from_numpy(a); t[0] = 9; a, t
torch.from_numpy([1])
torch.from_numpy(np.array(['a']))
torch.from_numpy(np.arange(4)[::-1])
torch.from_numpy(np.array(1.5)), torch.from_numpy(np.ones((2, 0))).shape
torch.as_tensor(a).data_ptr() == a.ctypes.data, torch.tensor(a).data_ptr() == a.ctypes.data
torch.asarray([1, 2]), torch.asarray(a), torch.scalar_tensor(3), torch.scalar_tensor(3, dtype=torch.int64)

torch.Tensor(2, 3).shape, torch.Tensor([2, 3]), torch.Tensor(), torch.Tensor((2, 3)), torch.FloatTensor([1, 2]), torch.LongTensor([1, 2]), torch.DoubleTensor(2).shape, torch.ByteTensor([1, 255]), torch.IntTensor([1]), torch.BoolTensor([1, 0])
torch.Tensor(2.5)
torch.Tensor('a')
torch.Tensor(torch.ones(2)), torch.Tensor(torch.Size([2])).shape, torch.Tensor([[1, 2], [3, 4]]), torch.Tensor(np.ones(2))
torch.LongTensor([1.5]), torch.LongTensor(torch.ones(2).long()), torch.FloatTensor(2, 3).dtype, torch.FloatTensor(5).shape
torch.LongTensor(torch.ones(2))
torch.Tensor([1, [2]])
isinstance(torch.ones(1), torch.FloatTensor), isinstance(torch.ones(1), torch.LongTensor), isinstance(torch.ones(1), torch.Tensor), torch.is_tensor(torch.ones(1)), torch.is_tensor(1)
torch.ones(2).type(), torch.ones(2).long().type(), torch.ones(2).type(torch.IntTensor), torch.ones(2).type('torch.LongTensor'), torch.ones(2).type(torch.float64)
torch.ones(2).type('torch.FooTensor')
torch.Tensor.add(torch.ones(2), 1), torch.Tensor.__add__(torch.ones(2), 1)

x = torch.arange(24).view(2, 3, 4)
x[0], x[0, 1], x[0, 1, 2], x[-1, -1, -1], x[:, 1], x[..., 0], x[0, ...], x[None].shape, x[:, None].shape, x[0:1].shape, x[:, ::2].shape, x[1:, 1:, 1:]
x[2]
x[0, 3]
x[0, 0, 0, 0]
x[0:5].shape, x[5:].shape, x[-1:].shape, x[:-1].shape, x[1:0].shape
x[::-1]
x[::0]
x[1.5]
x['a']
x[[0, 1]].shape, x[[0, 1], [1, 2]], x[[0, 1], :, [1, 2]].shape, x[:, [0, 1], [1, 2]].shape, x[[[0], [1]], [0, 1]].shape
x[torch.tensor([0, 1])].shape, x[torch.tensor(0)].shape, x[torch.tensor([[0, 1], [1, 0]])].shape, x[torch.tensor([True, False])].shape, x[x > 20], x[:, torch.tensor([True, False, True])].shape
x[torch.tensor([True, False, True])]
x[torch.tensor([2])]
x[torch.tensor([-3])]
x[torch.tensor([-1])].shape, x[torch.tensor([], dtype=torch.int64)].shape, x[[]].shape, x[torch.zeros(2, 3, dtype=torch.bool)].shape
x[True].shape, x[False].shape, x[None, ..., None].shape, x[..., None, 0].shape, x[(0, 1)], x[0][1], x[np.int64(1)].shape, x[np.array([0, 1])].shape
x[torch.tensor([0.5])]
x[..., ...]
x[slice(None), 0].shape, x[slice(0, 1), slice(1, 3)].shape, x[Ellipsis].shape, x[()].shape
torch.tensor(5)[()], torch.tensor(5)[None], torch.tensor(5)[...]
torch.tensor(5)[0]
torch.tensor([1, 2, 3])[torch.tensor(1):], torch.tensor([1, 2, 3])[torch.tensor(1)]
x[0, :, torch.tensor([0, 1])].shape, x[torch.tensor([0, 1]), :, 0].shape, x[:, :, torch.tensor([[0], [1]])].shape

x = torch.zeros(3, 4)
x[0] = 1
x[:, 1] = torch.tensor([1., 2., 3.])
x[1, 2:] = 7
x[-1, -1] = 9
x
x[[0, 2]] = 5
x[torch.tensor([True, False, False])] = -1
x[x > 4] = 0
x
x[0] = torch.ones(5)
x[0, 0] = torch.ones(2)
x[5] = 1
x[0] = 'a'
x[0] = [1, 2, 3, 4]
x[0] = np.arange(4)
x[..., 0] = torch.tensor(8)
x[:, None] = 3
x[None] = torch.arange(4.)
x
x[0, [1, 2]] += 10
x[[0, 0], [0, 0]] = torch.tensor([1., 2.])
x[1:3, [0, 1]] = torch.tensor([[1., 2.], [3., 4.]])
x
x[True] = 0
x[False] = 5
x.sum()
y = torch.arange(3); y[0] = 2.7; y
y[1] = True; y[2] = torch.tensor(5.9); y
y[0] = 1 << 70
b = torch.zeros(2, dtype=torch.bool); b[0] = 5; b[1] = 0.0; b
u = torch.zeros(2, dtype=torch.uint8); u[0] = 300
del x[0]

x = torch.tensor([3., 1., 2.])
x.max(), x.min(), x.argmax(), x.argmin(), x.max(0), x.min(0)[1], torch.max(x, torch.tensor(2.)) , torch.max(x, 0), torch.max(x, dim=0, keepdim=True)
torch.max(x, 1)
x.max(5)
torch.tensor([]).max()
torch.zeros(0, 3).max(0)
torch.zeros(0, 3).max(1)
torch.zeros(3, 0).max(0).values.shape, torch.zeros(0, 3).sum(0), torch.zeros(0).sum(), torch.zeros(0).mean(), torch.zeros(0).prod(), torch.zeros(2, 0).mean(1), torch.zeros(0).all(), torch.zeros(0).any(), torch.zeros(0).std(), torch.zeros(0).norm()
torch.zeros(0).argmax()
torch.tensor([1., float('nan'), 2.]).max(), torch.tensor([1., float('nan'), 2.]).max(0), torch.tensor([1., float('nan')]).min(), torch.tensor([float('nan'), 1.]).argmax()
torch.tensor([2, 2, 1]).argmax(), torch.tensor([1, 1, 2]).argmin(), torch.tensor([True, False]).max(), torch.tensor([[1, 2], [3, 0]]).amax(1), torch.tensor([[1, 2], [3, 0]]).amin((0, 1))
torch.tensor(5).max(), torch.tensor(5).max(0), torch.tensor(5).sum(0), torch.tensor(5.).mean(-1), torch.tensor(5).argmax(0)
torch.tensor(5).max(1)

x = torch.tensor([[1., 2.], [3., 4.]])
x.sum(), x.sum(0), x.sum(1, keepdim=True), x.sum((0, 1)), x.sum(-1), x.sum(dim=[0]), x.sum(axis=1), x.sum(dtype=torch.float64), x.sum(dim=None)
x.sum(2)
x.sum((0, 0))
x.sum(0.5)
x.mean(), x.mean(0), x.mean((0, 1), keepdim=True), x.mean(dim=1, dtype=torch.float64), x.mean(axis=0)
x.long().mean()
x.prod(), x.prod(0), x.prod(1, True), x.long().prod()
x.var(), x.std(), x.var(0), x.std(1, unbiased=False), x.var(0, keepdim=True), torch.var(x, dim=1), torch.std(x, 0, True), torch.var_mean(x), torch.std_mean(x, 0)
torch.tensor(1.).var(), torch.tensor([1.]).std(), torch.tensor([1.]).var(unbiased=False)
x.norm(), x.norm(1), x.norm(2, 1), x.norm(float('inf')), x.norm(-float('inf')), x.norm(0), x.norm(3, 0, True), x.norm('fro'), torch.norm(x, dim=1), x.norm(p=2, dim=(0, 1))
x.norm('foo')
x.logsumexp(0), x.logsumexp((0, 1)), x.logsumexp(1, keepdim=True), torch.logsumexp(x, dim=-1)
x.cumsum(0), x.cumsum(1), x.cumprod(1), x.long().cumsum(0), torch.cumsum(x, dim=-1, dtype=torch.float64), x.cummax(0), x.cummin(1)
x.all(), x.any(), x.all(0), (x > 2).any(1, keepdim=True), (x > 2).all(dim=1), torch.tensor([1, 0]).all()
x.nansum(), torch.tensor([1., float('nan')]).nansum(), torch.tensor([1., float('nan')]).sum(), torch.count_nonzero(x), x.count_nonzero(dim=0)

x = torch.tensor([[1., 2.], [3., 4.]])
v = torch.tensor([1., 2.])
x.mm(x), x.matmul(v), x @ v, v @ x, v @ v, x.mv(v), v.dot(v), torch.outer(v, v), v.ger(v), torch.mm(x, x, out=torch.empty(2, 2))
x.mm(v)
x.mv(x)
x.mm(torch.ones(3, 2))
v.dot(torch.ones(3))
v.dot(torch.ones(2).long())
x @ x.double()
x @ 2
2 @ x
torch.bmm(x[None], x[None]), torch.matmul(x[None].expand(3, 2, 2), x).shape, torch.matmul(torch.ones(2, 1, 3, 4), torch.ones(5, 4, 2)).shape
torch.bmm(x, x)
torch.matmul(torch.ones(2, 3, 4), torch.ones(3, 4, 5))
torch.tensor(1.) @ x
torch.addmm(v, x, x), torch.addmm(v, x, x, beta=0), torch.addmm(v, x, x, beta=2, alpha=0.5), torch.addmv(v, x, v), torch.addr(x, v, v), torch.baddbmm(x[None], x[None], x[None]), torch.addbmm(x, x[None], x[None])
v.addmm(x, x), x.clone().addmm_(x.clone(), x.clone()), v.clone().addmv_(x, v), torch.addmm(torch.ones(3), x, x)
torch.mm(torch.zeros(2, 0), torch.zeros(0, 3)), torch.zeros(0, 2) @ torch.zeros(2, 0), torch.zeros(3, 0) @ torch.zeros(0)
x.long() @ x.long(), torch.ones(2, 2, dtype=torch.uint8) @ torch.full((2, 2), 200, dtype=torch.uint8)
torch.einsum('ij,jk', x, x), torch.einsum('ij->ji', x), torch.einsum('ii', x), torch.einsum('ii->i', x), torch.einsum('ij->', x), torch.einsum('i,j->ij', v, v), torch.einsum('...i,i->...', x, v), torch.einsum('ij,ij->i', x, x), torch.einsum('bij,bjk->bik', x[None], x[None]), torch.einsum(' i j , j k -> i k ', x, x)
torch.einsum('ij,jk->il', x, x)
torch.einsum('ij', v)
torch.einsum('i->ii', v)
torch.einsum('ij,jk', x)
torch.einsum('i,i', v, torch.ones(3))
torch.einsum('i$', v)
torch.einsum('ij->j->i', x)
torch.einsum('ij,kl->ijkl', x, x).shape, torch.einsum('ijk,kl->ijl', torch.ones(2, 3, 4), torch.ones(4, 5)).shape, torch.einsum([x, [0, 1], x, [1, 2]]) if False else 0, torch.einsum(x, [0, 1], x, [1, 2]), torch.einsum(x, [0, 1], x, [1, 2], [0, 2])
torch.einsum('Bi,Bj->ij', x, x), torch.einsum('ab,ba->', x, x), torch.einsum('i...->...', torch.ones(2, 3)), torch.einsum('...ij,...jk->...ik', torch.ones(2, 1, 2, 3), torch.ones(4, 3, 2)).shape
torch.tensordot(x, x, 1), torch.tensordot(x, x, ([0], [0])), torch.tensordot(x, x, dims=2), torch.tensordot(x, v, 1)

a, b = torch.tensor([1, 2, 3]), torch.tensor([3., 2., 1.])
a == b, a != b, a < b, a >= 2, 2 > a, a.eq(2), torch.ne(a, b), torch.equal(a, b), torch.allclose(b, b + 1e-9), torch.isclose(b, b), a.lt_(2), a
a == 'x', a == None, a is None, (a == a).all().item(), (b == 2).sum(), b[b == 2]
a.logical_and(b), torch.logical_not(a), torch.logical_xor(a, b), a.bool() & b.bool(), a.bool() | False, ~a.bool(), a.bool() ^ True
torch.maximum(a, b), torch.minimum(b, torch.tensor(2.)), b.clamp(1.5, 2.5), b.clamp(min=2), b.clamp(max=2), b.clamp(3, 1), torch.clamp(a, 0.5), b.clamp_(1, 2)
torch.clamp(b)
b.clamp(min=torch.tensor([1., 2., 3.]))
torch.where(a > 0, a, b), torch.where(b > 1, b, 0.), torch.where(b > 1, 1, 0), torch.where(torch.tensor(True), a, b)
torch.where(b, a, a)
a + b, a - b, a * b, a / b, a // b, a % b, a ** b, -a, +a, abs(-a), a / 2, a // 2, a % 2, 2 - a, 2 / a, 2 // b, 2 % b, 2 ** a, a ** 2, a ** 0.5, divmod(5, 2)
a + torch.ones(2)
a + 'x'
a + None
a + [1, 2, 3]
[1, 2, 3] + a
a + np.array([1, 2, 3])
np.array([1, 2, 3]) + a
np.float64(2) * b, b * np.float64(2), np.float32(2) + a, a * np.int64(2)
a & b
torch.sub(a, b, alpha=2), torch.rsub(a, 1), torch.mul(a, 2), torch.div(a, 2, rounding_mode='floor'), torch.div(a, 2, rounding_mode='trunc'), torch.true_divide(a, 2), torch.floor_divide(a, 2), torch.remainder(a, 2), torch.fmod(-a, 2), torch.pow(a, 2), torch.square(a), torch.reciprocal(b), torch.neg(a)
torch.div(a, 2, rounding_mode='x')
torch.add(a, b, alpha=1.5)
torch.add(a, 1, alpha=1.5)
torch.pow(a, -1)

x = torch.ones(2, dtype=torch.int64)
x += 1
x *= 2
x -= 1
x //= 2
x **= 2
x %= 3
x
x /= 2
x += 1.5
x
f = torch.ones(2); f /= 2; f += x; f
f += torch.ones(2, dtype=torch.float64); f.dtype
f.add_(torch.ones(3))
f.add_(torch.ones(2, 2))
torch.ones(1).add_(torch.ones(2))
torch.ones(2).expand(2, 2).add_(1)
y = torch.arange(4.); y[1:].add_(y[:-1])
y[1:] = y[:-1]
y
y.mul_(y), y.sub_(1).div_(2).neg_().abs_().sqrt_(), y.fill_(3), y.zero_(), y.copy_(torch.arange(4)), y.copy_(torch.tensor(2))
y.copy_(torch.ones(3))
y.fill_('a')
y.fill_(torch.ones(2))
y.normal_().shape, y.uniform_(2, 1)

torch.manual_seed(0)
torch.rand(3), torch.randn(3), torch.randint(10, (3,)), torch.randint(2, 5, (2, 2)), torch.randperm(5), torch.rand(2, dtype=torch.float64), torch.randn(2, 2), torch.rand_like(torch.ones(2)), torch.randn_like(torch.ones(2)), torch.randint_like(torch.ones(2), 5), torch.bernoulli(torch.tensor([0., 1., 0.5])), torch.ones(3).bernoulli_(0.5), torch.ones(2).exponential_(), torch.ones(3).random_(5), torch.empty(2).normal_(1, 2), torch.empty(2).uniform_(-1, 1), torch.rand(()), torch.rand(0)
g = torch.Generator().manual_seed(7)
torch.rand(2, generator=g), torch.randn(2, generator=g), torch.randperm(3, generator=g), g.initial_seed(), torch.initial_seed()
s = torch.get_rng_state(); a = torch.rand(2); torch.set_rng_state(s); (torch.rand(2) == a).all(), s.shape, s.dtype
torch.randint(5, 2, (2,))
torch.randn(-1)
torch.manual_seed('a')
torch.manual_seed(1.5)
torch.manual_seed(-1), torch.manual_seed(2**63) is not None, torch.seed() is not None
torch.normal(0, 1, (2,)) if hasattr(torch, 'normal') and False else 0

torch.cat([torch.ones(2), torch.zeros(1)]), torch.cat((torch.ones(1, 2), torch.zeros(2, 2))), torch.cat([torch.ones(2, 1), torch.zeros(2, 2)], 1), torch.cat([torch.ones(2, 1), torch.zeros(2, 2)], dim=-1), torch.cat([torch.ones(2), torch.ones(1).long()]).dtype, torch.cat([torch.tensor([]), torch.ones(2, 2)]).shape
torch.cat([])
torch.cat([torch.ones(2), torch.ones(2, 2)])
torch.cat([torch.ones(2, 2), torch.ones(2, 3)])
torch.cat([torch.tensor(1), torch.tensor(2)])
torch.cat(torch.ones(2))
torch.cat([torch.ones(2)], 1)
torch.cat([torch.ones(2), 1])
torch.stack([torch.ones(2), torch.zeros(2)]), torch.stack([torch.tensor(1), torch.tensor(2)]), torch.stack([torch.ones(2)] * 3, 1).shape, torch.stack((torch.ones(1), torch.ones(1)), dim=-1)
torch.stack([torch.ones(2), torch.ones(3)])
torch.stack([])
torch.hstack([torch.ones(2), torch.zeros(1)]), torch.vstack([torch.ones(2), torch.zeros(2)]), torch.dstack([torch.ones(2), torch.zeros(2)]).shape, torch.column_stack([torch.ones(2), torch.zeros(2)]), torch.meshgrid(torch.arange(2), torch.arange(3), indexing='ij'), torch.cartesian_prod(torch.arange(2), torch.arange(2)), torch.combinations(torch.arange(3)), torch.repeat_interleave(torch.arange(3), 2), torch.arange(3).repeat_interleave(torch.tensor([0, 1, 2])), torch.atleast_2d(torch.tensor(1))

x = torch.arange(6.).view(2, 3)
x.gather(1, torch.tensor([[0, 2], [1, 0]])), torch.gather(x, 0, torch.tensor([[0, 1, 0]])), x.index_select(1, torch.tensor([2, 0])), torch.index_select(x, 0, torch.tensor([1])), torch.zeros(2, 3).scatter_add(1, torch.tensor([[0, 0, 2], [1, 1, 1]]), x), torch.zeros(2, 3).scatter(1, torch.tensor([[0], [2]]), 5.), x.masked_fill(x > 3, -1), x.masked_select(x > 3), x.take(torch.tensor([0, 5])), x.index_add(0, torch.tensor([0, 0]), torch.ones(2, 3)), x.index_fill(1, torch.tensor([0]), 9), x.index_copy(0, torch.tensor([1]), torch.zeros(1, 3))
x.gather(1, torch.tensor([[3]]))
x.gather(1, torch.tensor([0]))
x.gather(2, torch.tensor([[0]]))
x.gather(1, torch.tensor([[0.]]))
x.index_select(0, torch.tensor([2]))
x.index_select(0, torch.tensor([[0]]))
x.masked_fill(x, 1)
x.masked_fill(torch.tensor([True, False]), 1)
x.masked_select(torch.tensor([1, 0, 1]))
x.scatter_add(0, torch.tensor([[0]]), torch.ones(1, 1).double())
x.index_add(0, torch.tensor([0]), torch.ones(2, 3))
x.clone().masked_fill_(x > 2, float('-inf')), x.clone().index_add_(1, torch.tensor([0]), torch.ones(2, 1), alpha=3), x.clone().scatter_add_(1, torch.tensor([[1], [1]]), torch.ones(2, 1)), x.nonzero(), (x > 3).nonzero(as_tuple=True)
x.tril(), torch.trace(x) if False else 0

x = torch.tensor([-1.5, -0.5, 0.5, 1.5, 2.5])
x.floor(), x.ceil(), x.round(), x.trunc(), x.frac(), x.sign(), x.abs(), x.neg(), x.relu(), x.sigmoid(), x.tanh(), x.exp(), x.expm1(), x.square(), x.abs().sqrt(), x.abs().rsqrt(), x.abs().log(), x.sin(), x.cos(), x.tan(), x.atan(), x.erf(), x.reciprocal(), x.sqrt(), x.log(), x.asin(), x.sinh(), x.cosh(), x.log1p(), x.log2(), x.log10()
torch.tensor([1, 4]).sqrt(), torch.tensor([True]).exp(), torch.tensor([0]).log(), torch.tensor([1]).floor(), torch.tensor([-3]).abs()
torch.isnan(x.log()), torch.isinf(1 / torch.tensor([0., 1.])), torch.isfinite(x), torch.tensor([0., -0.]).reciprocal(), torch.tensor([0.]) / 0, torch.tensor([1]) / 0, torch.tensor([-1.]) // 0
torch.softmax(x, 0), x.softmax(-1), torch.log_softmax(x, dim=0), x.softmax(0, dtype=torch.float64), x.softmax(1)

x = torch.ones(2, 3)
x.contiguous() is x, x.t().contiguous().is_contiguous(), x.t().is_contiguous(), x.clone().data_ptr() == x.data_ptr(), x.stride(), x.t().stride(), x.stride(0), x.storage_offset(), x[1].storage_offset(), x.element_size(), x.numel(), x.nelement(), x.dim(), x.ndimension(), x.ndim, x.itemsize, x.nbytes, x.device, x.dtype, x.layout, x.is_floating_point(), x.long().is_floating_point(), x.is_cuda, x.is_sparse, x.is_leaf, x.grad, x.names if False else 0
x.to(torch.int64), x.to('cpu') is x, x.to(torch.float32) is x, x.to(torch.float32, copy=True) is x, x.to(torch.ones(1).long()).dtype, x.to(dtype=torch.bool), x.double().dtype, x.float() is x, x.half if False else 0, x.int().dtype, x.bool().dtype, x.byte().dtype, x.type_as(torch.ones(1).double()).dtype, x.cpu() is x
x.to('cuda')
x.cuda()
x.to('foo')
x.to(5)
x.to()
x.item()
x.tolist(), x.numpy(), np.asarray(x), np.array(x.long()), x.numpy().dtype, torch.tensor(3).numpy(), x.requires_grad_().numpy()
x.detach().numpy(), np.sum(x.detach()), np.sin(torch.zeros(2)), np.ones(2) * torch.ones(2), torch.ones(2) * np.ones(2), list(torch.arange(3)), tuple(torch.ones(2)), [t.item() for t in torch.arange(2)], max(torch.tensor([1, 3])), sum(torch.arange(3)), sorted(torch.tensor([2, 1])), torch.tensor([1, 2]) in [torch.tensor([1, 2])] if False else 0, 2 in torch.arange(3), len(torch.ones(4, 2)), torch.ones(2).__len__(), range(torch.tensor(2)), [1, 2][torch.tensor(1)], 'a' * torch.tensor(2), hash(x) == hash(x), {x: 1}[x]
bool(torch.tensor(1)), int(torch.tensor(2.5)), float(torch.tensor(2)), '%d' % torch.tensor(3), '%.2f' % torch.tensor(3.14159), f'{torch.tensor(3.14159):.2f}', f'{torch.tensor(3)}', f'{torch.ones(2)}', format(torch.tensor(2.5)), '{:>8.3f}'.format(torch.tensor(1.5)), str(torch.tensor(1.)), f'{torch.ones(2):.2f}'
if torch.ones(2) > 0: pass
not torch.tensor(0), torch.tensor(1) and 5, torch.tensor(0) or 7, math.sqrt(torch.tensor(4.)), math.floor(torch.tensor(2.7)), round(torch.tensor(2.7)), abs(torch.tensor(-1)), -torch.tensor(1), pow(torch.tensor(2), 3), complex(1)
import copy, pickle
y = copy.copy(x); y is x, y.data_ptr() == x.data_ptr(); z = copy.deepcopy(x); z.data_ptr() == x.data_ptr(), z.requires_grad, z
copy.deepcopy(x * 2)
pickle.loads(pickle.dumps(torch.arange(3))), pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True))), pickle.loads(pickle.dumps(torch.ones(2, 3).t())).stride(), pickle.loads(pickle.dumps(torch.Size([1, 2]))), pickle.loads(pickle.dumps(torch.float32)), pickle.loads(pickle.dumps(torch.device('cpu')))
""".strip().split("\n\n")
