/* Order along a dimension: sort, topk, kthvalue, median, nanmedian. Closed compositions over sort_places, which tells where the elements of
 * each row stand in order; all give values and their places, and gradients go to these. */
#include "kernel/sort.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

/* ---- sort_places: args self, descending; along the last dim ------------------------------------------------------------- */
/* Rows of equal elements are all in order as they stand: one is sorted for all of them. */
static int rows_once(call *c)
{
    const array *a = c->in[0]->a;
    uint64_t last = (uint64_t)1 << (a->ndim - 1);
    call_once(c, last);
    if (!(still_dims(a, a->ndim) & last) || !spread_worth((ct_dtype)a->dtype, a->numel))
        return 0;
    c->once = c->once_out = last - 1;
    return in_once(c, 0, c->once);
}
static int places_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (a->ndim < 1)
        return ct_fail(CT_RUNTIME, "sort_places(): self has no dimension");
    c->scratch_bytes = array_size(a)[a->ndim - 1] * (int64_t)sizeof(int64_t);
    if (rows_once(c) < 0 || in_contiguous(c, 0) < 0 || out_new(c, 0, DT_I64, a->ndim, array_size(a)) < 0)
        return -1;
    c->work = 20 * array_held(c->oa[0]);
    c->effective = 20 * a->numel;
    return 0;
}
static void places_kernel(call *c)
{
    const array *a = c->ia[0];
    int64_t n = array_size(a)[a->ndim - 1], bytes = n * dtype_bytes((ct_dtype)a->dtype);
    int64_t *places = (int64_t *)array_data(c->oa[0]);
    for (int64_t row = 0; n && row < a->numel / n; row++)
        k_sort_places((ct_dtype)a->dtype, array_data(a) + row * bytes, n, arg_bool(&c->args[1]), places + row * n, (int64_t *)c->scratch);
}
const op op_sort_places = {.name = "sort_places", .sig = "(Tensor self, bool descending=False)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block,
    .shape = places_rule, .kernel = places_kernel, .doc = "Where the elements of each row (the last dim) stand in order; equals keep theirs, NaN is the largest."};

/* ---- what is taken of the order. The node's numbers: dim, whether it is gone ---------------------------------------------- */
static T narrow(scope *s, T x, int64_t dim, int64_t at, int64_t n) { return f_call(s, &op_narrow, 4, (arg[]){a_t(x), a_i(dim), a_i(at), a_i(n)}); }
static T gather(scope *s, T x, int64_t dim, T index) { return f_call(s, &op_gather, 3, (arg[]){a_t(x), a_i(dim), a_t(index)}); }
/* self, a vector where it has no dimension, and the places of its elements in order along dim. */
static T ordered(scope *s, call *c, int64_t asked, bool descending, T *self, int *dim)
{
    T x = c->in[0];
    if (layout_wrap_dim(c->op->name, asked, x->a->ndim, dim) < 0)
        return scope_fail(s), NULL;
    *self = x = x->a->ndim ? x : f_reshape(s, x, 1, (int64_t[]){1});
    int64_t last = x ? x->a->ndim - 1 : 0;
    T rows = *dim == last ? x : f_transpose(s, x, *dim, last);
    T places = f_call(s, &op_sort_places, 2, (arg[]){a_t(rows), a_b(descending)});
    return *dim == last ? places : f_transpose(s, places, *dim, last);
}
/* Values and places, of the shape that self had without dim where it is `gone`. */
static int deliver(scope *s, call *c, T self, int dim, bool gone, T places, T *out)
{
    bool scalar = c->in[0]->a->ndim == 0;
    places = f_contiguous(s, places);
    T values = gather(s, self, dim, places);
    c->declared[1].undifferentiable = true;
    keep_param(c, dim);
    keep_param(c, gone && !scalar);
    for (int i = 0; i < 2; i++) {
        T x = i ? places : values;
        out[i] = scalar ? f_reshape(s, x, 0, NULL) : gone ? f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(x), a_i(dim)}) : x;
    }
    return out[0] && out[1] ? 0 : -1;
}
/* What the input takes where the places repeat; along dim as well, since a sum over all places does not ask which. */
static uint64_t order_takes(node *n)
{
    const kept *places = node_kept(n) + n->n_kept - 1;
    int64_t dim = node_params(n)[0];
    bool gone = node_params(n)[1];
    uint64_t takes = gone ? dims_without(node_takes(n, 0), dim) : node_takes(n, 0);
    return takes && places->a ? takes & (still_dims(places->a, n->out_ndim) | (gone ? 0 : (uint64_t)1 << dim)) : 0;
}
static int order_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM], dim = node_params(n)[0];
    uint64_t got = node_got(n);
    node_in_size(n, 0, &ndim, &dtype);
    T places = node_kept_out(s, n, 1), there = g[0];
    if (!there || !places)
        return there ? -1 : 0;
    places = got ? tape_algebra.narrow(s, places, got) : places;
    if (node_params(n)[1]) {
        places = f_unsqueeze(s, places, dim);
        there = f_unsqueeze(s, there, dim);
        got = dims_insert(got, dim);
    }
    if (node_takes(n, 0) >> dim & 1) /* wherever it belongs, the sum is it */
        return (out[0] = got >> dim & 1 ? there : f_sum_dims(s, there, 1, &dim, true)) ? 0 : -1;
    summed_size(n, got, size);
    out[0] = f_call(s, &op_scatter_add, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(dim), a_t(places), a_t(there)});
    return out[0] ? 0 : -1;
}
static int64_t length(T self, int dim) { return self ? array_size(self->a)[dim] : 0; }

