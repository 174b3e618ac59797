"""Sizes, strides, offsets and refusals of views and of fresh results beside PyTorch's, at random layouts.

A layout is drawn as ``as_strided`` over one buffer: gaps, overlaps, stride 0, permuted, odd strides of sizes 0 and 1.
"""

import random

import ctgrad
import pytest
import torch

BUFFERS = {library: library.zeros(4000) for library in (ctgrad, torch)}


def draw_layout(draw):
    ndim = draw.choice([0, 1, 1, 2, 2, 3, 3, 4, 5])
    size = [draw.choice([0, 1, 1, 2, 3, 4, 5] if draw.random() < 0.3 else [1, 2, 3, 4]) for _ in range(ndim)]
    kind = draw.random()
    if kind < 0.5:  # one step after the other, in some order
        order, stride, step = list(range(ndim)), [0] * ndim, draw.choice([1, 1, 1, 2, 0])
        draw.shuffle(order)
        for d in order if kind < 0.35 else reversed(range(ndim)):
            stride[d] = 0 if draw.random() < 0.05 else step
            step *= max(size[d], 1) * (1 if draw.random() < 0.85 else 2)
        stride = [draw.randrange(50) if n < 2 and draw.random() < 0.3 else s for n, s in zip(size, stride)]
    else:
        stride = [draw.randrange(13) for _ in range(ndim)]
    return size, stride, draw.randrange(40)


def draw_dim(draw, ndim):
    inside = draw.random() < 0.85 and ndim
    return draw.randrange(-ndim, ndim) if inside else draw.randrange(-ndim - 2, ndim + 2)


def draw_factors(draw, numel, count):
    """Sizes whose product is mostly numel; one may be -1."""
    sizes = []
    for _ in range(count - 1):
        sizes.append(draw.choice([d for d in range(1, numel + 1) if numel % d == 0] if numel else [0, 1, 2]))
        numel = numel // sizes[-1] if sizes[-1] else numel
    sizes.append(numel + (draw.random() < 0.05))
    draw.shuffle(sizes)
    if draw.random() < 0.3:
        sizes[draw.randrange(len(sizes))] = -1
    return sizes


def draw_reshape(draw, size):
    numel = 1
    for n in size:
        numel *= n
    return list(size) if draw.random() < 0.1 else draw_factors(draw, numel, draw.randrange(1, 6))


def draw_expand(draw, size):
    wide = [draw.choice([0, 1, 2, 3]) for _ in range(draw.randrange(3))]
    wide += [n if n != 1 or draw.random() < 0.4 else draw.choice([0, 2, 5]) for n in size]
    if wide and draw.random() < 0.3:
        wide[draw.randrange(len(wide))] = draw.choice([-1, -1, -1, 7])
    return wide


def draw_order(draw, ndim):
    order = [d - ndim if draw.random() < 0.3 else d for d in range(ndim)]
    draw.shuffle(order)
    if order and draw.random() < 0.1:
        order[draw.randrange(ndim)] = draw_dim(draw, ndim)
    return order


def draw_broadcast(draw, size):
    return [n if draw.random() < 0.6 else 1 for n in size][draw.randrange(len(size) + 1):]


def draw_unflatten(draw, size):
    dim = draw_dim(draw, len(size))
    inside = -len(size) <= dim < len(size)
    return dim, draw_factors(draw, size[dim] if inside else 2, draw.randrange(1, 4))


def agree(ours, theirs):
    """ctgrad may add the sizes to a message, and never makes a negative size, as PyTorch's expand does beside a 0."""
    if len(theirs) == 4 and min(theirs[0], default=0) < 0:
        return ours[0] == "RuntimeError"
    return ours == theirs or (len(ours) == len(theirs) == 2 and ours[0] == theirs[0] and ours[1].startswith(theirs[1] + " ("))


def other(t, like, size, stride=None):
    buffer = BUFFERS[ctgrad if isinstance(like, ctgrad.Tensor) else torch]
    return buffer.as_strided(size, stride or [1] * len(size), 3)


