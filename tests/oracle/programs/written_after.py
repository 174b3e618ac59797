"""What was given to an op, or made by it, is written to before the gradient comes; losses whose reduction is a number."""

PROGRAMS = r"""
import torch.nn.functional as F
def late(f, *given, at=0, out=False):
    given = [t.clone().requires_grad_(t.is_floating_point()) for t in given]
    y = f(*given)
    t = y if out else given[at]
    with torch.no_grad(): (t.detach().logical_not_().logical_not_() if t.dtype == torch.bool else t.detach().mul_(1))
    y.sum().backward()
    return [None if t.grad is None else t.grad * 1000 // 1 for t in given]
torch.manual_seed(0); x, y = torch.rand(3, 3) + 0.2, torch.rand(3, 3) + 0.2; i, m = torch.tensor([0, 2, 1]), torch.tensor([True, False, True]); s = torch.eye(3) * 2 + 0.1
late(torch.deg2rad, x), late(torch.rad2deg, x), late(torch.copysign, x, y, at=1), late(lambda x: x.mode(0)[0], x), late(lambda x: torch.quantile(x, 0.3), x)
late(torch.copysign, x, y)
late(lambda x, q: torch.quantile(x, q, dim=0), x, torch.tensor([0.2, 0.7]))
late(lambda x: torch.nanquantile(x, 0.3, dim=1), x), late(lambda x, v: x.put(i, v), x, x[0])
late(lambda x, v: x.masked_scatter(m, v), x, y), late(lambda x, v: x.masked_scatter(m, v), x, y, at=1)
late(lambda x: F.pixel_shuffle(x.expand(1, 4, 3, 3).contiguous(), 2), x), late(lambda x: F.pixel_shuffle(x, 2), torch.rand(1, 4, 2, 2)), late(lambda x: F.pixel_unshuffle(x, 2), torch.rand(1, 1, 2, 4))
late(lambda x: F.unfold(x[None, None], 2), x), late(lambda x: F.unfold(x, 2), torch.rand(1, 1, 3, 3)), late(lambda w: F.embedding_bag(i[None], w), x)
late(lambda x: F.interpolate(x, scale_factor=2, mode='bilinear'), torch.rand(1, 1, 2, 2)), late(lambda t: F.affine_grid(t, (1, 1, 2, 2)), torch.rand(1, 2, 3))
late(torch.linalg.solve, s, x, at=1), late(lambda a, b: torch.linalg.solve_triangular(a, b, upper=True), s, x, at=1)
late(torch.linalg.solve, s, x)
late(torch.linalg.cholesky, s), late(torch.cholesky, s)
late(lambda x, v: torch.select_scatter(x, v, 0, 1), x, x[0]), late(lambda x, v: torch.select_scatter(x, v, 0, 1), x, x[0], at=1), late(lambda x, v: torch.diagonal_scatter(x, v), x, x[0], at=1)
late(torch.exp, x, out=True)
late(torch.sin, x)

torch.manual_seed(0)
a, b, c = torch.rand(3, 4), torch.rand(3, 4), torch.rand(3, 4)
sign = torch.tensor([1., -1., 1.])
[torch.kl_div(a.log(), b, r).sum() for r in (0, 1, 2)], torch.kl_div(a.log(), b.log(), log_target=True), torch.kl_div(a, b)
[torch.hinge_embedding_loss(a[:, 0], sign, 1.0, r) for r in (0, 1, 2)], torch.hinge_embedding_loss(a[:, 0], sign)
[torch.margin_ranking_loss(a[:, 0], b[:, 0], sign, 0.1, r) for r in (0, 1, 2)], torch.margin_ranking_loss(a[:, 0], b[:, 0], sign)
[torch.cosine_embedding_loss(a, b, sign, 0.1, r) for r in (0, 1, 2)], torch.cosine_embedding_loss(a, b, sign)
[torch.triplet_margin_loss(a, b, c, 1.0, 2.0, 1e-6, False, r) for r in (0, 1, 2)], torch.triplet_margin_loss(a, b, c, reduction=0, swap=True)
[torch.binary_cross_entropy_with_logits(a, b, None, None, r).sum() for r in (0, 1, 2)], torch.binary_cross_entropy_with_logits(a, b, pos_weight=c[0])
[torch.poisson_nll_loss(a, b, True, False, 1e-8, r).sum() for r in (0, 1, 2)]
torch.poisson_nll_loss(a, b)
p = torch.rand(5, 2, 4).log_softmax(2)
[torch.ctc_loss(p, torch.tensor([[1, 2], [2, 3]]), torch.tensor([5, 5]), torch.tensor([2, 2]), 0, r) for r in (0, 1, 2)], torch.ctc_loss(p, torch.tensor([[1, 2], [2, 3]]), (5, 5), (2, 2))
torch.kl_div(a, b, reduction='mean')
torch.hinge_embedding_loss(a[:, 0], sign, 1.0, 'sum')
torch.kl_div(a, 1)
torch.ctc_loss(p, torch.tensor([[1, 2], [2, 3]]), (5, 5), (2, 2), reduction='mean')
""".strip().split("\n\n")
