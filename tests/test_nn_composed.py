"""Functions of nn that are compositions: bags, alignments, grids, random windows, many classes; memory order; what they refuse."""

import itertools
import math

import ctgrad
import numpy as np
import pytest
from ctgrad import nn
from ctgrad.autograd import gradcheck
from ctgrad.nn import functional as F

LONG = ctgrad.int64


def double(*size):
    return ctgrad.randn(*size, dtype=ctgrad.float64).requires_grad_()


# --- embedding_bag ---

@pytest.mark.parametrize("mode, put", [("sum", np.sum), ("mean", np.mean), ("max", np.max)])
def test_a_bag_is_the_rows_put_together(mode, put):
    table, indices, offsets = double(6, 3), [1, 2, 2, 5, 0], [0, 3, 3]
    out = F.embedding_bag(ctgrad.tensor(indices), table, ctgrad.tensor(offsets), mode=mode)
    rows = table.detach().numpy()[indices]
    expected = [put(rows[:3], axis=0), np.zeros(3), put(rows[3:], axis=0)]
    assert np.allclose(out.detach().numpy(), expected)
    ends = F.embedding_bag(ctgrad.tensor(indices), table, ctgrad.tensor([*offsets, 5]), mode=mode, include_last_offset=True)
    square = F.embedding_bag(ctgrad.tensor([[1, 2], [5, 0]], dtype=ctgrad.int32), table, mode=mode)
    assert ctgrad.equal(out, ends) and np.allclose(square.detach().numpy(), [put(table.detach().numpy()[r], axis=0) for r in ([1, 2], [5, 0])])
    assert gradcheck(lambda t: F.embedding_bag(ctgrad.tensor(indices), t, ctgrad.tensor(offsets), mode=mode), (table,))


def test_padding_and_weights_of_a_bag():
    table, weights = double(5, 2), double(4)
    given = ctgrad.tensor([4, 1, 1, 4]), ctgrad.tensor([0, 2])
    left = F.embedding_bag(given[0], table, given[1], padding_idx=-1)
    assert ctgrad.allclose(left, table[1].expand(2, 2))
    summed = F.embedding_bag(given[0], table, given[1], mode="sum", per_sample_weights=weights)
    assert ctgrad.allclose(summed[0], weights[0] * table[4] + weights[1] * table[1])
    assert gradcheck(lambda t, w: F.embedding_bag(given[0], t, given[1], mode="sum", per_sample_weights=w), (table, weights))
    layer = nn.EmbeddingBag(5, 2, padding_idx=3, mode="max")
    assert layer.weight[3].tolist() == [0, 0] and repr(layer) == "EmbeddingBag(5, 2, mode='max', padding_idx=3)"
    assert layer(ctgrad.tensor([[3, 3]])).tolist() == [[0, 0]] and layer(ctgrad.empty(0, 2, dtype=LONG)).shape == (0, 2)
    assert nn.EmbeddingBag.from_pretrained(table.detach(), mode="sum").weight.requires_grad is False


@pytest.mark.parametrize("kwargs, error", [
    ({"offsets": None}, ValueError), ({"offsets": ctgrad.tensor([1])}, RuntimeError), ({"offsets": ctgrad.tensor([0, 9])}, RuntimeError),
    ({"mode": "none"}, ValueError), ({"mode": "max", "scale_grad_by_freq": True}, ValueError), ({"padding_idx": 7}, RuntimeError),
    ({"per_sample_weights": ctgrad.ones(3)}, NotImplementedError), ({"per_sample_weights": ctgrad.ones(2)}, ValueError),
    ({"offsets": ctgrad.tensor([0.0])}, RuntimeError), ({"offsets": ctgrad.tensor([[0]])}, ValueError),
])
def test_bags_refuse(kwargs, error):
    with pytest.raises(error):
        F.embedding_bag(ctgrad.tensor([0, 1, 2]), ctgrad.ones(4, 2), **{"offsets": ctgrad.tensor([0]), **kwargs})
    with pytest.raises(RuntimeError):
        F.embedding_bag(ctgrad.tensor([0, 9]), ctgrad.ones(4, 2), ctgrad.tensor([0]))


