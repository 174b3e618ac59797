"""Cells of notebooks: loaders, copies and pickles, dataclasses, linear algebra, chance."""

PROGRAMS = r"""
from torch.utils.data import DataLoader, TensorDataset, Dataset, random_split, Subset, ConcatDataset, WeightedRandomSampler, IterableDataset, BatchSampler, RandomSampler, SequentialSampler, SubsetRandomSampler, default_collate
ds = TensorDataset(torch.arange(10.0).view(5, 2), torch.arange(5))
ds[0], ds[1:3], len(ds)
ds
for xb, yb in DataLoader(ds, batch_size=2): print(xb, yb)
torch.manual_seed(1)
for xb, yb in DataLoader(ds, batch_size=2, shuffle=True, drop_last=True): print(xb, yb)
for xb, yb in DataLoader(ds, batch_size=2, shuffle=True): print(yb)
for b in DataLoader(ds, batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(0)): print(b)
len(DataLoader(ds, batch_size=2)), len(DataLoader(ds, batch_size=2, drop_last=True))
next(iter(DataLoader(ds, batch_size=None)))
a, b = random_split(ds, [3, 2], generator=torch.Generator().manual_seed(42))
a.indices, b.indices, len(a), a[0]
random_split(ds, [0.5, 0.5])[0].indices
random_split(ds, [3, 3])
list(WeightedRandomSampler([0.1, 0.9, 0.4], 5))
list(WeightedRandomSampler([0.1, 0.9, 0.4], 3, replacement=False))
list(RandomSampler(range(5))), list(RandomSampler(range(5), replacement=True, num_samples=7)), list(SequentialSampler(range(3)))
list(BatchSampler(SequentialSampler(range(5)), 2, False)), list(SubsetRandomSampler([1, 3, 5]))
class Words(Dataset):
    def __init__(self): self.w = ["a", "bb", "ccc"]
    def __len__(self): return 3
    def __getitem__(self, i): return {"word": self.w[i], "len": len(self.w[i]), "vec": torch.ones(2) * i}
for b in DataLoader(Words(), batch_size=2): print(b)
for b in DataLoader(Words(), batch_size=2, collate_fn=lambda l: [d["word"] for d in l]): print(b)
class Ragged(Dataset):
    def __len__(self): return 3
    def __getitem__(self, i): return torch.ones(i + 1)
next(iter(DataLoader(Ragged(), batch_size=2)))
nn.utils.rnn.pad_sequence([torch.ones(i + 1) for i in range(3)], batch_first=True)
class It(IterableDataset):
    def __iter__(self): return iter(range(5))
list(DataLoader(It(), batch_size=2))
list(DataLoader([1, 2, 3], batch_size=2)), list(DataLoader([(1, 2.0), (3, 4.0)], batch_size=2)), list(DataLoader(np.arange(4), batch_size=2)), list(DataLoader(["x", "y"], 2))
default_collate([torch.ones(2), torch.zeros(2)]), default_collate([{"a": 1}, {"a": 2}]), default_collate([(1, "a"), (2, "b")])
default_collate([None])
ConcatDataset([ds, ds])[7], len(ds + ds), Subset(ds, [0, 2])[1]
DataLoader(ds, batch_size=0)
DataLoader(ds, batch_size=2, shuffle=True, sampler=SequentialSampler(ds))
DataLoader(It(), shuffle=True)
TensorDataset(torch.ones(2), torch.ones(3))
len(It())
DataLoader(ds).dataset is ds, DataLoader(ds).batch_size, DataLoader(ds).num_workers
DataLoader(ds)
for i, (xb, yb) in enumerate(DataLoader(ds, 4)): print(f"batch {i}: {xb.shape} {yb.tolist()}")

import copy, pickle, io
x = torch.arange(4.0, requires_grad=True)
y = copy.deepcopy(x)
y, y.is_leaf, y is x
(x * 2).sum().backward()
copy.deepcopy(x).grad
copy.copy(x) is x, copy.copy(x).data_ptr() == x.data_ptr()
copy.deepcopy(x * 2)
pickle.loads(pickle.dumps(x))
pickle.loads(pickle.dumps(x * 2))
pickle.loads(pickle.dumps(nn.Parameter(torch.ones(2))))
m = nn.Linear(2, 2)
m2 = copy.deepcopy(m)
torch.equal(m.weight, m2.weight), m2.weight is m.weight
pickle.loads(pickle.dumps(m))
buf = io.BytesIO()
torch.save({"model": m.state_dict(), "epoch": 3, "l": [1, 2.0, "a"], "t": torch.arange(3)}, buf)
buf.seek(0)
torch.load(buf)
buf.seek(0)
torch.load(buf, map_location="cpu", weights_only=True).keys()
buf = io.BytesIO()
torch.save(m, buf)
buf.seek(0)
torch.load(buf)
buf.seek(0)
torch.load(buf, weights_only=False)
a = torch.arange(6.0)
b = a[:3]
c, d = copy.deepcopy([a, b])
c[0] = 9
d
memo = copy.deepcopy({"a": a, "b": a})
memo["a"] is memo["b"]
pickle.loads(pickle.dumps([a, b]))[1]
class Cfg:
    def __init__(self): self.t = torch.ones(2); self.n = 3
copy.deepcopy(Cfg()).t
copy.deepcopy(torch.optim.Adam(m.parameters()))
pickle.loads(pickle.dumps(torch.float32)), pickle.loads(pickle.dumps(torch.Size([1, 2]))), pickle.loads(pickle.dumps(torch.device("cpu")))
copy.deepcopy(torch.Generator().manual_seed(3)).initial_seed()

from dataclasses import dataclass, field, asdict, replace, astuple
@dataclass
class Batch:
    x: torch.Tensor
    y: torch.Tensor = field(default_factory=lambda: torch.zeros(2))
    name: str = "b"
b = Batch(torch.ones(2))
b
asdict(b)
astuple(b)
replace(b, name="c")
b == b
b == Batch(torch.ones(2))
@dataclass
class D2:
    x: torch.Tensor = torch.ones(2)
D2()
from collections import namedtuple, Counter, defaultdict
P = namedtuple("P", "x y")
P(torch.ones(1), torch.tensor(2))
Counter(torch.tensor([1, 1, 2]).tolist())
defaultdict(list, {1: [torch.ones(1)]})
from typing import NamedTuple, Optional
class Q(NamedTuple):
    a: torch.Tensor
    b: Optional[torch.Tensor] = None
Q(torch.zeros(1))
def f(x: torch.Tensor, n: int = 2) -> torch.Tensor: return x * n
import inspect
inspect.signature(f)
isinstance(b.x, torch.Tensor), isinstance(nn.Parameter(b.x), torch.Tensor), type(b.x), type(nn.Parameter(b.x)), torch.is_tensor(3), isinstance(torch.ones(1), torch.FloatTensor), b.x.type()
sorted([torch.tensor(3), torch.tensor(1)])
max([torch.tensor(3), torch.tensor(1)], key=lambda t: t.item())
functools = __import__("functools")
functools.reduce(torch.add, [torch.ones(2)] * 3)
list(map(torch.sqrt, [torch.tensor(4.0)])), list(zip(torch.arange(2), torch.ones(2))), [i for i in enumerate(torch.arange(2))]
sum([torch.ones(2), torch.ones(2)]), any(torch.tensor([0, 1])), all(torch.tensor([1, 1]))
import itertools
list(itertools.islice(torch.arange(10), 2))
match torch.Size([2, 3]):
    case (a, b): print(a, b)
{k: v for k, v in zip("ab", torch.arange(2))}
dict(a=torch.ones(1)) == dict(a=torch.ones(1))
[torch.ones(1)] == [torch.ones(1)], [torch.ones(2)].index(torch.ones(2))
torch.ones(2) in [torch.ones(2)]
json = __import__("json")
json.dumps(torch.ones(2).tolist())
json.dumps(torch.ones(2))
json.dumps(torch.tensor(1).item())

A = torch.tensor([[4.0, 1.0], [2.0, 3.0]])
torch.linalg.inv(A), torch.linalg.det(A), torch.linalg.slogdet(A), A.inverse()
torch.linalg.solve(A, torch.tensor([1.0, 2.0])), torch.linalg.matrix_rank(A), torch.trace(A), torch.linalg.cond(A)
U, S, Vh = torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))
U, S, Vh
torch.linalg.svd(A)
torch.linalg.qr(A)
torch.linalg.eigh(A @ A.T)
torch.linalg.cholesky(A @ A.T)
torch.linalg.cholesky(-A)
torch.linalg.inv(torch.zeros(2, 2))
torch.linalg.solve(torch.zeros(2, 2), torch.ones(2))
torch.linalg.inv(torch.ones(2, 3))
torch.linalg.eigvalsh(A @ A.T), torch.linalg.svdvals(A), torch.linalg.norm(A), torch.linalg.norm(A, 2), torch.linalg.norm(A, "nuc"), torch.linalg.norm(A, float("inf")), torch.linalg.vector_norm(A, 1), torch.linalg.matrix_norm(A), A.norm(p=1), A.norm(dim=0)
torch.linalg.lstsq(torch.tensor([[1.0, 1], [1, 2], [1, 3]]), torch.tensor([[1.0], [2], [2]])).solution
torch.linalg.lstsq(torch.tensor([[1.0, 1], [1, 2], [1, 3]]), torch.tensor([[1.0], [2], [2]]))
torch.linalg.pinv(torch.tensor([[1.0, 2], [3, 4], [5, 6]]))
torch.linalg.matrix_power(A, 3), torch.linalg.matrix_power(A, -1), torch.linalg.matrix_exp(torch.zeros(2, 2)), torch.linalg.multi_dot([A, A, A])
torch.linalg.cross(torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0])), torch.kron(A, torch.eye(2)), torch.block_diag(A, torch.ones(1, 1)), torch.outer(torch.arange(3), torch.arange(2)), torch.vander(torch.tensor([1, 2, 3]))
torch.tensordot(A, A, dims=1), torch.tensordot(A, A), torch.tensordot(A, A, dims=([0], [1])), torch.cdist(A, A), torch.cov(A), torch.corrcoef(A), torch.inner(A, A), torch.chain_matmul(A, A)
torch.linalg.solve_triangular(A.triu(), torch.ones(2, 1), upper=True), torch.cholesky_solve(torch.ones(2, 1), torch.linalg.cholesky(A @ A.T)), torch.linalg.eigvalsh(torch.eye(3))
torch.det(torch.ones(2, 3))
A @ torch.ones(3)
A.mm(torch.ones(2))
torch.dot(torch.ones(2), torch.ones(3))
torch.dot(A, A)
A @ torch.ones(2, dtype=torch.int64)
A.T, A.mT, A.t(), A.H, torch.ones(3).T, torch.ones(3).t()
torch.ones(2, 3, 4).t()
torch.qr(A), torch.svd(A)
torch.einsum("ij,jk->ik", A, A), torch.einsum("ii", A), torch.einsum("ij->j", A), torch.einsum("i,j->ij", torch.arange(2), torch.arange(3)), torch.einsum("bij,bjk->bik", torch.ones(2, 2, 3), torch.ones(2, 3, 1)), torch.einsum("...ij->...ji", torch.arange(8).view(2, 2, 2)), torch.einsum("ij,ij->", A, A), torch.einsum("ii->i", A), torch.einsum("bhqd,bhkd->bhqk", torch.ones(1, 2, 2, 3), torch.ones(1, 2, 1, 3)).shape, torch.einsum(A, [0, 1], A, [1, 2], [0, 2]), torch.einsum("ij,j", A, torch.ones(2)), torch.einsum(" i j , j k -> i k ", A, A)
torch.einsum("ij,jk", A)
torch.einsum("ijk", A)
torch.einsum("ij,jk->il", A, A)
torch.einsum("ij,jk->iik", A, A)
torch.einsum("ij,kj->ik", A, torch.ones(2, 3))
torch.einsum("i1->i", A)
torch.einsum("ij->ij->", A)
torch.einsum("...->i", A)
torch.einsum("a...,a...->...", A, A)

torch.manual_seed(0)
torch.rand(3), torch.randn(2, 2), torch.randint(0, 10, (5,)), torch.randperm(6), torch.rand(1).item()
torch.rand_like(torch.ones(2)), torch.randn_like(torch.ones(2, dtype=torch.float64)), torch.randint_like(torch.ones(3), 10)
g = torch.Generator().manual_seed(5)
torch.rand(2, generator=g), torch.randperm(4, generator=g), torch.randn(2, generator=g), g.initial_seed()
s = torch.get_rng_state()
a = torch.rand(2)
torch.set_rng_state(s)
torch.equal(a, torch.rand(2))
with torch.random.fork_rng():
    torch.manual_seed(3); print(torch.rand(1))
torch.rand(1), torch.initial_seed(), torch.manual_seed(4), type(torch.seed())
torch.manual_seed(7)
F.dropout(torch.ones(8), 0.5), nn.Dropout(0.2)(torch.ones(2, 3)), F.dropout(torch.ones(3), training=False), F.gumbel_softmax(torch.zeros(3)), F.rrelu(torch.tensor([-1.0, 1.0]), training=True), F.dropout2d(torch.ones(1, 3, 1, 2))
nn.Linear(3, 2).weight, nn.Embedding(3, 2).weight, nn.Conv1d(1, 2, 2).weight, nn.LSTM(1, 1).weight_ih_l0
torch.rand(3, dtype=torch.int64)
torch.randint(5, 5, (2,))
torch.multinomial(torch.tensor([1.0, -1.0]), 1)
torch.multinomial(torch.ones(2), 3)
torch.bernoulli(torch.tensor([1.5]))
torch.normal(0.0, -1.0, (2,))
torch.manual_seed(0)
n = Normal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
n, n.sample(), n.rsample((2,)), n.log_prob(torch.tensor(0.5)), n.entropy(), n.mean, n.stddev, n.cdf(torch.tensor(0.0)), kl_divergence(n, Normal(0.0, 1.0))
c = Categorical(torch.tensor([0.2, 0.3, 0.5]))
c, c.sample((4,)), c.probs, c.logits, c.log_prob(torch.tensor(2)), c.entropy()
Normal(0.0, -1.0)
Categorical(torch.tensor([-1.0, 2.0]))
Normal(0, 1).log_prob("a")
""".strip().split("\n\n")
