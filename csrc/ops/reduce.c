/* Reductions. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

/* ---- sum --------------------------------------------------------------------------------------------------- */
static int sum_shape(call *c)
{
    const array *a = c->in[0]->a;
    bool reduced[CT_MAXDIM], keepdim = arg_bool(&c->args[2]);
    int64_t size[CT_MAXDIM];
    int n = 0;
    if (layout_dims_mask("sum", (int)c->args[1].n, c->args[1].kind == ARG_INTS ? c->args[1].ints : NULL, a->ndim, reduced) < 0)
        return -1;
    for (int d = 0; d < a->ndim; d++)
        if (!reduced[d] || keepdim)
            size[n++] = reduced[d] ? 1 : array_size(a)[d];
    for (int d = 0; d < a->ndim; d++)
        keep_param(c, reduced[d]);
    keep_param(c, keepdim);
    ct_dtype dtype = arg_dtype(&c->args[3], dtype_is_float(a->dtype) ? a->dtype : DT_I64);
    if (dtype != DT_F32 && dtype != DT_F64 && dtype != DT_I64)
        return ct_fail(CT_NOTIMPL, "sum(): not implemented for dtype %s", dtype_name(dtype));
    if (in_cast(c, 0, dtype) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    c->work = a->numel;
    return out_new(c, 0, dtype, n, size);
}
static void sum_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    memset(array_data(y), 0, (size_t)(y->numel * dtype_bytes(y->dtype)));
    int64_t index[CT_MAXDIM] = {0}, step[CT_MAXDIM], at = 0, run = 1;
    for (int d = a->ndim - 1; d >= 0; d--) {
        step[d] = c->param[d] ? 0 : run;
        run *= c->param[d] ? 1 : array_size(a)[d];
    }
    for (int64_t i = 0; i < a->numel; i++) {
        if (a->dtype == DT_F32) ((float *)array_data(y))[at] += ((float *)array_data(a))[i];
        else if (a->dtype == DT_F64) ((double *)array_data(y))[at] += ((double *)array_data(a))[i];
        else ((int64_t *)array_data(y))[at] += ((int64_t *)array_data(a))[i];
        for (int d = a->ndim - 1; d >= 0; d--) {
            at += step[d];
            if (++index[d] < array_size(a)[d])
                break;
            at -= step[d] * array_size(a)[d];
            index[d] = 0;
        }
    }
}
static int sum_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *p = node_params(n);
    T x = g[0];
    if (!p[ndim])
        for (int d = 0; d < ndim; d++)
            if (p[d])
                x = f_unsqueeze(s, x, d);
    return (out[0] = f_expand(s, x, ndim, size)) ? 0 : -1;
}
const op op_sum = {.name = "sum", .sig = "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", .flags = OP_OUT, .run = op_block,
    .shape = sum_shape, .kernel = sum_kernel, .kind = {"SumBackward0", sum_grad}, .doc = "Sum over one dimension, several, or all."};
