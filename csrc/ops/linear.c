/* Products composed of those of matmul.c: matmul, linear, outer and sums with a product. */
#include "ops/formula.h"
#include "ops/product.h"
#include "ops/product_host.h"
#include <string.h>

/* ---- composed of the above ---------------------------------------------------------------------------------------- */
static T unsafe_view(scope *s, T x, int n, const int64_t *size)
{
    return f_call(s, &op_unsafe_view, 2, (arg[]){a_t(x), a_ints((uint32_t)n, size)});
}

/* The larger operand, of 3 dims or more, as rows times the other: one product instead of a batch. */
static T fold(scope *s, T a, T b)
{
    if (!a || !b)
        return NULL;
    bool swap = b->a->ndim > a->a->ndim;
    T large = swap ? f_transpose(s, b, -2, -1) : a, small = swap ? (a->a->ndim == 2 ? f_call(s, &op_t, 1, (arg[]){a_t(a)}) : a) : b;
    if (!large || !small)
        return NULL;
    int n = large->a->ndim;
    int64_t size[CT_MAXDIM], flat[2];
    layout_take(size, array_size(large->a), n);
    flat[0] = layout_numel(n - 1, size);
    flat[1] = size[n - 1];
    T rows = f_reshape(s, large, 2, flat);
    if (small->a->ndim == 1)
        return unsafe_view(s, f_binary(s, &op_mv, rows, small), n - 1, size);
    size[n - 1] = array_size(small->a)[1];
    T y = unsafe_view(s, f_mm(s, rows, small), n, size);
    return swap ? f_contiguous(s, f_transpose(s, y, -2, -1)) : y;
}

/* As PyTorch decides, so that the digits and the history are the same. */
static bool should_fold(T a, T b)
{
    T large = a->a->ndim >= b->a->ndim ? a : b, small = large == a ? b : a;
    int n = large->a->ndim;
    if (n < 3 || small->a->ndim > 2)
        return false;
    if (tensor_requires_grad(small))
        return true;
    if (a->a->ndim == 2)
        return false;
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM];
    layout_take(size, array_size(large->a), n);
    layout_take(stride, array_visible_stride(large->a), n);
    if (large == b) { /* it will be read transposed */
        size[n - 2] = array_size(large->a)[n - 1];
        stride[n - 2] = array_visible_stride(large->a)[n - 1];
    }
    for (int d = 0; large->a->numel && d < n - 2; d++)
        if (stride[d] != stride[d + 1] * size[d + 1])
            return false;
    return true;
}

/* x with dims of size 1 in front, so that n are before its matrix, and one more at `at` from the end. */
static T spread_out(scope *s, T x, int n, int at)
{
    int64_t size[CT_MAXDIM + 1];
    int m = x->a->ndim, lead = n + 2 - m, count = 0;
    const int64_t *from = array_size(x->a);
    while (count < lead)
        size[count++] = 1;
    for (int d = 0; d < m; d++) {
        if (d == m - at)
            size[count++] = 1;
        size[count++] = from[d];
    }
    if (at == 0)
        size[count++] = 1;
    return f_reshape(s, x, count, size);
}

/* Batches that broadcast: (..., m, k, 1) by (..., 1, k, n), summed to (..., m, 1, n). Nothing is copied, whatever the strides. */
static T contracted(scope *s, T a, T b, int n, int64_t *size)
{
    int64_t m = array_size(a->a)[a->a->ndim - 2], columns = array_size(b->a)[b->a->ndim - 1];
    a = spread_out(s, a, n, 0);
    b = spread_out(s, b, n, 2);
    size[n] = m;
    size[n + 1] = 1;
    size[n + 2] = columns;
    T y = f_call(s, &op_contract, 3, (arg[]){a_t(a), a_t(b), a_ints((uint32_t)n + 3, size)});
    size[n + 1] = columns;
    return unsafe_view(s, y, n + 2, size);
}

static bool shares_a_step(int n, const int64_t *size, const int64_t *stride)
{
    for (int d = 0; d < n; d++)
        for (int e = d + 1; e < n; e++)
            if (size[d] > 1 && size[e] > 1 && axes_slide(stride[d], stride[e]))
                return true;
    return false;
}

