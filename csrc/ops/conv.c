/* Convolutions of one to three dimensions.
 *
 * All of them are one map of three operands, <y, conv(x, w)>: convolution computes y from x and w, conv_input x from y and w
 * (transposed convolution is the same), conv_weight w from y and x. Each is linear in both of its operands, and the gradients
 * of each are the other two: derivatives of any order need no more. x is (N, groups * in_c, in...), w (groups * out_c, in_c,
 * kernel...), y (N, groups * out_c, out...). */
#include "base/pool.h"
#include "base/blas.h"
#include "kernel/conv.h"
#include "ops/conv.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <stdio.h>
#include <string.h>

int conv_ints(const call *c, const arg *a, const char *name, int64_t nd, int64_t *to)
{
    char buffer[200];
    if (a->n != 1 && a->n != nd)
        return ct_fail(CT_RUNTIME, "expected %s to be a single integer value or a list of %lld values to match the convolution dimensions, but got %s=%s", name,
                       (long long)nd, name, layout_text((int)a->n, a->ints, buffer, sizeof buffer));
    for (int64_t d = 0; d < nd; d++)
        to[d] = a->ints[a->n == 1 ? 0 : d];
    return 0;
}
int conv_range(const call *c, int64_t n, const int64_t *values)
{
    for (int64_t i = 0; i < n; i++)
        if (values[i] > INT32_MAX)
            return ct_fail(CT_RUNTIME, "%s(): %lld is too large for a size, stride, padding or dilation", c->op->name, (long long)values[i]);
    return 0;
}
static int check_shape(const call *c, const shape *s)
{
    if (conv_range(c, SHAPE_PARAMS, (const int64_t *)s) < 0)
        return -1;
    for (int64_t d = 0; d < s->nd; d++) {
        if (s->stride[d] <= 0)
            return ct_fail(CT_RUNTIME, "non-positive stride is not supported");
        if (s->pad[d] < 0)
            return ct_fail(CT_RUNTIME, "negative padding is not supported");
        if (s->dilation[d] <= 0)
            return ct_fail(CT_RUNTIME, "dilation should be greater than zero");
    }
    return s->groups > 0 ? 0 : ct_fail(CT_RUNTIME, "non-positive groups is not supported");
}
/* args[at …]: stride, padding, dilation. */
static int read_shape(const call *c, int at, int64_t nd, int64_t groups, shape *s)
{
    *s = (shape){.nd = nd, .groups = groups};
    if (nd < 1 || nd > SPATIAL)
        return ct_fail(CT_RUNTIME, "%s(): weight should have three to five dimensions, got %lld", c->op->name, (long long)nd + 2);
    return conv_ints(c, &c->args[at], "stride", nd, s->stride) < 0 || conv_ints(c, &c->args[at + 1], "padding", nd, s->pad) < 0 ||
           conv_ints(c, &c->args[at + 2], "dilation", nd, s->dilation) < 0 ? -1 : check_shape(c, s);
}
static void keep_shape(call *c, const shape *s)
{
    c->row_major = s->nd == 3 && c->in[0]->a->dtype != DT_F32 && !dtype_is_half((ct_dtype)c->in[0]->a->dtype); /* no library computes these for PyTorch */
    memcpy(c->param, s, sizeof *s);
    c->n_param = SHAPE_PARAMS;
}

