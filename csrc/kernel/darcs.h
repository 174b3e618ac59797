/* float64 functions by products and sums that are rounded one by one: the same bits, and no calls, on machines without FMA. Within 0.77 ulp, atanh 1.01. */
#ifndef CT_DARCS_H
#define CT_DARCS_H
#include "kernel/dmath.h"

/* a b - p, exactly, where p is a b rounded: by T. J. Dekker's halves where there is no FMA. */
ALWAYS double product_lost(double a, double b, double p)
{
#if defined(__FMA__)
    return fma(a, b, -p);
#else
    double s = a * 0x1.0000002p+27, t = b * 0x1.0000002p+27, a_hi = s - (s - a), b_hi = t - (t - b), a_lo = a - a_hi, b_lo = b - b_hi;
    return ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo;
#endif
}
/* n / d as a pair; inverse is 1 / d.hi, near enough. */
ALWAYS dpair dpair_divided(dpair n, dpair d, double inverse)
{
    double t = n.hi * inverse, p = t * d.hi;
    return (dpair){t, (((n.hi - p) - product_lost(t, d.hi, p)) + (n.lo - t * d.lo)) * inverse};
}
ALWAYS double poly_4(double z, double a, double b, double c, double d) { return ((a * z + b) * z + c) * z + d; }

