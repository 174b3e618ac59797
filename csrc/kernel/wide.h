/* float32 functions by AVX-512 vectors, with the bits of their one-element forms in approx.h and sleef.h: what is gained are
 * tables in registers, and scaling by a power of 2 in one step. NaN passes through all of them. */
#ifndef CT_WIDE_H
#define CT_WIDE_H
#if defined(__AVX512F__)
#include "kernel/approx.h"
#define WIDE_LANES 16

ALWAYS __m512d wide_fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
ALWAYS __m512d wide_of(double x) { return _mm512_set1_pd(x); }

/* The second operand of a minimum or maximum is what a NaN leaves. */
ALWAYS __m512 wide_between(__m512 x, float low, float high) { return _mm512_max_ps(_mm512_set1_ps(low), _mm512_min_ps(_mm512_set1_ps(high), x)); }

/* unit x = s ln2 + r, s a multiple of 1/128, and 2^(s - floor(s)); s, and r over unit. unit is a power of 2. */
typedef struct wide_split { __m512d s, r, power; } wide_split;
ALWAYS wide_split split_by_ln2(__m512d x, double unit)
{
    const __m512d t = wide_fma(x, wide_of(unit * EXP_INV_LN2), wide_of(EXP_ROUND)), s = t - EXP_ROUND;
    const __m512d r = wide_fma(s, wide_of(-EXP_LN2_LO / unit), wide_fma(s, wide_of(-EXP_LN2_HI / unit), x));
    const __m512i bits = _mm512_castpd_si512(t);
    const __m512d parts = _mm512_permutexvar_pd(bits, _mm512_loadu_pd(exp_parts));
    const __m512d sixteenths = _mm512_permutex2var_pd(_mm512_loadu_pd(exp_sixteenths), _mm512_srli_epi64(bits, 3), _mm512_loadu_pd(exp_sixteenths + 8));
    return (wide_split){s, r, sixteenths * parts};
}

/* Without bounds: where |x| is large r is too, but the sum stays positive and finite, and scaling makes it infinite or 0; of infinite x the
 * sum is NaN, which scaling by an infinite power of 2 makes infinite or 0 as well. */
ALWAYS __m256 wide_exp(__m256 x)
{
    const wide_split a = split_by_ln2(_mm512_cvtps_pd(x), 1);
    return _mm512_cvtpd_ps(_mm512_scalef_pd(a.power * wide_fma(wide_fma(a.r, wide_of(0.5), wide_of(1)), a.r, wide_of(1)), a.s));
}

/* (e^(2 |x|) - 1) / (e^(2 |x|) + 1); p = e^(2 r) - 1. */
ALWAYS __m256 wide_tanh(__m256 x)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    const wide_split a = split_by_ln2(_mm512_cvtps_pd(_mm256_min_ps(_mm256_set1_ps(10), _mm256_andnot_ps(sign, x))), 2);
    const __m512d r = a.r, power = _mm512_scalef_pd(a.power, a.s);
    const __m512d p = wide_fma(wide_fma(wide_fma(wide_of(16.0 / 24), r, wide_of(8.0 / 6)), r, wide_of(2)), r, wide_of(2)) * r;
    const __m512d less = wide_fma(power, p, power - 1);
    return _mm256_or_ps(_mm512_cvtpd_ps(less / (less + 2)), _mm256_and_ps(sign, x));
}

