"""CUDA: not there. What scripts set here is held and changes nothing."""

import contextlib
import warnings
from types import SimpleNamespace

matmul = SimpleNamespace(fp32_precision="none", allow_tf32=False, allow_fp16_reduced_precision_reduction=True, allow_bf16_reduced_precision_reduction=True)
_sdp = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def is_built():
    """False."""
    return False


def flash_sdp_enabled():
    """What enable_flash_sdp was told."""
    return _sdp["flash"]


def enable_flash_sdp(enabled):
    """Held; attention has one way here."""
    _sdp["flash"] = bool(enabled)


def mem_efficient_sdp_enabled():
    """What enable_mem_efficient_sdp was told."""
    return _sdp["mem_efficient"]


def enable_mem_efficient_sdp(enabled):
    """Held; attention has one way here."""
    _sdp["mem_efficient"] = bool(enabled)


def math_sdp_enabled():
    """What enable_math_sdp was told."""
    return _sdp["math"]


def enable_math_sdp(enabled):
    """Held; attention has one way here."""
    _sdp["math"] = bool(enabled)


def cudnn_sdp_enabled():
    """What enable_cudnn_sdp was told."""
    return _sdp["cudnn"]


def enable_cudnn_sdp(enabled):
    """Held; attention has one way here."""
    _sdp["cudnn"] = bool(enabled)


@contextlib.contextmanager
def switched(**switches):
    """The switches of attention, by name, inside a block."""
    before = dict(_sdp)
    _sdp.update(switches)
    try:
        yield {}
    finally:
        _sdp.update(before)


def sdp_kernel(enable_flash=True, enable_math=True, enable_mem_efficient=True, enable_cudnn=True):
    """The switches of attention, inside a block: the older nn.attention.sdpa_kernel."""
    warnings.warn("`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. Please see "
                  "`torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.", FutureWarning, stacklevel=2)
    return switched(flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
