/* Gradients of convolutions, and the dims in which they arrive summed. */
#include "ops/conv.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static T call_map(scope *s, const op *o, T a, T b, int ndim, const int64_t *size, const shape *h)
{
    uint32_t nd = (uint32_t)h->nd;
    return f_call(s, o, 7, (arg[]){a_t(a), a_t(b), a_ints((uint32_t)ndim, size), a_ints(nd, h->stride), a_ints(nd, h->pad), a_ints(nd, h->dilation), a_i(h->groups)});
}
/* Of the given size in the dims of an image: an output padding makes room for more places than there were. */
static T conv_out(scope *s, T x, T w, const int64_t *size, const shape *h)
{
    uint32_t nd = (uint32_t)h->nd;
    const int64_t none[SPATIAL] = {0};
    T y = f_call(s, &op_convolution, 9, (arg[]){a_t(x), a_t(w), a_none(), a_ints(nd, h->stride), a_ints(nd, h->pad), a_ints(nd, h->dilation), a_b(false), a_ints(nd, none), a_i(h->groups)});
    for (int d = 2; y && d < h->nd + 2; d++)
        if (array_size(y->a)[d] != size[d])
            y = f_contiguous(s, f_call(s, &op_narrow, 4, (arg[]){a_t(y), a_i(d), a_i(0), a_i(size[d])}));
    return y;
}
/* Batch and channels as the operands have them, */
static T conv_in(scope *s, T y, T w, const int64_t *size, const shape *h)
{
    int64_t own[SPATIAL + 2] = {y ? array_size(y->a)[0] : 0, w ? array_size(w->a)[1] * h->groups : 0};
    memcpy(own + 2, size + 2, (size_t)h->nd * sizeof *own);
    return call_map(s, &op_conv_input, y, w, (int)h->nd + 2, own, h);
}
/* and the kernel of that size. */
static T conv_weight(scope *s, T y, T x, const int64_t *size, const shape *h)
{
    int64_t own[SPATIAL + 2] = {y ? array_size(y->a)[1] : 0, x ? array_size(x->a)[1] / h->groups : 0};
    memcpy(own + 2, size + 2, (size_t)h->nd * sizeof *own);
    return call_map(s, &op_conv_weight, y, x, (int)h->nd + 2, own, h);
}

/* ---- what repeats ------------------------------------------------------------------------------------------------- */
/* Channels that are equal are one, times the sum of what they meet. Of the weight, `in` is the dim of an image's channels, `of` that of the result's. */
typedef struct operands { shape h; const int64_t *out; bool transposed, collapses, folds; int in, of; int64_t groups; /* that are one; else 1 */ } operands;
/* The dims in which operand i may be read at one place for all: every one whose values are the same, as values; but what a later run may ask
 * for its own gradient is a variable at each place, unless it is asked for the sum alone. */
static uint64_t as_one(node *n, uint32_t i)
{
    return node_needs(n, i) && tape_now.grad ? node_takes(n, i) : tape_now.grad && node_edges(n)[i].fn ? 0 : ~(uint64_t)0;
}
/* Are all groups one, and their gradients asked for as a sum? Then they are as one group of fewer channels. */
static bool groups_are_one(node *n, const operands *o)
{
    const array *images = n->keep_in & 1 ? node_kept(n)->a : NULL, *weights = n->keep_in >> 1 & 1 ? node_kept(n)[n->keep_in & 1].a : NULL;
    uint64_t sums = o->transposed && o->out[1] > o->h.groups ? 3 : 1; /* of the weights */
    return !(n->flags & N_PACKED) && (!node_needs(n, 0) || (conv_equal_weights(weights, o->transposed) && node_takes(n, 0) & 2)) &&
           (!node_needs(n, 1) || (conv_equal_images(images) && (node_takes(n, 1) & sums) == sums)) &&
           (!node_needs(n, 0) || (as_one(n, 1) & sums) == sums) && (!node_needs(n, 1) || as_one(n, 0) & 2);
}
static operands operands_of(node *n)
{
    operands o;
    int ndim;
    ct_dtype dtype;
    memcpy(&o.h, node_params(n), sizeof o.h);
    o.out = node_out_size(n, 0, &ndim, &dtype);
    o.folds = spread_worth(dtype, layout_numel(ndim, o.out));
    o.transposed = node_params(n)[SHAPE_PARAMS];
    o.in = !o.transposed;
    o.of = o.transposed;
    o.collapses = !dtype_is_half(dtype) /* whose sums would be rounded */ && (o.h.groups == 1 || groups_are_one(n, &o));
    o.groups = o.collapses ? o.h.groups : 1;
    o.h.groups /= o.groups;
    return o;
}
static bool stands(node *n, uint32_t i, T x, int dim) { return x && still_dims(x->a, x->a->ndim) & as_one(n, i) & (uint64_t)1 << dim && array_size(x->a)[dim] > 1; }
static T first(scope *s, T x, int dim) { return tape_algebra.narrow(s, x, (uint64_t)1 << dim); }
static T summed(scope *s, T x, int dim) { return x && array_size(x->a)[dim] > 1 ? f_sum_dims(s, x, 1, (int64_t[]){dim}, true) : x; }
/* Of one group. */
static T of_group(scope *s, T x, int dim, int64_t groups) { return x && groups > 1 ? f_call(s, &op_narrow, 4, (arg[]){a_t(x), a_i(dim), a_i(0), a_i(array_size(x->a)[dim] / groups)}) : x; }
static T widened(scope *s, T x, int dim, int64_t n)
{
    int64_t size[SPATIAL + 2];
    if (!x)
        return NULL;
    memcpy(size, array_size(x->a), (size_t)x->a->ndim * sizeof *size);
    size[dim] = n;
    bool last = layout_like_channels_last(x->a->ndim, array_size(x->a), array_visible_stride(x->a));
    int64_t order = !last ? FORMAT_CONTIGUOUS : x->a->ndim == 5 ? FORMAT_CHANNELS_LAST_3D : FORMAT_CHANNELS_LAST;
    return f_call(s, &op_clone, 2, (arg[]){a_t(f_expand(s, x, x->a->ndim, size)), a_i(order)}); /* shown as the fresh tensor that it is */
}

