/* Products: mm, bmm, mv, dot, addmm. What is composed of them stands in linear.c and contract.c. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/product.h"
#include "ops/takes.h"
#include "ops/reduce.h"
#include "ops/spread.h"

static int refuse_bool(const call *c, const array *a)
{
    return a->dtype != DT_BOOL ? 0 : ct_fail(CT_NOTIMPL, "\"%s\" not implemented for 'Bool'", c->op->name);
}

static int refuse_shapes(const array *a, const array *b)
{
    const int64_t *x = array_size(a), *y = array_size(b);
    return ct_fail(CT_RUNTIME, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)", (long long)x[a->ndim - 2],
                   (long long)x[a->ndim - 1], (long long)y[b->ndim - 2], (long long)y[b->ndim - 1]);
}

/* Dims of the product that repeat: rows with a's, columns with b's, batches with both. */
static uint64_t product_once(const array *a, const array *b)
{
    int last = a->ndim - 1;
    uint64_t rows = (uint64_t)1 << (last - 1), columns = (uint64_t)1 << last, batch = rows - 1, x = still_dims(a, a->ndim), y = still_dims(b, b->ndim);
    return (x & y & batch) | (x & rows) | (y & columns);
}

static int plan_matrices(call *c, const array *a, const array *b, int ndim, const int64_t *size)
{
    product p;
    if (out_new(c, 0, a->dtype, ndim, size) < 0)
        return -1;
    product_of_matrices(&p, a, b, c->oa[0]);
    return product_plan(c, &p);
}

static void run_matrices(call *c)
{
    product p;
    product_of_matrices(&p, c->ia[0], c->ia[1], c->oa[0]);
    product_run(c, &p);
}

static T turned_back(scope *s, T x, uint64_t back) { return back ? f_call(s, &op_flip, 2, (arg[]){a_t(x), a_ints(1, (int64_t[]){-1})}) : x; }

/* Of two that are multiplied and summed along `dim`: where one is the same along it, the other is summed first. */
static void sum_beside_still(scope *s, T *a, T *b, int dim)
{
    for (int i = 0; i < 2 && *a && *b; i++) {
        T *still = i ? b : a, *other = i ? a : b;
        const array *x = (*still)->a;
        if (array_size(x)[dim] < 2 || array_stride(x)[dim] || (tape_now.grad && tensor_past(*still)))
            continue; /* what has a history is not the same in its gradient, wherever it is so in memory */
        *still = tape_algebra.narrow(s, *still, (uint64_t)1 << dim);
        *other = f_sum_dims(s, *other, 1, (int64_t[]){dim}, true);
        return;
    }
}

T antidiagonals_of(scope *s, T a, T b, uint64_t slid)
{
    if (a && b)
        sum_beside_still(s, &a, &b, a->a->ndim - 2);
    return f_binary(s, &op_antidiagonals, turned_back(s, a, slid & TAKES_BACK_0), turned_back(s, b, slid & TAKES_BACK_1));
}

/* The gradient of input i, left·right, summed in the dims that the input takes before anything is multiplied. An operand that is
 * stored by columns gets its gradient so, as in PyTorch: what receives it (a weight, behind a transpose) then has it row-major. */
static T matrix_grad(scope *s, node *n, uint32_t i, T left, T right, bool by_columns)
{
    uint64_t takes = node_takes(n, i);
    if (!left || !right)
        return NULL;
    if (node_takes_slid(n, i))
        return antidiagonals_of(s, f_turned(s, left), right, node_takes_slid(n, i));
    if (takes & 1)
        left = f_sum_dims(s, left, 1, (int64_t[]){0}, true);
    if (takes & 2 && array_size(right->a)[1] != 1)
        right = f_sum_dims(s, right, 1, (int64_t[]){1}, true);
    if (!by_columns)
        return f_mm(s, left, right);
    return f_turned(s, f_mm(s, f_turned(s, right), f_turned(s, left)));
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
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "expected m1 and m2 to have the same dtype, but got: %s != %s", dtype_cxx(a->dtype), dtype_cxx(b->dtype));
    if (refuse_bool(c, a) < 0)
        return -1;
    int64_t size[2] = {array_size(a)[0], array_size(b)[1]};
    keep_param(c, product_order(a, b));
    c->once_out = product_once(a, b);
    return plan_matrices(c, a, b, 2, size);
}
/* These dims of a product: input i, where its gradient is wanted, takes them summed; its kept value, where the other's is, repeats along them. */
static uint64_t side_takes(node *n, uint32_t i, uint64_t dims)
{
    if (node_needs(n, i))
        dims &= node_takes(n, i);
    const kept *k = node_kept(n) + ct_bits(n->keep_in & (((uint64_t)1 << i) - 1));
    return !(n->keep_in >> i & 1) ? dims : k->a ? dims & still_dims(k->a, k->a->ndim) : 0;
}
static uint64_t mm_takes(node *n) { return side_takes(n, 0, 1) | side_takes(n, 1, 2); }

