/* reduce: one value (or two) for each place of the kept dimensions, from a walk over the reduced ones.
 *
 * The plan holds kept and reduced dimensions apart, innermost last, with strides in bytes; any strides will do. */
#ifndef CT_KERNEL_REDUCE_H
#define CT_KERNEL_REDUCE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/dtype.h"

enum { FOLD_MAXDIM = 64 };
typedef struct k_fold {
    int kept, reduced;
    int64_t kept_size[FOLD_MAXDIM], kept_in[FOLD_MAXDIM], kept_out[FOLD_MAXDIM], kept_out2[FOLD_MAXDIM];
    int64_t size[FOLD_MAXDIM], in[FOLD_MAXDIM];   /* reduced */
    const char *data;
    char *out, *out2;                             /* out2: indices (int64) where the kind has them */
    double p;                                     /* norm: the order; variance: what is taken off the count */
} k_fold;

/* Kinds. Input and output dtype are the same unless said. NaN wins in max and min. */
typedef enum k_fold_kind {
    FOLD_SUM, FOLD_PROD, FOLD_MAX, FOLD_MIN,      /* out */
    FOLD_MAX_AT, FOLD_MIN_AT,                     /* out, out2: the first index of the extreme, counted over the reduced dims */
    FOLD_ANY, FOLD_ALL,                           /* out: bool */
    FOLD_VAR,                                     /* out: sum of squared deviations / (n - p); out2 (same dtype), if given: the mean */
    FOLD_NORM,                                    /* out: (sum |x|^p)^(1/p), with p 0, inf and -inf as limits */
    FOLD_LOGSUMEXP,                               /* out: log of the sum of exponentials, from the largest */
    FOLD_KINDS
} k_fold_kind;
typedef void k_fold_f(k_fold *f);

/* Running results along one dimension: n steps in and out. */
typedef struct k_scan { const char *in; char *out; int64_t n, in_stride, out_stride; } k_scan;
typedef void k_scan_f(const k_scan *s);
/* Softmax of one row. */
typedef void k_softmax_f(const k_scan *s, bool logarithm);

typedef struct k_reductions {
    k_fold_f *fold[FOLD_KINDS][DT_COUNT];
    k_scan_f *cumsum[DT_COUNT], *cumprod[DT_COUNT];
    k_softmax_f *softmax[DT_COUNT];
} k_reductions;
#endif
