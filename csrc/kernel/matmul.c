/* Which product goes to a BLAS, and how much scratch the own loops take. */
#include "base/blas.h"
#include "base/pool.h"
#include "kernel/half_gemm.h"
#include "kernel/matmul_sizes.h"
#include "kernel/ordered.h"
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

/* Of one thread, enough for any instruction set. */
static int64_t scratch_of_one(ct_dtype dtype, const k_gemm *g)
{
    if (!dtype_is_float(dtype))
        return 0;
    if (dtype_is_half(dtype))
        return half_gemm_scratch(g);
    k_gemm turned = gemm_turned(g);
    int64_t narrow = scratch_of(dtype_bytes(dtype), &turned, false), wide = scratch_of(dtype_bytes(dtype), &turned, true);
    return round_up(narrow > wide ? narrow : wide, 64);
}

int64_t k_gemm_scratch(ct_dtype dtype, const k_gemm *g) { return scratch_of_one(dtype, g) * (g->threads > 1 ? g->threads : 1); }

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

/* ---- parts ------------------------------------------------------------------------------------------------------
 * A product is cut along its rows or its columns. The own loops give a number of C the same bits wherever the cuts are, at
 * multiples of ROWS and COLUMNS (of their tiles), if all parts go the way of the whole; a BLAS need not, so that its parts follow from sizes alone. */
enum { ROWS = 8, COLUMNS = GEMM_MAX_NR, LONG_COLUMNS = 2 * GEMM_MAX_NR /* of one row */, BLAS_LINES = 128, BLAS_LEAST = 512 };
static const double SHARE_FROM = 1e6, BLAS_CUT_FROM = 1.6e7, BLAS_MOST = 1.6e9; /* multiply-adds, of float32; the last takes about 15 ms */
static const double OWN_MOST = 3e8; /* likewise, of the own loops without vectors 30 ms */
enum { OWN_LEAST = 128 /* lines, for each of which the other operand is copied again */, BLAS_DEPTH = 5376 /* a multiple of the depths that a BLAS cuts by */ };

typedef struct cut_product {
    const k_gemm *g;
    ct_dtype dtype;
    bool rows;              /* else columns are cut */
    int64_t unit, units;    /* lines: the last unit has the rest as well */
    int64_t scratch;        /* bytes of a thread */
    const blas_form *form;  /* of a BLAS: */
    int64_t across, blocks; /* units are cut across as well, into so many blocks of so many lines */
} cut_product;

static void call_blas(ct_dtype dtype, const k_gemm *g, const blas_form *f)
{
    int m = (int)g->m, n = (int)g->n, k = (int)g->k, ldc = (int)g->c_row;
    if (dtype == DT_F32)
        ct_blas.sgemm(BLAS_ROW_MAJOR, f->trans_a, f->trans_b, m, n, k, 1, g->a, f->lda, g->b, f->ldb, g->add, g->c, ldc);
    else
        ct_blas.dgemm(BLAS_ROW_MAJOR, f->trans_a, f->trans_b, m, n, k, 1, g->a, f->lda, g->b, f->ldb, g->add, g->c, ldc);
}

/* Units begin .. end - 1 of `units` of g's rows or columns. */
static void cut(k_gemm *g, int64_t item, bool rows, int64_t unit, int64_t units, int64_t begin, int64_t end)
{
    int64_t *lines = rows ? &g->m : &g->n, from = begin * unit;
    *lines = end == units ? *lines - from : (end - begin) * unit;
    g->a = (const char *)g->a + (rows ? from * g->a_row * item : 0);
    g->b = (const char *)g->b + (rows ? 0 : from * g->b_col * item);
    g->c = (char *)g->c + from * (rows ? g->c_row : 1) * item;
}

