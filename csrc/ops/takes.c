/* The dims in which gradients may arrive summed, op by op. */
#include "ops/takes.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include <string.h>

/* ---- gradients ---------------------------------------------------------------------------------------------------- */
uint64_t broadcast_dims(node *n, uint32_t i, int ndim, const int64_t *size)
{
    int in_ndim;
    ct_dtype dtype;
    uint64_t dims = 0;
    const int64_t *in = node_in_size(n, i, &in_ndim, &dtype);
    for (int d = 0; d < ndim; d++)
        dims |= (uint64_t)(d < ndim - in_ndim || (in[d - (ndim - in_ndim)] == 1 && size[d] != 1)) << d;
    return dims | dims_align(node_takes(n, i), in_ndim, ndim);
}

uint64_t pointwise_dims(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    uint64_t dims = 0;
    for (int d = 0; d < ndim; d++)
        dims |= (uint64_t)(size[d] > 1) << d;
    for (uint32_t i = 0; i < n->n_in && dims; i++)
        if (node_needs(n, i))
            dims &= broadcast_dims(n, i, ndim, size);
    const kept *k = node_kept(n);
    for (int i = 0; i < n->n_kept && dims; i++)
        if (!KEPT_IS_NUMBER(&k[i]))
            dims &= k[i].a ? still_dims(k[i].a, ndim) : 0;
    return dims;
}

/* Every needed input has this shape and takes its gradient slid, in one way; what was kept is the same where that sums. */
static uint64_t pointwise_slid(node *n)
{
    int ndim, in_ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    uint64_t slid = 0;
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (!node_needs(n, i))
            continue;
        const int64_t *in = node_in_size(n, i, &in_ndim, &dtype);
        uint64_t takes = node_takes_slid(n, i);
        if (!takes || (slid && takes != slid) || in_ndim != ndim || !layout_same(in, size, ndim))
            return 0;
        slid = takes;
    }
    const kept *k = node_kept(n);
    for (int i = 0; i < n->n_kept && slid; i++)
        if (!KEPT_IS_NUMBER(&k[i]) && !(k[i].a && ((k[i].a->ndim < 2 && k[i].a->numel == 1) || (k[i].a->ndim == ndim && array_slides(k[i].a, slid)))))
            return 0;
    return slid;
}

uint64_t pointwise_takes(node *n)
{
    uint64_t slid = pointwise_slid(n);
    return slid ? slid : pointwise_dims(n);
}

uint64_t along_takes(node *n)
{
    int64_t dim = node_params(n)[0];
    return n->out_ndim ? pointwise_dims(n) & ~((uint64_t)1 << dim) : 0;
}

uint64_t same_takes(node *n) { return node_takes(n, 0); }
uint64_t aside_takes(node *n, uint64_t mixed) { return node_takes(n, 0) & ~mixed; }
uint64_t copy_takes(node *n) { return node_takes(n, 0) | node_takes_slid(n, 0); }

uint64_t expand_takes(node *n)
{
    int ndim, in_ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    uint64_t slid = node_takes_slid(n, 0);
    if (slid) {
        node_in_size(n, 0, &in_ndim, &dtype);
        return slid_of(ndim, slid_dims(slid) << (ndim - in_ndim), slid_back(slid) << (ndim - in_ndim), slid_kept(slid) << (ndim - in_ndim));
    }
    return node_needs(n, 0) ? broadcast_dims(n, 0, ndim, size) : 0;
}

/* ---- views ---------------------------------------------------------------------------------------------------- */
uint64_t dims_exchanged(uint64_t dims, int64_t d0, int64_t d1)
{
    uint64_t first = dims >> d0 & 1, second = dims >> d1 & 1;
    return (dims & ~((uint64_t)1 << d0 | (uint64_t)1 << d1)) | first << d1 | second << d0;
}
uint64_t dims_insert(uint64_t dims, int64_t dim)
{
    uint64_t before = ((uint64_t)1 << dim) - 1;
    return (dims & before) | (dims & ~before) << 1;
}
uint64_t dims_without(uint64_t dims, int64_t dim)
{
    uint64_t before = ((uint64_t)1 << dim) - 1;
    return (dims & before) | (dims >> 1 & ~before);
}
uint64_t transpose_takes(node *n)
{
    uint64_t dims = node_takes(n, 0);
    int ndim;
    ct_dtype dtype;
    node_out_size(n, 0, &ndim, &dtype);
    uint64_t slid = node_takes_slid(n, 0);
    if ((!dims && !slid) || ndim < 2)
        return dims;
    int64_t d0 = node_params(n)[0], d1 = node_params(n)[1];
    d0 += d0 < 0 ? ndim : 0;
    d1 += d1 < 0 ? ndim : 0;
    if (slid) /* the anti-diagonals of the transpose are the same */
        return slid_of(ndim, dims_exchanged(slid_dims(slid), d0, d1), dims_exchanged(slid_back(slid), d0, d1), dims_exchanged(slid_kept(slid), d0, d1));
    return dims_exchanged(dims, d0, d1);
}

