/* Small float32 products in the order, and with the roundings, of the BLAS that PyTorch is built with on Intel's processors that have
 * AVX-512. All is fused there; what differs by form and size is which partial sums there are. */
#include "kernel/kernel.h"
#include "kernel/ordered.h"
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#include <immintrin.h>

enum { W = 16, MOST_ROWS = 8 };
#define UNROLLED _Pragma("GCC unroll 8")
static inline __mmask16 first_of(int64_t n) { return n >= W ? 0xffff : (__mmask16)((1u << n) - 1); }
static inline void put(float *c, float sum, bool add) { *c = add ? *c + sum : sum; }

/* ---- lanes ----------------------------------------------------------------------------------------------------- */
typedef enum folding { BY_HALVES, BY_QUARTERS } folding;

static inline __m128 quarter_of(__m512 x, const folding way)
{
    if (way == BY_QUARTERS) {
        __m128 sum = _mm_add_ps(_mm512_castps512_ps128(x), _mm512_extractf32x4_ps(x, 1));
        return _mm_add_ps(_mm_add_ps(sum, _mm512_extractf32x4_ps(x, 2)), _mm512_extractf32x4_ps(x, 3));
    }
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/* Of each of four: lanes (0 + 2) + (1 + 3), of quarters (0 + 1) + (2 + 3). */
static inline __m128 folded(const __m512 *x, const folding way)
{
    __m128 a = quarter_of(x[0], way), b = quarter_of(x[1], way), c = quarter_of(x[2], way), d = quarter_of(x[3], way);
    if (way == BY_QUARTERS)
        return _mm_hadd_ps(_mm_hadd_ps(a, b), _mm_hadd_ps(c, d));
    __m128 ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a)), cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));
    return _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xdd));
}
static inline float folded_one(__m512 x)
{
    __m128 a = quarter_of(x, BY_HALVES);
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_movehdup_ps(a)));
}
static inline void first_lanes(__m512 *sum, __m128 first)
{
    sum[0] = _mm512_maskz_mov_ps(1, _mm512_castps128_ps512(first));
    sum[1] = _mm512_maskz_mov_ps(1, _mm512_castps128_ps512(_mm_permute_ps(first, 1)));
    sum[2] = _mm512_maskz_mov_ps(1, _mm512_castps128_ps512(_mm_permute_ps(first, 2)));
    sum[3] = _mm512_maskz_mov_ps(1, _mm512_castps128_ps512(_mm_permute_ps(first, 3)));
}

/* Four rows by one vector: their first products lie in lane 0, whole vectors are folded before the rest is added. */
static void four_dots(const k_gemm *g, const float *a, float *c)
{
    const float *x = g->b, *row[4] = {a, a + g->a_row, a + 2 * g->a_row, a + 3 * g->a_row};
    __m128 s = _mm_mul_ps(_mm_setr_ps(*row[0], *row[1], *row[2], *row[3]), _mm_set1_ps(*x));
    __m512 sum[4];
    int64_t p = 1;
    if (p + W <= g->k) {
        first_lanes(sum, s);
        for (; p + W <= g->k; p += W) {
            __m512 y = _mm512_loadu_ps(x + p);
            UNROLLED for (int r = 0; r < 4; r++)
                sum[r] = _mm512_fmadd_ps(_mm512_loadu_ps(row[r] + p), y, sum[r]);
        }
        s = folded(sum, BY_HALVES);
    }
    if (p < g->k) {
        __mmask16 rest = first_of(g->k - p);
        __m512 y = _mm512_maskz_loadu_ps(rest, x + p);
        first_lanes(sum, s);
        UNROLLED for (int r = 0; r < 4; r++)
            sum[r] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(rest, row[r] + p), y, sum[r]);
        s = folded(sum, BY_HALVES);
    }
    float at[4];
    _mm_storeu_ps(at, s);
    for (int r = 0; r < 4; r++)
        put(c + r * g->c_row, at[r], g->add);
}

/* A row of those that are left of fours; the second of them is one vector of sums. */
static float last_dot(const float *a, const float *x, int64_t k, bool two)
{
    __m512 sum = _mm512_setzero_ps();
    int64_t p = 1;
    if (two && p + 2 * W <= k) {
        __m512 odd = sum;
        for (; p + 2 * W <= k; p += 2 * W) {
            sum = _mm512_fmadd_ps(_mm512_loadu_ps(a + p), _mm512_loadu_ps(x + p), sum);
            odd = _mm512_fmadd_ps(_mm512_loadu_ps(a + p + W), _mm512_loadu_ps(x + p + W), odd);
        }
        sum = _mm512_add_ps(sum, odd);
    }
    for (; p < k; p += W) {
        __mmask16 some = first_of(k - p);
        sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(some, a + p), _mm512_maskz_loadu_ps(some, x + p), sum);
    }
    return folded_one(sum) + a[0] * x[0];
}

