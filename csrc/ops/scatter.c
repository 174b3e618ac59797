/* scatter, scatter_add, scatter_reduce: src, or a number, written, added or joined where gather would read. Args self, dim, index, src or value, reduce. */
#include "ops/index.h"
#include "kernel/places.h"
#include "ops/spread.h"
#include <math.h>
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
    if (refuse_shared(c, c->n_in) < 0)
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
static void each_place(call *c, k_loop *loop, k_loop *join)
{
    const array *index = c->ia[2], *src = c->args[3].kind == ARG_TENSOR ? c->ia[3] : NULL;
    array *self = c->oa[0];
    int64_t stride[CT_MAXDIM], item = dtype_bytes(self->dtype);
    double room;
    if (c->args[3].kind == ARG_FLOAT)
        dtype_store_f(&room, self->dtype, c->args[3].f);
    else if (!src)
        dtype_store_i(&room, self->dtype, c->args[3].i);
    for (int d = 0; src && d < src->ndim; d++)
        stride[d] = array_stride(src)[d] * item;
    if (index->numel)
        along_places(self, (int)c->param[0], index, src ? array_data(src) : (char *)&room, src && src->ndim ? stride : NULL, false, loop, join);
}

/* What belongs to the places, in src's shape: src may be larger than index, and what was not read gets 0. */
static T like_src(scope *s, node *n, T read)
{
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
static T at_places(scope *s, node *n, T x) { return f_call(s, &op_gather, 3, (arg[]){a_t(x), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2))}); }
static T read_places(scope *s, node *n, T g) { return like_src(s, n, at_places(s, n, g)); }

/* ---- scatter ---------------------------------------------------------------------------------------------------- */
static void scatter_kernel(call *c) { each_place(c, k_places_write(dtype_bytes(c->oa[0]->dtype)), NULL); }
static int scatter_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_call(s, &op_scatter_value, 4, (arg[]){a_t(g[0]), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2)), a_i(0)});
    if (n->n_in > 3 && node_needs(n, 3))
        out[3] = read_places(s, n, g[0]);
    return s->failed ? -1 : 0;
}

static int joining_rule(call *c) { return scatter_rule(c) < 0 ? -1 : scratch_for_halves(c); }
static int reduce_rule(call *c)
{
    static bool warned;
    const char *how = c->args[4].str;
    if (strcmp(how, "add") && strcmp(how, "multiply"))
        return ct_fail(CT_RUNTIME, "reduce argument must be either add or multiply.");
    if (c->args[3].kind == ARG_TENSOR && call_warn(c, &warned, "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
                                                            "PyTorch release. Use torch.scatter_reduce instead for more reduction options.") < 0)
        return -1;
    return joining_rule(c);
}
static void joined(call *c, enum k_binary join)
{
    if (c->oa[0]->numel && dtype_is_half((ct_dtype)c->oa[0]->dtype))
        join_halves(c, join);
    else
        each_place(c, join == B_add ? k_places_add((ct_dtype)c->oa[0]->dtype) : k_places_join, K->binary[join][c->oa[0]->dtype]);
}
static void reduce_kernel(call *c) { joined(c, strcmp(c->args[4].str, "add") == 0 ? B_add : B_mul); }
static int reduce_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n, (void)g, (void)out;
    return ct_fail(CT_RUNTIME, "derivative for scatter with reduce is not implemented; scatter_add has one");
}
#define SCATTER(id, public, value, rule, loop, node_name, formula, shows, text)                                                                       \
    const op op_##id = {.name = public, .sig = "(Tensor self, int dim, Tensor index, " value ")", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE | OP_IN_WRITES_SELF, \
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
const op op_scatter_add = {.name = "scatter_add", .sig = "(Tensor self, int dim, Tensor index, Tensor src)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE | OP_IN_WRITES_SELF, .run = op_block,
    .shape = scatter_add_rule, .kernel = scatter_add_kernel, .kind = {"ScatterAddBackward0", scatter_add_grad, .flags = NK_SHOWS(9)}, .keep = {0, 0, 8},
    .doc = "self with src added at the places that gather would read. RuntimeError for an index out of range or different dtypes."};

/* ---- scatter_reduce: args self, dim, index, src, reduce, include_self -------------------------------------------------- */
/* Hidden: of self and all that is scattered to a place the largest, or the least. Args self, dim, index, src, least. */
static void extreme_kernel(call *c) { each_place(c, k_places_join, K->binary[arg_bool(&c->args[4]) ? B_minimum : B_maximum][c->oa[0]->dtype]); }
const op op_scatter_extreme = {.name = "_scatter_extreme", .sig = "(Tensor self, int dim, Tensor index, Tensor src, bool least)",
    .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD | OP_IN_WRITES_SELF, .run = op_block, .shape = scatter_rule, .kernel = extreme_kernel,
    .doc = "self with the largest, or least, of its elements and what is scattered there; NaN spreads."};

