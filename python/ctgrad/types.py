"""Names of types for annotations, as PyTorch calls them."""

import builtins
import os
from collections.abc import Sequence
from typing import IO, TypeAlias

from ctgrad._C import Size, device, dtype, layout
from ctgrad.storage import TypedStorage, UntypedStorage

__all__ = ["Device", "FileLike", "Number", "Storage"]

_int, _float, _bool, _dtype, _device, _layout = builtins.int, builtins.float, builtins.bool, dtype, device, layout
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_symsize: TypeAlias = Size | Sequence[int]
Number: TypeAlias = int | float | bool
Device: TypeAlias = device | str | int | None
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
Storage: TypeAlias = UntypedStorage | TypedStorage
