/* Logarithms of four doubles at once, by AVX2: x = 2^e m, m from 0.68 to 1.37, inverse m = 1 + r by a table of 64 rows, whose inverses are short
 * enough for r to be exact, |r| < 2^-6.4; log x = e log 2 - log inverse + r - r^2 / 2 + r^3 q(r) / 2, q with the least error of its degree. To 2^-67. */
#ifndef CT_DLOG_AVX2_H
#define CT_DLOG_AVX2_H
#include "kernel/wide_avx2.h"
#if defined(WIDE_LOGS)
#define DLOG_LEAST 0x3fe5e00000000000
/* The inverse, and minus its logarithm in parts: the first a multiple of 2^-42. */
static const struct dlog_row { double inverse, hi, lo, none; } dlog_rows[64] = {
    {0x1.74p+0, -0x1.7eaf83b82bp-2, 0x1.e4da62d0c25adp-49}, {0x1.7p+0, -0x1.739d7f6bbdp-2, -0x1.a7389314feb5p-52},
    {0x1.6cp+0, -0x1.686c81e9b1p-2, -0x1.2bb110af84054p-44}, {0x1.68p+0, -0x1.5d1bdbf581p-2, 0x1.8d6bdc9c7c238p-44},
    {0x1.64p+0, -0x1.51aad872ep-2, 0x1.f4bd8db0a7cc1p-44}, {0x1.6p+0, -0x1.4618bc21c6p-2, 0x1.3d82f484c84ccp-46},
    {0x1.5cp+0, -0x1.3a64c55694p-2, -0x1.7a71cbcd735dp-44}, {0x1.58p+0, -0x1.2e8e2bae12p-2, 0x1.67b1e99b72bd8p-45},
    {0x1.54p+0, -0x1.22941fbcf8p-2, 0x1.a6976f5eb0963p-44}, {0x1.5p+0, -0x1.1675cababap-2, -0x1.8380e731f55c4p-44},
    {0x1.5p+0, -0x1.1675cababap-2, -0x1.8380e731f55c4p-44}, {0x1.4cp+0, -0x1.0a324e2739p-2, -0x1.c6bee7ef4030ep-47},
    {0x1.48p+0, -0x1.fb9186d5e4p-3, 0x1.d572aab993c87p-47}, {0x1.44p+0, -0x1.e27076e2bp-3, 0x1.a342c2af0003cp-44},
    {0x1.4p+0, -0x1.c8ff7c79aap-3, 0x1.7794f689f8434p-45}, {0x1.4p+0, -0x1.c8ff7c79aap-3, 0x1.7794f689f8434p-45},
    {0x1.3cp+0, -0x1.af3c94e80cp-3, 0x1.a4e633fcd9066p-52}, {0x1.38p+0, -0x1.9525a9cf46p-3, 0x1.297137d9f158fp-44},
    {0x1.34p+0, -0x1.7ab890210ep-3, 0x1.bdb9072534a58p-45}, {0x1.34p+0, -0x1.7ab890210ep-3, 0x1.bdb9072534a58p-45},
    {0x1.3p+0, -0x1.5ff3070a7ap-3, 0x1.8586f183bebf2p-44}, {0x1.2cp+0, -0x1.44d2b6ccb8p-3, 0x1.70cc16135783cp-46},
    {0x1.28p+0, -0x1.29552f82p-3, 0x1.5b967f4471dfcp-44}, {0x1.28p+0, -0x1.29552f82p-3, 0x1.5b967f4471dfcp-44},
    {0x1.24p+0, -0x1.0d77e7cd08p-3, -0x1.cb2cd2ee2f482p-44}, {0x1.2p+0, -0x1.e27076e2bp-4, 0x1.a342c2af0003cp-45},
    {0x1.2p+0, -0x1.e27076e2bp-4, 0x1.a342c2af0003cp-45}, {0x1.1cp+0, -0x1.a926d3a4acp-4, -0x1.563650bd22a9cp-44},
    {0x1.1cp+0, -0x1.a926d3a4acp-4, -0x1.563650bd22a9cp-44}, {0x1.18p+0, -0x1.6f0d28ae58p-4, 0x1.4b4641b664613p-44},
    {0x1.14p+0, -0x1.341d7961bcp-4, -0x1.1d0929983761p-44}, {0x1.14p+0, -0x1.341d7961bcp-4, -0x1.1d0929983761p-44},
    {0x1.1p+0, -0x1.f0a30c0118p-5, 0x1.d599e83368e91p-45}, {0x1.1p+0, -0x1.f0a30c0118p-5, 0x1.d599e83368e91p-45},
    {0x1.0cp+0, -0x1.77458f633p-5, 0x1.181dce586af09p-44}, {0x1.0cp+0, -0x1.77458f633p-5, 0x1.181dce586af09p-44},
    {0x1.08p+0, -0x1.f829b0e78p-6, -0x1.980267c7e09e4p-45}, {0x1.08p+0, -0x1.f829b0e78p-6, -0x1.980267c7e09e4p-45},
    {0x1.04p+0, -0x1.fc0a8b0fcp-7, -0x1.f1e7cf6d3a69cp-50}, {0x1.04p+0, -0x1.fc0a8b0fcp-7, -0x1.f1e7cf6d3a69cp-50},
    {1, 0, 0}, {0x1.f8p-1, 0x1.020565893p-6, 0x1.611d27c8e8417p-44},
    {0x1.fp-1, 0x1.0415d89e78p-5, -0x1.dddc7f461c516p-44}, {0x1.e8p-1, 0x1.894aa149f8p-5, 0x1.9a19a8be97661p-44},
    {0x1.ep-1, 0x1.08598b59e4p-4, -0x1.7e5dd7009902cp-46}, {0x1.dcp-1, 0x1.2aa04a447p-4, 0x1.7a48ba8b1cb41p-44},
    {0x1.d4p-1, 0x1.700d30aeacp-4, 0x1.c1e8da99ded32p-49}, {0x1.ccp-1, 0x1.b6ac88dad4p-4, 0x1.b1bdff50225c7p-44},
    {0x1.c8p-1, 0x1.da72763844p-4, 0x1.a89401fa71733p-46}, {0x1.cp-1, 0x1.1178e8227ep-3, 0x1.1ef78ce2d07f2p-45},
    {0x1.bcp-1, 0x1.23d712a49cp-3, 0x1.00d238fd3df5cp-46}, {0x1.b4p-1, 0x1.4913d8333cp-3, -0x1.53e43558124c4p-44},
    {0x1.bp-1, 0x1.5bf406b544p-3, -0x1.27023eb68981cp-46}, {0x1.a8p-1, 0x1.823c16551ap-3, 0x1.e0ddb9a631e83p-46},
    {0x1.a4p-1, 0x1.95a5adcf7p-3, 0x1.7f22858a0ff6fp-47}, {0x1.ap-1, 0x1.a93ed3c8aep-3, -0x1.8724350562169p-45},
    {0x1.98p-1, 0x1.d1037f2656p-3, -0x1.84a7e75b6f6e4p-47}, {0x1.94p-1, 0x1.e530effe72p-3, -0x1.fdbdbb13f7c18p-44},
    {0x1.9p-1, 0x1.f991c6cb3cp-3, -0x1.90d04cd7cc834p-44}, {0x1.8cp-1, 0x1.07138604d6p-2, -0x1.e76324e912b17p-44},
    {0x1.88p-1, 0x1.1178e8227ep-2, 0x1.1ef78ce2d07f2p-44}, {0x1.8p-1, 0x1.269621134ep-2, -0x1.1b61f10522625p-44},
    {0x1.7cp-1, 0x1.314f1e1d36p-2, -0x1.8e27ad3213cb8p-45}, {0x1.78p-1, 0x1.3c25277333p-2, 0x1.83b54b606bd5cp-46}};
