/* Which way a product of floats takes, by size and strides alone, and the block sizes of the packed one (Goto and van de Geijn,
 * "Anatomy of High-Performance Matrix Multiplication", 2008): a GEMM_KC × NR sliver of B stays in the first cache, a
 * GEMM_MC × GEMM_KC block of A in the second. */
#ifndef CT_MATMUL_SIZES_H
#define CT_MATMUL_SIZES_H
#include "kernel/matmul.h"

enum { GEMM_KC = 256, GEMM_MC = 144, GEMM_NC = 2048, GEMM_MAX_MR = 12, GEMM_MAX_NR = 64, GEMM_THIN = 4, GEMM_DOT = 16, GEMM_HANDFUL = 64,
       GEMM_CACHED = 160000, GEMM_CACHED_WIDE = 600000 /* numbers of A and B that tiles find near; of vectors of 64 bytes */, GEMM_LONG = 2048,
       GEMM_FAR = 100000 /* numbers that the second cache does not keep beside others */, GEMM_BEYOND = 250000 /* that no second cache keeps */, GEMM_SETS = 512 };

/* k in passes of equal depth, of about GEMM_KC and at most half as much again: a short last one would read and write C for little. */
static inline int64_t gemm_depth(int64_t k)
{
    int64_t passes = (k + GEMM_KC / 2 - 1) / GEMM_KC;
    return passes < 2 ? k : (k + passes - 1) / passes;
}

typedef enum gemm_way {
    GEMM_FEW,          /* a handful of numbers, one by one */
    GEMM_DOTS,         /* rows of A by columns of B, both contiguous */
    GEMM_DOTS_GATHERED,/* the same, once the few columns of B are gathered into scratch */
    GEMM_TILES,        /* B's rows are contiguous: nothing is copied */
    GEMM_TILES_SLIVER, /* NR columns of B at a time are copied into scratch */
    GEMM_PACKED,       /* blocks of both are copied into scratch, each once for many uses */
} gemm_way;

/* A column of dot products too short to be computed as such, or of strided rows, is a row times a matrix. */
static inline k_gemm gemm_turned(const k_gemm *g)
{
    if (g->n != 1 || g->m == 1 || (g->a_col == 1 && g->k >= GEMM_DOT) || g->c_row != 1)
        return *g;
    return (k_gemm){.m = 1, .n = g->m, .k = g->k, .a = g->b, .b = g->a, .c = g->c, .a_row = 0, .a_col = g->b_row, .b_row = g->a_col, .b_col = g->a_row,
                    .c_row = g->m, .add = g->add, .scratch = g->scratch, .threads = g->threads};
}

/* Steps of k at a distance by which lines fall into a few sets of the first cache, and push each other out of them. */
static inline bool gemm_collides(const k_gemm *g)
{
    return g->k >= GEMM_KC && ((g->a_col > 1 && g->a_col % GEMM_SETS == 0) || (g->b_row > 1 && g->b_row % GEMM_SETS == 0));
}

/* Of a product that gemm_turned has seen; wide: vectors of 64 bytes. */
static inline gemm_way gemm_choose(const k_gemm *g, bool wide)
{
    int64_t m = g->m_all ? g->m_all : g->m, n = g->n_all ? g->n_all : g->n;
    if (g->a_col == 1 && g->k >= GEMM_DOT) {
        if (n < GEMM_THIN && (m > 1 || n == 1))
            return g->b_row == 1 ? GEMM_DOTS : GEMM_DOTS_GATHERED;
        if (m < GEMM_THIN && g->b_row == 1 && g->b_col != 1)
            return GEMM_DOTS;
    }
    double numbers = (double)g->k * ((double)m + (double)n);
    const double cached = wide && !gemm_collides(g) ? GEMM_CACHED_WIDE : GEMM_CACHED;
    if (m >= 32 && n >= 16 && g->k >= 32 && numbers > cached && !(wide && m <= 64 && g->k <= GEMM_LONG))
        return GEMM_PACKED;
    if (m == 1 && n == 1 && g->k <= GEMM_HANDFUL)
        return GEMM_FEW;
    if (g->b_col == 1 || n == 1)
        return GEMM_TILES;
    return m <= 2 && m * n * g->k <= GEMM_HANDFUL ? GEMM_FEW : GEMM_TILES_SLIVER;
}
#endif
