/* constant_pad_nd: a frame of one value around, or a part of it off; pad_places: a frame of the array's own elements. */
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* Where only elements are taken off, what repeats still does. */
static uint64_t padded_dims(int ndim, uint32_t n, const int64_t *pad)
{
    uint64_t dims = 0;
    for (uint32_t i = 0; i < n; i++)
        dims |= (uint64_t)(pad[i] > 0) << (ndim - 1 - (int)i / 2);
    return dims;
}
/* args self, pad (pairs of before and after, the last dimension first; negative ones crop), value. */
static int pad_rule(call *c)
{
    const array *a = c->in[0]->a;
    const arg *pad = &c->args[1];
    int64_t size[CT_MAXDIM];
    if (pad->n % 2)
        return ct_fail(CT_RUNTIME, "Length of pad must be even but instead it equals %u", pad->n);
    if (pad->n / 2 > a->ndim)
        return ct_fail(CT_RUNTIME, "Length of pad should be no more than twice the number of dimensions of the input. Pad length is %u while the input has %d dimensions.", pad->n, a->ndim);
    layout_take(size, array_size(a), a->ndim);
    for (uint32_t i = 0; i < pad->n; i++) {
        int64_t *to = &size[a->ndim - 1 - i / 2];
        if (!ct_add(*to, pad->ints[i], to))
            return ct_fail(CT_RUNTIME, "constant_pad_nd(): padding %lld in dimension %u is too large", (long long)pad->ints[i], a->ndim - 1 - i / 2);
        keep_param(c, pad->ints[i]);
    }
    for (int d = 0; d < a->ndim; d++)
        if (size[d] < 0)
            return ct_fail(CT_RUNTIME, "The input size %lld, plus negative padding %lld and %lld, resulted in an invalid output size of %lld, which may not be negative. Check dimension %d of your input.",
                           (long long)array_size(a)[d], (long long)pad->ints[2 * (a->ndim - 1 - d)], (long long)pad->ints[2 * (a->ndim - 1 - d) + 1], (long long)size[d], d);
    if (c->args[2].kind != ARG_NONE && number_fits(&(arg){.kind = ARG_FLOAT, .f = arg_double(&c->args[2])}, a->dtype) < 0)
        return -1;
    if (layout_numel(a->ndim, size))
        call_once(c, padded_dims(a->ndim, c->n_param, c->param));
    c->effective = layout_numel(a->ndim, size);
    bool framed = false;
    for (uint32_t i = 0; i < pad->n; i++)
        framed |= pad->ints[i] != 0;
    c->row_major = !framed; /* then a copy that keeps its order, whatever that is */
    if ((framed ? out_new(c, 0, a->dtype, a->ndim, size) : out_like(c, 0, a, a->dtype)) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    return 0;
}
static void pad_kernel(call *c)
{
    const array *a = c->ia[0];
    array *y = c->oa[0];
    int64_t item = dtype_bytes(a->dtype);
    k_nd nd;
    nd.ndim = a->ndim;
    nd.nop = 2;
    nd.data[0] = array_data(y);
    nd.data[1] = array_data(a);
    int64_t value;
    if (c->args[2].kind == ARG_FLOAT)
        dtype_store_f(&value, a->dtype, c->args[2].f);
    else
        dtype_store_i(&value, a->dtype, arg_int(&c->args[2], 0));
    K->fill[a->dtype]((char *[]){array_data(y)}, (int64_t[]){item}, y->numel, &value);
    for (int d = 0; d < a->ndim; d++) {
        uint32_t at = 2 * (uint32_t)(a->ndim - 1 - d);
        bool told = at < c->n_param && !(c->once >> d & 1);
        int64_t before = told ? c->param[at] : 0, after = told ? c->param[at + 1] : 0;
        int64_t out_stride = array_stride(y)[d] * item, in_stride = array_stride(a)[d] * item;
        nd.size[d] = array_size(a)[d] + (before < 0 ? before : 0) + (after < 0 ? after : 0);
        if (nd.size[d] <= 0)
            return;
        nd.data[before < 0 ? 1 : 0] += (before < 0 ? -before * in_stride : before * out_stride);
        nd.stride[0][d] = out_stride;
        nd.stride[1][d] = in_stride;
    }
    k_walk(&nd, K->cast[a->dtype][a->dtype], NULL);
}
static uint64_t pad_takes(node *n) { return aside_takes(n, padded_dims(n->out_ndim, n->n_param, node_params(n))); }
static int pad_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t back[2 * CT_MAXDIM];
    for (uint32_t i = 0; i < n->n_param; i++)
        back[i] = node_got(n) >> (n->out_ndim - 1 - i / 2) & 1 ? 0 : -node_params(n)[i];
    return (out[0] = f_call(s, &op_constant_pad_nd, 2, (arg[]){a_t(g[0]), a_ints(n->n_param, back)})) ? 0 : -1;
}
const op op_constant_pad_nd = {.name = "constant_pad_nd", .sig = "(Tensor self, int[] pad, Scalar value=0)", .flags = OP_FUNCTION | OP_KEEPS_ORDER, .run = op_block, .shape = pad_rule,
    .kernel = pad_kernel, .kind = {"ConstantPadNdBackward0", pad_grad, .takes = pad_takes},
    .doc = "self with pad[0] and pad[1] elements of value before and after its last dimension, pad[2] and pad[3] the one before, ...; negative ones take elements off."};

