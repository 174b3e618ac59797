/* Verbs of formulas: ops called over a scope. */
#include "kernel/kernel.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <string.h>

/* Sticky failure: no verb runs on an operand that a failed verb should have made, alone or in a list. */
static bool operand_failed(const arg *a)
{
    bool failed = a->kind == ARG_TENSOR && !a->t;
    for (uint32_t k = 0; a->kind == ARG_TENSORS && k < a->n; k++)
        failed |= !a->ts[k];
    return failed;
}

int f_call_many(scope *s, const op *o, uint32_t n_args, arg *args, uint32_t n_out, T *out)
{
    arg all[16];
    uint32_t n = 0;
    if (s->failed)
        return -1;
    for (; n < n_args; n++) {
        all[n] = args[n];
        if (operand_failed(&args[n]))
            return scope_fail(s), -1;
    }
    memset(all + n, 0, (16 - n) * sizeof *all); /* ARG_NONE, whose number is 0 */
    call c;
    c.op = o;
    c.args = all;
    c.n_args = n_args; /* what follows is absent */
    c.mode = CALL_NEW;
    if (op_call(&c) < 0)
        return scope_fail(s), -1;
    for (uint32_t i = 0; i < c.n_out; i++) {
        tensor *t = i < n_out ? scope_new(s) : NULL;
        if (t)
            *t = c.out[i];
        else
            tensor_clear(&c.out[i]);
        if (i < n_out)
            out[i] = t;
    }
    return s->failed ? -1 : 0;
}

T f_call(scope *s, const op *o, uint32_t n_args, arg *args)
{
    T out = NULL;
    return f_call_many(s, o, n_args, args, 1, &out) < 0 ? NULL : out;
}

T f_made(scope *s, int done, tensor *made)
{
    T t = done > 0 ? scope_new(s) : scope_fail(s);
    if (t)
        *t = *made;
    else if (done > 0)
        tensor_clear(made);
    return t;
}

T f_unary(scope *s, const op *o, T x) { return f_call(s, o, 1, (arg[]){a_t(x)}); }
T f_binary(scope *s, const op *o, T a, T b)
{
    arg args[2] = {a_t(a), a_t(b)};
    tensor made;
    int done = a && b && !s->failed ? op_pair(o, args, &made) : 0;
    return done ? f_made(s, done, &made) : f_call(s, o, 2, args);
}

T f_number(scope *s, double value) { return scope_array(s, array_scalar_f(value, DT_F64, true)); }
T f_weak(scope *s, const arg *a)
{
    return a->kind == ARG_FLOAT ? f_number(s, a->f) : scope_array(s, array_scalar_i(a->i, a->kind == ARG_BOOL ? DT_BOOL : DT_I64, true));
}
T f_weak_int(scope *s, int64_t value) { return scope_array(s, array_scalar_i(value, DT_I64, true)); }

/* Views that nobody outside sees: in a gradient that is not recorded they are made without a call, and join no family. */
static inline bool unseen(scope *s, T x, layout *in)
{
    if (!x || s->failed || !tape_now.formula || tape_now.grad || array_is_compressed(x->a))
        return false;
    array_layout(x->a, in);
    return true;
}
static T view_unseen(scope *s, T x, int told, const layout *l)
{
    return told < 0 ? scope_fail(s) : scope_array(s, array_alias(x->a, l->ndim, l->size, l->stride, l->offset));
}

T f_expand(scope *s, T x, int ndim, const int64_t *size)
{
    layout in, out;
    if (unseen(s, x, &in))
        return view_unseen(s, x, view_expand(&in, ndim, size, &out), &out);
    return f_call(s, &op_expand, 2, (arg[]){a_t(x), a_ints((uint32_t)ndim, size)});
}
/* By op_view_size, or by op_reshape, which records the same of what shows contiguous. */
static T reshaped(scope *s, const op *o, T x, int ndim, const int64_t *size)
{
    layout in, out;
    tensor made;
    int done = 0;
    if (!s->failed && x && array_shows_contiguous(x->a)) {
        array_layout(x->a, &in);
        done = view_reshape(&in, ndim, size, &out) == 1 ? op_view_short(o, x, &out, 0, NULL, &made) : 0;
    }
    return done ? f_made(s, done, &made) : f_call(s, o, 2, (arg[]){a_t(x), a_ints((uint32_t)ndim, size)});
}
T f_view(scope *s, T x, int ndim, const int64_t *size) { return reshaped(s, &op_view_size, x, ndim, size); }
T f_reshape(scope *s, T x, int ndim, const int64_t *size)
{
    layout in, out;
    if (unseen(s, x, &in) && view_reshape(&in, ndim, size, &out) == 1)
        return view_unseen(s, x, 0, &out);
    return reshaped(s, &op_reshape, x, ndim, size);
}
T f_transpose(scope *s, T x, int64_t d0, int64_t d1)
{
    layout in, out;
    if (unseen(s, x, &in))
        return view_unseen(s, x, view_transpose(&in, d0, d1, &out), &out);
    return f_call(s, &op_transpose, 3, (arg[]){a_t(x), a_i(d0), a_i(d1)});
}
T f_turned(scope *s, T x)
{
    static const int64_t dims[2] = {0, 1};
    layout in, out;
    tensor made;
    if (!x || s->failed || x->a->ndim != 2)
        return f_call(s, &op_t, 1, (arg[]){a_t(x)});
    if (unseen(s, x, &in))
        return view_unseen(s, x, view_transpose(&in, 0, 1, &out), &out);
    array_layout(x->a, &in);
    view_transpose(&in, 0, 1, &out);
    int done = op_view_short(&op_t, x, &out, 2, dims, &made);
    return done ? f_made(s, done, &made) : f_call(s, &op_t, 1, (arg[]){a_t(x)});
}
T f_permute(scope *s, T x, int n, const int64_t *dims) { return f_call(s, &op_permute, 2, (arg[]){a_t(x), a_ints((uint32_t)n, dims)}); }
T f_contiguous(scope *s, T x) { return f_unary(s, &op_contiguous, x); }
T f_row_major(scope *s, T x) { return f_call(s, &op_clone, 2, (arg[]){a_t(x), a_i(FORMAT_CONTIGUOUS)}); }
T f_in_full(scope *s, T x) { return x && array_write_out(x->a) < 0 ? scope_fail(s) : x; }
T f_unsqueeze(scope *s, T x, int64_t dim)
{
    layout in, out;
    if (unseen(s, x, &in))
        return view_unseen(s, x, view_unsqueeze(&in, dim, &out), &out);
    return f_call(s, &op_unsqueeze, 2, (arg[]){a_t(x), a_i(dim)});
}
T f_matmul(scope *s, T a, T b) { return f_binary(s, &op_matmul, a, b); }
T f_zeros_like(scope *s, T x) { return x ? f_zeros(s, x->a->dtype, x->a->ndim, array_size(x->a)) : NULL; }

