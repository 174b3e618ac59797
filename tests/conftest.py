"""Where the tests find what they compare with, and what they all start from."""

import gc
import importlib.util
import itertools
import os
import random

import hypothesis
import numpy as np
import pytest

import ctgrad

# The oracle is no dependency: its tests are collected where it is installed, and .ci/run installs it.
collect_ignore = [] if importlib.util.find_spec("torch") else ["oracle"]


def pytest_report_header(config):
    oracle = "installed" if importlib.util.find_spec("torch") else "not installed: tests/oracle is left out"
    return f"oracle (torch): {oracle}"


def pytest_collection_finish(session):
    set_aside()


def set_aside():
    """The tests of leaks ask for thousands of full collections: these need not visit what was imported, collected and reported before."""
    gc.collect()
    gc.freeze()


tests_begun = itertools.count(1)


def pytest_runtest_setup(item):
    if next(tests_begun) % 50 == 0:
        set_aside()


# Every run draws the same numbers, so that no test fails by chance. Another seed explores: no test may depend on this one.
SEED = int(os.environ.get("CTGRAD_TEST_SEED", 0))
hypothesis.settings.register_profile("repeatable", derandomize=SEED == 0, database=None, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def start_of_all_random_streams():
    random.seed(SEED)
    np.random.seed(SEED)
    ctgrad.manual_seed(SEED)


@pytest.fixture
def mechanisms_on():
    """What is asserted of cost and layout holds with the mechanisms as they are by default, whatever the environment says."""
    before = ctgrad._C._switches(4096, True)
    yield
    ctgrad._C._switches(*before)
