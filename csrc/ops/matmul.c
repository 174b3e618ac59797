/* Products: mm, bmm, mv, dot, addmm, and what is composed of them (matmul, linear, outer, ...). */
#include "base/blas.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <string.h>

static const char *c_name(ct_dtype d)
{
    static const char *const names[DT_COUNT] = {"bool", "unsigned char", "int", "long", "float", "double"};
    return names[d];
}

static int same_dtype(const call *c, const array *a, const array *b)
{
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "expected m1 and m2 to have the same dtype, but got: %s != %s", c_name(a->dtype), c_name(b->dtype));
    return K->gemm[a->dtype] ? 0 : ct_fail(CT_NOTIMPL, "\"%s\" not implemented for 'Bool'", c->op->name);
}

static int refuse_shapes(const array *a, const array *b)
{
    const int64_t *x = array_size(a), *y = array_size(b);
    return ct_fail(CT_RUNTIME, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)", (long long)x[a->ndim - 2],
                   (long long)x[a->ndim - 1], (long long)y[b->ndim - 2], (long long)y[b->ndim - 1]);
}

/* The last two dims of three arrays, from their first elements. */
static void set_operands(k_gemm *g, const array *a, const array *b, const array *y)
{
    const int64_t *sa = array_stride(a) + a->ndim - 2, *sb = array_stride(b) + b->ndim - 2, *sy = array_stride(y) + y->ndim - 2;
    *g = (k_gemm){.m = array_size(y)[y->ndim - 2], .n = array_size(y)[y->ndim - 1], .k = array_size(a)[a->ndim - 1], .a = array_data(a), .b = array_data(b),
                  .c = array_data(y), .a_row = sa[0], .a_col = sa[1], .b_row = sb[0], .b_col = sb[1], .c_row = sy[0]};
}

static void plan_work(call *c, ct_dtype dtype, int64_t batch, const k_gemm *g)
{
    double steps = (double)batch * (double)g->m * (double)g->n * (double)(g->k ? g->k : 1);
    c->work = steps < 9e18 ? (int64_t)steps : INT64_MAX;
    c->scratch_bytes = k_gemm_scratch(dtype, g);
    if (k_gemm_wants_blas(dtype, g))
        ct_blas_wanted();
}

static int plan_matrices(call *c, const array *a, const array *b, int ndim, const int64_t *size)
{
    k_gemm g;
    if (out_new(c, 0, a->dtype, ndim, size) < 0)
        return -1;
    set_operands(&g, a, b, c->oa[0]);
    plan_work(c, a->dtype, ndim == 3 ? size[0] : 1, &g);
    return 0;
}

/* Dims of the product that repeat: rows with a's, columns with b's, batches with both. */
static uint64_t product_once(const array *a, const array *b)
{
    int last = a->ndim - 1;
    uint64_t rows = (uint64_t)1 << (last - 1), columns = (uint64_t)1 << last, batch = rows - 1, x = still_dims(a, a->ndim), y = still_dims(b, b->ndim);
    return (x & y & batch) | (x & rows) | (y & columns);
}

