"""Losses scaled up, so that small gradients do not vanish in halves, and steps left out where they overflow."""

import warnings

from ctgrad import _C
from ctgrad.autograd import no_grad

__all__ = ["GradScaler"]

_NUMBERS = ("growth_factor", "backoff_factor", "growth_interval")


class GradScaler:
    """``scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()``, as PyTorch's; off for a GPU, since there is none.

    A step is left out where a gradient is infinite or NaN. `update` then multiplies the scale by backoff_factor; after
    growth_interval steps without such a gradient it multiplies by growth_factor.
    """

    def __init__(self, device="cuda", init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True):
        if enabled and device != "cpu":
            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
        self._device = device
        self._enabled = bool(enabled) and device == "cpu"
        if not self._enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._scale = float(init_scale)
        self._growth_factor, self._backoff_factor, self._growth_interval = growth_factor, backoff_factor, growth_interval
        self._good_steps = 0
        self._found = {}  # id of an optimizer: whether its gradients overflowed, None until they are divided
        self._stepped = set()

    def scale(self, outputs):
        """A tensor times the scale, or each of a list or tuple of them."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, _C.Tensor):
            return outputs * _C.tensor(self._scale)
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(map(self.scale, outputs))
        if hasattr(outputs, "__iter__"):
            return map(self.scale, outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer):
        """Divides the optimizer's gradients by the scale, once before each step."""
        if not self._enabled:
            return
        if id(optimizer) in self._stepped:
            raise RuntimeError("unscale_() is being called after step().")
        if self._found.get(id(optimizer)) is not None:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        self._found[id(optimizer)] = self._divide(optimizer)

    def _divide(self, optimizer):
        found = False
        inverse = _C.tensor(self._scale, dtype=_C.float64).reciprocal().float()
        with no_grad():
            for group in optimizer.param_groups:
                for gradient in (p.grad for p in group["params"] if p.grad is not None):
                    if gradient.dtype is _C.float16:
                        raise ValueError("Attempting to unscale FP16 gradients.")
                    found = not gradient.isfinite().all() or found
                    gradient *= inverse
        return bool(found)

    def step(self, optimizer, *args, **kwargs):
        """optimizer.step(), unless a gradient overflowed; divides by the scale where `unscale_` has not."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        if id(optimizer) in self._stepped:
            raise RuntimeError("step() has already been called since the last update().")
        if self._found.get(id(optimizer)) is None:
            self.unscale_(optimizer)
        self._stepped.add(id(optimizer))
        return None if self._found[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale=None):
        """The scale of the next iteration: new_scale, or what the steps since the last update say."""
        if not self._enabled:
            return
        found = [*self._found.values()]
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not found:
            raise AssertionError("No inf checks were recorded prior to update.")
        elif any(found):
            self._scale *= self._backoff_factor
            self._good_steps = 0
        else:
            self._good_steps += 1
            if self._good_steps == self._growth_interval:
                self._scale *= self._growth_factor
                self._good_steps = 0
        self._found, self._stepped = {}, set()

    def get_scale(self):
        """The scale, 1.0 where this is off."""
        return self._scale if self._enabled else 1.0

    def is_enabled(self):
        """Whether anything is scaled."""
        return self._enabled

    def state_dict(self):
        """What `load_state_dict` takes; empty where this is off."""
        if not self._enabled:
            return {}
        return {"scale": self._scale, **{name: getattr(self, f"_{name}") for name in _NUMBERS}, "_growth_tracker": self._good_steps}

    def load_state_dict(self, state_dict):
        """Goes on where another stopped. RuntimeError for the state of one that was off."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.")
        self._scale, self._good_steps = state_dict["scale"], state_dict["_growth_tracker"]
        for name in _NUMBERS:
            setattr(self, f"_{name}", state_dict[name])


def _told_and_set(name):
    def told(self):
        return getattr(self, f"_{name}")

    def set_to(self, value):
        setattr(self, f"_{name}", value)
    told.__name__, set_to.__name__ = f"get_{name}", f"set_{name}"
    told.__doc__, set_to.__doc__ = f"The {name.replace('_', ' ')}.", f"Sets the {name.replace('_', ' ')}."
    return told, set_to


for _name in _NUMBERS:
    for _method in _told_and_set(_name):
        setattr(GradScaler, _method.__name__, _method)
