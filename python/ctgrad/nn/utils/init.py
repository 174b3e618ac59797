"""Layers whose parameters nobody has set."""

import inspect

import ctgrad

__all__ = ["skip_init"]


def skip_init(module_cls, *args, **kwargs):
    """A module of the class whose parameters and buffers hold whatever the allocator gave; the random stream is as it was before.

    RuntimeError unless the class is a Module's and takes ``device``.
    """
    if not issubclass(module_cls, ctgrad.nn.Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    kwargs.pop("device", None)
    state = ctgrad.get_rng_state()
    try:
        return module_cls(*args, **kwargs).to_empty(device="cpu")
    finally:
        ctgrad.set_rng_state(state)
