/* Order along a dimension: sort, topk, kthvalue, median, nanmedian. Closed compositions over sort_places, which tells where the elements of
 * each row stand in order, and pick_places, which tells of some; all give values and their places, and gradients go to these. */
#include "base/pool.h"
#include "kernel/sort.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/index.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <math.h>
#include <string.h>

/* ---- sort_places: args self, descending, stable; along the last dim ------------------------------------------------------------- */
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
/* Rows are shared: each thread has scratch of `picks`. */
enum { PICKS_OF_PIECE = 4096 };
static void plan_rows(call *c, int64_t picks)
{
    const array *a = c->in[0]->a;
    int64_t n = array_size(a)[a->ndim - 1], rows = n ? a->numel / n : 0, threads = ct_threads();
    c->threads = (int)(rows < threads ? rows > 1 ? rows : 1 : threads);
    c->scratch_bytes = picks * (int64_t)sizeof(k_pick) * c->threads;
    c->work = 20 * array_held(a);
    c->effective = 20 * a->numel;
}
static void each_row(call *c, ct_piece *piece)
{
    const array *a = c->ia[0];
    int64_t n = array_size(a)[a->ndim - 1];
    if (n)
        ct_share(a->numel / n, PICKS_OF_PIECE / n + 1, c->threads, piece, c);
}
static const char *row_at(const call *c, int64_t row, int64_t *n)
{
    const array *a = c->ia[0];
    *n = array_size(a)[a->ndim - 1];
    return array_data(a) + row * *n * dtype_bytes((ct_dtype)a->dtype);
}
static k_pick *picks_here(const call *c) { return (k_pick *)((char *)c->scratch + c->scratch_bytes / c->threads * ct_place()); }

static int places_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (a->ndim < 1)
        return ct_fail(CT_RUNTIME, "sort_places(): self has no dimension");
    plan_rows(c, k_order_scratch(array_size(a)[a->ndim - 1]));
    return rows_once(c) < 0 || in_contiguous(c, 0) < 0 ? -1 : out_new(c, 0, DT_I64, a->ndim, array_size(a));
}
static void places_piece(void *of, int64_t row, int64_t end)
{
    const call *c = of;
    for (int64_t n; row < end; row++) {
        const char *data = row_at(c, row, &n);
        int64_t *places = (int64_t *)array_data(c->oa[0]) + row * n;
        (arg_bool(&c->args[2]) ? k_sort_places : k_sort_any)((ct_dtype)c->ia[0]->dtype, data, n, arg_bool(&c->args[1]), places, picks_here(c));
    }
}
static void places_kernel(call *c) { each_row(c, places_piece); }
const op op_sort_places = {.name = "sort_places", .sig = "(Tensor self, bool descending=False, bool stable=True)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block,
    .shape = places_rule, .kernel = places_kernel, .doc = "Where the elements of each row (the last dim) stand in order; equals keep theirs if stable, NaN is the largest."};

/* ---- pick_places: args self, k, largest, sorted, which; along the last dim -------------------------------------------------- */
enum { SOME, KTH, MEDIAN, NANMEDIAN };
static int64_t which(const call *c) { return c->args[4].i; }
static int pick_rule(call *c)
{
    const array *a = c->in[0]->a;
    int64_t size[CT_MAXDIM], n = a->ndim ? array_size(a)[a->ndim - 1] : -1, k = c->args[1].i;
    if (n < 0 || (which(c) < MEDIAN && (k < 0 || k + (which(c) == KTH) > n)))
        return ct_fail(CT_RUNTIME, "%s(): k = %lld is out of range for rows of %lld elements", c->op->name, (long long)k, (long long)n);
    layout_take(size, array_size(a), a->ndim);
    size[a->ndim - 1] = which(c) == SOME ? k : 1;
    plan_rows(c, array_size(a)[a->ndim - 1]);
    if (which(c) < MEDIAN || !dtype_is_float((ct_dtype)a->dtype)) {
        if (rows_once(c) < 0)
            return -1;
    } else /* NaN stands elsewhere than the middle one */
        call_once(c, (uint64_t)1 << (a->ndim - 1));
    return in_contiguous(c, 0) < 0 ? -1 : out_new(c, 0, DT_I64, a->ndim, size);
}
static void pick_piece(void *of, int64_t row, int64_t end)
{
    const call *c = of;
    ct_dtype dtype = (ct_dtype)c->ia[0]->dtype;
    int64_t k = c->args[1].i, step = array_size(c->oa[0])[c->oa[0]->ndim - 1];
    for (int64_t n; row < end; row++) {
        const char *data = row_at(c, row, &n);
        int64_t *places = (int64_t *)array_data(c->oa[0]) + row * step;
        if (which(c) >= MEDIAN)
            k_middle_place(dtype, data, n, k, which(c) == NANMEDIAN, places, picks_here(c));
        else if (which(c) == KTH)
            k_kth_place(dtype, data, n, k, places, picks_here(c));
        else
            k_pick_places(dtype, data, n, k, arg_bool(&c->args[2]), arg_bool(&c->args[3]), places, picks_here(c));
    }
}
static void pick_kernel(call *c) { each_row(c, pick_piece); }
const op op_pick_places = {.name = "pick_places", .sig = "(Tensor self, int k, bool largest=True, bool sorted=True, int which=0)",
    .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block, .shape = pick_rule, .kernel = pick_kernel,
    .doc = "Where the k largest, or smallest, elements of each row (the last dim) stand. which: 1, of the one that has k before it; 2 and 3, of the median and nanmedian where each counts k times."};

