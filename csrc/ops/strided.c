/* as_strided, and what in-place writes on views rest on: values moved between two geometries of one storage. */
#include "array/odometer.h"
#include "ops/dispatch.h"
#include "ops/product.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* A geometry in a node's params: ndim, offset, sizes, strides. */
static void keep_geometry(call *c, int ndim, int64_t offset, const int64_t *size, const int64_t *stride)
{
    keep_param(c, ndim);
    keep_param(c, offset);
    for (int d = 0; d < ndim; d++)
        keep_param(c, size[d]);
    for (int d = 0; d < ndim; d++)
        keep_param(c, stride[d]);
}

static const int64_t *read_geometry(const int64_t *p, layout *l)
{
    l->ndim = (int)p[0];
    l->offset = p[1];
    layout_take(l->size, p + 2, l->ndim);
    layout_take(l->stride, p + 2 + l->ndim, l->ndim);
    return p + 2 + 2 * l->ndim;
}

/* ---- restride (hidden) -------------------------------------------------------------------------------------
 * y[j] = sum of g[i] over all i whose place in `from` is the place of j in `to`. Linear; its adjoint is itself with
 * the geometries exchanged. args: g, from size, from stride, from offset, to size, to stride, to offset. */
static void geometry_arg(const call *c, int at, layout *l)
{
    l->ndim = (int)c->args[at].n;
    layout_take(l->size, c->args[at].ints, l->ndim);
    layout_take(l->stride, c->args[at + 1].ints, l->ndim);
    l->offset = c->args[at + 2].i;
}

static void reach(const layout *l, int64_t *low, int64_t *high)
{
    int64_t from, to;
    if (layout_numel(l->ndim, l->size) == 0)
        return;
    layout_extent(l->ndim, l->size, l->stride, &from, &to);
    *low = l->offset + from < *low ? l->offset + from : *low;
    *high = l->offset + to > *high ? l->offset + to : *high;
}

static int restride_shape(call *c)
{
    layout from, to;
    int64_t low = INT64_MAX, high = INT64_MIN;
    geometry_arg(c, 1, &from);
    geometry_arg(c, 4, &to);
    if (c->ia[0]->ndim != from.ndim || !layout_same(array_size(c->ia[0]), from.size, from.ndim))
        return ct_fail(CT_RUNTIME, "restride: takes a tensor of the size that it names");
    keep_geometry(c, from.ndim, from.offset, from.size, from.stride);
    keep_geometry(c, to.ndim, to.offset, to.size, to.stride);
    reach(&from, &low, &high);
    reach(&to, &low, &high);
    if (low <= high && !ct_mul(high - low + 1, 8, &c->scratch_bytes))
        return ct_fail(CT_RUNTIME, "as_strided: the gradient of a view this large does not fit into memory");
    keep_param(c, low);
    return out_new(c, 0, c->ia[0]->dtype, to.ndim, to.size);
}

/* The last dimension of a geometry, which inner loops run along; the others are left in it. */
typedef struct line { int64_t n, step; } line;
static line cut_line(layout *l)
{
    if (!l->ndim)
        return (line){1, 1};
    l->ndim--;
    return (line){l->size[l->ndim], l->stride[l->ndim]};
}

#define ADD_LINE(T)                                                                 \
    for (int64_t i = 0; i < in.n; i++)                                              \
        at[i * in.step] += ((const T *)array_data(g))[place + i * step];
#define READ_LINE(T)                                                                \
    for (int64_t i = 0; i < out.n; i++)                                             \
        ((T *)array_data(y))[done + i] = (T)at[i * out.step];
#define ADD_LINE_HALF                                                               \
    for (int64_t i = 0; i < in.n; i++)                                              \
        at[i * in.step] += dtype_load((const uint16_t *)array_data(g) + place + i * step, (ct_dtype)g->dtype);
#define READ_LINE_HALF                                                              \
    for (int64_t i = 0; i < out.n; i++)                                             \
        dtype_store_f((uint16_t *)array_data(y) + done + i, (ct_dtype)y->dtype, at[i * out.step]);

