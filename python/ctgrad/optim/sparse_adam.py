"""SparseAdam, whose gradients are sparse: there are none here, and it says so."""

import ctgrad

from .optimizer import Optimizer

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam for sparse gradients. A step over a parameter that has a (dense) gradient is a RuntimeError, as in PyTorch."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, maximize=False):
        if isinstance(lr, ctgrad.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value, allowed in (("learning rate", lr, lr > 0.0), ("epsilon value", eps, eps > 0.0),
                                     ("beta parameter at index 0", betas[0], 0.0 <= betas[0] < 1.0), ("beta parameter at index 1", betas[1], 0.0 <= betas[1] < 1.0)):
            if not allowed:
                raise ValueError(f"Invalid {name}: {value}")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    @ctgrad.no_grad()
    def step(self, closure=None):
        """RuntimeError where a parameter has a gradient; otherwise closure's loss."""
        loss = None
        if closure is not None:
            with ctgrad.enable_grad():
                loss = closure()
        if any(p.grad is not None for group in self.param_groups for p in group["params"]):
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        return loss
