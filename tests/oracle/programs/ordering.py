"""Sorting, searching, counting, drawing by weight, quantiles, and arithmetic made of other ops."""

PROGRAMS = r"""
x = torch.tensor([[3., 1, 2, 1], [0, 5, float('nan'), 4], [1, 1, 1, 1]], requires_grad=True)
torch.sort(x), x.sort(0), x.sort(descending=True), x.sort(dim=1, descending=True).indices
torch.sort(x, stable=True), torch.sort(x, dim=0, descending=True, stable=True), x.sort(stable=True, dim=-1).values
x.sort()[0].nansum().backward(); x.grad
torch.argsort(x), x.argsort(dim=0, descending=True), torch.argsort(x, stable=True), torch.msort(x.detach())
torch.tensor(3.).sort(), torch.tensor([]).sort(), torch.zeros(2, 0).sort(), torch.tensor([True, False, True]).sort()
torch.tensor([3, 1, 2], dtype=torch.uint8).sort(), torch.tensor([3., 1, 2], dtype=torch.bfloat16).sort(), torch.tensor([3, 1, 2], dtype=torch.int32).sort(descending=True)
torch.sort(x, 2)
torch.sort(torch.arange(40) % 7)[0], torch.sort((torch.arange(40) * 7) % 11, stable=True)[1]
torch.manual_seed(0); y = torch.randn(3, 50); y.sort()[1], y.sort(0)[1]
v, i = torch.sort(y); torch.equal(y.gather(1, i), v)
torch.sort(y, out=(v, i)) is not None

x = torch.tensor([[3., 1, 2, 7], [0, 5, -1, 4]], requires_grad=True)
torch.topk(x, 2), x.topk(1, dim=0), x.topk(3, largest=False), x.topk(2, 1, True, True).values, x.topk(k=0)
x.topk(2)[0].sum().backward(); x.grad
x.topk(5)
torch.topk(torch.tensor(3.), 1), torch.topk(torch.arange(5), 2)
torch.kthvalue(x, 2), x.kthvalue(1, 0), x.kthvalue(2, keepdim=True), torch.tensor(2.).kthvalue(1)
x.kthvalue(0)
x.kthvalue(5)
x.grad = None; x.kthvalue(2)[0].sum().backward(); x.grad
torch.median(x), x.median(0), x.median(dim=1, keepdim=True), torch.median(torch.arange(4)), torch.tensor(5.).median(), torch.arange(6).view(2, 3).median(1)
torch.tensor([1., float('nan'), 3]).median(), torch.tensor([1., float('nan'), 3]).nanmedian(), torch.tensor([[1., float('nan'), 3], [1, 2, 3]]).median(1), torch.tensor([[1., float('nan'), 3], [1, 2, 3]]).nanmedian(1)
x.grad = None; x.median().backward(); x.grad
torch.tensor([]).median(), torch.tensor([]).nanmedian()
torch.zeros(2, 0).median(1)
x.grad = None; x.median(1)[0].sum().backward(); x.grad
x.median(3)

x = torch.tensor([3, 1, 2, 1, 3, 3])
torch.unique(x), x.unique(return_inverse=True), x.unique(return_counts=True), torch.unique(x, sorted=True, return_inverse=True, return_counts=True)
torch.unique(torch.tensor([[1, 2], [1, 2], [0, 5]]), dim=0), torch.unique(torch.tensor([[1., 2], [1, 2]]), dim=1, return_counts=True), torch.tensor([[True, False]]).unique()
torch.unique_consecutive(x), x.unique_consecutive(return_inverse=True, return_counts=True), torch.unique_consecutive(torch.tensor([[1, 2], [1, 2], [0, 5]]), dim=0), torch.tensor([]).unique()
torch.unique(torch.tensor([[3, 1], [1, 2]]), return_inverse=True), torch.unique(torch.tensor(3), return_inverse=True)
torch.unique(torch.ones(3, 0), dim=0)
torch.unique_consecutive(torch.ones(0, 3), dim=0, return_counts=True), torch.unique(torch.ones(2, 0, 2), dim=1), torch.unique(torch.tensor([[3, 1], [3, 1]]), dim=-1).stride()
torch.bincount(x), x.bincount(minlength=6), torch.bincount(x, weights=torch.arange(6.)), torch.bincount(torch.tensor([], dtype=torch.int64)), torch.bincount(x, torch.arange(6))
torch.bincount(torch.tensor([-1]))
torch.bincount(torch.tensor([1.5]))
torch.bincount(torch.ones(2, 2, dtype=torch.int64))
torch.bincount(x, minlength=-1)
torch.histc(torch.tensor([1., 2, 1, 5]), bins=4), torch.histc(torch.tensor([1., 2, 1, 5]), 4, 0, 3), torch.arange(10.).histc(5, min=0, max=9), torch.histc(torch.ones(3), 2)
torch.histc(torch.arange(3))
torch.histc(torch.ones(3), bins=0)
torch.histc(torch.ones(3), 2, 3, 1)
s = torch.tensor([[1, 3, 5, 7, 9], [2, 4, 6, 8, 10]]); v = torch.tensor([[3, 6, 9], [3, 6, 9]])
torch.searchsorted(s, v), torch.searchsorted(s, v, right=True), torch.searchsorted(s[0], v, side='right'), torch.searchsorted(s[0], 5), torch.searchsorted(s[0], v, out_int32=True)
torch.searchsorted(s, v, right=True, side='left')
torch.searchsorted(s, v, side='x')
torch.searchsorted(s, v[:1])
torch.bucketize(v, s[0]), torch.bucketize(4, s[0]), torch.bucketize(torch.tensor([2.5]), s[0], right=True)
torch.isin(x, torch.tensor([1, 2])), torch.isin(x, 3), torch.isin(2, x), torch.isin(x, torch.tensor([1]), invert=True)
torch.argwhere(x > 1), torch.tensor([[0, 1], [1, 1]]).argwhere()
torch.aminmax(x), torch.aminmax(x.view(2, 3), dim=1), torch.aminmax(x.view(2, 3), dim=0, keepdim=True)

torch.manual_seed(0)
w = torch.tensor([0.1, 0.2, 0.3, 0.4])
torch.multinomial(w, 2), torch.multinomial(w, 1), torch.multinomial(w, 10, replacement=True), w.multinomial(4), torch.rand(1)
torch.multinomial(torch.tensor([[1., 0, 3], [0, 1, 1]]), 5, True), torch.multinomial(torch.tensor([[1., 0, 3], [0, 1, 1]]).double(), 2), torch.multinomial(torch.softmax(torch.randn(3, 27), 1), num_samples=1)
g = torch.Generator().manual_seed(2147483647); torch.multinomial(torch.rand(3, generator=g), num_samples=20, replacement=True, generator=g)
torch.multinomial(w, 5)
torch.multinomial(w, 0)
torch.multinomial(-w, 1)
torch.multinomial(w * 0, 1)
torch.multinomial(torch.arange(3), 1)
torch.multinomial(torch.rand(2, 2, 2), 1)
torch.multinomial(torch.tensor([1., float('nan')]), 1)
from torch.utils.data import WeightedRandomSampler
list(WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5, replacement=True)), list(WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False))

x = torch.tensor([[0., 2, 5, 9], [4, 3, 2, 1]], requires_grad=True)
y = x.detach()
torch.quantile(y, 0.4), torch.quantile(y, torch.tensor([0.25, 0.5]), dim=1), torch.quantile(y, 0.4, dim=0, keepdim=True), y.quantile(torch.tensor([0., 1]), 1, True)
[torch.quantile(x.detach(), 0.4, interpolation=i) for i in ('linear', 'lower', 'higher', 'midpoint', 'nearest')]
torch.quantile(x, 0.3, dim=1).sum().backward(); x.grad
x = x.detach()
torch.nanquantile(torch.tensor([1., float('nan'), 3, 2]), 0.5), torch.quantile(torch.tensor([1., float('nan'), 3, 2]), 0.5), torch.nanquantile(torch.tensor([[1., float('nan')], [3, 2]]), 0.5, dim=1)
torch.quantile(x, 1.5)
torch.quantile(torch.arange(4), 0.5)
torch.quantile(x, 0.5, interpolation='x')
torch.quantile(torch.tensor([]), 0.5)
torch.nanmean(torch.tensor([1., float('nan'), 3])), torch.tensor([[1., float('nan')], [3, 2]]).nanmean(1), torch.nanmean(torch.tensor([[1., float('nan')], [3, 2]]), dim=0, keepdim=True)
torch.diff(x), x.diff(dim=0), torch.diff(x, n=2), torch.diff(torch.tensor([True, False, False])), torch.diff(torch.arange(3), prepend=torch.tensor([5])), x.diff(n=0)
torch.diff(torch.tensor(1))
torch.trapz(x), torch.trapezoid(x, dx=2.), torch.trapz(x, torch.tensor([0., 1, 3, 6])), torch.trapezoid(x, dim=0)
torch.inner(x, x), torch.inner(torch.arange(3.), torch.arange(3.)), torch.inner(torch.tensor(2.), torch.arange(3.)), torch.kron(torch.arange(1, 3), torch.arange(1, 5).view(2, 2)), torch.kron(x, torch.ones(1, 2))
torch.dist(x[0], x[1]), torch.dist(x[0], x[1], 1), torch.cdist(x, x[:1]), torch.cdist(x, x[:1], p=1)
torch.cov(x), torch.cov(x[0]), torch.corrcoef(x), torch.cov(x, correction=0)
torch.take_along_dim(x, x.detach().argmax(1, keepdim=True), dim=1), torch.take_along_dim(x, torch.tensor([[0, 5]])), torch.trace(x), torch.diagflat(torch.arange(3)), torch.diagflat(torch.arange(2), 1)
torch.tril_indices(3, 3), torch.triu_indices(3, 4, 1), torch.tril_indices(2, 3, offset=-1), torch.logspace(0, 2, 3), torch.logspace(0, 3, 4, base=2), torch.vander(torch.tensor([1, 2, 3])), torch.vander(torch.tensor([1, 2, 3]), N=2, increasing=True)
torch.zeros(3, 3).fill_diagonal_(5), torch.zeros(7, 3).fill_diagonal_(1, wrap=True), torch.zeros(2, 5).fill_diagonal_(2.5)
torch.zeros(3).fill_diagonal_(1)

n = float('nan'); i = float('inf')
x = torch.tensor([n, i, -i, -0.0, 0.0, -1.5, 2.5])
torch.nan_to_num(x), torch.nan_to_num(x, nan=7., posinf=1, neginf=-1), x.clone().nan_to_num_(), torch.nan_to_num(torch.arange(2)), x.isposinf(), x.isneginf(), torch.signbit(x), torch.isreal(x), torch.sgn(x)
torch.copysign(torch.ones(7), x), torch.copysign(torch.arange(3), -1), torch.heaviside(x, torch.tensor(0.5)), torch.fmax(x, torch.ones(7)), torch.fmin(x, torch.ones(7)), torch.xlogy(torch.tensor([0., 0, 2]), torch.tensor([n, 0, 3]))
torch.xlogy(2, torch.tensor([3.])), torch.xlogy(torch.tensor([1, 2]), 2), torch.logaddexp(torch.tensor([1., -i]), torch.tensor([2., -i])), torch.logaddexp2(torch.tensor([1.]), torch.tensor([2.])), torch.deg2rad(torch.tensor([180, 90])), torch.rad2deg(torch.tensor([3.14159])), torch.sinc(torch.tensor([0., 0.5, 1])), torch.logit(torch.tensor([0.3, 0.9])), torch.logit(torch.tensor([0., 2.]), eps=0.1), torch.float_power(torch.tensor([2, 3]), 2), torch.float_power(2, torch.tensor([1, 2.]))
torch.heaviside(torch.ones(1), torch.ones(1).double())
torch.selu(torch.tensor([-1., 1])), torch.celu(torch.tensor([-1., 1])), torch.dropout(torch.ones(2), 0.5, False), torch.cosine_similarity(torch.ones(1, 2), torch.ones(1, 2)), torch.layer_norm(torch.arange(3.), (3,)), torch.threshold(torch.tensor([1., 3]), 2, 0)
""".strip().split("\n\n")
