/* By mask and by triangle: masked_fill, masked_select, tril, triu. */
#include "ops/index.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* ---- masked_fill: args self, mask, value ------------------------------------------------------------------------- */
static int masked_fill_grad(scope *s, node *n, T const *g, T *out);
static const node_kind masked_fill_tensor = {"MaskedFillBackward1", masked_fill_grad, .flags = NK_POINTWISE | NK_SHOWS(5), .takes = pointwise_takes};
static int masked_fill_rule(call *c)
{
    const array *self = c->in[0]->a, *mask = c->in[1]->a;
    const arg *value = &c->args[2];
    layout l;
    if (mask->dtype != DT_BOOL)
        return ct_fail(CT_RUNTIME, "masked_fill_ only supports boolean masks, but got mask with dtype %s", dtype_name(mask->dtype));
    if (value->kind == ARG_TENSOR && value->t->a->ndim)
        return ct_fail(CT_RUNTIME, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with %d dimension(s).", value->t->a->ndim);
    if (operand_fits(value, self->dtype) < 0)
        return -1;
    if (value->kind == ARG_TENSOR)
        c->kind = &masked_fill_tensor;
    array_layout(self, &l);
    if (layout_broadcast("masked_fill", &l.ndim, l.size, mask->ndim, array_size(mask)) < 0)
        return -1;
    if (value->kind == ARG_TENSOR && in_cast(c, 2, self->dtype) < 0)
        return -1;
    if (c->mode == CALL_INPLACE && check_apart(c, 1, self) < 0)
        return -1;
    c->work = layout_numel(l.ndim, l.size);
    return out_new(c, 0, self->dtype, l.ndim, l.size);
}
/* Where elements of y share memory, what the mask leaves out is not even written back. */
static void write_masked(array *y, const array *mask, const char *value)
{
    int64_t item = dtype_bytes(y->dtype), stride[CT_MAXDIM];
    odometer to, at;
    layout_broadcast_stride(y->ndim, array_size(y), mask->ndim, array_size(mask), array_stride(mask), stride);
    odometer_start(&at, y->ndim, array_size(y), stride);
    for (odometer_start(&to, y->ndim, array_size(y), array_stride(y)); to.left; odometer_next(&to), odometer_next(&at))
        if (array_data(mask)[at.place])
            memcpy(array_data(y) + to.place * item, value, (size_t)item);
}
static void masked_fill_kernel(call *c)
{
    double room;
    k_nd nd;
    array *y = c->oa[0];
    const arg *value = &c->args[2];
    const array *v = value->kind == ARG_TENSOR ? c->ia[2] : c->ia[0];
    array_operands(&nd, 4, y->ndim, array_size(y), (const array *[]){y, c->ia[1], v, c->ia[0]});
    if (value->kind != ARG_TENSOR) {
        if (value->kind == ARG_FLOAT)
            dtype_store_f(&room, y->dtype, value->f);
        else
            dtype_store_i(&room, y->dtype, value->i);
        nd.data[2] = (char *)&room;
        memset(nd.stride[2], 0, y->ndim * sizeof(int64_t));
    }
    if (y == c->ia[0])
        write_masked(y, c->ia[1], nd.data[2]);
    else
        k_walk(&nd, K->where[y->dtype], NULL);
}
static int masked_fill_grad(scope *s, node *n, T const *g, T *out)
{
    T mask = node_kept_in(s, n, 1);
    if (node_needs(n, 0))
        out[0] = f_call(s, &op_masked_fill, 3, (arg[]){a_t(g[0]), a_t(mask), a_f(0)});
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = f_where(s, mask, g[0], f_zeros_like(s, g[0]));
    return s->failed ? -1 : 0;
}
const op op_masked_fill = {.name = "masked_fill", .sig = "(Tensor self, Tensor mask, Operand value)", .flags = OP_INPLACE | OP_POINTWISE | OP_SHARES | OP_WARNS, .run = op_block, .shape = masked_fill_rule,
    .kernel = masked_fill_kernel, .kind = {"MaskedFillBackward0", masked_fill_grad, .flags = NK_POINTWISE | NK_SHOWS(1), .takes = pointwise_takes}, .keep = {0, 5},
    .doc = "self with value (a number or a 0-d tensor) where mask (bool, broadcast) is True."};

/* ---- masked_select: args self, mask ---------------------------------------------------------------------------------- */
/* Where a mask of one dimension or more is True: one index tensor a dimension. */
static void places_of(scope *s, T mask, T *index)
{
    T places = f_unary(s, &op_nonzero, mask);
    for (int d = 0; places && d < mask->a->ndim; d++)
        index[d] = f_call(s, &op_select, 3, (arg[]){a_t(places), a_i(1), a_i(d)});
}
static const int64_t *each_dim(int64_t *dims)
{
    for (int d = 0; d < CT_MAXDIM; d++)
        dims[d] = d;
    return dims;
}
/* `x` at the shape of self and mask together, with one dimension at least. */
static T wide(scope *s, T x, int n, const int64_t *size) { return n ? f_expand(s, x, n, size) : f_unsqueeze(s, x, 0); }

static int masked_select_compose(scope *s, call *c, T *out)
{
    T self = c->in[0], mask = c->in[1], index[CT_MAXDIM];
    int64_t size[CT_MAXDIM], dims[CT_MAXDIM];
    int n = self->a->ndim;
    if (mask->a->dtype != DT_BOOL)
        return ct_fail(CT_RUNTIME, "masked_select: expected BoolTensor for mask, got %s", dtype_name(mask->a->dtype)), scope_fail(s), -1;
    layout_take(size, array_size(self->a), n);
    if (layout_broadcast("masked_select", &n, size, mask->a->ndim, array_size(mask->a)) < 0)
        return scope_fail(s), -1;
    mask = wide(s, mask, n, size);
    self = wide(s, self, n, size);
    if (mask)
        places_of(s, mask, index);
    if (s->failed)
        return -1;
    uint32_t count = (uint32_t)self->a->ndim;
    return (out[0] = f_call(s, &op_index, 3, (arg[]){a_t(self), a_ints(count, each_dim(dims)), a_ts(count, index)})) ? 0 : -1;
}
static int masked_select_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    T mask = node_kept_in(s, n, 1), index[CT_MAXDIM];
    int64_t size[CT_MAXDIM], dims[CT_MAXDIM];
    const int64_t *self = node_in_size(n, 0, &ndim, &dtype);
    layout_take(size, self, ndim);
    if (!mask || layout_broadcast("masked_select", &ndim, size, mask->a->ndim, array_size(mask->a)) < 0 || !(mask = wide(s, mask, ndim, size)))
        return -1;
    places_of(s, mask, index);
    T zeros = f_zeros(s, dtype, mask->a->ndim, array_size(mask->a));
    if (s->failed)
        return -1;
    uint32_t count = (uint32_t)mask->a->ndim;
    T filled = f_call(s, &op_index_put, 5, (arg[]){a_t(zeros), a_t(g[0]), a_ints(count, each_dim(dims)), a_ts(count, index), a_b(false)});
    return (out[0] = ndim ? filled : f_reshape(s, filled, 0, NULL)) ? 0 : -1;
}
const op op_masked_select = {.name = "masked_select", .sig = "(Tensor self, Tensor mask)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_APART, .run = op_closed, .compose = masked_select_compose,
    .kind = {"MaskedSelectBackward0", masked_select_grad, .flags = NK_SHOWS(1), .again = "MaskedScatterBackward0"}, .keep = {1, 1},
    .doc = "1-d tensor of the elements where mask (bool, broadcast) is True, in row-major order."};

