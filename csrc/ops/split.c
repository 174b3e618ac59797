/* Lists of views along one dimension: one node with an output for each part. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"

/* Params: dim. A part that got no gradient counts as zeros. */
static int parts_grad(scope *s, node *n, T const *g, T *out, const op *join)
{
    T *all = ct_alloc(n->n_out * sizeof *all);
    if (!all)
        return -1;
    for (uint32_t i = 0; i < n->n_out; i++) {
        int ndim;
        ct_dtype dtype;
        const int64_t *size = node_out_size(n, i, &ndim, &dtype);
        all[i] = g[i] ? g[i] : f_zeros(s, dtype, ndim, size);
    }
    if (!s->failed)
        out[0] = f_call(s, join, 2, (arg[]){a_ts(n->n_out, all), a_i(node_params(n)[0])});
    ct_free(all, n->n_out * sizeof *all);
    return out[0] ? 0 : -1;
}
/* Where the input takes sums along the dim, those of the parts are joined by adding. */
static int parts_added(scope *s, node *n, T const *g, T *out, bool whole)
{
    int64_t dim = node_params(n)[0];
    for (uint32_t i = 0; i < n->n_out; i++)
        if (g[i]) {
            T part = whole ? f_unsqueeze(s, g[i], dim) : f_sum_dims(s, g[i], 1, &dim, true);
            out[0] = out[0] ? f_add(s, out[0], part) : part;
        }
    return s->failed ? -1 : 0;
}
static int split_grad(scope *s, node *n, T const *g, T *out)
{
    return node_takes(n, 0) >> node_params(n)[0] & 1 ? parts_added(s, n, g, out, false) : parts_grad(s, n, g, out, &op_cat);
}
static int unbind_grad(scope *s, node *n, T const *g, T *out)
{
    return node_takes(n, 0) >> node_params(n)[0] & 1 ? parts_added(s, n, g, out, true) : parts_grad(s, n, g, out, &op_stack);
}

static int list_room(call *c, int64_t n)
{
    size_t bytes;
    if (n > UINT32_MAX || __builtin_mul_overflow((size_t)n, sizeof *c->list, &bytes))
        return ct_fail(CT_RUNTIME, "%s(): %lld views are too many", c->op->name, (long long)n);
    if (!(c->list = ct_alloc_zero(bytes)))
        return -1;
    c->n_list = (uint32_t)n;
    return 0;
}

static int list_view(call *c, uint32_t i, const layout *l)
{
    array *a = array_alias(c->in[0]->a, l->ndim, l->size, l->stride, l->offset);
    if (!a)
        return -1;
    tensor_init(&c->list[i], a);
    return 0;
}

/* Runs an op whose shape rule fills c->list: results are views that may not be written in place while recorded. */
static int op_views(call *c)
{
    if (c->op->shape(c) < 0 || views_of_both(c) < 0)
        return -1;
    node *n = NULL;
    if (c->n_list && call_needs_grad(c) && !(n = call_node(c)))
        return -1;
    if (call_attach_list(c, n) < 0)
        return -1;
    for (uint32_t i = 0; i < c->n_list; i++)
        if (tensor_join(&c->list[i], c->in[0], T_MULTI_VIEW) < 0)
            return -1;
    return 0;
}

/* ---- split --------------------------------------------------------------------------------------------------------- */
/* Parts of `sizes[i]` elements, or of `step` with a rest where sizes is NULL. */
static int cut(call *c, int dim, int64_t n, const int64_t *sizes, int64_t step)
{
    layout in, out;
    int64_t at = 0;
    array_layout(c->in[0]->a, &in);
    keep_param(c, dim);
    if (list_room(c, n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        int64_t rest = in.size[dim] - at, length = sizes ? sizes[i] : step < rest ? step : rest;
        if (view_slice(&in, dim, at, at + length, 1, &out) < 0 || list_view(c, i, &out) < 0)
            return -1;
        at += length;
    }
    return 0;
}

static int split_by(call *c, int dim, int64_t step)
{
    int64_t whole = array_size(c->in[0]->a)[dim];
    if (cut(c, dim, whole && step ? (whole - 1) / step + 1 : 1, NULL, step) < 0)
        return -1;
    keep_param(c, step); /* users see it */
    return 0;
}

static int split_shape(call *c)
{
    const array *a = c->in[0]->a;
    int64_t step = c->args[1].i;
    int dim;
    if (a->ndim == 0)
        return ct_fail(CT_RUNTIME, "split expects at least a 1-dimensional tensor");
    if (step < 0)
        return ct_fail(CT_RUNTIME, "split expects split_size be non-negative, but got split_size=%lld", (long long)step);
    if (layout_wrap_dim("split", c->args[2].i, a->ndim, &dim) < 0)
        return -1;
    if (step == 0 && array_size(a)[dim])
        return ct_fail(CT_RUNTIME, "split_size can only be 0 if dimension size is 0, but got dimension size of %lld", (long long)array_size(a)[dim]);
    return split_by(c, dim, step);
}

static int split_sizes_shape(call *c)
{
    const array *a = c->in[0]->a;
    const arg *sizes = &c->args[1];
    char text[300];
    int64_t sum = 0;
    int dim;
    if (a->ndim == 0)
        return ct_fail(CT_RUNTIME, "split expects at least a 1-dimensional tensor");
    if (layout_wrap_dim("split_with_sizes", c->args[2].i, a->ndim, &dim) < 0)
        return -1;
    for (uint32_t i = 0; i < sizes->n; i++) {
        if (sizes->ints[i] < 0)
            return ct_fail(CT_RUNTIME, "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=%s",
                           layout_text((int)sizes->n, sizes->ints, text, sizeof text));
        if (!ct_add(sum, sizes->ints[i], &sum))
            return ct_fail(CT_RUNTIME, "split_with_sizes: split_sizes overflow when added up");
    }
    if (sum != array_size(a)[dim])
        return ct_fail(CT_RUNTIME, "split_with_sizes expects split_sizes to sum exactly to %lld (input tensor's size at dimension %d), but got split_sizes=%s",
                       (long long)array_size(a)[dim], dim, layout_text((int)sizes->n, sizes->ints, text, sizeof text));
    return cut(c, dim, sizes->n, sizes->ints, 0);
}

#define SPLIT_DOC "Views of consecutive parts of a dimension: of split_size elements each, the last with the rest, or of the sizes in a list, " \
                  "which must add up to the dimension. They may not be written in place while recorded."
#define SPLIT(id, full_name, sig_text, where) \
    const op op_##id = {.name = full_name, .sig = sig_text, .flags = OP_MULTI_VIEW | where, .run = op_views, \
        .shape = split_shape, .kind = {"SplitBackward0", split_grad}, .doc = SPLIT_DOC};
