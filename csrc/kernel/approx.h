/* Transcendental functions of one element: f_F32 and f_F64; f_block_F32 and f_block_F64 where whole blocks of contiguous
 * elements are evaluated otherwise than single ones (FORM_OF in isa.inc). PyTorch's last bits are the aim.
 *
 * float32 results that differ from PyTorch 2.13's (by one unit in the last place) on an AVX-512 processor of AMD's, of 10^7
 * arguments in [-10, 10] or the domain: none for sin, cos (to 10^4), sqrt, sigmoid, log, log1p, expm1, exp2, sinh, cosh, asinh,
 * acosh, atanh, pow, atan2, hypot, fmod; 4 000 log2, log10; 10 000 exp; 12 000 tanh; 68 000 erf; 869 000 acos, 362 000 erfc,
 * 629 000 atan, 554 000 asin, 1 763 000 tan, which are rounded better here than there. The evaluations tried and left differ in: sin
 * and cos 500 000 (libm, or rounded), exp 100 000 (both); of 100 normal numbers in 10 atan (SLEEF's; 9 Intel's published one for 1
 * ulp), 5 asin, 6 erf (Intel's). float64, of 1.6 x 10^6 pairs: none for hypot, 18 000 atan2, 20 000 logaddexp. */
#ifndef CT_APPROX_H
#define CT_APPROX_H
#include "kernel/exps.h"
#include "kernel/kernel.h"
#include "kernel/scalar.h"
#include "kernel/sleef.h"
#include "kernel/darcs.h"
#include <math.h>
#if defined(__SSE__)
#include <immintrin.h>
#endif

ALWAYS uint64_t bits_double(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }
ALWAYS double double_bits(uint64_t u) { double x; memcpy(&x, &u, 8); return x; }

/* ---- float32 by short polynomials in double, cut where PyTorch's x86 builds (outside Intel's processors) cut ---- */

/* sin r = r (1 + r^2 p(r^2)) on [-pi/2, pi/2], -0 of -0: p is the polynomial of degree 3 with the least relative error of sin, 6.05e-9,
 * found by Remez' exchange algorithm. Fused or not, the results below are the same float32 for each argument that fits. */
ALWAYS double sin_near_0(double r)
{
    double z = r * r, p = EXP_FUSED(z, 2.6057806382397463e-06, -0.0001980960290207873);
    p = EXP_FUSED(p, z, 0.008333066246084276);
    p = EXP_FUSED(p, z, -0.16666659550427834);
    return r * EXP_FUSED(p, z, 1);
}

/* x - turns * pi; turns times the first part is exact (fdlibm's reduction in parts). */
ALWAYS double minus_pi_times(double x, double turns) { return EXP_FUSED(turns, -0x1.0b4611a626331p-33, EXP_FUSED(turns, -0x1.921fb544p+1, x)); }
/* A whole number n plus this has n in its low bits, and is the nearest to what was added. */
#define TO_WHOLE 0x1.8p52
ALWAYS double minus_if_odd(double x, double whole) { return double_bits(bits_double(x) ^ bits_double(whole) << 63); }

ALWAYS float sin_near_F32(float x)
{
    double whole = EXP_FUSED(x, 0.31830988618379067154, TO_WHOLE), turns = whole - TO_WHOLE;
    return (float)minus_if_odd(sin_near_0(minus_pi_times(x, turns)), whole);
}
ALWAYS float cos_near_F32(float x) /* sin(x + pi/2) */
{
    double whole = EXP_FUSED(x, 0.31830988618379067154, -0.5) + TO_WHOLE, turns = whole - TO_WHOLE;
    return (float)-minus_if_odd(sin_near_0(minus_pi_times(x, turns + 0.5)), whole);
}
/* Beyond 10^4 PyTorch reduces the argument otherwise, with results near the rounded ones. */
ALWAYS int sin_fits_F32(float x) { return fabsf(x) < 1e4f; }
ALWAYS int cos_fits_F32(float x) { return fabsf(x) < 1e4f; }
ALWAYS float sin_F32(float x) { return sin_fits_F32(x) ? sin_near_F32(x) : (float)sin((double)x); }
ALWAYS float cos_F32(float x) { return cos_fits_F32(x) ? cos_near_F32(x) : (float)cos((double)x); }