# --- ctc_loss ---

def collapsed(path, blank):
    return [k for k, _ in itertools.groupby(path) if k != blank]


@pytest.mark.parametrize("target", [[1, 2], [1, 1], [2], []])
def test_ctc_loss_is_the_sum_over_alignments(target):
    logits = double(4, 1, 3)
    logs = logits.log_softmax(2)
    total = sum(np.exp(sum(logs[t, 0, k].item() for t, k in enumerate(path))) for path in itertools.product(range(3), repeat=4) if collapsed(path, 0) == target)
    wanted = ctgrad.tensor([target], dtype=LONG)
    loss = F.ctc_loss(logs, wanted, [4], [len(target)], reduction="none")
    assert np.isclose(loss.item(), -np.log(total))
    assert gradcheck(lambda x: F.ctc_loss(x.log_softmax(2), wanted, [4], [len(target)]), (logits,))


def test_ctc_loss_of_batches_and_of_what_is_too_short():
    logs, target = double(5, 2, 4).log_softmax(2), ctgrad.tensor([[1, 2, 3], [2, 2, 0]])
    none = F.ctc_loss(logs, target, ctgrad.tensor([5, 4]), ctgrad.tensor([3, 2]), reduction="none")
    flat = F.ctc_loss(logs, ctgrad.tensor([1, 2, 3, 2, 2]), (5, 4), (3, 2), reduction="sum")
    assert np.isclose(flat.item(), none.sum().item()) and np.isclose(nn.CTCLoss()(logs, target, [5, 4], [3, 2]).item(), (none[0] / 3 + none[1] / 2).item() / 2)
    alone = F.ctc_loss(logs[:, 0], ctgrad.tensor([1, 2, 3]), ctgrad.tensor(5), ctgrad.tensor(3), reduction="none")
    assert alone.dim() == 0 and np.isclose(alone.item(), none[0].item())
    short = F.ctc_loss(logs, target, [2, 4], [3, 2], reduction="none")
    assert short[0] == float("inf") and np.isclose(short[1].item(), none[1].item())
    given = double(5, 2, 4)
    F.ctc_loss(given.log_softmax(2), target, [2, 4], [3, 2], zero_infinity=True).backward()
    assert given.grad.isfinite().all() and not given.grad[:, 0].any() and given.grad[:4, 1].all() and not given.grad[4, 1].any()


@pytest.mark.parametrize("kwargs", [{"input_lengths": [6]}, {"input_lengths": [4, 4]}, {"target_lengths": [3]}, {"blank": 3}, {"target_lengths": [-1]}])
def test_ctc_loss_refuses(kwargs):
    with pytest.raises(RuntimeError):
        F.ctc_loss(ctgrad.zeros(5, 1, 3), ctgrad.tensor([1, 2]), **{"input_lengths": [5], "target_lengths": [2], **kwargs})


# --- grids ---

@pytest.mark.parametrize("size", [(2, 3, 4, 5), (1, 2, 3, 4, 2)])
@pytest.mark.parametrize("align", [True, False])
def test_the_identity_grid_reads_the_image(size, align):
    image, n = double(*size), len(size) - 2
    grid = F.affine_grid(ctgrad.eye(n, n + 1, dtype=ctgrad.float64).expand(size[0], n, n + 1), size, align)
    for mode, padding in itertools.product(("bilinear", "nearest", "bicubic")[:5 - n], ("zeros", "border", "reflection")):
        assert ctgrad.allclose(F.grid_sample(image, grid, mode, padding, align), image, atol=1e-12)


@pytest.mark.parametrize("call", [lambda: F.affine_grid(ctgrad.eye(2, 3)[None], (1, 1, 2, 2)), lambda: F.grid_sample(double(1, 1, 2, 2), double(1, 2, 2, 2))])
def test_the_warning_of_left_out_corners_is_of_the_line_that_left_them_out(call):
    with pytest.warns(UserWarning, match="grid_sample and affine_grid") as told:
        call()
    assert told[0].filename == __file__


