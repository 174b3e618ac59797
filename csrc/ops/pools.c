/* What users call: max_pool1d …, avg_pool1d …, adaptive_max_pool1d …, adaptive_avg_pool1d …, in terms of ops/pool.c. */
#include "ops/formula.h"
#include <string.h>

enum { SPATIAL = 3, NAME = 40 };
/* ops/pool.c's list of ints. */
typedef struct how { int64_t nd, adaptive, ceil, count_pad, divisor, kernel[SPATIAL], stride[SPATIAL], pad[SPATIAL], dilation[SPATIAL]; } how;

static const char *some(int64_t nd) { return nd == 1 ? "one int" : nd == 2 ? "two ints" : "three ints"; }

static int read_ints(const call *c, uint32_t i, const char *what, int64_t *to)
{
    const arg *a = &c->args[i];
    int64_t nd = c->op->row;
    char called[NAME];
    if (a->n != 1 && a->n != nd)
        return ct_fail(CT_RUNTIME, "%s: %s must %sbe a single int, or a tuple of %s", op_public_name(c->op, called, NAME), what,
                       strcmp(what, "stride") == 0 ? "either be omitted, " : "either ", some(nd));
    for (int64_t d = 0; d < nd; d++)
        to[d] = a->ints[a->n == 1 ? 0 : d];
    return 0;
}
static int check_how(const call *c, const how *h)
{
    for (int64_t d = 0; d < h->nd; d++) {
        if (h->kernel[d] > INT32_MAX || h->stride[d] > INT32_MAX || h->dilation[d] > INT32_MAX)
            return ct_fail(CT_RUNTIME, "%s: windows of more than %d places are too large", c->op->name, INT32_MAX);
        if (h->kernel[d] <= 0)
            return ct_fail(CT_RUNTIME, "%s: kernel size should be greater than zero, but got %lld in dimension %lld", c->op->name, (long long)h->kernel[d], (long long)d);
        if (h->stride[d] <= 0)
            return ct_fail(CT_RUNTIME, "%s: stride should be greater than zero, but got %lld in dimension %lld", c->op->name, (long long)h->stride[d], (long long)d);
        if (h->dilation[d] <= 0)
            return ct_fail(CT_RUNTIME, "%s: dilation should be greater than zero, but got %lld in dimension %lld", c->op->name, (long long)h->dilation[d], (long long)d);
        if (h->pad[d] < 0)
            return ct_fail(CT_RUNTIME, "%s: pad must be non-negative, but got pad: %lld", c->op->name, (long long)h->pad[d]);
        if (h->pad[d] > (h->dilation[d] * (h->kernel[d] - 1) + 1) / 2)
            return ct_fail(CT_RUNTIME, "pad should be at most half of effective kernel size, but got pad=%lld, kernel_size=%lld and dilation=%lld", (long long)h->pad[d],
                           (long long)h->kernel[d], (long long)h->dilation[d]);
    }
    return 0;
}
static int check_input(const call *c)
{
    const array *a = c->in[0]->a;
    int64_t nd = c->op->row;
    bool full = a->ndim == nd + 1 || a->ndim == nd + 2;
    for (int d = 0; full && d < a->ndim; d++)
        full = array_size(a)[d] > 0 || (d == 0 && a->ndim == nd + 2);
    char called[NAME];
    return full ? 0 : ct_fail(CT_RUNTIME, "%s(): Expected %lldD or %lldD (batch mode) tensor with optional 0 dim batch size for input, but got: %s", op_public_name(c->op, called, NAME),
                              (long long)nd + 1, (long long)nd + 2, layout_text(a->ndim, array_size(a), (char[200]){0}, 200));
}
/* args self, kernel_size, stride, padding */
static int read_windows(const call *c, how *h)
{
    *h = (how){.nd = c->op->row, .dilation = {1, 1, 1}};
    if (read_ints(c, 1, "kernel_size", h->kernel) < 0)
        return -1;
    memcpy(h->stride, h->kernel, sizeof h->stride);
    return (c->args[2].kind == ARG_INTS && c->args[2].n && read_ints(c, 2, "stride", h->stride) < 0) || read_ints(c, 3, "padding", h->pad) < 0 ? -1 : 0;
}
/* One spatial dim is the second of two, the first of size 1: so PyTorch records it. */
static T lifted(scope *s, T x) { return f_unsqueeze(s, x, x->a->ndim - 1); }
static T lowered(scope *s, T x) { return x ? f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(x), a_i(-2)}) : NULL; }
/* Places are shown where two results are. */
static int run(scope *s, const call *c, const op *o, how h, uint32_t n_out, T *out)
{
    bool line = h.nd == 1;
    if (line)
        h = (how){.nd = 2, .adaptive = h.adaptive, .ceil = h.ceil, .count_pad = h.count_pad, .divisor = h.divisor, .kernel = {1, h.kernel[0]},
                  .stride = {1, h.stride[0]}, .pad = {0, h.pad[0]}, .dilation = {1, h.dilation[0]}};
    int done = f_call_many(s, o, o == &op_pool_max ? 3 : 2, (arg[]){a_t(line ? lifted(s, c->in[0]) : c->in[0]), a_ints(sizeof h / sizeof(int64_t), (const int64_t *)&h), a_b(n_out > 1)}, n_out, out);
    for (uint32_t i = 0; line && done == 0 && i < n_out; i++)
        done = (out[i] = lowered(s, out[i])) ? 0 : -1;
    return done;
}

