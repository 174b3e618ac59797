/* scatter and scatter_add: src, or a number, written or added where gather would read. Args self, dim, index, src or value, reduce. */
#include "ops/index.h"
#include "kernel/kernel.h"
#include "ops/spread.h"
#include <string.h>

/* Dims along which self, the places and src repeat are written once, where places are told for all of self. */
static void scatter_once(call *c, int dim)
{
    const array *self = c->in[0]->a, *index = c->ia[2];
    if (c->mode != CALL_NEW || index->ndim != self->ndim)
        return;
    call_once(c, (uint64_t)1 << dim);
    for (int d = 0; d < self->ndim; d++)
        if (array_size(index)[d] != array_size(self)[d])
            c->once &= ~((uint64_t)1 << d);
    c->once_out = c->once;
}

static int scatter_rule(call *c)
{
    int dim = 0;
    const array *self = c->in[0]->a, *src = c->args[3].kind == ARG_TENSOR ? c->in[3]->a : NULL;
    if (layout_wrap_dim(c->op->name, c->args[1].i, self->ndim, &dim) < 0)
        return -1;
    if (src && self->dtype != src->dtype)
        return ct_fail(CT_RUNTIME, "scatter(): Expected self.dtype to be equal to src.dtype");
    if (check_places(c, self, 2, dim, src) < 0 || (!src && number_fits(&c->args[3], (ct_dtype)self->dtype) < 0))
        return -1;
    keep_param(c, dim);
    scatter_once(c, dim);
    c->effective = c->ia[2]->numel;
    c->work = c->once ? array_held(c->ia[2]) : c->effective;
    return 0;
}

/* Halves are joined in float32, in scratch that lies as self does, element for element, and rounded at the end, as in PyTorch. */
static int scratch_for_halves(call *c)
{
    const array *self = c->in[0]->a;
    int64_t low, high;
    if (!dtype_is_half((ct_dtype)self->dtype))
        return 0;
    layout_extent(self->ndim, array_size(self), array_visible_stride(self), &low, &high);
    int64_t numbers = high - low + 1 > self->numel ? high - low + 1 : self->numel;
    c->scratch_bytes = numbers * (int64_t)sizeof(float);
    return 0;
}
/* Between self and scratch; `low`: the offset of the first element of memory from that of index 0. */
static void convert_self(call *c, int64_t low, bool back)
{
    const array *self = c->oa[0];
    ct_dtype half = (ct_dtype)self->dtype;
    k_nd nd;
    array_operands(&nd, 2, self->ndim, array_size(self), (const array *[]){self, self});
    nd.data[1 - back] = array_data(self);
    nd.data[back] = (char *)c->scratch - low * (int64_t)sizeof(float);
    for (int d = 0; d < nd.ndim; d++)
        nd.stride[back][d] *= 2;
    k_walk(&nd, back ? K->cast[DT_F32][half] : K->cast[half][DT_F32], NULL);
}
static void join_halves(call *c, enum k_binary join)
{
    const array *index = c->ia[2], *src = c->args[3].kind == ARG_TENSOR ? c->ia[3] : NULL;
    const array *self = c->oa[0];
    ct_dtype half = (ct_dtype)self->dtype;
    int64_t low, high;
    layout_extent(self->ndim, array_size(self), array_stride(self), &low, &high);
    convert_self(c, low, false);
    float *sums = (float *)c->scratch - low;
    double value = src ? 0 : c->args[3].kind == ARG_FLOAT ? c->args[3].f : (double)c->args[3].i;
    odometer o;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        const char *to = place_of(self, o.at, (int)c->param[0], ((const int64_t *)array_data(index))[o.place]);
        float *sum = sums + (to - array_data(self)) / 2, x = (float)(src ? dtype_load(place_of(src, o.at, -1, 0), half) : dtype_rounded(half, value));
        *sum = join == B_add ? *sum + x : *sum * x;
    }
    convert_self(c, low, true);
}

/* Every place in turn; of equal places the last one's value stays, or all take part. */
static void each_place(call *c, k_loop *join)
{
    const array *index = c->ia[2], *src = c->args[3].kind == ARG_TENSOR ? c->ia[3] : NULL;
    array *self = c->oa[0];
    double room;
    char *value = (char *)&room;
    if (c->args[3].kind == ARG_FLOAT)
        dtype_store_f(value, self->dtype, c->args[3].f);
    else if (!src)
        dtype_store_i(value, self->dtype, c->args[3].i);
    odometer o;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        char *to = place_of(self, o.at, (int)c->param[0], ((const int64_t *)array_data(index))[o.place]);
        char *from = src ? place_of(src, o.at, -1, 0) : value;
        if (join)
            join((char *[3]){to, to, from}, (int64_t[3]){0, 0, 0}, 1, NULL);
        else
            memcpy(to, from, (size_t)dtype_bytes(self->dtype));
    }
}