/* By quarters of a turn; the sixth convergent of tan's continued fraction errs by 4e-11 at pi/4. */
ALWAYS int tan_fits_F32(float x) { return fabsf(x) < 1e4f; }
ALWAYS float tan_near_F32(float x)
{
    double whole = EXP_FUSED(x, 0.63661977236758134308, TO_WHOLE), r = minus_pi_times(x, (whole - TO_WHOLE) * 0.5), z = r * r;
    double n = r * EXP_FUSED(EXP_FUSED(z, 21, -1260), z, 10395), d = EXP_FUSED(EXP_FUSED(210 - z, z, -4725), z, 10395);
    int odd = bits_double(whole) & 1;
    return (float)minus_if_odd((odd ? d : n) / (odd ? n : d), whole);
}
ALWAYS float tan_F32(float x) { return tan_fits_F32(x) ? tan_near_F32(x) : (float)tan((double)x); }

/* asin t = t + t z p(z), z = t^2 up to 1/4; from there on by asin a = pi/2 - 2 asin sqrt((1 - a) / 2). p has the least error of its
 * degree, 1.7e-11 of t (as atan's below, 2.3e-11: weighted least squares at Chebyshev's points). */
#define HALF_PI 1.57079632679489661923
typedef struct arc { double size; int far; } arc;
ALWAYS arc arc_of(double a)
{
    int far = a > 0.5;
    double z = far ? (1 - a) * 0.5 : a * a, t = far ? sqrt(z) : a, p = 0x1.1c33f5bd06470p-5;
    p = p * z + 0x1.e98204430b6f0p-8;
    p = p * z + 0x1.9358b116ad593p-6;
    p = p * z + 0x1.ed53947bdc7c0p-6;
    p = p * z + 0x1.6ddb268d3a96dp-5;
    p = p * z + 0x1.3332a80889f18p-4;
    p = p * z + 0x1.5555560919412p-3;
    return (arc){t + t * (z * p), far};
}
ALWAYS float asin_F32(float x)
{
    arc r = arc_of(fabsf(x));
    return (float)copysign(r.far ? HALF_PI - 2 * r.size : r.size, (double)x);
}
ALWAYS float acos_F32(float x)
{
    arc r = arc_of(fabsf(x));
    double y = copysign(r.far ? 2 * r.size : r.size, (double)x);
    return (float)(r.far ? (x < 0 ? 2 * HALF_PI + y : y) : HALF_PI - y);
}
/* atan a = pi/4 k + atan t, |t| up to tan(pi/8). */
ALWAYS float atan_F32(float x)
{
    double a = fabsf(x), past = a > 2.41421356237309504880 ? HALF_PI : a > 0.41421356237309504880 ? HALF_PI / 2 : 0;
    double n = past == HALF_PI ? -1 : past != 0 ? a - 1 : a, d = past == HALF_PI ? a : past != 0 ? a + 1 : 1;
    double t = n / d, z = t * t, p = 0x1.84f2ca1782ca1p-5;
    p = p * z - 0x1.5b44b8b3c2f53p-4;
    p = p * z + 0x1.c467e332a0306p-4;
    p = p * z - 0x1.247f054541d52p-3;
    p = p * z + 0x1.99991a3d22860p-3;
    p = p * z - 0x1.555554c887c06p-2;
    return (float)copysign(past + (t + t * (z * p)), (double)x);
}
#undef HALF_PI
/* Squares of float32 are exact in double. */
ALWAYS float hypot_F32(float x, float y)
{
    double a = x, b = y;
    return fabsf(x) == INFINITY || fabsf(y) == INFINITY ? INFINITY : (float)sqrt(a * a + b * b);
}
ALWAYS double hypot_F64(double x, double y) { return hypot(x, y); }
ALWAYS float hypot_block_F32(float x, float y) { return hypot_F32(x, y); }
/* The root of the rounded sum, and what the roundings left, by Newton's step: Borges, "An improved algorithm for hypot(a, b)", 2019. Numbers
 * whose squares would leave the range are scaled by powers of 2. */
