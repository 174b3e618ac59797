"""Cells of notebooks that teach networks: modules and their text, optimizers, schedules, Functions."""

PROGRAMS = r"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.bn = nn.BatchNorm2d(6)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(p=0.25)
        self.fc = nn.Linear(6 * 4 * 4, 10, bias=False)
        self.blocks = nn.ModuleList([nn.Linear(10, 10), nn.ReLU(), nn.Sequential(nn.GELU(), nn.LayerNorm(10))])
        self.d = nn.ModuleDict({"a": nn.Embedding(5, 3, padding_idx=0), "b": nn.LSTM(3, 4, num_layers=2, batch_first=True)})
        self.p = nn.ParameterList([nn.Parameter(torch.zeros(2)), nn.Parameter(torch.ones(2, 3))])
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("hidden", torch.ones(2), persistent=False)
        self.scale = nn.Parameter(torch.tensor(2.0))
    def forward(self, x):
        x = self.pool(F.relu(self.bn(self.conv1(x))))
        return self.fc(self.drop(x.flatten(1))) * self.scale
net = Net()
net
print(net)
net(torch.randn(2, 1, 8, 8))
net.eval()(torch.ones(1, 1, 8, 8))
[(n, tuple(p.shape)) for n, p in net.named_parameters()]
[(n, tuple(b.shape)) for n, b in net.named_buffers()]
[n for n, m in net.named_modules()]
[n for n, _ in net.named_children()]
list(net.state_dict().keys())
type(net.state_dict()), net.state_dict()._metadata["bn"]
sum(p.numel() for p in net.parameters()), sum(p.numel() for p in net.parameters() if p.requires_grad)
net.load_state_dict(net.state_dict())
sd = net.state_dict()
sd.pop("scale")
sd["extra"] = torch.ones(1)
net.load_state_dict(sd, strict=False)
net.load_state_dict(sd)
sd = net.state_dict()
sd["scale"] = torch.ones(3)
net.load_state_dict(sd)
net.p, net.blocks[0], net.d["a"], net.d.keys()
net.training, net.bn.training
net.train().training
net.foo
net.fc = 3
net.fc = None
net
net.scale = torch.ones(1)
net.new = nn.Identity()
net.requires_grad_(False).scale
net.half().conv1.weight.dtype
net.double().conv1.weight.dtype, net.steps.dtype
net.to(torch.float32).bn
net.zero_grad()
net.apply(lambda m: print(type(m).__name__))
del net.bn
net.bn
net.get_submodule("d.a"), net.get_parameter("p.0")
net.get_submodule("nope")
net.extra_repr(), net._get_name()
net.conv1.extra_repr()
net.d["b"].all_weights[0][0].shape, net.d["b"]._flat_weights_names
nn.Module()(1)
nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 5))(torch.ones(1, 2))
nn.Linear(2, 3)(torch.ones(2, dtype=torch.float64))
nn.Linear(2, 3)(torch.ones(2, dtype=torch.int64))
nn.Conv2d(3, 4, 3)(torch.ones(1, 1, 8, 8))
nn.Conv2d(3, 4, 3)(torch.ones(8, 8))
nn.Embedding(3, 2)(torch.tensor([3]))
nn.Embedding(3, 2)(torch.ones(2))
nn.BatchNorm1d(3)(torch.ones(1, 3))
nn.BatchNorm2d(3)(torch.ones(1, 3))
nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([1, 5]))
nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([1]))
nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([1.0, 2.0]))
nn.MSELoss()(torch.ones(2, 1), torch.ones(2))
nn.BCELoss()(torch.tensor([2.0]), torch.tensor([1.0]))
nn.NLLLoss(), nn.CrossEntropyLoss(label_smoothing=0.1), nn.HuberLoss(), nn.Softmax(dim=1), nn.Softmax()

class Bad(nn.Module):
    def __init__(self):
        self.l = nn.Linear(1, 1)
