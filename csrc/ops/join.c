/* Joining: cat, stack, block_diag. */
#include "base/pool.h"
#include "ops/dispatch.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* What a node of cat keeps: where along the dimension each input begins. Inputs without edges have no other record. */
typedef struct starts { size_t bytes; int64_t dim, at[]; } starts;

static void release_starts(node *n)
{
    starts *p = n->payload;
    if (p)
        ct_free(p, p->bytes);
}

/* Legacy of PyTorch: a 1-d tensor without elements fits everywhere and adds nothing. */
static bool is_nothing(const array *a) { return a->ndim == 1 && array_size(a)[0] == 0; }

static int promote_inputs(call *c)
{
    promotion p = promotion_start();
    for (uint32_t i = 0; i < c->n_in; i++)
        promotion_add(&p, c->in[i]->a);
    return (int)promotion_result(&p);
}

/* ---- cat ---------------------------------------------------------------------------------------------------- */
static int check_cat_input(const array *first, const array *a, uint32_t i, int dim)
{
    if (a->ndim != first->ndim)
        return ct_fail(CT_RUNTIME, "Tensors must have same number of dimensions: got %d and %d", first->ndim, a->ndim);
    for (int d = 0; d < a->ndim; d++)
        if (d != dim && array_size(a)[d] != array_size(first)[d])
            return ct_fail(CT_RUNTIME, "Sizes of tensors must match except in dimension %d. Expected size %lld but got size %lld for tensor number %u in the list.",
                           dim, (long long)array_size(first)[d], (long long)array_size(a)[d], i);
    return 0;
}

/* channels_last when every input is, if with gaps; row-major otherwise, and where `plain`, of what may be read as either. */
static bool all_channels_last(const call *c, bool plain)
{
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->in[i]->a;
        if ((plain && array_shows_contiguous(a)) || !layout_like_channels_last(a->ndim, array_size(a), array_visible_stride(a)))
            return false;
    }
    return true;
}

/* Is every input the same elements of the same memory? */
static bool one_piece(const call *c)
{
    const array *a = c->in[0]->a;
    for (uint32_t i = 1; i < c->n_in; i++) {
        const array *b = c->in[i]->a;
        if (b != a && (b->st != a->st || array_data(b) != array_data(a) || b->dtype != a->dtype || b->ndim != a->ndim ||
                       memcmp(array_stride(a), array_stride(b), a->ndim * sizeof(int64_t)) || !array_same_size(a, b)))
            return false;
    }
    return true;
}

static int refuse_cast(const call *c, ct_dtype dtype)
{
    if (c->mode != CALL_OUT || dtype_can_cast(dtype, c->out_given[0]->a->dtype))
        return 0;
    return ct_fail(CT_TYPE, "torch.cat(): input types can't be cast to the desired output type %s", dtype_title(c->out_given[0]->a->dtype));
}

/* Dims along which all pieces that have elements repeat; the one that joins them only where it has one piece, or all are one. */
static uint64_t cat_once(const call *c, const layout *l, int dim)
{
    uint64_t once = ~(uint64_t)0;
    uint32_t real = 0;
    for (uint32_t i = 0; i < c->n_in; i++)
        if (!is_nothing(c->in[i]->a) && array_size(c->in[i]->a)[dim]) {
            once &= repeated_dims(1, c->ia + i, l->ndim, l->size);
            real++;
        }
    return once & ~(real <= 1 || one_piece(c) ? 0 : (uint64_t)1 << dim);
}

/* Pieces that slide alike and lie along another dim: their lines are joined. */
static void cat_slides(call *c, const array *first, int dim)
{
    call_slides(c, first->ndim, array_size(first));
    if (c->slide >> dim & 1 || c->mode != CALL_NEW)
        c->slide = 0;
    for (uint32_t i = 0; i < c->n_in && c->slide; i++)
        if (is_nothing(c->in[i]->a) || (array_size(c->ia[i])[dim] != 1 && !array_stride(c->ia[i])[dim]))
            c->slide = 0;
}

static int cat_out(call *c, const array *first, int dim, int64_t length)
{
    layout l;
    array_layout(first, &l);
    l.size[dim] = length;
    ct_dtype dtype = (ct_dtype)promote_inputs(c);
    if (refuse_cast(c, dtype) < 0)
        return -1;
    c->once_out = cat_once(c, &l, dim);
    cat_slides(c, first, dim);
    if (!all_channels_last(c, false))
        return out_new(c, 0, dtype, l.ndim, l.size);
    return layout_channels_last("cat", l.ndim, l.ndim, l.size, l.stride) < 0 ? -1 : out_strided(c, 0, dtype, &l);
}

