/* fold: the order of dimensions that the folds of fold.c and half_fold.c share. */
#ifndef CT_KERNEL_FOLD_H
#define CT_KERNEL_FOLD_H
#include "kernel/kernel.h"

/* Dimensions innermost first: the reduced ones (out stride 0), then the kept ones. */
typedef struct iterator {
    int ndim, reduced;
    int64_t size[2 * FOLD_MAXDIM], in[2 * FOLD_MAXDIM], out[2 * FOLD_MAXDIM], out2[2 * FOLD_MAXDIM];
} iterator;

/* Sorted by stride and merged, as PyTorch's iterator does; in_order: the reduced ones stay row-major. */
void fold_iterate(iterator *it, const k_fold *f, bool in_order);
static inline int64_t fold_count(const int64_t *size, int from, int to)
{
    int64_t n = 1;
    for (int d = from; d < to; d++)
        n *= size[d];
    return n;
}
#endif