static int check_operands(const call *c, const array *x, const array *w, const array *bias)
{
    if (conv_range(c, x->ndim, array_size(x)) < 0 || conv_range(c, w->ndim, array_size(w)) < 0)
        return -1;
    if (bias && bias->dtype != x->dtype)
        return ct_fail(CT_RUNTIME, "Input type (%s) and bias type (%s) should be the same", dtype_cxx(x->dtype), dtype_cxx(bias->dtype));
    if (x->dtype != w->dtype)
        return ct_fail(CT_RUNTIME, dtype_is_half(x->dtype) ? "Input type (torch.%sTensor) and weight type (torch.%sTensor) should be the same" :
                       "expected scalar type %s but found %s: the types of input and weight", dtype_title(x->dtype), dtype_title(w->dtype));
    return 0;
}
/* int64 has every convolution, the other integers those that read their input without gaps: as in PyTorch. */
static int check_dtype(const call *c, const shape *s, ct_dtype dtype, bool gathers)
{
    for (int64_t d = 0; d < s->nd; d++)
        gathers &= s->dilation[d] == 1;
    if (dtype_is_float(dtype) || dtype == DT_I64 || (gathers && dtype != DT_BOOL))
        return 0;
    return ct_fail(CT_NOTIMPL, "\"%s\" not implemented for '%s': convert to floats", c->op->name, dtype_title(dtype));
}
static int check_bias(const array *w, const array *bias, int64_t channels)
{
    char one[200], two[200];
    if (!bias || (bias->ndim == 1 && array_size(bias)[0] == channels))
        return 0;
    return ct_fail(CT_RUNTIME, "Given weight of size %s, expected bias to be 1-dimensional with %lld elements, but got bias of size %s instead", conv_text(w, one),
                   (long long)channels, conv_text(bias, two));
}
static int check_channels(const shape *s, const array *x, const array *w, bool transposed)
{
    char one[200], two[200];
    const int64_t *size = array_size(w), have = array_size(x)[1], want = transposed ? size[0] : size[1] * s->groups;
    conv_text(w, one);
    if (size[0] < s->groups)
        return ct_fail(CT_RUNTIME, "Given groups=%lld, expected weight to be at least %lld at dimension 0, but got weight of size %s instead", (long long)s->groups, (long long)s->groups, one);
    if (size[0] % s->groups)
        return ct_fail(CT_RUNTIME, "Given groups=%lld, expected weight to be divisible by %lld at dimension 0, but got weight of size %s instead", (long long)s->groups, (long long)s->groups, one);
    if (have != want)
        return ct_fail(CT_RUNTIME, "Given %s=%lld, weight of size %s, expected input%s to have %lld channels, but got %lld channels instead", transposed ? "transposed" : "groups",
                       transposed ? 1LL : (long long)s->groups, one, conv_text(x, two), (long long)want, (long long)have);
    return 0;
}

/* Size of the output along dim d of an input of n; negative where the kernel does not fit. */
static int64_t out_size(const shape *s, int64_t d, int64_t n, int64_t kernel)
{
    int64_t room = n + 2 * s->pad[d] - conv_span(s, d, kernel);
    return room < 0 ? -1 : room / s->stride[d] + 1;
}
/* "4 x 5" into the buffer of 100, which is returned. */
static const char *by(int64_t nd, const int64_t *size, char *buffer)
{
    for (int64_t d = 0, at = 0; d < nd; d++)
        at += snprintf(buffer + at, 100 - (size_t)at, "%s%lld", d ? " x " : "", (long long)size[d]);
    return buffer;
}
static int refuse_kernel(const shape *s, const int64_t *in, const int64_t *kernel)
{
    int64_t padded[SPATIAL], span[SPATIAL];
    for (int64_t d = 0; d < s->nd; d++) {
        padded[d] = in[d] + 2 * s->pad[d];
        span[d] = conv_span(s, d, kernel[d]);
    }
    return ct_fail(CT_RUNTIME, "Calculated padded input size per channel: (%s). Kernel size: (%s). Kernel size can't be greater than actual input size",
                   by(s->nd, padded, (char[100]){0}), by(s->nd, span, (char[100]){0}));
}