static int sort_run(scope *s, call *c, const arg *dim, const arg *descending, T *out)
{
    int at = 0;
    T self, places = ordered(s, c, dim->i, arg_bool(descending), &self, &at);
    return places ? deliver(s, c, self, at, false, places, out) : -1;
}
static int sort_compose(scope *s, call *c, T *out) { return sort_run(s, c, &c->args[1], &c->args[2], out); }
static int sort_stable_compose(scope *s, call *c, T *out) { return sort_run(s, c, &c->args[2], &c->args[3], out); }
static int topk_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    int64_t k = c->args[1].i;
    T self, places = ordered(s, c, c->args[2].i, arg_bool(&c->args[3]), &self, &dim);
    if (!places)
        return -1;
    if (k < 0 || k > length(self, dim))
        return ct_fail(CT_RUNTIME, "selected index k out of range"), scope_fail(s), -1;
    return deliver(s, c, self, dim, false, narrow(s, places, dim, 0, k), out);
}
static int kthvalue_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    int64_t k = c->args[1].i;
    T self, places = ordered(s, c, c->args[2].i, false, &self, &dim);
    if (!places)
        return -1;
    if (k < 1 || k > length(self, dim))
        return ct_fail(length(self, dim) ? CT_RUNTIME : CT_INDEX, "kthvalue(): selected number k out of range for dimension %d", dim), scope_fail(s), -1;
    return deliver(s, c, self, dim, !arg_bool(&c->args[3]), narrow(s, places, dim, k - 1, 1), out);
}

/* ---- median, nanmedian: the lower one of the middle two. With NaN in the row, NaN, but for nanmedian ----------------------- */
static T nans_along(scope *s, T x, int64_t dim) { return f_sum_dims(s, f_unary(s, &op_isnan, x), 1, &dim, true); }
/* Of a row in which every element stands for `times` of them. */
static T middle(scope *s, T self, int dim, T places, bool skip, int64_t times)
{
    int64_t n = length(self, dim);
    if (!dtype_is_float((ct_dtype)self->a->dtype))
        return narrow(s, places, dim, (n * times - 1) / 2 / times, 1);
    uint64_t still = self->a->numel ? still_dims(self->a, self->a->ndim) & ~((uint64_t)1 << dim) : 0;
    T few = still ? tape_algebra.narrow(s, self, still) : self; /* one of the rows that repeat */
    T nans = nans_along(s, few, dim), without = f_sub(s, f_weak_int(s, n), nans), none = f_binary(s, &op_eq, nans, f_weak_int(s, 0));
    T last = f_sub(s, times > 1 ? f_mul(s, without, f_weak_int(s, times)) : without, f_weak_int(s, 1));
    T half = f_binary(s, &op_floor_divide, f_call(s, &op_clamp_min, 2, (arg[]){a_t(last), a_i(0)}), f_weak_int(s, times > 1 ? 2 * times : 2));
    T at = skip ? half : f_where(s, none, half, without);
    int64_t size[CT_MAXDIM];
    memcpy(size, array_size(self->a), (size_t)self->a->ndim * sizeof *size);
    size[dim] = 1;
    return gather(s, places, dim, f_expand(s, f_cast(s, at, DT_I64), self->a->ndim, size));
}
static int median_run(scope *s, call *c, bool skip, T *out)
{
    int dim = 0;
    T self, places = ordered(s, c, c->args[1].i, false, &self, &dim);
    if (!places)
        return -1;
    if (length(self, dim) == 0)
        return ct_fail(CT_INDEX, "%s(): Expected reduction dim %d to have non-zero size.", c->op->name, dim), scope_fail(s), -1;
    return deliver(s, c, self, dim, !arg_bool(&c->args[2]), middle(s, self, dim, places, skip, 1), out);
}
static int median_compose(scope *s, call *c, T *out) { return median_run(s, c, false, out); }
static int nanmedian_compose(scope *s, call *c, T *out) { return median_run(s, c, true, out); }