#define SPLIT_SIZES(id, full_name, sig_text, where) \
    const op op_##id = {.name = full_name, .sig = sig_text, .flags = OP_MULTI_VIEW | where, .run = op_views, \
        .shape = split_sizes_shape, .kind = {"SplitWithSizesBackward0", split_grad}, .doc = SPLIT_DOC};
/* The function and the method name their parameters differently. */
SPLIT(split, "split.int", "(Tensor self, int split_size, int dim=0)", OP_METHOD)
SPLIT_SIZES(split_list, "split.sizes", "(Tensor self, int[] split_size, int dim=0)", OP_METHOD)
SPLIT(split_function, "split.function", "(Tensor tensor, int split_size_or_sections, int dim=0)", OP_FUNCTION)
SPLIT_SIZES(split_function_list, "split.function_sizes", "(Tensor tensor, int[] split_size_or_sections, int dim=0)", OP_FUNCTION)
SPLIT_SIZES(split_with_sizes, "split_with_sizes", "(Tensor self, int[] split_sizes, int dim=0)", 0)

static int chunk_shape(call *c)
{
    const array *a = c->in[0]->a;
    int64_t chunks = c->args[1].i;
    int dim;
    if (a->ndim == 0)
        return ct_fail(CT_RUNTIME, "chunk expects at least a 1-dimensional tensor");
    if (chunks <= 0)
        return ct_fail(CT_RUNTIME, "chunk expects `chunks` to be greater than 0, got: %lld", (long long)chunks);
    if (layout_wrap_dim("chunk", c->args[2].i, a->ndim, &dim) < 0)
        return -1;
    int64_t whole = array_size(a)[dim], step = whole / chunks + (whole % chunks != 0);
    if (step)
        return split_by(c, dim, step);
    c->kind = &op_split_with_sizes.kind;
    return cut(c, dim, chunks, NULL, 0);
}
const op op_chunk = {.name = "chunk", .sig = "(Tensor self, int chunks, int dim=0)", .flags = OP_MULTI_VIEW, .run = op_views, .shape = chunk_shape,
    .kind = {"SplitBackward0", split_grad}, .doc = "Views of at most `chunks` equal parts of a dimension; the last may be smaller."};

/* ---- unbind ---------------------------------------------------------------------------------------------------------- */
static int unbind_shape(call *c)
{
    layout in, out;
    int dim;
    array_layout(c->in[0]->a, &in);
    if (in.ndim == 0)
        return ct_fail(CT_INDEX, "Dimension specified as %lld but tensor has no dimensions", (long long)c->args[1].i);
    if (layout_wrap_dim("unbind", c->args[1].i, in.ndim, &dim) < 0)
        return -1;
    keep_param(c, dim);
    if (list_room(c, in.size[dim]) < 0)
        return -1;
    for (uint32_t i = 0; i < c->n_list; i++)
        if (view_select(&in, dim, i, &out) < 0 || list_view(c, i, &out) < 0)
            return -1;
    return 0;
}
const op op_unbind = {.name = "unbind", .sig = "(Tensor self, int dim=0)", .flags = OP_MULTI_VIEW, .run = op_views, .shape = unbind_shape,
    .kind = {"UnbindBackward0", unbind_grad}, .doc = "A view for every index of a dimension, which disappears. They may not be written in place while recorded."};
