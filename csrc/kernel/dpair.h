/* float64 functions on pairs of doubles, within 2 ulp. tanh: SLEEF's "u10" algorithm, in the order of its FMA builds (see sleef.h); no branches.
 * erfc: the tail from 0.5 on, where libm's errs by up to 3. */
#ifndef CT_DPAIR_H
#define CT_DPAIR_H
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct dpair { double hi, lo; } dpair;
ALWAYS dpair dpair_add(dpair x, dpair y)
{
    double s = x.hi + y.hi, v = s - x.hi;
    return (dpair){s, ((x.hi - (s - v)) + (y.hi - v)) + (x.lo + y.lo)};
}
ALWAYS dpair dpair_add_one(dpair x, double y)
{
    double s = x.hi + y, v = s - x.hi;
    return (dpair){s, ((x.hi - (s - v)) + (y - v)) + x.lo};
}
ALWAYS dpair one_add_dpair(double x, dpair y)
{
    double s = x + y.hi, v = s - x;
    return (dpair){s, ((x - (s - v)) + (y.hi - v)) + y.lo};
}
/* The same sums where the first is not the lesser in magnitude. */
ALWAYS dpair dpair_ordered(dpair x, dpair y)
{
    double s = x.hi + y.hi;
    return (dpair){s, ((x.hi - s) + y.hi) + (x.lo + y.lo)};
}
ALWAYS dpair one_ordered(double x, dpair y) { return dpair_ordered((dpair){x, 0}, y); }
ALWAYS dpair dpair_times(dpair x, double y)
{
    double s = x.hi * y;
    return (dpair){s, fma(x.lo, y, fma(x.hi, y, -s))};
}
ALWAYS dpair dpair_product(dpair x, dpair y)
{
    double s = x.hi * y.hi;
    return (dpair){s, fma(x.hi, y.lo, fma(x.lo, y.hi, fma(x.hi, y.hi, -s)))};
}
ALWAYS dpair dpair_square(dpair x)
{
    double s = x.hi * x.hi;
    return (dpair){s, fma(x.hi + x.hi, x.lo, fma(x.hi, x.hi, -s))};
}
ALWAYS dpair dpair_inverse(dpair d)
{
    double s = 1 / d.hi;
    return (dpair){s, s * fma(-d.lo, s, fma(-d.hi, s, 1))};
}
ALWAYS double dpair_quotient(dpair n, dpair d)
{
    double t = 1 / d.hi, s = n.hi * t, u = fma(t, n.hi, -s), v = fma(-d.lo, t, fma(-d.hi, t, 1));
    return s + fma(s, v, fma(n.lo, t, u));
}

