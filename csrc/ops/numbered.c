/* Rows whose node has another name where an operand is a number: those of % and **, quotients made whole, and in formulas and compositions the four
 * operations of arithmetic. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/takes.h"

/* PyTorch has no derivative of number % tensor: the history tells what was done. */
static int no_derivative(scope *s, node *n, T const *g, T *out)
{
    (void)n, (void)g, (void)out;
    ct_fail(CT_RUNTIME, "derivative for aten::remainder is not implemented where the dividend is a number");
    return scope_fail(s), -1;
}
/* Rows whose node has another number for another kind of operand. */
int op_numbered(call *c)
{
    static const node_kind remainder_tensor = {"RemainderBackward1", op_grad_remainder, .flags = NK_POINTWISE, .takes = pointwise_takes};
    static const node_kind fmod_tensor = {"FmodBackward1", op_grad_fmod, .flags = NK_POINTWISE, .takes = pointwise_takes}, pow_of_number = {"PowBackward2", op_grad_pow, .flags = NK_POINTWISE | NK_SHOWS(2), .takes = pointwise_takes};
    static const node_kind remainder_of_number = {"torch::autograd::NotImplemented", no_derivative, .flags = NK_UNTOLD | NK_SHOWS(2)};
    static const node_kind quotient_by_number = {"torch::autograd::NotImplemented", op_grad_floor_divide, .flags = NK_POINTWISE | NK_UNTOLD | NK_SHOWS(1), .takes = pointwise_takes};
    static const node_kind quotient_of_number = {"torch::autograd::NotImplemented", op_grad_floor_divide, .flags = NK_POINTWISE | NK_UNTOLD | NK_SHOWS(2), .takes = pointwise_takes};
    bool second = c->args[1].kind == ARG_TENSOR;
    if (c->op == &op_floor_divide) {
        if (!second || c->args[0].kind != ARG_TENSOR)
            c->kind = second ? &quotient_of_number : &quotient_by_number;
    } else if (c->op == &op_remainder && c->args[0].kind != ARG_TENSOR)
        c->kind = &remainder_of_number;
    else if (c->op == &op_pow && c->args[0].kind != ARG_TENSOR)
        c->kind = &pow_of_number;
    else if (second && c->op != &op_pow)
        c->kind = c->op == &op_fmod ? &fmod_tensor : &remainder_tensor;
    return op_binary(c);
}
/* What an operand that is a number inside a formula or composition is recorded as: PyTorch's overloads for numbers. By row; the second column where it is
 * the first operand. */
#define BY_NUMBER(title, id, flag) {{title "Backward1", op_grad_##id, .flags = NK_POINTWISE | (flag) | NK_SHOWS(1), .takes = pointwise_takes}, \
                                    {title "Backward1", op_grad_##id, .flags = NK_POINTWISE | (flag) | NK_SHOWS(2), .takes = pointwise_takes}}
static const node_kind by_number[][2] = {[B_add] = BY_NUMBER("Add", add, NK_HOMOGENEOUS), [B_sub] = BY_NUMBER("Sub", sub, NK_HOMOGENEOUS),
                                         [B_mul] = BY_NUMBER("Mul", mul, 0), [B_div] = BY_NUMBER("Div", div, 0)};
/* A number that the user gave is kept, and comes back, as a tensor. */
static bool is_number(const arg *a) { return a->kind == ARG_TENSOR && array_is_weak(a->t->a) && !(a->t->flags & T_SCALAR); }
const node_kind *op_kind_by_number(const op *o, const arg *args)
{
    bool turns = o == &op_add || o == &op_mul;
    if (!turns && o != &op_sub && o != &op_div)
        return &o->kind;
    if (is_number(&args[1]))
        return &by_number[o->row][0];
    return turns && is_number(&args[0]) ? &by_number[o->row][1] : &o->kind;
}
