/* float32 functions by AVX-512 vectors, with the bits of their one-element forms in approx.h and sleef.h: what is gained are
 * tables in registers, and scaling by a power of 2 in one step. NaN passes through all of them. */
#ifndef CT_WIDE_H
#define CT_WIDE_H
#if defined(__AVX512F__)
#include "kernel/approx.h"

ALWAYS __m512d wide_fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
ALWAYS __m512d wide_of(double x) { return _mm512_set1_pd(x); }

/* The second operand of a minimum or maximum is what a NaN leaves. */
ALWAYS __m512 wide_between(__m512 x, float low, float high) { return _mm512_max_ps(_mm512_set1_ps(low), _mm512_min_ps(_mm512_set1_ps(high), x)); }
ALWAYS __m256 half_between(__m256 x, float low, float high) { return _mm256_max_ps(_mm256_set1_ps(low), _mm256_min_ps(_mm256_set1_ps(high), x)); }

/* x = s ln2 + r, s a multiple of 1/128; 2^(s - floor(s)). */
typedef struct wide_split { __m512d s, r, power; } wide_split;
ALWAYS wide_split split_by_ln2(__m512d x)
{
    const __m512d t = wide_fma(x, wide_of(EXP_INV_LN2), wide_of(EXP_ROUND)), s = t - EXP_ROUND;
    const __m512d r = wide_fma(s, wide_of(-EXP_LN2_LO), wide_fma(s, wide_of(-EXP_LN2_HI), x));
    const __m512i bits = _mm512_castpd_si512(t);
    const __m512d parts = _mm512_permutexvar_pd(bits, _mm512_loadu_pd(exp_parts));
    const __m512d sixteenths = _mm512_permutex2var_pd(_mm512_loadu_pd(exp_sixteenths), _mm512_srli_epi64(bits, 3), _mm512_loadu_pd(exp_sixteenths + 8));
    return (wide_split){s, r, sixteenths * parts};
}

ALWAYS __m256 wide_exp(__m256 x)
{
    const wide_split a = split_by_ln2(_mm512_cvtps_pd(half_between(x, -110, 100)));
    return _mm512_cvtpd_ps(_mm512_scalef_pd(a.power * wide_fma(wide_fma(a.r, wide_of(0.5), wide_of(1)), a.r, wide_of(1)), a.s));
}

ALWAYS __m256 wide_tanh(__m256 x)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    const __m512d b = 2 * _mm512_cvtps_pd(half_between(_mm256_andnot_ps(sign, x), 0, 20));
    const wide_split a = split_by_ln2(b);
    const __m512d r = a.r, power = _mm512_scalef_pd(a.power, a.s);
    const __m512d p = wide_fma(wide_fma(wide_fma(wide_of(1.0 / 24), r, wide_of(1.0 / 6)), r, wide_of(0.5)), r, wide_of(1)) * r;
    const __m512d less = wide_fma(power, p, power - 1);
    return _mm256_or_ps(_mm512_cvtpd_ps(less / (less + 2)), _mm256_and_ps(sign, x));
}

ALWAYS __m512 wide_sleef_exp(__m512 x)
{
    const __m512 y = wide_between(x, -105, 105), q = _mm512_roundscale_ps(y * INV_LN2, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 s = _mm512_fmadd_ps(q, _mm512_set1_ps(-LN2_LO), _mm512_fmadd_ps(q, _mm512_set1_ps(-LN2_HI), y));
    __m512 u = _mm512_set1_ps(0.000198527617612853646278381f);
    u = _mm512_fmadd_ps(u, s, _mm512_set1_ps(0.00139304355252534151077271f));
    u = _mm512_fmadd_ps(u, s, _mm512_set1_ps(0.00833336077630519866943359f));
    u = _mm512_fmadd_ps(u, s, _mm512_set1_ps(0.0416664853692054748535156f));
    u = _mm512_fmadd_ps(u, s, _mm512_set1_ps(0.166666671633720397949219f));
    u = _mm512_fmadd_ps(u, s, _mm512_set1_ps(0.5f));
    return _mm512_scalef_ps(1 + _mm512_fmadd_ps(s * s, u, s), q);
}
ALWAYS __m512 wide_sigmoid(__m512 x) { return 1 / (1 + wide_sleef_exp(-x)); }

/* out[i] = f(x[i]) by vectors of 8; out may be x. */
#define WIDE_LINE_8(f)                                                                          \
    static void f##_line_F32(float *out, const float *x, int64_t n)                             \
    {                                                                                           \
        int64_t i = 0;                                                                          \
        for (; i + 8 <= n; i += 8)                                                              \
            _mm256_storeu_ps(out + i, wide_##f(_mm256_loadu_ps(x + i)));                        \
        const __mmask8 rest = (__mmask8)((1u << (n - i)) - 1);                                  \
        if (rest)                                                                               \
            _mm256_mask_storeu_ps(out + i, rest, wide_##f(_mm256_maskz_loadu_ps(rest, x + i))); \
    }
WIDE_LINE_8(exp)
WIDE_LINE_8(tanh)
#undef WIDE_LINE_8
/* n is a multiple of 16. */
static void sigmoid_blocks_F32(float *out, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += 16)
        _mm512_storeu_ps(out + i, wide_sigmoid(_mm512_loadu_ps(x + i)));
}
#endif
#endif