# name: (what to draw from (draw, size), what to do with the tensor and that)
OPS = {
    "view": (draw_reshape, lambda t, size: t.view(size)),
    "reshape": (draw_reshape, lambda t, size: t.reshape(size)),
    "expand": (draw_expand, lambda t, size: t.expand(size)),
    "permute": (lambda draw, size: draw_order(draw, len(size)), lambda t, order: t.permute(order)),
    "transpose": (lambda draw, size: (draw_dim(draw, len(size)), draw_dim(draw, len(size))), lambda t, p: t.transpose(*p)),
    "select": (lambda draw, size: (draw_dim(draw, len(size)), draw.randrange(-5, 5)), lambda t, p: t.select(*p)),
    "narrow": (lambda draw, size: (draw_dim(draw, len(size)), draw.randrange(-5, 6), draw.randrange(-1, 6)), lambda t, p: t.narrow(*p)),
    "slice": (lambda draw, size: slice(draw.choice([None, -7, -2, 0, 1, 3, 9]), draw.choice([None, -7, -2, 0, 1, 3, 9]), draw.choice([None, 1, 2, 3])),
              lambda t, part: t[part]),
    "unfold": (lambda draw, size: (draw_dim(draw, len(size)), draw.randrange(-1, 4), draw.randrange(0, 4)), lambda t, p: t.unfold(*p)),
    "diagonal": (lambda draw, size: (draw.randrange(-5, 6), draw_dim(draw, len(size)), draw_dim(draw, len(size))), lambda t, p: t.diagonal(*p)),
    "squeeze": (lambda draw, size: tuple(draw_dim(draw, len(size)) for _ in range(draw.randrange(3))), lambda t, dims: t.squeeze(dims)),
    "squeeze all": (lambda draw, size: None, lambda t, _: t.squeeze()),
    "unsqueeze": (lambda draw, size: draw.randrange(-len(size) - 3, len(size) + 3), lambda t, dim: t.unsqueeze(dim)),
    "flatten": (lambda draw, size: (draw_dim(draw, len(size)), draw_dim(draw, len(size))), lambda t, p: t.flatten(*p)),
    "unflatten": (draw_unflatten, lambda t, p: t.unflatten(*p)),
    "neg": (lambda draw, size: None, lambda t, _: t.neg()),
    "with a number": (lambda draw, size: None, lambda t, _: t + 1),
    "with itself": (lambda draw, size: None, lambda t, _: t * t),
    "empty_like": (lambda draw, size: None, lambda t, _: (ctgrad if isinstance(t, ctgrad.Tensor) else torch).empty_like(t)),
    "clone": (lambda draw, size: None, lambda t, _: t.clone()),
    "contiguous": (lambda draw, size: None, lambda t, _: t.contiguous()),
    "broadcast": (draw_broadcast, lambda t, size: t + other(t, t, size)),
    "broadcast odd": (lambda draw, size: (sizes := draw_broadcast(draw, size), [draw.randrange(9) for _ in sizes]), lambda t, p: t + other(t, t, *p)),
}


def seen(action, *given):
    """Size, stride, offset (of a view) and contiguity, or class and message of the refusal."""
    try:
        t = action(*given)
    except Exception as error:  # PyTorch's unflatten adds C++ frames to what layouts refuse
        return type(error).__name__, str(error).split("\nException raised")[0].removeprefix("unflatten got an unexpected error:\n")
    return tuple(t.shape), t.stride(), t.storage_offset(), t.is_contiguous()


@pytest.mark.parametrize("name", OPS)
def test_layout(name):
    draw = random.Random(name)
    argument, act = OPS[name]
    for _ in range(400):
        size, stride, offset = draw_layout(draw)
        given = argument(draw, size)
        ours, theirs = (seen(act, buffer.as_strided(size, stride, offset), given) for buffer in BUFFERS.values())
        assert agree(ours, theirs), f"{name} {given} of sizes {size}, strides {stride}, offset {offset}"


def test_as_strided():
    draw = random.Random(0)
    small = {library: library.zeros(24) for library in BUFFERS}
    for _ in range(1000):
        ndim = draw.randrange(4)
        size = [draw.randrange(5) for _ in range(ndim)]
        stride = [draw.randrange(9) if draw.random() < 0.97 else -1 for _ in range(ndim)]
        offset = draw.randrange(-1, 30)
        ours, theirs = (seen(t.as_strided, size, stride, offset) for t in small.values())
        assert agree(ours, theirs), f"sizes {size}, strides {stride}, offset {offset}"
