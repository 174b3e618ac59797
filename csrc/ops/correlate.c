/* Correlations: products with an operand that has equal strides in two axes (a Hankel matrix: w.as_strided((n, n), (1, 1)), unfold)
 * or opposite ones (Toeplitz), and sums along anti-diagonals, which are the gradient of such an operand.
 *
 * The matrix of m rows and n columns holds m + n - 1 numbers. Below the size where FFT pays, the product kernel reads it where it
 * is; above, its distinct numbers are transformed, in float64 (a float32 transform would lose digits where terms differ in size). */
#include "ops/formula.h"
#include "ops/product.h"
#include <math.h>
#include <string.h>

product_fft_f *product_fft;

/* ---- when ------------------------------------------------------------------------------------------------------ */
/* Nanoseconds, measured on one core: a multiply-add of the kernel, a number of a transform per doubling, a call of the host. */
#define DIRECT_NS (1 / 48.0)
#define FFT_NS 0.32
#define HOST_NS 20000.0

static bool fft_pays(int64_t rows, int64_t k, int64_t n)
{
    double length = (double)k + (double)n;
    return (double)rows * (double)k * (double)n * DIRECT_NS > (2 * (double)rows + 2) * length * log2(length) * FFT_NS + HOST_NS;
}

/* The axes of a product of one matrix with a sliding one, which is b once `swapped` is heeded. */
typedef struct sliding { bool swapped; axis rows, k, n, batch; } sliding;
static bool find_sliding(const product *p, sliding *s)
{
    const axis none = {1, 0, 0, 0, false};
    axis kinds[4] = {none, none, none, none};
    for (int i = 0; i < p->n; i++) {
        if (p->axis[i].size == 1)
            continue;
        int kind = axis_kind(p->axis + i);
        if (kinds[kind].size != 1)
            return false;
        kinds[kind] = p->axis[i];
    }
    axis m = kinds[AXIS_ROW], n = kinds[AXIS_COLUMN], k = kinds[AXIS_SUM];
    s->swapped = !axes_slide(n.b, k.b);
    s->rows = s->swapped ? n : m;
    s->n = s->swapped ? m : n;
    s->k = k;
    s->batch = kinds[AXIS_BATCH];
    return n.size * m.size > 1 && k.size > 1 && (!s->swapped || axes_slide(m.a, k.a));
}

bool product_correlates(const product *p)
{
    sliding s;
    return product_fft && dtype_is_float(p->dtype) && !p->add && find_sliding(p, &s) && fft_pays(s.rows.size, s.k.size, s.n.size);
}

/* ---- numbers to and from float64 --------------------------------------------------------------------------------- */
static void gather(ct_dtype d, const char *from, int64_t rows, int64_t row, int64_t n, int64_t step, double *to)
{
    int64_t item = dtype_bytes(d);
    for (int64_t r = 0; r < rows; r++, from += row * item, to += n)
        K->cast[d][DT_F64]((char *[]){(char *)to, (char *)from}, (int64_t[]){sizeof *to, step * item}, n, NULL);
}

static void scatter(ct_dtype d, const double *from, char *to, int64_t rows, int64_t row, int64_t n, int64_t step)
{
    int64_t item = dtype_bytes(d);
    for (int64_t r = 0; r < rows; r++, from += n, to += row * item)
        K->cast[DT_F64][d]((char *[]){to, (char *)from}, (int64_t[]){step * item, sizeof *from}, n, NULL);
}

/* Rows transformed at a time: their transforms stay in the second cache. */
enum { FFT_ROWS = 32 };

/* The least 2^a, 3·2^a or 5·2^a, even, that is n or more: what the transform is fastest at. */
static int64_t fft_size(int64_t n)
{
    int64_t least = 2;
    while (least < n)
        least *= 2;
    return least / 8 * 5 >= n && least >= 16 ? least / 8 * 5 : least / 4 * 3 >= n && least >= 8 ? least / 4 * 3 : least;
}