/* ---- tril, triu: args self, diagonal ------------------------------------------------------------------------------------ */
static int triangle_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (a->ndim < 2)
        return ct_fail(CT_RUNTIME, "%s: input tensor must have at least 2 dimensions", c->op->name);
    keep_param(c, arg_int(&c->args[1], 0));
    call_once(c, (uint64_t)3 << (a->ndim - 2));
    c->work = array_held(a);
    return out_new(c, 0, a->dtype, a->ndim, array_size(a));
}
/* Of columns from .. to - 1 of one row, what input a has (itself where it is written in place), or 0. */
static void row_part(const array *a, const array *y, int64_t in, int64_t out, int64_t from, int64_t to, bool kept)
{
    int64_t item = dtype_bytes(y->dtype), zero = 0, in_step = array_stride(a)[a->ndim - 1], out_step = array_stride(y)[y->ndim - 1];
    char *p[2] = {array_data(y) + (out + from * out_step) * item, array_data(a) + (in + from * in_step) * item};
    if (from >= to || (kept && p[0] == p[1]))
        return;
    if (kept)
        K->cast[a->dtype][y->dtype](p, (int64_t[]){out_step * item, in_step * item}, to - from, NULL);
    else
        K->fill[y->dtype](p, (int64_t[]){out_step * item}, to - from, &zero);
}
static void triangle(call *c, bool lower)
{
    const array *a = c->ia[0], *y = c->oa[0];
    int64_t k = c->param[0], n = array_size(y)[y->ndim - 1];
    odometer in, out;
    odometer_start(&in, y->ndim - 1, array_size(y), array_stride(a));
    for (odometer_start(&out, y->ndim - 1, array_size(y), array_stride(y)); out.left; odometer_next(&out), odometer_next(&in)) {
        int64_t row = out.at[y->ndim - 2], edge = lower ? (k >= n - row ? n : row + k + 1) : (k > n - row ? n : row + k);
        edge = edge < 0 ? 0 : edge > n ? n : edge;
        row_part(a, y, in.place, out.place, 0, edge, lower);
        row_part(a, y, in.place, out.place, edge, n, !lower);
    }
}
static uint64_t triangle_takes(node *n) { return aside_takes(n, (uint64_t)3 << (n->out_ndim - 2)); }
static void tril_kernel(call *c) { triangle(c, true); }
static void triu_kernel(call *c) { triangle(c, false); }
#define TRIANGLE(id, node_name, text)                                                                                                        \
    static int id##_grad(scope *s, node *n, T const *g, T *out)                                                                               \
    {                                                                                                                                         \
        return (out[0] = f_call(s, &op_##id, 2, (arg[]){a_t(g[0]), a_i(node_params(n)[0])})) ? 0 : -1;                                        \
    }                                                                                                                                         \
    const op op_##id = {.name = #id, .sig = "(Tensor self, index diagonal=0)", .flags = OP_INPLACE | OP_SHARES | OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = triangle_rule, \
                        .kernel = id##_kernel, .kind = {node_name, id##_grad, .takes = triangle_takes}, .doc = text};
TRIANGLE(tril, "TrilBackward0", "Lower triangle of the last two dims: elements above the given diagonal are 0.")
TRIANGLE(triu, "TriuBackward0", "Upper triangle of the last two dims: elements below the given diagonal are 0.")
