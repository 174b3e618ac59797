/* Attention of queries, keys and values in four dims (batch, heads, length, size): one node, no matrix of all scores. */
#include "base/blas.h"
#include "kernel/attention.h"
#include "ops/dispatch.h"
#include "ops/reduce.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

enum { BATCH_AND_HEADS = 3, LENGTH = 4 /* dims, as masks: each index of a batch and a head is computed by itself */ };

static int check_operands(const call *c, const array *q, const array *k, const array *v, const array *mask)
{
    char text[4][200];
    const array *all[] = {q, k, v};
    for (int i = 0; i < 3; i++)
        if (all[i]->ndim != 4 || all[i]->dtype != q->dtype || !dtype_is_float(q->dtype) || dtype_is_half(q->dtype))
            return ct_fail(CT_RUNTIME, "%s(): query, key and value must have four dims and one floating dtype", c->op->name);
    const int64_t *l = array_size(q), *s = array_size(k), *t = array_size(v);
    bool fits = l[0] == s[0] && l[1] == s[1] && l[3] == s[3] && layout_same(s, t, 4), masks = !mask || mask->dtype == DT_BOOL || mask->dtype == q->dtype;
    int64_t size[CT_MAXDIM] = {l[0], l[1], l[2], s[2]};
    for (int d = 0; fits && mask && d < mask->ndim; d++)
        fits = mask->ndim <= 4 && (array_size(mask)[d] == 1 || array_size(mask)[d] == size[4 - mask->ndim + d]);
    if (!fits || !masks || q->numel == 0 || k->numel == 0)
        return ct_fail(CT_RUNTIME, "%s(): query %s, key %s, value %s and mask %s do not go together", c->op->name, layout_text(4, l, text[0], 200), layout_text(4, s, text[1], 200),
                       layout_text(4, t, text[2], 200), mask ? layout_text(mask->ndim, array_size(mask), text[3], 200) : "None");
    return 0;
}
static k_part part_of(const array *a)
{
    k_part p = {.data = a ? array_data(a) : NULL};
    for (int d = 0; a && d < a->ndim; d++)
        p.stride[4 - a->ndim + d] = array_size(a)[d] == 1 ? 0 : array_stride(a)[d];
    return p;
}
static k_attention attention_of(const array *q, const array *k, const array *v, const array *mask, bool causal, double scale)
{
    const int64_t *l = array_size(q);
    return (k_attention){.dtype = q->dtype, .batch = l[0], .heads = l[1], .l = l[2], .s = array_size(k)[2], .e = l[3], .scale = scale, .causal = causal,
                         .mask_bool = mask && mask->dtype == DT_BOOL, .q = part_of(q), .k = part_of(k), .v = part_of(v), .mask = part_of(mask)};
}
/* Shape of `a`, heads next to the sizes in memory: what a transposed (batch, length, heads, size) has. */
static int out_by_length(call *c, uint32_t i, const array *a)
{
    layout l = {.ndim = 4};
    layout_take(l.size, array_size(a), 4);
    l.stride[3] = 1;
    l.stride[1] = l.size[3];
    l.stride[2] = l.size[1] * l.stride[1];
    l.stride[0] = l.size[2] * l.stride[2];
    return out_strided(c, i, a->dtype, &l);
}
/* The result's order in memory is the query's; the kernel writes rows of adjacent numbers. */
static int out_as_query(call *c, const array *q)
{
    layout l = {.ndim = 4};
    layout_take(l.size, array_size(q), 4);
    layout_preserve(4, l.size, array_visible_stride(q), l.stride);
    return l.stride[3] == 1 ? out_strided(c, 0, q->dtype, &l) : out_new(c, 0, q->dtype, 4, l.size);
}
static void plan(call *c, const k_attention *a, bool backward)
{
    double steps = (double)a->batch * (double)a->heads * (double)a->l * (double)a->s * (double)(a->e + 4) * (backward ? 5 : 2);
    c->work = c->effective = steps < 9e18 ? (int64_t)steps : INT64_MAX;
    c->scratch_bytes = k_attention_scratch(a, backward);
    if (k_attention_wants_blas(a))
        ct_blas_wanted();
}

/* Do all queries see the same, if they are? And all keys, if keys and values are? Each is asked of dims of four. */
static bool rows_alike(const array *q, const array *mask, bool causal) { return !causal && still_dims(q, 4) & LENGTH && (!mask || still_dims(mask, 4) & LENGTH); }
static bool keys_alike(const array *k, const array *v, const array *mask, bool causal)
{
    return !causal && array_size(k)[2] > 1 && still_dims(k, 4) & still_dims(v, 4) & LENGTH && (!mask || still_dims(mask, 4) & 8);
}

