/* Elementwise ops that are more than a row: rounding modes, scalar powers, bounds. */
#include "ops/create.h"
#include "ops/dispatch.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

static T operand(scope *s, const call *c, const arg *a)
{
    if (a->kind == ARG_TENSOR)
        return a->t;
    if (arg_is_unsigned(a))
        return scope_array(s, number_array(a, c->in[0] && dtype_is_float(c->in[0]->a->dtype) ? DT_F64 : DT_I64));
    return f_weak(s, a);
}

/* ---- div with a rounding mode: args self, other, rounding_mode ------------------------------------------------ */
static int div_compose(scope *s, call *c, T *out)
{
    const char *mode = c->args[2].kind == ARG_STR ? c->args[2].str : NULL;
    const op *o = !mode ? &op_div : strcmp(mode, "floor") == 0 ? &op_div_floor : strcmp(mode, "trunc") == 0 ? &op_div_trunc : NULL;
    if (!o)
        return ct_fail(CT_RUNTIME, "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '%s'", mode), scope_fail(s), -1;
    return (out[0] = f_binary(s, o, operand(s, c, &c->args[0]), operand(s, c, &c->args[1]))) ? 0 : -1;
}
const op op_div_mode = {.name = "div.mode", .sig = "(Operand self, Operand other, *, str? rounding_mode)", .flags = OP_INPLACE | OP_OUT | OP_OUT_WHOLE, .run = op_compose,
    .compose = div_compose, .doc = "Quotient, true (None), rounded towards zero ('trunc') or down ('floor')."};

