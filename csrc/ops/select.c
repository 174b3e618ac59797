/* Whole slices by index along one dimension: index_select, index_add, index_copy, index_fill, take; and scatter. */
#include "ops/index.h"
#include <string.h>

/* ---- along one dimension -------------------------------------------------------------------------------------------- */
static int wrap(scope *s, call *c, int *dim)
{
    const array *self = c->in[0]->a, *index = c->in[2]->a;
    if (index->dtype != DT_I64 && index->dtype != DT_I32)
        return ct_fail(CT_RUNTIME, "%s(): Expected dtype int32 or int64 for index but got: %s", c->op->name, dtype_name(index->dtype)), scope_fail(s), -1;
    if (index->ndim > 1)
        return ct_fail(CT_INDEX, "%s(): Index is supposed to be a vector, but got dim: %d", c->op->name, index->ndim), scope_fail(s), -1;
    return layout_wrap_dim(c->op->name, c->args[1].i, self->ndim, dim) < 0 ? (scope_fail(s), -1) : 0;
}
/* Indices count from the front here: a negative one is out of range. */
static int refuse_negative(scope *s, call *c, int dim)
{
    const array *index = c->in[2]->a;
    int64_t size = c->in[0]->a->ndim ? array_size(c->in[0]->a)[dim] : 1;
    odometer o;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        int64_t at = index->dtype == DT_I64 ? ((const int64_t *)array_data(index))[o.place] : ((const int32_t *)array_data(index))[o.place];
        if (at < 0 || at >= size)
            return ct_fail(CT_INDEX, "index out of range in self: %s got index %lld for dimension %d with size %lld", c->op->name, (long long)at, dim, (long long)size), scope_fail(s), -1;
    }
    return 0;
}
static T flat(scope *s, T x) { return !x || x->a->ndim ? x : f_unsqueeze(s, x, 0); }
static T like_self(scope *s, T result, T self) { return self->a->ndim || !result ? result : f_reshape(s, result, 0, NULL); }

static int index_select_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    if (wrap(s, c, &dim) < 0 || refuse_negative(s, c, dim) < 0)
        return -1;
    T index = flat(s, c->in[2]), self = flat(s, c->in[0]);
    out[0] = like_self(s, f_call(s, &op_index, 3, (arg[]){a_t(self), a_ints(1, (int64_t[]){dim}), a_ts(1, &index)}), c->in[0]);
    return out[0] ? 0 : -1;
}
const op op_index_select = {.name = "index_select", .sig = "(Tensor self, int dim, Tensor index)", .flags = OP_OUT, .run = op_compose, .compose = index_select_compose,
    .doc = "Slices of self along dim at the places of index (a vector of int64 or int32), in its order. IndexError for an index out of range."};

static int put(scope *s, call *c, T values, bool add, T *out)
{
    int dim = 0;
    if (wrap(s, c, &dim) < 0 || refuse_negative(s, c, dim) < 0 || !values)
        return -1;
    T index = flat(s, c->in[2]), self = flat(s, c->in[0]);
    out[0] = f_call(s, &op_index_put, 5, (arg[]){a_t(self), a_t(values), a_ints(1, (int64_t[]){dim}), a_ts(1, &index), a_b(add)});
    out[0] = like_self(s, out[0], c->in[0]);
    return out[0] ? 0 : -1;
}

