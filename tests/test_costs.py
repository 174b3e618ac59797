"""Cost follows the distinct numbers, op by op: the survey of tests/costs.py, with what is left out of it and why; and steps of its own."""
import numpy as np
import pytest

import ctgrad
from ctgrad import debug
from ctgrad.nn import functional as F

from . import costs

pytestmark = pytest.mark.usefixtures("mechanisms_on")

WINDOWS = "kernels of n * n places, groups of which some are equal, and windows over what slides; a result that is padded along what repeats is written in full, of windows each of which is computed once"
SLID = "windows over a sliding image are each computed"
SCORES = "the scores of every row with every column that a mask or its numbers keep apart; heads, images, equal queries, and keys that are one with their values are computed once"
WEIGHTED = "along a sliding matrix each element has a derivative of its own: n * n numbers, summed along the lines at the end"
SHAPES = "its case joins operands of two shapes, whose differences are n * n numbers on the way to a few"
WRITTEN = "a write to what slides writes it out"
TARGETS = "class numbers are taken in full"
ALONG = "called by hand: the gradient of a softmax along what repeats is real along it, and sums to 0; formulas take it summed"
FACTORS = "singular vectors are of the matrix in full"
GIVEN = "its case names few places by number: a gradient of zeros but there is made in full"
STEPPED = "every second row of a sliding matrix, and a diagonal of the batch with it, is put among zeros"
JOINED = "pieces of lines are joined as matrices"
SORTED = "rows of a sliding matrix are each sorted, and have places of their own"
SEARCHED = "each number of a sliding matrix is searched for; what repeats by stride 0 once"
COUNTED = "bools of a sliding matrix are counted as numbers, in full"
PRODUCTS = "n * n products of what is left of each observation beside its mean, also where that is 0"
HOST = "NumPy computes exponents, those of what slides in full"
EXCEPTIONS = {
    "group_norm": "equal numbers are 0 when normalised, of which channels with a weight and a bias of their own make n * n numbers",
    "frexp": HOST,
    "batch_norm_moments": "of a sliding matrix each channel's numbers are read",
    "F.conv1d": WINDOWS, "F.conv_transpose1d": WINDOWS, "conv1d": WINDOWS, "conv2d": WINDOWS, "conv3d": WINDOWS, "conv_transpose1d": WINDOWS, "convolution": WINDOWS,
    **dict.fromkeys(("adaptive_avg_pool3d", "adaptive_max_pool3d", "avg_pool3d", "max_pool3d", "F.max_pool2d", "max_pool2d", "F.adaptive_max_pool1d", "adaptive_max_pool1d", "adaptive_max_pool2d"), SLID),
    "F.scaled_dot_product_attention": SCORES, "attention": SCORES,
    "amax": WEIGHTED, "amin": WEIGHTED, "logsumexp": WEIGHTED, "nansum": WEIGHTED, "prod": WEIGHTED, "std": WEIGHTED, "std_mean": WEIGHTED, "var": WEIGHTED,
    "var_mean": WEIGHTED, "max": WEIGHTED, "min": WEIGHTED, "contract": WEIGHTED, "count_nonzero": "a count in int64 of a sliding matrix of bools, which is cast in full",
    "binary_cross_entropy": SHAPES, "binary_cross_entropy_with_logits": SHAPES, "mse_loss": SHAPES, "antidiagonals": "sums over anti-diagonals of a product with what repeats along rows or columns",
    "copy_": WRITTEN, "zero_": WRITTEN, "nan_to_num_": WRITTEN, "F.nll_loss": TARGETS, "F.cross_entropy": "the gradient of sliding scores is real; " + TARGETS,
    "softmax_backward": ALONG, "log_softmax_backward": ALONG, "norm": FACTORS + "; " + WEIGHTED, "F.embedding": "as many rows as indices, which are n * n in its case",
    **dict.fromkeys(("as_strided", "as_strided_copy"), "strides of its own: what repeats is shown as it is not held, and gradients are counted where numbers coincide"),
    "gather": GIVEN + ", of what slides", "scatter": GIVEN, "scatter_add": GIVEN, "index": GIVEN, "index_copy": "written slices are real where indices are",
    "gradient": GIVEN + "; " + JOINED, "slice": STEPPED, "slice_copy": STEPPED, "diagonal": STEPPED, "cat": JOINED + " along a dim that slides; so are different rows that repeat along the dim that joins them",
    "kthvalue": SORTED, "topk": SORTED, "pick_places": SORTED, "median": SORTED, "nanmedian": SORTED, "quantile": SORTED, "nanquantile": SORTED, "ranked": SORTED,
    "search_places": SEARCHED, "bucketize": SEARCHED, "aminmax": WEIGHTED, "nanmean": COUNTED + "; " + WEIGHTED,
    "cov": PRODUCTS, "corrcoef": PRODUCTS + "; the diagonal's gradient is a matrix of its own",
    "histc": "numbers of a sliding matrix are counted one by one",
    "pdist": "its pairs of rows are chosen by number, n * n / 2 of them",
    "_pad_frame": "only pad_places calls it, where no padded dim repeats", "group_norm_backward": "only group_norm's formula calls it, with what repeats narrowed where the gradient travels summed",
}
# No operand that could repeat, or fresh or random values; adjoints that only formulas call with the sizes that they know; results whose size hangs on values; what NumPy computes.
NOT_SCALED = {
    "arange", "bernoulli_", "exponential_", "eye", "full", "linspace", "new_full", "new_ones", "new_zeros", "normal_", "ones", "random_", "uniform_", "zeros",
    "nonzero_static", "histogramdd",
    "block_diag", "dot", "ger", "outer", "vdot", "index_put", "masked_select", "nonzero",
    "conv_input", "conv_weight", "diagonal_backward", "layer_norm_backward", "pool_mean_backward", "pool_scatter", "_pool_places", "restride", "select_backward", "slice_backward", "unfold_backward", "embedding_backward",
    "range", "bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window",
    "index_reduce", "index_reduce_", "masked_scatter", "masked_scatter_", "put", "put_", "slice_scatter", "as_strided_scatter",
    "_draw_places", "_triangle_places", "_unfold_windows", "_fold_windows", "logspace", "tril_indices", "triu_indices", "vander", "bincount", "count_places", "multinomial", "unique", "unique_consecutive", "argwhere", "isin", "searchsorted",
    "gcd", "lcm", "mode", "polygamma", "cross", "expand_copy", "split_with_sizes_copy", "squeeze_copy", "view_copy", "unsafe_split_with_sizes",
    "_become_", "_stacked_view", "_joined_view", "_layer_view", "_tanh_view", "_relu_view", "_mul_view", "_add_view",
}


