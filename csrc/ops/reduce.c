/* Reductions: sum, mean, any, all, and what all reductions share. */
#include "ops/reduce.h"
#include "kernel/half.h"
#include "kernel/half_fold.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

/* ---- shared ------------------------------------------------------------------------------------------------- */
/* What repeats along a kept dimension is reduced once. */
static void reduce_once(call *c, const array *a)
{
    uint64_t reduced = 0;
    int at = 0;
    c->work = a->numel;
    if (!spread_worth((ct_dtype)a->dtype, a->numel))
        return;
    for (int d = 0; d < a->ndim; d++)
        reduced |= (uint64_t)(c->param[d] != 0) << d;
    call_once(c, reduced);
    c->once_out = 0;
    for (int d = 0; d < a->ndim; d++) {
        if (c->once >> d & 1)
            c->once_out |= (uint64_t)1 << at;
        at += !c->param[d] || c->param[a->ndim];
    }
    c->work = array_held(a);
    c->effective = a->numel;
}

int reduce_dims(call *c, const arg *dims, const arg *keepdim, bool empty_is_all)
{
    bool reduced[CT_MAXDIM];
    const array *a = c->in[0]->a;
    bool all = dims->kind != ARG_INTS && dims->kind != ARG_INT;
    int64_t one = dims->kind == ARG_INT ? dims->i : 0;
    int n = dims->kind == ARG_INTS ? (int)dims->n : 1;
    const int64_t *list = dims->kind == ARG_INTS ? dims->ints : &one;
    if (!all && n == 0 && !empty_is_all)
        memset(reduced, 0, sizeof reduced);
    else if (layout_dims_mask(c->op->name, all ? 0 : n, all ? NULL : list, a->ndim, reduced) < 0)
        return -1;
    for (int d = 0; d < a->ndim; d++)
        keep_param(c, reduced[d]);
    keep_param(c, arg_bool(keepdim));
    reduce_once(c, a);
    return 0;
}

int reduce_dim(call *c, const arg *dim, const arg *keepdim)
{
    const array *a = c->in[0]->a;
    int at = 0;
    if (layout_wrap_dim(c->op->name, dim->i, a->ndim, &at) < 0)
        return -1;
    for (int d = 0; d < a->ndim; d++)
        keep_param(c, d == at);
    keep_param(c, arg_bool(keepdim));
    reduce_once(c, a);
    return at;
}

int reduced_size(const call *c, const array *a, int64_t *size)
{
    int n = 0;
    bool keepdim = c->param[a->ndim];
    for (int d = 0; d < a->ndim; d++)
        if (!c->param[d] || keepdim)
            size[n++] = c->param[d] ? 1 : array_size(a)[d];
    return n;
}

int64_t reduced_count(const call *c, const array *a)
{
    int64_t n = 1;
    for (int d = 0; d < a->ndim; d++)
        n *= c->param[d] ? array_size(a)[d] : 1;
    return n;
}

void fold_plan(const call *c, const array *a, array *out, array *out2, k_fold *f)
{
    bool keepdim = c->param[a->ndim];
    int64_t item = dtype_bytes(a->dtype);
    int at = 0;
    f->kept = f->reduced = 0;
    f->p = 0;
    f->data = array_data(a);
    f->out = out ? array_data(out) : NULL;
    f->out2 = out2 ? array_data(out2) : NULL;
    for (int d = 0; d < a->ndim; d++) {
        if (c->param[d]) {
            f->size[f->reduced] = array_size(a)[d];
            f->in[f->reduced++] = array_stride(a)[d] * item;
            at += keepdim;
            continue;
        }
        f->kept_size[f->kept] = array_size(a)[d];
        f->kept_in[f->kept] = array_stride(a)[d] * item;
        f->kept_out[f->kept] = out ? array_stride(out)[at] * dtype_bytes(out->dtype) : 0;
        f->kept_out2[f->kept++] = out2 ? array_stride(out2)[at] * dtype_bytes(out2->dtype) : 0;
        at++;
    }
}

T widen_only(scope *s, node *n, T x)
{
    int ndim;
    ct_dtype dtype;
    node_in_size(n, 0, &ndim, &dtype);
    const int64_t *p = node_params(n);
    if (!p[ndim])
        for (int d = 0; d < ndim; d++)
            if (p[d])
                x = f_unsqueeze(s, x, d);
    return x;
}

T widen_some(scope *s, node *n, T x) { return x && !x->a->ndim ? x : widen_only(s, n, x); }