/* ---- mm ------------------------------------------------------------------------------------------------------ */
static int mm_rule(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    if (a->ndim != 2)
        return ct_fail(CT_RUNTIME, "self must be a matrix: mm got a tensor of %d dimensions", a->ndim);
    if (b->ndim != 2)
        return ct_fail(CT_RUNTIME, "mat2 must be a matrix: mm got a tensor of %d dimensions", b->ndim);
    if (array_size(a)[1] != array_size(b)[0])
        return refuse_shapes(a, b);
    if (same_dtype(c, a, b) < 0)
        return -1;
    int64_t size[2] = {array_size(a)[0], array_size(b)[1]};
    c->once_out = product_once(a, b);
    return plan_matrices(c, a, b, 2, size);
}
static void mm_kernel(call *c)
{
    k_gemm g;
    set_operands(&g, c->ia[0], c->ia[1], c->oa[0]);
    g.scratch = c->scratch;
    k_gemm_run(c->oa[0]->dtype, &g);
}
/* The gradient of input i as a product, summed in the dims that the input takes before anything is multiplied. */
static T reduced_product(scope *s, node *n, uint32_t i, const op *o, T left, T right)
{
    if (!left || !right)
        return NULL;
    int64_t columns = left->a->ndim - 1, rows = columns - 1;
    uint64_t takes = node_takes(n, i);
    if (takes >> rows & 1)
        left = f_sum_dims(s, left, 1, &rows, true);
    if (takes >> columns & 1)
        right = f_sum_dims(s, right, 1, &columns, true);
    return f_binary(s, o, left, right);
}
static int mm_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = reduced_product(s, n, 0, &op_mm, g[0], f_transpose(s, node_kept_in(s, n, 1), 0, 1));
    if (node_needs(n, 1))
        out[1] = reduced_product(s, n, 1, &op_mm, f_transpose(s, node_kept_in(s, n, 0), 0, 1), g[0]);
    return 0;
}
const op op_mm = {.name = "mm", .sig = "(Tensor self, Tensor mat2)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = mm_rule, .kernel = mm_kernel,
    .kind = {"MmBackward0", mm_grad}, .keep = {2, 1},
    .doc = "Product of two matrices, (m, k) and (k, n) to (m, n), of one dtype. RuntimeError for other shapes; nothing broadcasts."};

/* ---- bmm ------------------------------------------------------------------------------------------------------ */
static int bmm_rule(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    if (a->ndim != 3 || b->ndim != 3)
        return ct_fail(CT_RUNTIME, "batch1 must be a 3D tensor: bmm takes two tensors of 3 dimensions, got %d and %d", a->ndim, b->ndim);
    const int64_t *x = array_size(a), *y = array_size(b);
    if (x[0] != y[0] || x[2] != y[1])
        return ct_fail(CT_RUNTIME, "Expected size for first two dimensions of batch2 tensor to be: [%lld, %lld] but got: [%lld, %lld].",
                       (long long)x[0], (long long)x[2], (long long)y[0], (long long)y[1]);
    if (same_dtype(c, a, b) < 0)
        return -1;
    c->once_out = product_once(a, b);
    return plan_matrices(c, a, b, 3, (int64_t[]){x[0], x[1], y[2]});
}
static void bmm_kernel(call *c)
{
    const array *a = c->ia[0], *b = c->ia[1];
    array *y = c->oa[0];
    int64_t item = dtype_bytes(y->dtype);
    k_gemm g;
    set_operands(&g, a, b, y);
    g.scratch = c->scratch;
    for (int64_t i = 0; i < array_size(y)[0]; i++) {
        g.a = array_data(a) + i * array_stride(a)[0] * item;
        g.b = array_data(b) + i * array_stride(b)[0] * item;
        g.c = array_data(y) + i * array_stride(y)[0] * item;
        k_gemm_run(y->dtype, &g);
    }
}
static int bmm_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = reduced_product(s, n, 0, &op_bmm, g[0], f_transpose(s, node_kept_in(s, n, 1), 1, 2));
    if (node_needs(n, 1))
        out[1] = reduced_product(s, n, 1, &op_bmm, f_transpose(s, node_kept_in(s, n, 0), 1, 2), g[0]);
    return 0;
}
const op op_bmm = {.name = "bmm", .sig = "(Tensor self, Tensor mat2)", .flags = OP_OUT, .run = op_block, .shape = bmm_rule, .kernel = bmm_kernel,
    .kind = {"BmmBackward0", bmm_grad}, .keep = {2, 1}, .doc = "Products of two batches of matrices, (b, m, k) and (b, k, n) to (b, m, n)."};

