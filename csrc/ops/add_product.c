/* Sums with a product: baddbmm, addbmm, addmv, addr. Args self, left, right, beta, alpha. (addmm: ops/matmul.c.) */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/product.h"
#include <string.h>

/* beta or alpha as the dtype reads it: integers cut it, bool asks whether it is not 0. */
static double factor(call *c, int i, ct_dtype d)
{
    double f = arg_given(&c->args[i]) ? arg_double(&c->args[i]) : 1;
    f = d == DT_BOOL ? f != 0 : dtype_is_float(d) ? f : (double)(int64_t)f;
    int64_t bits;
    memcpy(&bits, &f, sizeof bits);
    keep_param(c, bits);
    return f;
}
static double kept_factor(node *n, int i)
{
    double f;
    memcpy(&f, node_params(n) + i, sizeof f);
    return f;
}
static T times(scope *s, T x, double by)
{
    if (by == 1 || !x)
        return x;
    return dtype_is_float(x->a->dtype) ? f_scale(s, x, by) : f_cast(s, f_mul(s, x, f_weak_int(s, (int64_t)by)), x->a->dtype);
}

/* Whole factors of integers are not rounded on their way. */
static T times_arg(scope *s, T x, const arg *by, double factor)
{
    bool whole = by->kind == ARG_INT && x && !dtype_is_float(x->a->dtype) && x->a->dtype != DT_BOOL;
    return whole ? f_cast(s, f_mul(s, x, f_weak_int(s, by->i)), x->a->dtype) : times(s, x, factor);
}

/* addr alone: the others cut factors to whole numbers, as PyTorch's do. */
static int refuse_factor(const arg *a, ct_dtype d, const char *name)
{
    if (a->kind == ARG_BOOL && d != DT_BOOL)
        return ct_fail(CT_RUNTIME, "Boolean %s only supported for Boolean results.", name);
    if (a->kind == ARG_FLOAT && !arg_is_unsigned(a) && !dtype_is_float(d))
        return ct_fail(CT_RUNTIME, "For integral input tensors, argument %s must not be a floating point number.", name);
    return 0;
}
static int add_product(scope *s, call *c, T y, T *out)
{
    T self = c->in[0];
    if (!y)
        return -1;
    if (c->op != &op_addr && self->a->dtype != y->a->dtype)
        return ct_fail(CT_RUNTIME, "%s: input dtypes must be the same, got: input %s, product %s", c->op->name, dtype_name(self->a->dtype), dtype_name(y->a->dtype)), scope_fail(s), -1;
    ct_dtype d = dtype_promote(self->a->dtype, y->a->dtype);
    for (int i = 3; i < 5; i++)
        if (number_cut_fits(&c->args[i], d) < 0 || (c->op == &op_addr && refuse_factor(&c->args[i], d, i == 3 ? "beta" : "alpha") < 0))
            return scope_fail(s), -1;
    double beta = factor(c, 3, d), alpha = factor(c, 4, d);
    T wide = f_expand(s, self, y->a->ndim, array_size(y->a)), product = f_cast(s, times_arg(s, y, &c->args[4], alpha), d);
    T sum = beta == 0 ? product : f_add(s, times_arg(s, wide, &c->args[3], beta), product);
    out[0] = c->op == &op_addr ? sum : f_contiguous(s, sum);
    return out[0] ? 0 : -1;
}
static T outer(scope *s, T a, T b) { return f_mul(s, f_unsqueeze(s, a, 1), f_unsqueeze(s, b, 0)); }
static T turned(scope *s, T x, int64_t d0) { return f_transpose(s, x, d0, d0 + 1); }
static T bmm(scope *s, T a, T b) { return f_binary(s, &op_bmm, a, b); }
static T mv(scope *s, T a, T b) { return f_binary(s, &op_mv, a, b); }

