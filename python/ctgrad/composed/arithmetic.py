"""Arithmetic in terms of other ops; gradients flow wherever PyTorch's do."""

import functools
import math
from typing import Any

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import composed, need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.misfit import is_number
from ctgrad.composed.integrals import divided, times
from ctgrad.composed.logs import times_log
from ctgrad.composed.order import is_held_once
from ctgrad.composed.shape import wrap_dim

_replace = _C._ops["replace_nonfinite"]


def _common_floats(a, b):
    """Both in the float dtype of their result; a number becomes a 0-d tensor."""
    dtype = ctgrad.result_type(a, b)
    dtype = dtype if dtype.is_floating_point else _C.get_default_dtype()
    return tuple(v.to(dtype) if isinstance(v, Tensor) else _C.full((), v, dtype=_C.float64).to(dtype) for v in (a, b))


def _floats(x):
    return x if x.is_floating_point() else x.to(_C.get_default_dtype())


@composed(out=True, in_place="both")
@node("Deg2RadBackward0", lasts=True)
def deg2rad(input):
    """Degrees as radians."""
    return _floats(input) * (math.pi / 180)


@composed(out=True, in_place="both")
@node("Rad2DegBackward0", lasts=True)
def rad2deg(input):
    """Radians as degrees."""
    return _floats(input) * (180 / math.pi)


@composed(out="bool")
def isposinf(input):
    """True where an element is inf."""
    need_tensor("isposinf", input)
    return input == math.inf


@composed(out="bool")
def isneginf(input):
    """True where an element is -inf."""
    need_tensor("isneginf", input)
    return input == -math.inf


@composed()
def isreal(input):
    """True everywhere: there are no complex numbers."""
    return _C.ones_like(input, dtype=_C.bool, requires_grad=False)


@composed(out=True, in_place="method")
@node(lambda input, other: f"CopysignBackward{0 if isinstance(other, Tensor) else 1}", unkept=(1,), results=(0,))
def copysign(input, other):
    """The magnitudes of input with the signs of other, in the dtype of both; both broadcast. The gradient at 0 is 0."""
    need_tensor("copysign", input)
    input, other = _common_floats(input, other)
    minus = _C.signbit(other)
    if other.requires_grad:  # its gradient is 0, not absent
        return input.abs() * _C.where(minus == minus, _C.where(minus, -1.0, 1.0).to(input.dtype), other.sign().to(input.dtype))
    if minus.shape == input.shape and minus.stride() != input.stride():
        minus = _C.empty_like(input, dtype=_C.bool, requires_grad=False).copy_(minus)  # the result lies as input does
    size = input.abs()
    return _C.where(minus, -size, size)


@functools.cache
def _limits(dtype):
    limits = ctgrad.finfo(dtype)
    return limits.max, limits.min


@composed(out=True)
def nan_to_num(input, nan=0.0, posinf=None, neginf=None):
    """NaN replaced by `nan`, infinities by the given numbers, or the largest and smallest of the dtype."""
    if not input.is_floating_point():
        return input.clone()
    most, least = _limits(input.dtype)
    return _replace(input, 0.0 if nan is None else nan, most if posinf is None else posinf, least if neginf is None else neginf)


@composed()
def nan_to_num_(input, nan=0.0, posinf=None, neginf=None):
    """nan_to_num in place."""
    kept = input.clone() if input.requires_grad else input  # what the gradient reads
    return _C._ops["_become_"](input, nan_to_num(kept, nan, posinf, neginf)) if input.is_floating_point() else input.copy_(input)


@composed(out="whole", in_place="method")
def heaviside(input, values):
    """0 below 0, 1 above it, `values` at it; dtypes must be the same."""
    need_tensor("heaviside", input)
    need_tensor("heaviside", values, "values", 2)
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    made = _C.where(input.detach() == 0, values.detach(), (input.detach() > 0).to(input.dtype))
    return ctgrad.autograd.function.underivable("heaviside", made, input, values, known=False)


@composed(out=True, in_place="both")
def xlogy(input, other):
    """input log(other), and 0 where input is 0 and other no NaN; both broadcast."""
    if not isinstance(input, Tensor):
        need_tensor("xlogy", other)
    form = 2 if not isinstance(other, Tensor) else 0 if isinstance(input, Tensor) else 1
    return times_log(f"XlogyBackward{form}", *_common_floats(input, other), number=form == 2)