/* atan a = pi/4 k + atan(n / d), in approx.h's words. */
ALWAYS __m256 wide_atan(__m256 x)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    const __m512d a = _mm512_cvtps_pd(_mm256_andnot_ps(sign, x)), one = wide_of(1), most = wide_of(1.57079632679489661923);
    const __mmask8 far = _mm512_cmp_pd_mask(a, wide_of(2.41421356237309504880), _CMP_GT_OQ), middle = _mm512_cmp_pd_mask(a, wide_of(0.41421356237309504880), _CMP_GT_OQ);
    const __m512d n = _mm512_mask_mov_pd(_mm512_mask_sub_pd(a, middle, a, one), far, -one), d = _mm512_mask_mov_pd(_mm512_mask_add_pd(one, middle, a, one), far, a);
    const __m512d past = _mm512_mask_mov_pd(_mm512_maskz_mov_pd(middle, most / 2), far, most), t = n / d, z = t * t;
    __m512d p = wide_fma(wide_of(0x1.84f2ca1782ca1p-5), z, wide_of(-0x1.5b44b8b3c2f53p-4));
    p = wide_fma(wide_fma(p, z, wide_of(0x1.c467e332a0306p-4)), z, wide_of(-0x1.247f054541d52p-3));
    p = wide_fma(wide_fma(p, z, wide_of(0x1.99991a3d22860p-3)), z, wide_of(-0x1.555554c887c06p-2));
    return _mm256_or_ps(_mm512_cvtpd_ps(past + wide_fma(z * p, t, t)), _mm256_and_ps(sign, x));
}

