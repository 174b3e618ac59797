/* prod, over one dimension or all. Args self, dim, keepdim, dtype. */
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static int prod_of(call *c, const arg *dim, const arg *keepdim, const arg *dtype)
{
    ct_dtype d = total_dtype(c, dtype);
    return reduce_dims(c, dim, keepdim, true) < 0 || fold_still(c) < 0 || in_cast(c, 0, d) < 0 || check_differentiable(c, d) < 0 ? -1 : fold_out(c, d);
}
static int prod_all_rule(call *c) { return prod_of(c, &(arg){0}, &(arg){0}, &c->args[1]); }
static int prod_rule(call *c) { return prod_of(c, &c->args[1], &c->args[2], &c->args[3]); }
static void prod_kernel(call *c) { fold_planes(c, PLANE_PROD); }

/* Product of all other elements of the reduced line: products from the left times products from the right, so zeros are exact. */
static T others(scope *s, T x, int64_t dim)
{
    if (!x)
        return NULL;
    int64_t n = array_size(x->a)[dim];
    if (n <= 1) /* ones; recorded, they go back to x, as PyTorch's do */
        return !x->a->numel ? x : tape_now.grad ? f_call(s, &op_pow_scalar, 2, (arg[]){a_t(x), a_i(0)}) : f_unary(s, &op_ones_like, x);
    int64_t one[CT_MAXDIM];
    memcpy(one, array_size(x->a), x->a->ndim * sizeof *one);
    one[dim] = 1;
    T edge = f_expand(s, f_call(s, &op_full, 3, (arg[]){a_ints(0, NULL), a_f(1), a_dtype(x->a->dtype)}), x->a->ndim, one);
    T head = f_call(s, &op_slice, 4, (arg[]){a_t(x), a_i(dim), a_i(0), a_i(n - 1)});
    T tail = f_call(s, &op_flip, 2, (arg[]){a_t(f_call(s, &op_slice, 4, (arg[]){a_t(x), a_i(dim), a_i(1), a_i(n)})), a_ints(1, &dim)});
    T left = f_call(s, &op_cumprod, 2, (arg[]){a_t(f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){edge, head}), a_i(dim)})), a_i(dim)});
    T right = f_call(s, &op_cumprod, 2, (arg[]){a_t(f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){edge, tail}), a_i(dim)})), a_i(dim)});
    return f_mul(s, left, f_call(s, &op_flip, 2, (arg[]){a_t(right), a_ints(1, &dim)}));
}
/* The same where several dims are reduced, which are all. */
static T others_of(scope *s, node *n, T x)
{
    int64_t dims[CT_MAXDIM] = {0}, flat = x ? x->a->numel : 0;
    if (!x || reduced_dims(n, x->a->ndim, dims) == 1)
        return others(s, x, dims[0]);
    return f_reshape(s, others(s, f_reshape(s, x, 1, &flat), 0), x->a->ndim, array_size(x->a));
}
static T product_of(scope *s, node *n, T x)
{
    int64_t dims[CT_MAXDIM];
    int count = x ? reduced_dims(n, x->a->ndim, dims) : 0;
    for (int i = 0; i < count; i++)
        x = f_call(s, &op_prod, 3, (arg[]){a_t(x), a_i(dims[i]), a_b(true)});
    return x;
}
/* Reduced dims along which x repeats: where that is recorded, only those along which nobody asks for single places. */
static uint64_t repeated_factors(node *n, const array *x, int64_t *times)
{
    uint64_t still = still_dims(x, x->ndim) & (tape_now.grad ? node_takes(n, 0) : ~(uint64_t)0);
    *times = 1;
    for (int d = 0; d < x->ndim; d++)
        if (!node_params(n)[d] || array_size(x)[d] < 2)
            still &= ~((uint64_t)1 << d);
        else if (still >> d & 1)
            *times *= array_size(x)[d];
    return x->numel ? still : 0;
}
static bool none_is_0(scope *s, T x)
{
    T all = x && x->a->numel ? f_unary(s, &op_all, x) : NULL;
    return all && *(const uint8_t *)array_data(all->a);
}
static T wide_as(scope *s, node *n, T x) { return n->kind == &op_prod_all.kind ? widen_some(s, n, x) : widen_only(s, n, x); }
/* The product over each element, as PyTorch divides; where one is 0, the product of all others. */
static int prod_grad(scope *s, node *n, T const *g, T *out)
{
    T x = reduced_in(s, n);
    if (!x)
        return -1;
    if (x->a->ndim == 0)
        return (out[0] = g[0]) ? 0 : -1;
    int64_t times, size[CT_MAXDIM];
    int ndim = x->a->ndim;
    layout_take(size, array_size(x->a), ndim);
    uint64_t still = repeated_factors(n, x->a, &times), taken = still & node_takes(n, 0);
    T once = still ? tape_algebra.narrow(s, x, still) : x, up = wide_as(s, n, g[0]);
    bool whole = none_is_0(s, once);
    T each = whole ? f_div(s, wide_as(s, n, reduced_out(s, n, 0)), once) : others_of(s, n, once);
    if (still && !whole) { /* the product of all others: of those of another number, and of the others of its own */
        T all = product_of(s, n, once);
        up = f_mul(s, up, f_call(s, &op_pow_scalar, 2, (arg[]){a_t(all), a_f((double)times - 1)}));
    }
    int64_t summed = 1;
    for (int d = 0; d < ndim; d++)
        if (taken >> d & 1) {
            summed *= size[d];
            size[d] = 1;
        }
    up = summed > 1 ? f_scale(s, up, (double)summed) : up;
    T y = f_mul(s, up, each);
    bool wide = y && !layout_same(array_size(y->a), size, ndim);
    return (out[0] = wide ? f_contiguous(s, f_expand(s, y, ndim, size)) : y) ? 0 : -1;
}
static const char prod_doc[] = "Product over one dimension, or all; integers and bools in int64.";
const op op_prod_all = {.name = "prod", .sig = "(Tensor self, *, dtype? dtype=None)", .flags = OP_OUT, .run = op_block, .shape = prod_all_rule,
    .kernel = prod_kernel, .kind = {"ProdBackward0", prod_grad, .flags = NK_KEEPS_ALL}, .keep = {1}, .keep_out = 1, .doc = prod_doc};
const op op_prod = {.name = "prod.dim", .sig = "(Tensor self, int dim, bool keepdim=False, *, dtype? dtype=None)", .flags = OP_OUT, .run = op_block,
    .shape = prod_rule, .kernel = prod_kernel, .kind = {"ProdBackward1", prod_grad, .flags = NK_KEEPS_ALL, .takes = reduce_takes}, .keep = {1}, .keep_out = 1, .doc = prod_doc};