static int correlate_one(const product *p, const sliding *of, int64_t batch)
{
    sliding s = *of;
    int64_t item = dtype_bytes(p->dtype), k = s.k.size, n = s.n.size, rows = s.rows.size, many = rows < FFT_ROWS ? rows : FFT_ROWS;
    const char *a = p->a + batch * s.batch.a * item, *b = p->b + batch * s.batch.b * item, *x = s.swapped ? b : a, *w = s.swapped ? a : b;
    char *y = p->y + batch * s.batch.y * item;
    int64_t x_row = s.swapped ? s.rows.b : s.rows.a, x_col = s.swapped ? s.k.b : s.k.a, along = s.swapped ? s.k.a : s.k.b, step = s.swapped ? s.n.a : s.n.b;
    if (along != step) { /* opposite: x runs backwards */
        x += (k - 1) * x_col * item;
        w -= (k - 1) * step * item;
        x_col = -x_col;
    }
    int64_t size = fft_size(k + n - 1), bytes = (many * k + many * n + k + n - 1 + 2 * many * (size + 2)) * (int64_t)sizeof(double);
    double *work = ct_alloc((size_t)bytes), *xs = work + 2 * many * (size + 2), *ys = xs + many * k, *ws = ys + many * n;
    if (!work)
        return -1;
    int result = 0;
    gather(p->dtype, w, 1, 0, k + n - 1, step, ws);
    for (int64_t r = 0; r < rows && result == 0; r += many) {
        int64_t now = rows - r < many ? rows - r : many;
        gather(p->dtype, x + r * x_row * item, now, x_row, k, x_col, xs);
        result = product_fft(xs, now, k, ws, k + n - 1, n, size, false, ys, work);
        if (result == 0)
            scatter(p->dtype, ys, y + r * s.rows.y * item, now, s.rows.y, n, s.n.y);
    }
    ct_free(work, (size_t)bytes);
    return result;
}

int product_correlate(const product *p)
{
    sliding s;
    int result = 0;
    find_sliding(p, &s);
    for (int64_t i = 0; i < s.batch.size && result == 0; i++)
        result = correlate_one(p, &s, i);
    return result;
}

/* ---- antidiagonals (hidden) ---------------------------------------------------------------------------------------
 * y[p] = sum over i + j = p, and over rows r, of a[r][i]·b[r][j]: what the storage of a Hankel matrix gets when a and b are the
 * operands of the matrix gradient aᵀ·b; of each of a batch. Eight i at a time are one product, added where they belong. */
enum { ANTI_ROWS = 8 };

/* One of the batch, or all there is. */
static char *one_of(const array *a, int64_t batch) { return array_data(a) + (a->ndim == 3 ? batch * array_stride(a)[0] * dtype_bytes(a->dtype) : 0); }
static char *line_of(const array *y, int64_t batch) { return array_data(y) + (y->ndim == 2 ? batch * array_stride(y)[0] * dtype_bytes(y->dtype) : 0); }
static int64_t batches(const array *a) { return a->ndim == 3 ? array_size(a)[0] : 1; }
static const int64_t *matrix_size(const array *a) { return array_size(a) + a->ndim - 2; }
static const int64_t *matrix_stride(const array *a) { return array_stride(a) + a->ndim - 2; }

static int antidiagonals_by_fft(const array *a, const array *b, array *y, int64_t batch)
{
    int64_t rows = matrix_size(a)[0], k = matrix_size(a)[1], n = matrix_size(b)[1], many = rows < FFT_ROWS ? rows : FFT_ROWS, all = k + n - 1;
    int64_t item = dtype_bytes(y->dtype), size = fft_size(all), bytes = (many * (k + n) + 2 * all + 2 * many * (size + 2)) * (int64_t)sizeof(double);
    const int64_t *sa = matrix_stride(a), *sb = matrix_stride(b);
    double *work = ct_alloc((size_t)bytes), *as = work + 2 * many * (size + 2), *bs = as + many * k, *part = bs + many * n, *sum = part + all;
    if (!work)
        return -1;
    int result = 0;
    memset(sum, 0, (size_t)all * sizeof *sum);
    for (int64_t r = 0; r < rows && result == 0; r += many) {
        int64_t now = rows - r < many ? rows - r : many;
        gather(y->dtype, one_of(a, batch) + r * sa[0] * item, now, sa[0], k, sa[1], as);
        gather(y->dtype, one_of(b, batch) + r * sb[0] * item, now, sb[0], n, sb[1], bs);
        result = product_fft(as, now, k, bs, n, all, size, true, part, work);
        for (int64_t i = 0; i < all && result == 0; i++)
            sum[i] += part[i];
    }
    if (result == 0)
        scatter(y->dtype, sum, line_of(y, batch), 1, 0, all, 1);
    ct_free(work, (size_t)bytes);
    return result;
}

static bool antidiagonals_by_host(const array *a, const array *b)
{
    return product_fft && fft_pays(matrix_size(a)[0], matrix_size(a)[1], matrix_size(b)[1]);
}

/* ANTI_ROWS columns of a by b, shifted: row v of `c` collects the terms of i = 8u + v at place 8u + j. */
static k_gemm antidiagonals_gemm(const array *a, const array *b, int64_t batch)
{
    const int64_t *sa = matrix_stride(a), *sb = matrix_stride(b), k = matrix_size(a)[1], n = matrix_size(b)[1];
    return (k_gemm){.m = k < ANTI_ROWS ? k : ANTI_ROWS, .n = n, .k = matrix_size(a)[0], .a = one_of(a, batch), .b = one_of(b, batch), .a_row = sa[1], .a_col = sa[0],
                    .b_row = sb[0], .b_col = sb[1], .c_row = k + n - 1, .add = true, .single = dtype_is_half(a->dtype) ? 4 : 0};
}