/* ---- the kernel's view of the three operands ---------------------------------------------------------------------- */
static void set_sizes(int64_t *to, int64_t nd, const int64_t *from, int64_t otherwise)
{
    for (int64_t d = 0; d < SPATIAL; d++)
        to[d] = d < SPATIAL - nd ? otherwise : from[d - (SPATIAL - nd)];
}
static void describe(k_conv *k, const shape *s, const array *x, const array *w, const array *y)
{
    *k = (k_conv){.dtype = x->dtype, .groups = s->groups, .in_c = array_size(w)[1], .out_c = array_size(w)[0] / s->groups,
                  .x = array_data(x), .w = array_data(w), .y = array_data(y), .x_batch = array_stride(x)[0], .y_batch = array_stride(y)[0]};
    k->batch = array_size(x)[0] > array_size(y)[0] ? array_size(x)[0] : array_size(y)[0];
    set_sizes(k->in, s->nd, array_size(x) + 2, 1);
    set_sizes(k->out, s->nd, array_size(y) + 2, 1);
    set_sizes(k->kernel, s->nd, array_size(w) + 2, 1);
    set_sizes(k->stride, s->nd, s->stride, 1);
    set_sizes(k->pad, s->nd, s->pad, 0);
    set_sizes(k->dilation, s->nd, s->dilation, 1);
}
static void plan_work(call *c, const shape *s, const array *x, const array *w, const array *y)
{
    k_conv k;
    describe(&k, s, x, w, y);
    int64_t bytes = c->n_param > CONV_RUNS ? conv_result_of_one(c, s, c->param[SHAPE_PARAMS], &k) : 0;
    k.threads = c->threads = ct_threads();
    const array *full = c->op == &op_convolution && y == c->ia[0] ? c->in[0]->a : y;
    double steps = (double)full->numel * (double)(w->numel / (array_size(w)[0] ? array_size(w)[0] : 1));
    c->effective = steps < 9e18 ? (int64_t)steps : INT64_MAX;
    c->work = c->effective;
    c->work /= c->once_out & 1 && array_size(y)[0] ? array_size(y)[0] : 1;
    for (int64_t d = 0; d < s->nd && c->n_param > CONV_RUNS; d++)
        c->work = c->work / array_size(full)[d + 2] * k.out[SPATIAL - s->nd + d];
    c->scratch_bytes = bytes + k_conv_scratch(&k);
    if (k_conv_wants_blas(&k))
        ct_blas_wanted();
}
/* ia[i] is x or y: images row-major, the batch may repeat. */
static int operand(call *c, uint32_t i)
{
    const array *a = c->ia[i];
    c->once = 1;
    int result = in_contiguous(c, i);
    c->once = 0;
    return result < 0 ? -1 : a ? 0 : -1;
}
static void once_over_batch(call *c, const array *a) { c->once_out = still_dims(a, a->ndim) & 1 && array_size(a)[0] > 1; }

