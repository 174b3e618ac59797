"""Gradients, Jacobians and their products with vectors, by reverse mode throughout.

The functions given run with gradients enabled, whatever the mode outside; arguments need not require gradients. A result
requires one where it depends on a tensor of the outside that does, and gradients flow there: transforms nest.
"""

import functools

import ctgrad
from ctgrad._C import Tensor, is_grad_enabled
from ctgrad.autograd.grad_mode import enable_grad, inference_mode
from ctgrad.func._level import Level, chosen, places
from ctgrad.func._slices import Draws
from ctgrad.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp"]

_VJP, _JVP = "vjp(f, *primals)", "jvp(f, primals, tangents)"


def _recording(call):
    """call with gradients enabled, and a Level that knows what was outside."""

    @functools.wraps(call)
    def within(*args, **kwargs):
        with Level() as level, inference_mode(False), enable_grad():
            return call(level, *args, **kwargs)

    return within


def _enter(level, args, argnums):
    """The arguments with leaves at the places, and the part of them that has the leaves."""
    if argnums is None:
        args = level.enter(args)
        return args, args
    where = places(argnums, len(args))
    part = level.enter(chosen(args, where))
    parts = dict(zip(where, part, strict=True)) if isinstance(where, tuple) else {where: part}
    return tuple(parts.get(i, arg) for i, arg in enumerate(args)), part


def _apart(result, has_aux, name):
    """(output, auxiliary), the second None unless has_aux."""
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return result


def _outputs(output, name):
    """The tensors of the output and its structure."""
    flat, spec = tree_flatten(output)
    if not flat or (len(flat) == 1 and flat[0] is None):
        raise RuntimeError(f"{name}: Expected f to be a function that has non-empty output (got output = {flat})")
    for t in flat:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(t)}")
    return flat, spec


# ---- gradients of one number -----------------------------------------------------------------------------------------------


@_recording
def _grad_and_value(level, func, argnums, has_aux, args, kwargs):
    name = "grad_and_value(f)(*args)"
    args, part = _enter(level, args, argnums)
    output, aux = _apart(func(*args, **kwargs), has_aux, name)
    if not isinstance(output, Tensor):
        raise RuntimeError(f"{name}: Expected f(*args) to return a Tensor, got {type(output)}")
    if output.dim() != 0:
        raise RuntimeError(f"{name}: Expected f(*args) to return a scalar Tensor, got tensor with {output.dim()} dims. "
                           "Maybe you wanted to use the vjp or jacrev APIs instead?")
    aux = level.leave_all(aux) if has_aux else None
    found = level.gradients((output,), create_graph=level.recorded and level.leads_outside((output,)), retain_graph=has_aux)
    found = tree_unflatten([level.leave(g) for g in found], tree_flatten(part)[1])
    value = level.leave(output)
    return found, (value, aux) if has_aux else value


def grad_and_value(func, argnums=0, has_aux=False):
    """A function that gives (gradient, value) of func, which returns one number: a tensor without dimensions.

    argnums: the place of the argument to differentiate by, or a tuple of places for a tuple of gradients; arguments there may be
    containers of tensors, and gradients are nested alike. has_aux: func returns (value, auxiliary tensors), and the result is
    (gradient, (value, auxiliary)).
    """

    @functools.wraps(func, updated=())
    def differentiated(*args, **kwargs):
        return _grad_and_value(func, argnums, has_aux, args, kwargs)

    return differentiated


def grad(func, argnums=0, has_aux=False):
    """A function that gives the gradient of func, which returns one number: a tensor without dimensions.

    argnums and has_aux as in grad_and_value; with has_aux the result is (gradient, auxiliary). It can be applied again:
    grad(grad(func)) is the second derivative.
    """

    @functools.wraps(func, updated=())
    def differentiated(*args, **kwargs):
        found, value = _grad_and_value(func, argnums, has_aux, args, kwargs)
        return (found, value[1]) if has_aux else found

    return differentiated


# ---- products with vectors --------------------------------------------------------------------------------------------------


@_recording
def _run(level, func, args, argnums, has_aux, name):
    """(level, structure of the leaves, outputs, their structure, auxiliary), outputs with their graph."""
    args, part = _enter(level, args, argnums)
    output, aux = _apart(func(*args), has_aux, name)
    flat, spec = _outputs(output, name)
    aux = level.leave_all(aux) if has_aux else None
    return level, tree_flatten(part)[1], flat, spec, aux


def _only_floats(flat):
    for t in flat:
        if not t.is_floating_point():
            raise RuntimeError(f"vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype {t.dtype}")