/* ---- max: args self, kernel_size, stride, padding, dilation, ceil_mode -------------------------------------------------- */
/* Lines of integers have no largest but with its place: PyTorch's loop without places takes floats. */
static int check_line(const call *c)
{
    ct_dtype dtype = c->in[0]->a->dtype;
    return c->op->row != 1 || dtype_is_float(dtype) ? 0 : ct_fail(CT_NOTIMPL, "\"max_pool1d_impl\" not implemented for '%s'", dtype_title(dtype));
}
static int max_pool(scope *s, call *c, uint32_t n_out, T *out)
{
    how h;
    if (read_windows(c, &h) < 0 || read_ints(c, 4, "dilation", h.dilation) < 0 || check_how(c, &h) < 0 || check_input(c) < 0 || (n_out == 1 && check_line(c) < 0))
        return scope_fail(s), -1;
    h.ceil = arg_bool(&c->args[5]);
    return run(s, c, &op_pool_max, h, n_out, out);
}
static int max_pool_compose(scope *s, call *c, T *out)
{
    if (max_pool(s, c, 1, out) < 0)
        return -1;
    if (c->op->row == 1 && !(tape_now.grad && tensor_requires_grad(c->in[0]))) /* PyTorch's loop for lines, unless it is recorded */
        out[0] = f_contiguous(s, out[0]);
    return out[0] ? 0 : -1;
}
static int max_pool_with_indices_compose(scope *s, call *c, T *out) { return max_pool(s, c, 2, out); }

/* ---- mean: args self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override ------------------------- */
static int avg_pool_compose(scope *s, call *c, T *out)
{
    how h;
    int plane;
    if ((c->op->row == 2 && layout_wrap_dim(c->op->name, -3, c->in[0]->a->ndim, &plane) < 0) || read_windows(c, &h) < 0 || check_how(c, &h) < 0 || check_input(c) < 0)
        return scope_fail(s), -1;
    for (int64_t d = 0, at = c->in[0]->a->ndim - h.nd; h.nd == 3 && d < h.nd; d++)
        if (array_size(c->in[0]->a)[at + d] < h.kernel[d])
            return ct_fail(CT_RUNTIME, "input image smaller than kernel size: dimension %lld of avg_pool3d's input has size %lld, the kernel %lld", (long long)(at + d),
                           (long long)array_size(c->in[0]->a)[at + d], (long long)h.kernel[d]), scope_fail(s), -1;
    h.ceil = arg_bool(&c->args[4]);
    h.count_pad = arg_bool(&c->args[5]);
    if (c->n_args > 6 && c->args[6].kind == ARG_INT && (h.divisor = c->args[6].i) == 0)
        return ct_fail(CT_RUNTIME, "divisor must be not zero"), scope_fail(s), -1;
    return run(s, c, &op_pool_mean, h, 1, out);
}

