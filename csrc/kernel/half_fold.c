/* Folds of halves. A block of columns keeps its float32 results on the stack while all of its terms pass through the tile. */
#include "kernel/half_fold.h"
#include "kernel/fold.h"
#include "kernel/half.h"
#include <math.h>
#include <stddef.h>

enum { FOLD_TILE = 2048, FOLD_COLUMNS = 128, SUM_COLUMNS = 1024, LONG_ROW = 512 };

/* n rows of `columns` columns: terms `step` bytes apart, columns `apart`; folded into results of `item` bytes.
 * sum: of adjacent columns, row: of adjacent terms, both without a tile; NULL for other folds. */
typedef struct block { ct_dtype half; k_plane_f *plane; int64_t step, n, apart, columns, item; char *results; k_half_columns_f *sum; k_half_row_f *row; } block;

/* Rows lie near each other, or fill the memory between columns. */
static void fold_along(const block *b, const char *in)
{
    float tile[FOLD_TILE];
    bool filled = b->step && b->apart == b->step * b->n && b->n <= FOLD_TILE;
    int64_t many = filled ? FOLD_TILE / (b->n ? b->n : 1) : 1;
    for (int64_t j = 0, columns; j < b->columns; j += columns) {
        columns = b->columns - j < many ? b->columns - j : many;
        for (int64_t i = 0, m; i < b->n; i += m) {
            m = filled || b->n - i < FOLD_TILE ? b->n - i : FOLD_TILE;
            half_widen(b->half, in + j * b->apart + i * b->step, b->step, m * columns, tile);
            b->plane(&(k_plane){(const char *)tile, sizeof(float), m, m * (int64_t)sizeof(float), columns, b->results + j * b->item, b->item});
        }
    }
}

/* Columns lie near each other. */
static void fold_across(const block *b, const char *in)
{
    float tile[FOLD_TILE];
    int64_t row = b->columns * (int64_t)sizeof(float), rows = FOLD_TILE / b->columns;
    for (int64_t i = 0, m; i < b->n; i += m) {
        m = b->n - i < rows ? b->n - i : rows;
        for (int64_t r = 0; r < m; r++)
            half_widen(b->half, in + (i + r) * b->step, b->apart, b->columns, tile + r * b->columns);
        b->plane(&(k_plane){(const char *)tile, row, m, sizeof(float), b->columns, b->results, b->item});
    }
}

static int64_t size_of(int64_t stride) { return stride < 0 ? -stride : stride; }

/* All terms of a block of columns: planes of the innermost reduced dimension, the others counted. */
static void fold_block(const block *b, const iterator *it, const char *in)
{
    int64_t at[FOLD_MAXDIM] = {0};
    bool along = b->columns == 1 || size_of(b->step) <= size_of(b->apart);
    if (fold_count(it->size, 0, it->reduced) == 0)
        return;
    for (int d = 1;;) {
        if (b->sum)
            b->sum(in, b->step, b->n, b->columns, (float *)b->results);
        else if (b->row)
            for (int64_t j = 0; j < b->columns; j++)
                ((float *)b->results)[j] += b->row(in + j * b->apart, b->n);
        else
            (along ? fold_along : fold_across)(b, in);
        for (d = 1; d < it->reduced; d++) {
            in += it->in[d];
            if (++at[d] < it->size[d])
                break;
            in -= it->in[d] * it->size[d];
            at[d] = 0;
        }
        if (d >= it->reduced)
            return;
    }
}

static bool is_truth(k_plane_kind kind) { return kind == PLANE_ANY || kind == PLANE_ALL; }

static void start_block(const block *b, k_plane_kind kind)
{
    float first = kind == PLANE_MAX ? -INFINITY : kind == PLANE_MIN ? INFINITY : kind == PLANE_PROD;
    for (int64_t j = 0; j < b->columns; j++)
        if (is_truth(kind))
            b->results[j] = kind == PLANE_ALL;
        else
            ((float *)b->results)[j] = first;
}

