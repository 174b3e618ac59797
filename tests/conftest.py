"""Where the tests find what they compare with."""

import importlib.util

# The oracle is no dependency: its tests are collected where it is installed, and .ci/run installs it.
collect_ignore = [] if importlib.util.find_spec("torch") else ["oracle"]


def pytest_report_header(config):
    oracle = "installed" if importlib.util.find_spec("torch") else "not installed: tests/oracle is left out"
    return f"oracle (torch): {oracle}"
