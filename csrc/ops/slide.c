/* Lines: finding them, reading them, holding them. */
#include "ops/slide.h"
#include "ops/spread.h"
#include <stdlib.h>
#include <string.h>

static bool has(uint64_t dims, int d) { return dims >> d & 1; }

/* ---- which dimensions ------------------------------------------------------------------------------------------ */
/* The first dims of `a` that share a step; `back` is what makes their strides equal. */
static uint64_t shared_steps(const array *a, int ndim, uint64_t *back)
{
    const int64_t *size = array_size(a), *stride = array_stride(a);
    int lead = ndim - a->ndim;
    for (int d = 0; d < a->ndim; d++) {
        uint64_t dims = 0;
        *back = 0;
        for (int e = d; e < a->ndim && stride[d] && size[d] > 1; e++)
            if (size[e] > 1 && llabs(stride[e]) == llabs(stride[d])) {
                dims |= (uint64_t)1 << (e + lead);
                *back |= (uint64_t)(stride[e] < 0) << (e + lead);
            }
        if (dims & (dims - 1))
            return dims;
    }
    return 0;
}

/* Is a's stride, where those that run back are turned, the same along all of dims? 0 where it stands still or lacks them. */
static bool slides_alike(const array *a, int ndim, uint64_t dims, uint64_t back)
{
    int lead = ndim - a->ndim, first = __builtin_ctzll(dims);
    int64_t unit = 0;
    for (int d = first; d < ndim; d++) {
        if (!has(dims, d))
            continue;
        int64_t step = d < lead || array_size(a)[d - lead] == 1 ? 0 : array_stride(a)[d - lead];
        step = has(back, d) ? -step : step;
        if (d > first && step != unit)
            return false;
        unit = step;
    }
    return true;
}

void call_slides(call *c, int ndim, const int64_t *size)
{
    uint64_t dims = 0, back = 0;
    c->slide = c->slide_back = c->slide_out = 0;
    if (ndim < 2 || layout_numel(ndim, size) < spread_from / 8) /* too few in any dtype: spread_worth will tell */
        return;
    for (uint32_t i = 0; i < c->n_in && !dims; i++)
        if (c->ia[i] && !array_is_plain(c->ia[i]) && c->ia[i]->ndim <= ndim)
            dims = shared_steps(c->ia[i], ndim, &back);
    for (uint32_t i = 0; i < c->n_in && dims; i++)
        if (c->ia[i] && (c->ia[i]->ndim > ndim || !slides_alike(c->ia[i], ndim, dims, back)))
            dims = 0;
    c->slide = dims;
    c->slide_back = c->slide_out = back;
}

bool array_slides(const array *a, uint64_t slid)
{
    int row = slid_row(slid), column = slid_column(slid);
    uint64_t moves = ~still_dims(a, a->ndim) & ~slid_kept(slid) & (((uint64_t)1 << a->ndim) - 1);
    return column < a->ndim && array_size(a)[row] > 1 && array_size(a)[column] > 1 && moves == slid_dims(slid) && slides_alike(a, a->ndim, slid_dims(slid), slid_back(slid));
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */
array *array_line(const array *a, int ndim, uint64_t dims, uint64_t back)
{
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM], length = 1, unit = 0, offset = array_offset(a);
    int lead = ndim - a->ndim, first = __builtin_ctzll(dims) - lead;
    for (int d = 0; d < a->ndim; d++) {
        stride[d] = array_stride(a)[d];
        size[d] = stride[d] || !array_size(a)[d] ? array_size(a)[d] : 1;
        if (!has(dims, d + lead))
            continue;
        if (size[d] > 1) {
            length += size[d] - 1;
            unit = has(back, d + lead) ? -stride[d] : stride[d];
            offset += has(back, d + lead) ? stride[d] * (size[d] - 1) : 0;
        }
        size[d] = 1;
    }
    if (unit) {
        size[first] = length;
        stride[first] = unit;
    }
    return array_alias(a, a->ndim, size, stride, offset);
}

array *array_new_slid(ct_dtype dtype, const layout *shown, uint64_t once, uint64_t dims, uint64_t back)
{
    layout held;
    int first = __builtin_ctzll(dims);
    int64_t n = 1, unit = 1, length = 1;
    held.offset = 0;
    for (int d = 0; d < shown->ndim; d++)
        length += has(dims, d) ? shown->size[d] - 1 : 0;
    for (int d = shown->ndim - 1; d >= 0; d--) {
        held.stride[d] = has(once, d) ? 0 : n;
        if (d == first)
            unit = n;
        n *= d == first ? length : has(once | dims, d) ? 1 : shown->size[d];
    }
    for (int d = 0; d < shown->ndim; d++)
        if (has(dims, d)) {
            held.stride[d] = has(back, d) ? -unit : unit;
            held.offset += has(back, d) ? (shown->size[d] - 1) * unit : 0;
        }
    return array_new_held_by(dtype, shown, &held, n);
}
