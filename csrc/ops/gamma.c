/* Derivatives of digamma. Args self, n >= 0; each is the gradient of the one before. */
#include "ops/dispatch.h"
#include "ops/takes.h"

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