static const array *first_real(const call *c)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        if (!is_nothing(c->in[i]->a))
            return c->in[i]->a;
    return c->in[0]->a;
}

static int cat_shape(call *c)
{
    int dim;
    int64_t length = 0;
    if (c->n_in == 0)
        return ct_fail(CT_VALUE, "torch.cat(): expected a non-empty list of Tensors");
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i]->a->ndim == 0)
            return ct_fail(CT_RUNTIME, "zero-dimensional tensor (at position %u) cannot be concatenated", i);
    const array *first = first_real(c);
    if (layout_wrap_dim("cat", is_nothing(first) ? 0 : c->args[1].i, first->ndim, &dim) < 0)
        return -1;
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->in[i]->a;
        if (is_nothing(a))
            continue;
        if (check_cat_input(first, a, i, dim) < 0)
            return -1;
        if (!ct_add(length, array_size(a)[dim], &length))
            return ct_fail(CT_RUNTIME, "cat(): the sizes of dimension %d overflow when added up", dim);
    }
    keep_param(c, dim);
    if (c->mode == CALL_OUT && check_no_overlap(c, c->out_given[0]->a) < 0)
        return -1;
    if (cat_out(c, first, dim, length) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    c->effective = c->oa[0]->numel;
    return 0;
}

/* Blocks that lie whole, of an inner dimension: row by row of the result, which is then written from its start to its end. */
enum { LEAST_BLOCK = 256, BLOCKS_OF_PIECE = 1 << 16 /* bytes */ };
static int64_t block_bytes(const array *a, int dim)
{
    int64_t bytes = dtype_bytes((ct_dtype)a->dtype);
    for (int d = dim; d < a->ndim; d++)
        bytes *= array_size(a)[d];
    return bytes;
}
static bool lies_in_blocks(const call *c, int dim)
{
    const array *out = c->oa[0];
    int64_t bytes = 0;
    bool whole = dim > 0 && array_is_contiguous(out);
    for (uint32_t i = 0; whole && i < c->n_in; i++) {
        const array *a = c->ia[i];
        int64_t block = is_nothing(a) ? 0 : block_bytes(a, dim);
        whole = !block || (a->dtype == out->dtype && array_is_contiguous(a) && block >= LEAST_BLOCK);
        bytes += block;
    }
    return whole && bytes == block_bytes(out, dim) && bytes;
}
static void cat_rows(void *of, int64_t row, int64_t end)
{
    const call *c = of;
    int dim = (int)c->param[0];
    char *to = array_data(c->oa[0]) + row * block_bytes(c->oa[0], dim);
    for (; row < end; row++)
        for (uint32_t i = 0; i < c->n_in; i++) {
            int64_t block = is_nothing(c->ia[i]) ? 0 : block_bytes(c->ia[i], dim);
            memcpy(to, array_data(c->ia[i]) + row * block, (size_t)block);
            to += block;
        }
}

static void cat_kernel(call *c)
{
    layout whole, part;
    int64_t at = 0;
    int dim = (int)c->param[0];
    array_layout(c->oa[0], &whole);
    if (lies_in_blocks(c, dim)) {
        int64_t bytes = block_bytes(c->oa[0], dim), rows = c->oa[0]->numel * dtype_bytes((ct_dtype)c->oa[0]->dtype) / bytes;
        ct_share(rows, BLOCKS_OF_PIECE / bytes + 1, POOL_MOST, cat_rows, c);
        return;
    }
    for (uint32_t i = 0; i < c->n_in && at < whole.size[dim]; i++) { /* one index along dim where all pieces are one */
        const array *a = c->ia[i];
        if (is_nothing(a) || array_size(a)[dim] == 0)
            continue;
        int64_t length = whole.size[dim] == 1 ? 1 : array_size(a)[dim];
        view_slice(&whole, dim, at, at + length, 1, &part);
        array_convert_at(a, c->oa[0], &part);
        at += length;
    }
}

static int keep_starts(call *c, node *n)
{
    size_t bytes = sizeof(starts) + c->n_in * sizeof(int64_t);
    starts *p = ct_alloc(bytes);
    if (!p)
        return -1;
    p->bytes = bytes;
    p->dim = c->param[0];
    int64_t at = 0;
    for (uint32_t i = 0; i < c->n_in; i++) {
        p->at[i] = at;
        at += is_nothing(c->in[i]->a) ? 0 : array_size(c->in[i]->a)[p->dim];
    }
    n->payload = p;
    return 0;
}

