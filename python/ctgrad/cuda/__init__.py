"""What scripts ask before they choose a device: there is no CUDA here, so the answers send them to the CPU."""


_initialized = False


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


def is_bf16_supported(including_emulation=True):
    """False."""
    return False


def memory_allocated(device=None):
    """0: nothing of a GPU's memory."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def get_rng_state_all():
    """A list of the states of all GPUs: empty."""
    return []


def set_rng_state_all(new_states):
    """Nothing to set."""


def seed():
    """Nothing to seed."""


seed_all = seed


def _refuse(*args, **kwargs):
    raise AssertionError("Torch not compiled with CUDA enabled: ctgrad computes on the CPU")


current_device = get_device_name = get_device_capability = get_device_properties = get_rng_state = initial_seed = ipc_collect = _refuse
set_device = synchronize = _refuse


def __getattr__(name):
    """Imported when first asked for; the types of tensors on a GPU say that there are none."""
    if name == "amp":
        import importlib
        return importlib.import_module("ctgrad.cuda.amp")
    if name.endswith("Tensor"):
        from ctgrad import _C
        if isinstance(getattr(_C, name, None), _C.tensortype):
            return _NoTensor(name)
    raise AttributeError(f"module 'ctgrad.cuda' has no attribute {name!r}")


class _NoTensor:
    """Stands for a type such as cuda.FloatTensor: a script may name it, but not make one."""

    def __init__(self, name):
        self.__name__ = name

    def __call__(self, *args, **kwargs):
        raise TypeError(f"type torch.cuda.{self.__name__} not available. Torch not compiled with CUDA enabled.")
