/* Products. */
#include "ops/dispatch.h"
#include "ops/formula.h"

/* ---- mm ------------------------------------------------------------------------------------------------------ */
static int mm_shape(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    if (a->ndim != 2 || b->ndim != 2)
        return ct_fail(CT_RUNTIME, "mm: self and mat2 must be matrices");
    if (array_size(a)[1] != array_size(b)[0])
        return ct_fail(CT_RUNTIME, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)", (long long)array_size(a)[0],
                       (long long)array_size(a)[1], (long long)array_size(b)[0], (long long)array_size(b)[1]);
    if (a->dtype != b->dtype)
        return ct_fail(CT_RUNTIME, "expected m1 and m2 to have the same dtype, but got: %s != %s", dtype_name(a->dtype), dtype_name(b->dtype));
    return out_new(c, 0, a->dtype, 2, (int64_t[]){array_size(a)[0], array_size(b)[1]});
}
static void mm_kernel(call *c)
{
    const array *a = c->ia[0], *b = c->ia[1];
    array *y = c->oa[0];
    int64_t m = array_size(a)[0], k = array_size(a)[1], n = array_size(b)[1];
    const int64_t *sa = array_stride(a), *sb = array_stride(b);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += a->dtype == DT_F32 ? (double)((float *)array_data(a))[i * sa[0] + l * sa[1]] * ((float *)array_data(b))[l * sb[0] + j * sb[1]]
                                          : ((double *)array_data(a))[i * sa[0] + l * sa[1]] * ((double *)array_data(b))[l * sb[0] + j * sb[1]];
            if (a->dtype == DT_F32)
                ((float *)array_data(y))[i * n + j] = (float)sum;
            else
                ((double *)array_data(y))[i * n + j] = sum;
        }
}
static int mm_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_binary(s, &op_mm, g[0], f_transpose(s, node_kept_in(s, n, 1), 0, 1));
    if (node_needs(n, 1))
        out[1] = f_binary(s, &op_mm, f_transpose(s, node_kept_in(s, n, 0), 0, 1), g[0]);
    return 0;
}
const op op_mm = {.name = "mm", .sig = "(Tensor self, Tensor mat2)", .flags = OP_OUT, .run = op_block, .shape = mm_shape, .kernel = mm_kernel,
    .kind = {"MmBackward0", mm_grad}, .keep = {2, 1}, .doc = "Product of two matrices."};

/* ---- matmul, linear --------------------------------------------------------------------------------------------- */
static int matmul_compose(scope *s, call *c, T *out)
{
    T a = c->in[0], b = c->in[1];
    out[0] = f_binary(s, &op_mm, a, b);
    return 0;
}
const op op_matmul = {.name = "matmul", .sig = "(Tensor self, Tensor other)", .flags = OP_OUT, .run = op_compose, .compose = matmul_compose, .doc = "Matrix product."};

static int linear_compose(scope *s, call *c, T *out)
{
    T w = f_transpose(s, c->in[1], 0, 1);
    bool row = c->in[0]->a->ndim == 1;
    T x = row ? f_unsqueeze(s, c->in[0], 0) : c->in[0];
    out[0] = f_binary(s, &op_mm, x, w);
    if (row && out[0])
        out[0] = f_reshape(s, out[0], 1, (int64_t[]){array_size(out[0]->a)[1]});
    if (c->n_in > 2 && c->in[2])
        out[0] = f_add(s, out[0], c->in[2]);
    return 0;
}
const op op_linear = {.name = "linear", .sig = "(Tensor input, Tensor weight, Tensor? bias=None)", .flags = OP_FUNCTION, .run = op_compose,
    .compose = linear_compose, .doc = "input @ weight.T + bias."};
