"""einsum and tensordot: contractions as permutations and batched products."""

import math
import string

import ctgrad
from ctgrad.composed import composed

_contract_to = ctgrad._C._ops["contract"]
_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _subscripts(operands):
    """(equation, tensors) from either notation: a string, or tensors each followed by a list of ints below 52."""
    if isinstance(operands[0], str):
        tensors = operands[1:]
        if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
            tensors = tensors[0]
        return operands[0].replace(" ", ""), list(tensors)

    def text(numbers):
        return "".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers)

    pairs = list(operands)
    out = "->" + text(pairs.pop()) if len(pairs) % 2 else ""
    return ",".join(text(n) for n in pairs[1::2]) + out, pairs[::2]


def _dims_of(term, tensor, ellipsis_dims):
    """One label a dimension: letters, and negative numbers for what `...` stands for."""
    before, dots, after = term.partition("...")
    if "." in before + after:
        raise RuntimeError("einsum(): found '.' for an operand that is not part of any ellipsis")
    for letter in before + after:
        if letter not in _LETTERS:
            raise RuntimeError(f"einsum(): invalid subscript given: '{letter}', subscripts must be in [a-zA-Z]")
    covered = tensor.dim() - len(before) - len(after)
    if covered < 0 or (covered and not dots):
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(before) + len(after)}) "
            + (f"is more than the number of dimensions ({tensor.dim()}) for an operand" if covered < 0 or dots else
               f"does not match the number of dimensions ({tensor.dim()}) for an operand and no ellipsis was given"))
    ellipsis_dims[0] = max(ellipsis_dims[0], covered)
    return list(before) + list(range(-covered, 0)) + list(after)


