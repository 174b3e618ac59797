/* The strided walk: one inner loop run over any number of dimensions. */
#include "kernel/kernel.h"

static void drop_dim(k_nd *nd, int from, int to)
{
    nd->size[to] = nd->size[from];
    for (int k = 0; k < nd->nop; k++)
        nd->stride[k][to] = nd->stride[k][from];
}

/* No operand moves along dim d: the loop's steps would all be the same one. */
static inline bool stands_still(const k_nd *nd, int d)
{
    for (int k = 0; k < nd->nop; k++)
        if (nd->stride[k][d])
            return false;
    return true;
}

/* Dimensions of size 1, or along which nothing moves, vanish. False when there is nothing to run. */
static bool squeeze(k_nd *nd)
{
    int kept = 0;
    for (int d = 0; d < nd->ndim; d++) {
        if (nd->size[d] == 0)
            return false;
        if (nd->size[d] == 1 || stands_still(nd, d))
            continue;
        if (kept != d)
            drop_dim(nd, d, kept);
        kept++;
    }
    nd->ndim = kept;
    return true;
}

/* Does dimension b want to be outside a? The first operand whose strides differ decides, the output first. */
static inline bool strides_grow(const k_nd *nd, int a, int b)
{
    for (int k = 0; k < nd->nop; k++) {
        int64_t sa = nd->stride[k][a], sb = nd->stride[k][b];
        sa = sa < 0 ? -sa : sa;
        sb = sb < 0 ? -sb : sb;
        if (sa != sb)
            return sa < sb;
    }
    return false;
}

static void swap_dims(k_nd *nd, int a, int b)
{
    int64_t t = nd->size[a];
    nd->size[a] = nd->size[b];
    nd->size[b] = t;
    for (int k = 0; k < nd->nop; k++) {
        t = nd->stride[k][a];
        nd->stride[k][a] = nd->stride[k][b];
        nd->stride[k][b] = t;
    }
}

/* Stable insertion sort, largest stride first: nothing moves in the usual case. */
static void order(k_nd *nd)
{
    for (int d = 1; d < nd->ndim; d++)
        for (int e = d; e > 0 && strides_grow(nd, e - 1, e); e--)
            swap_dims(nd, e - 1, e);
}

static inline bool mergeable(const k_nd *nd, int outer, int inner)
{
    for (int k = 0; k < nd->nop; k++)
        if (nd->stride[k][outer] != nd->stride[k][inner] * nd->size[inner])
            return false;
    return true;
}

/* Neighbours that every operand walks as one line become one dimension. */
static void merge(k_nd *nd)
{
    int last = 0;
    for (int d = 1; d < nd->ndim; d++) {
        int64_t outer = nd->size[last];
        if (!mergeable(nd, last, d)) {
            drop_dim(nd, d, ++last);
            continue;
        }
        drop_dim(nd, d, last);
        nd->size[last] *= outer;
    }
    nd->ndim = last + 1;
}

/* All but the last dimension, as a counter with one digit a dimension. */
static void run(const k_nd *nd, k_loop *loop, const void *param)
{
    int inner = nd->ndim - 1, nop = nd->nop, d;
    int64_t index[K_MAXDIM], stride[K_MAXOP], n = nd->size[inner];
    char *p[K_MAXOP];
    for (d = 0; d < inner; d++)
        index[d] = 0;
    for (int k = 0; k < nop; k++) {
        stride[k] = nd->stride[k][inner];
        p[k] = nd->data[k];
    }
    do {
        loop(p, stride, n, param);
        for (d = inner - 1; d >= 0; d--) {
            if (++index[d] < nd->size[d]) {
                for (int k = 0; k < nop; k++)
                    p[k] += nd->stride[k][d];
                break;
            }
            index[d] = 0;
            for (int k = 0; k < nop; k++)
                p[k] -= nd->stride[k][d] * (nd->size[d] - 1);
        }
    } while (d >= 0);
}

/* Two dimensions: no counters. */
static void run_rows(const k_nd *nd, k_loop *loop, const void *param)
{
    int64_t stride[K_MAXOP], n = nd->size[1];
    char *p[K_MAXOP];
    for (int k = 0; k < nd->nop; k++) {
        stride[k] = nd->stride[k][1];
        p[k] = nd->data[k];
    }
    for (int64_t i = nd->size[0]; i > 0; i--) {
        loop(p, stride, n, param);
        for (int k = 0; k < nd->nop; k++)
            p[k] += nd->stride[k][0];
    }
}

static void run_1d(k_nd *nd, k_loop *loop, const void *param)
{
    int64_t stride[K_MAXOP];
    for (int k = 0; k < K_MAXOP; k++)
        stride[k] = nd->ndim && k < nd->nop ? nd->stride[k][0] : 0;
    loop(nd->data, stride, nd->ndim && !stands_still(nd, 0) ? nd->size[0] : 1, param);
}

static void walk(k_nd *nd, k_loop *loop, const void *param, bool ordered)
{
    if (nd->ndim == 1 && nd->size[0] == 0)
        return;
    if (nd->ndim > 1) {
        if (!squeeze(nd))
            return;
        if (!ordered)
            order(nd);
        if (nd->ndim > 1)
            merge(nd);
        if (nd->ndim > 1) {
            (nd->ndim == 2 ? run_rows : run)(nd, loop, param);
            return;
        }
    }
    run_1d(nd, loop, param);
}

void k_walk(k_nd *nd, k_loop *loop, const void *param) { walk(nd, loop, param, false); }
void k_walk_in_order(k_nd *nd, k_loop *loop, const void *param) { walk(nd, loop, param, true); }