static void run_dots(const k_gemm *g)
{
    int64_t i = 0;
    for (; i + 4 <= g->m; i += 4)
        four_dots(g, (const float *)g->a + i * g->a_row, (float *)g->c + i * g->c_row);
    for (; i < g->m; i++)
        put((float *)g->c + i * g->c_row, last_dot((const float *)g->a + i * g->a_row, g->b, g->k, i % 4 != 1), g->add);
}

/* Rows of A by columns of B, both contiguous, each number one vector of sums; in every other row two, to the first of which the second is
 * added before what is left of pairs. */
static inline int64_t pairs(const float *a, const float *const *line, int64_t k, __m512 *sum)
{
    __m512 odd[4] = {sum[0], sum[1], sum[2], sum[3]};
    int64_t p = 0;
    for (; p + 2 * W <= k; p += 2 * W) {
        __m512 x = _mm512_loadu_ps(a + p), y = _mm512_loadu_ps(a + p + W);
        UNROLLED for (int q = 0; q < 4; q++) {
            sum[q] = _mm512_fmadd_ps(x, _mm512_loadu_ps(line[q] + p), sum[q]);
            odd[q] = _mm512_fmadd_ps(y, _mm512_loadu_ps(line[q] + p + W), odd[q]);
        }
    }
    UNROLLED for (int q = 0; q < 4; q++)
        sum[q] = _mm512_add_ps(sum[q], odd[q]);
    return p;
}

static inline void run_lanes(const k_gemm *g, const folding way)
{
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j += 4) {
            const float *a = (const float *)g->a + i * g->a_row, *b = (const float *)g->b + j * g->b_col;
            int64_t count = g->n - j < 4 ? g->n - j : 4;
            const float *line[4] = {b, b + (count > 1) * g->b_col, b + (count > 2 ? 2 : 0) * g->b_col, b + (count > 3 ? 3 : 0) * g->b_col};
            __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
            int64_t p = 0;
            if (way == BY_HALVES && i % 2 == 0 && g->k >= 2 * W)
                p = pairs(a, line, g->k, sum);
            for (; p < g->k; p += W) {
                __mmask16 some = first_of(g->k - p);
                __m512 x = _mm512_maskz_loadu_ps(some, a + p);
                UNROLLED for (int q = 0; q < 4; q++)
                    sum[q] = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(some, line[q] + p), sum[q]);
            }
            float *c = (float *)g->c + i * g->c_row + j;
            __mmask8 there = (__mmask8)first_of(count);
            __m128 s = folded(sum, way);
            if (g->add)
                s = _mm_add_ps(_mm_maskz_loadu_ps(there, c), s);
            _mm_mask_storeu_ps(c, there, s);
        }
}
static void run_halves(const k_gemm *g) { run_lanes(g, BY_HALVES); }
static void run_quarters(const k_gemm *g) { run_lanes(g, BY_QUARTERS); }

/* ---- chains ---------------------------------------------------------------------------------------------------- */
/* Whole vectors of a row: eight products at a time in four sums, to the third of which what there is is added. */
static __m512 by_eights(const k_gemm *g, const float *b, __m512 sum)
{
    const float *a = g->a;
    int64_t p = 0;
#define A(q) _mm512_set1_ps(a[(p + (q)) * g->a_col])
#define B(q) _mm512_loadu_ps(b + (p + (q)) * g->b_row)
    for (; p + 8 <= g->k; p += 8) {
        __m512 first = _mm512_fmadd_ps(A(0), B(0), _mm512_mul_ps(A(2), B(2))), second = _mm512_fmadd_ps(A(1), B(1), _mm512_mul_ps(A(3), B(3)));
        __m512 third = _mm512_fmadd_ps(A(4), B(4), _mm512_fmadd_ps(A(6), B(6), sum)), fourth = _mm512_fmadd_ps(A(5), B(5), _mm512_mul_ps(A(7), B(7)));
        sum = _mm512_add_ps(_mm512_add_ps(first, second), _mm512_add_ps(third, fourth));
    }
    for (; p < g->k; p++)
        sum = _mm512_fmadd_ps(A(0), B(0), sum);
#undef A
#undef B
    return sum;
}

