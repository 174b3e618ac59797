/* var, std, norm. */
#include "ops/reduce.h"
#include <math.h>
#include <string.h>

/* ---- var and std: args self, dim, correction, keepdim; the older unbiased= forms are overloads --------------------- */
static double correction(const arg *a) { return a->kind == ARG_BOOL ? (a->i ? 1 : 0) : arg_given(a) ? arg_double(a) : 1; }

static void keep_double(call *c, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    keep_param(c, bits);
}
static double read_double(const int64_t *p)
{
    double value;
    memcpy(&value, p, sizeof value);
    return value;
}

static int var_of(call *c, const arg *dims, const arg *off, const arg *keepdim)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    if (!dtype_is_float(a->dtype))
        return ct_fail(CT_RUNTIME, "std and var only support floating point and complex dtypes: %s got %s", c->op->name, dtype_name(a->dtype));
    if (reduce_dims(c, dims, keepdim, true) < 0)
        return -1;
    keep_double(c, correction(off));
    int n = reduced_size(c, a, size);
    return out_new(c, 0, a->dtype, n, size);
}
static int var_rule(call *c) { return var_of(c, &c->args[1], &c->args[2], &c->args[3]); }
static int var_unbiased_rule(call *c) { return var_of(c, &(arg){0}, &c->args[1], &(arg){0}); }

static void var_kernel(call *c)
{
    k_fold f;
    fold_plan(c, c->ia[0], c->oa[0], NULL, &f);
    f.p = read_double(c->param + c->ia[0]->ndim + 1);
    K->reduce.fold[FOLD_VAR][c->ia[0]->dtype](&f);
}
static void std_kernel(call *c)
{
    array *y = c->oa[0];
    k_nd nd;
    var_kernel(c);
    array_operands(&nd, 2, y->ndim, array_size(y), (const array *[]){y, y});
    k_walk(&nd, K->unary[U_sqrt][y->dtype], NULL);
}