/* The gradients of a product of `left` and `right`; either may read the other. */
typedef T (*side)(scope *s, node *n, T g, T other);
static int product_grad(scope *s, node *n, T const *g, side left, side right, T *out)
{
    if (node_needs(n, 0))
        out[0] = times(s, g[0], kept_factor(n, 0));
    if (node_needs(n, 1))
        out[1] = times(s, left(s, n, g[0], node_kept_in(s, n, 2)), kept_factor(n, 1));
    if (node_needs(n, 2))
        out[2] = times(s, right(s, n, g[0], node_kept_in(s, n, 1)), kept_factor(n, 1));
    return s->failed ? -1 : 0;
}
static T baddbmm_left(scope *s, node *n, T g, T other) { return batch_grad(s, n, 1, g, turned(s, other, 1)); }
static T baddbmm_right(scope *s, node *n, T g, T other) { return batch_grad(s, n, 2, turned(s, other, 1), g); }
static T each_batch(scope *s, T g, T other)
{
    return g && other ? f_expand(s, f_unsqueeze(s, g, 0), 3, (int64_t[]){array_size(other->a)[0], array_size(g->a)[0], array_size(g->a)[1]}) : NULL;
}
static T addbmm_left(scope *s, node *n, T g, T other) { return baddbmm_left(s, n, each_batch(s, g, other), other); }
static T addbmm_right(scope *s, node *n, T g, T other) { return baddbmm_right(s, n, each_batch(s, g, other), other); }
static T addmv_left(scope *s, node *n, T g, T other)
{
    uint64_t slid = node_takes_slid(n, 1), takes = node_takes(n, 1);
    if (slid)
        return antidiagonals_of(s, f_unsqueeze(s, g, 0), f_unsqueeze(s, other, 0), slid);
    g = takes & 1 ? f_sum_dims(s, g, 1, (int64_t[]){0}, true) : g;
    return outer(s, g, takes & 2 ? f_sum_dims(s, other, 1, (int64_t[]){0}, true) : other);
}
static T addmv_right(scope *s, node *n, T g, T other) { (void)n; return mv(s, turned(s, other, 0), g); }
static T addr_left(scope *s, node *n, T g, T other) { (void)n; return mv(s, g, other); }
static T addr_right(scope *s, node *n, T g, T other) { (void)n; return mv(s, turned(s, g, 0), other); }

static T batches(scope *s, T a, T b)
{
    int last;
    return a->a->ndim < 3 && layout_wrap_dim("bmm", 2, a->a->ndim, &last) < 0 ? scope_fail(s) : bmm(s, a, b);
}
static T baddbmm_product(scope *s, T a, T b) { return batches(s, a, b); }
static T addbmm_product(scope *s, T a, T b)
{
    T y = batches(s, a, b);
    return y ? f_call(s, &op_sum, 4, (arg[]){a_t(y), a_ints(1, (int64_t[]){0}), a_b(false), a_dtype(y->a->dtype)}) : NULL;
}
static T addmv_product(scope *s, T a, T b) { return mv(s, a, b); }
static T addr_product(scope *s, T a, T b)
{
    if (a->a->ndim == 1 && b->a->ndim == 1)
        return outer(s, a, b);
    ct_fail(CT_RUNTIME, "addr: Expected 1-D argument %s, but got %d-D", a->a->ndim == 1 ? "vec2" : "vec1", a->a->ndim == 1 ? b->a->ndim : a->a->ndim);
    return scope_fail(s);
}

#define ADD_PRODUCT(id, node_name, whole, left, right, text)                                                                                     \
    static int id##_compose(scope *s, call *c, T *out) { return add_product(s, c, id##_product(s, c->in[1], c->in[2]), out); }                    \
    static int id##_grad(scope *s, node *n, T const *g, T *out) { return product_grad(s, n, g, id##_left, id##_right, out); }                     \
    const op op_##id = {.name = #id, .sig = "(Tensor self, Tensor " left ", Tensor " right ", *, Scalar beta=1, Scalar alpha=1)", .doc = text,     \
                        .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | whole, .run = op_closed, .compose = id##_compose, .kind = {node_name, id##_grad}, .keep = {0, 4, 2}};
ADD_PRODUCT(baddbmm, "BaddbmmBackward0", OP_OUT_SELF, "batch1", "batch2", "beta * self + alpha * bmm(batch1, batch2).")
ADD_PRODUCT(addbmm, "AddbmmBackward0", OP_OUT_SELF, "batch1", "batch2", "beta * self + alpha * the sum over the batch of bmm(batch1, batch2).")
ADD_PRODUCT(addmv, "AddmvBackward0", OP_OUT_SELF, "mat", "vec", "beta * self + alpha * mv(mat, vec).")
ADD_PRODUCT(addr, "AddrBackward0", OP_OUT_WHOLE, "vec1", "vec2", "beta * self + alpha * outer(vec1, vec2).")
