"""Order, counts and draws: what is sorted, searched, counted or drawn by weight. Results are numbers and places, without a history
unless said otherwise."""

import functools
import math
import numbers
from typing import Any

import numpy as np

import ctgrad
from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._dtypes import scalar_name, unsupported
from ctgrad.composed import composed, need_tensor
from ctgrad.composed.closed import node
from ctgrad.composed.shape import wrap_dim


def _numpy(x):
    """The elements for NumPy, which has no bfloat16."""
    x = x.detach()
    return (x.float() if x.dtype == _C.bfloat16 else x).numpy()


def _tensor(values, dtype):
    return _C.from_numpy(np.asarray(values, order="C")).to(dtype) if values.size else _C.empty(values.shape, dtype=dtype)


@composed()
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The places of the elements in order along dim: int64. Equals keep their order if stable."""
    need_tensor("argsort", input)
    return input.sort(dim=dim, descending=descending, stable=stable)[1]


@composed(out="whole")
def msort(input):
    """The elements in order along the first dimension; gradients flow."""
    need_tensor("msort", input)
    return input.sort(0)[0]


def _kept(values, input, dim):
    """The slices that are kept, stored one after the other, as PyTorch stores them."""
    if dim is None or not input.numel():
        return _tensor(values, input.dtype)
    moved = np.moveaxis(values, dim, 0)
    return _tensor(moved.reshape(-1), input.dtype).view(moved.shape).movedim(0, dim).clone()


_NODES = {"_unique2": "Unique2Backward0", "unique_dim": "UniqueDimBackward0", "unique_consecutive": "UniqueConsecutiveBackward0"}


def _tied(what, values, *inputs):
    """Values whose derivative nobody has worked out: going back through them says so."""
    return ctgrad.autograd.function.underivable(what, values, *inputs, node=_NODES.get(what))


def _refuse_empty(input, dim):
    """Without slices there must be no other dimension of size 0, with them none."""
    if dim is not None and input.dim() and input.shape.count(0) != (input.size(dim) == 0):
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")


def _is_before(a, b):
    """-1 or 1 by the first numbers of which one is less than the other: NaN is neither, so that it leaves the order to those behind it."""
    behind = a > b
    differ = np.flatnonzero(behind | (a < b))
    return (1 if behind[differ[0]] else -1) if differ.size else 0


def _distinct_slices(values, dim):
    """_distinct of slices some of which hold NaN: none of these equals another."""
    rows = np.moveaxis(values, dim, 0).reshape(values.shape[dim], -1)
    order = sorted(range(len(rows)), key=functools.cmp_to_key(lambda i, j: _is_before(rows[i], rows[j])))
    starts = np.array([not at or not np.array_equal(rows[i], rows[order[at - 1]]) for at, i in enumerate(order)])
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = np.cumsum(starts) - 1
    return np.take(values, np.array(order)[starts], axis=dim), inverse, np.bincount(inverse)


def _distinct(values, return_inverse, return_counts, dim):
    """np.unique with all three, of which None is what nobody asked for. Whole numbers that lie close together are counted."""
    least, most = (int(values.min()), int(values.max())) if dim is None and values.size and values.dtype.kind in "iu" else (0, -1)
    if 0 <= most - least < max(values.size, 256):
        places = values.reshape(-1).astype(np.int64) - least
        counts = np.bincount(places)
        found = np.flatnonzero(counts)
        return (found + least).astype(values.dtype), (np.cumsum(counts > 0) - 1)[places] if return_inverse else None, counts[found]
    if dim is not None and values.dtype.kind == "f" and np.isnan(values).any():
        return _distinct_slices(values, dim)
    results = iter(np.unique(values, return_inverse=return_inverse, return_counts=return_counts, axis=dim, equal_nan=False)
                   if return_inverse or return_counts else (np.unique(values, axis=dim, equal_nan=False),))
    return next(results), next(results) if return_inverse else None, next(results) if return_counts else None


@composed()
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements in order, or the distinct slices along dim; on request where each element is among them, and how often."""
    need_tensor("unique", input)
    values = _numpy(input)
    if dim is not None and not -input.dim() <= dim < input.dim():
        raise IndexError(f"Dimension out of range (expected to be in range of [{-input.dim()}, {input.dim() - 1}], but got {dim})")
    _refuse_empty(input, dim)
    found, inverse, counts = _distinct(values, return_inverse, return_counts, dim)
    results = [_tied("_unique2" if dim is None else "unique_dim", _kept(found, input, dim), input)]
    if return_inverse:
        results.append(_tensor(inverse.reshape(input.shape if dim is None else -1), _C.int64))
    if return_counts:
        results.append(_tensor(counts, _C.int64))
    return tuple(results) if len(results) > 1 else results[0]