def _diagonals(tensor, labels):
    """Repeated labels of one operand: its diagonal."""
    for label in set(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if tensor.size(first) != tensor.size(second):
                raise RuntimeError(f"einsum(): subscript {label} is repeated for an operand but the sizes don't match, {tensor.size(second)} != {tensor.size(first)}")
            tensor = tensor.diagonal(0, first, second)
            labels = labels[:first] + labels[first + 1:second] + labels[second + 1:] + [label]
    return tensor, labels


def _spread(tensor, labels, order):
    """The operand with one dimension for every label of `order`, size 1 where it has none."""
    tensor = tensor.permute([labels.index(x) for x in order if x in labels])
    for i, label in enumerate(order):
        if label not in labels:
            tensor = tensor.unsqueeze(i)
    return tensor


def _contract(a, b, summed):
    """Product of two operands over the same labels, summed with keepdim over the positions `summed`: by one batched product."""
    if not summed:
        return a * b
    left_size, right_size = a.shape, b.shape
    rest = [i for i in range(a.dim()) if i not in summed]
    both = [i for i in rest if left_size[i] != 1 and right_size[i] != 1]
    left = [i for i in rest if left_size[i] != 1 and right_size[i] == 1]
    right = [i for i in rest if left_size[i] == 1]
    sizes = [_count(left_size, both), _count(left_size, left), _count(left_size, summed), _count(right_size, right)]
    a, b, whole, other = a.permute(both + left + summed + right), b.permute(both + summed + right + left), a, b
    if _would_repeat(a, sizes[:3]) or _would_repeat(b, [sizes[0], *sizes[2:]]):
        return _contract_to(whole, other, [1 if i in summed else max(n, m) if 0 not in (n, m) else 0 for i, (n, m) in enumerate(zip(left_size, right_size))])
    a, b = a.reshape(sizes[:3]), b.reshape(sizes[0], *sizes[2:])
    order = both + left + summed + right
    size = [left_size[i] for i in both + left] + [1] * len(summed) + [right_size[i] for i in right]
    return ctgrad.bmm(a, b).view(size).permute([order.index(i) for i in range(len(order))])


def _would_repeat(t, size):
    """Would reshaping to `size` write out elements that repeat in memory?"""
    if 0 not in t.stride():
        return False
    try:
        t.detach().view(size)
    except RuntimeError:
        return True
    return False


def _count(size, dims):
    return math.prod(size[i] for i in dims)


def _contract_all(tensors, n_keep):
    """The operands, over the same labels, multiplied from left to right; the positions from `n_keep` on are summed as soon as two operands or one share them."""
    uses = [sum(t.size(k) != 1 for t in tensors) for k in range(tensors[0].dim())]
    result = tensors[0]
    for tensor in tensors[1:]:
        summed, only = [], ([], [])
        for k in range(n_keep, result.dim()):
            sides = (result.size(k) != 1, tensor.size(k) != 1)
            if all(sides):
                uses[k] -= 1
                if uses[k] == 1:
                    summed.append(k)
                    uses[k] = 0
            elif any(sides) and uses[k] == 1:
                only[sides[1]].append(k)
                uses[k] = 0
        result, tensor = (t.sum(dims, keepdim=True) if dims else t for t, dims in zip((result, tensor), only, strict=True))
        result = _contract(result, tensor, summed)
    return result


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


@composed(method=False)
def einsum(*args):
    """Sum of products of the operands by Einstein's convention: `einsum('ij,jk->ik', a, b)`.

    One letter a dimension; repeated letters of an operand take the diagonal, letters missing on the right are summed, `...`
    stands for dimensions that broadcast. Operands are contracted from left to right, each pair by one batched product.
    RuntimeError for malformed equations and sizes that do not match.
    """
    if not args:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    equation, tensors = _subscripts(args)
    left, arrow, out = equation.partition("->")
    parts = left.split(",")
    if not tensors:
        raise RuntimeError("einsum(): must provide at least one operand")
    if len(parts) != len(tensors):
        if len(parts) > len(tensors):
            raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    dots = [0]
    terms = [_dims_of(part, t, dots) for part, t in zip(parts, tensors, strict=True)]
    keep = _output(out if arrow else None, terms)
    tensors, terms = zip(*[_diagonals(t, labels) for t, labels in zip(tensors, terms, strict=True)], strict=True)
    order = keep + [x for x in dict.fromkeys(x for labels in terms for x in labels) if x not in keep]
    tensors = [_spread(t, labels, order) for t, labels in zip(tensors, terms, strict=True)]
    _check_sizes(tensors, order)
    result = _contract_all(tensors, len(keep))
    if len(order) == len(keep):
        return result
    return result.sum(list(range(len(keep), len(order)))) if len(tensors) == 1 else result.view(result.shape[:len(keep)])


def _check_sizes(tensors, order):
    for k, label in enumerate(order):
        sizes = {t.size(k) for t in tensors} - {1}
        if len(sizes) > 1:
            first, second = [t.size(k) for t in tensors if t.size(k) != 1][:2]
            raise RuntimeError(f"einsum(): subscript {label} has size {second} for an operand which does not broadcast with previously seen size {first}")


@composed(method=False)
def tensordot(a, b, dims=2, out=None):
    """Contraction of a's last `dims` dimensions with b's first, or of the two lists of dimensions in `dims`.

    RuntimeError when the contracted sizes differ.
    """
    if isinstance(dims, ctgrad.Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (list(range(a.dim() - dims, a.dim())), list(range(dims)))
    left, right = ([d % t.dim() for d in ([x] if isinstance(x, int) else x)] for x, t in zip(dims, (a, b), strict=True))
    if len(left) != len(right):
        raise RuntimeError("both dimension lists should have same length")
    for p, q in zip(left, right, strict=True):
        if a.size(p) == 1 or b.size(q) == 1:  # the other operand is summed there at once
            a, b = (t if t.size(d) == 1 else t.sum(d, keepdim=True, dtype=t.dtype) for t, d in ((a, p), (b, q)))
        if a.size(p) != b.size(q):
            raise RuntimeError(f"contracted dimensions need to match, but first has size {a.size(p)} in dim {p} and second has size {b.size(q)} in dim {q}")
    rest_a, rest_b = [d for d in range(a.dim()) if d not in left], [d for d in range(b.dim()) if d not in right]
    rows = a.permute(rest_a + left)
    columns = b.permute(right + rest_b)
    n = 1
    for p in left:
        n *= a.size(p)
    shape = [a.size(d) for d in rest_a] + [b.size(d) for d in rest_b]
    if not (a.numel() and b.numel()):
        result = ctgrad.zeros(shape, dtype=a.dtype)
    else:
        result = (rows.reshape(-1, n) @ columns.reshape(n, -1)).reshape(shape)
    return result if out is None else out.copy_(result)