/* Would x, seen at n dims of `size`, have to write out what repeats or slides to be told in `m` dims of `wanted`? */
static bool would_repeat(const array *x, int n, const int64_t *size, int m, const int64_t *wanted)
{
    layout in, out;
    in.ndim = n;
    in.offset = array_offset(x);
    layout_take(in.size, size, n);
    layout_broadcast_stride(n, size, x->ndim, array_size(x), array_stride(x), in.stride);
    uint64_t still = 0;
    for (int d = 0; d < n; d++)
        still |= (uint64_t)(in.stride[d] == 0 && size[d] > 1) << d;
    return (still || shares_a_step(n, size, in.stride)) && layout_numel(n, size) && view_reshape(&in, m, wanted, &out) != 1;
}

/* Would folding the larger operand's rows write out what repeats or slides? */
static bool fold_repeats(T large, T small)
{
    int n = large->a->ndim;
    const int64_t *size = array_size(large->a);
    return size[n - 1] == array_size(small->a)[0] && would_repeat(large->a, n, size, 2, (int64_t[]){-1, size[n - 1]});
}

/* The matrix or column b for every batch of a. One stored by columns gets its gradient so, as in a folded product. */
static T over_batch(scope *s, T a, T b)
{
    const int64_t *stride = array_visible_stride(b->a), *last = array_size(b->a);
    int n = a->a->ndim;
    int64_t size[CT_MAXDIM];
    if (b->a->ndim != 2 || stride[0] != 1 || stride[1] != last[0])
        return b;
    layout_take(size, array_size(a->a), n);
    size[n - 2] = last[1];
    size[n - 1] = last[0];
    return f_transpose(s, f_expand(s, f_transpose(s, b, 0, 1), n, size), -2, -1);
}

/* Of a product of n batch dims: without its row or column where an operand was a vector. */
static T dropped(scope *s, T y, int n, bool row, bool vector)
{
    int64_t size[CT_MAXDIM];
    int k = n;
    if (!y)
        return NULL;
    layout_take(size, array_size(y->a), n);
    if (row)
        size[k++] = array_size(y->a)[n];
    if (!vector)
        size[k++] = array_size(y->a)[n + 1];
    return row && !vector ? y : unsafe_view(s, y, k, size);
}

/* Does a view of what x shows, seen at n dims of `size`, tell it in m dims of `wanted`? 0: only a copy does; -1: they do not fit. */
static int shows_view(const array *x, int n, const int64_t *size, int m, const int64_t *wanted)
{
    layout in, out;
    in.ndim = n;
    in.offset = x->offset;
    layout_take(in.size, size, n);
    layout_broadcast_stride(n, size, x->ndim, array_size(x), array_visible_stride(x), in.stride);
    return view_reshape(&in, m, wanted, &out);
}

int product_reshape(const array *x, int m, const int64_t *wanted)
{
    int view = shows_view(x, x->ndim, array_size(x), m, wanted);
    return view < 0 ? -1 : (would_repeat(x, x->ndim, array_size(x), m, wanted) ? RESHAPE_REPEATS : 0) | (view ? 0 : RESHAPE_COPIES);
}

/* Where PyTorch reshapes by a copy, x copied (what it holds alone); where by a view, x itself: later writes are seen, or refused, alike. */
static T copied_as_shown(scope *s, T x, int n, const int64_t *size, int m, const int64_t *wanted)
{
    return shows_view(x->a, n, size, m, wanted) == 1 ? x : f_unary(s, &op_clone, x);
}

