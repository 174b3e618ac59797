"""Which way attention is computed, for scripts that choose: held and told back, since there is one way here."""

from contextlib import contextmanager
from enum import IntEnum

from ctgrad.backends import cuda

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(IntEnum):
    """PyTorch's ways."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self):
        return f"<SDPBackend.{self.name}: {self.value}>"

    def __str__(self):
        return f"SDPBackend.{self.name}"


_SWITCHES = {"math": SDPBackend.MATH, "flash": SDPBackend.FLASH_ATTENTION, "mem_efficient": SDPBackend.EFFICIENT_ATTENTION,
             "cudnn": SDPBackend.CUDNN_ATTENTION}


@contextmanager
def sdpa_kernel(backends, set_priority=False):
    """Inside, backends.cuda says that the given ways, and no others, are on."""
    given = [backends] if isinstance(backends, SDPBackend) else backends
    if not isinstance(given, list) or not all(isinstance(way, SDPBackend) for way in given):
        raise AssertionError(f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}")
    with cuda.switched(**{name: way in given for name, way in _SWITCHES.items()}):
        yield {}
