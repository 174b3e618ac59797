/* Result dtypes, operand layouts and the memory order of fresh results: PyTorch's rules. */
#include "ops/dispatch.h"
#include <math.h>
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
        join(&p->number, a->kind == ARG_FLOAT && !arg_is_unsigned(a) ? dtype_default() : a->kind == ARG_BOOL ? DT_BOOL : DT_I64);
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

int64_t arg_wrapped(const arg *a)
{
    uint64_t near = a->f < 0x1p64 ? (uint64_t)a->f : 0; /* within 1024 of the value, modulo 2^64 */
    return (int64_t)(near + (uint64_t)(int64_t)(int32_t)(a->n - (uint32_t)near));
}

array *number_array(const arg *a, ct_dtype dtype)
{
    if (a->kind != ARG_FLOAT)
        return array_scalar_i(a->i, dtype, true);
    return arg_is_unsigned(a) && !dtype_is_float(dtype) ? array_scalar_i(arg_wrapped(a), dtype, true) : array_scalar_f(a->f, dtype, true);
}

/* Negative ints wrap around in uint8 as far as -255, infinities and NaN are floats of any width: PyTorch's bounds. */
static bool fits(const arg *a, ct_dtype dtype)
{
    if (a->kind != ARG_FLOAT)
        return dtype == DT_F16 ? a->i >= -65504 && a->i <= 65504 : dtype == DT_U8 ? a->i >= -255 && a->i <= 255 : dtype != DT_I32 || (a->i >= INT32_MIN && a->i <= INT32_MAX);
    switch (dtype) {
    case DT_U8: return a->f >= 0 && a->f <= 255;
    case DT_I32: return a->f >= (double)INT32_MIN && a->f <= (double)INT32_MAX;
    case DT_I64: return a->f >= -0x1p63 && a->f < 0x1p63;
    case DT_BOOL: return true;
    default: return !(fabs(a->f) > dtype_largest(dtype)) || isinf(a->f);
    }
}

int number_fits(const arg *a, ct_dtype dtype)
{
    static const char *const ctypes[DT_COUNT] = {"bool", "uint8_t", "int", "int64_t", "c10::Half", "c10::BFloat16", "float", "double"};
    return fits(a, dtype) ? 0 : ct_fail(CT_RUNTIME, "value cannot be converted to type %s without overflow", ctypes[dtype]);
}

int number_rounds(const arg *a, ct_dtype dtype) { return dtype_is_half(dtype) ? 0 : number_fits(a, dtype); }

int number_fills(const arg *a, ct_dtype dtype, int64_t numel) { return numel == 1 ? number_rounds(a, dtype) : number_fits(a, dtype); }

int operand_fits(const arg *a, ct_dtype dtype)
{
    arg number;
    return a->kind != ARG_TENSOR ? number_fits(a, dtype) : tensor_number(a->t, &number) ? number_fits(&number, dtype) : 0;
}

int number_cut_fits(const arg *a, ct_dtype dtype) { return arg_is_unsigned(a) && dtype != DT_BOOL ? number_fits(a, dtype) : 0; }

/* ---- operands of a walk ------------------------------------------------------------------------------------------ */
void array_operands(k_nd *nd, int n, int ndim, const int64_t *size, const array *const *arrays)
{
    nd->ndim = ndim;
    nd->nop = n;
    layout_take(nd->size, size, ndim);
    for (int i = 0; i < n; i++) {
        const array *a = arrays[i];
        int64_t item = dtype_bytes(a->dtype);
        nd->data[i] = array_data(a);
        layout_broadcast_stride(ndim, size, a->ndim, array_size(a), array_stride(a), nd->stride[i]);
        for (int d = 0; d < ndim; d++)
            nd->stride[i][d] *= item;
    }
}

void iterator_strides(const call *c, int operands, layout *l)
{
    geometry operand[4];
    for (int i = 0; i < operands; i++) {
        const array *a = (uint32_t)i < c->n_in && c->in[i] ? c->in[i]->a : NULL;
        operand[i] = a ? (geometry){a->ndim, array_size(a), array_visible_stride(a)} : (geometry){0, NULL, NULL};
    }
    layout_elementwise(l->ndim, l->size, operands, operand, l->stride);
}

bool tensor_number(const tensor *t, arg *out)
{
    const char *at = array_data(t->a);
    switch (t->a->dtype) {
#define READ_C_BOOL(ctype) (arg){.kind = ARG_BOOL, .i = *(const ctype *)at != 0}
#define READ_C_INT(ctype) (arg){.kind = ARG_INT, .i = (int64_t)*(const ctype *)at}
#define READ_C_FLOAT(ctype) (arg){.kind = ARG_FLOAT, .f = dtype_load(at, (ct_dtype)t->a->dtype)}
#define DTYPE(id, ctype, name, alias, class, format, numpy, sum, title, cxx) case DT_##id: *out = READ_##class(ctype); return true;
#include "table/dtype.def"
#undef DTYPE
    default: return false;
    }
}