/* asin t = t + t z p(z), z = t^2 up to 1/4: p interpolates at Chebyshev's points, to 6e-18 of t. */
ALWAYS double asin_series(double z)
{
    double w = z * z, v = w * w, a = poly_4(z, -0x1.e6aaa8a0a04ccp-7, 0x1.1d189408314eep-6, 0x1.65a9c4dfcf8b2p-8, 0x1.52420b04b37bep-7);
    double b = poly_4(z, 0x1.782651caa6547p-7, 0x1.c9cf07674736ap-7, 0x1.1c4d35cf95421p-6, 0x1.6e8bb1c8209a2p-6);
    double c = poly_4(z, 0x1.f1c71c1db0623p-6, 0x1.6db6db6e31f13p-5, 0x1.3333333332ecap-4, 0x1.5555555555556p-3);
    return ((0x1.d72b2bc8155f8p-6 * v + a) * v + b) * v + c;
}
/* asin a for a up to 1/2, else asin sqrt((1 - a) / 2), which is half of what is left to pi / 2; t and what is added to it. */
typedef struct half_arc { double t, more; int far; } half_arc;
ALWAYS half_arc half_arc_of(double a)
{
    int far = a > 0.5;
    double z = far ? (1 - a) * 0.5 : a * a, t = far ? sqrt(z) : a, square = t * t, lost = (z - square) - product_lost(t, t, square);
    return (half_arc){t, (far ? lost / (2 * t + 0x1p-500) : 0) + t * (z * asin_series(z)), far};
}
ALWAYS double from_pair_of(double hi, double lo, double t, double more) { double sum = hi - t; return sum + (((hi - sum) - t) + (lo - more)); }
ALWAYS double asin_F64(double x)
{
    half_arc r = half_arc_of(fabs(x));
    double past = from_pair_of(0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, 2 * r.t, 2 * r.more);
    return copysign(r.far ? past : r.t + r.more, x);
}
ALWAYS double acos_F64(double x)
{
    half_arc r = half_arc_of(fabs(x));
    double scale = r.far ? 2 : 1, t = copysign(scale * r.t, x), more = copysign(scale, x) * r.more, half = r.far & (x < 0) ? 2 : 1;
    double past = from_pair_of(half * 0x1.921fb54442d18p+0, half * 0x1.1a62633145c07p-54, half == 2 ? -t : t, half == 2 ? -more : more);
    return r.far & (x > 0) ? t + more : past;
}
/* k pi / 4 + atan t, |t| up to tan(pi / 8), t a pair; atan t = t + t z p(z), p as above, to 7e-18. */
ALWAYS double quarters_and_atan(double k, dpair t)
{
    double z = t.hi * t.hi, w = z * z, p = poly_4(z, 0x1.41603647c7a7cp-5, -0x1.a098bb6ba4941p-5, 0x1.dfe61e80903d2p-5, -0x1.10fa75382537fp-4);
    double q = poly_4(z, 0x1.3b1262d95579ep-4, -0x1.745d0b26b83e7p-4, 0x1.c71c7185314cbp-4, -0x1.24924924360cbp-3);
    p = ((-0x1.3a2b7a07caea9p-6 * (w * w) + p) * (w * w) + q) * w + (0x1.999999999934ap-3 * z - 0x1.5555555555555p-2);
    double hi = k * 0x1.921fb54442d18p-1, sum = hi + t.hi;
    return sum + (((hi - sum) + t.hi) + (k * 0x1.1a62633145c07p-55 + (t.lo + t.hi * (z * p))));
}
ALWAYS double atan_F64(double x)
{
    double size = fabs(x), a = size > 0x1p60 ? 0x1p60 : size, less = a - 1, plus = a + 1, k = a > 0.41421356237309504880 ? 1 : 0;
    dpair n = {k != 0 ? less : a, k != 0 ? a - (less + 1) : 0}, d = {k != 0 ? plus : 1, k != 0 ? a - (plus - 1) : 0};
    int much = a > 2.41421356237309504880;
    n = (dpair){much ? -1 : n.hi, much ? 0 : n.lo};
    d = (dpair){much ? a : d.hi, much ? 0 : d.lo};
    return copysign(quarters_and_atan(much ? 2 : k, dpair_divided(n, d, 1 / d.hi)), x);
}
/* The same of a = |y| over b = |x|, both scaled where the greater is far from 1; left of 0, what is left to pi. */
ALWAYS double angle_F64(double y, double x)
{
    double p = fabs(y), q = fabs(x), most = p > q ? p : q, scale = most > 0x1p900 ? 0x1p-200 : most < 0x1p-800 ? 0x1p200 : 1;
    double a = p * scale, b = q * scale;
    a = q == INFINITY ? 0 : a, a = p == INFINITY ? 1 : a;
    b = a == 0 ? 1 : b, b = p == INFINITY ? 0 : b, b = q == INFINITY ? 1 : b;
    double k = a > 0.41421356237309504880 * b ? 1 : 0, side = copysign(1, x);
    dpair minus = dpair_add_one((dpair){a, 0}, -b), plus = dpair_add_one((dpair){a, 0}, b);
    dpair n = {k != 0 ? minus.hi : a, k != 0 ? minus.lo : 0}, d = {k != 0 ? plus.hi : b, k != 0 ? plus.lo : 0};
    int much = a > 2.41421356237309504880 * b;
    n = (dpair){much ? -b : n.hi, much ? 0 : n.lo};
    d = (dpair){much ? a : d.hi, much ? 0 : d.lo};
    k = much ? 2 : k;
    dpair t = dpair_divided(n, d, 1 / d.hi);
    double size = quarters_and_atan(2 - side * (2 - k), (dpair){side * t.hi, side * t.lo});
    size = (a < 0x1p-60 * b) & (side > 0) ? a / b : size; /* of pairs the lesser would be no number any more */
    return copysign(x != x ? x : y != y ? y : size, y);
}

