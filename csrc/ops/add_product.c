/* Sums with a product: baddbmm, addbmm, addmv, addr. Args self, left, right, beta, alpha. (addmm: ops/matmul.c.)
 *
 * Halves are rounded where PyTorch rounds them: a sum with batches once, as addmm's; addbmm is one addmm after the other; addmv and addr round beta and
 * alpha, and each their own steps. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/product.h"

/* beta or alpha as the dtype reads it: integers cut it, bool asks whether it is not 0. */
static double factor(call *c, int i, ct_dtype d)
{
    double f = arg_given(&c->args[i]) ? arg_double(&c->args[i]) : 1;
    f = d == DT_BOOL ? f != 0 : dtype_is_float(d) ? f : (double)(int64_t)f;
    keep_double(c, f);
    return f;
}
static double kept_factor(node *n, int i) { return read_double(node_params(n) + i); }
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
static bool rounds_factors(const op *o) { return o == &op_addmv || o == &op_addr; }
static int refuse_factors(scope *s, call *c, ct_dtype d)
{
    if (c->op != &op_addr && c->in[0]->a->dtype != d)
        return ct_fail(CT_RUNTIME, "%s: input dtypes must be the same, got: input %s, product %s", c->op->name, dtype_name(c->in[0]->a->dtype), dtype_name(d)), scope_fail(s), -1;
    for (int i = 3; i < 5; i++)
        if (number_cut_fits(&c->args[i], d) < 0 || (c->op == &op_addr && refuse_factor(&c->args[i], d, i == 3 ? "beta" : "alpha") < 0))
            return scope_fail(s), -1;
    return 0;
}

