"""Batches of a data set.

Workers are no processes: what PyTorch's workers do is done in turn in the calling one, each with its own state of the default random
generator, its WorkerInfo, its attributes of the data set and, where that is only iterated over, its own iterator. Batches and their order are
the same.
"""

import contextlib
import itertools
import random
import warnings
from types import GenericAlias
from dataclasses import dataclass
from typing import Any

import numpy as np

import ctgrad

from .collate import _worker, default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader"]


@dataclass
class WorkerInfo:
    """What get_worker_info() gives."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Endless:
    """The sampler of a data set that is only iterated over."""

    def __iter__(self):
        return itertools.repeat(None)


class DataLoader:
    """Iterates over batches of ``dataset``: ``batch_size`` members each, made one by ``collate_fn``; without batches where it is None.

    ``shuffle``, ``sampler`` or ``batch_sampler`` tell the order, ``drop_last`` leaves out a last batch that is not full. ``pin_memory``,
    ``timeout`` and ``prefetch_factor`` change nothing here. ``persistent_workers``: they go on where the last pass left them. ValueError for options that exclude each other.
    """

    def __init__(self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None, pin_memory=False,
                 drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None, *, prefetch_factor=None,
                 persistent_workers=False, pin_memory_device="", in_order=True):
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        self._iterable = isinstance(dataset, IterableDataset)
        _check_order(self._iterable, shuffle, sampler, batch_sampler)
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = _Endless() if self._iterable else RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.batch_size, self.sampler, self.batch_sampler, self.drop_last = dataset, batch_size, sampler, batch_sampler, drop_last
        self.num_workers, self.pin_memory, self.pin_memory_device, self.timeout = num_workers, pin_memory, pin_memory_device, timeout
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.worker_init_fn, self.multiprocessing_context, self.generator = worker_init_fn, multiprocessing_context, generator
        self.persistent_workers, self.in_order = persistent_workers, in_order
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._told_length = self._workers = None
        self._fixed = True

    def __class_getitem__(cls, member):
        return GenericAlias(cls, member)

    @property
    def _auto_collation(self):
        return self.batch_sampler is not None

    def __setattr__(self, name, value):
        if name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers") and "_fixed" in vars(self):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self):
        return (_MultiProcessingDataLoaderIter if self.num_workers else _SingleProcessDataLoaderIter)(self)

    def __len__(self):
        if not self._iterable:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        length = self._told_length = len(self.dataset)
        return length if self.batch_size is None else length // self.batch_size if self.drop_last else -(-length // self.batch_size)


def _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context):
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError("prefetch_factor option could only be specified in multiprocessing."
                         "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None.")
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if multiprocessing_context is not None and num_workers == 0:
        raise ValueError("multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0")


def _check_order(iterable, shuffle, sampler, batch_sampler):
    for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)) if iterable else ():
        if value is not None:
            raise ValueError(f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}")
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")


class _BaseDataLoaderIter:
    """One pass over a loader."""

    def __init__(self, loader):
        if loader.pin_memory:
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.", stacklevel=3)
        self._loader = loader
        self._batched = loader.batch_sampler is not None
        self._order = iter(loader.batch_sampler if self._batched else loader.sampler)
        self._workers = self._made_workers(loader)
        self._turn = 0
        self._given = 0

    def _made_workers(self, loader):
        if loader._workers is not None:
            for worker in loader._workers:
                worker.resume()
            return [*loader._workers]
        seed = ctgrad.empty((), dtype=ctgrad.int64).random_(generator=loader.generator).item()
        workers = [_Worker(loader, i, seed) for i in range(loader.num_workers)] or [_Reader(loader, loader.dataset)]
        if loader.persistent_workers:
            loader._workers = [*workers]
        return workers

    def __iter__(self):
        return self

    def __next__(self):
        numbers = next(self._order)
        while self._workers:
            self._turn %= len(self._workers)
            try:
                batch = self._workers[self._turn].fetch(numbers)
            except StopIteration:
                del self._workers[self._turn]
                continue
            self._turn += 1
            self._count()
            return batch
        raise StopIteration

    def _count(self):
        self._given += 1
        told = self._loader._told_length if self._loader._iterable else None
        if told is not None and self._given > told:
            warnings.warn(f"Length of IterableDataset {self._loader.dataset} was reported to be {told} (when accessing len(dataloader)), but {self._given} "
                          "samples have been fetched." + (" For multiprocessing data-loading, this could be caused by not properly configuring the "
                          "IterableDataset replica at each worker." if self._loader.num_workers else ""), stacklevel=3)

    def __len__(self):
        return len(self._loader)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Without workers."""

    def __init__(self, loader):
        super().__init__(loader)
        assert loader.timeout == 0, "_SingleProcessDataLoaderIter requires timeout == 0"


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """With workers, which are no processes here."""