ALWAYS __m512 wide_sleef_exp(__m512 x)
{
    const __m512 y = wide_between(x, -105, 105), q = _mm512_roundscale_ps(y * INV_LN2, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 s = _mm512_fmadd_ps(q, _mm512_set1_ps(-LN2_LO), _mm512_fmadd_ps(q, _mm512_set1_ps(-LN2_HI), y));
    const __m512 u = SLEEF_EXP_SERIES(_mm512_fmadd_ps, s, _mm512_set1_ps);
    return _mm512_scalef_ps(1 + _mm512_fmadd_ps(s * s, u, s), q);
}
ALWAYS __m512 wide_sigmoid(__m512 x) { return 1 / (1 + wide_sleef_exp(-x)); }

/* The tables in registers, which AVX-512 looks up without gathering. */
ALWAYS __m512d wide_sixteenth(const double *table, __m512i at) { return _mm512_permutex2var_pd(_mm512_loadu_pd(table), at, _mm512_loadu_pd(table + 8)); }
ALWAYS __m256 wide_libm_log(__m256 x)
{
    const __m256 zero = _mm256_setzero_ps();
    const __mmask8 small = _mm256_cmp_ps_mask(x, _mm256_set1_ps(0x1p-126f), _CMP_LT_OQ), above = _mm256_cmp_ps_mask(x, zero, _CMP_GT_OQ);
    const __m256i u = _mm256_castps_si256(_mm256_mask_mul_ps(x, small, x, _mm256_set1_ps(0x1p23f)));
    const __m256i from = _mm256_sub_epi32(u, _mm256_set1_epi32(0x3f330000)), whole = _mm256_srai_epi32(from, 23);
    const __m512i at = _mm512_cvtepi32_epi64(_mm256_srai_epi32(from, 19));
    const __m512d e = _mm512_cvtepi32_pd(_mm256_mask_sub_epi32(whole, small, whole, _mm256_set1_epi32(23)));
    const __m512d z = _mm512_cvtps_pd(_mm256_castsi256_ps(_mm256_sub_epi32(u, _mm256_slli_epi32(whole, 23))));
    const __m512d r = wide_fma(z, wide_sixteenth(log_sixteenths[0], at), wide_of(-1));
    const __m512d y = wide_fma(e, wide_of(0x1.62e42fefa39efp-1), wide_sixteenth(log_sixteenths[1], at)), s = r * r;
    const __m512d p = wide_fma(wide_of(-0x1.00ea348b88334p-2), s, wide_fma(wide_of(0x1.5575b0be00b6ap-2), r, wide_of(-0x1.ffffef20a4123p-2)));
    const __m256 inf = _mm256_set1_ps(INFINITY), result = _mm512_cvtpd_ps(wide_fma(p, s, y + r));
    const __m256 other = _mm256_mask_sub_ps(_mm256_set1_ps(NAN), _mm256_cmp_ps_mask(x, zero, _CMP_EQ_OQ), zero, inf);
    return _mm256_mask_mov_ps(_mm256_mask_mov_ps(other, above, result), _mm256_cmp_ps_mask(x, inf, _CMP_EQ_OQ), inf);
}

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
WIDE_LINE_8(libm_log)
#undef WIDE_LINE_8
/* Lanes that are there of n at most 16 that are left. */
ALWAYS __mmask16 wide_first(int64_t n) { return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1); }
/* n is a multiple of 16. */
static void atan_blocks_F32(float *out, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += 8)
        _mm256_storeu_ps(out + i, wide_atan(_mm256_loadu_ps(x + i)));
}
static void sigmoid_blocks_F32(float *out, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += 16)
        _mm512_storeu_ps(out + i, wide_sigmoid(_mm512_loadu_ps(x + i)));
}
/* Both halves of the lanes added to each other, down to one. */
ALWAYS float wide_sum(__m512 x)
{
    __m256 a = _mm512_castps512_ps256(x) + _mm512_extractf32x8_ps(x, 1);
    __m128 b = _mm256_castps256_ps128(a) + _mm256_extractf128_ps(a, 1), c = b + _mm_movehl_ps(b, b);
    return _mm_cvtss_f32(c) + _mm_cvtss_f32(_mm_movehdup_ps(c));
}
/* out[i] = exp(x[i] - most); the sum in the order of soft_sum (softmax.inc). n >= 16. */
static float wide_terms(const float *x, float most, float *out, int64_t n)
{
    const __m512 shift = _mm512_set1_ps(most);
    __m512 e = wide_sleef_exp(_mm512_loadu_ps(x) - shift), sums = e;
    _mm512_storeu_ps(out, e);
    int64_t i = 16;
    for (; i + 16 <= n; i += 16) {
        e = wide_sleef_exp(_mm512_loadu_ps(x + i) - shift);
        _mm512_storeu_ps(out + i, e);
        sums += e;
    }
    const __mmask16 rest = wide_first(n - i);
    e = wide_sleef_exp(_mm512_maskz_loadu_ps(rest, x + i) - shift);
    _mm512_mask_storeu_ps(out + i, rest, e);
    return wide_sum(_mm512_mask_add_ps(sums, rest, sums, e));
}
/* The greatest and the least of n >= 16 numbers, NaN if one is; which of the zeros is left open. */
#define WIDE_EXTREME(name, better, reduce)                                                                             \
    static inline float name(const float *x, int64_t n)                                                                \
    {                                                                                                                  \
        __m512 a = _mm512_loadu_ps(x), b = a;                                                                          \
        __mmask16 bad = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);                                                        \
        int64_t i = 16;                                                                                                \
        for (; i + 32 <= n; i += 32) {                                                                                 \
            const __m512 c = _mm512_loadu_ps(x + i), d = _mm512_loadu_ps(x + i + 16);                                  \
            bad |= _mm512_cmp_ps_mask(c, d, _CMP_UNORD_Q);                                                             \
            a = better(a, c), b = better(b, d);                                                                        \
        }                                                                                                              \
        for (; i < n; i += 16) {                                                                                       \
            const __m512 c = _mm512_mask_loadu_ps(b, wide_first(n - i), x + i);                                        \
            bad |= _mm512_cmp_ps_mask(c, c, _CMP_UNORD_Q);                                                             \
            b = better(b, c);                                                                                          \
        }                                                                                                              \
        return bad ? NAN : reduce(better(a, b));                                                                       \
    }
WIDE_EXTREME(wide_most, _mm512_max_ps, _mm512_reduce_max_ps)
WIDE_EXTREME(wide_least, _mm512_min_ps, _mm512_reduce_min_ps)
#undef WIDE_EXTREME
#endif
#endif