/* source has self's shape but for dim, where it is as long as index. */
static int check_source(scope *s, call *c)
{
    const array *self = c->in[0]->a, *index = c->in[2]->a, *source = c->in[3]->a;
    int dim = 0;
    char one[200], two[200];
    if (wrap(s, c, &dim) < 0)
        return -1;
    if (self->dtype != source->dtype)
        return ct_fail(CT_RUNTIME, "%s(): self (%s) and source (%s) must have the same scalar type", c->op->name, dtype_name(self->dtype), dtype_name(source->dtype)), scope_fail(s), -1;
    bool fits = source->ndim == self->ndim && (source->ndim ? array_size(source)[dim] : 1) == index->numel;
    for (int d = 0; fits && d < self->ndim; d++)
        fits = d == dim || array_size(source)[d] == array_size(self)[d];
    if (!fits)
        return ct_fail(CT_RUNTIME, "%s(): source of shape %s does not fit self of shape %s with %lld indices along dimension %d", c->op->name,
                       layout_text(source->ndim, array_size(source), one, sizeof one), layout_text(self->ndim, array_size(self), two, sizeof two),
                       (long long)index->numel, dim), scope_fail(s), -1;
    return 0;
}
static int index_add_compose(scope *s, call *c, T *out)
{
    if (check_source(s, c) < 0)
        return -1;
    double alpha = arg_given(&c->args[4]) ? arg_double(&c->args[4]) : 1;
    return put(s, c, flat(s, alpha == 1 ? c->in[3] : f_cast(s, f_scale(s, c->in[3], alpha), c->in[3]->a->dtype)), true, out);
}
static int index_copy_compose(scope *s, call *c, T *out) { return check_source(s, c) < 0 ? -1 : put(s, c, flat(s, c->in[3]), false, out); }
static int index_fill_compose(scope *s, call *c, T *out)
{
    const arg *value = &c->args[3];
    if (value->kind == ARG_TENSOR && value->t->a->ndim)
        return ct_fail(CT_RUNTIME, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with %d dimension(s).", value->t->a->ndim), scope_fail(s), -1;
    T v = value->kind == ARG_TENSOR ? value->t : value->kind == ARG_FLOAT ? f_number(s, value->f) : f_weak_int(s, value->i);
    return put(s, c, f_cast(s, v, c->in[0]->a->dtype), false, out);
}
const op op_index_add = {.name = "index_add", .sig = "(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)", .flags = OP_INPLACE | OP_OUT, .run = op_compose,
    .compose = index_add_compose, .doc = "self with alpha times the slices of source added at the places of index along dim; equal places add up."};
const op op_index_copy = {.name = "index_copy", .sig = "(Tensor self, int dim, Tensor index, Tensor source)", .flags = OP_INPLACE | OP_OUT, .run = op_compose,
    .compose = index_copy_compose, .doc = "self with the slices of source written at the places of index along dim."};
const op op_index_fill = {.name = "index_fill", .sig = "(Tensor self, int dim, Tensor index, Operand value)", .flags = OP_INPLACE, .run = op_compose,
    .compose = index_fill_compose, .doc = "self with value written at the places of index along dim."};

/* ---- take ------------------------------------------------------------------------------------------------------------------ */
static int take_compose(scope *s, call *c, T *out)
{
    T index = c->in[1];
    if (index->a->dtype != DT_I64)
        return ct_fail(CT_RUNTIME, "take(): Expected a long tensor for index, but got %s", dtype_name(index->a->dtype)), scope_fail(s), -1;
    T line = f_reshape(s, c->in[0], 1, &c->in[0]->a->numel);
    return (out[0] = f_call(s, &op_index, 3, (arg[]){a_t(line), a_ints(1, (int64_t[]){0}), a_ts(1, &index)})) ? 0 : -1;
}
const op op_take = {.name = "take", .sig = "(Tensor self, Tensor index)", .flags = OP_OUT, .run = op_compose, .compose = take_compose,
    .doc = "Elements of self, seen as one row, at the places of index; the result has index's shape."};

/* ---- scatter: self with src, or a number, written where gather would read ---------------------------------------------------- */
/* Through positions in the flattened tensor, so that index_put and its gradient do the work. */
static T flat_places(scope *s, T self, T index, int dim)
{
    if (!self || !index)
        return NULL;
    int ndim = self->a->ndim;
    int64_t step = 1, size[CT_MAXDIM];
    T places = NULL;
    memcpy(size, array_size(index->a), (size_t)index->a->ndim * sizeof *size);
    for (int d = ndim - 1; d >= 0; d--) {
        T along = index;
        if (d != dim) {
            int64_t shape[CT_MAXDIM];
            for (int k = 0; k < ndim; k++)
                shape[k] = k == d ? size[d] : 1;
            along = f_reshape(s, f_call(s, &op_arange_end, 1, (arg[]){a_i(size[d])}), ndim, shape);
        }
        T term = f_mul(s, along, f_weak_int(s, step));
        places = places ? f_add(s, places, term) : term;
        step *= array_size(self->a)[d];
    }
    return places ? f_expand(s, places, ndim, size) : index;
}
static int scatter_compose(scope *s, call *c, T *out)
{
    T self = c->in[0], index = c->in[2], src = c->args[3].kind == ARG_TENSOR ? c->args[3].t : NULL;
    int dim = 0;
    if (layout_wrap_dim("scatter", c->args[1].i, self->a->ndim, &dim) < 0 || check_places(c, self->a, index->a, dim, src ? src->a : NULL) < 0)
        return scope_fail(s), -1;
    if (src && src->a->dtype != self->a->dtype)
        return ct_fail(CT_RUNTIME, "scatter(): Expected self.dtype to be equal to src.dtype"), scope_fail(s), -1;
    if (index->a->numel == 0)
        return (out[0] = f_call(s, &op_clone, 1, (arg[]){a_t(self)})) ? 0 : -1;
    T v = src ? flat(s, src) : f_cast(s, c->args[3].kind == ARG_FLOAT ? f_number(s, c->args[3].f) : f_weak_int(s, c->args[3].i), self->a->dtype);
    index = flat(s, index);
    for (int d = 0; src && v && index && d < index->a->ndim; d++)
        if (array_size(v->a)[d] != array_size(index->a)[d])
            v = f_call(s, &op_slice, 4, (arg[]){a_t(v), a_i(d), a_i(0), a_i(array_size(index->a)[d])});
    T line = f_reshape(s, self, 1, &self->a->numel), places = flat_places(s, flat(s, self), index, dim);
    T done = f_call(s, &op_index_put, 5, (arg[]){a_t(line), a_t(v), a_ints(1, (int64_t[]){0}), a_ts(1, &places), a_b(false)});
    return (out[0] = f_reshape(s, done, self->a->ndim, array_size(self->a))) ? 0 : -1;
}
const op op_scatter = {.name = "scatter", .sig = "(Tensor self, int dim, Tensor index, Tensor src)", .flags = OP_INPLACE | OP_OUT, .run = op_compose,
    .compose = scatter_compose, .doc = "self with src written at the places that gather would read; of equal places one wins."};
const op op_scatter_value = {.name = "scatter.value", .sig = "(Tensor self, int dim, Tensor index, Scalar value)", .flags = OP_INPLACE | OP_OUT, .run = op_compose,
    .compose = scatter_compose, .doc = "self with a number written at the places that gather would read."};
