"""sum and mean take keepdim beside dim alone; other reductions take it alone too."""

PROGRAMS = r"""
x = torch.arange(6.).view(2, 3)
x.sum(keepdim=True)
x.mean(keepdim=True)
torch.sum(x, keepdim=True)
torch.mean(x, keepdim=True)
x.sum(None, True), x.mean(None, True), x.sum(dim=None, keepdim=True), x.mean((), keepdim=True)
x.any(keepdim=True), x.all(keepdim=True), x.var(keepdim=True), x.std(keepdim=True), x.amax(keepdim=True)
torch.nansum(x, keepdim=True), x.norm(keepdim=True), x.argmax(keepdim=True)
""".strip().split("\n\n")
