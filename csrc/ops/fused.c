/* Sums with a scaled term: add and sub with alpha, rsub, addcmul, addcdiv, lerp. Rounded as PyTorch rounds them: see kernel/fused.h. */
#include "ops/dispatch.h"
#include "ops/takes.h"

/* ---- running ------------------------------------------------------------------------------------------------- */
static ct_dtype common(const call *c, int n)
{
    promotion p = promotion_start();
    for (int i = 0; i < n; i++)
        promotion_add_arg(&p, &c->args[i]);
    return promotion_result(&p);
}

static int broadcast_inputs(call *c, layout *l)
{
    l->ndim = 0;
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && layout_broadcast(c->op->name, &l->ndim, l->size, c->ia[i]->ndim, array_size(c->ia[i])) < 0)
            return -1;
    return 0;
}

/* Runs a loop over the arguments order[0], order[1], ... in the dtype d. */
static int run_fused(call *c, k_fused_kind kind, ct_dtype d, int n, const int *order, double f, int64_t whole)
{
    layout l;
    k_factor factor = {f, whole, dtype_is_half(d) && kind == FUSED_LERP && c->args[order[n - 1]].kind != ARG_TENSOR};
    array *number[3] = {0};
    elementwise e = {.loop = K->fused[kind][d], .param = &factor, .n = n + 1};
    int done = broadcast_inputs(c, &l);
    for (int k = 0; k < n && done == 0; k++) {
        uint32_t i = (uint32_t)order[k];
        const arg *a = &c->args[i];
        ct_dtype as = factor.wide && k == n - 1 ? DT_F32 : d;
        if (a->kind != ARG_TENSOR)
            number[k] = number_array(a, as);
        done = a->kind == ARG_TENSOR ? in_cast(c, i, d) : number[k] ? 0 : -1;
        e.operand[k + 1] = number[k] ? number[k] : c->ia[i];
    }
    if (done == 0)
        done = run_elementwise(c, &e, d, &l);
    for (int k = 0; k < n; k++)
        array_drop(number[k]);
    return done;
}
static int64_t whole_of(const arg *a) { return arg_is_unsigned(a) ? arg_wrapped(a) : a->kind == ARG_FLOAT ? (int64_t)a->f : a->i; }

