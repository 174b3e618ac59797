/* The deprecated forms, numbers before the tensors that they scale: add(x, alpha, y), addmm(beta, x, alpha, a, b). Each puts the
 * arguments into today's order and runs the op of that name. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <stdio.h>

/* `order[i]` is the place of today's argument i among those given; -1: absent. */
static int run_as(call *c, const op *o, int n, const int *order)
{
    arg args[5];
    for (int i = 0; i < n; i++)
        args[i] = order[i] < 0 ? (arg){.kind = ARG_INT, .i = 1} : c->args[order[i]];
    static bool warned;
    char text[200];
    snprintf(text, sizeof text, "This overload of %.*s is deprecated: give the tensors first, and the numbers that scale them by keyword (alpha=, beta=, value=)", (int)strcspn(o->name, "."), o->name);
    if (call_warn(c, &warned, text) < 0)
        return -1;
    call now = *c;
    now.op = o;
    now.args = args;
    now.n_args = (uint32_t)n;
    int result = op_call(&now);
    for (uint32_t i = 0; i < now.n_out; i++)
        c->out[i] = now.out[i];
    return result;
}
#define OLD(id, public, now, signature, n, ...)                                                                              \
    static int id##_run(call *c) { return run_as(c, &op_##now, n, (int[]){__VA_ARGS__}); }                                     \
    const op op_##id = {.name = public ".deprecated", .sig = signature, .flags = OP_INPLACE | OP_OUT | OP_OLD, .run = id##_run,         \
                        .doc = "The deprecated order of arguments."};
OLD(add_old, "add", add_alpha, "(Tensor self, Scalar alpha, Operand other)", 3, 0, 2, 1)
OLD(sub_old, "sub", sub_alpha, "(Tensor self, Scalar alpha, Operand other)", 3, 0, 2, 1)
OLD(addcmul_old, "addcmul", addcmul, "(Tensor self, Scalar value, Tensor tensor1, Tensor tensor2)", 4, 0, 2, 3, 1)
OLD(addcdiv_old, "addcdiv", addcdiv, "(Tensor self, Scalar value, Tensor tensor1, Tensor tensor2)", 4, 0, 2, 3, 1)
#define OLD_PRODUCT(name, left, right)                                                                                          \
    OLD(name##_old, #name, name, "(Scalar beta, Tensor self, Scalar alpha, Tensor " left ", Tensor " right ")", 5, 1, 3, 4, 0, 2)  \
    OLD(name##_old_beta, #name, name, "(Scalar beta, Tensor self, Tensor " left ", Tensor " right ")", 5, 1, 2, 3, 0, -1)
OLD_PRODUCT(addmm, "mat1", "mat2")
OLD_PRODUCT(baddbmm, "batch1", "batch2")
OLD_PRODUCT(addbmm, "batch1", "batch2")
OLD_PRODUCT(addmv, "mat", "vec")
OLD_PRODUCT(addr, "vec1", "vec2")
