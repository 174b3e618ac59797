"""einsum and tensordot: contractions as permutations and batched products.

What to do follows from the equation and the sizes alone. It is planned once for each, kept, and then followed: a loop that contracts small
tensors spends its time on the products.
"""

import math
from types import SimpleNamespace
from typing import Any

import ctgrad
from ctgrad._C import Tensor
from ctgrad.composed import composed, deliver
from ctgrad.composed.shape import wrap_dim

_contract_to = ctgrad._C._ops["contract"]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_Sizes = tuple[int, ...]
_REPEATS, _COPIES = 1, 2  # of Tensor._reshapes


class _Operand:  # (the classes here are plain: named tuples are compiled one by one as their module is imported)
    """How one operand of a step gets the dimensions that all share, and then those of the batched product."""

    __slots__ = ("diagonals", "direct", "is_direct", "missing", "order", "product_order", "size", "sums")
    product_order: tuple[int, ...]
    size: _Sizes  # of the batches of matrices
    direct: tuple[int, ...] | None  # both orders in one, without the new dimensions; None: as they are
    is_direct: bool  # no diagonals and no sums: `direct` says it all

    def __init__(self, diagonals, missing, order):
        self.diagonals = diagonals  # pairs of dimensions, one after the other
        self.missing = missing  # places, at the end, of new dimensions of size 1
        self.order = order  # of the dimensions after that; None: as they are
        self.sums = []  # dimensions that only this operand has left, summed before the product


class _Step:
    """Product of the result so far and the next operand: elementwise if there is nothing to sum, else batched and viewed as what it is."""

    __slots__ = ("left", "order", "right", "size", "swap")

    def __init__(self, left, right, size=None, order=(), swap=False):
        self.left = left
        self.right = right
        self.size = size  # of the batches of matrices that are the result, dimension by dimension, the summed ones as 1
        self.order = order  # of these, as all share them
        self.swap = swap  # the operands have changed places


_plans: dict[tuple[Any, ...], Any] = {}


def _kept(cache, key, value):
    """``value``, from now on found in the cache, which holds a bounded number."""
    if len(cache) >= 1024:
        cache.clear()
    cache[key] = value
    return value


# ---- equations ----


def _subscripts(operands):
    """(equation, tensors) from either notation: a string, or tensors each followed by a list of ints below 52."""
    if isinstance(operands[0], bytes):
        operands = (operands[0].decode(), *operands[1:])
    if isinstance(operands[0], str):
        tensors = operands[1:]
        if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
            tensors = tensors[0]
        for i, x in enumerate(tensors):
            if not isinstance(x, Tensor):
                raise TypeError(f"einsum(): expected Tensor as element {i} of the operands, but got {type(x).__name__}")
        return operands[0], tensors
    if not isinstance(operands[0], Tensor):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(operands[0]).__name__}")

    def text(numbers):
        if any(n is not Ellipsis and not 0 <= n < len(_LETTERS) for n in numbers):
            raise ValueError(f"einsum(): subscript in subscript list is not within the valid range [0, {len(_LETTERS)})")
        return "".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers)

    pairs = list(operands)
    out = "->" + text(pairs.pop()) if len(pairs) % 2 else ""
    return ",".join(text(n) for n in pairs[1::2]) + out, pairs[::2]


def _dims_of(term, ndim, ellipsis_dims):
    """One label a dimension: letters, and negative numbers for what `...` stands for."""
    before, dots, after = term.partition("...")
    if "." in before + after:
        raise RuntimeError("einsum(): found '.' for an operand that is not part of any ellipsis")
    for letter in before + after:
        if letter not in _LETTERS:
            raise RuntimeError(f"einsum(): invalid subscript given: '{letter}', subscripts must be in [a-zA-Z]")
    covered = ndim - len(before) - len(after)
    if covered < 0 or (covered and not dots):
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(before) + len(after)}) "
            + (f"is more than the number of dimensions ({ndim}) for an operand" if covered < 0 or dots else
               f"does not match the number of dimensions ({ndim}) for an operand and no ellipsis was given"))
    ellipsis_dims[0] = max(ellipsis_dims[0], covered)
    return list(before) + list(range(-covered, 0)) + list(after)


