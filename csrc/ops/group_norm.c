/* group_norm: layer_norm of each group of channels, then a factor and a summand for each channel.
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

static int group_norm_compose(scope *s, call *c, T *out)
{
    T x = c->in[0];
    int64_t groups = c->args[3].i;
    if (!dtype_is_float(x->a->dtype) || x->a->ndim < 2 || groups < 1 || array_size(x->a)[1] % groups)
        return ct_fail(CT_RUNTIME, "group_norm: takes floats of shape (N, C, ...), C a multiple of the number of groups"), scope_fail(s), -1;
    keep_double(c, arg_double(&c->args[4]));
    keep_param(c, groups);
    T y = as(s, normed(s, by_group(s, x, groups), arg_double(&c->args[4])), x);
    if (c->n_in > 1 && c->in[1])
        y = f_mul(s, y, by_channel(s, c->in[1], x));
    if (c->n_in > 2 && c->in[2])
        y = f_add(s, y, by_channel(s, c->in[2], x));
    return (out[0] = y) ? 0 : -1;
}

static T row_mean(scope *s, T x)
{
    int64_t dims[CT_MAXDIM];
    for (uint32_t i = 0; x && i < own_dims(x->a); i++)
        dims[i] = x->a->ndim - 1 - (int)i;
    return x ? f_call(s, &op_mean, 3, (arg[]){a_t(x), a_ints(own_dims(x->a), dims), a_b(true)}) : NULL;
}
/* What arrives at the normed rows, taken back to the rows; as ops where it is itself to be differentiated. */
static T back(scope *s, T u, T rows, double eps)
{
    if (s->failed)
        return NULL;
    if (!tape_now.grad) {
        T parts[3] = {0};
        arg args[] = {a_t(u), a_t(rows), a_ints(own_dims(rows->a), own_size(rows->a)), a_none(), a_f(eps), a_b(true), a_b(false), a_b(false)};
        return f_call_many(s, &op_layer_norm_backward, 8, args, 3, parts) < 0 ? NULL : parts[0];
    }
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
static int group_norm_grad(scope *s, node *n, T const *g, T *out)
{
    double eps = read_double(node_params(n));
    int64_t groups = node_params(n)[1];
    bool by_weight = n->n_in > 1 && node_needs(n, 1);
    T x = node_needs(n, 0) || by_weight ? node_kept_in(s, n, 0) : NULL;
    x = x && node_got(n) ? tape_algebra.narrow(s, x, node_got(n)) : x;
    T rows = by_group(s, x, groups);
    T w = node_needs(n, 0) && n->keep_in >> 1 & 1 ? node_kept_in(s, n, 1) : NULL;
    if (s->failed)
        return -1;
    if (node_needs(n, 0))
        out[0] = as(s, back(s, by_group(s, w ? f_mul(s, g[0], by_channel(s, w, x)) : g[0], groups), rows, eps), x);
    if (by_weight)
        out[1] = channel_sum(s, f_mul(s, g[0], as(s, normed(s, rows, eps), x)));
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = channel_sum(s, g[0]);
    return s->failed ? -1 : 0;
}
/* What of x repeats, but for channels; if nothing else of a group is left, of the batch alone. */
static uint64_t group_norm_takes(node *n)
{
    const kept *k = node_kept(n);
    if (!(n->keep_in & 1) || !k->a)
        return 0;
    const int64_t *size = array_size(k->a);
    uint64_t still = still_dims(k->a, k->a->ndim) & (node_needs(n, 0) ? node_takes(n, 0) : ~(uint64_t)0) & ~(uint64_t)2;
    bool more = size[1] > node_params(n)[1] && !(still_dims(k->a, k->a->ndim) & 2);
    for (int d = 2; d < k->a->ndim; d++)
        more |= size[d] > 1 && !(still >> d & 1);
    return more ? still : still & 1;
}
const op op_group_norm = {.name = "group_norm", .sig = "(Tensor input, Tensor? weight, Tensor? bias, int groups, float eps=1e-05)", .flags = OP_HIDDEN | OP_FUNCTION,
    .run = op_closed, .compose = group_norm_compose, .kind = {"NativeGroupNormBackward0", group_norm_grad, .flags = NK_SHOWS(7), .takes = group_norm_takes}, .keep = {3, 1},
    .doc = "(x - mean) / sqrt(var + eps) over each group of channels of (N, C, ...), times weight plus bias of each channel."};
