/* batch_norm: each channel of (batch, channels, ...) by a mean and a scale, which in training are its own. One node. */
#include "ops/dispatch.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static k_channels channels_of(const array *x, bool training, double eps)
{
    int64_t rows = array_size(x)[0] * array_size(x)[1];
    return (k_channels){.times = 1, .batch = array_size(x)[0], .channels = array_size(x)[1], .places = rows ? x->numel / rows : 1, .eps = eps, .training = training};
}
enum { CHANNELS = 2 /* their dim's bit */, SMALL = 1 /* the same of a row of them */ };
static bool row_repeats(const array *row) { return !row || (still_dims(row, 1) & SMALL); }
/* Dims along which all of x repeats: one index of them stands for all. Of channels, if what is told of each does too: the first `n` rows. */
static uint64_t alike(const array *x, const array *const *rows, int n)
{
    uint64_t still = repeated_dims(1, (const array *[]){x}, x->ndim, array_size(x));
    for (int i = 0; i < n && still & CHANNELS; i++)
        still &= row_repeats(rows[i]) ? still : ~(uint64_t)CHANNELS;
    return still;
}
static uint64_t alike_once(const array *x, const array *const *rows, int n) { return spread_worth((ct_dtype)x->dtype, x->numel) ? alike(x, rows, n) : 0; }
/* What of a channel's batch and places is computed once stands for so many. */
static int64_t times_of(const array *whole, const array *once)
{
    return once->numel ? whole->numel / array_size(whole)[1] / (once->numel / array_size(once)[1]) : 1;
}
/* Rows of one number for all channels, narrowed to it. */
static int rows_once(call *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && i < c->n_in; i++)
        if (c->ia[i] && in_once(c, i, SMALL) < 0)
            return -1;
    return 0;
}
static int check_input(const call *c, const array *x)
{
    if (!dtype_is_float(x->dtype) || dtype_is_half(x->dtype))
        return ct_fail(CT_NOTIMPL, "\"batch_norm\" not implemented for '%s'", dtype_title(x->dtype));
    return x->ndim >= 2 ? 0 : ct_fail(CT_RUNTIME, "batch_norm(): expected at least 2 dimensions, got %d", x->ndim);
}
/* Inputs `from` … are rows of x's channels and dtype. */
static int check_rows(const call *c, const array *x, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && i < c->n_in; i++)
        if (c->ia[i] && (c->ia[i]->ndim != 1 || c->ia[i]->numel != array_size(x)[1] || c->ia[i]->dtype != x->dtype))
            return ct_fail(CT_RUNTIME, "%s(): weight, bias, mean and scale must have one element a channel, %lld, and the dtype of the input", c->op->name,
                           (long long)array_size(x)[1]);
    return 0;
}
static int all_contiguous(call *c)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && in_contiguous(c, i) < 0)
            return -1;
    return 0;
}
static void *data_of(const call *c, uint32_t i) { return c->n_in > i && c->ia[i] ? array_data(c->ia[i]) : NULL; }
/* What is told of channels that are alike is held once, however few they are: the next op is to see it. */
static int new_rows(call *c, uint32_t from, uint32_t to, const array *x, uint64_t once)
{
    c->once = once & CHANNELS;
    c->once_out = c->once ? SMALL : 0;
    for (uint32_t i = from; i < to; i++)
        if (out_new(c, i, x->dtype, 1, array_size(x) + 1) < 0)
            return -1;
    return 0;
}

/* ---- args input, eps ------------------------------------------------------------------------------------------------------- */
static int moments_rule(call *c)
{
    const array *x = c->in[0]->a;
    if (check_input(c, x) < 0)
        return -1;
    uint64_t once = alike_once(x, NULL, 0);
    if (in_once(c, 0, once) < 0 || all_contiguous(c) < 0)
        return -1;
    c->effective = 4 * x->numel;
    c->work = 4 * c->ia[0]->numel;
    return new_rows(c, 0, 3, x, once);
}
static void moments_kernel(call *c)
{
    const array *x = c->in[0]->a;
    k_channels k = channels_of(c->ia[0], true, arg_double(&c->args[1])), whole = channels_of(x, true, 0);
    k.times = (double)times_of(x, c->ia[0]);
    k.alike = k.times > 1 && k.batch * k.places == 1;
    k.whole_batch = whole.batch;
    k.whole_places = whole.places;
    K->channels[c->ia[0]->dtype].moments(&k, array_data(c->ia[0]), array_data(c->oa[0]), array_data(c->oa[1]), array_data(c->oa[2]));
}
const op op_batch_norm_moments = {.name = "batch_norm_moments", .sig = "(Tensor input, float eps)", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block,
    .shape = moments_rule, .kernel = moments_kernel, .n_out = 3,
    .doc = "Of each channel of (batch, channels, ...): the mean, 1 / sqrt(var + eps), and the variance that counts one element less. Not differentiable."};

