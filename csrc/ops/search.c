/* search_places: where values would stand in rows that are in order. Args self (the values), rows, right. */
#include "kernel/search.h"
#include "base/pool.h"
#include "ops/dispatch.h"
#include "ops/spread.h"
#include <string.h>

enum { VALUES_OF_PIECE = 4096 };

/* Both are read as the first dtype of int32, int64, float32 and float64 that holds them, float64 where whole numbers meet others. */
static ct_dtype read_as(const call *c)
{
    ct_dtype a = (ct_dtype)c->in[0]->a->dtype, b = (ct_dtype)c->in[1]->a->dtype, both = a == b ? a : dtype_promote(a, b);
    if (both == DT_BOOL || both == DT_U8)
        return DT_I32;
    return dtype_is_float(both) ? (dtype_is_float(a) && dtype_is_float(b) ? dtype_computed(both) : DT_F64) : both;
}

/* One row for all values, or a row for each row of them. */
static int search_rule(call *c)
{
    const array *x = c->in[0]->a, *rows = c->in[1]->a;
    bool one = rows->ndim == 1;
    if (!one && (rows->ndim != x->ndim || !x->ndim || memcmp(array_size(rows), array_size(x), (size_t)(x->ndim - 1) * sizeof(int64_t))))
        return ct_fail(CT_RUNTIME, "%s(): rows of shape %s do not go with values of shape %s", c->op->name, layout_text(rows->ndim, array_size(rows), (char[200]){0}, 200),
                       layout_text(x->ndim, array_size(x), (char[200]){0}, 200));
    uint64_t once = spread_worth(DT_I64, x->numel) ? still_dims(x, x->ndim) : 0;
    if (!one)
        once &= still_dims(rows, rows->ndim) & (((uint64_t)1 << (x->ndim - 1)) - 1);
    if (in_once(c, 0, once) < 0 || (!one && in_once(c, 1, once) < 0) || in_cast(c, 0, read_as(c)) < 0 || in_cast(c, 1, read_as(c)) < 0 || in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0)
        return -1;
    c->work = 16 * c->ia[0]->numel;
    c->effective = 16 * x->numel;
    c->once_out = once;
    return out_new(c, 0, DT_I64, x->ndim, array_size(x));
}
static void search_piece(void *of, int64_t begin, int64_t end)
{
    const call *c = of;
    const array *x = c->ia[0], *rows = c->ia[1];
    int64_t n = array_size(rows)[rows->ndim - 1], item = dtype_bytes((ct_dtype)x->dtype), line = rows->ndim == 1 ? x->numel : array_size(x)[x->ndim - 1];
    for (int64_t many; begin < end; begin += many) {
        int64_t row = begin / line, left = (row + 1) * line - begin;
        many = left < end - begin ? left : end - begin;
        k_search((ct_dtype)x->dtype, array_data(rows) + row * n * item, n, array_data(x) + begin * item, many, arg_bool(&c->args[2]), (int64_t *)array_data(c->oa[0]) + begin);
    }
}
static void search_kernel(call *c) { ct_share(c->ia[0]->numel, VALUES_OF_PIECE, POOL_MOST, search_piece, c); }
const op op_search_places = {.name = "search_places", .sig = "(Tensor self, Tensor rows, bool right=False)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block,
    .shape = search_rule, .kernel = search_kernel,
    .doc = "How many numbers of a vector in order, or of the row (the last dim) where there are rows, are less than each element, or not greater if right. NaN is the largest."};
