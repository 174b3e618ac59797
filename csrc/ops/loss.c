/* Losses of two operands, element by element: mse_loss, smooth_l1_loss, huber_loss, binary_cross_entropy and that of logits.
 * Closed compositions, each with the formula of its gradient. nn/_losses.py checks what is given to them.
 *
 * The node's numbers: the reduction, the number of losses, one number of the loss's own. */
#include "ops/loss.h"

#define NUMBER(k) f_number(s, k)
#define ADD(a, b) f_add(s, a, b)
#define SUB(a, b) f_sub(s, a, b)
#define MUL(a, b) f_mul(s, a, b)
#define DIV(a, b) f_div(s, a, b)
#define NEG(a) f_neg(s, a)
#define ABS(a) f_unary(s, &op_abs, a)
#define LOG(a) f_unary(s, &op_log, a)
#define SIGMOID(a) f_unary(s, &op_sigmoid, a)
#define LESS(a, b) f_binary(s, &op_lt, a, b)
#define WHERE(c, a, b) f_where(s, c, a, b)

T f_reduced(scope *s, T losses, int64_t how)
{
    return how == REDUCE_NONE ? losses : f_unary(s, how == REDUCE_MEAN ? &op_mean : &op_sum, losses);
}

static int finish(scope *s, call *c, T losses, uint32_t reduction, double number, T *out)
{
    int64_t how = c->args[reduction].i;
    if (!losses)
        return -1;
    keep_param(c, how);
    keep_param(c, losses->a->numel);
    keep_double(c, number);
    return (out[0] = f_reduced(s, losses, how)) ? 0 : -1;
}
static double kept_number(node *n) { return read_double(node_params(n) + 2); }
/* k, divided by the number of losses where the mean was taken. */
static double norm(node *n, double k) { return node_params(n)[0] == REDUCE_MEAN ? k / (double)node_params(n)[1] : k; }

static int refuse_dtype(scope *s, const tensor *self, const tensor *target, const char *kernel)
{
    ct_dtype d = dtype_promote(self->a->dtype, target->a->dtype);
    return dtype_is_float(d) ? 0 : (ct_fail(CT_NOTIMPL, "\"%s\" not implemented for '%s'", kernel, dtype_title(d)), scope_fail(s), -1);
}

/* A truth value beside numbers is one of them. */
static T number_beside(scope *s, T x, T other) { return x && other && x->a->dtype == DT_BOOL ? f_cast(s, x, other->a->dtype) : x; }

/* The gradients of a loss of self - target: `slope` makes that of self from the difference. */
typedef T (*slope)(scope *s, node *n, T difference, T g);
static int difference_grad(scope *s, node *n, T g, slope of, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1);
    x = number_beside(s, x, y);
    y = number_beside(s, y, x);
    if (node_needs(n, 0))
        out[0] = of(s, n, SUB(x, y), g);
    if (node_needs(n, 1))
        out[1] = of(s, n, SUB(y, x), g);
    return s->failed ? -1 : 0;
}

/* ---- mse_loss: args self, target, reduction ---------------------------------------------------------------------- */
static int mse_compose(scope *s, call *c, T *out)
{
    if (refuse_dtype(s, c->in[0], c->in[1], "mse_cpu") < 0)
        return -1;
    T d = SUB(number_beside(s, c->in[0], c->in[1]), number_beside(s, c->in[1], c->in[0]));
    return finish(s, c, MUL(d, d), 2, 0, out);
}
/* The factor is a number of the dtype. */
static T mse_slope(scope *s, node *n, T d, T g) { return d ? MUL(MUL(d, NUMBER(dtype_rounded(d->a->dtype, norm(n, 2)))), g) : NULL; }
static int mse_grad(scope *s, node *n, T const *g, T *out) { return difference_grad(s, n, g[0], mse_slope, out); }
const op op_mse_loss = {.name = "mse_loss", .sig = "(Tensor self, Tensor target, int reduction=1)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed,
    .compose = mse_compose, .kind = {"MseLossBackward0", mse_grad, .again = "MseLossBackwardBackward0"}, .keep = {3, 3}, .doc = "(self - target)^2, reduced: 0 none, 1 mean, 2 sum."};

