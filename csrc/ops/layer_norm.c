/* layer_norm: one node, one pass over each row forward and one backward. */
#include "ops/dispatch.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static const char *shown(int ndim, const int64_t *size, char *buffer) { return layout_text(ndim, size, buffer, 200); }
static bool has_shape(const array *a, const arg *shape) { return a->ndim == (int)shape->n && !memcmp(array_size(a), shape->ints, shape->n * sizeof *shape->ints); }

/* The last dims of x have the normal shape, weight and bias are of it, all have one floating dtype. */
static int check_shapes(const call *c, const array *x, const arg *shape, const array *const *rows, const char *const *names)
{
    char one[200], two[200];
    int n = (int)shape->n;
    if (n < 1)
        return ct_fail(CT_RUNTIME, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []");
    for (int i = 0; i < 2; i++)
        if (rows[i] && !has_shape(rows[i], shape))
            return ct_fail(CT_RUNTIME, "Expected %s to be of same shape as normalized_shape, but got %s of shape %s and normalized_shape = %s", names[i], names[i],
                           shown(rows[i]->ndim, array_size(rows[i]), one), shown(n, shape->ints, two));
    if (x->ndim < n || !layout_same(array_size(x) + x->ndim - n, shape->ints, n)) {
        const char *text = shown(n, shape->ints, one);
        return ct_fail(CT_RUNTIME, "Given normalized_shape=%s, expected input with shape [*, %s, but got input of size%s", text, text + 1,
                       shown(x->ndim, array_size(x), two));
    }
    if (!dtype_is_float(x->dtype) || dtype_is_half(x->dtype))
        return ct_fail(CT_NOTIMPL, "\"LayerNormKernelImpl\" not implemented for '%s'", dtype_title(x->dtype));
    for (int i = 0; i < 2; i++)
        if (rows[i] && rows[i]->dtype != x->dtype)
            return ct_fail(CT_RUNTIME, "mixed dtype (CPU): input and %s of %s must have one dtype, got %s and %s", names[i], c->op->name, dtype_name(x->dtype), dtype_name(rows[i]->dtype));
    return 0;
}
/* x may have one index along a dim of the normal shape that repeats: mean and variance of all are those of one. Of equal numbers the kernel's mean
 * is the number itself, whatever their count. */
static k_norm norm_of(const array *x, const arg *shape, const arg *eps)
{
    int64_t n = 1;
    for (int d = x->ndim - (int)shape->n; d < x->ndim; d++)
        n *= array_size(x)[d];
    return (k_norm){.rows = n ? x->numel / n : 0, .n = n, .groups = 1, .eps = eps ? arg_double(eps) : 0};
}
static void *data_of(const array *a) { return a ? array_data(a) : NULL; }

/* Places for each row's mean and 1 / sqrt(var + eps), of size 1 in the last `mixed` dims. */
static int norm_moments_out(call *c, ct_dtype d, int ndim, int mixed, const int64_t *of)
{
    int64_t size[CT_MAXDIM];
    for (int i = 0; i < ndim; i++)
        size[i] = i < ndim - mixed ? of[i] : 1;
    return out_new(c, 1, d, ndim, size) < 0 ? -1 : out_new(c, 2, d, ndim, size);
}

/* ---- args input, normalized_shape, weight, bias, eps. The node's numbers: eps, then the normal shape --------------------- */
static int norm_rule(call *c)
{
    const arg *shape = &c->args[1];
    const array *x = c->in[0]->a, *rows[] = {c->n_in > 2 ? c->ia[2] : NULL, c->n_in > 3 ? c->ia[3] : NULL};
    if (check_shapes(c, x, shape, rows, (const char *const[]){"weight", "bias"}) < 0)
        return -1;
    keep_double(c, arg_double(&c->args[4]));
    for (uint32_t d = 0; d < shape->n; d++)
        keep_param(c, shape->ints[d]);
    call_once(c, 0);
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && (i == 0 ? in_contiguous(c, i) : array_is_contiguous(c->ia[i]) ? 0 : in_copy(c, i)) < 0)
            return -1;
    c->effective = 6 * x->numel;
    c->work = 6 * array_held(x);
    if (call_needs_grad(c) && norm_moments_out(c, x->dtype, x->ndim, (int)shape->n, array_size(x)) < 0)
        return -1;
    return out_new(c, 0, x->dtype, x->ndim, array_size(x));
}
static void norm_kernel(call *c)
{
    const array *x = c->ia[0];
    k_norm k = norm_of(x, &c->args[1], &c->args[4]);
    k_norm_rows r = {array_data(x), c->n_in > 2 ? data_of(c->ia[2]) : NULL, c->n_in > 3 ? data_of(c->ia[3]) : NULL, array_data(c->oa[0]), data_of(c->oa[1]), data_of(c->oa[2])};
    k_norm_forward((ct_dtype)x->dtype, &k, false, &r);
}

