/* Copies that repeat or rearrange: repeat, flip, roll, rot90. The kernels walk self in another order. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* ---- repeat --------------------------------------------------------------------------------------------------- */
/* What is repeated along other dims than those that slide still does. */
static void repeat_slides(call *c, const array *a, int ndim)
{
    int lead = ndim - a->ndim;
    call_slides(c, a->ndim, array_size(a));
    for (int d = lead; d < ndim; d++)
        if (c->slide >> (d - lead) & 1 && c->args[1].ints[d] != 1)
            c->slide = 0;
    if (!c->slide) /* and lead may be 64 */
        return;
    c->slide <<= lead;
    c->slide_back <<= lead;
    c->slide_out <<= lead;
}

static int repeat_shape(call *c)
{
    const array *a = c->in[0]->a;
    const arg *times = &c->args[1];
    int64_t size[CT_MAXDIM];
    int ndim = (int)times->n, lead = ndim - a->ndim;
    if (lead < 0)
        return ct_fail(CT_RUNTIME, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
    if (ndim > CT_MAXDIM)
        return ct_fail(CT_RUNTIME, "repeat: only tensors with up to %d dims are supported, got %d", CT_MAXDIM, ndim);
    for (int d = 0; d < ndim; d++) {
        int64_t have = d < lead ? 1 : array_size(a)[d - lead];
        if (!ct_mul(have, times->ints[d], &size[d]))
            return ct_fail(CT_RUNTIME, "repeat: dimension %d of size %lld overflows when repeated %lld times", d, (long long)have, (long long)times->ints[d]);
        keep_param(c, times->ints[d]);
    }
    c->once_out = still_dims(a, ndim);
    repeat_slides(c, a, ndim);
    if (out_new(c, 0, a->dtype, ndim, size) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    c->effective = c->oa[0]->numel;
    return 0;
}

/* Seen as [times, size] in every dimension; pairs of ones are left out, so that the rest fits into K_MAXDIM. */
static void repeat_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    int ndim = y->ndim, lead = ndim - a->ndim;
    int64_t item = dtype_bytes(a->dtype);
    k_nd nd;
    nd.ndim = 0;
    nd.nop = 2;
    nd.data[0] = array_data(y);
    nd.data[1] = array_data(a);
    for (int d = 0; d < ndim && y->numel; d++) {
        int64_t have = d < lead ? 1 : array_size(a)[d - lead], times = array_size(y)[d] == 1 ? 1 : c->param[d], step = array_stride(y)[d] * item;
        if (times > 1) {
            nd.size[nd.ndim] = times;
            nd.stride[1][nd.ndim] = 0;
            nd.stride[0][nd.ndim++] = step * have;
        }
        if (have > 1) {
            nd.size[nd.ndim] = have;
            nd.stride[0][nd.ndim] = step;
            nd.stride[1][nd.ndim++] = array_stride(a)[d - lead] * item;
        }
    }
    if (y->numel)
        k_walk(&nd, K->cast[a->dtype][a->dtype], NULL);
}

/* Cuts each repeated dimension into [times, size] and sums the first away. */
static int repeat_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim, at = 0, n_sum = 0, lead;
    ct_dtype dtype;
    int64_t cut[2 * CT_MAXDIM], dims[CT_MAXDIM];
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *times = node_params(n);
    lead = n->n_param - ndim;
    uint64_t got = node_got(n);
    if (node_got_slid(n))
        return (out[0] = g[0]) ? 0 : -1;
    T whole = g[0];
    for (int d = 0; d < lead; d++)
        whole = f_sum_dims(s, whole, 1, (int64_t[]){0}, false);
    for (int d = lead; d < n->n_param; d++) {
        if (times[d] != 1) {
            dims[n_sum++] = at;
            cut[at++] = got >> d & 1 ? 1 : times[d];
        }
        cut[at++] = got >> d & 1 ? 1 : size[d - lead];
    }
    return (out[0] = n_sum ? f_sum_dims(s, f_reshape(s, whole, at, cut), n_sum, dims, false) : whole) ? 0 : -1;
}
static uint64_t repeat_takes_slid(uint64_t slid, const int64_t *times, int lead, int n)
{
    for (int d = lead; d < n; d++)
        if (times[d] != 1 && (slid_dims(slid) | slid_kept(slid)) >> (d - lead) & 1)
            return 0;
    return slid_of(n, slid_dims(slid) << lead, slid_back(slid) << lead, slid_kept(slid) << lead);
}
/* Dims that are repeats alone, and those not repeated that input 0 takes. */
static uint64_t repeat_takes(node *n)
{
    int ndim, lead;
    ct_dtype dtype;
    uint64_t dims = 0;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *times = node_params(n);
    lead = n->n_param - ndim;
    if (node_takes_slid(n, 0))
        return repeat_takes_slid(node_takes_slid(n, 0), times, lead, n->n_param);
    uint64_t takes = dims_align(node_takes(n, 0), ndim, n->n_param);
    for (int d = 0; d < n->n_param; d++)
        dims |= (uint64_t)(times[d] == 1 ? takes >> d & 1 : times[d] > 1 && (d < lead || size[d - lead] == 1)) << d;
    return dims;
}
const op op_repeat = {.name = "repeat", .sig = "(Tensor self, int... repeats)", .flags = OP_METHOD, .run = op_block, .shape = repeat_shape,
    .kernel = repeat_kernel, .kind = {"RepeatBackward0", repeat_grad, .flags = NK_SPREADS, .takes = repeat_takes},
    .doc = "A copy of self laid out repeats[d] times along every dimension d; more repeats than dimensions add dimensions in front."};

