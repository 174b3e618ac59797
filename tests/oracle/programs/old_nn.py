"""After test_nn.py of releases 0.4 to 1.x, and the scripts of users."""

PROGRAMS = r"""
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
device
torch.cuda.is_available(), torch.cuda.device_count()
x = torch.ones(2).to(device)
x
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.deterministic = True
torch.cuda.manual_seed(0)
torch.cuda.manual_seed_all(0)
torch.use_deterministic_algorithms(True)
torch.__version__.split('.')[0].isdigit()
nn.Linear(2, 2).to(device).weight.device
nn.Linear(2, 2).cuda()

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(4, 3)
        self.fc2 = nn.Linear(3, 2)
    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))
torch.manual_seed(0)
net = Net()
net
params = list(net.parameters())
len(params), params[0].size()
out = net(torch.ones(1, 4))
out
net.zero_grad()
out.backward(torch.ones(1, 2))
target = torch.zeros(1, 2)
criterion = nn.MSELoss()
loss = criterion(net(torch.ones(1, 4)), target)
loss
loss.grad_fn, loss.grad_fn.next_functions[0][0], loss.grad_fn.next_functions[0][0].next_functions[0][0]
net.zero_grad()
net.fc1.bias.grad
loss.backward()
net.fc1.bias.grad
for f in net.parameters(): f.data.sub_(f.grad.data * 0.01)
net.fc1.bias
import torch.optim as optim
optimizer = optim.SGD(net.parameters(), lr=0.01)
optimizer.zero_grad()
criterion(net(torch.ones(1, 4)), target).backward()
optimizer.step()
net.fc1.bias
optimizer

l = nn.Linear(2, 3)
l
l.weight.shape, l.bias.shape, l.in_features, l.out_features
nn.Linear(2, 3, bias=False), nn.Linear(2, 3, False).bias
l(torch.ones(3))
l(torch.ones(2).long())
l(torch.ones(2).double())
list(l.state_dict().keys()), type(l.state_dict()).__name__
[n for n, p in l.named_parameters()], [type(p).__name__ for p in l.parameters()]
l.weight.requires_grad, l.weight.is_leaf, isinstance(l.weight, nn.Parameter), l.extra_repr()
nn.Linear(0, 2).weight.shape
nn.Linear(-1, 2)
nn.Linear(2.5, 2)
nn.Linear()
l.foo
l.weight = torch.ones(3, 2)
l.weight = None
l.weight
l.bias = nn.Parameter(torch.zeros(3))
l.bias
del l.bias
l.bias

m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
m
m[0], m[-1], len(m), m[1:3], list(m.children())[1]
m[5]
m['0']
[n for n, _ in m.named_modules()], [n for n, _ in m.named_children()], list(m.state_dict())
m.add_module('extra', nn.Tanh())
m
del m[1]
m
m.append(nn.Flatten()), len(m)
m[0] = nn.Identity()
m
from collections import OrderedDict
nn.Sequential(OrderedDict([('a', nn.Linear(1, 1)), ('b', nn.ReLU())]))
nn.Sequential(OrderedDict([('a', nn.Linear(1, 1))])).a
nn.Sequential(), nn.Sequential(nn.Sequential(nn.ReLU()))
nn.Sequential(5)
nn.Sequential(nn.ReLU(), nn.ReLU())(torch.tensor([-1., 1.]))
m.insert(0, nn.ReLU()), m.extend([nn.ReLU()]), m.pop(0)
nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())

ml = nn.ModuleList([nn.Linear(1, 1), nn.ReLU()])
ml
ml.append(nn.Tanh()), ml.extend([nn.Sigmoid()]), ml.insert(0, nn.Identity())
ml
len(ml), ml[0], ml[-1], ml[1:2], [type(x).__name__ for x in ml], nn.Linear in [type(x) for x in ml]
ml(torch.ones(1))
md = nn.ModuleDict({'a': nn.Linear(1, 1), 'b': nn.ReLU()})
md
md['a'], 'a' in md, len(md), list(md.keys()), [type(v).__name__ for v in md.values()], list(md)
md['c'] = nn.Tanh()
md.update({'d': nn.Identity()})
md.pop('a')
del md['b']
md
md['zz']
pl = nn.ParameterList([nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(1, 2))])
pl
pl.append(nn.Parameter(torch.ones(1))), len(pl), [p.shape for p in pl], pl[0]
nn.ModuleList([nn.Linear(1, 1) for _ in range(3)])
nn.ModuleList([1])
nn.ParameterDict({'x': nn.Parameter(torch.ones(1))})

class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer('buf', torch.ones(2))
        self.register_buffer('tmp', torch.zeros(1), persistent=False)
        self.register_parameter('p', nn.Parameter(torch.ones(1)))
        self.register_parameter('none', None)
        self.x = 5
m = M()
m.state_dict()
list(m.buffers()), [n for n, _ in m.named_buffers()], [n for n, _ in m.named_parameters()]
m.none, m.buf, m.x
m.buf = torch.zeros(2)
m.buf = 5
m.register_buffer('buf', torch.ones(1))
m.register_buffer('a.b', torch.ones(1))
m.register_parameter('q', torch.ones(1))
m.register_parameter('', None)
m.double().buf.dtype, m.p.dtype, m.float().buf.dtype
m(1)
m.p = 3
m.train(), m.training, m.eval().training
m

class NoInit(nn.Module):
    def __init__(self):
        self.l = nn.Linear(1, 1)
NoInit()
class NoInit2(nn.Module):
    def __init__(self):
        self.p = nn.Parameter(torch.ones(1))
NoInit2()
class NoForward(nn.Module): pass
NoForward()(1)
NoForward()

m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
sd = m.state_dict()
list(sd)
m2 = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
m2.load_state_dict(sd)
all((a == b).all() for a, b in zip(m.parameters(), m2.parameters()))
del sd['0.weight']
m2.load_state_dict(sd)
m2.load_state_dict(sd, strict=False)
sd['extra'] = torch.ones(1)
m2.load_state_dict(sd)
r = m2.load_state_dict(sd, strict=False); r.missing_keys, r.unexpected_keys
sd['0.bias'] = torch.ones(5)
m2.load_state_dict(sd, strict=False)
m2.load_state_dict([1])
m2.load_state_dict({})
nn.Linear(1, 1).load_state_dict({'weight': torch.ones(1, 1), 'bias': [1.]})

m = nn.Linear(2, 2)
def pre(mod, inp): print('pre', inp); return (inp[0] * 2,)
def post(mod, inp, out): print('post', inp, out.shape); return out * 0
h1 = m.register_forward_pre_hook(pre)
h2 = m.register_forward_hook(post)
m(torch.ones(1, 2))
h1.remove(), h2.remove()
m(torch.ones(1, 2)).shape
h = m.register_full_backward_hook(lambda mod, gi, go: print('bw', gi, go))
m(torch.ones(1, 2, requires_grad=True)).sum().backward()
h.remove()
m.register_full_backward_pre_hook(lambda mod, go: print('prebw', go))
m(torch.ones(1, 2)).sum().backward()
m.register_forward_hook(lambda mod, args, kwargs, out: print(kwargs), with_kwargs=True)
m(input=torch.ones(1, 2)).shape
m(torch.ones(1, 2)).shape

m = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Linear(2, 1)))
def init(mod):
    if isinstance(mod, nn.Linear):
        nn.init.constant_(mod.weight, 0.5); nn.init.zeros_(mod.bias)
_ = m.apply(init)
m(torch.ones(1, 2))
m.apply(print)
for p in m.parameters(): p.requires_grad_(False)
m(torch.ones(1, 2)).requires_grad
m.requires_grad_(True)[0].weight.requires_grad
sum(p.numel() for p in m.parameters()), sum(p.numel() for p in m.parameters() if p.requires_grad)
m.get_submodule('2.0'), m.get_parameter('0.weight').shape
m.get_submodule('5')
import copy
c = copy.deepcopy(m)
c[0].weight.data.fill_(1)
m[0].weight
c[0].weight is m[0].weight
import pickle
pickle.loads(pickle.dumps(m))
m.zero_grad(), m.zero_grad(set_to_none=False)
m.to(torch.float64)[0].weight.dtype, m.half if False else 0, m.type(torch.float32)[0].weight.dtype
m.to('cpu') is m
dict(m.named_parameters()).keys()
list(m.modules())[0] is m, len(list(m.modules()))

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(5, 3)
        self.out = nn.Linear(3, 5, bias=False)
        self.out.weight = self.emb.weight
    def forward(self, i): return self.out(self.emb(i))
torch.manual_seed(0)
t = Tied()
t
[n for n, _ in t.named_parameters()], len(list(t.parameters())), list(t.state_dict())
t(torch.tensor([1, 2])).sum().backward()
t.emb.weight.grad
t.emb.weight is t.out.weight
u = copy.deepcopy(t) if 'copy' in dir() else t
import copy
u = copy.deepcopy(t); u.emb.weight is u.out.weight
[n for n, _ in t.named_parameters(remove_duplicate=False)]
t(torch.tensor([5]))
t(torch.tensor([1.]))

e = nn.Embedding(4, 2, padding_idx=0)
e, e.weight[0], e.padding_idx
e(torch.tensor([[0, 1], [2, 3]])).shape
e(torch.tensor([0, 1, 1])).sum().backward()
e.weight.grad
nn.Embedding.from_pretrained(torch.ones(2, 3)).weight.requires_grad, nn.Embedding.from_pretrained(torch.arange(6.).view(3, 2))(torch.tensor([2]))
nn.Embedding(3, 2, max_norm=1.)
nn.Embedding(3, 2, padding_idx=5)
F.embedding(torch.tensor([0, 2]), torch.arange(6.).view(3, 2))
F.one_hot(torch.tensor([0, 2]), 3), F.one_hot(torch.tensor([1]))

x = torch.tensor([[1., 2., 3.], [1., 2., 4.]], requires_grad=True)
t = torch.tensor([2, 0])
nn.CrossEntropyLoss()(x, t), nn.CrossEntropyLoss(reduction='none')(x, t), nn.CrossEntropyLoss(reduction='sum')(x, t), nn.CrossEntropyLoss(weight=torch.tensor([1., 2., 3.]))(x, t), nn.CrossEntropyLoss(ignore_index=0)(x, t), nn.CrossEntropyLoss(label_smoothing=0.1)(x, t)
nn.NLLLoss()(F.log_softmax(x, 1), t), nn.NLLLoss(reduction='sum')(x.log_softmax(1), t), nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MSELoss(), nn.CrossEntropyLoss(weight=torch.ones(3))
nn.CrossEntropyLoss()(x, t.float())
nn.CrossEntropyLoss()(x, torch.tensor([0, 3]))
nn.CrossEntropyLoss()(x, torch.tensor([0]))
nn.CrossEntropyLoss()(x, torch.tensor([[0], [1]]))
nn.CrossEntropyLoss()(x[0], torch.tensor(1)), nn.CrossEntropyLoss()(torch.ones(2, 3, 4), torch.zeros(2, 4).long())
F.cross_entropy(x, t).backward()
x.grad
F.nll_loss(x, t, weight=torch.tensor([1., 0., 2.]), ignore_index=2), F.nll_loss(x, torch.tensor([-100, -100]))
nn.MSELoss()(x, torch.zeros(2, 3)), nn.MSELoss(reduction='sum')(x, x), nn.MSELoss(reduction='none')(x, torch.zeros(2, 3)), F.mse_loss(x, torch.zeros(3)), nn.MSELoss(reduce=False)(x, x), nn.MSELoss(size_average=False)(x, x)
nn.MSELoss(reduction='foo')(x, x)
F.mse_loss(x, torch.zeros(2))
nn.L1Loss()(x, torch.zeros(2, 3)), nn.SmoothL1Loss()(x, torch.zeros(2, 3)), nn.HuberLoss()(x, torch.zeros(2, 3)), nn.BCELoss()(x.sigmoid(), torch.ones(2, 3)), nn.BCEWithLogitsLoss()(x, torch.ones(2, 3)), nn.KLDivLoss(reduction='batchmean')(x.log_softmax(1), x.softmax(1).detach())
nn.BCELoss()(x, torch.ones(2, 3))
nn.BCELoss()(x.sigmoid(), torch.ones(2))
nn.BCEWithLogitsLoss()(x, torch.ones(3))

x = torch.tensor([-1., 0., 2.])
F.relu(x, inplace=True), x
F.softmax(x), F.softmax(x, dim=1)
F.dropout(torch.ones(3), 0.5, False), F.dropout(torch.ones(3), 2.)
nn.Softmax()(x)
F.normalize(torch.tensor([[3., 4.]])), F.linear(torch.ones(2), torch.ones(3, 2)), F.linear(torch.ones(2), torch.ones(3, 2), torch.ones(3)), F.tanh(x), F.sigmoid(x), torch.relu(x), torch.tanh(x), torch.sigmoid(x)
nn.Bilinear(2, 3, 1), nn.Bilinear(2, 3, 1)(torch.ones(4, 2), torch.ones(4, 3)).shape
requires = nn.Linear(2, 2)(torch.ones(2)); requires.requires_grad

torch.manual_seed(3)
w = torch.empty(3, 5)
nn.init.uniform_(w), nn.init.normal_(w), nn.init.constant_(w, 0.3), nn.init.ones_(w), nn.init.zeros_(w), nn.init.xavier_uniform_(w), nn.init.xavier_normal_(w), nn.init.kaiming_uniform_(w, mode='fan_in', nonlinearity='relu'), nn.init.kaiming_normal_(w, mode='fan_out')
nn.init.xavier_uniform_(w, gain=nn.init.calculate_gain('relu'))
nn.init.xavier_uniform_(torch.empty(3))
nn.init.kaiming_normal_(w, mode='foo')
nn.init.calculate_gain('tanh'), nn.init.calculate_gain('leaky_relu', 0.2), nn.init.calculate_gain('linear')
nn.init.calculate_gain('foo')
nn.init.uniform_(nn.Linear(2, 2).weight, -1, 1)
nn.init.eye_(torch.empty(2, 3)), nn.init._calculate_fan_in_and_fan_out(w)
nn.init.normal_(torch.empty(2), mean=1., std=0.)
nn.init.trunc_normal_(torch.empty(2)).shape

p = nn.Parameter(torch.ones(2))
p, repr(p), str(p), p + 1, p.data, p.grad, type(p.data), type(p + 1), type(p), p.requires_grad
nn.Parameter(torch.ones(2), requires_grad=False), nn.Parameter(torch.tensor(1.)), nn.Parameter()
nn.Parameter([1, 2])
nn.Parameter(torch.ones(2).long())
nn.Parameter(torch.ones(2, requires_grad=True) * 2).is_leaf
isinstance(p, torch.Tensor), isinstance(p, nn.Parameter), isinstance(torch.ones(1), nn.Parameter)
p.data = torch.zeros(3)
p
p.data += 1
p
p.add_(1)
with torch.no_grad(): p.add_(1)
p
p.detach(), p.clone(), p[0], p.sum(), -p, p == p, p.view(-1), p.t(), p.new_zeros(1), p.tolist()
import copy; copy.deepcopy(p), copy.copy(p)

p = [nn.Parameter(torch.tensor([1., 2.])), nn.Parameter(torch.tensor([3.]))]
o = torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True)
for i in range(3):
    o.zero_grad()
    loss = (p[0] ** 2).sum() + (p[1] ** 3).sum()
    loss.backward()
    o.step()
    print(i, loss.item(), p[0].tolist(), p[1].tolist())
o
o.state_dict()
o.param_groups[0]['lr'] = 0.5
o.param_groups[0]['lr'], len(o.param_groups), sorted(o.param_groups[0].keys())
o2 = torch.optim.SGD(p, lr=0.2, momentum=0.1)
o2.load_state_dict(o.state_dict())
o2.param_groups[0]['lr'], o2.state[p[0]]
o.add_param_group({'params': [nn.Parameter(torch.ones(1))], 'lr': 0.3})
o
o.add_param_group({'params': p[0]})
torch.optim.SGD(p)
torch.optim.SGD(p, lr=-1)
torch.optim.SGD([], lr=1)
torch.optim.SGD([torch.ones(1)], lr=1)
torch.optim.SGD(p[0], lr=1)
torch.optim.SGD([p[0] * 1], lr=1)
torch.optim.SGD([{'params': p[:1]}, {'params': p[1:], 'lr': 0.01}], lr=0.1)
torch.optim.SGD(p, lr=0.1, nesterov=True)
torch.optim.SGD(p, 0.1, momentum=-1)

p = nn.Parameter(torch.tensor([1., 2., 3.]))
for cls, kw in ((torch.optim.Adam, {}), (torch.optim.Adam, {'amsgrad': True, 'weight_decay': 0.1}), (torch.optim.AdamW, {'lr': 0.1}), (torch.optim.SGD, {'lr': 0.1})):
    q = nn.Parameter(p.data.clone())
    o = cls([q], **kw)
    for _ in range(4):
        o.zero_grad(); (q ** 2).sum().backward(); o.step()
    print(cls.__name__, q.data, sorted(o.state[q].keys()))
    print(o)
o = torch.optim.Adam([p], lr=1e-2, betas=(0.9, 0.99), eps=1e-7)
(p ** 2).sum().backward(); o.step(); o.state_dict()
torch.optim.Adam([p], betas=(1.0, 0.9))
torch.optim.Adam([p], eps=-1)
def closure():
    o.zero_grad(); l = (p ** 2).sum(); l.backward(); return l
o.step(closure)
o.zero_grad(set_to_none=False); p.grad
o.zero_grad(); p.grad
sched = torch.optim.lr_scheduler.StepLR(torch.optim.SGD([p], lr=1.), step_size=2, gamma=0.1)
for _ in range(4): sched.optimizer.step(); sched.step(); print(sched.get_last_lr())

torch.manual_seed(0)
X = torch.randn(20, 3); Y = X @ torch.tensor([[1.], [2.], [3.]]) + 0.5
model = nn.Linear(3, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(20):
    pred = model(X)
    loss = F.mse_loss(pred, Y)
    opt.zero_grad(); loss.backward(); opt.step()
    if epoch % 5 == 0: print(epoch, round(loss.item(), 2))
model.weight, model.bias
'%.4f' % loss, f'{loss:.5f}', loss
torch.nn.utils.clip_grad_norm_(model.parameters(), 0.01), model.weight.grad.norm() <= 0.011
torch.nn.utils.clip_grad_value_(model.parameters(), 0.001)
model.weight.grad.abs().max() <= 0.001
torch.nn.utils.parameters_to_vector(model.parameters())
""".strip().split("\n\n")
