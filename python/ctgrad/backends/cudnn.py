"""cuDNN: not there."""

enabled = False
benchmark = False
deterministic = False


def is_available():
    """False."""
    return False
