"""out= that shares a part of an operand, is one, or neither: which ops refuse it."""

PROGRAMS = r"""
def places(f):
    for k in (0, 1, 2):
        b = torch.arange(1., 65.) / 80
        try:
            f(b, b[:16].view(4, 4), b[:4], b[:16].view(1, 4, 4), b[k:k + 16].view(4, 4), b[k:k + 4])
            print("taken")
        except Exception as e:
            print(type(e).__name__)
one = "deg2rad rad2deg i0 sinc logit nan_to_num exp relu_ sgn round trunc angle square rsqrt digamma erfinv frexp conj_physical positive bernoulli msort tril triu".split()
for name in one:
    if name in ("relu_", "positive", "frexp"):
        continue
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, out=whole))
for name in "entr erfcx i0 i0e i1 i1e log_ndtr ndtri ndtr logit sinc bessel_j0 modified_bessel_k1 spherical_bessel_j0".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch.special, name)(x, out=whole))
for name in "add maximum fmax fmin copysign heaviside igamma logaddexp logaddexp2 xlogy float_power max min atan2 hypot nextafter matmul mm inner".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, x, out=whole))
for name in "gammainc xlog1py zeta chebyshev_polynomial_t hermite_polynomial_h legendre_polynomial_p".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch.special, name)(x, x, out=whole))
for name in "cumsum cumprod logcumsumexp softmax".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, 0, out=whole))
for name in "sum mean prod amax amin var std norm logsumexp nanmean".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, dim=0, out=row))
for name in "max min median mode sort cummax".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, 0, out=(whole if name in ("sort", "cummax") else row, torch.zeros(0, dtype=torch.int64))))
for name in "addcmul addcdiv lerp addmm clamp".split():
    print(name)
    places(lambda b, x, v, y, whole, row: getattr(torch, name)(x, x, x, out=whole))
for f in (lambda b, x, v, y, whole, row: torch.addmv(v, x, v, out=row), lambda b, x, v, y, whole, row: torch.baddbmm(y, y, y, out=whole[None]), lambda b, x, v, y, whole, row: torch.addbmm(x, y, y, out=whole),
          lambda b, x, v, y, whole, row: torch.addr(x, v, v, out=whole), lambda b, x, v, y, whole, row: torch.where(x > 0, x, x, out=whole), lambda b, x, v, y, whole, row: torch.outer(v, v, out=whole),
          lambda b, x, v, y, whole, row: torch.topk(v, 4, out=(row, torch.zeros(0, dtype=torch.int64))), lambda b, x, v, y, whole, row: torch.kthvalue(x, 1, 0, out=(row, torch.zeros(0, dtype=torch.int64))),
          lambda b, x, v, y, whole, row: torch.index_add(x, 0, torch.tensor([0]), x[:1], out=whole), lambda b, x, v, y, whole, row: torch.index_copy(x, 0, torch.tensor([0]), x[:1], out=whole),
          lambda b, x, v, y, whole, row: torch.diff(b[:5], out=row), lambda b, x, v, y, whole, row: torch.round(x, decimals=1, out=whole), lambda b, x, v, y, whole, row: torch.div(x, x, rounding_mode="floor", out=whole),
          lambda b, x, v, y, whole, row: torch.clamp_min(x, 0.5, out=whole), lambda b, x, v, y, whole, row: torch.renorm(x, 2, 0, 1., out=whole), lambda b, x, v, y, whole, row: torch.polygamma(1, x, out=whole),
          lambda b, x, v, y, whole, row: torch.frexp(x, out=(whole, torch.zeros(4, 4, dtype=torch.int32))), lambda b, x, v, y, whole, row: torch.t_copy(x, out=whole), lambda b, x, v, y, whole, row: torch.expand_copy(v, (4, 4), out=whole),
          lambda b, x, v, y, whole, row: torch.linalg.inv(x + torch.eye(4), out=whole), lambda b, x, v, y, whole, row: torch.quantile(v, v, out=row), lambda b, x, v, y, whole, row: torch.kron(v[:2], v[:2], out=row),
          lambda b, x, v, y, whole, row: torch.mvlgamma(x + 9, 2, out=whole), lambda b, x, v, y, whole, row: torch.special.multigammaln(x + 9, 2, out=whole)):
    places(f)
""".strip().split("\n\n")