static void run_row(const k_gemm *g)
{
    for (int64_t j = 0; j < g->n; j += W) {
        const float *a = g->a, *b = (const float *)g->b + j;
        float *c = (float *)g->c + j;
        __mmask16 some = first_of(g->n - j);
        __m512 sum = g->add ? _mm512_maskz_loadu_ps(some, c) : _mm512_setzero_ps();
        if (j + W <= g->n)
            sum = by_eights(g, b, sum);
        else
            for (int64_t p = 0; p < g->k; p++)
                sum = _mm512_fmadd_ps(_mm512_set1_ps(a[p * g->a_col]), _mm512_maskz_loadu_ps(some, b + p * g->b_row), sum);
        _mm512_mask_storeu_ps(c, some, sum);
    }
}

/* Of W columns of B that are contiguous, from the first. */
static inline __m512i places(const k_gemm *g)
{
    return _mm512_mullo_epi32(_mm512_set1_epi32((int)g->b_col), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/* One chain for each number of `rows` rows by up to W columns; what C holds is added last, but to a single product first. */
static inline void chains(const k_gemm *g, const int rows, const bool lies, const float *a, const float *b, float *c, __mmask16 some)
{
    __m512 sum[MOST_ROWS];
    __m512i at = places(g);
    UNROLLED for (int r = 0; r < rows; r++)
        sum[r] = g->add && g->k == 1 ? _mm512_maskz_loadu_ps(some, c + r * g->c_row) : _mm512_setzero_ps();
    const float *x = a;
    for (int64_t p = g->k; p > 0; p--, x += g->a_col, b += g->b_row) {
        __m512 y = lies ? _mm512_maskz_loadu_ps(some, b) : _mm512_mask_i32gather_ps(_mm512_setzero_ps(), some, at, b, 4);
        UNROLLED for (int r = 0; r < rows; r++)
            sum[r] = _mm512_fmadd_ps(_mm512_set1_ps(x[r * g->a_row]), y, sum[r]);
    }
    UNROLLED for (int r = 0; r < rows; r++) {
        if (g->add && g->k > 1)
            sum[r] = _mm512_add_ps(_mm512_maskz_loadu_ps(some, c + r * g->c_row), sum[r]);
        _mm512_mask_storeu_ps(c + r * g->c_row, some, sum[r]);
    }
}

static inline void run_chains(const k_gemm *g, const bool lies)
{
    for (int64_t i = 0, rows; i < g->m; i += rows) {
        int64_t left = g->m - i;
        const float *a = (const float *)g->a + i * g->a_row;
        rows = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (int64_t j = 0; j < g->n; j += W) {
            const float *b = (const float *)g->b + j * g->b_col;
            float *c = (float *)g->c + i * g->c_row + j;
            __mmask16 some = first_of(g->n - j);
            if (rows == 8)
                chains(g, 8, lies, a, b, c, some);
            else if (rows == 4)
                chains(g, 4, lies, a, b, c, some);
            else if (rows == 2)
                chains(g, 2, lies, a, b, c, some);
            else
                chains(g, 1, lies, a, b, c, some);
        }
    }
}
static void run_lying(const k_gemm *g) { run_chains(g, true); }
/* What several rows of A meet is gathered once. A block at most. */
static void run_gathered(const k_gemm *g)
{
    if (g->m <= MOST_ROWS) {
        run_chains(g, false);
        return;
    }
    float lying[ORDERED_BLOCK * W];
    __m512i at = places(g);
    for (int64_t j = 0; j < g->n; j += W) {
        k_gemm strip = *g;
        __mmask16 some = first_of(g->n - j);
        const float *b = (const float *)g->b + j * g->b_col;
        for (int64_t p = 0; p < g->k; p++)
            _mm512_storeu_ps(lying + p * W, _mm512_mask_i32gather_ps(_mm512_setzero_ps(), some, at, b + p, 4));
        strip.n = g->n - j < W ? g->n - j : W;
        strip.b = lying;
        strip.b_row = W;
        strip.b_col = 1;
        strip.c = (float *)g->c + j;
        run_chains(&strip, true);
    }
}

/* Both turned, fewer rows than columns, few products: fours of them are chains, what is left is not fused. */
static bool of_fours(const k_gemm *g) { return g->m < 8 && g->m < g->n && g->k <= g->n; }

static void run_fours(const k_gemm *g)
{
    for (int64_t j = 0; j < g->n; j += W) {
        __mmask16 some = first_of(g->n - j);
        __m512i at = places(g);
        for (int64_t i = 0; i < g->m; i++) {
            const float *a = (const float *)g->a + i * g->a_row, *b = (const float *)g->b + j * g->b_col;
            float *c = (float *)g->c + i * g->c_row + j;
            __m512 sum = _mm512_setzero_ps();
            int64_t p = 0;
#define A(q) _mm512_set1_ps(a[(p + (q)) * g->a_col])
#define B(q) _mm512_mask_i32gather_ps(_mm512_setzero_ps(), some, at, b + p + (q), 4)
            for (; p + 4 <= g->k; p += 4)
                sum = _mm512_add_ps(sum, _mm512_fmadd_ps(A(3), B(3), _mm512_fmadd_ps(A(2), B(2), _mm512_fmadd_ps(A(0), B(0), _mm512_mul_ps(A(1), B(1))))));
            if (p < g->k) {
                __m512 rest = _mm512_mul_ps(A(0), B(0));
                if (p + 2 < g->k)
                    rest = _mm512_add_ps(rest, _mm512_mul_ps(A(2), B(2)));
                if (p + 1 < g->k)
                    rest = _mm512_add_ps(rest, _mm512_mul_ps(A(1), B(1)));
                sum = _mm512_add_ps(sum, rest);
            }
#undef A
#undef B
            if (g->add)
                sum = _mm512_add_ps(_mm512_maskz_loadu_ps(some, c), sum);
            _mm512_mask_storeu_ps(c, some, sum);
        }
    }
}

/* ---- which ------------------------------------------------------------------------------------------------------ */
static void by_blocks(const k_gemm *g, k_gemm_f *run)
{
    k_gemm block = *g;
    for (int64_t left = k_first_block(&block); left >= 0; left = k_next_block(&block, left))
        run(&block);
}

static bool matrix(const k_gemm *g)
{
    bool rows = g->a_col == 1 && g->a_row >= g->k, far = g->b_col > INT32_MAX / W;
    if (!rows && (g->a_row != 1 || g->a_col < g->m))
        return false;
    if (g->b_col == 1) {
        if ((g->k > 1 && g->b_row < g->n) || k_chained_anyway(g))
            return false;
        by_blocks(g, run_lying);
    } else if (g->b_row != 1 || g->b_col < g->k || far)
        return false;
    else if (rows && g->m < W && g->k >= 24 * g->m)
        run_quarters(g);
    else if (rows && (g->n <= 3 ? g->m * g->n < 32 : g->n < 12 && g->m < g->n && g->k <= g->n))
        run_halves(g);
    else if (!rows && g->k > 1 && of_fours(g))
        run_fours(g);
    else if (k_chained_anyway(g))
        return false;
    else
        by_blocks(g, run_gathered);
    return true;
}

bool k_ordered_intel(const k_gemm *g, ordered_form form)
{
    if (form == ORDERED_DOTS)
        run_dots(g);
    else if (form == ORDERED_ROW)
        run_row(g);
    else
        return matrix(g);
    return true;
}

/* Four vectors of sums, of the rest the first takes all. */
float k_dot_intel(const float *a, const float *b, int64_t k)
{
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    int64_t p = 0;
    for (; p + 4 * W <= k; p += 4 * W)
        UNROLLED for (int q = 0; q < 4; q++)
            sum[q] = _mm512_fmadd_ps(_mm512_loadu_ps(a + p + q * W), _mm512_loadu_ps(b + p + q * W), sum[q]);
    if (p + 2 * W <= k) {
        UNROLLED for (int q = 0; q < 2; q++)
            sum[q] = _mm512_fmadd_ps(_mm512_loadu_ps(a + p + q * W), _mm512_loadu_ps(b + p + q * W), sum[q]);
        p += 2 * W;
    }
    for (; p < k; p += W) {
        __mmask16 some = first_of(k - p);
        sum[0] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(some, a + p), _mm512_maskz_loadu_ps(some, b + p), sum[0]);
    }
    __m128 x = quarter_of(_mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])), BY_HALVES);
    x = _mm_add_ps(x, _mm_movehdup_ps(x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehl_ps(x, x)));
}
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