static void restride_kernel(call *c)
{
    layout from, to;
    odometer o;
    double *buffer = c->scratch;
    int64_t low = c->param[c->n_param - 1], done = 0;
    if (!c->scratch_bytes) /* neither geometry has elements */
        return;
    memset(buffer, 0, (size_t)c->scratch_bytes);
    geometry_arg(c, 1, &from);
    geometry_arg(c, 4, &to);
    const array *g = c->ia[0];
    array *y = c->oa[0];
    bool f32 = g->dtype == DT_F32, half = dtype_is_half((ct_dtype)g->dtype);
    line in = cut_line(&from), out = cut_line(&to);
    odometer read; /* the same indices, in g */
    int64_t step = g->ndim ? array_stride(g)[g->ndim - 1] : 1;
    odometer_start(&read, from.ndim, from.size, array_stride(g));
    for (odometer_start(&o, from.ndim, from.size, from.stride); o.left && in.n; odometer_next(&o), odometer_next(&read)) {
        double *at = buffer + (from.offset - low + o.place);
        int64_t place = read.place;
        if (half) {
            ADD_LINE_HALF
        } else if (f32) {
            ADD_LINE(float)
        } else {
            ADD_LINE(double)
        }
    }
    done = 0;
    for (odometer_start(&o, to.ndim, to.size, to.stride); o.left && out.n; odometer_next(&o), done += out.n) {
        const double *at = buffer + (to.offset - low + o.place);
        if (half) {
            READ_LINE_HALF
        } else if (f32) {
            READ_LINE(float)
        } else {
            READ_LINE(double)
        }
    }
}

static T restride(scope *s, T g, const layout *from, const layout *to)
{
    return f_call(s, &op_restride, 7, (arg[]){a_t(g), a_ints((uint32_t)from->ndim, from->size), a_ints((uint32_t)from->ndim, from->stride),
                  a_i(from->offset), a_ints((uint32_t)to->ndim, to->size), a_ints((uint32_t)to->ndim, to->stride), a_i(to->offset)});
}

static int restride_grad(scope *s, node *n, T const *g, T *out)
{
    layout from, to;
    read_geometry(read_geometry(node_params(n), &from), &to);
    return (out[0] = restride(s, g[0], &to, &from)) ? 0 : -1;
}

const op op_restride = {.name = "restride", .sig = "(Tensor self, int[] size, int[] stride, int offset, int[] to_size, int[] to_stride, int to_offset)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = restride_shape, .kernel = restride_kernel, .kind = {"RestrideBackward0", restride_grad},
    .doc = "Values placed in a storage by one geometry, adding where places coincide, and read by another."};

/* ---- as_strided ------------------------------------------------------------------------------------------------ */
static const node_kind as_strided_in_place;
static int as_strided_shape(call *c)
{
    layout in, out;
    const array *a = c->in[0]->a;
    const arg *size = &c->args[1], *stride = &c->args[2];
    if (size->n != stride->n)
        return ct_fail(CT_RUNTIME, "mismatch in length of strides and shape: as_strided got %u sizes and %u strides", size->n, stride->n);
    int64_t offset = arg_int(&c->args[3], a->offset);
    if (view_as_strided((int)size->n, size->ints, stride->ints, offset, a->st->nbytes, dtype_bytes(a->dtype), &out) < 0)
        return -1;
    array_layout(a, &in);
    keep_geometry(c, in.ndim, in.offset, in.size, in.stride);
    keep_geometry(c, out.ndim, out.offset, out.size, out.stride);
    if (c->mode == CALL_INPLACE)
        c->kind = &as_strided_in_place;
    return out_view(c, 0, &out);
}

/* Where the input's own elements share memory, each gets an equal part (as PyTorch decides). */
static T spread_over_aliases(scope *s, T g, const layout *in)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM];
    if (!g || !layout_self_overlap(in->ndim, in->size, in->stride, first, second))
        return g;
    T one = f_call(s, &op_ones_like, 1, (arg[]){a_t(g)});
    return f_div(s, g, restride(s, one, in, in));
}

