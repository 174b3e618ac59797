"""Finding the operation whose gradient went wrong."""

import warnings

from ctgrad._C import _set_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """Turn anomaly detection on or off, at once; as a context manager it is undone at the end.

    mode: on or off. check_nan: also raise RuntimeError when a gradient formula returns nan.
    """

    def __init__(self, mode, check_nan=True):
        for name, value in ("enabled", mode), ("check_nan", check_nan):
            if not isinstance(value, bool):
                raise TypeError(f"set_detect_anomaly(): argument '{name}' must be bool, not {type(value).__name__}")
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        _set_anomaly(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        _set_anomaly(*self._before)


class detect_anomaly:
    """Inside the block, an error in a backward pass shows the forward call that recorded the failing operation, and
    (with `check_nan`) a gradient that is nan is such an error. Slows recording down: for debugging."""

    def __init__(self, check_nan=True):
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self):
        _set_anomaly(True, self.check_nan)

    def __exit__(self, *error):
        _set_anomaly(*self._before)
