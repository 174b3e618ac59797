"""torch.utils.data: data sets, samplers, batches, refusals, random order."""

PROGRAMS = r"""
from torch.utils.data import *
d = TensorDataset(torch.arange(10.).view(5, 2), torch.arange(5))
len(d), d[1], d[-1], d[1:3]
torch.manual_seed(3)
for x, y in DataLoader(d, batch_size=2, shuffle=True): print(x, y)
for x, y in DataLoader(d, batch_size=2, shuffle=True, drop_last=True): print(x, y)
for x, y in DataLoader(d, batch_size=2): print(x, y)
[len(DataLoader(d, b, drop_last=l)) for b in (1, 2, 3, 5, 6) for l in (True, False)]
torch.rand(2)
next(iter(DataLoader(d, batch_size=None)))
TensorDataset(torch.ones(2), torch.ones(3))

from torch.utils.data import *
torch.manual_seed(0)
a, b = random_split(range(10), [7, 3])
list(a), list(b), len(a), a.indices
[list(s) for s in random_split(range(10), [0.5, 0.25, 0.25], generator=torch.Generator().manual_seed(42))]
random_split(range(10), [3, 3])
random_split(range(10), [-0.5, 1.5])
torch.rand(1)
c = ConcatDataset([range(3), range(10, 12)])
len(c), [c[i] for i in range(5)], c[-1], c.cumulative_sizes
c[7]
c[-9]
ConcatDataset([])
s = StackDataset(range(3), range(3, 6)); s[1], len(s)
s = StackDataset(a=range(3), b=range(3, 6)); s[1], len(s)
StackDataset(range(3), range(4))
StackDataset()
Dataset()[0]
len(Dataset())
x = TensorDataset(torch.arange(3)) + TensorDataset(torch.arange(2)); len(x), x[4]

from torch.utils.data import *
torch.manual_seed(1)
list(RandomSampler(range(6))), list(RandomSampler(range(6), replacement=True, num_samples=40)), list(RandomSampler(range(3), num_samples=8))
list(SubsetRandomSampler([5, 3, 8])), list(SequentialSampler('abc'))
list(RandomSampler(range(6), generator=torch.Generator().manual_seed(1)))
list(BatchSampler(SequentialSampler(range(10)), batch_size=3, drop_last=False)), list(BatchSampler(range(10), 3, True)), len(BatchSampler(range(10), 3, True))
RandomSampler([])
RandomSampler(range(3), replacement=1)
RandomSampler(range(3), num_samples=-1)
BatchSampler(range(3), 0, False)
BatchSampler(range(3), 2, 1)
DataLoader(range(3), shuffle=True, sampler=range(3))
DataLoader(range(3), batch_sampler=[[0]], batch_size=2)
DataLoader(range(3), num_workers=-1)
DataLoader(range(3), batch_size=None, drop_last=True)
DataLoader(range(3), prefetch_factor=2)
DataLoader(range(3), timeout=-1)
list(DataLoader(range(6), batch_sampler=[[0, 1], [5]])), list(DataLoader(range(3), sampler=[2, 0]))
l = DataLoader(range(3), batch_size=2)
l.batch_size, l.drop_last, l.num_workers, type(l.sampler).__name__, type(l.batch_sampler).__name__
l.batch_size = 3
DataLoader([])
list(DataLoader([]))
DataLoader([], shuffle=True)

from torch.utils.data import *
from collections import namedtuple, OrderedDict
P = namedtuple('P', 'x y')
default_collate([0, 1, 2]), default_collate([0.5, 1.0]), default_collate(['a', 'b']), default_collate([b'a'])
default_collate([(1, 2.), (3, 4.)]), default_collate([[1, 2.], [3, 4.]]), default_collate([{'a': 1, 'b': (2, 'x')}, {'a': 3, 'b': (4, 'y')}])
default_collate([P(1, 2), P(3, 4)]), default_collate([OrderedDict(a=1), OrderedDict(a=2)])
default_collate([np.arange(2), np.arange(2)]), default_collate([np.float32(1), np.float32(2)]), default_collate([True, False])
default_collate([torch.ones(2), torch.ones(3)])
default_collate([torch.ones(2), torch.zeros(2)])
default_collate([None, None])
default_collate([[1], [1, 2]])
default_collate([np.array(['a'])])
default_collate([object()])
default_convert([np.arange(2), 1, 'a', {'x': np.float64(2)}, (1, np.ones(1))])

from torch.utils.data import *
class Count(IterableDataset):
    def __init__(self, n): self.n = n
    def __iter__(self):
        info = get_worker_info()
        if info is None: return iter(range(self.n))
        return iter(range(info.id, self.n, info.num_workers))
list(DataLoader(Count(7), batch_size=3)), list(DataLoader(Count(7), batch_size=3, drop_last=True)), list(DataLoader(Count(3), batch_size=None))
list(DataLoader(ChainDataset([Count(2), Count(3)]), batch_size=2)), list(Count(2) + Count(1))
DataLoader(Count(3), shuffle=True)
DataLoader(Count(3), sampler=[1])
len(DataLoader(Count(3)))
get_worker_info()
class Squares(Dataset):
    def __len__(self): return 5
    def __getitem__(self, i):
        if i >= 5: raise IndexError(i)
        return {'x': torch.tensor([i, i * i]), 'i': i}
for b in DataLoader(Squares(), batch_size=2, collate_fn=lambda m: [v['i'] for v in m]): print(b)
for b in DataLoader(Squares(), batch_size=2): print(b)
g = torch.Generator().manual_seed(5)
for epoch in range(2):
    print([b['i'].tolist() for b in DataLoader(Squares(), 2, True, generator=g)])
list(Squares()), Subset(Squares(), [1, 3])[1], list(Subset(range(5), [1, 3]))
torch.manual_seed(0)
for b in DataLoader(Squares(), batch_size=2, num_workers=2): print(b)
list(DataLoader(Count(7), batch_size=2, num_workers=2)), list(DataLoader(Count(3), batch_size=None, num_workers=1))
class Noisy(Squares):
    def __getitem__(self, i): return torch.rand(2), get_worker_info().id
for b in DataLoader(Noisy(), batch_size=2, num_workers=2, shuffle=True): print(b)
torch.rand(1), torch.utils.data.DataLoader is DataLoader
isinstance(Squares(), Dataset), issubclass(IterableDataset, Dataset), Dataset[int] is not None
""".strip().split("\n\n")