/* Halves whose product is summed in float32; else the operand as it is. */
static T widened(scope *s, call *c, int i)
{
    const array *a = c->in[1]->a;
    bool wide = dtype_is_half(a->dtype) && a->dtype == c->in[2]->a->dtype && (c->op == &op_baddbmm || c->op == &op_addmv);
    return wide ? f_cast(s, c->in[i], DT_F32) : c->in[i];
}
/* PyTorch's own loop for a matrix that lies column by column, up to so many numbers, rounds the product before it is added. */
static bool rounds_product(const call *c, ct_dtype d)
{
    enum { SMALL = 4096 };
    const array *a = c->in[1]->a;
    return c->op == &op_addmv && dtype_is_half(d) && a->numel <= SMALL && array_visible_stride(a)[0] == 1;
}
static int add_product(scope *s, call *c, T y, T *out)
{
    T self = c->in[0];
    if (!y)
        return -1;
    ct_dtype d = c->op == &op_addr ? dtype_promote(self->a->dtype, y->a->dtype) : (ct_dtype)c->in[1]->a->dtype, computed = dtype_promote(d, y->a->dtype);
    if (refuse_factors(s, c, d) < 0)
        return -1;
    double beta = factor(c, 3, d), alpha = factor(c, 4, d);
    beta = rounds_factors(c->op) ? dtype_rounded(d, beta) : beta;
    T wide = f_cast(s, f_expand(s, self, y->a->ndim, array_size(y->a)), rounds_factors(c->op) ? d : computed);
    T product = c->op == &op_addr && dtype_is_float(d) ? f_cast(s, y, d) : f_cast(s, times_arg(s, y, &c->args[4], rounds_factors(c->op) ? dtype_rounded(d, alpha) : alpha), computed);
    product = rounds_product(c, d) ? f_cast(s, product, d) : product;
    T sum = beta == 0 ? product : f_add(s, times_arg(s, wide, &c->args[3], beta), product);
    sum = f_cast(s, sum, d);
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
static int baddbmm_compose(scope *s, call *c, T *out) { return add_product(s, c, batches(s, widened(s, c, 1), widened(s, c, 2)), out); }

/* One product after the other is added, as PyTorch does; batches that repeat are one product, so many times. */
static bool is_one_by_one(const call *c)
{
    const array *a = c->in[1]->a, *b = c->in[2]->a;
    bool batched = a->ndim == 3 && b->ndim == 3 && array_size(a)[0] == array_size(b)[0] && array_size(a)[0] > 0 && array_size(a)[2] == array_size(b)[1];
    bool alike = a->dtype == b->dtype && a->dtype == c->in[0]->a->dtype && dtype_is_float(a->dtype);
    return batched && alike && !(array_visible_stride(a)[0] == 0 && array_visible_stride(b)[0] == 0 && array_size(a)[0] > 1);
}
static int addbmm_compose(scope *s, call *c, T *out)
{
    if (!is_one_by_one(c)) {
        T y = batches(s, c->in[1], c->in[2]);
        return add_product(s, c, y ? f_call(s, &op_sum, 4, (arg[]){a_t(y), a_ints(1, (int64_t[]){0}), a_b(false), a_dtype(y->a->dtype)}) : NULL, out);
    }
    if (refuse_factors(s, c, (ct_dtype)c->in[1]->a->dtype) < 0)
        return -1;
    double beta = factor(c, 3, (ct_dtype)c->in[1]->a->dtype), alpha = factor(c, 4, (ct_dtype)c->in[1]->a->dtype);
    T sum = c->in[0];
    for (int64_t i = 0; sum && i < array_size(c->in[1]->a)[0]; i++)
        sum = f_call(s, &op_addmm, 5, (arg[]){a_t(sum), a_t(f_select(s, c->in[1], 0, i)), a_t(f_select(s, c->in[2], 0, i)), a_f(i ? 1 : beta), a_f(alpha)});
    out[0] = f_contiguous(s, sum);
    return out[0] ? 0 : -1;
}
static int addmv_compose(scope *s, call *c, T *out) { return add_product(s, c, mv(s, widened(s, c, 1), widened(s, c, 2)), out); }

/* (alpha * vec1) of floats is rounded before it is multiplied. */
static int addr_compose(scope *s, call *c, T *out)
{
    T a = c->in[1], b = c->in[2];
    if (a->a->ndim != 1 || b->a->ndim != 1)
        return ct_fail(CT_RUNTIME, "addr: Expected 1-D argument %s, but got %d-D", a->a->ndim == 1 ? "vec2" : "vec1", a->a->ndim == 1 ? b->a->ndim : a->a->ndim), scope_fail(s), -1;
    ct_dtype d = dtype_promote(c->in[0]->a->dtype, dtype_promote(a->a->dtype, b->a->dtype));
    if (dtype_is_float(d) && arg_given(&c->args[4]))
        a = times(s, f_cast(s, a, d), dtype_rounded(d, arg_double(&c->args[4])));
    return add_product(s, c, outer(s, a, dtype_is_float(d) ? f_cast(s, b, d) : b), out);
}

#define ADD_PRODUCT(id, node_name, whole, left, right, text)                                                                                     \
    static int id##_grad(scope *s, node *n, T const *g, T *out) { return product_grad(s, n, g, id##_left, id##_right, out); }                     \
    const op op_##id = {.name = #id, .sig = "(Tensor self, Tensor " left ", Tensor " right ", *, Scalar beta=1, Scalar alpha=1)", .doc = text,     \
                        .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | whole, .run = op_closed, .compose = id##_compose, .kind = {node_name, id##_grad}, .keep = {0, 4, 2}};
ADD_PRODUCT(baddbmm, "BaddbmmBackward0", OP_OUT_SELF, "batch1", "batch2", "beta * self + alpha * bmm(batch1, batch2).")
ADD_PRODUCT(addbmm, "AddbmmBackward0", OP_OUT_SELF, "batch1", "batch2", "beta * self + alpha * the sum over the batch of bmm(batch1, batch2).")
ADD_PRODUCT(addmv, "AddmvBackward0", OP_OUT_SELF, "mat", "vec", "beta * self + alpha * mv(mat, vec).")
ADD_PRODUCT(addr, "AddrBackward0", OP_OUT_WHOLE, "vec1", "vec2", "beta * self + alpha * outer(vec1, vec2).")