static void finish_block(const block *b, k_plane_kind kind, char *out, int64_t out_step, float times, float divisor)
{
    float *x = (float *)b->results;
    for (int64_t j = 0; j < b->columns && is_truth(kind); j++)
        out[j * out_step] = b->results[j];
    if (is_truth(kind))
        return;
    for (int64_t j = 0; j < b->columns; j++)
        x[j] = x[j] * times / divisor;
    half_narrow(b->half, x, out, out_step, b->columns);
}

void k_fold_halves(const k_fold *f, ct_dtype half, k_plane_kind kind, double times, double divisor)
{
    iterator it;
    float results[SUM_COLUMNS];
    int64_t at[2 * FOLD_MAXDIM] = {0};
    fold_iterate(&it, f, false);
    int near = it.reduced;
    bool one = near == it.ndim;
    int64_t columns = one ? 1 : it.size[near], step = one ? 0 : it.in[near], out_step = one ? 0 : it.out[near];
    block b = {half, K->reduce.plane[kind][DT_F32], near ? it.in[0] : 0, near ? it.size[0] : 1, step, 0, is_truth(kind) ? 1 : sizeof(float), (char *)results, NULL, NULL};
    if (kind == PLANE_SUM && step == 2 && columns > 1 && near)
        b.sum = K->reduce.half_columns[half];
    else if (kind == PLANE_SUM && b.step == 2 && b.n >= LONG_ROW)
        b.row = K->reduce.half_row[half];
    int64_t together = b.sum ? SUM_COLUMNS : FOLD_COLUMNS;
    const char *in = f->data;
    char *out = f->out;
    if (fold_count(it.size, near, it.ndim) == 0)
        return;
    for (int d = near;;) {
        for (int64_t j = 0; j < columns; j += b.columns) {
            b.columns = columns - j < together ? columns - j : together;
            start_block(&b, kind);
            fold_block(&b, &it, in + j * step);
            finish_block(&b, kind, out + j * out_step, out_step, (float)times, (float)divisor);
        }
        for (d = near + 1; d < it.ndim; d++) {
            in += it.in[d];
            out += it.out[d];
            if (++at[d] < it.size[d])
                break;
            in -= it.in[d] * it.size[d];
            out -= it.out[d] * it.size[d];
            at[d] = 0;
        }
        if (d >= it.ndim)
            return;
    }
}

/* ---- lines --------------------------------------------------------------------------------------------------- */
static void take_tiles(ct_dtype half, const k_lines *lines, k_state *s, const k_line *line, const k_fold *f)
{
    float tile[FOLD_TILE];
    for (int64_t i = 0, m; i < line->n; i += m) {
        m = line->n - i < FOLD_TILE ? line->n - i : FOLD_TILE;
        half_widen(half, line->in + i * line->step, line->step, m, tile);
        lines->take(s, &(k_line){(const char *)tile, sizeof(float), m, line->begin + i}, f);
    }
}

/* Extremes have places, the others a second number, as their second result. */
static void finish_half(ct_dtype half, k_lines_kind kind, const k_state *s, char *out, char *out2, const k_fold *f)
{
    float first, second;
    bool places = kind == LINES_MAX || kind == LINES_MIN;
    K->reduce.lines[kind][DT_F32].finish(s, out ? (char *)&first : NULL, places || !out2 ? out2 : (char *)&second, f);
    if (out)
        half_store(half, out, first);
    if (out2 && !places)
        half_store(half, out2, second);
}

#define DEFINE(kind, D)                                                                                                                                 \
    void half_##kind##_start_##D(k_state *s, const k_fold *f) { K->reduce.lines[kind][DT_F32].start(s, f); }                                            \
    void half_##kind##_take_##D(k_state *s, const k_line *line, const k_fold *f) { take_tiles(DT_##D, &K->reduce.lines[kind][DT_F32], s, line, f); }     \
    void half_##kind##_join_##D(k_state *s, const k_state *part, const k_fold *f) { K->reduce.lines[kind][DT_F32].join(s, part, f); }                   \
    void half_##kind##_finish_##D(const k_state *s, char *out, char *out2, const k_fold *f) { finish_half(DT_##D, kind, s, out, out2, f); }
EACH_LINES_KIND(DEFINE, F16)
EACH_LINES_KIND(DEFINE, BF16)
