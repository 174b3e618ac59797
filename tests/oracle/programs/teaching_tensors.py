"""Cells of notebooks that teach tensors: errors of shapes and in-place writes, hooks, printing, formats."""

PROGRAMS = r"""
a = torch.ones(3, 4)
b = torch.ones(2, 4)
a + b
a * torch.ones(4, 1)
a @ b
a @ b.T
a + torch.ones(3)
a + torch.ones(3, 1)
torch.broadcast_shapes((3, 1), (1, 4))
torch.broadcast_shapes((3, 2), (4,))
torch.broadcast_tensors(torch.arange(3), torch.arange(2).unsqueeze(1))
a += torch.ones(2, 3, 4)
a.expand(2, 3, 5)
a.view(5, 2)
a.reshape(-1, 5)
a.reshape(-1, -1)
a.view(-1, 0)
torch.cat([a, torch.ones(3, 5)])
torch.stack([a, b])
torch.cat([])
torch.cat([torch.tensor(1), torch.tensor(2)])
a.squeeze(3)
a.permute(0, 0)
a.permute(0)
a.transpose(0, 2)
a[3]
a[:, 4]
a[0, 0, 0]
a[[0, 3]]
a[torch.tensor([True, False])]
a[1.0]
a["x"]
a[torch.tensor([0.5])]
a.item()
bool(a)
int(a)
len(torch.tensor(3))
for z in torch.tensor(3): pass
float("1") + torch.tensor([1])
a.sum(dim=5)
a.sum(dim=(0, 0))
torch.arange(3).mean()
torch.arange(3).softmax(0)
torch.randn(3, 4).gather(1, torch.tensor([[5]]))
torch.zeros(3).scatter_(0, torch.tensor([3]), 1.0)
torch.tensor([1, "a"])
torch.tensor([[1, 2], [3]])
torch.tensor(None)
torch.zeros(-1)
torch.zeros(2.5)
torch.ones(2, 3).foo
torch.ones(2, 3).numpy().dtype
torch.ones(2, 3, requires_grad=True).numpy()

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
x += 1
x.add_(1)
x[0] = 5
y = x * 2
y[0] = 7
y.sum().backward()
x.grad
y = x.exp()
y += 1
y.sum().backward()
y = x.sigmoid()
y.mul_(2)
y.sum().backward()
y = x ** 2
y.add_(1)
y.sum().backward()
x.grad
z = x.sum()
z.backward()
z.backward()
z = (x * x).sum()
z.backward()
z.backward()
(x * 2).backward()
torch.tensor([1.0]).sum().backward()
x.requires_grad = False
(x * 2).requires_grad
h = (torch.ones(2, requires_grad=True) * 2)
h.requires_grad = False
torch.tensor([1, 2], requires_grad=True)
torch.tensor([1, 2]).requires_grad_()
w = torch.ones(2, requires_grad=True)
w.detach_()
v = w.view(2)
with torch.no_grad():
    w += 1
w
w.data += 1
w._version
w.grad = torch.ones(3)
w.grad = 1
w.grad = torch.ones(2, dtype=torch.float64)
torch.autograd.grad(w.sum(), torch.ones(2, requires_grad=True))
torch.autograd.grad(w.sum(), [w, torch.ones(2, requires_grad=True)], allow_unused=True)
torch.autograd.grad(w * 2, w)
torch.autograd.grad(w.sum(), 3)
a, b = torch.ones(4, requires_grad=True).split(2)
a.add_(1)
c = torch.ones(4, requires_grad=True).mul(1).unbind()
c[0].mul_(2)
base = torch.zeros(2, 2, requires_grad=True) * 1
row = base[0]
row += 3
base
base.grad_fn
row.grad_fn
base.sum().backward()

def show(name):
    def hook(grad):
        print(name, grad)
    return hook
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 3
h = y.register_hook(show("y"))
h2 = x.register_hook(lambda g: g * 10)
(y * y).sum().backward()
x.grad
h.remove()
h
x.grad = None
(x * 3).sum().backward()
x.grad
h2.remove()
torch.ones(2).register_hook(show("no"))
x.register_hook(lambda g: torch.ones(3))
x.sum().backward()
m = nn.Linear(2, 1)
def fwd(mod, inp, out):
    print(type(mod).__name__, [tuple(i.shape) for i in inp], tuple(out.shape))
def pre(mod, inp):
    print("pre", len(inp))
    return (inp[0] * 2,)
def bwd(mod, gi, go):
    print("bwd", [None if g is None else tuple(g.shape) for g in gi], [tuple(g.shape) for g in go])
f1 = m.register_forward_hook(fwd)
f2 = m.register_forward_pre_hook(pre)
f3 = m.register_full_backward_hook(bwd)
m(torch.ones(3, 2)).sum().backward()
m(torch.ones(3, 2, requires_grad=True)).sum().backward()
len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)
f1.remove()
f2.remove()
f3.remove()
len(m._forward_hooks)
x = torch.ones(2, requires_grad=True)
y = (x * 2)
y.retain_grad()
y.grad
y.sum().backward()
y.grad
z = (x * 2)
z.grad
x.register_post_accumulate_grad_hook(lambda p: print("acc", p.grad))
(x * 2).sum().backward()
z.register_post_accumulate_grad_hook(lambda p: None)
z.grad_fn.register_hook(lambda gi, go: print(gi, go))
z.sum().backward()
z = x.exp()
z.grad_fn.register_prehook(lambda go: print("pre", go))
z.sum().backward()

for dt in [torch.float16, torch.bfloat16, torch.float32, torch.float64]:
    print(torch.tensor([1 / 3, 1e-7, 1e7, float("inf"), float("nan"), -0.0]).to(dt))
    print(torch.tensor(1 / 3, dtype=dt), torch.empty(0, dtype=dt), torch.ones(2, 0, dtype=dt))
torch.set_printoptions(precision=2)
torch.tensor([1 / 3, 1000.5])
torch.tensor([1e-5, 1.0])
torch.set_printoptions(sci_mode=True)
torch.tensor([1 / 3, 1000.5])
torch.tensor([1, 2])
torch.set_printoptions(sci_mode=False)
torch.tensor([1e-10, 1e10])
torch.set_printoptions(profile="full")
torch.arange(1100)[:5], torch.arange(1100).sum()
torch.set_printoptions(profile="short")
torch.randn(30, 4)
torch.set_printoptions(profile="default", threshold=5, edgeitems=1)
torch.arange(12).view(3, 4)
torch.arange(24.0).view(2, 3, 4)
torch.set_printoptions(linewidth=40, threshold=1000)
torch.arange(30)
torch.arange(0, 3, 0.1)
torch.set_printoptions(profile="default")
torch.arange(2000)
torch.arange(2000.0).view(40, 50) / 7
torch.zeros(200, 200, dtype=torch.bool)
torch.set_printoptions(precision="x")
torch.set_printoptions(profile="foo")
torch.set_printoptions(linewidth=80)
torch.tensor([[float("nan"), 1.0], [2.0, float("inf")]])
torch.tensor([float("nan"), float("inf")])
torch.tensor([float("nan")] * 2 + [12345.0])
torch.tensor([1e8, 1.0])
torch.tensor([99999999.0])
torch.tensor([0.00001])
torch.tensor(123456789.0)
torch.tensor(0.1 + 0.2, dtype=torch.float64)
torch.tensor([True, False])
torch.randn(2, 2, requires_grad=True)
torch.randn(2, 2, requires_grad=True) * 2
torch.ones(1, dtype=torch.float64, requires_grad=True)
torch.ones(2, dtype=torch.int32).sum()
nn.Parameter(torch.ones(2))
nn.Parameter(torch.ones(2), requires_grad=False)
[torch.ones(2), torch.tensor(3)]
{"a": torch.arange(3), "b": (torch.ones(1),)}
print(torch.ones(2), torch.tensor(1.5), sep=" | ")
str(torch.tensor(3)), repr(torch.tensor(3.0)), "%s" % torch.tensor(3)

t = torch.tensor(3.14159)
f"{t:.2f} {t:10.3f}| {t:<10.1f}| {t:+.1e} {t:g} {t}"
n = torch.tensor(42)
f"{n:d} {n:5d} {n:05d} {n:x} {n:b} {n:,} {n}"
f"{n:.2f}"
f"{t:d}"
f"{torch.ones(2)}"
f"{torch.ones(2):.2f}"
f"{torch.ones(1):.2f}"
f"{torch.tensor(True)} {torch.tensor(True):d}"
"{:.3f}".format(t), "{}".format(t), "{!r}".format(t), "{:>20}".format(n)
"%.2f %d" % (t, n)
f"{t.item():.3f} {n.item()} {t.tolist()}"
f"{torch.tensor(1e-8):.3g} {torch.tensor(float('nan')):.1f} {torch.tensor(float('inf')):5.1f}"
f"{t.requires_grad_():.2f}"
f"{(t * 2):.2f} {(t*2)}"
f"{t.dtype} {t.shape} {t.device} {t.layout} {torch.Size([1, 2])} {tuple(torch.ones(2,3).shape)}"
f"{torch.ones(2, 3).shape!r:>30}"
f"{torch.ones(2,3).size()} {torch.ones(2,3).size(1)}"
round(torch.tensor(2.567).item(), 2), round(torch.tensor(2.567), 2), round(torch.tensor(2.567))
abs(torch.tensor(-3)), -torch.tensor(3), +torch.tensor(3), ~torch.tensor(3)
int(torch.tensor(3.9)), float(torch.tensor(3)), bool(torch.tensor(0)), complex(torch.tensor(2.0))
math.sqrt(torch.tensor(16.0)), math.floor(torch.tensor(2.5)), math.ceil(torch.tensor(2.5)), math.trunc(torch.tensor(2.5))
range(torch.tensor(3)), [1, 2, 3][torch.tensor(1)], "ab" * torch.tensor(2)
sum(torch.arange(4)), max(torch.tensor([1, 3, 2])), min(torch.tensor([1.5, 0.5])), sorted(torch.tensor([3, 1, 2]))
list(torch.arange(3)), tuple(torch.ones(2)), set(torch.arange(2)) == set(torch.arange(2))
divmod(torch.tensor(7), 3), pow(torch.tensor(2), 3), pow(2, torch.tensor(3)), 7 // torch.tensor(2), 7 % torch.tensor(4), -7 // torch.tensor(2), -7 % torch.tensor(4)
2 in torch.arange(3), 5 in torch.arange(3), torch.tensor([1, 2]) in torch.ones(2, 2)
"a" in torch.arange(3)
torch.tensor(3) == 3, torch.tensor([1, 2]) == [1, 2], torch.tensor(1) == None, torch.tensor(1) != "a"
a, b, c = torch.arange(3)
a, b = torch.arange(3)
[*torch.arange(2)], {torch.tensor(1): 2}
reversed(torch.arange(3))
torch.tensor(1) < "a"
torch.tensor(1) and torch.tensor(0), not torch.tensor(0), torch.tensor(1) or 2
if torch.tensor([1, 2]): pass
if torch.tensor([]): pass
assert torch.tensor(0) == 0
print(*torch.arange(3))
torch.tensor(np.float64(1.5)), torch.tensor(np.arange(3)), torch.from_numpy(np.ones(2)), torch.as_tensor([np.float32(1)])
np.ones(2) * torch.ones(2), torch.ones(2) * np.ones(2), np.float64(2) * torch.ones(2), torch.ones(2) + np.int64(1)
torch.tensor([1, 2]).numpy() + 1, torch.tensor(5).numpy(), torch.tensor([1]).__array__()
np.stack([torch.ones(2), torch.zeros(2)]), np.concatenate([torch.ones(1), np.zeros(1)])
""".strip().split("\n\n")
