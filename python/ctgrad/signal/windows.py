"""Windows of M places, symmetric, or (sym=False) periodic: those of one more place without the last."""

import math

import ctgrad

__all__ = ["bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann", "kaiser", "nuttall"]


def _check(name, M, dtype, layout):
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not ctgrad.strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    dtype = dtype or ctgrad.get_default_dtype()
    if dtype not in (ctgrad.float32, ctgrad.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return dtype


def _line(start, end, M, dtype, requires_grad):
    return ctgrad.linspace(start, end, M, dtype=dtype, requires_grad=requires_grad)


def exponential(M, *, center=None, tau=1.0, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """exp(-|i - center| / tau)"""
    dtype = _check("exponential", M, dtype, layout)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    center = (M if not sym and M > 1 else M - 1) / 2.0 if center is None else center
    k = _line(-center / tau, (-center + (M - 1)) / tau, M, dtype, requires_grad)
    return ctgrad.exp(-ctgrad.abs(k))


def cosine(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """sin(pi (i + 1/2) / M)"""
    dtype = _check("cosine", M, dtype, layout)
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    step = math.pi / (M + 1 if not sym and M > 1 else M)
    return ctgrad.sin(_line(0.5 * step, (0.5 + (M - 1)) * step, M, dtype, requires_grad))


def gaussian(M, *, std=1.0, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """exp(-(i - middle)^2 / (2 std^2))"""
    dtype = _check("gaussian", M, dtype, layout)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    start, width = -(M if not sym and M > 1 else M - 1) / 2.0, std * math.sqrt(2)
    k = _line(start / width, (start + (M - 1)) / width, M, dtype, requires_grad)
    return ctgrad.exp(-k ** 2)


def kaiser(M, *, beta=12.0, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """I0(beta sqrt(1 - (2 i / (M - 1) - 1)^2)) / I0(beta)"""
    dtype = _check("kaiser", M, dtype, layout)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    if M == 1:
        return ctgrad.ones((1,), dtype=dtype, requires_grad=requires_grad)
    beta = ctgrad.tensor(beta, dtype=dtype)
    step = 2.0 * beta / (M if not sym else M - 1)
    k = ctgrad.linspace((-beta).item(), ctgrad.minimum(beta, -beta + (M - 1) * step).item(), M, dtype=dtype, requires_grad=requires_grad)
    return ctgrad.i0(ctgrad.sqrt(beta * beta - ctgrad.pow(k, 2))) / ctgrad.i0(beta)


def bartlett(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """1 - |2 i / (M - 1) - 1|"""
    dtype = _check("bartlett", M, dtype, layout)
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    if M == 1:
        return ctgrad.ones((1,), dtype=dtype, requires_grad=requires_grad)
    k = _line(-1, -1 + (M - 1) * (2 / (M if not sym else M - 1)), M, dtype, requires_grad)
    return 1 - ctgrad.abs(k)


def general_cosine(M, *, a, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """The sum of (-1)^k a_k cos(2 pi k i / (M - 1))."""
    dtype = _check("general_cosine", M, dtype, layout)
    if M == 0:
        return ctgrad.empty((0,), dtype=dtype, requires_grad=requires_grad)
    if M == 1:
        return ctgrad.ones((1,), dtype=dtype, requires_grad=requires_grad)
    if not isinstance(a, (list, tuple)):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    step = 2 * math.pi / (M if not sym else M - 1)
    k = _line(0, (M - 1) * step, M, dtype, requires_grad)
    signed = ctgrad.tensor([(-1) ** i * w for i, w in enumerate(a)], dtype=dtype, requires_grad=requires_grad)
    times = ctgrad.arange(len(a), dtype=dtype, requires_grad=requires_grad)
    return (signed.unsqueeze(-1) * ctgrad.cos(times.unsqueeze(-1) * k)).sum(0)


def general_hamming(M, *, alpha=0.54, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """alpha - (1 - alpha) cos(2 pi i / (M - 1))"""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hamming(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """general_hamming of 0.54."""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hann(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """general_hamming of 0.5."""
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def blackman(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """general_cosine of 0.42, 0.5, 0.08."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, dtype=_check("blackman", M, dtype, layout), layout=layout, device=device, requires_grad=requires_grad)


def nuttall(M, *, sym=True, dtype=None, layout=ctgrad.strided, device=None, requires_grad=False):
    """Blackman and Harris' window of four terms, as Nuttall has it."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)