typedef struct four_pair { __m256d hi, lo; } four_pair;
ALWAYS __m256d four_row(int64_t at) { return _mm256_loadu_pd(&dlog_rows[at].inverse); }
/* Of positive normal numbers. */
ALWAYS four_pair four_fine_log(__m256d x)
{
    const __m256i u = _mm256_sub_epi64(_mm256_castpd_si256(x), _mm256_set1_epi64x(DLOG_LEAST));
    const __m256i m = _mm256_sub_epi64(_mm256_castpd_si256(x), _mm256_and_si256(u, _mm256_set1_epi64x(-1ll << 52)));
    const __m256i biased = _mm256_srli_epi64(_mm256_add_epi64(u, _mm256_set1_epi64x(1023ll << 52)), 52);
    const __m256d e = _mm256_castsi256_pd(_mm256_or_si256(biased, _mm256_set1_epi64x(0x4330000000000000))) - (0x1p52 + 1023);
    int64_t at[4];
    _mm256_storeu_si256((__m256i *)at, _mm256_and_si256(_mm256_srli_epi64(u, 46), _mm256_set1_epi64x(63)));
    const __m256d a = four_row(at[0]), b = four_row(at[1]), c = four_row(at[2]), d = four_row(at[3]);
    const __m256d even = _mm256_unpacklo_pd(a, b), next = _mm256_unpacklo_pd(c, d);
    const __m256d inverse = _mm256_permute2f128_pd(even, next, 0x20), lo = four_fma(e, four_of(0x1.ef35793c76730p-45), _mm256_permute2f128_pd(even, next, 0x31));
    const __m256d hi = four_fma(e, four_of(0x1.62e42fefa3800p-1), _mm256_permute2f128_pd(_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d), 0x20));
    const __m256d r = four_fma(_mm256_castsi256_pd(m), inverse, four_of(-1)), half = 0.5 * r, t = r * half, w = r * r;
    const __m256d sum = hi + r, all = sum - t, lost = ((hi - sum) + r) + ((sum - all) - t);
    __m256d q = four_fma(four_fma(four_of(0x1.c69bcfbf19aa7p-3), r, four_of(-0x1.000bf7977a0d6p-2)), w, four_fma(four_of(0x1.24924c150e607p-2), r, four_of(-0x1.555555221e920p-2)));
    q = four_fma(q, w, four_fma(four_of(0x1.9999999991dd8p-2), r, four_of(-0x1.00000000001b7p-1)));
    q = four_fma(q, r, four_of(0x1.5555555555555p-1));
    return (four_pair){all, four_fma(r * t, q, lost + (lo - four_fma(r, half, -t)))};
}
/* hi and lo: 1 / log(base). */
ALWAYS __m256d four_log_to_base(__m256d x, double hi, double lo)
{
    const __m256d least = four_of(0x1p-1022), most = four_of(INFINITY), zero = _mm256_setzero_pd();
    const __m256d plain = _mm256_and_pd(_mm256_cmp_pd(x, least, _CMP_GE_OQ), _mm256_cmp_pd(x, most, _CMP_LT_OQ));
    const int special = _mm256_movemask_pd(plain) != 15;
    __m256d from = x, down = zero;
    if (__builtin_expect(special, 0)) {
        const __m256d small = _mm256_cmp_pd(x, least, _CMP_LT_OQ);
        from = _mm256_blendv_pd(x, x * 0x1p64, small);
        down = _mm256_and_pd(small, four_of(-64));
    }
    four_pair p = four_fine_log(from);
    if (__builtin_expect(special, 0)) {
        const __m256d more = down * 0x1.62e42fefa3800p-1, sum = p.hi + more;
        p = (four_pair){sum, ((more - sum) + p.hi) + four_fma(down, four_of(0x1.ef35793c76730p-45), p.lo)};
    }
    __m256d y = p.hi + p.lo;
    if (hi != 1) {
        const __m256d s = p.hi * hi;
        y = s + four_fma(p.hi, four_of(lo), four_fma(p.lo, four_of(hi), four_fma(p.hi, four_of(hi), -s)));
    }
    if (__builtin_expect(special, 0)) {
        y = _mm256_blendv_pd(y, most, _mm256_cmp_pd(x, most, _CMP_EQ_OQ));
        y = _mm256_blendv_pd(y, four_of(NAN), _mm256_cmp_pd(x, zero, _CMP_NGE_UQ));
        y = _mm256_blendv_pd(y, -most, _mm256_cmp_pd(x, zero, _CMP_EQ_OQ));
    }
    return y;
}
#define LOG_BLOCKS(name, hi, lo)                                                               \
    static void name##_blocks_F64(double *out, const double *x, int64_t n)                     \
    {                                                                                          \
        for (int64_t i = 0; i < n; i += 4)                                                     \
            _mm256_storeu_pd(out + i, four_log_to_base(_mm256_loadu_pd(x + i), hi, lo));       \
    }
LOG_BLOCKS(log, 1, 0)
LOG_BLOCKS(log2, 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56)
LOG_BLOCKS(log10, 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57)
#undef LOG_BLOCKS
#endif
#endif