static int run_cat(call *c)
{
    if (op_block(c) < 0)
        return -1;
    return c->out[0].fn ? keep_starts(c, c->out[0].fn) : 0;
}

/* What all pieces take, where they take it slid in one way (but for the dims `joined`, which are kept) and slide along none of those; else 0. */
static uint64_t pieces_slid(node *n, uint64_t joined)
{
    uint64_t slid = 0;
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (!node_needs(n, i))
            continue;
        uint64_t takes = node_takes_slid(n, i);
        if (!takes || slid_dims(takes) & joined || (slid && (takes | joined) != slid))
            return 0;
        slid = takes | joined;
    }
    return slid;
}
/* One piece of the lines. */
static T piece_of_lines(scope *s, node *n, uint32_t i, T g, int64_t at, int64_t many)
{
    const starts *p = n->payload;
    int64_t dim = slid_place(node_got_slid(n), p->dim);
    if (!(slid_kept(node_got_slid(n)) >> p->dim & 1))
        return g;
    g = f_call(s, &op_narrow, 4, (arg[]){a_t(g), a_i(dim), a_i(at), a_i(many)});
    return slid_kept(node_takes_slid(n, i)) >> p->dim & 1 ? g : f_sum_dims(s, g, 1, &dim, false);
}
static int cat_grad(scope *s, node *n, T const *g, T *out)
{
    const starts *p = n->payload;
    for (uint32_t i = 0; i < n->n_in && !s->failed; i++) {
        int ndim;
        ct_dtype dtype;
        if (!node_needs(n, i))
            continue;
        const int64_t *size = node_in_size(n, i, &ndim, &dtype);
        if (ndim == 1 && size[0] == 0)
            out[i] = f_zeros(s, g[0]->a->dtype, ndim, size);
        else if (node_got_slid(n))
            out[i] = piece_of_lines(s, n, i, g[0], p->at[i], size[p->dim]);
        else
            out[i] = f_call(s, &op_narrow, 4, (arg[]){a_t(g[0]), a_i(p->dim), a_i(p->at[i]), a_i(size[p->dim])});
    }
    return s->failed ? -1 : 0;
}
/* What all pieces take, but for the dim along which they lie. */
static uint64_t cat_takes(node *n)
{
    const starts *p = n->payload;
    int ndim;
    ct_dtype dtype;
    uint64_t takes = p ? ~((uint64_t)1 << p->dim) : 0, slid = p ? pieces_slid(n, ~takes) : 0;
    if (slid)
        return slid;
    for (uint32_t i = 0; i < n->n_in && takes; i++)
        if (node_needs(n, i)) {
            node_in_size(n, i, &ndim, &dtype);
            takes &= ndim == n->out_ndim ? node_takes(n, i) : 0;
        }
    return takes;
}
#define CAT(id)                                                                                                                  \
    const op op_##id = {.name = #id, .sig = "(Tensor[] tensors, int dim=0)", .flags = OP_FUNCTION | OP_OUT, .run = run_cat,      \
        .shape = cat_shape, .kernel = cat_kernel, .kind = {"CatBackward0", cat_grad, release_starts, .takes = cat_takes},                            \
        .doc = "The tensors one after the other along an existing dimension; the other sizes are equal, dtypes promote. 1-d tensors " \
               "without elements are passed over. ValueError for an empty list, RuntimeError for shapes that do not fit."};
CAT(cat)
CAT(concat)
CAT(concatenate)

/* ---- stack -------------------------------------------------------------------------------------------------- */
/* Lines are stacked, of inputs that have the new dim as 1. */
static int stack_slides(call *c, const array *first, int dim)
{
    layout held, wide;
    call_slides(c, first->ndim, array_size(first));
    c->slide = c->mode == CALL_NEW ? dims_insert(c->slide, dim) : 0;
    c->slide_back = c->slide_out = dims_insert(c->slide_back, dim);
    for (uint32_t i = 0; i < c->n_in && c->slide; i++) {
        array_held_layout(c->ia[i], &held);
        if (view_unsqueeze(&held, dim, &wide) < 0 || in_view(c, i, &wide) < 0)
            return -1;
    }
    return 0;
}

