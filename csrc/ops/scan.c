/* Along one dimension: cumsum, cumprod, logcumsumexp, cummax, cummin. */
#include "array/odometer.h"
#include "base/pool.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

/* ---- rows along the dimension, shared among threads ------------------------------------------------------------ */
enum { STEPS_OF_PIECE = 4096, ROWS_OF_PIECE = 32 /* or a multiple, where there are many: they go side by side */ };
typedef struct rows { const call *c; k_scan_f *scan; k_scan first; } rows;

static void move(const rows *r, k_scan *s, int d, int64_t by)
{
    const call *c = r->c;
    int64_t item = dtype_bytes(c->ia[0]->dtype);
    s->in += by * array_stride(c->ia[0])[d] * item;
    s->out += by * array_stride(c->oa[0])[d] * item;
    if (s->places)
        s->places += by * array_stride(c->oa[1])[d] * (int64_t)sizeof(int64_t);
}
/* Rows begin .. end - 1, numbered in row-major order of the dims but `dim`. */
static void rows_piece(void *of, int64_t begin, int64_t end)
{
    const rows *r = of;
    const array *in = r->c->ia[0];
    const int64_t *size = array_size(in);
    int64_t at[CT_MAXDIM] = {0}, left = begin;
    int dim = (int)r->c->param[0];
    k_scan s = r->first;
    for (int d = in->ndim - 1; d >= 0 && left; d--) {
        if (d == dim)
            continue;
        at[d] = left % size[d];
        left /= size[d];
        move(r, &s, d, at[d]);
    }
    int inner = in->ndim - 1 - (in->ndim - 1 == dim);
    for (; begin < end; begin += s.lines) {
        s.lines = inner < 0 ? 1 : size[inner] - at[inner] < end - begin ? size[inner] - at[inner] : end - begin;
        r->scan(&s);
        for (int d = inner; d >= 0; d--) {
            if (d == dim)
                continue;
            int64_t by = d == inner ? s.lines : 1;
            bool carry = (at[d] += by) == size[d];
            move(r, &s, d, carry ? by - size[d] : by);
            if (!carry)
                break;
            at[d] = 0;
        }
    }
}
static void each_row(call *c, k_scan_kind kind)
{
    const array *in = c->ia[0], *out = c->oa[0], *places = c->n_out > 1 ? c->oa[1] : NULL;
    int dim = (int)c->param[0];
    int64_t item = dtype_bytes(in->dtype);
    k_scan s = {array_data(in), array_data(out), places ? array_data(places) : NULL, .n = 1, .lines = 1};
    if (out->numel == 0)
        return;
    if (in->ndim) {
        s.n = array_size(in)[dim];
        s.in_stride = array_stride(in)[dim] * item;
        s.out_stride = array_stride(out)[dim] * item;
        s.places_stride = places ? array_stride(places)[dim] * (int64_t)sizeof(int64_t) : 0;
    }
    int inner = in->ndim - 1 - (in->ndim - 1 == dim);
    if (inner >= 0) {
        s.in_apart = array_stride(in)[inner] * item;
        s.out_apart = array_stride(out)[inner] * item;
        s.places_apart = places ? array_stride(places)[inner] * (int64_t)sizeof(int64_t) : 0;
    }
    rows r = {c, K->reduce.scan[kind][in->dtype], s};
    int64_t n = in->numel / s.n, step = STEPS_OF_PIECE / s.n + 1;
    ct_share(n, n < 8 * ROWS_OF_PIECE ? step : (step + ROWS_OF_PIECE - 1) / ROWS_OF_PIECE * ROWS_OF_PIECE, POOL_MOST, rows_piece, &r);
}

static int dim_rule(call *c, const arg *dim)
{
    int at = 0;
    if (layout_wrap_dim(c->op->name, dim->i, c->in[0]->a->ndim, &at) < 0)
        return -1;
    keep_param(c, at);
    call_once(c, (uint64_t)1 << at);
    c->work = array_held(c->in[0]->a);
    c->effective = c->in[0]->a->numel;
    return 0;
}