@composed(method=False)
def _unique(input, sorted=True, return_inverse=False):
    """unique with the inverse always: of no element where nobody asks for it."""
    return unique(input, sorted, True) if return_inverse else (unique(input), _C.empty(0, dtype=_C.int64))


@composed(method=False)
def _unique2(input, sorted=True, return_inverse=False, return_counts=False):
    """unique with the inverse and the counts always: of no element where nobody asks for them."""
    found, inverse, counts = unique(input, sorted, True, True)
    return found, inverse if return_inverse else _C.empty(0, dtype=_C.int64), counts if return_counts else _C.empty(0, dtype=_C.int64)


@composed()
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """Each run of equal elements (of slices along dim) once; on request which run each element is of, and how long the runs are."""
    need_tensor("unique_consecutive", input)
    values = _numpy(input)
    _refuse_empty(input, dim)
    dim = None if input.dim() == 0 else dim
    rows = values.reshape(-1, 1) if dim is None else np.moveaxis(values, dim, 0).reshape(values.shape[dim], values.size // max(values.shape[dim], 1))
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]).any(1)
    kept = values.reshape(-1)[first] if dim is None else np.compress(first, values, axis=dim)
    results, run = [_tied("unique_consecutive", _kept(kept, input, dim), input)], np.cumsum(first) - 1
    if return_inverse:
        results.append(_tensor(run.reshape(input.shape if dim is None else -1), _C.int64))
    if return_counts:
        results.append(_tensor(np.bincount(run, minlength=int(first.sum())), _C.int64))
    return tuple(results) if len(results) > 1 else results[0]


@composed()
def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2, ... occurs, or the sum of its weights; at least `minlength` counts. RuntimeError for other than 1-d non-negative ints."""
    need_tensor("bincount", input)
    if weights is not None:
        need_tensor("bincount", weights, "weights", 2)
    if input.is_floating_point() or input.dtype == _C.bool:
        raise unsupported("bincount_cpu", input.dtype)
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.dim() != 1:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if weights is None:
        return _C._ops["count_places"](input, minlength)
    try:
        counts = np.bincount(_numpy(input), _numpy(weights), minlength)
    except ValueError as e:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.") from e
    return _tied("bincount", _tensor(counts, _C.float32 if weights.dtype == _C.float32 else _C.float64), weights)


@composed(out="exact")
def histc(input, bins=100, min: Any = 0, max: Any = 0):
    """How many elements fall into each of `bins` equal parts from min to max (of the elements where both are 0), in the input's dtype."""
    need_tensor("histc", input)
    if not input.is_floating_point():
        raise unsupported("histogram_cpu", input.dtype)
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    x = input.detach()
    least, most = (y.item() for y in x.aminmax()) if x.numel() else (min, max)
    if min == max and x.numel():
        min, max = least, most
    if min == max:
        min, max = min - 1, max + 1
    if not (math.isfinite(min) and math.isfinite(max)):
        raise RuntimeError(f"range of [{min}, {max}] is not finite")
    if min > max:
        raise RuntimeError("max must be larger than min")
    x, times = held_once(x)
    low, high, many = (_C.tensor(y, dtype=x.dtype) for y in (min, max, bins))
    if not (least >= low.item() and most <= high.item()):
        x = x[(x >= low) & (x <= high)]
    part = x.sub(low).mul_(many).div_(high - low).long()  # every step in the dtype
    return (_C._ops["count_places"](part.clamp_max_(bins - 1).reshape(-1), bins) * times).to(input.dtype)