T widen(scope *s, node *n, T x)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    node_in_size(n, 0, &ndim, &dtype);
    summed_size(n, reduced_got(n), size);
    return f_expand(s, widen_some(s, n, x), ndim, size);
}

/* ---- gradients that arrive summed: along dims that are not reduced --------------------------------------------- */
/* Dims of the input for dims of the result, or the other way. */
static uint64_t kept_dims(node *n, uint64_t dims, bool to_result)
{
    int ndim, at = 0;
    ct_dtype dtype;
    uint64_t out = 0;
    node_in_size(n, 0, &ndim, &dtype);
    const int64_t *p = node_params(n);
    for (int d = 0; d < ndim; d++) {
        if (!p[d])
            out |= to_result ? (dims >> d & 1) << at : (dims >> at & 1) << d;
        at += !p[d] || p[ndim];
    }
    return out;
}
uint64_t reduced_got(node *n) { return node_got(n) ? kept_dims(n, node_got(n), false) : 0; }
uint64_t reduce_takes(node *n)
{
    uint64_t takes = node_takes(n, 0);
    const kept *x = node_kept(n);
    if (n->keep_in & 1)
        takes &= x->a ? still_dims(x->a, x->a->ndim) : 0;
    takes = takes ? kept_dims(n, takes, true) : 0;
    for (int i = n->keep_in & 1; i < n->n_kept && takes; i++) /* not where somebody wrote to the results by ways that are not told */
        takes &= x[i].a ? still_dims(x[i].a, n->out_ndim) : 0;
    return takes;
}
T reduced_in(scope *s, node *n)
{
    T x = node_kept_in(s, n, 0);
    return x && node_got(n) ? tape_algebra.narrow(s, x, reduced_got(n)) : x;
}
T reduced_out(scope *s, node *n, uint32_t i)
{
    T y = node_kept_out(s, n, i);
    return y && node_got(n) ? tape_algebra.narrow(s, y, node_got(n)) : y;
}

int reduced_dims(node *n, int ndim, int64_t *dims)
{
    int count = 0;
    for (int d = 0; d < ndim; d++)
        if (node_params(n)[d])
            dims[count++] = d;
    return count;
}

int64_t reduced_node_count(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *p = node_params(n);
    int64_t count = 1;
    for (int d = 0; d < ndim; d++)
        count *= p[d] ? size[d] : 1;
    return count;
}

int fold_out(call *c, ct_dtype dtype)
{
    int64_t size[CT_MAXDIM];
    int n = reduced_size(c, c->in[0]->a, size);
    return out_new(c, 0, dtype, n, size);
}

/* The number that a fold starts from, as `dtype`. */
static void neutral(k_plane_kind kind, ct_dtype dtype, void *p)
{
    static const int64_t least[DT_COUNT] = {[DT_I32] = INT32_MIN, [DT_I64] = INT64_MIN};
    static const int64_t most[DT_COUNT] = {[DT_BOOL] = 1, [DT_U8] = 255, [DT_I32] = INT32_MAX, [DT_I64] = INT64_MAX};
    if (kind == PLANE_MAX || kind == PLANE_MIN) {
        if (dtype_is_float(dtype))
            dtype_store_f(p, dtype, kind == PLANE_MAX ? -INFINITY : INFINITY);
        else
            dtype_store_i(p, dtype, kind == PLANE_MAX ? least[dtype] : most[dtype]);
    } else
        dtype_store_i(p, dtype, kind == PLANE_PROD || kind == PLANE_ALL);
}

int fold_still(call *c)
{
    const array *a = c->ia[0];
    uint64_t still = still_dims(a, a->ndim);
    if (!spread_saves((ct_dtype)a->dtype, a->numel)) /* small sums are taken in PyTorch's order, to its last bit */
        return 0;
    for (int d = 0; d < a->ndim; d++)
        if (!c->param[d] || array_size(a)[d] < 2)
            still &= ~((uint64_t)1 << d);
    return in_once(c, 0, still);
}

int64_t fold_times(const call *c)
{
    const array *all = c->in[0]->a, *distinct = c->ia[0];
    return distinct->numel == all->numel || !distinct->numel ? 1 : reduced_count(c, all) / reduced_count(c, distinct);
}