/* ---- mv ------------------------------------------------------------------------------------------------------- */
static void set_mv(k_gemm *g, const array *a, const array *v)
{
    const int64_t *size = array_size(a), *stride = array_stride(a);
    *g = (k_gemm){.m = size[0], .n = 1, .k = size[1], .a = array_data(a), .b = array_data(v), .a_row = stride[0], .a_col = stride[1],
                  .b_row = array_stride(v)[0], .c_row = 1};
}
static int mv_rule(call *c)
{
    const array *a = c->in[0]->a, *v = c->in[1]->a;
    if (a->ndim != 2 || v->ndim != 1)
        return ct_fail(CT_RUNTIME, "vector + matrix @ vector expected, got %d, %d, %d: mv takes a matrix and a vector", 1, a->ndim, v->ndim);
    if (array_size(a)[1] != array_size(v)[0])
        return ct_fail(CT_RUNTIME, "size mismatch, got input (%lld), mat (%lldx%lld), vec (%lld)", (long long)array_size(a)[0],
                       (long long)array_size(a)[0], (long long)array_size(a)[1], (long long)array_size(v)[0]);
    if (same_dtype(c, a, v) < 0)
        return -1;
    c->once_out = still_dims(a, 2) & 1;
    k_gemm g;
    set_mv(&g, a, v);
    plan_work(c, a->dtype, 1, &g);
    return out_new(c, 0, a->dtype, 1, array_size(a));
}
static void mv_kernel(call *c)
{
    k_gemm g;
    set_mv(&g, c->ia[0], c->ia[1]);
    g.m = array_size(c->oa[0])[0];
    g.c = array_data(c->oa[0]);
    g.scratch = c->scratch;
    k_gemm_run(c->oa[0]->dtype, &g);
}
static T outer(scope *s, T a, T b) { return f_mul(s, f_unsqueeze(s, a, 1), f_unsqueeze(s, b, 0)); }
static int mv_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = outer(s, g[0], node_kept_in(s, n, 1));
    if (node_needs(n, 1))
        out[1] = f_binary(s, &op_mv, f_transpose(s, node_kept_in(s, n, 0), 0, 1), g[0]);
    return 0;
}
const op op_mv = {.name = "mv", .sig = "(Tensor self, Tensor vec)", .flags = OP_OUT, .run = op_block, .shape = mv_rule, .kernel = mv_kernel,
    .kind = {"MvBackward0", mv_grad}, .keep = {2, 1}, .doc = "Product of a matrix (m, k) and a vector (k)."};

/* ---- dot ------------------------------------------------------------------------------------------------------- */
static void set_dot(k_gemm *g, const array *a, const array *b)
{
    *g = (k_gemm){.m = 1, .n = 1, .k = a->numel, .a = array_data(a), .b = array_data(b), .a_col = array_stride(a)[0], .b_row = array_stride(b)[0], .c_row = 1};
}
static int dot_rule(call *c)
{
    static const char *const titles[DT_COUNT] = {"Bool", "Byte", "Int", "Long", "Float", "Double"};
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    if (a->ndim != 1 || b->ndim != 1)
        return ct_fail(CT_RUNTIME, "1D tensors expected, but got %dD and %dD tensors", a->ndim, b->ndim);
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "dot : expected both vectors to have same dtype, but found %s and %s", titles[a->dtype], titles[b->dtype]);
    if (a->numel != b->numel)
        return ct_fail(CT_RUNTIME, "inconsistent tensor size, expected tensor [%lld] and src [%lld] to have the same number of elements, but got %lld and %lld elements respectively",
                       (long long)a->numel, (long long)b->numel, (long long)a->numel, (long long)b->numel);
    if (same_dtype(c, a, b) < 0)
        return -1;
    k_gemm g;
    set_dot(&g, a, b);
    plan_work(c, a->dtype, 1, &g);
    return out_new(c, 0, a->dtype, 0, NULL);
}
static void dot_kernel(call *c)
{
    k_gemm g;
    set_dot(&g, c->ia[0], c->ia[1]);
    g.c = array_data(c->oa[0]);
    g.scratch = c->scratch;
    k_gemm_run(c->oa[0]->dtype, &g);
}
static int dot_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_mul(s, g[0], node_kept_in(s, n, 1));
    if (node_needs(n, 1))
        out[1] = f_mul(s, g[0], node_kept_in(s, n, 0));
    return 0;
}
const op op_dot = {.name = "dot", .sig = "(Tensor self, Tensor tensor)", .flags = OP_OUT, .run = op_block, .shape = dot_rule, .kernel = dot_kernel,
    .kind = {"DotBackward0", dot_grad}, .keep = {2, 1}, .doc = "Sum of the products of two vectors of equal length."};