/* ---- pad_places: args self, pad (as above), replicated. A frame of self's own elements: mirrored at the first and last, or these again ---- */
/* The places in self that one dimension of the result reads. */
static T frame_places(scope *s, int64_t size, int64_t before, int64_t after, bool replicated)
{
    T at = f_call(s, &op_arange, 3, (arg[]){a_i(-before), a_i(size + after), a_i(1)}), last = f_weak_int(s, size - 1);
    if (replicated)
        return at ? f_call(s, &op_clamp, 3, (arg[]){a_t(at), a_i(0), a_i(size - 1)}) : NULL;
    return f_sub(s, last, f_unary(s, &op_abs, f_sub(s, last, f_unary(s, &op_abs, at))));
}
/* Where the input takes sums along a padded dim, that of the result is it. */
static int places_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    const int64_t *whole = node_in_size(n, 0, &ndim, &dtype), *pad = node_params(n) + 1;
    T x = g[0];
    for (int i = (n->n_param - 1) / 2 - 1; i >= 0 && x; i--) {
        int64_t d = ndim - 1 - i;
        if (node_takes(n, 0) >> d & 1) {
            x = node_got(n) >> d & 1 ? x : f_sum_dims(s, x, 1, &d, true);
            continue;
        }
        layout_take(size, array_size(x->a), ndim);
        size[d] = whole[d];
        T places = frame_places(s, whole[d], pad[2 * i], pad[2 * i + 1], node_params(n)[0]);
        x = places ? f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(d), a_t(places), a_t(x)}) : NULL;
    }
    return (out[0] = x) ? 0 : -1;
}
#define PLACES_KIND(name) {name, places_grad, .takes = same_takes}
#define PLACES(name) PLACES_KIND(name "Pad1DBackward0"), PLACES_KIND(name "Pad2DBackward0"), PLACES_KIND(name "Pad3DBackward0")
static const node_kind places_kinds[2][3] = {{PLACES("Reflection")}, {PLACES("Replication")}};
static int places_compose(scope *s, call *c, T *out)
{
    const arg *pad = &c->args[1];
    T x = c->in[0];
    bool replicated = arg_bool(&c->args[2]), grows = true;
    uint32_t n = pad->n / 2;
    if (n < 1 || n > 3 || pad->n % 2 || (int)n > x->a->ndim)
        return ct_fail(CT_RUNTIME, "pad_places: one to three dimensions of %d are padded, by two numbers each, not %u", x->a->ndim, pad->n), scope_fail(s), -1;
    const uint64_t still = repeated_dims(1, (const array *[]){x->a}, x->a->ndim, array_size(x->a));
    keep_param(c, replicated);
    for (uint32_t i = 0; i < pad->n; i++) {
        int64_t size = array_size(x->a)[x->a->ndim - 1 - (int)i / 2], most = replicated ? INT32_MAX : size - 1;
        if (size < 1 || pad->ints[i] > most || pad->ints[i] < -size)
            return ct_fail(CT_RUNTIME, "pad_places: padding %lld of a dimension of size %lld", (long long)pad->ints[i], (long long)size), scope_fail(s), -1;
        keep_param(c, pad->ints[i]);
        grows &= pad->ints[i] >= 0 && !(still >> (x->a->ndim - 1 - (int)i / 2) & 1); /* a dimension that repeats goes on to: by places */
    }
    c->kind = &places_kinds[replicated][n - 1];
    if (grows)
        return (out[0] = f_call(s, &op_pad_frame, 3, (arg[]){a_t(x), *pad, a_b(replicated)})) ? 0 : -1;
    for (uint32_t i = 0; i < n && x; i++) {
        int64_t d = x->a->ndim - 1 - (int64_t)i;
        T places = frame_places(s, array_size(x->a)[d], pad->ints[2 * i], pad->ints[2 * i + 1], replicated);
        x = places ? f_call(s, &op_index_select, 3, (arg[]){a_t(x), a_i(d), a_t(places)}) : NULL;
    }
    return (out[0] = x) ? 0 : -1;
}
const op op_pad_places = {.name = "pad_places", .sig = "(Tensor self, int[] pad, bool replicated)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed,
    .compose = places_compose, .kind = PLACES_KIND("ReflectionPad1DBackward0"),
    .doc = "self with a frame of its own elements, pad[0] and pad[1] before and after the last dimension, ...: mirrored at the first and last, or (replicated) these."};

