/* Windows, and the loops for two instruction sets. */
#include "kernel/pool.h"
#include "kernel/kernel.h"
#include "kernel/number.h"
#include <math.h>
#include <string.h>

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

/* Outputs of a line whose windows read at offset k, inside the input. */
static void inside(const k_pool *p, int64_t k, int64_t *from, int64_t *to)
{
    int64_t s = p->stride[2], first = p->pad[2] - k * p->dilation[2], last = p->in[2] - 1 + first;
    *from = first <= 0 ? 0 : (first + s - 1) / s;
    *to = last < 0 ? 0 : smaller(last / s + 1, p->out[2]);
}

#define ISNAN_INT(x) 0
#define ISNAN_FLOAT(x) ((x) != (x))
#define NAME(f) base_##f
#include "kernel/pool.inc"
#undef NAME

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define NAME(f) wide_##f
#include "kernel/pool.inc"
#undef NAME
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
#define wide_pools base_pools
#endif

const k_pools *k_pooling(ct_dtype dtype)
{
    const k_pools *all = strcmp(K->name, "base") == 0 ? base_pools : wide_pools;
    return all[dtype].max ? &all[dtype] : NULL;
}
