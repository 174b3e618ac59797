"""What scripts ask before they choose a device: there is none but the CPU."""

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available():
    """False."""
    return False


def device_count():
    """0."""
    return 0


def current_accelerator(check_available=False):
    """None."""