static void own_piece(void *work, int64_t begin, int64_t end)
{
    const cut_product *p = work;
    k_gemm g = *p->g;
    g.m_all = g.m;
    g.n_all = g.n;
    cut(&g, dtype_bytes(p->dtype), p->rows, p->unit, p->units, begin, end);
    g.scratch = p->scratch ? (char *)g.scratch + ct_place() * p->scratch : NULL;
    K->gemm[p->dtype](&g);
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* What is deeper than long is added up part by part, so that the host is asked between them. */
static void call_blas_deep(ct_dtype dtype, k_gemm g, const blas_form *f)
{
    int64_t item = dtype_bytes(dtype), depth = (int64_t)(BLAS_MOST / (double)g.m / (double)g.n * 4 / (double)item) / BLAS_DEPTH * BLAS_DEPTH;
    depth = depth > BLAS_DEPTH ? depth : BLAS_DEPTH;
    for (int64_t left = g.k; left > 0 && !(left < g.k && ct_watch_stopped()); left -= depth) {
        k_gemm part = g;
        part.k = least(left, depth);
        part.a = (const char *)g.a + (g.k - left) * g.a_col * item;
        part.b = (const char *)g.b + (g.k - left) * g.b_row * item;
        part.add = g.add || left < g.k;
        call_blas(dtype, &part, f);
    }
}

static void blas_piece(void *work, int64_t begin, int64_t end)
{
    const cut_product *p = work;
    for (; begin < end; begin++) {
        k_gemm g = *p->g;
        cut(&g, dtype_bytes(p->dtype), p->rows, p->unit, p->units, begin / p->blocks, begin / p->blocks + 1);
        cut(&g, dtype_bytes(p->dtype), !p->rows, p->across, p->blocks, begin % p->blocks, begin % p->blocks + 1);
        call_blas_deep(p->dtype, g, p->form);
    }
}

/* Slivers of B are copied once for each part of the rows, blocks of both for each of either: columns are cut for the former where there are
 * enough, and few parts made where something is copied again. */
static void run_own(ct_dtype dtype, const k_gemm *whole)
{
    k_gemm g = gemm_turned(whole);
    double steps = (double)g.m * (double)g.n * (double)g.k;
    if (g.threads < 2 ? steps < 2 * OWN_MOST : steps < SHARE_FROM) {
        K->gemm[dtype](&g);
        return;
    }
    gemm_way way = gemm_choose(&g, !strcmp(K->name, "avx512"));
    int64_t across = g.m == 1 ? LONG_COLUMNS : COLUMNS, few = g.threads < 2 ? 1 : g.threads, rows_in = g.m / ROWS, columns_in = g.n / across;
    bool rows = way == GEMM_PACKED ? g.m >= g.n || columns_in < few : way == GEMM_DOTS || way == GEMM_DOTS_GATHERED || columns_in < few;
    int64_t units = rows ? rows_in : columns_in, pieces = least(units, way == GEMM_PACKED || (rows && way == GEMM_TILES_SLIVER) ? few : 2 * few);
    int64_t many = least((int64_t)(steps / OWN_MOST), units * (rows ? ROWS : across) / OWN_LEAST);
    pieces = pieces < many ? many : pieces;
    if (pieces < 2) {
        K->gemm[dtype](&g);
        return;
    }
    cut_product p = {.g = &g, .dtype = dtype, .rows = rows, .unit = rows ? ROWS : across, .units = units, .scratch = scratch_of_one(dtype, whole)};
    ct_share(units, (units + pieces - 1) / pieces, g.threads, own_piece, &p);
}

/* One part a core; parts of very large products are cut further, both ways, so that the host is asked between them. */
static void run_blas(ct_dtype dtype, const k_gemm *g, const blas_form *f)
{
    bool rows = g->m >= g->n;
    int64_t lines = rows ? g->m : g->n, others = rows ? g->n : g->m;
    double steps = (double)g->m * (double)g->n * (double)g->k * (double)dtype_bytes(dtype) / 4;
    int64_t many = least((int64_t)(steps / BLAS_MOST), lines / BLAS_LEAST), parts = least(many > k_parts ? many : k_parts, lines / BLAS_LINES);
    if (parts < 2 || steps < BLAS_CUT_FROM) {
        call_blas_deep(dtype, *g, f);
        return;
    }
    int64_t blocks = least((int64_t)(steps / (double)parts / BLAS_MOST) + 1, others / BLAS_LEAST + 1);
    cut_product p = {.g = g, .dtype = dtype, .form = f, .rows = rows, .unit = lines / parts / 16 * 16, .across = others / blocks};
    p.units = lines / p.unit;
    p.blocks = others / p.across;
    ct_share(p.units * p.blocks, 1, POOL_MOST, blas_piece, &p);
}

void k_gemm_run(ct_dtype dtype, const k_gemm *g)
{
    blas_form f;
    if (dtype_is_half(dtype))
        half_gemm_run(dtype, g);
    else if (ct_blas.sgemm && blas_takes(dtype, g, &f))
        run_blas(dtype, g, &f);
    else
        run_own(dtype, g);
}

/* ---- batches ---- */
typedef struct batch { const k_gemm *g; ct_dtype dtype; int64_t a, b, c, scratch; } batch;
static void run_item(ct_dtype dtype, const k_gemm *g)
{
    if (dtype != DT_F32 || !k_ordered_of_batch(g))
        k_gemm_run(dtype, g);
}
static void batch_piece(void *work, int64_t begin, int64_t end)
{
    const batch *x = work;
    k_gemm g = *x->g;
    g.threads = 0;
    g.scratch = x->scratch ? (char *)g.scratch + ct_place() * x->scratch : NULL;
    for (int64_t i = begin; i < end; i++) {
        g.a = (const char *)x->g->a + i * x->a;
        g.b = (const char *)x->g->b + i * x->b;
        g.c = (char *)x->g->c + i * x->c;
        run_item(x->dtype, &g);
    }
}

void k_gemm_batch(ct_dtype dtype, const k_gemm *g, int64_t batches, int64_t a, int64_t b, int64_t c)
{
    double steps = (double)g->m * (double)g->n * (double)g->k;
    batch x = {g, dtype, a, b, c, scratch_of_one(dtype, g)};
    if (g->threads < 2 || batches < 2 * g->threads || steps * (double)batches < SHARE_FROM) {
        k_gemm one = *g;
        for (int64_t i = 0; i < batches; i++) {
            one.a = (const char *)g->a + i * a;
            one.b = (const char *)g->b + i * b;
            one.c = (char *)g->c + i * c;
            run_item(dtype, &one);
        }
        return;
    }
    int64_t few = (int64_t)(SHARE_FROM / 4 / (steps + 1)) + 1, most = (batches + 2 * g->threads - 1) / (2 * g->threads);
    ct_share(batches, least(few, most), g->threads, batch_piece, &x);
}