@composed(out=True)
@node("Logaddexp2Backward0")
def logaddexp2(input, other):
    """log2(2^input + 2^other), without overflow; both broadcast. NotImplementedError unless their dtype is a float."""
    need_tensor("logaddexp2", input)
    need_tensor("logaddexp2", other, "other", 2)
    dtype = ctgrad.result_type(input, other)
    if not dtype.is_floating_point:
        raise unsupported("logaddexp2_cpu", dtype)
    input, other = input.to(dtype), other.to(dtype)
    away = -(input - other).abs()
    apart = _C.where(away.isnan() & (input == other), -math.inf, away)     # equal infinities
    return _C.maximum(input, other) + apart.exp2().log1p() / math.log(2)


@composed(out=True)
@node("FmaxBackward0", again="MaskedFillBackward0")
def fmax(input, other):
    """The larger of two elements; of one and NaN, the one."""
    need_tensor("fmax", input)
    need_tensor("fmax", other, "other", 2)
    return _C.where((input >= other) | other.isnan(), input, other)


@composed(out=True)
@node("FminBackward0", again="MaskedFillBackward0")
def fmin(input, other):
    """The smaller of two elements; of one and NaN, the one."""
    need_tensor("fmin", input)
    need_tensor("fmin", other, "other", 2)
    return _C.where((input <= other) | other.isnan(), input, other)


@composed(out="exact")
def float_power(input, exponent):
    """input to the power of exponent in float64."""
    base, exponent = (x.double() if isinstance(x, Tensor) else x for x in (input, exponent))
    return _C.pow(base, float(exponent) if not isinstance(exponent, Tensor) else exponent)


def float_power_(input, exponent):
    """float_power in place, of float64 alone."""
    if input.dtype != _C.float64:
        raise RuntimeError(f"the base given to float_power_ has dtype {input.dtype} but the operation's result requires dtype float64")
    return input.copy_(float_power(input, exponent))


for _name, _method in {"float_power_": float_power_}.items():
    setattr(Tensor, _name, _method)


@composed(out=True)
@node("AngleBackward0")
def angle(input):
    """pi where an element is negative, 0 where it is not, NaN of NaN; the gradient is 0."""
    x = _floats(input)
    return _C.where(x.isnan(), x, (x < 0).to(x.dtype) * math.pi)


@composed(out=True, in_place="both")
@node("SincBackward0")
def sinc(input):
    """sin(pi x) / (pi x), and 1 at 0."""
    x = _floats(input)
    turned = (x.float() if x.dtype in (_C.float16, _C.bfloat16) else x) * math.pi
    zero = turned == 0
    return _C.where(zero, 1.0, turned.sin() / turned.masked_fill(zero, 1.0)).to(x.dtype)


@composed(out=True, in_place="both")
@node("LogitBackward0")
def logit(input, eps=None):
    """log(x / (1 - x)); with eps, of x cut to eps and 1 - eps."""
    if eps is not None and not is_number(eps):
        raise TypeError(f"logit(): argument 'eps' (position 2) must be float, not {type(eps).__name__}")
    x = _floats(input)
    if eps is not None:
        x = x.clamp(eps, 1 - eps)
    elif x.requires_grad:
        x = x * _C.where((x < 0) | (x > 1), math.nan, 1.0).to(x.dtype)  # no number, and so no slope
    return (x / (1 - x)).log()


