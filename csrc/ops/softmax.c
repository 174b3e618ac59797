/* Along one dimension: softmax, log_softmax, cumsum, cumprod; and logsumexp. */
#include "array/odometer.h"
#include "ops/reduce.h"
#include <string.h>

/* ---- one row at a time ------------------------------------------------------------------------------------------ */
static void each_row(const array *in, array *out, int dim, void (*run)(const k_scan *, const void *), const void *param)
{
    int64_t size[CT_MAXDIM], a[CT_MAXDIM], b[CT_MAXDIM], at[CT_MAXDIM] = {0}, item = dtype_bytes(in->dtype), item2 = dtype_bytes(out->dtype);
    int n = 0;
    if (out->numel == 0)
        return;
    for (int d = 0; d < in->ndim; d++)
        if (d != dim) {
            size[n] = array_size(in)[d];
            a[n] = array_stride(in)[d] * item;
            b[n++] = array_stride(out)[d] * item2;
        }
    k_scan s = {array_data(in), array_data(out), in->ndim ? array_size(in)[dim] : 1, in->ndim ? array_stride(in)[dim] * item : 0,
                in->ndim ? array_stride(out)[dim] * item2 : 0};
    for (;;) {
        run(&s, param);
        int d = n - 1;
        for (; d >= 0; d--) {
            s.in += a[d];
            s.out += b[d];
            if (++at[d] < size[d])
                break;
            s.in -= a[d] * size[d];
            s.out -= b[d] * size[d];
            at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

static int dim_rule(call *c, const arg *dim)
{
    int at = 0;
    if (layout_wrap_dim(c->op->name, arg_int(dim, 0), c->in[0]->a->ndim, &at) < 0)
        return -1;
    keep_param(c, at);
    c->work = c->in[0]->a->numel;
    return 0;
}

/* ---- softmax, log_softmax: args self, dim, dtype -------------------------------------------------------------------- */
static int softmax_rule(call *c)
{
    ct_dtype d = arg_dtype(&c->args[2], c->in[0]->a->dtype);
    if (!dtype_is_float(d))
        return ct_fail(CT_NOTIMPL, "\"%s_lastdim_kernel_impl\" not implemented for '%s'", c->op->name, d == DT_I64 ? "Long" : d == DT_I32 ? "Int" : d == DT_BOOL ? "Bool" : "Byte");
    if (dim_rule(c, &c->args[1]) < 0 || in_cast(c, 0, d) < 0)
        return -1;
    c->work *= 8;
    return out_new(c, 0, d, c->in[0]->a->ndim, array_size(c->in[0]->a));
}
static void softmax_row(const k_scan *s, const void *param)
{
    const call *c = param;
    K->reduce.softmax[c->ia[0]->dtype](s, c->op == &op_log_softmax);
}
static void softmax_kernel(call *c) { each_row(c->ia[0], c->oa[0], (int)c->param[0], softmax_row, c); }

static T sum_along(scope *s, T x, int64_t dim)
{
    return x && x->a->ndim ? f_sum_dims(s, x, 1, &dim, true) : x;
}
static int softmax_grad(scope *s, node *n, T const *g, T *out)
{
    T y = node_kept_out(s, n, 0);
    out[0] = f_call(s, &op_softmax_backward, 3, (arg[]){a_t(g[0]), a_t(y), a_i(node_params(n)[0])});
    return out[0] ? 0 : -1;
}
static int log_softmax_grad(scope *s, node *n, T const *g, T *out)
{
    T y = node_kept_out(s, n, 0);
    out[0] = f_sub(s, g[0], f_mul(s, f_unary(s, &op_exp, y), sum_along(s, g[0], node_params(n)[0])));
    return out[0] ? 0 : -1;
}
const op op_softmax = {.name = "softmax", .sig = "(Tensor self, int dim, dtype? dtype=None)", .run = op_block, .shape = softmax_rule, .kernel = softmax_kernel,
    .kind = {"SoftmaxBackward0", softmax_grad}, .keep_out = 1, .doc = "exp(x) over its sum along dim, computed from x - max(x); floats only."};
const op op_log_softmax = {.name = "log_softmax", .sig = "(Tensor self, int dim, dtype? dtype=None)", .run = op_block, .shape = softmax_rule, .kernel = softmax_kernel,
    .kind = {"LogSoftmaxBackward0", log_softmax_grad}, .keep_out = 1, .doc = "Logarithm of softmax, computed as x - max(x) - log(sum(exp(x - max(x)))); floats only."};

static int softmax_backward_compose(scope *s, call *c, T *out)
{
    T weighted = f_mul(s, c->in[0], c->in[1]);
    return (out[0] = f_sub(s, weighted, f_mul(s, c->in[1], sum_along(s, weighted, c->args[2].i)))) ? 0 : -1;
}
const op op_softmax_backward = {.name = "softmax_backward", .sig = "(Tensor grad, Tensor output, int dim)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_compose,
    .compose = softmax_backward_compose, .doc = "Gradient of softmax from the incoming gradient and softmax's result."};

/* ---- cumsum, cumprod: args self, dim, dtype ---------------------------------------------------------------------------- */
static int scan_rule(call *c)
{
    ct_dtype own = c->in[0]->a->dtype, d = arg_dtype(&c->args[2], dtype_is_float(own) ? own : DT_I64);
    if (dim_rule(c, &c->args[1]) < 0 || in_cast(c, 0, d) < 0)
        return -1;
    return out_new(c, 0, d, c->in[0]->a->ndim, array_size(c->in[0]->a));
}
static void cumsum_row(const k_scan *s, const void *param) { K->reduce.cumsum[((const call *)param)->ia[0]->dtype](s); }
static void cumprod_row(const k_scan *s, const void *param) { K->reduce.cumprod[((const call *)param)->ia[0]->dtype](s); }
static void cumsum_kernel(call *c) { each_row(c->ia[0], c->oa[0], (int)c->param[0], cumsum_row, c); }
static void cumprod_kernel(call *c) { each_row(c->ia[0], c->oa[0], (int)c->param[0], cumprod_row, c); }

static T flipped(scope *s, T x, int64_t dim) { return f_call(s, &op_flip, 2, (arg[]){a_t(x), a_ints(1, &dim)}); }
/* Sums from each place to the end. */
static T sums_after(scope *s, T x, int64_t dim)
{
    if (!x || x->a->ndim == 0 || x->a->numel == 0)
        return x;
    return flipped(s, f_call(s, &op_cumsum, 2, (arg[]){a_t(flipped(s, x, dim)), a_i(dim)}), dim);
}
static int cumsum_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = sums_after(s, g[0], node_params(n)[0])) ? 0 : -1; }

/* Without zeros: sum of the later g·y, over x. A line with a zero is taken element by element: the derivative of y_k with
 * respect to x_i is the product of the other factors up to k. */
static T cumprod_exact(scope *s, T x, T g, int64_t dim)
{
    int64_t n = array_size(x->a)[dim];
    T total = NULL;
    for (int64_t i = 0; i < n && !s->failed; i++) {
        T at = f_call(s, &op_full, 3, (arg[]){a_ints(1, &n), a_f(0), a_dtype(x->a->dtype)});
        if (!at)
            return NULL;
        dtype_store_f(array_data(at->a) + i * dtype_bytes(x->a->dtype), x->a->dtype, 1);
        int64_t shape[CT_MAXDIM];
        for (int d = 0; d < x->a->ndim; d++)
            shape[d] = d == dim ? n : 1;
        T here = f_reshape(s, at, x->a->ndim, shape);
        T without = f_add(s, f_mul(s, x, f_sub(s, f_number(s, 1), here)), here);
        T y = f_call(s, &op_cumprod, 2, (arg[]){a_t(without), a_i(dim)});
        T later = f_call(s, &op_cumsum, 2, (arg[]){a_t(here), a_i(dim)});
        T part = f_mul(s, sum_along(s, f_mul(s, f_mul(s, g, y), later), dim), here);
        total = total ? f_add(s, total, part) : part;
    }
    return total;
}
static bool has_zero(const array *a)
{
    odometer o;
    for (odometer_start(&o, a->ndim, array_size(a), array_stride(a)); o.left; odometer_next(&o))
        if (a->dtype == DT_F32 ? ((const float *)array_data(a))[o.place] == 0 : ((const double *)array_data(a))[o.place] == 0)
            return true;
    return false;
}
static int cumprod_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    int64_t dim = node_params(n)[0];
    if (!x || !y)
        return -1;
    if (x->a->ndim == 0 || x->a->numel == 0)
        out[0] = g[0];
    else if (has_zero(x->a) || tape_now.grad)
        out[0] = cumprod_exact(s, x, g[0], dim);
    else
        out[0] = f_div(s, sums_after(s, f_mul(s, g[0], y), dim), x);
    return out[0] ? 0 : -1;
}
#define SCAN(id, node_name, kept_in, kept_y, text)                                                                                      \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int dim, *, dtype? dtype=None)", .flags = OP_INPLACE | OP_OUT, .run = op_block, \
                        .shape = scan_rule, .kernel = id##_kernel, .kind = {node_name, id##_grad}, .keep = {kept_in}, .keep_out = kept_y, .doc = text};