def test_places_of_a_grid_are_rounded_twice():
    for n in (24, 28, 56):
        places = F.affine_grid(ctgrad.eye(2, 3)[None], (1, 1, n, n), False)[0, 0, :, 0]
        assert ctgrad.equal(places, ctgrad.linspace(-1, 1, n) * (n - 1) / n)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_gradients_of_grid_sample(mode, padding):
    image, grid = double(1, 2, 3, 4), (ctgrad.rand(1, 3, 2, 2, dtype=ctgrad.float64) * 2.6 - 1.3).requires_grad_()
    assert gradcheck(lambda a, b: F.grid_sample(a, b, mode, padding, False), (image, grid))


def test_grids_outside_and_what_they_refuse():
    image = ctgrad.tensor([[[[1.0, 2.0, 3.0]]]])
    far = ctgrad.tensor([[[[-5.0, 0.0], [5.0, 0.0], [float("nan"), 0.0]]]])
    assert F.grid_sample(image, far, padding_mode="border", align_corners=True)[0, 0, 0, :2].tolist() == [1, 3]
    assert F.grid_sample(image, far, mode="nearest", align_corners=True)[0, 0, 0, :2].tolist() == [0, 0]
    for bad, error in (({"mode": "linear"}, ValueError), ({"padding_mode": "same"}, ValueError), ({"grid": far.double()}, RuntimeError), ({"grid": far[..., :1]}, RuntimeError)):
        with pytest.raises(error):
            F.grid_sample(**{"input": image, "grid": far, "align_corners": True, **bad})
    with pytest.raises(ValueError, match="2D affine"):
        F.affine_grid(ctgrad.ones(1, 3, 4), (1, 1, 2, 2), False)


# --- pools at random places, many classes, gradients of convolutions ---

@pytest.mark.parametrize("n", [2, 3])
def test_fractional_max_pool(n):
    x = double(2, 3, *(7,) * n)
    layer = getattr(nn, f"FractionalMaxPool{n}d")(2, output_size=4, return_indices=True)
    values, places = layer(x)
    assert values.shape == (2, 3, *(4,) * n) and ctgrad.equal(values, x.flatten(2).gather(2, places.flatten(2)).view(values.shape))
    samples = ctgrad.rand(2, 3, n, dtype=ctgrad.float64)
    pool = getattr(F, f"fractional_max_pool{n}d")
    assert gradcheck(lambda t: pool(t, 2, output_ratio=0.5, _random_samples=samples), (x,))
    assert pool(x[0], 2, 0).shape == (3, *(0,) * n)
    for bad in ({"output_size": 7}, {"output_size": 3, "_random_samples": samples[:1]}):
        with pytest.raises(RuntimeError):
            pool(x, 2, **bad)
    with pytest.raises(ValueError):
        pool(x, 2)


def test_adaptive_log_softmax():
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0).double()
    x, target = double(6, 8), ctgrad.tensor([0, 2, 3, 6, 11, 7])
    logs = layer.log_prob(x)
    assert ctgrad.allclose(logs.exp().sum(1), ctgrad.ones(6, dtype=ctgrad.float64))
    output, loss = layer(x, target)
    assert ctgrad.allclose(output, logs.gather(1, target.unsqueeze(1)).squeeze(1)) and ctgrad.allclose(loss, -output.mean())
    assert ctgrad.equal(layer.predict(x), logs.argmax(1))
    assert ctgrad.allclose(layer(x[0], target[0]).output, output[0])
    assert gradcheck(lambda t: layer(t, target).output, (x,))
    for bad in ([3, 3], [0, 4], [12], []):
        with pytest.raises(ValueError):
            nn.AdaptiveLogSoftmaxWithLoss(8, 12, bad)
    with pytest.raises(RuntimeError, match="should be in"):
        layer(x, target + 1)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_gradients_of_convolutions_as_functions(n):
    x, w = double(2, 4, *(5,) * n), double(6, 2, *(3,) * n)
    options = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    y = getattr(F, f"conv{n}d")(x, w, **options)
    g = ctgrad.randn_like(y)
    y.backward(g)
    with ctgrad.no_grad():
        assert ctgrad.equal(getattr(nn.grad, f"conv{n}d_input")(x.shape, w, g, **options), x.grad)
        assert ctgrad.equal(getattr(nn.grad, f"conv{n}d_weight")(x, w.shape, g, **options), w.grad)
    with pytest.raises(RuntimeError, match="grad_output has shape"):
        getattr(nn.grad, f"conv{n}d_input")(x.shape, w, g[:1], **options)


