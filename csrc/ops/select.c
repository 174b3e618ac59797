/* Whole slices by index along one dimension: index_select, index_add, index_copy, index_fill; single elements: take.
 *
 * All of them read and write through index and index_put; the history is a node of their own. Args self, dim, index, ... */
#include "ops/index.h"
#include "ops/spread.h"
#include "ops/takes.h"

/* Refuses in a composition: sets the status and fails the scope. */
#define REFUSE(kind, ...) (ct_fail(kind, __VA_ARGS__), scope_fail(s), -1)

/* ---- along one dimension -------------------------------------------------------------------------------------------- */
/* Checks dim and the index's dtype and shape; dim is the node's first number. */
static int along(scope *s, call *c, int *dim)
{
    const array *self = c->in[0]->a, *index = c->in[2]->a;
    if (layout_wrap_dim(c->op->name, c->args[1].i, self->ndim, dim) < 0)
        return scope_fail(s), -1;
    if (index->ndim > 1)
        return REFUSE(CT_INDEX, "%s(): Index is supposed to be a vector, but got dim: %d", c->op->name, index->ndim);
    if (index->dtype != DT_I64 && index->dtype != DT_I32)
        return REFUSE(CT_RUNTIME, "%s(): Expected dtype int32 or int64 for index but got: %s", c->op->name, dtype_title(index->dtype));
    keep_param(c, *dim);
    return refuse_shared(c, c->op == &op_index_fill ? 3 : c->n_in) < 0 ? scope_fail(s), -1 : 0;
}
/* Indices count from the front here: a negative one is out of range. */
static int refuse_negative(scope *s, const call *c, const array *index, int dim, ct_status kind)
{
    int64_t size = c->in[0]->a->ndim ? array_size(c->in[0]->a)[dim] : 1;
    int64_t wrong;
    if (!index_within(index, 0, size, &wrong))
        return REFUSE(kind, "index out of range in self: %s got index %lld for dimension %d with size %lld", c->op->name, (long long)wrong, dim, (long long)size);
    return 0;
}
static T flat(scope *s, T x) { return !x || x->a->ndim ? x : f_unsqueeze(s, x, 0); }
static T like_self(scope *s, T result, T self) { return self->a->ndim || !result ? result : f_reshape(s, result, 0, NULL); }

static T f_index_select(scope *s, T x, int64_t dim, T index) { return f_call(s, &op_index_select, 3, (arg[]){a_t(x), a_i(dim), a_t(index)}); }
static T rows_at(scope *s, T x, int64_t dim, T index) { return f_contiguous(s, f_call(s, &op_index, 3, (arg[]){a_t(x), a_ints(1, &dim), a_ts(1, &index)})); }
static int index_select_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    const array *of = c->in[0]->a;
    if (along(s, c, &dim) < 0)
        return -1;
    if (!of->ndim && c->in[2]->a->numel != 1)
        return REFUSE(CT_RUNTIME, "index_select(): Index to scalar can have only 1 value, got %lld value(s)", (long long)c->in[2]->a->numel);
    if (of->ndim > 1 && of->numel == 0 && array_size(of)[dim] == 0 && c->in[2]->a->numel)
        return REFUSE(CT_RUNTIME, "index_select(): self indexing axis dim should be positive: dimension %d has no places", dim);
    /* PyTorch's exception is another along the second dimension, and where there is nothing to pick from. */
    if (refuse_negative(s, c, c->in[2]->a, dim, of->ndim > 1 && (dim == 1 || of->numel == 0) ? CT_RUNTIME : CT_INDEX) < 0)
        return -1;
    T index = flat(s, c->in[2]), self = flat(s, c->in[0]);
    out[0] = like_self(s, rows_at(s, self, dim, index), c->in[0]);
    return out[0] ? 0 : -1;
}
/* Where the input takes sums along dim, that of what was picked is it. */
static int index_select_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], dim = node_params(n)[0];
    T index = node_kept_in(s, n, 2);
    if (!index)
        return -1;
    if (node_takes(n, 0) >> dim & 1)
        return (out[0] = node_got(n) >> dim & 1 ? g[0] : f_sum_dims(s, g[0], 1, &dim, true)) ? 0 : -1;
    int ndim = summed_size(n, node_got(n), size);
    out[0] = f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, g[0]->a->dtype, ndim, size)), a_i(dim), a_t(index), a_t(g[0])});
    return out[0] ? 0 : -1;
}
const op op_index_select = {.name = "index_select", .sig = "(Tensor self, int dim, Tensor index)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_APART, .run = op_closed, .compose = index_select_compose,
    .kind = {"IndexSelectBackward0", index_select_grad, .flags = NK_SHOWS(1), .takes = same_takes}, .keep = {0, 0, 1},
    .doc = "Slices of self along dim at the places of index (a vector of int64 or int32), in its order. IndexError for an index out of range, RuntimeError along dim 1."};

