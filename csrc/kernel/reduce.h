/* reduce: folds (one value for each place of the kept dimensions, from all places of the reduced ones), running results
 * along a dimension, softmax, sorting.
 *
 * A plan holds kept and reduced dimensions apart, outermost first, with strides in bytes; any strides will do.
 *
 * Float results must have PyTorch's last bits, since scripts print all digits, and these follow from the order of terms:
 * how its TensorIterator sorts and merges dimensions, in which planes it visits them, and where it cuts the work of many
 * elements into one part a core. All of that is in fold.c; how the terms of a plane are added is in the .inc files. */
#ifndef CT_KERNEL_REDUCE_H
#define CT_KERNEL_REDUCE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/dtype.h"

extern int k_parts;   /* into how many parts long work is cut: PyTorch's threads, one a core; at most FOLD_MAXPARTS */
enum { FOLD_MAXDIM = 64, FOLD_PART = 32768 /* elements from which work is cut into parts */, FOLD_MAXPARTS = 64 };
typedef struct k_fold {
    int kept, reduced;
    int64_t kept_size[FOLD_MAXDIM], kept_in[FOLD_MAXDIM], kept_out[FOLD_MAXDIM], kept_out2[FOLD_MAXDIM];
    int64_t size[FOLD_MAXDIM], in[FOLD_MAXDIM];   /* reduced */
    const char *data;
    char *out, *out2;                             /* out2: a second result, where the kind has one */
    double p;                                     /* norm: the order; variance: what is taken off the count */
    double mean;
} k_fold;

/* ---- planes: folded into results that start as the neutral element ---- */
/* n terms `step` bytes apart in each column, columns `apart` bytes apart, their results out_step apart (0: all into one). */
typedef struct k_plane { const char *in; int64_t step, n, apart, columns; char *out; int64_t out_step; } k_plane;
typedef void k_plane_f(const k_plane *p);
/* Sums of n rows, and of their columns, of a row-major matrix in one pass. n: a multiple of 4; columns: of 32. */
enum { SUM_BOTH_ROWS = 128 };
typedef void k_sums_both(const void *from, int64_t n, int64_t columns, void *rows, void *sums);
typedef enum k_plane_kind {
    PLANE_SUM, PLANE_NANSUM, PLANE_PROD, PLANE_MAX, PLANE_MIN,    /* results of the same dtype; NaN wins in max and min */
    PLANE_ANY, PLANE_ALL,                                         /* bool results */
    PLANES
} k_plane_kind;
/* Writes the neutral element of `item` bytes to every result, then folds elements of item_in bytes. */
void k_fold_planes(const k_fold *f, k_plane_f *plane, const void *neutral, int64_t item, int64_t item_in);

/* ---- lines: one result at a time, its terms line by line ---- */
typedef struct k_line { const char *in; int64_t step, n, begin; } k_line;     /* terms begin, begin + 1, … of the result */
typedef union k_state {
    struct { double mean, squares; int64_t n; } spread;
    struct { union { double f; float g; int64_t i; int32_t j; uint8_t k; } best; int64_t at; } extreme;
    struct { double f; float g; } total;
} k_state;
/* Of terms 0 .. n - 1 (n below 2^31), `step` bytes apart, the results' `apart`. out and out2 as in k_lines. */
typedef void k_sides(const char *in, int64_t step, int64_t apart, int64_t n, char *out, int64_t out_step, char *out2, int64_t out2_step);
typedef struct k_lines {
    void (*start)(k_state *s, const k_fold *f);
    void (*take)(k_state *s, const k_line *line, const k_fold *f);
    void (*join)(k_state *s, const k_state *part, const k_fold *f);     /* of parts, in order */
    void (*finish)(const k_state *s, char *out, char *out2, const k_fold *f);
    bool in_order;                                                      /* terms are counted row-major */
    k_sides *sides;                                                     /* if given: `many` results of adjacent elements at once; of a `contiguous` kind, of lines */
    int64_t many;
} k_lines;
typedef enum k_lines_kind {
    LINES_MAX, LINES_MIN,       /* out (may be NULL): the extreme; out2: int64, its first place among the reduced dims */
    LINES_VAR, LINES_STD,       /* out: sum of squared deviations / (n - p), or its root; out2 (same dtype), if given: the mean */
    LINES_VAR_ALL, LINES_STD_ALL, /* the same from the known f->mean: PyTorch's variance of all elements takes two passes */
    LINES_NORM,                 /* out: (sum |x|^p)^(1/p), with p 0, inf and -inf as limits */
    LINES_NORM_LAST,            /* p = 2 along a contiguous last dimension */
    LINES
} k_lines_kind;
/* Elements of `item` bytes. contiguous, if given: used instead where every result is one contiguous line; never cut. */
void k_fold_lines(const k_fold *f, const k_lines *kind, const k_lines *contiguous, int64_t item);

/* ---- running results along one dimension: n steps in and out, in each of `lines` lines so many bytes apart ---- */
typedef struct k_scan {
    const char *in;
    char *out, *places;
    int64_t n, in_stride, out_stride, places_stride, lines, in_apart, out_apart, places_apart;
} k_scan;
typedef void k_scan_f(const k_scan *s);
typedef enum k_scan_kind { SCAN_SUM, SCAN_PROD, SCAN_LOGSUMEXP, SCAN_MAX, SCAN_MIN /* places too */, SCANS } k_scan_kind;

/* ---- softmax of n terms in each of `inner` columns, row-major, or (inner 0) of a row; log_softmax if logarithm. Of all columns, these are `first` on; PyTorch's threads
 * take `part` each. ---- */
typedef void k_softmax_f(const void *in, void *out, int64_t n, int64_t inner, int64_t first, int64_t part, bool logarithm);
typedef void k_softmax_backward_f(const void *g, const void *y, void *out, int64_t n, int64_t inner, bool logarithm);

/* n rows `step` bytes apart of adjacent halves, added to a float32 for each column. */
typedef void k_half_columns_f(const char *in, int64_t step, int64_t n, int64_t columns, float *sums);
/* The sum of n adjacent halves. */
typedef float k_half_row_f(const char *in, int64_t n);

typedef struct k_reductions {
    k_half_columns_f *half_columns[DT_COUNT];
    k_half_row_f *half_row[DT_COUNT];
    k_softmax_f *softmax[DT_COUNT];
    k_softmax_backward_f *softmax_backward[DT_COUNT];
    k_sums_both *sums_both[DT_COUNT];              /* F32, F64 */
    k_plane_f *plane[PLANES][DT_COUNT];
    k_lines lines[LINES][DT_COUNT];
    k_scan_f *scan[SCANS][DT_COUNT];
} k_reductions;
#endif
