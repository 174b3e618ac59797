/* Which products are summed in the order of PyTorch's BLAS, and in which form. The order it has on Intel's processors is told in
 * ordered_intel.c, the other ones in ordered.inc. */
#include "kernel/kernel.h"
#include "kernel/ordered.h"
#include <string.h>

/* One line of either is a vector; a column of which the matrix has adjacent columns is a row once turned. */
static ordered_form of_vector(k_gemm *g)
{
    const k_gemm was = *g;
    if (g->m == 1) {
        if (g->b_col == 1)
            return ORDERED_ROW;
        if (g->b_row != 1 || g->b_col < g->k || g->a_col != 1)
            return ORDERED_NOT;
        g->a = was.b;
        g->b = was.a;
        g->m = was.n;
        g->a_row = was.b_col;
        g->c_row = 1;
        return ORDERED_DOTS;
    }
    if (g->a_col == 1 && g->a_row >= g->k)
        return g->b_row == 1 ? ORDERED_DOTS : ORDERED_NOT;
    if (g->a_row != 1 || g->a_col < g->m || g->c_row != 1)
        return ORDERED_NOT;
    *g = (k_gemm){.m = 1, .n = was.m, .k = was.k, .a = was.b, .b = was.a, .c = was.c, .a_col = was.b_row, .b_row = was.a_col, .b_col = 1, .c_row = was.m, .add = was.add};
    return ORDERED_ROW;
}

static ordered_form of_matrix(const k_gemm *g)
{
    bool rows = g->a_col == 1 && g->a_row >= g->k;
    if (!rows && (g->a_row != 1 || g->a_col < g->m))
        return ORDERED_NOT;
    if (g->b_col == 1)
        return ORDERED_CHAINS;
    double steps = (double)g->m * (double)g->n * (double)g->k;
    if (g->b_row == 1 && g->b_col >= g->k)
        return rows ? ORDERED_LINES : steps <= ORDERED_TURNED_MOST ? ORDERED_TURNED : ORDERED_NOT;
    return g->m && steps <= ORDERED_COPIED_MOST ? ORDERED_COPIED : ORDERED_NOT;
}
static ordered_form form_of(k_gemm *g) { return g->m == 1 || g->n == 1 ? of_vector(g) : of_matrix(g); }

static void run(const k_gemm *g, ordered_form form)
{
#if defined(__x86_64__)
    if (!strcmp(K->name, "avx512"))
        k_ordered_avx512(g, form);
    else if (!strcmp(K->name, "avx2"))
        k_ordered_avx2(g, form);
    else
#endif
        k_ordered_base(g, form);
}

/* One chain for each number, those of four rows side by side. */
static void run_loop(const k_gemm *g)
{
    for (int64_t i = 0, rows; i < g->m; i += rows) {
        const float *a = (const float *)g->a + i * g->a_row;
        rows = g->m - i < 4 ? 1 : 4;
        int64_t next = rows == 4 ? g->a_row : 0;
        for (int64_t j = 0; j < g->n; j++) {
            const float *b = (const float *)g->b + j * g->b_col;
            float sum[4] = {0};
            for (int64_t p = 0; p < g->k; p++)
                for (int r = 0; r < 4; r++)
                    sum[r] += a[r * next + p * g->a_col] * b[p * g->b_row];
            for (int64_t r = 0; r < rows; r++)
                ((float *)g->c)[(i + r) * g->c_row + j] = sum[r];
        }
    }
}

/* Long chains, block by block. */
static bool ordered_blocks(const k_gemm *g)
{
    k_gemm block = *g;
    if (!k_chained_anyway(g) || g->k <= ORDERED_BLOCK || (double)g->m * (double)g->n * (double)g->k > ORDERED_BLOCKS_MOST)
        return false;
    int64_t left = k_first_block(&block);
    if (k_gemm_scratch(DT_F32, &block) > (g->scratch ? k_gemm_scratch(DT_F32, g) : 0))
        return false;
    for (; left >= 0; left = k_next_block(&block, left))
        k_gemm_run(DT_F32, &block);
    return true;
}

static bool ordered_lanes(const k_gemm *whole)
{
    double steps = (double)whole->m * (double)whole->n * (double)whole->k;
    if (steps > ORDERED_MOST || steps < 1) /* nothing is written where there are no rows or columns */
        return false;
#if defined(__x86_64__)
    k_gemm g = *whole;
    if (g.m > 1 && g.n > 1)
        return k_ordered_intel(&g, ORDERED_LINES);
    if (g.k == 1 && g.m == 1 && (g.b_row < g.n || g.n == 1))
        return false; /* a column turned, and one number: not fused there */
    ordered_form form = of_vector(&g);
    return form != ORDERED_NOT && k_ordered_intel(&g, form);
#else
    return false;
#endif
}

