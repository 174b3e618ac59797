/* Transcendental functions of one element: f_F32 and f_F64; f_block_F32 and f_block_F64 where whole blocks of contiguous
 * elements are evaluated otherwise than single ones (IN_BLOCKS in isa.inc). PyTorch's last bits are the aim. */
#ifndef CT_APPROX_H
#define CT_APPROX_H
#include "kernel/kernel.h"
#include "kernel/sleef.h"
#include <math.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* ---- in double, then rounded: the nearest float32 but for about one argument in 10^8 ---- */
#define VIA_DOUBLE(f)                                                      \
    static inline float f##_F32(float x) { return (float)f((double)x); }   \
    static inline double f##_F64(double x) { return f(x); }
VIA_DOUBLE(log)
VIA_DOUBLE(log2)
VIA_DOUBLE(log10)
VIA_DOUBLE(tan)
VIA_DOUBLE(asin)
VIA_DOUBLE(acos)
VIA_DOUBLE(atan)
VIA_DOUBLE(tanh)
VIA_DOUBLE(erf)
VIA_DOUBLE(erfc)

/* ---- float32 by short polynomials in double, cut where PyTorch's x86 builds (outside Intel's processors) cut ---- */

/* sin r = r + r^3 p(r^2) on [-pi/2, pi/2]: p is the polynomial of degree 3 with the least relative error of sin, 6.05e-9,
 * found by Remez' exchange algorithm. */
static inline double sin_near_0(double r)
{
    double z = r * r, p = 2.6057806382397463e-06;
    p = p * z - 0.0001980960290207873;
    p = p * z + 0.008333066246084276;
    p = p * z - 0.16666659550427834;
    return r + r * (z * p);
}

/* x - turns * pi; turns times the first part is exact (fdlibm's reduction in parts). */
static inline double minus_pi_times(double x, double turns) { return x - turns * 0x1.921fb544p+1 - turns * 0x1.0b4611a626331p-33; }
static inline double minus_if_odd(double x, double turns) { return (int64_t)turns & 1 ? -x : x; }

static inline float sin_F32(float x)
{
    if (!(fabsf(x) < 1e4f))
        return (float)sin((double)x);
    double turns = rint(x * 0.31830988618379067154);
    return (float)minus_if_odd(sin_near_0(minus_pi_times(x, turns)), turns);
}
static inline float cos_F32(float x) /* sin(x + pi/2) */
{
    if (!(fabsf(x) < 1e4f))
        return (float)cos((double)x);
    double turns = rint(x * 0.31830988618379067154 - 0.5);
    return (float)-minus_if_odd(sin_near_0(minus_pi_times(x, turns + 0.5)), turns);
}
static inline double sin_F64(double x) { return sin(x); }
static inline double cos_F64(double x) { return cos(x); }

/* Square root. PyTorch's (outside Intel's processors) is not the nearest float32 for one argument in six: the hardware's
 * 12-bit reciprocal root and two steps of Goldschmidt's iteration, with products rounded on the way. */
static inline float sqrt_F32(float x)
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
static inline double sqrt_F64(double x) { return sqrt(x); }
static inline float rsqrt_F32(float x) { return 1 / sqrtf(x); }
static inline double rsqrt_F64(double x) { return 1 / sqrt(x); }

/* 2 to the power q / 128, by the Taylor series of exp on [-ln2/2, ln2/2] and a shift of the exponent. */
static inline double power_of_2_by_128(double q)
{
    double whole = rint(q * 0x1p-7), f = (q * 0x1p-7 - whole) * 0.69314718055994530942;
    double p = 1.0 / 39916800;
    p = p * f + 1.0 / 3628800;
    p = p * f + 1.0 / 362880;
    p = p * f + 1.0 / 40320;
    p = p * f + 1.0 / 5040;
    p = p * f + 1.0 / 720;
    p = p * f + 1.0 / 120;
    p = p * f + 1.0 / 24;
    p = p * f + 1.0 / 6;
    p = p * f + 0.5;
    p = (p * f + 1) * f + 1;
    int64_t bits;
    memcpy(&bits, &p, 8);
    bits += (int64_t)whole << 52;
    memcpy(&p, &bits, 8);
    return p;
}
/* exp(x) = 2^(q/128) exp(r), |r| <= ln2/256, and exp(r) by its series to the square. */
static inline float exp_F32(float x)
{
    double y = x < -110 ? -110 : x > 100 ? 100 : x, q = rint(y * 184.66496523378731614);
    double r = y - q * 0x1.62e42fefa39efp-8;
    return x != x ? x : (float)(power_of_2_by_128(q) * (1 + (r + 0.5 * r * r)));
}
static inline double exp_F64(double x) { return exp(x); }

/* ---- libm's own functions ---- */
#define VIA_LIBM(name)                                                        \
    static inline float name##_F32(float x) { return name##f(x); }            \
    static inline double name##_F64(double x) { return name(x); }
#define VIA_LIBM2(name)                                                               \
    static inline float name##_F32(float x, float y) { return name##f(x, y); }        \
    static inline double name##_F64(double x, double y) { return name(x, y); }
VIA_LIBM(asinh)
VIA_LIBM(acosh)
VIA_LIBM2(hypot)

/* ---- SLEEF's float32 functions, of all elements or of blocks; single ones, and float64, are libm's ---- */
static inline float expm1_F32(float x) { return sleef_expm1(x); }
static inline double expm1_F64(double x) { return expm1(x); }
static inline float log1p_F32(float x) { return sleef_log1p(x); }
static inline double log1p_F64(double x) { return log1p(x); }
static inline float sigmoid_F32(float x) { return 1 / (1 + expf(-x)); }
static inline double sigmoid_F64(double x) { return 1 / (1 + exp(-x)); }
static inline float sigmoid_block_F32(float x) { return 1 / (1 + sleef_exp(-x)); }
static inline double sigmoid_block_F64(double x) { return sigmoid_F64(x); }

#define BLOCKS(f)                                                                       \
    VIA_LIBM(f)                                                                         \
    static inline float f##_block_F32(float x) { return sleef_##f(x); }                 \
    static inline double f##_block_F64(double x) { return f(x); }
#define BLOCKS2(f)                                                                      \
    VIA_LIBM2(f)                                                                        \
    static inline float f##_block_F32(float x, float y) { return sleef_##f(x, y); }     \
    static inline double f##_block_F64(double x, double y) { return f(x, y); }
BLOCKS(exp2)
BLOCKS(sinh)
BLOCKS(cosh)
BLOCKS(atanh)
BLOCKS2(pow)
BLOCKS2(atan2)
#undef VIA_DOUBLE
#undef VIA_LIBM
#undef VIA_LIBM2
#undef BLOCKS
#undef BLOCKS2
#endif
