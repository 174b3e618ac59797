"""What scripts ask before they choose a device: there is no CUDA here, so the answers send them to the CPU."""


def is_available():
    """False."""
    return False


def device_count():
    """0."""
    return 0


def is_initialized():
    """False."""
    return False


def manual_seed(seed):
    """Nothing to seed."""


def manual_seed_all(seed):
    """Nothing to seed."""


def empty_cache():
    """Nothing to empty."""


def _refuse(*args, **kwargs):
    raise AssertionError("Torch not compiled with CUDA enabled: ctgrad computes on the CPU")


current_device = get_device_name = synchronize = set_device = memory_allocated = _refuse
