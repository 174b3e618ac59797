"""Batches of a data set.

Workers are no processes: what PyTorch's workers do is done in turn in the calling one, each with its own state of the default random
generator, its WorkerInfo and, where the data set is only iterated over, its own iterator. Batches and their order are the same.
"""

import contextlib
import itertools
import random
import warnings
from dataclasses import dataclass
from typing import Any

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
    ``timeout``, ``prefetch_factor`` and ``persistent_workers`` change nothing here. ValueError for options that exclude each other.
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
        self._fixed = True

    def __setattr__(self, name, value):
        if name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers") and "_fixed" in vars(self):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self):
        return _Batches(self)

    def __len__(self):
        if not self._iterable:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        length = len(self.dataset)
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


class _Batches:
    """One pass over a loader."""

    def __init__(self, loader):
        if loader.pin_memory:
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.", stacklevel=3)
        self._loader = loader
        self._batched = loader.batch_sampler is not None
        self._order = iter(loader.batch_sampler if self._batched else loader.sampler)
        seed = ctgrad.empty((), dtype=ctgrad.int64).random_(generator=loader.generator).item()
        self._workers = [_Worker(loader, i, seed) for i in range(loader.num_workers)] or [_Reader(loader)]
        self._turn = 0

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
            return batch
        raise StopIteration

    def __len__(self):
        return len(self._loader)


class _Reader:
    """Fetches batches in the caller's own surroundings."""

    def __init__(self, loader):
        self._loader = loader
        self._members = iter(loader.dataset) if loader._iterable else None

    def fetch(self, numbers):
        loader, dataset = self._loader, self._loader.dataset
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
        self._info = WorkerInfo(number, loader.num_workers, seed, loader.dataset)
        self._states = (ctgrad.Generator().manual_seed(seed).get_state(), random.Random(seed).getstate())
        with self._surroundings():
            if loader.worker_init_fn is not None:
                loader.worker_init_fn(number)
            super().__init__(loader)

    @contextlib.contextmanager
    def _surroundings(self):
        outside = (ctgrad.get_rng_state(), random.getstate())
        ctgrad.set_rng_state(self._states[0])
        random.setstate(self._states[1])
        _worker.append(self._info)
        try:
            yield
        finally:
            _worker.pop()
            self._states = (ctgrad.get_rng_state(), random.getstate())
            ctgrad.set_rng_state(outside[0])
            random.setstate(outside[1])

    def fetch(self, numbers):
        with self._surroundings():
            return super().fetch(numbers)