const op op_vdot = {.name = "vdot", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT, .run = op_block, .shape = dot_rule, .kernel = dot_kernel,
    .kind = {"VdotBackward0", dot_grad}, .keep = {2, 1}, .doc = "dot; conjugation does nothing in real dtypes."};

/* ---- addmm: args self, mat1, mat2, beta, alpha ------------------------------------------------------------------- */
static double factor(const call *c, int i) { return arg_given(&c->args[i]) ? arg_double(&c->args[i]) : 1; }

static void scale(array *y, double by);
/* ia[i] becomes `by` times itself, where that changes anything. */
static int scale_input(call *c, uint32_t i, double by)
{
    if (by == 1 || by == 0)
        return 0;
    if (in_copy(c, i) < 0)
        return -1;
    scale((array *)c->ia[i], by);
    return 0;
}

static int addmm_rule(call *c)
{
    const array *a = c->in[1]->a, *b = c->in[2]->a;
    if (a->ndim != 2 || b->ndim != 2)
        return ct_fail(CT_RUNTIME, "mat1 must be a matrix, got %d-D tensor: addmm takes two matrices, the other has %d dimensions", a->ndim, b->ndim);
    if (array_size(a)[1] != array_size(b)[0])
        return refuse_shapes(a, b);
    if (same_dtype(c, a, b) < 0)
        return -1;
    if (c->in[0]->a->dtype != a->dtype)
        return ct_fail(CT_RUNTIME, "self and mat2 must have the same dtype, but got %s and %s", c_name(c->in[0]->a->dtype), c_name(b->dtype));
    layout l, wide;
    int64_t size[2] = {array_size(a)[0], array_size(b)[1]};
    array_layout(c->in[0]->a, &l);
    if (view_expand(&l, 2, size, &wide) < 0 || scale_input(c, 0, factor(c, 3)) < 0)
        return -1;
    for (int i = 3; i < 5; i++) {
        double f = factor(c, i);
        int64_t bits;
        memcpy(&bits, &f, sizeof bits);
        keep_param(c, bits);
    }
    c->once_out = product_once(a, b) & still_dims(c->ia[0], 2);
    return plan_matrices(c, a, b, 2, size);
}
static void scale(array *y, double by)
{
    double number;
    k_nd nd;
    if (by == 1)
        return;
    dtype_store_f(&number, y->dtype, by);
    array_operands(&nd, 3, y->ndim, array_size(y), (const array *[]){y, y, y});
    nd.data[2] = (char *)&number;
    memset(nd.stride[2], 0, y->ndim * sizeof(int64_t));
    k_walk(&nd, K->binary[B_mul][y->dtype], NULL);
}
static void add(array *y, const array *x)
{
    k_nd nd;
    array_operands(&nd, 3, y->ndim, array_size(y), (const array *[]){y, y, x});
    k_walk(&nd, K->binary[B_add][y->dtype], NULL);
}
static void addmm_kernel(call *c)
{
    k_gemm g;
    set_operands(&g, c->ia[1], c->ia[2], c->oa[0]);
    g.scratch = c->scratch;
    k_gemm_run(c->oa[0]->dtype, &g);
    scale(c->oa[0], factor(c, 4));
    if (factor(c, 3) != 0)
        add(c->oa[0], c->ia[0]);
}
static T scaled(scope *s, T x, double by) { return by == 1 ? x : f_scale(s, x, by); }
static int addmm_grad(scope *s, node *n, T const *g, T *out)
{
    double beta, alpha;
    memcpy(&beta, node_params(n), sizeof beta);
    memcpy(&alpha, node_params(n) + 1, sizeof alpha);
    if (node_needs(n, 0))
        out[0] = scaled(s, g[0], beta);
    if (node_needs(n, 1))
        out[1] = scaled(s, reduced_product(s, n, 1, &op_mm, g[0], f_transpose(s, node_kept_in(s, n, 2), 0, 1)), alpha);
    if (node_needs(n, 2))
        out[2] = scaled(s, reduced_product(s, n, 2, &op_mm, f_transpose(s, node_kept_in(s, n, 1), 0, 1), g[0]), alpha);
    return 0;
}
const op op_addmm = {.name = "addmm", .sig = "(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)", .flags = OP_INPLACE | OP_OUT,
    .run = op_block, .shape = addmm_rule, .kernel = addmm_kernel, .kind = {"AddmmBackward0", addmm_grad}, .keep = {0, 4, 2},
    .doc = "beta * self + alpha * (mat1 @ mat2); self broadcasts to the product's shape; beta = 0 ignores self."};