/* ---- pow with a number ------------------------------------------------------------------------------------------ */
/* Floats of full width take any. */
static int check_exponent(const call *c, ct_dtype d)
{
    return d != DT_BOOL && (!dtype_is_float(d) || dtype_is_half(d)) ? number_fits(&c->args[1], d) : 0;
}
static int pow_rule(call *c)
{
    const array *a = c->in[0]->a;
    promotion p = promotion_start();
    promotion_add_arg(&p, &c->args[0]);
    promotion_add_arg(&p, &c->args[1]);
    ct_dtype d = promotion_result(&p);
    if (!dtype_is_float(d) && arg_double(&c->args[1]) < 0)
        return ct_fail(CT_RUNTIME, "Integers to negative integer powers are not allowed.");
    if (check_exponent(c, d) < 0)
        return -1;
    if (c->mode == CALL_OUT && check_inputs_apart(c, c->out_given[0]->a) < 0)
        return -1;
    keep_double(c, arg_double(&c->args[1]));
    c->work = a->numel;
    layout l;
    array_layout(a, &l);
    iterator_strides(c, 1, &l);
    return in_cast(c, 0, d) < 0 ? -1 : out_strided(c, 0, d, &l);
}
static void pow_kernel(call *c)
{
    double exponent = arg_double(&c->args[1]);
    array *y = c->oa[0];
    k_nd nd;
    if (y->dtype == DT_BOOL) { /* and so is the exponent */
        if (exponent == 0)
            array_fill(y, &(bool){true});
        else
            array_convert(c->ia[0], y);
        return;
    }
    array_operands(&nd, 2, y->ndim, array_size(y), (const array *[]){y, c->ia[0]});
    k_walk(&nd, K->pow_scalar[y->dtype], &exponent);
}
static int pow_run(call *c)
{
    ct_dtype d = (ct_dtype)c->ia[0]->dtype;
    double exponent = arg_double(&c->args[1]);
    if (dtype_is_float(d)) {
        if (CT_UNLIKELY(check_exponent(c, d) < 0))
            return -1;
        keep_double(c, arg_double(&c->args[1]));
        int done = run_short(c, K->pow_scalar[d], &exponent, d, d, 1);
        if (done != -2)
            return done;
        c->n_param = 0;
    }
    return op_block(c);
}
/* Of squares whose gradient is one number everywhere: the operand, twice that number being left to the engine. NULL: not here. */
static T square_deferred(scope *s, node *n, T g)
{
    if (!array_is_still(g->a) || dtype_is_half(g->a->dtype) || !tape_defers(n))
        return NULL;
    double by = 2 * dtype_load(array_data(g->a), (ct_dtype)g->a->dtype);
    T x = by != 0 && isfinite(by) ? node_kept_in(s, n, 0) : NULL;
    if (x)
        tape_factor(by);
    return x;
}
static int pow_grad(scope *s, node *n, T const *g, T *out)
{
    double exponent = read_double(node_params(n));
    if (exponent == 0)
        return (out[0] = f_zeros_like(s, g[0])) ? 0 : -1;
    if (exponent == 2 && (out[0] = square_deferred(s, n, g[0])))
        return 0;
    if (exponent == 2 && !tape_now.grad)
        return (out[0] = f_last(s, n, &op_square_backward, g[0], node_kept_in(s, n, 0))) ? 0 : -1;
    T power = f_call(s, &op_pow_scalar, 2, (arg[]){a_t(node_kept_in(s, n, 0)), a_f(exponent - 1)});
    return (out[0] = f_mul(s, g[0], f_mul(s, power, f_number(s, exponent)))) ? 0 : -1;
}
const op op_pow_scalar = {.name = "pow.scalar", .sig = "(Tensor self, Number exponent)", .flags = OP_INPLACE | OP_OUT | OP_POINTWISE, .run = pow_run, .shape = pow_rule,
    .kernel = pow_kernel, .kind = {"PowBackward0", pow_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {1},
    .doc = "Each element to the power of a number. Integers refuse negative whole powers with RuntimeError."};

static int pow_base_compose(scope *s, call *c, T *out)
{
    if (c->mode == CALL_OUT && check_inputs_apart(c, c->out_given[0]->a) < 0)
        return scope_fail(s), -1;
    return (out[0] = f_call(s, &op_pow, 2, (arg[]){c->args[0], a_t(c->args[1].t)})) ? 0 : -1;
}
const op op_pow_base = {.name = "pow.base", .sig = "(Number self, Tensor exponent)", .flags = OP_FUNCTION | OP_OUT, .run = op_compose,
    .compose = pow_base_compose, .doc = "A number to the power of each element."};

/* ---- clamp: args self, min, max ----------------------------------------------------------------------------------- */
static ct_dtype clamp_dtype(const call *c)
{
    promotion p = promotion_start();
    for (int i = 0; i < 3; i++)
        promotion_add_arg(&p, &c->args[i]);
    return promotion_result(&p);
}
static int clamp_grad(scope *s, node *n, T const *g, T *out);
static const node_kind clamp_by_tensors = {"ClampBackward0", clamp_grad, .flags = NK_POINTWISE | NK_SHOWS(7), .takes = pointwise_takes};
/* Of a number and a tensor without dimensions, the tensor is a number too. */
static int number_bound(call *c, int i)
{
    tensor *t = c->args[i].t;
    arg number;
    if (t->a->ndim || tensor_requires_grad(t) || !tensor_number(t, &number))
        return ct_fail(CT_TYPE, "%s() received an invalid combination of arguments - got one bound that is a Tensor and one that is a number", c->op->name);
    c->args[i] = number;
    c->in[i] = NULL;
    array_drop((array *)c->ia[i]);
    c->ia[i] = NULL;
    return 0;
}
static int clamp_rule(call *c)
{
    layout l;
    if (!arg_given(&c->args[1]) && !arg_given(&c->args[2]))
        return ct_fail(CT_RUNTIME, "torch.clamp: At least one of 'min' or 'max' must not be None");
    if (arg_given(&c->args[1]) && arg_given(&c->args[2]) && (c->args[1].kind == ARG_TENSOR) != (c->args[2].kind == ARG_TENSOR))
        if (number_bound(c, c->args[1].kind == ARG_TENSOR ? 1 : 2) < 0)
            return -1;
    if (c->args[1].kind == ARG_TENSOR || c->args[2].kind == ARG_TENSOR)
        c->kind = &clamp_by_tensors;
    ct_dtype d = clamp_dtype(c);
    if (d == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"clamp_scalar_cpu\" not implemented for 'Bool'");
    for (int i = 1; i < 3; i++)
        if (arg_is_number(&c->args[i]) && number_fits(&c->args[i], d) < 0)
            return -1;
    array_layout(c->in[0]->a, &l);
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && ((i && layout_broadcast("clamp", &l.ndim, l.size, c->ia[i]->ndim, array_size(c->ia[i])) < 0) || in_cast(c, i, d) < 0))
            return -1;
    if (c->mode == CALL_OUT && check_inputs_apart(c, c->out_given[0]->a) < 0)
        return -1;
    c->work = layout_numel(l.ndim, l.size);
    iterator_strides(c, (int)c->n_in, &l);
    return out_strided(c, 0, d, &l);
}
/* An absent bound is the widest value of the dtype. */
static void bound(char *room, ct_dtype d, const arg *a, bool low)
{
    if (a->kind == ARG_FLOAT)
        dtype_store_f(room, d, a->f);
    else if (arg_given(a))
        dtype_store_i(room, d, a->i);
    else if (dtype_is_float(d))
        dtype_store_f(room, d, low ? -INFINITY : INFINITY);
    else
        dtype_store_i(room, d, d == DT_U8 ? (low ? 0 : 255) : d == DT_I32 ? (low ? INT32_MIN : INT32_MAX) : (low ? INT64_MIN : INT64_MAX));
}
static void clamp_kernel(call *c)
{
    array *y = c->oa[0];
    double room[2];
    k_nd nd;
    const array *operands[4] = {y, c->ia[0], c->ia[0], c->ia[0]};
    for (uint32_t i = 1; i < c->n_in; i++)
        if (c->in[i])
            operands[i + 1] = c->ia[i];
    array_operands(&nd, 4, y->ndim, array_size(y), operands);
    for (uint32_t i = 1; i < 3; i++) {
        if (i < c->n_in && c->in[i])
            continue;
        bound((char *)&room[i - 1], y->dtype, &c->args[i], i == 1);
        nd.data[i + 1] = (char *)&room[i - 1];
        memset(nd.stride[i + 1], 0, y->ndim * sizeof(int64_t));
    }
    k_walk(&nd, K->clamp[y->dtype], NULL);
}
/* x passes where low <= x <= high; a bound passes where it was taken, the upper one where they cross. */
static int clamp_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), zero = f_zeros_like(s, g[0]);
    T low = n->keep_in & 2 ? node_kept_in(s, n, 1) : NULL, high = n->keep_in & 4 ? node_kept_in(s, n, 2) : NULL;
    if (s->failed)
        return -1;
    T above = low ? f_binary(s, &op_ge, x, low) : NULL, below = high ? f_binary(s, &op_le, x, high) : NULL;
    if (node_needs(n, 0)) {
        T inside = above && below ? f_binary(s, &op_logical_and, above, below) : above ? above : below;
        out[0] = f_where(s, inside, g[0], zero);
    }
    if (n->n_in > 1 && node_needs(n, 1)) {
        T taken = f_unary(s, &op_logical_not, above);
        out[1] = f_where(s, high ? f_binary(s, &op_logical_and, taken, f_binary(s, &op_lt, low, high)) : taken, g[0], zero);
    }
    if (n->n_in > 2 && node_needs(n, 2)) {
        T taken = f_unary(s, &op_logical_not, below);
        out[2] = f_where(s, low ? f_binary(s, &op_logical_or, taken, f_binary(s, &op_gt, low, high)) : taken, g[0], zero);
    }
    return s->failed ? -1 : 0;
}
#define CLAMP(id, public, signature, text)                                                                                       \
    const op op_##id = {.name = public, .sig = signature, .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_POINTWISE, .run = op_block, .shape = clamp_rule,      \
                        .kernel = clamp_kernel, .kind = {"ClampBackward1", clamp_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {7, 7, 7}, .doc = text};
