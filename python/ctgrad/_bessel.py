"""Bessel functions of orders 0 and 1, those of the other kinds than I in terms of other ops: J and K in float64, as Hurwitz's zeta function; Y and Airy's in the dtype of the argument."""

import math
from collections.abc import Callable

from ctgrad import _C
from ctgrad._dtypes import finfo
from ctgrad._quantile import polynomial
from ctgrad.autograd.function import Function
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import named, node

__all__ = ["airy", "i0", "i0e", "i1", "i1e", "j", "k", "y", "zeta"]

def _function(name, title, order, scaled):
    @node(f"{title}Backward0")
    def f(input):
        need_tensor(name, input)
        return _C._ops["bessel_i"](input if input.is_floating_point() else input.to(_C.get_default_dtype()), order, scaled)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"The modified Bessel function of the first kind of order {order}{', times e^-|x|' if scaled else ''}."
    return f


i0: Callable[..., _C.Tensor] = _function("i0", "I0", 0, False)
i0e: Callable[..., _C.Tensor] = _function("i0e", "SpecialI0E", 0, True)
i1: Callable[..., _C.Tensor] = _function("i1", "SpecialI1", 1, False)
i1e: Callable[..., _C.Tensor] = _function("i1e", "SpecialI1E", 1, True)

# Cephes' (Moshier), by order. Of J, up to 5: the squares of its first two roots, and the numerator and the denominator of the rest in x^2, whose highest
# coefficient is 1; beyond, those of Hankel's P and of Q in 25 / x^2, of which the last begins with 1 too.
_J = ((
    (5.783185962946784, 30.471262343662087),
    (-4794432209.782018, 1956174919465.5657, -249248344360967.72, 9708622510473064.0),
    (499.563147152651, 173785.4016763747, 48440965.83399621, 11185553704.535683, 2112775201154.892, 310518229857422.56, 3.1812195594320496e+16,
     1.7108629408104315e+18),
    (0.0007969367292973471, 0.08283523921074408, 1.239533716464143, 5.447250030587687, 8.74716500199817, 5.303240382353949, 1.0),
    (0.0009244088105588637, 0.08562884743544745, 1.2535274390105895, 5.470977403304171, 8.761908832370695, 5.306052882353947, 1.0),
    (-0.011366383889846916, -1.2825271867050931, -19.553954425773597, -93.20601521237683, -177.68116798048806, -147.07750515495118,
     -51.41053267665993, -6.050143506007285),
    (64.3178256118178, 856.4300259769806, 3882.4018360540163, 7240.467741956525, 5930.727011873169, 2062.0933166032783, 242.0057402402914)), (
    (14.681970642123893, 49.2184563216946),
    (-899971225.7055594, 452228297998.19403, -72749424522181.83, 3682957328638529.0),
    (620.8364781180543, 256987.25675774884, 83514679.14319493, 22151159547.97925, 4749141220799.914, 784369607876235.9, 8.952223361846274e+16,
     5.322786203326801e+18),
    (0.0007621256162081731, 0.07313970569409176, 1.1271960812968493, 5.112079511468076, 8.424045901417724, 5.214515986823615, 1.0),
    (0.0005713231280725487, 0.06884559087544954, 1.105142326340617, 5.073863861286015, 8.399855543276042, 5.209828486823619, 1.0),
    (0.05108625947501766, 4.982138729512334, 75.82382841325453, 366.7796093601508, 710.8563049989261, 597.4896124006136, 211.68875710057213,
     25.207020585802372),
    (74.23732770356752, 1056.4488603826283, 4986.410583376536, 9562.318924047562, 7997.041604473507, 2826.1927851763908, 336.0936078106983)))
