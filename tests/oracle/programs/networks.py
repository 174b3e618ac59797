"""Modules, parameters, losses, initialisation, optimisers."""

PROGRAMS = r"""
nn.Linear(3, 2)
nn.Linear(3, 2, bias=False)
nn.Embedding(5, 3)
nn.Embedding(5, 3, padding_idx=0)
nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Flatten(), nn.Softmax(dim=1), nn.ReLU(inplace=True)
nn.MSELoss(), nn.NLLLoss(), nn.CrossEntropyLoss()
nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
nn.ModuleDict({"a": nn.Linear(1, 2), "b": nn.Tanh()})
nn.ParameterList([nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2, 3))])
nn.Module()
nn.Sequential()
nn.ModuleList()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 3)
        self.fc2 = nn.Linear(3, 2)
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("count", torch.zeros(1))
    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))) * self.scale
net = Net()
net
[n for n, _ in net.named_parameters()]
[n for n, _ in net.named_buffers()]
[n for n, _ in net.named_children()]
[n for n, _ in net.named_modules()]
[type(m).__name__ for m in net.modules()]
len(list(net.parameters())), len(list(net.children()))
list(net.state_dict())
net(torch.ones(2, 4))
net.zero_grad()
sum(p.numel() for p in net.parameters())

class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, n) for _ in range(2)])
        self.act = nn.ModuleDict({"t": nn.Tanh()})
        self.seq = nn.Sequential(nn.Linear(n, 1), nn.Flatten())
    def extra_repr(self): return "n=2"
b = Block(2)
b
list(b.state_dict())
b.layers[0].weight.shape, len(b.layers), b.act["t"]
[n for n, _ in b.named_parameters()]

a = nn.Linear(2, 2)
b = nn.Linear(2, 2)
b.weight = a.weight
m = nn.Sequential(a, b)
[n for n, _ in m.named_parameters()]
len(list(m.parameters()))
list(m.state_dict())
[n for n, _ in m.named_parameters(remove_duplicate=False)]
m(torch.ones(1, 2)).sum().backward()
a.weight.grad is b.weight.grad
import copy
c = copy.deepcopy(m)
c[0].weight is c[1].weight
c[0].weight is a.weight

m = nn.Linear(2, 1)
m.train().training, m.eval().training
m.weight.requires_grad, m.requires_grad_(False).weight.requires_grad
m.double().weight.dtype, m.float().weight.dtype
m.to(torch.float64).bias.dtype
m.to("cpu") is m
m.weight.is_leaf, isinstance(m.weight, nn.Parameter)
m.in_features, m.out_features
m.apply(lambda x: print(type(x).__name__)) is m
m.get_parameter("weight").shape
m.cpu() is m
m.half if False else None

s = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
s.eval()
[x.training for x in s.modules()]
s[0], s[-1], s[:1]
len(s)
s.append(nn.ReLU())
s[1] = nn.Sigmoid()
s
for m in s: print(m)
del s[0]
s
s.add_module("last", nn.Tanh())
s
s.last
s[10]
nn.Sequential(nn.Linear(1, 1)) + nn.Sequential(nn.ReLU())

from collections import OrderedDict
s = nn.Sequential(OrderedDict([("a", nn.Linear(1, 2)), ("b", nn.ReLU())]))
s
s.a
list(s.state_dict())
[n for n, _ in s.named_modules()]
s.get_submodule("a")
s.get_submodule("zz")

l = nn.ModuleList([nn.Tanh()])
l.append(nn.ReLU())
l.extend([nn.Sigmoid()])
l.insert(0, nn.Flatten())
l
l[1], l[-1], l[1:], len(l)
[type(m).__name__ for m in l]
l[0] = nn.Linear(1, 1)
l.pop(0)
l[5]
l()

d = nn.ModuleDict()
d["a"] = nn.Tanh()
d.update({"b": nn.ReLU()})
list(d), list(d.keys()), list(d.items()), "a" in d, len(d)
d.pop("a")
d
d["zz"]
del d["b"]
d

p = nn.ParameterList([torch.ones(1), nn.Parameter(torch.zeros(2))])
p
p.append(nn.Parameter(torch.ones(3)))
len(p), p[0], p[-1]
[n for n, _ in p.named_parameters()]
for q in p: print(q.shape)

m = nn.Linear(2, 2)
h = m.register_forward_hook(lambda m, i, o: print("forward", i[0].shape, o.shape))
g = m.register_forward_pre_hook(lambda m, i: print("pre", len(i)))
y = m(torch.ones(1, 2))
h.remove(), g.remove()
y = m(torch.ones(1, 2))
h = m.register_forward_hook(lambda m, i, o: o * 0)
m(torch.ones(1, 2))
h.remove()
h = m.register_forward_pre_hook(lambda m, i: (i[0] * 0,))
m(torch.ones(1, 2)).equal(m.bias[None])
h.remove()
h = m.register_full_backward_hook(lambda m, gi, go: print("back", gi, go))
x = torch.ones(1, 2, requires_grad=True)
m(x).sum().backward()
h.remove()

torch.manual_seed(0)
m = nn.Linear(3, 2)
sd = m.state_dict()
sd
n = nn.Linear(3, 2)
n.load_state_dict(sd)
n.weight.equal(m.weight)
sd["weight"].fill_(5)
m.weight
n.weight.equal(m.weight)
sd["weight"].requires_grad

m = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
m.load_state_dict({"0.weight": torch.ones(1, 1)}, strict=False)
m[0].weight
m.state_dict(prefix="x.").keys()
m.state_dict(keep_vars=True)["0.weight"] is m[0].weight

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
t = torch.tensor([[1.5, 2.0], [2.0, 5.0]])
F.mse_loss(x, t), F.mse_loss(x, t, reduction="sum"), F.mse_loss(x, t, reduction="none")
nn.MSELoss()(x, t), nn.MSELoss(reduction="sum")(x, t)
F.mse_loss(x, t, reduction="x")
F.l1_loss(x, t)
F.mse_loss(x.requires_grad_(), t)

x = torch.tensor([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]])
y = torch.tensor([2, 0])
F.cross_entropy(x, y)
F.cross_entropy(x, y, reduction="none"), F.cross_entropy(x, y, reduction="sum")
F.cross_entropy(x, y, weight=torch.tensor([1.0, 2.0, 3.0]))
F.cross_entropy(x, torch.tensor([2, -100]))
F.cross_entropy(x, torch.tensor([2, 0]), ignore_index=0)
F.cross_entropy(x, y, label_smoothing=0.1)
F.cross_entropy(x, torch.softmax(x, 1))
F.cross_entropy(x[0], y[0])
nn.CrossEntropyLoss()(x, y)
F.nll_loss(F.log_softmax(x, 1), y)
nn.NLLLoss()(F.log_softmax(x, dim=1), y)
F.nll_loss(F.log_softmax(x, 1), y, reduction="none")

x = torch.tensor([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]], requires_grad=True)
F.cross_entropy(x, torch.tensor([2, 0])).backward()
x.grad
x.grad = None
F.mse_loss(x, torch.zeros(2, 3)).backward()
x.grad
F.cross_entropy(x, torch.tensor([2, 0]))
F.nll_loss(x, torch.tensor([0, 1]))

e = nn.Embedding(4, 3)
with torch.no_grad(): e.weight.copy_(torch.arange(12.0).view(4, 3))
e(torch.tensor([0, 2]))
e(torch.tensor([[1], [3]])).shape
e(torch.tensor(1))
e(torch.tensor([0, 0, 1])).sum().backward()
e.weight.grad
nn.Embedding(3, 2, padding_idx=1).weight[1]
nn.Embedding.from_pretrained(torch.ones(2, 2)).weight.requires_grad
F.embedding(torch.tensor([1]), torch.eye(3))

nn.Flatten()(torch.zeros(2, 3, 4)).shape
nn.Flatten(0)(torch.zeros(2, 3)).shape
nn.Softmax(dim=0)(torch.tensor([1.0, 2.0]))
nn.ReLU()(torch.tensor([-1.0, 1.0]))
x = torch.tensor([-1.0, 1.0])
nn.ReLU(inplace=True)(x)
x
nn.Identity()(x) is x
nn.LogSoftmax(dim=0)(x)
nn.Dropout(0.0)(x)
F.dropout(x, 0.5, training=False)
nn.LeakyReLU(0.1)(torch.tensor([-1.0]))
nn.GELU()(torch.tensor([1.0]))

w = torch.empty(2, 3)
nn.init.constant_(w, 0.5)
nn.init.zeros_(w)
nn.init.ones_(w)
nn.init.eye_(w)
nn.init.calculate_gain("relu"), nn.init.calculate_gain("tanh"), nn.init.calculate_gain("linear")
nn.init.calculate_gain("abc")
nn.init.constant_(nn.Parameter(torch.empty(2)), 3)

p = nn.Parameter(torch.tensor([1.0, 2.0]))
o = torch.optim.SGD([p], lr=0.1)
o
for _ in range(3):
    o.zero_grad()
    (p ** 2).sum().backward()
    o.step()
    print(p.data)
p.grad
o.zero_grad()
p.grad
o.step()
p.data

for kw in ({"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.1}, {"momentum": 0.9, "dampening": 0.5}, {"maximize": True}):
    p = nn.Parameter(torch.tensor([1.0, -2.0]))
    o = torch.optim.SGD([p], lr=0.1, **kw)
    for _ in range(4):
        o.zero_grad()
        (p ** 2).sum().backward()
        o.step()
    print(kw, p.data)

for cls in (torch.optim.Adam, torch.optim.AdamW):
    for kw in ({}, {"weight_decay": 0.1}, {"amsgrad": True}, {"betas": (0.5, 0.9)}, {"eps": 0.1}):
        p = nn.Parameter(torch.tensor([1.0, -2.0]))
        o = cls([p], lr=0.1, **kw)
        for _ in range(4):
            o.zero_grad()
            (p ** 2).sum().backward()
            o.step()
        print(cls.__name__, kw, p.data)

a = nn.Parameter(torch.ones(1))
b = nn.Parameter(torch.ones(1))
o = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 1.0}], lr=0.1, momentum=0.9)
(a * 2 + b * 3).backward()
o.step()
a.data, b.data
len(o.param_groups), o.param_groups[1]["lr"], sorted(o.param_groups[0])
o.state_dict()["param_groups"][0]["params"]
sorted(o.state_dict()["state"])
o.add_param_group({"params": nn.Parameter(torch.ones(1))})
len(o.param_groups)
o.state[a]
q = torch.optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.5, momentum=0.1)
sd = torch.optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.7).state_dict()
q.load_state_dict(sd)
q.param_groups[0]["lr"]
q.load_state_dict(torch.optim.SGD([a], lr=0.7).state_dict())

p = nn.Parameter(torch.ones(2))
o = torch.optim.Adam([p])
o
p.sum().backward()
o.step()
o.state[p]
o.step(lambda: print("closure") or 3)
torch.optim.SGD([p], lr=0.1).step(lambda: (p.sum(), 7)[1])
torch.optim.SGD([p]).param_groups[0]["lr"]
torch.optim.SGD([p, p], lr=0.1) if False else None

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
o = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
for i in range(200):
    o.zero_grad()
    loss = F.mse_loss(net(x), y)
    loss.backward()
    o.step()
loss.item() < 0.05
(net(x) > 0.5).int().view(-1)

torch.manual_seed(0)
l = nn.Linear(4, 4)
l.weight
l.bias
l(torch.ones(4))
l.reset_parameters()
l.weight[0]
str(l), repr(l)
l.extra_repr()
print(l)
l.weight.grad
l(torch.randn(3, 4)).pow(2).mean().backward()
l.bias.grad.shape, l.weight.grad.shape

import pickle, copy
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
pickle.loads(pickle.dumps(m))
pickle.loads(pickle.dumps(m))[0].weight.equal(m[0].weight)
c = copy.deepcopy(m)
c[0].weight.data.zero_()
m[0].weight

p = nn.Parameter(torch.ones(2))
p.requires_grad, p.is_leaf, type(p.data).__name__, type(p * 1).__name__, type(p.detach()).__name__
p.data = torch.zeros(3)
p
p.grad
nn.Parameter(torch.ones(1, requires_grad=True) * 2).is_leaf
nn.Parameter(p) is p
nn.Parameter()
import copy
copy.deepcopy(p)
p.clone()
p.view(3, 1)

m = nn.Module()
m.w = nn.Parameter(torch.ones(2))
m.w2 = m.w
[n for n, _ in m.named_parameters()]
list(m.state_dict())
del m.w
[n for n, _ in m.named_parameters()]
m.register_parameter("bias", None)
m.bias
list(m.state_dict())
m.t = torch.ones(1)
list(m.state_dict())
hasattr(m, "t"), hasattr(m, "zz")
sorted(dir(m))[-1]
m.register_buffer("tmp", torch.zeros(1), persistent=False)
list(m.state_dict()), [n for n, _ in m.named_buffers()]

torch.manual_seed(0)
orthogonal = nn.utils.parametrizations.orthogonal
l = orthogonal(nn.Linear(3, 3))
l
l.weight
sorted(l.state_dict())
l.weight = torch.eye(3)
l.weight, l.parametrizations.weight.original, l.parametrizations.weight[0].base
orthogonal(nn.Linear(2, 4)).weight.shape
orthogonal(nn.Linear(3, 3), orthogonal_map="cayley", use_trivialization=False).weight
orthogonal(nn.Linear(3, 3), use_trivialization=False).weight
orthogonal(nn.Linear(3, 2), use_trivialization=False).weight
orthogonal(nn.Linear(3, 2), "bias")

p = nn.Parameter(torch.tensor([3.0, 4.0]))
(p * p / 2).sum().backward()
nn.utils.clip_grad_norm_([p], 1.0)
p.grad
nn.utils.clip_grad_value_([p], 0.5)
p.grad
nn.utils.parameters_to_vector([p])

a = nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6]); x = torch.randn(4, 4, requires_grad=True)
def tree(f, depth): return f and (f.name(), *[tree(g, depth - 1) for g, _ in f.next_functions]) if depth else '.'
for t in (torch.tensor([1, 8, 4, 2]), torch.tensor([0, 1, 2, 0]), torch.tensor([7, 8, 4, 9]), torch.tensor([5, 5, 5, 5])):
    o, l = a(x, t)
    print(o, l, tree(o.grad_fn, 4))
    l.backward()
a(x[:1], torch.tensor([8])), a(x[0], torch.tensor(8)), a(x[0].detach(), torch.tensor(1)), x.grad
[p.grad for p in a.parameters()]
""".strip().split("\n\n")
