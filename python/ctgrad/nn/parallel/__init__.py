"""Modules spread over GPUs, which are not there."""

from .data_parallel import DataParallel

__all__ = ["DataParallel"]