static uint64_t permuted(node *n, uint64_t dims)
{
    uint64_t out = 0;
    for (int d = 0; d < n->n_param; d++)
        out |= (dims >> node_params(n)[d] & 1) << d;
    return out;
}
uint64_t permute_takes(node *n)
{
    uint64_t slid = node_takes_slid(n, 0);
    return !slid ? permuted(n, node_takes(n, 0)) :
           slid_of(n->n_param, permuted(n, slid_dims(slid)), permuted(n, slid_back(slid)), permuted(n, slid_kept(slid)));
}

T lines_ordered(scope *s, node *n, T g, const int64_t *back)
{
    uint64_t slid = node_got_slid(n);
    int64_t order[CT_MAXDIM];
    int lines = __builtin_popcountll(slid_kept(slid)), at = 0;
    bool moved = false;
    for (int d = 0; at < lines; d++)
        if (slid_kept(slid) >> back[d] & 1) {
            order[at] = slid_place(slid, back[d]);
            moved |= order[at] != at;
            at++;
        }
    order[at++] = lines;
    return moved ? f_permute(s, g, at, order) : g;
}

/* The least groups of neighbouring dims on both sides that hold as many elements. A group is summed as a whole: `in` has all its
 * dims of more than one element, then so does the result (of `out`, or the other way round). Shapes without elements have no groups. */
typedef struct side { int ndim; const int64_t *size; uint64_t dims; } side;

static uint64_t wide_dims(const int64_t *size, int from, int to)
{
    uint64_t dims = 0;
    for (int d = from; d < to; d++)
        dims |= (uint64_t)(size[d] > 1) << d;
    return dims;
}

static uint64_t regroup(const side *in, const side *out)
{
    uint64_t result = 0;
    for (int i = 0, j = 0, from_i, from_j; i < in->ndim && j < out->ndim;) {
        int64_t a = in->size[i], b = out->size[j];
        from_i = i++;
        from_j = j++;
        while (a != b) {
            if (a < b && i < in->ndim)
                a *= in->size[i++];
            else if (b < a && j < out->ndim)
                b *= out->size[j++];
            else
                return result;
        }
        uint64_t wide = wide_dims(in->size, from_i, i);
        if (wide && (wide & in->dims) == wide)
            result |= wide_dims(out->size, from_j, j);
    }
    return result;
}

static bool sides(node *n, side *in, side *out)
{
    ct_dtype dtype;
    in->size = node_in_size(n, 0, &in->ndim, &dtype);
    out->size = node_out_size(n, 0, &out->ndim, &dtype);
    return layout_numel(in->ndim, in->size) != 0;
}

/* The dims of `out` that are these of `in`, whole groups of them. */
static uint64_t regrouped(const side *in, const side *out, uint64_t dims)
{
    side some = *in;
    some.dims = dims;
    return regroup(&some, out);
}

/* Rows and columns each stay a dim of their own, and no kept dim is joined with a summed one? Then what they are of `out`. */
static uint64_t reshape_slid(const side *in, const side *out, uint64_t slid)
{
    uint64_t rows = regrouped(in, out, (uint64_t)1 << slid_row(slid)), columns = regrouped(in, out, (uint64_t)1 << slid_column(slid));
    uint64_t kept = regrouped(in, out, slid_kept(slid)), summed = regrouped(in, out, ~(slid_kept(slid) | slid_dims(slid)));
    if (!rows || !columns || rows & (rows - 1) || columns & (columns - 1) || out->size[__builtin_ctzll(rows)] != in->size[slid_row(slid)] ||
        out->size[__builtin_ctzll(columns)] != in->size[slid_column(slid)] || (rows | columns | kept | summed) != wide_dims(out->size, 0, out->ndim))
        return 0;
    return slid_of(out->ndim, rows | columns, (slid & TAKES_BACK_0 ? rows : 0) | (slid & TAKES_BACK_1 ? columns : 0), kept);
}

uint64_t reshape_takes(node *n)
{
    side in, out;
    uint64_t slid = node_takes_slid(n, 0);
    if (slid)
        return sides(n, &in, &out) ? reshape_slid(&in, &out, slid) : 0;
    in.dims = node_takes(n, 0);
    return in.dims && sides(n, &in, &out) ? regroup(&in, &out) : 0;
}

int summed_size(node *n, uint64_t summed, int64_t *size)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *in = node_in_size(n, 0, &ndim, &dtype);
    for (int d = 0; d < ndim; d++)
        size[d] = summed >> d & 1 ? 1 : in[d];
    return ndim;
}

int reshape_grad(scope *s, node *n, T const *g, T *out)
{
    side in, shown;
    int64_t size[CT_MAXDIM];
    if (node_got_slid(n)) {
        sides(n, &in, &shown);
        return (out[0] = f_reshape(s, g[0], slid_size(node_takes_slid(n, 0), in.ndim, in.size, size), size)) ? 0 : -1;
    }
    shown.dims = node_got(n);
    int ndim = summed_size(n, shown.dims && sides(n, &in, &shown) ? regroup(&shown, &in) : 0, size);
    return (out[0] = f_reshape(s, g[0], ndim, size)) ? 0 : -1;
}