@composed(out="shared")
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of what is not NaN."""
    need_tensor("nanmean", input)
    if not input.is_floating_point() and dtype is None:
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {input.dtype}")
    dims = tuple(range(input.dim())) if dim is None else dim
    counted = (~input.isnan()).to(dtype or input.dtype).sum(dims, keepdim=keepdim)
    return input.nansum(dims, keepdim=keepdim, dtype=dtype) / counted


@composed(out=True)
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along dim, n times over; of bools, whether they differ. RuntimeError for a scalar, or n below 0."""
    need_tensor("diff", input)
    if input.dim() == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if any(part is not None and part.dim() != input.dim() for part in (prepend, append)):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    if n == 0:
        return _C.zeros_like(input).copy_(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    x = input if len(parts) == 1 else _C.cat(parts, dim)
    for _ in range(min(n, x.size(dim))):
        size = x.size(dim)
        after, before = x.narrow(dim, min(1, size), max(size - 1, 0)), x.narrow(dim, 0, max(size - 1, 0))
        x = after ^ before if x.dtype == _C.bool else after - before
    return x


def _uneven(f, x, dim, edge_order):
    """Derivative of f along dim by the places x: three-point formulas, exact for parabolas, with one- or two-sided ends."""
    h = x.diff()
    first, later = h[:-1], h[1:]
    row = [-1 if d == dim else 1 for d in range(f.dim())]
    weights = (-later / (first * (first + later)), (later - first) / (first * later), first / (later * (first + later)))
    n = f.size(dim)
    inner = sum(w.reshape(row) * f.narrow(dim, i, n - 2) for i, w in enumerate(weights))
    if edge_order == 1:
        return (f.narrow(dim, 1, 1) - f.narrow(dim, 0, 1)) / h[0], inner, (f.narrow(dim, n - 1, 1) - f.narrow(dim, n - 2, 1)) / h[-1]
    ends = []
    for a, b, places in ((h[0], h[1], (0, 1, 2)), (-h[-1], -h[-2], (n - 1, n - 2, n - 3))):
        weights = (-(2 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b)))
        ends.append(sum(w * f.narrow(dim, at, 1) for w, at in zip(weights, places, strict=True)))
    return ends[0], inner, ends[1]


def _even(f, h, dim, edge_order):
    n = f.size(dim)
    at = [f.narrow(dim, i, 1) for i in (*range(edge_order + 1), *range(n - edge_order - 1, n))]
    inner = divided(divided(f.narrow(dim, 2, n - 2) - f.narrow(dim, 0, n - 2), h), 2)
    if edge_order == 1:
        return divided(at[1] - at[0], h), inner, divided(at[3] - at[2], h)
    first = times(at[0], -1.5) + times(at[1], 2) - times(at[2], 0.5)
    return divided(first, h), inner, divided(times(at[3], 0.5) - times(at[4], 2) + times(at[5], 1.5), h)


def _spacings(input, spacing, dims):
    """One spacing for each of dims."""
    if isinstance(spacing, (list, tuple)):
        if len(spacing) != len(dims):
            raise RuntimeError(f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to the {len(dims)} dimensions, "
                               f"but got a list of length {len(spacing)}")
        return spacing
    if isinstance(spacing, Tensor) and spacing.dim():
        raise TypeError("gradient(): argument 'spacing' must be a number, or a list of numbers or of Tensors, not Tensor")
    return [spacing] * len(dims)


@composed(method=False)
def gradient(input, *, spacing: Any = 1, dim=None, edge_order=1):
    """Derivatives along the dimensions (all, or dim), by central differences; spacing is a number, one for each, or the places as vectors.

    edge_order 2 takes three points at the ends. RuntimeError for dimensions of fewer than edge_order + 1 elements.
    """
    dims = list(range(input.dim())) if dim is None else [wrap_dim(d, input.dim()) for d in (dim if isinstance(dim, (list, tuple)) else [dim])]
    if input.dtype == _C.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2, but got {edge_order}")
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"dim {dims} appears multiple times in the list of dims")
    found = []
    for d, h in zip(dims, _spacings(input, 1 if spacing is None else spacing, dims), strict=True):
        if input.size(d) < edge_order + 1:
            raise RuntimeError(f"torch.gradient expected each dimension size to be at least edge_order+1, but dimension {d} has {input.size(d)}")
        places = isinstance(h, Tensor) and h.dim() > 0
        if places and (h.dim() != 1 or h.numel() != input.size(d)):
            raise RuntimeError(f"torch.gradient expected each element of spacing to have one coordinate for each of the {input.size(d)} elements of dimension {d}, "
                               f"but got shape {list(h.shape)}")
        found.append(_C.cat((_uneven if places else _even)(input, h, d, edge_order), d))
    return tuple(found)


@composed(out="exact")
def inner(input, other):
    """Sums of products along the last dimensions; a product where one is a scalar."""
    need_tensor("inner", input)
    need_tensor("inner", other, "other", 2)
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    if input.size(-1) != other.size(-1):
        raise RuntimeError(f"inner() the last dimension must match on both input tensors but got shapes {list(input.shape)} and {list(other.shape)}")
    return ctgrad.tensordot(input, other, ([-1], [-1]))


