/* Windows. */
#include "kernel/pool.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static k_window window_at(const k_pool *p, int d, int64_t o)
{
    int64_t in = p->in[d], step = p->dilation[d];
    if (p->adaptive) {
        int64_t from = o * in / p->out[d], to = ((o + 1) * in + p->out[d] - 1) / p->out[d];
        return (k_window){from, to - from, to - from};
    }
    int64_t from = o * p->stride[d] - p->pad[d], reach = from + (p->kernel[d] - 1) * step + 1, to = smaller(reach, in);
    int64_t extent = smaller(reach, in + p->pad[d]) - from;
    if (from < 0)
        from += (step - 1 - from) / step * step;
    int64_t count = to > from ? (to - from + step - 1) / step : 0;
    return (k_window){from, count, p->count_pad ? extent : count};
}
void k_pool_windows(k_pool *p)
{
    for (int d = 0; d < 3; d++)
        for (int64_t o = 0; o < p->out[d]; o++)
            p->window[d][o] = window_at(p, d, o);
}
