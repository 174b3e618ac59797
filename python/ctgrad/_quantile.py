"""The quantile function of the standard normal distribution: Cephes' rational approximations (Moshier), in the dtype of the argument."""

import math

from ctgrad import _C
from ctgrad._dtypes import unsupported
from ctgrad.autograd.function import Function
from ctgrad.composed import need_tensor
from ctgrad.composed.closed import named

__all__ = ["ndtri"]

_TAIL = 0.13533528323661269189  # exp(-2): below it the approximations are in z = 1 / sqrt(-2 log p), above in (p - 1/2)^2
_MIDDLE = ((-5.99633501014107895267E1, 9.80010754185999661536E1, -5.66762857469070293439E1, 1.39312609387279679503E1, -1.23916583867381258016E0),
           (1.95448858338141759834E0, 4.67627912898881538453E0, 8.63602421390890590575E1, -2.25462687854119370527E2, 2.00260212380060660359E2,
            -8.20372256168333339912E1, 1.59056225126211695515E1, -1.18331621121330003142E0))
_NEAR = ((4.05544892305962419923E0, 3.15251094599893866154E1, 5.71628192246421288162E1, 4.40805073893200834700E1, 1.46849561928858024014E1,
          2.18663306850790267539E0, -1.40256079171354495875E-1, -3.50424626827848203418E-2, -8.57456785154685413611E-4),
         (1.57799883256466749731E1, 4.53907635128879210584E1, 4.13172038254672030440E1, 1.50425385692907503408E1, 2.50464946208309415979E0,
          -1.42182922854787788574E-1, -3.80806407691578277194E-2, -9.33259480895457427372E-4))
_FAR = ((3.23774891776946035970E0, 6.91522889068984211695E0, 3.93881025292474443415E0, 1.33303460815807542389E0, 2.01485389549179081538E-1,
         1.23716634817820021358E-2, 3.01581553508235416007E-4, 2.65806974686737550832E-6, 6.23974539184983293730E-9),
        (6.02427039364742014255E0, 3.67983563856160859403E0, 1.37702099489081330271E0, 2.16236993594496635890E-1, 1.34204006088543189037E-2,
         3.28014464682127739104E-4, 2.89247864745380683936E-6, 6.79019408009981274425E-9))


def polynomial(x, coefficients, result):
    """Horner's scheme, the highest power first, from `result` on."""
    for c in coefficients:
        result = result * x + c
    return result


def _ratio(x, coefficients):
    above, below = coefficients
    return polynomial(x, above, 0), polynomial(x, below, 1.0)


def _quantile(p):
    upper = p > 1 - _TAIL
    y = _C.where(upper, 1 - p, p)
    middle = y > _TAIL
    inside = (p < 1) & (p > 0)
    d = y.masked_fill(~(middle & inside), 0.5) - 0.5
    square = d * d
    above, below = _ratio(square, _MIDDLE)
    central = (d + d * (square * above / below)) * 2.50662827463100050242
    x = (y.masked_fill(middle | ~inside, _TAIL).log() * -2).sqrt()
    z = 1 / x
    (above, below), (far_above, far_below) = _ratio(z, _NEAR), _ratio(z, _FAR)
    tail = x - x.log() / x - _C.where(x < 8, z * above / below, z * far_above / far_below)
    made = _C.where(middle, central, _C.where(upper, tail, -tail))
    made = made.masked_fill(p == 0, -math.inf).masked_fill(p == 1, math.inf)
    return made.masked_fill((p < 0) | (p > 1) | p.isnan(), math.nan)


@named("SpecialNdtriBackward0")
class _Ndtri(Function):
    _mixes = 0

    @staticmethod
    def forward(ctx, p):
        made = _quantile(p)
        ctx.save_for_backward(made)
        return made

    @staticmethod
    def backward(ctx, g):
        made, = ctx.saved_tensors
        return g * (made.square() / 2).exp() * math.sqrt(2 * math.pi)


def ndtri(input):
    """The inverse of ndtr: the x below which the standard normal distribution has the weight input; infinite at 0 and 1, NaN beyond."""
    need_tensor("special_ndtri", input)
    if input.dtype in (_C.float16, _C.bfloat16):
        raise unsupported("ndtri_cpu", input.dtype)
    return _Ndtri.apply(input if input.is_floating_point() else input.to(_C.get_default_dtype()))
