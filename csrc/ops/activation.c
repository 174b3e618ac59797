/* Activations of up to two numbers: leaky_relu, elu, silu, softplus, hardtanh, … (table/activation.def). Args self, the numbers.
 *
 * The gradient of each is an op of its own, of the incoming gradient and self, with the same numbers; its formulas are
 * PyTorch's, which agree with the first order on what the derivative at a kink is. The node's numbers are the two of the loop. */
#include "base/half.h"
#include "ops/dispatch.h"
#include "ops/reduce.h"
#include "ops/takes.h"
#include <string.h>

#define ADD(a, b) f_add(s, a, b)
#define SUB(a, b) f_sub(s, a, b)
#define MUL(a, b) f_mul(s, a, b)
#define SIGMOID(a) f_unary(s, &op_sigmoid, a)
#define NUMBER(k) f_number(s, k)

static int run_over(call *c, k_loop *loop, int n, const void *param, const char *kernel)
{
    ct_dtype d = c->in[0]->a->dtype;
    elementwise e = {.loop = loop, .param = param, .n = n + 1};
    layout l = {0};
    if (!dtype_is_float(d))
        return ct_fail(CT_NOTIMPL, "\"%s\" not implemented for '%s'", kernel, dtype_title(d));
    for (int i = 0; i < n; i++) {
        if (layout_broadcast(c->op->name, &l.ndim, l.size, c->ia[i]->ndim, array_size(c->ia[i])) < 0 || in_cast(c, (uint32_t)i, d) < 0)
            return -1;
        e.operand[i + 1] = c->ia[i];
    }
    return run_elementwise(c, &e, d, &l);
}
int run_floats(call *c, k_loop *const *table, int n, const void *param, const char *kernel)
{
    return run_over(c, table[c->in[0]->a->dtype], n, param, kernel);
}
/* A gradient that is the same everywhere (of a sum) is written out some numbers at a time: the loops have vectors where all lies side by side,
 * and PyTorch's of this kind give the bits of its vectors. The numbers stand first: they are what `loop` reads. */
enum { SAME = 512 /* numbers, a multiple of any vector's */ };
typedef struct slope_loop { double number[3]; k_loop *loop; int64_t item; } slope_loop;
static void run_slope(char *const *p, const int64_t *stride, int64_t n, const void *param)
{
    const slope_loop *o = param;
    const int64_t item = o->item;
    if (stride[1] || stride[0] != item || stride[2] != item) {
        o->loop(p, stride, n, param);
        return;
    }
    _Alignas(64) char same[SAME * sizeof(double)];
    for (int64_t i = 0; i < n && i < SAME; i++)
        memcpy(same + i * item, p[1], (size_t)item);
    for (int64_t i = 0; i < n; i += SAME)
        o->loop((char *[]){p[0] + i * item, same, p[2] + i * item}, (int64_t[]){item, item, item}, n - i < SAME ? n - i : SAME, param);
}
int run_slopes(call *c, k_loop *const *table, const double *number, const char *kernel)
{
    ct_dtype d = c->in[0]->a->dtype;
    slope_loop o = {.loop = table[d], .item = dtype_bytes(d)};
    if (number)
        memcpy(o.number, number, sizeof o.number);
    return run_over(c, dtype_is_half(d) ? table[d] : run_slope, 2, &o, kernel);
}
/* lambd is compared as one of the halves that it is compared with; softshrink takes it away unrounded. */
static double compared(enum k_activation kind, double number, ct_dtype d)
{
    if (kind != A_hardshrink && kind != A_hardshrink_slope && kind != A_softshrink_slope)
        return number;
    return d == DT_F16 ? half_to_float(half_from_float((float)number)) : d == DT_BF16 ? bfloat_to_float(bfloat_from_float((float)number)) : number;
}
/* Over the first n inputs, with the numbers that follow. */
static int run_loop(call *c, enum k_activation kind, int n, const char *kernel)
{
    double number[3] = {0, 0, 0};
    for (uint32_t i = (uint32_t)n; i < c->n_args; i++)
        number[i - (uint32_t)n] = arg_double(&c->args[i]);
    keep_double(c, number[0]);
    keep_double(c, number[1]);
    number[0] = compared(kind, number[0], (ct_dtype)c->ia[0]->dtype);
    return n == 2 ? run_slopes(c, K->activation[kind], number, kernel) : run_floats(c, K->activation[kind], n, number, kernel);
}

