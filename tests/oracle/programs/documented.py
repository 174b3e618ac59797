"""What PyTorch's documentation shows in its examples."""

PROGRAMS = r"""
x = torch.arange(5.).requires_grad_()
y = x ** 2
def get_vjp(v):
    return torch.autograd.grad(y, x, v)
torch.vmap(get_vjp)(torch.eye(5))
torch.vmap(get_vjp)(torch.eye(5))
y = x.exp()
torch.vmap(lambda a: torch.vmap(lambda v: torch.autograd.grad(y, x, v * a)[0])(torch.eye(5)))(torch.ones(2)).shape
y.sum().backward()
y = x ** 3
torch.vmap(lambda v: torch.autograd.grad(y, x, v, retain_graph=True)[0])(torch.eye(5)).sum(1)
torch.vmap(lambda v: torch.autograd.grad(y, x, v, create_graph=True)[0])(torch.eye(5)).sum(1)
y.sum().backward(), x.grad
def fails(v):
    raise KeyError(v)
torch.vmap(fails)(torch.eye(2))
y = x ** 2
y.sum().backward(), y.sum().backward()

torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check=True)
torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last])
torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check=[torch.contiguous_format])
torch.empty((2, 1, 3, 4)).dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last])
torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check=[])
torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check="ILLEGAL")
torch.empty((1, 2, 3, 4)).dim_order(ambiguity_check=["ILLEGAL"])
torch.empty((2, 3, 5, 7), memory_format=torch.channels_last).dim_order(ambiguity_check=True)
torch.empty(1).expand(2, 3).dim_order(ambiguity_check=True)
torch.empty(2, 3).dim_order(ambiguity_check=False)

from torch.random import thread_safe_generator
torch.randint(0, 10, (5,), generator=thread_safe_generator())
thread_safe_generator()

output = F.native_channel_shuffle(torch.randn(1, 4, 2, 2), 2)
output
torch.native_channel_shuffle(torch.arange(6).view(1, 6, 1, 1), 3).flatten()
torch.native_channel_shuffle(torch.zeros(1, 6, 1, 1), 4)

from torch.func import rearrange
images = torch.randn((4, 30, 40, 3))
rearrange(images, 'b h w c -> b h w c').shape, rearrange(images, 'b h w c -> (b h) w c').shape, rearrange(images, 'b h w c -> h (b w) c').shape
rearrange(images, 'b h w c -> b c h w').stride(), rearrange(images, 'b h w c -> b (c h w)').shape
rearrange(images, 'b (h1 h) (w1 w) c -> (b h1 w1) h w c', h1=2, w1=2).shape, rearrange(images, 'b (h h1) (w w1) c -> b h w (c h1 w1)', h1=2, w1=2).shape
rearrange(torch.arange(12).view(2, 6), 'a (b c) -> c (a b)', b=2), rearrange(torch.arange(12).view(2, 6), 'a (b c) -> (c b) a', c=2)
rearrange(images, 'b ... -> ... b').shape, rearrange(images, '... c -> (...) c').shape, rearrange(images, 'b ... c -> c (b ...)').shape
rearrange([torch.ones(2, 3), torch.zeros(2, 3)], 'n a b -> a (n b)'), rearrange(torch.ones(2, 1, 3), 'a 1 b -> b a').shape
rearrange(torch.ones(()), ' -> ').shape, rearrange(torch.ones(1), '1 -> '), rearrange(torch.ones(2), 'a -> () a').shape, rearrange(torch.ones(2), '... -> ... 1').shape
rearrange(torch.ones(2, 3), 'a b -> a')
rearrange(torch.ones(2, 3), 'a b')
rearrange(torch.ones(2, 3), 'a a -> a a')
rearrange(torch.ones(2, 3), 'a b c -> a b c')
rearrange(torch.ones(2, 3, 4), '(...) b -> b ...')
rearrange(torch.ones(2, 0, 3), 'a b (c d) -> (a b) d c', d=3).shape, rearrange(torch.ones(2, 3), 'a b -> (b) (a)').shape
rearrange(torch.ones(2, 3), 'a b -> a b', c=2)
rearrange(torch.ones(2, 3), 'a b -> a b', a=2.0)
rearrange(torch.ones(2, 3), '(a b -> a b')
rearrange(torch.ones(2, 3), '((a) b) -> a b')
rearrange(torch.ones(2, 3), 'a b -> a b ...')
rearrange(torch.ones(2, 3), 'a (...) -> a ...')
rearrange(torch.ones(2, 3), 'a b -> b a 2')
rearrange(torch.ones(2, 3), 'a_ b -> b a_')
rearrange(torch.ones(2, 3), 'a . b -> b a')
rearrange(torch.ones(2, 3), 'a b c ... -> b a c ...')
x = torch.arange(6.).view(2, 3).requires_grad_()
(rearrange(x, 'a b -> b a') * torch.arange(6.).view(3, 2)).sum().backward(), x.grad

loss = nn.LinearCrossEntropyLoss(5, 10, out_features=(4, 3))
loss
input, target = torch.randn(8, 5, requires_grad=True), torch.empty(8, 4, 3, dtype=torch.long).random_(10)
output = loss(input, target)
output
output.backward(), input.grad[0]
loss(torch.randn(8, 5), torch.randn(8, 10, 4, 3).softmax(dim=1))
nn.LinearCrossEntropyLoss(5, 3, bias=True, ignore_index=1, reduction='sum', label_smoothing=0.1)(input, target[:, 0, 0] % 3)
nn.LinearCrossEntropyLoss(5, 3, weight=torch.ones(2))
nn.LinearCrossEntropyLoss(5, 3, label_smoothing=1.5)
nn.LinearCrossEntropyLoss(5, 3, weight=torch.arange(3.)).state_dict().keys()
w, t = torch.randn(3, 5), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
F.linear_cross_entropy(input, w, t, reduction='none'), F.linear_cross_entropy(input[0], w, t[0], linear_bias=torch.ones(3))
F.linear_cross_entropy(input[None], w, t)
F.linear_cross_entropy(input, w[0], t)
F.linear_cross_entropy(input, w[:, :4], t)
F.linear_cross_entropy(input, w, t, linear_bias=torch.ones(5))
F.linear_cross_entropy(input[0], w[:, None], t)
F.linear_cross_entropy(input, w, torch.ones(8, 3), ignore_index=1)

model = nn.Sequential(nn.Conv2d(3, 4, 2), nn.Linear(2, 2), nn.Sequential(nn.ConvTranspose2d(4, 3, 2), nn.Conv3d(2, 3, 2)))
nn.utils.convert_conv2d_weight_memory_format(model, torch.channels_last) is model
[p.stride() for p in model.parameters()]
nn.utils.convert_conv3d_weight_memory_format(model, torch.channels_last_3d) is model
[p.stride() for p in model.parameters()]
nn.utils.convert_conv2d_weight_memory_format(nn.Linear(2, 2), torch.channels_last)

m = nn.SyncBatchNorm(4)
m, m(torch.randn(3, 4, 2)).sum(), m.running_mean
m.eval()(torch.ones(1, 4, 1, 1, 1)).flatten()
m(torch.ones(4))
nn.SyncBatchNorm(0)(torch.ones(2, 0, 3))
net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, momentum=None), nn.Sequential(nn.BatchNorm2d(4, affine=False), nn.BatchNorm2d(2, track_running_stats=False))).eval()
weights = list(net.parameters())
sync = nn.SyncBatchNorm.convert_sync_batchnorm(net)
sync is net, sync, [a is b for a, b in zip(weights, sync.parameters())], sync[1].training, sync[1].process_group
net = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(2, bias=False))
nn.SyncBatchNorm.convert_sync_batchnorm(net, 'group')[1].process_group, net
nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm1d(3)), isinstance(nn.SyncBatchNorm(2), nn.modules.batchnorm._BatchNorm)
nn.SyncBatchNorm(2).state_dict()

import dataclasses, torch.utils._pytree as pytree
@dataclasses.dataclass
class Point:
    x: object
    y: object
    z: object = None
pytree.register_dataclass(Point)
point = pytree.tree_map(lambda x: x + 1, Point(torch.tensor(0), torch.tensor(1)))
point, pytree.tree_leaves([Point(1, (2, 3)), Point(None, None, 4)]), pytree.tree_structure(Point(1, 2)) == pytree.tree_structure(Point(1, 2, 3))
pytree.register_dataclass(Point)
@dataclasses.dataclass(frozen=True)
class Config:
    norm: str
pytree.register_constant(Config)
config, values = Config('l1'), None
values, spec = pytree.tree_flatten([config, 2])
values, pytree.tree_unflatten([3], spec), spec == pytree.tree_structure([Config('l1'), 0]), spec == pytree.tree_structure([Config('l2'), 0])
class Plain:
    def __init__(self, a, b=5):
        self.a, self.b = a, b
pytree.register_constant(Plain)
pytree.register_dataclass(Plain)
pytree.register_dataclass(Plain, field_names=['a'])
pytree.tree_map(lambda a: a * 2, Plain(3, 4)).a, pytree.tree_map(lambda a: a * 2, Plain(3, 4)).b
@dataclasses.dataclass
class Other:
    a: int
    b: int = 1
pytree.register_dataclass(Other, field_names=['a'])
pytree.register_dataclass(Other, field_names=['a', 'b', 'c'])
pytree.register_dataclass(Other, field_names=['a'], drop_field_names=['b'])
pytree.tree_map(lambda a: -a, Other(3, 4))

with torch.autograd.graph.allow_mutation_on_saved_tensors():
    a = torch.ones(2, 3, requires_grad=True)
    b = a.clone()
    out = (b ** 2).sum()
    b.sin_()
    out.sum().backward()
a.grad, b
with torch.autograd.graph.allow_mutation_on_saved_tensors() as context:
    b = a.clone()
    out = (b ** 2).sum()
    context.clear()
    out.backward()
with torch.autograd.graph.allow_mutation_on_saved_tensors():
    b = a * 2
    out = (b * b.exp()).sum()
    b.zero_()
    g, = torch.autograd.grad(out, a, create_graph=True)
    torch.autograd.grad(g.sum(), a)
out.backward()
with torch.autograd.graph.allow_mutation_on_saved_tensors():
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        1
with torch.autograd.graph.allow_mutation_on_saved_tensors():
    2
""".split("\n\n")