/* ---- args input, weight, mean, scale, bias, eps, training. The node's numbers: eps, training ----------------------------------- */
static int norm_rule(call *c)
{
    const array *x = c->in[0]->a;
    if (check_input(c, x) < 0 || check_rows(c, x, 1, 5) < 0)
        return -1;
    const array *rows[] = {c->ia[1], c->ia[2], c->ia[3], c->n_in > 4 ? c->ia[4] : NULL};
    c->once_out = alike_once(x, rows, 4);
    if (in_once(c, 0, c->once_out) < 0 || (c->once_out & CHANNELS && rows_once(c, 1, 5) < 0) || all_contiguous(c) < 0)
        return -1;
    keep_double(c, arg_double(&c->args[5]));
    keep_param(c, arg_bool(&c->args[6]));
    c->effective = 3 * x->numel;
    c->work = 3 * c->ia[0]->numel;
    c->row_major = array_shows_contiguous(x); /* what is both is no image with its channels last */
    return out_new(c, 0, x->dtype, x->ndim, array_size(x));
}
static void norm_kernel(call *c)
{
    k_channels k = channels_of(c->ia[0], arg_bool(&c->args[6]), 0);
    K->channels[c->ia[0]->dtype].forward(&k, data_of(c, 0), data_of(c, 2), data_of(c, 3), data_of(c, 1), data_of(c, 4), array_data(c->oa[0]));
}
typedef struct norm_values { T x, w, mean, scale; int n_dims; int64_t dims[CT_MAXDIM], shape[CT_MAXDIM]; } norm_values;
static T by_channel(scope *s, const norm_values *v, T row) { return row ? f_reshape(s, row, v->n_dims + 1, v->shape) : NULL; }
static T mean_of(scope *s, const norm_values *v, T x) { return x ? f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints((uint32_t)v->n_dims, v->dims), a_b(true)}) : NULL; }
/* Gradients as ops, for those who differentiate them. In training mean and scale are made anew from x. */
static int composed(scope *s, node *n, norm_values *v, T g, T *out)
{
    bool training = node_params(n)[1];
    for (int d = 0, at = 0; d < v->x->a->ndim; d++) {
        v->shape[d] = d == 1 ? array_size(v->x->a)[1] : 1;
        if (d != 1)
            v->dims[at++] = d;
    }
    v->n_dims = v->x->a->ndim - 1;
    T away = f_sub(s, v->x, training ? mean_of(s, v, v->x) : by_channel(s, v, v->mean)), scale = by_channel(s, v, v->scale);
    if (training)
        scale = f_unary(s, &op_rsqrt, f_add(s, mean_of(s, v, f_mul(s, away, away)), f_number(s, read_double(node_params(n)))));
    T z = f_mul(s, away, scale), u = v->w ? f_mul(s, g, by_channel(s, v, v->w)) : g;
    if (node_needs(n, 0) && training)
        out[0] = f_mul(s, f_sub(s, f_sub(s, u, mean_of(s, v, u)), f_mul(s, z, mean_of(s, v, f_mul(s, u, z)))), scale);
    else if (node_needs(n, 0))
        out[0] = f_mul(s, u, scale);
    if (n->n_in > 1 && node_needs(n, 1))
        out[1] = f_sum_dims(s, f_mul(s, g, z), v->n_dims, v->dims, false);
    if (n->n_in > 4 && node_needs(n, 4))
        out[4] = f_sum_dims(s, g, v->n_dims, v->dims, false);
    return s->failed ? -1 : 0;
}
static int norm_grad(scope *s, node *n, T const *g, T *out)
{
    norm_values v = {.x = node_kept_in(s, n, 0), .w = n->keep_in >> 1 & 1 ? node_kept_in(s, n, 1) : NULL, .mean = node_kept_in(s, n, 2), .scale = node_kept_in(s, n, 3)};
    T parts[3] = {0}, *rows[] = {&v.w, &v.mean, &v.scale};
    if (v.x && node_got(n))
        v.x = tape_algebra.narrow(s, v.x, node_got(n));
    for (int i = 0; i < 3 && node_got(n) & CHANNELS; i++)
        *rows[i] = *rows[i] ? tape_algebra.narrow(s, *rows[i], SMALL) : NULL;
    if (s->failed)
        return -1;
    if (tape_now.grad)
        return composed(s, n, &v, g[0], out);
    arg args[] = {a_t(g[0]), a_t(v.x), v.w ? a_t(v.w) : a_none(), a_t(v.mean), a_t(v.scale), a_b(node_params(n)[1])};
    if (f_call_many(s, &op_batch_norm_backward, 6, args, 3, parts) < 0)
        return -1;
    static const uint32_t place[] = {0, 1, 4};
    for (int i = 0; i < 3; i++)
        if (n->n_in > place[i] && node_needs(n, place[i]))
            out[place[i]] = parts[i];
    return 0;
}
static uint64_t norm_takes(node *n)
{
    const kept *k = node_kept(n);
    if (!(n->keep_in & 1) || !k->a || k->a->ndim >= 64)
        return 0;
    const array *x = k->a, *rows[3] = {NULL};
    for (int i = 0, at = 1; i < 3; i++)
        rows[i] = n->keep_in >> (i + 1) & 1 ? k[at++].a : NULL;
    uint64_t dims = alike(x, rows, 3) & (node_needs(n, 0) ? node_takes(n, 0) : ~(uint64_t)0);
    for (uint32_t i = 1; i < n->n_in; i += 3)
        dims &= node_needs(n, i) && !(node_takes(n, i) & SMALL) ? ~(uint64_t)CHANNELS : ~(uint64_t)0;
    return dims;
}
const op op_batch_norm = {.name = "batch_norm", .flags = OP_FUNCTION | OP_HIDDEN | OP_KEEPS_ORDER, .run = op_block, .shape = norm_rule, .kernel = norm_kernel,
    .sig = "(Tensor input, Tensor? weight, Tensor mean, Tensor scale, Tensor? bias=None, float eps=1e-05, bool training=False)",
    .kind = {"NativeBatchNormBackward0", norm_grad, .flags = NK_SHOWS(1 | 2 | 16), .takes = norm_takes, .again = "NativeBatchNormBackwardBackward0"}, .keep = {1 | 2 | 16, 1 | 2 | 16, 1 | 2 | 16, 1 | 2 | 16},
    .doc = "(input - mean) * scale of each channel of (batch, channels, ...), times weight plus bias. In training mean and scale are the input's own, "
           "those of batch_norm_moments, and gradients go through them."};

