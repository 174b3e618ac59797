/* Elementwise ops: turns the rows of table/ into records, and runs them.
 *
 * One-letter macros hold in this file alone: G incoming gradient; X, Y of unary rows; A, B, Y of binary rows. */
#include "kernel/half.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* ---- running ------------------------------------------------------------------------------------------ */
static bool all_contiguous(const elementwise *e)
{
    for (int i = 0; i < e->n; i++)
        if (!array_is_contiguous(e->operand[i]) || !array_same_size(e->operand[0], e->operand[i]))
            return false;
    return true;
}

static void run_loop(const elementwise *e)
{
    const array *out = e->operand[0];
    k_nd nd;
    if (all_contiguous(e)) {
        int64_t step[K_MAXOP];
        for (int i = 0; i < e->n; i++) {
            nd.data[i] = array_data(e->operand[i]);
            step[i] = dtype_bytes(e->operand[i]->dtype);
        }
        k_run_line(e->loop, e->n, nd.data, step, out->numel, e->param);
        return;
    }
    array_operands(&nd, e->n, out->ndim, array_size(out), e->operand);
    k_walk(&nd, e->loop, e->param);
}

static void loop_kernel(call *c) { run_loop(c->scratch); }

static int refuse_dtype(const call *c, ct_dtype dtype)
{
    const tensor *out = c->mode == CALL_OUT && c->op->flags & OP_OUT_EXACT ? c->out_given[0] : NULL;
    if (out && out->a->dtype != dtype)
        return ct_fail(CT_RUNTIME, "%s(): Found dtype %s but expected %s", c->op->name, dtype_title(out->a->dtype), dtype_title(dtype));
    const char *name = c->op == &op_bitwise_left_shift ? "lshift" : c->op == &op_bitwise_right_shift ? "rshift" : c->op->name;
    return ct_fail(CT_NOTIMPL, "\"%s_cpu\" not implemented for '%s'", name, dtype_title(dtype));
}