static bool ordered_whole(const k_gemm *whole)
{
    if (k_lane_products)
        return ordered_lanes(whole) || ordered_blocks(whole);
    if (!k_unfused_products || (whole->m >= ORDERED_ROWS && whole->n >= ORDERED_COLUMNS) || whole->k < 2 ||
        (double)whole->m * (double)whole->n * (double)whole->k > ORDERED_MOST)
        return false;
    k_gemm g = *whole;
    ordered_form form = form_of(&g);
    if (form == ORDERED_NOT)
        return false;
    run(&g, form);
    return true;
}

/* Rows that the first of two threads takes there, by fours, where less than ORDERED_ROWS are left for the second; else 0. */
static int64_t rows_of_first(const k_gemm *g)
{
    bool shared = g->n > 100 ? g->k > 1 : g->n > 16 ? g->k > 4 : g->n >= ORDERED_COLUMNS && g->k > 16;
    int64_t first = (g->m + 7) / 8 * 4;
    return k_parts == 2 && k_unfused_products && shared && first >= ORDERED_ROWS && first < g->m && g->m - first < ORDERED_ROWS ? first : 0;
}

bool k_ordered(const k_gemm *g)
{
    int64_t first = rows_of_first(g);
    if (!first || (double)g->m * (double)g->n * (double)g->k > ORDERED_MOST)
        return ordered_whole(g);
    k_gemm head = *g, rest = *g;
    head.m = first, head.m_all = g->m_all ? g->m_all : g->m; /* so that scratch suffices */
    rest.m -= first;
    rest.a = (const float *)g->a + first * g->a_row;
    rest.c = (float *)g->c + first * g->c_row;
    ordered_form form = of_matrix(&rest);
    if (form == ORDERED_NOT || (!g->scratch && k_gemm_scratch(DT_F32, &head)))
        return false;
    run(&rest, form);
    k_gemm_run(DT_F32, &head);
    return true;
}

/* A vector is a matrix here. */
bool k_ordered_of_batch(const k_gemm *g)
{
    double steps = (double)g->m * (double)g->n * (double)g->k;
    bool few = steps < ORDERED_LOOP_BELOW, vector = g->m == 1 || g->n == 1;
#if defined(__x86_64__)
    if (k_lane_products && !few && !g->add && vector && g->k > 0 && steps <= ORDERED_MOST) {
        bool row = g->m == 1 && g->a_row >= g->k; /* the only vector that its BLAS multiplies as one in a batch */
        return row ? ordered_lanes(g) : k_ordered_intel(g, ORDERED_LINES);
    }
#endif
    if (g->add || !(few || (k_unfused_products && vector && g->b_col == 1 && steps <= ORDERED_MOST)))
        return ordered_whole(g); /* a few are no matter of the BLAS, and so of no processor */
    if (g->b_col == 1)
        run(g, few ? ORDERED_ROW : ORDERED_CHAINS);
    else
        run_loop(g);
    return true;
}

/* Four sets of four lanes, sixteen products at a time; of the rest eight go to two sets, four to the first, single ones to its first lane,
 * as do those before the first whole 16 bytes. */
bool k_ordered_dot(const k_gemm *g)
{
    const float *a = g->a, *b = g->b;
#if defined(__x86_64__)
    if (k_lane_products && !g->add && g->m == 1 && g->n == 1 && g->a_col == 1 && g->b_row == 1 && (double)g->k <= ORDERED_DOT_MOST) {
        *(float *)g->c = k_dot_intel(a, b, g->k);
        return true;
    }
#endif
    if (!k_unfused_products || g->add || g->m != 1 || g->n != 1 || g->a_col != 1 || g->b_row != 1 || (double)g->k > ORDERED_DOT_MOST ||
        ((uintptr_t)a - (uintptr_t)b) % 16)
        return false;
    float lane[16] = {0};
    int64_t i = 0, head = (int64_t)(-((uintptr_t)a / 4) & 3);
    for (; i < g->k && i < head; i++)
        lane[0] += a[i] * b[i];
    for (; i + 16 <= g->k; i += 16)
        for (int l = 0; l < 16; l++)
            lane[l] += a[i + l] * b[i + l];
    for (int many = 8; many >= 4; many /= 2)
        if (g->k - i >= many) {
            for (int l = 0; l < many; l++)
                lane[l] += a[i + l] * b[i + l];
            i += many;
        }
    for (; i < g->k; i++)
        lane[0] += a[i] * b[i];
    for (int set = 4; set < 16; set += 4)
        for (int l = 0; l < 4; l++)
            lane[l] += lane[set + l];
    *(float *)g->c = (lane[0] + lane[2]) + (lane[1] + lane[3]);
    return true;
}
