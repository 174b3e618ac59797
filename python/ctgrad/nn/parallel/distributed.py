"""Modules trained by several processes, of which there is one."""

from ctgrad.distributed import get_rank
from ctgrad.nn.modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """What scripts ask a module's type for; ValueError where one is made, as before init_process_group."""

    def __init__(self, module, *args, **kwargs):
        super().__init__()
        get_rank()
