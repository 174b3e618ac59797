"""Jacobians, Hessians and their products with vectors, of functions from tensors to tensors.

Inputs and outputs may be one tensor or a tuple of tensors, and results are nested to match. With `create_graph` the
results can be differentiated again; with `strict` an output that does not depend on an input is a RuntimeError in
place of zeros. Products Jv come from two backward passes: v'J is linear in v, and its derivative by v is J.
"""

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor, is_grad_enabled
from ctgrad.autograd.grad_mode import enable_grad, set_grad_enabled

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_NOT_IN_STRICT = "This is not allowed in strict mode."
_NOT_WITH_GRAPH = "This is not allowed in strict mode when create_graph=True."


def _tensors(value, what, caller):
    """(whether value is a tuple, value as a tuple), or TypeError."""
    several = isinstance(value, tuple)
    tensors = value if several else (value,)
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            which = f"the value at index {i}" if several else f"the given {what}"
            raise TypeError(
                f"The {what} given to {caller} must be either a Tensor or a tuple of Tensors but {which} has type {type(t)}."
            )
    return several, tensors


def _enter(tensors, create_graph, need_graph):
    """Fresh tensors over the same values: the function's own graph starts, or with create_graph continues, here."""
    return tuple(
        t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_(need_graph) for t in tensors
    )


def _leave(tensors, create_graph, several):
    """Results as the caller wants them: detached unless create_graph, alone unless several."""
    if not create_graph:
        tensors = tuple(t.detach() for t in tensors)
    return tuple(tensors) if several else tensors[0]


def _call(func, inputs, caller, strict):
    several, outputs = _tensors(func(*inputs), "outputs of the user-provided function", caller)
    if strict:
        for i, o in enumerate(outputs):
            if not o.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The outputs must be computed "
                    "in a differentiable manner from the input when running in strict mode."
                )
    return several, outputs


def _require(tensors, absent, constant):
    """In strict mode: every gradient exists and itself depends on the inputs. The texts have a place for the index."""
    for i, t in enumerate(tensors):
        if t is None:
            raise RuntimeError(f"{absent.format(i)} {_NOT_IN_STRICT}")
        if not t.requires_grad:
            raise RuntimeError(constant.format(i))


def _grad(outputs, inputs, weights=None, **options):
    """autograd.grad that leaves out outputs without a graph, and answers None where nothing is left."""
    weights = weights or (None,) * len(outputs)
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o is not None and o.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    outs, weights = zip(*pairs, strict=True)
    return _C.grad(outs, inputs, weights, allow_unused=True, **options)


def _or_zeros(grads, refs, strict, create_graph, absent, constant):
    """Zeros for absent gradients; in strict mode an error for these, and for constant ones under create_graph."""
    filled = []
    for i, (g, ref) in enumerate(zip(grads, refs, strict=True)):
        if g is None and strict:
            raise RuntimeError(f"{absent.format(i)} {_NOT_IN_STRICT}")
        if g is not None and strict and create_graph and not g.requires_grad:
            raise RuntimeError(f"{constant.format(i)} {_NOT_WITH_GRAPH}")
        filled.append(ctgrad.zeros_like(ref) if g is None else g)
    return tuple(filled)


