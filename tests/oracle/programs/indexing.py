"""Indexing: reading and writing."""

PROGRAMS = r"""
x = torch.arange(12).view(3, 4)
x[0], x[-1], x[1, 2], x[1][2]
x[0, -1], x[-3, -4]
x[3]
x[-4]
x[0, 4]
x[0, 0, 0]

x = torch.arange(12).view(3, 4)
x[1:], x[:2], x[::2], x[1:1]
x[:, 1], x[:, 1:3], x[:, ::2]
x[5:], x[-2:], x[:-5]
x[::-1]
x[::0]
x[2:1]
x[:, -1:]

x = torch.arange(12).view(3, 4)
x[...], x[..., 0], x[0, ...], x[..., 1:2]
x[None].shape, x[:, None].shape, x[..., None].shape
x[None, 0, None, :2, None].shape
x[..., ...]
x[()] is x
x[()].shape
x[[]]
x[[]].shape

x = torch.arange(12).view(3, 4)
x[[0, 2]]
x[torch.tensor([0, 2])]
x[torch.tensor([[0, 1], [2, 0]])]
x[[0, 1], [2, 3]]
x[[[0], [1]], [2, 3]]
x[:, [0, 3]]
x[[0, 1], :]
x[[-1]]
x[(0, 1)]
x[[0, 1, 2], [0, 1]]
x[[3]]
x[torch.tensor([-4])]

x = torch.arange(12).view(3, 4)
x[x > 5]
x[torch.tensor([True, False, True])]
x[[True, False, True]]
x[:, torch.tensor([True, False, True, False])]
x[torch.tensor([True, False])]
x[torch.zeros(3, 4, dtype=torch.bool)]
x[torch.tensor(True)].shape
x[True].shape, x[False].shape
x[torch.tensor([1, 0, 1], dtype=torch.uint8)]
x[torch.ones(3, 3, dtype=torch.bool)]

x = torch.arange(24).view(2, 3, 4)
x[0, [0, 1]]
x[:, 0, [1, 2]]
x[[0, 1], :, [1, 2]]
x[[0, 1], 0]
x[0, :, [1, 2]].shape
x[:, [0, 1], [1, 2]].shape
x[[0], :, [0]].shape
x[..., [0, 1]].shape
x[None, [0, 1]].shape
x[[0, 1], None].shape
x[torch.tensor([[0, 1]]), :, torch.tensor([1])].shape
x[1, x[1] > 20]

x = torch.arange(4)
x[1.0]
x["a"]
x[None, "a"]
x[torch.tensor(1.0)]
x[torch.tensor([1.5])]
x[{}]
x[2**70]
x[1, 2]
x[np.int64(2)]
x[np.array([0, 1])]
x[torch.tensor(2)]
x[torch.tensor(2, dtype=torch.int32)]
x[torch.tensor([0, 1], dtype=torch.int32)]

x = torch.tensor(5)
x[()]
x[...]
x[None]
x[0]
x[True]
x[torch.tensor(True)]
x[:]
x[[]]

x = torch.arange(4)
x[torch.tensor(1):torch.tensor(3)]
x[slice(1, None, 2)]
x[range(2)] if False else x[list(range(2))]
x[True, 0]
x[::torch.tensor(2)]
x[1:2.5]

x = torch.zeros(3, 4)
x[0] = 1
x[:, 1] = 2
x[2, 3] = 3
x[1:, 2:] = torch.tensor([[5.0, 6.0], [7.0, 8.0]])
x
x[...] = 0
x[..., 0] = torch.tensor([1.0, 2.0, 3.0])
x
x[:] = torch.arange(4.0)
x

x = torch.zeros(3, 4)
x[[0, 2]] = 1
x[[0, 1], [1, 2]] = torch.tensor([5.0, 6.0])
x
x[x == 0] = -1
x
x[torch.tensor([True, False, True])] = torch.zeros(4)
x
x[x < 0] = torch.tensor([9.0, 8.0, 7.0])
x
x[:, [0, 0]] = torch.tensor([1.0, 2.0])
x[0]
x[x > 100] = 3
x[x > 0] = torch.ones(3)

x = torch.zeros(2, 3)
x[0] = torch.zeros(4)
x[0] = torch.zeros(1)
x[0] = torch.zeros(1, 3)
x[0] = torch.zeros(2, 3)
x[0] = [1, 2, 3]
x[0] = "a"
x[0] = None
x[2] = 0
x[0, 0] = torch.tensor([1.0])
x[0, 0] = torch.tensor([1.0, 2.0])
x[0, 0] = 2**70

x = torch.zeros(3, dtype=torch.int64)
x[0] = 1.7
x[1] = True
x
x[2] = torch.tensor(2.9)
x
x[0] = float("nan")
x = torch.zeros(3, dtype=torch.bool)
x[0] = 5
x[1] = 0.5
x
x = torch.zeros(2, dtype=torch.uint8)
x[0] = 300
x[0] = -1
x

x = torch.arange(3.0)
x[None] = torch.ones(1, 3) * 2
x
x[True] = 7
x
x[False] = 8
x
x[torch.tensor(False)] = 3
x
x[[]] = 5
x
x[3:] = torch.zeros(0)
x
x[1:1] = 4
x

x = torch.zeros(4)
x[0] += 1
x[1:3] *= 2
x[[0, 0]] += 1
x
x[x == 0] -= 5
x
x[::2].add_(10)
x
x[[0, 1]].add_(100)
x

x = torch.arange(6.0).view(2, 3)
y = x[:, 1]
y[0] = 100
x
z = x[[0, 1]]
z[0] = -1
x
x.t()[0] = 9
x
x[0, 1:] = x[1, :2].clone()
x

x = torch.arange(12.0).view(3, 4)
torch.gather(x, 1, torch.tensor([[0, 1], [2, 3], [1, 1]]))
x.gather(0, torch.tensor([[0, 1, 2, 0]]))
x.gather(-1, torch.tensor([[3]]))
x.gather(1, torch.tensor([[4]]))
x.gather(1, torch.tensor([0]))
x.gather(1, torch.tensor([[0.5]]))
x.gather(2, torch.tensor([[0]]))
x.gather(1, torch.zeros(0, 2, dtype=torch.int64))
x.gather(1, torch.zeros(4, 1, dtype=torch.int64))
torch.tensor(3).gather(0, torch.tensor([0, 0]))
x.gather(1, torch.tensor([[-1]]))

x = torch.zeros(3, 4)
x.scatter_add_(1, torch.tensor([[0, 0], [1, 2], [3, 3]]), torch.ones(3, 2))
torch.zeros(3).scatter_add(0, torch.tensor([0, 0, 2]), torch.tensor([1.0, 2.0, 3.0]))
torch.zeros(3).scatter_add(0, torch.tensor([3]), torch.tensor([1.0]))
torch.zeros(3).scatter_add(0, torch.tensor([0]), torch.tensor([1.0], dtype=torch.float64))
torch.zeros(3).scatter_add(0, torch.tensor([[0]]), torch.tensor([1.0]))
torch.scatter_add(torch.zeros(2), 0, torch.tensor([1]), torch.tensor([5.0]))
torch.zeros(3).scatter_add(0, torch.tensor([0, 1]), torch.tensor([1.0]))

x = torch.arange(12).view(3, 4)
x.index_select(0, torch.tensor([2, 0]))
torch.index_select(x, 1, torch.tensor([1, 1]))
x.index_select(-1, torch.tensor([0], dtype=torch.int32))
x.index_select(0, torch.tensor([3]))
x.index_select(0, torch.tensor([[0]]))
x.index_select(0, torch.tensor([0.0]))
x.index_select(2, torch.tensor([0]))
x.index_select(0, torch.tensor(1))
x.index_select(0, torch.tensor([], dtype=torch.int64)).shape
x.index_select(0, torch.tensor([-1]))
torch.tensor(5).index_select(0, torch.tensor([0]))

x = torch.zeros(3, 2)
x.index_add_(0, torch.tensor([0, 0, 2]), torch.ones(3, 2))
x.index_add(0, torch.tensor([1]), torch.ones(1, 2), alpha=10)
torch.index_add(x, 1, torch.tensor([0]), torch.ones(3, 1))
x.index_add(0, torch.tensor([3]), torch.ones(1, 2))
x.index_add(0, torch.tensor([0]), torch.ones(2, 2))
x.index_add(0, torch.tensor([0]), torch.ones(1, 3))
x.index_add(0, torch.tensor([0]), torch.ones(1, 2, dtype=torch.float64))
x.index_add(2, torch.tensor([0]), torch.ones(1, 2))

x = torch.arange(6.0).view(2, 3)
x.masked_fill(x > 2, -1)
x.masked_fill(torch.tensor([True, False, True]), 0)
x.masked_fill_(x == 0, float("inf"))
x.masked_fill(x > 2, torch.tensor(9.0))
x.masked_fill(x > 2, torch.tensor([1.0, 2.0]))
x.masked_fill(torch.tensor([1, 0, 1]), 0)
torch.masked_fill(x, x > 3, 0)
torch.tensor([1, 2]).masked_fill(torch.tensor([True, False]), 1.5)
x.masked_fill(torch.ones(3, 3, dtype=torch.bool), 0)
torch.tensor(1.0).masked_fill(torch.tensor([True, False]), 5)
x.masked_select(x > 3)

x = torch.arange(1, 10).view(3, 3)
x.tril(), x.triu()
x.tril(1), x.triu(-1), x.tril(-5), x.triu(5)
torch.tril(torch.ones(2, 3)), torch.triu(torch.ones(3, 2), 1)
torch.ones(2, 2, 2).tril()
torch.tril(torch.ones(3))
torch.tril(torch.ones(0, 3))
torch.triu(torch.ones(2, 2, dtype=torch.bool))
x.tril_()

w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
rows = [w[i].repeat(3) for i in range(3)]
torch.cat(rows).view(3, 3)
torch.stack(rows)
w[0]
w[[0, 2]]
w[w > 1]
w[None, :]
w[1:]
w[...]

w = torch.arange(6.0, requires_grad=True)
(w.view(2, 3)[:, 1] * torch.tensor([1.0, 10.0])).sum().backward()
w.grad
w.grad = None
w[[0, 0, 2]].sum().backward()
w.grad
w.grad = None
w[w > 3].pow(2).sum().backward()
w.grad
w.grad = None
w[::2][1].backward()
w.grad

w = torch.zeros(3, requires_grad=True)
w[0] = 1
y = w * 1
y[0] = 5
y[1:] = w[:2] * 2
y
y.sum().backward()
w.grad

a = torch.zeros(2, 2)
b = torch.ones(2, requires_grad=True)
a[0] = b
a
a.requires_grad
a[1] = b * 3
a.sum().backward()
b.grad
a[[0], [0]] = 7
a
a.is_leaf

x = torch.arange(10)
x[2:8:3]
x[-3:]
x[:-1:4]
x[100:200]
x[-100:3]
x[5:2]
x.tolist()[2:4]
x[3].item(), x[torch.tensor([[1, 2], [3, 4]])].tolist()
0 in x, 11 in x
torch.tensor(3) in x

x = torch.arange(6.0).view(2, 3)
x.take(torch.tensor([0, 5]))
x.index_fill(0, torch.tensor([0]), 9)
x.index_copy(0, torch.tensor([1]), torch.zeros(1, 3))
x.scatter(1, torch.tensor([[0], [1]]), 5.0)
x.index_put((torch.tensor([0]), torch.tensor([1])), torch.tensor(8.0))
""".strip().split("\n\n")