def test_steps_first_convolution():
    x, w, b = double(6, 2, 3), double(3, 3, 4), double(4)
    y = F.conv_tbc(x, w, b, 1)
    assert ctgrad.allclose(y, F.conv1d(x.permute(1, 2, 0), w.permute(2, 1, 0), b, padding=1).permute(2, 0, 1)) and gradcheck(F.conv_tbc, (x, w, b, 1))


# --- interpolation of what is made smaller, cosine at zero ---

@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("align", [True, False])
def test_antialiased_interpolation(mode, align):
    x = double(1, 2, 6, 8)
    flat = F.interpolate(ctgrad.ones_like(x), (2, 3), mode=mode, align_corners=align, antialias=True)
    assert ctgrad.allclose(flat, ctgrad.ones_like(flat))
    assert gradcheck(lambda t: F.interpolate(t, (4, 3), mode=mode, align_corners=align, antialias=True), (x,))
    if mode == "bilinear" and not align:
        larger = [F.interpolate(x, (12, 11), mode=mode, align_corners=align, antialias=a) for a in (True, False)]
        assert ctgrad.allclose(*larger)
    with pytest.raises(ValueError, match="[Aa]nti-alias"):
        F.interpolate(x, (2, 3), antialias=True)


def test_cosine_similarity_of_zeros_has_a_gradient():
    a, b = ctgrad.randn(5, dtype=ctgrad.float64), ctgrad.zeros(5, dtype=ctgrad.float64, requires_grad=True)
    F.cosine_similarity(a, b, dim=0).backward()
    assert ctgrad.allclose(b.grad, a / a.norm() * 1e8)
    assert gradcheck(lambda x, y: F.cosine_similarity(x, y), (double(3, 4), double(3, 4)))


# --- memory order ---

ORDERED = {
    "conv": lambda x, n: getattr(F, f"conv{n}d")(x, ctgrad.ones(2, 3, *(2,) * n)), "conv_transpose": lambda x, n: getattr(F, f"conv_transpose{n}d")(x, ctgrad.ones(3, 2, *(2,) * n)),
    "max_pool": lambda x, n: getattr(F, f"max_pool{n}d")(x, 2), "batch_norm": lambda x, n: F.batch_norm(x, None, None, training=True), "group_norm": lambda x, n: F.group_norm(x, 3),
    "pad": lambda x, n: F.pad(x, (1, 2) * n), "reflect": lambda x, n: F.pad(x, (1, 1) * n, mode="reflect"), "nearest": lambda x, n: F.interpolate(x, scale_factor=2),
    "linear": lambda x, n: F.interpolate(x, scale_factor=2, mode=("bilinear", "trilinear")[n - 2]), "shuffle": lambda x, n: F.channel_shuffle(x, 3),
}


