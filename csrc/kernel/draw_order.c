/* The order in which random fills walk memory. */
#include "kernel/random.h"

/* Should dimension a be walked inside b? 1 yes, -1 no, 0 undecided. A stride of 0 (a broadcast operand) does not
 * speak; the operands are asked in turn, the output first. */
static int inside(const k_nd *nd, int a, int b)
{
    for (int op = 0; op < nd->nop; op++) {
        int64_t x = nd->stride[op][a], y = nd->stride[op][b];
        if (x == 0 || y == 0)
            continue;
        if (x != y)
            return x < y ? 1 : -1;
        if (nd->size[a] < nd->size[b])
            return 1;
    }
    return 0;
}

static void swap(k_nd *nd, int a, int b)
{
    int64_t held = nd->size[a];
    nd->size[a] = nd->size[b];
    nd->size[b] = held;
    for (int op = 0; op < nd->nop; op++) {
        held = nd->stride[op][a];
        nd->stride[op][a] = nd->stride[op][b];
        nd->stride[op][b] = held;
    }
}

/* PyTorch's TensorIterator sorts by insertion and steps over undecided neighbours, so the algorithm is part of the
 * result. From the innermost dimension outwards, each moves in past those that belong outside it. */
void k_draw_order(k_nd *nd)
{
    for (int d = nd->ndim - 2; d >= 0; d--)
        for (int moving = d, other = d + 1; other < nd->ndim; other++) {
            int answer = inside(nd, moving, other);
            if (answer < 0)
                break;
            if (answer > 0) {
                swap(nd, moving, other);
                moving = other;
            }
        }
}
