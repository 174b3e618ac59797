"""The functions of ``utils.data`` that make one batch of members."""

from ctgrad.utils.data.collate import collate, default_collate, default_collate_fn_map, default_convert

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]
