/* embedding: rows picked, and gradients added to the rows they came from, in one pass each. Args weight, indices, padding_idx,
 * scale_grad_by_freq, sparse. The node's numbers: padding_idx, scale_grad_by_freq. */
#include "base/pool.h"
#include "ops/index.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

enum { BYTES_OF_PIECE = 1 << 16 };

/* Of a row-major array. */
static inline int64_t index_at(const array *a, int64_t i)
{
    return a->dtype == DT_I64 ? ((const int64_t *)array_data(a))[i] : ((const int32_t *)array_data(a))[i];
}
/* Indices count from the front here: a negative one is out of range. */
static int check_rows(const call *c, const array *index, int64_t rows)
{
    for (int64_t i = 0; i < index->numel; i++)
        if (CT_UNLIKELY((uint64_t)index_at(index, i) >= (uint64_t)rows))
            return ct_fail(CT_INDEX, "index out of range in self: %s got index %lld for dimension 0 with size %lld", c->op->name, (long long)index_at(index, i), (long long)rows);
    return 0;
}
static int check_operands(const array *weight, const array *indices)
{
    if (weight->ndim != 2)
        return ct_fail(CT_RUNTIME, "'weight' must be 2-D");
    if (indices->dtype != DT_I64 && indices->dtype != DT_I32)
        return ct_fail(CT_RUNTIME, "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.%sTensor instead "
                       "(while checking arguments for embedding)", dtype_title(indices->dtype));
    return indices->ndim < CT_MAXDIM ? 0 : ct_fail(CT_RUNTIME, "embedding: a result of %d dimensions is more than %d", indices->ndim + 1, CT_MAXDIM);
}
static void result_size(const array *indices, int64_t columns, int64_t *size)
{
    layout_take(size, array_size(indices), indices->ndim);
    size[indices->ndim] = columns;
}

/* ---- forward ------------------------------------------------------------------------------------------------------------ */
static int embedding_rule(call *c)
{
    int64_t size[CT_MAXDIM];
    result_size(c->ia[1], array_size(c->ia[0])[1], size);
    c->work = c->ia[1]->numel * size[c->ia[1]->ndim];
    return out_new(c, 0, c->ia[0]->dtype, c->ia[1]->ndim + 1, size);
}
static void rows_piece(void *of, int64_t begin, int64_t end)
{
    call *c = of;
    const array *w = c->ia[0], *index = c->ia[1];
    int64_t item = dtype_bytes((ct_dtype)w->dtype), columns = array_size(w)[1], row = array_stride(w)[0] * item, strides[2] = {item, array_stride(w)[1] * item};
    char *out = array_data(c->oa[0]), *from = array_data(w);
    bool whole = strides[1] == item || columns == 1;
    for (int64_t i = begin; i < end; i++) {
        char *p[2] = {out + i * columns * item, from + index_at(index, i) * row};
        if (whole)
            memcpy(p[0], p[1], (size_t)(columns * item));
        else
            K->cast[w->dtype][w->dtype](p, strides, columns, NULL);
    }
}
static int64_t rows_a_piece(int64_t columns, ct_dtype d) { return BYTES_OF_PIECE / (columns * dtype_bytes(d) + 1) + 1; }
static void embedding_kernel(call *c)
{
    const array *w = c->ia[0];
    if (c->oa[0]->numel)
        ct_share(c->ia[1]->numel, rows_a_piece(array_size(w)[1], (ct_dtype)w->dtype), POOL_MOST, rows_piece, c);
}

static T f_index_select(scope *s, T x, T index) { return f_call(s, &op_index_select, 3, (arg[]){a_t(x), a_i(0), a_t(index)}); }
static int embedding_compose(scope *s, call *c, T *out)
{
    int64_t size[CT_MAXDIM];
    const array *indices = c->in[1]->a;
    result_size(indices, array_size(c->in[0]->a)[1], size);
    out[0] = f_reshape(s, f_index_select(s, c->in[0], f_reshape(s, c->in[1], 1, &indices->numel)), indices->ndim + 1, size);
    return out[0] ? 0 : -1;
}
/* What repeats is picked once, by the ops that know how. */
static int embedding_run(call *c)
{
    const array *w = c->in[0]->a, *indices = c->in[1]->a;
    if (check_operands(w, indices) < 0 || in_contiguous(c, 1) < 0 || check_rows(c, c->ia[1], array_size(w)[0]) < 0)
        return -1;
    keep_param(c, arg_int(&c->args[2], -1));
    keep_param(c, arg_bool(&c->args[3]));
    return array_repeats(w) || array_repeats(indices) ? op_closed(c) : op_block(c);
}