class _Reader:
    """Fetches batches in the caller's own surroundings."""

    def __init__(self, loader, dataset):
        self._loader = loader
        self._dataset = dataset
        self._begin()

    def _begin(self):
        self._members = iter(self._dataset) if self._loader._iterable else None

    def fetch(self, numbers):
        loader, dataset = self._loader, self._dataset
        if loader.batch_sampler is None:
            data = dataset[numbers] if self._members is None else next(self._members)
        elif self._members is not None:
            data = [*itertools.islice(self._members, len(numbers))]
            if not data or (loader.drop_last and len(data) < len(numbers)):
                raise StopIteration
        elif fetch := getattr(dataset, "__getitems__", None):
            data = fetch(numbers)
        else:
            data = [dataset[number] for number in numbers]
        return loader.collate_fn(data)


class _Worker(_Reader):
    """Fetches batches as a worker process would: random numbers of its own, and known to get_worker_info()."""

    def __init__(self, loader, number, base_seed):
        seed = base_seed + number
        dataset = _copy_with_own_attributes(loader.dataset)
        self._info = WorkerInfo(number, loader.num_workers, seed, dataset)
        entropy = [number, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
        numpys = np.random.RandomState(np.random.SeedSequence(entropy).generate_state(4))
        self._states = ctgrad.Generator().manual_seed(seed).get_state(), random.Random(seed).getstate(), numpys.get_state()
        with self._surroundings():
            if loader.worker_init_fn is not None:
                with _writes_kept_for(dataset, loader.dataset):
                    loader.worker_init_fn(number)
            super().__init__(loader, dataset)

    def resume(self):
        """Begin another pass."""
        with self._surroundings():
            self._begin()

    @contextlib.contextmanager
    def _surroundings(self):
        outside = _random_states()
        _set_random_states(self._states)
        _worker.append(self._info)
        try:
            yield
        finally:
            _worker.pop()
            self._states = _random_states()
            _set_random_states(outside)

    def fetch(self, numbers):
        with self._surroundings():
            return super().fetch(numbers)


def _random_states():
    return ctgrad.get_rng_state(), random.getstate(), np.random.get_state()


def _set_random_states(states):
    ctgrad.set_rng_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])


def _copy_with_own_attributes(dataset):
    """As a process would have it, so that a worker may set attributes; the data set itself where it has none."""
    if not hasattr(dataset, "__dict__") or type(dataset).__new__ is not object.__new__:
        return dataset
    copied = object.__new__(type(dataset))
    copied.__dict__.update(vars(dataset))
    return copied


@contextlib.contextmanager
def _writes_kept_for(copied, dataset):
    """What is set on the data set inside is set on the copy: a method of the data set itself may initialise the worker."""
    if copied is dataset:
        yield
        return
    before = dict(vars(dataset))
    try:
        yield
    finally:
        vars(copied).update((name, value) for name, value in vars(dataset).items() if name not in before or before[name] is not value)
        vars(dataset).clear()
        vars(dataset).update(before)
