/* Products and folds of halves in exactly the memory they ask for, against sums in double. */
#include "kernel/half.h"
#include "kernel/half_fold.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;
static uint16_t *drawn(ct_dtype d, int64_t n)
{
    uint16_t *x = malloc((size_t)n * 2 + 1);
    for (int64_t i = 0; i < n; i++)
        half_store(d, &x[i], (float)(rand() % 9 - 4) / 4);
    return x;
}
static void check(ct_dtype d, const char *what, double got, double want)
{
    checks++;
    if (!(fabs(got - want) <= (d == DT_F16 ? 0x1p-10 : 0x1p-7) * fabs(want) + 1e-6) && failures++ < 20)
        printf("%s of dtype %d: %g, not %g\n", what, d, got, want);
}

static void product(ct_dtype d, int64_t m, int64_t k, int64_t n, bool turned, bool add)
{
    uint16_t *a = drawn(d, m * k), *b = drawn(d, k * n), *c = drawn(d, m * n), *before = malloc((size_t)(m * n) * 2 + 1);
    memcpy(before, c, (size_t)(m * n) * 2);
    k_gemm g = {.m = m, .n = n, .k = k, .a = a, .b = b, .c = c, .a_row = turned ? 1 : k, .a_col = turned ? m : 1, .b_row = turned ? 1 : n, .b_col = turned ? k : 1,
                .c_row = n, .add = add};
    g.scratch = malloc((size_t)k_gemm_scratch(d, &g));
    k_gemm_run(d, &g);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double want = add ? half_load(d, &before[i * n + j]) : 0;
            for (int64_t p = 0; p < k; p++)
                want += (double)half_load(d, &a[i * g.a_row + p * g.a_col]) * half_load(d, &b[p * g.b_row + j * g.b_col]);
            check(d, "product", half_load(d, &c[i * n + j]), want);
        }
    free(a), free(b), free(c), free(before), free(g.scratch);
}

/* Sums of x (outer, n, inner) over n, or over all but n. */
static void fold(ct_dtype d, int64_t outer, int64_t n, int64_t inner, bool middle)
{
    uint16_t *x = drawn(d, outer * n * inner), *y = malloc((size_t)(outer * n * inner) * 2 + 1);
    int64_t size[3] = {outer, n, inner}, stride[3] = {n * inner * 2, inner * 2, 2}, at = 2;
    k_fold f = {.data = (char *)x, .out = (char *)y};
    for (int i = 0; i < 3; i++)
        if ((i == 1) == middle)
            f.size[f.reduced] = size[i], f.in[f.reduced++] = stride[i];
        else
            f.kept_size[f.kept] = size[i], f.kept_in[f.kept++] = stride[i];
    for (int i = f.kept - 1; i >= 0; at *= f.kept_size[i--])
        f.kept_out[i] = at;
    k_fold_halves(&f, d, PLANE_SUM, 1, 2);
    for (int64_t o = 0; o < (middle ? outer : 1); o++)
        for (int64_t i = 0; i < (middle ? inner : n); i++) {
            double want = 0;
            for (int64_t p = 0; p < (middle ? n : outer * inner); p++)
                want += half_load(d, &x[middle ? (o * n + p) * inner + i : (p / inner * n + i) * inner + p % inner]) / 2;
            check(d, "sum", half_load(d, &y[middle ? o * inner + i : i]), want);
        }
    free(x), free(y);
}

int main(void)
{
    static const char *const names[] = {"base", "avx2", "avx512"};
    static const int64_t sizes[] = {1, 2, 7, 50, 193, 260};
    for (int isa = 0; isa < 3; isa++) {
        k_choose(names[isa]);
        for (ct_dtype d = DT_F16; d <= DT_BF16; d++) {
            for (int i = 0; i < 6 * 6 * 6; i++)
                product(d, sizes[i % 6], sizes[i / 6 % 6], sizes[i / 36], i % 2, i % 3 == 0);
            for (int i = 0; i < 6 * 6 * 6; i++)
                fold(d, sizes[i % 6], sizes[i / 6 % 6], sizes[i / 36], i % 2);
            fold(d, 1, 100000, 1, true);
            fold(d, 3000, 2, 1, false);
            product(d, 3, 0, 4, false, false);
        }
    }
    printf("half: %d checks, %d failures\n", checks, failures);
    return failures != 0;
}