CLAMP(clamp, "clamp", "(Tensor self, Operand? min=None, Operand? max=None)", "self held between min and max (numbers or tensors that broadcast); where they cross, max wins. NaN stays.")
CLAMP(clip, "clip", "(Tensor self, Operand? min=None, Operand? max=None)", "Another name of clamp.")

/* One bound: a tensor as maximum or minimum, bools too; x, and so the gradient, passes where it keeps to the bound. */
static int clamp_one(scope *s, call *c, bool low, const node_kind *by_tensor, T *out)
{
    const arg *b = &c->args[1];
    if (b->kind == ARG_TENSOR)
        c->kind = by_tensor;
    arg args[3] = {a_t(c->args[0].t), low ? *b : a_none(), low ? a_none() : *b};
    out[0] = b->kind == ARG_TENSOR ? f_binary(s, low ? &op_maximum : &op_minimum, c->in[0], b->t) : f_call(s, &op_clamp, 3, args);
    return out[0] ? 0 : -1;
}
static int one_bound_grad(scope *s, node *n, T const *g, bool low, T *out)
{
    T zero = f_zeros_like(s, g[0]), x = node_kept_in(s, n, 0), held_by = node_kept_in(s, n, 1);
    if (node_needs(n, 0))
        out[0] = f_where(s, f_binary(s, low ? &op_ge : &op_le, x, held_by), g[0], zero);
    if (n->n_in > 1 && node_needs(n, 1))
        out[1] = f_where(s, f_binary(s, low ? &op_lt : &op_gt, x, held_by), g[0], zero);
    return s->failed ? -1 : 0;
}
#define CLAMP_ONE(id, low, node_name, bound, text)                                                                               \
    static int id##_grad(scope *s, node *n, T const *g, T *out) { return one_bound_grad(s, n, g, low, out); }                      \
    static const node_kind id##_by_tensor = {node_name "1", id##_grad, .flags = NK_POINTWISE, .takes = pointwise_takes};                                                            \
    static int id##_compose(scope *s, call *c, T *out) { return clamp_one(s, c, low, &id##_by_tensor, out); }                      \
    const op op_##id = {.name = #id, .sig = "(Tensor self, Operand " bound ")", .flags = OP_INPLACE | OP_OUT | OP_OUT_WHOLE, .run = op_closed,      \
                        .compose = id##_compose, .kind = {node_name "0", id##_grad, .flags = NK_POINTWISE, .takes = pointwise_takes}, .keep = {3, 3}, .doc = text};