/* Runs of places of dim d that are the same, where `in` places of an image are one; 1: not so, or too few to matter (but where `got`, all are one). */
static int64_t runs_along(const operands *o, int d, int64_t in, int64_t kernel, uint64_t got)
{
    int64_t runs = o->folds || got >> d & 1 ? conv_runs(&o->h, o->transposed, d - 2, in, kernel, o->out[d]) : 1;
    return runs > 1 ? runs : 1;
}
/* A gradient with the runs added up to one. */
static T folded(scope *s, T g, const operands *o, int d, int64_t kernel, int64_t runs)
{
    int64_t border = conv_border(&o->h, o->transposed, d - 2, kernel), period = conv_period(&o->h, o->transposed, d - 2), size[SPATIAL + 3], behind = border + runs * period;
    if (!g || array_size(g->a)[d] == 1)
        return g;
    T run = f_call(s, &op_narrow, 4, (arg[]){a_t(g), a_i(d), a_i(border), a_i(runs * period)});
    layout_take(size, array_size(g->a), d);
    size[d] = runs;
    size[d + 1] = period;
    memcpy(size + d + 2, array_size(g->a) + d + 1, (size_t)(g->a->ndim - d - 1) * sizeof *size);
    run = period == 1 ? summed(s, run, d) : f_sum_dims(s, f_reshape(s, run, g->a->ndim + 1, size), 1, (int64_t[]){d}, false);
    T part[3] = {f_call(s, &op_narrow, 4, (arg[]){a_t(g), a_i(d), a_i(0), a_i(border)}), run, f_call(s, &op_narrow, 4, (arg[]){a_t(g), a_i(d), a_i(behind), a_i(o->out[d] - behind)})};
    return s->failed ? NULL : f_call(s, &op_cat, 2, (arg[]){a_ts(3, part), a_i(d)});
}

