/* Copies whose operands are contiguous along different dimensions: planes of them turn, tile by tile, so that a line of the
 * cache is read once and written once. */
#include "kernel/kernel.h"
#include "kernel/turn.h"
#include <stddef.h>

/* The dimension along which the operand is contiguous and long enough for a tile, or -1. */
static int long_dim(const k_nd *nd, int operand, int64_t item)
{
    for (int d = 0; d < nd->ndim; d++)
        if (nd->stride[operand][d] == item && nd->size[d] >= TURN_ROWS)
            return d;
    return -1;
}

static void put_dim(k_nd *to, const k_nd *from, int d, int64_t size, int64_t times)
{
    int at = to->ndim++;
    to->size[at] = size;
    for (int k = 0; k < 2; k++)
        to->stride[k][at] = from->stride[k][d] * times;
}

/* Of `rows` places of dimension `row` from `begin` on, TURN_ROWS or less at a time, all that the loop finds along `column`. */
static void walk_rows(const k_nd *nd, k_loop *loop, int column, int row, int64_t begin, int64_t rows, int64_t at_once)
{
    k_nd part = {.nop = 2};
    const k_turn turn = {at_once, nd->stride[0][row]};
    for (int d = 0; d < nd->ndim; d++)
        if (d != column && d != row)
            put_dim(&part, nd, d, nd->size[d], 1);
    put_dim(&part, nd, row, rows / at_once, at_once);
    put_dim(&part, nd, column, nd->size[column], 1);
    for (int k = 0; k < 2; k++)
        part.data[k] = nd->data[k] + begin * nd->stride[k][row];
    k_walk(&part, loop, &turn);
}

static bool goes_back(const k_nd *nd, int64_t item)
{
    for (int d = 0; d < nd->ndim; d++)
        if (nd->stride[0][d] == item && nd->stride[1][d] == -item && nd->size[d] > 1)
            return true;
    return false;
}

/* ---- short runs: what is contiguous in both operands, but not for long, is one piece of so many bytes ---- */
enum { LONGEST_RUN = 96 };
typedef uint8_t __attribute__((vector_size(16), aligned(1), may_alias)) sixteen;
typedef uint64_t __attribute__((aligned(1), may_alias)) eight;
typedef uint32_t __attribute__((aligned(1), may_alias)) four;
/* A piece by whole words, the last of which may write again what the one before has written. */
#define RUN_LOOP(word)                                                                                     \
    static void run_##word(char *const *p, const int64_t *s, int64_t n, const void *param)                 \
    {                                                                                                      \
        const int64_t last = *(const int64_t *)param - (int64_t)sizeof(word), so = s[0], si = s[1];        \
        char *restrict out = p[0];                                                                         \
        const char *restrict in = p[1];                                                                    \
        for (int64_t i = 0; i < n; i++, out += so, in += si) {                                             \
            for (int64_t at = 0; at < last; at += sizeof(word))                                            \
                *(word *)(out + at) = *(const word *)(in + at);                                            \
            *(word *)(out + last) = *(const word *)(in + last);                                            \
        }                                                                                                  \
    }
RUN_LOOP(four)
RUN_LOOP(eight)
RUN_LOOP(sixteen)

/* A dimension along which pieces of so many bytes follow each other in both operands, or -1. */
static int next_dim(const k_nd *nd, int64_t bytes, uint64_t seen)
{
    for (int d = 0; d < nd->ndim; d++)
        if (nd->stride[0][d] == bytes && nd->stride[1][d] == bytes && nd->size[d] > 1 && !(seen >> d & 1))
            return d;
    return -1;
}
static bool copy_runs(const k_nd *nd, int64_t item)
{
    int64_t run = item, places = 1;
    uint64_t seen = 0;
    k_nd outer = {.nop = 2, .data = {nd->data[0], nd->data[1]}};
    for (int d; run <= LONGEST_RUN && (d = next_dim(nd, run, seen)) >= 0; run *= nd->size[d])
        seen |= (uint64_t)1 << d;
    for (int d = 0; d < nd->ndim; d++)
        if (!(seen >> d & 1)) {
            put_dim(&outer, nd, d, nd->size[d], 1);
            places *= nd->size[d];
        }
    if (!seen || run < (int64_t)sizeof(four) || run > LONGEST_RUN || places < 2)
        return false;
    k_walk(&outer, run < (int64_t)sizeof(eight) ? run_four : run < (int64_t)sizeof(sixteen) ? run_eight : run_sixteen, &run);
    return true;
}