def test_every_op_costs_its_distinct_numbers():
    """Bytes, steps and multiply-adds at n and 2 n, forward and backward, of every op of the registry that can be given such operands."""
    found, bare = costs.survey()
    unexplained = [row for row in found if row[0] not in EXCEPTIONS]
    assert not unexplained, "\n".join(map(str, unexplained))
    assert set(bare) == NOT_SCALED
    assert set(EXCEPTIONS) == {row[0] for row in found}, "exceptions that are none any more"


def test_the_survey_can_tell():
    """A result held once and one written out differ in it."""
    from .cases import case, t
    for f, growing in ((lambda x: x * 2, False), (lambda x: (x * 2).index_fill_(0, ctgrad.tensor([1]), 3.0), True)):
        small, large = (costs.measured(f, case(t(3, 4)), k, "rows") for k in (16, 32))
        assert bool(costs.grows(small[1], large[1], "rows")) == growing


# ---- steps whose gradients are real numbers ---------------------------------------------------------------------------------
def cost(step, n):
    """Bytes and steps of a forward and a backward with a real gradient, n numbers at the most."""
    y = step(n)
    g = ctgrad.randn(y.shape)
    with costs.Cost() as count:
        step(n).backward(g)
    return count.counts()


leaves = []


def leaf(*size):
    leaves.append(ctgrad.rand(*size, requires_grad=True))
    return leaves[-1]


def target(n):
    return ctgrad.arange(n) % 7


