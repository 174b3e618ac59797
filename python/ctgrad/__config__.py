"""How this build computes."""

from ctgrad import _C
from ctgrad.version import __version__ as _version

__all__ = ["parallel_info", "show"]


def show():
    """Version, instruction set and threads, one a line."""
    return f"ctgrad {_version}\n  - device: cpu, instruction set: {_C._simd()}\n  - threads: {_C.get_num_threads()}\n"


def parallel_info():
    """How many threads share long work."""
    return f"ctgrad\n\tget_num_threads() : {_C.get_num_threads()}\n"
