"""Helpers beside the tensors: checkpointing, data sets and their batches, hooks."""


def __getattr__(name):
    """Imported when first asked for."""
    if name not in ("_pytree", "checkpoint", "data", "dlpack", "model_zoo"):
        raise AttributeError(f"module 'ctgrad.utils' has no attribute {name!r}")
    import importlib
    return importlib.import_module(f"ctgrad.utils.{name}")
