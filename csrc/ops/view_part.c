/* Views of a part: select, slice, narrow, diagonal, unfold. The adjoint of each is an op of its own, which puts a
 * gradient at its place among zeros; the adjoint of that is the view again. */
#include "ops/dispatch.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static void in_layout(const call *c, layout *l) { array_layout(c->in[0]->a, l); }

/* Shape rule of an op `(grad, int[] input_sizes, ...)`: a fresh whole, computed once along these dims, whose part at `l` must have the gradient's shape. */
static int whole(call *c, uint64_t once, layout *l)
{
    const array *g = c->in[0]->a;
    c->once_out = g->numel ? once : ~(uint64_t)0;
    if (out_new(c, 0, g->dtype, (int)c->args[1].n, c->args[1].ints) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    array_layout(c->oa[0], l);
    return 0;
}

/* A dim of the whole, which may be counted from its end. 0 where there is none, which the part's view refuses. */
static int64_t in_whole(const call *c, int64_t dim)
{
    int64_t at = dim < 0 ? dim + (int64_t)c->args[1].n : dim;
    return at >= 0 && at < (int64_t)c->args[1].n && at < CT_MAXDIM ? at : 0;
}
/* Dims of a whole that has two more in place of the last. */
static uint64_t dims_embedded(uint64_t dims, int64_t first, int64_t second)
{
    return dims_insert(dims_insert(dims, first < second ? first : second), first < second ? second : first);
}

static int check_part(const call *c, const layout *part)
{
    const array *g = c->in[0]->a;
    char got[200], want[200];
    if (g->ndim == part->ndim && layout_same(array_size(g), part->size, g->ndim))
        return 0;
    return ct_fail(CT_RUNTIME, "%s(): a gradient of shape %s does not fit the view of shape %s", c->op->name,
                   layout_text(g->ndim, array_size(g), got, sizeof got), layout_text(part->ndim, part->size, want, sizeof want));
}

static void whole_layout(const call *c, layout *l) { array_layout(c->oa[0], l); }

/* Zeros with the gradient at `part`. */
static void put_part(call *c, const layout *part)
{
    array *y = c->oa[0];
    memset(array_data(y), 0, (size_t)(y->numel * dtype_bytes(y->dtype)));
    if (c->ia[0]->numel)
        array_convert_at(c->ia[0], y, part);
}

/* ---- select ------------------------------------------------------------------------------------------------ */
T f_select(scope *s, T x, int64_t dim, int64_t index) { return f_call(s, &op_select, 3, (arg[]){a_t(x), a_i(dim), a_i(index)}); }

static int select_shape(call *c)
{
    layout in, out;
    in_layout(c, &in);
    if (view_select(&in, c->args[1].i, c->args[2].i, &out) < 0)
        return -1;
    keep_param(c, c->args[1].i);
    keep_param(c, c->args[2].i);
    return out_view(c, 0, &out);
}
static int64_t in_dim(node *n)
{
    int ndim;
    ct_dtype dtype;
    node_in_size(n, 0, &ndim, &dtype);
    int64_t dim = node_params(n)[0];
    return dim < 0 ? dim + ndim : dim;
}
/* Of what slides: of several matrices one, or one of equal ones; of a row the sums over the dims that are summed. */
static uint64_t select_takes(node *n)
{
    uint64_t slid = node_takes_slid(n, 0);
    int64_t dim = in_dim(n);
    if (slid)
        return slid_dims(slid) >> dim & 1 ? dims_without(dims_summed(slid), dim) : slid_without(slid, n->out_ndim, dim);
    return dims_without(node_takes(n, 0), dim);
}
/* Where the input takes sums over the dim, the part is the sum. */
static int select_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], dim = in_dim(n);
    if (node_takes_slid(n, 0))
        return (out[0] = select_as_lines(s, n, g[0], dim, node_params(n)[1])) ? 0 : -1;
    if (node_takes(n, 0) >> dim & 1)
        return (out[0] = f_unsqueeze(s, g[0], dim)) ? 0 : -1;
    int ndim = summed_size(n, dims_insert(node_got(n), dim), size);
    out[0] = f_call(s, &op_select_backward, 4, (arg[]){a_t(g[0]), a_ints((uint32_t)ndim, size), a_i(node_params(n)[0]), a_i(node_params(n)[1])});
    return out[0] ? 0 : -1;
}
const op op_select = {.name = "select", .sig = "(Tensor self, int dim, int index)", .flags = OP_VIEW, .run = op_view, .shape = select_shape,
    .kind = {"SelectBackward0", select_grad, .takes = select_takes}, .doc = "View of self at one index of a dimension, which disappears. IndexError for an index out of range."};