/* How a gradient may arrive slid where two dims share a stride: summed where nothing moves, a line for every index of the others. */
static uint64_t slid_in(const layout *l)
{
    uint64_t kept = 0;
    int row = -1, column = -1;
    for (int d = 0; d < l->ndim; d++) {
        kept |= (uint64_t)(l->size[d] > 1 && l->stride[d]) << d;
        for (int e = d + 1; e < l->ndim && row < 0; e++)
            if (l->stride[d] && l->stride[d] == l->stride[e] && l->size[d] > 1 && l->size[e] > 1) {
                row = d;
                column = e;
            }
    }
    return row < 0 ? 0 : slid_of(l->ndim, (uint64_t)1 << row | (uint64_t)1 << column, 0, kept);
}

/* The geometry of a gradient that arrived so. */
static void slid_layout(layout *l, uint64_t slid)
{
    int64_t step = l->stride[slid_row(slid)], size[CT_MAXDIM];
    int n = slid_size(slid, l->ndim, l->size, size), at = 0;
    for (int d = 0; d < l->ndim; d++)
        if (slid_kept(slid) >> d & 1)
            l->stride[at++] = l->stride[d];
    l->stride[at] = step;
    l->ndim = n;
    layout_take(l->size, size, n);
}

/* Matrices, the last two dims, that are the same along rows or columns: their sums are those over windows of one row or column. NULL: they
 * are not. */
static T windows(scope *s, T g, uint64_t slid)
{
    int row = g->a->ndim - 2;
    const int64_t *size = array_size(g->a);
    uint64_t still = still_dims(g->a, g->a->ndim) >> row & 3;
    if (tape_now.grad || !still || !g->a->numel)
        return NULL;
    int64_t batch = g->a->numel / size[row] / size[row + 1], along = still & 1 ? size[row] : size[row + 1], rest = still & 1 ? size[row + 1] : size[row];
    T one = f_reshape(s, tape_algebra.narrow(s, g, (uint64_t)1 << (row + !(still & 1))), 3, (int64_t[]){batch, 1, rest});
    T ones = f_expand(s, f_unary(s, &op_ones_like, f_reshape(s, tape_algebra.narrow(s, g, ~(uint64_t)0), 0, NULL)), 3, (int64_t[]){batch, 1, along});
    return still & 1 ? antidiagonals_of(s, ones, one, slid) : antidiagonals_of(s, one, ones, slid);
}

/* Summed, kept as 1, where it is neither kept nor slides. */
static T aside_summed(scope *s, T g, uint64_t slid)
{
    int64_t dims[CT_MAXDIM];
    int n = 0;
    for (int d = 0; d < g->a->ndim; d++)
        if (dims_summed(slid) >> d & 1 && array_size(g->a)[d] != 1)
            dims[n++] = d;
    return n ? f_sum_dims(s, g, n, dims, true) : g;
}

T slide(scope *s, T g, uint64_t slid)
{
    if (!g || !(g = aside_summed(s, g, slid)))
        return NULL;
    int64_t m = array_size(g->a)[slid_row(slid)], n = array_size(g->a)[slid_column(slid)], order[CT_MAXDIM], size[CT_MAXDIM];
    bool rows_back = slid & TAKES_BACK_0, columns_back = slid & TAKES_BACK_1;
    int lines = slid_size(slid, g->a->ndim, array_size(g->a), size), at = 0;
    for (int d = 0; d < g->a->ndim; d++)
        if (slid_kept(slid) >> d & 1)
            order[at++] = d;
    order[at++] = slid_row(slid);
    order[at++] = slid_column(slid);
    for (int d = 0; d < g->a->ndim; d++)
        if (!((slid_kept(slid) | slid_dims(slid)) >> d & 1))
            order[at++] = d;
    layout from, to;
    from.ndim = lines + 1;
    to.ndim = lines;
    to.offset = 0;
    layout_take(to.size, size, lines);
    layout_row_major(lines, size, to.stride);
    layout_take(from.size, size, lines);
    layout_take(from.stride, to.stride, lines);
    from.size[lines - 1] = m;
    from.size[lines] = n;
    from.stride[lines - 1] = rows_back ? -1 : 1;
    from.stride[lines] = columns_back ? -1 : 1;
    from.offset = (rows_back ? m - 1 : 0) + (columns_back ? n - 1 : 0);
    g = f_reshape(s, f_permute(s, g, at, order), lines + 1, from.size);
    T sums = g ? windows(s, g, slid) : NULL;
    return sums ? f_reshape(s, sums, lines, size) : restride(s, g, &from, &to);
}