/* ---- what is taken of the order. The node's numbers: dim, whether it is gone ---------------------------------------------- */
static T gather(scope *s, T x, int64_t dim, T index) { return f_call(s, &op_gather, 3, (arg[]){a_t(x), a_i(dim), a_t(index)}); }
/* self, a vector where it has no dimension, and which dim is meant. NULL: failed. */
static T vector_of(scope *s, call *c, int64_t asked, int *dim)
{
    T x = c->in[0];
    if (layout_wrap_dim(c->op->name, asked, x->a->ndim, dim) < 0)
        return scope_fail(s);
    return x->a->ndim ? x : f_reshape(s, x, 1, (int64_t[]){1});
}
/* What an op over rows tells along dim; `args` but for the rows. */
static T along_rows(scope *s, const op *o, T x, int dim, uint32_t n_args, arg *args)
{
    int64_t last = x ? x->a->ndim - 1 : 0;
    T rows = !x || dim == last ? x : f_transpose(s, x, dim, last);
    args[0] = a_t(rows);
    T places = rows ? f_call(s, o, n_args, args) : NULL;
    return dim == last ? places : f_transpose(s, places, dim, last);
}
/* What is shown as one number is left as it stands. */
static bool one_shown(T x, int dim) { return !array_visible_stride(x->a)[dim]; }
/* self, and the places of its elements in order along dim. */
static T ordered(scope *s, call *c, int64_t asked, bool descending, bool stable, T *self, int *dim)
{
    *self = vector_of(s, c, asked, dim);
    stable |= *self && one_shown(*self, *dim);
    return along_rows(s, &op_sort_places, *self, *dim, 3, (arg[]){a_none(), a_b(descending), a_b(stable)});
}
static int64_t length(T self, int dim) { return self ? array_size(self->a)[dim] : 0; }
/* Values and places, of the shape that self had without dim where it is `gone`. */
static int deliver(scope *s, call *c, T self, int dim, bool gone, T places, T *out)
{
    bool scalar = c->in[0]->a->ndim == 0;
    places = f_contiguous(s, places);
    if (!gone && length(places, dim) == 1) /* strides as those of a new array, in the other dims of size 1 too */
        places = f_unsqueeze(s, f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(places), a_i(dim)}), dim);
    if (places && !array_is_plain(places->a) && !array_is_compressed(places->a))
        places = f_reshape(s, f_reshape(s, places, 1, &places->a->numel), places->a->ndim, array_size(places->a));
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
    out[0] = f_call(s, &op_scatter, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(dim), a_t(places), a_t(there)});
    return out[0] ? 0 : -1;
}
static int refuse_bool(scope *s, const call *c)
{
    if (c->in[0]->a->dtype != DT_BOOL)
        return 0;
    return ct_fail(CT_NOTIMPL, "\"%s_cpu\" not implemented for 'Bool'", c->op->name), scope_fail(s), -1;
}
/* y in the memory order that clone() of x has: the order of PyTorch's sort. */
static T laid_as(scope *s, T y, const array *x)
{
    int n = x->ndim;
    int64_t stride[CT_MAXDIM], order[CT_MAXDIM], back[CT_MAXDIM];
    if (!y || array_is_plain(x))
        return y;
    layout_preserve(n, array_size(x), array_visible_stride(x), stride);
    for (int d = 0, at; d < n; d++) { /* outermost first */
        for (at = d; at && stride[order[at - 1]] < stride[d]; at--)
            order[at] = order[at - 1];
        order[at] = d;
    }
    for (int d = 0; d < n; d++)
        back[order[d]] = d;
    T moved = f_contiguous(s, f_call(s, &op_permute, 2, (arg[]){a_t(y), a_ints((uint32_t)n, order)}));
    if (moved && !array_is_compressed(moved->a)) /* dims of size 1, too, have these very strides */
        return scope_array(s, array_alias(moved->a, n, array_size(x), stride, moved->a->offset));
    return f_call(s, &op_permute, 2, (arg[]){a_t(moved), a_ints((uint32_t)n, back)});
}
enum { LONG_VECTOR = 32768 }; /* of integers: PyTorch sorts it by digits, which is stable */
static int sort_run(scope *s, call *c, const arg *dim, const arg *descending, bool stable, T *out)
{
    int at = 0;
    const array *a = c->in[0]->a;
    stable |= a->ndim == 1 && a->numel >= LONG_VECTOR && !dtype_is_float((ct_dtype)a->dtype) && !arg_bool(descending);
    T self, places = ordered(s, c, dim->i, arg_bool(descending), stable, &self, &at);
    if (!places || deliver(s, c, self, at, false, places, out) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        out[i] = laid_as(s, out[i], a);
    return s->failed ? -1 : 0;
}
static int sort_compose(scope *s, call *c, T *out) { return sort_run(s, c, &c->args[1], &c->args[2], false, out); }
static int sort_stable_compose(scope *s, call *c, T *out) { return sort_run(s, c, &c->args[2], &c->args[3], arg_bool(&c->args[1]), out); }
static int topk_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    int64_t k = c->args[1].i;
    T self = vector_of(s, c, c->args[2].i, &dim);
    if (!self)
        return -1;
    if (self->a->dtype == DT_BOOL)
        return ct_fail(CT_RUNTIME, "topk does not support bool dtypes on CPU"), scope_fail(s), -1;
    if (k < 0 || k > length(self, dim))
        return ct_fail(CT_RUNTIME, "selected index k out of range"), scope_fail(s), -1;
    T places = along_rows(s, &op_pick_places, self, dim, 5, (arg[]){a_none(), a_i(k), c->args[3], c->args[4], a_i(SOME)});
    return places ? deliver(s, c, self, dim, false, places, out) : -1;
}
static int refuse_none(scope *s, const call *c, int dim)
{
    return ct_fail(CT_INDEX, "%s(): Expected reduction dim %d to have non-zero size.", c->op->name, dim), scope_fail(s), -1;
}
static int kthvalue_compose(scope *s, call *c, T *out)
{
    int dim = 0;
    int64_t k = c->args[1].i;
    T self = vector_of(s, c, c->args[2].i, &dim);
    if (!self)
        return -1;
    if (length(self, dim) == 0)
        return refuse_none(s, c, dim);
    if (k < 1 || k > length(self, dim))
        return ct_fail(CT_RUNTIME, "kthvalue(): selected number k out of range for dimension %d", dim), scope_fail(s), -1;
    if (refuse_bool(s, c) < 0)
        return -1;
    T places = along_rows(s, &op_pick_places, self, dim, 5, (arg[]){a_none(), a_i(k - 1), a_b(false), a_b(false), a_i(KTH)});
    return places ? deliver(s, c, self, dim, !arg_bool(&c->args[3]), places, out) : -1;
}