CLAMP_ONE(clamp_min, true, "ClampMinBackward", "min", "self, but no less than min.")
CLAMP_ONE(clamp_max, false, "ClampMaxBackward", "max", "self, but no more than max.")

/* ---- positive -------------------------------------------------------------------------------------------------------------- */
static int positive_rule(call *c)
{
    return c->in[0]->a->dtype == DT_BOOL ? ct_fail(CT_RUNTIME, "The `+` operator, on a bool tensor is not supported.") : out_same(c, 0);
}
const op op_positive = {.name = "positive", .sig = "(Tensor self)", .flags = OP_MAY_VIEW, .run = op_view, .shape = positive_rule, .doc = "self itself; RuntimeError for bool."};

/* ---- round to decimals: args self, decimals ---------------------------------------------------------------------------- */
static int round_compose(scope *s, call *c, T *out)
{
    T self = c->in[0];
    int64_t decimals = c->args[1].i;
    if (!dtype_is_float(self->a->dtype))
        return ct_fail(CT_NOTIMPL, "\"round_cpu\" not implemented for '%s'", dtype_title(self->a->dtype)), scope_fail(s), -1;
    if (dtype_is_half((ct_dtype)self->a->dtype)) { /* every step in float32 */
        T wide = f_call(s, &op_round_decimals, 2, (arg[]){a_t(f_cast(s, self, DT_F32)), c->args[1]});
        return (out[0] = f_cast(s, wide, (ct_dtype)self->a->dtype)) ? 0 : -1;
    }
    T ten = f_number(s, pow(10, (double)(decimals < 0 ? -decimals : decimals)));
    T scaled = decimals < 0 ? f_div(s, self, ten) : f_mul(s, self, ten), whole = f_unary(s, &op_round, scaled);
    return (out[0] = decimals < 0 ? f_mul(s, whole, ten) : f_div(s, whole, ten)) ? 0 : -1;
}
static int round_grad(scope *s, node *n, T const *g, T *out)
{
    (void)n;
    return (out[0] = f_zeros_like(s, g[0])) ? 0 : -1;
}
const op op_round_decimals = {.name = "round.decimals", .sig = "(Tensor self, *, int decimals)", .flags = OP_INPLACE | OP_OUT | OP_OUT_WHOLE, .run = op_closed,
    .compose = round_compose, .kind = {"RoundBackward1", round_grad}, .doc = "Nearest multiple of 10^-decimals, of two the even one."};