/* tan x = 2 t / (1 - t^2) or, after an odd number of quarters, -(1 - t^2) / (2 t): t the tangent of half of what they leave, as a pair. */
ALWAYS int tan_fits_F64(double x) { return fabs(x) < 1e6; }
ALWAYS double tan_near_F64(double x)
{
    double turns = rint(x * 0.63661977236758134308);
    dpair h = minus_turns(x, turns * 0.5);
    h = (dpair){0.5 * h.hi, 0.5 * h.lo};
    double z = h.hi * h.hi, w = z * z, p = poly_4(z, 0x1.2891fc03218c2p-11, 0x1.7ea91f8088dd9p-10, 0x1.d6c7bdc4d37f2p-9, 0x1.226e5f0445b9dp-7);
    p = (0x1.4e7847767ef50p-12 * (w * w) + p) * w;
    p = (p + (0x1.664f47e1ea0f5p-6 * z + 0x1.ba1ba1bb520ffp-5)) * w + (0x1.11111111109dfp-3 * z + 0x1.5555555555556p-2);
    double more = h.hi * (z * p), t = h.hi + more, t_lo = ((h.hi - t) + more) + (h.lo + h.lo * z), square = t * t, d = 1 - square;
    dpair n = {2 * t, 2 * t_lo}, less = {d, ((1 - d) - square) - (product_lost(t, t, square) + 2 * t * t_lo)};
    int odd = turns - 2 * rint(turns * 0.5) != 0;
    dpair up = {odd ? -less.hi : n.hi, odd ? -less.lo : n.lo}, down = {odd ? n.hi : less.hi, odd ? n.lo : less.lo};
    dpair y = dpair_divided(up, down, 1 / down.hi);
    return fabs(x) < 0x1p-60 ? x : y.hi + y.lo; /* halves of subnormal numbers are rounded */
}
ALWAYS double tan_far_F64(double x) { return tan(x); }
ALWAYS double tan_F64(double x) { return tan_fits_F64(x) ? tan_near_F64(x) : tan_far_F64(x); }

/* Of blocks; what remains is libm's, as PyTorch's (approx.h). */
ALWAYS double exp2_block_F64(double x)
{
    double most = x > 1030 ? 1030 : x, y = most < -1080 ? -1080 : most, whole = rint(y), f = y - whole, s = f * 0x1.62e42fefa39efp-1;
    double lost = product_lost(f, 0x1.62e42fefa39efp-1, s) + f * 0x1.abc9e3b39803fp-56, one = 1 + s;
    double z = s * s, a = poly_4(s, 0.1602472219709932072e-9, 0.2092255183563157007e-8, 0.2505230023782644465e-7, 0.2755724800902135303e-6);
    double b = poly_4(s, 0.2755731892386044373e-5, 0.2480158735605815065e-4, 0.1984126984148071858e-3, 0.1388888888886763255e-2);
    double u = (a * (z * z) + b) * (z * z) + poly_4(s, 0.8333333333333347095e-2, 0.4166666666666669905e-1, 0.1666666666666666574, 0.5);
    return times_2_to_F64(one + (((1 - one) + s) + (z * u + lost)), x != x ? 0 : whole);
}

/* artanh a, half the logarithm of (1 + a) / (1 - a) = 2^e (1 + m): s = m / (2 + m) as a pair, and log_of_parts' series. */
ALWAYS double atanh_block_F64(double x)
{
    double a = fabs(x), plus = 1 + a, less = 1 - a;
    dpair up = {plus, a - (plus - 1)}, down = {less, (1 - less) - a};
    double y = (plus / (less + 0x1p-1000)) * (1 / 0.75), e = small_whole(F64_to_bits(y) >> 52 & 2047) - 1023, scale = power_of_2_F64(-e);
    up = (dpair){up.hi * scale, up.lo * scale};
    dpair n = dpair_add(up, (dpair){-down.hi, -down.lo}), d = dpair_add(up, down), s = dpair_divided(n, d, 1 / d.hi);
    s = one_ordered(s.hi, (dpair){s.lo, 0});
    double z = s.hi * s.hi, p = poly_4(z, 0x1.3bf3d2051e199p-5, 0x1.1e00324e1845cp-4, 0x1.3a6d795c10d0bp-4, 0x1.74609e67f55eap-4);
    p = (poly_4(z, p, 0x1.c71c6b8fbcc14p-4, 0x1.2492491f58ef3p-3, 0x1.99999999adf0ap-3)) * z + 0x1.55555555554efp-2;
    double ln2 = e * 0x1.62e42fefa39efp-2, ln2_lo = product_lost(e, 0x1.62e42fefa39efp-2, ln2) + e * 0x1.abc9e3b39803fp-57;
    double sum = ln2 + s.hi, r = sum + (((ln2 - sum) + s.hi) + (ln2_lo + (s.lo + s.hi * (z * p))));
    return copysign(a > 1 ? NAN : a == 1 ? INFINITY : a < 0x1p-60 ? a : r, x);
}
#endif
