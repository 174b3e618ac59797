/* float64 functions within 0.6 ulp, on pairs of doubles where it takes them, without branches: loops vectorise. Single elements of
 * pow are libm's. f_near_D where f_fits_D, f_far_D elsewhere, f_D anywhere (isa.inc). */
#ifndef CT_DMATH_H
#define CT_DMATH_H
#include "kernel/dpair.h"
#include "kernel/sleef.h"

/* x - turns pi as a pair, for turns up to 2^19 and halves of them: pi in parts of 33, 33 and 53 bits, times the first two exact. */
ALWAYS dpair minus_turns(double x, double turns)
{
    dpair a = dpair_add_one((dpair){x, 0}, turns * -0x1.921fb544p+1);
    dpair b = dpair_add_one(a, turns * -0x1.0b4611a6p-33);
    double rest = fma(turns, -0x1.3198a2e037073p-68, b.lo), r = b.hi + rest;
    return (dpair){r, (b.hi - r) + rest};
}
/* r + r^3 (-1/6 + r^2 / 120 + r^4 v(r^2)), |r| <= pi / 2: v has the least error of its degree, 5e-19 of the sine, and what rounds in
 * the first terms is added. */
ALWAYS double sin_of_pair(dpair x)
{
    double r = x.hi, z = r * r, z_lo = fma(r, r, -z) + 2 * r * x.lo, v = 0x1.898835aef286ap-49;
    v = onward(v, z, -0x1.ae509bed27ec3p-41, 0x1.612400f7195fep-33, -0x1.ae6455a92debdp-26, 0x1.71de3a547b6a4p-19);
    v = fma(v, z, -0x1.a01a01a0192dbp-13);
    double u = fma(v, z, 0x1.1111111111111p-7), u_lo = fma(v, z, 0x1.1111111111111p-7 - u);
    double w = fma(u, z, -0x1.5555555555555p-3), w_lo = fma(u, z, -0x1.5555555555555p-3 - w) + fma(u, z_lo, fma(u_lo, z, -0x1.5555555555555p-57));
    double p = w * z, p_lo = fma(w, z, -p) + fma(w, z_lo, w_lo * z), q = r * p, q_lo = fma(r, p, -q) + fma(r, p_lo, x.lo * p);
    double sum = r + q;
    return sum + (((r - sum) + q) + (q_lo + x.lo));
}
ALWAYS double turned(double x, double turns) { return turns - 2 * rint(turns * 0.5) != 0 ? -x : x; }
ALWAYS int sin_fits_F64(double x) { return fabs(x) < 1e6; }
ALWAYS int cos_fits_F64(double x) { return fabs(x) < 1e6; }
ALWAYS double sin_near_F64(double x)
{
    double turns = rint(x * 0.31830988618379067154);
    return x == 0 ? x : turned(sin_of_pair(minus_turns(x, turns)), turns);
}
ALWAYS double cos_near_F64(double x) /* sin(x + pi/2) */
{
    double turns = rint(x * 0.31830988618379067154 - 0.5);
    return -turned(sin_of_pair(minus_turns(x, turns + 0.5)), turns);
}
ALWAYS double sin_far_F64(double x) { return sin(x); }
ALWAYS double cos_far_F64(double x) { return cos(x); }

/* (e^|x| + sign e^-|x|) / 2: 2^-power of both first, so that nothing overflows before the result does. */
ALWAYS double hyperbolic(double x, double sign)
{
    double size = fabs(x), y = size > 711 ? 711 : size, power = rint(y * 1.442695040888963407359924681001892137);
    int32_t q = (int32_t)(x != x ? 0 : power), below = 1023 - 2 * q;
    dpair e = dpair_exp_from(y + power * -EXP_LN2_UPPER, power * -EXP_LN2_LOWER), inverse = dpair_inverse(e);
    double down = sign * bits_to_F64((uint64_t)(int64_t)(below > 1 ? below : 1) << 52), scale = bits_to_F64((uint64_t)(int64_t)(q + 1020) << 52);
    dpair sum = dpair_ordered(e, (dpair){inverse.hi * down, inverse.lo * down});
    return (sum.hi + sum.lo) * 4 * scale;
}
ALWAYS double sinh_F64(double x) { return fabs(x) < 0x1p-27 ? x : copysign(hyperbolic(x, -1), x); }
ALWAYS double cosh_F64(double x) { return hyperbolic(x, 1); }

