/* var, std, and both with the mean. */
#include "ops/reduce.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the rule: args self, dim, correction, keepdim; the older unbiased= forms are overloads ------------------------ */
static double correction(const arg *a) { return a->kind == ARG_BOOL ? (a->i ? 1 : 0) : arg_given(a) ? arg_double(a) : 1; }

static int warn_of_freedom(const call *c, double off)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    char text[200], name[64];
    int64_t results = layout_numel(reduced_size(c, a, size), size);
    if (CT_LIKELY((results ? (double)(a->numel / results) : 0) - off > 0))
        return 0;
    snprintf(text, sizeof text, "%s(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel divided by output numel).",
             op_public_name(c->op, name, sizeof name));
    return call_warn(c, NULL, text);
}

static int var_of(call *c, const arg *dims, const arg *off, const arg *keepdim)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    if (!dtype_is_float(a->dtype))
        return ct_fail(CT_RUNTIME, "std and var only support floating point and complex dtypes: %s got %s", c->op->name, dtype_name(a->dtype));
    if (reduce_dims(c, dims, keepdim, true) < 0 || fold_still(c) < 0)
        return -1;
    keep_double(c, correction(off));
    if (warn_of_freedom(c, correction(off)) < 0)
        return -1;
    int n = reduced_size(c, a, size);
    for (uint32_t i = 0; i < c->n_out; i++)
        if (out_new(c, i, a->dtype, n, size) < 0)
            return -1;
    return 0;
}
static int var_rule(call *c) { return var_of(c, &c->args[1], &c->args[2], &c->args[3]); }
static int var_unbiased_rule(call *c) { return var_of(c, &(arg){0}, &c->args[1], &(arg){0}); }

/* ---- kernels ---------------------------------------------------------------------------------------------------------- */
/* As PyTorch chooses; of the result as shown, since one row computed once may stand for many. */
static bool of_all(const call *c)
{
    const array *a = c->in[0]->a;
    return a->numel && reduced_count(c, a) == a->numel && !dtype_is_half((ct_dtype)a->dtype);
}
static double mean_of_all(call *c)
{
    array *y = c->oa[0];
    fold_distinct(c, PLANE_SUM);
    if (y->dtype == DT_F32)
        return *(float *)array_data(y) / (float)c->ia[0]->numel;
    return *(double *)array_data(y) / (double)c->ia[0]->numel;
}

static void spread_kernel(call *c, k_lines_kind kind)
{
    const array *a = c->ia[0];
    k_fold f;
    fold_plan(c, a, c->oa[0], c->n_out > 1 ? c->oa[1] : NULL, &f);
    f.p = read_double(c->param + a->ndim + 1) / (double)fold_times(c); /* t S / (t n - p) is S / (n - p / t) */
    if (of_all(c)) {
        f.mean = mean_of_all(c);
        kind = kind == LINES_VAR ? LINES_VAR_ALL : LINES_STD_ALL;
    }
    k_fold_lines(&f, &K->reduce.lines[kind][a->dtype], NULL, 0);
}
static void var_kernel(call *c) { spread_kernel(c, LINES_VAR); }
static void std_kernel(call *c) { spread_kernel(c, LINES_STD); }

/* ---- gradients -------------------------------------------------------------------------------------------------------- */
/* g · 2 / (n - correction) · (x - mean), in PyTorch's order. */
static T var_part(scope *s, node *n, T g)
{
    T x = reduced_in(s, n);
    if (!x)
        return NULL;
    int64_t dims[CT_MAXDIM], count = 1;
    int ndim = x->a->ndim, n_dims = reduced_dims(n, ndim, dims);
    for (int i = 0; i < n_dims; i++)
        count *= array_size(x->a)[dims[i]];
    double divisor = (double)count - read_double(node_params(n) + ndim + 1);
    T mean = n_dims == ndim ? f_unary(s, &op_mean, x) : f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints((uint32_t)n_dims, dims), a_b(true)});
    return f_mul(s, f_scale(s, widen_some(s, n, g), divisor > 0 ? 2 / divisor : NAN), f_sub(s, x, mean));
}
static T std_part(scope *s, node *n, T g)
{
    T y = reduced_out(s, n, 0), over = f_div(s, g, f_scale(s, y, 2));
    return var_part(s, n, f_call(s, &op_masked_fill, 3, (arg[]){a_t(over), a_t(f_binary(s, &op_eq, y, f_number(s, 0))), a_i(0)}));
}
static T mean_part(scope *s, node *n, T g) { return f_div(s, widen(s, n, g), f_number(s, (double)reduced_node_count(n))); }

static int var_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = var_part(s, n, g[0])) ? 0 : -1; }
static int std_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = std_part(s, n, g[0])) ? 0 : -1; }
static int both_grad(scope *s, node *n, T const *g, T *out, T (*part)(scope *, node *, T))
{
    if (g[0])
        out[0] = part(s, n, g[0]);
    if (g[1])
        out[0] = g[0] ? f_add(s, out[0], mean_part(s, n, g[1])) : mean_part(s, n, g[1]);
    return s->failed ? -1 : 0;
}
static int var_mean_grad(scope *s, node *n, T const *g, T *out) { return both_grad(s, n, g, out, var_part); }
static int std_mean_grad(scope *s, node *n, T const *g, T *out) { return both_grad(s, n, g, out, std_part); }

/* ---- records ------------------------------------------------------------------------------------------------------------ */
#define SPREAD(id, public, signature, rule, node_name, kernel_of, gradient, outs, reads, set, text)                                          \
    const op op_##id = {.name = public, .sig = signature, .flags = set, .run = op_block, .shape = rule, .kernel = kernel_of##_kernel,    \
                        .kind = {node_name, gradient, .takes = reduce_takes}, .keep = {1}, .keep_out = reads != 0, .reads_out = reads, .n_out = outs, .doc = text};
#define SPREADS(id, node_name, kernel_of, outs, reads, set, text)                                                                                            \
    SPREAD(id##_unbiased, #id ".unbiased", "(Tensor self, bool unbiased)", var_unbiased_rule, node_name, kernel_of, id##_grad, outs, reads, set, text)         \
    SPREAD(id, #id, "(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False)", var_rule, node_name, kernel_of, id##_grad, outs, reads, \
           set, text)                                                                                                                                  \
    SPREAD(id##_dim, #id ".dim", "(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)", var_rule, node_name, kernel_of, id##_grad, outs, reads, \
           set, text)
SPREADS(var, "VarBackward0", var, 1, 0, OP_OUT, "Variance over the dims: squared deviations over n - correction (1 unless given); floats only.")
SPREADS(std, "StdBackward0", std, 1, 1, OP_OUT, "Square root of the variance over the dims; correction is taken off the count (1 unless given); floats only.")
SPREADS(var_mean, "VarMeanBackward0", var, 2, 0, OP_FUNCTION, "(variance, mean) over the dims; floats only.")
SPREADS(std_mean, "StdMeanBackward0", std, 2, 1, OP_FUNCTION, "(standard deviation, mean) over the dims; floats only.")
