/* Largest and smallest: amax, amin, max, min, argmax, argmin. */
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>
#include <math.h>

static int refuse_empty(const call *c, const array *a, bool whole)
{
    for (int d = 0; d < a->ndim; d++)
        if (c->param[d] && array_size(a)[d] == 0)
            return whole ? ct_fail(CT_RUNTIME, "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.", c->op->name)
                         : ct_fail(CT_INDEX, "%s(): Expected reduction dim %d to have non-zero size.", c->op->name, d);
    return 0;
}

/* ---- amax, amin: args self, dim, keepdim ------------------------------------------------------------------------ */
static int amax_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    if (reduce_dims(c, &c->args[1], &c->args[2], true) < 0 || refuse_empty(c, a, !arg_given(&c->args[1]) || c->args[1].n == 0) < 0 || fold_still(c) < 0)
        return -1;
    int n = reduced_size(c, a, size);
    return out_new(c, 0, a->dtype, n, size);
}
static void amax_kernel(call *c) { fold_planes(c, PLANE_MAX); }
static void amin_kernel(call *c) { fold_planes(c, PLANE_MIN); }
static void run_extreme(call *c, k_lines_kind kind, array *values, array *places)
{
    k_fold f;
    fold_plan(c, c->ia[0], values, places, &f);
    k_fold_lines(&f, &K->reduce.lines[kind][c->ia[0]->dtype], NULL, dtype_bytes(c->ia[0]->dtype));
}

/* Unsqueezed by one view. */
static T widen_viewed(scope *s, node *n, T x)
{
    int ndim, at = 0;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    node_in_size(n, 0, &ndim, &dtype);
    const int64_t *p = node_params(n);
    if (p[ndim] || !x)
        return x;
    for (int d = 0; d < ndim; d++)
        size[d] = p[d] ? 1 : array_size(x->a)[at++];
    return f_view(s, x, ndim, size);
}

/* Every element that equals the extreme gets an equal part. */
static T share_of(scope *s, node *n, T g, uint32_t which)
{
    T x = reduced_in(s, n), y = reduced_out(s, n, which);
    int64_t dims[CT_MAXDIM];
    if (!x || !y)
        return NULL;
    int n_dims = reduced_dims(n, x->a->ndim, dims);
    T same = f_cast(s, f_binary(s, &op_eq, x, widen_viewed(s, n, y)), x->a->dtype);
    T ties = n_dims ? f_sum_dims(s, same, n_dims, dims, true) : same;
    return f_mul(s, f_div(s, widen_viewed(s, n, g), ties), same);
}
static int share_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = share_of(s, n, g[0], 0)) ? 0 : -1; }
/* The same for one extreme of all, where NaN equals NaN. */
static int share_nan_grad(scope *s, node *n, T const *g, T *out)
{
    T x = reduced_in(s, n), y = reduced_out(s, n, 0);
    if (!x || !y)
        return -1;
    bool is_nan = isnan(dtype_load(array_data(y->a), (ct_dtype)y->a->dtype));
    return (out[0] = f_shared(s, g[0], is_nan ? f_binary(s, &op_ne, x, x) : f_binary(s, &op_eq, x, y))) ? 0 : -1;
}
#define SHARED(id, public, signature, node_name, formula, rule, fold, text)                                                            \
    const op op_##id = {.name = public, .sig = signature, .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = rule, .kernel = fold,     \
                        .kind = {node_name, formula, .takes = reduce_takes}, .keep = {1}, .keep_out = 1, .doc = text};
SHARED(amax, "amax", "(Tensor self, int[1] dim=[], bool keepdim=False)", "AmaxBackward0", share_grad, amax_rule, amax_kernel,
       "Largest element over the dims (none given: all); NaN wins; ties share the gradient.")
SHARED(amin, "amin", "(Tensor self, int[1] dim=[], bool keepdim=False)", "AminBackward0", share_grad, amax_rule, amin_kernel,
       "Smallest element over the dims (none given: all); NaN wins; ties share the gradient.")