/* ---- composed of the above ---------------------------------------------------------------------------------------- */
static T mm(scope *s, T a, T b) { return f_binary(s, &op_mm, a, b); }
static T unsafe_view(scope *s, T x, int n, const int64_t *size)
{
    return f_call(s, &op_unsafe_view, 2, (arg[]){a_t(x), a_ints((uint32_t)n, size)});
}

/* The larger operand, of 3 dims or more, as rows times the other: one product instead of a batch. */
static T fold(scope *s, T a, T b)
{
    bool swap = b->a->ndim > a->a->ndim;
    T large = swap ? f_transpose(s, b, -2, -1) : a, small = swap ? (a->a->ndim == 2 ? f_call(s, &op_t, 1, (arg[]){a_t(a)}) : a) : b;
    if (!large || !small)
        return NULL;
    int n = large->a->ndim;
    int64_t size[CT_MAXDIM], flat[2];
    memcpy(size, array_size(large->a), (size_t)n * sizeof *size);
    flat[0] = layout_numel(n - 1, size);
    flat[1] = size[n - 1];
    T rows = f_reshape(s, large, 2, flat);
    if (small->a->ndim == 1)
        return unsafe_view(s, f_binary(s, &op_mv, rows, small), n - 1, size);
    size[n - 1] = array_size(small->a)[1];
    T y = unsafe_view(s, mm(s, rows, small), n, size);
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
    memcpy(size, array_size(large->a), (size_t)n * sizeof *size);
    memcpy(stride, array_visible_stride(large->a), (size_t)n * sizeof *stride);
    if (large == b) { /* it will be read transposed */
        size[n - 2] = array_size(large->a)[n - 1];
        stride[n - 2] = array_visible_stride(large->a)[n - 1];
    }
    for (int d = 0; large->a->numel && d < n - 2; d++)
        if (stride[d] != stride[d + 1] * size[d + 1])
            return false;
    return true;
}