/* erf: up to 1 x (2 / sqrt(pi) + z p(z)), z = x^2, to 8e-18; from there 1 - e^(-z) n(x) / d(x), whose error is small beside 1. */
ALWAYS int erf_fits_F64(double x) { return fabs(x) <= 1; }
ALWAYS dpair erf_pair(double x)
{
    double z = x * x, p = -0x1.aca43d65cdf9ep-31;
    p = onward(p, z, 0x1.d77359a2117c8p-27, -0x1.5c14ede2630d4p-23, 0x1.b982471066c17p-20, -0x1.f4ca93706c26ap-17);
    p = onward(p, z, 0x1.f9a2bfc0374fap-14, -0x1.c02db07be50dfp-11, 0x1.565bccfb101bep-8, -0x1.b82ce3120c9b7p-6);
    p = fma(p, z, 0x1.ce2f21a041302p-4);
    double w = fma(p, z, -0x1.812746b0379cbp-2), w_lo = fma(p, z, -0x1.812746b0379cbp-2 - w);
    dpair q = one_ordered(0x1.20dd750429b6dp+0, dpair_product((dpair){z, fma(x, x, -z)}, (dpair){w, w_lo}));
    return dpair_times((dpair){q.hi, q.lo + 0x1.1ae3a914fed80p-56}, x);
}
ALWAYS double erf_near_F64(double x)
{
    dpair p = erf_pair(x);
    return x == 0 ? x : p.hi + p.lo;
}
ALWAYS double erf_far_F64(double x)
{
    double t = fabs(x) > 6 ? 6 : fabs(x), n = 0x1.bc64682c3934p-27, d = 0x1.a8004f2711de3p-7;
    n = onward(n, t, 0x1.de678d1d796bfp-8, 0x1.298557f4ddd8bp-4, 0x1.56d8a594ef6e7p-2, 0x1.c365331203475p-1);
    n = fma(fma(n, t, 0x1.55241a5eb0b7fp+0), t, 0x1.fffffeafd22c7p-1);
    d = onward(d, t, 0x1.07a4bd53669ep-3, 0x1.3339b969acb7p-1, 0x1.a03cad8ee4ap+0, 0x1.544abbdd5de3ep+1);
    d = fma(fma(d, t, 0x1.3b00c417dc295p+1), t, 1);
    double y = -(t * t), power = rint(y * 1.442695040888963407359924681001892137);
    return copysign(1 - exp_over(y, power, 1) * power_of_2_F64(x != x ? 0 : power) * n / d, x);
}
ALWAYS int erfc_fits_F64(double x) { return !(fabs(x) < 0.5); }
ALWAYS double erfc_near_F64(double x)
{
    double a = fabs(x), y = erfc_tail_F64(a > 28 ? 28 : a);
    return x < 0 ? 2 - y : y;
}
ALWAYS double erfc_far_F64(double x)
{
    dpair p = one_ordered(1, erf_pair(-x));
    return p.hi + p.lo;
}
ALWAYS double erfc_F64(double x) { return erfc_fits_F64(x) ? erfc_near_F64(x) : erfc_far_F64(x); }
ALWAYS double erf_F64(double x) { return erf_fits_F64(x) ? erf_near_F64(x) : erf_far_F64(x); }

/* log x of a positive finite x to 2^-64: log(1 + m) = 2 s + 2 s (z / 3 + z^2 p(z)), s = m / (2 + m), z = s^2; p to 2e-21 of the sum. */
ALWAYS dpair dpair_fine_log(double x)
{
    parts a = parts_of(x);
    double d = 2 + a.m, rest = a.m - (d - 2), t = 1 / d, hi = a.m * t, p = 0x1.019865a965c2cp-4;
    dpair s = {hi, fma(hi, fma(-rest, t, fma(-d, t, 1)), fma(t, a.m, -hi))}, z = dpair_square(s);
    p = onward(p, z.hi, 0x1.dac77b5f36a6ap-5, 0x1.113a6694c602p-4, 0x1.3b12958edcfd5p-4, 0x1.745d1bd533e91p-4);
    p = fma(fma(fma(p, z.hi, 0x1.c71c71bc42b8ap-4), z.hi, 0x1.2492492498fabp-3), z.hi, 0x1.9999999999967p-3);
    dpair w = one_ordered(0x1.5555555555555p-2, (dpair){z.hi * p, 0x1.5555555555555p-56});
    dpair more = dpair_product(dpair_product(s, z), w), ln2 = dpair_times((dpair){0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}, a.e);
    return dpair_ordered(dpair_ordered(ln2, (dpair){2 * s.hi, 2 * s.lo}), (dpair){2 * more.hi, 2 * more.lo});
}
/* log x from its pair, of what has none too. */
ALWAYS double log_from_F64(double x, dpair p)
{
    double y = p.hi + p.lo;
    return x > 0 ? (x == INFINITY ? INFINITY : y) : x == 0 ? -INFINITY : NAN;
}
ALWAYS double fine_log_F64(double x) { return log_from_F64(x, dpair_fine_log(x)); }
/* hi and lo: 1 / log(base). */
ALWAYS double log_to_base_F64(double x, double hi, double lo) { return log_from_F64(x, dpair_product(dpair_fine_log(x), (dpair){hi, lo})); }
ALWAYS double power_of_pair(dpair p) /* e^p */
{
    int much = p.hi > 710, little = p.hi < -746;
    double power;
    dpair e = dpair_exp((dpair){much | little ? 0 : p.hi, much | little ? 0 : p.lo}, &power);
    double y = times_2_to_F64(e.hi + e.lo, power);
    return much ? INFINITY : little ? 0 : y;
}
ALWAYS double with_sign_F64(double x, double sign) { return copysign(1, sign) < 0 ? -x : x; }
ALWAYS double pow_plain_F64(double x, double y) { return power_of_pair(dpair_times(dpair_fine_log(x), y)); }
POWER_FROM(power_from_F64, double, , with_sign_F64, 0x1p53)
#endif
