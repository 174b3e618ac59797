"""The part of a data set that one of several processes reads."""

import ctgrad

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every ``num_replicas``-th member from number ``rank`` on, of a permutation that ``seed`` and ``set_epoch`` fix.

    All get as many: the first members come again at the end, or with ``drop_last`` the last are left out. ValueError for a rank outside;
    RuntimeError unless both are given, as there are no process groups here.
    """

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        if num_replicas is None or rank is None:
            raise RuntimeError("Requires distributed package to be available: give num_replicas and rank")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank, self.shuffle, self.seed, self.drop_last = dataset, num_replicas, rank, shuffle, seed, drop_last
        self.epoch = 0
        whole, rest = divmod(len(dataset), num_replicas)
        self.num_samples = whole if drop_last or not rest else whole + 1
        self.total_size = self.num_samples * num_replicas

    def __iter__(self):
        n = len(self.dataset)
        numbers = ctgrad.randperm(n, generator=ctgrad.Generator().manual_seed(self.seed + self.epoch)).tolist() if self.shuffle else list(range(n))
        while numbers and len(numbers) < self.total_size:
            numbers += numbers[:self.total_size - len(numbers)]
        return iter(numbers[self.rank:self.total_size:self.num_replicas])

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Another permutation, the same for all ranks."""
        self.epoch = epoch