def vjp(func, *primals, has_aux=False):
    """(func(*primals), function): the function gives, for cotangents nested as the output, their products with the Jacobian.

    Its result is a tuple with one entry for each of the primals, nested alike. It may be called any number of times. has_aux: func
    returns (output, auxiliary tensors), and the result is (output, function, auxiliary).
    """
    level, leaves_spec, flat, spec, aux = _run(func, primals, None, has_aux, _VJP)
    _only_floats(flat)
    outside = level.leads_outside(flat)

    def pull(cotangents, retain_graph=True, create_graph=None):
        given, given_spec = tree_flatten(cotangents)
        if given_spec != spec:
            raise RuntimeError("Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. "
                               f"cotangents: {given_spec}, primal output: {spec}")
        if create_graph is None:
            create_graph = is_grad_enabled() and (outside or any(isinstance(t, Tensor) and t.requires_grad for t in given))
        with inference_mode(False):
            found = level.gradients(flat, given, create_graph, retain_graph)
        return tree_unflatten([level.stripped(g) for g in found], leaves_spec)

    output = tree_unflatten([level.leave(t) for t in flat], spec)
    return (output, pull, aux) if has_aux else (output, pull)


class _Pushed:
    """The product of the Jacobian with vectors. v'J is linear in v, and its derivative by v is J: a second pass gives Jt."""

    def __init__(self, level, flat):
        self.level, self.flat = level, flat
        self.outside = level.recorded and level.leads_outside(flat)
        with inference_mode(False), enable_grad():
            self.probes = [ctgrad.zeros_like(t, requires_grad=True) if t.requires_grad else None for t in flat]
            self.pulled = level.gradients(flat, self.probes, create_graph=True)

    def __call__(self, tangents, strict=False):
        pairs = [(p, t) for p, t in zip(self.pulled, tangents, strict=True) if p.requires_grad]
        probes = [p for p in self.probes if p is not None]
        create_graph = self.level.recorded and (self.outside or any(t.requires_grad for t in tangents))
        with inference_mode(False), enable_grad():
            found = ctgrad._C.grad([p for p, _ in pairs], probes, [t for _, t in pairs], retain_graph=True, create_graph=create_graph,
                                   allow_unused=True) if pairs and probes else [None] * len(probes)
            waiting = iter(found)
            found = [None if p is None else next(waiting) for p in self.probes]
            if strict and any(t is None for t in found):
                raise RuntimeError("jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. "
                                   "This is not allowed with strict=True.")
            return [ctgrad.zeros_like(t.detach()) if g is None else self.level.leave(g)
                    for g, t in zip(found, self.flat, strict=True)]


def _check_tangents(primals, tangents):
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    flat, spec = tree_flatten(primals)
    given, given_spec = tree_flatten(tangents)
    if spec != given_spec:
        raise RuntimeError(f"{_JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of 3 "
                           f"tensors, tangents also must be. Got primals with structure {spec} and tangents with structure {given_spec}")
    for what, found in (("primals", flat), ("tangents", given)):
        if not found:
            raise RuntimeError(f"{_JVP}: Expected {what} to contain at least one Tensor.")
        for t in found:
            if not isinstance(t, Tensor):
                raise RuntimeError(f"{_JVP}: Expected {what} to only contain Tensors, got {type(t)}")
    for t, v in zip(flat, given, strict=True):
        for what, one in (("primal", t), ("tangent", v)):
            if not one.is_floating_point():
                raise ValueError(f"Expected {what} to be floating point or complex, but got: {one.dtype}")
        if t.shape != v.shape:
            raise RuntimeError("Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. "
                               f"Tensor is of size {[*t.shape]} while the given forward gradient is of size {[*v.shape]}.")
    return given


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """(func(*primals), product of the Jacobian with the tangents), the second nested as the output.

    primals and tangents are tuples, nested alike. There is no forward mode here: the product is the derivative, by the vector, of
    the product of a vector with the Jacobian. It takes two backward passes, whose cost is a small multiple of the function's, and
    needs operations that can be differentiated twice. strict: RuntimeError for an output that does not depend on the primals.
    has_aux: func returns (output, auxiliary tensors), and the auxiliary ones come third.
    """
    tangents = _check_tangents(primals, tangents)
    level, _, flat, spec, aux = _run(func, primals, None, has_aux, _JVP)
    pushed = tree_unflatten(_Pushed(level, flat)(tangents, strict), spec)
    output = tree_unflatten([level.leave(t) for t in flat], spec)
    return (output, pushed, aux) if has_aux else (output, pushed)