/* ---- div_count: a sum of losses over their number, recorded as PyTorch records a quotient by a number of its own ------------ */
static int count_compose(scope *s, call *c, T *out)
{
    keep_param(c, c->args[1].i);
    return (out[0] = DIV(c->in[0], NUMBER((double)c->args[1].i))) ? 0 : -1;
}
static int count_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = DIV(g[0], NUMBER((double)node_params(n)[0]))) ? 0 : -1; }
const op op_div_count = {.name = "div_count", .sig = "(Tensor self, int count)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed, .compose = count_compose,
    .kind = {"DivBackward1", count_grad}, .doc = "self / count."};

/* ---- smooth_l1_loss, huber_loss: args self, target, reduction, beta or delta ---------------------------------------- */
/* g times k, with the sign of d beyond the bound; `inside` within. */
static T bounded(scope *s, T d, double bound, T outside, T inside)
{
    T low = f_binary(s, &op_le, d, NUMBER(-bound)), high = f_binary(s, &op_ge, d, NUMBER(bound));
    return WHERE(low, NEG(outside), WHERE(high, outside, inside));
}
/* One pass in float32 or float64, as PyTorch's loops have it also of halves of the dtype `once`; the other halves round at each step of the formula. */
static bool one_pass(const call *c, ct_dtype once)
{
    ct_dtype d = c->in[0]->a->dtype;
    return d == c->in[1]->a->dtype && (d == DT_F32 || d == DT_F64 || d == once);
}
static int run_terms(call *c, k_fused_kind kind) { return run_floats(c, K->fused[kind], 2, &(k_factor){.f = arg_double(&c->args[2])}, c->op->name); }
static int smooth_terms_run(call *c) { return run_terms(c, FUSED_SMOOTH_L1); }
static int huber_terms_run(call *c) { return run_terms(c, FUSED_HUBER); }
#define TERMS(id) static const op id##_terms = {.name = #id "_terms", .sig = "(Tensor self, Tensor target, float number)", .run = id##_terms_run}
TERMS(smooth);
TERMS(huber);
static T terms(scope *s, const call *c, const op *o, double number)
{
    ct_dtype d = c->in[0]->a->dtype, computed = dtype_computed(d);
    return f_cast(s, f_call(s, o, 3, (arg[]){a_t(f_cast(s, c->in[0], computed)), a_t(f_cast(s, c->in[1], computed)), a_f(number)}), d);
}

/* beta or delta, and its half, as numbers of the dtype. */
static void bounds(T z, double number, double *whole, double *part)
{
    ct_dtype d = z ? (ct_dtype)z->a->dtype : DT_F64;
    *whole = dtype_is_float(d) ? dtype_rounded(d, number) : number;
    *part = dtype_is_float(d) ? dtype_rounded(d, 0.5 * *whole) : 0.5 * number;
}

static T distance(scope *s, T x, T y) { return ABS(SUB(number_beside(s, x, y), number_beside(s, y, x))); }

static int smooth_compose(scope *s, call *c, T *out)
{
    double beta = arg_double(&c->args[3]);
    if (refuse_dtype(s, c->in[0], c->in[1], "smooth_l1_cpu") < 0)
        return -1;
    if (one_pass(c, DT_BF16))
        return finish(s, c, terms(s, c, &smooth_terms, beta), 2, beta, out);
    T z = distance(s, c->in[0], c->in[1]);
    double whole, part;
    bounds(z, beta, &whole, &part);
    T square = DIV(MUL(MUL(NUMBER(0.5), z), z), NUMBER(whole));
    return finish(s, c, WHERE(LESS(z, NUMBER(whole)), square, SUB(z, NUMBER(part))), 2, beta, out);
}
static T smooth_slope(scope *s, node *n, T d, T g)
{
    double beta = kept_number(n), k = norm(n, 1);
    return bounded(s, d, beta, MUL(NUMBER(k), g), DIV(MUL(MUL(NUMBER(k), d), g), NUMBER(beta)));
}
/* Halves are rounded once. */
static int smooth_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1);
    ct_dtype d = x && y ? x->a->dtype : DT_F32;
    if (!dtype_is_half(d) || y->a->dtype != d)
        return difference_grad(s, n, g[0], smooth_slope, out);
    T difference = SUB(f_cast(s, x, DT_F32), f_cast(s, y, DT_F32)), wide = f_cast(s, g[0], DT_F32);
    for (uint32_t i = 0; i < 2; i++)
        if (node_needs(n, i))
            out[i] = f_cast(s, smooth_slope(s, n, i ? NEG(difference) : difference, wide), d);
    return s->failed ? -1 : 0;
}
const op op_smooth_l1_loss = {.name = "smooth_l1_loss", .sig = "(Tensor self, Tensor target, int reduction=1, float beta=1.0)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = op_closed, .compose = smooth_compose, .kind = {"SmoothL1LossBackward0", smooth_grad, .again = "SmoothL1LossBackwardBackward0"}, .keep = {3, 3},
    .doc = "With d = |self - target|: d^2 / (2 beta) below beta, d - beta / 2 from there on; reduced."};