@composed(out=True)
def kron(input, other):
    """The Kronecker product: every product of two elements, other's among input's."""
    need_tensor("kron", input)
    need_tensor("kron", other, "other", 2)
    dims = max(input.dim(), other.dim())
    a, b = ([1] * (dims - x.dim()) + list(x.shape) for x in (input, other))
    wide = [size for pair in zip(a, [1] * dims, strict=True) for size in pair]
    inside = [size for pair in zip([1] * dims, b, strict=True) for size in pair]
    whole, view = [m * n for m, n in zip(a, b, strict=True)], _C._ops["_unsafe_view"]
    return view(view(input.contiguous(), wide) * view(other.contiguous(), inside), whole)


@composed()
@node("DistBackward0")
def dist(input, other, p: Any = 2):
    """The p-norm of input - other."""
    need_tensor("dist", input)
    need_tensor("dist", other, "other", 2)
    return (input - other).norm(p)


@node("EuclideanDistBackward0")
def _distances(x1, x2):
    """The 2-norms from one product, as PyTorch has them: |a|² + |b|² - 2 a·b, no less than 0. Where it is 0 no gradient flows."""
    first, second = (x.square().sum(-1, keepdim=True) for x in (x1, x2))
    rows, columns = _C.cat([x1 * -2, first, _C.ones_like(first)], -1), _C.cat([x2, _C.ones_like(second), second], -1)
    squares = rows @ columns.mT
    if not squares.requires_grad:  # what is written in place is not ended by Ctrl-C: part by part
        for part in squares.view(-1).split(1 << 22) if squares.numel() > 1 << 22 else [squares]:
            part.clamp_min_(0).sqrt_()
        return squares
    squares = squares.clamp_min(0)
    none = squares == 0
    return squares.masked_fill(none, 1).sqrt().masked_fill(none, 0)


@node("CdistBackward0", again="{name}BackwardBackward0")
def _differences(x1, x2, p):
    return (x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1)


@composed(method=False)
def cdist(x1, x2, p=2.0, compute_mode: Any = "use_mm_for_euclid_dist_if_necessary"):
    """The p-norms of all differences of a row of x1 and one of x2: (..., m, d) and (..., n, d) to (..., m, n)."""
    need_tensor("cdist", x1, "x1", 1)
    need_tensor("cdist", x2, "x2", 2)
    if compute_mode not in ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"):
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    if x1.dim() < 2 or x2.dim() < 2 or x1.size(-1) != x2.size(-1):
        raise RuntimeError("X1 and X2 must have the same number of columns. "
                           f"X1: {list(x1.shape)} X2: {list(x2.shape)}" if x1.dim() > 1 and x2.dim() > 1 else "cdist only supports at least 2D tensors")
    for name, x in (("X1", x1), ("X2", x2)):
        if not x.is_floating_point():
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_name(x.dtype)}")
    if x1.dtype != x2.dtype:
        raise RuntimeError(f"cdist: expected scalar type {scalar_name(x1.dtype)} but found {scalar_name(x2.dtype)}")
    if x1.dtype in (_C.float16, _C.bfloat16):
        raise unsupported("cdist", x1.dtype)
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    many = x1.size(-2) > 25 or x2.size(-2) > 25
    if p == 2 and x1.numel() and x2.numel() and (compute_mode == "use_mm_for_euclid_dist" or (many and compute_mode == "use_mm_for_euclid_dist_if_necessary")):
        made = _distances(x1, x2)
        return made.view(made.shape)
    return _differences(x1, x2, p)


