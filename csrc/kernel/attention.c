/* The blocks of attention, their products, and what is kept of a row from block to block. */
#include "base/pool.h"
#include "kernel/attention.h"
#include "kernel/kernel.h"
#include "kernel/matmul_sizes.h"
#include <math.h>
#include <string.h>

/* A block's scores stay in the second level cache. Fewer rows leave less above the diagonal to be computed for nothing. */
enum { COLUMNS = 512, ROWS = 64, FEW_ROWS = 32, FEW = 256 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t rows_of(const k_attention *a) { return smaller(a->l, a->l <= FEW ? FEW_ROWS : ROWS); }
static int64_t columns_of(const k_attention *a) { return smaller(a->s, COLUMNS); }

/* (rows, e) by (e, columns) to (rows, columns), the same turned around, and to (columns, e): what the passes multiply. */
typedef struct mat { const char *data; int64_t row, col; } mat;
static k_gemm product(int64_t m, int64_t n, int64_t k, mat a, mat b, char *c, int64_t c_row, bool add)
{
    return (k_gemm){.m = m, .n = n, .k = k, .a = a.data, .b = b.data, .c = c, .a_row = a.row, .a_col = a.col, .b_row = b.row, .b_col = b.col, .c_row = c_row, .add = add};
}
static mat turned(mat a) { return (mat){a.data, a.col, a.row}; }

/* Scratch: two blocks of scores (forward: one), what is kept a row, then that of products. */
typedef struct space { char *scores, *slopes, *most, *total, *delta, *products; } space;
static int64_t rounded(int64_t n) { return (n + 63) / 64 * 64; }
static space space_of(const k_attention *a, bool backward)
{
    int64_t item = dtype_bytes(a->dtype), block = rounded(rows_of(a) * columns_of(a) * item), line = rounded(rows_of(a) * item);
    char *slopes = a->scratch + block, *most = slopes + (backward ? block : 0);
    return (space){a->scratch, slopes, most, most + line, most + 2 * line, most + 3 * line};
}
/* Scratch of every product with at most these sizes: that of slivers, or of packed blocks. */
static int64_t most_of(int64_t m, int64_t n, int64_t k)
{
    return GEMM_MAX_NR * k + (smaller(m, GEMM_MC) + GEMM_MAX_MR + smaller(n, GEMM_NC) + GEMM_MAX_NR) * smaller(k, 2 * GEMM_KC);
}
int64_t k_attention_scratch(const k_attention *a, bool backward)
{
    int64_t rows = rows_of(a), columns = columns_of(a), most = most_of(rows, columns, a->e) + most_of(rows, a->e, columns) + most_of(columns, a->e, rows);
    return (space_of(a, backward).products - a->scratch) + most * dtype_bytes(a->dtype) + 256;
}
bool k_attention_wants_blas(const k_attention *a)
{
    k_gemm g = product(rows_of(a), columns_of(a), a->e, (mat){NULL, a->e, 1}, (mat){NULL, 1, a->e}, NULL, columns_of(a), false);
    return k_gemm_wants_blas(a->dtype, &g);
}

/* One pair of batch and head: operands at its place. */
typedef struct head { const k_attention *a; space w; int64_t batch, at; char *sums; } head;
static char *place(const head *h, const k_part *p, int64_t row)
{
    return p->data + (h->batch * p->stride[0] + h->at * p->stride[1] + row * p->stride[2]) * dtype_bytes(h->a->dtype);
}
static mat rows_from(const head *h, const k_part *p, int64_t row) { return (mat){place(h, p, row), p->stride[2], p->stride[3]}; }
static void run(const head *h, k_gemm g)
{
    if (!g.m || !g.n || !g.k)
        return;
    g.scratch = h->w.products;
    k_gemm_run(h->a->dtype, &g);
}

/* A block of scores. In row `i` of it the first seen(i) columns count. */
typedef struct block { int64_t row, rows, column, columns; } block;
static int64_t seen(const head *h, const block *b, int64_t i)
{
    int64_t n = h->a->causal ? b->row + i + 1 - b->column : b->columns;
    return n < 0 ? 0 : smaller(n, b->columns);
}
static k_scores scores_at(const head *h, const block *b, int64_t i)
{
    const k_part *m = &h->a->mask;
    int64_t at = h->batch * m->stride[0] + h->at * m->stride[1] + (b->row + i) * m->stride[2] + b->column * m->stride[3];
    const char *mask = m->data ? m->data + at * (h->a->mask_bool ? 1 : dtype_bytes(h->a->dtype)) : NULL;
    return (k_scores){.n = seen(h, b, i), .scale = h->a->scale, .mask = mask, .mask_step = m->stride[3], .mask_bool = h->a->mask_bool};
}
static void blank_rest(const head *h, const block *b, char *line, int64_t n)
{
    memset(line + n * dtype_bytes(h->a->dtype), 0, (size_t)((b->columns - n) * dtype_bytes(h->a->dtype)));
}
static void multiply_scores(const head *h, const block *b)
{
    run(h, product(b->rows, b->columns, h->a->e, rows_from(h, &h->a->q, b->row), turned(rows_from(h, &h->a->k, b->column)), h->w.scores, b->columns, false));
}
/* Columns from which nothing in these rows counts. */
static int64_t end_of(const k_attention *a, int64_t row, int64_t rows) { return a->causal ? smaller(a->s, row + rows) : a->s; }

static void set(ct_dtype d, char *at, int64_t i, double value)
{
    if (d == DT_F32)
        ((float *)at)[i] = (float)value;
    else
        ((double *)at)[i] = value;
}
static void forward_block(const head *h, const block *b)
{
    const k_attention *a = h->a;
    const k_attend *f = &K->attention[a->dtype];
    int64_t item = dtype_bytes(a->dtype);
    double factor;
    multiply_scores(h, b);
    for (int64_t i = 0; i < b->rows; i++) {
        char *line = h->w.scores + i * b->columns * item;
        k_scores k = scores_at(h, b, i);
        if (k.n) {
            f->soften(&k, line, h->w.most + i * item, h->w.total + i * item, &factor);
            if (b->column)
                f->multiply(a->e, place(h, &a->y, b->row + i), &factor);
        }
        blank_rest(h, b, line, k.n);
    }
    run(h, product(b->rows, a->e, b->columns, (mat){h->w.scores, b->columns, 1}, rows_from(h, &a->v, b->column), place(h, &a->y, b->row), a->y.stride[2], b->column > 0));
}
static void forward_rows(const head *h, int64_t row, int64_t rows)
{
    const k_attention *a = h->a;
    int64_t item = dtype_bytes(a->dtype), end = end_of(a, row, rows);
    for (int64_t i = 0; i < rows; i++) {
        set(a->dtype, h->w.most, i, -INFINITY);
        set(a->dtype, h->w.total, i, 0);
    }
    for (int64_t column = 0; column < end; column += COLUMNS)
        forward_block(h, &(block){row, rows, column, smaller(end - column, COLUMNS)});
    for (int64_t i = 0; i < rows; i++)
        K->attention[a->dtype].finish(a->e, place(h, &a->y, row + i), h->w.most + i * item, h->w.total + i * item, h->sums + (row + i) * item);
}

static void backward_block(const head *h, const block *b)
{
    const k_attention *a = h->a;
    int64_t item = dtype_bytes(a->dtype);
    mat g = rows_from(h, &a->g, b->row), q = rows_from(h, &a->q, b->row);
    mat weights = {h->w.scores, b->columns, 1}, slopes = {h->w.slopes, b->columns, 1};
    multiply_scores(h, b);
    run(h, product(b->rows, b->columns, a->e, g, turned(rows_from(h, &a->v, b->column)), h->w.slopes, b->columns, false));
    for (int64_t i = 0; i < b->rows; i++) {
        int64_t line = i * b->columns * item;
        k_scores k = scores_at(h, b, i);
        if (k.n)
            K->attention[a->dtype].slope(&k, h->w.scores + line, h->w.slopes + line, h->sums + (b->row + i) * item, h->w.delta + i * item);
        blank_rest(h, b, h->w.scores + line, k.n);
        blank_rest(h, b, h->w.slopes + line, k.n);
    }
    run(h, product(b->columns, a->e, b->rows, turned(weights), g, place(h, &a->gv, b->column), a->gv.stride[2], true));
    run(h, product(b->columns, a->e, b->rows, turned(slopes), q, place(h, &a->gk, b->column), a->gk.stride[2], true));
    run(h, product(b->rows, a->e, b->columns, slopes, rows_from(h, &a->k, b->column), place(h, &a->gq, b->row), a->gq.stride[2], true));
}
static void backward_rows(const head *h, int64_t row, int64_t rows)
{
    const k_attention *a = h->a;
    int64_t item = dtype_bytes(a->dtype), end = end_of(a, row, rows);
    for (int64_t i = 0; i < rows; i++)
        K->attention[a->dtype].dot(a->e, place(h, &a->y, row + i), place(h, &a->g, row + i), a->g.stride[3], h->w.delta + i * item);
    for (int64_t column = 0; column < end; column += COLUMNS)
        backward_block(h, &(block){row, rows, column, smaller(end - column, COLUMNS)});
}
static void each_block_of_rows(const k_attention *a, bool backward)
{
    int64_t item = dtype_bytes(a->dtype), most = rows_of(a);
    for (int64_t batch = 0; batch < a->batch; batch++)
        for (int64_t at = 0; at < a->heads; at++) {
            head h = {a, space_of(a, backward), batch, at, a->sums + (batch * a->heads + at) * a->l * item};
            for (int64_t row = 0; row < a->l && !ct_watch_stopped(); row += most)
                (backward ? backward_rows : forward_rows)(&h, row, smaller(a->l - row, most));
        }
}
void k_attention_forward(const k_attention *a) { each_block_of_rows(a, false); }
void k_attention_backward(const k_attention *a)
{
    size_t per_row = (size_t)(a->batch * a->heads * a->e * dtype_bytes(a->dtype));
    memset(a->gq.data, 0, per_row * (size_t)a->l);
    memset(a->gk.data, 0, per_row * (size_t)a->s);
    memset(a->gv.data, 0, per_row * (size_t)a->s);
    each_block_of_rows(a, true);
}
