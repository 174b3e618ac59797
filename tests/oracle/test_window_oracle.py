"""Convolution, pooling and padding beside PyTorch's: drawn shapes and arguments, gradients of both orders, modules."""

import random

import numpy as np
import pytest
from compare import LIBRARIES, outcome, same, with_gradients


def drawn(seed):
    return random.Random(seed), np.random.default_rng(seed)


def convolution(seed):
    draw, rng = drawn(seed)
    n, transposed = draw.choice([1, 2, 3]), draw.random() < 0.4
    groups, own, other = draw.choice([1, 1, 2, 3]), draw.choice([1, 2, 3]), draw.choice([1, 2, 4])
    kernel, stride = ([draw.choice(c) for _ in range(n)] for c in ([1, 2, 3], [1, 1, 2, 3]))
    padding, dilation = ([draw.choice(c) for _ in range(n)] for c in ([0, 0, 1, 2], [1, 1, 2]))
    size = [draw.choice([1, 4, 5, 7, 12, 33 if n < 3 else 6]) for _ in range(n)]
    x = rng.standard_normal([draw.choice([1, 2, 5, 20]), groups * (other if transposed else own), *size])
    w = rng.standard_normal([groups * other, own, *kernel])
    bias = rng.standard_normal(groups * (own if transposed else other)) if draw.random() < 0.5 else None
    kwargs = {"stride": tuple(stride), "padding": tuple(padding), "dilation": tuple(dilation), "groups": groups}
    if transposed:
        kwargs["output_padding"] = tuple(draw.randrange(max(s, d)) for s, d in zip(stride, dilation, strict=True))
    x = x[0] if draw.random() < 0.2 else x

    def program(t):
        inputs = [t.tensor(a, requires_grad=True) for a in (x, w, bias) if a is not None]
        y = getattr(t, f"conv{'_transpose' if transposed else ''}{n}d")(*inputs[:2], inputs[2] if bias is not None else None, **kwargs)
        return with_gradients(t, [y], inputs)
    return program


def pooling(seed):
    draw, rng = drawn(seed)
    n, kind = draw.choice([1, 2, 3]), draw.choice(["max", "avg", "adaptive_max", "adaptive_avg", "lp"])
    size = [draw.choice([1, 4, 5, 7, 12]) for _ in range(n)]
    kernel, stride, padding = ([draw.choice(c) for _ in range(n)] for c in ([1, 2, 3], [1, 2, 3], [0, 0, 1]))
    x = rng.standard_normal([2, 3, *size])
    x = x[0] if draw.random() < 0.2 else x
    if kind == "max":
        args, kwargs = (tuple(kernel), tuple(stride), tuple(padding)), {"ceil_mode": draw.random() < 0.5, "return_indices": True}
        kwargs["dilation"] = 1 if min(size) == 1 else draw.choice([1, 2])  # PyTorch has windows of nothing, and writes outside
    elif kind == "avg":
        args, kwargs = (tuple(kernel), tuple(stride), tuple(padding), draw.random() < 0.5, draw.random() < 0.5), {}
        if n > 1 and draw.random() < 0.3:
            kwargs["divisor_override"] = 3
    elif kind == "lp":
        x = np.abs(x) + 0.1
        args, kwargs = (draw.choice([2.0, 3.0]), tuple(kernel) if n > 1 else kernel[0]), {"ceil_mode": draw.random() < 0.5}
    else:
        args, kwargs = (tuple(kernel),), {"return_indices": True} if kind == "adaptive_max" else {}

    def program(t):
        leaf = t.tensor(x, requires_grad=True)
        y = getattr(t.nn.functional, f"{kind}_pool{n}d")(leaf, *args, **kwargs)
        return with_gradients(t, list(y) if isinstance(y, tuple) else [y], [leaf])
    return program


def padding(seed):
    draw, rng = drawn(seed)
    n, mode = draw.choice([1, 2, 3]), draw.choice(["constant", "reflect", "replicate", "circular"])
    amounts = [draw.choice([-1, 0, 1, 2, 3] if mode == "constant" else [0, 1, 2, 3]) for _ in range(2 * n)]
    x = rng.standard_normal([2, 3, *(draw.choice([3, 4, 5]) for _ in range(n))])

    def program(t):
        leaf = t.tensor(x, requires_grad=True)
        return with_gradients(t, [t.nn.functional.pad(leaf, amounts, mode, 1.5 if mode == "constant" else None)], [leaf])
    return program


