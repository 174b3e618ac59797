/* Which product goes to a BLAS, and how much scratch the own loops take. */
#include "base/blas.h"
#include "kernel/half_gemm.h"
#include "kernel/matmul_sizes.h"
#include <limits.h>
#include <string.h>

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static int64_t scratch_of(int64_t item, const k_gemm *g, bool wide)
{
    int64_t depth = gemm_depth(g->k);
    switch (gemm_choose(g, wide)) {
    case GEMM_FEW:
    case GEMM_DOTS:
    case GEMM_TILES:
        return 0;
    case GEMM_DOTS_GATHERED:
        return g->n * g->k * item + 64;
    case GEMM_TILES_SLIVER:
        return GEMM_MAX_NR * g->k * item + 64;
    default:
        return (round_up(g->m < GEMM_MC ? g->m : GEMM_MC, GEMM_MAX_MR) + round_up(g->n < GEMM_NC ? g->n : GEMM_NC, GEMM_MAX_NR)) * depth * item + 192;
    }
}

/* Enough for any instruction set. */
int64_t k_gemm_scratch(ct_dtype dtype, const k_gemm *g)
{
    if (!dtype_is_float(dtype))
        return 0;
    if (dtype_is_half(dtype))
        return half_gemm_scratch(g);
    k_gemm turned = gemm_turned(g);
    int64_t narrow = scratch_of(dtype_bytes(dtype), &turned, false), wide = scratch_of(dtype_bytes(dtype), &turned, true);
    return narrow > wide ? narrow : wide;
}

/* A matrix as BLAS takes it: one stride 1, the other at least the length of a line. */
static bool blas_operand(int64_t rows, int64_t columns, int64_t row, int64_t col, int *trans, int *lead)
{
    bool as_is = (col == 1 || columns == 1) && (row >= columns || rows == 1), transposed = (row == 1 || rows == 1) && (col >= rows || columns == 1);
    int64_t step = as_is ? rows == 1 ? columns : row : columns == 1 ? rows : col;
    *trans = as_is ? BLAS_AS_IS : BLAS_TRANSPOSED;
    *lead = (int)step;
    return (as_is || transposed) && step <= INT_MAX;
}

/* Multiply-adds from which OpenBLAS was measured to be the faster. */
static double blas_from(void) { return !strcmp(K->name, "avx512") ? 1.2e8 : !strcmp(K->name, "avx2") ? 1.2e6 : 3e5; }

typedef struct blas_form { int trans_a, trans_b, lda, ldb; } blas_form;
static bool blas_takes(ct_dtype dtype, const k_gemm *g, blas_form *f)
{
    return g->m >= 48 && g->n >= 48 && g->k >= 48 && (double)g->m * (double)g->n * (double)g->k >= blas_from() && dtype_is_float(dtype) &&
           g->m <= INT_MAX && g->n <= INT_MAX && g->k <= INT_MAX && g->c_row <= INT_MAX && g->c_row >= g->n &&
           blas_operand(g->m, g->k, g->a_row, g->a_col, &f->trans_a, &f->lda) && blas_operand(g->k, g->n, g->b_row, g->b_col, &f->trans_b, &f->ldb);
}

bool k_gemm_wants_blas(ct_dtype dtype, const k_gemm *g)
{
    blas_form f;
    return dtype_is_half(dtype) ? half_gemm_wants_blas(g) : blas_takes(dtype, g, &f);
}

void k_gemm_run(ct_dtype dtype, const k_gemm *g)
{
    blas_form f;
    if (dtype_is_half(dtype)) {
        half_gemm_run(dtype, g);
        return;
    }
    int m = (int)g->m, n = (int)g->n, k = (int)g->k, ldc = (int)g->c_row;
    if (!ct_blas.sgemm || !blas_takes(dtype, g, &f)) {
        k_gemm turned = gemm_turned(g);
        K->gemm[dtype](&turned);
    }
    else if (dtype == DT_F32)
        ct_blas.sgemm(BLAS_ROW_MAJOR, f.trans_a, f.trans_b, m, n, k, 1, g->a, f.lda, g->b, f.ldb, g->add, g->c, ldc);
    else
        ct_blas.dgemm(BLAS_ROW_MAJOR, f.trans_a, f.trans_b, m, n, k, 1, g->a, f.lda, g->b, f.ldb, g->add, g->c, ldc);
}
