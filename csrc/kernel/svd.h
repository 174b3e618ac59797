/* svd: the singular values and vectors of one matrix, in double precision. */
#ifndef CT_SVD_H
#define CT_SVD_H
#include <stdint.h>

/* w: m x n, row-major, m >= n, finite; becomes the left vectors. v: n x n, filled with the right ones as columns; s: n values, falling. */
void k_svd(double *w, double *v, double *s, int64_t m, int64_t n);
#endif
