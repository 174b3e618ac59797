"""Padding of the last one to three dimensions."""

from ctgrad.nn import functional as F

from .module import Module

_KINDS = {"Constant": "constant", "Zero": "constant", "Circular": "circular", "Reflection": "reflect", "Replication": "replicate"}
__all__ = [f"{kind}Pad{dims}d" for kind in _KINDS for dims in (1, 2, 3)]


class _Pad(Module):
    """Numbers of elements before and after each dimension, last first; one int stands for all."""

    __constants__ = ["padding"]
    _dims, _mode = 0, ""

    def __init__(self, padding):
        super().__init__()
        self.padding = (padding,) * (2 * self._dims) if isinstance(padding, int) else tuple(padding)

    def forward(self, input):
        if self._mode == "circular" and input.dim() - self._dims not in (1, 2):
            raise ValueError(f"expected {self._dims + 1}D or {self._dims + 2}D input (got {input.dim()}D input)")
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self):
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Pads with ``value``."""

    __constants__ = ["padding", "value"]

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """Pads with zeros."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


_BASES = {"Constant": _ConstantPad, "Zero": _ZeroPad}
for _kind, _mode in _KINDS.items():
    for _dims in (1, 2, 3):
        _base = _BASES.get(_kind, _Pad)
        globals()[f"{_kind}Pad{_dims}d"] = type(f"{_kind}Pad{_dims}d", (_base,), {
            "__module__": __name__, "__doc__": f"``functional.pad`` of {_dims} dimension(s), mode {_mode!r}.", "_dims": _dims, "_mode": _mode})
