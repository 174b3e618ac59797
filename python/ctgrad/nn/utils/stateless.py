"""`functional_call`: a module run with other tensors in place of its parameters and buffers."""

import contextlib
import warnings

from ctgrad._C import Tensor

__all__ = ["functional_call"]


_ABSENT = object()


def _named(module):
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _tied(module, given):
    """`given` with every other name of the tensors that it replaces. ValueError where names of one tensor are given different ones."""
    groups = {}
    for name, tensor in _named(module):
        groups.setdefault(id(tensor), []).append(name)
    tied = dict(given)
    for names in groups.values():
        replaced = [name for name in names if name in given]
        if len({id(given[name]) for name in replaced}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(replaced)}, which are tied. Consider using tie_weights=False"
            )
        if replaced:
            tied.update(dict.fromkeys(names, given[replaced[0]]))
    return tied


def _check_names(module, given):
    known = {name for name, _ in _named(module)}
    missing, unexpected = sorted(known - set(given)), sorted(set(given) - known)
    if missing or unexpected:
        raise RuntimeError(
            f"functional_call of {type(module).__name__} with strict=True:"
            + (f" Missing key(s): {', '.join(missing)}." if missing else "")
            + (f" Unexpected key(s): {', '.join(unexpected)}." if unexpected else "")
        )


def _place(module, name):
    """The dict in which a module keeps what is called `name`, and its key there."""
    path, _, leaf = name.rpartition(".")
    owner = module.get_submodule(path)
    for members in (owner._parameters, owner._buffers):
        if leaf in members:
            return members, leaf
    return vars(owner), leaf


@contextlib.contextmanager
def _swapped(module, given):
    """What forward assigns to these names meanwhile is found in `given` afterwards."""
    places = {name: _place(module, name) for name in given}
    before = {name: members.get(leaf, _ABSENT) for name, (members, leaf) in places.items()}
    try:
        for name, (members, leaf) in places.items():
            members[leaf] = given[name]
        yield
    finally:
        for name, (members, leaf) in places.items():
            given[name], members[leaf] = members.get(leaf), before[name]
            if before[name] is _ABSENT:
                del members[leaf]


def call(module, given, args, kwargs, tie_weights, strict):
    """`functional_call` proper: `given` is one dict, and is updated."""
    for name, tensor in given.items():
        if not isinstance(tensor, (Tensor, type(None))):
            raise TypeError(f"{tensor!r} is not an instance of Tensor: functional_call got it for `{name}`")
    swapped = _tied(module, given) if tie_weights else dict(given)
    if strict:
        _check_names(module, swapped)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        with _swapped(module, swapped):
            return module(*args, **(kwargs or {}))
    finally:
        given.update((name, swapped[name]) for name in given)


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """The old place of `ctgrad.func.functional_call`, which see; takes one dict, where buffers that forward replaces are replaced."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated: use `torch.func.functional_call`", FutureWarning, stacklevel=2
    )
    return call(module, parameters_and_buffers, args, kwargs, tie_weights, strict)
