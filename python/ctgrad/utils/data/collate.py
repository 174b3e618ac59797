"""From a list of members of a data set to one batch."""

import collections.abc
import copy
import re

import numpy as np

import ctgrad

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert", "get_worker_info"]

_TEXT = re.compile(r"[SaUO]")  # kinds of NumPy dtypes that become no tensor
_REFUSED = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
_worker: list = []  # of the worker that fetches, its WorkerInfo


def get_worker_info():
    """What a data set may know of the worker that reads it (id, num_workers, seed, dataset); None outside of workers."""
    return _worker[-1] if _worker else None


def _rebuilt(kind, value, members):
    """The members in a container as `value` is; a list or dict where its class cannot be made of them."""
    mapping = isinstance(value, collections.abc.Mapping)
    try:
        if isinstance(value, collections.abc.MutableMapping | collections.abc.MutableSequence):
            made = copy.copy(value)
            for key, member in members.items() if mapping else enumerate(members):
                made[key] = member
            return made
        return kind(members)
    except TypeError:
        return members


def default_convert(data):
    """NumPy arrays and numbers as tensors, also within containers; anything else as it is."""
    kind = type(data)
    if isinstance(data, ctgrad.Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic):
        return data if isinstance(data, np.ndarray) and _TEXT.search(data.dtype.str) else ctgrad.as_tensor(data)
    if isinstance(data, collections.abc.Mapping):
        return _rebuilt(kind, data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        members = [default_convert(member) for member in data]
        return kind(*members) if hasattr(data, "_fields") else members
    if isinstance(data, collections.abc.Sequence) and not isinstance(data, str | bytes):
        return _rebuilt(kind, data, [default_convert(member) for member in data])
    return data


def collate(batch, *, collate_fn_map=None):
    """Like `default_collate`, by a map from classes to functions (batch, collate_fn_map=)."""
    first, kind = batch[0], type(batch[0])
    functions = collate_fn_map or {}
    if kind in functions:
        return functions[kind](batch, collate_fn_map=functions)
    for known, function in functions.items():
        if isinstance(first, known):
            return function(batch, collate_fn_map=functions)
    if isinstance(first, collections.abc.Mapping):
        return _rebuilt(kind, first, {key: collate([member[key] for member in batch], collate_fn_map=functions) for key in first})
    if not isinstance(first, collections.abc.Sequence):
        raise TypeError(_REFUSED.format(kind))
    if not (named := isinstance(first, tuple) and hasattr(first, "_fields")) and any(len(member) != len(first) for member in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    members = [collate(samples, collate_fn_map=functions) for samples in zip(*batch, strict=False)]
    return kind(*members) if named else members if isinstance(first, tuple) else _rebuilt(kind, first, members)


def _stacked(batch, *, collate_fn_map=None):
    return ctgrad.stack(batch, 0)


def _arrays(batch, *, collate_fn_map=None):
    if _TEXT.search(batch[0].dtype.str):
        raise TypeError(_REFUSED.format(batch[0].dtype))
    return collate([ctgrad.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


default_collate_fn_map = {
    ctgrad.Tensor: _stacked,
    np.ndarray: _arrays,
    (np.bool_, np.number, np.object_): lambda batch, *, collate_fn_map=None: ctgrad.as_tensor(np.asarray(batch)),
    float: lambda batch, *, collate_fn_map=None: ctgrad.tensor(batch, dtype=ctgrad.float64),
    int: lambda batch, *, collate_fn_map=None: ctgrad.tensor(batch),
    str: lambda batch, *, collate_fn_map=None: batch,
    bytes: lambda batch, *, collate_fn_map=None: batch,
}


def default_collate(batch):
    """Tensors, arrays and numbers stacked along a new first dimension, within tuples, lists and dicts too; strings as they are.

    TypeError for other members, RuntimeError for sequences of different lengths.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
