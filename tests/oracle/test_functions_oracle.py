"""Functions and modules beside PyTorch's: activations, distances, margins, images; values, gradients, refusals, what modules show.

Every line runs on both libraries in one order; values agree to rounding, classes of exceptions and texts of modules exactly.
"""

import numpy as np
import pytest
import torch as pytorch

import ctgrad

pytestmark = pytest.mark.filterwarnings("ignore")


def lines(torch):
    """[(name, values or text)] of one library."""
    nn, F, found = torch.nn, torch.nn.functional, []

    def show(name, f):
        try:
            r = f()
        except Exception as e:
            r = type(e).__name__
        found.append((name, (tuple(r.shape), r.detach().double().numpy()) if isinstance(r, torch.Tensor) else str(r)))

    def both(name, f, *xs):
        def g():
            ys = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in xs]
            r = f(*ys)
            if r.requires_grad:
                r.pow(2).sum().backward()
            return torch.cat([r.detach().flatten().double(), *(y.grad.flatten().double() for y in ys if y.grad is not None)])

        show(name, g)

    torch.manual_seed(0)
    x = torch.linspace(-5, 5, 21).view(3, 7)

    for n in "hardtanh relu6 hardsigmoid hardswish mish hardshrink softshrink selu celu".split():
        both(n, getattr(F, n), x)
    both("threshold", lambda x: F.threshold(x, 0.5, 3), x)
    both("glu", F.glu, torch.randn(2, 6))
    both("glu0", lambda x: F.glu(x, 0), torch.randn(2, 3))
    show("glue", lambda: F.glu(torch.ones(3)))
    both("prelu", F.prelu, torch.randn(2, 3, 2), torch.tensor([0.1, 0.2, 0.3]))
    both("prelu1", F.prelu, torch.randn(2, 3), torch.tensor([0.1]))
    show("prelue", lambda: F.prelu(torch.ones(2, 3), torch.ones(2)))
    both("rrelu", F.rrelu, x)
    torch.manual_seed(1)
    both("rrelut", lambda x: F.rrelu(x, training=True), x)
    show("r", lambda: torch.rand(2))
    torch.manual_seed(2)
    show("gs", lambda: F.gumbel_softmax(torch.randn(3, 4)))
    show("gsh", lambda: F.gumbel_softmax(torch.randn(3, 4), tau=0.5, hard=True))
    a, b, c = torch.randn(4, 5), torch.randn(4, 5), torch.randn(4, 5)
    t = torch.tensor([1.0, -1, 1, -1])
    both("cos", F.cosine_similarity, a, b)
    both("cosd", lambda a, b: F.cosine_similarity(a, b, dim=0, eps=0.1), a, b)
    both("pd", F.pairwise_distance, a, b)
    both("pd1", lambda a, b: F.pairwise_distance(a, b, 1, keepdim=True), a, b)
    for red in ("none", "mean", "sum"):
        both("cel", lambda a, b: F.cosine_embedding_loss(a, b, t, margin=0.1, reduction=red), a, b)
        both("hel", lambda a: F.hinge_embedding_loss(a, t[:, None].expand(4, 5), reduction=red), a)
        both("mrl", lambda a, b: F.margin_ranking_loss(a, b, t[:, None].expand(4, 5), margin=0.3, reduction=red), a, b)
        both("sml", lambda a: F.soft_margin_loss(a, t[:, None].expand(4, 5), reduction=red), a)
        both("mlsm", lambda a: F.multilabel_soft_margin_loss(a, (b > 0).float(), weight=torch.arange(5.0), reduction=red), a)
        both("mml", lambda a: F.multi_margin_loss(a, torch.tensor([1, 0, 4, 2]), reduction=red), a)
        both("mml2", lambda a: F.multi_margin_loss(a, torch.tensor([1, 0, 4, 2]), p=2, margin=0.5, weight=torch.arange(1, 6.0), reduction=red), a)
        both("mml1", lambda a: F.multi_margin_loss(a[0], torch.tensor(1), reduction=red), a)
        both(
            "mlm",
            lambda a: F.multilabel_margin_loss(
                a, torch.tensor([[1, 2, -1, 0, 0], [0, -1, 1, 1, 1], [4, 3, 2, 1, 0], [-1, 0, 0, 0, 0]]), reduction=red
            ),
            a,
        )
        both("mlm1", lambda a: F.multilabel_margin_loss(a[0], torch.tensor([1, 2, -1, 0, 0]), reduction=red), a)
        both("pnl", lambda a: F.poisson_nll_loss(a, b.abs() * 3, full=True, reduction=red), a)
        both("pnl2", lambda a: F.poisson_nll_loss(a.abs(), b.abs() * 3, log_input=False, reduction=red), a)
        both("gnl", lambda a, v: F.gaussian_nll_loss(a, b, v.abs(), full=True, reduction=red), a, c)
        both("tml", lambda a, b, c: F.triplet_margin_loss(a, b, c, reduction=red, swap=True), a, b, c)
        both("tmdl", lambda a, b, c: F.triplet_margin_with_distance_loss(a, b, c, reduction=red, margin=2.0), a, b, c)
    show("e1", lambda: F.poisson_nll_loss(a, b, reduction="x"))
    show("e2", lambda: F.gaussian_nll_loss(a, b, -c.abs()))
    show("e3", lambda: F.gaussian_nll_loss(a, b, c[:2].abs()))
    show("e4", lambda: F.triplet_margin_loss(a, b, c, margin=-1))
    show("e5", lambda: F.multi_margin_loss(a, torch.tensor([1])))
    show("e6", lambda: F.multi_margin_loss(a, torch.tensor([1, 2, 3, 4]), p=3))
    show("e7", lambda: F.margin_ranking_loss(a, b, t))
    show("e8", lambda: F.cosine_embedding_loss(a, b, b))
    show("e9", lambda: F.hinge_embedding_loss(a, b, reduction="z"))
    im = torch.randn(2, 8, 4, 6)
    both("ps", lambda x: F.pixel_shuffle(x, 2), im)
    both("pu", lambda x: F.pixel_unshuffle(x, 2), im)
    both("cs", lambda x: F.channel_shuffle(x, 4), im)
    show("pse", lambda: F.pixel_shuffle(im, 3))
    show("pue", lambda: F.pixel_unshuffle(im, 3))
    show("cse", lambda: F.channel_shuffle(im, 3))
    for m in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
        for kw in (
            dict(size=(7, 9)),
            dict(scale_factor=2),
            dict(scale_factor=(0.5, 1.7)),
            dict(size=3),
            dict(scale_factor=1.3, recompute_scale_factor=True),
        ):
            both(f"ip {m} {kw}", lambda x: F.interpolate(x, mode=m, **kw), im[:1, :2])
            if m.startswith("bi"):
                both(f"ipa {m} {kw}", lambda x: F.interpolate(x, mode=m, align_corners=True, **kw), im[:1, :2])
    both("ip1", lambda x: F.interpolate(x, scale_factor=2, mode="linear"), im[0])
    both("ip3", lambda x: F.interpolate(x, scale_factor=2, mode="trilinear"), im[None, 0])
    both("ip1n", lambda x: F.interpolate(x, 5), im[0])
    for k in (
        dict(),
        dict(size=3, scale_factor=2),
        dict(size=(1, 2, 3)),
        dict(size=3, mode="x"),
        dict(size=3, mode="linear"),
        dict(size=3, align_corners=True),
        dict(size=0),
    ):
        show(f"ipe{k}", lambda: F.interpolate(im, **k))
    both("unf", lambda x: F.unfold(x, (2, 3), dilation=(1, 2), padding=1, stride=(2, 1)), im)
    both("unf1", lambda x: F.unfold(x, 2), im[0])
    cols = F.unfold(im, (2, 3), padding=1, stride=2)
    both("fold", lambda x: F.fold(x, (4, 6), (2, 3), padding=1, stride=2), cols)
    both("fold1", lambda x: F.fold(x, (4, 6), (2, 3), padding=1, stride=2), cols[0])
    show("folde", lambda: F.fold(cols, (5, 7), 2))
    show("unfe", lambda: F.unfold(im, 9))
    both("lrn", lambda x: F.local_response_norm(x, 3), im)
    both("lrn1", lambda x: F.local_response_norm(x, 2, alpha=0.5, k=2.0), im[0])
    both("rms", lambda x: F.rms_norm(x, (6,)), im)
    both("rms2", lambda x, w: F.rms_norm(x, (4, 6), w, 1e-3), im, torch.randn(4, 6))
    show("rmse", lambda: F.rms_norm(im, (5,)))
    for m in [
        nn.Hardtanh(),
        nn.Hardtanh(-2, 2, True),
        nn.ReLU6(),
        nn.ReLU6(True),
        nn.Hardsigmoid(),
        nn.Hardswish(True),
        nn.Mish(),
        nn.SELU(True),
        nn.CELU(0.5),
        nn.GLU(),
        nn.Hardshrink(),
        nn.Softshrink(1.0),
        nn.Threshold(1, 2),
        nn.PReLU(),
        nn.PReLU(3),
        nn.RReLU(),
        nn.ZeroPad2d(1),
        nn.ZeroPad1d((1, 2)),
        nn.ConstantPad2d(1, 3.5),
        nn.ReflectionPad1d(2),
        nn.ReplicationPad3d(1),
        nn.CircularPad2d((1, 1, 0, 0)),
        nn.ReflectionPad2d(1),
        nn.PixelShuffle(2),
        nn.PixelUnshuffle(2),
        nn.ChannelShuffle(2),
        nn.Upsample(scale_factor=2),
        nn.Upsample(size=(3, 4), mode="bilinear"),
        nn.UpsamplingNearest2d(scale_factor=2),
        nn.UpsamplingBilinear2d((2, 2)),
        nn.Fold((2, 2), 2),
        nn.Unfold(2),
        nn.LocalResponseNorm(2),
        nn.RMSNorm(4),
        nn.RMSNorm((2, 3), 1e-5, False),
        nn.CosineSimilarity(),
        nn.PairwiseDistance(),
        nn.TripletMarginLoss(),
        nn.MultiMarginLoss(),
        nn.GaussianNLLLoss(),
        nn.MarginRankingLoss(),
        nn.PoissonNLLLoss(),
    ]:
        show(str(m), lambda: (list(m.state_dict()), sorted(k for k in vars(m) if not k.startswith("_"))))
    im = torch.randn(1, 4, 4, 6)
    for m in [
        nn.ReflectionPad2d(1),
        nn.ZeroPad2d(2),
        nn.ConstantPad2d(1, 3.5),
        nn.CircularPad2d((1, 1, 0, 0)),
        nn.ReplicationPad2d((0, 1, 2, 0)),
        nn.Upsample(scale_factor=2),
        nn.UpsamplingBilinear2d((5, 5)),
        nn.PReLU(4),
        nn.PixelShuffle(2),
        nn.LocalResponseNorm(2),
        nn.RMSNorm(6),
        nn.RReLU().eval(),
        nn.Unfold(2),
    ]:
        both(type(m).__name__, m, im)
    show("q", lambda: nn.TripletMarginLoss(margin=-1))
    show("q", lambda: nn.Hardtanh(2, 1))
    show("q", lambda: F.softshrink(x, -1))
    show("q", lambda: F.celu(x, 0))
    show("q", lambda: F.hardtanh(x, 2, 1))
    show("q", lambda: F.hardtanh(torch.arange(4), 0, 2))
    show("q", lambda: F.threshold(torch.arange(4), 1, 7))
    return found


def test_functions_and_modules():
    for (name, expected), (_, ours) in zip(lines(pytorch), lines(ctgrad), strict=True):
        if isinstance(expected, str) or isinstance(ours, str):
            assert ours == expected, name
            continue
        assert ours[0] == expected[0], name
        np.testing.assert_allclose(ours[1], expected[1], rtol=2e-4, atol=2e-6, err_msg=name)
