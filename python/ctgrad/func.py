"""A module as a function of its parameters."""

from ctgrad.nn.modules.module import Module

__all__ = ["functional_call"]


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """``module(*args, **kwargs)`` with the tensors of a dict, or of several, in place of the parameters and buffers of their dotted paths.

    Gradients flow to them; the module has its own again afterwards. What a forward puts in the place of a buffer goes into the dict.
    ``tie_weights``: a tensor stands for all members that are one. ValueError for a path given twice, RuntimeError, where ``strict``, for paths
    that are missing or unknown.
    """
    if not isinstance(module, Module):
        raise TypeError(f"functional_call expects a Module, but got {type(module).__name__}")
    dicts = [parameter_and_buffer_dicts] if isinstance(parameter_and_buffer_dicts, dict) else parameter_and_buffer_dicts
    if not isinstance(dicts, (list, tuple)) or not all(isinstance(given, dict) for given in dicts):
        raise ValueError("Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts")
    given = {}
    for part in dicts:
        for path in part:
            if path in given:
                raise ValueError(f"{path} appears in multiple dictionaries; behavior of functional call is ambiguous")
        given.update(part)
    places = _places(module)
    if strict:
        _check_paths(set(given), set(places))
    swapped = _with_tied(given, places) if tie_weights else {path: tensor for path, tensor in given.items() if path in places}
    own = [(members, name, members[name]) for members, name in map(places.get, swapped)]
    try:
        for path, tensor in swapped.items():
            members, name = places[path]
            members[name] = tensor
        return module(*(() if args is None else args if isinstance(args, tuple) else (args,)), **(kwargs or {}))
    finally:
        for part in dicts:
            part.update({path: places[path][0][places[path][1]] for path in part if path in places and places[path][1] in places[path][0]})
        for members, name, tensor in own:
            members[name] = tensor


def _places(module):
    """For each dotted path the dict of its module that holds the member, and its name there."""
    found = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for members in (part._parameters, part._buffers):
            for name, tensor in members.items():
                if tensor is not None:
                    found[f"{prefix}.{name}" if prefix else name] = members, name
    return found


def _check_paths(given, known):
    problems = [f"{kind} key(s): {', '.join(sorted(paths))}." for kind, paths in (("Unexpected", given - known), ("Missing", known - given)) if paths]
    if problems:
        raise RuntimeError("Error(s) in functional_call:\n\t" + "\n\t".join(problems))


def _with_tied(given, places):
    """What stands where, with the members that are tied to one that is given."""
    groups = {}
    for path, (members, name) in places.items():
        groups.setdefault(id(members[name]), []).append(path)
    swapped = {}
    for paths in groups.values():
        values = {path: given[path] for path in paths if path in given}
        if len({id(tensor) for tensor in values.values()}) > 1:
            raise ValueError(f"functional_call got multiple values for keys {sorted(values)}, which are tied. Consider using tie_weights=False")
        for path in paths if values else ():
            swapped[path] = next(iter(values.values()))
    return swapped
