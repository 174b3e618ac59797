"""Max pooling over windows at pseudo-random places (Graham 2014)."""

import math

import ctgrad
from ctgrad.composed.closed import node

__all__ = ["fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d", "fractional_max_pool3d_with_indices"]


def _tuple(value, n):
    return (value,) * n if isinstance(value, (int, float)) else tuple(value)


def _starts(samples, n, out, window):
    """Where the ``out`` windows of each plane begin among ``n`` elements; ``samples`` is (images, planes, 1)."""
    if out <= 1:
        return ctgrad.full((*samples.shape[:-1], out), n - window)
    alpha = ctgrad.tensor(n - window, dtype=samples.dtype) / ctgrad.tensor(out - 1, dtype=samples.dtype)
    starts = ((ctgrad.arange(out, dtype=samples.dtype) + samples) * alpha).long() - (samples * alpha).long()
    starts[..., -1] = n - window
    return starts


def _pooled(name, n, input, kernel_size, output_size, output_ratio, samples):
    """Largest element of each window and its place in the plane."""
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    drawn = 1 if input.dim() == n + 1 else input.size(0), input.size(-n - 1), n
    if input.dim() not in (n + 1, n + 2) or min(input.shape[1:]) <= 0:
        raise RuntimeError(f"{name}: Expected {n + 1}D or {n + 2}D tensor with sizes that are not zero but for the batch, but got {list(input.shape)}")
    size, kernel = input.shape[-n:], _tuple(kernel_size, n)
    out = tuple(int(length * ratio) for length, ratio in zip(size, _tuple(output_ratio, n), strict=True)) if output_size is None else _tuple(output_size, n)
    if len(kernel) != n or len(out) != n:
        raise RuntimeError(f"{name}: kernel_size and output_size must be one integer or {n}, but got {kernel} and {out}")
    if any(k <= 0 or o < 0 or o + k - 1 > length - (n == 3) for k, o, length in zip(kernel, out, size, strict=True)):
        raise RuntimeError(f"{name}: windows of {kernel} in an output of {out} do not fit in an input of {tuple(size)}")
    images = input if input.dim() == n + 2 else input.unsqueeze(0)
    if samples is None:
        samples = ctgrad.rand(*drawn, dtype=input.dtype)
    samples = samples[:images.size(0)]
    if tuple(samples.shape) != (images.size(0), images.size(1), n):
        raise RuntimeError(f"{name}: Expect _random_samples of shape {(images.size(0), images.size(1), n)}, but got {tuple(samples.shape)}")
    places = _places(samples, size, out, kernel)
    return _largest(input, places)


@node(lambda input, places: f"FractionalMaxPool{(places.dim() - 3)}DBackward0", again="{name}BackwardBackward0")
def _largest(input, places):
    images = input if input.dim() == places.dim() - 1 else input.unsqueeze(0)
    read = images.flatten(2).gather(2, places.flatten(2)).view(places.shape)
    values, which = read.max(-1)
    found = places.gather(-1, which.unsqueeze(-1)).squeeze(-1)
    return (values, found) if images is input else (values.squeeze(0), found.squeeze(0))


def _places(samples, size, out, kernel):
    """(images, planes, *out, elements of a window): the place in its plane of each element."""
    n = len(size)
    places = ctgrad.zeros((), dtype=ctgrad.int64)
    for d, (length, count, window) in enumerate(zip(size, out, kernel, strict=True)):
        column = n - 1 - d if n == 2 else d  # the samples of two dimensions are stored the last dimension first
        reach = _starts(samples[..., column:column + 1], length, count, window).unsqueeze(-1) + ctgrad.arange(window)
        shape = [1] * (2 * n)
        shape[d], shape[n + d] = count, window
        places = places * length + reach.view(*samples.shape[:2], *shape)
    return places.reshape(*samples.shape[:2], *out, math.prod(kernel))


def _fractional(n):
    name = f"fractional_max_pool{n}d"

    def with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        return _pooled(name, n, input, kernel_size, output_size, output_ratio, _random_samples)

    def pool(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        both = _pooled(name, n, input, kernel_size, output_size, output_ratio, _random_samples)
        return both if return_indices else both[0]

    pool.__name__ = pool.__qualname__ = name
    with_indices.__name__ = with_indices.__qualname__ = name + "_with_indices"
    pool.__doc__ = (f"The largest of each of ``output_size`` windows (or ``output_ratio`` times the size) over the last {n} dims of (N, C, ...) or "
                    "(C, ...), whose distances vary at random. With ``return_indices``, also where in its plane it came from.")
    with_indices.__doc__ = f"``{name}``, and where in its plane each value came from."
    return pool, with_indices


fractional_max_pool2d, fractional_max_pool2d_with_indices = _fractional(2)
fractional_max_pool3d, fractional_max_pool3d_with_indices = _fractional(3)