/* ---- adaptive: args self, output_size ---------------------------------------------------------------------------------------- */
static int adaptive(scope *s, call *c, const op *o, uint32_t n_out, T *out)
{
    how h = {.nd = c->op->row, .adaptive = 1, .stride = {1, 1, 1}, .dilation = {1, 1, 1}};
    const array *a = c->in[0]->a;
    int64_t nd = h.nd;
    char called[NAME];
    if (c->args[1].n != 1 && c->args[1].n != nd)
        return ct_fail(CT_RUNTIME, "%s: internal error: output_size.size() must be %lld, got %u", op_public_name(c->op, called, NAME), (long long)nd, c->args[1].n), scope_fail(s), -1;
    for (int64_t d = 0; d < nd; d++)
        if ((h.kernel[d] = c->args[1].ints[c->args[1].n == 1 ? 0 : d]) < 0)
            return ct_fail(CT_RUNTIME, "%s: elements of output_size must be greater than or equal to 0", op_public_name(c->op, called, NAME)), scope_fail(s), -1;
    for (int64_t d = 0; d < nd; d++)
        if (h.kernel[d] > INT32_MAX)
            return ct_fail(CT_RUNTIME, "%s: an output of size %lld is too large", op_public_name(c->op, called, NAME), (long long)h.kernel[d]), scope_fail(s), -1;
    if (a->ndim != nd + 1 && a->ndim != nd + 2)
        return ct_fail(CT_RUNTIME, "%s(): Expected %lldD or %lldD tensor, but got %s", op_public_name(c->op, called, NAME), (long long)nd + 1, (long long)nd + 2,
                       layout_text(a->ndim, array_size(a), (char[200]){0}, 200)), scope_fail(s), -1;
    return run(s, c, o, h, n_out, out);
}
static int adaptive_max_pool_compose(scope *s, call *c, T *out) { return adaptive(s, c, &op_pool_max, 2, out); }
/* The one place of each plane of x, in x's memory order where that is channels_last. */
static void keep_channels_last(scope *s, T mean, const array *x)
{
    const int ndim = x->ndim;
    if (!mean || !layout_like_channels_last(ndim, array_size(x), array_visible_stride(x)))
        return;
    int64_t stride[SPATIAL + 2] = {array_size(x)[1], 1, array_size(x)[1], array_size(x)[1], array_size(x)[1]};
    arg args[4] = {a_t(mean), a_ints((uint32_t)ndim, array_size(mean->a)), a_ints((uint32_t)ndim, stride), a_none()};
    call c = {.op = &op_as_strided, .args = args, .n_args = 4, .mode = CALL_INPLACE};
    if (op_call(&c) < 0)
        scope_fail(s);
}
static T whole_mean(scope *s, T x, int64_t nd)
{
    const int64_t dims[SPATIAL] = {-1, -2, -3};
    T planes = nd == 1 ? lifted(s, x) : x;
    T mean = f_call(s, &op_mean, 3, (arg[]){a_t(planes), a_ints(nd == 1 ? 2 : (uint32_t)nd, dims), a_b(true)});
    if (mean && x->a->ndim == nd + 2)
        keep_channels_last(s, mean, planes->a);
    return nd == 1 ? lowered(s, mean) : mean;
}
/* One window over everything is a mean, taken as such: sums round as PyTorch's, and any number of dims has one, as there. */
static int adaptive_avg_pool_compose(scope *s, call *c, T *out)
{
    int64_t nd = c->op->row;
    const array *a = c->in[0]->a;
    bool whole = (nd > 1 || a->ndim == 2 || a->ndim == 3) && (c->args[1].n == 1 || c->args[1].n == nd);
    for (uint32_t i = 0; i < c->args[1].n; i++)
        whole &= c->args[1].ints[i] == 1;
    if (whole)
        return (out[0] = whole_mean(s, c->in[0], nd)) && !s->failed ? 0 : -1;
    return adaptive(s, c, &op_pool_mean, 1, out);
}

#define POOL(n, divisor)                                                                                                                            \
    const op op_max_pool##n##d = {.name = "max_pool" #n "d", .flags = OP_FUNCTION, .run = op_compose, .compose = max_pool_compose, .row = n,          \
        .sig = "(Tensor self, int[" #n "] kernel_size, int[" #n "]? stride=None, int[" #n "] padding=0, int[" #n "] dilation=1, bool ceil_mode=False)", \
        .doc = "The largest of each window of the last " #n " dims of (N, C, ...) or (C, ...); stride is kernel_size where not given. Padding never wins."}; \
    const op op_max_pool##n##d_with_indices = {.name = "max_pool" #n "d_with_indices", .flags = OP_FUNCTION | (n > 1 ? OP_HIDDEN : 0), .run = op_compose, \
        .compose = max_pool_with_indices_compose, .row = n, .n_out = 2,                                                                               \
        .sig = "(Tensor self, int[" #n "] kernel_size, int[" #n "]? stride=None, int[" #n "] padding=0, int[" #n "] dilation=1, bool ceil_mode=False)", \
        .doc = "max_pool" #n "d, and where in its plane each value came from (int64, row-major)."};                                                  \
    const op op_avg_pool##n##d = {.name = "avg_pool" #n "d", .flags = OP_FUNCTION | (n > 1 ? OP_HIDDEN : 0), .run = op_compose, .compose = avg_pool_compose, .row = n, \
        .sig = "(Tensor self, int[" #n "] kernel_size, int[" #n "]? stride=None, int[" #n "] padding=0, bool ceil_mode=False, bool count_include_pad=True" divisor ")", \
        .doc = "The mean of each window of the last " #n " dims of (N, C, ...) or (C, ...). Floats and int64 (rounded towards 0)."};                                          \
    const op op_adaptive_max_pool##n##d = {.name = "adaptive_max_pool" #n "d", .flags = OP_FUNCTION | (n > 1 ? OP_HIDDEN : 0), .run = op_compose,      \
        .compose = adaptive_max_pool_compose, .row = n, .n_out = 2, .sig = "(Tensor self, int[" #n "] output_size)",                                   \
        .doc = "The largest of each of output_size windows that cover the last " #n " dims evenly, and where in its plane it came from."};           \
    const op op_adaptive_avg_pool##n##d = {.name = "adaptive_avg_pool" #n "d", .flags = OP_FUNCTION | (n > 1 ? OP_HIDDEN : 0), .run = op_compose,      \
        .compose = adaptive_avg_pool_compose, .row = n, .sig = "(Tensor self, int[" #n "] output_size)",                                              \
        .doc = "The mean of each of output_size windows that cover the last " #n " dims evenly. Floats only."};
POOL(1, "")
POOL(2, ", int? divisor_override=None")
POOL(3, ", int? divisor_override=None")
