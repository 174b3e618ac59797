/* Which products are summed in the order of PyTorch's BLAS, and in which form. It is the order it has on processors that are not Intel's. */
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

static ordered_form form_of(k_gemm *g)
{
    if (g->m == 1 || g->n == 1)
        return of_vector(g);
    bool rows = g->a_col == 1 && g->a_row >= g->k;
    if (!rows && (g->a_row != 1 || g->a_col < g->m))
        return ORDERED_NOT;
    if (g->b_col == 1)
        return ORDERED_CHAINS;
    double steps = (double)g->m * (double)g->n * (double)g->k;
    if (g->b_row == 1 && g->b_col >= g->k)
        return rows ? ORDERED_LINES : steps <= ORDERED_TURNED_MOST ? ORDERED_TURNED : ORDERED_NOT;
    return steps <= ORDERED_COPIED_MOST ? ORDERED_COPIED : ORDERED_NOT;
}

bool k_ordered(const k_gemm *whole)
{
    if (!k_unfused_products || (whole->m >= ORDERED_ROWS && whole->n >= ORDERED_COLUMNS) || whole->k < 2 ||
        (double)whole->m * (double)whole->n * (double)whole->k > ORDERED_MOST)
        return false;
    k_gemm g = *whole;
    ordered_form form = form_of(&g);
    if (form == ORDERED_NOT)
        return false;
#if defined(__x86_64__)
    if (!strcmp(K->name, "avx512"))
        k_ordered_avx512(&g, form);
    else if (!strcmp(K->name, "avx2"))
        k_ordered_avx2(&g, form);
    else
#endif
        k_ordered_base(&g, form);
    return true;
}
