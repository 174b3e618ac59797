"""Gradients checked against finite differences.

Central differences, (f(x + eps) - f(x - eps)) / 2 eps, with the criterion |a - n| <= atol + rtol |n|. The fast mode checks
one number, v'Ju for random u and v, in place of the whole Jacobian J: two evaluations and one backward pass.
Unlike PyTorch's, the check accepts inputs that overlap: it perturbs memory, see _cells.py.
"""

import warnings
from types import SimpleNamespace

import numpy as np

import ctgrad
from ctgrad._C import Function, Tensor, grad
from ctgrad.autograd import _cells

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised by gradcheck and gradgradcheck where a gradient is wrong."""


_UNDEFINED = (
    "Expected all input grads to be undefined or zero when all output grads are undefined or zero: "
    "the backward formula must be linear in the gradients of the outputs"
)


class _Undefined(Function):
    """The identity, whose gradient is absent."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return None


def _as_tuple(x):
    return x if isinstance(x, tuple) else tuple(x) if isinstance(x, list) else (x,)


def _differentiable(outputs):
    return tuple(o for o in _as_tuple(outputs) if o.requires_grad)  # AttributeError for what is no tensor: nothing of it is checked


def _flat(t):
    return t.detach().to(ctgrad.float64).reshape(-1).numpy().copy()


def _check_inputs(inputs):
    for index, t in enumerate(inputs):
        if isinstance(t, Tensor) and t.requires_grad and t.dtype != ctgrad.float64:
            warnings.warn(
                f"Input #{index} requires gradient and is not a double precision floating point or complex. "
                "This check will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
    found = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    if not found:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for t in found:
        t.retain_grad()
    return found


# ---- the function as numbers: f at the present memory, and its differences ----


class _Function:
    """func(*inputs), evaluated anew at each call; `pick` chooses the outputs that are looked at."""

    def __init__(self, func, inputs, pick):
        self.func, self.inputs, self.pick = func, inputs, pick

    def outputs(self):
        return self.pick(_as_tuple(self.func(*self.inputs)))

    def __call__(self):
        return [_flat(o) for o in self.outputs()]

    def slope(self, cells, direction, eps):
        """The directional derivative of each output, as the memory of `cells` moves along `direction`."""
        before = [cell.item() for cell in cells]
        ends = []
        try:
            for sign in (-1.0, 1.0):
                for cell, value, step in zip(cells, before, direction, strict=True):
                    cell.fill_(value + sign * eps * step)
                ends.append([(o.shape, o.dtype, _flat(o)) for o in self.outputs()])
        finally:
            for cell, value in zip(cells, before, strict=True):
                cell.fill_(value)
        for low, high in zip(*ends, strict=True):
            for what, a, b in (("shape", low[0], high[0]), ("dtype", low[1], high[1])):
                if a != b:
                    raise AssertionError(
                        f"Expected `func` to return outputs with the same {what} when inputs are perturbed by {eps}, but got: {what}s {a} and {b}."
                    )
        with np.errstate(all="ignore"):
            return [(high - low) / (2 * eps) for (_, _, low), (_, _, high) in zip(*ends, strict=True)]

    def jacobians(self, group, eps):
        """For each output, the matrix of its elements' derivatives: a row for every cell of the group."""
        rows = [self.slope([cell], [1.0], eps) for cell in group.scalars()]
        if not rows:
            return [np.zeros((0, o.size)) for o in self()]
        return [np.stack(column) for column in zip(*rows, strict=True)]


# ---- the tape's answer, on the same cells ----


def _sum_to_cells(groups, targets, grads):
    """Add up each group's gradients, flat arrays in the order of `targets`, over the places that see a cell."""
    totals = []
    for group in groups:
        total = np.zeros(len(group.cells))
        for source in group.sources:
            found = grads[next(i for i, t in enumerate(targets) if t is source)]
            if found is not None:
                np.add.at(total, group.places(source), _flat(found))
        totals.append(total)
    return totals


def _pull(output, targets, groups, weights, limits):
    """weights' J for every group; `weights` has the shape of the output."""
    found = grad(output, targets, weights.clone(), retain_graph=True, allow_unused=True)  # backward may write what it is given
    for t, g in zip(targets, found, strict=True):
        if g is not None and g.dtype != t.dtype and limits.check_grad_dtypes:
            raise GradcheckError("Gradient has dtype mismatch")
        if g is not None and g.shape != t.shape:
            raise GradcheckError("Analytical gradient has incorrect size")
    return _sum_to_cells(groups, targets, found)


def _pull_twice(output, targets, groups, weights, limits):
    first = _pull(output, targets, groups, weights, limits)
    again = _pull(output, targets, groups, weights, limits)
    for a, b in zip(first, again, strict=True):
        if not np.all((np.abs(a - b) <= limits.nondet_tol) | (a == b) | (np.isnan(a) & np.isnan(b))):
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                "different values, although analytical gradient matches numerical gradient."
                f"The tolerance for nondeterminism was {limits.nondet_tol}."
            )
    return first