@pytest.mark.parametrize("n, order", [(2, ctgrad.channels_last), (3, ctgrad.channels_last_3d)])
@pytest.mark.parametrize("name", ORDERED)
def test_channels_last_is_kept(name, n, order):
    plain = ctgrad.randn(2, 3, *(4,) * n).requires_grad_()
    x = plain.detach().contiguous(memory_format=order).requires_grad_()
    expected, y = ORDERED[name](plain, n), ORDERED[name](x, n)
    assert expected.is_contiguous() and y.is_contiguous(memory_format=order) and not y.is_contiguous() and ctgrad.allclose(y, expected, atol=1e-6)
    expected.pow(2).sum().backward()
    y.pow(2).sum().backward()
    assert x.grad.stride() == x.stride() and ctgrad.allclose(x.grad, plain.grad, atol=1e-4)
    part = x.detach()[:, :, 1:]
    assert ORDERED[name](part, n).is_contiguous(memory_format=order) and ctgrad.allclose(ORDERED[name](part, n), ORDERED[name](part.contiguous(), n), atol=1e-6)


def test_both_results_of_a_pool_keep_the_order_and_failures_leave_nothing():
    x = ctgrad.randn(2, 3, 4, 6).contiguous(memory_format=ctgrad.channels_last)
    values, places = F.max_pool2d(x, 2, return_indices=True)
    assert all(t.is_contiguous(memory_format=ctgrad.channels_last) for t in (values, places)) and ctgrad.equal(places, F.max_pool2d(x.contiguous(), 2, return_indices=True)[1])
    weight = ctgrad.randn(2, 3, 2, 2, requires_grad=True)
    F.conv2d(x, weight)
    before = ctgrad.debug.live()
    for at in range(100):
        ctgrad._C._fail_alloc(at)
        try:
            F.conv2d(x, weight)
        except MemoryError:
            continue
        finally:
            failed = ctgrad._C._fail_alloc(-1)
        if not failed:
            break
    assert 2 < at < 99 and ctgrad.debug.live() == before


# --- batches of nothing, and refusals ---

def test_empty_batches_pass():
    none = ctgrad.ones(3, 0, 8)
    assert nn.MultiheadAttention(8, 2)(none, none, none)[0].shape == (3, 0, 8)
    assert nn.MultiheadAttention(8, 2, batch_first=True)(*[ctgrad.ones(0, 3, 8)] * 3, need_weights=False)[0].shape == (0, 3, 8)
    assert nn.TransformerDecoderLayer(8, 2)(none, none).shape == (3, 0, 8) and nn.Unfold((2, 3))(ctgrad.ones(0, 2, 4, 5)).shape == (0, 12, 9)
    assert F.instance_norm(ctgrad.randn(2, 3, 5), eps=0.0).isfinite().all()


@pytest.mark.parametrize("f", [
    lambda: F.pad(ctgrad.ones(2, 0, 5), (1, 1), mode="reflect"), lambda: F.pad(ctgrad.ones(2, 0, 5, 5), (1, 1, 1, 1), mode="replicate"),
    lambda: F.adaptive_max_pool2d(ctgrad.ones(2, 0, 5, 5), 2), lambda: F.adaptive_avg_pool3d(ctgrad.ones(2, 0, 5, 5, 5), 2), lambda: nn.Unfold(2)(ctgrad.ones(1, 0, 4, 4)),
    lambda: F.multi_margin_loss(ctgrad.ones(2, 0), ctgrad.zeros(2, dtype=LONG)), lambda: F.multilabel_margin_loss(ctgrad.ones(2, 0), ctgrad.zeros(2, 0, dtype=LONG)),
    lambda: nn.Linear(1, 1).to("cpu", copy=True), lambda: F.pdist(ctgrad.ones(3)), lambda: F.pdist(ctgrad.ones(3, 2), -1.0),
])
def test_refusals(f):
    with pytest.raises(RuntimeError):
        f()


def test_a_device_and_a_bool_are_no_conversion():
    with pytest.raises(TypeError):
        nn.Linear(1, 1).to(ctgrad.device("cpu"), True)


@pytest.mark.parametrize("f", [F.softplus, F.logsigmoid, F.hardshrink, F.softshrink])
def test_results_are_written_where_out_says(f):
    x, out = ctgrad.randn(5), ctgrad.empty(0)
    assert f(x, out=out) is out and ctgrad.equal(out, f(x)) and ctgrad.equal(f(x.clone(), out=x.clone()), out)
    with pytest.raises(RuntimeError, match="single memory location|unsupported operation"):
        f(x, out=ctgrad.empty(1).expand(5))
    with pytest.raises(RuntimeError):
        f(x.requires_grad_(), out=out)