static T kept_narrow(scope *s, node *n, uint32_t i, uint64_t dims)
{
    T x = node_kept_in(s, n, i);
    return x && dims ? tape_algebra.narrow(s, x, dims) : x;
}
static int mm_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t order = node_params(n)[0];
    uint64_t got = node_got(n);
    if (node_needs(n, 0))
        out[0] = matrix_grad(s, n, 0, g[0], f_turned(s, kept_narrow(s, n, 1, got & 2)), order & 1);
    if (node_needs(n, 1))
        out[1] = matrix_grad(s, n, 1, f_turned(s, kept_narrow(s, n, 0, got & 1)), g[0], order & 2);
    return 0;
}
const op op_mm = {.name = "mm", .sig = "(Tensor self, Tensor mat2)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = mm_rule, .kernel = run_matrices,
    .kind = {"MmBackward0", mm_grad, .flags = NK_MIXES, .takes = mm_takes}, .keep = {2, 1},
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
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "expected scalar type %s but found %s: the types of bmm's operands", dtype_title(a->dtype), dtype_title(b->dtype));
    if (refuse_bool(c, a) < 0)
        return -1;
    c->once_out = product_once(a, b);
    return plan_matrices(c, a, b, 3, (int64_t[]){x[0], x[1], y[2]});
}
/* Rows of every batch, one after the other. */
static T all_rows(scope *s, T x)
{
    const int64_t *size = x ? array_size(x->a) : NULL;
    return x ? f_reshape(s, x, 2, (int64_t[]){size[0] * size[1], size[2]}) : NULL;
}
/* As matrix_grad; a batch that the input takes is contracted with the rest. */
T batch_grad(scope *s, node *n, uint32_t i, T left, T right)
{
    uint64_t takes = node_takes(n, i) & 7;
    if (!left || !right)
        return NULL;
    uint64_t slid = node_takes_slid(n, i);
    if (slid && slid_dims(slid) == 6) {
        left = f_transpose(s, left, 1, 2);
        if (slid_kept(slid))
            return antidiagonals_of(s, left, right, slid);
        sum_beside_still(s, &left, &right, 0);
        return antidiagonals_of(s, all_rows(s, left), all_rows(s, right), slid);
    }
    if (!takes)
        return f_binary(s, &op_bmm, left, right);
    int64_t size[4] = {takes & 1 ? 1 : array_size(left->a)[0], takes & 2 ? 1 : array_size(left->a)[1], 1, takes & 4 ? 1 : array_size(right->a)[2]};
    T y = f_call(s, &op_contract, 3, (arg[]){a_t(f_unsqueeze(s, left, 3)), a_t(f_unsqueeze(s, right, 1)), a_ints(4, size)});
    return f_reshape(s, y, 3, (int64_t[]){size[0], size[1], size[3]});
}
/* A batch that repeats, rows of the one and columns of the other. */
static uint64_t bmm_takes(node *n)
{
    uint64_t left = side_takes(n, 0, 1 | 2), right = side_takes(n, 1, 1 | 4);
    return (left & right & 1) | (left & 2) | (right & 4);
}
static int bmm_grad(scope *s, node *n, T const *g, T *out)
{
    uint64_t got = node_got(n);
    if (node_needs(n, 0))
        out[0] = batch_grad(s, n, 0, g[0], f_transpose(s, kept_narrow(s, n, 1, got & (1 | 4)), 1, 2));
    if (node_needs(n, 1))
        out[1] = batch_grad(s, n, 1, f_transpose(s, kept_narrow(s, n, 0, got & (1 | 2)), 1, 2), g[0]);
    return 0;
}
const op op_bmm = {.name = "bmm", .sig = "(Tensor self, Tensor mat2)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = bmm_rule, .kernel = run_matrices,
    .kind = {"BmmBackward0", bmm_grad, .flags = NK_MIXES, .takes = bmm_takes}, .keep = {2, 1}, .doc = "Products of two batches of matrices, (b, m, k) and (b, k, n) to (b, m, n)."};