/* g at the places, in src's shape: src may be larger than index, and what was not read gets 0. */
static T read_places(scope *s, node *n, T g)
{
    T index = node_kept_in(s, n, 2), read = f_call(s, &op_gather, 3, (arg[]){a_t(g), a_i(node_params(n)[0]), a_t(index)});
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 3, &ndim, &dtype);
    if (read && read->a->numel == 0)
        return f_zeros(s, dtype, ndim, size);
    if (read && read->a->ndim == 0)
        read = f_unsqueeze(s, read, 0);
    for (int d = 0; d < ndim && read; d++)
        if (array_size(read->a)[d] != size[d]) {
            int64_t rest[CT_MAXDIM];
            memcpy(rest, array_size(read->a), (size_t)ndim * sizeof *rest);
            rest[d] = size[d] - rest[d];
            read = f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){read, f_zeros(s, dtype, ndim, rest)}), a_i(d)});
        }
    return read;
}

/* ---- scatter ---------------------------------------------------------------------------------------------------- */
static void scatter_kernel(call *c) { each_place(c, NULL); }
static int scatter_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_call(s, &op_scatter_value, 4, (arg[]){a_t(g[0]), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2)), a_i(0)});
    if (n->n_in > 3 && node_needs(n, 3))
        out[3] = read_places(s, n, g[0]);
    return s->failed ? -1 : 0;
}

static int reduce_rule(call *c)
{
    const char *how = c->args[4].str;
    if (strcmp(how, "add") && strcmp(how, "multiply"))
        return ct_fail(CT_RUNTIME, "reduce argument must be either add or multiply.");
    return scatter_rule(c) < 0 ? -1 : scratch_for_halves(c);
}
static void joined(call *c, enum k_binary join)
{
    if (c->oa[0]->numel && dtype_is_half((ct_dtype)c->oa[0]->dtype))
        join_halves(c, join);
    else
        each_place(c, K->binary[join][c->oa[0]->dtype]);
}
static void reduce_kernel(call *c) { joined(c, strcmp(c->args[4].str, "add") == 0 ? B_add : B_mul); }
static int reduce_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n, (void)g, (void)out;
    return ct_fail(CT_RUNTIME, "derivative for scatter with reduce is not implemented; scatter_add has one");
}
#define SCATTER(id, public, value, rule, loop, node_name, formula, shows, text)                                                                       \
    const op op_##id = {.name = public, .sig = "(Tensor self, int dim, Tensor index, " value ")", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_IN_WRITES_SELF, \
                        .run = op_block, .shape = rule, .kernel = loop, .kind = {node_name, formula, .flags = shows}, .keep = {0, 0, 9}, .doc = text};
#define REDUCING "self with its elements added to, or multiplied by, what scatter would write: reduce is 'add' or 'multiply'. No gradient."
SCATTER(scatter_reducing, "scatter.reduce", "Tensor src, *, str reduce", reduce_rule, reduce_kernel, "ScatterBackward2", reduce_grad, NK_SHOWS(9), REDUCING)
SCATTER(scatter_value_reducing, "scatter.value_reduce", "Scalar value, *, str reduce", reduce_rule, reduce_kernel, "ScatterBackward3", reduce_grad, NK_SHOWS(1), REDUCING)
SCATTER(scatter, "scatter.src", "Tensor src", scatter_rule, scatter_kernel, "ScatterBackward0", scatter_grad, NK_SHOWS(9),
        "self with src written at the places that gather would read; of equal places one wins.")
SCATTER(scatter_value, "scatter.value", "Scalar value", scatter_rule, scatter_kernel, "ScatterBackward1", scatter_grad, NK_SHOWS(1),
        "self with a number written at the places that gather would read.")

/* ---- scatter_add ------------------------------------------------------------------------------------------------ */
static int scatter_add_rule(call *c) { return scatter_rule(c) < 0 ? -1 : scratch_for_halves(c); }
static void scatter_add_kernel(call *c) { joined(c, B_add); }
static int scatter_add_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = g[0];
    if (node_needs(n, 3))
        out[3] = read_places(s, n, g[0]);
    return s->failed ? -1 : 0;
}
const op op_scatter_add = {.name = "scatter_add", .sig = "(Tensor self, int dim, Tensor index, Tensor src)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_IN_WRITES_SELF, .run = op_block,
    .shape = scatter_add_rule, .kernel = scatter_add_kernel, .kind = {"ScatterAddBackward0", scatter_add_grad, .flags = NK_SHOWS(9)}, .keep = {0, 0, 8},
    .doc = "self with src added at the places that gather would read. RuntimeError for an index out of range or different dtypes."};