@composed(method=False)
@node("PdistBackward0", again="{name}BackwardBackward0")
def pdist(input, p=2.0):
    """The p-norms of the differences of every two rows, first with later ones: (n, d) to (n·(n - 1) / 2,)."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    rows, columns = _C.ones(input.size(0), input.size(0), dtype=_C.bool).triu(1).nonzero().unbind(1)
    return (input.index_select(0, rows) - input.index_select(0, columns)).norm(p, -1)


@node("GatherBackward0")
def _taken(input, places):
    """Of what repeats: nothing is reshaped, which would write it out."""
    return input.take(places)


@composed()
def take_along_dim(input, indices, dim=None, *, out=None):
    """gather, where the other dimensions broadcast; without dim, places among all elements."""
    where = {} if out is None else {"out": out}
    if indices.dtype != _C.int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype}")
    if dim is None and out is None and is_held_once(input) and bool(((indices >= 0) & (indices < input.numel())).all()):
        return _taken(input, indices.reshape(-1))
    if dim is None:
        return _C.gather(input.reshape(-1), 0, indices.reshape(-1), **where)
    if input.dim() != indices.dim():
        raise RuntimeError(f"torch.take_along_dim(): input and indices should have the same number of dimensions, but got {input.dim()} dimensions for input, "
                           f"and {indices.dim()} dimensions for indices")
    dim = wrap_dim(dim, input.dim())
    shape = ctgrad.broadcast_shapes([1 if d == dim else n for d, n in enumerate(input.shape)], [1 if d == dim else n for d, n in enumerate(indices.shape)])
    indices = indices.remainder(input.size(dim)) if input.size(dim) else indices    # as PyTorch: places count round and round
    sizes = [[x.size(dim) if d == dim else n for d, n in enumerate(shape)] for x in (input, indices)]
    return _C.gather(input.expand(sizes[0]), dim, indices.expand(sizes[1]), **where)


@composed()
def diagflat(input, offset=0):
    """A matrix with all elements on a diagonal."""
    return input.reshape(-1).diag(offset)


@composed(function=False)
def fill_diagonal_(input, fill_value, wrap=False):
    """Writes a number on the main diagonal; `wrap`: again below it in tall matrices. RuntimeError for fewer dimensions than 2, or uneven sizes of more."""
    if input.dim() < 2:
        raise RuntimeError("dimensions must larger than 1")
    if input.dim() > 2 and len(set(input.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    size, step = min(input.shape), sum(input.stride())
    input.as_strided((size,), (step,), input.storage_offset()).fill_(fill_value)
    rows, columns = input.shape[:2]
    if wrap and input.dim() == 2 and rows > columns + 1:
        places = range((columns + 1) * columns, rows * columns, columns + 1)
        for place in places:
            input[place // columns, place % columns] = fill_value
    return input


@composed(method=False)
def tril_indices(row, col, offset=0, *, dtype=None, device=None):
    """Rows and columns of the places on and below a diagonal: (2, n), int64."""
    return _triangle(row, col, offset, dtype, True)


@composed(method=False)
def triu_indices(row, col, offset=0, *, dtype=None, device=None):
    """Rows and columns of the places on and above a diagonal: (2, n), int64."""
    return _triangle(row, col, offset, dtype, False)


def _triangle(row, col, offset, dtype, lower):
    places = _C._ops["_triangle_places"](row, col, offset, lower)
    return places if dtype in (None, _C.int64) else places.to(dtype)


@composed(method=False)
def logspace(start, end, steps, base=10.0, *, out=None, dtype=None, device=None, requires_grad=False):
    """`steps` powers of base, their exponents evenly from start to end. out= keeps its shape if it has as many elements."""
    if out is not None and dtype not in (None, out.dtype):
        raise RuntimeError(f"logspace(): dtype {dtype} does not match dtype of out parameter ({out.dtype})")
    dtype = dtype or (_C.get_default_dtype() if out is None else out.dtype)
    if not dtype.is_floating_point:
        start, end = int(start), int(end)
    made = _C.pow(base, _C.linspace(start, end, steps, dtype=_C.float64)).to(dtype)
    if out is not None:
        return (out if out.numel() == steps else out.resize_(steps)).copy_(made.view(out.shape))
    return made.requires_grad_() if requires_grad else made


@composed(method=False)
def vander(x, N=None, increasing=False):
    """Powers of a vector's elements as rows, the highest first unless increasing."""
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.numel() if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    dtype = x.dtype if x.is_floating_point() else _C.int64
    made = _C.ones((x.size(0), min(n, 1)), dtype=dtype)
    if n > 1:
        made = _C.cat([made, x.to(dtype).unsqueeze(1).expand(-1, n - 1).cumprod(1)], 1)
    return made if increasing else made.flip(1)