void fold_terms(const k_fold *f, k_plane_kind kind, ct_dtype from, ct_dtype to)
{
    int64_t start;
    if (dtype_is_half(from)) {
        k_fold_halves(f, from, kind, 1, 1);
        return;
    }
    neutral(kind, kind == PLANE_ANY || kind == PLANE_ALL ? DT_BOOL : to, &start);
    k_fold_planes(f, K->reduce.plane[kind][from], &start, dtype_bytes(to), dtype_bytes(from));
}

void fold_distinct(const call *c, k_plane_kind kind)
{
    k_fold f;
    fold_plan(c, c->ia[0], c->oa[0], NULL, &f);
    fold_terms(&f, kind, (ct_dtype)c->ia[0]->dtype, (ct_dtype)c->oa[0]->dtype);
}

static void scale(array *y, enum k_binary loop, double room)
{
    k_nd nd;
    bool half = dtype_is_half((ct_dtype)y->dtype);
    if (array_is_contiguous(y)) {
        int64_t item = dtype_bytes((ct_dtype)y->dtype);
        K->binary[loop][y->dtype]((char *[3]){array_data(y), array_data(y), (char *)&room}, (int64_t[3]){item, item, 0}, y->numel, half ? &half_wide_number : NULL);
        return;
    }
    array_operands(&nd, 3, y->ndim, array_size(y), (const array *[]){y, y, y});
    nd.data[2] = (char *)&room;
    memset(nd.stride[2], 0, y->ndim * sizeof(int64_t));
    k_walk(&nd, K->binary[loop][y->dtype], half ? &half_wide_number : NULL);
}
void scale_results(array *y, enum k_binary loop, double number)
{
    double room; /* of y's dtype; halves are scaled by a float32 */
    dtype_store_f(&room, dtype_is_half((ct_dtype)y->dtype) ? DT_F32 : (ct_dtype)y->dtype, number);
    scale(y, loop, room);
}
void scale_results_by(array *y, const arg *number)
{
    double room;
    if (number->kind != ARG_INT || dtype_is_float((ct_dtype)y->dtype) || y->dtype == DT_BOOL) {
        scale_results(y, B_mul, arg_double(number));
        return;
    }
    dtype_store_i(&room, (ct_dtype)y->dtype, number->i);
    scale(y, B_mul, room);
}

/* Sums times a number, or over one; of halves these are rounded once. */
static void fold_scaled(const call *c, k_plane_kind kind, enum k_binary by, double number)
{
    k_fold f;
    if (!dtype_is_half((ct_dtype)c->ia[0]->dtype)) {
        fold_distinct(c, kind);
        scale_results(c->oa[0], by, number);
        return;
    }
    fold_plan(c, c->ia[0], c->oa[0], NULL, &f);
    k_fold_halves(&f, (ct_dtype)c->ia[0]->dtype, kind, by == B_mul ? number : 1, by == B_div ? number : 1);
}

void fold_planes(const call *c, k_plane_kind kind)
{
    int64_t times = fold_times(c);
    if (times != 1 && (kind == PLANE_SUM || kind == PLANE_NANSUM)) {
        fold_scaled(c, kind, B_mul, (double)times);
        return;
    }
    fold_distinct(c, kind);
    if (times == 1 || kind != PLANE_PROD)
        return;
    array *y = c->oa[0];
    double power = (double)times;
    k_nd nd;
    array_operands(&nd, 2, y->ndim, array_size(y), (const array *[]){y, y});
    k_walk(&nd, K->pow_scalar[y->dtype], &power);
}

/* ---- the short way: the leading or the last dims of a small row-major tensor, in one plane as fold.c would walk it -------- */
static bool is_short(const call *c)
{
    const array *a = c->in[0]->a;
    return array_is_plain(a) && a->ndim < 32 && a->numel && a->numel < FOLD_PART && (a->dtype == DT_F32 || a->dtype == DT_F64) && c->mode == CALL_NEW &&
           (arg_given(&c->args[1]) ? c->args[1].kind != ARG_INTS || c->args[1].n : !arg_bool(&c->args[2])) && !arg_given(&c->args[3]);
}

/* Bit d: dim d is reduced. -1: refused. */
static int64_t short_dims(const call *c, int ndim)
{
    bool reduced[CT_MAXDIM];
    const arg *dim = &c->args[1];
    bool list = dim->kind == ARG_INTS;
    int64_t mask = 0;
    if (!arg_given(dim))
        return ((int64_t)1 << ndim) - 1;
    if (layout_dims_mask(c->op->name, list ? (int)dim->n : 1, list ? dim->ints : &dim->i, ndim, reduced) < 0)
        return -1;
    for (int d = 0; d < ndim; d++)
        mask |= (int64_t)reduced[d] << d;
    return mask;
}