static int select_part(const call *c, const layout *all, layout *part) { return view_select(all, c->args[2].i, c->args[3].i, part); }
static int select_backward_shape(call *c)
{
    layout all, part;
    keep_param(c, c->args[2].i);
    keep_param(c, c->args[3].i);
    call_once(c, 0);
    return whole(c, dims_insert(c->once, in_whole(c, c->args[2].i)), &all) < 0 || select_part(c, &all, &part) < 0 ? -1 : check_part(c, &part);
}
static void select_backward_kernel(call *c)
{
    layout all, part;
    whole_layout(c, &all);
    select_part(c, &all, &part);
    put_part(c, &part);
}
static int select_backward_grad(scope *s, node *n, T const *g, T *out)
{
    return (out[0] = f_select(s, g[0], node_params(n)[0], node_params(n)[1])) ? 0 : -1;
}
const op op_select_backward = {.name = "select_backward", .sig = "(Tensor self, int[] input_sizes, int dim, int index)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = op_block, .shape = select_backward_shape, .kernel = select_backward_kernel, .kind = {"SelectBackwardBackward0", select_backward_grad},
    .doc = "Zeros of shape input_sizes with self at select(dim, index)."};

/* ---- slice and narrow -------------------------------------------------------------------------------------------- */
static T f_slice(scope *s, T x, const int64_t *p)
{
    return f_call(s, &op_slice, 5, (arg[]){a_t(x), a_i(p[0]), a_i(p[1]), a_i(p[2]), a_i(p[3])});
}

static int slice(call *c, int64_t dim, int64_t start, int64_t end, int64_t step)
{
    layout in, out;
    in_layout(c, &in);
    if (view_slice(&in, dim, start, end, step, &out) < 0)
        return -1;
    keep_param(c, dim);
    keep_param(c, start);
    keep_param(c, end);
    keep_param(c, step);
    return out_view(c, 0, &out);
}
static int slice_shape(call *c)
{
    return slice(c, arg_int(&c->args[1], 0), arg_int(&c->args[2], 0), arg_int(&c->args[3], INT64_MAX), arg_int(&c->args[4], 1));
}
/* What the input takes; slid, if the part is without gaps: a part of each line, or some of the lines. */
static bool slice_slides(node *n, uint64_t slid) { return slid && (node_params(n)[3] == 1 || !(slid_dims(slid) >> in_dim(n) & 1)); }
static uint64_t slice_takes(node *n)
{
    uint64_t slid = node_takes_slid(n, 0);
    return !slid ? node_takes(n, 0) : slice_slides(n, slid) ? slid : 0;
}
/* Where the input takes sums over the dim, the sum over the part is it: summed on arrival here, or now. */
static int slice_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], dim = in_dim(n), *p = node_params(n);
    if (slice_slides(n, node_takes_slid(n, 0)))
        return (out[0] = slice_as_lines(s, n, g[0], dim, p + 1)) ? 0 : -1;
    if (node_takes(n, 0) >> dim & 1)
        return (out[0] = node_got(n) >> dim & 1 ? g[0] : f_sum_dims(s, g[0], 1, &dim, true)) ? 0 : -1;
    int ndim = summed_size(n, node_got(n), size);
    out[0] = f_call(s, &op_slice_backward, 6, (arg[]){a_t(g[0]), a_ints((uint32_t)ndim, size), a_i(p[0]), a_i(p[1]), a_i(p[2]), a_i(p[3])});
    return out[0] ? 0 : -1;
}
const op op_slice = {.name = "slice", .sig = "(Tensor self, int dim=0, int? start=None, int? end=None, int step=1)", .flags = OP_HIDDEN | OP_FUNCTION | OP_VIEW,
    .run = op_view, .shape = slice_shape, .kind = {"SliceBackward0", slice_grad, .takes = slice_takes}, .doc = "View x[start:end:step] of one dimension, with Python's clamping; step > 0."};