def _vector(v, like, like_several, create_graph, caller, missing):
    """The tuple of v, checked against the sizes of `like`; None only where `like` is a single number."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(missing)
        return None
    v = _enter(_tensors(v, "v", caller)[1], create_graph, need_graph=False)
    if len(v) != len(like):
        if like_several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (given, ref) in enumerate(zip(v, like, strict=True)):
        if given.size() != ref.size():
            entry = f"Entry {i} in " if like_several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {ref.size()} but got {given.size()}.")
    return v


_NO_V_OUTPUT = "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
_NO_V_INPUT = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."
)
_INDEPENDENT = "The output of the user-provided function is independent of input {}."
_JACOBIAN_CONSTANT = "The jacobian of the user-provided function is independent of input {}."
_HESSIAN_CONSTANT = "The hessian of the user-provided function is independent of input {}."
_JACOBIAN_FLAT = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for example)."
)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), v'J): the product of a vector, shaped as the outputs, with the Jacobian."""
    with enable_grad():
        several, inputs = _tensors(inputs, "inputs", "vjp")
        inputs = _enter(inputs, create_graph, need_graph=True)
        out_several, outputs = _call(func, inputs, "vjp", strict)
        v = _vector(v, outputs, out_several, create_graph, "vjp", _NO_V_OUTPUT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(outputs, inputs, v, create_graph=create_graph)
        product = _or_zeros(found, inputs, strict, create_graph, _INDEPENDENT, _JACOBIAN_CONSTANT)
    return _leave(outputs, create_graph, out_several), _leave(product, create_graph, several)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), Jv): the product of the Jacobian with a vector shaped as the inputs."""
    with enable_grad():
        several, inputs = _tensors(inputs, "inputs", "jvp")
        inputs = _enter(inputs, create_graph, need_graph=True)
        v = _vector(v, inputs, several, create_graph, "jvp", _NO_V_INPUT)
        out_several, outputs = _call(func, inputs, "jvp", strict)
        probe = tuple(ctgrad.zeros_like(o, requires_grad=True) for o in outputs)
        pulled = _grad(outputs, inputs, probe, create_graph=True)
        if strict:
            constant = "The gradient with respect to input {} is independent of the inputs of the user-provided function. "
            _require(pulled, _INDEPENDENT, constant + _NOT_IN_STRICT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(pulled, probe, v, create_graph=create_graph)
        absent = (
            "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the "
            "double backward trick to compute forward mode gradients."
        )
        product = _or_zeros(found, outputs, strict, create_graph, absent, _JACOBIAN_CONSTANT)
    return _leave(outputs, create_graph, out_several), _leave(product, create_graph, out_several)


def _rows(output, inputs, create_graph):
    """For every element of the output, its gradient by every input."""
    flat = output.reshape(-1)
    return [_grad((flat[j],), inputs, retain_graph=True, create_graph=create_graph) for j in range(output.numel())]


def _stacked(rows, output, i, inputs, strict, create_graph):
    """The block of the Jacobian that belongs to output i, by each input."""
    blocks = []
    for k, x in enumerate(inputs):
        column = []
        for row in rows:
            g = row[k]
            if g is None and strict:
                raise RuntimeError(
                    f"Output {i} of the user-provided function is independent of input {k}. {_NOT_IN_STRICT}"
                )
            if g is not None and strict and create_graph and not g.requires_grad:
                raise RuntimeError(f"{_JACOBIAN_CONSTANT.format(i)} {_NOT_WITH_GRAPH}")
            column.append(ctgrad.zeros_like(x) if g is None else g)
        shape = output.size() + x.size()
        blocks.append(ctgrad.stack(column, 0).view(shape) if column else x.new_zeros(shape))
    return blocks


def _check_strategy(strategy, vectorize, strict, create_graph):
    """Refuse what PyTorch refuses. Where it accepts, both strategies and both settings of vectorize give J alike."""
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than '
            'inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    name = "torch.autograd.functional.jacobian"
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(f'{name}: `create_graph=True` and `strategy="forward-mode"` are not supported together.')
        if strict:
            raise RuntimeError(f'{name}: `strict=True` and `strategy="forward-mode"` are not supported together.')
        if not vectorize:
            raise NotImplementedError(f'{name}: `strategy="forward-mode"` needs `vectorize=True`.')
    elif vectorize and strict:
        raise RuntimeError(f"{name}: `strict=True` and `vectorized=True` are not supported together.")


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """The Jacobian of func at inputs: for output y and input x, a tensor of size y.size() + x.size().

    One backward pass for each element of the outputs; `vectorize` and `strategy` are accepted and give the same result.
    """
    _check_strategy(strategy, vectorize, strict, create_graph)
    with enable_grad():
        several, inputs = _tensors(inputs, "inputs", "jacobian")
        inputs = _enter(inputs, create_graph, need_graph=True)
        out_several, outputs = _call(func, inputs, "jacobian", strict)
        blocks = [
            _leave(_stacked(_rows(o, inputs, create_graph), o, i, inputs, strict, create_graph), create_graph, several)
            for i, o in enumerate(outputs)
        ]
    return tuple(blocks) if out_several else blocks[0]


def _single(func, caller, strict):
    """func, checked to return one tensor with one element."""

    def checked(*inputs):
        several, outputs = _call(func, inputs, caller, strict)
        if several:
            raise RuntimeError(f"The function given to {caller} should return a single Tensor")
        if outputs[0].numel() != 1:
            raise RuntimeError(f"The Tensor returned by the function given to {caller} should contain a single element")
        return outputs[0]

    return checked


def hessian(
    func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"
):
    """The Hessian of a function with one element: for inputs x and y, a tensor of size x.size() + y.size()."""
    several, inputs = _tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    single = _single(func, "hessian", strict)

    def gradient(*inputs):
        if outer_jacobian_strategy == "forward-mode":
            inputs = tuple(t.requires_grad_(True) for t in inputs)
        found = jacobian(lambda *inputs: single(*inputs).squeeze(), inputs, create_graph=True)
        if strict:
            _require(found, _INDEPENDENT, _JACOBIAN_FLAT)
        return found

    blocks = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return blocks if several else blocks[0][0]


def _gradient_of_single(func, inputs, v, create_graph, strict, caller):
    """What vhp and hvp share: the inputs, the checked vector, the outputs, and the gradient with its graph."""
    several, inputs = _tensors(inputs, "inputs", caller)
    inputs = _enter(inputs, create_graph, need_graph=True)
    v = _vector(v, inputs, several, create_graph, caller, _NO_V_INPUT)
    output = _single(func, caller, strict)
    _, outputs = _tensors(output(*inputs), "outputs of the user-provided function", caller)
    gradient = _grad(outputs, inputs, create_graph=True)
    if strict:
        _require(gradient, _INDEPENDENT, _JACOBIAN_FLAT)
    return several, inputs, v, outputs, gradient


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), v'H): the product of a vector, shaped as the inputs, with the Hessian."""
    with enable_grad():
        several, inputs, v, outputs, gradient = _gradient_of_single(func, inputs, v, create_graph, strict, "vhp")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(gradient, inputs, v, create_graph=create_graph)
        product = _or_zeros(found, inputs, strict, create_graph, _JACOBIAN_CONSTANT, _HESSIAN_CONSTANT)
    return _leave(outputs, create_graph, False), _leave(product, create_graph, several)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), Hv). The Hessian is symmetric: vhp gives the same, cheaper, where it is continuous."""
    with enable_grad():
        several, inputs, v, outputs, gradient = _gradient_of_single(func, inputs, v, create_graph, strict, "hvp")
        probe = tuple(ctgrad.zeros_like(x, requires_grad=True) for x in inputs)
        pulled = _grad(gradient, inputs, probe, create_graph=True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(pulled, probe, v, create_graph=create_graph)
        absent = (
            "The hessian of the user-provided function is independent of entry {} in the grad_jacobian, which prevents "
            "the double backward trick that replaces forward differentiation."
        )
        product = _or_zeros(found, inputs, strict, create_graph, absent, _HESSIAN_CONSTANT)
    return _leave(outputs, create_graph, False), _leave(product, create_graph, several)
