/* group_norm: one node, one pass over each group of channels forward and one backward.
 * Args input, weight, bias, groups, eps. Kept numbers: eps, groups. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include <string.h>

/* (N, groups, channels of a group, ...): nothing is joined, so that what repeats still does. Where dims are out, one row a group. */
static T by_group(scope *s, T x, int64_t groups)
{
    if (!x)
        return NULL;
    int64_t size[CT_MAXDIM + 1] = {array_size(x->a)[0], groups, array_size(x->a)[1] / groups}, rows = size[0] * groups;
    for (int d = 2; d < x->a->ndim; d++)
        size[d + 1] = array_size(x->a)[d];
    return x->a->ndim < CT_MAXDIM ? f_reshape(s, x, x->a->ndim + 1, size) : f_reshape(s, x, 2, (int64_t[]){rows, rows ? x->a->numel / rows : 0});
}
/* The dims of a group. */
static uint32_t own_dims(const array *grouped) { return grouped->ndim == 2 ? 1 : (uint32_t)grouped->ndim - 2; }
static const int64_t *own_size(const array *grouped) { return array_size(grouped) + grouped->ndim - own_dims(grouped); }
/* A number a channel, as it broadcasts over `like`. */
static T by_channel(scope *s, T x, T like)
{
    int64_t size[CT_MAXDIM];
    for (int d = 0; d < like->a->ndim; d++)
        size[d] = d == 1 ? array_size(like->a)[1] : 1;
    return x ? f_reshape(s, x, like->a->ndim, size) : NULL;
}
static T as(scope *s, T x, T like) { return x ? f_reshape(s, x, like->a->ndim, array_size(like->a)) : NULL; }
static T normed(scope *s, T rows, double eps)
{
    return rows ? f_call(s, &op_layer_norm, 5, (arg[]){a_t(rows), a_ints(own_dims(rows->a), own_size(rows->a)), a_none(), a_none(), a_f(eps)}) : NULL;
}

/* x of shape (N, C, ...), its channels in `groups` groups; factor and summand, where given, a number a channel. */
static int check_groups(const call *c, const array *x, int64_t groups, const array *const *of)
{
    static const char *const name[] = {"weight", "bias"};
    char one[200], two[200];
    if (!dtype_is_float(x->dtype) || x->ndim < 2 || groups < 1 || array_size(x)[1] % groups)
        return ct_fail(CT_RUNTIME, "%s: takes floats of shape (N, C, ...), C a multiple of the number of groups", c->op->name);
    if (dtype_is_half(x->dtype))
        return ct_fail(CT_NOTIMPL, "\"GroupNormKernelImpl\" not implemented for '%s'", dtype_title(x->dtype));
    for (int i = 0; i < 2; i++) {
        if (of[i] && (of[i]->ndim != 1 || of[i]->numel != array_size(x)[1]))
            return ct_fail(CT_RUNTIME, "Expected %s to be a vector of size equal to the number of channels in input, but got %s of shape %s and input of shape %s", name[i],
                           name[i], layout_text(of[i]->ndim, array_size(of[i]), one, sizeof one), layout_text(x->ndim, array_size(x), two, sizeof two));
        if (of[i] && of[i]->dtype != x->dtype)
            return ct_fail(CT_RUNTIME, "mixed dtype (CPU): input and %s of %s must have one dtype, got %s and %s", name[i], c->op->name, dtype_name(x->dtype), dtype_name(of[i]->dtype));
    }
    return 0;
}
static k_norm norm_of(const array *x, int64_t groups, double eps)
{
    int64_t rows = array_size(x)[0] * groups;
    return (k_norm){.rows = x->numel ? rows : 0, .n = rows ? x->numel / rows : 0, .channels = array_size(x)[1] / groups, .groups = groups, .eps = eps};
}
static void *data_of(const call *c, uint32_t i) { return i < c->n_in && c->ia[i] ? array_data(c->ia[i]) : NULL; }
static void *written(const array *a) { return a && a->numel ? array_data(a) : NULL; }

