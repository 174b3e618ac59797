/* What wide.h has for AVX-512, by AVX2's vectors of 8, with the same bits: bounds by one instruction each, tables looked up by number,
 * sums in registers. Compilers turn the one-element forms to selects between doubles. */
#ifndef CT_WIDE_AVX2_H
#define CT_WIDE_AVX2_H
#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
#include "kernel/approx.h"
#define WIDE_LANES 8
#define WIDE_LOGS

ALWAYS __m256d four_fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
ALWAYS __m256d four_of(double x) { return _mm256_set1_pd(x); }
/* The second operand of a minimum or maximum is what a NaN leaves. */
ALWAYS __m256 wide_between(__m256 x, float low, float high) { return _mm256_max_ps(_mm256_set1_ps(low), _mm256_min_ps(_mm256_set1_ps(high), x)); }

/* x = s ln2 + r, s a multiple of 1/128; 2^(s - floor(s)), and floor(s) at the place of a double's exponent. */
typedef struct four_split { __m256d r, power; __m256i whole; } four_split;
ALWAYS four_split four_split_by_ln2(__m256d x)
{
    const __m256d t = four_fma(x, four_of(EXP_INV_LN2), four_of(EXP_ROUND)), s = t - EXP_ROUND;
    const __m256d r = four_fma(s, four_of(-EXP_LN2_LO), four_fma(s, four_of(-EXP_LN2_HI), x));
    const __m256i bits = _mm256_castpd_si256(t);
    int64_t at[4];
    _mm256_storeu_si256((__m256i *)at, _mm256_and_si256(bits, _mm256_set1_epi64x(127)));
    const __m256d power = _mm256_set_pd(exp_128ths[at[3]], exp_128ths[at[2]], exp_128ths[at[1]], exp_128ths[at[0]]);
    return (four_split){r, power, _mm256_slli_epi64(_mm256_srli_epi64(bits, 7), 52)};
}
ALWAYS __m256d four_scaled(__m256d x, __m256i whole) { return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(x), whole)); }

ALWAYS __m256d four_exp(__m256d x)
{
    const four_split a = four_split_by_ln2(x);
    return four_scaled(a.power * four_fma(four_fma(a.r, four_of(0.5), four_of(1)), a.r, four_of(1)), a.whole);
}

ALWAYS __m256d four_tanh(__m256d x) /* 0 <= x <= 20 */
{
    const four_split a = four_split_by_ln2(2 * x);
    const __m256d r = a.r, power = four_scaled(a.power, a.whole);
    const __m256d p = four_fma(four_fma(four_fma(four_of(1.0 / 24), r, four_of(1.0 / 6)), r, four_of(0.5)), r, four_of(1)) * r;
    const __m256d less = four_fma(power, p, power - 1);
    return less / (less + 2);
}

ALWAYS __m256d first_four(__m256 x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
ALWAYS __m256d last_four(__m256 x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }
ALWAYS __m256 both_fours(__m256d a, __m256d b) { return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a)), _mm256_cvtpd_ps(b), 1); }
ALWAYS __m256 or_nan(__m256 y, __m256 x) { return _mm256_blendv_ps(y, x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q)); }

ALWAYS __m256 wide_exp(__m256 x)
{
    const __m256 y = wide_between(x, -110, 100);
    return or_nan(both_fours(four_exp(first_four(y)), four_exp(last_four(y))), x);
}

ALWAYS __m256 wide_tanh(__m256 x)
{
    const __m256 sign = _mm256_set1_ps(-0.0f), y = wide_between(_mm256_andnot_ps(sign, x), 0, 20);
    return or_nan(_mm256_or_ps(both_fours(four_tanh(first_four(y)), four_tanh(last_four(y))), _mm256_and_ps(sign, x)), x);
}