/* ---- mv ------------------------------------------------------------------------------------------------------- */
static void product_of_vector(product *p, const array *a, const array *v, const array *y)
{
    const int64_t *size = array_size(a), *stride = array_stride(a);
    product_start(p, a, v, y);
    product_axis(p, size[0], stride[0], 0, array_stride(y)[0], false);
    product_axis(p, 1, 0, 1, 1, false);
    product_axis(p, size[1], stride[1], array_stride(v)[0], 0, true);
}
static int mv_rule(call *c)
{
    const array *a = c->in[0]->a, *v = c->in[1]->a;
    if (a->ndim != 2 || v->ndim != 1)
        return ct_fail(a->ndim ? CT_RUNTIME : CT_INDEX, "vector + matrix @ vector expected, got %d, %d, %d: mv takes a matrix and a vector", 1, a->ndim, v->ndim);
    if (array_size(a)[1] != array_size(v)[0])
        return ct_fail(CT_RUNTIME, "size mismatch, got input (%lld), mat (%lldx%lld), vec (%lld)", (long long)array_size(a)[0],
                       (long long)array_size(a)[0], (long long)array_size(a)[1], (long long)array_size(v)[0]);
    if (a->dtype != v->dtype)
        return ct_fail(CT_RUNTIME, "addmv input tensors must have the same dtype, but got %s, %s, and %s", dtype_title(v->dtype), dtype_title(a->dtype), dtype_title(v->dtype));
    if (refuse_bool(c, a) < 0)
        return -1;
    c->once_out = still_dims(a, 2) & 1;
    product p;
    if (out_new(c, 0, a->dtype, 1, array_size(a)) < 0)
        return -1;
    product_of_vector(&p, a, v, c->oa[0]);
    return product_plan(c, &p);
}
static void mv_kernel(call *c)
{
    product p;
    product_of_vector(&p, c->ia[0], c->ia[1], c->oa[0]);
    product_run(c, &p);
}
static T outer(scope *s, T a, T b) { return f_mul(s, a ? f_reshape(s, a, 2, (int64_t[]){a->a->numel, 1}) : NULL, b); }
static int mv_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = !node_takes_slid(n, 0) && !node_takes(n, 0) ? outer(s, g[0], node_kept_in(s, n, 1))
               : matrix_grad(s, n, 0, f_unsqueeze(s, g[0], 1), f_unsqueeze(s, node_kept_in(s, n, 1), 0), false);
    if (node_needs(n, 1))
        out[1] = f_binary(s, &op_mv, f_turned(s, node_kept_in(s, n, 0)), g[0]);
    return 0;
}
const op op_mv = {.name = "mv", .sig = "(Tensor self, Tensor vec)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = mv_rule, .kernel = mv_kernel,
    .kind = {"MvBackward0", mv_grad}, .keep = {2, 1}, .doc = "Product of a matrix (m, k) and a vector (k)."};

