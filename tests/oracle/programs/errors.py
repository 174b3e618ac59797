"""Exceptions: their class for bad input, and that operands are as before."""

PROGRAMS = r"""
x = torch.ones(2, 3)
x + torch.ones(4)
x.add_(torch.ones(4))
x
x.view(7)
x.sum(5)
x.transpose(0, 5)
x @ x
x[10]
x.expand(5, 5)
x

torch.nosuch
torch.ones(2).nosuch()
torch.ones(2).nosuch = 1
nn.NoSuch
F.nosuch
import torch.nosuch
from torch import nosuch
torch.float128

torch.ones(2, 3, dtype="int")
torch.ones(2, foo=1)
torch.ones("2")
torch.ones([1, "a"])
torch.ones(2, device=3.5)
torch.zeros(2, 3, dtype=3)
torch.zeros(size=3)
torch.zeros(2, requires_grad=3)
torch.zeros(None)

torch.add()
torch.add(torch.ones(1))
torch.add(torch.ones(1), torch.ones(1), torch.ones(1))
torch.add(torch.ones(1), other=1)
torch.add(torch.ones(1), othr=1)
torch.add(input=torch.ones(1), other=1)
torch.sum()
torch.sum(torch.ones(1), dim=0, dimm=1)
torch.sum(torch.ones(1), 0, dim=0)
torch.exp(torch.ones(1), torch.ones(1))
torch.ones(2).exp(1)
torch.ones(2).sum(dim=0, axis=0)
torch.ones(2).sum(axis=0)
torch.ones(2, 2).sum(axis=1, keepdims=True)

torch.empty(2**62, 2**62)
torch.zeros(2**40, 2**40)
torch.ones(2**63)
torch.ones(1).expand(2**62, 2**62)
torch.ones(2).repeat(2**62)
torch.arange(2**62)
torch.ones(2).view(2**62, -1)
torch.ones(2).as_strided((2**62,), (2**62,))
torch.ones(2**31, 2**31, 2**31)

torch.tensor([[1, 2], [3, 4, 5]])
torch.tensor([[[1]], [[2, 3]]])
torch.tensor([1, [2, 3]])
torch.tensor([[1, 2], [3, "a"]])
torch.tensor([object()])
torch.tensor(lambda: 1)
torch.tensor({1, 2})
torch.tensor(b"ab")
torch.tensor([1, None])
torch.tensor(1 + 2j).dtype if False else None

x = torch.ones(2, 2)
torch.cat([x, torch.ones(3, 3)])
torch.cat(x, 0).shape
torch.cat(3)
torch.cat([])
torch.stack(x).shape
torch.stack([x, torch.ones(3)])
torch.mm(x, 3)
torch.bmm(x, x)
torch.dot(x, x)
torch.einsum("ij,jk->ik", x)
torch.einsum("ij->ij", x, x)
torch.where(x, x, x)
torch.where(x > 0, x)
torch.where(3, x, x)

x = torch.ones(3)
x.softmax()
F.softmax(x)
x.softmax("a")
x.max(3)
x.argmax(dim=1)
x.std(dim=1)
x.norm(p="nuc")
x.norm(p="abc")
x.logsumexp()
x.clamp("a")
x.masked_fill(x > 0)
x.gather(0)
x.index_select(0, [0])
x.repeat("a")
x.split("a")
x.chunk(1.5)
x.unbind("a")
x.flip("a")

F.linear(torch.ones(2, 3), torch.ones(4, 5))
F.linear(torch.ones(2), torch.ones(2, 2), torch.ones(3))
F.mse_loss(torch.ones(2), torch.ones(3))
F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3]))
F.cross_entropy(torch.ones(2, 3), torch.tensor([0]))
F.cross_entropy(torch.ones(2, 3), torch.tensor([0.0, 1.0]))
F.nll_loss(torch.ones(2, 3), torch.tensor([0, -1]))
F.nll_loss(torch.ones(2, 3), torch.tensor([[0], [1]]))
F.embedding(torch.tensor([5]), torch.ones(3, 2))
F.embedding(torch.tensor([-1]), torch.ones(3, 2))
F.embedding(torch.tensor([1.0]), torch.ones(3, 2))

l = nn.Linear(3, 2)
l(torch.ones(2, 4))
l(torch.ones(4))
l(3)
l()
l("a")
nn.Linear(-1, 2)
nn.Linear(3)
nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.float64))
nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.int64))
nn.Embedding(3, 2)(torch.tensor(3))
nn.Embedding(3, 2)(torch.ones(2))
nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3))(torch.ones(2))
nn.Sequential(3)
nn.ModuleList([3])
nn.ModuleDict({"a": 3})
nn.Module()(3)

class M(nn.Module):
    def __init__(self):
        self.l = nn.Linear(1, 1)
M()
class N(nn.Module):
    def __init__(self):
        self.p = nn.Parameter(torch.ones(1))
N()
m = nn.Module()
m.l = nn.Linear(2, 2)
m.l = 3
m.p = nn.Parameter(torch.ones(1))
m.p = torch.ones(1)
m.p = None
m.p
m.nosuch
m.register_parameter("q", torch.ones(1))
m.register_parameter("a.b", None)
m.register_parameter("", None)
m.register_parameter("l", None)
m.register_buffer("b", 3)
m.register_buffer("b", torch.ones(1))
m.register_buffer("b", torch.ones(2))
m.b
m.add_module("x", 3)
m.add_module("a.b", nn.Linear(1, 1))
nn.Parameter(3)
nn.Parameter(torch.tensor([1]))
nn.Parameter("a")

torch.optim.SGD([], lr=0.1)
torch.optim.SGD([torch.ones(1) * 1], lr=-1)
torch.optim.SGD([3], lr=0.1)
torch.optim.SGD(torch.ones(1), lr=0.1)
torch.optim.SGD([torch.ones(1, requires_grad=True) * 2], lr=0.1)
torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1, momentum=-1)
torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1, nesterov=True)
torch.optim.Adam([nn.Parameter(torch.ones(1))], lr=0.1, betas=(1.5, 0.9))
torch.optim.Adam([nn.Parameter(torch.ones(1))], eps=-1)
p = nn.Parameter(torch.ones(1))
torch.optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1)
torch.optim.SGD([{"lr": 0.1}])

l = nn.Linear(2, 3)
l.load_state_dict({})
l.load_state_dict({"weight": torch.ones(3, 2)})
l.load_state_dict({"weight": torch.ones(2, 3), "bias": torch.ones(3)})
l.load_state_dict({"weight": torch.ones(3, 2), "bias": torch.ones(3), "extra": torch.ones(1)})
l.load_state_dict({"weight": torch.ones(3, 2), "bias": 3})
l.load_state_dict({"weight": torch.ones(3, 2), "extra": torch.ones(1)}, strict=False)
l.weight
l.load_state_dict(3)

x = torch.ones(2, requires_grad=True)
x.numpy()
x.view(3)
x[0] = 1
x.resize_(3)
x.fill_(1)
x.data.fill_(3)
x
torch.from_numpy(x)
x.T.foo
x.backward()
x.sum().backward(torch.ones(2))
x.grad_fn.name()
x.requires_grad = None

torch.ones(2).reshape("a")
torch.ones(2).permute("a")
torch.ones(2).transpose(0)
torch.ones(2).narrow(0, 0)
torch.ones(2).select(0)
torch.ones(2).diagonal("a")
torch.ones(2).as_strided((1,))
torch.ones(2).unfold(0)
torch.ones(2).expand("a")
torch.ones(2).squeeze("a")
torch.ones(2).unsqueeze()
torch.ones(2).unsqueeze(0.5)
torch.ones(2).flatten("a")
torch.ones(2).view(torch.ones(1))

torch.manual_seed()
torch.rand(2, 2, 2, dtype=torch.int32)
torch.randint(10)
torch.randint(10, 2)
torch.randint("a", (2,))
torch.Generator("nowhere")
torch.empty(2).uniform_("a")
torch.empty(2).normal_(0, "a")

torch.ones(2) < "a"
torch.ones(2) ** "a"
torch.ones(2) // None
torch.ones(2) % []
-"a" if False else None
torch.ones(2) @ torch.tensor(1.0)
torch.tensor(1.0) @ torch.ones(2)
torch.ones(2) & 1
~torch.ones(2)
torch.ones(2) << 1
len(torch.tensor(1.0))
iter(torch.tensor(1.0))
torch.ones(2)()
torch.ones(2).__getitem__()
del torch.ones(2)[0]
"a" in torch.ones(2)
torch.ones(2)["a":]

for E in (0, 1):
    q, k, v = torch.ones(2, 3, E), torch.ones(2, 4, E), torch.ones(2, 4, 5)
    print(F.scaled_dot_product_attention(q, k, v), F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True).sum(-1), F.scaled_dot_product_attention(q, k, v, torch.ones(3, 4)).shape)

def shape_or_class(call, *args, **given):
    try: return call(*args, **given).shape
    except Exception as e: return type(e).__name__
for n, unpool in ((1, F.max_unpool1d), (2, F.max_unpool2d), (3, F.max_unpool3d)):
    for empty in range(n + 2):
        shape = [2] * (n + 2)
        shape[empty] = 0
        for size in (shape, shape[1:]): print(shape_or_class(unpool, torch.ones(size), torch.zeros(size, dtype=torch.int64), 2))
for n, modes in ((1, ("nearest", "linear", "area", "nearest-exact")), (2, ("nearest", "bilinear", "area", "bicubic", "antialias")), (3, ("nearest", "trilinear", "area"))):
    for empty in range(n + 2):
        shape = [2] * (n + 2)
        shape[empty] = 0
        for mode in modes:
            for given in ({"size": 2}, {"scale_factor": 2}, {"scale_factor": 0.2}, {"size": 0}): print(shape_or_class(F.interpolate, torch.ones(shape), mode="bilinear" if mode == "antialias" else mode, antialias=mode == "antialias", **given))

def shape_or_class(i, call):
    try: return i, call().shape
    except Exception as e: return i, type(e).__name__
for size in ((), (3,), (4, 4), (0, 4), (4, 0), (2, 4, 4), (2, 0, 4), (0, 4, 4), (1, 2, 4, 4), (0, 2, 4, 4), (1, 2, 0, 4), (1, 1, 2, 4, 4)):
    x = torch.ones(size)
    calls = [lambda: F.unfold(x, 2), lambda: F.unfold(x, 0), lambda: F.lp_pool1d(x, 2, 2), lambda: F.lp_pool2d(x, 2, 2), lambda: F.lp_pool2d(x, 2, 0), lambda: F.lp_pool3d(x, 2, 2), lambda: F.avg_pool2d(x, 2), lambda: F.avg_pool2d(x, 2, 0),
             lambda: F.fractional_max_pool2d(x, 2, output_size=1), lambda: F.fractional_max_pool3d(x, 2, output_size=1), lambda: F.fractional_max_pool3d(x, 2, output_ratio=0.5), lambda: F.adaptive_avg_pool2d(x, 0), lambda: F.adaptive_avg_pool2d(x, 1),
             lambda: F.adaptive_avg_pool1d(x, 0), lambda: F.adaptive_avg_pool3d(x, 1), lambda: F.adaptive_avg_pool3d(x, 2), lambda: F.pad(x, (1, 1), "reflect"), lambda: F.pad(x, (1, 1, 1, 1), "circular"), lambda: F.pad(x, (1, 1, 1, 1), "no"),
             lambda: F.batch_norm(x, None, None, training=True), lambda: F.rms_norm(x, (2, 4)), lambda: F.rms_norm(x, ()), lambda: F.pixel_unshuffle(x, 2), lambda: F.pixel_shuffle(x, 2)]
    for i, call in enumerate(calls): print(*shape_or_class(i, call))

def seen(call, x, p):
    torch.manual_seed(3)
    try: return call(x, p).tolist()
    except Exception as e: return type(e).__name__
for size in ((3,), (4, 4), (2, 4, 4), (2, 2, 4, 4), (2, 2, 2, 4, 4), (0,)):
    for i, call in enumerate((F.dropout1d, F.dropout2d, F.dropout3d, lambda x, p: F.feature_alpha_dropout(x, p, True))): print(i, [seen(call, torch.ones(size), p) for p in (0.5, 0.0, 1.0)])
torch.cdist(torch.ones(2, 3), torch.ones(2, 3), -1.0)

def refused(x, write, *args, **given):
    try: write(*args, **given)
    except Exception as e: return type(e).__name__, x._version, x.tolist()
for dtype in (torch.int64, torch.int32, torch.uint8):
    made = torch.tensor([[1, 2, 3], [4, 5, 6]]).to(dtype)
    for x in (made.clone(), made.clone().t(), made.clone()[:, 1:]):
        for zero in (0, torch.tensor(0).to(dtype), torch.zeros_like(x)):
            for write in ("floor_divide_", "remainder_", "fmod_", "__ifloordiv__", "__imod__"): print(refused(x, getattr(x, write), zero))
            for write in (torch.floor_divide, torch.remainder, torch.fmod):
                out = torch.ones_like(x)
                print(refused(out, write, x, zero, out=out))
        print(x.floor_divide_(2), x.remainder_(torch.tensor(3).to(dtype)), x._version)
""".strip().split("\n\n")