def _analytical(output, targets, groups, limits):
    """The Jacobian of one output for every group, a row for every cell."""
    columns = []
    for j in range(output.numel()):
        unit = ctgrad.zeros(output.numel(), dtype=output.dtype)
        unit[j] = 1
        columns.append(_pull_twice(output, targets, groups, unit.view(output.shape), limits))
    if not columns:
        return [np.zeros((len(group.cells), 0)) for group in groups]
    return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]


# ---- comparison ----


def _mismatch(analytical, numerical, output, group):
    shown = [ctgrad.tensor(x.tolist(), dtype=group.dtype).view(x.shape) for x in (numerical, analytical)]
    text = (
        f"Jacobian mismatch for output {output} with respect to input {group.index},\n"
        f"numerical:{shown[0]}\nanalytical:{shown[1]}\n"
    )
    if analytical.ndim == 2 and analytical.size:
        apart = np.nan_to_num(np.abs(analytical - numerical), nan=np.inf)
        cell, element = np.unravel_index(np.argmax(apart), apart.shape)
        text += (
            f"The largest difference is that of output element {element} by input element {cell}: "
            f"{numerical[cell, element]:.10g} numerically, {analytical[cell, element]:.10g} analytically.\n"
        )
    return text


def _slow(function, outputs, targets, groups, limits):
    numerical = [function.jacobians(group, limits.eps) for group in groups]
    for i, output in enumerate(outputs):
        analytical = _analytical(output, targets, groups, limits)
        for group, found, expected in zip(groups, analytical, numerical, strict=True):
            if not np.allclose(found, expected[i], limits.rtol, limits.atol):
                raise GradcheckError(_mismatch(found, expected[i], i, group))


def _unit(n, random):
    vector = random.random(n)
    return vector / np.linalg.norm(vector) if n else vector


def _fast(function, outputs, targets, groups, limits):
    random = np.random.default_rng(0)
    us = [_unit(len(group.cells), random) for group in groups]
    vs = [_unit(output.numel(), random) for output in outputs]
    slopes = [function.slope(group.scalars(), u.tolist(), limits.eps) for group, u in zip(groups, us, strict=True)]
    for i, (output, v) in enumerate(zip(outputs, vs, strict=True)):
        weights = ctgrad.tensor(v.tolist(), dtype=output.dtype).view(output.shape)
        pulled = _pull_twice(output, targets, groups, weights, limits)
        for group, u, row, slope in zip(groups, us, pulled, slopes, strict=True):
            found, expected = row @ u, v @ slope[i]
            if not np.isclose(found, expected, limits.rtol, limits.atol * u.sum() * v.sum()):
                text = _mismatch(np.array(found), np.array(expected), i, group)
                raise GradcheckError(text + _in_full(function, outputs, targets, groups, limits, i, group))


def _in_full(function, outputs, targets, groups, limits, i, group):
    numerical = function.jacobians(group, limits.eps)[i]
    analytical = _analytical(outputs[i], targets, groups, limits)[groups.index(group)]
    return "The quantities above are those of the fast mode, v'Ju. The Jacobian itself:\n" + _mismatch(
        analytical, numerical, i, group
    )


# ---- properties of the backward pass that no comparison of numbers shows ----


def _check_constant(func, inputs, groups, limits):
    """No output requires gradients: then none may depend on the inputs."""

    def floating(outputs):
        return [o for o in outputs if isinstance(o, Tensor) and o.dtype.is_floating_point]

    function = _Function(func, inputs, floating)
    for group in groups:
        if any(np.any(np.abs(jacobian) > 1e-14) for jacobian in function.jacobians(group, limits.eps)):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_linear(outputs, targets):
    """Zero gradients of the outputs must give zero gradients of the inputs, of the inputs' dtypes and sizes."""
    zeros = [ctgrad.zeros_like(o) for o in outputs]
    found = grad(outputs, targets, zeros, retain_graph=True, allow_unused=True)
    for t, g in zip(targets, found, strict=True):
        if g is None:
            continue
        if not bool(g.eq(0).all()):
            raise GradcheckError("backward not multiplied by grad_output")
        if g.dtype != t.dtype:
            raise GradcheckError("grad is incorrect type")
        if g.size() != t.size():
            raise GradcheckError("grad is incorrect size")


def _check_absent(outputs, targets):
    zeros = [ctgrad.zeros_like(o) for o in outputs]
    try:
        found = grad(outputs, targets, zeros, allow_unused=True)
    except RuntimeError as error:
        warnings.warn(
            "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it found an error. "
            "Pass check_undefined_grad=False where backward is not meant to get gradients that are None.",
            stacklevel=5,
        )
        raise GradcheckError(
            "Expected backward function to handle undefined output grads: a gradient that is None stands for zeros"
        ) from error
    if any(g is not None and not bool(g.eq(0).all()) for g in found):
        raise GradcheckError(_UNDEFINED)