ALWAYS double hypot_block_F64(double x, double y)
{
    const double p = fabs(x), q = fabs(y), most = p > q ? p : q, least = p > q ? q : p;
    const double scale = most > 0x1p510 ? 0x1p-600 : most < 0x1p-450 ? 0x1p600 : 1, back = most > 0x1p510 ? 0x1p600 : most < 0x1p-450 ? 0x1p-600 : 1;
    const double a = most * scale, b = least * scale, aa = a * a, bb = b * b, h = sqrt(aa + bb), hh = h * h;
    const double rest = ((aa - hh) + bb) + ((product_lost(a, a, aa) + product_lost(b, b, bb)) - product_lost(h, h, hh));
    return (p == INFINITY) | (q == INFINITY) ? INFINITY : (h == 0 ? 0 : h + rest / (2 * h)) * back;
}

/* Square root. PyTorch's (outside Intel's processors) is not the nearest float32 for one argument in six: the hardware's
 * 12-bit reciprocal root and two steps of Goldschmidt's iteration, with products rounded on the way. */
ALWAYS float sqrt_F32(float x)
{
#if defined(__SSE__)
    if (k_rough_sqrt && x >= 0x1p-126f && x < INFINITY) {
        float y = _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(x))), s = x * y, h = 0.5f * y, e = 0.5f - s * h;
        s += s * e;
        h += h * e;
        return s + h * (x - s * s);
    }
#endif
    return sqrtf(x);
}
ALWAYS double sqrt_F64(double x) { return sqrt(x); }

/* out[i] = sqrt_D(x[i]), by vectors; out may be x. */
#if defined(__AVX__)
#define ROOTS __m256
#define ROUGH_ROOTS(x) _mm256_rsqrt_ps(x)
#define EXACT_ROOTS(x) _mm256_sqrt_ps(x)
#elif defined(__SSE__)
#define ROOTS __m128
#define ROUGH_ROOTS(x) _mm_rsqrt_ps(x)
#define EXACT_ROOTS(x) _mm_sqrt_ps(x)
#endif
static inline void sqrt_line_F32(float *out, const float *x, int64_t n)
{
    int64_t i = 0;
#if defined(ROOTS)
    typedef int32_t masks __attribute__((vector_size(sizeof(ROOTS))));
    for (; k_rough_sqrt && i + (int64_t)(sizeof(ROOTS) / 4) <= n; i += sizeof(ROOTS) / 4) {
        ROOTS a, y, s, h, e, exact;
        memcpy(&a, x + i, sizeof a);
        exact = EXACT_ROOTS(a);
        y = ROUGH_ROOTS(a);
        s = a * y;
        h = 0.5f * y;
        e = 0.5f - s * h;
        s += s * e;
        h += h * e;
        s += h * (a - s * s);
        masks rough = (masks)((a >= 0x1p-126f) & (a < INFINITY));
        masks root = ((masks)s & rough) | ((masks)exact & ~rough);
        memcpy(out + i, &root, sizeof root);
    }
    for (; k_rough_sqrt && i < n; i++)
        out[i] = sqrt_F32(x[i]);
#endif
    for (; i < n; i++)
        out[i] = sqrtf(x[i]);
}
#undef ROOTS
#undef ROUGH_ROOTS
#undef EXACT_ROOTS
static inline void sqrt_line_F64(double *out, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = sqrt(x[i]);
}
ALWAYS float rsqrt_F32(float x) { return 1 / sqrtf(x); }
ALWAYS double rsqrt_F64(double x) { return 1 / sqrt(x); }