/* ---- gradient ------------------------------------------------------------------------------------------------------------- */
/* One number a use: 0 for the padding row, 1 or 1 over how often the row was used for the others. */
static T shares(scope *s, node *n, T indices, ct_dtype dtype, int64_t rows)
{
    T share = f_cast(s, f_binary(s, &op_ne, indices, f_weak_int(s, node_params(n)[0])), dtype);
    if (!node_params(n)[1])
        return share;
    T one = f_unary(s, &op_ones_like, share);
    T uses = f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, dtype, 1, &rows)), a_i(0), a_t(indices), a_t(one)});
    return f_div(s, share, f_index_select(s, uses, indices));
}
static bool shared(node *n) { return node_params(n)[0] >= 0 || node_params(n)[1]; }
/* The columns that weight takes; all indices where all its rows are one. */
static uint64_t embedding_takes(node *n)
{
    uint64_t takes = node_takes(n, 0), last = (uint64_t)1 << (n->out_ndim - 1);
    return (takes & 2 ? last : 0) | (takes & 1 && !shared(n) ? last - 1 : 0);
}
/* As ops: for those who differentiate it, for shares, and where what arrives repeats or the weight takes sums. */
static T grad_composed(scope *s, node *n, T g, T indices, ct_dtype dtype, const int64_t *size)
{
    indices = f_reshape(s, indices, 1, &indices->a->numel);
    uint64_t takes = node_takes(n, 0);
    int64_t columns = takes & 2 && node_got(n) >> (n->out_ndim - 1) & 1 ? 1 : size[1], all = indices ? indices->a->numel : 0;
    if (takes & 1 && !shared(n)) { /* all rows are one: the sum of what belongs to any */
        T lines = g->a->ndim < 2 ? f_unsqueeze(s, g, 0) : g;
        return lines ? f_sum_to(s, lines, 2, (int64_t[]){1, columns}) : NULL;
    }
    T rows = f_reshape(s, g, 2, (int64_t[]){all, columns});
    if (shared(n))
        rows = f_mul(s, rows, f_unsqueeze(s, shares(s, n, indices, dtype, size[0]), 1));
    return takes & 1 ? f_sum_dims(s, rows, 1, (int64_t[]){0}, true) :
           f_call(s, &op_index_add, 4, (arg[]){a_t(f_zeros(s, dtype, 2, (int64_t[]){size[0], columns})), a_i(0), a_t(indices), a_t(rows)});
}
static int embedding_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    T indices = node_kept_in(s, n, 1);
    if (!indices)
        return -1;
    if (tape_now.grad || node_params(n)[1] || node_takes(n, 0) || array_repeats(g[0]->a) || array_repeats(indices->a))
        out[0] = grad_composed(s, n, g[0], indices, dtype, size);
    else
        out[0] = f_call(s, &op_embedding_backward, 4, (arg[]){a_t(g[0]), a_t(indices), a_i(size[0]), a_i(node_params(n)[0])});
    return out[0] ? 0 : -1;
}
const op op_embedding = {.name = "embedding", .sig = "(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False)",
    .flags = OP_FUNCTION, .run = embedding_run, .shape = embedding_rule, .kernel = embedding_kernel, .compose = embedding_compose,
    .kind = {"EmbeddingBackward0", embedding_grad, .flags = NK_SHOWS(1), .takes = embedding_takes, .again = "EmbeddingDenseBackwardBackward0"}, .keep = {0, 1},
    .doc = "Rows of weight (n, d) at indices (*), int64 or int32: (*, d). The row padding_idx gets no gradient; scale_grad_by_freq divides a row's gradient by "
           "how often it was used; gradients are dense. IndexError for an index out of range."};

/* ---- args grad, indices, rows, padding_idx ---------------------------------------------------------------------------------- */
static int backward_rule(call *c)
{
    const array *g = c->in[0]->a, *indices = c->in[1]->a;
    int64_t size[2] = {c->args[2].i, g->ndim ? array_size(g)[g->ndim - 1] : 0};
    if (!dtype_is_float((ct_dtype)g->dtype) || (indices->dtype != DT_I64 && indices->dtype != DT_I32) || g->ndim != indices->ndim + 1 || size[0] < 0 ||
        !layout_same(array_size(g), array_size(indices), indices->ndim))
        return ct_fail(CT_RUNTIME, "embedding_backward(): takes floats, a row of them for each index, and the number of rows");
    if (in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0 || check_rows(c, c->ia[1], size[0]) < 0)
        return -1;
    c->work = g->numel;
    return out_new(c, 0, (ct_dtype)g->dtype, 2, size);
}
/* In the order of the indices: equal places round as PyTorch's do. */
static void backward_kernel(call *c)
{
    const array *index = c->ia[1];
    array *to = c->oa[0];
    int64_t item = dtype_bytes((ct_dtype)to->dtype), columns = array_size(to)[1], strides[3] = {item, item, item};
    char *g = array_data(c->ia[0]), *out = array_data(to);
    memset(out, 0, (size_t)(to->numel * item));
    for (int64_t i = 0; i < index->numel; i++, g += columns * item) {
        int64_t at = index_at(index, i);
        char *row = out + at * columns * item;
        if (at != c->args[3].i)
            K->binary[B_add][to->dtype]((char *[]){row, row, g}, strides, columns, NULL);
    }
}
const op op_embedding_backward = {.name = "embedding_backward", .sig = "(Tensor grad, Tensor indices, int rows, int padding_idx)",
    .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block, .shape = backward_rule, .kernel = backward_kernel,
    .doc = "Gradient of embedding: each row of grad added to the row of its index, but for padding_idx. Not differentiable itself."};