/* ---- pad_frame (hidden): the same for numbers that are not negative, without a history: the middle, then slices of the result itself ---- */
static int frame_rule(call *c)
{
    const array *a = c->in[0]->a;
    const arg *pad = &c->args[1];
    int64_t size[CT_MAXDIM];
    uint64_t padded = 0;
    if (pad->n % 2 || pad->n / 2 > a->ndim)
        return ct_fail(CT_RUNTIME, "pad_frame: two numbers for each of the last dimensions, not %u", pad->n);
    layout_take(size, array_size(a), a->ndim);
    for (uint32_t i = 0; i < pad->n; i++) {
        int d = a->ndim - 1 - (int)i / 2;
        int64_t most = arg_bool(&c->args[2]) ? INT32_MAX : array_size(a)[d] - 1;
        if (pad->ints[i] < 0 || pad->ints[i] > most || !array_size(a)[d])
            return ct_fail(CT_RUNTIME, "pad_frame: padding %lld of a dimension of size %lld", (long long)pad->ints[i], (long long)array_size(a)[d]);
        padded |= (uint64_t)1 << d;
        size[d] += pad->ints[i];
    }
    call_once(c, padded);
    c->effective = layout_numel(a->ndim, size);
    if (out_new(c, 0, a->dtype, a->ndim, size) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    return 0;
}
/* Place `to` along dimension d of what is written so far, from place `from` of it. */
static void copy_slice(const k_nd *whole, const array *y, int d, int64_t to, int64_t from)
{
    k_nd nd = *whole;
    int64_t step = array_stride(y)[d] * dtype_bytes(y->dtype);
    nd.size[d] = 1;
    nd.data[1] = nd.data[0] + from * step;
    nd.data[0] += to * step;
    memcpy(nd.stride[1], nd.stride[0], (size_t)nd.ndim * sizeof **nd.stride);
    k_walk(&nd, K->cast[y->dtype][y->dtype], NULL);
}
static void frame_kernel(call *c)
{
    const array *a = c->ia[0], *y = c->oa[0];
    const arg *pad = &c->args[1];
    bool replicated = arg_bool(&c->args[2]);
    k_nd nd, middle;
    array_operands(&nd, 2, a->ndim, array_size(a), (const array *[]){a, a});
    nd.data[0] = array_data(y);
    for (int d = 0; d < a->ndim; d++) {
        uint32_t at = 2 * (uint32_t)(a->ndim - 1 - d);
        nd.stride[0][d] = array_stride(y)[d] * dtype_bytes(y->dtype);
        nd.data[0] += at < pad->n ? pad->ints[at] * nd.stride[0][d] : 0;
    }
    middle = nd;
    k_walk(&middle, K->cast[a->dtype][a->dtype], NULL);
    for (uint32_t i = 0; i + 1 < pad->n; i += 2) { /* every dimension in full before the next one's slices are taken */
        int d = a->ndim - 1 - (int)i / 2;
        int64_t n = nd.size[d];
        for (int64_t k = 1; k <= pad->ints[i]; k++)
            copy_slice(&nd, y, d, -k, replicated ? 0 : k);
        for (int64_t k = 0; k < pad->ints[i + 1]; k++)
            copy_slice(&nd, y, d, n + k, replicated ? n - 1 : n - 2 - k);
        nd.data[0] -= pad->ints[i] * nd.stride[0][d];
        nd.size[d] = n + pad->ints[i] + pad->ints[i + 1];
    }
}
const op op_pad_frame = {.name = "_pad_frame", .sig = "(Tensor self, int[] pad, bool replicated)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block, .shape = frame_rule,
    .kernel = frame_kernel, .doc = "pad_places for numbers that are not negative; no gradient."};
