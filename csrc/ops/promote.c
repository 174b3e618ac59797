/* Result dtypes, operand layouts and the memory order of fresh results: PyTorch's rules. */
#include "ops/dispatch.h"
#include <string.h>

/* ---- promotion: dimensioned tensors, then 0-d ones, then numbers; a lower group counts only by its category ---- */
static void join(int *have, ct_dtype d) { *have = *have < 0 ? (int)d : (int)dtype_promote((ct_dtype)*have, d); }

void promotion_add(promotion *p, const array *a)
{
    join(array_is_weak(a) ? &p->number : a->ndim ? &p->dim : &p->zero, a->dtype);
}

void promotion_add_arg(promotion *p, const arg *a)
{
    if (a->kind == ARG_TENSOR)
        promotion_add(p, a->t->a);
    else if (arg_is_number(a))
        join(&p->number, a->kind == ARG_FLOAT ? dtype_default() : a->kind == ARG_INT ? DT_I64 : DT_BOOL);
}

static int combine(int high, int low)
{
    if (high < 0)
        return low;
    return low >= 0 && ct_dtypes[low].cls > ct_dtypes[high].cls ? (int)dtype_promote((ct_dtype)high, (ct_dtype)low) : high;
}

ct_dtype promotion_result(const promotion *p)
{
    /* A lone weak float array stands for a number of the default dtype. */
    int number = p->number >= 0 && dtype_is_float((ct_dtype)p->number) ? (int)dtype_default() : p->number;
    int result = combine(combine(p->dim, p->zero), number);
    return (ct_dtype)result;
}

/* ---- operands of a walk ------------------------------------------------------------------------------------------ */
void array_operands(k_nd *nd, int n, int ndim, const int64_t *size, const array *const *arrays)
{
    nd->ndim = ndim;
    nd->nop = n;
    memcpy(nd->size, size, (size_t)ndim * sizeof *size);
    for (int i = 0; i < n; i++) {
        const array *a = arrays[i];
        int64_t item = dtype_bytes(a->dtype);
        nd->data[i] = array_data(a);
        layout_broadcast_stride(ndim, size, a->ndim, array_size(a), array_stride(a), nd->stride[i]);
        for (int d = 0; d < ndim; d++)
            nd->stride[i][d] *= item;
    }
}

void iterator_strides(const call *c, layout *l)
{
    geometry operand[4];
    int n = 0;
    for (uint32_t i = 0; i < c->n_in && i < 4; i++)
        if (c->in[i]) {
            const array *a = c->in[i]->a;
            operand[n++] = (geometry){a->ndim, array_size(a), array_visible_stride(a)};
        }
    layout_elementwise(l->ndim, l->size, n, operand, l->stride);
}