ALWAYS __m256 wide_power_of_2(__m256i e) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(e, _mm256_set1_epi32(127)), 23)); }
ALWAYS __m256 wide_sleef_exp(__m256 x)
{
    const __m256 y = wide_between(x, -105, 105), q = _mm256_round_ps(y * INV_LN2, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256i whole = _mm256_cvtps_epi32(q), half = _mm256_srai_epi32(whole, 1);
    const __m256 s = _mm256_fmadd_ps(q, _mm256_set1_ps(-LN2_LO), _mm256_fmadd_ps(q, _mm256_set1_ps(-LN2_HI), y));
    const __m256 u = SLEEF_EXP_SERIES(_mm256_fmadd_ps, s, _mm256_set1_ps);
    return (1 + _mm256_fmadd_ps(s * s, u, s)) * wide_power_of_2(half) * wide_power_of_2(_mm256_sub_epi32(whole, half));
}
ALWAYS __m256 wide_sigmoid(__m256 x) { return 1 / (1 + wide_sleef_exp(-x)); }

/* Of n at most 8 numbers; the other lanes are 0. */
ALWAYS __m256i wide_first(int64_t n)
{
    static const int32_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(lanes + 8 - (n < 8 ? n : 8)));
}
/* out[i] = f(x[i]); out may be x. */
#define WIDE_LINE(f)                                                                           \
    static void f##_line_F32(float *out, const float *x, int64_t n)                            \
    {                                                                                          \
        int64_t i = 0;                                                                         \
        for (; i + 8 <= n; i += 8)                                                             \
            _mm256_storeu_ps(out + i, wide_##f(_mm256_loadu_ps(x + i)));                       \
        if (i < n) {                                                                           \
            const __m256i rest = wide_first(n - i);                                            \
            _mm256_maskstore_ps(out + i, rest, wide_##f(_mm256_maskload_ps(x + i, rest)));     \
        }                                                                                      \
    }
WIDE_LINE(exp)
WIDE_LINE(tanh)
#undef WIDE_LINE
/* n is a multiple of 8. */
static void sigmoid_blocks_F32(float *out, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += 8)
        _mm256_storeu_ps(out + i, wide_sigmoid(_mm256_loadu_ps(x + i)));
}
/* ---- log to a base, of eight at once (log_to_base of approx.h) ---- */
ALWAYS __m256d four_log(__m256d m, __m256i at, __m256d k, double scale)
{
    static const double quarters[] = {1, 0x1.ae89f995ad3adp-1, 0x1.6a09e667f3bccp-1, 0x1.306fe0a31b715p-1};
    const __m256d c = _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(_mm256_loadu_pd(quarters)), at)), r = four_fma(m, c, four_of(-1));
    return four_fma(r, LOG_SERIES(four_fma, r, r * r, scale, four_of), k * (0.69314718055994530942 / 4 * scale));
}
ALWAYS __m256 wide_log(__m256 x, double scale)
{
    const __m256i bits = _mm256_castps_si256(x);
    const int special = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7f800000)), _mm256_set1_epi32(-0x1000001))));
    __m256i from = bits, less = _mm256_setzero_si256();
    if (__builtin_expect(special, 0)) {
        const __m256 small = _mm256_cmp_ps(x, _mm256_set1_ps(0x1p-126f), _CMP_LT_OQ);
        from = _mm256_castps_si256(_mm256_blendv_ps(x, x * 0x1p23f, small));
        less = _mm256_and_si256(_mm256_castps_si256(small), _mm256_set1_epi32(4 * 23));
    }
    const __m256i u = _mm256_sub_epi32(from, _mm256_set1_epi32(LOG_LEAST)), k = _mm256_sub_epi32(_mm256_srai_epi32(u, 21), less);
    const __m256 m = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_and_si256(u, _mm256_set1_epi32(0x7fffff)), _mm256_set1_epi32(LOG_LEAST)));
    /* which of the quarters, in halves of 32 bits: what unpacks in order */
    const __m256i at = _mm256_permute4x64_epi64(_mm256_and_si256(_mm256_srli_epi32(u, 20), _mm256_set1_epi32(6)), 0xd8), and_next = _mm256_or_si256(at, _mm256_set1_epi32(1));
    const __m256d low = four_log(first_four(m), _mm256_unpacklo_epi32(at, and_next), _mm256_cvtepi32_pd(_mm256_castsi256_si128(k)), scale);
    const __m256d high = four_log(last_four(m), _mm256_unpackhi_epi32(at, and_next), _mm256_cvtepi32_pd(_mm256_extracti128_si256(k, 1)), scale);
    __m256 y = both_fours(low, high);
    if (__builtin_expect(special, 0)) {
        const __m256 most = _mm256_set1_ps(INFINITY), zero = _mm256_setzero_ps();
        y = _mm256_blendv_ps(y, most, _mm256_cmp_ps(x, most, _CMP_EQ_OQ));
        y = _mm256_blendv_ps(y, _mm256_set1_ps(NAN), _mm256_cmp_ps(x, zero, _CMP_NGE_UQ));
        y = _mm256_blendv_ps(y, -most, _mm256_cmp_ps(x, zero, _CMP_EQ_OQ));
    }
    return y;
}
#define LOG_BLOCKS(name, scale)                                                                \
    static void name##_blocks_F32(float *out, const float *x, int64_t n)                       \
    {                                                                                          \
        for (int64_t i = 0; i < n; i += 8)                                                     \
            _mm256_storeu_ps(out + i, wide_log(_mm256_loadu_ps(x + i), scale));                \
    }
