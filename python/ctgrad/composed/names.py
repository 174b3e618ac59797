"""Second names that PyTorch gives to ops, and ops in place that are functions too."""

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import alias

NAMES = {
    "absolute": "abs", "negative": "neg", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "greater": "gt",
    "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2", "fix": "trunc",
}

for _new, _old in NAMES.items():
    alias(_new, _old)
_C.dsmm = _C.spmm = _C.mm  # functions only; of a dense matrix they are its product


def _function(name):
    method = getattr(Tensor, name)

    def write(input, *args, **kwargs):
        return method(input, *args, **kwargs)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"Tensor.{name} as a function."
    return write


for _name in ("addmv_", "as_strided_", "clamp_max_", "clamp_min_", "detach_", "fill_", "round_"):
    setattr(_C, _name, _function(_name))