/* ---- max, min of everything ------------------------------------------------------------------------------------------- */
static int max_all_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (reduce_dims(c, &(arg){0}, &(arg){0}, true) < 0 || refuse_empty(c, a, true) < 0 || fold_still(c) < 0)
        return -1;
    return out_new(c, 0, a->dtype, 0, NULL);
}
SHARED(max_all, "max", "(Tensor self)", "MaxBackward1", share_nan_grad, max_all_rule, amax_kernel, "Largest element of all.")
SHARED(min_all, "min", "(Tensor self)", "MinBackward1", share_nan_grad, max_all_rule, amin_kernel, "Smallest element of all.")

/* ---- max, min along a dim, with places: args self, dim, keepdim ---------------------------------------------------------- */
static int max_dim_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    int dim = reduce_dim(c, &c->args[1], &c->args[2]);
    if (dim < 0 || (a->ndim && refuse_empty(c, a, false) < 0) || fold_still(c) < 0) /* of equals the first: place 0 of what repeats */
        return -1;
    keep_param(c, dim);
    c->declared[1].undifferentiable = true;
    int n = reduced_size(c, a, size);
    return out_new(c, 0, a->dtype, n, size) < 0 ? -1 : out_new(c, 1, DT_I64, n, size);
}
static void max_dim_kernel(call *c) { run_extreme(c, LINES_MAX, c->oa[0], c->oa[1]); }
static void min_dim_kernel(call *c) { run_extreme(c, LINES_MIN, c->oa[0], c->oa[1]); }
/* Where the places repeat as well; not needed where the input takes sums along the dim. */
static uint64_t place_takes(node *n)
{
    const kept *places = node_kept(n) + n->n_kept - 1;
    uint64_t takes = reduce_takes(n);
    return takes && places->a ? takes & still_dims(places->a, n->out_ndim) : 0;
}
static int place_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM], *p = node_params(n);
    node_in_size(n, 0, &ndim, &dtype);
    summed_size(n, reduced_got(n), size);
    T places = reduced_out(s, n, 1);
    if (!places || !g[0])
        return g[0] ? -1 : 0;
    if (ndim == 0 && !tape_now.grad)
        out[0] = g[0];
    else if (ndim && node_takes(n, 0) >> p[ndim + 1] & 1) /* wherever it belongs, the sum is it */
        out[0] = widen_only(s, n, g[0]);
    else
        out[0] = f_call(s, &op_scatter, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(ndim ? p[ndim + 1] : 0), a_t(widen_only(s, n, places)), a_t(widen_only(s, n, g[0]))});
    return out[0] ? 0 : -1;
}
#define PLACED(id, public, node_name, fold, text)                                                                                       \
    const op op_##id = {.name = public, .sig = "(Tensor self, int dim, bool keepdim=False)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE, .run = op_block, .n_out = 2,  \
                        .ret = "values indices", .shape = max_dim_rule, .kernel = fold, .kind = {node_name, place_grad, .takes = place_takes}, .keep_out = 1, .reads_out = 2, .doc = text};
PLACED(max_dim, "max.dim", "MaxBackward0", max_dim_kernel, "(values, indices) of the largest element along dim; the first of equals; NaN wins.")
PLACED(min_dim, "min.dim", "MinBackward0", min_dim_kernel, "(values, indices) of the smallest element along dim; the first of equals; NaN wins.")

static int max_other_compose(scope *s, call *c, T *out) { return (out[0] = f_binary(s, &op_maximum, c->in[0], c->in[1])) ? 0 : -1; }
static int min_other_compose(scope *s, call *c, T *out) { return (out[0] = f_binary(s, &op_minimum, c->in[0], c->in[1])) ? 0 : -1; }
const op op_max_other = {.name = "max.other", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT | OP_OUT_WHOLE, .run = op_compose, .compose = max_other_compose, .doc = "maximum."};
const op op_min_other = {.name = "min.other", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT | OP_OUT_WHOLE, .run = op_compose, .compose = min_other_compose, .doc = "minimum."};