/* 2 (x - mean) / (n - correction), of the variance. */
static T deviation(scope *s, node *n, T x)
{
    int64_t dims[CT_MAXDIM], count = 1;
    int n_dims = 0, ndim = x ? x->a->ndim : 0;
    for (int d = 0; d < ndim; d++)
        if (node_params(n)[d]) {
            dims[n_dims++] = d;
            count *= array_size(x->a)[d];
        }
    double divisor = (double)count - read_double(node_params(n) + ndim + 1);
    T mean = n_dims ? f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints((uint32_t)n_dims, dims), a_b(true)}) : x;
    return f_scale(s, f_sub(s, x, mean), divisor > 0 ? 2 / divisor : NAN);
}
static int var_grad(scope *s, node *n, T const *g, T *out)
{
    return (out[0] = f_mul(s, widen_only(s, n, g[0]), deviation(s, n, node_kept_in(s, n, 0)))) ? 0 : -1;
}
static int std_grad(scope *s, node *n, T const *g, T *out)
{
    T y = node_kept_out(s, n, 0), over = f_div(s, g[0], f_scale(s, y, 2));
    T calm = f_where(s, f_binary(s, &op_eq, y, f_number(s, 0)), f_zeros_like(s, y), over);
    return (out[0] = f_mul(s, widen_only(s, n, calm), deviation(s, n, node_kept_in(s, n, 0)))) ? 0 : -1;
}
#define SPREAD(id, public, signature, rule, node_name, extra, text)                                                                   \
    const op op_##id = {.name = public, .sig = signature, .flags = OP_OUT, .run = op_block, .shape = rule, .kernel = extra##_kernel,    \
                        .kind = {node_name, extra##_grad}, .keep = {1}, .keep_out = 1, .doc = text};
#define SPREADS(id, node_name, text)                                                                                                           \
    SPREAD(id##_unbiased, #id ".unbiased", "(Tensor self, bool unbiased)", var_unbiased_rule, node_name, id, text)                              \
    SPREAD(id, #id, "(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False)", var_rule, node_name, id, text)            \
    SPREAD(id##_dim, #id ".dim", "(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)", var_rule, node_name, id, text)
SPREADS(var, "VarBackward0", "Variance over the dims: squared deviations over n - correction (1 unless given); floats only.")
SPREADS(std, "StdBackward0", "Square root of the variance over the dims; correction is taken off the count (1 unless given); floats only.")

/* ---- var_mean, std_mean ----------------------------------------------------------------------------------------------- */
static int with_mean(scope *s, call *c, const op *o, T *out)
{
    arg args[4] = {c->args[0], c->args[1], c->args[2], c->args[3]};
    out[0] = f_call(s, o, 4, args);
    out[1] = f_call(s, &op_mean, 3, (arg[]){c->args[0], c->args[1], c->args[3]});
    return out[0] && out[1] ? 0 : -1;
}
static int var_mean_compose(scope *s, call *c, T *out) { return with_mean(s, c, &op_var, out); }
static int std_mean_compose(scope *s, call *c, T *out) { return with_mean(s, c, &op_std, out); }
#define WITH_MEAN(id, text)                                                                                                                        \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False)", .flags = OP_FUNCTION, \
                        .run = op_compose, .compose = id##_compose, .n_out = 2, .doc = text};
WITH_MEAN(var_mean, "(variance, mean) over the dims.")
WITH_MEAN(std_mean, "(standard deviation, mean) over the dims.")

/* ---- norm: args self, p, dim, keepdim, dtype ------------------------------------------------------------------------------- */
static int norm_order(const arg *p, double *order)
{
    *order = 2;
    if (p->kind == ARG_STR)
        return strcmp(p->str, "fro") == 0 ? 0 : ct_fail(CT_NOTIMPL, "norm: p = '%s' is not offered; use 'fro' or a number", p->str);
    if (arg_given(p))
        *order = arg_double(p);
    return 0;
}
static int norm_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    double order;
    ct_dtype d = arg_dtype(&c->args[4], a->dtype);
    if (norm_order(&c->args[1], &order) < 0)
        return -1;
    if (!dtype_is_float(d))
        return ct_fail(CT_RUNTIME, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got %s", d == DT_I64 ? "Long" : d == DT_BOOL ? "Bool" : d == DT_I32 ? "Int" : "Byte");
    if (reduce_dims(c, &c->args[2], &c->args[3], true) < 0 || in_cast(c, 0, d) < 0)
        return -1;
    for (int i = 0; i < a->ndim && (order < 0 || isinf(order)); i++)
        if (c->param[i] && array_size(a)[i] == 0)
            return ct_fail(CT_RUNTIME, "linalg.vector_norm cannot compute the %g norm on an empty tensor because the operation does not have an identity", order);
    keep_double(c, order);
    int n = reduced_size(c, a, size);
    return out_new(c, 0, d, n, size);
}
static void norm_kernel(call *c)
{
    k_fold f;
    fold_plan(c, c->ia[0], c->oa[0], NULL, &f);
    f.p = read_double(c->param + c->ia[0]->ndim + 1);
    K->reduce.fold[FOLD_NORM][c->ia[0]->dtype](&f);
}
static T where_zero(scope *s, T test, T otherwise) { return f_where(s, f_binary(s, &op_eq, test, f_number(s, 0)), f_zeros_like(s, otherwise), otherwise); }

/* x |x|^(p-2) / norm^(p-1), 0 where the norm is 0; the infinite orders share among the extremes. */
static int norm_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = widen_only(s, n, node_kept_out(s, n, 0)), up = widen_only(s, n, g[0]);
    if (!x || !y || !up)
        return -1;
    double p = read_double(node_params(n) + x->a->ndim + 1);
    if (p == 0)
        out[0] = f_zeros_like(s, x);
    else if (p == 1)
        out[0] = f_mul(s, up, f_unary(s, &op_sign, x));
    else if (p == 2)
        out[0] = where_zero(s, f_expand(s, y, x->a->ndim, array_size(x->a)), f_mul(s, x, f_div(s, up, y)));
    else if (isinf(p)) {
        int64_t dims[CT_MAXDIM];
        int n_dims = 0;
        for (int d = 0; d < x->a->ndim; d++)
            if (node_params(n)[d])
                dims[n_dims++] = d;
        T same = f_cast(s, f_binary(s, &op_eq, f_unary(s, &op_abs, x), y), x->a->dtype);
        T ties = n_dims ? f_sum_dims(s, same, n_dims, dims, true) : same;
        out[0] = f_mul(s, f_mul(s, f_unary(s, &op_sign, x), same), f_div(s, up, ties));
    } else {
        T power = f_call(s, &op_pow_scalar, 2, (arg[]){a_t(f_unary(s, &op_abs, x)), a_f(p - 1)});
        T scale = f_div(s, up, f_call(s, &op_pow_scalar, 2, (arg[]){a_t(y), a_f(p - 1)}));
        T whole = f_mul(s, f_mul(s, f_unary(s, &op_sign, x), power), scale);
        out[0] = where_zero(s, f_expand(s, y, x->a->ndim, array_size(x->a)), p < 1 ? where_zero(s, x, whole) : whole);
    }
    return out[0] ? 0 : -1;
}
#define NORM(id, public, order)                                                                                                                  \
    const op op_##id = {.name = public, .sig = "(Tensor self, " order ", int[1]? dim=None, bool keepdim=False, dtype? dtype=None)", .flags = OP_OUT, \
                        .run = op_block, .shape = norm_rule, .kernel = norm_kernel, .kind = {"LinalgVectorNormBackward0", norm_grad}, .keep = {1},  \
                        .keep_out = 1, .doc = "(sum |x|^p)^(1/p) over the dims; p = 0 counts what is not 0, inf and -inf give the extremes of |x|."};
NORM(norm, "norm", "Scalar? p=2")
NORM(norm_name, "norm.name", "str p='fro'")