static int slice_part(const call *c, const layout *all, layout *part)
{
    return view_slice(all, c->args[2].i, c->args[3].i, c->args[4].i, c->args[5].i, part);
}
static int slice_backward_shape(call *c)
{
    layout all, part;
    for (int i = 2; i < 6; i++)
        keep_param(c, c->args[i].i);
    call_once(c, (uint64_t)1 << in_whole(c, c->args[2].i));
    return whole(c, c->once, &all) < 0 || slice_part(c, &all, &part) < 0 ? -1 : check_part(c, &part);
}
static void slice_backward_kernel(call *c)
{
    layout all, part;
    whole_layout(c, &all);
    slice_part(c, &all, &part);
    put_part(c, &part);
}
static int slice_backward_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = f_slice(s, g[0], node_params(n))) ? 0 : -1; }
const op op_slice_backward = {.name = "slice_backward", .sig = "(Tensor self, int[] input_sizes, int dim, int start, int end, int step)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = slice_backward_shape, .kernel = slice_backward_kernel,
    .kind = {"SliceBackwardBackward0", slice_backward_grad}, .doc = "Zeros of shape input_sizes with self at slice(dim, start, end, step)."};

static int narrow_shape(call *c)
{
    layout in, out;
    int64_t start = c->args[2].i, length = c->args[3].i;
    in_layout(c, &in);
    if (view_narrow(&in, c->args[1].i, start, length, &out) < 0)
        return -1;
    int dim = (int)(c->args[1].i < 0 ? c->args[1].i + in.ndim : c->args[1].i);
    start = start < 0 ? start + in.size[dim] : start;
    return slice(c, dim, start, start + length, 1);
}
static int refuse_start(call *c) { return ct_fail(CT_RUNTIME, "start must be an 0-dim integral Tensor."); }
/* A 0-d integer tensor was taken as an int before. */
const op op_narrow_tensor = {.name = "narrow.Tensor", .sig = "(Tensor self, int dim, Tensor start, int length)", .run = refuse_start,
    .doc = "Refuses a start that is no 0-d integer tensor."};
const op op_narrow = {.name = "narrow", .sig = "(Tensor self, int dim, int start, int length)", .flags = OP_VIEW, .run = op_view, .shape = narrow_shape,
    .kind = {"SliceBackward0", slice_grad, .takes = slice_takes},
    .doc = "View of `length` elements of a dimension from start, an int or a 0-d integer tensor. RuntimeError where they reach beyond its end."};

/* ---- diagonal ---------------------------------------------------------------------------------------------------- */
/* Arguments and params: offset, dim1, dim2. */
static void keep_three(call *c, const arg *a)
{
    for (int i = 0; i < 3; i++)
        keep_param(c, a[i].i);
}
static T f_diagonal(scope *s, T x, const int64_t *p) { return f_call(s, &op_diagonal, 4, (arg[]){a_t(x), a_i(p[0]), a_i(p[1]), a_i(p[2])}); }

