/* The short way of small products: matrices of floats that repeat nothing, a bias of one row perhaps. Nothing is planned, and no
 * call is set up where none is recorded. */
#include "kernel/matmul.h"
#include "ops/formula.h"
#include "ops/product.h"
#include <string.h>

static inline bool is_float(const array *a) { return a->dtype == DT_F32 || a->dtype == DT_F64; }

/* x's rows, all dims but its last, by w or its transpose. False: not for this way. */
static bool rows_by(const array *x, const array *w, bool turned, k_gemm *g)
{
    int n = x->ndim;
    if (w->ndim != 2 || n < 1 || !is_float(x) || x->dtype != w->dtype || (x->flags | w->flags) & A_TWO || (n > 2 && !array_is_contiguous(x)))
        return false;
    const int64_t *sx = array_visible_stride(x), *sw = array_visible_stride(w);
    g->k = x->dim[n - 1];
    g->n = w->dim[!turned];
    if (!x->numel || !w->numel || w->dim[turned] != g->k || x->numel > PRODUCT_SMALL || x->numel * g->n > PRODUCT_SMALL)
        return false;
    g->m = n == 1 ? 1 : n == 2 ? x->dim[0] : x->numel / g->k;
    g->a_row = n == 2 ? sx[0] : g->k;
    g->a_col = sx[n - 1];
    g->b_row = sw[turned];
    g->b_col = sw[!turned];
    g->c_row = g->n;
    return (g->m == 1 || g->a_row) && (g->n == 1 || g->b_col) && (g->k == 1 || (g->a_col && g->b_row));
}

static bool bias_fits(const array *bias, const array *x, int64_t n)
{
    return bias->ndim == 1 && bias->dim[0] == n && bias->dtype == x->dtype && !(bias->flags & A_TWO) && bias->dim[1] == 1;
}

static array *result_of(const array *x, int64_t n)
{
    int64_t size[CT_MAXDIM];
    for (int d = 0; d < x->ndim - 1; d++)
        size[d] = x->dim[d];
    size[x->ndim - 1] = n;
    return array_new((ct_dtype)x->dtype, x->ndim, size);
}

static int multiply(const array *x, const array *w, const array *bias, k_gemm *g, array *y)
{
    ct_dtype dtype = (ct_dtype)x->dtype;
    g->a = array_data(x);
    g->b = array_data(w);
    g->c = array_data(y);
    int64_t scratch = k_gemm_scratch(dtype, g), row = g->n * dtype_bytes(dtype);
    if (scratch && !(g->scratch = ct_alloc((size_t)scratch)))
        return -1;
    g->add = bias != NULL;
    for (int64_t i = 0; bias && i < g->m; i++)
        memcpy((char *)g->c + i * row, array_data(bias), (size_t)row);
    k_gemm_run(dtype, g);
    if (scratch)
        ct_free(g->scratch, (size_t)scratch);
    if (__builtin_add_overflow(product_work, g->m * g->n * g->k, &product_work))
        product_work = INT64_MAX;
    return 0;
}

/* As mm and addmm record themselves. */
static int record(tensor *bias, tensor *x, tensor *w, array *made, tensor *out)
{
    arg args[3];
    int64_t one, param[3];
    uint32_t n = 0, n_param = 0;
    double factor = 1;
    memcpy(&one, &factor, sizeof one);
    if (bias) {
        args[n++] = (arg){.kind = ARG_TENSOR, .t = bias};
        param[n_param++] = one;
        param[n_param++] = one;
    }
    args[n++] = (arg){.kind = ARG_TENSOR, .t = x};
    args[n++] = (arg){.kind = ARG_TENSOR, .t = w};
    param[n_param++] = product_order(x->a, w->a);
    return record_short(bias ? &op_addmm : &op_mm, args, n, param, n_param, made, out);
}

int op_product_short(tensor *bias, tensor *x, tensor *w, bool turned, tensor *out)
{
    int past = tape_now.grad ? tensor_past(x) | tensor_past(w) | (bias ? tensor_past(bias) : 0) : 0;
    if (op_profiled || past < 0 || (past && (turned || x->a->ndim != 2)))
        return 0;
    k_gemm g;
    memset(&g, 0, sizeof g);
    if (!rows_by(x->a, w->a, turned, &g) || (bias && !bias_fits(bias->a, x->a, g.n)))
        return 0;
    array *y = result_of(x->a, g.n);
    if (!y)
        return -1;
    if (multiply(x->a, w->a, bias ? bias->a : NULL, &g, y) < 0) {
        array_drop(y);
        return -1;
    }
    if (past)
        return record(bias, x, w, y, out);
    tensor_init(out, y);
    return 1;
}
