/* gelu: one pass forward, one backward. */
#include "ops/dispatch.h"
#include "ops/takes.h"
#include <string.h>

#define NUMBER(k) f_number(s, k)
#define ADD(a, b) f_add(s, a, b)
#define SUB(a, b) f_sub(s, a, b)
#define MUL(a, b) f_mul(s, a, b)
static T one_less(scope *s, T x) { return SUB(NUMBER(1), x); }

/* ---- gelu: args self, approximate; its gradient: args grad, self, approximate. The node's number: is it by tanh? ----------- */
static arg approximation(bool tanh) { return (arg){.kind = ARG_STR, .str = tanh ? "tanh" : "none"}; }
static int read_approximation(call *c, const arg *a, bool *tanh)
{
    *tanh = strcmp(a->str, "tanh") == 0;
    if (!*tanh && strcmp(a->str, "none"))
        return ct_fail(CT_RUNTIME, "approximate argument must be either none or tanh.");
    keep_param(c, *tanh);
    return 0;
}
static int run_gelu(call *c)
{
    bool tanh;
    if (read_approximation(c, &c->args[1], &tanh) < 0)
        return -1;
    return run_floats(c, K->gelu[tanh ? GELU_TANH : GELU_EXACT], 1, NULL, "GeluKernelImpl");
}
static int run_gelu_backward(call *c)
{
    bool tanh;
    if (read_approximation(c, &c->args[2], &tanh) < 0)
        return -1;
    return run_slopes(c, K->gelu[tanh ? GELU_TANH_BACKWARD : GELU_EXACT_BACKWARD], NULL, "GeluBackwardKernelImpl");
}
static int gelu_grad(scope *s, node *n, T const *g, T *out)
{
    arg args[] = {a_t(g[0]), a_t(node_kept_in(s, n, 0)), approximation(node_params(n)[0])};
    return (out[0] = f_call(s, &op_gelu_backward, 3, args)) ? 0 : -1;
}
/* The density times (2 - x^2); by tanh, with u the cubic inside: (1 - t^2) (u' - x t u'^2 + x u'' / 2). */
static T gelu_curve(scope *s, T x, bool tanh)
{
    T square = MUL(x, x);
    if (!tanh)
        return MUL(MUL(NUMBER(0.39894228040143267794), f_unary(s, &op_exp, MUL(square, NUMBER(-0.5)))), SUB(NUMBER(2), square));
    const double beta = 0.79788456080286535588, kappa = 0.044715;
    T t = f_unary(s, &op_tanh, MUL(NUMBER(beta), ADD(x, MUL(NUMBER(kappa), MUL(square, x)))));
    T first = MUL(NUMBER(beta), ADD(NUMBER(1), MUL(square, NUMBER(3 * kappa))));
    T bent = ADD(SUB(first, MUL(MUL(x, t), MUL(first, first))), MUL(square, NUMBER(3 * beta * kappa)));
    return MUL(one_less(s, MUL(t, t)), bent);
}
/* By what arrives: h gelu'(x), and h g gelu''(x). */
static int gelu_backward_grad(scope *s, node *n, T const *h, T *out)
{
    bool tanh = node_params(n)[0];
    T x = node_kept_in(s, n, 1);
    if (node_needs(n, 0))
        out[0] = f_call(s, &op_gelu_backward, 3, (arg[]){a_t(h[0]), a_t(x), approximation(tanh)});
    if (node_needs(n, 1))
        out[1] = MUL(MUL(h[0], node_kept_in(s, n, 0)), gelu_curve(s, x, tanh));
    return s->failed ? -1 : 0;
}
const op op_gelu = {.name = "gelu", .sig = "(Tensor self, *, str approximate='none')", .flags = OP_HIDDEN | OP_FUNCTION, .run = run_gelu,
    .kind = {"GeluBackward0", gelu_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {1},
    .doc = "x times the normal distribution function at x; \"tanh\": by an approximation. Floats only; RuntimeError for another approximation."};
const op op_gelu_backward = {.name = "gelu_backward", .sig = "(Tensor grad, Tensor self, *, str approximate='none')", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = run_gelu_backward, .kind = {"GeluBackwardBackward0", gelu_backward_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {2, 3},
    .doc = "Gradient of gelu from the incoming gradient and its operand."};