static int diagonal_shape(call *c)
{
    layout in, out;
    in_layout(c, &in);
    if (view_diagonal(&in, c->args[1].i, c->args[2].i, c->args[3].i, &out) < 0)
        return -1;
    keep_three(c, &c->args[1]);
    return out_view(c, 0, &out);
}
/* The two dims of the diagonal; in order. */
static void diagonal_dims(node *n, int ndim, int *first, int *second)
{
    int a = (int)node_params(n)[1], b = (int)node_params(n)[2];
    a += a < 0 ? ndim : 0;
    b += b < 0 ? ndim : 0;
    *first = a < b ? a : b;
    *second = a < b ? b : a;
}
/* The other dims; the diagonal's where it is taken along both. */
static uint64_t diagonal_takes(node *n)
{
    int ndim = n->out_ndim + 1, first, second, at = 0;
    uint64_t takes = node_takes(n, 0), slid = node_takes_slid(n, 0), out = 0;
    diagonal_dims(n, ndim, &first, &second);
    if (slid && slid_dims(slid) != dims_both(first, second))
        return 0;
    takes |= slid ? dims_summed(slid) : 0;
    for (int d = 0; d < ndim; d++)
        if (d != first && d != second)
            out |= (takes >> d & 1) << at++;
    return out | (takes >> first & takes >> second & 1) << at;
}
/* Where the input takes one of the two dims summed, the diagonal is a part of the other. */
static T diagonal_summed(scope *s, T g, int ndim, const int64_t *size, int first, int second, uint64_t takes, int64_t offset)
{
    bool both = takes >> first & takes >> second & 1;
    int64_t last = ndim - 2, along = takes >> first & 1 ? second : first, shape[CT_MAXDIM], place = along == second ? (offset > 0 ? offset : 0) : offset < 0 ? -offset : 0;
    for (int d = 0, at = 0; d < ndim; d++)
        if (d != first && d != second)
            shape[at++] = size[d];
    shape[last] = size[along];
    if (both)
        g = f_sum_dims(s, g, 1, &last, true);
    else
        g = f_call(s, &op_slice_backward, 6, (arg[]){a_t(g), a_ints((uint32_t)ndim - 1, shape), a_i(last), a_i(place), a_i(place + array_size(g->a)[last]), a_i(1)});
    g = f_unsqueeze(s, g, both || along == second ? -2 : -1);
    int64_t order[CT_MAXDIM];
    for (int d = 0, at = 0; d < ndim; d++)
        order[d] = d == first ? ndim - 2 : d == second ? ndim - 1 : at++;
    return f_permute(s, g, ndim, order);
}
static int diagonal_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], *p = node_params(n);
    int first, second, ndim = n->out_ndim + 1, at = 0;
    uint64_t taken = 0, takes = node_takes(n, 0), slid = node_takes_slid(n, 0);
    diagonal_dims(n, ndim, &first, &second);
    for (int d = 0; d < ndim; d++)
        if (d != first && d != second)
            taken |= (node_got(n) >> at++ & 1) << d;
    summed_size(n, taken, size);
    int64_t offset = (p[1] < 0 ? p[1] + ndim : p[1]) == first ? p[0] : -p[0];
    if (slid && slid_dims(slid) == dims_both(first, second))
        return (out[0] = diagonal_as_lines(s, n, g[0], slid, offset)) ? 0 : -1;
    if ((takes >> first | takes >> second) & 1)
        return (out[0] = diagonal_summed(s, g[0], ndim, size, first, second, takes, offset)) ? 0 : -1;
    out[0] = f_call(s, &op_diagonal_backward, 5, (arg[]){a_t(g[0]), a_ints((uint32_t)ndim, size), a_i(p[0]), a_i(p[1]), a_i(p[2])});
    return out[0] ? 0 : -1;
}
const op op_diagonal = {.name = "diagonal", .sig = "(Tensor self, int offset=0, int dim1=0, int dim2=1)", .flags = OP_VIEW, .run = op_view,
    .shape = diagonal_shape, .kind = {"DiagonalBackward0", diagonal_grad, .takes = diagonal_takes},
    .doc = "View of the elements whose indices in dim1 and dim2 differ by offset; that diagonal is the last dimension."};

static int diagonal_part(const call *c, const layout *all, layout *part)
{
    return view_diagonal(all, c->args[2].i, c->args[3].i, c->args[4].i, part);
}
static int diagonal_backward_shape(call *c)
{
    layout all, part;
    keep_three(c, &c->args[2]);
    int ndim = c->in[0]->a->ndim;
    call_once(c, ndim ? (uint64_t)1 << (ndim - 1) : 0);
    return whole(c, dims_embedded(c->once, in_whole(c, c->args[3].i), in_whole(c, c->args[4].i)), &all) < 0 || diagonal_part(c, &all, &part) < 0 ? -1 : check_part(c, &part);
}
static void diagonal_backward_kernel(call *c)
{
    layout all, part;
    whole_layout(c, &all);
    diagonal_part(c, &all, &part);
    put_part(c, &part);
}
static int diagonal_backward_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = f_diagonal(s, g[0], node_params(n))) ? 0 : -1; }
const op op_diagonal_backward = {.name = "diagonal_backward", .sig = "(Tensor self, int[] input_sizes, int offset, int dim1, int dim2)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = diagonal_backward_shape, .kernel = diagonal_backward_kernel,
    .kind = {"DiagonalBackwardBackward0", diagonal_backward_grad}, .doc = "Zeros of shape input_sizes with self on a diagonal."};

