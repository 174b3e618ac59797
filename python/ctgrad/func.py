"""Modules as functions of their parameters. Transformations of functions (grad, vmap, jvp of torch.func) are not here: see autograd.functional."""

from ctgrad.nn.utils import stateless

__all__ = ["functional_call"]


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs) with the given tensors in place of parameters and buffers, by dotted name; others are the module's own.

    parameter_and_buffer_dicts: a dict, or a sequence of dicts with no name in common. args: a tuple, or one argument. Gradients
    flow to the given tensors. tie_weights: parameters that the module shares between names stay shared, whichever name is given.
    ValueError for names given twice, or tied names with different tensors. strict: RuntimeError unless all names, and no others,
    are given. The module is as before afterwards, also after an error.
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        given = parameter_and_buffer_dicts
    elif isinstance(parameter_and_buffer_dicts, (list, tuple)):
        if not all(isinstance(d, dict) for d in parameter_and_buffer_dicts):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        given = {name: tensor for d in parameter_and_buffer_dicts for name, tensor in d.items()}
        if len(given) < sum(map(len, parameter_and_buffer_dicts)):
            names = [name for d in parameter_and_buffer_dicts for name in d]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"{twice} appeared in multiple dictionaries: which of the tensors to take cannot be known")
    else:
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(parameter_and_buffer_dicts)}"
        )
    return stateless.call(module, given, args, kwargs, tie_weights, strict)