/* A vector on the right stands as a column. */
static T batched(scope *s, T a, T b)
{
    bool vector = b->a->ndim == 1;
    T side[2] = {a->a->ndim == 1 ? f_unsqueeze(s, a, 0) : a, vector ? f_unsqueeze(s, b, 1) : b};
    if (s->failed)
        return NULL;
    int64_t batch[CT_MAXDIM], size[CT_MAXDIM];
    int n = side[0]->a->ndim - 2, m = side[1]->a->ndim;
    memcpy(batch, array_size(side[0]->a), (size_t)n * sizeof *batch);
    if (layout_broadcast("matmul", &n, batch, m - 2, array_size(side[1]->a)) < 0)
        return scope_fail(s);
    int64_t rows = array_size(side[0]->a)[side[0]->a->ndim - 2], columns = array_size(side[1]->a)[m - 1];
    memcpy(size, batch, (size_t)n * sizeof *size);
    for (int i = 0; i < 2; i++) {
        const int64_t *last = array_size(side[i]->a) + side[i]->a->ndim - 2;
        int64_t three[3] = {layout_numel(n, batch), last[0], last[1]};
        size[n] = last[0];
        size[n + 1] = last[1];
        side[i] = f_reshape(s, f_expand(s, side[i], n + 2, size), 3, three);
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
    T y = mm(s, f_unsqueeze(s, a, 0), b);
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

static T product(scope *s, T a, T b)
{
    if (!a || !b)
        return NULL;
    int n = a->a->ndim, m = b->a->ndim;
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
        return mm(s, a, b);
    T left = lone(s, a, b), right = lone(s, b, a);
    a = left;
    b = right;
    if (s->failed)
        return NULL;
    return should_fold(a, b) ? fold(s, a, b) : batched(s, a, b);
}

static int matmul_compose(scope *s, call *c, T *out) { return (out[0] = product(s, c->in[0], c->in[1])) ? 0 : -1; }
const op op_matmul = {.name = "matmul", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT, .run = op_compose, .compose = matmul_compose,
    .doc = "Matrix product with NumPy's rules: vectors are rows on the left and columns on the right, leading dims are batches and broadcast."};

static T addmm(scope *s, T bias, T x, T w) { return f_call(s, &op_addmm, 3, (arg[]){a_t(bias), a_t(x), a_t(w)}); }

/* Contiguous rows of any batch and a bias: one addmm. */
static T linear_rows(scope *s, T x, T w, T bias)
{
    int n = x->a->ndim;
    int64_t size[CT_MAXDIM], flat[2];
    memcpy(size, array_size(x->a), (size_t)n * sizeof *size);
    flat[0] = layout_numel(n - 1, size);
    flat[1] = size[n - 1];
    T y = w && w->a->ndim == 2 ? addmm(s, bias, f_reshape(s, x, 2, flat), w) : NULL;
    if (!y)
        return NULL;
    size[n - 1] = array_size(y->a)[1];
    return f_view(s, y, n, size);
}

static int linear_compose(scope *s, call *c, T *out)
{
    T x = c->in[0], bias = c->n_in > 2 ? c->in[2] : NULL;
    const array *weight = c->in[1]->a;
    if (weight->ndim > 2 || weight->ndim == 0)
        return ct_fail(CT_RUNTIME, "linear(): weight must be a matrix or a vector, not of %d dimensions", weight->ndim), scope_fail(s), -1;
    T w = f_call(s, &op_t, 1, (arg[]){a_t(c->in[1])});
    bool rows = bias && w && weight->ndim == 2 && x->a->ndim;
    if (rows && x->a->ndim == 2)
        out[0] = addmm(s, bias, x, w);
    else if (rows && array_shows_contiguous(x->a))
        out[0] = linear_rows(s, x, w, bias);
    else
        out[0] = bias ? f_add(s, product(s, x, w), bias) : product(s, x, w);
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
const op op_outer = {.name = "outer", .sig = "(Tensor self, Tensor vec2)", .flags = OP_OUT, .run = op_compose, .compose = outer_compose,
    .doc = "Products of every element of a vector (m) with every element of another (n): shape (m, n)."};
const op op_ger = {.name = "ger", .sig = "(Tensor self, Tensor vec2)", .flags = OP_OUT, .run = op_compose, .compose = outer_compose, .doc = "Old name of outer."};