STEPS = {
    "prod of all": lambda n: leaf(n).expand(n, n).prod(), "prod of all, columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).prod(),
    "nll_loss": lambda n: F.nll_loss(leaf(n).expand(n, n), target(n)), "nll_loss of columns": lambda n: F.nll_loss(leaf(n).unsqueeze(1).expand(n, n), target(n)),
    "cross_entropy": lambda n: F.cross_entropy(leaf(n).expand(n, n), target(n)), "cross_entropy, none": lambda n: F.cross_entropy(leaf(n).expand(n, n), target(n), reduction="none"),
    "cross_entropy of columns": lambda n: F.cross_entropy(leaf(n).unsqueeze(1).expand(n, n), target(n), label_smoothing=0.1), "cross_entropy of columns, by weight": lambda n: F.cross_entropy(leaf(n).unsqueeze(1).expand(n, n), target(n), ctgrad.arange(1, n + 1) / n, label_smoothing=0.1), "softmax along what repeats, picked": lambda n: leaf(n).unsqueeze(1).expand(n, n).softmax(1)[:, target(n)].amax(1),
    "multi_margin_loss of columns": lambda n: F.multi_margin_loss(leaf(n, 1).expand(n, n) * 2, target(n), p=2, weight=ctgrad.arange(n) * 0.1, reduction="none"),
    "multilabel_margin_loss of columns": lambda n: F.multilabel_margin_loss(leaf(n, 1).expand(n, n), (target(n) - 3).expand(n, n).flip(1), reduction="none"), "multilabel_margin_loss of few": lambda n: F.multilabel_margin_loss(leaf(n), ctgrad.where(ctgrad.arange(n) < 3, ctgrad.arange(n), -1)),
    "layer_norm": lambda n: F.layer_norm(leaf(n).expand(n, n), (n,), leaf(n), leaf(n)).amax(0), "layer_norm of both dims": lambda n: F.layer_norm(leaf(n).expand(n, n), (n, n)).amax(0),
    "batch_norm": lambda n: F.batch_norm(leaf(n).view(4, -1).unsqueeze(0).expand(n, 4, n // 4), None, None, leaf(4), leaf(4), training=True).amax(0),
    "batch_norm, places": lambda n: F.batch_norm(leaf(4, n // 4, 1).expand(4, n // 4, n), None, None, training=True).amax(2),
    "instance_norm": lambda n: F.instance_norm(leaf(4, n // 4).expand(n, 4, n // 4), None, None, leaf(4), leaf(4)).amax(0),
    "batch_norm in evaluation": lambda n: F.batch_norm(leaf(n).expand(n, n), ctgrad.zeros(n), ctgrad.ones(n)).amax(0),
    "group_norm": lambda n: F.group_norm(leaf(4, n // 4, 1).expand(n, 4, n // 4, 4), 2, leaf(4), leaf(4)).amax(0),
    "layer_norm of equal numbers": lambda n: F.layer_norm(leaf(n, 1).expand(n, n), (n,), leaf(1).expand(n), leaf(1).expand(n)).amax(1), "layer_norm of equal numbers in all places": lambda n: F.layer_norm(leaf(1, 1).expand(n, n), (n, n)).amax(),
    "rms_norm of equal numbers": lambda n: F.rms_norm(leaf(n, 1).expand(n, n) * 2, (n,), leaf(1).expand(n)).amax(1), "rms_norm of a batch": lambda n: F.rms_norm(leaf(1, 1, n).expand(n // 8, 4, n), (n,), leaf(n)).amax((0, 1)),
    "group_norm of equal numbers": lambda n: F.group_norm(leaf(n, 4, 1).expand(n, 4, n), 4).amax(2), "group_norm of equal numbers in all channels": lambda n: F.group_norm(leaf(n, 1, 1).expand(n, 4, n), 2, leaf(1).expand(4), leaf(1).expand(4)).amax((1, 2)),
    "batch_norm of equal numbers": lambda n: F.batch_norm(leaf(4, 1).expand(n, 4, n), None, None, leaf(4), leaf(4), training=True).amax((0, 2)), "batch_norm of equal numbers in rows": lambda n: F.batch_norm(leaf(n).expand(n, n), ctgrad.zeros(n), ctgrad.ones(n), training=True).amax(0),
    "batch_norm of equal channels": lambda n: F.batch_norm(leaf(n, 1, 4).expand(n, n, 4), ctgrad.zeros(n), ctgrad.ones(n), leaf(1).expand(n), leaf(1).expand(n), training=True).amax(1),
    "instance_norm of equal channels": lambda n: F.instance_norm(leaf(4, 1, n).expand(4, n, n), None, None, leaf(1).expand(n), leaf(1).expand(n)).amax(1), "instance_norm of equal numbers": lambda n: F.instance_norm(leaf(n, 4, 1).expand(n, 4, n) * 2, ctgrad.zeros(4), ctgrad.ones(4)).amax(2),
    "cumsum": lambda n: leaf(n).expand(n, n).cumsum(1).amax(0), "cumprod": lambda n: leaf(n).expand(n, n).cumprod(1).amax(0), "logcumsumexp": lambda n: leaf(n).expand(n, n).logcumsumexp(1).amax(0),
    "cummax": lambda n: leaf(n).expand(n, n).cummax(1)[0].amax(0), "cummin of columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).cummin(0)[0].amax(1),
    "cummax along what repeats": lambda n: leaf(n).expand(n, n).cummax(0)[0].amax(0),
    "rows by index": lambda n: leaf(n).expand(n, n)[target(n)].amax(0), "columns by index": lambda n: leaf(n).expand(n, n)[:, target(n)].amax(0),
    "gather": lambda n: leaf(n).expand(n, n).gather(1, target(n).unsqueeze(1)).amax(1), "gather a part": lambda n: leaf(n).expand(n, n).gather(0, target(n)[:n // 2].expand(3, n // 2)).amax(0),
    "gather down columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).gather(0, target(n).expand(n, n)).amax(0), "take_along_dim of all": lambda n: leaf(n).expand(n, n).take_along_dim(target(n).view(2, -1)),
    "cat with nothing": lambda n: ctgrad.cat([leaf(n).expand(n, n), ctgrad.empty(n, 0)], 1).amax(0), "index_select": lambda n: leaf(n).expand(n, n).index_select(1, target(n)).amax(0), "embedding": lambda n: F.embedding(target(n), leaf(n).expand(7, n)).amax(0),
    "cat": lambda n: ctgrad.cat([leaf(n).expand(n, n), leaf(n).expand(n, n)], 1).amax(0), "roll": lambda n: leaf(n).expand(n, n).roll((3, 1), (0, 1)).amax(0), "pad": lambda n: F.pad(leaf(n).expand(n, n), (1, 2)).amax(0),
    "roll of all": lambda n: leaf(n).expand(2, n, n).roll(5).amax((0, 1)), "pad to a circle": lambda n: F.pad(leaf(n).expand(4, n, n), (1, 2, 3, 0), "circular").amax((0, 1)), "columns to a circle": lambda n: F.pad(leaf(n, 1).expand(4, n, n), (1, 2), "circular").amax((0, 2)),
    "pad by negative numbers": lambda n: F.pad(leaf(n, 1).expand(n, n), (-1, -2)).amax(1), "pad by both": lambda n: F.pad(leaf(1, n, 1).expand(n, n, 4), (-1, 0, 2, 1, -3, 0)).amax((0, 2)),
    "slice_scatter": lambda n: leaf(n, 1).expand(n, n).slice_scatter(leaf(n // 4, 1).expand(n // 4, n), 0, 1, n // 4 + 1).amax(1), "slice_scatter along what repeats": lambda n: leaf(1, n, 1).expand(4, n, n).slice_scatter(leaf(1).expand(2, n, n), 0, 2).amax((0, 2)),
    "select_scatter": lambda n: leaf(n, 1, 1).expand(n, n, 8).select_scatter(leaf(1).expand(n, 8), -3, -3).amax((1, 2)), "select_scatter of a result": lambda n: (leaf(1, n, 1).expand(n, n, 8) * 2).select_scatter(leaf(1, 1).expand(n, 8), 1, 4).amax((0, 2)),
    "diagonal": lambda n: leaf(n).expand(n, n).diagonal(), "chunk": lambda n: leaf(n).expand(n, n).chunk(2)[1].amax(0), "unfold": lambda n: leaf(n).expand(4, n).unfold(1, n // 2, n // 2).amax(0),
} | {
    f"{name} of rows": lambda n, f=f: f(leaf(n).expand(n, n)) for name, f in {
        "var": lambda x: x.var(1), "std": lambda x: x.std(1, keepdim=True), "norm": lambda x: x.norm(3, dim=1), "logsumexp": lambda x: x.logsumexp(1), "amax": lambda x: x.amax(1), "max": lambda x: x.max(1)[0],
        "prod": lambda x: x.prod(1), "nansum": lambda x: x.nansum(1), "min": lambda x: x.min(1, keepdim=True)[0], "kthvalue": lambda x: x.kthvalue(3, 1)[0], "median": lambda x: x.median(1)[0],
        "median of columns": lambda x: x.t().median(1, keepdim=True)[0].amax(0), "quantile": lambda x: x.quantile(0.3, 1), "nanquantile": lambda x: x.nanquantile(ctgrad.tensor([0.3, 0.5]), 1)}.items()} | {
    f"{name} of {way}": lambda n, f=f, d=d: f(leaf(n).expand(n, n) if d == 0 else leaf(n).unsqueeze(1).expand(n, n)).amax(d) for way, d in (("rows", 0), ("columns", 1)) for name, f in {
        "sort": lambda x: x.sort(1)[0], "sort down": lambda x: x.sort(0, descending=True)[0], "topk": lambda x: x.topk(len(x) // 4, 0)[0], "glu": lambda x: F.glu(x, 1), "glu down": lambda x: F.glu(x, 0),
        "prelu": lambda x: F.prelu(x, leaf(1)), "reflect": lambda x: F.pad(x.unsqueeze(0), (2, 1), "reflect")[0], "replicate": lambda x: F.pad(x[None, None], (0, 1, 2, 0), "replicate")[0, 0]}.items()} | {
    "take": lambda n: leaf(n).expand(n, n).take(target(n) * n + 3), "take of columns": lambda n: (leaf(n).unsqueeze(1).expand(n, n) * 2).take(-1 - target(n)), "mode": lambda n: leaf(n).expand(n, n).mode(1)[0], "mode of columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).mode(0)[0], "isin": lambda n: leaf(n) * ctgrad.isin(target(n).expand(n, n), target(5)).any(0), "frexp of a result": lambda n: (leaf(n).expand(n, n) * 2).frexp()[0].amax(0), "pairwise_distance": lambda n: F.pairwise_distance(leaf(n).expand(n, n), leaf(n).expand(n, n)), "frexp": lambda n: leaf(n).expand(n, n).frexp()[0].amax(0), "nextafter": lambda n: leaf(n).expand(n, n).nextafter(leaf(n)).amax(0),
    "quantile of all": lambda n: leaf(n).expand(n, n).quantile(ctgrad.tensor([0.3, 0.7])), "nanquantile of all columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).nanquantile(0.3, interpolation="nearest"),
    "relu_": lambda n: (leaf(n).expand(n, n) * 2).relu_().amax(0), "writes in place": lambda n: (leaf(n).expand(n, n) * 2).mul_(leaf(n)).clamp_(0.1, 0.9).pow_(2).amax(0), "compositions in place": lambda n: F.silu(ctgrad.nan_to_num_(leaf(n).expand(n, n) * 2), inplace=True).amax(0),
    "gaussian_nll_loss": lambda n: F.gaussian_nll_loss(leaf(n).expand(n, n), leaf(n).expand(n, n), leaf(n).expand(n, n)),
    "median of all": lambda n: leaf(n).expand(n, n).median(), "nanmedian of all columns": lambda n: leaf(n).unsqueeze(1).expand(n, n).nanmedian(),
    "max_pool1d": lambda n: F.max_pool1d(leaf(n).expand(n, 2, n), 2).amax(0), "avg_pool1d": lambda n: F.avg_pool1d(leaf(n).expand(n, 2, n), 2).amax(0),
    "attention of one query": lambda n: F.scaled_dot_product_attention(leaf(1, 2, 1, 8).expand(1, 2, n, 8), leaf(1, 2, n, 8), leaf(1, 2, n, 8)).amax(2), "attention to one key": lambda n: F.scaled_dot_product_attention(leaf(1, 2, n, 8), leaf(1, 2, 1, 8).expand(1, 2, n, 8), leaf(1, 2, 1, 8).expand(1, 2, n, 8)),
    "attention of one query with one mask": lambda n: F.scaled_dot_product_attention(leaf(1, 2, 1, 8).expand(1, 2, n, 8), leaf(1, 2, n, 8), leaf(1, 2, n, 8), target(n).gt(2).expand(n, n)).amax(2),
    "max_pool2d over columns": lambda n: F.max_pool2d(leaf(2, n, 1).expand(2, n, n), 3, 2, 1, ceil_mode=True).amax(2), "max_pool1d over one number": lambda n: F.max_pool1d(leaf(n, 1).expand(n, n), 3).amax(1),
    "avg_pool2d over rows": lambda n: F.avg_pool2d(leaf(2, 1, n).expand(2, n, n), 3, ceil_mode=True).amax(1), "adaptive_avg_pool2d": lambda n: F.adaptive_avg_pool2d(leaf(2, 1, n).expand(2, n, n), (7, n // 3)).amax(1),
    "adaptive_max_pool2d": lambda n: F.adaptive_max_pool2d(leaf(2, n, 1).expand(2, n, n), (n // 3, 4)).amax(2), "conv2d over columns": lambda n: F.conv2d(leaf(1, 2, n, 1).expand(1, 2, n, n), leaf(2, 2, 3, 3), leaf(2), padding=(1, 0)).amax(3),
    "conv2d over rows, apart": lambda n: F.conv2d(leaf(2, 1, n).expand(2, n, n), leaf(2, 1, 3, 2), None, (2, 1), dilation=2, groups=2).amax(1),
    "conv1d": lambda n: F.conv1d(leaf(1, n).expand(n, 1, n), leaf(2, 1, 3), leaf(2)).amax(0), "conv_transpose1d": lambda n: F.conv_transpose1d(leaf(1, n).expand(n, 1, n), leaf(1, 2, 3)).amax(0),
    "conv1d of equal channels": lambda n: F.conv1d(leaf(1, 1, n).expand(2, n, n), leaf(2, n, 3), leaf(2), padding=1).amax(0), "conv1d of equal weights": lambda n: F.conv1d(leaf(2, n // 4, 4), leaf(n, 1, 3).expand(n, n // 4, 3)).amax((0, 2)),
    "conv1d of equal groups": lambda n: F.conv1d(leaf(2, 1, n).expand(2, n, n), leaf(1, 1, 3).expand(n, 1, 3), padding=1, groups=n).amax(1), "conv2d of equal groups of two": lambda n: F.conv2d(leaf(1, 1, n, 2).expand(1, n, n, 2), leaf(1, 2, 3, 1).expand(n, 2, 3, 1), leaf(1).expand(n), groups=n // 2).amax(1),
    "conv_transpose1d of equal groups": lambda n: F.conv_transpose1d(leaf(2, 1, n).expand(2, n, n), leaf(1, 1, 3).expand(n, 1, 3), leaf(1).expand(n), 2, 1, groups=n).amax(1), "conv_transpose2d of equal groups of two": lambda n: F.conv_transpose2d(leaf(1, 1, n, 1).expand(1, n, n, 1), leaf(1, 1, 4, 2).expand(n, 3, 4, 2), groups=n // 2).amax((1, 3)),
    "conv1d to equal channels": lambda n: F.conv1d(leaf(1, 4, n), leaf(1, 4, 3).expand(n, 4, 3), leaf(1).expand(n), padding=1).amax(1), "conv_transpose2d to equal channels": lambda n: F.conv_transpose2d(leaf(1, 2, n, 1), leaf(2, 1, 3, 1).expand(2, n, 3, 1)).amax(1),
    "conv_transpose1d of equal channels": lambda n: F.conv_transpose1d(leaf(1, 1, n).expand(1, n, n), leaf(n, 2, 3), None, 2, 1).amax(0), "conv_transpose1d along what repeats": lambda n: F.conv_transpose1d(leaf(n, 1, 1).expand(n, 1, n), leaf(1, 2, 1)).amax(2),
}


# Compositions that record one node, of a result that is held once.
HELD = {
    "sinc": ctgrad.sinc, "logit": lambda x: (x / 3).logit(), "deg2rad": lambda x: x.deg2rad(), "fmax": lambda x: x.fmax(x * 0.5), "angle": lambda x: x.angle(), "entr": ctgrad.special.entr,
    "log_ndtr": ctgrad.special.log_ndtr, "mvlgamma": lambda x: (x + 3).mvlgamma(2), "logaddexp2": lambda x: x.logaddexp2(x), "xlogy": lambda x: x.xlogy(x), "xlog1py": lambda x: ctgrad.special.xlog1py(x, x), "ldexp": lambda x: x.ldexp(target(1)),
    "ndtri": lambda x: ctgrad.special.ndtri(x / 4 + 0.1), "zeta": lambda x: ctgrad.special.zeta(3.0, x + 1), "rrelu": lambda x: F.rrelu(x - 1), "alias_copy": ctgrad.alias_copy, "unfold_copy": lambda x: ctgrad.unfold_copy(x, 1, 4, 4),
    "renorm of columns": lambda x: x.renorm(2, 1, 0.5), "frexp": lambda x: x.frexp()[0], "erfinv": lambda x: ctgrad.erfinv(x / 3), "dist": lambda x: ctgrad.dist(x, x * x), "pairwise_distance": lambda x: F.pairwise_distance(x, x * 2), "trapezoid": lambda x: ctgrad.trapezoid(x, dim=0),
    "std_mean": lambda x: sum(ctgrad.std_mean(x, 1)), "var_mean": lambda x: sum(ctgrad.var_mean(x, 1)), "unsafe_split": lambda x: x.unsafe_split(len(x) // 2, 1)[1] * 2, "unsafe_chunk": lambda x: ctgrad.unsafe_chunk(x, 2)[0] * 2,
    "pad to a circle": lambda x: F.pad(x[None], (1, 2), "circular"), "histogram": lambda x: x + ctgrad.histogram(x, 10)[0].sum(), "histogram by weight": lambda x: x + ctgrad.histogram(x.detach(), ctgrad.arange(4.0), weight=x.detach() * 2, density=True)[0].sum(),
    "views in place": lambda x: (x * 2).unsqueeze_(0).transpose_(1, 2).squeeze_(0),
}
STEPS |= {f"{name} of a result": lambda n, f=f: (lambda y: y.amax(tuple(range(y.dim()))))(f(leaf(n).expand(n, n) * 2)) for name, f in HELD.items()}


STEPS |= {f"embedding_bag by {mode} of columns": lambda n, mode=mode: F.embedding_bag(target(n).view(-1, 4), leaf(7, 1).expand(7, n) * 2, mode=mode).amax(1) for mode in ("sum", "mean", "max")} | {
    f"embedding_bag by {mode} of equal rows": lambda n, mode=mode: F.embedding_bag(target(n).view(4, -1), leaf(n).expand(n, n), mode=mode).amax(0) for mode in ("sum", "mean", "max")} | {
    "index_add of equal slices": lambda n: leaf(8, n).index_add(0, target(n), leaf(n).expand(n, n), alpha=2).amax(0), "index_add of columns": lambda n: (leaf(8, 1).expand(8, n) * 2).index_add(0, target(n), leaf(n, 1).expand(n, n)).amax(1)}


def hankel(n):
    return leaf(2 * n - 1).unfold(0, n, 1)


def second_order(f):
    def step(n):
        w = leaf(2 * n - 1)
        y = target(n) * 0.1 @ f(w.unfold(0, n, 1))
        return ctgrad.autograd.grad((y * y).sum(), w, create_graph=True)[0]
    return step


STEPS |= {
    f"{name} of what slides": lambda n, f=f: f(hankel(n)) for name, f in {
        "take": lambda x: x.take(target(len(x)) * len(x) + 1), "take of the flipped": lambda x: x.flip(0).expand(2, -1, -1).take(target(len(x))), "row": lambda x: x[3], "last column": lambda x: x[:, -1], "row of the flipped": lambda x: x.flip(1)[2], "column of the flipped": lambda x: x.flip(0)[:, 1], "row of equal ones": lambda x: x.expand(3, -1, -1)[:, 4].amax(0),
        "row of some": lambda x: x[2:-1][-1], "one row": lambda x: x[5:6, 2:], "row computed": lambda x: (x * 2).tanh()[1], "row of a turned one": lambda x: x.t()[2],
        "diagonal": lambda x: x.diagonal(1), "diagonal of Toeplitz": lambda x: x.flip(0).diagonal(-2), "diagonal of both flipped": lambda x: x.flip(0, 1).diagonal(), "diag": lambda x: x.diag(-1), "trace": lambda x: x.trace(), "trace of Toeplitz": lambda x: x.flip(1).trace(),
        "copy": lambda x: (x * 2).repeat(1, 1)[0], "repeat": lambda x: x.repeat(3, 1, 1)[2, 1], "tile": lambda x: x.tile(1, 1)[:, 2], "rot90": lambda x: x.rot90(1)[1], "rot90 twice": lambda x: x.rot90(2)[:, 2], "rot90 back": lambda x: x.rot90(-1)[1],
        "stack": lambda x: ctgrad.stack([x, x * 2], 1)[3, 1], "stack first": lambda x: ctgrad.stack([x, x.exp()])[1, 4], "cat": lambda x: ctgrad.cat([x[None], x[None] * 2, x[None].sin()])[2, 1], "select_copy": lambda x: ctgrad.select_copy(x, 0, 1),
        "glu": lambda x: F.glu(x, 1)[2], "glu down": lambda x: F.glu(x.expand(2, -1, -1), 1)[1, :, -1], "glu of Toeplitz": lambda x: F.glu(x.flip(0), 0)[:, 3]}.items()} | {
    f"second order of {name}": second_order(f) for name, f in {"tanh": ctgrad.tanh, "a square": lambda x: x * x, "the flipped": lambda x: x.flip(1).sin(), "some": lambda x: x[:, 1:].exp()}.items()}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_over_what_repeats(name):
    small, large = cost(STEPS[name], 256), cost(STEPS[name], 512)
    counts = 2 if name.startswith("second order") else 3    # a direct correlation takes as many multiply-adds as a product
    for a, b in zip(small[:counts], large[:counts], strict=True):
        assert b < 2.6 * a + 4096, (name, small, large)
    assert large[0] < 4 * 512 * 512


# ---- batches of Hankel matrices ------------------------------------------------------------------------------------------------
BATCHES = {
    "hankel": lambda w, n: w.unfold(1, n, 1), "strided": lambda w, n: w.as_strided((3, n, n), (2 * n - 1, 1, 1)), "the batch between": lambda w, n: w.as_strided((n, 3, n), (1, 2 * n - 1, 1)).transpose(0, 1), "toeplitz": lambda w, n: w.unfold(1, n, 1).flip(1), "turned": lambda w, n: w.unfold(1, n, 1).flip(0, 2).mT,
    "computed": lambda w, n: ctgrad.tanh(w.unfold(1, n, 1)) * 2, "the batch last": lambda w, n: w.unfold(1, n, 1).permute(1, 2, 0).permute(2, 0, 1), "wider": lambda w, n: w.unfold(1, n, 1).expand(2, 3, n, n)[1],
    "a part": lambda w, n: w.unfold(1, n, 1)[:, 1:, :-2], "of a larger one": lambda w, n: ctgrad.cat([w, w[:1]]).unfold(1, n, 1)[:3], "one of a batch": lambda w, n: w.unfold(1, n, 1)[1:2].expand(3, n, n), "reshaped": lambda w, n: w.unfold(1, n, 1).reshape(3, 1, n, n).view(3, n, n),
}
PRODUCTS = {
    "bmm": lambda h, x, y: ctgrad.bmm(x[..., :h.shape[1]], h), "matmul": lambda h, x, y: h @ y[:, :h.shape[2]], "vector": lambda h, x, y: h @ y[0, :h.shape[2], 0], "row": lambda h, x, y: x[0, 0, :h.shape[1]] @ h,
    "einsum": lambda h, x, y: ctgrad.einsum("bij,bjk->bik", h, y[:, :h.shape[2]]), "summed": lambda h, x, y: ctgrad.einsum("bij,bri->rj", h, x[..., :h.shape[1]]), "one for all": lambda h, x, y: h @ y[0, :h.shape[2]],
    "baddbmm": lambda h, x, y: ctgrad.baddbmm(x[:, :, :h.shape[2]], x[..., :h.shape[1]], h),
}


def batch_step(product, batch, w, n):
    rng = np.random.default_rng(5)
    x, y = (ctgrad.tensor(rng.standard_normal(size), dtype=w.dtype) for size in ((3, 2, n), (3, n, 2)))
    return PRODUCTS[product](BATCHES[batch](w, n), x, y)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("product", PRODUCTS)
def test_a_batch_of_hankel_matrices_gets_its_gradient_as_lines(product, batch):
    if product == "summed" and batch in ("toeplitz", "turned", "computed"):
        pytest.skip("einsum goes by the strides shown when it joins two dims to sum over them, and writes out what is held as lines")
    took = []
    for n in (128, 256):
        w = ctgrad.randn(3, 2 * n - 1, dtype=ctgrad.float64, requires_grad=True)
        before = debug.memory()["total_bytes"]
        out = batch_step(product, batch, w, n)
        out.backward(ctgrad.randn(*out.shape, dtype=ctgrad.float64))
        took.append(debug.memory()["total_bytes"] - before)
    assert took[1] < 2.3 * took[0] and took[1] < 8 * 256 * 256, took


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("product", PRODUCTS)
def test_gradients_of_batches_of_two_orders(product, batch):
    w = ctgrad.randn(3, 9, dtype=ctgrad.float64, requires_grad=True)
    assert ctgrad.autograd.gradcheck(lambda w: batch_step(product, batch, w, 5), (w,)) and ctgrad.autograd.gradgradcheck(lambda w: batch_step(product, batch, w, 5), (w,))


def test_one_row_of_an_expanded_batch_of_two_orders():
    """One row slides along nothing: its gradient arrives in full at the slice, which sums what is expanded."""
    w = ctgrad.randn(2, 7, dtype=ctgrad.float64, requires_grad=True)
    before = ctgrad._C._switches(0, True)
    try:
        assert ctgrad.autograd.gradgradcheck(lambda w: w.unfold(1, 5, 1).expand(2, 2, 3, 5)[:, :, :1].sin(), (w,))
    finally:
        ctgrad._C._switches(*before)


def test_a_batch_by_transform():
    """Above a size each of the batch is transformed, forward and backward: no multiply-adds are left."""
    n, rng = 1500, np.random.default_rng(3)
    w, x, g = (ctgrad.tensor(rng.standard_normal(size)) for size in ((2, 2 * n - 1), (2, 40, n), (2, 40, n)))
    w.requires_grad_()
    before = ctgrad._C._work()
    out = ctgrad.bmm(x, w.unfold(1, n, 1))
    out.backward(g)
    assert ctgrad._C._work() == before
    for i in range(2):
        full = np.lib.stride_tricks.sliding_window_view(w.detach().numpy()[i], n)
        np.testing.assert_allclose(out.detach().numpy()[i], x.numpy()[i] @ full, rtol=1e-9, atol=1e-9)
        want = sum(np.convolve(a, b) for a, b in zip(x.numpy()[i], g.numpy()[i], strict=True))
        np.testing.assert_allclose(w.grad.numpy()[i], want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["expanded by a vector", "a vector by the expanded", "expanded by columns", "rows by the expanded"])
def test_an_expanded_hankel_matrix_is_multiplied_once(name):
    n, b = 200, 5
    w, v, x = leaf(2 * n - 1), leaf(n), leaf(b, 3, n)
    h = w.unfold(0, n, 1).expand(b, n, n)
    step = {"expanded by a vector": lambda: h @ v, "a vector by the expanded": lambda: v @ h, "expanded by columns": lambda: h @ x[0].t(), "rows by the expanded": lambda: x[0] @ h}[name]
    rows = 3 if "vector" not in name else 1
    with costs.Cost() as count:
        out = step()
    assert count.multiplied <= rows * n * n and count.bytes < 4 * n * n
    out.backward(ctgrad.randn(*out.shape))
    dense = w.detach().unfold(0, n, 1).clone().requires_grad_()
    want = {"expanded by a vector": lambda: dense @ v, "a vector by the expanded": lambda: v @ dense, "expanded by columns": lambda: dense @ x[0].t(), "rows by the expanded": lambda: x[0] @ dense}[name]()
    assert ctgrad.allclose(out, want.expand(out.shape), rtol=1e-4, atol=1e-3)


def test_gradients_of_equal_channels_are_tensors_of_their_own():
    """With the strides of such, also where one channel was computed for all."""
    x, w = leaf(2, 40, 60), leaf(40, 40, 3)
    for a, b in ((x, leaf(40, 1, 1).expand(40, 40, 3)), (leaf(2, 1, 60).expand(2, 40, 60), w)):
        of, shape = (x, x.shape) if a is x else (w, w.shape)
        g, = ctgrad.autograd.grad(F.conv1d(a, b).sum(), of)
        assert g.shape == shape and g.is_contiguous() and g.stride() == ctgrad.empty(shape).stride()
    x = leaf(2, 5)
    assert ctgrad.autograd.grad(F.conv_transpose1d(x, leaf(2, 1, 2), output_padding=1, dilation=2).sum(), x)[0].stride() == (5, 1)



def test_a_convolution_of_equal_channels_has_the_order_of_the_whole_one():
    """One channel is as well last as first; what decides is the order that all of them are shown in."""
    x, w = ctgrad.rand(1, 40, 1, 1).expand(2, 40, 3, 8) * 1, (ctgrad.rand(60, 1, 1, 1).expand(60, 1, 40, 1) * 1).transpose(1, 2)
    assert debug.layout(x).compressed and w.stride() == (40, 1, 40, 1)
    assert F.conv2d(x, w, stride=2).stride() == F.conv2d(ctgrad.tensor(x.numpy()), ctgrad.tensor(w.contiguous().numpy()).view(60, 1, 40, 1).transpose(1, 2), stride=2).stride() == (480, 8, 4, 1)


@pytest.mark.parametrize("name", ["conv2d", "conv2d with strides", "conv_transpose2d"])
def test_a_padded_convolution_along_what_repeats_computes_each_border_and_one_run(name):
    """The result is real there, and written in full: windows that no border reaches are computed once, and added up for the gradients."""
    f = {"conv2d": lambda x, w: F.conv2d(x, w, padding=1), "conv2d with strides": lambda x, w: F.conv2d(x, w, stride=(2, 3), padding=(2, 1)), "conv_transpose2d": lambda x, w: F.conv_transpose2d(x, w, stride=(1, 2), padding=1)}[name]
    x, w = leaf(1, 4, 64, 1).expand(1, 4, 64, 200), leaf(4, 4, 3, 3)
    with debug.profile() as steps:
        f(x, w).backward(ctgrad.rand(f(x.detach(), w.detach()).shape))
    done = [row for row in steps.rows if row[0].startswith("conv")]
    assert len(done) == 4 and all(row[2] < 4 * 4 * 9 * 64 * 8 for row in done), done


# ---- the mathematics --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [k for k in STEPS if k not in ("cummax along what repeats",)])
def test_gradients_are_those_of_the_whole(name):
    """With the mechanisms off everything is computed in full."""
    results = []
    for on in (True, False):
        before = ctgrad._C._switches(0 if on else -1, on)
        ctgrad.manual_seed(4)
        leaves.clear()
        y = STEPS[name](16)
        y.backward(ctgrad.rand(y.shape))
        results.append([y.detach()] + [w.grad for w in leaves])
        ctgrad._C._switches(*before)
    for a, b in zip(*results, strict=True):
        assert ctgrad.allclose(a, b, rtol=1e-3, atol=1e-3 if "equal numbers" in name else 1e-5), name   # their gradient is 0 once, in full a residue by 1 / sqrt(eps)


@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("make", [lambda: ctgrad.full((300, 400), 2.0), lambda: ctgrad.zeros(300, 400), lambda: ctgrad.ones_like(ctgrad.empty(300, 400)), lambda: ctgrad.fill(ctgrad.rand(300, 400), 3)])
def test_the_profile_counts_one_number_for_a_constant(make):
    with debug.profile() as p:
        make()
    name, effective, distinct = p.rows[-1]
    assert (effective, distinct) == (120_000, 1), name
