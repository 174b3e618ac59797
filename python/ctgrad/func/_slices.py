"""A function over the slices of its arguments: a loop, whose results are stacked.

The numbers are those of PyTorch's vmap, the time is that of the loop. What PyTorch refuses inside of vmap because it runs the
function once (branches on values, `.item()`) works here.
"""

import functools

import ctgrad
from ctgrad._C import Tensor, _keep_graphs
from ctgrad.utils._pytree import _broadcast_to_and_flatten, tree_flatten, tree_leaves, tree_structure, tree_unflatten

__all__ = ["Draws", "vmap"]


def _kept(more, func, args, kwargs):
    """func(*args, **kwargs). Where more slices follow, a graph of the outside that it runs through is kept for them."""
    before = _keep_graphs(True) if more else None
    try:
        return func(*args, **kwargs)
    finally:
        if more:
            _keep_graphs(before)


class Draws:
    """Keeps what randomness allows: with "error", that nothing is drawn from the default generator; with "same", that each slice draws alike."""

    def __init__(self, randomness):
        if randomness not in ("error", "different", "same"):
            raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
        self.randomness = randomness

    def __enter__(self):
        self.before = ctgrad.get_rng_state()
        return self

    def again(self):
        """A slice begins."""
        if self.randomness == "same":
            ctgrad.set_rng_state(self.before)

    def check(self):
        """RuntimeError, with the generator as it was, when something was drawn that must not."""
        if self.randomness == "error" and not ctgrad.equal(self.before, ctgrad.get_rng_state()):
            ctgrad.set_rng_state(self.before)
            raise RuntimeError("vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
                               "randomness flags on vmap or perform the randomness operation out of vmap")

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.check()


def _name(func):
    if hasattr(func, "__name__"):
        return func.__name__
    return f"functools.partial({_name(func.func)}, ...)" if isinstance(func, functools.partial) else repr(func)


def _check_dim(arg, dim, said):
    """The dim to take slices along, counted from the front; None for an argument that every slice gets as it is."""
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(f"{said}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None.")
    if not isinstance(arg, Tensor):
        raise ValueError(f"{said}: Got in_dim={dim} for an input but the input is of type {type(arg)}. We cannot vmap over non-Tensor arguments, "
                         "please use None as the respective in_dim")
    if not -arg.dim() <= dim < arg.dim():
        raise ValueError(f"{said}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {arg.dim()} so expected in_dim to "
                         f"satisfy -{arg.dim()} <= in_dim < {arg.dim()}.")
    return dim % arg.dim()


def _inputs(func, in_dims, args):
    """(number of slices, dims of the flattened arguments, these, their structure)"""
    said = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(f"{said}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: {type(in_dims)}.")
    if not args:
        raise ValueError(f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function "
                         "with no inputs. The latter is unsupported.")
    flat, spec = tree_flatten(args)
    dims = _broadcast_to_and_flatten(in_dims, spec)
    if dims is None:
        raise ValueError(f"{said}: in_dims is not compatible with the structure of `inputs`. in_dims has structure {tree_structure(in_dims)} but "
                         f"inputs has structure {spec}.")
    dims = [_check_dim(arg, dim, said) for arg, dim in zip(flat, dims, strict=True)]
    sizes = [arg.size(dim) for arg, dim in zip(flat, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len({*sizes}) > 1:
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension")
    return sizes[0], dims, flat, spec


def _check_out_dims(func, out_dims):
    for dim in () if isinstance(out_dims, int) else tree_leaves(out_dims):
        if dim is not None and not isinstance(dim, int):
            raise ValueError(f"vmap({_name(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints "
                             "representing where in the outputs the vmapped dimension should appear.")


def _output_dims(func, out_dims, spec):
    """The place of the new dimension, for each of the flattened outputs."""
    if spec.is_leaf() and isinstance(out_dims, tuple):
        dims = [*out_dims] if len(out_dims) == 1 else None
    else:
        dims = _broadcast_to_and_flatten(out_dims, spec)
    if dims is None:
        raise ValueError(f"vmap({_name(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`. "
                         f"out_dims has structure {tree_structure(out_dims)} but outputs has structure {spec}.")
    return dims


def _same(first, other):
    if first is other or not isinstance(first, Tensor):
        return True
    return isinstance(other, Tensor) and ctgrad.equal(first, other)


def _joined(func, values, dim, count):
    """One output of all slices. With dim None the output must be one that does not depend on the slice."""
    name, first = _name(func), values[0]
    if dim is None:
        if not all(_same(first, other) for other in values):
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return first
    for t in values:
        if not isinstance(t, Tensor):
            raise ValueError(f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(t)}. "
                             "Did you mean to set out_dims= to None for output?")
    if count == 0 or all(t is first for t in values):
        expanded = first.unsqueeze(dim)
        return expanded.expand(*(count if i == dim % expanded.dim() else size for i, size in enumerate(expanded.shape)))
    return ctgrad.stack(values, dim)


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """func over the slices of its arguments: a function whose arguments and results have one dimension more than those of func.

    It is a loop that calls func once a slice and stacks what it returns, along out_dims: PyTorch's numbers, not its speed.
    in_dims: the dimension of the arguments to take slices along, one int or nested as the arguments; None for what every slice gets
    as it is. Keyword arguments are not sliced. out_dims: None for outputs that do not depend on the slice. randomness: "error"
    (RuntimeError when func draws from the default generator), "different" (each slice draws numbers of its own, one slice after the
    other: normal numbers are not those that PyTorch draws for all slices at once) or "same".
    With no slices, func runs once on zeros, to learn the shapes of the results. chunk_size is accepted and changes nothing.
    A graph made outside, through which func goes backward, is freed by the last slice, as by one call, unless func says otherwise.
    It composes with grad both ways: vmap(grad(loss), in_dims=(None, 0, 0)) gives gradients for each sample.
    """
    Draws(randomness)
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func, updated=())
    def over_slices(*args, **kwargs):
        _check_out_dims(func, out_dims)
        count, dims, flat, spec = _inputs(func, in_dims, args)
        if count == 0:
            flat = [arg if dim is None else arg.new_zeros([*arg.shape[:dim], 1, *arg.shape[dim + 1:]]) for arg, dim in zip(flat, dims, strict=True)]
        found = []
        with Draws(randomness) as draws:
            for i in range(max(count, 1)):
                draws.again()
                here = tree_unflatten([arg if dim is None else arg.select(dim, i) for arg, dim in zip(flat, dims, strict=True)], spec)
                result = _kept(i + 1 < count, func, here, kwargs)
                if i == 0:
                    draws.check()  # the others are checked together
                values, out_spec = tree_flatten(result)
                if found and out_spec != found[0][1]:
                    raise RuntimeError(f"vmap({_name(func)}, ...): the slices gave outputs of different structure: {found[0][1]} and {out_spec}")
                found.append((values, out_spec))
        dims_out = _output_dims(func, out_dims, found[0][1])
        columns = zip(*(values for values, _ in found), strict=True)
        return tree_unflatten([_joined(func, column, dim, count) for column, dim in zip(columns, dims_out, strict=True)], found[0][1])

    return over_slices