SCAN(cumsum, "CumsumBackward0", 0, 0, "Running sums along dim; integers and bools in int64.")
SCAN(cumprod, "CumprodBackward0", 1, 1, "Running products along dim; integers and bools in int64.")

/* ---- logsumexp: args self, dim, keepdim ------------------------------------------------------------------------------------ */
static int logsumexp_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    ct_dtype d = dtype_is_float(a->dtype) ? a->dtype : dtype_default();
    if (reduce_dims(c, &c->args[1], &c->args[2], true) < 0 || in_cast(c, 0, d) < 0)
        return -1;
    int n = reduced_size(c, a, size);
    return out_new(c, 0, d, n, size);
}
static void logsumexp_kernel(call *c)
{
    k_fold f;
    fold_plan(c, c->ia[0], c->oa[0], NULL, &f);
    K->reduce.fold[FOLD_LOGSUMEXP][c->ia[0]->dtype](&f);
}
static int logsumexp_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    out[0] = f_mul(s, widen_only(s, n, g[0]), f_unary(s, &op_exp, f_sub(s, x, widen_only(s, n, y))));
    return out[0] ? 0 : -1;
}
const op op_logsumexp = {.name = "logsumexp", .sig = "(Tensor self, int[1] dim, bool keepdim=False)", .flags = OP_OUT, .run = op_block, .shape = logsumexp_rule,
    .kernel = logsumexp_kernel, .kind = {"LogsumexpBackward0", logsumexp_grad}, .keep = {1}, .keep_out = 1,
    .doc = "log(sum(exp(x))) over the dims, computed from x - max(x); -inf for none."};