ALWAYS double bits_to_F64(uint64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
ALWAYS uint64_t F64_to_bits(double x) { uint64_t bits; memcpy(&bits, &x, 8); return bits; }
/* By way of int32, on account of which compilers put two vectors of doubles side by side: a tenth to a quarter of the time in AVX2. */
ALWAYS double power_of_2_F64(double e) { return bits_to_F64((uint64_t)((int64_t)(int32_t)e + 1023) << 52); } /* -1022 <= e <= 1023 */
ALWAYS double small_whole(uint64_t n) { return bits_to_F64(n | 0x4330000000000000) - 0x1p52; } /* below 2^52: AVX2 converts 32 bits only */
/* x times 2 to a power from -2044 to 2046, in two steps: subnormal results are rounded once. */
ALWAYS double times_2_to_F64(double x, double power)
{
    int32_t q = (int32_t)power, half = q >> 1;
    return x * bits_to_F64((uint64_t)((int64_t)half + 1023) << 52) * bits_to_F64((uint64_t)((int64_t)(q - half) + 1023) << 52);
}
#define EXP_LN2_UPPER .69314718055966295651160180568695068359375
#define EXP_LN2_LOWER .28235290563031577122588448175013436025525412068e-12
/* (e^s - 1 - s - s^2 / 2) / s^3 less 1/6, over s: the same polynomial for doubles, their vectors (as in sleef.h) and their pairs. */
#define EXP_SERIES(f, s, c)                                                                                             \
    f(f(f(f(f(f(f(f(f(c(0.1602472219709932072e-9), s, c(0.2092255183563157007e-8)), s, c(0.2505230023782644465e-7)),     \
      s, c(0.2755724800902135303e-6)), s, c(0.2755731892386044373e-5)), s, c(0.2480158735605815065e-4)),                 \
      s, c(0.1984126984148071858e-3)), s, c(0.1388888888886763255e-2)), s, c(0.8333333333333347095e-2)), s, c(0.4166666666666669905e-1))
#define EXP_ITSELF(x) x
ALWAYS double exp_series(double s) { return EXP_SERIES(fma, s, EXP_ITSELF); }
/* e^x over 2^whole, within an ulp; exact: within 0.65, since what 1 + s and the reduction lose is added. */
ALWAYS double exp_over(double x, double whole, int exact)
{
    double most = fma(whole, -EXP_LN2_UPPER, x), s = fma(whole, -EXP_LN2_LOWER, most), lost = exact ? fma(whole, -EXP_LN2_LOWER, most - s) : 0;
    double u = fma(fma(exp_series(s), s, 0.1666666666666666574), s, 0.5), one = 1 + s;
    return exact ? one + (((1 - one) + s) + fma(s * s, u, lost)) : 1 + fma(s * s, u, s);
}
ALWAYS double exp_by(double x, int exact)
{
    double y = x < -746 ? -746 : x > 710 ? 710 : x, whole = rint(y * 1.442695040888963407359924681001892137);
    return times_2_to_F64(exp_over(y, whole, exact), x != x ? 0 : whole);
}
ALWAYS double exp_F64(double x) { return exp_by(x, 1); }
ALWAYS double exp_quick_F64(double x) { return exp_by(x, 0); }

/* e^s of a pair of |s| < 0.35; from its two parts as far as no sum rounds the first. */
ALWAYS dpair dpair_exp_near(dpair s)
{
    dpair t = one_ordered(0.1666666666666666574, dpair_times(s, exp_series(s.hi)));
    t = one_ordered(0.5, dpair_product(s, t));
    t = dpair_ordered(s, dpair_product(dpair_square(s), t));
    double one = 1 + t.hi;
    return (dpair){one, ((1 - one) + t.hi) + t.lo};
}
ALWAYS dpair dpair_exp_from(double x, double y)
{
    double s = x + y, v = s - x;
    return dpair_exp_near((dpair){s, (x - (s - v)) + (y - v)});
}
/* e^x = the result times 2 to *power, for |x| < 1000. */
ALWAYS dpair dpair_exp(dpair x, double *power)
{
    double whole = rint((x.hi + x.lo) * 1.442695040888963407359924681001892137);
    *power = x.hi != x.hi ? 0 : whole;
    return dpair_exp_near(dpair_add_one(dpair_add_one(x, whole * -EXP_LN2_UPPER), whole * -EXP_LN2_LOWER));
}
/* Four steps of Horner's scheme. */
ALWAYS double onward(double p, double x, double a, double b, double c, double d) { return fma(fma(fma(fma(p, x, a), x, b), x, c), x, d); }

/* log((1 + m) 2^e), m in [-1/4, 1/2); log(1 + m) = 2 artanh s, s = m / (2 + m) as a pair: 2 s (1 + z p(z)), z = s^2. p has the least
 * error of its degree (weighted least squares at Chebyshev's points), 1e-17 of the sum. */
ALWAYS dpair log_of_parts(double m, double e)
{
    double d = 2 + m, rest = m - (d - 2), t = 1 / d, hi = m * t, lo = fma(hi, fma(-rest, t, fma(-d, t, 1)), fma(t, m, -hi)), z = hi * hi;
    double p = 0x1.3bf3d2051e199p-5;
    p = onward(p, z, 0x1.1e00324e1845cp-4, 0x1.3a6d795c10d0bp-4, 0x1.74609e67f55eap-4, 0x1.c71c6b8fbcc14p-4);
    p = fma(fma(fma(p, z, 0x1.2492491f58ef3p-3), z, 0x1.99999999adf0ap-3), z, 0x1.55555555554efp-2);
    dpair ln2 = dpair_times((dpair){0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}, e);
    return dpair_ordered(dpair_ordered(ln2, (dpair){2 * hi, 2 * lo}), (dpair){2 * hi * z * p, 0});
}
ALWAYS double series_log1p_F64(double x)
{
    double down = x > 0x1p256 ? 0x1p-256 : 1, y = (x + 1) * down * (1 / 0.75);
    double e = small_whole(F64_to_bits(y) >> 52 & 2047) - 1023, scale = power_of_2_F64(-e), m = fma(x * down, scale, scale * down - 1);
    dpair sum = log_of_parts(m, x > 0x1p256 ? e + 256 : e);
    double r = x == INFINITY ? x : x < -1 ? NAN : x == -1 ? -INFINITY : sum.hi + sum.lo;
    return fabs(x) < 0x1p-60 ? x : r;
}
/* x = (1 + m) 2^e of a positive finite x, subnormal ones among them. */
typedef struct parts { double m, e; } parts;
ALWAYS parts parts_of(double x)
{
    double small = x < 0x1p-1022 ? 64 : 0, y = x < 0x1p-1022 ? x * 0x1p64 : x;
    uint64_t bits = F64_to_bits(y);
    double e = small_whole((bits + 0x0008000000000000) >> 52) - 1023;
    y = bits_to_F64(((bits - 0x3fe8000000000000) & 0xfffffffffffff) + 0x3fe8000000000000);
    return (parts){y - 1, e - small};
}
ALWAYS dpair dpair_log(double x)
{
    parts a = parts_of(x);
    return log_of_parts(a.m, a.e);
}
/* SLEEF's; only 2^1024 is more than one factor. */
ALWAYS double sleef_expm1_F64(double x)
{
    double y = x < -40 ? -40 : x > 710 ? 710 : x, whole = rint(y * 1.442695040888963407359924681001892137);
    int32_t q = (int32_t)(x != x ? 0 : whole);
    double first = power_of_2_F64(q < 1023 ? q : 1023), second = power_of_2_F64(q > 1023 ? q - 1023 : 0);
    dpair e = dpair_exp_from(y + whole * -EXP_LN2_UPPER, whole * -EXP_LN2_LOWER), d = dpair_add_one((dpair){e.hi * first, e.lo * first}, -1);
    y = x > 709.782712893383996732223 ? INFINITY : x < -36.736800569677101399113302437 ? -1 : (d.hi + d.lo) * second;
    return x == 0 ? x : y;
}
ALWAYS double sleef_tanh_F64(double x)
{
    double size = fabs(x), power;
    dpair d = dpair_exp((dpair){size > 20 ? 20 : size, 0}, &power);
    power = power_of_2_F64(power);
    d = (dpair){d.hi * power, d.lo * power};
    dpair e = dpair_inverse(d);
    double t = dpair_quotient(dpair_add(d, (dpair){-e.hi, -e.lo}), dpair_add(d, e));
    return copysign(size > 18.714973875118524 ? 1 : t, x);
}

/* e^(-x^2) ((1 + 2x) e^(x^2) erfc(x)) / (1 + 2x) for 0.5 <= x < 28. In the middle a polynomial in q = (x - 4) / (x + 4), interpolated at
 * Chebyshev's nodes to 1e-18 (J. L. Shepherd, J. G. Laframboise: "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", Math. Comp. 36, 1981). */
ALWAYS double erfc_tail_F64(double x)
{
    double q = (x - 4) / (x + 4), square = x * x, power, p = 0x1.087b3bd1e8185p-29;
    p = fma(p, q, -0x1.4c51bd1d151bep-27);
    p = fma(p, q, -0x1.39ab512c24d36p-26);
    p = fma(p, q, 0x1.bbbb10b608f6fp-24);
    p = fma(p, q, 0x1.42fe9547e3b6fp-24);
    p = fma(p, q, -0x1.b802533aa2e57p-21);
    p = fma(p, q, 0x1.3ae9ff7607420p-22);
    p = fma(p, q, 0x1.7ef5b4dc1eb3ap-18);
    p = fma(p, q, -0x1.788a093561151p-17);
    p = fma(p, q, -0x1.9954f3d5e8430p-16);
    p = fma(p, q, 0x1.3be0581fa1f5ep-13);
    p = fma(p, q, -0x1.a1df43ff1dcd8p-13);
    p = fma(p, q, -0x1.8d4a9b3ab96e5p-11);
    p = fma(p, q, 0x1.49c672a8ea78fp-8);
    p = fma(p, q, -0x1.09623883c9d4ap-6);
    p = fma(p, q, 0x1.3079edf622206p-5);
    p = fma(p, q, -0x1.0fb06dfe4f01ap-4);
    p = fma(p, q, 0x1.7fee004e14a93p-4);
    p = fma(p, q, -0x1.9ddb23c3e8d97p-4);
    p = fma(p, q, 0x1.16ecefcfa52c0p-4);
    p = fma(p, q, 0x1.f7f5df66fd760p-7);
    p = fma(p, q, -0x1.1df1ad154a28ep-3);
    dpair e = dpair_exp((dpair){-square, -fma(x, x, -square)}, &power);
    dpair n = dpair_product(e, one_add_dpair(0x1.3ba5916e9fd7fp+0, (dpair){q * p, -0x1.a7507b0434c78p-55}));
    double twice = 2 * x, d = 1 + twice;
    return times_2_to_F64(dpair_quotient(n, (dpair){d, twice > 1 ? 1 - (d - twice) : twice - (d - 1)}), power);
}
#endif
