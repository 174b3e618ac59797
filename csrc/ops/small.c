/* The short way of small products of float matrices, with a bias of one row perhaps: those in which nothing repeats or so little that
 * it saves nothing, and those by a matrix that moves along one dimension alone. Nothing is planned, and no call is set up where none is recorded. */
#include "kernel/kernel.h"
#include "kernel/ordered.h"
#include "ops/formula.h"
#include "ops/product.h"
#include "ops/spread.h"
#include <string.h>

enum { SHORT_STEPS = 32768, /* multiply-adds, beyond which a plan costs nothing beside them */
       STILL_SIZE = 1 << 20 /* elements of an operand and of the result, up to which the lock is held and one thread at work */ };

static inline bool is_float(const array *a) { return a->dtype == DT_F32 || a->dtype == DT_F64; }

/* x's rows, all dims but its last, by w or its transpose. False: not for this way. */
static bool rows_by(const array *x, const array *w, bool turned, k_gemm *g)
{
    int n = x->ndim;
    if (w->ndim != 2 || n < 1 || !is_float(x) || x->dtype != w->dtype || (n > 2 && !array_is_contiguous(x)))
        return false;
    const int64_t *sx = array_stride(x), *sw = array_stride(w);
    g->k = x->dim[n - 1];
    g->n = w->dim[!turned];
    if (!x->numel || !w->numel || w->dim[turned] != g->k || x->numel > STILL_SIZE)
        return false;
    g->m = n == 1 ? 1 : n == 2 ? x->dim[0] : x->numel / g->k;
    g->a_row = n == 2 ? sx[0] : g->k;
    g->a_col = sx[n - 1];
    g->b_row = sw[turned];
    g->b_col = sw[!turned];
    g->c_row = g->n;
    return true;
}

static bool nothing_stands(const k_gemm *g) { return (g->m == 1 || g->a_row) && (g->n == 1 || g->b_col) && (g->k == 1 || (g->a_col && g->b_row)); }

/* One product as it stands: the planner would say so too. */
static bool plain(ct_dtype dtype, const k_gemm *g)
{
    int64_t rows = g->m * g->k, steps = rows * g->n;
    if (rows > SHORT_STEPS || steps > SHORT_STEPS || (steps > PRODUCT_SMALL && k_gemm_wants_blas(dtype, g)))
        return false;
    return nothing_stands(g) || (steps <= PRODUCT_SMALL && !spread_worth(dtype, g->m * g->n));
}

/* Of w either the rows or the columns stand still, and of x nothing does. */
static bool w_stands(const k_gemm *g)
{
    bool one = g->b_row ? !g->b_col : g->b_col == 1;
    return one && g->n > 1 && g->k > 1 && g->n <= STILL_SIZE / g->m && (g->m == 1 || g->a_row) && g->a_col;
}

static bool bias_fits(const array *bias, const array *x, int64_t n)
{
    return bias->ndim == 1 && bias->dim[0] == n && bias->dtype == x->dtype && !(bias->flags & A_TWO) && bias->dim[1] == 1;
}

/* Of x's rows and n columns, which are held once where they are all the same. */
static array *result_of(const array *x, int64_t n, bool once)
{
    layout shown;
    shown.ndim = x->ndim;
    shown.offset = 0;
    for (int d = 0; d < x->ndim - 1; d++)
        shown.size[d] = x->dim[d];
    shown.size[x->ndim - 1] = n;
    if (!once)
        return array_new((ct_dtype)x->dtype, x->ndim, shown.size);
    layout_row_major(shown.ndim, shown.size, shown.stride);
    return array_new_spread((ct_dtype)x->dtype, &shown, (uint64_t)1 << (x->ndim - 1));
}

static int run(ct_dtype dtype, k_gemm *g)
{
    int64_t scratch = k_gemm_scratch(dtype, g);
    if (scratch && !(g->scratch = ct_alloc((size_t)scratch)))
        return -1;
    if (dtype != DT_F32 || !k_ordered(g))
        k_gemm_run(dtype, g);
    if (scratch)
        ct_free(g->scratch, (size_t)scratch);
    g->scratch = NULL;
    product_count(g->m * g->n * g->k);
    return 0;
}

