/* The strided walk: one inner loop run over any number of dimensions. */
#include "base/pool.h"
#include "kernel/kernel.h"
#include "kernel/turn.h"
#include <stdatomic.h>
#include <stddef.h>

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

/* Dimensions of size 1 vanish, and without `all` those along which nothing moves. False when there is nothing to run. */
static bool squeeze(k_nd *nd, bool all)
{
    int kept = 0;
    for (int d = 0; d < nd->ndim; d++) {
        if (nd->size[d] == 0)
            return false;
        if (nd->size[d] == 1 || (!all && stands_still(nd, d)))
            continue;
        if (kept != d)
            drop_dim(nd, d, kept);
        kept++;
    }
    nd->ndim = kept;
    return true;
}

enum { SHORT_LINE = 12 };

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

/* Each element of the output is reached once: dimensions are outermost first, by the output's strides. */
static bool output_apart(const k_nd *nd)
{
    int64_t reach = 0;
    for (int d = nd->ndim - 1; d >= 0; d--) {
        int64_t s = nd->stride[0][d] < 0 ? -nd->stride[0][d] : nd->stride[0][d];
        if (s <= reach)
            return false;
        reach += s * (nd->size[d] - 1);
    }
    return true;
}

/* Lines of a few steps cost more than what they do: a longer dimension goes inside. For outputs apart. */
static void lengthen(k_nd *nd)
{
    int inner = nd->ndim - 1;
    if (nd->size[inner] < SHORT_LINE && nd->size[inner - 1] >= 2 * nd->size[inner])
        swap_dims(nd, inner - 1, inner);
}

enum { LONG_LINE = 4096 }; /* beside which the call of a loop is nothing */

static k_rows *rows_of(k_loop *loop)
{
    for (int op = 0; op < K_ROWS; op++)
        if (loop == K->binary[op][DT_F32] || loop == K->binary[op][DT_F64])
            return K->rows[op][loop == K->binary[op][DT_F32] ? DT_F32 : DT_F64];
    return NULL;
}

/* Lines, each further along their dimension; p ends behind them. */
static void run_lines(const k_nd *nd, k_line_run of, k_loop *loop, const void *param, char **p, const int64_t *stride)
{
    const int d = of.d;
    int64_t n = of.n, lines = of.lines;
    int nop = nd->nop;
    k_rows *rows = nop == 3 && n < LONG_LINE && lines > 1 ? rows_of(loop) : NULL;
    if (rows && rows(p, stride, (const int64_t[]){nd->stride[0][d], nd->stride[1][d], nd->stride[2][d]}, n, lines)) {
        for (int k = 0; k < nop; k++)
            p[k] += lines * nd->stride[k][d];
        return;
    }
    const int64_t turned = of.there > 8 && n >= TURN_ROWS ? k_turned_lines(nd, of, loop, param, p, stride) : 0;
    for (int k = 0; k < nop && turned; k++)
        p[k] += turned * nd->stride[k][d];
    for (lines -= turned; lines > 0; lines--) {
        loop(p, stride, n, param);
        for (int k = 0; k < nop; k++)
            p[k] += nd->stride[k][d];
    }
}

/* Of lines begin .. end - 1 the steps from, from + 1, ... n in all; all but the last dimension as a counter with one digit a dimension. */
static void run(const k_nd *nd, k_loop *loop, const void *param, int64_t begin, int64_t end, int64_t from, int64_t n)
{
    int inner = nd->ndim - 1, nop = nd->nop, d;
    int64_t index[K_MAXDIM], stride[K_MAXOP], left = begin;
    char *p[K_MAXOP];
    for (int k = 0; k < nop; k++) {
        stride[k] = nd->stride[k][inner];
        p[k] = nd->data[k] + from * stride[k];
    }
    for (d = inner - 1; d >= 0; d--) {
        index[d] = left ? left % nd->size[d] : 0;
        left = left ? left / nd->size[d] : 0;
        for (int k = 0; k < nop && index[d]; k++)
            p[k] += index[d] * nd->stride[k][d];
    }
    for (int64_t lines; begin < end; begin += lines) {
        d = inner - 1;
        lines = d < 0 ? 1 : nd->size[d] - index[d] < end - begin ? nd->size[d] - index[d] : end - begin;
        if (d < 0)
            loop(p, stride, n, param);
        else
            run_lines(nd, (k_line_run){d, n, lines, nd->size[d] - index[d]}, loop, param, p, stride);
        for (int k = 0; k < nop && d >= 0; k++)
            p[k] -= nd->stride[k][d] * (index[d] + lines);
        if (d >= 0)
            index[d] = 0;
        for (d--; d >= 0; d--) {
            if (++index[d] < nd->size[d]) {
                for (int k = 0; k < nop; k++)
                    p[k] += nd->stride[k][d];
                break;
            }
            index[d] = 0;
            for (int k = 0; k < nop; k++)
                p[k] -= nd->stride[k][d] * (nd->size[d] - 1);
        }
    }
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
    run_lines(nd, (k_line_run){0, n, nd->size[0], nd->size[0]}, loop, param, p, stride);
}

