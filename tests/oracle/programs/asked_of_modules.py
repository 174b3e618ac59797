"""Modules, parameters, optimizers, Functions and pickles where a script asks something unusual of them, or something wrong."""

PROGRAMS = r"""
class Early(nn.Module):
    def __init__(self):
        self.a = torch.ones(1)
del Early().a
del Early().b
nn.ModuleList(m for m in [nn.ReLU()])
nn.Sequential(m for m in [nn.ReLU()])
torch.typename(x for x in [])
nn.Parameter(torch.ones(2), 3)
nn.Parameter(torch.ones(2), None)
nn.Parameter(torch.ones(2), requires_grad=0)
nn.Parameter(torch.ones(2), False)
nn.init.orthogonal_(torch.empty(2, 3).half())
nn.init.orthogonal_(torch.empty(2, 3)).shape, nn.init.orthogonal_(torch.empty(3, 2, dtype=torch.float64))
F.kl_div(torch.ones(2), torch.ones(2, dtype=torch.int64), reduction="bad")

y = [torch.tensor([.25, .5, .75], dtype=d) for d in (torch.float64, torch.float32, torch.float16, torch.bfloat16)]
xs = [torch.tensor([.3, -2., 1.7], dtype=d, requires_grad=True) for d in (torch.float64, torch.float32, torch.float16, torch.bfloat16)]
more = [{}, {"reduction": "none"}, {"weight": torch.tensor([1., 2., 3.])}, {"pos_weight": torch.tensor([1., 2., 3.])}, {"weight": torch.tensor([1., 2., 3.]).double(), "reduction": "sum"}, {"pos_weight": torch.tensor([1., 2., 3.]).double()}]
[[[F.binary_cross_entropy_with_logits(x, t, **k) for k in more] for t in y] for x in xs]
[[[torch.autograd.grad(F.binary_cross_entropy_with_logits(x, t, **k).sum(), x) for k in more] for t in y] for x in xs]
[[[torch.autograd.grad(F.binary_cross_entropy_with_logits(x, t, **k).sum(), x, create_graph=True)[0].dtype for k in more] for t in y] for x in xs]
F.binary_cross_entropy_with_logits(xs[1], torch.tensor([True, False, True]))
F.binary_cross_entropy_with_logits(xs[1], torch.tensor([1, 0, 1]))

import warnings
p = nn.Parameter(torch.ones(2))
q = nn.Parameter(torch.ones(2))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    print(torch.optim.SGD([p, p, q], lr=.1).state_dict()["param_groups"][0]["params"], torch.optim.SGD([{"params": [q]}, {"params": [p, p]}], lr=.1).state_dict()["param_groups"][1]["params"])
p.grad = torch.ones(2)
for name in ("Adam", "AdamW", "Adadelta", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "ASGD"):
    o = getattr(torch.optim, name)([p], lr=.1, capturable=True)
    try:
        o.step()
        print(name, "stepped")
    except AssertionError as error:
        print(name, str(error)[:19], o.state[p]["step"])
for name in ("SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "ASGD", "Adafactor"):
    o = getattr(torch.optim, name)([p], lr=.1)
    try:
        o.load_state_dict({"state": {0: {"other": torch.ones(1)}}, "param_groups": [{"params": [0], "lr": 7}]})
        print(name, "loaded")
    except KeyError as error:
        print(name, error)
    try:
        o.load_state_dict({"state": {}, "param_groups": [{"params": [0]}]})
        print(name, o.param_groups[0])
    except KeyError as error:
        print(name, error)
for name, old in (("NAdam", ("step", "mu_product")), ("ASGD", ("step", "eta", "mu")), ("RMSprop", ("step",))):
    o = getattr(torch.optim, name)([p], lr=.1)
    o.step()
    kept = o.state_dict()
    for part in old:
        kept["state"][0][part] = kept["state"][0][part].item()
    o.load_state_dict(kept)
    o.step()
    print(o.state_dict()["state"], p)
o = torch.optim.Muon([nn.Parameter(torch.ones(2, 2))], lr=.1)
o.param_groups[0]["params"][0].grad = torch.ones(2, 2)
o.step()
o.load_state_dict(o.state_dict())
o = torch.optim.NAdam([p], betas=(.9, .99, .999))
o.step()

import pickle
import warnings
def told(f):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f()
    return [(w.category.__name__, str(w.message).split(" <")[0], str(w.message).split("> ")[-1]) for w in caught]
x = torch.ones(2, requires_grad=True)
h = x.register_hook(lambda g: g * 2)
told(lambda: pickle.dumps(x))
told(lambda: pickle.dumps([x, x * 1]))
told(lambda: torch.save(x, __import__("io").BytesIO()))
told(lambda: __import__("copy").deepcopy(x))
p = nn.Parameter(torch.ones(2))
k = p.register_hook(lambda g: g)
told(lambda: pickle.dumps(p))
h.remove()
told(lambda: pickle.dumps(x))
h = x.register_hook(torch.utils.hooks.unserializable_hook(lambda g: g * 2))
told(lambda: pickle.dumps(x))

class Marks(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, how):
        if how == "plain":
            ctx.mark_non_differentiable(3)
        elif how == "dirty":
            ctx.mark_dirty(x, "a")
        elif how == "needs":
            ctx.needs_input_grad = (False, False)
        return x.add_(1) if how == "dirty" else x * 2
    @staticmethod
    def backward(ctx, g):
        print(ctx.needs_input_grad)
        return g, None
x = torch.ones(2, requires_grad=True)
Marks.apply(x, "plain")
Marks.apply(x.detach(), "plain")
Marks.apply(x * 1, "dirty")
Marks.apply(x, "needs").sum().backward()
x.grad

x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
check = torch.autograd.gradcheck
class Overwrites(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g.mul_(2)
check(Overwrites.apply, (x,))
check(lambda a: 3, (x,))
check(lambda a: None, (x,))
check(lambda a: {"a": a}, (x,))
check(lambda a: (a * 2, 3), (x,))
check(lambda a: (a * 2, a.long()), (x,))
""".strip().split("\n\n")