enum { AT_ONCE = 4096 /* bytes that are copied at once, from the first cache */ };
/* m rows, one behind the other: as many as there are at a time, a row of a few bytes being worth no call. */
static void lay_rows(char *rows, const char *row, int64_t bytes, int64_t m)
{
    memcpy(rows, row, (size_t)bytes);
    for (int64_t n = 1, some; n < m; n += some) {
        some = n < m - n ? n : m - n;
        if (some * bytes > AT_ONCE)
            some = bytes < AT_ONCE ? AT_ONCE / bytes : 1;
        memcpy(rows + n * bytes, rows, (size_t)(some * bytes));
    }
}

/* The bias is what the product is added to. */
static int multiply(ct_dtype dtype, const array *bias, k_gemm *g)
{
    g->add = bias != NULL;
    if (bias)
        lay_rows(g->c, array_data(bias), g->n * dtype_bytes(dtype), g->m);
    return run(dtype, g);
}

enum { NEAR = 2048, NEAR_COLUMNS = 512 }; /* elements of the result that stay in the first cache between two loops over them */

/* A column times w's row, and the bias's row added. */
static void spread_rows(ct_dtype dtype, const k_gemm *g, char *column, char *bias)
{
    int64_t item = dtype_bytes(dtype), row = g->n * item, width = g->n < NEAR_COLUMNS ? g->n : NEAR_COLUMNS, most = NEAR / width;
    for (int64_t i = 0; i < g->m; i += most)
        for (int64_t j = 0; j < g->n; j += width) {
            int64_t m = g->m - i < most ? g->m - i : most, n = g->n - j < width ? g->n - j : width;
            char *y = (char *)g->c + i * row + j * item;
            K->rows[B_mul][dtype]((char *[]){y, column + i * item, (char *)g->b + j * item}, (int64_t[]){item, 0, item}, (int64_t[]){row, item, 0}, n, m);
            if (bias)
                K->rows[B_add][dtype]((char *[]){y, y, bias + j * item}, (int64_t[]){item, item, item}, (int64_t[]){row, row, 0}, n, m);
        }
    product_count(g->m * g->n);
}

/* A column written to every column, and the bias's row added. */
static void repeat_column(ct_dtype dtype, const k_gemm *g, char *column, char *bias)
{
    int64_t item = dtype_bytes(dtype), row = g->n * item;
    if (bias)
        K->rows[B_add][dtype]((char *[]){g->c, column, bias}, (int64_t[]){item, 0, item}, (int64_t[]){row, item, 0}, g->n, g->m);
    for (int64_t i = 0; !bias && i < g->m; i++)
        K->fill[dtype]((char *[]){(char *)g->c + i * row}, &item, g->n, column + i * item);
}

/* One number of every row: by w's column, then written to each, the bias added; or its sum, which w's row is multiplied by. */
static int multiply_still(ct_dtype dtype, const array *bias, k_gemm *g)
{
    static const double one = 1;
    static const float one_f = 1;
    int64_t item = dtype_bytes(dtype);
    bool columns = !g->b_col;
    void *sums = ct_alloc((size_t)(g->m * item));
    k_gemm rows = *g;
    if (!sums)
        return -1;
    rows.n = rows.c_row = 1;
    rows.b = columns ? g->b : dtype == DT_F32 ? (const void *)&one_f : &one;
    rows.c = sums;
    int result = run(dtype, &rows);
    if (result == 0)
        (columns ? repeat_column : spread_rows)(dtype, g, sums, bias ? array_data(bias) : NULL);
    ct_free(sums, (size_t)(g->m * item));
    return result;
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
    ct_dtype dtype = (ct_dtype)x->a->dtype;
    bool still = !plain(dtype, &g), once = still && !bias && !g.b_col && spread_worth(dtype, g.m * g.n);
    if (still && !w_stands(&g))
        return 0;
    array *y = result_of(x->a, g.n, once);
    if (!y)
        return -1;
    g.a = array_data(x->a);
    g.b = array_data(w->a);
    g.c = array_data(y);
    if (once)
        g.n = g.c_row = 1;
    if ((still && !once ? multiply_still : multiply)(dtype, bias ? bias->a : NULL, &g) < 0) {
        array_drop(y);
        return -1;
    }
    if (past)
        return record(bias, x, w, y, out);
    tensor_init(out, y);
    return 1;
}

T f_mm(scope *s, T a, T b)
{
    tensor made;
    int done = a && b && !s->failed && a->a->ndim == 2 ? op_product_short(NULL, a, b, false, &made) : 0;
    return done ? f_made(s, done, &made) : f_binary(s, &op_mm, a, b);
}