/* ---- several threads ---- */
static int64_t lines_of(const k_nd *nd)
{
    int64_t lines = 1;
    for (int d = 0; d < nd->ndim - 1; d++)
        lines *= nd->size[d];
    return lines;
}

enum { SHARE_FROM = 32768, LEAST_SEGMENT = 8 * K_CUT, MOST_SEGMENT = 64 * K_CUT, SEGMENTS = 64 };

/* Lines are cut into segments, numbered line by line; or whole lines are what is numbered. */
typedef struct shared_walk {
    const k_nd *nd;
    k_loop *loop;
    const void *param;
    int64_t per_line, length;
    atomic_bool zero_division;
} shared_walk;

static void run_segment(const shared_walk *w, int64_t i)
{
    int64_t from = i % w->per_line * w->length, n = w->nd->size[w->nd->ndim - 1] - from, line = i / w->per_line;
    run(w->nd, w->loop, w->param, line, line + 1, from, n < w->length ? n : w->length);
}

static void walk_piece(void *work, int64_t begin, int64_t end)
{
    shared_walk *w = work;
    bool before = k_zero_division;
    k_zero_division = false;
    if (w->per_line == 1)
        run(w->nd, w->loop, w->param, begin, end, 0, w->nd->size[w->nd->ndim - 1]);
    for (int64_t i = begin; w->per_line > 1 && i < end; i++)
        run_segment(w, i);
    if (k_zero_division)
        atomic_store(&w->zero_division, true);
    k_zero_division = before;
}

/* For outputs apart. In order: by one thread, piece after piece, so that the host is asked in between. */
static bool share(const k_nd *nd, k_loop *loop, const void *param, bool ordered)
{
    int64_t line = nd->size[nd->ndim - 1], lines = lines_of(nd), n = line * lines, length = n / SEGMENTS / K_CUT * K_CUT;
    if (n < SHARE_FROM)
        return false;
    length = length < LEAST_SEGMENT ? LEAST_SEGMENT : length > MOST_SEGMENT ? MOST_SEGMENT : length;
    shared_walk w = {nd, loop, param, line > length ? (line + length - 1) / length : 1, length, false};
    ct_share(w.per_line * lines, w.per_line > 1 ? 1 : (length + line - 1) / line, ordered ? 1 : POOL_MOST, walk_piece, &w);
    if (atomic_load(&w.zero_division))
        k_zero_division = true;
    return true;
}

static void run_1d(k_nd *nd, k_loop *loop, const void *param, bool ordered)
{
    int64_t stride[K_MAXOP];
    if (nd->ndim && nd->size[0] >= SHARE_FROM && output_apart(nd) && share(nd, loop, param, ordered))
        return;
    for (int k = 0; k < K_MAXOP; k++)
        stride[k] = nd->ndim && k < nd->nop ? nd->stride[k][0] : 0;
    loop(nd->data, stride, nd->ndim && (ordered || !stands_still(nd, 0)) ? nd->size[0] : 1, param);
}

static void walk(k_nd *nd, k_loop *loop, const void *param, bool ordered)
{
    if (nd->ndim == 1 && nd->size[0] == 0)
        return;
    if (nd->ndim > 1) {
        if (!squeeze(nd, ordered))
            return;
        if (!ordered)
            order(nd);
        if (nd->ndim > 1)
            merge(nd);
        if (nd->ndim > 1) {
            const bool apart = output_apart(nd);
            if (!ordered && apart)
                lengthen(nd);
            if (apart && share(nd, loop, param, ordered))
                return;
            if (nd->ndim == 2)
                run_rows(nd, loop, param);
            else
                run(nd, loop, param, 0, lines_of(nd), 0, nd->size[nd->ndim - 1]);
            return;
        }
    }
    run_1d(nd, loop, param, ordered);
}

void k_run_line(k_loop *loop, int nop, char *const *data, const int64_t *stride, int64_t n, const void *param)
{
    if (n < SHARE_FROM) {
        loop(data, stride, n, param);
        return;
    }
    k_nd nd = {.ndim = 1, .nop = nop, .size = {n}};
    for (int k = 0; k < nop; k++) {
        nd.data[k] = data[k];
        nd.stride[k][0] = stride[k];
    }
    run_1d(&nd, loop, param, false);
}

void k_walk(k_nd *nd, k_loop *loop, const void *param) { walk(nd, loop, param, false); }
void k_walk_in_order(k_nd *nd, k_loop *loop, const void *param) { walk(nd, loop, param, true); }
