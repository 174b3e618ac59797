"""cuDNN: not there."""

enabled = False
benchmark = False
deterministic = False
allow_tf32 = True


def is_available():
    """False."""
    return False