def unpooling(seed):
    draw, rng = drawn(seed)
    n = draw.choice([1, 2, 3])
    x = rng.standard_normal([2, 3, *(draw.choice([4, 5, 7]) for _ in range(n))])

    def program(t):
        leaf = t.tensor(x, requires_grad=True)
        values, places = getattr(t.nn, f"MaxPool{n}d")(2, return_indices=True)(leaf)
        y = getattr(t.nn, f"MaxUnpool{n}d")(2)(values, places, output_size=list(x.shape))
        return with_gradients(t, [y], [leaf])
    return program


@pytest.mark.parametrize("make,seed", [(f, s) for f, count in ((convolution, 120), (pooling, 120), (padding, 40), (unpooling, 12)) for s in range(count)])
def test_beside_pytorch(make, seed):
    program = make(seed)
    got, want = (outcome(program, t) for t in LIBRARIES)
    if isinstance(want, tuple):
        assert got[0] is want[0], (got, want)
    else:
        same(got, want)


MODULES = {
    "Conv1d(2, 4, 3)": (2, 2, 9), "Conv2d(2, 4, (3, 2), stride=2, padding=1)": (2, 2, 9, 8), "Conv2d(2, 4, 3, padding='same', bias=False)": (2, 2, 5, 6),
    "Conv2d(4, 4, 3, groups=2, dilation=2, padding_mode='reflect', padding=1)": (1, 4, 7, 7), "Conv2d(2, 2, 2, padding=1, padding_mode='circular')": (2, 2, 4, 4),
    "Conv1d(2, 2, 4, padding='same', padding_mode='replicate')": (1, 2, 6), "Conv3d(1, 2, 2)": (1, 1, 3, 4, 3), "ConvTranspose1d(2, 3, 3, stride=2)": (1, 2, 4),
    "ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)": (2, 2, 3, 4), "ConvTranspose3d(1, 2, 2, bias=False)": (1, 1, 2, 3, 2),
    "MaxPool1d(2)": (2, 2, 7), "MaxPool2d(3, 2, 1)": (2, 2, 7, 6), "MaxPool3d(2, ceil_mode=True)": (1, 2, 3, 5, 4), "AvgPool1d(2)": (2, 2, 7), "AvgPool2d((2, 3))": (2, 2, 7, 6),
    "AvgPool3d(2, divisor_override=3)": (1, 2, 3, 5, 4), "AdaptiveAvgPool1d(3)": (2, 2, 7), "AdaptiveAvgPool2d((None, 2))": (2, 2, 7, 6), "AdaptiveAvgPool3d(1)": (1, 2, 3, 5, 4),
    "AdaptiveMaxPool1d(3)": (2, 2, 7), "AdaptiveMaxPool2d((3, None))": (2, 2, 7, 6), "AdaptiveMaxPool3d(2)": (1, 2, 3, 5, 4), "LPPool1d(2, 3)": (2, 2, 7), "LPPool2d(2, 2)": (2, 2, 7, 6),
    "BatchNorm1d(3)": (4, 3), "BatchNorm1d(3, momentum=None)": (4, 3, 5), "BatchNorm2d(3, affine=False)": (2, 3, 4, 4), "BatchNorm2d(3, track_running_stats=False)": (2, 3, 4, 4),
    "BatchNorm3d(2)": (2, 2, 3, 2, 2), "InstanceNorm1d(3, affine=True)": (2, 3, 5), "InstanceNorm2d(3, track_running_stats=True)": (2, 3, 4, 4), "GroupNorm(2, 4)": (2, 4, 3, 3),
    "GroupNorm(4, 4, affine=False)": (3, 4, 2), "Dropout1d(0.5)": (2, 3, 4), "Dropout2d(0.5)": (2, 3, 4, 4), "Dropout3d(0.5)": (2, 3, 2, 2, 2), "AlphaDropout(0.5)": (3, 4),
    "FeatureAlphaDropout(0.5)": (3, 4, 2), "Dropout(0.3)": (5, 7),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("text", MODULES)
def test_module(text, dtype):
    def program(t):
        t.manual_seed(3)
        t.set_default_dtype(getattr(t, dtype))
        try:
            layer = eval(f"nn.{text}", {"nn": t.nn})
        finally:
            t.set_default_dtype(t.float32)
        x = t.tensor(np.random.default_rng(0).standard_normal(MODULES[text]).astype(dtype), requires_grad=True)
        seen = [str(layer), list(layer.state_dict()), [p.tolist() for p in layer.parameters()]]
        found = with_gradients(t, [layer(x)], [x, *layer.parameters()], second=dtype == "float64")
        layer(x.detach())
        return seen, [*found, *layer.buffers(), layer.eval()(x)]
    (seen, got), (wanted, want) = (program(t) for t in LIBRARIES)
    assert seen == wanted
    same(got, want)


ERRORS = [
    "F.conv2d(t.ones(2, 3), t.ones(4, 3, 2, 2))", "F.conv2d(t.ones(1, 2, 5, 5), t.ones(4, 3, 2, 2))", "F.conv2d(t.ones(1, 3, 2, 2), t.ones(4, 3, 5, 5))",
    "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), t.ones(5))", "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), stride=0)", "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), padding=-1)",
    "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), stride=(1, 1, 1))", "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), groups=0)", "F.conv1d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2))",
    "F.conv2d(t.ones(1, 4, 5, 5), t.ones(3, 2, 2, 2), groups=2)", "F.conv2d(t.ones(1, 3, 5, 5), t.ones(4, 3, 2, 2), padding='same', stride=2)", "F.conv1d(t.ones(1, 3, 5), t.ones(4, 3, 2), dilation=0)",
    "F.max_pool2d(t.ones(1, 3, 5, 5), 2, padding=2)", "F.max_pool2d(t.ones(5, 5), 2)", "F.max_pool2d(t.ones(1, 1, 2, 2), 3)", "F.avg_pool2d(t.ones(1, 1, 4, 4), 2, divisor_override=0)",
    "F.adaptive_avg_pool2d(t.ones(1, 1, 4, 4), (1, 2, 3))", "F.max_unpool2d(t.ones(1, 1, 2, 2), t.full((1, 1, 2, 2), 99), 2)", "F.pad(t.ones(3), [1])", "F.pad(t.ones(1, 1, 3), [3, 3], 'reflect')",
    "F.pad(t.ones(1, 1, 3), [4, 4], 'circular')", "F.pad(t.ones(3), [1, 1], 'reflect')", "F.pad(t.ones(3), [1, 1], 'nonsense')", "nn.Conv2d(3, 4, 2, groups=2)", "nn.Conv2d(4, 4, 2, groups=0)",
    "nn.Conv2d(4, 4, 2, padding='same', stride=2)", "nn.ConvTranspose2d(4, 4, 2, padding_mode='reflect')", "nn.ConvTranspose2d(1, 1, 2, 2)(t.ones(1, 1, 3, 3), output_size=(9, 9))",
    "nn.BatchNorm1d(3)(t.ones(1, 3))", "nn.BatchNorm2d(3)(t.ones(2, 3))", "nn.BatchNorm1d(3)(t.ones(2, 4))", "nn.GroupNorm(2, 3)", "nn.Dropout2d(1.5)", "nn.InstanceNorm1d(3)(t.ones(2, 3, 1))",
    "F.conv_transpose1d(t.ones(1, 2, 3), t.ones(2, 1, 2), output_padding=1)", "F.conv_transpose1d(t.ones(1, 2, 1), t.ones(2, 1, 1), padding=2)",
]


@pytest.mark.parametrize("text", ERRORS)
def test_error(text):
    got, want = (outcome(lambda t: eval(text, {"t": t, "nn": t.nn, "F": t.nn.functional}), t) for t in LIBRARIES)
    assert isinstance(want, tuple) and got[0] is want[0], (got, want)