/* ---- flip ----------------------------------------------------------------------------------------------------- */
static int flip_shape(call *c)
{
    const array *a = c->in[0]->a;
    const arg *dims = &c->args[1];
    bool flipped[CT_MAXDIM] = {false};
    layout l;
    if (dims->n && layout_dims_mask("flip", (int)dims->n, dims->ints, a->ndim, flipped) < 0)
        return -1;
    for (int d = 0; d < a->ndim; d++)
        if (flipped[d])
            keep_param(c, d);
    array_layout(a, &l);
    layout_preserve(a->ndim, l.size, array_visible_stride(a), l.stride);
    c->work = a->numel;
    call_slides(c, a->ndim, l.size);
    for (int d = 0; d < a->ndim; d++)
        c->slide_out ^= (uint64_t)flipped[d] << d; /* a line is copied as it is and read the other way */
    return out_strided(c, 0, a->dtype, &l);
}

/* Walks `a` backwards in the given dimensions, writing y in y's order. */
static void copy_flipped(const array *a, array *y, const int64_t *dims, int n)
{
    k_nd nd;
    int64_t item = dtype_bytes(a->dtype);
    if (!y->numel)
        return;
    array_operands(&nd, 2, a->ndim, array_size(a), (const array *[]){y, a});
    for (int i = 0; i < n; i++) {
        int64_t d = dims[i];
        nd.data[1] += (array_size(a)[d] - 1) * array_stride(a)[d] * item;
        nd.stride[1][d] = -nd.stride[1][d];
    }
    k_copy(&nd, K->cast[a->dtype][a->dtype], item);
}
static void flip_kernel(call *c)
{
    int64_t dims[CT_MAXDIM];
    int n = 0;
    for (uint32_t i = 0; i < c->n_param; i++)
        if (!(c->slide >> c->param[i] & 1))
            dims[n++] = c->param[i];
    copy_flipped(c->ia[0], c->oa[0], dims, n);
}
static int flip_grad(scope *s, node *n, T const *g, T *out)
{
    uint64_t slid = node_got_slid(n);
    int64_t dims[CT_MAXDIM];
    uint32_t count = 0;
    for (int i = 0; i < n->n_param; i++) /* of lines, the kept dims are turned */
        if (!slid || slid_kept(slid) >> node_params(n)[i] & 1)
            dims[count++] = !slid ? node_params(n)[i] : slid_place(slid, node_params(n)[i]);
    out[0] = slid && !count ? g[0] : f_call(s, &op_flip, 2, (arg[]){a_t(g[0]), a_ints(count, dims)});
    return out[0] ? 0 : -1;
}
/* A diagonal of the result is an anti-diagonal of self. */
static uint64_t flip_takes(node *n)
{
    uint64_t slid = node_takes_slid(n, 0);
    for (int i = 0; slid && i < n->n_param; i++)
        slid ^= node_params(n)[i] == slid_column(slid) ? TAKES_BACK_1 : node_params(n)[i] == slid_row(slid) ? TAKES_BACK_0 : 0;
    return slid | node_takes(n, 0);
}
const op op_flip = {.name = "flip", .sig = "(Tensor self, int... dims)", .flags = OP_POINTWISE, .run = op_block, .shape = flip_shape, .kernel = flip_kernel,
    .kind = {"FlipBackward0", flip_grad, .takes = flip_takes}, .doc = "A copy of self with the order of elements reversed in the given dimensions, each named once."};

