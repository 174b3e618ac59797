/* pool: the largest or the mean of each window of an image of one to three dimensions, plane by plane.
 *
 * Fewer dimensions than three have size 1 in front. A line of outputs is computed at a time: one pass over it for each
 * offset in the window, in the order of the window. The tables of windows (k_pool_windows) stand in scratch. */
#ifndef CT_KERNEL_POOL_H
#define CT_KERNEL_POOL_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

/* Of one output along a dimension: the first place read (inside), how many places `dilation` apart, what a mean divides by. */
typedef struct k_window { int64_t from, count, extent; } k_window;
typedef struct k_pool {
    int64_t planes, in[3], out[3];
    int64_t kernel[3], stride[3], pad[3], dilation[3];
    bool adaptive;          /* windows divide the input evenly: kernel, stride, pad are not read */
    bool count_pad;         /* means divide by the places in the padding too */
    int64_t divisor;        /* of means; 0: the extents' product */
    k_window *window[3];    /* out[d] each */
    int32_t *places;        /* out[2]: a line of places found so far, */
    float *line;            /* and of values, if these are halves */
} k_pool;

void k_pool_windows(k_pool *p);
/* Places that were found in planes `in`, in `from` windows, as those of `to` windows in planes p->in. Along dims of `windows` each becomes the first in
 * its own window, or the last, where it is that of a NaN (of values, unless NULL; or because it is told as ~place, as `told` has it told again);
 * of `dropped` dims planes have one place. */
typedef struct k_moved { int64_t in[3], from[3], to[3]; unsigned windows, dropped; ct_dtype dtype; const char *values; bool told; } k_moved;
void k_pool_places(const k_pool *p, const k_moved *m, const int64_t *found, int64_t *to); /* may be one where from is to */
/* largest: values and the places (in the plane, row-major) they came from; the last NaN wins, else the first largest. */
typedef void k_pool_max_f(const k_pool *p, const void *in, void *values, int64_t *places);
typedef void k_pool_mean_f(const k_pool *p, const void *in, void *out);
typedef void k_pool_spread_f(const k_pool *p, const void *g, void *in); /* the adjoint of mean; `in` is overwritten */
typedef struct k_pools { k_pool_max_f *max; k_pool_mean_f *mean; k_pool_spread_f *spread; } k_pools;
#endif
