"""The former place of ``func.functional_call``."""

import warnings

__all__ = ["functional_call"]


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """``func.functional_call``, with a FutureWarning."""
    from ctgrad import func

    warnings.warn("`torch.nn.utils.stateless.functional_call` is deprecated in favor of `torch.func.functional_call`.", FutureWarning, stacklevel=2)
    return func.functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)
