/* dense: what LAPACK does, for one matrix by plain loops. A library's calls take longer than their work where matrices are small, and there may
 * be no library. Sizes, places and results are LAPACK's; matrices lie column by column: number (i, j) of m rows is a[j * m + i]. */
#ifndef CT_DENSE_H
#define CT_DENSE_H
#include <stdbool.h>
#include <stdint.h>

#define DENSE_OF(T, as)                                                                                                             \
    int as##_getrf(int64_t n, int64_t m, T *a, int *pivots); /* n columns; info: the first zero pivot's place from 1, 0: none is */ \
    void as##_getrs(bool turned, int64_t n, const T *a, const int *pivots, int64_t sides, T *x);                                    \
    /* X of A X = x, number (i, j) of A at a[i * row + j * column], number i of side s at x[s * side + i * near] */                 \
    void as##_trsm(bool upper, bool unit, int64_t n, const T *a, int64_t row, int64_t column, int64_t sides, T *x, int64_t side, int64_t near); \
    int as##_potrf(bool upper, int64_t n, T *a);                                                                                    \
    int as##_potri(bool upper, int64_t n, T *a);                                                                                    \
    void as##_geqrf(int64_t n, int64_t m, T *a, T *sizes);                                                                          \
    void as##_orgqr(int64_t n, int64_t m, int64_t k, T *a, const T *sizes);                                                         \
    void as##_ormqr(bool turned, int64_t m, int64_t k, const T *a, const T *sizes, int64_t sides, T *x);
DENSE_OF(float, k_dense_f)
DENSE_OF(double, k_dense_d)
#undef DENSE_OF
#endif