T f_sum_dims(scope *s, T x, int n, const int64_t *dims, bool keepdim)
{
    return f_call(s, &op_sum, 3, (arg[]){a_t(x), a_ints((uint32_t)n, dims), a_b(keepdim)});
}

enum { SUMS_BOTH_TO = 1 << 19 /* elements: more are summed by threads */ };
bool f_sums_both(scope *s, T x, T *rows, T *columns)
{
    const array *a = x->a;
    const int64_t *size = array_size(a);
    ct_dtype d = (ct_dtype)a->dtype;
    bool fits = a->ndim == 2 && (d == DT_F32 || d == DT_F64) && array_is_plain(a) && size[0] % 4 == 0 && size[1] % 32 == 0 && size[0] <= SUM_BOTH_ROWS;
    if (!fits || tape_now.grad || op_profiled || a->numel < tape_many() || a->numel > SUMS_BOTH_TO)
        return false;
    T sums[2] = {scope_array(s, array_new(d, 2, (int64_t[]){size[0], 1})), scope_array(s, array_new(d, 1, size + 1))};
    if (s->failed)
        return false;
    K->reduce.sums_both[d](array_data(a), size[0], size[1], array_data(sums[0]->a), array_data(sums[1]->a));
    *rows = sums[0];
    *columns = sums[1];
    return true;
}

T f_zeros(scope *s, ct_dtype dtype, int ndim, const int64_t *size)
{
    return f_call(s, &op_zeros, 2, (arg[]){a_ints((uint32_t)ndim, size), a_dtype(dtype)});
}

/* x without the dimensions of size 1 that stand before n others, where that is a row-major view that nobody outside sees. */
static T without_lead(scope *s, T x, int n)
{
    layout in, out;
    int lead = x->a->ndim - n;
    if (!unseen(s, x, &in) || !layout_is_row_major(n, in.size + lead, in.stride + lead))
        return NULL;
    layout_take(out.size, in.size + lead, n);
    layout_take(out.stride, in.stride + lead, n);
    out.ndim = n;
    out.offset = in.offset;
    return view_unseen(s, x, 0, &out);
}

/* Sums the dimensions that `size` lacks or has as 1. */
T f_sum_to(scope *s, T x, int ndim, const int64_t *size)
{
    if (!x)
        return NULL;
    if (!ndim && x->a->ndim && tape_now.grad)
        return f_unary(s, &op_sum, x);
    int64_t dims[CT_MAXDIM];
    int n = 0, lead = x->a->ndim - ndim;
    const int64_t *from = array_size(x->a);
    for (int d = 0; d < x->a->ndim; d++)
        if (d < lead || (size[d - lead] == 1 && from[d] != 1))
            dims[n++] = d;
    bool flat = n == lead; /* of size 1, all of them? */
    for (int d = 0; d < lead; d++)
        flat &= from[d] == 1;
    T view = flat && lead ? without_lead(s, x, ndim) : NULL;
    if (view)
        return view;
    bool direct = n == lead && !tape_now.grad; /* PyTorch sums with keepdim and views: the same but for the strides of size 1 */
    for (int d = 0; d < ndim; d++)
        direct &= size[d] != 1;
    if (n)
        x = f_sum_dims(s, x, n, dims, !direct);
    if (!lead || !x || x->a->ndim == ndim)
        return x;
    return tape_now.grad ? f_reshape(s, x, ndim, size) : f_call(s, &op_unsafe_view, 2, (arg[]){a_t(x), a_ints((uint32_t)ndim, size)});
}

T f_cast(scope *s, T x, ct_dtype dtype)
{
    if (!x || x->a->dtype == dtype)
        return x;
    return f_call(s, &op_to, 2, (arg[]){a_t(x), a_dtype(dtype)});
}

T f_where(scope *s, T condition, T a, T b) { return f_call(s, &op_where, 3, (arg[]){a_t(condition), a_t(a), a_t(b)}); }

T f_shared(scope *s, T g, T equal)
{
    T part = equal ? f_div(s, g, f_unary(s, &op_sum, equal)) : NULL, zero = part ? f_zeros(s, (ct_dtype)g->a->dtype, 0, NULL) : NULL;
    return zero ? f_call(s, &op_masked_fill, 3, (arg[]){a_t(zero), a_t(equal), a_t(part)}) : NULL;
}