Bad()
class Bad2(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(torch.ones(1))
Bad2()
class Empty(nn.Module): pass
Empty()
Empty()(1)
s = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
s[0], s[-1], s[:2], len(s)
s[5]
s.append(nn.Sigmoid())
s.insert(1, nn.ReLU())
del s[1]
s.extend([nn.ReLU()])
s + nn.Sequential(nn.Flatten())
s.pop(0)
from collections import OrderedDict
nn.Sequential(OrderedDict([("fc1", nn.Linear(2, 3)), ("act", nn.ReLU())]))
nn.Sequential(OrderedDict([("fc1", nn.Linear(2, 3)), ("act", nn.ReLU())])).fc1
nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 3)])
nn.Sequential(*[nn.ReLU() for _ in range(5)])
nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)
nn.TransformerDecoderLayer(8, 2, 16)
nn.MultiheadAttention(8, 2)
nn.GRU(3, 4, bidirectional=True), nn.RNN(2, 3, nonlinearity="relu"), nn.LSTMCell(2, 3), nn.GRUCell(2, 3)
nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=1), nn.Conv1d(2, 4, 3, dilation=2, groups=2), nn.Conv2d(1, 2, (3, 5), padding="same", padding_mode="reflect"), nn.Conv3d(1, 1, 2)
nn.AvgPool2d(2), nn.AdaptiveAvgPool2d((1, None)), nn.MaxPool1d(3, stride=1, padding=1), nn.AdaptiveMaxPool1d(2), nn.LPPool2d(2, 3), nn.FractionalMaxPool2d(2, output_size=2)
nn.GroupNorm(2, 4), nn.InstanceNorm2d(3), nn.LayerNorm((2, 3), elementwise_affine=False), nn.LocalResponseNorm(2), nn.RMSNorm(3), nn.BatchNorm1d(3, affine=False, track_running_stats=False)
nn.LeakyReLU(0.2), nn.ELU(), nn.PReLU(), nn.Softplus(), nn.Hardtanh(), nn.Threshold(0.1, 20), nn.ReLU(inplace=True), nn.GELU(approximate="tanh"), nn.SELU(), nn.SiLU(), nn.Mish(), nn.CELU(), nn.RReLU(), nn.GLU(), nn.LogSoftmax(1), nn.Hardswish(), nn.ReLU6(), nn.Softshrink(), nn.Tanhshrink(), nn.Softsign(), nn.Hardsigmoid(), nn.Softmin(1)
nn.Upsample(scale_factor=2), nn.Upsample(size=(3, 4), mode="bilinear"), nn.PixelShuffle(2), nn.ZeroPad2d(1), nn.ReflectionPad1d(2), nn.ConstantPad1d(1, 0.5), nn.Unfold(2), nn.Fold((2, 2), 1), nn.Flatten(), nn.Unflatten(1, (2, 3)), nn.Bilinear(2, 3, 4), nn.CosineSimilarity(), nn.PairwiseDistance(), nn.Dropout2d(), nn.AlphaDropout(), nn.EmbeddingBag(3, 2), nn.LazyLinear(3), nn.Identity(3)
nn.ParameterDict({"a": nn.Parameter(torch.ones(2)), "b": nn.Parameter(torch.ones(1, 3))})
nn.ModuleDict()
nn.ModuleList()
nn.Sequential()
nn.ParameterList()
nn.L1Loss(), nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)), nn.KLDivLoss(), nn.TripletMarginLoss(), nn.SmoothL1Loss(beta=0.5), nn.CTCLoss(), nn.CosineEmbeddingLoss(), nn.PoissonNLLLoss(), nn.GaussianNLLLoss(), nn.HingeEmbeddingLoss(), nn.MarginRankingLoss(), nn.MultiLabelMarginLoss(), nn.MultiMarginLoss(), nn.SoftMarginLoss()

model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
model[0].weight, model[0].bias
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
opt
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.5)
x, y = torch.randn(8, 2), torch.randn(8, 1)
for epoch in range(5):
    opt.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    opt.step()
    sched.step()
    print(epoch, f"{loss.item():.4f}", sched.get_last_lr(), opt.param_groups[0]["lr"])
opt.state_dict()
sched.state_dict()
opt.param_groups[0].keys()
list(opt.state.values())[0].keys()
opt.zero_grad()
model[0].weight.grad
opt.add_param_group({"params": [nn.Parameter(torch.ones(1))], "lr": 1.0})
opt
opt.add_param_group({"params": [model[0].weight]})
torch.optim.SGD([], lr=0.1)
torch.optim.SGD(model.parameters(), lr=-1)
torch.optim.SGD([torch.ones(1) * torch.ones(1, requires_grad=True)], lr=1)
torch.optim.SGD(torch.ones(1), lr=1)
torch.optim.SGD([1], lr=1)
torch.optim.Adam(model.parameters())
torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), amsgrad=True)
torch.optim.RMSprop(model.parameters()), torch.optim.Adagrad(model.parameters()), torch.optim.Adadelta(model.parameters()), torch.optim.Adamax(model.parameters()), torch.optim.NAdam(model.parameters()), torch.optim.RAdam(model.parameters()), torch.optim.Rprop(model.parameters()), torch.optim.ASGD(model.parameters()), torch.optim.LBFGS(model.parameters())
torch.optim.Adam(model.parameters(), betas=(1.0, 0.9))
def closure():
    opt.zero_grad()
    l = F.mse_loss(model(x), y)
    l.backward()
    return l
