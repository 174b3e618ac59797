/* loss: the negative log likelihood over classes, with PyTorch's order of additions. */
#ifndef CT_KERNEL_LOSS_H
#define CT_KERNEL_LOSS_H
#include "base/dtype.h"
#include <stdbool.h>

/* Input (batch, classes, places) by its strides in elements; row-major target (batch, places) with every class inside or `ignore`, and
 * weight (classes) or NULL. */
typedef struct k_nll {
    int64_t batch, classes, places, ignore, row, class, place;
    const char *input, *weight;
    const int64_t *target;
} k_nll;

/* One loss a target, 0 where it is ignored. */
void k_nll_each(ct_dtype dtype, const k_nll *n, char *out);
/* Their sum, or mean: divided by the weights used, which are counted into total. */
void k_nll_sum(ct_dtype dtype, const k_nll *n, bool mean, char *out, char *total);
#endif
