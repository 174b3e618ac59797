"""Tensor under the module that PyTorch has it in."""

from ctgrad._C import Tensor

__all__ = ["Tensor"]
