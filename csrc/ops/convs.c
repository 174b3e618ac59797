/* What users call: conv1d …, conv_transpose1d …, in terms of ops/conv.c. */
#include "ops/conv.h"
#include "ops/formula.h"
#include <string.h>

/* ---- conv1d …: args input, weight, bias, stride, padding, dilation, groups ---------------------------------------------- */
static int check_input(const call *c, int64_t nd)
{
    const array *x = c->in[0]->a;
    return x->ndim == nd + 1 || x->ndim == nd + 2 ? 0 : ct_fail(CT_RUNTIME, "Expected %lldD (unbatched) or %lldD (batched) input to %s, but got input of size: %s", (long long)nd + 1, (long long)nd + 2,
                   op_public_name(c->op, (char[40]){0}, 40), conv_text(x, (char[200]){0}));
}
/* Batched for the call, and one image again where one came. */
static T convolve(scope *s, call *c, T x, arg stride, arg padding, arg dilation, bool transposed, arg extra, arg groups)
{
    bool single = x && x->a->ndim == c->op->row + 1;
    arg args[9] = {a_t(single ? f_unsqueeze(s, x, 0) : x), a_t(c->in[1]), c->args[2], stride, padding, dilation, a_b(transposed), extra, groups};
    T y = f_call(s, &op_convolution, 9, args);
    return single ? f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(y), a_i(0)}) : y;
}
static int conv_compose(scope *s, call *c, T *out)
{
    const int64_t none[1] = {0};
    if (check_input(c, c->op->row) < 0)
        return scope_fail(s), -1;
    out[0] = convolve(s, c, c->in[0], c->args[3], c->args[4], c->args[5], false, a_ints(1, none), c->args[6]);
    return out[0] ? 0 : -1;
}
/* "same": what the kernel overhangs, on both sides; an odd one of it by padding the input first. */
static int same_padding(const call *c, int64_t nd, int64_t *both, int64_t *right, bool *odd)
{
    const array *w = c->in[1]->a;
    shape s = {.nd = nd};
    if (w->ndim != nd + 2)
        return ct_fail(CT_RUNTIME, "%s(): weight should have %lld dimensions, got %d", op_public_name(c->op, (char[40]){0}, 40), (long long)nd + 2, w->ndim);
    if (conv_ints(c, &c->args[3], "stride", nd, s.stride) < 0 || conv_ints(c, &c->args[5], "dilation", nd, s.dilation) < 0)
        return -1;
    if (conv_range(c, SHAPE_PARAMS, (const int64_t *)&s) < 0 || conv_range(c, w->ndim, array_size(w)) < 0)
        return -1;
    for (int64_t d = 0; d < nd; d++) {
        if (s.dilation[d] <= 0)
            return ct_fail(CT_RUNTIME, "dilation should be greater than zero");
        if (s.stride[d] != 1)
            return ct_fail(CT_RUNTIME, "padding='same' is not supported for strided convolutions");
        int64_t total = s.dilation[d] * (array_size(w)[d + 2] - 1);
        both[d] = total / 2;
        right[2 * (nd - 1 - d)] = 0;
        right[2 * (nd - 1 - d) + 1] = total % 2;
        *odd |= total % 2;
    }
    return 0;
}
static int conv_named_compose(scope *s, call *c, T *out)
{
    const int64_t none[1] = {0};
    int64_t nd = c->op->row, both[SPATIAL] = {0}, right[2 * SPATIAL];
    bool odd = false, same = c->args[4].kind == ARG_STR && strcmp(c->args[4].str, "same") == 0;
    if (check_input(c, nd) < 0 || (same && same_padding(c, nd, both, right, &odd) < 0))
        return scope_fail(s), -1;
    if (!same && c->args[4].kind == ARG_STR && strcmp(c->args[4].str, "valid") != 0)
        return ct_fail(CT_RUNTIME, "Invalid padding string: '%s': it is 'valid' or 'same'", c->args[4].str), scope_fail(s), -1;
    T x = odd ? f_call(s, &op_constant_pad_nd, 2, (arg[]){a_t(c->in[0]), a_ints((uint32_t)(2 * nd), right)}) : c->in[0];
    out[0] = convolve(s, c, x, c->args[3], a_ints((uint32_t)nd, both), c->args[5], false, a_ints(1, none), c->args[6]);
    return out[0] ? 0 : -1;
}
/* args input, weight, bias, stride, padding, output_padding, groups, dilation */
static int conv_transpose_compose(scope *s, call *c, T *out)
{
    if (check_input(c, c->op->row) < 0)
        return scope_fail(s), -1;
    out[0] = convolve(s, c, c->in[0], c->args[3], c->args[4], c->args[7], true, c->args[5], c->args[6]);
    return out[0] ? 0 : -1;
}
#define CONV(n)                                                                                                                              \
    const op op_conv##n##d = {.name = "conv" #n "d", .flags = OP_FUNCTION, .run = op_compose, .compose = conv_compose, .row = n,                  \
        .sig = "(Tensor input, Tensor weight, Tensor? bias=None, int[" #n "] stride=1, int[" #n "] padding=0, int[" #n "] dilation=1, int groups=1)", \
        .doc = "Cross-correlation over " #n " dims: input (N, C, ...) or (C, ...), weight (O, C / groups, ...), bias (O) to (N, O, ...)."};      \
    const op op_conv##n##d_padding = {.name = "conv" #n "d.padding", .flags = OP_FUNCTION, .run = op_compose, .compose = conv_named_compose, .row = n, \
        .sig = "(Tensor input, Tensor weight, Tensor? bias=None, int[" #n "] stride=1, str padding='valid', int[" #n "] dilation=1, int groups=1)", \
        .doc = "The same with 'valid' (none) or 'same' padding: the output has the input's size; strides are 1."};                               \
    const op op_conv_transpose##n##d = {.name = "conv_transpose" #n "d", .flags = OP_FUNCTION, .run = op_compose, .compose = conv_transpose_compose, .row = n, \
        .sig = "(Tensor input, Tensor weight, Tensor? bias=None, int[" #n "] stride=1, int[" #n "] padding=0, int[" #n "] output_padding=0, int groups=1, int[" #n "] dilation=1)", \
        .doc = "The adjoint of conv" #n "d in its input: input (N, C, ...) or (C, ...), weight (C, O / groups, ...), bias (O) to (N, O, ...)."};
CONV(1)
CONV(2)
CONV(3)
