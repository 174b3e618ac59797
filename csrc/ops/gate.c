/* Activations of two operands: glu, whose halves are, and prelu. Closed compositions, each with the formula of its gradient. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include "ops/takes.h"

#define MUL(a, b) f_mul(s, a, b)

/* ---- glu: args self, dim. The node's number: dim ---------------------------------------------------------------------- */
/* Halves are computed in float32 and rounded once. */
static T wide(scope *s, T x) { return x && dtype_is_half((ct_dtype)x->a->dtype) ? f_cast(s, x, DT_F32) : x; }
static T half(scope *s, T x, int64_t dim, int which)
{
    int64_t n = x ? array_size(x->a)[dim] / 2 : 0;
    return f_call(s, &op_narrow, 4, (arg[]){a_t(x), a_i(dim), a_i(which * n), a_i(n)});
}
static int glu_compose(scope *s, call *c, T *out)
{
    const array *a = c->in[0]->a;
    int64_t dim = c->args[1].i;
    if (a->ndim == 0)
        return ct_fail(CT_RUNTIME, "glu does not support scalars because halving size must be even"), scope_fail(s), -1;
    if (dim < -a->ndim || dim >= a->ndim)
        return ct_fail(CT_INDEX, "Dimension out of range (expected to be in range of [%d, %d], but got %lld)", -a->ndim, a->ndim - 1, (long long)dim), scope_fail(s), -1;
    dim += dim < 0 ? a->ndim : 0;
    if (array_size(a)[dim] % 2)
        return ct_fail(CT_RUNTIME, "Halving dimension must be even, but dimension %lld is size %lld", (long long)dim, (long long)array_size(a)[dim]), scope_fail(s), -1;
    if (!dtype_is_float((ct_dtype)a->dtype))
        return ct_fail(CT_NOTIMPL, "\"glu_cpu\" not implemented for '%s'", dtype_title((ct_dtype)a->dtype)), scope_fail(s), -1;
    keep_param(c, dim);
    T x = wide(s, c->in[0]), y = MUL(half(s, x, dim, 0), f_unary(s, &op_sigmoid, half(s, x, dim, 1)));
    return (out[0] = y ? f_cast(s, y, (ct_dtype)a->dtype) : NULL) ? 0 : -1;
}
/* x among zeros where half `which` along dim was. */
static T placed(scope *s, T x, int64_t dim, int which)
{
    int64_t pad[2 * CT_MAXDIM] = {0}, n = x ? array_size(x->a)[dim] : 0, last = x ? x->a->ndim - 1 - dim : 0;
    pad[2 * last + (which == 0)] = n;
    return f_call(s, &op_constant_pad_nd, 2, (arg[]){a_t(x), a_ints((uint32_t)(2 * last + 2), pad)});
}
/* What the input takes where it repeats; along dim too: then both halves are one element, and their gradients one sum. */
static uint64_t glu_takes(node *n)
{
    const kept *x = node_kept(n);
    uint64_t takes = node_takes(n, 0), slid = node_takes_slid(n, 0);
    if (slid) /* both halves slide, of more than one index */
        return x->a && x->a->ndim == n->out_ndim && array_slides(x->a, slid) && array_size(x->a)[node_params(n)[0]] > 2 ? slid : 0;
    return takes && x->a ? takes & still_dims(x->a, x->a->ndim) : 0;
}
static T glu_line(scope *s, node *n, T g)
{
    int64_t dim = node_params(n)[0];
    uint64_t slid = node_got_slid(n);
    T x = node_kept_in(s, n, 0), first = half(s, x, dim, 0), second = half(s, x, dim, 1);
    if (s->failed)
        return NULL;
    int64_t many = array_size(first->a)[dim];
    first = tape_algebra.line(s, first, slid);
    T gate = f_unary(s, &op_sigmoid, tape_algebra.line(s, second, slid));
    second = f_binary(s, &op_sigmoid_backward, MUL(g, first), gate);
    return f_add(s, slice_as_lines(s, n, MUL(g, gate), dim, (int64_t[]){0, many, 1}), slice_as_lines(s, n, second, dim, (int64_t[]){many, 2 * many, 1}));
}
static int glu_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t dim = node_params(n)[0];
    if (node_got_slid(n))
        return (out[0] = glu_line(s, n, g[0])) ? 0 : -1;
    bool summed = node_got(n) >> dim & 1;
    T x = node_kept_in(s, n, 0), g0 = wide(s, g[0]);
    x = x && node_got(n) ? tape_algebra.narrow(s, x, node_got(n)) : x;
    T gate = wide(s, f_unary(s, &op_sigmoid, summed ? x : half(s, x, dim, 1)));  /* rounded, as PyTorch's is */
    x = wide(s, x);
    T first = MUL(g0, gate), second = f_binary(s, &op_sigmoid_backward, MUL(g0, summed ? x : half(s, x, dim, 0)), gate);
    out[0] = summed ? f_add(s, first, second) : f_add(s, placed(s, first, dim, 0), placed(s, second, dim, 1));
    out[0] = out[0] ? f_cast(s, out[0], (ct_dtype)g[0]->a->dtype) : NULL;
    return out[0] ? 0 : -1;
}
const op op_glu = {.name = "glu", .sig = "(Tensor self, int dim=-1)", .flags = OP_HIDDEN | OP_FUNCTION | OP_TELLS_GIVEN, .run = op_closed, .compose = glu_compose,
    .kind = {"GluBackward0", glu_grad, .takes = glu_takes, .again = "GluBackwardBackward0"}, .keep = {1}, .doc = "The first half along dim times the sigmoid of the second. RuntimeError for an odd size."};

/* ---- prelu: args self, weight (which broadcasts) ------------------------------------------------------------------------ */
static T positive(scope *s, T x) { return f_binary(s, &op_gt, x, f_number(s, 0)); }
static int prelu_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], w = c->in[1];
    arg slope;
    if (w->a->numel == 1 && w->a->dtype == x->a->dtype && w->a->ndim <= x->a->ndim && dtype_is_float((ct_dtype)w->a->dtype) && tensor_number(w, &slope))
        return (out[0] = f_call(s, &op_leaky_relu, 2, (arg[]){a_t(x), slope})) ? 0 : -1;
    return (out[0] = f_where(s, positive(s, x), x, MUL(w, x))) ? 0 : -1;
}
static int prelu_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), above = positive(s, x);
    if (node_needs(n, 0))
        out[0] = f_where(s, above, g[0], MUL(node_kept_in(s, n, 1), g[0]));
    if (node_needs(n, 1))
        out[1] = f_where(s, above, f_zeros_like(s, g[0]), MUL(x, g[0]));
    return s->failed ? -1 : 0;
}
const op op_prelu_kernel = {.name = "prelu_kernel", .sig = "(Tensor self, Tensor weight)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed, .compose = prelu_compose,
    .kind = {"PreluKernelBackward0", prelu_grad, .flags = NK_POINTWISE, .takes = pointwise_takes, .again = "PreluKernelBackwardBackward0"}, .keep = {3, 1}, .doc = "self, times weight, which broadcasts, where it is not positive."};
