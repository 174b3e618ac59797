"""Exchange with other libraries by DLPack capsules."""

from ctgrad._C import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