/* ---- aminmax: args self, dim, keepdim ------------------------------------------------------------------------------------ */
static int aminmax_compose(scope *s, call *c, T *out)
{
    arg dims = c->args[1].kind == ARG_INT ? a_ints(1, &c->args[1].i) : a_ints(0, NULL);
    if (reduce_dims(c, &dims, &c->args[2], true) < 0)
        return scope_fail(s), -1;
    out[0] = f_call(s, &op_amin, 3, (arg[]){a_t(c->in[0]), dims, c->args[2]});
    out[1] = f_call(s, &op_amax, 3, (arg[]){a_t(c->in[0]), dims, c->args[2]});
    return out[0] && out[1] ? 0 : -1;
}
static int aminmax_grad(scope *s, node *n, T const *g, T *out)
{
    for (uint32_t i = 0; i < 2; i++) {
        T part = g[i] ? share_of(s, n, g[i], i) : NULL;
        out[0] = part && out[0] ? f_add(s, out[0], part) : part ? part : out[0];
    }
    return s->failed ? -1 : 0;
}
const op op_aminmax = {.name = "aminmax", .sig = "(Tensor self, *, int? dim=None, bool keepdim=False)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_closed, .compose = aminmax_compose,
    .kind = {"AminmaxBackward0", aminmax_grad, .flags = NK_KEEPS_ALL}, .keep = {1}, .keep_out = 1, .n_out = 2, .ret = "min max", .doc = "(min, max) of all elements, or along a dimension."};

/* ---- argmax, argmin: args self, dim, keepdim -------------------------------------------------------------------------------- */
static int argmax_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    bool whole = !arg_given(&c->args[1]);
    if (a->dtype == DT_BOOL)
        return ct_fail(CT_RUNTIME, "%s(): does not support bool input", c->op->name);
    if ((whole ? reduce_dims(c, &c->args[1], &c->args[2], true) : reduce_dim(c, &c->args[1], &c->args[2])) < 0)
        return -1;
    if (refuse_empty(c, a, whole) < 0)
        return whole ? ct_fail(CT_INDEX, "%s(): Expected reduction dim to be specified for input.numel() == 0.", c->op->name) : -1;
    int n = reduced_size(c, a, size);
    return fold_still(c) < 0 ? -1 : out_new(c, 0, DT_I64, n, size);
}
/* The place among the distinct elements becomes the place of the first that equals it. */
static void place_among_all(const call *c, array *places)
{
    const int64_t *all = array_size(c->in[0]->a), *distinct = array_size(c->ia[0]);
    int64_t at[CT_MAXDIM], *p = (int64_t *)array_data(places), place = 0;
    for (int d = c->ia[0]->ndim - 1; d >= 0; d--) {
        at[d] = *p % distinct[d];
        *p /= distinct[d];
    }
    for (int d = 0; d < c->ia[0]->ndim; d++)
        place = place * all[d] + at[d];
    *p = place;
}
static void run_places(call *c, k_lines_kind kind)
{
    run_extreme(c, kind, NULL, c->oa[0]);
    if (!arg_given(&c->args[1]) && fold_times(c) != 1)
        place_among_all(c, c->oa[0]);
}
static void argmax_kernel(call *c) { run_places(c, LINES_MAX); }
static void argmin_kernel(call *c) { run_places(c, LINES_MIN); }
#define PLACE(id, text)                                                                                                             \
    const op op_##id = {.name = #id, .sig = "(Tensor self, int? dim=None, bool keepdim=False)", .flags = OP_OUT | OP_OUT_EXACT | OP_NO_GRAD,         \
                        .run = op_block, .shape = argmax_rule, .kernel = id##_kernel, .doc = text};
PLACE(argmax, "Index of the largest element along dim, or of all in row-major order; the first of equals; NaN wins.")
PLACE(argmin, "Index of the smallest element along dim, or of all in row-major order; the first of equals; NaN wins.")