static int group_norm_rule(call *c)
{
    const array *x = c->in[0]->a;
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && in_contiguous(c, i) < 0)
            return -1;
    c->work = 6 * x->numel;
    int64_t rows[2] = {array_size(x)[0], c->args[3].i};
    if (call_needs_grad(c) && (out_new(c, 1, x->dtype, 2, rows) < 0 || out_new(c, 2, x->dtype, 2, rows) < 0))
        return -1;
    return out_new(c, 0, x->dtype, x->ndim, array_size(x));
}
static void group_norm_kernel(call *c)
{
    const array *x = c->ia[0];
    k_norm k = norm_of(x, c->args[3].i, arg_double(&c->args[4]));
    k_norm_rows r = {array_data(x), data_of(c, 1), data_of(c, 2), array_data(c->oa[0]), written(c->oa[1]), written(c->oa[2])};
    k_norm_forward((ct_dtype)x->dtype, &k, true, &r);
}

/* What repeats is read once, by the ops that know how. */
static int group_norm_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], w = c->n_in > 1 ? c->in[1] : NULL, b = c->n_in > 2 ? c->in[2] : NULL;
    T y = as(s, normed(s, by_group(s, x, c->args[3].i), arg_double(&c->args[4])), x);
    y = w ? f_mul(s, y, by_channel(s, w, x)) : y;
    y = b ? f_add(s, y, by_channel(s, b, x)) : y;
    if (y && layout_like_channels_last(x->a->ndim, array_size(x->a), array_visible_stride(x->a)))
        y = f_call(s, &op_clone, 2, (arg[]){a_t(y), a_i(x->a->ndim == 4 ? FORMAT_CHANNELS_LAST : FORMAT_CHANNELS_LAST_3D)});
    return (out[0] = y) ? 0 : -1;
}
static int group_norm_run(call *c)
{
    const array *x = c->in[0]->a, *of[] = {c->n_in > 1 ? c->ia[1] : NULL, c->n_in > 2 ? c->ia[2] : NULL};
    if (check_groups(c, x, c->args[3].i, of) < 0)
        return -1;
    keep_double(c, arg_double(&c->args[4]));
    keep_param(c, c->args[3].i);
    return array_repeats(x) ? op_closed(c) : op_block(c);
}

static T row_mean(scope *s, T x)
{
    int64_t dims[CT_MAXDIM];
    for (uint32_t i = 0; x && i < own_dims(x->a); i++)
        dims[i] = x->a->ndim - 1 - (int)i;
    return x ? f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints(own_dims(x->a), dims), a_b(true)}) : NULL;
}
/* What arrives at the normed rows, taken back to the rows. */
static T back(scope *s, T u, T rows, double eps)
{
    if (s->failed)
        return NULL;
    T away = f_sub(s, rows, row_mean(s, rows)), scale = f_unary(s, &op_rsqrt, f_add(s, row_mean(s, f_mul(s, away, away)), f_number(s, eps)));
    T z = f_mul(s, away, scale);
    return f_mul(s, f_sub(s, f_sub(s, u, row_mean(s, u)), f_mul(s, z, row_mean(s, f_mul(s, u, z)))), scale);
}
/* Over all that is not the channel's. */
static T channel_sum(scope *s, T x)
{
    int64_t dims[CT_MAXDIM];
    uint32_t n = 0;
    for (int d = 0; x && d < x->a->ndim; d++)
        if (d != 1)
            dims[n++] = d;
    return x ? f_call(s, &op_sum, 3, (arg[]){a_t(x), a_ints(n, dims), a_b(false)}) : NULL;
}
/* Gradients as ops: for those who differentiate them, and where something repeats. */
static int norm_composed(scope *s, node *n, T g, T x, T w, T *out)
{
    double eps = read_double(node_params(n));
    int64_t groups = node_params(n)[1];
    T rows = by_group(s, x, groups);
    if (node_needs(n, 0))
        out[0] = as(s, back(s, by_group(s, w ? f_mul(s, g, by_channel(s, w, x)) : g, groups), rows, eps), x);
    if (n->n_in > 1 && node_needs(n, 1))
        out[1] = channel_sum(s, f_mul(s, g, as(s, normed(s, rows, eps), x)));
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = channel_sum(s, g);
    return s->failed ? -1 : 0;
}
static int group_norm_grad(scope *s, node *n, T const *g, T *out)
{
    bool by_weight = n->n_in > 1 && node_needs(n, 1), by_bias = n->n_in > 2 && node_needs(n, 2);
    T x = node_needs(n, 0) || by_weight ? node_kept_in(s, n, 0) : NULL, parts[3] = {0};
    T w = node_needs(n, 0) && n->keep_in >> 1 & 1 ? node_kept_in(s, n, 1) : NULL;
    bool moments = n->n_kept > ct_bits(n->keep_in); /* none where forward was composed */
    x = x && node_got(n) ? tape_algebra.narrow(s, x, node_got(n)) : x;
    if (s->failed)
        return -1;
    if (!x) {
        out[2] = channel_sum(s, g[0]);
        return s->failed ? -1 : 0;
    }
    if (tape_now.grad || node_got(n) || !moments)
        return norm_composed(s, n, g[0], x, w, out);
    arg args[] = {a_t(g[0]), a_t(x), w ? a_t(w) : a_none(), a_t(node_kept_aside(s, n, 0)), a_t(node_kept_aside(s, n, 1)), a_i(node_params(n)[1]),
                  a_b(node_needs(n, 0)), a_b(by_weight), a_b(by_bias)};
    if (f_call_many(s, &op_group_norm_backward, 9, args, 3, parts) < 0)
        return -1;
    for (int i = 0; i < 3; i++)
        if (i < (int)n->n_in && node_needs(n, (uint32_t)i))
            out[i] = parts[i];
    return 0;
}
/* What of x repeats, but for channels. */
static uint64_t group_norm_takes(node *n)
{
    const kept *k = node_kept(n);
    if (!(n->keep_in & 1) || !k->a)
        return 0;
    return still_dims(k->a, k->a->ndim) & (node_needs(n, 0) ? node_takes(n, 0) : ~(uint64_t)0) & ~(uint64_t)2;
}
const op op_group_norm = {.name = "group_norm", .sig = "(Tensor input, Tensor? weight, Tensor? bias, int groups, float eps=1e-05)", .flags = OP_HIDDEN | OP_FUNCTION | OP_KEEPS_ORDER,
    .run = group_norm_run, .shape = group_norm_rule, .kernel = group_norm_kernel, .compose = group_norm_compose, .n_aside = 2,
    .kind = {"NativeGroupNormBackward0", group_norm_grad, .flags = NK_SHOWS(7), .takes = group_norm_takes},
    .keep = {3, 1}, .doc = "(x - mean) / sqrt(var + eps) over each group of channels of (N, C, ...), times weight plus bias of each channel."};