/* In memory it is what cat along dim would make, where there is such a dim. */
static int stack_out(call *c, ct_dtype dtype, const layout *in, int dim, layout *l)
{
    layout joined = *in;
    if (dim == in->ndim || !all_channels_last(c, true) || !ct_mul(in->size[dim], c->n_in, &joined.size[dim]))
        return out_new(c, 0, dtype, l->ndim, l->size);
    if (layout_channels_last("stack", joined.ndim, joined.ndim, joined.size, joined.stride) < 0)
        return -1;
    for (int d = 0; d < l->ndim; d++)
        l->stride[d] = d == dim ? joined.stride[dim] * in->size[dim] : joined.stride[d > dim ? d - 1 : d];
    return out_strided(c, 0, dtype, l);
}
static int stack_shape(call *c)
{
    char one[200], two[200];
    int dim;
    layout l;
    if (c->n_in == 0)
        return ct_fail(CT_RUNTIME, "stack expects a non-empty TensorList");
    const array *first = c->in[0]->a;
    if (layout_wrap_dim("stack", c->args[1].i, first->ndim + 1, &dim) < 0)
        return -1;
    for (uint32_t i = 1; i < c->n_in; i++)
        if (!array_same_size(first, c->in[i]->a))
            return ct_fail(CT_RUNTIME, "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %u",
                           layout_text(first->ndim, array_size(first), one, sizeof one),
                           layout_text(c->in[i]->a->ndim, array_size(c->in[i]->a), two, sizeof two), i);
    layout in;
    array_layout(first, &in);
    if (view_unsqueeze(&in, dim, &l) < 0)
        return -1;
    l.size[dim] = c->n_in;
    keep_param(c, dim);
    if (c->mode == CALL_OUT && check_no_overlap(c, c->out_given[0]->a) < 0)
        return -1;
    c->once_out = dims_insert(repeated_dims(c->n_in, c->ia, first->ndim, array_size(first)), dim) | (uint64_t)one_piece(c) << dim;
    ct_dtype dtype = (ct_dtype)promote_inputs(c);
    if (stack_slides(c, first, dim) < 0)
        return -1;
    if (refuse_cast(c, dtype) < 0 || stack_out(c, dtype, &in, dim, &l) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    c->effective = c->oa[0]->numel;
    return 0;
}
static void stack_kernel(call *c)
{
    layout whole, part;
    array_layout(c->oa[0], &whole);
    for (uint32_t i = 0; i < c->n_in && i < whole.size[c->param[0]]; i++) { /* one index along dim where all pieces are one */
        if (c->ia[i]->ndim == whole.ndim)
            view_slice(&whole, c->param[0], i, i + 1, 1, &part);
        else
            view_select(&whole, c->param[0], i, &part);
        array_convert_at(c->ia[i], c->oa[0], &part);
    }
}
/* The new dim, where every piece is the same vector: the sum of all parts goes to the first. (The parts of more dims are added in the
 * memory order that the gradient happens to have, which a sum would not keep.) */
static uint64_t stack_takes(node *n)
{
    const edge *e = node_edges(n);
    uint64_t slid = pieces_slid(n, 0);
    int64_t dim = node_params(n)[0];
    if (slid)
        return slid_of(n->out_ndim, dims_insert(slid_dims(slid), dim), dims_insert(slid_back(slid), dim), dims_insert(slid_kept(slid), dim) | (uint64_t)1 << dim);
    if (n->out_ndim > 2)
        return 0;
    for (uint32_t i = 1; i < n->n_in; i++)
        if (e[i].fn != e[0].fn || e[i].nr != e[0].nr)
            return 0;
    return n->n_in > 1 && e[0].fn ? (uint64_t)1 << node_params(n)[0] : 0;
}
static int stack_grad(scope *s, node *n, T const *g, T *out)
{
    uint64_t slid = node_got_slid(n);
    int64_t dim = slid ? slid_place(slid, node_params(n)[0]) : node_params(n)[0];
    if (slid && !(slid_kept(slid) >> node_params(n)[0] & 1)) /* one line for all */
        return (out[0] = g[0]) ? 0 : -1;
    if (node_got(n))
        return (out[0] = f_call(s, &op_select, 3, (arg[]){a_t(g[0]), a_i(node_params(n)[0]), a_i(0)})) ? 0 : -1;
    for (uint32_t i = 0; i < n->n_in && !s->failed; i++)
        if (node_needs(n, i))
            out[i] = f_call(s, &op_select, 3, (arg[]){a_t(g[0]), a_i(dim), a_i(i)});
    return s->failed ? -1 : 0;
}
const op op_stack = {.name = "stack", .sig = "(Tensor[] tensors, int dim=0)", .flags = OP_FUNCTION | OP_OUT, .run = op_block, .shape = stack_shape,
    .kernel = stack_kernel, .kind = {"StackBackward0", stack_grad, .flags = NK_SPREADS, .takes = stack_takes},
    .doc = "The tensors, all of one shape, side by side along a new dimension dim; dtypes promote. RuntimeError for an empty list or other shapes."};

/* ---- block_diag ----------------------------------------------------------------------------------------------- */
static int64_t rows_of(int ndim, const int64_t *size) { return ndim == 2 ? size[0] : 1; }
static int64_t columns_of(int ndim, const int64_t *size) { return ndim ? size[ndim - 1] : 1; }

static int block_diag_shape(call *c)
{
    int64_t size[2] = {0, 0};
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->in[i]->a;
        if (a->ndim > 2)
            return ct_fail(CT_RUNTIME, "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input %u has %d dimensions", i, a->ndim);
        if (!ct_add(size[0], rows_of(a->ndim, array_size(a)), &size[0]) || !ct_add(size[1], columns_of(a->ndim, array_size(a)), &size[1]))
            return ct_fail(CT_RUNTIME, "block_diag: the sizes overflow when added up");
    }
    if (c->n_in == 0)
        size[0] = 1;
    if (out_new(c, 0, c->n_in ? (ct_dtype)promote_inputs(c) : dtype_default(), 2, size) < 0)
        return -1;
    c->work = c->oa[0]->numel;
    return 0;
}
static void block_diag_kernel(call *c)
{
    layout whole, rows, part;
    array *y = c->oa[0];
    int64_t row = 0, column = 0;
    array_layout(y, &whole);
    memset(array_data(y), 0, (size_t)(y->numel * dtype_bytes(y->dtype)));
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->ia[i];
        int64_t m = rows_of(a->ndim, array_size(a)), n = columns_of(a->ndim, array_size(a));
        view_slice(&whole, 0, row, row + m, 1, &rows);
        view_slice(&rows, 1, column, column + n, 1, &part);
        array_convert_at(a, y, &part);
        row += m;
        column += n;
    }
}
static int run_block_diag(call *c)
{
    if (op_block(c) < 0)
        return -1;
    node *n = c->out[0].fn;
    starts *p = n ? ct_alloc(sizeof *p + 2 * c->n_in * sizeof(int64_t)) : NULL;
    if (!p)
        return n ? -1 : 0;
    *p = (starts){.bytes = sizeof *p + 2 * c->n_in * sizeof(int64_t)};
    int64_t row = 0, column = 0;
    for (uint32_t i = 0; i < c->n_in; i++) {
        const array *a = c->in[i]->a;
        p->at[2 * i] = row;
        p->at[2 * i + 1] = column;
        row += rows_of(a->ndim, array_size(a));
        column += columns_of(a->ndim, array_size(a));
    }
    n->payload = p;
    return 0;
}
static int block_diag_grad(scope *s, node *n, T const *g, T *out)
{
    const starts *p = n->payload;
    for (uint32_t i = 0; i < n->n_in && !s->failed; i++) {
        int ndim;
        ct_dtype dtype;
        if (!node_needs(n, i))
            continue;
        const int64_t *size = node_in_size(n, i, &ndim, &dtype);
        T rows = f_call(s, &op_narrow, 4, (arg[]){a_t(g[0]), a_i(0), a_i(p->at[2 * i]), a_i(rows_of(ndim, size))});
        T block = f_call(s, &op_narrow, 4, (arg[]){a_t(rows), a_i(1), a_i(p->at[2 * i + 1]), a_i(columns_of(ndim, size))});
        out[i] = f_reshape(s, block, ndim, size);
    }
    return s->failed ? -1 : 0;
}
const op op_block_diag = {.name = "block_diag", .sig = "(Tensor... tensors)", .flags = OP_FUNCTION, .run = run_block_diag, .shape = block_diag_shape,
    .kernel = block_diag_kernel, .kind = {"BlockDiagBackward0", block_diag_grad, release_starts},
    .doc = "Zeros with the matrices (1-d and 0-d tensors count as rows) along the diagonal; dtypes promote."};
