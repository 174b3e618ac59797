"""Data loaders: workers that are no processes, and samplers of a part."""

import warnings

import ctgrad
import pytest
from ctgrad.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset, get_worker_info


class Span(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        return iter(range(self.start, self.end))


class Short(Span):
    def __len__(self):
        return 3


class Named(Dataset):
    name = None

    def rename(self, number):
        self.name = number

    def __getitem__(self, index):
        self.read = getattr(self, "read", 0) + 1
        return self.name, self.read

    def __len__(self):
        return 8


def part(number):
    """As the documentation of PyTorch's data sets has it: a worker narrows its own data set."""
    data, workers = get_worker_info().dataset, get_worker_info().num_workers
    share = (data.end - data.start) // workers
    data.start, data.end = data.start + number * share, data.start + (number + 1) * share


def test_a_worker_has_attributes_of_its_own():
    data = Span(0, 6)
    loader = DataLoader(data, batch_size=None, num_workers=3, worker_init_fn=part)
    assert sorted(loader) == sorted(loader) == list(range(6)) and (data.start, data.end) == (0, 6)
    named = Named()
    names = [batch[0].tolist() for batch in DataLoader(named, batch_size=2, num_workers=2, worker_init_fn=named.rename)]
    assert names == [[0, 0], [1, 1], [0, 0], [1, 1]] and vars(named) == {}


def test_persistent_workers_go_on():
    def reads(loader):
        return [batch[1].tolist() for batch in loader]

    named = Named()
    named.name = 0
    fresh, kept = (DataLoader(named, batch_size=2, num_workers=2, persistent_workers=p) for p in (False, True))
    assert reads(fresh) == reads(fresh) == reads(kept) == [[1, 2], [1, 2], [3, 4], [3, 4]]
    assert reads(kept) == [[5, 6], [5, 6], [7, 8], [7, 8]] and vars(named) == {"name": 0}


def test_more_than_a_data_set_tells_is_warned_about():
    loader = DataLoader(Short(0, 5), batch_size=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [*map(int, iter(loader))] == [0, 1, 2, 3, 4] and len(loader) == 3
    with pytest.warns(UserWarning, match="reported to be 3"):
        for _ in loader:
            pass


@pytest.mark.parametrize("drop, expected", [(False, [[0, 3, 6], [1, 4, 0], [2, 5, 1]]), (True, [[0, 3], [1, 4], [2, 5]])])
def test_every_rank_gets_its_part(drop, expected):
    parts = [DistributedSampler(range(7), 3, rank, shuffle=False, drop_last=drop) for rank in range(3)]
    assert [list(p) for p in parts] == expected and [len(p) for p in parts] == [len(e) for e in expected]
    mixed = [DistributedSampler(range(7), 7, rank) for rank in range(7)]
    first = [list(p)[0] for p in mixed]
    assert sorted(first) == list(range(7))
    for p in mixed:
        p.set_epoch(1)
    assert [list(p)[0] for p in mixed] != first
    with pytest.raises(ValueError, match="Invalid rank"):
        DistributedSampler(range(7), 2, 2)
    with pytest.raises(RuntimeError):
        DistributedSampler(range(7))


def test_names_and_types():
    assert DataLoader[ctgrad.Tensor] and DataLoader(Named(), batch_size=None)._auto_collation is False
    from ctgrad.utils.data._utils.collate import default_collate

    assert default_collate is ctgrad.utils.data.default_collate