def linearize(func, *primals):
    """(func(*primals), function): the function gives the product of the Jacobian at the primals with tangents nested as these.

    func runs once; the function may be called any number of times. By two backward passes, as jvp.
    """
    level, leaves_spec, flat, spec, _ = _run(func, primals, None, False, _JVP)
    push = _Pushed(level, flat)

    def pushed(*tangents):
        given, given_spec = tree_flatten(tangents)
        if given_spec != leaves_spec:
            raise RuntimeError(f"Expected the tangents {given_spec} to have the same argspec as the primals {leaves_spec}")
        for i, (t, leaf) in enumerate(zip(given, level.leaves, strict=True)):
            for what, got, wanted in (("shape", t.shape, leaf.shape), ("dtype", t.dtype, leaf.dtype)):
                if got != wanted:
                    raise RuntimeError(f"tangent:{i} with {what} {got} in flattened pytree doesn't match the {what} {wanted} of the "
                                       "corresponding primal.")
        return tree_unflatten(push(given), spec)

    return tree_unflatten([level.leave(t) for t in flat], spec), pushed


# ---- Jacobians ---------------------------------------------------------------------------------------------------------------


def _block(level, output, create_graph):
    """The Jacobian of one output by each leaf, with the shape of the output before the leaf's."""
    if not output.is_floating_point():
        return [ctgrad.zeros(output.shape + leaf.shape, dtype=output.dtype) for leaf in level.leaves]
    flat = output.reshape(-1)
    rows = [level.gradients((flat[i],), None, create_graph, True) for i in range(flat.numel())]
    if not rows:
        return [leaf.new_zeros(output.shape + leaf.shape) for leaf in level.leaves]
    return [level.leave(ctgrad.stack(column).view(output.shape + column[0].shape)) for column in zip(*rows, strict=True)]


def _jacobian(func, args, argnums, has_aux, name, blocks):
    level, leaves_spec, flat, spec, aux = _run(func, args, argnums, has_aux, name)
    if name == _VJP:
        _only_floats(flat)
    with inference_mode(False), enable_grad():
        found = tree_unflatten([tree_unflatten(block, leaves_spec) for block in blocks(level, flat)], spec)
    return (found, aux) if has_aux else found


def _by_outputs(level, flat):
    """The blocks of each output, one backward pass for each of its elements."""
    create_graph = level.recorded and level.leads_outside(flat)
    return [_block(level, t, create_graph) for t in flat]


def _by_arguments(level, flat):
    """The same, a pass for each element of the leaves: what is 0 has the sign that it has where PyTorch goes forward."""
    push, columns = _Pushed(level, flat), []
    for leaf in level.leaves:
        units = ctgrad.eye(leaf.numel(), dtype=leaf.dtype).view((leaf.numel(), *leaf.shape))
        columns.append([push([unit if other is leaf else ctgrad.zeros_like(other) for other in level.leaves]) for unit in units])
    return [[_from_columns([column[i] for column in some], t, leaf) for some, leaf in zip(columns, level.leaves, strict=True)]
            for i, t in enumerate(flat)]


def _from_columns(columns, output, leaf):
    shape = output.shape + leaf.shape
    return ctgrad.stack(columns, -1).view(shape) if columns else output.new_zeros(shape)


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None):
    """A function that gives the Jacobian of func: for an output and an argument, a tensor with the shape of the one before that of the other.

    Nested as the output, then as the arguments at argnums (see grad_and_value). One backward pass for each element of the outputs;
    chunk_size is accepted and changes nothing. has_aux: func returns (output, auxiliary tensors), the result is (Jacobian, auxiliary).
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func, updated=())
    def differentiated(*args):
        return _jacobian(func, args, places(argnums, len(args)), has_aux, _VJP, _by_outputs)

    return differentiated


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """The Jacobian of func, as jacrev gives it, one product as jvp gives them for each element of the arguments.

    randomness: "error" (RuntimeError when func draws random numbers), "same" or "different" (func runs once: they are alike).
    """

    @functools.wraps(func, updated=())
    def differentiated(*args):
        tree_map_only(lambda x: not isinstance(x, Tensor), _need_tensor, args if argnums is None else chosen(args, places(argnums, len(args))))
        with Draws(randomness):
            return _jacobian(func, args, argnums, has_aux, _JVP, _by_arguments)

    return differentiated


def _need_tensor(x):
    raise AttributeError(f"{type(x).__name__!r} object has no attribute 'numel'")


def hessian(func, argnums=0):
    """A function that gives the Hessian of func: jacfwd(jacrev(func))."""
    return jacfwd(jacrev(func, argnums), argnums)
