/* count_places: how often each whole number occurs. Two passes: the largest is found, then they are counted. Args self, least (counts at least so many). */
#include "base/pool.h"
#include "ops/dispatch.h"
#include <string.h>

/* The least or largest of n adjacent whole numbers, or `otherwise` if that is one. */
static int64_t extreme(k_plane_kind kind, ct_dtype dtype, const char *x, int64_t n, int64_t otherwise)
{
    int64_t item = dtype_bytes(dtype), room = 0;
    char *end = (char *)&room;
    dtype_store_i(end, dtype, otherwise);
    K->reduce.plane[kind][dtype](&(k_plane){x, item, n, item * n, 1, end, 0});
    return dtype == DT_U8 ? *(uint8_t *)end : dtype == DT_I32 ? *(int32_t *)end : room;
}
static int count_rule(call *c)
{
    const array *a = c->in[0]->a;
    int64_t least = c->args[1].i, counts;
    if (a->ndim != 1 || dtype_is_float((ct_dtype)a->dtype) || a->dtype == DT_BOOL)
        return ct_fail(CT_RUNTIME, "bincount only supports 1-d non-negative integral inputs.");
    if (in_contiguous(c, 0) < 0)
        return -1;
    const char *x = array_data(c->ia[0]);
    counts = a->numel ? extreme(PLANE_MAX, (ct_dtype)a->dtype, x, a->numel, 0) : -1;
    if (extreme(PLANE_MIN, (ct_dtype)a->dtype, x, a->numel, 0) < 0)
        return ct_fail(CT_RUNTIME, "bincount only supports 1-d non-negative integral inputs.");
    counts = counts == INT64_MAX ? counts : counts + 1; /* more than any memory either way */
    counts = counts > least ? counts : least;
    c->work = 4 * a->numel;
    return out_new(c, 0, DT_I64, 1, &counts);
}
/* A handler of the host's may have written to self since: what is beyond is left out. */
#define COUNT(T)                                                                                 \
    static void count_##T(const T *x, int64_t from, int64_t end, int64_t *counts, int64_t most)  \
    {                                                                                            \
        _Pragma("GCC unroll 4") for (int64_t i = from; i < end; i++)                             \
            if (CT_LIKELY((uint64_t)(int64_t)x[i] < (uint64_t)most))                             \
                counts[x[i]]++;                                                                  \
    }
COUNT(uint8_t)
COUNT(int32_t)
COUNT(int64_t)
static void count_kernel(call *c)
{
    const array *a = c->ia[0];
    const char *x = array_data(a);
    int64_t *counts = (int64_t *)array_data(c->oa[0]), most = c->oa[0]->numel;
    memset(counts, 0, (size_t)most * sizeof *counts);
    for (int64_t from = 0, end = 0; ct_next_part(&from, &end, a->numel);)
        if (a->dtype == DT_U8)
            count_uint8_t((const uint8_t *)x, from, end, counts, most);
        else if (a->dtype == DT_I32)
            count_int32_t((const int32_t *)x, from, end, counts, most);
        else
            count_int64_t((const int64_t *)x, from, end, counts, most);
}
const op op_count_places = {.name = "count_places", .sig = "(Tensor self, int least=0)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block, .shape = count_rule, .kernel = count_kernel,
    .doc = "How often each of 0, 1, 2, ... occurs in a vector of whole numbers; at least so many counts. RuntimeError for negative ones."};
