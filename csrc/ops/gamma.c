/* Functions by kernels of their own. Derivatives of digamma: args self, n >= 0; each is the gradient of the one before. The incomplete gamma
 * functions: args self, other, upper. Logarithms as PyTorch's loops over single elements take them, whose float32 has the C library's bits:
 * args self, one: 1 is added to it. */
#include "ops/dispatch.h"
#include "ops/takes.h"
#include <string.h>

static int polygamma_run(call *c)
{
    int64_t n = c->args[1].i;
    if (n < 0)
        return ct_fail(CT_RUNTIME, "polygamma(n, x) does not support negative n.");
    keep_param(c, n);
    return run_floats(c, n ? K->polygamma : K->unary[U_digamma], 1, &n, "polygamma");
}
static int polygamma_grad(scope *s, node *n, T const *g, T *out)
{
    T next = f_call(s, &op_polygamma_kernel, 2, (arg[]){a_t(node_kept_in(s, n, 0)), a_i(node_params(n)[0] + 1)});
    return (out[0] = f_mul(s, g[0], next)) ? 0 : -1;
}
const op op_polygamma_kernel = {.name = "polygamma_kernel", .sig = "(Tensor self, int n)", .flags = OP_HIDDEN | OP_FUNCTION | OP_POINTWISE, .run = polygamma_run,
    .kind = {"PolygammaBackward0", polygamma_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {1}, .doc = "The n-th derivative of digamma."};

static int incomplete_gamma_run(call *c)
{
    bool upper = arg_bool(&c->args[2]);
    k_incomplete_prepare();
    return run_floats(c, k_incomplete, 2, &upper, upper ? "igammac_cpu" : "igamma_cpu");
}
const op op_incomplete_gamma = {.name = "incomplete_gamma", .sig = "(Tensor self, Tensor other, bool upper)", .flags = OP_HIDDEN | OP_FUNCTION | OP_POINTWISE | OP_NO_GRAD,
    .run = incomplete_gamma_run, .doc = "P(self, other), or Q = 1 - P, the regularised incomplete gamma functions of order self; both broadcast. NaN where one is negative."};

/* ---- args self, order, scaled ------------------------------------------------------------------------------------------------- */
static int bessel_i_run(call *c)
{
    k_bessel k = {(int)c->args[1].i, arg_bool(&c->args[2])};
    if (c->args[1].i < 0 || c->args[1].i > 1)
        return ct_fail(CT_RUNTIME, "bessel_i(): order must be 0 or 1, got %lld", (long long)c->args[1].i);
    keep_param(c, k.order);
    keep_param(c, k.scaled);
    return run_floats(c, K->bessel_i, 1, &k, k.order ? "i1_cpu" : "i0");
}
static T bessel_i_of(scope *s, T x, bool order, bool scaled) { return f_call(s, &op_bessel_i, 3, (arg[]){a_t(x), a_i(order), a_b(scaled)}); }
/* I0' = I1 and I1' = I0 - I1 / x, which is 1/2 at 0; scaled, less sign(x) times the function. */
static int bessel_i_grad(scope *s, node *n, T const *g, T *out)
{
    bool order = node_params(n)[0], scaled = node_params(n)[1];
    T x = node_kept_in(s, n, 0), slope = bessel_i_of(s, x, !order, scaled);
    T self = order || scaled ? bessel_i_of(s, x, order, scaled) : NULL;
    T there = order ? f_binary(s, &op_ne, x, f_weak_int(s, 0)) : NULL, factor = scaled ? f_unary(s, &op_sign, x) : NULL;
    if (order) {
        T inverse = f_unary(s, &op_reciprocal, f_where(s, there, x, f_number(s, 1)));
        factor = scaled ? f_add(s, factor, inverse) : inverse;
    }
    if (self)
        slope = f_sub(s, slope, f_mul(s, self, factor));
    if (order)
        slope = f_where(s, there, slope, f_number(s, 0.5));
    return (out[0] = f_mul(s, g[0], slope)) ? 0 : -1;
}
const op op_bessel_i = {.name = "bessel_i", .sig = "(Tensor self, int order, bool scaled)", .flags = OP_HIDDEN | OP_FUNCTION | OP_POINTWISE, .run = bessel_i_run,
    .kind = {"BesselIBackward0", bessel_i_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {1},
    .doc = "The modified Bessel function of the first kind of order 0 or 1, times e^-|self| if scaled."};

static int log_of_one_run(call *c)
{
    bool one = c->args[1].i != 0;
    k_loop *table[DT_COUNT];
    memcpy(table, K->unary[one ? U_log1p : U_log], sizeof table);
    table[DT_F32] = K->libm_log[one];
    keep_param(c, one);
    return run_floats(c, table, 1, NULL, one ? "log1p" : "log");
}
static int log_of_one_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0);
    return (out[0] = f_binary(s, &op_div, g[0], node_params(n)[0] ? f_add(s, x, f_number(s, 1)) : x)) ? 0 : -1;
}
const op op_log_of_one = {.name = "log_of_one", .sig = "(Tensor self, bool one=False)", .flags = OP_HIDDEN | OP_FUNCTION | OP_POINTWISE, .run = log_of_one_run,
    .kind = {"LogBackward0", log_of_one_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {1}, .doc = "log(self), or log(1 + self)."};
