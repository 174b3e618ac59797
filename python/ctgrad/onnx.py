"""The name of PyTorch's exporter, so that scripts which could export import; there is none here."""

__all__ = ["export", "is_in_onnx_export"]


def export(*args, **kwargs):
    """RuntimeError: models are not exported; ``state_dict()`` and ``save`` write what PyTorch reads."""
    raise RuntimeError("onnx.export(): ctgrad does not export ONNX; save the state_dict and load it into PyTorch to export from there")


def is_in_onnx_export():
    """False."""
    return False
