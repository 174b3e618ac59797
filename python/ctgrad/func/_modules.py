"""Modules as functions of their parameters."""

import ctgrad
from ctgrad.nn.modules.batchnorm import _BatchNorm
from ctgrad.nn.utils import stateless

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]


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


def replace_all_batch_norm_modules_(root):
    """Every batch norm in root, root included, loses its running statistics and normalizes by its batch's from then on. Returns root."""
    for module in root.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


def _stacked(name, tensors):
    wanted = {t.requires_grad for t in tensors}
    if len(wanted) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    stacked = ctgrad.stack(tensors)
    return stacked.detach().requires_grad_() if wanted.pop() else stacked


def stack_module_state(models):
    """(parameters, buffers) of several models of one class: dicts by dotted name, the models' tensors stacked along a new first dimension.

    What requires a gradient in the models does so here, as a new leaf. RuntimeError unless the models are of one class and mode.
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({bool(model.training) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")

    def stacked(members):
        dicts = [dict(members(model)) for model in models]
        return {name: _stacked(name, [members[name] for members in dicts]) for name in dicts[0]}

    return stacked(lambda model: model.named_parameters()), stacked(lambda model: model.named_buffers())
