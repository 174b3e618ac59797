/* linalg_svd: the reduced singular value decomposition of matrices in the last two dims: U (..., m, k), S (..., k), Vh (..., k, n). */
#include "kernel/svd.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <math.h>
#include <string.h>

#define MUL(a, b) f_mul(s, a, b)
#define PRODUCT(a, b) f_matmul(s, a, b)
static T turned(scope *s, T x) { return f_transpose(s, x, -2, -1); }
static T rows(scope *s, T x) { return f_unsqueeze(s, x, -1); }    /* one value a row */
static T columns(scope *s, T x) { return f_unsqueeze(s, x, -2); }
static T diagonal(scope *s, T x) { return f_call(s, &op_diag_embed, 4, (arg[]){a_t(x), a_i(0), a_i(-2), a_i(-1)}); }
static T sum(scope *s, T a, T b) { return a && b ? f_add(s, a, b) : a ? a : b; }

/* A new tensor of doubles, with the batch's sizes and up to two more. */
static T room(scope *s, const array *a, int64_t last, int64_t more)
{
    int64_t size[CT_MAXDIM];
    int ndim = a->ndim - 2;
    layout_take(size, array_size(a), ndim);
    size[ndim++] = last;
    if (more >= 0)
        size[ndim++] = more;
    return scope_array(s, array_new(DT_F64, ndim, size));
}
static bool all_finite(const array *a)
{
    const double *at = (const double *)array_data(a);
    for (int64_t i = 0; i < a->numel; i++)
        if (!isfinite(at[i]))
            return false;
    return true;
}
static int svd_compose(scope *s, call *c, T *out)
{
    const array *a = c->in[0]->a;
    if (a->ndim < 2)
        return ct_fail(CT_RUNTIME, "linalg.svd: The input tensor A must have at least 2 dimensions."), scope_fail(s), -1;
    if (!dtype_is_float(a->dtype))
        return ct_fail(CT_RUNTIME, "linalg.svd: Expected a floating point or complex tensor as input. Got %s", dtype_title(a->dtype)), scope_fail(s), -1;
    int64_t m = array_size(a)[a->ndim - 2], n = array_size(a)[a->ndim - 1], tall = m > n ? m : n, k = m > n ? n : m;
    bool wide = m < n;
    T w = f_in_full(s, f_row_major(s, f_cast(s, wide ? turned(s, c->in[0]) : c->in[0], DT_F64))), v = room(s, a, k, k), values = room(s, a, k, -1);
    if (!w || !v || !values)
        return -1;
    if (!all_finite(w->a))
        return ct_fail(CT_RUNTIME, "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."), scope_fail(s), -1;
    double *at[3] = {(double *)array_data(w->a), (double *)array_data(v->a), (double *)array_data(values->a)};
    for (int64_t b = k ? w->a->numel / (tall * k) : 0; b > 0; b--, at[0] += tall * k, at[1] += k * k, at[2] += k)
        k_svd(at[0], at[1], at[2], tall, k);
    out[0] = f_cast(s, wide ? v : w, a->dtype);
    out[1] = f_cast(s, values, a->dtype);
    out[2] = f_cast(s, turned(s, wide ? w : v), a->dtype);
    return s->failed ? -1 : 0;
}

/* x - x^T over the differences of the squared values, 1 on the diagonal. */
static T spun(scope *s, T x, T values)
{
    T squares = MUL(values, values), gaps = f_sub(s, columns(s, squares), rows(s, squares));
    T one = diagonal(s, f_unary(s, &op_ones_like, values));
    return f_div(s, f_sub(s, x, turned(s, x)), f_add(s, gaps, one));
}
/* PyTorch's svd_backward, of real matrices. */
static int svd_grad(scope *s, node *n, T const *g, T *out)
{
    T u = node_kept_out(s, n, 0), values = node_kept_out(s, n, 1), vh = node_kept_out(s, n, 2), core = NULL;
    if (!u || !values || !vh)
        return -1;
    int64_t k = array_size(values->a)[values->a->ndim - 1];
    if (g[1])
        core = diagonal(s, g[1]);
    if (g[0])
        core = sum(s, core, MUL(spun(s, PRODUCT(turned(s, u), g[0]), values), columns(s, values)));
    if (g[2])
        core = sum(s, core, MUL(rows(s, values), spun(s, PRODUCT(vh, turned(s, g[2])), values)));
    out[0] = PRODUCT(PRODUCT(u, core), vh);
    if (g[0] && array_size(u->a)[u->a->ndim - 2] > k) {
        T share = f_div(s, g[0], columns(s, values));
        out[0] = sum(s, out[0], PRODUCT(f_sub(s, share, PRODUCT(u, PRODUCT(turned(s, u), share))), vh));
    }
    if (g[2] && array_size(vh->a)[vh->a->ndim - 1] > k) {
        T share = f_div(s, g[2], rows(s, values));
        out[0] = sum(s, out[0], PRODUCT(u, f_sub(s, share, PRODUCT(PRODUCT(share, turned(s, vh)), vh))));
    }
    return s->failed ? -1 : 0;
}
const op op_linalg_svd = {.name = "linalg_svd", .sig = "(Tensor self)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_closed, .compose = svd_compose, .n_out = 3,
    .kind = {"LinalgSvdBackward0", svd_grad}, .keep_out = 1,
    .doc = "U, S and Vh of matrices (..., m, n), S falling: self = U diag(S) Vh. RuntimeError for what is not finite."};