/* ---- median, nanmedian: the lower one of the middle two. With NaN in the row, NaN, but for nanmedian ----------------------- */
static T middle(scope *s, T self, int dim, bool skip)
{
    int64_t n = length(self, dim);
    if (!dtype_is_float((ct_dtype)self->a->dtype) || !(self->a->numel && still_dims(self->a, self->a->ndim) >> dim & 1))
        return along_rows(s, &op_pick_places, self, dim, 5, (arg[]){a_none(), a_i(1), a_b(false), a_b(false), a_i(skip ? NANMEDIAN : MEDIAN)});
    T nan = f_unary(s, &op_isnan, f_call(s, &op_narrow, 4, (arg[]){a_t(self), a_i(dim), a_i(0), a_i(1)})); /* of equals one tells */
    return f_cast(s, f_where(s, nan, f_weak_int(s, 0), f_weak_int(s, (n - 1) / 2)), DT_I64);
}
static int median_run(scope *s, call *c, bool skip, T *out)
{
    int dim = 0;
    T self = vector_of(s, c, c->args[1].i, &dim);
    if (!self)
        return -1;
    if (length(self, dim) == 0)
        return refuse_none(s, c, dim);
    if (refuse_bool(s, c) < 0)
        return -1;
    T places = middle(s, self, dim, skip);
    return places ? deliver(s, c, self, dim, !arg_bool(&c->args[2]), places, out) : -1;
}
static int median_compose(scope *s, call *c, T *out) { return median_run(s, c, false, out); }
static int nanmedian_compose(scope *s, call *c, T *out) { return median_run(s, c, true, out); }