/* ---- args grad, input, weight, mean, scale, training ------------------------------------------------------------------------------ */
static int backward_rule(call *c)
{
    const array *x = c->in[1]->a;
    if (check_input(c, x) < 0 || check_rows(c, x, 2, 5) < 0)
        return -1;
    if (!array_same_size(c->in[0]->a, x) || c->in[0]->a->dtype != x->dtype)
        return ct_fail(CT_RUNTIME, "batch_norm_backward(): the gradient must have the result's shape and dtype");
    uint64_t once = alike_once(x, c->ia + 2, 3) & still_dims(c->in[0]->a, x->ndim);
    if (in_once(c, 0, once) < 0 || in_once(c, 1, once) < 0 || (once & CHANNELS && rows_once(c, 2, 5) < 0) || all_contiguous(c) < 0)
        return -1;
    c->effective = 6 * x->numel;
    c->work = 6 * c->ia[1]->numel;
    c->once_out = once;
    if (out_new(c, 0, x->dtype, x->ndim, array_size(x)) < 0)
        return -1;
    return new_rows(c, 1, 3, x, once);
}
static void backward_kernel(call *c)
{
    k_channels k = channels_of(c->ia[1], arg_bool(&c->args[5]), 0);
    K->channels[c->ia[1]->dtype].backward(&k, data_of(c, 0), data_of(c, 1), data_of(c, 3), data_of(c, 4), data_of(c, 2), array_data(c->oa[0]), array_data(c->oa[1]),
                                          array_data(c->oa[2]));
    int64_t times = times_of(c->in[1]->a, c->ia[1]);
    for (int i = 1; i < 3 && times > 1; i++)
        scale_results(c->oa[i], B_mul, (double)times);
}
const op op_batch_norm_backward = {.name = "batch_norm_backward", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block, .shape = backward_rule,
    .kernel = backward_kernel, .n_out = 3, .sig = "(Tensor grad, Tensor input, Tensor? weight, Tensor mean, Tensor scale, bool training)",
    .doc = "Gradients of batch_norm by input, weight and bias. Not differentiable itself."};