/* ---- args grad, input, weight, mean, scale (those of forward), groups, and which of the three gradients are wanted: the others have no elements ---- */
static int backward_rule(call *c)
{
    const array *g = c->in[0]->a, *x = c->in[1]->a, *of[] = {c->ia[2], NULL};
    if (check_groups(c, x, c->args[5].i, of) < 0)
        return -1;
    if (!array_same_size(g, x) || g->dtype != x->dtype)
        return ct_fail(CT_RUNTIME, "group_norm_backward(): the gradient must have the result's shape and dtype");
    for (int i = 3; i < 5; i++)
        if (c->in[i]->a->dtype != x->dtype || c->in[i]->a->numel != array_size(x)[0] * c->args[5].i)
            return ct_fail(CT_RUNTIME, "group_norm_backward(): mean and scale have a number for each group");
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i] && !array_is_contiguous(c->ia[i]) && in_copy(c, i) < 0)
            return -1;
    c->work = 12 * x->numel;
    int64_t none = 0;
    for (uint32_t i = 0; i < 3; i++) {
        bool wanted = arg_bool(&c->args[6 + i]);
        if (out_new(c, i, x->dtype, wanted && !i ? x->ndim : 1, !wanted ? &none : i ? array_size(x) + 1 : array_size(x)) < 0)
            return -1;
    }
    return 0;
}
static void backward_kernel(call *c)
{
    const array *x = c->ia[1];
    k_norm k = norm_of(x, c->args[5].i, 0);
    k_norm_given given = {array_data(c->ia[0]), array_data(x), data_of(c, 2), array_data(c->ia[3]), array_data(c->ia[4])};
    K->norm[x->dtype].grouped_backward(&k, &given, written(c->oa[0]), written(c->oa[1]), written(c->oa[2]));
}
const op op_group_norm_backward = {.name = "group_norm_backward", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block, .shape = backward_rule,
    .kernel = backward_kernel, .n_out = 3,
    .sig = "(Tensor grad, Tensor input, Tensor? weight, Tensor mean, Tensor scale, int groups, bool by_input, bool by_weight, bool by_bias)",
    .doc = "Gradients of group_norm by input, weight and bias; without elements where one is not wanted. Not differentiable itself."};
