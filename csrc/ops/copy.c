/* Copies: clone, to, copy_, where, and constant results like another tensor. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

static int same_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n;
    out[0] = g[0];
    return 0;
}

static void copy_kernel(call *c) { array_convert(c->ia[0], c->oa[0]); }

/* ---- clone ------------------------------------------------------------------------------------------------- */
static int clone_shape(call *c)
{
    c->work = c->ia[0]->numel;
    return out_like(c, 0, c->in[0]->a, c->in[0]->a->dtype);
}
const op op_clone = {.name = "clone", .sig = "(Tensor self, *, host memory_format=None)", .run = op_block, .shape = clone_shape,
    .kernel = copy_kernel, .kind = {"CloneBackward0", same_grad}, .doc = "A copy of self with memory of its own; gradients flow through it."};

/* ---- to (dtype) ---------------------------------------------------------------------------------------------- */
static int to_shape(call *c)
{
    const array *a = c->in[0]->a;
    ct_dtype dtype = arg_dtype(&c->args[1], a->dtype);
    if (dtype == a->dtype && !arg_bool(&c->args[2]))
        return out_same(c, 0);
    c->work = a->numel;
    return out_like(c, 0, a, dtype);
}
const op op_to = {.name = "to.dtype", .sig = "(Tensor self, dtype dtype, bool copy=False)", .flags = OP_HIDDEN | OP_METHOD | OP_MAY_VIEW,
    .run = op_block, .shape = to_shape, .kernel = copy_kernel, .kind = {"ToCopyBackward0", same_grad},
    .doc = "self converted to dtype; self itself where it has that dtype and copy is False."};

/* ---- where ----------------------------------------------------------------------------------------------------- */
static int where_shape(call *c)
{
    layout l;
    promotion p = promotion_start();
    array_layout(c->in[0]->a, &l);
    if (c->in[0]->a->dtype != DT_BOOL)
        return ct_fail(CT_RUNTIME, "where expected condition to be a boolean tensor, but got a tensor with dtype %s", dtype_name(c->in[0]->a->dtype));
    for (uint32_t i = 1; i < 3; i++) {
        promotion_add_arg(&p, &c->args[i]);
        if (i < c->n_in && c->in[i] && layout_broadcast("where", &l.ndim, l.size, c->ia[i]->ndim, array_size(c->ia[i])) < 0)
            return -1;
    }
    ct_dtype dtype = promotion_result(&p);
    for (uint32_t i = 1; i < 3 && i < c->n_in; i++)
        if (c->in[i] && in_cast(c, i, dtype) < 0)
            return -1;
    c->work = layout_numel(l.ndim, l.size);
    return out_new(c, 0, dtype, l.ndim, l.size);
}
static void where_kernel(call *c)
{
    array *out = c->oa[0];
    k_nd nd;
    double number[2]; /* room for one element of any dtype each */
    const array *operands[4] = {out, c->ia[0], c->ia[0], c->ia[0]};
    for (uint32_t i = 1; i < 3; i++)
        if (i < c->n_in && c->in[i])
            operands[i + 1] = c->ia[i];
    array_operands(&nd, 4, out->ndim, array_size(out), operands);
    for (uint32_t i = 1; i < 3; i++) {
        const arg *a = &c->args[i];
        if (!arg_is_number(a))
            continue;
        if (a->kind == ARG_FLOAT)
            dtype_store_f(&number[i - 1], out->dtype, a->f);
        else
            dtype_store_i(&number[i - 1], out->dtype, a->i);
        nd.data[i + 1] = (char *)&number[i - 1];
        memset(nd.stride[i + 1], 0, (size_t)out->ndim * sizeof(int64_t));
    }
    k_walk(&nd, K->where[out->dtype], NULL);
}
static int where_grad(scope *s, node *n, T const *g, T *out)
{
    T condition = node_kept_in(s, n, 0), zero = f_number(s, 0);
    if (node_needs(n, 1))
        out[1] = f_where(s, condition, g[0], zero);
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = f_where(s, condition, zero, g[0]);
    return s->failed ? -1 : 0;
}
const op op_where = {.name = "where", .sig = "(Tensor condition, Operand self, Operand other)", .flags = OP_FUNCTION | OP_OUT, .run = op_block,
    .shape = where_shape, .kernel = where_kernel, .kind = {"WhereBackward0", where_grad}, .keep = {2 | 4},
    .doc = "Elements of self where condition (bool) is True, of other elsewhere; all three broadcast, dtypes promote."};

/* ---- contiguous_copy (hidden): always fresh and row-major ------------------------------------------------------- */
static int contiguous_copy_shape(call *c)
{
    c->work = c->ia[0]->numel;
    return out_new(c, 0, c->in[0]->a->dtype, c->in[0]->a->ndim, array_size(c->in[0]->a));
}
const op op_contiguous_copy = {.name = "contiguous_copy", .sig = "(Tensor self)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block,
    .shape = contiguous_copy_shape, .kernel = copy_kernel, .kind = {"CloneBackward0", same_grad}, .doc = "A row-major copy of self."};