/* A vector on the right stands as a column. */
static T batched(scope *s, T a, T b)
{
    if (!a || !b)
        return NULL;
    bool vector = b->a->ndim == 1;
    T side[2] = {a->a->ndim == 1 ? f_unsqueeze(s, a, 0) : a, vector ? f_unsqueeze(s, b, 1) : b};
    if (s->failed)
        return NULL;
    int64_t batch[CT_MAXDIM], size[CT_MAXDIM];
    int n = side[0]->a->ndim - 2, m = side[1]->a->ndim;
    layout_take(batch, array_size(side[0]->a), n);
    if (layout_broadcast("matmul", &n, batch, m - 2, array_size(side[1]->a)) < 0)
        return scope_fail(s);
    int64_t rows = array_size(side[0]->a)[side[0]->a->ndim - 2], columns = array_size(side[1]->a)[m - 1], three[2][3];
    layout_take(size, batch, n);
    bool copies = false, copied[2] = {false, false};
    for (int i = 0; i < 2; i++) {
        const int64_t *last = array_size(side[i]->a) + side[i]->a->ndim - 2;
        memcpy(three[i], (int64_t[]){layout_numel(n, batch), last[0], last[1]}, sizeof three[i]);
        memcpy(size + n, last, 2 * sizeof *size);
        if (would_repeat(side[i]->a, n + 2, size, 3, three[i])) {
            if (!(side[i] = copied_as_shown(s, side[i], n + 2, size, 3, three[i])))
                return NULL;
            copies |= would_repeat(side[i]->a, n + 2, size, 3, three[i]);
            copied[i] = true;
        }
    }
    if (copies && three[0][2] == three[1][1] && side[0]->a->dtype == side[1]->a->dtype && side[0]->a->dtype != DT_BOOL && n + 3 <= CT_MAXDIM) {
        for (int i = 0; i < 2; i++) {
            memcpy(size + n, three[i] + 1, 2 * sizeof *size);
            if (!copied[i] && !(side[i] = copied_as_shown(s, side[i], n + 2, size, 3, three[i])))
                return NULL;
        }
        return dropped(s, contracted(s, side[0], side[1], n, size), n, a->a->ndim > 1, vector);
    }
    for (int i = 0; i < 2; i++) {
        memcpy(size + n, three[i] + 1, 2 * sizeof *size);
        side[i] = f_reshape(s, f_expand(s, side[i], n + 2, size), 3, three[i]);
    }
    T y = f_binary(s, &op_bmm, side[0], side[1]);
    int k = n;
    if (a->a->ndim > 1)
        size[k++] = rows;
    if (!vector)
        size[k++] = columns;
    return unsafe_view(s, vector ? f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(y), a_i(-1)}) : y, k, size);
}

/* A row times a matrix; the row's dimension is dropped in place, as the name of the node tells. */
static T row_times(scope *s, T a, T b)
{
    T y = f_mm(s, f_unsqueeze(s, a, 0), b);
    arg args[2] = {a_t(y), a_i(0)};
    call c = {.op = &op_squeeze_dim, .args = args, .n_args = 2, .mode = CALL_INPLACE};
    return !y ? NULL : op_call(&c) < 0 ? scope_fail(s) : y;
}

/* A batch of one that wants a gradient, beside a larger one, becomes a matrix: its gradient need not be expanded then. */
static T lone(scope *s, T x, T other)
{
    bool is = x->a->ndim == 3 && other->a->ndim == 3 && array_size(x->a)[0] == 1 && array_size(other->a)[0] != 1 && tensor_requires_grad(x);
    return is ? f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(x), a_i(0)}) : x;
}

/* By folding, or as a batch where that would write out what repeats. */
static T folded(scope *s, T a, T b)
{
    bool swap = b->a->ndim > a->a->ndim;
    T large = swap ? f_transpose(s, b, -2, -1) : a, small = swap && a->a->ndim == 2 ? f_transpose(s, a, 0, 1) : swap ? a : b;
    if (!large || !small)
        return NULL;
    int n = large->a->ndim;
    if (!fold_repeats(large, small))
        return fold(s, a, b);
    large = copied_as_shown(s, large, n, array_size(large->a), 2, (int64_t[]){-1, array_size(large->a)[n - 1]});
    if (!large)
        return NULL;
    if (!fold_repeats(large, small))
        return fold(s, swap ? a : large, swap ? f_transpose(s, large, -2, -1) : b);
    T y = batched(s, large, over_batch(s, large, small));
    return swap && small->a->ndim == 2 ? f_contiguous(s, f_transpose(s, y, -2, -1)) : y;
}

static T matrix_product(scope *s, T a, T b)
{
    if (!a || !b)
        return NULL;
    int n = a->a->ndim, m = b->a->ndim;
    tensor made;
    int done = m == 2 && n ? op_product_short(NULL, a, b, false, &made) : 0;
    if (done)
        return f_made(s, done, &made);
    if (n == 0 || m == 0) {
        ct_fail(CT_RUNTIME, "both arguments to matmul need to be at least 1D, but they are %dD and %dD", n, m);
        return scope_fail(s);
    }
    if (n == 1 && m == 1)
        return f_binary(s, &op_dot, a, b);
    if (n == 2 && m == 1)
        return f_binary(s, &op_mv, a, b);
    if (n == 1 && m == 2)
        return row_times(s, a, b);
    if (n == 2 && m == 2)
        return f_mm(s, a, b);
    T left = lone(s, a, b), right = lone(s, b, a);
    a = left;
    b = right;
    if (s->failed)
        return NULL;
    if (!should_fold(a, b))
        return batched(s, a, b);
    return folded(s, a, b);
}

