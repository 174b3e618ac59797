"""``functional.pad``."""

import ctgrad
from ctgrad._C import _ops
from ctgrad._dtypes import unsupported
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.order import is_held_once

from ._order import in_order_of
from ._shared import repeats


def pad(input, pad, mode="constant", value=None):
    """``input`` with pad[0] and pad[1] elements before and after its last dimension, pad[2] and pad[3] the one before, ...

    ``mode`` is what they are: "constant" (``value``, 0 where None; negative numbers take elements off), "reflect" (mirrored at the
    first and last element), "replicate" (those elements again) or "circular" (from the other end). RuntimeError for paddings that
    the input cannot fill; NotImplementedError for an unknown mode, or modes other than "constant" of shapes other than 2 to 5 dims.
    """
    need_tensor("pad", input)
    if not isinstance(mode, str):
        raise TypeError(f"pad(): argument 'mode' (position 3) must be str, not {type(mode).__name__}")
    if mode not in ("constant", "circular", "reflect", "replicate"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if isinstance(pad, str) or any(isinstance(n, float) for n in pad):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, but got {pad!r}")
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but got {len(pad)}")
    if len(pad) > 2 * input.dim():
        raise RuntimeError("Padding length should be less than or equal to two times the input dimension but got padding length "
                           f"{len(pad)} and input of dimension {input.dim()}")
    if mode == "constant":
        return ctgrad.constant_pad_nd(input, pad, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(pad) // 2
    if not (dims in (1, 2, 3) and input.dim() in (dims + 1, dims + 2)):
        raise NotImplementedError(f"Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now: {len(pad)} numbers for "
                                  f"{input.dim()} dimensions")
    if mode != "circular" and 0 in input.shape[input.dim() - dims - 1:]:
        raise RuntimeError(f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
                           f"got: {list(input.shape)}")
    if mode == "circular":
        return _wrapped(input, [(input.dim() - 1 - k, pad[2 * k], pad[2 * k + 1]) for k in range(dims)])
    if input.dtype == ctgrad.bool:
        raise unsupported(f"{'replication' if mode == 'replicate' else 'reflection'}_pad{dims}d", input.dtype)
    for k in range(dims):
        _check_frame(input, input.dim() - 1 - k, pad[2 * k], pad[2 * k + 1], mode)
    return _framed(input, pad, mode)


@node(lambda input, pad, mode: f"{'Reflection' if mode == 'reflect' else 'Replication'}Pad{len(pad) // 2}DBackward0", again="{name}BackwardBackward0")
def _framed(input, pad, mode):
    return in_order_of(input, _ops["pad_places"](input, pad, mode == "replicate"))


def _check_left(size, dim, before, after):
    if size + before + after <= 0 or size == 0:
        raise RuntimeError(f"input (W: {size}) is too small for padding ({before}, {after}) in dimension {dim}: nothing is left")


def _check_frame(input, dim, before, after, mode):
    size = input.shape[dim]
    if mode == "reflect" and max(before, after) >= size:
        raise RuntimeError("Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
                           f"({before}, {after}) at dimension {dim} of input {list(input.shape)}")
    _check_left(size, dim, before, after)


@node("CopySlices")
def _picked(input, sides):
    for dim, before, after in sides:
        input = input.index_select(dim, ctgrad.arange(-before, input.shape[dim] + after) % input.shape[dim])
    return input


def _wrapped(input, sides):
    """By writes into the padded tensor, as in PyTorch: the middle, then of each dimension, last first, what stands at its other end.

    What repeats is picked by places instead: writes would write it out.
    """
    shape = list(input.shape)
    for dim, before, after in reversed(sides):
        if max(before, after) > shape[dim]:
            raise RuntimeError(f"Padding value causes wrapping around more than once: ({before}, {after}) at dimension {dim} of size {shape[dim]}")
        shape[dim] += before + after
        if shape[dim] < 0:
            raise RuntimeError(f"Negative padding value is resulting in an empty dimension: ({before}, {after}) at dimension {dim}")
    if (repeats(input) or is_held_once(input)) and all(side >= 0 for _, *pads in sides for side in pads):
        return _picked(input, sides)
    padded = middle = input.new_empty(shape)
    for dim, before, after in sides:
        first, last = max(before, 0), shape[dim] - max(after, 0)
        middle = middle.narrow(dim, first, last - first)
        first, last = max(-before, 0), input.shape[dim] - max(-after, 0)
        input = input.narrow(dim, first, last - first)
    middle.copy_(input)
    for dim, before, after in sides:
        if before > 0:
            padded.narrow(dim, 0, before).copy_(padded.narrow(dim, shape[dim] - before - max(after, 0), before))
        if after > 0:
            padded.narrow(dim, shape[dim] - after, after).copy_(padded.narrow(dim, max(before, 0), after))
    return padded