def _output(out, terms):
    letters = [x for labels in terms for x in labels]
    dots = sorted({x for x in letters if isinstance(x, int)})
    if out is None:
        return dots + sorted(x for x in set(letters) if isinstance(x, str) and letters.count(x) == 1)
    before, has_dots, after = out.partition("...")
    labels = list(before) + (dots if has_dots else []) + list(after)
    for x in labels:
        if labels.count(x) > 1:
            raise RuntimeError(f"einsum(): output subscript {x} appears more than once in the output")
        if x not in letters:
            raise RuntimeError(f"einsum(): output subscript {x} does not appear in the equation for any input operand")
    return labels


# ---- planning ----


def _diagonals(size, labels):
    """Repeated labels of one operand, its diagonal: (pairs of dimensions, size, labels)."""
    pairs, size = [], list(size)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if size[first] != size[second]:
                raise RuntimeError(f"einsum(): subscript {label} is repeated for an operand but the sizes don't match, {size[second]} != {size[first]}")
            pairs.append((first, second))
            n = size[first]
            size, labels = ([*x[:first], *x[first + 1:second], *x[second + 1:], end] for x, end in ((size, n), (labels, label)))
    return tuple(pairs), size, labels


def _spread(diagonals, size, labels, order):
    """(operand, its size) with one dimension for every label of `order`, size 1 where it has none."""
    missing = [x for x in order if x not in labels]
    labels, size = labels + missing, [*size, *[1] * len(missing)]
    places = tuple(labels.index(x) for x in order)
    new = tuple(range(len(labels) - len(missing), len(labels)))
    return _Operand(diagonals, new, places), [size[i] for i in places]


def _check_sizes(sizes, order):
    for k, label in enumerate(order):
        if len({size[k] for size in sizes} - {1}) > 1:
            first, second = [size[k] for size in sizes if size[k] != 1][:2]
            raise RuntimeError(f"einsum(): subscript {label} has size {second} for an operand which does not broadcast with previously seen size {first}")


def _for_product(operand, size, order, sizes):
    """The operand, which now has the order and size of its batches of matrices, and the way there in one."""
    places = operand.order or range(len(size))
    direct = tuple(places[i] for i in order if places[i] not in operand.missing)
    operand.product_order, operand.size = tuple(order), sizes
    operand.direct = None if direct == tuple(range(len(direct))) else direct
    operand.is_direct = not (operand.diagonals or operand.sums)
    return operand


def _plan_step(left, right, left_size, right_size, summed):
    """(step, size of its result): the product over the same labels, summed with keepdim over the positions `summed`."""
    result = [m if n == 1 else n for n, m in zip(left_size, right_size, strict=True)]
    if not summed:
        return _Step(left, right), result
    rest = [i for i in range(len(left_size)) if i not in summed]
    both = [i for i in rest if left_size[i] != 1 and right_size[i] != 1]
    rows = [i for i in rest if left_size[i] != 1 and right_size[i] == 1]
    columns = [i for i in rest if left_size[i] == 1]
    result = [1 if i in summed else n for i, n in enumerate(result)]
    swap = bool(rows and columns and columns[-1] < rows[0])  # what is right's comes first in the result: it is contiguous then, as PyTorch's
    if swap:
        left, right, left_size, right_size, rows, columns = right, left, right_size, left_size, columns, rows
    batch, depth = _count(left_size, both), _count(left_size, summed)
    order = both + rows + summed + columns
    return _Step(_for_product(left, left_size, order, (batch, _count(left_size, rows), depth)),
                 _for_product(right, right_size, both + summed + columns + rows, (batch, depth, _count(right_size, columns))),
                 tuple(result[i] for i in order), tuple(order.index(i) for i in range(len(order))), swap), result


def _count(size, dims):
    return math.prod(size[i] for i in dims)


def _plan_steps(operands, sizes, n_keep):
    """The operands multiplied from left to right; the positions from `n_keep` on are summed as soon as two operands or one share them."""
    uses = [sum(size[k] != 1 for size in sizes) for k in range(len(sizes[0]))]
    steps, left, left_size = [], operands[0], sizes[0]
    for right, right_size in zip(operands[1:], sizes[1:], strict=True):
        summed, only = [], ([], [])
        for k in range(n_keep, len(left_size)):
            sides = (left_size[k] != 1, right_size[k] != 1)
            if all(sides):
                uses[k] -= 1
                if uses[k] == 1:
                    summed.append(k)
                    uses[k] = 0
            elif any(sides) and uses[k] == 1:
                only[sides[1]].append(k)
                uses[k] = 0
        left.sums, right.sums = only
        left_size, right_size = ([1 if k in dims else n for k, n in enumerate(size)] for size, dims in zip((left_size, right_size), only, strict=True))
        step, left_size = _plan_step(left, right, left_size, right_size, summed)
        steps.append(step)
        left = _Operand((), (), None)
    return tuple(steps), left_size