lb = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)
f"{lb.step(closure).item():.4f}", f"{lb.step(closure).item():.4f}"
lb.step()
o2 = torch.optim.Adam(model.parameters(), lr=0.01)
o2.load_state_dict(opt.state_dict())
o3 = torch.optim.SGD(model.parameters(), lr=1)
s3 = torch.optim.lr_scheduler.StepLR(o3, 1)
s3.step()
nn.utils.clip_grad_norm_(model.parameters(), 0.1)
nn.utils.clip_grad_value_(model.parameters(), 0.01)
[f"{g:.3f}" for g in model[0].bias.grad.tolist()]

def lrs(make, n=8, **k):
    o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
    s = make(o)
    r = []
    for i in range(n):
        o.step()
        r.append(o.param_groups[0]["lr"])
        s.step(1.0) if isinstance(s, torch.optim.lr_scheduler.ReduceLROnPlateau) else s.step()
    return r
S = torch.optim.lr_scheduler
lrs(lambda o: S.MultiStepLR(o, [2, 5], gamma=0.1))
lrs(lambda o: S.ExponentialLR(o, 0.9))
lrs(lambda o: S.CosineAnnealingLR(o, 5))
lrs(lambda o: S.CosineAnnealingWarmRestarts(o, 3, T_mult=2))
lrs(lambda o: S.LambdaLR(o, lambda e: 1 / (e + 1)))
lrs(lambda o: S.MultiplicativeLR(o, lambda e: 0.95))
lrs(lambda o: S.LinearLR(o, total_iters=4))
lrs(lambda o: S.ConstantLR(o, factor=0.5, total_iters=2))
lrs(lambda o: S.PolynomialLR(o, total_iters=5, power=2))
lrs(lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=8))
lrs(lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=4))
lrs(lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=3))
lrs(lambda o: S.ReduceLROnPlateau(o, patience=1, factor=0.5))
lrs(lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 3), S.ExponentialLR(o, 0.9)], milestones=[3]))
lrs(lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 3), S.ExponentialLR(o, 0.9)]))
o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
S.StepLR(o, 3, verbose=True)
S.OneCycleLR(o, max_lr=1.0)
s = S.CosineAnnealingLR(o, 5)
s.get_last_lr(), s.last_epoch, s.base_lrs
s.step(3)
s.get_last_lr(), s.last_epoch
s.get_lr()
s.load_state_dict(s.state_dict())
S.StepLR(3, 1)
S.StepLR(o, 1, last_epoch=4)

class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 2
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return 2 * x * g
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = Square.apply(x)
y, y.grad_fn, type(y.grad_fn), y.grad_fn.name(), y.grad_fn.next_functions
y.sum().backward()
x.grad
torch.autograd.gradcheck(Square.apply, torch.ones(2, dtype=torch.float64, requires_grad=True))
Square()(x)
Square.forward(None, x)
class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n):
        ctx.n = n
        ctx.mark_non_differentiable(m := x > 0)
        return x * n, m
    @staticmethod
    def backward(ctx, g, gm):
        print("needs", ctx.needs_input_grad, gm)
        return g * ctx.n, None
a, b = Two.apply(x, 3)
a, b, b.requires_grad
a.sum().backward()
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g, g
Wrong.apply(x).sum().backward()
class Shape(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.sum()
    @staticmethod
    def backward(ctx, g): return torch.ones(3)
Shape.apply(x).backward()
class NoB(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.clone()
NoB.apply(x)
NoB.apply(x).sum().backward()
class InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
    @staticmethod
    def backward(ctx, g): return g * 2
z = x * 1
w = InPlace.apply(z)
w is z, w.grad_fn, z
InPlace.apply(x)
Setup.apply(x, 5)
Setup.apply(x, 5).grad_fn
class Ident(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.view_as(x)
    @staticmethod
    def backward(ctx, g): return -g
Ident.apply(x), Ident.apply(x)._is_view()
(Ident.apply(x) * x).sum().backward()
x.grad
class NoneG(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.set_materialize_grads(False)
        return x + 1, y + 1
    @staticmethod
    def backward(ctx, a, b):
        print(a, b)
        return a, b
p, q = NoneG.apply(x, x)
p.sum().backward()
torch.autograd.Function
from torch.autograd.function import once_differentiable
class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    @once_differentiable
    def backward(ctx, g): return g * 2
g, = torch.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
g, g.requires_grad
g.sum().backward()
""".strip().split("\n\n")
