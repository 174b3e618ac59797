/* dropout: numbers are drawn, multiplied in and noted, a byte each, in one pass; backward reads the bytes. */
#include "kernel/half.h"
#include "kernel/random.h"
#include "ops/dispatch.h"
#include "ops/reduce.h"

/* 1 / keep as the dtype divides and holds it. */
static double scale_of(ct_dtype d, double keep)
{
    if (!dtype_is_half(d))
        return d == DT_F64 ? 1 / keep : (double)(1 / (float)keep);
    uint16_t held;
    half_store(d, &held, 1 / (float)keep);
    return half_load(d, &held);
}

/* ---- args self, keep. The node's number: keep ---------------------------------------------------------------------- */
static int dropout_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (!dtype_is_float(a->dtype))
        return ct_fail(CT_RUNTIME, "result type Float can't be cast to the desired output type %s", dtype_title((ct_dtype)a->dtype));
    keep_double(c, arg_double(&c->args[1]));
    if (call_needs_grad(c) && out_like(c, 1, a, DT_BOOL) < 0)
        return -1;
    return out_like(c, 0, a, (ct_dtype)a->dtype);
}
/* In the order of the result's memory, which is that of PyTorch's mask. */
static void dropout_kernel(call *c)
{
    array *y = c->oa[0];
    double keep = arg_double(&c->args[1]);
    k_draw d = {.rng = op_default_rng, .a = keep, .b = scale_of((ct_dtype)y->dtype, keep), .noted = c->oa[1] != NULL};
    k_nd nd;
    array_operands(&nd, d.noted ? 3 : 2, y->ndim, array_size(y), (const array *[]){y, c->ia[0], c->oa[1]});
    k_draw_order(&nd);
    k_walk_in_order(&nd, k_dropout[y->dtype], &d);
}
static int dropout_grad(scope *s, node *n, T const *g, T *out)
{
    arg args[] = {a_t(g[0]), a_t(node_kept_aside(s, n, 0)), a_f(read_double(node_params(n)))};
    return (out[0] = f_call(s, &op_dropout_backward, 3, args)) ? 0 : -1;
}
/* Shown as the product that it is in PyTorch, whose second operand has no history. */
const op op_dropout = {.name = "dropout", .sig = "(Tensor self, float keep)", .flags = OP_HIDDEN | OP_FUNCTION | OP_INPLACE | OP_DRAWS, .run = op_block,
    .shape = dropout_rule, .kernel = dropout_kernel, .n_aside = 1, .kind = {"MulBackward0", dropout_grad, .flags = NK_SHOWS(3)},
    .doc = "self times 1 / keep with probability keep, 0 < keep < 1, element by element, else times 0."};

/* ---- args grad, kept, keep. The node's number: keep ------------------------------------------------------------------ */
static int backward_run(call *c)
{
    layout l = {0};
    const array *g = c->ia[0], *kept = c->ia[1];
    ct_dtype d = (ct_dtype)g->dtype;
    if (!dtype_is_float(d) || kept->dtype != DT_BOOL)
        return ct_fail(CT_RUNTIME, "dropout_backward(): takes floats and bools, got %s and %s", dtype_name(d), dtype_name(kept->dtype));
    for (uint32_t i = 0; i < 2; i++)
        if (layout_broadcast(c->op->name, &l.ndim, l.size, c->ia[i]->ndim, array_size(c->ia[i])) < 0)
            return -1;
    double keep = arg_double(&c->args[2]);
    keep_double(c, keep);
    k_factor factor = {.f = scale_of(d, keep)};
    elementwise e = {.loop = K->fused[FUSED_MASKED][d], .param = &factor, .operand = {NULL, g, kept}, .n = 3};
    return run_elementwise(c, &e, d, &l);
}
static int backward_grad(scope *s, node *n, T const *g, T *out)
{
    arg args[] = {a_t(g[0]), a_t(node_kept_in(s, n, 1)), a_f(read_double(node_params(n)))};
    return (out[0] = f_call(s, &op_dropout_backward, 3, args)) ? 0 : -1;
}
const op op_dropout_backward = {.name = "dropout_backward", .sig = "(Tensor grad, Tensor kept, float keep)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = backward_run, .kind = {"MulBackward0", backward_grad}, .keep = {0, 1},
    .doc = "Gradient of dropout from the incoming one and what was kept."};
