"""What public libraries ask of PyTorch beside its ops: one op over lists of tensors, NumPy's names of arguments, processes that are not there."""

PROGRAMS = r"""
torch.manual_seed(0)
a = [torch.randn(2), torch.rand(3) + .5]; b = [torch.rand(2) + .5, torch.ones(3)]
ones = 'abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc'.split()
[getattr(torch, '_foreach_' + n)(a) for n in ones]
[getattr(torch, f'_foreach_{n}_')([x.clone() for x in a]) for n in ones]
twos = 'add sub mul div clamp_max clamp_min maximum minimum pow'.split()
[[getattr(torch, '_foreach_' + n)(b, other) for other in (2, .5, [1, 2.], a)] for n in twos]
[getattr(torch, f'_foreach_{n}_')([x.clone() for x in b], other) for n in twos for other in (2., [1., 2.], b)]
torch._foreach_add(a, b, alpha=3), torch._foreach_sub(a, b, alpha=3), torch._foreach_add(a, torch.tensor(2.), alpha=3), torch._foreach_mul(a, torch.tensor(2.)), torch._foreach_div(a, torch.tensor(2.))
torch._foreach_pow(2, a), torch._foreach_lerp(a, b, .25), torch._foreach_lerp(a, b, b), torch._foreach_lerp(a, b, [.5, .25]), torch._foreach_lerp_([x.clone() for x in a], b, .25)
[f(a, b, b, v) for f in (torch._foreach_addcmul, torch._foreach_addcdiv) for v in (2, [1., 2.], torch.tensor([1., 2.]))]
torch._foreach_addcmul(a, b, b), torch._foreach_addcdiv(a, b, b, value=2), torch._foreach_addcmul_([x.clone() for x in a], b, b, value=-1), torch._foreach_addcdiv_([x.clone() for x in a], b, b, [1., 2.])
torch._foreach_norm(a), torch._foreach_norm(a, 1), torch._foreach_norm(a, ord=float('inf')), torch._foreach_norm(a, dtype=torch.float64), torch._foreach_max(a), torch._foreach_powsum(a, 2), torch._foreach_clone(a), torch._foreach_mm([torch.ones(2, 2)], [torch.eye(2)])
torch._foreach_copy_([torch.zeros(2), torch.zeros(3)], a), torch._foreach_zero_([torch.ones(2)])
x = [x.clone() for x in a]; torch._foreach_mul_(x, .5) is x, x
torch._foreach_abs(torch.ones(2, 2))
torch._foreach_exp(5)
torch._foreach_abs([3])
torch._foreach_add([], 1)
torch._foreach_add(a, [1])
torch._foreach_add(a, b[:1])
torch._foreach_mul(a, torch.ones(2))
torch._foreach_addcmul(a, b[:1], b)
x = torch.ones(2, requires_grad=True); y = torch._foreach_mul(torch._foreach_exp([x, x * 2]), [1., 2.]); (y[0].sum() + y[1].sum()).backward(); x.grad
torch._foreach_mul_([x], 2)
from torch.utils._foreach_utils import _group_tensors_by_device_and_dtype as group
sorted(group([[torch.ones(1), torch.ones(2, dtype=torch.float64), torch.ones(3)], [None, None, None], []], True).values(), key=str)
list(group([[torch.ones(1)], [torch.zeros(1)]]).items())

x = torch.arange(6.).view(2, 3)
torch.linalg.norm(x, axis=1, keepdims=True), torch.linalg.vector_norm(x, axis=1, keepdims=True), torch.linalg.matrix_norm(x, keepdims=True), torch.linalg.norm(x, axis=(0, 1))
torch.flip(x, axis=0)
torch.nanmean(x, axis=0, keepdims=True), torch.quantile(x, .5, axis=0, keepdims=True), torch.diff(x, axis=0), torch.take_along_dim(x, torch.zeros(1, 3, dtype=torch.int64), axis=0), torch.tensor_split(x, 2, axis=0)
torch.var_mean(x, axis=0), torch.trapz(x, axis=0), torch.linalg.vecdot(x, x, axis=0), torch.linalg.cross(x, torch.ones(2, 3), axis=1), torch.linalg.det(x[:, :2]), x.softmax(axis=0)
torch.unique(x, axis=0)
torch.nanmean(x, axes=0)
torch.nanmean(x, 0, axis=0)
torch.div(7, x + 1, rounding_mode='floor'), torch.div(7, x + 1, rounding_mode=None), torch.div(7, torch.arange(1, 4), rounding_mode='trunc'), torch.div(7, 2, rounding_mode='floor')
x = torch.tensor([2.], requires_grad=True); torch.div(7, x, rounding_mode=None).backward(); x.grad

a = torch.tensor([[4., 1.], [1., 3.]]); bad = torch.tensor([[1., 2.], [2., 1.]])
L, info = torch.empty(0), torch.empty(0, dtype=torch.int32)
torch.linalg.cholesky_ex(a, out=(L, info)); L, info
torch.linalg.cholesky_ex(torch.stack([a, bad]), upper=True, out=(L, info))[1] is info, L.shape, info
w, V = torch.empty(2), torch.empty(2, 2); torch.linalg.eigh(a, out=(w, V)); w, V.abs(), torch.linalg.eigh(a, 'U', out=(w, V)).eigenvalues is w
U, S, Vh = torch.empty(0), torch.empty(0), torch.empty(0); torch.linalg.svd(a, out=(U, S, Vh)).S is S, U.abs(), S, Vh.abs(), torch.linalg.svd(a[:1], full_matrices=False, out=(U, S, Vh)).Vh.shape
X, info = torch.empty(2, 2), torch.empty((), dtype=torch.int32); torch.linalg.inv_ex(a, out=(X, info)); X, info
torch.linalg.slogdet(torch.stack([a, bad]), out=(S, U)), torch.linalg.slogdet(a, out=(torch.empty(0), torch.empty(0))), torch.slogdet(a)
torch.linalg.slogdet(a, out=(S.double(), U))
torch.linalg.eigh(a, out=(w.double(), V))
torch.linalg.svd(a, out=(U, S))
torch.linalg.cholesky_ex(a, out=L)
torch.linalg.inv_ex(a, out=(X, X))
torch.linalg.eigh(a.requires_grad_(), out=(w, V))

t = torch.ones(2)
import torch.distributed as dist
dist.is_available() and dist.is_initialized(), dist.ReduceOp.SUM == dist.ReduceOp.SUM, dist.ReduceOp.MAX == dist.ReduceOp.MIN
[dist.all_reduce(t)]
[dist.all_gather([t], t)]
dist.broadcast(t, 0)
dist.barrier()
dist.get_rank()
dist.reduce(t, 0, op=dist.ReduceOp.MAX)
dist.all_gather_object([None], 1)
from torch.distributed import init_process_group, destroy_process_group
if dist.is_initialized(): destroy_process_group()
destroy_process_group()
init_process_group('gloo')
nn.parallel.DistributedDataParallel(nn.Linear(1, 1))
isinstance(nn.Linear(1, 1), (nn.parallel.DistributedDataParallel, nn.DataParallel))
torch.hub.HASH_REGEX.search('net-0123abcd.pth').group(1), torch.hub.get_dir() == torch.hub._get_torch_home() + '/hub'
torch._assert(True, 'x'), torch._assert(1 == 1, 'x')
torch._assert(False, 'said')
torch.torch is torch, torch.onnx.is_in_onnx_export(), isinstance(3, (int, torch.SymInt)), isinstance(3, torch.SymFloat), isinstance(True, torch.SymBool)
class M(torch.jit.ScriptModule): pass
isinstance(M(), nn.Module)
""".strip().split("\n\n")
