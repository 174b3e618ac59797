/* norm and linalg_vector_norm. */
#include "ops/reduce.h"
#include <math.h>
#include <string.h>

/* ---- args self, p, dim, keepdim, dtype -------------------------------------------------------------------------------------- */
static int norm_order(const call *c, const arg *p, double *order)
{
    *order = arg_is_number(p) ? arg_double(p) : 2;
    if (p->kind != ARG_STR)
        return 0;
    int n = c->args[2].kind == ARG_INTS ? (int)c->args[2].n : 1;
    if (strcmp(p->str, "fro"))
        return ct_fail(CT_RUNTIME, "linalg.matrix_norm: Order %s not supported.", p->str);
    return n <= 2 ? 0 : ct_fail(CT_RUNTIME, "linalg.matrix_norm: dim must be a 2-tuple. Got %d dims; for p = 'fro' over more, give p = 2", n);
}
static int norm_dtypes(const call *c, ct_dtype own, ct_dtype *d)
{
    *d = arg_dtype(&c->args[4], own);
    if (!dtype_is_float(own))
        return ct_fail(CT_RUNTIME, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got %s", dtype_title(own));
    if (!dtype_is_float(*d))
        return ct_fail(CT_RUNTIME, "linalg.vector_norm: dtype should be floating point or complex, but got %s", dtype_title(*d));
    return dtype_promote(own, *d) == *d ? 0 : ct_fail(CT_RUNTIME, "linalg.vector_norm: the dtype of the input (%s) should be convertible without "
                                                      "narrowing to the specified dtype (%s)", dtype_title(own), dtype_title(*d));
}
static int norm_refuse_empty(const call *c, const array *a, double order)
{
    bool whole = !arg_given(&c->args[2]) || (c->args[2].kind == ARG_INTS && c->args[2].n == 0);
    for (int d = 0; d < a->ndim && (order < 0 || isinf(order)); d++)
        if (c->param[d] && array_size(a)[d] == 0)
            return whole ? ct_fail(CT_RUNTIME, "linalg.vector_norm cannot compute the %g norm on an empty tensor because the operation does not have an identity", order)
                         : ct_fail(CT_RUNTIME, "linalg.vector_norm cannot compute the %g norm on the dimension %d because this dimension is empty and the "
                                   "operation does not have an identity", order, d);
    return 0;
}
static int norm_rule(call *c)
{
    const array *a = c->in[0]->a;
    double order;
    ct_dtype d;
    if (norm_order(c, &c->args[1], &order) < 0 || norm_dtypes(c, a->dtype, &d) < 0 || reduce_dims(c, &c->args[2], &c->args[3], true) < 0 || fold_still(c) < 0 ||
        norm_refuse_empty(c, a, order) < 0 || in_cast(c, 0, d) < 0)
        return -1;
    keep_double(c, order);
    return fold_out(c, d);
}
static void norm_kernel(call *c)
{
    const array *a = c->ia[0];
    k_fold f;
    fold_plan(c, a, c->oa[0], NULL, &f);
    double order = f.p = read_double(c->param + a->ndim + 1), times = (double)fold_times(c);
    if (reduced_count(c, a) == 1 && f.p != 0)
        f.p = 1; /* |x| without the rounding of powers and roots */
    k_fold_lines(&f, &K->reduce.lines[LINES_NORM][a->dtype], f.p == 2 ? &K->reduce.lines[LINES_NORM_LAST][a->dtype] : NULL, dtype_bytes(a->dtype));
    if (times != 1 && !isinf(order))
        scale_results(c->oa[0], B_mul, order == 0 ? times : pow(times, 1 / order));
}
static T where_zero(scope *s, T test, T otherwise) { return f_call(s, &op_masked_fill, 3, (arg[]){a_t(otherwise), a_t(f_binary(s, &op_eq, test, f_number(s, 0))), a_i(0)}); }

/* x |x|^(p-2) / norm^(p-1), 0 where the norm is 0 (p < 1: where x is), by PyTorch's steps: gradients of gradients are finite where its are.
 * The infinite orders share among the extremes. */
static int norm_grad(scope *s, node *n, T const *g, T *out)
{
    T x = reduced_in(s, n), y = widen_some(s, n, reduced_out(s, n, 0)), up = widen_some(s, n, g[0]);
    if (!x || !y || !up)
        return -1;
    double p = read_double(node_params(n) + x->a->ndim + 1);
    if (p == 0)
        return 0; /* a count has no gradient */
    if (p == 1)
        out[0] = f_mul(s, f_unary(s, &op_sgn, x), up);
    else if (p == 2)
        out[0] = f_mul(s, up, where_zero(s, f_expand(s, y, x->a->ndim, array_size(x->a)), f_div(s, x, y)));
    else if (isinf(p)) {
        int64_t dims[CT_MAXDIM];
        int n_dims = reduced_dims(n, x->a->ndim, dims);
        T same = f_cast(s, f_binary(s, &op_eq, f_unary(s, &op_abs, x), y), x->a->dtype);
        T ties = n_dims ? f_sum_dims(s, same, n_dims, dims, true) : same;
        out[0] = f_mul(s, f_unary(s, &op_sgn, x), f_mul(s, f_div(s, up, ties), same));
    } else {
        T size = f_unary(s, &op_abs, x), own = p > 2 ? x : f_unary(s, &op_sgn, x);
        T power = f_call(s, &op_pow_scalar, 2, (arg[]){a_t(size), a_f(p > 2 ? p - 2 : p - 1)});
        T whole = f_call(s, &op_pow_scalar, 2, (arg[]){a_t(y), a_f(p < 1 ? 1 - p : p - 1)});
        T scale = p < 1 ? f_mul(s, up, whole) : where_zero(s, y, f_div(s, up, whole));
        out[0] = f_mul(s, f_mul(s, own, p < 1 ? where_zero(s, x, power) : power), scale);
    }
    return out[0] ? 0 : -1;
}

/* ---- p = 'nuc': the sum of the singular values of the matrices in two dims ---------------------- */
static int matrices(scope *s, call *c, int64_t *dims)
{
    const array *a = c->in[0]->a;
    const arg *given = &c->args[2];
    int at[2] = {a->ndim - 2, a->ndim - 1}, n = 0;
    if (a->ndim < 2)
        return ct_fail(CT_RUNTIME, "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."), scope_fail(s), -1;
    if ((given->kind == ARG_INTS ? (int)given->n : a->ndim) != 2)
        return ct_fail(CT_RUNTIME, "linalg.matrix_norm: dim must be a 2-tuple. Got %d dims", given->kind == ARG_INTS ? (int)given->n : a->ndim), scope_fail(s), -1;
    for (int i = 0; given->kind == ARG_INTS && i < 2; i++)
        if (layout_wrap_dim("norm", given->ints[i], a->ndim, &at[i]) < 0)
            return scope_fail(s), -1;
    if (at[0] == at[1])
        return ct_fail(CT_RUNTIME, "linalg.matrix_norm: dims must be different. Got (%d, %d)", at[0], at[1]), scope_fail(s), -1;
    for (int d = 0; d < a->ndim; d++)
        if (d != at[0] && d != at[1])
            dims[n++] = d;
    dims[n++] = at[0];
    dims[n] = at[1];
    return 0;
}
static int nuclear_compose(scope *s, call *c, T *out)
{
    int64_t dims[CT_MAXDIM], back[CT_MAXDIM];
    T x = c->in[0], parts[3] = {0};
    ct_dtype d;
    if (norm_dtypes(c, x->a->dtype, &d) < 0 || matrices(s, c, dims) < 0)
        return scope_fail(s), -1;
    int ndim = x->a->ndim;
    T last = f_permute(s, d == x->a->dtype ? x : f_cast(s, x, d), ndim, dims);
    if (!last || f_call_many(s, &op_linalg_svd, 1, (arg[]){a_t(last)}, 3, parts) < 0)
        return -1;
    out[0] = f_sum_dims(s, parts[1], 1, (int64_t[]){-1}, false);
    for (int d = 0; d < ndim; d++)
        back[dims[d]] = d;
    if (arg_bool(&c->args[3]))
        out[0] = f_permute(s, f_unsqueeze(s, f_unsqueeze(s, out[0], -1), -1), ndim, back);
    return out[0] ? 0 : -1;
}
static int run_named(call *c) { return c->args[1].kind == ARG_STR && strcmp(c->args[1].str, "nuc") == 0 ? op_compose(c) : op_block(c); }
#define NORM(id, public, signature, set, ...)                                                                                                              \
    const op op_##id = {.name = public, .sig = signature, .flags = set, .shape = norm_rule, .kernel = norm_kernel, __VA_ARGS__,                          \
                        .kind = {"LinalgVectorNormBackward0", norm_grad, .takes = reduce_takes}, .keep = {1}, .keep_out = 1,                                                 \
                        .doc = "(sum |x|^p)^(1/p) over the dims; p = 0 counts what is not 0, inf and -inf give the extremes of |x|."};
NORM(norm, "norm", "(Tensor self, Scalar? p=2, int[1]? dim=None, bool keepdim=False, dtype? dtype=None)", OP_OUT | OP_OUT_EXACT, .run = op_block)
NORM(norm_name, "norm.name", "(Tensor self, str p='fro', int[1]? dim=None, bool keepdim=False, dtype? dtype=None)", OP_OUT | OP_OUT_EXACT, .run = run_named, .compose = nuclear_compose)
NORM(linalg_vector_norm, "linalg_vector_norm", "(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", OP_OUT | OP_FUNCTION | OP_HIDDEN, .run = op_block)
