"""Mixed precision, for scripts that would use it on a GPU: there is none here, and what they ask for is switched off with PyTorch's warning."""

from ctgrad.amp.autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from ctgrad.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