enum how { HOW_SUM, HOW_PROD, HOW_MEAN, HOW_AMAX, HOW_AMIN, HOW_COUNT };
static int how_of(const char *name)
{
    static const char *const names[HOW_COUNT] = {"sum", "prod", "mean", "amax", "amin"};
    int how = 0;
    while (how < HOW_COUNT && strcmp(name, names[how]))
        how++;
    return how < HOW_COUNT ? how : ct_fail(CT_RUNTIME, "reduce argument must be either sum, prod, mean, amax or amin, got %s", name);
}
/* What changes nothing when it is joined with. */
static arg neutral(enum how how, ct_dtype d)
{
    if (how == HOW_SUM || how == HOW_MEAN || how == HOW_PROD)
        return a_i(how == HOW_PROD);
    if (dtype_is_float(d))
        return a_f(how == HOW_AMAX ? -INFINITY : INFINITY);
    if (d == DT_BOOL)
        return a_b(how == HOW_AMIN);
    int64_t least = d == DT_U8 ? 0 : d == DT_I32 ? INT32_MIN : INT64_MIN, most = d == DT_U8 ? 255 : d == DT_I32 ? INT32_MAX : INT64_MAX;
    return a_i(how == HOW_AMAX ? least : most);
}
static T f_scatter_value(scope *s, T x, int64_t dim, T index, arg value) { return f_call(s, &op_scatter_value, 4, (arg[]){a_t(x), a_i(dim), a_t(index), value}); }
static T f_scatter_add(scope *s, T x, int64_t dim, T index, T src) { return f_call(s, &op_scatter_add, 4, (arg[]){a_t(x), a_i(dim), a_t(index), a_t(src)}); }
static T f_constant(scope *s, T like, int64_t value) { return like ? f_call(s, &op_full_like, 2, (arg[]){a_t(like), a_i(value)}) : NULL; }
/* How many terms a place has, 1 where it has none. */
static T terms_of(scope *s, T self, int64_t dim, T index, bool include_self)
{
    T ones = index ? f_call(s, &op_full, 3, (arg[]){a_ints(index->a->ndim, array_size(index->a)), a_i(1), a_dtype((ct_dtype)self->a->dtype)}) : NULL;
    T n = f_scatter_add(s, f_constant(s, self, include_self), dim, index, ones);
    return n ? f_call(s, &op_clamp, 2, (arg[]){a_t(n), a_i(1)}) : NULL;
}
static int scatter_reduce_compose(scope *s, call *c, T *out)
{
    T self = c->in[0], index = c->in[2], src = c->in[3];
    int how = how_of(c->args[4].str), dim = 0;
    if (how < 0 || layout_wrap_dim("scatter_reduce", c->args[1].i, self->a->ndim, &dim) < 0 || refuse_shared(c, c->n_in) < 0)
        return scope_fail(s), -1;
    if (how == HOW_MEAN && self->a->dtype == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"scatter_reduce_mean_cpu\" not implemented for 'Bool'"), scope_fail(s), -1;
    bool include_self = arg_bool(&c->args[5]), whole = !dtype_is_float((ct_dtype)self->a->dtype);
    keep_param(c, dim);
    keep_param(c, how);
    keep_param(c, include_self);
    if (!include_self)
        self = f_scatter_value(s, self, dim, index, neutral((enum how)how, (ct_dtype)self->a->dtype));
    arg args[5] = {a_t(self), a_i(dim), a_t(index), a_t(src), how == HOW_PROD ? (arg){.kind = ARG_STR, .str = "multiply"} : a_b(how == HOW_AMIN)};
    bool adds = how == HOW_SUM || how == HOW_MEAN;
    op multiply = op_scatter_reducing;
    multiply.shape = joining_rule; /* which warns of nothing */
    T result = !self ? NULL : adds ? f_scatter_add(s, self, dim, index, src) : f_call(s, how == HOW_PROD ? &multiply : &op_scatter_extreme, 5, args);
    if (how == HOW_MEAN && result)
        result = f_binary(s, whole ? &op_div_floor : &op_div, result, terms_of(s, self, dim, index, include_self));
    return (out[0] = result ? f_contiguous(s, result) : NULL) ? 0 : -1;
}