LOG_BLOCKS(log2, 1.44269504088896340736)
LOG_BLOCKS(log10, 0.43429448190325182765)
#undef LOG_BLOCKS
/* Both halves of the lanes added to each other, down to one. */
ALWAYS float wide_sum(__m256 x)
{
    __m128 b = _mm256_castps256_ps128(x) + _mm256_extractf128_ps(x, 1), c = b + _mm_movehl_ps(b, b);
    return _mm_cvtss_f32(c) + _mm_cvtss_f32(_mm_movehdup_ps(c));
}
/* out[i] = exp(x[i] - most); the sum in the order of soft_sum (softmax.inc). n >= 8. */
static float wide_terms(const float *x, float most, float *out, int64_t n)
{
    const __m256 shift = _mm256_set1_ps(most);
    __m256 e = wide_sleef_exp(_mm256_loadu_ps(x) - shift), sums = e;
    _mm256_storeu_ps(out, e);
    int64_t i = 8;
    for (; i + 8 <= n; i += 8) {
        e = wide_sleef_exp(_mm256_loadu_ps(x + i) - shift);
        _mm256_storeu_ps(out + i, e);
        sums += e;
    }
    const __m256i rest = wide_first(n - i);
    e = wide_sleef_exp(_mm256_maskload_ps(x + i, rest) - shift);
    _mm256_maskstore_ps(out + i, rest, e);
    return wide_sum(_mm256_blendv_ps(sums, sums + e, _mm256_castsi256_ps(rest)));
}
/* exp_quick_F64 (dpair.h) of four; how the power of 2 is cut in two leaves no trace. */
ALWAYS __m256d four_power_of_2(__m128i e) { return _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_add_epi64(_mm256_cvtepi32_epi64(e), _mm256_set1_epi64x(1023)), 52)); }
ALWAYS __m256d four_quick_exp(__m256d x)
{
    const __m256d y = _mm256_max_pd(four_of(-746), _mm256_min_pd(four_of(710), x));
    const __m256d whole = _mm256_round_pd(y * 1.442695040888963407359924681001892137, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256d s = four_fma(whole, four_of(-EXP_LN2_LOWER), four_fma(whole, four_of(-EXP_LN2_UPPER), y));
    const __m256d u = four_fma(four_fma(EXP_SERIES(four_fma, s, four_of), s, four_of(0.1666666666666666574)), s, four_of(0.5));
    const __m128i power = _mm256_cvtpd_epi32(whole), half = _mm_srai_epi32(power, 1);
    return (1 + four_fma(s * s, u, s)) * four_power_of_2(half) * four_power_of_2(_mm_sub_epi32(power, half));
}
/* As wide_terms, of doubles; n >= 4. */
static double four_terms(const double *x, double most, double *out, int64_t n)
{
    const __m256d shift = four_of(most);
    __m256d sums = four_quick_exp(_mm256_loadu_pd(x) - shift);
    _mm256_storeu_pd(out, sums);
    int64_t i = 4;
    for (; i + 8 <= n; i += 8) {
        const __m256d e = four_quick_exp(_mm256_loadu_pd(x + i) - shift), f = four_quick_exp(_mm256_loadu_pd(x + i + 4) - shift);
        _mm256_storeu_pd(out + i, e);
        _mm256_storeu_pd(out + i + 4, f);
        sums = sums + e + f;
    }
    for (int64_t left; i < n; i += 4) {
        left = n - i < 4 ? n - i : 4;
        const __m256i rest = _mm256_cmpgt_epi64(_mm256_set1_epi64x(left), _mm256_set_epi64x(3, 2, 1, 0));
        const __m256d e = four_quick_exp(_mm256_maskload_pd(x + i, rest) - shift);
        _mm256_maskstore_pd(out + i, rest, e);
        sums = _mm256_blendv_pd(sums, sums + e, _mm256_castsi256_pd(rest));
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}
/* The greatest and the least of n >= 8 numbers, NaN if one is; which of the zeros is left open. */
#define WIDE_EXTREME(name, better, is)                                                         \
    static inline float name(const float *x, int64_t n)                                        \
    {                                                                                          \
        __m256 a = _mm256_loadu_ps(x), b = _mm256_loadu_ps(x + n - 8), bad = _mm256_cmp_ps(a, b, _CMP_UNORD_Q); \
        for (int64_t i = 8; i + 16 <= n; i += 16) {                                            \
            const __m256 c = _mm256_loadu_ps(x + i), d = _mm256_loadu_ps(x + i + 8);           \
            bad = _mm256_or_ps(bad, _mm256_cmp_ps(c, d, _CMP_UNORD_Q));                        \
            a = better(a, c), b = better(b, d);                                                \
        }                                                                                      \
        const __m256 c = _mm256_loadu_ps(x + (n < 16 ? 0 : n - 16));                           \
        bad = _mm256_or_ps(bad, _mm256_cmp_ps(c, c, _CMP_UNORD_Q));                            \
        a = better(better(a, b), c);                                                           \
        float most = a[0];                                                                     \
        for (int l = 1; l < 8; l++)                                                            \
            most = a[l] is most ? a[l] : most;                                                 \
        return _mm256_movemask_ps(bad) ? NAN : most;                                           \
    }
WIDE_EXTREME(wide_most, _mm256_max_ps, >)
WIDE_EXTREME(wide_least, _mm256_min_ps, <)
#undef WIDE_EXTREME
#endif
#endif