static int put(scope *s, call *c, T values, int dim, bool add, T *out)
{
    T index = flat(s, c->in[2]), self = flat(s, c->in[0]);
    out[0] = f_call(s, &op_index_put, 5, (arg[]){a_t(self), a_t(values), a_ints(1, (int64_t[]){dim}), a_ts(1, &index), a_b(add)});
    bool ordered = out[0] && c->op != &op_index_fill; /* which alone keeps self's memory order, as PyTorch's */
    out[0] = like_self(s, ordered ? f_contiguous(s, out[0]) : out[0], c->in[0]);
    return out[0] ? 0 : -1;
}

/* Along a dimension without places there is nothing to write to; PyTorch's exception is another than for a place outside. */
static int refuse_placeless(scope *s, const call *c, int dim)
{
    const array *self = c->in[0]->a, *index = c->in[2]->a;
    return index->numel && self->ndim && array_size(self)[dim] == 0 ? REFUSE(CT_RUNTIME, "%s_(): dimension %d has no places", c->op->name, dim) : 0;
}

/* source has self's shape but for dim, where it is as long as index. `kind` is of PyTorch's exception for another length. */
static int check_source(scope *s, call *c, int *dim, ct_status kind)
{
    const array *self = c->in[0]->a, *index = c->in[2]->a, *source = c->in[3]->a;
    char one[200], two[200];
    if (along(s, c, dim) < 0)
        return -1;
    if (self->dtype != source->dtype)
        return REFUSE(CT_RUNTIME, "%s_(): self (%s) and source (%s) must have the same scalar type", c->op->name, dtype_title(self->dtype), dtype_title(source->dtype));
    layout_text(source->ndim, array_size(source), one, sizeof one);
    layout_text(self->ndim, array_size(self), two, sizeof two);
    if (!source->ndim && c->op == &op_index_add && index->numel != 1) /* PyTorch asks source for the size of dim */
        return REFUSE(CT_INDEX, "Dimension specified as %d but tensor has no dimensions: %s_(): source of shape []", *dim, c->op->name);
    if (source->ndim != self->ndim && (c->op == &op_index_add || (self->ndim && source->ndim)))
        return REFUSE(kind, "%s_(): source of shape %s has not the dimensions of self, of shape %s", c->op->name, one, two);
    if ((source->ndim ? array_size(source)[*dim] : 1) != index->numel)
        return REFUSE(kind, "%s_(): Number of indices (%lld) should be equal to source.size(dim): (%lld), for dim: %d", c->op->name, (long long)index->numel,
                      source->ndim ? (long long)array_size(source)[*dim] : 1, *dim);
    for (int d = 0; d < self->ndim && d < source->ndim; d++)
        if (d != *dim && array_size(source)[d] != array_size(self)[d])
            return REFUSE(CT_RUNTIME, "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = %s source.shape = %s", two, one);
    if (self->numel == 0 && self->ndim && (c->op == &op_index_copy || self->ndim > 1))
        return c->op == &op_index_copy ? refuse_placeless(s, c, *dim) : 0;
    return refuse_negative(s, c, c->in[2]->a, *dim, self->ndim <= 1 ? CT_INDEX : kind);
}
/* g at the places that were written, in the shape of the values. */
static T picked(scope *s, node *n, T g)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 3, &ndim, &dtype);
    T there = f_index_select(s, g, node_params(n)[0], node_kept_in(s, n, 2));
    return node_got(n) ? there : f_reshape(s, there, ndim, size);
}
static T zero_there(scope *s, node *n, T g)
{
    return f_call(s, &op_index_fill, 4, (arg[]){a_t(g), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2)), a_i(0)});
}

