/* Pooling over one to three dimensions, even windows and adaptive ones.
 *
 * Three maps carry it: pool_max gives values and the places they came from; pool_gather reads at places, and its adjoint
 * pool_scatter adds there; pool_mean is linear, pool_mean_backward its adjoint. What users call chooses among them. The
 * hidden ops take windows as one list of ints (`how`), which is also what their nodes keep. */
#include "kernel/pool.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <stdio.h>
#include <string.h>

enum { SPATIAL = 3 };
typedef struct how { int64_t nd, adaptive, ceil, count_pad, divisor, kernel[SPATIAL], stride[SPATIAL], pad[SPATIAL], dilation[SPATIAL]; } how;
enum { HOW_INTS = sizeof(how) / sizeof(int64_t) };

static const char *by(int64_t nd, const int64_t *size, char *buffer)
{
    for (int64_t d = 0, at = 0; d < nd; d++)
        at += snprintf(buffer + at, 100 - (size_t)at, "%s%lld", d ? "x" : "", (long long)size[d]);
    return buffer;
}

/* ---- geometry ------------------------------------------------------------------------------------------------------ */
static int64_t div_down(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
static int64_t out_size(const how *h, int64_t d, int64_t in)
{
    if (h->adaptive)
        return h->kernel[d];
    int64_t room = in + 2 * h->pad[d] - h->dilation[d] * (h->kernel[d] - 1) - 1 + (h->ceil ? h->stride[d] - 1 : 0), out = div_down(room, h->stride[d]) + 1;
    return h->ceil && (out - 1) * h->stride[d] >= in + h->pad[d] ? out - 1 : out;
}
static int check_windows(const call *c, const how *h, const array *a, int64_t *size)
{
    int64_t nd = h->nd, lead = a->ndim - nd;
    layout_take(size, array_size(a), a->ndim);
    for (int64_t d = 0; d < nd; d++) {
        if (size[lead + d] > INT32_MAX)
            return ct_fail(CT_RUNTIME, "%s(): dimension %lld of size %lld is too large", c->op->name, (long long)(lead + d), (long long)size[lead + d]);
        size[lead + d] = out_size(h, d, array_size(a)[lead + d]);
        if (size[lead + d] < (h->adaptive ? 0 : 1))
            return ct_fail(CT_RUNTIME, "Given input size: (%s). Calculated output size: (%s). Output size is too small", by(nd + 1, array_size(a) + lead - 1, (char[100]){0}),
                           by(nd + 1, size + lead - 1, (char[100]){0}));
    }
    if (h->adaptive && !layout_numel((int)nd, array_size(a) + lead))
        return ct_fail(CT_RUNTIME, "%s(): Expected input to have non-zero size for non-batch dimensions, but input has sizes %s with a dimension being empty", c->op->name,
                       layout_text(a->ndim, array_size(a), (char[200]){0}, 200));
    return layout_numel((int)nd, array_size(a) + lead) > INT32_MAX ? ct_fail(CT_RUNTIME, "%s(): an image of more than %d places", c->op->name, INT32_MAX) : 0;
}
static int read_how(call *c, uint32_t i, how *h)
{
    const arg *a = &c->args[i];
    bool ok = a->kind == ARG_INTS && a->n == HOW_INTS;
    if (ok)
        memcpy(h, a->ints, sizeof *h);
    ok = ok && h->nd >= 1 && h->nd <= SPATIAL && c->in[0]->a->ndim > h->nd && (h->adaptive == 0 || h->adaptive == 1);
    for (int64_t d = 0; ok && d < h->nd; d++)
        ok = h->kernel[d] >= 0 && h->kernel[d] <= INT32_MAX && h->stride[d] <= INT32_MAX && h->dilation[d] <= INT32_MAX && h->stride[d] > 0 && h->dilation[d] > 0 && h->pad[d] >= 0 && (h->adaptive || h->pad[d] <= (h->dilation[d] * (h->kernel[d] - 1) + 1) / 2);
    if (!ok)
        return ct_fail(CT_RUNTIME, "%s(): the list of ints describes no windows", c->op->name);
    memcpy(c->param, h, sizeof *h);
    c->n_param = HOW_INTS;
    return 0;
}
/* Planes that repeat are computed once, */
static uint64_t lead_dims(int ndim, int64_t nd) { return ((uint64_t)1 << (ndim - nd)) - 1; }
static void once_over_planes(call *c, const array *a, int64_t nd) { c->once = c->once_out = repeated_dims(1, &a, a->ndim, array_size(a)) & lead_dims(a->ndim, nd); }
/* and windows along what repeats within them (means where there is no padding): bit d is the how's dim d. */
static uint64_t unpadded(const how *h)
{
    uint64_t dims = 0;
    for (int64_t d = 0; d < h->nd; d++)
        dims |= (uint64_t)(h->adaptive || h->pad[d] == 0) << d;
    return dims;
}
static uint64_t windows_alike(const how *h, const array *a)
{
    int lead = a->ndim - (int)h->nd;
    return spread_worth((ct_dtype)a->dtype, a->numel) ? repeated_dims(1, &a, a->ndim, array_size(a)) >> lead : 0;
}
/* The windows of what has one place along these dims. */
static void leave_out(how *h, uint64_t dims)
{
    for (int64_t d = 0; d < h->nd; d++)
        if (dims >> d & 1) {
            h->kernel[d] = h->stride[d] = h->dilation[d] = 1;
            h->pad[d] = 0;
        }
}

/* in, out: sizes of the last nd dims. */
static void sizes_of(k_pool *p, const how *h, int64_t planes, const int64_t *in, const int64_t *out)
{
    *p = (k_pool){.planes = planes, .adaptive = h->adaptive, .count_pad = h->count_pad, .divisor = h->divisor};
    for (int64_t d = 0; d < SPATIAL; d++) {
        int64_t at = d - (SPATIAL - h->nd);
        p->in[d] = at < 0 ? 1 : in[at];
        p->out[d] = at < 0 ? 1 : out[at];
        p->kernel[d] = at < 0 ? 1 : h->kernel[at];
        p->stride[d] = at < 0 ? 1 : h->stride[at];
        p->pad[d] = at < 0 ? 0 : h->pad[at];
        p->dilation[d] = at < 0 ? 1 : h->dilation[at];
    }
}
static void describe(k_pool *p, const how *h, const array *in, const array *out, void *scratch)
{
    int64_t lead = in->ndim - h->nd;
    sizes_of(p, h, layout_numel((int)lead, array_size(out)), array_size(in) + lead, array_size(out) + lead);
    p->window[0] = scratch;
    p->window[1] = p->window[0] + p->out[0];
    p->window[2] = p->window[1] + p->out[1];
    p->places = (int32_t *)(p->window[2] + p->out[2]);
    p->line = (float *)(p->places + p->out[2]);
    k_pool_windows(p);
}
static void plan(call *c, const how *h, const array *out)
{
    int64_t windows = 2, lead = out->ndim - h->nd;
    double reads = 2, once = 1;
    for (int64_t d = 0; d < h->nd; d++) {
        windows += array_size(out)[lead + d] + 1;
        reads *= h->adaptive ? 2 : (double)h->kernel[d];
        once *= !h->adaptive && c->once >> (lead + d) & 1 ? (double)h->kernel[d] : 1;
    }
    c->scratch_bytes = windows * (int64_t)sizeof(k_window) + (array_size(out)[out->ndim - 1] + 1) * (int64_t)(sizeof(int32_t) + sizeof(float));
    double all = reads * (double)out->numel, held = reads / once * (double)array_held(out);
    c->effective = all < 9e18 ? (int64_t)all : INT64_MAX;
    c->work = held < 9e18 ? (int64_t)held : INT64_MAX;
}
static void keep_how(const call *c, how *h) { memcpy(h, c->param, sizeof *h); }

/* Planes that input 0 takes summed: windows stay within one. */
static uint64_t planes_taken(node *n) { return node_takes(n, 0) & lead_dims(n->out_ndim, node_params(n)[0]); }

/* ---- places of windows that were computed once: args places, size, how, windows, dropped ------------------------------------ */
static int places_rule(call *c)
{
    const array *a = c->in[0]->a;
    const arg *size = &c->args[1];
    how h;
    if (read_how(c, 2, &h) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    int64_t lead = a->ndim - h.nd, plane = layout_numel((int)size->n, size->ints);
    bool fits = a->dtype == DT_I64 && size->n == h.nd && plane <= INT32_MAX;
    for (int64_t d = 0; fits && d < h.nd; d++)
        fits = size->ints[d] > 0 && (!(c->args[3].i >> d & 1) || array_size(a)[lead + d] == 1 || out_size(&h, d, size->ints[d]) == array_size(a)[lead + d]);
    for (int64_t i = 0; fits && i < a->numel; i++)
        fits = ((const int64_t *)array_data(c->ia[0]))[i] < plane && ~((const int64_t *)array_data(c->ia[0]))[i] < plane;
    if (!fits)
        return ct_fail(CT_RUNTIME, "%s(): %s of shape %s are no places of such windows", c->op->name, dtype_name((ct_dtype)a->dtype), layout_text(a->ndim, array_size(a), (char[200]){0}, 200));
    c->work = 8 * a->numel;
    return out_new(c, 0, DT_I64, a->ndim, array_size(a));
}
static void places_kernel(call *c)
{
    const array *a = c->ia[0];
    how h;
    memcpy(&h, c->param, sizeof h);
    int64_t lead = a->ndim - h.nd;
    k_pool p;
    sizes_of(&p, &h, layout_numel((int)lead, array_size(a)), c->args[1].ints, array_size(a) + lead);
    k_moved m = {.windows = (unsigned)c->args[3].i << (SPATIAL - h.nd), .dropped = (unsigned)c->args[4].i << (SPATIAL - h.nd)};
    for (int d = 0; d < SPATIAL; d++) {
        m.in[d] = p.in[d];
        m.from[d] = m.to[d] = p.out[d];
        if (m.windows >> d & 1) /* of which the first alone may be there */
            p.out[d] = out_size(&h, d - (SPATIAL - h.nd), p.in[d]);
    }
    k_pool_places(&p, &m, (const int64_t *)array_data(a), (int64_t *)array_data(c->oa[0]));
}
const op op_pool_places = {.name = "_pool_places", .sig = "(Tensor places, int[] size, int[] how, int windows, int dropped)", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD,
    .run = op_block, .shape = places_rule, .kernel = places_kernel,
    .doc = "Places of maxima in planes of that size: along spatial dims whose bit is in windows moved from the first window into each one's own (~place: to its end), without the dims in dropped."};

/* ---- pool_max: args self, how, shown. The node's numbers: how; of windows computed once more, see keep_windows ---------------- */
enum { WINDOWS = HOW_INTS /* dims, if the kept places are those of the first window along them, ~place for a NaN's */, FULL, OUT = FULL + SPATIAL };
static int pool_max_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t plane[SPATIAL];
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *p = node_params(n);
    int64_t nd = p[0], lead = ndim - nd;
    uint64_t got = node_got(n), dropped = tape_now.grad ? 0 : node_takes(n, 0) >> lead & (((uint64_t)1 << nd) - 1);
    uint64_t hidden = n->n_param > WINDOWS ? (uint64_t)p[WINDOWS] : 0;
    T places = f_unary(s, &op_detach, node_kept_out(s, n, 1)); /* they have no history: a kept output is tied to its node */
    if (places && got)
        places = tape_algebra.narrow(s, places, got);
    if (hidden | dropped)
        places = f_call(s, &op_pool_places, 5, (arg[]){a_t(places), a_ints((uint32_t)nd, size + lead), a_ints(HOW_INTS, p), a_i((int64_t)hidden), a_i((int64_t)dropped)});
    for (int64_t d = 0; d < nd; d++)
        plane[d] = dropped >> d & 1 ? 1 : size[lead + d];
    if (g[0])
        out[0] = f_call(s, &op_pool_scatter, 4, (arg[]){a_t(g[0]), a_t(places), a_ints((uint32_t)nd, plane), a_b(true)});
    return s->failed ? -1 : 0;
}
static uint64_t max_takes(node *n)
{
    const kept *places = node_kept(n) + n->n_kept - 1;
    uint64_t windows = n->n_param > WINDOWS ? (uint64_t)node_params(n)[WINDOWS] << (n->out_ndim - node_params(n)[0]) : 0;
    return places->a ? (planes_taken(n) | (node_takes(n, 0) & windows)) & still_dims(places->a, n->out_ndim) : 0;
}
static const node_kind max_kinds[2][SPATIAL] = {
    {{"MaxPool2DWithIndicesBackward0", pool_max_grad, .takes = max_takes, .again = "MaxPool2DWithIndicesBackwardBackward0"}, {"MaxPool2DWithIndicesBackward0", pool_max_grad, .takes = max_takes, .again = "MaxPool2DWithIndicesBackwardBackward0"}, {"MaxPool3DWithIndicesBackward0", pool_max_grad, .takes = max_takes, .again = "MaxPool3DWithIndicesBackwardBackward0"}},
    {{"AdaptiveMaxPool2DBackward0", pool_max_grad, .takes = max_takes, .again = "AdaptiveMaxPool2DBackwardBackward0"}, {"AdaptiveMaxPool2DBackward0", pool_max_grad, .takes = max_takes, .again = "AdaptiveMaxPool2DBackwardBackward0"}, {"AdaptiveMaxPool3DBackward0", pool_max_grad, .takes = max_takes, .again = "AdaptiveMaxPool3DBackwardBackward0"}},
};
/* Along these dims windows are computed once, and places moved. */
static void once_over_windows(call *c, const how *h, const int64_t *size, uint64_t alike, bool shown)
{
    const array *a = c->in[0]->a;
    int64_t lead = a->ndim - h->nd;
    c->once_out = c->once |= alike << lead;
    keep_param(c, shown ? 0 : (int64_t)alike);
    for (int64_t d = 0; d < 2 * SPATIAL; d++)
        keep_param(c, d % SPATIAL < h->nd ? (d < SPATIAL ? array_size(a) : size)[lead + d % SPATIAL] : 1);
}
static int pool_max_rule(call *c)
{
    const array *a = c->in[0]->a;
    int64_t size[CT_MAXDIM];
    how h;
    if (read_how(c, 1, &h) < 0)
        return -1;
    if (!K->pool[a->dtype].max || (h.adaptive && !dtype_is_float(a->dtype)))
        return ct_fail(CT_NOTIMPL, "\"%smax_pool%lldd\" not implemented for '%s'", h.adaptive ? "adaptive_" : "", (long long)h.nd, dtype_title(a->dtype));
    if (check_windows(c, &h, a, size) < 0)
        return -1;
    once_over_planes(c, a, h.nd);
    uint64_t alike = windows_alike(&h, a);
    bool shown = arg_bool(&c->args[2]);
    c->kind = &max_kinds[h.adaptive][h.nd - 1];
    c->row_major = h.adaptive && h.nd == 3;
    if (alike)
        once_over_windows(c, &h, size, alike, shown);
    if (out_new(c, 0, a->dtype, a->ndim, size) < 0)
        return -1;
    c->once_out &= shown ? lead_dims(a->ndim, h.nd) : ~(uint64_t)0;
    if (out_new(c, 1, DT_I64, a->ndim, size) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    plan(c, &h, c->oa[0]);
    if (alike && shown) /* places of one window each, first */
        c->scratch_bytes += array_held(c->oa[0]) * (int64_t)sizeof(int64_t);
    return 0;
}
/* The windows of x and their results y; false where there are no results to write. */
static bool windows(const call *c, k_pool *p, const array *x, const array *y, char *scratch)
{
    how h;
    keep_how(c, &h);
    if (c->oa[0]->numel == 0)
        return false;
    leave_out(&h, c->once >> (x->ndim - h.nd));
    describe(p, &h, x, y, scratch);
    return true;
}
/* Places found in one window along what is computed once, as those of all, or of the first. */
static void spread_places(const call *c, const int64_t *found)
{
    const array *y = c->oa[0], *places = c->oa[1];
    how h;
    keep_how(c, &h);
    int64_t lead = y->ndim - h.nd;
    k_pool p;
    sizes_of(&p, &h, layout_numel((int)lead, array_size(y)), c->param + FULL, c->param + OUT);
    k_moved m = {.windows = (unsigned)(c->once >> lead) << (SPATIAL - h.nd), .dtype = (ct_dtype)y->dtype, .values = dtype_is_float((ct_dtype)y->dtype) ? array_data(y) : NULL, .told = c->param[WINDOWS]};
    for (int d = 0; d < SPATIAL; d++) {
        int64_t at = d - (SPATIAL - h.nd);
        m.in[d] = m.windows >> d & 1 ? 1 : p.in[d];
        m.from[d] = m.windows >> d & 1 ? 1 : p.out[d];
        m.to[d] = at < 0 ? 1 : array_size(places)[lead + at];
    }
    k_pool_places(&p, &m, found, (int64_t *)array_data(places));
}
static void pool_max_kernel(call *c)
{
    k_pool p;
    const array *y = c->oa[0];
    int64_t *places = (int64_t *)array_data(c->oa[1]), *found = y->numel == c->oa[1]->numel ? places : c->scratch;
    if (!windows(c, &p, c->ia[0], y, found == places ? c->scratch : (char *)(found + y->numel)))
        return;
    K->pool[c->ia[0]->dtype].max(&p, array_data(c->ia[0]), array_data(y), found);
    if (c->n_param > WINDOWS)
        spread_places(c, found);
}
const op op_pool_max = {.name = "pool_max", .sig = "(Tensor self, int[] how, bool shown=True)", .flags = OP_FUNCTION | OP_HIDDEN | OP_KEEPS_ORDER, .run = op_block, .shape = pool_max_rule,
    .kernel = pool_max_kernel, .kind = {"MaxPool2DWithIndicesBackward0", pool_max_grad, .takes = max_takes, .again = "MaxPool2DWithIndicesBackwardBackward0"}, .keep = {1}, .keep_out = 1, .reads_out = 2, .n_out = 2,
    .doc = "The largest of each window, and its place in the plane (int64); how: nd, adaptive, ceil, count_pad, divisor, then three each of kernel, stride, padding, dilation. "
           "shown: places are for users too; else of windows that are all the same those of the first are kept."};

/* ---- pool_gather: args self, places, nd; pool_scatter: args grad, places, size, add ---------------------------------------- */
static int check_places(const call *c, const array *places, int64_t nd, const int64_t *size)
{
    int64_t plane = layout_numel((int)nd, size), n = places->numel;
    const int64_t *at = (const int64_t *)array_data(places);
    for (int64_t i = 0; i < n; i++)
        if (at[i] < 0 || at[i] >= plane)
            return ct_fail(CT_RUNTIME, "Found an invalid max index: %lld (output volumes are of size %s): %s takes places in one plane", (long long)at[i], by(nd, size, (char[100]){0}), c->op->name);
    return 0;
}
static int check_planes(const call *c, const array *a, const array *places, int64_t nd)
{
    if (places->dtype != DT_I64)
        return ct_fail(CT_RUNTIME, "elements in indices should be type int64 but got: %s", dtype_name(places->dtype));
    if (nd < 1 || a->ndim <= nd || places->ndim != a->ndim || memcmp(array_size(a), array_size(places), (size_t)(a->ndim - nd) * sizeof(int64_t)))
        return ct_fail(CT_RUNTIME, "%s(): places of shape %s do not go with values of shape %s", c->op->name, layout_text(places->ndim, array_size(places), (char[200]){0}, 200),
                       layout_text(a->ndim, array_size(a), (char[200]){0}, 200));
    return 0;
}
static int gather_rule(call *c)
{
    const array *a = c->in[0]->a, *places = c->in[1]->a;
    int64_t nd = c->args[2].i, numel;
    if (check_planes(c, a, places, nd) < 0 || in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0 || check_places(c, c->ia[1], nd, array_size(a) + a->ndim - nd) < 0 ||
        layout_check_numel(c->op->name, places->ndim, array_size(places), &numel) < 0)
        return -1;
    c->work = numel;
    keep_param(c, nd);
    return out_new(c, 0, a->dtype, places->ndim, array_size(places));
}
static void add_half(ct_dtype half, char *to, const char *x)
{
    dtype_store_f(to, half, (float)dtype_load(to, half) + (float)dtype_load(x, half));
}
/* values: a line of a plane's places, image: the plane; either way. */
static void move(const call *c, const array *values, const array *image, int64_t nd, bool into_values, bool add)
{
    int64_t lead = values->ndim - nd, planes = layout_numel((int)lead, array_size(values)), n = layout_numel((int)nd, array_size(values) + lead);
    int64_t plane = layout_numel((int)nd, array_size(image) + lead), item = dtype_bytes(values->dtype);
    const int64_t *at = (const int64_t *)array_data(c->ia[1]);
    char *v = array_data(values), *p = array_data(image);
    for (int64_t i = 0; i < planes; i++, v += n * item, p += plane * item, at += n)
        for (int64_t k = 0; k < n; k++)
            if (into_values && item == 4)
                ((float *)v)[k] = ((float *)p)[at[k]];
            else if (into_values)
                memcpy(v + k * item, p + at[k] * item, (size_t)item);
            else if (!add)
                memcpy(p + at[k] * item, v + k * item, (size_t)item);
            else if (item == 2)
                add_half((ct_dtype)values->dtype, p + at[k] * item, v + k * item);
            else if (item == 4)
                ((float *)p)[at[k]] += ((float *)v)[k];
            else
                ((double *)p)[at[k]] += ((double *)v)[k];
}
static void gather_kernel(call *c) { move(c, c->oa[0], c->ia[0], c->param[0], true, false); }
static int gather_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    int64_t nd = node_params(n)[0];
    out[0] = f_call(s, &op_pool_scatter, 4, (arg[]){a_t(g[0]), a_t(node_kept_in(s, n, 1)), a_ints((uint32_t)nd, size + ndim - nd), a_b(true)});
    return out[0] ? 0 : -1;
}
const op op_pool_gather = {.name = "pool_gather", .sig = "(Tensor self, Tensor places, int nd)", .flags = OP_FUNCTION | OP_HIDDEN, .run = op_block, .shape = gather_rule,
    .kernel = gather_kernel, .kind = {"GatherBackward0", gather_grad}, .keep = {0, 1}, .doc = "Elements of each plane (the last nd dims) at int64 places counted row-major."};

static int scatter_grad(scope *s, node *n, T const *g, T *out);
static const node_kind scatter_3d = {"MaxUnpool3DBackward0", scatter_grad};
static int scatter_rule(call *c)
{
    const array *a = c->in[0]->a, *places = c->in[1]->a;
    int64_t nd = c->args[2].n, size[CT_MAXDIM], numel;
    if (check_planes(c, a, places, nd) < 0)
        return -1;
    if (arg_bool(&c->args[3]) && !dtype_is_float(a->dtype))
        return ct_fail(CT_NOTIMPL, "\"pool_scatter\" adds floats only, not '%s'", dtype_name(a->dtype));
    if (!array_same_size(a, places))
        return ct_fail(CT_RUNTIME, "Expected shape of indices to be same as that of the input tensor (%s) but got indices tensor with shape: %s",
                       layout_text(a->ndim, array_size(a), (char[200]){0}, 200), layout_text(places->ndim, array_size(places), (char[200]){0}, 200));
    layout_take(size, array_size(a), a->ndim);
    memcpy(size + a->ndim - nd, c->args[2].ints, (size_t)nd * sizeof *size);
    if (layout_check_numel(c->op->name, a->ndim, size, &numel) < 0 || in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0 || check_places(c, c->ia[1], nd, size + a->ndim - nd) < 0)
        return -1;
    c->work = numel;
    if (nd == 3)
        c->kind = &scatter_3d;
    keep_param(c, nd);
    c->row_major = !arg_bool(&c->args[3]) && (nd == 3 || !layout_like_channels_last(a->ndim, array_size(a), array_visible_stride(a))); /* unpooling: whatever the places are */
    return out_new(c, 0, a->dtype, a->ndim, size);
}
static void scatter_kernel(call *c)
{
    memset(array_data(c->oa[0]), 0, (size_t)(c->oa[0]->numel * dtype_bytes(c->oa[0]->dtype)));
    move(c, c->ia[0], c->oa[0], c->param[0], false, arg_bool(&c->args[3]));
}
static int scatter_grad(scope *s, node *n, T const *g, T *out)
{
    return (out[0] = f_call(s, &op_pool_gather, 3, (arg[]){a_t(g[0]), a_t(node_kept_in(s, n, 1)), a_i(node_params(n)[0])})) ? 0 : -1;
}
const op op_pool_scatter = {.name = "pool_scatter", .sig = "(Tensor self, Tensor places, int[] size, bool add=True)", .flags = OP_FUNCTION | OP_HIDDEN | OP_KEEPS_ORDER, .run = op_block, .shape = scatter_rule,
    .kernel = scatter_kernel, .kind = {"MaxUnpool2DBackward0", scatter_grad}, .keep = {0, 1},
    .doc = "Planes of zeros of the given size, to which self is added (or written: the last one wins) at its places. RuntimeError for a place outside."};

/* ---- pool_mean: args self, how; pool_mean_backward: args grad, size, how ---------------------------------------------------- */
static int check_mean(const call *c, const array *a, const how *h)
{
    if (dtype_is_half((ct_dtype)a->dtype) && h->nd == 3 && !h->adaptive)
        return ct_fail(CT_NOTIMPL, "\"avg_pool3d_out_frame\" not implemented for '%s'", dtype_title((ct_dtype)a->dtype));
    if (dtype_is_float(a->dtype) || (a->dtype == DT_I64 && !h->adaptive))
        return 0;
    return ct_fail(CT_NOTIMPL, "\"%savg_pool%lldd\" not implemented for '%s'", h->adaptive ? "adaptive_" : "", (long long)h->nd, dtype_title(a->dtype));
}
/* A sum along a dim without padding goes into each window by the other dims. */
static uint64_t means_taken(node *n)
{
    how h;
    memcpy(&h, node_params(n), sizeof h);
    return planes_taken(n) | (node_takes(n, 0) & (h.divisor ? 0 : unpadded(&h) << (n->out_ndim - h.nd)));
}
static int pool_mean_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t plane[SPATIAL], dims[SPATIAL];
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    int count = 0;
    how h;
    memcpy(&h, node_params(n), sizeof h);
    int64_t lead = ndim - h.nd;
    uint64_t left = tape_now.grad ? node_got(n) >> lead : means_taken(n) >> lead;
    for (int64_t d = 0; d < h.nd; d++) {
        plane[d] = left >> d & 1 ? 1 : size[lead + d];
        if (left & ~(node_got(n) >> lead) & (uint64_t)1 << d)
            dims[count++] = lead + d;
    }
    leave_out(&h, left);
    T part = count ? f_sum_dims(s, g[0], count, dims, true) : g[0];
    return (out[0] = f_call(s, &op_pool_mean_backward, 3, (arg[]){a_t(part), a_ints((uint32_t)h.nd, plane), a_ints(HOW_INTS, (const int64_t *)&h)})) ? 0 : -1;
}
static const node_kind mean_kinds[2][SPATIAL] = {
    {{"AvgPool2DBackward0", pool_mean_grad, .takes = means_taken, .again = "AvgPool2DBackwardBackward0"}, {"AvgPool2DBackward0", pool_mean_grad, .takes = means_taken, .again = "AvgPool2DBackwardBackward0"}, {"AvgPool3DBackward0", pool_mean_grad, .takes = means_taken, .again = "AvgPool3DBackwardBackward0"}},
    {{"AdaptiveAvgPool2DBackward0", pool_mean_grad, .takes = means_taken, .again = "AdaptiveAvgPool2DBackwardBackward0"}, {"AdaptiveAvgPool2DBackward0", pool_mean_grad, .takes = means_taken, .again = "AdaptiveAvgPool2DBackwardBackward0"}, {"AdaptiveAvgPool3DBackward0", pool_mean_grad, .takes = means_taken, .again = "AdaptiveAvgPool3DBackwardBackward0"}},
};
static int pool_mean_rule(call *c)
{
    const array *a = c->in[0]->a;
    int64_t size[CT_MAXDIM];
    how h;
    if (read_how(c, 1, &h) < 0 || check_mean(c, a, &h) < 0 || check_windows(c, &h, a, size) < 0)
        return -1;
    once_over_planes(c, a, h.nd);
    c->once_out = c->once |= h.divisor ? 0 : (windows_alike(&h, a) & unpadded(&h)) << (a->ndim - h.nd);
    c->kind = &mean_kinds[h.adaptive][h.nd - 1];
    c->row_major = h.nd == 3;
    if (out_new(c, 0, a->dtype, a->ndim, size) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    plan(c, &h, c->oa[0]);
    return 0;
}
static void pool_mean_kernel(call *c)
{
    k_pool p;
    if (windows(c, &p, c->ia[0], c->oa[0], c->scratch))
        K->pool[c->ia[0]->dtype].mean(&p, array_data(c->ia[0]), array_data(c->oa[0]));
}
const op op_pool_mean = {.name = "pool_mean", .sig = "(Tensor self, int[] how)", .flags = OP_FUNCTION | OP_HIDDEN | OP_KEEPS_ORDER, .run = op_block, .shape = pool_mean_rule,
    .kernel = pool_mean_kernel, .kind = {"AvgPool2DBackward0", pool_mean_grad, .takes = means_taken, .again = "AvgPool2DBackwardBackward0"}, .keep = {1}, .doc = "The mean of each window; how as in pool_max. Floats, and int64 but for adaptive windows (rounded towards 0)."};

static int mean_backward_rule(call *c)
{
    const array *g = c->in[0]->a;
    int64_t size[CT_MAXDIM], numel;
    how h;
    if (read_how(c, 2, &h) < 0 || check_mean(c, g, &h) < 0)
        return -1;
    int64_t lead = g->ndim - h.nd;
    bool fits = c->args[1].n == h.nd;
    layout_take(size, array_size(g), g->ndim);
    for (int64_t d = 0; fits && d < h.nd; d++) {
        size[lead + d] = c->args[1].ints[d];
        fits = size[lead + d] >= 0 && size[lead + d] <= INT32_MAX && out_size(&h, d, size[lead + d]) == array_size(g)[lead + d];
    }
    if (!fits)
        return ct_fail(CT_RUNTIME, "%s(): the gradient is not of means over planes of that size", c->op->name);
    once_over_planes(c, g, h.nd);
    if (layout_check_numel(c->op->name, g->ndim, size, &numel) < 0 || out_new(c, 0, g->dtype, g->ndim, size) < 0 || in_contiguous(c, 0) < 0)
        return -1;
    plan(c, &h, g);
    return 0;
}
static void mean_backward_kernel(call *c)
{
    k_pool p;
    if (windows(c, &p, c->oa[0], c->ia[0], c->scratch))
        K->pool[c->ia[0]->dtype].spread(&p, array_data(c->ia[0]), array_data(c->oa[0]));
}
static int mean_backward_grad(scope *s, node *n, T const *g, T *out)
{
    return (out[0] = f_call(s, &op_pool_mean, 2, (arg[]){a_t(g[0]), a_ints(HOW_INTS, node_params(n))})) ? 0 : -1;
}
const op op_pool_mean_backward = {.name = "pool_mean_backward", .sig = "(Tensor grad, int[] size, int[] how)", .flags = OP_FUNCTION | OP_HIDDEN, .run = op_block,
    .shape = mean_backward_rule, .kernel = mean_backward_kernel, .kind = {"AvgPool2DBackwardBackward0", mean_backward_grad}, .doc = "Gradient of pool_mean, for planes of the given size."};