static double number_of(node *n, int i) { return read_double(node_params(n) + i); }
static T slope(scope *s, node *n, const op *o, T g, T x)
{
    return f_call(s, o, 4, (arg[]){a_t(g), a_t(x), a_f(number_of(n, 0)), a_f(number_of(n, 1))});
}
static T test(scope *s, const op *o, T x, double bound) { return f_binary(s, o, x, NUMBER(bound)); }
static T zero(scope *s, T like) { return f_zeros_like(s, like); }

/* How the gradient's gradient falls to x: `bent` is g times the second derivative at x. */
static T silu_terms(scope *s, T g, T x)
{
    T y = SIGMOID(x);
    return MUL(MUL(g, y), ADD(MUL(SUB(NUMBER(1), y), x), NUMBER(1)));
}
static T silu_bent(scope *s, node *n, T g, T x)
{
    T y = SIGMOID(x), rest = SUB(NUMBER(1), y), two = NUMBER(2);
    (void)n;
    return MUL(g, MUL(MUL(y, rest), ADD(MUL(x, SUB(NUMBER(1), MUL(y, two))), two)));
}
static T softplus_bent(scope *s, node *n, T g, T x)
{
    T scaled = MUL(x, NUMBER(number_of(n, 0))), bend = MUL(f_binary(s, &op_sigmoid_backward, g, SIGMOID(scaled)), NUMBER(number_of(n, 0)));
    return f_where(s, test(s, &op_gt, scaled, number_of(n, 1)), zero(s, g), bend);
}
static T log_sigmoid_bent(scope *s, node *n, T g, T x)
{
    T y = SIGMOID(x);
    (void)n;
    return MUL(MUL(g, SUB(y, NUMBER(1))), y);
}
static T nothing_bent(scope *s, node *n, T g, T x) { return (void)n, (void)x, zero(s, g); }
#define leaky_relu_bent nothing_bent
#define hardtanh_bent nothing_bent
#define hardsigmoid_bent nothing_bent
#define hardshrink_bent nothing_bent
#define softshrink_bent nothing_bent
#define replace_nonfinite_bent nothing_bent
#define threshold_value_bent nothing_bent
static T hardswish_bent(scope *s, node *n, T g, T x)
{
    (void)n;
    return f_where(s, test(s, &op_lt, f_unary(s, &op_abs, x), 3), MUL(g, NUMBER(1.0 / 3)), zero(s, g));
}
static T soft_tanh(scope *s, T x) { return f_unary(s, &op_tanh, f_call(s, &op_softplus, 3, (arg[]){a_t(x), a_f(1), a_f(20)})); }
static T mish_terms(scope *s, T g, T x)
{
    T t = soft_tanh(s, x);
    return MUL(g, ADD(t, MUL(MUL(x, SIGMOID(x)), SUB(NUMBER(1), MUL(t, t)))));
}
static T mish_bent(scope *s, node *n, T g, T x)
{
    T t = soft_tanh(s, x), y = SIGMOID(x), one = NUMBER(1), two = NUMBER(2);
    (void)n;
    return MUL(g, MUL(MUL(y, SUB(one, MUL(t, t))), ADD(two, SUB(MUL(x, SUB(one, y)), MUL(two, MUL(x, MUL(y, t)))))));
}
/* Below 0, g times `by` times e^(rate x). */
static T exp_bent(scope *s, T g, T x, double by, double rate)
{
    T below = test(s, &op_lt, x, 0), nothing = zero(s, g), inside = f_where(s, below, x, nothing);
    return f_where(s, below, MUL(MUL(g, NUMBER(by)), f_unary(s, &op_exp, MUL(inside, NUMBER(rate)))), nothing);
}
static T elu_bent(scope *s, node *n, T g, T x) { return exp_bent(s, g, x, number_of(n, 0), 1); }
static T selu_bent(scope *s, node *n, T g, T x) { return exp_bent(s, g, x, number_of(n, 0) * number_of(n, 1), 1); }
static T celu_bent(scope *s, node *n, T g, T x) { return exp_bent(s, g, x, number_of(n, 1), number_of(n, 1)); }