# Of K, Chebyshev's series: up to 2 in x^2 - 2, beyond in 8 / x - 2.
_K = ((
    (1.374465435613523e-16, 4.25981614279661e-14, 1.0349695257633842e-11, 1.904516377220209e-09, 2.5347910790261494e-07, 2.286212103119452e-05,
     0.001264615411446926, 0.0359799365153615, 0.3442898999246285, -0.5353273932339028),
    (5.300433772686263e-18, -1.6475804301524212e-17, 5.2103915050390274e-17, -1.678231096805412e-16, 5.512055978524319e-16, -1.848593377343779e-15,
     6.3400764774050706e-15, -2.2275133269916698e-14, 8.032890775363575e-14, -2.9800969231727303e-13, 1.140340588208475e-12, -4.514597883373944e-12,
     1.8559491149547177e-11, -7.957489244477107e-11, 3.577397281400301e-10, -1.69753450938906e-09, 8.574034017414225e-09, -4.660489897687948e-08,
     2.766813639445015e-07, -1.8317555227191195e-06, 1.39498137188765e-05, -0.00012849549581627802, 0.0015698838857300533, -0.0314481013119645,
     2.4403030820659555)), (
    (-7.023863479386288e-18, -2.427449850519366e-15, -6.666901694199329e-13, -1.4114883926335278e-10, -2.213387630734726e-08, -2.4334061415659684e-06,
     -0.0001730288957513052, -0.006975723859639864, -0.12261118082265715, -0.3531559607765449, 1.5253002273389478),
    (-5.756744483665017e-18, 1.7940508731475592e-17, -5.689462558442859e-17, 1.838093544366639e-16, -6.057047248373319e-16, 2.038703165624334e-15,
     -7.019837090418314e-15, 2.4771544244813043e-14, -8.976705182324994e-14, 3.3484196660784293e-13, -1.2891739609510289e-12, 5.13963967348173e-12,
     -2.1299678384275683e-11, 9.218315187605006e-11, -4.1903547593418965e-10, 2.015049755197033e-09, -1.0345762465678097e-08, 5.7410841254500495e-08,
     -3.5019606030878126e-07, 2.406484947837217e-06, -1.936197974166083e-05, 0.00019521551847135162, -0.002857816859622779, 0.10392373657681724,
     2.7206261904844427)))


def j(order, x):
    """J_order(x), of float64."""
    roots, above, below, *parts = _J[order]
    size = x.abs()
    square = size * size
    near = (square - roots[0]) * (square - roots[1]) * polynomial(square, above, 0) / polynomial(square, below, 1.0)
    inverse = 5 / size
    away = inverse * inverse
    p_above, p_below, q_above, q_below = (polynomial(away, c, first) for c, first in zip(parts, (0, 0, 0, 1.0), strict=True))
    turned = size - (2 * order + 1) * math.pi / 4
    far = (p_above / p_below * turned.cos() - inverse * (q_above / q_below) * turned.sin()) * math.sqrt(2 / math.pi) / size.sqrt()
    made = _C.where(size <= 5, near * size if order else near, far)
    return _C.where(x < 0, -made, made) if order else made

# Of Y, up to 5: the numerator and the denominator in x^2 of what J's logarithm leaves.
_Y = (((15592.436785523574, -14663929.590397161, 5435264770.518765, -982136065717.9115, 87590639439536.7, -3466283033847297.0, 4.4273326857256984e+16,
        -1.8495080043698668e+16),
       (1041.2835366425984, 626107.330137135, 268919633.39381415, 86400248710.3935, 20297961275010.555, 3171577528429750.5, 2.5059625617265306e+17)),
      ((1263204747.9017804, -647355876379.1603, 114509511541823.73, -8127702555013251.0, 2.024394757135949e+17, -7.788771962659501e+17),
       (594.3015923461282, 235564.09294306857, 73481194.44597217, 18760131610.870617, 3882312774962.3857, 620557727146953.8, 6.871410873553005e+16,
        3.9727060811656064e+18)))