def is_held_once(x):
    """Whether x repeats in memory along a dimension."""
    return any(size > 1 and not stride for size, stride in zip(x.shape, _C._layout(x)["held_stride"], strict=True))


def held_once(x, but=None):
    """x without what repeats in memory along a dimension (but one), and how many times that stands there."""
    times = 1
    for dim, (size, stride) in enumerate(zip(x.shape, _C._layout(x)["held_stride"], strict=True)):
        if size > 1 and not stride and dim != but:
            x, times = x.narrow(dim, 0, 1), times * size
    return x if times == 1 else x.clone(), times  # a storage of its own: what NumPy is shown is written out


def _side(name, right, side):
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{name}(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{name}(): side and right can't be set to opposites, got side of left while right was True")
    return "right" if right or side == "right" else "left"


def _refuse_bools(kernel, *tensors):
    if all(t.dtype == _C.bool for t in tensors):
        raise unsupported(kernel, _C.bool)


@composed(out="exact")
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where along the last dimension of what is in order each number would stand: before its equals, or (right) behind them."""
    need_tensor("searchsorted", sorted_sequence, "sorted_sequence")
    side, number = _side("searchsorted", right, side), not isinstance(input, Tensor)
    if number and not isinstance(input, (int, float, np.number)):
        raise TypeError(f"searchsorted(): argument 'input' (position 2) must be Tensor or Number, not {type(input).__name__}")
    wanted = _C.tensor(input) if number else input
    order = sorted_sequence if sorter is None else sorted_sequence.gather(-1, sorter)
    if order.dim() != 1 and (number or order.shape[:-1] != wanted.shape[:-1]):
        raise RuntimeError("torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value "
                           f"tensor must match, but we got boundaries tensor {list(order.shape)} and input value tensor {list(wanted.shape)}")
    _refuse_bools("searchsorted_out_cpu", wanted, order)
    places = _C._ops["search_places"](wanted.detach(), order.detach(), side == "right")
    return places.int() if out_int32 else places


@composed(method=False, out="exact")
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """searchsorted in a vector of boundaries, dtypes apart."""
    number = not isinstance(input, Tensor)
    if number and not isinstance(input, (int, float, np.number)):
        raise TypeError(f"bucketize(): argument 'input' (position 1) must be Tensor or Number, not {type(input).__name__}")
    wanted = _C.tensor(input) if number else input
    if boundaries.dim() != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.dim()})")
    _refuse_bools("bucketize_cpu", wanted, boundaries)
    places = _C._ops["search_places"](wanted.detach(), boundaries.detach(), right)
    return places.int() if out_int32 else places


@composed(method=False, out="exact")
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """True where an element is one of the others; numbers count as tensors."""
    if not all(isinstance(x, (Tensor, numbers.Number)) for x in (elements, test_elements)) or not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError(f"isin() takes Tensors and at most one number, got ({type(elements).__name__}, {type(test_elements).__name__})")
    first, second = (x if isinstance(x, Tensor) else _C.tensor(x) for x in (elements, test_elements))
    for x in (first, second):
        if x.dtype == _C.bool:
            raise RuntimeError(f"Unsupported input type encountered for isin(): {scalar_name(x.dtype)}")
    few = held_once(first.detach())[0]
    found = _tensor(np.asarray(np.isin(_numpy(few), _numpy(held_once(second.detach())[0]), invert=invert)).reshape(few.shape), _C.bool)
    return found if few.shape == first.shape else found.expand(first.shape).contiguous()


def _refuse_weights(input, num_samples, replacement):
    if not input.is_floating_point():
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {input.dtype}")
    if input.dim() not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if input.size(-1) >= 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not replacement and num_samples > input.size(-1):
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if input.numel() and not (input.min().item() >= 0 and input.max().item() < math.inf):  # NaN is no more than either
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not bool((input.sum(-1) > 0).all()):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


@composed(out="exact")
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """`num_samples` places of each row, drawn in proportion to its weights; PyTorch's draws. RuntimeError for what are no weights."""
    need_tensor("multinomial", input)
    weights = input.detach()
    _refuse_weights(weights, num_samples, replacement)
    if not replacement or num_samples == 1:
        race = weights / _C.empty_like(weights).exponential_(1, generator=generator)
        return race.argmax(-1, keepdim=True) if num_samples == 1 else race.topk(num_samples)[1]
    weights = weights.reshape(-1, weights.size(-1))
    draws = _C.empty(len(weights), num_samples, dtype=_C.float64).uniform_(generator=generator)
    if weights.dtype in (_C.float32, _C.float64):
        return _C._ops["_draw_places"](weights, draws).reshape(*input.shape[:-1], num_samples)
    rows, draws = _numpy(weights), draws.numpy()
    shares = np.cumsum(rows, 1, rows.dtype)
    shares /= shares[:, -1:].copy()
    shares[:, -1] = 1
    places = [np.searchsorted(share, draw, "left") for share, draw in zip(shares, draws, strict=True)]
    return _tensor(np.array(places), _C.int64).reshape(*input.shape[:-1], num_samples)


def _ranks(name, q, input):
    if not input.is_floating_point() or input.dtype not in (_C.float32, _C.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    wanted = q if isinstance(q, Tensor) else _C.tensor(q, dtype=input.dtype)
    if wanted.dim() > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if wanted.dtype != input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not bool(((wanted >= 0) & (wanted <= 1)).all()):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]" if isinstance(q, Tensor) else f"{name}() q must be in the range [0, 1] but got {q:g}")
    return wanted


def _quantile(name, input, q, dim, keepdim, interpolation, skip):
    need_tensor(name, input)
    if not isinstance(q, (numbers.Real, Tensor)):
        raise TypeError(f"{name}(): argument 'q' (position 2) must be Tensor or float, not {type(q).__name__}")
    wanted = _ranks(name, q, input)
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}")
    if input.numel() == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    whole = dim is None
    wrap_dim(0 if whole else dim, input.dim())
    once = whole and held_once(input.detach())[1] > 1
    rows = input if once else input.reshape(-1) if whole or input.dim() == 0 else input.movedim(dim, -1)
    over, lead, size = (None, (), rows.numel()) if once else (-1, rows.shape[:-1], rows.size(-1))
    ordered = None if once else rows.sort(-1)[0]

    def of_rank(rank):
        return _C._ops["ranked"](rows, rank) if once else ordered.gather(-1, rank.expand(shape))

    counts = (~rows.isnan()).sum(over, keepdim=not once) if skip else size
    rank = wanted.reshape(-1) * (counts - 1) if not skip else (wanted.reshape(-1) * (counts - 1)).clamp_min(0)
    shape = (*lead, rank.size(-1))
    if not skip and bool(rows.isnan().any()):
        rank = rank.expand(shape).masked_fill(rows.isnan().any() if once else rows.isnan().any(-1, keepdim=True), size - 1)
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": rank.floor, "higher": rank.ceil, "nearest": rank.round}[interpolation]()
    below = rank.floor().long()
    values = of_rank(below)
    if interpolation in ("linear", "midpoint"):
        weight = rank - below if interpolation == "linear" else _C.full_like(rank, 0.5)
        values = values.lerp_(of_rank(rank.ceil().long()), weight)
    if keepdim and whole:
        values = values.reshape(*[1] * input.dim(), values.size(-1))
    elif keepdim and input.dim():
        values = values.unsqueeze(dim - 1 if dim < 0 else dim)
    return values.squeeze_(-1) if wanted.dim() == 0 else values.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)


@composed(out="exact")
@node("SqueezeBackward4", unkept=(0, 1))
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """What a share q of the elements (along dim) does not exceed, interpolated between neighbours; gradients flow. RuntimeError for other q."""
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composed(out="exact")
@node("SqueezeBackward4", unkept=(0, 1))
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """quantile of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


@composed()
def argwhere(input):
    """The places of the elements that are not 0, a row each: nonzero."""
    need_tensor("argwhere", input)
    return ctgrad.nonzero(input)
