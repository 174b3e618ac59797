/* product_host: what products and the host have to do with each other. */
#ifndef CT_OPS_PRODUCT_HOST_H
#define CT_OPS_PRODUCT_HOST_H
#include "array/array.h"

/* Multiply-adds planned since the start; for tests of cost. */
extern int64_t product_work;

/* What a reshape of x to m dims of `wanted` does, as bits: elements that repeat or slide in memory are written out; what x shows makes it a copy.
 * -1 where the sizes do not fit. linear.c */
enum { RESHAPE_REPEATS = 1, RESHAPE_COPIES = 2 };
int product_reshape(const array *x, int m, const int64_t *wanted);

/* By FFT of `size` numbers, y[r][j] = sum over p of x[r][p]·w[p + j], j < n; or with `full` (n = k + kw - 1), y[j] = the sum over r and p + q = j of
 * x[r][p]·w[r][q]. `work` holds 2·rows·(size + 2) numbers. Called under the lock; -1 and CT_FOREIGN when it fails. NULL: the host offers none. */
typedef int product_fft_f(const double *x, int64_t rows, int64_t k, const double *w, int64_t kw, int64_t n, int64_t size, bool full, double *y, double *work);
extern product_fft_f *product_fft;
#endif
