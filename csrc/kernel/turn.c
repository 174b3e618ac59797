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
