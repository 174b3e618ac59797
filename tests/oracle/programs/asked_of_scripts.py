"""What random programs in the manner of teaching scripts showed to differ: loaders, modules, optimizers, files, signs of zeros."""

PROGRAMS = r"""
from torch.func import hessian, jacfwd, jacrev, grad
x = torch.tensor([-1.5, 0.5, -2.])
hessian(lambda a: (a ** 3).sum())(x), hessian(lambda a: a.sin().sum())(x), hessian(lambda a: (a * a * a).sum() + a[0] * a[1])(x)
jacfwd(torch.sin)(x), jacfwd(lambda a: 1 - a ** 2)(x), jacfwd(lambda a, b: (a * b, a.sum()), (0, 1))(x, x + 1), jacfwd(lambda a: {'y': a ** 2})(x)
jacfwd(lambda a: a.long())(x), jacfwd(lambda a: a[:0])(x).shape, jacfwd(lambda a: a * 2)(x[:0]).shape, jacfwd(lambda a: (a.sum(), a), has_aux=True)(x)
w = torch.ones(3, requires_grad=True); jacfwd(lambda a: a * w)(x).requires_grad, torch.autograd.grad(jacfwd(lambda a: a * w * w)(x).sum(), w)

from torch.utils.data import *
class Rows(IterableDataset): pass
Rows()
IterableDataset()
IterableDataset.__mro__, IterableDataset.__abstractmethods__
DataLoader([1, 2], timeout=1).timeout
iter(DataLoader([1, 2], timeout=1))
type(iter(DataLoader([1, 2]))).__name__, type(iter(DataLoader([1, 2], num_workers=1))).__name__

class Drawn(torch.utils.data.Dataset):
    def __len__(self): return 6
    def __getitem__(self, i): return np.random.rand(), np.random.randint(100)
g = torch.Generator().manual_seed(3)
np.random.seed(1); [b[0].tolist() for b in torch.utils.data.DataLoader(Drawn(), 2, num_workers=2, generator=g)], np.random.rand()
[b[1].tolist() for b in torch.utils.data.DataLoader(Drawn(), 2, num_workers=3, generator=g, worker_init_fn=lambda i: np.random.seed(i))]

m = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)); w = m.weight; w.grad_fn.name(), len(w.grad_fn.next_functions)
m(torch.ones(1, 2)).sum().backward(); m.parametrizations.weight.original0.grad, m.parametrizations.weight.original1.grad
[nn.utils.parametrizations.weight_norm(nn.Linear(2, 3), dim=d).weight.grad_fn.name() for d in (0, 1, -1, None)]
nn.utils.weight_norm(nn.Linear(2, 3)).weight.grad_fn.name()

m = nn.Sequential(nn.Linear(2, 2), nn.ReLU()); m.compile(), m.compile(mode='default'), m(torch.zeros(1, 2)).shape
nn.TripletMarginWithDistanceLoss(), nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: a), [n for n, _ in nn.TripletMarginWithDistanceLoss().named_modules()]
sum(p.numel() for p in nn.LazyLinear(2).parameters())
nn.init.orthogonal_(torch.empty(2, 3, 4).permute(2, 1, 0))
nn.init.orthogonal_(torch.empty(2, 3).t())

type(torch.Generator()), torch.Generator
torch.Generator('cuda')
torch.Generator(device='cuda:1')
torch.Generator('foo')
torch.ones(2, dtype=torch.uint8).untyped_storage(), torch.empty(0).untyped_storage(), [torch.ones(1).untyped_storage()]

q = nn.Parameter(torch.ones(2)); o = torch.optim.LBFGS([q]); o.add_param_group({'params': [nn.Parameter(torch.ones(1))]})
o.step(lambda: (q ** 2).sum())

import io, collections
def through(obj, **kwargs):
    file = io.BytesIO(); torch.save(obj, file); file.seek(0); return torch.load(file, **kwargs)
class Kept:
    def __init__(self, a): self.a = a
    def __repr__(self): return f'Kept({self.a})'
through(np.arange(3.), weights_only=False), through([np.float32(1.5), np.int64(3), np.bool_(True)], weights_only=False), through(np.array([['a', 'bc']]), weights_only=False)
through(collections.defaultdict(list, a=[torch.ones(1)]), weights_only=False), through((frozenset([1]), slice(1, 2), range(3)), weights_only=False), through(collections.deque([1], 4), weights_only=False)
through(np.random.RandomState(1).get_state(), weights_only=False)[1][:3]
through(np.arange(3))
through(Kept(1))
through(lambda: 1)
through({'f': lambda: 1}, weights_only=False)

import torch.testing
torch.testing.assert_allclose([1., 2.], torch.tensor([1.00005, 2.])), torch.testing.assert_allclose(torch.ones(2), 1), torch.testing.assert_allclose(torch.ones(2).double(), torch.ones(2))
torch.testing.assert_allclose(torch.ones(2), torch.ones(2) + 1e-3)
torch.testing.assert_allclose(torch.ones(2), torch.ones(2) + 1e-3, rtol=1e-2, atol=0)
torch.testing.assert_allclose(torch.ones(2), torch.ones(2), rtol=1e-2)
import torch.multiprocessing as mp
mp.cpu_count() > 0, mp.Process.__name__

q = nn.Parameter(torch.ones(2))
for kind in (torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.NAdam, torch.optim.Adam, torch.optim.Rprop): o = kind([q], lr=.1); q.grad = torch.ones(2); o.step(); s = o.state_dict(); s['state'][0]['step'] = 1; o.load_state_dict(s); o.step(); print(o.state[q]['step'])
o = torch.optim.SGD([q], lr=.1); o.load_state_dict({'state': {}, 'param_groups': [{'params': [0]}]}); q.grad = None
o.step()
o = torch.optim.Adam([q], lr=.1); o.load_state_dict({'state': {}, 'param_groups': [{'params': [0]}]})
o.step()
o = torch.optim.Adagrad([q], lr=.1); o.load_state_dict({'state': {}, 'param_groups': [{'params': [0]}]})
o.step()
from torch.optim import swa_utils
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)); a = swa_utils.AveragedModel(m, multi_avg_fn=swa_utils.get_swa_multi_avg_fn(), use_buffers=True); a.update_parameters(m)
a.update_parameters(m)
b = swa_utils.AveragedModel(m, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(.9), use_buffers=True); b.update_parameters(m), b.update_parameters(m), b.n_averaged

F.gelu(torch.tensor([-10., -1., 0., 1., 10.])), F.gelu(torch.linspace(-10, 10, 9)), F.gelu(torch.tensor([-7., -6., -5.5, -30., 30., float('inf'), float('nan')]))
x = torch.tensor([-10., -3., -1., 0., 1., 3., 10.], requires_grad=True); F.gelu(x).sum().backward(); x.grad
x.grad = None; y = F.gelu(x, approximate='tanh'); y.sum().backward(); y, x.grad
x = torch.tensor([-100., -80., 0., 1., 200., 88.], requires_grad=True); l = F.soft_margin_loss(x, torch.tensor([1., 1., 1., -1., -1., -1.])); l.backward(); l, x.grad

a = torch.arange(6.).view(2, 3).requires_grad_(); b = torch.ones(3, 2)
torch.spmm(a, b), torch.dsmm(a, b), torch.spmm(a, b).grad_fn.name(), hasattr(a, 'spmm'), hasattr(torch, 'spmm_')
torch.spmm(a, b).sum().backward(); a.grad
torch.spmm(a, a)
torch.spmm(a[0], b)
torch.spmm(a, 2)

from torch.hub import tqdm
with tqdm(total=4, disable=True) as bar: bar.update(1); bar.set_description('x')
bar.n, bar.total, bar.disable
torch.hub.no_such_name

c = torch.backends.cudnn
c.enabled, c.benchmark, c.benchmark_limit, c.deterministic, c.allow_tf32, c.is_available(), c.version(), c.is_acceptable(torch.ones(1))
c.benchmark = True; c.enabled = False; c.benchmark, c.enabled
with c.flags(enabled=False): print(nn.Linear(2, 1)(torch.ones(1, 2)).shape)
""".strip().split("\n\n")