static T mean_over(scope *s, T x, uint32_t n, const int64_t *dims) { return x ? f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints(n, dims), a_b(true)}) : NULL; }
/* Gradients as ops, for those who differentiate them. */
static int norm_composed(scope *s, node *n, T g, T x, T w, double eps, uint32_t n_shape, T *out)
{
    int64_t dims[CT_MAXDIM];
    int ndim = x->a->ndim;
    for (uint32_t d = 0; d < n_shape; d++)
        dims[d] = ndim - (int)n_shape + d;
    T away = f_sub(s, x, mean_over(s, x, n_shape, dims)), var = mean_over(s, f_mul(s, away, away), n_shape, dims);
    T scale = f_unary(s, &op_rsqrt, f_add(s, var, f_number(s, eps)));
    T z = f_mul(s, away, scale), u = w ? f_mul(s, g, w) : g;
    if (node_needs(n, 0))
        out[0] = f_mul(s, f_sub(s, f_sub(s, u, mean_over(s, u, n_shape, dims)), f_mul(s, z, mean_over(s, f_mul(s, u, z), n_shape, dims))), scale);
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = f_mul(s, g, z);
    if (n->n_in > 3 && node_needs(n, 3))
        out[3] = g;
    return s->failed ? -1 : 0;
}
/* Then ops, which compute once what repeats. */
static bool both_repeat(const array *g, const array *x)
{
    return spread_worth((ct_dtype)x->dtype, x->numel) && repeated_dims(2, (const array *[]){g, x}, x->ndim, array_size(x));
}
static int norm_grad(scope *s, node *n, T const *g, T *out)
{
    bool by_weight = n->n_in > 2 && node_needs(n, 2), by_bias = n->n_in > 3 && node_needs(n, 3);
    T x = node_needs(n, 0) || by_weight ? node_kept_in(s, n, 0) : NULL, parts[3] = {0};
    T w = node_needs(n, 0) && n->keep_in >> 2 & 1 ? node_kept_in(s, n, 2) : NULL;
    uint32_t n_shape = n->n_param - 1u;
    double eps = read_double(node_params(n));
    if (s->failed)
        return -1;
    if (!x) {
        out[3] = g[0];
        return 0;
    }
    if (tape_now.grad || both_repeat(g[0]->a, x->a))
        return norm_composed(s, n, g[0], x, w, eps, n_shape, out);
    arg args[] = {a_t(g[0]), a_t(x), a_ints(n_shape, array_size(x->a) + x->a->ndim - n_shape), w ? a_t(w) : a_none(), a_t(node_kept_aside(s, n, 0)), a_t(node_kept_aside(s, n, 1)),
                  a_b(node_needs(n, 0)), a_b(by_weight), a_b(by_bias)};
    if (f_call_many(s, &op_layer_norm_backward, 9, args, 3, parts) < 0)
        return -1;
    out[0] = node_needs(n, 0) ? parts[0] : NULL;
    if (by_weight)
        out[2] = parts[1];
    if (by_bias)
        out[3] = parts[2];
    return 0;
}
static uint64_t norm_takes(node *n)
{
    uint64_t dims = pointwise_takes(n);
    return dims & TAKES_SLID ? 0 : dims;
}
const op op_layer_norm = {.name = "layer_norm", .sig = "(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = norm_rule, .kernel = norm_kernel,
    .kind = {"NativeLayerNormBackward0", norm_grad, .flags = NK_POINTWISE | NK_SHOWS(13), .takes = norm_takes, .again = "NativeLayerNormBackwardBackward0"}, .keep = {5, 0, 1}, .n_aside = 2,
    .doc = "(x - mean) / sqrt(var + eps) over the last dims, of sizes normalized_shape, times weight plus bias. RuntimeError where shapes do not fit."};

/* ---- args grad, input, normalized_shape, weight, mean, scale (those of forward), and which of the three gradients are wanted: the others have no elements ---- */
static int backward_rule(call *c)
{
    const arg *shape = &c->args[2];
    const array *g = c->in[0]->a, *x = c->in[1]->a, *rows[] = {c->ia[3], NULL};
    if (check_shapes(c, x, shape, rows, (const char *const[]){"weight", "bias"}) < 0)
        return -1;
    if (!array_same_size(g, x) || g->dtype != x->dtype)
        return ct_fail(CT_RUNTIME, "layer_norm_backward(): the gradient must have the result's shape and dtype");
    for (int i = 4; i < 6; i++)
        if (c->in[i]->a->dtype != x->dtype || c->in[i]->a->numel * norm_of(x, shape, NULL).n != x->numel)
            return ct_fail(CT_RUNTIME, "layer_norm_backward(): mean and scale have a number for each row");
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && !array_is_contiguous(c->ia[i]) && in_copy(c, i) < 0)
            return -1;
    c->work = 12 * x->numel;
    int64_t none = 0;
    if ((arg_bool(&c->args[6]) ? out_new(c, 0, x->dtype, x->ndim, array_size(x)) : out_new(c, 0, x->dtype, 1, &none)) < 0)
        return -1;
    for (int i = 1; i < 3; i++)
        if ((arg_bool(&c->args[6 + i]) ? out_new(c, (uint32_t)i, x->dtype, (int)shape->n, shape->ints) : out_new(c, (uint32_t)i, x->dtype, 1, &none)) < 0)
            return -1;
    return 0;
}
static void backward_kernel(call *c)
{
    const array *x = c->ia[1];
    k_norm k = norm_of(x, &c->args[2], NULL);
    k_norm_given given = {array_data(c->ia[0]), array_data(x), data_of(c->ia[3]), array_data(c->ia[4]), array_data(c->ia[5])};
    void *to[3];
    for (int i = 0; i < 3; i++)
        to[i] = arg_bool(&c->args[6 + i]) ? array_data(c->oa[i]) : NULL;
    K->norm[x->dtype].backward(&k, &given, to[0], to[1], to[2]);
}
const op op_layer_norm_backward = {.name = "layer_norm_backward", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block, .shape = backward_rule,
    .kernel = backward_kernel, .n_out = 3,
    .sig = "(Tensor grad, Tensor input, int[] normalized_shape, Tensor? weight, Tensor mean, Tensor scale, bool by_input, bool by_weight, bool by_bias)",
    .doc = "Gradients of layer_norm by input, weight and bias; without elements where one is not wanted. Not differentiable itself."};