/* ---- diag_embed and diag ------------------------------------------------------------------------------------------- */
static int embed_shape(call *c, int64_t offset, int64_t dim1, int64_t dim2)
{
    const array *a = c->in[0]->a;
    int first, second, at = 0, ndim = a->ndim + 1;
    int64_t size[CT_MAXDIM + 1], side, shift = offset < 0 ? -offset : offset;
    if (layout_wrap_dim("diag_embed", dim1, ndim, &first) < 0 || layout_wrap_dim("diag_embed", dim2, ndim, &second) < 0)
        return -1;
    if (first == second)
        return ct_fail(CT_RUNTIME, "diagonal dimensions cannot be identical %lld, %lld", (long long)dim1, (long long)dim2);
    if (offset == INT64_MIN || !ct_add(array_size(a)[a->ndim - 1], shift, &side))
        return ct_fail(CT_RUNTIME, "diag_embed: the size overflows with offset %lld", (long long)offset);
    for (int d = 0; d < ndim; d++)
        size[d] = d == first || d == second ? side : array_size(a)[at++];
    keep_param(c, offset);
    keep_param(c, first);
    keep_param(c, second);
    call_once(c, (uint64_t)1 << (a->ndim - 1));
    c->once_out = dims_embedded(c->once, first, second);
    if (out_new(c, 0, a->dtype, ndim, size) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    return 0;
}
static void embed_kernel(call *c)
{
    layout all, part;
    whole_layout(c, &all);
    view_diagonal(&all, c->param[0], c->param[1], c->param[2], &part);
    put_part(c, &part);
}
static int embed_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = f_diagonal(s, g[0], node_params(n))) ? 0 : -1; }
/* Those of the other dims. */
static uint64_t embed_takes(node *n)
{
    int first, second;
    diagonal_dims(n, n->out_ndim, &first, &second);
    uint64_t others = node_takes(n, 0) & ~((uint64_t)1 << (n->out_ndim - 2));
    return dims_embedded(others, first, second);
}

static int diag_embed_shape(call *c)
{
    if (c->in[0]->a->ndim == 0) {
        int unused;
        return layout_wrap_dim("diag_embed", c->args[2].i, 1, &unused) < 0 ? -1 : layout_wrap_dim("diag_embed", c->args[3].i, 1, &unused) < 0 ? -1
             : ct_fail(CT_RUNTIME, "diag_embed: a 0-d tensor has no diagonal to be embedded");
    }
    return embed_shape(c, c->args[1].i, c->args[2].i, c->args[3].i);
}
const op op_diag_embed = {.name = "diag_embed", .sig = "(Tensor self, int offset=0, int dim1=-2, int dim2=-1)", .run = op_block, .shape = diag_embed_shape,
    .kernel = embed_kernel, .kind = {"DiagEmbedBackward0", embed_grad, .takes = embed_takes},
    .doc = "Zeros with the last dimension of self on a diagonal of two new dimensions, dim1 and dim2 of the result."};

static int diag_shape(call *c)
{
    layout in, out;
    in_layout(c, &in);
    if (in.ndim != 1 && in.ndim != 2)
        return ct_fail(CT_RUNTIME, "diag(): Supports 1D or 2D tensors. Got %dD", in.ndim);
    if (in.ndim == 1) {
        c->kind = &op_diag_embed.kind;
        return embed_shape(c, c->args[1].i, 0, 1);
    }
    array_held_layout(c->ia[0], &in);
    if (view_diagonal(&in, c->args[1].i, 0, 1, &out) < 0)
        return -1;
    keep_param(c, c->args[1].i);
    keep_param(c, 0);
    keep_param(c, 1);
    return in_view(c, 0, &out) < 0 ? -1 : out_new(c, 0, c->ia[0]->dtype, out.ndim, out.size);
}
static void diag_kernel(call *c)
{
    if (c->oa[0]->ndim == 2)
        embed_kernel(c);
    else
        array_convert(c->ia[0], c->oa[0]);
}
const op op_diag = {.name = "diag", .sig = "(Tensor self, int diagonal=0)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = diag_shape, .kernel = diag_kernel,
    .kind = {"DiagonalBackward0_copy", diagonal_grad, .takes = diagonal_takes},
    .doc = "A copy of a diagonal of a matrix; of a 1-d tensor, the square matrix with it on that diagonal."};