/* ---- args query, key, value, mask, causal, scale. The node's numbers: causal, scale; keys that were one, or 0 ---------------------- */
static const array *mask_of(const call *c, uint32_t i) { return c->n_in > i ? c->ia[i] : NULL; }
static int attention_rule(call *c)
{
    const array *q = c->in[0]->a;
    if (check_operands(c, q, c->in[1]->a, c->in[2]->a, mask_of(c, 3)) < 0)
        return -1;
    double scale = arg_double(&c->args[5]);
    int64_t sums[4];
    keep_param(c, arg_bool(&c->args[4]));
    keep_double(c, scale);
    bool worth = spread_worth((ct_dtype)q->dtype, q->numel), causal = arg_bool(&c->args[4]);
    bool keys = worth && keys_alike(c->in[1]->a, c->in[2]->a, mask_of(c, 3), causal), rows = worth && rows_alike(q, mask_of(c, 3), causal);
    call_once(c, ~(uint64_t)BATCH_AND_HEADS);
    c->once_out = c->once |= rows ? LENGTH : 0;
    memcpy(sums, array_size(q), sizeof sums);
    sums[3] = 1;
    c->declared[1].undifferentiable = true;
    if (out_as_query(c, q) < 0 || out_new(c, 1, q->dtype, 4, sums) < 0)
        return -1;
    c->once &= ~(uint64_t)LENGTH; /* keys have another */
    keep_param(c, keys ? array_size(c->in[1]->a)[2] : 0);
    if (in_once(c, 0, rows ? LENGTH : 0) < 0 || in_once(c, 1, keys ? LENGTH : 0) < 0 || in_once(c, 2, keys ? LENGTH : 0) < 0)
        return -1;
    k_attention a = attention_of(c->ia[0], c->ia[1], c->ia[2], mask_of(c, 3), causal, scale);
    plan(c, &a, false);
    return 0;
}
static void attention_kernel(call *c)
{
    k_attention a = attention_of(c->ia[0], c->ia[1], c->ia[2], mask_of(c, 3), arg_bool(&c->args[4]), arg_double(&c->args[5]));
    a.scratch = c->scratch;
    a.y = part_of(c->oa[0]);
    a.y.stride[2] = array_stride(c->oa[0])[2];
    a.sums = array_data(c->oa[1]);
    k_attention_forward(&a);
    if (c->param[2])
        scale_results(c->oa[1], B_add, log((double)c->param[2]));
}

typedef struct kept_operands { T q, k, v, mask, y, sums; bool causal; double scale; } kept_operands;
static T product(scope *s, T a, T b, bool turn_a, bool turn_b) { return f_matmul(s, turn_a ? f_transpose(s, a, 2, 3) : a, turn_b ? f_transpose(s, b, 2, 3) : b); }
/* The softmax of the scores; rows of which all is masked are 0. */
static T weights(scope *s, const kept_operands *o)
{
    T low = f_number(s, -INFINITY), scores = f_scale(s, product(s, o->q, o->k, false, true), o->scale);
    if (o->causal && scores) {
        T ones = f_call(s, &op_ones_like, 1, (arg[]){a_t(scores)});
        scores = f_where(s, f_binary(s, &op_ne, f_call(s, &op_tril, 2, (arg[]){a_t(ones), a_i(0)}), f_number(s, 0)), scores, low);
    }
    if (o->mask && scores)
        scores = o->mask->a->dtype == DT_BOOL ? f_where(s, o->mask, scores, low) : f_add(s, scores, o->mask);
    T blank = f_binary(s, &op_eq, o->sums, low), zero = f_number(s, 0), some = f_where(s, blank, zero, scores);
    return some ? f_where(s, blank, zero, f_call(s, &op_softmax, 2, (arg[]){a_t(some), a_i(3)})) : NULL;
}
static int composed_grad(scope *s, node *n, const kept_operands *o, T g, T *out)
{
    T p = weights(s, o), by_p = product(s, g, o->v, false, true), last = NULL;
    if (p && by_p)
        last = f_mul(s, p, f_sub(s, by_p, f_sum_dims(s, f_mul(s, by_p, p), 1, (int64_t[]){3}, true)));
    last = f_scale(s, last, o->scale);
    if (node_needs(n, 0))
        out[0] = product(s, last, o->k, false, false);
    if (node_needs(n, 1))
        out[1] = product(s, last, o->q, true, false);
    if (node_needs(n, 2))
        out[2] = product(s, p, g, true, false);
    return s->failed ? -1 : 0;
}
static T at_first(scope *s, T t, uint64_t dims)
{
    dims = t ? dims_align(dims, 4, t->a->ndim) : 0;
    return dims ? tape_algebra.narrow(s, t, dims) : t;
}
/* What was kept, of size 1 where the gradient arrived summed: the length is that of queries alone. */
static void as_got(scope *s, node *n, kept_operands *o)
{
    uint64_t got = node_got(n);
    T *all[] = {&o->q, &o->k, &o->v, &o->mask, &o->y, &o->sums};
    for (int i = 0; i < 6 && got; i++)
        *all[i] = at_first(s, *all[i], i == 1 || i == 2 ? got & BATCH_AND_HEADS : got);
}
/* Keys that were one, and take the sum of their gradients, as one. */
static void one_key(scope *s, node *n, kept_operands *o)
{
    if ((node_needs(n, 1) && !(node_takes(n, 1) & LENGTH)) || (node_needs(n, 2) && !(node_takes(n, 2) & LENGTH)))
        return;
    o->k = at_first(s, o->k, LENGTH);
    o->v = at_first(s, o->v, LENGTH);
    o->mask = at_first(s, o->mask, 8);
    o->sums = f_sub(s, o->sums, f_number(s, log((double)node_params(n)[2])));
}
static int attention_grad(scope *s, node *n, T const *g, T *out)
{
    kept_operands o = {.q = node_kept_in(s, n, 0), .k = node_kept_in(s, n, 1), .v = node_kept_in(s, n, 2), .mask = n->keep_in >> 3 & 1 ? node_kept_in(s, n, 3) : NULL,
                       .y = node_kept_out(s, n, 0), .sums = node_kept_out(s, n, 1), .causal = node_params(n)[0], .scale = read_double(node_params(n) + 1)};
    T parts[3] = {0};
    if (s->failed)
        return -1;
    as_got(s, n, &o);
    if (tape_now.grad)
        return composed_grad(s, n, &o, g[0], out);
    if (node_params(n)[2])
        one_key(s, n, &o);
    arg args[] = {a_t(g[0]), a_t(o.q), a_t(o.k), a_t(o.v), a_t(o.y), a_t(o.sums), o.mask ? a_t(o.mask) : a_none(), a_b(o.causal), a_f(o.scale)};
    if (f_call_many(s, &op_attention_backward, 9, args, 3, parts) < 0)
        return -1;
    for (uint32_t i = 0; i < 3; i++)
        out[i] = node_needs(n, i) ? parts[i] : NULL;
    return 0;
}
static uint64_t attention_takes(node *n)
{
    uint64_t dims = pointwise_takes(n), rows = (node_needs(n, 0) ? node_takes(n, 0) : ~(uint64_t)0) & (node_params(n)[0] ? 0 : LENGTH);
    const kept *k = node_kept(n);
    for (int i = 0; i < n->n_kept && rows; i++)
        rows &= i == 1 || i == 2 ? LENGTH : k[i].a && !KEPT_IS_NUMBER(&k[i]) ? still_dims(k[i].a, 4) : 0;
    return dims & TAKES_SLID ? 0 : (dims & BATCH_AND_HEADS) | rows;
}
const op op_attention = {.name = "attention", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = attention_rule, .kernel = attention_kernel, .n_out = 2,
    .sig = "(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, bool is_causal=False, *, float scale)",
    .kind = {"ScaledDotProductFlashAttentionForCpuBackward0", attention_grad, .flags = NK_SHOWS(7) | NK_MIXES, .takes = attention_takes},
    .keep = {7, 7, 7, 7}, .keep_out = 7,
    .doc = "softmax(query @ key.mT * scale + mask) @ value of (batch, heads, length, size), and the logarithms of the softmax's sums. RuntimeError for "
           "operands that do not go together."};