static T times(scope *s, T x, const arg *by, double value, ct_dtype dtype)
{
    bool whole = by->kind == ARG_INT && !dtype_is_float(dtype);
    return f_cast(s, whole ? f_mul(s, x, f_weak_int(s, by->i)) : f_scale(s, x, value), dtype);
}
/* How often the index names each place along dim, as it broadcasts over `like`. */
static T counts_along(scope *s, T index, T like, int64_t dim)
{
    int64_t size[CT_MAXDIM], places = array_size(like->a)[dim];
    ct_dtype dtype = (ct_dtype)like->a->dtype;
    for (int d = 0; d < like->a->ndim; d++)
        size[d] = d == dim ? places : 1;
    T flat_index = index ? flat(s, index) : NULL, ones = f_cast(s, f_unsqueeze(s, f_weak_int(s, 1), 0), dtype);
    ones = flat_index ? f_expand(s, ones, 1, &flat_index->a->numel) : NULL;
    return f_reshape(s, f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, dtype, 1, &places)), a_i(0), a_t(flat_index), a_t(ones)}), like->a->ndim, size);
}
/* x as often as it counts; 0 where it does not, whatever x is. */
static T as_often(scope *s, T counts, T x)
{
    T product = counts ? f_mul(s, counts, x) : NULL;
    return product ? f_where(s, f_cast(s, counts, DT_BOOL), product, f_zeros_like(s, product)) : NULL;
}
/* Are the slices of source all one, and more of them than places? Their count is enough then. (Gradients are added up as PyTorch's, term by term.) */
static bool counts_do(const call *c, int dim)
{
    const array *self = c->in[0]->a, *source = c->in[3]->a;
    return c->mode == CALL_NEW && !tape_now.formula && self->ndim > 1 && source->ndim == self->ndim && !dtype_is_half((ct_dtype)source->dtype) && source->dtype != DT_BOOL &&
           self->numel && c->in[2]->a->numel > array_size(self)[dim] && spread_worth((ct_dtype)source->dtype, source->numel) && still_dims(source, source->ndim) >> dim & 1;
}
static int index_add_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    if (check_source(s, c, &dim, CT_RUNTIME) < 0)
        return -1;
    const arg *by = &c->args[4];
    ct_dtype dtype = (ct_dtype)c->in[3]->a->dtype;
    if (number_cut_fits(by, dtype) < 0)
        return scope_fail(s), -1;
    double alpha = arg_given(by) ? arg_double(by) : 1;
    keep_double(c, alpha);
    if (c->in[0]->a->ndim > 1 && c->in[0]->a->numel == 0)
        return (out[0] = f_row_major(s, c->in[0])) ? 0 : -1;
    T source = alpha == 1 ? c->in[3] : times(s, c->in[3], by, alpha, dtype);
    if (!source || !counts_do(c, dim))
        return put(s, c, source ? flat(s, source) : NULL, dim, true, out);
    T counts = counts_along(s, c->in[2], c->in[0], dim), one = tape_algebra.narrow(s, source, (uint64_t)1 << dim);
    T sum = counts ? f_add(s, c->in[0], f_mul(s, counts, one)) : NULL;
    out[0] = sum ? f_contiguous(s, f_where(s, f_cast(s, counts, DT_BOOL), sum, c->in[0])) : NULL;
    return out[0] ? 0 : -1;
}
/* Where the source takes a sum over its slices, each place counts as often as it is named. */
static T picked_sum(scope *s, node *n, T g)
{
    int64_t dim = node_params(n)[0];
    T index = node_kept_in(s, n, 2), counts = index ? counts_along(s, index, g, dim) : NULL;
    return f_sum_dims(s, as_often(s, counts, g), 1, &dim, true);
}
static uint64_t index_add_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    uint64_t dims = ~((uint64_t)1 << node_params(n)[0]);
    for (uint32_t i = 0; i < 4; i += 3)
        if (node_needs(n, i)) {
            node_in_size(n, i, &ndim, &dtype);
            dims &= ndim && ndim == n->out_ndim ? node_takes(n, i) : 0;
        }
    return dims;
}
static int index_add_grad(scope *s, node *n, T const *g, T *out)
{
    double alpha = read_double(node_params(n) + 1);
    if (node_needs(n, 0))
        out[0] = g[0];
    if (node_needs(n, 3)) {
        T part = g[0]->a->ndim && node_takes(n, 3) >> node_params(n)[0] & 1 ? picked_sum(s, n, g[0]) : picked(s, n, g[0]);
        out[3] = alpha == 1 ? part : f_scale(s, part, alpha);
    }
    return s->failed ? -1 : 0;
}
static int index_copy_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    return check_source(s, c, &dim, CT_INDEX) < 0 ? -1 : put(s, c, flat(s, c->in[3]), dim, false, out);
}
static int index_copy_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = zero_there(s, n, g[0]);
    if (node_needs(n, 3))
        out[3] = picked(s, n, g[0]);
    return s->failed ? -1 : 0;
}
/* g where something was written, once however often the index names the place, and 0 elsewhere. */
static T only_there(scope *s, node *n, T g)
{
    T none = g ? f_zeros(s, DT_BOOL, g->a->ndim, array_size(g->a)) : NULL;
    T there = f_call(s, &op_index_fill, 4, (arg[]){a_t(none), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2)), a_b(true)});
    return f_where(s, there, g, f_zeros_like(s, g));
}
static int index_fill_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = zero_there(s, n, g[0]);
    if (n->n_in > 3 && node_needs(n, 3))
        out[3] = f_sum_to(s, only_there(s, n, g[0]), 0, NULL);
    return s->failed ? -1 : 0;
}
static const node_kind index_fill_tensor = {"IndexFillBackward1", index_fill_grad, .flags = NK_SHOWS(9)};
/* Where elements of self share memory they are written where they are: a result would write back what is not filled, too. */
static int fill_shared(scope *s, call *c, T value, int64_t dim, T *out)
{
    tensor *self = c->in[0], there = {0};
    T index = flat(s, c->in[2]);
    op silent = op_index_put;
    silent.flags &= ~(uint32_t)OP_WARNS;
    if (!index || !(there.a = array_alias_unversioned(self->a)))
        return scope_fail(s), -1;
    call put = {.op = &silent, .mode = CALL_INPLACE, .n_args = 5, .args = (arg[]){a_t(&there), a_t(value), a_ints(1, &dim), a_ts(1, &index), a_b(false)}};
    int result = op_call(&put);
    tensor_clear(&there);
    out[0] = self;
    return result < 0 ? scope_fail(s), -1 : 0;
}
static int index_fill_compose(scope *s, call *c, T *out)
{
    const arg *value = &c->args[3];
    int dim = 0;
    if (value->kind == ARG_TENSOR && value->t->a->ndim)
        return REFUSE(CT_RUNTIME, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with %d dimension(s).", value->t->a->ndim);
    if (c->in[2]->a->dtype != DT_I64)
        return REFUSE(CT_INDEX, "index_fill_(): Expected dtype int64 for index.");
    if (along(s, c, &dim) < 0 || refuse_placeless(s, c, dim) < 0)
        return -1;
    if (value->kind == ARG_TENSOR)
        c->kind = &index_fill_tensor;
    if (operand_fits(value, c->in[0]->a->dtype) < 0)
        return scope_fail(s), -1;
    T v = f_cast(s, value->kind == ARG_TENSOR ? value->t : f_weak(s, value), c->in[0]->a->dtype);
    return c->mode == CALL_INPLACE && v && array_shares(c->in[0]->a) ? fill_shared(s, c, v, dim, out) : put(s, c, v, dim, false, out);
}
const op op_index_add = {.name = "index_add", .sig = "(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE, .run = op_closed,
    .compose = index_add_compose, .kind = {"IndexAddBackward0", index_add_grad, .flags = NK_SHOWS(9), .takes = index_add_takes}, .keep = {0, 0, 8, 8},
    .doc = "self with alpha times the slices of source added at the places of index along dim; equal places add up."};
const op op_index_copy = {.name = "index_copy", .sig = "(Tensor self, int dim, Tensor index, Tensor source)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_WHOLE, .run = op_closed,
    .compose = index_copy_compose, .kind = {"IndexCopyBackward0", index_copy_grad, .flags = NK_SHOWS(9)}, .keep = {0, 0, 9, 8},
    .doc = "self with the slices of source written at the places of index along dim."};
const op op_index_fill = {.name = "index_fill", .sig = "(Tensor self, int dim, Tensor index, Operand value)", .flags = OP_INPLACE | OP_SHARES | OP_WARNS, .run = op_closed,
    .compose = index_fill_compose, .kind = {"IndexFillBackward0", index_fill_grad, .flags = NK_SHOWS(1)}, .keep = {0, 0, 9},
    .doc = "self with value written at the places of index along dim."};

/* ---- take: args self, index ---------------------------------------------------------------------------------------------- */
/* Places in the row of all elements as places along dim d. */
static T place_along(scope *s, T index, int ndim, const int64_t *size, int d)
{
    T at = f_call(s, &op_floor_divide, 2, (arg[]){a_t(index), a_i(layout_numel(ndim - d - 1, size + d + 1))});
    return f_call(s, &op_remainder, 2, (arg[]){a_t(at), a_i(size[d])});
}
/* Is the row, of which fewer are picked, longer than what is held? */
static bool row_repeats(const array *a, int64_t picked)
{
    int64_t low, high;
    layout_extent(a->ndim, array_size(a), array_stride(a), &low, &high);
    return picked < a->numel && high - low + 1 < a->numel;
}
static int take_compose(scope *s, call *c, T *out)
{
    T index = c->in[1], of = c->in[0], place[CT_MAXDIM] = {index};
    int64_t dims[CT_MAXDIM] = {0}, n = 1;
    const array *self = of->a;
    if (index->a->dtype != DT_I64)
        return REFUSE(CT_RUNTIME, "take(): Expected a long tensor for index, but got %s", dtype_title(index->a->dtype));
    if (row_repeats(self, index->a->numel)) { /* no row is made */
        if (check_index("take", index->a, self->numel, 0) < 0)
            return scope_fail(s), -1;
        n = self->ndim;
        for (int d = 0; d < n; d++) {
            dims[d] = d;
            place[d] = place_along(s, index, self->ndim, array_size(self), d);
        }
    } else
        of = f_reshape(s, of, 1, &self->numel);
    return (out[0] = f_call(s, &op_index, 3, (arg[]){a_t(of), a_ints((uint32_t)n, dims), a_ts((uint32_t)n, place)})) ? 0 : -1;
}
/* Where the input takes everything summed, the sum of all places does not ask which. */
static uint64_t take_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    for (int d = 0; d < ndim; d++)
        if (size[d] != 1 && !(node_takes(n, 0) >> d & 1))
            return 0;
    return node_takes(n, 0) && n->out_ndim <= 60 ? ((uint64_t)1 << n->out_ndim) - 1 : 0;
}
/* The place in a gradient of `line`, which the input takes slid or summed along some dims, as a row. */
static T place_taken(scope *s, node *n, T index, int lines, const int64_t *line)
{
    int ndim, at = 0;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    uint64_t slid = node_takes_slid(n, 0), on_line = slid ? slid_dims(slid) : 0;
    T row = NULL;
    for (int d = 0; d < ndim; d++) {
        bool kept = slid ? slid_kept(slid) >> d & 1 : line[d] > 1;
        if (!kept && !(on_line >> d & 1))
            continue;
        T place = place_along(s, index, ndim, size, d);
        if (slid && slid_back(slid) >> d & 1)
            place = f_sub(s, f_weak_int(s, size[d] - 1), place);
        if (kept) {
            at = slid ? slid_place(slid, d) : d;
            place = f_mul(s, place, f_weak_int(s, layout_numel(lines - at - 1, line + at + 1)));
        }
        row = row ? f_add(s, row, place) : place;
    }
    return row;
}
static int take_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    uint64_t takes = node_takes(n, 0), slid = node_takes_slid(n, 0);
    int64_t line[CT_MAXDIM];
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    T index = node_kept_in(s, n, 1);
    int lines = slid ? slid_size(slid, ndim, size, line) : summed_size(n, takes, line);
    int64_t numel = layout_numel(lines, line);
    if (!index)
        return -1;
    if (takes && numel == 1)
        return (out[0] = f_reshape(s, f_sum_to(s, g[0], 0, NULL), lines, line)) ? 0 : -1;
    index = takes || slid ? place_taken(s, n, index, lines, line) : index;
    T row = f_call(s, &op_index_put, 5, (arg[]){a_t(f_zeros(s, dtype, 1, &numel)), a_t(g[0]), a_ints(1, (int64_t[]){0}), a_ts(1, &index), a_b(true)});
    return (out[0] = f_reshape(s, row, lines, line)) ? 0 : -1;
}
const op op_take = {.name = "take", .sig = "(Tensor self, Tensor index)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_APART, .run = op_closed, .compose = take_compose,
    .kind = {"TakeBackward0", take_grad, .flags = NK_SHOWS(1) | NK_PUTS, .takes = take_takes, .again = "PutBackward0"}, .keep = {1, 1},
    .doc = "Elements of self, seen as one row, at the places of index; the result has index's shape."};