/* ---- roll ------------------------------------------------------------------------------------------------------- */
static int64_t positive_remainder(int64_t a, int64_t n) { return n ? (a % n + n) % n : 0; }

/* Are the wide ones of these dims all but the last? Then as one line is row by row. */
static bool rows_alike(uint64_t dims, int ndim, const int64_t *size)
{
    bool alike = ndim > 1 && layout_numel(ndim, size);
    for (int d = 0; d < ndim - 1 && alike; d++)
        alike = size[d] == 1 || dims >> d & 1;
    return alike;
}
/* Params: for every dimension rolled, the dimension and a shift in [0, size); dimension -1: all as one line. */
static int roll_shape(call *c)
{
    const array *a = c->in[0]->a;
    const arg *shifts = &c->args[1], *dims = &c->args[2];
    int64_t by[CT_MAXDIM] = {0};
    if (shifts->n == 0)
        return ct_fail(CT_RUNTIME, "`shifts` required");
    if (dims->n != shifts->n && (dims->n || shifts->n > 1))
        return ct_fail(CT_RUNTIME, "shifts and dimensions must align. shifts: %u, dims:%u", shifts->n, dims->n);
    if (dims->n == 0) {
        keep_param(c, -1);
        keep_param(c, positive_remainder(shifts->ints[0], a->numel));
        call_once(c, (uint64_t)1 << (a->ndim ? a->ndim - 1 : 0));
        if (!rows_alike(c->once, a->ndim, array_size(a)))
            c->once = c->once_out = 0;
        if (in_contiguous(c, 0) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < dims->n; i++) {
        int d;
        if (a->ndim == 0)
            return ct_fail(CT_INDEX, "Dimension specified as %lld but tensor has no dimensions", (long long)dims->ints[i]);
        if (layout_wrap_dim("roll", dims->ints[i], a->ndim, &d) < 0)
            return -1;
        int64_t n = array_size(a)[d];
        by[d] = n ? (by[d] + positive_remainder(shifts->ints[i], n)) % n : 0;
    }
    for (int d = 0; d < a->ndim && dims->n; d++)
        if (by[d]) {
            keep_param(c, d);
            keep_param(c, by[d]);
        }
    if (dims->n)
        call_once(c, 0);
    c->row_major = dims->n == 0;
    c->effective = a->numel;
    c->work = dims->n || c->once ? array_held(a) : a->numel;
    return out_new(c, 0, a->dtype, a->ndim, array_size(a));
}

/* One of the 2^n blocks that move as a whole: bit i of `which` chooses the part of dimension param[2i] that wraps around.
 * Only dimensions with a shift, hence of size 2 or more, count: there are at most as many blocks as elements. */
static void roll_block(const array *a, array *y, const int64_t *param, int n, uint64_t which)
{
    layout from, to, out;
    array_layout(a, &from);
    array_layout(y, &to);
    for (int i = 0; i < n; i++) {
        int d = (int)param[2 * i];
        int64_t size = array_size(a)[d], by = param[2 * i + 1], cut = size - by;
        bool wraps = which >> i & 1;
        view_slice(&from, d, wraps ? cut : 0, wraps ? size : cut, 1, &out);
        from = out;
        view_slice(&to, d, wraps ? 0 : by, wraps ? by : size, 1, &out);
        to = out;
    }
    array_convert_between(a, &from, y, &to);
}
static void roll_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    if (c->n_param && c->param[0] < 0) { /* contiguous, as one line */
        int64_t by = positive_remainder(c->param[1], a->numel) * dtype_bytes(a->dtype), all = a->numel * dtype_bytes(a->dtype);
        memcpy(array_data(y), array_data(a) + (all - by), (size_t)by);
        memcpy(array_data(y) + by, array_data(a), (size_t)(all - by));
        return;
    }
    int64_t real[2 * CT_MAXDIM];
    int n = 0;
    for (uint32_t i = 0; i < c->n_param; i += 2)
        if (array_size(a)[c->param[i]] > 1) { /* nothing moves along what repeats */
            real[2 * n] = c->param[i];
            real[2 * n++ + 1] = c->param[i + 1];
        }
    for (uint64_t which = 0; y->numel && which < (uint64_t)1 << n; which++)
        roll_block(a, y, real, n, which);
}
static bool rolls_line(node *n) { return n->n_param && node_params(n)[0] < 0; }
/* A sum along a dim is that of what was rolled along it; of one line, the sum of all rows is. */
static uint64_t roll_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    uint64_t takes = node_takes(n, 0);
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    if (!takes || !rolls_line(n))
        return takes;
    return rows_alike(takes, ndim, size) ? takes & ~((uint64_t)1 << (ndim - 1)) : 0;
}
static int roll_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t shifts[CT_MAXDIM + 1], dims[CT_MAXDIM + 1], *p = node_params(n);
    uint64_t got = node_got(n);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->n_param / 2u; i++)
        if (p[2 * i] < 0 || !(got >> p[2 * i] & 1)) {
            dims[count] = p[2 * i];
            shifts[count++] = -p[2 * i + 1];
        }
    bool line = rolls_line(n) && !got;
    out[0] = count ? f_call(s, &op_roll, 3, (arg[]){a_t(g[0]), a_ints(count, shifts), a_ints(line ? 0 : count, dims)}) : g[0];
    return out[0] ? 0 : -1;
}
const op op_roll = {.name = "roll", .sig = "(Tensor self, int[1] shifts, int[1] dims=[])", .flags = OP_KEEPS_ORDER | OP_TELLS_GIVEN, .run = op_block, .shape = roll_shape, .kernel = roll_kernel,
    .kind = {"RollBackward0", roll_grad, .takes = roll_takes},
    .doc = "A copy of self with its elements moved on by shifts in dims; what leaves at the end comes in at the start. Without dims, all elements as one line."};