/* ---- args grad, query, key, value, result, sums, mask, causal, scale ------------------------------------------------------------ */
static k_attention back_of(const call *c)
{
    k_attention a = attention_of(c->ia[1], c->ia[2], c->ia[3], mask_of(c, 6), arg_bool(&c->args[7]), arg_double(&c->args[8]));
    a.g = part_of(c->ia[0]);
    a.y = part_of(c->ia[4]);
    return a;
}
static int backward_rule(call *c)
{
    const array *g = c->in[0]->a, *q = c->in[1]->a, *y = c->in[4]->a, *sums = c->in[5]->a;
    if (check_operands(c, q, c->in[2]->a, c->in[3]->a, mask_of(c, 6)) < 0)
        return -1;
    if (!array_same_size(g, q) || !array_same_size(y, q) || g->dtype != q->dtype || y->dtype != q->dtype || sums->dtype != q->dtype || sums->numel != q->numel / array_size(q)[3])
        return ct_fail(CT_RUNTIME, "%s(): gradient, result and sums must be of the query's shape and dtype", c->op->name);
    if ((array_stride(y)[3] != 1 && array_size(y)[3] != 1 && in_copy(c, 4) < 0) || in_contiguous(c, 5) < 0)
        return -1;
    k_attention a = back_of(c);
    plan(c, &a, true);
    for (uint32_t i = 0; i < 3; i++)
        if (out_by_length(c, i, c->in[1 + i]->a) < 0)
            return -1;
    return 0;
}
static void backward_kernel(call *c)
{
    k_attention a = back_of(c);
    k_part *to[] = {&a.gq, &a.gk, &a.gv};
    a.scratch = c->scratch;
    a.sums = array_data(c->ia[5]);
    for (int i = 0; i < 3; i++) {
        *to[i] = part_of(c->oa[i]);
        to[i]->stride[2] = array_stride(c->oa[i])[2];
    }
    k_attention_backward(&a);
}
const op op_attention_backward = {.name = "attention_backward", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block, .shape = backward_rule,
    .kernel = backward_kernel, .n_out = 3,
    .sig = "(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor out, Tensor sums, Tensor? attn_mask=None, bool is_causal=False, *, float scale)",
    .doc = "Gradients of attention by query, key and value. Not differentiable itself."};