def _check_undefined(func, inputs, targets):
    """Absent gradients count as zeros, all of them at once and each alone."""
    outputs = _differentiable(func(*inputs))
    _check_absent([_Undefined.apply(o) for o in outputs], targets)
    for absent in range(len(outputs) if len(outputs) > 1 else 0):
        outputs = _differentiable(func(*inputs))
        _check_absent([_Undefined.apply(o) if i == absent else o for i, o in enumerate(outputs)], targets)


def _check_batched(func, inputs, targets):
    """Two gradients of an output at once give what they give one after the other."""
    for place, output in enumerate(_differentiable(func(*inputs))):
        grads = ctgrad.stack([ctgrad.randn_like(output, requires_grad=False) for _ in range(2)])
        each = [grad(output, targets, row, retain_graph=True, allow_unused=True) for row in grads]
        at_once = grad(output, targets, grads, retain_graph=True, allow_unused=True, is_grads_batched=True)
        for number, (first, second, both) in enumerate(zip(*each, at_once, strict=True)):
            if both is not None and not ctgrad.allclose(both, ctgrad.stack([first, second])):
                raise GradcheckError(
                    f"For output {place} and input {number}: the gradients of a batch of two grad_outputs (is_grads_batched=True) "
                    f"differ from those of one grad_output after the other.\nGot:\n{both}\n\nExpected:\n{ctgrad.stack([first, second])}"
                )


def _check(func, inputs, limits, fast_mode, check_undefined_grad, check_batched_grad):
    targets = _check_inputs(inputs)
    groups = _cells.group(targets)
    outputs = _differentiable(func(*inputs))
    if not outputs:
        _check_constant(func, inputs, groups, limits)
        return
    (_fast if fast_mode else _slow)(_Function(func, inputs, _differentiable), outputs, targets, groups, limits)
    _check_linear(outputs, targets)
    if check_batched_grad:
        _check_batched(func, inputs, targets)
    if check_undefined_grad:
        _check_undefined(func, inputs, targets)


def _refuse(**flags):
    """Checks by forward differentiation, which ctgrad does not have."""
    asked = [name for name, wanted in flags.items() if wanted]
    if asked:
        raise NotImplementedError(f"gradcheck: {asked[0]}=True is not supported, only the checks of backward")


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_batched_forward_grad=False,
    check_forward_ad=False,
    check_backward_ad=True,
    fast_mode=False,
    masked=None,
):
    """Check the gradients of `func(*inputs)` by those inputs that require gradients, against finite differences.

    func: takes tensors, returns a tensor or a tuple of them. inputs: a tensor or a tuple; float64 unless the
    tolerances are wide. They may overlap in memory, within one tensor or across several. eps: the step.
    A pair agrees when |analytical - numerical| <= atol + rtol |numerical|. nondet_tol: how far two backward passes
    may differ. check_undefined_grad: absent gradients must count as zeros. check_batched_grad: gradients asked for in a
    batch must be those asked for one by one. fast_mode: compare one random projection
    of each Jacobian. Returns True. Raises GradcheckError, or returns False where `raise_exception` is false.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    _refuse(check_batched_forward_grad=check_batched_forward_grad, check_forward_ad=check_forward_ad)
    limits = SimpleNamespace(eps=eps, atol=atol, rtol=rtol, nondet_tol=nondet_tol, check_grad_dtypes=check_grad_dtypes)
    try:
        _check(func, _as_tuple(inputs), limits, fast_mode, check_undefined_grad, check_batched_grad)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _random_like(outputs, spread):
    """Gradients for the outputs, uniform in [-1, 1); `spread` leaves a gap behind each element."""
    made = []
    for o in outputs:
        g = ctgrad.empty(o.shape, dtype=o.dtype).uniform_(-1, 1)
        if spread and o.numel() > 1:
            g = ctgrad.stack([g, g], -1)[..., 0]
        made.append(g.requires_grad_())
    return tuple(made)


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    gen_non_contig_grad_outputs=False,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_fwd_over_rev=False,
    check_rev_over_rev=True,
    fast_mode=False,
    masked=False,
):
    """Check second derivatives: gradcheck of the gradients of `func`, by `inputs` and by `grad_outputs`.

    grad_outputs: the gradients of the outputs; random ones where None, not contiguous where
    `gen_non_contig_grad_outputs`. The other arguments, the result and the errors are those of gradcheck.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    _refuse(check_fwd_over_rev=check_fwd_over_rev)
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        weights = _random_like(_differentiable(func(*inputs)), gen_non_contig_grad_outputs)
    else:
        weights = _as_tuple(grad_outputs)
    n = len(inputs)
    wanted = [i for i, t in enumerate(inputs) if isinstance(t, Tensor) and t.requires_grad]

    def gradients(*args):
        outputs = _differentiable(func(*args[:n]))
        found = grad(outputs, [args[i] for i in wanted], args[n:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients,
        inputs + weights,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
    )
