"""Helpers beside the tensors: checkpointing, hooks."""
