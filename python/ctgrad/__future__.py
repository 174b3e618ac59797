"""How Module.load_state_dict(assign=True) replaces parameters: by others, or, once this was asked for, in the same objects."""

__all__ = ["get_overwrite_module_params_on_conversion", "get_swap_module_params_on_conversion", "set_overwrite_module_params_on_conversion",
           "set_swap_module_params_on_conversion"]

_set = {"overwrite": False, "swap": False}


def set_overwrite_module_params_on_conversion(value):
    """Held; conversions keep the Parameter, which takes the new numbers."""
    _set["overwrite"] = value


def get_overwrite_module_params_on_conversion():
    """What set_overwrite_module_params_on_conversion was told."""
    return _set["overwrite"]


def set_swap_module_params_on_conversion(value):
    """Whether load_state_dict(assign=True) swaps (``utils.swap_tensors``) instead of putting another Parameter in the place.

    Conversions (``to``, ``half``) keep the Parameter either way.
    """
    _set["swap"] = value


def get_swap_module_params_on_conversion():
    """What set_swap_module_params_on_conversion was told."""
    return _set["swap"]