def _plan(equation, shapes):
    """The steps of an equation for operands of these shapes: (the only operand or None, steps, the only operand's sums, the result's size where
    summed dimensions are to go or None). RuntimeError: malformed, or sizes that do not match."""
    if "." in equation.replace("...", ""):
        wrong = [i for i, term in enumerate(equation.partition("->")[0].split(",")) if "." in term.replace("...", "")]
        where = f"for operand {wrong[0]}" if wrong else "in the result"
        raise RuntimeError(f"einsum(): found '.' {where} that is not part of any ellipsis")
    left, arrow, out = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if not shapes:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    if len(parts) != len(shapes):
        if len(parts) > len(shapes):
            raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    dots = [0]
    terms = [_dims_of(part, len(shape), dots) for part, shape in zip(parts, shapes, strict=True)]
    keep = _output(out if arrow else None, terms)
    found = [_diagonals(shape, labels) for shape, labels in zip(shapes, terms, strict=True)]
    order = keep + [x for x in dict.fromkeys(x for _, _, labels in found for x in labels) if x not in keep]
    operands, sizes = zip(*[_spread(*one, order) for one in found], strict=True)
    _check_sizes(sizes, order)
    if len(operands) == 1:
        return operands[0], (), list(range(len(keep), len(order))), None
    steps, size = _plan_steps(operands, sizes, len(keep))
    return None, steps, [], None if len(order) == len(keep) else tuple(size[:len(keep)])


# ---- following ----


def _whole(t, operand):
    """The operand with the dimensions that all share."""
    for first, second in operand.diagonals:
        t = t.diagonal(0, first, second)
    for place in operand.missing:
        t = t.unsqueeze(place)
    if operand.order is not None:
        t = t.permute(operand.order)
    return t.sum(operand.sums, keepdim=True) if operand.sums else t


def _turned(t, operand):
    """The operand with its dimensions in the order of batches of matrices. Without a history nobody sees the way there, so it is short."""
    if t.requires_grad or not operand.is_direct:
        return _whole(t, operand).permute(operand.product_order)
    return t if operand.direct is None else t.permute(operand.direct)


def _reshaped(t, size):
    return t.reshape(size) if t.requires_grad or t.shape != size else t


def _contracted(a, b, a_way, b_way, size, matrices=False):
    """Contraction of what a reshape would write out, with its copy's aliasing: of a copy where PyTorch's reshape makes one.

    matrices: in place of mm, not of bmm, whose gradients have another memory order.
    """
    a, b = (t.clone(memory_format=ctgrad.contiguous_format) if way & _COPIES else t for t, way in ((a, a_way), (b, b_way)))
    if a.shape == b.shape and a.itemsize > 2:  # halves would be rounded before they are added
        return (a * b).sum([d for d, n in enumerate(size) if n == 1], keepdim=True, dtype=a.dtype).contiguous()
    return _contract_to(a, b, size, matrices)


def _product(a, b, step):
    left, right, size, order = step.left, step.right, step.size, step.order
    if size is None:
        return _whole(a, left) * _whole(b, right)
    if step.swap:
        a, b = b, a
    rows, columns = _turned(a, left), _turned(b, right)
    a_way, b_way = rows._reshapes(*left.size), columns._reshapes(*right.size)
    if (a_way | b_way) & _REPEATS:
        a, b = _whole(a, left).permute(left.product_order), _whole(b, right).permute(left.product_order)
        return _contracted(a, b, a_way, b_way, size).permute(order)
    return ctgrad.bmm(_reshaped(rows, left.size), _reshaped(columns, right.size)).view(size).permute(order)


@composed(method=False)
def einsum(*args):
    """Sum of products of the operands by Einstein's convention: `einsum('ij,jk->ik', a, b)`.

    One letter a dimension; repeated letters of an operand take the diagonal, letters missing on the right are summed, `...`
    stands for dimensions that broadcast. Operands are contracted from left to right, each pair by one batched product.
    RuntimeError for malformed equations and sizes that do not match.
    """
    if len(args) < 2:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    if len(args) == 3 and type(args[0]) is str and isinstance(args[1], Tensor) and isinstance(args[2], Tensor):
        equation, result, other = args
        key = equation, result.shape, other.shape
        plan = _plans.get(key)
        if plan is not None:
            _, (step,), _, size = plan
            result = _product(result, other, step)
            return result if size is None else result.view(size)
    equation, tensors = _subscripts(args)
    key = (equation, *[t.shape for t in tensors])
    first, steps, sums, size = _plans.get(key) or _kept(_plans, key, _plan(equation, key[1:]))
    result = tensors[0]
    if first is not None:
        result = _whole(result, first)
        return result.sum(sums) if sums else result
    for step, tensor in zip(steps, tensors[1:]):
        result = _product(result, tensor, step)
    return result if size is None else result.view(size)