def test_memory_is_shared_by_modules_with_shapes():
    layer = nn.Linear(2, 2)
    assert layer.share_memory() is layer
    with pytest.raises(RuntimeError, match="uninitialized"):
        nn.LazyLinear(2).share_memory()


@pytest.mark.parametrize("dtype", [ctgrad.float32, ctgrad.float64])
@pytest.mark.parametrize("stride, dilation, padding", [((2, 2), (1, 1), (0, 0)), ((2, 2), (1, 2), (1, 3)), ((1, 3), (2, 1), (2, 1)), ((3, 2), (1, 1), (3, 2)), ((2, 5), (1, 3), (0, 4))])
def test_strided_convolutions_of_whole_numbers(stride, dilation, padding, dtype):
    """Floats, by vectors of places, as integers, by columns: whole numbers, so that no order of additions shows."""
    for width in (7, 15, 31, 32, 33, 34, 35, 64, 67, 100, 163):
        for channels in (2, 3, 7, 8, 17):
            x, w = ctgrad.randint(-9, 9, (2, 3, 9, width)), ctgrad.randint(-9, 9, (channels, 3, 3, 3))
            b = ctgrad.randint(-9, 9, (channels,))
            options = {"stride": stride, "dilation": dilation, "padding": padding}
            if width + 2 * padding[1] < 2 * dilation[1] + 1:
                continue
            y = F.conv2d(x.to(dtype), w.to(dtype), b.to(dtype), **options)
            assert ctgrad.equal(y, F.conv2d(x, w, b, **options).to(dtype)), (width, channels)
    x, w = ctgrad.randint(-9, 9, (2, 4, 6, 7, 40)), ctgrad.randint(-9, 9, (6, 2, 2, 3, 3))
    options = {"stride": (2, 1, 2), "padding": (1, 0, 1), "groups": 2}
    assert ctgrad.equal(F.conv3d(x.to(dtype), w.to(dtype), **options), F.conv3d(x, w, **options).to(dtype))


@pytest.mark.parametrize("channels", [2, 64])
def test_gradients_of_convolutions_keep_channels_last_where_channels_are_all_one(channels):
    """As PyTorch's: where one channel stands for all, too."""
    last, conv = ctgrad.channels_last, ctgrad.nn.functional.conv2d
    image = (ctgrad.arange(30.0).reshape(1, 1, 5, 6).expand(1, channels, 5, 6) * 1).contiguous(memory_format=last)
    kernel = ctgrad.ones(2, channels, 2, 2, requires_grad=True)
    assert ctgrad.autograd.grad(conv(image, kernel), kernel, ctgrad.rand(1, 2, 4, 5))[0].is_contiguous(memory_format=last)
    kernel = (ctgrad.ones(2, 1, 2, 2).expand(2, channels, 2, 2) * 1).contiguous(memory_format=last)
    image = ctgrad.ones(1, channels, 5, 6, requires_grad=True)
    assert ctgrad.autograd.grad(conv(image, kernel), image, ctgrad.rand(1, 2, 4, 5))[0].is_contiguous(memory_format=last)


@pytest.mark.parametrize("how, error", [
    ({"size": (ctgrad.tensor(2.0), 2)}, TypeError), ({"size": ctgrad.tensor([2, 3])}, TypeError), ({"size": 1 << 70}, TypeError), ({"scale_factor": 1e20}, RuntimeError),
    ({"scale_factor": math.nan}, RuntimeError), ({"scale_factor": math.inf}, RuntimeError), ({"scale_factor": 0}, RuntimeError),
])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_what_is_no_size(mode, how, error):
    with pytest.raises(error):
        F.interpolate(ctgrad.ones(1, 1, 4, 4), mode=mode, **how)