/* ---- dot ------------------------------------------------------------------------------------------------------- */
static void product_of_vectors(product *p, const array *a, const array *b, const array *y)
{
    product_start(p, a, b, y);
    product_axis(p, 1, 1, 0, 1, false);
    product_axis(p, 1, 0, 1, 1, false);
    product_axis(p, a->numel, array_stride(a)[0], array_stride(b)[0], 0, true);
    p->dot = true;
}
static int dot_rule(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    if (a->ndim != 1 || b->ndim != 1)
        return ct_fail(CT_RUNTIME, "1D tensors expected, but got %dD and %dD tensors", a->ndim, b->ndim);
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "dot : expected both vectors to have same dtype, but found %s and %s", dtype_title(a->dtype), dtype_title(b->dtype));
    if (a->numel != b->numel)
        return ct_fail(CT_RUNTIME, "inconsistent tensor size, expected tensor [%lld] and src [%lld] to have the same number of elements, but got %lld and %lld elements respectively",
                       (long long)a->numel, (long long)b->numel, (long long)a->numel, (long long)b->numel);
    if (refuse_bool(c, a) < 0)
        return -1;
    product p;
    if (out_new(c, 0, a->dtype, 0, NULL) < 0)
        return -1;
    product_of_vectors(&p, a, b, c->oa[0]);
    return product_plan(c, &p);
}
static void dot_kernel(call *c)
{
    product p;
    product_of_vectors(&p, c->ia[0], c->ia[1], c->oa[0]);
    product_run(c, &p);
}
static int dot_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_mul(s, g[0], node_kept_in(s, n, 1));
    if (node_needs(n, 1))
        out[1] = f_mul(s, g[0], node_kept_in(s, n, 0));
    return 0;
}
const op op_dot = {.name = "dot", .sig = "(Tensor self, Tensor tensor)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = dot_rule, .kernel = dot_kernel,
    .kind = {"DotBackward0", dot_grad}, .keep = {2, 1}, .doc = "Sum of the products of two vectors of equal length."};
const op op_vdot = {.name = "vdot", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT | OP_OUT_EXACT, .run = op_block, .shape = dot_rule, .kernel = dot_kernel,
    .kind = {"VdotBackward0", dot_grad}, .keep = {2, 1}, .doc = "dot; conjugation does nothing in real dtypes."};

/* ---- addmm: args self, mat1, mat2, beta, alpha ------------------------------------------------------------------- */
static double factor(const call *c, int i) { return arg_given(&c->args[i]) ? arg_double(&c->args[i]) : 1; }

/* ia[i] becomes `by` times itself, where that changes anything. */
static int scale_input(call *c, uint32_t i, const arg *by)
{
    if (!arg_given(by) || arg_double(by) == 1 || arg_double(by) == 0)
        return 0;
    if (in_copy(c, i) < 0)
        return -1;
    scale_results_by((array *)c->ia[i], by);
    return 0;
}

