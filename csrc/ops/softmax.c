/* softmax, log_softmax, their gradients, logsumexp. */
#include "base/pool.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

/* ---- softmax, log_softmax: args self, dim, dtype -------------------------------------------------------------------- */
static int along(call *c, const arg *dim)
{
    int at = 0;
    if (layout_wrap_dim(c->op->name, dim->i, c->in[0]->a->ndim, &at) < 0)
        return -1;
    keep_param(c, at);
    call_once(c, (uint64_t)1 << at);
    return 0;
}
/* Of equal terms one is taken, and its result divided among all. */
static void line_once(call *c)
{
    const array *a = c->in[0]->a;
    if (spread_worth((ct_dtype)a->dtype, a->numel))
        c->once |= repeated_dims(1, c->ia, a->ndim, array_size(a)) & (uint64_t)1 << c->param[0];
    c->once_out = c->once;
}
static int softmax_rule(call *c)
{
    const array *a = c->in[0]->a;
    ct_dtype d = arg_dtype(&c->args[2], a->dtype);
    if (along(c, &c->args[1]) < 0)
        return -1;
    if (!dtype_is_float(d) && a->numel)
        return ct_fail(CT_NOTIMPL, "\"%s_%skernel_impl\" not implemented for '%s'", c->op->name, c->param[0] == a->ndim - 1 || !a->ndim ? "lastdim_" : "", dtype_title(d));
    line_once(c);
    keep_param(c, a->ndim ? array_size(a)[c->param[0]] : 1);
    if (in_cast(c, 0, d) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    c->effective = 8 * a->numel;
    c->work = 8 * array_held(a);
    return out_new(c, 0, d, a->ndim, array_size(a));
}

/* Rows or columns along dim: `outer` blocks of n terms of `inner` columns. */
typedef struct blocks { int64_t outer, n, inner, bytes, columns /* 0: rows */; } blocks;
static blocks blocks_of(const array *a, int64_t dim)
{
    blocks b = {1, a->ndim ? array_size(a)[dim] : 1, 1, 0, 0};
    for (int d = 0; d < a->ndim; d++)
        *(d < dim ? &b.outer : &b.inner) *= d == dim ? 1 : array_size(a)[d];
    if (a->numel == 0)
        b.outer = 0;
    b.columns = dim < a->ndim - 1 ? b.inner : 0;
    b.bytes = b.n * b.inner * dtype_bytes(a->dtype);
    return b;
}
/* Runs a piece over the blocks; the call is its work. */
static void each_block(call *c, const array *a, ct_piece *piece)
{
    enum { NUMBERS_OF_PIECE = 4096 };
    blocks b = blocks_of(a, c->param[0]);
    ct_share(b.outer, NUMBERS_OF_PIECE / (b.n * b.inner + 1) + 1, POOL_MOST, piece, c);
}
static void softmax_piece(void *work, int64_t begin, int64_t end)
{
    call *c = work;
    const array *a = c->ia[0];
    blocks b = blocks_of(a, c->param[0]);
    int64_t part = (b.outer * b.inner + k_parts - 1) / k_parts;
    for (int64_t i = begin; i < end; i++)
        K->reduce.softmax[a->dtype](array_data(a) + i * b.bytes, array_data(c->oa[0]) + i * b.bytes, b.n, b.columns, i * b.inner, part, c->op == &op_log_softmax);
}
static void softmax_kernel(call *c)
{
    each_block(c, c->ia[0], softmax_piece);
    double terms = c->once >> c->param[0] & 1 ? (double)c->param[1] : 1;
    if (terms != 1)
        scale_results(c->oa[0], c->op == &op_log_softmax ? B_sub : B_div, c->op == &op_log_softmax ? log(terms) : terms);
}

static T backward_of(scope *s, const op *o, T g, T y, int64_t dim) { return f_call(s, o, 3, (arg[]){a_t(g), a_t(y), a_i(dim)}); }
/* Where all terms are one number, which takes the sum of their gradients: g y (1 - terms y), or g (1 - terms e^y), g summed. NULL: not so. */
static T line_grad(scope *s, node *n, T g, bool log)
{
    T y = node_kept_out(s, n, 0);
    int64_t dim = node_params(n)[0], terms = node_params(n)[1];
    uint64_t at = (uint64_t)1 << dim;
    if (!y || !y->a->ndim || terms == 1 || !(still_dims(y->a, y->a->ndim) & node_takes(n, 0) & at))
        return NULL;
    T one = tape_algebra.narrow(s, y, at), part = log && one ? f_unary(s, &op_exp, one) : one, sum = f_sum_dims(s, g, 1, &dim, true);
    T left = f_mul(s, sum, f_sub(s, f_number(s, 1), f_scale(s, part, (double)terms)));
    return log ? left : f_mul(s, left, one);
}
static int softmax_grad(scope *s, node *n, T const *g, T *out)
{
    if ((out[0] = line_grad(s, n, g[0], false)) || s->failed)
        return out[0] ? 0 : -1;
    return (out[0] = backward_of(s, &op_softmax_backward, g[0], node_kept_out(s, n, 0), node_params(n)[0])) ? 0 : -1;
}
static int log_softmax_grad(scope *s, node *n, T const *g, T *out)
{
    if ((out[0] = line_grad(s, n, g[0], true)) || s->failed)
        return out[0] ? 0 : -1;
    return (out[0] = backward_of(s, &op_log_softmax_backward, g[0], node_kept_out(s, n, 0), node_params(n)[0])) ? 0 : -1;
}
#define SOFTMAX(id, node_name, text)                                                                                                  \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int dim, dtype? dtype=None)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = softmax_rule, \
                        .kernel = softmax_kernel, .kind = {node_name, id##_grad, .flags = NK_POINTWISE, .takes = pointwise_dims}, .keep_out = 1, .doc = text};
SOFTMAX(softmax, "SoftmaxBackward0", "exp(x) over its sum along dim, computed from x - max(x); floats only.")
SOFTMAX(log_softmax, "LogSoftmaxBackward0", "Logarithm of softmax, computed as x - max(x) - log(sum(exp(x - max(x)))); floats only.")

/* ---- their gradients: args grad, output, dim -------------------------------------------------------------------------- */
static int backward_rule(call *c)
{
    const array *y = c->in[1]->a;
    if (!array_same_size(c->in[0]->a, y) || c->in[0]->a->dtype != y->dtype || !dtype_is_float(y->dtype))
        return ct_fail(CT_RUNTIME, "%s(): the gradient must have the result's shape and floating dtype", c->op->name);
    if (along(c, &c->args[2]) < 0 || in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0)
        return -1;
    c->effective = 4 * y->numel;
    c->work = 4 * array_held(y);
    return out_new(c, 0, y->dtype, y->ndim, array_size(y));
}
static void backward_piece(void *work, int64_t begin, int64_t end)
{
    call *c = work;
    const array *g = c->ia[0], *y = c->ia[1];
    blocks b = blocks_of(y, c->param[0]);
    for (int64_t i = begin; i < end; i++)
        K->reduce.softmax_backward[y->dtype](array_data(g) + i * b.bytes, array_data(y) + i * b.bytes, array_data(c->oa[0]) + i * b.bytes, b.n, b.columns,
                                             c->op == &op_log_softmax_backward);
}
static void backward_kernel(call *c) { each_block(c, c->ia[1], backward_piece); }
static T sum_along(scope *s, T x, int64_t dim) { return x && x->a->ndim ? f_sum_dims(s, x, 1, &dim, true) : x; }

/* Of y (g - sum(g y)) for an incoming h: h meets g as softmax's gradient does, and y twice. */
static int softmax_backward_grad(scope *s, node *n, T const *h, T *out)
{
    int64_t dim = node_params(n)[0];
    T g = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1);
    if (node_needs(n, 0))
        out[0] = backward_of(s, &op_softmax_backward, h[0], y, dim);
    if (node_needs(n, 1)) {
        T hy = sum_along(s, f_mul(s, h[0], y), dim), gy = sum_along(s, f_mul(s, g, y), dim);
        out[1] = f_sub(s, f_sub(s, f_mul(s, h[0], g), f_mul(s, h[0], gy)), f_mul(s, g, hy));
    }
    return s->failed ? -1 : 0;
}
/* Of g - exp(y) sum(g). */
static int log_softmax_backward_grad(scope *s, node *n, T const *h, T *out)
{
    int64_t dim = node_params(n)[0];
    T p = f_unary(s, &op_exp, node_kept_in(s, n, 1)), hp = f_mul(s, h[0], p);
    if (node_needs(n, 0))
        out[0] = f_sub(s, h[0], sum_along(s, hp, dim));
    if (node_needs(n, 1))
        out[1] = f_neg(s, f_mul(s, hp, sum_along(s, node_kept_in(s, n, 0), dim)));
    return s->failed ? -1 : 0;
}
#define BACKWARD(id, node_name, text)                                                                                                         \
    const op op_##id = {.name = #id, .sig = "(Tensor grad, Tensor output, int dim)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block,         \
                        .shape = backward_rule, .kernel = backward_kernel, .kind = {node_name, id##_grad}, .keep = {3, 3}, .doc = text};
BACKWARD(softmax_backward, "SoftmaxBackwardDataBackward0", "Gradient of softmax from the incoming gradient and softmax's result.")
BACKWARD(log_softmax_backward, "LogSoftmaxBackwardDataBackward0", "Gradient of log_softmax from the incoming gradient and log_softmax's result.")

/* ---- logsumexp: args self, dim, keepdim ------------------------------------------------------------------------------------ */
static int logsumexp_rule(call *c)
{
    const array *a = c->in[0]->a;
    ct_dtype d = dtype_is_float(a->dtype) ? a->dtype : dtype_default();
    if (a->ndim && c->args[1].kind == ARG_INTS && c->args[1].n == 0 && !arg_bool(&c->args[2])) /* as in PyTorch */
        return ct_fail(CT_RUNTIME, "logsumexp(): an empty dim takes all dimensions with keepdim=True only; name them, or leave keepdim's shape and reshape");
    if (reduce_dims(c, &c->args[1], &c->args[2], true) < 0 || fold_still(c) < 0 || in_cast(c, 0, d) < 0 || fold_out(c, d) < 0)
        return -1;
    int64_t once = 1; /* the kernel sees one index along these dims, in results too */
    for (int i = 0; i < a->ndim; i++)
        once *= c->once >> i & 1 ? array_size(a)[i] : 1;
    c->effective = 8 * a->numel;
    c->work = 8 * array_held(a);
    c->scratch_bytes = (c->ia[0]->numel + c->oa[0]->numel) / once * dtype_bytes(d);
    return 0;
}

/* Where the largest is infinite, 0 is taken off instead: inf - inf would be NaN. */
static void finite_or_zero(array *most)
{
    int64_t item = dtype_bytes((ct_dtype)most->dtype);
    for (int64_t i = 0; i < most->numel; i++)
        if (isinf(dtype_load(array_data(most) + i * item, (ct_dtype)most->dtype)))
            memset(array_data(most) + i * item, 0, (size_t)item);
}
static void run2(k_loop *loop, int n, int ndim, const int64_t *size, char *const *data, const int64_t *const *stride)
{
    k_nd nd;
    nd.ndim = ndim;
    nd.nop = n;
    layout_take(nd.size, size, ndim);
    for (int i = 0; i < n; i++) {
        nd.data[i] = data[i];
        layout_take(nd.stride[i], stride[i], ndim);
    }
    k_walk(&nd, loop, NULL);
}

/* max, exp(x - max) into scratch, sum, log, plus max: each of them as the op of its name. */
static void logsumexp_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    int64_t item = dtype_bytes(a->dtype), in[CT_MAXDIM], flat[CT_MAXDIM], most_step[CT_MAXDIM], one = item, at = y->ndim - 1;
    char *terms = c->scratch, *most = terms + a->numel * item, *out = array_data(y);
    bool keepdim = c->param[a->ndim];
    if (y->numel == 0)
        return;
    if (a->numel)
        fold_planes(c, PLANE_MAX);
    else
        memset(out, 0, (size_t)(y->numel * item));
    finite_or_zero(y);
    memcpy(most, out, (size_t)(y->numel * item));
    layout_dense_like(a->ndim, array_size(a), array_visible_stride(a), flat);
    for (int d = a->ndim - 1; d >= 0; d--) {
        in[d] = array_stride(a)[d] * item;
        flat[d] *= item;
        most_step[d] = c->param[d] ? 0 : array_stride(y)[at] * item;
        at -= !c->param[d] || keepdim;
    }
    run2(K->binary[B_sub][a->dtype], 3, a->ndim, array_size(a), (char *const[]){terms, array_data(a), most}, (const int64_t *const[]){flat, in, most_step});
    if (a->numel)
        K->unary[U_exp][a->dtype]((char *const[]){terms, terms}, (int64_t[]){item, item}, a->numel, NULL);
    k_fold f;
    fold_plan(c, a, y, NULL, &f);
    f.data = terms;
    for (int d = 0, r = 0, k = 0; d < a->ndim; d++)
        *(c->param[d] ? &f.in[r++] : &f.kept_in[k++]) = flat[d];
    fold_terms(&f, PLANE_SUM, (ct_dtype)a->dtype, (ct_dtype)y->dtype);
    run2(K->unary[U_log][a->dtype], 2, 1, &y->numel, (char *const[]){out, out}, (const int64_t *const[]){&one, &one});
    run2(K->binary[B_add][a->dtype], 3, 1, &y->numel, (char *const[]){out, out, most}, (const int64_t *const[]){&one, &one, &one});
    if (fold_times(c) != 1)
        scale_results(y, B_add, log((double)fold_times(c)));
}
static int logsumexp_grad(scope *s, node *n, T const *g, T *out)
{
    T x = reduced_in(s, n), y = reduced_out(s, n, 0);
    out[0] = f_mul(s, widen_only(s, n, g[0]), f_unary(s, &op_exp, f_sub(s, x, widen_only(s, n, y))));
    return out[0] ? 0 : -1;
}
const op op_logsumexp = {.name = "logsumexp", .sig = "(Tensor self, int[1] dim, bool keepdim=False)", .flags = OP_OUT, .run = op_block, .shape = logsumexp_rule,
    .kernel = logsumexp_kernel, .kind = {"LogsumexpBackward0", logsumexp_grad, .takes = reduce_takes}, .keep = {1}, .keep_out = 1,
    .doc = "log(sum(exp(x))) over the dims, computed from x - max(x); -inf for none."};
