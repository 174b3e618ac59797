"""The rows of run.py, ctgrad's side, under pytest-benchmark, which keeps the history.

    python -m pytest benchmarks/history.py --benchmark-autosave [--benchmark-compare] [-k "elementwise and 1e4"]
"""

import pytest
import run

SUITES = [name for name in run.SUITES if name != "scripts"]
NAMES = [(suite, row.name) for suite in SUITES for row in run.SUITES[suite][0](False)]
under_way = {}      # suite: its rows, of which one at a time can be called


def find(suite, name):
    """The row: the next ones of those under way, or, where it was passed, from the start."""
    for rows in (under_way.get(suite, iter(())), run.SUITES[suite][0](False)):
        under_way[suite] = rows
        for row in rows:
            if row.name == name:
                return row
    raise LookupError(name)


@pytest.mark.parametrize(("suite", "name"), NAMES, ids=[f"{suite}: {name}" for suite, name in NAMES])
def test_row(benchmark, suite, name):
    benchmark.group = suite
    benchmark(find(suite, name).calls["ctgrad"])
