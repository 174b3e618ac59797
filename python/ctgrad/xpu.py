"""Intel's GPU: not there."""

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all"]


def is_available():
    """False."""
    return False


def device_count():
    """0."""
    return 0


def manual_seed(seed):
    """Nothing to seed."""


def empty_cache():
    """Nothing to empty."""


def manual_seed_all(seed):
    """Nothing to seed."""