/* With a negative slope the result, which PyTorch's gradient of what was done in place reads, does not tell the operand's sign. */
static int refuse_negative(scope *s, node *n, const char *name)
{
    if (number_of(n, 0) >= 0)
        return 0;
    ct_fail(CT_RUNTIME, "In-place %s backward calculation is triggered with a negative slope which is not supported. This is caused by calling in-place forward "
            "function with a negative slope, please call out-of-place version instead.", name);
    return scope_fail(s), -1;
}

/* The op, its gradient's op, and the gradient of that. In place, the history bears another name where PyTorch's does. */
#define ACTIVATION(id, title, written, sloped, numbers, text) ACTIVATION_AS(id, title, title "BackwardBackward0", written, sloped, numbers, text, 0)
/* again: what PyTorch calls the node of the recorded gradient. */
#define ACTIVATION_AS(id, title, again, written, sloped, numbers, text, more)                                                                           \
    static int id##_backward_run(call *c) { return run_loop(c, A_##id##_slope, 2, #id "_backward_cpu"); }                                   \
    static int id##_backward_grad(scope *s, node *n, T const *g, T *out)                                                                \
    {                                                                                                                                   \
        if (node_needs(n, 0))                                                                                                           \
            out[0] = slope(s, n, &op_##id##_backward, g[0], node_kept_in(s, n, 1));                                                     \
        if (node_needs(n, 1))                                                                                                           \
            out[1] = id##_bent(s, n, MUL(g[0], node_kept_in(s, n, 0)), node_kept_in(s, n, 1));                                          \
        return s->failed ? -1 : 0;                                                                                                      \
    }                                                                                                                                   \
    const op op_##id##_backward = {.name = #id "_backward", .sig = "(Tensor grad, Tensor self, Scalar first=0, Scalar second=0)",         \
        .flags = OP_HIDDEN | OP_FUNCTION, .run = id##_backward_run, .keep = {2, 3}, .doc = "Gradient of " #id " from the incoming one.",  \
        .kind = {again, id##_backward_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}};                       \
    static int id##_grad(scope *s, node *n, T const *g, T *out)                                                                         \
    {                                                                                                                                   \
        return (out[0] = id##_slope(s, n, g[0], node_kept_in(s, n, 0))) ? 0 : -1;                                                       \
    }                                                                                                                                   \
    static int id##_written_grad(scope *s, node *n, T const *g, T *out)                                                                  \
    {                                                                                                                                   \
        return sloped && refuse_negative(s, n, #id) < 0 ? -1 : id##_grad(s, n, g, out);                                                            \
    }                                                                                                                                   \
    static const node_kind id##_written = {written, id##_written_grad, .flags = NK_POINTWISE, .takes = pointwise_takes};                        \
    static int id##_run(call *c)                                                                                                        \
    {                                                                                                                                   \
        if (c->mode == CALL_INPLACE)                                                                                                    \
            c->kind = &id##_written;                                                                                                    \
        return run_loop(c, A_##id, 1, #id "_cpu");                                                                                             \
    }                                                                                                                                   \
    const op op_##id = {.name = #id, .sig = "(Tensor self" numbers ")", .flags = OP_HIDDEN | OP_FUNCTION | OP_INPLACE | OP_OUT | (more), .run = id##_run, \
        .keep = {1}, .doc = text, .kind = {title "Backward0", id##_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}};
#define leaky_relu_slope(s, n, g, x) slope(s, n, &op_leaky_relu_backward, g, x)
#define elu_slope(s, n, g, x) slope(s, n, &op_elu_backward, g, x)
#define softplus_slope(s, n, g, x) slope(s, n, &op_softplus_backward, g, x)
#define hardtanh_slope(s, n, g, x) slope(s, n, &op_hardtanh_backward, g, x)
#define hardsigmoid_slope(s, n, g, x) slope(s, n, &op_hardsigmoid_backward, g, x)
#define hardswish_slope(s, n, g, x) slope(s, n, &op_hardswish_backward, g, x)
#define hardshrink_slope(s, n, g, x) slope(s, n, &op_hardshrink_backward, g, x)
#define softshrink_slope(s, n, g, x) slope(s, n, &op_softshrink_backward, g, x)
#define threshold_value_slope(s, n, g, x) slope(s, n, &op_threshold_value_backward, g, x)
#define selu_slope(s, n, g, x) slope(s, n, &op_selu_backward, g, x)
#define celu_slope(s, n, g, x) slope(s, n, &op_celu_backward, g, x)
#define replace_nonfinite_slope(s, n, g, x) slope(s, n, &op_replace_nonfinite_backward, g, x)
#define log_sigmoid_slope(s, n, g, x) slope(s, n, &op_log_sigmoid_backward, g, x)
/* Where higher orders may be asked for, of recorded ops: they have every order. */
#define silu_slope(s, n, g, x) (tape_now.grad ? silu_terms(s, g, x) : slope(s, n, &op_silu_backward, g, x))
#define mish_slope(s, n, g, x) (tape_now.grad ? mish_terms(s, g, x) : slope(s, n, &op_mish_backward, g, x))

ACTIVATION(leaky_relu, "LeakyRelu", "LeakyReluBackward1", true, ", Scalar negative_slope=0.01", "self, times negative_slope where it is not positive.")
ACTIVATION(elu, "Elu", "EluBackward1", true, ", Scalar alpha=1", "self, or alpha (e^self - 1) where it is negative.")
ACTIVATION(silu, "Silu", "SiluBackward0", false, "", "self sigmoid(self).")
ACTIVATION(softplus, "Softplus", "SoftplusBackward0", false, ", Scalar beta=1, Scalar threshold=20", "log(1 + e^(beta self)) / beta, and self where beta self exceeds threshold.")
ACTIVATION(log_sigmoid, "LogSigmoid", "LogSigmoidBackward0", false, "", "log(sigmoid(self)), computed without overflow.")
ACTIVATION(hardtanh, "Hardtanh", "HardtanhBackward0", false, ", Scalar min_val=-1, Scalar max_val=1", "self, cut to the bounds.")
ACTIVATION(hardsigmoid, "Hardsigmoid", "HardsigmoidBackward0", false, "", "self / 6 + 1/2, cut to 0 and 1.")
ACTIVATION(hardswish, "Hardswish", "HardswishBackward0", false, "", "self hardsigmoid(self).")
ACTIVATION(mish, "Mish", "MishBackward0", false, "", "self tanh(softplus(self)).")
ACTIVATION(hardshrink, "Hardshrink", "HardshrinkBackward0", false, ", Scalar lambd=0.5", "self, or 0 from -lambd to lambd.")
ACTIVATION(softshrink, "Softshrink", "SoftshrinkBackward0", false, ", Scalar lambd=0.5", "self moved by lambd towards 0, 0 from -lambd to lambd.")
/* Twice is as once: the elements of what is expanded may be written so often. */
ACTIVATION_AS(threshold_value, "Threshold", "ThresholdBackwardBackward0", "ThresholdBackward1", false, ", Scalar threshold, Scalar value", "self where it exceeds threshold, otherwise value.", OP_SHARES)
ACTIVATION(selu, "Elu", "EluBackward1", false, ", Scalar alpha, Scalar scale", "scale self, or scale alpha (e^self - 1) where it is negative.")
ACTIVATION_AS(celu, "Celu", "EluBackwardBackward0", "CeluBackward1", true, ", Scalar alpha, Scalar inverse", "self, or alpha (e^(inverse self) - 1) where it is negative.", 0)
ACTIVATION_AS(replace_nonfinite, "NanToNum", "MulBackward0", "NanToNumBackward0", false, ", Scalar nan, Scalar posinf, Scalar neginf", "self, with numbers for NaN and the infinities.", 0)
