"""The older home of the profiler's names."""

import ctgrad
from ctgrad.profiler import EventList, profile, record_function

__all__ = ["EventList", "emit_itt", "emit_nvtx", "profile", "record_function"]


class _Annotation:
    """A block whose ops are told to a tool from outside."""

    tool = ""

    def __init__(self, enabled=True, record_shapes=False):
        self.enabled, self.record_shapes, self.entered = enabled, record_shapes, False

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError(f"{self.tool} annotation context manager is not reentrant")
        self.entered = True
        return self

    def __exit__(self, kind, error, trace):
        return False


class emit_itt(_Annotation):
    """Of Intel's tools: none listens here, nothing is told."""

    tool = "ITT"


class emit_nvtx(_Annotation):
    """Of NVIDIA's tools: AssertionError on entering, there is no CUDA."""

    tool = "NVTX"

    def __enter__(self):
        entered = super().__enter__()
        if entered:
            ctgrad.cuda.synchronize()
        return entered