/* x = s ln2 + r, s a multiple of 1/128 (exps.h); 2^(s - floor(s)), and floor(s) at the place of a double's exponent. */
typedef struct split { double r, power; uint64_t whole; } split;
ALWAYS split split_of(double x)
{
    double t = EXP_FUSED(x, EXP_INV_LN2, EXP_ROUND), s = t - EXP_ROUND;
    uint64_t q = bits_double(t);
    return (split){EXP_FUSED(s, -EXP_LN2_LO, EXP_FUSED(s, -EXP_LN2_HI, x)), exp_128ths[q & 127], q >> 7 << 52};
}
/* exp(r) by its series to the square. */
ALWAYS float exp_F32(float x)
{
    split a = split_of(x < -110 ? -110 : x > 100 ? 100 : x != x ? 0 : x);
    double y = double_bits(bits_double(a.power * EXP_FUSED(EXP_FUSED(a.r, 0.5, 1), a.r, 1)) + a.whole);
    return x != x ? x : (float)y;
}

/* ---- float32 in double without a call, so that loops vectorise; rounded as if exact but for one in 10^6 or so ---- */
/* x p(x^2) on [-3.95, 3.95], beyond which the nearest float32 is 1: p has the least relative error of its degree, 2.3e-10 (weighted
 * least squares at Chebyshev's points). Not the nearest float32 for one argument in 500. */
ALWAYS double erf_of(float x)
{
    uint32_t size = bits_float(x) & 0x7fffffff, most = 0x407ccccdu; /* of 3.95f: bounded as integers, which compilers leave in 4 bytes */
    double a = float_bits(size < most ? size : most), z = a * a, w = z * z; /* two chains, neither of which waits for the other */
    double p = fma(5.690709805065189e-21, w, 7.052780323821977e-17), q = fma(-9.246596083289871e-19, w, -3.3671528036602477e-15);
    p = fma(p, w, 1.1334120217675812e-13);
    q = fma(q, w, -2.8775425489833055e-12);
    p = fma(p, w, 5.767918434627193e-11);
    q = fma(q, w, -9.453955603587728e-10);
    p = fma(p, w, 1.304087395808661e-08);
    q = fma(q, w, -1.549631352893039e-07);
    p = fma(p, w, 1.6129379132734765e-06);
    q = fma(q, w, -1.4828753094654828e-05);
    p = fma(p, w, 0.00012034450625929458);
    q = fma(q, w, -0.0008545122196723941);
    p = fma(p, w, 0.005223646196864152);
    q = fma(q, w, -0.026865958374084474);
    p = fma(p, w, 0.11283784363800545);
    q = fma(q, w, -0.3761263788419249);
    p = fma(p, w, 1.128379166852767);
    return copysign(a * fma(q, z, p), (double)x);
}
ALWAYS float erf_F32(float x) { return x != x ? x : (float)erf_of(x); }
/* Where the difference cancels little; from there e^(-x^2) ((1 + 2x) e^(x^2) erfc x) / (1 + 2x), as in dpair.h: to 5e-9, up to 10.2 (the nearest float32 is 0 from 10.06 on).
 * Not by split_of, whose products are exact for floats alone: x^2 is none. */