/* ---- convolution: args input, weight, bias, stride, padding, dilation, transposed, output_padding, groups -------------- */
static int size_out(call *c, const shape *s, const array *x, const array *w, int64_t *size)
{
    size[0] = array_size(x)[0];
    size[1] = array_size(w)[0];
    for (int64_t d = 0; d < s->nd; d++)
        if ((size[d + 2] = out_size(s, d, array_size(x)[d + 2], array_size(w)[d + 2])) < 0)
            return refuse_kernel(s, array_size(x) + 2, array_size(w) + 2);
    return 0;
}
static int size_in(call *c, const shape *s, const array *y, const array *w, const int64_t *extra, int64_t *size)
{
    size[0] = array_size(y)[0];
    size[1] = array_size(w)[1] * s->groups;
    if (conv_range(c, s->nd, extra) < 0)
        return -1;
    for (int64_t d = 0; d < s->nd; d++) {
        if (extra[d] < 0)
            return ct_fail(CT_RUNTIME, "negative output_padding is not supported");
        if (extra[d] >= s->stride[d] && extra[d] >= s->dilation[d])
            return ct_fail(CT_RUNTIME, "output padding must be smaller than either stride or dilation, but got output_padding %lld, stride %lld, dilation %lld in dimension %lld",
                           (long long)extra[d], (long long)s->stride[d], (long long)s->dilation[d], (long long)d);
        size[d + 2] = (array_size(y)[d + 2] - 1) * s->stride[d] - 2 * s->pad[d] + s->dilation[d] * (array_size(w)[d + 2] - 1) + extra[d] + 1;
    }
    for (int64_t d = 0; d < s->nd; d++)
        if (size[d + 2] <= 0)
            return ct_fail(CT_RUNTIME, "Given input size per channel: (%s). Calculated output size per channel: (%s). Output size is too small", by(s->nd, array_size(y) + 2, (char[100]){0}),
                           by(s->nd, size + 2, (char[100]){0}));
    return 0;
}
/* A dim without places is for what has no elements anyway; windows have a place at least. */
static int need_places(const array *x, const array *w)
{
    const int64_t *size = array_size(x);
    for (int d = 1; d < w->ndim; d++)
        if (array_size(w)[d] == 0 && (d > 1 || size[1]))
            return ct_fail(CT_RUNTIME, "expected weight to be at least 1 at dimension %d, but got weight of size %s instead", d, conv_text(w, (char[200]){0}));
    for (int d = 2; d < x->ndim; d++)
        if (size[d] == 0 && size[0] && size[1])
            return ct_fail(CT_RUNTIME, "Only zero batch or zero channel inputs are supported, but got input shape: %s", conv_text(x, (char[200]){0}));
    return 0;
}
static int convolution_rule(call *c)
{
    const array *x = c->in[0]->a, *w = c->in[1]->a, *bias = c->n_in > 2 && c->in[2] ? c->in[2]->a : NULL;
    bool transposed = arg_bool(&c->args[6]);
    int64_t extra[SPATIAL], size[SPATIAL + 2];
    shape s;
    if (read_shape(c, 3, w->ndim - 2, c->args[8].i, &s) < 0 || conv_ints(c, &c->args[7], "output_padding", s.nd, extra) < 0)
        return -1;
    if (x->ndim != w->ndim)
        return ct_fail(CT_RUNTIME, "Expected %lldD (unbatched) or %lldD (batched) input to conv%s%lldd, but got input of size: %s", (long long)s.nd + 1, (long long)s.nd + 2,
                       transposed ? "_transpose" : "", (long long)s.nd, conv_text(x, (char[200]){0}));
    if (conv_range(c, x->ndim, array_size(x)) < 0 || conv_range(c, w->ndim, array_size(w)) < 0 || check_channels(&s, x, w, transposed) < 0 || check_bias(w, bias, transposed ? array_size(w)[1] * s.groups : array_size(w)[0]) < 0 ||
        check_operands(c, x, w, bias) < 0 || check_dtype(c, &s, x->dtype, !transposed) < 0 || (transposed ? size_in(c, &s, x, w, extra, size) : size_out(c, &s, x, w, size)) < 0 || need_places(x, w) < 0)
        return -1;
    once_over_batch(c, x);
    keep_shape(c, &s);
    keep_param(c, transposed);
    if (conv_keep_runs(c, &s, transposed, x, w, size) < 0 || out_new(c, 0, x->dtype, x->ndim, size) < 0 || conv_one_run(c, &s, transposed) < 0 || operand(c, 0) < 0 || in_contiguous(c, 1) < 0 || (bias && in_contiguous(c, 2) < 0))
        return -1;
    plan_work(c, &s, transposed ? c->oa[0] : c->ia[0], c->ia[1], transposed ? c->ia[0] : c->oa[0]);
    return 0;
}
/* Where the batch repeats, everything is computed for one image. */
static void run_conv(call *c, const array *x, const array *w, const array *y, const array *bias, void (*f)(const k_conv *))
{
    k_conv k;
    shape s;
    memcpy(&s, c->param, sizeof s);
    describe(&k, &s, x, w, y);
    k.batch = f == k_conv_weight ? k.batch : array_size(c->oa[0])[0];
    k.bias = bias ? array_data(bias) : NULL;
    k.threads = c->threads;
    bool transposed = f == k_conv_in;
    int64_t bytes = c->op == &op_convolution && c->n_param > CONV_RUNS ? conv_result_of_one(c, &s, transposed, &k) : 0;
    k.scratch = (char *)c->scratch + bytes;
    if (bytes)
        *(transposed ? &k.x : &k.y) = c->scratch;
    f(&k);
    if (bytes)
        conv_repeat_runs(c, &s, transposed, &k, c->scratch);
}
static void convolution_kernel(call *c)
{
    const array *bias = c->n_in > 2 ? c->ia[2] : NULL;
    if (c->oa[0]->numel == 0)
        return;
    if (c->param[SHAPE_PARAMS])
        run_conv(c, c->oa[0], c->ia[1], c->ia[0], bias, k_conv_in);
    else
        run_conv(c, c->ia[0], c->ia[1], c->oa[0], bias, k_conv_out);
}

/* ---- channels that repeat ------------------------------------------------------------------------------------------- */
static bool worth(const array *a, int dim) { return still_dims(a, a->ndim) >> dim & 1 && array_size(a)[dim] > 1 && spread_worth((ct_dtype)a->dtype, a->numel); }
static bool valid_bias(const array *bias, const array *w, int64_t of) { return bias->dtype == w->dtype && bias->ndim == 1 && array_size(bias)[0] == of; }
static bool equal_groups(const array *x, const array *w, int64_t groups, bool transposed)
{
    return groups > 1 && array_size(w)[0] % groups == 0 && array_size(x)[1] == (transposed ? array_size(w)[0] : array_size(w)[1] * groups) && worth(x, 1) && conv_equal_images(x) &&
           conv_equal_weights(w, transposed);
}
/* Channels of the result. */
static int64_t channels(const call *c, bool transposed) { return transposed ? array_size(c->in[1]->a)[1] * c->args[8].i : array_size(c->in[1]->a)[0]; }
/* Equal channels of images, or of weights, are one times the sum of what they meet: their sum is what is convolved. Channels of the result
 * that are equal are computed once. What is not as it should be goes the long way, which says so. */
