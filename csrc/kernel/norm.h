/* norm: rows of zero mean and unit variance, scaled and shifted; forward and backward in one pass over each row.
 *
 * Row-major operands of one floating dtype; weight, bias and their gradients are rows, or NULL. Sums run in sixteen lanes on
 * every instruction set. Backward finds mean and variance anew while the row is in the cache: nothing is kept for it. */
#ifndef CT_NORM_H
#define CT_NORM_H
#include <stdint.h>

typedef struct k_norm { int64_t rows, n; double eps; } k_norm;
typedef void k_norm_f(const k_norm *k, const void *x, const void *weight, const void *bias, void *y);
typedef void k_norm_back_f(const k_norm *k, const void *g, const void *x, const void *weight, void *gx, void *gweight, void *gbias);
typedef struct k_norms { k_norm_f *forward; k_norm_back_f *backward; } k_norms;
#endif
