"""A module spread over GPUs: there are none, and it runs as it is."""

from ctgrad.nn.modules import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Calls `module`, whose parameters stand under "module." here, as PyTorch's does where there is no GPU."""

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module = module
        self.device_ids = []

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)