# Of Ai: beyond 2.09 in 1 / zeta, where zeta is 2/3 |x|^3/2; below -2.09 in its square, of the cosine's part and of the sine's.
_AIRY_RIGHT = ((0.346538101525629, 12.007595273964581, 76.27960536152345, 168.08922493463058, 159.75639135016442, 70.53609068404442, 14.026469116338967, 1.0),
               (0.5675945326387702, 14.75625625848472, 84.51389701414746, 177.31808814540045, 164.2346928715297, 71.47784008255756, 14.095913560783403,
                1.0))
_AIRY_SINE = ((-0.1316963234183318, -0.6264565444319123, -0.6931580360369335, -0.27977998154511912, -0.0491900132609500318, -0.00406265923594885404,
               -0.00015927649623926210, -2.77649108155232921e-06, -1.67787698489114634e-08),
              (13.3560420706553244, 32.6825032795224614, 26.7367040941499555, 9.18707402907259626, 1.47529146771666415, 0.115687173795188044,
               0.00440291641615211203, 7.54720348287414297e-05, 4.51850092970580378e-07))
_AIRY_COSINE = ((0.01973399320916857, 0.391103029615688277, 1.06579897599595591, 0.939169229816650230, 0.351465656105547619, 0.0633888919628925490,
                 0.00585804113048388459, 0.000282851600836737020, 6.98793669997260967e-06, 8.11789239554389293e-08, 3.41551784765923618e-10),
                (9.30892908077441975, 19.8352928718312140, 15.5646628932864613, 5.47686069422975498, 0.954293611618961884, 0.0864580826352392193,
                 0.00412656523824222607, 0.000101259085116509135, 1.17166733214413522e-06, 4.91834570062930016e-09))


def y(order, x):
    """Y_order(x), in x's dtype: -inf at 0, NaN below. Denominators want their highest power, here and in ``airy``, as PyTorch's do: that is up to 1e-6 off."""
    roots, above, below, *parts = _J[order]
    square = x * x
    above, below, (less, more) = polynomial(square, above, 0), polynomial(square, below, 0), (square - root for root in roots)
    first = above / below * x * less * more if order else _C.where(x < 1e-5, 1 - square / 4, less * more * above / below)
    rest, log = polynomial(square, _Y[order][0], 0) / polynomial(square, _Y[order][1], 0), x.log()
    near = x * rest + 2 / math.pi * (first * log - 1 / x) if order else rest + 2 / math.pi * log * first
    inverse = 5 / x
    p_above, p_below, q_above, q_below = (polynomial(inverse * inverse, c, 0) for c in parts)
    turned = x - (2 * order + 1) * math.pi / 4
    far = (p_above / p_below * turned.sin() + inverse * (q_above / q_below) * turned.cos()) * math.sqrt(2 / math.pi) / x.sqrt()
    made = _C.where(x <= 5, near, far)
    return _C.where(x == 0, -math.inf, _C.where(x < 0, math.nan, made))


def _airy_middle(x):
    """Ai within 2.09 of 0 by its power series. A sum ends where the term falls below its last place: what comes later is not added."""
    f, g, m, n, cube = _C.ones_like(x), x, _C.ones_like(x), x, x * x * x
    least, k, going = finfo(x.dtype).eps, 1, _C.ones_like(x, dtype=_C.bool)
    while going.any():
        m, n = m * cube / (k + 1) / (k + 2), n * cube / (k + 2) / (k + 3)
        f, g, k = _C.where(going, f + m, f), _C.where(going, g + n, g), k + 3
        going = going & ((m / f).abs() > least)
    return 0.355028053887817239260 * f - 0.258819403792806798405 * g


