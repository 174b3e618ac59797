"""Regions in which ops would choose the dtype they compute in. Here each computes in the dtypes of its operands, so no region can be switched on."""

import functools
import warnings

from ctgrad import _C

__all__ = ["autocast", "custom_bwd", "custom_fwd", "get_autocast_dtype", "is_autocast_available", "is_autocast_cache_enabled", "is_autocast_enabled"]

_DEVICES = ("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy", "vulkan", "mps", "meta",
            "hpu", "mtia", "privateuseone")
_CASTING = ("cpu", "cuda", "xpu", "hpu", "ipu", "maia", "xla", "mtia", "mps")


def _checked(device_type):
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if device_type not in _DEVICES:
        raise RuntimeError(f"Expected one of {', '.join(_DEVICES)} device type at start of device string: {device_type}")
    return device_type


def is_autocast_available(device_type):
    """Whether PyTorch has such regions for the device, built in or not."""
    return _checked(device_type) in _CASTING


def is_autocast_enabled(device_type="cuda"):
    """False: no region is ever on."""
    _checked(device_type)
    return False


def get_autocast_dtype(device_type):
    """What products would be computed in: bfloat16 on the CPU, float16 on others."""
    return _C.bfloat16 if _checked(device_type) in ("cpu", "xla", "hpu") else _C.float16


def is_autocast_cache_enabled():
    """True, as PyTorch says outside of every region."""
    return True


class autocast:
    """A region, or a decorator of a function that is one, in which nothing is cast.

    Where PyTorch's would be off for want of a GPU, or of a dtype that it knows, so is this, with the same warning. The one that
    PyTorch would switch on, the CPU's in bfloat16 or float16, is not there: NotImplementedError.
    """

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._enabled = False
        if not enabled:
            return
        if device_type == "cuda":
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
        elif device_type != "cpu":
            raise RuntimeError(f"autocast: there is no {device_type} here")
        elif self.fast_dtype not in (_C.bfloat16, _C.float16):
            warnings.warn("In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                          "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.", stacklevel=2)
        else:
            raise NotImplementedError("autocast on the CPU: ctgrad computes in the dtypes of the operands; convert the module, or pass enabled=False")

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return False

    def __call__(self, function):
        @functools.wraps(function)
        def called(*args, **kwargs):
            with self:
                return function(*args, **kwargs)
        return called


def _inside(device_type):
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def custom_fwd(fwd=None, *, device_type, cast_inputs=None):
    """The forward of a Function as it is. PyTorch's casts inside a region that is on; outside it does nothing."""
    _inside(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def forward(*args, **kwargs):
        args[0]._dtype = get_autocast_dtype(device_type)
        args[0]._fwd_used_autocast = False
        return fwd(*args, **kwargs)
    return forward


def custom_bwd(bwd=None, *, device_type):
    """The backward of a Function as it is: it runs as its forward did, outside of every region."""
    _inside(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def backward(*args, **kwargs):
        return bwd(*args, **kwargs)
    return backward