static int matmul_compose(scope *s, call *c, T *out) { return (out[0] = matrix_product(s, c->in[0], c->in[1])) ? 0 : -1; }
const op op_matmul = {.name = "matmul", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_compose, .compose = matmul_compose,
    .doc = "Matrix product with NumPy's rules: vectors are rows on the left and columns on the right, leading dims are batches and broadcast."};

static T addmm(scope *s, T bias, T x, T w)
{
    tensor made;
    int done = x && w && !s->failed && x->a->ndim == 2 ? op_product_short(bias, x, w, false, &made) : 0;
    return done ? f_made(s, done, &made) : f_call(s, &op_addmm, 3, (arg[]){a_t(bias), a_t(x), a_t(w)});
}

/* x as rows, which nobody outside sees: of what has no history a view is made without a call, and joins no family. */
static T as_rows(scope *s, T x, const int64_t *flat)
{
    layout in, out;
    if (x->fn || x->base || array_is_compressed(x->a))
        return f_reshape(s, x, 2, flat);
    array_layout(x->a, &in);
    return view_reshape(&in, 2, flat, &out) == 1 ? scope_array(s, array_alias(x->a, 2, out.size, out.stride, out.offset)) : f_reshape(s, x, 2, flat);
}

/* Contiguous rows of any batch and a bias: one addmm. */
static T linear_rows(scope *s, T x, T w, T bias)
{
    int n = x->a->ndim;
    int64_t size[CT_MAXDIM], flat[2];
    layout_take(size, array_size(x->a), n);
    flat[0] = layout_numel(n - 1, size);
    flat[1] = size[n - 1];
    T y = w && w->a->ndim == 2 ? addmm(s, bias, as_rows(s, x, flat), w) : NULL;
    if (!y)
        return NULL;
    size[n - 1] = array_size(y->a)[1];
    return y->fn ? f_view(s, y, n, size) : unsafe_view(s, y, n, size); /* no view of anything, as by the short way */
}

static int linear_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], bias = c->n_in > 2 ? c->in[2] : NULL;
    const array *weight = c->in[1]->a;
    if (weight->ndim > 2 || weight->ndim == 0)
        return ct_fail(CT_RUNTIME, "linear(): weight must be a matrix or a vector, not of %d dimensions", weight->ndim), scope_fail(s), -1;
    tensor made;
    int done = c->mode == CALL_NEW ? op_product_short(bias, x, c->in[1], true, &made) : 0;
    T w = done ? NULL : f_turned(s, c->in[1]);
    bool rows = bias && w && weight->ndim == 2 && x->a->ndim;
    if (done)
        out[0] = f_made(s, done, &made);
    else if (rows && x->a->ndim == 2)
        out[0] = addmm(s, bias, x, w);
    else if (rows && array_shows_contiguous(x->a))
        out[0] = linear_rows(s, x, w, bias);
    else
        out[0] = bias ? f_add(s, matrix_product(s, x, w), bias) : matrix_product(s, x, w);
    if (out[0] && !bias && x->a->ndim == 1 && weight->ndim == 2 && !out[0]->a->ver->count)
        array_wrote(out[0]->a, "linear"); /* PyTorch multiplies into it */
    return out[0] ? 0 : -1;
}
const op op_linear = {.name = "linear", .sig = "(Tensor input, Tensor weight, Tensor? bias=None)", .flags = OP_FUNCTION, .run = op_compose,
    .compose = linear_compose, .doc = "input @ weight.T + bias for input (..., k), weight (n, k) and bias (n)."};

static int outer_compose(scope *s, call *c, T *out)
{
    T a = c->in[0], b = c->in[1];
    if (a->a->ndim != 1 || b->a->ndim != 1)
        return ct_fail(CT_RUNTIME, "outer: Expected 1-D argument %s, but got %d-D", a->a->ndim != 1 ? "self" : "vec2", a->a->ndim != 1 ? a->a->ndim : b->a->ndim), scope_fail(s), -1;
    return (out[0] = f_mul(s, f_reshape(s, a, 2, (int64_t[]){a->a->numel, 1}), b)) ? 0 : -1;
}
const op op_outer = {.name = "outer", .sig = "(Tensor self, Tensor vec2)", .flags = OP_OUT | OP_OUT_WHOLE, .run = op_compose, .compose = outer_compose,
    .doc = "Products of every element of a vector (m) with every element of another (n): shape (m, n)."};
const op op_ger = {.name = "ger", .sig = "(Tensor self, Tensor vec2)", .flags = OP_OUT | OP_OUT_WHOLE, .run = op_compose, .compose = outer_compose, .doc = "Old name of outer."};
