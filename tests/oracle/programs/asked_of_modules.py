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
""".strip().split("\n\n")