#define ORDER(id, public, node_name, whole, signature, text)                                                                                     \
    const op op_##id = {.name = public, .sig = signature, .flags = OP_OUT | OP_OUT_EXACT | (whole), .run = op_closed, .n_out = 2, .ret = "values indices",            \
                        .compose = id##_compose, .kind = {node_name, order_grad, .takes = order_takes}, .keep_out = 1, .reads_out = 2, .doc = text};
ORDER(sort, "sort", "SortBackward0", OP_OUT_WHOLE, "(Tensor self, int dim=-1, bool descending=False)", "(values, indices) in order along dim; NaN is the largest. Equals keep their order if stable, or if there are few.")
ORDER(sort_stable, "sort.stable", "SortBackward1", OP_OUT_WHOLE, "(Tensor self, *, bool stable, int dim=-1, bool descending=False)", "sort; equals keep their order if stable.")
ORDER(topk, "topk", "TopkBackward0", OP_OUT_WHOLE, "(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True)", "(values, indices) of the k largest, or smallest, along dim, in order unless sorted is False.")
ORDER(kthvalue, "kthvalue", "KthvalueBackward0", OP_OUT_WHOLE | OP_OUT_APART, "(Tensor self, int k, int dim=-1, bool keepdim=False)", "(values, indices) of the k-th smallest along dim, counted from 1.")
ORDER(median, "median.dim", "MedianBackward1", 0, "(Tensor self, int dim, bool keepdim=False)", "(values, indices) of the lower median along dim; NaN where there is one.")
ORDER(nanmedian, "nanmedian.dim", "NanmedianBackward1", 0, "(Tensor self, int dim, bool keepdim=False)", "(values, indices) of the lower median of what is not NaN along dim.")

/* ---- of all elements. The gradient is shared among the elements that equal the result. --------------------------------------- */
/* The elements in a row, one of those that repeat, each of which is there so many times. */
static T few_of(scope *s, T x, int64_t *times)
{
    T few = x ? tape_algebra.narrow(s, x, still_dims(x->a, x->a->ndim)) : NULL;
    *times = few ? x->a->numel / few->a->numel : 1;
    return few ? f_contiguous(s, f_reshape(s, few, 1, (int64_t[]){few->a->numel})) : NULL;
}
static int median_all_run(scope *s, call *c, bool skip, T *out)
{
    if (refuse_bool(s, c) < 0)
        return -1;
    T x = c->in[0];
    if (x->a->numel == 0) {
        if (!dtype_is_float((ct_dtype)x->a->dtype))
            return ct_fail(CT_RUNTIME, "%s() operation cannot be performed on an empty tensor of integers", c->op->name), scope_fail(s), -1;
        return (out[0] = f_cast(s, f_number(s, NAN), (ct_dtype)x->a->dtype)) ? 0 : -1;
    }
    int64_t times;
    T flat = few_of(s, x, &times);
    if (!flat)
        return -1;
    T place = f_call(s, &op_pick_places, 5, (arg[]){a_t(flat), a_i(times), a_b(false), a_b(false), a_i(skip ? NANMEDIAN : MEDIAN)});
    return place && (out[0] = f_reshape(s, gather(s, flat, 0, place), 0, NULL)) ? 0 : -1;
}
static int median_all_compose(scope *s, call *c, T *out) { return median_all_run(s, c, false, out); }
static int nanmedian_all_compose(scope *s, call *c, T *out) { return median_all_run(s, c, true, out); }
static int median_all_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), y = node_kept_out(s, n, 0);
    T equal = f_where(s, f_unary(s, &op_isnan, y), f_unary(s, &op_isnan, x), f_binary(s, &op_eq, x, y));
    return (out[0] = f_shared(s, g[0], equal)) ? 0 : -1;
}
#define MEDIAN(id, public, node_name, text)                                                                                              \
    const op op_##id = {.name = public, .sig = "(Tensor self)", .flags = 0, .run = op_closed, .compose = id##_compose,                     \
                        .kind = {node_name, median_all_grad}, .keep = {1}, .keep_out = 1, .doc = text};
