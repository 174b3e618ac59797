/* constant_pad_nd: a frame of one value around, or a part of it off; pad_places: a frame of the array's own elements. */
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static uint64_t padded_dims(int ndim, uint32_t n, const int64_t *pad)
{
    uint64_t dims = 0;
    for (uint32_t i = 0; i < n; i++)
        dims |= (uint64_t)(pad[i] != 0) << (ndim - 1 - (int)i / 2);
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
    memcpy(size, array_size(a), a->ndim * sizeof *size);
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
    if (c->args[2].kind != ARG_NONE && number_fits(&c->args[2], a->dtype) < 0)
        return -1;
    call_once(c, padded_dims(a->ndim, c->n_param, c->param));
    c->effective = layout_numel(a->ndim, size);
    if (out_new(c, 0, a->dtype, a->ndim, size) < 0)
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
        int64_t before = at < c->n_param ? c->param[at] : 0, after = at < c->n_param ? c->param[at + 1] : 0;
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
        back[i] = -node_params(n)[i];
    return (out[0] = f_call(s, &op_constant_pad_nd, 2, (arg[]){a_t(g[0]), a_ints(n->n_param, back)})) ? 0 : -1;
}
const op op_constant_pad_nd = {.name = "constant_pad_nd", .sig = "(Tensor self, int[] pad, Scalar value=0)", .flags = OP_FUNCTION | OP_KEEPS_ORDER, .run = op_block, .shape = pad_rule,
    .kernel = pad_kernel, .kind = {"ConstantPadNdBackward0", pad_grad, .takes = pad_takes},
    .doc = "self with pad[0] and pad[1] elements of value before and after its last dimension, pad[2] and pad[3] the one before, ...; negative ones take elements off."};

/* ---- pad_places: args self, places, replicated. Elements of self at the places of each index, the last dimension's first --------- */
/* Where the input takes sums along a padded dim, that of the result is it. */
static int places_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    const int64_t *whole = node_in_size(n, 0, &ndim, &dtype);
    T x = g[0];
    for (uint32_t i = n->n_in - 1; i > 0 && x; i--) {
        int64_t d = ndim - (int64_t)i;
        if (node_takes(n, 0) >> d & 1) {
            x = node_got(n) >> d & 1 ? x : f_sum_dims(s, x, 1, &d, true);
            continue;
        }
        memcpy(size, array_size(x->a), (size_t)ndim * sizeof *size);
        size[d] = whole[d];
        x = f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(d), a_t(node_kept_in(s, n, i)), a_t(x)});
    }
    return (out[0] = x) ? 0 : -1;
}
#define PLACES_KIND(name) {name, places_grad, .takes = same_takes}
#define PLACES(name) PLACES_KIND(name "Pad1DBackward0"), PLACES_KIND(name "Pad2DBackward0"), PLACES_KIND(name "Pad3DBackward0")
static const node_kind places_kinds[2][3] = {{PLACES("Reflection")}, {PLACES("Replication")}};
static int places_compose(scope *s, call *c, T *out)
{
    const arg *places = &c->args[1];
    T x = c->in[0];
    if (places->n < 1 || places->n > 3 || (int)places->n > x->a->ndim)
        return ct_fail(CT_RUNTIME, "pad_places: one to three dimensions of %d are padded, not %u", x->a->ndim, places->n), scope_fail(s), -1;
    for (uint32_t i = 0; i < places->n && x; i++)
        x = f_call(s, &op_index_select, 3, (arg[]){a_t(x), a_i(x->a->ndim - 1 - (int64_t)i), a_t(places->ts[i])});
    c->kind = &places_kinds[arg_bool(&c->args[2])][places->n - 1];
    return (out[0] = x) ? 0 : -1;
}
const op op_pad_places = {.name = "pad_places", .sig = "(Tensor self, Tensor[] places, bool replicated)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed,
    .compose = places_compose, .kind = PLACES_KIND("ReflectionPad1DBackward0"), .keep_list = 2,
    .doc = "self with the elements at the places of each index, the last dimension's first: what reflection and replication make of a frame."};
