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

/* ---- memory order of a fresh elementwise result --------------------------------------------------------------------
 * PyTorch's TensorIterator sorts dimensions by the operands' strides, the first operand deciding first, repeated dims
 * (stride 0) abstaining, ties left as they are; the result is laid out in that order. */
static int compare_dims(const call *c, int64_t (*stride)[CT_MAXDIM], const int64_t *size, int a, int b)
{
    for (uint32_t i = 0; i < c->n_in && i < 4; i++) {
        if (!c->in[i])
            continue;
        int64_t x = stride[i][a], y = stride[i][b];
        if (x == 0 || y == 0)
            continue;
        if (x != y)
            return x < y ? -1 : 1;
        if (size[a] > size[b])
            return 1;
    }
    return 0;
}

static bool same_dense(const call *c, layout *l)
{
    const array *first = NULL;
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->in[i] ? c->in[i]->a : NULL;
        if (!a)
            continue;
        if (a->ndim != l->ndim || memcmp(array_size(a), l->size, (size_t)l->ndim * sizeof *l->size))
            return false;
        if (first && memcmp(array_visible_stride(a), array_visible_stride(first), (size_t)l->ndim * sizeof(int64_t)))
            return false;
        if (!first)
            first = a;
    }
    if (!first || !layout_is_dense(l->ndim, l->size, array_visible_stride(first)))
        return false;
    memcpy(l->stride, array_visible_stride(first), (size_t)l->ndim * sizeof *l->stride);
    return true;
}

void iterator_strides(const call *c, layout *l)
{
    int64_t stride[4][CT_MAXDIM];
    int order[CT_MAXDIM], n = l->ndim;
    if (same_dense(c, l))
        return;
    for (uint32_t i = 0; i < c->n_in && i < 4; i++)
        if (c->in[i])
            layout_broadcast_stride(n, l->size, c->in[i]->a->ndim, array_size(c->in[i]->a), array_visible_stride(c->in[i]->a), stride[i]);
    for (int d = 0; d < n; d++)
        order[d] = n - 1 - d; /* fastest first */
    for (int i = 1; i < n; i++)
        for (int at = i, below = i - 1; below >= 0; below--) {
            int say = compare_dims(c, stride, l->size, order[below], order[at]);
            if (say < 0)
                break;
            if (say > 0) {
                int t = order[below];
                order[below] = order[at];
                order[at] = t;
                at = below;
            }
        }
    int64_t step = 1;
    for (int i = 0; i < n; i++) {
        l->stride[order[i]] = step;
        step *= l->size[order[i]] > 1 ? l->size[order[i]] : 1;
    }
}