static int huber_compose(scope *s, call *c, T *out)
{
    double delta = arg_double(&c->args[3]);
    if (refuse_dtype(s, c->in[0], c->in[1], "huber_cpu") < 0)
        return -1;
    if (one_pass(c, DT_F16))
        return finish(s, c, terms(s, c, &huber_terms, delta), 2, delta, out);
    T z = distance(s, c->in[0], c->in[1]), square = MUL(MUL(NUMBER(0.5), z), z);
    double whole, part;
    bounds(z, delta, &whole, &part);
    T inside = f_binary(s, &op_le, z, NUMBER(whole));
    T loss = WHERE(inside, square, MUL(NUMBER(whole), SUB(z, NUMBER(part))));
    return finish(s, c, loss && dtype_is_float(c->in[0]->a->dtype) ? f_cast(s, loss, c->in[0]->a->dtype) : loss, 2, delta, out);
}
static T huber_slope(scope *s, node *n, T d, T g)
{
    double delta = kept_number(n), k = norm(n, 1);
    return bounded(s, d, delta, MUL(MUL(NUMBER(k), g), NUMBER(delta)), MUL(MUL(NUMBER(k), d), g));
}
/* PyTorch writes it in the dtype of self, and refuses a target of another one here. */
static int huber_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1);
    if (x && y && x->a->dtype != y->a->dtype)
        return ct_fail(CT_RUNTIME, "Found dtype %s but expected %s: convert huber_loss's target", dtype_title(y->a->dtype), dtype_title(x->a->dtype));
    return difference_grad(s, n, g[0], huber_slope, out);
}
const op op_huber_loss = {.name = "huber_loss", .sig = "(Tensor self, Tensor target, int reduction=1, float delta=1.0)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = op_closed, .compose = huber_compose, .kind = {"HuberLossBackward0", huber_grad, .again = "HuberLossBackwardBackward0"}, .keep = {3, 3},
    .doc = "With d = |self - target|: d^2 / 2 up to delta, delta (d - delta / 2) beyond; reduced."};

/* ---- soft_margin_loss: args self, target, reduction ----------------------------------------------------------------------- */
static int soft_compose(scope *s, call *c, T *out)
{
    T z = f_unary(s, &op_exp, MUL(c->in[0], NEG(c->in[1])));
    return finish(s, c, f_unary(s, &op_log1p, z), 2, 0, out);
}
static int soft_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1), z = f_unary(s, &op_exp, MUL(NEG(y), x)), more = ADD(z, NUMBER(1));
    for (uint32_t i = 0; i < 2; i++) /* nan where e^(-y x) is beyond all numbers, as in PyTorch */
        if (node_needs(n, i))
            out[i] = MUL(DIV(MUL(MUL(i ? x : y, z), NUMBER(norm(n, -1))), more), g[0]);
    return s->failed ? -1 : 0;
}
const op op_soft_margin_loss = {.name = "soft_margin_loss", .sig = "(Tensor self, Tensor target, int reduction=1)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed,
    .compose = soft_compose, .kind = {"SoftMarginLossBackward0", soft_grad, .again = "SoftMarginLossBackwardBackward0"}, .keep = {3, 3}, .doc = "log(1 + e^(-target self)), reduced."};

/* ---- binary_cross_entropy: args self, target, weight, reduction -------------------------------------------------------- */
static T weighed(scope *s, T x, T weight) { return weight ? MUL(x, weight) : x; }
/* The weight given or kept, if any; input i. */
static T weight_of(const call *c, uint32_t i) { return i < c->n_in ? c->in[i] : NULL; }
static T kept_weight(scope *s, node *n, uint32_t i) { return n->keep_in >> i & 1 ? node_kept_in(s, n, i) : NULL; }
static T over_count(scope *s, node *n, T x) { return node_params(n)[0] == REDUCE_MEAN ? DIV(x, NUMBER((double)node_params(n)[1])) : x; }