static bool collapses(const call *c)
{
    const array *x = c->in[0]->a, *w = c->in[1]->a;
    if (CT_LIKELY((array_is_plain(x) || !array_repeats(x)) && (array_is_plain(w) || !array_repeats(w))))
        return false;
    bool transposed = arg_bool(&c->args[6]), plain = x->ndim == w->ndim && x->ndim >= 3 && x->ndim <= SPATIAL + 2 && x->dtype == w->dtype && (x->dtype == DT_F32 || x->dtype == DT_F64) && x->numel && w->numel;
    if (!plain || !(c->args[8].i == 1 ? array_size(x)[1] == array_size(w)[!transposed] : equal_groups(x, w, c->args[8].i, transposed)) ||
        (c->n_in > 2 && c->in[2] && !valid_bias(c->in[2]->a, w, channels(c, transposed))) ||
        layout_like_channels_last(x->ndim, array_size(x), array_visible_stride(x)) || layout_like_channels_last(w->ndim, array_size(w), array_visible_stride(w)))
        return false;
    return c->args[8].i > 1 || worth(x, 1) || worth(w, 0) || worth(w, 1);
}
static int collapsed_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], w = c->in[1], bias = c->n_in > 2 ? c->in[2] : NULL;
    bool transposed = arg_bool(&c->args[6]), one = c->args[8].i > 1 || worth(w->a, transposed);
    int64_t in = !transposed, channel = 1, size[SPATIAL + 2] = {1, channels(c, transposed), 1, 1, 1};
    shape h;
    if (read_shape(c, 3, w->a->ndim - 2, c->args[8].i, &h) < 0)
        return scope_fail(s), -1;
    keep_shape(c, &h);
    keep_param(c, transposed);
    if (transposed && h.groups > 1)
        w = f_call(s, &op_narrow, 4, (arg[]){a_t(w), a_i(0), a_i(0), a_i(array_size(w->a)[0] / h.groups)});
    if (worth(x->a, 1)) {
        w = f_sum_dims(s, w, 1, &in, true);
        x = tape_algebra.narrow(s, x, 2);
    } else if (worth(w->a, (int)in)) {
        x = f_sum_dims(s, x, 1, &channel, true);
        w = tape_algebra.narrow(s, w, (uint64_t)1 << in);
    }
    w = one && w ? tape_algebra.narrow(s, w, (uint64_t)1 << transposed) : w;
    T y = f_call(s, &op_convolution, 9, (arg[]){a_t(x), a_t(w), bias && !one ? a_t(bias) : a_none(), c->args[3], c->args[4], c->args[5], c->args[6], c->args[7], a_i(1)});
    if (one && bias)
        y = f_add(s, y, f_reshape(s, bias, c->in[0]->a->ndim, size));
    else if (one && y) {
        memcpy(size, array_size(y->a), (size_t)y->a->ndim * sizeof *size);
        size[1] = channels(c, transposed);
        y = f_row_major(s, f_expand(s, y, y->a->ndim, size));
    }
    if (y && !array_shows_contiguous(y->a)) /* of fewer channels the order may be either */
        y = f_row_major(s, y);
    return (out[0] = y) ? 0 : -1;
}
static int convolution_run(call *c) { return collapses(c) ? op_closed(c) : op_block(c); }
const op op_convolution = {.name = "convolution", .flags = OP_FUNCTION | OP_KEEPS_ORDER, .run = convolution_run, .compose = collapsed_compose, .shape = convolution_rule, .kernel = convolution_kernel,
    .sig = "(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, bool transposed, int[] output_padding, int groups)",
    .kind = {"ConvolutionBackward0", convolution_grad, .flags = NK_SHOWS(7), .takes = convolution_takes, .again = "ConvolutionBackwardBackward0"}, .keep = {2, 1},
    .doc = "Cross-correlation of input (N, C, ...) with weight (O, C / groups, ...), one to three dimensions, or its adjoint (transposed: weight (C, O / groups, ...)). One dtype: floats, int64, or without gaps other integers."};