/* ---- rot90 ------------------------------------------------------------------------------------------------------ */
/* Params: quarter turns in [0, 4), the two dimensions. Odd turns are flips of one dimension, seen transposed. */
static uint64_t turned_back(uint64_t back, int64_t turns, int64_t first, int64_t second)
{
    back ^= turns > 1 ? (uint64_t)1 << first : 0;
    back ^= turns == 1 || turns == 2 ? (uint64_t)1 << second : 0;
    return turns % 2 ? dims_exchanged(back, first, second) : back;
}
/* A line is copied as it is where both dims turned slide. */
static void rot90_slides(call *c, int turns, int first, int second)
{
    const array *a = c->in[0]->a;
    call_slides(c, a->ndim, array_size(a));
    c->slide = c->slide == dims_both(first, second) ? c->slide : 0;
    c->slide_out = turned_back(c->slide_back, turns, first, second);
}
static int rot90_shape(call *c)
{
    const array *a = c->in[0]->a;
    const arg *dims = &c->args[2];
    int first, second, ndim = a->ndim;
    layout l, out;
    if (dims->n != 2)
        return ct_fail(CT_RUNTIME, "expected total rotation dims == 2, but got dims = %u", dims->n);
    if (ndim < 2)
        return ct_fail(CT_RUNTIME, "expected total dims >= 2, but got total dims = %d", ndim);
    if (layout_wrap_dim("rot90", dims->ints[0], ndim, &first) < 0 || layout_wrap_dim("rot90", dims->ints[1], ndim, &second) < 0)
        return -1;
    if (first == second)
        return ct_fail(CT_RUNTIME, "expected rotation dims to be different, but got dim0 = %lld and dim1 = %lld", (long long)dims->ints[0], (long long)dims->ints[1]);
    int64_t turns = positive_remainder(c->args[1].i, 4);
    keep_param(c, turns);
    keep_param(c, first);
    keep_param(c, second);
    call_once(c, 0);
    rot90_slides(c, (int)turns, first, second);
    c->once_out = turns % 2 ? dims_exchanged(c->once, first, second) : c->once;
    c->effective = a->numel;
    c->work = c->once ? array_held(a) : a->numel;
    array_layout(a, &l);
    if (turns == 0)
        return out_new(c, 0, a->dtype, ndim, l.size);
    layout_preserve(ndim, l.size, array_visible_stride(a), l.stride);
    if (turns == 2)
        return out_strided(c, 0, a->dtype, &l);
    return view_transpose(&l, first, second, &out) < 0 ? -1 : out_strided(c, 0, a->dtype, &out);
}
static void rot90_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    int64_t turns = c->param[0], item = dtype_bytes(a->dtype);
    k_nd nd;
    if (!y->numel)
        return;
    if (c->slide) {
        array_convert(a, y);
        return;
    }
    if (turns % 2 == 0) {
        copy_flipped(a, y, c->param + 1, turns == 2 ? 2 : 0);
        return;
    }
    int64_t d0 = c->param[1], d1 = c->param[2], back = turns == 1 ? d1 : d0;
    array_operands(&nd, 2, a->ndim, array_size(a), (const array *[]){y, a});
    for (int d = 0; d < a->ndim; d++)
        nd.stride[0][d] = array_stride(y)[d == d0 ? d1 : d == d1 ? d0 : d] * item;
    nd.data[1] += (array_size(a)[back] - 1) * array_stride(a)[back] * item;
    nd.stride[1][back] = -nd.stride[1][back];
    k_copy(&nd, K->cast[a->dtype][a->dtype], item);
}
static uint64_t rot90_takes(node *n)
{
    const int64_t *p = node_params(n);
    uint64_t slid = node_takes_slid(n, 0);
    if (slid && slid_dims(slid) == dims_both(p[1], p[2]))
        return slid_of(n->out_ndim, slid_dims(slid), turned_back(slid_back(slid), p[0], p[1], p[2]), slid_kept(slid));
    return p[0] % 2 ? dims_exchanged(node_takes(n, 0), p[1], p[2]) : node_takes(n, 0);
}
static int rot90_grad(scope *s, node *n, T const *g, T *out)
{
    const int64_t *p = node_params(n);
    if (node_got_slid(n))
        return (out[0] = g[0]) ? 0 : -1;
    return (out[0] = f_call(s, &op_rot90, 3, (arg[]){a_t(g[0]), a_i(-p[0]), a_ints(2, p + 1)})) ? 0 : -1;
}
const op op_rot90 = {.name = "rot90", .sig = "(Tensor self, int k=1, int[] dims=[0, 1])", .run = op_block, .shape = rot90_shape, .kernel = rot90_kernel,
    .kind = {"Rot90Backward0", rot90_grad, .takes = rot90_takes}, .doc = "A copy of self turned by k quarter turns in the plane of two dimensions, from the first towards the second."};
