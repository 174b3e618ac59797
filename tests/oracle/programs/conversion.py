"""To and from Python and NumPy; copy, pickle, numbers, truth, attributes."""

PROGRAMS = r"""
torch.tensor(3).item(), torch.tensor(2.5).item(), torch.tensor(True).item()
torch.tensor([[7]]).item()
torch.tensor([1, 2]).item()
torch.tensor([]).item()
type(torch.tensor(1, dtype=torch.uint8).item())
torch.tensor(0.1).item()
torch.tensor(0.1, dtype=torch.float64).item()

torch.arange(6).view(2, 3).tolist()
torch.tensor(3.5).tolist()
torch.tensor([True, False]).tolist()
torch.zeros(0).tolist()
torch.zeros(2, 0).tolist()
torch.arange(6).view(2, 3).t().tolist()
torch.tensor([0.1]).tolist()
torch.arange(3.0).expand(2, 3).tolist()

x = torch.arange(6.0).view(2, 3)
n = x.numpy()
n
n[0, 0] = 100
x
x.t().numpy().strides
x[:, 1].numpy()
x.numpy().dtype, torch.arange(2).numpy().dtype, torch.zeros(1, dtype=torch.bool).numpy().dtype
x.expand(2, 2, 3).numpy().strides
torch.tensor(1).numpy()
torch.zeros(0, 2).numpy().shape

x = torch.arange(3.0)
np.asarray(x)
np.array(x)
np.array(x, dtype=np.float64)
np.sum(x)
np.exp(x)
np.ones(3) * x.numpy()
np.add(x.numpy(), 1)
np.array([x, x])
np.asarray(torch.ones(1, requires_grad=True))
torch.from_numpy(np.arange(3.0)) + np.float64(1)
x + np.int64(1)
x * np.float64(2.5)

int(torch.tensor(3.7)), float(torch.tensor(2)), bool(torch.tensor(0.0)), bool(torch.tensor([5]))
int(torch.tensor([1, 2]))
float(torch.tensor([]))
bool(torch.tensor([]))
bool(torch.tensor([1, 2]))
complex(torch.tensor(1.0))
range(torch.tensor(3))
[10, 20, 30][torch.tensor(1)]
[10, 20, 30][torch.tensor(1.0)]
[10, 20, 30][torch.tensor([1])]
torch.tensor(3).__index__()
round(torch.tensor(2.6))
math.sqrt(torch.tensor(4.0))
hex(torch.tensor(255))
int(torch.tensor(float("nan")))

if torch.tensor(1): print("yes")
if not torch.tensor([0.0]): print("no")
if torch.ones(2): print("never")
assert torch.tensor(True)
torch.tensor(1) and 5
torch.tensor(0) or 5
not torch.tensor(0)
bool(torch.tensor(1) == 1)

import copy
x = torch.arange(4.0).view(2, 2).t()
copy.copy(x) is x, copy.copy(x).stride()
y = copy.deepcopy(x)
y, y.stride(), y.data_ptr() == x.data_ptr()
a = [x, x]
b = copy.deepcopy(a)
b[0] is b[1]
c = copy.deepcopy([x, x.t()])
c[0][0, 0] = 50
c[1]

import pickle
x = torch.arange(4.0).view(2, 2)
pickle.loads(pickle.dumps(x))
pickle.loads(pickle.dumps(x.t())).stride()
pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True)))
pickle.loads(pickle.dumps(torch.tensor([True])))
pickle.loads(pickle.dumps(torch.zeros(0, 3)))
pickle.loads(pickle.dumps(nn.Parameter(torch.ones(1))))
pickle.loads(pickle.dumps(torch.float64))
pickle.loads(pickle.dumps(torch.Size([1, 2])))
pickle.loads(pickle.dumps(torch.device("cpu")))
a, b = pickle.loads(pickle.dumps((x, x[0])))
a[0, 0] = 9
b

x = torch.ones(2, 3)
x.shape, x.dtype, x.device, x.ndim, x.is_leaf, x.requires_grad, x.grad, x.grad_fn
x.itemsize, x.nbytes, x.layout, x.names if False else None
x.is_sparse, x.is_quantized, x.is_meta
x.dtype.is_floating_point, x.is_floating_point(), x.is_complex(), x.is_signed()
x.output_nr, x._version, x.T.shape
x.cpu() is x
x.is_pinned() if False else None
x.foo
x.foo = 3
x.foo
del x.foo
x.foo

hash(torch.ones(1)) == hash(torch.ones(1))
x = torch.ones(1)
hash(x) == id(x)
{x: 1}[x]
x in [x]
[torch.tensor(1), torch.tensor(2)].index(torch.tensor(2))
len({torch.tensor(1), torch.tensor(1)})
x is x.view(1)

isinstance(torch.ones(1), torch.Tensor)
isinstance(nn.Parameter(torch.ones(1)), torch.Tensor)
isinstance(torch.ones(1), nn.Parameter)
isinstance(torch.ones(1), torch.FloatTensor)
isinstance(torch.ones(1), torch.LongTensor)
torch.FloatTensor([1, 2])
torch.LongTensor([1, 2])
torch.FloatTensor(2, 3).shape
torch.LongTensor([1.5])

class T(torch.Tensor): pass
t = torch.ones(2).as_subclass(T)
t
type(t + 1).__name__
type(t.view(2)).__name__
type(torch.ones(2) + t).__name__
t.sum()
isinstance(t, torch.Tensor)

x = torch.arange(3)
x.numpy().sum(), x.numpy().tolist()
memoryview(x.numpy()).nbytes
x.__array__()
x.__array__(np.float32)
list(x)
tuple(torch.arange(2))
[int(v) for v in x]
dict(zip("ab", torch.arange(2)))
a, *b = x
a, b
sorted(x.tolist(), reverse=True)
x.tolist() == [0, 1, 2]
enumerate(x).__next__()

x = torch.tensor([[1, 2], [3, 4]])
for row in x: print(row, row.sum())
for i, (a, b) in enumerate(x): print(i, a.item(), b.item())
x.size() == x.shape, x.size()[1], tuple(x.shape)
"{} {}".format(*x.shape)
print(*x)
print(x.shape, x.dtype)
[*x.size()]

torch.is_tensor(np.ones(1)), torch.is_tensor(torch.ones(1))
torch.typename(torch.ones(1)) if False else torch.ones(1).type()
torch.tensor(5).type(), torch.tensor(True).type(), torch.ones(1, dtype=torch.float64).type()
torch.ones(1).to(torch.ones(1, dtype=torch.int64)).dtype
torch.ones(1).to(dtype=torch.float64).dtype
torch.ones(1).to()
torch.ones(1).to("nowhere")
torch.ones(1).to(3)
torch.device("cpu") == torch.device("cpu")
torch.device("cpu").type, torch.device("cpu").index
torch.device("cpu", 0)
torch.device("nowhere")

torch.is_same_size(torch.ones(2), torch.zeros(2)) if False else torch.equal(torch.ones(2), torch.ones(2))
torch.equal(torch.ones(2), 3)
torch.ones(2).equal(torch.ones(2, 1))
torch.tensor([float("nan")]).equal(torch.tensor([float("nan")]))
torch.ones(2).allclose(torch.ones(2))

t = torch.tensor([1.0, 2.0])
t.data
t.data is t
t.data[0] = 7
t
t.cpu().numpy()
t.clone().detach()
t.new([3.0, 4.0])
t.storage_offset(), t.element_size() * t.nelement()
""".strip().split("\n\n")