/* ---- conv_input: args grad, weight, input_size, stride, padding, dilation, groups ------------------------------------ */
static int read_map(call *c, shape *s, int64_t nd)
{
    if (read_shape(c, 3, nd, c->args[6].i, s) < 0)
        return -1;
    keep_shape(c, s);
    c->row_major |= !layout_like_channels_last(c->in[1]->a->ndim, array_size(c->in[1]->a), array_visible_stride(c->in[1]->a)); /* whatever the gradient is */
    return check_dtype(c, s, c->in[0]->a->dtype, false) < 0 ? -1 : check_operands(c, c->in[0]->a, c->in[1]->a, NULL);
}
/* Do the sizes belong to one convolution? Formulas always pass such; the ops can be called by hand. */
static int check_sizes(const call *c, const shape *s, const int64_t *x, const int64_t *w, const int64_t *y, int64_t batch)
{
    bool fits = y[0] == batch && y[1] == w[0] && x[1] == w[1] * s->groups && w[0] % s->groups == 0;
    for (int64_t d = 0; d < s->nd && fits; d++)
        fits = w[d + 2] && (!batch || (y[d + 2] && out_size(s, d, x[d + 2], w[d + 2]) >= y[d + 2]));
    return fits ? 0 : ct_fail(CT_RUNTIME, "%s(): the sizes are not those of one convolution", c->op->name);
}
static int conv_input_rule(call *c)
{
    const array *y = c->in[0]->a, *w = c->in[1]->a;
    const int64_t *size = c->args[2].ints;
    shape s;
    int64_t numel;
    if (read_map(c, &s, w->ndim - 2) < 0 || layout_check_numel(c->op->name, (int)c->args[2].n, size, &numel) < 0)
        return -1;
    if (y->ndim != w->ndim || (int)c->args[2].n != w->ndim || conv_range(c, w->ndim, size) < 0)
        return ct_fail(CT_RUNTIME, "%s(): grad, weight and input_size must have one number of dimensions", c->op->name);
    if (check_sizes(c, &s, size, array_size(w), array_size(y), size[0]) < 0 || operand(c, 0) < 0 || in_contiguous(c, 1) < 0)
        return -1;
    once_over_batch(c, y);
    if (out_new(c, 0, y->dtype, y->ndim, size) < 0)
        return -1;
    plan_work(c, &s, c->oa[0], c->ia[1], c->ia[0]);
    return 0;
}
static void conv_input_kernel(call *c)
{
    if (c->oa[0]->numel)
        run_conv(c, c->oa[0], c->ia[1], c->ia[0], NULL, k_conv_in);
}
#define MAP(id, second, size_name, text)                                                                                                         \
    const op op_##id = {.name = #id, .flags = OP_FUNCTION | OP_HIDDEN | OP_KEEPS_ORDER, .run = op_block, .shape = id##_rule, .kernel = id##_kernel, .doc = text,      \
                        .sig = "(Tensor grad, Tensor " second ", int[] " size_name ", int[] stride, int[] padding, int[] dilation, int groups)",      \
                        .kind = {"ConvolutionBackwardBackward0", id##_grad}, .keep = {2, 1}};
MAP(conv_input, "weight", "input_size", "Gradient of a convolution in its input, of the given size.")

/* ---- conv_weight: args grad, input, weight_size, stride, padding, dilation, groups ------------------------------------ */
static int conv_weight_rule(call *c)
{
    const array *y = c->in[0]->a, *x = c->in[1]->a;
    const int64_t *size = c->args[2].ints;
    shape s;
    int64_t numel;
    if (read_map(c, &s, x->ndim - 2) < 0 || layout_check_numel(c->op->name, (int)c->args[2].n, size, &numel) < 0)
        return -1;
    if (y->ndim != x->ndim || (int)c->args[2].n != x->ndim || conv_range(c, x->ndim, size) < 0)
        return ct_fail(CT_RUNTIME, "%s(): grad, input and weight_size must have one number of dimensions", c->op->name);
    if (check_sizes(c, &s, array_size(x), size, array_size(y), array_size(x)[0]) < 0 || operand(c, 0) < 0 || operand(c, 1) < 0 ||
        out_new(c, 0, y->dtype, y->ndim, size) < 0)
        return -1;
    plan_work(c, &s, c->ia[1], c->oa[0], c->ia[0]);
    return 0;
}
static void conv_weight_kernel(call *c)
{
    if (!array_size(c->ia[0])[0])
        memset(array_data(c->oa[0]), 0, (size_t)(c->oa[0]->numel * dtype_bytes(c->oa[0]->dtype)));
    else if (c->oa[0]->numel)
        run_conv(c, c->ia[1], c->oa[0], c->ia[0], NULL, k_conv_weight);
}
MAP(conv_weight, "input", "weight_size", "Gradient of a convolution in its weight, of the given size.")