#define ORDER(id, public, node_name, signature, text)                                                                                     \
    const op op_##id = {.name = public, .sig = signature, .flags = OP_OUT | OP_OUT_EXACT, .run = op_closed, .n_out = 2, .ret = "values indices",            \
                        .compose = id##_compose, .kind = {node_name, order_grad, .takes = order_takes}, .keep_out = 1, .doc = text};
ORDER(sort, "sort", "SortBackward0", "(Tensor self, int dim=-1, bool descending=False)", "(values, indices) in order along dim; equals keep theirs, NaN is the largest.")
ORDER(sort_stable, "sort.stable", "SortBackward1", "(Tensor self, *, bool stable, int dim=-1, bool descending=False)", "sort, which is stable anyway.")
ORDER(topk, "topk", "TopkBackward0", "(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True)", "(values, indices) of the k largest, or smallest, along dim, in order.")
ORDER(kthvalue, "kthvalue", "KthvalueBackward0", "(Tensor self, int k, int dim=-1, bool keepdim=False)", "(values, indices) of the k-th smallest along dim, counted from 1.")
ORDER(median, "median.dim", "MedianBackward1", "(Tensor self, int dim, bool keepdim=False)", "(values, indices) of the lower median along dim; NaN where there is one.")
ORDER(nanmedian, "nanmedian.dim", "NanmedianBackward1", "(Tensor self, int dim, bool keepdim=False)", "(values, indices) of the lower median of what is not NaN along dim.")

/* ---- of all elements. The gradient is shared among the elements that equal the result. --------------------------------------- */
static int median_all_run(scope *s, call *c, bool skip, T *out)
{
    T x = c->in[0], few = x->a->numel ? tape_algebra.narrow(s, x, still_dims(x->a, x->a->ndim)) : x;
    if (x->a->numel == 0) {
        if (!dtype_is_float((ct_dtype)x->a->dtype))
            return ct_fail(CT_RUNTIME, "%s() operation cannot be performed on an empty tensor of integers", c->op->name), scope_fail(s), -1;
        return (out[0] = f_cast(s, f_number(s, NAN), (ct_dtype)x->a->dtype)) ? 0 : -1;
    }
    T flat = few ? f_reshape(s, few, 1, (int64_t[]){few->a->numel}) : NULL;
    T places = f_call(s, &op_sort_places, 2, (arg[]){a_t(flat), a_b(false)});
    if (!places)
        return -1;
    int64_t times = x->a->numel / few->a->numel; /* of what repeats one is sorted */
    return (out[0] = f_reshape(s, gather(s, flat, 0, middle(s, flat, 0, places, skip, times)), 0, NULL)) ? 0 : -1;
}
static int median_all_compose(scope *s, call *c, T *out) { return median_all_run(s, c, false, out); }
static int nanmedian_all_compose(scope *s, call *c, T *out) { return median_all_run(s, c, true, out); }
static int median_all_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    T equal = f_where(s, f_unary(s, &op_isnan, y), f_unary(s, &op_isnan, x), f_binary(s, &op_eq, x, y));
    return (out[0] = f_where(s, equal, f_div(s, g[0], f_unary(s, &op_sum, equal)), f_number(s, 0))) ? 0 : -1;
}
#define MEDIAN(id, public, node_name, text)                                                                                              \
    const op op_##id = {.name = public, .sig = "(Tensor self)", .flags = 0, .run = op_closed, .compose = id##_compose,                     \
                        .kind = {node_name, median_all_grad}, .keep = {1}, .keep_out = 1, .doc = text};
MEDIAN(median_all, "median", "MedianBackward0", "The lower median of all elements; NaN where there is one.")
MEDIAN(nanmedian_all, "nanmedian", "NanmedianBackward0", "The lower median of all elements that are not NaN.")