static int addmm_rule(call *c)
{
    const array *a = c->in[1]->a, *b = c->in[2]->a;
    if (a->ndim != 2 || b->ndim != 2)
        return ct_fail(CT_RUNTIME, "mat1 must be a matrix, got %d-D tensor: addmm takes two matrices, the other has %d dimensions", a->ndim, b->ndim);
    if (array_size(a)[1] != array_size(b)[0])
        return refuse_shapes(a, b);
    const array *self = c->in[0]->a, *other = self->dtype != b->dtype ? self : a;
    if (other->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "%s and mat2 must have the same dtype, but got %s and %s", other == self ? "self" : "mat1", dtype_title(other->dtype), dtype_title(b->dtype));
    if (refuse_bool(c, a) < 0)
        return -1;
    layout l, wide;
    int64_t size[2] = {array_size(a)[0], array_size(b)[1]};
    array_layout(c->in[0]->a, &l);
    if (number_cut_fits(&c->args[3], (ct_dtype)a->dtype) < 0 || number_cut_fits(&c->args[4], (ct_dtype)a->dtype) < 0 || view_expand(&l, 2, size, &wide) < 0 || scale_input(c, 0, &c->args[3]) < 0)
        return -1;
    for (int i = 3; i < 5; i++)
        keep_double(c, factor(c, i));
    keep_param(c, product_order(a, b));
    c->once_out = product_once(a, b) & (factor(c, 3) == 0 ? 3 : still_dims(c->ia[0], 2));
    return plan_matrices(c, a, b, 2, size);
}
static void add(array *y, const array *x)
{
    k_nd nd;
    array_operands(&nd, 3, y->ndim, array_size(y), (const array *[]){y, y, x});
    k_walk(&nd, K->binary[B_add][y->dtype], NULL);
}
static void addmm_kernel(call *c)
{
    product p;
    array *y = c->oa[0];
    product_of_matrices(&p, c->ia[1], c->ia[2], y);
    p.add = factor(c, 3) != 0 && factor(c, 4) == 1 && product_adds(&p);
    if (p.add)
        array_convert(c->ia[0], y);
    const array *plus = factor(c, 3) != 0 && !p.add ? c->ia[0] : NULL;
    p.y_of = y;
    p.plus = factor(c, 4) == 1 ? plus : NULL;
    bool offered = p.plus;
    product_run(c, &p);
    if (factor(c, 4) != 1)
        scale_results_by(y, &c->args[4]);
    if (offered ? p.plus : plus)
        add(y, plus);
}
static T scaled(scope *s, T x, double by) { return by == 1 ? x : f_scale(s, x, by); }
/* Are the gradients that are asked for those of a bias for each column, and of a right operand that is the same in every column? Sums, both. */
static bool wants_sums(node *n)
{
    int ndim;
    ct_dtype dtype;
    if (!node_needs(n, 0) || !node_needs(n, 2) || node_needs(n, 1) || node_takes(n, 2) != 2)
        return false;
    const int64_t *bias = node_in_size(n, 0, &ndim, &dtype);
    return ndim == 1 && bias[0] > 1;
}
/* Rows and columns as of mm, where the bias is the same along them or takes them. */
static uint64_t addmm_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    return (side_takes(n, 1, 1) | side_takes(n, 2, 2)) & (node_needs(n, 0) ? broadcast_dims(n, 0, ndim, size) : ~(uint64_t)0);
}
static int addmm_grad(scope *s, node *n, T const *g, T *out)
{
    uint64_t got = node_got(n);
    double beta = read_double(node_params(n)), alpha = read_double(node_params(n) + 1);
    T rows = g[0], columns = g[0];
    if (!got && wants_sums(n))
        f_sums_both(s, g[0], &rows, &columns);
    if (node_needs(n, 0))
        out[0] = scaled(s, columns, beta);
    if (node_needs(n, 1))
        out[1] = scaled(s, matrix_grad(s, n, 1, g[0], f_turned(s, kept_narrow(s, n, 2, got & 2)), node_params(n)[2] & 1), alpha);
    if (node_needs(n, 2))
        out[2] = scaled(s, matrix_grad(s, n, 2, f_turned(s, kept_narrow(s, n, 1, got & 1)), rows, node_params(n)[2] & 2), alpha);
    return 0;
}
/* Halves with factors: summed in float32 and rounded once, as PyTorch's. */
static int addmm_compose(scope *s, call *c, T *out)
{
    for (int i = 3; i < 5; i++)
        keep_double(c, factor(c, i));
    keep_param(c, product_order(c->in[1]->a, c->in[2]->a));
    T wide[3];
    for (int i = 0; i < 3; i++)
        wide[i] = f_cast(s, c->in[i], DT_F32);
    out[0] = f_cast(s, f_call(s, &op_addmm, 5, (arg[]){a_t(wide[0]), a_t(wide[1]), a_t(wide[2]), a_f(factor(c, 3)), a_f(factor(c, 4))}), c->in[0]->a->dtype);
    return out[0] ? 0 : -1;
}
static int addmm_run(call *c)
{
    const array *self = c->in[0]->a, *a = c->in[1]->a, *b = c->in[2]->a;
    bool halves = dtype_is_half(self->dtype) && a->dtype == self->dtype && b->dtype == self->dtype;
    return halves && (factor(c, 3) != 1 || factor(c, 4) != 1) ? op_closed(c) : op_block(c);
}
const op op_addmm = {.name = "addmm", .sig = "(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)", .flags = OP_INPLACE | OP_OUT | OP_OUT_EXACT | OP_OUT_SELF,
    .run = addmm_run, .compose = addmm_compose, .shape = addmm_rule, .kernel = addmm_kernel, .kind = {"AddmmBackward0", addmm_grad, .flags = NK_HOMOGENEOUS | NK_MIXES, .takes = addmm_takes}, .keep = {0, 4, 2},
    .doc = "beta * self + alpha * (mat1 @ mat2); self broadcasts to the product's shape; beta = 0 ignores self."};