static int fold_short(call *c, const node_kind *all_kind, bool mean)
{
    const array *a = c->in[0]->a;
    int ndim = a->ndim, n = 0;
    bool keepdim = arg_bool(&c->args[2]);
    int64_t dims = short_dims(c, ndim), size[CT_MAXDIM], item = dtype_bytes((ct_dtype)a->dtype), count[2] = {1, 1};
    if (dims < 0)
        return -1;
    int64_t turns = (dims ^ dims >> 1) & (((int64_t)1 << ndim) - 1) >> 1;
    if (turns & (turns - 1))
        return op_block(c);
    for (int d = 0; d < ndim; d++) {
        bool reduced = dims >> d & 1;
        count[reduced] *= a->dim[d];
        keep_param(c, reduced);
        if (!reduced || keepdim)
            size[n++] = reduced ? 1 : a->dim[d];
    }
    keep_param(c, keepdim);
    array *y = array_new((ct_dtype)a->dtype, n, size);
    if (!y)
        return -1;
    bool lead = dims & 1 && count[0] > 1;
    memset(array_data(y), 0, (size_t)(count[0] * item));
    K->reduce.plane[PLANE_SUM][a->dtype](&(k_plane){array_data(a), lead ? count[0] * item : item, count[1], lead ? item : count[1] * item, count[0], array_data(y), item});
    if (mean)
        scale_results(y, B_div, (double)count[1]);
    if (!arg_given(&c->args[1]))
        c->kind = all_kind;
    c->work = a->numel;
    return deliver_short(c, y);
}

/* ---- sum: args self, dim, keepdim, dtype ------------------------------------------------------------------------ */
ct_dtype total_dtype(const call *c, const arg *dtype)
{
    ct_dtype d = c->in[0]->a->dtype;
    return arg_dtype(dtype, c->mode == CALL_OUT ? (ct_dtype)c->out_given[0]->a->dtype : dtype_is_float(d) ? d : DT_I64);
}
/* sum and mean have keepdim beside dim alone. */
static int check_keepdim(const call *c)
{
    const arg *dim = &c->args[1];
    bool left_out = dim->kind == ARG_NONE && dim->truthy;
    return left_out && c->op != &op_nansum && arg_bool(&c->args[2]) ? ct_fail(CT_TYPE, "%s() missing 1 required positional arguments: \"dim\"", c->op->name) : 0;
}
static const node_kind sum_all_kind;
static int sum_rule(call *c)
{
    ct_dtype d = total_dtype(c, &c->args[3]);
    if (check_keepdim(c) < 0 || reduce_dims(c, &c->args[1], &c->args[2], true) < 0 || fold_still(c) < 0 || in_cast(c, 0, d) < 0 || check_differentiable(c, d) < 0)
        return -1;
    if (!arg_given(&c->args[1]) && !arg_bool(&c->args[2]))
        c->kind = &sum_all_kind;
    return fold_out(c, d);
}
static void sum_kernel(call *c) { fold_planes(c, PLANE_SUM); }
static int sum_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = widen(s, n, g[0])) ? 0 : -1; }
static const node_kind sum_all_kind = {"SumBackward0", sum_grad};
static int run_sum(call *c) { return is_short(c) ? fold_short(c, &sum_all_kind, false) : op_block(c); }
const op op_sum = {.name = "sum", .sig = "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", .flags = OP_OUT, .run = run_sum,
    .shape = sum_rule, .kernel = sum_kernel, .kind = {"SumBackward1", sum_grad},
    .doc = "Sum over one dimension, several, or all; integers and bools in int64, floats in their dtype by cascade summation."};

/* ---- nansum: NaN counts as 0 ---------------------------------------------------------------------------------------- */
static void nansum_kernel(call *c) { fold_planes(c, dtype_is_float(c->ia[0]->dtype) ? PLANE_NANSUM : PLANE_SUM); }
static int nansum_grad(scope *s, node *n, T const *g, T *out)
{
    T real = f_unary(s, &op_logical_not, f_unary(s, &op_isnan, reduced_in(s, n)));
    return (out[0] = f_mul(s, widen(s, n, g[0]), real)) ? 0 : -1;
}
static int nansum_rule(call *c)
{
    int result = sum_rule(c);
    c->kind = &c->op->kind;
    return result;
}
const op op_nansum = {.name = "nansum", .sig = "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", .flags = OP_OUT, .run = op_block,
    .shape = nansum_rule, .kernel = nansum_kernel, .kind = {"NansumBackward0", nansum_grad, .takes = reduce_takes}, .keep = {1}, .doc = "sum with NaN counted as 0."};