static int antidiagonals_shape(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    bool fits = a->ndim == b->ndim && (a->ndim == 2 || (a->ndim == 3 && batches(a) == batches(b)));
    if (!fits || matrix_size(a)[0] != matrix_size(b)[0] || !matrix_size(a)[1] || !matrix_size(b)[1])
        return ct_fail(CT_RUNTIME, "antidiagonals: takes two matrices with equally many rows and some columns, or as many of each");
    if (a->dtype != b->dtype || !dtype_is_float(a->dtype))
        return ct_fail(CT_RUNTIME, "antidiagonals: takes two matrices of one floating point dtype");
    int64_t rows = matrix_size(a)[0], k = matrix_size(a)[1], n = matrix_size(b)[1], all = k + n - 1, many = batches(a);
    if (out_new(c, 0, a->dtype, a->ndim - 1, a->ndim == 3 ? (int64_t[]){many, all} : &all) < 0)
        return -1;
    if (antidiagonals_by_host(a, b)) {
        int result = 0;
        for (int64_t i = 0; i < many && result == 0; i++)
            result = antidiagonals_by_fft(a, b, c->oa[0], i);
        return result;
    }
    k_gemm g = antidiagonals_gemm(a, b, 0);
    c->scratch_bytes = ANTI_ROWS * all * dtype_bytes(dtype_computed(a->dtype)) + 64 + k_gemm_scratch(a->dtype, &g);
    c->work = many * rows * k * n;
    product_work += c->work;
    return 0;
}

#define ADD_SHIFTED(T)                                                          \
    for (int64_t v = 1; v < rows; v++)                                          \
        for (int64_t i = 0; i + v < all; i++)                                   \
            ((T *)from)[i + v] += ((const T *)from)[v * all + i];

static void antidiagonals_of_one(call *c, int64_t batch)
{
    const array *a = c->ia[0], *b = c->ia[1];
    array *y = c->oa[0];
    k_gemm g = antidiagonals_gemm(a, b, batch);
    ct_dtype sums = dtype_computed(y->dtype);
    int64_t k = matrix_size(a)[1], all = g.c_row, rows = g.m, item = dtype_bytes(sums), bytes = ANTI_ROWS * all * item;
    char *from = c->scratch;
    memset(from, 0, (size_t)bytes);
    g.scratch = from + (bytes + 63) / 64 * 64;
    for (int64_t i = 0; i < k; i += ANTI_ROWS) {
        g.m = k - i < ANTI_ROWS ? k - i : ANTI_ROWS;
        g.a = one_of(a, batch) + i * g.a_row * dtype_bytes(a->dtype);
        g.c = from + i * item;
        k_gemm_run(y->dtype, &g);
    }
    if (sums == DT_F32) {
        ADD_SHIFTED(float)
    } else {
        ADD_SHIFTED(double)
    }
    K->cast[sums][y->dtype]((char *[]){line_of(y, batch), from}, (int64_t[]){dtype_bytes(y->dtype), item}, all, NULL);
}
static void antidiagonals_kernel(call *c)
{
    for (int64_t i = 0; i < batches(c->ia[0]) && !antidiagonals_by_host(c->ia[0], c->ia[1]); i++)
        antidiagonals_of_one(c, i);
}

/* The other operand times the Hankel matrix of the gradient. */
static T by_hankel(scope *s, T x, T g, int64_t size)
{
    return f_binary(s, x->a->ndim == 3 ? &op_bmm : &op_mm, x, f_call(s, &op_unfold, 4, (arg[]){a_t(g), a_i(-1), a_i(size), a_i(1)}));
}
static int antidiagonals_grad(scope *s, node *n, T const *g, T *out)
{
    T a = node_kept_in(s, n, 0), b = node_kept_in(s, n, 1);
    if (!a || !b)
        return -1;
    if (node_needs(n, 0))
        out[0] = by_hankel(s, b, g[0], matrix_size(a->a)[1]);
    if (node_needs(n, 1))
        out[1] = by_hankel(s, a, g[0], matrix_size(b->a)[1]);
    return 0;
}
const op op_antidiagonals = {.name = "antidiagonals", .sig = "(Tensor self, Tensor other)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block,
    .shape = antidiagonals_shape, .kernel = antidiagonals_kernel, .kind = {"AntidiagonalsBackward0", antidiagonals_grad}, .keep = {3, 3},
    .doc = "Sums of self.T @ other along its anti-diagonals: (r, m) and (r, n) to (m + n - 1), or of each of a batch."};