/* ---- cumsum, cumprod: args self, dim, dtype ---------------------------------------------------------------------------- */
static int scan_rule(call *c)
{
    const array *a = c->in[0]->a;
    ct_dtype d = arg_dtype(&c->args[2], dtype_is_float(a->dtype) ? a->dtype : DT_I64);
    if (c->mode != CALL_NEW)
        d = arg_dtype(&c->args[2], (c->mode == CALL_OUT ? c->out_given[0]->a : a)->dtype);
    if (c->mode == CALL_INPLACE && d != a->dtype)
        return ct_fail(CT_RUNTIME, "Bad in-place call: input tensor dtype %s and output tensor dtype %s should match", dtype_name(a->dtype), dtype_name(d));
    if (dim_rule(c, &c->args[1]) < 0 || in_cast(c, 0, d) < 0 || check_differentiable(c, d) < 0)
        return -1;
    if (d == DT_BOOL && a->numel)
        return ct_fail(CT_NOTIMPL, "\"%s_out_cpu\" not implemented for 'Bool'", c->op->name);
    return out_new(c, 0, d, a->ndim, array_size(a));
}
static void cumsum_kernel(call *c) { each_row(c, SCAN_SUM); }
static void cumprod_kernel(call *c) { each_row(c, SCAN_PROD); }

static T sum_along(scope *s, T x, int64_t dim) { return x && x->a->ndim ? f_sum_dims(s, x, 1, &dim, true) : x; }
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
        T at = scope_array(s, s->failed ? NULL : array_new(x->a->dtype, 1, &n));
        if (!at)
            return NULL;
        memset(array_data(at->a), 0, (size_t)(n * dtype_bytes(x->a->dtype)));
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
        if (dtype_load(array_data(a) + o.place * dtype_bytes((ct_dtype)a->dtype), (ct_dtype)a->dtype) == 0)
            return true;
    return false;
}
static int cumprod_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    int64_t dim = node_params(n)[0];
    if (!x || !y)
        return -1;
    if (x->a->ndim == 0 || x->a->numel == 0 || array_size(x->a)[dim] == 1)
        out[0] = g[0];
    else if (has_zero(x->a))
        out[0] = cumprod_exact(s, x, g[0], dim);
    else
        out[0] = f_div(s, sums_after(s, f_mul(s, g[0], y), dim), x);
    return out[0] ? 0 : -1;
}
#define SCAN(id, node_name, kept_in, kept_y, text)                                                                                      \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int dim, *, dtype? dtype=None)", .flags = OP_INPLACE | OP_OUT | OP_OUT_WHOLE, .run = op_block, \
                        .shape = scan_rule, .kernel = id##_kernel, .kind = {node_name, id##_grad, .flags = NK_POINTWISE, .takes = along_takes}, .keep = {kept_in}, .keep_out = kept_y, .doc = text};
SCAN(cumsum, "CumsumBackward0", 0, 0, "Running sums along dim; integers and bools in int64.")
SCAN(cumprod, "CumprodBackward0", 1, 1, "Running products along dim; integers and bools in int64.")

/* ---- logcumsumexp: args self, dim ------------------------------------------------------------------------------------------ */
static int logcumsumexp_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (dim_rule(c, &c->args[1]) < 0)
        return -1;
    if (!dtype_is_float(a->dtype))
        return ct_fail(CT_NOTIMPL, "\"logcumsumexp_out_cpu\" not implemented for '%s'", dtype_title(a->dtype));
    if (c->mode == CALL_OUT && c->out_given[0]->a->dtype != a->dtype)
        return ct_fail(CT_RUNTIME, "logcumsumexp(): expected scalar_type %s but found %s: the dtype of out=", dtype_title(a->dtype), dtype_title(c->out_given[0]->a->dtype));
    c->work *= 16;
    return out_new(c, 0, a->dtype, a->ndim, array_size(a));
}
static void logcumsumexp_kernel(call *c) { each_row(c, SCAN_LOGSUMEXP); }

