"""cuDNN: not there."""

from contextlib import contextmanager

# What scripts set and read; nothing comes of it.
enabled = True
benchmark = False
benchmark_limit = None
deterministic = False
allow_tf32 = True


def is_available():
    """False."""
    return False


def is_acceptable(tensor):
    """False: no tensor is for cuDNN."""
    return False


def version():
    """None."""


@contextmanager
def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True, fp32_precision="none"):
    """Inside, nothing else happens."""
    yield