static T cut(scope *s, T x) { return f_call(s, &op_clamp, 2, (arg[]){a_t(x), a_f(-100)}); }
static T one_log(scope *s, T x, bool one) { return f_call(s, &op_log_of_one, 2, (arg[]){a_t(x), a_b(one)}); }
static int bce_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], y = c->in[1];
    T no = MUL(cut(s, one_log(s, NEG(x), true)), SUB(y, NUMBER(1))), yes = MUL(cut(s, one_log(s, x, false)), y);
    return finish(s, c, weighed(s, SUB(no, yes), weight_of(c, 2)), 3, 0, out);
}
static int bce_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1), weight = kept_weight(s, n, 2), one = NUMBER(1);
    if (node_needs(n, 0)) {
        T below = f_call(s, &op_clamp, 2, (arg[]){a_t(MUL(SUB(one, x), x)), a_f(1e-12)});
        out[0] = over_count(s, n, weighed(s, DIV(MUL(g[0], SUB(x, y)), below), weight));
    }
    if (node_needs(n, 1))
        out[1] = over_count(s, n, weighed(s, MUL(g[0], SUB(LOG(SUB(one, x)), LOG(x))), weight));
    return s->failed ? -1 : 0;
}
const op op_binary_cross_entropy = {.name = "binary_cross_entropy", .sig = "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed, .compose = bce_compose, .kind = {"BinaryCrossEntropyBackward0", bce_grad, .flags = NK_SHOWS(3), .again = "BinaryCrossEntropyBackwardBackward0"}, .keep = {3, 3, 3},
    .doc = "-(target log(self) + (1 - target) log(1 - self)), each logarithm cut at -100, times weight; reduced."};

/* ---- the same of logits: args self, target, weight, pos_weight, reduction ------------------------------------------------ */
/* x, rounded to the dtype of the tensor that PyTorch writes it into at this place; `into` NULL: to none. */
static T rounded(scope *s, T x, T into) { return x && into ? f_cast(s, x, into->a->dtype) : x; }
#define AS(x, into) rounded(s, x, into)
static T log_sigmoid(scope *s, T x) { return f_call(s, &op_log_sigmoid, 1, (arg[]){a_t(x)}); }
static int logits_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], y = c->in[1], positive = weight_of(c, 3), log = log_sigmoid(s, x);
    if (dtype_is_float(x->a->dtype) && !dtype_is_float(y->a->dtype) && y->a->dtype != DT_BOOL)
        return ct_fail(CT_RUNTIME, "result type %s can't be cast to the desired output type %s: convert binary_cross_entropy_with_logits's target to %s",
                       dtype_title(x->a->dtype), dtype_title(y->a->dtype), dtype_title(x->a->dtype));
    if (positive)
        log = AS(MUL(log, ADD(MUL(SUB(positive, NUMBER(1)), y), NUMBER(1))), x);
    T losses = AS(SUB(AS(MUL(SUB(NUMBER(1), y), x), y), log), y);
    return finish(s, c, AS(weighed(s, losses, weight_of(c, 2)), y), 4, 0, out);
}
static int logits_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_in(s, n, 1), weight = kept_weight(s, n, 2), positive = kept_weight(s, n, 3);
    if (node_needs(n, 0)) {
        T up = positive ? MUL(positive, y) : NULL;
        T like = tape_now.grad ? NULL : positive ? up : x, slope = positive ? SUB(AS(MUL(AS(SUB(ADD(up, NUMBER(1)), y), like), SIGMOID(x)), like), up) : SUB(SIGMOID(x), y);
        out[0] = over_count(s, n, AS(weighed(s, AS(MUL(AS(slope, like), g[0]), like), weight), like));
    }
    if (node_needs(n, 1)) {
        T slope = positive ? SUB(log_sigmoid(s, NEG(x)), MUL(positive, log_sigmoid(s, x))) : NEG(x);
        out[1] = over_count(s, n, weighed(s, MUL(slope, g[0]), weight));
    }
    return s->failed ? -1 : 0;
}
const op op_bce_with_logits = {.name = "binary_cross_entropy_with_logits",
    .sig = "(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = op_closed, .compose = logits_compose, .kind = {"BinaryCrossEntropyWithLogitsBackward0", logits_grad, .flags = NK_SHOWS(3)}, .keep = {3, 3, 3, 3},
    .doc = "binary_cross_entropy of sigmoid(self), computed without overflow; pos_weight weighs the positive class; reduced."};