ALWAYS int erfc_fits_F32(float x) { return !(x >= 1); }
ALWAYS float erfc_near_F32(float x) { return x != x ? x : (float)(1 - erf_of(x)); }
ALWAYS float erfc_far_F32(float x)
{
    double a = x < 10.2f ? x : 10.2f, d = 1 / ((a + 2.5) * (1 + 2 * a)), q = (a - 2.5) * (1 + 2 * a) * d, w = q * q;
    double t = a * a * -EXP_INV_LN2 + EXP_ROUND, s = t - EXP_ROUND, r = (-a * a - s * EXP_LN2_HI) - s * EXP_LN2_LO;
    uint64_t bits = bits_double(t);
    double e = double_bits(bits_double(exp_128ths[bits & 127] * (((1.0 / 6 * r + 0.5) * r + 1) * r + 1)) + (bits >> 7 << 52));
    double p = poly_4(q, 0x1.d668a1a373149p-12, 0x1.f1fe30a2fb91cp-12, -0x1.1abab0f51b131p-8, 0x1.e7aa8abea7b1ep-11);
    p = poly_4(q, p, 0x1.0c4c31d233831p-5, -0x1.a5c051bf6cf8dp-4, 0x1.42d3c2f576cc3p-3);
    p = (p * w - 0x1.959ac613611f5p-4 * q - 0x1.f52c5fcd74795p-4) * q + 0x1.43cc6f6ce88cap+0;
    return (float)(e * p * ((a + 2.5) * d));
}
ALWAYS float erfc_F32(float x) { return erfc_fits_F32(x) ? erfc_near_F32(x) : erfc_far_F32(x); }

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s, s = (m - 1) / (m + 1): 2 s (1 + z p(z))
 * with z = s^2, p to 2e-16 of the sum (weighted least squares at Chebyshev's points). */
ALWAYS double log_of(double x)
{
    uint64_t u = bits_double(x) - 0x3fe6a09e667f3bcd;
    double e = (double)((int32_t)((int64_t)u >> 32) >> 20), m = double_bits((u & 0xfffffffffffff) + 0x3fe6a09e667f3bcd);
    double s = (m - 1) / (m + 1), z = s * s, p = 0x1.587ec0a3404c6p-4;
    p = p * z + 0x1.732b922d5ef92p-4;
    p = p * z + 0x1.c7227c5c24ed6p-4;
    p = p * z + 0x1.24924170b1b71p-3;
    p = p * z + 0x1.999999a29cfbap-3;
    p = p * z + 0x1.5555555553946p-2;
    p = e * 0.69314718055994530942 + 2 * s * (p * z + 1);
    return x > 0 ? (x == INFINITY ? INFINITY : p) : x == 0 ? -INFINITY : NAN;
}
/* log(2^e (1 + r)), 1 + r from 2/3 to 4/3, with the polynomial and in the order of Intel's published one for 1 ulp (IGC's ln_s_ha, MIT
 * licence), but each product rounded: PyTorch's bits outside Intel's processors. */
ALWAYS int log_fits_F32(float x) { return !((x > 0) & (x < 0x1p-126f)); }
ALWAYS float log_near_F32(float x)
{
    int32_t u = (int32_t)(bits_float(x) - 0x3f2aaaabu);
    float e = (float)(u >> 23), r = float_bits((uint32_t)(u & 0x7fffff) + 0x3f2aaaabu) - 1, p = -0x1.080590p-3f;
    p = p * r + 0x1.1e66bap-3f;
    p = p * r - 0x1.f3113cp-4f;
    p = p * r + 0x1.1ed718p-3f;
    p = p * r - 0x1.559dccp-3f;
    p = p * r + 0x1.99d028p-3f;
    p = p * r - 0x1.fffef0p-3f;
    p = p * r + 0x1.555506p-2f;
    p = (p * r - 0.5f) * r;
    p = e * LN2_HI + (e * LN2_LO + (p * r + r));
    return x > 0 ? (x == INFINITY ? INFINITY : p) : x == 0 ? -INFINITY : NAN;
}
ALWAYS float log_F32(float x) { return log_fits_F32(x) ? log_near_F32(x) : (float)log_of(x); }
/* The C library's logf, which PyTorch's loops over single elements call, without the call: S. Nagy's table and polynomial of "Optimized
 * Routines" (Arm Ltd, MIT licence). x = 2^e z, 1 / c and log c of the sixteenths c that z may be near to. */
static const double log_sixteenths[2][16] = {
    {0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0, 0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,
     0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0, 0x1.0953f419900a7p+0, 0x1p+0, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
     0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1},
    {-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3, -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
     -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4, -0x1.252f438e10c1ep-5, 0, 0x1.aa5aa5df25984p-5, 0x1.c5e53aa362eb4p-4,
     0x1.526e57720db08p-3, 0x1.bc2860d22477p-3, 0x1.1058bc8a07ee1p-2, 0x1.4043057b6ee09p-2}};
ALWAYS float libm_log_F32(float x)
{
    int small = x < 0x1p-126f;
    int32_t u = (int32_t)bits_float(small ? x * 0x1p23f : x), from = u - 0x3f330000, at = from >> 19 & 15;
    double e = (double)((from >> 23) - (small ? 23 : 0)), z = float_bits((uint32_t)u - ((uint32_t)from & 0xff800000u));
    double r = EXP_FUSED(z, log_sixteenths[0][at], -1), y = EXP_FUSED(e, 0x1.62e42fefa39efp-1, log_sixteenths[1][at]), s = r * r;
    double p = EXP_FUSED(-0x1.00ea348b88334p-2, s, EXP_FUSED(0x1.5575b0be00b6ap-2, r, -0x1.ffffef20a4123p-2));
    float result = (float)EXP_FUSED(p, s, y + r);
    return x > 0 ? (x == INFINITY ? INFINITY : result) : x == 0 ? -INFINITY : NAN;
}
/* log(x) / ln(base): x = 2^(k / 4) (1 + r), r from -0.094 to 0.117, k a whole number. The quarters' powers are a cubic through them, which is 1 of 0;
 * the series has the least error of its degree, 3e-14. f multiplies its first two and adds the third, c makes a constant. */
#define LOG_LEAST 0x3f6a0000
#define LOG_SERIES(f, r, w, s, c)                                                                                                      \
    f(f(f(f(f(c(-0x1.79ac90adc8b7cp-4 * (s)), r, c(0x1.cf3e1f68250bbp-4 * (s))), w, f(c(-0x1.005fc4da3d1f6p-3 * (s)), r, c(0x1.248a38f810355p-3 * (s)))), \
          w, f(c(-0x1.5554a76a41621p-3 * (s)), r, c(0x1.9999a05d67c5dp-3 * (s)))), w, f(c(-0x1.00000039034eep-2 * (s)), r, c(0x1.5555555448141p-2 * (s)))), \
      w, f(c(-0x1.fffffffff6188p-2 * (s)), r, c(0x1.000000000003ap+0 * (s))))
ALWAYS float log_to_base(float x, double scale)
{
    int small = x < 0x1p-126f;
    int32_t u = (int32_t)(bits_float(small ? x * 0x1p23f : x) - LOG_LEAST);
    double k = (u >> 21) - (small ? 4 * 23 : 0), j = u >> 21 & 3, m = float_bits((uint32_t)(u & 0x7fffff) + LOG_LEAST);
    double power = fma(fma(fma(-0x1.5fee8d2563045p-11, j, 0x1.e0bb220a2b747p-7), j, -0x1.6283dd3cc868fp-3), j, 1), r = fma(m, power, -1);
    float y = (float)fma(r, LOG_SERIES(fma, r, r * r, scale, ITSELF), k * (0.69314718055994530942 / 4 * scale));
    return x > 0 ? (x == INFINITY ? INFINITY : y) : x == 0 ? -INFINITY : NAN;
}
ALWAYS float log2_F32(float x) { return log_to_base(x, 1.44269504088896340736); }
ALWAYS float log10_F32(float x) { return log_to_base(x, 0.43429448190325182765); }
ALWAYS double log_F64(double x) { return fine_log_F64(x); }
ALWAYS double log2_F64(double x) { return log_to_base_F64(x, 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56); }
ALWAYS double log10_F64(double x) { return log_to_base_F64(x, 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57); }

/* y / (y + 2) with y = exp(2|x|) - 1, which cancels nothing: where |x| is small, y is the series alone. */
ALWAYS float tanh_F32(float x)
{
    double a = fabsf(x);
    split b = split_of(2 * (a > 20 ? 20 : x != x ? 0 : a));
    double r = b.r, power = double_bits(bits_double(b.power) + b.whole);
    double p = EXP_FUSED(EXP_FUSED(EXP_FUSED(1.0 / 24, r, 1.0 / 6), r, 0.5), r, 1) * r;
    double y = EXP_FUSED(power, p, power - 1);
    return x != x ? x : (float)copysign(y / (y + 2), (double)x);
}
ALWAYS double tanh_F64(double x) { return sleef_tanh_F64(x); }

/* ---- libm's own functions ---- */
#define VIA_LIBM(name)                                                        \
    ALWAYS float name##_F32(float x) { return name##f(x); }            \
    ALWAYS double name##_F64(double x) { return name(x); }
#define VIA_LIBM2(name)                                                               \
    ALWAYS float name##_F32(float x, float y) { return name##f(x, y); }        \
    ALWAYS double name##_F64(double x, double y) { return name(x, y); }
VIA_LIBM(asinh)
VIA_LIBM(acosh)

/* ---- SLEEF's float32 functions, of all elements or of blocks; single ones, and float64, are libm's ---- */
ALWAYS float expm1_F32(float x) { return sleef_expm1(x); }
ALWAYS double expm1_F64(double x) { return sleef_expm1_F64(x); }
ALWAYS float log1p_F32(float x) { return sleef_log1p(x); }
ALWAYS double log1p_F64(double x) { return series_log1p_F64(x); }
ALWAYS float sigmoid_F32(float x) { return 1 / (1 + expf(-x)); }
ALWAYS double sigmoid_F64(double x) { return 1 / (1 + exp_quick_F64(-x)); }
ALWAYS float sigmoid_block_F32(float x) { return 1 / (1 + sleef_exp(-x)); }
ALWAYS double sigmoid_block_F64(double x) { return sigmoid_F64(x); }

#define BLOCKS2(f)                                                                      \
    VIA_LIBM2(f)                                                                        \
    ALWAYS float f##_block_F32(float x, float y) { return sleef_##f(x, y); }     \
    ALWAYS double f##_block_F64(double x, double y) { return angle_F64(x, y); }
#define BLOCKS(name)                                                    \
    ALWAYS float name##_F32(float x) { return name##f(x); }             \
    ALWAYS float name##_block_F32(float x) { return sleef_##name(x); }
BLOCKS(sinh)
BLOCKS(cosh)
BLOCKS(atanh)
BLOCKS(exp2)
ALWAYS double atanh_F64(double x) { return atanh(x); }
ALWAYS double exp2_F64(double x) { return exp2(x); }
#undef BLOCKS
/* log(e^x + e^y): PyTorch's formula. */
#define LOGADDEXP(f, D, T, log1p, exp)                                                  \
    ALWAYS T f##_##D(T x, T y)                                                          \
    {                                                                                   \
        T d = x - y, most = maximum_##D(x, y), sum = most + log1p(exp(d > 0 ? -d : d)); \
        return (x == y) & (x - x != 0) ? x : sum;                                       \
    }
LOGADDEXP(logaddexp, F32, float, log1pf, expf)
LOGADDEXP(logaddexp, F64, double, log1p, exp)
LOGADDEXP(logaddexp_block, F32, float, log1p_to_1, sleef_exp)
LOGADDEXP(logaddexp_block, F64, double, log1p_F64, exp_F64)
#undef LOGADDEXP
VIA_LIBM2(pow)
BLOCKS2(atan2)
#undef VIA_LIBM
#undef VIA_LIBM2
#undef BLOCKS2
#endif