/* The batch, where all images are one; dims along which all windows are; channels of the result that are all one. */
uint64_t convolution_takes(node *n)
{
    const kept *k = node_kept(n), *weight = k + (n->keep_in & 1);
    bool images = n->keep_in & 1, weights = n->keep_in >> 1 & 1;
    operands o = operands_of(n);
    int64_t all = 1;
    uint64_t dims = 1, still = images ? (k->a ? still_dims(k->a, k->a->ndim) : 0) : ~(uint64_t)0, of = weights ? (weight->a ? still_dims(weight->a, weight->a->ndim) : 0) : ~(uint64_t)0;
    for (int64_t d = 0; d < o.h.nd; d++)
        dims |= (uint64_t)(o.h.pad[d] == 0 && !o.transposed) << (d + 2);
    dims &= still & (node_needs(n, 0) ? node_takes(n, 0) : ~(uint64_t)0);
    of &= node_needs(n, 1) ? node_takes(n, 1) : ~(uint64_t)0;
    if (n->n_in > 2 && node_needs(n, 2))
        all = (int64_t)(node_takes(n, 2) & 1);
    return dims | (uint64_t)(o.collapses && all && o.out[1] > 1 && (o.groups > 1 || of >> o.of & 1)) << 1;
}
static T images_grad(scope *s, node *n, operands *o, T g)
{
    T w = node_kept_in(s, n, 1);
    uint64_t takes = node_takes(n, 0), got = node_got(n);
    int ndim, count = 0;
    ct_dtype dtype;
    const int64_t *in = node_in_size(n, 0, &ndim, &dtype);
    int64_t size[SPATIAL + 2], dims[SPATIAL];
    layout_take(size, in, ndim);
    bool one = false;
    if (o->transposed)
        w = of_group(s, w, 0, o->groups);
    if (o->groups > 1 || (o->collapses && stands(n, 1, w, o->of)))
        g = summed(s, g, 1);
    if (o->collapses && stands(n, 1, w, o->of))
        w = first(s, w, o->of);
    if (o->collapses && takes & 2)
        w = summed(s, w, o->in);
    else if (o->collapses && (one = stands(n, 1, w, o->in)))
        w = first(s, w, o->in);
    for (int d = 2; d < ndim && w; d++) {
        int64_t kernel = array_size(w->a)[d], runs = takes >> d & 1 ? runs_along(o, d, in[d], kernel, got) : 1;
        if (runs > 1) {
            g = folded(s, g, o, d, kernel, runs);
            size[d] -= (runs - 1) * conv_step(&o->h, o->transposed, d - 2);
            dims[count++] = d;
        }
    }
    T x = o->transposed ? conv_out(s, g, w, size, &o->h) : conv_in(s, g, w, size, &o->h);
    x = count ? f_sum_dims(s, x, count, dims, true) : x;
    return one ? widened(s, x, 1, in[1]) : x;
}
static T weights_grad(scope *s, node *n, operands *o, T g)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 1, &ndim, &dtype);
    T x = node_kept_in(s, n, 0);
    uint64_t takes = node_takes(n, 1), got = node_got(n);
    bool one = false;
    x = x && got & 1 ? first(s, x, 0) : x;
    x = of_group(s, x, 1, o->groups);
    for (int d = 2; d < ndim; d++) {
        int64_t places = stands(n, 0, x, d) ? array_size(x->a)[d] : 0, runs = places ? runs_along(o, d, places, size[d], got) : 1;
        if (runs > 1) {
            g = folded(s, g, o, d, size[d], runs);
            x = f_call(s, &op_narrow, 4, (arg[]){a_t(x), a_i(d), a_i(0), a_i(places - (runs - 1) * conv_step(&o->h, o->transposed, d - 2))});
        }
    }
    if (o->groups > 1 || (o->collapses && takes >> o->of & 1))
        g = summed(s, g, 1);
    if (o->collapses && takes >> o->in & 1)
        x = summed(s, x, 1);
    else if (o->collapses && (one = stands(n, 0, x, 1)))
        x = first(s, x, 1);
    T w = o->transposed ? conv_weight(s, x, g, size, &o->h) : conv_weight(s, g, x, size, &o->h);
    return one ? widened(s, w, o->in, size[o->in]) : w;
}
int convolution_grad(scope *s, node *n, T const *g, T *out)
{
    operands o = operands_of(n);
    if (node_needs(n, 0))
        out[0] = images_grad(s, n, &o, g[0]);
    if (node_needs(n, 1))
        out[1] = weights_grad(s, n, &o, g[0]);
    if (n->n_in > 2 && node_needs(n, 2)) {
        int64_t dims[SPATIAL + 1] = {0, 2, 3, 4};
        out[2] = f_sum_dims(s, g[0], (int)o.h.nd + 1, dims, false);
    }
    return s->failed ? -1 : 0;
}
int conv_input_grad(scope *s, node *n, T const *g, T *out)
{
    shape h;
    int ndim;
    ct_dtype dtype;
    memcpy(&h, node_params(n), sizeof h);
    if (node_needs(n, 0))
        out[0] = conv_out(s, g[0], node_kept_in(s, n, 1), node_in_size(n, 0, &ndim, &dtype), &h);
    if (node_needs(n, 1))
        out[1] = conv_weight(s, node_kept_in(s, n, 0), g[0], node_in_size(n, 1, &ndim, &dtype), &h);
    return s->failed ? -1 : 0;
}
int conv_weight_grad(scope *s, node *n, T const *g, T *out)
{
    shape h;
    int ndim;
    ct_dtype dtype;
    memcpy(&h, node_params(n), sizeof h);
    if (node_needs(n, 0))
        out[0] = conv_out(s, node_kept_in(s, n, 1), g[0], node_in_size(n, 0, &ndim, &dtype), &h);
    if (node_needs(n, 1))
        out[1] = conv_in(s, node_kept_in(s, n, 0), g[0], node_in_size(n, 1, &ndim, &dtype), &h);
    return s->failed ? -1 : 0;
}