static uint64_t as_strided_takes(node *n)
{
    layout in, view;
    read_geometry(read_geometry(node_params(n), &in), &view);
    return slid_in(&view);
}

static int as_strided_grad(scope *s, node *n, T const *g, T *out)
{
    layout in, view;
    read_geometry(read_geometry(node_params(n), &in), &view);
    if (node_got_slid(n))
        slid_layout(&view, node_got_slid(n));
    out[0] = spread_over_aliases(s, restride(s, g[0], &view, &in), &in);
    return out[0] ? 0 : -1;
}

static const node_kind as_strided_in_place = {"AsStridedBackward1", as_strided_grad};

const op op_as_strided = {.name = "as_strided", .sig = "(Tensor self, int[] size, int[] stride, int? storage_offset=None)", .flags = OP_VIEW | OP_INPLACE | OP_ABSOLUTE | OP_TELLS_GIVEN,
    .run = op_view, .shape = as_strided_shape, .kind = {"AsStridedBackward0", as_strided_grad, .flags = NK_SPREADS, .takes = as_strided_takes, .again = "AsStridedBackward0"},
    .doc = "View of self's storage with the given sizes and strides, in elements, from storage_offset (default: self's own). "
           "RuntimeError when it would leave the storage."};

/* ---- the history of a base written through a view ------------------------------------------------------------------ */
static int copy_slices_grad(scope *s, node *n, T const *g, T *out)
{
    layout base, view;
    if (node_check_released(n) < 0)
        return -1;
    read_geometry(read_geometry(node_params(n), &base), &view);
    T at_view = restride(s, g[0], &base, &view);
    if (node_needs(n, 1))
        out[1] = at_view;
    if (!node_needs(n, 0) || !at_view)
        return at_view ? 0 : -1;
    T one = f_call(s, &op_ones_like, 1, (arg[]){a_t(at_view)});
    T written = f_binary(s, &op_gt, restride(s, one, &view, &base), f_number(s, 0));
    out[0] = f_where(s, written, f_zeros_like(s, g[0]), g[0]);
    return out[0] ? 0 : -1;
}
static const node_kind copy_slices_kind = {"torch::autograd::CopySlices", copy_slices_grad, NULL, NK_SHOWS_WRITE};

static int64_t *write_geometry(int64_t *p, const array *a)
{
    *p++ = a->ndim;
    *p++ = a->offset;
    memcpy(p, array_size(a), a->ndim * sizeof *p);
    memcpy(p + a->ndim, array_visible_stride(a), a->ndim * sizeof *p);
    return p + 2 * a->ndim;
}

node *copy_slices_node(const viewbase *base, const array *view, node *fn, uint32_t nr)
{
    uint16_t n_param = (uint16_t)(4 + 2 * base->a->ndim + 2 * view->ndim);
    node *n = node_new(&copy_slices_kind, (node_shape){.n_in = 2, .n_out = 1, .n_param = n_param, .out_ndim = base->a->ndim});
    if (!n)
        return NULL;
    node_set_out(n, 0, base->a);
    write_geometry(write_geometry(node_params(n), base->a), view);
    if (base->fn)
        node_edges(n)[0] = (edge){node_keep(base->fn), base->nr};
    if (fn)
        node_edges(n)[1] = (edge){node_keep(fn), nr};
    return n;
}

T view_of_base(scope *s, T base, const array *view)
{
    return f_call(s, &op_as_strided, 4, (arg[]){a_t(base), a_ints(view->ndim, array_size(view)),
                  a_ints(view->ndim, array_visible_stride(view)), a_i(view->offset)});
}