MEDIAN(median_all, "median", "MedianBackward0", "The lower median of all elements; NaN where there is one.")
MEDIAN(nanmedian_all, "nanmedian", "NanmedianBackward0", "The lower median of all elements that are not NaN.")

/* ---- ranked: args self, rank ------------------------------------------------------------------------------------------------- */
static T order_of(scope *s, T row) { return row ? f_call(s, &op_sort_places, 3, (arg[]){a_t(row), a_b(false), a_b(one_shown(row, 0))}) : NULL; }
static int ranked_compose(scope *s, call *c, T *out)
{
    const array *rank = c->in[1]->a;
    int64_t times, wrong;
    if (rank->dtype != DT_I64 || rank->ndim != 1 || !index_within(rank, 0, c->in[0]->a->numel, &wrong))
        return ct_fail(CT_RUNTIME, "ranked(): ranks have to be a vector of int64, of elements that there are"), scope_fail(s), -1;
    if (!rank->numel)
        return (out[0] = f_zeros(s, (ct_dtype)c->in[0]->a->dtype, 1, &rank->numel)) ? 0 : -1;
    T few = few_of(s, c->in[0], &times);
    T at = few ? f_binary(s, &op_floor_divide, c->in[1], f_weak_int(s, times)) : NULL;
    return at && (out[0] = gather(s, few, 0, gather(s, order_of(s, few), 0, at))) ? 0 : -1;
}
/* Has none of these ranks a neighbour in the order that is its equal? Else the places are those of the whole order. */
static bool alone(const array *few, const array *order, const array *at)
{
    const int64_t *place = (const int64_t *)array_data(order);
    ct_dtype dtype = (ct_dtype)few->dtype;
    for (int64_t i = 0; i < at->numel; i++) {
        int64_t rank = ((const int64_t *)array_data(at))[i];
        double x = dtype_load(array_data(few) + place[rank] * dtype_bytes(dtype), dtype);
        for (int64_t k = rank ? rank - 1 : 1; k < few->numel && k <= rank + 1; k += 2)
            if (!(dtype_load(array_data(few) + place[k] * dtype_bytes(dtype), dtype) != x))
                return false;
        if (x != x)
            return false;
    }
    return true;
}
static int ranked_grad(scope *s, node *n, T const *g, T *out)
{
    T x = node_kept_in(s, n, 0), rank = node_kept_in(s, n, 1);
    int64_t size[CT_MAXDIM], held[CT_MAXDIM], times;
    int ndim = summed_size(n, node_takes(n, 0), size);
    summed_size(n, x ? still_dims(x->a, ndim) : 0, held);
    T few = few_of(s, x, &times), order = few ? order_of(s, few) : NULL, at = order ? f_contiguous(s, f_binary(s, &op_floor_divide, rank, f_weak_int(s, times))) : NULL;
    if (!at)
        return -1;
    if (!layout_same(size, held, ndim) || !alone(few->a, order->a, at->a)) {
        few = f_reshape(s, x, 1, &x->a->numel);
        order = order_of(s, few);
        at = rank;
        ndim = summed_size(n, 0, size);
    }
    T zeros = few ? f_zeros(s, (ct_dtype)g[0]->a->dtype, 1, &few->a->numel) : NULL;
    T sums = f_call(s, &op_scatter_add, 4, (arg[]){a_t(zeros), a_i(0), a_t(gather(s, order, 0, at)), a_t(g[0])});
    return (out[0] = f_reshape(s, sums, ndim, size)) ? 0 : -1;
}
const op op_ranked = {.name = "ranked", .sig = "(Tensor self, Tensor rank)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed, .compose = ranked_compose,
    .kind = {"GatherBackward0", ranked_grad}, .keep = {1, 1}, .doc = "Of all elements in order those that have so many before them: self.flatten().sort()[0][rank]. What repeats is sorted once."};