/* The part of src that index reads. */
static T src_read(scope *s, T src, T index)
{
    for (int d = 0; src && index && d < index->a->ndim; d++)
        if (array_size(src->a)[d] != array_size(index->a)[d])
            src = f_call(s, &op_narrow, 4, (arg[]){a_t(src), a_i(d), a_i(0), a_i(array_size(index->a)[d])});
    return src;
}
static T is_zero(scope *s, T x) { return f_binary(s, &op_eq, x, f_number(s, 0)); }
static T filled(scope *s, T x, T mask) { return f_call(s, &op_masked_fill, 3, (arg[]){a_t(x), a_t(mask), a_i(1)}); }
static T product_with(scope *s, node *n, T self, T src)
{
    if (!self || !src)
        return NULL;
    const int64_t *p = node_params(n);
    return f_call(s, &op_scatter_reduce, 6, (arg[]){a_t(self), a_i(p[0]), a_t(node_kept_in(s, n, 2)), a_t(src), {.kind = ARG_STR, .str = "prod"}, a_b(p[2])});
}
/* PyTorch has no second derivative where zeros of src meet: the factors that are left are not those of the first. */
static int zeros_meet_grad(scope *s, node *n, T const *g, T *out)
{
    (void)n, (void)g, (void)out;
    ct_fail(CT_RUNTIME, "scatter_reduce(): Double backward is unsupported for src when >1 zeros in src are scattered to the same position in self");
    return scope_fail(s), -1;
}
static T without_derivative(scope *s, T x)
{
    static const node_kind kind = {"torch::autograd::Error", zeros_meet_grad, .flags = NK_UNTOLD};
    node *n = x && x->fn ? node_new(&kind, (node_shape){.n_in = 1, .n_out = 1, .out_ndim = x->a->ndim}) : NULL;
    if (!n)
        return x && !x->fn ? x : (scope_fail(s), NULL);
    node_set_out(n, 0, x->a);
    node_edges(n)[0] = (edge){node_keep(x->fn), x->nr};
    T made = scope_array(s, array_keep(x->a));
    if (made)
        tensor_set_history(made, n, 0);
    node_drop(n);
    return made;
}
/* Of a product the other factors; a lone 0 of src gets the product without it. */
static void prod_grad(scope *s, node *n, T g, T self, T src, T result, T *out)
{
    T one = filled(s, self, is_zero(s, self)), zero = is_zero(s, src);
    out[0] = f_div(s, f_mul(s, g, product_with(s, n, one, src)), one);
    T zeros = self ? f_scatter_add(s, f_zeros_like(s, self), node_params(n)[0], node_kept_in(s, n, 2), f_cast(s, zero, (ct_dtype)self->a->dtype)) : NULL;
    T here = at_places(s, n, zeros), lone = f_binary(s, &op_logical_and, zero, f_binary(s, &op_eq, here, f_number(s, 1)));
    T without = at_places(s, n, f_mul(s, g, product_with(s, n, self, filled(s, src, lone))));
    out[3] = f_where(s, lone, without, f_div(s, at_places(s, n, f_mul(s, g, result)), filled(s, src, zero)));
    T meet = tape_now.grad && node_needs(n, 3) ? f_unary(s, &op_nonzero, f_binary(s, &op_logical_and, zero, f_binary(s, &op_gt, here, f_number(s, 1)))) : NULL;
    if (meet && array_size(meet->a)[0])
        out[3] = without_derivative(s, out[3]);
}
/* Shared evenly among all that equal the result. */
static void extreme_grad(scope *s, node *n, T g, T self, T src, T result, T *out)
{
    if (!self || !src)
        return;
    T own = f_cast(s, f_binary(s, &op_eq, self, result), (ct_dtype)self->a->dtype);
    T their = f_cast(s, f_binary(s, &op_eq, src, at_places(s, n, result)), (ct_dtype)self->a->dtype);
    T share = f_div(s, g, f_scatter_add(s, own, node_params(n)[0], node_kept_in(s, n, 2), their));
    out[0] = f_mul(s, own, share);
    out[3] = f_mul(s, their, at_places(s, n, share));
}
static int scatter_reduce_grad(scope *s, node *n, T const *g, T *out)
{
    const int64_t *p = node_params(n);
    T index = node_kept_in(s, n, 2), self = node_kept_in(s, n, 0), src = src_read(s, node_kept_in(s, n, 3), index), made[4] = {g[0], NULL, NULL, NULL};
    if (p[1] == HOW_MEAN && self)
        made[0] = f_div(s, g[0], terms_of(s, self, p[0], index, p[2]));
    if (p[1] == HOW_MEAN || p[1] == HOW_SUM)
        made[3] = at_places(s, n, made[0]);
    else
        (p[1] == HOW_PROD ? prod_grad : extreme_grad)(s, n, g[0], self, src, node_kept_out(s, n, 0), made);
    if (node_needs(n, 0))
        out[0] = p[2] ? made[0] : f_scatter_value(s, made[0], p[0], index, a_i(0));
    if (node_needs(n, 3))
        out[3] = like_src(s, n, made[3]);
    return s->failed ? -1 : 0;
}
const op op_scatter_reduce = {.name = "scatter_reduce", .sig = "(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)",
    .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE, .run = op_closed, .compose = scatter_reduce_compose, .kind = {"ScatterReduceBackward0", scatter_reduce_grad, .flags = NK_SHOWS(9)},
    .keep = {9, 0, 9, 9}, .keep_out = 9,
    .doc = "self with src joined at the places that gather would read: reduce is 'sum', 'prod', 'mean', 'amax' or 'amin'; without include_self "
           "places that src names start anew. RuntimeError for an index out of range or different dtypes."};
