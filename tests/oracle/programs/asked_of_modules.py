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
""".strip().split("\n\n")