def airy(x):
    """Ai(x), in x's dtype: NaN at both infinities."""
    size = x.abs()
    root = size.sqrt()
    zeta = 2 * size * root / 3
    z, scale = 1 / zeta, 1 / math.sqrt(math.pi)
    above, below = (polynomial(z, c, 0) for c in _AIRY_RIGHT)
    right = scale * (above / below) / (2 * root.sqrt() * zeta.exp())
    (sine_above, sine_below), (cosine_above, cosine_below) = ([polynomial(z * z, c, 0) for c in part] for part in (_AIRY_SINE, _AIRY_COSINE))
    turned = zeta + math.pi / 4
    left = scale / root.sqrt() * (turned.sin() * (1 + z * z * sine_above / sine_below) - turned.cos() * (z * cosine_above / cosine_below))
    middle = _airy_middle(x.clamp(-2.09, 2.09))
    made = _C.where(x < -2.09, left, _C.where(x >= 2.09, right, middle))
    return made.masked_fill(x > 103.892, 0).masked_fill(size == math.inf, math.nan)


def _chebyshev(x, series):
    """Clenshaw's recurrence; the highest order first, and half of the last."""
    now, before, last = series[0], 0.0, 0.0
    for c in series[1:]:
        now, before, last = x * now - before + c, now, before
    return 0.5 * (now - last)


def k(order, x, scaled):
    """K_order(x), of float64, or e^x times it: inf at 0, NaN below."""
    near, far = (_chebyshev(at, series) for at, series in zip((x * x - 2, 8 / x - 2), _K[order], strict=True))
    log = (x / 2).log()
    near = near / x + log * i1(x) if order else near - log * i0(x)
    near, far = (near * x.exp(), far / x.sqrt()) if scaled else (near, far * (-x).exp() / x.sqrt())
    made = _C.where(x <= 2, near, far)
    return _C.where(x == 0, math.inf, _C.where(x < 0, math.nan, made))


# Bernoulli's numbers over factorials: B_2j / (2j)!
_BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600, -3617 / 10670622842880000]


def _hurwitz(x, q):
    """The sum of (q + k)^-x over k >= 0, by its terms up to q + k > 12 and Euler's and Maclaurin's formula."""
    least = float(q.masked_fill(~q.isfinite(), math.inf).amin()) if q.numel() else math.inf
    count = 12 + max(0, math.ceil(-least)) if least < math.inf else 12
    total = _C.zeros_like(x + q)
    for k in range(count):
        total = total + (q + k).pow(-x)
    a = q + count
    power = a.pow(-x)
    total = total + power * a / (x - 1) + power / 2
    factor, power = x, power / a
    for j, b in enumerate(_BERNOULLI):
        total = total + factor * power * b
        factor, power = factor * (x + 2 * j + 1) * (x + 2 * j + 2), power / (a * a)
    return total


@named("SpecialZetaBackward0")
class _Zeta(Function):
    _mixes = 0

    @staticmethod
    def forward(ctx, x, q):
        ctx.save_for_backward(x, q)
        s, t = x.double(), q.double()
        pole = (t <= 0) & (t == t.floor())
        made = _hurwitz(s, t.masked_fill(pole, 1))
        made = made.masked_fill((s < 1) | ((t <= 0) & ~pole & (s != s.floor())), math.nan).masked_fill((s == 1) | (pole & (s > 1)), math.inf)
        return _C.where(s.isnan() | t.isnan(), math.nan, made).to(x.dtype)

    @staticmethod
    def backward(ctx, g):
        x, q = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            raise NotImplementedError("the derivative for 'zeta' with respect to its first argument is not implemented")
        return None, g * -x * _Zeta.apply(x + 1, q)


def zeta(input, other):
    """Hurwitz's zeta function: the sum of (other + k)^-input over k >= 0; inf where input is 1, NaN below it. Gradients flow to other."""
    import ctgrad

    like = input if isinstance(input, _C.Tensor) else other
    need_tensor("special_zeta", like)
    dtype = ctgrad.result_type(input, other)
    dtype = dtype if dtype.is_floating_point else _C.get_default_dtype()
    x, q = (v.to(dtype) if isinstance(v, _C.Tensor) else _C.full((), v, dtype=dtype) for v in (input, other))
    return _Zeta.apply(*((x, q) if x.dim() == 0 else ctgrad.broadcast_tensors(x, q)))
