"""Von Mises's distribution of directions."""

import math

import ctgrad
from ctgrad._quantile import polynomial

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property

__all__ = ["VonMises"]

# Of I, by order (Abramowitz & Stegun 9.8.1 to 9.8.4): in (x / 3.75)^2 up to 3.75, in 3.75 / x beyond; the highest power first.
_NEAR = ((0.45813e-2, 0.360768e-1, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1.0),
         (0.32411e-3, 0.301532e-2, 0.2658733e-1, 0.15084934, 0.51498869, 0.87890594, 0.5))
_FAR = ((0.392377e-2, -0.1647633e-1, 0.2635537e-1, -0.2057706e-1, 0.916281e-2, -0.157565e-2, 0.225319e-2, 0.1328592e-1, 0.39894228),
        (-0.420059e-2, 0.1787654e-1, -0.2895312e-1, 0.2282967e-1, -0.1031555e-1, 0.163801e-2, -0.362018e-2, -0.3988024e-1, 0.39894228))


def _log_bessel(x, order):
    """log I_order(x), to 7 digits, which are PyTorch's."""
    square = x / 3.75
    near = polynomial(square * square, _NEAR[order][1:], _NEAR[order][0])
    near = (x.abs() * near if order else near).log()
    far = x - 0.5 * x.log() + polynomial(3.75 / x, _FAR[order][1:], _FAR[order][0]).log()
    return ctgrad.where(x < 3.75, near, far)


class VonMises(Distribution):
    """Angles around `loc`, the nearer the larger `concentration` is. Drawn by rejection from a wrapped Cauchy distribution (Best & Fisher 1979)."""

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    mean = mode = property(lambda self: self.loc)

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        return type(self)(self.loc.expand(batch_shape), self.concentration.expand(batch_shape), validate_args=vars(self).get("_validate_args"))

    def log_prob(self, value):
        towards = self.concentration * ctgrad.cos(self._checked(value) - self.loc)
        return towards - math.log(2 * math.pi) - _log_bessel(self.concentration, 0)

    def _proposal(self, kappa):
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        return ctgrad.where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape=ctgrad.Size()):
        with ctgrad.no_grad():
            loc, kappa = self.loc.double(), self.concentration.double()
            x = ctgrad.empty(self._extended_shape(sample_shape), dtype=ctgrad.float64)
            wide, done = self._proposal(kappa), ctgrad.zeros(x.shape, dtype=ctgrad.bool)
            while not done.all():
                turn, height, side = ctgrad.rand((3, *x.shape), dtype=ctgrad.float64).unbind()
                z = ctgrad.cos(math.pi * turn)
                f = (1 + wide * z) / (wide + z)
                c = kappa * (wide - f)
                accepted = (c * (2 - c) - height > 0) | ((c / height).log() + 1 - c >= 0)
                x = ctgrad.where(accepted, (side - 0.5).sign() * f.acos(), x)  # the last accepted, not the first, as PyTorch has it
                done = done | accepted
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    @lazy_property
    def variance(self):
        """The circular one."""
        return 1 - (_log_bessel(self.concentration, 1) - _log_bessel(self.concentration, 0)).exp()