/* ---- unfold -------------------------------------------------------------------------------------------------------- */
static int unfold_shape(call *c)
{
    layout in, out;
    in_layout(c, &in);
    if (view_unfold(&in, c->args[1].i, c->args[2].i, c->args[3].i, &out) < 0)
        return -1;
    keep_three(c, &c->args[1]);
    return out_view(c, 0, &out);
}
static uint64_t unfold_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *windows = node_out_size(n, 0, &ndim, &dtype);
    uint64_t takes = node_takes(n, 0);
    if (ndim < 2)
        return 0;
    int64_t row = in_dim(n), column = ndim - 1;
    if (takes >> row & 1) /* of equal numbers: windows as their elements are summed */
        return takes | (uint64_t)1 << column;
    bool slides = node_params(n)[2] == 1 && windows[row] > 1 && windows[column] > 1 && ndim <= SLID_NDIM;
    return slides ? slid_of(ndim, (uint64_t)1 << row | (uint64_t)1 << column, 0, ~takes & (((uint64_t)1 << ndim) - 1)) : takes;
}
static T f_squeeze_last(scope *s, T x, int64_t dim) { return f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(x), a_i(dim)}); }
/* Lines, the last dim, put to their place among the dims of the input, those summed of size 1. */
static T lines_in_place(scope *s, T g, int ndim, const int64_t *size, int64_t dim)
{
    int64_t order[CT_MAXDIM], sizes[CT_MAXDIM];
    int at = 0;
    for (int d = 0; d < ndim; d++) {
        order[d] = d < dim ? d : d == dim ? ndim - 1 : d - 1;
        if (d != dim)
            sizes[at++] = size[d];
    }
    sizes[at] = size[dim];
    return f_permute(s, f_reshape(s, g, ndim, sizes), ndim, order);
}
static int unfold_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], *p = node_params(n);
    uint64_t slid = node_got_slid(n);
    uint64_t takes = node_takes(n, 0);
    int ndim = summed_size(n, slid ? ~slid_kept(slid) & ~slid_dims(slid) : node_got(n), size);
    if (ndim && takes >> in_dim(n) & 1)
        return (out[0] = f_sum_dims(s, g[0], 2, (int64_t[]){in_dim(n), ndim}, true)) && (out[0] = f_squeeze_last(s, out[0], ndim)) ? 0 : -1;
    out[0] = slid ? lines_in_place(s, g[0], ndim, size, in_dim(n)) :
             f_call(s, &op_unfold_backward, 5, (arg[]){a_t(g[0]), a_ints((uint32_t)ndim, size), a_i(p[0]), a_i(p[1]), a_i(p[2])});
    return out[0] ? 0 : -1;
}
const op op_unfold = {.name = "unfold", .sig = "(Tensor self, int dimension, int size, int step)", .flags = OP_METHOD | OP_VIEW, .run = op_view,
    .shape = unfold_shape, .kind = {"UnfoldBackward0", unfold_grad, .flags = NK_SPREADS, .takes = unfold_takes},
    .doc = "View of all windows of `size` elements of a dimension, `step` apart; the elements of a window are the new last dimension."};

static int unfold_part(const call *c, const layout *all, layout *part)
{
    return view_unfold(all, c->args[2].i, c->args[3].i, c->args[4].i, part);
}
static int unfold_backward_shape(call *c)
{
    layout all, part;
    keep_three(c, &c->args[2]);
    return whole(c, 0, &all) < 0 || unfold_part(c, &all, &part) < 0 ? -1 : check_part(c, &part);
}
/* Windows may overlap, each holds an element once: window by window the parts add up without meeting themselves. */
static void unfold_backward_kernel(call *c)
{
    layout all, part;
    array *y = c->oa[0];
    whole_layout(c, &all);
    unfold_part(c, &all, &part);
    memset(array_data(y), 0, (size_t)(y->numel * dtype_bytes(y->dtype)));
    array_add_at(c->ia[0], y, &part);
}
static int unfold_backward_grad(scope *s, node *n, T const *g, T *out)
{
    const int64_t *p = node_params(n);
    return (out[0] = f_call(s, &op_unfold, 4, (arg[]){a_t(g[0]), a_i(p[0]), a_i(p[1]), a_i(p[2])})) ? 0 : -1;
}
const op op_unfold_backward = {.name = "unfold_backward", .sig = "(Tensor self, int[] input_sizes, int dimension, int size, int step)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = unfold_backward_shape, .kernel = unfold_backward_kernel,
    .kind = {"UnfoldBackwardBackward0", unfold_backward_grad}, .doc = "Zeros of shape input_sizes with the windows of self added at their places."};