/* ---- mean ---------------------------------------------------------------------------------------------------------- */
static const node_kind mean_all_kind;
static int mean_rule(call *c)
{
    ct_dtype d = arg_dtype(&c->args[3], c->in[0]->a->dtype);
    if (check_keepdim(c) < 0)
        return -1;
    if (!dtype_is_float(d))
        return ct_fail(CT_RUNTIME, "mean(): could not infer output dtype. %s dtype must be either a floating point or complex dtype. Got: %s",
                       arg_given(&c->args[3]) ? "Optional" : "Input", dtype_title(d));
    if (reduce_dims(c, &c->args[1], &c->args[2], true) < 0 || fold_still(c) < 0 || in_cast(c, 0, d) < 0 || check_differentiable(c, d) < 0)
        return -1;
    if (!arg_given(&c->args[1]) && !arg_bool(&c->args[2]))
        c->kind = &mean_all_kind;
    return fold_out(c, d);
}
static void mean_kernel(call *c)
{
    fold_scaled(c, PLANE_SUM, B_div, (double)reduced_count(c, c->ia[0]));
}
static int mean_grad(scope *s, node *n, T const *g, T *out)
{
    T count = f_number(s, (double)reduced_node_count(n));
    if (tape_now.grad || g[0]->a->numel != 1)
        return (out[0] = f_div(s, widen(s, n, g[0]), count)) ? 0 : -1;
    int ndim; /* one quotient, of which there are many */
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    T share = f_div(s, g[0], count);
    return share && (out[0] = scope_array(s, array_repeat(share->a, ndim, size))) ? 0 : -1;
}
static const node_kind mean_all_kind = {"MeanBackward0", mean_grad};
static int run_mean(call *c) { return is_short(c) ? fold_short(c, &mean_all_kind, true) : op_block(c); }
const op op_mean = {.name = "mean", .sig = "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", .flags = OP_OUT, .run = run_mean,
    .shape = mean_rule, .kernel = mean_kernel, .kind = {"MeanBackward1", mean_grad},
    .doc = "Sum divided by the number of elements; floats only, unless dtype says which."};

/* ---- any, all: args self, dim, keepdim ---------------------------------------------------------------------------------- */
static int truth_rule(call *c)
{
    if (reduce_dims(c, &c->args[1], &c->args[2], false) < 0 || fold_still(c) < 0)
        return -1;
    const tensor *out = c->mode == CALL_OUT ? c->out_given[0] : NULL;
    if (out && out->a->dtype != DT_BOOL && out->a->dtype != DT_U8)
        return ct_fail(CT_RUNTIME, "%s only supports bool tensor for result, got: %s", c->op->name, dtype_title(out->a->dtype));
    return fold_out(c, out ? (ct_dtype)out->a->dtype : c->in[0]->a->dtype == DT_U8 ? DT_U8 : DT_BOOL);
}
static void any_kernel(call *c) { fold_planes(c, PLANE_ANY); }
static void all_kernel(call *c) { fold_planes(c, PLANE_ALL); }
#define TRUTH(id, text)                                                                                                                   \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int[1]? dim=None, bool keepdim=False)", .flags = OP_OUT | OP_NO_GRAD,             \
                        .run = op_block, .shape = truth_rule, .kernel = id##_kernel, .doc = text};
TRUTH(any, "True where any element over the dims is not 0; False for none.")
TRUTH(all, "True where every element over the dims is not 0; True for none.")

/* ---- count_nonzero: args self, dim ---------------------------------------------------------------------------------------- */
static int count_nonzero_compose(scope *s, call *c, T *out)
{
    T truth = f_binary(s, &op_ne, c->in[0], f_weak_int(s, 0));
    return (out[0] = f_call(s, &op_sum, 2, (arg[]){a_t(truth), c->args[1]})) ? 0 : -1;
}
const op op_count_nonzero = {.name = "count_nonzero", .sig = "(Tensor self, int[1]? dim=None)", .flags = OP_NO_GRAD, .run = op_compose,
    .compose = count_nonzero_compose, .doc = "How many elements over the dims are not 0, as int64."};