void k_copy(k_nd *nd, k_loop *copy, int64_t item)
{
    k_loop *loop = item >= 2 ? K->turn[item / 4] : NULL;
    int column = loop ? long_dim(nd, 0, item) : -1, row = column >= 0 ? long_dim(nd, 1, item) : -1;
    if (row < 0 || row == column || nd->stride[1][column] == item || nd->stride[0][row] == item) {
        if (goes_back(nd, item))
            k_walk(nd, K->back[item == 8 ? 3 : item / 2], NULL);
        else if (!copy_runs(nd, item))
            k_walk(nd, copy, NULL);
        return;
    }
    int64_t rows = nd->size[row], rest = rows % TURN_ROWS;
    walk_rows(nd, loop, column, row, 0, rows - rest, TURN_ROWS);
    if (rest)
        walk_rows(nd, loop, column, row, rows - rest, rest, rest);
}

/* ---- lines whose other operands are contiguous across them ----------------------------------------------------------------
 * A transposed operand is turned, some lines at a time, into scratch in the first cache, where the loop finds it as it wants it. */
enum { FAR_LEAST = 32 /* bytes from step to step */, PANEL_STEPS = 128, PANEL_MOST = 2, PANEL_BYTES = PANEL_STEPS * TURN_ROWS * 8 };
typedef struct panel {
    const k_nd *nd;
    int d;
    bool far[K_MAXOP];
    const int64_t *stride;
    k_loop *loop;
    const void *param;
} panel;

/* It reads all its operands but the first, which it alone writes. */
static bool only_reads(k_loop *loop)
{
    for (int dtype = 0; dtype < DT_COUNT; dtype++) {
        if (loop == K->where[dtype])
            return true;
        for (int op = 0; op < B_COUNT; op++)
            if (loop == K->binary[op][dtype])
                return true;
        for (int op = 0; op < C_COUNT; op++)
            if (loop == K->compare[op][dtype])
                return true;
        for (int to = 0; to < DT_COUNT; to++)
            if (to != dtype && loop == K->cast[dtype][to])
                return true;
    }
    return false;
}

/* An item is at most as long as its stride across the lines is. */
static bool is_far(const k_nd *nd, int k, int d, const int64_t *stride)
{
    const int64_t item = nd->stride[k][d];
    return (item == 2 || item == 4 || item == 8) && (stride[k] >= FAR_LEAST || stride[k] <= -FAR_LEAST);
}

/* Of `turned` lines, 8 or TURN_ROWS, the first `rows` are run. */
static void run_panel(const panel *w, char *const *at, int64_t turned, int64_t rows, int64_t n)
{
    _Alignas(64) char scratch[PANEL_MOST][PANEL_BYTES];
    char *p[K_MAXOP];
    int64_t s[K_MAXOP], down[K_MAXOP];
    for (int k = 0, used = 0; k < w->nd->nop; k++) {
        const int64_t item = w->nd->stride[k][w->d];
        p[k] = at[k], s[k] = w->stride[k], down[k] = item;
        if (!w->far[k])
            continue;
        p[k] = scratch[used++], s[k] = item, down[k] = PANEL_STEPS * item;
        K->turn[item / 4]((char *[]){p[k], at[k]}, (int64_t[]){item, w->stride[k]}, n, &(k_turn){turned, down[k]});
    }
    for (int64_t r = 0; r < rows; r++) {
        w->loop(p, s, n, w->param);
        for (int k = 0; k < w->nd->nop; k++)
            p[k] += down[k];
    }
}

/* The last line there is stays: what is read beyond an item would lie behind the operand, not before the next line's. */
int64_t k_turned_lines(const k_nd *nd, k_line_run of, k_loop *loop, const void *param, char *const *p, const int64_t *stride)
{
    panel w = {nd, of.d, {false}, stride, loop, param};
    int many = 0;
    for (int k = 1; k < nd->nop; k++)
        many += w.far[k] = many < PANEL_MOST && is_far(nd, k, of.d, stride);
    if (!many || !only_reads(loop))
        return 0;
    int64_t done = 0;
    for (int64_t turned, rows; done < of.lines && done + 8 < of.there; done += rows) {
        turned = of.lines - done > 8 && done + TURN_ROWS < of.there ? TURN_ROWS : 8;
        rows = of.lines - done < turned ? of.lines - done : turned;
        for (int64_t i = 0; i < of.n; i += PANEL_STEPS) {
            char *at[K_MAXOP];
            for (int k = 0; k < nd->nop; k++)
                at[k] = p[k] + done * nd->stride[k][of.d] + i * stride[k];
            run_panel(&w, at, turned, rows, of.n - i < PANEL_STEPS ? of.n - i : PANEL_STEPS);
        }
    }
    return done;
}
