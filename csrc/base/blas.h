/* blas: the calls of a BLAS that the host finds at run time. Row-major CBLAS with 32-bit integers. */
#ifndef CT_BLAS_H
#define CT_BLAS_H
#include <stdbool.h>

enum { BLAS_ROW_MAJOR = 101, BLAS_AS_IS = 111, BLAS_TRANSPOSED = 112 };

typedef void ct_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                      float beta, float *c, int ldc);
typedef void ct_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                      double beta, double *c, int ldc);
typedef struct ct_blas_calls {
    ct_sgemm *sgemm; /* NULL: no BLAS */
    ct_dgemm *dgemm;
} ct_blas_calls;
extern ct_blas_calls ct_blas;

/* Fills ct_blas or leaves it; called at most once, under the host's lock, by the first product that is large enough. NULL: no host. */
extern void (*ct_blas_find)(void);
void ct_blas_wanted(void);
#endif
