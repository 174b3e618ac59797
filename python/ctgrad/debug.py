"""What is alive, and how tensors lie in memory."""

from ctgrad import _C

__all__ = ["live", "memory"]


def live():
    """Counts of live tensors, arrays, storages, nodes, allocator blocks and bytes, as a dict."""
    return _C._live()


def memory():
    """Counts of the allocator: live and total blocks and bytes, and bytes cached for reuse."""
    return _C._memory()
