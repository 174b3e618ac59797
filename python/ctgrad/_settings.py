"""What scripts set for the whole process: the type and device of new tensors, determinism, precision of products."""

from ctgrad import _C
from ctgrad._C import Tensor, device
from ctgrad.composed import warn_once

__all__ = ["are_deterministic_algorithms_enabled", "get_default_device", "get_deterministic_debug_mode", "get_float32_matmul_precision",
           "is_deterministic_algorithms_warn_only_enabled", "set_default_device", "set_default_tensor_type", "set_deterministic_debug_mode",
           "set_float32_matmul_precision", "set_flush_denormal", "typename", "use_deterministic_algorithms"]

_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")
_now = {"mode": 0, "warn_only": False, "precision": "highest"}


def typename(obj):
    """The full name of an object's type: "torch.FloatTensor" of a tensor; of a class or function its own name."""
    if isinstance(obj, Tensor):
        return obj.type()
    if isinstance(obj, _C.tensortype):
        return f"torch.{obj.__name__}"
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module.replace('ctgrad', 'torch', 1)}.{named.__qualname__}"


def set_default_tensor_type(t):
    """An older `set_default_dtype`: takes a class such as `FloatTensor`, or its name, "torch.FloatTensor"."""
    warn_once("torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
              "torch.set_default_device() as alternatives.")
    if isinstance(t, str):
        module, _, name = t.rpartition(".")
        if module == "torch.cuda":
            raise TypeError(f"type {t} not available. Torch not compiled with CUDA enabled.")
        if module != "torch":
            raise ModuleNotFoundError(f"No module named {module or name!r}")
        if not hasattr(_C, name):
            raise AttributeError(f"module 'torch' has no attribute {name!r}")
        t = getattr(_C, name)
    if not isinstance(t, _C.tensortype):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    _C.set_default_dtype(t.dtype)


def set_default_device(device):
    """Nothing to choose but the CPU: AssertionError for another device."""
    if device is not None and _C.device(device).type not in ("cpu", "meta"):
        raise AssertionError(f"tensors are the CPU's: there is no {device}")


def get_default_device():
    """device(type='cpu')."""
    return device("cpu")


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Noted, and told by the functions beside this one. Nothing to choose: results are the same in every run."""
    if not isinstance(mode, bool):
        raise TypeError(f"_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not {type(mode).__name__}")
    if not isinstance(warn_only, bool):
        raise TypeError(f"_set_deterministic_algorithms(): argument 'warn_only' must be bool, not {type(warn_only).__name__}")
    _now["mode"] = (1 if warn_only else 2) if mode else 0
    _now["warn_only"] = warn_only


def are_deterministic_algorithms_enabled():
    """What was asked for last."""
    return _now["mode"] > 0


def is_deterministic_algorithms_warn_only_enabled():
    """What was asked for last."""
    return _now["warn_only"]


def set_deterministic_debug_mode(debug_mode):
    """0 or "default", 1 or "warn", 2 or "error"."""
    if not isinstance(debug_mode, (str, int)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if debug_mode not in (_MODES if isinstance(debug_mode, str) else range(3)):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, 2 or one of {_MODES}, but got {debug_mode}")
    _now["mode"] = _MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    _now["warn_only"] = _now["mode"] == 1


def get_deterministic_debug_mode():
    """0, 1 or 2."""
    return _now["mode"]


def set_float32_matmul_precision(precision):
    """"highest", "high" or "medium" is noted: float32 products are computed in float32 whatever is asked for. A warning for another word."""
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision in _PRECISIONS:
        _now["precision"] = precision
    else:
        warn_once(f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has no effect.")


def get_float32_matmul_precision():
    """What was asked for last."""
    return _now["precision"]


def set_flush_denormal(mode):
    """False: the smallest numbers are never flushed to zero."""
    if not isinstance(mode, bool):
        raise TypeError(f"set_flush_denormal(): argument 'mode' must be bool, not {type(mode).__name__}")
    return False


def _log_api_usage_once(event):
    """Nothing is logged. (Other packages call it where PyTorch's own modules do.)"""


_C._log_api_usage_once = _log_api_usage_once
