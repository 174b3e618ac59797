"""cuDNN: not there."""

from contextlib import contextmanager

enabled = False
benchmark = False
deterministic = False
allow_tf32 = True


def is_available():
    """False."""
    return False


@contextmanager
def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True, fp32_precision="none"):
    """Inside, nothing else happens."""
    yield
