"""Making tensors."""

PROGRAMS = r"""
torch.tensor(3)
torch.tensor(3.5)
torch.tensor(True)
torch.tensor([])
torch.tensor([[]])
torch.tensor([[], []]).shape

torch.tensor([1, 2.5, True])
torch.tensor([True, False])
torch.tensor([1, True])
torch.tensor([[1, 2], [3, 4]], dtype=torch.float64)
torch.tensor([1.9, -1.9], dtype=torch.int64)
torch.tensor([0, 2], dtype=torch.bool)

torch.tensor([[1, 2], [3]])
torch.tensor([[1, 2], 3])
torch.tensor([1, [2]])
torch.tensor("a")
torch.tensor(["a"])
torch.tensor(None)
torch.tensor([None])
torch.tensor()
torch.tensor({})

torch.tensor(range(4))
torch.tensor((1, (2)))
torch.tensor([torch.tensor(1), torch.tensor(2)])
torch.tensor([torch.tensor(1.5), 2])
torch.tensor(np.arange(3))
torch.tensor(np.float32(2))
torch.tensor([np.float64(2), np.float32(1)])
torch.tensor(np.ones((2, 2), dtype=np.float32)).dtype

torch.tensor([1e40])
torch.tensor([2**40])
torch.tensor(2**63)
torch.tensor(2**63 - 1)
torch.tensor([300], dtype=torch.uint8)
torch.tensor([-1], dtype=torch.uint8)
torch.tensor(2**31, dtype=torch.int32)
torch.tensor(float("nan"), dtype=torch.int32).dtype

torch.tensor([1.0, 2.0], requires_grad=True)
torch.tensor([1, 2], requires_grad=True)
torch.tensor([1.0], requires_grad=True).is_leaf
torch.tensor(1.0, device="cpu").device
torch.tensor(1.0, device=torch.device("cpu"))
torch.tensor(1.0, dtype=float).dtype
torch.tensor(1.0, dtype=int).dtype
torch.tensor(1.0, dtype=bool).dtype
torch.tensor(1.0, dtype="float32")

a = torch.tensor([1.0, 2.0])
b = torch.as_tensor(a)
b is a
torch.as_tensor(a, dtype=torch.float64)
torch.as_tensor([1, 2])
torch.as_tensor(3.0)
n = np.zeros(2)
t = torch.as_tensor(n)
t[0] = 5
n

n = np.arange(4.0)
t = torch.from_numpy(n)
t
t.mul_(2)
n
n[1] = 100
t
torch.from_numpy(n[::2])
torch.from_numpy(n[::-1])
torch.from_numpy([1, 2])

torch.from_numpy(np.array(3))
torch.from_numpy(np.zeros((2, 0)))
torch.from_numpy(np.array([True, False]))
torch.from_numpy(np.arange(3, dtype=np.int32))
torch.from_numpy(np.arange(3, dtype=np.uint8))
torch.from_numpy(np.array(["a"]))
torch.from_numpy(np.arange(6).reshape(2, 3).T).stride()

torch.Tensor(3).shape
torch.Tensor(2, 3).shape
torch.Tensor([1, 2, 3])
torch.Tensor([[1, 2], [3, 4]])
torch.Tensor()
torch.Tensor(torch.Size([2, 2])).shape
torch.Tensor((1, 2))
torch.Tensor(3).dtype

torch.Tensor(-1)
torch.Tensor(2.5)
torch.Tensor("a")
torch.Tensor([1, "a"])
torch.Tensor(2, "a")

torch.empty(2, 3).shape
torch.empty((2, 3)).shape
torch.empty([2, 0]).shape
torch.empty(()).shape
torch.empty(0)
torch.empty(2, dtype=torch.int64).dtype
torch.empty(-1)
torch.empty(2, -3)
torch.empty("a")
torch.empty(2.0)

torch.zeros(2, 3)
torch.zeros((2,))
torch.zeros([])
torch.zeros(2, dtype=torch.bool)
torch.zeros(2, dtype=torch.int32)
torch.zeros(3, requires_grad=True)
torch.zeros(2, dtype=torch.int64, requires_grad=True)
torch.zeros(2, 0)

torch.ones(2, 2)
torch.ones(2, dtype=torch.uint8)
torch.ones(())
torch.ones(2, dtype=torch.bool)
torch.ones(2, 2).stride()
torch.ones(torch.Size([1, 2]))

torch.full((2, 3), 7)
torch.full((2,), 7.0)
torch.full((2,), True)
torch.full((), 1.5)
torch.full((2,), 3, dtype=torch.float32)
torch.full((2,), 2.7, dtype=torch.int64)
torch.full([2, 2], float("inf"))
torch.full((2,), 1, requires_grad=True)
torch.full((), 0.0, requires_grad=True)
torch.full(2, 3)

torch.arange(5)
torch.arange(5.0)
torch.arange(1, 4)
torch.arange(1, 2.5, 0.5)
torch.arange(0, 1, 0.25)
torch.arange(5, 0, -2)
torch.arange(0)
torch.arange(3, dtype=torch.float64)
torch.arange(1, 1)

torch.arange(0, 5, 0)
torch.arange(0, 5, -1)
torch.arange(5, 0)
torch.arange(float("inf"))
torch.arange()
torch.arange(0, 3, dtype=torch.bool)
torch.arange(start=1, end=4, step=2)
torch.arange(end=3)
torch.arange(0.1, 0.5, 0.1)
torch.arange(3, requires_grad=True)
torch.arange(3.0, requires_grad=True)

torch.eye(3)
torch.eye(2, 3)
torch.eye(3, 2, dtype=torch.int64)
torch.eye(0)
torch.eye(-1)
torch.eye(2, -1)

torch.linspace(0, 1, 5)
torch.linspace(-3, 3, 7)
torch.linspace(0, 1, 1)
torch.linspace(0, 1, 0)
torch.linspace(1, 0, 3, dtype=torch.float64)
torch.linspace(0, 10, 5, dtype=torch.int64)
torch.linspace(0, 1, -1)
torch.linspace(-math.pi, math.pi, 60).tolist()
torch.linspace(0.7, 9.9, 12, dtype=torch.int32)

x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
torch.zeros_like(x)
torch.ones_like(x, dtype=torch.int32)
torch.full_like(x, 3)
torch.full_like(torch.tensor([1]), 2.5)
torch.empty_like(x).shape
torch.rand_like(x).dtype
torch.randn_like(x).shape
torch.zeros_like(x, requires_grad=True)
torch.randint_like(x, 5).dtype

x = torch.zeros(3, 2).t()
torch.zeros_like(x).stride()
torch.empty_like(x).stride()
torch.ones_like(torch.zeros(3, 1).expand(3, 4)).stride()
torch.zeros_like(torch.zeros(4, 4)[::2]).stride()
torch.zeros_like(torch.zeros(2, 3, 4).permute(2, 0, 1)).stride()
torch.zeros_like(torch.tensor(1))
torch.zeros_like(3)

x = torch.tensor([1, 2], dtype=torch.int32)
x.new_zeros(2)
x.new_ones((2, 2))
x.new_full((2,), 7)
x.new_empty(3).dtype
x.new_tensor([1.5, 2.5])
x.new_zeros(2, dtype=torch.float32)
x.new_tensor([1, 2], dtype=torch.float64, requires_grad=True)
x.new_zeros(-1)

torch.get_default_dtype()
torch.set_default_dtype(torch.float64)
torch.tensor(1.5)
torch.zeros(2)
torch.tensor(1.5, dtype=torch.float32)
torch.arange(2.0).dtype
torch.set_default_dtype(torch.int64)
torch.set_default_dtype(torch.float32)

torch.tensor([1.5]).dtype is torch.float32
torch.float is torch.float32
torch.double is torch.float64
torch.long is torch.int64
torch.int is torch.int32
torch.float32
torch.float32.is_floating_point
torch.int64.is_floating_point
torch.float32.itemsize
str(torch.bool)
torch.finfo(torch.float32).eps
torch.iinfo(torch.int32).max

a = torch.tensor([1.0, 2.0])
a.float() is a
a.double()
a.long()
a.int()
a.bool()
a.byte()
a.to(torch.int64)
a.to(a.double()).dtype
a.to("cpu") is a
a.to(torch.float32, copy=True) is a
a.type(torch.int32)
a.type()
a.type("torch.DoubleTensor")
a.type_as(torch.tensor([1]))

torch.tensor([1.7, -1.7]).int()
torch.tensor([300.0]).to(torch.uint8)
torch.tensor([-1]).to(torch.uint8)
torch.tensor([0.5, 0.0, float("nan")]).bool()
torch.tensor([True, False]).float()
torch.tensor([2**33 + 5]).int()
torch.tensor([1e10]).double().long()

torch.is_tensor(torch.ones(1))
torch.is_tensor(1)
torch.is_floating_point(torch.ones(1))
torch.numel(torch.ones(2, 3))
torch.is_nonzero(torch.tensor(2))
torch.is_nonzero(torch.tensor([]))
torch.is_nonzero(torch.tensor([1, 2]))
torch.ones(2, 3).nelement()
torch.ones(2, 3).ndim
torch.ones(2, 3).ndimension()
torch.ones(2, 3).element_size()
torch.ones(2, 3).nbytes
torch.ones(2).layout
torch.ones(2).is_cuda

torch.ones(2, 3, 4).size()
torch.ones(2, 3, 4).size(1)
torch.ones(2, 3, 4).size(-1)
torch.ones(2, 3, 4).size(3)
torch.ones(2, 3, 4).shape[0]
torch.ones(2, 3, 4).shape[1:]
torch.ones(2, 3, 4).shape + (5,)
torch.ones(2, 3).shape == (2, 3)
torch.ones(2, 3).shape.numel()
torch.Size([1, 2])
torch.Size((2,)) * 2
list(torch.ones(2, 3).shape)
hash(torch.Size([1, 2])) == hash((1, 2))
torch.Size([1.5])
""".strip().split("\n\n")
