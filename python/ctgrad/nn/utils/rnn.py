"""Sequences of different lengths in one batch: padded to one tensor, or packed without padding."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

import ctgrad
from ctgrad import Tensor
from ctgrad.composed import need_tensor
from ctgrad.composed.misfit import need_flag

__all__ = ["PackedSequence", "invert_permutation", "pack_padded_sequence", "pad_packed_sequence", "pad_sequence", "unpad_sequence",
           "pack_sequence", "unpack_sequence"]


class PackedSequence_(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences by step: ``data`` holds step 0 of all of them, then step 1 of those that have one, …; (rows, ...).

    The longest sequence comes first. ``batch_sizes`` (int64, on the CPU) counts the sequences of each step, ``sorted_indices``
    tells how they were sorted, ``unsorted_indices`` undoes it. Made by ``pack_sequence`` and ``pack_padded_sequence``.
    """

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """With ``data`` converted as by ``Tensor.to``; itself where that changes nothing."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self):
        """Itself: all memory is on the CPU."""
        return self

    def double(self):
        return self.to(dtype=ctgrad.float64)

    def float(self):
        return self.to(dtype=ctgrad.float32)

    def half(self):
        return self.to(dtype=ctgrad.float16)

    def long(self):
        return self.to(dtype=ctgrad.int64)

    def int(self):
        return self.to(dtype=ctgrad.int32)

    def byte(self):
        return self.to(dtype=ctgrad.uint8)

    @property
    def is_cuda(self):
        """False."""
        return False

    def is_pinned(self):
        """False."""
        return False


def invert_permutation(permutation):
    """The permutation that undoes an int64 one; None for None."""
    if permutation is None:
        return None
    output = ctgrad.empty_like(permutation)
    output[permutation] = ctgrad.arange(permutation.numel())
    return output


def _rows(lengths, stride):
    """For each row of the packed data, its row in the padded one (``stride``: of a step and of a sequence), and the batch sizes."""
    sizes = [int((lengths > t).sum()) for t in range(int(lengths.max()))]
    first, second = stride
    places = np.concatenate([np.arange(n) * second + t * first for t, n in enumerate(sizes)])
    return ctgrad.tensor(places), ctgrad.tensor(sizes)


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """(steps, batch, ...), or (batch, steps, ...) with ``batch_first``, to a ``PackedSequence`` of the first lengths[i] steps each.

    With ``enforce_sorted`` the lengths must fall; otherwise the sequences are sorted first. RuntimeError for lengths that do not
    fall, are not positive, are more or fewer than the batch, or longer than the steps.
    """
    need_tensor("_pack_padded_sequence", input)
    need_flag("_pack_padded_sequence", batch_first, "batch_first")
    lengths = ctgrad.tensor(lengths, dtype=ctgrad.int64) if not isinstance(lengths, Tensor) else lengths.to(dtype=ctgrad.int64)
    if lengths.dim() != 1 or input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors." if input.numel() == 0 else f"lengths must be 1-dimensional, got {lengths.dim()}")
    known = lengths.numpy()
    batch_dim = 0 if batch_first else 1
    sorted_indices = None
    if not enforce_sorted:
        order = np.argsort(-known, kind="stable")
        known, sorted_indices = known[order], ctgrad.tensor(order)
        input = input.index_select(batch_dim, sorted_indices)
    batch, steps = input.shape[batch_dim], input.shape[1 - batch_dim]
    if len(known) != batch:
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {len(known)} (batch_size={batch})")
    if known[-1] <= 0:
        raise RuntimeError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
    if (known[1:] > known[:-1]).any():
        raise RuntimeError("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
                           "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
                           "do not need ONNX exportability.")
    if known[0] > steps:
        raise RuntimeError(f"Expected `lengths` to be at most the number of steps {steps}, but got {known[0]}")
    places, sizes = _rows(known, (1, steps) if batch_first else (batch, 1))
    data = input.reshape(-1, *input.shape[2:]).index_select(0, places)
    return PackedSequence(data, sizes, sorted_indices, None)


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """The padded tensor of a ``PackedSequence`` and the lengths; ``total_length`` steps, or as many as the longest has."""
    sizes = sequence.batch_sizes.numpy()
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError("Expected total_length to be at least the length of the longest sequence in input, but got "
                             f"total_length={total_length} and max sequence length being {steps}")
        steps = total_length
    batch = int(sizes[0])
    lengths = np.array([int((sizes > j).sum()) for j in range(batch)], dtype=np.int64)
    places, _ = _rows(lengths, (batch, 1))
    rest = sequence.data.shape[1:]
    flat = ctgrad.full((steps * batch, *rest), padding_value, dtype=sequence.data.dtype).index_copy(0, places, sequence.data)
    padded = flat.view(steps, batch, *rest)
    padded = padded.transpose(0, 1) if batch_first else padded
    found = ctgrad.tensor(lengths)
    if sequence.unsorted_indices is not None:
        return padded.index_select(0 if batch_first else 1, sequence.unsorted_indices), found[sequence.unsorted_indices]
    return padded, found


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Tensors (length, *) to one of (longest, count, *), or (count, longest, *) with ``batch_first``; RuntimeError for none."""
    if not isinstance(sequences, Iterable):
        raise RuntimeError(f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    for at, s in enumerate(sequences):
        need_tensor("pad_sequence", s, f"sequences[{at}]", 0)
    longest = max(s.shape[0] for s in sequences)
    padded = []
    for s in sequences:
        missing = longest - s.shape[0]
        frame = [0, 0] * (s.dim() - 1) + ([missing, 0] if padding_side == "left" else [0, missing])
        padded.append(ctgrad.constant_pad_nd(s, frame, padding_value) if missing else s)
    return ctgrad.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The sequences of a padded tensor, as a list."""
    if not isinstance(padded_sequences, Tensor):
        raise AttributeError(f"unpad_sequence: expected a Tensor for argument 'padded_sequences', but got {type(padded_sequences).__name__}")
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [row[:length] for row, length in zip(padded_sequences, lengths.tolist(), strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Tensors (length, *) to a ``PackedSequence``; errors as ``pack_padded_sequence``."""
    lengths = ctgrad.tensor([s.shape[0] for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """The sequences of a ``PackedSequence``, as a list."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
