"""Pooling: what ``functional`` offers of it. The windows are computed in C (csrc/ops/pool.c)."""

from ctgrad import _C
from ctgrad.composed.misfit import typed

_ops = _C._ops
avg_pool1d, avg_pool2d, avg_pool3d = (_ops[f"avg_pool{n}d"] for n in (1, 2, 3))
adaptive_avg_pool1d = _ops["adaptive_avg_pool1d"]


def _max_pool(n):
    values, both = _ops[f"max_pool{n}d"], _ops[f"max_pool{n}d_with_indices"]

    def with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        return both(input, kernel_size, stride, padding, dilation, ceil_mode)

    def max_pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        if return_indices:
            return both(input, kernel_size, stride, padding, dilation, ceil_mode)
        return values(input, kernel_size, stride, padding, dilation, ceil_mode)

    with_indices.__name__ = with_indices.__qualname__ = f"max_pool{n}d_with_indices"
    with_indices.__doc__ = f"``max_pool{n}d``, and where in its plane each value came from (int64, row-major)."
    max_pool.__name__ = max_pool.__qualname__ = f"max_pool{n}d"
    max_pool.__doc__ = (f"The largest of each window of the last {n} dims of (N, C, ...) or (C, ...); ``stride`` is "
                        "``kernel_size`` where not given. With ``return_indices``, also where in its plane it came from.")
    return max_pool, with_indices


max_pool1d, max_pool1d_with_indices = _max_pool(1)
max_pool2d, max_pool2d_with_indices = _max_pool(2)
max_pool3d, max_pool3d_with_indices = _max_pool(3)


def _sizes_given(output_size, input):
    """The output size, None being the input's own."""
    if isinstance(output_size, int) or output_size is None:
        return output_size
    if input.dim() <= len(output_size):  # fewer would be counted from the wrong end
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    own = input.shape[-len(output_size):]
    return [size if wanted is None else wanted for wanted, size in zip(output_size, own, strict=False)]


def _sizes_filled(name, input, output_size):
    """The same, of an input that has elements but for an empty batch."""
    if 0 in input.shape[1:]:
        raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {list(input.shape)}")
    return _sizes_given(output_size, input)


def adaptive_avg_pool2d(input, output_size):
    """The mean of each of ``output_size`` windows that cover the last 2 dims evenly; None keeps a size."""
    return _ops["adaptive_avg_pool2d"](input, _sizes_given(output_size, input))


def adaptive_avg_pool3d(input, output_size):
    """The mean of each of ``output_size`` windows that cover the last 3 dims evenly; None keeps a size."""
    if isinstance(output_size, (tuple, list)) and len(output_size) < 3:
        raise RuntimeError(f"adaptive_avg_pool3d: output_size must be 3 sizes, got {len(output_size)}")
    whole = _tuple(output_size, 3) == (1, 1, 1)  # a mean, of nothing too
    return _ops["adaptive_avg_pool3d"](input, output_size if whole else _sizes_filled("adaptive_avg_pool3d", input, output_size))


def _adaptive_max_pool(n):
    name = f"adaptive_max_pool{n}d"
    both = _ops[name]

    def with_indices(input, output_size, return_indices=False):
        return both(input, _sizes_filled(name, input, output_size))

    def pool(input, output_size, return_indices=False):
        result = both(input, _sizes_filled(name, input, output_size))
        return result if return_indices else result[0]

    with_indices.__name__ = with_indices.__qualname__ = f"adaptive_max_pool{n}d_with_indices"
    with_indices.__doc__ = f"``adaptive_max_pool{n}d``, and where in its plane each value came from."
    pool.__name__ = pool.__qualname__ = f"adaptive_max_pool{n}d"
    pool.__doc__ = f"The largest of each of ``output_size`` windows that cover the last {n} dims evenly; None keeps a size."
    return typed(pool), typed(with_indices)


adaptive_max_pool1d, adaptive_max_pool1d_with_indices = _adaptive_max_pool(1)
adaptive_max_pool2d, adaptive_max_pool2d_with_indices = _adaptive_max_pool(2)
adaptive_max_pool3d, adaptive_max_pool3d_with_indices = _adaptive_max_pool(3)


# --- max_unpool: each value back to where it came from ---

def _tuple(x, n):
    return tuple(x) * (n // len(x)) if isinstance(x, (tuple, list)) else (x,) * n


def _unpool_output_size(input, kernel_size, stride, padding, output_size):
    n = len(kernel_size)
    usual = [(input.shape[d - n] - 1) * stride[d] + kernel_size[d] - 2 * padding[d] for d in range(n)]
    if output_size is None:
        return usual
    wanted = list(output_size)
    if len(wanted) == n + 2:
        wanted = wanted[2:]
    if len(wanted) != n:
        raise ValueError(f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of '{len(wanted)}'")
    for d in range(n):
        least, most = usual[d] - stride[d], usual[d] + stride[d]
        if not least < wanted[d] < most:
            raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {least} and {most})')
    return wanted


def _max_unpool(n):
    def unpool(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        kernel = _tuple(kernel_size, n)
        steps = kernel if stride is None else _tuple(stride, n)
        size = _unpool_output_size(input, kernel, steps, _tuple(padding, n), output_size)
        if input.dim() not in (n + 1, n + 2):
            raise RuntimeError(f"max_unpool{n}d(): Expected input to have {n + 1} or {n + 2} dimensions, but got {list(input.shape)}")
        if 0 in input.shape[1:]:
            raise RuntimeError(f"max_unpool{n}d(): Expected input to have non-zero size for non-batch dimensions, but got {list(input.shape)}")
        if n == 1:
            return _ops["pool_scatter"](input.unsqueeze(-1), indices.unsqueeze(-1), [*size, 1], add=False).squeeze(-1)
        return _ops["pool_scatter"](input, indices, size, add=False)

    unpool.__name__ = unpool.__qualname__ = f"max_unpool{n}d"
    unpool.__doc__ = (f"Undoes ``max_pool{n}d``: zeros but for the values of ``input``, put where ``indices`` say they came from. "
                      "``output_size`` chooses among the sizes that pool to the input's. RuntimeError for an index outside.")
    return unpool


max_unpool1d, max_unpool2d, max_unpool3d = map(_max_unpool, (1, 2, 3))


# --- lp_pool: the p-norm of each window ---

def _lp_pool(n, mean):
    def pool(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        powers = mean(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        count = 1
        for size in _tuple(kernel_size, n):
            count *= size
        # A power may be negative where norm_type is odd: the root of its absolute value, with its sign if it is positive.
        return (powers.sign() * powers.abs().relu()).mul(count).pow(1.0 / norm_type)

    pool.__name__ = pool.__qualname__ = f"lp_pool{n}d"
    pool.__doc__ = f"(sum of x^norm_type)^(1 / norm_type) over each window of the last {n} dims; windows as in ``avg_pool{n}d``."
    return pool


lp_pool1d, lp_pool2d, lp_pool3d = (_lp_pool(n, mean) for n, mean in ((1, avg_pool1d), (2, avg_pool2d), (3, avg_pool3d)))
