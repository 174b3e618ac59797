"""``functional`` of images read at places that a grid names: ``grid_sample``, ``affine_grid``."""

import warnings
from typing import Any

import ctgrad
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import beyond, need_flag, typed

from ._cubic import far, near
from ._halves import widened

__all__ = ["affine_grid", "grid_sample"]


@typed
@node("AffineGridGeneratorBackward0", lasts=True)
def affine_grid(theta, size, align_corners=None):
    """Where matrices (N, 2, 3) or (N, 3, 4) send the places of an image of ``size`` (N, C, H, W) or (N, C, D, H, W): (N, H, W, 2), (N, D, H, W, 3).

    Places go from -1 to 1, x first; ``align_corners``: to the middle of the outermost elements, not to their edges. ValueError for sizes that do not fit.
    """
    if align_corners is None:
        _warn_corners()
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    size = list(size)
    n = len(size) - 2
    if n not in (2, 3):
        raise NotImplementedError("affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
                                  f"Got size {size}.")
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (n, n + 1):
        raise ValueError(f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {tuple(theta.shape)}.")
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if theta.size(0) != size[0]:
        raise RuntimeError(f"affine_grid(): theta is for {theta.size(0)} images, size for {size[0]}")
    spatial = size[2:]
    if align_corners and min(spatial) == 1:
        warnings.warn("Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. "
                      "See the documentation of affine_grid for details.", stacklevel=2)
    lines = [_line(length, align_corners, theta.dtype).view([-1 if d == at else 1 for d in range(n)]).expand(spatial)
             for at, length in enumerate(spatial)]
    places = ctgrad.stack([*reversed(lines), ctgrad.ones(spatial, dtype=theta.dtype)], -1).reshape(-1, n + 1)
    return (places @ theta.transpose(1, 2)).reshape(size[0], *spatial, n)


def _line(n, align, dtype):
    if n <= 1:
        return ctgrad.zeros(n, dtype=dtype)
    line = ctgrad.linspace(-1, 1, n, dtype=dtype)
    return line if align else line * (n - 1) / n  # rounded twice, as in PyTorch: an identity meets the middle of every pixel or just misses it


def _warn_corners():
    warnings.warn("Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the "
                  "old behavior is desired. See the documentation of grid_sample for details.", stacklevel=beyond(4))


@typed
@node(lambda input, *others, **more: f"GridSampler{input.dim() - 2}DBackward0", again="{name}BackwardBackward0")
def grid_sample(input, grid, mode="bilinear", padding_mode: Any = "zeros", align_corners=None):
    """The image (N, C, H, W) or (N, C, D, H, W) read at the places ``grid`` (N, *, 2) or (N, *, 3), x first, from -1 to 1: (N, C, *).

    ``mode``: "bilinear", "nearest", and of 4-D input "bicubic". ``padding_mode``, outside: "zeros", "border", "reflection". ``align_corners``
    as in ``affine_grid``. ValueError for unknown modes, RuntimeError for sizes that do not fit.
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError("nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
                         f"'{padding_mode}'")
    if align_corners is None:
        _warn_corners()
        align_corners = False
    need_flag("grid_sampler", align_corners, "align_corners")
    _check(input, grid, mode)
    image, grid = widened(input), widened(grid)
    spatial = input.shape[2:]
    at = [_unscaled(grid[..., -1 - d], n, align_corners) for d, n in enumerate(spatial)]
    reader = _Reader(image, grid.shape[1:-1], padding_mode, align_corners)
    if mode == "bicubic":
        return reader.cubic(*at).to(input.dtype).contiguous()
    at = [reader.inside(x, n) for x, n in zip(at, spatial, strict=True)]
    return (reader.nearest(at) if mode == "nearest" else reader.linear(at)).to(input.dtype).contiguous()


_FORMS = "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes {} and grid with sizes {}"


def _check(input, grid, mode):
    n = input.dim() - 2
    fits = n in (2, 3) and grid.dim() == input.dim()
    if not fits and 0 in (input.dim(), grid.dim()):
        raise RuntimeError(_FORMS.format(list(input.shape), list(grid.shape)))
    if input.size(0) != grid.size(0):
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got input with sizes {list(input.shape)} and grid with "
                           f"sizes {list(grid.shape)}")
    if grid.size(-1) != n:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {n} in last dimension, but got grid with sizes {list(grid.shape)}")
    if min(input.shape[2:]) <= 0:
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {list(input.shape)}")
    if not fits:
        raise RuntimeError(_FORMS.format(list(input.shape), list(grid.shape)))
    if n == 3 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.dtype != grid.dtype:
        raise RuntimeError(f"grid_sampler(): expected input and grid to have same dtype, but input has {input.dtype} and grid has {grid.dtype}")


def _unscaled(x, n, align):
    return (x + 1) / 2 * (n - 1) if align else ((x + 1) * n - 1) / 2


def _reflected(x, low, high):
    """Between two mirrors; at ``low`` where they are one."""
    if low == high:
        return x * 0
    span = high - low
    away = (x - low).abs()
    turns = (away / span).floor().detach()
    extra = away - turns * span
    return ctgrad.where(turns % 2 == 0, extra + low, span - extra + low)


class _Reader:
    """Elements of ``image`` at places of the shape ``where``, with what stands outside."""

    def __init__(self, image, where, padding, align):
        self.flat = image.flatten(2)
        self.spatial = image.shape[2:]
        self.where = where
        self.padding = padding
        self.align = align

    def inside(self, x, n):
        """The place that stands for ``x`` along a dimension of ``n`` elements."""
        if self.padding == "zeros":
            return x
        if self.padding == "reflection":
            x = _reflected(x, 0, n - 1) if self.align else _reflected(x, -0.5, n - 0.5)
        return ctgrad.where(x > 0, ctgrad.where(x < n - 1, x, n - 1), 0)

    def at(self, places):
        """The elements at whole places, one tensor a dimension; zeros outside."""
        flat, known = 0, True
        for x, n in zip(places, self.spatial, strict=True):
            known = (x >= 0) & (x < n) & known
            flat = flat * n + x.long().clamp(0, n - 1)
        flat = flat.flatten(1).unsqueeze(1).expand(-1, self.flat.size(1), -1)
        read = self.flat.gather(2, flat).reshape(*self.flat.shape[:2], *self.where)
        return ctgrad.where(known.unsqueeze(1), read, 0)

    def nearest(self, at):
        # The grid takes part, with no effect: its gradient is zero and not absent.
        nothing = sum(ctgrad.where(x.isfinite(), x, 0) for x in at).mul(0).unsqueeze(1)
        return self.at([x.detach().round() for x in at]) + nothing

    def linear(self, at):
        low = [x.detach().floor() for x in at]
        part = [x - first for x, first in zip(at, low, strict=True)]
        total = 0
        for corner in range(2 ** len(at)):
            weight, place = 1, []
            for d, (first, t) in enumerate(zip(low, part, strict=True)):
                upper = corner >> (len(at) - 1 - d) & 1
                weight = weight * (t if upper else 1 - t)
                place.append(first + upper)
            total = total + self.at(place) * weight.unsqueeze(1)
        return total

    def cubic(self, y, x):
        (rows, down), (columns, along) = (_taps(at) for at in (y, x))
        total = 0
        for row, weight in zip(rows, down, strict=True):
            line = 0
            for column, share in zip(columns, along, strict=True):
                place = [self.inside(row, self.spatial[0]), self.inside(column, self.spatial[1])]
                line = line + self.at([p.round() for p in place]) * share.unsqueeze(1)
            total = total + line * weight.unsqueeze(1)
        return total


def _taps(x):
    """The four whole places around ``x`` and their weights."""
    first = x.detach().floor()
    t = x - first
    return [first + k for k in (-1, 0, 1, 2)], [far(t + 1), near(t), near(1 - t), far(2 - t)]


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """``grid_sample`` with modes by number."""
    return grid_sample(input, grid, ("bilinear", "nearest", "bicubic")[interpolation_mode], ("zeros", "border", "reflection")[padding_mode], align_corners)


def affine_grid_generator(theta, size, align_corners):
    """``affine_grid``."""
    return affine_grid(theta, size, align_corners)