def _plan_tensordot(a, b, dims):
    """`sums`: dimensions of a and b that the other has with size 1; `n`: elements of a contracted part; `whole`: the size with the contracted
    dimensions as 1; `rest`: how many dimensions of a, and of b, are left."""
    a, b = list(a), list(b)
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(len(a), len(b)):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = range(len(a) - dims, len(a)), range(dims)
    left, right = ([wrap_dim(d, len(t)) for d in x] for x, t in zip(dims, (a, b), strict=True))
    if (left and not a) or (right and not b):
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if len(left) != len(right):
        raise RuntimeError("both dimension lists should have same length")
    sums = []
    for p, q in zip(left, right, strict=True):
        if a[p] == 1 or b[q] == 1:  # the other operand is summed there at once
            sums.append((p, None) if b[q] == 1 else (None, q))
            a[p] = b[q] = 1
        if a[p] != b[q]:
            raise RuntimeError(f"contracted dimensions need to match, but first has size {a[p]} in dim {p} and second has size {b[q]} in dim {q}")
    rest_a, rest_b = [d for d in range(len(a)) if d not in left], [d for d in range(len(b)) if d not in right]
    size = [a[d] for d in rest_a] + [b[d] for d in rest_b]
    whole = (*size[:len(rest_a)], *[1] * len(left), *size[len(rest_a):])
    rest = len(rest_a), len(rest_b)
    return SimpleNamespace(sums=sums, left=(*rest_a, *left), right=(*right, *rest_b), n=_count(a, left), size=tuple(size), whole=whole, rest=rest,
                           empty=0 in a or 0 in b)


def _tensordot_of(a, b, plan):
    """Of operands whose contracted dimensions are last, and first: one number as a dot, or summed; else one product of matrices."""
    rows, columns = (-1, plan.n), (plan.n, -1)
    a_way, b_way = a._reshapes(*rows), b._reshapes(*columns)
    repeats = (a_way | b_way) & _REPEATS
    if math.prod(plan.size) == 1:
        if repeats or not (a.is_contiguous() and b.is_contiguous()):
            return (a.squeeze() * b.squeeze()).sum(dtype=a.dtype)
        return ctgrad.dot(a.flatten(), b.flatten())
    if repeats:
        a, b = a[(..., *[None] * plan.rest[1])], b[(*[None] * plan.rest[0], ...)]
        return _contracted(a, b, a_way, b_way, plan.whole, matrices=True)
    return a.reshape(rows) @ b.reshape(columns)


@composed(method=False)
def tensordot(a, b, dims: Any = 2, out=None):
    """Contraction of a's last `dims` dimensions with b's first, or of the two lists of dimensions in `dims`.

    RuntimeError when the contracted sizes differ.
    """
    if isinstance(dims, ctgrad.Tensor):
        dims = dims.tolist()
    if not isinstance(dims, int):
        dims = tuple((x,) if isinstance(x, int) else tuple(x) for x in dims)
    key = (a.shape, b.shape, dims)
    plan = _plans.get(key) or _kept(_plans, key, _plan_tensordot(*key))
    if a.dtype != b.dtype:
        raise RuntimeError(f"tensordot: both inputs should have same dtype, got {a.dtype} and {b.dtype}")
    for p, q in plan.sums:
        a = a if p is None else a.sum(p, keepdim=True, dtype=a.dtype)
        b = b if q is None else b.sum(q, keepdim=True, dtype=b.dtype)
    if plan.empty:
        result = ctgrad.zeros(plan.size, dtype=a.dtype)
        if ctgrad.is_grad_enabled() and (a.requires_grad or b.requires_grad):
            result = result + a.reshape(-1)[:0].sum() * b.reshape(-1)[:0].sum()  # zeros that the operands have a part in
    else:
        result = _tensordot_of(a.permute(plan.left), b.permute(plan.right), plan).reshape(plan.size)
    return result if out is None else deliver("tensordot", result, out, True)