/* exp(x_i) sum over k >= i of g_k exp(-y_k), in logarithms, the positive and the negative g apart. */
static T log_part(scope *s, T g, T x, T y, int64_t dim)
{
    T minus = f_number(s, g ? -dtype_largest((ct_dtype)g->a->dtype) : 0), some = f_binary(s, &op_gt, g, f_number(s, 0));
    T up = f_sub(s, f_where(s, some, f_unary(s, &op_log, f_where(s, some, g, f_number(s, 1))), minus), y);
    T later = flipped(s, f_call(s, &op_logcumsumexp, 2, (arg[]){a_t(flipped(s, up, dim)), a_i(dim)}), dim);
    return f_unary(s, &op_exp, f_add(s, later, x));
}
static int logcumsumexp_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    int64_t dim = node_params(n)[0];
    if (!x || !y)
        return -1;
    if (x->a->ndim == 0 || x->a->numel == 0)
        out[0] = g[0];
    else
        out[0] = f_sub(s, log_part(s, g[0], x, y, dim), log_part(s, f_neg(s, g[0]), x, y, dim));
    return out[0] ? 0 : -1;
}
const op op_logcumsumexp = {.name = "logcumsumexp", .sig = "(Tensor self, int dim)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE, .run = op_block, .shape = logcumsumexp_rule,
    .kernel = logcumsumexp_kernel, .kind = {"LogcumsumexpBackward0", logcumsumexp_grad, .flags = NK_POINTWISE, .takes = along_takes}, .keep = {1}, .keep_out = 1,
    .doc = "Logarithm of the running sums of exponentials along dim; floats only."};

/* ---- cummax, cummin: args self, dim ------------------------------------------------------------------------------------------- */
static int cummax_rule(call *c)
{
    const array *a = c->in[0]->a;
    c->declared[1].undifferentiable = true;
    if (dim_rule(c, &c->args[1]) < 0)
        return -1;
    uint64_t once = c->once_out, dim = a->ndim ? (uint64_t)1 << c->param[0] : 0;
    bool alike = spread_worth((ct_dtype)a->dtype, a->numel) && still_dims(a, a->ndim) & dim; /* of equal numbers the places alone differ */
    c->once_out |= alike ? dim : 0;
    if (out_new(c, 0, a->dtype, a->ndim, array_size(a)) < 0)
        return -1;
    c->once_out = alike ? ~dim : once;
    return out_new(c, 1, DT_I64, a->ndim, array_size(a));
}
static void cummax_kernel(call *c) { each_row(c, SCAN_MAX); }
static void cummin_kernel(call *c) { each_row(c, SCAN_MIN); }
/* Places are along the dim: where the input takes sums along it, they do not matter. */
static uint64_t cummax_takes(node *n)
{
    uint64_t dim = n->out_ndim ? (uint64_t)1 << node_params(n)[0] : 0;
    return along_takes(n) | (node_takes(n, 0) & dim);
}
static int cummax_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t dim = node_params(n)[0];
    T places = node_kept_out(s, n, 1);
    if (!places || !g[0])
        return g[0] ? -1 : 0;
    if (node_takes(n, 0) >> dim & 1)
        return (out[0] = node_got(n) >> dim & 1 ? g[0] : f_sum_dims(s, g[0], 1, &dim, true)) ? 0 : -1;
    out[0] = f_call(s, &op_scatter_add, 4, (arg[]){a_t(f_zeros_like(s, g[0])), a_i(node_params(n)[0]), a_t(places), a_t(g[0])});
    return out[0] ? 0 : -1;
}
#define RUNNING(id, node_name, text)                                                                                                         \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int dim)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .n_out = 2, .ret = "values indices",   \
                        .shape = cummax_rule, .kernel = id##_kernel, .keep = {1}, .keep_out = 1, .reads_out = 2, .doc = text,                                      \
                        .kind = {node_name, cummax_grad, .flags = NK_POINTWISE, .takes = cummax_takes}};
RUNNING(cummax, "CummaxBackward0", "(values, indices) of the largest element so far along dim; the last of equals; NaN wins.")
RUNNING(cummin, "CumminBackward0", "(values, indices) of the smallest element so far along dim; the last of equals; NaN wins.")