/* ---- add and sub with alpha, rsub: args self, other, alpha -------------------------------------------------------- */
static int check_alpha(const arg *alpha, ct_dtype d, bool minus)
{
    if (alpha->kind == ARG_BOOL && d != DT_BOOL)
        return ct_fail(CT_RUNTIME, "Boolean alpha only supported for Boolean results.");
    if (alpha->kind == ARG_FLOAT && !arg_is_unsigned(alpha) && !dtype_is_float(d))
        return ct_fail(CT_RUNTIME, "For integral input tensors, argument alpha must not be a floating point number.");
    return minus && arg_is_unsigned(alpha) ? 0 : number_fits(alpha, d);
}
/* Whole numbers are negated modulo 2^64, as PyTorch negates them. */
static double negated(const arg *a)
{
    uint64_t bits = 0 - (uint64_t)whole_of(a);
    return a->kind == ARG_FLOAT && !a->whole ? -a->f : (double)(int64_t)bits;
}
static int numbers_compose(scope *s, call *c, T *out)
{
    T number[2];
    for (int i = 0; i < 2; i++)
        number[i] = f_weak(s, &c->args[i]);
    return (out[0] = f_call(s, c->op, 3, (arg[]){a_t(number[0]), a_t(number[1]), c->args[2]})) ? 0 : -1;
}
/* The gradients are g times the two kept factors. */
static int scaled_grad(scope *s, node *n, T const *g, T *out)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        if (node_needs(n, i)) {
            double k = read_double(node_params(n) + i);
            out[i] = k == 1 ? g[0] : k == -1 ? f_neg(s, g[0]) : f_scale(s, g[0], k);
        }
    return s->failed ? -1 : 0;
}
static int run_scaled(call *c, bool minus, bool reflected)
{
    const arg *alpha = &c->args[2];
    if (c->n_in == 0)
        return op_compose(c);
    ct_dtype d = common(c, 2);
    if ((minus && refuse_bool_difference(c) < 0) || check_alpha(alpha, d, minus) < 0)
        return -1;
    double k = minus ? negated(alpha) : arg_double(alpha);
    int64_t whole = whole_of(alpha);
    keep_double(c, reflected ? k : 1);
    keep_double(c, reflected ? 1 : k);
    k = dtype_is_half(d) ? dtype_rounded(d, k) : k; /* as PyTorch holds it */
    return run_fused(c, FUSED_SCALED, d, 2, reflected ? (int[]){1, 0} : (int[]){0, 1}, k, minus ? (int64_t)(0 - (uint64_t)whole) : whole);
}
static int run_add(call *c) { return run_scaled(c, false, false); }
static int run_sub(call *c) { return run_scaled(c, true, false); }
static const node_kind of_number = {"RsubBackward1", scaled_grad, .flags = NK_POINTWISE, .takes = pointwise_takes};
static int run_rsub(call *c)
{
    if (c->args[1].kind != ARG_TENSOR)
        c->kind = &of_number;
    return run_scaled(c, true, true);
}
const op op_add_alpha = {.name = "add.alpha", .sig = "(Operand self, Operand other, *, Scalar alpha)", .flags = OP_INPLACE | OP_OUT, .run = run_add,
    .compose = numbers_compose, .kind = {"AddBackward0", scaled_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .doc = "self + alpha * other, rounded once."};
const op op_sub_alpha = {.name = "sub.alpha", .sig = "(Operand self, Operand other, *, Scalar alpha)", .flags = OP_INPLACE | OP_OUT, .run = run_sub,
    .compose = numbers_compose, .kind = {"SubBackward0", scaled_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .doc = "self - alpha * other, rounded once."};
#define RSUB(id, full_name, sig_text)                                                                                                                            \
    const op op_##id = {.name = full_name, .sig = sig_text, .flags = OP_FUNCTION, .run = run_rsub, .compose = numbers_compose,                                     \
        .kind = {"RsubBackward0", scaled_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .doc = "other - alpha * self, rounded once."};
RSUB(rsub, "rsub", "(Tensor self, Operand other, *, Scalar alpha=1)")
RSUB(rsub_number, "rsub.number", "(Tensor self, Scalar other, Scalar alpha)")

/* ---- addcmul, addcdiv: args self, tensor1, tensor2, value ------------------------------------------------------------ */
static int run_term(call *c, k_fused_kind kind)
{
    const arg *value = &c->args[3];
    ct_dtype d = common(c, 3);
    if (d == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"%s_cpu_out\" not implemented for 'Bool'", c->op->name);
    if (number_fits(value, dtype_computed(d)) < 0)
        return -1;
    keep_double(c, arg_double(value));
    return run_fused(c, kind, d, 3, (int[]){0, 1, 2}, arg_double(value), whole_of(value));
}
static T times(scope *s, T x, double k) { return k == 1 ? x : f_scale(s, x, k); }
static int addcmul_grad(scope *s, node *n, T const *g, T *out)
{
    double k = read_double(node_params(n));
    if (node_needs(n, 0))
        out[0] = g[0];
    for (uint32_t i = 1; i < 3; i++)
        if (node_needs(n, i))
            out[i] = f_mul(s, g[0], times(s, node_kept_in(s, n, 3 - i), k));
    return s->failed ? -1 : 0;
}
static int addcdiv_grad(scope *s, node *n, T const *g, T *out)
{
    double k = read_double(node_params(n));
    T below = node_needs(n, 1) || node_needs(n, 2) ? node_kept_in(s, n, 2) : NULL;
    if (node_needs(n, 0))
        out[0] = g[0];
    if (node_needs(n, 1))
        out[1] = f_mul(s, g[0], f_div(s, f_number(s, k), below));
    if (node_needs(n, 2))
        out[2] = f_mul(s, f_neg(s, g[0]), f_div(s, times(s, node_kept_in(s, n, 1), k), f_mul(s, below, below)));
    return s->failed ? -1 : 0;
}
static int run_addcmul(call *c) { return run_term(c, FUSED_MULTIPLIED); }
static int run_addcdiv(call *c)
{
    if (!dtype_is_float(c->in[1]->a->dtype) && !dtype_is_float(c->in[2]->a->dtype))
        return ct_fail(CT_RUNTIME, "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 and tensor2. Use floats.");
    return run_term(c, FUSED_DIVIDED);
}
const op op_addcmul = {.name = "addcmul", .sig = "(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", .flags = OP_INPLACE | OP_OUT, .run = run_addcmul,
    .kind = {"AddcmulBackward0", addcmul_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {0, 4, 2}, .doc = "self + value * tensor1 * tensor2."};
const op op_addcdiv = {.name = "addcdiv", .sig = "(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", .flags = OP_INPLACE | OP_OUT, .run = run_addcdiv,
    .kind = {"AddcdivBackward0", addcdiv_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {0, 4, 6}, .doc = "self + value * tensor1 / tensor2. RuntimeError where both tensors are integers."};

/* ---- lerp: args self, end, weight --------------------------------------------------------------------------------------- */
static int same_dtype(const call *c, uint32_t i, const char *name)
{
    ct_dtype have = c->in[i]->a->dtype, want = c->in[0]->a->dtype;
    return have == want ? 0 : ct_fail(CT_RUNTIME, "expected dtype %s for `%s` but got dtype %s", dtype_cxx(want), name, dtype_cxx(have));
}
static int lerp_number_grad(scope *s, node *n, T const *g, T *out)
{
    double w = read_double(node_params(n));
    if (node_needs(n, 0))
        out[0] = f_scale(s, g[0], 1 - w);
    if (node_needs(n, 1))
        out[1] = f_scale(s, g[0], w);
    return s->failed ? -1 : 0;
}
static int lerp_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_mul(s, g[0], f_sub(s, f_number(s, 1), node_kept_in(s, n, 2)));
    if (node_needs(n, 1))
        out[1] = f_mul(s, g[0], node_kept_in(s, n, 2));
    if (node_needs(n, 2))
        out[2] = f_mul(s, g[0], f_sub(s, node_kept_in(s, n, 1), node_kept_in(s, n, 0)));
    return s->failed ? -1 : 0;
}
static const node_kind lerp_number = {"LerpBackward0", lerp_number_grad, .flags = NK_POINTWISE | NK_LASTS, .takes = pointwise_takes};
static int run_lerp(call *c)
{
    bool number = c->args[2].kind != ARG_TENSOR;
    ct_dtype d = number ? c->in[0]->a->dtype : common(c, 3);
    if (same_dtype(c, 1, "end") < 0 || (!number && c->in[2]->a->ndim && same_dtype(c, 2, "weight") < 0))
        return -1;
    if (!dtype_is_float(d))
        return broadcast_inputs(c, &(layout){0}) < 0 ? -1 : ct_fail(CT_NOTIMPL, "\"lerp_kernel_%s\" not implemented for '%s'", number ? "scalar" : "tensor", dtype_title(d));
    if (number) {
        c->kind = &lerp_number;
        keep_double(c, arg_double(&c->args[2]));
    }
    return run_fused(c, FUSED_LERP, d, 3, (int[]){0, 1, 2}, 1, 1);
}
const op op_lerp = {.name = "lerp", .sig = "(Tensor self, Tensor end, Operand weight)", .flags = OP_INPLACE | OP_OUT, .run = run_lerp,
    .kind = {"LerpBackward1", lerp_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {4, 4, 3}, .doc = "self + weight * (end - self), counted from the nearer end. RuntimeError for different dtypes."};