static bool arg_is_bool(const arg *a) { return a->kind == ARG_BOOL || (a->kind == ARG_TENSOR && a->t->a->dtype == DT_BOOL); }
static bool has_bool(const call *c) { return arg_is_bool(&c->args[0]) || arg_is_bool(&c->args[1]); }
int refuse_bool_difference(const call *c)
{
    if (arg_is_bool(&c->args[0]) && arg_is_bool(&c->args[1]) && c->args[0].kind == ARG_TENSOR && c->args[1].kind == ARG_TENSOR)
        return ct_fail(CT_RUNTIME, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.");
    return !has_bool(c) ? 0 : ct_fail(CT_RUNTIME, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.");
}

/* The dtype that a row computes in, from its operands' common one; -1 when the row refuses it. */
static int row_dtype(const call *c, ct_dtype common, ct_dtype *compute)
{
    *compute = common;
    int dtypes = c->op->dtypes & DTYPES_MASK;
    if (common == DT_BOOL && (c->op == &op_bitwise_left_shift || c->op == &op_bitwise_right_shift))
        return refuse_dtype(c, common);
    if (CT_UNLIKELY(c->op == &op_sub && has_bool(c)))
        return refuse_bool_difference(c);
    if (dtypes == FLOATS && !dtype_is_float(common))
        *compute = dtype_default();
    if (dtypes != NUMBERS || common != DT_BOOL)
        return 0;
    if (c->op == &op_neg)
        return ct_fail(CT_RUNTIME, "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.");
    if (c->op == &op_relu)
        return ct_fail(CT_RUNTIME, "Boolean inputs not supported for relu");
    return c->op == &op_square ? *compute = DT_I64, 0 : refuse_dtype(c, common);
}

static bool makes_whole(const op *o) { return o == &op_floor_divide || o == &op_div_floor || o == &op_div_trunc; }

/* Is the second operand beside halves read as a float32? Then the loop's param says so. A tensor of one element counts as a number where quotients
 * are made whole, which takes more steps than one: of those of the size that is shown. */
static bool wide_number(const call *c, ct_dtype compute)
{
    if (CT_LIKELY(!dtype_is_half(compute)) || c->op->run != op_binary || !(c->op->dtypes & NUMBER_WIDE))
        return false;
    return c->n_in < 2 || !c->ia[1] || (c->ia[1]->ndim == 0 && c->ia[1]->dtype != compute) || (makes_whole(c->op) && c->in[1]->a->numel == 1);
}

/* The operand of `compute`'s dtype for input i: the input itself, a converted copy, or a number written into `room`. */
static const array *operand(call *c, uint32_t i, ct_dtype compute, array **number)
{
    if (i < c->n_in && c->ia[i])
        return in_cast(c, i, compute) < 0 ? NULL : c->ia[i];
    const arg *a = &c->args[i];
    if (CT_UNLIKELY(arg_is_unsigned(a)) && c->in[1 - i]->a->dtype == DT_BOOL)
        return ct_fail(CT_RUNTIME, "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote Bool and UInt64"), NULL;
    return *number = number_array(a, compute);
}

static int result_shape(const call *c, layout *l)
{
    const array *a = c->in[0] ? c->ia[0] : c->ia[1], *b = c->in[0] && c->n_in > 1 ? c->ia[1] : NULL;
    array_layout(a, l);
    if (!b || array_same_size(a, b))
        return 0;
    return layout_broadcast(c->op->name, &l->ndim, l->size, b->ndim, array_size(b));
}

/* Where PyTorch has no iterator choose: a number to the power of a tensor, and log_sigmoid. */
static bool in_rows(const call *c) { return c->op == &op_log_sigmoid || (c->op == &op_pow && !c->in[0]); }

/* A fresh output with the memory order of the operands, as PyTorch's iterator chooses it. */
static array *fresh_output(call *c, ct_dtype dtype, int operands, layout *l)
{
    bool plain = true;
    for (uint32_t i = 0; i < c->n_in; i++)
        plain &= !c->in[i] || (array_is_plain(c->in[i]->a) && c->in[i]->a->numel); /* before a conversion; empty results have strides of their own */
    if (plain)
        return array_new(dtype, l->ndim, l->size);
    iterator_strides(c, operands, l);
    if (in_rows(c))
        layout_row_major(l->ndim, l->size, l->stride);
    c->once_out = repeated_dims(c->n_in, c->ia, l->ndim, l->size);
    call_slides(c, l->ndim, l->size);
    return out_strided(c, 0, dtype, l) < 0 ? NULL : c->oa[0];
}

static int run_operands(call *c, elementwise *e)
{
    c->work = array_held(e->operand[0]);
    c->effective = c->oa[0]->numel;
    c->scratch = e;
    return call_unlocked(c, loop_kernel);
}

/* Operands that slide alike: over their lines. */
static int run_lines(call *c, const elementwise *e)
{
    elementwise lines = *e;
    int made = 0;
    while (made < e->n && (lines.operand[made] = array_line(e->operand[made], c->oa[0]->ndim, c->slide, made ? c->slide_back : c->slide_out)))
        made++;
    bool whole = made == e->n;
    int result = whole ? run_operands(c, &lines) : -1;
    while (made--)
        array_drop((array *)lines.operand[made]);
    return result;
}

static int check_division(const call *c)
{
    if (CT_LIKELY(!k_zero_division))
        return 0;
    k_zero_division = false;
    return ct_fail(CT_RUNTIME, "ZeroDivisionError: %s of integers by zero", c->op->name);
}

/* Integers divided by a tensor, or by 0: a zero among the divisors is found while dividing, so not in self or out=. */
static bool may_fail(const call *c, ct_dtype compute)
{
    const op *o = c->op;
    return (makes_whole(o) || o == &op_remainder || o == &op_fmod) && !dtype_is_float(compute) && (!arg_is_number(&c->args[1]) || c->args[1].i == 0);
}

int run_elementwise(call *c, elementwise *e, ct_dtype result, layout *l)
{
    if (c->mode == CALL_INPLACE && (target_in_place(c, result, l->ndim, l->size) < 0 || check_inputs_apart(c, c->args[0].t->a) < 0))
        return -1;
    if (c->mode == CALL_OUT)
        iterator_strides(c, e->n - 1, l);
    if (c->mode == CALL_OUT && target_out_elementwise(c, result, l) < 0)
        return -1;
    tensor *target = c->mode == CALL_INPLACE ? c->args[0].t : c->out_given[0];
    if (c->mode == CALL_INPLACE && write_out_self(c, (uint32_t)e->n - 1, e->operand + 1) < 0)
        return -1;
    bool direct = c->mode != CALL_NEW && target->a->dtype == result && !may_fail(c, result);
    array *out = direct ? array_keep(target->a) : fresh_output(c, result, e->n - 1, l);
    if (!out)
        return -1;
    node *n = NULL;
    c->oa[0] = out;
    if (call_needs_grad(c) && !(n = call_node(c))) {
        array_drop(out);
        return -1;
    }
    e->operand[0] = out;
    int done = CT_UNLIKELY(c->slide != 0) ? run_lines(c, e) : run_operands(c, e);
    c->oa[0] = NULL;
    if (CT_UNLIKELY(done < 0 || check_division(c) < 0)) {
        array_drop(out);
        node_drop(n);
        return -1;
    }
    if (c->mode == CALL_NEW)
        tensor_init(&c->out[0], out);
    else {
        if (!direct)
            array_convert(out, target->a);
        array_drop(out);
        tensor_wrote(target, c->op->name);
    }
    return call_attach(c, n);
}

/* Halves beside float32 are widened in the loop's tiles, not into a copy: bit 1 for the first operand, bit 2 for the second. */
static uint32_t mixed_halves(const call *c, ct_dtype compute, ct_dtype *half)
{
    uint32_t halves = 0;
    for (uint32_t i = 0; i < 2 && i < c->n_in && compute == DT_F32; i++) {
        ct_dtype d = c->ia[i] ? (ct_dtype)c->ia[i]->dtype : compute;
        if (!dtype_is_half(d) || (halves && d != *half))
            continue;
        halves |= 2u << i;
        *half = d;
    }
    return halves;
}

static int run_binary(call *c, k_loop *const (*table)[DT_COUNT], ct_dtype compute, ct_dtype result)
{
    layout l;
    array *number = NULL;
    elementwise e = {.loop = table[c->op->row][compute], .n = 3};
    if (CT_UNLIKELY(!e.loop)) /* shapes that do not meet are told first */
        return result_shape(c, &l) < 0 || (c->mode == CALL_INPLACE && target_in_place(c, result, l.ndim, l.size) < 0) ? -1 : refuse_dtype(c, compute);
    int done = run_short(c, e.loop, NULL, compute, result, 2);
    if (CT_LIKELY(done != -2))
        return done < 0 ? -1 : check_division(c);
    if (result_shape(c, &l) < 0)
        return -1;
    bool wide = wide_number(c, compute);
    e.param = wide ? &half_wide_number : NULL;
    half_mix mix = {{compute, 3, 0}, e.loop};
    if (CT_UNLIKELY((mix.form.halves = mixed_halves(c, compute, &mix.form.half)))) {
        e.loop = half_mixed;
        e.param = &mix;
    }
    done = -1;
    if ((e.operand[1] = mix.form.halves & 2 ? c->ia[0] : operand(c, 0, compute, &number)) &&
        (e.operand[2] = mix.form.halves & 4 ? c->ia[1] : operand(c, 1, wide ? DT_F32 : compute, &number)))
        done = run_elementwise(c, &e, result, &l);
    array_drop(number);
    return done;
}

static ct_dtype common_dtype(const call *c)
{
    const array *a = c->ia[0];
    if (c->n_in == 2 && a && c->ia[1] && a->dtype == c->ia[1]->dtype && !array_is_weak(a))
        return a->dtype;
    promotion p = promotion_start();
    for (int i = 0; i < 2; i++)
        promotion_add_arg(&p, &c->args[i]);
    return promotion_result(&p);
}

/* Two numbers: a 0-d tensor, as torch.add(2, 3). */
static int compose_numbers(scope *s, call *c, T *out)
{
    if ((c->op->dtypes & DTYPES_MASK) == INTS || c->op == &op_remainder)
        return ct_fail(CT_TYPE, "%s() received an invalid combination of arguments - got two numbers, but one must be a Tensor", c->op->name);
    out[0] = f_binary(s, c->op, f_weak(s, &c->args[0]), f_weak(s, &c->args[1]));
    return out[0] ? 0 : -1;
}

int op_binary(call *c)
{
    ct_dtype compute;
    if (CT_UNLIKELY(c->n_in == 0))
        return op_compose(c);
    if (c->kind == &c->op->kind)
        c->kind = op_kind_by_number(c->op, c->args);
    return row_dtype(c, common_dtype(c), &compute) < 0 ? -1 : run_binary(c, K->binary, compute, compute);
}

static const node_kind compared_with_tensor[];
int op_compare(call *c)
{
    if (CT_UNLIKELY(c->mode == CALL_INPLACE) && c->args[1].kind == ARG_TENSOR && c->op->kind.grad)
        c->kind = &compared_with_tensor[c->op->row];
    return run_binary(c, K->compare, common_dtype(c), DT_BOOL);
}

static int run_unary(call *c, k_loop *const (*table)[DT_COUNT], ct_dtype compute, ct_dtype result)
{
    layout l;
    elementwise e = {.loop = table[c->op->row][compute], .n = 2};
    if (!e.loop)
        return refuse_dtype(c, compute);
    int done = run_short(c, e.loop, NULL, compute, result, 1);
    if (CT_LIKELY(done != -2))
        return done;
    if (in_cast(c, 0, compute) < 0)
        return -1;
    e.operand[1] = c->ia[0];
    array_layout(c->ia[0], &l);
    return run_elementwise(c, &e, result, &l);
}

int op_unary(call *c)
{
    ct_dtype compute;
    return row_dtype(c, c->ia[0]->dtype, &compute) < 0 ? -1 : run_unary(c, K->unary, compute, compute);
}

int op_test(call *c) { return run_unary(c, K->test, c->ia[0]->dtype, DT_BOOL); }

/* ---- gradients of the rows -------------------------------------------------------------------------------- */
static T const no_gradient = NULL;
#define G g[0]
#define X node_kept_in(s, n, 0)
#define A node_kept_in(s, n, 0)
#define B node_kept_in(s, n, 1)
#define Y node_kept_out(s, n, 0)
#define NONE no_gradient
static T f_untold(scope *s, const node *n)
{
    ct_fail(CT_RUNTIME, "derivative for floor_divide is not implemented (%s): its value is a step; detach() it", n->kind->name);
    return scope_fail(s);
}
#define UNTOLD f_untold(s, n)
/* What PyTorch raises to the power 1. */
static T f_itself(scope *s, T x) { return tape_now.grad ? f_call(s, &op_pow_scalar, 2, (arg[]){a_t(x), a_i(1)}) : x; }
#define itself(a) f_itself(s, a)
/* y ln x, the derivative of x^y by y; 0 where x is 0, which a number is or is not as a whole. */
static T f_power_by_log(scope *s, T x, T y, T power)
{
    double base = x && array_is_weak(x->a) ? dtype_load(array_data(x->a), (ct_dtype)x->a->dtype) : 0;
    if (base != 0)
        return f_scale(s, power, log(base));
    T zero = f_binary(s, &op_logical_and, f_binary(s, &op_eq, x, f_number(s, 0)), f_binary(s, &op_ge, y, f_number(s, 0)));
    return f_where(s, zero, f_zeros_like(s, power), f_mul(s, power, f_unary(s, &op_log, x)));
}
#define power_by_log(x, y, power) f_power_by_log(s, x, y, power)
static T f_inverse_or_0(scope *s, T x) /* 1 / x, and 0 for 0 */
{
    return f_call(s, &op_masked_fill, 3, (arg[]){a_t(f_unary(s, &op_reciprocal, x)), a_t(f_binary(s, &op_eq, x, f_number(s, 0))), a_i(0)});
}
#define ZERO f_zeros_like(s, G)
#define weak(number) f_number(s, number)
#define neg(a) f_unary(s, &op_neg, a)
#define sign(a) f_unary(s, &op_sign, a)
#define sgn(a) f_unary(s, &op_sgn, a)
#define square(a) f_unary(s, &op_square, a)
#define cube(a) f_call(s, &op_pow_scalar, 2, (arg[]){a_t(a), a_i(3)})
#define reciprocal(a) f_unary(s, &op_reciprocal, a)
#define rsqrt(a) f_unary(s, &op_rsqrt, a)
#define exp(a) f_unary(s, &op_exp, a)
#define log(a) f_unary(s, &op_log, a)
#define sin(a) f_unary(s, &op_sin, a)
#define cos(a) f_unary(s, &op_cos, a)
#define sinh(a) f_unary(s, &op_sinh, a)
#define cosh(a) f_unary(s, &op_cosh, a)
#define div_trunc(a, b) f_binary(s, &op_div_trunc, a, b)
#define add(a, b) f_binary(s, &op_add, a, b)
#define sub(a, b) f_binary(s, &op_sub, a, b)
#define mul(a, b) f_binary(s, &op_mul, a, b)
#define div(a, b) f_binary(s, &op_div, a, b)
#define pow(a, b) f_binary(s, &op_pow, a, b)
#define div_floor(a, b) f_binary(s, &op_div_floor, a, b)
#define eq(a, b) f_binary(s, &op_eq, a, b)
#define ne(a, b) f_binary(s, &op_ne, a, b)
#define lt(a, b) f_binary(s, &op_lt, a, b)
#define gt(a, b) f_binary(s, &op_gt, a, b)
#define ge(a, b) f_binary(s, &op_ge, a, b)
#define logical_and(a, b) f_binary(s, &op_logical_and, a, b)
#define tanh_backward(a, b) f_last(s, n, &op_tanh_backward, a, b)
#define sigmoid_backward(a, b) f_last(s, n, &op_sigmoid_backward, a, b)
#define threshold_backward(a, b) f_last(s, n, &op_threshold_backward, a, b)
#define digamma(a) f_unary(s, &op_digamma, a)
#define polygamma(a, n) f_call(s, &op_polygamma_kernel, 2, (arg[]){a_t(a), a_i(n)})
#define inverse_or_0(a) f_inverse_or_0(s, a)
#define where(condition, a, b) f_where(s, condition, a, b)
#define zeros_like(a) f_zeros_like(s, a)
#define masked_out(a, mask) f_call(s, &op_masked_fill, 3, (arg[]){a_t(a), a_t(mask), a_i(0)})

#define UNARY(name, value, gradient, ...)                                                       \
    static int grad_##name(scope *s, node *n, T const *g, T *out)                               \
    {                                                                                           \
        (void)s, (void)n, (void)g;                                                              \
        return (out[0] = gradient) ? 0 : -1;                                                    \
    }
#include "table/unary.def"
#undef UNARY
/* Here the incoming gradient is read twice. */
#undef tanh_backward
#undef sigmoid_backward
#undef threshold_backward
#define tanh_backward(a, b) f_binary(s, &op_tanh_backward, a, b)
#define sigmoid_backward(a, b) f_binary(s, &op_sigmoid_backward, a, b)
#define threshold_backward(a, b) f_binary(s, &op_threshold_backward, a, b)
#define BINARY(name, value, gradient_a, gradient_b, ...)                                        \
    int op_grad_##name(scope *s, node *n, T const *g, T *out)                               \
    {                                                                                           \
        (void)s, (void)g;                                                                       \
        if (node_needs(n, 0))                                                                   \
            out[0] = gradient_a;                                                                \
        if (n->n_in > 1 && node_needs(n, 1))                                                    \
            out[1] = gradient_b;                                                                \
        return 0;                                                                               \
    }
#include "table/binary.def"
#undef BINARY

#define SHOWS(name) (IS(name, "remainder") || IS(name, "fmod") ? 0 : NK_SHOWS(3)) /* a number stands for a tensor */
#define RUN(name) (IS(name, "floor_divide") || IS(name, "remainder") || IS(name, "fmod") || IS(name, "pow") ? op_numbered : op_binary)

/* ---- records ------------------------------------------------------------------------------------------------ */
#define KEEP_X .keep = {1}, .keep_out = 0
#define KEEP_Y .keep_out = 1
#define KEEP_X_Y .keep = {1}, .keep_out = 1
#define KEEP_NO .keep_out = 0
#define KEEP(a, b, y) .keep = {a, b}, .keep_out = y
#define TEXT(...) #__VA_ARGS__
#define IS_NONE(text) (__builtin_strcmp(text, "no_gradient") == 0)
#define FORMULA(name, text) (IS_NONE(text) ? NULL : grad_##name)
/* Nodes whose name does not follow from the row's: PyTorch squares by pow, and numbers overloads. */
#define IS(name, other) (__builtin_strcmp(name, other) == 0)
#define NODE(name)                                                                              \
    (IS(name, "square") ? "PowBackward0" : IS(name, "pow") ? "PowBackward1" :                    \
     IS(name, "div_trunc") || IS(name, "div_floor") ? "DivBackward2" : IS(name, "floor_divide") ? "torch::autograd::NotImplemented" : name)
#define NODE_FLAGS(name) (NK_POINTWISE | (IS(name, "add") || IS(name, "sub") ? NK_HOMOGENEOUS : 0) | (IS(NODE(name), name) ? NK_ROW : IS(name, "floor_divide") ? NK_UNTOLD : 0))
#define HIDDEN(name)                                                                            \
    (IS(#name, "div_trunc") || IS(#name, "div_floor") ||                                        \
     (__builtin_strlen(#name) > 9 && IS(&#name[__builtin_strlen(#name) - 9], "_backward")) ? OP_HIDDEN : 0)
#define FLAGS(name, set) (((set) & NO_INPLACE ? 0 : OP_INPLACE) | OP_OUT | HIDDEN(name))

/* What keeps its operand's dtype has no other for out=. PyTorch's square is a power. */
#define EXACT(id, set) (((set) & DTYPES_MASK) != FLOATS && !IS(#id, "square") ? OP_OUT_EXACT : 0)

#define UNARY(id, value, gradient, keeps, set, low, high, ref, text)                                                    \
    const op op_##id = {.name = #id, .sig = "(Tensor self)", .doc = text, .flags = FLAGS(id, set) | EXACT(id, set), .run = op_unary, \
                        .kind = {NODE(#id), FORMULA(id, TEXT(gradient)), NULL, NODE_FLAGS(#id), .takes = pointwise_takes}, keeps, .row = U_##id, .dtypes = set,  \
                        .domain = #low ", " #high, .reference = ref};
#include "table/unary.def"
#undef UNARY
#define BINARY(id, value, gradient_a, gradient_b, keeps, set, low, high, ref, text)                                     \
    const op op_##id = {.name = #id, .compose = compose_numbers,                                    \
                        .sig = IS(#id, "pow") ? "(Tensor self, Operand exponent)" : (set) & TENSORS ? "(Tensor self, Tensor other)" \
                             : (set) & NUMBER_FIRST ? "(Operand self, Operand other)" : "(Tensor self, Operand other)", \
                        .doc = text, .flags = FLAGS(id, set), .run = RUN(#id),                                          \
                        .kind = {NODE(#id), IS_NONE(TEXT(gradient_a)) ? NULL : op_grad_##id, NULL, NODE_FLAGS(#id) | SHOWS(#id), .takes = pointwise_takes}, keeps, .row = B_##id, .dtypes = set, \
                        .domain = #low ", " #high, .reference = ref};
#include "table/binary.def"
#undef BINARY
#define TEST(id, value, ref, text)                                                                                      \
    const op op_##id = {.name = #id, .sig = "(Tensor self)", .doc = text, .flags = OP_NO_GRAD | (IS(#id, "logical_not") ? OP_INPLACE | OP_OUT : IS(#id, "signbit") ? OP_OUT | OP_OUT_EXACT : 0), \
                        .run = op_test, .row = T_##id, .dtypes = ALL, .domain = "-3, 3", .reference = ref};
/* logical_and and its like take no numbers. */
#define COMPARED(name) (__builtin_strncmp(name, "logical_", 8) == 0 ? "(Tensor self, Tensor other)" : "(Tensor self, Operand other)")
/* In place on what has a history: the numbers are bits, and no gradient passes. */
static int compared_grad(scope *s, node *n, T const *g, T *out)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        out[i] = node_needs(n, i) ? f_zeros_like(s, g[0]) : NULL;
    return s->failed ? -1 : 0;
}
#define COMPARED_GRAD(name) (__builtin_strncmp(name, "logical_", 8) == 0 ? NULL : compared_grad)
#define COMPARE(id, value, ref, text)                                                                                   \
    const op op_##id = {.name = #id, .sig = COMPARED(#id), .doc = text, .run = op_compare,                              \
                        .flags = OP_INPLACE | OP_OUT | OP_NO_GRAD, .row = C_##id, .dtypes = ALL, .kind = {#id, COMPARED_GRAD(#id), .flags = NK_ROW}, .domain = "-3, 3", .reference = ref};
#include "table/compare.def"
#undef TEST
#undef COMPARE
#define TEST(...)
#define COMPARE(id, ...) [C_##id] = {#id, COMPARED_GRAD(#id), .flags = NK_ROW | NK_ROW_1},
static const node_kind compared_with_tensor[] = {
#include "table/compare.def"
};
#undef TEST
#undef COMPARE

/* Of real numbers sgn is sign, under a node of its own. */
const op op_sgn = {.name = "sgn", KEEP_X_Y, .sig = "(Tensor self)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT, .run = op_unary, .row = U_sign, .dtypes = ALL,
                   .kind = {"SgnBackward0", grad_sign, NULL, NK_POINTWISE, .takes = pointwise_takes}, .doc = "sign: of real numbers it is the same."};
